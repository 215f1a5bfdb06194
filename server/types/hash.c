/* Both forms of a hash.
 *
 *      small   entry: header │ key │ listpack: field, value, field, value …
 *      large   entry: header │ key │ pointer ──► struct items ──► buckets ──► one item per field
 *
 * The large form is the keyspace's own table (items.h); one item is one allocation.
 *
 * A small hash is one unit for a snapshot (its entry). In a large one the unit is the item, and all that
 * changes items is in the section "large", in large_set_one and large_delete_one: what must be saved before a
 * change is saved there.
 *
 * Drawing: fields of a small hash have numbers, of which distinct ones are drawn by walking over them and
 * taking each with the probability that still makes the count come out (every choice is equally likely, the
 * order is kept). In a large one the same walk serves when an eighth or more is wanted; below, draws are
 * repeated until they differ. */
#include "server/types/hash.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/types/hash_deadlines.h"
#include "server/types/hash_int.h"

/* A listpack larger than this is not extended, whatever the rules say. */
#define LISTPACK_BYTES_MAX ((size_t)1 << 30)

struct table *hash_table_of(const struct entry *e) {
    return hash_is_small(e) ? NULL : &hash_large(e)->table;
}

size_t hash_count(const struct entry *e) {
    return hash_is_small(e) ? listpack_count(hash_small(e)) / hash_width(e) : hash_large(e)->table.count;
}

/* --- large --- */

static uint64_t item_hash(const void *secret, const void *item) {
    return hash_slice(secret, item_field(item));
}

static size_t free_item(void *item) {
    return item_free(item);
}
static size_t item_bytes(const void *item) {
    return item_memory(item);
}
static void *duplicate_item(const void *item) {
    return item_copy(item);
}
static const struct items_kind field_items = {item_hash, free_item, item_bytes, duplicate_item};

/* True if the field is new. */
static bool large_set_one(struct table *t, uint64_t hash, struct slice field, struct slice value, bool keep) {
    struct table_pos pos;
    struct hash_item *item = hash_large_find(t, hash, field, &pos);
    if (!item) {
        table_insert(t, hash, item_create(field, value));
        return true;
    }
    items_before_change(t, pos);
    bool absent = hash_item_absent(t, item);
    struct hash_item *now = item;
    if (unlikely(item->flags & ITEM_EXPIRES) && (absent || !keep)) {
        now = item_set_deadline(now, ENTRY_NO_DEADLINE);
        field_deadlines_of(t)->count--;
    }
    now = item_assign(now, value);
    if (now != item) table_replace(pos, now);
    return absent;
}

static bool large_delete_one(struct table *t, uint64_t hash, struct slice field) {
    struct table_pos pos;
    struct hash_item *item = hash_large_find(t, hash, field, &pos);
    if (!item || hash_item_absent(t, item)) return false;
    items_before_change(t, pos);
    if (unlikely(item->flags & ITEM_EXPIRES)) field_deadlines_of(t)->count--;
    table_remove(t, hash, pos);
    item_free(item);
    return true;
}

/* Hashes `count` fields, every `step`-th slice, and fetches what finding them will touch: all buckets, then
 * items. */
static void look_ahead(const struct table *t, const struct slice *fields, size_t count, unsigned step,
                       uint64_t *hashes) {
    for (size_t i = 0; i < count; i++) {
        hashes[i] = hash_field_hash(t, fields[i * step]);
        table_prefetch_bucket(t, hashes[i]);
    }
    if (count == 1) return; /* nothing would overlap */
    for (size_t i = 0; i < count; i++)
        table_prefetch_item(t, hashes[i]);
}

static size_t group_size(size_t left) {
    return left < HASH_GROUP ? left : HASH_GROUP;
}

static size_t large_set(struct table *t, const struct slice *pairs, size_t count) {
    uint64_t hashes[HASH_GROUP];
    size_t created = 0;
    while (count > 0) {
        size_t n = group_size(count);
        look_ahead(t, pairs, n, 2, hashes);
        for (size_t i = 0; i < n; i++)
            created += large_set_one(t, hashes[i], pairs[2 * i], pairs[2 * i + 1], false);
        pairs += 2 * n;
        count -= n;
    }
    return created;
}

