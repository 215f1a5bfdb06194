/* For each type an array of the largest keys seen, unsorted, with the least of them as the bar that others
 * have to clear:
 *
 *      change ─► small and unknown? ── yes ─► nothing
 *                  │ no
 *                  ├─ string, listpack, intset: its size is known
 *                  └─ large collection: measured (five samples), unless it was at about this effort
 *                                       │
 *                     bytes ≤ bar, unknown ─► nothing;  else it takes the place of the least
 *
 * A key that goes leaves its place empty for the next change of another. Measuring takes some tenths of a
 * microsecond, so what was measured lately is remembered by hash: `effort` is constant-time and grows with
 * the number of elements, and only when its logarithm moved there is something new to learn. Forgotten and
 * colliding places cost a measurement, never an error. */
#include "server/keyspace/big_keys.h"
#include "common/base/mem.h"
#include "server/types/value.h"
#include <stdlib.h>

#define SAMPLES       5
#define MEASURE_EVERY 256 /* changes of collections whose effort is about what it was */
#define GRADE_BITS    12  /* of a logarithm of the effort; the type stands above them */

struct big_keys *big_keys_create(void) {
    return mem_zalloc(sizeof(struct big_keys));
}

/* --- what is known --- */

static void filter_add(struct big_keys *big, uint64_t hash) {
    uint8_t *cell = &big->filter[hash >> 54];
    if (*cell < UINT8_MAX) ++*cell;
}

/* A cell that was full stays so. */
static void filter_remove(struct big_keys *big, uint64_t hash) {
    uint8_t *cell = &big->filter[hash >> 54];
    if (*cell < UINT8_MAX) --*cell;
}

static struct big_key *find(struct big_keys_top *top, int db_index, struct slice name, uint64_t hash) {
    for (unsigned i = 0; i < top->count; i++) {
        struct big_key *k = &top->keys[i];
        if (k->hash == hash && k->db_index == db_index &&
            slice_eq((struct slice){k->name, k->name_len}, name))
            return k;
    }
    return NULL;
}

static struct big_key *least(struct big_keys_top *top) {
    struct big_key *least = &top->keys[0];
    for (unsigned i = 1; i < top->count; i++)
        if (top->keys[i].bytes < least->bytes) least = &top->keys[i];
    return least;
}

static void set_floor(struct big_keys_top *top) {
    top->floor = top->count == BIG_KEYS_PER_TYPE ? least(top)->bytes : 0;
}

static void forget(struct big_keys *big, struct big_keys_top *top, struct big_key *k) {
    filter_remove(big, k->hash);
    mem_free_sized(k->name, k->name_len + 1);
    *k = top->keys[--top->count];
    top->floor = 0;
}

static void insert(struct big_keys *big, struct big_keys_top *top, struct big_key key, struct slice name) {
    if (top->count == BIG_KEYS_PER_TYPE) forget(big, top, least(top));
    key.name = mem_alloc(name.len + 1);
    memcpy(key.name, name.ptr, name.len);
    key.name_len = (uint32_t)name.len;
    top->keys[top->count++] = key;
    filter_add(big, key.hash);
    set_floor(top);
}

/* The key is not of `type` any more, or not big. */
static void forget_others(struct big_keys *big, int db_index, struct slice name, uint64_t hash,
                          enum value_type type) {
    for (unsigned t = 0; t < VALUE_TYPES; t++) {
        struct big_key *k = t == type ? NULL : find(&big->top[t], db_index, name, hash);
        if (k) forget(big, &big->top[t], k);
    }
}

/* --- measuring --- */

/* Eight steps per power of two: below 2^10. */
static uint16_t grade_of(size_t effort) {
    if (effort < 8) return (uint16_t)effort;
    unsigned log = 63u - (unsigned)__builtin_clzl(effort);
    return (uint16_t)(log * 8 + (effort >> (log - 3) & 7));
}

