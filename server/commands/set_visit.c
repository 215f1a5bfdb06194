/* Sets: commands that go over many members, all, some at a time, or drawn at random. */
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "server/commands/draw.h"
#include "server/commands/families.h"
#include "server/commands/scan_options.h"
#include "server/commands/set_common.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/unit.h"
#include "server/types/set.h"

static void cmd_smembers(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_SET, &e)) return;

    if (e)
        set_answer_all(call, e);
    else
        resp_set(call->reply, 0);
}

/* --- some at a time --- */

/* Members go to a writer of their own, since the cursor that stands before them is known last. */
struct matching {
    struct resp_writer found;
    const struct scan_options *options;
    size_t count;
};

static void answer_matching(void *arg, struct slice member) {
    struct matching *m = arg;
    if (!scan_matches(m->options, member)) return;
    resp_bulk_slice(&m->found, member);
    m->count++;
}

static void cmd_sscan(struct call *call) {
    uint64_t cursor;
    const struct entry *e;
    struct scan_options options;
    if (!scan_begin(call, VALUE_SET, &e, &cursor, &options)) return;

    struct matching m = {.options = &options};
    resp_writer_init(&m.found, call->reply->pool);
    cursor = set_scan(e, cursor, options.count, answer_matching, &m);
    scan_answer_cursor(call, cursor);
    resp_array(call->reply, m.count);
    resp_writer_splice(call->reply, &m.found);
    resp_writer_deinit(&m.found);
}

/* --- drawn at random --- */

static void answer_member(void *arg, struct slice member) {
    struct call *call = arg;
    resp_bulk_slice(call->reply, member);
}

static bool goes_on(void *arg) {
    return draw_goes_on(((const struct call *)arg)->session);
}

static void random_one(struct call *call, const struct entry *e) {
    if (e)
        set_random(e, &call->keyspace->rng, 1, answer_member, NULL, call);
    else
        resp_null(call->reply);
}

static void random_many(struct call *call, const struct entry *e, const struct draw *draw) {
    size_t count = draw_count(draw, e ? set_count(e) : 0);
    resp_array(call->reply, count);
    if (draw->repeat && count)
        set_random(e, &call->keyspace->rng, count, answer_member, goes_on, call);
    else if (count)
        set_random_unique(e, &call->keyspace->rng, count, answer_member, call);
}

static void cmd_srandmember(struct call *call) {
    struct draw draw;
    const struct entry *e;
    if (!draw_parse(call, NULL, &draw) || !key_read_typed(call, 1, VALUE_SET, &e)) return;
    if (draw.single)
        random_one(call, e);
    else
        random_many(call, e, &draw);
}

/* --- taken out at random --- */

static void tell_popped(struct call *call, struct key_ref *ref, size_t count, bool emptied) {
    key_changed(call, ref, NOTIFY_SET, "spop");
    key_changed_more(call, count - 1);
    if (emptied) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_GENERIC, "del");
}

/* Members that are answered, and noted for the journal as removed: a replay must not draw others. */
#define RECORD_MEMBERS_MAX 1024
struct popped {
    struct call *call;
    struct buf bytes; /* of the members noted */
    size_t ends[RECORD_MEMBERS_MAX], count;
};

static void journal_popped(struct popped *p) {
    struct slice record[2 + RECORD_MEMBERS_MAX] = {SLICE("SREM"), p->call->argv[1]};
    for (size_t i = 0, from = 0; i < p->count; from = p->ends[i++])
        record[2 + i] = (struct slice){p->bytes.ptr + from, p->ends[i] - from};
    if (p->count) unit_journal(p->call, record, (int)(2 + p->count));
    p->count = 0;
    buf_clear(&p->bytes);
}

static void answer_popped(void *arg, struct slice member) {
    struct popped *p = arg;
    resp_bulk_slice(p->call->reply, member);
    if (p->call->keyspace->unit.journal == NULL) return;
    buf_append(&p->bytes, member.ptr, member.len);
    p->ends[p->count++] = p->bytes.len;
    if (p->count == RECORD_MEMBERS_MAX) journal_popped(p);
}

