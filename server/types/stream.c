/* Entries go to the last node until the rules say that it is full. The last node's allocation grows in steps;
 * when the next node begins, it is cut to what it holds. A node whose entries are all deleted goes.
 *
 *      nodes (by first id)   [5-0]──►listpack  [105-0]──►listpack  [205-0]──►listpack····room
 *
 * Every change of a node's bytes passes open_node or seal_tail, every removal drop_node: that is where a walk
 * under way (stream_walk.h) takes a node as it was. */
#include "server/types/stream.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/types/stream_group.h"

#define TAIL_ROOM_FIRST 96
#define NODE_BYTES_MAX  ((uint64_t)1 << 30)

struct stream *stream_alloc(void) {
    struct stream *s = mem_zalloc(sizeof(*s));
    id_tree_init(&s->nodes, sizeof(void *));
    name_index_init(&s->groups);
    return s;
}

struct entry *stream_entry_create(struct slice key, int64_t deadline_ms, struct stream *s) {
    return entry_create(VALUE_STREAM, ENC_TREE, key, deadline_ms, &s, sizeof(s));
}

struct entry *stream_create(struct slice key) {
    return stream_entry_create(key, ENTRY_NO_DEADLINE, stream_alloc());
}

/* --- nodes --- */

static void *node_of(void *value) {
    void *lp;
    memcpy(&lp, value, sizeof(lp));
    return lp;
}

static bool is_tail(const struct stream *s, const void *value) {
    return value == id_tree_last(&s->nodes, NULL);
}

/* Gives the node `value` points to `to` bytes of room where it has `from`. */
static void *resize_node(struct stream *s, void *value, size_t from, size_t to) {
    void *lp = node_of(value);
    if (!mem_serves(from, to)) {
        lp = mem_realloc(lp, to);
        memcpy(value, &lp, sizeof(lp));
        s->node_bytes += mem_good_size(to) - mem_good_size(from);
    }
    return lp;
}

static uint32_t node_room(const struct stream *s, const void *value) {
    return is_tail(s, value) ? s->tail_room : listpack_bytes(node_of((void *)(uintptr_t)value));
}

/* A node is about to change and may need `more` bytes. The last node keeps the room that it gets, which is
 * twice what it had, but not above `room_max` without need. */
static void *open_node(struct stream *s, struct stream_id master, void *value, size_t more, size_t room_max) {
    if (unlikely(s->walk != NULL)) stream_walk_copy_node(s->walk, master, value, node_room(s, value));
    void *lp = node_of(value);
    size_t bytes = listpack_bytes(lp);
    if (!is_tail(s, value)) return resize_node(s, value, bytes, bytes + more);
    if (bytes + more <= s->tail_room) return lp;
    size_t room = 2 * (size_t)s->tail_room < room_max ? 2 * (size_t)s->tail_room : room_max;
    if (room < bytes + more) room = bytes + more;
    lp = resize_node(s, value, s->tail_room, room);
    s->tail_room = (uint32_t)room;
    return lp;
}

/* After a node that is not the last was opened with `more` bytes and had `bytes`: keeps what it needs. */
static void close_node(struct stream *s, void *value, size_t bytes, size_t more) {
    if (!is_tail(s, value)) resize_node(s, value, bytes + more, listpack_bytes(node_of(value)));
}

/* The last node gets no more entries: it keeps what it needs. */
static void seal_tail(struct stream *s, struct stream_id master, void *value) {
    if (unlikely(s->walk != NULL)) stream_walk_copy_node(s->walk, master, value, s->tail_room);
    resize_node(s, value, s->tail_room, listpack_bytes(node_of(value)));
    s->tail_room = 0;
}

static void drop_node(struct stream *s, struct stream_id master, void *value) {
    bool tail = is_tail(s, value);
    void *lp = node_of(value);
    size_t room = tail ? s->tail_room : listpack_bytes(lp);
    s->node_bytes -= mem_good_size(room);
    if (likely(s->walk == NULL) || !stream_walk_keeps_node(s->walk, master, (uint32_t)room))
        mem_free_sized(lp, room);
    id_tree_remove(&s->nodes, master);
    if (!tail) return;
    void *last = id_tree_last(&s->nodes, NULL);
    s->tail_room = last ? listpack_bytes(node_of(last)) : 0;
}

/* --- adding --- */

