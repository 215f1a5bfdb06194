/* The tree's nodes and how they change.
 *
 *      leaf   ┌────────────┬──────────────────┬────────────────────┐   cap: 4, 8, … 63. Less than 63 only
 * while │ count, cap │ id[0 … cap)      │ value[0 … cap)     │   the leaf is the whole tree.
 *             └────────────┴──────────────────┴────────────────────┘
 *      inner  ┌────────────┬──────────────────┬────────────────────┐   first[i] is not above any id below
 *             │ count      │ first[0 … 63)    │ child[0 … 63)      │   child[i], and above all below
 * child[i-1] └────────────┴──────────────────┴────────────────────┘
 *
 * `first` is a bound, not a copy of the least id, so removals never climb. An insertion below all bounds
 * lowers those that it passes.
 *
 * A full leaf is split in halves, but where the new id is greater than all, it begins a leaf of its own: ids
 * that ascend leave full leaves behind. A node that falls below a quarter joins a neighbour if both fit in
 * three quarters of one; so two neighbours together are never less than that for long, and ids that go at one
 * end take whole leaves with them. */
#include "server/ds/id_tree.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <string.h>

#define NODE_ITEMS     63
#define NODE_MIN       16
#define NODE_JOINED    47
#define LEAF_CAP_FIRST 4

struct id_leaf {
    uint16_t count, cap;
    uint32_t unused;
    struct stream_id id[];
};
struct id_inner {
    size_t count;
    struct stream_id first[NODE_ITEMS];
    void *child[NODE_ITEMS];
};
_Static_assert(sizeof(struct id_inner) <= 1536, "an inner node fits its size class");

void id_tree_init(struct id_tree *t, size_t value_bytes) {
    must(value_bytes % 8 == 0);
    *t = (struct id_tree){.value_bytes = (uint16_t)value_bytes};
}

/* --- nodes --- */

static size_t leaf_size(const struct id_tree *t, unsigned cap) {
    return sizeof(struct id_leaf) + cap * (sizeof(struct stream_id) + t->value_bytes);
}

static inline char *leaf_value(const struct id_tree *t, const struct id_leaf *leaf, size_t at) {
    return (char *)(leaf->id + leaf->cap) + at * t->value_bytes;
}

static void *node_alloc(struct id_tree *t, size_t size) {
    t->nodes++;
    t->bytes += mem_good_size(size);
    return mem_alloc(size);
}

static void node_free(struct id_tree *t, void *node, size_t size) {
    t->nodes--;
    t->bytes -= mem_good_size(size);
    mem_free_sized(node, size);
}

static struct id_leaf *leaf_create(struct id_tree *t, unsigned cap) {
    struct id_leaf *leaf = node_alloc(t, leaf_size(t, cap));
    leaf->count = 0;
    leaf->cap = (uint16_t)cap;
    return leaf;
}

static void leaf_free(struct id_tree *t, struct id_leaf *leaf) {
    if (t->tail == leaf) t->tail = NULL;
    node_free(t, leaf, leaf_size(t, leaf->cap));
}

static void inner_free(struct id_tree *t, struct id_inner *inner) {
    node_free(t, inner, sizeof(*inner));
}

/* Copies `n` items. */
static void leaf_copy(const struct id_tree *t, struct id_leaf *to, size_t to_at, const struct id_leaf *from,
                      size_t from_at, size_t n) {
    memmove(to->id + to_at, from->id + from_at, n * sizeof(*to->id));
    if (t->value_bytes) memmove(leaf_value(t, to, to_at), leaf_value(t, from, from_at), n * t->value_bytes);
}

static void *leaf_open(const struct id_tree *t, struct id_leaf *leaf, size_t at, struct stream_id id) {
    if (at < leaf->count) leaf_copy(t, leaf, at + 1, leaf, at, leaf->count - at);
    leaf->count++;
    leaf->id[at] = id;
    char *value = leaf_value(t, leaf, at);
    memset(value, 0, t->value_bytes);
    return value;
}

