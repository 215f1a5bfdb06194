/* Commands that answer in slices: KEYS over many keys, while others change them. */
#include "common/base/mem.h"
#include "common/resp/resp_reply.h"
#include "server/keyspace/database.h"
#include "server/keyspace/task.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 20000

/* Without latency histograms, whose memory depends on how long commands take. */
static void start(struct engine *e) {
    engine_init(e);
    e->exec_conf.latency_tracking = false;
}

struct listener {
    struct session session;
    int resumed, pending;
};

static void on_output(struct session *s) {
    LIST_OWNER(s, struct listener, session)->pending++;
}
static void on_resume(struct session *s) {
    LIST_OWNER(s, struct listener, session)->resumed++;
}
static const struct session_ops ops = {.output_pending = on_output, .resume = on_resume};

static void listener_init(struct engine *e, struct listener *l) {
    memset(l, 0, sizeof(*l));
    session_init(&l->session, 7, keyspace_database(&e->keyspace, 0), &e->pool, &ops, 0);
}

static void listener_deinit(struct engine *e, struct listener *l) {
    exec_session_gone(e->exec, &l->session);
    session_deinit(&l->session);
}

static void fill(struct engine *e, int keys) {
    for (int i = 0; i < keys; i++)
        engine_runf(e, "SET key:%d v", i);
}

/* Reads what KEYS replied to `l`: how often each key:<n> is in it. The header must tell their number. */
static size_t read_keys(struct engine *e, struct listener *l, unsigned char *seen, int max) {
    memset(seen, 0, (size_t)max);
    struct buf text = {0};
    struct resp_chunk *chain = resp_writer_take(&l->session.reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&text, c->bytes, c->len);
    resp_chunks_return(&e->pool, chain);
    while (resp_pool_step(&e->pool, 100)) {
    }
    char *at = (char *)buf_cstr(&text);
    assert_true(*at == '*');
    size_t count = strtoul(at + 1, &at, 10), found = 0;
    for (at += 2; *at; found++) {
        assert_true(*at == '$');
        size_t len = strtoul(at + 1, &at, 10);
        at += 2;
        if (strncmp(at, "key:", 4) == 0) {
            int n = atoi(at + 4);
            assert_true(n >= 0 && n < max);
            seen[n]++;
        }
        at += len + 2;
    }
    assert_int_equal(found, count);
    buf_deinit(&text);
    return count;
}

static void few_keys_are_answered_at_once(void **state) {
    struct engine e;
    struct listener l;
    unsigned char seen[100];
    start(&e);
    listener_init(&e, &l);
    fill(&e, 100);
    assert_false(task_step(&e.keyspace));
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
    assert_false(l.session.flags & SESSION_BLOCKED);
    assert_int_equal(read_keys(&e, &l, seen, 100), 100);
    listener_deinit(&e, &l);
    engine_deinit(&e);
}

/* Keys that are there all the time are found once, however the table grows and shrinks meanwhile. */
static void keys_while_others_write(void **state) {
    struct engine e;
    struct listener l;
    start(&e);
    listener_init(&e, &l);
    struct rng rng = test_rng();
    unsigned char *seen = malloc(3 * KEYS);
    for (int round = test_rounds(5); round > 0; round--) {
        engine_run(&e, "FLUSHALL");
        fill(&e, 2 * KEYS);
        exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
        assert_true(l.session.flags & SESSION_BLOCKED);
        int steps = 0, added = 2 * KEYS, deleted = 0;
        l.resumed = l.pending = 0;
        while (task_step(&e.keyspace)) {
            assert_int_equal(resp_writer_bytes(&l.session.reply), 0);
            for (int i = 0; i < 40 && round % 2 && added < 3 * KEYS; i++)
                engine_runf(&e, "SET key:%d v", added++);
            for (int i = 0; i < 150 && round % 3 && deleted < KEYS; i++)
                engine_runf(&e, "DEL key:%d", deleted++);
            if (rng_below(&rng, 50) == 0) engine_runf(&e, "RENAME key:%d key:%d", KEYS, KEYS);
            steps++;
        }
        assert_true(steps > 20);
        assert_false(l.session.flags & SESSION_BLOCKED);
        assert_int_equal(l.resumed, 1);
        assert_int_equal(l.pending, 1);
        assert_int_equal(l.session.db->tables[0].table.pins, 0);
        read_keys(&e, &l, seen, 3 * KEYS);
        for (int i = 0; i < 3 * KEYS; i++)
            assert_true(i < KEYS ? seen[i] <= 1 : i < 2 * KEYS ? seen[i] == 1 : seen[i] <= 1);
    }
    free(seen);
    listener_deinit(&e, &l);
    engine_deinit(&e);
}

