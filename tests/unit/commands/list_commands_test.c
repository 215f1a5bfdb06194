/* The commands on lists: replies in both protocols, both forms, events, counts of changes, the journal. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <string.h>

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {
        list_bindings,    list_pop_bindings, list_edit_bindings, string_bindings,
        generic_bindings, expire_bindings,   object_bindings,    NULL};
    fixture_open(&f, families);
    exec_bind(f.exec, multi_bindings, f.exec);
    return 0;
}

/* The same tests once more with lists that are quicklists from the second element. */
static int open_large(void **state) {
    open_small(state);
    f.keyspace.conf.list_max_listpack_size = 1;
    f.keyspace.conf.list_compress_depth = 1;
    return 0;
}

/* And with lists whose nodes are all plain. */
static int open_plain(void **state) {
    open_large(state);
    f.keyspace.list_plain_min = 1;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

/* Elements of a key, separated by spaces. */
static void expect_content(const char *key, const char *content) {
    char text[1024] = "", *at = text;
    const char *reply = fixture_run(&f, "LRANGE %s 0 -1", key);
    for (const char *line = strchr(reply, '\n') + 1; *line;) {
        line = strchr(line, '\n') + 1; /* over the length */
        size_t len = strcspn(line, "\n");
        at += sprintf(at, "%s%.*s", at > text ? " " : "", (int)len, line);
        line += len + 1;
    }
    assert_string_equal(text, content);
}

static void forget(void) {
    fixture_events(&f);
    fixture_dirty(&f);
    fixture_journal(&f);
}

static void given(const char *key, const char *content) {
    fixture_run(&f, "DEL %s", key);
    fixture_run(&f, "RPUSH %s %s", key, content);
    expect_content(key, content);
    forget();
}

static void test_push(void **state) {
    expect_reply(&f, ":3\n", "RPUSH l a b c");
    expect_told("rpush l", 3, "RPUSH l a b c");
    expect_reply(&f, ":5\n", "LPUSH l x y");
    expect_told("lpush l", 2, "LPUSH l x y");
    expect_content("l", "y x a b c");
    expect_reply(&f, ":6\n", "LPUSHX l 1");
    expect_told("lpush l", 1, "LPUSHX l 1");
    expect_reply(&f, ":8\n", "RPUSHX l 2 3");
    expect_told("rpush l", 2, "RPUSHX l 2 3");
    expect_content("l", "1 y x a b c 2 3");
    expect_reply(&f, ":0\n", "LPUSHX none a");
    expect_reply(&f, ":0\n", "RPUSHX none a");
    expect_told("", 0, "");
    expect_reply(&f, ":8\n", "LLEN l");
    expect_reply(&f, ":0\n", "LLEN none");
}

static void test_pop(void **state) {
    given("l", "a b c d e f");
    expect_reply(&f, "$1\na\n", "LPOP l");
    expect_told("lpop l", 1, "LPOP l");
    expect_reply(&f, "$1\nf\n", "RPOP l");
    expect_told("rpop l", 1, "RPOP l");
    expect_reply(&f, "*2\n$1\nb\n$1\nc\n", "LPOP l 2");
    expect_told("lpop l", 2, "LPOP l 2");
    expect_reply(&f, "*0\n", "LPOP l 0");
    expect_told("", 0, "");
    expect_reply(&f, "*2\n$1\ne\n$1\nd\n", "RPOP l 9");
    expect_told("rpop l, del l", 2, "RPOP l 9");
    expect_reply(&f, ":0\n", "EXISTS l");
    expect_reply(&f, "$-1\n", "LPOP l");
    expect_reply(&f, "*-1\n", "LPOP l 0");
    expect_reply(&f, "*-1\n", "RPOP l 1");
    f.session.reply.proto = 3;
    expect_reply(&f, "_\n", "RPOP l");
    expect_reply(&f, "_\n", "RPOP l 1");
    f.session.reply.proto = 2;
    expect_reply(&f, "-ERR value is out of range, must be positive\n", "LPOP l -1");
    expect_reply(&f, "-ERR value is out of range, must be positive\n", "LPOP l x");
    expect_reply(&f, "-ERR wrong number of arguments for 'lpop' command\n", "LPOP l 1 2");
    given("l", "a");
    expect_reply(&f, "$1\na\n", "RPOP l");
    expect_told("rpop l, del l", 1, "RPOP l");
}

static void test_mpop(void **state) {
    given("l2", "a b c");
    expect_reply(&f, "*2\n$2\nl2\n*1\n$1\na\n", "LMPOP 2 l1 l2 LEFT");
    expect_told("lpop l2", 1, "LPOP l2 1");
    expect_reply(&f, "*2\n$2\nl2\n*2\n$1\nc\n$1\nb\n", "LMPOP 2 l2 l1 right COUNT 5");
    expect_told("rpop l2, del l2", 2, "RPOP l2 2");
    expect_reply(&f, "*-1\n", "LMPOP 2 l1 l2 LEFT");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "LMPOP 0 l1 LEFT");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "LMPOP a l1 LEFT");
    expect_reply(&f, "-ERR count should be greater than 0\n", "LMPOP 1 l1 LEFT COUNT 0");
    expect_reply(&f, "-ERR syntax error\n", "LMPOP 1 l1 UP");
    expect_reply(&f, "-ERR syntax error\n", "LMPOP 2 l1 LEFT");
    expect_reply(&f, "-ERR syntax error\n", "LMPOP 1 l1 LEFT COUNT");
    expect_reply(&f, "-ERR syntax error\n", "LMPOP 1 l1 LEFT COUNT 1 COUNT 2");
    expect_told("", 0, "");
}

