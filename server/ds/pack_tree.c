/* See pack_tree.h.
 *
 *      branch, 1,016 bytes   │ used │ weight[0…62] │ child[0…62] │
 *
 * The lowest branches hold packs. A full branch that grows at an end is not halved but followed by a branch
 * of one, since lists mostly grow there: then branches stay full. One that has become small joins a neighbour
 * if both fit with room to spare; nothing else is balanced. */
#include "server/ds/pack_tree.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

#define CHILDREN   63
#define JOIN_BELOW (CHILDREN / 4)     /* children: then a branch looks for a neighbour, */
#define JOINED_MAX (CHILDREN / 4 * 3) /* and together they may have so many */

struct branch {
    size_t used;
    uint64_t weight[CHILDREN]; /* elements below each child */
    void *child[CHILDREN];
};
_Static_assert(sizeof(struct branch) <= 1024, "a branch fits its size class");

void pack_tree_init(struct pack_tree *t) {
    memset(t, 0, sizeof(*t));
}

size_t pack_tree_memory(const struct pack_tree *t) {
    return t->branches * mem_good_size(sizeof(struct branch));
}

static struct branch *branch_create(struct pack_tree *t) {
    struct branch *b = mem_alloc(sizeof(*b));
    b->used = 0;
    t->branches++;
    return b;
}

static void branch_free(struct pack_tree *t, struct branch *b) {
    t->branches--;
    mem_free_sized(b, sizeof(*b));
}

static uint64_t branch_weight(const struct branch *b) {
    uint64_t sum = 0;
    for (size_t i = 0; i < b->used; i++)
        sum += b->weight[i];
    return sum;
}

static void move_children(struct branch *to, size_t to_at, struct branch *from, size_t from_at, size_t n) {
    memmove(to->weight + to_at, from->weight + from_at, n * sizeof(*to->weight));
    memmove(to->child + to_at, from->child + from_at, n * sizeof(*to->child));
}

static void branch_put(struct branch *b, size_t at, void *child, uint64_t weight) {
    move_children(b, at + 1, b, at, b->used - at);
    b->child[at] = child;
    b->weight[at] = weight;
    b->used++;
}

static void branch_drop(struct branch *b, size_t at) {
    b->used--;
    move_children(b, at, b, at + 1, b->used - at);
}

/* Adds to what the branches above `level` say of the way down; differences may be negative, modulo 2^64. */
static void add_above(struct pack_cursor *c, unsigned level, uint64_t difference) {
    while (level-- > 0)
        c->path[level].branch->weight[c->path[level].at] += difference;
}

/* --- putting in --- */

static void grow_root(struct pack_tree *t, void *left, uint64_t left_weight, void *right,
                      uint64_t right_weight) {
    struct branch *root = branch_create(t);
    branch_put(root, 0, left, left_weight);
    branch_put(root, 1, right, right_weight);
    t->root = root;
    t->levels++;
    must(t->levels <= PACK_TREE_LEVELS_MAX);
}

/* Puts a child into the branch that the path has on `level`, at `at`. */
static void put(struct pack_cursor *c, unsigned level, size_t at, void *child, uint64_t weight) {
    struct branch *b = c->path[level].branch;
    if (b->used < CHILDREN) {
        branch_put(b, at, child, weight);
        add_above(c, level, weight);
        return;
    }
    size_t keep = at == b->used ? b->used : at == 0 ? 0 : b->used / 2;
    uint64_t before = branch_weight(b);
    struct branch *right = branch_create(c->tree);
    right->used = b->used - keep;
    move_children(right, 0, b, keep, right->used);
    b->used = keep;
    if (at < keep || keep == 0)
        branch_put(b, at, child, weight);
    else
        branch_put(right, at - keep, child, weight);

    uint64_t left_weight = branch_weight(b), right_weight = branch_weight(right);
    if (level == 0) {
        grow_root(c->tree, b, left_weight, right, right_weight);
        return;
    }
    add_above(c, level, left_weight - before);
    put(c, level - 1, c->path[level - 1].at + 1, right, right_weight);
}

static void put_first_of_all(struct pack_tree *t, struct pack *p) {
    t->root = branch_create(t);
    t->levels = 1;
    branch_put(t->root, 0, p, p->count);
}

void pack_cursor_insert(struct pack_cursor *c, struct pack *p, bool before) {
    unsigned lowest = c->tree->levels - 1;
    c->tree->packs++;
    c->tree->count += p->count;
    put(c, lowest, c->path[lowest].at + !before, p, p->count);
}

void pack_tree_push(struct pack_tree *t, struct pack *p, bool front) {
    must(p->count > 0);
    struct pack_cursor c;
    if (pack_cursor_end(&c, t, front)) {
        pack_cursor_insert(&c, p, front);
        return;
    }
    put_first_of_all(t, p);
    t->packs = 1;
    t->count = p->count;
}

/* --- taking out --- */

/* Joins the branch that the path has on `level` with a neighbour, if it has become small; true if a child of
 * the branch above went. */
static bool join(struct pack_cursor *c, unsigned level) {
    struct branch *above = c->path[level - 1].branch, *b = c->path[level].branch;
    size_t at = c->path[level - 1].at;
    if (b->used >= JOIN_BELOW || above->used < 2) return false;
    size_t left_at = at + 1 < above->used ? at : at - 1;
    struct branch *left = above->child[left_at], *right = above->child[left_at + 1];
    if (left->used + right->used > JOINED_MAX) return false;
    move_children(left, left->used, right, 0, right->used);
    left->used += right->used;
    above->weight[left_at] += above->weight[left_at + 1];
    branch_drop(above, left_at + 1);
    branch_free(c->tree, right);
    return true;
}

