/* Bit kernels, a machine word or more at a time.
 *
 * Nothing is aligned and nothing beyond the last byte is touched: whole words are loaded with memcpy, which
 * compiles to a plain load, and what is left at the end is put together bytewise.
 *
 *      first            last
 *      ▼                ▼
 *      ░░░▓▓▓▓▓ ▓▓▓▓▓▓▓▓ ▓▓▓░░░░░      ranges: whole bytes through the kernel, then what lies outside of the
 *                                      range in the two outer bytes is taken off or masked
 *
 * Counting has a second body for processors with AVX-512's population count, chosen at the first call: on 4
 * KiB and more it is several times as fast. Combining and searching are bound by memory with plain words. */
#include "server/ds/bits.h"
#include "common/base/panic.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define COMBINE_BLOCK 8192 /* stays in the first-level cache while all sources pass over it */

static inline uint64_t load_u64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* --- counting --- */

static uint64_t count_words(const uint8_t *at, size_t len) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; len >= 32; at += 32, len -= 32) {
        a += (uint64_t)__builtin_popcountll(load_u64(at));
        b += (uint64_t)__builtin_popcountll(load_u64(at + 8));
        c += (uint64_t)__builtin_popcountll(load_u64(at + 16));
        d += (uint64_t)__builtin_popcountll(load_u64(at + 24));
    }
    for (; len >= 8; at += 8, len -= 8)
        a += (uint64_t)__builtin_popcountll(load_u64(at));
    for (; len; at++, len--)
        b += (uint64_t)__builtin_popcount(*at);
    return a + b + c + d;
}

#if defined(__x86_64__)
#define WIDE_FROM_BYTES 256

__attribute__((target("avx512f,avx512vpopcntdq"))) static uint64_t count_wide(const uint8_t *at, size_t len) {
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (; len >= 256; at += 256, len -= 256) {
        a = _mm512_add_epi64(a, _mm512_popcnt_epi64(_mm512_loadu_si512(at)));
        b = _mm512_add_epi64(b, _mm512_popcnt_epi64(_mm512_loadu_si512(at + 64)));
        c = _mm512_add_epi64(c, _mm512_popcnt_epi64(_mm512_loadu_si512(at + 128)));
        d = _mm512_add_epi64(d, _mm512_popcnt_epi64(_mm512_loadu_si512(at + 192)));
    }
    __m512i sum = _mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(c, d));
    return (uint64_t)_mm512_reduce_add_epi64(sum) + count_words(at, len);
}

static bool have_wide(void) {
    static int8_t known; /* 0: not asked yet; the answer never changes, so threads may ask at once */
    if (unlikely(known == 0))
        known = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq") ? 1 : -1;
    return known > 0;
}
#endif

uint64_t bits_count(const void *bytes, size_t len) {
#if defined(__x86_64__)
    if (len >= WIDE_FROM_BYTES && have_wide()) return count_wide(bytes, len);
#endif
    return count_words(bytes, len);
}

/* Of the byte that holds bit `first`: the bits before it. Of the byte that holds `last`: those after it. */
static inline uint8_t mask_before(uint64_t first) {
    return (uint8_t) ~(0xff >> (first & 7));
}
static inline uint8_t mask_after(uint64_t last) {
    return (uint8_t)(0x7f >> (last & 7));
}

uint64_t bits_count_range(const void *bytes, uint64_t first, uint64_t last) {
    const uint8_t *from = (const uint8_t *)bytes + (first >> 3), *to = (const uint8_t *)bytes + (last >> 3);
    uint64_t outside = (uint64_t)__builtin_popcount(*from & mask_before(first)) +
                       (uint64_t)__builtin_popcount(*to & mask_after(last));
    return bits_count(from, (size_t)(to - from) + 1) - outside;
}

/* --- searching --- */

int64_t bits_find(const void *bytes, size_t len, bool bit) {
    const uint8_t *start = bytes, *at = start, *end = start + len;
    uint64_t skip = bit ? 0 : UINT64_MAX; /* words without the bit */
    while (end - at >= 32 && load_u64(at) == skip && load_u64(at + 8) == skip && load_u64(at + 16) == skip &&
           load_u64(at + 24) == skip)
        at += 32;
    while (end - at >= 8 && load_u64(at) == skip)
        at += 8;
    while (at < end && *at == (uint8_t)skip)
        at++;
    if (at == end) return -1;
    unsigned found = *at ^ (uint8_t)skip; /* not 0 */
    return (at - start) * 8 + (__builtin_clz(found) - 24);
}

