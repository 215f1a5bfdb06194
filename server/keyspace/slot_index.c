/* Counting is two additions per key that comes or goes; looking up walks two arrays of 128, some cache lines
 * each. */
#include "server/keyspace/slot_index.h"
#include "common/base/mem.h"
#include <string.h>

struct slot_index *slot_index_create(int64_t now_ms) {
    struct slot_index *index = mem_zalloc(sizeof(*index));
    deadlines_init(&index->due, now_ms);
    deadlines_resize(&index->due, SLOTS_COUNT);
    return index;
}

void slot_index_destroy(struct slot_index **index) {
    if (*index == NULL) return;
    deadlines_deinit(&(*index)->due);
    mem_free_sized(*index, sizeof(**index));
    *index = NULL;
}

void slot_index_clear(struct slot_index *index, int64_t now_ms) {
    deadlines_deinit(&index->due);
    memset(index, 0, sizeof(*index));
    deadlines_init(&index->due, now_ms);
    deadlines_resize(&index->due, SLOTS_COUNT);
}

void slot_index_hide(struct slot_index *index, const uint64_t *hidden) {
    index->hidden = 0;
    for (unsigned slot = 0; slot < SLOTS_COUNT; slot++)
        if (slot_is_hidden(hidden, slot)) index->hidden += index->counts[slot];
}

unsigned slot_index_nth(const struct slot_index *index, size_t nth) {
    unsigned group = 0;
    while (nth >= index->groups[group])
        nth -= index->groups[group++];
    unsigned slot = group * SLOT_GROUP;
    while (nth >= index->counts[slot])
        nth -= index->counts[slot++];
    return slot;
}

unsigned slot_index_next(const struct slot_index *index, unsigned slot, const uint64_t *hidden) {
    while (slot < SLOTS_COUNT) {
        if (slot % SLOT_GROUP == 0 && index->groups[slot / SLOT_GROUP] == 0)
            slot += SLOT_GROUP;
        else if (index->counts[slot] == 0 || slot_is_hidden(hidden, slot))
            slot++;
        else
            break;
    }
    return slot;
}
