/* The latency monitor: for each kind of event, when it took longer than latency-monitor-threshold. */
#ifndef TORC_OBSERVE_LATENCY_H
#define TORC_OBSERVE_LATENCY_H

#include "common/base/buf.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "common/metrics/latency.h"
#include "server/exec/exec.h"

#define LATENCY_EVENTS_MAX 32
#define LATENCY_SAMPLES    160 /* of an event */

struct latency_sample {
    int64_t at_s; /* 0: none */
    uint32_t ms;
};

/* What is kept of one event: a ring of samples, at most one per second (the greatest of it). */
struct latency_series {
    const char *event; /* borrowed for good */
    struct latency_sample samples[LATENCY_SAMPLES];
    unsigned next; /* where the next sample goes: the oldest, once the ring is full */
    unsigned count;
    uint32_t max_ms; /* of all time, or since the reset */
};

struct latency {
    int64_t threshold_ms;                              /* latency-monitor-threshold; 0: off */
    struct latency_sink sink;                          /* lent to whoever measures */
    struct latency_series *series[LATENCY_EVENTS_MAX]; /* owned; in order of their first sample */
    unsigned series_count;
    struct exec_observer observer;
    struct conf *conf; /* borrowed, as are io and exec */
    struct io *io;
    struct exec *exec;
};

/* Before loading: declares the option. */
void latency_init(struct latency *latency, struct conf *conf);
/* After loading: begins to observe commands. */
void latency_start(struct latency *latency, struct io *io, struct exec *x);
void latency_deinit(struct latency *latency);

/* The series of an event, or NULL. */
struct latency_series *latency_find(const struct latency *latency, struct slice event);
/* The i-th sample, from the oldest on. */
static inline const struct latency_sample *latency_sample_at(const struct latency_series *s, unsigned i) {
    return &s->samples[(s->next + LATENCY_SAMPLES - s->count + i) % LATENCY_SAMPLES];
}
/* Forgets one event, or (NULL) all; returns how many there were. */
unsigned latency_forget(struct latency *latency, struct latency_series *series);

/* --- latency_report.c --- */
/* LATENCY GRAPH's picture of a series with at least one sample. */
void latency_graph(const struct latency_series *s, int64_t now_s, struct buf *out);
/* LATENCY DOCTOR's report. */
void latency_doctor(struct latency *latency, struct buf *out);

/* LATENCY. Module: the latency monitor. */
extern const struct command_binding latency_bindings[];

#endif