int64_t bits_find_range(const void *bytes, uint64_t first, uint64_t last, bool bit) {
    const uint8_t *base = bytes;
    uint64_t from = first >> 3, to = last >> 3;
    /* The outer bytes as they would be with the other bit outside of the range. */
    uint8_t head = bit ? base[from] & (uint8_t)~mask_before(first) : base[from] | mask_before(first);
    uint8_t tail = bit ? base[to] & (uint8_t)~mask_after(last) : base[to] | mask_after(last);
    if (from == to) {
        uint8_t only = bit ? head & tail : head | tail;
        int64_t at = bits_find(&only, 1, bit);
        return at < 0 ? -1 : (int64_t)(from * 8) + at;
    }
    int64_t at = bits_find(&head, 1, bit);
    if (at >= 0) return (int64_t)(from * 8) + at;
    at = bits_find(base + from + 1, to - from - 1, bit);
    if (at >= 0) return (int64_t)((from + 1) * 8) + at;
    at = bits_find(&tail, 1, bit);
    return at < 0 ? -1 : (int64_t)(to * 8) + at;
}

/* --- combining --- */

/* These loops become vector code. */
static void and_into(uint8_t *restrict dst, const uint8_t *restrict src, size_t len) {
    for (size_t i = 0; i < len; i++)
        dst[i] &= src[i];
}
static void or_into(uint8_t *restrict dst, const uint8_t *restrict src, size_t len) {
    for (size_t i = 0; i < len; i++)
        dst[i] |= src[i];
}
static void xor_into(uint8_t *restrict dst, const uint8_t *restrict src, size_t len) {
    for (size_t i = 0; i < len; i++)
        dst[i] ^= src[i];
}
static void not_in_place(uint8_t *dst, size_t len) {
    for (size_t i = 0; i < len; i++)
        dst[i] = (uint8_t)~dst[i];
}

/* How much of the source lies in the block of `len` bytes from `at` on. */
static size_t part_len(struct slice source, size_t at, size_t len) {
    size_t rest = source.len > at ? source.len - at : 0;
    return rest < len ? rest : len;
}

static void combine_block(enum bits_op op, uint8_t *dst, size_t at, size_t len, const struct slice *sources,
                          size_t count) {
    size_t have = part_len(sources[0], at, len);
    if (have) memcpy(dst, sources[0].ptr + at, have);
    memset(dst + have, 0, len - have);
    if (op == BITS_NOT) not_in_place(dst, len);
    for (size_t s = 1; s < count; s++) {
        have = part_len(sources[s], at, len);
        const uint8_t *src = (const uint8_t *)sources[s].ptr + (have ? at : 0);
        if (op == BITS_AND) {
            and_into(dst, src, have);
            memset(dst + have, 0, len - have);
        } else if (op == BITS_OR) {
            or_into(dst, src, have);
        } else {
            xor_into(dst, src, have);
        }
    }
}

void bits_combine(enum bits_op op, void *dst, size_t len, const struct slice *sources, size_t count) {
    must(count > 0 && (op != BITS_NOT || count == 1));
    for (size_t at = 0; at < len; at += COMBINE_BLOCK) {
        size_t block = len - at < COMBINE_BLOCK ? len - at : COMBINE_BLOCK;
        combine_block(op, (uint8_t *)dst + at, at, block, sources, count);
    }
}

/* --- numbers of any width --- */

/* A field touches at most nine bytes: eight make a word, and the ninth fills it up from below. */
uint64_t bits_load(const void *bytes, size_t len, uint64_t offset, unsigned width) {
    const uint8_t *base = bytes;
    uint64_t byte = offset >> 3;
    unsigned shift = offset & 7;
    uint64_t word = 0;
    uint8_t ninth = 0;
    if (byte < len) {
        size_t have = len - byte < 8 ? len - byte : 8;
        memcpy(&word, base + byte, have);
        word = __builtin_bswap64(word);
        if (len - byte > 8) ninth = base[byte + 8];
    }
    if (shift) word = word << shift | ninth >> (8 - shift);
    return word >> (64 - width);
}

void bits_store(void *bytes, uint64_t offset, unsigned width, uint64_t value) {
    uint8_t *at = (uint8_t *)bytes + (offset >> 3);
    unsigned shift = offset & 7;
    while (width) {
        unsigned room = 8 - shift, take = width < room ? width : room;
        uint8_t mask = (uint8_t)((0xff >> (8 - take)) << (room - take));
        uint8_t part = (uint8_t)(value >> (width - take) << (room - take));
        *at = (uint8_t)((*at & ~mask) | (part & mask));
        at++;
        width -= take;
        shift = 0;
    }
}
