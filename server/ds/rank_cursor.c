/* Places in a rank tree: finding the item of a rank, going on from there, and walks.
 *
 * A cursor keeps the way from the root, since leaves are not linked: so a split writes to no third leaf, and
 * going back is as easy as going on. What will be read soon is fetched some items ahead, and the next leaf
 * when its predecessor is entered.
 *
 * A walk keeps a copy of the last item that it came to. Leaves with items up to there have all been visited,
 * either by the walk or just before their change, and parts of a visited leaf inherit its mark: so the walk
 * goes on at the first leaf with greater items, however the tree has changed meanwhile. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/base/prefetch.h"
#include "server/ds/rank_node.h"

#define AHEAD 12 /* items: enough to hide a miss behind the writing of a reply */

/* --- cursors --- */

static struct rank_step *bottom(struct rank_cursor *c) {
    return &c->path[c->tree->levels - 1];
}

static struct rank_item *current(const struct rank_step *step) {
    return leaf_item(step->node, step->at);
}

/* Fetches what will be read of a leaf just entered: items, and the leaf beyond. */
static void look_ahead(struct rank_cursor *c) {
    const struct rank_step *step = bottom(c);
    const struct rank_leaf *leaf = step->node;
    ptrdiff_t n = c->ahead, here = n > 0 ? leaf->count - 1 - (ptrdiff_t)step->at : (ptrdiff_t)step->at;
    int way = n > 0 ? 1 : -1;
    if (n < 0) n = -n;
    for (ptrdiff_t i = 1; i <= n && i <= here && i <= AHEAD; i++)
        prefetch(leaf_item(leaf, (size_t)((ptrdiff_t)step->at + way * i)));
    if (n <= here || c->tree->levels < 2) return;
    const struct rank_inner *parent = step[-1].node;
    size_t beyond = step[-1].at + (size_t)(ptrdiff_t)way;
    if (beyond >= parent->count) return;
    const char *next = parent->child[beyond];
    prefetch(next);
    prefetch(next + (way > 0 ? 64 : 256)); /* a leaf is mostly two thirds full */
}

/* The child below which the item of that rank is; *rank becomes its rank there. Sought from the nearer end:
 * the highest ranks are asked for as often as the lowest. */
static unsigned child_of_rank(const struct rank_inner *inner, size_t items, size_t *rank) {
    unsigned at = 0;
    if (*rank < items / 2) {
        while (*rank >= inner->below[at])
            *rank -= inner->below[at++];
        return at;
    }
    size_t before = items;
    at = (unsigned)inner->count;
    do
        before -= inner->below[--at];
    while (*rank < before);
    *rank -= before;
    return at;
}

struct rank_item *rank_cursor_seek(struct rank_cursor *c, const struct rank_tree *t, size_t rank,
                                   ptrdiff_t ahead) {
    c->tree = t;
    c->ahead = ahead;
    if (rank >= t->count) return NULL;
    const void *node = t->root;
    size_t items = t->count; /* below `node` */
    unsigned depth = 0;
    for (; depth + 1 < t->levels; depth++) {
        const struct rank_inner *inner = node;
        unsigned at = child_of_rank(inner, items, &rank);
        c->path[depth] = (struct rank_step){inner, at};
        node = inner->child[at];
        items = inner->below[at];
    }
    c->path[depth] = (struct rank_step){node, (unsigned)rank};
    if (ahead) look_ahead(c);
    return current(&c->path[depth]);
}

/* Goes to the leaf after (before) this one; false if there is none. */
static bool cross(struct rank_cursor *c, bool forward) {
    unsigned leaf_depth = c->tree->levels - 1, depth = leaf_depth;
    for (; depth > 0; depth--) {
        const struct rank_inner *inner = c->path[depth - 1].node;
        if (forward ? c->path[depth - 1].at + 1 < inner->count : c->path[depth - 1].at > 0) break;
    }
    if (depth == 0) return false;
    c->path[depth - 1].at += forward ? 1 : -1u;
    for (; depth <= leaf_depth; depth++) {
        const struct rank_inner *inner = c->path[depth - 1].node;
        const void *node = inner->child[c->path[depth - 1].at];
        size_t n = depth < leaf_depth ? ((const struct rank_inner *)node)->count
                                      : ((const struct rank_leaf *)node)->count;
        c->path[depth] = (struct rank_step){node, forward ? 0 : (unsigned)n - 1};
    }
    if (c->ahead) look_ahead(c);
    return true;
}

/* The item at the place found, which may be the beginning of the next leaf. */
static struct rank_item *settle(struct rank_cursor *c) {
    const struct rank_step *step = bottom(c);
    if (step->at >= ((const struct rank_leaf *)step->node)->count)
        return cross(c, true) ? current(step) : NULL;
    if (c->ahead) look_ahead(c);
    return current(step);
}

struct rank_item *rank_cursor_seek_score(struct rank_cursor *c, const struct rank_tree *t, double score,
                                         ptrdiff_t ahead) {
    c->tree = t;
    c->ahead = ahead;
    if (t->levels == 0) return NULL;
    c->path[0].node = t->root;
    rank_cursor_descend(c, 0, rank_score_order(score));
    return settle(c);
}

