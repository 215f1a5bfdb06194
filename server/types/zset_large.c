/* The large form, and what is done without knowing the form (zset_ops).
 *
 *      entry: header │ key │ pointer ──► struct zset_large
 *                                          members: buckets ──┐
 *                                                             ├──► one item per member: score, bytes
 *                                          ranks: leaves ─────┘
 *
 * An item is found by its bytes through the table and by its place through the tree; neither holds a copy of
 * member or score. With sixteen bytes of member that is 32 for the item, some 15 for the table and 8 to 13
 * for the tree.
 *
 * A snapshot's unit is the tree's leaf: every change of an item passes the tree, which hands out leaves that
 * are about to change (rank_tree_walk_begin). */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/base/prefetch.h"
#include "server/ds/listpack.h"
#include "server/types/zset_int.h"

static uint64_t item_hash(const void *secret, const void *item) {
    return hash_slice(secret, rank_item_member(item));
}

static inline bool item_has_member(const void *item, const void *member) {
    return slice_eq_short(rank_item_member(item), *(const struct slice *)member);
}

static inline bool item_is(const void *item, const void *other) {
    return item == other;
}

static size_t free_item(void *item) {
    struct rank_item *gone = item;
    rank_item_destroy(&gone);
    return 1;
}

static size_t item_memory(const void *item) {
    return rank_item_memory(item);
}

static void *copy_item(const void *item) {
    return rank_item_create(rank_item_member(item), ((const struct rank_item *)item)->score);
}

static const struct items_kind kind = {item_hash, free_item, item_memory, copy_item};

struct zset_large *zset_large_create(const struct hash_secret *secret) {
    struct zset_large *z = mem_alloc(sizeof(*z));
    z->members = items_create(&kind, secret);
    rank_tree_init(&z->ranks);
    return z;
}

void zset_large_abandon(struct zset_large **z) {
    table_deinit(zset_table_of(*z));
    mem_free_sized((*z)->members, sizeof(*(*z)->members));
    rank_tree_deinit(&(*z)->ranks);
    mem_free_sized(*z, sizeof(**z));
    *z = NULL;
}

struct rank_item *zset_large_find(const struct table *members, uint64_t hash, struct slice member,
                                  struct table_pos *pos) {
    return table_find(members, hash, item_has_member, &member, pos);
}

void zset_large_look_ahead(const struct table *members, const struct slice *first, size_t stride,
                           size_t count, uint64_t *hashes) {
    for (size_t i = 0; i < count; i++) {
        const struct slice *member = (const void *)((const char *)first + i * stride);
        hashes[i] = zset_member_hash(members, *member);
        table_prefetch_bucket(members, hashes[i]);
    }
    if (count == 1) return; /* nothing would overlap */
    for (size_t i = 0; i < count; i++)
        table_prefetch_item(members, hashes[i]);
}

/* --- changing --- */

void zset_large_insert(struct zset_large *z, uint64_t hash, struct slice member, double score) {
    struct rank_item *item = rank_item_create(member, score);
    table_insert(zset_table_of(z), hash, item);
    rank_tree_insert(&z->ranks, item);
}

void zset_large_append(struct zset_large *z, struct slice member, double score) {
    struct rank_item *item = rank_item_create(member, score);
    table_insert(zset_table_of(z), zset_member_hash(zset_table_of(z), member), item);
    rank_tree_append(&z->ranks, item);
}

bool zset_large_remove(struct zset_large *z, uint64_t hash, struct slice member) {
    struct table_pos pos;
    struct rank_item *item = zset_large_find(zset_table_of(z), hash, member, &pos);
    if (!item) return false;
    rank_tree_remove(&z->ranks, item);
    table_remove(zset_table_of(z), hash, pos);
    rank_item_destroy(&item);
    return true;
}

/* Items come in order of rank and lie all over memory: some at a time are fetched, then their buckets. */
void zset_large_remove_ranks(struct zset_large *z, size_t start, size_t count) {
    while (count > 0) {
        struct rank_item *items[ZSET_GROUP];
        uint64_t hashes[ZSET_GROUP];
        size_t n = count < ZSET_GROUP ? count : ZSET_GROUP;
        struct rank_cursor c;
        items[0] = rank_cursor_seek(&c, &z->ranks, start, (ptrdiff_t)n);
        for (size_t i = 1; i < n; i++)
            items[i] = rank_cursor_next(&c);
        for (size_t i = 0; i < n; i++) {
            hashes[i] = zset_member_hash(zset_table_of(z), rank_item_member(items[i]));
            table_prefetch_bucket(zset_table_of(z), hashes[i]);
        }
        for (size_t i = 0; i < n; i++) {
            struct table_pos pos;
            must(table_find(zset_table_of(z), hashes[i], item_is, items[i], &pos) != NULL);
            must(rank_tree_remove_at(&z->ranks, start) == items[i]);
            table_remove(zset_table_of(z), hashes[i], pos);
            rank_item_destroy(&items[i]);
        }
        count -= n;
    }
}

/* --- without knowing the form --- */

static const char *zset_encoding_name(const struct entry *e) {
    return zset_is_small(e) ? "listpack" : "skiplist";
}

static size_t zset_effort(const struct entry *e) {
    return zset_is_small(e) ? 1 : zset_count(e) + zset_large_of(e)->ranks.leaves + 1;
}

static bool zset_release(struct entry *e, size_t *budget) {
    struct zset_large *z = zset_large_of(e);
    if (z->members && !items_release(z->members, &kind, budget)) return false;
    z->members = NULL;
    if (!rank_tree_deinit_step(&z->ranks, budget)) return false;
    mem_free_sized(z, sizeof(*z));
    return true;
}

static size_t zset_memory(const struct entry *e, size_t samples) {
    if (zset_is_small(e)) return 0;
    const struct zset_large *z = zset_large_of(e);
    return mem_good_size(sizeof(*z)) + items_memory(z->members, &kind, samples) + rank_tree_bytes(&z->ranks);
}

static void copy_pair(void *arg, struct slice member, double score) {
    zset_large_append(arg, member, score);
}

static struct entry *zset_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    if (zset_is_small(e))
        return entry_create(VALUE_ZSET, ENC_LISTPACK, key, deadline_ms, entry_payload(e),
                            entry_payload_size(e));
    struct zset_large *copy = zset_large_create(zset_table_of(zset_large_of(e))->owner);
    zset_range(e, 0, SIZE_MAX, false, copy_pair, copy);
    return entry_create(VALUE_ZSET, ENC_TREE, key, deadline_ms, &copy, sizeof(copy));
}

/* --- for batches of commands --- */

static uint64_t zset_prefetch_bucket(const struct entry *e, struct slice member) {
    const struct table *members = zset_table_of(zset_large_of(e));
    uint64_t hash = zset_member_hash(members, member);
    table_prefetch_bucket(members, hash);
    return hash;
}

static void zset_prefetch_item(const struct entry *e, uint64_t hash) {
    table_prefetch_item(zset_table_of(zset_large_of(e)), hash);
}

const struct value_ops zset_ops = {
    .name = "zset",
    .encoding_name = zset_encoding_name,
    .effort = zset_effort,
    .release = zset_release,
    .memory = zset_memory,
    .copy = zset_copy,
    .prefetch_bucket = zset_prefetch_bucket,
    .prefetch_item = zset_prefetch_item,
};
