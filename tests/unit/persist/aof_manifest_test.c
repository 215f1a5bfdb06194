/* The manifest: what Redis 7 writes is read, and written again byte by byte; what is wrong has its reason. */
#include "server/persist/aof_manifest.h"
#include "tests/unit/support/test.h"

static void expect_round_trip(const char *text) {
    struct aof_manifest m = {0}, copy;
    struct aof_manifest_error err;
    struct buf out = {0};
    assert_true(aof_manifest_parse(&m, slice_of(text), &err));
    aof_manifest_copy(&copy, &m);
    aof_manifest_print(&copy, &out);
    assert_string_equal(buf_cstr(&out), text);
    buf_deinit(&out);
    aof_manifest_deinit(&m);
    aof_manifest_deinit(&copy);
}

static void expect_error(const char *text, int line, const char *reason) {
    struct aof_manifest m = {0};
    struct aof_manifest_error err;
    assert_false(aof_manifest_parse(&m, slice_of(text), &err));
    assert_string_equal(err.reason, reason);
    assert_int_equal(err.line, line);
    buf_deinit(&err.text);
    aof_manifest_deinit(&m);
}

static void is_read_and_written(void **state) {
    expect_round_trip(
        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
    expect_round_trip(
        "file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\nfile a.1.incr.aof seq 1 type h\n"
        "file a.2.incr.aof seq 2 type i\nfile a.5.incr.aof seq 5 type i\n");
    expect_round_trip("file \" file seq \\n\\n.aof .2.base.rdb\" seq 2 type b\n");
    expect_round_trip("file appendonly.aof seq 1 type b\n");
}

static void unknown_keys_and_comments_are_passed_over(void **state) {
    struct aof_manifest m = {0};
    struct aof_manifest_error err;
    assert_true(aof_manifest_parse(
        &m, SLICE("# a comment\nfile b seq 1 type b newkey newvalue\r\ntype i seq 7 file x"), &err));
    assert_string_equal(m.base.name, "b");
    assert_int_equal(m.incr_count, 1);
    assert_int_equal(m.incr_seq, 7);
    assert_string_equal(aof_manifest_last(&m), "x");
    aof_manifest_deinit(&m);
}

static void what_is_wrong_is_told(void **state) {
    expect_error("", 0, "Found an empty AOF manifest");
    expect_error("file a seq 1 type i\n\nfile b seq 2 type i\n", 2, "Invalid AOF manifest file format");
    expect_error("filx a seq 1 type b\n", 1, "Invalid AOF manifest file format");
    expect_error("file a type b\n", 1, "Invalid AOF manifest file format");
    expect_error("file a seq 1 type b odd\n", 1, "Invalid AOF manifest file format");
    expect_error("file a seq 0 type b\n", 1, "Invalid AOF manifest file format");
    expect_error("file a seq x type b\n", 1, "Invalid AOF manifest file format");
    expect_error("file \"a seq 1 type b\n", 1, "Invalid AOF manifest file format");
    expect_error("file a seq 1 type x\n", 1, "Unknown AOF file type");
    expect_error("file a seq 1 type b\nfile c seq 2 type b\n", 2, "Found duplicate base file information");
    expect_error("file a seq 2 type i\nfile c seq 1 type i\n", 2, "Found a non-monotonic sequence number");
    expect_error("file ../a seq 2 type i\n", 1, "File can't be a path, just a filename");
    char line[2000];
    memset(line, 'x', sizeof(line));
    line[1999] = 0;
    expect_error(line, 1, "The AOF manifest file contains too long line");
}

static void files_come_and_go(void **state) {
    struct aof_manifest m = {0};
    struct buf out = {0};
    assert_string_equal(aof_manifest_new_base(&m, "a.aof", true), "a.aof.1.base.rdb");
    assert_string_equal(aof_manifest_new_incr(&m, "a.aof"), "a.aof.1.incr.aof");
    assert_string_equal(aof_manifest_new_incr(&m, "a.aof"), "a.aof.2.incr.aof");
    assert_string_equal(aof_manifest_new_base(&m, "a.aof", false), "a.aof.2.base.aof");
    aof_manifest_retire_incrs(&m, 1);
    aof_manifest_print(&m, &out);
    assert_string_equal(buf_cstr(&out),
                        "file a.aof.2.base.aof seq 2 type b\nfile a.aof.1.incr.aof seq 1 type h\n"
                        "file a.aof.1.base.rdb seq 1 type h\nfile a.aof.2.incr.aof seq 2 type i\n");
    aof_manifest_forget_history(&m);
    buf_clear(&out);
    aof_manifest_print(&m, &out);
    assert_string_equal(buf_cstr(&out),
                        "file a.aof.2.base.aof seq 2 type b\nfile a.aof.2.incr.aof seq 2 type i\n");
    buf_deinit(&out);
    aof_manifest_deinit(&m);
}

/* History is going to be deleted: a new file must not have a name of it, though numbers begin anew when there
 * is no increment left. */
static void names_of_history_are_not_given_again(void **state) {
    struct aof_manifest m = {0};
    aof_manifest_new_base(&m, "a.aof", true);
    aof_manifest_new_incr(&m, "a.aof");
    aof_manifest_new_incr(&m, "a.aof");
    aof_manifest_retire_incrs(&m, 0);
    assert_string_equal(aof_manifest_new_incr(&m, "a.aof"), "a.aof.3.incr.aof");
    aof_manifest_retire_incrs(&m, 0);
    aof_manifest_forget_history(&m);
    assert_string_equal(aof_manifest_new_incr(&m, "a.aof"), "a.aof.1.incr.aof");
    aof_manifest_deinit(&m);
}

/* Any bytes are read or refused, and what was read is written so that it reads the same. */
static void any_bytes_will_do(void **state) {
    struct rng rng = test_rng();
    static const char *const words[] = {"file", "seq", "type", "b",  "i", "h", "1",   "2",
                                        "\"",   "'",   "\n",   "\n", " ", "#", "a/b", "\\x41"};
    for (int round = test_rounds(3000); round > 0; round--) {
        struct buf text = {0}, once = {0}, twice = {0};
        for (int i = (int)rng_below(&rng, 30); i > 0; i--)
            buf_printf(&text, "%s%s", words[rng_below(&rng, 16)], rng_below(&rng, 3) ? " " : "");
        struct aof_manifest m = {0}, again = {0};
        struct aof_manifest_error err;
        if (aof_manifest_parse(&m, buf_slice(&text), &err)) {
            aof_manifest_print(&m, &once);
            if (once.len) {
                assert_true(aof_manifest_parse(&again, buf_slice(&once), &err));
                aof_manifest_print(&again, &twice);
                assert_true(slice_eq(buf_slice(&once), buf_slice(&twice)));
            }
        }
        buf_deinit(&err.text);
        aof_manifest_deinit(&m);
        aof_manifest_deinit(&again);
        buf_deinit(&text);
        buf_deinit(&once);
        buf_deinit(&twice);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_and_written),
        cmocka_unit_test(unknown_keys_and_comments_are_passed_over),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(files_come_and_go),
        cmocka_unit_test(names_of_history_are_not_given_again),
        cmocka_unit_test(any_bytes_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
