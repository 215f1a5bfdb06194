/* The rank tree against a sorted array: random insertions, removals and changes of scores, under scores of
 * many kinds, with ranks, counts, cursors and walks in between. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/ds/rank_tree.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum scores { UNIFORM, FEW, EQUAL, ASCENDING, DESCENDING, WILD, SCORE_KINDS };

/* A member of the walk's epoch. */
struct seen {
    uint32_t number;
    double score;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct rank_tree tree;
    enum scores kind;
    struct rank_item **items; /* the model: sorted */
    size_t count, cap;
    uint32_t number; /* the next member's */
    struct rank_walk walk;
    struct seen *epoch, *visited;
    size_t epoch_count, visited_count;
};

static void world_open(struct world *w, enum scores kind, size_t cap) {
    *w = (struct world){.kind = kind, .cap = cap, .rng = test_rng()};
    w->items = calloc(cap, sizeof(*w->items));
    w->epoch = calloc(cap, sizeof(*w->epoch));
    w->visited = calloc(cap, sizeof(*w->visited));
    w->outer = mem_account_enter(&w->account);
    rank_tree_init(&w->tree);
}

static void world_close(struct world *w) {
    rank_tree_deinit(&w->tree);
    for (size_t i = 0; i < w->count; i++)
        rank_item_destroy(&w->items[i]);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    free(w->items);
    free(w->epoch);
    free(w->visited);
}

static double draw_score(struct world *w) {
    static const double wild[] = {-INFINITY, INFINITY, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308, 1, -1};
    switch (w->kind) {
    case UNIFORM: return rng_unit(&w->rng) * 1e6 - 5e5;
    case FEW: return (double)rng_below(&w->rng, 9) - 4;
    case EQUAL: return 7;
    case ASCENDING: return (double)w->number;
    case DESCENDING: return -(double)w->number;
    default: break;
    }
    if (rng_below(&w->rng, 2)) return wild[rng_below(&w->rng, sizeof(wild) / sizeof(*wild))];
    return ldexp(rng_unit(&w->rng) - 0.5, (int)rng_below(&w->rng, 2000) - 1000);
}

static struct slice draw_member(struct world *w, char *text) {
    uint32_t number = w->number++, shown = number * 2654435761u; /* every number once, in no order */
    return (struct slice){text, (size_t)sprintf(text, "%08x:%u", shown, number)};
}

static uint32_t number_of(const struct rank_item *item) {
    struct slice member = rank_item_member(item); /* without a terminator: other digits may follow */
    uint64_t number = 0;
    assert_true(num_parse_uint64(member.ptr + 9, member.len - 9, &number));
    return (uint32_t)number;
}

