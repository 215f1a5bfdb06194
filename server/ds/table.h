/* The hash table of the keyspace and of large hashes and sets.
 *
 * Items are opaque pointers (below 2^48); the table knows of an item its hash alone. Buckets are one cache
 * line of seven slots; a byte of the hash (the tag) is compared for all seven at once, so a lookup touches
 * the bucket and the item it finds, seldom more:
 *
 *      ┌───────┬─────────────────────┬──────────────────────────────────────────┐
 *      │ marks │ tag0 … tag6         │ slot0 … slot6: 16 bits of hash | pointer │   64 bytes
 *      └───────┴─────────────────────┴──────────────────────────────────────────┘
 *        tag 0: empty      tag6 = 1: slot6 points to an overflow bucket of the same shape
 *
 * It grows by linear hashing: one bucket is split per five insertions, so it is well filled at any size and
 * no insertion does more than one split. The bits of hash kept in the slots let a split decide without
 * touching the items. It shrinks the same way.
 *
 * Positions (bucket and slot) are valid until the next insertion or removal. Items may be exchanged in place.
 *
 * A walk (snapshot) visits every item that existed when it began, exactly once, whatever is inserted,
 * removed, split or moved meanwhile: each slot has a mark that travels with the item (table_walk_*). */
#ifndef TORC_DS_TABLE_H
#define TORC_DS_TABLE_H

#include "common/base/prefetch.h"
#include "common/base/rng.h"
#include "server/ds/deadlines.h"
#include "server/ds/segvec.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BUCKET_SLOTS    7
#define BUCKET_CHAINED  1 /* tag of slot 6 when it holds the overflow pointer */
#define ITEM_BITS       48
#define ITEM_MASK       (((uint64_t)1 << ITEM_BITS) - 1)
#define SLOT_HASH_SHIFT 12 /* the first hash bit kept in a slot's upper 16 */

struct bucket {
    uint8_t marks; /* bit per slot: the walk parity of the item */
    uint8_t tags[BUCKET_SLOTS];
    uint64_t slots[BUCKET_SLOTS];
};
_Static_assert(sizeof(struct bucket) == 64, "a bucket is one cache line");

/* Hash of an item, as it was inserted with. Called for splits of small tables only. */
typedef uint64_t (*table_hash_fn)(const void *owner, const void *item);

struct table {
    size_t count;       /* items */
    uint32_t level;     /* buckets [0, 2^level) exist, and those split so far beyond */
    uint8_t parity;     /* mark that new items get; items with the other one are still to be walked */
    uint8_t pins;       /* while not 0 the table does not shrink (walks, scans in slices) */
    uint32_t chained;   /* overflow buckets in use */
    uint32_t chain_max; /* longest chain seen, in buckets beyond the first */
    struct segvec buckets;
    struct deadlines *deadlines; /* owned by the table's owner; kept in step with splits; NULL: none */
    table_hash_fn hash_of;
    const void *owner; /* handed to hash_of; borrowed */
};

struct table_pos {
    struct bucket *bucket;
    unsigned slot;
};

void table_init(struct table *t, table_hash_fn hash_of, const void *owner);
/* Frees the buckets. Items are the owner's: take them out first (table_drain) or free them elsewhere. */
void table_deinit(struct table *t);
/* Frees the buckets of a drained table, about `bytes` of them; true when nothing is left. */
bool table_deinit_step(struct table *t, size_t bytes);

static inline uint8_t table_tag(uint64_t hash) {
    uint8_t tag = (uint8_t)(hash >> 56);
    return tag < 2 ? tag + 2 : tag;
}

static inline size_t table_bucket_index(const struct table *t, uint64_t hash) {
    size_t index = hash & (((size_t)2 << t->level) - 1);
    return index < t->buckets.count ? index : index & (((size_t)1 << t->level) - 1);
}

static inline struct bucket *table_bucket(const struct table *t, size_t index) {
    return segvec_at(&t->buckets, index);
}

/* Bit i set: slot i carries `tag`. Bit 0 of the loaded word is `marks`, hence the shift. */
static inline unsigned bucket_match(const struct bucket *b, uint8_t tag) {
#if defined(__SSE2__)
    __m128i line = _mm_loadl_epi64((const __m128i *)(const void *)b);
    __m128i hits = _mm_cmpeq_epi8(line, _mm_set1_epi8((char)tag));
    return ((unsigned)_mm_movemask_epi8(hits) & 0xff) >> 1;
#else
    unsigned hits = 0;
    for (unsigned i = 0; i < BUCKET_SLOTS; i++)
        hits |= (unsigned)(b->tags[i] == tag) << i;
    return hits;
#endif
}

static inline bool bucket_chained(const struct bucket *b) {
    return b->tags[BUCKET_SLOTS - 1] == BUCKET_CHAINED;
}
static inline struct bucket *bucket_next(const struct bucket *b) {
    return bucket_chained(b) ? (struct bucket *)(uintptr_t)b->slots[BUCKET_SLOTS - 1] : NULL;
}
/* Bit i set: slot i holds an item. */
static inline unsigned bucket_occupied(const struct bucket *b) {
    unsigned free = bucket_match(b, 0);
    return ~(free | (unsigned)bucket_chained(b) << (BUCKET_SLOTS - 1)) & ((1u << BUCKET_SLOTS) - 1);
}
static inline void *bucket_item(const struct bucket *b, unsigned slot) {
    return (void *)(uintptr_t)(b->slots[slot] & ITEM_MASK);
}
static inline void *table_item(struct table_pos pos) {
    return bucket_item(pos.bucket, pos.slot);
}

