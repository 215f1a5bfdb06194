/* Listpacks against an array of texts, byte for byte where the format is at stake. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/ds/listpack.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

/* A listpack in an allocation of exactly its size, so that a step beyond it is caught. */
struct pack {
    char *lp;
};

static void pack_open(struct pack *p) {
    p->lp = malloc(LISTPACK_EMPTY_BYTES);
    listpack_init(p->lp);
}

static uint32_t pack_insert(struct pack *p, uint32_t at, struct slice value) {
    p->lp = realloc(p->lp, listpack_bytes(p->lp) + listpack_element_bytes(value));
    return listpack_insert(p->lp, at, value);
}

static void pack_replace(struct pack *p, uint32_t at, struct slice value) {
    uint32_t before = listpack_bytes(p->lp);
    uint32_t after = before - listpack_size_at(p->lp, at) + listpack_element_bytes(value);
    if (after > before) p->lp = realloc(p->lp, after);
    assert_int_equal(listpack_replace(p->lp, at, value), at);
    assert_int_equal(listpack_bytes(p->lp), after);
    p->lp = realloc(p->lp, after);
}

static void pack_fit(struct pack *p) {
    p->lp = realloc(p->lp, listpack_bytes(p->lp));
}

static struct slice repeated(char *room, char c, size_t len) {
    memset(room, c, len);
    return (struct slice){room, len};
}

/* --- the format --- */

static void expect_element(const char *text, const void *encoding, size_t len) {
    struct pack p;
    pack_open(&p);
    pack_insert(&p, 0, slice_of(text));
    assert_int_equal(listpack_bytes(p.lp), LISTPACK_EMPTY_BYTES + len);
    assert_int_equal(listpack_element_bytes(slice_of(text)), len);
    assert_memory_equal(p.lp + 6, encoding, len);
    assert_int_equal((uint8_t)p.lp[6 + len], 0xff);
    char scratch[LISTPACK_INT_CHARS];
    assert_true(slice_eq(listpack_get(p.lp, 6, scratch), slice_of(text)));
    free(p.lp);
}
#define EXPECT(text, bytes) expect_element(text, bytes, sizeof(bytes) - 1)

static void test_bytes_of_integers(void **state) {
    EXPECT("0", "\x00\x01");
    EXPECT("127", "\x7f\x01");
    EXPECT("128", "\xc0\x80\x02");
    EXPECT("-1", "\xdf\xff\x02");
    EXPECT("4095", "\xcf\xff\x02");
    EXPECT("-4096", "\xd0\x00\x02");
    EXPECT("4096", "\xf1\x00\x10\x03");
    EXPECT("-32768", "\xf1\x00\x80\x03");
    EXPECT("32768", "\xf2\x00\x80\x00\x04");
    EXPECT("-8388608", "\xf2\x00\x00\x80\x04");
    EXPECT("8388608", "\xf3\x00\x00\x80\x00\x05");
    EXPECT("-2147483648", "\xf3\x00\x00\x00\x80\x05");
    EXPECT("2147483648", "\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09");
    EXPECT("-9223372036854775808", "\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09");
}

static void test_bytes_of_strings(void **state) {
    EXPECT("", "\x80\x01");
    EXPECT("abc", "\x83"
                  "abc\x04");
    EXPECT("-0", "\x82-0\x03");
    EXPECT("01", "\x82"
                 "01\x03");
    EXPECT("9223372036854775808", "\x93"
                                  "9223372036854775808\x14");
}

/* As Redis 7 writes them: one byte up to 127, two below 16,383, three below 2,097,151 … */
static void test_back_lengths(void **state) {
    static const struct {
        uint32_t len; /* of the string */
        const char *tail;
        uint32_t tail_len;
    } cases[] = {
        {63, "\x40", 1},
        {64, "\x42", 1},
        {125, "\x7f", 1},
        {126, "\x01\x80", 2},
        {4095, "\x20\x81", 2},
        {4096, "\x20\x85", 2},
        {16377, "\x7f\xfe", 2},
        {16378, "\x00\xff\xff", 3},
        {16379, "\x01\x80\x80", 3},
        {2097145, "\x7f\xff\xfe", 3},
        {2097146, "\x00\xff\xff\xff", 4},
    };
    char *room = malloc(2200000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pack p;
        pack_open(&p);
        struct slice value = repeated(room, 'x', cases[i].len);
        pack_insert(&p, 0, value);
        uint32_t bytes = listpack_bytes(p.lp);
        assert_memory_equal(p.lp + bytes - 1 - cases[i].tail_len, cases[i].tail, cases[i].tail_len);
        assert_true((uint8_t)p.lp[bytes - 2 - cases[i].tail_len] == 'x');
        assert_true(listpack_valid(p.lp, bytes, true));
        pack_insert(&p, 0, SLICE("end"));
        assert_int_equal(listpack_prev(p.lp, listpack_last(p.lp)), listpack_first(p.lp));
        free(p.lp);
    }
    free(room);
}

