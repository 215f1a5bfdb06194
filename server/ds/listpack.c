/* Elements of a listpack.
 *
 * An element is its encoding, then how many bytes that took, written so that it reads backwards:
 *
 *      first byte   element                         back length b of n bytes, 7 bits each, least significant
 * last, 0xxxxxxx     integer 0 … 127                 the high bit set on all bytes but the first: 10xxxxxx
 * string of up to 63 bytes          b ≤ 127                  1 byte 110xxxxx +1  integer of 13 bits b < 2^14
 * - 1             2 bytes 1110xxxx +1  string of up to 4,095 bytes       b < 2^21 - 1             3 bytes
 *      11110000 +4  string, length in 32 bits         b < 2^28 - 1             4 bytes
 *      1111 0001 … 0100  integer of 16, 24, 32, 64    otherwise                5 bytes
 *      11111111     the end                         (the minus one is part of the format)
 *
 * Looking for a value decides once whether it is an integer; then an element is passed over by its first
 * byte, its length and its last character before any bytes are compared: names in one collection tend to
 * begin alike.
 *
 * All but listpack_valid trust the bytes. What comes from outside goes through a deep listpack_valid first.
 */
#include "server/ds/listpack.h"
#include "common/base/num.h"
#include "common/base/panic.h"

#define HEADER_BYTES  6
#define END           0xff
#define COUNT_UNKNOWN 65535
#define HEAD_MAX      9 /* of an encoded integer; strings have a head of at most 5 */

#define STRING_6_MAX  63
#define STRING_12_MAX 4095

static uint32_t load_32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static void set_bytes(void *lp, uint32_t bytes) {
    memcpy(lp, &bytes, sizeof(bytes));
}

static unsigned stored_count(const void *lp) {
    const uint8_t *p = lp;
    return p[4] | (unsigned)p[5] << 8;
}

static void set_count(void *lp, unsigned count) {
    uint8_t *p = lp;
    p[4] = (uint8_t)count;
    p[5] = (uint8_t)(count >> 8);
}

void listpack_init(void *lp) {
    set_bytes(lp, LISTPACK_EMPTY_BYTES);
    set_count(lp, 0);
    ((uint8_t *)lp)[HEADER_BYTES] = END;
}

/* --- one element --- */

static bool is_int(uint8_t first) {
    return first < 0x80 || (first & 0xe0) == 0xc0 || first > 0xf0;
}

/* Bytes of the encoding, without the back length. */
static inline size_t encoded_size(const uint8_t *p) {
    uint8_t first = *p;
    if (first < 0x80) return 1;
    if (first < 0xc0) return 1 + (first & 0x3f);
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 2 + ((first & 0x0fu) << 8 | p[1]);
    switch (first) {
    case 0xf0: return 5 + (size_t)load_32(p + 1);
    case 0xf1: return 3;
    case 0xf2: return 4;
    case 0xf3: return 5;
    default: return 9;
    }
}

static inline size_t back_size(size_t encoded) {
    if (likely(encoded <= 127)) return 1;
    if (encoded < (1u << 14) - 1) return 2;
    if (encoded < (1u << 21) - 1) return 3;
    return encoded < (1u << 28) - 1 ? 4 : 5;
}

static inline size_t size_at(const uint8_t *p) {
    size_t encoded = encoded_size(p);
    return encoded + back_size(encoded);
}

static uint8_t *write_back(uint8_t *p, size_t encoded) {
    size_t n = back_size(encoded);
    for (size_t i = n; i-- > 0; encoded >>= 7)
        p[i] = (uint8_t)((encoded & 0x7f) | (i > 0 ? 0x80 : 0));
    return p + n;
}

/* The string at p: bytes and length. */
static inline struct slice string_at(const uint8_t *p) {
    const char *text = (const char *)p;
    if (likely(*p < 0xc0)) return (struct slice){text + 1, *p & 0x3f};
    if (*p < 0xf0) return (struct slice){text + 2, (*p & 0x0fu) << 8 | p[1]};
    return (struct slice){text + 5, load_32(p + 1)};
}

