/* The id tree against a sorted array: ids that ascend, that come in any order, and that go at the beginning,
 * with finding, cursors and partial frees in between. */
#include "common/base/mem.h"
#include "server/ds/id_tree.h"
#include "tests/unit/support/test.h"
#include <stdlib.h>
#include <string.h>

enum order { ASCENDING, ANY, QUEUE, ORDERS };

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct id_tree tree;
    enum order order;
    struct stream_id *ids; /* the model: sorted */
    size_t count, cap;
    uint64_t next;
};

static void world_open(struct world *w, enum order order, size_t value_bytes, size_t cap) {
    *w = (struct world){.order = order, .cap = cap, .rng = test_rng()};
    w->ids = calloc(cap, sizeof(*w->ids));
    w->outer = mem_account_enter(&w->account);
    id_tree_init(&w->tree, value_bytes);
}

static void world_close(struct world *w) {
    id_tree_deinit(&w->tree);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    free(w->ids);
}

static size_t model_place(const struct world *w, struct stream_id id) {
    size_t low = 0, high = w->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stream_id_less(w->ids[middle], id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool model_has(const struct world *w, struct stream_id id) {
    size_t at = model_place(w, id);
    return at < w->count && stream_id_eq(w->ids[at], id);
}

static struct stream_id draw_id(struct world *w) {
    if (w->order != ANY) return (struct stream_id){w->next / 3, w->next % 3};
    struct stream_id id = {rng_below(&w->rng, 200), rng_below(&w->rng, 200)};
    if (rng_below(&w->rng, 50) == 0) id.ms = UINT64_MAX;
    if (rng_below(&w->rng, 50) == 0) id.seq = UINT64_MAX;
    return id;
}

static void insert_one(struct world *w) {
    struct stream_id id = draw_id(w);
    w->next++;
    if (w->count == w->cap || model_has(w, id)) return;
    size_t at = model_place(w, id);
    memmove(w->ids + at + 1, w->ids + at, (w->count++ - at) * sizeof(*w->ids));
    w->ids[at] = id;
    struct stream_id *value = id_tree_insert(&w->tree, id);
    if (w->tree.value_bytes == 0) return;
    assert_true(stream_id_is_zero(*value));
    *value = id;
}

static void remove_one(struct world *w) {
    if (w->count == 0) return;
    size_t at = w->order == QUEUE ? 0 : rng_below(&w->rng, w->count);
    struct stream_id id = w->ids[at];
    memmove(w->ids + at, w->ids + at + 1, (--w->count - at) * sizeof(*w->ids));
    assert_true(id_tree_remove(&w->tree, id));
    assert_false(id_tree_remove(&w->tree, id));
}

static void check_cursor(const struct world *w, const struct id_cursor *c, size_t at) {
    assert_true(stream_id_eq(c->id, w->ids[at]));
    if (w->tree.value_bytes) assert_true(stream_id_eq(*(const struct stream_id *)c->value, w->ids[at]));
}

static void check_seeks(struct world *w) {
    struct stream_id from = draw_id(w);
    if (w->count && rng_below(&w->rng, 2)) from = w->ids[rng_below(&w->rng, w->count)];
    size_t at = model_place(w, from);
    bool there = model_has(w, from);
    assert_int_equal(id_tree_find(&w->tree, from) != NULL, there);
    struct id_cursor c;
    bool more = id_cursor_seek(&c, &w->tree, from);
    assert_int_equal(more, at < w->count);
    for (size_t i = at; i < w->count && i < at + 200; i++) {
        assert_true(more);
        check_cursor(w, &c, i);
        more = id_cursor_next(&c);
        assert_int_equal(more, i + 1 < w->count);
    }
    size_t behind = there ? at + 1 : at;
    more = id_cursor_seek_back(&c, &w->tree, from);
    assert_int_equal(more, behind > 0);
    for (size_t i = behind; i > 0 && i + 200 > behind; i--) {
        check_cursor(w, &c, i - 1);
        more = id_cursor_prev(&c);
        assert_int_equal(more, i > 1);
    }
}

static void check(struct world *w) {
    id_tree_verify(&w->tree);
    assert_int_equal(w->tree.count, w->count);
    assert_int_equal(w->tree.bytes, (size_t)w->account.used);
    struct stream_id first, last;
    assert_int_equal(id_tree_first(&w->tree, &first) != NULL, w->count > 0);
    assert_int_equal(id_tree_last(&w->tree, &last) != NULL, w->count > 0);
    if (w->count) {
        assert_true(stream_id_eq(first, w->ids[0]));
        assert_true(stream_id_eq(last, w->ids[w->count - 1]));
    }
    for (int i = 0; i < 5; i++)
        check_seeks(w);
}

static void run(enum order order, size_t value_bytes, size_t cap) {
    struct world w;
    world_open(&w, order, value_bytes, cap);
    for (int phase = 0, phases = test_rounds(6); phase < phases; phase++) {
        unsigned removals = phase % 2 ? 7 : 2; /* of ten steps */
        for (size_t step = 0; step < 2 * cap; step++) {
            if (rng_below(&w.rng, 10) < removals)
                remove_one(&w);
            else
                insert_one(&w);
            if (step % 97 == 0) check(&w);
        }
        check(&w);
    }
    while (w.count)
        remove_one(&w);
    check(&w);
    assert_null(w.tree.root);
    for (size_t i = 0; i < cap; i++)
        insert_one(&w);
    while (true) { /* in steps of a few nodes */
        size_t budget = 1 + rng_below(&w.rng, 5);
        if (id_tree_deinit_step(&w.tree, &budget)) break;
        assert_int_equal(budget, 0);
    }
    w.count = 0;
    check(&w);
    world_close(&w);
}

static void test_orders(void **state) {
    for (int order = 0; order < ORDERS; order++) {
        run(order, sizeof(struct stream_id), 5);
        run(order, sizeof(struct stream_id), 3000);
        run(order, 0, 9000);
        run(order, 24, 500);
    }
}

/* Ids that ascend leave full leaves, few ids take little. */
static void test_memory(void **state) {
    struct id_tree t;
    id_tree_init(&t, 0);
    id_tree_insert(&t, (struct stream_id){1, 1});
    assert_true(t.bytes <= 80);
    for (uint64_t i = 2; i <= 63000; i++)
        id_tree_insert(&t, (struct stream_id){i, i});
    assert_true(t.bytes <= 63000 * 18);
    id_tree_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orders), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
