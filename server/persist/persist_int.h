/* What the files of this folder ask of persist.c. */
#ifndef TORC_PERSIST_PERSIST_INT_H
#define TORC_PERSIST_PERSIST_INT_H

#include "server/persist/persist.h"

/* Whether a snapshot is under way or about to begin. */
bool persist_is_saving(const struct persist *p);
/* Begins a snapshot as soon as it can; `waits` (NULL: nobody) is answered when it is done. */
void persist_want(struct persist *p, enum persist_task task, struct call *waits);
/* The bytes that a snapshot's buffers may take. */
int64_t persist_buffer_max(const struct persist *p);
/* Those that they take now, copies of what changed meanwhile included. */
int64_t persist_buffer_bytes(const struct persist *p);

#endif
