/* What the configuration says about the forms of values, as the types want to be told. */
#ifndef TORC_KEYSPACE_RULES_H
#define TORC_KEYSPACE_RULES_H

#include "server/keyspace/keyspace.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/zset.h"

static inline struct hash_rules keyspace_hash_rules(const struct keyspace *ks) {
    return (struct hash_rules){
        .secret = &ks->secret,
        .listpack_entries_max = (size_t)ks->conf.hash_max_listpack_entries,
        .listpack_value_max = (size_t)ks->conf.hash_max_listpack_value,
        .now_ms = ks->now_ms,
    };
}

static inline struct list_rules keyspace_list_rules(const struct keyspace *ks) {
    return list_rules(ks->conf.list_max_listpack_size, ks->conf.list_compress_depth, ks->list_plain_min);
}

static inline struct set_rules keyspace_set_rules(const struct keyspace *ks) {
    return (struct set_rules){
        .secret = &ks->secret,
        .intset_entries_max = (size_t)ks->conf.set_max_intset_entries,
        .listpack_entries_max = (size_t)ks->conf.set_max_listpack_entries,
        .listpack_value_max = (size_t)ks->conf.set_max_listpack_value,
    };
}

static inline struct zset_rules keyspace_zset_rules(const struct keyspace *ks) {
    return (struct zset_rules){
        .secret = &ks->secret,
        .listpack_entries_max = (size_t)ks->conf.zset_max_listpack_entries,
        .listpack_value_max = (size_t)ks->conf.zset_max_listpack_value,
    };
}

#endif
