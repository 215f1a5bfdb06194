/* Sets: members, small in an intset or a listpack beside the key, large in a table of their own.
 *
 * Functions that change a set take its entry and return where it is now. What is read is borrowed until the
 * next change, or until the scratch it lies in is used again. Members that are passed in must not lie in the
 * set. */
#ifndef TORC_TYPES_SET_H
#define TORC_TYPES_SET_H

#include "common/base/hash.h"
#include "common/base/rng.h"
#include "server/ds/listpack.h"
#include "server/ds/table.h"
#include "server/types/value.h"

extern const struct value_ops set_ops;

/* What decides about the form. */
struct set_rules {
    const struct hash_secret *secret; /* borrowed; outlives every set made under it */
    size_t intset_entries_max;        /* integers in an intset */
    size_t listpack_entries_max;      /* members in a listpack */
    size_t listpack_value_max;        /* bytes of a member in a listpack */
};

/* --- changing --- */

/* An empty set of that form; whoever makes one adds to it. */
struct entry *set_create(struct slice key, enum value_encoding encoding, const struct set_rules *rules);
/* An empty set of the form that suits `first`, if about `expected` members are coming. */
struct entry *set_create_for(struct slice key, struct slice first, size_t expected,
                             const struct set_rules *rules);
/* About `expected` members are coming: makes the set large if it could not hold so many otherwise. */
struct entry *set_expect(struct entry *e, size_t expected, const struct set_rules *rules);
/* Adds `count` members, and to *added how many are new. */
struct entry *set_add(struct entry *e, const struct slice *members, size_t count,
                      const struct set_rules *rules, size_t *added);
/* Removes `count` members and adds to *removed how many were there. The set may end up empty: delete its key
 * then. */
struct entry *set_remove(struct entry *e, const struct slice *members, size_t count, size_t *removed);
/* Makes a set of integers an intset, if it may be one by its count. Each member must be an integer. */
struct entry *set_to_intset(struct entry *e, const struct set_rules *rules);

typedef void set_visit(void *arg, struct slice member);
/* Takes `count` members (at most as many as there are) drawn at random out, each after it was visited. */
struct entry *set_pop(struct entry *e, struct rng *rng, size_t count, set_visit *visit, void *arg);

/* --- reading --- */

size_t set_count(const struct entry *e);
bool set_has(const struct entry *e, struct slice member);

/* From `cursor` on, visits about `count` members, with the guarantees of table_scan; returns the next cursor,
 * 0 at the end. A small set is visited whole. */
uint64_t set_scan(const struct entry *e, uint64_t cursor, size_t count, set_visit *visit, void *arg);
/* Visits `count` members drawn at random, every draw from all. Stops when `go_on` (may be NULL) says false.
 */
void set_random(const struct entry *e, struct rng *rng, size_t count, set_visit *visit,
                bool (*go_on)(void *arg), void *arg);
/* Visits `count` different members drawn at random; all of them if there are no more. */
void set_random_unique(const struct entry *e, struct rng *rng, size_t count, set_visit *visit, void *arg);

/* --- members in groups, so that their cache misses overlap --- */

#define SET_GROUP 16
struct set_group {
    size_t count;
    struct slice member[SET_GROUP];
    uint64_t hash[SET_GROUP]; /* if hashed */
    bool hashed;
    const struct table *ahead;      /* which was sent for last, if any, */
    bool items_ahead;               /* and not its buckets alone: */
    uint32_t maybe;                 /* then, a bit for each member that it may have */
    struct bucket *home[SET_GROUP]; /* the buckets, until it changes */
    char scratch[SET_GROUP][LISTPACK_INT_CHARS];
};

/* Goes over all members; the set must not change meanwhile. */
struct set_walk {
    const struct entry *set; /* borrowed */
    uint32_t at;             /* small: index or offset of what comes next */
    size_t next_bucket;      /* large: after the one under way */
    const struct bucket *bucket;
    unsigned used; /* slots of `bucket` still to come */
};
void set_walk_begin(struct set_walk *w, const struct entry *e);
/* The next members; false when there are none left. */
bool set_walk_next(struct set_walk *w, struct set_group *g);

/* A group of given members, at most SET_GROUP of `count`; returns how many. */
size_t set_group_fill(struct set_group *g, const struct slice *members, size_t count);
/* Advice: the group will be looked for in this set, after some other work. The first call sends for buckets,
 * the second one, best when they have come, for what lies behind them. */
void set_prefetch_group(const struct entry *e, struct set_group *g);
/* Bit i is set if the set has the i-th member. Sets asked about one group share their secret. */
uint32_t set_has_group(const struct entry *e, struct set_group *g);
/* As set_add and set_remove. */
struct entry *set_add_group(struct entry *e, struct set_group *g, const struct set_rules *rules,
                            size_t *added);
struct entry *set_remove_group(struct entry *e, struct set_group *g, size_t *removed);

/* The table of a large set, for statistics and for walks; NULL if it is small. */
struct table *set_table_of(const struct entry *e);

#endif
