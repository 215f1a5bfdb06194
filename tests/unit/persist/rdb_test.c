/* The RDB codec: numbers and strings, every kind of value there and back, whole and in pieces; what old
 * versions wrote; and damage, which is refused without a trace. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/observe/digest.h"
#include "server/persist/dump.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_out.h"
#include "server/persist/rdb_read.h"
#include "server/persist/rdb_write.h"
#include "server/types/hash_deadlines.h"
#include "server/types/string.h"
#include "server/types/value.h"
#include "tests/unit/persist/old_forms.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct world {
    struct mem_account account, *outer;
    struct rng rng;
    struct hash_secret secret;
    struct rdb_rules rules;
    struct buf buf;
};
static struct world w;

static int open_world(void **state) {
    memset(&w, 0, sizeof(w));
    w.rng = test_rng();
    hash_secret_draw(&w.secret, &w.rng);
    w.rules = (struct rdb_rules){.hash = {&w.secret, 128, 64, 1700000000000},
                                 .list = list_rules(-2, 0, 0),
                                 .set = {&w.secret, 512, 128, 64},
                                 .zset = {&w.secret, 128, 64}};
    w.outer = mem_account_enter(&w.account);
    return 0;
}

static int close_world(void **state) {
    buf_deinit(&w.buf);
    assert_int_equal(w.account.used, 0);
    mem_account_enter(w.outer);
    return 0;
}

static struct slice written(void) {
    return buf_slice(&w.buf);
}

static void assert_digest(const struct entry *a, const struct entry *b) {
    unsigned char left[DIGEST_BYTES], right[DIGEST_BYTES];
    digest_value(a, left);
    digest_value(b, right);
    assert_memory_equal(left, right, DIGEST_BYTES);
}

/* --- lengths and strings --- */

static void test_lengths(void **state) {
    static const struct {
        uint64_t length;
        size_t bytes;
    } cases[] = {{0, 1},          {63, 1},         {64, 2},         {16383, 2},     {16384, 5},
                 {UINT32_MAX, 5}, {1ULL << 32, 9}, {UINT64_MAX, 9}, {1ULL << 31, 5}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rdb_out out = {0};
        rdb_put_length(&out, cases[i].length);
        assert_int_equal(out.bytes.len, cases[i].bytes);
        struct rdb_in in;
        uint64_t length;
        rdb_in_init(&in, buf_slice(&out.bytes), 0);
        assert_true(rdb_get_length(&in, &length));
        assert_int_equal(length, cases[i].length);
        assert_int_equal(rdb_in_left(&in), 0);
        rdb_out_deinit(&out);
    }
}

/* A string there and back; returns the bytes that it took. */
static size_t string_bytes(struct slice s, bool compress) {
    struct rdb_out out = {.unmarked = !compress};
    struct buf packed = {0};
    rdb_put_string(&out, s);
    rdb_pack(&out, &packed);
    struct rdb_in in;
    struct rdb_text text = {0};
    rdb_in_init(&in, buf_slice(&packed), 0);
    assert_true(rdb_get_text(&in, &text));
    assert_true(slice_eq(text.s, s));
    assert_int_equal(rdb_in_left(&in), 0);
    size_t bytes = packed.len;
    rdb_text_deinit(&text);
    rdb_out_deinit(&out);
    buf_deinit(&packed);
    return bytes;
}

