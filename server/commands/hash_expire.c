/* Hashes: deadlines of single fields, as Redis 7.4 has them.
 *
 * Every reply is one number per field. Whatever form the client used, the journal gets the absolute one in
 * milliseconds (HPEXPIREAT) with the fields that it took effect on, or HDEL when the time had passed already.
 */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/rules.h"
#include "server/keyspace/unit.h"
#include "server/types/hash_deadlines.h"

#define TIME_MAX_MS (((int64_t)1 << 46) - 1) /* the latest deadline that Redis takes */

enum reply { NO_FIELD = -2, NO_DEADLINE = -1, UNMET = 0, DONE = 1, DELETED = 2 };

enum condition { ALWAYS, IF_NONE, IF_ANY, IF_GREATER, IF_LESS };

struct fields {
    const struct slice *field; /* borrowed from argv */
    size_t count;
};

/* Reads FIELDS, their number and the fields from argv[at] on; false: the error was replied. */
static bool parse_fields(struct call *call, int at, const char *count_error, struct fields *out) {
    if (!slice_is(call->argv[at], "fields")) {
        resp_error(call->reply, "ERR Mandatory argument FIELDS is missing or not at the right position");
        return false;
    }
    int64_t count;
    if (!call_int64_range(call, at + 1, 1, INT64_MAX, &count, count_error)) return false;
    if (count != call->argc - at - 2) {
        resp_error(call->reply, "ERR The `numfields` parameter must match the number of arguments");
        return false;
    }
    *out = (struct fields){call->argv + at + 2, (size_t)count};
    return true;
}

/* --- setting --- */

struct expiry {
    int64_t when_ms;
    enum condition condition;
    struct fields fields;
};

static enum condition condition_of(struct slice word) {
    static const char *const words[] = {
        [IF_NONE] = "nx", [IF_ANY] = "xx", [IF_GREATER] = "gt", [IF_LESS] = "lt"};
    for (enum condition c = IF_NONE; c <= IF_LESS; c++)
        if (slice_is(word, words[c])) return c;
    return ALWAYS;
}

static bool parse_time(struct call *call, int64_t base_ms, int64_t unit_ms, int64_t *when_ms) {
    int64_t when;
    if (!call_int64(call, 2, &when)) return false;
    if (when < 0) {
        resp_error(call->reply, "ERR invalid expire time, must be >= 0");
        return false;
    }
    if (when > TIME_MAX_MS / unit_ms || when * unit_ms > TIME_MAX_MS - base_ms) {
        resp_errorf(call->reply, "ERR invalid expire time in '%s' command", call->spec->name);
        return false;
    }
    *when_ms = when * unit_ms + base_ms;
    return true;
}

static bool parse_expiry(struct call *call, int64_t base_ms, int64_t unit_ms, struct expiry *x) {
    if (!parse_time(call, base_ms, unit_ms, &x->when_ms)) return false;
    x->condition = condition_of(call->argv[3]);
    return parse_fields(call, x->condition == ALWAYS ? 3 : 4,
                        "ERR Parameter `numFields` should be greater than 0", &x->fields);
}

/* A field without a deadline counts as one that dies never, later than any other. */
static bool condition_holds(const struct expiry *x, int64_t current) {
    bool has = current != ENTRY_NO_DEADLINE;
    switch (x->condition) {
    case ALWAYS: return true;
    case IF_NONE: return !has;
    case IF_ANY: return has;
    case IF_GREATER: return has && x->when_ms > current;
    case IF_LESS: return !has || x->when_ms < current;
    }
    return true;
}

/* The record that the journal gets: its words before the fields, then the fields that changed. */
#define RECORD_HEAD_MAX 6
struct record {
    struct slice *argv; /* owned */
    int head, argc;
};

static void record_word(struct record *r, struct slice word) {
    r->argv[r->argc++] = word;
}

static void record_open(struct record *r, struct call *call, const struct expiry *x, bool deletes,
                        char *time) {
    r->argv = mem_alloc((RECORD_HEAD_MAX + x->fields.count) * sizeof(*r->argv));
    r->argc = 0;
    record_word(r, deletes ? SLICE("HDEL") : SLICE("HPEXPIREAT"));
    record_word(r, call->argv[1]);
    if (!deletes) {
        record_word(r, (struct slice){time, num_format_int64(time, x->when_ms)});
        if (x->condition != ALWAYS) record_word(r, call->argv[3]);
        record_word(r, SLICE("FIELDS"));
        record_word(r, SLICE("0")); /* how many, once it is known */
    }
    r->head = r->argc;
}

static size_t record_close(struct record *r, struct call *call, bool deletes) {
    char digits[NUM_INT64_CHARS_MAX];
    size_t changed = (size_t)(r->argc - r->head);
    if (!deletes) r->argv[r->head - 1] = (struct slice){digits, num_format_int64(digits, (int64_t)changed)};
    if (changed) unit_journal(call, r->argv, r->argc);
    mem_free(r->argv);
    return changed;
}

static enum reply expire_one(struct call *call, struct key_ref *ref, const struct expiry *x,
                             struct slice field, bool deletes) {
    int64_t current;
    if (!hash_deadline(key_entry(ref), field, &current)) return NO_FIELD;
    if (!condition_holds(x, current)) return UNMET;
    if (deletes) {
        size_t deleted = 0;
        key_moved(ref, hash_delete(key_entry(ref), &field, 1, &deleted));
        return DELETED;
    }
    struct hash_rules rules = keyspace_hash_rules(call->keyspace);
    key_moved(ref, hash_set_deadline(key_entry(ref), field, x->when_ms, &rules));
    return DONE;
}