static void leaf_close(const struct id_tree *t, struct id_leaf *leaf, size_t at) {
    leaf->count--;
    leaf_copy(t, leaf, at, leaf, at + 1, leaf->count - at);
}

static void inner_open(struct id_inner *inner, size_t at, struct stream_id first, void *child) {
    memmove(inner->first + at + 1, inner->first + at, (inner->count - at) * sizeof(*inner->first));
    memmove(inner->child + at + 1, inner->child + at, (inner->count - at) * sizeof(*inner->child));
    inner->first[at] = first;
    inner->child[at] = child;
    inner->count++;
}

static void inner_close(struct id_inner *inner, size_t at) {
    inner->count--;
    memmove(inner->first + at, inner->first + at + 1, (inner->count - at) * sizeof(*inner->first));
    memmove(inner->child + at, inner->child + at + 1, (inner->count - at) * sizeof(*inner->child));
}

/* Copies `n` children to the end of `to`. */
static void inner_append(struct id_inner *to, const struct id_inner *from, size_t from_at, size_t n) {
    memcpy(to->first + to->count, from->first + from_at, n * sizeof(*to->first));
    memcpy(to->child + to->count, from->child + from_at, n * sizeof(*to->child));
    to->count += n;
}

/* --- finding --- */

/* How many of the ascending ids are below `id` (or equal to it, with `including`). */
static size_t count_below(const struct stream_id *ids, size_t n, struct stream_id id, bool including) {
    unsigned __int128 order = stream_id_order(id);
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        unsigned __int128 there = stream_id_order(ids[low + half]);
        if (there < order || (including && there == order)) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static size_t child_for(const struct id_inner *inner, struct stream_id id) {
    size_t at = count_below(inner->first, inner->count, id, true);
    return at ? at - 1 : 0;
}

/* Goes down to the leaf where `id` is or would be; the place there is the caller's to find. */
static struct id_leaf *descend(const struct id_tree *t, struct stream_id id, struct id_step *path) {
    void *node = t->root;
    for (unsigned depth = 0; depth + 1 < t->levels; depth++) {
        const struct id_inner *inner = node;
        path[depth] = (struct id_step){inner, (unsigned)child_for(inner, id)};
        node = inner->child[path[depth].at];
    }
    path[t->levels - 1] = (struct id_step){node, 0};
    return node;
}

void *id_tree_find(const struct id_tree *t, struct stream_id id) {
    if (t->levels == 0) return NULL;
    const void *node = t->root;
    for (unsigned depth = 1; depth < t->levels; depth++)
        node = ((const struct id_inner *)node)->child[child_for(node, id)];
    const struct id_leaf *leaf = node;
    size_t at = count_below(leaf->id, leaf->count, id, false);
    if (at == leaf->count || !stream_id_eq(leaf->id[at], id)) return NULL;
    return leaf_value(t, leaf, at);
}

static struct id_leaf *edge_leaf(const struct id_tree *t, bool last) {
    void *node = t->root;
    for (unsigned depth = 1; depth < t->levels; depth++) {
        const struct id_inner *inner = node;
        node = inner->child[last ? inner->count - 1 : 0];
    }
    return node;
}

void *id_tree_first(const struct id_tree *t, struct stream_id *id) {
    if (t->levels == 0) return NULL;
    const struct id_leaf *leaf = edge_leaf(t, false);
    if (id) *id = leaf->id[0];
    return leaf_value(t, leaf, 0);
}

void *id_tree_last(const struct id_tree *t, struct stream_id *id) {
    if (t->levels == 0) return NULL;
    const struct id_leaf *leaf = t->tail ? t->tail : edge_leaf(t, true);
    if (id) *id = leaf->id[leaf->count - 1];
    return leaf_value(t, leaf, leaf->count - 1u);
}

/* --- inserting --- */

/* Puts `fresh`, whose ids are not below `first`, behind the child that path[depth] names (depth -1: behind
 * the root). */
static void add_node(struct id_tree *t, struct id_step *path, int depth, struct stream_id first,
                     void *fresh) {
    for (;; depth--) {
        if (depth < 0) {
            must(t->levels < ID_LEVELS_MAX);
            struct id_inner *root = node_alloc(t, sizeof(*root));
            root->count = 0;
            /* a bound of all that is there: the least possible */
            inner_open(root, 0, STREAM_ID_MIN, t->root);
            inner_open(root, 1, first, fresh);
            t->root = root;
            t->levels++;
            return;
        }
        struct id_inner *inner = (struct id_inner *)path[depth].node;
        size_t at = path[depth].at + 1;
        if (inner->count < NODE_ITEMS) {
            inner_open(inner, at, first, fresh);
            return;
        }
        struct id_inner *right = node_alloc(t, sizeof(*right));
        right->count = 0;
        if (at < NODE_ITEMS) {
            size_t keep = NODE_ITEMS / 2;
            inner_append(right, inner, keep, NODE_ITEMS - keep);
            inner->count = keep;
            if (at <= keep)
                inner_open(inner, at, first, fresh);
            else
                inner_open(right, at - keep, first, fresh);
        } else {
            inner_open(right, 0, first, fresh);
        }
        first = right->first[0];
        fresh = right;
    }
}

/* The leaf that is the whole tree is full: a larger one takes its place. */
static struct id_leaf *grow_leaf(struct id_tree *t, struct id_leaf *leaf) {
    unsigned cap = leaf->cap * 2u;
    struct id_leaf *larger = leaf_create(t, cap < NODE_ITEMS ? cap : NODE_ITEMS);
    leaf_copy(t, larger, 0, leaf, 0, leaf->count);
    larger->count = leaf->count;
    leaf_free(t, leaf);
    t->root = t->tail = larger;
    return larger;
}

/* Puts the id into a full leaf, at `at`. */
static void *split_leaf(struct id_tree *t, struct id_step *path, struct id_leaf *leaf, size_t at,
                        struct stream_id id) {
    struct id_leaf *right = leaf_create(t, NODE_ITEMS);
    void *value;
    if (at == leaf->count && leaf == t->tail) {
        value = leaf_open(t, right, 0, id);
    } else {
        size_t keep = leaf->count / 2u;
        leaf_copy(t, right, 0, leaf, keep, leaf->count - keep);
        right->count = (uint16_t)(leaf->count - keep);
        leaf->count = (uint16_t)keep;
        value = at <= keep ? leaf_open(t, leaf, at, id) : leaf_open(t, right, at - keep, id);
    }
    t->tail = NULL;
    add_node(t, path, (int)t->levels - 2, right->id[0], right);
    return value;
}

void *id_tree_insert(struct id_tree *t, struct stream_id id) {
    t->count++;
    if (t->levels == 0) {
        t->root = t->tail = leaf_create(t, LEAF_CAP_FIRST);
        t->levels = 1;
    }
    if (t->tail == NULL) t->tail = edge_leaf(t, true);
    struct id_leaf *leaf = t->tail;
    if (leaf->count == 0 || stream_id_less(leaf->id[leaf->count - 1], id)) {
        if (leaf->count == leaf->cap && leaf->cap < NODE_ITEMS) leaf = grow_leaf(t, leaf);
        if (likely(leaf->count < leaf->cap)) return leaf_open(t, leaf, leaf->count, id);
    }
    struct id_step path[ID_LEVELS_MAX];
    leaf = descend(t, id, path);
    for (unsigned depth = 0; depth + 1 < t->levels; depth++) {
        struct id_inner *inner = (struct id_inner *)path[depth].node;
        if (path[depth].at == 0 && stream_id_less(id, inner->first[0])) inner->first[0] = id;
    }
    size_t at = count_below(leaf->id, leaf->count, id, false);
    must(at == leaf->count || !stream_id_eq(leaf->id[at], id));
    if (leaf->count == leaf->cap && leaf->cap < NODE_ITEMS) leaf = grow_leaf(t, leaf);
    if (leaf->count < leaf->cap) return leaf_open(t, leaf, at, id);
    return split_leaf(t, path, leaf, at, id);
}

/* --- removing --- */

static size_t node_count(const void *node, bool is_leaf) {
    return is_leaf ? ((const struct id_leaf *)node)->count : ((const struct id_inner *)node)->count;
}

static void free_node(struct id_tree *t, void *node, bool is_leaf) {
    if (is_leaf)
        leaf_free(t, node);
    else
        inner_free(t, node);
}

/* A child has become small: drops it if it is empty, or joins it with a neighbour if both together are small.
 */
static void mend_child(struct id_tree *t, struct id_inner *parent, size_t at, bool is_leaf) {
    if (node_count(parent->child[at], is_leaf) == 0) {
        free_node(t, parent->child[at], is_leaf);
        inner_close(parent, at);
        return;
    }
    if (parent->count < 2) return;
    size_t l = at ? at - 1 : 0;
    void *left = parent->child[l], *right = parent->child[l + 1];
    size_t left_count = node_count(left, is_leaf), right_count = node_count(right, is_leaf);
    if (left_count + right_count > NODE_JOINED) return;
    if (is_leaf) {
        leaf_copy(t, left, left_count, right, 0, right_count);
        ((struct id_leaf *)left)->count = (uint16_t)(left_count + right_count);
    } else {
        inner_append(left, right, 0, right_count);
    }
    t->tail = NULL;
    free_node(t, right, is_leaf);
    inner_close(parent, l + 1);
}

static void lower_root(struct id_tree *t) {
    while (t->levels > 1) {
        struct id_inner *root = t->root;
        if (root->count > 1) return;
        t->levels = root->count ? t->levels - 1 : 0;
        t->root = root->count ? root->child[0] : NULL;
        inner_free(t, root);
    }
    if (t->levels == 1 && ((struct id_leaf *)t->root)->count == 0) {
        leaf_free(t, t->root);
        t->root = NULL;
        t->levels = 0;
    }
}

bool id_tree_remove(struct id_tree *t, struct stream_id id) {
    if (t->levels == 0) return false;
    struct id_step path[ID_LEVELS_MAX];
    struct id_leaf *leaf = descend(t, id, path);
    size_t at = count_below(leaf->id, leaf->count, id, false);
    if (at == leaf->count || !stream_id_eq(leaf->id[at], id)) return false;
    leaf_close(t, leaf, at);
    t->count--;
    for (unsigned depth = t->levels - 1u; node_count(path[depth].node, depth + 1u == t->levels) < NODE_MIN;
         depth--) {
        if (depth == 0) {
            lower_root(t);
            break;
        }
        mend_child(t, (struct id_inner *)path[depth - 1].node, path[depth - 1].at, depth + 1u == t->levels);
    }
    return true;
}

bool id_tree_deinit_step(struct id_tree *t, size_t *budget) {
    while (t->levels > 0) {
        struct id_inner *way[ID_LEVELS_MAX];
        void *node = t->root;
        unsigned depth = 0;
        for (; depth + 1 < t->levels; depth++) {
            way[depth] = node;
            node = way[depth]->child[way[depth]->count - 1];
        }
        if (*budget == 0) return false;
        t->count -= ((struct id_leaf *)node)->count;
        leaf_free(t, node);
        --*budget;
        while (depth > 0 && --way[depth - 1]->count == 0) {
            inner_free(t, way[--depth]);
            if (*budget) --*budget;
        }
        if (depth == 0) t->levels = 0;
    }
    id_tree_init(t, t->value_bytes);
    return true;
}

void id_tree_deinit(struct id_tree *t) {
    size_t plenty = SIZE_MAX;
    bool gone = id_tree_deinit_step(t, &plenty);
    must(gone);
}

/* --- cursors --- */

static bool cursor_at(struct id_cursor *c, const struct id_leaf *leaf, size_t at) {
    c->path[c->tree->levels - 1].at = (unsigned)at;
    c->id = leaf->id[at];
    c->value = leaf_value(c->tree, leaf, at);
    return true;
}

/* Goes to the first id of the next leaf, or the last of the one before. */
static bool cursor_leave_leaf(struct id_cursor *c, bool forward) {
    unsigned bottom = c->tree->levels - 1u, depth = bottom;
    for (;;) {
        if (depth == 0) return false;
        const struct id_inner *inner = c->path[--depth].node;
        unsigned at = c->path[depth].at;
        if (forward ? at + 1 < inner->count : at > 0) break;
    }
    c->path[depth].at += forward ? 1u : -1u;
    const void *node = NULL;
    for (; depth < bottom; depth++) {
        const struct id_inner *inner = c->path[depth].node;
        node = inner->child[c->path[depth].at];
        unsigned edge = 0;
        if (!forward && depth + 1 < bottom) edge = (unsigned)((const struct id_inner *)node)->count - 1;
        c->path[depth + 1] = (struct id_step){node, edge};
    }
    const struct id_leaf *leaf = node;
    return cursor_at(c, leaf, forward ? 0 : leaf->count - 1u);
}

bool id_cursor_seek(struct id_cursor *c, const struct id_tree *t, struct stream_id from) {
    c->tree = t;
    if (t->levels == 0) return false;
    const struct id_leaf *leaf = descend(t, from, c->path);
    size_t at = count_below(leaf->id, leaf->count, from, false);
    return at < leaf->count ? cursor_at(c, leaf, at) : cursor_leave_leaf(c, true);
}

bool id_cursor_seek_back(struct id_cursor *c, const struct id_tree *t, struct stream_id from) {
    c->tree = t;
    if (t->levels == 0) return false;
    const struct id_leaf *leaf = descend(t, from, c->path);
    size_t above = count_below(leaf->id, leaf->count, from, true);
    return above > 0 ? cursor_at(c, leaf, above - 1) : cursor_leave_leaf(c, false);
}

bool id_cursor_next(struct id_cursor *c) {
    struct id_step *bottom = &c->path[c->tree->levels - 1];
    const struct id_leaf *leaf = bottom->node;
    return bottom->at + 1 < leaf->count ? cursor_at(c, leaf, bottom->at + 1) : cursor_leave_leaf(c, true);
}

bool id_cursor_prev(struct id_cursor *c) {
    struct id_step *bottom = &c->path[c->tree->levels - 1];
    return bottom->at > 0 ? cursor_at(c, bottom->node, bottom->at - 1) : cursor_leave_leaf(c, false);
}

/* --- for tests --- */

struct verify {
    const struct id_tree *tree;
    size_t count, nodes;
    bool begun;
    struct stream_id last;
};

static void verify_node(struct verify *v, const void *node, unsigned levels, struct stream_id bound) {
    v->nodes++;
    if (levels > 1) {
        const struct id_inner *inner = node;
        must(inner->count > 0 && inner->count <= NODE_ITEMS);
        must(!stream_id_less(inner->first[0], bound));
        for (size_t i = 0; i < inner->count; i++) {
            must(i == 0 || stream_id_less(v->last, inner->first[i]));
            verify_node(v, inner->child[i], levels - 1, inner->first[i]);
        }
        return;
    }
    const struct id_leaf *leaf = node;
    must(leaf->count > 0 && leaf->count <= leaf->cap && leaf->cap <= NODE_ITEMS);
    must(leaf->cap == NODE_ITEMS || v->tree->levels == 1 || v->tree->count < NODE_ITEMS);
    for (size_t i = 0; i < leaf->count; i++) {
        must(!stream_id_less(leaf->id[i], bound));
        must(!v->begun || stream_id_less(v->last, leaf->id[i]));
        v->begun = true;
        v->last = leaf->id[i];
        v->count++;
    }
}

void id_tree_verify(const struct id_tree *t) {
    struct verify v = {.tree = t};
    if (t->levels) verify_node(&v, t->root, t->levels, STREAM_ID_MIN);
    must(v.count == t->count && v.nodes == t->nodes);
    must(t->tail == NULL || t->tail == edge_leaf(t, true));
}
