/* Makes commands from the grammar of the spec, right and wrong ones, and orders them into rounds. */
#ifndef TORC_DIFFERENTIAL_GENERATE_H
#define TORC_DIFFERENTIAL_GENERATE_H

#include "common/base/rng.h"
#include "tests/differential/rules.h"
#include "tests/differential/step.h"

#define SESSIONS       8 /* those from SUBSCRIBERS on subscribe; odd ones speak RESP3 */
#define SUBSCRIBERS    6
#define CHECK_INTERVAL 2000 /* steps between two comparisons of the whole state */

struct generator {
    struct rng rng;
    struct trace *trace;              /* borrowed: where steps go */
    const struct command_spec **pool; /* owned: commands that can be sent; those that come often come first */
    unsigned *weights;                /* owned: summed up */
    size_t pool_count;
    const int8_t *reference_arity; /* borrowed, by command id; 0: it does not know the command */
    bool follow_events;            /* in this round a subscriber hears of changes of keys */
    bool follow_misses; /* and of keys that were read and not there: what only Torc knows stays out */
    bool keep_entries;  /* of streams: none is deleted from the middle, so that lags are comparable */
    bool may_damage;    /* HyperLogLogs, by commands of strings; nobody watches or decodes then */
    unsigned multi_left[SESSIONS];
    size_t check_at;
    unsigned stream_ms; /* of the next id that XADD would make from the clock */
    struct args args;
};

/* The trace is borrowed; `reference_arity` too. rules_init comes before. */
void generator_init(struct generator *g, struct trace *trace, const int8_t *reference_arity);
void generator_deinit(struct generator *g);

/* Begins a round: clears the trace; the first steps set the stage and call each command at least twice. */
void generator_begin(struct generator *g, uint64_t seed);
/* Appends a block: some steps of one session, or a check. Returns where it begins in the trace. */
size_t generator_block(struct generator *g);
/* The check that ends a round. */
void generator_end(struct generator *g);

/* One command into `a` (emptied before), mutated now and then. */
void generate_command(struct generator *g, const struct command_spec *spec, struct args *a);

#endif