/* How many items of the model are less than `item`. */
static size_t model_place(const struct world *w, const struct rank_item *item) {
    size_t low = 0, high = w->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rank_item_cmp(w->items[middle], item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void model_add(struct world *w, struct rank_item *item) {
    size_t at = model_place(w, item);
    memmove(w->items + at + 1, w->items + at, (w->count - at) * sizeof(*w->items));
    w->items[at] = item;
    w->count++;
}

static void model_take(struct world *w, size_t at) {
    memmove(w->items + at, w->items + at + 1, (w->count - at - 1) * sizeof(*w->items));
    w->count--;
}

static void insert_one(struct world *w) {
    if (w->count == w->cap) return;
    char text[32];
    struct slice member = draw_member(w, text);
    struct rank_item *item = rank_item_create(member, draw_score(w));
    assert_true(slice_eq(rank_item_member(item), member));
    rank_tree_insert(&w->tree, item);
    model_add(w, item);
}

static void remove_one(struct world *w) {
    if (w->count == 0) return;
    size_t at = rng_below(&w->rng, w->count);
    struct rank_item *item = w->items[at];
    if (rng_below(&w->rng, 2))
        rank_tree_remove(&w->tree, item);
    else
        assert_ptr_equal(rank_tree_remove_at(&w->tree, at), item);
    model_take(w, at);
    rank_item_destroy(&item);
}

static void rescore_one(struct world *w) {
    if (w->count == 0) return;
    size_t at = rng_below(&w->rng, w->count);
    struct rank_item *item = w->items[at];
    double score = w->kind == EQUAL || rng_below(&w->rng, 2) ? draw_score(w)
                                                             : item->score * (1 + 1e-6 * rng_unit(&w->rng));
    model_take(w, at);
    rank_tree_rescore(&w->tree, item, score);
    assert_true(item->score == score);
    model_add(w, item);
}

static void change_one(struct world *w, unsigned tide) {
    if (rng_below(&w->rng, 4) == 0)
        rescore_one(w);
    else if (rng_below(&w->rng, 100) < tide)
        insert_one(w);
    else
        remove_one(w);
}

static void check_one(struct world *w) {
    assert_int_equal(w->tree.count, w->count);
    struct rank_cursor c;
    assert_null(rank_cursor_seek(&c, &w->tree, w->count, 0));
    if (w->count == 0) return;
    size_t at = rng_below(&w->rng, w->count);
    struct rank_item *item = w->items[at];
    assert_int_equal(rank_tree_rank(&w->tree, item), at);

    double score = rng_below(&w->rng, 2) ? item->score : draw_score(w);
    size_t below = 0, including = 0;
    for (size_t i = 0; i < w->count; i++) {
        below += w->items[i]->score < score;
        including += w->items[i]->score <= score;
    }
    assert_int_equal(rank_tree_count_below(&w->tree, score, false), below);
    assert_int_equal(rank_tree_count_below(&w->tree, score, true), including);
    rank_tree_prefetch(&w->tree, score);

    size_t before = rank_tree_count_before(&w->tree, rank_item_member(item), false);
    assert_true(before <= w->count);
    if (w->kind == EQUAL) {
        assert_int_equal(before, at);
        assert_int_equal(rank_tree_count_before(&w->tree, rank_item_member(item), true), at + 1);
    }
}

static void check_cursor(struct world *w) {
    if (w->count == 0) return;
    size_t at = rng_below(&w->rng, w->count), n = rng_below(&w->rng, 200) + 1;
    ptrdiff_t ahead = rng_below(&w->rng, 2) ? (ptrdiff_t)n : 0;
    struct rank_cursor c;
    assert_ptr_equal(rank_cursor_seek(&c, &w->tree, at, ahead), w->items[at]);
    for (size_t i = 1; i < n; i++) {
        struct rank_item *next = rank_cursor_next(&c);
        assert_ptr_equal(next, at + i < w->count ? w->items[at + i] : NULL);
        if (!next) break;
    }
    assert_ptr_equal(rank_cursor_seek(&c, &w->tree, at, -ahead), w->items[at]);
    for (size_t i = 1; i < n; i++) {
        struct rank_item *next = rank_cursor_prev(&c);
        assert_ptr_equal(next, i <= at ? w->items[at - i] : NULL);
        if (!next) break;
    }
}

static size_t model_below(const struct world *w, double score) {
    size_t below = 0;
    while (below < w->count && w->items[below]->score < score)
        below++;
    return below;
}

/* From score to score, forward, with a few steps in between. */
static void check_forward(struct world *w) {
    struct rank_cursor c;
    double score =
        w->count && rng_below(&w->rng, 2) ? w->items[rng_below(&w->rng, w->count)]->score : draw_score(w);
    size_t at = model_below(w, score);
    struct rank_item *item =
        rank_cursor_seek_score(&c, &w->tree, score, rng_below(&w->rng, 2) ? PTRDIFF_MAX : 0);
    for (int i = 0; i < 20; i++) {
        assert_ptr_equal(item, at < w->count ? w->items[at] : NULL);
        if (!item) return;
        for (uint64_t steps = rng_below(&w->rng, 4); steps > 0; steps--) {
            item = rank_cursor_next(&c);
            at++;
            assert_ptr_equal(item, at < w->count ? w->items[at] : NULL);
            if (!item) return;
        }
        size_t far = at + rng_below(&w->rng, rng_below(&w->rng, 2) ? 20 : w->count);
        score = far < w->count ? w->items[far]->score : INFINITY;
        if (score < w->items[at]->score || isnan(score)) return;
        size_t there = model_below(w, score);
        if (there < at) continue; /* some of equal scores have been passed */
        at = there;
        item = rank_cursor_forward(&c, score);
    }
}

static void check_all(struct world *w) {
    rank_tree_verify(&w->tree);
    struct rank_cursor c;
    struct rank_item *item = rank_cursor_seek(&c, &w->tree, 0, (ptrdiff_t)w->count);
    for (size_t i = 0; i < w->count; i++, item = rank_cursor_next(&c))
        assert_ptr_equal(item, w->items[i]);
    assert_null(item);
    for (size_t i = 0; i < w->count; i += 37)
        assert_ptr_equal(rank_cursor_seek(&c, &w->tree, i, 0), w->items[i]);
}

static void test_against_model(void **state) {
    for (int kind = 0; kind < SCORE_KINDS; kind++) {
        struct world w;
        world_open(&w, (enum scores)kind, 6000);
        static const unsigned tides[] = {95, 50, 10, 80, 50, 0};
        int rounds = test_rounds(6000);
        for (size_t tide = 0; tide < sizeof(tides) / sizeof(*tides); tide++) {
            for (int i = 0; i < rounds; i++) {
                change_one(&w, tides[tide]);
                if (i % 16 == 0) check_one(&w);
                if (i % 64 == 0) check_cursor(&w);
                if (i % 64 == 32) check_forward(&w);
                if (i % 1024 == 0) check_all(&w);
            }
            check_all(&w);
        }
        while (w.count > 0)
            remove_one(&w);
        check_all(&w);
        assert_int_equal(w.tree.levels, 0);
        world_close(&w);
    }
}

static void test_removal_from_either_end(void **state) {
    for (int front = 0; front < 2; front++) {
        struct world w;
        world_open(&w, UNIFORM, 20000);
        for (int i = 0; i < 20000; i++)
            insert_one(&w);
        while (w.count > 0) {
            size_t at = front ? 0 : w.count - 1;
            assert_ptr_equal(rank_tree_remove_at(&w.tree, at), w.items[at]);
            struct rank_item *item = w.items[at];
            model_take(&w, at);
            rank_item_destroy(&item);
            if (w.count % 500 == 0) rank_tree_verify(&w.tree);
        }
        world_close(&w);
    }
}

/* What comes in order packs its leaves; a bulk at random leaves them two thirds full. */
static void test_fill(void **state) {
    static const struct {
        enum scores kind;
        bool append;
        double bytes_max;
    } cases[] = {
        {ASCENDING, true, 9.5}, {ASCENDING, false, 9.5}, {DESCENDING, false, 9.5}, {UNIFORM, false, 13.5}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(*cases); k++) {
        struct world w;
        size_t n = 30000;
        world_open(&w, cases[k].kind, n);
        for (size_t i = 0; i < n; i++) {
            char text[32];
            struct rank_item *item = rank_item_create(draw_member(&w, text), draw_score(&w));
            if (cases[k].append)
                rank_tree_append(&w.tree, item);
            else
                rank_tree_insert(&w.tree, item);
            w.items[w.count++] = item;
        }
        rank_tree_verify(&w.tree);
        double bytes = (double)rank_tree_bytes(&w.tree) / (double)n;
        print_message("case %zu: %.1f bytes per item\n", k, bytes);
        assert_true(bytes < cases[k].bytes_max);
        world_close(&w);
    }
}

/* --- walks --- */

static void note_leaf(void *arg, struct rank_item *const *items, size_t count) {
    struct world *w = arg;
    for (size_t i = 0; i < count; i++) {
        assert_true(w->visited_count < w->epoch_count);
        w->visited[w->visited_count++] = (struct seen){number_of(items[i]), items[i]->score};
    }
}

static int by_number(const void *a, const void *b) {
    uint32_t left = ((const struct seen *)a)->number, right = ((const struct seen *)b)->number;
    return left < right ? -1 : left > right;
}

static void walk_begin(struct world *w, bool aborted) {
    w->epoch_count = w->visited_count = 0;
    for (size_t i = 0; i < w->count; i++)
        w->epoch[w->epoch_count++] = (struct seen){number_of(w->items[i]), w->items[i]->score};
    rank_tree_walk_begin(&w->tree, &w->walk, aborted ? NULL : note_leaf, w);
}

static void walk_check(struct world *w) {
    assert_int_equal(w->visited_count, w->epoch_count);
    qsort(w->epoch, w->epoch_count, sizeof(*w->epoch), by_number);
    qsort(w->visited, w->visited_count, sizeof(*w->visited), by_number);
    for (size_t i = 0; i < w->epoch_count; i++) {
        assert_int_equal(w->visited[i].number, w->epoch[i].number);
        assert_true(w->visited[i].score == w->epoch[i].score);
    }
}

static void test_walks(void **state) {
    struct world w;
    world_open(&w, UNIFORM, 8000);
    for (int round = 0; round < test_rounds(40); round++) {
        w.kind = (enum scores)(round % SCORE_KINDS);
        unsigned tide = 10 + (unsigned)rng_below(&w.rng, 80);
        for (int i = 0; i < 1000; i++)
            change_one(&w, round < 5 ? 90 : tide);
        bool aborted = round % 7 == 6;
        walk_begin(&w, aborted);
        unsigned between = (unsigned)rng_below(&w.rng, 30);
        bool more;
        do {
            for (unsigned i = 0; i < between; i++)
                change_one(&w, tide);
            more = rank_tree_walk_step(&w.tree);
        } while (more);
        rank_tree_walk_end(&w.tree);
        if (!aborted) walk_check(&w);
        check_all(&w);
    }
    world_close(&w);
}

static void test_long_members(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    static char text[100000];
    static const size_t lengths[] = {0, 1, 254, 255, 256, 65536, sizeof(text)};
    struct rank_tree t;
    rank_tree_init(&t);
    struct rank_item *items[7];
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < 7; i++) {
        items[i] = rank_item_create((struct slice){text, lengths[i]}, 1);
        assert_int_equal(rank_item_member(items[i]).len, lengths[i]);
        assert_true(rank_item_memory(items[i]) >= lengths[i] + 9);
        rank_tree_insert(&t, items[i]);
    }
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(rank_tree_rank(&t, items[i]), i);
    rank_tree_deinit(&t);
    for (size_t i = 0; i < 7; i++)
        rank_item_destroy(&items[i]);
    assert_int_equal(account.used, 0);
    mem_account_enter(outer);
}

static void test_freed_in_steps(void **state) {
    struct world w;
    world_open(&w, UNIFORM, 20000);
    for (int i = 0; i < 20000; i++)
        insert_one(&w);
    size_t steps = 0, budget;
    do {
        budget = 10;
        steps++;
    } while (!rank_tree_deinit_step(&w.tree, &budget));
    assert_true(steps > 30);
    world_close(&w);
}

static void test_order_of_scores(void **state) {
    static const double ascending[] = {-INFINITY, -1.7e308, -1,  -5e-324, 0,
                                       5e-324,    1,        1.5, 1.7e308, INFINITY};
    for (size_t i = 0; i + 1 < sizeof(ascending) / sizeof(*ascending); i++)
        assert_true(rank_score_order(ascending[i]) < rank_score_order(ascending[i + 1]));
    assert_true(rank_score_order(0.0) == rank_score_order(-0.0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_scores),
        cmocka_unit_test(test_long_members),
        cmocka_unit_test(test_against_model),
        cmocka_unit_test(test_removal_from_either_end),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_walks),
        cmocka_unit_test(test_freed_in_steps),
    };
    return cmocka_run_group_tests_name("ds/rank_tree", tests, NULL, NULL);
}
