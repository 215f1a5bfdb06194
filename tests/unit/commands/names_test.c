/* Names that rename-command changed. */
#include "common/base/buf.h"
#include "common/commands/describe.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

static struct command_names names;

static int setup(void **state) {
    memset(&names, 0, sizeof(names));
    return 0;
}
static int teardown(void **state) {
    command_names_deinit(&names);
    return 0;
}

static const char *change(const char *name, const char *to) {
    return command_names_change(&names, slice_of(name), slice_of(to));
}
static unsigned found(const char *name) {
    const struct command_spec *spec = command_names_lookup_full(&names, slice_of(name));
    return spec ? spec->id : CMD_COUNT;
}

static void nothing_is_changed_at_first(void **state) {
    assert_false(command_names_changed(&names));
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        assert_ptr_equal(command_names_lookup_full(&names, slice_of(spec->name)), spec);
        assert_ptr_equal(command_names_lookup_full(NULL, slice_of(spec->name)), spec);
        assert_true(command_names_has(&names, spec) && command_names_has(NULL, spec));
    }
    assert_null(command_names_lookup(&names, SLICE("")));
}

static void a_command_has_its_new_name_alone(void **state) {
    assert_null(change("Config", "Foo"));
    assert_true(command_names_changed(&names));
    assert_int_equal(found("fOO"), CMD_CONFIG);
    assert_int_equal(found("foo|Get"), CMD_CONFIG_GET);
    assert_int_equal(found("config"), CMD_COUNT);
    assert_int_equal(found("config|get"), CMD_COUNT);
    assert_true(command_names_has(&names, command_by_id(CMD_CONFIG)));
    assert_null(change("foo", "config")); /* and back */
    assert_int_equal(found("config|get"), CMD_CONFIG_GET);
    assert_int_equal(found("foo"), CMD_COUNT);
    assert_null(change("get", "GET"));
    assert_int_equal(found("get"), CMD_GET);
}

static void a_name_that_is_free_can_be_given(void **state) {
    assert_null(change("get", "x"));
    assert_null(change("set", "get"));
    assert_null(change("x", "set"));
    assert_int_equal(found("get"), CMD_SET);
    assert_int_equal(found("set"), CMD_GET);
}

static void a_disabled_command_is_gone(void **state) {
    assert_null(change("config", ""));
    assert_null(change("flushall", "x"));
    assert_null(change("x", ""));
    assert_int_equal(found("config"), CMD_COUNT);
    assert_int_equal(found("config|get"), CMD_COUNT);
    assert_int_equal(found("flushall"), CMD_COUNT);
    assert_int_equal(found("x"), CMD_COUNT);
    assert_int_equal(names.disabled_count, 2);
    assert_false(command_names_has(&names, command_by_id(CMD_CONFIG_GET)));
    assert_non_null(change("config", "y"));
}

static void what_is_wrong_is_said(void **state) {
    assert_string_equal(change("nosuch", "x"), "No such command in rename-command");
    assert_string_equal(change("config|get", "x"), "No such command in rename-command");
    assert_string_equal(change("", "x"), "No such command in rename-command");
    assert_string_equal(change("get", "set"), "Target command name already exists");
    assert_null(change("del", "x"));
    assert_string_equal(change("ping", "X"), "Target command name already exists");
    char longest[COMMAND_RENAMED_LEN_MAX + 2];
    memset(longest, 'n', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    assert_string_equal(change("echo", longest), "Target command name is too long");
    assert_int_equal(found(longest), CMD_COUNT);
    longest[sizeof(longest) - 2] = 0;
    assert_null(change("echo", longest));
    assert_int_equal(found(longest), CMD_ECHO);
}

/* --- what COMMAND says --- */

static const char *reply_of(struct resp_writer *w, struct resp_pool *pool, struct buf *out) {
    struct resp_chunk *chain = resp_writer_take(w);
    buf_clear(out);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(out, c->bytes, c->len);
    resp_chunks_return(pool, chain);
    return buf_cstr(out);
}

static void command_knows_what_counts(void **state) {
    struct resp_pool pool;
    struct resp_writer w;
    struct buf out = {0};
    char text[32];
    resp_pool_init(&pool);
    resp_writer_init(&w, &pool);
    assert_null(change("get", "fetch"));
    assert_null(change("flushall", ""));

    describe_count(&w, &names);
    snprintf(text, sizeof(text), ":%u\r\n", command_count() - 1);
    assert_string_equal(reply_of(&w, &pool, &out), text);

    struct slice asked[] = {SLICE("fetch"), SLICE("get"), SLICE("flushall")};
    describe_info(&w, &names, asked, 3);
    const char *info = reply_of(&w, &pool, &out);
    assert_non_null(strstr(info, "*3\r\n*10\r\n$3\r\nget\r\n:2\r\n"));
    assert_string_equal(info + strlen(info) - 10, "$-1\r\n$-1\r\n");
    describe_docs(&w, &names, asked, 3);
    assert_int_equal(strncmp(reply_of(&w, &pool, &out), "*2\r\n$3\r\nget\r\n", 13), 0);

    struct slice filter[] = {SLICE("filterby"), SLICE("pattern"), SLICE("flush*")};
    describe_list(&w, &names, filter, 3);
    assert_string_equal(reply_of(&w, &pool, &out), "*1\r\n$7\r\nflushdb\r\n");

    struct slice call[] = {SLICE("fetch"), SLICE("k")}, old_call[] = {SLICE("get"), SLICE("k")};
    describe_getkeys(&w, &names, call, 2);
    assert_string_equal(reply_of(&w, &pool, &out), "*1\r\n$1\r\nk\r\n");
    describe_getkeys(&w, &names, old_call, 2);
    assert_string_equal(reply_of(&w, &pool, &out), "-ERR Invalid command specified\r\n");

    buf_deinit(&out);
    resp_writer_deinit(&w);
    resp_pool_deinit(&pool);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_is_changed_at_first),
        T(a_command_has_its_new_name_alone),
        T(a_name_that_is_free_can_be_given),
        T(a_disabled_command_is_gone),
        T(what_is_wrong_is_said),
        T(command_knows_what_counts),
    };
    return cmocka_run_group_tests_name("commands/names", tests, NULL, NULL);
}