static void test_strings(void **state) {
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {
        {"", 1},      {"0", 2},           {"-1", 2},          {"127", 2},         {"128", 3}, {"-32768", 3},
        {"32768", 5}, {"-2147483648", 5}, {"2147483648", 11}, {"007", 4},         {"-0", 3},  {"+1", 3},
        {"1 ", 3},    {"x", 2},           {"-", 2},           {"99999999999", 12}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(string_bytes(slice_of(cases[i].text), true), cases[i].bytes);

    static char same[200000];
    memset(same, 'a', sizeof(same));
    assert_int_equal(string_bytes((struct slice){same, 20}, true), 21); /* too short to try */
    assert_true(string_bytes((struct slice){same, 100}, true) < 20);
    assert_int_equal(string_bytes((struct slice){same, 100}, false), 102);
    assert_true(string_bytes((struct slice){same, sizeof(same)}, true) < 5000);
    for (size_t i = 0; i < sizeof(same); i++)
        same[i] = (char)rng_next(&w.rng);
    assert_int_equal(string_bytes((struct slice){same, 1000}, true), 1002); /* nothing to gain */
}

/* --- values there and back --- */

/* Members that are integers, texts that compress, and binary; the number makes them differ. */
static struct slice draw_text(char *room, unsigned number, size_t len_max) {
    switch (rng_below(&w.rng, 3)) {
    case 0: return (struct slice){room, num_format_int64(room, (int64_t)number * 70001 - 1000)};
    case 1: return (struct slice){room, (size_t)sprintf(room, "text %u", number)};
    default: break;
    }
    size_t len = 6 + rng_below(&w.rng, len_max);
    memset(room, 'x', len);
    return (struct slice){room, len - 6 + (size_t)sprintf(room + len - 6, "%06u", number)};
}

static struct entry *make(enum value_type type, size_t count, size_t len_max) {
    char room[2][4096];
    struct entry *e = NULL;
    size_t ignored = 0;
    struct slice key = SLICE("key");
    if (type == VALUE_STRING) {
        size_t len = rng_below(&w.rng, 4000);
        memset(room[0], 's', len);
        return string_create(key, (struct slice){room[0], len}, ENTRY_NO_DEADLINE);
    }
    for (unsigned i = 0; i < count; i++) {
        struct slice text[2] = {draw_text(room[0], i, len_max), draw_text(room[1], i, len_max)};
        struct zset_pair pair = {text[0], (double)rng_below(&w.rng, 100) / 8};
        struct zset_added added;
        switch (type) {
        case VALUE_HASH:
            e = e ? hash_set(e, text, 1, &w.rules.hash, &ignored) : hash_create(key, text, 1, &w.rules.hash);
            break;
        case VALUE_LIST: e = list_push(e ? e : list_create(key), text, 2, i % 2, &w.rules.list); break;
        case VALUE_SET:
            if (e == NULL) e = set_create_for(key, text[0], 1, &w.rules.set);
            e = set_add(e, text, 1, &w.rules.set, &ignored);
            break;
        default:
            if (e == NULL) e = zset_create(key, 1, text[0].len, &w.rules.zset);
            e = zset_add(e, &pair, 1, 0, &w.rules.zset, &added);
        }
    }
    return e;
}

/* Reads a value whose bytes come in pieces, some elements at a time, from memory that goes away. */
static enum rdb_status read_in_pieces(struct slice bytes, uint8_t type, struct entry **out) {
    struct rdb_value value = {0};
    enum rdb_status status = RDB_AGAIN;
    rdb_value_begin(&value, &w.rules, type, SLICE("key"));
    size_t at = 0, window = 0;
    while (status == RDB_AGAIN || status == RDB_SHORT) {
        struct rdb_in in;
        char *copy = malloc(window + 1);
        memcpy(copy, bytes.ptr + at, window);
        rdb_in_init(&in, (struct slice){copy, window}, bytes.len - at - window);
        status = rdb_value_step(&value, &in, 1 + rng_below(&w.rng, 40));
        size_t used = window - rdb_in_left(&in);
        at += used;
        window -= used;
        if (status == RDB_SHORT) {
            assert_true(in.wanted > window && in.wanted <= bytes.len - at);
            window = in.wanted + rng_below(&w.rng, bytes.len - at - in.wanted + 1);
        }
        free(copy);
    }
    *out = status == RDB_DONE ? rdb_value_take(&value) : NULL;
    rdb_value_deinit(&value);
    return status;
}

static void expect_deadline(void *arg, struct slice field, struct slice value, int64_t deadline_ms) {
    int64_t other;
    assert_true(hash_deadline(arg, field, &other));
    assert_true(other == deadline_ms);
}

static void there_and_back(const struct entry *e, int version, bool compress) {
    struct rdb_out out = {.unmarked = !compress};
    buf_clear(&w.buf);
    rdb_put_value(&out, e, version);
    rdb_pack(&out, &w.buf);
    rdb_out_deinit(&out);
    struct entry *back;
    assert_int_equal(read_in_pieces(written(), rdb_type_of(e, version), &back), RDB_DONE);
    assert_digest(e, back);
    assert_int_equal(back->kind, e->kind);
    if (entry_type(e) == VALUE_HASH) hash_each_deadline(e, expect_deadline, back);
    value_free(back);
}

static void test_there_and_back(void **state) {
    static const size_t counts[] = {1, 2, 16, 17, 128, 129, 513, 3000};
    static const enum value_type types[] = {VALUE_STRING, VALUE_LIST, VALUE_HASH, VALUE_SET, VALUE_ZSET};
    for (int round = test_rounds(3); round > 0; round--)
        for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
            for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
                for (size_t len_max = 20; len_max < 3000; len_max += 1500) {
                    struct entry *e = make(types[t], counts[c], len_max);
                    for (int version = RDB_VERSION_MIN_WRITTEN; version <= RDB_VERSION_MAX; version++)
                        there_and_back(e, version, version % 2);
                    value_free(e);
                }
}

static void note_field(void *arg, struct slice field, struct slice value) {
    struct slice *out = arg;
    memcpy((char *)out->ptr, field.ptr, field.len);
    out->len = field.len;
}

static void draw_field(const struct entry *e, char *room, struct slice *out) {
    *out = (struct slice){room, 0};
    hash_random(e, &w.rng, 1, note_field, NULL, out);
}

/* Gives some of the fields a deadline each. */
static struct entry *date_fields(struct entry *e, size_t wanted) {
    struct entry *model = value_copy(e, entry_key(e), ENTRY_NO_DEADLINE);
    char scratch[2][4096];
    for (unsigned i = 0; i < wanted; i++) {
        struct slice field = {0}, ignored;
        draw_field(model, scratch[0], &field);
        if (!hash_get(model, field, scratch[1], &ignored)) continue;
        int64_t when = 1700000000000 + (int64_t)(rng_next(&w.rng) >> (24 + rng_below(&w.rng, 40)));
        e = hash_set_deadline(e, field, when, &w.rules.hash);
    }
    value_free(model);
    return e;
}

static void test_fields_with_deadlines(void **state) {
    static const size_t counts[] = {1, 2, 17, 128, 129, 2000};
    for (int round = test_rounds(3); round > 0; round--)
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            struct entry *e = date_fields(make(VALUE_HASH, counts[c], 40), 1 + counts[c] / 2);
            bool small = entry_encoding(e) == ENC_LISTPACK;
            assert_int_equal(rdb_type_of(e, 10), small ? RDB_HASH_LISTPACK_TTLS : RDB_HASH_FIELD_TTLS);
            assert_int_equal(rdb_version_for(e, 10), RDB_VERSION_FIELD_TTLS);
            there_and_back(e, 12, round % 2);
            value_free(e);
        }
    /* room for deadlines, and none in it */
    struct entry *e = make(VALUE_HASH, 1, 40);
    e = date_fields(e, 1);
    char scratch[4096];
    struct slice field;
    draw_field(e, scratch, &field);
    e = hash_set_deadline(e, field, ENTRY_NO_DEADLINE, &w.rules.hash);
    assert_int_equal(rdb_type_of(e, 10), RDB_HASH);
    assert_int_equal(rdb_version_for(e, 10), 10);
    there_and_back(e, 10, false);
    value_free(e);
}

