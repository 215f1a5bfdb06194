/* SORT: against a model for orders and limits, by hand for patterns, errors, events and what is stored. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {
        sort_bindings,   list_bindings,    set_bindings,    zset_bindings, hash_bindings,
        string_bindings, generic_bindings, expire_bindings, NULL};
    fixture_open(&f, families);
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

/* Runs a command and compares the elements of its reply, shown between spaces, nulls as "(nil)". */
static void expect_elements(const char *elements, const char *fmt, ...) {
    char command[512], text[1024] = "", *at = text;
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof(command), fmt, args);
    va_end(args);
    const char *reply = fixture_run(&f, "%s", command);
    assert_int_equal(reply[0], '*');
    for (const char *line = strchr(reply, '\n') + 1; *line;) {
        bool null = line[1] == '-';
        if (!null) line = strchr(line, '\n') + 1; /* over the length */
        size_t len = strcspn(line, "\n");
        at += sprintf(at, "%s%.*s", at > text ? " " : "", null ? 5 : (int)len, null ? "(nil)" : line);
        line += len + 1;
    }
    assert_string_equal(text, elements);
}

static void forget(void) {
    fixture_events(&f);
    fixture_dirty(&f);
    fixture_journal(&f);
}

static void expect_told(const char *events, uint64_t dirty, const char *journal) {
    assert_string_equal(fixture_events(&f), events);
    assert_int_equal(fixture_dirty(&f), dirty);
    assert_string_equal(fixture_journal(&f), journal);
}

static void test_orders(void **state) {
    fixture_run(&f, "RPUSH l 5 3 10 1");
    expect_elements("1 3 5 10", "SORT l");
    expect_elements("10 5 3 1", "SORT l DESC");
    expect_elements("1 3 5 10", "SORT l DESC ASC");
    expect_elements("1 10 3 5", "SORT l ALPHA");
    expect_elements("5 3 10 1", "SORT l ALPHA DESC");
    expect_elements("5 3 10 1", "SORT_RO l BY nosort");
    expect_elements("1 10 3 5", "SORT l BY nosort DESC");
    expect_elements("3 10", "SORT l BY nosort LIMIT 1 2");
    expect_elements("10 3", "SORT l BY nosort DESC LIMIT 1 2");
    fixture_run(&f, "ZADD z 1 c 2 a 3 b");
    expect_elements("a b c", "SORT z ALPHA");
    expect_elements("c a b", "SORT z BY nosort");
    expect_elements("b a", "SORT z BY nosort DESC LIMIT 0 2");
    fixture_run(&f, "SADD s 3 1 2");
    expect_elements("3 2 1", "SORT s DESC");
    expect_elements("1 2", "SORT s BY nosort LIMIT 0 2");
    expect_elements("", "SORT none");
}

static void test_limits(void **state) {
    fixture_run(&f, "RPUSH l 5 3 10 1");
    expect_elements("1 3", "SORT l LIMIT 0 2");
    expect_elements("5 10", "SORT l LIMIT 2 100");
    expect_elements("1 3 5 10", "SORT l LIMIT -5 -1");
    expect_elements("", "SORT l LIMIT 4 1");
    expect_elements("", "SORT l LIMIT 1 0");
    expect_elements("3 5 10", "SORT l LIMIT 1 9223372036854775807");
    expect_elements("3", "SORT l LIMIT 0 2 LIMIT 1 1");
}

static void test_numbers(void **state) {
    fixture_run(&f, "RPUSH l 0x10 '' inf -inf 1e3 -7.5");
    expect_elements("-inf -7.5  0x10 1e3 inf", "SORT l");
    static const char *const wrong[] = {"a", "nan", "1x", "1e400", "1e-400"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        fixture_run(&f, "RPUSH w%zu 1 %s", i, wrong[i]);
        expect_reply(&f, "-ERR One or more scores can't be converted into double\n", "SORT w%zu", i);
        expect_reply(&f, "-ERR One or more scores can't be converted into double\n", "SORT w%zu STORE d", i);
    }
    fixture_run(&f, "RPUSH same b 1 a");
    expect_elements("1 a b", "SORT same BY none*"); /* no weights: by their bytes */
    expect_elements("b a 1", "SORT same BY none* DESC");
}

