/* A sequence of packs, found by the index of an element: a B+ tree that is ordered by position alone.
 *
 * A branch keeps, for each child, how many elements are below it. So the pack with a given element is one
 * descent, and so is taking a pack out, putting one in, or telling that one has more or fewer elements now.
 * The tree owns its packs until they are taken out. */
#ifndef TORC_DS_PACK_TREE_H
#define TORC_DS_PACK_TREE_H

#include "server/ds/pack.h"

#define PACK_TREE_LEVELS_MAX 12

struct pack_tree {
    struct branch *root; /* NULL when empty */
    uint64_t count;      /* elements */
    size_t packs, branches;
    unsigned levels;
};

/* A place in the tree and the way to it: children of branches, the last of which is a pack. Valid until
 * another pack joins or leaves. */
struct pack_cursor {
    struct pack_tree *tree;
    struct {
        struct branch *branch;
        unsigned at;
    } path[PACK_TREE_LEVELS_MAX];
};

void pack_tree_init(struct pack_tree *t);
/* Frees up to `budget` allocations (decreased); true when nothing is left. */
bool pack_tree_deinit_step(struct pack_tree *t, size_t *budget);
size_t pack_tree_memory(const struct pack_tree *t); /* of the branches */

/* Each pack has at least one element. */
void pack_tree_push(struct pack_tree *t, struct pack *p, bool front); /* takes it */
struct pack *pack_tree_pop(struct pack_tree *t, bool front);          /* NULL if there is none */

/* Seeks the pack with that element, and tells the index of its first; NULL: there are not so many. */
struct pack *pack_cursor_seek(struct pack_cursor *c, struct pack_tree *t, uint64_t index, uint64_t *first);
/* Seeks the first or the last. */
struct pack *pack_cursor_end(struct pack_cursor *c, struct pack_tree *t, bool front);
/* The neighbour; NULL at the end, where the cursor is no longer valid. */
struct pack *pack_cursor_next(struct pack_cursor *c);
struct pack *pack_cursor_prev(struct pack_cursor *c);
/* Puts a pack (taken), or the same one after a change, in the place of the one here, which is forgotten. */
void pack_cursor_set(struct pack_cursor *c, struct pack *p);
/* Takes the pack here out. The cursor is no longer valid after this and the next. */
struct pack *pack_cursor_remove(struct pack_cursor *c);
void pack_cursor_insert(struct pack_cursor *c, struct pack *p, bool before);

void pack_tree_verify(const struct pack_tree *t); /* panics unless all is well; for tests */

#endif
