/* Snapshots on a disk that fails: whatever call it is that fails, and at whatever point, the old file is what
 * it was, nothing else is in the folder, and all memory is given back. The same for loading: where a file
 * cannot be read or memory ends, it says so.
 *
 * The data tells which of two states it is by the value of each key; the large values are walked in pieces,
 * while commands change them. */
#include "common/base/mem.h"
#include "common/io/io_file.h"
#include "common/io/sim.h"
#include "server/keyspace/walk.h"
#include "server/persist/load.h"
#include "server/persist/rdb_format.h"
#include "server/persist/snapshot.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KEYS  300
#define LARGE 700

struct rig {
    struct sim_world *world;
    struct io *io;
    struct engine e;
    struct mem_account buffers;
    struct snapshot *snapshot;
    struct load *load;
    bool over;
    char error[300]; /* of what is over; "" */
    int generation;  /* of the data in memory */
};

/* --- the data --- */

static void fill(struct rig *r, int generation) {
    r->generation = generation;
    engine_run(&r->e, "FLUSHALL");
    for (int i = 0; i < KEYS; i++)
        engine_runf(&r->e, "SET k%d %d", i, generation);
    for (int i = 0; i < LARGE; i++) {
        engine_runf(&r->e, "SADD set member:%d", i);
        engine_runf(&r->e, "HSET hash field:%d %d", i, generation);
        engine_runf(&r->e, "ZADD zset %d member:%d", i, i);
    }
    engine_runf(&r->e, "SET text %s-%d", "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabc", generation);
}

/* Whatever the snapshot has not seen yet is changed now and then. */
static void meddle(struct rig *r, unsigned turn) {
    engine_runf(&r->e, "SET k%u changed", turn * 7 % KEYS);
    engine_runf(&r->e, "HSET hash field:%u changed new:%u x", turn * 11 % LARGE, turn);
    engine_runf(&r->e, "SREM set member:%u", turn * 13 % LARGE);
    engine_runf(&r->e, "ZADD zset 0 member:%u", turn * 17 % LARGE);
    if (turn == 20) engine_run(&r->e, "DEL text");
}

static void expect_generation(struct rig *r, int generation) {
    char expected[96];
    snprintf(expected, sizeof(expected), "$1\r\n%d\r\n", generation);
    for (int i = 0; i < KEYS; i++)
        assert_string_equal(engine_runf(&r->e, "GET k%d", i), expected);
    for (int i = 0; i < LARGE; i++) {
        assert_string_equal(engine_runf(&r->e, "HGET hash field:%d", i), expected);
        assert_string_equal(engine_runf(&r->e, "SISMEMBER set member:%d", i), ":1\r\n");
        char rank[32];
        snprintf(rank, sizeof(rank), ":%d\r\n", i);
        assert_string_equal(engine_runf(&r->e, "ZRANK zset member:%d", i), rank);
    }
    snprintf(expected, sizeof(expected), ":%d\r\n", LARGE);
    assert_string_equal(engine_run(&r->e, "HLEN hash"), expected);
    assert_string_equal(engine_run(&r->e, "SCARD set"), expected);
    assert_string_equal(engine_run(&r->e, "ZCARD zset"), expected);
    assert_string_equal(engine_run(&r->e, "STRLEN text"), ":47\r\n");
}

/* --- saving and loading --- */

static void saved(void *owner, const char *error) {
    struct rig *r = owner;
    snprintf(r->error, sizeof(r->error), "%s", error ? error : "");
    r->snapshot = NULL;
    r->over = true;
}

static void loaded(void *owner, const struct load_result *result) {
    struct rig *r = owner;
    snprintf(r->error, sizeof(r->error), "%s", result->error ? result->error : "");
    r->load = NULL;
    r->over = true;
}

/* Time passes, and what came by then is delivered. */
static void pass(struct rig *r) {
    sim_run_until(r->world, sim_now_us(r->world) + 100);
    io_turn(r->io, 0);
    keyspace_set_now(&r->e.keyspace, io_wall_us(r->io) / 1000);
}

