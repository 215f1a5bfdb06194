/* The index of names against a sorted array. */
#include "common/base/mem.h"
#include "server/ds/name_index.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

#define NAMES 2000

struct thing {
    char name[12];
    size_t len;
    bool there;
};

static int cmp_things(const void *a, const void *b) {
    const struct thing *left = a, *right = b;
    return slice_cmp((struct slice){left->name, left->len}, (struct slice){right->name, right->len});
}

static struct slice name_of(const struct thing *t) {
    return (struct slice){t->name, t->len};
}

static void check(const struct name_index *x, struct thing *things, size_t count,
                  const struct mem_account *account) {
    struct name_cursor c;
    name_cursor_begin(&c, x);
    size_t there = 0;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(name_index_find(x, name_of(&things[i])), things[i].there ? &things[i] : NULL);
        if (!things[i].there) continue;
        assert_ptr_equal(name_cursor_next(&c), &things[i]);
        there++;
    }
    assert_null(name_cursor_next(&c));
    assert_int_equal(x->count, there);
    assert_int_equal(name_index_bytes(x), (size_t)account->used);
}

static void run(size_t count, bool ascending) {
    struct rng rng = test_rng();
    static struct thing things[NAMES];
    memset(things, 0, sizeof(things));
    for (size_t i = 0; i < count; i++)
        things[i].len = (size_t)sprintf(things[i].name, "%zu%s", i * 7919 % 100003, i % 3 ? "" : "x");
    things[0].len = 0; /* the empty name */
    qsort(things, count, sizeof(*things), cmp_things);
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    struct name_index x;
    name_index_init(&x);
    for (size_t step = 0; step < 6 * count; step++) {
        struct thing *t = &things[ascending && step < count ? step : rng_below(&rng, count)];
        if (t->there)
            assert_ptr_equal(name_index_remove(&x, name_of(t)), t);
        else
            name_index_insert(&x, name_of(t), t);
        t->there = !t->there;
        if (!t->there) assert_null(name_index_remove(&x, name_of(t)));
        if (step % 501 == 0) check(&x, things, count, &account);
    }
    check(&x, things, count, &account);
    for (size_t i = count; i-- > 0;)
        if (things[i].there)
            assert_ptr_equal(i % 2 ? name_index_pop(&x) : name_index_remove(&x, name_of(&things[i])),
                             &things[i]);
    assert_null(name_index_pop(&x));
    name_index_deinit(&x);
    assert_int_equal(account.used, 0);
    mem_account_enter(outer);
}

static void test_against_model(void **state) {
    run(1, false);
    run(5, true);
    run(NAMES, false);
    run(NAMES, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
