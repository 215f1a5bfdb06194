/* The 24 access bits of an entry: seconds of its last use, or under an LFU policy minutes (16 bits) of the
 * last decay and a logarithmic counter (8 bits). */
#ifndef TORC_KEYSPACE_ACCESS_H
#define TORC_KEYSPACE_ACCESS_H

#include "server/keyspace/keyspace.h"
#include "server/types/entry.h"

void access_init_entry(struct keyspace *ks, struct entry *e); /* of a new key */
void access_touch_lfu(struct keyspace *ks, struct entry *e);
static inline void access_touch(struct keyspace *ks, struct entry *e) {
    if (__builtin_expect(ks->conf.maxmemory_policy & EVICT_LFU, 0))
        access_touch_lfu(ks, e);
    else
        entry_set_access(e, ks->access_clock);
}
/* Milliseconds since the last use (LRU policies), at a resolution of a second. */
int64_t access_idle_ms(const struct keyspace *ks, const struct entry *e);
/* What a file or another server knew of the entry's use: seconds without one, or the LFU counter; -1 where it
 * was not told. Only what the policy under way counts is taken. */
void access_set(const struct keyspace *ks, struct entry *e, int64_t idle_s, int64_t frequency);
/* The LFU counter as it would be after decay; nothing is changed. */
unsigned access_frequency(const struct keyspace *ks, const struct entry *e);

/* The minute of its last use under an LFU policy, counted from some beginning. */
uint32_t access_lfu_minute(const struct keyspace *ks, const struct entry *e);

#endif