/* Drops the child at the path's place on `level`, whose weight is accounted for above already. */
static void drop(struct pack_cursor *c, unsigned level) {
    struct pack_tree *t = c->tree;
    struct branch *b = c->path[level].branch;
    branch_drop(b, c->path[level].at);
    while (level > 0) {
        bool emptied = b->used == 0; /* asked first: a join may free it */
        if (!emptied && !join(c, level)) break;
        struct branch *above = c->path[level - 1].branch;
        if (emptied) {
            branch_free(t, b);
            branch_drop(above, c->path[level - 1].at);
        }
        b = above;
        level--;
    }
    while (t->levels > 1 && t->root->used == 1) {
        struct branch *only = t->root->child[0];
        branch_free(t, t->root);
        t->root = only;
        t->levels--;
    }
    if (t->root->used == 0) {
        branch_free(t, t->root);
        t->root = NULL;
        t->levels = 0;
    }
}

struct pack *pack_cursor_remove(struct pack_cursor *c) {
    unsigned lowest = c->tree->levels - 1;
    struct branch *b = c->path[lowest].branch;
    struct pack *p = b->child[c->path[lowest].at];
    uint64_t weight = b->weight[c->path[lowest].at];
    c->tree->packs--;
    c->tree->count -= weight;
    add_above(c, lowest, -weight);
    drop(c, lowest);
    return p;
}

struct pack *pack_tree_pop(struct pack_tree *t, bool front) {
    struct pack_cursor c;
    return pack_cursor_end(&c, t, front) ? pack_cursor_remove(&c) : NULL;
}

bool pack_tree_deinit_step(struct pack_tree *t, size_t *budget) {
    while (t->packs && *budget) {
        struct pack *p = pack_tree_pop(t, false);
        pack_destroy(&p);
        --*budget;
    }
    return t->packs == 0;
}

/* --- finding --- */

static struct pack *pack_at(const struct pack_cursor *c) {
    unsigned lowest = c->tree->levels - 1;
    return c->path[lowest].branch->child[c->path[lowest].at];
}

/* From the branch of `level` down to the first or last pack below it. */
static struct pack *descend(struct pack_cursor *c, unsigned level, struct branch *b, bool front) {
    for (;; level++) {
        c->path[level].branch = b;
        c->path[level].at = front ? 0 : (unsigned)b->used - 1;
        if (level + 1 == c->tree->levels) return pack_at(c);
        b = b->child[c->path[level].at];
    }
}

struct pack *pack_cursor_end(struct pack_cursor *c, struct pack_tree *t, bool front) {
    c->tree = t;
    return t->root ? descend(c, 0, t->root, front) : NULL;
}

struct pack *pack_cursor_seek(struct pack_cursor *c, struct pack_tree *t, uint64_t index, uint64_t *first) {
    if (index >= t->count) return NULL;
    c->tree = t;
    *first = 0;
    struct branch *b = t->root;
    for (unsigned level = 0;; level++) {
        unsigned at = 0;
        while (index - *first >= b->weight[at])
            *first += b->weight[at++];
        c->path[level].branch = b;
        c->path[level].at = at;
        if (level + 1 == t->levels) return b->child[at];
        b = b->child[at];
    }
}

struct pack *pack_cursor_next(struct pack_cursor *c) {
    for (unsigned level = c->tree->levels; level-- > 0;) {
        struct branch *b = c->path[level].branch;
        if (c->path[level].at + 1 == b->used) continue;
        c->path[level].at++;
        if (level + 1 == c->tree->levels) return pack_at(c);
        return descend(c, level + 1, b->child[c->path[level].at], true);
    }
    return NULL;
}

struct pack *pack_cursor_prev(struct pack_cursor *c) {
    for (unsigned level = c->tree->levels; level-- > 0;) {
        struct branch *b = c->path[level].branch;
        if (c->path[level].at == 0) continue;
        c->path[level].at--;
        if (level + 1 == c->tree->levels) return pack_at(c);
        return descend(c, level + 1, b->child[c->path[level].at], false);
    }
    return NULL;
}

void pack_cursor_set(struct pack_cursor *c, struct pack *p) {
    unsigned lowest = c->tree->levels - 1;
    struct branch *b = c->path[lowest].branch;
    unsigned at = c->path[lowest].at;
    uint64_t difference = p->count - b->weight[at];
    b->child[at] = p;
    b->weight[at] += difference;
    c->tree->count += difference;
    add_above(c, lowest, difference);
}

/* --- checking --- */

struct seen {
    size_t packs, branches;
};

static uint64_t verify_below(const struct pack_tree *t, const struct branch *b, unsigned level,
                             struct seen *seen) {
    must(b->used > 0 && b->used <= CHILDREN);
    seen->branches++;
    uint64_t sum = 0;
    for (size_t i = 0; i < b->used; i++) {
        bool lowest = level + 1 == t->levels;
        uint64_t below = lowest ? ((const struct pack *)b->child[i])->count
                                : verify_below(t, b->child[i], level + 1, seen);
        must(below > 0 && below == b->weight[i]);
        seen->packs += lowest;
        sum += below;
    }
    return sum;
}

void pack_tree_verify(const struct pack_tree *t) {
    struct seen seen = {0, 0};
    uint64_t count = t->root ? verify_below(t, t->root, 0, &seen) : 0;
    must(count == t->count && seen.packs == t->packs && seen.branches == t->branches);
}
