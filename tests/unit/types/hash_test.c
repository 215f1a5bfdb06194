/* Hashes against an array of fields, in both forms and across the change from one to the other. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/types/hash.h"
#include "server/types/hash_item.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define FIELDS_MAX 6000
#define NO_LIMIT   SIZE_MAX
#define TEXT_MAX   3000

struct cell {
    char *value; /* NULL: absent */
    size_t len;
    unsigned visits;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct hash_rules rules;
    struct cell *cells;
    uint32_t fields, present;
    char long_name[512];
};
static struct world *world; /* of the test under way, for call-backs */

static void world_open(struct world *w, uint32_t fields, uint64_t seed) {
    *w = (struct world){.fields = fields};
    world = w;
    if (seed)
        rng_seed(&w->rng, seed);
    else
        w->rng = test_rng();
    hash_secret_draw(&w->secret, &w->rng);
    w->rules =
        (struct hash_rules){.secret = &w->secret, .listpack_entries_max = 128, .listpack_value_max = 64};
    w->cells = calloc(fields, sizeof(*w->cells));
    memset(w->long_name, 'n', sizeof(w->long_name));
    w->outer = mem_account_enter(&w->account);
}

static void world_close(struct world *w) {
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    for (uint32_t i = 0; i < w->fields; i++)
        free(w->cells[i].value);
    free(w->cells);
}

static bool free_step(struct entry *e, size_t budget) {
    if (entry_encoding(e) == ENC_TREE && !hash_ops.release(e, &budget)) return false;
    entry_free_shell(e);
    return true;
}

static void free_hash(struct entry *e) {
    assert_true(free_step(e, NO_LIMIT));
}

/* Field names: integers, short texts, some longer than a byte can say. */
static struct slice name_of(uint32_t number, char *room) {
    switch (number % 4) {
    case 0: return (struct slice){room, num_format_int64(room, (int64_t)number * 1000 - 5000)};
    case 1: return (struct slice){room, (size_t)sprintf(room, "f%u", number)};
    case 2: return (struct slice){room, (size_t)sprintf(room, "field:%u:name", number)};
    default: {
        size_t len = number % 64 == 3 && number > 200 ? 300 : 20;
        memset(room, 'n', len);
        return (struct slice){room, len - 6 + (size_t)sprintf(room + len - 6, "%06u", number)};
    }
    }
}

static uint32_t number_of(struct slice name) {
    char room[512];
    for (size_t i = 0; i < name.len; i++) /* the number is the digits, however dressed */
        if (name.ptr[i] >= '0' && name.ptr[i] <= '9') {
            uint32_t n = 0;
            for (; i < name.len && name.ptr[i] >= '0' && name.ptr[i] <= '9'; i++)
                n = n * 10 + (uint32_t)(name.ptr[i] - '0');
            if (name.ptr[0] >= '0' && name.ptr[0] <= '9') n = (n + 5000) / 1000;
            if (name.ptr[0] == '-') n = (5000 - n) / 1000;
            if (n < world->fields && slice_eq(name_of(n, room), name)) return n;
        }
    fail_msg("unknown field %.*s", (int)name.len, name.ptr);
    return 0;
}

static struct slice draw_value(struct world *w, char *room, bool small_only) {
    size_t len;
    switch (rng_below(&w->rng, small_only ? 3 : 5)) {
    case 0:
        return (struct slice){room,
                              num_format_int64(room, (int64_t)rng_next(&w->rng) >> rng_below(&w->rng, 64))};
    case 1: len = rng_below(&w->rng, 12); break;
    case 2: len = rng_below(&w->rng, 65); break;
    case 3: len = 1000 + rng_below(&w->rng, 50); break;
    default: len = rng_below(&w->rng, TEXT_MAX); break;
    }
    memset(room, (int)('a' + rng_below(&w->rng, 26)), len);
    return (struct slice){room, len};
}

static void expect_pair(void *arg, struct slice field, struct slice value) {
    struct cell *cell = &world->cells[number_of(field)];
    assert_non_null(cell->value);
    assert_true(slice_eq(value, (struct slice){cell->value, cell->len}));
    cell->visits++;
    if (arg) ++*(size_t *)arg;
}

static void forget_visits(struct world *w) {
    for (uint32_t i = 0; i < w->fields; i++)
        w->cells[i].visits = 0;
}

