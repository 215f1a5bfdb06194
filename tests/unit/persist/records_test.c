/* Whole files: every kind of record, in pieces; and files that end too early or hold what cannot be read. */
#include "common/base/mem.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_records.h"
#include "server/types/string.h"
#include "tests/unit/persist/old_forms.h"
#include "tests/unit/support/test.h"
#include <stdlib.h>

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct rdb_rules rules;
    struct rdb_sink sink;
    struct buf file, told;
    char error[160];
    uint64_t checksum;
};
static struct world w;

/* --- the sink writes down what it is told --- */

static bool on_database(void *owner, uint64_t index, struct rdb_in *in) {
    buf_printf(&w.told, "db %llu; ", (unsigned long long)index);
    return index < 16 || rdb_fail(in, "no such database");
}

static bool on_key(void *owner, const struct rdb_key *key, struct rdb_in *in) {
    struct slice name = entry_key(key->entry);
    char scratch[STRING_VIEW_CHARS];
    struct slice value =
        entry_type(key->entry) == VALUE_STRING ? string_view(key->entry, scratch) : SLICE("?");
    buf_printf(&w.told, "%d:%.*s=%.*s", key->db_index, (int)name.len, name.ptr, (int)value.len, value.ptr);
    if (entry_expires(key->entry)) buf_printf(&w.told, " until %lld", (long long)entry_deadline(key->entry));
    if (key->idle_s >= 0) buf_printf(&w.told, " idle %lld", (long long)key->idle_s);
    if (key->frequency >= 0) buf_printf(&w.told, " freq %lld", (long long)key->frequency);
    buf_append_str(&w.told, "; ");
    value_free(key->entry);
    return true;
}

static void on_empty_key(void *owner, struct slice key) {
    buf_printf(&w.told, "empty %.*s; ", (int)key.len, key.ptr);
}

static void on_aux(void *owner, struct slice name, struct slice value) {
    buf_printf(&w.told, "aux %.*s=%.*s; ", (int)name.len, name.ptr, (int)value.len, value.ptr);
}

static bool on_function(void *owner, struct slice library, struct rdb_in *in) {
    buf_printf(&w.told, "function %.*s; ", (int)library.len, library.ptr);
    return true;
}

static int open_world(void **state) {
    memset(&w, 0, sizeof(w));
    w.rng = test_rng();
    hash_secret_draw(&w.secret, &w.rng);
    w.rules = (struct rdb_rules){.hash = {&w.secret, 128, 64},
                                 .list = list_rules(-2, 0, 0),
                                 .set = {&w.secret, 512, 128, 64},
                                 .zset = {&w.secret, 128, 64}};
    w.sink = (struct rdb_sink){.database = on_database,
                               .key = on_key,
                               .empty_key = on_empty_key,
                               .aux = on_aux,
                               .function = on_function};
    w.outer = mem_account_enter(&w.account);
    return 0;
}

static int close_world(void **state) {
    buf_deinit(&w.file);
    buf_deinit(&w.told);
    assert_int_equal(w.account.used, 0);
    mem_account_enter(w.outer);
    return 0;
}

/* Reads the first `len` bytes of the file, of which `promised` are said to be there. */
static enum rdb_status read_file(size_t len, size_t promised) {
    struct rdb_records r;
    enum rdb_status status = RDB_AGAIN;
    size_t at = 0, window = 0;
    buf_clear(&w.told);
    rdb_records_init(&r, &w.rules, &w.sink);
    while (status == RDB_AGAIN || status == RDB_SHORT) {
        struct rdb_in in;
        char *copy = malloc(window + 1);
        memcpy(copy, w.file.ptr + at, window);
        rdb_in_init(&in, (struct slice){copy, window}, promised - at - window);
        status = rdb_records_step(&r, &in, 1 + rng_below(&w.rng, 3));
        size_t used = window - rdb_in_left(&in);
        at += used;
        window -= used;
        memcpy(w.error, in.error, sizeof(w.error));
        free(copy);
        if (status != RDB_SHORT) continue;
        assert_true(in.wanted > window);
        if (at + in.wanted > len) break; /* the disk has no more */
        window = in.wanted + rng_below(&w.rng, len - at - in.wanted + 1);
    }
    w.checksum = r.checksum;
    if (status == RDB_DONE) assert_int_equal(at, len);
    rdb_records_deinit(&r);
    return status;
}

static void put(const char *bytes, size_t len) {
    buf_append(&w.file, bytes, len);
}
#define PUT(literal) put(literal, sizeof(literal) - 1)

