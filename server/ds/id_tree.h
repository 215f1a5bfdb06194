/* A map ordered by stream ids: a B+ tree whose values, all of one size, lie beside their ids in the leaves.
 *
 * Made for ids that mostly come in ascending order and mostly go in that order: an id that is greater than
 * all is put into the last leaf without a descent, and leaves that fill up at the end stay full. A tree of a
 * few ids is one small leaf.
 *
 * What points into the tree (values, cursors) is valid until the next insertion or removal. */
#ifndef TORC_DS_ID_TREE_H
#define TORC_DS_ID_TREE_H

#include "server/ds/stream_id.h"
#include <stddef.h>

#define ID_LEVELS_MAX 16

struct id_leaf;
struct id_tree {
    void *root;           /* a leaf when there is one level; NULL when empty */
    struct id_leaf *tail; /* the last leaf; NULL: to be looked up */
    size_t count;         /* ids */
    size_t nodes;         /* leaves and inner nodes */
    size_t bytes;         /* that they take */
    uint16_t value_bytes; /* a multiple of 8, or 0 */
    uint16_t levels;      /* 0 when empty */
};

void id_tree_init(struct id_tree *t, size_t value_bytes);
void id_tree_deinit(struct id_tree *t);
/* Frees up to `budget` nodes (decreased), from the end; true when nothing is left. Nothing but this may
 * follow. */
bool id_tree_deinit_step(struct id_tree *t, size_t *budget);

/* Adds an id that is not there. Returns its value, zeroed. */
void *id_tree_insert(struct id_tree *t, struct stream_id id);
/* False if it was not there. */
bool id_tree_remove(struct id_tree *t, struct stream_id id);
/* The value (some address that is not NULL, if values have no bytes), or NULL if the id is not there. */
void *id_tree_find(const struct id_tree *t, struct stream_id id);

struct id_step {
    const void *node;
    unsigned at;
};
struct id_cursor {
    const struct id_tree *tree;
    struct id_step path[ID_LEVELS_MAX]; /* the last of `levels` is the leaf */
    struct stream_id id;
    void *value;
};
/* The first id that is not below `from`; the last that is not above it. False if there is none. */
bool id_cursor_seek(struct id_cursor *c, const struct id_tree *t, struct stream_id from);
bool id_cursor_seek_back(struct id_cursor *c, const struct id_tree *t, struct stream_id from);
/* The neighbour of the id last returned; false at the end, where the cursor is of no more use. */
bool id_cursor_next(struct id_cursor *c);
bool id_cursor_prev(struct id_cursor *c);

/* The value of the least (greatest) id, or NULL; `id` may be NULL. */
void *id_tree_first(const struct id_tree *t, struct stream_id *id);
void *id_tree_last(const struct id_tree *t, struct stream_id *id);

/* Checks all that must hold of the nodes; panics if it does not. For tests. */
void id_tree_verify(const struct id_tree *t);

#endif