/* --- against the model --- */

#define MODEL_MAX 400

struct model {
    struct text {
        char *ptr;
        size_t len;
    } items[MODEL_MAX + 8];
    size_t count;
};

static struct slice model_get(const struct model *m, size_t i) {
    return (struct slice){m->items[i].ptr, m->items[i].len};
}

static void model_insert(struct model *m, size_t at, struct slice value) {
    memmove(m->items + at + 1, m->items + at, (m->count - at) * sizeof(m->items[0]));
    m->items[at] = (struct text){malloc(value.len + 1), value.len};
    memcpy(m->items[at].ptr, value.ptr, value.len);
    m->count++;
}

static void model_erase(struct model *m, size_t at) {
    free(m->items[at].ptr);
    m->count--;
    memmove(m->items + at, m->items + at + 1, (m->count - at) * sizeof(m->items[0]));
}

/* Integers of every width, near-integers, strings around the limits of the encodings. */
static struct slice draw_value(struct rng *rng, char *room) {
    static const uint16_t lens[] = {0, 1, 2, 62, 63, 64, 65, 125, 126, 127, 128, 4095, 4096, 5000};
    switch (rng_below(rng, 6)) {
    case 0: return (struct slice){room, num_format_int64(room, (int64_t)rng_next(rng) >> rng_below(rng, 64))};
    case 1: return (struct slice){room, num_format_int64(room, (int64_t)rng_below(rng, 20))};
    case 2: return (struct slice){room, (size_t)sprintf(room, "0%d", (int)rng_below(rng, 100))};
    case 3: return repeated(room, (char)('a' + rng_below(rng, 3)), lens[rng_below(rng, 14)]);
    default: {
        size_t len = rng_below(rng, 12);
        for (size_t i = 0; i < len; i++)
            room[i] = (char)('a' + rng_below(rng, 2));
        return (struct slice){room, len};
    }
    }
}

static void compare(const struct pack *p, const struct model *m) {
    assert_true(listpack_valid(p->lp, listpack_bytes(p->lp), true));
    assert_int_equal(listpack_count(p->lp), m->count);
    char scratch[LISTPACK_INT_CHARS];
    uint32_t at = listpack_first(p->lp), before = 0, bytes = LISTPACK_EMPTY_BYTES;
    for (size_t i = 0; i < m->count; i++) {
        struct slice expected = model_get(m, i);
        assert_int_not_equal(at, 0);
        assert_true(slice_eq(listpack_get(p->lp, at, scratch), expected));
        assert_true(listpack_equals(p->lp, at, expected));
        assert_int_equal(listpack_prev(p->lp, at), before);
        assert_int_equal(listpack_size_at(p->lp, at), listpack_element_bytes(expected));
        int64_t number, parsed;
        bool numeric = num_parse_int64(expected.ptr, expected.len, &parsed);
        assert_true(listpack_get_int(p->lp, at, &number) == numeric);
        if (numeric) assert_true(number == parsed);
        bytes += listpack_size_at(p->lp, at);
        before = at;
        at = listpack_next(p->lp, at);
    }
    assert_int_equal(at, 0);
    assert_int_equal(listpack_last(p->lp), before);
    assert_int_equal(listpack_bytes(p->lp), bytes);
}

static void compare_places(const struct pack *p, const struct model *m, struct rng *rng) {
    char scratch[LISTPACK_INT_CHARS];
    for (unsigned probe = 0; probe < 6; probe++) {
        int64_t index = (int64_t)rng_below(rng, 2 * m->count + 5) - (int64_t)m->count - 2;
        int64_t absolute = index < 0 ? index + (int64_t)m->count : index;
        uint32_t at = listpack_at(p->lp, index);
        if (absolute < 0 || absolute >= (int64_t)m->count)
            assert_int_equal(at, 0);
        else
            assert_true(slice_eq(listpack_get(p->lp, at, scratch), model_get(m, (size_t)absolute)));
    }
}

static void compare_find(const struct pack *p, const struct model *m, struct rng *rng, struct slice value) {
    size_t from = rng_below(rng, m->count + 1), found = from;
    unsigned skip = (unsigned)rng_below(rng, 3);
    while (found < m->count && !slice_eq(model_get(m, found), value))
        found += skip + 1;
    uint32_t at = from < m->count ? listpack_at(p->lp, (int64_t)from) : 0;
    uint32_t expected = found < m->count ? listpack_at(p->lp, (int64_t)found) : 0;
    assert_int_equal(listpack_find(p->lp, at, value, skip), expected);
}

