/* The hash commands: replies in both protocols, both forms, events, counts of changes, the journal. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/hash.h"
#include "tests/unit/commands/command_fixture.h"
#include "tests/unit/commands/visit_checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {hash_bindings, hash_visit_bindings,
                                                             string_bindings, NULL};
    fixture_open(&f, families);
    return 0;
}

/* The same tests once more with hashes that are large from the first field. */
static int open_large(void **state) {
    open_small(state);
    f.keyspace.conf.hash_max_listpack_entries = 0;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

static void test_set_and_get(void **state) {
    expect_reply(&f, ":2\n", "HSET h a 1 b two");
    expect_told("hset h", 2, "HSET h a 1 b two");
    expect_reply(&f, ":1\n", "HSET h a 1 c 3");
    expect_told("hset h", 2, "HSET h a 1 c 3");
    expect_reply(&f, "+OK\n", "HMSET h d 4 d 5");
    expect_told("hset h", 2, "HMSET h d 4 d 5");
    expect_reply(&f, "$3\ntwo\n", "HGET h b");
    expect_reply(&f, "$1\n5\n", "HGET h d");
    expect_reply(&f, "$-1\n", "HGET h x");
    expect_reply(&f, "$-1\n", "HGET none x");
    expect_reply(&f, "*3\n$1\n1\n$-1\n$1\n3\n", "HMGET h a x c");
    expect_reply(&f, "*2\n$-1\n$-1\n", "HMGET none a b");
    expect_reply(&f, ":4\n", "HLEN h");
    expect_reply(&f, ":0\n", "HLEN none");
    expect_reply(&f, ":1\n", "HEXISTS h a");
    expect_reply(&f, ":0\n", "HEXISTS h x");
    expect_reply(&f, ":0\n", "HEXISTS none x");
    expect_reply(&f, ":3\n", "HSTRLEN h b");
    expect_reply(&f, ":0\n", "HSTRLEN h x");
    expect_reply(&f, ":0\n", "HSTRLEN none x");
    expect_told("", 0, "");
}

static void test_setnx(void **state) {
    expect_reply(&f, ":1\n", "HSETNX h a 1");
    expect_told("hset h", 1, "HSETNX h a 1");
    expect_reply(&f, ":0\n", "HSETNX h a 2");
    expect_told("", 0, "");
    expect_reply(&f, "$1\n1\n", "HGET h a");
}

static void test_empty_words(void **state) {
    expect_reply(&f, ":1\n", "HSET h '' ''");
    expect_reply(&f, "$0\n\n", "HGET h ''");
    expect_reply(&f, ":1\n", "HEXISTS h ''");
    expect_reply(&f, "*1\n$0\n\n", "HMGET h ''");
    expect_reply(&f, ":1\n", "HDEL h ''");
}

static void test_delete(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    expect_told("hset h", 3, "HSET h a 1 b 2 c 3");
    expect_reply(&f, ":0\n", "HDEL h x y");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "HDEL h a a x");
    expect_told("hdel h", 1, "HDEL h a a x");
    expect_reply(&f, ":2\n", "HDEL h b c");
    expect_told("hdel h, del h", 2, "HDEL h b c");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    expect_reply(&f, ":0\n", "HDEL h b");
    expect_told("", 0, "");
}

static void test_arity(void **state) {
    expect_reply(&f, "-ERR wrong number of arguments for 'hset' command\n", "HSET h a 1 b");
    expect_reply(&f, "-ERR wrong number of arguments for 'hmset' command\n", "HMSET h a 1 b");
    expect_reply(&f, "-ERR wrong number of arguments for 'hset' command\n", "HSET h");
    expect_told("", 0, "");
}

static void test_wrong_type(void **state) {
    static const char *const commands[] = {
        "HSET s a 1",
        "HMSET s a 1",
        "HSETNX s a 1",
        "HGET s a",
        "HMGET s a",
        "HGETALL s",
        "HKEYS s",
        "HVALS s",
        "HLEN s",
        "HSTRLEN s a",
        "HEXISTS s a",
        "HDEL s a",
        "HINCRBY s a 1",
        "HINCRBYFLOAT s a 1",
        "HRANDFIELD s",
        "HRANDFIELD s 2",
        "HSCAN s 0 nonsense",
    };
    fixture_run(&f, "SET s x");
    fixture_dirty(&f);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_string_equal(fixture_run(&f, "%s", commands[i]), WRONG_TYPE);
    assert_int_equal(fixture_dirty(&f), 0);
}

