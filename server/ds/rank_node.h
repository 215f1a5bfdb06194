/* The nodes of a rank tree. Internal to the tree.
 *
 *      leaf, 512 bytes    ┌──────┬─────────────────────┬──────────────────────────────────────────┐
 *                         │ base │ count, shift, mark  │ word0 … word61: 16 bits of hint | item   │
 *                         └──────┴─────────────────────┴──────────────────────────────────────────┘
 *      inner, 2,032 bytes ┌───────┬─────────────┬──────────────┬──────────────┬─────────────┐
 *                         │ count │ order[0…62] │ first[0…62]  │ child[0…62]  │ below[0…62] │
 *                         └───────┴─────────────┴──────────────┴──────────────┴─────────────┘
 *
 * A leaf keeps no scores, only pointers; those fit 48 bits, and the 16 above them hold a hint of the score:
 * its distance from the leaf's base in steps of 2^shift, at least 0 and at most 65,535. Hints never decrease
 * from item to item, so a search looks at hints first and follows a pointer only where they are equal, which
 * is seldom while scores differ. That costs no memory and saves six cache misses of seven. A leaf gets a new
 * scale when it is split, joined or filled up.
 *
 * An inner node keeps of each child the first item below it (its score as rank_score_order has it) and the
 * number of items. */
#ifndef TORC_DS_RANK_NODE_H
#define TORC_DS_RANK_NODE_H

#include "server/ds/rank_tree.h"

#define LEAF_ITEMS     62
#define INNER_CHILDREN 63
#define HINT_SHIFT     48
#define HINT_MAX       65535
#define WORD_ITEM_MASK (((uint64_t)1 << HINT_SHIFT) - 1)

struct rank_leaf {
    uint64_t base;
    uint16_t count;
    uint8_t shift;
    uint8_t mark; /* parity of the last walk that visited it */
    uint64_t words[LEAF_ITEMS];
};
_Static_assert(sizeof(struct rank_leaf) == 512, "a leaf fills its size class");

struct rank_inner {
    size_t count;
    uint64_t order[INNER_CHILDREN];
    const struct rank_item *first[INNER_CHILDREN];
    void *child[INNER_CHILDREN];
    size_t below[INNER_CHILDREN];
};
_Static_assert(sizeof(struct rank_inner) <= 2048, "an inner node fits its size class");

static inline struct rank_item *leaf_item(const struct rank_leaf *leaf, size_t at) {
    return (struct rank_item *)(uintptr_t)(leaf->words[at] & WORD_ITEM_MASK);
}
static inline uint64_t leaf_hint(const struct rank_leaf *leaf, uint64_t order) {
    if (order <= leaf->base) return 0;
    uint64_t steps = (order - leaf->base) >> leaf->shift;
    return steps < HINT_MAX ? steps : HINT_MAX;
}
static inline uint64_t leaf_word(const struct rank_leaf *leaf, uint64_t order, const struct rank_item *item) {
    return leaf_hint(leaf, order) << HINT_SHIFT | (uint64_t)(uintptr_t)item;
}

/* Gives the leaf a scale that tells its items apart, with room at both ends. Where they all have one score,
 * steps stay as they are. */
void leaf_rescale(struct rank_leaf *leaf);

/* Moves items (children) between neighbours so that `left` has `left_count`; the rest is in `right`. */
void leaf_balance(struct rank_leaf *left, struct rank_leaf *right, size_t left_count);
void inner_balance(struct rank_inner *left, struct rank_inner *right, size_t left_count);

/* A gap for one more at `at`, or the closing of one. */
void leaf_open(struct rank_leaf *leaf, size_t at);
void leaf_close(struct rank_leaf *leaf, size_t at);
void inner_open(struct rank_inner *inner, size_t at);
void inner_close(struct rank_inner *inner, size_t at);

/* Leads a cursor, whose path is right down to `depth`, to the first item of at least that order (as
 * rank_score_order has it) below there; it may end up behind the last item of a leaf. */
void rank_cursor_descend(struct rank_cursor *c, unsigned depth, uint64_t order);
/* For the walk under way: hands the leaf out if that was not done before. */
void rank_walk_leaf(struct rank_tree *t, struct rank_leaf *leaf);
/* How many items are not greater than `item`, which need not be in the tree. */
size_t rank_tree_count_up_to(const struct rank_tree *t, const struct rank_item *item);

#endif
