/* Active expiry: gives the memory of due keys back, a bounded piece at a time. */
#ifndef TORC_KEYSPACE_EXPIRE_H
#define TORC_KEYSPACE_EXPIRE_H

#include "server/keyspace/keyspace.h"

/* Looks at up to `buckets` buckets that hold something due and deletes what is; true while there is more to
 * do. The caller slices by time: a bucket takes a few microseconds. */
bool expire_step(struct keyspace *ks, size_t buckets);

/* When expire_step will next have something to do, in ms since 1970; INT64_MAX: never. */
int64_t expire_next_ms(const struct keyspace *ks);

/* Of the keys with a deadline, how many percent are due and wait for their memory: estimated from a sample of
 * buckets. */
double expire_stale_percent(struct keyspace *ks);

#endif
