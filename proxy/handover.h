/* A restart without a gap: the listening sockets pass to a new process.
 *
 *      SIGUSR2 ─► old: starts the program again, the sockets stay open in it ─► new: takes them, serves
 *                 old: SIGQUIT from the new one ─► accepts no more, ends with its last client
 *
 * The sockets' numbers travel in the environment. SIGQUIT may come from anybody: it is how a proxy is told to
 * end when its clients have gone. */
#ifndef TORC_PROXY_HANDOVER_H
#define TORC_PROXY_HANDOVER_H

#include "proxy/worker.h"

/* Sockets that a process before us left; false: there was none. */
bool handover_take(struct inheritance *in);
/* All threads listen: tells the process before us. */
void handover_done(void);
/* Starts the program again with these arguments, by the thread of `w`, once all of the crew listen. */
void handover_start(struct worker *w, char **argv);

#endif
