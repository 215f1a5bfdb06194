/* A hash map for the server's own bookkeeping (channels, option names, watched keys): byte-string keys copied
 * in, one pointer as value. Open addressing with linear probing, grows by doubling: not for the keyspace,
 * whose table grows in steps (server/ds/table.h).
 *
 * Seeded, since clients choose the keys. Zero-initialised with map_init. Pointers into it die with the next
 * change. */
#ifndef TORC_BASE_MAP_H
#define TORC_BASE_MAP_H

#include "common/base/slice.h"
#include <stdint.h>

struct map_slot;
struct map {
    struct map_slot *slots; /* owned */
    size_t cap, count;      /* cap is 0 or a power of two */
    size_t used;            /* slots that a probe may not stop at: pairs and graves of removed ones */
    uint64_t seed;
};

void map_init(struct map *m, uint64_t seed);
void map_deinit(struct map *m);                       /* values are the caller's */
void *map_get(const struct map *m, struct slice key); /* NULL: not there */
/* Copies key; value is not NULL. Returns the value that it replaces, or NULL. */
void *map_put(struct map *m, struct slice key, void *value);
void *map_remove(struct map *m, struct slice key); /* returns the value, or NULL */
/* Walks all pairs: start with *cursor = 0; false at the end. The map must not change meanwhile, except that
 * the pair just returned may be removed. */
bool map_next(const struct map *m, size_t *cursor, struct slice *key, void **value);

#endif
