/* See rdb_stream.h. What comes from outside is believed only after it was checked: a node must be one, the
 * ids of nodes ascend, the counts agree, what a consumer has pending is pending in its group, and all that is
 * pending in a group is some consumer's. */
#include "server/persist/rdb_stream.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/persist/rdb_format.h"
#include "server/types/stream_walk.h"

/* --- writing --- */

static void put_raw_id(struct rdb_out *out, struct stream_id id) {
    rdb_put_u64(out, __builtin_bswap64(id.ms));
    rdb_put_u64(out, __builtin_bswap64(id.seq));
}

static void put_id(struct rdb_out *out, struct stream_id id) {
    rdb_put_length(out, id.ms);
    rdb_put_length(out, id.seq);
}

uint8_t rdb_stream_type(int version) {
    return version >= RDB_VERSION_SETS ? RDB_STREAM_3 : RDB_STREAM_2;
}

void rdb_put_stream_node(struct rdb_out *out, struct stream_id id, struct slice listpack) {
    rdb_put_length(out, 16); /* the id is a string of sixteen bytes */
    put_raw_id(out, id);
    rdb_put_string(out, listpack);
}

static void put_nodes(struct rdb_out *out, const struct stream *s) {
    struct id_cursor at;
    rdb_put_length(out, s->nodes.count);
    for (bool more = id_cursor_seek(&at, &s->nodes, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        void *lp;
        memcpy(&lp, at.value, sizeof(lp));
        rdb_put_stream_node(out, at.id, (struct slice){lp, listpack_bytes(lp)});
    }
}

static void put_consumer(struct rdb_out *out, const struct stream_consumer *c, uint8_t type) {
    struct id_cursor at;
    rdb_put_string(out, stream_consumer_name(c));
    rdb_put_u64(out, (uint64_t)c->seen_ms);
    if (type == RDB_STREAM_3) rdb_put_u64(out, (uint64_t)c->active_ms);
    rdb_put_length(out, c->pending.count);
    for (bool more = id_cursor_seek(&at, &c->pending, STREAM_ID_MIN); more; more = id_cursor_next(&at))
        put_raw_id(out, at.id);
}

void rdb_put_stream_group(struct rdb_out *out, const struct stream_group *g, uint8_t type) {
    struct id_cursor at;
    rdb_put_string(out, stream_group_name(g));
    put_id(out, g->last_id);
    rdb_put_length(out, (uint64_t)g->entries_read);
    rdb_put_length(out, g->pending.count);
    for (bool more = id_cursor_seek(&at, &g->pending, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        const struct stream_nack *nack = at.value;
        put_raw_id(out, at.id);
        rdb_put_u64(out, (uint64_t)nack->delivered_ms);
        rdb_put_length(out, nack->deliveries);
    }
    struct name_cursor consumers;
    const struct stream_consumer *c;
    rdb_put_length(out, g->consumers.count);
    name_cursor_begin(&consumers, &g->consumers);
    while ((c = name_cursor_next(&consumers)))
        put_consumer(out, c, type);
}

void rdb_put_stream_head(struct rdb_out *out, const struct stream_head *head) {
    rdb_put_length(out, head->length);
    put_id(out, head->last_id);
    put_id(out, head->first_id);
    put_id(out, head->max_deleted_id);
    rdb_put_length(out, head->entries_added);
    rdb_put_length(out, head->groups);
}

void rdb_put_stream(struct rdb_out *out, const struct entry *e, uint8_t type) {
    const struct stream *s = stream_of(e);
    put_nodes(out, s);
    const struct stream_head head = {s->length,   s->entries_added,  s->last_id,
                                     s->first_id, s->max_deleted_id, s->groups.count};
    rdb_put_stream_head(out, &head);
    struct name_cursor groups;
    const struct stream_group *g;
    name_cursor_begin(&groups, &s->groups);
    while ((g = name_cursor_next(&groups)))
        rdb_put_stream_group(out, g, type);
}

/* --- reading --- */

enum phase { PHASE_COUNT, PHASE_NODES, PHASE_HEAD, PHASE_GROUPS };

static bool get_raw_id(struct rdb_in *in, struct stream_id *id) {
    return rdb_get_u64_big(in, &id->ms) && rdb_get_u64_big(in, &id->seq);
}

static bool get_id(struct rdb_in *in, struct stream_id *id) {
    return rdb_get_length(in, &id->ms) && rdb_get_length(in, &id->seq);
}

static bool get_node(struct rdb_stream *r, struct rdb_in *in, struct rdb_text *text) {
    struct stream *s = r->stream;
    uint64_t id_len;
    struct stream_id id, last;
    if (!rdb_get_length(in, &id_len)) return false;
    if (id_len != 16)
        return rdb_fail(in, "the id of a stream's node has %llu bytes", (unsigned long long)id_len);
    if (!get_raw_id(in, &id) || !rdb_get_text(in, text)) return false;
    if (!stream_node_valid(text->s.ptr, text->s.len, id))
        return rdb_fail(in, "Stream listpack integrity check failed");
    if (id_tree_last(&s->nodes, &last) && !stream_id_less(last, id))
        return rdb_fail(in, "the nodes of the stream do not ascend");
    if (stream_node_live(text->s.ptr) == 0)
        return rdb_fail(in, "Stream listpack integrity check failed: it has no entry");
    void *lp = mem_try_alloc(text->s.len);
    if (lp == NULL) return rdb_fail(in, "no memory for %zu bytes", text->s.len);
    memcpy(lp, text->s.ptr, text->s.len);
    memcpy(id_tree_insert(&s->nodes, id), &lp, sizeof(lp));
    s->node_bytes += mem_good_size(text->s.len);
    s->tail_room = (uint32_t)text->s.len;
    r->entries += stream_node_live(lp);
    return true;
}

/* What older files do not tell follows from the entries. */
static void find_first(struct stream *s) {
    struct stream_range range;
    stream_range_begin(&range, s, STREAM_ID_MIN, STREAM_ID_MAX, false);
    s->first_id = stream_range_next(&range) ? range.entry.id : STREAM_ID_MIN;
}

static bool get_head(struct rdb_stream *r, uint8_t type, struct rdb_in *in) {
    struct stream *s = r->stream;
    struct stream_id first;
    if (!rdb_get_length(in, &s->length) || !get_id(in, &s->last_id)) return false;
    s->entries_added = s->length;
    s->max_deleted_id = STREAM_ID_MIN;
    if (type != RDB_STREAM &&
        (!get_id(in, &first) || !get_id(in, &s->max_deleted_id) || !rdb_get_length(in, &s->entries_added)))
        return false;
    if (s->length != r->entries) return rdb_fail(in, "the stream's length does not agree with its nodes");
    if (s->entries_added < s->length) return rdb_fail(in, "the stream has more entries than were ever added");
    find_first(s);
    struct stream_range back;
    stream_range_begin(&back, s, STREAM_ID_MIN, STREAM_ID_MAX, true);
    if (stream_range_next(&back) && stream_id_less(s->last_id, back.entry.id))
        return rdb_fail(in, "the stream has an entry above its last id");
    return rdb_get_count(in, 4, &r->left);
}

static bool get_pending(struct stream_group *g, struct rdb_in *in) {
    uint64_t count, delivered;
    if (!rdb_get_count(in, 25, &count)) return false;
    for (; count; count--) {
        struct stream_id id;
        uint64_t deliveries;
        if (!get_raw_id(in, &id) || !rdb_get_u64(in, &delivered) || !rdb_get_length(in, &deliveries))
            return false;
        if (id_tree_find(&g->pending, id)) return rdb_fail(in, "an id is pending twice in a group");
        *(struct stream_nack *)id_tree_insert(&g->pending, id) =
            (struct stream_nack){.delivered_ms = (int64_t)delivered, .deliveries = deliveries};
    }
    return true;
}

static bool get_consumer(struct stream_group *g, uint8_t type, struct rdb_in *in, struct rdb_text *text,
                         uint64_t *assigned) {
    uint64_t seen, active, count;
    if (!rdb_get_text(in, text)) return false;
    struct stream_consumer *c = stream_consumer_create(g, text->s, 0);
    if (c == NULL) return rdb_fail(in, "Duplicate stream consumer detected");
    if (!rdb_get_u64(in, &seen)) return false;
    active = seen;
    if (type == RDB_STREAM_3 && !rdb_get_u64(in, &active)) return false;
    c->seen_ms = (int64_t)seen;
    c->active_ms = (int64_t)active;
    if (!rdb_get_count(in, 16, &count)) return false;
    for (; count; count--, ++*assigned) {
        struct stream_id id;
        if (!get_raw_id(in, &id)) return false;
        struct stream_nack *nack = stream_nack_find(g, id);
        if (nack == NULL) return rdb_fail(in, "a consumer has an id pending that its group has not");
        if (nack->consumer) return rdb_fail(in, "an id is pending with two consumers");
        nack->consumer = c;
        id_tree_insert(&c->pending, id);
    }
    return true;
}

static bool fill_group(struct stream_group *g, uint8_t type, struct rdb_in *in, struct rdb_text *text) {
    uint64_t count, assigned = 0;
    if (!get_pending(g, in) || !rdb_get_count(in, 10, &count)) return false;
    for (; count; count--)
        if (!get_consumer(g, type, in, text, &assigned)) return false;
    return assigned == g->pending.count || rdb_fail(in, "an id is pending with no consumer");
}

/* What is pending with nobody must not be found when a group that failed is freed: nacks have no owner of
 * their own, so freeing the trees is enough. */
static void forget_group(struct stream *s, struct slice name) {
    struct stream *gone = stream_group_detach(s, name);
    size_t budget = SIZE_MAX;
    struct stream_group *g = name_index_pop(&gone->groups);
    must(stream_group_free_step(g, &budget));
    name_index_deinit(&gone->groups);
    mem_free_sized(gone, sizeof(*gone));
}

static bool get_group(struct rdb_stream *r, uint8_t type, struct rdb_in *in, struct rdb_text *text) {
    struct stream *s = r->stream;
    struct stream_id last;
    uint64_t read = 0;
    if (!rdb_get_text(in, text)) return false;
    struct slice name = text->s;
    struct stream_group *g = stream_group_create(s, name, STREAM_ID_MIN, 0);
    if (g == NULL) return rdb_fail(in, "a group comes twice");
    bool ok = get_id(in, &last) && (type == RDB_STREAM || rdb_get_length(in, &read));
    if (ok) {
        g->last_id = last;
        g->entries_read = type == RDB_STREAM ? stream_count_up_to(s, last) : (int64_t)read;
        ok = fill_group(g, type, in, text);
    }
    if (!ok) {
        struct buf copy = {0};
        buf_append_slice(&copy, stream_group_name(g));
        forget_group(s, buf_slice(&copy));
        buf_deinit(&copy);
    }
    return ok;
}

void rdb_stream_drop(struct rdb_stream *r) {
    if (r->stream) value_free(stream_entry_create(SLICE(""), ENTRY_NO_DEADLINE, r->stream));
    *r = (struct rdb_stream){0};
}

static enum rdb_status step(struct rdb_stream *r, uint8_t type, struct rdb_in *in, size_t budget,
                            struct rdb_text *text) {
    if (r->stream == NULL) r->stream = stream_alloc();
    for (; budget; budget--) {
        const uint8_t *start = in->at;
        bool ok = true;
        switch (r->phase) {
        case PHASE_COUNT: ok = rdb_get_count(in, 18, &r->left); break;
        case PHASE_NODES: ok = r->left == 0 || get_node(r, in, text); break;
        case PHASE_HEAD: ok = get_head(r, type, in); break;
        default:
            if (r->left == 0) return RDB_DONE;
            ok = get_group(r, type, in, text);
        }
        if (!ok) return rdb_in_rewind(in, start);
        bool counted = r->phase == PHASE_NODES || r->phase == PHASE_GROUPS;
        if (counted && r->left) r->left--;
        if (r->phase == PHASE_COUNT || r->phase == PHASE_HEAD || (r->phase == PHASE_NODES && r->left == 0))
            r->phase++;
    }
    return RDB_AGAIN;
}

enum rdb_status rdb_stream_step(struct rdb_stream *r, uint8_t type, struct slice key, struct rdb_in *in,
                                size_t budget, struct entry **out) {
    struct rdb_text text = {0};
    enum rdb_status status = step(r, type, in, budget, &text);
    rdb_text_deinit(&text);
    if (status == RDB_DONE) {
        *out = stream_entry_create(key, ENTRY_NO_DEADLINE, r->stream);
        *r = (struct rdb_stream){0};
    }
    return status;
}
