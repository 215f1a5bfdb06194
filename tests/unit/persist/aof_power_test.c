/* The whole append-only file on a disk that fails: power cuts, kills, full disks, syncs that fail.
 *
 * Each command of the load is a transaction that counts itself: MULTI, SET seq n, a change, EXEC. So what was
 * recovered tells by `seq` how far it goes, and must be what the first n changes make, no less than what was
 * acknowledged. A change counts as acknowledged when the commit gate is open for it. */
#include "common/base/mem.h"
#include "common/io/sim.h"
#include "server/keyspace/walk.h"
#include "server/persist/aof.h"
#include "server/persist/persist.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <errno.h>
#include <stdio.h>

#include <stdlib.h>

#define KEYS        12
#define CHANGES_MAX 600

struct change_made {
    int key, kind;
    uint64_t position;
    bool acknowledged;
    int64_t acknowledged_us;
};

struct rig {
    struct rng rng;
    struct sim_world *world;
    struct io *io;
    struct engine e;
    struct loading loading;
    struct persist persist;
    struct aof aof;
    char *dir;
    struct change_made made[CHANGES_MAX + 1]; /* from 1 */
    int count, acknowledged;                  /* acknowledged: all up to here */
    int least;                                /* must be there after the next start */
    bool told_failed;
    bool quiet; /* no more load */
};

static void note_failure(void *owner, const char *error) {
    assert_non_null(strstr(error, "MISCONF"));
    ((struct rig *)owner)->told_failed = true;
}

/* --- life of the one server --- */

static void boot(struct rig *r, const char *policy) {
    engine_init(&r->e);
    if (getenv("TORC_TEST_ONE_SEED")) r->e.log.level = LOG_LEVEL_NOTICE;
    aof_register_options(&r->aof, r->e.conf);
    persist_register_options(&r->persist, r->e.conf);
    struct conf_error err;
    assert_true(conf_assign(r->e.conf, "appendonly", "yes", &err));
    assert_true(conf_assign(r->e.conf, "appendfsync", policy, &err));
    assert_true(conf_assign(r->e.conf, "aof-use-rdb-preamble", rng_below(&r->rng, 2) ? "yes" : "no", &err));
    r->dir = "/data";
    r->persist.io = r->io;
    r->persist.keyspace = &r->e.keyspace;
    r->persist.log = &r->e.log;
    r->persist.folder = &r->dir;
    persist_start(&r->persist, r->e.exec, false);
    struct aof_parts parts = {.io = r->io,
                              .log = &r->e.log,
                              .keyspace = &r->e.keyspace,
                              .exec = r->e.exec,
                              .pool = &r->e.pool,
                              .loading = &r->loading,
                              .persist = &r->persist,
                              .dir = (const char *const *)&r->dir};
    keyspace_set_now(&r->e.keyspace, io_wall_us(r->io) / 1000);
    struct commit_gate *gate = exec_commit_gate(r->e.exec);
    gate->failed = note_failure;
    gate->owner = r;
    aof_init(&r->aof, &parts, NULL);
    assert_true(aof_start(&r->aof));
}

static void go_down(struct rig *r) {
    if (r->e.keyspace.walk) walk_destroy(&r->e.keyspace);
    aof_deinit(&r->aof);
    exec_commit_gate(r->e.exec)->failed = NULL;
    engine_deinit(&r->e);
    memset(&r->aof, 0, sizeof(r->aof));
    persist_deinit(&r->persist);
    memset(&r->persist, 0, sizeof(r->persist));
    memset(&r->loading, 0, sizeof(r->loading));
}

/* --- the load --- */

static void change(struct rig *r) {
    if (r->count == CHANGES_MAX) return;
    struct change_made c = {.key = (int)rng_below(&r->rng, KEYS), .kind = (int)rng_below(&r->rng, 4)};
    int n = r->count + 1;
    engine_run(&r->e, "MULTI");
    if (strncmp(engine_runf(&r->e, "SET seq %d", n), "+QUEUED", 7) != 0) {
        engine_run(&r->e, "DISCARD");
        return; /* refused */
    }
    switch (c.kind) {
    case 0: engine_runf(&r->e, "SET k%d %d", c.key, n); break;
    case 1: engine_runf(&r->e, "DEL k%d", c.key); break;
    case 2: engine_runf(&r->e, "SET k%d %d PX 100000000", c.key, n); break;
    default: engine_runf(&r->e, "SADD set%d %d", c.key, n);
    }
    if (strncmp(engine_run(&r->e, "EXEC"), "*2", 2) != 0) return;
    c.position = r->e.keyspace.unit.journal_position;
    r->made[++r->count] = c;
}

