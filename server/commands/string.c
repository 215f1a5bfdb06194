/* Strings as a whole: GET, SET and their relatives.
 *
 *      SET key value ──► parse options ──► old value (GET) ──► NX, XX ──► put_value ──► deadline ──► OK
 *              └───────────── no options: one lookup, one copy ──────────────┘
 *
 * put_value writes over a string that is there; anything else is replaced by a new entry, and what was large
 * goes to the reaper.
 *
 * The journal must mean the same whenever it is read. What depends on the clock or on the old value is
 * recorded as its effect: SET key value PXAT ms, PEXPIREAT, PERSIST, DEL. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"
#include "server/keyspace/reaper.h"

static void put_value(struct call *call, struct key_ref *ref, struct slice value, int64_t deadline_ms) {
    struct entry *e = key_entry(ref);
    if (unlikely(e == NULL || entry_type(e) != VALUE_STRING ||
                 (entry_encoding(e) == ENC_HEAP && value_effort(e) >= REAPER_EFFORT_MIN))) {
        key_store(call, ref, string_create(ref->name, value, deadline_ms));
        return;
    }
    e = string_assign(e, value);
    key_moved(ref, e);
    if (unlikely(deadline_ms != entry_deadline(e))) key_set_deadline(call, ref, deadline_ms);
}

/* --- the expiry words of SET and GETEX --- */

enum expiry_word { EXPIRY_NONE, EXPIRY_EX, EXPIRY_PX, EXPIRY_EXAT, EXPIRY_PXAT, EXPIRY_KEEP, EXPIRY_PERSIST };

struct expiry {
    enum expiry_word word;
    int arg; /* where its time stands */
};

/* Takes argv[*at] if it is an expiry word (of those up to `last`), and the time behind it; false: it is none,
 * it lacks its time, or another word was there before. */
static bool expiry_parse(const struct call *call, int *at, enum expiry_word extra, struct expiry *expiry) {
    struct slice arg = call->argv[*at];
    enum expiry_word word = EXPIRY_NONE;
    if (slice_is(arg, "ex"))
        word = EXPIRY_EX;
    else if (slice_is(arg, "px"))
        word = EXPIRY_PX;
    else if (slice_is(arg, "exat"))
        word = EXPIRY_EXAT;
    else if (slice_is(arg, "pxat"))
        word = EXPIRY_PXAT;
    else if (slice_is(arg, extra == EXPIRY_KEEP ? "keepttl" : "persist"))
        word = extra;
    if (word == EXPIRY_NONE || (expiry->word != EXPIRY_NONE && expiry->word != word)) return false;
    expiry->word = word;
    if (word == extra) return true;
    expiry->arg = ++*at;
    return *at < call->argc;
}

/* The deadline that a time means; false: it is no valid one, and the error was replied. */
static bool expiry_deadline(struct call *call, struct expiry expiry, int64_t *deadline_ms) {
    int64_t when;
    if (!call_int64(call, expiry.arg, &when)) return false;
    bool seconds = expiry.word == EXPIRY_EX || expiry.word == EXPIRY_EXAT;
    bool relative = expiry.word == EXPIRY_EX || expiry.word == EXPIRY_PX;
    if (when <= 0 || (seconds && __builtin_mul_overflow(when, 1000, &when)) ||
        (relative && __builtin_add_overflow(when, call->now_ms, &when))) {
        resp_errorf(call->reply, "ERR invalid expire time in '%s' command", call->spec->name);
        return false;
    }
    *deadline_ms = when;
    return true;
}

/* --- journal --- */

static void journal_set(struct call *call, struct slice key, struct slice value, int64_t deadline_ms) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[5] = {SLICE("SET"), key, value, SLICE("PXAT")};
    if (deadline_ms == ENTRY_NO_DEADLINE) {
        unit_journal(call, argv, 3);
        return;
    }
    argv[4] = (struct slice){digits, num_format_int64(digits, deadline_ms)};
    unit_journal(call, argv, 5);
}

/* As it was sent, but for the words GET. */
static void journal_without_get(struct call *call) {
    if (call->keyspace->unit.journal == NULL) return;
    struct slice *argv = mem_alloc((size_t)call->argc * sizeof(*argv));
    int argc = 0;
    for (int i = 0; i < call->argc; i++)
        if (i < 3 || !slice_is(call->argv[i], "get")) argv[argc++] = call->argv[i];
    unit_journal(call, argv, argc);
    mem_free(argv);
}

