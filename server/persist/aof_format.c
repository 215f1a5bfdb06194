/* See aof_format.h. */
#include "server/persist/aof_format.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include <stdio.h>

/* --- writing --- */

static char *put_head(char *at, char mark, uint64_t number) {
    *at++ = mark;
    at += num_format_uint64(at, number);
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

#define HEAD_MAX (NUM_INT64_CHARS_MAX + 3)

void aof_put_command(struct buf *out, const struct slice *argv, int argc) {
    size_t most = HEAD_MAX;
    for (int i = 0; i < argc; i++)
        most += HEAD_MAX + argv[i].len + 2;
    buf_reserve(out, most);
    char *at = put_head(out->ptr + out->len, '*', (uint64_t)argc);
    for (int i = 0; i < argc; i++) {
        at = put_head(at, '$', argv[i].len);
        if (argv[i].len) memcpy(at, argv[i].ptr, argv[i].len);
        at += argv[i].len;
        *at++ = '\r';
        *at++ = '\n';
    }
    out->len = (size_t)(at - out->ptr);
}

void aof_put_select(struct buf *out, int db) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice words[2] = {SLICE("SELECT"), {digits, num_format_int64(digits, db)}};
    aof_put_command(out, words, 2);
}

void aof_put_time(struct buf *out, int64_t seconds) {
    buf_printf(out, AOF_TIME_MARK "%lld\r\n", (long long)seconds);
}

/* --- groups --- */

static size_t print_numbers(const struct aof_group *g, char *out, size_t size) {
    int len = snprintf(out, size, "%lld %lld %d %llu %lld", (long long)g->start, (long long)g->length,
                       (int)g->db, (unsigned long long)g->position, (long long)g->durable);
    return (size_t)len;
}

/* Around the numbers: the mark, a blank, the checksum, the line's end. */
#define AROUND (sizeof(AOF_GROUP_MARK) - 1 + 1 + 16 + 2)

void aof_group_place(struct aof_group *g, int64_t line_at) {
    char numbers[AOF_GROUP_MAX];
    g->start = line_at;
    for (;;) { /* a longer number may push the start further: twice at most */
        int64_t start = line_at + (int64_t)(print_numbers(g, numbers, sizeof(numbers)) + AROUND);
        if (start == g->start) return;
        g->start = start;
    }
}

size_t aof_group_line(struct aof_group *g, struct slice body, char *line) {
    char numbers[AOF_GROUP_MAX];
    print_numbers(g, numbers, sizeof(numbers));
    g->checksum = aof_group_checksum(g, body);
    int len = snprintf(line, AOF_GROUP_MAX, AOF_GROUP_MARK "%s %016llx\r\n", numbers,
                       (unsigned long long)g->checksum);
    must(len > 0 && len < AOF_GROUP_MAX);
    return (size_t)len;
}

static bool take_word(const char **at, const char *end, struct slice *out) {
    const char *from = *at;
    while (*at < end && **at != ' ')
        ++*at;
    *out = (struct slice){from, (size_t)(*at - from)};
    if (*at < end) ++*at;
    return out->len > 0;
}

static bool parse_hex(struct slice word, uint64_t *out) {
    if (word.len != 16) return false;
    *out = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 16;
        if (digit > 15) return false;
        *out = *out << 4 | digit;
    }
    return true;
}

bool aof_group_parse(struct slice line, struct aof_group *g) {
    size_t mark = sizeof(AOF_GROUP_MARK) - 1;
    if (line.len <= mark || memcmp(line.ptr, AOF_GROUP_MARK, mark) != 0) return false;
    const char *at = line.ptr + mark, *end = line.ptr + line.len;
    struct slice w[6];
    for (int i = 0; i < 6; i++)
        if (!take_word(&at, end, &w[i])) return false;
    int64_t db;
    if (at != end || !num_parse_int64(w[0].ptr, w[0].len, &g->start) ||
        !num_parse_int64(w[1].ptr, w[1].len, &g->length) || !num_parse_int64(w[2].ptr, w[2].len, &db) ||
        !num_parse_uint64(w[3].ptr, w[3].len, &g->position) ||
        !num_parse_int64(w[4].ptr, w[4].len, &g->durable) || !parse_hex(w[5], &g->checksum))
        return false;
    if (g->start < 0 || g->length < 0 || db < 0 || db > INT32_MAX) return false;
    g->db = (int32_t)db;
    return true;
}

/* --- checksums --- */

static uint64_t seed_of(const struct aof_group *g) {
    char numbers[AOF_GROUP_MAX];
    size_t len = print_numbers(g, numbers, sizeof(numbers));
    return XXH3_64bits(numbers, len);
}

uint64_t aof_group_checksum(const struct aof_group *g, struct slice body) {
    return XXH3_64bits_withSeed(body.ptr, body.len, seed_of(g));
}

void aof_sum_begin(struct aof_sum *sum, const struct aof_group *g) {
    XXH3_64bits_reset_withSeed(&sum->state, seed_of(g));
}

void aof_sum_add(struct aof_sum *sum, const void *bytes, size_t len) {
    XXH3_64bits_update(&sum->state, bytes, len);
}

uint64_t aof_sum_end(struct aof_sum *sum) {
    return XXH3_64bits_digest(&sum->state);
}
