/* A program of changes to a rank tree: after each the tree is sound, and every answer fits the others.
 *
 *      four bytes an operation: what | how many or which | two bytes of score
 */
#include "common/base/panic.h"
#include "server/ds/rank_tree.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum operation {
    INSERT_ONE,
    INSERT_RUN,
    REMOVE,
    REMOVE_RUN,
    RESCORE,
    COUNT,
    WALK_BEGIN,
    WALK_STEP,
    OPERATIONS
};

struct world {
    struct rank_tree tree;
    struct rank_walk walk;
    bool walking;
    uint32_t number; /* of the next member */
    size_t visited, epoch;
};

static double score_of(const uint8_t *bytes) {
    int16_t value;
    memcpy(&value, bytes, sizeof(value));
    switch (value) {
    case INT16_MAX: return INFINITY;
    case INT16_MIN: return -INFINITY;
    default: return value % 3 ? value / 8 : ldexp(value, value % 900);
    }
}

static void insert(struct world *w, double score) {
    if (w->tree.count > 20000) return;
    char name[16];
    size_t len = (size_t)snprintf(name, sizeof(name), "%x", w->number++ * 2654435761u);
    struct rank_item *item = rank_item_create((struct slice){name, len}, score);
    size_t below = rank_tree_count_below(&w->tree, score, false);
    size_t including = rank_tree_count_below(&w->tree, score, true);
    rank_tree_insert(&w->tree, item);
    size_t rank = rank_tree_rank(&w->tree, item);
    must(rank >= below && rank <= including);
    must(rank_tree_count_below(&w->tree, score, true) == including + 1);
}

static struct rank_item *item_at(struct world *w, unsigned which) {
    struct rank_cursor c;
    return w->tree.count ? rank_cursor_seek(&c, &w->tree, which * w->tree.count / 256, 0) : NULL;
}

static void remove_run(struct world *w, unsigned which, unsigned count) {
    size_t rank = which * w->tree.count / 256;
    while (count-- && rank < w->tree.count) {
        struct rank_item *item = rank_tree_remove_at(&w->tree, rank);
        rank_item_destroy(&item);
    }
}

static void remove_one(struct world *w, unsigned which) {
    struct rank_item *item = item_at(w, which);
    if (!item) return;
    rank_tree_remove(&w->tree, item);
    rank_item_destroy(&item);
}

static void rescore(struct world *w, unsigned which, double score) {
    struct rank_item *item = item_at(w, which);
    if (!item) return;
    rank_tree_rescore(&w->tree, item, score);
    size_t rank = rank_tree_rank(&w->tree, item);
    must(rank >= rank_tree_count_below(&w->tree, score, false));
    must(rank < rank_tree_count_below(&w->tree, score, true));
}

static void visit(void *arg, struct rank_item *const *items, size_t count) {
    struct world *w = arg;
    must(count > 0);
    for (size_t i = 0; i < count; i++)
        w->visited += rank_item_member(items[i]).len > 0;
    must(w->visited <= w->epoch);
}

static void walk_begin(struct world *w) {
    if (w->walking) return;
    w->walking = true;
    w->visited = 0;
    w->epoch = w->tree.count;
    rank_tree_walk_begin(&w->tree, &w->walk, visit, w);
}

static void walk_step(struct world *w) {
    if (!w->walking || rank_tree_walk_step(&w->tree)) return;
    rank_tree_walk_end(&w->tree);
    w->walking = false;
    must(w->visited == w->epoch);
}

static void run(struct world *w, const uint8_t *op) {
    unsigned which = op[1];
    double score = score_of(op + 2);
    switch ((enum operation)(op[0] % OPERATIONS)) {
    case INSERT_ONE: insert(w, score); break;
    case INSERT_RUN:
        for (unsigned i = 0; i < which; i++)
            insert(w, score + i * (op[0] & 0x80 ? -1.0 : op[0] & 0x40 ? 0.0 : 1.0));
        break;
    case REMOVE: remove_one(w, which); break;
    case REMOVE_RUN: remove_run(w, which, op[2]); break;
    case RESCORE: rescore(w, which, score); break;
    case COUNT:
        must(rank_tree_count_before(&w->tree, SLICE("x"), op[0] & 0x80) <= w->tree.count);
        rank_tree_prefetch(&w->tree, score);
        break;
    case WALK_BEGIN: walk_begin(w); break;
    case WALK_STEP: walk_step(w); break;
    case OPERATIONS: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct world w = {.number = 0};
    rank_tree_init(&w.tree);
    for (size_t at = 0; at + 4 <= size; at += 4) {
        run(&w, data + at);
        if (at % 64 == 0) rank_tree_verify(&w.tree);
    }
    while (w.walking)
        walk_step(&w);
    rank_tree_verify(&w.tree);
    while (w.tree.count)
        remove_run(&w, 128, 1);
    must(w.tree.levels == 0 && w.tree.leaves == 0 && w.tree.inners == 0);
    rank_tree_deinit(&w.tree);
    return 0;
}
