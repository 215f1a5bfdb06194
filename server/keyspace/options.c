/* See options.h. */
#include "server/keyspace/options.h"
#include "server/keyspace/evict.h"
#include <limits.h>

static const struct conf_choice policies[] = {
    {"volatile-lru", EVICT_VOLATILE_LRU},
    {"volatile-lfu", EVICT_VOLATILE_LFU},
    {"volatile-mru", EVICT_VOLATILE_MRU},
    {"volatile-random", EVICT_VOLATILE_RANDOM},
    {"volatile-ttl", EVICT_VOLATILE_TTL},
    {"allkeys-lru", EVICT_ALLKEYS_LRU},
    {"allkeys-lfu", EVICT_ALLKEYS_LFU},
    {"allkeys-mru", EVICT_ALLKEYS_MRU},
    {"allkeys-random", EVICT_ALLKEYS_RANDOM},
    {"noeviction", EVICT_NONE},
    {NULL, 0},
};

static bool apply_maxmemory(void *owner, struct conf_error *err) {
    evict_ask(owner);
    return true;
}

#define FIELD struct keyspace_conf

static const struct conf_option options[] = {
    CONF_OPT_INT("databases", FIELD, databases, 1, INT_MAX, "16", .flags = CONF_IMMUTABLE),
    CONF_OPT_MEMORY("proto-max-bulk-len", FIELD, proto_max_bulk_len, 1 << 20, INT64_MAX, "512mb"),
    CONF_OPT_MEMORY("maxmemory", FIELD, maxmemory, 0, UINT64_MAX, "0", .apply = apply_maxmemory),
    CONF_OPT_ENUM("maxmemory-policy", FIELD, maxmemory_policy, policies, "noeviction"),
    CONF_OPT_INT("maxmemory-samples", FIELD, maxmemory_samples, 1, INT_MAX, "5"),
    CONF_OPT_INT("maxmemory-eviction-tenacity", FIELD, maxmemory_eviction_tenacity, 0, 100, "10"),
    CONF_OPT_INT("lfu-log-factor", FIELD, lfu_log_factor, 0, INT_MAX, "10"),
    CONF_OPT_INT("lfu-decay-time", FIELD, lfu_decay_time, 0, INT_MAX, "1"),
    CONF_OPT_BOOL("lazyfree-lazy-eviction", FIELD, lazyfree_lazy_eviction, "no"),
    CONF_OPT_BOOL("lazyfree-lazy-expire", FIELD, lazyfree_lazy_expire, "no"),
    CONF_OPT_BOOL("lazyfree-lazy-server-del", FIELD, lazyfree_lazy_server_del, "no"),
    CONF_OPT_INT64("hash-max-listpack-entries", FIELD, hash_max_listpack_entries, 0, INT64_MAX, "512",
                   .alias = "hash-max-ziplist-entries"),
    CONF_OPT_MEMORY("hash-max-listpack-value", FIELD, hash_max_listpack_value, 0, INT64_MAX, "64",
                    .alias = "hash-max-ziplist-value"),
    CONF_OPT_INT64("set-max-intset-entries", FIELD, set_max_intset_entries, 0, INT64_MAX, "512"),
    CONF_OPT_INT64("set-max-listpack-entries", FIELD, set_max_listpack_entries, 0, INT64_MAX, "128"),
    CONF_OPT_MEMORY("set-max-listpack-value", FIELD, set_max_listpack_value, 0, INT64_MAX, "64"),
    CONF_OPT_INT64("list-max-listpack-size", FIELD, list_max_listpack_size, INT_MIN, INT_MAX, "-2",
                   .alias = "list-max-ziplist-size"),
    CONF_OPT_INT64("list-compress-depth", FIELD, list_compress_depth, 0, INT_MAX, "0"),
    CONF_OPT_INT64("zset-max-listpack-entries", FIELD, zset_max_listpack_entries, 0, INT64_MAX, "128",
                   .alias = "zset-max-ziplist-entries"),
    CONF_OPT_MEMORY("zset-max-listpack-value", FIELD, zset_max_listpack_value, 0, INT64_MAX, "64",
                    .alias = "zset-max-ziplist-value"),
    CONF_OPT_MEMORY("hll-sparse-max-bytes", FIELD, hll_sparse_max_bytes, 0, INT64_MAX, "3000"),
    CONF_OPT_MEMORY("stream-node-max-bytes", FIELD, stream_node_max_bytes, 0, INT64_MAX, "4096"),
    CONF_OPT_INT64("stream-node-max-entries", FIELD, stream_node_max_entries, 0, INT64_MAX, "100"),
};

void keyspace_register_options(struct keyspace *ks, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &ks->conf, ks);
}
