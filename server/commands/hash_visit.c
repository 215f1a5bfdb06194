/* Hashes: commands that go over many fields, all, some at a time, or drawn at random.
 *
 * The type calls back with each field and value; what is answered of them is said by `struct answer`. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/commands/draw.h"
#include "server/commands/families.h"
#include "server/commands/scan_options.h"
#include "server/keyspace/keys.h"
#include "server/types/hash.h"

enum parts {
    FIELDS = 1 << 0,
    VALUES = 1 << 1,
    NESTED = 1 << 2, /* each pair an array of its own */
};

struct answer {
    struct resp_writer *reply;
    unsigned parts;
    const struct session *session;
};

static void answer_pair(void *arg, struct slice field, struct slice value) {
    struct answer *a = arg;
    if (a->parts & NESTED) resp_array(a->reply, 2);
    if (a->parts & FIELDS) resp_bulk_slice(a->reply, field);
    if (a->parts & VALUES) resp_bulk_slice(a->reply, value);
}

/* --- all --- */

static void answer_all(struct call *call, unsigned parts) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_HASH, &e)) return;

    size_t count = e ? hash_count_exact(e) : 0;
    if (parts == (FIELDS | VALUES))
        resp_map(call->reply, count);
    else
        resp_array(call->reply, count);
    struct answer answer = {call->reply, parts, call->session};
    if (e) hash_each(e, answer_pair, &answer);
}

static void cmd_hgetall(struct call *call) {
    answer_all(call, FIELDS | VALUES);
}

static void cmd_hkeys(struct call *call) {
    answer_all(call, FIELDS);
}

static void cmd_hvals(struct call *call) {
    answer_all(call, VALUES);
}

/* --- some at a time --- */

/* Pairs that were scanned, until the cursor that goes before them in the reply is known. */
#define SCAN_STACK 64
struct pairs {
    const struct scan_options *options;
    struct slice *slices; /* of pairs; `stack` or owned */
    size_t count, cap;    /* in pairs */
    struct slice stack[2 * SCAN_STACK];
};

static void pairs_add(void *arg, struct slice field, struct slice value) {
    struct pairs *p = arg;
    if (!scan_matches(p->options, field)) return;
    if (p->count == p->cap) {
        struct slice *more = mem_alloc(4 * p->cap * sizeof(*more));
        memcpy(more, p->slices, 2 * p->cap * sizeof(*more));
        if (p->slices != p->stack) mem_free(p->slices);
        p->slices = more;
        p->cap *= 2;
    }
    p->slices[2 * p->count] = field;
    p->slices[2 * p->count + 1] = value;
    p->count++;
}

/* Slices into items stay good until the reply is written, so nothing is copied. */
static void scan_large(struct call *call, const struct entry *e, uint64_t cursor,
                       const struct scan_options *options) {
    struct pairs pairs = {.options = options, .cap = SCAN_STACK};
    pairs.slices = pairs.stack;
    cursor = hash_scan(e, cursor, options->count, pairs_add, &pairs);

    scan_answer_cursor(call, cursor);
    resp_array(call->reply, 2 * pairs.count);
    for (size_t i = 0; i < 2 * pairs.count; i++)
        resp_bulk_slice(call->reply, pairs.slices[i]);
    if (pairs.slices != pairs.stack) mem_free(pairs.slices);
}

struct matching {
    struct answer answer;
    const struct scan_options *options;
    size_t count;
};

static void answer_matching(void *arg, struct slice field, struct slice value) {
    struct matching *m = arg;
    if (!scan_matches(m->options, field)) return;
    answer_pair(&m->answer, field, value);
    m->count++;
}

/* A small hash is answered whole, and its cursor is known beforehand. */
static void scan_small(struct call *call, const struct entry *e, const struct scan_options *options) {
    struct matching matching = {{call->reply, FIELDS | VALUES, call->session}, options, 0};
    scan_answer_cursor(call, 0);
    struct resp_deferred head = resp_deferred(call->reply);
    hash_each(e, answer_matching, &matching);
    resp_deferred_fill(call->reply, head, RESP_ARRAY, 2 * matching.count);
}

static void cmd_hscan(struct call *call) {
    uint64_t cursor;
    const struct entry *e;
    struct scan_options options;
    if (!scan_begin(call, VALUE_HASH, &e, &cursor, &options)) return;

    if (hash_table_of(e))
        scan_large(call, e, cursor, &options);
    else
        scan_small(call, e, &options);
}

/* --- drawn at random --- */

static bool goes_on(void *arg) {
    return draw_goes_on(((const struct answer *)arg)->session);
}

static void random_one(struct call *call, const struct entry *e) {
    struct answer answer = {call->reply, FIELDS, call->session};
    if (e && hash_count_exact(e))
        hash_random(e, &call->keyspace->rng, 1, answer_pair, NULL, &answer);
    else
        resp_null(call->reply);
}

static void random_many(struct call *call, const struct entry *e, const struct draw *draw) {
    size_t count = draw_count(draw, e ? hash_count_exact(e) : 0);
    bool nested = draw->with && call->reply->proto == 3;
    struct answer answer = {
        call->reply,
        FIELDS | (draw->with ? (unsigned)VALUES : 0) | (nested ? (unsigned)NESTED : 0),
        call->session,
    };

    resp_array(call->reply, draw->with && !nested ? 2 * count : count);
    if (draw->repeat && count)
        hash_random(e, &call->keyspace->rng, count, answer_pair, goes_on, &answer);
    else if (count)
        hash_random_unique(e, &call->keyspace->rng, count, answer_pair, &answer);
}

static void cmd_hrandfield(struct call *call) {
    struct draw draw;
    const struct entry *e;
    if (!draw_parse(call, "withvalues", &draw) || !key_read_typed(call, 1, VALUE_HASH, &e)) return;
    if (draw.single)
        random_one(call, e);
    else
        random_many(call, e, &draw);
}

const struct command_binding hash_visit_bindings[] = {
    {CMD_HGETALL, cmd_hgetall}, {CMD_HKEYS, cmd_hkeys},           {CMD_HVALS, cmd_hvals},
    {CMD_HSCAN, cmd_hscan},     {CMD_HRANDFIELD, cmd_hrandfield}, COMMAND_BINDINGS_END,
};
