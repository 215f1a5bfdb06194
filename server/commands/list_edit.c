/* Lists: changing what is inside. */
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/index_range.h"
#include "server/commands/list_common.h"
#include "server/keyspace/unit.h"

static void cmd_lset(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_error(call->reply, ERR_NO_KEY);
        return;
    }
    int64_t index, n = (int64_t)list_count(key_entry(&ref));
    if (!call_int64(call, 2, &index)) return;
    if (index < 0) index += n;
    if (index < 0 || index >= n) {
        resp_error(call->reply, ERR_OUT_RANGE);
        return;
    }

    struct list_rules rules = list_rules_of(call);
    key_moved(&ref, list_replace(key_entry(&ref), (size_t)index, call->argv[3], &rules));
    key_changed(call, &ref, NOTIFY_LIST, "lset");

    resp_ok(call->reply);
}

static bool first_match(void *arg, uint64_t index) {
    *(uint64_t *)arg = index;
    return false;
}

static void cmd_linsert(struct call *call) {
    bool after = slice_is(call->argv[2], "after");
    if (!after && !slice_is(call->argv[2], "before")) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_int(call->reply, 0);
        return;
    }
    struct list_rules rules = list_rules_of(call);
    key_moved(&ref, list_expect(key_entry(&ref), &call->argv[4], 1, &rules));
    uint64_t pivot = UINT64_MAX;
    list_find(key_entry(&ref), call->argv[3], 0, SIZE_MAX, false, first_match, &pivot);
    if (pivot == UINT64_MAX) {
        resp_int(call->reply, -1);
        return;
    }

    key_moved(&ref, list_insert(key_entry(&ref), pivot + after, call->argv[4], &rules));
    key_changed(call, &ref, NOTIFY_LIST, "linsert");

    resp_int(call->reply, (int64_t)list_count(key_entry(&ref)));
}

static void cmd_lrem(struct call *call) {
    int64_t count;
    if (!call_int64_range(call, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;

    size_t removed = 0, limit = count ? (size_t)(count < 0 ? -count : count) : SIZE_MAX;
    if (key_entry(&ref)) {
        struct list_rules rules = list_rules_of(call);
        key_moved(&ref,
                  list_remove_equal(key_entry(&ref), call->argv[3], limit, count < 0, &rules, &removed));
    }
    list_dropped(call, &ref, removed, "lrem");

    resp_int(call->reply, (int64_t)removed);
}

/* It tells of a change even if nothing went, as in Redis, but does not count one then. */
static void cmd_ltrim(struct call *call) {
    int64_t start, stop;
    if (!call_int64(call, 2, &start) || !call_int64(call, 3, &stop)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_ok(call->reply);
        return;
    }

    size_t n = list_count(key_entry(&ref)), first, kept = index_range(n, start, stop, &first);
    if (kept > 0) {
        struct list_rules rules = list_rules_of(call);
        struct entry *e = list_drop(key_entry(&ref), first + kept, n - first - kept, &rules);
        key_moved(&ref, list_drop(e, 0, first, &rules));
    }
    if (kept < n)
        list_went(call, &ref, n - kept, kept == 0, "ltrim");
    else
        unit_changed_too(call->keyspace, ref.db, ref.name, NOTIFY_LIST, "ltrim");

    resp_ok(call->reply);
}

const struct command_binding list_edit_bindings[] = {
    {CMD_LSET, cmd_lset},   {CMD_LINSERT, cmd_linsert}, {CMD_LREM, cmd_lrem},
    {CMD_LTRIM, cmd_ltrim}, COMMAND_BINDINGS_END,
};
