/* CLIENT PAUSE: who is held, until when, and what stands still meanwhile. */
#include "common/base/mem.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/expire.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define CLIENTS 3

struct rig {
    struct engine e;
    struct session clients[CLIENTS];
    char resumed[32]; /* digits of those that were resumed, in order */
};

static struct rig *the_rig;

static void resume(struct session *s) {
    struct rig *r = the_rig;
    size_t len = strlen(r->resumed);
    r->resumed[len] = (char)('0' + (s - r->clients));
    r->resumed[len + 1] = 0;
}
static const struct session_ops ops = {.resume = resume};

static int rig_up(void **state) {
    struct rig *r = mem_zalloc(sizeof(*r));
    engine_init(&r->e);
    for (int i = 0; i < CLIENTS; i++)
        session_init(&r->clients[i], 10 + (uint64_t)i, keyspace_database(&r->e.keyspace, 0), &r->e.pool, &ops,
                     0);
    *state = the_rig = r;
    return 0;
}

static int rig_down(void **state) {
    struct rig *r = *state;
    for (int i = 0; i < CLIENTS; i++) {
        exec_session_gone(r->e.exec, &r->clients[i]);
        session_deinit(&r->clients[i]);
    }
    engine_deinit(&r->e);
    mem_free(r);
    return 0;
}

/* Whether the command ran: as a request of a batch, which must then be left undone. */
static bool runs(struct rig *r, int i, const char *line) {
    struct slice argv[16];
    int argc = 0;
    for (const char *at = line; *at && argc < 16; argc++) {
        size_t len = strcspn(at, " ");
        argv[argc] = (struct slice){at, len};
        at += len + (at[len] == ' ');
    }
    struct exec_request request = {.session = &r->clients[i], .argv = argv, .argc = argc};
    r->clients[i].flags &= ~(uint32_t)SESSION_HELD; /* its owner parses anew */
    assert_int_equal(exec_batch(r->e.exec, &request, 1, 0), 1);
    assert_int_equal(request.done, !(r->clients[i].flags & SESSION_PAUSED));
    return request.done;
}

static const char *heard(struct rig *r, int i) {
    buf_clear(&r->e.reply);
    struct resp_chunk *chain = resp_writer_take(&r->clients[i].reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&r->e.reply, c->bytes, c->len);
    resp_chunks_return(&r->e.pool, chain);
    return buf_cstr(&r->e.reply);
}

static int64_t in_ms(struct rig *r, int64_t ms) {
    return r->e.keyspace.now_ms + ms;
}

static void pass(struct rig *r, int64_t ms) {
    engine_advance(&r->e, ms);
    exec_run_due(r->e.exec);
}

static void writers_wait_and_readers_do_not(void **state) {
    struct rig *r = *state;
    exec_pause(r->e.exec, false, in_ms(r, 100));
    assert_true(runs(r, 0, "GET a"));
    assert_false(runs(r, 0, "SET a 1"));
    assert_string_equal(heard(r, 0), "$-1\r\n");
    assert_int_equal(exec_next_due_ms(r->e.exec), in_ms(r, 100));
    pass(r, 99);
    assert_string_equal(r->resumed, "");
    pass(r, 1);
    assert_string_equal(r->resumed, "0");
    assert_true(runs(r, 0, "SET a 1"));
    assert_string_equal(heard(r, 0), "+OK\r\n");
    assert_int_equal(exec_next_due_ms(r->e.exec), INT64_MAX);
}

static void all_wait_and_come_back_in_order(void **state) {
    struct rig *r = *state;
    exec_pause(r->e.exec, true, in_ms(r, 100));
    assert_false(runs(r, 2, "GET a"));
    assert_false(runs(r, 0, "SET a 1"));
    assert_false(runs(r, 1, "EXISTS a"));
    exec_session_gone(r->e.exec, &r->clients[0]);
    exec_unpause(r->e.exec);
    assert_string_equal(r->resumed, "21");
}

static void refusals_do_not_wait(void **state) {
    struct rig *r = *state;
    exec_pause(r->e.exec, true, in_ms(r, 100));
    assert_true(runs(r, 0, "SET a"));
    assert_string_equal(heard(r, 0), "-ERR wrong number of arguments for 'set' command\r\n");
    r->clients[1].flags |= SESSION_NEEDS_AUTH;
    assert_true(runs(r, 1, "SET a b"));
    assert_string_equal(heard(r, 1), "-NOAUTH Authentication required.\r\n");
}

static void transactions_wait_for_their_writes(void **state) {
    struct rig *r = *state;
    runs(r, 0, "MULTI");
    runs(r, 0, "SET a 1");
    runs(r, 1, "MULTI");
    runs(r, 1, "GET a");
    heard(r, 0);
    exec_pause(r->e.exec, false, in_ms(r, 100));
    assert_true(runs(r, 1, "EXEC"));
    assert_false(runs(r, 0, "EXEC"));
    assert_string_equal(heard(r, 0), "");
    exec_unpause(r->e.exec);
    assert_true(runs(r, 0, "EXEC"));
    assert_string_equal(heard(r, 0), "*1\r\n+OK\r\n");
}

