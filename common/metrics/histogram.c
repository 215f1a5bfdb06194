/* Buckets of a histogram and what can be asked of them. The layout is in the header, since recording is
 * inlined. */
#include "common/metrics/histogram.h"
#include "common/base/mem.h"
#include <math.h>
#include <stdbool.h>

void histogram_allocate(struct histogram *h) {
    h->counts = mem_zalloc(HISTOGRAM_BUCKETS * sizeof(*h->counts));
}

void histogram_deinit(struct histogram *h) {
    mem_free(h->counts);
    *h = (struct histogram){0};
}

void histogram_reset(struct histogram *h) {
    histogram_deinit(h);
}

void histogram_record_zeros(struct histogram *h, uint64_t count) {
    if (count == 0) return;
    if (!h->counts) histogram_allocate(h);
    h->counts[0] += count;
    h->total += count;
}

void histogram_merge(struct histogram *into, const struct histogram *from) {
    if (!from->counts) return;
    if (!into->counts) histogram_allocate(into);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
    into->sum_us += from->sum_us;
    if (from->max_us > into->max_us) into->max_us = from->max_us;
}

uint64_t histogram_bucket_first(size_t bucket) {
    if (bucket < 64) return bucket;
    size_t octave = (bucket - 64) / 32 + 6;
    return (32 + (bucket - 64) % 32) << (octave - 5);
}

uint64_t histogram_bucket_last(size_t bucket) {
    if (bucket == HISTOGRAM_BUCKETS - 1) return UINT64_MAX;
    return histogram_bucket_first(bucket + 1) - 1;
}

uint64_t histogram_percentile(const struct histogram *h, double percent) {
    if (h->total == 0) return 0;
    uint64_t rank = percent <= 0 ? 1 : (uint64_t)ceil(percent / 100.0 * (double)h->total);
    if (rank < 1) rank = 1;
    if (rank >= h->total) return h->max_us;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
        seen += h->counts[i];
        if (seen < rank) continue;
        uint64_t middle = (histogram_bucket_first(i) + histogram_bucket_last(i)) / 2;
        return middle < h->max_us ? middle : h->max_us;
    }
    return h->max_us;
}

uint64_t histogram_count_upto(const struct histogram *h, uint64_t us) {
    if (!h->counts) return 0;
    if (us >= h->max_us) return h->total;
    uint64_t seen = 0;
    for (size_t i = 0; i <= histogram_bucket(us); i++)
        seen += h->counts[i];
    return seen;
}

/* The k-th bound of LATENCY HISTOGRAM. Redis counts nanoseconds in buckets of 1024 * 2^k with seven bits of
 * precision and prints the last nanosecond of each, cut to microseconds: 1, 2, 4, 8, 16, 33, 66, 132, … */
static uint64_t power_bound_us(int k) {
    return (((uint64_t)1032 << k) - 1) / 1000;
}

#define POWER_BOUNDS 21 /* the last one is beyond 2^20 us, where the buckets end */

int histogram_next_power(const struct histogram *h, int *cursor, uint64_t *bound_us, uint64_t *cumulative) {
    for (; *cursor < POWER_BOUNDS; (*cursor)++) {
        uint64_t before = *cursor ? histogram_count_upto(h, power_bound_us(*cursor - 1)) : 0;
        bool is_last = *cursor == POWER_BOUNDS - 1;
        uint64_t upto = is_last ? h->total : histogram_count_upto(h, power_bound_us(*cursor));
        if (upto == before) continue;
        *bound_us = power_bound_us(*cursor);
        *cumulative = upto;
        (*cursor)++;
        return 1;
    }
    return 0;
}
