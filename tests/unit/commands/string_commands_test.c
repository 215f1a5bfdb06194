/* The commands on strings: replies, events, counts of changes, and what the journal gets in their place. */
#include "server/commands/families.h"
#include "tests/unit/commands/command_fixture.h"
#include <string.h>

#define NOW "1700000000000" /* the fixture's time */

#define SYNTAX    "-ERR syntax error\n"
#define NOT_INT   "-ERR value is not an integer or out of range\n"
#define NOT_FLOAT "-ERR value is not a valid float\n"
#define TOO_LONG  "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\n"

static struct command_fixture f;

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {
        string_bindings, string_range_bindings, string_number_bindings, lcs_bindings, hash_bindings,
        expire_bindings, generic_bindings,      object_bindings,        NULL};
    fixture_open(&f, families);
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

#define forget_told() fixture_forget_told(&f)

/* --- SET and GET --- */

static void test_set(void **state) {
    expect_reply(&f, "$-1\n", "GET k");
    expect_reply(&f, "+OK\n", "SET k v");
    expect_told("set k", 1, "SET k v");
    expect_reply(&f, "$1\nv\n", "GET k");
    expect_reply(&f, "+OK\n", "SET k ''");
    expect_reply(&f, "$0\n\n", "GET k");
    expect_reply(&f, "+OK\n", "SET k -42");
    expect_reply(&f, "$3\n-42\n", "GET k");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "GET h");
    expect_reply(&f, "+OK\n", "SET h v");
    expect_reply(&f, "$1\nv\n", "GET h");
}

static void test_set_conditions(void **state) {
    expect_reply(&f, "$-1\n", "SET k 1 XX");
    expect_told("", 0, "");
    expect_reply(&f, "+OK\n", "SET k 1 NX");
    expect_told("set k", 1, "SET k 1 NX");
    expect_reply(&f, "$-1\n", "SET k 2 nx");
    expect_reply(&f, "+OK\n", "SET k 2 xx");
    expect_reply(&f, "$1\n2\n", "SET k 3 GET");
    expect_reply(&f, "$1\n3\n", "SET k 4 NX GET");
    expect_reply(&f, "$1\n3\n", "SET k 5 XX GET");
    expect_reply(&f, "$-1\n", "SET none 5 XX GET");
    expect_reply(&f, "$-1\n", "SET new 5 NX GET");
    expect_reply(&f, ":1\n", "EXISTS new");
    expect_reply(&f, ":0\n", "EXISTS none");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "SET h v GET");
    expect_reply(&f, WRONG_TYPE, "SET h v NX GET");
    expect_reply(&f, "$-1\n", "SET h v NX");
}

static void test_set_expiring(void **state) {
    expect_reply(&f, "+OK\n", "SET k v EX 10");
    expect_told("set k, expire k", 1, "SET k v PXAT 1700000010000");
    expect_reply(&f, ":10\n", "TTL k");
    expect_reply(&f, "+OK\n", "SET k v px 1500");
    expect_told("set k, expire k", 1, "SET k v PXAT 1700000001500");
    expect_reply(&f, "+OK\n", "SET k v KEEPTTL");
    expect_told("set k", 1, "SET k v KEEPTTL");
    expect_reply(&f, ":1500\n", "PTTL k");
    expect_reply(&f, "+OK\n", "SET k v");
    expect_reply(&f, ":-1\n", "TTL k");
    expect_reply(&f, "+OK\n", "SET k v KEEPTTL");
    expect_reply(&f, ":-1\n", "TTL k");
    forget_told();
    expect_reply(&f, "$1\nv\n", "SET k w EXAT 1700000020 GET");
    expect_told("set k, expire k", 1, "SET k w PXAT 1700000020000");
    expect_reply(&f, "$1\nw\n", "SET k x GET XX get");
    expect_told("set k", 1, "SET k x XX");
    /* A deadline that has passed is one all the same: the next look finds nothing. */
    expect_reply(&f, "+OK\n", "SET k v PXAT 1");
    expect_told("set k, expire k", 1, "SET k v PXAT 1");
    expect_reply(&f, "$-1\n", "GET k");
    assert_string_equal(fixture_journal(&f), "DEL k");
}

