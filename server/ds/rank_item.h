/* One member of a large sorted set with its score, in one allocation:
 *
 *      ┌───────────┬─────────┬──────────── if len is 255 ───────────┬────────┐
 *      │ score (8) │ len (1) │ the real length (8)                  │ member │
 *      └───────────┴─────────┴──────────────────────────────────────┴────────┘
 *
 * A member of sixteen bytes takes 25, which is a class of 32. Order: by score, then by the bytes of the
 * member. */
#ifndef TORC_DS_RANK_ITEM_H
#define TORC_DS_RANK_ITEM_H

#include "common/base/slice.h"
#include <stddef.h>
#include <stdint.h>

struct rank_item {
    double score; /* never NaN; changed by rank_tree_rescore only, once it is in a tree */
    uint8_t len;
    char rest[];
} __attribute__((packed));

#define RANK_ITEM_LONG 255

static inline struct slice rank_item_member(const struct rank_item *item) {
    if (__builtin_expect(item->len != RANK_ITEM_LONG, 1)) return (struct slice){item->rest, item->len};
    size_t len;
    memcpy(&len, item->rest, sizeof(len));
    return (struct slice){item->rest + sizeof(len), len};
}

/* The member's bytes are copied. */
struct rank_item *rank_item_create(struct slice member, double score);
void rank_item_destroy(struct rank_item **item);
/* What it takes of memory. */
size_t rank_item_memory(const struct rank_item *item);

/* A number that orders as scores do: -0 and 0 are one. */
static inline uint64_t rank_score_order(double score) {
    uint64_t bits;
    score += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof(bits));
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
}

static inline int rank_item_cmp(const struct rank_item *a, const struct rank_item *b) {
    uint64_t left = rank_score_order(a->score), right = rank_score_order(b->score);
    if (left != right) return left < right ? -1 : 1;
    return slice_cmp(rank_item_member(a), rank_item_member(b));
}

#endif
