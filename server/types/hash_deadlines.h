/* Deadlines of single fields of a hash, in ms since 1970.
 *
 * A hash whose field has a deadline takes a form with room for it and keeps that form:
 *
 *      small   listpack of triples: field, value, deadline (0: none), sorted by deadline, those without last
 *      large   items with a deadline of their own, and an index of deadlines beside the table
 *
 * ENTRY_FIELDS_EXPIRE in the entry tells that it did. Nothing goes by itself: hash_expire says what the time
 * is. Fields due by then are absent for every reader from that moment on, and are deleted as far as the
 * effort reaches. What never hears of the time (a replayed journal) keeps its fields until they are deleted.
 */
#ifndef TORC_TYPES_HASH_DEADLINES_H
#define TORC_TYPES_HASH_DEADLINES_H

#include "server/types/hash.h"

/* No field dies before this time (0 or more; it may be too early, never too late); ENTRY_NO_DEADLINE: none
 * ever does. */
int64_t hash_next_deadline_of(const struct entry *e);
static inline int64_t hash_next_deadline(const struct entry *e) {
    return entry_fields_expire(e) ? hash_next_deadline_of(e) : ENTRY_NO_DEADLINE;
}

/* Fields may have fallen due that the hash has not heard of. */
bool hash_maybe_due_of(const struct entry *e, int64_t now_ms);
static inline bool hash_maybe_due(const struct entry *e, int64_t now_ms) {
    return entry_fields_expire(e) && hash_maybe_due_of(e, now_ms);
}

/* The deadline of a field, or ENTRY_NO_DEADLINE; false: there is no such field. */
bool hash_deadline(const struct entry *e, struct slice field, int64_t *deadline_ms);
/* Gives a field, which must be there, this deadline (ENTRY_NO_DEADLINE: none). */
struct entry *hash_set_deadline(struct entry *e, struct slice field, int64_t deadline_ms,
                                const struct hash_rules *rules);

/* As hash_each, with the deadline of each field. */
typedef void hash_visit_deadline(void *arg, struct slice field, struct slice value, int64_t deadline_ms);
void hash_each_deadline(const struct entry *e, hash_visit_deadline *visit, void *arg);

/* Whether the bytes of a listpack, which is valid, are those of a small hash with deadlines: whole triples
 * with a time (or 0) each; *sorted: in the order that they must have. Fields are not compared. */
bool hash_triples_valid(const void *listpack, bool *sorted);
/* Such a hash, of sorted triples with different fields, which are copied. */
struct entry *hash_of_triples(struct slice key, struct slice listpack);

/* Called for each field before it goes. */
typedef void hash_gone(void *arg, struct slice field);
/* Fields with a deadline before `now_ms` are absent from now on. Deletes them, looking at up to `effort`
 * buckets of a large hash (a small one is done with at once, unless it is 0), and adds to *count how many
 * went; *more tells that there are buckets left. Without `exact` it leaves those that fell due in the unit of
 * time under way (DEADLINE_UNIT_MS): repeated, it comes to an end, while an exact look at the present may be
 * in vain. The hash, which has ENTRY_FIELDS_EXPIRE, may end up empty: delete its key then. */
struct entry *hash_expire(struct entry *e, int64_t now_ms, bool exact, size_t effort, hash_gone *gone,
                          void *arg, size_t *count, bool *more);

#endif
