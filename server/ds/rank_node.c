/* Single nodes and pairs of neighbours: moving what they hold, and the scale of a leaf's hints.
 *
 * The scale puts the scores of a leaf into the middle half of the 65,536 hints:
 *
 *      0        16,384                 up to 49,152        65,535
 *      │ lower  │ first ……………………………… last │ higher than all  │
 *
 * so that items which come later at its ends are told apart as well. */
#include "server/ds/rank_node.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/base/prefetch.h"

#define HINT_FIRST 16384u
#define SPAN_BITS  15 /* the distance from the first to the last score, in steps, stays below 2^SPAN_BITS */

/* --- items --- */

static size_t item_size(size_t len) {
    return sizeof(struct rank_item) + len + (len < RANK_ITEM_LONG ? 0 : sizeof(size_t));
}

struct rank_item *rank_item_create(struct slice member, double score) {
    struct rank_item *item = mem_alloc(item_size(member.len));
    item->score = score;
    char *at = item->rest;
    if (likely(member.len < RANK_ITEM_LONG)) {
        item->len = (uint8_t)member.len;
    } else {
        item->len = RANK_ITEM_LONG;
        memcpy(at, &member.len, sizeof(member.len));
        at += sizeof(member.len);
    }
    if (member.len) memcpy(at, member.ptr, member.len);
    return item;
}

void rank_item_destroy(struct rank_item **item) {
    mem_free_sized(*item, item_size(rank_item_member(*item).len));
    *item = NULL;
}

size_t rank_item_memory(const struct rank_item *item) {
    return mem_good_size(item_size(rank_item_member(item).len));
}

/* --- leaves --- */

void leaf_rescale(struct rank_leaf *leaf) {
    size_t n = leaf->count;
    if (n == 0) return;
    for (size_t i = 0; i < n; i++)
        prefetch(leaf_item(leaf, i));
    uint64_t low = rank_score_order(leaf_item(leaf, 0)->score);
    uint64_t span = rank_score_order(leaf_item(leaf, n - 1)->score) - low;
    if (span) {
        int bits = 64 - __builtin_clzl(span);
        leaf->shift = (uint8_t)(bits > SPAN_BITS ? bits - SPAN_BITS : 0);
    }
    uint64_t room = (uint64_t)HINT_FIRST << leaf->shift;
    leaf->base = low > room ? low - room : 0;
    for (size_t i = 0; i < n; i++) {
        const struct rank_item *item = leaf_item(leaf, i);
        leaf->words[i] = leaf_word(leaf, rank_score_order(item->score), item);
    }
}

static void words_move(uint64_t *to, const uint64_t *from, size_t n) {
    memmove(to, from, n * sizeof(*to));
}

void leaf_balance(struct rank_leaf *left, struct rank_leaf *right, size_t left_count) {
    must(left_count <= LEAF_ITEMS && left_count <= (size_t)left->count + right->count);
    if (left_count > left->count) {
        size_t n = left_count - left->count;
        words_move(left->words + left->count, right->words, n);
        words_move(right->words, right->words + n, right->count - n);
        right->count = (uint16_t)(right->count - n);
    } else {
        size_t n = left->count - left_count;
        must(right->count + n <= LEAF_ITEMS);
        words_move(right->words + n, right->words, right->count);
        words_move(right->words, left->words + left_count, n);
        right->count = (uint16_t)(right->count + n);
    }
    left->count = (uint16_t)left_count;
    leaf_rescale(left);
    leaf_rescale(right);
}

void leaf_open(struct rank_leaf *leaf, size_t at) {
    words_move(leaf->words + at + 1, leaf->words + at, leaf->count - at);
    leaf->count++;
}

void leaf_close(struct rank_leaf *leaf, size_t at) {
    leaf->count--;
    words_move(leaf->words + at, leaf->words + at + 1, leaf->count - at);
}

/* --- inner nodes --- */

static void children_move(struct rank_inner *to, size_t to_at, const struct rank_inner *from, size_t from_at,
                          size_t n) {
    memmove(to->order + to_at, from->order + from_at, n * sizeof(*to->order));
    memmove(to->first + to_at, from->first + from_at, n * sizeof(*to->first));
    memmove(to->child + to_at, from->child + from_at, n * sizeof(*to->child));
    memmove(to->below + to_at, from->below + from_at, n * sizeof(*to->below));
}

void inner_balance(struct rank_inner *left, struct rank_inner *right, size_t left_count) {
    must(left_count <= INNER_CHILDREN && left_count <= left->count + right->count);
    if (left_count > left->count) {
        size_t n = left_count - left->count;
        children_move(left, left->count, right, 0, n);
        right->count -= n;
        children_move(right, 0, right, n, right->count);
    } else {
        size_t n = left->count - left_count;
        must(right->count + n <= INNER_CHILDREN);
        children_move(right, n, right, 0, right->count);
        children_move(right, 0, left, left_count, n);
        right->count += n;
    }
    left->count = left_count;
}

void inner_open(struct rank_inner *inner, size_t at) {
    children_move(inner, at + 1, inner, at, inner->count - at);
    inner->count++;
}

void inner_close(struct rank_inner *inner, size_t at) {
    inner->count--;
    children_move(inner, at, inner, at + 1, inner->count - at);
}
