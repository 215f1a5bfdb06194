/* The reader of append-only files: sound ones, whatever way they are fed, and thousands of damaged ones. */
#include "server/persist/aof_reader.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define RECORDS_MAX 400

/* A file, and what stands where in it. */
struct made {
    struct buf bytes;
    int groups;
    int64_t group_at[RECORDS_MAX], group_end[RECORDS_MAX]; /* of the lines; behind the bodies */
    int commands;
    int64_t command_end[RECORDS_MAX];
};

static void put_random(struct rng *rng, struct buf *out, int number) {
    char key[16], value[600];
    size_t len = (size_t)rng_below(rng, rng_below(rng, 8) ? 40 : sizeof(value));
    for (size_t i = 0; i < len; i++)
        value[i] = (char)rng_below(rng, 256);
    int key_len = snprintf(key, sizeof(key), "k%d", number);
    struct slice argv[3] = {SLICE("SET"), {key, (size_t)key_len}, {value, len}};
    aof_put_command(out, argv, 3);
}

/* Adds a group of some commands, or the same commands without an annotation. */
static void add_stretch(struct rng *rng, struct made *m, bool group) {
    struct buf body = {0};
    int first = m->commands;
    for (int i = 1 + (int)rng_below(rng, 4); i > 0 && m->commands < RECORDS_MAX; i--) {
        put_random(rng, &body, m->commands);
        m->command_end[m->commands++] = (int64_t)body.len;
    }
    if (group) {
        struct aof_group g = {
            .length = (int64_t)body.len, .db = 0, .position = 1, .durable = (int64_t)m->bytes.len};
        char line[AOF_GROUP_MAX];
        m->group_at[m->groups] = (int64_t)m->bytes.len;
        aof_group_place(&g, (int64_t)m->bytes.len);
        buf_append(&m->bytes, line, aof_group_line(&g, buf_slice(&body), line));
        assert_int_equal(m->bytes.len, g.start);
        m->group_end[m->groups++] = g.start + g.length;
    }
    for (int i = first; i < m->commands; i++)
        m->command_end[i] += (int64_t)m->bytes.len;
    buf_append_slice(&m->bytes, buf_slice(&body));
    buf_deinit(&body);
}

static void make(struct rng *rng, struct made *m, unsigned plain_percent) {
    memset(m, 0, sizeof(*m));
    for (int i = 2 + (int)rng_below(rng, 20); i > 0; i--) {
        if (rng_below(rng, 10) == 0) aof_put_time(&m->bytes, 1700000000 + i);
        add_stretch(rng, m, rng_below(rng, 100) >= plain_percent);
    }
}

struct outcome {
    int commands, groups;
    enum aof_item last;
    int64_t at, found;
    bool torn;
};

static ssize_t read_bytes(void *owner, void *out, size_t len, int64_t offset) {
    const struct buf *b = owner;
    if ((size_t)offset >= b->len) return 0;
    if (len > b->len - (size_t)offset) len = b->len - (size_t)offset;
    memcpy(out, b->ptr + offset, len);
    return (ssize_t)len;
}

static struct outcome read_all(struct rng *rng, struct buf *bytes) {
    struct outcome o = {.found = -1};
    struct aof_reader r;
    aof_reader_init(&r, 0, (int64_t)bytes->len);
    size_t fed = 0, piece_max = 1 + (size_t)rng_below(rng, rng_below(rng, 2) ? 16 : 5000);
    for (;;) {
        o.last = aof_reader_next(&r);
        if (o.last == AOF_MORE) {
            size_t len = 1 + (size_t)rng_below(rng, piece_max);
            if (len > bytes->len - fed) len = bytes->len - fed;
            assert_true(len > 0); /* it asks for no more than there is */
            aof_reader_feed(&r, bytes->ptr + fed, len);
            fed += len;
        } else if (o.last == AOF_COMMAND) {
            char key[16];
            int len = snprintf(key, sizeof(key), "k%d", o.commands);
            if (r.argc == 3 && slice_eq(r.argv[1], (struct slice){key, (size_t)len})) o.commands++;
        } else if (o.last == AOF_GROUP) {
            o.groups++;
        } else if (o.last != AOF_TIME) {
            break;
        }
    }
    o.at = r.at;
    o.torn = o.last == AOF_FAULT && aof_reader_is_torn(&r);
    struct aof_source source = {bytes, read_bytes};
    struct aof_behind behind;
    if (o.last == AOF_FAULT) {
        assert_int_equal(aof_look_behind(&source, r.at, (int64_t)bytes->len, &behind), 0);
        o.found = behind.proof;
        assert_true(behind.proof < 0 || (behind.first >= 0 && behind.first <= behind.proof));
    }
    aof_reader_deinit(&r);
    return o;
}