/* Runs until what is under way is over. */
static void run(struct rig *r, bool meddling) {
    for (unsigned turn = 0; !r->over; turn++) {
        assert_true(turn < 100000);
        pass(r);
        if (meddling && r->e.keyspace.walk && turn < 60) meddle(r, turn);
        if (walk_due(&r->e.keyspace)) walk_step(&r->e.keyspace, 8);
        if (load_due(r->load)) load_step(r->load);
    }
    /* What an aborted walk leaves behind takes further steps. */
    while (r->e.keyspace.walk)
        walk_step(&r->e.keyspace, 100);
    while (io_jobs_pending(r->io))
        pass(r);
}

/* What stays are events of the simulation that were made meanwhile, some 100 bytes each. */
static void expect_no_buffers(struct rig *r) {
    assert_true(r->buffers.used < 16384);
    r->buffers = (struct mem_account){0};
}

static bool save(struct rig *r, bool compress) {
    struct snapshot_conf conf = {.io = r->io,
                                 .keyspace = &r->e.keyspace,
                                 .account = &r->buffers,
                                 .folder = "/data",
                                 .name = "dump.rdb",
                                 .redis_version = "7.2.4",
                                 .compress = compress,
                                 .checksum = true,
                                 .sync_early = true,
                                 .version = 10};
    r->over = false;
    r->snapshot = snapshot_begin(&conf, saved, r);
    run(r, true);
    expect_no_buffers(r);
    return r->error[0] == 0;
}

static bool load(struct rig *r) {
    static const int no_rest = 0;
    struct load_conf conf = {.io = r->io,
                             .keyspace = &r->e.keyspace,
                             .log = &r->e.log,
                             .path = "/data/dump.rdb",
                             .checksum = true,
                             .key_delay_us = &no_rest};
    engine_run(&r->e, "FLUSHALL");
    r->over = false;
    r->load = load_begin(&conf, loaded, r);
    run(r, false);
    return r->error[0] == 0;
}

static void note_name(void *owner, const char *name) {
    strcat(strcat(owner, name), " ");
}

static void expect_only_the_file(struct rig *r) {
    char names[400] = "";
    assert_int_equal(io_disk_list(r->io, "/data", note_name, names), 0);
    assert_string_equal(names, "dump.rdb ");
}

/* --- tests --- */

static int rig_up(void **state) {
    struct rig *r = mem_zalloc(sizeof(*r));
    char error[160];
    struct rng rng = test_rng();
    struct sim_config config = {.seed = rng_next(&rng)};
    r->world = sim_create(&config);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = r->world};
    r->io = io_create(&io_config, error);
    assert_non_null(r->io);
    io_disk_mkdir(r->io, "/data", 0755);
    engine_init(&r->e);
    keyspace_set_now(&r->e.keyspace, io_wall_us(r->io) / 1000);
    *state = r;
    return 0;
}

static int rig_down(void **state) {
    struct rig *r = *state;
    engine_deinit(&r->e);
    io_destroy(&r->io);
    sim_destroy(&r->world);
    mem_free(r);
    return 0;
}

static void what_was_there_is_loaded_again(void **state) {
    struct rig *r = *state;
    for (int compress = 0; compress < 2; compress++) {
        fill(r, 1 + compress);
        assert_true(save(r, compress));
        expect_only_the_file(r);
        assert_true(load(r));
        expect_generation(r, 1 + compress);
    }
}

