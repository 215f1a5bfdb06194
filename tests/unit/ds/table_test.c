/* The hash table against an array that remembers what is in: random insertions, removals and exchanges, under
 * good hashes and bad ones, with scans, walks, draws and deadlines in between. */
#include "common/base/mem.h"
#include "server/ds/table.h"
#include "tests/unit/support/test.h"

#define EPOCH_MS 1700000000000

/* One key of the model. Two items may stand for it, so that exchanging them in place shows. */
struct thing {
    struct key {
        uint64_t hash;
        uint32_t number;
        bool present, old; /* old: there when the scan or walk under way began, and never out since */
        uint8_t shown;     /* which of `items` is in the table */
        uint32_t visits;
        uint32_t unit; /* deadline */
    } key;
    struct item {
        uint32_t number;
    } items[2];
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct table table;
    struct deadlines deadlines;
    struct thing *things;
    uint32_t count, present;
};

static struct world *world; /* of the test under way: call-backs get items only */

static uint64_t item_hash(const void *owner, const void *item) {
    assert_ptr_equal(owner, world);
    return world->things[((const struct item *)item)->number].key.hash;
}

enum hashing { GOOD, FEW_BUCKETS, ONE_TAG, ALL_EQUAL };

static uint64_t draw_hash(struct rng *rng, enum hashing how) {
    uint64_t hash = rng_next(rng);
    switch (how) {
    case GOOD: return hash;
    case FEW_BUCKETS: return hash & 0xff0000000000001f;
    case ONE_TAG: return hash >> 8;
    case ALL_EQUAL: return 0x1234567890abcdef;
    }
    return hash;
}

static void world_open(struct world *w, uint32_t count, enum hashing how, uint64_t seed) {
    *w = (struct world){.count = count};
    world = w;
    w->things = calloc(count, sizeof(*w->things));
    if (seed)
        rng_seed(&w->rng, seed);
    else
        w->rng = test_rng();
    for (uint32_t i = 0; i < count; i++) {
        w->things[i].key.hash = draw_hash(&w->rng, how);
        w->things[i].key.number = i;
        w->things[i].items[0].number = w->things[i].items[1].number = i;
    }
    w->outer = mem_account_enter(&w->account);
    table_init(&w->table, item_hash, w);
}

static void world_close(struct world *w) {
    table_deinit(&w->table);
    if (w->table.deadlines) deadlines_deinit(&w->deadlines);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    free(w->things);
}

static bool same_number(const void *item, const void *key) {
    return ((const struct item *)item)->number == *(const uint32_t *)key;
}

static struct item *world_find(struct world *w, uint32_t number, struct table_pos *pos) {
    return table_find(&w->table, w->things[number].key.hash, same_number, &number, pos);
}

static void world_insert(struct world *w, uint32_t number) {
    struct thing *thing = &w->things[number];
    thing->key.shown = (uint8_t)rng_below(&w->rng, 2);
    struct item *item = &thing->items[thing->key.shown];
    struct table_pos pos = table_insert(&w->table, thing->key.hash, item);
    assert_ptr_equal(table_item(pos), item);
    assert_true(table_walked(&w->table, pos));
    thing->key.present = true;
    thing->key.old = false;
    w->present++;
    if (w->table.deadlines) {
        thing->key.unit = (uint32_t)rng_below(&w->rng, 5000);
        deadlines_lower(&w->deadlines, table_bucket_index(&w->table, thing->key.hash), thing->key.unit);
    }
}

static void world_remove(struct world *w, uint32_t number) {
    struct table_pos pos;
    assert_non_null(world_find(w, number, &pos));
    table_remove(&w->table, w->things[number].key.hash, pos);
    w->things[number].key.present = w->things[number].key.old = false;
    w->present--;
}

static void world_exchange(struct world *w, uint32_t number) {
    struct table_pos pos;
    assert_non_null(world_find(w, number, &pos));
    bool walked = table_walked(&w->table, pos);
    struct thing *thing = &w->things[number];
    thing->key.shown ^= 1;
    table_replace(pos, &thing->items[thing->key.shown]);
    assert_true(table_walked(&w->table, pos) == walked);
}

