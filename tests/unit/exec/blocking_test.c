/* Blocking: who is served, in which order, with what; against a model that is told every step.
 *
 * The model can be made wrong on purpose (struct plant): a test that then still agrees would prove nothing.
 */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/waiting.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

#define WAITERS 6

struct rig {
    struct engine e;
    struct session waiters[WAITERS];
};

static void rig_init(struct rig *r) {
    engine_init(&r->e);
    for (int i = 0; i < WAITERS; i++)
        session_init(&r->waiters[i], 10 + (uint64_t)i, keyspace_database(&r->e.keyspace, 0), &r->e.pool, NULL,
                     0);
}

static void rig_deinit(struct rig *r) {
    for (int i = 0; i < WAITERS; i++) {
        exec_session_gone(r->e.exec, &r->waiters[i]);
        session_deinit(&r->waiters[i]);
    }
    assert_int_equal(r->e.keyspace.waiting.key_count, 0);
    assert_int_equal(r->e.keyspace.waiting.timeout_count, 0);
    engine_deinit(&r->e);
}

static int rig_up(void **state) {
    struct rig *r = mem_zalloc(sizeof(*r));
    rig_init(r);
    *state = r;
    return 0;
}

static int rig_down(void **state) {
    rig_deinit(*state);
    mem_free(*state);
    return 0;
}

/* What a session was told since the last question; borrowed until then. */
static const char *heard(struct rig *r, struct session *s) {
    buf_clear(&r->e.reply);
    struct resp_chunk *chain = resp_writer_take(&s->reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&r->e.reply, c->bytes, c->len);
    resp_chunks_return(&r->e.pool, chain);
    return buf_cstr(&r->e.reply);
}

static void waits(struct rig *r, int i, const char *line) {
    assert_string_equal(engine_run_as(&r->e, &r->waiters[i], line), "");
    assert_true(r->waiters[i].flags & SESSION_BLOCKED);
}

static void hears(struct rig *r, int i, const char *text) {
    assert_string_equal(heard(r, &r->waiters[i]), text);
    assert_false(r->waiters[i].flags & SESSION_BLOCKED);
}

static void still_waits(struct rig *r, int i) {
    assert_string_equal(heard(r, &r->waiters[i]), "");
    assert_true(r->waiters[i].flags & SESSION_BLOCKED);
}

#define ONE_FROM(key, member) "*3\r\n$1\r\n" key "\r\n$1\r\n" member "\r\n$1\r\n1\r\n"

/* --- one thing at a time --- */

static void first_come_first_served(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    waits(r, 1, "BZPOPMIN b a 0");
    waits(r, 2, "BZPOPMIN a 0");
    engine_run(&r->e, "ZADD a 1 x");
    hears(r, 0, ONE_FROM("a", "x"));
    still_waits(r, 1);
    engine_run(&r->e, "ZADD a 1 x 1 y");
    hears(r, 1, ONE_FROM("a", "x"));
    hears(r, 2, ONE_FROM("a", "y"));
    assert_string_equal(engine_run(&r->e, "EXISTS a"), ":0\r\n");
}

static void nobody_is_served_within_a_transaction(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "ZADD a 1 x");
    engine_run(&r->e, "DEL a");
    engine_run(&r->e, "EXEC");
    still_waits(r, 0);
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "DEL a");
    engine_run(&r->e, "ZADD a 1 x");
    engine_run(&r->e, "EXEC");
    hears(r, 0, ONE_FROM("a", "x"));
}

static void keys_come_by_many_ways(void **state) {
    static const char *const ways[][2] = {
        {"ZADD b 1 x", "RENAME b a"},
        {"ZADD b 1 x", "COPY b a"},
        {"ZADD b 1 x", "ZUNIONSTORE a 1 b"},
        {"ZADD b 1 x", "ZRANGESTORE a b 0 -1"},
    };
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        waits(r, 0, "BZPOPMIN a 0");
        engine_run(&r->e, ways[i][0]);
        still_waits(r, 0);
        engine_run(&r->e, ways[i][1]);
        hears(r, 0, ONE_FROM("a", "x"));
        engine_run(&r->e, "FLUSHALL");
    }
}

