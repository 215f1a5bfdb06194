/* The segmented vector against a plain array: contents, addresses that never move, zeroed elements, exact
 * accounts. */
#include "common/base/mem.h"
#include "server/ds/segvec.h"
#include "tests/unit/support/test.h"
#include <string.h>

#define MODEL_MAX 300000

static void expect_zero(const void *element, size_t size) {
    static const char zeros[64];
    assert_memory_equal(element, zeros, size);
}

/* Grows, shrinks and grows again at random, in stretches long enough to cross segments. */
static void random_pushes_and_pops(unsigned shift) {
    struct mem_account account = {0};
    struct mem_account *outer = mem_account_enter(&account);
    struct rng rng = test_rng();
    uint64_t *model = malloc(MODEL_MAX * sizeof(*model));
    void **address = malloc(MODEL_MAX * sizeof(*address));
    size_t count = 0;
    struct segvec v;
    segvec_init(&v, shift);
    size_t size = (size_t)1 << shift;
    for (unsigned stretch = 0; stretch < 60; stretch++) {
        bool grow = rng_below(&rng, 5) < 3;
        size_t steps = rng_below(&rng, stretch % 7 == 0 ? 60000 : 3000);
        for (size_t i = 0; i < steps; i++) {
            if (grow && count < MODEL_MAX) {
                segvec_push(&v);
                char *at = segvec_at(&v, count);
                expect_zero(at, size);
                model[count] = rng_next(&rng) | 1;
                address[count] = at;
                memset(at, 0xA5, size);
                memcpy(at, &model[count], size < 8 ? size : 8);
                count++;
            } else if (!grow && count > 0) {
                segvec_pop(&v);
                count--;
            }
        }
        assert_int_equal(v.count, count);
        assert_int_equal(segvec_bytes(&v), account.used);
        for (size_t probe = 0; count && probe < 200; probe++) {
            size_t i = rng_below(&rng, count);
            assert_ptr_equal(segvec_at(&v, i), address[i]);
            assert_memory_equal(segvec_at(&v, i), &model[i], size < 8 ? size : 8);
        }
    }
    segvec_deinit(&v);
    assert_int_equal(account.used, 0);
    assert_int_equal(segvec_bytes(&v), 0);
    free(model);
    free(address);
    mem_account_enter(outer);
}

static void test_empty(void **state) {
    struct segvec v;
    segvec_init(&v, 3);
    assert_int_equal(segvec_bytes(&v), 0);
    segvec_deinit(&v);
}

static void test_one_element_comes_and_goes(void **state) {
    struct mem_account account = {0};
    struct mem_account *outer = mem_account_enter(&account);
    struct segvec v;
    segvec_init(&v, 6);
    for (unsigned round = 0; round < 3; round++) {
        segvec_push(&v);
        expect_zero(segvec_at(&v, 0), 64);
        memset(segvec_at(&v, 0), 1, 64);
        segvec_pop(&v);
        assert_int_equal(account.used, 0);
    }
    segvec_deinit(&v);
    mem_account_enter(outer);
}

static void test_every_index_has_its_own_place(void **state) {
    struct segvec v;
    segvec_init(&v, 2);
    for (uint32_t i = 0; i < 70000; i++) {
        segvec_push(&v);
        *(uint32_t *)segvec_at(&v, i) = i;
    }
    for (uint32_t i = 0; i < 70000; i++)
        assert_int_equal(*(uint32_t *)segvec_at(&v, i), i);
    segvec_deinit(&v);
}

static void test_filled_segments_cost_what_they_hold(void **state) {
    struct segvec v;
    segvec_init(&v, 6);
    for (size_t i = 0; i < 200000; i++)
        segvec_push(&v);
    size_t held = v.count << 6;
    assert_true(segvec_bytes(&v) >= held);
    assert_true(segvec_bytes(&v) <= held + ((size_t)2 << 20));
    while (v.count > 140000)
        segvec_pop(&v);
    assert_true(segvec_bytes(&v) <= (v.count << 6) + ((size_t)4 << 20));
    segvec_deinit(&v);
}

static void test_release_in_steps(void **state) {
    struct mem_account account = {0};
    struct mem_account *outer = mem_account_enter(&account);
    struct segvec v;
    segvec_init(&v, 6);
    for (size_t i = 0; i < 200001; i++)
        segvec_push(&v);
    unsigned steps = 1;
    size_t before = segvec_bytes(&v);
    while (!segvec_deinit_step(&v, (size_t)1 << 20)) {
        assert_true(segvec_bytes(&v) < before);
        assert_int_equal(segvec_bytes(&v), account.used);
        before = segvec_bytes(&v);
        steps++;
    }
    assert_true(steps >= 5);
    assert_int_equal(account.used, 0);
    assert_int_equal(v.count, 0);
    mem_account_enter(outer);
}

/* Every huge step is announced before its first element joins, once, and lies where it then is. */
struct listener {
    struct mem_ahead hook;
    char *announced[64];
    unsigned count;
};

static void note(struct mem_ahead *hook, void *ptr, size_t size) {
    struct listener *l = (struct listener *)hook;
    assert_int_equal(size, (size_t)2 << 20);
    assert_true(l->count < 64);
    l->announced[l->count++] = ptr;
}

static void test_huge_steps_are_announced(void **state) {
    struct listener l = {.hook = {note}};
    struct mem_account account = {.ahead = &l.hook};
    struct mem_account *outer = mem_account_enter(&account);
    struct segvec v;
    for (int round = 0; round < 2; round++) {
        segvec_init(&v, 6);
        l.count = 0;
        unsigned met = 0;
        for (size_t i = 0; i < 400000; i++) {
            segvec_push(&v);
            char *at = segvec_at(&v, i);
            size_t segment_bytes = (size_t)64 << (63 - __builtin_clzl(i | 1));
            if (segment_bytes < (size_t)2 << 20 || ((uintptr_t)at & (((uintptr_t)2 << 20) - 1))) continue;
            assert_true(met < l.count);
            assert_ptr_equal(l.announced[met++], at);
        }
        assert_true(met >= 11);
        assert_int_equal(l.count, met + 1);
        assert_int_equal(account.used, segvec_bytes(&v)); /* what is announced is not paid for */
        if (round)
            while (v.count)
                segvec_pop(&v);
        else
            segvec_deinit(&v);
        assert_int_equal(account.used, 0);
    }
    mem_account_enter(outer);
}

static void test_random_halves(void **state) {
    random_pushes_and_pops(1);
}
static void test_random_words(void **state) {
    random_pushes_and_pops(2);
}
static void test_random_lines(void **state) {
    random_pushes_and_pops(6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_one_element_comes_and_goes),
        cmocka_unit_test(test_every_index_has_its_own_place),
        cmocka_unit_test(test_filled_segments_cost_what_they_hold),
        cmocka_unit_test(test_release_in_steps),
        cmocka_unit_test(test_huge_steps_are_announced),
        cmocka_unit_test(test_random_halves),
        cmocka_unit_test(test_random_words),
        cmocka_unit_test(test_random_lines),
    };
    return cmocka_run_group_tests_name("ds/segvec", tests, NULL, NULL);
}