static int64_t int_at(const uint8_t *p) {
    if (*p < 0x80) return *p;
    if (*p < 0xe0) return (int64_t)((uint64_t)((*p & 0x1fu) << 8 | p[1]) << 51) >> 51;
    int16_t v16;
    int32_t v32;
    int64_t v64;
    switch (*p) {
    case 0xf1: memcpy(&v16, p + 1, 2); return v16;
    case 0xf2: return (int32_t)((uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) >> 8;
    case 0xf3: memcpy(&v32, p + 1, 4); return v32;
    default: memcpy(&v64, p + 1, 8); return v64;
    }
}

static size_t encode_int(uint8_t *head, int64_t v) {
    if (v >= 0 && v <= 127) {
        head[0] = (uint8_t)v;
        return 1;
    }
    if (v >= -4096 && v <= 4095) {
        head[0] = (uint8_t)(0xc0 | ((v >> 8) & 0x1f));
        head[1] = (uint8_t)v;
        return 2;
    }
    unsigned width = v == (int16_t)v ? 2 : v >= -(1 << 23) && v < 1 << 23 ? 3 : v == (int32_t)v ? 4 : 8;
    head[0] = (uint8_t)(width == 8 ? 0xf4 : 0xef + width);
    memcpy(head + 1, &v, width); /* little-endian: the low bytes come first */
    return 1 + width;
}

static size_t encode_string_head(uint8_t *head, size_t len) {
    if (len <= STRING_6_MAX) {
        head[0] = (uint8_t)(0x80 | len);
        return 1;
    }
    if (len <= STRING_12_MAX) {
        head[0] = (uint8_t)(0xe0 | len >> 8);
        head[1] = (uint8_t)len;
        return 2;
    }
    must(len <= UINT32_MAX);
    uint32_t len_32 = (uint32_t)len;
    head[0] = 0xf0;
    memcpy(head + 1, &len_32, sizeof(len_32));
    return 5;
}

/* True if the text is the only way to write that integer; most texts are refused by their first character. */
static inline bool text_is_int(struct slice s, int64_t *out) {
    if (s.len == 0 || s.len > NUM_INT64_CHARS_MAX) return false;
    if ((unsigned char)(s.ptr[0] - '0') > 9 && s.ptr[0] != '-') return false;
    return num_parse_int64(s.ptr, s.len, out);
}

/* What is written for a value: a head, then the bytes of a string. */
struct encoded {
    uint8_t head[HEAD_MAX];
    size_t head_len, size; /* size: head and bytes, without the back length */
};

static inline __attribute__((always_inline)) struct encoded encode(struct slice value) {
    struct encoded e;
    int64_t number;
    if (text_is_int(value, &number)) {
        e.size = e.head_len = encode_int(e.head, number);
    } else {
        e.head_len = encode_string_head(e.head, value.len);
        e.size = e.head_len + value.len;
    }
    return e;
}

static void write_encoded(uint8_t *p, const struct encoded *e, struct slice value) {
    memcpy(p, e->head, e->head_len);
    if (e->size > e->head_len) memcpy(p + e->head_len, value.ptr, value.len);
    write_back(p + e->size, e->size);
}

uint32_t listpack_element_bytes(struct slice value) {
    uint8_t head[HEAD_MAX];
    int64_t number;
    size_t size = text_is_int(value, &number) ? encode_int(head, number)
                                              : encode_string_head(head, value.len) + value.len;
    return (uint32_t)(size + back_size(size));
}

/* --- moving about --- */

uint32_t listpack_first(const void *lp) {
    return ((const uint8_t *)lp)[HEADER_BYTES] == END ? 0 : HEADER_BYTES;
}

uint32_t listpack_next(const void *lp, uint32_t at) {
    const uint8_t *p = (const uint8_t *)lp + at;
    uint32_t next = at + (uint32_t)size_at(p);
    return ((const uint8_t *)lp)[next] == END ? 0 : next;
}

/* The offset of the element that ends before `end`. */
static uint32_t element_before(const void *lp, uint32_t end) {
    const uint8_t *p = (const uint8_t *)lp + end;
    size_t encoded = 0;
    unsigned shift = 0, n = 0;
    do {
        p--;
        encoded |= (size_t)(*p & 0x7f) << shift;
        shift += 7;
        n++;
    } while (*p & 0x80 && n < 5);
    return end - (uint32_t)(encoded + n);
}

uint32_t listpack_prev(const void *lp, uint32_t at) {
    return at == HEADER_BYTES ? 0 : element_before(lp, at);
}

uint32_t listpack_last(const void *lp) {
    return listpack_first(lp) ? element_before(lp, listpack_bytes(lp) - 1) : 0;
}

static uint32_t count_elements(const void *lp) {
    uint32_t n = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at))
        n++;
    return n;
}

