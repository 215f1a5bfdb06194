/* DEBUG: what tests and the curious need. Its subcommands are not part of the command table, as in Redis. */
#include "commands/command_ids.h"
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/exec/exec.h"
#include "server/keyspace/access.h"
#include "server/keyspace/keys.h"
#include "server/observe/digest.h"
#include "server/observe/system.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/value.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PACKED_THRESHOLD_MAX (((int64_t)1 << 32) - ((int64_t)1 << 20))

static const char *const help[] = {
    "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "AOF-FLUSH-SLEEP <microseconds>",
    "    Let each group of the append-only file wait that long before it is written.",
    "CONFIG-REWRITE-FORCE-ALL",
    "    Like CONFIG REWRITE, but writes all options, also those with default values.",
    "DIGEST",
    "    A digest of the current data: 40 hex digits that do not depend on the order of keys.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    The digests of single values.",
    "ERROR <text>",
    "    Reply with an error of this text.",
    "HTSTATS <db>",
    "    Statistics of the tables of a database.",
    "HTSTATS-KEY <key>",
    "    Statistics of the table of a large value.",
    "LISTPACK <key>",
    "    Write the elements of a listpack to the standard output.",
    "LOADAOF",
    "    Write what is left to the append-only file, empty all databases, and load it.",
    "LOG <message>",
    "    Write a line to the log.",
    "MALLCTL <name> [<value>]",
    "    Read, or set, a number of the allocator.",
    "MALLCTL-STR <name> [<value>]",
    "    Read, or set, a string of the allocator.",
    "OBJECT <key>",
    "    How the value is kept.",
    "PANIC",
    "    End the server as a failed assertion does.",
    "PAUSE-CRON <0|1>",
    "    Stop the periodic work (sampling, looking at clients), or let it go on.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Make <count> string keys named <prefix>:<number>, 'key' if omitted, with values of <size> bytes.",
    "PROTOCOL <type>",
    "    Reply with a value of a RESP type: string integer double null array set map attrib push verbatim "
    "true false",
    "    bignum.",
    "QUICKLIST <key> [<detail>]",
    "    Write the elements of a quicklist to the standard output.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Elements of lists that are this large have a node of their own in a quicklist (0: as nodes are "
    "full).",
    "REPLYBUFFER <subcommand> ...",
    "    Accepted: reply buffers are chunks that come and go with the replies.",
    "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
    "    Save to the snapshot's file, empty everything and load it again. NOSAVE: load what is there; "
    "NOFLUSH: keep",
    "    what is in memory; MERGE: keys of the file replace those.",
    "SEGFAULT",
    "    Crash the server with a segmentation fault.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Turn the deletion of due keys that nobody reads off or on.",
    "SET-DISABLE-DENY-SCRIPTS <0|1>",
    "    Let scripts run commands that deny them.",
    "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
    "    Let RESTORE take payloads whose checksum is wrong.",
    "SLEEP <seconds>",
    "    Stop the server for that long. Decimals allowed.",
    "STRINGMATCH-LEN <length> <pattern>",
    "    Match a string of that many 'A' against a pattern.",
    "HELP",
    "    Print this help.",
    NULL,
};

static void debug_help(struct call *call) {
    size_t count = 0;
    while (help[count])
        count++;
    resp_array(call->reply, count);
    for (size_t i = 0; i < count; i++)
        resp_simple(call->reply, help[i]);
}

/* --- digests --- */

static void reply_digest(struct call *call, const unsigned char digest[DIGEST_BYTES]) {
    char hex[DIGEST_BYTES * 2 + 1];
    for (int i = 0; i < DIGEST_BYTES; i++)
        snprintf(hex + i * 2, 3, "%02x", digest[i]);
    resp_simple(call->reply, hex);
}

static void debug_digest(struct call *call) {
    unsigned char digest[DIGEST_BYTES];
    digest_keyspace(call->keyspace, digest);
    reply_digest(call, digest);
}

static void debug_digest_value(struct call *call) {
    resp_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        unsigned char digest[DIGEST_BYTES] = {0};
        const struct entry *e = key_read(call, i, KEY_NO_TOUCH | KEY_NO_STATS);
        if (e) digest_value(e, digest);
        reply_digest(call, digest);
    }
}

