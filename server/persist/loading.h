/* How far the append-only file is loaded, and what is different while it is.
 *
 * The flag is that of persist.h, whose gate refuses most commands meanwhile. */
#ifndef TORC_PERSIST_LOADING_H
#define TORC_PERSIST_LOADING_H

#include "common/base/buf.h"
#include "server/keyspace/keyspace.h"

struct loading {
    bool *flag;                 /* borrowed: told when it is active; NULL: nobody asks */
    bool active, expires_after; /* expires_after: what to go back to */
    int64_t began_us;
    uint64_t total_bytes, loaded_bytes;
    uint64_t used_mem, keys; /* of the RDB part: the memory it came from, keys so far */
};

/* The keyspace stops expiring by itself: what is read is told of every deletion. */
void loading_begin(struct loading *l, struct keyspace *ks, uint64_t total_bytes, int64_t now_us);
void loading_end(struct loading *l, struct keyspace *ks);
/* INFO's lines of it; none while it is not active. */
void loading_write_info(const struct loading *l, int64_t wall_us, int64_t now_us, struct buf *out);

#endif
