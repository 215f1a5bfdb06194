/* Writing values as RDB, in the lowest version that carries them or in the one that is asked for. */
#ifndef TORC_PERSIST_RDB_WRITE_H
#define TORC_PERSIST_RDB_WRITE_H

#include "server/persist/rdb_out.h"
#include "server/types/entry.h"

struct pack;

/* The version that a value needs; never less than `version`. */
int rdb_version_for(const struct entry *e, int version);
/* The type (enum rdb_type) that stands before the value in a file of that version. */
uint8_t rdb_type_of(const struct entry *e, int version);
/* A node of a list, as RDB_LIST_QUICKLIST_2 has it. */
void rdb_put_pack(struct rdb_out *out, const struct pack *p);
/* The value behind its type. */
void rdb_put_value(struct rdb_out *out, const struct entry *e, int version);

#endif