static void patterns_and_due_keys(void **state) {
    struct engine e;
    struct listener l;
    start(&e);
    listener_init(&e, &l);
    fill(&e, KEYS);
    unsigned char *seen = malloc(KEYS);
    for (int i = 0; i < KEYS; i += 2)
        engine_runf(&e, "PEXPIRE key:%d 100", i);
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("key:*7")}, 2, 0);
    engine_advance(&e, 1000);
    while (task_step(&e.keyspace)) {
    }
    assert_int_equal(read_keys(&e, &l, seen, KEYS), KEYS / 10);
    for (int i = 0; i < KEYS; i++)
        assert_int_equal(seen[i], i % 10 == 7);
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("key:*8")}, 2, 0);
    while (task_step(&e.keyspace)) {
    }
    assert_int_equal(read_keys(&e, &l, seen, KEYS), 0); /* all of them are due */
    free(seen);
    listener_deinit(&e, &l);
    engine_deinit(&e);
}

/* The database is emptied, or exchanged, under a KEYS that is half done. */
static void flushes_and_swaps_meanwhile(void **state) {
    struct engine e;
    struct listener l;
    start(&e);
    listener_init(&e, &l);
    unsigned char *seen = malloc(KEYS);
    for (int round = 0; round < 4; round++) {
        engine_run(&e, "FLUSHALL");
        fill(&e, KEYS);
        exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
        for (int i = 0; i < 5; i++)
            assert_true(task_step(&e.keyspace));
        if (round == 0) engine_run(&e, "FLUSHALL");
        if (round == 1) engine_run(&e, "FLUSHDB");
        if (round >= 2) engine_run(&e, "SWAPDB 0 1");
        if (round == 0) fill(&e, 10);
        while (task_step(&e.keyspace)) {
        }
        size_t count = read_keys(&e, &l, seen, KEYS);
        if (round >= 2)
            assert_int_equal(count, KEYS);
        else
            assert_true(count > 0 && count < KEYS);
        for (int db = 0; db < 2; db++)
            assert_int_equal(keyspace_database(&e.keyspace, db)->tables[0].table.pins, 0);
    }
    free(seen);
    listener_deinit(&e, &l);
    engine_deinit(&e);
}

static void two_at_a_time_and_one_goes(void **state) {
    struct engine e;
    struct listener a, b;
    start(&e);
    listener_init(&e, &a);
    listener_init(&e, &b);
    fill(&e, KEYS);
    unsigned char *seen = malloc(KEYS);
    engine_run(&e, "KEYS nothing"); /* the first use of a command takes memory for its statistics */
    int64_t used = engine_used(&e);
    exec_one(e.exec, &a.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
    exec_one(e.exec, &b.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
    for (int i = 0; i < 20; i++)
        assert_true(task_step(&e.keyspace));
    assert_int_equal(a.session.db->tables[0].table.pins, 2);
    task_cancel_session(&e.keyspace, &a.session);
    assert_int_equal(a.session.db->tables[0].table.pins, 1);
    assert_int_equal(a.resumed, 0);
    while (task_step(&e.keyspace)) {
    }
    assert_int_equal(b.resumed, 1);
    assert_int_equal(read_keys(&e, &b, seen, KEYS), KEYS);
    assert_int_equal(resp_writer_bytes(&a.session.reply), 0);
    assert_int_equal(engine_used(&e), used);
    free(seen);
    listener_deinit(&e, &a);
    listener_deinit(&e, &b);
    engine_deinit(&e);
}

static void within_a_transaction_it_is_atomic(void **state) {
    struct engine e;
    struct listener l;
    start(&e);
    listener_init(&e, &l);
    fill(&e, KEYS);
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("MULTI")}, 1, 0);
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("EXEC")}, 1, 0);
    assert_false(l.session.flags & SESSION_BLOCKED);
    assert_true(resp_writer_bytes(&l.session.reply) > KEYS * 10);
    assert_false(task_step(&e.keyspace));
    l.session.flags |= SESSION_REPLY_OFF; /* nobody listens: not even begun */
    exec_one(e.exec, &l.session, (struct slice[]){SLICE("KEYS"), SLICE("*")}, 2, 0);
    assert_false(l.session.flags & SESSION_BLOCKED);
    listener_deinit(&e, &l);
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_keys_are_answered_at_once), cmocka_unit_test(patterns_and_due_keys),
        cmocka_unit_test(keys_while_others_write),       cmocka_unit_test(flushes_and_swaps_meanwhile),
        cmocka_unit_test(two_at_a_time_and_one_goes),    cmocka_unit_test(within_a_transaction_it_is_atomic),
    };
    return cmocka_run_group_tests_name("keyspace/task", tests, NULL, NULL);
}