static void the_stricter_and_the_longer_stay(void **state) {
    struct rig *r = *state;
    exec_pause(r->e.exec, true, in_ms(r, 100));
    exec_pause(r->e.exec, false, in_ms(r, 10));
    pass(r, 50);
    assert_false(runs(r, 0, "GET a"));
    exec_pause(r->e.exec, false, in_ms(r, 100));
    pass(r, 50);
    assert_string_equal(r->resumed, "");
    pass(r, 50);
    assert_string_equal(r->resumed, "0");
    exec_pause(r->e.exec, false, in_ms(r, 10)); /* what is over counts no more */
    assert_true(runs(r, 0, "GET a"));
}

static void silence_is_kept_for_the_held_command(void **state) {
    struct rig *r = *state;
    exec_pause(r->e.exec, true, in_ms(r, 100));
    r->clients[0].flags |= SESSION_REPLY_SKIP_NEXT;
    assert_false(runs(r, 0, "GET a"));
    exec_unpause(r->e.exec);
    assert_true(runs(r, 0, "GET a"));
    assert_string_equal(heard(r, 0), "");
    assert_true(runs(r, 0, "GET a"));
    assert_string_equal(heard(r, 0), "$-1\r\n");
}

static void who_waits_for_a_key_is_not_served_meanwhile(void **state) {
    struct rig *r = *state;
    runs(r, 0, "BZPOPMIN z 0");
    runs(r, 1, "BZPOPMIN z 0.05");
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "ZADD z 1 a");
    exec_pause(r->e.exec, false, in_ms(r, 100));
    r->e.session.flags |= SESSION_PRIMARY; /* whose stream goes on */
    engine_run(&r->e, "EXEC");
    assert_string_equal(heard(r, 0), "");
    pass(r, 50);
    assert_string_equal(heard(r, 1), "*-1\r\n"); /* time goes on */
    pass(r, 50);
    assert_string_equal(heard(r, 0), "*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n");
}

static void nothing_expires_meanwhile(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "SET a 1 PX 10");
    exec_pause(r->e.exec, false, in_ms(r, 1000));
    pass(r, 500);
    assert_string_equal(engine_run(&r->e, "GET a"), "$-1\r\n");
    assert_string_equal(engine_run(&r->e, "EXISTS a"), ":0\r\n");
    engine_run(&r->e, "SCAN 0");
    assert_int_equal(expire_next_ms(&r->e.keyspace), INT64_MAX);
    assert_false(expire_step(&r->e.keyspace, 100));
    assert_int_equal(r->e.keyspace.stats.expired_keys, 0);
    assert_int_equal(keyspace_count(&r->e.keyspace), 1);
    exec_unpause(r->e.exec);
    assert_string_equal(engine_run(&r->e, "GET a"), "$-1\r\n");
    assert_int_equal(r->e.keyspace.stats.expired_keys, 1);
}

static void a_writer_that_runs_all_the_same_finds_due_keys_gone(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "SET a 1 PX 10");
    exec_pause(r->e.exec, true, in_ms(r, 1000));
    pass(r, 500);
    r->e.session.flags |= SESSION_PRIMARY;
    assert_string_equal(engine_run(&r->e, "INCR a"), ":1\r\n");
    assert_int_equal(keyspace_count(&r->e.keyspace), 1);
}

static void nothing_is_evicted_meanwhile(void **state) {
    struct rig *r = *state;
    for (int i = 0; i < 100; i++)
        engine_runf(&r->e, "SET key%d text", i);
    exec_pause(r->e.exec, false, in_ms(r, 1000));
    r->e.keyspace.conf.maxmemory = 1;
    r->e.keyspace.conf.maxmemory_policy = EVICT_ALLKEYS_RANDOM;
    evict_ask(&r->e.keyspace);
    assert_false(evict_step(&r->e.keyspace));
    assert_int_equal(keyspace_count(&r->e.keyspace), 100);
    exec_unpause(r->e.exec);
    evict_step(&r->e.keyspace);
    assert_true(keyspace_count(&r->e.keyspace) < 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writers_wait_and_readers_do_not, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(all_wait_and_come_back_in_order, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(refusals_do_not_wait, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(transactions_wait_for_their_writes, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(the_stricter_and_the_longer_stay, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(silence_is_kept_for_the_held_command, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(who_waits_for_a_key_is_not_served_meanwhile, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(nothing_expires_meanwhile, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_writer_that_runs_all_the_same_finds_due_keys_gone, rig_up,
                                        rig_down),
        cmocka_unit_test_setup_teardown(nothing_is_evicted_meanwhile, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
