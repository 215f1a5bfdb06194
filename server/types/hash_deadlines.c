/* Deadlines of fields, in both forms of a hash.
 *
 * Small: the triples stand in the order of their deadlines, so the next one to go is the first, and what is
 * due is one run of bytes at the beginning. It is the layout of Redis's own small hashes with field TTLs,
 * which loading and saving copy.
 *
 *      │ f2 v2 1700000000100 │ f1 v1 1700000000900 │ f3 v3 0 │ f4 v4 0 │
 *
 * Large: the table's index of deadlines (server/ds/deadlines.h) names the buckets in which something may be
 * due. It costs less than a byte per field and nothing when a deadline is refreshed. What is due but not
 * deleted yet, because there was too much of it, is told by the horizon: every reader compares the deadline
 * of an item that has one. Like all that changes items, deleting them here is what a snapshot must hear of.
 */
#include "server/types/hash_deadlines.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/types/hash_int.h"

/* --- small --- */

int64_t hash_small_deadline(const void *lp, uint32_t value_at) {
    int64_t when = 0;
    bool number = listpack_get_int(lp, listpack_next(lp, value_at), &when);
    must(number);
    return when ? when : ENTRY_NO_DEADLINE;
}

static uint32_t next_triple(const void *lp, uint32_t at) {
    return listpack_next(lp, listpack_next(lp, listpack_next(lp, at)));
}

/* Where the triple at `at` belongs: the offset of the one that it goes before, or of the end. */
static uint32_t place_of(const void *lp, uint32_t at) {
    uint32_t end = listpack_bytes(lp) - 1;
    int64_t when = hash_small_deadline(lp, listpack_next(lp, at));
    if (when == ENTRY_NO_DEADLINE) return end;
    for (uint32_t other = listpack_first(lp); other; other = next_triple(lp, other)) {
        int64_t its = hash_small_deadline(lp, listpack_next(lp, other));
        if (other != at && (its == ENTRY_NO_DEADLINE || its > when)) return other;
    }
    return end;
}

/* Exchanges the neighbours [from, middle) and [middle, to). No element knows where it stands, so bytes may
 * move. */
static void rotate(char *bytes, uint32_t from, uint32_t middle, uint32_t to) {
    char *aside = mem_alloc(middle - from);
    memcpy(aside, bytes + from, middle - from);
    memmove(bytes + from, bytes + middle, to - middle);
    memcpy(bytes + from + (to - middle), aside, middle - from);
    mem_free_sized(aside, middle - from);
}

static void settle(void *lp, uint32_t at) {
    uint32_t place = place_of(lp, at), next = next_triple(lp, at);
    uint32_t end = next ? next : listpack_bytes(lp) - 1;
    if (place > end)
        rotate(lp, at, end, place);
    else if (place < at)
        rotate(lp, place, at, end);
}

struct entry *hash_small_set_deadline(struct entry *e, uint32_t at, int64_t deadline_ms) {
    void *lp = hash_small(e);
    uint32_t value_at = listpack_next(lp, at), deadline_at = listpack_next(lp, value_at);
    if (hash_small_deadline(lp, value_at) == deadline_ms) return e;
    char digits[LISTPACK_INT_CHARS];
    int64_t stored = deadline_ms == ENTRY_NO_DEADLINE ? 0 : deadline_ms;
    struct slice text = {digits, num_format_int64(digits, stored)};
    size_t before = listpack_bytes(lp);
    size_t after = before - listpack_size_at(lp, deadline_at) + listpack_element_bytes(text);
    if (after > before) e = hash_small_reserve(e, after);
    listpack_replace(hash_small(e), deadline_at, text);
    settle(hash_small(e), at);
    return after < before ? entry_shrunk(e, before) : e;
}

