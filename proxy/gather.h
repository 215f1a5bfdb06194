/* One command that goes to several servers, and one reply out of theirs.
 *
 *      MGET a b c d ─► slot 1: MGET a c ─┐
 *                   └► slot 7: MGET b d ─┴─► merge: [a, b, c, d]
 *
 * What the parts are is told by the command's declaration: split by slot, or the same bytes for every shard;
 * how replies become one, by its routing kind. */
#ifndef TORC_PROXY_GATHER_H
#define TORC_PROXY_GATHER_H

#include "common/base/buf.h"
#include "proxy/client.h"

struct gather_part {
    struct buf reply;
    unsigned first, count; /* its positions: gather.positions[first ..]; of SCAN, `first` is the shard */
};

struct gather {
    /* Instead of merging, once all parts are there. True: whole->reply is the reply; false: whoever it hands
     * `whole` to calls request_finish. NULL: they are merged by their kind. */
    bool (*finished)(struct gather *g);
    void *owner; /* of `finished` */
    struct worker *worker;
    struct request *whole;
    unsigned left, part_count;
    uint8_t kind; /* enum command_route_kind */
    bool is_write;
    uint32_t *positions; /* owned; where the elements of the parts stand in the whole reply; NULL: nowhere */
    struct gather_part parts[];
};

/* Both queue a request of the client. `slots[i]` is the slot of the i-th key; they are not all the same;
 * `cost` as in client_queue. */
void gather_split(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc,
                  const uint16_t *slots, unsigned key_count, size_t cost);
void gather_all_shards(struct client *c, const struct command_spec *spec, struct slice text,
                       bool (*finished)(struct gather *g), void *owner);

void gather_one_shard(struct client *c, const struct command_spec *spec, uint16_t shard,
                      const struct slice *words, int count);

/* The same for a request of a client that is there, deferred already, with `finished` as above. */
void gather_one_more(struct request *whole, uint16_t shard, const struct slice *words, int count,
                     bool (*finished)(struct gather *g), void *owner);

/* --- merge.c --- */
/* A gather's `finished` for DEBUG DIGEST: what all digests are together. */
bool gather_digest(struct gather *g);
/* Writes one reply for those of all parts. */
void gather_merge(const struct gather *g, struct buf *out);

#endif
