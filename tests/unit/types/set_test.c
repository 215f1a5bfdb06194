/* Sets against an array of members, in all three forms and across the changes from one to another. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/ds/intset.h"
#include "server/types/set.h"
#include "server/types/set_member.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define NO_LIMIT SIZE_MAX
#define TEXT_MAX 400
#define KEY      SLICE("key")

/* All members that a test may use, in order, with what is known of each. */
struct candidate {
    char *text;
    size_t len;
    bool present;
    unsigned visits;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct set_rules rules;
    struct candidate *candidates;
    uint32_t count, present;
};
static struct world *world; /* of the test under way, for call-backs */

enum kind { INTEGERS, SHORT_TEXTS, ALL_LENGTHS };

/* Integers of every width; texts; members of every length that the word of a large set tells apart. */
static size_t write_member(char *room, uint32_t number, enum kind kind) {
    int64_t spread = number % 3 == 0 ? 1 : number % 3 == 1 ? 100003 : 10000000019;
    if (kind == INTEGERS || number % 4 == 0) return num_format_int64(room, ((int64_t)number - 20) * spread);
    if (kind == SHORT_TEXTS) return (size_t)sprintf(room, "m%u", number);
    size_t len = number % 7 == 0 ? 250 + number % 11 : number % 24;
    size_t digits = (size_t)sprintf(room, "%x.", number);
    for (size_t i = digits; i < len; i++)
        room[i] = (char)(number * 31 + i * 7); /* any byte, NUL among them */
    return len > digits ? len : digits;
}

static int by_text(const void *a, const void *b) {
    const struct candidate *x = a, *y = b;
    return slice_cmp((struct slice){x->text, x->len}, (struct slice){y->text, y->len});
}

static struct slice text_of(const struct candidate *c) {
    return (struct slice){c->text, c->len};
}

static void world_open(struct world *w, uint32_t count, enum kind kind) {
    *w = (struct world){.rng = test_rng()};
    world = w;
    hash_secret_draw(&w->secret, &w->rng);
    w->rules = (struct set_rules){&w->secret, 512, 128, 64};
    w->candidates = calloc(count, sizeof(*w->candidates));
    for (uint32_t i = 0; i < count; i++) {
        char room[TEXT_MAX];
        size_t len = write_member(room, i, kind);
        w->candidates[i].text = memcpy(malloc(len + 1), room, len);
        w->candidates[i].len = len;
    }
    qsort(w->candidates, count, sizeof(*w->candidates), by_text);
    for (uint32_t i = 0; i < count; i++) { /* each text once */
        if (w->count && by_text(&w->candidates[w->count - 1], &w->candidates[i]) == 0)
            free(w->candidates[i].text);
        else
            w->candidates[w->count++] = w->candidates[i];
    }
    w->outer = mem_account_enter(&w->account);
}

static void world_close(struct world *w) {
    assert_int_equal(w->account.used, 0);
    mem_account_enter(w->outer);
    for (uint32_t i = 0; i < w->count; i++)
        free(w->candidates[i].text);
    free(w->candidates);
}

static bool free_step(struct entry *e, size_t budget) {
    if (entry_encoding(e) == ENC_TREE && !set_ops.release(e, &budget)) return false;
    entry_free_shell(e);
    return true;
}

static void free_set(struct entry *e) {
    assert_true(free_step(e, NO_LIMIT));
}

static struct candidate *candidate_of(struct slice member) {
    struct candidate wanted = {.text = (char *)member.ptr, .len = member.len};
    struct candidate *c = bsearch(&wanted, world->candidates, world->count, sizeof(wanted), by_text);
    assert_non_null(c);
    return c;
}

static void visit(void *arg, struct slice member) {
    struct candidate *c = candidate_of(member);
    assert_true(c->present);
    c->visits++;
    if (arg) ++*(size_t *)arg;
}

static void forget_visits(void) {
    for (uint32_t i = 0; i < world->count; i++)
        world->candidates[i].visits = 0;
}