/* Pairs become triples. */
static struct entry *widen(struct entry *e) {
    const void *lp = hash_small(e);
    const struct slice none = SLICE("0");
    size_t bytes = listpack_bytes(lp) + listpack_count(lp) / 2 * listpack_element_bytes(none);
    char *wide = mem_alloc(bytes), digits[LISTPACK_INT_CHARS];
    listpack_init(wide);
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        listpack_append(wide, listpack_get(lp, at, digits));
        at = listpack_next(lp, at);
        listpack_append(wide, listpack_get(lp, at, digits));
        listpack_append(wide, none);
    }
    must(listpack_bytes(wide) == bytes);
    e = hash_small_reserve(e, bytes);
    memcpy(hash_small(e), wide, bytes);
    mem_free_sized(wide, bytes);
    e->flags |= ENTRY_FIELDS_EXPIRE;
    return e;
}

static struct entry *small_expire(struct entry *e, int64_t now_ms, hash_gone *gone, void *arg,
                                  size_t *count) {
    void *lp = hash_small(e);
    char digits[LISTPACK_INT_CHARS];
    uint32_t first = listpack_first(lp), triples = 0;
    for (uint32_t at = first; at; at = next_triple(lp, at)) {
        int64_t when = hash_small_deadline(lp, listpack_next(lp, at));
        if (when == ENTRY_NO_DEADLINE || when >= now_ms) break;
        gone(arg, listpack_get(lp, at, digits));
        triples++;
    }
    if (triples == 0) return e;
    size_t before = listpack_bytes(lp);
    listpack_erase_n(lp, first, 3 * triples);
    *count += triples;
    return entry_shrunk(e, before);
}

/* --- large --- */

void field_deadlines_attach(struct table *t, int64_t epoch_ms) {
    struct field_deadlines *d = mem_alloc(sizeof(*d));
    deadlines_init(&d->index, epoch_ms);
    deadlines_resize(&d->index, t->buckets.count);
    d->count = 0;
    d->horizon_ms = INT64_MIN;
    d->overdue = false;
    t->deadlines = &d->index;
}

void field_deadlines_destroy(struct field_deadlines **d) {
    deadlines_deinit(&(*d)->index);
    mem_free_sized(*d, sizeof(**d));
    *d = NULL;
}

void field_deadlines_note(struct table *t, uint64_t hash, int64_t deadline_ms) {
    field_deadlines_of(t)->count++;
    deadlines_lower(t->deadlines, table_bucket_index(t, hash), deadlines_unit(t->deadlines, deadline_ms));
}

static void note_copied(void *arg, void *item) {
    struct table *t = arg;
    if (item_deadline(item) == ENTRY_NO_DEADLINE) return;
    field_deadlines_note(t, hash_field_hash(t, item_field(item)), item_deadline(item));
}

void field_deadlines_copy(const struct table *t, struct table *copy) {
    const struct field_deadlines *d = field_deadlines_of(t);
    field_deadlines_attach(copy, d->index.epoch_ms);
    field_deadlines_of(copy)->horizon_ms = d->horizon_ms;
    field_deadlines_of(copy)->overdue = d->overdue;
    table_each(copy, note_copied, copy);
}

static void large_set_deadline(struct table *t, struct slice field, int64_t deadline_ms) {
    struct table_pos pos;
    uint64_t hash = hash_field_hash(t, field);
    struct hash_item *item = hash_large_find(t, hash, field, &pos);
    must(item);
    items_before_change(t, pos);
    if (item->flags & ITEM_EXPIRES) field_deadlines_of(t)->count--;
    struct hash_item *now = item_set_deadline(item, deadline_ms);
    if (now != item) table_replace(pos, now);
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    field_deadlines_note(t, hash, deadline_ms);
    /* the clock went back: what lies ahead again must not look due */
    if (deadline_ms < field_deadlines_of(t)->horizon_ms) field_deadlines_of(t)->horizon_ms = deadline_ms;
}

#define DUE_STACK 32

struct sifting {
    const struct deadlines *index;
    int64_t now_ms;
    uint32_t bound; /* of what stays */
    struct hash_item *due[DUE_STACK];
    unsigned due_count;
    bool more_due;
};

static void sift(void *arg, void *item) {
    struct sifting *s = arg;
    int64_t when = item_deadline(item);
    if (when == ENTRY_NO_DEADLINE) return;
    if (when >= s->now_ms) {
        uint32_t unit = deadlines_unit(s->index, when);
        if (unit < s->bound) s->bound = unit;
    } else if (s->due_count < DUE_STACK) {
        s->due[s->due_count++] = item;
    } else {
        s->more_due = true;
    }
}