uint32_t listpack_count(const void *lp) {
    unsigned count = stored_count(lp);
    return likely(count != COUNT_UNKNOWN) ? count : count_elements(lp);
}

uint32_t listpack_at(const void *lp, int64_t index) {
    int64_t known = stored_count(lp);
    if (known != COUNT_UNKNOWN) {
        if (index >= known || index < -known) return 0;
        /* from the nearer end */
        if (index >= 0 && index > known / 2)
            index -= known;
        else if (index < 0 && -index > known / 2)
            index += known;
    }
    uint32_t at;
    if (index >= 0) {
        for (at = listpack_first(lp); at && index > 0; index--)
            at = listpack_next(lp, at);
    } else {
        for (at = listpack_last(lp); at && index < -1; index++)
            at = listpack_prev(lp, at);
    }
    return at;
}

uint32_t listpack_size_at(const void *lp, uint32_t at) {
    return (uint32_t)size_at((const uint8_t *)lp + at);
}

uint32_t listpack_skip(const void *lp, uint32_t at, uint32_t count) {
    const uint8_t *base = lp, *p = base + at;
    for (; count > 0; count--)
        p += size_at(p);
    return (uint32_t)(p - base);
}

/* --- reading --- */

struct slice listpack_get(const void *lp, uint32_t at, char *scratch) {
    const uint8_t *p = (const uint8_t *)lp + at;
    if (!is_int(*p)) return string_at(p);
    return (struct slice){scratch, num_format_int64(scratch, int_at(p))};
}

bool listpack_get_int(const void *lp, uint32_t at, int64_t *out) {
    const uint8_t *p = (const uint8_t *)lp + at;
    if (!is_int(*p)) return false;
    *out = int_at(p);
    return true;
}

int64_t listpack_take_int(const void *lp, uint32_t *at) {
    const uint8_t *p = (const uint8_t *)lp + *at;
    must(is_int(*p));
    *at += (uint32_t)encoded_size(p) + 1; /* a back length of one byte */
    return int_at(p);
}

static inline bool string_equals(const uint8_t *p, struct slice value) {
    struct slice s = string_at(p);
    return s.len == value.len && (s.len == 0 || (s.ptr[s.len - 1] == value.ptr[s.len - 1] &&
                                                 memcmp(s.ptr, value.ptr, s.len - 1) == 0));
}

bool listpack_equals(const void *lp, uint32_t at, struct slice value) {
    const uint8_t *p = (const uint8_t *)lp + at;
    int64_t number;
    if (is_int(*p)) return text_is_int(value, &number) && int_at(p) == number;
    return string_equals(p, value);
}

uint32_t listpack_find(const void *lp, uint32_t at, struct slice value, unsigned skip) {
    if (at == 0) return 0;
    const uint8_t *base = lp, *p = base + at;
    int64_t number = 0;
    bool numeric = text_is_int(value, &number);
    while (*p != END) {
        /* A value that is an integer may still stand as a string: other writers need not be thorough. */
        if (is_int(*p) ? numeric && int_at(p) == number : string_equals(p, value))
            return (uint32_t)(p - base);
        p += size_at(p);
        for (unsigned i = 0; i < skip && *p != END; i++)
            p += size_at(p);
    }
    return 0;
}

/* --- changing --- */

/* Makes the `before` bytes at p `after` bytes wide, and tells the header. */
static void resize_gap(void *lp, uint8_t *p, size_t before, size_t after) {
    size_t bytes = listpack_bytes(lp), tail = bytes - (size_t)(p - (uint8_t *)lp) - before;
    if (before != after) memmove(p + after, p + before, tail);
    set_bytes(lp, (uint32_t)(bytes - before + after));
}

static void add_to_count(void *lp, unsigned more) {
    unsigned count = stored_count(lp);
    if (count != COUNT_UNKNOWN) set_count(lp, count + more < COUNT_UNKNOWN ? count + more : COUNT_UNKNOWN);
}

uint32_t listpack_insert(void *lp, uint32_t at, struct slice value) {
    struct encoded e = encode(value);
    if (at == 0) at = listpack_bytes(lp) - 1;
    uint8_t *p = (uint8_t *)lp + at;
    resize_gap(lp, p, 0, e.size + back_size(e.size));
    write_encoded(p, &e, value);
    add_to_count(lp, 1);
    return at;
}

uint32_t listpack_append(void *lp, struct slice value) {
    return listpack_insert(lp, 0, value);
}

