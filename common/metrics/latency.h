/* Where whoever measures a piece of work tells that it took long: the latency monitor's ear.
 *
 * Modules of any floor are lent a sink and call latency_note with the name of the event ("expire-cycle",
 * "aof-fsync-always"); who listens is registered at boot. Off, a note costs one comparison, and
 * latency_wanted tells whether measuring is worth a clock reading at all. */
#ifndef TORC_METRICS_LATENCY_H
#define TORC_METRICS_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

struct latency_sink {
    void *owner;
    int64_t threshold_us; /* what takes less is not told; 0: nobody listens */
    void (*sample)(void *owner, const char *event, int64_t took_us); /* `event` lives for ever */
};

/* sink may be NULL. */
static inline bool latency_wanted(const struct latency_sink *sink) {
    return sink && __builtin_expect(sink->threshold_us != 0, 0);
}

static inline void latency_note(const struct latency_sink *sink, const char *event, int64_t took_us) {
    if (latency_wanted(sink) && took_us >= sink->threshold_us) sink->sample(sink->owner, event, took_us);
}

#endif
