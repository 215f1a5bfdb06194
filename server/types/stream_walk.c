/* See stream_walk.h. Nodes are found by their ids, which ascend: so there are no marks to leave behind, and
 * what is born later is not among them. An id that comes again after its node went finds it kept already. */
#include "server/types/stream_walk.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"

#define IDS_PER_EFFORT 16 /* pending ids that are told in the time of one node's entry */

static void *node_of(const void *value) {
    void *lp;
    memcpy(&lp, value, sizeof(lp));
    return lp;
}

void stream_walk_begin(struct stream *s, struct stream_walk *w) {
    struct id_cursor at;
    size_t n = 0;
    must(s->walk == NULL);
    w->head = (struct stream_head){s->length,   s->entries_added,  s->last_id,
                                   s->first_id, s->max_deleted_id, s->groups.count};
    w->count = s->nodes.count;
    w->nodes = mem_alloc((w->count + 1) * sizeof(*w->nodes));
    for (bool more = id_cursor_seek(&at, &s->nodes, STREAM_ID_MIN); more; more = id_cursor_next(&at))
        w->nodes[n++] = (struct stream_walk_node){.id = at.id, .listpack = node_of(at.value)};
    must(n == w->count);

    struct name_cursor groups;
    struct stream_group *g;
    w->groups = mem_alloc((w->head.groups + 1) * sizeof(*w->groups));
    n = 0;
    name_cursor_begin(&groups, &s->groups);
    while ((g = name_cursor_next(&groups)))
        w->groups[n++] = g;
    must(n == w->head.groups);
    s->walk = w;
}

/* --- just before a change --- */

/* The node of that id, unless it was told or is kept. */
static struct stream_walk_node *find(struct stream_walk *w, struct stream_id id) {
    size_t low = w->at, high = w->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stream_id_less(w->nodes[middle].id, id))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == w->count || !stream_id_eq(w->nodes[low].id, id) || w->nodes[low].kept) return NULL;
    return &w->nodes[low];
}

bool stream_walk_keeps_node(struct stream_walk *w, struct stream_id id, uint32_t room) {
    struct stream_walk_node *node = find(w, id);
    if (node == NULL) return false;
    node->kept = true;
    node->room = room;
    return true;
}

void stream_walk_copy_node(struct stream_walk *w, struct stream_id id, void *value, uint32_t room) {
    if (!stream_walk_keeps_node(w, id, room)) return;
    const void *lp = node_of(value);
    void *copy = mem_alloc(room);
    memcpy(copy, lp, listpack_bytes(lp));
    memcpy(value, &copy, sizeof(copy));
    w->copied_bytes += room;
}

void stream_walk_tell_group(struct stream_walk *w, const struct stream_group *g) {
    for (size_t i = 0; i < w->head.groups; i++) {
        if (w->groups[i] != g) continue;
        w->groups[i] = NULL;
        if (w->group) w->group(w->arg, g);
    }
}

/* --- in its turn --- */

static void step_node(struct stream_walk *w) {
    struct stream_walk_node *node = &w->nodes[w->at++];
    struct slice bytes = {node->listpack, listpack_bytes(node->listpack)};
    if (w->node) w->node(w->arg, node->id, bytes);
    if (node->kept) mem_free_sized(node->listpack, node->room);
}

bool stream_walk_step(struct stream *s, size_t *effort) {
    struct stream_walk *w = s->walk;
    *effort = 1;
    if (w->at < w->count) {
        step_node(w);
        return true;
    }
    if (!w->head_told) {
        w->head_told = true;
        if (w->told) w->told(w->arg, &w->head);
        return true;
    }
    while (w->group_at < w->head.groups && w->groups[w->group_at] == NULL)
        w->group_at++;
    if (w->group_at == w->head.groups) return false;
    *effort += w->groups[w->group_at]->pending.count / IDS_PER_EFFORT;
    stream_walk_tell_group(w, w->groups[w->group_at]);
    return true;
}

void stream_walk_end(struct stream *s) {
    struct stream_walk *w = s->walk;
    must(w->at == w->count);
    mem_free_sized(w->nodes, (w->count + 1) * sizeof(*w->nodes));
    mem_free_sized(w->groups, (w->head.groups + 1) * sizeof(*w->groups));
    s->walk = NULL;
}
