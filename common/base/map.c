/* Open addressing with linear probing.
 *
 *      slots   │ empty │ pair │ grave │ pair │ empty │ …      hash & (cap - 1) is where a probe starts
 *
 * A removed pair leaves a grave, because a walk may remove what it has just seen and nothing may move under
 * it. A grave at the end of its run turns empty at once, together with the graves before it; the others go
 * when the map is laid out anew, which happens when pairs and graves fill three quarters.
 *
 * Each slot keeps the whole hash: a probe compares it before it looks at a key, and growing hashes nothing.
 */
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CAP_MIN 8

struct map_slot {
    uint64_t hash;
    char *key; /* owned; NULL in empty slots, GRAVE in graves */
    size_t key_len;
    void *value;
};

static char grave_mark;
#define GRAVE (&grave_mark)

void map_init(struct map *m, uint64_t seed) {
    *m = (struct map){.seed = seed};
}

static bool slot_holds_pair(const struct map_slot *slot) {
    return slot->key != NULL && slot->key != GRAVE;
}

void map_deinit(struct map *m) {
    for (size_t i = 0; i < m->cap; i++)
        if (slot_holds_pair(&m->slots[i])) mem_free_sized(m->slots[i].key, m->slots[i].key_len);
    mem_free(m->slots);
    *m = (struct map){.seed = m->seed};
}

static uint64_t hash_of(const struct map *m, struct slice key) {
    return XXH3_64bits_withSeed(key.len ? key.ptr : "", key.len, m->seed);
}

static struct map_slot *find(const struct map *m, uint64_t hash, struct slice key) {
    if (m->count == 0) return NULL;
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *slot = &m->slots[i];
        if (slot->key == NULL) return NULL;
        if (slot->hash == hash && slot->key != GRAVE &&
            slice_eq((struct slice){slot->key, slot->key_len}, key))
            return slot;
    }
}

void *map_get(const struct map *m, struct slice key) {
    struct map_slot *slot = find(m, hash_of(m, key), key);
    return slot ? slot->value : NULL;
}

static struct map_slot *first_empty(const struct map *m, uint64_t hash) {
    size_t i = hash & (m->cap - 1);
    while (m->slots[i].key != NULL)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

/* Lays all pairs out anew, with at least half of the slots empty. */
static void rebuild(struct map *m) {
    struct map before = *m;
    size_t cap = CAP_MIN;
    while (cap < (m->count + 1) * 2)
        cap *= 2;
    m->slots = mem_zalloc(cap * sizeof(struct map_slot));
    m->cap = cap;
    m->used = m->count;
    for (size_t i = 0; i < before.cap; i++)
        if (slot_holds_pair(&before.slots[i])) *first_empty(m, before.slots[i].hash) = before.slots[i];
    mem_free(before.slots);
}

void *map_put(struct map *m, struct slice key, void *value) {
    must(value != NULL);
    uint64_t hash = hash_of(m, key);
    struct map_slot *slot = find(m, hash, key);
    if (slot) {
        void *before = slot->value;
        slot->value = value;
        return before;
    }
    if ((m->used + 1) * 4 > m->cap * 3) rebuild(m);
    char *copy = mem_alloc(key.len);
    if (key.len) memcpy(copy, key.ptr, key.len);
    *first_empty(m, hash) = (struct map_slot){hash, copy, key.len, value};
    m->count++;
    m->used++;
    return NULL;
}

void *map_remove(struct map *m, struct slice key) {
    struct map_slot *slot = find(m, hash_of(m, key), key);
    if (slot == NULL) return NULL;
    void *value = slot->value;
    mem_free_sized(slot->key, slot->key_len);
    slot->key = GRAVE;
    m->count--;
    size_t i = (size_t)(slot - m->slots);
    if (m->slots[(i + 1) & (m->cap - 1)].key != NULL) return value;
    while (m->slots[i].key == GRAVE) {
        m->slots[i].key = NULL;
        m->used--;
        i = (i - 1) & (m->cap - 1);
    }
    return value;
}

bool map_next(const struct map *m, size_t *cursor, struct slice *key, void **value) {
    for (size_t i = *cursor; i < m->cap; i++) {
        const struct map_slot *slot = &m->slots[i];
        if (!slot_holds_pair(slot)) continue;
        *key = (struct slice){slot->key, slot->key_len};
        *value = slot->value;
        *cursor = i + 1;
        return true;
    }
    *cursor = m->cap;
    return false;
}
