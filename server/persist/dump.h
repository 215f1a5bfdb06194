/* Single values as bytes: what DUMP answers and RESTORE takes.
 *
 *      type (1) | value | version (2, LE) | CRC64 of all before (8, LE) */
#ifndef TORC_PERSIST_DUMP_H
#define TORC_PERSIST_DUMP_H

#include "common/base/buf.h"
#include "server/persist/rdb_build.h"

/* Appends the value, of the lowest version from `version` on that carries it. */
void dump_write(const struct entry *e, int version, bool compress, struct buf *out);

enum dump_result {
    DUMP_OK,
    DUMP_REFUSED, /* the version is unknown or the checksum differs */
    DUMP_DAMAGED, /* what the bytes say is no value */
};
/* Makes *out, the caller's, an entry of that key without a deadline. With `unchecked`, the checksum may be
 * wrong. `reason` (DUMP_REASON_CHARS, or NULL) tells what is damaged. */
#define DUMP_REASON_CHARS 160
enum dump_result dump_read(struct slice payload, struct slice key, const struct rdb_rules *rules,
                           bool unchecked, struct entry **out, char *reason);

#endif
