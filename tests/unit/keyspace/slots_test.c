/* A keyspace with a table per slot, against one without: the same commands, the same replies; and what the
 * index over slots says, against the tables themselves. */
#include "common/slots/slots.h"
#include "server/keyspace/database.h"
#include "server/keyspace/expire.h"
#include "server/types/hash_deadlines.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

struct pair {
    struct engine plain, slotted;
};

static int up(void **state) {
    struct pair *p = mem_zalloc(sizeof(*p));
    engine_init(&p->plain);
    engine_init_slotted(&p->slotted);
    *state = p;
    return 0;
}

static int down(void **state) {
    struct pair *p = *state;
    engine_deinit(&p->slotted);
    engine_deinit(&p->plain);
    mem_free(p);
    return 0;
}

static struct database *db_of(struct engine *e) {
    return e->session.db;
}

struct bound {
    const struct deadlines *due;
    uint32_t unit;
};

static void check_bound(void *arg, void *item) {
    const struct bound *bound = arg;
    int64_t deadlines[] = {entry_deadline(item), hash_next_deadline(item)};
    for (int i = 0; i < 2; i++)
        if (deadlines[i] != ENTRY_NO_DEADLINE)
            assert_true(bound->unit <= deadlines_unit(bound->due, deadlines[i]));
}

/* The sums, and for each slot its count and its bound, as the tables have them. */
static void check_index(struct engine *e) {
    const struct database *db = db_of(e);
    const struct slot_index *index = db->slots;
    size_t total = 0, hidden = 0, expiring = 0, fields = 0;
    __int128 sum = 0;
    for (uint32_t t = 0; t < db->table_count; t++) {
        const struct keytable *kt = &db->tables[t];
        assert_int_equal(index->counts[t], kt->table.count);
        total += kt->table.count;
        hidden += database_hides(db, t) ? kt->table.count : 0;
        expiring += kt->expiring;
        fields += kt->fields_expiring;
        sum += kt->deadline_sum;
        struct bound bound = {&index->due, deadlines_bound(&index->due, t)};
        table_each(&kt->table, check_bound, &bound);
    }
    assert_int_equal(index->total, total);
    assert_int_equal(index->hidden, hidden);
    assert_int_equal(index->expiring, expiring);
    assert_int_equal(index->fields_expiring, fields);
    assert_true(index->deadline_sum == sum);
    assert_int_equal(database_shown_count(db), total - hidden);
}

static void both(struct pair *p, const char *line) {
    char plain[256];
    snprintf(plain, sizeof(plain), "%s", engine_run(&p->plain, line));
    const char *slotted = engine_run(&p->slotted, line);
    if (strncmp(slotted, plain, sizeof(plain) - 1) != 0) print_error("%s\n", line);
    assert_int_equal(strncmp(slotted, plain, sizeof(plain) - 1), 0);
}

static void random_line(struct rng *rng, char *line, size_t size) {
    int key = (int)rng_below(rng, 300), other = (int)rng_below(rng, 300), n = (int)rng_below(rng, 400);
    switch (rng_below(rng, 14)) {
    case 0:
    case 1:
    case 2: snprintf(line, size, "SET k%d %d", key, n); break;
    case 3: snprintf(line, size, "PSETEX k%d %d v", key, n + 1); break;
    case 4: snprintf(line, size, "DEL k%d k%d", key, other); break;
    case 5: snprintf(line, size, "PEXPIRE k%d %d", key, n); break;
    case 6: snprintf(line, size, "PERSIST k%d", key); break;
    case 7: snprintf(line, size, "HSET h%d f %d g 2", key % 20, n); break;
    case 8: snprintf(line, size, "HPEXPIRE h%d %d FIELDS 1 f", key % 20, n + 1); break;
    case 9: snprintf(line, size, "RENAME k%d k%d", key, other); break;
    case 10:
    case 11: snprintf(line, size, "EXISTS k%d k%d h%d", key, other, key % 20); break;
    case 12: snprintf(line, size, n ? "GET k%d" : "FLUSHDB", key); break;
    default: snprintf(line, size, n < 20 ? "SWAPDB 0 1" : "COPY k%d k%d REPLACE", key, other); break;
    }
}

struct living {
    int64_t now_ms;
    size_t count;
};

static void count_living(void *arg, void *item) {
    struct living *l = arg;
    l->count += !entry_due(item, l->now_ms);
}

/* Which of the due keys are gone already depends on who shares a bucket; the living are the same. */
static size_t living(struct engine *e) {
    struct living l = {e->keyspace.now_ms, 0};
    for (uint32_t t = 0; t < db_of(e)->table_count; t++)
        table_each(&db_of(e)->tables[t].table, count_living, &l);
    return l.count;
}

static void expire_all(struct engine *e) {
    while (expire_step(&e->keyspace, 3))
        continue;
    unit_end(&e->keyspace, NULL);
}

