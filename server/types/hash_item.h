/* One field of a large hash, in one allocation:
 *
 *      ┌─────────── 4 bytes ───────────┬─ if EXPIRES ─┬ if LONG_FIELD ┬───────┬─────────────────────┐
 *      │ flags │ field_len │ value_len │ deadline (8) │ field_len (8) │ field │ value, or a pointer │
 *      └───────────────────────────────┴──────────────┴───────────────┴───────┴─────────────────────┘
 *
 * Values of more than ITEM_VALUE_MAX bytes hang off, so that changing one does not copy the field and sizes
 * stay in 16 bits. A field of ten bytes with a value of ten takes 24. Internal to the hash type and its
 * tests. */
#ifndef TORC_TYPES_HASH_ITEM_H
#define TORC_TYPES_HASH_ITEM_H

#include "common/base/slice.h"
#include "server/types/entry.h"
#include <stdint.h>

enum hash_item_flags {
    ITEM_EXPIRES = 1 << 0, /* the field has a deadline of its own */
    ITEM_LONG_FIELD = 1 << 1,
    ITEM_FAR_VALUE = 1 << 2, /* the payload is a pointer to a struct far_value */
};

struct hash_item {
    uint8_t flags;
    uint8_t field_len; /* unless ITEM_LONG_FIELD */
    uint16_t value_len;
    char rest[];
};

struct far_value {
    size_t len;
    char bytes[];
};

#define ITEM_VALUE_MAX       1024
#define ITEM_SHORT_FIELD_MAX 255

static inline size_t item_field_offset(const struct hash_item *item) {
    return (size_t)((item->flags & ITEM_EXPIRES) << 3) + ((item->flags & ITEM_LONG_FIELD) << 2);
}
static inline size_t item_field_len(const struct hash_item *item) {
    if (__builtin_expect(!(item->flags & ITEM_LONG_FIELD), 1)) return item->field_len;
    size_t len;
    memcpy(&len, item->rest + ((item->flags & ITEM_EXPIRES) << 3), sizeof(len));
    return len;
}
/* When the field dies, in ms since 1970; ENTRY_NO_DEADLINE if never. */
static inline int64_t item_deadline(const struct hash_item *item) {
    if (!(item->flags & ITEM_EXPIRES)) return ENTRY_NO_DEADLINE;
    int64_t when;
    memcpy(&when, item->rest, sizeof(when));
    return when;
}
static inline struct slice item_field(const struct hash_item *item) {
    return (struct slice){item->rest + item_field_offset(item), item_field_len(item)};
}
static inline char *item_payload(const struct hash_item *item) {
    return (char *)item->rest + item_field_offset(item) + item_field_len(item);
}
static inline struct far_value *item_far_value(const struct hash_item *item) {
    struct far_value *far;
    memcpy(&far, item_payload(item), sizeof(far));
    return far;
}
static inline struct slice item_value(const struct hash_item *item) {
    if (__builtin_expect(!(item->flags & ITEM_FAR_VALUE), 1))
        return (struct slice){item_payload(item), item->value_len};
    const struct far_value *far = item_far_value(item);
    return (struct slice){far->bytes, far->len};
}

/* Both are copied. */
struct hash_item *item_create(struct slice field, struct slice value);
/* A copy, deadline and all. */
struct hash_item *item_copy(const struct hash_item *item);
/* Takes the item and returns it, perhaps elsewhere, with this value (copied; it must not point into the
 * item). It keeps its deadline. */
struct hash_item *item_assign(struct hash_item *item, struct slice value);
/* Takes the item and returns it, perhaps elsewhere, with this deadline (ENTRY_NO_DEADLINE: none). */
struct hash_item *item_set_deadline(struct hash_item *item, int64_t deadline_ms);
/* Frees it; returns how many allocations it was. */
size_t item_free(struct hash_item *item);
/* What it takes of memory. */
size_t item_memory(const struct hash_item *item);

#endif
