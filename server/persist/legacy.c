/* Layouts.
 *
 *      ziplist   total bytes (4, LE) | offset of the last (4, LE) | elements (2, LE; 65535: count them) |
 *                element … | 0xFF
 *      element   size of the one before (1, or 0xFE and 4, LE) | encoding and data
 *
 *                00xxxxxx            string of up to 63 bytes       11000000 +2   integers, LE
 *                01xxxxxx +1         of up to 16,383, BE            11010000 +4
 *                10000000 +4         longer, BE                     11100000 +8
 *                1111xxxx            0 to 12: xxxx - 1              11110000 +3
 *                                    (0001 to 1101)                 11111110 +1
 *
 *      zipmap    fields (1; from 254 on: count them) | field, value … | 0xFF
 *      field     length | bytes
 *      value     length | unused bytes (1) | bytes | the unused ones
 *                length: 1 byte, or 0xFE and 4, LE */
#include "server/persist/legacy.h"
#include "common/base/num.h"

#define END_MARK         0xff
#define WIDE_MARK        0xfe
#define ZIPLIST_HEADER   10
#define ZIPMAP_HEADER    1
#define COUNT_UNKNOWN    65535
#define ZIPMAP_COUNT_MAX 253

static uint32_t load_32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t load_32_big(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* --- ziplist --- */

/* The element's string or integer, at p; returns the bytes it takes, 0 if they are not all before `end`. */
static size_t ziplist_data(const uint8_t *p, const uint8_t *end, char *scratch, struct slice *out) {
    size_t room = (size_t)(end - p);
    if (room == 0) return 0;
    uint8_t first = *p;
    uint64_t head = 1, len = 0;
    int64_t value = 0;
    switch (first >> 6) {
    case 0: len = first & 0x3f; break;
    case 1:
        if (room < 2) return 0;
        head = 2;
        len = (uint64_t)(first & 0x3f) << 8 | p[1];
        break;
    case 2:
        if (room < 5) return 0;
        head = 5;
        len = load_32_big(p + 1);
        break;
    default:
        len = first == 0xc0   ? 2
              : first == 0xd0 ? 4
              : first == 0xe0 ? 8
              : first == 0xf0 ? 3
              : first == 0xfe ? 1
                              : 0;
        if (len == 0) {
            if (first < 0xf1 || first > 0xfd) return 0;
            value = first - 0xf1;
        } else {
            if (len > room - 1) return 0;
            uint64_t raw = 0;
            memcpy(&raw, p + 1, len);
            value = (int64_t)(raw << (64 - 8 * len)) >> (64 - 8 * len);
        }
        *out = (struct slice){scratch, num_format_int64(scratch, value)};
        return 1 + len;
    }
    if (len > room - head) return 0;
    *out = (struct slice){(const char *)p + head, len};
    return head + len;
}

/* *before: the size of the element before, as this one tells it. */
static size_t ziplist_element(const uint8_t *p, const uint8_t *end, char *scratch, size_t *before,
                              struct slice *out) {
    size_t room = (size_t)(end - p), head = *p == WIDE_MARK ? 5 : 1;
    if (room < head) return 0;
    *before = head == 5 ? load_32(p + 1) : *p;
    size_t data = ziplist_data(p + head, end, scratch, out);
    return data ? head + data : 0;
}

static bool open_ziplist(struct legacy *l, struct slice bytes) {
    const uint8_t *base = (const uint8_t *)bytes.ptr;
    if (bytes.len < ZIPLIST_HEADER + 1 || load_32(base) != bytes.len) return false;
    l->at = base + ZIPLIST_HEADER;
    l->end = base + bytes.len - 1;
    if (*l->end != END_MARK) return false;
    char scratch[LEGACY_SCRATCH];
    struct slice ignored;
    size_t size = 0, last = ZIPLIST_HEADER;
    for (const uint8_t *p = l->at; p < l->end; p += size, l->count++) {
        size_t before, size_before = size;
        if (*p == END_MARK) return false;
        size = ziplist_element(p, l->end, scratch, &before, &ignored);
        if (size == 0 || before != size_before) return false;
        last = (size_t)(p - base);
    }
    unsigned counted = base[8] | (unsigned)base[9] << 8;
    return load_32(base + 4) == last && (counted == COUNT_UNKNOWN || counted == l->count);
}

/* --- zipmap --- */

/* A length at p; returns the bytes it takes, 0 if it is none. */
static size_t zipmap_length(const uint8_t *p, const uint8_t *end, uint64_t *len) {
    if (p >= end || *p == END_MARK) return 0;
    if (*p < WIDE_MARK) {
        *len = *p;
        return 1;
    }
    if (end - p < 5) return 0;
    *len = load_32(p + 1);
    return 5;
}

/* Returns the bytes that a field or value takes. */
static uint64_t zipmap_element(const uint8_t *p, const uint8_t *end, bool is_value, struct slice *out) {
    uint64_t len = 0, unused = 0, head = zipmap_length(p, end, &len), room = (uint64_t)(end - p);
    if (head == 0) return 0;
    if (is_value) {
        if (room < head + 1) return 0;
        unused = p[head++];
    }
    if (len + unused > room - head) return 0;
    *out = (struct slice){(const char *)p + head, len};
    return head + len + unused;
}

static bool open_zipmap(struct legacy *l, struct slice bytes) {
    const uint8_t *base = (const uint8_t *)bytes.ptr;
    if (bytes.len < ZIPMAP_HEADER + 1) return false;
    l->at = base + ZIPMAP_HEADER;
    l->end = base + bytes.len - 1;
    if (*l->end != END_MARK) return false;
    struct slice ignored;
    uint64_t size;
    for (const uint8_t *p = l->at; p < l->end; p += size, l->count++) {
        size = zipmap_element(p, l->end, l->count & 1, &ignored);
        if (size == 0) return false;
    }
    return l->count && l->count % 2 == 0 && (base[0] > ZIPMAP_COUNT_MAX || base[0] == l->count / 2);
}

/* --- either --- */

bool legacy_open(struct legacy *l, enum legacy_kind kind, struct slice bytes) {
    *l = (struct legacy){.kind = kind};
    return kind == LEGACY_ZIPLIST ? open_ziplist(l, bytes) : open_zipmap(l, bytes);
}

bool legacy_next(struct legacy *l, char *scratch, struct slice *out) {
    if (l->at == l->end) return false;
    size_t before;
    if (l->kind == LEGACY_ZIPLIST) {
        l->at += ziplist_element(l->at, l->end, scratch, &before, out);
    } else {
        l->at += zipmap_element(l->at, l->end, l->in_value, out);
        l->in_value = !l->in_value;
    }
    return true;
}
