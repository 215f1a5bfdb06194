/* A base of commands on its way into a file: what snapshot.h is for a base in RDB's format.
 *
 *      walk ──► commands ──► pieces ──(annotated groups)──► file … sync
 *
 * The walk runs on the data thread, the disk's part on helpers. */
#ifndef TORC_PERSIST_AOF_BASE_FILE_H
#define TORC_PERSIST_AOF_BASE_FILE_H

#include "common/base/mem.h"
#include "server/keyspace/keyspace.h"

struct aof_base_file;
struct aof_place;

struct aof_base_conf {
    struct io *io; /* borrowed, as are the next three */
    struct keyspace *keyspace;
    struct mem_account *account;
    const struct aof_place *place; /* its folder is made, if it is not there */
    const char *name;              /* of the file; copied */
    uint64_t position;             /* of the journal, at the beginning of the walk */
    int64_t time_s;                /* annotates the beginning with this time; 0: not */
    bool sync_early;
    const int *key_delay_us; /* borrowed; for tests: a rest after each key */
};

/* Begins; no walk may be under way. `done` is called from a later turn: with NULL, when all of the file is
 * synced, or with why there is none. It is the last use. */
struct aof_base_file *aof_base_begin(const struct aof_base_conf *conf,
                                     void (*done)(void *owner, const char *error), void *owner);
/* Ends it without a file; `done` comes when all is cleaned up. */
void aof_base_abort(struct aof_base_file *b, const char *reason);

#endif
