/* What a client sees of the commit gate, of limits, of ends. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/world.h"
#include <stdio.h>
#include <string.h>

static uint64_t append(void *owner, int db_index, const struct slice *argv, int argc) {
    return ++((struct world *)owner)->position;
}

static int world_up(void **state) {
    static char *const argv[] = {"--port", "7000", "--bind",     "127.0.0.1",
                                 "--save", "",     "--loglevel", "verbose"};
    struct world *w = world_create(8, argv);
    w->sink = (struct journal_sink){w, append};
    *state = w;
    return 0;
}

static int world_down(void **state) {
    struct world *w = *state;
    world_destroy(&w);
    return 0;
}

/* --- the tests --- */

static void commands_in_any_pieces(void **state) {
    struct world *w = *state;
    world_connect_peer(w, 0);
    world_say(w, 0, "PING\r\n*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\nSET a 1\r\nGET a\r\n*1\r\n$4\r\nPI");
    world_expect(w, 0, "+PONG\r\n$5\r\nhello\r\n+OK\r\n$1\r\n1\r\n");
    world_say(w, 0, "NG\r\n");
    world_expect(w, 0, "+PONG\r\n");
}

/* A large argument is received into its own storage; commands before and behind it keep their order. */
static void large_arguments(void **state) {
    struct world *w = *state;
    struct buf text = {0}, want = {0};
    size_t len = 100000;
    world_connect_peer(w, 0);
    buf_printf(&text, "PING\r\n*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%zu\r\n", len);
    buf_printf(&want, "+PONG\r\n+OK\r\n$%zu\r\n", len);
    for (size_t i = 0; i < len; i++) {
        buf_append_char(&text, (char)('a' + i % 23));
        buf_append_char(&want, (char)('a' + i % 23));
    }
    buf_append_str(&text, "\r\nGET big\r\nPING\r\n");
    buf_append_str(&want, "\r\n+PONG\r\n");
    world_say(w, 0, buf_cstr(&text));
    world_settle(w);
    world_expect(w, 0, buf_cstr(&want));
    buf_deinit(&text);
    buf_deinit(&want);
}

static void promise(struct world *w) {
    unit_set_journal(&w->server->keyspace, &w->sink);
    commit_gate_promise(exec_commit_gate(w->server->exec), true);
}

static void safe_up_to_now(struct world *w) {
    commit_gate_advance(exec_commit_gate(w->server->exec), w->position);
    world_settle(w);
}

static void replies_wait_for_the_journal(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 0, "PING\r\n");
    world_expect(w, 0, "+PONG\r\n");
    world_say(w, 0, "SET a 1\r\n");
    world_expect(w, 0, "");
    world_say(w, 0, "PING\r\n"); /* needs nothing, but the order of the connection is kept */
    world_expect(w, 0, "");
    world_say(w, 1, "GET nothing\r\n");
    world_expect(w, 1, "$-1\r\n");
    world_say(w, 1, "GET a\r\n"); /* has seen what is not safe */
    world_expect(w, 1, "");
    safe_up_to_now(w);
    world_expect(w, 0, "+OK\r\n+PONG\r\n");
    world_expect(w, 1, "$1\r\n1\r\n");
    world_say(w, 1, "GET a\r\n");
    world_expect(w, 1, "$1\r\n1\r\n");
}

/* What is safe leaves, although later replies of the same connection still wait. */
static void what_is_safe_leaves(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_say(w, 0, "SET a 1\r\n");
    uint64_t first = w->position;
    world_say(w, 0, "SET b 1\r\nGET b\r\n");
    world_expect(w, 0, "");
    commit_gate_advance(exec_commit_gate(w->server->exec), first);
    world_settle(w);
    world_expect(w, 0, "+OK\r\n");
    safe_up_to_now(w);
    world_expect(w, 0, "+OK\r\n$1\r\n1\r\n");
    world_say(w, 0, "SET a 2\r\n");
    world_expect(w, 0, "");
    commit_gate_promise(exec_commit_gate(w->server->exec), false);
    world_settle(w);
    world_expect(w, 0, "+OK\r\n");
}

