/* What a run measures: latencies in a histogram, CPU time of this process and of the server's. */
#ifndef BENCH_LOAD_STAT_H
#define BENCH_LOAD_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    STAT_SUB_BITS = 5, /* 32 steps between two powers of two: a value is kept to 3 % */
    STAT_BUCKETS = (64 - STAT_SUB_BITS + 1) << STAT_SUB_BITS,
};

struct stat_histogram {
    uint64_t count;
    uint64_t max_ns;
    uint64_t bucket[STAT_BUCKETS];
};

/* CPU time of a process, read three ways; the differences say how far each can be trusted. */
struct stat_cpu {
    uint64_t process_ns;      /* the process clock: all threads, ended ones included */
    uint64_t threads_ns;      /* sum of the living threads' schedstat */
    uint64_t main_ns;         /* the main thread's schedstat */
    unsigned threads_running; /* living threads */
};

/* Monotonic time. */
uint64_t stat_now_ns(void);

/* Adds `times` values of `value_ns`. */
void stat_add(struct stat_histogram *h, uint64_t value_ns, uint64_t times);

/* The smallest value that at least `fraction` (0..1) of the values do not exceed; 0 when empty. */
uint64_t stat_quantile_ns(const struct stat_histogram *h, double fraction);

/* Reads the CPU time of process `pid`; false when it is not there or not readable. */
bool stat_cpu_read(pid_t pid, struct stat_cpu *out);

/* CPU time of this process. */
uint64_t stat_own_cpu_ns(void);

/* Sleeps to each millisecond of `seconds` and records how late it woke: what this machine adds to any
 * latency, whoever serves. */
void stat_idle_probe(double seconds, struct stat_histogram *h);

#endif
