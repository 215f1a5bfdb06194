/* DUMP and RESTORE: options, errors in their order, deadlines, use, events, the journal. */
#include "server/commands/families.h"
#include "server/persist/persist.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;
static struct persist persist;
static char payload[1024]; /* of a key, as DUMP answered */
static size_t payload_len;

#define NOW 1700000000000

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {
        string_bindings, generic_bindings, expire_bindings, object_bindings, hash_bindings, NULL};
    fixture_open(&f, families);
    persist = (struct persist){.conf = {.rdb_compression = true, .rdb_version = 10}};
    exec_bind(f.exec, dump_bindings, &persist);
    fixture_run(&f, "SET foo bar");
    fixture_events(&f);
    fixture_journal(&f);
    fixture_dirty(&f);
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

/* The reply of DUMP holds any byte, so it is taken apart here and not by the fixture, which drops \r. */
static void dump(const char *key) {
    struct slice argv[2] = {SLICE("DUMP"), slice_of(key)};
    exec_one(f.exec, &f.session, argv, 2, 0);
    struct resp_chunk *chain = resp_writer_take(&f.session.reply);
    assert_non_null(chain);
    const char *end = memchr(chain->bytes, '\n', chain->len);
    payload_len = (size_t)atoi(chain->bytes + 1);
    assert_true(payload_len <= sizeof(payload));
    memcpy(payload, end + 1, payload_len);
    resp_chunks_return(&f.pool, chain);
}

/* RESTORE key ttl <the payload> and the words of `options`. */
static const char *restore(const char *key, const char *ttl, const char *options) {
    struct slice argv[12] = {SLICE("RESTORE"), slice_of(key), slice_of(ttl), {payload, payload_len}};
    int argc = 4;
    for (const char *at = options; *at; argc++) {
        size_t len = strcspn(at, " ");
        argv[argc] = (struct slice){at, len};
        at += len + (at[len] == ' ');
    }
    return fixture_run_argv(&f, argv, argc);
}
#define expect_restore(reply, key, ttl, options) assert_string_equal(restore(key, ttl, options), reply)

static void test_dump(void **state) {
    dump("foo");
    assert_int_equal(payload_len, 5 + 10);
    assert_memory_equal(payload, "\0\3bar\x0a\0", 7);
    persist.conf.rdb_version = 12;
    dump("foo");
    assert_memory_equal(payload, "\0\3bar\x0c\0", 7);
    expect_reply(&f, "$-1\n", "DUMP none");
    assert_string_equal(fixture_journal(&f), "");
}

static void test_restore(void **state) {
    dump("foo");
    expect_restore("+OK\n", "copy", "0", "");
    assert_string_equal(fixture_events(&f), "restore copy");
    assert_int_equal(fixture_dirty(&f), 1);
    assert_non_null(strstr(fixture_journal(&f), "RESTORE copy 0 "));
    expect_reply(&f, "$3\nbar\n", "GET copy");
    expect_reply(&f, ":-1\n", "PTTL copy");
    fixture_run(&f, "HSET h a 1 b 2");
    dump("h");
    expect_restore("+OK\n", "copy", "0", "replace");
    expect_reply(&f, "$1\n2\n", "HGET copy b");
}

static void test_deadlines(void **state) {
    dump("foo");
    expect_restore("+OK\n", "a", "5000", "");
    char record[64];
    snprintf(record, sizeof(record), "RESTORE a %lld ", NOW + 5000LL);
    const char *journal = fixture_journal(&f);
    assert_non_null(strstr(journal, record));
    assert_non_null(strstr(journal, " ABSTTL"));
    expect_reply(&f, ":5000\n", "PTTL a");
    snprintf(record, sizeof(record), "%lld", NOW + 70LL);
    expect_restore("+OK\n", "a", record, "ABSTTL REPLACE");
    expect_reply(&f, ":70\n", "PTTL a");
    expect_restore("+OK\n", "a", "0", "absttl replace");
    expect_reply(&f, ":-1\n", "PTTL a");
    fixture_journal(&f);
    expect_restore("+OK\n", "b", "77", "REPLACE IDLETIME 3");
    journal = fixture_journal(&f);
    assert_non_null(strstr(journal, " REPLACE ABSTTL IDLETIME 3"));
}

