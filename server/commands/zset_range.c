/* Sorted sets: ranges of ranks, scores and names, answered, counted, stored or removed.
 *
 * All forms of ZRANGE are one: what a command's name leaves open (`by`, `way`) its options may say. */
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/zset_common.h"

enum way { FORWARD, BACKWARD, ANY_WAY };
#define BY_ANY (-1)

/* What the name of a command fixes. */
struct form {
    int key; /* argument of the sorted set that is read; the ends of the range and the options follow */
    int by;  /* enum zset_by, or BY_ANY */
    enum way way;
};

struct request {
    struct zset_limits limits;
    bool reverse, with_scores;
    int64_t offset, limit; /* limit negative: none */
};

/* --- arguments --- */

/* The options behind the range; *by and *way are what they end up as. */
static bool parse_options(struct call *call, const struct form *form, struct request *r, int *by,
                          enum way *way) {
    for (int arg = form->key + 3; arg < call->argc; arg++) {
        struct slice word = call->argv[arg];
        bool stores = form->key > 1;
        if (!stores && slice_is(word, "withscores")) {
            r->with_scores = true;
        } else if (slice_is(word, "limit") && arg + 2 < call->argc) {
            if (!call_int64(call, arg + 1, &r->offset) || !call_int64(call, arg + 2, &r->limit)) return false;
            arg += 2;
        } else if (*way == ANY_WAY && slice_is(word, "rev")) {
            *way = BACKWARD;
        } else if (*by == BY_ANY && slice_is(word, "bylex")) {
            *by = ZSET_BY_NAME;
        } else if (*by == BY_ANY && slice_is(word, "byscore")) {
            *by = ZSET_BY_SCORE;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

static bool parse_request(struct call *call, const struct form *form, struct request *r) {
    r->with_scores = false;
    r->offset = 0;
    r->limit = -1;
    int by = form->by;
    enum way way = form->way;
    if (!parse_options(call, form, r, &by, &way)) return false;
    if (by == BY_ANY) by = ZSET_BY_RANK;
    r->reverse = way == BACKWARD;
    if (r->limit != -1 && by == ZSET_BY_RANK) {
        resp_error(call->reply,
                   "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
                   "BYLEX");
        return false;
    }
    if (r->with_scores && by == ZSET_BY_NAME) {
        resp_error(call->reply, "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    bool swapped = r->reverse && by != ZSET_BY_RANK; /* going down, the upper end comes first */
    return zset_limits_parse(call, (enum zset_by)by, form->key + (swapped ? 2 : 1),
                             form->key + (swapped ? 1 : 2), &r->limits);
}

/* The part of a sorted set that is asked for; nothing of an absent one. */
static void find_part(const struct entry *e, const struct request *r, size_t *start, size_t *count) {
    *start = *count = 0;
    if (e == NULL) return;
    zset_limits_ranks(e, &r->limits, r->reverse, start, count);
    if (r->limits.by == ZSET_BY_RANK) return;
    if (r->offset < 0 || (uint64_t)r->offset >= *count) {
        *count = 0;
        return;
    }
    *start += (size_t)r->offset;
    *count -= (size_t)r->offset;
    if (r->limit >= 0 && (uint64_t)r->limit < *count) *count = (size_t)r->limit;
}

/* --- answering --- */

static void answer_range(struct call *call, int by, enum way way) {
    struct form form = {1, by, way};
    struct request r;
    if (!parse_request(call, &form, &r)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    size_t start, count;
    find_part(e, &r, &start, &count);
    zset_answer_range(call, e, start, count, r.reverse, r.with_scores);
}

static void cmd_zrange(struct call *call) {
    answer_range(call, BY_ANY, ANY_WAY);
}
static void cmd_zrevrange(struct call *call) {
    answer_range(call, ZSET_BY_RANK, BACKWARD);
}
static void cmd_zrangebyscore(struct call *call) {
    answer_range(call, ZSET_BY_SCORE, FORWARD);
}
static void cmd_zrevrangebyscore(struct call *call) {
    answer_range(call, ZSET_BY_SCORE, BACKWARD);
}
static void cmd_zrangebylex(struct call *call) {
    answer_range(call, ZSET_BY_NAME, FORWARD);
}
static void cmd_zrevrangebylex(struct call *call) {
    answer_range(call, ZSET_BY_NAME, BACKWARD);
}

/* --- storing --- */

static void build_pair(void *arg, struct slice member, double score) {
    zset_build_add(arg, member, score);
}

static void cmd_zrangestore(struct call *call) {
    struct form form = {2, BY_ANY, ANY_WAY};
    struct request r;
    if (!parse_request(call, &form, &r)) return;
    const struct entry *e;
    if (!key_read_typed(call, 2, VALUE_ZSET, &e)) return;

    size_t start, count;
    find_part(e, &r, &start, &count);
    struct zset_rules rules = zset_rules_of(call);
    struct zset_build build;
    zset_build_init(&build, &rules, false);
    if (count) zset_range(e, start, count, r.reverse, build_pair, &build);
    zset_build_sort(&build);

    zset_store(call, &build, "zrangestore");
    zset_build_deinit(&build);
}

/* --- counting --- */

static void count_range(struct call *call, enum zset_by by) {
    struct zset_limits limits;
    if (!zset_limits_parse(call, by, 2, 3, &limits)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    size_t start, count = 0;
    if (e) zset_limits_ranks(e, &limits, false, &start, &count);
    resp_int(call->reply, (int64_t)count);
}

static void cmd_zcount(struct call *call) {
    count_range(call, ZSET_BY_SCORE);
}
static void cmd_zlexcount(struct call *call) {
    count_range(call, ZSET_BY_NAME);
}

/* --- removing --- */

static void remove_range(struct call *call, enum zset_by by, const char *event) {
    struct zset_limits limits;
    if (!zset_limits_parse(call, by, 2, 3, &limits)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_ZSET, &ref)) return;

    size_t start = 0, count = 0;
    if (key_entry(&ref)) zset_limits_ranks(key_entry(&ref), &limits, false, &start, &count);
    zset_take_ranks(call, &ref, start, count, event);

    resp_int(call->reply, (int64_t)count);
}

static void cmd_zremrangebyrank(struct call *call) {
    remove_range(call, ZSET_BY_RANK, "zremrangebyrank");
}
static void cmd_zremrangebyscore(struct call *call) {
    remove_range(call, ZSET_BY_SCORE, "zremrangebyscore");
}
static void cmd_zremrangebylex(struct call *call) {
    remove_range(call, ZSET_BY_NAME, "zremrangebylex");
}

const struct command_binding zset_range_bindings[] = {
    {CMD_ZRANGE, cmd_zrange},
    {CMD_ZREVRANGE, cmd_zrevrange},
    {CMD_ZRANGEBYSCORE, cmd_zrangebyscore},
    {CMD_ZREVRANGEBYSCORE, cmd_zrevrangebyscore},
    {CMD_ZRANGEBYLEX, cmd_zrangebylex},
    {CMD_ZREVRANGEBYLEX, cmd_zrevrangebylex},
    {CMD_ZRANGESTORE, cmd_zrangestore},
    {CMD_ZCOUNT, cmd_zcount},
    {CMD_ZLEXCOUNT, cmd_zlexcount},
    {CMD_ZREMRANGEBYRANK, cmd_zremrangebyrank},
    {CMD_ZREMRANGEBYSCORE, cmd_zremrangebyscore},
    {CMD_ZREMRANGEBYLEX, cmd_zremrangebylex},
    COMMAND_BINDINGS_END,
};