static struct candidate *draw(struct world *w) {
    return &w->candidates[rng_below(&w->rng, w->count)];
}

static void expect_valid(struct world *w, const struct entry *e) {
    const void *payload = entry_payload(e);
    switch (entry_encoding(e)) {
    case ENC_INTSET:
        assert_true(w->present == 0 || intset_valid(payload, intset_bytes(payload), true));
        assert_true(w->present <= w->rules.intset_entries_max);
        break;
    case ENC_LISTPACK:
        assert_true(listpack_valid(payload, listpack_bytes(payload), true));
        assert_true(w->present <= w->rules.listpack_entries_max);
        break;
    default: break;
    }
    assert_int_equal(mem_good_size(entry_size(e)) + set_ops.memory(e, 0), w->account.used);
}

static void compare(struct world *w, const struct entry *e) {
    assert_int_equal(set_count(e), w->present);
    forget_visits();
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            visit(NULL, g.member[i]);
    for (uint32_t i = 0; i < w->count; i++)
        assert_int_equal(w->candidates[i].visits, w->candidates[i].present);
    expect_valid(w, e);
}

/* --- what is done to set and model alike --- */

static struct entry *add(struct world *w, struct entry *e, size_t count) {
    struct slice members[40];
    size_t fresh = 0, added = 0;
    for (size_t i = 0; i < count; i++) {
        struct candidate *c = draw(w);
        fresh += !c->present;
        c->present = true;
        members[i] = text_of(c);
    }
    w->present += (uint32_t)fresh;
    if (e == NULL) e = set_create_for(KEY, members[0], 1, &w->rules);
    e = set_add(e, members, count, &w->rules, &added);
    assert_int_equal(added, fresh);
    return e;
}

static struct entry *take_away(struct world *w, struct entry *e, size_t count) {
    struct slice members[40];
    size_t there = 0, removed = 0;
    for (size_t i = 0; i < count; i++) {
        struct candidate *c = draw(w);
        there += c->present;
        c->present = false;
        members[i] = text_of(c);
    }
    w->present -= (uint32_t)there;
    e = set_remove(e, members, count, &removed);
    assert_int_equal(removed, there);
    return e;
}

static void note_popped(void *arg, struct slice member) {
    struct candidate *c = candidate_of(member);
    assert_true(c->present);
    c->present = false;
    world->present--;
}

static void look_up(struct world *w, const struct entry *e, size_t count) {
    struct slice members[SET_GROUP];
    for (size_t i = 0; i < count; i++)
        members[i] = text_of(draw(w));
    struct set_group g;
    assert_int_equal(set_group_fill(&g, members, count), count);
    if (rng_below(&w->rng, 2)) set_prefetch_group(e, &g);
    uint32_t found = set_has_group(e, &g);
    assert_int_equal(found >> count, 0);
    for (size_t i = 0; i < count; i++) {
        bool present = candidate_of(members[i])->present;
        assert_int_equal(found >> i & 1, present);
        assert_int_equal(set_has(e, members[i]), present);
    }
    if (entry_encoding(e) == ENC_TREE) /* advice: nothing may happen */
        set_ops.prefetch_item(e, set_ops.prefetch_bucket(e, members[0]));
}

static struct entry *change(struct world *w, struct entry *e) {
    size_t many = 1 + rng_below(&w->rng, rng_below(&w->rng, 4) ? 3 : 40);
    switch (rng_below(&w->rng, 8)) {
    case 0:
    case 1:
    case 2: return add(w, e, many);
    case 3: return take_away(w, e, many);
    case 4: return set_pop(e, &w->rng, many < w->present ? many : w->present, note_popped, NULL);
    default: look_up(w, e, 1 + rng_below(&w->rng, SET_GROUP)); return e;
    }
}

