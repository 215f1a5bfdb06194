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
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/types/hash_item.h"
#include "server/types/items.h"

/* A listpack larger than this is not extended, whatever the rules say. */
#define LISTPACK_BYTES_MAX ((size_t)1 << 30)

static struct items *large(const struct entry *e) {
    return entry_pointer(e);
}
static bool is_small(const struct entry *e) {
    return entry_encoding(e) == ENC_LISTPACK;
}

struct table *hash_table_of(const struct entry *e) {
    return is_small(e) ? NULL : &large(e)->table;
}

size_t hash_count(const struct entry *e) {
    return is_small(e) ? listpack_count(entry_payload(e)) / 2 : large(e)->table.count;
}

/* --- large --- */

static uint64_t field_hash(const struct table *t, struct slice field) {
    return hash_slice(t->owner, field);
}

static uint64_t item_hash(const void *secret, const void *item) {
    return hash_slice(secret, item_field(item));
}

static size_t free_item(void *item) {
    return item_free(item);
}
static size_t item_bytes(const void *item) {
    return item_memory(item);
}
static void *copy_item(const void *item) {
    return item_create(item_field(item), item_value(item));
}
static const struct items_kind field_items = {item_hash, free_item, item_bytes, copy_item};

static inline bool item_has_field(const void *item, const void *field) {
    return slice_eq(item_field(item), *(const struct slice *)field);
}

static struct hash_item *large_find(const struct table *t, uint64_t hash, struct slice field,
                                    struct table_pos *pos) {
    return table_find(t, hash, item_has_field, &field, pos);
}

/* True if the field is new. */
static bool large_set_one(struct table *t, uint64_t hash, struct slice field, struct slice value) {
    struct table_pos pos;
    struct hash_item *item = large_find(t, hash, field, &pos);
    if (item) {
        items_before_change(t, pos);
        struct hash_item *now = item_assign(item, value);
        if (now != item) table_replace(pos, now);
        return false;
    }
    table_insert(t, hash, item_create(field, value));
    return true;
}

static bool large_delete_one(struct table *t, uint64_t hash, struct slice field) {
    struct table_pos pos;
    struct hash_item *item = large_find(t, hash, field, &pos);
    if (!item) return false;
    items_before_change(t, pos);
    table_remove(t, hash, pos);
    item_free(item);
    return true;
}

/* Hashes `count` fields, every `step`-th slice, and fetches what finding them will touch: all buckets, then
 * items. */
