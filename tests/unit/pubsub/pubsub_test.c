/* Channels and patterns against a model that remembers who listens to what in a plain table. */
#include "common/base/buf.h"
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "server/pubsub/pubsub.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

#define SESSIONS 8
#define NAMES    12

struct rig {
    struct engine e;
    struct conf *conf; /* its own: it goes before the pubsub, whose options it knows */
    struct pubsub *ps;
    struct session sessions[SESSIONS];
};

/* What boot's loop and net do for a connection. */
static void output_pending(struct session *s) {
    if (s->flags & SESSION_PUSHES_WAIT) pubsub_session_deliver(s);
}
static const struct session_ops ops = {.output_pending = output_pending};

static int rig_up(void **state) {
    struct rig *r = mem_zalloc(sizeof(*r));
    engine_init(&r->e);
    r->conf = conf_create("test", &r->e.log);
    r->ps = pubsub_create(r->conf);
    pubsub_start(r->ps, &r->e.keyspace, r->e.exec);
    exec_bind(r->e.exec, pubsub_bindings, r->ps);
    for (int i = 0; i < SESSIONS; i++)
        session_init(&r->sessions[i], (uint64_t)i + 10, keyspace_database(&r->e.keyspace, 0), &r->e.pool,
                     &ops, 0);
    *state = r;
    return 0;
}

static int rig_down(void **state) {
    struct rig *r = *state;
    for (int i = 0; i < SESSIONS; i++) {
        pubsub_session_gone(r->ps, &r->sessions[i]);
        exec_session_gone(r->e.exec, &r->sessions[i]);
        session_deinit(&r->sessions[i]);
    }
    conf_destroy(&r->conf);
    pubsub_destroy(&r->ps);
    engine_deinit(&r->e);
    mem_free(r);
    return 0;
}

/* All that the session was sent, which is forgotten. */
static const char *taken(struct rig *r, struct session *s) {
    buf_clear(&r->e.reply);
    struct resp_chunk *chain = resp_writer_take(&s->reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&r->e.reply, c->bytes, c->len);
    resp_chunks_return(&r->e.pool, chain);
    return buf_cstr(&r->e.reply);
}

/* Commands as a batch, the way net runs them. */
static void batch(struct rig *r, struct session *s, const char *const *lines, size_t count) {
    struct exec_request requests[8];
    struct slice argv[8][8];
    for (size_t i = 0; i < count; i++) {
        int argc = 0;
        for (const char *at = lines[i]; *at; argc++) {
            size_t len = strcspn(at, " ");
            argv[i][argc] = (struct slice){at, len};
            at += len + (at[len] != 0);
        }
        requests[i] = (struct exec_request){.session = s, .argv = argv[i], .argc = argc};
    }
    assert_int_equal(exec_batch(r->e.exec, requests, count, 0), count);
}

