/* What is done with a value without knowing its type: freeing, measuring, copying, naming.
 * Each type provides one table of these; value.c picks it by the entry's type. */
#ifndef TORC_TYPES_VALUE_H
#define TORC_TYPES_VALUE_H

#include "server/types/entry.h"
#include <stdbool.h>

struct value_ops {
    const char *name;                                    /* as TYPE answers */
    const char *(*encoding_name)(const struct entry *e); /* as OBJECT ENCODING answers */
    /* Roughly how many allocations it takes to free it; 1 for what is inline. */
    size_t (*effort)(const struct entry *e);
    /* Frees what the payload points to, up to `budget` allocations (decreased); true when nothing is left.
     * Called only for ENC_HEAP and ENC_TREE; needs nothing but the pointer, so a helper thread can do it. */
    bool (*release)(struct entry *e, size_t *budget);
    /* Memory beyond the entry itself; with samples > 0 estimated from that many elements, 0: exact. */
    size_t (*memory)(const struct entry *e, size_t samples);
    /* A copy of the entry under another key with this deadline. */
    struct entry *(*copy)(const struct entry *e, struct slice key, int64_t deadline_ms);
    /* Advice for commands about one member (or field) of an ENC_TREE value, in two stages as for lookups in a
     * table: the first returns a hash for the second. NULL: the type has no such thing. */
    uint64_t (*prefetch_bucket)(const struct entry *e, struct slice member);
    void (*prefetch_item)(const struct entry *e, uint64_t hash);
};

const struct value_ops *value_ops(enum value_type type);

static inline const char *value_type_name(const struct entry *e) {
    return value_ops(entry_type(e))->name;
}
static inline const char *value_encoding_name(const struct entry *e) {
    return value_ops(entry_type(e))->encoding_name(e);
}
size_t value_effort(const struct entry *e);
/* Frees entry and value at once. */
void value_free(struct entry *e);
/* Frees some of it; true when the entry itself is gone too. */
bool value_free_step(struct entry *e, size_t *budget);
size_t value_memory(const struct entry *e, size_t samples);
struct entry *value_copy(const struct entry *e, struct slice key, int64_t deadline_ms);

#endif
