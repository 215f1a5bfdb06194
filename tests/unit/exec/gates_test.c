/* Gates, the journal and the commit gate, proven with throw-away owners. */
#include "common/base/mem.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

/* --- a journal that keeps its records as text --- */

struct journal {
    struct buf text; /* "db|WORD WORD;" … */
    uint64_t position;
};

static uint64_t append(void *owner, int db_index, const struct slice *argv, int argc) {
    struct journal *j = owner;
    if (db_index >= 0) buf_printf(&j->text, "%d|", db_index);
    for (int i = 0; i < argc; i++)
        buf_printf(&j->text, "%s%.*s", i ? " " : "", (int)argv[i].len, argv[i].ptr);
    buf_append_char(&j->text, ';');
    return j->position += 10;
}

struct rig {
    struct engine e;
    struct journal journal;
    struct journal_sink sink;
};

static int rig_up(void **state) {
    struct rig *r = mem_zalloc(sizeof(*r));
    engine_init(&r->e);
    r->sink = (struct journal_sink){&r->journal, append};
    unit_set_journal(&r->e.keyspace, &r->sink);
    *state = r;
    return 0;
}

static int rig_down(void **state) {
    struct rig *r = *state;
    engine_deinit(&r->e);
    buf_deinit(&r->journal.text);
    mem_free(r);
    return 0;
}

static void expect_journal(struct rig *r, const char *text) {
    assert_string_equal(buf_cstr(&r->journal.text), text);
    buf_clear(&r->journal.text);
}

static void changes_reach_the_journal(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "SET a 1");
    engine_run(&r->e, "GET a");
    engine_run(&r->e, "DEL nothing");
    engine_run(&r->e, "INCR a");
    expect_journal(r, "0|SET a 1;0|INCR a;");
}

static void relative_times_become_absolute(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "SET a 1");
    buf_clear(&r->journal.text);
    engine_run(&r->e, "EXPIRE a 100");
    expect_journal(r, "0|PEXPIREAT a 1700000100000;");
    engine_run(&r->e, "EXPIRE a -1");
    expect_journal(r, "0|DEL a;");
}

static void exec_is_one_unit(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "SET a 1");
    engine_run(&r->e, "GET a");
    engine_run(&r->e, "SET b 2");
    engine_run(&r->e, "EXEC");
    expect_journal(r, "0|MULTI;0|SET a 1;0|SET b 2;EXEC;");
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "GET a");
    engine_run(&r->e, "EXEC");
    expect_journal(r, "");
}

static void a_due_key_is_deleted_in_the_journal_first(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "SET a 1 PX 10");
    buf_clear(&r->journal.text);
    engine_advance(&r->e, 11);
    engine_run(&r->e, "SETNX a 2");
    expect_journal(r, "0|DEL a;0|SETNX a 2;");
}

/* --- a gate that refuses writes --- */

struct keeper {
    bool closed;
    unsigned asked;
};

static bool is_closed(void *owner) {
    return ((struct keeper *)owner)->closed;
}

static const char *refuse_writes(void *owner, const struct call *call) {
    ((struct keeper *)owner)->asked++;
    return call->command_flags & COMMAND_WRITE ? "READONLY tested" : NULL;
}

static void gates_refuse(void **state) {
    struct rig *r = *state;
    struct keeper keeper = {0};
    struct exec_gate gate = {.name = "test", .owner = &keeper, .active = is_closed, .check = refuse_writes};
    exec_add_gate(r->e.exec, &gate);
    assert_string_equal(engine_run(&r->e, "SET a 1"), "+OK\r\n");
    assert_int_equal(keeper.asked, 0);
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "SET a 2");
    keeper.closed = true;
    assert_string_equal(engine_run(&r->e, "EXEC"),
                        "-EXECABORT Transaction discarded because of: READONLY tested\r\n");
    assert_string_equal(engine_run(&r->e, "SET a 3"), "-READONLY tested\r\n");
    assert_string_equal(engine_run(&r->e, "GET a"), "$1\r\n1\r\n");
    engine_run(&r->e, "MULTI");
    assert_string_equal(engine_run(&r->e, "SET a 4"), "-READONLY tested\r\n");
    keeper.closed = false;
    assert_string_equal(engine_run(&r->e, "EXEC"),
                        "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

/* --- the commit gate --- */

static void count_opening(void *owner) {
    ++*(unsigned *)owner;
}

static void replies_wait_for_what_they_saw(void **state) {
    struct rig *r = *state;
    struct commit_gate *gate = exec_commit_gate(r->e.exec);
    struct session *writer = &r->e.session, reader, other;
    unsigned opened = 0;
    session_init(&reader, 2, writer->db, &r->e.pool, NULL, SESSION_INTERNAL);
    session_init(&other, 3, writer->db, &r->e.pool, NULL, SESSION_INTERNAL);
    engine_run(&r->e, "SET old 1");
    assert_true(commit_gate_open(gate, writer)); /* nothing is promised */

    commit_gate_promise(gate, true);
    gate->opened = count_opening;
    gate->owner = &opened;
    commit_gate_advance(gate, r->journal.position);
    engine_run(&r->e, "SET a 1");
    assert_false(commit_gate_open(gate, writer));
    engine_run_as(&r->e, &other, "GET old");
    assert_true(commit_gate_open(gate, &other));
    engine_run_as(&r->e, &reader, "GET a");
    assert_false(commit_gate_open(gate, &reader)); /* it saw a write that is not safe */
    engine_run_as(&r->e, &other, "KEYS *");
    assert_false(commit_gate_open(gate, &other)); /* it looked at everything */

    commit_gate_advance(gate, r->journal.position - 1);
    assert_false(commit_gate_open(gate, &reader));
    commit_gate_advance(gate, r->journal.position);
    assert_true(commit_gate_open(gate, writer));
    assert_true(commit_gate_open(gate, &reader));
    assert_true(commit_gate_open(gate, &other));
    assert_int_equal(opened, 3);

    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "SET a 2");
    engine_run(&r->e, "EXEC");
    assert_false(commit_gate_open(gate, writer));
    commit_gate_promise(gate, false);
    assert_true(commit_gate_open(gate, writer));
    session_deinit(&reader);
    session_deinit(&other);
    commit_gate_deinit(gate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changes_reach_the_journal, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(relative_times_become_absolute, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(exec_is_one_unit, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_due_key_is_deleted_in_the_journal_first, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(gates_refuse, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(replies_wait_for_what_they_saw, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
