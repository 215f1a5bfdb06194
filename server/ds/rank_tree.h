/* An order-statistic B+ tree over members with scores: what is where, and how many stand before it.
 *
 * The tree orders items (rank_item.h) and owns none of them. Inner nodes keep, for each child, its first item
 * and how many items are below it, so that the rank of an item, the item of a rank and the number of items
 * below a score are one descent each.
 *
 * A position found by a cursor is valid until the next change.
 *
 * A walk (snapshot) hands out every item that was there when it began, exactly once and with the score it had
 * then, whatever is inserted, removed, rescored meanwhile. Its unit is the leaf: one that was not visited yet
 * is handed out just before its first change (rank_tree_walk_*). */
#ifndef TORC_DS_RANK_TREE_H
#define TORC_DS_RANK_TREE_H

#include "server/ds/rank_item.h"
#include <stdbool.h>

#define RANK_LEVELS_MAX 16

/* Called for the items of a leaf, in order. Must not change the tree. */
typedef void (*rank_leaf_fn)(void *arg, struct rank_item *const *items, size_t count);

struct rank_tree {
    void *root;      /* a leaf when there is one level; NULL when empty */
    size_t count;    /* items */
    unsigned levels; /* 0 when empty */
    size_t leaves, inners;
    struct rank_walk *walk; /* the walk under way, or NULL; borrowed */
    uint8_t parity;         /* mark that new leaves get; those with the other are still to be walked */
};

void rank_tree_init(struct rank_tree *t);
/* Frees the nodes; items are the owner's. */
void rank_tree_deinit(struct rank_tree *t);
/* Frees up to `budget` nodes (decreased), from the end; true when nothing is left. Nothing but this may
 * follow. */
bool rank_tree_deinit_step(struct rank_tree *t, size_t *budget);
size_t rank_tree_bytes(const struct rank_tree *t);

/* --- changing --- */
/* Adds an item of which no equal is there. */
void rank_tree_insert(struct rank_tree *t, struct rank_item *item);
/* Adds an item that is greater than all; leaves are packed. */
void rank_tree_append(struct rank_tree *t, struct rank_item *item);
/* Takes the item, which must be there, out. */
void rank_tree_remove(struct rank_tree *t, struct rank_item *item);
/* Takes the item of that rank (below count) out and returns it. */
struct rank_item *rank_tree_remove_at(struct rank_tree *t, size_t rank);
/* Gives an item, which must be there, another score, and moves it to where it belongs. */
void rank_tree_rescore(struct rank_tree *t, struct rank_item *item, double score);

/* --- reading --- */
/* How many items stand before one that is there. */
size_t rank_tree_rank(const struct rank_tree *t, const struct rank_item *item);
/* How many have a score below `score`, or, with `including`, not above it. */
size_t rank_tree_count_below(const struct rank_tree *t, double score, bool including);
/* How many have a member before `member` (or equal to it, with `including`). Means something where all scores
 * are the same; otherwise it is some number up to count. */
size_t rank_tree_count_before(const struct rank_tree *t, struct slice member, bool including);
/* Fetches the leaf where a new item of that score will go. Advice. */
void rank_tree_prefetch(const struct rank_tree *t, double score);

struct rank_step {
    const void *node;
    unsigned at;
};
/* A place in the tree, and the way to it from the root. */
struct rank_cursor {
    const struct rank_tree *tree;
    ptrdiff_t ahead;                        /* items still to be read */
    struct rank_step path[RANK_LEVELS_MAX]; /* the last of `levels` is the leaf */
};
/* The item of a rank, or NULL if there are not so many; `ahead` items after it (before it, where negative)
 * are going to be read. */
struct rank_item *rank_cursor_seek(struct rank_cursor *c, const struct rank_tree *t, size_t rank,
                                   ptrdiff_t ahead);
/* The first item whose score is not below `score`, or NULL. The second form goes on from the item last
 * returned, whose score must be lower; it is cheap where they are near. */
struct rank_item *rank_cursor_seek_score(struct rank_cursor *c, const struct rank_tree *t, double score,
                                         ptrdiff_t ahead);
struct rank_item *rank_cursor_forward(struct rank_cursor *c, double score);
/* The neighbour of the item last returned, or NULL at the end. */
struct rank_item *rank_cursor_next(struct rank_cursor *c);
struct rank_item *rank_cursor_prev(struct rank_cursor *c);

/* --- walks --- */
struct rank_walk {
    rank_leaf_fn visit; /* NULL: leaves are only marked, which is how an aborted walk ends */
    void *arg;
    struct rank_item *last; /* owned: a copy of the last item of the leaf that the walk has come to */
};
/* Begins a walk; the one before must have ended. `w` is borrowed until rank_tree_walk_end. */
void rank_tree_walk_begin(struct rank_tree *t, struct rank_walk *w, rank_leaf_fn visit, void *arg);
/* Comes to the next leaf and visits it unless that was done before; false when the walk is through. */
bool rank_tree_walk_step(struct rank_tree *t);
/* Ends a walk that is through. */
void rank_tree_walk_end(struct rank_tree *t);

/* Checks all that must hold of the nodes; panics if it does not. For tests. */
void rank_tree_verify(const struct rank_tree *t);

#endif
