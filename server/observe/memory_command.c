/* MEMORY: what keys and the server take, and which keys stand out. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/commands/describe.h"
#include "server/keyspace/big_keys.h"
#include "server/keyspace/keys.h"
#include "server/observe/hot_keys.h"
#include "server/observe/memory_report.h"
#include "server/types/value.h"
#include <stdio.h>

#define SAMPLES_DEFAULT 5
#define COUNT_DEFAULT   10
#define BIG_KEYS_ALL    (BIG_KEYS_PER_TYPE * VALUE_TYPES)

/* --- USAGE --- */

/* A key's share of its table's buckets. */
static size_t table_share(const struct database *db, struct slice key) {
    const struct table *t = &database_table(db, key)->table;
    return t->count ? table_bytes(t) / t->count : 0;
}

static void cmd_memory_usage(struct call *call) {
    int64_t samples = SAMPLES_DEFAULT;
    for (int i = 3; i < call->argc; i++) {
        if (!slice_is(call->argv[i], "samples") || i + 1 >= call->argc) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
        if (!call_int64(call, ++i, &samples)) return;
        if (samples < 0) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
    }
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    resp_int(call->reply, (int64_t)(value_memory(e, (size_t)samples) + table_share(call->db, call->argv[2])));
}

/* --- STATS --- */

static void put_int(struct resp_writer *w, const char *name, uint64_t value, size_t *pairs) {
    resp_bulk_cstr(w, name);
    resp_int(w, (int64_t)value);
    ++*pairs;
}

static void put_double(struct resp_writer *w, const char *name, double value, size_t *pairs) {
    resp_bulk_cstr(w, name);
    resp_double(w, value);
    ++*pairs;
}

static void put_database(struct resp_writer *w, const struct database *db, size_t *pairs) {
    size_t inner = 0;
    char name[32];
    snprintf(name, sizeof(name), "db.%d", db->index);
    resp_bulk_cstr(w, name);
    resp_map(w, 3);
    put_int(w, "overhead.hashtable.main", memory_tables_bytes(db), &inner);
    put_int(w, "overhead.hashtable.expires", memory_deadlines_bytes(db), &inner);
    put_int(w, "overhead.hashtable.slot-to-keys", 0, &inner); /* a table per slot, where there are slots */
    ++*pairs;
}

static void cmd_memory_stats(struct call *call) {
    struct system *sys = call->module;
    struct resp_writer *w = call->reply;
    struct memory_report r;
    memory_report(sys, &r);
    struct resp_deferred map = resp_deferred(w);
    size_t n = 0;
    put_int(w, "peak.allocated", r.peak, &n);
    put_int(w, "total.allocated", r.used, &n);
    put_int(w, "startup.allocated", r.startup, &n);
    put_int(w, "replication.backlog", 0, &n); /* these four: not built yet */
    put_int(w, "clients.slaves", r.clients_replicas, &n);
    put_int(w, "clients.normal", r.clients_normal, &n);
    put_int(w, "cluster.links", 0, &n);
    put_int(w, "aof.buffer", 0, &n);
    put_int(w, "lua.caches", 0, &n);
    put_int(w, "functions.caches", 0, &n);
    for (int i = 0; i < call->keyspace->conf.databases; i++) {
        const struct database *db = call->keyspace->databases[i];
        if (db && database_count(db)) put_database(w, db, &n);
    }
    put_int(w, "overhead.total", r.overhead, &n);
    put_int(w, "keys.count", r.keys, &n);
    put_int(w, "keys.bytes-per-key", r.keys ? (r.used - r.startup) / r.keys : 0, &n);
    put_int(w, "dataset.bytes", r.dataset, &n);
    put_double(w, "dataset.percentage", r.dataset_percent, &n);
    put_double(w, "peak.percentage", r.peak_percent, &n);
    put_int(w, "allocator.allocated", r.heap.allocated, &n);
    put_int(w, "allocator.active", r.heap.active, &n);
    put_int(w, "allocator.resident", r.heap.resident, &n);
    put_double(w, "allocator-fragmentation.ratio", r.frag_ratio, &n);
    put_int(w, "allocator-fragmentation.bytes", (uint64_t)r.frag_bytes, &n);
    put_double(w, "allocator-rss.ratio", r.rss_ratio, &n);
    put_int(w, "allocator-rss.bytes", (uint64_t)r.rss_bytes, &n);
    put_double(w, "rss-overhead.ratio", r.rss_overhead_ratio, &n);
    put_int(w, "rss-overhead.bytes", (uint64_t)r.rss_overhead_bytes, &n);
    put_double(w, "fragmentation", r.fragmentation, &n);
    put_int(w, "fragmentation.bytes", (uint64_t)r.fragmentation_bytes, &n);
    resp_deferred_fill(w, map, RESP_MAP, n);
}

/* --- texts --- */

static void reply_text(struct call *call, struct buf *text) {
    resp_verbatim(call->reply, text->ptr ? text->ptr : "", text->len, "txt");
    buf_deinit(text);
}

