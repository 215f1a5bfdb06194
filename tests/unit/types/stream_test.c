/* Streams against an array of entries, groups against arrays of what is pending: nodes of all sizes,
 * deletions, trimming, ranges in both directions, copies, frees in steps; and the layout of a node, byte by
 * byte. */
#include "common/base/mem.h"
#include "server/ds/listpack.h"
#include "server/types/stream_group.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

#define ENTRIES   600
#define PAIRS_MAX 4

struct model_entry {
    struct stream_id id;
    size_t count;
    char text[2 * PAIRS_MAX][24];
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct stream_rules rules;
    struct entry *e;
    struct stream *s;
    struct model_entry *model;
    size_t count;
    struct stream_id last, max_deleted;
    uint64_t added;
};

static void world_open(struct world *w, uint64_t bytes_max, uint64_t entries_max) {
    memset(w, 0, sizeof(*w));
    w->rng = test_rng();
    w->rules = (struct stream_rules){bytes_max, entries_max};
    w->model = calloc(ENTRIES, sizeof(*w->model));
    w->outer = mem_account_enter(&w->account);
    w->e = stream_create(SLICE("key"));
    w->s = stream_of(w->e);
}

static void free_in_steps(struct world *w, struct entry *e) {
    size_t budget;
    do
        budget = 1 + rng_below(&w->rng, 4);
    while (!value_free_step(e, &budget));
}

static void world_close(struct world *w) {
    free_in_steps(w, w->e);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    free(w->model);
}

/* --- one random step --- */

static void draw_text(struct world *w, char *out, bool field) {
    unsigned n = (unsigned)rng_below(&w->rng, field ? 3 : 100000);
    switch (rng_below(&w->rng, 5)) {
    case 0: sprintf(out, "%u", n); break;
    case 1: sprintf(out, "-%u", n * 7919); break;
    case 2: out[0] = 0; break;
    default: sprintf(out, "%c%u", field ? 'f' : 'v', n);
    }
}

static void add_one(struct world *w) {
    if (w->count == ENTRIES) return;
    struct model_entry *m = &w->model[w->count];
    m->id = w->last;
    if (rng_below(&w->rng, 3))
        m->id.ms += 1 + rng_below(&w->rng, 300), m->id.seq = rng_below(&w->rng, 3);
    else
        m->id.seq += 1 + rng_below(&w->rng, 2);
    m->count = 1 + rng_below(&w->rng, PAIRS_MAX);
    bool plain = rng_below(&w->rng, 3); /* the fields that most have */
    if (plain) m->count = 2;
    struct slice pairs[2 * PAIRS_MAX];
    for (size_t i = 0; i < 2 * m->count; i++) {
        draw_text(w, m->text[i], i % 2 == 0);
        if (plain && i % 2 == 0) sprintf(m->text[i], "field%zu", i);
        pairs[i] = slice_of(m->text[i]);
    }
    assert_int_equal(stream_append(w->s, m->id, pairs, m->count, &w->rules), STREAM_ADDED);
    assert_int_equal(stream_append(w->s, m->id, pairs, m->count, &w->rules), STREAM_ID_TOO_SMALL);
    w->last = m->id;
    w->count++;
    w->added++;
}

static void cut(struct world *w, size_t at, size_t count) {
    memmove(w->model + at, w->model + at + count, (w->count - at - count) * sizeof(*w->model));
    w->count -= count;
}

static void delete_one(struct world *w) {
    struct stream_id id = {rng_below(&w->rng, w->last.ms + 2), rng_below(&w->rng, 4)};
    if (w->count && rng_below(&w->rng, 5)) id = w->model[rng_below(&w->rng, w->count)].id;
    size_t at = 0;
    while (at < w->count && !stream_id_eq(w->model[at].id, id))
        at++;
    assert_int_equal(stream_has(w->s, id), at < w->count);
    assert_int_equal(stream_delete(w->s, id), at < w->count);
    assert_false(stream_has(w->s, id));
    if (at == w->count) return;
    if (stream_id_less(w->max_deleted, id)) w->max_deleted = id;
    cut(w, at, 1);
}

