/* Collects items in a vector and, where asked for, in a table that finds them by name. What is stored in the
 * large form takes items and table over; the tree is filled in order, so that its leaves are packed. */
#include "server/types/zset_build.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/types/zset_int.h"
#include <stdlib.h>

void zset_build_init(struct zset_build *b, const struct zset_rules *rules, bool indexed) {
    *b = (struct zset_build){.rules = rules};
    if (indexed) b->large = zset_large_create(rules->secret);
}

/* Lets go of everything but the items. */
static void forget(struct zset_build *b) {
    if (b->large) zset_large_abandon(&b->large);
    if (b->cap) mem_free_sized(b->pairs, b->cap * sizeof(*b->pairs));
    b->pairs = NULL;
    b->count = b->cap = 0;
}

void zset_build_deinit(struct zset_build *b) {
    for (size_t i = 0; i < b->count; i++)
        rank_item_destroy(&b->pairs[i].item);
    forget(b);
}

struct rank_item *zset_build_find(const struct zset_build *b, struct slice member) {
    struct table_pos pos;
    const struct table *members = zset_table_of(b->large);
    return zset_large_find(members, zset_member_hash(members, member), member, &pos);
}

static void index_item(struct zset_large *z, struct rank_item *item) {
    struct table *members = zset_table_of(z);
    table_insert(members, zset_member_hash(members, rank_item_member(item)), item);
}

void zset_build_add(struct zset_build *b, struct slice member, double score) {
    if (b->count == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 16;
        b->pairs = mem_realloc(b->pairs, b->cap * sizeof(*b->pairs));
    }
    struct rank_item *item = rank_item_create(member, score);
    b->pairs[b->count++].item = item;
    if (member.len > b->member_len_max) b->member_len_max = member.len;
    if (b->large) index_item(b->large, item);
}

static int cmp_built(const void *a, const void *b) {
    const struct zset_built *left = a, *right = b;
    if (left->order != right->order) return left->order < right->order ? -1 : 1;
    return slice_cmp(rank_item_member(left->item), rank_item_member(right->item));
}

void zset_build_sort(struct zset_build *b) {
    for (size_t i = 0; i < b->count; i++)
        b->pairs[i].order = rank_score_order(b->pairs[i].item->score);
    if (b->count > 1) qsort(b->pairs, b->count, sizeof(*b->pairs), cmp_built);
}

static struct entry *finish_small(struct zset_build *b, struct slice key) {
    size_t bytes = LISTPACK_EMPTY_BYTES;
    for (size_t i = 0; i < b->count; i++)
        bytes += zset_small_pair_bytes(rank_item_member(b->pairs[i].item), b->pairs[i].item->score);
    struct entry *e = entry_create(VALUE_ZSET, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, bytes);
    void *lp = entry_payload(e);
    listpack_init(lp);
    for (size_t i = 0; i < b->count; i++)
        zset_small_append(lp, rank_item_member(b->pairs[i].item), b->pairs[i].item->score);
    zset_build_deinit(b);
    return e;
}

struct entry *zset_build_finish(struct zset_build *b, struct slice key) {
    if (zset_is_small_enough(b->count, b->member_len_max, b->rules)) return finish_small(b, key);
    struct zset_large *z = b->large;
    b->large = NULL;
    if (!z) {
        z = zset_large_create(b->rules->secret);
        for (size_t i = 0; i < b->count; i++)
            index_item(z, b->pairs[i].item);
    }
    for (size_t i = 0; i < b->count; i++)
        rank_tree_append(&z->ranks, b->pairs[i].item);
    forget(b);
    return entry_create(VALUE_ZSET, ENC_TREE, key, ENTRY_NO_DEADLINE, &z, sizeof(z));
}