static void test_random_operations(void **state) {
    for (int round = test_rounds(6); round > 0; round--) {
        struct rng rng = test_rng();
        struct model m = {.count = 0};
        struct pack p;
        pack_open(&p);
        char room[8192];
        size_t limit = round % 2 ? MODEL_MAX : 12;
        for (unsigned op = 0; op < 6000; op++) {
            struct slice value = draw_value(&rng, room);
            size_t index = m.count ? rng_below(&rng, m.count) : 0;
            unsigned what = (unsigned)rng_below(&rng, 10);
            if ((what < 5 || m.count == 0) && m.count < limit) {
                bool append = rng_below(&rng, 2);
                if (append) index = m.count;
                uint32_t at = append ? 0 : listpack_at(p.lp, (int64_t)index);
                at = pack_insert(&p, at, value);
                model_insert(&m, index, value);
                assert_int_equal(at, listpack_at(p.lp, (int64_t)index));
            } else if (what < 7) {
                pack_replace(&p, listpack_at(p.lp, (int64_t)index), value);
                model_erase(&m, index);
                model_insert(&m, index, value);
            } else if (what < 9) {
                uint32_t next = listpack_erase(p.lp, listpack_at(p.lp, (int64_t)index));
                pack_fit(&p);
                model_erase(&m, index);
                assert_int_equal(next, index < m.count ? listpack_at(p.lp, (int64_t)index) : 0);
            } else {
                uint32_t n = (uint32_t)rng_below(&rng, 5);
                uint32_t next = listpack_erase_n(p.lp, listpack_at(p.lp, (int64_t)index), n);
                pack_fit(&p);
                for (; n > 0 && index < m.count; n--)
                    model_erase(&m, index);
                assert_int_equal(next, index < m.count ? listpack_at(p.lp, (int64_t)index) : 0);
            }
            compare_find(&p, &m, &rng, draw_value(&rng, room));
            compare_places(&p, &m, &rng);
            if (op % 16 == 0) compare(&p, &m);
        }
        compare(&p, &m);
        while (m.count)
            model_erase(&m, m.count - 1);
        free(p.lp);
    }
}

/* Integers of all widths, taken one by one, and what stands between them passed over. */
static void test_taking_and_skipping(void **state) {
    static const int64_t values[] = {0,     127,      128,       -1,        -4096,    4095,
                                     70000, -9000000, 1ll << 40, INT64_MIN, INT64_MAX};
    enum { COUNT = sizeof(values) / sizeof(*values) };
    char lp[1024];
    listpack_init(lp);
    for (size_t i = 0; i < COUNT; i++) {
        listpack_append_int(lp, values[i]);
        listpack_append(lp, SLICE("between"));
        listpack_append(lp, SLICE("them"));
    }
    uint32_t at = listpack_first(lp);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(at, listpack_at(lp, (int64_t)(3 * i)));
        assert_true(listpack_take_int(lp, &at) == values[i]);
        assert_true(listpack_equals(lp, at, SLICE("between")));
        at = listpack_skip(lp, at, 2);
    }
    assert_int_equal(at, listpack_bytes(lp) - 1);
}

static void test_more_elements_than_the_header_counts(void **state) {
    struct pack p;
    uint32_t n = 70000;
    p.lp = malloc(LISTPACK_EMPTY_BYTES + 3 * (size_t)n);
    listpack_init(p.lp);
    for (uint32_t i = 0; i < n; i++)
        listpack_append(p.lp, SLICE("x"));
    assert_int_equal(listpack_count(p.lp), n);
    assert_true(listpack_valid(p.lp, listpack_bytes(p.lp), true));
    assert_int_equal(listpack_at(p.lp, -1), listpack_last(p.lp));
    assert_int_equal(listpack_at(p.lp, n), 0);
    listpack_erase_n(p.lp, listpack_first(p.lp), 10000);
    assert_int_equal(listpack_count(p.lp), n - 10000);
    assert_true(listpack_valid(p.lp, listpack_bytes(p.lp), true));
    free(p.lp);
}