/* --- SET --- */

struct set_options {
    bool nx, xx, get;
    struct expiry expiry;
};

static bool set_parse(const struct call *call, struct set_options *options) {
    for (int i = 3; i < call->argc; i++) {
        struct slice arg = call->argv[i];
        if (slice_is(arg, "nx") && !options->xx)
            options->nx = true;
        else if (slice_is(arg, "xx") && !options->nx)
            options->xx = true;
        else if (slice_is(arg, "get"))
            options->get = true;
        else if (!expiry_parse(call, &i, EXPIRY_KEEP, &options->expiry))
            return false;
    }
    return true;
}

/* Replies the old value of argv[1]; false: it is no string, and the error was replied. */
static bool reply_old_value(struct call *call) {
    const struct entry *old;
    if (!key_read_typed(call, 1, VALUE_STRING, &old)) return false;
    if (old)
        string_reply(call, old);
    else
        resp_null(call->reply);
    return true;
}

static void set_with_options(struct call *call) {
    struct set_options options = {0};
    if (!set_parse(call, &options)) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    int64_t deadline_ms = ENTRY_NO_DEADLINE;
    bool expires = options.expiry.arg != 0;
    if (expires && !expiry_deadline(call, options.expiry, &deadline_ms)) return;
    if (options.get && !reply_old_value(call)) return;

    struct key_ref ref;
    key_open(call, 1, &ref);
    if (key_entry(&ref) ? options.nx : options.xx) {
        if (!options.get) resp_null(call->reply);
        return;
    }

    if (options.expiry.word == EXPIRY_KEEP && key_entry(&ref)) deadline_ms = entry_deadline(key_entry(&ref));
    put_value(call, &ref, call->argv[2], deadline_ms);
    key_changed(call, &ref, NOTIFY_STRING, "set");
    if (expires) {
        unit_event(call->keyspace, ref.db, ref.name, NOTIFY_GENERIC, "expire");
        journal_set(call, ref.name, call->argv[2], deadline_ms);
    } else if (options.get) {
        journal_without_get(call);
    }

    if (!options.get) resp_ok(call->reply);
}

static void cmd_set(struct call *call) {
    if (unlikely(call->argc != 3)) {
        set_with_options(call);
        return;
    }
    struct key_ref ref;
    key_open(call, 1, &ref);

    put_value(call, &ref, call->argv[2], ENTRY_NO_DEADLINE);
    key_changed(call, &ref, NOTIFY_STRING, "set");

    resp_ok(call->reply);
}

static void cmd_setnx(struct call *call) {
    struct key_ref ref;
    key_open(call, 1, &ref);

    bool absent = key_entry(&ref) == NULL;
    if (absent) {
        put_value(call, &ref, call->argv[2], ENTRY_NO_DEADLINE);
        key_changed(call, &ref, NOTIFY_STRING, "set");
    }

    resp_int(call->reply, absent);
}

static void set_expiring(struct call *call, enum expiry_word unit) {
    int64_t deadline_ms;
    if (!expiry_deadline(call, (struct expiry){unit, 2}, &deadline_ms)) return;
    struct key_ref ref;
    key_open(call, 1, &ref);

    put_value(call, &ref, call->argv[3], deadline_ms);
    key_changed(call, &ref, NOTIFY_STRING, "set");
    unit_event(call->keyspace, ref.db, ref.name, NOTIFY_GENERIC, "expire");
    journal_set(call, ref.name, call->argv[3], deadline_ms);

    resp_ok(call->reply);
}

static void cmd_setex(struct call *call) {
    set_expiring(call, EXPIRY_EX);
}

static void cmd_psetex(struct call *call) {
    set_expiring(call, EXPIRY_PX);
}

static void cmd_getset(struct call *call) {
    if (!reply_old_value(call)) return;
    struct key_ref ref;
    key_open(call, 1, &ref);

    put_value(call, &ref, call->argv[2], ENTRY_NO_DEADLINE);
    key_changed(call, &ref, NOTIFY_STRING, "set");
    journal_set(call, ref.name, call->argv[2], ENTRY_NO_DEADLINE);
}

/* --- GET --- */