static void delete_item(struct table *t, struct hash_item *item) {
    struct table_pos pos;
    struct slice field = item_field(item);
    uint64_t hash = hash_field_hash(t, field);
    hash_large_find(t, hash, field, &pos);
    items_before_change(t, pos);
    table_remove(t, hash, pos);
    field_deadlines_of(t)->count--;
    item_free(item);
}

/* The table is pinned. */
static size_t expire_bucket(struct table *t, size_t bucket, int64_t now_ms, hash_gone *gone, void *arg) {
    struct sifting s = {.index = t->deadlines, .now_ms = now_ms};
    size_t count = 0;
    do {
        s.bound = UINT32_MAX;
        s.due_count = 0;
        s.more_due = false;
        table_each_in_bucket(t, bucket, sift, &s);
        for (unsigned i = 0; i < s.due_count; i++) {
            gone(arg, item_field(s.due[i]));
            delete_item(t, s.due[i]);
        }
        count += s.due_count;
    } while (s.more_due);
    deadlines_set(t->deadlines, bucket, s.bound);
    return count;
}

static bool large_expire(struct items *items, int64_t now_ms, bool exact, size_t effort, hash_gone *gone,
                         void *arg, size_t *count) {
    struct table *t = &items->table;
    struct field_deadlines *d = field_deadlines_of(t);
    d->horizon_ms = now_ms;
    uint32_t present = deadlines_unit(&d->index, now_ms), last = exact ? present : present - 1;
    size_t bucket = SIZE_MAX, looked = 0;
    t->pins++; /* buckets keep their numbers */
    if (d->count && (exact || present)) {
        bucket = deadlines_first_due(&d->index, last);
        for (; bucket != SIZE_MAX && looked < effort; looked++) {
            items_prefetch(items, bucket + ITEMS_AHEAD);
            *count += expire_bucket(t, bucket, now_ms, gone, arg);
            bucket = deadlines_due_from(&d->index, last, bucket + 1);
        }
    }
    t->pins--;
    table_trim(t, looked);
    bool more = bucket != SIZE_MAX;
    d->overdue = d->count && (more || !exact) && deadlines_min(&d->index) <= present;
    return more;
}

static int64_t large_next_deadline(const struct field_deadlines *d) {
    if (d->count == 0) return ENTRY_NO_DEADLINE;
    int64_t when = deadlines_unit_begin(&d->index, deadlines_min(&d->index));
    if (when < 0) when = 0; /* deadlines are times, and what is saved counts from here */
    return !d->overdue && when < d->horizon_ms ? d->horizon_ms : when;
}

struct absent {
    const struct table *table;
    size_t count;
};

static void count_absent(void *arg, void *item) {
    struct absent *a = arg;
    a->count += hash_item_absent(a->table, item);
}

size_t field_deadlines_absent(const struct items *items) {
    const struct field_deadlines *d = field_deadlines_of(&items->table);
    if (!d || !d->overdue) return 0;
    struct absent a = {&items->table, 0};
    uint32_t unit = deadlines_unit(&d->index, d->horizon_ms);
    size_t bucket = deadlines_first_due(&d->index, unit);
    for (; bucket != SIZE_MAX; bucket = deadlines_due_from(&d->index, unit, bucket + 1)) {
        items_prefetch(items, bucket + ITEMS_AHEAD);
        table_each_in_bucket(&items->table, bucket, count_absent, &a);
    }
    return a.count;
}

static bool large_deadline(const struct table *t, struct slice field, int64_t *deadline_ms) {
    struct table_pos pos;
    const struct hash_item *item = hash_large_find(t, hash_field_hash(t, field), field, &pos);
    if (!item || hash_item_absent(t, item)) return false;
    *deadline_ms = item_deadline(item);
    return true;
}

/* --- reading and making whole hashes --- */

struct deadline_visitor {
    const struct table *table;
    hash_visit_deadline *visit;
    void *arg;
};

static void visit_deadline(void *arg, void *item) {
    const struct deadline_visitor *v = arg;
    if (!hash_item_absent(v->table, item))
        v->visit(v->arg, item_field(item), item_value(item), item_deadline(item));
}

