/* The snapshot walk: hands every entry that existed at its beginning to a sink, exactly once, as it was then.
 *
 *      walk_step, in slices ────────────► sink
 *      key_open, before the first change ─┘  (the pre-image)
 *
 * Rules: a walk begins between two units; entries born after that are not part of it; marks in the table
 * travel with the entries, so splits do not matter, and tables under a walk do not shrink; the walk holds
 * tables under the numbers that they had when it began, so SWAPDB does not matter; emptying a database aborts
 * it. One walk at a time. */
#ifndef TORC_KEYSPACE_WALK_H
#define TORC_KEYSPACE_WALK_H

#include "server/keyspace/database.h"

struct walk_sink {
    void *owner;
    /* `entry` is valid during the call, and is not to be changed. */
    void (*entry)(void *owner, int db_index, const struct entry *entry);
    /* The walk is over; `aborted` NULL: every entry was handed over, otherwise why not. */
    void (*end)(void *owner, const char *aborted);
};

/* False if a walk is under way already. The sink is borrowed until its `end`. */
bool walk_begin(struct keyspace *ks, const struct walk_sink *sink);
/* Visits up to `budget` buckets; true while there is more to do. An aborted walk still needs steps, to leave
 * no marks. */
bool walk_step(struct keyspace *ks, size_t budget);
void walk_abort(struct keyspace *ks, const char *reason);

/* By keys.c, right before the entry at `at` changes or goes. */
void walk_before_change(struct walk *walk, struct keytable *kt, struct entry_at at);
/* By keys.c, right before all tables of `db` are emptied. */
void walk_before_flush(struct walk *walk, const struct database *db);

#endif
