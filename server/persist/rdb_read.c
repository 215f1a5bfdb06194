/* See rdb_read.h. An element is read whole or not at all: where its bytes are not all there, reading goes
 * back to its beginning, so that nothing but the elements held in `build` and the count of those to come has
 * to be kept between two steps. */
#include "server/persist/rdb_read.h"
#include "common/base/panic.h"
#include "server/persist/rdb_blob.h"
#include "server/persist/rdb_format.h"
#include "server/types/string.h"
#include "server/types/value.h"

void rdb_value_begin(struct rdb_value *v, const struct rdb_rules *rules, uint8_t type, struct slice key) {
    must(v->entry == NULL);
    v->rules = rules;
    v->type = type;
    v->key = key;
    v->counted = false;
    v->left = 0;
}

struct entry *rdb_value_take(struct rdb_value *v) {
    struct entry *e = v->entry;
    must(e);
    v->entry = NULL;
    return e;
}

void rdb_value_drop(struct rdb_value *v) {
    rdb_build_drop(&v->build);
    rdb_stream_drop(&v->stream);
    if (v->entry) value_free(v->entry);
    v->entry = NULL;
}

void rdb_value_deinit(struct rdb_value *v) {
    rdb_value_drop(v);
    rdb_build_deinit(&v->build);
    rdb_text_deinit(&v->text);
}

/* --- modules --- */

void rdb_module_name(uint64_t id, char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = RDB_MODULE_NAME_CHARS - 1; i >= 0; i--)
        name[i] = letters[id >> (10 + 6 * (RDB_MODULE_NAME_CHARS - 1 - i)) & 63];
    name[RDB_MODULE_NAME_CHARS] = 0;
}

static enum rdb_status refuse_module(struct rdb_in *in) {
    uint64_t id;
    char name[RDB_MODULE_NAME_CHARS + 1];
    const uint8_t *start = in->at;
    if (!rdb_get_length(in, &id)) return rdb_in_rewind(in, start);
    rdb_module_name(id, name);
    rdb_fail(in, "it is a value of module '%s', and modules are not supported", name);
    return RDB_BAD;
}

/* --- values of one string --- */

static enum rdb_status read_string(struct rdb_value *v, struct rdb_in *in) {
    const uint8_t *start = in->at;
    if (v->type == RDB_HASH_LISTPACK_TTLS && !rdb_get_u64(in, &v->earliest)) return rdb_in_rewind(in, start);
    if (!rdb_get_text(in, &v->text)) return rdb_in_rewind(in, start);
    if (v->type != RDB_STRING)
        return rdb_blob_read(&v->build, v->rules, v->type, v->key, v->text.s, in, &v->entry);
    v->entry = string_create(v->key, v->text.s, ENTRY_NO_DEADLINE);
    return RDB_DONE;
}

/* --- values of elements --- */

/* How far it lies behind the earliest one, plus one; 0: none. */
static bool read_deadline(struct rdb_value *v, struct rdb_in *in) {
    uint64_t behind;
    if (!rdb_get_length(in, &behind)) return false;
    if (v->earliest > INT64_MAX || behind > INT64_MAX - v->earliest)
        return rdb_fail(in, "the deadline of a field is out of range");
    v->build.deadline[v->build.held] = behind ? (int64_t)(v->earliest + behind - 1) : ENTRY_NO_DEADLINE;
    return true;
}

static bool read_element(struct rdb_value *v, struct rdb_in *in) {
    struct rdb_build *b = &v->build;
    struct rdb_text *text = rdb_build_slot(b);
    if (v->type == RDB_HASH_FIELD_TTLS && !read_deadline(v, in)) return false;
    if (!rdb_get_text(in, text)) return false;
    switch (v->type) {
    case RDB_HASH:
    case RDB_HASH_FIELD_TTLS: return rdb_get_text(in, text + 1);
    case RDB_ZSET: return rdb_get_digits(in, &b->score[b->held]);
    case RDB_ZSET_2: return rdb_get_double(in, &b->score[b->held]);
    default: return true;
    }
}

