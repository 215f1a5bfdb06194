/* A server connection that is one client's for a while: because it blocks, or because it watches keys. */
#ifndef TORC_PROXY_PRIVATE_H
#define TORC_PROXY_PRIVATE_H

#include "proxy/backend.h"
#include "proxy/client.h"

/* The client's own connection to `u`, opened if it has none. NULL: the server is down (u->down_why). Nothing
 * of the client may be under way on other connections. */
struct backend *private_take(struct client *c, struct upstream *u);
/* The client's queue is empty: a connection that was taken for one blocking command goes back. */
void private_idle(struct client *c);
/* It is not needed any more, and has no state of the client's (no watched keys). */
void private_return(struct client *c);
/* The client goes, whatever is under way. */
void private_drop(struct client *c);
/* By backend.c: the connection is closing; a blocking command was answered with MOVED. */
void private_broken(struct backend *b);
struct backend *private_follow(struct backend *b, struct upstream *to);

#endif
