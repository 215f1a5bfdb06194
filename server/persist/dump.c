/* DUMP and RESTORE.
 *
 * What comes by RESTORE was made by anybody: the checksum only tells accidents, so a value is read with the
 * same distrust as one from a file (rdb_in.h). */
#include "server/persist/dump.h"
#include "commands/command_ids.h"
#include "common/base/crc.h"
#include "common/base/num.h"
#include "server/keyspace/access.h"
#include "server/keyspace/keys.h"
#include "server/persist/persist.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_out.h"
#include "server/persist/rdb_read.h"
#include "server/persist/rdb_write.h"
#include "server/types/value.h"

#define ERR_BUSY_KEY "BUSYKEY Target key name already exists."
#define ERR_TTL      "ERR Invalid TTL value, must be >= 0"
#define ERR_IDLE     "ERR Invalid IDLETIME value, must be >= 0"
#define ERR_FREQ     "ERR Invalid FREQ value, must be >= 0 and <= 255"
#define ERR_REFUSED  "ERR DUMP payload version or checksum are wrong"
#define ERR_DAMAGED  "ERR Bad data format"

/* --- bytes --- */

void dump_write(const struct entry *e, int version, bool compress, struct buf *to) {
    struct rdb_out out = {.unmarked = !compress};
    version = rdb_version_for(e, version);
    rdb_put_byte(&out, rdb_type_of(e, version));
    rdb_put_value(&out, e, version);
    size_t start = to->len;
    rdb_pack(&out, to);
    rdb_out_deinit(&out);
    uint16_t written = (uint16_t)version;
    buf_append(to, &written, sizeof(written)); /* little-endian, as this machine is */
    uint64_t crc = crc64(0, to->ptr + start, to->len - start);
    buf_append(to, &crc, sizeof(crc));
}

static bool footer_is_right(struct slice payload, bool unchecked) {
    if (payload.len < RDB_FOOTER_LEN) return false;
    const char *footer = payload.ptr + payload.len - RDB_FOOTER_LEN;
    uint16_t version;
    uint64_t crc;
    memcpy(&version, footer, sizeof(version));
    memcpy(&crc, footer + sizeof(version), sizeof(crc));
    if (version > RDB_VERSION_MAX) return false;
    return unchecked || crc == crc64(0, payload.ptr, payload.len - sizeof(crc));
}

enum dump_result dump_read(struct slice payload, struct slice key, const struct rdb_rules *rules,
                           bool unchecked, struct entry **out, char *reason) {
    if (!footer_is_right(payload, unchecked)) return DUMP_REFUSED;
    payload.len -= RDB_FOOTER_LEN;
    struct rdb_in in;
    struct rdb_value value = {0};
    uint8_t type;
    rdb_in_init(&in, payload, 0);
    *out = NULL;
    if (rdb_get_byte(&in, &type)) {
        rdb_value_begin(&value, rules, type, key);
        enum rdb_status status = rdb_value_step(&value, &in, SIZE_MAX);
        if (status == RDB_DONE) *out = rdb_value_take(&value);
        if (status == RDB_EMPTY) rdb_fail(&in, "a collection without elements");
    }
    rdb_value_deinit(&value);
    _Static_assert(sizeof(in.error) == DUMP_REASON_CHARS, "the reason fits");
    if (reason) memcpy(reason, in.error, sizeof(in.error));
    return *out ? DUMP_OK : DUMP_DAMAGED;
}

/* --- commands --- */

static void cmd_dump(struct call *call) {
    const struct persist *p = call->module;
    const struct entry *e = key_read(call, 1, KEY_TOUCH);
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    struct buf payload = {0};
    dump_write(e, p->conf.rdb_version, p->conf.rdb_compression, &payload);
    resp_bulk(call->reply, payload.ptr, payload.len);
    buf_deinit(&payload);
}

struct restore {
    bool replace, absolute;
    int64_t idle_s, frequency; /* -1: not given */
    int64_t ttl;               /* 0: none; later the deadline */
};

