/* Seeds and rounds of the random tests, from the environment. */
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

struct rng test_rng(void) {
    const char *given = getenv("TORC_TEST_SEED");
    uint64_t seed;
    if (given) {
        seed = strtoull(given, NULL, 0);
    } else {
        struct rng system;
        rng_seed_from_system(&system);
        seed = rng_next(&system) >> 32;
    }
    printf("TORC_TEST_SEED=%llu\n", (unsigned long long)seed);
    struct rng rng;
    rng_seed(&rng, seed);
    return rng;
}

int test_rounds(int rounds) {
    const char *factor = getenv("TORC_TEST_ROUNDS");
    return factor ? rounds * atoi(factor) : rounds;
}

void test_letters(struct rng *rng, char *out, size_t len, int letters) {
    for (size_t i = 0; i < len; i++)
        out[i] = (char)('a' + rng_below(rng, (uint64_t)letters));
}