static size_t large_delete(struct table *t, const struct slice *fields, size_t count) {
    uint64_t hashes[HASH_GROUP];
    size_t deleted = 0;
    while (count > 0) {
        size_t n = group_size(count);
        look_ahead(t, fields, n, 1, hashes);
        for (size_t i = 0; i < n; i++)
            deleted += large_delete_one(t, hashes[i], fields[i]);
        fields += n;
        count -= n;
    }
    return deleted;
}

/* --- small --- */

#define NO_DEADLINE SLICE("0") /* the third of a triple */

/* The caller knows that the result is allowed to be small. */
static struct entry *small_set_one(struct entry *e, struct slice field, struct slice value, bool keep,
                                   bool *created) {
    void *lp = hash_small(e);
    size_t bytes = listpack_bytes(lp), value_bytes = listpack_element_bytes(value);
    bool triple = entry_fields_expire(e);
    uint32_t at = hash_small_find(e, field);
    *created = at == 0;
    if (at == 0) {
        size_t more = triple ? listpack_element_bytes(NO_DEADLINE) : 0;
        e = hash_small_reserve(e, bytes + listpack_element_bytes(field) + value_bytes + more);
        listpack_append(hash_small(e), field);
        listpack_append(hash_small(e), value);
        if (triple) listpack_append(hash_small(e), NO_DEADLINE);
        return e;
    }
    uint32_t value_at = listpack_next(lp, at);
    size_t after = bytes - listpack_size_at(lp, value_at) + value_bytes;
    if (after > bytes) e = hash_small_reserve(e, after);
    listpack_replace(hash_small(e), value_at, value);
    if (after < bytes) e = entry_shrunk(e, bytes);
    return triple && !keep ? hash_small_set_deadline(e, at, ENTRY_NO_DEADLINE) : e;
}

static bool fits_small(const struct slice *pairs, size_t count, const struct hash_rules *rules) {
    for (size_t i = 0; i < 2 * count; i++)
        if (pairs[i].len > rules->listpack_value_max) return false;
    return true;
}

static bool small_has_room(const void *lp, const struct slice *pair) {
    return listpack_bytes(lp) + pair[0].len + pair[1].len <= LISTPACK_BYTES_MAX;
}

static struct entry *make_large(struct entry *e, const struct hash_rules *rules) {
    struct items *h = items_create(&field_items, rules->secret);
    struct table *t = &h->table;
    const void *lp = hash_small(e);
    bool triples = entry_fields_expire(e);
    if (triples) field_deadlines_attach(t, rules->now_ms);
    char field_digits[LISTPACK_INT_CHARS], value_digits[LISTPACK_INT_CHARS];
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        struct slice field = listpack_get(lp, at, field_digits);
        at = listpack_next(lp, at);
        struct hash_item *item = item_create(field, listpack_get(lp, at, value_digits));
        uint64_t hash = hash_field_hash(t, field);
        int64_t deadline = triples ? hash_small_deadline(lp, at) : ENTRY_NO_DEADLINE;
        if (deadline != ENTRY_NO_DEADLINE) item = item_set_deadline(item, deadline);
        table_insert(t, hash, item);
        if (deadline != ENTRY_NO_DEADLINE) field_deadlines_note(t, hash, deadline);
        if (triples) at = listpack_next(lp, at);
    }
    e = entry_reshape(e, ENC_TREE, sizeof(h));
    entry_set_pointer(e, h);
    return e;
}

/* --- changing --- */

