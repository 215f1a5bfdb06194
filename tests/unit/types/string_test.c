/* String entries against a model: a byte buffer and what OBJECT ENCODING would say. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/rng.h"
#include "server/types/string.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MODEL_MAX (3 << 20)

struct model {
    char *bytes;
    size_t len;
    bool changed; /* in place: raw whatever its length */
    bool is_text; /* set as bytes: not an integer, whatever it looks like */
    int64_t deadline_ms;
};

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct model model;
    struct entry *entry;
    struct slice key;
};

static void world_open(struct world *w) {
    *w = (struct world){.key = SLICE("session:0123456789")};
    w->outer = mem_account_enter(&w->account);
    w->rng = test_rng();
    w->model.bytes = malloc(MODEL_MAX);
    w->model.deadline_ms = ENTRY_NO_DEADLINE;
    w->entry = string_create(w->key, SLICE(""), ENTRY_NO_DEADLINE);
}

static void world_close(struct world *w) {
    value_free(w->entry);
    assert_int_equal(w->account.used, 0);
    free(w->model.bytes);
    mem_account_enter(w->outer);
}

static void check(const struct world *w) {
    const struct model *m = &w->model;
    const struct entry *e = w->entry;
    char scratch[STRING_VIEW_CHARS];
    struct slice view = string_view(e, scratch);
    assert_int_equal(view.len, m->len);
    assert_int_equal(string_len(e), m->len);
    if (m->len) assert_memory_equal(view.ptr, m->bytes, m->len);
    assert_true(slice_eq(entry_key(e), w->key));
    assert_true(entry_deadline(e) == m->deadline_ms);

    int64_t expected, found;
    bool is_int = num_parse_int64(m->bytes, m->len, &expected);
    assert_int_equal(string_int64(e, &found), is_int);
    if (is_int) assert_true(found == expected);
    const char *name = is_int && !m->changed && !m->is_text ? "int"
                       : m->changed || m->len > 44          ? "raw"
                                                            : "embstr";
    assert_string_equal(value_encoding_name(e), name);

    size_t beyond =
        entry_encoding(e) == ENC_HEAP ? mem_good_size(sizeof(struct heap_string) + string_heap(e)->cap) : 0;
    assert_int_equal(value_memory(e, 0), mem_good_size(entry_size(e)) + beyond);
    assert_int_equal(w->account.used, value_memory(e, 0));
}

/* Lengths around every limit there is. */
static size_t draw_len(struct rng *rng) {
    static const size_t limits[] = {0, 1, 8, 20, 44, 64, 255, ENTRY_BYTES_MAX, 5000, 70000, 1 << 20};
    uint64_t kind = rng_below(rng, 20);
    if (kind < 8) return rng_below(rng, 64);
    if (kind < 13) return rng_below(rng, 2 * ENTRY_BYTES_MAX);
    if (kind == 13) return rng_below(rng, MODEL_MAX);
    size_t limit = limits[rng_below(rng, sizeof(limits) / sizeof(limits[0]))];
    size_t len = limit + rng_below(rng, 5);
    return len < 2 ? len : len - 2;
}

static void draw_value(struct world *w, size_t len) {
    struct model *m = &w->model;
    if (len && len <= 20 && rng_below(&w->rng, 2)) {
        m->len = num_format_int64(m->bytes, (int64_t)(rng_next(&w->rng) >> rng_below(&w->rng, 64)));
        if (rng_below(&w->rng, 8) == 0) m->bytes[m->len - 1] = '.'; /* almost */
        return;
    }
    m->len = len;
    rng_fill(&w->rng, m->bytes, len);
}

static void do_assign(struct world *w) {
    struct model *m = &w->model;
    draw_value(w, draw_len(&w->rng));
    char *copy = malloc(m->len + 1);
    memcpy(copy, m->bytes, m->len);
    m->changed = false;
    m->is_text = rng_below(&w->rng, 4) == 0;
    struct slice value = {copy, m->len};
    w->entry = m->is_text ? string_assign_bytes(w->entry, value) : string_assign(w->entry, value);
    free(copy);
}

static void do_assign_int(struct world *w) {
    struct model *m = &w->model;
    int64_t value = (int64_t)(rng_next(&w->rng) >> rng_below(&w->rng, 64));
    m->len = num_format_int64(m->bytes, value);
    m->changed = m->is_text = false;
    w->entry = string_assign_int(w->entry, value);
}

static void do_resize(struct world *w) {
    struct model *m = &w->model;
    size_t len = rng_below(&w->rng, 2) ? m->len + rng_below(&w->rng, 300) : draw_len(&w->rng);
    if (len > MODEL_MAX) len = MODEL_MAX;
    char *bytes;
    w->entry = string_resize(w->entry, len, &bytes);
    if (len > m->len) memset(m->bytes + m->len, 0, len - m->len);
    m->len = len;
    m->changed = true;
    for (unsigned i = 0; len && i < 8; i++) {
        size_t at = rng_below(&w->rng, len);
        bytes[at] = m->bytes[at] = (char)rng_next(&w->rng);
    }
}

static void do_deadline(struct world *w) {
    w->model.deadline_ms = rng_below(&w->rng, 2) ? (int64_t)rng_below(&w->rng, 1u << 30) : ENTRY_NO_DEADLINE;
    w->entry = entry_set_deadline(w->entry, w->model.deadline_ms);
}

