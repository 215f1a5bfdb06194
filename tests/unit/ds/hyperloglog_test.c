/* HyperLogLogs against an array of registers: both forms, changes from one to the other, bytes that are
 * known, bytes that are damaged, and how far the estimate is off. */
#include "server/ds/hyperloglog.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM (HLL_DENSE_BYTES + 32)

static struct slice all_of(const char *hll, size_t len) {
    return (struct slice){hll, len};
}

static enum hll_result raise_sparse(char *hll, size_t *len, struct hll_element e, size_t max,
                                    struct hll_place *place) {
    struct hll_patch patch;
    enum hll_result r = hll_sparse_raise(all_of(hll, *len), e, max, place, &patch);
    if (r == HLL_CHANGED) *len = hll_sparse_apply(hll, *len, &patch);
    return r;
}

static void expect_registers(const char *hll, size_t len, const uint8_t *model) {
    uint8_t registers[HLL_REGISTERS] = {0};
    assert_true(hll_valid(all_of(hll, len)));
    assert_true(hll_merge_into(all_of(hll, len), registers));
    assert_memory_equal(registers, model, HLL_REGISTERS);
    uint64_t count, other = hll_estimate_registers(model);
    assert_true(hll_estimate(all_of(hll, len), &count) && count == other);
}

/* As Redis hashes and writes them. */
static void test_known_elements(void **state) {
    static const struct hll_element known[] = {{12711, 2}};
    struct hll_element a = hll_element_of(SLICE("a"));
    assert_int_equal(a.index, known[0].index);
    assert_int_equal(a.value, known[0].value);
    char hll[ROOM];
    size_t len = HLL_SPARSE_EMPTY;
    hll_init_sparse(hll);
    static const char *const words[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        struct hll_place place = {0};
        assert_int_equal(raise_sparse(hll, &len, hll_element_of(slice_of(words[i])), 3000, &place),
                         HLL_CHANGED);
    }
    assert_int_equal(len, 27);
    assert_memory_equal(hll + HLL_HEADER_BYTES,
                        "`\xf3\x80P\xb1\x84K\xfb\x80"
                        "BZ",
                        11);
}

static void test_cached_count(void **state) {
    char hll[HLL_SPARSE_EMPTY];
    uint64_t count;
    hll_init_sparse(hll);
    assert_true(hll_cached_count(hll, &count) && count == 0);
    hll_cache_count(hll, 0x0102030405060708);
    assert_true(hll_cached_count(hll, &count) && count == 0x0102030405060708);
    assert_memory_equal(hll + 8, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    hll_forget_count(hll);
    assert_false(hll_cached_count(hll, &count));
}

static struct hll_element draw(struct rng *rng, int spread) {
    unsigned value = 1 + (unsigned)__builtin_ctzll(rng_next(rng) | (uint64_t)1 << 50);
    if (spread < HLL_REGISTERS) value = 1 + (unsigned)rng_below(rng, 3); /* equal neighbours, to be joined */
    return (struct hll_element){(unsigned)rng_below(rng, (uint64_t)spread), value};
}

static void test_sparse_against_model(void **state) {
    struct rng rng = test_rng();
    static const int spreads[] = {8, 40, 300, HLL_REGISTERS};
    for (int round = 0; round < test_rounds(24); round++) {
        uint8_t model[HLL_REGISTERS] = {0};
        char sparse[ROOM], dense[HLL_DENSE_BYTES];
        size_t len = HLL_SPARSE_EMPTY;
        hll_init_sparse(sparse);
        hll_init_dense(dense);
        for (int i = 0; i < 1500; i++) {
            struct hll_element e = draw(&rng, spreads[round % 4]);
            struct hll_place place = {0};
            bool changes = e.value > model[e.index];
            enum hll_result r = raise_sparse(sparse, &len, e, 3000, &place);
            if (r == HLL_TOO_LARGE) {
                assert_true(e.value > HLL_SPARSE_VALUE_MAX || len > 3000 - 4);
                break;
            }
            assert_int_equal(r, changes ? HLL_CHANGED : HLL_UNCHANGED);
            assert_int_equal(hll_dense_raise(dense, e), changes);
            if (changes) model[e.index] = (uint8_t)e.value;
            assert_true(len <= 3000);
            if (i % 50 == 0) expect_registers(sparse, len, model);
        }
        expect_registers(sparse, len, model);
        expect_registers(dense, HLL_DENSE_BYTES, model);
        char other[HLL_DENSE_BYTES];
        assert_true(hll_sparse_to_dense(all_of(sparse, len), other));
        assert_memory_equal(other + HLL_HEADER_BYTES, dense + HLL_HEADER_BYTES,
                            sizeof(dense) - HLL_HEADER_BYTES);
        hll_dense_fill(other, model);
        expect_registers(other, HLL_DENSE_BYTES, model);
    }
}

/* Going on from the last place must give the same bytes as beginning anew. */
static void test_place(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < test_rounds(20); round++) {
        char anew[ROOM], on[ROOM];
        size_t anew_len = HLL_SPARSE_EMPTY, on_len = anew_len;
        hll_init_sparse(anew);
        hll_init_sparse(on);
        for (int pass = 0; pass < 3; pass++) {
            struct hll_place place = {0};
            unsigned step = 1 + (unsigned)rng_below(&rng, 1u << rng_below(&rng, 10));
            for (unsigned i = (unsigned)rng_below(&rng, 9000); i < HLL_REGISTERS;
                 i += 1 + (unsigned)rng_below(&rng, step)) {
                struct hll_place start = {0};
                struct hll_element e = {i, 1 + (unsigned)rng_below(&rng, 3)};
                if (on_len > HLL_DENSE_BYTES - 8) break;
                enum hll_result r = raise_sparse(on, &on_len, e, ROOM, &place);
                assert_int_equal(raise_sparse(anew, &anew_len, e, ROOM, &start), r);
                if (i > 11000) break;
            }
            assert_int_equal(anew_len, on_len);
            assert_memory_equal(anew, on, on_len);
        }
    }
}

