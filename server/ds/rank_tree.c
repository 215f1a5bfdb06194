/* Searching and changing.
 *
 *                       [ inner: first, below … ]                 levels - 1
 *                      /            |            \
 *          [ inner ]          [ inner ]         [ inner ]
 *          /   |   \          /   |   \         /   |   \
 *       leaf leaf leaf     leaf leaf leaf    leaf leaf leaf       0
 *
 * A search is for a bound: a place between items, of which some are before it. Below an inner node it goes on
 * in the last child whose first item is before the bound, or in the leftmost.
 *
 * Insertion splits full nodes on its way down, so that it never has to come back up. At the right and left
 * edge of the tree a split leaves all but one in the older part: what comes in order packs its leaves.
 * Removal mends on its way up: a node less than a quarter full is joined with its neighbour if both fit in
 * seven eighths of a node, else they share evenly. So neither is undone by the next change.
 *
 * Everything that changes which items a leaf holds, or the score of one of them, calls leaf_changes first:
 * that is where a walk under way takes the leaf as it was. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/base/prefetch.h"
#include "server/ds/rank_node.h"

#define LEAF_MIN    (LEAF_ITEMS / 4)
#define LEAF_JOIN   (LEAF_ITEMS * 7 / 8)
#define INNER_MIN   (INNER_CHILDREN / 4)
#define INNER_JOIN  (INNER_CHILDREN * 7 / 8)
#define FIRST_SHIFT 34 /* steps of a new tree, until its scores tell better: whole numbers differ in them */

void rank_tree_init(struct rank_tree *t) {
    memset(t, 0, sizeof(*t));
}

size_t rank_tree_bytes(const struct rank_tree *t) {
    return t->leaves * mem_good_size(sizeof(struct rank_leaf)) +
           t->inners * mem_good_size(sizeof(struct rank_inner));
}

/* --- nodes --- */

static struct rank_leaf *leaf_create(struct rank_tree *t, uint8_t shift) {
    struct rank_leaf *leaf = mem_alloc(sizeof(*leaf));
    leaf->base = 0;
    leaf->count = 0;
    leaf->shift = shift;
    leaf->mark = t->parity;
    t->leaves++;
    return leaf;
}

static struct rank_inner *inner_create(struct rank_tree *t) {
    struct rank_inner *inner = mem_alloc(sizeof(*inner));
    inner->count = 0;
    t->inners++;
    return inner;
}

static void leaf_free(struct rank_tree *t, struct rank_leaf *leaf) {
    mem_free_sized(leaf, sizeof(*leaf));
    t->leaves--;
}

static void inner_free(struct rank_tree *t, struct rank_inner *inner) {
    mem_free_sized(inner, sizeof(*inner));
    t->inners--;
}

/* `height` of a leaf is 0. */
static size_t node_count(const void *node, unsigned height) {
    return height ? ((const struct rank_inner *)node)->count : ((const struct rank_leaf *)node)->count;
}

static bool node_full(const void *node, unsigned height) {
    return node_count(node, height) == (height ? INNER_CHILDREN : LEAF_ITEMS);
}

static size_t node_items(const void *node, unsigned height) {
    if (height == 0) return ((const struct rank_leaf *)node)->count;
    const struct rank_inner *inner = node;
    size_t items = 0;
    for (size_t i = 0; i < inner->count; i++)
        items += inner->below[i];
    return items;
}

static void set_first(struct rank_inner *inner, size_t at, const struct rank_item *item) {
    inner->order[at] = rank_score_order(item->score);
    inner->first[at] = item;
}

static void set_child(struct rank_inner *inner, size_t at, void *node, unsigned height) {
    inner->child[at] = node;
    inner->below[at] = node_items(node, height);
    if (height == 0) {
        set_first(inner, at, leaf_item(node, 0));
    } else {
        inner->order[at] = ((const struct rank_inner *)node)->order[0];
        inner->first[at] = ((const struct rank_inner *)node)->first[0];
    }
}

static inline void leaf_changes(struct rank_tree *t, struct rank_leaf *leaf) {
    if (unlikely(t->walk != NULL)) rank_walk_leaf(t, leaf);
}

