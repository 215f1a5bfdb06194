/* Sorted sets: taking the lowest or highest members.
 *
 * ZMPOP is journaled as the ZPOPMIN or ZPOPMAX of the key that it found members in. */
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/zset_common.h"
#include "server/keyspace/unit.h"

/* Takes up to `count` members of an opened key that has some, answers them one by one and tells. */
static void pop(struct call *call, struct key_ref *ref, bool highest, size_t count, bool nested) {
    struct entry *e = key_entry(ref);
    size_t n = zset_count(e);
    if (count > n) count = n;
    struct zset_answer answer = {call->reply, true, nested};
    resp_array(call->reply, nested ? count : 2 * count);
    zset_range(e, 0, count, highest, zset_answer_pair, &answer);
    zset_take_ranks(call, ref, highest ? n - count : 0, count, highest ? "zpopmax" : "zpopmin");
}

static void pop_one_key(struct call *call, bool highest) {
    if (call->argc > 3) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    bool counted = call->argc == 3;
    int64_t count = 1;
    if (counted &&
        !call_int64_range(call, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_ZSET, &ref)) return;

    if (key_entry(&ref) == NULL || count == 0)
        resp_array(call->reply, 0);
    else
        pop(call, &ref, highest, (size_t)count, counted && call->reply->proto == 3);
}

static void cmd_zpopmin(struct call *call) {
    pop_one_key(call, false);
}
static void cmd_zpopmax(struct call *call) {
    pop_one_key(call, true);
}

/* ZMPOP numkeys key … MIN|MAX [COUNT n] */
struct mpop {
    int keys;
    bool highest;
    int64_t count;
};

static bool parse_mpop(struct call *call, struct mpop *m) {
    int64_t keys;
    if (!call_int64_range(call, 1, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0")) return false;
    if (keys > call->argc - 3) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    m->keys = (int)keys;
    int arg = 2 + m->keys;
    m->highest = slice_is(call->argv[arg], "max");
    if (!m->highest && !slice_is(call->argv[arg], "min")) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    m->count = 0;
    for (arg++; arg < call->argc; arg++) { /* a wrong count is told before what follows it */
        if (m->count != 0 || !slice_is(call->argv[arg], "count") || arg + 1 == call->argc) {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
        if (!call_int64_range(call, ++arg, 1, INT64_MAX, &m->count, "ERR count should be greater than 0"))
            return false;
    }
    if (m->count == 0) m->count = 1;
    return true;
}

static void journal_pop(struct call *call, struct slice key, bool highest, size_t count) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[3] = {highest ? SLICE("ZPOPMAX") : SLICE("ZPOPMIN"), key, {digits, 0}};
    argv[2].len = num_format_uint64(digits, count);
    unit_journal(call, argv, 3);
}

static void cmd_zmpop(struct call *call) {
    struct mpop m;
    if (!parse_mpop(call, &m)) return;
    for (int arg = 2; arg < 2 + m.keys; arg++) {
        struct key_ref ref;
        if (!key_open_typed(call, arg, VALUE_ZSET, &ref)) return;
        if (key_entry(&ref) == NULL) continue;

        size_t n = zset_count(key_entry(&ref)), count = (uint64_t)m.count < n ? (size_t)m.count : n;
        resp_array(call->reply, 2);
        resp_bulk_slice(call->reply, ref.name);
        pop(call, &ref, m.highest, count, true);
        journal_pop(call, ref.name, m.highest, count);
        return;
    }
    resp_null_array(call->reply);
}

const struct command_binding zset_pop_bindings[] = {
    {CMD_ZPOPMIN, cmd_zpopmin},
    {CMD_ZPOPMAX, cmd_zpopmax},
    {CMD_ZMPOP, cmd_zmpop},
    COMMAND_BINDINGS_END,
};