static void other_databases_do_not_matter_until_they_come(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    engine_run(&r->e, "SELECT 1");
    engine_run(&r->e, "ZADD a 1 x");
    still_waits(r, 0);
    engine_run(&r->e, "SWAPDB 0 1");
    hears(r, 0, ONE_FROM("a", "x"));
    waits(r, 0, "BZPOPMIN a 0");
    engine_run(&r->e, "ZADD a 1 x");
    engine_run(&r->e, "MOVE a 0");
    hears(r, 0, ONE_FROM("a", "x"));
}

static void a_key_of_another_type_serves_nobody(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a b 0");
    engine_run(&r->e, "SET a text");
    still_waits(r, 0);
    engine_run(&r->e, "ZADD b 1 x"); /* the command runs again whole, and meets the string first */
    hears(r, 0, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    assert_string_equal(engine_run(&r->e, "ZCARD b"), ":1\r\n");
}

static void a_due_key_serves_nobody(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "ZADD a 1 x");
    engine_run(&r->e, "PEXPIREAT a 1");
    engine_run(&r->e, "EXEC");
    still_waits(r, 0);
}

static void time_that_a_unit_slept_has_passed_behind_it(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "ZADD a 1 x");
    engine_run(&r->e, "PEXPIRE a 100");
    r->e.keyspace.slept_ms = 101; /* as if by a DEBUG SLEEP in the transaction */
    engine_run(&r->e, "EXEC");
    still_waits(r, 0);
    engine_run(&r->e, "ZADD a 1 x");
    hears(r, 0, ONE_FROM("a", "x"));
}

static void timeouts_answer_null_in_both_protocols(void **state) {
    struct rig *r = *state;
    r->waiters[1].reply.proto = 3;
    waits(r, 0, "BZPOPMIN a 0.2");
    waits(r, 1, "BZMPOP 0.1 1 a MIN");
    waits(r, 2, "BZPOPMIN a 0");
    assert_int_equal(exec_next_due_ms(r->e.exec), r->e.keyspace.now_ms + 100);
    engine_advance(&r->e, 99);
    exec_run_due(r->e.exec);
    still_waits(r, 1);
    engine_advance(&r->e, 1);
    exec_run_due(r->e.exec);
    hears(r, 1, "_\r\n");
    still_waits(r, 0);
    engine_advance(&r->e, 100);
    exec_run_due(r->e.exec);
    hears(r, 0, "*-1\r\n");
    still_waits(r, 2);
    assert_int_equal(exec_next_due_ms(r->e.exec), INT64_MAX);
}

static void transactions_do_not_wait(void **state) {
    struct rig *r = *state;
    engine_run(&r->e, "MULTI");
    engine_run(&r->e, "BZPOPMIN a 0");
    engine_run(&r->e, "BZMPOP 1 2 a b MAX COUNT 3");
    assert_string_equal(engine_run(&r->e, "EXEC"), "*2\r\n*-1\r\n*-1\r\n");
}