static void test_move(void **state) {
    given("l", "a b c");
    expect_reply(&f, "$1\na\n", "LMOVE l to LEFT RIGHT");
    expect_told("rpush to, lpop l", 1, "LMOVE l to LEFT RIGHT");
    expect_reply(&f, "$1\nc\n", "RPOPLPUSH l to");
    expect_told("lpush to, rpop l", 1, "RPOPLPUSH l to");
    expect_content("to", "c a");
    expect_reply(&f, "$1\nb\n", "LMOVE l to RIGHT RIGHT");
    expect_told("rpush to, rpop l, del l", 1, "LMOVE l to RIGHT RIGHT");
    expect_content("to", "c a b");
    expect_reply(&f, "$1\nc\n", "LMOVE to to LEFT RIGHT");
    expect_told("rpush to, lpop to", 1, "LMOVE to to LEFT RIGHT");
    expect_content("to", "a b c");
    expect_reply(&f, "$1\na\n", "LMOVE to to LEFT LEFT");
    expect_content("to", "a b c");
    forget();
    given("one", "x");
    expect_reply(&f, "$1\nx\n", "RPOPLPUSH one one");
    expect_told("lpush one, rpop one", 1, "RPOPLPUSH one one");
    expect_content("one", "x");
    expect_reply(&f, "$-1\n", "LMOVE none to LEFT LEFT");
    expect_reply(&f, "$-1\n", "RPOPLPUSH none none");
    fixture_run(&f, "SET s v");
    expect_reply(&f, "$-1\n", "RPOPLPUSH none s");
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n",
                 "RPOPLPUSH to s");
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n",
                 "RPOPLPUSH s to");
    expect_reply(&f, "-ERR syntax error\n", "LMOVE to to UP LEFT");
    expect_content("to", "a b c");
}

/* The destination is due: opening it deletes it, which may move the source in the table. */
static void test_move_to_what_is_due(void **state) {
    for (int i = 0; i < 200; i++) {
        fixture_run(&f, "RPUSH from%d a b", i);
        fixture_run(&f, "RPUSH to%d x", i);
        fixture_run(&f, "PEXPIRE to%d 10", i);
    }
    keyspace_set_now(&f.keyspace, f.keyspace.now_ms + 1000);
    for (int i = 0; i < 200; i++) {
        char key[16];
        expect_reply(&f, "$1\na\n", "LMOVE from%d to%d LEFT RIGHT", i, i);
        snprintf(key, sizeof(key), "to%d", i);
        expect_content(key, "a");
    }
}

static void test_index_and_range(void **state) {
    given("l", "a b c d e");
    expect_reply(&f, "$1\na\n", "LINDEX l 0");
    expect_reply(&f, "$1\ne\n", "LINDEX l -1");
    expect_reply(&f, "$1\na\n", "LINDEX l -5");
    expect_reply(&f, "$-1\n", "LINDEX l 5");
    expect_reply(&f, "$-1\n", "LINDEX l -6");
    expect_reply(&f, "$-1\n", "LINDEX l -9223372036854775808");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "LINDEX l x");
    expect_reply(&f, "$-1\n", "LINDEX none x");
    expect_reply(&f, "*2\n$1\nb\n$1\nc\n", "LRANGE l 1 2");
    expect_reply(&f, "*2\n$1\nd\n$1\ne\n", "LRANGE l -2 100");
    expect_reply(&f, "*1\n$1\na\n", "LRANGE l -100 0");
    expect_reply(&f, "*0\n", "LRANGE l 3 2");
    expect_reply(&f, "*0\n", "LRANGE none 0 -1");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "LRANGE none 0 x");
}

