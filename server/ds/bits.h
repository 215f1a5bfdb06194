/* Strings as arrays of bits: bit 0 is the highest bit of byte 0, as Redis counts them. */
#ifndef TORC_DS_BITS_H
#define TORC_DS_BITS_H

#include "common/base/slice.h"
#include <stdint.h>

/* Bits set in `len` bytes; or in the bits first … last, which must exist. */
uint64_t bits_count(const void *bytes, size_t len);
uint64_t bits_count_range(const void *bytes, uint64_t first, uint64_t last);

/* Position of the first bit that is `bit`, or -1; the second looks at the bits first … last, which must
 * exist. */
int64_t bits_find(const void *bytes, size_t len, bool bit);
int64_t bits_find_range(const void *bytes, uint64_t first, uint64_t last, bool bit);

/* dst[0 … len) becomes the combination of all sources, each as if followed by zeros up to `len`, which is at
 * least the longest one's length. BITS_NOT takes one source. dst overlaps no source. */
enum bits_op { BITS_AND, BITS_OR, BITS_XOR, BITS_NOT };
void bits_combine(enum bits_op op, void *dst, size_t len, const struct slice *sources, size_t count);

/* `width` bits (1 … 64) from `offset` on as an unsigned number, high bit first. Bits beyond `len` bytes read
 * as zero; those written must exist. */
uint64_t bits_load(const void *bytes, size_t len, uint64_t offset, unsigned width);
void bits_store(void *bytes, uint64_t offset, unsigned width, uint64_t value);

static inline bool bits_get(const void *bytes, uint64_t offset) {
    return ((const uint8_t *)bytes)[offset >> 3] >> (7 - (offset & 7)) & 1;
}
static inline void bits_set(void *bytes, uint64_t offset, bool bit) {
    uint8_t *byte = (uint8_t *)bytes + (offset >> 3), mask = (uint8_t)(0x80 >> (offset & 7));
    *byte = bit ? *byte | mask : *byte & (uint8_t)~mask;
}

#endif