static void test_numbers(void **state) {
    struct slice key = SLICE("key");
    static const int64_t values[] = {0,         -1,        127,       -129,      40000,
                                     INT32_MAX, INT32_MIN, 1LL << 31, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct entry *e = string_create_int(key, values[i], ENTRY_NO_DEADLINE);
        there_and_back(e, 10, true);
        value_free(e);
    }
}

/* --- what old versions wrote --- */

static struct entry *read_dump(enum dump_result expected) {
    struct entry *e = NULL;
    assert_int_equal(dump_read(written(), SLICE("key"), &w.rules, false, &e, NULL), expected);
    return e;
}

/* What Redis 7.4 writes, and what it would not: an order that is not one is put right, damage is refused. */
static void test_triples(void **state) {
    static const struct {
        const char *words[9];
        enum dump_result result;
    } cases[] = {
        {{"b", "2", "1700000000001", "a", "1", "1700000000900", "c", "3", "0"}, DUMP_OK},
        {{"c", "3", "0", "a", "1", "1700000000900", "b", "2", "1700000000001"}, DUMP_OK},
        {{"a", "3", "0", "a", "1", "0", "b", "2", "0"}, DUMP_DAMAGED},
        {{"a", "1", "x", "b", "2", "0", "c", "3", "0"}, DUMP_DAMAGED},
        {{"a", "1", "-5", "b", "2", "0", "c", "3", "0"}, DUMP_DAMAGED},
        {{"a", "1", "0", "b", "2", "0", "c"}, DUMP_DAMAGED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice words[9];
        size_t count = 0;
        for (; count < 9 && cases[i].words[count]; count++)
            words[count] = slice_of(cases[i].words[count]);
        struct buf blob = {0};
        old_listpack(&blob, words, count);
        buf_clear(&w.buf);
        buf_append_char(&w.buf, (char)RDB_HASH_LISTPACK_TTLS);
        buf_append(&w.buf, "\1\0\0\0\0\0\0\0", 8);
        old_string(&w.buf, buf_slice(&blob), 1);
        old_footer(&w.buf, 12);
        buf_deinit(&blob);
        struct entry *e = read_dump(cases[i].result);
        if (e == NULL) continue;
        int64_t when;
        assert_true(hash_next_deadline(e) == 1700000000001);
        assert_true(hash_deadline(e, SLICE("a"), &when) && when == 1700000000900);
        assert_true(hash_deadline(e, SLICE("c"), &when) && when == ENTRY_NO_DEADLINE);
        value_free(e);
    }
}

/* Compares with the value that the current encoder and decoder agree on. */
static void expect_dump_of(struct entry *model) {
    struct entry *e = read_dump(DUMP_OK);
    assert_digest(e, model);
    value_free(e);
    value_free(model);
}

#define OLD_MAX 700
static struct slice old_texts[OLD_MAX];

/* `count` texts that differ, as members, or as fields and values, or with scores that rise. */
static void draw_old(size_t count, enum value_type type, size_t len_max) {
    static char room[OLD_MAX][2048];
    for (size_t i = 0; i < count; i++) {
        bool is_score = type == VALUE_ZSET && i % 2;
        old_texts[i] = is_score ? (struct slice){room[i], num_format_double(room[i], (double)i / 4)}
                                : draw_text(room[i], (unsigned)i, len_max);
    }
}

static struct entry *model_of(enum value_type type, size_t count) {
    struct slice key = SLICE("key");
    if (type == VALUE_LIST) return list_push(list_create(key), old_texts, count, false, &w.rules.list);
    size_t ignored = 0;
    struct zset_added added;
    if (type == VALUE_HASH) return hash_create(key, old_texts, count / 2, &w.rules.hash);
    if (type == VALUE_SET) {
        struct entry *e = set_create_for(key, old_texts[0], count, &w.rules.set);
        return set_add(e, old_texts, count, &w.rules.set, &ignored);
    }
    struct entry *e = zset_create(key, count / 2, 2000, &w.rules.zset);
    for (size_t i = 0; i < count; i += 2) {
        struct zset_pair pair = {old_texts[i], (double)(i + 1) / 4};
        e = zset_add(e, &pair, 1, 0, &w.rules.zset, &added);
    }
    return e;
}

/* Begins a payload of that type with one string, which is `blob`. */
static void dump_blob(uint8_t type, struct buf *blob, unsigned version) {
    buf_clear(&w.buf);
    buf_append_char(&w.buf, (char)type);
    old_string(&w.buf, buf_slice(blob), blob->len < 64 ? 1 : blob->len < 1 << 14 ? 2 : 5);
    old_footer(&w.buf, version);
    buf_clear(blob);
}

/* A list of old_texts in nodes of some elements; of the newer type, some are alone and plain. */
static void dump_nodes(uint8_t type, size_t n) {
    struct buf nodes = {0}, node = {0};
    unsigned count = 0;
    for (size_t i = 0, step; i < n; i += step, count++) {
        bool plain = type == RDB_LIST_QUICKLIST_2 && rng_below(&w.rng, 4) == 0;
        step = plain ? 1 : 1 + rng_below(&w.rng, n - i);
        buf_clear(&node);
        if (type == RDB_LIST_QUICKLIST_2) buf_append_char(&nodes, plain ? RDB_NODE_PLAIN : RDB_NODE_PACKED);
        if (plain)
            buf_append_slice(&node, old_texts[i]);
        else if (type == RDB_LIST_QUICKLIST_2)
            old_listpack(&node, old_texts + i, step);
        else
            old_ziplist(&node, old_texts + i, step);
        old_string(&nodes, buf_slice(&node), 5);
    }
    buf_clear(&w.buf);
    buf_append_char(&w.buf, (char)type);
    old_length(&w.buf, count, 5);
    buf_append_slice(&w.buf, buf_slice(&nodes));
    old_footer(&w.buf, 10);
    buf_deinit(&node);
    buf_deinit(&nodes);
}

static void test_old_blobs(void **state) {
    static const size_t counts[] = {2, 10, 32, 256, 258, 600};
    struct buf blob = {0};
    for (int round = test_rounds(5); round > 0; round--)
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
            for (size_t len_max = 50; len_max < 2000; len_max += 600) {
                size_t n = counts[c];
                draw_old(n, VALUE_HASH, len_max);
                old_ziplist(&blob, old_texts, n);
                dump_blob(RDB_HASH_ZIPLIST, &blob, 9);
                expect_dump_of(model_of(VALUE_HASH, n));
                old_zipmap(&blob, old_texts, n / 2, (unsigned)c);
                dump_blob(RDB_HASH_ZIPMAP, &blob, 2);
                expect_dump_of(model_of(VALUE_HASH, n));
                old_ziplist(&blob, old_texts, n);
                dump_blob(RDB_LIST_ZIPLIST, &blob, 6);
                expect_dump_of(model_of(VALUE_LIST, n));
                dump_nodes(RDB_LIST_QUICKLIST, n);
                expect_dump_of(model_of(VALUE_LIST, n));
                dump_nodes(RDB_LIST_QUICKLIST_2, n);
                expect_dump_of(model_of(VALUE_LIST, n));
                old_listpack(&blob, old_texts, n);
                dump_blob(RDB_HASH_LISTPACK, &blob, 10);
                expect_dump_of(model_of(VALUE_HASH, n));
                old_listpack(&blob, old_texts, n);
                dump_blob(RDB_SET_LISTPACK, &blob, 11);
                expect_dump_of(model_of(VALUE_SET, n));
                draw_old(n, VALUE_ZSET, len_max);
                old_ziplist(&blob, old_texts, n);
                dump_blob(RDB_ZSET_ZIPLIST, &blob, 9);
                expect_dump_of(model_of(VALUE_ZSET, n));
                old_listpack(&blob, old_texts, n);
                dump_blob(RDB_ZSET_LISTPACK, &blob, 10);
                expect_dump_of(model_of(VALUE_ZSET, n));
            }
    buf_deinit(&blob);
}

static void test_intsets(void **state) {
    static const unsigned widths[] = {2, 4, 8};
    struct buf blob = {0};
    for (size_t i = 0; i < 3; i++)
        for (size_t count = 1; count <= 600; count += 299) {
            int64_t values[600];
            static char room[600][24];
            for (size_t v = 0; v < count; v++) {
                values[v] = ((int64_t)v - 300) * (widths[i] == 2   ? 100
                                                  : widths[i] == 4 ? 1000003
                                                                   : 10000000000007);
                old_texts[v] = (struct slice){room[v], num_format_int64(room[v], values[v])};
            }
            old_intset(&blob, widths[i], values, count);
            dump_blob(RDB_SET_INTSET, &blob, 6);
            expect_dump_of(model_of(VALUE_SET, count));
        }
    buf_deinit(&blob);
}

/* The oldest sorted sets have scores in digits; and lengths may be longer than they need to be. */
static void test_old_scores(void **state) {
    static const double scores[] = {0, -1, 0.1, 1e300, -5e-324, INFINITY, -INFINITY, 1.0 / 3};
    struct zset_added added;
    for (unsigned bytes = 1; bytes <= 9; bytes += bytes < 2 ? 1 : bytes == 2 ? 3 : 4) {
        struct entry *model = zset_create(SLICE("key"), 8, 10, &w.rules.zset);
        buf_clear(&w.buf);
        buf_append_char(&w.buf, RDB_ZSET);
        old_length(&w.buf, 8, bytes);
        for (size_t i = 0; i < 8; i++) {
            char name[8];
            struct slice member = {name, (size_t)sprintf(name, "m%zu", i)};
            old_string(&w.buf, member, bytes);
            old_score(&w.buf, scores[i]);
            struct zset_pair pair = {member, scores[i]};
            model = zset_add(model, &pair, 1, 0, &w.rules.zset, &added);
        }
        old_footer(&w.buf, 1);
        expect_dump_of(model);
    }
}

/* --- damage --- */

/* The payload in w.buf must be refused. */
static void expect_damaged(void) {
    assert_null(read_dump(DUMP_DAMAGED));
}

static void payload(uint8_t type, const char *bytes, size_t len) {
    buf_clear(&w.buf);
    buf_append_char(&w.buf, (char)type);
    buf_append(&w.buf, bytes, len);
    old_footer(&w.buf, 10);
}
#define EXPECT_DAMAGED(type, literal) (payload(type, literal, sizeof(literal) - 1), expect_damaged())

static void test_refused_payloads(void **state) {
    EXPECT_DAMAGED(RDB_STRING, "");
    EXPECT_DAMAGED(RDB_STRING, "\x05"
                               "abc");
    EXPECT_DAMAGED(RDB_STRING, "\x81\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_DAMAGED(RDB_STRING, "\x82"
                               "abc");
    EXPECT_DAMAGED(RDB_STRING, "\xc4"
                               "abc");
    EXPECT_DAMAGED(RDB_STRING, "\xc3\x05\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                               "abcde");
    EXPECT_DAMAGED(RDB_STRING, "\xc3\x02\x30"
                               "\x7f"
                               "a");
    EXPECT_DAMAGED(RDB_STRING, "\xc3\x01\x00"
                               "a");
    EXPECT_DAMAGED(RDB_SET, "\x00");
    EXPECT_DAMAGED(RDB_SET, "\xc0\x01"
                            "\x01"
                            "a");
    EXPECT_DAMAGED(RDB_SET, "\x02\x01"
                            "a");
    EXPECT_DAMAGED(RDB_SET, "\x02\x01"
                            "a\x01"
                            "a");
    EXPECT_DAMAGED(RDB_SET, "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01"
                            "a");
    EXPECT_DAMAGED(RDB_HASH, "\x02\x01"
                             "a\x01"
                             "1\x01"
                             "a\x01"
                             "2");
    EXPECT_DAMAGED(RDB_HASH, "\x01\x01"
                             "a");
    EXPECT_DAMAGED(RDB_ZSET, "\x01\x01"
                             "a\xfd"); /* not a number */
    EXPECT_DAMAGED(RDB_ZSET, "\x01\x01"
                             "a\x03"
                             "1x2");
    EXPECT_DAMAGED(RDB_ZSET_2, "\x01\x01"
                               "a\xff\xff\xff\xff\xff\xff\xff\xff");
    EXPECT_DAMAGED(RDB_ZSET_2, "\x02\x01"
                               "a\0\0\0\0\0\0\0\0\x01"
                               "a\0\0\0\0\0\0\0\1");
    EXPECT_DAMAGED(RDB_SET_INTSET, "\x08\x02\0\0\0\0\0\0\0");         /* empty */
    EXPECT_DAMAGED(RDB_SET_INTSET, "\x0a\x02\0\0\0\x02\0\0\0\x01\0"); /* too short */
    EXPECT_DAMAGED(RDB_SET_INTSET, "\x0c\x02\0\0\0\x02\0\0\0\x01\0\x01\0");
    EXPECT_DAMAGED(RDB_HASH_LISTPACK, "\x07\x07\0\0\0\0\0\xff"); /* empty */
    EXPECT_DAMAGED(RDB_HASH_LISTPACK, "\x09\x09\0\0\0\1\0\1\1\xff");
    EXPECT_DAMAGED(RDB_SET_LISTPACK, "\x0b\x0b\0\0\0\2\0\1\1\1\1\xff");
    EXPECT_DAMAGED(RDB_ZSET_LISTPACK, "\x0f\x0f\0\0\0\4\0\1\1\2\1\2\1\1\1\xff"); /* out of order */
    EXPECT_DAMAGED(RDB_ZSET_LISTPACK, "\x0f\x0f\0\0\0\4\0\1\1\1\1\1\1\2\1\xff"); /* twice */
    EXPECT_DAMAGED(RDB_ZSET_LISTPACK, "\x0c\x0c\0\0\0\2\0\1\1\x81x\2\xff");      /* no score */
    EXPECT_DAMAGED(RDB_HASH_ZIPLIST, "\x0b\x0b\0\0\0\x0a\0\0\0\0\0\xff");
    EXPECT_DAMAGED(RDB_HASH_ZIPMAP, "\x02\0\xff");
    EXPECT_DAMAGED(RDB_HASH_ZIPMAP, "\x08\1\1a\1\0b\1x\xff");
    EXPECT_DAMAGED(RDB_LIST, "\x02\x01"
                             "a");
    EXPECT_DAMAGED(RDB_LIST_QUICKLIST, "\0");
    EXPECT_DAMAGED(RDB_LIST_QUICKLIST_2, "\1\1\0");
    EXPECT_DAMAGED(RDB_LIST_QUICKLIST_2, "\1\3\1a");                /* no such container */
    EXPECT_DAMAGED(RDB_LIST_QUICKLIST_2, "\1\2\7\7\0\0\0\0\0\xff"); /* nothing in it */
    EXPECT_DAMAGED(RDB_MODULE, "\x01\x01"
                               "a");
    EXPECT_DAMAGED(8, "\x01\x01"
                      "a");
    EXPECT_DAMAGED(99, "\x01\x01"
                       "a");
    EXPECT_DAMAGED(RDB_EOF, "");
}

static void test_footer(void **state) {
    payload(RDB_STRING,
            "\x01"
            "a",
            2);
    w.buf.ptr[1] ^= 1;
    assert_null(read_dump(DUMP_REFUSED));
    buf_clear(&w.buf);
    assert_null(read_dump(DUMP_REFUSED));
    buf_append(&w.buf, "\0\1a", 3);
    old_footer(&w.buf, RDB_VERSION_MAX + 1);
    assert_null(read_dump(DUMP_REFUSED));
    buf_clear(&w.buf);
    buf_append(&w.buf, "\0\1a\x0a\0--------", 13);
    assert_null(read_dump(DUMP_REFUSED));
    struct entry *e;
    assert_int_equal(dump_read(written(), SLICE("key"), &w.rules, true, &e, NULL), DUMP_OK);
    value_free(e);
}

static void test_module_is_named(void **state) {
    /* nine letters of six bits, ten bits of version */
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t id = 0;
    for (const char *c = "graphdata"; *c; c++)
        id = id << 6 | (uint64_t)(strchr(letters, *c) - letters);
    id = id << 10 | 11;
    struct rdb_out out = {0};
    rdb_put_length(&out, id);
    struct rdb_in in;
    struct rdb_value value = {0};
    rdb_in_init(&in, buf_slice(&out.bytes), 0);
    rdb_value_begin(&value, &w.rules, RDB_MODULE_2, SLICE("key"));
    assert_int_equal(rdb_value_step(&value, &in, 1), RDB_BAD);
    assert_non_null(strstr(in.error, "'graphdata'"));
    rdb_value_deinit(&value);
    rdb_out_deinit(&out);
}

/* Cut anywhere, or with bits turned: refused or some value, and no memory is lost (close_world looks). */
static void test_random_damage(void **state) {
    static const enum value_type types[] = {VALUE_STRING, VALUE_LIST, VALUE_HASH, VALUE_SET, VALUE_ZSET};
    struct buf damaged = {0};
    for (int round = test_rounds(400); round > 0; round--) {
        struct entry *e = make(types[rng_below(&w.rng, 5)], 1 + rng_below(&w.rng, 200), 40);
        buf_clear(&w.buf);
        dump_write(e, RDB_VERSION_MIN_WRITTEN + (int)rng_below(&w.rng, 3), round % 2, &w.buf);
        value_free(e);
        for (int i = 0; i < 20; i++) {
            size_t len = w.buf.len;
            if (i % 4 == 0) len = RDB_FOOTER_LEN + rng_below(&w.rng, len - RDB_FOOTER_LEN);
            char *copy = malloc(len); /* exactly as long as it claims, for the sanitizer's sake */
            memcpy(copy, w.buf.ptr, len - RDB_FOOTER_LEN);
            memcpy(copy + len - RDB_FOOTER_LEN, "\x0a\0--------", RDB_FOOTER_LEN);
            for (uint64_t n = i % 4 ? 1 + rng_below(&w.rng, 4) : 0; n > 0 && len > RDB_FOOTER_LEN; n--)
                copy[rng_below(&w.rng, len - RDB_FOOTER_LEN)] ^= (char)(1 << rng_below(&w.rng, 8));
            if (dump_read((struct slice){copy, len}, SLICE("key"), &w.rules, true, &e, NULL) == DUMP_OK) {
                struct entry *again;
                buf_clear(&damaged);
                dump_write(e, 10, false, &damaged);
                assert_int_equal(dump_read(buf_slice(&damaged), SLICE("key"), &w.rules, false, &again, NULL),
                                 DUMP_OK);
                assert_digest(e, again);
                value_free(again);
                value_free(e);
            }
            free(copy);
        }
    }
    buf_deinit(&damaged);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_lengths),        TEST(test_strings),
        TEST(test_there_and_back), TEST(test_fields_with_deadlines),
        TEST(test_triples),        TEST(test_numbers),
        TEST(test_old_blobs),      TEST(test_intsets),
        TEST(test_old_scores),     TEST(test_refused_payloads),
        TEST(test_footer),         TEST(test_module_is_named),
        TEST(test_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