static void messages_look_as_they_should(void **state) {
    struct rig *r = *state;
    pubsub_subscribe(r->ps, &r->sessions[0], PUBSUB_CHANNEL, SLICE("news"));
    pubsub_subscribe(r->ps, &r->sessions[1], PUBSUB_PATTERN, SLICE("n*"));
    pubsub_subscribe(r->ps, &r->sessions[2], PUBSUB_SHARD, SLICE("news"));
    r->sessions[1].reply.proto = 3;
    assert_int_equal(pubsub_publish(r->ps, SLICE("news"), SLICE("hi"), false), 2);
    assert_string_equal(taken(r, &r->sessions[0]), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    assert_string_equal(taken(r, &r->sessions[1]),
                        ">4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
    assert_string_equal(taken(r, &r->sessions[2]), "");
    assert_int_equal(pubsub_publish(r->ps, SLICE("news"), SLICE(""), true), 1);
    assert_string_equal(taken(r, &r->sessions[2]), "*3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$0\r\n\r\n");
}

static void own_messages_come_after_the_reply(void **state) {
    struct rig *r = *state;
    struct session *s = &r->sessions[0];
    s->reply.proto = 3;
    static const char *const lines[] = {"SUBSCRIBE c", "PUBLISH c 1", "MULTI",  "PUBLISH c 2",
                                        "PUBLISH c 3", "EXEC",        "DISCARD"};
    batch(r, s, lines, 7);
    assert_string_equal(taken(r, s), ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                                     ":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n1\r\n"
                                     "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n:1\r\n"
                                     ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n2\r\n"
                                     ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n3\r\n"
                                     "-ERR DISCARD without MULTI\r\n");
}

static void own_messages_survive_the_last_unsubscribe(void **state) {
    struct rig *r = *state;
    struct session *s = &r->sessions[0];
    static const char *const lines[] = {"MULTI", "SUBSCRIBE c", "PUBLISH c 1", "UNSUBSCRIBE c", "EXEC"};
    batch(r, s, lines, 5);
    assert_string_equal(taken(r, s), "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n"
                                     "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n:1\r\n"
                                     "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n"
                                     "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\n1\r\n");
    assert_null(s->pubsub);
    assert_false(s->flags & (SESSION_SUBSCRIBED | SESSION_PUSHES_WAIT));
}

static void confirmations_are_not_silenced(void **state) {
    struct rig *r = *state;
    struct session *s = &r->sessions[0];
    s->flags |= SESSION_REPLY_OFF;
    static const char *const lines[] = {"SUBSCRIBE c", "UNSUBSCRIBE c", "UNSUBSCRIBE"};
    batch(r, s, lines, 3);
    assert_string_equal(taken(r, s), "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                                     "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n"
                                     "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    assert_null(s->pubsub);
}

/* --- keyspace events --- */

static void assign_events(struct rig *r, const char *letters) {
    static struct slice pair[2];
    pair[0] = SLICE("notify-keyspace-events");
    pair[1] = slice_of(letters);
    conf_set(r->conf, pair, 2, (struct conf_caller){0}, &r->e.session.reply);
    taken(r, &r->e.session);
}

static void changes_become_messages(void **state) {
    struct rig *r = *state;
    struct session *s = &r->sessions[0];
    pubsub_subscribe(r->ps, s, PUBSUB_PATTERN, SLICE("__key*"));
    engine_run(&r->e, "SET k v");
    assert_string_equal(taken(r, s), "");
    assign_events(r, "KE$");
    engine_run(&r->e, "SET k v");
    assert_string_equal(taken(r, s),
                        "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n"
                        "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n");
    engine_run(&r->e, "DEL k"); /* generic: not asked for */
    assert_string_equal(taken(r, s), "");
    assign_events(r, "g"); /* neither K nor E: nothing at all */
    engine_run(&r->e, "SET k v");
    engine_run(&r->e, "DEL k");
    assert_string_equal(taken(r, s), "");
    assert_int_equal(r->e.keyspace.unit.wanted, 0);
}

static void letters_are_shown_in_order(void **state) {
    static const struct {
        const char *given, *shown;
    } cases[] = {{"", ""},           {"EK", "KE"},     {"KEA", "AKE"}, {"gKE", "gKE"},
                 {"Ag$nmE", "AEmn"}, {"Kmnx", "xKmn"}, {"dK", "dK"}};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf shown = {0};
        assign_events(r, cases[i].given);
        assert_true(conf_print(r->conf, "notify-keyspace-events", &shown));
        assert_string_equal(buf_cstr(&shown), cases[i].shown);
        buf_deinit(&shown);
    }
}

/* --- against the model --- */

struct model {
    bool has[SESSIONS][PUBSUB_KINDS][NAMES];
};

static struct slice name_of(int kind, int i, char *out) {
    int len = kind == PUBSUB_PATTERN ? snprintf(out, 8, "c%d*", i) : snprintf(out, 8, "c%d", i);
    return (struct slice){out, (size_t)len};
}

static size_t expected(const struct model *m, int s, int channel, bool sharded) {
    char text[8], pattern[8];
    size_t count = m->has[s][sharded ? PUBSUB_SHARD : PUBSUB_CHANNEL][channel];
    struct slice name = name_of(PUBSUB_CHANNEL, channel, text);
    for (int p = 0; p < NAMES && !sharded; p++) {
        struct slice glob = name_of(PUBSUB_PATTERN, p, pattern);
        count += m->has[s][PUBSUB_PATTERN][p] && glob_match(glob.ptr, glob.len, name.ptr, name.len, false);
    }
    return count;
}

static size_t messages_of(struct rig *r, struct session *s) {
    size_t count = 0;
    for (const char *at = taken(r, s); (at = strstr(at, "message\r\n")) != NULL; at++)
        count++;
    return count;
}

static void publish_and_compare(struct rig *r, const struct model *m, int channel, bool sharded) {
    char text[8];
    size_t total = 0;
    for (int s = 0; s < SESSIONS; s++)
        total += expected(m, s, channel, sharded);
    assert_int_equal(pubsub_publish(r->ps, name_of(PUBSUB_CHANNEL, channel, text), SLICE("x"), sharded),
                     total);
    for (int s = 0; s < SESSIONS; s++)
        assert_int_equal(messages_of(r, &r->sessions[s]), expected(m, s, channel, sharded));
}

static void compare_counts(struct rig *r, const struct model *m) {
    for (int k = 0; k < PUBSUB_KINDS; k++) {
        size_t names = 0;
        for (int n = 0; n < NAMES; n++) {
            char text[8];
            size_t listeners = 0;
            for (int s = 0; s < SESSIONS; s++)
                listeners += m->has[s][k][n];
            assert_int_equal(pubsub_subscribers(r->ps, k, name_of(k, n, text)), listeners);
            names += listeners > 0;
        }
        assert_int_equal(pubsub_count(r->ps, k), names);
    }
    for (int s = 0; s < SESSIONS; s++) {
        size_t all = 0;
        for (int k = 0; k < PUBSUB_KINDS; k++) {
            size_t count = 0;
            for (int n = 0; n < NAMES; n++)
                count += m->has[s][k][n];
            assert_int_equal(pubsub_session_count(&r->sessions[s], k), count);
            all += count;
        }
        assert_int_equal((r->sessions[s].flags & SESSION_SUBSCRIBED) != 0, all > 0);
        assert_int_equal(r->sessions[s].pubsub != NULL, all > 0);
    }
}

static void random_steps(void **state) {
    struct rig *r = *state;
    struct rng rng = test_rng();
    struct model m = {0};
    for (int i = 0; i < test_rounds(3000); i++) {
        int s = (int)rng_below(&rng, SESSIONS), k = (int)rng_below(&rng, PUBSUB_KINDS),
            n = (int)rng_below(&rng, NAMES);
        char text[8];
        switch (rng_below(&rng, 8)) {
        case 0:
        case 1:
        case 2:
            assert_int_equal(pubsub_subscribe(r->ps, &r->sessions[s], k, name_of(k, n, text)),
                             !m.has[s][k][n]);
            m.has[s][k][n] = true;
            break;
        case 3:
        case 4:
            assert_int_equal(pubsub_unsubscribe(r->ps, &r->sessions[s], k, name_of(k, n, text)),
                             m.has[s][k][n]);
            m.has[s][k][n] = false;
            break;
        case 5:
            if (rng_below(&rng, 10)) break;
            pubsub_session_gone(r->ps, &r->sessions[s]);
            memset(m.has[s], 0, sizeof(m.has[s]));
            break;
        default: publish_and_compare(r, &m, n, rng_below(&rng, 2)); break;
        }
        if (i % 50 == 0) compare_counts(r, &m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_look_as_they_should, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(own_messages_come_after_the_reply, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(own_messages_survive_the_last_unsubscribe, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(confirmations_are_not_silenced, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(changes_become_messages, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(letters_are_shown_in_order, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(random_steps, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
