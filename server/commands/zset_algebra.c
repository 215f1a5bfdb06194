/* Sorted sets: union, intersection and difference, answered, counted or stored.
 *
 *      inputs (sets and sorted sets, weighted) ──► members and scores, in any order (zset_build)
 *                                                      ├──► sorted, answered
 *                                                      └──► sorted, stored
 *
 * Inputs are combined from the smallest to the largest, which for sums of doubles decides about their last
 * bits: so it is what Redis does. A union finds members that it has seen in a table. An intersection goes
 * over the smallest input and asks the others; a difference goes over the first and asks the others, the
 * largest first. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/commands/families.h"
#include "server/commands/zset_common.h"
#include "server/commands/zset_input.h"
#include <math.h>
#include <stdlib.h>

enum operation { UNION, INTERSECTION, DIFFERENCE };
enum aggregate { SUM, MIN, MAX };

struct request {
    enum operation operation;
    bool stores, counts;
    /* from the arguments */
    size_t count;
    struct zset_input *inputs;
    enum aggregate aggregate;
    bool with_scores;
    size_t limit; /* of the count; SIZE_MAX: none */
};

/* --- arguments --- */

static bool parse_weights(struct call *call, int arg, struct request *r) {
    for (size_t i = 0; i < r->count; i++) {
        struct slice text = call->argv[arg + (int)i];
        if (num_parse_double(text.ptr, text.len, &r->inputs[i].weight)) continue;
        resp_error(call->reply, "ERR weight value is not a float");
        return false;
    }
    return true;
}

static bool parse_aggregate(struct slice word, enum aggregate *out) {
    static const char *const words[] = {"sum", "min", "max"};
    for (unsigned i = 0; i < 3; i++)
        if (slice_is(word, words[i])) {
            *out = (enum aggregate)i;
            return true;
        }
    return false;
}

/* One option at `arg`; returns the arguments it took, 0 with the error replied. */
static int parse_option(struct call *call, int arg, struct request *r) {
    struct slice word = call->argv[arg];
    int left = call->argc - arg;
    bool combines = r->operation != DIFFERENCE && !r->counts;
    int64_t limit;
    if (combines && slice_is(word, "weights") && (size_t)left > r->count)
        return parse_weights(call, arg + 1, r) ? (int)r->count + 1 : 0;
    if (combines && slice_is(word, "aggregate") && left >= 2 &&
        parse_aggregate(call->argv[arg + 1], &r->aggregate))
        return 2;
    if (!r->stores && !r->counts && slice_is(word, "withscores")) {
        r->with_scores = true;
        return 1;
    }
    if (r->counts && slice_is(word, "limit") && left >= 2) {
        if (!call_int64_range(call, arg + 1, 0, INT64_MAX, &limit, "ERR LIMIT can't be negative")) return 0;
        r->limit = limit ? (size_t)limit : SIZE_MAX;
        return 2;
    }
    resp_error(call->reply, ERR_SYNTAX);
    return 0;
}

static bool parse(struct call *call, struct request *r) {
    int numkeys_arg = r->stores ? 2 : 1, first = numkeys_arg + 1;
    int64_t count;
    if (!call_int64(call, numkeys_arg, &count)) return false;
    if (count < 1) {
        resp_errorf(call->reply, "ERR at least 1 input key is needed for '%s' command", call->spec->name);
        return false;
    }
    if (count > call->argc - first) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    r->count = (size_t)count;
    r->inputs = mem_alloc(r->count * sizeof(*r->inputs));
    if (!zset_inputs_read(call, first, r->count, r->inputs)) return false;
    for (int arg = first + (int)count; arg < call->argc;) {
        int took = parse_option(call, arg, r);
        if (took == 0) return false;
        arg += took;
    }
    return true;
}

/* --- combining --- */

static double combine(enum aggregate how, double a, double b) {
    switch (how) {
    case MIN: return b < a ? b : a;
    case MAX: return b > a ? b : a;
    case SUM: break;
    }
    double sum = a + b;
    return isnan(sum) ? 0 : sum; /* infinities that cancel out */
}

/* The state of an operation while it goes over one input. */
struct combining {
    const struct request *r;
    struct zset_build *build; /* NULL: members are only counted */
    size_t count;
};

static bool wanted(struct combining *c, struct slice member, double score) {
    if (c->build) zset_build_add(c->build, member, score);
    return ++c->count < c->r->limit;
}

