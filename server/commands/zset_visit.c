/* Sorted sets: members some at a time, or drawn at random. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/draw.h"
#include "server/commands/families.h"
#include "server/commands/scan_options.h"
#include "server/commands/zset_common.h"
#include <math.h>
#include <stdio.h>

/* --- ZSCAN --- */

/* Pairs that were scanned, until the cursor that goes before them in the reply is known. */
struct found {
    const struct scan_options *options;
    struct zset_pair *pairs; /* owned */
    size_t count, cap;
};

static void find(void *arg, struct slice member, double score) {
    struct found *f = arg;
    if (!scan_matches(f->options, member)) return;
    if (f->count == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 32;
        f->pairs = mem_realloc(f->pairs, f->cap * sizeof(*f->pairs));
    }
    f->pairs[f->count++] = (struct zset_pair){member, score};
}

/* Scores of large ones come with seventeen digits here, as Redis has it. */
static void answer_long_score(struct resp_writer *reply, double score) {
    if (isinf(score))
        resp_bulk_cstr(reply, score > 0 ? "inf" : "-inf");
    else
        resp_bulkf(reply, "%.17Lg", (long double)score);
}

/* Slices into items stay good until the reply is written, so nothing is copied. */
static void scan_large(struct call *call, const struct entry *e, uint64_t cursor,
                       const struct scan_options *options) {
    struct found f = {.options = options};
    cursor = zset_scan(e, cursor, options->count, find, &f);

    scan_answer_cursor(call, cursor);
    resp_array(call->reply, 2 * f.count);
    for (size_t i = 0; i < f.count; i++) {
        resp_bulk_slice(call->reply, f.pairs[i].member);
        answer_long_score(call->reply, f.pairs[i].score);
    }
    if (f.cap) mem_free_sized(f.pairs, f.cap * sizeof(*f.pairs));
}

struct matching {
    struct resp_writer *reply;
    const struct scan_options *options;
    size_t count;
};

static void answer_matching(void *arg, struct slice member, double score) {
    struct matching *m = arg;
    if (!scan_matches(m->options, member)) return;
    char digits[NUM_DOUBLE_CHARS_MAX];
    resp_bulk_slice(m->reply, member);
    resp_bulk(m->reply, digits, num_format_double(digits, score));
    m->count++;
}

/* A small one is answered whole, and its cursor is known beforehand. */
static void scan_small(struct call *call, const struct entry *e, const struct scan_options *options) {
    struct matching m = {call->reply, options, 0};
    scan_answer_cursor(call, 0);
    struct resp_deferred head = resp_deferred(call->reply);
    zset_scan(e, 0, options->count, answer_matching, &m);
    resp_deferred_fill(call->reply, head, RESP_ARRAY, 2 * m.count);
}

static void cmd_zscan(struct call *call) {
    uint64_t cursor;
    const struct entry *e;
    struct scan_options options;
    if (!scan_begin(call, VALUE_ZSET, &e, &cursor, &options)) return;

    if (zset_is_small(e))
        scan_small(call, e, &options);
    else
        scan_large(call, e, cursor, &options);
}

/* --- ZRANDMEMBER --- */

struct drawing {
    struct zset_answer answer;
    const struct session *session;
};

static void answer_drawn(void *arg, struct slice member, double score) {
    struct drawing *d = arg;
    zset_answer_pair(&d->answer, member, score);
}

static bool goes_on(void *arg) {
    return draw_goes_on(((const struct drawing *)arg)->session);
}

static void random_one(struct call *call, const struct entry *e) {
    struct zset_answer answer = {call->reply, false, false};
    if (e)
        zset_random(e, &call->keyspace->rng, 1, zset_answer_pair, NULL, &answer);
    else
        resp_null(call->reply);
}

static void random_many(struct call *call, const struct entry *e, const struct draw *draw) {
    size_t count = draw_count(draw, e ? zset_count(e) : 0);
    struct drawing drawing = {zset_answer_begin(call, count, draw->with), call->session};

    if (draw->repeat && count)
        zset_random(e, &call->keyspace->rng, count, answer_drawn, goes_on, &drawing);
    else if (count)
        zset_random_unique(e, &call->keyspace->rng, count, answer_drawn, &drawing);
}

static void cmd_zrandmember(struct call *call) {
    struct draw draw;
    const struct entry *e;
    if (!draw_parse(call, "withscores", &draw) || !key_read_typed(call, 1, VALUE_ZSET, &e)) return;
    if (draw.single)
        random_one(call, e);
    else
        random_many(call, e, &draw);
}

const struct command_binding zset_visit_bindings[] = {
    {CMD_ZSCAN, cmd_zscan},
    {CMD_ZRANDMEMBER, cmd_zrandmember},
    COMMAND_BINDINGS_END,
};