static void random_operations(uint32_t count, enum kind kind, size_t entries_max, int ops) {
    struct world w;
    world_open(&w, count, kind);
    if (entries_max != NO_LIMIT) w.rules.intset_entries_max = w.rules.listpack_entries_max = entries_max;
    struct entry *e = add(&w, NULL, 1);
    for (int i = 0; i < ops; i++) {
        e = change(&w, e);
        if (i % 20 == 0 || count < 100) compare(&w, e);
        if (rng_below(&w.rng, 400) == 0) {
            free_set(e);
            w.present = 0;
            for (uint32_t c = 0; c < w.count; c++)
                w.candidates[c].present = false;
            e = add(&w, NULL, 1);
        }
    }
    compare(&w, e);
    free_set(e);
    world_close(&w);
}

static void test_few_integers(void **state) {
    random_operations(60, INTEGERS, NO_LIMIT, 2000);
}
static void test_many_integers(void **state) {
    random_operations(1500, INTEGERS, NO_LIMIT, 3000);
}
static void test_few_texts(void **state) {
    random_operations(100, SHORT_TEXTS, NO_LIMIT, 2000);
}
static void test_texts_around_the_limit(void **state) {
    random_operations(220, SHORT_TEXTS, NO_LIMIT, 3000);
}
static void test_all_lengths(void **state) {
    random_operations(3000, ALL_LENGTHS, NO_LIMIT, 4000);
}
static void test_always_large(void **state) {
    random_operations(60, ALL_LENGTHS, 0, 2000);
    random_operations(1500, SHORT_TEXTS, 0, 3000);
}

/* --- members of large sets --- */

static void test_words(void **state) {
    static const size_t beside[][2] = {{0, 0},   {5, 0},   {6, 8},   {8, 8},     {9, 16},    {16, 16},
                                       {17, 32}, {31, 32}, {32, 48}, {254, 256}, {255, 320}, {256, 320}};
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    char bytes[600], scratch[MEMBER_SCRATCH];
    for (size_t len = 0; len < sizeof(bytes); len++)
        for (int filler = 0; filler < 256; filler += 85) {
            memset(bytes, filler, len);
            if (len) bytes[len - 1] = 'z';
            struct slice text = {bytes, len};
            void *member = member_create(text);
            assert_int_equal((uint64_t)(uintptr_t)member >> ITEM_BITS, 0);
            assert_non_null(member);
            assert_int_equal(member_memory(member), account.used);
            assert_true(slice_eq(member_bytes(member, scratch), text));
            assert_true(member_equals(member, text));
            if (len) assert_false(member_equals(member, (struct slice){bytes, len - 1}));
            if (len) bytes[0] ^= 1;
            if (len) assert_false(member_equals(member, text));
            if (len) bytes[0] ^= 1;
            for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
                if (beside[i][0] == len) assert_int_equal(account.used, beside[i][1]);
            assert_int_equal(member_free(member), 1);
            assert_int_equal(account.used, 0);
        }
    mem_account_enter(outer);
}

/* --- forms --- */

static struct entry *add_text(struct world *w, struct entry *e, const char *text) {
    struct slice member = slice_of(text);
    size_t added = 0;
    if (e == NULL) e = set_create_for(KEY, member, 1, &w->rules);
    return set_add(e, &member, 1, &w->rules, &added);
}

static struct entry *numbers(struct world *w, struct entry *e, int from, int to) {
    for (int i = from; i < to; i++) {
        char digits[16];
        sprintf(digits, "%d", i);
        e = add_text(w, e, digits);
    }
    return e;
}

#define expect_form(e, form) assert_string_equal(set_ops.encoding_name(e), form)