/* Growing in front, shrinking in front, and taking in another one, against the same done by insertion. */
static void test_room_in_front(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < 200; round++) {
        size_t n = 1 + rng_below(&rng, 40);
        char *room = malloc(8300 * 42), *lp = room + 8200 * 40;
        struct pack p, q;
        pack_open(&p);
        pack_open(&q);
        listpack_init(lp);
        for (size_t i = 0; i < n; i++) {
            char value[8192];
            struct slice s = draw_value(&rng, value);
            lp = listpack_prepend(lp, s);
            pack_insert(&p, listpack_first(p.lp), s);
        }
        assert_int_equal(listpack_bytes(lp), listpack_bytes(p.lp));
        assert_memory_equal(lp, p.lp, listpack_bytes(lp));

        uint32_t drop = 1 + (uint32_t)rng_below(&rng, n), first = listpack_first(p.lp), bytes = 0;
        for (uint32_t i = 0, at = first; i < drop; i++, at = listpack_next(lp, at))
            bytes += listpack_size_at(lp, at);
        lp = listpack_behead(lp, bytes, drop);
        listpack_erase_n(p.lp, first, drop);
        assert_memory_equal(lp, p.lp, listpack_bytes(p.lp));

        for (size_t i = 0; i < n; i++) {
            char value[8192];
            struct slice s = draw_value(&rng, value);
            pack_insert(&q, 0, s);
            pack_insert(&p, 0, s);
        }
        size_t before = listpack_bytes(lp);
        char *whole = malloc(before + listpack_bytes(q.lp));
        memcpy(whole, lp, before);
        listpack_extend(whole, q.lp);
        assert_int_equal(listpack_bytes(whole), listpack_bytes(p.lp));
        assert_memory_equal(whole, p.lp, listpack_bytes(p.lp));
        free(whole);
        free(p.lp);
        free(q.lp);
        free(room);
    }
}

/* Another writer may have stored "12" as a string, or 5 in eight bytes. */
static void test_finds_what_others_wrote_differently(void **state) {
    char lp[] = "\x17\x00\x00\x00\x02\x00\x82"
                "12\x03\xf4\x05\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00";
    uint32_t len = 6 + 4 + 10 + 1;
    memcpy(lp, &len, 4);
    lp[len - 1] = (char)0xff;
    assert_true(listpack_valid(lp, len, true));
    assert_int_equal(listpack_find(lp, 6, SLICE("12"), 0), 6);
    assert_int_equal(listpack_find(lp, 6, SLICE("5"), 0), 10);
    assert_true(listpack_equals(lp, 6, SLICE("12")));
    assert_true(listpack_equals(lp, 10, SLICE("5")));
    assert_int_equal(listpack_find(lp, 6, SLICE("05"), 0), 0);
}

/* --- hostile bytes --- */

static void read_everything(const char *lp) {
    char scratch[LISTPACK_INT_CHARS];
    uint32_t n = 0;
    size_t sum = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        struct slice s = listpack_get(lp, at, scratch);
        for (size_t i = 0; i < s.len; i++)
            sum += (unsigned char)s.ptr[i];
        n++;
    }
    for (uint32_t at = listpack_last(lp); at; at = listpack_prev(lp, at))
        n--;
    assert_int_equal(n, 0);
    assert_int_equal(listpack_find(lp, listpack_first(lp), SLICE("not in there, surely"), sum & 1), 0);
}

static void test_damaged_bytes_are_refused_or_readable(void **state) {
    struct rng rng = test_rng();
    unsigned accepted = 0, refused = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct pack p;
        pack_open(&p);
        char room[8192];
        for (size_t n = rng_below(&rng, 6); n > 0; n--)
            pack_insert(&p, 0, draw_value(&rng, room));
        uint32_t len = listpack_bytes(p.lp);
        for (size_t n = 1 + rng_below(&rng, 3); n > 0; n--)
            p.lp[rng_below(&rng, len)] = (char)rng_next(&rng);
        if (listpack_valid(p.lp, len, true)) {
            read_everything(p.lp);
            accepted++;
        } else {
            refused++;
        }
        free(p.lp);
    }
    assert_true(accepted > 100 && refused > 1000);
}

static void test_short_and_wrong_frames(void **state) {
    char lp[] = "\x07\x00\x00\x00\x00\x00\xff";
    assert_true(listpack_valid(lp, 7, true));
    for (size_t len = 0; len < 7; len++)
        assert_false(listpack_valid(lp, len, false));
    lp[6] = 0;
    assert_false(listpack_valid(lp, 7, false));
    lp[6] = (char)0xff;
    lp[4] = 1;
    assert_true(listpack_valid(lp, 7, false));
    assert_false(listpack_valid(lp, 7, true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_integers),
        cmocka_unit_test(test_bytes_of_strings),
        cmocka_unit_test(test_back_lengths),
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_taking_and_skipping),
        cmocka_unit_test(test_more_elements_than_the_header_counts),
        cmocka_unit_test(test_room_in_front),
        cmocka_unit_test(test_finds_what_others_wrote_differently),
        cmocka_unit_test(test_damaged_bytes_are_refused_or_readable),
        cmocka_unit_test(test_short_and_wrong_frames),
    };
    return cmocka_run_group_tests_name("ds/listpack", tests, NULL, NULL);
}