static void sound_files_are_read(void **state) {
    struct rng rng = test_rng();
    for (int round = test_rounds(300); round > 0; round--) {
        struct made m;
        make(&rng, &m, (unsigned)rng_below(&rng, 101));
        struct outcome o = read_all(&rng, &m.bytes);
        assert_int_equal(o.last, AOF_END);
        assert_int_equal(o.commands, m.commands);
        assert_int_equal(o.groups, m.groups);
        buf_deinit(&m.bytes);
    }
}

static int commands_before(const struct made *m, int64_t offset) {
    int count = 0;
    while (count < m->commands && m->command_end[count] <= offset)
        count++;
    return count;
}

/* Cut anywhere, zeroed or overwritten from there on: the groups before are there, nothing of the last, and it
 * is recognised as a torn tail. */
static void torn_tails_lose_what_cannot_be_verified(void **state) {
    struct rng rng = test_rng();
    for (int round = test_rounds(6000); round > 0; round--) {
        struct made m;
        make(&rng, &m, 0);
        int64_t cut = 1 + (int64_t)rng_below(&rng, m.bytes.len - 1), damaged_from = cut;
        int whole = 0;
        while (whole < m.groups && m.group_end[whole] <= cut)
            whole++;
        switch (rng_below(&rng, 3)) {
        case 0: m.bytes.len = (size_t)cut; break;
        case 1: memset(m.bytes.ptr + cut, 0, m.bytes.len - (size_t)cut); break;
        case 2: /* sectors in no order: only what lies behind the last whole group may be garbage */
            for (size_t i = (size_t)cut; i < m.bytes.len; i++)
                if (rng_below(&rng, 3)) m.bytes.ptr[i] = (char)rng_below(&rng, 256);
            break;
        }
        struct outcome o = read_all(&rng, &m.bytes);
        int64_t good = whole ? m.group_end[whole - 1] : 0;
        if (o.last == AOF_FAULT && o.found == -1) {
            assert_true(o.at >= good);
            if (whole || m.bytes.len == (size_t)cut) assert_true(o.torn);
            assert_true(o.commands >= commands_before(&m, good));
        }
        if (m.bytes.len == (size_t)damaged_from) { /* the clean cut: exactly that */
            assert_int_equal(o.commands, commands_before(&m, good));
            assert_int_equal(o.groups, whole);
        }
        buf_deinit(&m.bytes);
    }
}

/* Where the first group behind `at` begins. */
static int64_t next_group(const struct made *m, int64_t at) {
    int group = 0;
    while (m->group_at[group] <= at)
        group++;
    return m->group_at[group];
}

/* One wrong byte before the last group: sound records follow, and that is seen. Where it made an annotation a
 * comment that says nothing, the group's commands, which are sound, are read; the next annotation tells. */