static void trim_some(struct world *w) {
    struct stream_trim trim = {.by = STREAM_TRIM_MAXLEN, .whole_nodes = rng_below(&w->rng, 2)};
    size_t want = rng_below(&w->rng, w->count + 1) / 4; /* entries to go */
    trim.max_len = w->count - want;
    if (w->count && rng_below(&w->rng, 2)) {
        trim.by = STREAM_TRIM_MINID;
        trim.min_id = w->model[want < w->count ? want : w->count - 1].id;
        if (want == w->count) want--;
    }
    if (trim.whole_nodes && rng_below(&w->rng, 2)) trim.limit = 1 + rng_below(&w->rng, 50);
    uint64_t trimmed = stream_trim(w->s, &trim);
    if (!trim.whole_nodes) assert_int_equal(trimmed, want);
    assert_true(trimmed <= want);
    if (trim.limit) assert_true(trimmed <= trim.limit);
    cut(w, 0, trimmed);
}

/* --- comparing --- */

static void check_entry(const struct stream_range *r, const struct model_entry *m) {
    assert_true(stream_id_eq(r->entry.id, m->id));
    assert_int_equal(r->entry.field_count, m->count);
    struct stream_pairs pairs;
    struct slice field, value;
    stream_pairs_begin(&pairs, &r->node, &r->entry);
    for (size_t i = 0; i < m->count; i++) {
        assert_true(stream_pairs_next(&pairs, &field, &value));
        assert_true(slice_eq(field, slice_of(m->text[2 * i])));
        assert_true(slice_eq(value, slice_of(m->text[2 * i + 1])));
    }
    assert_false(stream_pairs_next(&pairs, &field, &value));
}

static void check_range(struct world *w, const struct stream *s, struct stream_id start,
                        struct stream_id end) {
    size_t from = 0, to = w->count;
    while (from < w->count && stream_id_less(w->model[from].id, start))
        from++;
    while (to > 0 && stream_id_less(end, w->model[to - 1].id))
        to--;
    struct stream_range r;
    stream_range_begin(&r, s, start, end, false);
    for (size_t i = from; i < to; i++) {
        assert_true(stream_range_next(&r));
        check_entry(&r, &w->model[i]);
    }
    assert_false(stream_range_next(&r));
    stream_range_begin(&r, s, start, end, true);
    for (size_t i = to; i > from; i--) {
        assert_true(stream_range_next(&r));
        check_entry(&r, &w->model[i - 1]);
    }
    assert_false(stream_range_next(&r));
}

static struct stream_id draw_bound(struct world *w) {
    if (w->count && rng_below(&w->rng, 2)) return w->model[rng_below(&w->rng, w->count)].id;
    return (struct stream_id){rng_below(&w->rng, w->last.ms + 10), rng_below(&w->rng, 4)};
}

static void check_nodes(struct world *w, const struct stream *s) {
    struct id_cursor c;
    size_t live = 0;
    for (bool more = id_cursor_seek(&c, &s->nodes, STREAM_ID_MIN); more; more = id_cursor_next(&c)) {
        const void *lp;
        memcpy(&lp, c.value, sizeof(lp));
        assert_true(stream_node_valid(lp, listpack_bytes(lp), c.id));
        live += stream_node_live(lp);
        if (w->rules.node_entries_max)
            assert_true(stream_node_live(lp) + stream_node_deleted(lp) <= w->rules.node_entries_max);
    }
    assert_int_equal(live, w->count);
}

static void check(struct world *w, const struct stream *s) {
    assert_int_equal(s->length, w->count);
    assert_int_equal(s->entries_added, w->added);
    assert_true(stream_id_eq(s->last_id, w->last));
    assert_true(stream_id_eq(s->max_deleted_id, w->max_deleted));
    assert_true(stream_id_eq(s->first_id, w->count ? w->model[0].id : STREAM_ID_MIN));
    check_nodes(w, s);
    check_range(w, s, STREAM_ID_MIN, STREAM_ID_MAX);
    check_range(w, s, draw_bound(w), draw_bound(w));
}

static void check_memory(const struct world *w) {
    assert_int_equal(value_memory(w->e, 0), (size_t)w->account.used);
}

