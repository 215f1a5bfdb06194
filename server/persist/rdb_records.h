/* Reading a whole RDB file, in steps: what stands between the values, and where each value belongs.
 *
 *      bytes ──► rdb_records_step ──► sink: aux fields, numbers of databases, keys
 *
 * Pure as the rest of the codec: who owns the bytes brings more when RDB_SHORT says so (rdb_in.h). */
#ifndef TORC_PERSIST_RDB_RECORDS_H
#define TORC_PERSIST_RDB_RECORDS_H

#include "common/base/buf.h"
#include "server/persist/rdb_read.h"

/* A key as a file tells it. */
struct rdb_key {
    int db_index;
    struct entry *entry;       /* with its deadline; the sink takes it */
    int64_t idle_s, frequency; /* -1: not told */
};

/* Each may fail, with the reason in `in` (rdb_fail): then reading ends in RDB_BAD. */
struct rdb_sink {
    void *owner;
    bool (*database)(void *owner, uint64_t index, struct rdb_in *in);
    bool (*key)(void *owner, const struct rdb_key *key, struct rdb_in *in);
    void (*empty_key)(void *owner, struct slice key); /* a collection without elements: left out */
    void (*aux)(void *owner, struct slice name, struct slice value);
    bool (*function)(void *owner, struct slice library, struct rdb_in *in);
};

struct rdb_records {
    const struct rdb_rules *rules; /* borrowed, as is the sink */
    const struct rdb_sink *sink;
    int version; /* 0: the header was not read yet */
    int db_index;
    bool in_value;
    int64_t deadline_ms, idle_s, frequency; /* of the next key */
    struct buf key;
    struct rdb_text text[2];
    struct rdb_value value;
    uint64_t checksum; /* after RDB_DONE: what the file says; 0: nothing */
};

void rdb_records_init(struct rdb_records *r, const struct rdb_rules *rules, const struct rdb_sink *sink);
void rdb_records_deinit(struct rdb_records *r);
/* Reads up to `budget` records or elements. RDB_DONE: `in` stands behind the end. */
enum rdb_status rdb_records_step(struct rdb_records *r, struct rdb_in *in, size_t budget);
/* After RDB_BAD: gives up the key under way. The owner of the bytes knows where the next record begins. */
void rdb_records_skip(struct rdb_records *r);
/* The key whose value is being read, for messages; empty if none is. */
struct slice rdb_records_key(const struct rdb_records *r);

#endif
