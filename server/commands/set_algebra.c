/* Sets: intersection, union and difference, answered, counted or stored.
 *
 *      operands (read, checked) ──► members in groups ──► found in the others? ──► reply, count or result
 *
 * Members travel sixteen at a time: a group is hashed once, and what finding it in a set will touch is
 * prefetched before the first is looked for. The hashes serve every other operand and the result.
 *
 *   - An intersection walks over the smallest set and asks the others, the next smallest first.
 *   - A difference either walks over the first set and asks the others, the largest first, or copies the
 * first and removes the others' members from the copy, whichever promises less work.
 *   - A union adds them all to the result.
 *
 * A stored result has the form that Redis gives it. It begins as an intset (an intersection as a listpack
 * unless its smallest set is an intset) and becomes what its members make of it; an intersection of nothing
 * but integers ends as an intset when they are few enough. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/set_common.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/reaper.h"
#include "server/types/set.h"
#include <stdlib.h>

/* --- operands --- */

#define OPERANDS_STACK 16
struct operands {
    const struct entry **sets; /* borrowed entries; NULL: no such key. `stack` or owned */
    size_t count, absent;
    const struct entry *stack[OPERANDS_STACK];
};

static void operands_deinit(struct operands *o) {
    if (o->sets != o->stack) mem_free(o->sets);
}

/* Reads the sets argv[first] … of `count` keys; false: one is of another type, and the error was replied. */
static bool operands_read(struct call *call, int first, size_t count, struct operands *o) {
    o->count = count;
    o->absent = 0;
    o->sets = count <= OPERANDS_STACK ? o->stack : mem_alloc(count * sizeof(*o->sets));
    for (size_t i = 0; i < count; i++) {
        if (!key_read_typed(call, first + (int)i, VALUE_SET, &o->sets[i])) {
            operands_deinit(o);
            return false;
        }
        o->absent += o->sets[i] == NULL;
    }
    return true;
}

static size_t count_of(const struct entry *e) {
    return e ? set_count(e) : 0;
}

static int smaller_first(const void *a, const void *b) {
    size_t x = count_of(*(const struct entry *const *)a), y = count_of(*(const struct entry *const *)b);
    return (x > y) - (x < y);
}

static int larger_first(const void *a, const void *b) {
    return smaller_first(b, a);
}

/* --- results --- */

/* Where members go, a group at a time; false: no more are wanted. */
struct sink {
    bool (*take)(struct sink *sink, struct set_group *g);
};

struct reply_sink {
    struct sink sink;
    struct resp_writer *reply;
    size_t count;
};

static bool reply_take(struct sink *sink, struct set_group *g) {
    struct reply_sink *r = (struct reply_sink *)sink;
    for (size_t i = 0; i < g->count; i++)
        resp_bulk_slice(r->reply, g->member[i]);
    r->count += g->count;
    return true;
}

struct count_sink {
    struct sink sink;
    size_t count, limit;
};

static bool count_take(struct sink *sink, struct set_group *g) {
    struct count_sink *c = (struct count_sink *)sink;
    c->count += g->count;
    if (c->count < c->limit) return true;
    c->count = c->limit;
    return false;
}

struct set_sink {
    struct sink sink;
    struct entry *set; /* owned */
    struct set_rules rules;
    bool integers; /* all so far; kept up only if it began as true */
};

static bool set_take(struct sink *sink, struct set_group *g) {
    struct set_sink *s = (struct set_sink *)sink;
    size_t added = 0;
    int64_t value;
    for (size_t i = 0; i < g->count && s->integers; i++)
        s->integers = num_parse_int64(g->member[i].ptr, g->member[i].len, &value);
    s->set = set_add_group(s->set, g, &s->rules, &added);
    return true;
}

static void set_sink_open(struct set_sink *s, const struct call *call, struct slice key,
                          enum value_encoding encoding) {
    s->sink.take = set_take;
    s->rules = set_rules_of(call);
    s->set = set_create(key, encoding, &s->rules);
    s->integers = false;
}

/* Puts `result` (taken) at argv[1], or deletes what is there if it is empty, and replies its count. */
static void store(struct call *call, struct entry *result, const char *event) {
    size_t count = set_count(result);
    struct key_ref ref;
    key_open(call, 1, &ref);
    if (count > 0) {
        key_store(call, &ref, result);
        key_changed(call, &ref, NOTIFY_SET, event);
    } else {
        value_free(result);
        if (key_entry(&ref)) {
            key_delete(call, &ref);
            key_changed(call, &ref, NOTIFY_GENERIC, "del");
        }
    }
    resp_int(call->reply, (int64_t)count);
}

static struct entry *empty_result(const struct call *call) {
    struct set_rules rules = set_rules_of(call);
    return set_create(call->argv[1], ENC_INTSET, &rules);
}

/* --- walking and asking --- */

