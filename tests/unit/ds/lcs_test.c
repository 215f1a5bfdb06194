/* Longest common subsequences against the textbook's table. */
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "server/ds/lcs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LEN_MAX 300

static uint32_t table[LEN_MAX + 1][LEN_MAX + 1];

static void fill_table(struct slice a, struct slice b) {
    for (size_t i = 0; i <= a.len; i++)
        for (size_t j = 0; j <= b.len; j++) {
            if (i == 0 || j == 0)
                table[i][j] = 0;
            else if (a.ptr[i - 1] == b.ptr[j - 1])
                table[i][j] = table[i - 1][j - 1] + 1;
            else
                table[i][j] = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
        }
}

/* The way back over the table, byte by byte: the next pair of equal bytes that belongs to the subsequence. */
static bool slow_next(struct slice a, struct slice b, size_t *i, size_t *j) {
    while (*i && *j && a.ptr[*i - 1] != b.ptr[*j - 1]) {
        if (table[*i - 1][*j] > table[*i][*j - 1])
            --*i;
        else
            --*j;
    }
    if (*i == 0 || *j == 0) return false;
    --*i;
    --*j;
    return true;
}

static void compare(struct slice a, struct slice b) {
    fill_table(a, b);
    struct lcs length_only, lcs;
    assert_true(lcs_init(&length_only, a, b, false));
    assert_int_equal(length_only.len, table[a.len][b.len]);
    lcs_deinit(&length_only);

    assert_true(lcs_init(&lcs, a, b, true));
    assert_int_equal(lcs.len, table[a.len][b.len]);
    size_t i = a.len, j = b.len, total = 0;
    struct lcs_run run;
    while (lcs_next(&lcs, &run)) {
        total += run.len;
        for (size_t k = run.len; k-- > 0;) {
            assert_true(slow_next(a, b, &i, &j));
            assert_int_equal(i, run.a + k);
            assert_int_equal(j, run.b + k);
        }
        /* it is as long as it can be */
        assert_true(run.a == 0 || run.b == 0 || a.ptr[run.a - 1] != b.ptr[run.b - 1]);
    }
    assert_false(slow_next(a, b, &i, &j));
    assert_int_equal(total, lcs.len);
    lcs_deinit(&lcs);
}

static void test_known(void **state) {
    compare(SLICE("ohmytext"), SLICE("mynewtext"));
    compare(SLICE(""), SLICE("abc"));
    compare(SLICE("abc"), SLICE(""));
    compare(SLICE("a"), SLICE("a"));
    compare(SLICE("abc"), SLICE("xyz"));
}

static void test_random(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    struct rng rng = test_rng();
    for (unsigned round = 0; round < (unsigned)test_rounds(400); round++) {
        char text_a[LEN_MAX], text_b[LEN_MAX];
        struct slice a = {text_a, rng_below(&rng, LEN_MAX + 1)}, b = {text_b, rng_below(&rng, LEN_MAX + 1)};
        uint64_t letters = 1 + rng_below(&rng, round % 2 ? 4 : 256);
        for (size_t i = 0; i < LEN_MAX; i++) {
            text_a[i] = (char)rng_below(&rng, letters);
            text_b[i] = (char)rng_below(&rng, letters);
        }
        compare(a, b);
    }
    assert_int_equal(account.used, 0);
    mem_account_enter(outer);
}

static void test_no_memory(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    for (uint64_t nth = 1; nth <= 2; nth++) {
        struct lcs lcs;
        mem_fail_after(nth);
        assert_false(lcs_init(&lcs, SLICE("abc"), SLICE("bcd"), true));
        assert_int_equal(account.used, 0);
    }
    mem_fail_after(0);
    mem_account_enter(outer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
