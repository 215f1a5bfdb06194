/* A program of changes to an id tree, beside a sorted array: after each the tree answers as the array does.
 *
 *      the first byte chooses the size of values; then four bytes an operation: what | how many or which |
 * two of an id
 */
#include "common/base/panic.h"
#include "server/ds/id_tree.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IDS_MAX 4096

enum operation {
    INSERT_ONE,
    INSERT_RUN, /* ascending, behind all */
    REMOVE_ONE,
    REMOVE_HEAD, /* a run from the beginning, as trimming does */
    REMOVE_RUN,
    FIND,
    SEEK,
    SEEK_BACK,
    OPERATIONS
};

struct world {
    struct id_tree tree;
    struct stream_id ids[IDS_MAX]; /* the model: sorted */
    size_t count;
};

/* Values say whose they are. */
static uint64_t mark_of(struct stream_id id) {
    return id.ms * 1000003 + id.seq * 7919 + 1;
}

static void check_value(const struct world *w, struct stream_id id, const void *value) {
    uint64_t mark = mark_of(id);
    must(value != NULL);
    must(w->tree.value_bytes == 0 || memcmp(value, &mark, sizeof(mark)) == 0);
}

/* How many of the model are below `id`. */
static size_t place_of(const struct world *w, struct stream_id id) {
    size_t low = 0, high = w->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stream_id_less(w->ids[middle], id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct world *w, size_t place, struct stream_id id) {
    return place < w->count && stream_id_eq(w->ids[place], id);
}

static struct stream_id id_of(const uint8_t *bytes) {
    struct stream_id id = {bytes[0], bytes[1]};
    if (bytes[0] == UINT8_MAX) id.ms = UINT64_MAX;
    if (bytes[1] == UINT8_MAX) id.seq = UINT64_MAX;
    return id;
}

static void insert(struct world *w, struct stream_id id) {
    size_t place = place_of(w, id);
    if (w->count == IDS_MAX || has(w, place, id)) return;
    uint64_t mark = mark_of(id);
    void *value = id_tree_insert(&w->tree, id);
    must(value != NULL);
    if (w->tree.value_bytes) memcpy(value, &mark, sizeof(mark));
    memmove(w->ids + place + 1, w->ids + place, (w->count - place) * sizeof(*w->ids));
    w->ids[place] = id;
    w->count++;
}

static void insert_run(struct world *w, unsigned count, uint8_t step) {
    struct stream_id id = w->count ? w->ids[w->count - 1] : STREAM_ID_MIN;
    while (count-- && stream_id_step_up(&id)) {
        if (step % 4 == 0 && id.ms < 1u << 20) id = (struct stream_id){id.ms + step, 0};
        insert(w, id);
    }
}

static void remove_run(struct world *w, size_t place, unsigned count) {
    for (; count > 0 && place < w->count; count--) {
        must(id_tree_remove(&w->tree, w->ids[place]));
        memmove(w->ids + place, w->ids + place + 1, (w->count - place - 1) * sizeof(*w->ids));
        w->count--;
    }
}

static void remove_one(struct world *w, struct stream_id id) {
    size_t place = place_of(w, id);
    if (has(w, place, id))
        remove_run(w, place, 1);
    else
        must(!id_tree_remove(&w->tree, id));
}

static void find(const struct world *w, struct stream_id id) {
    const void *value = id_tree_find(&w->tree, id);
    must((value != NULL) == has(w, place_of(w, id), id));
    if (value) check_value(w, id, value);
}

/* Some steps of a cursor, and back again. */
static void seek(const struct world *w, struct stream_id from, unsigned steps) {
    struct id_cursor c;
    size_t at = place_of(w, from);
    bool there = id_cursor_seek(&c, &w->tree, from);
    must(there == (at < w->count));
    while (there) {
        must(stream_id_eq(c.id, w->ids[at]));
        check_value(w, c.id, c.value);
        if (steps-- == 0) break;
        there = id_cursor_next(&c);
        must(there == (++at < w->count));
    }
}

static void seek_back(const struct world *w, struct stream_id from, unsigned steps) {
    struct id_cursor c;
    size_t at = place_of(w, from);
    if (has(w, at, from)) at++; /* now those that are not above it */
    bool there = id_cursor_seek_back(&c, &w->tree, from);
    must(there == (at > 0));
    while (there) {
        must(stream_id_eq(c.id, w->ids[at - 1]));
        check_value(w, c.id, c.value);
        if (steps-- == 0) break;
        there = id_cursor_prev(&c);
        must(there == (--at > 0));
    }
}

static void check_ends(const struct world *w) {
    struct stream_id first, last;
    must(w->tree.count == w->count);
    must((id_tree_first(&w->tree, &first) != NULL) == (w->count > 0));
    must((id_tree_last(&w->tree, &last) != NULL) == (w->count > 0));
    if (w->count == 0) return;
    must(stream_id_eq(first, w->ids[0]) && stream_id_eq(last, w->ids[w->count - 1]));
}

static void run(struct world *w, const uint8_t *op) {
    struct stream_id id = id_of(op + 2);
    unsigned how = op[1];
    switch ((enum operation)(op[0] % OPERATIONS)) {
    case INSERT_ONE: insert(w, id); break;
    case INSERT_RUN: insert_run(w, how, op[2]); break;
    case REMOVE_ONE: remove_one(w, id); break;
    case REMOVE_HEAD: remove_run(w, 0, how); break;
    case REMOVE_RUN: remove_run(w, place_of(w, id), how % 64); break;
    case FIND: find(w, id); break;
    case SEEK: seek(w, id, how); break;
    case SEEK_BACK: seek_back(w, id, how); break;
    case OPERATIONS: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world w;
    static const size_t value_bytes[] = {0, 8, 24, 64};
    if (size < 1) return 0;
    w.count = 0;
    id_tree_init(&w.tree, value_bytes[data[0] % 4]);
    for (size_t at = 1; at + 4 <= size; at += 4) {
        run(&w, data + at);
        check_ends(&w);
        if (at % 64 == 1) id_tree_verify(&w.tree);
    }
    id_tree_verify(&w.tree);
    if (w.count) seek(&w, STREAM_ID_MIN, IDS_MAX);
    size_t budget = 3;
    while (!id_tree_deinit_step(&w.tree, &budget))
        budget = 3;
    return 0;
}
