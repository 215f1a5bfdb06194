/* Fields with deadlines against an array of them and a clock that is moved by hand: in both forms, across the
 * change from one to the other, with due fields taken out in pieces of any size or not at all. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/types/hash_deadlines.h"
#include "server/types/hash_item.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define FIELDS_MAX 3000
#define START_MS   1700000000000
#define NONE       ENTRY_NO_DEADLINE

struct cell {
    bool there; /* not deleted; it may be due */
    int value;
    int64_t deadline;
    bool seen;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct hash_rules rules;
    struct entry *hash;
    struct cell cells[FIELDS_MAX];
    uint32_t fields;
    int64_t now_ms, told_ms; /* the latter: when the hash last heard of the time; INT64_MIN: never */
};

static void world_open(struct world *w, uint32_t fields, size_t entries_max) {
    memset(w, 0, sizeof(*w));
    w->fields = fields;
    w->rng = test_rng();
    w->now_ms = START_MS;
    w->told_ms = INT64_MIN;
    hash_secret_draw(&w->secret, &w->rng);
    w->rules = (struct hash_rules){&w->secret, entries_max, 64, START_MS};
    w->outer = mem_account_enter(&w->account);
}

static void free_hash(struct entry **e) {
    size_t plenty = SIZE_MAX;
    if (entry_encoding(*e) == ENC_TREE) assert_true(hash_ops.release(*e, &plenty));
    entry_free_shell(*e);
    *e = NULL;
}

static void world_close(struct world *w) {
    if (w->hash) free_hash(&w->hash);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
}

static bool absent(const struct world *w, const struct cell *c) {
    return !c->there || (c->deadline != NONE && c->deadline < w->told_ms);
}

static struct slice name_of(uint32_t number, char *room) {
    if (number % 3 == 0) return (struct slice){room, num_format_int64(room, number)};
    return (struct slice){room, (size_t)sprintf(room, number % 3 == 1 ? "f%u" : "a longer name:%u", number)};
}

static uint32_t number_of(struct slice name) {
    uint32_t number = 0;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= '0' && name.ptr[i] <= '9') number = number * 10 + (uint32_t)(name.ptr[i] - '0');
    return number;
}

static uint32_t any(struct world *w) {
    return (uint32_t)rng_below(&w->rng, w->fields);
}

/* --- what is done to it --- */

static void set(struct world *w, uint32_t number, bool keep) {
    char name[64], digits[32];
    struct cell *c = &w->cells[number];
    bool was_absent = absent(w, c);
    c->value = (int)rng_below(&w->rng, 100000);
    if (!keep || was_absent) c->deadline = NONE;
    c->there = true;
    struct slice pair[2] = {name_of(number, name), {digits, num_format_int64(digits, c->value)}};
    if (w->hash == NULL) {
        w->hash = hash_create(SLICE("the key"), pair, 1, &w->rules);
    } else if (keep) {
        w->hash = hash_update(w->hash, pair, &w->rules);
    } else {
        size_t created = 0;
        w->hash = hash_set(w->hash, pair, 1, &w->rules, &created);
        assert_int_equal(created, was_absent);
    }
}

static void delete (struct world *w, uint32_t number) {
    char name[64];
    struct slice field = name_of(number, name);
    size_t deleted = 0;
    bool was_absent = absent(w, &w->cells[number]);
    w->hash = hash_delete(w->hash, &field, 1, &deleted);
    assert_int_equal(deleted, !was_absent);
    if (!was_absent) w->cells[number].there = false;
}

static int64_t any_deadline(struct world *w) {
    static const int64_t spans[] = {3, 200, 5000, 1000000, (int64_t)20 * 365 * 86400 * 1000};
    return w->now_ms + (int64_t)rng_below(&w->rng, (uint64_t)spans[rng_below(&w->rng, 5)]);
}

static void set_deadline(struct world *w, uint32_t number, int64_t deadline) {
    char name[64];
    int64_t before;
    struct cell *c = &w->cells[number];
    bool found = hash_deadline(w->hash, name_of(number, name), &before);
    assert_int_equal(found, !absent(w, c));
    if (!found) return;
    assert_true(before == c->deadline);
    c->deadline = deadline;
    w->hash = hash_set_deadline(w->hash, name_of(number, name), deadline, &w->rules);
}

static void gone(void *arg, struct slice field) {
    struct world *w = arg;
    struct cell *c = &w->cells[number_of(field)];
    assert_true(c->there && c->deadline != NONE && c->deadline < w->now_ms);
    c->there = false;
}

