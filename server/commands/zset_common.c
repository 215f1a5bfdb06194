/* See zset_common.h.
 *
 * Ranges become ranks before anything is visited, so every reply knows its length beforehand, and an offset
 * costs nothing. A bound of scores is what strtod reads, an empty text being 0, as in Redis. */
#include "server/commands/zset_common.h"
#include "common/base/num.h"
#include "server/commands/index_range.h"
#include "server/keyspace/unit.h"

/* --- replies --- */

struct zset_answer zset_answer_begin(struct call *call, size_t count, bool with_scores) {
    bool nested = with_scores && call->reply->proto == 3;
    resp_array(call->reply, with_scores && !nested ? 2 * count : count);
    return (struct zset_answer){call->reply, with_scores, nested};
}

void zset_answer_pair(void *arg, struct slice member, double score) {
    struct zset_answer *a = arg;
    if (a->nested) resp_array(a->reply, 2);
    resp_bulk_slice(a->reply, member);
    if (a->with_scores) resp_double(a->reply, score);
}

static void answer_member(void *arg, struct slice member, double score) {
    resp_bulk_slice(arg, member);
}

void zset_answer_range(struct call *call, const struct entry *e, size_t start, size_t count, bool reverse,
                       bool with_scores) {
    struct zset_answer answer = zset_answer_begin(call, count, with_scores);
    if (count == 0) return;
    if (with_scores)
        zset_range(e, start, count, reverse, zset_answer_pair, &answer);
    else
        zset_range(e, start, count, reverse, answer_member, call->reply);
}

/* --- ranges --- */

static bool parse_any_double(struct slice text, double *out) {
    if (num_parse_double(text.ptr, text.len, out)) return true;
    bool in_range;
    return num_parse_strtod(text.ptr, text.len, out, &in_range);
}

static bool parse_score(struct slice text, struct zset_bound *out) {
    out->open = text.len && text.ptr[0] == '(';
    if (out->open) text = (struct slice){text.ptr + 1, text.len - 1};
    return parse_any_double(text, &out->score);
}

static bool parse_name(struct slice text, struct zset_bound *out) {
    if (text.len == 0) return false;
    out->infinite = 0;
    out->open = false;
    switch (text.ptr[0]) {
    case '+':
    case '-': out->infinite = text.ptr[0] == '+' ? 1 : -1; return text.len == 1 || text.ptr[1] == 0;
    case '(':
    case '[':
        out->open = text.ptr[0] == '(';
        out->name = (struct slice){text.ptr + 1, text.len - 1};
        return true;
    default: return false;
    }
}

bool zset_limits_parse(struct call *call, enum zset_by by, int min_arg, int max_arg,
                       struct zset_limits *out) {
    out->by = by;
    const struct slice *argv = call->argv;
    switch (by) {
    case ZSET_BY_RANK:
        return call_int64(call, min_arg, &out->min.rank) && call_int64(call, max_arg, &out->max.rank);
    case ZSET_BY_SCORE:
        if (parse_score(argv[min_arg], &out->min) && parse_score(argv[max_arg], &out->max)) return true;
        resp_error(call->reply, "ERR min or max is not a float");
        return false;
    case ZSET_BY_NAME:
        if (parse_name(argv[min_arg], &out->min) && parse_name(argv[max_arg], &out->max)) return true;
        resp_error(call->reply, "ERR min or max not valid string range item");
        return false;
    }
    return false;
}

/* How many members are before a lower bound, or within an upper one. */
static size_t bound_rank(const struct entry *e, enum zset_by by, const struct zset_bound *b, bool upper) {
    bool including = upper ? !b->open : b->open;
    if (by == ZSET_BY_SCORE) return zset_count_below(e, b->score, including);
    if (b->infinite) return b->infinite < 0 ? 0 : zset_count(e);
    return zset_count_before(e, b->name, including);
}

void zset_limits_ranks(const struct entry *e, const struct zset_limits *limits, bool reverse, size_t *start,
                       size_t *count) {
    size_t n = zset_count(e);
    if (limits->by == ZSET_BY_RANK) {
        *count = index_range(n, limits->min.rank, limits->max.rank, start);
        return;
    }
    size_t from = bound_rank(e, limits->by, &limits->min, false);
    size_t to = bound_rank(e, limits->by, &limits->max, true);
    *start = reverse ? n - to : from;
    *count = to > from ? to - from : 0;
}

/* --- storing --- */

void zset_store(struct call *call, struct zset_build *b, const char *event) {
    zset_store_at(call, 1, b, event);
}

void zset_store_at(struct call *call, int arg, struct zset_build *b, const char *event) {
    struct key_ref ref;
    key_open(call, arg, &ref);
    size_t count = b->count;
    if (count) {
        key_store(call, &ref, zset_build_finish(b, ref.name));
        key_changed(call, &ref, NOTIFY_ZSET, event);
    } else if (key_entry(&ref)) {
        key_delete(call, &ref);
        key_changed(call, &ref, NOTIFY_GENERIC, "del");
    }
    resp_int(call->reply, (int64_t)count);
}

static void tell_removed(struct call *call, struct key_ref *ref, size_t removed, bool emptied,
                         const char *event) {
    if (emptied) key_delete(call, ref);
    key_changed(call, ref, NOTIFY_ZSET, event);
    key_changed_more(call, removed - 1);
    if (emptied) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_GENERIC, "del");
}

void zset_removed(struct call *call, struct key_ref *ref, size_t removed, const char *event) {
    if (removed) tell_removed(call, ref, removed, zset_count(key_entry(ref)) == 0, event);
}

void zset_take_ranks(struct call *call, struct key_ref *ref, size_t start, size_t count, const char *event) {
    if (count == 0) return;
    /* what loses all its members is not taken to pieces here: the reaper does that, away from the command */
    bool emptied = count == zset_count(key_entry(ref));
    if (!emptied) key_moved(ref, zset_remove_ranks(key_entry(ref), start, count));
    tell_removed(call, ref, count, emptied, event);
}
