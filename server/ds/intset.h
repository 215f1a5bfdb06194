/* An intset: a sorted array of integers of one width, in Redis's documented format.
 *
 *      width (4, LE: 2, 4 or 8) | count (4, LE) | integers, ascending, little-endian
 *
 * Allocation is the caller's, as with listpacks. */
#ifndef TORC_DS_INTSET_H
#define TORC_DS_INTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INTSET_EMPTY_BYTES 8

static inline uint32_t intset_width(const void *is) {
    uint32_t width;
    memcpy(&width, is, sizeof(width));
    return width;
}
static inline uint32_t intset_count(const void *is) {
    uint32_t count;
    memcpy(&count, (const char *)is + 4, sizeof(count));
    return count;
}
static inline size_t intset_bytes(const void *is) {
    return INTSET_EMPTY_BYTES + (size_t)intset_width(is) * intset_count(is);
}

void intset_init(void *is);
int64_t intset_get(const void *is, uint32_t index);
bool intset_contains(const void *is, int64_t value);
/* Bytes that the set will have with `value` added (the same as now if it is there). */
size_t intset_bytes_with(const void *is, int64_t value);
bool intset_add(void *is, int64_t value);    /* room as intset_bytes_with says; false: it was there */
bool intset_remove(void *is, int64_t value); /* false: it was not there */
/* True if the bytes are a well-formed set of at least one integer; `deep` looks at their order. */
bool intset_valid(const void *bytes, size_t len, bool deep);

#endif