static void test_past_deadline(void **state) {
    dump("foo");
    expect_restore("+OK\n", "new", "5", "ABSTTL");
    assert_string_equal(fixture_events(&f), "");
    assert_string_equal(fixture_journal(&f), "");
    assert_int_equal(fixture_dirty(&f), 0);
    expect_restore("+OK\n", "foo", "5", "ABSTTL REPLACE");
    assert_string_equal(fixture_events(&f), "del foo");
    assert_string_equal(fixture_journal(&f), "DEL foo");
    expect_reply(&f, ":0\n", "EXISTS foo new");
    fixture_run(&f, "SET foo x");
    fixture_journal(&f);
    f.keyspace.conf.lazyfree_lazy_server_del = true;
    expect_restore("+OK\n", "foo", "5", "ABSTTL REPLACE");
    assert_string_equal(fixture_journal(&f), "UNLINK foo");
}

static void test_use(void **state) {
    dump("foo");
    f.keyspace.conf.maxmemory_policy = EVICT_ALLKEYS_LRU;
    expect_restore("+OK\n", "a", "0", "IDLETIME 1000");
    expect_reply(&f, ":1000\n", "OBJECT IDLETIME a");
    expect_restore("+OK\n", "a", "0", "REPLACE FREQ 9");
    expect_reply(&f, ":0\n", "OBJECT IDLETIME a");
    f.keyspace.conf.maxmemory_policy = EVICT_ALLKEYS_LFU;
    expect_restore("+OK\n", "a", "0", "REPLACE FREQ 100");
    expect_reply(&f, ":100\n", "OBJECT FREQ a");
    expect_restore("+OK\n", "b", "0", "IDLETIME 5");
    expect_reply(&f, ":5\n", "OBJECT FREQ b");
}

#define REFUSED "-ERR DUMP payload version or checksum are wrong\n"
#define SYNTAX  "-ERR syntax error\n"

static void test_errors(void **state) {
    dump("foo");
    expect_restore(SYNTAX, "foo", "x", "bogus");
    expect_restore(SYNTAX, "a", "0", "FREQ");
    expect_restore(SYNTAX, "a", "0", "IDLETIME 1 FREQ 1");
    expect_restore(SYNTAX, "a", "0", "FREQ 1 IDLETIME 1");
    expect_restore("-ERR Invalid IDLETIME value, must be >= 0\n", "foo", "0", "IDLETIME -1");
    expect_restore("-ERR Invalid FREQ value, must be >= 0 and <= 255\n", "foo", "0", "FREQ 256");
    expect_restore("-ERR Invalid FREQ value, must be >= 0 and <= 255\n", "foo", "0", "FREQ -1");
    expect_restore("-ERR value is not an integer or out of range\n", "foo", "0", "FREQ x");
    expect_restore("-BUSYKEY Target key name already exists.\n", "foo", "-1", "");
    expect_restore("-ERR Invalid TTL value, must be >= 0\n", "a", "-1", "");
    expect_restore("-ERR Invalid TTL value, must be >= 0\n", "a", "9223372036854775807", "");
    expect_restore("-ERR value is not an integer or out of range\n", "a", "x", "");
    payload[1] ^= 8;
    expect_restore(REFUSED, "a", "0", "");
    persist.checksum_skipped = true;
    expect_restore("-ERR Bad data format\n", "a", "0", "");
    payload_len = 9;
    expect_restore(REFUSED, "a", "0", "");
    expect_reply(&f, ":0\n", "EXISTS a");
    assert_int_equal(fixture_dirty(&f), 0);
    assert_string_equal(fixture_events(&f), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_dump),          TEST(test_restore), TEST(test_deadlines),
        TEST(test_past_deadline), TEST(test_use),     TEST(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