static void compare(struct world *w, const struct entry *e) {
    assert_int_equal(hash_count(e), w->present);
    forget_visits(w);
    size_t seen = 0;
    hash_each(e, expect_pair, &seen);
    assert_int_equal(seen, w->present);
    for (uint32_t i = 0; i < w->fields; i++)
        assert_int_equal(w->cells[i].visits, w->cells[i].value != NULL);
    if (entry_encoding(e) == ENC_LISTPACK) {
        assert_true(listpack_valid(entry_payload(e), listpack_bytes(entry_payload(e)), true));
        assert_true(w->present <= w->rules.listpack_entries_max);
    }
    assert_int_equal(mem_good_size(entry_size(e)) + hash_ops.memory(e, 0), w->account.used);
}

static struct entry *world_set(struct world *w, struct entry *e, size_t count, bool small_only) {
    static char names[40][512], values[40][TEXT_MAX];
    struct slice pairs[80];
    size_t fresh = 0, created = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)rng_below(&w->rng, w->fields);
        struct cell *cell = &w->cells[number];
        pairs[2 * i] = name_of(number, names[i]);
        pairs[2 * i + 1] = draw_value(w, values[i], small_only);
        fresh += cell->value == NULL;
        free(cell->value);
        cell->len = pairs[2 * i + 1].len;
        cell->value = malloc(cell->len + 1);
        memcpy(cell->value, pairs[2 * i + 1].ptr, cell->len);
    }
    w->present += (uint32_t)fresh;
    if (!e) return hash_create(SLICE("the key"), pairs, count, &w->rules);
    e = hash_set(e, pairs, count, &w->rules, &created);
    assert_int_equal(created, fresh);
    return e;
}

static struct entry *world_delete(struct world *w, struct entry *e, size_t count) {
    static char names[40][512];
    struct slice fields[40];
    size_t there = 0, deleted = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = (uint32_t)rng_below(&w->rng, w->fields);
        struct cell *cell = &w->cells[number];
        fields[i] = name_of(number, names[i]);
        there += cell->value != NULL;
        free(cell->value);
        cell->value = NULL;
    }
    w->present -= (uint32_t)there;
    e = hash_delete(e, fields, count, &deleted);
    assert_int_equal(deleted, there);
    return e;
}

static void world_read(struct world *w, const struct entry *e) {
    static char names[HASH_GROUP][512];
    struct slice fields[HASH_GROUP], value;
    uint32_t numbers[HASH_GROUP];
    size_t n = 1 + rng_below(&w->rng, HASH_GROUP);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = (uint32_t)rng_below(&w->rng, w->fields);
        fields[i] = name_of(numbers[i], names[i]);
    }
    struct hash_group group;
    hash_get_group(e, fields, n, &group);
    char scratch[LISTPACK_INT_CHARS];
    for (size_t i = 0; i < n; i++) {
        const struct cell *cell = &w->cells[numbers[i]];
        bool there = hash_get(e, fields[i], scratch, &value);
        assert_true(there == (cell->value != NULL));
        assert_true(there == (group.value[i].ptr != NULL));
        if (!there) continue;
        assert_true(slice_eq(value, (struct slice){cell->value, cell->len}));
        assert_true(slice_eq(group.value[i], value));
    }
    if (entry_encoding(e) == ENC_TREE) /* advice: nothing may happen */
        hash_ops.prefetch_item(e, hash_ops.prefetch_bucket(e, fields[0]));
}

static void random_operations(uint32_t fields, bool small_only, int ops) {
    struct world w;
    world_open(&w, fields, 0);
    struct entry *e = NULL;
    for (int op = 0; op < test_rounds(ops); op++) {
        if (!e) e = world_set(&w, NULL, 1 + rng_below(&w.rng, 8), small_only);
        size_t count = rng_below(&w.rng, 8) ? 1 + rng_below(&w.rng, 3) : 1 + rng_below(&w.rng, 39);
        bool large_before = entry_encoding(e) == ENC_TREE;
        unsigned grow = op / 400 % 2 ? 35 : 60;
        if (rng_below(&w.rng, 100) < grow)
            e = world_set(&w, e, count, small_only);
        else
            e = world_delete(&w, e, count);
        if (large_before) assert_int_equal(entry_encoding(e), ENC_TREE);
        assert_true(slice_eq(entry_key(e), SLICE("the key")));
        world_read(&w, e);
        if (op % 64 == 0) compare(&w, e);
        if (rng_below(&w.rng, 50) == 0)
            e = entry_set_deadline(e, rng_below(&w.rng, 2) ? ENTRY_NO_DEADLINE
                                                           : (int64_t)rng_below(&w.rng, 1u << 30));
        if (hash_count(e) == 0 || rng_below(&w.rng, 1500) == 0) {
            compare(&w, e);
            free_hash(e);
            e = NULL;
            assert_int_equal(w.account.used, 0);
            for (uint32_t i = 0; i < w.fields; i++) {
                free(w.cells[i].value);
                w.cells[i].value = NULL;
            }
            w.present = 0;
        }
    }
    if (e) free_hash(e);
    world_close(&w);
}

