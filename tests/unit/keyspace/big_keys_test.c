/* The largest keys against a plain walk over all of them. */
#include "server/commands/families.h"
#include "server/keyspace/big_keys.h"
#include "server/keyspace/keys.h"
#include "server/types/value.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>

#define ALL (BIG_KEYS_PER_TYPE * VALUE_TYPES)

static int open_fixture(void **state) {
    static struct command_fixture f;
    static const struct command_binding *const families[] = {generic_bindings, string_bindings,
                                                             string_range_bindings, set_bindings, NULL};
    fixture_open(&f, families);
    *state = &f;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(*state);
    return 0;
}

static size_t measured(struct command_fixture *f, struct slice name) {
    struct database *db = keyspace_database(&f->keyspace, 0);
    const struct entry *e = database_find(db, name, hash_slice(&f->keyspace.secret, name)).entry;
    return e ? value_memory(e, 0) : 0;
}

/* --- only what is there, in order, with its size --- */

static void check_list(struct command_fixture *f, size_t *first) {
    struct big_key_found found[ALL];
    size_t count = big_keys_list(&f->keyspace, VALUE_TYPES, found, ALL);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || found[i - 1].bytes >= found[i].bytes);
        if (found[i].type == VALUE_STRING) assert_int_equal(found[i].bytes, measured(f, found[i].name));
        for (size_t j = 0; j < i; j++)
            assert_false(slice_eq(found[i].name, found[j].name) && found[i].db_index == found[j].db_index);
    }
    *first = count ? found[0].bytes : 0;
}

/* Keys that only grow, or go: then the largest is always known. */
static void strings_like_a_walk(void **state) {
    struct command_fixture *f = *state;
    struct rng rng;
    rng = test_rng();
    enum { KEYS = 50 };
    for (unsigned round = 0; round < (unsigned)test_rounds(2000); round++) {
        unsigned key = (unsigned)rng_below(&rng, KEYS), how = (unsigned)rng_below(&rng, 10);
        if (how == 0)
            fixture_run(f, "DEL key:%u", key);
        else if (how == 1)
            fixture_run(f, "SET key:%u small", key);
        else if (how == 2)
            fixture_run(f, "RENAME key:%u key:%u", key, (unsigned)rng_below(&rng, KEYS));
        else
            fixture_run(f, "SETRANGE key:%u %u x", key, (unsigned)rng_below(&rng, 100000));
        size_t most = 0, first;
        for (unsigned i = 0; i < KEYS; i++) {
            char name[16];
            snprintf(name, sizeof(name), "key:%u", i);
            size_t bytes = measured(f, slice_of(name));
            if (bytes > most) most = bytes;
        }
        check_list(f, &first);
        if (most >= BIG_KEY_BYTES_MIN) assert_int_equal(first, most);
    }
}

static void more_keys_than_places(void **state) {
    struct command_fixture *f = *state;
    struct big_key_found found[ALL];
    for (unsigned i = 0; i < 1000; i++)
        fixture_run(f, "SETRANGE key:%u %u x", i, 2000 + (i * 7919 % 1000) * 100);
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_STRING, found, ALL), BIG_KEYS_PER_TYPE);
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_SET, found, ALL), 0);
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_TYPES, found, 3), 3);
    size_t least = big_keys_list(&f->keyspace, VALUE_STRING, found, ALL) - 1;
    unsigned larger = 0; /* than the least of those that are told */
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "key:%u", i);
        larger += measured(f, slice_of(name)) > found[least].bytes;
    }
    assert_true(larger < BIG_KEYS_PER_TYPE);
}

/* A collection is measured as it grows, with a change or in one go. */
static void collections(void **state) {
    struct command_fixture *f = *state;
    struct big_key_found found[ALL];
    for (unsigned i = 0; i < 5000; i++)
        fixture_run(f, "SADD set member:%u", i);
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_SET, found, ALL), 1);
    size_t exact = measured(f, SLICE("set"));
    assert_true(found[0].bytes > exact * 8 / 10 && found[0].bytes < exact * 12 / 10);
    assert_true(f->keyspace.big_keys->top[VALUE_SET].keys[0].bytes > exact * 8 / 10);
    fixture_run(f, "COPY set twin");
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_SET, found, ALL), 2);
    fixture_run(f, "SET set x");
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_SET, found, ALL), 1);
    assert_true(slice_eq(found[0].name, SLICE("twin")));
    key_flush_database(&f->keyspace, keyspace_database(&f->keyspace, 0));
    assert_int_equal(big_keys_list(&f->keyspace, VALUE_TYPES, found, ALL), 0);
    for (unsigned i = 0; i < BIG_KEYS_FILTER; i++)
        assert_int_equal(f->keyspace.big_keys->filter[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strings_like_a_walk, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(more_keys_than_places, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(collections, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
