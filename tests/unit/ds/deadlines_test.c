/* The tree of minima against an array of bounds that is searched from end to end. */
#include "common/base/mem.h"
#include "server/ds/deadlines.h"
#include "tests/unit/support/test.h"

#define EPOCH_MS    1700000000000
#define BUCKETS_MAX 9000

struct model {
    uint32_t bound[BUCKETS_MAX];
    size_t count;
};

static size_t model_due_from(const struct model *m, uint32_t unit, size_t from) {
    for (size_t i = from; i < m->count; i++)
        if (m->bound[i] <= unit) return i;
    return SIZE_MAX;
}

static uint32_t model_min(const struct model *m) {
    uint32_t min = UINT32_MAX;
    for (size_t i = 0; i < m->count; i++)
        if (m->bound[i] < min) min = m->bound[i];
    return min;
}

static void model_resize(struct model *m, size_t count) {
    for (size_t i = m->count; i < count; i++)
        m->bound[i] = UINT32_MAX;
    m->count = count;
}

static void compare(const struct deadlines *d, const struct model *m, struct rng *rng) {
    assert_int_equal(deadlines_min(d), model_min(m));
    for (unsigned i = 0; i < 4; i++) {
        uint32_t unit = (uint32_t)rng_below(rng, 3000);
        assert_int_equal(deadlines_first_due(d, unit), model_due_from(m, unit, 0));
        size_t from = rng_below(rng, m->count + 100);
        assert_int_equal(deadlines_due_from(d, unit, from), model_due_from(m, unit, from));
    }
    for (unsigned i = 0; m->count && i < 8; i++) {
        size_t bucket = rng_below(rng, m->count);
        assert_int_equal(deadlines_bound(d, bucket), m->bound[bucket]);
    }
}

static void test_units(void **state) {
    struct deadlines d;
    deadlines_init(&d, EPOCH_MS);
    assert_int_equal(deadlines_unit(&d, EPOCH_MS), 0);
    assert_int_equal(deadlines_unit(&d, EPOCH_MS - 1), 0);
    assert_int_equal(deadlines_unit(&d, INT64_MIN + 1), 0);
    assert_int_equal(deadlines_unit(&d, EPOCH_MS + 63), 0);
    assert_int_equal(deadlines_unit(&d, EPOCH_MS + 64), 1);
    assert_int_equal(deadlines_unit(&d, INT64_MAX), UINT32_MAX - 1);
    assert_true(deadlines_unit_begin(&d, 0) < 0);
    assert_int_equal(deadlines_unit_begin(&d, 1), EPOCH_MS + 64);
    deadlines_deinit(&d);
}

static void test_nothing_is_due_in_an_empty_index(void **state) {
    struct deadlines d;
    deadlines_init(&d, EPOCH_MS);
    assert_int_equal(deadlines_min(&d), UINT32_MAX);
    assert_int_equal(deadlines_first_due(&d, UINT32_MAX - 1), SIZE_MAX);
    deadlines_resize(&d, 5000);
    assert_int_equal(deadlines_min(&d), UINT32_MAX);
    assert_int_equal(deadlines_first_due(&d, UINT32_MAX - 1), SIZE_MAX);
    deadlines_resize(&d, 0);
    assert_int_equal(deadlines_first_due(&d, 7), SIZE_MAX);
    deadlines_deinit(&d);
}

static void test_lower_never_raises(void **state) {
    struct deadlines d;
    deadlines_init(&d, EPOCH_MS);
    deadlines_resize(&d, 100);
    deadlines_lower(&d, 70, 500);
    deadlines_lower(&d, 70, 600);
    assert_int_equal(deadlines_bound(&d, 70), 500);
    deadlines_lower(&d, 70, 0);
    assert_int_equal(deadlines_first_due(&d, 0), 70);
    deadlines_set(&d, 70, 900);
    assert_int_equal(deadlines_first_due(&d, 899), SIZE_MAX);
    assert_int_equal(deadlines_first_due(&d, 900), 70);
    deadlines_deinit(&d);
}

static void test_random_operations(void **state) {
    static struct model m;
    for (int round = test_rounds(4); round > 0; round--) {
        struct mem_account account = {0};
        struct mem_account *outer = mem_account_enter(&account);
        struct rng rng = test_rng();
        struct deadlines d;
        deadlines_init(&d, EPOCH_MS);
        m.count = 0;
        for (unsigned op = 0; op < 60000; op++) {
            unsigned what = (unsigned)rng_below(&rng, 100);
            if (what < 8 || m.count == 0) {
                size_t count = what < 1 ? rng_below(&rng, BUCKETS_MAX) : m.count + rng_below(&rng, 30);
                if (count > BUCKETS_MAX) count = BUCKETS_MAX;
                /* who drops buckets clears them first, as a table's merge does */
                for (size_t i = count; i < m.count; i++)
                    deadlines_set(&d, i, UINT32_MAX);
                deadlines_resize(&d, count);
                model_resize(&m, count);
                continue;
            }
            size_t bucket = rng_below(&rng, m.count);
            uint32_t unit = (uint32_t)rng_below(&rng, 3000);
            if (what < 50) {
                deadlines_lower(&d, bucket, unit);
                if (unit < m.bound[bucket]) m.bound[bucket] = unit;
            } else {
                if (what < 75) unit = UINT32_MAX;
                deadlines_set(&d, bucket, unit);
                m.bound[bucket] = unit;
            }
            if (op % 64 == 0) compare(&d, &m, &rng);
        }
        deadlines_deinit(&d);
        assert_int_equal(account.used, 0);
        mem_account_enter(outer);
    }
}

/* What active expiry does: take the first due bucket, give it its true minimum, until nothing is due. */
static void test_expiry_visits_what_is_due_and_nothing_else(void **state) {
    struct deadlines d;
    struct rng rng;
    rng_seed(&rng, 9);
    deadlines_init(&d, EPOCH_MS);
    deadlines_resize(&d, 300000);
    size_t due = 0;
    for (size_t i = 0; i < 300000; i += 3) {
        uint32_t unit = (uint32_t)rng_below(&rng, 2000);
        deadlines_lower(&d, i, unit);
        due += unit <= 1000;
    }
    size_t visited = 0, at;
    while ((at = deadlines_first_due(&d, 1000)) != SIZE_MAX) {
        assert_true(deadlines_bound(&d, at) <= 1000);
        deadlines_set(&d, at, UINT32_MAX);
        visited++;
    }
    assert_int_equal(visited, due);
    assert_int_equal(deadlines_min(&d), 1001);
    deadlines_deinit(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_nothing_is_due_in_an_empty_index),
        cmocka_unit_test(test_lower_never_raises),
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_expiry_visits_what_is_due_and_nothing_else),
    };
    return cmocka_run_group_tests_name("ds/deadlines", tests, NULL, NULL);
}
