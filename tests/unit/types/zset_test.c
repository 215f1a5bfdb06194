/* Sorted sets against a sorted array: both forms, the limits between them, ranges, draws, copies. */
#include "common/base/mem.h"
#include "server/ds/listpack.h"
#include "server/types/zset.h"
#include "server/types/zset_build.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MEMBERS 400

struct model {
    char name[8];
    double score;
    bool seen;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct zset_rules rules;
    struct entry *e;
    struct model model[MEMBERS]; /* sorted */
    size_t count;
};

static void world_open(struct world *w, size_t entries_max) {
    memset(w, 0, sizeof(*w));
    w->rng = test_rng();
    hash_secret_draw(&w->secret, &w->rng);
    w->rules = (struct zset_rules){&w->secret, entries_max, 64};
    w->outer = mem_account_enter(&w->account);
    w->e = zset_create(SLICE("key"), 1, 1, &w->rules);
}

static void world_close(struct world *w) {
    if (w->e) value_free(w->e);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
}

static struct slice name_of(const struct model *m) {
    return slice_of(m->name);
}

static int cmp_model(const void *a, const void *b) {
    const struct model *left = a, *right = b;
    if (left->score != right->score) return left->score < right->score ? -1 : 1;
    return strcmp(left->name, right->name);
}

static struct model *model_find(struct world *w, const char *name) {
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->model[i].name, name) == 0) return &w->model[i];
    return NULL;
}

static void model_put(struct world *w, const char *name, double score) {
    struct model *m = model_find(w, name);
    if (!m) {
        assert_true(w->count < MEMBERS);
        m = &w->model[w->count++];
        strcpy(m->name, name);
    }
    m->score = score;
    qsort(w->model, w->count, sizeof(*w->model), cmp_model);
}

static void model_cut(struct world *w, size_t at, size_t count) {
    memmove(w->model + at, w->model + at + count, (w->count - at - count) * sizeof(*w->model));
    w->count -= count;
}

static void draw_name(struct world *w, char *name) {
    sprintf(name, rng_below(&w->rng, 2) ? "m%03u" : "%u", (unsigned)rng_below(&w->rng, MEMBERS / 2));
}

static double draw_score(struct world *w) {
    switch (rng_below(&w->rng, 8)) {
    case 0: return rng_unit(&w->rng) * 100;
    case 1: return rng_below(&w->rng, 2) ? INFINITY : -INFINITY;
    case 2: return -1e300;
    default: return (double)rng_below(&w->rng, 30) - 15;
    }
}

/* What ZADD promises, said once more. */
static void add_one(struct world *w) {
    static const unsigned flags_of[] = {0,
                                        0,
                                        0,
                                        ZSET_NX,
                                        ZSET_XX,
                                        ZSET_GT,
                                        ZSET_LT,
                                        ZSET_XX | ZSET_GT,
                                        ZSET_INCR,
                                        ZSET_INCR | ZSET_LT,
                                        ZSET_INCR | ZSET_NX};
    unsigned flags = flags_of[rng_below(&w->rng, sizeof(flags_of) / sizeof(*flags_of))];
    char name[16];
    draw_name(w, name);
    double score = draw_score(w);
    struct model *m = model_find(w, name);
    struct zset_pair pair = {slice_of(name), score};
    struct zset_added out;
    w->e = zset_add(w->e, &pair, 1, flags, &w->rules, &out);

    double wanted = m && (flags & ZSET_INCR) ? m->score + score : score;
    bool refused = m ? flags & ZSET_NX : flags & ZSET_XX;
    bool nan = !refused && isnan(wanted);
    if (m && !nan && !refused)
        refused = ((flags & ZSET_GT) && wanted <= m->score) || ((flags & ZSET_LT) && wanted >= m->score);
    assert_true(out.nan == nan);
    assert_true(nan || out.refused == refused);
    bool changes = !nan && !refused;
    assert_int_equal(out.added, changes && !m);
    assert_int_equal(out.updated, changes && m && m->score != wanted);
    if (!changes) return;
    assert_true(out.score == wanted);
    model_put(w, name, wanted);
}

