/* The options of persistence. */
#include "server/persist/persist.h"
#include "server/persist/rdb_format.h"

#define FIELD struct persist_conf

static const struct conf_option options[] = {
    CONF_OPT_BOOL("rdbcompression", FIELD, rdb_compression, "yes"),
    CONF_OPT_INT("rdb-version", FIELD, rdb_version, RDB_VERSION_MIN_WRITTEN, RDB_VERSION_MAX, "10"),
};

void persist_register_options(struct persist *p, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &p->conf, p);
}