/* All of it: the key goes. */
static void pop_all(struct call *call, struct key_ref *ref) {
    size_t count = set_count(key_entry(ref));
    set_answer_all(call, key_entry(ref));
    key_delete(call, ref);
    tell_popped(call, ref, count, true);
    bool lazy = call->keyspace->conf.lazyfree_lazy_server_del;
    struct slice del[2] = {lazy ? SLICE("UNLINK") : SLICE("DEL"), ref->name};
    unit_journal(call, del, 2);
}

struct rest {
    struct entry *set;
    const struct set_rules *rules;
};

static void keep(void *arg, struct slice member) {
    struct rest *rest = arg;
    size_t added = 0;
    rest->set = set_add(rest->set, &member, 1, rest->rules, &added);
}

/* Nearly all of it: what is to be left is drawn instead, into a set of its own that takes the key. Like
 * Redis, it begins anew: as an intset if the old one was, otherwise as a listpack. */
static void pop_most(struct call *call, struct key_ref *ref, size_t count, struct popped *p) {
    struct set_rules rules = set_rules_of(call);
    struct entry *old = key_entry(ref);
    bool integers = entry_encoding(old) == ENC_INTSET;
    struct rest rest = {set_create(ref->name, integers ? ENC_INTSET : ENC_LISTPACK, &rules), &rules};
    key_moved(ref, set_pop(old, &call->keyspace->rng, set_count(old) - count, keep, &rest));
    old = key_entry(ref);

    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, old); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            answer_popped(p, g.member[i]);
    key_store(call, ref, entry_set_deadline(rest.set, entry_deadline(old)));
}

#define POP_MOST_FACTOR 5 /* fewer than one of so many that go is left */

static void pop_some(struct call *call, struct key_ref *ref, size_t count) {
    struct popped p = {.call = call};
    resp_set(call->reply, count);
    if ((set_count(key_entry(ref)) - count) * POP_MOST_FACTOR > count)
        key_moved(ref, set_pop(key_entry(ref), &call->keyspace->rng, count, answer_popped, &p));
    else
        pop_most(call, ref, count, &p);
    tell_popped(call, ref, count, false);
    journal_popped(&p);
    buf_deinit(&p.bytes);
}

static void pop_count(struct call *call) {
    int64_t count;
    if (!call_int64_range(call, 2, 0, INT64_MAX, &count, "ERR value is out of range, must be positive"))
        return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_SET, &ref)) return;

    if (key_entry(&ref) == NULL || count == 0)
        resp_set(call->reply, 0);
    else if ((size_t)count >= set_count(key_entry(&ref)))
        pop_all(call, &ref);
    else
        pop_some(call, &ref, (size_t)count);
}

static void answer_and_journal(void *arg, struct slice member) {
    struct call *call = arg;
    resp_bulk_slice(call->reply, member);
    struct slice srem[3] = {SLICE("SREM"), call->argv[1], member};
    unit_journal(call, srem, 3);
}

static void pop_one(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_SET, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_null(call->reply);
        return;
    }

    key_moved(&ref, set_pop(key_entry(&ref), &call->keyspace->rng, 1, answer_and_journal, call));
    bool emptied = set_count(key_entry(&ref)) == 0;
    if (emptied) key_delete(call, &ref);
    tell_popped(call, &ref, 1, emptied);
}

static void cmd_spop(struct call *call) {
    if (call->argc == 2)
        pop_one(call);
    else if (call->argc == 3)
        pop_count(call);
    else
        resp_error(call->reply, ERR_SYNTAX);
}

const struct command_binding set_visit_bindings[] = {
    {CMD_SMEMBERS, cmd_smembers},       {CMD_SSCAN, cmd_sscan}, {CMD_SPOP, cmd_spop},
    {CMD_SRANDMEMBER, cmd_srandmember}, COMMAND_BINDINGS_END,
};
