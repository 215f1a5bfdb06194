/* The deque against an array: random pushes, insertions, replacements and removals under many rules, some of
 * them changing on the way, with values from empty to larger than a pack. */
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "server/ds/deque.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct deque deque;
    struct deque_rules rules;
    struct slice *values; /* the model; each owned */
    size_t count, cap;
    struct deque_walk walk;
    struct slice *then; /* owned: what the walk under way is to tell */
    size_t then_count, told;
};

static void world_open(struct world *w, struct deque_rules rules) {
    *w = (struct world){.rules = rules, .rng = test_rng()};
    w->outer = mem_account_enter(&w->account);
    deque_init(&w->deque);
}

static void world_close(struct world *w) {
    size_t budget;
    do {
        budget = 3;
    } while (!deque_deinit_step(&w->deque, &budget));
    for (size_t i = 0; i < w->count; i++)
        free((char *)w->values[i].ptr);
    free(w->values);
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
}

/* --- the model --- */

static void model_insert(struct world *w, size_t at, struct slice value) {
    if (w->count == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->values = realloc(w->values, w->cap * sizeof(*w->values));
    }
    memmove(w->values + at + 1, w->values + at, (w->count - at) * sizeof(*w->values));
    char *copy = malloc(value.len + 1);
    memcpy(copy, value.ptr, value.len);
    w->values[at] = (struct slice){copy, value.len};
    w->count++;
}

static void model_remove(struct world *w, size_t at) {
    free((char *)w->values[at].ptr);
    w->count--;
    memmove(w->values + at, w->values + at + 1, (w->count - at) * sizeof(*w->values));
}

/* --- values --- */

#define VALUE_MAX 3000

static struct slice draw_value(struct world *w, char *room) {
    size_t len;
    switch (rng_below(&w->rng, 8)) {
    case 0: return (struct slice){room, (size_t)sprintf(room, "%d", (int)rng_below(&w->rng, 9))};
    case 1:
        return (struct slice){room,
                              (size_t)sprintf(room, "-%llu", (unsigned long long)rng_next(&w->rng) >> 1)};
    case 2: len = rng_below(&w->rng, VALUE_MAX); break;
    case 3: len = 0; break;
    default: len = rng_below(&w->rng, 40); break;
    }
    memset(room, 'a' + (int)rng_below(&w->rng, 3), len);
    for (size_t i = 0; i < len / 8; i++)
        room[rng_below(&w->rng, len)] = (char)rng_below(&w->rng, 256);
    return (struct slice){room, len};
}

/* Now and then one that is there. */
static struct slice draw_known(struct world *w, char *room) {
    if (w->count == 0 || rng_below(&w->rng, 4) == 0) return draw_value(w, room);
    struct slice s = w->values[rng_below(&w->rng, w->count)];
    memcpy(room, s.ptr, s.len);
    return (struct slice){room, s.len};
}

/* --- comparing --- */

struct walk {
    const struct world *w;
    size_t at, seen;
    bool reverse;
};

static bool compare_one(void *arg, struct slice value) {
    struct walk *walk = arg;
    assert_true(walk->at < walk->w->count);
    assert_true(slice_eq(value, walk->w->values[walk->at]));
    walk->at = walk->reverse ? walk->at - 1 : walk->at + 1;
    walk->seen++;
    return true;
}

static void compare_range(struct world *w, size_t index, size_t count, bool reverse) {
    struct walk walk = {w, index, 0, reverse};
    deque_range(&w->deque, index, count, reverse, compare_one, &walk);
    size_t there = index >= w->count ? 0 : reverse ? index + 1 : w->count - index;
    assert_int_equal(walk.seen, there < count ? there : count);
}

static void compare_all(struct world *w) {
    deque_verify(&w->deque);
    assert_int_equal(deque_count(&w->deque), w->count);
    compare_range(w, 0, SIZE_MAX, false);
    if (w->count) compare_range(w, w->count - 1, SIZE_MAX, true);
}

struct matches {
    const struct world *w;
    struct slice value;
    size_t at, left;
    bool reverse;
};

/* The next match of the model must be this one. */
static bool compare_match(void *arg, uint64_t index) {
    struct matches *m = arg;
    while (m->left > 0 && !slice_eq(m->w->values[m->at], m->value)) {
        m->at = m->reverse ? m->at - 1 : m->at + 1;
        m->left--;
    }
    assert_true(m->left > 0);
    assert_int_equal(index, m->at);
    m->at = m->reverse ? m->at - 1 : m->at + 1;
    m->left--;
    return true;
}

