/* Field TTLs: replies, errors, what readers find, what is told, in both forms and with a clock that is moved
 * by hand. */
#include "server/commands/families.h"
#include "server/keyspace/database.h"
#include "server/keyspace/expire.h"
#include "server/types/hash.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <string.h>

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {
        hash_bindings,    hash_visit_bindings, hash_expire_bindings, string_bindings,
        generic_bindings, expire_bindings,     object_bindings,      NULL};
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

#define NOW 1700000000000

static void advance(int64_t ms) {
    keyspace_set_now(&f.keyspace, f.keyspace.now_ms + ms);
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

#define forget_told() fixture_forget_told(&f)

static size_t subexpiry(void) {
    return database_fields_expiring(keyspace_database(&f.keyspace, 0));
}

static void test_set_and_ask(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    forget_told();
    expect_reply(&f, "*3\n:1\n:-2\n:1\n", "HEXPIRE h 10 FIELDS 3 a x b");
    expect_told("hexpire h", 2, "HPEXPIREAT h 1700000010000 FIELDS 2 a b");
    expect_reply(&f, "*4\n:10\n:10\n:-1\n:-2\n", "HTTL h FIELDS 4 a b c x");
    expect_reply(&f, "*1\n:10000\n", "HPTTL h FIELDS 1 a");
    expect_reply(&f, "*1\n:1700000010\n", "HEXPIRETIME h FIELDS 1 a");
    expect_reply(&f, "*1\n:1700000010000\n", "HPEXPIRETIME h FIELDS 1 a");
    advance(1);
    expect_reply(&f, "*1\n:10\n", "HTTL h FIELDS 1 a");
    expect_reply(&f, "*1\n:9999\n", "HPTTL h FIELDS 1 a");
    expect_reply(&f, "*1\n:1\n", "HPEXPIRE h 1500 FIELDS 1 a");
    expect_told("hexpire h", 1, "HPEXPIREAT h 1700000001501 FIELDS 1 a");
    expect_reply(&f, "*1\n:2\n", "HTTL h FIELDS 1 a");
    expect_reply(&f, "*1\n:1700000002\n", "HEXPIRETIME h FIELDS 1 a");
    expect_reply(&f, "*1\n:1\n", "HEXPIREAT h 1700000100 FIELDS 1 a");
    expect_told("hexpire h", 1, "HPEXPIREAT h 1700000100000 FIELDS 1 a");
    expect_reply(&f, "*1\n:1\n", "HPEXPIREAT h 1700000100001 fields 1 a");
    expect_told("hexpire h", 1, "HPEXPIREAT h 1700000100001 FIELDS 1 a");
    assert_int_equal(subexpiry(), 1);
}

static void test_absent_keys(void **state) {
    static const char *const commands[] = {"HEXPIRE no 1",    "HPEXPIRE no 1",   "HEXPIREAT no 1",
                                           "HPEXPIREAT no 1", "HTTL no",         "HPTTL no",
                                           "HEXPIRETIME no",  "HPEXPIRETIME no", "HPERSIST no"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        expect_reply(&f, "*2\n:-2\n:-2\n", "%s FIELDS 2 a b", commands[i]);
    expect_told("", 0, "");
}

static void test_conditions(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    expect_reply(&f, "*1\n:1\n", "HPEXPIRE h 1000 NX FIELDS 1 a");
    expect_reply(&f, "*2\n:0\n:1\n", "HPEXPIRE h 2000 NX FIELDS 2 a b");
    expect_reply(&f, "*3\n:1\n:1\n:0\n", "HPEXPIRE h 1500 XX FIELDS 3 a b c");
    fixture_run(&f, "HPEXPIRE h 1000 FIELDS 1 a");
    forget_told();
    expect_reply(&f, "*3\n:1\n:0\n:0\n", "HPEXPIRE h 1400 gt FIELDS 3 a b c");
    expect_told("hexpire h", 1, "HPEXPIREAT h 1700000001400 gt FIELDS 1 a");
    expect_reply(&f, "*2\n:0\n:0\n", "HPEXPIRE h 1400 GT FIELDS 2 a c");
    expect_told("", 0, "");
    expect_reply(&f, "*3\n:0\n:1\n:1\n", "HPEXPIRE h 1450 LT FIELDS 3 a b c");
    expect_reply(&f, "*1\n:0\n", "HPEXPIRE h 1450 LT FIELDS 1 b");
    expect_reply(&f, "*3\n:1400\n:1450\n:1450\n", "HPTTL h FIELDS 3 a b c");
    /* the condition is asked before the time is looked at */
    expect_reply(&f, "*1\n:0\n", "HPEXPIREAT h 1 NX FIELDS 1 a");
    expect_reply(&f, "*1\n:0\n", "HPEXPIREAT h 1 GT FIELDS 1 a");
}

static void test_errors(void **state) {
    static const char *const sets[] = {"HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT"};
    static const char *const asks[] = {"HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST"};
    static const char position[] = "-ERR Mandatory argument FIELDS is missing or not at the right position\n";
    static const char match[] = "-ERR The `numfields` parameter must match the number of arguments\n";
    static const char positive[] = "-ERR Parameter `numFields` should be greater than 0\n";
    static const char number[] = "-ERR Number of fields must be a positive integer\n";
    fixture_run(&f, "SET s x");
    fixture_run(&f, "HSET h a 1");
    forget_told();
    for (int i = 0; i < 4; i++) {
        const char *c = sets[i];
        expect_reply(&f, WRONG_TYPE, "%s s nonsense FIELDS 0 a", c);
        expect_reply(&f, "-ERR value is not an integer or out of range\n", "%s h x FIELDS 1 a", c);
        expect_reply(&f, "-ERR invalid expire time, must be >= 0\n", "%s h -1 FIELDS 1 a", c);
        expect_reply(&f, "-ERR invalid expire time, must be >= 0\n", "%s no -9223372036854775808 FIELDS 1 a",
                     c);
        expect_reply(&f, position, "%s h 1 FIELD 1 a", c);
        expect_reply(&f, position, "%s h 1 NX XX FIELDS 1 a", c);
        expect_reply(&f, position, "%s h 1 NX 1 FIELDS a", c);
        expect_reply(&f, positive, "%s h 1 FIELDS 0 a", c);
        expect_reply(&f, positive, "%s h 1 FIELDS -1 a", c);
        expect_reply(&f, positive, "%s h 1 NX FIELDS x a", c);
        expect_reply(&f, match, "%s h 1 FIELDS 2 a", c);
        expect_reply(&f, match, "%s h 1 FIELDS 1 a b", c);
        expect_reply(&f, match, "%s h 1 NX FIELDS 1", c);
        expect_reply(&f, match, "%s no 1 FIELDS 9223372036854775807 a", c);
    }
    for (int i = 0; i < 5; i++) {
        const char *c = asks[i];
        expect_reply(&f, WRONG_TYPE, "%s s nonsense 0 a", c);
        expect_reply(&f, position, "%s h FIELD 1 a", c);
        expect_reply(&f, number, "%s h FIELDS 0 a", c);
        expect_reply(&f, number, "%s no FIELDS x a", c);
        expect_reply(&f, match, "%s h FIELDS 2 a", c);
        expect_reply(&f, match, "%s h FIELDS 1 a b", c);
    }
    expect_reply(&f, "-ERR wrong number of arguments for 'hexpire' command\n", "HEXPIRE h 1 FIELDS 1");
    expect_reply(&f, "-ERR wrong number of arguments for 'httl' command\n", "HTTL h FIELDS 1");
    expect_told("", 0, "");
}

static void test_the_latest_deadline(void **state) {
    const long long last = (1LL << 46) - 1;
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, "*1\n:1\n", "HPEXPIREAT h %lld FIELDS 1 a", last);
    expect_reply(&f, "*1\n:70368744177663\n", "HPEXPIRETIME h FIELDS 1 a");
    expect_reply(&f, "-ERR invalid expire time in 'hpexpireat' command\n", "HPEXPIREAT h %lld FIELDS 1 a",
                 last + 1);
    expect_reply(&f, "*1\n:1\n", "HPEXPIRE h %lld FIELDS 1 a", last - NOW);
    expect_reply(&f, "-ERR invalid expire time in 'hpexpire' command\n", "HPEXPIRE h %lld FIELDS 1 a",
                 last - NOW + 1);
    expect_reply(&f, "-ERR invalid expire time in 'hexpire' command\n",
                 "HEXPIRE h 9223372036854775807 FIELDS 1 a");
    expect_reply(&f, "-ERR invalid expire time in 'hexpireat' command\n", "HEXPIREAT h %lld FIELDS 1 a",
                 last / 1000 + 1);
}

static void test_a_time_in_the_past_deletes(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    forget_told();
    expect_reply(&f, "*3\n:2\n:-2\n:-2\n", "HEXPIRE h 0 FIELDS 3 a a x");
    expect_told("hdel h", 1, "HDEL h a");
    expect_reply(&f, "*2\n:2\n:2\n", "HPEXPIREAT h %lld FIELDS 2 b c", (long long)NOW);
    expect_told("hdel h, del h", 2, "HDEL h b c");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    assert_int_equal(subexpiry(), 0);
    fixture_run(&f, "HSET h a 1 b 2");
    fixture_run(&f, "HEXPIRE h 100 FIELDS 1 a");
    assert_int_equal(subexpiry(), 1);
    expect_reply(&f, "*2\n:2\n:2\n", "HEXPIREAT h 0 FIELDS 2 a b");
    assert_int_equal(subexpiry(), 0);
}

static void test_persist(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    fixture_run(&f, "HEXPIRE h 100 FIELDS 2 a b");
    forget_told();
    expect_reply(&f, "*3\n:1\n:-1\n:-2\n", "HPERSIST h FIELDS 3 a c x");
    expect_told("hpersist h", 1, "HPERSIST h FIELDS 3 a c x");
    assert_int_equal(subexpiry(), 1);
    expect_reply(&f, "*1\n:-1\n", "HPERSIST h FIELDS 1 a");
    expect_told("", 0, "");
    fixture_run(&f, "HPERSIST h FIELDS 1 b");
    assert_int_equal(subexpiry(), 0);
    advance(200000);
    expect_reply(&f, ":3\n", "HLEN h");
}

static void test_due_fields_are_gone(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3 d 4");
    fixture_run(&f, "HPEXPIRE h 100 FIELDS 2 a b");
    advance(100);
    expect_reply(&f, "$1\n1\n", "HGET h a");
    expect_reply(&f, "*1\n:0\n", "HPTTL h FIELDS 1 a");
    forget_told();
    advance(1);
    expect_reply(&f, "$-1\n", "HGET h a");
    expect_told("hexpired h", 2, fixture_journal(&f)); /* its order is the form's business */
    assert_int_equal(f.keyspace.stats.expired_subkeys, 2);
    expect_reply(&f, "*3\n$-1\n$1\n3\n$-1\n", "HMGET h a c b");
    expect_reply(&f, ":2\n", "HLEN h");
    expect_reply(&f, ":0\n", "HEXISTS h b");
    expect_reply(&f, ":0\n", "HSTRLEN h a");
    expect_reply(&f, ":0\n", "HDEL h a b");
    expect_reply(&f, "*2\n:-2\n:-2\n", "HTTL h FIELDS 2 a b");
    expect_reply(&f, "*1\n:-2\n", "HEXPIRE h 10 FIELDS 1 a");
    expect_reply(&f, ":1\n", "HSETNX h a 5");
    expect_reply(&f, "*1\n:-1\n", "HTTL h FIELDS 1 a");
    assert_int_equal(subexpiry(), 0);
}

static void test_the_last_field_takes_the_key(void **state) {
    static const char *const asks[] = {"EXISTS h", "HLEN h", "DEL h", "COPY h x"};
    for (int i = 0; i < 4; i++) {
        fixture_run(&f, "HSET h a 1");
        fixture_run(&f, "HPEXPIRE h 5 FIELDS 1 a");
        advance(6);
        forget_told();
        expect_reply(&f, ":0\n", "%s", asks[i]);
        expect_told("hexpired h, del h", 1, "HDEL h a");
        assert_int_equal(keyspace_count(&f.keyspace), 0);
    }
    fixture_run(&f, "HSET h a 1");
    fixture_run(&f, "HPEXPIRE h 5 FIELDS 1 a");
    advance(6);
    expect_reply(&f, ":7\n", "HINCRBY h a 7");
    expect_reply(&f, "*1\n:-1\n", "HTTL h FIELDS 1 a");
}

static void test_who_keeps_a_deadline(void **state) {
    fixture_run(&f, "HSET h a 1 b 2 c 3");
    fixture_run(&f, "HPEXPIRE h 1000 FIELDS 3 a b c");
    expect_reply(&f, ":0\n", "HSET h a 5");
    expect_reply(&f, ":12\n", "HINCRBY h b 10");
    forget_told();
    expect_reply(&f, "$3\n3.5\n", "HINCRBYFLOAT h c 0.5");
    expect_told("hincrbyfloat h", 1, "HSET h c 3.5, HPEXPIREAT h 1700000001000 FIELDS 1 c");
    expect_reply(&f, "*3\n:-1\n:1000\n:1000\n", "HPTTL h FIELDS 3 a b c");
    advance(1001);
    expect_reply(&f, "*2\n$1\na\n$1\n5\n", "HGETALL h");
}

static void test_copies_and_moves(void **state) {
    fixture_run(&f, "HSET h a 1 b 2");
    fixture_run(&f, "HPEXPIRE h 1000 FIELDS 1 a");
    expect_reply(&f, ":1\n", "COPY h c");
    expect_reply(&f, "+OK\n", "RENAME h r");
    expect_reply(&f, ":1\n", "COPY c m");
    expect_reply(&f, ":1\n", "MOVE m 1");
    assert_int_equal(subexpiry(), 2);
    expect_reply(&f, "*2\n:1000\n:-1\n", "HPTTL c FIELDS 2 a b");
    expect_reply(&f, "*2\n:1000\n:-1\n", "HPTTL r FIELDS 2 a b");
    fixture_run(&f, "SWAPDB 0 1");
    assert_int_equal(subexpiry(), 1);
    expect_reply(&f, "*2\n:1000\n:-1\n", "HPTTL m FIELDS 2 a b");
    advance(1001);
    expect_reply(&f, "*1\n$1\nb\n", "HKEYS m");
    f.session.db = keyspace_database(&f.keyspace, 1);
    expect_reply(&f, "*1\n$1\nb\n", "HKEYS c");
    expect_reply(&f, "*1\n$1\nb\n", "HKEYS r");
    expect_reply(&f, "+OK\n", "SET r x"); /* in the place of a hash with room for deadlines */
    f.session.db = keyspace_database(&f.keyspace, 0);
    fixture_run(&f, "HSET h a 1");
    fixture_run(&f, "HEXPIRE h 10 FIELDS 1 a");
    assert_int_equal(subexpiry(), 1);
    fixture_run(&f, "SET h x");
    assert_int_equal(subexpiry(), 0);
}

static void expire_all(void) {
    while (expire_step(&f.keyspace, 2))
        unit_end(&f.keyspace, NULL);
    unit_end(&f.keyspace, NULL);
}

static void test_memory_comes_back(void **state) {
    f.keyspace.active_expire = true;
    for (int i = 0; i < 400; i++)
        fixture_run(&f, "HSET h f%d v%d", i, i);
    fixture_run(&f, "HSET other a 1");
    fixture_run(&f, "HSET brief a 1");
    for (int i = 0; i < 399; i++)
        fixture_run(&f, "HPEXPIRE h %d FIELDS 1 f%d", 100 + i % 10, i);
    fixture_run(&f, "HPEXPIRE brief 50 FIELDS 1 a");
    forget_told();
    assert_int_equal(subexpiry(), 2);
    expire_all();
    expect_told("", 0, "");
    int64_t next = expire_next_ms(&f.keyspace);
    assert_true(next > f.keyspace.now_ms && next <= f.keyspace.now_ms + 50 + 64);
    advance(114);
    expire_all();
    expect_told("hexpired brief, del brief", 1, "HDEL brief a");
    advance(200);
    expire_all();
    assert_int_equal(f.keyspace.stats.expired_subkeys, 400);
    assert_int_equal(subexpiry(), 0);
    assert_int_equal(fixture_dirty(&f), 399);
    expect_reply(&f, ":1\n", "HLEN h");
    expect_reply(&f, ":2\n", "DEL h other");
    assert_int_equal(expire_next_ms(&f.keyspace), INT64_MAX);
}

static void test_a_replay_keeps_what_is_due(void **state) {
    f.keyspace.expire_on_access = false;
    fixture_run(&f, "HSET h a 1 b 2");
    expect_reply(&f, "*1\n:1\n", "HPEXPIREAT h 1 FIELDS 1 a");
    expect_reply(&f, "*1\n:1\n", "HPEXPIREAT h 0 FIELDS 1 b");
    advance(1000);
    expect_reply(&f, ":2\n", "HLEN h");
    expect_reply(&f, ":1\n", "HDEL h a");
    f.keyspace.expire_on_access = true;
    expect_reply(&f, ":0\n", "EXISTS h");
}

static void test_encodings(void **state) {
    bool large = f.keyspace.conf.hash_max_listpack_entries == 0;
    fixture_run(&f, "HSET h a 1 b 2");
    expect_reply(&f, large ? "$9\nhashtable\n" : "$8\nlistpack\n", "OBJECT ENCODING h");
    fixture_run(&f, "HEXPIRE h 100 FIELDS 1 a");
    expect_reply(&f, large ? "$9\nhashtable\n" : "$10\nlistpackex\n", "OBJECT ENCODING h");
    fixture_run(&f, "HPERSIST h FIELDS 1 a");
    expect_reply(&f, large ? "$9\nhashtable\n" : "$10\nlistpackex\n", "OBJECT ENCODING h");
    fixture_run(&f, "HEXPIRE h 100 FIELDS 1 b");
    f.keyspace.conf.hash_max_listpack_entries = 2;
    fixture_run(&f, "HSET h c 3");
    expect_reply(&f, "$9\nhashtable\n", "OBJECT ENCODING h");
    expect_reply(&f, "*3\n:-1\n:100\n:-1\n", "HTTL h FIELDS 3 a b c");
    assert_int_equal(subexpiry(), 1);
}

#define BOTH(test)                                                                                           \
    {#test " (small)", test, open_small, close_fixture, NULL}, {                                             \
#test " (large)", test, open_large, close_fixture, NULL                                              \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_set_and_ask),
        BOTH(test_absent_keys),
        BOTH(test_conditions),
        BOTH(test_errors),
        BOTH(test_the_latest_deadline),
        BOTH(test_a_time_in_the_past_deletes),
        BOTH(test_persist),
        BOTH(test_due_fields_are_gone),
        BOTH(test_the_last_field_takes_the_key),
        BOTH(test_who_keeps_a_deadline),
        BOTH(test_copies_and_moves),
        BOTH(test_memory_comes_back),
        BOTH(test_a_replay_keeps_what_is_due),
        BOTH(test_encodings),
    };
    return cmocka_run_group_tests_name("commands/hash_expire", tests, NULL, NULL);
}
