/* Measuring the turns of the loop, and slicing what runs beside the requests. */
#ifndef TORC_LOOP_H
#define TORC_LOOP_H

#include "common/metrics/info.h"
#include "common/metrics/rate.h"
#include <stdint.h>

struct exec;
struct keyspace;

struct loop_stats {
    uint64_t turn_max_usec, turn_max_cpu_usec;
    uint64_t turns_over_5ms;      /* of CPU time */
    const char *turn_max_command; /* what used most of the turn with the largest CPU time */
    uint64_t turns, turn_usec_total;
};

struct loop {
    struct loop_stats stats;
    struct keyspace *keyspace; /* borrowed, as is exec */
    struct exec *exec;
    int64_t cpu_us, began_us; /* at the begin of the turn */
    const char *background;   /* the kind of background work that the turn spent longest on, or NULL */
    int64_t background_us;
    bool measured; /* false under simulation, whose clock does not move within a turn */
};

void loop_init(struct loop *loop, struct keyspace *ks, struct exec *exec, bool measured);
/* After io_turn returned, and right before it is called again. */
void loop_turn_begin(struct loop *loop);
void loop_turn_end(struct loop *loop);

/* Whether any background work is due now. */
bool loop_background_due(const struct loop *loop);
/* Runs slices of background work (tasks of commands, expiry, freeing without helpers) for about `budget_us`.
 * True while something is left: then the loop must not sleep. */
bool loop_background(struct loop *loop, int64_t budget_us);

void loop_register_info(struct loop *loop, struct info_registry *registry);
void loop_reset_stats(struct loop *loop);

#endif