static void test_all(void **state) {
    expect_reply(&f, "*0\n", "HGETALL none");
    expect_reply(&f, "*0\n", "HKEYS none");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, "*2\n$1\na\n$1\n1\n", "HGETALL h");
    expect_reply(&f, "*1\n$1\na\n", "HKEYS h");
    expect_reply(&f, "*1\n$1\n1\n", "HVALS h");
    f.session.reply.proto = 3;
    expect_reply(&f, "%1\n$1\na\n$1\n1\n", "HGETALL h");
    expect_reply(&f, "%0\n", "HGETALL none");
    expect_reply(&f, "*1\n$1\na\n", "HKEYS h");
    expect_reply(&f, "_\n", "HGET h x");
    expect_reply(&f, "*1\n_\n", "HMGET none x");
}

static void test_increments(void **state) {
    expect_reply(&f, ":5\n", "HINCRBY h n 5");
    expect_told("hincrby h", 1, "HINCRBY h n 5");
    expect_reply(&f, ":-7\n", "HINCRBY h n -12");
    fixture_run(&f, "HSET h s abc big 9223372036854775807 small -9223372036854775808 sp 1.5");
    fixture_events(&f), fixture_journal(&f), fixture_dirty(&f);
    expect_reply(&f, "-ERR hash value is not an integer\n", "HINCRBY h s 1");
    expect_reply(&f, "-ERR hash value is not an integer\n", "HINCRBY h sp 1");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "HINCRBY h n x");
    expect_reply(&f, "-ERR increment or decrement would overflow\n", "HINCRBY h big 1");
    expect_reply(&f, "-ERR increment or decrement would overflow\n", "HINCRBY h small -1");
    expect_told("", 0, "");
    expect_reply(&f, ":-1\n", "HINCRBY h big -9223372036854775808");
}

static void test_float_increments(void **state) {
    expect_reply(&f, "$4\n10.5\n", "HINCRBYFLOAT h x 10.5");
    expect_told("hincrbyfloat h", 1, "HSET h x 10.5");
    expect_reply(&f, "$4\n10.6\n", "HINCRBYFLOAT h x 0.1");
    expect_told("hincrbyfloat h", 1, "HSET h x 10.6");
    expect_reply(&f, "$3\n5.6\n", "HINCRBYFLOAT h x -5");
    fixture_run(&f, "HSET h e 5.0e3 s abc");
    expect_reply(&f, "$4\n5200\n", "HINCRBYFLOAT h e 2.0e2");
    expect_reply(&f, "-ERR hash value is not a float\n", "HINCRBYFLOAT h s 1");
    expect_reply(&f, "-ERR value is not a valid float\n", "HINCRBYFLOAT h x abc");
    expect_reply(&f, "-ERR value is NaN or Infinity\n", "HINCRBYFLOAT h x inf");
    fixture_run(&f, "HSET h i 1e4932");
    expect_reply(&f, "-ERR increment would produce NaN or Infinity\n", "HINCRBYFLOAT h i 1.1e4932");
    expect_reply(&f, "-ERR value is NaN or Infinity\n", "HINCRBYFLOAT none x -inf");
    assert_int_equal(keyspace_count(&f.keyspace), 1);
}

static void test_scan(void **state) {
    fixture_run(&f, "HSET h a 1");
    check_scan_words(&f, "HSCAN", "h", "*2\n$1\na\n$1\n1\n");
}

static void test_scan_goes_over_all(void **state) {
    check_scan_goes_over_all(&f, "HSCAN", "h", "HSET h member%d %d");
}

static void test_random_fields(void **state) {
    fixture_run(&f, "HSET h a 1");
    check_draw_words(&f, "HRANDFIELD", "h", "withvalues");
    fixture_run(&f, "HSET h b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10");
    check_draw_counts(&f, "HRANDFIELD", "h");
}

static void test_counts_hits_and_misses(void **state) {
    fixture_run(&f, "HSET h a 1");
    f.keyspace.stats = (struct keyspace_stats){0};
    fixture_run(&f, "HGET h a");
    fixture_run(&f, "HGET none a");
    fixture_run(&f, "HGETALL h");
    assert_int_equal(f.keyspace.stats.hits, 2);
    assert_int_equal(f.keyspace.stats.misses, 1);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_small, close_fixture), {                                      \
#test " (large)", test, open_large, close_fixture, NULL                                              \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_set_and_get),
        BOTH(test_setnx),
        BOTH(test_empty_words),
        BOTH(test_delete),
        BOTH(test_arity),
        BOTH(test_wrong_type),
        BOTH(test_all),
        BOTH(test_increments),
        BOTH(test_float_increments),
        BOTH(test_scan),
        cmocka_unit_test_setup_teardown(test_scan_goes_over_all, open_small, close_fixture),
        BOTH(test_random_fields),
        BOTH(test_counts_hits_and_misses),
    };
    return cmocka_run_group_tests_name("commands/hash", tests, NULL, NULL);
}
