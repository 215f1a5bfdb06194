/* Sorted sets: adding, removing and asking for single members.
 *
 * A sorted set that loses its last member goes with it. Commands are journaled as they were sent, increments
 * too: a score is a double on every machine, and adding the same gives the same. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/commands/zset_common.h"

/* --- adding --- */

struct add_request {
    unsigned flags; /* enum zset_add_flags */
    bool count_changed;
    int first; /* argument: the first score */
    size_t count;
};

/* The options of ZADD, which end at the first word that is none. */
static void parse_add_options(const struct call *call, struct add_request *r) {
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"nx", ZSET_NX}, {"xx", ZSET_XX}, {"gt", ZSET_GT}, {"lt", ZSET_LT}, {"incr", ZSET_INCR}};
    for (r->first = 2; r->first < call->argc; r->first++) {
        struct slice word = call->argv[r->first];
        unsigned flag = 0;
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
            if (slice_is(word, words[i].word)) flag = words[i].flag;
        bool ch = slice_is(word, "ch");
        if (!flag && !ch) return;
        r->flags |= flag;
        r->count_changed = r->count_changed || ch;
    }
}

static const char *check_add_options(const struct add_request *r, int words) {
    unsigned flags = r->flags;
    if (words == 0 || words % 2) return ERR_SYNTAX;
    if ((flags & ZSET_NX) && (flags & ZSET_XX))
        return "ERR XX and NX options at the same time are not compatible";
    unsigned exclusive = flags & (ZSET_NX | ZSET_GT | ZSET_LT);
    if (exclusive & (exclusive - 1))
        return "ERR GT, LT, and/or NX options at the same time are not compatible";
    if ((flags & ZSET_INCR) && words > 2) return "ERR INCR option supports a single increment-element pair";
    return NULL;
}

/* Adds to an opened key, which it makes if it is absent. */
static struct zset_added add_pairs(struct call *call, struct key_ref *ref, const struct zset_pair *pairs,
                                   size_t count, unsigned flags) {
    struct zset_rules rules = zset_rules_of(call);
    struct entry *e = key_entry(ref);
    struct zset_added added;
    if (e) {
        key_moved(ref, zset_add(e, pairs, count, flags, &rules, &added));
        return added;
    }
    size_t len_max = 0;
    for (size_t i = 0; i < count; i++)
        if (pairs[i].member.len > len_max) len_max = pairs[i].member.len;
    e = zset_create(ref->name, count, len_max, &rules);
    key_store(call, ref, zset_add(e, pairs, count, flags, &rules, &added));
    return added;
}

void zset_add_and_reply(struct call *call, const struct zset_pair *pairs, size_t count, unsigned flags,
                        bool count_changed) {
    bool incr = flags & ZSET_INCR;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_ZSET, &ref)) return;

    struct zset_added added = {.refused = true};
    if (key_entry(&ref) || !(flags & ZSET_XX)) added = add_pairs(call, &ref, pairs, count, flags);
    if (added.nan) {
        resp_error(call->reply, "ERR resulting score is not a number (NaN)");
        return;
    }

    size_t changed = added.added + added.updated;
    if (changed) {
        key_changed(call, &ref, NOTIFY_ZSET, incr ? "zincr" : "zadd");
        key_changed_more(call, changed - 1);
    }

    if (!incr)
        resp_int(call->reply, (int64_t)(count_changed ? changed : added.added));
    else if (added.refused)
        resp_null(call->reply);
    else
        resp_double(call->reply, added.score);
}

#define PAIRS_STACK 16

/* Reads the pairs, all of which must be right before any is added. */
static void add(struct call *call, struct add_request *r, int words) {
    r->count = (size_t)words / 2;
    struct zset_pair stack[PAIRS_STACK], *pairs = stack;
    if (r->count > PAIRS_STACK) pairs = mem_alloc(r->count * sizeof(*pairs));
    bool right = true;
    for (size_t i = 0; right && i < r->count; i++) {
        right = call_double(call, r->first + 2 * (int)i, &pairs[i].score);
        pairs[i].member = call->argv[r->first + 2 * (int)i + 1];
    }
    if (right) zset_add_and_reply(call, pairs, r->count, r->flags, r->count_changed);
    if (pairs != stack) mem_free_sized(pairs, r->count * sizeof(*pairs));
}

static void add_command(struct call *call, unsigned flags) {
    struct add_request r = {.flags = flags};
    parse_add_options(call, &r);
    int words = call->argc - r.first;
    const char *error = check_add_options(&r, words);
    if (error)
        resp_error(call->reply, error);
    else
        add(call, &r, words);
}

static void cmd_zadd(struct call *call) {
    add_command(call, 0);
}

/* It is ZADD INCR, down to the option words that it must not have: there they leave too few arguments. */
static void cmd_zincrby(struct call *call) {
    add_command(call, ZSET_INCR);
}

/* --- removing --- */

static void cmd_zrem(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_ZSET, &ref)) return;

    size_t removed = 0;
    if (key_entry(&ref))
        key_moved(&ref, zset_remove(key_entry(&ref), call->argv + 2, (size_t)call->argc - 2, &removed));
    zset_removed(call, &ref, removed, "zrem");

    resp_int(call->reply, (int64_t)removed);
}

/* --- asking --- */

static void cmd_zcard(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    resp_int(call->reply, e ? (int64_t)zset_count(e) : 0);
}

static void cmd_zscore(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    double score;
    if (e && zset_score(e, call->argv[2], &score))
        resp_double(call->reply, score);
    else
        resp_null(call->reply);
}

static void cmd_zmscore(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    size_t left = (size_t)call->argc - 2;
    const struct slice *members = call->argv + 2;
    resp_array(call->reply, left);
    while (left > 0) {
        struct zset_group group;
        size_t n = left < ZSET_GROUP ? left : ZSET_GROUP;
        if (e) zset_score_group(e, members, n, &group);
        for (size_t i = 0; i < n; i++) {
            if (e && group.found[i])
                resp_double(call->reply, group.score[i]);
            else
                resp_null(call->reply);
        }
        members += n;
        left -= n;
    }
}

static void answer_rank(struct call *call, bool reverse) {
    bool with_score = call->argc > 3;
    if (call->argc > 4) {
        call_error_arity(call);
        return;
    }
    if (with_score && !slice_is(call->argv[3], "withscore")) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    size_t rank;
    double score;
    if (e == NULL || !zset_rank(e, call->argv[2], &rank, &score)) {
        if (with_score)
            resp_null_array(call->reply);
        else
            resp_null(call->reply);
        return;
    }
    if (reverse) rank = zset_count(e) - 1 - rank;
    if (with_score) resp_array(call->reply, 2);
    resp_int(call->reply, (int64_t)rank);
    if (with_score) resp_double(call->reply, score);
}

static void cmd_zrank(struct call *call) {
    answer_rank(call, false);
}

static void cmd_zrevrank(struct call *call) {
    answer_rank(call, true);
}

const struct command_binding zset_bindings[] = {
    {CMD_ZADD, cmd_zadd},   {CMD_ZINCRBY, cmd_zincrby},   {CMD_ZREM, cmd_zrem},
    {CMD_ZCARD, cmd_zcard}, {CMD_ZSCORE, cmd_zscore},     {CMD_ZMSCORE, cmd_zmscore},
    {CMD_ZRANK, cmd_zrank}, {CMD_ZREVRANK, cmd_zrevrank}, COMMAND_BINDINGS_END,
};