static void note_acknowledged(struct rig *r) {
    struct commit_gate *gate = exec_commit_gate(r->e.exec);
    if (!gate->promised) return;
    if (r->told_failed) { /* everything that waited got an error */
        r->told_failed = false;
        r->acknowledged = r->count;
    }
    if (gate->suspended) return;
    while (r->acknowledged < r->count && r->made[r->acknowledged + 1].position <= gate->safe) {
        struct change_made *c = &r->made[++r->acknowledged];
        c->acknowledged = true;
        c->acknowledged_us = io_now_us(r->io);
    }
}

static void turn(void *owner) {
    struct rig *r = owner;
    io_turn(r->io, r->quiet ? -1 : (int64_t)rng_below(&r->rng, 3000));
    keyspace_set_now(&r->e.keyspace, io_wall_us(r->io) / 1000);
    note_acknowledged(r);
    if (aof_is_loading(&r->aof)) {
        while (aof_load_some(&r->aof)) {
        }
    } else if (!r->quiet) {
        for (unsigned i = (unsigned)rng_below(&r->rng, 4); i > 0; i--)
            change(r);
        if (rng_below(&r->rng, 60) == 0) {
            r->aof.rewrite_wanted = true;
        }
    }
    aof_turn(&r->aof);
    while (walk_due(&r->e.keyspace) && rng_below(&r->rng, 4))
        walk_step(&r->e.keyspace, 1 + (size_t)rng_below(&r->rng, 3));
    note_acknowledged(r);
}

static void run_for(struct rig *r, int64_t us) {
    sim_set_turn(r->io, turn, r);
    sim_run_until(r->world, sim_now_us(r->world) + us);
}

/* --- what must be there --- */

static void expect_recovered(struct rig *r, int least) {
    int n = 0;
    sscanf(engine_run(&r->e, "GET seq"), "$%*d\r\n%d", &n);
    if (n < least) fail_msg("recovered %d of %d changes, %d were promised", n, r->count, least);
    assert_true(n <= r->count);
    for (int k = 0; k < KEYS; k++) {
        int last = 0, members = 0;
        for (int i = 1; i <= n; i++) {
            if (r->made[i].key != k) continue;
            if (r->made[i].kind < 3) last = r->made[i].kind == 1 ? 0 : i;
            members += r->made[i].kind == 3;
        }
        char expected[64], digits[16];
        int len = snprintf(digits, sizeof(digits), "%d", last);
        snprintf(expected, sizeof(expected), last ? "$%d\r\n%s\r\n" : "$-1\r\n", len, digits);
        assert_string_equal(engine_runf(&r->e, "GET k%d", k), expected);
        snprintf(expected, sizeof(expected), ":%d\r\n", members);
        assert_string_equal(engine_runf(&r->e, "SCARD set%d", k), expected);
    }
    /* what was not recovered never was */
    r->count = r->acknowledged = n;
}

/* The last change that must have survived. With everysec the two seconds end now, or where the last change
 * was acknowledged before a sync failed: what that one was to save is saved by the new base only. */
static int promised(const struct rig *r, const char *policy, bool power_cut) {
    int last = 0;
    int64_t end_us = io_now_us(r->io);
    if (!r->aof.published) end_us = r->acknowledged ? r->made[r->acknowledged].acknowledged_us : 0;
    for (int i = 1; i <= r->count; i++) {
        if (!r->made[i].acknowledged) continue;
        bool old = end_us - r->made[i].acknowledged_us > 2000000;
        if (!power_cut || *policy == 'a' || (*policy == 'e' && old)) last = i;
    }
    return last;
}

static void stop_turn(void *owner) {
    struct rig *r = owner;
    io_turn(r->io, 1000);
    keyspace_set_now(&r->e.keyspace, io_wall_us(r->io) / 1000);
    r->quiet = aof_stop(&r->aof);
}