static void test_set_refused(void **state) {
    static const char *const syntax[] = {
        "NX XX", "XX NX",         "EX",      "EX 10 PX 10", "EX 10 KEEPTTL",
        "foo",   "KEEPTTL EX 10", "PERSIST", "GET foo",     "NX EX 10 PXAT 5",
    };
    for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
        expect_reply(&f, SYNTAX, "SET k v %s", syntax[i]);
    static const char *const invalid[] = {
        "EX 0",
        "EX -1",
        "PX 0",
        "EXAT 0",
        "PXAT -5",
        "EX 9223372036854775807",
        "EX 9223372036854775",
        "PX 9223372036854775807",
        "EXAT 9223372036854776",
    };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
        expect_reply(&f, "-ERR invalid expire time in 'set' command\n", "SET k v %s", invalid[i]);
    expect_reply(&f, NOT_INT, "SET k v EX ten");
    expect_reply(&f, "-ERR invalid expire time in 'setex' command\n", "SETEX k 0 v");
    expect_reply(&f, "-ERR invalid expire time in 'psetex' command\n", "PSETEX k -1 v");
    expect_reply(&f, NOT_INT, "SETEX k x v");
    expect_reply(&f, ":0\n", "EXISTS k");
    expect_told("", 0, "");
    expect_reply(&f, "+OK\n", "SET k v EX 5 EX 10");
    expect_reply(&f, ":10\n", "TTL k");
    expect_reply(&f, "+OK\n", "SET k v PXAT 9223372036854775807");
}

static void test_older_setters(void **state) {
    expect_reply(&f, ":1\n", "SETNX k 1");
    expect_told("set k", 1, "SETNX k 1");
    expect_reply(&f, ":0\n", "SETNX k 2");
    expect_told("", 0, "");
    expect_reply(&f, "+OK\n", "SETEX k 10 v");
    expect_told("set k, expire k", 1, "SET k v PXAT 1700000010000");
    expect_reply(&f, "+OK\n", "PSETEX k 10 v");
    expect_told("set k, expire k", 1, "SET k v PXAT 1700000000010");
    expect_reply(&f, "$1\nv\n", "GETSET k w");
    expect_told("set k", 1, "SET k w");
    expect_reply(&f, ":-1\n", "TTL k");
    expect_reply(&f, "$-1\n", "GETSET new 1");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "GETSET h 1");
}

static void test_getdel_and_getex(void **state) {
    expect_reply(&f, "$-1\n", "GETDEL k");
    fixture_run(&f, "SET k v");
    forget_told();
    expect_reply(&f, "$1\nv\n", "GETEX k");
    expect_reply(&f, "$1\nv\n", "GETEX k PERSIST");
    expect_told("", 0, "");
    expect_reply(&f, "$1\nv\n", "GETEX k EX 10");
    expect_told("expire k", 1, "PEXPIREAT k 1700000010000");
    expect_reply(&f, "$1\nv\n", "GETEX k persist");
    expect_told("persist k", 1, "PERSIST k");
    expect_reply(&f, ":-1\n", "TTL k");
    expect_reply(&f, SYNTAX, "GETEX k KEEPTTL");
    expect_reply(&f, SYNTAX, "GETEX k EX 10 PERSIST");
    expect_reply(&f, SYNTAX, "GETEX none foo");
    expect_reply(&f, "$-1\n", "GETEX none EX 0");
    expect_reply(&f, "-ERR invalid expire time in 'getex' command\n", "GETEX k EX 0");
    expect_reply(&f, "$1\nv\n", "GETEX k EXAT 1");
    expect_told("del k", 1, "DEL k");
    expect_reply(&f, ":0\n", "EXISTS k");
    f.keyspace.conf.lazyfree_lazy_expire = true;
    fixture_run(&f, "SET k v");
    forget_told();
    expect_reply(&f, "$1\nv\n", "GETEX k PXAT " NOW);
    expect_told("del k", 1, "UNLINK k");
    fixture_run(&f, "SET k v");
    forget_told();
    expect_reply(&f, "$1\nv\n", "GETDEL k");
    expect_told("del k", 1, "DEL k");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "GETDEL h");
    expect_reply(&f, WRONG_TYPE, "GETEX h");
}

static void test_several_keys(void **state) {
    expect_reply(&f, "+OK\n", "MSET a 1 b 2 a 3");
    expect_told("set a, set b, set a", 3, "MSET a 1 b 2 a 3");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, "*4\n$1\n3\n$-1\n$1\n2\n$-1\n", "MGET a none b h");
    forget_told();
    expect_reply(&f, ":0\n", "MSETNX c 1 a 2");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "MSETNX c 1 c 2");
    expect_told("set c, set c", 2, "MSETNX c 1 c 2");
    expect_reply(&f, "$1\n2\n", "GET c");
    expect_reply(&f, "-ERR wrong number of arguments for 'mset' command\n", "MSET a 1 b");
    expect_reply(&f, "-ERR wrong number of arguments for 'msetnx' command\n", "MSETNX a 1 b");
}