/* One random change, insertions being as likely as `tide` percent. */
static void world_change(struct world *w, unsigned tide) {
    uint32_t number = (uint32_t)rng_below(&w->rng, w->count);
    struct table_pos pos;
    struct item *found = world_find(w, number, &pos);
    const struct key *key = &w->things[number].key;
    assert_ptr_equal(found, key->present ? &w->things[number].items[key->shown] : NULL);
    bool insert = rng_below(&w->rng, 100) < tide;
    if (!found && insert)
        world_insert(w, number);
    else if (found && !insert)
        world_remove(w, number);
    else if (found)
        world_exchange(w, number);
}

static void count_visit(void *arg, void *item) {
    struct thing *thing = &world->things[((struct item *)item)->number];
    assert_true(thing->key.present);
    assert_ptr_equal(item, &thing->items[thing->key.shown]);
    thing->key.visits++;
    ++*(size_t *)arg;
}

static void forget_visits(struct world *w) {
    for (uint32_t i = 0; i < w->count; i++) {
        w->things[i].key.visits = 0;
        w->things[i].key.old = w->things[i].key.present;
    }
}

/* All that is in the table, once each; the shape; the bounds of deadlines. */
static void world_check(struct world *w) {
    const struct table *t = &w->table;
    size_t seen = 0;
    forget_visits(w);
    table_each(t, count_visit, &seen);
    assert_int_equal(seen, w->present);
    assert_int_equal(t->count, w->present);
    for (uint32_t i = 0; i < w->count; i++)
        assert_int_equal(w->things[i].key.visits, w->things[i].key.present);
    if (t->buckets.count == 0) return;
    assert_true(t->buckets.count >= (size_t)1 << t->level && t->buckets.count < (size_t)2 << t->level);
    size_t chained = 0;
    for (size_t i = 0; i < t->buckets.count; i++)
        for (const struct bucket *b = table_bucket(t, i); b; b = bucket_next(b)) {
            chained += b != table_bucket(t, i);
            /* only the last of a chain has room, and none hangs on empty */
            if (bucket_chained(b))
                assert_int_equal(bucket_occupied(b), 0x3f);
            else if (b != table_bucket(t, i))
                assert_int_not_equal(bucket_occupied(b), 0);
        }
    assert_int_equal(t->chained, chained);
    size_t index_bytes = 0;
    if (t->deadlines) {
        for (uint32_t i = 0; i < w->count; i++) {
            const struct key *key = &w->things[i].key;
            if (key->present)
                assert_true(deadlines_bound(t->deadlines, table_bucket_index(t, key->hash)) <= key->unit);
        }
        for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++)
            index_bytes += segvec_bytes(&t->deadlines->levels[l]);
    }
    assert_int_equal(table_bytes(t) + index_bytes, w->account.used);
}

static void random_changes(uint32_t count, enum hashing how, unsigned changes, bool deadlines,
                           uint64_t seed) {
    struct world w;
    world_open(&w, count, how, seed);
    if (deadlines) {
        deadlines_init(&w.deadlines, EPOCH_MS);
        w.table.deadlines = &w.deadlines;
    }
    for (unsigned i = 0; i < changes; i++) {
        /* tides: fill, churn, drain, to and fro */
        static const unsigned tides[] = {90, 50, 10, 97, 3};
        world_change(&w, tides[(size_t)i * 10 / changes % 5]);
        if (i % (changes / 20) == 0) world_check(&w);
    }
    world_check(&w);
    for (uint32_t i = 0; i < count; i++)
        if (w.things[i].key.present) world_remove(&w, i);
    world_check(&w);
    assert_true(w.table.buckets.count <= 8);
    world_close(&w);
}

static void test_empty(void **state) {
    struct world w;
    world_open(&w, 4, GOOD, 1);
    struct table_pos pos;
    size_t seen = 0, cursor = 0;
    assert_null(world_find(&w, 1, &pos));
    assert_null(table_random(&w.table, &w.rng));
    assert_int_equal(table_scan(&w.table, 0, count_visit, &seen), 0);
    assert_true(table_drain(&w.table, &cursor, 10, count_visit, &seen));
    assert_int_equal(seen, 0);
    assert_int_equal(table_bytes(&w.table), 0);
    table_prefetch_bucket(&w.table, 5);
    table_prefetch_item(&w.table, 5);
    table_walk_begin(&w.table);
    assert_false(table_walk_step(&w.table, &cursor, count_visit, &seen));
    table_walk_end(&w.table);
    world_close(&w);
}

