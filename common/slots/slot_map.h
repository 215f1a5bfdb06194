/* The slot map: which shard owns which slots, who its members are, and the epoch that tells a newer map from
 * an older one. Servers, the proxy and tools read and write the same text:
 *
 *      # a comment
 *      epoch 7
 *      shard one 10.0.0.1:6379 0-5460,9000
 *      replica one 10.0.0.2:6379
 *      shard two [fd00::3]:6379 5461-8999
 *
 * A replica's line stands behind that of its shard. A shard may own no slots, and a slot no shard. */
#ifndef TORC_SLOT_MAP_H
#define TORC_SLOT_MAP_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/slots/slots.h"
#include <stdbool.h>
#include <stdint.h>

#define SLOT_MAP_SHARDS_MAX  1024
#define SLOT_MAP_MEMBERS_MAX 4096 /* primaries and replicas */
#define SLOT_MAP_NAME_MAX    63
#define SLOT_MAP_HOST_MAX    255
#define SLOT_MAP_NONE        UINT16_MAX /* the owner of a slot that nobody owns */

/* A server that serves a shard. */
struct slot_map_member {
    char host[SLOT_MAP_HOST_MAX + 1]; /* an IP address, without the brackets of IPv6, or a name */
    uint16_t port;
    uint16_t shard;
    bool replica;
};

struct slot_map_shard {
    char name[SLOT_MAP_NAME_MAX + 1];
    uint16_t primary; /* index of a member */
    uint16_t slots;   /* how many it owns */
};

struct slot_map {
    uint64_t epoch;                  /* at least 1; 0: there is no map */
    struct slot_map_shard *shards;   /* owned */
    struct slot_map_member *members; /* owned; a shard's primary before its replicas */
    unsigned shard_count, member_count;
    unsigned assigned;           /* slots that have an owner */
    uint16_t owner[SLOTS_COUNT]; /* index of a shard, or SLOT_MAP_NONE */
};

void slot_map_init(struct slot_map *m); /* no map */
void slot_map_deinit(struct slot_map *m);
/* Reads a map into `m`, which is initialised; what it held is gone. False: the reason is appended to *error,
 * with the number of the line, and m is empty. */
bool slot_map_parse(struct slot_map *m, struct slice text, struct buf *error);
/* Appends the text: slots in order, ranges joined, so that equal maps have equal texts. */
void slot_map_print(const struct slot_map *m, struct buf *out);

/* The next run of slots of a shard from *from on; moves *from behind it. False: there is none. */
bool slot_map_next_range(const struct slot_map *m, uint16_t shard, unsigned *from, unsigned *first,
                         unsigned *last);

/* --- its words, for others that are written in them --- */

/* Takes one piece ("17" or "0-5460") and the comma behind it off `rest`. False: it is no piece. */
bool slots_next_range(struct slice *rest, unsigned *first, unsigned *last);
/* "host:port" or "[ipv6]:port". `host` has SLOT_MAP_HOST_MAX + 1 bytes. */
bool slot_map_parse_address(struct slice text, char *host, uint16_t *port);

#endif
