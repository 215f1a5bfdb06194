/* One key with its value: the item of the keyspace's tables, in one allocation.
 *
 *      ┌────────────────────── 8 bytes ──────────────────────┬─ if EXPIRES ─┬ if LONG_KEY ┬─────┬─────────┐
 *      │ type+encoding │ flags │ access (3) │ key_len │ size │ deadline (8) │ key_len (4) │ key │ payload │
 *      └─────────────────────────────────────────────────────┴──────────────┴─────────────┴─────┴─────────┘
 *
 * The payload is the value itself where it is small (bytes of a string, an integer, a listpack, an intset),
 * otherwise a pointer to it. A 16-byte key with a 32-byte string and a TTL takes 64 bytes. Nothing behind the
 * header is aligned; it is read through the functions below.
 *
 * An entry moves when it changes its size or gains a deadline: those functions take it and return where it is
 * now. */
#ifndef TORC_TYPES_ENTRY_H
#define TORC_TYPES_ENTRY_H

#include "common/base/slice.h"
#include <stdint.h>

enum value_type { VALUE_STRING, VALUE_LIST, VALUE_SET, VALUE_ZSET, VALUE_HASH, VALUE_STREAM, VALUE_TYPES };

enum value_encoding {
    ENC_INT,      /* string: an int64_t */
    ENC_BYTES,    /* string: bytes inline, `size` of them */
    ENC_HEAP,     /* string: pointer to a struct heap_string */
    ENC_LISTPACK, /* collection: a listpack inline */
    ENC_INTSET,   /* set: an intset inline */
    ENC_TREE,     /* pointer to the large form of the type: hash table, deque of listpacks, B+ tree, stream */
};

enum entry_flags {
    ENTRY_EXPIRES = 1 << 0,
    ENTRY_LONG_KEY = 1 << 1,
    ENTRY_GREW = 1 << 2, /* a string that was changed in place: OBJECT ENCODING says raw, as Redis does */
    ENTRY_FIELDS_EXPIRE =
        1 << 3, /* a hash whose form has room for deadlines of its fields (hash_deadlines.h) */
};

struct entry {
    uint8_t kind; /* type in the low four bits, encoding in the high four */
    uint8_t flags;
    uint8_t access[3]; /* 24 bits of LRU clock or LFU counter, the eviction policy's business */
    uint8_t key_len;   /* unless ENTRY_LONG_KEY */
    uint16_t size;     /* bytes of an ENC_BYTES payload */
    char rest[];
};
_Static_assert(sizeof(struct entry) == 8, "the header is paid for by every key");

#define ENTRY_NO_DEADLINE INT64_MIN
#define ENTRY_BYTES_MAX                                                                                      \
    1024 /* longer strings live on the heap, so that appending does not copy key and all */
#define ENTRY_SHORT_KEY_MAX 255

static inline enum value_type entry_type(const struct entry *e) {
    return e->kind & 15;
}
static inline enum value_encoding entry_encoding(const struct entry *e) {
    return e->kind >> 4;
}
static inline bool entry_expires(const struct entry *e) {
    return e->flags & ENTRY_EXPIRES;
}

static inline bool entry_fields_expire(const struct entry *e) {
    return __builtin_expect(e->flags & ENTRY_FIELDS_EXPIRE, 0);
}

/* The entry, or some of it, may die by itself. */
static inline bool entry_time_matters(const struct entry *e) {
    return e->flags & (ENTRY_EXPIRES | ENTRY_FIELDS_EXPIRE);
}

static inline size_t entry_key_offset(const struct entry *e) {
    return (size_t)((e->flags & ENTRY_EXPIRES) << 3) + ((e->flags & ENTRY_LONG_KEY) << 1);
}
static inline size_t entry_key_len(const struct entry *e) {
    if (__builtin_expect(!(e->flags & ENTRY_LONG_KEY), 1)) return e->key_len;
    uint32_t len;
    memcpy(&len, e->rest + ((e->flags & ENTRY_EXPIRES) << 3), sizeof(len));
    return len;
}
static inline struct slice entry_key(const struct entry *e) {
    return (struct slice){e->rest + entry_key_offset(e), entry_key_len(e)};
}
/* When the entry dies, in ms since 1970; ENTRY_NO_DEADLINE if never. */
static inline int64_t entry_deadline(const struct entry *e) {
    if (!entry_expires(e)) return ENTRY_NO_DEADLINE;
    int64_t when;
    memcpy(&when, e->rest, sizeof(when));
    return when;
}
static inline bool entry_due(const struct entry *e, int64_t now_ms) {
    return __builtin_expect(entry_expires(e), 0) && entry_deadline(e) < now_ms;
}
static inline char *entry_payload(const struct entry *e) {
    return (char *)e->rest + entry_key_offset(e) + entry_key_len(e);
}
static inline void *entry_pointer(const struct entry *e) { /* of ENC_HEAP and ENC_TREE */
    void *p;
    memcpy(&p, entry_payload(e), sizeof(p));
    return p;
}
static inline void entry_set_pointer(struct entry *e, void *p) {
    memcpy(entry_payload(e), &p, sizeof(p));
}
static inline uint32_t entry_access(const struct entry *e) {
    return (uint32_t)e->access[0] | (uint32_t)e->access[1] << 8 | (uint32_t)e->access[2] << 16;
}
/* Writes only when it differs, so that reading a hot key does not dirty its cache line. */
static inline void entry_set_access(struct entry *e, uint32_t access) {
    if (entry_access(e) == access) return;
    e->access[0] = (uint8_t)access;
    e->access[1] = (uint8_t)(access >> 8);
    e->access[2] = (uint8_t)(access >> 16);
}

/* Bytes of the payload as it stands (8 for pointers), and of the whole entry. */
size_t entry_payload_size(const struct entry *e);
size_t entry_size(const struct entry *e);

/* A new entry; key is copied; the payload is copied, or left to the caller to fill where it is NULL. */
struct entry *entry_create(enum value_type type, enum value_encoding encoding, struct slice key,
                           int64_t deadline_ms, const void *payload, size_t payload_size);

/* Takes `e` and returns it, perhaps elsewhere, with another kind and room for a payload of `payload_size`
 * bytes, of which as many as fit are kept. */
struct entry *entry_reshape(struct entry *e, enum value_encoding encoding, size_t payload_size);

/* Takes `e`, whose listpack or intset became smaller in place (it had `payload_before` bytes), and returns
 * it, perhaps elsewhere, with the room that it needs. */
struct entry *entry_shrunk(struct entry *e, size_t payload_before);

/* Takes `e` and returns it with this deadline (ENTRY_NO_DEADLINE: none). */
struct entry *entry_set_deadline(struct entry *e, int64_t deadline_ms);

/* Takes `e` and returns an entry of another key with its value, deadline and access. */
struct entry *entry_rename(struct entry *e, struct slice key);

/* Frees the entry's own memory, not what its payload points to (value_release does). */
void entry_free_shell(struct entry *e);

#endif
