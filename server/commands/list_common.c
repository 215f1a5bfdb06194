/* See list_common.h. A list that loses its last element goes with it; one that loses all at once is not taken
 * to pieces here: the reaper does that, away from the command. */
#include "server/commands/list_common.h"
#include "server/keyspace/rules.h"
#include "server/keyspace/unit.h"

struct list_rules list_rules_of(const struct call *call) {
    return keyspace_list_rules(call->keyspace);
}

bool list_parse_end(struct call *call, int arg, bool *left) {
    *left = slice_is(call->argv[arg], "left");
    if (*left || slice_is(call->argv[arg], "right")) return true;
    resp_error(call->reply, ERR_SYNTAX);
    return false;
}

static bool answer(void *arg, struct slice value) {
    resp_bulk_slice(arg, value);
    return true;
}

void list_answer(struct call *call, const struct entry *e, size_t index, size_t count, bool reverse) {
    list_range(e, index, count, reverse, answer, call->reply);
}

void list_add(struct call *call, struct key_ref *ref, const struct slice *values, size_t count, bool left) {
    struct list_rules rules = list_rules_of(call);
    if (key_entry(ref))
        key_moved(ref, list_push(key_entry(ref), values, count, left, &rules));
    else
        key_store(call, ref, list_push(list_create(ref->name), values, count, left, &rules));
}

void list_went(struct call *call, struct key_ref *ref, size_t count, bool emptied, const char *event) {
    if (emptied) key_delete(call, ref);
    key_changed(call, ref, NOTIFY_LIST, event);
    key_changed_more(call, count - 1);
    if (emptied) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_GENERIC, "del");
}

void list_dropped(struct call *call, struct key_ref *ref, size_t count, const char *event) {
    if (count) list_went(call, ref, count, list_count(key_entry(ref)) == 0, event);
}

void list_take(struct call *call, struct key_ref *ref, size_t count, bool left) {
    size_t n = list_count(key_entry(ref));
    if (count == 0) return;
    if (count < n) {
        struct list_rules rules = list_rules_of(call);
        key_moved(ref, list_drop(key_entry(ref), left ? 0 : n - count, count, &rules));
    }
    list_went(call, ref, count, count == n, left ? "lpop" : "rpop");
}
