/* The hash of keys: XXH3 under a full random secret, so that nobody outside can choose keys that collide. */
#ifndef TORC_BASE_HASH_H
#define TORC_BASE_HASH_H

#include "common/base/rng.h"
#include "common/base/slice.h"
#include <stdint.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct hash_secret {
    uint8_t bytes[XXH3_SECRET_SIZE_MIN + 56]; /* as long as the library's own secret */
};

static inline void hash_secret_draw(struct hash_secret *secret, struct rng *rng) {
    rng_fill(rng, secret->bytes, sizeof(secret->bytes));
}

static inline uint64_t hash_bytes(const struct hash_secret *secret, const void *bytes, size_t len) {
    return XXH3_64bits_withSecret(bytes, len, secret->bytes, sizeof(secret->bytes));
}

static inline uint64_t hash_slice(const struct hash_secret *secret, struct slice s) {
    return hash_bytes(secret, s.ptr, s.len);
}

#endif
