/* All threads of the process, and how they ask each other: by messages.
 *
 *      thread 1: CLIENT LIST ─► call ─► thread 0: visit ─► thread 1: visit ─► thread 2: visit ─► thread 1:
 * done
 *
 * A call goes from thread to thread and is in one hand at a time, so nothing needs a lock. Each thread adds
 * what it has to say; the one that asked ends it. */
#ifndef TORC_PROXY_CREW_H
#define TORC_PROXY_CREW_H

#include "common/io/io.h"

struct worker;
struct desk;

struct crew {
    struct worker *const *workers;
    unsigned count;
    unsigned occupied; /* atomic: threads that have clients, or may get some */
    unsigned clients;  /* atomic: of all threads, for maxclients */
    struct desk *desk; /* the first thread's: the configuration; NULL: it cannot be changed (tests) */
};

struct crew_call {
    struct crew_call *next; /* in an inbox */
    struct worker *origin;  /* whose thread runs `done` */
    unsigned at, end;       /* workers that it has still to visit */
    /* False: not done with yet; crew_go_on will be called on this thread. */
    bool (*visit)(struct worker *w, struct crew_call *call);
    void (*done)(
        struct crew_call *call); /* the end: the owner frees it. When the process ends it comes early */
};

struct crew_inbox {
    struct io_waker waker;
    struct crew_call *newest; /* atomic: a stack that any thread pushes to */
    bool open;                /* atomic: the waker can be fired */
};

/* By the thread of `w`: from now on it takes calls. */
void crew_open(struct worker *w);
/* After all threads have ended: ends what is left in the inbox. */
void crew_drop(struct worker *w);

/* Sends the call through `count` workers from `first` on; `visit` and `done` are set. May end before it
 * returns. */
void crew_start(struct worker *w, struct crew_call *call, unsigned first, unsigned count);
/* The visit of `w` is over. */
void crew_go_on(struct worker *w, struct crew_call *call);

#endif