static bool expire(struct world *w, bool exact, size_t effort) {
    if (!entry_fields_expire(w->hash)) return false;
    if (entry_encoding(w->hash) == ENC_LISTPACK && effort == 0) effort = 1; /* it would not hear of it */
    size_t count = 0, before = hash_count(w->hash);
    bool more;
    w->told_ms = w->now_ms;
    w->hash = hash_expire(w->hash, w->now_ms, exact, effort, gone, w, &count, &more);
    assert_int_equal(hash_count(w->hash), before - count);
    return more;
}

/* Nothing due is left. */
static void expire_all(struct world *w) {
    while (expire(w, false, 7))
        ;
    expire(w, true, SIZE_MAX);
}

/* --- what must hold --- */

struct visits {
    struct world *world;
    size_t count;
};

static void visit(void *arg, struct slice field, struct slice value) {
    struct visits *v = arg;
    struct cell *c = &v->world->cells[number_of(field)];
    int64_t number;
    assert_false(absent(v->world, c));
    assert_true(num_parse_int64(value.ptr, value.len, &number));
    assert_int_equal(number, c->value);
    c->seen = true;
    v->count++;
}

static void check_order(const struct entry *e) {
    const void *lp = entry_payload(e);
    assert_true(listpack_valid(lp, listpack_bytes(lp), true));
    int64_t last = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        int64_t when;
        at = listpack_next(lp, listpack_next(lp, at));
        assert_true(listpack_get_int(lp, at, &when));
        if (when == 0) when = INT64_MAX;
        assert_true(when >= last);
        last = when;
    }
}

static void check_drawing(struct world *w, size_t living) {
    struct visits v = {w, 0};
    size_t wanted = rng_below(&w->rng, living + 3);
    hash_random_unique(w->hash, &w->rng, wanted, visit, &v);
    assert_int_equal(v.count, wanted < living ? wanted : living);
    v.count = 0;
    hash_random(w->hash, &w->rng, 5, visit, NULL, &v);
    assert_int_equal(v.count, living ? 5 : 0);
}

static void check(struct world *w) {
    size_t living = 0, kept = 0;
    int64_t soonest = INT64_MAX;
    for (uint32_t i = 0; i < w->fields; i++) {
        const struct cell *c = &w->cells[i];
        w->cells[i].seen = false;
        living += !absent(w, c);
        kept += c->there;
        if (c->there && c->deadline != NONE && c->deadline < soonest) soonest = c->deadline;
    }
    struct visits v = {w, 0};
    hash_each(w->hash, visit, &v);
    assert_int_equal(v.count, living);
    assert_int_equal(hash_count_exact(w->hash), living);
    assert_int_equal(hash_count(w->hash), kept);
    for (uint32_t i = 0; i < w->fields; i++)
        assert_int_equal(w->cells[i].seen, !absent(w, &w->cells[i]));

    int64_t next = hash_next_deadline(w->hash);
    assert_int_equal(next == NONE, soonest == INT64_MAX);
    if (next != NONE) assert_true(next >= 0 && next <= soonest);
    if (entry_encoding(w->hash) == ENC_LISTPACK && entry_fields_expire(w->hash)) check_order(w->hash);
    assert_int_equal(mem_good_size(entry_size(w->hash)) + hash_ops.memory(w->hash, 0), w->account.used);
    check_drawing(w, living);
}

static void check_reads(struct world *w) {
    for (int i = 0; i < 10; i++) {
        char name[64], scratch[LISTPACK_INT_CHARS];
        uint32_t number = any(w);
        struct slice field = name_of(number, name), value;
        struct hash_group group;
        bool there = !absent(w, &w->cells[number]);
        assert_int_equal(hash_get(w->hash, field, scratch, &value), there);
        hash_get_group(w->hash, &field, 1, &group);
        assert_int_equal(group.value[0].ptr != NULL, there);
    }
}

static void swap_with_copy(struct world *w) {
    struct entry *copy = hash_ops.copy(w->hash, SLICE("another key"), NONE);
    assert_string_equal(hash_ops.encoding_name(copy), hash_ops.encoding_name(w->hash));
    free_hash(&w->hash);
    w->hash = copy;
    if (rng_below(&w->rng, 2)) w->hash = entry_rename(w->hash, SLICE("renamed"));
}

static void step(struct world *w) {
    uint32_t number = any(w);
    switch (rng_below(&w->rng, 12)) {
    case 0:
    case 1:
    case 2: set(w, number, false); break;
    case 3: set(w, number, true); break;
    case 4: delete (w, number); break;
    case 5: set_deadline(w, number, NONE); break;
    case 6: expire(w, rng_below(&w->rng, 2), rng_below(&w->rng, 6)); break;
    case 7: w->now_ms += (int64_t)rng_below(&w->rng, 20); break;
    default: set_deadline(w, number, any_deadline(w));
    }
}

