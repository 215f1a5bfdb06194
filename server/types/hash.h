/* Hashes: fields and their values, small in one listpack beside the key, large in a table of their own.
 *
 * Functions that change a hash take its entry and return where it is now. A hash that once became large stays
 * so. What is read is borrowed until the next change. Deadlines of fields: hash_deadlines.h. */
#ifndef TORC_TYPES_HASH_H
#define TORC_TYPES_HASH_H

#include "common/base/hash.h"
#include "common/base/rng.h"
#include "server/ds/listpack.h"
#include "server/ds/table.h"
#include "server/types/value.h"

extern const struct value_ops hash_ops;

/* What decides about the form: all must be met for a hash to be small. */
struct hash_rules {
    const struct hash_secret *secret; /* borrowed; outlives every hash made under it */
    size_t listpack_entries_max;      /* fields */
    size_t listpack_value_max;        /* bytes of a field or a value */
    int64_t now_ms;                   /* where deadlines of fields are counted from; nothing expires by it */
};

/* --- changing --- */

/* A new hash of `count` (at least one) fields and values, which alternate in `pairs`; a field may be there
 * twice. */
struct entry *hash_create(struct slice key, const struct slice *pairs, size_t count,
                          const struct hash_rules *rules);
/* Sets `count` fields, which lose their deadlines, and adds to *created how many are new. The slices must not
 * point into the hash. */
struct entry *hash_set(struct entry *e, const struct slice *pairs, size_t count,
                       const struct hash_rules *rules, size_t *created);
/* Sets one field, which keeps its deadline. */
struct entry *hash_update(struct entry *e, const struct slice pair[2], const struct hash_rules *rules);
/* Deletes `count` fields and adds to *deleted how many were there. The hash may end up empty: delete its key
 * then. */
struct entry *hash_delete(struct entry *e, const struct slice *fields, size_t count, size_t *deleted);

/* --- reading --- */

/* How many fields there are; of a large one, those included that are due and wait for their memory. */
size_t hash_count(const struct entry *e);
/* How many a reader finds: goes over those that wait, if any. */
size_t hash_count_exact(const struct entry *e);

/* A field's value, if any; `scratch` (LISTPACK_INT_CHARS) holds digits. */
bool hash_get(const struct entry *e, struct slice field, char *scratch, struct slice *value);

/* Values of up to HASH_GROUP fields at once, so that their cache misses overlap; ptr is NULL where there is
 * none. */
#define HASH_GROUP 16
struct hash_group {
    struct slice value[HASH_GROUP];
    char scratch[HASH_GROUP][LISTPACK_INT_CHARS];
};
void hash_get_group(const struct entry *e, const struct slice *fields, size_t count, struct hash_group *out);

typedef void hash_visit(void *arg, struct slice field, struct slice value);
void hash_each(const struct entry *e, hash_visit *visit, void *arg);
/* From `cursor` on, visits about `count` fields, with the guarantees of table_scan; returns the next cursor,
 * 0 at the end. A small hash is visited whole. */
uint64_t hash_scan(const struct entry *e, uint64_t cursor, size_t count, hash_visit *visit, void *arg);

/* Visits `count` fields drawn at random, every draw from all fields. Stops when `go_on` (may be NULL) says
 * false. */
void hash_random(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit,
                 bool (*go_on)(void *arg), void *arg);
/* Visits `count` different fields drawn at random; all of them if there are no more. */
void hash_random_unique(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit, void *arg);

/* The table of a large hash, for statistics and for walks; NULL if it is small. */
struct table *hash_table_of(const struct entry *e);

#endif
