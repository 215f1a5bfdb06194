/* Writing RDB: lengths, strings, numbers into a buffer in memory.
 *
 * Compressing is work for a helper thread, writing is the data thread's. So strings are written as they are,
 * and where each one lies that is worth compressing is noted; rdb_pack makes the bytes of the file from that,
 * on any thread:
 *
 *      data thread:  length │ bytes │ length │ bytes ……… │ length │ bytes      plain: valid RDB as it stands
 *                    ▲ mark                              ▲ mark
 *      helper:       rdb_pack ──► each marked string shorter, where LZF makes it so */
#ifndef TORC_PERSIST_RDB_OUT_H
#define TORC_PERSIST_RDB_OUT_H

#include "common/base/buf.h"
#include <stdint.h>

struct rdb_mark {
    size_t at;  /* of the string's length */
    size_t len; /* of the string */
};

/* Zero-initialised is empty and valid. */
struct rdb_out {
    struct buf bytes;
    struct rdb_mark *marks; /* owned */
    size_t mark_count, mark_cap;
    bool unmarked; /* set by the owner: nothing is going to be compressed */
};

void rdb_out_deinit(struct rdb_out *out);
void rdb_out_clear(struct rdb_out *out); /* keeps the memory */

void rdb_put_byte(struct rdb_out *out, uint8_t byte);
void rdb_put_length(struct rdb_out *out, uint64_t length);
/* Canonical integers of 32 bits are written as such. */
void rdb_put_string(struct rdb_out *out, struct slice s);
/* The length of a string whose bytes are appended next, all to this buffer if it is to be `compressed`. */
void rdb_put_string_head(struct rdb_out *out, size_t len, bool compressed);
void rdb_put_int_string(struct rdb_out *out, int64_t value); /* the string of its digits */
void rdb_put_u16(struct rdb_out *out, uint16_t value);       /* these little-endian */
void rdb_put_u64(struct rdb_out *out, uint64_t value);
void rdb_put_double(struct rdb_out *out, double value);

/* Appends what was written to *packed, marked strings compressed where that makes them shorter. */
void rdb_pack(const struct rdb_out *out, struct buf *packed);

#endif
