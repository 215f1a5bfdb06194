/* Intsets against a sorted array. */
#include "server/ds/intset.h"
#include "tests/unit/support/test.h"
#include <stdlib.h>

#define MODEL_MAX 600

struct model {
    int64_t values[MODEL_MAX];
    uint32_t count;
};

static uint32_t model_place(const struct model *m, int64_t value) {
    uint32_t i = 0;
    while (i < m->count && m->values[i] < value)
        i++;
    return i;
}

static bool model_has(const struct model *m, int64_t value) {
    uint32_t i = model_place(m, value);
    return i < m->count && m->values[i] == value;
}

static void compare(const char *is, const struct model *m) {
    assert_int_equal(intset_count(is), m->count);
    for (uint32_t i = 0; i < m->count; i++)
        assert_true(intset_get(is, i) == m->values[i]);
    if (m->count) assert_true(intset_valid(is, intset_bytes(is), true));
}

static void random_operations(unsigned bits_max) {
    struct rng rng = test_rng();
    static struct model m;
    m.count = 0;
    char *is = malloc(INTSET_EMPTY_BYTES);
    intset_init(is);
    for (unsigned op = 0; op < 30000; op++) {
        int64_t value = (int64_t)rng_next(&rng) >> (64 - 1 - rng_below(&rng, bits_max));
        uint32_t at = model_place(&m, value);
        bool there = model_has(&m, value);
        assert_true(intset_contains(is, value) == there);
        if (rng_below(&rng, 2) && m.count < MODEL_MAX) {
            size_t bytes = intset_bytes_with(is, value);
            is = realloc(is, bytes);
            assert_true(intset_add(is, value) == !there);
            assert_int_equal(intset_bytes(is), bytes);
            if (!there) {
                memmove(m.values + at + 1, m.values + at, (m.count - at) * sizeof(m.values[0]));
                m.values[at] = value;
                m.count++;
            }
        } else {
            assert_true(intset_remove(is, value) == there);
            if (there) {
                m.count--;
                memmove(m.values + at, m.values + at + 1, (m.count - at) * sizeof(m.values[0]));
            }
            is = realloc(is, intset_bytes(is));
        }
        if (op % 32 == 0) compare(is, &m);
    }
    compare(is, &m);
    free(is);
}

static void test_random_narrow(void **state) {
    random_operations(9);
}
static void test_random_middle(void **state) {
    random_operations(31);
}
static void test_random_wide(void **state) {
    random_operations(63);
}

static void test_bytes(void **state) {
    char is[64];
    intset_init(is);
    assert_int_equal(intset_bytes(is), INTSET_EMPTY_BYTES);
    assert_true(intset_add(is, 5));
    assert_true(intset_add(is, -3));
    assert_false(intset_add(is, 5));
    assert_memory_equal(is, "\x02\0\0\0\x02\0\0\0\xfd\xff\x05\0", 12);
    assert_true(intset_add(is, 70000));
    assert_memory_equal(is, "\x04\0\0\0\x03\0\0\0\xfd\xff\xff\xff\x05\0\0\0\x70\x11\x01\0", 20);
    assert_true(intset_add(is, INT64_MIN));
    assert_int_equal(intset_width(is), 8);
    assert_true(intset_get(is, 0) == INT64_MIN && intset_get(is, 1) == -3 && intset_get(is, 3) == 70000);
    assert_true(intset_remove(is, INT64_MIN));
    assert_int_equal(intset_width(is), 8);
}

static void test_damaged_bytes_are_refused(void **state) {
    char is[32];
    intset_init(is);
    assert_false(intset_valid(is, 8, true)); /* empty */
    intset_add(is, 1);
    intset_add(is, 2);
    assert_true(intset_valid(is, 12, true));
    assert_false(intset_valid(is, 11, false));
    assert_false(intset_valid(is, 7, false));
    is[8] = 2; /* 2, 2 */
    assert_true(intset_valid(is, 12, false));
    assert_false(intset_valid(is, 12, true));
    is[0] = 3;
    assert_false(intset_valid(is, 12, false));
    is[0] = 8;
    assert_false(intset_valid(is, 12, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_random_narrow),
        cmocka_unit_test(test_random_middle),
        cmocka_unit_test(test_random_wide),
        cmocka_unit_test(test_damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests_name("ds/intset", tests, NULL, NULL);
}
