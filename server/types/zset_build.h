/* A sorted set in the making, from pairs in any order: what unions, intersections and stored ranges collect
 * before it is sorted once and either answered or stored. */
#ifndef TORC_TYPES_ZSET_BUILD_H
#define TORC_TYPES_ZSET_BUILD_H

#include "server/ds/rank_item.h"
#include "server/types/zset.h"

struct zset_built {
    uint64_t order; /* of the score, once sorted */
    struct rank_item *item;
};

struct zset_build {
    const struct zset_rules *rules; /* borrowed */
    struct zset_built *pairs;       /* owned, as are the items */
    size_t count, cap;
    size_t member_len_max;
    struct zset_large *large; /* owned: finds items by name; NULL unless it was asked for */
};

/* With `indexed`, zset_build_find can be asked. */
void zset_build_init(struct zset_build *b, const struct zset_rules *rules, bool indexed);
void zset_build_deinit(struct zset_build *b);

/* The item of a member, whose score may be changed; NULL if it is not there. */
struct rank_item *zset_build_find(const struct zset_build *b, struct slice member);
/* Adds a member (copied) that is not there. */
void zset_build_add(struct zset_build *b, struct slice member, double score);
/* Brings the pairs into the order of a sorted set. */
void zset_build_sort(struct zset_build *b);
/* Makes the sorted pairs an entry, in the form that suits them, and leaves the builder empty. */
struct entry *zset_build_finish(struct zset_build *b, struct slice key);

#endif