/* What is set keeps its encoding until it is changed in place. */
static void test_encodings(void **state) {
    fixture_run(&f, "SET k 12");
    expect_reply(&f, "$3\nint\n", "OBJECT ENCODING k");
    expect_reply(&f, ":3\n", "APPEND k 3");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING k");
    expect_reply(&f, ":124\n", "INCR k");
    expect_reply(&f, "$3\nint\n", "OBJECT ENCODING k");
    fixture_run(&f, "INCRBYFLOAT k 1");
    expect_reply(&f, "$6\nembstr\n", "OBJECT ENCODING k");
    fixture_run(&f, "SETRANGE k 0 ''");
    expect_reply(&f, "$6\nembstr\n", "OBJECT ENCODING k");
    fixture_run(&f, "APPEND k ''");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING k");
    fixture_run(&f, "COPY k twin");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING twin");
    fixture_run(&f, "APPEND new 5");
    expect_reply(&f, "$3\nint\n", "OBJECT ENCODING new");
    fixture_run(&f, "SET k 9999");
    expect_reply(&f, ":2147483647\n", "OBJECT REFCOUNT k");
    fixture_run(&f, "INCR k");
    expect_reply(&f, ":1\n", "OBJECT REFCOUNT k");
    fixture_run(&f, "SET k -1");
    expect_reply(&f, ":1\n", "OBJECT REFCOUNT k");
}

/* --- parts --- */

static void test_append_and_ranges(void **state) {
    expect_reply(&f, ":0\n", "SETRANGE k 5 ''");
    expect_reply(&f, ":0\n", "EXISTS k");
    expect_told("", 0, "");
    expect_reply(&f, ":5\n", "APPEND k Hello");
    expect_told("append k", 1, "APPEND k Hello");
    expect_reply(&f, ":8\n", "SETRANGE k 5 abc");
    expect_told("setrange k", 1, "SETRANGE k 5 abc");
    expect_reply(&f, ":8\n", "STRLEN k");
    expect_reply(&f, "$8\nHelloabc\n", "GETRANGE k 0 -1");
    expect_reply(&f, "$3\nabc\n", "SUBSTR k -3 100");
    expect_reply(&f, "$1\nH\n", "GETRANGE k -100 -50");
    expect_reply(&f, "$0\n\n", "GETRANGE k -50 -100");
    expect_reply(&f, "$0\n\n", "GETRANGE k 8 9");
    expect_reply(&f, "$8\nHelloabc\n", "GETRANGE k -9223372036854775808 9223372036854775807");
    expect_reply(&f, "$0\n\n", "GETRANGE none 0 -1");
    expect_reply(&f, ":0\n", "STRLEN none");
    expect_reply(&f, NOT_INT, "GETRANGE k 0 x");
    expect_reply(&f, "-ERR offset is out of range\n", "SETRANGE k -1 a");
    fixture_run(&f, "SETRANGE zeros 3 a");
    const struct slice get[] = {SLICE("GET"), SLICE("zeros")};
    fixture_run_argv(&f, get, 2);
    assert_memory_equal(f.reply.ptr, "$4\n\0\0\0a\n", 8);
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "APPEND h a");
    expect_reply(&f, WRONG_TYPE, "STRLEN h");
    expect_reply(&f, WRONG_TYPE, "SETRANGE h 0 ''");
    expect_reply(&f, WRONG_TYPE, "GETRANGE h 0 1");
}

static void test_lengths_are_limited(void **state) {
    f.keyspace.conf.proto_max_bulk_len = 2000;
    expect_reply(&f, TOO_LONG, "SETRANGE k 1999 ab");
    expect_reply(&f, TOO_LONG, "SETRANGE k 9223372036854775807 a");
    expect_reply(&f, ":2000\n", "SETRANGE k 1998 ab");
    expect_reply(&f, TOO_LONG, "APPEND k a");
    expect_reply(&f, ":2000\n", "APPEND k ''");
    f.keyspace.conf.proto_max_bulk_len = UINT64_MAX;
    expect_reply(&f, "-ERR not enough memory for a string of that length\n",
                 "SETRANGE k 9223372036854775800 a");
}

/* --- numbers --- */

