/* How far has a group read? Its counter says how many entries, of all that were ever added, precede what it
 * reads next. Deletions in the middle make a counter wrong, so it is kept only where no deleted entry can lie
 * ahead of the group; otherwise it is looked for anew, which succeeds at the ends of the stream: there the
 * number of entries added, and the length, tell it. */
#include "server/types/stream_group.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

/* --- how far --- */

/* Whether an entry that was deleted may come after `id`. */
static bool may_have_gaps_after(const struct stream *s, struct stream_id id) {
    if (s->length == 0 || stream_id_less(s->max_deleted_id, s->first_id)) return false;
    return !stream_id_less(s->max_deleted_id, id);
}

int64_t stream_count_up_to(const struct stream *s, struct stream_id id) {
    int64_t added = (int64_t)s->entries_added;
    if (added == 0) return 0;
    bool ahead = stream_id_less(s->last_id, id);
    if (s->length == 0 && !ahead) return added;
    if (!stream_id_is_zero(id) && stream_id_less(id, s->max_deleted_id)) return STREAM_READ_UNKNOWN;
    if (stream_id_eq(id, s->last_id)) return added;
    if (ahead) return STREAM_READ_UNKNOWN;
    /* all that is left is without gaps if what was deleted came before it */
    bool gapless = stream_id_is_zero(s->max_deleted_id) || stream_id_less(s->max_deleted_id, s->first_id);
    if (!gapless || stream_id_less(s->first_id, id)) return STREAM_READ_UNKNOWN;
    return added - (int64_t)s->length + stream_id_eq(id, s->first_id);
}

void stream_group_advance(const struct stream *s, struct stream_group *g, struct stream_id id) {
    if (g->entries_read != STREAM_READ_UNKNOWN && !may_have_gaps_after(s, g->last_id))
        g->entries_read++;
    else if (s->entries_added)
        g->entries_read = stream_count_up_to(s, id);
    g->last_id = id;
}

bool stream_group_lag(const struct stream *s, const struct stream_group *g, int64_t *lag) {
    *lag = 0;
    if (s->entries_added == 0) return true;
    int64_t read = g->entries_read;
    if (read == STREAM_READ_UNKNOWN || may_have_gaps_after(s, g->last_id))
        read = stream_count_up_to(s, g->last_id);
    if (read == STREAM_READ_UNKNOWN) return false;
    *lag = (int64_t)s->entries_added - read;
    return true;
}

/* --- groups --- */

struct stream_group *stream_group_create(struct stream *s, struct slice name, struct stream_id last_id,
                                         int64_t entries_read) {
    if (stream_group_find(s, name)) return NULL;
    struct stream_group *g = mem_alloc(sizeof(*g) + name.len);
    g->last_id = last_id;
    g->entries_read = entries_read;
    id_tree_init(&g->pending, sizeof(struct stream_nack));
    name_index_init(&g->consumers);
    g->name_len = (uint32_t)name.len;
    if (name.len) memcpy(g->name, name.ptr, name.len);
    name_index_insert(&s->groups, stream_group_name(g), g);
    return g;
}

void stream_group_opened(const struct stream *s, struct stream_group *g) {
    if (unlikely(s->walk != NULL)) stream_walk_tell_group(s->walk, g);
}

struct stream_group *stream_group_open(const struct stream *s, struct slice name) {
    struct stream_group *g = stream_group_find(s, name);
    if (g) stream_group_opened(s, g);
    return g;
}

struct stream *stream_group_detach(struct stream *s, struct slice name) {
    stream_group_open(s, name);
    struct stream_group *g = name_index_remove(&s->groups, name);
    if (g == NULL) return NULL;
    struct stream *alone = stream_alloc();
    name_index_insert(&alone->groups, stream_group_name(g), g);
    return alone;
}

static bool consumer_free_step(struct stream_consumer *c, size_t *budget) {
    if (!id_tree_deinit_step(&c->pending, budget)) return false;
    mem_free_sized(c, sizeof(*c) + c->name_len);
    if (*budget) --*budget;
    return true;
}

/* The last consumer of the index is freed first, and leaves the index only then. */
static bool consumers_free_step(struct stream_group *g, size_t *budget) {
    while (g->consumers.count) {
        if (*budget == 0) return false;
        struct stream_consumer *c = name_index_pop(&g->consumers);
        if (consumer_free_step(c, budget)) continue;
        name_index_insert(&g->consumers, stream_consumer_name(c), c);
        return false;
    }
    name_index_deinit(&g->consumers);
    return true;
}