struct entry *hash_create(struct slice key, const struct slice *pairs, size_t count,
                          const struct hash_rules *rules) {
    size_t bytes = LISTPACK_EMPTY_BYTES;
    bool fits = count <= rules->listpack_entries_max && fits_small(pairs, count, rules);
    for (size_t i = 0; fits && i < 2 * count; i++) {
        bytes += listpack_element_bytes(pairs[i]);
        fits = bytes <= LISTPACK_BYTES_MAX;
    }
    if (!fits) {
        /* Perhaps only because fields repeat, which hash_set finds out. */
        struct entry *e =
            entry_create(VALUE_HASH, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, LISTPACK_EMPTY_BYTES);
        listpack_init(hash_small(e));
        size_t created = 0;
        return hash_set(e, pairs, count, rules, &created);
    }
    struct entry *e = entry_create(VALUE_HASH, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, bytes);
    void *lp = hash_small(e);
    listpack_init(lp);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = i ? hash_small_find(e, pairs[2 * i]) : 0;
        if (at) {
            listpack_replace(lp, listpack_next(lp, at), pairs[2 * i + 1]);
        } else {
            listpack_append(lp, pairs[2 * i]);
            listpack_append(lp, pairs[2 * i + 1]);
        }
    }
    return listpack_bytes(lp) < bytes ? entry_shrunk(e, bytes) : e;
}

struct entry *hash_set(struct entry *e, const struct slice *pairs, size_t count,
                       const struct hash_rules *rules, size_t *created) {
    if (hash_is_small(e) && !fits_small(pairs, count, rules)) e = make_large(e, rules);
    for (size_t i = 0; i < count; i++) {
        const struct slice *pair = pairs + 2 * i;
        if (hash_is_small(e) && unlikely(!small_has_room(hash_small(e), pair))) e = make_large(e, rules);
        if (!hash_is_small(e)) {
            *created += large_set(&hash_large(e)->table, pair, count - i);
            return e;
        }
        bool is_new;
        e = small_set_one(e, pair[0], pair[1], false, &is_new);
        *created += is_new;
        if (hash_count(e) > rules->listpack_entries_max) e = make_large(e, rules); /* or the limit fell */
    }
    return e;
}

struct entry *hash_update(struct entry *e, const struct slice pair[2], const struct hash_rules *rules) {
    bool fits = hash_is_small(e) && fits_small(pair, 1, rules) && small_has_room(hash_small(e), pair), is_new;
    if (fits) {
        e = small_set_one(e, pair[0], pair[1], true, &is_new);
        return hash_count(e) > rules->listpack_entries_max ? make_large(e, rules) : e;
    }
    if (hash_is_small(e)) e = make_large(e, rules);
    struct table *t = &hash_large(e)->table;
    large_set_one(t, hash_field_hash(t, pair[0]), pair[0], pair[1], true);
    return e;
}

struct entry *hash_delete(struct entry *e, const struct slice *fields, size_t count, size_t *deleted) {
    if (!hash_is_small(e)) {
        *deleted += large_delete(&hash_large(e)->table, fields, count);
        return e;
    }
    void *lp = hash_small(e);
    size_t before = listpack_bytes(lp);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = hash_small_find(e, fields[i]);
        if (at == 0) continue;
        listpack_erase_n(lp, at, hash_width(e));
        ++*deleted;
    }
    return listpack_bytes(lp) < before ? entry_shrunk(e, before) : e;
}

/* --- reading --- */

static bool small_get(const struct entry *e, struct slice field, char *scratch, struct slice *value) {
    const void *lp = hash_small(e);
    uint32_t at = hash_small_find(e, field);
    if (at) *value = listpack_get(lp, listpack_next(lp, at), scratch);
    return at != 0;
}

static bool large_get(const struct table *t, uint64_t hash, struct slice field, struct slice *value) {
    struct table_pos pos;
    const struct hash_item *item = hash_large_find(t, hash, field, &pos);
    if (!item || hash_item_absent(t, item)) return false;
    *value = item_value(item);
    return true;
}

bool hash_get(const struct entry *e, struct slice field, char *scratch, struct slice *value) {
    if (hash_is_small(e)) return small_get(e, field, scratch, value);
    const struct table *t = &hash_large(e)->table;
    return large_get(t, hash_field_hash(t, field), field, value);
}

