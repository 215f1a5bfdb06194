/* MONITOR: clients that see the commands of all threads.
 *
 *      thread 0: command ─► line ─► its own watchers
 *                              └──► kept till the end of the turn ─► one message to each thread that has
 * watchers
 *
 * While nobody watches, a command pays one comparison. */
#ifndef TORC_PROXY_MONITOR_H
#define TORC_PROXY_MONITOR_H

#include "common/base/slice.h"
#include "common/commands/command.h"
#include <stdbool.h>

struct client;
struct monitor;
struct worker;

struct monitor *monitor_create(struct worker *w);
void monitor_destroy(struct monitor **m);

/* `c` becomes a watcher, or leaves. */
void monitor_join(struct client *c);
void monitor_leave(struct client *c);

/* Somebody watches, on whatever thread. */
bool monitor_watched(const struct monitor *m);
/* A command of `c` is about to run. */
void monitor_show(const struct client *c, const struct command_spec *spec, const struct slice *argv,
                  int argc);
/* At the end of a turn: sends the other threads what they are to show. */
void monitor_flush(struct monitor *m);

#endif
