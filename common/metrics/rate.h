/* The instantaneous rate of a counter that only grows, averaged over the last 16 samples
 * (instantaneous_ops_per_sec and its like). Zero-initialised is valid. */
#ifndef TORC_METRICS_RATE_H
#define TORC_METRICS_RATE_H

#include <stdint.h>

#define RATE_SAMPLES 16

struct rate {
    int64_t last_us;
    uint64_t last_value;
    uint64_t per_s[RATE_SAMPLES];
    unsigned next;
};

/* Called every 100 ms or so with the counter's present value. */
void rate_sample(struct rate *rate, int64_t now_us, uint64_t value);
uint64_t rate_per_s(const struct rate *rate);
void rate_reset(struct rate *rate); /* after the counter was made zero */

#endif
