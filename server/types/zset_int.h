/* The two forms of a sorted set. Internal to the type. */
#ifndef TORC_TYPES_ZSET_INT_H
#define TORC_TYPES_ZSET_INT_H

#include "server/ds/rank_tree.h"
#include "server/types/items.h"
#include "server/types/zset.h"

/* A listpack larger than this is not extended, whatever the rules say. */
#define ZSET_LISTPACK_BYTES_MAX ((size_t)1 << 30)

/* Whether `count` members of up to that length may be small. */
static inline bool zset_is_small_enough(size_t count, size_t member_len_max, const struct zset_rules *rules) {
    return count <= rules->listpack_entries_max && member_len_max <= rules->listpack_value_max &&
           (count == 0 || member_len_max <= ZSET_LISTPACK_BYTES_MAX / count);
}

/* --- small: a listpack of member, score, member, score …, in order --- */

/* Where a member is, if it is there; the score follows it. 0: nowhere. */
uint32_t zset_small_find(const void *lp, struct slice member);
double zset_small_score(const void *lp, uint32_t member_at);
size_t zset_small_rank(const void *lp, uint32_t member_at);
size_t zset_small_count_below(const void *lp, double score, bool including);
size_t zset_small_count_before(const void *lp, struct slice member, bool including);
void zset_small_range(const void *lp, size_t start, size_t count, bool reverse, zset_visit *visit, void *arg);

void zset_small_spans(const void *lp, const struct zset_span *spans, size_t count, zset_span_visit *visit,
                      void *arg);

/* Whether one more member of that length is allowed. */
bool zset_small_has_room(const struct entry *e, size_t member_len, const struct zset_rules *rules);
/* Bytes that a pair takes. */
size_t zset_small_pair_bytes(struct slice member, double score);
/* At the end of a listpack with room for it. */
void zset_small_append(void *lp, struct slice member, double score);
/* These take the entry and return it, perhaps elsewhere. */
struct entry *zset_small_insert(struct entry *e, struct slice member, double score);
struct entry *zset_small_rescore(struct entry *e, uint32_t member_at, double score);

/* --- large: every member is an item that a table finds by name and a tree by order --- */

struct zset_large {
    struct items *members; /* owns the items; NULL once they are freed */
    struct rank_tree ranks;
};

struct zset_large *zset_large_create(const struct hash_secret *secret);
static inline struct zset_large *zset_large_of(const struct entry *e) {
    return entry_pointer(e);
}
static inline struct table *zset_table_of(const struct zset_large *z) {
    return &z->members->table;
}
static inline uint64_t zset_member_hash(const struct table *members, struct slice member) {
    return hash_slice(members->owner, member);
}
struct rank_item *zset_large_find(const struct table *members, uint64_t hash, struct slice member,
                                  struct table_pos *pos);
/* Hashes `count` members, which lie `stride` bytes apart, and fetches what finding them will touch. */
void zset_large_look_ahead(const struct table *members, const struct slice *first, size_t stride,
                           size_t count, uint64_t *hashes);
/* Adds a member that is greater than all that are there. */
void zset_large_append(struct zset_large *z, struct slice member, double score);
/* A new member; one that is there gets another score; one that is there goes. */
void zset_large_insert(struct zset_large *z, uint64_t hash, struct slice member, double score);
bool zset_large_remove(struct zset_large *z, uint64_t hash, struct slice member);
void zset_large_remove_ranks(struct zset_large *z, size_t start, size_t count);
/* Forgets the items, which are somebody else's now, and frees the rest. */
void zset_large_abandon(struct zset_large **z);

#endif
