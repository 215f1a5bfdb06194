/* The large form of hashes and sets: a table that owns its items, one per field or member.
 *
 * What an item looks like is its type's business, told by a struct items_kind. The table's owner is the
 * secret that its hashes were made with, so that freeing, copying and reading need nothing but the entry.
 * Internal to the types. */
#ifndef TORC_TYPES_ITEMS_H
#define TORC_TYPES_ITEMS_H

#include "common/base/hash.h"
#include "common/base/rng.h"
#include "server/ds/table.h"

struct value_walk;

struct items {
    struct table table;      /* first: what is told to have one finds the rest */
    size_t drained;          /* bucket that freeing has come to */
    struct value_walk *walk; /* the snapshot's walk under way over this value, or NULL; borrowed */
};

struct items_kind {
    table_hash_fn hash;         /* its owner is the secret */
    size_t (*free)(void *item); /* returns how many allocations it was, at least 1 */
    size_t (*memory)(const void *item);
    void *(*copy)(const void *item);
};

/* Before the item at `pos` changes or goes: a walk takes it as it is. In a sorted set the tree sees to it. */
void items_visit_early(struct items *items, struct table_pos pos) __attribute__((cold));
static inline void items_before_change(struct table *table, struct table_pos pos) {
    struct items *items = (struct items *)table;
    if (__builtin_expect(items->walk != NULL, 0) && !table_walked(table, pos)) items_visit_early(items, pos);
}

struct items *items_create(const struct items_kind *kind, const struct hash_secret *secret); /* borrowed */
/* Frees up to `budget` allocations (decreased); true when nothing is left, `items` itself included. */
bool items_release(struct items *items, const struct items_kind *kind, size_t *budget);
/* Bytes of all of it; with samples > 0 estimated from that many items. */
size_t items_memory(const struct items *items, const struct items_kind *kind, size_t samples);
struct items *items_copy(const struct items *items, const struct items_kind *kind);

/* Prefetches the items of a bucket: the buckets come in order, their items from all over memory. */
void items_prefetch(const struct items *items, size_t bucket);
#define ITEMS_AHEAD 2 /* so many buckets before they are visited */

void items_each(const struct items *items, table_visit_fn visit, void *arg);
/* From `cursor` on, visits about `count` items, with the guarantees of table_scan; returns the next cursor, 0
 * at the end. */
uint64_t items_scan(const struct items *items, uint64_t cursor, size_t count, table_visit_fn visit,
                    void *arg);
/* Visits `count` different items, drawn one by one until they differ: for counts well below the number of
 * items. */
void items_draw(const struct items *items, struct rng *rng, size_t count, table_visit_fn visit, void *arg);

/* Choosing by walking over all: each of the `left` that come is taken with the probability that still makes
 * the count come out, so that every choice of `wanted` is equally likely and the order is kept. */
struct sieve {
    struct rng *rng;
    size_t wanted, left;
};
static inline bool sieve_takes(struct sieve *s) {
    if (rng_below(s->rng, s->left--) >= s->wanted) return false;
    s->wanted--;
    return true;
}

#endif