static void test_estimate(void **state) {
    char dense[HLL_DENSE_BYTES];
    uint8_t registers[HLL_REGISTERS] = {0};
    hll_init_dense(dense);
    assert_int_equal(hll_estimate_registers(registers), 0);
    uint64_t next = 1;
    for (uint64_t i = 1; i <= 1000000; i++) {
        hll_dense_raise(dense, hll_element_of((struct slice){(const char *)&i, sizeof(i)}));
        if (i != next) continue;
        next = next * 3 / 2 + 1;
        uint64_t count;
        assert_true(hll_estimate(all_of(dense, sizeof(dense)), &count));
        double error = fabs((double)count - (double)i);
        if (error > 4 * 0.0081 * (double)i + 1)
            fail_msg("%lu for %lu", (unsigned long)count, (unsigned long)i);
    }
}

static void test_damage(void **state) {
    static const struct {
        const char *body;
        size_t len;
    } damaged[] = {
        {"", 0},     {"\x7f", 1},     {"\x7f\xfe", 2},        {"\x7f\xff\x00", 3}, {"\x7f\xff\x7f\xff", 4},
        {"\x00", 1}, {"\x80\x80", 2}, {"\x40\x00\x7f\xff", 4}};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
        char hll[ROOM], dense[HLL_DENSE_BYTES];
        uint8_t registers[HLL_REGISTERS] = {0};
        uint64_t count;
        hll_init_sparse(hll);
        memcpy(hll + HLL_HEADER_BYTES, damaged[i].body, damaged[i].len);
        struct slice bytes = all_of(hll, HLL_HEADER_BYTES + damaged[i].len);
        assert_true(hll_valid(bytes));
        assert_false(hll_merge_into(bytes, registers));
        assert_false(hll_estimate(bytes, &count));
        assert_false(hll_sparse_to_dense(bytes, dense));
    }
    struct hll_patch patch;
    struct hll_place place = {0};
    char hll[ROOM];
    hll_init_sparse(hll);
    assert_int_equal(
        hll_sparse_raise(all_of(hll, HLL_HEADER_BYTES + 1), (struct hll_element){5, 1}, 3000, &place, &patch),
        HLL_DAMAGED);
    assert_false(hll_valid(all_of(hll, 15)));
    hll[4] = 0;
    assert_false(hll_valid(all_of(hll, HLL_DENSE_BYTES - 1)));
    assert_true(hll_valid(all_of(hll, HLL_DENSE_BYTES)));
    hll[4] = 2;
    assert_false(hll_valid(all_of(hll, HLL_DENSE_BYTES)));
    hll[0] = 'h';
    assert_false(hll_valid(all_of(hll, HLL_SPARSE_EMPTY)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_elements),
        cmocka_unit_test(test_cached_count),
        cmocka_unit_test(test_sparse_against_model),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests_name("ds/hyperloglog", tests, NULL, NULL);
}
