/* DEBUG DIGEST and DIGEST-VALUE: 20 bytes that depend on the data alone, the same as Redis computes for the
 * same data. */
#ifndef TORC_OBSERVE_DIGEST_H
#define TORC_OBSERVE_DIGEST_H

#include "server/keyspace/keyspace.h"
#include "server/types/entry.h"

#define DIGEST_BYTES 20

/* Of all databases; keys that are due count like others. */
void digest_keyspace(const struct keyspace *ks, unsigned char out[DIGEST_BYTES]);
/* Of one value with its deadline, whatever its key. */
void digest_value(const struct entry *e, unsigned char out[DIGEST_BYTES]);

#endif
