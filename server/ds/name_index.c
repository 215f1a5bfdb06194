/* Two levels: an array of pointers to runs of up to RUN_ITEMS names, all in order.
 *
 *      runs ──► [ a  b  d ]  [ f  g ]  [ k  m  n ]
 *
 * A name is found by halving, first among the runs by their first names, then within one. Adding moves a part
 * of one run; a full run is split, or, where the name is greater than all, followed by an empty one. With a
 * hundred thousand names that is some kilobytes moved now and then, and no node above. */
#include "server/ds/name_index.h"
#include "common/base/mem.h"

#define RUN_ITEMS       84
#define RUN_ITEMS_FIRST 2

struct named {
    const char *name;
    size_t len;
    void *thing;
};
struct name_run {
    uint32_t count, cap;
    struct named item[];
};

void name_index_init(struct name_index *x) {
    *x = (struct name_index){0};
}

static size_t run_bytes(uint32_t cap) {
    return sizeof(struct name_run) + cap * sizeof(struct named);
}

void name_index_deinit(struct name_index *x) {
    for (uint32_t i = 0; i < x->run_count; i++)
        mem_free_sized(x->runs[i], run_bytes(x->runs[i]->cap));
    mem_free(x->runs);
    name_index_init(x);
}

size_t name_index_bytes(const struct name_index *x) {
    size_t bytes = x->run_cap ? mem_good_size(x->run_cap * sizeof(*x->runs)) : 0;
    for (uint32_t i = 0; i < x->run_count; i++)
        bytes += mem_good_size(run_bytes(x->runs[i]->cap));
    return bytes;
}

static struct name_run *run_create(uint32_t cap) {
    struct name_run *run = mem_alloc(run_bytes(cap));
    run->count = 0;
    run->cap = cap;
    return run;
}

static int item_cmp(const struct named *item, struct slice name) {
    return slice_cmp((struct slice){item->name, item->len}, name);
}

/* The run where the name is or would be; the index must not be empty. */
static uint32_t run_for(const struct name_index *x, struct slice name) {
    uint32_t low = 0, high = x->run_count; /* the run before `high` may begin with the name or below it */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (item_cmp(&x->runs[middle]->item[0], name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* How many names of the run are below `name`; `*found`: it follows them. */
static uint32_t place_in(const struct name_run *run, struct slice name, bool *found) {
    uint32_t low = 0, high = run->count;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = item_cmp(&run->item[middle], name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void *name_index_find(const struct name_index *x, struct slice name) {
    if (x->count == 0) return NULL;
    const struct name_run *run = x->runs[run_for(x, name)];
    bool found;
    uint32_t at = place_in(run, name, &found);
    return found ? run->item[at].thing : NULL;
}

static void insert_run(struct name_index *x, uint32_t at, struct name_run *run) {
    if (x->run_count == x->run_cap) {
        x->run_cap = x->run_cap ? x->run_cap * 2 : 1;
        x->runs = mem_realloc(x->runs, x->run_cap * sizeof(*x->runs));
    }
    memmove(x->runs + at + 1, x->runs + at, (x->run_count - at) * sizeof(*x->runs));
    x->runs[at] = run;
    x->run_count++;
}

/* Makes room in run `r` for a name at `*at`; returns the run that it belongs to now. */
static struct name_run *make_room(struct name_index *x, uint32_t r, uint32_t *at) {
    struct name_run *run = x->runs[r];
    if (run->count < run->cap) return run;
    if (run->cap < RUN_ITEMS) {
        uint32_t cap = run->cap * 2 < RUN_ITEMS ? run->cap * 2 : RUN_ITEMS;
        run = x->runs[r] = mem_realloc(run, run_bytes(cap));
        run->cap = cap;
        return run;
    }
    bool greatest = r + 1 == x->run_count && *at == run->count;
    uint32_t keep = greatest ? run->count : run->count / 2;
    struct name_run *right = run_create(RUN_ITEMS);
    right->count = run->count - keep;
    memcpy(right->item, run->item + keep, right->count * sizeof(*run->item));
    run->count = keep;
    insert_run(x, r + 1, right);
    if (*at < keep || (*at == keep && !greatest)) return run;
    *at -= keep;
    return right;
}

void name_index_insert(struct name_index *x, struct slice name, void *thing) {
    if (x->run_count == 0) insert_run(x, 0, run_create(RUN_ITEMS_FIRST));
    uint32_t r = x->count ? run_for(x, name) : 0;
    bool found;
    uint32_t at = place_in(x->runs[r], name, &found);
    must(!found);
    struct name_run *run = make_room(x, r, &at);
    memmove(run->item + at + 1, run->item + at, (run->count - at) * sizeof(*run->item));
    run->item[at] = (struct named){name.ptr, name.len, thing};
    run->count++;
    x->count++;
}

static void *remove_at(struct name_index *x, uint32_t r, uint32_t at) {
    struct name_run *run = x->runs[r];
    void *thing = run->item[at].thing;
    run->count--;
    memmove(run->item + at, run->item + at + 1, (run->count - at) * sizeof(*run->item));
    x->count--;
    if (run->count == 0) {
        mem_free_sized(run, run_bytes(run->cap));
        x->run_count--;
        memmove(x->runs + r, x->runs + r + 1, (x->run_count - r) * sizeof(*x->runs));
    }
    return thing;
}

void *name_index_remove(struct name_index *x, struct slice name) {
    if (x->count == 0) return NULL;
    uint32_t r = run_for(x, name);
    bool found;
    uint32_t at = place_in(x->runs[r], name, &found);
    return found ? remove_at(x, r, at) : NULL;
}

void *name_index_pop(struct name_index *x) {
    if (x->count == 0) return NULL;
    uint32_t r = x->run_count - 1;
    return remove_at(x, r, x->runs[r]->count - 1);
}

void name_cursor_begin(struct name_cursor *c, const struct name_index *x) {
    *c = (struct name_cursor){x, 0, 0};
}

void *name_cursor_next(struct name_cursor *c) {
    while (c->run < c->index->run_count) {
        const struct name_run *run = c->index->runs[c->run];
        if (c->at < run->count) return run->item[c->at++].thing;
        c->run++;
        c->at = 0;
    }
    return NULL;
}
