/* Who owns which slot: the map that the router reads for every command.
 *
 * Each thread has a copy of its own, so reading takes no lock; a copy changes when its thread follows a
 * MOVED, and is replaced as a whole when the configuration is loaded again. Shards are named; a server that
 * only a MOVED told of is a shard named by its address. */
#ifndef TORC_PROXY_TOPOLOGY_H
#define TORC_PROXY_TOPOLOGY_H

#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/io/io_stream.h"
#include "common/slots/slots.h"

#define TOPOLOGY_SHARDS_MAX   1024
#define TOPOLOGY_REPLICAS_MAX 8
#define TOPOLOGY_NAME_MAX     63
#define TOPOLOGY_NONE         UINT16_MAX /* a slot that nobody owns */

struct topology_server {
    struct io_addr addr;
    char text[TOPOLOGY_NAME_MAX + 1]; /* "127.0.0.1:7001", as configured */
    unsigned weight;                  /* of its reads, with read-policy weighted */
};

struct topology_shard {
    char name[TOPOLOGY_NAME_MAX + 1];
    struct topology_server primary;
    struct topology_server replica[TOPOLOGY_REPLICAS_MAX];
    unsigned replica_count;
};

struct topology {
    uint64_t epoch;                /* grows with every change */
    struct topology_shard *shards; /* owned */
    unsigned shard_count;
    uint16_t owner[SLOTS_COUNT]; /* index of a shard, or TOPOLOGY_NONE */
};

void topology_init(struct topology *t);
void topology_deinit(struct topology *t);
void topology_copy(struct topology *to, const struct topology *from); /* `to` is initialised */

/* `slots` is "0-5460,9000", or "" for none. Names, addresses and slots that are there already are refused.
 * A host name is looked up, which blocks: for boot and reload. */
bool topology_add_shard(struct topology *t, struct slice name, struct slice address, struct slice slots,
                        struct conf_error *err);
bool topology_add_replica(struct topology *t, struct slice shard, struct slice address, int64_t weight,
                          struct conf_error *err);

/* The index of the shard whose primary is `address` ("host:port", an IP), which is added if there is none;
 * TOPOLOGY_NONE if it is no address or there are too many. Pointers to shards die. */
uint16_t topology_shard_at(struct topology *t, struct slice address);
/* The slot's owner is now `shard`: a new epoch if that is a change. */
void topology_move(struct topology *t, uint16_t slot, uint16_t shard);

uint16_t topology_shard_named(const struct topology *t, struct slice name); /* or TOPOLOGY_NONE */

/* Slots that somebody owns. */
unsigned topology_slots_owned(const struct topology *t);
unsigned topology_slots_of(const struct topology *t, uint16_t shard);

#endif