static void random_operations(uint32_t fields, size_t entries_max, int steps) {
    struct world *w = malloc(sizeof(*w));
    world_open(w, fields, entries_max);
    set(w, 0, false);
    for (int i = 0; i < steps; i++) {
        step(w);
        check_reads(w);
        if (rng_below(&w->rng, 50) == 0) check(w);
        if (rng_below(&w->rng, 500) == 0) swap_with_copy(w);
        if (rng_below(&w->rng, 300) == 0) w->now_ms += (int64_t)rng_below(&w->rng, 4000);
    }
    /* told to the millisecond, nothing due is left; what was kept so far has room for readers only */
    w->now_ms += 10000;
    while (expire(w, false, 3))
        check(w);
    expire_all(w);
    check(w);
    assert_int_equal(hash_count(w->hash), hash_count_exact(w->hash));
    int64_t next = hash_next_deadline(w->hash);
    assert_true(next == NONE || next >= w->now_ms);
    world_close(w);
    free(w);
}

static void test_small(void **state) {
    for (int i = test_rounds(6); i > 0; i--)
        random_operations(40, 1000, 3000);
}

static void test_large(void **state) {
    for (int i = test_rounds(4); i > 0; i--)
        random_operations(FIELDS_MAX, 0, 9000);
}

static void test_growing_out_of_the_small_form(void **state) {
    for (int i = test_rounds(4); i > 0; i--)
        random_operations(300, 128, 4000);
}

/* --- one thing at a time --- */

static void test_a_form_with_room_for_deadlines(void **state) {
    struct world *w = malloc(sizeof(*w));
    for (size_t entries_max = 0; entries_max <= 128; entries_max += 128) {
        world_open(w, 10, entries_max);
        for (uint32_t i = 0; i < 5; i++)
            set(w, i, false);
        int64_t without = w->account.used;
        set_deadline(w, 1, NONE); /* nothing to take away: no other form */
        assert_int_equal(w->account.used, without);
        assert_false(entry_fields_expire(w->hash));
        set_deadline(w, 1, START_MS + 500);
        set_deadline(w, 2, START_MS + 100);
        assert_string_equal(hash_ops.encoding_name(w->hash), entries_max ? "listpackex" : "hashtable");
        assert_true(hash_next_deadline(w->hash) <= START_MS + 100);
        set_deadline(w, 1, NONE);
        set_deadline(w, 2, NONE);
        assert_true(hash_next_deadline(w->hash) == NONE);
        assert_string_equal(hash_ops.encoding_name(w->hash), entries_max ? "listpackex" : "hashtable");
        check(w);
        world_close(w);
    }
    free(w);
}

/* Ten thousand at once: the first look takes a bounded number, readers miss all of them at once, and what is
 * left is told by the deadline that the hash reports. */
static void test_a_crowd_goes_in_pieces(void **state) {
    struct world *w = malloc(sizeof(*w));
    world_open(w, FIELDS_MAX, 0);
    for (uint32_t i = 0; i < FIELDS_MAX; i++)
        set(w, i, false);
    for (uint32_t i = 10; i < FIELDS_MAX; i++)
        set_deadline(w, i, START_MS + 1 + i % 7);
    w->now_ms += 1000;
    assert_true(expire(w, false, 20));
    assert_true(hash_count(w->hash) > FIELDS_MAX - 20 * 20);
    assert_int_equal(hash_count_exact(w->hash), 10);
    assert_true(hash_next_deadline(w->hash) <= w->now_ms);
    check(w);
    int pieces = 1;
    while (expire(w, false, 20))
        pieces++;
    assert_true(pieces > 10);
    assert_int_equal(hash_count(w->hash), 10);
    assert_true(hash_next_deadline(w->hash) == NONE);
    check(w);
    world_close(w);
    free(w);
}

/* A field whose deadline was pushed away costs a look, and is found alive. */
static void test_refreshed_deadlines(void **state) {
    struct world *w = malloc(sizeof(*w));
    world_open(w, 500, 0);
    for (uint32_t i = 0; i < 500; i++)
        set(w, i, false);
    for (int round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < 500; i++)
            set_deadline(w, i, w->now_ms + 100);
        w->now_ms += 90;
        expire_all(w);
        assert_int_equal(hash_count_exact(w->hash), 500);
    }
    w->now_ms += 10;
    expire_all(w);
    assert_int_equal(hash_count_exact(w->hash), 500); /* due once its millisecond is over */
    w->now_ms++;
    expire_all(w);
    assert_int_equal(hash_count(w->hash), 0);
    world_close(w);
    free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_form_with_room_for_deadlines),
        cmocka_unit_test(test_a_crowd_goes_in_pieces),
        cmocka_unit_test(test_refreshed_deadlines),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_growing_out_of_the_small_form),
    };
    return cmocka_run_group_tests_name("types/hash_deadlines", tests, NULL, NULL);
}
