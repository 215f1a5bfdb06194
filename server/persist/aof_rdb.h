/* The RDB part that a file of the append-only file may begin with: a base without keys, and looking through
 * any without a keyspace. Loading is load.h's. */
#ifndef TORC_PERSIST_AOF_RDB_H
#define TORC_PERSIST_AOF_RDB_H

#include "common/base/buf.h"
#include "server/persist/rdb_records.h"

enum aof_rdb_state {
    AOF_RDB_MORE, /* call again */
    AOF_RDB_FEED, /* more bytes are needed: the window, with those behind it */
    AOF_RDB_DONE, /* commands follow, or nothing */
    AOF_RDB_BAD,  /* `error` */
};

struct aof_rdb {
    struct hash_secret secret;
    struct rdb_rules rules;
    struct rdb_sink sink;
    struct rdb_records records;
    uint64_t crc; /* of what is done with, but for its last bytes: */
    char last[8]; /* these may be the checksum */
    size_t last_len;
    uint64_t keys, keys_with_deadline;
    char error[200];
};

/* `seed`: something the file cannot know. */
void aof_rdb_init(struct aof_rdb *rdb, uint64_t seed);
void aof_rdb_deinit(struct aof_rdb *rdb);
/* Reads on at the beginning of `window`, behind which `beyond` more bytes stand in the file; *used bytes of
 * it are done with. Done at once, with nothing used, where the file does not begin with RDB's magic. */
enum aof_rdb_state aof_rdb_read(struct aof_rdb *rdb, struct slice window, uint64_t beyond, size_t *used);

/* Appends a file without keys. */
void aof_rdb_put_empty(struct buf *out, int64_t now_s);

#endif
