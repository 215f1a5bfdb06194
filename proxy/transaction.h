/* MULTI, EXEC, DISCARD, WATCH and UNWATCH, within one slot.
 *
 * The proxy queues a transaction itself and sends it at EXEC in one piece: MULTI, the commands, EXEC. So a
 * transaction without WATCH needs no connection of its own, and one that met a moved slot, which the server
 * aborted as a whole, can be sent again to the new owner. WATCH takes a connection of its own until EXEC,
 * DISCARD or UNWATCH, since the server remembers the watched keys with it. */
#ifndef TORC_PROXY_TRANSACTION_H
#define TORC_PROXY_TRANSACTION_H

#include "proxy/client.h"

struct upstream;

/* True: the client is in MULTI or watches keys. */
bool transaction_active(const struct client *c);
/* True: between MULTI and EXEC, so commands are queued. */
bool transaction_queues(const struct client *c);

/* Commands that are queued; -1: it is not in MULTI. */
int transaction_length(const struct client *c);

/* Queues a command (its bytes are copied). `slot` is that of its keys, -1: it has none. */
void transaction_queue(struct client *c, const struct command_spec *spec, struct slice text, int slot);
bool transaction_writes(const struct client *c); /* some queued command may */
/* A command of the transaction was refused: EXEC will abort. */
void transaction_spoil(struct client *c);

/* The five commands. `slot` as above, of WATCH's keys. */
void transaction_run(struct client *c, const struct command_spec *spec, struct slice text, int slot);

/* Forgets it, with what is watched (RESET, the end of the client). */
void transaction_drop(struct client *c);
/* The connection that watched is gone: EXEC answers null, as if a key had changed. */
void transaction_lost(struct client *c);

#endif
