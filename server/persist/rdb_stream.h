/* Streams in RDB: their nodes are copied, their groups follow.
 *
 *      nodes    count | id (16, BE) | listpack | …
 *      head     entries | last id | of the second kind on: first id, greatest deleted id, entries ever added
 *      groups   count | name | last id | of the second kind on: entries read
 *               pending: count | id (16, BE), delivered (8, LE), deliveries | …
 *               consumers: count | name | seen (8, LE) | of the third kind: active (8, LE) | count | id (16,
 * BE) …
 *
 * Numbers without a size are lengths; an id among them is two. */
#ifndef TORC_PERSIST_RDB_STREAM_H
#define TORC_PERSIST_RDB_STREAM_H

#include "server/ds/stream_id.h"
#include "server/persist/rdb_in.h"
#include "server/persist/rdb_out.h"
#include "server/types/entry.h"

struct stream;
struct stream_group;
struct stream_head;

/* The stream in the entry, as `type` (RDB_STREAM_2, or RDB_STREAM_3 with the time of consumers' last
 * success). */
void rdb_put_stream(struct rdb_out *out, const struct entry *e, uint8_t type);
/* Its parts, in this order behind the count of nodes: each node, the head, each group. */
void rdb_put_stream_node(struct rdb_out *out, struct stream_id id, struct slice listpack);
void rdb_put_stream_head(struct rdb_out *out, const struct stream_head *head);
void rdb_put_stream_group(struct rdb_out *out, const struct stream_group *g, uint8_t type);
/* The type that a file of that version has. */
uint8_t rdb_stream_type(int version);

/* One that is being read; zero-initialised before each. */
struct rdb_stream {
    struct stream *stream; /* owned; NULL before the first step */
    uint8_t phase;
    uint64_t left;    /* nodes, then groups to come */
    uint64_t entries; /* in the nodes that have come */
};
/* Reads up to `budget` nodes and groups; with RDB_DONE the entry is in *out. A node or a group is read whole
 * or not at all. */
enum rdb_status rdb_stream_step(struct rdb_stream *r, uint8_t type, struct slice key, struct rdb_in *in,
                                size_t budget, struct entry **out);
void rdb_stream_drop(struct rdb_stream *r);

#endif
