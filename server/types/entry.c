/* Sizes are never stored: header, key and encoding tell them, so freeing needs no question to the allocator.
 * A payload may be shorter than its room; what counts is the size class, in which an entry grows and shrinks
 * without moving. */
#include "server/types/entry.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/intset.h"
#include "server/ds/listpack.h"

size_t entry_payload_size(const struct entry *e) {
    switch (entry_encoding(e)) {
    case ENC_INT: return sizeof(int64_t);
    case ENC_BYTES: return e->size;
    case ENC_HEAP:
    case ENC_TREE: return sizeof(void *);
    case ENC_LISTPACK: return listpack_bytes(entry_payload(e));
    case ENC_INTSET: return intset_bytes(entry_payload(e));
    }
    panic("entry of unknown encoding %d", (int)entry_encoding(e));
}

static size_t shell_size(const struct entry *e) {
    return sizeof(*e) + entry_key_offset(e) + entry_key_len(e);
}

size_t entry_size(const struct entry *e) {
    return shell_size(e) + entry_payload_size(e);
}

struct entry *entry_create(enum value_type type, enum value_encoding encoding, struct slice key,
                           int64_t deadline_ms, const void *payload, size_t payload_size) {
    bool expires = deadline_ms != ENTRY_NO_DEADLINE, long_key = key.len > ENTRY_SHORT_KEY_MAX;
    size_t fixed = sizeof(struct entry) + (expires ? 8 : 0) + (long_key ? 4 : 0);
    struct entry *e = mem_alloc(fixed + key.len + payload_size);
    e->kind = (uint8_t)(type | encoding << 4);
    e->flags = (uint8_t)((expires ? ENTRY_EXPIRES : 0) | (long_key ? ENTRY_LONG_KEY : 0));
    memset(e->access, 0, sizeof(e->access));
    e->key_len = long_key ? 0 : (uint8_t)key.len;
    e->size = encoding == ENC_BYTES ? (uint16_t)payload_size : 0;
    char *at = e->rest;
    if (expires) {
        memcpy(at, &deadline_ms, 8);
        at += 8;
    }
    if (long_key) {
        uint32_t len = (uint32_t)key.len;
        memcpy(at, &len, 4);
        at += 4;
    }
    if (key.len) memcpy(at, key.ptr, key.len);
    if (payload) memcpy(at + key.len, payload, payload_size);
    return e;
}

struct entry *entry_reshape(struct entry *e, enum value_encoding encoding, size_t payload_size) {
    must(encoding != ENC_BYTES || payload_size <= UINT16_MAX);
    size_t before = entry_size(e), after = shell_size(e) + payload_size;
    if (!mem_serves(before, after)) e = mem_realloc(e, after);
    e->kind = (uint8_t)(entry_type(e) | encoding << 4);
    e->size = encoding == ENC_BYTES ? (uint16_t)payload_size : 0;
    return e;
}

struct entry *entry_shrunk(struct entry *e, size_t payload_before) {
    size_t after = entry_size(e), before = after - entry_payload_size(e) + payload_before;
    return mem_serves(before, after) ? e : mem_realloc(e, after);
}

struct entry *entry_set_deadline(struct entry *e, int64_t deadline_ms) {
    bool expires = deadline_ms != ENTRY_NO_DEADLINE;
    if (expires == entry_expires(e)) {
        if (expires) memcpy(e->rest, &deadline_ms, 8);
        return e;
    }
    size_t size = entry_size(e), at = sizeof(*e);
    e = expires ? mem_open_gap(e, size, at, 8) : mem_close_gap(e, size, at, 8);
    if (expires) memcpy(e->rest, &deadline_ms, 8);
    e->flags ^= ENTRY_EXPIRES;
    return e;
}

struct entry *entry_rename(struct entry *e, struct slice key) {
    struct entry *renamed = entry_create(entry_type(e), entry_encoding(e), key, entry_deadline(e),
                                         entry_payload(e), entry_payload_size(e));
    renamed->flags |= e->flags & (ENTRY_GREW | ENTRY_FIELDS_EXPIRE);
    memcpy(renamed->access, e->access, sizeof(e->access));
    entry_free_shell(e);
    return renamed;
}

void entry_free_shell(struct entry *e) {
    mem_free_sized(e, entry_size(e));
}