static void test_intset_limits(void **state) {
    struct world w;
    world_open(&w, 1, INTEGERS);
    struct entry *e = numbers(&w, NULL, 0, 512);
    expect_form(e, "intset");
    e = numbers(&w, e, 0, 512);
    expect_form(e, "intset");
    e = numbers(&w, e, 512, 513);
    expect_form(e, "hashtable");
    free_set(e);

    e = add_text(&w, numbers(&w, NULL, 0, 127), "a");
    expect_form(e, "listpack");
    assert_int_equal(set_count(e), 128);
    assert_true(set_has(e, SLICE("126")));
    free_set(e);

    e = add_text(&w, numbers(&w, NULL, 0, 128), "a");
    expect_form(e, "hashtable");
    assert_int_equal(set_count(e), 129);
    free_set(e);

    /* an integer in the set may be longer than a listpack allows */
    w.rules.listpack_value_max = 3;
    e = add_text(&w, numbers(&w, NULL, 998, 1000), "abc");
    expect_form(e, "listpack");
    free_set(e);
    e = add_text(&w, numbers(&w, NULL, 998, 1001), "abc");
    expect_form(e, "hashtable");
    free_set(e);
    e = add_text(&w, numbers(&w, NULL, -100, -99), "abc");
    expect_form(e, "hashtable");
    free_set(e);
    e = add_text(&w, numbers(&w, NULL, 1, 2), "abcd");
    expect_form(e, "hashtable");
    free_set(e);
    world_close(&w);
}

static void test_listpack_limits(void **state) {
    struct world w;
    world_open(&w, 1, INTEGERS);
    char text[66];
    memset(text, 'x', 65);
    text[64] = 0;
    struct entry *e = add_text(&w, NULL, text);
    expect_form(e, "listpack");
    e = numbers(&w, e, 0, 127);
    expect_form(e, "listpack");
    e = add_text(&w, e, "5");
    expect_form(e, "listpack");
    e = numbers(&w, e, 127, 128);
    expect_form(e, "hashtable");
    free_set(e);
    text[64] = 'x', text[65] = 0;
    e = add_text(&w, add_text(&w, NULL, "a"), text);
    expect_form(e, "hashtable");
    free_set(e);
    /* no member is too long to begin with a listpack, but none too long stays in one */
    e = add_text(&w, NULL, text);
    expect_form(e, "hashtable");
    free_set(e);
    world_close(&w);
}

static void test_what_is_no_integer(void **state) {
    static const char *const texts[] = {"", "01", "+1", "-0", "1 ", " 1", "9223372036854775808", "1.0", "-"};
    struct world w;
    world_open(&w, 1, INTEGERS);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct entry *e = add_text(&w, numbers(&w, NULL, 0, 2), texts[i]);
        expect_form(e, "listpack");
        assert_true(set_has(e, slice_of(texts[i])));
        assert_int_equal(set_count(e), 3);
        free_set(e);
    }
    struct entry *e = add_text(&w, add_text(&w, NULL, "9223372036854775807"), "-9223372036854775808");
    expect_form(e, "intset");
    free_set(e);
    world_close(&w);
}

static void test_expected_members(void **state) {
    static const struct {
        const char *first;
        size_t expected;
        const char *form;
    } cases[] = {
        {"1", 1, "intset"},   {"1", 512, "intset"},   {"1", 513, "hashtable"},
        {"a", 1, "listpack"}, {"a", 128, "listpack"}, {"a", 129, "hashtable"},
    };
    struct world w;
    world_open(&w, 1, INTEGERS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct entry *e = set_create_for(KEY, slice_of(cases[i].first), cases[i].expected, &w.rules);
        expect_form(e, cases[i].form);
        free_set(e);
        e = set_expect(add_text(&w, NULL, cases[i].first), cases[i].expected, &w.rules);
        expect_form(e, cases[i].form);
        assert_int_equal(set_count(e), 1);
        assert_true(set_has(e, slice_of(cases[i].first)));
        free_set(e);
    }
    world_close(&w);
}

