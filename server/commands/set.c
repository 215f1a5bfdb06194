/* Sets: adding, removing, moving and finding members.
 *
 * A set that loses its last member goes with it; a command that adds one makes the set. */
#include "server/types/set.h"
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/set_common.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/unit.h"

/* Adds members to an opened key, which it makes if it is absent; returns how many are new. */
static size_t add_members(struct call *call, struct key_ref *ref, const struct slice *members, size_t count) {
    struct set_rules rules = set_rules_of(call);
    struct entry *e = key_entry(ref);
    size_t added = 0;
    if (e) {
        e = set_expect(e, count, &rules);
        key_moved(ref, set_add(e, members, count, &rules, &added));
    } else {
        e = set_create_for(ref->name, members[0], count, &rules);
        key_store(call, ref, set_add(e, members, count, &rules, &added));
    }
    return added;
}

/* Removes members from an opened key, which goes when it is empty, and tells `event`; returns how many were
 * there. */
static size_t remove_members(struct call *call, struct key_ref *ref, const struct slice *members,
                             size_t count) {
    size_t removed = 0;
    key_moved(ref, set_remove(key_entry(ref), members, count, &removed));
    if (removed == 0) return 0;

    bool emptied = set_count(key_entry(ref)) == 0;
    if (emptied) key_delete(call, ref);
    key_changed(call, ref, NOTIFY_SET, "srem");
    key_changed_more(call, removed - 1);
    if (emptied) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_GENERIC, "del");
    return removed;
}

static void cmd_sadd(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_SET, &ref)) return;

    size_t added = add_members(call, &ref, call->argv + 2, (size_t)call->argc - 2);
    if (added > 0) {
        key_changed(call, &ref, NOTIFY_SET, "sadd");
        key_changed_more(call, added - 1);
    }

    resp_int(call->reply, (int64_t)added);
}

static void cmd_srem(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_SET, &ref)) return;

    size_t removed = 0;
    if (key_entry(&ref)) removed = remove_members(call, &ref, call->argv + 2, (size_t)call->argc - 2);

    resp_int(call->reply, (int64_t)removed);
}

static bool is_set(const struct entry *e) {
    return e == NULL || entry_type(e) == VALUE_SET;
}

static void cmd_smove(struct call *call) {
    const struct slice *member = &call->argv[3];
    struct key_ref from, to;
    key_open(call, 1, &from);
    bool absent = key_entry(&from) == NULL;
    key_open(call, 2, &to);
    if (absent) { /* whatever the destination is */
        resp_int(call->reply, 0);
        return;
    }
    key_open(call, 1, &from); /* again: the destination may just have expired */
    if (!is_set(key_entry(&from)) || !is_set(key_entry(&to))) {
        resp_error(call->reply, ERR_WRONG_TYPE);
        return;
    }
    if (key_entry(&from) == key_entry(&to)) {
        resp_int(call->reply, set_has(key_entry(&from), *member));
        return;
    }

    bool moved = remove_members(call, &from, member, 1) > 0;
    if (moved) {
        key_open(call, 2, &to); /* again: the source may be gone now */
        if (add_members(call, &to, member, 1)) key_changed(call, &to, NOTIFY_SET, "sadd");
    }

    resp_int(call->reply, moved);
}

static void cmd_scard(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_SET, &e)) return;

    resp_int(call->reply, e ? (int64_t)set_count(e) : 0);
}

static void cmd_sismember(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_SET, &e)) return;

    resp_int(call->reply, e && set_has(e, call->argv[2]));
}

static void cmd_smismember(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_SET, &e)) return;

    size_t left = (size_t)call->argc - 2;
    const struct slice *members = call->argv + 2;
    resp_array(call->reply, left);
    struct set_group g;
    for (size_t n; left > 0; left -= n, members += n) {
        n = set_group_fill(&g, members, left);
        uint32_t found = e ? set_has_group(e, &g) : 0;
        for (size_t i = 0; i < n; i++)
            resp_int(call->reply, found >> i & 1);
    }
}

const struct command_binding set_bindings[] = {
    {CMD_SADD, cmd_sadd},   {CMD_SREM, cmd_srem},           {CMD_SMOVE, cmd_smove},
    {CMD_SCARD, cmd_scard}, {CMD_SISMEMBER, cmd_sismember}, {CMD_SMISMEMBER, cmd_smismember},
    COMMAND_BINDINGS_END,
};
