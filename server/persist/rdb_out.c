/* See rdb_out.h. Whether a string is an integer is decided here, while it is written: it costs a look at its
 * first bytes. */
#include "server/persist/rdb_out.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/persist/rdb_format.h"
#include <liblzf/lzf.h>

#define LENGTH_BYTES_MAX 9

void rdb_out_deinit(struct rdb_out *out) {
    buf_deinit(&out->bytes);
    mem_free(out->marks);
    *out = (struct rdb_out){0};
}

void rdb_out_clear(struct rdb_out *out) {
    buf_clear(&out->bytes);
    out->mark_count = 0;
}

/* --- lengths --- */

static void store_big_endian(char *at, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (char)(value >> 8 * (bytes - 1 - i));
}

static unsigned encode_length(char *at, uint64_t length) {
    if (length < 1 << 6) {
        at[0] = (char)(RDB_LENGTH_6 | length);
        return 1;
    }
    if (length < 1 << 14) {
        store_big_endian(at, RDB_LENGTH_14 << 8 | length, 2);
        return 2;
    }
    bool wide = length > UINT32_MAX;
    at[0] = (char)(wide ? RDB_LENGTH_64 : RDB_LENGTH_32);
    store_big_endian(at + 1, length, wide ? 8 : 4);
    return wide ? 9 : 5;
}

void rdb_put_byte(struct rdb_out *out, uint8_t byte) {
    buf_append_char(&out->bytes, (char)byte);
}

void rdb_put_length(struct rdb_out *out, uint64_t length) {
    buf_reserve(&out->bytes, LENGTH_BYTES_MAX);
    out->bytes.len += encode_length(out->bytes.ptr + out->bytes.len, length);
}

/* --- strings --- */

/* Returns the bytes of the encoding, 0 if it needs more than 32 bits. */
static unsigned encode_int(char at[5], int64_t value) {
    unsigned bytes = value == (int8_t)value    ? 1
                     : value == (int16_t)value ? 2
                     : value == (int32_t)value ? 4
                                               : 0;
    if (bytes == 0) return 0;
    at[0] = (char)(RDB_LENGTH_ENCODED | (bytes == 1 ? RDB_INT8 : bytes == 2 ? RDB_INT16 : RDB_INT32));
    memcpy(at + 1, &value, bytes); /* little-endian: the low bytes come first */
    return 1 + bytes;
}

static bool put_encoded_int(struct rdb_out *out, int64_t value) {
    char encoded[5];
    unsigned len = encode_int(encoded, value);
    if (len) buf_append(&out->bytes, encoded, len);
    return len != 0;
}

static void mark(struct rdb_out *out, size_t at, size_t len) {
    if (out->mark_count == out->mark_cap) {
        out->mark_cap = out->mark_cap ? 2 * out->mark_cap : 64;
        out->marks = mem_realloc(out->marks, out->mark_cap * sizeof(*out->marks));
    }
    out->marks[out->mark_count++] = (struct rdb_mark){at, len};
}

void rdb_put_string_head(struct rdb_out *out, size_t len, bool compressed) {
    if (compressed && len >= RDB_COMPRESS_MIN && !out->unmarked) mark(out, out->bytes.len, len);
    rdb_put_length(out, len);
}

void rdb_put_string(struct rdb_out *out, struct slice s) {
    int64_t value;
    if (s.len <= RDB_INT_DIGITS_MAX && num_parse_int64(s.ptr, s.len, &value) && put_encoded_int(out, value))
        return;
    buf_reserve(&out->bytes, LENGTH_BYTES_MAX + s.len);
    rdb_put_string_head(out, s.len, true);
    buf_append_slice(&out->bytes, s);
}

void rdb_put_int_string(struct rdb_out *out, int64_t value) {
    if (put_encoded_int(out, value)) return;
    char digits[NUM_INT64_CHARS_MAX];
    size_t len = num_format_int64(digits, value);
    rdb_put_length(out, len);
    buf_append(&out->bytes, digits, len);
}

/* --- numbers --- */

void rdb_put_u16(struct rdb_out *out, uint16_t value) {
    buf_append(&out->bytes, &value, sizeof(value));
}
void rdb_put_u64(struct rdb_out *out, uint64_t value) {
    buf_append(&out->bytes, &value, sizeof(value));
}
void rdb_put_double(struct rdb_out *out, double value) {
    buf_append(&out->bytes, &value, sizeof(value));
}

/* --- packing --- */

/* Appends the compressed form of a string, unless it is not the shorter one. */
static bool append_compressed(struct buf *to, struct slice s) {
    if (s.len > UINT32_MAX) return false;
    char head[1 + 2 * LENGTH_BYTES_MAX];
    size_t head_max = sizeof(head), start = to->len;
    buf_reserve(to, head_max + s.len);
    char *room = to->ptr + start + head_max;
    unsigned packed = lzf_compress(s.ptr, (unsigned)s.len, room, (unsigned)s.len - 4);
    if (packed == 0) return false;
    unsigned len = 1;
    head[0] = (char)(RDB_LENGTH_ENCODED | RDB_LZF);
    len += encode_length(head + len, packed);
    len += encode_length(head + len, s.len);
    buf_append(to, head, len);
    memmove(to->ptr + to->len, room, packed);
    to->len += packed;
    return true;
}

void rdb_pack(const struct rdb_out *out, struct buf *packed) {
    const char *bytes = out->bytes.ptr;
    size_t done = 0;
    buf_reserve(packed, out->bytes.len);
    for (size_t i = 0; i < out->mark_count; i++) {
        const struct rdb_mark *m = &out->marks[i];
        char head[LENGTH_BYTES_MAX];
        size_t string_at = m->at + encode_length(head, m->len);
        buf_append(packed, bytes + done, m->at - done);
        done = m->at;
        if (append_compressed(packed, (struct slice){bytes + string_at, m->len})) done = string_at + m->len;
    }
    if (out->bytes.len > done) buf_append(packed, bytes + done, out->bytes.len - done);
}
