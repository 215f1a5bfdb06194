/* Entries are read from their first element on: flags, two distances, then as many elements as the fields
 * say. Backwards, the last element of an entry tells how many to go back. Numbers are elements of integers,
 * so that no text is made or read for them. */
#include "server/types/stream_node.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"

static int64_t int_at(const void *lp, uint32_t at) {
    int64_t value = 0;
    bool is_int = listpack_get_int(lp, at, &value);
    must(is_int);
    return value;
}

/* --- writing --- */

size_t stream_node_entry_room(const struct slice *pairs, size_t count) {
    size_t room = 5 * LISTPACK_ELEMENT_ROOM + STREAM_NODE_MARK_ROOM;
    for (size_t i = 0; i < 2 * count; i++)
        room += pairs[i].len + LISTPACK_ELEMENT_ROOM;
    return room;
}

size_t stream_node_first_room(const struct slice *pairs, size_t count) {
    size_t room = LISTPACK_EMPTY_BYTES + 4 * LISTPACK_ELEMENT_ROOM + stream_node_entry_room(pairs, count);
    for (size_t i = 0; i < count; i++)
        room += pairs[2 * i].len + LISTPACK_ELEMENT_ROOM;
    return room;
}

void stream_node_init(void *lp, const struct slice *pairs, size_t count) {
    listpack_init(lp);
    listpack_append_int(lp, 0);
    listpack_append_int(lp, 0);
    listpack_append_int(lp, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        listpack_append(lp, pairs[2 * i]);
    listpack_append_int(lp, 0);
}

static bool same_fields(const struct stream_node *n, const struct slice *pairs, size_t count) {
    if (n->field_count != count) return false;
    uint32_t at = n->fields_at;
    for (size_t i = 0; i < count; i++) {
        if (!listpack_equals(n->lp, at, pairs[2 * i])) return false;
        at = listpack_next(n->lp, at);
    }
    return true;
}

void stream_node_append(void *lp, struct stream_id master, struct stream_id id, const struct slice *pairs,
                        size_t count) {
    struct stream_node n;
    stream_node_open(&n, lp, master);
    bool same = same_fields(&n, pairs, count);
    listpack_append_int(lp, same ? STREAM_ENTRY_SAME_FIELDS : 0);
    listpack_append_int(lp, (int64_t)(id.ms - master.ms));
    listpack_append_int(lp, (int64_t)(id.seq - master.seq));
    if (!same) listpack_append_int(lp, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        if (!same) listpack_append(lp, pairs[2 * i]);
        listpack_append(lp, pairs[2 * i + 1]);
    }
    listpack_append_int(lp, (int64_t)(same ? count + 3 : 2 * count + 4));
    uint32_t live_at = listpack_first(lp);
    listpack_replace_int(lp, live_at, int_at(lp, live_at) + 1);
}

uint64_t stream_node_live(const void *lp) {
    return (uint64_t)int_at(lp, listpack_first(lp));
}

uint64_t stream_node_deleted(const void *lp) {
    return (uint64_t)int_at(lp, listpack_next(lp, listpack_first(lp)));
}

int32_t stream_node_mark_deleted(void *lp, uint32_t at) {
    int64_t flags = int_at(lp, at);
    uint32_t bytes = listpack_bytes(lp);
    must(!(flags & STREAM_ENTRY_DELETED));
    /* from the back to the front: what stands behind a change may move */
    listpack_replace_int(lp, at, flags | STREAM_ENTRY_DELETED);
    uint32_t live_at = listpack_first(lp), deleted_at = listpack_next(lp, live_at);
    listpack_replace_int(lp, deleted_at, int_at(lp, deleted_at) + 1);
    listpack_replace_int(lp, live_at, int_at(lp, live_at) - 1);
    return (int32_t)(listpack_bytes(lp) -
                     bytes); /* the flags keep their size, so this was before all entries */
}

void stream_node_moved(struct stream_node *n, struct stream_entry *e, const void *lp, int32_t by) {
    n->lp = lp;
    if (n->fields_at) n->fields_at += (uint32_t)by;
    n->first_entry += (uint32_t)by;
    e->at += (uint32_t)by;
    e->pairs += (uint32_t)by;
    e->end += (uint32_t)by;
}

/* --- reading --- */

void stream_node_open(struct stream_node *n, const void *lp, struct stream_id master) {
    n->lp = lp;
    n->master = master;
    uint32_t at = listpack_next(lp, listpack_next(lp, listpack_first(lp)));
    n->field_count = (uint32_t)int_at(lp, at);
    at = listpack_next(lp, at);
    n->fields_at = n->field_count ? at : 0;
    for (uint32_t i = 0; i < n->field_count; i++)
        at = listpack_next(lp, at);
    n->first_entry = listpack_next(lp, at);
}

/* Reads the entry whose flags are at `at`. */
static void read_entry(const struct stream_node *n, uint32_t at, struct stream_entry *e) {
    const void *lp = n->lp;
    e->at = at;
    e->flags = (uint8_t)listpack_take_int(lp, &at);
    e->id.ms = n->master.ms + (uint64_t)listpack_take_int(lp, &at);
    e->id.seq = n->master.seq + (uint64_t)listpack_take_int(lp, &at);
    e->field_count = n->field_count;
    uint32_t elements = n->field_count;
    if (!(e->flags & STREAM_ENTRY_SAME_FIELDS)) {
        e->field_count = (uint32_t)listpack_take_int(lp, &at);
        elements = 2 * e->field_count;
    }
    e->pairs = at;
    e->end = listpack_skip(lp, at, elements);
}

bool stream_node_first(const struct stream_node *n, struct stream_entry *e) {
    if (n->first_entry == 0) return false;
    read_entry(n, n->first_entry, e);
    return true;
}

bool stream_node_next(const struct stream_node *n, struct stream_entry *e) {
    uint32_t at = listpack_next(n->lp, e->end);
    if (at == 0) return false;
    read_entry(n, at, e);
    return true;
}

/* Reads the entry that ends with the element at `end`. */
static void read_entry_before(const struct stream_node *n, uint32_t end, struct stream_entry *e) {
    uint32_t at = end;
    for (int64_t back = int_at(n->lp, end); back > 0; back--)
        at = listpack_prev(n->lp, at);
    read_entry(n, at, e);
}

bool stream_node_last(const struct stream_node *n, struct stream_entry *e) {
    if (n->first_entry == 0) return false;
    read_entry_before(n, listpack_last(n->lp), e);
    return true;
}

bool stream_node_prev(const struct stream_node *n, struct stream_entry *e) {
    if (e->at == n->first_entry) return false;
    read_entry_before(n, listpack_prev(n->lp, e->at), e);
    return true;
}

void stream_pairs_begin(struct stream_pairs *p, const struct stream_node *n, const struct stream_entry *e) {
    p->lp = n->lp;
    p->left = e->field_count;
    p->own_fields = !(e->flags & STREAM_ENTRY_SAME_FIELDS);
    p->field_at = p->own_fields ? e->pairs : n->fields_at;
    p->value_at = e->pairs;
}

bool stream_pairs_next(struct stream_pairs *p, struct slice *field, struct slice *value) {
    if (p->left == 0) return false;
    p->left--;
    if (p->own_fields) p->value_at = listpack_skip(p->lp, p->field_at, 1);
    *field = listpack_get(p->lp, p->field_at, p->scratch[0]);
    *value = listpack_get(p->lp, p->value_at, p->scratch[1]);
    if (p->left == 0) return true;
    p->field_at = listpack_skip(p->lp, p->own_fields ? p->value_at : p->field_at, 1);
    if (!p->own_fields) p->value_at = listpack_skip(p->lp, p->value_at, 1);
    return true;
}

/* --- what comes from outside --- */

/* Reads an integer and moves on; false if it is none or negative. */
static bool take_count(const void *lp, uint32_t *at, int64_t *out) {
    if (*at == 0 || !listpack_get_int(lp, *at, out) || *out < 0) return false;
    *at = listpack_next(lp, *at);
    return true;
}

static bool skip(const void *lp, uint32_t *at, int64_t elements) {
    for (; elements > 0 && *at; elements--)
        *at = listpack_next(lp, *at);
    return elements == 0;
}

/* An entry at `*at`: moves behind it. */
static bool valid_entry(const void *lp, uint32_t *at, struct stream_id master, int64_t master_fields,
                        struct stream_id *id, bool *deleted) {
    int64_t flags, ms, seq, elements = master_fields, back;
    if (!take_count(lp, at, &flags) || flags > (STREAM_ENTRY_DELETED | STREAM_ENTRY_SAME_FIELDS))
        return false;
    if (*at == 0 || !listpack_get_int(lp, *at, &ms) || !skip(lp, at, 1)) return false;
    if (*at == 0 || !listpack_get_int(lp, *at, &seq) || !skip(lp, at, 1)) return false;
    int64_t head = 3;
    if (!(flags & STREAM_ENTRY_SAME_FIELDS)) {
        if (!take_count(lp, at, &elements) || elements > UINT32_MAX / 2) return false;
        elements *= 2;
        head = 4;
    }
    if (!skip(lp, at, elements) || !take_count(lp, at, &back) || back != head + elements) return false;
    *id = (struct stream_id){master.ms + (uint64_t)ms, master.seq + (uint64_t)seq};
    *deleted = flags & STREAM_ENTRY_DELETED;
    return true;
}

bool stream_node_valid(const void *lp, size_t len, struct stream_id master) {
    if (!listpack_valid(lp, len, true)) return false;
    uint32_t at = listpack_first(lp);
    int64_t live, deleted, fields, zero;
    if (!take_count(lp, &at, &live) || !take_count(lp, &at, &deleted) || !take_count(lp, &at, &fields))
        return false;
    if (fields > UINT32_MAX / 2 || !skip(lp, &at, fields)) return false;
    if (at == 0 || !listpack_get_int(lp, at, &zero) || zero != 0) return false;
    at = listpack_next(lp, at);
    struct stream_id last = master, id;
    int64_t found[2] = {0, 0};
    for (bool first = true; at; first = false) {
        bool is_deleted;
        if (!valid_entry(lp, &at, master, fields, &id, &is_deleted)) return false;
        if (first ? stream_id_less(id, master) : !stream_id_less(last, id)) return false;
        last = id;
        found[is_deleted]++;
    }
    return live > 0 && found[0] == live && found[1] == deleted;
}
