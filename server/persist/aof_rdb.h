/* The RDB part that a base of the append-only file may begin with.
 *
 * Read here as far as a base without keys needs it: the header, what is told about the file, the checksum. */
#ifndef TORC_PERSIST_AOF_RDB_H
#define TORC_PERSIST_AOF_RDB_H

#include "common/base/buf.h"

struct keyspace;

enum aof_rdb_state {
    AOF_RDB_MORE, /* call again */
    AOF_RDB_FEED, /* more bytes are needed */
    AOF_RDB_DONE, /* commands follow, or nothing */
    AOF_RDB_BAD,  /* `error` */
};

struct aof_rdb {
    struct keyspace *keyspace; /* borrowed */
    char error[200];
};

void aof_rdb_init(struct aof_rdb *rdb, struct keyspace *ks);
void aof_rdb_deinit(struct aof_rdb *rdb);
/* Reads on at the beginning of `window`, whose end is that of the file if `last`; *used bytes of it are done
 * with. Done at once, with nothing used, where the file does not begin with RDB's magic. */
enum aof_rdb_state aof_rdb_read(struct aof_rdb *rdb, struct slice window, bool last, size_t *used);

/* Appends a file without keys. */
void aof_rdb_put_empty(struct buf *out, int64_t now_s);

#endif
