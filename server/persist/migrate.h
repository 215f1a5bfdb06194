/* MIGRATE: keys are handed over to another server, which may be Redis, while the loop goes on.
 *
 *      client ──► dump the keys ──► link ──► RESTORE … ──► its replies ──► delete what was taken ──► reply
 *                     ▲ what changed meanwhile is sent once more                    │
 *                     └─────────────────────────────────────────────────────────────┘
 *
 * Others are served meanwhile, so a key may change while it is on its way: it is deleted here only when what
 * the other side took is what there is. */
#ifndef TORC_PERSIST_MIGRATE_H
#define TORC_PERSIST_MIGRATE_H

#include "common/metrics/info.h"
#include "server/exec/exec.h"

struct io;
struct migrate;

/* All borrowed; *rdb_version and *compress are looked at for each dump. */
struct migrate_parts {
    struct io *io;
    struct keyspace *keyspace;
    struct exec *exec;
    const int *rdb_version;
    const bool *compress;
};
struct migrate *migrate_create(const struct migrate_parts *parts);
/* The command. */
void migrate_begin(struct migrate *m, struct call *call);
/* Each turn: what has come from other servers is settled. */
void migrate_turn(struct migrate *m);
/* Now and then: links that nobody used for ten seconds are closed. */
void migrate_cron(struct migrate *m);
void migrate_session_gone(struct migrate *m, struct session *s);
/* Gives up all that is under way; true when nothing is left. Called until then. */
bool migrate_close(struct migrate *m);
void migrate_destroy(struct migrate **m);
void migrate_register_info(struct migrate *const *m, struct info_registry *registry); /* borrowed */

#endif