static void unblocking_answers_as_asked(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a 0");
    waits(r, 1, "BZPOPMIN a 5");
    assert_true(exec_unblock(r->e.exec, &r->waiters[0], false));
    assert_true(exec_unblock(r->e.exec, &r->waiters[1], true));
    hears(r, 0, "*-1\r\n");
    hears(r, 1, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    assert_false(exec_unblock(r->e.exec, &r->waiters[0], false));
    engine_run(&r->e, "ZADD a 1 x");
    hears(r, 0, "");
}

static void silent_sessions_are_served_silently(void **state) {
    struct rig *r = *state;
    struct slice argv[] = {SLICE("BZPOPMIN"), SLICE("a"), SLICE("0")};
    struct exec_request request = {.session = &r->waiters[0], .argv = argv, .argc = 3};
    r->waiters[0].flags |= SESSION_REPLY_SKIP_NEXT;
    assert_int_equal(exec_batch(r->e.exec, &request, 1, 0), 1);
    still_waits(r, 0);
    engine_run(&r->e, "ZADD a 1 x");
    hears(r, 0, "");
    assert_string_equal(engine_run(&r->e, "EXISTS a"), ":0\r\n");
    assert_string_equal(engine_run_as(&r->e, &r->waiters[0], "EXISTS a"), ":0\r\n");
}

static void who_goes_waits_no_more(void **state) {
    struct rig *r = *state;
    waits(r, 0, "BZPOPMIN a b a 0");
    waits(r, 1, "BZPOPMIN a 1");
    assert_int_equal(r->e.keyspace.waiting.key_count, 2);
    exec_session_gone(r->e.exec, &r->waiters[0]);
    assert_int_equal(r->e.keyspace.waiting.key_count, 1);
    engine_run(&r->e, "ZADD a 1 x");
    hears(r, 1, ONE_FROM("a", "x"));
    assert_int_equal(r->e.keyspace.waiting.key_count, 0);
    assert_int_equal(r->e.keyspace.waiting.session_count, 0);
}

/* --- the journal, and the gate --- */

struct journal {
    struct buf text;
    uint64_t position;
};

static uint64_t append(void *owner, int db_index, const struct slice *argv, int argc) {
    struct journal *j = owner;
    for (int i = 0; i < argc; i++)
        buf_printf(&j->text, "%s%.*s", i ? " " : "", (int)argv[i].len, argv[i].ptr);
    buf_append_char(&j->text, ';');
    return j->position += 10;
}

static void what_a_woken_one_does_comes_behind_its_waker(void **state) {
    struct rig *r = *state;
    struct journal journal = {0};
    struct journal_sink sink = {&journal, append};
    unit_set_journal(&r->e.keyspace, &sink);
    waits(r, 0, "BZPOPMAX a 0");
    waits(r, 1, "BZMPOP 0 2 b a MIN COUNT 7");
    engine_run(&r->e, "ZADD a 1 x 2 y 3 z");
    assert_string_equal(buf_cstr(&journal.text), "ZADD a 1 x 2 y 3 z;ZPOPMAX a;ZPOPMIN a 2;");
    buf_deinit(&journal.text);
}

static void a_woken_one_waits_for_its_wakers_position(void **state) {
    struct rig *r = *state;
    struct journal journal = {0};
    struct journal_sink sink = {&journal, append};
    unit_set_journal(&r->e.keyspace, &sink);
    struct commit_gate *gate = exec_commit_gate(r->e.exec);
    commit_gate_promise(gate, true);
    waits(r, 0, "BZPOPMIN s a 0");
    assert_true(commit_gate_open(gate, &r->waiters[0]));
    engine_run(&r->e, "SET s text");
    engine_run(&r->e, "ZADD a 1 x"); /* the woken command fails: it writes nothing, and tells of SET */
    assert_false(commit_gate_open(gate, &r->waiters[0]));
    commit_gate_advance(gate, 10);
    assert_false(commit_gate_open(gate, &r->waiters[0]));
    commit_gate_advance(gate, 20);
    assert_true(commit_gate_open(gate, &r->waiters[0]));
    commit_gate_promise(gate, false);
    buf_deinit(&journal.text);
}

/* --- statistics and observers --- */

struct witness {
    int before, after;
};
static bool always(void *owner) {
    return true;
}
static void saw_before(void *owner, const struct call *call) {
    ((struct witness *)owner)->before += call->session->id >= 10;
}
static void saw_after(void *owner, const struct call *call, int64_t took_us) {
    ((struct witness *)owner)->after += call->session->id >= 10;
}

static void a_blocked_command_is_told_and_counted_once(void **state) {
    struct rig *r = *state;
    static struct witness w;
    static struct exec_observer observer; /* for good */
    observer =
        (struct exec_observer){.owner = &w, .active = always, .before = saw_before, .after = saw_after};
    exec_add_observer(r->e.exec, &observer);
    waits(r, 0, "BZPOPMIN a 0");
    waits(r, 1, "BZPOPMIN b 0.001");
    assert_int_equal(exec_stats(r->e.exec)->commands, 0);
    assert_int_equal(w.before, 2);
    assert_int_equal(w.after, 0);
    engine_run(&r->e, "ZADD a 1 x");
    assert_int_equal(exec_stats(r->e.exec)->commands, 2);
    engine_advance(&r->e, 1);
    exec_run_due(r->e.exec);
    assert_int_equal(exec_stats(r->e.exec)->commands, 3);
    assert_int_equal(w.before, 2);
    assert_int_equal(w.after, 2);
}

/* --- the model --- */

#define KEYS        4
#define MEMBERS_MAX 64
#define STEPS       400

enum plant { SOUND, NEWEST_FIRST, KEYS_BACKWARDS, ONE_PER_CHANGE, PLANTS };

struct model_key {
    bool text;                       /* holds a string */
    int members[MEMBERS_MAX], count; /* of a sorted set: ascending scores, which name the members */
};

struct model_waiter {
    bool waits;
    enum { POP_MIN, POP_MAX, MPOP_MIN } command;
    int keys[3], key_count;
    int64_t until_ms;
    uint64_t since;
    struct buf hears;
};

struct model {
    enum plant plant;
    struct model_key keys[KEYS];
    struct model_waiter waiters[WAITERS];
    uint64_t begun;
    int ready[64], ready_count;
    int next_score;
};

static void take(struct model_key *k, bool highest, struct buf *out) {
    int score = k->members[highest ? k->count - 1 : 0];
    if (!highest) memmove(k->members, k->members + 1, sizeof(int) * (size_t)(k->count - 1));
    k->count--;
    char digits[16];
    int len = snprintf(digits, sizeof(digits), "%d", score);
    buf_printf(out, "$%d\r\n%s\r\n$%d\r\n%s\r\n", len, digits, len, digits);
}

/* The waiter's command, whole; false: nothing to serve. */
static bool model_run(struct model *m, struct model_waiter *w) {
    for (int i = 0; i < w->key_count; i++) {
        struct model_key *k = &m->keys[w->keys[i]];
        if (k->text) {
            buf_append_str(&w->hears,
                           "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
            return true;
        }
        if (k->count) {
            if (w->command == MPOP_MIN) {
                int n = k->count < 2 ? k->count : 2;
                buf_printf(&w->hears, "*2\r\n$1\r\n%c\r\n*%d\r\n", 'a' + w->keys[i], n);
                while (n--) {
                    buf_append_str(&w->hears, "*2\r\n");
                    take(k, false, &w->hears);
                }
            } else {
                buf_printf(&w->hears, "*3\r\n$1\r\n%c\r\n", 'a' + w->keys[i]);
                take(k, w->command == POP_MAX, &w->hears);
            }
            return true;
        }
    }
    return false;
}

static bool wants(const struct model_waiter *w, int key) {
    for (int i = 0; i < w->key_count; i++)
        if (w->waits && w->keys[i] == key) return true;
    return false;
}

static struct model_waiter *next_for(struct model *m, int key) {
    struct model_waiter *best = NULL;
    for (int i = 0; i < WAITERS; i++) {
        struct model_waiter *w = &m->waiters[i];
        if (!wants(w, key)) continue;
        bool sooner = best && (m->plant == NEWEST_FIRST ? w->since > best->since : w->since < best->since);
        if (best == NULL || sooner) best = w;
    }
    return best;
}

static void model_serve(struct model *m) {
    for (int r = 0; r < m->ready_count; r++) {
        int key = m->ready[m->plant == KEYS_BACKWARDS ? m->ready_count - 1 - r : r];
        struct model_waiter *w;
        while (m->keys[key].count && (w = next_for(m, key)) != NULL) {
            if (!model_run(m, w)) break;
            w->waits = false;
            if (m->plant == ONE_PER_CHANGE) break;
        }
    }
    m->ready_count = 0;
}

static void touch(struct model *m, int key) {
    for (int i = 0; i < m->ready_count; i++)
        if (m->ready[i] == key) return;
    m->ready[m->ready_count++] = key;
}

/* --- steps of both --- */

static void change(struct rig *r, struct model *m, struct rng *rng) {
    int at = (int)rng_below(rng, KEYS), to = (int)rng_below(rng, KEYS);
    struct model_key *k = &m->keys[at];
    switch (rng_below(rng, 8)) {
    case 0:
        engine_runf(&r->e, "SET %c text", 'a' + at);
        *k = (struct model_key){.text = true};
        break;
    case 1:
        engine_runf(&r->e, "DEL %c", 'a' + at);
        *k = (struct model_key){0};
        break;
    case 2:
        engine_runf(&r->e, "RENAME %c %c", 'a' + at, 'a' + to);
        if (at != to && (k->text || k->count)) {
            if (k->count) touch(m, to);
            m->keys[to] = *k;
            *k = (struct model_key){0};
        }
        break;
    default:
        for (int n = 1 + (int)rng_below(rng, 3); n > 0 && !k->text && k->count < MEMBERS_MAX; n--) {
            engine_runf(&r->e, "ZADD %c %d %d", 'a' + at, m->next_score, m->next_score);
            k->members[k->count++] = m->next_score++;
            touch(m, at);
            if (!(r->e.session.flags & SESSION_MULTI)) break; /* served in between: one is enough */
        }
    }
}

static void transaction(struct rig *r, struct model *m, struct rng *rng) {
    engine_run(&r->e, "MULTI");
    for (int n = 1 + (int)rng_below(rng, 4); n > 0; n--)
        change(r, m, rng);
    engine_run(&r->e, "EXEC");
}

static void begin_waiting(struct rig *r, struct model *m, struct rng *rng, int i) {
    struct model_waiter *w = &m->waiters[i];
    w->command = (int)rng_below(rng, 3);
    w->key_count = 1 + (int)rng_below(rng, 3);
    char keys[16] = "";
    for (int k = 0; k < w->key_count; k++) {
        w->keys[k] = (int)rng_below(rng, KEYS); /* the same one twice is fine */
        sprintf(keys + 2 * k, "%c ", 'a' + w->keys[k]);
    }
    int64_t ms = rng_below(rng, 2) ? 0 : 1 + (int64_t)rng_below(rng, 60);
    char line[64], seconds[16];
    snprintf(seconds, sizeof(seconds), "%.3f", (double)ms / 1000);
    if (w->command == MPOP_MIN)
        snprintf(line, sizeof(line), "BZMPOP %s %d %sMIN COUNT 2", seconds, w->key_count, keys);
    else
        snprintf(line, sizeof(line), "BZPOP%s %s%s", w->command == POP_MAX ? "MAX" : "MIN", keys, seconds);
    const char *reply = engine_run_as(&r->e, &r->waiters[i], line);
    if (model_run(m, w)) {
        assert_string_equal(reply, buf_cstr(&w->hears));
        buf_clear(&w->hears);
        return;
    }
    assert_string_equal(reply, "");
    w->waits = true;
    w->since = m->begun++;
    w->until_ms = ms ? r->e.keyspace.now_ms + ms : INT64_MAX;
}

static void pass_time(struct rig *r, struct model *m, struct rng *rng) {
    engine_advance(&r->e, 1 + (int64_t)rng_below(rng, 20));
    exec_run_due(r->e.exec);
    for (int i = 0; i < WAITERS; i++) {
        struct model_waiter *w = &m->waiters[i];
        if (!w->waits || w->until_ms > r->e.keyspace.now_ms) continue;
        w->waits = false;
        buf_append_str(&w->hears, "*-1\r\n");
    }
}

static void disturb(struct rig *r, struct model *m, struct rng *rng, int i) {
    struct model_waiter *w = &m->waiters[i];
    bool error = rng_below(rng, 2);
    if (rng_below(rng, 4) == 0) {
        exec_session_gone(r->e.exec, &r->waiters[i]);
    } else {
        assert_int_equal(exec_unblock(r->e.exec, &r->waiters[i], error), w->waits);
        if (w->waits)
            buf_append_str(&w->hears,
                           error ? "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n" : "*-1\r\n");
    }
    w->waits = false;
}

/* False as soon as somebody hears something else than the model says. */
static bool agree(struct rig *r, struct model *m) {
    bool same = true;
    for (int i = 0; i < WAITERS; i++) {
        const char *told = heard(r, &r->waiters[i]);
        if (strcmp(told, buf_cstr(&m->waiters[i].hears)) != 0) same = false;
        if (((r->waiters[i].flags & SESSION_BLOCKED) != 0) != m->waiters[i].waits) same = false;
        if (!same && m->plant == SOUND)
            printf("waiter %d heard '%s', not '%s'\n", i, told, buf_cstr(&m->waiters[i].hears));
        buf_clear(&m->waiters[i].hears);
    }
    return same;
}

static bool run(struct rng *rng, enum plant plant) {
    struct rig *r = mem_zalloc(sizeof(*r));
    struct model *m = mem_zalloc(sizeof(*m));
    rig_init(r);
    m->plant = plant;
    m->next_score = 1;
    bool same = true;
    for (int step = 0; step < STEPS && same; step++) {
        int i = (int)rng_below(rng, WAITERS);
        switch (rng_below(rng, 8)) {
        case 0: pass_time(r, m, rng); break;
        case 1: disturb(r, m, rng, i); break;
        case 2:
        case 3: change(r, m, rng); break;
        case 4: transaction(r, m, rng); break;
        default:
            if (!m->waiters[i].waits) begin_waiting(r, m, rng, i);
            break;
        }
        model_serve(m);
        same = agree(r, m);
    }
    for (int i = 0; i < WAITERS; i++)
        buf_deinit(&m->waiters[i].hears);
    rig_deinit(r);
    mem_free(m);
    mem_free(r);
    return same;
}

static void random_steps_agree_with_the_model(void **state) {
    struct rng rng = test_rng();
    for (int round = test_rounds(200); round > 0; round--)
        assert_true(run(&rng, SOUND));
}

static void each_planted_error_is_found(void **state) {
    struct rng rng = test_rng();
    for (enum plant plant = SOUND + 1; plant < PLANTS; plant++) {
        bool found = false;
        for (int tries = 50; tries > 0 && !found; tries--)
            found = !run(&rng, plant);
        if (!found) print_error("plant %d was not found\n", plant);
        assert_true(found);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_come_first_served, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(nobody_is_served_within_a_transaction, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(keys_come_by_many_ways, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(other_databases_do_not_matter_until_they_come, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_key_of_another_type_serves_nobody, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_due_key_serves_nobody, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(time_that_a_unit_slept_has_passed_behind_it, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(timeouts_answer_null_in_both_protocols, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(transactions_do_not_wait, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(unblocking_answers_as_asked, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(silent_sessions_are_served_silently, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(who_goes_waits_no_more, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(what_a_woken_one_does_comes_behind_its_waker, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_woken_one_waits_for_its_wakers_position, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_blocked_command_is_told_and_counted_once, rig_up, rig_down),
        cmocka_unit_test(random_steps_agree_with_the_model),
        cmocka_unit_test(each_planted_error_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
