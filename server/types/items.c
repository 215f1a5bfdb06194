/* See items.h.
 *
 *      entry ──► struct items ──► buckets ──► item, item, …
 *
 * The table grows one bucket at a time, so that a collection of millions never stalls its writer, and is
 * freed bucket by bucket. */
#include "server/types/items.h"
#include "common/base/mem.h"
#include "common/base/prefetch.h"

struct items *items_create(const struct items_kind *kind, const struct hash_secret *secret) {
    struct items *items = mem_alloc(sizeof(*items));
    table_init(&items->table, kind->hash, secret);
    items->drained = 0;
    items->walk = NULL;
    return items;
}

/* --- freeing, measuring, copying --- */

struct release {
    const struct items_kind *kind;
    size_t freed;
};

static void release_item(void *arg, void *item) {
    struct release *r = arg;
    r->freed += r->kind->free(item);
}

bool items_release(struct items *items, const struct items_kind *kind, size_t *budget) {
    while (*budget > 0 && items->drained < items->table.buckets.count) {
        struct release r = {kind, 0};
        size_t from = items->drained;
        table_drain(&items->table, &items->drained, *budget < 64 ? *budget : 64, release_item, &r);
        r.freed += (items->drained - from) / 8; /* walking over buckets is some of the work */
        *budget -= r.freed < *budget ? r.freed : *budget;
    }
    if (*budget == 0) return false;
    size_t bytes = *budget < SIZE_MAX / sizeof(struct bucket) ? *budget * sizeof(struct bucket) : SIZE_MAX;
    if (!table_deinit_step(&items->table, bytes)) {
        *budget = 0;
        return false;
    }
    mem_free_sized(items, sizeof(*items));
    return true;
}

struct measure {
    const struct items_kind *kind;
    size_t items, bytes;
};

static void measure_item(void *arg, void *item) {
    struct measure *m = arg;
    m->items++;
    m->bytes += m->kind->memory(item);
}

size_t items_memory(const struct items *items, const struct items_kind *kind, size_t samples) {
    const struct table *t = &items->table;
    struct measure m = {kind, 0, 0};
    for (size_t i = 0; i < t->buckets.count && (samples == 0 || m.items < samples); i++)
        table_each_in_bucket(t, i, measure_item, &m);
    size_t estimate = m.items ? (size_t)((double)m.bytes / (double)m.items * (double)t->count) : 0;
    return mem_good_size(sizeof(*items)) + table_bytes(t) + (m.items == t->count ? m.bytes : estimate);
}

struct copy {
    const struct items_kind *kind;
    struct table *to;
};

static void copy_item(void *arg, void *item) {
    struct copy *c = arg;
    table_insert(c->to, c->kind->hash(c->to->owner, item), c->kind->copy(item));
}

struct items *items_copy(const struct items *items, const struct items_kind *kind) {
    struct items *to = items_create(kind, items->table.owner);
    struct copy c = {kind, &to->table};
    items_each(items, copy_item, &c);
    return to;
}

/* --- visiting --- */

/* Which slots are empty could only be guessed: all are taken for full, and the last one may lead on. */
void items_prefetch(const struct items *items, size_t index) {
    if (index >= items->table.buckets.count) return;
    const struct bucket *b = table_bucket(&items->table, index);
    for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
        const void *item = bucket_item(b, i);
        prefetch(item ? item : b);
    }
}

void items_each(const struct items *items, table_visit_fn visit, void *arg) {
    for (size_t i = 0; i < items->table.buckets.count; i++) {
        items_prefetch(items, i + ITEMS_AHEAD);
        table_each_in_bucket(&items->table, i, visit, arg);
    }
}

struct counted {
    table_visit_fn visit;
    void *arg;
    size_t seen;
};

static void visit_counted(void *arg, void *item) {
    struct counted *c = arg;
    c->seen++;
    c->visit(c->arg, item);
}

uint64_t items_scan(const struct items *items, uint64_t cursor, size_t count, table_visit_fn visit,
                    void *arg) {
    struct counted c = {visit, arg, 0};
    size_t buckets_max =
        count < SIZE_MAX / 10 ? count * 10 : SIZE_MAX; /* a sparse table ends the call early */
    do {
        cursor = table_scan(&items->table, cursor, visit_counted, &c);
    } while (cursor && c.seen < count && --buckets_max > 0);
    return cursor;
}

/* The items drawn so far: open addressing, at most half full. */
static bool remember(const void **slots, size_t mask, const void *item) {
    size_t at = ((uintptr_t)item * 0x9e3779b97f4a7c15u) >> 20 & mask;
    for (; slots[at]; at = (at + 1) & mask)
        if (slots[at] == item) return false;
    slots[at] = item;
    return true;
}

void items_draw(const struct items *items, struct rng *rng, size_t count, table_visit_fn visit, void *arg) {
    size_t cap = 8;
    while (cap < 2 * count)
        cap *= 2;
    const void **slots = mem_zalloc(cap * sizeof(*slots));
    while (count > 0) {
        void *item = table_random(&items->table, rng);
        if (!remember(slots, cap - 1, item)) continue;
        visit(arg, item);
        count--;
    }
    mem_free_sized(slots, cap * sizeof(*slots));
}
