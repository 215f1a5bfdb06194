/* Expiry against a model: random deadlines, changes, flushes, swaps and steps of time. What is due is gone
 * for every command at once, to the millisecond; its memory is back once expire_step has nothing left to do
 * (but for the 64 ms that a unit of the index lasts); each death is told once. */
#include "server/keyspace/database.h"
#include "server/keyspace/expire.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdlib.h>
#include <string.h>

#define DATABASES 3
#define KEYS      300
#define UNIT_MS   64

struct model_key {
    bool there; /* set and not deleted; it may be due */
    int64_t deadline;
    bool told; /* its death was */
};

struct world {
    struct engine e;
    struct rng rng;
    struct model_key keys[DATABASES][KEYS];
    struct unit_observer observer;
    uint64_t deaths;
};

static int64_t now_of(const struct world *w) {
    return w->e.keyspace.now_ms;
}

static bool due(const struct world *w, const struct model_key *k) {
    return k->there && k->deadline != ENTRY_NO_DEADLINE && k->deadline < now_of(w);
}
static bool alive(const struct world *w, const struct model_key *k) {
    return k->there && !due(w, k);
}

static void on_change(void *owner, const struct change *change) {
    struct world *w = owner;
    assert_string_equal(change->event, "expired");
    int number = 0;
    for (size_t i = 1; i < change->key.len; i++)
        number = number * 10 + change->key.ptr[i] - '0';
    struct model_key *k = &w->keys[change->db->index][number];
    assert_true(due(w, k));
    assert_false(k->told);
    k->told = true;
    w->deaths++;
}

static void world_init(struct world *w) {
    memset(w, 0, sizeof(*w));
    engine_init(&w->e);
    w->rng = test_rng();
    w->observer = (struct unit_observer){w, NOTIFY_EXPIRED, on_change};
    unit_observe(&w->e.keyspace, &w->observer);
}

/* --- one random thing --- */

static int64_t random_delay(struct world *w) {
    switch (rng_below(&w->rng, 4)) {
    case 0: return 1 + (int64_t)rng_below(&w->rng, 5);
    case 1: return 1 + (int64_t)rng_below(&w->rng, 300);
    case 2: return 1 + (int64_t)rng_below(&w->rng, 20000);
    default: return 1 + (int64_t)rng_below(&w->rng, 1000000000000);
    }
}

static void act_on_key(struct world *w, int db, int n) {
    struct engine *e = &w->e;
    struct model_key *k = &w->keys[db][n];
    bool was_alive = alive(w, k), had_deadline = was_alive && k->deadline != ENTRY_NO_DEADLINE;
    int64_t delay = random_delay(w);
    engine_runf(e, "SELECT %d", db);
    switch (rng_below(&w->rng, 9)) {
    case 0:
        engine_runf(e, "SET k%d v", n);
        *k = (struct model_key){true, ENTRY_NO_DEADLINE, false};
        break;
    case 1:
    case 2:
    case 3:
        engine_runf(e, "SET k%d v PX %lld", n, (long long)delay);
        *k = (struct model_key){true, now_of(w) + delay, false};
        break;
    case 4:
        assert_string_equal(engine_runf(e, "PEXPIRE k%d %lld", n, (long long)delay),
                            was_alive ? ":1\r\n" : ":0\r\n");
        if (was_alive) k->deadline = now_of(w) + delay;
        break;
    case 5:
        assert_string_equal(engine_runf(e, "PERSIST k%d", n), had_deadline ? ":1\r\n" : ":0\r\n");
        if (had_deadline) k->deadline = ENTRY_NO_DEADLINE;
        break;
    case 6:
        assert_string_equal(engine_runf(e, "DEL k%d", n), was_alive ? ":1\r\n" : ":0\r\n");
        if (was_alive) k->there = false;
        break;
    case 7: /* in the past: a deletion, and no death */
        assert_string_equal(engine_runf(e, "PEXPIRE k%d 0", n), was_alive ? ":1\r\n" : ":0\r\n");
        if (was_alive) k->there = false;
        break;
    default: assert_string_equal(engine_runf(e, "EXISTS k%d", n), was_alive ? ":1\r\n" : ":0\r\n");
    }
}

static void act_on_all(struct world *w) {
    struct model_key swapped[KEYS];
    int a = (int)rng_below(&w->rng, DATABASES), b = (int)rng_below(&w->rng, DATABASES);
    switch (rng_below(&w->rng, 12)) {
    case 0:
        engine_run(&w->e, "FLUSHALL");
        memset(w->keys, 0, sizeof(w->keys));
        break;
    case 1:
        engine_runf(&w->e, "SELECT %d", a);
        engine_run(&w->e, "FLUSHDB");
        memset(w->keys[a], 0, sizeof(w->keys[a]));
        break;
    default:
        engine_runf(&w->e, "SWAPDB %d %d", a, b);
        memcpy(swapped, w->keys[a], sizeof(swapped));
        memcpy(w->keys[a], w->keys[b], sizeof(swapped));
        memcpy(w->keys[b], swapped, sizeof(swapped));
    }
}

/* --- what must hold --- */

static void check_reads(struct world *w) {
    for (int i = 0; i < 20; i++) {
        int db = (int)rng_below(&w->rng, DATABASES), n = (int)rng_below(&w->rng, KEYS);
        engine_runf(&w->e, "SELECT %d", db);
        assert_string_equal(engine_runf(&w->e, "EXISTS k%d", n),
                            alive(w, &w->keys[db][n]) ? ":1\r\n" : ":0\r\n");
    }
}

