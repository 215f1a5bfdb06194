/* Payloads for RESTORE: values as DUMP writes them, composed here byte by byte, since the two servers' own
 * differ. Some are damaged; what the servers judge differently (an element that is there twice) is left out.
 */
#include "common/base/buf.h"
#include "common/base/crc.h"
#include "tests/differential/values.h"

enum { STRING = 0, SET = 2, HASH = 4, ZSET = 5, INTSET = 11, HASH_LISTPACK = 16, ZSET_LISTPACK = 17 };
#define VERSION 10

static void put_text(struct buf *b, const char *prefix, unsigned number) {
    struct buf text = {0};
    buf_printf(&text, "%s%u", prefix, number);
    buf_append_char(b, (char)text.len);
    buf_append_slice(b, buf_slice(&text));
    buf_deinit(&text);
}

static void put_string(struct buf *b, struct rng *rng) {
    buf_append_char(b, STRING);
    switch (rng_below(rng, 4)) {
    case 0: buf_append(b, "\xc0\x07", 2); break;             /* 7 */
    case 1: buf_append(b, "\xc2\x15\xcd\x5b\x07", 5); break; /* 123456789 */
    case 2: buf_append(b, "\xc3\x08\x1e\x01xx\xe0\x14\0\1xx", 12); break;
    default: put_text(b, "text", (unsigned)rng_below(rng, 100));
    }
}

static void put_elements(struct buf *b, struct rng *rng, int type) {
    unsigned count = (unsigned)rng_below(rng, 12);
    buf_append_char(b, (char)type);
    buf_append_char(b, (char)count);
    for (unsigned i = 0; i < count; i++) {
        double score = (double)rng_below(rng, 20) / 2;
        put_text(b, "f", i);
        if (type == HASH) put_text(b, "v", (unsigned)rng_below(rng, 9));
        if (type == ZSET) buf_append(b, &score, sizeof(score));
    }
}

#define PUT(b, type, literal)                                                                                \
    (buf_append_char(b, type), buf_append_char(b, sizeof(literal) - 1),                                      \
     buf_append(b, literal, sizeof(literal) - 1))

static void put_blob(struct buf *b, struct rng *rng) {
    switch (rng_below(rng, 5)) {
    case 0: PUT(b, INTSET, "\2\0\0\0\3\0\0\0\xff\xff\1\0\7\0"); break;
    case 1: PUT(b, INTSET, "\4\0\0\0\1\0\0\0\xff\xff\1\0"); break;
    case 2:
        PUT(b, HASH_LISTPACK,
            "\x0d\0\0\0\2\0\x82"
            "f1\3\5\1\xff");
        break;
    case 3:
        PUT(b, ZSET_LISTPACK,
            "\x13\0\0\0\4\0\x82"
            "f1\3\5\1\x82"
            "f2\3\6\1\xff");
        break;
    default: PUT(b, HASH_LISTPACK, "\7\0\0\0\0\0\xff"); /* empty */
    }
}

void value_payload(struct args *a, struct rng *rng) {
    struct buf b = {0};
    switch (rng_below(rng, 5)) {
    case 0: put_elements(&b, rng, SET); break;
    case 1: put_elements(&b, rng, HASH); break;
    case 2: put_elements(&b, rng, ZSET); break;
    case 3: put_blob(&b, rng); break;
    default: put_string(&b, rng);
    }
    if (chance(rng, 12)) b.ptr[0] = 99; /* cut ones Redis completes with the bytes of the footer */
    buf_append_char(&b, chance(rng, 40) ? 99 : VERSION);
    buf_append_char(&b, 0);
    uint64_t crc = crc64(0, b.ptr, b.len);
    buf_append(&b, &crc, sizeof(crc));
    if (chance(rng, 40)) b.ptr[rng_below(rng, b.len)] ^= 4;
    args_add(a, b.ptr, b.len);
    buf_deinit(&b);
}