uint32_t listpack_replace(void *lp, uint32_t at, struct slice value) {
    struct encoded e = encode(value);
    uint8_t *p = (uint8_t *)lp + at;
    resize_gap(lp, p, size_at(p), e.size + back_size(e.size));
    write_encoded(p, &e, value);
    return at;
}

/* The element of an integer at p, with its back length; returns its size. */
static size_t write_int(uint8_t *p, int64_t value) {
    size_t size = encode_int(p, value);
    p[size] = (uint8_t)size;
    return size + 1;
}

uint32_t listpack_append_int(void *lp, int64_t value) {
    uint32_t at = listpack_bytes(lp) - 1;
    size_t size = write_int((uint8_t *)lp + at, value);
    ((uint8_t *)lp)[at + size] = END;
    set_bytes(lp, (uint32_t)(at + size + 1));
    add_to_count(lp, 1);
    return at;
}

uint32_t listpack_replace_int(void *lp, uint32_t at, int64_t value) {
    uint8_t element[LISTPACK_ELEMENT_ROOM], *p = (uint8_t *)lp + at;
    size_t size = write_int(element, value);
    resize_gap(lp, p, size_at(p), size);
    memcpy(p, element, size);
    return at;
}

uint32_t listpack_erase_n(void *lp, uint32_t at, uint32_t count) {
    uint8_t *p = (uint8_t *)lp + at;
    size_t gone = 0;
    uint32_t n = 0;
    for (; n < count && p[gone] != END; n++)
        gone += size_at(p + gone);
    resize_gap(lp, p, gone, 0);
    unsigned known = stored_count(lp);
    if (known != COUNT_UNKNOWN) set_count(lp, known - n);
    return *p == END ? 0 : at;
}

uint32_t listpack_erase(void *lp, uint32_t at) {
    return listpack_erase_n(lp, at, 1);
}

void listpack_extend(void *lp, const void *more) {
    uint32_t bytes = listpack_bytes(lp), elements = listpack_bytes(more) - LISTPACK_EMPTY_BYTES;
    unsigned count = stored_count(more);
    memcpy((uint8_t *)lp + bytes - 1, (const uint8_t *)more + HEADER_BYTES, elements + 1);
    set_bytes(lp, bytes + elements);
    add_to_count(lp, count);
}

/* The header moves to the other side of an element, which stays where it is. */
void *listpack_prepend(void *lp, struct slice value) {
    struct encoded e = encode(value);
    size_t size = e.size + back_size(e.size);
    uint8_t *longer = (uint8_t *)lp - size;
    memmove(longer, lp, HEADER_BYTES);
    write_encoded(longer + HEADER_BYTES, &e, value);
    set_bytes(longer, listpack_bytes(longer) + (uint32_t)size);
    add_to_count(longer, 1);
    return longer;
}

void *listpack_behead(void *lp, uint32_t bytes, uint32_t count) {
    uint8_t *shorter = (uint8_t *)lp + bytes;
    memmove(shorter, lp, HEADER_BYTES);
    set_bytes(shorter, listpack_bytes(shorter) - bytes);
    unsigned known = stored_count(shorter);
    if (known != COUNT_UNKNOWN) set_count(shorter, known - count);
    return shorter;
}

/* --- what comes from outside --- */

/* Size of the element at p with its back length, or 0 if it is none or does not end before `end`. */
static size_t valid_element(const uint8_t *p, const uint8_t *end) {
    size_t room = (size_t)(end - p);
    uint8_t first = *p;
    if (first > 0xf4) return 0;
    if (first >= 0xc0 && room < 2) return 0;
    if (first == 0xf0 && room < 5) return 0;
    size_t encoded = encoded_size(p), back = back_size(encoded);
    if (encoded > room || room - encoded < back) return 0;
    uint8_t expected[5];
    write_back(expected, encoded);
    return memcmp(p + encoded, expected, back) == 0 ? encoded + back : 0;
}

bool listpack_valid(const void *bytes, size_t len, bool deep) {
    if (len < LISTPACK_EMPTY_BYTES || len > UINT32_MAX || listpack_bytes(bytes) != len) return false;
    const uint8_t *p = (const uint8_t *)bytes + HEADER_BYTES, *end = (const uint8_t *)bytes + len - 1;
    if (*end != END) return false;
    if (!deep) return true;
    size_t count = 0;
    for (; p < end; count++) {
        size_t size = valid_element(p, end);
        if (size == 0) return false;
        p += size;
    }
    return stored_count(bytes) == COUNT_UNKNOWN || stored_count(bytes) == count;
}
