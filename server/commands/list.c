/* Lists: pushing, popping, moving from one to another, and asking.
 *
 * Commands are journaled as they were sent, but LMPOP, which becomes the LPOP or RPOP of the key that it
 * found elements in. */
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/index_range.h"
#include "server/commands/list_common.h"
#include "server/commands/mpop.h"
#include "server/keyspace/unit.h"

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

/* --- popping --- */

/* Takes up to `count` elements of an opened list and answers them, without a header. */
static void pop_from(struct call *call, struct key_ref *ref, size_t count, bool left) {
    const struct entry *e = key_entry(ref);
    list_answer(call, e, left ? 0 : list_count(e) - 1, count, !left);
    list_take(call, ref, count, left);
}

static void pop(struct call *call, bool left) {
    bool counted = call->argc == 3;
    int64_t count = 1;
    if (call->argc > 3) {
        call_error_arity(call);
        return;
    }
    if (counted &&
        !call_int64_range(call, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_LIST, &ref)) return;
    if (key_entry(&ref) == NULL) {
        if (counted)
            resp_null_array(call->reply);
        else
            resp_null(call->reply);
        return;
    }

    if (counted) {
        size_t n = list_count(key_entry(&ref));
        if ((uint64_t)count > n) count = (int64_t)n;
        resp_array(call->reply, (size_t)count);
    }
    if (count) pop_from(call, &ref, (size_t)count, left);
}

static void cmd_lpop(struct call *call) {
    pop(call, true);
}
static void cmd_rpop(struct call *call) {
    pop(call, false);
}

static void journal_pop(struct call *call, struct slice key, bool left, size_t count) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[3] = {left ? SLICE("LPOP") : SLICE("RPOP"), key, {digits, 0}};
    argv[2].len = num_format_uint64(digits, count);
    unit_journal(call, argv, 3);
}

/* True: something was taken, or the error was replied. */
static bool pop_first(struct call *call, const struct mpop *m) {
    for (int arg = m->first; arg < m->first + m->keys; arg++) {
        struct key_ref ref;
        if (!key_open_typed(call, arg, VALUE_LIST, &ref)) return true;
        if (key_entry(&ref) == NULL) continue;

        size_t n = list_count(key_entry(&ref)), count = (uint64_t)m->count < n ? (size_t)m->count : n;
        resp_array(call->reply, 2);
        resp_bulk_slice(call->reply, ref.name);
        resp_array(call->reply, count);
        pop_from(call, &ref, count, !m->second_end);
        journal_pop(call, ref.name, !m->second_end, count);
        return true;
    }
    return false;
}

static void cmd_lmpop(struct call *call) {
    struct mpop m;
    if (!mpop_parse(call, 1, "left", "right", &m)) return;
    if (!pop_first(call, &m)) resp_null_array(call->reply);
}

/* --- moving --- */

static bool keep(void *arg, struct slice value) {
    buf_append_slice(arg, value);
    return true;
}

/* Moves an element of the opened list `from` (argv[1]) to the list `to` (argv[2]), which are two. */
static void move_between(struct call *call, struct key_ref *from, struct key_ref *to, struct slice value,
                         bool from_left, bool to_left) {
    list_add(call, to, &value, 1, to_left);
    key_changed(call, to, NOTIFY_LIST, to_left ? "lpush" : "rpush");

    key_open(call, 1, from); /* the other one may have been inserted just now */
    size_t n = list_count(key_entry(from));
    struct list_rules rules = list_rules_of(call);
    if (n > 1)
        key_moved(from, list_drop(key_entry(from), from_left ? 0 : n - 1, 1, &rules));
    else
        key_delete(call, from);
    unit_changed_too(call->keyspace, from->db, from->name, NOTIFY_LIST, from_left ? "lpop" : "rpop");
    if (n == 1) unit_event(call->keyspace, from->db, from->name, NOTIFY_GENERIC, "del");
}

static void rotate(struct call *call, struct key_ref *ref, struct slice value, bool from_left, bool to_left) {
    size_t n = list_count(key_entry(ref));
    struct list_rules rules = list_rules_of(call);
    key_moved(ref, list_drop(key_entry(ref), from_left ? 0 : n - 1, 1, &rules));
    key_moved(ref, list_push(key_entry(ref), &value, 1, to_left, &rules));
    key_changed(call, ref, NOTIFY_LIST, to_left ? "lpush" : "rpush");
    unit_changed_too(call->keyspace, ref->db, ref->name, NOTIFY_LIST, from_left ? "lpop" : "rpop");
}

/* True: it was moved, or the error was replied; false: there is nothing to move. */
static bool move(struct call *call, bool from_left, bool to_left) {
    struct key_ref from, to;
    if (!key_open_typed(call, 1, VALUE_LIST, &from)) return true;
    if (key_entry(&from) == NULL) return false;
    if (!key_open_typed(call, 2, VALUE_LIST, &to)) return true;
    key_open(call, 1, &from); /* opening the other may have deleted it, being due, and moved this one */

    struct buf copy = {0};
    list_range(key_entry(&from), from_left ? 0 : list_count(key_entry(&from)) - 1, 1, false, keep, &copy);
    if (slice_eq(from.name, to.name))
        rotate(call, &from, buf_slice(&copy), from_left, to_left);
    else
        move_between(call, &from, &to, buf_slice(&copy), from_left, to_left);
    resp_bulk_slice(call->reply, buf_slice(&copy));
    buf_deinit(&copy);
    return true;
}

static void cmd_lmove(struct call *call) {
    bool from_left, to_left;
    if (!list_parse_end(call, 3, &from_left) || !list_parse_end(call, 4, &to_left)) return;
    if (!move(call, from_left, to_left)) resp_null(call->reply);
}

static void cmd_rpoplpush(struct call *call) {
    if (!move(call, false, true)) resp_null(call->reply);
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
    {CMD_LPUSH, cmd_lpush},         {CMD_RPUSH, cmd_rpush},   {CMD_LPUSHX, cmd_lpushx},
    {CMD_RPUSHX, cmd_rpushx},       {CMD_LPOP, cmd_lpop},     {CMD_RPOP, cmd_rpop},
    {CMD_LMPOP, cmd_lmpop},         {CMD_LMOVE, cmd_lmove},   {CMD_LLEN, cmd_llen},
    {CMD_RPOPLPUSH, cmd_rpoplpush}, {CMD_LINDEX, cmd_lindex}, {CMD_LRANGE, cmd_lrange},
    {CMD_LPOS, cmd_lpos},           COMMAND_BINDINGS_END,
};
