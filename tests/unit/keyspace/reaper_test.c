/* The reaper without helpers: large things go in steps, small ones at once, and every byte comes back. */
#include "common/base/mem.h"
#include "server/keyspace/database.h"
#include "server/keyspace/reaper.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdlib.h>
#include <string.h>

/* Without latency histograms, whose memory depends on how long commands take. */
static void start(struct engine *e) {
    engine_init(e);
    e->exec_conf.latency_tracking = false;
}

static void make_hash(struct engine *e, const char *key, int fields) {
    for (int i = 0; i < fields; i++)
        engine_runf(e, "HSET %s field:%d value", key, i);
}

/* Lets it eat, and checks that memory falls and nothing is forgotten; returns the number of steps. */
static int eat_all(struct engine *e, size_t budget) {
    int steps = 0;
    int64_t used = e->account.used;
    bool done;
    do {
        assert_true(reaper_due(e->keyspace.reaper));
        done = reaper_step(e->keyspace.reaper, budget);
        assert_true(e->account.used <= used);
        used = e->account.used;
        assert_true(++steps < 1000000);
    } while (!done);
    assert_false(reaper_due(e->keyspace.reaper));
    assert_int_equal(reaper_pending(e->keyspace.reaper), 0);
    return steps;
}

/* The first use of a command takes memory for its statistics. */
static void warm_up(struct engine *e) {
    static const char *const commands[] = {"SET a b", "HSET h f v", "PEXPIRE a 100000", "GET a",
                                           "DBSIZE",  "TYPE a",     "FLUSHDB",          "SET a b",
                                           "DEL a h", "FLUSHALL",   "FLUSHDB"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        engine_run(e, commands[i]);
    while (!reaper_step(e->keyspace.reaper, SIZE_MAX)) {
    }
}

static void what_is_small_goes_at_once(void **state) {
    struct engine e;
    start(&e);
    warm_up(&e);
    int64_t empty = engine_used(&e);
    make_hash(&e, "h", 20);
    engine_run(&e, "SET s value");
    engine_run(&e, "DEL h s");
    assert_int_equal(reaper_pending(e.keyspace.reaper), 0);
    assert_false(reaper_due(e.keyspace.reaper));
    engine_run(&e, "FLUSHALL"); /* the empty table as well */
    assert_false(reaper_due(e.keyspace.reaper));
    assert_int_equal(engine_used(&e), empty);
    engine_deinit(&e);
}

/* Every way to lose a large value: the command sees it gone at once, the steps bring its memory back. */
static void large_values_go_in_steps(void **state) {
    static const char *const ways[] = {
        "DEL big",
        "UNLINK big",
        "SET big x",
        "RENAME other big",
        "PEXPIRE big -1",
        "EXPIREAT big 1",
        "COPY other big REPLACE",
        "MSET big 1 c 2",
        "BITOP NOT big other",
        "GETDEL other",
        "SETEX big 100 x",
    };
    struct engine e;
    start(&e);
    warm_up(&e);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        engine_run(&e, "FLUSHALL");
        while (!reaper_step(e.keyspace.reaper, SIZE_MAX)) {
        }
        size_t freed = reaper_freed(e.keyspace.reaper);
        engine_run(&e, "SET other thing");
        int64_t before = engine_used(&e);
        make_hash(&e, "big", 5000);
        int64_t full = e.account.used;
        assert_true(full > before + 5000 * 16);
        bool replied = engine_run(&e, ways[i])[0] != '-';
        assert_true(replied);
        if (strcmp(ways[i], "GETDEL other") == 0) { /* leaves it alone: nothing to reap */
            assert_int_equal(reaper_pending(e.keyspace.reaper), 0);
            continue;
        }
        assert_int_equal(reaper_pending(e.keyspace.reaper), 1);
        assert_true(strcmp(engine_run(&e, "TYPE big"), "+hash\r\n") != 0);
        assert_true(eat_all(&e, 100) >= 50);
        assert_int_equal(reaper_freed(e.keyspace.reaper), freed + 1);
        assert_true(engine_used(&e) < before + 16 * 1024);
    }
    engine_deinit(&e);
}

static void expiry_hands_large_values_over(void **state) {
    struct engine e;
    start(&e);
    make_hash(&e, "big", 5000);
    engine_run(&e, "PEXPIRE big 10");
    engine_advance(&e, 11);
    assert_string_equal(engine_run(&e, "EXISTS big"), ":0\r\n");
    assert_int_equal(reaper_pending(e.keyspace.reaper), 1);
    assert_true(eat_all(&e, 100) >= 50);
    engine_deinit(&e);
}

static void flushed_tables_go_in_steps(void **state) {
    struct engine e;
    start(&e);
    warm_up(&e);
    int64_t empty = engine_used(&e);
    struct rng rng = test_rng();
    for (int round = test_rounds(6); round > 0; round--) {
        int keys = 1 + (int)rng_below(&rng, 30000);
        for (int i = 0; i < keys; i++)
            engine_runf(&e, "SET key:%d value%s", i, i % 3 ? "" : " PX 1000000");
        make_hash(&e, "big", 3000);
        engine_run(&e, round % 2 ? "FLUSHALL" : "FLUSHDB");
        assert_string_equal(engine_run(&e, "DBSIZE"), ":0\r\n");
        assert_int_equal(reaper_pending(e.keyspace.reaper), keys + 1);
        engine_run(&e, "SET new here"); /* a table of its own: the old one is nobody's any more */
        eat_all(&e, 1 + rng_below(&rng, 500));
        assert_string_equal(engine_run(&e, "GET new"), "$4\r\nhere\r\n");
        engine_run(&e, "FLUSHALL");
        eat_all(&e, SIZE_MAX);
        assert_int_equal(engine_used(&e), empty);
    }
    engine_deinit(&e);
}

/* Whatever is still queued at the end is freed then. */
static void the_end_leaves_nothing(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    struct engine e;
    start(&e);
    make_hash(&e, "a", 3000);
    make_hash(&e, "b", 3000);
    engine_run(&e, "DEL a b");
    reaper_step(e.keyspace.reaper, 100);
    for (int i = 0; i < 1000; i++)
        engine_runf(&e, "SET key:%d value", i);
    engine_run(&e, "FLUSHALL");
    assert_int_equal(reaper_pending(e.keyspace.reaper), 1002);
    struct mem_account *inner = &e.account;
    engine_deinit(&e);
    assert_int_equal(inner->used, 0);
    mem_account_enter(outer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_small_goes_at_once),     cmocka_unit_test(large_values_go_in_steps),
        cmocka_unit_test(expiry_hands_large_values_over), cmocka_unit_test(flushed_tables_go_in_steps),
        cmocka_unit_test(the_end_leaves_nothing),
    };
    return cmocka_run_group_tests_name("keyspace/reaper", tests, NULL, NULL);
}