static void compare_find(struct world *w) {
    char room[VALUE_MAX];
    if (w->count == 0) return;
    bool reverse = rng_below(&w->rng, 2);
    size_t index = rng_below(&w->rng, w->count), there = reverse ? index + 1 : w->count - index;
    size_t count = rng_below(&w->rng, 2) ? there : rng_below(&w->rng, there + 1);
    struct matches m = {w, draw_known(w, room), index, count, reverse};
    deque_find(&w->deque, m.value, index, count, reverse, compare_match, &m);
    for (; m.left > 0; m.left--, m.at += reverse ? (size_t)-1 : 1)
        assert_false(slice_eq(w->values[m.at], m.value));
}

/* --- steps --- */

static void push(struct world *w, bool front) {
    char room[VALUE_MAX];
    struct slice value = draw_value(w, room);
    deque_push(&w->deque, value, front, &w->rules);
    model_insert(w, front ? 0 : w->count, value);
}

static void insert(struct world *w) {
    char room[VALUE_MAX];
    struct slice value = draw_value(w, room);
    size_t at = rng_below(&w->rng, w->count + 1);
    deque_insert(&w->deque, at, value, &w->rules);
    model_insert(w, at, value);
}

static void replace(struct world *w) {
    char room[VALUE_MAX];
    if (w->count == 0) return;
    struct slice value = draw_value(w, room);
    size_t at = rng_below(&w->rng, w->count);
    deque_replace(&w->deque, at, value, &w->rules);
    model_remove(w, at);
    model_insert(w, at, value);
}

static void remove_run(struct world *w, size_t at, size_t count) {
    if (at >= w->count) return;
    if (count > w->count - at) count = w->count - at;
    deque_remove(&w->deque, at, count, &w->rules);
    for (size_t i = 0; i < count; i++)
        model_remove(w, at);
}

static void remove_equal(struct world *w) {
    char room[VALUE_MAX];
    struct slice value = draw_known(w, room);
    bool reverse = rng_below(&w->rng, 2);
    size_t limit = rng_below(&w->rng, 3) ? 1 + rng_below(&w->rng, 5) : SIZE_MAX, expected = 0;
    uint64_t removed = deque_remove_equal(&w->deque, value, limit, reverse, &w->rules);
    for (size_t i = 0, n = w->count; i < n && expected < limit; i++) {
        size_t at = reverse ? n - 1 - i : i - expected;
        if (!slice_eq(w->values[at], value)) continue;
        model_remove(w, at);
        expected++;
    }
    assert_int_equal(removed, expected);
}

/* Grows where `growing`, else shrinks, by single steps of all kinds. */
static void step(struct world *w, bool growing) {
    switch (rng_below(&w->rng, growing ? 10 : 16)) {
    case 0:
    case 1:
    case 2: push(w, true); break;
    case 3:
    case 4:
    case 5: push(w, false); break;
    case 6: insert(w); break;
    case 7: replace(w); break;
    case 8: compare_find(w); break;
    case 9: remove_equal(w); break;
    case 10:
    case 11:
    case 12: remove_run(w, 0, 1); break;
    case 13:
    case 14: remove_run(w, w->count - 1, 1); break;
    default: remove_run(w, rng_below(&w->rng, w->count + 1), rng_below(&w->rng, 20)); break;
    }
}

/* --- walks --- */

static void walk_begin(struct world *w) {
    w->then_count = w->count;
    w->told = 0;
    w->then = malloc((w->count + 1) * sizeof(*w->then));
    for (size_t i = 0; i < w->count; i++) {
        char *copy = malloc(w->values[i].len + 1);
        memcpy(copy, w->values[i].ptr, w->values[i].len);
        w->then[i] = (struct slice){copy, w->values[i].len};
    }
    deque_walk_begin(&w->deque, &w->walk);
}

static bool compare_told(void *arg, struct slice value) {
    struct world *w = arg;
    assert_true(w->told < w->then_count && slice_eq(value, w->then[w->told]));
    w->told++;
    return true;
}

static void compare_pack(void *arg, const struct pack *p) {
    pack_range(p, 0, p->count, false, compare_told, arg);
}

static void walk_end(struct world *w, bool quiet) {
    while (deque_walk_step(&w->deque, quiet ? NULL : compare_pack, w)) {
    }
    deque_walk_end(&w->deque);
    assert_true(quiet || w->told == w->then_count);
    for (size_t i = 0; i < w->then_count; i++)
        free((char *)w->then[i].ptr);
    free(w->then);
}

/* Now and then a walk begins, goes on, ends, or is given up. */
static void walk_on(struct world *w) {
    uint64_t what = rng_below(&w->rng, 30);
    if (w->deque.walk == NULL) {
        if (what == 0) walk_begin(w);
    } else if (what == 0) {
        walk_end(w, rng_below(&w->rng, 3) == 0);
    } else if (what < 5) {
        deque_walk_step(&w->deque, compare_pack, w);
    }
}

