/* What a database with slots knows of its 16,384 tables without looking at each: how many keys every slot
 * has, sums over all of them, and which slots hold something that is due. A database without slots has none.
 *
 *      counts[slot]   groups[128 slots]      a random key's slot: over the groups, then over one group's
 * counts due            a lower bound for each slot, as server/ds/deadlines.h has it for buckets */
#ifndef TORC_KEYSPACE_SLOT_INDEX_H
#define TORC_KEYSPACE_SLOT_INDEX_H

#include "common/slots/slots.h"
#include "server/ds/deadlines.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_GROUP 128 /* slots whose keys are counted together */

struct slot_index {
    uint32_t counts[SLOTS_COUNT];
    uint32_t groups[SLOTS_COUNT / SLOT_GROUP];
    size_t total;
    size_t hidden;   /* of them, in slots that are kept and not shown */
    size_t expiring; /* the sums of struct keytable's fields */
    size_t fields_expiring;
    __int128 deadline_sum;
    struct deadlines due;
};

/* Slots that are hidden, a bit each, are `hidden`'s (borrowed; NULL: none). */
struct slot_index *slot_index_create(int64_t now_ms);
void slot_index_destroy(struct slot_index **index);
void slot_index_clear(struct slot_index *index, int64_t now_ms); /* all tables are empty */

static inline bool slot_is_hidden(const uint64_t *hidden, unsigned slot) {
    return hidden && hidden[slot / 64] >> slot % 64 & 1;
}

/* A key came to the slot (by 1) or went (by -1). */
static inline void slot_index_count(struct slot_index *index, unsigned slot, int by, const uint64_t *hidden) {
    index->counts[slot] += (uint32_t)by;
    index->groups[slot / SLOT_GROUP] += (uint32_t)by;
    index->total += (size_t)(ptrdiff_t)by;
    if (hidden && slot_is_hidden(hidden, slot)) index->hidden += (size_t)(ptrdiff_t)by;
}
/* Other slots are hidden now. */
void slot_index_hide(struct slot_index *index, const uint64_t *hidden);

/* The slot that the key number `nth` is in, counting from slot 0 on; nth < total. */
unsigned slot_index_nth(const struct slot_index *index, size_t nth);
/* The first slot from `slot` on with keys that are shown; SLOTS_COUNT: none. */
unsigned slot_index_next(const struct slot_index *index, unsigned slot, const uint64_t *hidden);

#endif
