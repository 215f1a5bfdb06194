/* See rdb_in.h. */
#include "server/persist/rdb_in.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/persist/rdb_format.h"
#include <liblzf/lzf.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Three bytes of LZF stand for at most 264 plain ones. */
#define LZF_RATIO_MAX 132

bool rdb_fail(struct rdb_in *in, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(in->error, sizeof(in->error), fmt, args);
    va_end(args);
    in->status = RDB_BAD;
    return false;
}

static bool need_more(struct rdb_in *in, uint64_t bytes) {
    if (bytes - rdb_in_left(in) > in->beyond) return rdb_fail(in, "it ends too early");
    in->status = RDB_SHORT;
    in->wanted = bytes;
    return false;
}

bool rdb_need(struct rdb_in *in, uint64_t bytes) {
    return likely(bytes <= rdb_in_left(in)) || need_more(in, bytes);
}

enum rdb_status rdb_in_rewind(struct rdb_in *in, const uint8_t *mark) {
    in->wanted += (uint64_t)(in->at - mark);
    in->at = mark;
    return in->status;
}

/* --- numbers --- */

static bool take(struct rdb_in *in, void *out, size_t bytes) {
    if (!rdb_need(in, bytes)) return false;
    memcpy(out, in->at, bytes);
    in->at += bytes;
    return true;
}

bool rdb_get_byte(struct rdb_in *in, uint8_t *out) {
    return take(in, out, 1);
}
bool rdb_get_u16(struct rdb_in *in, uint16_t *out) {
    return take(in, out, sizeof(*out));
}
bool rdb_get_u32(struct rdb_in *in, uint32_t *out) {
    return take(in, out, sizeof(*out));
}
bool rdb_get_u64(struct rdb_in *in, uint64_t *out) {
    return take(in, out, sizeof(*out));
}
bool rdb_get_double(struct rdb_in *in, double *out) {
    return take(in, out, sizeof(*out));
}

static bool take_big(struct rdb_in *in, unsigned bytes, uint64_t *out) {
    if (!rdb_need(in, bytes)) return false;
    *out = 0;
    for (unsigned i = 0; i < bytes; i++)
        *out = *out << 8 | *in->at++;
    return true;
}

bool rdb_get_u64_big(struct rdb_in *in, uint64_t *out) {
    return take_big(in, sizeof(*out), out);
}

/* A byte of length and digits; three lengths that no number has stand for what has no digits. */
bool rdb_get_digits(struct rdb_in *in, double *out) {
    uint8_t len;
    if (!rdb_get_byte(in, &len)) return false;
    switch (len) {
    case 253: *out = NAN; return true;
    case 254: *out = INFINITY; return true;
    case 255: *out = -INFINITY; return true;
    default: break;
    }
    if (!rdb_need(in, len)) return false;
    if (!num_parse_double((const char *)in->at, len, out)) return rdb_fail(in, "a score is not a number");
    in->at += len;
    return true;
}

/* --- lengths --- */

/* *encoded: what follows is a string in that encoding. */
static bool get_length(struct rdb_in *in, uint64_t *out, bool *encoded) {
    uint8_t first;
    *encoded = false;
    if (!rdb_get_byte(in, &first)) return false;
    switch (first & RDB_LENGTH_ENCODED) {
    case RDB_LENGTH_6: *out = first; return true;
    case RDB_LENGTH_14:
        if (!take_big(in, 1, out)) return false;
        *out |= (uint64_t)(first & 0x3f) << 8;
        return true;
    case RDB_LENGTH_ENCODED:
        *encoded = true;
        *out = first & 0x3f;
        return true;
    default: break;
    }
    if (first == RDB_LENGTH_32) return take_big(in, 4, out);
    if (first == RDB_LENGTH_64) return take_big(in, 8, out);
    return rdb_fail(in, "unknown length encoding %d", first);
}

bool rdb_get_length(struct rdb_in *in, uint64_t *out) {
    bool encoded;
    if (!get_length(in, out, &encoded)) return false;
    return !encoded || rdb_fail(in, "an encoded string where a length belongs");
}

bool rdb_get_count(struct rdb_in *in, unsigned each, uint64_t *out) {
    if (!rdb_get_length(in, out)) return false;
    uint64_t all = rdb_in_left(in) + in->beyond;
    return *out <= all / each ||
           rdb_fail(in, "a count of %llu exceeds what there is", (unsigned long long)*out);
}

/* --- strings --- */

void rdb_text_deinit(struct rdb_text *text) {
    mem_free(text->room);
    *text = (struct rdb_text){0};
}

static bool text_of_int(struct rdb_in *in, unsigned bytes, struct rdb_text *text) {
    uint64_t raw = 0;
    if (!take(in, &raw, bytes)) return false;
    unsigned shift = 64 - 8 * bytes;
    int64_t value = (int64_t)(raw << shift) >> shift;
    text->s = (struct slice){text->digits, num_format_int64(text->digits, value)};
    return true;
}

static bool make_room(struct rdb_in *in, struct rdb_text *text, size_t len) {
    if (len <= text->room_cap) return true;
    char *room = mem_try_realloc(text->room, len);
    if (room == NULL) return rdb_fail(in, "no memory for a string of %zu bytes", len);
    text->room = room;
    text->room_cap = len;
    return true;
}

static bool text_of_lzf(struct rdb_in *in, struct rdb_text *text) {
    uint64_t packed, len;
    if (!rdb_get_length(in, &packed) || !rdb_get_length(in, &len) || !rdb_need(in, packed)) return false;
    if (packed > UINT32_MAX || len > UINT32_MAX || len == 0 || len / LZF_RATIO_MAX > packed)
        return rdb_fail(in, "a compressed string of impossible length");
    if (!make_room(in, text, len)) return false;
    if (lzf_decompress(in->at, (unsigned)packed, text->room, (unsigned)len) != len)
        return rdb_fail(in, "a compressed string is damaged");
    in->at += packed;
    text->s = (struct slice){text->room, len};
    return true;
}

bool rdb_get_text(struct rdb_in *in, struct rdb_text *text) {
    uint64_t len;
    bool encoded;
    if (!get_length(in, &len, &encoded)) return false;
    if (likely(!encoded)) {
        if (!rdb_need(in, len)) return false;
        text->s = (struct slice){(const char *)in->at, len};
        in->at += len;
        return true;
    }
    switch (len) {
    case RDB_INT8: return text_of_int(in, 1, text);
    case RDB_INT16: return text_of_int(in, 2, text);
    case RDB_INT32: return text_of_int(in, 4, text);
    case RDB_LZF: return text_of_lzf(in, text);
    default: return rdb_fail(in, "unknown string encoding %d", (int)len);
    }
}