static void commands_do_not_notice(void **state) {
    struct pair *p = *state;
    struct rng rng = test_rng();
    for (int step = 0; step < test_rounds(20000); step++) {
        char line[128];
        random_line(&rng, line, sizeof(line));
        both(p, line);
        if (rng_below(&rng, 20) == 0) {
            int64_t ms = (int64_t)rng_below(&rng, 100);
            engine_advance(&p->plain, ms);
            engine_advance(&p->slotted, ms);
        }
        if (rng_below(&rng, 50) == 0) {
            expire_all(&p->plain);
            expire_all(&p->slotted);
            assert_int_equal(living(&p->plain), living(&p->slotted));
        }
        if (step % 1000 == 0) check_index(&p->slotted);
    }
    check_index(&p->slotted);
    engine_advance(&p->plain, 1000);
    engine_advance(&p->slotted, 1000);
    expire_all(&p->slotted);
    assert_int_equal(database_expiring(db_of(&p->slotted)) + database_fields_expiring(db_of(&p->slotted)), 0);
    check_index(&p->slotted);
}

/* The loop wakes no later than the next deadline's unit is over. */
static void the_next_deadline_is_known(void **state) {
    struct pair *p = *state;
    struct engine *e = &p->slotted;
    assert_int_equal(expire_next_ms(&e->keyspace), INT64_MAX);
    engine_run(e, "PSETEX a 100000 v");
    engine_run(e, "PSETEX b 5000 v");
    int64_t due = e->keyspace.now_ms + 5000;
    assert_in_range(expire_next_ms(&e->keyspace), due, due + DEADLINE_UNIT_MS);
    engine_run(e, "PEXPIRE b 200000"); /* the bound stays, and is found too low when it falls due */
    engine_advance(e, 5000 + DEADLINE_UNIT_MS);
    assert_false(expire_step(&e->keyspace, 100));
    int64_t later = due - 5000 + 100000;
    assert_in_range(expire_next_ms(&e->keyspace), later, later + DEADLINE_UNIT_MS);
    assert_string_equal(engine_run(e, "DBSIZE"), ":2\r\n");
}

static void hide(struct engine *e, struct rng *rng, uint64_t *hidden, unsigned one_in) {
    memset(hidden, 0, SLOTS_COUNT / 8);
    for (unsigned slot = 0; slot < SLOTS_COUNT; slot++)
        hidden[slot / 64] |= (uint64_t)(rng_below(rng, one_in) == 0) << slot % 64;
    keyspace_hide_slots(&e->keyspace, hidden);
}

static void count_shown(void *arg, void *item) {
    struct slice key = entry_key(item);
    const uint64_t *hidden = ((void **)arg)[0];
    unsigned slot = slots_of_key(key);
    assert_false(slot_is_hidden(hidden, slot));
    ++*(size_t *)((void **)arg)[1];
}

static void hidden_slots_are_not_shown(void **state) {
    struct pair *p = *state;
    struct engine *e = &p->slotted;
    struct rng rng = test_rng();
    uint64_t hidden[SLOTS_COUNT / 64];
    for (int i = 0; i < 3000; i++)
        engine_runf(e, "SET key:%d %d", i, i);
    for (int round = 0; round < 8; round++) {
        hide(e, &rng, hidden, round ? 1 + (unsigned)rng_below(&rng, 4) : SLOTS_COUNT * 2);
        check_index(e);
        size_t seen = 0, shown = database_shown_count(db_of(e));
        void *arg[] = {hidden, &seen};
        uint64_t cursor = 0;
        do {
            cursor = database_scan(db_of(e), cursor, count_shown, arg);
        } while (cursor);
        assert_int_equal(seen, shown);
        for (int i = 0; i < 100; i++) {
            const struct entry *drawn = database_random(db_of(e), e->keyspace.now_ms);
            assert_int_equal(drawn != NULL, shown > 0);
            if (drawn) assert_false(slot_is_hidden(hidden, slots_of_key(entry_key(drawn))));
        }
        engine_runf(e, "SET key:%d more", 3000 + round); /* whoever writes all the same is counted */
        engine_runf(e, "DEL key:%d", round);
        check_index(e);
    }
    engine_run(e, "FLUSHALL");
    check_index(e);
    assert_int_equal(database_count(db_of(e)), 0);
}

/* Every slot that has keys is drawn about as often as its keys say. */
static void draws_follow_the_counts(void **state) {
    struct pair *p = *state;
    struct engine *e = &p->slotted;
    for (int i = 0; i < 90; i++)
        engine_runf(e, "SET {a}%d x", i);
    for (int i = 0; i < 10; i++)
        engine_runf(e, "SET {b}%d x", i);
    int drawn = 0;
    for (int i = 0; i < 10000; i++) {
        const struct keytable *kt = database_draw_table(db_of(e));
        assert_true(kt->table.count > 0);
        drawn += kt->table.count == 90;
    }
    assert_in_range(drawn, 8700, 9300);
    for (size_t nth = 0; nth < 100; nth++) {
        unsigned slot = slot_index_nth(db_of(e)->slots, nth);
        unsigned first = slots_of_key(SLICE("{b}")); /* 3300, before a's 15495 */
        assert_int_equal(slot, nth < 10 ? first : slots_of_key(SLICE("{a}")));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_deadline_is_known, up, down),
        cmocka_unit_test_setup_teardown(draws_follow_the_counts, up, down),
        cmocka_unit_test_setup_teardown(hidden_slots_are_not_shown, up, down),
        cmocka_unit_test_setup_teardown(commands_do_not_notice, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
