/* Bit kernels against loops over single bits. Buffers are allocated to the byte, so that a sanitizer sees
 * what is touched beyond them, and start at every alignment. */
#include "common/base/rng.h"
#include "server/ds/bits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct sample {
    uint8_t *block, *bytes;
    size_t len;
};

/* Mostly ones, mostly zeros, or noise. */
static struct sample sample_open(struct rng *rng, size_t len) {
    size_t skew = rng_below(rng, 9);
    struct sample s = {.block = malloc(skew + len + (skew + len == 0)), .len = len};
    s.bytes = s.block + skew;
    uint64_t kind = rng_below(rng, 4);
    if (kind < 2) {
        memset(s.bytes, kind ? 0xff : 0, len);
        for (uint64_t i = rng_below(rng, 3); len && i > 0; i--)
            s.bytes[rng_below(rng, len)] ^= (uint8_t)(1 << rng_below(rng, 8));
    } else {
        rng_fill(rng, s.bytes, len);
    }
    return s;
}

static void sample_close(struct sample *s) {
    free(s->block);
}

static size_t draw_len(struct rng *rng) {
    uint64_t kind = rng_below(rng, 4);
    return kind == 0 ? rng_below(rng, 20) : kind == 1 ? 20000 + rng_below(rng, 600) : rng_below(rng, 1200);
}

static bool slow_get(const uint8_t *bytes, uint64_t at) {
    return bytes[at / 8] >> (7 - at % 8) & 1;
}

static void test_single_bits(void **state) {
    uint8_t bytes[4] = {0};
    bits_set(bytes, 0, true);
    bits_set(bytes, 9, true);
    bits_set(bytes, 31, true);
    assert_int_equal(bytes[0], 0x80);
    assert_int_equal(bytes[1], 0x40);
    assert_int_equal(bytes[3], 0x01);
    assert_true(bits_get(bytes, 9));
    assert_false(bits_get(bytes, 8));
    bits_set(bytes, 9, false);
    assert_int_equal(bytes[1], 0);
}

static void test_count_and_find(void **state) {
    struct rng rng = test_rng();
    for (unsigned round = 0; round < (unsigned)test_rounds(1500); round++) {
        struct sample s = sample_open(&rng, draw_len(&rng));
        uint64_t bits = s.len * 8, ones = 0;
        int64_t first_at[2] = {-1, -1};
        for (uint64_t i = 0; i < bits; i++) {
            bool bit = slow_get(s.bytes, i);
            ones += bit;
            if (first_at[bit] < 0) first_at[bit] = (int64_t)i;
        }
        assert_int_equal(bits_count(s.bytes, s.len), ones);
        assert_int_equal(bits_find(s.bytes, s.len, false), first_at[0]);
        assert_int_equal(bits_find(s.bytes, s.len, true), first_at[1]);
        sample_close(&s);
    }
}

static void test_ranges(void **state) {
    struct rng rng = test_rng();
    for (unsigned round = 0; round < (unsigned)test_rounds(4000); round++) {
        struct sample s = sample_open(&rng, 1 + rng_below(&rng, 400));
        uint64_t first = rng_below(&rng, s.len * 8), last = first + rng_below(&rng, s.len * 8 - first);
        uint64_t ones = 0;
        int64_t first_at[2] = {-1, -1};
        for (uint64_t i = first; i <= last; i++) {
            bool bit = slow_get(s.bytes, i);
            ones += bit;
            if (first_at[bit] < 0) first_at[bit] = (int64_t)i;
        }
        assert_int_equal(bits_count_range(s.bytes, first, last), ones);
        assert_int_equal(bits_find_range(s.bytes, first, last, false), first_at[0]);
        assert_int_equal(bits_find_range(s.bytes, first, last, true), first_at[1]);
        sample_close(&s);
    }
}

static uint8_t slow_combine(enum bits_op op, const struct slice *sources, size_t count, size_t at) {
    uint8_t result = 0;
    for (size_t s = 0; s < count; s++) {
        uint8_t byte = at < sources[s].len ? (uint8_t)sources[s].ptr[at] : 0;
        if (s == 0)
            result = op == BITS_NOT ? (uint8_t)~byte : byte;
        else if (op == BITS_AND)
            result &= byte;
        else if (op == BITS_OR)
            result |= byte;
        else
            result ^= byte;
    }
    return result;
}

static void test_combine(void **state) {
    struct rng rng = test_rng();
    for (unsigned round = 0; round < (unsigned)test_rounds(400); round++) {
        enum bits_op op = (enum bits_op)rng_below(&rng, 4);
        size_t count = op == BITS_NOT ? 1 : 1 + rng_below(&rng, 5), longest = 0;
        struct sample samples[5];
        struct slice sources[5];
        for (size_t s = 0; s < count; s++) {
            samples[s] = sample_open(&rng, draw_len(&rng));
            sources[s] = (struct slice){(char *)samples[s].bytes, samples[s].len};
            if (samples[s].len > longest) longest = samples[s].len;
        }
        longest += rng_below(&rng, 3);
        uint8_t *dst = malloc(longest + 1);
        memset(dst, 0x5a, longest + 1);
        bits_combine(op, dst, longest, sources, count);
        for (size_t i = 0; i < longest; i++)
            assert_int_equal(dst[i], slow_combine(op, sources, count, i));
        assert_int_equal(dst[longest], 0x5a);
        for (size_t s = 0; s < count; s++)
            sample_close(&samples[s]);
        free(dst);
    }
}

static void test_fields(void **state) {
    struct rng rng = test_rng();
    for (unsigned round = 0; round < (unsigned)test_rounds(20000); round++) {
        struct sample s = sample_open(&rng, rng_below(&rng, 24));
        unsigned width = 1 + (unsigned)rng_below(&rng, 64);
        uint64_t offset = rng_below(&rng, 250), expected = 0;
        for (unsigned i = 0; i < width; i++) {
            bool bit = (offset + i) / 8 < s.len && slow_get(s.bytes, offset + i);
            expected = expected << 1 | bit;
        }
        assert_true(bits_load(s.bytes, s.len, offset, width) == expected);

        if (offset + width <= s.len * 8) {
            uint64_t value = rng_next(&rng), mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
            uint8_t *before = malloc(s.len);
            memcpy(before, s.bytes, s.len);
            bits_store(s.bytes, offset, width, value);
            assert_true(bits_load(s.bytes, s.len, offset, width) == (value & mask));
            for (uint64_t i = 0; i < s.len * 8; i++)
                if (i < offset || i >= offset + width)
                    assert_int_equal(slow_get(s.bytes, i), slow_get(before, i));
            free(before);
        }
        sample_close(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_bits), cmocka_unit_test(test_count_and_find),
        cmocka_unit_test(test_ranges),      cmocka_unit_test(test_combine),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