static void test_to_intset(void **state) {
    struct world w;
    world_open(&w, 1, INTEGERS);
    for (int round = 0; round < 2; round++) {
        struct entry *e = set_create(KEY, round ? ENC_TREE : ENC_LISTPACK, &w.rules);
        e = set_to_intset(numbers(&w, e, -50, 50), &w.rules);
        expect_form(e, "intset");
        assert_int_equal(set_count(e), 100);
        assert_true(set_has(e, SLICE("-50")) && set_has(e, SLICE("49")) && !set_has(e, SLICE("50")));
        assert_int_equal(w.account.used, mem_good_size(entry_size(e)));
        free_set(e);
    }
    struct entry *e = set_create(KEY, ENC_TREE, &w.rules);
    e = set_to_intset(numbers(&w, e, 0, 513), &w.rules);
    expect_form(e, "hashtable");
    free_set(e);
    world_close(&w);
}

/* --- drawing --- */

static struct entry *full_set(struct world *w, uint32_t count, const char *form) {
    bool integers = strcmp(form, "intset") == 0;
    world_open(w, count, integers ? INTEGERS : SHORT_TEXTS);
    if (strcmp(form, "hashtable") == 0) w->rules.listpack_entries_max = 0;
    struct entry *e =
        integers ? set_create(KEY, ENC_INTSET, &w->rules) : set_create(KEY, ENC_LISTPACK, &w->rules);
    size_t added = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        struct slice member = text_of(&w->candidates[i]);
        e = set_add(e, &member, 1, &w->rules, &added);
        w->candidates[i].present = true;
    }
    w->present = w->count;
    assert_int_equal(added, w->count);
    expect_form(e, form);
    return e;
}

static void expect_uniform(struct world *w, double expected) {
    double chi = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        double off = (double)w->candidates[i].visits - expected;
        chi += off * off / expected;
    }
    assert_true(chi < w->count + 6 * __builtin_sqrt(2.0 * w->count) + 12);
}

static bool few_more(void *arg) {
    return *(size_t *)arg < 7;
}

static void drawing(const char *form) {
    struct world w;
    struct entry *e = full_set(&w, 60, form);
    double n = w.count;
    size_t seen = 0;
    forget_visits();
    set_random(e, &w.rng, 20000, visit, NULL, &seen);
    assert_int_equal(seen, 20000);
    expect_uniform(&w, 20000 / n);
    forget_visits();
    for (int i = 0; i < 10000; i++)
        set_random(e, &w.rng, 1, visit, NULL, NULL);
    expect_uniform(&w, 10000 / n);
    seen = 0;
    set_random(e, &w.rng, 100, visit, few_more, &seen);
    assert_int_equal(seen, 7);

    for (size_t count = 1; count<70; count = count * 3 - 1> count ? count * 3 - 1 : count + 1) {
        size_t wanted = count < w.count ? count : w.count;
        unsigned sum = 0;
        forget_visits();
        for (int i = 0; i < 3000; i++) {
            unsigned before = sum;
            set_random_unique(e, &w.rng, count, visit, NULL);
            sum = 0;
            for (uint32_t c = 0; c < w.count; c++) {
                assert_true(w.candidates[c].visits <= (unsigned)i + 1); /* none twice in a draw */
                sum += w.candidates[c].visits;
            }
            assert_int_equal(sum - before, wanted);
        }
        expect_uniform(&w, 3000.0 * (double)wanted / n);
    }
    free_set(e);
    world_close(&w);
}

static void test_drawing(void **state) {
    drawing("intset");
    drawing("listpack");
    drawing("hashtable");
}

static void count_visit(void *arg, struct slice member) {
    candidate_of(member)->visits++;
}

static void test_popping_is_uniform(void **state) {
    static const char *const forms[] = {"intset", "listpack", "hashtable"};
    for (int f = 0; f < 3; f++) {
        struct world w;
        struct entry *whole = full_set(&w, 40, forms[f]);
        forget_visits();
        for (int i = 0; i < 2000; i++) {
            struct entry *e = set_ops.copy(whole, KEY, ENTRY_NO_DEADLINE);
            e = set_pop(e, &w.rng, 10, count_visit, NULL);
            assert_int_equal(set_count(e), w.count - 10);
            free_set(e);
        }
        expect_uniform(&w, 20000.0 / w.count);
        free_set(whole);
        world_close(&w);
    }
}

