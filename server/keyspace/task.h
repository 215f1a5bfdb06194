/* Commands that give the loop back before they are done: KEYS over many keys.
 *
 * The handler starts a task instead of replying; its session counts as blocked until the task's last step has
 * replied. The loop runs steps between turns of requests, one task after the other. */
#ifndef TORC_KEYSPACE_TASK_H
#define TORC_KEYSPACE_TASK_H

#include "common/base/list.h"
#include "server/keyspace/session.h"
#include <stdbool.h>

struct keyspace;

struct task {
    struct link link;
    struct session *session;
    /* A piece of work of well under a millisecond; true when done: it has replied and must free itself. */
    bool (*step)(struct task *task, struct keyspace *ks);
    /* The session is going away: free without replying. */
    void (*cancel)(struct task *task, struct keyspace *ks);
};

/* Takes the task; the session is blocked from now on. */
void task_start(struct keyspace *ks, struct task *task, struct session *s);
/* Runs one step of the task that waits longest; true while there are tasks. */
bool task_step(struct keyspace *ks);
void task_cancel_session(struct keyspace *ks, struct session *s);

#endif
