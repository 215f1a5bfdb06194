/* Hashes: setting, getting and deleting single fields.
 *
 * A hash that loses its last field goes with it; a command that sets one makes the hash. What an increment
 * makes is journaled as it came out (HINCRBYFLOAT as HSET), so that a replay does no arithmetic of its own.
 */
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/rules.h"
#include "server/keyspace/unit.h"
#include "server/types/hash_deadlines.h"
#include <math.h>

/* Fields that had deadlines may have lost them. */
static void changed_to(struct key_ref *ref, struct entry *e, int64_t next_deadline) {
    key_moved(ref, e);
    if (unlikely(next_deadline != ENTRY_NO_DEADLINE)) key_fields_changed(ref, next_deadline);
}

static size_t store_new(struct call *call, struct key_ref *ref, const struct slice *pairs, size_t count) {
    struct hash_rules rules = keyspace_hash_rules(call->keyspace);
    struct entry *e = hash_create(ref->name, pairs, count, &rules);
    size_t created = hash_count(e);
    key_store(call, ref, e);
    return created;
}

/* Sets fields of an opened key, which it makes if it is absent; returns how many fields are new. */
static size_t set_fields(struct call *call, struct key_ref *ref, const struct slice *pairs, size_t count) {
    struct entry *e = key_entry(ref);
    if (e == NULL) return store_new(call, ref, pairs, count);
    struct hash_rules rules = keyspace_hash_rules(call->keyspace);
    size_t created = 0;
    int64_t next = hash_next_deadline(e);
    changed_to(ref, hash_set(e, pairs, count, &rules, &created), next);
    return created;
}

/* The same for one field, which keeps its deadline. */
static void update_field(struct call *call, struct key_ref *ref, const struct slice pair[2]) {
    struct entry *e = key_entry(ref);
    if (e == NULL) {
        store_new(call, ref, pair, 1);
        return;
    }
    struct hash_rules rules = keyspace_hash_rules(call->keyspace);
    int64_t next = hash_next_deadline(e);
    changed_to(ref, hash_update(e, pair, &rules), next);
}

static bool set_all(struct call *call, size_t *created) {
    if (call->argc % 2) {
        call_error_arity(call);
        return false;
    }
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return false;
    size_t count = (size_t)(call->argc - 2) / 2;
    *created = set_fields(call, &ref, call->argv + 2, count);
    key_changed(call, &ref, NOTIFY_HASH, "hset");
    key_changed_more(call, count - 1);
    return true;
}

static void cmd_hset(struct call *call) {
    size_t created;
    if (set_all(call, &created)) resp_int(call->reply, (int64_t)created);
}

static void cmd_hmset(struct call *call) {
    size_t created;
    if (set_all(call, &created)) resp_ok(call->reply);
}

static bool has_field(const struct entry *e, struct slice field) {
    char scratch[LISTPACK_INT_CHARS];
    struct slice value;
    return e && hash_get(e, field, scratch, &value);
}

static void cmd_hsetnx(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;

    if (has_field(key_entry(&ref), call->argv[2])) {
        resp_int(call->reply, 0);
        return;
    }

    set_fields(call, &ref, call->argv + 2, 1);
    key_changed(call, &ref, NOTIFY_HASH, "hset");

    resp_int(call->reply, 1);
}

static void cmd_hget(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    char scratch[LISTPACK_INT_CHARS];
    struct slice value;
    if (e && hash_get(e, call->argv[2], scratch, &value))
        resp_bulk_slice(call->reply, value);
    else
        resp_null(call->reply);
}

static void cmd_hmget(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    size_t left = (size_t)call->argc - 2;
    const struct slice *fields = call->argv + 2;
    resp_array(call->reply, left);
    while (left > 0) {
        struct hash_group group;
        size_t n = left < HASH_GROUP ? left : HASH_GROUP;
        if (e) hash_get_group(e, fields, n, &group);
        for (size_t i = 0; i < n; i++) {
            if (e && group.value[i].ptr)
                resp_bulk_slice(call->reply, group.value[i]);
            else
                resp_null(call->reply);
        }
        fields += n;
        left -= n;
    }
}

static void cmd_hlen(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    resp_int(call->reply, e ? (int64_t)hash_count(e) : 0);
}

