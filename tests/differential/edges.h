/* Exchanges in raw bytes: inline requests, broken protocol, QUIT; what no list of arguments can say. */
#ifndef TORC_DIFFERENTIAL_EDGES_H
#define TORC_DIFFERENTIAL_EDGES_H

#include "tests/differential/duel.h"

/* Sends each to both, on new connections, and compares all that comes back until they close. Counts into
 * passed and failed. */
void edges_compare(struct duel *d, unsigned *passed, unsigned *failed);

#endif