static void run(struct deque_rules rules, size_t steps) {
    struct world w;
    world_open(&w, rules);
    for (size_t i = 0; i < steps; i++) {
        step(&w, (i / 500) % 3 != 2);
        walk_on(&w);
        if (i % 50 == 0) compare_all(&w);
        if (w.count && i % 7 == 0) compare_range(&w, rng_below(&w.rng, w.count), 3, i % 2);
    }
    if (w.deque.walk) walk_end(&w, false);
    compare_all(&w);
    world_close(&w);
}

static struct deque_rules rules_of(uint32_t bytes, uint32_t count, uint32_t open_ends) {
    return (struct deque_rules){{bytes, count, SIZE_MAX}, open_ends};
}

static void by_bytes(void **state) {
    run(rules_of(4096, 1 << 29, 0), 6000);
}
static void by_few_elements(void **state) {
    run(rules_of(8192, 4, 0), 6000);
}
static void one_element_each(void **state) {
    run(rules_of(8192, 1, 0), 3000);
}
static void tiny_packs(void **state) {
    run(rules_of(64, 1 << 29, 0), 6000);
}
static void all_plain(void **state) {
    struct deque_rules rules = rules_of(4096, 1 << 29, 0);
    rules.limits.plain_min = 1;
    run(rules, 3000);
}
static void squeezed(void **state) {
    run(rules_of(1024, 1 << 29, 1), 5000);
    run(rules_of(512, 1 << 29, 2), 5000);
    run(rules_of(8192, 3, 3), 5000);
}

/* The configuration may change while there are lists. */
static void changing_rules(void **state) {
    struct world w;
    world_open(&w, rules_of(4096, 1 << 29, 0));
    for (size_t i = 0; i < 40; i++) {
        static const uint32_t bytes[] = {64, 300, 4096, 8192}, counts[] = {1, 5, 100, 1 << 29};
        w.rules = rules_of(bytes[rng_below(&w.rng, 4)], counts[rng_below(&w.rng, 4)],
                           (uint32_t)rng_below(&w.rng, 4));
        for (size_t j = 0; j < 150; j++)
            step(&w, i % 3 != 2);
        compare_all(&w);
    }
    world_close(&w);
}

/* Long enough for a tree of several levels; the middle is found, and a queue runs through it. */
static void long_one(void **state) {
    struct world w;
    world_open(&w, rules_of(8192, 2, 0));
    for (uint32_t i = 0; i < 20000; i++) {
        char text[16];
        struct slice value = {text, (size_t)sprintf(text, "%u", i)};
        deque_push(&w.deque, value, false, &w.rules);
        model_insert(&w, w.count, value);
    }
    assert_true(w.deque.middle.levels >= 3);
    compare_all(&w);
    for (uint32_t i = 0; i < 1000; i++)
        compare_range(&w, rng_below(&w.rng, w.count), 1, false);
    for (uint32_t i = 0; i < 2000; i++) {
        remove_run(&w, 0, 1);
        push(&w, false);
    }
    remove_run(&w, 5000, 14000);
    compare_all(&w);
    world_close(&w);
}

/* Full packs are followed by full branches: what is only pushed wastes nothing. */
static void pushing_fills_packs(void **state) {
    for (int front = 0; front < 2; front++) {
        struct world w;
        world_open(&w, rules_of(8192 - sizeof(struct pack), 1 << 29, 0));
        for (uint32_t i = 0; i < 100000; i++)
            deque_push(&w.deque, SLICE("abcdefghij"), front, &w.rules);
        size_t bytes = (size_t)w.account.used;
        assert_true(bytes < 100000 * 12 * 103 / 100 + 2 * 10240);
        assert_true(deque_memory(&w.deque, 0) == bytes);
        assert_in_range(deque_memory(&w.deque, 10), bytes - bytes / 10, bytes + bytes / 10);
        world_close(&w);
    }
}

static void copies_are_equal_and_apart(void **state) {
    struct world w;
    world_open(&w, rules_of(512, 1 << 29, 1));
    for (int i = 0; i < 3000; i++)
        step(&w, true);
    struct deque original = w.deque;
    deque_init_copy(&w.deque, &original);
    compare_all(&w);
    for (int i = 0; i < 500; i++)
        step(&w, false);
    compare_all(&w);
    deque_verify(&original);
    size_t plenty = SIZE_MAX;
    assert_true(deque_deinit_step(&original, &plenty));
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_bytes),
        cmocka_unit_test(by_few_elements),
        cmocka_unit_test(one_element_each),
        cmocka_unit_test(tiny_packs),
        cmocka_unit_test(all_plain),
        cmocka_unit_test(squeezed),
        cmocka_unit_test(changing_rules),
        cmocka_unit_test(long_one),
        cmocka_unit_test(pushing_fills_packs),
        cmocka_unit_test(copies_are_equal_and_apart),
    };
    return cmocka_run_group_tests_name("ds/deque", tests, NULL, NULL);
}
