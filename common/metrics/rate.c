/* A ring of samples, each the counter's growth per second since the one before. */
#include "common/metrics/rate.h"
#include <string.h>

void rate_sample(struct rate *rate, int64_t now_us, uint64_t value) {
    int64_t elapsed_us = now_us - rate->last_us;
    if (rate->last_us > 0 && elapsed_us <= 0) return; /* nothing can be said about no time */
    uint64_t grown = value > rate->last_value ? value - rate->last_value : 0;
    if (rate->last_us > 0) {
        rate->per_s[rate->next] = (uint64_t)((double)grown * 1e6 / (double)elapsed_us);
        rate->next = (rate->next + 1) % RATE_SAMPLES;
    }
    rate->last_us = now_us;
    rate->last_value = value;
}

uint64_t rate_per_s(const struct rate *rate) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < RATE_SAMPLES; i++)
        sum += rate->per_s[i];
    return sum / RATE_SAMPLES;
}

void rate_reset(struct rate *rate) {
    memset(rate, 0, sizeof(*rate));
}