void hash_get_group(const struct entry *e, const struct slice *fields, size_t count, struct hash_group *out) {
    must(count <= HASH_GROUP);
    uint64_t hashes[HASH_GROUP];
    const struct table *t = hash_table_of(e);
    if (t) look_ahead(t, fields, count, 1, hashes);
    for (size_t i = 0; i < count; i++) {
        bool found = t ? large_get(t, hashes[i], fields[i], &out->value[i])
                       : small_get(e, fields[i], out->scratch[i], &out->value[i]);
        if (!found) out->value[i] = (struct slice){NULL, 0};
    }
}

/* --- visiting --- */

struct visitor {
    const struct table *table;
    hash_visit *visit;
    void *arg;
};

static void visit_item(void *arg, void *item) {
    struct visitor *v = arg;
    if (!hash_item_absent(v->table, item)) v->visit(v->arg, item_field(item), item_value(item));
}

/* Visits the field at `at` of a small hash and returns the offset of the next one. */
static uint32_t visit_small(const void *lp, unsigned width, uint32_t at, hash_visit *visit, void *arg) {
    char field_digits[LISTPACK_INT_CHARS], value_digits[LISTPACK_INT_CHARS];
    uint32_t value_at = listpack_next(lp, at);
    visit(arg, listpack_get(lp, at, field_digits), listpack_get(lp, value_at, value_digits));
    if (unlikely(width == 3)) value_at = listpack_next(lp, value_at);
    return listpack_next(lp, value_at);
}

void hash_each(const struct entry *e, hash_visit *visit, void *arg) {
    if (hash_is_small(e)) {
        const void *lp = hash_small(e);
        for (uint32_t at = listpack_first(lp); at;)
            at = visit_small(lp, hash_width(e), at, visit, arg);
        return;
    }
    struct visitor v = {&hash_large(e)->table, visit, arg};
    items_each(hash_large(e), visit_item, &v);
}

uint64_t hash_scan(const struct entry *e, uint64_t cursor, size_t count, hash_visit *visit, void *arg) {
    if (hash_is_small(e)) {
        hash_each(e, visit, arg);
        return 0;
    }
    struct visitor v = {&hash_large(e)->table, visit, arg};
    return items_scan(hash_large(e), cursor, count, visit_item, &v);
}

size_t hash_count_exact(const struct entry *e) {
    return hash_count(e) - (hash_is_small(e) ? 0 : field_deadlines_absent(hash_large(e)));
}

/* --- drawing --- */

static void small_random(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit,
                         bool (*go_on)(void *), void *arg) {
    const void *lp = hash_small(e);
    unsigned width = hash_width(e);
    size_t n = hash_count(e);
    if (count == 1) {
        visit_small(lp, width, listpack_at(lp, (int64_t)(width * rng_below(rng, n))), visit, arg);
        return;
    }
    uint32_t *offsets = mem_alloc(n * sizeof(*offsets)), at = listpack_first(lp);
    for (size_t i = 0; i < n; i++) {
        offsets[i] = at;
        for (unsigned w = width; w; w--)
            at = listpack_next(lp, at);
    }
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        visit_small(lp, width, offsets[rng_below(rng, n)], visit, arg);
    mem_free_sized(offsets, n * sizeof(*offsets));
}

struct alive {
    const struct table *table;
    void **items;
    size_t count;
};

static void note_alive(void *arg, void *item) {
    struct alive *a = arg;
    if (!hash_item_absent(a->table, item)) a->items[a->count++] = item;
}

/* Where nearly all fields are due and wait to be deleted, those that live are looked up first. */
static void random_alive(const struct items *items, struct rng *rng, size_t count, struct visitor *v,
                         bool (*go_on)(void *)) {
    size_t bytes = items->table.count * sizeof(void *);
    struct alive alive = {&items->table, mem_alloc(bytes), 0};
    items_each(items, note_alive, &alive);
    for (size_t i = 0; i < count && alive.count && (!go_on || go_on(v->arg)); i++)
        visit_item(v, alive.items[rng_below(rng, alive.count)]);
    mem_free_sized(alive.items, bytes);
}

#define DRAWS_MAX 64 /* in vain, for one field */