static void test_random_small(void **state) {
    random_operations(40, true, 8000);
}
static void test_random_across(void **state) {
    random_operations(300, true, 8000);
}
static void test_random_large(void **state) {
    random_operations(FIELDS_MAX, false, 6000);
}
static void test_random_long_values(void **state) {
    random_operations(60, false, 6000);
}

/* --- form and size --- */

static void test_five_fields_take_112_bytes(void **state) {
    struct world w;
    world_open(&w, 1, 5);
    struct slice pairs[10] = {SLICE("f1"), SLICE("abcdefghij"), SLICE("f2"), SLICE("abcdefghij"),
                              SLICE("f3"), SLICE("abcdefghij"), SLICE("f4"), SLICE("abcdefghij"),
                              SLICE("f5"), SLICE("abcdefghij")};
    struct entry *e = hash_create(SLICE("key:000000000016"), pairs, 5, &w.rules);
    assert_int_equal(w.account.used, 112);
    assert_int_equal(hash_ops.memory(e, 0), 0);
    assert_int_equal(hash_ops.effort(e), 1);
    assert_string_equal(hash_ops.name, "hash");
    free_hash(e);
    world_close(&w);
}

static struct entry *with_fields(struct world *w, size_t count) {
    struct entry *e = NULL;
    char name[32];
    size_t created = 0;
    for (size_t i = 0; i < count; i++) {
        struct slice pair[2] = {{name, (size_t)sprintf(name, "field%zu", i)}, SLICE("value")};
        e = e ? hash_set(e, pair, 1, &w->rules, &created) : hash_create(SLICE("k"), pair, 1, &w->rules);
    }
    return e;
}

static void test_limits_of_the_small_form(void **state) {
    struct world w;
    world_open(&w, 1, 6);
    size_t created = 0, deleted = 0;
    struct slice field = SLICE("another");
    struct entry *e = with_fields(&w, 128);
    assert_string_equal(hash_ops.encoding_name(e), "listpack");
    e = hash_set(e, (struct slice[]){SLICE("field3"), SLICE("again")}, 1, &w.rules, &created);
    assert_string_equal(hash_ops.encoding_name(e), "listpack");
    e = hash_set(e, (struct slice[]){field, SLICE("x")}, 1, &w.rules, &created);
    assert_string_equal(hash_ops.encoding_name(e), "hashtable");
    assert_int_equal(created, 1);
    e = hash_delete(e, &field, 1, &deleted);
    assert_int_equal(deleted, 1);
    assert_string_equal(hash_ops.encoding_name(e), "hashtable");
    free_hash(e);

    char longest[65];
    memset(longest, 'v', sizeof(longest));
    struct slice fits = {longest, 64}, too_long = {longest, 65};
    e = hash_create(SLICE("k"), (struct slice[]){fits, fits}, 1, &w.rules);
    assert_string_equal(hash_ops.encoding_name(e), "listpack");
    free_hash(e);
    e = hash_create(SLICE("k"), (struct slice[]){fits, too_long}, 1, &w.rules);
    assert_string_equal(hash_ops.encoding_name(e), "hashtable");
    free_hash(e);
    e = hash_create(SLICE("k"), (struct slice[]){too_long, fits}, 1, &w.rules);
    assert_string_equal(hash_ops.encoding_name(e), "hashtable");
    free_hash(e);

    w.rules.listpack_entries_max = 0;
    e = hash_create(SLICE("k"), (struct slice[]){fits, fits}, 1, &w.rules);
    assert_string_equal(hash_ops.encoding_name(e), "hashtable");
    free_hash(e);
    world_close(&w);
}