/* The module lets go of the dead disk; nothing of that reaches it. */
static void bury(struct rig *r) {
    sim_disk_switch(r->io, false);
    r->quiet = false;
    sim_set_turn(r->io, stop_turn, r);
    for (int i = 0; i < 100000 && !r->quiet; i++)
        sim_step(r->world);
    assert_true(r->quiet);
    sim_run_until(r->world, sim_now_us(r->world) + 1000000);
    go_down(r);
    sim_disk_kill(r->io);
    sim_disk_switch(r->io, true);
}

static void disturb(struct rig *r) {
    unsigned count = 1 + (unsigned)rng_below(&r->rng, 3);
    switch (rng_below(&r->rng, 6)) {
    case 0: sim_disk_fail(r->io, SIM_DISK_WRITE, ENOSPC, (unsigned)rng_below(&r->rng, 5), count); break;
    case 1: sim_disk_fail(r->io, SIM_DISK_SYNC, EIO, (unsigned)rng_below(&r->rng, 5), count); break;
    case 2: sim_disk_fail(r->io, SIM_DISK_TRUNCATE, EIO, 0, count); break;
    case 3: sim_disk_fail(r->io, SIM_DISK_RENAME, EIO, 0, count); break;
    case 4: sim_disk_fail(r->io, SIM_DISK_OPEN, ENOSPC, 0, count); break;
    default: break;
    }
}

static void one_seed(uint64_t seed, const char *policy, bool power_cut) {
    struct rig *r = mem_zalloc(sizeof(*r));
    char error[160];
    rng_seed(&r->rng, seed);
    struct sim_config config = {.seed = seed, .job_max_us = 200 + (uint32_t)rng_below(&r->rng, 20000)};
    r->world = sim_create(&config);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = r->world};
    r->io = io_create(&io_config, error);
    assert_non_null(r->io);
    io_disk_mkdir(r->io, "/data", 0755);
    for (int life = 0; life < 3; life++) {
        r->quiet = false;
        boot(r, policy);
        if (life) {
            r->quiet = true;
            r->acknowledged = r->count;
            run_for(r, 3000000);
            assert_int_equal(r->aof.state, AOF_ON);
            expect_recovered(r, r->least);
            r->quiet = false;
        }
        run_for(r, 20000 + (int64_t)rng_below(&r->rng, 300000));
        disturb(r);
        run_for(r, (int64_t)rng_below(&r->rng, rng_below(&r->rng, 3) ? 400000 : 4000000));
        r->least = promised(r, policy, power_cut);
        if (power_cut)
            sim_disk_crash_torn(r->io);
        else
            sim_disk_kill(r->io);
        bury(r);
    }
    r->quiet = true;
    r->acknowledged = r->count;
    boot(r, policy);
    run_for(r, 3000000);
    assert_int_equal(r->aof.state, AOF_ON);
    expect_recovered(r, r->least);
    bury(r);
    io_destroy(&r->io);
    sim_destroy(&r->world);
    mem_free(r);
}

static uint64_t under_way; /* told when an assertion fails */

static int tell_seed(void **state) {
    print_message("TORC_TEST_ONE_SEED=%llu repeats the last one\n", (unsigned long long)under_way);
    return 0;
}

static void many_seeds(const char *policy, bool power_cut, int rounds) {
    struct rng rng = test_rng();
    for (int i = test_rounds(rounds); i > 0; i--) {
        uint64_t seed = rng_next(&rng);
        const char *one = getenv("TORC_TEST_ONE_SEED");
        under_way = one ? strtoull(one, NULL, 10) : seed;
        one_seed(under_way, policy, power_cut);
        if (one) break;
    }
}

static void a_power_cut_loses_nothing_acknowledged_with_always(void **state) {
    many_seeds("always", true, 60);
}
static void a_power_cut_costs_two_seconds_with_everysec(void **state) {
    many_seeds("everysec", true, 60);
}
static void a_power_cut_halves_nothing_with_no(void **state) {
    many_seeds("no", true, 30);
}
static void a_kill_loses_nothing_acknowledged(void **state) {
    many_seeds("always", false, 20);
    many_seeds("everysec", false, 40);
    many_seeds("no", false, 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_kill_loses_nothing_acknowledged, tell_seed),
        cmocka_unit_test_teardown(a_power_cut_loses_nothing_acknowledged_with_always, tell_seed),
        cmocka_unit_test_teardown(a_power_cut_costs_two_seconds_with_everysec, tell_seed),
        cmocka_unit_test_teardown(a_power_cut_halves_nothing_with_no, tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