static void answer_no_fields(struct call *call, size_t count) {
    resp_array(call->reply, count);
    for (size_t i = 0; i < count; i++)
        resp_int(call->reply, NO_FIELD);
}

static void expire_fields(struct call *call, struct key_ref *ref, const struct expiry *x) {
    bool deletes = x->when_ms <= call->now_ms && call->keyspace->expire_on_access;
    int64_t next = hash_next_deadline(key_entry(ref));
    char time[NUM_INT64_CHARS_MAX];
    struct record record;
    record_open(&record, call, x, deletes, time);

    resp_array(call->reply, x->fields.count);
    for (size_t i = 0; i < x->fields.count; i++) {
        enum reply reply = expire_one(call, ref, x, x->fields.field[i], deletes);
        if (reply > UNMET) record_word(&record, x->fields.field[i]);
        resp_int(call->reply, reply);
    }
    key_fields_changed(ref, next);

    bool emptied = hash_count(key_entry(ref)) == 0;
    if (emptied) key_delete(call, ref);
    size_t changed = record_close(&record, call, deletes);
    if (changed == 0) return;
    key_changed(call, ref, NOTIFY_HASH, deletes ? "hdel" : "hexpire");
    key_changed_more(call, changed - 1);
    if (emptied) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_GENERIC, "del");
}

static void expire_generic(struct call *call, int64_t base_ms, int64_t unit_ms) {
    struct key_ref ref;
    struct expiry x;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;
    if (!parse_expiry(call, base_ms, unit_ms, &x)) return;
    if (key_entry(&ref))
        expire_fields(call, &ref, &x);
    else
        answer_no_fields(call, x.fields.count);
}

static void cmd_hexpire(struct call *call) {
    expire_generic(call, call->now_ms, 1000);
}
static void cmd_hexpireat(struct call *call) {
    expire_generic(call, 0, 1000);
}
static void cmd_hpexpire(struct call *call) {
    expire_generic(call, call->now_ms, 1);
}
static void cmd_hpexpireat(struct call *call) {
    expire_generic(call, 0, 1);
}

/* --- asking --- */

#define COUNT_ERROR "ERR Number of fields must be a positive integer"

/* From `base_ms` on, rounded up to the unit. */
static void ttl_generic(struct call *call, int64_t base_ms, int64_t unit_ms) {
    const struct entry *e;
    struct fields fields;
    if (!key_read_typed(call, 1, VALUE_HASH, &e) || !parse_fields(call, 2, COUNT_ERROR, &fields)) return;
    if (e == NULL) {
        answer_no_fields(call, fields.count);
        return;
    }
    resp_array(call->reply, fields.count);
    for (size_t i = 0; i < fields.count; i++) {
        int64_t when;
        bool found = hash_deadline(e, fields.field[i], &when);
        if (!found || when == ENTRY_NO_DEADLINE) {
            resp_int(call->reply, found ? NO_DEADLINE : NO_FIELD);
            continue;
        }
        int64_t left = when > base_ms ? when - base_ms : 0;
        resp_int(call->reply, (left + unit_ms - 1) / unit_ms);
    }
}

static void cmd_httl(struct call *call) {
    ttl_generic(call, call->now_ms, 1000);
}
static void cmd_hpttl(struct call *call) {
    ttl_generic(call, call->now_ms, 1);
}
static void cmd_hexpiretime(struct call *call) {
    ttl_generic(call, 0, 1000);
}
static void cmd_hpexpiretime(struct call *call) {
    ttl_generic(call, 0, 1);
}

/* --- taking away --- */

static enum reply persist_one(struct call *call, struct key_ref *ref, struct slice field) {
    int64_t current;
    if (!hash_deadline(key_entry(ref), field, &current)) return NO_FIELD;
    if (current == ENTRY_NO_DEADLINE) return NO_DEADLINE;
    struct hash_rules rules = keyspace_hash_rules(call->keyspace);
    key_moved(ref, hash_set_deadline(key_entry(ref), field, ENTRY_NO_DEADLINE, &rules));
    return DONE;
}

static void cmd_hpersist(struct call *call) {
    struct key_ref ref;
    struct fields fields;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref) || !parse_fields(call, 2, COUNT_ERROR, &fields)) return;
    if (key_entry(&ref) == NULL) {
        answer_no_fields(call, fields.count);
        return;
    }

    int64_t next = hash_next_deadline(key_entry(&ref));
    size_t changed = 0;
    resp_array(call->reply, fields.count);
    for (size_t i = 0; i < fields.count; i++) {
        enum reply reply = persist_one(call, &ref, fields.field[i]);
        changed += reply == DONE;
        resp_int(call->reply, reply);
    }
    if (changed == 0) return;
    key_fields_changed(&ref, next);
    key_changed(call, &ref, NOTIFY_HASH, "hpersist");
    key_changed_more(call, changed - 1);
}

const struct command_binding hash_expire_bindings[] = {
    {CMD_HEXPIRE, cmd_hexpire},
    {CMD_HEXPIREAT, cmd_hexpireat},
    {CMD_HPEXPIRE, cmd_hpexpire},
    {CMD_HPEXPIREAT, cmd_hpexpireat},
    {CMD_HTTL, cmd_httl},
    {CMD_HPTTL, cmd_hpttl},
    {CMD_HEXPIRETIME, cmd_hexpiretime},
    {CMD_HPEXPIRETIME, cmd_hpexpiretime},
    {CMD_HPERSIST, cmd_hpersist},
    COMMAND_BINDINGS_END,
};
