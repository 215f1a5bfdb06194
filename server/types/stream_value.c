/* What is done with a stream without knowing that it is one (stream_ops): freeing in steps, measuring,
 * copying. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/types/stream_group.h"

static const char *stream_encoding_name(const struct entry *e) {
    return "stream";
}

static size_t stream_effort(const struct entry *e) {
    const struct stream *s = stream_of(e);
    size_t effort = 1 + s->nodes.count + s->nodes.nodes;
    struct name_cursor groups;
    name_cursor_begin(&groups, &s->groups);
    const struct stream_group *g;
    while ((g = name_cursor_next(&groups)))
        effort += stream_group_effort(g);
    return effort;
}

/* Frees listpacks from the end; false while there are more. */
static bool release_nodes(struct stream *s, size_t *budget) {
    struct stream_id id;
    void *value;
    while ((value = id_tree_last(&s->nodes, &id))) {
        if (*budget == 0) return false;
        void *lp;
        memcpy(&lp, value, sizeof(lp));
        mem_free_sized(lp, s->tail_room ? s->tail_room : listpack_bytes(lp));
        s->tail_room = 0; /* of all but the last */
        id_tree_remove(&s->nodes, id);
        --*budget;
    }
    return true;
}

static bool release_groups(struct stream *s, size_t *budget) {
    while (s->groups.count) {
        if (*budget == 0) return false;
        struct stream_group *g = name_index_pop(&s->groups);
        if (stream_group_free_step(g, budget)) continue;
        name_index_insert(&s->groups, stream_group_name(g), g);
        return false;
    }
    name_index_deinit(&s->groups);
    return true;
}

static bool stream_release(struct entry *e, size_t *budget) {
    struct stream *s = stream_of(e);
    if (!release_nodes(s, budget) || !release_groups(s, budget)) return false;
    mem_free_sized(s, sizeof(*s));
    return true;
}

static size_t stream_memory(const struct entry *e, size_t samples) {
    const struct stream *s = stream_of(e);
    size_t bytes = mem_good_size(sizeof(*s)) + s->node_bytes + s->nodes.bytes + name_index_bytes(&s->groups);
    size_t seen = 0, of_seen = 0;
    struct name_cursor groups;
    name_cursor_begin(&groups, &s->groups);
    const struct stream_group *g;
    while ((samples == 0 || seen < samples) && (g = name_cursor_next(&groups))) {
        of_seen += stream_group_memory(g, samples);
        seen++;
    }
    return bytes + (seen ? of_seen * s->groups.count / seen : 0);
}

static void copy_node(struct stream *to, struct stream_id master, const void *lp) {
    size_t bytes = listpack_bytes(lp);
    void *copy = mem_alloc(bytes);
    memcpy(copy, lp, bytes);
    memcpy(id_tree_insert(&to->nodes, master), &copy, sizeof(copy));
    to->node_bytes += mem_good_size(bytes);
    to->tail_room = (uint32_t)bytes;
}

static struct entry *stream_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    const struct stream *s = stream_of(e);
    struct stream *copy = stream_alloc();
    copy->length = s->length;
    copy->entries_added = s->entries_added;
    copy->last_id = s->last_id;
    copy->first_id = s->first_id;
    copy->max_deleted_id = s->max_deleted_id;
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, &s->nodes, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        const void *lp;
        memcpy(&lp, at.value, sizeof(lp));
        copy_node(copy, at.id, lp);
    }
    struct name_cursor groups;
    name_cursor_begin(&groups, &s->groups);
    const struct stream_group *g;
    while ((g = name_cursor_next(&groups)))
        stream_group_copy(g, copy);
    return stream_entry_create(key, deadline_ms, copy);
}

const struct value_ops stream_ops = {
    .name = "stream",
    .encoding_name = stream_encoding_name,
    .effort = stream_effort,
    .release = stream_release,
    .memory = stream_memory,
    .copy = stream_copy,
};
