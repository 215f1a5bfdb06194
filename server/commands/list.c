/* Lists: pushing, popping, moving from one to another, and asking.
 *
 * Commands are journaled as they were sent, but LMPOP, which becomes the LPOP or RPOP of the key that it
 * found elements in. */
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/index_range.h"
#include "server/commands/list_common.h"

/* --- pushing --- */

static void push(struct call *call, bool left, bool only_if_there) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;
    if (only_if_there && key_entry(&ref) == NULL) {
        resp_int(call->reply, 0);
        return;
    }

    size_t count = (size_t)call->argc - 2;
    list_add(call, &ref, call->argv + 2, count, left);
    key_changed(call, &ref, NOTIFY_LIST, left ? "lpush" : "rpush");
    key_changed_more(call, count - 1);

    resp_int(call->reply, (int64_t)list_count(key_entry(&ref)));
}

static void cmd_lpush(struct call *call) {
    push(call, true, false);
}
static void cmd_rpush(struct call *call) {
    push(call, false, false);
}
static void cmd_lpushx(struct call *call) {
    push(call, true, true);
}
static void cmd_rpushx(struct call *call) {
    push(call, false, true);
}

/* --- asking --- */

static void cmd_llen(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_LIST, &e)) return;

    resp_int(call->reply, e ? (int64_t)list_count(e) : 0);
}

static void cmd_lindex(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_LIST, &e)) return;
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    int64_t index, n = (int64_t)list_count(e);
    if (!call_int64(call, 2, &index)) return;

    if (index < 0) index += n;
    if (index < 0 || index >= n)
        resp_null(call->reply);
    else
        list_answer(call, e, (size_t)index, 1, false);
}

static void cmd_lrange(struct call *call) {
    int64_t start, stop;
    if (!call_int64(call, 2, &start) || !call_int64(call, 3, &stop)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_LIST, &e)) return;

    size_t first = 0, count = e ? index_range(list_count(e), start, stop, &first) : 0;
    resp_array(call->reply, count);
    if (count) list_answer(call, e, first, count, false);
}

/* --- where is it --- */

struct lpos {
    int64_t rank;  /* the first match to be told, negative from the end */
    int64_t count; /* of matches; -1: one, not as an array; 0: all */
    int64_t depth; /* elements to look at; 0: all */
};

static bool parse_lpos(struct call *call, struct lpos *p) {
    *p = (struct lpos){.rank = 1, .count = -1};
    for (int arg = 3; arg < call->argc; arg += 2) {
        struct slice word = call->argv[arg];
        bool has_value = arg + 1 < call->argc, right = false;
        if (has_value && slice_is(word, "rank")) {
            right = call_int64_range(call, arg + 1, -INT64_MAX, INT64_MAX, &p->rank, NULL);
            if (right && p->rank == 0) {
                resp_error(call->reply, "ERR RANK can't be zero: use 1 to start from the first match, 2 from "
                                        "the second ... or use negative to start from the end of the list");
                return false;
            }
        } else if (has_value && slice_is(word, "count")) {
            right = call_int64_range(call, arg + 1, 0, INT64_MAX, &p->count, "ERR COUNT can't be negative");
        } else if (has_value && slice_is(word, "maxlen")) {
            right = call_int64_range(call, arg + 1, 0, INT64_MAX, &p->depth, "ERR MAXLEN can't be negative");
        } else {
            resp_error(call->reply, ERR_SYNTAX);
        }
        if (!right) return false;
    }
    return true;
}

struct lpos_answer {
    struct resp_writer *reply;
    uint64_t skip, wanted, found;
};

static bool answer_match(void *arg, uint64_t index) {
    struct lpos_answer *a = arg;
    if (a->skip > 0) {
        a->skip--;
        return true;
    }
    resp_int(a->reply, (int64_t)index);
    return ++a->found != a->wanted;
}

static void find_all(struct call *call, const struct entry *e, const struct lpos *p) {
    size_t n = list_count(e), depth = p->depth && (uint64_t)p->depth < n ? (size_t)p->depth : n;
    bool reverse = p->rank < 0, as_array = p->count >= 0;
    struct lpos_answer a = {.reply = call->reply,
                            .skip = (reverse ? 0 - (uint64_t)p->rank : (uint64_t)p->rank) - 1,
                            .wanted = as_array ? (uint64_t)p->count : 1};
    struct resp_deferred header;
    if (as_array) header = resp_deferred(call->reply);
    list_find(e, call->argv[2], reverse ? n - 1 : 0, depth, reverse, answer_match, &a);
    if (as_array)
        resp_deferred_fill(call->reply, header, RESP_ARRAY, a.found);
    else if (a.found == 0)
        resp_null(call->reply);
}

static void cmd_lpos(struct call *call) {
    struct lpos p;
    if (!parse_lpos(call, &p)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_LIST, &e)) return;

    if (e)
        find_all(call, e, &p);
    else if (p.count >= 0)
        resp_array(call->reply, 0);
    else
        resp_null(call->reply);
}

const struct command_binding list_bindings[] = {
    {CMD_LPUSH, cmd_lpush},   {CMD_RPUSH, cmd_rpush}, {CMD_LPUSHX, cmd_lpushx},
    {CMD_RPUSHX, cmd_rpushx}, {CMD_LLEN, cmd_llen},   {CMD_LINDEX, cmd_lindex},
    {CMD_LRANGE, cmd_lrange}, {CMD_LPOS, cmd_lpos},   COMMAND_BINDINGS_END,
};