static void test_random_good_hashes(void **state) {
    random_changes(20000, GOOD, 300000, false, 0);
}
static void test_random_small(void **state) {
    random_changes(30, GOOD, 50000, true, 0);
}
static void test_random_few_buckets(void **state) {
    random_changes(1500, FEW_BUCKETS, 40000, true, 0);
}
static void test_random_one_tag(void **state) {
    random_changes(8000, ONE_TAG, 100000, false, 0);
}
static void test_random_equal_hashes(void **state) {
    random_changes(300, ALL_EQUAL, 30000, false, 0);
}
static void test_random_deadlines(void **state) {
    random_changes(15000, GOOD, 200000, true, 0);
}

static void test_growth_keeps_buckets_filled(void **state) {
    struct world w;
    world_open(&w, 200000, GOOD, 8);
    for (uint32_t i = 0; i < w.count; i++) {
        world_insert(&w, i);
        if (i > 100) assert_true(w.table.buckets.count * 5 + 5 >= i && w.table.buckets.count * 5 <= i + 25);
    }
    assert_true(w.table.chain_max <= 3);
    assert_true(w.table.chained < w.table.buckets.count);
    world_check(&w);
    world_close(&w);
}

/* --- scans --- */

/* Items there from the first call to the last are visited at least once, while the table doubles or halves.
 */
static void scan_with_changes(unsigned tide, uint32_t fill, enum hashing how, uint64_t seed) {
    struct world w;
    world_open(&w, 12000, how, seed);
    for (unsigned round = 0; round < 6; round++) {
        for (uint32_t i = 0; i < w.count; i++) {
            bool want = rng_below(&w.rng, 100) < fill;
            if (want && !w.things[i].key.present) world_insert(&w, i);
            if (!want && w.things[i].key.present) world_remove(&w, i);
        }
        forget_visits(&w);
        uint64_t cursor = 0;
        size_t seen = 0;
        do {
            cursor = table_scan(&w.table, cursor, count_visit, &seen);
            assert_true(cursor < w.table.buckets.count);
            for (unsigned i = 0; i < 8; i++)
                world_change(&w, tide);
        } while (cursor);
        for (uint32_t i = 0; i < w.count; i++)
            if (w.things[i].key.old) assert_true(w.things[i].key.visits > 0);
    }
    world_close(&w);
}

static void test_scan_unchanged_visits_once(void **state) {
    struct world w;
    world_open(&w, 7777, GOOD, 11);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    forget_visits(&w);
    uint64_t cursor = 0;
    size_t seen = 0;
    do {
        cursor = table_scan(&w.table, cursor, count_visit, &seen);
    } while (cursor);
    assert_int_equal(seen, w.count);
    for (uint32_t i = 0; i < w.count; i++)
        assert_int_equal(w.things[i].key.visits, 1);
    world_close(&w);
}

static void test_scan_while_growing(void **state) {
    scan_with_changes(97, 5, GOOD, 0);
}
static void test_scan_while_shrinking(void **state) {
    scan_with_changes(3, 95, GOOD, 0);
}
static void test_scan_while_churning(void **state) {
    scan_with_changes(50, 50, GOOD, 0);
}
static void test_scan_with_one_tag(void **state) {
    scan_with_changes(90, 10, ONE_TAG, 0);
}

static void test_scan_takes_any_cursor(void **state) {
    struct world w;
    world_open(&w, 500, GOOD, 16);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    for (unsigned i = 0; i < 2000; i++) {
        size_t seen = 0;
        uint64_t next = table_scan(&w.table, rng_next(&w.rng) >> rng_below(&w.rng, 64), count_visit, &seen);
        assert_true(next < w.table.buckets.count);
    }
    world_close(&w);
}

/* --- walks --- */

/* Every item of the beginning that was not removed before its turn is visited exactly once, and nothing born
 * later. */
