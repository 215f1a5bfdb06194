/* Lists: popping, moving from one to another, and waiting for what can be popped or moved.
 *
 * What looks at several keys is journaled as the LPOP or RPOP of the one that it found elements in, and what
 * waits as what it did when it no longer had to. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/list_common.h"
#include "server/commands/mpop.h"
#include "server/keyspace/block.h"
#include "server/keyspace/unit.h"

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

/* --- popping what may not be there yet --- */

static void wait_for(struct call *call, int first, int count, int64_t until_ms) {
    call_block(call, &(struct block){.type = VALUE_LIST,
                                     .keys = call->argv + first,
                                     .key_count = count,
                                     .until_ms = until_ms,
                                     .null_array = true});
}

/* BLPOP key … timeout */
static void pop_or_wait(struct call *call, bool left) {
    int last = call->argc - 1;
    int64_t until_ms;
    if (!call_block_seconds(call, last, &until_ms)) return;
    for (int arg = 1; arg < last; arg++) {
        struct key_ref ref;
        if (!key_open_typed(call, arg, VALUE_LIST, &ref)) return;
        if (key_entry(&ref) == NULL) continue;

        resp_array(call->reply, 2);
        resp_bulk_slice(call->reply, ref.name);
        pop_from(call, &ref, 1, left);
        struct slice pop[2] = {left ? SLICE("LPOP") : SLICE("RPOP"), ref.name};
        unit_journal(call, pop, 2);
        return;
    }
    wait_for(call, 1, last - 1, until_ms);
}

static void cmd_blpop(struct call *call) {
    pop_or_wait(call, true);
}
static void cmd_brpop(struct call *call) {
    pop_or_wait(call, false);
}

static void cmd_blmpop(struct call *call) {
    struct mpop m;
    int64_t until_ms;
    if (!mpop_parse(call, 2, "left", "right", &m) || !call_block_seconds(call, 1, &until_ms)) return;
    if (!pop_first(call, &m)) wait_for(call, m.first, m.keys, until_ms);
}

/* --- moving --- */

/* An element on its way from one list to another; short ones need no allocation. */
struct moving {
    struct slice value;
    char room[256];
};

static bool keep(void *arg, struct slice value) {
    struct moving *m = arg;
    char *copy = value.len <= sizeof(m->room) ? m->room : mem_alloc(value.len);
    if (value.len) memcpy(copy, value.ptr, value.len);
    m->value = (struct slice){copy, value.len};
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

enum moved { MOVED, NOTHING /* to move, and no reply */, REFUSED };

static enum moved move(struct call *call, bool from_left, bool to_left) {
    struct key_ref from, to;
    if (!key_open_typed(call, 1, VALUE_LIST, &from)) return REFUSED;
    if (key_entry(&from) == NULL) return NOTHING;
    bool same = slice_eq(call->argv[1], call->argv[2]);
    if (!same) {
        if (!key_open_typed(call, 2, VALUE_LIST, &to)) return REFUSED;
        key_open(call, 1, &from); /* opening the other may have deleted it, being due, and moved this one */
    }

    struct moving m;
    const struct entry *e = key_entry(&from);
    list_range(e, from_left ? 0 : list_count(e) - 1, 1, false, keep, &m);
    if (same)
        rotate(call, &from, m.value, from_left, to_left);
    else
        move_between(call, &from, &to, m.value, from_left, to_left);
    resp_bulk_slice(call->reply, m.value);
    if (m.value.ptr != m.room) mem_free_sized((char *)m.value.ptr, m.value.len);
    return MOVED;
}

static void cmd_lmove(struct call *call) {
    bool from_left, to_left;
    if (!list_parse_end(call, 3, &from_left) || !list_parse_end(call, 4, &to_left)) return;
    if (move(call, from_left, to_left) == NOTHING) resp_null(call->reply);
}

static void cmd_rpoplpush(struct call *call) {
    if (move(call, false, true) == NOTHING) resp_null(call->reply);
}

/* Where nothing can wait the reply is a null, and where a wait ends in vain a null array: so it is in Redis.
 */
static void wait_to_move(struct call *call, int64_t until_ms) {
    if (call->flags & (CALL_IN_EXEC | CALL_REPLAYED))
        resp_null(call->reply);
    else
        wait_for(call, 1, 1, until_ms);
}

static void cmd_blmove(struct call *call) {
    bool from_left, to_left;
    int64_t until_ms;
    if (!list_parse_end(call, 3, &from_left) || !list_parse_end(call, 4, &to_left) ||
        !call_block_seconds(call, 5, &until_ms))
        return;
    struct slice lmove[5] = {SLICE("LMOVE"), call->argv[1], call->argv[2], call->argv[3], call->argv[4]};
    switch (move(call, from_left, to_left)) {
    case MOVED: unit_journal(call, lmove, 5); break;
    case NOTHING: wait_to_move(call, until_ms); break;
    case REFUSED: break;
    }
}

static void cmd_brpoplpush(struct call *call) {
    int64_t until_ms;
    if (!call_block_seconds(call, 3, &until_ms)) return;
    struct slice rpoplpush[3] = {SLICE("RPOPLPUSH"), call->argv[1], call->argv[2]};
    switch (move(call, false, true)) {
    case MOVED: unit_journal(call, rpoplpush, 3); break;
    case NOTHING: wait_to_move(call, until_ms); break;
    case REFUSED: break;
    }
}

const struct command_binding list_pop_bindings[] = {
    {CMD_LPOP, cmd_lpop},           {CMD_RPOP, cmd_rpop},
    {CMD_LMPOP, cmd_lmpop},         {CMD_LMOVE, cmd_lmove},
    {CMD_RPOPLPUSH, cmd_rpoplpush}, {CMD_BLPOP, cmd_blpop},
    {CMD_BRPOP, cmd_brpop},         {CMD_BLMPOP, cmd_blmpop},
    {CMD_BLMOVE, cmd_blmove},       {CMD_BRPOPLPUSH, cmd_brpoplpush},
    COMMAND_BINDINGS_END,
};