/* Keeps those members of the group whose bit is set. */
static void keep_only(struct set_group *g, uint32_t mask) {
    size_t kept = 0;
    for (; mask; mask &= mask - 1) {
        size_t i = (size_t)__builtin_ctz(mask);
        g->member[kept] = g->member[i];
        g->hash[kept++] = g->hash[i];
    }
    g->count = kept;
    g->ahead = NULL;
}

static uint32_t whole(const struct set_group *g) {
    return (uint32_t)(((uint64_t)1 << g->count) - 1);
}

/* One question: which members of `first` have all the others (`present`), or has none of them. */
struct question {
    const struct entry *first, **others; /* borrowed */
    size_t count;
    bool present;
};

static bool is_asked(const struct question *q, size_t i) {
    return q->others[i] && !(q->present && q->others[i] == q->first);
}

static void sift_group(const struct question *q, struct set_group *g) {
    for (size_t i = 0; i < q->count && g->count > 0; i++) {
        if (!is_asked(q, i)) continue;
        uint32_t found = set_has_group(q->others[i], g), wanted = q->present ? found : whole(g) & ~found;
        if (wanted != whole(g)) keep_only(g, wanted);
    }
}

/* The walk's next group, or an empty one, with what looking for it touches first on its way. */
static void next_group(const struct question *q, struct set_walk *walk, struct set_group *g) {
    if (set_walk_next(walk, g) && q->count && is_asked(q, 0)) set_prefetch_group(q->others[0], g);
}

/* Hands those members to `sink`. The walk is two groups ahead: when one is looked for, the items that it may
 * be among are there, and the buckets of the next one. */
static void sift(const struct question *q, struct sink *sink) {
    struct set_group groups[3];
    struct set_walk walk;
    set_walk_begin(&walk, q->first);
    next_group(q, &walk, &groups[0]);
    next_group(q, &walk, &groups[1]);
    for (unsigned i = 0; groups[i].count > 0; i = (i + 1) % 3) {
        struct set_group *g = &groups[i], *next = &groups[(i + 1) % 3];
        next_group(q, &walk, &groups[(i + 2) % 3]);
        if (next->count && next->ahead) set_prefetch_group(q->others[0], next);
        sift_group(q, g);
        if (g->count > 0 && !sink->take(sink, g)) return;
    }
}

/* --- intersection --- */

static void intersect(struct operands *o, struct sink *sink) {
    struct question question = {o->sets[0], o->sets + 1, o->count - 1, true};
    sift(&question, sink);
}

static void cmd_sinter(struct call *call) {
    struct operands o;
    if (!operands_read(call, 1, (size_t)call->argc - 1, &o)) return;

    if (o.absent) {
        resp_set(call->reply, 0);
    } else if (o.count == 1) {
        set_answer_all(call, o.sets[0]);
    } else {
        struct reply_sink sink = {{reply_take}, call->reply, 0};
        struct resp_deferred head = resp_deferred(call->reply);
        qsort(o.sets, o.count, sizeof(*o.sets), smaller_first);
        intersect(&o, &sink.sink);
        resp_deferred_fill(call->reply, head, RESP_SET, sink.count);
    }
    operands_deinit(&o);
}

static void cmd_sinterstore(struct call *call) {
    struct operands o;
    if (!operands_read(call, 2, (size_t)call->argc - 2, &o)) return;

    struct entry *result;
    if (o.absent) {
        result = empty_result(call);
    } else {
        struct set_sink sink;
        qsort(o.sets, o.count, sizeof(*o.sets), smaller_first);
        bool intset = entry_encoding(o.sets[0]) == ENC_INTSET;
        set_sink_open(&sink, call, call->argv[1], intset ? ENC_INTSET : ENC_LISTPACK);
        sink.integers = true;
        intersect(&o, &sink.sink);
        result = sink.integers ? set_to_intset(sink.set, &sink.rules) : sink.set;
    }
    operands_deinit(&o);

    store(call, result, "sinterstore");
}

