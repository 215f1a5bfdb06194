/* The commands on HyperLogLogs: replies, the bytes they leave, events, counts of changes, the journal, and
 * strings that only pretend. */
#include "server/commands/families.h"
#include "server/ds/hyperloglog.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>

#define NOT_ONE "-WRONGTYPE Key is not a valid HyperLogLog string value.\n"
#define DAMAGED "-INVALIDOBJ Corrupted HLL object detected\n"

static struct command_fixture f;

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {
        hyperloglog_bindings, string_bindings, string_range_bindings, object_bindings, set_bindings, NULL};
    fixture_open(&f, families);
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

static void set_bytes(const char *key, const char *bytes, size_t len) {
    struct slice argv[] = {SLICE("SET"), slice_of(key), {bytes, len}};
    assert_string_equal(fixture_run_argv(&f, argv, 3), "+OK\n");
}

static void test_add_and_count(void **state) {
    expect_reply(&f, ":1\n", "PFADD h");
    expect_told("pfadd h", 1, "PFADD h");
    expect_reply(&f, ":0\n", "PFADD h");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "PFADD h a b c");
    expect_told("pfadd h", 3, "PFADD h a b c");
    expect_reply(&f, ":0\n", "PFADD h a b c");
    expect_told("", 0, "");
    expect_reply(&f, ":3\n", "PFCOUNT h");
    expect_told("", 1, "PFCOUNT h");
    expect_reply(&f, ":3\n", "PFCOUNT h"); /* from the cache, which is no change */
    expect_told("", 0, "");
    expect_reply(&f, ":3\n", "PFCOUNT h none h");
    expect_reply(&f, ":0\n", "PFCOUNT none");
    expect_reply(&f, "$3\nraw\n", "OBJECT ENCODING h");
    expect_reply(&f, "+sparse\n", "PFDEBUG ENCODING h");
    expect_reply(&f, "$44\nZ:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\n", "PFDEBUG DECODE h");
}

static void test_forms(void **state) {
    f.keyspace.conf.hll_sparse_max_bytes = 20;
    expect_reply(&f, ":1\n", "PFADD h a");
    expect_reply(&f, "+dense\n", "PFDEBUG ENCODING h");
    expect_reply(&f, ":12304\n", "STRLEN h");
    f.keyspace.conf.hll_sparse_max_bytes = 3000;
    expect_reply(&f, ":1\n", "PFADD s a b");
    fixture_dirty(&f), fixture_events(&f), fixture_journal(&f);
    expect_reply(&f, ":1\n", "PFDEBUG TODENSE s");
    expect_told("", 1, "PFDEBUG TODENSE s");
    expect_reply(&f, ":0\n", "PFDEBUG todense s");
    expect_told("", 0, "");
    expect_reply(&f, "-ERR HLL encoding is not sparse\n", "PFDEBUG DECODE s");
    expect_reply(&f, ":2\n", "PFCOUNT s");
    expect_reply(&f, ":1\n", "PFADD s c");
    expect_reply(&f, ":3\n", "PFCOUNT s");
    const char *registers = fixture_run(&f, "PFDEBUG GETREG s");
    assert_memory_equal(registers, "*16384\n:0\n", 10);
    assert_non_null(strstr(registers, ":2\n"));
    expect_reply(&f, "-ERR Unknown PFDEBUG subcommand 'x'\n", "PFDEBUG x s");
    expect_reply(&f, "-ERR The specified key does not exist\n", "PFDEBUG x none");
    expect_reply(&f, "+OK\n", "PFSELFTEST");
}

static void test_merge(void **state) {
    fixture_run(&f, "PFADD a 1 2 3");
    fixture_run(&f, "PFADD b 3 4 5");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, "+OK\n", "PFMERGE to a none b");
    expect_told("pfadd to", 1, "PFMERGE to a none b");
    expect_reply(&f, ":5\n", "PFCOUNT to");
    expect_reply(&f, "+sparse\n", "PFDEBUG ENCODING to");
    fixture_run(&f, "PFDEBUG TODENSE b");
    expect_reply(&f, "+OK\n", "PFMERGE a b");
    expect_reply(&f, "+dense\n", "PFDEBUG ENCODING a");
    expect_reply(&f, ":5\n", "PFCOUNT a");
    expect_reply(&f, "+OK\n", "PFMERGE empty");
    expect_reply(&f, ":0\n", "PFCOUNT empty");
    /* a merge outgrows the sparse form */
    f.keyspace.conf.hll_sparse_max_bytes = 24;
    expect_reply(&f, "+OK\n", "PFMERGE grown to");
    expect_reply(&f, "+dense\n", "PFDEBUG ENCODING grown");
    expect_reply(&f, ":5\n", "PFCOUNT grown");
}

static void test_pretenders(void **state) {
    static const char *const commands[] = {"PFADD s a",   "PFCOUNT s",   "PFCOUNT none s",
                                           "PFMERGE s h", "PFMERGE h s", "PFDEBUG GETREG s"};
    fixture_run(&f, "PFADD h a");
    static const char wrong_encoding[] = "HYLL\2\0\0\0\0\0\0\0\0\0\0\0\x7f\xff",
                      dense_cut[] = "HYLL\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    struct slice pretenders[] = {SLICE("5"), SLICE("HYLL"), {wrong_encoding, 18}, {dense_cut, 18}};
    for (size_t p = 0; p < 4; p++) {
        set_bytes("s", pretenders[p].ptr, pretenders[p].len);
        for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
            expect_reply(&f, NOT_ONE, "%s", commands[i]);
    }
    fixture_run(&f, "SADD set a");
    expect_reply(&f, "-" ERR_WRONG_TYPE "\n", "PFADD set a");
    expect_reply(&f, "-" ERR_WRONG_TYPE "\n", "PFMERGE h set");

    set_bytes("s", "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff\x7f\xff", 20);
    expect_reply(&f, DAMAGED, "PFCOUNT s");
    expect_reply(&f, DAMAGED, "PFMERGE to s");
    expect_reply(&f, "$-1\n", "GET to");
    expect_reply(&f, DAMAGED, "PFDEBUG TODENSE s");
    set_bytes("s", "HYLL\1\0\0\0\0\0\0\0\0\0\0\x80", 16);
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, DAMAGED, "PFADD s a");
    expect_told("", 0, "");
}

int main(void) {
#define ONE(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {ONE(test_add_and_count), ONE(test_forms), ONE(test_merge),
                                       ONE(test_pretenders)};
    return cmocka_run_group_tests_name("commands/hyperloglog", tests, NULL, NULL);
}