void hash_each_deadline(const struct entry *e, hash_visit_deadline *visit, void *arg) {
    if (!hash_is_small(e)) {
        struct deadline_visitor v = {&hash_large(e)->table, visit, arg};
        items_each(hash_large(e), visit_deadline, &v);
        return;
    }
    const void *lp = hash_small(e);
    char field_digits[LISTPACK_INT_CHARS], value_digits[LISTPACK_INT_CHARS];
    bool triples = entry_fields_expire(e);
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        struct slice field = listpack_get(lp, at, field_digits);
        at = listpack_next(lp, at);
        visit(arg, field, listpack_get(lp, at, value_digits),
              triples ? hash_small_deadline(lp, at) : ENTRY_NO_DEADLINE);
        if (triples) at = listpack_next(lp, at);
    }
}

bool hash_triples_valid(const void *lp, bool *sorted) {
    int64_t last = 0;
    *sorted = true;
    if (listpack_count(lp) % 3) return false;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        int64_t when;
        at = listpack_next(lp, listpack_next(lp, at));
        if (!listpack_get_int(lp, at, &when) || when < 0) return false;
        if (when == 0) when = INT64_MAX;
        *sorted &= when >= last;
        last = when;
    }
    return true;
}

struct entry *hash_of_triples(struct slice key, struct slice listpack) {
    struct entry *e =
        entry_create(VALUE_HASH, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, listpack.ptr, listpack.len);
    e->flags |= ENTRY_FIELDS_EXPIRE;
    return e;
}

/* --- both --- */

int64_t hash_next_deadline_of(const struct entry *e) {
    if (!hash_is_small(e)) return large_next_deadline(field_deadlines_of(&hash_large(e)->table));
    const void *lp = hash_small(e);
    uint32_t first = listpack_first(lp);
    return first ? hash_small_deadline(lp, listpack_next(lp, first)) : ENTRY_NO_DEADLINE;
}

/* A large one is told once a millisecond: what it left then it would leave again. */
bool hash_maybe_due_of(const struct entry *e, int64_t now_ms) {
    int64_t next = hash_next_deadline_of(e);
    if (next == ENTRY_NO_DEADLINE || next >= now_ms) return false;
    return hash_is_small(e) || field_deadlines_of(&hash_large(e)->table)->horizon_ms != now_ms;
}

bool hash_deadline(const struct entry *e, struct slice field, int64_t *deadline_ms) {
    if (!hash_is_small(e)) return large_deadline(&hash_large(e)->table, field, deadline_ms);
    const void *lp = hash_small(e);
    uint32_t at = hash_small_find(e, field);
    if (at == 0) return false;
    *deadline_ms =
        entry_fields_expire(e) ? hash_small_deadline(lp, listpack_next(lp, at)) : ENTRY_NO_DEADLINE;
    return true;
}

struct entry *hash_set_deadline(struct entry *e, struct slice field, int64_t deadline_ms,
                                const struct hash_rules *rules) {
    if (deadline_ms == 0) deadline_ms = 1; /* 0 is how a triple says never */
    if (!entry_fields_expire(e)) {
        if (deadline_ms == ENTRY_NO_DEADLINE) return e;
        if (hash_is_small(e)) {
            e = widen(e);
        } else {
            field_deadlines_attach(&hash_large(e)->table, rules->now_ms);
            e->flags |= ENTRY_FIELDS_EXPIRE;
        }
    }
    if (hash_is_small(e)) return hash_small_set_deadline(e, hash_small_find(e, field), deadline_ms);
    large_set_deadline(&hash_large(e)->table, field, deadline_ms);
    return e;
}

struct entry *hash_expire(struct entry *e, int64_t now_ms, bool exact, size_t effort, hash_gone *gone,
                          void *arg, size_t *count, bool *more) {
    must(entry_fields_expire(e));
    *more = false;
    if (hash_is_small(e)) return effort ? small_expire(e, now_ms, gone, arg, count) : e;
    *more = large_expire(hash_large(e), now_ms, exact, effort, gone, arg, count);
    return e;
}
