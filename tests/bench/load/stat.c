/* Measuring without disturbing: no allocation, no lock, one addition per reply.
 *
 * The histogram is logarithmic with linear steps inside each power of two. The bucket of a value v with
 * its highest bit at position p (p >= STAT_SUB_BITS) is
 *
 *     (p - STAT_SUB_BITS + 1) * 32  +  the STAT_SUB_BITS bits that follow the highest one
 *
 * and a value below 32 is its own bucket. A quantile answers with the upper edge of its bucket, so it
 * never flatters.
 *
 * The server's CPU time comes from its process clock (clock_getcpuclockid), which has nanoseconds, counts
 * every thread, io workers included, and keeps what ended threads used. The schedstat files are read
 * beside it: their main thread is the data thread's share.
 */
#include "stat.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t timespec_ns(struct timespec t) {
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t stat_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return timespec_ns(t);
}

static unsigned bucket_of(uint64_t v) {
    if (v < (1u << STAT_SUB_BITS)) return (unsigned)v;
    unsigned shift = 63u - (unsigned)__builtin_clzll(v) - STAT_SUB_BITS;
    return ((shift + 1) << STAT_SUB_BITS) + (unsigned)((v >> shift) & ((1u << STAT_SUB_BITS) - 1));
}

static uint64_t bucket_end(unsigned i) {
    if (i < (1u << STAT_SUB_BITS)) return i;
    unsigned shift = (i >> STAT_SUB_BITS) - 1;
    uint64_t low = (1u << STAT_SUB_BITS) + (i & ((1u << STAT_SUB_BITS) - 1));
    return ((low + 1) << shift) - 1;
}

void stat_add(struct stat_histogram *h, uint64_t value_ns, uint64_t times) {
    h->bucket[bucket_of(value_ns)] += times;
    h->count += times;
    if (value_ns > h->max_ns) h->max_ns = value_ns;
}

uint64_t stat_quantile_ns(const struct stat_histogram *h, double fraction) {
    uint64_t rank = (uint64_t)(fraction * (double)h->count + 0.999999);
    uint64_t seen = 0;
    if (h->count == 0) return 0;
    if (rank == 0) rank = 1;
    for (unsigned i = 0; i < STAT_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank) return bucket_end(i) < h->max_ns ? bucket_end(i) : h->max_ns;
    }
    return h->max_ns;
}

static bool schedstat_read(pid_t pid, pid_t tid, uint64_t *ns) {
    char path[64];
    unsigned long long v;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    FILE *f = fopen(path, "re");
    if (!f) return false;
    bool ok = fscanf(f, "%llu", &v) == 1;
    fclose(f);
    if (ok) *ns = v;
    return ok;
}

bool stat_cpu_read(pid_t pid, struct stat_cpu *out) {
    clockid_t clock;
    struct timespec t;
    char path[64];
    *out = (struct stat_cpu){0};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) return false;
    out->process_ns = timespec_ns(t);
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir) return false;
    for (struct dirent *e; (e = readdir(dir));) {
        pid_t tid = (pid_t)atoi(e->d_name);
        uint64_t ns;
        if (tid <= 0 || !schedstat_read(pid, tid, &ns)) continue; /* a thread may end meanwhile */
        out->threads_ns += ns;
        out->threads_running++;
        if (tid == pid) out->main_ns = ns;
    }
    closedir(dir);
    return true;
}

uint64_t stat_own_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return timespec_ns(t);
}

void stat_idle_probe(double seconds, struct stat_histogram *h) {
    uint64_t start = stat_now_ns();
    uint64_t end = start + (uint64_t)(seconds * 1e9);
    for (uint64_t due = start + 1000000; due < end; due += 1000000) {
        struct timespec t = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {
        }
        uint64_t woke = stat_now_ns();
        stat_add(h, woke > due ? woke - due : 0, 1);
    }
}