/* The bucket where looking for a hash begins, good until the next insertion or removal; NULL: the table has
 * none. */
static inline struct bucket *table_home(const struct table *t, uint64_t hash) {
    return t->buckets.count ? table_bucket(t, table_bucket_index(t, hash)) : NULL;
}

/* Finds the item for which eq(item, key) holds, from the home of its hash on. Inlined, so that `eq` is too.
 */
static inline __attribute__((always_inline)) void *
table_find_from(struct bucket *home, uint64_t hash, bool (*eq)(const void *item, const void *key),
                const void *key, struct table_pos *pos) {
    uint8_t tag = table_tag(hash);
    for (struct bucket *b = home; b; b = bucket_next(b)) {
        for (unsigned hits = bucket_match(b, tag); hits; hits &= hits - 1) {
            unsigned slot = (unsigned)__builtin_ctz(hits);
            void *item = bucket_item(b, slot);
            if (eq(item, key)) {
                *pos = (struct table_pos){b, slot};
                return item;
            }
        }
    }
    return NULL;
}
static inline __attribute__((always_inline)) void *table_find(const struct table *t, uint64_t hash,
                                                              bool (*eq)(const void *item, const void *key),
                                                              const void *key, struct table_pos *pos) {
    return table_find_from(table_home(t, hash), hash, eq, key, pos);
}

/* Prefetch in two stages, for lookups that come in batches: first all buckets, then the items whose tag
 * matches. Advice only: nothing found here may be kept. */
static inline void table_prefetch_bucket(const struct table *t, uint64_t hash) {
    const struct bucket *home = table_home(t, hash);
    if (home) prefetch(home);
}
/* What a search from `home` touches next: the first item whose tag matches, or else what the last slot leads
 * to, which may be the rest of the chain. *maybe: whether there is any such. Made without branches, which
 * could only be guessed. */
static inline const char *table_behind(const struct bucket *home, uint64_t hash, bool *maybe) {
    unsigned hits = bucket_match(home, table_tag(hash));
    uintptr_t next = home->slots[__builtin_ctz(hits | 1u << (BUCKET_SLOTS - 1))] & ITEM_MASK;
    *maybe = (hits != 0) | bucket_chained(home);
    return (const char *)(next ? next : (uintptr_t)home);
}
static inline void table_prefetch_item(const struct table *t, uint64_t hash) {
    const struct bucket *home = table_home(t, hash);
    if (home == NULL) return;
    bool maybe;
    const char *behind = table_behind(home, hash, &maybe);
    prefetch(behind);
    prefetch(behind + 64);
}

/* Adds an item whose key is known to be absent; it counts as walked. */
struct table_pos table_insert(struct table *t, uint64_t hash, void *item);
/* Takes the item at `pos`, whose hash is `hash`, out; the caller owns it now. */
void table_remove(struct table *t, uint64_t hash, struct table_pos pos);
/* Merges up to `budget` buckets that a table grown sparse while it was pinned should not have; true: more to
 * do. */
bool table_trim(struct table *t, size_t budget);
/* Puts `item`, of the same key and hash, in the place of the one at `pos`. */
static inline void table_replace(struct table_pos pos, void *item) {
    uint64_t *slot = &pos.bucket->slots[pos.slot];
    *slot = (*slot & ~ITEM_MASK) | (uint64_t)(uintptr_t)item;
}

/* Calls `visit` for the items of the bucket that `cursor` names and returns the next cursor, 0 at the end.
 * Items that are there from the first call to the last are visited at least once, whatever happens to the
 * table in between. `visit` must not change the table; cursors are below the number of buckets. */
typedef void (*table_visit_fn)(void *arg, void *item);
uint64_t table_scan(const struct table *t, uint64_t cursor, table_visit_fn visit, void *arg);

/* Calls `visit` for every item of bucket `index` and its chain. */
void table_each_in_bucket(const struct table *t, size_t index, table_visit_fn visit, void *arg);
void table_each(const struct table *t, table_visit_fn visit, void *arg);

/* An item drawn uniformly (but for buckets of more than 14 items, and for tables that a walk keeps from
 * shrinking and that are all but empty), or NULL when empty. */
void *table_random(const struct table *t, struct rng *rng);

/* Takes out up to `budget` items and hands each to `take`; true when the table is empty. An empty bucket
 * costs one of the budget as well. The cursor starts as 0; no insertion meanwhile. */
bool table_drain(struct table *t, size_t *bucket_cursor, size_t budget, table_visit_fn take, void *arg);

size_t table_bytes(const struct table *t);

/* --- walks --- */
/* Begins a walk: every item now in the table is to be visited. The one before must have ended. */
void table_walk_begin(struct table *t);
static inline bool table_walked(const struct table *t, struct table_pos pos) {
    return ((pos.bucket->marks >> pos.slot) & 1) == t->parity;
}
static inline void table_set_walked(const struct table *t, struct table_pos pos) {
    pos.bucket->marks =
        (uint8_t)((pos.bucket->marks & ~(1u << pos.slot)) | ((unsigned)t->parity << pos.slot));
}
/* Visits what is left to visit in the bucket at *cursor (a bucket number, from 0 up; the table grows only
 * beyond it) and marks it; false when the walk is through. With visit NULL it only marks, which is how an
 * aborted walk ends. */
bool table_walk_step(struct table *t, size_t *cursor, table_visit_fn visit, void *arg);
void table_walk_end(struct table *t);

#endif