static uint64_t pairs_bytes(const struct slice *pairs, size_t count) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < 2 * count; i++)
        bytes += pairs[i].len;
    return bytes;
}

static uint64_t node_bytes_max(const struct stream_rules *rules) {
    uint64_t max = rules->node_bytes_max;
    return max && max < NODE_BYTES_MAX ? max : NODE_BYTES_MAX;
}

static bool has_room(const void *lp, uint64_t more, const struct stream_rules *rules) {
    if (listpack_bytes(lp) + more >= node_bytes_max(rules)) return false;
    return rules->node_entries_max == 0 ||
           stream_node_live(lp) + stream_node_deleted(lp) < rules->node_entries_max;
}

static void *begin_node(struct stream *s, struct stream_id id, const struct slice *pairs, size_t count) {
    size_t need = stream_node_first_room(pairs, count);
    size_t room = need < TAIL_ROOM_FIRST ? TAIL_ROOM_FIRST : need;
    void *lp = mem_alloc(room);
    stream_node_init(lp, pairs, count);
    memcpy(id_tree_insert(&s->nodes, id), &lp, sizeof(lp));
    s->node_bytes += mem_good_size(room);
    s->tail_room = (uint32_t)room;
    return lp;
}

enum stream_added stream_append(struct stream *s, struct stream_id id, const struct slice *pairs,
                                size_t count, const struct stream_rules *rules) {
    if (!stream_id_less(s->last_id, id)) return STREAM_ID_TOO_SMALL;
    uint64_t bytes = pairs_bytes(pairs, count);
    if (bytes > STREAM_ENTRY_BYTES_MAX || count > STREAM_ENTRY_FIELDS_MAX) return STREAM_TOO_LARGE;

    struct stream_id master = id;
    void *value = id_tree_last(&s->nodes, &master), *lp;
    if (value && has_room(node_of(value), bytes, rules)) {
        lp = open_node(s, master, value, stream_node_entry_room(pairs, count), node_bytes_max(rules));
    } else {
        if (value) seal_tail(s, master, value);
        lp = begin_node(s, master = id, pairs, count);
    }
    stream_node_append(lp, master, id, pairs, count);

    s->last_id = id;
    s->entries_added++;
    if (s->length++ == 0) s->first_id = id;
    return STREAM_ADDED;
}

bool stream_next_id(const struct stream *s, int64_t now_ms, struct stream_id *id) {
    if (now_ms > 0 && (uint64_t)now_ms > s->last_id.ms) {
        *id = (struct stream_id){(uint64_t)now_ms, 0};
        return true;
    }
    *id = s->last_id;
    return stream_id_step_up(id);
}

/* --- deleting --- */

static void find_first(struct stream *s) {
    struct stream_range r;
    stream_range_begin(&r, s, STREAM_ID_MIN, STREAM_ID_MAX, false);
    s->first_id = stream_range_next(&r) ? r.entry.id : STREAM_ID_MIN;
}

/* Marks the entry at `at` of a node that has others too; returns by how much all entries have moved. */
static int32_t mark_entry(struct stream *s, struct stream_id master, void *value, uint32_t at) {
    size_t bytes = listpack_bytes(node_of(value));
    int32_t moved = stream_node_mark_deleted(open_node(s, master, value, STREAM_NODE_MARK_ROOM, 0), at);
    close_node(s, value, bytes, STREAM_NODE_MARK_ROOM);
    s->length--;
    return moved;
}

/* Finds the entry, if it is there and not deleted, and its node. */
static bool find_entry(const struct stream *s, struct stream_id id, struct id_cursor *c,
                       struct stream_entry *e) {
    if (stream_id_less(s->last_id, id) || !id_cursor_seek_back(c, &s->nodes, id)) return false;
    struct stream_node n;
    stream_node_open(&n, node_of(c->value), c->id);
    bool more = stream_node_first(&n, e);
    while (more && stream_id_less(e->id, id))
        more = stream_node_next(&n, e);
    return more && stream_id_eq(e->id, id) && !(e->flags & STREAM_ENTRY_DELETED);
}

bool stream_has(const struct stream *s, struct stream_id id) {
    struct id_cursor c;
    struct stream_entry e;
    return find_entry(s, id, &c, &e);
}