static void messages_wait_with_their_unit(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 1, "SUBSCRIBE c\r\n");
    world_expect(w, 1, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    world_say(w, 0, "MULTI\r\nSET a 1\r\nPUBLISH c hi\r\nEXEC\r\n");
    world_expect(w, 1, "");
    safe_up_to_now(w);
    world_expect(w, 1, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n");
    world_expect(w, 0, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n");
}

static void a_client_may_go_while_its_replies_wait(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_say(w, 0, "SET a 1\r\n");
    io_stream_close(&w->peers[0].stream);
    world_settle(w);
    safe_up_to_now(w);
    assert_int_equal(net_client_count(w->server->net), 0);
}

static void half_closed_is_served(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_say(w, 0, "SET a 1\r\nGET a\r\n");
    io_stream_shutdown(&w->peers[0].stream);
    world_settle(w);
    assert_false(w->peers[0].eof);
    safe_up_to_now(w);
    world_expect(w, 0, "+OK\r\n$1\r\n1\r\n");
    assert_true(w->peers[0].eof);
}

/* Nothing is sent behind what ends a connection: a socket that is closed with bytes unread resets the
 * connection, and the reply may be lost with it. */
static void errors_and_ends(void **state) {
    struct world *w = *state;
    world_connect_peer(w, 0);
    world_say(w, 0, "PING\r\n*1\r\n$x\r\n");
    world_expect(w, 0, "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
    assert_true(w->peers[0].eof);
    world_connect_peer(w, 1);
    world_say(w, 1, "QUIT\r\n");
    world_expect(w, 1, "+OK\r\n");
    assert_true(w->peers[1].eof);
    world_connect_peer(w, 2);
    world_connect_peer(w, 3);
    world_say(w, 3, "CLIENT KILL TYPE normal SKIPME no\r\n");
    world_expect(w, 3, ":2\r\n");
    assert_true(w->peers[2].eof && w->peers[3].eof);
    assert_non_null(strstr(buf_cstr(&w->log), "Client closed connection"));
}

static void who_does_not_read_is_closed_at_the_limit(void **state) {
    struct world *w = *state;
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 0, "SUBSCRIBE c\r\n");
    io_stream_recv_pause(&w->peers[0].stream);
    world_say(w, 1, "CONFIG SET client-output-buffer-limit \"pubsub 200kb 0 0\"\r\n");
    world_expect(w, 1, "+OK\r\n");
    struct buf text = {0};
    for (int i = 0; i < 40; i++) {
        buf_clear(&text);
        buf_printf(&text, "PUBLISH c %020000d\r\n", 0);
        world_say(w, 1, buf_cstr(&text));
    }
    buf_deinit(&text);
    assert_int_equal(net_client_count(w->server->net), 1);
    assert_non_null(
        strstr(buf_cstr(&w->log), "scheduled to be closed ASAP for overcoming of output buffer limits"));
}

static void blocked_clients_go_on_in_order(void **state) {
    struct world *w = *state;
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 0, "PING\r\nBZPOPMIN z 0\r\nECHO a\r\nBZPOPMAX z 0.5\r\nECHO b\r\n");
    world_expect(w, 0, "+PONG\r\n");
    world_say(w, 1, "ZADD z 1 x\r\nEXISTS z\r\n");
    world_expect(w, 1, ":1\r\n:0\r\n");
    world_expect(w, 0, "*3\r\n$1\r\nz\r\n$1\r\nx\r\n$1\r\n1\r\n$1\r\na\r\n*-1\r\n$1\r\nb\r\n");
}

/* However the bytes come: a waiter is served before the next request of its waker. */
static void waiters_are_served_within_the_batch(void **state) {
    struct world *w = *state;
    for (int i = 0; i < 4; i++)
        world_connect_peer(w, i);
    world_say(w, 0, "BZPOPMIN z 0\r\nPING\r\n");
    world_say(w, 1, "BZPOPMIN z 0\r\nPING\r\n");
    world_say(w, 2, "BZPOPMIN z 0\r\nPING\r\n");
    world_say(w, 3, "MULTI\r\nZADD z 1 x 2 y\r\nEXEC\r\nZCARD z\r\nZADD z 3 v\r\nZCARD z\r\n");
    world_expect(w, 0, "*3\r\n$1\r\nz\r\n$1\r\nx\r\n$1\r\n1\r\n+PONG\r\n");
    world_expect(w, 1, "*3\r\n$1\r\nz\r\n$1\r\ny\r\n$1\r\n2\r\n+PONG\r\n");
    world_expect(w, 2, "*3\r\n$1\r\nz\r\n$1\r\nv\r\n$1\r\n3\r\n+PONG\r\n");
    world_expect(w, 3, "+OK\r\n+QUEUED\r\n*1\r\n:2\r\n:0\r\n:1\r\n:0\r\n");
}

static void a_woken_reply_waits_with_its_waker(void **state) {
    struct world *w = *state;
    promise(w);
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 0, "BZPOPMIN z 0\r\n");
    world_say(w, 1, "ZADD z 1 x\r\n");
    uint64_t pop = w->position;
    commit_gate_advance(exec_commit_gate(w->server->exec), pop - 1);
    world_settle(w);
    world_expect(w, 1, ":1\r\n");
    world_expect(w, 0, "");
    safe_up_to_now(w);
    world_expect(w, 0, "*3\r\n$1\r\nz\r\n$1\r\nx\r\n$1\r\n1\r\n");
}