static void look_ahead(const struct table *t, const struct slice *fields, size_t count, unsigned step,
                       uint64_t *hashes) {
    for (size_t i = 0; i < count; i++) {
        hashes[i] = field_hash(t, fields[i * step]);
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
            created += large_set_one(t, hashes[i], pairs[2 * i], pairs[2 * i + 1]);
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

static void *small(const struct entry *e) {
    return entry_payload(e);
}

static uint32_t small_find(const void *lp, struct slice field) {
    return listpack_find(lp, listpack_first(lp), field, 1);
}

/* Makes room for the listpack to be `bytes` long. */
static struct entry *small_reserve(struct entry *e, size_t bytes) {
    return entry_reshape(e, ENC_LISTPACK, bytes);
}

/* The caller knows that the result is allowed to be small. */
static struct entry *small_set_one(struct entry *e, struct slice field, struct slice value, bool *created) {
    void *lp = small(e);
    size_t bytes = listpack_bytes(lp), value_bytes = listpack_element_bytes(value);
    uint32_t at = small_find(lp, field);
    *created = at == 0;
    if (at == 0) {
        e = small_reserve(e, bytes + listpack_element_bytes(field) + value_bytes);
        listpack_append(small(e), field);
        listpack_append(small(e), value);
        return e;
    }
    at = listpack_next(lp, at);
    size_t after = bytes - listpack_size_at(lp, at) + value_bytes;
    if (after > bytes) e = small_reserve(e, after);
    listpack_replace(small(e), at, value);
    return after < bytes ? entry_shrunk(e, bytes) : e;
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
    const void *lp = small(e);
    char field_digits[LISTPACK_INT_CHARS], value_digits[LISTPACK_INT_CHARS];
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        struct slice field = listpack_get(lp, at, field_digits);
        at = listpack_next(lp, at);
        struct slice value = listpack_get(lp, at, value_digits);
        table_insert(&h->table, field_hash(&h->table, field), item_create(field, value));
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
        listpack_init(small(e));
        size_t created = 0;
        return hash_set(e, pairs, count, rules, &created);
    }
    struct entry *e = entry_create(VALUE_HASH, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, bytes);
    void *lp = small(e);
    listpack_init(lp);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = i ? small_find(lp, pairs[2 * i]) : 0;
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
    if (is_small(e) && !fits_small(pairs, count, rules)) e = make_large(e, rules);
    for (size_t i = 0; i < count; i++) {
        const struct slice *pair = pairs + 2 * i;
        if (is_small(e) && unlikely(!small_has_room(small(e), pair))) e = make_large(e, rules);
        if (!is_small(e)) {
            *created += large_set(&large(e)->table, pair, count - i);
            return e;
        }
        bool is_new;
        e = small_set_one(e, pair[0], pair[1], &is_new);
        *created += is_new;
        if (hash_count(e) > rules->listpack_entries_max) e = make_large(e, rules); /* or the limit fell */
    }
    return e;
}

struct entry *hash_delete(struct entry *e, const struct slice *fields, size_t count, size_t *deleted) {
    if (!is_small(e)) {
        *deleted += large_delete(&large(e)->table, fields, count);
        return e;
    }
    void *lp = small(e);
    size_t before = listpack_bytes(lp);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = small_find(lp, fields[i]);
        if (at == 0) continue;
        listpack_erase_n(lp, at, 2);
        ++*deleted;
    }
    return listpack_bytes(lp) < before ? entry_shrunk(e, before) : e;
}

/* --- reading --- */

static bool small_get(const void *lp, struct slice field, char *scratch, struct slice *value) {
    uint32_t at = small_find(lp, field);
    if (at) *value = listpack_get(lp, listpack_next(lp, at), scratch);
    return at != 0;
}

static bool large_get(const struct table *t, uint64_t hash, struct slice field, struct slice *value) {
    struct table_pos pos;
    const struct hash_item *item = large_find(t, hash, field, &pos);
    if (item) *value = item_value(item);
    return item != NULL;
}

bool hash_get(const struct entry *e, struct slice field, char *scratch, struct slice *value) {
    if (is_small(e)) return small_get(small(e), field, scratch, value);
    const struct table *t = &large(e)->table;
    return large_get(t, field_hash(t, field), field, value);
}

void hash_get_group(const struct entry *e, const struct slice *fields, size_t count, struct hash_group *out) {
    must(count <= HASH_GROUP);
    uint64_t hashes[HASH_GROUP];
    const struct table *t = hash_table_of(e);
    if (t) look_ahead(t, fields, count, 1, hashes);
    for (size_t i = 0; i < count; i++) {
        bool found = t ? large_get(t, hashes[i], fields[i], &out->value[i])
                       : small_get(small(e), fields[i], out->scratch[i], &out->value[i]);
        if (!found) out->value[i] = (struct slice){NULL, 0};
    }
}

/* --- visiting --- */

struct visitor {
    hash_visit *visit;
    void *arg;
};

static void visit_item(void *arg, void *item) {
    struct visitor *v = arg;
    v->visit(v->arg, item_field(item), item_value(item));
}

/* Visits the pair at `at` and returns the offset of the next one. */
static uint32_t visit_pair(const void *lp, uint32_t at, hash_visit *visit, void *arg) {
    char field_digits[LISTPACK_INT_CHARS], value_digits[LISTPACK_INT_CHARS];
    uint32_t value_at = listpack_next(lp, at);
    visit(arg, listpack_get(lp, at, field_digits), listpack_get(lp, value_at, value_digits));
    return listpack_next(lp, value_at);
}