static void remove_some(struct world *w) {
    if (w->count == 0) return;
    size_t removed = 0;
    if (rng_below(&w->rng, 3)) {
        size_t at = rng_below(&w->rng, w->count);
        struct slice members[2] = {name_of(&w->model[at]), SLICE("nobody")};
        w->e = zset_remove(w->e, members, 2, &removed);
        assert_int_equal(removed, 1);
        model_cut(w, at, 1);
    } else {
        size_t start = rng_below(&w->rng, w->count), count = rng_below(&w->rng, 8);
        if (count > w->count - start) count = w->count - start;
        w->e = zset_remove_ranks(w->e, start, count);
        model_cut(w, start, count);
    }
}

/* --- reading --- */

struct reader {
    struct world *w;
    size_t at;
    int step;
    size_t seen;
};

static void expect_pair(void *arg, struct slice member, double score) {
    struct reader *r = arg;
    const struct model *m = &r->w->model[r->at];
    assert_true(slice_eq(member, name_of(m)));
    assert_true(score == m->score);
    r->at += (size_t)(ptrdiff_t)r->step;
    r->seen++;
}

static void check_ranges(struct world *w) {
    size_t start = rng_below(&w->rng, w->count + 2), count = rng_below(&w->rng, w->count + 5);
    size_t expected = start >= w->count ? 0 : count < w->count - start ? count : w->count - start;
    struct reader forward = {w, start, 1, 0}, backward = {w, w->count - 1 - start, -1, 0};
    zset_range(w->e, start, count, false, expect_pair, &forward);
    zset_range(w->e, start, count, true, expect_pair, &backward);
    assert_int_equal(forward.seen, expected);
    assert_int_equal(backward.seen, expected);
}

static void check_members(struct world *w) {
    struct slice members[ZSET_GROUP];
    struct zset_group group;
    size_t at[ZSET_GROUP];
    for (size_t i = 0; i < ZSET_GROUP; i++) {
        at[i] = rng_below(&w->rng, w->count + 1);
        members[i] = at[i] < w->count ? name_of(&w->model[at[i]]) : SLICE("nobody");
    }
    zset_score_group(w->e, members, ZSET_GROUP, &group);
    for (size_t i = 0; i < ZSET_GROUP; i++) {
        double score;
        size_t rank;
        assert_true(group.found[i] == (at[i] < w->count));
        assert_true(zset_rank(w->e, members[i], &rank, &score) == group.found[i]);
        if (!group.found[i]) continue;
        assert_true(group.score[i] == w->model[at[i]].score && score == group.score[i]);
        assert_int_equal(rank, at[i]);
    }
}

static void check_counts(struct world *w) {
    double score =
        w->count && rng_below(&w->rng, 2) ? w->model[rng_below(&w->rng, w->count)].score : draw_score(w);
    size_t below = 0, including = 0;
    for (size_t i = 0; i < w->count; i++) {
        below += w->model[i].score < score;
        including += w->model[i].score <= score;
    }
    assert_int_equal(zset_count_below(w->e, score, false), below);
    assert_int_equal(zset_count_below(w->e, score, true), including);
    assert_int_equal(zset_count(w->e), w->count);
}

static void see_pair(void *arg, struct slice member, double score) {
    struct reader *r = arg;
    char name[16];
    snprintf(name, sizeof(name), "%.*s", (int)member.len, member.ptr);
    struct model *m = model_find(r->w, name);
    assert_non_null(m);
    assert_true(m->score == score);
    r->seen += !m->seen;
    m->seen = true;
}

static size_t forget_seen(struct reader *r) {
    size_t seen = r->seen;
    for (size_t i = 0; i < r->w->count; i++)
        r->w->model[i].seen = false;
    r->seen = 0;
    return seen;
}

static void check_visits(struct world *w) {
    struct reader r = {.w = w};
    uint64_t cursor = 0;
    do
        cursor = zset_scan(w->e, cursor, 5, see_pair, &r);
    while (cursor);
    assert_int_equal(forget_seen(&r), w->count);
    static const size_t divisors[] = {1, 2, 9, 20};
    for (size_t i = 0; i < 4; i++) {
        size_t count = w->count / divisors[i];
        zset_random_unique(w->e, &w->rng, count, see_pair, &r);
        assert_int_equal(forget_seen(&r), count);
    }
    zset_random_unique(w->e, &w->rng, w->count + 9, see_pair, &r);
    assert_int_equal(forget_seen(&r), w->count);
    zset_random(w->e, &w->rng, 10, see_pair, NULL, &r);
    assert_true(forget_seen(&r) <= 10);
}

