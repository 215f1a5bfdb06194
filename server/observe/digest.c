/* Two ways to add a piece to a digest:
 *
 *      blend:  digest ^= SHA1(piece)            the order of pieces does not matter (keys, fields, members)
 *      chain:  blend, then digest = SHA1(digest)  the order matters (a key and its value, elements of a list)
 *
 * Numbers are chained as four bytes, big-endian; ids of a stream's entries as "ms.seq". A value with a
 * deadline blends in the text "!!expire!!", a field of a hash "!!hexpire!!". */
#include "server/observe/digest.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/base/sha1.h"
#include "server/keyspace/database.h"
#include "server/types/hash_deadlines.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream.h"
#include "server/types/string.h"
#include "server/types/zset.h"
#include <inttypes.h>
#include <stdio.h>

/* The type numbers that Redis gives to values. */
static const uint32_t type_numbers[VALUE_TYPES] = {[VALUE_STRING] = 0, [VALUE_LIST] = 1, [VALUE_SET] = 2,
                                                   [VALUE_ZSET] = 3,   [VALUE_HASH] = 4, [VALUE_STREAM] = 6};

static void sha1_of(const void *bytes, size_t len, unsigned char out[DIGEST_BYTES]) {
    struct sha1 s;
    sha1_init(&s);
    sha1_update(&s, bytes, len);
    sha1_final(&s, out);
}

static void blend(unsigned char *digest, const void *bytes, size_t len) {
    unsigned char piece[DIGEST_BYTES];
    sha1_of(bytes, len, piece);
    for (int i = 0; i < DIGEST_BYTES; i++)
        digest[i] ^= piece[i];
}

static void chain(unsigned char *digest, const void *bytes, size_t len) {
    unsigned char blended[DIGEST_BYTES];
    blend(digest, bytes, len);
    memcpy(blended, digest, sizeof(blended));
    sha1_of(blended, sizeof(blended), digest);
}

static void chain_u32(unsigned char *digest, uint32_t number) {
    unsigned char big_endian[4] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                   (unsigned char)(number >> 8), (unsigned char)number};
    chain(digest, big_endian, sizeof(big_endian));
}

static void add_field(void *arg, struct slice field, struct slice value, int64_t deadline_ms) {
    unsigned char piece[DIGEST_BYTES] = {0};
    chain(piece, field.ptr, field.len);
    chain(piece, value.ptr, value.len);
    if (deadline_ms != ENTRY_NO_DEADLINE) blend(piece, "!!hexpire!!", 11);
    blend(arg, piece, sizeof(piece));
}

static bool add_element(void *arg, struct slice value) {
    chain(arg, value.ptr, value.len);
    return true;
}

static void add_members(unsigned char *digest, const struct entry *e) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            blend(digest, g.member[i].ptr, g.member[i].len);
}

static void add_scored(void *arg, struct slice member, double score) {
    unsigned char piece[DIGEST_BYTES] = {0};
    char text[NUM_DOUBLE_CHARS_MAX];
    int len = snprintf(text, sizeof(text), "%.17g", score);
    chain(piece, member.ptr, member.len);
    chain(piece, text, (size_t)len);
    blend(arg, piece, sizeof(piece));
}

static void add_entries(unsigned char *digest, const struct stream *s) {
    struct stream_range r;
    stream_range_begin(&r, s, STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_range_next(&r)) {
        char id[48];
        int len = snprintf(id, sizeof(id), "%" PRIu64 ".%" PRIu64, r.entry.id.ms, r.entry.id.seq);
        chain(digest, id, (size_t)len);
        struct stream_pairs pairs;
        struct slice field, value;
        stream_pairs_begin(&pairs, &r.node, &r.entry);
        while (stream_pairs_next(&pairs, &field, &value)) {
            chain(digest, field.ptr, field.len);
            chain(digest, value.ptr, value.len);
        }
    }
}

static void add_value(unsigned char *digest, const struct entry *e) {
    chain_u32(digest, type_numbers[entry_type(e)]);
    switch (entry_type(e)) {
    case VALUE_STRING: {
        char scratch[STRING_VIEW_CHARS];
        struct slice bytes = string_view(e, scratch);
        chain(digest, bytes.ptr, bytes.len);
        break;
    }
    case VALUE_LIST: list_range(e, 0, SIZE_MAX, false, add_element, digest); break;
    case VALUE_SET: add_members(digest, e); break;
    case VALUE_ZSET: zset_range(e, 0, SIZE_MAX, false, add_scored, digest); break;
    case VALUE_HASH: hash_each_deadline(e, add_field, digest); break;
    case VALUE_STREAM: add_entries(digest, stream_of(e)); break;
    default: panic("no digest for values of type %d", (int)entry_type(e));
    }
    if (entry_expires(e)) blend(digest, "!!expire!!", 10);
}

void digest_value(const struct entry *e, unsigned char out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    add_value(out, e);
}

static void add_key(void *arg, void *item) {
    const struct entry *e = item;
    unsigned char piece[DIGEST_BYTES] = {0};
    struct slice key = entry_key(e);
    chain(piece, key.ptr, key.len);
    add_value(piece, e);
    blend(arg, piece, sizeof(piece));
}

void digest_keyspace(const struct keyspace *ks, unsigned char out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    for (int i = 0; i < ks->conf.databases; i++) {
        const struct database *db = ks->databases[i];
        if (db == NULL || database_count(db) == 0) continue;
        chain_u32(out, (uint32_t)i);
        for (uint32_t t = 0; t < db->table_count; t++)
            table_each(&db->tables[t].table, add_key, out);
    }
}
