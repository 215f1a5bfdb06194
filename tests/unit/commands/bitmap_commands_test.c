/* The commands on bitmaps: replies, events, counts of changes. The kernels have tests of their own. */
#include "server/commands/families.h"
#include "tests/unit/commands/command_fixture.h"
#include <string.h>

#define SYNTAX     "-ERR syntax error\n"
#define NOT_INT    "-ERR value is not an integer or out of range\n"
#define BAD_OFFSET "-ERR bit offset is not an integer or out of range\n"
#define BAD_BIT    "-ERR bit is not an integer or out of range\n"

static struct command_fixture f;

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {
        bitmap_bindings, bitfield_bindings, string_bindings, string_range_bindings,
        hash_bindings,   generic_bindings,  object_bindings, NULL};
    fixture_open(&f, families);
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

static void expect_told(const char *events, uint64_t dirty) {
    assert_string_equal(fixture_events(&f), events);
    assert_int_equal(fixture_dirty(&f), dirty);
}

/* Sets a key to bytes that no word of a line can hold. */
static void set_bytes(const char *key, const char *bytes, size_t len) {
    const struct slice argv[] = {SLICE("SET"), slice_of(key), {bytes, len}};
    fixture_run_argv(&f, argv, 3);
    fixture_events(&f);
    fixture_dirty(&f);
}

static void test_single_bits(void **state) {
    expect_reply(&f, ":0\n", "GETBIT b 7");
    expect_reply(&f, ":0\n", "SETBIT b 7 1");
    expect_told("setbit b", 1);
    expect_reply(&f, ":1\n", "SETBIT b 7 1");
    expect_told("", 0);
    expect_reply(&f, ":1\n", "GETBIT b 7");
    expect_reply(&f, ":0\n", "GETBIT b 4294967295");
    expect_reply(&f, ":0\n", "SETBIT b 20 0"); /* grows */
    expect_told("setbit b", 1);
    expect_reply(&f, ":3\n", "STRLEN b");
    expect_reply(&f, ":0\n", "SETBIT b 23 0");
    expect_told("", 0);
    fixture_run(&f, "SET n 1");
    expect_reply(&f, ":1\n", "GETBIT n 2"); /* '1' is 0011 0001 */
    expect_reply(&f, ":1\n", "SETBIT n 2 1");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING n");

    expect_reply(&f, BAD_OFFSET, "SETBIT b -1 1");
    expect_reply(&f, BAD_OFFSET, "SETBIT b 4294967296 1");
    expect_reply(&f, BAD_OFFSET, "GETBIT b x");
    expect_reply(&f, BAD_BIT, "SETBIT b 1 2");
    expect_reply(&f, BAD_BIT, "SETBIT b 1 x");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "SETBIT h 1 1");
    expect_reply(&f, WRONG_TYPE, "GETBIT h 1");
}

static void test_far_bits(void **state) {
    expect_reply(&f, ":0\n", "SETBIT b 4294967295 1");
    expect_reply(&f, ":536870912\n", "STRLEN b");
    expect_reply(&f, ":1\n", "GETBIT b 4294967295");
    expect_reply(&f, ":0\n", "GETBIT b 4294967294");
    expect_reply(&f, ":1\n", "DEL b");
    f.keyspace.conf.proto_max_bulk_len = 100;
    expect_reply(&f, BAD_OFFSET, "SETBIT b 800 1");
    expect_reply(&f, ":0\n", "SETBIT b 799 1");
}

static void test_count(void **state) {
    expect_reply(&f, ":0\n", "BITCOUNT none");
    expect_reply(&f, ":0\n", "BITCOUNT none x y z");
    fixture_run(&f, "SET s foobar");
    expect_reply(&f, ":26\n", "BITCOUNT s");
    expect_reply(&f, ":4\n", "BITCOUNT s 0 0");
    expect_reply(&f, ":6\n", "BITCOUNT s 1 1 byte");
    expect_reply(&f, ":17\n", "BITCOUNT s 5 30 BIT");
    expect_reply(&f, ":26\n", "BITCOUNT s -9223372036854775808 9223372036854775807 BIT");
    expect_reply(&f, ":4\n", "BITCOUNT s -200 -100");
    expect_reply(&f, ":0\n", "BITCOUNT s -100 -200 foo");
    expect_reply(&f, ":0\n", "BITCOUNT s 6 7");
    expect_reply(&f, SYNTAX, "BITCOUNT s 0");
    expect_reply(&f, SYNTAX, "BITCOUNT s 0 0 foo");
    expect_reply(&f, SYNTAX, "BITCOUNT s 0 0 bit bit");
    expect_reply(&f, NOT_INT, "BITCOUNT s 0 x foo");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "BITCOUNT h 0");
}