/* Whether it is about what it was when it was measured, and of the same type; if not, it is about to be. */
static bool measured_before(struct big_keys *big, uint64_t hash, const struct entry *e) {
    struct big_key_measured *m = &big->measured[hash >> 32 & (BIG_KEYS_MEASURED - 1)];
    uint16_t tag = (uint16_t)hash;
    uint16_t grade = (uint16_t)(grade_of(value_effort(e)) | entry_type(e) << GRADE_BITS);
    if (m->tag == tag && m->grade == grade && ++big->turns % MEASURE_EVERY != 0) return true;
    *m = (struct big_key_measured){tag, grade};
    return false;
}

static __attribute__((noinline)) void look_closely(struct big_keys *big, int db_index, struct slice name,
                                                   uint64_t hash, const struct entry *e) {
    enum value_type type = e ? entry_type(e) : VALUE_TYPES;
    bool known = big_keys_may_know(big, hash);
    if (known) forget_others(big, db_index, name, hash, type);
    if (e == NULL) return;
    struct big_keys_top *top = &big->top[type];
    size_t bytes = value_memory(e, SAMPLES);
    struct big_key *k = known ? find(top, db_index, name, hash) : NULL;
    if (k && bytes >= BIG_KEY_BYTES_MIN) {
        k->bytes = bytes;
        set_floor(top);
    } else if (k) {
        forget(big, top, k);
    } else if (bytes >= BIG_KEY_BYTES_MIN && bytes > top->floor && name.len <= BIG_KEY_NAME_MAX) {
        insert(big, top, (struct big_key){.hash = hash, .bytes = bytes, .db_index = db_index}, name);
    }
}

void big_keys_look(struct keyspace *ks, int db_index, struct slice name, uint64_t hash,
                   const struct entry *e) {
    bool large = e && entry_encoding(e) == ENC_TREE;
    if (!large || !measured_before(ks->big_keys, hash, e))
        look_closely(ks->big_keys, db_index, name, hash, e);
}

/* --- whole databases --- */

void big_keys_flushed(struct big_keys *big, int db_index) {
    for (unsigned t = 0; t < VALUE_TYPES; t++)
        for (unsigned i = big->top[t].count; i-- > 0;)
            if (db_index < 0 || big->top[t].keys[i].db_index == db_index)
                forget(big, &big->top[t], &big->top[t].keys[i]);
}

void big_keys_swapped(struct big_keys *big, int a, int b) {
    for (unsigned t = 0; t < VALUE_TYPES; t++)
        for (unsigned i = 0; i < big->top[t].count; i++) {
            int *index = &big->top[t].keys[i].db_index;
            *index = *index == a ? b : *index == b ? a : *index;
        }
}

void big_keys_destroy(struct big_keys **big) {
    big_keys_flushed(*big, -1);
    mem_free_sized(*big, sizeof(**big));
    *big = NULL;
}

/* --- asking --- */

static int larger_first(const void *a, const void *b) {
    const struct big_key_found *x = a, *y = b;
    return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

size_t big_keys_list(struct keyspace *ks, enum value_type type, struct big_key_found *out, size_t max) {
    struct big_key_found all[BIG_KEYS_PER_TYPE * VALUE_TYPES];
    size_t count = 0;
    for (unsigned t = 0; t < VALUE_TYPES; t++) {
        if (type != VALUE_TYPES && t != type) continue;
        for (unsigned i = 0; i < ks->big_keys->top[t].count; i++) {
            const struct big_key *k = &ks->big_keys->top[t].keys[i];
            struct slice name = {k->name, k->name_len};
            const struct entry *e = database_find(ks->databases[k->db_index], name, k->hash).entry;
            if (e == NULL || entry_type(e) != t || entry_due(e, ks->now_ms)) continue;
            all[count++] = (struct big_key_found){name, k->db_index, t, value_memory(e, SAMPLES)};
        }
    }
    qsort(all, count, sizeof(*all), larger_first);
    if (count > max) count = max;
    memcpy(out, all, count * sizeof(*all));
    return count;
}
