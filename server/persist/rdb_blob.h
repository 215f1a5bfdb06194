/* Values that a file holds as one string: listpacks and intsets, which are checked and copied as they are
 * where the configuration would make them so, and the older forms, which are read element by element. */
#ifndef TORC_PERSIST_RDB_BLOB_H
#define TORC_PERSIST_RDB_BLOB_H

#include "server/persist/rdb_build.h"

/* Whether values of this type (enum rdb_type) are such a string. */
bool rdb_blob_is_type(uint8_t type);
/* Makes *out (the caller's) of the string, with the help of `b`, which is unused before and after. RDB_DONE,
 * RDB_EMPTY, or RDB_BAD with the reason in `in`. */
enum rdb_status rdb_blob_read(struct rdb_build *b, const struct rdb_rules *rules, uint8_t type,
                              struct slice key, struct slice blob, struct rdb_in *in, struct entry **out);

/* Adds the elements of a list's node, a ziplist or listpack by the list's type, to `b`. False: it is damaged.
 */
bool rdb_blob_append(struct rdb_build *b, uint8_t type, struct slice blob, struct rdb_in *in);

#endif
