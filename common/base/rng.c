/* xoshiro256** (Blackman and Vigna), its state filled by splitmix64 as its authors advise, so that seeds that
 * differ in one bit give streams that share nothing. */
#include "common/base/rng.h"
#include "common/base/panic.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>

static uint64_t rotate_left(uint64_t x, int bits) {
    return x << bits | x >> (64 - bits);
}

void rng_seed(struct rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        rng->state[i] = z ^ z >> 31;
    }
}

void rng_seed_from_system(struct rng *rng) {
    size_t have = 0;
    while (have < sizeof(rng->state)) {
        ssize_t got = getrandom((char *)rng->state + have, sizeof(rng->state) - have, 0);
        if (got < 0 && errno != EINTR) panic("getrandom: %s", strerror(errno));
        if (got > 0) have += (size_t)got;
    }
    rng->state[0] |= rng->state[0] == 0; /* the all-zero state would stay zero */
}

uint64_t rng_next(struct rng *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t carried = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= carried;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Lemire: the high word of a product is uniform once the few low words that would favour some results are
 * refused. */
uint64_t rng_below(struct rng *rng, uint64_t bound) {
    must(bound > 0);
    for (;;) {
        unsigned __int128 product = (unsigned __int128)rng_next(rng) * bound;
        uint64_t low = (uint64_t)product;
        if (likely(low >= bound) || low >= -bound % bound) return (uint64_t)(product >> 64);
    }
}

double rng_unit(struct rng *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

void rng_fill(struct rng *rng, void *out, size_t len) {
    char *at = out;
    while (len > 0) {
        uint64_t word = rng_next(rng);
        size_t part = len < sizeof(word) ? len : sizeof(word);
        memcpy(at, &word, part);
        at += part;
        len -= part;
    }
}

void rng_hex(struct rng *rng, char *out, size_t len) {
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        word = i % 16 ? word >> 4 : rng_next(rng);
        out[i] = "0123456789abcdef"[word & 15];
    }
}