/* Nothing is left for expire_step. With `exact`, no deadline lies in the unit under way. */
static void check_purged(struct world *w, bool exact) {
    int64_t soonest = INT64_MAX;
    for (int db = 0; db < DATABASES; db++) {
        struct database *d = keyspace_database(&w->e.keyspace, db);
        size_t living = 0, lately = 0, expiring = 0;
        __int128 sum = 0;
        for (int n = 0; n < KEYS; n++) {
            const struct model_key *k = &w->keys[db][n];
            if (due(w, k)) {
                if (k->deadline < now_of(w) - UNIT_MS) assert_true(k->told);
                lately += !k->told;
            }
            if (!alive(w, k)) continue;
            living++;
            if (k->deadline == ENTRY_NO_DEADLINE) continue;
            expiring++;
            sum += k->deadline;
            if (k->deadline < soonest) soonest = k->deadline;
        }
        assert_int_equal(database_count(d), living + lately);
        assert_int_equal(database_expiring(d), expiring + lately);
        if (!exact) continue;
        assert_int_equal(lately, 0);
        int64_t mean = expiring ? (int64_t)(sum / (__int128)expiring) - now_of(w) : 0;
        assert_int_equal(database_avg_ttl(d, now_of(w)), mean);
    }
    int64_t next = expire_next_ms(&w->e.keyspace);
    assert_true(next > now_of(w));
    if (soonest != INT64_MAX && exact) assert_true(next <= soonest + UNIT_MS);
    assert_int_equal(w->deaths, w->e.keyspace.stats.expired_keys);
    if (exact) assert_true(expire_stale_percent(&w->e.keyspace) == 0);
}

static void purge(struct world *w) {
    int steps = 0;
    while (expire_step(&w->e.keyspace, 1 + rng_below(&w->rng, 8))) {
        unit_end(&w->e.keyspace, NULL);
        assert_true(++steps < 100000);
    }
    unit_end(&w->e.keyspace, NULL);
}

static void due_keys_go_at_once_and_their_memory_soon(void **state) {
    struct world *w = malloc(sizeof(*w));
    world_init(w);
    for (int round = test_rounds(400); round > 0; round--) {
        for (int i = (int)rng_below(&w->rng, 80); i > 0; i--)
            act_on_key(w, (int)rng_below(&w->rng, DATABASES), (int)rng_below(&w->rng, KEYS));
        if (rng_below(&w->rng, 5) == 0) act_on_all(w);
        engine_advance(&w->e, random_delay(w) % 30000);
        check_reads(w);
        if (rng_below(&w->rng, 2)) { /* sometimes part of it only */
            expire_step(&w->e.keyspace, rng_below(&w->rng, 3));
            unit_end(&w->e.keyspace, NULL);
            continue;
        }
        purge(w);
        check_purged(w, false);
    }
    /* Far from every deadline but the longest. */
    engine_advance(&w->e, 40000);
    purge(w);
    engine_advance(&w->e, 2 * UNIT_MS);
    purge(w);
    check_purged(w, true);
    engine_deinit(&w->e);
    free(w);
}

/* Many that die together go in bounded steps, and the share that waits is told. */
static void a_crowd_dies_in_steps(void **state) {
    struct engine e;
    engine_init(&e);
    for (int i = 0; i < 20000; i++)
        engine_runf(&e, "SET key:%d value PX %d", i, 100 + i % 100);
    int64_t full = e.account.used;
    engine_advance(&e, 1000);
    assert_true(expire_stale_percent(&e.keyspace) == 100);
    assert_string_equal(engine_run(&e, "EXISTS key:1 key:2 key:19999"), ":0\r\n");
    size_t steps = 0, before = database_count(e.session.db);
    while (expire_step(&e.keyspace, 16)) {
        size_t now = database_count(e.session.db);
        assert_true(now <= before && before - now <= 16 * 40); /* buckets of five; chains are short */
        before = now;
        steps++;
    }
    assert_true(steps > 100);
    assert_int_equal(database_count(e.session.db), 0);
    assert_int_equal(e.keyspace.stats.expired_keys, 20000);
    assert_true(e.account.used < full / 8);
    engine_deinit(&e);
}

static void it_can_be_turned_off(void **state) {
    struct engine e;
    engine_init(&e);
    engine_run(&e, "SET a 1 PX 10");
    e.keyspace.active_expire = false;
    engine_advance(&e, 1000);
    assert_int_equal(expire_next_ms(&e.keyspace), INT64_MAX);
    assert_false(expire_step(&e.keyspace, 100));
    assert_int_equal(database_count(e.session.db), 1);
    e.keyspace.expire_on_access = false; /* a replica: gone for readers, kept until its primary says so */
    assert_string_equal(engine_run(&e, "DBSIZE"), ":1\r\n");
    e.keyspace.active_expire = e.keyspace.expire_on_access = true;
    assert_string_equal(engine_run(&e, "GET a"), "$-1\r\n");
    assert_int_equal(database_count(e.session.db), 0);
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_can_be_turned_off),
        cmocka_unit_test(a_crowd_dies_in_steps),
        cmocka_unit_test(due_keys_go_at_once_and_their_memory_soon),
    };
    return cmocka_run_group_tests_name("keyspace/expire", tests, NULL, NULL);
}
