/* What a thread counts, and how the counts of all threads become one.
 *
 * Each thread has counters of its own. Whoever asks (INFO, LATENCY HISTOGRAM, Prometheus) sends a call round
 * the crew, and each thread adds its own to the totals. */
#ifndef TORC_PROXY_METRICS_H
#define TORC_PROXY_METRICS_H

#include "common/metrics/histogram.h"
#include "common/resp/resp_writer.h"
#include "proxy/crew.h"
#include "proxy/topology.h"

struct worker_stats {
    uint64_t connections, rejected, commands, protocol_errors;
    uint64_t forwarded, split, everywhere, local;
    uint64_t moved, timeouts, refused_down;
    uint64_t bytes_in, bytes_out; /* of clients */
};

/* Of one command. */
struct command_stat {
    uint64_t calls, failed, usec;
    struct histogram took; /* from arrival to the reply's last byte */
};

struct server_total {
    char shard[TOPOLOGY_NAME_MAX + 1], at[TOPOLOGY_NAME_MAX + 1];
    bool used, down, is_replica, ejected; /* by any thread */
    unsigned slots;
    uint64_t outstanding, ejections, latency_us; /* the greatest of all threads */
    uint64_t requests, errors, connects, timeouts, bytes_out, bytes_in;
};

struct metrics_totals {
    struct crew_call call;
    void (*ready)(struct metrics_totals *t); /* on the thread that asked; frees it with metrics_totals_free */
    void *owner;
    struct worker_stats stats;
    size_t clients, blocked, subscribers, monitors;
    struct command_stat *commands; /* owned; by command id */
    struct server_total *servers;  /* owned */
    unsigned server_count;
};

/* Asks all threads. `ready` also comes when the process ends meanwhile: w->closing tells. */
void metrics_collect(struct worker *w, void (*ready)(struct metrics_totals *t), void *owner);
void metrics_totals_free(struct metrics_totals **t);

void metrics_reset(struct worker *w); /* CONFIG RESETSTAT */
void metrics_free(struct command_stat *commands);

/* LATENCY HISTOGRAM of these commands; none: of all that ran. */
void metrics_histograms(const struct metrics_totals *t, const struct slice *names, int count,
                        struct resp_writer *reply);

#endif
