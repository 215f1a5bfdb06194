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
    uint64_t cron_usec_total;   /* background work and what the timers of the server itself do */
    uint64_t turn_commands_max; /* commands of one turn */
};

struct loop {
    struct loop_stats stats;
    struct keyspace *keyspace; /* borrowed, as is exec */
    struct exec *exec;
    int64_t cpu_us, began_us; /* at the begin of the turn */
    uint64_t commands;        /* executed, at the begin of the turn */
    struct rate turns_rate, usec_rate;
    const char *background; /* the kind of background work that the turn spent longest on, or NULL */
    int64_t background_us;
    int64_t turn_expire_us, turn_evict_us; /* of this turn's background work */
    bool expire_left;                      /* the last slice left due keys */
    bool measured; /* false under simulation, whose clock does not move within a turn */
};

void loop_init(struct loop *loop, struct keyspace *ks, struct exec *exec, bool measured);
/* After io_turn returned, and right before it is called again. */
void loop_turn_begin(struct loop *loop);
void loop_turn_end(struct loop *loop);

/* Whether any background work is due now. */
bool loop_background_due(const struct loop *loop);
/* What requests may take of a turn, in µs: less while there is background work. */
int64_t loop_request_slice_us(const struct loop *loop);
/* Runs slices of background work (tasks of commands, expiry, freeing without helpers), for about as long as
 * this turn's requests took, so that it gets half of a busy thread; a millisecond at least. True while
 * something is left: then the loop must not sleep. */
bool loop_background(struct loop *loop);

/* Each 100 ms: the rates of INFO. */
void loop_sample(struct loop *loop, int64_t now_us);
/* A timer of the server's own took so long. */
static inline void loop_cron_took(struct loop *loop, int64_t took_us) {
    if (took_us > 0) loop->stats.cron_usec_total += (uint64_t)took_us;
}

void loop_register_info(struct loop *loop, struct info_registry *registry);
void loop_reset_stats(struct loop *loop);

#endif