static void test_integers(void **state) {
    expect_reply(&f, ":1\n", "INCR n");
    expect_told("incrby n", 1, "INCR n");
    expect_reply(&f, ":11\n", "INCRBY n 10");
    expect_reply(&f, ":10\n", "DECR n");
    expect_reply(&f, ":-10\n", "DECRBY n 20");
    fixture_run(&f, "PEXPIREAT n 1800000000000");
    expect_reply(&f, ":-9\n", "INCR n");
    expect_reply(&f, ":1800000000000\n", "PEXPIRETIME n");
    fixture_run(&f, "SET n 9223372036854775807");
    expect_reply(&f, "-ERR increment or decrement would overflow\n", "INCR n");
    expect_reply(&f, "-ERR decrement would overflow\n", "DECRBY n -9223372036854775808");
    fixture_run(&f, "SET n -9223372036854775808");
    expect_reply(&f, "-ERR increment or decrement would overflow\n", "DECR n");
    expect_reply(&f, ":-1\n", "INCRBY n 9223372036854775807");
    expect_reply(&f, NOT_INT, "INCRBY n 1.5");
    fixture_run(&f, "SET s abc");
    expect_reply(&f, NOT_INT, "INCR s");
    fixture_run(&f, "SET s ''");
    expect_reply(&f, NOT_INT, "DECR s");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "INCR h");
}

static void test_floats(void **state) {
    expect_reply(&f, "$3\n1.5\n", "INCRBYFLOAT n 1.5");
    expect_told("incrbyfloat n", 1, "SET n 1.5 KEEPTTL");
    expect_reply(&f, "$1\n3\n", "INCRBYFLOAT n 1.5");
    expect_reply(&f, "$4\n-0.1\n", "INCRBYFLOAT n -3.1");
    expect_reply(&f, "$4\n5000\n", "INCRBYFLOAT big 5.0e3");
    expect_reply(&f, NOT_FLOAT, "INCRBYFLOAT n abc");
    expect_reply(&f, "-ERR increment would produce NaN or Infinity\n", "INCRBYFLOAT n inf");
    fixture_run(&f, "SET s abc");
    expect_reply(&f, NOT_FLOAT, "INCRBYFLOAT s 1");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "INCRBYFLOAT h 1");
}

/* --- LCS --- */

static void test_lcs(void **state) {
    fixture_run(&f, "MSET a ohmytext b mynewtext");
    expect_reply(&f, "$6\nmytext\n", "LCS a b");
    expect_reply(&f, ":6\n", "LCS a b LEN");
    expect_reply(&f,
                 "*4\n$7\nmatches\n*2\n*2\n*2\n:4\n:7\n*2\n:5\n:8\n*2\n*2\n:2\n:3\n*2\n:0\n:1\n$3\nlen\n:6\n",
                 "LCS a b IDX");
    expect_reply(&f, "*4\n$7\nmatches\n*1\n*3\n*2\n:4\n:7\n*2\n:5\n:8\n:4\n$3\nlen\n:6\n",
                 "LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN");
    expect_reply(&f, "$0\n\n", "LCS a none");
    expect_reply(&f, ":0\n", "LCS none none LEN");
    expect_reply(&f, "*4\n$7\nmatches\n*0\n$3\nlen\n:0\n", "LCS a none IDX");
    expect_reply(&f, "-ERR If you want both the length and indexes, please just use IDX.\n",
                 "LCS a b IDX LEN");
    expect_reply(&f, SYNTAX, "LCS a b foo");
    expect_reply(&f, SYNTAX, "LCS a b MINMATCHLEN");
    expect_reply(&f, NOT_INT, "LCS a b MINMATCHLEN x");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, "-ERR The specified keys must contain string values\n", "LCS a h");
    f.session.reply.proto = 3;
    expect_reply(&f, "%2\n$7\nmatches\n*0\n$3\nlen\n:0\n", "LCS a none IDX");
    f.session.reply.proto = 2;
    f.keyspace.conf.proto_max_bulk_len = 100;
    expect_reply(&f, "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\n",
                 "LCS a b LEN");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_set),
        TEST(test_set_conditions),
        TEST(test_set_expiring),
        TEST(test_set_refused),
        TEST(test_older_setters),
        TEST(test_getdel_and_getex),
        TEST(test_several_keys),
        TEST(test_encodings),
        TEST(test_append_and_ranges),
        TEST(test_lengths_are_limited),
        TEST(test_integers),
        TEST(test_floats),
        TEST(test_lcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