static void begin(const char *version) {
    buf_clear(&w.file);
    buf_append_str(&w.file, "REDIS");
    buf_append_str(&w.file, version);
}

static void end(void) {
    PUT("\xff"
        "12345678");
}

static void test_all_records(void **state) {
    begin("0011");
    PUT("\xfa\x09redis-ver\x05"
        "7.2.0");
    PUT("\xfa\x05"
        "ctime\xc0\x07");
    PUT("\xf5\x04lib1");
    PUT("\xfe\x00\xfb\x02\x01");
    PUT("\xf4\x01\x02\x03");
    PUT("\x00\x01"
        "a\x01x");
    PUT("\xfc\xe8\x03\0\0\0\0\0\0\x00\x01"
        "b\x01y");
    PUT("\xfe\x03\xfd\x07\0\0\0\xf8\x40\x50\x00\x01"
        "c\xc0\x05");
    PUT("\xf9\x09\x00\x01"
        "d\x00");
    PUT("\x02\x01"
        "e\x00");
    PUT("\x02\x01"
        "f\x02\x01x\x01y");
    end();
    for (int round = test_rounds(50); round > 0; round--) {
        assert_int_equal(read_file(w.file.len, w.file.len), RDB_DONE);
        assert_string_equal(
            buf_cstr(&w.told),
            "aux redis-ver=7.2.0; aux ctime=7; function lib1; db 0; 0:a=x; 0:b=y until 1000; db 3; "
            "3:c=5 until 7000 idle 80; 3:d= freq 9; empty e; 3:f=?; ");
        assert_true(memcmp(&w.checksum, "12345678", 8) == 0);
    }
    /* cut anywhere: it is damaged if that is all there is, and waits if there should be more */
    for (size_t len = 0; len < w.file.len; len++) {
        assert_int_equal(read_file(len, len), RDB_BAD);
        assert_int_equal(read_file(len, w.file.len), RDB_SHORT);
    }
}

static void test_old_versions_have_no_checksum(void **state) {
    begin("0004");
    PUT("\xfe\x00\x00\x01"
        "a\x01x\xff");
    assert_int_equal(read_file(w.file.len, w.file.len), RDB_DONE);
    assert_string_equal(buf_cstr(&w.told), "db 0; 0:a=x; ");
}

static void expect_refused(const char *reason) {
    end();
    assert_int_equal(read_file(w.file.len, w.file.len), RDB_BAD);
    assert_non_null(strstr(w.error, reason));
}

static void test_refused(void **state) {
    begin("0013");
    expect_refused("Can't handle RDB format version 0013");
    begin("00x1");
    expect_refused("Can't handle");
    begin("0000");
    expect_refused("Can't handle");
    buf_clear(&w.file);
    PUT("RADIS0009");
    expect_refused("Wrong signature");
    begin("0009");
    PUT("\xfe\x10");
    expect_refused("no such database");
    begin("0009");
    PUT("\xf6\x01x");
    expect_refused("release candidate");
    begin("0009");
    PUT("\xf7\x81\x00\x00\x00\x00\x00\x00\x04\x00");
    expect_refused("module 'AAAAAAAAB'");
    begin("0009");
    PUT("\x63\x01"
        "a");
    expect_refused("unknown value type 99");
    begin("0009");
    PUT("\x02\x01"
        "f\x02\x01x\x01x");
    expect_refused("a collection with dup elements");
}

/* Bits turned anywhere: it ends, one way or the other, and leaves no memory. */
static void test_random_damage(void **state) {
    test_all_records(state);
    struct buf whole = w.file;
    w.file = (struct buf){0};
    for (int round = test_rounds(3000); round > 0; round--) {
        buf_clear(&w.file);
        buf_append_slice(&w.file, buf_slice(&whole));
        for (uint64_t n = 1 + rng_below(&w.rng, 3); n > 0; n--)
            w.file.ptr[rng_below(&w.rng, w.file.len)] ^= (char)(1 << rng_below(&w.rng, 8));
        struct rdb_records r;
        struct rdb_in in;
        rdb_records_init(&r, &w.rules, &w.sink);
        rdb_in_init(&in, buf_slice(&w.file), 0);
        buf_clear(&w.told);
        enum rdb_status status = rdb_records_step(&r, &in, SIZE_MAX);
        assert_true(status == RDB_BAD || status == RDB_DONE);
        rdb_records_deinit(&r);
    }
    buf_deinit(&whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_all_records), TEST(test_old_versions_have_no_checksum),
                                       TEST(test_refused), TEST(test_random_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