/* --- data --- */

static void debug_populate(struct call *call) {
    int64_t count, size = 0;
    if (!call_int64(call, 2, &count)) return;
    struct slice prefix = call->argc > 3 ? call->argv[3] : SLICE("key");
    if (call->argc > 4 && !call_int64(call, 4, &size)) return;
    if (count < 0 || size < 0 || (uint64_t)size > call->keyspace->conf.proto_max_bulk_len) {
        resp_error(call->reply, ERR_NOT_INT);
        return;
    }
    struct buf name = {0}, value = {0};
    for (int64_t i = 0; i < count; i++) {
        buf_clear(&name);
        buf_append_slice(&name, prefix);
        buf_printf(&name, ":%lld", (long long)i);
        struct key_ref ref;
        key_open_name(call, call->db, buf_slice(&name), &ref);
        if (key_entry(&ref)) continue;
        buf_clear(&value);
        buf_printf(&value, "value:%lld", (long long)i);
        if (call->argc > 4) {
            buf_reserve(&value, (size_t)size + 1);
            if (value.len < (size_t)size) memset(value.ptr + value.len, 0, (size_t)size - value.len);
            value.len = (size_t)size;
        }
        key_store(call, &ref, string_create(ref.name, buf_slice(&value), ENTRY_NO_DEADLINE));
        key_changed(call, &ref, 0, NULL);
    }
    unit_journal_none(call);
    buf_deinit(&name);
    buf_deinit(&value);
    resp_ok(call->reply);
}

static void debug_object(struct call *call) {
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) {
        resp_error(call->reply, ERR_NO_KEY);
        return;
    }
    char line[512];
    int len = snprintf(line, sizeof(line),
                       "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u lru_seconds_idle:%lld",
                       (const void *)e, value_encoding_name(e), entry_payload_size(e) + value_memory(e, 0),
                       entry_access(e), (long long)access_idle_ms(call->keyspace, e) / 1000);
    if (strcmp(value_encoding_name(e), "quicklist") == 0) {
        struct list_shape shape = list_shape(e);
        snprintf(line + len, sizeof(line) - (size_t)len,
                 " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%lld ql_compressed:%d "
                 "ql_uncompressed_size:%zu",
                 shape.packs, (double)list_count(e) / (double)shape.packs,
                 (long long)call->keyspace->conf.list_max_listpack_size,
                 call->keyspace->conf.list_compress_depth != 0, shape.bytes);
    }
    resp_simple(call->reply, line);
}

static void put_table_stats(struct buf *out, const char *title, const struct table *t) {
    buf_printf(out, "%s", title);
    if (t == NULL || t->buckets.count == 0) {
        buf_append_str(out, "No stats available for empty dictionaries\n");
        return;
    }
    size_t items_at[16] = {0};
    for (size_t i = 0; i < t->buckets.count; i++) {
        size_t items = 0;
        for (const struct bucket *b = table_bucket(t, i); b; b = bucket_next(b))
            items += (size_t)__builtin_popcount(bucket_occupied(b));
        items_at[items < 15 ? items : 15]++;
    }
    buf_printf(out, "Hash table 0 stats (main hash table):\n table size: %zu\n number of elements: %zu\n",
               t->buckets.count * BUCKET_SLOTS, t->count);
    buf_printf(out, " buckets: %zu\n overflow buckets: %u\n longest chain: %u\n items per bucket:\n",
               t->buckets.count, t->chained, t->chain_max);
    for (size_t i = 0; i < 16; i++)
        if (items_at[i])
            buf_printf(out, "   %s%zu: %zu (%.02f%%)\n", i == 15 ? ">= " : "", i, items_at[i],
                       (double)items_at[i] * 100 / (double)t->buckets.count);
}

static void debug_htstats(struct call *call) {
    int64_t index;
    if (!call_int64(call, 2, &index)) return;
    struct database *db = keyspace_database(call->keyspace, index);
    if (db == NULL) {
        resp_error(call->reply, "ERR Out of range database");
        return;
    }
    struct buf text = {0};
    put_table_stats(&text, "[Dictionary HT]\n", &db->tables[0].table);
    buf_printf(&text, "[Expires]\n number of elements: %zu\n", database_expiring(db));
    resp_verbatim(call->reply, text.ptr, text.len, "txt");
    buf_deinit(&text);
}

