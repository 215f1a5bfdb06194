/* What a run does, step by step, and the memory it is kept in: enough to do it again, in part. */
#ifndef TORC_DIFFERENTIAL_STEP_H
#define TORC_DIFFERENTIAL_STEP_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include <stdbool.h>
#include <stdint.h>

enum step_kind {
    STEP_COMMAND, /* one command, one reply; pipelined with those before and behind it */
    STEP_SOLO,    /* a command that the reference does not know: it gets a PING instead */
    STEP_SYNC,    /* of a subscriber: all that comes until a PING's reply, whatever the order */
    STEP_CHECK,   /* the whole state of both servers is compared */
    STEP_SCAN,    /* argv is DB, then SCAN or HSCAN KEY …, options: a full iteration on each */
};

struct step {
    uint8_t kind; /* enum step_kind */
    uint8_t session;
    bool joined; /* goes with the step before it: kept or dropped together */
    bool silent; /* no reply is expected: CLIENT REPLY */
    int argc;
    struct slice *argv; /* borrowed from the trace */
};

struct trace_block;
struct trace {
    struct step *steps; /* owned */
    size_t count, cap;
    struct trace_block *blocks; /* owned: bytes of arguments */
};

void trace_deinit(struct trace *t);
void trace_clear(struct trace *t);

/* The argument list that grows until trace_add takes it. */
#define ARGS_MAX 1200
struct args {
    struct trace *trace; /* borrowed: where bytes go */
    int argc;
    struct slice argv[ARGS_MAX];
};
void args_add(struct args *a, const void *bytes, size_t len); /* copies; beyond ARGS_MAX: dropped */
void args_add_str(struct args *a, const char *text);
void args_addf(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void args_add_line(struct args *a,
                   const char *line); /* words between single spaces; "" in quotes: an empty one */

/* Copies the list of arguments (their bytes are in the trace already). The step may be changed until the next
 * call. */
struct step *trace_add(struct trace *t, enum step_kind kind, unsigned session, bool joined,
                       const struct args *a);

/* The command on the wire, and for people. */
void step_encode(const struct step *s, struct buf *out);
void step_print(const struct step *s, struct buf *out);

#endif