static void large_random(const struct items *items, struct rng *rng, size_t count, struct visitor *v,
                         bool (*go_on)(void *)) {
    for (; count && (!go_on || go_on(v->arg)); count--) {
        int draws = 1;
        void *item = table_random(&items->table, rng);
        while (hash_item_absent(&items->table, item) && draws++ < DRAWS_MAX)
            item = table_random(&items->table, rng);
        if (hash_item_absent(&items->table, item)) {
            random_alive(items, rng, count, v, go_on);
            return;
        }
        visit_item(v, item);
    }
}

void hash_random(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit,
                 bool (*go_on)(void *arg), void *arg) {
    if (count == 0 || hash_count(e) == 0) return;
    if (hash_is_small(e)) {
        small_random(e, rng, count, visit, go_on, arg);
        return;
    }
    struct visitor v = {&hash_large(e)->table, visit, arg};
    large_random(hash_large(e), rng, count, &v, go_on);
}

struct chosen {
    struct sieve sieve;
    hash_visit *visit;
    void *arg;
};

static void visit_chosen(void *arg, struct slice field, struct slice value) {
    struct chosen *c = arg;
    if (sieve_takes(&c->sieve)) c->visit(c->arg, field, value);
}

void hash_random_unique(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit, void *arg) {
    size_t n = hash_count_exact(e);
    bool few = !hash_is_small(e) && n == hash_count(e) && count < n / 8;
    if (count >= n) {
        hash_each(e, visit, arg);
    } else if (few) {
        struct visitor v = {&hash_large(e)->table, visit, arg};
        items_draw(hash_large(e), rng, count, visit_item, &v);
    } else if (count > 0) {
        struct chosen c = {{rng, count, n}, visit, arg};
        hash_each(e, visit_chosen, &c);
    }
}

/* --- without knowing the type --- */

static const char *hash_encoding_name(const struct entry *e) {
    if (!hash_is_small(e)) return "hashtable";
    return entry_fields_expire(e) ? "listpackex" : "listpack";
}

static size_t hash_effort(const struct entry *e) {
    return hash_is_small(e) ? 1 : hash_large(e)->table.count + 1;
}

static bool hash_release(struct entry *e, size_t *budget) {
    struct field_deadlines *d = field_deadlines_of(&hash_large(e)->table);
    if (!items_release(hash_large(e), &field_items, budget)) return false;
    if (d) field_deadlines_destroy(&d);
    return true;
}

static size_t hash_memory(const struct entry *e, size_t samples) {
    if (hash_is_small(e)) return 0;
    const struct field_deadlines *d = field_deadlines_of(&hash_large(e)->table);
    size_t beside = d ? mem_good_size(sizeof(*d)) + deadlines_bytes(&d->index) : 0;
    return items_memory(hash_large(e), &field_items, samples) + beside;
}

static struct entry *hash_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    struct items *items = NULL;
    if (!hash_is_small(e)) {
        const struct table *t = &hash_large(e)->table;
        items = items_copy(hash_large(e), &field_items);
        if (t->deadlines) field_deadlines_copy(t, &items->table);
    }
    struct entry *copy = entry_create(VALUE_HASH, entry_encoding(e), key, deadline_ms,
                                      items ? (void *)&items : hash_small(e), entry_payload_size(e));
    copy->flags |= e->flags & ENTRY_FIELDS_EXPIRE;
    return copy;
}

static uint64_t hash_prefetch_bucket(const struct entry *e, struct slice field) {
    const struct table *t = &hash_large(e)->table;
    uint64_t hash = hash_field_hash(t, field);
    table_prefetch_bucket(t, hash);
    return hash;
}

static void hash_prefetch_item(const struct entry *e, uint64_t hash) {
    table_prefetch_item(&hash_large(e)->table, hash);
}

const struct value_ops hash_ops = {
    .name = "hash",
    .encoding_name = hash_encoding_name,
    .effort = hash_effort,
    .release = hash_release,
    .memory = hash_memory,
    .copy = hash_copy,
    .prefetch_bucket = hash_prefetch_bucket,
    .prefetch_item = hash_prefetch_item,
};
