/* rename-command, through dispatch: names, subcommands, errors, and what the journal hears. */
#include "common/base/mem.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"

static struct engine e;
static struct buf journal;

static uint64_t append(void *owner, int db_index, const struct slice *argv, int argc) {
    for (int i = 0; i < argc; i++)
        buf_printf(&journal, "%s%.*s", i ? " " : "", (int)argv[i].len, argv[i].ptr);
    buf_append_char(&journal, ';');
    return journal.len;
}
static const struct journal_sink sink = {NULL, append};

/* Names are read at boot: the engine gets a dispatcher that was made after them. */
static int setup(void **state) {
    engine_init(&e);
    struct buf message = {0};
    struct slice text =
        SLICE("rename-command set put\nrename-command flushall \"\"\nrename-command object Thing\n");
    assert_true(conf_load_text(e.conf, NULL, "x", text, &message));
    engine_restart_exec(&e);
    unit_set_journal(&e.keyspace, &sink);
    buf_deinit(&message);
    return 0;
}

static int teardown(void **state) {
    buf_deinit(&journal);
    engine_deinit(&e);
    return 0;
}

static void only_the_new_name_counts(void **state) {
    assert_string_equal(engine_run(&e, "PUT k v"), "+OK\r\n");
    assert_string_equal(engine_run(&e, "SET k w"),
                        "-ERR unknown command 'SET', with args beginning with: 'k' 'w' \r\n");
    assert_string_equal(engine_run(&e, "FLUSHALL"),
                        "-ERR unknown command 'FLUSHALL', with args beginning with: \r\n");
    assert_string_equal(engine_run(&e, "GET k"), "$1\r\nv\r\n");
    assert_string_equal(engine_run(&e, "PUT k"), "-ERR wrong number of arguments for 'set' command\r\n");
}

static void subcommands_keep_working(void **state) {
    engine_run(&e, "PUT k 12");
    assert_string_equal(engine_run(&e, "thing ENCODING k"), "$3\r\nint\r\n");
    assert_string_equal(engine_run(&e, "thing nosuch k"),
                        "-ERR unknown subcommand 'nosuch'. Try THING HELP.\r\n");
    assert_non_null(strstr(engine_run(&e, "thing help"), "+THING <subcommand>"));
    assert_non_null(strstr(engine_run(&e, "object help"), "-ERR unknown command 'object'"));
}

static void transactions_know_them_too(void **state) {
    engine_run(&e, "MULTI");
    assert_string_equal(engine_run(&e, "put k v"), "+QUEUED\r\n");
    assert_string_equal(engine_run(&e, "EXEC"), "*1\r\n+OK\r\n");
    assert_string_equal(buf_cstr(&journal), "MULTI;set k v;EXEC;");
}

static void the_journal_hears_the_names_that_everyone_knows(void **state) {
    engine_run(&e, "pUt k v");
    engine_run(&e, "DEL k");
    assert_string_equal(buf_cstr(&journal), "set k v;DEL k;");
    struct slice replayed[] = {SLICE("SET"), SLICE("k"), SLICE("again")};
    exec_one(e.exec, &e.session, replayed, 3, CALL_REPLAYED);
    assert_int_equal(e.session.reply.error_count, 0);
    engine_run(&e, "PING"); /* takes the reply */
    assert_string_equal(engine_run(&e, "GET k"), "$5\r\nagain\r\n");
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(only_the_new_name_counts),
        T(subcommands_keep_working),
        T(transactions_know_them_too),
        T(the_journal_hears_the_names_that_everyone_knows),
    };
    return cmocka_run_group_tests_name("exec/rename", tests, NULL, NULL);
}
