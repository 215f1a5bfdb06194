/* Reading one value, in steps: a value of millions of elements neither has to be in memory as bytes nor to be
 * made in one go.
 *
 *      rdb_value_begin ──► rdb_value_step, until it is neither RDB_AGAIN nor RDB_SHORT ──► rdb_value_take */
#ifndef TORC_PERSIST_RDB_READ_H
#define TORC_PERSIST_RDB_READ_H

#include "server/persist/rdb_build.h"
#include "server/persist/rdb_stream.h"

struct rdb_value {
    const struct rdb_rules *rules; /* borrowed, as is the key */
    uint8_t type;                  /* enum rdb_type */
    bool counted;                  /* the number of elements was read */
    struct slice key;
    uint64_t left;     /* elements still to be read */
    uint64_t earliest; /* of a hash whose fields have deadlines: what those count from */
    struct rdb_build build;
    struct rdb_text text;
    struct rdb_stream stream;
    struct entry *entry; /* owned, once it is complete */
};

/* Zero-initialised before the first use; one value after the other. */
void rdb_value_begin(struct rdb_value *v, const struct rdb_rules *rules, uint8_t type, struct slice key);
/* Reads up to `budget` elements. After RDB_SHORT `in` stands where it must begin again, after RDB_DONE and
 * RDB_EMPTY behind the value. */
enum rdb_status rdb_value_step(struct rdb_value *v, struct rdb_in *in, size_t budget);
/* The complete value, without a deadline: the caller's. */
struct entry *rdb_value_take(struct rdb_value *v);
/* Frees what was made of the value under way. */
void rdb_value_drop(struct rdb_value *v);
void rdb_value_deinit(struct rdb_value *v);

/* The module that an id of a module value names; `name` has room for RDB_MODULE_NAME_CHARS and a terminator.
 */
#define RDB_MODULE_NAME_CHARS 9
void rdb_module_name(uint64_t id, char *name);

#endif
