/* Commands on keys whatever they hold: deleting, renaming, copying, moving, and whole databases. */
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/value.h"

#define ERR_DB_RANGE "ERR DB index is out of range"
#define ERR_SAME_KEY "ERR source and destination objects are the same"

/* --- existence --- */

/* DEL and UNLINK: large values are freed elsewhere in either. */
static void cmd_del(struct call *call) {
    int64_t deleted = 0;
    for (int i = 1; i < call->argc; i++) {
        struct key_ref ref;
        key_open(call, i, &ref);
        if (key_entry(&ref) == NULL) continue;
        key_delete(call, &ref);
        key_changed(call, &ref, NOTIFY_GENERIC, "del");
        deleted++;
    }
    resp_int(call->reply, deleted);
}

static void cmd_exists(struct call *call) {
    int64_t there = 0;
    for (int i = 1; i < call->argc; i++)
        there += key_read(call, i, KEY_NO_TOUCH) != NULL;
    resp_int(call->reply, there);
}

static void cmd_touch(struct call *call) {
    int64_t there = 0;
    uint32_t no_touch = call->session->flags & SESSION_NO_TOUCH; /* TOUCH means it all the same */
    call->session->flags &= ~(uint32_t)SESSION_NO_TOUCH;
    for (int i = 1; i < call->argc; i++)
        there += key_read(call, i, KEY_TOUCH) != NULL;
    call->session->flags |= no_touch;
    resp_int(call->reply, there);
}

static void cmd_type(struct call *call) {
    const struct entry *e = key_read(call, 1, KEY_NO_TOUCH);
    resp_simple(call->reply, e ? value_type_name(e) : "none");
}

static void cmd_randomkey(struct call *call) {
    const struct entry *e = database_random(call->db, call->now_ms);
    if (e)
        resp_bulk_slice(call->reply, entry_key(e));
    else
        resp_null(call->reply);
}

static void cmd_dbsize(struct call *call) {
    resp_int(call->reply, (int64_t)database_shown_count(call->db));
}

/* --- renaming, copying, moving --- */

/* Stores over whatever was there: the old key goes and another one comes, so that `new` is told either way.
 */
static void store_anew(struct call *call, struct key_ref *to, struct entry *entry) {
    bool replaces = key_entry(to) != NULL;
    key_store(call, to, entry);
    if (replaces) unit_event(call->keyspace, to->db, to->name, NOTIFY_NEW, "new");
}

/* True if the key was renamed, or has that name already; otherwise the reply was written. */
static bool rename_key(struct call *call, bool only_new) {
    struct key_ref from, to;
    key_open(call, 1, &from);
    if (key_entry(&from) == NULL) {
        resp_error(call->reply, ERR_NO_KEY);
        return false;
    }
    if (slice_eq(call->argv[1], call->argv[2])) {
        if (only_new) resp_int(call->reply, 0);
        return !only_new;
    }
    key_open(call, 2, &to);
    if (key_entry(&to) && only_new) {
        resp_int(call->reply, 0);
        return false;
    }
    key_open(call, 1, &from); /* opening the other may have deleted it, being due, and moved this one */
    struct entry *e = entry_rename(key_take(call, &from), call->argv[2]);
    key_open(call, 2, &to);
    store_anew(call, &to, e);
    key_changed(call, &from, NOTIFY_GENERIC, "rename_from");
    unit_changed_too(call->keyspace, call->db, to.name, NOTIFY_GENERIC, "rename_to");
    return true;
}

static void cmd_rename(struct call *call) {
    if (rename_key(call, false)) resp_ok(call->reply);
}

static void cmd_renamenx(struct call *call) {
    if (rename_key(call, true)) resp_int(call->reply, 1);
}

/* The database that argv[arg] names; NULL: the error was replied. */
static struct database *database_arg(struct call *call, int arg) {
    int64_t index;
    if (!call_int64_range(call, arg, INT32_MIN, INT32_MAX, &index, NULL)) return NULL;
    struct database *db = keyspace_database(call->keyspace, index);
    if (db == NULL) resp_error(call->reply, ERR_DB_RANGE);
    return db;
}