static void cmd_sintercard(struct call *call) {
    int64_t keys, limit = 0;
    if (!call_int64_range(call, 1, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0")) return;
    if (keys > call->argc - 2) {
        resp_error(call->reply, "ERR Number of keys can't be greater than number of args");
        return;
    }
    for (int arg = 2 + (int)keys; arg < call->argc; arg += 2) {
        if (!slice_is(call->argv[arg], "limit") || arg + 1 == call->argc) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
        if (!call_int64_range(call, arg + 1, 0, INT64_MAX, &limit, "ERR LIMIT can't be negative")) return;
    }
    struct operands o;
    if (!operands_read(call, 2, (size_t)keys, &o)) return;

    struct count_sink sink = {{count_take}, 0, limit ? (size_t)limit : SIZE_MAX};
    if (!o.absent) {
        qsort(o.sets, o.count, sizeof(*o.sets), smaller_first);
        intersect(&o, &sink.sink);
    }
    operands_deinit(&o);

    resp_int(call->reply, (int64_t)sink.count);
}

/* --- union --- */

static void unite(const struct operands *o, struct set_sink *sink) {
    struct set_walk walk;
    struct set_group g;
    for (size_t i = 0; i < o->count; i++) {
        if (o->sets[i] == NULL) continue;
        for (set_walk_begin(&walk, o->sets[i]); set_walk_next(&walk, &g);)
            set_take(&sink->sink, &g);
    }
}

static void answer_result(struct call *call, struct entry *result) {
    set_answer_all(call, result);
    reaper_dispose(call->keyspace->reaper, result);
}

static void cmd_sunion(struct call *call) {
    struct operands o;
    if (!operands_read(call, 1, (size_t)call->argc - 1, &o)) return;

    if (o.absent == o.count) {
        resp_set(call->reply, 0);
    } else if (o.count == 1) {
        set_answer_all(call, o.sets[0]);
    } else {
        struct set_sink sink;
        set_sink_open(&sink, call, (struct slice){NULL, 0}, ENC_TREE);
        unite(&o, &sink);
        answer_result(call, sink.set);
    }
    operands_deinit(&o);
}

static void cmd_sunionstore(struct call *call) {
    struct operands o;
    if (!operands_read(call, 2, (size_t)call->argc - 2, &o)) return;

    struct set_sink sink;
    set_sink_open(&sink, call, call->argv[1], ENC_INTSET);
    unite(&o, &sink);
    operands_deinit(&o);

    store(call, sink.set, "sunionstore");
}

/* --- difference --- */

static bool surely_empty(const struct operands *o) {
    for (size_t i = 1; i < o->count; i++)
        if (o->sets[i] == o->sets[0]) return true;
    return o->sets[0] == NULL;
}

/* Asking costs about half of what removing does, since it can stop early. */
static bool asking_pays(const struct operands *o) {
    size_t ask = 0, remove = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (o->sets[i] == NULL) continue;
        ask += set_count(o->sets[0]);
        remove += set_count(o->sets[i]);
    }
    return ask / 2 <= remove;
}

static void ask_others(struct operands *o, struct sink *sink) {
    qsort(o->sets + 1, o->count - 1, sizeof(*o->sets), larger_first);
    struct question question = {o->sets[0], o->sets + 1, o->count - 1, false};
    sift(&question, sink);
}

static void remove_others(const struct operands *o, struct set_sink *sink) {
    struct operands first = {.sets = o->sets, .count = 1};
    unite(&first, sink);
    struct set_walk walk;
    struct set_group g;
    size_t removed = 0;
    for (size_t i = 1; i < o->count && set_count(sink->set) > 0; i++) {
        if (o->sets[i] == NULL) continue;
        for (set_walk_begin(&walk, o->sets[i]); set_walk_next(&walk, &g);)
            sink->set = set_remove_group(sink->set, &g, &removed);
    }
}

static void cmd_sdiff(struct call *call) {
    struct operands o;
    if (!operands_read(call, 1, (size_t)call->argc - 1, &o)) return;

    if (surely_empty(&o)) {
        resp_set(call->reply, 0);
    } else if (o.count == 1) {
        set_answer_all(call, o.sets[0]);
    } else if (asking_pays(&o)) {
        struct reply_sink sink = {{reply_take}, call->reply, 0};
        struct resp_deferred head = resp_deferred(call->reply);
        ask_others(&o, &sink.sink);
        resp_deferred_fill(call->reply, head, RESP_SET, sink.count);
    } else {
        struct set_sink sink;
        set_sink_open(&sink, call, (struct slice){NULL, 0}, ENC_TREE);
        remove_others(&o, &sink);
        answer_result(call, sink.set);
    }
    operands_deinit(&o);
}

static void cmd_sdiffstore(struct call *call) {
    struct operands o;
    if (!operands_read(call, 2, (size_t)call->argc - 2, &o)) return;

    struct set_sink sink;
    set_sink_open(&sink, call, call->argv[1], ENC_INTSET);
    if (surely_empty(&o)) {
        /* nothing to add */
    } else if (asking_pays(&o)) {
        ask_others(&o, &sink.sink);
    } else {
        remove_others(&o, &sink);
    }
    operands_deinit(&o);

    store(call, sink.set, "sdiffstore");
}

const struct command_binding set_algebra_bindings[] = {
    {CMD_SINTER, cmd_sinter},           {CMD_SINTERSTORE, cmd_sinterstore},
    {CMD_SINTERCARD, cmd_sintercard},   {CMD_SUNION, cmd_sunion},
    {CMD_SUNIONSTORE, cmd_sunionstore}, {CMD_SDIFF, cmd_sdiff},
    {CMD_SDIFFSTORE, cmd_sdiffstore},   COMMAND_BINDINGS_END,
};