static void test_repeated_fields_count_once(void **state) {
    struct world w;
    world_open(&w, 1, 7);
    struct slice pairs[600];
    for (size_t i = 0; i < 300; i++) {
        pairs[2 * i] = i % 2 ? SLICE("one") : SLICE("two");
        pairs[2 * i + 1] = i < 290 ? SLICE("a longer value") : SLICE("short");
    }
    struct entry *e = hash_create(SLICE("k"), pairs, 300, &w.rules);
    assert_string_equal(hash_ops.encoding_name(e), "listpack");
    assert_int_equal(hash_count(e), 2);
    free_hash(e);
    e = hash_create(SLICE("k"), pairs + 500, 50, &w.rules);
    assert_int_equal(hash_count(e), 2);
    assert_int_equal(mem_good_size(entry_size(e)), w.account.used);
    free_hash(e);
    world_close(&w);
}

static void test_items_in_one_allocation(void **state) {
    struct world w;
    world_open(&w, 1, 8);
    struct hash_item *item = item_create(SLICE("abcdefghij"), SLICE("0123456789"));
    assert_int_equal(w.account.used, 32);
    item = item_assign(item, SLICE("01234567890123456"));
    assert_int_equal(w.account.used, 32);
    assert_true(slice_eq(item_value(item), SLICE("01234567890123456")));
    assert_int_equal(item_memory(item), 32);
    assert_int_equal(item_free(item), 1);
    world_close(&w);
}

/* --- visiting --- */

static void test_scan_of_a_small_hash_shows_all(void **state) {
    struct world w;
    world_open(&w, 60, 9);
    struct entry *e = world_set(&w, NULL, 39, true);
    forget_visits(&w);
    size_t seen = 0;
    assert_int_equal(hash_scan(e, 0, 1, expect_pair, &seen), 0);
    assert_int_equal(seen, w.present);
    assert_int_equal(hash_scan(e, 12345, 1, expect_pair, &seen), 0);
    free_hash(e);
    world_close(&w);
}

static void test_scan_of_a_large_hash_meets_the_count(void **state) {
    struct world w;
    world_open(&w, 3000, 10);
    struct entry *e = world_set(&w, NULL, 39, true);
    while (w.present < 2500)
        e = world_set(&w, e, 30, true);
    for (size_t count = 1; count < 5000; count *= 7) {
        forget_visits(&w);
        size_t seen = 0, calls = 0;
        uint64_t cursor = 0;
        do {
            size_t before = seen;
            cursor = hash_scan(e, cursor, count, expect_pair, &seen);
            if (cursor) assert_true(seen - before >= count && seen - before < count + 60);
            calls++;
        } while (cursor);
        assert_int_equal(seen, w.present);
        assert_true(calls <= w.present / count + 1);
    }
    free_hash(e);
    world_close(&w);
}

static void count_draw(void *arg, struct slice field, struct slice value) {
    world->cells[number_of(field)].visits++;
}

static void expect_uniform(struct world *w, double expected) {
    double chi = 0;
    for (uint32_t i = 0; i < w->fields; i++) {
        double off = (double)w->cells[i].visits - expected;
        chi += off * off / expected;
    }
    assert_true(chi < w->fields + 5 * __builtin_sqrt(2.0 * w->fields) + 10);
}

static struct entry *full_hash(struct world *w, uint32_t fields, bool make_large, uint64_t seed) {
    world_open(w, fields, seed);
    if (make_large) w->rules.listpack_entries_max = 0;
    struct entry *e = world_set(w, NULL, 1, true);
    while (w->present < fields)
        e = world_set(w, e, 30, true);
    assert_int_equal(entry_encoding(e), make_large ? ENC_TREE : ENC_LISTPACK);
    return e;
}

