/* WATCH against a model: EXEC answers null exactly when a watched key changed since, in any way (written,
 * deleted, expired, flushed, swapped away or in), and never for reads or for other keys. */
#include "server/keyspace/watch.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define DATABASES 2
#define KEYS      6
#define SESSIONS  3

struct model_key {
    bool there;
    int64_t deadline; /* INT64_MAX: none */
};

struct watcher {
    struct session session;
    int db;
    bool watching[DATABASES][KEYS];
    bool broken;
};

struct world {
    struct engine e;
    struct rng rng;
    struct model_key keys[DATABASES][KEYS];
    struct watcher watchers[SESSIONS];
};

static bool alive(const struct world *w, int db, int n) {
    const struct model_key *k = &w->keys[db][n];
    return k->there && k->deadline >= w->e.keyspace.now_ms;
}

static void changed(struct world *w, int db, int n) {
    for (int i = 0; i < SESSIONS; i++)
        w->watchers[i].broken |= w->watchers[i].watching[db][n];
}

/* Time passes: keys that were alive until now break their watches. */
static void advance(struct world *w, int64_t ms) {
    bool before[DATABASES][KEYS];
    for (int db = 0; db < DATABASES; db++)
        for (int n = 0; n < KEYS; n++)
            before[db][n] = alive(w, db, n);
    engine_advance(&w->e, ms);
    for (int db = 0; db < DATABASES; db++)
        for (int n = 0; n < KEYS; n++)
            if (before[db][n] && !alive(w, db, n)) changed(w, db, n);
}

/* --- what others do --- */

static void flush(struct world *w, int db) {
    for (int n = 0; n < KEYS; n++) {
        if (alive(w, db, n)) changed(w, db, n);
        w->keys[db][n].there = false;
    }
}

static void disturb(struct world *w) {
    struct engine *e = &w->e;
    int db = (int)rng_below(&w->rng, DATABASES), n = (int)rng_below(&w->rng, KEYS);
    struct model_key *k = &w->keys[db][n];
    bool was_alive = alive(w, db, n);
    int ms = 1 + (int)rng_below(&w->rng, 200);
    engine_runf(e, "SELECT %d", db);
    switch (rng_below(&w->rng, 12)) {
    case 0:
        engine_runf(e, "SET k%d v", n);
        changed(w, db, n);
        *k = (struct model_key){true, INT64_MAX};
        break;
    case 1:
        engine_runf(e, "SET k%d v PX %d", n, ms);
        changed(w, db, n);
        *k = (struct model_key){true, e->keyspace.now_ms + ms};
        break;
    case 2:
        engine_runf(e, "DEL k%d", n);
        if (was_alive) changed(w, db, n);
        k->there = false;
        break;
    case 3:
        engine_runf(e, "PEXPIRE k%d %d", n, ms);
        if (!was_alive) break;
        changed(w, db, n);
        k->deadline = e->keyspace.now_ms + ms;
        break;
    case 4:
        engine_runf(e, "PERSIST k%d", n);
        if (!was_alive || k->deadline == INT64_MAX) break;
        changed(w, db, n);
        k->deadline = INT64_MAX;
        break;
    case 5:
        engine_run(e, "FLUSHDB");
        flush(w, db);
        break;
    case 6:
        engine_run(e, "SWAPDB 0 1");
        for (int i = 0; i < KEYS; i++) {
            if (alive(w, 0, i) || alive(w, 1, i)) {
                changed(w, 0, i);
                changed(w, 1, i);
            }
            struct model_key kept = w->keys[0][i];
            w->keys[0][i] = w->keys[1][i];
            w->keys[1][i] = kept;
        }
        break;
    case 7:
    case 8: advance(w, (int64_t)rng_below(&w->rng, 150)); break;
    default:
        engine_runf(e, "GET k%d", n);
        engine_runf(e, "EXISTS k%d", n);
        engine_runf(e, "TTL k%d", n);
    }
}

/* --- what a watcher does --- */

static const char *run_as(struct world *w, struct watcher *x, const char *line) {
    return engine_run_as(&w->e, &x->session, line);
}

static void forget(struct watcher *x) {
    memset(x->watching, 0, sizeof(x->watching));
    x->broken = false;
}

