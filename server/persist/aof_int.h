/* What the files of the append-only file share. */
#ifndef TORC_PERSIST_AOF_INT_H
#define TORC_PERSIST_AOF_INT_H

#include "server/persist/aof.h"

/* --- aof.c --- */
/* The policy that counts now. */
void aof_apply_policy(struct aof *a);
/* The disk refused something that clients were promised, or will be. */
void aof_suspend(struct aof *a, const char *what, int error);
/* Clients may rely on the file from now on. */
void aof_promise(struct aof *a);
/* The manifest takes the place of the module's. Taken: *next is empty afterwards. */
void aof_manifest_take(struct aof *a, struct aof_manifest *next);
/* The descriptor of the increment that was written until now goes; a helper closes it. */
void aof_replace_file(struct aof *a, int fd);
bool aof_is_sound(const struct aof *a); /* the journal has a file that it may go on with */

/* --- aof_rewrite.c --- */
/* At the end of a turn: begins what is wanted and possible. The loop steps the walk. */
void aof_rewrite_turn(struct aof *a);
/* Ends the one under way, if any, without a result; it may need further turns to be gone. */
void aof_rewrite_abort(struct aof *a, const char *reason);
bool aof_rewrite_is_aborted(
    const struct aof *a); /* the one under way: it is cleaned up, another may be asked for */
void aof_rewrite_sealed(struct aof *a);
void aof_rewrite_rotated(struct aof *a);
int64_t aof_rewrite_seconds(const struct aof *a); /* of the one under way; -1: none */

/* --- aof_history.c --- */
/* At the end of a turn, while gc_wanted. */
void aof_history_turn(struct aof *a);

/* --- aof_info.c --- */
void aof_register_info(struct aof *a, struct info_registry *registry);

/* --- aof_wait.c --- */
void aof_waits_init(struct aof *a);
void aof_waits_deinit(struct aof *a);
/* At the end of a turn: answers those whose writes are synced by now. */
void aof_waits_turn(struct aof *a);
void aof_cmd_waitaof(struct call *call);

/* --- options --- */
bool aof_apply_appendonly(void *owner, struct conf_error *err);

#endif