static void cmd_get(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;

    if (likely(e != NULL))
        string_reply(call, e);
    else
        resp_null(call->reply);
}

static void cmd_getdel(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    string_reply(call, e);

    struct key_ref ref;
    key_open(call, 1, &ref);
    key_delete(call, &ref);
    key_changed(call, &ref, NOTIFY_GENERIC, "del");
    unit_journal(call, (struct slice[]){SLICE("DEL"), ref.name}, 2);
}

/* A deadline for argv[1], which is there. What is due at once is deleted. */
static void getex_expire(struct call *call, int64_t deadline_ms) {
    struct key_ref ref;
    key_open(call, 1, &ref);
    if (deadline_ms <= call->now_ms && !(call->flags & CALL_REPLAYED)) {
        key_delete(call, &ref);
        key_changed(call, &ref, NOTIFY_GENERIC, "del");
        bool lazy = call->keyspace->conf.lazyfree_lazy_expire;
        unit_journal(call, (struct slice[]){lazy ? SLICE("UNLINK") : SLICE("DEL"), ref.name}, 2);
        return;
    }
    key_set_deadline(call, &ref, deadline_ms);
    key_changed(call, &ref, NOTIFY_GENERIC, "expire");
    char digits[NUM_INT64_CHARS_MAX];
    struct slice when = {digits, num_format_int64(digits, deadline_ms)};
    unit_journal(call, (struct slice[]){SLICE("PEXPIREAT"), ref.name, when}, 3);
}

static void getex_persist(struct call *call) {
    struct key_ref ref;
    key_open(call, 1, &ref);
    if (!entry_expires(key_entry(&ref))) return;
    key_set_deadline(call, &ref, ENTRY_NO_DEADLINE);
    key_changed(call, &ref, NOTIFY_GENERIC, "persist");
    unit_journal(call, (struct slice[]){SLICE("PERSIST"), ref.name}, 2);
}

static void cmd_getex(struct call *call) {
    struct expiry expiry = {0};
    for (int i = 2; i < call->argc; i++)
        if (!expiry_parse(call, &i, EXPIRY_PERSIST, &expiry)) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    int64_t deadline_ms = ENTRY_NO_DEADLINE;
    if (expiry.arg && !expiry_deadline(call, expiry, &deadline_ms)) return;
    string_reply(call, e);

    if (expiry.arg)
        getex_expire(call, deadline_ms);
    else if (expiry.word == EXPIRY_PERSIST)
        getex_persist(call);
}

/* --- several keys --- */

static void cmd_mget(struct call *call) {
    resp_array(call->reply, (size_t)call->argc - 1);
    for (int i = 1; i < call->argc; i++) {
        const struct entry *e = key_read(call, i, KEY_TOUCH);
        if (likely(e != NULL && entry_type(e) == VALUE_STRING))
            string_reply(call, e);
        else
            resp_null(call->reply);
    }
}

static void set_pairs(struct call *call) {
    for (int i = 1; i < call->argc; i += 2) {
        struct key_ref ref;
        key_open(call, i, &ref);
        put_value(call, &ref, call->argv[i + 1], ENTRY_NO_DEADLINE);
        key_changed(call, &ref, NOTIFY_STRING, "set");
    }
}

static void cmd_mset(struct call *call) {
    if (call->argc % 2 == 0) {
        call_error_arity(call);
        return;
    }

    set_pairs(call);

    resp_ok(call->reply);
}

static void cmd_msetnx(struct call *call) {
    if (call->argc % 2 == 0) {
        call_error_arity(call);
        return;
    }
    for (int i = 1; i < call->argc; i += 2)
        if (key_read(call, i, KEY_NO_STATS)) {
            resp_int(call->reply, 0);
            return;
        }

    set_pairs(call);

    resp_int(call->reply, 1);
}

const struct command_binding string_bindings[] = {
    {CMD_GET, cmd_get},       {CMD_SET, cmd_set},       {CMD_SETNX, cmd_setnx},   {CMD_SETEX, cmd_setex},
    {CMD_PSETEX, cmd_psetex}, {CMD_GETSET, cmd_getset}, {CMD_GETEX, cmd_getex},   {CMD_GETDEL, cmd_getdel},
    {CMD_MGET, cmd_mget},     {CMD_MSET, cmd_mset},     {CMD_MSETNX, cmd_msetnx}, COMMAND_BINDINGS_END,
};