static void test_position(void **state) {
    expect_reply(&f, ":0\n", "BITPOS none 0");
    expect_reply(&f, ":-1\n", "BITPOS none 1");
    set_bytes("k", "\xff\xf0\x00", 3);
    expect_reply(&f, ":12\n", "BITPOS k 0");
    expect_reply(&f, ":12\n", "BITPOS k 0 1");
    expect_reply(&f, ":16\n", "BITPOS k 0 2");
    expect_reply(&f, ":8\n", "BITPOS k 1 8 -1 BIT");
    expect_reply(&f, ":-1\n", "BITPOS k 1 12 -1 BIT");
    expect_reply(&f, ":-1\n", "BITPOS k 0 0 0");
    expect_reply(&f, ":-1\n", "BITPOS k 0 3");
    expect_reply(&f, ":-1\n", "BITPOS k 0 2 1");
    expect_reply(&f, ":0\n", "BITPOS k 1 -200 -100");
    set_bytes("ones", "\xff\xff", 2);
    expect_reply(&f, ":16\n", "BITPOS ones 0"); /* zeros follow, unless an end is given */
    expect_reply(&f, ":16\n", "BITPOS ones 0 1");
    expect_reply(&f, ":-1\n", "BITPOS ones 0 0 -1");
    expect_reply(&f, ":-1\n", "BITPOS ones 0 0 -1 BIT");
    fixture_run(&f, "SET empty ''");
    expect_reply(&f, ":-1\n", "BITPOS empty 0");
    expect_reply(&f, "-ERR The bit argument must be 1 or 0.\n", "BITPOS k 2");
    expect_reply(&f, NOT_INT, "BITPOS k x");
    expect_reply(&f, NOT_INT, "BITPOS k 1 x");
    expect_reply(&f, NOT_INT, "BITPOS k 1 0 x");
    expect_reply(&f, SYNTAX, "BITPOS k 1 0 x foo");
    expect_reply(&f, SYNTAX, "BITPOS k 1 0 0 bit bit");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "BITPOS h 1");
}

static void test_combine(void **state) {
    set_bytes("a", "\xff\x0f", 2);
    set_bytes("b", "\xaa", 1);
    expect_reply(&f, ":2\n", "BITOP AND d a b");
    expect_told("set d", 1);
    expect_reply(&f, ":4\n", "BITCOUNT d");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING d");
    expect_reply(&f, ":2\n", "BITOP or d a b none");
    expect_reply(&f, ":12\n", "BITCOUNT d");
    expect_reply(&f, ":2\n", "BITOP XOR a a b"); /* its own source */
    expect_reply(&f, ":8\n", "BITCOUNT a");
    expect_reply(&f, ":1\n", "BITOP NOT b b");
    expect_reply(&f, ":4\n", "BITCOUNT b");
    expect_reply(&f, ":0\n", "BITPOS b 0");
    fixture_events(&f);
    fixture_dirty(&f);
    expect_reply(&f, ":0\n", "BITOP AND d none none");
    expect_told("del d", 1);
    expect_reply(&f, ":0\n", "BITOP AND d none");
    expect_told("", 0);
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "BITOP OR d a h");
    expect_reply(&f, SYNTAX, "BITOP NAND d a b");
    expect_reply(&f, "-ERR BITOP NOT must be called with a single source key.\n", "BITOP NOT d a b");
    expect_reply(&f, ":2\n", "BITOP OR h a b");
    expect_reply(&f, "+string\n", "TYPE h");
}

static void test_fields(void **state) {
    expect_reply(&f, "*0\n", "BITFIELD k");
    expect_reply(&f, "*1\n:0\n", "BITFIELD k GET u8 100");
    expect_reply(&f, ":0\n", "EXISTS k");
    expect_told("", 0);
    expect_reply(&f, "*3\n:0\n:99\n:99\n", "BITFIELD k SET u8 0 255 INCRBY u8 0 100 GET u8 0");
    expect_told("setbit k", 2);
    expect_reply(&f, "*1\n:99\n", "BITFIELD k SET u8 0 99");
    expect_told("", 0);
    expect_reply(&f, "*1\n:99\n", "BITFIELD_RO k GET u8 #0");
    expect_reply(&f, "*2\n:0\n:-56\n", "BITFIELD k SET i8 #1 200 GET i8 8");
    expect_told("setbit k", 1);
    expect_reply(&f, "*1\n:0\n", "BITFIELD new SET u4 0 0");
    expect_told("setbit new", 1);
    /* A write that fails makes the string as well; the journal must know. */
    expect_reply(&f, "*1\n$-1\n", "BITFIELD failed OVERFLOW FAIL SET u2 0 5");
    expect_told("setbit failed", 1);
    expect_reply(&f, ":1\n", "EXISTS failed");
}

