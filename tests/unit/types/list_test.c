/* Lists against an array, through both forms, and what Redis calls them: when a listpack becomes a quicklist,
 * and when a quicklist becomes a listpack again. */
#include "common/base/mem.h"
#include "server/ds/listpack.h"
#include "server/types/list.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct list_rules rules;
    struct entry *e;
    char *values[20000]; /* the model; each owned, terminated */
    size_t count;
};
static struct world w;

static int world_open(void **state) {
    memset(&w, 0, sizeof(w));
    w.rng = test_rng();
    w.rules = list_rules(-2, 0, 0);
    w.outer = mem_account_enter(&w.account);
    w.e = list_create(SLICE("key"));
    return 0;
}

static int world_close(void **state) {
    value_free(w.e);
    assert_int_equal(w.account.used, 0);
    mem_account_enter(w.outer);
    for (size_t i = 0; i < w.count; i++)
        free(w.values[i]);
    return 0;
}

static void renew(void) {
    value_free(w.e);
    w.e = list_create(SLICE("key"));
}

/* --- the model --- */

static void model_insert(size_t at, struct slice value) {
    assert_true(w.count < sizeof(w.values) / sizeof(*w.values));
    memmove(w.values + at + 1, w.values + at, (w.count - at) * sizeof(*w.values));
    w.values[at] = strndup(value.ptr, value.len);
    w.count++;
}

static void model_remove(size_t at) {
    free(w.values[at]);
    w.count--;
    memmove(w.values + at, w.values + at + 1, (w.count - at) * sizeof(*w.values));
}

struct walk {
    size_t at, seen;
    bool reverse;
};

static bool compare_one(void *arg, struct slice value) {
    struct walk *walk = arg;
    assert_true(walk->at < w.count);
    assert_true(slice_eq(value, slice_of(w.values[walk->at])));
    walk->at += walk->reverse ? (size_t)-1 : 1;
    walk->seen++;
    return true;
}

static void compare(const struct entry *e) {
    assert_int_equal(list_count(e), w.count);
    struct walk there = {0, 0, false}, back = {w.count - 1, 0, true};
    list_range(e, 0, SIZE_MAX, false, compare_one, &there);
    assert_int_equal(there.seen, w.count);
    if (w.count == 0) return;
    list_range(e, w.count - 1, SIZE_MAX, true, compare_one, &back);
    assert_int_equal(back.seen, w.count);
}

static struct slice draw(char *room, size_t len_max) {
    if (rng_below(&w.rng, 3) == 0)
        return (struct slice){room, (size_t)sprintf(room, "%d", (int)rng_below(&w.rng, 12) - 4)};
    size_t len = rng_below(&w.rng, len_max + 1);
    test_letters(&w.rng, room, len, 2);
    return (struct slice){room, len};
}

static bool first_match(void *arg, uint64_t index) {
    *(int64_t *)arg = (int64_t)index;
    return false;
}

static void find(struct slice value, bool reverse) {
    int64_t found = -1, expected = -1;
    if (w.count == 0) return;
    list_find(w.e, value, reverse ? w.count - 1 : 0, SIZE_MAX, reverse, first_match, &found);
    for (size_t i = 0; i < w.count && expected < 0; i++) {
        size_t at = reverse ? w.count - 1 - i : i;
        if (slice_eq(value, slice_of(w.values[at]))) expected = (int64_t)at;
    }
    assert_int_equal(found, expected);
}

static void remove_equal(struct slice value, bool reverse, size_t limit) {
    size_t removed, expected = 0;
    w.e = list_remove_equal(w.e, value, limit, reverse, &w.rules, &removed);
    for (size_t i = 0, n = w.count; i < n && expected < limit; i++) {
        size_t at = reverse ? n - 1 - i : i - expected;
        if (!slice_eq(slice_of(w.values[at]), value)) continue;
        model_remove(at);
        expected++;
    }
    assert_int_equal(removed, expected);
}

static void drop(size_t at, size_t count) {
    if (at >= w.count) return;
    if (count > w.count - at) count = w.count - at;
    w.e = list_drop(w.e, at, count, &w.rules);
    while (count-- > 0)
        model_remove(at);
}

static void step(bool growing, size_t len_max) {
    char room[3][256];
    struct slice values[3];
    size_t n = 1 + rng_below(&w.rng, 3), at = rng_below(&w.rng, w.count + 1);
    bool front = rng_below(&w.rng, 2);
    for (size_t i = 0; i < 3; i++)
        values[i] = draw(room[i], len_max);
    switch (rng_below(&w.rng, growing ? 8 : 14)) {
    case 0:
    case 1:
    case 2:
        w.e = list_push(w.e, values, n, front, &w.rules);
        for (size_t i = 0; i < n; i++)
            model_insert(front ? 0 : w.count, values[i]);
        break;
    case 3:
        w.e = list_insert(w.e, at, values[0], &w.rules);
        model_insert(at, values[0]);
        break;
    case 4:
        if (at == w.count) break;
        w.e = list_replace(w.e, at, values[0], &w.rules);
        model_remove(at);
        model_insert(at, values[0]);
        break;
    case 5: find(values[0], front); break;
    case 6: remove_equal(values[0], front, n); break;
    case 7: drop(front ? 0 : w.count - 1, 1); break;
    default: drop(rng_below(&w.rng, w.count + 1), n); break;
    }
}

