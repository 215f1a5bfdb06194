/* See rdb_write.h. What is one allocation here is one string there: listpacks and intsets are copied. Large
 * collections are a count and their elements, or nodes of a list or stream. */
#include "server/persist/rdb_write.h"
#include "common/base/panic.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_stream.h"
#include "server/types/hash_deadlines.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/zset.h"

static bool fields_expire(const struct entry *e) {
    return entry_type(e) == VALUE_HASH && hash_next_deadline(e) != ENTRY_NO_DEADLINE;
}

int rdb_version_for(const struct entry *e, int version) {
    return fields_expire(e) && version < RDB_VERSION_FIELD_TTLS ? RDB_VERSION_FIELD_TTLS : version;
}

static uint8_t type_of_hash(const struct entry *e) {
    bool small = entry_encoding(e) == ENC_LISTPACK;
    if (fields_expire(e)) return small ? RDB_HASH_LISTPACK_TTLS : RDB_HASH_FIELD_TTLS;
    return small && !entry_fields_expire(e) ? RDB_HASH_LISTPACK : RDB_HASH;
}

static uint8_t type_of_set(const struct entry *e, int version) {
    if (entry_encoding(e) == ENC_INTSET) return RDB_SET_INTSET;
    return entry_encoding(e) == ENC_LISTPACK && version >= RDB_VERSION_SETS ? RDB_SET_LISTPACK : RDB_SET;
}

uint8_t rdb_type_of(const struct entry *e, int version) {
    bool small = entry_encoding(e) == ENC_LISTPACK;
    switch (entry_type(e)) {
    case VALUE_STRING: return RDB_STRING;
    case VALUE_LIST: return RDB_LIST_QUICKLIST_2;
    case VALUE_SET: return type_of_set(e, version);
    case VALUE_ZSET: return small ? RDB_ZSET_LISTPACK : RDB_ZSET_2;
    case VALUE_HASH: return type_of_hash(e);
    case VALUE_STREAM: return rdb_stream_type(version);
    default: panic("no RDB type for values of type %d", (int)entry_type(e));
    }
}

static void put_field(void *arg, struct slice field, struct slice value) {
    rdb_put_string(arg, field);
    rdb_put_string(arg, value);
}

struct dated_fields {
    struct rdb_out *out;
    int64_t earliest;
};

static void find_earliest(void *arg, struct slice field, struct slice value, int64_t deadline_ms) {
    struct dated_fields *d = arg;
    if (deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < d->earliest) d->earliest = deadline_ms;
}

static void put_dated(void *arg, struct slice field, struct slice value, int64_t deadline_ms) {
    struct dated_fields *d = arg;
    bool dated = deadline_ms != ENTRY_NO_DEADLINE;
    rdb_put_length(d->out, dated ? (uint64_t)(deadline_ms - d->earliest) + 1 : 0);
    put_field(d->out, field, value);
}

static void put_scored(void *arg, struct slice member, double score) {
    rdb_put_string(arg, member);
    rdb_put_double(arg, score);
}

void rdb_put_pack(struct rdb_out *out, const struct pack *p) {
    if (pack_is_plain(p)) {
        rdb_put_length(out, RDB_NODE_PLAIN);
        rdb_put_string(out, (struct slice){p->bytes, p->room});
        return;
    }
    void *temp;
    const void *lp = pack_borrow(p, &temp);
    rdb_put_length(out, RDB_NODE_PACKED);
    rdb_put_string(out, (struct slice){lp, listpack_bytes(lp)});
    pack_return(p, &temp);
}

static void put_listed(void *arg, const struct pack *p) {
    rdb_put_pack(arg, p);
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
        if (entry_encoding(e) == ENC_TREE) {
            rdb_put_length(out, deque_packs(list_deque(e)));
            deque_each_pack(list_deque(e), put_listed, out);
        } else {
            rdb_put_length(out, 1);
            rdb_put_length(out, RDB_NODE_PACKED);
            put_blob(out, e);
        }
        break;
    case RDB_SET:
        rdb_put_length(out, set_count(e));
        put_members(out, e);
        break;
    case RDB_HASH:
        rdb_put_length(out, hash_count_exact(e));
        hash_each(e, put_field, out);
        break;
    case RDB_HASH_LISTPACK_TTLS:
        rdb_put_u64(out, (uint64_t)hash_next_deadline(e));
        put_blob(out, e);
        break;
    case RDB_HASH_FIELD_TTLS: {
        struct dated_fields dated = {out, INT64_MAX};
        hash_each_deadline(e, find_earliest, &dated);
        rdb_put_u64(out, (uint64_t)dated.earliest);
        rdb_put_length(out, hash_count_exact(e));
        hash_each_deadline(e, put_dated, &dated);
        break;
    }
    case RDB_ZSET_2:
        rdb_put_length(out, zset_count(e));
        zset_range(e, 0, SIZE_MAX, false, put_scored, out);
        break;
    case RDB_STREAM_2:
    case RDB_STREAM_3: rdb_put_stream(out, e, rdb_type_of(e, version)); break;
    default: put_blob(out, e);
    }
}
