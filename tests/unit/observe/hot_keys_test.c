/* The sketch of hot keys: who is told, who is not, and how the past fades. */
#include "common/base/hash.h"
#include "server/observe/hot_keys.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

static void use(struct hot_keys *hot, unsigned key, int64_t now_ms) {
    char name[24];
    int len = snprintf(name, sizeof(name), "key:%u", key);
    hot_keys_use(hot, 0, (struct slice){name, (size_t)len}, (uint64_t)key * 0x9e3779b97f4a7c15u,
                 HOT_KEYS_EVERY, now_ms);
}

static void nothing_is_hot_where_all_are_used_alike(void **state) {
    struct hot_keys hot = {0};
    struct hot_key_found found[HOT_KEYS_MAX];
    for (unsigned i = 0; i < 100000; i++)
        use(&hot, i, 1000);
    assert_int_equal(hot.count, HOT_KEYS_MAX);
    assert_int_equal(hot_keys_list(&hot, 1000, found, HOT_KEYS_MAX), 0);
    hot_keys_deinit(&hot);
}

/* Each of the ten has a hundredth of all uses, among many that are never used twice. */
static void who_has_a_share_is_told(void **state) {
    struct hot_keys hot = {0};
    struct hot_key_found found[HOT_KEYS_MAX];
    struct rng rng;
    rng = test_rng();
    unsigned used[10] = {0};
    for (unsigned i = 0; i < 50000; i++) {
        unsigned draw = (unsigned)rng_below(&rng, 100);
        if (draw < 10) used[draw]++;
        use(&hot, draw < 10 ? draw : 1000 + i, 1000);
    }
    size_t count = hot_keys_list(&hot, 1000, found, 10);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        unsigned key = (unsigned)(found[i].name.ptr[4] - '0');
        assert_int_equal(found[i].name.len, 5);
        assert_true(found[i].uses <= (uint64_t)used[key] * HOT_KEYS_EVERY); /* never more than it was */
        assert_true(found[i].uses >= (uint64_t)used[key] * HOT_KEYS_EVERY / 2);
        assert_true(i == 0 || found[i - 1].uses >= found[i].uses);
    }
    hot_keys_deinit(&hot);
}

static void the_past_fades(void **state) {
    struct hot_keys hot = {0};
    struct hot_key_found found[HOT_KEYS_MAX];
    for (unsigned i = 0; i < 64; i++)
        use(&hot, 1, 1000);
    assert_int_equal(hot_keys_list(&hot, 1000, found, 1), 1);
    assert_int_equal(found[0].uses, 64 * HOT_KEYS_EVERY);
    hot_keys_list(&hot, 1000 + 60000, found, 1);
    assert_int_equal(found[0].uses, 32 * HOT_KEYS_EVERY);
    hot_keys_list(&hot, 1000 + 3 * 60000, found, 1);
    assert_int_equal(found[0].uses, 8 * HOT_KEYS_EVERY);
    assert_int_equal(hot_keys_list(&hot, 1000 + 30 * 60000, found, 1), 0);
    assert_int_equal(hot.count, 0);
    use(&hot, 2, 1000 + 31 * 60000);
    use(&hot, 2, 1000 + 31 * 60000);
    assert_int_equal(hot_keys_list(&hot, 1000 + 31 * 60000, found, 1), 1);
    hot_keys_deinit(&hot);
}

static void names_without_end_are_not_kept(void **state) {
    struct hot_keys hot = {0};
    char name[HOT_KEY_NAME_MAX + 1] = {0};
    hot_keys_use(&hot, 0, (struct slice){name, sizeof(name)}, 1, 1, 1);
    assert_int_equal(hot.count, 0);
    hot_keys_use(&hot, 0, (struct slice){name, sizeof(name) - 1}, 1, 1, 1);
    assert_int_equal(hot.count, 1);
    hot_keys_reset(&hot);
    assert_int_equal(hot.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_hot_where_all_are_used_alike),
        cmocka_unit_test(who_has_a_share_is_told),
        cmocka_unit_test(the_past_fades),
        cmocka_unit_test(names_without_end_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
