/* Reading base and increments back in: in pieces, so that clients are answered meanwhile. */
#ifndef TORC_PERSIST_AOF_LOAD_H
#define TORC_PERSIST_AOF_LOAD_H

#include "server/persist/aof.h"

enum aof_load_state {
    AOF_LOAD_MORE,  /* it can go on at once */
    AOF_LOAD_WAITS, /* for the disk; a callback of io_turn ends that */
    AOF_LOAD_DONE,
    AOF_LOAD_FAILED, /* the reason was logged */
};

/* Opens the files of `m`, which is borrowed until the end. NULL: a file is missing; logged. `a` gives the
 * configuration and the modules, and gets the statistics. */
struct aof_load *aof_load_create(struct aof *a, const struct aof_manifest *m);
enum aof_load_state aof_load_step(struct aof_load *l);
/* The journal's position behind what was read. */
uint64_t aof_load_position(const struct aof_load *l);
uint64_t aof_load_commands(const struct aof_load *l);
bool aof_load_is_idle(const struct aof_load *l); /* nothing of it is with a helper */
/* When it is idle. */
void aof_load_destroy(struct aof_load **l);

#endif
