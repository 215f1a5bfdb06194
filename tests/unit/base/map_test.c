/* The map against an array of all keys that there can be. */
#include "common/base/map.h"
#include "common/base/mem.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define UNIVERSE 700

static struct slice key_of(int number, char room[16]) {
    return (struct slice){room,
                          number ? (size_t)snprintf(room, 16, "key:%d", number) : 0}; /* one key is empty */
}

static int number_of(struct slice key) {
    int number = 0;
    if (key.len) sscanf(key.ptr, "key:%3d", &number);
    return number;
}

static void compare(const struct map *m, void *const model[UNIVERSE]) {
    char room[16];
    size_t count = 0;
    for (int i = 0; i < UNIVERSE; i++) {
        assert_ptr_equal(map_get(m, key_of(i, room)), model[i]);
        count += model[i] != NULL;
    }
    assert_int_equal(m->count, count);
}

/* Sees every pair exactly once, and removes about every `odds`-th of them on the way. */
static void walk(struct map *m, void *model[UNIVERSE], struct rng *rng, uint64_t odds) {
    bool seen[UNIVERSE] = {false};
    size_t cursor = 0, steps = 0, count = m->count;
    struct slice key;
    void *value;
    char room[16];
    while (map_next(m, &cursor, &key, &value)) {
        int number =
            number_of((struct slice){room, (size_t)snprintf(room, 16, "%.*s", (int)key.len, key.ptr)});
        assert_false(seen[number]);
        seen[number] = true;
        assert_ptr_equal(value, model[number]);
        steps++;
        if (odds && rng_below(rng, odds) == 0) {
            assert_ptr_equal(map_remove(m, key_of(number, room)), value);
            model[number] = NULL;
        }
    }
    assert_int_equal(steps, count);
}

static void random_steps_against_a_model(void **state) {
    struct rng rng = test_rng();
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    static char values[8];
    for (int round = 0; round < test_rounds(30); round++) {
        struct map m;
        void *model[UNIVERSE] = {NULL};
        char room[16];
        map_init(&m, rng_next(&rng));
        for (int i = 0; i < 4000; i++) {
            int number = (int)rng_below(&rng, UNIVERSE);
            /* Times of growth and of decline. */
            if (rng_below(&rng, 10) < (i / 1000 % 2 ? 3u : 7u)) {
                void *value = &values[rng_below(&rng, 8)];
                assert_ptr_equal(map_put(&m, key_of(number, room), value), model[number]);
                model[number] = value;
            } else {
                assert_ptr_equal(map_remove(&m, key_of(number, room)), model[number]);
                model[number] = NULL;
            }
            if (i % 500 == 0) {
                compare(&m, model);
                walk(&m, model, &rng, rng_below(&rng, 3));
                compare(&m, model);
            }
        }
        assert_in_range(m.cap, 0, 4096); /* graves do not make it grow */
        map_deinit(&m);
    }
    assert_int_equal(account.used, 0);
    mem_account_enter(before);
}

static void an_empty_one_answers(void **state) {
    struct map m;
    map_init(&m, 1);
    size_t cursor = 0;
    struct slice key;
    void *value;
    assert_null(map_get(&m, SLICE("x")));
    assert_null(map_remove(&m, SLICE("x")));
    assert_false(map_next(&m, &cursor, &key, &value));
    map_deinit(&m);
}

static void the_same_pair_comes_and_goes(void **state) {
    struct map m;
    map_init(&m, 1);
    for (int i = 0; i < 100000; i++) {
        assert_null(map_put(&m, SLICE("channel"), &m));
        assert_ptr_equal(map_remove(&m, SLICE("channel")), &m);
    }
    assert_int_equal(m.cap, 8);
    map_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_answers),
        cmocka_unit_test(the_same_pair_comes_and_goes),
        cmocka_unit_test(random_steps_against_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