static void test_field_overflow(void **state) {
    expect_reply(&f, "*4\n:1\n:2\n:3\n:0\n",
                 "BITFIELD k INCRBY u2 0 1 INCRBY u2 0 1 INCRBY u2 0 1 INCRBY u2 0 1");
    expect_reply(&f, "*2\n:3\n$-1\n", "BITFIELD k OVERFLOW SAT INCRBY u2 0 9 OVERFLOW FAIL INCRBY u2 0 1");
    expect_reply(&f, "*1\n:0\n", "BITFIELD k OVERFLOW SAT INCRBY u2 0 -9");
    expect_reply(&f, "*2\n:0\n:9223372036854775807\n",
                 "BITFIELD i SET i64 0 9223372036854775807 OVERFLOW SAT INCRBY i64 0 1");
    expect_reply(&f, "*1\n:-9223372036854775808\n", "BITFIELD i INCRBY i64 0 1");
    expect_reply(&f, "*1\n$-1\n", "BITFIELD i OVERFLOW FAIL INCRBY i64 0 -1");
    expect_reply(&f, "*2\n:0\n:9223372036854775807\n", "BITFIELD u SET u63 0 -1 GET u63 0");
    f.session.reply.proto = 3;
    expect_reply(&f, "*1\n_\n", "BITFIELD i OVERFLOW FAIL INCRBY i64 0 -1");
}

static void test_fields_refused(void **state) {
    static const char *const types[] = {"u64", "i65", "u0", "i0", "x8", "u", "8", "u08", "u+8", "U8", "''"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        expect_reply(
            &f,
            "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
            "i64 is.\n",
            "BITFIELD k GET %s 0", types[i]);
    static const char *const offsets[] = {
        "-1", "x", "#", "#-1", "4294967296", "#536870912", "#9223372036854775807"};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
        expect_reply(&f, BAD_OFFSET, "BITFIELD k GET u8 %s", offsets[i]);
    static const char *const syntax[] = {"GET u8",       "SET u8 0", "foo u8 0",
                                         "GET u8 0 SET", "OVERFLOW", "INCRBY u8 0"};
    for (size_t i = 0; i < sizeof(syntax) / sizeof(syntax[0]); i++)
        expect_reply(&f, SYNTAX, "BITFIELD k %s", syntax[i]);
    expect_reply(&f, "-ERR Invalid OVERFLOW type specified\n", "BITFIELD k OVERFLOW clamp");
    expect_reply(&f, NOT_INT, "BITFIELD k SET u8 0 x");
    expect_reply(&f, "-ERR BITFIELD_RO only supports the GET subcommand\n", "BITFIELD_RO k SET u8 0 1");
    expect_reply(&f, ":0\n", "EXISTS k");
    fixture_run(&f, "HSET h a 1");
    expect_reply(&f, WRONG_TYPE, "BITFIELD h GET u8 0");
    expect_reply(&f, WRONG_TYPE, "BITFIELD h SET u8 0 1");
    expect_reply(&f, WRONG_TYPE, "BITFIELD_RO h");
}

/* More operations than fit the stack. */
static void test_many_fields(void **state) {
    struct slice argv[2 + 4 * 100] = {SLICE("BITFIELD"), SLICE("k")};
    int argc = 2;
    for (int i = 0; i < 100; i++) {
        argv[argc++] = SLICE("INCRBY");
        argv[argc++] = SLICE("u16");
        argv[argc++] = SLICE("#3");
        argv[argc++] = SLICE("3");
    }
    const char *reply = fixture_run_argv(&f, argv, argc);
    assert_memory_equal(reply, "*100\n:3\n:6\n", 11);
    assert_string_equal(reply + strlen(reply) - 10, ":297\n:300\n");
    expect_told("setbit k", 100);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_single_bits),    TEST(test_far_bits),       TEST(test_count),
        TEST(test_position),       TEST(test_combine),        TEST(test_fields),
        TEST(test_field_overflow), TEST(test_fields_refused), TEST(test_many_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