static void walk_with_changes(unsigned tide, uint32_t fill, enum hashing how, uint64_t seed, bool touch) {
    struct world w;
    world_open(&w, 12000, how, seed);
    for (unsigned round = 0; round < 6; round++) {
        for (uint32_t i = 0; i < w.count; i++) {
            bool want = rng_below(&w.rng, 100) < fill;
            if (want && !w.things[i].key.present) world_insert(&w, i);
            if (!want && w.things[i].key.present) world_remove(&w, i);
        }
        forget_visits(&w);
        size_t cursor = 0, seen = 0;
        table_walk_begin(&w.table);
        bool more;
        do {
            more = table_walk_step(&w.table, &cursor, count_visit, &seen);
            for (unsigned i = 0; i < 8; i++)
                world_change(&w, tide);
            /* a pre-image: the item is visited out of turn, just before it changes */
            for (unsigned i = 0; touch && i < 3; i++) {
                uint32_t number = (uint32_t)rng_below(&w.rng, w.count);
                struct table_pos pos;
                if (!world_find(&w, number, &pos) || table_walked(&w.table, pos)) continue;
                table_set_walked(&w.table, pos);
                w.things[number].key.visits++;
                world_exchange(&w, number);
            }
        } while (more);
        table_walk_end(&w.table);
        for (uint32_t i = 0; i < w.count; i++) {
            const struct key *key = &w.things[i].key;
            if (key->old)
                assert_int_equal(key->visits, 1);
            else
                assert_true(key->visits <= 1);
            struct table_pos pos;
            if (key->present && world_find(&w, i, &pos)) assert_true(table_walked(&w.table, pos));
        }
        world_check(&w);
    }
    world_close(&w);
}

static void test_walk_while_growing(void **state) {
    walk_with_changes(97, 10, GOOD, 0, false);
}
static void test_walk_while_shrinking(void **state) {
    walk_with_changes(3, 90, GOOD, 0, true);
}
static void test_walk_while_churning(void **state) {
    walk_with_changes(50, 50, GOOD, 0, true);
}
static void test_walk_with_one_tag(void **state) {
    walk_with_changes(70, 30, ONE_TAG, 0, true);
}
static void test_walk_with_few_buckets(void **state) {
    walk_with_changes(50, 10, FEW_BUCKETS, 0, true);
}

static void test_walk_shows_nothing_born_later(void **state) {
    struct world w;
    world_open(&w, 4000, GOOD, 26);
    for (uint32_t i = 0; i < 1000; i++)
        world_insert(&w, i);
    forget_visits(&w);
    table_walk_begin(&w.table);
    for (uint32_t i = 1000; i < 4000; i++)
        world_insert(&w, i);
    size_t cursor = 0, seen = 0;
    while (table_walk_step(&w.table, &cursor, count_visit, &seen))
        ;
    table_walk_end(&w.table);
    assert_int_equal(seen, 1000);
    for (uint32_t i = 0; i < w.count; i++)
        assert_int_equal(w.things[i].key.visits, i < 1000);
    world_close(&w);
}

static void test_aborted_walk_leaves_no_marks(void **state) {
    struct world w;
    world_open(&w, 3000, GOOD, 27);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    size_t cursor = 0, seen = 0;
    table_walk_begin(&w.table);
    for (unsigned i = 0; i < 50; i++)
        table_walk_step(&w.table, &cursor, count_visit, &seen);
    while (table_walk_step(&w.table, &cursor, NULL, NULL))
        ;
    table_walk_end(&w.table);
    forget_visits(&w);
    cursor = seen = 0;
    table_walk_begin(&w.table);
    while (table_walk_step(&w.table, &cursor, count_visit, &seen))
        ;
    table_walk_end(&w.table);
    assert_int_equal(seen, w.count);
    world_close(&w);
}

/* What a walk kept from shrinking is made up for afterwards. */
static void test_pinned_table_shrinks_later(void **state) {
    struct world w;
    world_open(&w, 20000, GOOD, 28);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    size_t buckets = w.table.buckets.count;
    table_walk_begin(&w.table);
    for (uint32_t i = 3; i < w.count; i++)
        world_remove(&w, i);
    assert_int_equal(w.table.buckets.count, buckets);
    for (unsigned i = 0; i < 100; i++)
        assert_non_null(table_random(&w.table, &w.rng));
    size_t cursor = 0, seen = 0;
    while (table_walk_step(&w.table, &cursor, count_visit, &seen))
        ;
    table_walk_end(&w.table);
    for (unsigned i = 0; table_trim(&w.table, 100); i++)
        assert_true(i < 200);
    assert_int_equal(w.table.buckets.count, 4);
    world_check(&w);
    world_close(&w);
}