static void debug_htstats_key(struct call *call) {
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) {
        resp_error(call->reply, ERR_NO_KEY);
        return;
    }
    const struct table *t = entry_type(e) == VALUE_HASH  ? hash_table_of(e)
                            : entry_type(e) == VALUE_SET ? set_table_of(e)
                                                         : NULL;
    if (t == NULL) {
        resp_error(call->reply,
                   "ERR The value stored at the specified key is not represented using an hash table");
        return;
    }
    struct buf text = {0};
    put_table_stats(&text, "", t);
    resp_verbatim(call->reply, text.ptr, text.len, "txt");
    buf_deinit(&text);
}

static bool print_element(void *arg, struct slice value) {
    size_t *at = arg;
    struct buf text = {0};
    buf_append_quoted(&text, value.ptr, value.len);
    printf("%zu %s\n", (*at)++, buf_cstr(&text));
    buf_deinit(&text);
    return true;
}

static void print_listpack(const void *lp) {
    size_t n = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        char digits[LISTPACK_INT_CHARS];
        print_element(&n, listpack_get(lp, at, digits));
    }
}

/* Prints the elements of the value at argv[2], if it has this encoding. */
static void debug_elements(struct call *call, const char *encoding, const char *refusal, const char *done) {
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) {
        resp_error(call->reply, ERR_NO_KEY);
        return;
    }
    if (strcmp(value_encoding_name(e), encoding) != 0) {
        resp_error(call->reply, refusal);
        return;
    }
    size_t at = 0;
    if (entry_type(e) == VALUE_LIST)
        list_range(e, 0, SIZE_MAX, false, print_element, &at);
    else
        print_listpack(entry_payload(e));
    fflush(stdout);
    resp_simple(call->reply, done);
}

static void debug_listpack(struct call *call) {
    debug_elements(call, "listpack", "ERR Not a listpack encoded object.",
                   "Listpack structure printed on stdout");
}

static void debug_quicklist(struct call *call) {
    debug_elements(call, "quicklist", "ERR Not a quicklist encoded object.",
                   "Quicklist structure printed on stdout");
}