/* The copy takes the place of the original, under the longer or shorter of two names. */
static void do_copy(struct world *w) {
    static char long_name[400];
    memset(long_name, 'k', sizeof(long_name));
    w->key = w->key.len == 400 ? SLICE("session:0123456789") : (struct slice){long_name, 400};
    struct entry *twin = value_copy(w->entry, w->key, w->model.deadline_ms);
    if (rng_below(&w->rng, 2)) {
        value_free(w->entry);
    } else {
        size_t budget = 1;
        while (!value_free_step(w->entry, &budget))
            budget = 1 + rng_below(&w->rng, 20);
    }
    w->entry = twin;
}

static void test_random_operations(void **state) {
    for (unsigned world = 0; world < 4; world++) {
        struct world w;
        world_open(&w);
        check(&w);
        for (unsigned i = 0; i < (unsigned)test_rounds(2000); i++) {
            uint64_t kind = rng_below(&w.rng, 16);
            if (kind < 6)
                do_assign(&w);
            else if (kind < 8)
                do_assign_int(&w);
            else if (kind < 13)
                do_resize(&w);
            else if (kind < 15)
                do_deadline(&w);
            else
                do_copy(&w);
            check(&w);
        }
        world_close(&w);
    }
}

static void test_encodings(void **state) {
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"0", "int"},
        {"-1", "int"},
        {"9223372036854775807", "int"},
        {"-9223372036854775808", "int"},
        {"9223372036854775808", "embstr"},
        {"-9223372036854775809", "embstr"},
        {"-0", "embstr"},
        {"-", "embstr"},
        {"+1", "embstr"},
        {"01", "embstr"},
        {" 1", "embstr"},
        {"1 ", "embstr"},
        {"1.0", "embstr"},
        {"", "embstr"},
        {"12345678901234567890123456789012345678901234", "embstr"},
        {"123456789012345678901234567890123456789012345", "raw"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct entry *e = string_create(SLICE("k"), slice_of(cases[i].text), ENTRY_NO_DEADLINE);
        assert_string_equal(value_encoding_name(e), cases[i].name);
        e = string_assign(e, SLICE("something else that is long enough to be raw for sure"));
        e = string_assign(e, slice_of(cases[i].text));
        assert_string_equal(value_encoding_name(e), cases[i].name);
        value_free(e);
    }
}

static void test_overwriting_stays_in_place(void **state) {
    char first[77], second[77];
    memset(first, 'a', sizeof(first));
    memset(second, 'b', sizeof(second));
    struct entry *e = string_create(SLICE("key"), (struct slice){first, 77}, 1234);
    for (size_t len = 77; len >= 62; len--) {
        struct entry *after = string_assign(e, (struct slice){second, len});
#ifndef TORC_SANITIZED
        assert_ptr_equal(after, e); /* 81 to 96 bytes with header, deadline and key: one size class */
#endif
        e = after;
        assert_int_equal(string_len(e), len);
    }
    e = string_assign_int(e, 1);
    assert_ptr_equal(string_assign_int(e, INT64_MAX), e);
    value_free(e);
}

/* Appending byte by byte copies a logarithmic number of times, and gives back what shrinking frees. */
static void test_growth_leaves_room(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    struct entry *e = string_create(SLICE("key"), SLICE("x"), ENTRY_NO_DEADLINE);
    char *bytes;
    e = string_resize(e, ENTRY_BYTES_MAX + 1, &bytes);
    unsigned moves = 0;
    for (size_t len = ENTRY_BYTES_MAX + 2; len < 4u << 20; len += 64) {
        size_t cap = string_heap(e)->cap;
        e = string_resize(e, len, &bytes);
        moves += string_heap(e)->cap != cap;
    }
    assert_true(moves < 20);
    assert_true(string_heap(e)->cap < 6u << 20);
    e = string_resize(e, 100000, &bytes);
    assert_true(string_heap(e)->cap < 200000);
    e = string_resize(e, 10, &bytes);
    assert_int_equal(entry_encoding(e), ENC_BYTES);
    assert_string_equal(value_encoding_name(e), "raw");
    value_free(e);
    assert_int_equal(account.used, 0);
    mem_account_enter(outer);
}

static void test_large_values_go_in_steps(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    char *bytes;
    struct entry *e = string_create_raw(SLICE("key"), 16u << 20, ENTRY_NO_DEADLINE, &bytes);
    for (size_t i = 0; i < 16u << 20; i += 4096)
        assert_int_equal(bytes[i], 0);
    assert_true(value_effort(e) >= 64);
    unsigned steps = 1;
    size_t budget = 100;
    int64_t used = account.used;
    while (!value_free_step(e, &budget)) {
        assert_int_equal(budget, 0);
        assert_true(account.used < used);
        used = account.used;
        budget = 100;
        steps++;
    }
#ifndef TORC_SANITIZED
    assert_true(steps > 3);
#endif
    assert_int_equal(account.used, 0);

    struct entry *small = string_create_raw(SLICE("key"), 2000, ENTRY_NO_DEADLINE, &bytes);
    assert_int_equal(value_effort(small), 1);
    value_free(small);
    mem_account_enter(outer);
}

static void test_room_is_asked_for(void **state) {
    assert_true(string_has_room(1000));
    assert_true(string_has_room((size_t)64 << 20));
    assert_false(string_has_room(SIZE_MAX));
    mem_fail_after(1);
    assert_false(string_has_room((size_t)64 << 20));
    mem_fail_after(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings),          cmocka_unit_test(test_overwriting_stays_in_place),
        cmocka_unit_test(test_growth_leaves_room), cmocka_unit_test(test_large_values_go_in_steps),
        cmocka_unit_test(test_room_is_asked_for),  cmocka_unit_test(test_random_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