/* Fetches what a search reads of a node, which lies anywhere in memory: its halving would wait for one line
 * after the other. */
static inline void fetch_node(const void *node) {
    _Static_assert(offsetof(struct rank_inner, first) <= sizeof(struct rank_leaf), "as far as this fetches");
    for (size_t byte = 0; byte < sizeof(struct rank_leaf); byte += 64)
        prefetch((const char *)node + byte);
}

/* --- searching --- */

/* A place between items: those before it have a lower score or, at this score, a lower member (or the very
 * member, with `after`). Without a member all of this score are before it, or none. With `by_member` scores
 * do not count. */
struct bound {
    uint64_t order;
    const struct slice *member; /* borrowed */
    bool after, by_member;
};

static inline bool member_before(const struct rank_item *item, const struct bound *b) {
    int order = slice_cmp(rank_item_member(item), *b->member);
    return order < 0 || (order == 0 && b->after);
}

static bool item_before(const struct rank_item *item, const struct bound *b) {
    uint64_t order = rank_score_order(item->score);
    if (order != b->order && !b->by_member) return order < b->order;
    return b->member ? member_before(item, b) : b->after;
}

/* How many of `n` ascending numbers are below `value`. */
static inline size_t numbers_below(const uint64_t *numbers, size_t n, uint64_t value) {
    const uint64_t *at = numbers;
    if (n == 0) return 0;
    for (; n > 1; n -= n / 2)
        at += at[n / 2 - 1] < value ? n / 2 : 0;
    return (size_t)(at - numbers) + (*at < value);
}