static void test_set_and_insert(void **state) {
    given("l", "a b c");
    expect_reply(&f, "+OK\n", "LSET l 1 x");
    expect_told("lset l", 1, "LSET l 1 x");
    expect_reply(&f, "+OK\n", "LSET l -1 y");
    expect_content("l", "a x y");
    expect_reply(&f, "-ERR index out of range\n", "LSET l 3 z");
    expect_reply(&f, "-ERR index out of range\n", "LSET l -4 z");
    expect_reply(&f, "-ERR no such key\n", "LSET none x z");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "LSET l x z");
    forget();
    expect_reply(&f, ":4\n", "LINSERT l BEFORE x 1");
    expect_told("linsert l", 1, "LINSERT l BEFORE x 1");
    expect_reply(&f, ":5\n", "LINSERT l after y 2");
    expect_reply(&f, ":6\n", "LINSERT l before a 0");
    expect_content("l", "0 a 1 x y 2");
    forget();
    expect_reply(&f, ":-1\n", "LINSERT l before nope 0");
    expect_reply(&f, ":0\n", "LINSERT none before nope 0");
    expect_reply(&f, "-ERR syntax error\n", "LINSERT l beside a 0");
    expect_told("", 0, "");
}

static void test_remove(void **state) {
    given("l", "a b a c a d a");
    expect_reply(&f, ":2\n", "LREM l 2 a");
    expect_told("lrem l", 2, "LREM l 2 a");
    expect_content("l", "b c a d a");
    expect_reply(&f, ":1\n", "LREM l -1 a");
    expect_content("l", "b c a d");
    expect_reply(&f, ":0\n", "LREM l 0 nope");
    expect_reply(&f, ":0\n", "LREM none 0 a");
    expect_reply(
        &f, "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\n",
        "LREM l -9223372036854775808 a");
    given("l", "a a a");
    expect_reply(&f, ":3\n", "LREM l 0 a");
    expect_told("lrem l, del l", 3, "LREM l 0 a");
}

static void test_trim(void **state) {
    given("l", "a b c d e f");
    expect_reply(&f, "+OK\n", "LTRIM l 1 -2");
    expect_told("ltrim l", 2, "LTRIM l 1 -2");
    expect_content("l", "b c d e");
    expect_reply(&f, "+OK\n", "LTRIM l 0 -1");
    expect_told("ltrim l", 0, "");
    expect_reply(&f, "+OK\n", "LTRIM l 3 1");
    expect_told("ltrim l, del l", 4, "LTRIM l 3 1");
    expect_reply(&f, "+OK\n", "LTRIM none 0 1");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "LTRIM none 0 x");
    expect_told("", 0, "");
}

/* Where something is there, the waiting forms are the others, in the journal too; a session that cannot wait
 * is answered at once (tests/unit/exec has those that do). */
static void test_waiting_forms(void **state) {
    given("l", "a b c d e");
    expect_reply(&f, "*2\n$1\nl\n$1\na\n", "BLPOP none l 0");
    expect_told("lpop l", 1, "LPOP l");
    expect_reply(&f, "*2\n$1\nl\n$1\ne\n", "BRPOP l 0");
    expect_told("rpop l", 1, "RPOP l");
    expect_reply(&f, "*2\n$1\nl\n*2\n$1\nd\n$1\nc\n", "BLMPOP 0 2 none l RIGHT COUNT 2");
    expect_told("rpop l", 2, "RPOP l 2");
    expect_reply(&f, "$1\nb\n", "BLMOVE l m LEFT RIGHT 0");
    expect_told("rpush m, lpop l, del l", 1, "LMOVE l m LEFT RIGHT");
    expect_reply(&f, "$1\nb\n", "BRPOPLPUSH m m 0");
    expect_told("lpush m, rpop m", 1, "RPOPLPUSH m m");
    fixture_run(&f, "SET s v");
    forget();
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n",
                 "BLMOVE m s LEFT LEFT 0");
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n",
                 "BLPOP none s 0");
    expect_reply(&f, "-ERR timeout is negative\n", "BLPOP l -1");
    expect_reply(&f, "-ERR timeout is not a float or out of range\n", "BLMPOP x 1 l LEFT");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "BLMPOP x 0 l LEFT");
    expect_reply(&f, "-ERR syntax error\n", "BLMOVE l m UP LEFT x");
    expect_reply(&f, "-ERR timeout is not a float or out of range\n", "BRPOPLPUSH l m x");
    expect_told("", 0, "");
    fixture_run(&f, "MULTI");
    fixture_run(&f, "BLPOP none 0");
    fixture_run(&f, "BLMPOP 0 1 none LEFT");
    fixture_run(&f, "BLMOVE none m LEFT LEFT 0");
    fixture_run(&f, "BRPOPLPUSH none m 0");
    expect_reply(&f, "*4\n*-1\n*-1\n$-1\n$-1\n", "EXEC");
}