/* --- draws and draining --- */

static void test_random_is_uniform(void **state) {
    for (uint32_t n = 1; n <= 200; n = n * 3 + 1) {
        struct world w;
        world_open(&w, n, GOOD, 30 + n);
        for (uint32_t i = 0; i < n; i++)
            world_insert(&w, i);
        const unsigned draws = 400 * n;
        for (unsigned i = 0; i < draws; i++)
            w.things[((struct item *)table_random(&w.table, &w.rng))->number].key.visits++;
        double chi = 0;
        for (uint32_t i = 0; i < n; i++) {
            double off = (double)w.things[i].key.visits - 400;
            chi += off * off / 400;
        }
        /* five standard deviations above the mean of the distribution */
        assert_true(chi < n + 5 * __builtin_sqrt(2.0 * n) + 10);
        world_close(&w);
    }
}

static void test_drain_in_slices(void **state) {
    struct world w;
    world_open(&w, 30000, GOOD, 40);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    forget_visits(&w);
    size_t cursor = 0, seen = 0, before = 0;
    while (!table_drain(&w.table, &cursor, 100, count_visit, &seen)) {
        assert_true(seen - before <= 100 + 40);
        assert_int_equal(w.table.count, w.count - seen);
        before = seen;
    }
    assert_int_equal(seen, w.count);
    assert_int_equal(w.table.chained, 0);
    for (uint32_t i = 0; i < w.count; i++)
        assert_int_equal(w.things[i].key.visits, 1);
    while (!table_deinit_step(&w.table, (size_t)64 << 10))
        ;
    assert_int_equal(w.account.used, 0);
    world_close(&w);
}

static void test_drain_pays_for_empty_buckets(void **state) {
    struct world w;
    world_open(&w, 30000, GOOD, 41);
    for (uint32_t i = 0; i < w.count; i++)
        world_insert(&w, i);
    w.table.pins++;
    for (uint32_t i = 1; i < w.count; i++)
        world_remove(&w, i);
    w.table.pins--;
    size_t cursor = 0, seen = 0, slices = 1;
    while (!table_drain(&w.table, &cursor, 100, count_visit, &seen))
        slices++;
    assert_int_equal(seen, 1);
    assert_true(slices >= w.table.buckets.count / 100);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_random_small),
        cmocka_unit_test(test_random_good_hashes),
        cmocka_unit_test(test_random_few_buckets),
        cmocka_unit_test(test_random_one_tag),
        cmocka_unit_test(test_random_equal_hashes),
        cmocka_unit_test(test_random_deadlines),
        cmocka_unit_test(test_growth_keeps_buckets_filled),
        cmocka_unit_test(test_scan_unchanged_visits_once),
        cmocka_unit_test(test_scan_while_growing),
        cmocka_unit_test(test_scan_while_shrinking),
        cmocka_unit_test(test_scan_while_churning),
        cmocka_unit_test(test_scan_with_one_tag),
        cmocka_unit_test(test_scan_takes_any_cursor),
        cmocka_unit_test(test_walk_while_growing),
        cmocka_unit_test(test_walk_while_shrinking),
        cmocka_unit_test(test_walk_while_churning),
        cmocka_unit_test(test_walk_with_one_tag),
        cmocka_unit_test(test_walk_with_few_buckets),
        cmocka_unit_test(test_walk_shows_nothing_born_later),
        cmocka_unit_test(test_aborted_walk_leaves_no_marks),
        cmocka_unit_test(test_pinned_table_shrinks_later),
        cmocka_unit_test(test_random_is_uniform),
        cmocka_unit_test(test_drain_in_slices),
        cmocka_unit_test(test_drain_pays_for_empty_buckets),
    };
    return cmocka_run_group_tests_name("ds/table", tests, NULL, NULL);
}