/* The options behind the payload; false: the error was replied. */
static bool restore_options(struct call *call, struct restore *r) {
    *r = (struct restore){.idle_s = -1, .frequency = -1};
    for (int i = 4; i < call->argc; i++) {
        bool more = i + 1 < call->argc;
        if (slice_is(call->argv[i], "replace")) {
            r->replace = true;
        } else if (slice_is(call->argv[i], "absttl")) {
            r->absolute = true;
        } else if (slice_is(call->argv[i], "idletime") && more && r->frequency == -1) {
            if (!call_int64(call, ++i, &r->idle_s)) return false;
            if (r->idle_s >= 0) continue;
            resp_error(call->reply, ERR_IDLE);
            return false;
        } else if (slice_is(call->argv[i], "freq") && more && r->idle_s == -1) {
            if (!call_int64(call, ++i, &r->frequency)) return false;
            if (r->frequency >= 0 && r->frequency <= 255) continue;
            resp_error(call->reply, ERR_FREQ);
            return false;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

/* Makes the time to live a deadline; false: it is none, which was replied. */
static bool restore_deadline(struct call *call, struct restore *r) {
    if (!call_int64(call, 2, &r->ttl)) return false;
    bool bad = r->ttl < 0;
    if (r->ttl && !r->absolute && !bad) bad = __builtin_add_overflow(r->ttl, call->now_ms, &r->ttl);
    if (bad) resp_error(call->reply, ERR_TTL);
    return !bad;
}

/* The value of argv[3]; NULL: the error was replied. */
static struct entry *restore_value(struct call *call) {
    const struct persist *p = call->module;
    const struct rdb_rules rules = rdb_rules_of(call->keyspace);
    struct entry *e = NULL;
    char reason[DUMP_REASON_CHARS];
    switch (dump_read(call->argv[3], call->argv[1], &rules, p->checksum_skipped, &e, reason)) {
    case DUMP_OK: return e;
    case DUMP_REFUSED: resp_error(call->reply, ERR_REFUSED); return NULL;
    case DUMP_DAMAGED: break;
    }
    if (p->log) log_warning(p->log, "A payload that came by RESTORE is refused: %s", reason);
    resp_error(call->reply, ERR_DAMAGED);
    return NULL;
}

/* The deadline has passed: nothing is stored, and what was there goes. */
static void restore_nothing(struct call *call, struct key_ref *ref) {
    if (key_entry(ref)) {
        struct slice del[2] = {call->keyspace->conf.lazyfree_lazy_server_del ? SLICE("UNLINK") : SLICE("DEL"),
                               ref->name};
        key_delete(call, ref);
        unit_journal(call, del, 2);
        key_changed(call, ref, NOTIFY_GENERIC, "del");
    }
    resp_ok(call->reply);
}

/* A time to live that counts from now becomes a deadline in the journal. */
static void journal_restore(struct call *call, const struct restore *r) {
    if (r->ttl == 0 || r->absolute) return;
    struct slice argv[16];
    char digits[NUM_INT64_CHARS_MAX];
    int argc = 0;
    argv[argc++] = SLICE("RESTORE");
    argv[argc++] = call->argv[1];
    argv[argc++] = (struct slice){digits, num_format_int64(digits, r->ttl)};
    argv[argc++] = call->argv[3];
    if (r->replace) argv[argc++] = SLICE("REPLACE");
    argv[argc++] = SLICE("ABSTTL");
    char number[NUM_INT64_CHARS_MAX];
    if (r->idle_s >= 0 || r->frequency >= 0) {
        bool idle = r->idle_s >= 0;
        argv[argc++] = idle ? SLICE("IDLETIME") : SLICE("FREQ");
        argv[argc++] = (struct slice){number, num_format_int64(number, idle ? r->idle_s : r->frequency)};
    }
    unit_journal(call, argv, argc);
}

static void cmd_restore(struct call *call) {
    struct restore r;
    struct key_ref ref;
    if (!restore_options(call, &r)) return;

    key_open(call, 1, &ref);
    if (key_entry(&ref) && !r.replace) {
        resp_error(call->reply, ERR_BUSY_KEY);
        return;
    }
    if (!restore_deadline(call, &r)) return;
    struct entry *e = restore_value(call);
    if (e == NULL) return;
    if (r.ttl && r.ttl <= call->now_ms && call->keyspace->expire_on_access) {
        value_free(e);
        restore_nothing(call, &ref);
        return;
    }

    if (r.ttl) e = entry_set_deadline(e, r.ttl);
    bool replaced = key_entry(&ref) != NULL;
    key_store(call, &ref, e);
    if (replaced) unit_event(call->keyspace, ref.db, ref.name, NOTIFY_NEW, "new");
    access_set(call->keyspace, e, r.idle_s, r.frequency);
    journal_restore(call, &r);
    key_changed(call, &ref, NOTIFY_GENERIC, "restore");
    resp_ok(call->reply);
}

const struct command_binding dump_bindings[] = {
    {CMD_DUMP, cmd_dump},
    {CMD_RESTORE, cmd_restore},
    COMMAND_BINDINGS_END,
};