void hash_each(const struct entry *e, hash_visit *visit, void *arg) {
    if (is_small(e)) {
        const void *lp = small(e);
        for (uint32_t at = listpack_first(lp); at;)
            at = visit_pair(lp, at, visit, arg);
        return;
    }
    struct visitor v = {visit, arg};
    items_each(large(e), visit_item, &v);
}

uint64_t hash_scan(const struct entry *e, uint64_t cursor, size_t count, hash_visit *visit, void *arg) {
    if (is_small(e)) {
        hash_each(e, visit, arg);
        return 0;
    }
    struct visitor v = {visit, arg};
    return items_scan(large(e), cursor, count, visit_item, &v);
}

/* --- drawing --- */

static void small_random(const void *lp, struct rng *rng, size_t count, hash_visit *visit,
                         bool (*go_on)(void *), void *arg) {
    size_t n = listpack_count(lp) / 2;
    if (count == 1) {
        visit_pair(lp, listpack_at(lp, 2 * (int64_t)rng_below(rng, n)), visit, arg);
        return;
    }
    uint32_t *offsets = mem_alloc(n * sizeof(*offsets)), at = listpack_first(lp);
    for (size_t i = 0; i < n; i++) {
        offsets[i] = at;
        at = listpack_next(lp, listpack_next(lp, at));
    }
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        visit_pair(lp, offsets[rng_below(rng, n)], visit, arg);
    mem_free_sized(offsets, n * sizeof(*offsets));
}

void hash_random(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit,
                 bool (*go_on)(void *), void *arg) {
    if (count == 0 || hash_count(e) == 0) return;
    if (is_small(e)) {
        small_random(small(e), rng, count, visit, go_on, arg);
        return;
    }
    struct visitor v = {visit, arg};
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        visit_item(&v, table_random(&large(e)->table, rng));
}

struct chosen {
    struct sieve sieve;
    struct visitor to;
};

static void visit_chosen(void *arg, struct slice field, struct slice value) {
    struct chosen *c = arg;
    if (sieve_takes(&c->sieve)) c->to.visit(c->to.arg, field, value);
}

void hash_random_unique(const struct entry *e, struct rng *rng, size_t count, hash_visit *visit, void *arg) {
    size_t n = hash_count(e);
    if (count >= n) {
        hash_each(e, visit, arg);
    } else if (!is_small(e) && count < n / 8) {
        struct visitor v = {visit, arg};
        items_draw(large(e), rng, count, visit_item, &v);
    } else if (count > 0) {
        struct chosen c = {{rng, count, n}, {visit, arg}};
        hash_each(e, visit_chosen, &c);
    }
}

/* --- without knowing the type --- */

static const char *hash_encoding_name(const struct entry *e) {
    return is_small(e) ? "listpack" : "hashtable";
}

static size_t hash_effort(const struct entry *e) {
    return is_small(e) ? 1 : large(e)->table.count + 1;
}

static bool hash_release(struct entry *e, size_t *budget) {
    return items_release(large(e), &field_items, budget);
}

static size_t hash_memory(const struct entry *e, size_t samples) {
    return is_small(e) ? 0 : items_memory(large(e), &field_items, samples);
}

static struct entry *hash_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    if (is_small(e))
        return entry_create(VALUE_HASH, ENC_LISTPACK, key, deadline_ms, small(e), entry_payload_size(e));
    struct items *copy = items_copy(large(e), &field_items);
    return entry_create(VALUE_HASH, ENC_TREE, key, deadline_ms, &copy, sizeof(copy));
}

static uint64_t hash_prefetch_bucket(const struct entry *e, struct slice field) {
    const struct table *t = &large(e)->table;
    uint64_t hash = field_hash(t, field);
    table_prefetch_bucket(t, hash);
    return hash;
}

static void hash_prefetch_item(const struct entry *e, uint64_t hash) {
    table_prefetch_item(&large(e)->table, hash);
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