static void watch_something(struct world *w, struct watcher *x) {
    char line[64];
    x->db = (int)rng_below(&w->rng, DATABASES);
    snprintf(line, sizeof(line), "SELECT %d", x->db);
    run_as(w, x, line);
    int a = (int)rng_below(&w->rng, KEYS), b = (int)rng_below(&w->rng, KEYS);
    snprintf(line, sizeof(line), "WATCH k%d k%d", a, b);
    assert_string_equal(run_as(w, x, line), "+OK\r\n");
    /* Once spoilt it stays so, and needs to watch nothing more. */
    if (!x->broken) x->watching[x->db][a] = x->watching[x->db][b] = true;
}

static void transact(struct world *w, struct watcher *x) {
    switch (rng_below(&w->rng, 6)) {
    case 0: run_as(w, x, "UNWATCH"); break;
    case 1:
        run_as(w, x, "MULTI");
        run_as(w, x, "DISCARD");
        break;
    default:
        run_as(w, x, "MULTI");
        run_as(w, x, "EXISTS nothing");
        assert_string_equal(run_as(w, x, "EXEC"), x->broken ? "*-1\r\n" : "*1\r\n:0\r\n");
    }
    forget(x);
}

static size_t watched_in_model(const struct world *w) {
    size_t count = 0;
    for (int db = 0; db < DATABASES; db++)
        for (int n = 0; n < KEYS; n++) {
            bool any = false;
            for (int i = 0; i < SESSIONS; i++)
                any |= w->watchers[i].watching[db][n];
            count += any;
        }
    return count;
}

static bool any_broken(const struct world *w) {
    bool any = false;
    for (int i = 0; i < SESSIONS; i++)
        any |= w->watchers[i].broken;
    return any;
}

static void random_watches(void **state) {
    struct world *w = calloc(1, sizeof(*w));
    engine_init(&w->e);
    w->rng = test_rng();
    for (int i = 0; i < SESSIONS; i++)
        session_init(&w->watchers[i].session, 10 + (uint64_t)i, keyspace_database(&w->e.keyspace, 0),
                     &w->e.pool, NULL, SESSION_INTERNAL);
    for (int round = test_rounds(20000); round > 0; round--) {
        struct watcher *x = &w->watchers[rng_below(&w->rng, SESSIONS)];
        switch (rng_below(&w->rng, 6)) {
        case 0: watch_something(w, x); break;
        case 1: transact(w, x); break;
        default: disturb(w);
        }
        /* A watch may be broken and not noticed before EXEC, when its key has died of age. */
        if (!any_broken(w)) assert_int_equal(watch_key_count(&w->e.keyspace), watched_in_model(w));
    }
    for (int i = 0; i < SESSIONS; i++) {
        exec_session_gone(w->e.exec, &w->watchers[i].session);
        session_deinit(&w->watchers[i].session);
        forget(&w->watchers[i]);
    }
    assert_int_equal(watch_key_count(&w->e.keyspace), 0);
    engine_deinit(&w->e);
    free(w);
}

/* A key that was due already when it was watched: that its memory goes is no change. */
static void due_before_it_was_watched(void **state) {
    struct engine e;
    engine_init(&e);
    engine_run(&e, "SET a 1 PX 10");
    engine_advance(&e, 20);
    struct database *db = keyspace_database(&e.keyspace, 0);
    watch_add(&e.keyspace, &e.session, db, SLICE("a")); /* which does not touch it, as WATCH does not */
    assert_int_equal(database_count(db), 1);
    assert_false(watch_any_due(&e.keyspace, &e.session));
    struct session other;
    session_init(&other, 2, db, &e.pool, NULL, SESSION_INTERNAL);
    engine_run_as(&e, &other, "GET a");
    assert_int_equal(database_count(db), 0);
    assert_false(e.session.flags & SESSION_DIRTY_CAS);
    engine_run_as(&e, &other, "SET a 2");
    assert_true(e.session.flags & SESSION_DIRTY_CAS);
    session_deinit(&other);
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_before_it_was_watched),
        cmocka_unit_test(random_watches),
    };
    return cmocka_run_group_tests_name("keyspace/watch", tests, NULL, NULL);
}
