/* Plays steps on both servers at once and judges what comes back. */
#ifndef TORC_DIFFERENTIAL_DUEL_H
#define TORC_DIFFERENTIAL_DUEL_H

#include "tests/differential/declared.h"
#include "tests/differential/generate.h"
#include "tests/differential/peer.h"
#include "tests/differential/schema.h"

#define CONTROL SESSIONS /* a connection of the test's own, beside the sessions */

struct pending { /* commands that a session's MULTI queued, by their place in the trace */
    size_t *steps;
    size_t count, cap;
};

struct duel {
    struct peer torc, redis;
    struct wire torc_wires[SESSIONS + 1], redis_wires[SESSIONS + 1];
    int proto[SESSIONS + 1];
    struct pending queued[SESSIONS];
    struct schema **schemas; /* owned, by command id; NULL: a container */
    struct declared_list declared;
    int8_t *reference_arity;  /* owned, by command id; 0: the reference does not know it */
    unsigned long *exercised; /* owned, by command id: replies of Torc that were no errors */
    unsigned long commands, checks;
    struct buf request; /* of the block under way */
    struct exchange two[2];
    const struct trace *trace; /* borrowed, while playing */

    /* the first difference since duel_reset */
    bool failed;
    size_t failed_step;
    char failed_name[64]; /* of the command, or "state" */
    struct buf report;
};

bool duel_init(struct duel *d, const char *torc_path, const char *redis_path, const char *differences_path);
void duel_deinit(struct duel *d);
/* Both empty, with the configuration they started with, all connections new. Restarts a server that is gone.
 */
bool duel_reset(struct duel *d);

/* A block: consecutive steps of one session that can be pipelined, or one other step. */
size_t duel_block_end(const struct trace *trace, size_t begin, size_t end);
void duel_send(struct duel *d, const struct trace *trace, size_t begin, size_t end);
void duel_receive(struct duel *d, const struct trace *trace, size_t begin,
                  size_t end); /* false in d->failed: a difference */
/* Both, for all steps from begin to end; stops at the first difference. */
void duel_play(struct duel *d, const struct trace *trace, size_t begin, size_t end);

/* --- for state.c and edges.c --- */
/* Sends RESP commands on the control connection and waits for `replies`. False: one of them went away. */
bool duel_control(struct duel *d, struct slice request, size_t replies);
struct replies duel_control_reply(const struct duel *d, size_t index);
void duel_fail(struct duel *d, size_t step, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void duel_fail_replies(struct duel *d, size_t step, const char *name, const char *what,
                       struct replies replies);

/* state.c: compares everything that can be asked. */
void state_compare(struct duel *d, size_t step);
/* state.c: a full iteration on each. */
void state_compare_scan(struct duel *d, size_t step);

#endif
