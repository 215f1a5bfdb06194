/* Sorted sets: members ordered by score and, where scores are equal, by their bytes. Small in one listpack
 * beside the key, large in a table of members beside an order-statistic tree.
 *
 * Functions that change a sorted set take its entry and return where it is now. One that once became large
 * stays so. What is read is borrowed until the next change. Ranks count from 0. */
#ifndef TORC_TYPES_ZSET_H
#define TORC_TYPES_ZSET_H

#include "common/base/hash.h"
#include "common/base/rng.h"
#include "server/types/value.h"

extern const struct value_ops zset_ops;

/* What decides about the form: all must be met for a sorted set to be small. */
struct zset_rules {
    const struct hash_secret *secret; /* borrowed; outlives every sorted set made under it */
    size_t listpack_entries_max;      /* members */
    size_t listpack_value_max;        /* bytes of a member */
};

struct zset_pair {
    struct slice member;
    double score;
};

/* --- changing --- */

enum zset_add_flags {
    ZSET_NX = 1 << 0,   /* only new members */
    ZSET_XX = 1 << 1,   /* only members that are there */
    ZSET_GT = 1 << 2,   /* only to a higher score … */
    ZSET_LT = 1 << 3,   /* … or to a lower one; new members all the same */
    ZSET_INCR = 1 << 4, /* the score is added to the one that is there */
};

struct zset_added {
    size_t added, updated; /* new members, and those that have another score now */
    bool refused;          /* the last pair was not let through by the flags … */
    bool nan;              /* … or came out as no number: nothing behind it was looked at */
    double score;          /* of the last pair that was let through */
};

/* A new empty one in the form that suits `count` members of up to `member_len_max` bytes. */
struct entry *zset_create(struct slice key, size_t count, size_t member_len_max,
                          const struct zset_rules *rules);
/* Adds `count` pairs; scores must be numbers. The members must not point into the sorted set. *out is
 * written. */
struct entry *zset_add(struct entry *e, const struct zset_pair *pairs, size_t count, unsigned flags,
                       const struct zset_rules *rules, struct zset_added *out);
/* Removes `count` members and adds to *removed how many were there. It may end up empty: delete its key
 * then; so with the next. */
struct entry *zset_remove(struct entry *e, const struct slice *members, size_t count, size_t *removed);
/* Removes the members of ranks start to start + count - 1, which must be there. */
struct entry *zset_remove_ranks(struct entry *e, size_t start, size_t count);

/* --- reading --- */

size_t zset_count(const struct entry *e);
bool zset_score(const struct entry *e, struct slice member, double *score);
/* Scores of up to ZSET_GROUP members at once, so that their cache misses overlap. */
#define ZSET_GROUP 16
struct zset_group {
    bool found[ZSET_GROUP];
    double score[ZSET_GROUP];
};
void zset_score_group(const struct entry *e, const struct slice *members, size_t count,
                      struct zset_group *out);
bool zset_rank(const struct entry *e, struct slice member, size_t *rank, double *score);

/* How many members have a score below `score` (with `including`: not above it). */
size_t zset_count_below(const struct entry *e, double score, bool including);
/* How many members are before `member` (with `including`: or are it). Of use where all scores are the same.
 */
size_t zset_count_before(const struct entry *e, struct slice member, bool including);

typedef void zset_visit(void *arg, struct slice member, double score);
/* Visits `count` members from that rank on, in order; in reverse, ranks count from the highest. Fewer if
 * there are not so many. */
void zset_range(const struct entry *e, size_t start, size_t count, bool reverse, zset_visit *visit,
                void *arg);
/* A run of scores. */
struct zset_span {
    double min, max; /* max is outside */
};
/* `span` says in which one it is; false ends the visit. */
typedef bool zset_span_visit(void *arg, struct slice member, double score, size_t span);
/* Visits the members in one span after the other. Members of a small one are borrowed for the call only. */
void zset_visit_spans(const struct entry *e, const struct zset_span *spans, size_t count,
                      zset_span_visit *visit, void *arg);
/* From `cursor` on, visits about `count` members, with the guarantees of table_scan; returns the next cursor,
 * 0 at the end. A small one is visited whole. */
uint64_t zset_scan(const struct entry *e, uint64_t cursor, size_t count, zset_visit *visit, void *arg);
bool zset_is_small(const struct entry *e);

/* Visits `count` members drawn at random, every draw from all of them. Stops when `go_on` says false. */
void zset_random(const struct entry *e, struct rng *rng, size_t count, zset_visit *visit,
                 bool (*go_on)(void *arg), void *arg);
/* Visits `count` different members drawn at random; all of them if there are no more. */
void zset_random_unique(const struct entry *e, struct rng *rng, size_t count, zset_visit *visit, void *arg);

#endif
