/* See value_walk.h. The marks are those of the table and of the tree; what is here is the way from a node to
 * its elements, in the words of each type. */
#include "server/types/value_walk.h"
#include "common/base/panic.h"
#include "server/types/hash.h"
#include "server/types/hash_item.h"
#include "server/types/items.h"
#include "server/types/set_int.h"
#include "server/types/set_member.h"
#include "server/types/zset_int.h"

#define LEAF_COST 8 /* buckets: a leaf has some sixty items, a bucket five */

static struct items *items_of(const struct entry *e) {
    return entry_type(e) == VALUE_ZSET ? zset_large_of(e)->members : entry_pointer(e);
}

bool value_walk_can(const struct entry *e) {
    if (entry_encoding(e) != ENC_TREE) return false;
    return entry_type(e) == VALUE_HASH || entry_type(e) == VALUE_SET || entry_type(e) == VALUE_ZSET;
}

struct value_walk *value_walk_of(const struct entry *e) {
    return value_walk_can(e) ? items_of(e)->walk : NULL;
}

size_t value_walk_count(const struct value_walk *w) {
    return w->items->table.count;
}

/* --- elements --- */

static void tell_item(void *arg, void *item) {
    struct value_walk *w = arg;
    struct value_element element = {0};
    char scratch[MEMBER_SCRATCH];
    if (w->element == NULL) return;
    if (w->type == VALUE_HASH) {
        element.name = item_field(item);
        element.value = item_value(item);
        element.deadline_ms = item_deadline(item);
    } else {
        element.name = member_bytes(item, scratch);
    }
    w->element(w, &element);
}

static void tell_leaf(void *arg, struct rank_item *const *items, size_t count) {
    struct value_walk *w = arg;
    for (size_t i = 0; i < count && w->element; i++) {
        struct value_element element = {.name = rank_item_member(items[i]), .score = items[i]->score};
        w->element(w, &element);
    }
}

void items_visit_early(struct items *items, struct table_pos pos) {
    table_set_walked(&items->table, pos);
    tell_item(items->walk, table_item(pos));
}

/* --- the walk --- */

void value_walk_begin(struct value_walk *w, const struct entry *e,
                      void (*element)(struct value_walk *, const struct value_element *)) {
    *w = (struct value_walk){.element = element, .type = entry_type(e), .items = items_of(e)};
    must(w->items->walk == NULL);
    w->items->walk = w;
    if (w->type == VALUE_ZSET) {
        w->ranks = &zset_large_of(e)->ranks;
        rank_tree_walk_begin(w->ranks, &w->leaves, tell_leaf, w);
    } else {
        table_walk_begin(&w->items->table);
    }
}

static bool step_table(struct value_walk *w, size_t *budget) {
    for (; *budget > 0; --*budget) {
        items_prefetch(w->items, w->bucket + ITEMS_AHEAD);
        if (!table_walk_step(&w->items->table, &w->bucket, w->element ? tell_item : NULL, w)) return false;
    }
    return true;
}

static bool step_leaves(struct value_walk *w, size_t *budget) {
    while (*budget > 0) {
        *budget -= *budget < LEAF_COST ? *budget : LEAF_COST;
        if (!rank_tree_walk_step(w->ranks)) return false;
    }
    return true;
}

bool value_walk_step(struct value_walk *w, size_t *budget) {
    return w->ranks ? step_leaves(w, budget) : step_table(w, budget);
}

void value_walk_quiet(struct value_walk *w) {
    w->element = NULL;
    w->leaves.visit = NULL;
}

void value_walk_end(struct value_walk *w) {
    if (w->ranks)
        rank_tree_walk_end(w->ranks);
    else
        table_walk_end(&w->items->table);
    w->items->walk = NULL;
}
