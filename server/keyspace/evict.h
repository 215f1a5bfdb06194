/* Eviction: makes room when `maxmemory` is reached, by the configured policy. */
#ifndef TORC_KEYSPACE_EVICT_H
#define TORC_KEYSPACE_EVICT_H

#include "server/keyspace/keyspace.h"

/* Bytes above the limit; 0: none, or no limit. */
uint64_t evict_excess(const struct keyspace *ks);

enum evict_result {
    EVICT_ROOM,    /* there is room */
    EVICT_GOES_ON, /* `keys_max` keys were not enough: ask for more */
    EVICT_FAILED,  /* the policy forbids it, or there is nothing left to evict */
};
/* Evicts keys, up to `keys_max`, until there is room but for `leaving_bytes`, which need none for long. */
enum evict_result evict_make_room(struct keyspace *ks, size_t leaving_bytes, size_t keys_max);

/* Eviction that no command waits for: once asked for, goes on in slices until there is room or nothing to
 * evict. */
void evict_ask(struct keyspace *ks);
/* One slice; true while there is more to do now. */
bool evict_step(struct keyspace *ks);

/* Frees what is remembered of keys that may go; for keyspace_deinit. */
void evict_deinit(struct keyspace *ks);

#endif
