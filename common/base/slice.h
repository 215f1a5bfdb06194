/* A borrowed run of bytes: pointer and length, no terminator, no ownership.
 * Arguments of commands, keys and config words travel as slices; whoever keeps one longer than its source
 * lives copies the bytes. */
#ifndef TORC_BASE_SLICE_H
#define TORC_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *ptr;
    size_t len;
};

/* The slice of a string literal, its length known at compile time. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *cstr) {
    return (struct slice){cstr, strlen(cstr)};
}

static inline bool slice_eq(struct slice a, struct slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The same, for what mostly has 4 to 16 bytes, as keys, members and names do: those are compared without a
 * call, by their first and their last half, which may overlap. */
static inline bool slice_eq_short(struct slice a, struct slice b) {
    if (a.len != b.len) return false;
    if (a.len >= 8 && a.len <= 16) {
        uint64_t a_head, a_tail, b_head, b_tail;
        memcpy(&a_head, a.ptr, 8);
        memcpy(&b_head, b.ptr, 8);
        memcpy(&a_tail, a.ptr + a.len - 8, 8);
        memcpy(&b_tail, b.ptr + b.len - 8, 8);
        return ((a_head ^ b_head) | (a_tail ^ b_tail)) == 0;
    }
    if (a.len >= 4 && a.len < 8) {
        uint32_t a_head, a_tail, b_head, b_tail;
        memcpy(&a_head, a.ptr, 4);
        memcpy(&b_head, b.ptr, 4);
        memcpy(&a_tail, a.ptr + a.len - 4, 4);
        memcpy(&b_tail, b.ptr + b.len - 4, 4);
        return ((a_head ^ b_head) | (a_tail ^ b_tail)) == 0;
    }
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* ASCII case-insensitive equality with a C string, as option words of commands are compared. */
static inline bool slice_is(struct slice a, const char *word) {
    return strlen(word) == a.len && strncasecmp(a.ptr, word, a.len) == 0;
}

/* Orders as memcmp does, a prefix before what it begins. */
static inline int slice_cmp(struct slice a, struct slice b) {
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