/* The child below which the bound is. */
static size_t inner_search(const struct rank_inner *inner, const struct bound *b) {
    size_t low = 1, high = inner->count;
    if (likely(!b->by_member)) {
        low = 1 + numbers_below(inner->order + 1, inner->count - 1, b->order);
        if (low == inner->count || inner->order[low] != b->order) return low - 1;
        high = low + numbers_below(inner->order + low, inner->count - low, b->order + 1);
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (b->member ? member_before(inner->first[middle], b) : b->after)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* How many words are below this hint, which may be HINT_MAX + 1. */
static inline size_t hints_below(const struct rank_leaf *leaf, uint64_t hint) {
    return hint > HINT_MAX ? leaf->count : numbers_below(leaf->words, leaf->count, hint << HINT_SHIFT);
}

/* How many items of the leaf are before the bound. */
static size_t leaf_search(const struct rank_leaf *leaf, const struct bound *b) {
    size_t low = 0, high = leaf->count;
    if (likely(!b->by_member)) {
        uint64_t hint = leaf_hint(leaf, b->order);
        low = hints_below(leaf, hint);
        if (low == leaf->count || leaf->words[low] >> HINT_SHIFT != hint) return low;
        high = hints_below(leaf, hint + 1);
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (item_before(leaf_item(leaf, middle), b))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_before(const struct rank_tree *t, const struct bound *b) {
    if (t->levels == 0) return 0;
    const void *node = t->root;
    size_t before = 0;
    for (unsigned height = t->levels - 1; height > 0; height--) {
        const struct rank_inner *inner = node;
        size_t at = inner_search(inner, b);
        for (size_t i = 0; i < at; i++)
            before += inner->below[i];
        node = inner->child[at];
        fetch_node(node);
    }
    return before + leaf_search(node, b);
}

size_t rank_tree_count_below(const struct rank_tree *t, double score, bool including) {
    return count_before(t, &(struct bound){rank_score_order(score), NULL, including, false});
}

size_t rank_tree_count_before(const struct rank_tree *t, struct slice member, bool including) {
    return count_before(t, &(struct bound){0, &member, including, true});
}

size_t rank_tree_count_up_to(const struct rank_tree *t, const struct rank_item *item) {
    struct slice member = rank_item_member(item);
    return count_before(t, &(struct bound){rank_score_order(item->score), &member, true, false});
}

void rank_cursor_descend(struct rank_cursor *c, unsigned depth, uint64_t order) {
    struct bound b = {order, NULL, false, false};
    for (; depth + 1 < c->tree->levels; depth++) {
        const struct rank_inner *inner = c->path[depth].node;
        c->path[depth].at = (unsigned)inner_search(inner, &b);
        c->path[depth + 1].node = inner->child[c->path[depth].at];
        fetch_node(c->path[depth + 1].node);
    }
    c->path[depth].at = (unsigned)leaf_search(c->path[depth].node, &b);
}

void rank_tree_prefetch(const struct rank_tree *t, double score) {
    if (t->levels < 2) return;
    struct bound b = {rank_score_order(score), NULL, true, false};
    const void *node = t->root;
    for (unsigned height = t->levels - 1; height > 0; height--) {
        const struct rank_inner *inner = node;
        node = inner->child[inner_search(inner, &b)];
    }
    fetch_node(node);
}

/* The way to an item: path[0] is the root, the last of `levels` is the leaf. Pointers in the leaf are
 * compared, none is followed. */
static void find_item(const struct rank_tree *t, const struct rank_item *item, struct rank_step *path) {
    struct slice member = rank_item_member(item);
    struct bound b = {rank_score_order(item->score), &member, true, false};
    const void *node = t->root;
    unsigned depth = 0;
    for (; depth + 1 < t->levels; depth++) {
        const struct rank_inner *inner = node;
        path[depth] = (struct rank_step){inner, (unsigned)inner_search(inner, &b)};
        node = inner->child[path[depth].at];
        fetch_node(node);
    }
    must(node != NULL);
    const struct rank_leaf *leaf = node;
    size_t at = hints_below(leaf, leaf_hint(leaf, b.order));
    while (at < leaf->count && leaf_item(leaf, at) != item)
        at++;
    must(at < leaf->count);
    path[depth] = (struct rank_step){leaf, (unsigned)at};
}

size_t rank_tree_rank(const struct rank_tree *t, const struct rank_item *item) {
    struct rank_step path[RANK_LEVELS_MAX];
    find_item(t, item, path);
    size_t rank = path[t->levels - 1].at;
    for (unsigned depth = 0; depth + 1 < t->levels; depth++) {
        const struct rank_inner *inner = path[depth].node;
        for (size_t i = 0; i < path[depth].at; i++)
            rank += inner->below[i];
    }
    return rank;
}

/* --- insertion --- */

/* How many a full node keeps when it is split for something that comes in before its `at`-th. */
static size_t cut_of(size_t n, size_t at, bool left_edge, bool right_edge) {
    if (right_edge && at >= n - 1) return n - 1;
    if (left_edge && at == 0) return 1;
    return n / 2;
}

/* Splits child `at`, of that height, in two; `cut` stay. */
static void split_child(struct rank_tree *t, struct rank_inner *parent, size_t at, unsigned height,
                        size_t cut) {
    void *left = parent->child[at], *right;
    if (height == 0) {
        leaf_changes(t, left);
        struct rank_leaf *more = leaf_create(t, ((struct rank_leaf *)left)->shift);
        leaf_balance(left, more, cut);
        right = more;
    } else {
        struct rank_inner *more = inner_create(t);
        inner_balance(left, more, cut);
        right = more;
    }
    inner_open(parent, at + 1);
    set_child(parent, at, left, height);
    set_child(parent, at + 1, right, height);
}

static void grow_root(struct rank_tree *t) {
    must(t->levels < RANK_LEVELS_MAX);
    struct rank_inner *root = inner_create(t);
    root->count = 1;
    set_child(root, 0, t->root, t->levels - 1);
    t->root = root;
    t->levels++;
}

static size_t child_for(const struct rank_inner *inner, const struct bound *b) {
    return b ? inner_search(inner, b) : inner->count - 1;
}

/* Where in a full child the item will go. */
static size_t place_in(const void *node, unsigned height, const struct bound *b) {
    if (height) return child_for(node, b);
    return b ? leaf_search(node, b) : LEAF_ITEMS;
}

/* `b` NULL: behind all. */
static void insert(struct rank_tree *t, struct rank_item *item, const struct bound *b) {
    if (t->levels == 0) {
        t->root = leaf_create(t, FIRST_SHIFT);
        t->levels = 1;
    } else if (node_full(t->root, t->levels - 1)) {
        grow_root(t);
    }
    void *node = t->root;
    bool left_edge = true, right_edge = true;
    for (unsigned height = t->levels - 1; height > 0; height--) {
        struct rank_inner *inner = node;
        size_t at = child_for(inner, b);
        fetch_node(inner->child[at]);
        if (unlikely(node_full(inner->child[at], height - 1))) {
            bool left = left_edge && at == 0, right = right_edge && at == inner->count - 1;
            size_t place = place_in(inner->child[at], height - 1, b);
            size_t n = node_count(inner->child[at], height - 1);
            split_child(t, inner, at, height - 1, cut_of(n, place, left, right));
            at = child_for(inner, b);
        }
        left_edge = left_edge && at == 0;
        right_edge = right_edge && at == inner->count - 1;
        inner->below[at]++;
        if (unlikely(left_edge) && b && !item_before(inner->first[0], b)) set_first(inner, 0, item);
        node = inner->child[at];
    }
    struct rank_leaf *leaf = node;
    size_t at = b ? leaf_search(leaf, b) : leaf->count;
    leaf_changes(t, leaf);
    leaf_open(leaf, at);
    leaf->words[at] = leaf_word(leaf, rank_score_order(item->score), item);
    t->count++;
    /* by now it shows what scores the leaf is going to hold */
    if (leaf->count == 8 || leaf->count == 24) leaf_rescale(leaf);
}

void rank_tree_insert(struct rank_tree *t, struct rank_item *item) {
    struct slice member = rank_item_member(item);
    insert(t, item, &(struct bound){rank_score_order(item->score), &member, true, false});
}

void rank_tree_append(struct rank_tree *t, struct rank_item *item) {
    insert(t, item, NULL);
}

/* --- removal --- */

/* The subtree that path[0 … depth] leads to begins with another item now. */
static void first_changed(struct rank_step *path, unsigned depth, const struct rank_item *item) {
    for (unsigned k = depth + 1; k-- > 0;) {
        set_first((struct rank_inner *)path[k].node, path[k].at, item);
        if (path[k].at > 0) return;
    }
}

/* Joins or evens out child `at` and a neighbour. */
static void mend_child(struct rank_tree *t, struct rank_inner *parent, size_t at, unsigned height) {
    size_t l = at ? at - 1 : 0, r = l + 1;
    void *left = parent->child[l], *right = parent->child[r];
    size_t sum = node_count(left, height) + node_count(right, height);
    bool join = sum <= (height ? INNER_JOIN : LEAF_JOIN);
    if (height == 0) {
        leaf_changes(t, left);
        leaf_changes(t, right);
        leaf_balance(left, right, join ? sum : sum / 2);
    } else {
        inner_balance(left, right, join ? sum : sum / 2);
    }
    set_child(parent, l, left, height);
    if (!join) {
        set_child(parent, r, right, height);
        return;
    }
    inner_close(parent, r);
    if (height == 0)
        leaf_free(t, right);
    else
        inner_free(t, right);
}

/* Drops the empty child that path[depth] names. */
static void drop_child(struct rank_tree *t, struct rank_step *path, unsigned depth, unsigned height) {
    struct rank_inner *parent = (struct rank_inner *)path[depth].node;
    size_t at = path[depth].at;
    if (height == 0)
        leaf_free(t, parent->child[at]);
    else
        inner_free(t, parent->child[at]);
    inner_close(parent, at);
    if (at == 0 && parent->count && depth > 0) first_changed(path, depth - 1, parent->first[0]);
}

static void lower_root(struct rank_tree *t) {
    while (t->levels > 1 && ((struct rank_inner *)t->root)->count <= 1) {
        struct rank_inner *root = t->root;
        bool empty = root->count == 0;
        t->root = empty ? NULL : root->child[0];
        t->levels = empty ? 0 : t->levels - 1;
        inner_free(t, root);
    }
    if (t->levels == 1 && ((struct rank_leaf *)t->root)->count == 0) {
        leaf_free(t, t->root);
        t->root = NULL;
        t->levels = 0;
    }
}

static void mend(struct rank_tree *t, struct rank_step *path) {
    for (unsigned depth = t->levels - 1, height = 0; depth > 0; depth--, height++) {
        struct rank_inner *parent = (struct rank_inner *)path[depth - 1].node;
        size_t n = node_count(path[depth].node, height);
        if (n >= (height ? INNER_MIN : LEAF_MIN)) break;
        if (n == 0)
            drop_child(t, path, depth - 1, height);
        else if (parent->count > 1)
            mend_child(t, parent, path[depth - 1].at, height);
    }
    lower_root(t);
}

static struct rank_item *remove_path(struct rank_tree *t, struct rank_step *path) {
    unsigned bottom = t->levels - 1;
    struct rank_leaf *leaf = (struct rank_leaf *)path[bottom].node;
    size_t at = path[bottom].at;
    struct rank_item *item = leaf_item(leaf, at);
    leaf_changes(t, leaf);
    leaf_close(leaf, at);
    t->count--;
    for (unsigned depth = 0; depth < bottom; depth++)
        ((struct rank_inner *)path[depth].node)->below[path[depth].at]--;
    if (at == 0 && leaf->count && bottom > 0) first_changed(path, bottom - 1, leaf_item(leaf, 0));
    if (unlikely(leaf->count < LEAF_MIN)) mend(t, path);
    return item;
}

void rank_tree_remove(struct rank_tree *t, struct rank_item *item) {
    struct rank_step path[RANK_LEVELS_MAX];
    find_item(t, item, path);
    remove_path(t, path);
}

struct rank_item *rank_tree_remove_at(struct rank_tree *t, size_t rank) {
    struct rank_cursor c;
    must(rank_cursor_seek(&c, t, rank, 0) != NULL);
    return remove_path(t, c.path);
}

/* --- rescoring --- */

/* True if an item of the leaf may get this score and stay at its place. At the ends of a leaf its neighbours
 * are not at hand. */
static bool stays(const struct rank_leaf *leaf, size_t at, double score) {
    if (at == 0 || at + 1 >= leaf->count) return false;
    uint64_t order = rank_score_order(score), hint = leaf_hint(leaf, order);
    uint64_t before = leaf->words[at - 1] >> HINT_SHIFT, behind = leaf->words[at + 1] >> HINT_SHIFT;
    if (hint < before || hint > behind) return false;
    struct slice member = rank_item_member(leaf_item(leaf, at));
    struct bound b = {order, &member, false, false};
    return (hint > before || item_before(leaf_item(leaf, at - 1), &b)) &&
           (hint < behind || !item_before(leaf_item(leaf, at + 1), &b));
}

void rank_tree_rescore(struct rank_tree *t, struct rank_item *item, double score) {
    struct rank_step path[RANK_LEVELS_MAX];
    find_item(t, item, path);
    struct rank_leaf *leaf = (struct rank_leaf *)path[t->levels - 1].node;
    size_t at = path[t->levels - 1].at;
    if (stays(leaf, at, score)) {
        leaf_changes(t, leaf);
        item->score = score;
        leaf->words[at] = leaf_word(leaf, rank_score_order(score), item);
        return;
    }
    remove_path(t, path);
    item->score = score;
    rank_tree_insert(t, item);
}

/* --- the end --- */

bool rank_tree_deinit_step(struct rank_tree *t, size_t *budget) {
    while (t->levels > 0) {
        struct rank_inner *way[RANK_LEVELS_MAX];
        void *node = t->root;
        unsigned depth = 0;
        for (; depth + 1 < t->levels; depth++) {
            way[depth] = node;
            node = way[depth]->child[way[depth]->count - 1];
        }
        /* the last leaf, and every node above that has nothing else */
        if (*budget == 0) return false;
        leaf_free(t, node);
        --*budget;
        while (depth > 0 && --way[depth - 1]->count == 0) {
            inner_free(t, way[--depth]);
            if (*budget) --*budget;
        }
        if (depth == 0) t->levels = 0;
    }
    rank_tree_init(t);
    return true;
}

void rank_tree_deinit(struct rank_tree *t) {
    size_t plenty = SIZE_MAX;
    bool gone = rank_tree_deinit_step(t, &plenty);
    must(gone);
}