struct spans_seen {
    struct world *w;
    const struct zset_span *spans;
    size_t seen, stop;
};

static bool see_in_span(void *arg, struct slice member, double score, size_t span) {
    struct spans_seen *s = arg;
    char name[16] = "";
    memcpy(name, member.ptr, member.len);
    struct model *m = model_find(s->w, name);
    assert_non_null(m);
    assert_true(m->score == score && score >= s->spans[span].min && score < s->spans[span].max);
    assert_false(m->seen);
    m->seen = true;
    return ++s->seen < s->stop;
}

/* Disjoint spans, ascending but for one place. */
static void check_spans(struct world *w) {
    struct zset_span spans[8];
    size_t count = rng_below(&w->rng, 9), turn = count ? rng_below(&w->rng, count) : 0, expected = 0;
    double at = -18;
    for (size_t i = 0; i < count; i++) {
        double min = at + (double)rng_below(&w->rng, 6), max = min + (double)rng_below(&w->rng, 5);
        spans[(i + turn) % count] = (struct zset_span){min, max};
        at = max;
    }
    for (size_t i = 0; i < w->count; i++) {
        w->model[i].seen = false;
        for (size_t j = 0; j < count; j++)
            expected += w->model[i].score >= spans[j].min && w->model[i].score < spans[j].max;
    }
    struct spans_seen s = {w, spans, 0, rng_below(&w->rng, 4) ? SIZE_MAX : 1 + rng_below(&w->rng, 5)};
    zset_visit_spans(w->e, spans, count, see_in_span, &s);
    assert_int_equal(s.seen, expected < s.stop ? expected : s.stop);
    for (size_t i = 0; i < w->count; i++)
        w->model[i].seen = false;
}

static void check_copy(struct world *w) {
    struct entry *original = w->e;
    w->e = value_copy(original, SLICE("copy"), ENTRY_NO_DEADLINE);
    assert_true(entry_encoding(w->e) == entry_encoding(original));
    struct reader r = {w, 0, 1, 0};
    zset_range(w->e, 0, SIZE_MAX, false, expect_pair, &r);
    assert_int_equal(r.seen, w->count);
    check_members(w);
    value_free(w->e);
    w->e = original;
}

static void against_model(size_t entries_max) {
    struct world w;
    world_open(&w, entries_max);
    for (int i = 0; i < test_rounds(6000); i++) {
        if (rng_below(&w.rng, 100) < (i / 1000 % 2 ? 40 : 80))
            add_one(&w);
        else
            remove_some(&w);
        check_counts(&w);
        if (i % 4 == 0) check_ranges(&w);
        if (i % 8 == 0) check_members(&w);
        if (i % 16 == 0) check_spans(&w);
        if (i % 64 == 0) check_visits(&w);
        if (i % 256 == 0) check_copy(&w);
    }
    world_close(&w);
}

static void test_small_against_model(void **state) {
    against_model(SIZE_MAX);
}
static void test_large_against_model(void **state) {
    against_model(0);
}
static void test_growing_against_model(void **state) {
    against_model(100);
}

/* --- forms --- */

static void add_numbered(struct world *w, unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++) {
        char name[16];
        struct zset_pair pair = {{name, (size_t)sprintf(name, "m%u", i)}, i};
        struct zset_added out;
        w->e = zset_add(w->e, &pair, 1, 0, &w->rules, &out);
        assert_int_equal(out.added, 1);
    }
}

