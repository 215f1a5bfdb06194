/* A histogram of durations in microseconds: logarithmic buckets, at most 2 % off, one allocation of 4 KiB
 * that comes with the first value.
 *
 *      0 … 63        one bucket per value
 *      64 … 2^20 - 1 32 buckets per power of two, a quantile answers with the middle of its bucket
 *      beyond        the last bucket; the greatest value itself is kept exactly
 *
 * Zero-initialised is empty and valid. */
#ifndef TORC_METRICS_HISTOGRAM_H
#define TORC_METRICS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 512

struct histogram {
    uint64_t *counts; /* owned; HISTOGRAM_BUCKETS of them, or NULL while empty */
    uint64_t total;
    uint64_t sum_us;
    uint64_t max_us;
};

void histogram_deinit(struct histogram *h);
void histogram_reset(struct histogram *h); /* gives the memory back */
void histogram_allocate(struct histogram *h);
void histogram_merge(struct histogram *into, const struct histogram *from);

static inline size_t histogram_bucket(uint64_t us) {
    if (us < 64) return us;
    if (us >= 1u << 20) return HISTOGRAM_BUCKETS - 1;
    unsigned octave = 63u - (unsigned)__builtin_clzll(us); /* 6 … 19 */
    return 64 + (octave - 6) * 32 + ((us >> (octave - 5)) & 31);
}

static inline void histogram_record(struct histogram *h, uint64_t us) {
    if (__builtin_expect(!h->counts, 0)) histogram_allocate(h);
    h->counts[histogram_bucket(us)]++;
    h->total++;
    h->sum_us += us;
    if (us > h->max_us) h->max_us = us;
}

/* Records `count` values of zero. */
void histogram_record_zeros(struct histogram *h, uint64_t count);

/* The value below or at which `percent` (0 … 100) of all values lie; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double percent);

/* The least and greatest value that fall into a bucket. */
uint64_t histogram_bucket_first(size_t bucket);
uint64_t histogram_bucket_last(size_t bucket);

/* How many values are at most `us`, to the precision of the buckets. */
uint64_t histogram_count_upto(const struct histogram *h, uint64_t us);

/* Walks LATENCY HISTOGRAM's buckets: bounds that double from 1 µs (1, 2, 4, 8, 16, 33, 66, 132 …) with
 * cumulative counts, from the first bound that holds a value to the one that holds all. Start with *cursor =
 * 0; 0 is returned at the end. Bounds that add nothing to the one before are left out. */
int histogram_next_power(const struct histogram *h, int *cursor, uint64_t *bound_us, uint64_t *cumulative);

#endif