static void cmd_hstrlen(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    char scratch[LISTPACK_INT_CHARS];
    struct slice value = {NULL, 0};
    if (e) hash_get(e, call->argv[2], scratch, &value);
    resp_int(call->reply, (int64_t)value.len);
}

static void cmd_hexists(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    resp_int(call->reply, has_field(e, call->argv[2]));
}

static void cmd_hdel(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;

    size_t deleted = 0;
    struct entry *e = key_entry(&ref);
    if (e) {
        int64_t next = hash_next_deadline(e);
        changed_to(&ref, hash_delete(e, call->argv + 2, (size_t)call->argc - 2, &deleted), next);
    }

    if (deleted > 0) {
        bool emptied = hash_count(key_entry(&ref)) == 0;
        if (emptied) key_delete(call, &ref);
        key_changed(call, &ref, NOTIFY_HASH, "hdel");
        key_changed_more(call, deleted - 1);
        if (emptied) unit_event(call->keyspace, ref.db, ref.name, NOTIFY_GENERIC, "del");
    }

    resp_int(call->reply, (int64_t)deleted);
}

/* --- increments --- */

static void cmd_hincrby(struct call *call) {
    int64_t by, value = 0;
    if (!call_int64(call, 3, &by)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;

    char digits[LISTPACK_INT_CHARS];
    struct slice current;
    if (key_entry(&ref) && hash_get(key_entry(&ref), call->argv[2], digits, &current) &&
        !num_parse_int64(current.ptr, current.len, &value)) {
        resp_error(call->reply, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(value, by, &value)) {
        resp_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }

    struct slice pair[2] = {call->argv[2], {digits, num_format_int64(digits, value)}};
    update_field(call, &ref, pair);
    key_changed(call, &ref, NOTIFY_HASH, "hincrby");

    resp_int(call->reply, value);
}

/* A replayed HSET takes the deadline of argv[2] away, which the field keeps. */
static void journal_deadline(struct call *call, const struct entry *e) {
    int64_t when;
    if (likely(!hash_deadline(e, call->argv[2], &when) || when == ENTRY_NO_DEADLINE)) return;
    char digits[NUM_INT64_CHARS_MAX];
    struct slice record[6] = {SLICE("HPEXPIREAT"), call->argv[1], {digits, num_format_int64(digits, when)},
                              SLICE("FIELDS"),     SLICE("1"),    call->argv[2]};
    unit_journal(call, record, 6);
}

static void cmd_hincrbyfloat(struct call *call) {
    long double by, value = 0;
    if (!call_long_double(call, 3, &by)) return;
    if (isnan(by) || isinf(by)) {
        resp_error(call->reply, "ERR value is NaN or Infinity");
        return;
    }
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;

    char digits[LISTPACK_INT_CHARS];
    struct slice current;
    if (key_entry(&ref) && hash_get(key_entry(&ref), call->argv[2], digits, &current) &&
        !num_parse_long_double(current.ptr, current.len, &value)) {
        resp_error(call->reply, "ERR hash value is not a float");
        return;
    }
    value += by;
    if (isnan(value) || isinf(value)) {
        resp_error(call->reply, "ERR increment would produce NaN or Infinity");
        return;
    }

    char text[NUM_LONG_DOUBLE_CHARS_MAX];
    struct slice set[4] = {
        SLICE("HSET"), call->argv[1], call->argv[2], {text, num_format_long_double(text, value)}};
    update_field(call, &ref, set + 2);
    key_changed(call, &ref, NOTIFY_HASH, "hincrbyfloat");
    unit_journal(call, set, 4);
    journal_deadline(call, key_entry(&ref));

    resp_bulk_slice(call->reply, set[3]);
}

const struct command_binding hash_bindings[] = {
    {CMD_HSET, cmd_hset},
    {CMD_HMSET, cmd_hmset},
    {CMD_HSETNX, cmd_hsetnx},
    {CMD_HGET, cmd_hget},
    {CMD_HMGET, cmd_hmget},
    {CMD_HLEN, cmd_hlen},
    {CMD_HSTRLEN, cmd_hstrlen},
    {CMD_HEXISTS, cmd_hexists},
    {CMD_HDEL, cmd_hdel},
    {CMD_HINCRBY, cmd_hincrby},
    {CMD_HINCRBYFLOAT, cmd_hincrbyfloat},
    COMMAND_BINDINGS_END,
};
