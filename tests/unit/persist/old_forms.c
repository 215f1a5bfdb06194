/* See old_forms.h; the layouts are drawn in server/persist/legacy.c and rdb_format.h. */
#include "tests/unit/persist/old_forms.h"
#include "common/base/crc.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/ds/listpack.h"
#include <math.h>
#include <stdio.h>

static void put_little(struct buf *out, uint64_t value, unsigned bytes) {
    buf_append(out, &value, bytes);
}
static void put_big(struct buf *out, uint64_t value, unsigned bytes) {
    while (bytes--)
        buf_append_char(out, (char)(value >> 8 * bytes));
}

/* --- ziplist --- */

static void put_zip_int(struct buf *out, int64_t v) {
    if (v >= 0 && v <= 12) {
        buf_append_char(out, (char)(0xf1 + v));
        return;
    }
    unsigned bytes = v == (int8_t)v ? 1 : v == (int16_t)v ? 2 : v >= -(1 << 23) && v < 1 << 23 ? 3 : 4;
    if (v != (int32_t)v) bytes = 8;
    buf_append_char(out, (char)(bytes == 1   ? 0xfe
                                : bytes == 2 ? 0xc0
                                : bytes == 3 ? 0xf0
                                : bytes == 4 ? 0xd0
                                             : 0xe0));
    put_little(out, (uint64_t)v, bytes);
}

static void put_zip_data(struct buf *out, struct slice s) {
    int64_t value;
    if (s.len < 32 && num_parse_int64(s.ptr, s.len, &value)) {
        put_zip_int(out, value);
        return;
    }
    if (s.len < 64) {
        buf_append_char(out, (char)s.len);
    } else if (s.len < 1 << 14) {
        put_big(out, 1 << 14 | s.len, 2);
    } else {
        buf_append_char(out, (char)0x80);
        put_big(out, s.len, 4);
    }
    buf_append_slice(out, s);
}

void old_ziplist(struct buf *out, const struct slice *elements, size_t count) {
    size_t start = out->len, last = start + 10, before = 0;
    put_little(out, 0, 8);
    put_little(out, count < 65535 ? count : 65535, 2);
    for (size_t i = 0; i < count; i++) {
        last = out->len;
        if (before < 254) {
            buf_append_char(out, (char)before);
        } else {
            buf_append_char(out, (char)254);
            put_little(out, before, 4);
        }
        put_zip_data(out, elements[i]);
        before = out->len - last;
    }
    buf_append_char(out, (char)0xff);
    uint32_t total = (uint32_t)(out->len - start), tail = (uint32_t)(last - start);
    memcpy(out->ptr + start, &total, 4);
    memcpy(out->ptr + start + 4, &tail, 4);
}

/* --- zipmap, listpack, intset --- */

static void put_map_length(struct buf *out, size_t len) {
    if (len < 254) {
        buf_append_char(out, (char)len);
    } else {
        buf_append_char(out, (char)254);
        put_little(out, len, 4);
    }
}

void old_zipmap(struct buf *out, const struct slice *pairs, size_t count, unsigned unused_bytes) {
    buf_append_char(out, (char)(count < 254 ? count : 254));
    for (size_t i = 0; i < 2 * count; i++) {
        put_map_length(out, pairs[i].len);
        if (i % 2) buf_append_char(out, (char)unused_bytes);
        buf_append_slice(out, pairs[i]);
        for (unsigned j = 0; i % 2 && j < unused_bytes; j++)
            buf_append_char(out, '?');
    }
    buf_append_char(out, (char)0xff);
}

void old_listpack(struct buf *out, const struct slice *elements, size_t count) {
    size_t bytes = LISTPACK_EMPTY_BYTES;
    for (size_t i = 0; i < count; i++)
        bytes += listpack_element_bytes(elements[i]);
    buf_reserve(out, bytes);
    void *lp = out->ptr + out->len;
    listpack_init(lp);
    for (size_t i = 0; i < count; i++)
        listpack_append(lp, elements[i]);
    out->len += bytes;
}

void old_intset(struct buf *out, unsigned width, const int64_t *values, size_t count) {
    put_little(out, width, 4);
    put_little(out, count, 4);
    for (size_t i = 0; i < count; i++)
        put_little(out, (uint64_t)values[i], width);
}

/* --- what is around them --- */

void old_score(struct buf *out, double score) {
    char text[64];
    if (isnan(score) || isinf(score)) {
        buf_append_char(out, (char)(isnan(score) ? 253 : score > 0 ? 254 : 255));
        return;
    }
    int len = snprintf(text, sizeof(text), "%.17g", score);
    buf_append_char(out, (char)len);
    buf_append(out, text, (size_t)len);
}

void old_length(struct buf *out, uint64_t length, unsigned bytes) {
    if (bytes > 2) {
        buf_append_char(out, (char)(bytes == 9 ? 0x81 : 0x80));
        put_big(out, length, bytes - 1);
    } else {
        put_big(out, bytes == 2 ? length | 1 << 14 : length, bytes);
    }
}

void old_string(struct buf *out, struct slice s, unsigned bytes) {
    old_length(out, s.len, bytes);
    buf_append_slice(out, s);
}

void old_footer(struct buf *out, unsigned version) {
    put_little(out, version, 2);
    put_little(out, crc64(0, out->ptr, out->len), 8);
}