static void test_position(void **state) {
    given("l", "a b c 1 2 3 c c");
    expect_reply(&f, ":2\n", "LPOS l c");
    expect_reply(&f, ":3\n", "LPOS l 1");
    expect_reply(&f, "$-1\n", "LPOS l x");
    expect_reply(&f, ":6\n", "LPOS l c RANK 2");
    expect_reply(&f, ":6\n", "LPOS l c RANK -2");
    expect_reply(&f, "*3\n:2\n:6\n:7\n", "LPOS l c COUNT 0");
    expect_reply(&f, "*2\n:7\n:6\n", "LPOS l c COUNT 2 RANK -1");
    expect_reply(&f, "*1\n:6\n", "LPOS l c COUNT 0 MAXLEN 7 RANK 2");
    expect_reply(&f, "*0\n", "LPOS l x COUNT 0");
    expect_reply(&f, "*0\n", "LPOS none x COUNT 1");
    expect_reply(&f, "$-1\n", "LPOS none x");
    expect_reply(&f,
                 "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                 "negative to start from the end of the list\n",
                 "LPOS l c RANK 0");
    expect_reply(
        &f, "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\n",
        "LPOS l c RANK -9223372036854775808");
    expect_reply(&f, "-ERR COUNT can't be negative\n", "LPOS l c COUNT -1");
    expect_reply(&f, "-ERR MAXLEN can't be negative\n", "LPOS l c MAXLEN -1");
    expect_reply(&f, "-ERR syntax error\n", "LPOS l c COUNT");
}

static void test_wrong_type(void **state) {
    static const char *const commands[] = {
        "LPUSH s a",  "RPUSHX s a",           "LPOP s",        "LPOP s 2",   "LLEN s",
        "LINDEX s 0", "LRANGE s 0 -1",        "LSET s 0 a",    "LREM s 0 a", "LTRIM s 0 1",
        "LPOS s a",   "LINSERT s BEFORE a b", "LMPOP 1 s LEFT"};
    fixture_run(&f, "SET s v");
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n", "%s",
                     commands[i]);
}

static void test_as_a_key(void **state) {
    given("l", "a b c 4");
    expect_reply(&f, "+list\n", "TYPE l");
    bool small = f.keyspace.conf.list_max_listpack_size < 0;
    expect_reply(&f, small ? "$8\nlistpack\n" : "$9\nquicklist\n", "OBJECT ENCODING l");
    expect_reply(&f, ":1\n", "COPY l m");
    expect_reply(&f, "+OK\n", "RENAME l n");
    expect_content("m", "a b c 4");
    expect_content("n", "a b c 4");
    expect_reply(&f, ":2\n", "DEL m n");
}

int main(void) {
#define TEST(name)                                                                                           \
    cmocka_unit_test_setup_teardown(name, open_small, close_fixture),                                        \
        cmocka_unit_test_setup_teardown(name, open_large, close_fixture),                                    \
        cmocka_unit_test_setup_teardown(name, open_plain, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_push),
        TEST(test_pop),
        TEST(test_mpop),
        TEST(test_move),
        TEST(test_move_to_what_is_due),
        TEST(test_index_and_range),
        TEST(test_set_and_insert),
        TEST(test_remove),
        TEST(test_trim),
        TEST(test_position),
        TEST(test_wrong_type),
        TEST(test_waiting_forms),
        TEST(test_as_a_key),
    };
    return cmocka_run_group_tests_name("commands/list", tests, NULL, NULL);
}