/* Each kind of call, the first of it, the second, …, until no more are made. */
static void a_call_that_fails_leaves_the_old_file(void **state) {
    static const struct {
        enum sim_disk_call call;
        int error;
    } calls[] = {{SIM_DISK_OPEN, ENOSPC}, {SIM_DISK_OPEN, EMFILE}, {SIM_DISK_WRITE, ENOSPC},
                 {SIM_DISK_WRITE, EIO},   {SIM_DISK_SYNC, EIO},    {SIM_DISK_SYNC, ENOSPC},
                 {SIM_DISK_RENAME, EIO},  {SIM_DISK_SYNC_DIR, EIO}};
    struct rig *r = *state;
    int generation = 1;
    fill(r, generation);
    assert_true(save(r, true));
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        for (unsigned after = 0;; after++) {
            assert_true(after < 1000);
            fill(r, generation % 9 + 1);
            sim_disk_fail(r->io, calls[i].call, calls[i].error, after, 1);
            bool kept = save(r, after % 2);
            sim_disk_fail(r->io, calls[i].call, 0, 0, 0);
            expect_only_the_file(r);
            if (kept) {
                assert_true(after > 0);
                generation = r->generation;
                break;
            }
            assert_non_null(strstr(r->error, strerror(calls[i].error)));
            if (calls[i].call == SIM_DISK_SYNC_DIR) generation = r->generation; /* it has its name by then */
            assert_true(load(r));
            expect_generation(r, generation);
        }
    }
}

/* The walk is ended from outside at every point. */
static void an_aborted_one_leaves_nothing(void **state) {
    struct rig *r = *state;
    fill(r, 1);
    assert_true(save(r, true));
    fill(r, 2);
    struct snapshot_conf conf = {.io = r->io,
                                 .keyspace = &r->e.keyspace,
                                 .account = &r->buffers,
                                 .folder = "/data",
                                 .name = "dump.rdb",
                                 .redis_version = "7.2.4",
                                 .version = 10};
    for (unsigned steps = 0; steps < 40; steps++) {
        r->over = false;
        r->snapshot = snapshot_begin(&conf, saved, r);
        for (unsigned i = 0; i < steps && r->e.keyspace.walk; i++) {
            walk_step(&r->e.keyspace, 4);
            meddle(r, i);
            pass(r);
        }
        if (!r->over) snapshot_abort(r->snapshot, "enough of it");
        run(r, false);
        assert_string_equal(r->error, "enough of it");
        expect_no_buffers(r);
        expect_only_the_file(r);
    }
    assert_true(load(r));
    expect_generation(r, 1);
}

/* Each allocation that may fail does, one after the other. */
static void loading_without_memory_says_so(void **state) {
    struct rig *r = *state;
    fill(r, 3);
    assert_true(save(r, true));
    uint64_t nth = 1;
    for (;; nth++) {
        mem_fail_after(nth);
        bool ok = load(r);
        mem_fail_after(0);
        if (ok) break;
        assert_true(nth < 1000 && strlen(r->error) > 10);
    }
    assert_true(nth > 1);
    expect_generation(r, 3);
}

/* A file cut at any length is refused, and so is one with a bit turned over. */
static void a_damaged_file_is_refused(void **state) {
    struct rig *r = *state;
    struct rng rng = test_rng();
    fill(r, 4);
    assert_true(save(r, true));
    int fd = io_disk_open(r->io, "/data/dump.rdb", O_RDWR, 0);
    assert_true(fd >= 0);
    int64_t size = io_disk_size(r->io, fd);
    char *whole = mem_alloc((size_t)size);
    assert_int_equal(io_disk_read(r->io, fd, whole, (size_t)size, 0), size);
    for (int i = test_rounds(60); i > 0; i--) {
        int64_t at = (int64_t)rng_below(&rng, (uint64_t)size);
        char turned = (char)(whole[at] ^ 1 << rng_below(&rng, 8));
        if (i % 2)
            assert_int_equal(io_disk_truncate(r->io, fd, at), 0);
        else
            assert_int_equal(io_disk_write(r->io, fd, &turned, 1, at), 1);
        assert_false(load(r));
        assert_int_equal(io_disk_write(r->io, fd, whole, (size_t)size, 0), size);
    }
    mem_free(whole);
    assert_int_equal(io_disk_close(r->io, fd), 0);
    assert_true(load(r));
    expect_generation(r, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_there_is_loaded_again, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_call_that_fails_leaves_the_old_file, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(an_aborted_one_leaves_nothing, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(loading_without_memory_says_so, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused, rig_up, rig_down),
    };
    return cmocka_run_group_tests_name("snapshots", tests, NULL, NULL);
}
