/* Eviction: makes room when `maxmemory` is reached, by the configured policy. */
#ifndef TORC_KEYSPACE_EVICT_H
#define TORC_KEYSPACE_EVICT_H

#include "server/keyspace/keyspace.h"

/* Bytes above the limit; 0: none, or no limit. */
uint64_t evict_excess(const struct keyspace *ks);

/* Evicts keys until there is room. False: the policy forbids it, there is nothing left to evict, or
 * `keys_max` keys were not enough (more is done by later calls). */
bool evict_make_room(struct keyspace *ks, size_t keys_max);

/* Eviction that no command waits for: once asked for, goes on in slices until there is room or nothing to
 * evict. */
void evict_ask(struct keyspace *ks);
/* One slice; true while there is more to do now. */
bool evict_step(struct keyspace *ks);

#endif
