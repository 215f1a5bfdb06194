/* Deadlines of keys: setting, asking, taking away.
 *
 * Whatever form the client used, the journal gets the absolute one in milliseconds (PEXPIREAT), or DEL when
 * the deadline had passed already. */
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/keyspace/keys.h"

enum expire_condition { IF_NONE = 1 << 0, IF_ANY = 1 << 1, IF_GREATER = 1 << 2, IF_LESS = 1 << 3 };

/* The words after the time; false: the error was replied. */
static bool parse_conditions(struct call *call, unsigned *conditions) {
    static const struct {
        const char *word;
        enum expire_condition condition;
    } words[] = {{"nx", IF_NONE}, {"xx", IF_ANY}, {"gt", IF_GREATER}, {"lt", IF_LESS}};
    *conditions = 0;
    for (int i = 3; i < call->argc; i++) {
        unsigned found = 0;
        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
            if (slice_is(call->argv[i], words[w].word)) found = words[w].condition;
        if (found == 0) {
            resp_errorf(call->reply, "ERR Unsupported option %.*s", (int)call->argv[i].len,
                        call->argv[i].ptr);
            return false;
        }
        *conditions |= found;
    }
    if ((*conditions & IF_NONE) && (*conditions & ~(unsigned)IF_NONE)) {
        resp_error(call->reply, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if ((*conditions & IF_GREATER) && (*conditions & IF_LESS)) {
        resp_error(call->reply, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* A key without a deadline counts as one that dies never, later than any other. */
static bool conditions_hold(unsigned conditions, const struct entry *e, int64_t when) {
    bool has = entry_expires(e);
    int64_t current = entry_deadline(e);
    if ((conditions & IF_NONE) && has) return false;
    if ((conditions & IF_ANY) && !has) return false;
    if ((conditions & IF_GREATER) && (!has || when <= current)) return false;
    if ((conditions & IF_LESS) && has && when >= current) return false;
    return true;
}

static void journal_deadline(struct call *call, int64_t when) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[3] = {SLICE("PEXPIREAT"), call->argv[1], {digits, num_format_int64(digits, when)}};
    unit_journal(call, argv, 3);
}

static void expire_generic(struct call *call, int64_t base_ms, int64_t unit_ms) {
    unsigned conditions;
    int64_t when;
    if (!parse_conditions(call, &conditions) || !call_int64(call, 2, &when)) return;
    if (__builtin_mul_overflow(when, unit_ms, &when) || __builtin_add_overflow(when, base_ms, &when)) {
        resp_errorf(call->reply, "ERR invalid expire time in '%s' command", call->spec->name);
        return;
    }

    struct key_ref ref;
    key_open(call, 1, &ref);
    if (key_entry(&ref) == NULL || !conditions_hold(conditions, key_entry(&ref), when)) {
        resp_int(call->reply, 0);
        return;
    }

    if (when <= call->now_ms && call->keyspace->expire_on_access) {
        struct slice del[2] = {call->keyspace->conf.lazyfree_lazy_expire ? SLICE("UNLINK") : SLICE("DEL"),
                               ref.name};
        key_delete(call, &ref);
        unit_journal(call, del, 2);
        key_changed(call, &ref, NOTIFY_GENERIC, "del");
    } else {
        key_set_deadline(call, &ref, when);
        journal_deadline(call, when);
        key_changed(call, &ref, NOTIFY_GENERIC, "expire");
    }
    resp_int(call->reply, 1);
}

static void cmd_expire(struct call *call) {
    expire_generic(call, call->now_ms, 1000);
}
static void cmd_expireat(struct call *call) {
    expire_generic(call, 0, 1000);
}
static void cmd_pexpire(struct call *call) {
    expire_generic(call, call->now_ms, 1);
}
static void cmd_pexpireat(struct call *call) {
    expire_generic(call, 0, 1);
}

/* -2: no key, -1: no deadline, else the deadline from `base_ms` on, rounded to the unit. */
static void ttl_generic(struct call *call, int64_t base_ms, int64_t unit_ms) {
    const struct entry *e = key_read(call, 1, KEY_NO_TOUCH);
    if (e == NULL || !entry_expires(e)) {
        resp_int(call->reply, e == NULL ? -2 : -1);
        return;
    }
    int64_t left = entry_deadline(e) - base_ms;
    if (left < 0) left = 0;
    resp_int(call->reply, unit_ms == 1 ? left : left / unit_ms + (left % unit_ms >= unit_ms / 2));
}

static void cmd_ttl(struct call *call) {
    ttl_generic(call, call->now_ms, 1000);
}
static void cmd_pttl(struct call *call) {
    ttl_generic(call, call->now_ms, 1);
}
static void cmd_expiretime(struct call *call) {
    ttl_generic(call, 0, 1000);
}
static void cmd_pexpiretime(struct call *call) {
    ttl_generic(call, 0, 1);
}

static void cmd_persist(struct call *call) {
    struct key_ref ref;
    key_open(call, 1, &ref);
    if (key_entry(&ref) == NULL || !entry_expires(key_entry(&ref))) {
        resp_int(call->reply, 0);
        return;
    }
    key_set_deadline(call, &ref, ENTRY_NO_DEADLINE);
    key_changed(call, &ref, NOTIFY_GENERIC, "persist");
    resp_int(call->reply, 1);
}

const struct command_binding expire_bindings[] = {
    {CMD_EXPIRE, cmd_expire},
    {CMD_EXPIREAT, cmd_expireat},
    {CMD_PEXPIRE, cmd_pexpire},
    {CMD_PEXPIREAT, cmd_pexpireat},
    {CMD_TTL, cmd_ttl},
    {CMD_PTTL, cmd_pttl},
    {CMD_EXPIRETIME, cmd_expiretime},
    {CMD_PEXPIRETIME, cmd_pexpiretime},
    {CMD_PERSIST, cmd_persist},
    COMMAND_BINDINGS_END,
};