/* --- some at a time --- */

static void test_scan_of_a_small_set_shows_all(void **state) {
    struct world w;
    struct entry *e = full_set(&w, 100, "listpack");
    forget_visits();
    size_t seen = 0;
    assert_int_equal(set_scan(e, 0, 1, visit, &seen), 0);
    assert_int_equal(seen, w.present);
    free_set(e);
    world_close(&w);
}

static void test_scan_shows_what_stays(void **state) {
    struct world w;
    world_open(&w, 3000, ALL_LENGTHS);
    struct entry *e = set_create(KEY, ENC_TREE, &w.rules);
    size_t added = 0;
    for (uint32_t i = 0; i < w.count; i += 2) { /* every other one stays from the first call to the last */
        struct slice member = text_of(&w.candidates[i]);
        e = set_add(e, &member, 1, &w.rules, &added);
        w.candidates[i].present = true;
    }
    forget_visits();
    uint64_t cursor = 0;
    do {
        cursor = set_scan(e, cursor, 10, visit, NULL);
        for (int i = 0; i < 30; i++) {
            struct candidate *c = &w.candidates[rng_below(&w.rng, w.count / 2) * 2 + 1];
            struct slice member = text_of(c);
            size_t changed = 0;
            c->present = !c->present;
            e = c->present ? set_add(e, &member, 1, &w.rules, &changed) : set_remove(e, &member, 1, &changed);
            assert_int_equal(changed, 1);
        }
    } while (cursor);
    for (uint32_t i = 0; i < w.count; i += 2)
        assert_true(w.candidates[i].visits > 0);
    free_set(e);
    world_close(&w);
}

/* --- without knowing the type --- */

static void test_copies(void **state) {
    static const char *const forms[] = {"intset", "listpack", "hashtable"};
    for (int f = 0; f < 3; f++) {
        struct world w;
        struct entry *e = full_set(&w, 100, forms[f]);
        struct entry *copy = set_ops.copy(e, SLICE("another key"), 12345);
        free_set(e);
        assert_true(slice_eq(entry_key(copy), SLICE("another key")));
        assert_int_equal(entry_deadline(copy), 12345);
        expect_form(copy, forms[f]);
        compare(&w, copy);
        free_set(copy);
        world_close(&w);
    }
}

static void test_release_in_steps(void **state) {
    struct world w;
    struct entry *e = full_set(&w, 5000, "hashtable");
    assert_int_equal(set_ops.effort(e), w.count + 1);
    size_t steps = 1;
    while (!free_step(e, 100))
        steps++;
    assert_true(steps >= w.count / 100 && steps < w.count / 10);
    world_close(&w);
}

static void test_sampled_memory_is_near(void **state) {
    struct world w;
    struct entry *e = full_set(&w, 5000, "hashtable");
    double exact = (double)set_ops.memory(e, 0), sampled = (double)set_ops.memory(e, 50);
    assert_true(sampled > exact * 0.7 && sampled < exact * 1.3);
    free_set(e);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_few_integers),
        cmocka_unit_test(test_many_integers),
        cmocka_unit_test(test_few_texts),
        cmocka_unit_test(test_texts_around_the_limit),
        cmocka_unit_test(test_all_lengths),
        cmocka_unit_test(test_always_large),
        cmocka_unit_test(test_intset_limits),
        cmocka_unit_test(test_listpack_limits),
        cmocka_unit_test(test_what_is_no_integer),
        cmocka_unit_test(test_expected_members),
        cmocka_unit_test(test_to_intset),
        cmocka_unit_test(test_drawing),
        cmocka_unit_test(test_popping_is_uniform),
        cmocka_unit_test(test_scan_of_a_small_set_shows_all),
        cmocka_unit_test(test_scan_shows_what_stays),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_release_in_steps),
        cmocka_unit_test(test_sampled_memory_is_near),
    };
    return cmocka_run_group_tests_name("types/set", tests, NULL, NULL);
}