static void draws(uint32_t fields, bool make_large, uint64_t seed) {
    struct world w;
    struct entry *e = full_hash(&w, fields, make_large, seed);
    forget_visits(&w);
    hash_random(e, &w.rng, 300 * fields, count_draw, NULL, NULL);
    expect_uniform(&w, 300);
    forget_visits(&w);
    for (uint32_t i = 0; i < 300 * fields; i++)
        hash_random(e, &w.rng, 1, count_draw, NULL, NULL);
    expect_uniform(&w, 300);
    for (uint32_t count = 1; count < fields; count += 1 + count * 2) {
        struct cell *last = calloc(fields, sizeof(*last));
        forget_visits(&w);
        uint32_t rounds = 300 * fields / count;
        for (uint32_t round = 0; round < rounds; round++) {
            for (uint32_t i = 0; i < fields; i++)
                last[i].visits = w.cells[i].visits;
            hash_random_unique(e, &w.rng, count, count_draw, NULL);
            uint32_t drawn = 0;
            for (uint32_t i = 0; i < fields; i++) {
                assert_true(w.cells[i].visits - last[i].visits <= 1);
                drawn += w.cells[i].visits - last[i].visits;
            }
            assert_int_equal(drawn, count);
        }
        expect_uniform(&w, (double)rounds * count / fields);
        free(last);
    }
    forget_visits(&w);
    hash_random_unique(e, &w.rng, fields + 5, count_draw, NULL);
    for (uint32_t i = 0; i < fields; i++)
        assert_int_equal(w.cells[i].visits, 1);
    free_hash(e);
    world_close(&w);
}

static void test_draws_from_a_small_hash(void **state) {
    draws(20, false, 11);
}
static void test_draws_from_a_large_hash(void **state) {
    draws(60, true, 12);
}

static bool until_ten(void *arg) {
    unsigned total = 0;
    for (uint32_t i = 0; i < world->fields; i++)
        total += world->cells[i].visits;
    return total < 10;
}

static void test_draws_can_be_stopped(void **state) {
    for (int make_large = 0; make_large < 2; make_large++) {
        struct world w;
        struct entry *e = full_hash(&w, 20, make_large, 13);
        forget_visits(&w);
        hash_random(e, &w.rng, INT64_MAX, count_draw, until_ten, NULL);
        assert_false(until_ten(NULL));
        free_hash(e);
        world_close(&w);
    }
}

/* --- copies and release --- */

static void test_copies_are_independent(void **state) {
    for (int make_large = 0; make_large < 2; make_large++) {
        struct world w;
        struct entry *e = full_hash(&w, 100, make_large, 14);
        struct entry *copy = hash_ops.copy(e, SLICE("other key"), 12345);
        assert_true(slice_eq(entry_key(copy), SLICE("other key")));
        assert_int_equal(entry_deadline(copy), 12345);
        assert_int_equal(entry_encoding(copy), entry_encoding(e));
        free_hash(e);
        forget_visits(&w);
        compare(&w, copy);
        free_hash(copy);
        world_close(&w);
    }
}

static void test_release_in_steps(void **state) {
    struct world w;
    struct entry *e = full_hash(&w, 5000, true, 15);
    assert_true(hash_ops.effort(e) >= 5000);
    unsigned steps = 0;
    int64_t before = w.account.used;
    while (!free_step(e, 100)) {
        assert_true(before - w.account.used < 100 * 512 + (64 << 10)); /* names, or a piece of the buckets */
        before = w.account.used;
        steps++;
    }
    assert_true(steps >= 50);
    world_close(&w);
}

static void test_sampled_memory_is_near(void **state) {
    struct world w;
    struct entry *e = full_hash(&w, 5000, true, 16);
    size_t exact = hash_ops.memory(e, 0), sampled = hash_ops.memory(e, 50);
    assert_true(sampled > exact / 2 && sampled < exact * 2);
    free_hash(e);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_fields_take_112_bytes),
        cmocka_unit_test(test_items_in_one_allocation),
        cmocka_unit_test(test_limits_of_the_small_form),
        cmocka_unit_test(test_repeated_fields_count_once),
        cmocka_unit_test(test_random_small),
        cmocka_unit_test(test_random_across),
        cmocka_unit_test(test_random_large),
        cmocka_unit_test(test_random_long_values),
        cmocka_unit_test(test_scan_of_a_small_hash_shows_all),
        cmocka_unit_test(test_scan_of_a_large_hash_meets_the_count),
        cmocka_unit_test(test_draws_from_a_small_hash),
        cmocka_unit_test(test_draws_from_a_large_hash),
        cmocka_unit_test(test_draws_can_be_stopped),
        cmocka_unit_test(test_copies_are_independent),
        cmocka_unit_test(test_release_in_steps),
        cmocka_unit_test(test_sampled_memory_is_near),
    };
    return cmocka_run_group_tests_name("types/hash", tests, NULL, NULL);
}