/* Climbs only to where the way to the new place leaves the old one. */
struct rank_item *rank_cursor_forward(struct rank_cursor *c, double score) {
    uint64_t order = rank_score_order(score);
    unsigned depth = c->tree->levels - 1;
    for (; depth > 0; depth--) {
        const struct rank_step *up = &c->path[depth - 1];
        const struct rank_inner *inner = up->node;
        if (up->at + 1 < inner->count && inner->order[up->at + 1] >= order) break;
    }
    rank_cursor_descend(c, depth, order);
    return settle(c);
}

struct rank_item *rank_cursor_next(struct rank_cursor *c) {
    struct rank_step *step = bottom(c);
    const struct rank_leaf *leaf = step->node;
    if (c->ahead > 0) c->ahead--;
    if (unlikely(step->at + 1 >= leaf->count)) return cross(c, true) ? current(step) : NULL;
    step->at++;
    if (c->ahead >= AHEAD && step->at + AHEAD < leaf->count) prefetch(leaf_item(leaf, step->at + AHEAD));
    return current(step);
}

struct rank_item *rank_cursor_prev(struct rank_cursor *c) {
    struct rank_step *step = bottom(c);
    if (c->ahead < 0) c->ahead++;
    if (unlikely(step->at == 0)) return cross(c, false) ? current(step) : NULL;
    step->at--;
    if (c->ahead <= -AHEAD && step->at >= AHEAD) prefetch(leaf_item(step->node, step->at - AHEAD));
    return current(step);
}

/* --- walks --- */

void rank_walk_leaf(struct rank_tree *t, struct rank_leaf *leaf) {
    if (leaf->mark == t->parity) return;
    leaf->mark = t->parity;
    if (t->walk->visit == NULL) return;
    struct rank_item *items[LEAF_ITEMS];
    for (size_t i = 0; i < leaf->count; i++)
        items[i] = leaf_item(leaf, i);
    t->walk->visit(t->walk->arg, items, leaf->count);
}

void rank_tree_walk_begin(struct rank_tree *t, struct rank_walk *w, rank_leaf_fn visit, void *arg) {
    must(t->walk == NULL);
    *w = (struct rank_walk){visit, arg, NULL};
    t->walk = w;
    t->parity ^= 1;
}

bool rank_tree_walk_step(struct rank_tree *t) {
    struct rank_walk *w = t->walk;
    must(w != NULL);
    size_t rank = w->last ? rank_tree_count_up_to(t, w->last) : 0;
    struct rank_cursor c;
    if (rank_cursor_seek(&c, t, rank, 0) == NULL) return false;
    struct rank_leaf *leaf = (struct rank_leaf *)bottom(&c)->node;
    rank_walk_leaf(t, leaf);
    const struct rank_item *last = leaf_item(leaf, leaf->count - 1u);
    if (w->last) rank_item_destroy(&w->last);
    w->last = rank_item_create(rank_item_member(last), last->score);
    return true;
}

void rank_tree_walk_end(struct rank_tree *t) {
    must(t->walk != NULL);
    if (t->walk->last) rank_item_destroy(&t->walk->last);
    t->walk = NULL;
}

/* --- checking --- */

/* Checks a subtree whose items are greater than *before, which becomes the last of them; returns its items.
 */
static size_t verify_node(const struct rank_tree *t, const void *node, unsigned height,
                          const struct rank_item **before, size_t *leaves, size_t *inners) {
    if (height == 0) {
        const struct rank_leaf *leaf = node;
        must(leaf->count > 0 && leaf->count <= LEAF_ITEMS && (t->walk || leaf->mark == t->parity));
        ++*leaves;
        for (size_t i = 0; i < leaf->count; i++) {
            const struct rank_item *item = leaf_item(leaf, i);
            must(*before == NULL || rank_item_cmp(*before, item) < 0);
            must(leaf->words[i] == leaf_word(leaf, rank_score_order(item->score), item));
            *before = item;
        }
        return leaf->count;
    }
    const struct rank_inner *inner = node;
    must(inner->count > 0 && inner->count <= INNER_CHILDREN);
    ++*inners;
    size_t items = 0;
    for (size_t i = 0; i < inner->count; i++) {
        const void *child = inner->child[i];
        const struct rank_item *first =
            height == 1 ? leaf_item(child, 0) : ((const struct rank_inner *)child)->first[0];
        must(inner->first[i] == first && inner->order[i] == rank_score_order(first->score));
        must(inner->below[i] == verify_node(t, child, height - 1, before, leaves, inners));
        items += inner->below[i];
    }
    return items;
}

void rank_tree_verify(const struct rank_tree *t) {
    size_t leaves = 0, inners = 0, items = 0;
    const struct rank_item *before = NULL;
    must((t->root == NULL) == (t->levels == 0));
    if (t->levels) items = verify_node(t, t->root, t->levels - 1, &before, &leaves, &inners);
    must(t->levels < 2 || ((const struct rank_inner *)t->root)->count > 1);
    must(items == t->count && leaves == t->leaves && inners == t->inners);
}
