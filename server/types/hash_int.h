/* What the files of the hash type share. */
#ifndef TORC_TYPES_HASH_INT_H
#define TORC_TYPES_HASH_INT_H

#include "common/base/hash.h"
#include "common/base/mem.h"
#include "server/ds/deadlines.h"
#include "server/ds/listpack.h"
#include "server/types/hash_item.h"
#include "server/types/items.h"

static inline bool hash_is_small(const struct entry *e) {
    return entry_encoding(e) == ENC_LISTPACK;
}
static inline void *hash_small(const struct entry *e) {
    return entry_payload(e);
}
static inline struct items *hash_large(const struct entry *e) {
    return entry_pointer(e);
}

/* --- small: pairs, or triples with the deadline last --- */

static inline unsigned hash_width(const struct entry *e) {
    return entry_fields_expire(e) ? 3 : 2;
}
static inline uint32_t hash_small_find(const struct entry *e, struct slice field) {
    const void *lp = hash_small(e);
    return listpack_find(lp, listpack_first(lp), field, hash_width(e) - 1);
}
/* The deadline of the triple whose value is at `value_at`; ENTRY_NO_DEADLINE if it has none. */
int64_t hash_small_deadline(const void *lp, uint32_t value_at);
/* Gives the triple at `at` this deadline and its place in the order. */
struct entry *hash_small_set_deadline(struct entry *e, uint32_t at, int64_t deadline_ms);
/* Makes room for the listpack to be `bytes` long. */
static inline struct entry *hash_small_reserve(struct entry *e, size_t bytes) {
    return entry_reshape(e, ENC_LISTPACK, bytes);
}

/* --- large --- */

static inline uint64_t hash_field_hash(const struct table *t, struct slice field) {
    return hash_slice(t->owner, field);
}
static inline bool hash_item_has_field(const void *item, const void *field) {
    return slice_eq_short(item_field(item), *(const struct slice *)field);
}
/* Finds a field, due or not. */
static inline struct hash_item *hash_large_find(const struct table *t, uint64_t hash, struct slice field,
                                                struct table_pos *pos) {
    return table_find(t, hash, hash_item_has_field, &field, pos);
}

/* What a large hash with deadlines has beside its table. */
struct field_deadlines {
    struct deadlines index; /* the table's; first, so that one pointer leads to both */
    size_t count;           /* fields with a deadline */
    int64_t horizon_ms;     /* a deadline before this makes a field absent */
    bool overdue;           /* some of those may be left in the table */
};
static inline struct field_deadlines *field_deadlines_of(const struct table *t) {
    return (struct field_deadlines *)t->deadlines;
}
/* The item's field is due, and waits to be deleted. */
static inline bool hash_item_absent(const struct table *t, const struct hash_item *item) {
    return __builtin_expect(item->flags & ITEM_EXPIRES, 0) &&
           item_deadline(item) < field_deadlines_of(t)->horizon_ms;
}
/* The table of an entry with ENTRY_FIELDS_EXPIRE has one, and only such a table. */
void field_deadlines_attach(struct table *t, int64_t epoch_ms);
void field_deadlines_destroy(struct field_deadlines **d);
/* An item of this hash got a deadline. */
void field_deadlines_note(struct table *t, uint64_t hash, int64_t deadline_ms);
/* How many items of a large hash are absent. */
size_t field_deadlines_absent(const struct items *items);
/* Gives `copy`, which holds copies of the items of `t`, deadlines of its own. */
void field_deadlines_copy(const struct table *t, struct table *copy);

#endif