static void cmd_memory_doctor(struct call *call) {
    struct buf text = {0};
    memory_doctor(call->module, &text);
    reply_text(call, &text);
}

static void append_text(void *arg, const char *text) {
    buf_append_str(arg, text);
}

static void cmd_memory_malloc_stats(struct call *call) {
    struct buf text = {0};
    mem_allocator_report(append_text, &text);
    if (text.len == 0) buf_append_str(&text, "Stats not supported for the current allocator");
    reply_text(call, &text);
}

static void cmd_memory_purge(struct call *call) {
    mem_purge();
    resp_ok(call->reply);
}

/* --- BIGKEYS, HOTKEYS --- */

static const char *const type_names[] = {
    [VALUE_STRING] = "string", [VALUE_LIST] = "list", [VALUE_SET] = "set",
    [VALUE_ZSET] = "zset",     [VALUE_HASH] = "hash", [VALUE_STREAM] = "stream",
};
_Static_assert(sizeof(type_names) / sizeof(type_names[0]) == VALUE_TYPES, "every type has a name");

static bool type_by_name(struct slice name, enum value_type *out) {
    for (unsigned t = 0; t < VALUE_TYPES; t++) {
        if (!slice_is(name, type_names[t])) continue;
        *out = t;
        return true;
    }
    return false;
}

/* "COUNT n" and, where `type` is not NULL, "TYPE t", in any order. */
static bool parse_options(struct call *call, int64_t *count, enum value_type *type) {
    *count = COUNT_DEFAULT;
    for (int i = 2; i < call->argc; i += 2) {
        bool has_value = i + 1 < call->argc;
        if (has_value && slice_is(call->argv[i], "count")) {
            if (!call_int64_range(call, i + 1, 1, INT64_MAX, count, "ERR COUNT should be greater than 0"))
                return false;
        } else if (has_value && type && slice_is(call->argv[i], "type")) {
            if (type_by_name(call->argv[i + 1], type)) continue;
            resp_errorf(call->reply, "ERR unknown type name '%.*s'", (int)call->argv[i + 1].len,
                        call->argv[i + 1].ptr);
            return false;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

static void put_key(struct resp_writer *w, struct slice name, int db_index, const char *type) {
    resp_map(w, 4);
    resp_bulk_cstr(w, "key");
    resp_bulk_slice(w, name);
    resp_bulk_cstr(w, "db");
    resp_int(w, db_index);
    resp_bulk_cstr(w, "type");
    resp_bulk_cstr(w, type);
}

static void cmd_memory_bigkeys(struct call *call) {
    struct big_key_found found[BIG_KEYS_ALL];
    enum value_type type = VALUE_TYPES;
    int64_t count;
    if (!parse_options(call, &count, &type)) return;
    size_t n =
        big_keys_list(call->keyspace, type, found, count < BIG_KEYS_ALL ? (size_t)count : BIG_KEYS_ALL);
    resp_array(call->reply, n);
    for (size_t i = 0; i < n; i++) {
        put_key(call->reply, found[i].name, found[i].db_index, type_names[found[i].type]);
        resp_bulk_cstr(call->reply, "bytes");
        resp_int(call->reply, (int64_t)found[i].bytes);
    }
}

/* What the name holds now: it may have gone since it was used. */
static const char *type_now(struct keyspace *ks, const struct hot_key_found *f) {
    const struct database *db = ks->databases[f->db_index];
    const struct entry *e = database_find(db, f->name, hash_slice(&ks->secret, f->name)).entry;
    return e && !entry_due(e, ks->now_ms) ? value_type_name(e) : "none";
}

static void cmd_memory_hotkeys(struct call *call) {
    struct system *sys = call->module;
    struct hot_key_found found[HOT_KEYS_MAX];
    int64_t count;
    if (!parse_options(call, &count, NULL)) return;
    size_t n = hot_keys_list(sys->hot_keys, call->now_ms, found,
                             count < HOT_KEYS_MAX ? (size_t)count : HOT_KEYS_MAX);
    resp_array(call->reply, n);
    for (size_t i = 0; i < n; i++) {
        put_key(call->reply, found[i].name, found[i].db_index, type_now(call->keyspace, &found[i]));
        resp_bulk_cstr(call->reply, "hits");
        resp_int(call->reply, (int64_t)found[i].uses);
    }
}

static void cmd_memory_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_MEMORY));
}

const struct command_binding memory_bindings[] = {
    {CMD_MEMORY_USAGE, cmd_memory_usage},
    {CMD_MEMORY_STATS, cmd_memory_stats},
    {CMD_MEMORY_DOCTOR, cmd_memory_doctor},
    {CMD_MEMORY_MALLOC_STATS, cmd_memory_malloc_stats},
    {CMD_MEMORY_PURGE, cmd_memory_purge},
    {CMD_MEMORY_BIGKEYS, cmd_memory_bigkeys},
    {CMD_MEMORY_HOTKEYS, cmd_memory_hotkeys},
    {CMD_MEMORY_HELP, cmd_memory_help},
    COMMAND_BINDINGS_END,
};