static void debug_packed_threshold(struct call *call) {
    int64_t bytes;
    struct slice text = call->argv[2];
    if (!num_parse_memory(text.ptr, text.len, &bytes) || bytes < 0 || bytes > PACKED_THRESHOLD_MAX) {
        resp_error(call->reply, "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
        return;
    }
    call->keyspace->list_plain_min = (uint64_t)bytes;
    resp_ok(call->reply);
}

/* --- protocol --- */

static void debug_protocol(struct call *call) {
    struct resp_writer *w = call->reply;
    struct slice type = call->argv[2];
    if (slice_is(type, "string"))
        resp_bulk_cstr(w, "Hello World");
    else if (slice_is(type, "integer"))
        resp_int(w, 12345);
    else if (slice_is(type, "double"))
        resp_double(w, 3.141);
    else if (slice_is(type, "null"))
        resp_null(w);
    else if (slice_is(type, "true"))
        resp_bool(w, true);
    else if (slice_is(type, "false"))
        resp_bool(w, false);
    else if (slice_is(type, "verbatim"))
        resp_verbatim(w, "This is a verbatim\nstring", 25, "txt");
    else if (slice_is(type, "bignum"))
        resp_big_number(w, "1234567999999999999999999999999999999", 37);
    else if (slice_is(type, "array")) {
        resp_array(w, 3);
        for (int i = 0; i < 3; i++)
            resp_int(w, i);
    } else if (slice_is(type, "set")) {
        resp_set(w, 3);
        for (int i = 0; i < 3; i++)
            resp_int(w, i);
    } else if (slice_is(type, "map")) {
        resp_map(w, 3);
        for (int i = 0; i < 3; i++) {
            resp_int(w, i);
            resp_bool(w, i == 1);
        }
    } else if (slice_is(type, "attrib")) {
        if (w->proto >= 3) {
            resp_attribute(w, 1);
            resp_bulk_cstr(w, "key-popularity");
            resp_array(w, 2);
            resp_bulk_cstr(w, "key:123");
            resp_int(w, 90);
        }
        resp_bulk_cstr(w, "Some real reply following the attribute");
    } else if (slice_is(type, "push")) {
        if (w->proto < 3) {
            resp_error(w, "ERR RESP2 is not supported by this command");
            return;
        }
        resp_push(w, 2);
        resp_bulk_cstr(w, "server-cpu-usage");
        resp_int(w, 42);
    } else {
        resp_error(w, "ERR Wrong protocol type name. Please use one of the following: "
                      "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
    }
}

/* --- the process --- */

static void debug_sleep(struct call *call) {
    double seconds;
    if (!call_double(call, 2, &seconds)) return;
    if (!(seconds >= 0 && seconds < 1e6)) {
        resp_error(call->reply, ERR_NOT_FLOAT);
        return;
    }
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0) {
    }
    call->keyspace->slept_ms += (int64_t)(seconds * 1000);
    resp_ok(call->reply);
}

static bool read_switch(struct call *call, bool *out) {
    int64_t on;
    if (!call_int64(call, 2, &on)) return false;
    *out = on != 0;
    return true;
}

static void debug_set_active_expire(struct call *call) {
    if (read_switch(call, &call->keyspace->active_expire)) resp_ok(call->reply);
}

static void debug_pause_cron(struct call *call) {
    struct system *sys = call->module;
    if (read_switch(call, &sys->cron_paused)) resp_ok(call->reply);
}

static void debug_reload(struct call *call) {
    struct system *sys = call->module;
    struct persist_reload reload = {.flush = true};
    bool save = true;
    for (int i = 2; i < call->argc; i++) {
        if (slice_is(call->argv[i], "nosave")) {
            save = false;
        } else if (slice_is(call->argv[i], "noflush")) {
            reload.flush = false;
        } else if (slice_is(call->argv[i], "merge")) {
            reload.merge = true;
        } else {
            resp_error(call->reply, "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
            return;
        }
    }
    persist_reload(sys->persist, call, save, reload);
}

static void debug_set_skip_checksum_validation(struct call *call) {
    struct system *sys = call->module;
    if (read_switch(call, &sys->persist->checksum_skipped)) resp_ok(call->reply);
}

/* There are no scripts yet that could be denied anything. */
static void debug_set_disable_deny_scripts(struct call *call) {
    bool ignored;
    if (read_switch(call, &ignored)) resp_ok(call->reply);
}

static void debug_log(struct call *call) {
    struct system *sys = call->module;
    log_warning(sys->log, "DEBUG LOG: %.*s", (int)call->argv[2].len, call->argv[2].ptr);
    resp_ok(call->reply);
}

static void debug_segfault(struct call *call) {
    *(volatile char *)(uintptr_t)16 = 'x';
}

static void debug_panic(struct call *call) {
    panic("called by DEBUG PANIC");
}

static void debug_error(struct call *call) {
    struct buf text = {0};
    buf_append_slice(&text, call->argv[2]);
    resp_error(call->reply, buf_cstr(&text));
    buf_deinit(&text);
}

static void debug_replybuffer(struct call *call) {
    bool peak_reset = slice_is(call->argv[2], "peak-reset-time"),
         resizing = slice_is(call->argv[2], "resizing");
    if (call->argc == 4 && (peak_reset || resizing))
        resp_ok(call->reply);
    else
        call_error_subcommand(call);
}

/* Numbers of the allocator are 8, 4 or 1 bytes wide; only it knows which. */
static void debug_mallctl(struct call *call) {
    struct buf name = {0};
    int64_t given = 0;
    if (call->argc == 4 && !call_int64(call, 3, &given)) return;
    buf_append_slice(&name, call->argv[2]);
    uint64_t value = 0;
    int error = EINVAL;
    for (size_t width = 8; error == EINVAL && width > 0; width = width == 4 ? 1 : width / 2) {
        uint64_t fresh = (uint64_t)given;
        size_t len = width;
        value = 0;
        error = mem_ctl(buf_cstr(&name), &value, &len, call->argc == 4 ? &fresh : NULL,
                        call->argc == 4 ? width : 0);
        if (width == 1) break;
    }
    buf_deinit(&name);
    if (error)
        resp_errorf(call->reply, "ERR %s", strerror(error));
    else
        resp_int(call->reply, (int64_t)value);
}

static void debug_mallctl_str(struct call *call) {
    struct buf name = {0}, fresh = {0};
    buf_append_slice(&name, call->argv[2]);
    const char *old = NULL, *text = NULL;
    if (call->argc == 4) {
        buf_append_slice(&fresh, call->argv[3]);
        text = buf_cstr(&fresh);
    }
    size_t len = sizeof(old);
    int error = mem_ctl(buf_cstr(&name), &old, &len, text ? &text : NULL, text ? sizeof(text) : 0);
    if (error || old == NULL)
        resp_errorf(call->reply, "ERR %s", strerror(error ? error : EINVAL));
    else
        resp_bulk_cstr(call->reply, old);
    buf_deinit(&name);
    buf_deinit(&fresh);
}

static void debug_stringmatch_len(struct call *call) {
    int64_t len;
    if (!call_int64_range(call, 2, 0, 64 << 20, &len, ERR_NOT_INT)) return;
    char *text = mem_alloc((size_t)len + 1);
    memset(text, 'A', (size_t)len);
    resp_int(call->reply, glob_match(call->argv[3].ptr, call->argv[3].len, text, (size_t)len, false));
    mem_free(text);
}

static void debug_loadaof(struct call *call) {
    aof_reload(((struct system *)call->module)->aof, call);
}

static void debug_aof_flush_sleep(struct call *call) {
    struct system *sys = call->module;
    int64_t delay_us;
    if (!call_int64_range(call, 2, 0, INT64_MAX / 2, &delay_us, NULL)) return;
    journal_set_delay(&sys->aof->journal, delay_us);
    resp_ok(call->reply);
}

static void debug_config_rewrite(struct call *call) {
    struct system *sys = call->module;
    conf_rewrite(sys->conf, sys->files, true, call->reply);
}

static void cmd_debug(struct call *call) {
    static const struct {
        const char *name;
        int argc_min, argc_max;
        command_handler *run;
    } subs[] = {
        {"help", 2, 2, debug_help},
        {"digest", 2, 2, debug_digest},
        {"digest-value", 2, INT_MAX, debug_digest_value},
        {"populate", 3, 5, debug_populate},
        {"object", 3, 4, debug_object},
        {"htstats", 3, 4, debug_htstats},
        {"htstats-key", 3, 4, debug_htstats_key},
        {"protocol", 3, 3, debug_protocol},
        {"sleep", 3, 3, debug_sleep},
        {"set-active-expire", 3, 3, debug_set_active_expire},
        {"pause-cron", 3, 3, debug_pause_cron},
        {"set-disable-deny-scripts", 3, 3, debug_set_disable_deny_scripts},
        {"set-skip-checksum-validation", 3, 3, debug_set_skip_checksum_validation},
        {"listpack", 3, 3, debug_listpack},
        {"quicklist", 3, 4, debug_quicklist},
        {"quicklist-packed-threshold", 3, 3, debug_packed_threshold},
        {"reload", 2, 5, debug_reload},
        {"log", 3, 3, debug_log},
        {"segfault", 2, 2, debug_segfault},
        {"panic", 2, 2, debug_panic},
        {"error", 3, 3, debug_error},
        {"replybuffer", 3, 4, debug_replybuffer},
        {"mallctl", 3, 4, debug_mallctl},
        {"mallctl-str", 3, 4, debug_mallctl_str},
        {"stringmatch-len", 4, 4, debug_stringmatch_len},
        {"loadaof", 2, 2, debug_loadaof},
        {"aof-flush-sleep", 3, 3, debug_aof_flush_sleep},
        {"config-rewrite-force-all", 2, 2, debug_config_rewrite},
    };
    for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
        if (!slice_is(call->argv[1], subs[i].name)) continue;
        if (call->argc < subs[i].argc_min || call->argc > subs[i].argc_max) break;
        subs[i].run(call);
        return;
    }
    call_error_subcommand(call);
}

const struct command_binding debug_bindings[] = {{CMD_DEBUG, cmd_debug}, COMMAND_BINDINGS_END};
