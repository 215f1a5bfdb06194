/* The options of persistence. */
#include "server/persist/persist.h"
#include "server/persist/rdb_format.h"
#include <limits.h>
#include <string.h>

#define FIELD struct persist_conf

static bool dbfilename_is_name(void *owner, const void *value, struct conf_error *err) {
    const char *name = *(char *const *)value;
    return (name && !strchr(name, '/')) || conf_fail(err, "dbfilename can't be a path, just a filename");
}

static const struct conf_option options[] = {
    CONF_OPT_CUSTOM("save", FIELD, save, &conf_save_type, "3600 1 300 100 60 10000", .flags = CONF_MULTI_ARG),
    CONF_OPT_STRING("dbfilename", FIELD, dbfilename, "dump.rdb", .flags = CONF_PROTECTED,
                    .validate = dbfilename_is_name),
    CONF_OPT_BOOL("stop-writes-on-bgsave-error", FIELD, stop_writes_on_error, "yes"),
    CONF_OPT_BOOL("rdbcompression", FIELD, rdb_compression, "yes"),
    CONF_OPT_BOOL("rdbchecksum", FIELD, rdb_checksum, "yes", .flags = CONF_IMMUTABLE),
    CONF_OPT_BOOL("rdb-save-incremental-fsync", FIELD, sync_early, "yes"),
    CONF_OPT_INT("rdb-version", FIELD, rdb_version, RDB_VERSION_MIN_WRITTEN, RDB_VERSION_MAX, "10"),
    CONF_OPT_PERCENT("snapshot-buffer-max", FIELD, snapshot_buffer_max, 0, INT64_MAX, "10%"),
    CONF_OPT_INT("rdb-key-save-delay", FIELD, key_save_delay_us, INT_MIN, INT_MAX, "0", .flags = CONF_HIDDEN),
    CONF_OPT_INT("key-load-delay", FIELD, key_load_delay_us, INT_MIN, INT_MAX, "0", .flags = CONF_HIDDEN),
};

void persist_register_options(struct persist *p, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &p->conf, p);
}