static void damage_in_the_middle_is_no_torn_tail(void **state) {
    struct rng rng = test_rng();
    int seen = 0;
    for (int round = test_rounds(6000); round > 0; round--) {
        struct made m;
        make(&rng, &m, 0);
        int64_t last = m.group_at[m.groups - 1];
        if (m.groups > 1) {
            int64_t at = (int64_t)rng_below(&rng, (uint64_t)last);
            m.bytes.ptr[at] ^= (char)(1 + rng_below(&rng, 255));
            struct outcome o = read_all(&rng, &m.bytes);
            if (o.last == AOF_FAULT) {
                seen++;
                assert_true(o.found > 0 && o.found <= last);
                int64_t bound = next_group(&m, at);
                assert_true(o.at <= bound);
                assert_true(o.commands <= commands_before(&m, bound));
            } else { /* in an annotation that carries nothing: a time, or what has become one */
                assert_int_equal(o.last, AOF_END);
            }
        }
        buf_deinit(&m.bytes);
    }
    assert_true(seen > 1000);
}

static struct outcome read_text(const char *text) {
    struct rng rng = {0};
    rng_seed(&rng, 1);
    struct buf bytes = {0};
    buf_append_str(&bytes, text);
    struct outcome o = read_all(&rng, &bytes);
    buf_deinit(&bytes);
    return o;
}

#define SET_K0 "*3\r\n$3\r\nSET\r\n$2\r\nk0\r\n$1\r\nv\r\n"

static void what_others_wrote_is_judged_as_they_do(void **state) {
    struct outcome o = read_text(SET_K0 "*3\r\n$3\r\nSET\r\n$2\r\nk1\r\n$1\r");
    assert_true(o.last == AOF_FAULT && o.torn && o.commands == 1);
    o = read_text(SET_K0 "!!!" SET_K0);
    assert_true(o.last == AOF_FAULT && !o.torn && o.commands == 1);
    o = read_text("!!!");
    assert_true(o.last == AOF_FAULT && !o.torn);
    o = read_text("#TS:12\r\n" SET_K0 "# anything\n");
    assert_true(o.last == AOF_END && o.commands == 1);
    o = read_text(SET_K0 "*0\r\n");
    assert_true(o.last == AOF_FAULT && !o.torn);
    o = read_text("*1000000000\r\n$1\r\na\r\n");
    assert_true(o.last == AOF_FAULT && o.torn);
    o = read_text("*1\r\n$-1\r\n");
    assert_true(o.last == AOF_FAULT && !o.torn);
    o = read_text("*1\r\n$99999999999999999999\r\n");
    assert_true(o.last == AOF_FAULT && !o.torn);
    o = read_text("#TORC:1 2 3 4 5\r\n" SET_K0);
    assert_true(o.last == AOF_FAULT && o.commands == 0);
}

/* What a short write and a power cut left of a group's line, at the beginning of a file. */
static void a_line_with_zeros_is_torn(void **state) {
    struct rng rng = {0};
    struct buf bytes = {0};
    rng_seed(&rng, 1);
    buf_append(&bytes, "#TOR\0\0\0\0\0\0\0*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", 34);
    struct outcome o = read_all(&rng, &bytes);
    assert_true(o.last == AOF_FAULT && o.torn && o.at == 0);
    buf_deinit(&bytes);
}

static void any_bytes_are_read_or_refused(void **state) {
    struct rng rng = test_rng();
    static const char *const parts[] = {
        "*1\r\n", "*3\r\n", "$3\r\nSET\r\n", "$0\r\n\r\n", "#TORC:", "#TS:1\r\n", "\r\n", "0 ", "1 ",
        "\n",     "x",      SET_K0};
    for (int round = test_rounds(5000); round > 0; round--) {
        struct buf bytes = {0};
        for (int i = 1 + (int)rng_below(&rng, 30); i > 0; i--)
            buf_append_str(&bytes, parts[rng_below(&rng, 12)]);
        struct outcome o = read_all(&rng, &bytes);
        assert_true(o.last == AOF_END || o.last == AOF_FAULT);
        buf_deinit(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_files_are_read),
        cmocka_unit_test(what_others_wrote_is_judged_as_they_do),
        cmocka_unit_test(torn_tails_lose_what_cannot_be_verified),
        cmocka_unit_test(damage_in_the_middle_is_no_torn_tail),
        cmocka_unit_test(a_line_with_zeros_is_torn),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