static bool read_count(struct rdb_value *v, enum value_type type, struct rdb_in *in) {
    bool dated = v->type == RDB_HASH_FIELD_TTLS;
    unsigned each = v->type == RDB_ZSET_2 ? 9 : type == VALUE_SET || type == VALUE_LIST ? 1 : dated ? 3 : 2;
    const uint8_t *start = in->at;
    if ((dated && !rdb_get_u64(in, &v->earliest)) || !rdb_get_count(in, each, &v->left)) {
        rdb_in_rewind(in, start);
        return false;
    }
    v->counted = true;
    if (v->left) rdb_build_begin(&v->build, v->rules, type, v->key, v->left);
    v->build.dated = dated;
    return true;
}

static enum rdb_status read_elements(struct rdb_value *v, enum value_type type, struct rdb_in *in,
                                     size_t budget) {
    if (!v->counted && !read_count(v, type, in)) return in->status;
    if (v->left == 0) return RDB_EMPTY;
    for (; v->left && budget; v->left--, budget--) {
        const uint8_t *start = in->at;
        if (!read_element(v, in)) {
            rdb_in_rewind(in, start);
            /* The window may go, and with it the bytes of what is held. */
            if (in->status == RDB_SHORT && !rdb_build_flush(&v->build, in)) return RDB_BAD;
            return in->status;
        }
        if (!rdb_build_added(&v->build, in)) return RDB_BAD;
    }
    if (v->left) return rdb_build_flush(&v->build, in) ? RDB_AGAIN : RDB_BAD;
    v->entry = rdb_build_finish(&v->build, in);
    return v->entry ? RDB_DONE : RDB_BAD;
}

/* --- lists of nodes --- */

static bool read_node(struct rdb_value *v, struct rdb_in *in) {
    struct rdb_build *b = &v->build;
    uint64_t container = RDB_NODE_PACKED;
    if (v->type == RDB_LIST_QUICKLIST_2 && !rdb_get_length(in, &container)) return false;
    if (!rdb_get_text(in, &v->text)) return false;
    if (container == RDB_NODE_PACKED) return rdb_blob_append(b, v->type, v->text.s, in);
    if (container != RDB_NODE_PLAIN) return rdb_fail(in, "unknown container %d", (int)container);
    if (v->text.s.len == 0) return rdb_fail(in, "a plain node without bytes"); /* nobody writes one */
    rdb_build_slot(b)->s = v->text.s;
    return rdb_build_added(b, in) && rdb_build_flush(b, in);
}

/* A node counts as one element of the budget. */
static enum rdb_status read_nodes(struct rdb_value *v, struct rdb_in *in, size_t budget) {
    if (!v->counted && !read_count(v, VALUE_LIST, in)) return in->status;
    for (; v->left && budget; v->left--, budget--) {
        const uint8_t *start = in->at;
        if (!read_node(v, in)) return rdb_in_rewind(in, start);
    }
    if (v->left) return RDB_AGAIN;
    if (v->build.entry == NULL) return RDB_EMPTY;
    v->entry = rdb_build_finish(&v->build, in);
    return RDB_DONE;
}

enum rdb_status rdb_value_step(struct rdb_value *v, struct rdb_in *in, size_t budget) {
    switch (v->type) {
    case RDB_STRING: return read_string(v, in);
    case RDB_LIST: return read_elements(v, VALUE_LIST, in, budget);
    case RDB_LIST_QUICKLIST:
    case RDB_LIST_QUICKLIST_2: return read_nodes(v, in, budget);
    case RDB_SET: return read_elements(v, VALUE_SET, in, budget);
    case RDB_HASH:
    case RDB_HASH_FIELD_TTLS: return read_elements(v, VALUE_HASH, in, budget);
    case RDB_ZSET:
    case RDB_ZSET_2: return read_elements(v, VALUE_ZSET, in, budget);
    case RDB_STREAM:
    case RDB_STREAM_2:
    case RDB_STREAM_3: return rdb_stream_step(&v->stream, v->type, v->key, in, budget, &v->entry);
    case RDB_MODULE_2: return refuse_module(in);
    case RDB_MODULE:
        rdb_fail(in, "it is a value of a module as a release candidate wrote it");
        return RDB_BAD;
    default: break;
    }
    if (rdb_blob_is_type(v->type)) return read_string(v, in);
    rdb_fail(in, "unknown value type %d", v->type);
    return RDB_BAD;
}
