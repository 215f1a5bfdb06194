/* See rdb_write.h. What is one allocation here is one string there: listpacks and intsets are copied. Large
 * collections are a count and their elements. */
#include "server/persist/rdb_write.h"
#include "common/base/panic.h"
#include "server/persist/rdb_format.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/zset.h"

int rdb_version_for(const struct entry *e, int version) {
    return version;
}

static uint8_t type_of_set(const struct entry *e, int version) {
    if (entry_encoding(e) == ENC_INTSET) return RDB_SET_INTSET;
    return entry_encoding(e) == ENC_LISTPACK && version >= RDB_VERSION_SETS ? RDB_SET_LISTPACK : RDB_SET;
}

uint8_t rdb_type_of(const struct entry *e, int version) {
    bool small = entry_encoding(e) == ENC_LISTPACK;
    switch (entry_type(e)) {
    case VALUE_STRING: return RDB_STRING;
    case VALUE_LIST: return small ? RDB_LIST_QUICKLIST_2 : RDB_LIST;
    case VALUE_SET: return type_of_set(e, version);
    case VALUE_ZSET: return small ? RDB_ZSET_LISTPACK : RDB_ZSET_2;
    case VALUE_HASH: return small ? RDB_HASH_LISTPACK : RDB_HASH;
    default: panic("no RDB type for values of type %d", (int)entry_type(e));
    }
}

static void put_field(void *arg, struct slice field, struct slice value) {
    rdb_put_string(arg, field);
    rdb_put_string(arg, value);
}

static void put_scored(void *arg, struct slice member, double score) {
    rdb_put_string(arg, member);
    rdb_put_double(arg, score);
}

static bool put_listed(void *arg, struct slice element) {
    rdb_put_string(arg, element);
    return true;
}

static void put_members(struct rdb_out *out, const struct entry *e) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            rdb_put_string(out, g.member[i]);
}

static void put_blob(struct rdb_out *out, const struct entry *e) {
    rdb_put_string(out, (struct slice){entry_payload(e), entry_payload_size(e)});
}

void rdb_put_value(struct rdb_out *out, const struct entry *e, int version) {
    switch (rdb_type_of(e, version)) {
    case RDB_STRING:
        if (entry_encoding(e) == ENC_INT) {
            rdb_put_int_string(out, string_stored_int(e));
        } else {
            char scratch[STRING_VIEW_CHARS];
            rdb_put_string(out, string_view(e, scratch));
        }
        break;
    case RDB_LIST_QUICKLIST_2:
        rdb_put_length(out, 1);
        rdb_put_length(out, RDB_NODE_PACKED);
        put_blob(out, e);
        break;
    case RDB_LIST:
        rdb_put_length(out, list_count(e));
        list_range(e, 0, SIZE_MAX, false, put_listed, out);
        break;
    case RDB_SET:
        rdb_put_length(out, set_count(e));
        put_members(out, e);
        break;
    case RDB_HASH:
        rdb_put_length(out, hash_count(e));
        hash_each(e, put_field, out);
        break;
    case RDB_ZSET_2:
        rdb_put_length(out, zset_count(e));
        zset_range(e, 0, SIZE_MAX, false, put_scored, out);
        break;
    default: put_blob(out, e);
    }
}