static void run(struct list_rules rules, size_t len_max, size_t steps) {
    w.rules = rules;
    for (size_t i = 0; i < steps; i++) {
        step((i / 300) % 2 == 0, len_max);
        if (i % 20 == 0) compare(w.e);
    }
    drop(0, w.count);
    compare(w.e);
}

static void test_against_model(void **state) {
    run(list_rules(-2, 0, 0), 20, 6000);
    run(list_rules(-1, 1, 0), 200, 6000);
    run(list_rules(4, 2, 0), 40, 6000);
    run(list_rules(-2, 0, 20), 40, 3000);
}

/* --- what it is called --- */

static void push_one(const char *text, bool front) {
    struct slice value = slice_of(text);
    w.e = list_push(w.e, &value, 1, front, &w.rules);
}

static void push_long(size_t len) {
    char *text = malloc(len);
    memset(text, 'x', len);
    struct slice value = {text, len};
    w.e = list_push(w.e, &value, 1, false, &w.rules);
    free(text);
}

static void expect_name(const char *name) {
    assert_string_equal(value_encoding_name(w.e), name);
}

static void test_limit_in_elements(void **state) {
    w.rules = list_rules(3, 0, 0);
    for (int i = 0; i < 3; i++)
        push_one("a", i % 2);
    expect_name("listpack");
    push_one("b", false);
    expect_name("quicklist");
    w.e = list_drop(w.e, 3, 1, &w.rules); /* three are more than half of three */
    expect_name("quicklist");
    w.e = list_drop(w.e, 1, 2, &w.rules);
    expect_name("listpack");
    renew();
    push_long(8190); /* within what a node of any count may hold */
    expect_name("quicklist");
}

static void test_zero_counts_as_one(void **state) {
    w.rules = list_rules(0, 0, 0);
    push_one("a", false);
    expect_name("listpack");
    push_one("b", false);
    expect_name("quicklist");
}

static void test_limit_in_bytes(void **state) {
    w.rules = list_rules(-6, 0, 0); /* as -5 */
    push_long(60000);
    expect_name("listpack");
    push_long(5536);
    expect_name("quicklist");
    for (int level = 1; level <= 5; level++) {
        renew();
        w.rules = list_rules(-level, 0, 0);
        push_long((2048u << level) - LISTPACK_EMPTY_BYTES);
        expect_name("listpack");
        renew();
        push_long((2048u << level) - LISTPACK_EMPTY_BYTES + 1);
        expect_name("quicklist");
    }
}

static void test_shrinking_by_bytes(void **state) {
    w.rules = list_rules(-1, 0, 0);
    push_one("a", false);
    push_long(3000);
    push_long(2000);
    expect_name("quicklist");
    w.e = list_drop(w.e, 2, 1, &w.rules); /* one node, but of more than half */
    assert_int_equal(list_shape(w.e).packs, 1);
    expect_name("quicklist");
    w.e = list_replace(w.e, 1, SLICE("b"), &w.rules);
    expect_name("listpack");
    assert_int_equal(entry_encoding(w.e), ENC_LISTPACK);
}

/* A listpack of more than a kilobyte lies apart from its key and comes back when it is half of that. */
static void test_place_of_a_listpack(void **state) {
    while (list_count(w.e) < 80)
        push_one("abcdefghij", false);
    assert_int_equal(entry_encoding(w.e), ENC_LISTPACK);
    while (list_count(w.e) < 90)
        push_one("abcdefghij", true);
    assert_int_equal(entry_encoding(w.e), ENC_TREE);
    expect_name("listpack");
    w.e = list_drop(w.e, 0, 30, &w.rules);
    assert_int_equal(entry_encoding(w.e), ENC_TREE);
    w.e = list_drop(w.e, 0, 20, &w.rules);
    assert_int_equal(entry_encoding(w.e), ENC_LISTPACK);
    assert_int_equal(list_count(w.e), 40);
}

/* LINSERT asks for the form before it knows whether anything will be inserted. */
static void test_expecting(void **state) {
    char large[9000] = "";
    struct slice value = {large, sizeof(large)};
    push_one("a", false);
    w.e = list_expect(w.e, &value, 1, &w.rules);
    expect_name("quicklist");
    assert_int_equal(list_count(w.e), 1);
}

/* --- as a whole --- */

static void test_copy_and_memory(void **state) {
    for (int round = 0; round < 3; round++) {
        int64_t before = w.account.used;
        struct entry *copy = value_copy(w.e, SLICE("other"), 12345);
        assert_int_equal(entry_deadline(copy), 12345);
        assert_string_equal(value_encoding_name(copy), value_encoding_name(w.e));
        compare(copy);
        assert_int_equal(value_memory(copy, 0), w.account.used - before);
        value_free(copy);
        for (int i = 0; i < (round ? 5000 : 300); i++)
            step(true, 30);
    }
    assert_int_equal(entry_encoding(w.e), ENC_TREE);
    assert_true(value_effort(w.e) > 5);
    size_t budget = 2, steps = 0;
    for (; !value_free_step(w.e, &budget); budget = 2)
        steps++;
    assert_true(steps > 2);
    w.e = list_create(SLICE("key"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(test_against_model),  TEST(test_limit_in_elements),  TEST(test_zero_counts_as_one),
        TEST(test_limit_in_bytes), TEST(test_shrinking_by_bytes), TEST(test_place_of_a_listpack),
        TEST(test_expecting),      TEST(test_copy_and_memory),
    };
    return cmocka_run_group_tests_name("types/list", tests, NULL, NULL);
}
