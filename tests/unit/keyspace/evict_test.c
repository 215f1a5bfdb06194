/* Eviction: what each policy prefers, held against the order of all keys, and what candidates that were used,
 * deleted or emptied away meanwhile must not do. */
#include "server/keyspace/access.h"
#include "server/keyspace/database.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/keys.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

#define KEYS 2000

static struct engine e;

static int open_engine(void **state) {
    engine_init(&e);
    return 0;
}

static int close_engine(void **state) {
    engine_deinit(&e);
    return 0;
}

static struct entry *find(unsigned n) {
    char room[16];
    struct slice name = {room, (size_t)sprintf(room, "k%u", n)};
    struct database *db = keyspace_database(&e.keyspace, 0);
    return database_find(db, name, hash_slice(&e.keyspace.secret, name)).entry;
}

/* Key n of KEYS: used n seconds after the beginning, n uses, dies n minutes after tomorrow. */
static void fill(int policy, bool expiring) {
    e.keyspace.conf.maxmemory_policy = policy;
    e.keyspace.conf.maxmemory_samples = 5;
    e.keyspace.conf.lfu_decay_time = 0;
    int64_t begin = e.keyspace.now_ms;
    for (unsigned n = 0; n < KEYS; n++) {
        engine_runf(&e, "set k%u value", n);
        if (expiring) engine_runf(&e, "pexpireat k%u %lld", n, (long long)begin + 86400000 + n * 60000ll);
        if (policy & EVICT_LFU) access_set(&e.keyspace, find(n), -1, (int64_t)n * 255 / KEYS);
        engine_advance(&e, 1000);
    }
}

static bool is_there(unsigned n) {
    return find(n) != NULL;
}

/* Evicts a fifth of the keys; returns the mean number of those that went, from 0 to 1. */
static double evict_fifth(void) {
    size_t left = keyspace_count(&e.keyspace), wanted = left - KEYS / 5;
    e.keyspace.conf.maxmemory = 1;
    while (keyspace_count(&e.keyspace) > wanted)
        assert_int_equal(evict_make_room(&e.keyspace, 0, 1), EVICT_GOES_ON);
    double sum = 0;
    unsigned gone = 0;
    for (unsigned n = 0; n < KEYS; n++)
        if (!is_there(n)) {
            sum += n;
            gone++;
        }
    return sum / gone / KEYS;
}

/* The exact mean would be 0.1; five samples without a memory give 0.2 and more. */
static void test_prefers(void **state) {
    static const struct {
        int policy;
        bool expiring;
        double min, max;
    } cases[] = {
        {EVICT_ALLKEYS_LRU, false, 0, 0.175},    {EVICT_VOLATILE_LRU, true, 0, 0.175},
        {EVICT_ALLKEYS_LFU, false, 0, 0.175},    {EVICT_VOLATILE_LFU, true, 0, 0.175},
        {EVICT_ALLKEYS_MRU, false, 0.825, 1},    {EVICT_VOLATILE_MRU, true, 0.825, 1},
        {EVICT_VOLATILE_TTL, true, 0, 0.175},    {EVICT_ALLKEYS_RANDOM, false, 0.4, 0.6},
        {EVICT_VOLATILE_RANDOM, true, 0.4, 0.6},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (i > 0) open_engine(NULL);
        fill(cases[i].policy, cases[i].expiring);
        double mean = evict_fifth();
        print_message("policy %x: %.3f\n", (unsigned)cases[i].policy, mean);
        assert_true(mean >= cases[i].min && mean <= cases[i].max);
        if (i + 1 < sizeof(cases) / sizeof(*cases)) close_engine(NULL);
    }
}

static void test_volatile_spares_the_others(void **state) {
    fill(EVICT_VOLATILE_LRU, false);
    e.keyspace.conf.maxmemory = 1;
    assert_int_equal(evict_make_room(&e.keyspace, 0, 100), EVICT_FAILED);
    assert_int_equal(keyspace_count(&e.keyspace), KEYS);
    e.keyspace.conf.maxmemory = 0;
    engine_run(&e, "expire k7 1000");
    e.keyspace.conf.maxmemory = 1;
    while (is_there(7))
        evict_make_room(&e.keyspace, 0, 1);
    assert_int_equal(keyspace_count(&e.keyspace), KEYS - 1);
}

/* Candidates are remembered by name, which may mean nothing, or something else, when their turn comes. */
static void test_candidates_change(void **state) {
    fill(EVICT_ALLKEYS_LRU, false);
    e.keyspace.conf.maxmemory = 1;
    evict_make_room(&e.keyspace, 0, 1);
    for (unsigned n = 0; n < KEYS / 2; n++) /* whatever was a candidate has been used now */
        if (is_there(n)) access_set(&e.keyspace, find(n), 0, -1);
    for (int i = 0; i < 100; i++)
        evict_make_room(&e.keyspace, 0, 1);
    for (unsigned n = 0, gone = 0; n < KEYS / 2; n++) {
        gone += !is_there(n);
        assert_true(gone < 10);
    }
    key_flush_database(&e.keyspace, keyspace_database(&e.keyspace, 0));
    assert_int_equal(evict_make_room(&e.keyspace, 0, 10), EVICT_FAILED);
    e.keyspace.conf.maxmemory_policy = EVICT_ALLKEYS_LFU;
    e.keyspace.conf.maxmemory = 0;
    engine_run(&e, "set last v");
    e.keyspace.conf.maxmemory = 1;
    evict_make_room(&e.keyspace, 0, 1);
    assert_int_equal(keyspace_count(&e.keyspace), 0);
}

int main(void) {
#define ONE(test) cmocka_unit_test_setup_teardown(test, open_engine, close_engine)
    const struct CMUnitTest tests[] = {ONE(test_prefers), ONE(test_volatile_spares_the_others),
                                       ONE(test_candidates_change)};
    return cmocka_run_group_tests_name("keyspace/evict", tests, NULL, NULL);
}