static void test_forms(void **state) {
    struct world w;
    world_open(&w, 10);
    add_numbered(&w, 0, 10);
    assert_string_equal(value_encoding_name(w.e), "listpack");
    assert_int_equal(value_effort(w.e), 1);
    add_numbered(&w, 10, 11);
    assert_string_equal(value_encoding_name(w.e), "skiplist");
    assert_int_equal(zset_count(w.e), 11);
    w.e = zset_remove_ranks(w.e, 0, 11);
    assert_string_equal(value_encoding_name(w.e), "skiplist");
    value_free(w.e);

    w.e = zset_create(SLICE("key"), 10, 64, &w.rules);
    char long_name[65];
    memset(long_name, 'x', sizeof(long_name));
    struct zset_added out;
    struct zset_pair pair = {{long_name, 64}, 1};
    w.e = zset_add(w.e, &pair, 1, 0, &w.rules, &out);
    assert_true(zset_is_small(w.e));
    pair.member.len = 65;
    w.e = zset_add(w.e, &pair, 1, ZSET_XX, &w.rules, &out);
    assert_true(zset_is_small(w.e));
    w.e = zset_add(w.e, &pair, 1, 0, &w.rules, &out);
    assert_false(zset_is_small(w.e));
    value_free(w.e);

    w.e = zset_create(SLICE("key"), 11, 1, &w.rules);
    assert_false(zset_is_small(w.e));
    value_free(w.e);
    w.e = zset_create(SLICE("key"), 1, 65, &w.rules);
    assert_false(zset_is_small(w.e));
    world_close(&w);
}

static void test_released_in_steps(void **state) {
    struct world w;
    world_open(&w, 0);
    add_numbered(&w, 0, 20000);
    assert_true(value_effort(w.e) > 20000);
    size_t steps = 0, budget;
    do {
        budget = 500;
        steps++;
    } while (!value_free_step(w.e, &budget));
    assert_true(steps >= 40);
    w.e = NULL;
    world_close(&w);
}

static void test_memory(void **state) {
    struct world w;
    world_open(&w, 0);
    add_numbered(&w, 0, 20000);
    assert_int_equal(value_memory(w.e, 0), w.account.used);
    double sampled = (double)value_memory(w.e, 100), exact = (double)w.account.used;
    assert_true(sampled > exact * 0.8 && sampled < exact * 1.2);
    print_message("%.1f bytes per member\n", (double)w.account.used / 20000);
    world_close(&w);
}

/* Names, where all scores are the same. */
static void test_names(void **state) {
    for (size_t entries_max = 0; entries_max <= 100; entries_max += 100) {
        struct world w;
        world_open(&w, entries_max);
        static const char *const names[] = {"", "a", "ab", "b", "ba", "c"};
        for (size_t i = 0; i < 6; i++) {
            struct zset_pair pair = {slice_of(names[i]), 3};
            struct zset_added out;
            w.e = zset_add(w.e, &pair, 1, 0, &w.rules, &out);
        }
        for (size_t i = 0; i < 6; i++) {
            assert_int_equal(zset_count_before(w.e, slice_of(names[i]), false), i);
            assert_int_equal(zset_count_before(w.e, slice_of(names[i]), true), i + 1);
        }
        assert_int_equal(zset_count_before(w.e, SLICE("aa"), true), 2);
        assert_int_equal(zset_count_before(w.e, SLICE("zz"), false), 6);
        world_close(&w);
    }
}

/* --- building --- */

static void test_building(void **state) {
    for (int indexed = 0; indexed < 2; indexed++)
        for (size_t count = 0; count < 300; count += 43) {
            struct world w;
            world_open(&w, 100);
            value_free(w.e);
            struct zset_build b;
            zset_build_init(&b, &w.rules, indexed);
            for (size_t i = 0; i < count; i++) {
                char name[16];
                sprintf(name, "m%zu", i);
                double score = (double)rng_below(&w.rng, 50);
                zset_build_add(&b, slice_of(name), score);
                if (indexed) {
                    struct rank_item *item = zset_build_find(&b, slice_of(name));
                    assert_non_null(item);
                    item->score = ++score;
                    assert_null(zset_build_find(&b, SLICE("nobody")));
                }
                model_put(&w, name, score);
            }
            zset_build_sort(&b);
            w.e = zset_build_finish(&b, SLICE("built"));
            zset_build_deinit(&b);
            assert_true(zset_is_small(w.e) == (count <= 100));
            struct reader r = {&w, 0, 1, 0};
            zset_range(w.e, 0, SIZE_MAX, false, expect_pair, &r);
            assert_int_equal(r.seen, count);
            if (count) check_members(&w);
            world_close(&w);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_small_against_model),
        cmocka_unit_test(test_large_against_model),
        cmocka_unit_test(test_growing_against_model),
        cmocka_unit_test(test_released_in_steps),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("types/zset", tests, NULL, NULL);
}