static void run(uint64_t bytes_max, uint64_t entries_max) {
    struct world w;
    world_open(&w, bytes_max, entries_max);
    for (int step = 0, steps = test_rounds(4000); step < steps; step++) {
        unsigned what = (unsigned)rng_below(&w.rng, 100);
        if (what < 70)
            add_one(&w);
        else if (what < 96)
            delete_one(&w);
        else
            trim_some(&w);
        if (step % 41 == 0) check(&w, w.s), check_memory(&w);
        if (step % 997 == 0) {
            struct entry *copy = value_copy(w.e, SLICE("other"), 123456);
            check(&w, stream_of(copy));
            assert_int_equal(entry_deadline(copy), 123456);
            free_in_steps(&w, copy);
        }
    }
    check(&w, w.s);
    struct stream_trim all = {.by = STREAM_TRIM_MAXLEN};
    assert_int_equal(stream_trim(w.s, &all), w.count);
    w.count = 0;
    check(&w, w.s);
    check_memory(&w);
    assert_int_equal(w.s->node_bytes, 0);
    world_close(&w);
}

static void test_against_model(void **state) {
    run(4096, 100);
    run(4096, 1);
    run(200, 0);
    run(0, 0); /* one node for all */
    run(0, 300);
}

/* --- layout --- */

/* The format, as Redis writes it: master entry, an entry with its fields, one with other fields, a deleted
 * one. */
static void test_layout(void **state) {
    struct stream_rules rules = {4096, 100};
    struct entry *e = stream_create(SLICE("k"));
    struct stream *s = stream_of(e);
    struct slice same[] = {SLICE("a"), SLICE("1"), SLICE("b"), SLICE("xy")};
    struct slice other[] = {SLICE("c"), SLICE("-5")};
    stream_append(s, (struct stream_id){1000, 7}, same, 2, &rules);
    stream_append(s, (struct stream_id){1005, 2}, other, 1, &rules);
    stream_append(s, (struct stream_id){1300, 7}, same, 2, &rules);
    stream_delete(s, (struct stream_id){1005, 2});
    static const unsigned char expected[] = {/* header */ 68, 0, 0, 0, 27, 0,
                                             /* master: 2 live, 1 deleted, 2 fields, a, b, 0 */
                                             2, 1, 1, 1, 2, 1, 0x81, 'a', 2, 0x81, 'b', 2, 0, 1,
                                             /* same fields, +0, +0, 1, xy, 5 elements */
                                             2, 1, 0, 1, 0, 1, 1, 1, 0x82, 'x', 'y', 3, 5, 1,
                                             /* deleted, +5, -5, 1 field, c, -5, 6 elements */
                                             1, 1, 5, 1, 0xdf, 0xfb, 2, 1, 1, 0x81, 'c', 2, 0xdf, 0xfb, 2, 6,
                                             1,
                                             /* same fields, +300, +0, 1, xy, 5 elements */
                                             2, 1, 0xc1, 0x2c, 2, 0, 1, 1, 1, 0x82, 'x', 'y', 3, 5, 1,
                                             /* end */ 0xff};
    const void *lp;
    memcpy(&lp, id_tree_first(&s->nodes, NULL), sizeof(lp));
    assert_int_equal(listpack_bytes(lp), sizeof(expected));
    assert_memory_equal((const char *)lp + 6, expected + 6, sizeof(expected) - 6);
    value_free(e);
}

/* Bytes from outside: every damage of a node is seen, or what comes out can be read to its end. */
static void test_damaged_nodes(void **state) {
    struct world w;
    world_open(&w, 0, 0);
    for (int i = 0; i < 30; i++)
        add_one(&w);
    for (int i = 0; i < 5; i++)
        delete_one(&w);
    struct stream_id master;
    const void *lp;
    memcpy(&lp, id_tree_first(&w.s->nodes, &master), sizeof(lp));
    uint32_t bytes = listpack_bytes(lp);
    unsigned char *copy = malloc(bytes);
    for (int i = 0, n = test_rounds(20000); i < n; i++) {
        memcpy(copy, lp, bytes);
        for (unsigned j = 0; j <= rng_below(&w.rng, 2); j++)
            copy[rng_below(&w.rng, bytes)] = (unsigned char)rng_next(&w.rng);
        if (!stream_node_valid(copy, bytes, master)) continue;
        struct stream_node node;
        struct stream_entry entry;
        stream_node_open(&node, copy, master);
        size_t forward = 0, back = 0;
        for (bool more = stream_node_first(&node, &entry); more; more = stream_node_next(&node, &entry)) {
            struct stream_pairs pairs;
            struct slice field, value;
            stream_pairs_begin(&pairs, &node, &entry);
            while (stream_pairs_next(&pairs, &field, &value))
                assert_true(field.len < bytes && value.len < bytes);
            forward++;
        }
        for (bool more = stream_node_last(&node, &entry); more; more = stream_node_prev(&node, &entry))
            back++;
        assert_int_equal(forward, back);
    }
    free(copy);
    world_close(&w);
}

