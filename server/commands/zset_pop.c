/* Sorted sets: taking the lowest or highest members, and waiting for some.
 *
 * What looks at several keys is journaled as the ZPOPMIN or ZPOPMAX of the one that it found members in. */
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/mpop.h"
#include "server/commands/zset_common.h"
#include "server/keyspace/block.h"
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

/* BZPOPMIN key … timeout */
static void pop_or_wait(struct call *call, bool highest) {
    int last = call->argc - 1;
    int64_t until_ms;
    if (!call_block_seconds(call, last, &until_ms)) return;
    for (int arg = 1; arg < last; arg++) {
        struct key_ref ref;
        if (!key_open_typed(call, arg, VALUE_ZSET, &ref)) return;
        if (key_entry(&ref) == NULL) continue;

        struct zset_answer answer = {call->reply, true, false};
        resp_array(call->reply, 3);
        resp_bulk_slice(call->reply, ref.name);
        zset_range(key_entry(&ref), 0, 1, highest, zset_answer_pair, &answer);
        size_t n = zset_count(key_entry(&ref));
        zset_take_ranks(call, &ref, highest ? n - 1 : 0, 1, highest ? "zpopmax" : "zpopmin");
        struct slice pop[2] = {highest ? SLICE("ZPOPMAX") : SLICE("ZPOPMIN"), ref.name};
        unit_journal(call, pop, 2);
        return;
    }
    call_block(call, &(struct block){.type = VALUE_ZSET,
                                     .keys = call->argv + 1,
                                     .key_count = last - 1,
                                     .until_ms = until_ms,
                                     .null_array = true});
}

static void cmd_bzpopmin(struct call *call) {
    pop_or_wait(call, false);
}
static void cmd_bzpopmax(struct call *call) {
    pop_or_wait(call, true);
}

static void journal_pop(struct call *call, struct slice key, bool highest, size_t count) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[3] = {highest ? SLICE("ZPOPMAX") : SLICE("ZPOPMIN"), key, {digits, 0}};
    argv[2].len = num_format_uint64(digits, count);
    unit_journal(call, argv, 3);
}

/* False: there is nothing to take yet. */
static bool pop_first(struct call *call, const struct mpop *m) {
    for (int arg = m->first; arg < m->first + m->keys; arg++) {
        struct key_ref ref;
        if (!key_open_typed(call, arg, VALUE_ZSET, &ref)) return true;
        if (key_entry(&ref) == NULL) continue;

        size_t n = zset_count(key_entry(&ref)), count = (uint64_t)m->count < n ? (size_t)m->count : n;
        resp_array(call->reply, 2);
        resp_bulk_slice(call->reply, ref.name);
        pop(call, &ref, m->second_end, count, true);
        journal_pop(call, ref.name, m->second_end, count);
        return true;
    }
    return false;
}

static void cmd_zmpop(struct call *call) {
    struct mpop m;
    if (!mpop_parse(call, 1, "min", "max", &m)) return;
    if (!pop_first(call, &m)) resp_null_array(call->reply);
}

static void cmd_bzmpop(struct call *call) {
    struct mpop m;
    int64_t until_ms;
    if (!mpop_parse(call, 2, "min", "max", &m) || !call_block_seconds(call, 1, &until_ms)) return;
    if (pop_first(call, &m)) return;
    call_block(call, &(struct block){.type = VALUE_ZSET,
                                     .keys = call->argv + m.first,
                                     .key_count = m.keys,
                                     .until_ms = until_ms,
                                     .null_array = true});
}

const struct command_binding zset_pop_bindings[] = {
    {CMD_ZPOPMIN, cmd_zpopmin},   {CMD_ZPOPMAX, cmd_zpopmax},   {CMD_ZMPOP, cmd_zmpop},
    {CMD_BZPOPMIN, cmd_bzpopmin}, {CMD_BZPOPMAX, cmd_bzpopmax}, {CMD_BZMPOP, cmd_bzmpop},
    COMMAND_BINDINGS_END,
};