static bool unite(void *arg, struct slice member, double score) {
    struct combining *c = arg;
    struct rank_item *item = zset_build_find(c->build, member);
    if (item)
        item->score = combine(c->r->aggregate, item->score, score);
    else
        zset_build_add(c->build, member, score);
    return true;
}

static bool intersect(void *arg, struct slice member, double score) {
    struct combining *c = arg;
    for (size_t i = 1; i < c->r->count; i++) {
        double other;
        if (!zset_input_score(&c->r->inputs[i], member, &other)) return true;
        score = combine(c->r->aggregate, score, other);
    }
    return wanted(c, member, score);
}

static bool subtract(void *arg, struct slice member, double score) {
    struct combining *c = arg;
    for (size_t i = 1; i < c->r->count; i++) {
        double other;
        if (zset_input_score(&c->r->inputs[i], member, &other)) return true;
    }
    return wanted(c, member, score);
}

static int smaller_first(const void *a, const void *b) {
    size_t left = zset_input_count(a), right = zset_input_count(b);
    return left < right ? -1 : left > right;
}

static int larger_first(const void *a, const void *b) {
    return smaller_first(b, a);
}

/* Does it; `build` NULL for a count. Returns how many members there are. */
static size_t run(struct request *r, struct zset_build *build) {
    struct combining c = {r, build, 0};
    struct zset_input *in = r->inputs;
    switch (r->operation) {
    case UNION:
        qsort(in, r->count, sizeof(*in), smaller_first);
        for (size_t i = 0; i < r->count; i++)
            zset_input_each(&in[i], unite, &c);
        return build->count;
    case INTERSECTION:
        qsort(in, r->count, sizeof(*in), smaller_first);
        zset_input_each(&in[0], intersect, &c);
        return c.count;
    case DIFFERENCE:
        qsort(in + 1, r->count - 1, sizeof(*in), larger_first);
        zset_input_each(&in[0], subtract, &c);
        return c.count;
    }
    panic("unknown operation %d", (int)r->operation);
}

/* --- the commands --- */

static void answer(struct call *call, const struct request *r, const struct zset_build *build) {
    struct zset_answer out = zset_answer_begin(call, build->count, r->with_scores);
    for (size_t i = 0; i < build->count; i++)
        zset_answer_pair(&out, rank_item_member(build->pairs[i].item), build->pairs[i].item->score);
}

static void operate(struct call *call, struct request *r) {
    if (r->counts) {
        resp_int(call->reply, (int64_t)run(r, NULL));
        return;
    }
    struct zset_rules rules = zset_rules_of(call);
    struct zset_build build;
    zset_build_init(&build, &rules, r->operation == UNION);
    run(r, &build);
    zset_build_sort(&build);
    static const char *const events[] = {"zunionstore", "zinterstore", "zdiffstore"};
    if (r->stores)
        zset_store(call, &build, events[r->operation]);
    else
        answer(call, r, &build);
    zset_build_deinit(&build);
}

static void combine_keys(struct call *call, enum operation operation, bool stores, bool counts) {
    struct request r = {.operation = operation, .stores = stores, .counts = counts, .limit = SIZE_MAX};
    if (parse(call, &r)) operate(call, &r);
    if (r.inputs) mem_free_sized(r.inputs, r.count * sizeof(*r.inputs));
}

static void cmd_zunion(struct call *call) {
    combine_keys(call, UNION, false, false);
}
static void cmd_zunionstore(struct call *call) {
    combine_keys(call, UNION, true, false);
}
static void cmd_zinter(struct call *call) {
    combine_keys(call, INTERSECTION, false, false);
}
static void cmd_zinterstore(struct call *call) {
    combine_keys(call, INTERSECTION, true, false);
}
static void cmd_zintercard(struct call *call) {
    combine_keys(call, INTERSECTION, false, true);
}
static void cmd_zdiff(struct call *call) {
    combine_keys(call, DIFFERENCE, false, false);
}
static void cmd_zdiffstore(struct call *call) {
    combine_keys(call, DIFFERENCE, true, false);
}

const struct command_binding zset_algebra_bindings[] = {
    {CMD_ZUNION, cmd_zunion},         {CMD_ZUNIONSTORE, cmd_zunionstore},
    {CMD_ZINTER, cmd_zinter},         {CMD_ZINTERSTORE, cmd_zinterstore},
    {CMD_ZINTERCARD, cmd_zintercard}, {CMD_ZDIFF, cmd_zdiff},
    {CMD_ZDIFFSTORE, cmd_zdiffstore}, COMMAND_BINDINGS_END,
};
