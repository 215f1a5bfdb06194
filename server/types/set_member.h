/* One member of a large set, as the word of 48 bits that the set's table holds.
 *
 * Allocations begin at multiples of their alignment, so the low bits of a pointer are free to say how long
 * the member is; and what is short enough needs no allocation at all:
 *
 *      low bits    the rest of the word is                                 members of    bytes beside the
 * table 1000        the bytes: │ 5 bytes │ length (4 bits) │ 1000 │         0 to 5        0 101…111    a
 * pointer to 8 bytes, aligned to 8; length 6, 7, 8      6 to 8        8 c001…c100   a pointer to 16 bytes,
 * aligned to 16; length 9 to 12 (c = 0), 13 to 16 (c = 1)                9 to 16       16 0000        a
 * pointer to length (1 byte) and bytes; from 255 on the byte is 255 and 8 bytes of length follow 17 and more
 * length + 1 or 9, rounded
 *
 * So a member of 16 bytes takes 16 beside its slot in the table. Internal to the set type and its tests. */
#ifndef TORC_TYPES_SET_MEMBER_H
#define TORC_TYPES_SET_MEMBER_H

#include "common/base/slice.h"
#include <stdint.h>

#define MEMBER_INLINE_MAX     5
#define MEMBER_EIGHT_MAX      8
#define MEMBER_SIXTEEN_MAX    16
#define MEMBER_SHORT_MAX      254
#define MEMBER_SCRATCH        8 /* room for the bytes of an inline one */
#define MEMBER_CODE_INLINE    8
#define MEMBER_CODE_EIGHT_MIN 5
#define MEMBER_LONG_MARK      255

static inline uintptr_t member_word(const void *member) {
    return (uintptr_t)member;
}

/* The bytes: in `scratch` for an inline member, otherwise where they are until it is freed. */
static inline struct slice member_bytes(const void *member, char *scratch) {
    uintptr_t word = member_word(member);
    unsigned code = word & 15, low = word & 7;
    if (low >= MEMBER_CODE_EIGHT_MIN) return (struct slice){(const char *)(word - low), low + 1};
    if (code == MEMBER_CODE_INLINE) {
        uint64_t bytes = word >> 8;
        memcpy(scratch, &bytes, sizeof(bytes));
        return (struct slice){scratch, word >> 4 & 15};
    }
    const char *at = (const char *)(word - code);
    if (code) return (struct slice){at, 8 + low + (code >> 3) * 4};
    size_t len = (unsigned char)at[0];
    if (__builtin_expect(len != MEMBER_LONG_MARK, 1)) return (struct slice){at + 1, len};
    memcpy(&len, at + 1, sizeof(len));
    return (struct slice){at + 1 + sizeof(len), len};
}

static inline bool member_equals(const void *member, struct slice bytes) {
    char scratch[MEMBER_SCRATCH];
    return slice_eq_short(member_bytes(member, scratch), bytes);
}

/* The bytes are copied. */
void *member_create(struct slice bytes);
/* Frees it; always counts as one allocation. */
size_t member_free(void *member);
/* What it takes of memory. */
size_t member_memory(const void *member);

#endif