static void the_end_of_a_blocked_client_is_noticed(void **state) {
    struct world *w = *state;
    struct buf text = {0};
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_say(w, 0, "BZPOPMIN z 0\r\n");
    io_stream_close(&w->peers[0].stream);
    world_settle(w);
    assert_int_equal(net_client_count(w->server->net), 1);
    buf_printf(&text, "BZPOPMIN z 0\r\nSET a %0200000d\r\n", 0); /* more than may be sent ahead */
    world_say(w, 1, buf_cstr(&text));
    buf_deinit(&text);
    io_stream_close(&w->peers[1].stream);
    for (int seconds = 0; seconds < 5000 && net_client_count(w->server->net); seconds++)
        world_settle(w);
    assert_int_equal(net_client_count(w->server->net), 0);
    assert_int_equal(w->server->keyspace.waiting.key_count, 0);
}

static void paused_clients_go_on_in_order(void **state) {
    struct world *w = *state;
    world_connect_peer(w, 0);
    world_connect_peer(w, 1);
    world_connect_peer(w, 2);
    world_say(w, 1, "CLIENT PAUSE 100000 WRITE\r\n");
    world_say(w, 0, "GET a\r\nSET a 1\r\nGET a\r\nSET a 2\r\nGET a\r\n");
    world_expect(w, 0, "$-1\r\n");
    world_say(w, 2, "SET a 3\r\n");
    io_stream_close(&w->peers[2].stream);
    world_settle(w);
    world_say(w, 1, "CLIENT UNPAUSE\r\n");
    world_expect(w, 0, "+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n");
    world_say(w, 1, "CLIENT PAUSE 500\r\nSET b 1\r\n");
    world_expect(w, 1, "+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
    assert_int_equal(net_client_count(w->server->net), 2);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)
    const struct CMUnitTest tests[] = {
        TEST(commands_in_any_pieces),
        TEST(large_arguments),
        TEST(replies_wait_for_the_journal),
        TEST(what_is_safe_leaves),
        TEST(messages_wait_with_their_unit),
        TEST(a_client_may_go_while_its_replies_wait),
        TEST(half_closed_is_served),
        TEST(blocked_clients_go_on_in_order),
        TEST(waiters_are_served_within_the_batch),
        TEST(a_woken_reply_waits_with_its_waker),
        TEST(the_end_of_a_blocked_client_is_noticed),
        TEST(paused_clients_go_on_in_order),
        TEST(errors_and_ends),
        TEST(who_does_not_read_is_closed_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