bool stream_delete(struct stream *s, struct stream_id id) {
    struct id_cursor c;
    struct stream_entry e;
    if (!find_entry(s, id, &c, &e)) return false;
    if (stream_node_live(node_of(c.value)) == 1) {
        drop_node(s, c.id, c.value);
        s->length--;
    } else {
        mark_entry(s, c.id, c.value, e.at);
    }
    if (stream_id_less(s->max_deleted_id, id)) s->max_deleted_id = id;
    if (stream_id_eq(id, s->first_id)) find_first(s);
    return true;
}

/* --- trimming --- */

/* Whether the whole node goes. */
static bool trims_node(const struct stream *s, const struct stream_trim *trim, const struct stream_node *n) {
    if (trim->by == STREAM_TRIM_MAXLEN) return s->length - stream_node_live(n->lp) >= trim->max_len;
    struct stream_entry last;
    return stream_node_last(n, &last) && stream_id_less(last.id, trim->min_id);
}

/* Takes entries off the beginning of the first node, which does not go as a whole. */
static uint64_t trim_within(struct stream *s, const struct stream_trim *trim, void *value,
                            struct stream_id master) {
    uint64_t trimmed = 0;
    struct stream_node n;
    struct stream_entry e;
    stream_node_open(&n, node_of(value), master);
    for (bool more = stream_node_first(&n, &e); more; more = stream_node_next(&n, &e)) {
        if (e.flags & STREAM_ENTRY_DELETED) continue;
        if (trim->by == STREAM_TRIM_MAXLEN ? s->length <= trim->max_len : !stream_id_less(e.id, trim->min_id))
            break;
        int32_t moved = mark_entry(s, master, value, e.at);
        stream_node_moved(&n, &e, node_of(value), moved);
        trimmed++;
    }
    return trimmed;
}

uint64_t stream_trim(struct stream *s, const struct stream_trim *trim) {
    uint64_t trimmed = 0;
    struct stream_id master;
    void *value;
    while (trim->by != STREAM_TRIM_NONE && (value = id_tree_first(&s->nodes, &master))) {
        if (trim->by == STREAM_TRIM_MAXLEN && s->length <= trim->max_len) break;
        uint64_t live = stream_node_live(node_of(value));
        if (trim->limit && trimmed + live > trim->limit) break;
        struct stream_node n;
        stream_node_open(&n, node_of(value), master);
        if (!trims_node(s, trim, &n)) {
            if (!trim->whole_nodes) trimmed += trim_within(s, trim, value, master);
            break;
        }
        drop_node(s, master, value);
        s->length -= live;
        trimmed += live;
    }
    if (trimmed) find_first(s);
    return trimmed;
}

/* --- ranges --- */

void stream_range_begin(struct stream_range *r, const struct stream *s, struct stream_id start,
                        struct stream_id end, bool reverse) {
    r->stream = s;
    r->start = start;
    r->end = end;
    r->reverse = reverse;
    r->begun = false;
}

/* Comes to the node where the range begins, and to the entry there that is nearest. */
static bool seek_first(struct stream_range *r) {
    r->begun = true;
    const struct id_tree *nodes = &r->stream->nodes;
    struct stream_id from = r->reverse ? r->end : r->start;
    if (!id_cursor_seek_back(&r->nodes, nodes, from) &&
        (r->reverse || !id_cursor_seek(&r->nodes, nodes, from)))
        return false;
    stream_node_open(&r->node, node_of(r->nodes.value), r->nodes.id);
    return r->reverse ? stream_node_last(&r->node, &r->entry) : stream_node_first(&r->node, &r->entry);
}

static bool step(struct stream_range *r) {
    if (!r->begun) return seek_first(r);
    if (r->reverse ? stream_node_prev(&r->node, &r->entry) : stream_node_next(&r->node, &r->entry))
        return true;
    if (!(r->reverse ? id_cursor_prev(&r->nodes) : id_cursor_next(&r->nodes))) return false;
    stream_node_open(&r->node, node_of(r->nodes.value), r->nodes.id);
    return r->reverse ? stream_node_last(&r->node, &r->entry) : stream_node_first(&r->node, &r->entry);
}

bool stream_range_next(struct stream_range *r) {
    while (step(r)) {
        bool below = stream_id_less(r->entry.id, r->start), above = stream_id_less(r->end, r->entry.id);
        if (r->reverse ? below : above) return false;
        if (!below && !above && !(r->entry.flags & STREAM_ENTRY_DELETED)) return true;
    }
    return false;
}
