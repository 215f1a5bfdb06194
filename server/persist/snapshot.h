/* A snapshot of the keyspace on its way into a file.
 *
 *      data thread:  walk ──► encode ──► chunks ─┐ queue, bounded: the walk waits while it is full
 *      helper:                                   └──► compress ─► checksum ─► write … sync, rename
 *
 * Requests go on meanwhile. What the snapshot holds in memory is charged to an account of its own. */
#ifndef TORC_PERSIST_SNAPSHOT_H
#define TORC_PERSIST_SNAPSHOT_H

#include "common/base/mem.h"
#include "server/keyspace/keyspace.h"

struct io;
struct snapshot;

struct snapshot_conf {
    struct io *io; /* borrowed, as are the next two */
    struct keyspace *keyspace;
    struct mem_account *account;
    const struct slice *functions; /* borrowed during snapshot_begin: libraries to be kept */
    size_t function_count;
    const char *folder, *name; /* copied */
    const char *redis_version; /* borrowed */
    bool compress, checksum, sync_early;
    bool aof_base; /* of the append-only file: lasts through FLUSHALL, and the folder is made if need be */
    int version;   /* the lowest that is written */
    const int *key_delay_us; /* borrowed; for tests: a rest after each key, or NULL */
};

/* Begins; no walk may be under way. `done` is called from a later turn, with NULL or why there is no new
 * file: the last use of the snapshot. */
struct snapshot *snapshot_begin(const struct snapshot_conf *conf,
                                void (*done)(void *owner, const char *error), void *owner);
/* Ends it without a file; `done` comes when all is cleaned up. */
void snapshot_abort(struct snapshot *s, const char *reason);
/* For tests: no more rests. */
void snapshot_hurry(struct snapshot *s);
/* Takes its unfinished file away: the process ends now. */
void snapshot_unlink(const struct snapshot *s);
/* Keys written so far, and those that there were. */
size_t snapshot_keys(const struct snapshot *s, size_t *total);

#endif
