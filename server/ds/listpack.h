/* A listpack: small collections as one run of bytes, in Redis's documented format, so that loading and saving
 * copy it.
 *
 *      total bytes (4, LE) | elements (2, LE; 65535: count them) | element … | 0xFF
 *      element: encoding and data | back length (1 to 5 bytes, the size of what stands before it)
 *
 * Allocation is the caller's: the functions that insert say how much room they need first, so the bytes can
 * live inside an entry. Elements are strings or 64-bit integers; a string that is a canonical integer is
 * stored as one. */
#ifndef TORC_DS_LISTPACK_H
#define TORC_DS_LISTPACK_H

#include "common/base/slice.h"
#include <stdbool.h>
#include <stdint.h>

#define LISTPACK_EMPTY_BYTES 7
#define LISTPACK_INT_CHARS   21

static inline uint32_t listpack_bytes(const void *lp) {
    uint32_t bytes;
    memcpy(&bytes, lp, sizeof(bytes));
    return bytes;
}

void listpack_init(void *lp); /* writes the LISTPACK_EMPTY_BYTES of an empty one */
uint32_t listpack_count(const void *lp);

/* Elements are named by their offset from the start; 0 is "none". */
uint32_t listpack_first(const void *lp);
uint32_t listpack_last(const void *lp);
uint32_t listpack_next(const void *lp, uint32_t at);
uint32_t listpack_prev(const void *lp, uint32_t at);
uint32_t listpack_at(const void *lp, int64_t index); /* negative counts from the end */
/* The one that comes `count` after it, all of which are there. */
uint32_t listpack_skip(const void *lp, uint32_t at, uint32_t count);

/* The element as text; `scratch` (LISTPACK_INT_CHARS) holds the digits of an integer. Borrowed until a
 * change. */
struct slice listpack_get(const void *lp, uint32_t at, char *scratch);
bool listpack_get_int(const void *lp, uint32_t at, int64_t *out); /* true: it is stored as an integer */
/* Reads an element that is an integer, which has another one behind it, and moves on to that. */
int64_t listpack_take_int(const void *lp, uint32_t *at);
bool listpack_equals(const void *lp, uint32_t at, struct slice value);
/* The first element equal to value among those at `at` and every (skip + 1)-th after it; 0 if none. */
uint32_t listpack_find(const void *lp, uint32_t at, struct slice value, unsigned skip);

/* Bytes that `value` takes as an element. */
uint32_t listpack_element_bytes(struct slice value);

/* These work in place in a buffer with room for the result: listpack_bytes(lp) +
 * listpack_element_bytes(value), less the replaced element's bytes. `at` 0 appends. insert returns the new
 * element's offset; erase what follows, or 0. */
uint32_t listpack_insert(void *lp, uint32_t at, struct slice value); /* before `at` */
uint32_t listpack_append(void *lp, struct slice value);
uint32_t listpack_replace(void *lp, uint32_t at, struct slice value);
uint32_t listpack_erase(void *lp, uint32_t at);
uint32_t listpack_erase_n(void *lp, uint32_t at, uint32_t count);
/* Where a listpack has room in front of it, it grows and shrinks there without moving what it holds: each of
 * these returns where it begins now. prepend needs listpack_element_bytes(value) bytes before `lp`; behead
 * drops the first `bytes` of elements, `count` of them. */
void *listpack_prepend(void *lp, struct slice value);
void *listpack_behead(void *lp, uint32_t bytes, uint32_t count);
/* Appends all elements of another one; room: listpack_bytes of both, less LISTPACK_EMPTY_BYTES. */
void listpack_extend(void *lp, const void *more);
/* An integer, without a detour over its text. */
uint32_t listpack_append_int(void *lp, int64_t value);
uint32_t listpack_replace_int(void *lp, uint32_t at, int64_t value);
/* No element of an integer is larger; none of a string of `len` bytes is larger than that much more. */
#define LISTPACK_ELEMENT_ROOM 10
/* Size of the element at `at`, back length included. */
uint32_t listpack_size_at(const void *lp, uint32_t at);

/* True if the bytes are a well-formed listpack of exactly `len` bytes; `deep` walks every element. */
bool listpack_valid(const void *bytes, size_t len, bool deep);

#endif
