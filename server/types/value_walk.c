/* See value_walk.h. Marks and copies are the structures' own; what is here is the way from a node to its
 * elements, in the words of each type. */
#include "server/types/value_walk.h"
#include "common/base/list.h"
#include "common/base/panic.h"
#include "server/types/hash.h"
#include "server/types/hash_item.h"
#include "server/types/items.h"
#include "server/types/list.h"
#include "server/types/set_int.h"
#include "server/types/set_member.h"
#include "server/types/zset_int.h"

/* In buckets, of five items: */
#define LEAF_COST  8  /* a leaf of a sorted set has some sixty items */
#define PACK_COST  4  /* some kilobytes to be copied */
#define PIECE_COST 16 /* of a string */

static struct items *items_of(const struct entry *e) {
    return entry_type(e) == VALUE_ZSET ? zset_large_of(e)->members : entry_pointer(e);
}

bool value_walk_can(const struct entry *e) {
    return entry_encoding(e) == ENC_TREE || string_walk_can(e);
}

struct value_walk *value_walk_of(const struct entry *e) {
    if (entry_encoding(e) == ENC_HEAP) {
        struct string_walk *w = string_heap(e)->walk;
        return w ? LIST_OWNER(w, struct value_walk, string) : NULL;
    }
    if (entry_encoding(e) != ENC_TREE) return NULL;
    if (entry_type(e) == VALUE_LIST) {
        struct deque_walk *w = list_deque(e)->walk;
        return w ? LIST_OWNER(w, struct value_walk, packs) : NULL;
    }
    if (entry_type(e) == VALUE_STREAM) {
        struct stream_walk *w = stream_of(e)->walk;
        return w ? LIST_OWNER(w, struct value_walk, nodes) : NULL;
    }
    return items_of(e)->walk;
}

size_t value_walk_count(const struct value_walk *w) {
    switch (w->type) {
    case VALUE_STRING: return w->string.len;
    case VALUE_LIST: return w->packs.count;
    case VALUE_STREAM: return w->nodes.count;
    default: return w->items->table.count;
    }
}

size_t value_walk_copied(const struct value_walk *w) {
    switch (w->type) {
    case VALUE_STRING: return w->string.copied_bytes;
    case VALUE_LIST: return w->packs.copied_bytes;
    case VALUE_STREAM: return w->nodes.copied_bytes;
    default: return 0;
    }
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

static void tell_pack(void *arg, const struct pack *p) {
    struct value_walk *w = arg;
    w->element(w, &(struct value_element){.pack = p});
}

static void tell_node(void *arg, struct stream_id id, struct slice listpack) {
    struct value_walk *w = arg;
    w->element(w, &(struct value_element){.id = id, .name = listpack});
}

static void tell_head(void *arg, const struct stream_head *head) {
    struct value_walk *w = arg;
    w->element(w, &(struct value_element){.head = head});
}

static void tell_group(void *arg, const struct stream_group *g) {
    struct value_walk *w = arg;
    w->element(w, &(struct value_element){.group = g});
}

void items_visit_early(struct items *items, struct table_pos pos) {
    table_set_walked(&items->table, pos);
    tell_item(items->walk, table_item(pos));
}

/* --- the walk --- */

static void begin_items(struct value_walk *w, const struct entry *e) {
    w->items = items_of(e);
    must(w->items->walk == NULL);
    w->items->walk = w;
    if (w->type == VALUE_ZSET) {
        w->ranks = &zset_large_of(e)->ranks;
        rank_tree_walk_begin(w->ranks, &w->leaves, tell_leaf, w);
    } else {
        table_walk_begin(&w->items->table);
    }
}

void value_walk_begin(struct value_walk *w, const struct entry *e,
                      void (*element)(struct value_walk *, const struct value_element *)) {
    *w = (struct value_walk){.element = element, .type = entry_type(e)};
    switch (w->type) {
    case VALUE_STRING: string_walk_begin(e, &w->string); break;
    case VALUE_LIST:
        w->deque = list_deque(e);
        deque_walk_begin(w->deque, &w->packs);
        break;
    case VALUE_STREAM:
        w->stream = stream_of(e);
        w->nodes = (struct stream_walk){.node = tell_node, .told = tell_head, .group = tell_group, .arg = w};
        stream_walk_begin(w->stream, &w->nodes);
        break;
    default: begin_items(w, e);
    }
}

static void spend(size_t *budget, size_t cost) {
    *budget -= *budget < cost ? *budget : cost;
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
        spend(budget, LEAF_COST);
        if (!rank_tree_walk_step(w->ranks)) return false;
    }
    return true;
}

static bool step_packs(struct value_walk *w, size_t *budget) {
    while (*budget > 0) {
        spend(budget, PACK_COST);
        if (!deque_walk_step(w->deque, w->element ? tell_pack : NULL, w)) return false;
    }
    return true;
}

static bool step_stream(struct value_walk *w, size_t *budget) {
    while (*budget > 0) {
        size_t effort;
        if (!stream_walk_step(w->stream, &effort)) return false;
        spend(budget, effort * PACK_COST);
    }
    return true;
}

static bool step_string(struct value_walk *w, size_t *budget) {
    struct slice piece;
    while (*budget > 0) {
        spend(budget, PIECE_COST);
        if (!string_walk_next(&w->string, &piece)) return false;
        if (w->element) w->element(w, &(struct value_element){.name = piece});
    }
    return true;
}

bool value_walk_step(struct value_walk *w, size_t *budget) {
    switch (w->type) {
    case VALUE_STRING: return step_string(w, budget);
    case VALUE_LIST: return step_packs(w, budget);
    case VALUE_STREAM: return step_stream(w, budget);
    case VALUE_ZSET: return step_leaves(w, budget);
    default: return step_table(w, budget);
    }
}

void value_walk_quiet(struct value_walk *w) {
    w->element = NULL;
    if (w->type == VALUE_ZSET) w->leaves.visit = NULL;
    if (w->type != VALUE_STREAM) return;
    w->nodes.node = NULL;
    w->nodes.told = NULL;
    w->nodes.group = NULL;
}

struct entry *value_walk_end(struct value_walk *w) {
    switch (w->type) {
    case VALUE_STRING: return string_walk_end(&w->string);
    case VALUE_LIST: deque_walk_end(w->deque); return NULL;
    case VALUE_STREAM: stream_walk_end(w->stream); return NULL;
    case VALUE_ZSET: rank_tree_walk_end(w->ranks); break;
    default: table_walk_end(&w->items->table);
    }
    w->items->walk = NULL;
    return NULL;
}