static void cmd_copy(struct call *call) {
    struct database *to_db = call->db;
    bool replace = false;
    for (int i = 3; i < call->argc; i++) {
        if (slice_is(call->argv[i], "replace")) {
            replace = true;
        } else if (slice_is(call->argv[i], "db") && i + 1 < call->argc) {
            to_db = database_arg(call, ++i);
            if (to_db == NULL) return;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
    }
    if (to_db == call->db && slice_eq(call->argv[1], call->argv[2])) {
        resp_error(call->reply, ERR_SAME_KEY);
        return;
    }
    const struct entry *from = key_read(call, 1, KEY_TOUCH);
    if (from == NULL) {
        resp_int(call->reply, 0);
        return;
    }
    struct entry *copy = value_copy(from, call->argv[2], entry_deadline(from));
    struct key_ref to;
    key_open_name(call, to_db, call->argv[2], &to);
    if (key_entry(&to) && !replace) {
        value_free(copy);
        resp_int(call->reply, 0);
        return;
    }
    store_anew(call, &to, copy);
    key_changed(call, &to, NOTIFY_GENERIC, "copy_to");
    resp_int(call->reply, 1);
}

static void cmd_move(struct call *call) {
    struct database *to_db = database_arg(call, 2);
    if (to_db == NULL) return;
    if (to_db == call->db) {
        resp_error(call->reply, ERR_SAME_KEY);
        return;
    }
    struct key_ref from, to;
    key_open_name(call, to_db, call->argv[1], &to);
    key_open(call, 1, &from);
    if (key_entry(&from) == NULL || key_entry(&to)) {
        resp_int(call->reply, 0);
        return;
    }
    struct entry *e = key_take(call, &from);
    key_store(call, &to, e);
    key_changed(call, &from, NOTIFY_GENERIC, "move_from");
    unit_changed_too(call->keyspace, to_db, to.name, NOTIFY_GENERIC, "move_to");
    resp_int(call->reply, 1);
}

/* --- whole databases --- */

static void cmd_swapdb(struct call *call) {
    int64_t first, second;
    if (!call_int64_range(call, 1, INT32_MIN, INT32_MAX, &first, "ERR invalid first DB index")) return;
    if (!call_int64_range(call, 2, INT32_MIN, INT32_MAX, &second, "ERR invalid second DB index")) return;
    struct database *a = keyspace_database(call->keyspace, first),
                    *b = keyspace_database(call->keyspace, second);
    if (a == NULL || b == NULL) {
        resp_error(call->reply, ERR_DB_RANGE);
        return;
    }
    key_swap_databases(call->keyspace, a, b);
    key_changed_more(call, 1);
    resp_ok(call->reply);
}

/* FLUSHDB and FLUSHALL take SYNC or ASYNC; either way the tables are gone at once and freed by the reaper. */
static bool flush_arguments(struct call *call) {
    if (call->argc == 1) return true;
    if (call->argc == 2 && (slice_is(call->argv[1], "sync") || slice_is(call->argv[1], "async"))) return true;
    resp_error(call->reply, ERR_SYNTAX);
    return false;
}

static void cmd_flushdb(struct call *call) {
    if (!flush_arguments(call)) return;
    key_changed_more(call, key_flush_database(call->keyspace, call->db));
    unit_journal(call, call->argv, call->argc); /* also when there was nothing: a replica may differ */
    resp_ok(call->reply);
}

static void cmd_flushall(struct call *call) {
    if (!flush_arguments(call)) return;
    struct keyspace *ks = call->keyspace;
    key_changed_more(call, key_flush_all(ks) + 1);
    if (ks->flushed) ks->flushed(ks->flushed_owner);
    unit_journal(call, call->argv, call->argc);
    resp_ok(call->reply);
}

const struct command_binding generic_bindings[] = {
    {CMD_DEL, cmd_del},         {CMD_UNLINK, cmd_del},        {CMD_EXISTS, cmd_exists},
    {CMD_TOUCH, cmd_touch},     {CMD_TYPE, cmd_type},         {CMD_RANDOMKEY, cmd_randomkey},
    {CMD_DBSIZE, cmd_dbsize},   {CMD_RENAME, cmd_rename},     {CMD_RENAMENX, cmd_renamenx},
    {CMD_COPY, cmd_copy},       {CMD_MOVE, cmd_move},         {CMD_SWAPDB, cmd_swapdb},
    {CMD_FLUSHDB, cmd_flushdb}, {CMD_FLUSHALL, cmd_flushall}, COMMAND_BINDINGS_END,
};