bool stream_group_free_step(struct stream_group *g, size_t *budget) {
    if (!id_tree_deinit_step(&g->pending, budget) || !consumers_free_step(g, budget)) return false;
    mem_free_sized(g, sizeof(*g) + g->name_len);
    if (*budget) --*budget;
    return true;
}

size_t stream_group_effort(const struct stream_group *g) {
    /* the ids of all consumers together are as many as the group's */
    return 1 + 2 * g->pending.nodes + 2 * g->consumers.count;
}

size_t stream_group_memory(const struct stream_group *g, size_t samples) {
    size_t bytes =
        mem_good_size(sizeof(*g) + g->name_len) + g->pending.bytes + name_index_bytes(&g->consumers);
    size_t seen = 0, of_seen = 0;
    struct name_cursor consumers;
    name_cursor_begin(&consumers, &g->consumers);
    const struct stream_consumer *c;
    while ((samples == 0 || seen < samples) && (c = name_cursor_next(&consumers))) {
        of_seen += mem_good_size(sizeof(*c) + c->name_len) + c->pending.bytes;
        seen++;
    }
    return bytes + (seen ? of_seen * g->consumers.count / seen : 0);
}

void stream_group_copy(const struct stream_group *g, struct stream *to) {
    struct stream_group *copy = stream_group_create(to, stream_group_name(g), g->last_id, g->entries_read);
    struct name_cursor consumers;
    name_cursor_begin(&consumers, &g->consumers);
    const struct stream_consumer *c;
    while ((c = name_cursor_next(&consumers))) {
        struct stream_consumer *twin = stream_consumer_create(copy, stream_consumer_name(c), c->seen_ms);
        twin->active_ms = c->active_ms;
    }
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, &g->pending, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        const struct stream_nack *nack = at.value;
        struct stream_consumer *twin = stream_consumer_find(copy, stream_consumer_name(nack->consumer));
        struct stream_nack *its = stream_nack_deliver(copy, at.id, twin, nack->delivered_ms);
        its->deliveries = nack->deliveries;
    }
}

/* --- consumers --- */

struct stream_consumer *stream_consumer_create(struct stream_group *g, struct slice name, int64_t now_ms) {
    if (stream_consumer_find(g, name)) return NULL;
    struct stream_consumer *c = mem_alloc(sizeof(*c) + name.len);
    c->seen_ms = now_ms;
    c->active_ms = -1;
    id_tree_init(&c->pending, 0);
    c->name_len = (uint32_t)name.len;
    if (name.len) memcpy(c->name, name.ptr, name.len);
    name_index_insert(&g->consumers, stream_consumer_name(c), c);
    return c;
}

size_t stream_consumer_remove(struct stream_group *g, struct stream_consumer *c) {
    size_t pending = c->pending.count, plenty = SIZE_MAX;
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, &c->pending, STREAM_ID_MIN); more; more = id_cursor_next(&at))
        id_tree_remove(&g->pending, at.id);
    name_index_remove(&g->consumers, stream_consumer_name(c));
    bool gone = consumer_free_step(c, &plenty);
    must(gone);
    return pending;
}

/* --- what is pending --- */

void stream_nack_assign(struct stream_nack *nack, struct stream_id id, struct stream_consumer *c) {
    if (nack->consumer == c) return;
    id_tree_remove(&nack->consumer->pending, id);
    id_tree_insert(&c->pending, id);
    nack->consumer = c;
}

struct stream_nack *stream_nack_deliver(struct stream_group *g, struct stream_id id,
                                        struct stream_consumer *c, int64_t now_ms) {
    struct stream_id last;
    bool greatest = !id_tree_last(&g->pending, &last) || stream_id_less(last, id);
    struct stream_nack *nack = greatest ? NULL : stream_nack_find(g, id);
    if (nack) {
        stream_nack_assign(nack, id, c);
    } else {
        nack = id_tree_insert(&g->pending, id);
        id_tree_insert(&c->pending, id);
        nack->consumer = c;
    }
    nack->delivered_ms = now_ms;
    nack->deliveries = 1;
    return nack;
}

bool stream_nack_remove(struct stream_group *g, struct stream_id id) {
    const struct stream_nack *nack = stream_nack_find(g, id);
    if (nack == NULL) return false;
    id_tree_remove(&nack->consumer->pending, id);
    id_tree_remove(&g->pending, id);
    return true;
}