static void test_patterns(void **state) {
    fixture_run(&f, "RPUSH l a b c");
    fixture_run(&f, "MSET w_a 3 w_b 1 w_c 2 w_a_x 1 w_b_x 2 w_c_x 3");
    fixture_run(&f, "HSET h_a f 30 name Ada");
    fixture_run(&f, "HSET h_b f 20");
    fixture_run(&f, "HSET h_c f 10 name Cid");
    expect_elements("b c a", "SORT l BY w_*");
    expect_elements("a b c", "SORT l BY w_*_x");
    expect_elements("c b a", "SORT l BY h_*->f");
    expect_elements("b a c", "SORT l BY h_*->name ALPHA"); /* what has no weight comes first */
    expect_elements("a 3 Ada b 1 (nil) c 2 Cid", "SORT l BY nosort GET # GET w_* GET h_*->name");
    expect_elements("(nil) (nil) (nil)", "SORT l BY nosort GET constant");
    expect_elements("(nil) (nil) (nil)", "SORT l BY nosort GET w_*->name"); /* not hashes */
    expect_elements("(nil) (nil) (nil)", "SORT l BY nosort GET h_*");       /* not strings */
    fixture_run(&f, "SET x:a-> 100");
    expect_elements("100 (nil) (nil)", "SORT l BY nosort GET x:*->"); /* an arrow to nowhere is a name */
    fixture_run(&f, "SET get 1");
    expect_elements("a b c", "SORT l BY get GET #");
    expect_elements("b c a", "SORT l GET # BY w_* LIMIT 0 3");
}

/* A due key that a pattern meets is deleted under way. */
static void test_what_is_due(void **state) {
    fixture_run(&f, "DEL l");
    for (int i = 0; i < 100; i++) {
        fixture_run(&f, "RPUSH l %d", i);
        fixture_run(&f, "SET w_%d %d", i, 100 - i);
        if (i % 2) fixture_run(&f, "PEXPIRE w_%d 10", i);
    }
    keyspace_set_now(&f.keyspace, f.keyspace.now_ms + 1000);
    expect_elements("1 (nil) 11 (nil)", "SORT l BY w_* GET # GET w_* LIMIT 0 2");
    expect_elements("2 98 0 100", "SORT l BY w_* GET # GET w_* LIMIT 98 2");
}

static void test_store(void **state) {
    fixture_run(&f, "RPUSH l 5 3 10 1");
    fixture_run(&f, "SET w_3 three");
    forget();
    expect_reply(&f, ":4\n", "SORT l STORE d");
    expect_told("sortstore d", 4, "SORT l STORE d");
    expect_elements("1 3 5 10", "LRANGE d 0 -1");
    expect_reply(&f, ":2\n", "SORT l GET w_* LIMIT 0 2 STORE d");
    expect_reply(&f, "*2\n$0\n\n$5\nthree\n", "LRANGE d 0 -1");
    expect_reply(&f, ":4\n", "SORT l DESC STORE l"); /* over itself */
    expect_elements("10 5 3 1", "LRANGE l 0 -1");
    expect_reply(&f, ":4\n", "SORT l STORE x STORE d"); /* the last one counts */
    expect_reply(&f, ":0\n", "EXISTS x");
    forget();
    expect_reply(&f, ":0\n", "SORT none STORE d");
    expect_told("del d", 1, "SORT none STORE d");
    expect_reply(&f, ":0\n", "SORT l LIMIT 9 9 STORE d");
    expect_told("", 0, "");
    fixture_run(&f, "SADD s c b a");
    expect_reply(&f, ":3\n", "SORT s BY nosort STORE d"); /* a set is ordered all the same */
    expect_elements("a b c", "LRANGE d 0 -1");
}

static void test_errors(void **state) {
    fixture_run(&f, "RPUSH l 1");
    fixture_run(&f, "SET str v");
    static const char *const syntax[] = {"SORT l LIMIT 1",   "SORT l STORE", "SORT_RO l STORE d",
                                         "SORT l BY",        "SORT l GET",   "SORT l sideways",
                                         "SORT str sideways"};
    for (size_t i = 0; i < sizeof(syntax) / sizeof(*syntax); i++)
        expect_reply(&f, "-ERR syntax error\n", "%s", syntax[i]);
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "SORT l LIMIT x 1");
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n", "SORT str");
}

/* --- against a model --- */

static int cmp_numbers(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static void test_against_model(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < 60; round++) {
        int numbers[40], n = (int)rng_below(&rng, 41);
        fixture_run(&f, "DEL l");
        for (int i = 0; i < n; i++) {
            numbers[i] = (int)rng_below(&rng, 2000) - 1000;
            fixture_run(&f, "RPUSH l %d", numbers[i]);
        }
        qsort(numbers, (size_t)n, sizeof(*numbers), cmp_numbers);
        int offset = (int)rng_below(&rng, 45), count = (int)rng_below(&rng, 45);
        bool down = rng_below(&rng, 2);
        char expected[1024] = "", *at = expected;
        for (int i = offset; i < n && i < offset + count; i++)
            at += sprintf(at, "%s%d", at > expected ? " " : "", numbers[down ? n - 1 - i : i]);
        expect_elements(expected, "SORT l LIMIT %d %d %s", offset, count, down ? "DESC" : "ASC");
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_orders),      TEST(test_limits), TEST(test_numbers), TEST(test_patterns),
        TEST(test_what_is_due), TEST(test_store),  TEST(test_errors),  TEST(test_against_model),
    };
    return cmocka_run_group_tests_name("commands/sort", tests, NULL, NULL);
}
