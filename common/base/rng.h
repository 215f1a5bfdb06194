/* Random numbers: one seeded generator per server, so that a simulation replays. Not for secrets, except
 * where rng_seed_from_system filled the state and the output is only a nonce (run ids). */
#ifndef TORC_BASE_RNG_H
#define TORC_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state[4]; /* xoshiro256** */
};

void rng_seed(struct rng *rng, uint64_t seed); /* splitmix64 over the seed */
void rng_seed_from_system(struct rng *rng);    /* getrandom(2) */
uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound); /* uniform in [0, bound), bound > 0 */
double rng_unit(struct rng *rng);                    /* uniform in [0, 1) */
void rng_fill(struct rng *rng, void *out, size_t len);
void rng_hex(struct rng *rng, char *out, size_t len); /* lower-case hex digits, no terminator */

#endif