/* --- groups --- */

#define IDS       300
#define CONSUMERS 5

struct model_nack {
    int consumer; /* -1: not pending */
    int64_t when;
    uint64_t deliveries;
};

static void check_group(const struct stream_group *g, const struct model_nack *model) {
    size_t pending = 0, each[CONSUMERS] = {0};
    struct id_cursor c;
    bool more = id_cursor_seek(&c, &g->pending, STREAM_ID_MIN);
    for (size_t i = 0; i < IDS; i++) {
        if (model[i].consumer < 0) continue;
        assert_true(more);
        const struct stream_nack *nack = c.value;
        assert_int_equal(c.id.ms, i + 1);
        assert_int_equal(nack->consumer->name[1] - '0', model[i].consumer);
        assert_int_equal(nack->delivered_ms, model[i].when);
        assert_int_equal(nack->deliveries, model[i].deliveries);
        assert_non_null(id_tree_find(&nack->consumer->pending, c.id));
        pending++;
        each[model[i].consumer]++;
        more = id_cursor_next(&c);
    }
    assert_false(more);
    assert_int_equal(g->pending.count, pending);
    for (int i = 0; i < CONSUMERS; i++) {
        char name[3] = {'c', (char)('0' + i)};
        const struct stream_consumer *consumer = stream_consumer_find(g, slice_of(name));
        assert_int_equal(consumer ? consumer->pending.count : 0, each[i]);
    }
}

static void test_groups(void **state) {
    struct world w;
    world_open(&w, 4096, 100);
    struct stream_group *g = stream_group_create(w.s, SLICE("g"), STREAM_ID_MIN, 0);
    assert_non_null(g);
    assert_null(stream_group_create(w.s, SLICE("g"), STREAM_ID_MIN, 0));
    struct model_nack model[IDS];
    for (size_t i = 0; i < IDS; i++)
        model[i].consumer = -1;
    for (int step = 0, steps = test_rounds(20000); step < steps; step++) {
        size_t i = rng_below(&w.rng, IDS);
        int who = (int)rng_below(&w.rng, CONSUMERS);
        struct stream_id id = {i + 1, 0};
        char name[3] = {'c', (char)('0' + who)};
        struct stream_consumer *c = stream_consumer_find(g, slice_of(name));
        if (c == NULL) c = stream_consumer_create(g, slice_of(name), step);
        switch (rng_below(&w.rng, 8)) {
        case 0:
        case 1:
        case 2:
            stream_nack_deliver(g, id, c, step);
            model[i] = (struct model_nack){who, step, 1};
            break;
        case 3: {
            struct stream_nack *nack = stream_nack_find(g, id);
            assert_int_equal(nack != NULL, model[i].consumer >= 0);
            if (nack == NULL) break;
            stream_nack_assign(nack, id, c);
            nack->deliveries++;
            model[i].consumer = who;
            model[i].deliveries++;
            break;
        }
        default: assert_int_equal(stream_nack_remove(g, id), model[i].consumer >= 0); model[i].consumer = -1;
        }
        if (rng_below(&w.rng, 2000) == 0) {
            size_t its = c->pending.count, gone = 0;
            for (size_t j = 0; j < IDS; j++)
                if (model[j].consumer == who) model[j].consumer = -1, gone++;
            assert_int_equal(stream_consumer_remove(g, c), its);
            assert_int_equal(gone, its);
        }
        if (step % 499 == 0) {
            check_group(g, model);
            check_memory(&w);
            struct entry *copy = value_copy(w.e, SLICE("other"), ENTRY_NO_DEADLINE);
            check_group(stream_group_find(stream_of(copy), SLICE("g")), model);
            free_in_steps(&w, copy);
        }
    }
    stream_group_create(w.s, SLICE("h"), STREAM_ID_MIN, 0);
    struct stream *gone = stream_group_detach(w.s, SLICE("g"));
    assert_null(stream_group_find(w.s, SLICE("g")));
    assert_null(stream_group_detach(w.s, SLICE("g")));
    free_in_steps(&w, stream_entry_create(SLICE("k"), ENTRY_NO_DEADLINE, gone));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layout), cmocka_unit_test(test_against_model),
                                       cmocka_unit_test(test_damaged_nodes), cmocka_unit_test(test_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
