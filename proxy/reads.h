/* Reading from replicas, and who is fit to be read from.
 *
 *      read of a slot ─► owner ─┬─ has no replicas, or the policy is `primary` ─► the owner
 *                               └─ reads_choose ─► a replica or the owner, among those that pass their checks
 *
 * A replica is behind its primary by what is on its way: a client that must read what it wrote says
 * READWRITE, and is served by primaries. One that says READONLY is served by replicas even where the policy
 * is `primary`. */
#ifndef TORC_PROXY_READS_H
#define TORC_PROXY_READS_H

#include "proxy/backend.h"

enum read_policy {
    READ_PRIMARY,
    READ_REPLICAS_FIRST,    /* replicas in turn; the primary when there is none */
    READ_ROUND_ROBIN,       /* replicas and primary in turn */
    READ_WEIGHTED,          /* at random, by weight */
    READ_LEAST_OUTSTANDING, /* who has the fewest requests under way */
    READ_CLIENT_ADDRESS,    /* the same one for a client's address, as long as it is fit */
    READ_NEAREST,           /* who answered checks the fastest */
};

uint64_t reads_hash(struct slice name); /* of an address, the same in every proxy */

/* Whom to ask for a read that `owner` is primary for. */
struct upstream *reads_choose(struct upstream *owner, const struct client *c);

/* Checks all servers that this thread knows: every health-check-interval a PING. One that misses several in a
 * row is ejected: a replica is not read from, and who asks a primary is told so at once. It is readmitted
 * after several good ones. */
void reads_check(struct worker *w, int64_t now_us);

#endif
