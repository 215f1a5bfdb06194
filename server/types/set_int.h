/* What the files of the set type share. */
#ifndef TORC_TYPES_SET_INT_H
#define TORC_TYPES_SET_INT_H

#include "server/types/items.h"
#include "server/types/set.h"

extern const struct items_kind set_items;

static inline bool set_is_large(const struct entry *e) {
    return entry_encoding(e) == ENC_TREE;
}
static inline bool set_is_intset(const struct entry *e) {
    return entry_encoding(e) == ENC_INTSET;
}
static inline void *set_small(const struct entry *e) { /* an intset or a listpack */
    return entry_payload(e);
}
static inline struct items *set_large(const struct entry *e) {
    return entry_pointer(e);
}

#endif
