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

/* Against a list of all writes: a read never waits for less than the last write to its key, and for nothing
 * else while no cell is full; and it never waits for what is safe. Few cells, so that they do run full. */
static void the_gate_remembers_each_key(void **state) {
    enum { KEYS = 64, ROUNDS = 20000 };
    struct rng rng = test_rng();
    struct commit_gate gate;
    commit_gate_init(&gate);
    commit_gate_promise(&gate, true);
    uint64_t hashes[KEYS], last[KEYS] = {0}, position = 0;
    unsigned exact = 0, delayed = 0;
    for (int i = 0; i < KEYS; i++)
        hashes[i] = (uint64_t)(i + 1) << 32 | rng_below(&rng, 8);
    for (int round = 0; round < ROUNDS; round++) {
        unsigned key = (unsigned)rng_below(&rng, KEYS), what = (unsigned)rng_below(&rng, 10);
        if (what < 4) {
            commit_gate_wrote(&gate, hashes[key], last[key] = position += 1 + rng_below(&rng, 100));
        } else if (what == 4 && position > gate.safe) {
            commit_gate_advance(&gate, gate.safe + 1 + rng_below(&rng, (uint32_t)(position - gate.safe)));
        } else {
            struct session s = {0};
            commit_gate_saw(&gate, &s, hashes[key]);
            uint64_t needed = last[key] > gate.safe ? last[key] : 0;
            assert_true(s.gate_position >= needed && s.gate_position <= position);
            assert_true(s.gate_position == 0 || s.gate_position > gate.safe);
            if (s.gate_position == needed)
                exact++;
            else
                delayed++;
        }
    }
    assert_true(exact > delayed && delayed > 0);
    commit_gate_deinit(&gate);
}

/* As long as a cell has room, its other keys delay nobody. */
static void other_keys_of_a_cell_delay_nobody(void **state) {
    struct commit_gate gate;
    commit_gate_init(&gate);
    commit_gate_promise(&gate, true);
    for (uint64_t i = 0; i < 4; i++)
        commit_gate_wrote(&gate, i << 32, 10 + i);
    for (uint64_t i = 0; i < 6; i++) {
        struct session s = {0};
        commit_gate_saw(&gate, &s, i << 32);
        assert_int_equal(s.gate_position, i < 4 ? 10 + i : 0);
    }
    commit_gate_advance(&gate, 11); /* two places are free again */
    commit_gate_wrote(&gate, 3ull << 32, 20);
    commit_gate_wrote(&gate, 4ull << 32, 21);
    commit_gate_wrote(&gate, 5ull << 32, 22);
    const uint64_t expected[] = {0, 0, 12, 20, 21, 22, 0};
    for (uint64_t i = 0; i < 7; i++) {
        struct session s = {0};
        commit_gate_saw(&gate, &s, i << 32);
        assert_int_equal(s.gate_position, expected[i]);
    }
    commit_gate_wrote(&gate, 6ull << 32, 30); /* one too many: shared with those that come later */
    struct session s = {0};
    commit_gate_saw(&gate, &s, 7ull << 32);
    assert_int_equal(s.gate_position, 30);
    commit_gate_deinit(&gate);
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
        cmocka_unit_test(the_gate_remembers_each_key),
        cmocka_unit_test(other_keys_of_a_cell_delay_nobody),
        cmocka_unit_test_setup_teardown(replies_wait_for_what_they_saw, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
