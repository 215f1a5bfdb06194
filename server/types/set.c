/* The three forms of a set, and how one becomes another.
 *
 *      integers   entry: header │ key │ intset: sorted integers
 *      small      entry: header │ key │ listpack: member, member …
 *      large      entry: header │ key │ pointer ──► struct items ──► buckets ──► one word per member
 *
 *      intset ──── a member that is no integer ───► listpack        the members are few and short
 *         │                                            │
 *         └── one member too many, or too long ────────┴──────► large
 *
 * A word of the large form holds short members itself and points to longer ones (set_member.h). Sets do not
 * go back, but for results of an intersection, which set_to_intset sees after they are complete.
 *
 * A small set is one unit for a snapshot (its entry). In a large one the unit is the member, and all that
 * changes members is in the section "large" and in set_pop. */
#include "server/types/set.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/ds/intset.h"
#include "server/types/set_int.h"
#include "server/types/set_member.h"

/* A listpack larger than this is not extended, whatever the rules say; nor is an intset of more integers. */
#define LISTPACK_BYTES_MAX ((size_t)1 << 30)
#define INTSET_COUNT_MAX   ((size_t)1 << 30)

size_t set_count(const struct entry *e) {
    if (set_is_large(e)) return set_large(e)->table.count;
    return set_is_intset(e) ? intset_count(set_small(e)) : listpack_count(set_small(e));
}

struct table *set_table_of(const struct entry *e) {
    return set_is_large(e) ? &set_large(e)->table : NULL;
}

/* --- large --- */

static uint64_t member_hash(const void *secret, const void *member) {
    char scratch[MEMBER_SCRATCH];
    return hash_slice(secret, member_bytes(member, scratch));
}

static void *member_copy(const void *member) {
    char scratch[MEMBER_SCRATCH];
    return member_create(member_bytes(member, scratch));
}

const struct items_kind set_items = {member_hash, member_free, member_memory, member_copy};

static inline bool item_is_member(const void *item, const void *member) {
    return member_equals(item, *(const struct slice *)member);
}

static inline void *large_find(const struct table *t, uint64_t hash, struct slice member,
                               struct table_pos *pos) {
    return table_find(t, hash, item_is_member, &member, pos);
}

/* True if the member is new. */
static bool large_add_one(struct table *t, uint64_t hash, struct slice member) {
    struct table_pos pos;
    if (large_find(t, hash, member, &pos)) return false;
    table_insert(t, hash, member_create(member));
    return true;
}

static bool large_remove_one(struct table *t, uint64_t hash, struct slice member) {
    struct table_pos pos;
    void *item = large_find(t, hash, member, &pos);
    if (!item) return false;
    items_before_change(t, pos);
    table_remove(t, hash, pos);
    member_free(item);
    return true;
}

/* Hashes a group and prefetches the buckets of its members. */
static void prefetch_buckets(const struct table *t, struct set_group *g) {
    if (!g->hashed)
        for (size_t i = 0; i < g->count; i++)
            g->hash[i] = hash_slice(t->owner, g->member[i]);
    g->hashed = true;
    for (size_t i = 0; i < g->count; i++) {
        g->home[i] = table_home(t, g->hash[i]);
        prefetch(g->home[i]);
    }
    g->ahead = t;
    g->maybe = 0;
    g->items_ahead = t->count == 0; /* then there are none */
}

/* Their buckets are there by now: most members that the table does not have are known by that. */
static void prefetch_items(struct set_group *g) {
    if (g->items_ahead) return;
    g->items_ahead = true;
    for (size_t i = 0; i < g->count; i++) {
        bool maybe;
        prefetch(table_behind(g->home[i], g->hash[i], &maybe));
        g->maybe |= (uint32_t)maybe << i;
    }
}

/* Hashes a group and fetches what finding its members will touch: all buckets, then items. */
static void look_ahead(const struct table *t, struct set_group *g) {
    if (g->ahead != t) prefetch_buckets(t, g);
    prefetch_items(g);
}

void set_prefetch_group(const struct entry *e, struct set_group *g) {
    if (!set_is_large(e)) return;
    const struct table *t = &set_large(e)->table;
    if (g->ahead == t)
        prefetch_items(g);
    else
        prefetch_buckets(t, g);
}

/* --- small --- */

static bool is_int(struct slice member, int64_t *value) {
    return num_parse_int64(member.ptr, member.len, value);
}

static struct entry *make_large(struct entry *e, const struct set_rules *rules) {
    struct items *items = items_create(&set_items, rules->secret);
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            table_insert(&items->table, hash_slice(rules->secret, g.member[i]), member_create(g.member[i]));
    e = entry_reshape(e, ENC_TREE, sizeof(items));
    entry_set_pointer(e, items);
    return e;
}

/* Takes `e` and returns it with `bytes` of payload, which are copied, instead of what it had. */
static struct entry *replace_payload(struct entry *e, enum value_encoding encoding, const void *payload,
                                     size_t bytes) {
    e = entry_reshape(e, encoding, bytes);
    memcpy(entry_payload(e), payload, bytes);
    return e;
}

static struct entry *intset_to_listpack(struct entry *e) {
    const void *is = set_small(e);
    uint32_t count = intset_count(is);
    char *lp = mem_alloc(LISTPACK_EMPTY_BYTES + (size_t)count * LISTPACK_INT_CHARS);
    listpack_init(lp);
    for (uint32_t i = 0; i < count; i++) {
        char digits[LISTPACK_INT_CHARS];
        listpack_append(lp, (struct slice){digits, num_format_int64(digits, intset_get(is, i))});
    }
    e = replace_payload(e, ENC_LISTPACK, lp, listpack_bytes(lp));
    mem_free(lp);
    return e;
}

static size_t longest_digits(const void *is) {
    if (intset_count(is) == 0) return 0;
    char digits[LISTPACK_INT_CHARS];
    size_t first = num_format_int64(digits, intset_get(is, 0));
    size_t last = num_format_int64(digits, intset_get(is, intset_count(is) - 1));
    return first > last ? first : last;
}

/* A member that is no integer comes into an intset. */
static struct entry *leave_intset(struct entry *e, struct slice member, const struct set_rules *rules) {
    const void *is = set_small(e);
    bool fits = intset_count(is) < rules->listpack_entries_max && member.len <= rules->listpack_value_max &&
                longest_digits(is) <= rules->listpack_value_max;
    return fits ? intset_to_listpack(e) : make_large(e, rules);
}

static size_t intset_max(const struct set_rules *rules) {
    return rules->intset_entries_max < INTSET_COUNT_MAX ? rules->intset_entries_max : INTSET_COUNT_MAX;
}

static struct entry *intset_insert(struct entry *e, int64_t value, const struct set_rules *rules,
                                   bool *added) {
    size_t before = intset_bytes(set_small(e)), bytes = intset_bytes_with(set_small(e), value);
    *added = bytes > before;
    if (!*added) return e;
    e = entry_reshape(e, ENC_INTSET, bytes);
    intset_add(set_small(e), value);
    return intset_count(set_small(e)) > intset_max(rules) ? make_large(e, rules) : e;
}

static struct entry *small_add(struct entry *e, struct slice member, const struct set_rules *rules,
                               bool *added) {
    int64_t value;
    if (set_is_intset(e)) {
        if (is_int(member, &value)) return intset_insert(e, value, rules, added);
        e = leave_intset(e, member, rules);
    }
    if (!set_is_large(e)) {
        const void *lp = set_small(e);
        *added = listpack_find(lp, listpack_first(lp), member, 0) == 0;
        if (!*added) return e;
        size_t bytes = listpack_bytes(lp);
        if (listpack_count(lp) < rules->listpack_entries_max && member.len <= rules->listpack_value_max &&
            bytes + member.len <= LISTPACK_BYTES_MAX) {
            e = entry_reshape(e, ENC_LISTPACK, bytes + listpack_element_bytes(member));
            listpack_append(set_small(e), member);
            return e;
        }
        e = make_large(e, rules);
    }
    struct table *t = &set_large(e)->table;
    *added = large_add_one(t, hash_slice(t->owner, member), member);
    return e;
}

/* True if it was there; the entry is given its right size later. */
static bool small_remove(struct entry *e, struct slice member) {
    void *payload = set_small(e);
    int64_t value;
    if (set_is_intset(e)) return is_int(member, &value) && intset_remove(payload, value);
    uint32_t at = listpack_find(payload, listpack_first(payload), member, 0);
    if (at) listpack_erase(payload, at);
    return at != 0;
}

/* --- changing --- */

struct entry *set_create(struct slice key, enum value_encoding encoding, const struct set_rules *rules) {
    struct entry *e;
    switch (encoding) {
    case ENC_INTSET:
        e = entry_create(VALUE_SET, encoding, key, ENTRY_NO_DEADLINE, NULL, INTSET_EMPTY_BYTES);
        intset_init(set_small(e));
        return e;
    case ENC_LISTPACK:
        e = entry_create(VALUE_SET, encoding, key, ENTRY_NO_DEADLINE, NULL, LISTPACK_EMPTY_BYTES);
        listpack_init(set_small(e));
        return e;
    default: {
        must(encoding == ENC_TREE);
        struct items *items = items_create(&set_items, rules->secret);
        return entry_create(VALUE_SET, encoding, key, ENTRY_NO_DEADLINE, &items, sizeof(items));
    }
    }
}

struct entry *set_create_for(struct slice key, struct slice first, size_t expected,
                             const struct set_rules *rules) {
    int64_t value;
    enum value_encoding encoding = ENC_TREE;
    if (expected <= rules->intset_entries_max && is_int(first, &value))
        encoding = ENC_INTSET;
    else if (expected <= rules->listpack_entries_max)
        encoding = ENC_LISTPACK;
    return set_create(key, encoding, rules);
}

struct entry *set_expect(struct entry *e, size_t expected, const struct set_rules *rules) {
    if (set_is_large(e)) return e;
    size_t most = set_is_intset(e) ? rules->intset_entries_max : rules->listpack_entries_max;
    return expected > most ? make_large(e, rules) : e;
}

struct entry *set_add_group(struct entry *e, struct set_group *g, const struct set_rules *rules,
                            size_t *added) {
    size_t i = 0;
    for (; i < g->count && !set_is_large(e); i++) {
        bool is_new;
        e = small_add(e, g->member[i], rules, &is_new);
        *added += is_new;
    }
    if (i == g->count) return e;
    struct table *t = &set_large(e)->table;
    look_ahead(t, g);
    g->ahead = NULL;
    for (; i < g->count; i++)
        *added += large_add_one(t, g->hash[i], g->member[i]);
    return e;
}

struct entry *set_add(struct entry *e, const struct slice *members, size_t count,
                      const struct set_rules *rules, size_t *added) {
    struct set_group g;
    for (size_t n; count > 0; members += n, count -= n) {
        n = set_group_fill(&g, members, count);
        e = set_add_group(e, &g, rules, added);
    }
    return e;
}

struct entry *set_remove_group(struct entry *e, struct set_group *g, size_t *removed) {
    if (set_is_large(e)) {
        struct table *t = &set_large(e)->table;
        look_ahead(t, g);
        g->ahead = NULL;
        for (size_t i = 0; i < g->count; i++)
            *removed += large_remove_one(t, g->hash[i], g->member[i]);
        return e;
    }
    size_t before = entry_payload_size(e);
    for (size_t i = 0; i < g->count; i++)
        *removed += small_remove(e, g->member[i]);
    return entry_payload_size(e) < before ? entry_shrunk(e, before) : e;
}

struct entry *set_remove(struct entry *e, const struct slice *members, size_t count, size_t *removed) {
    struct set_group g;
    for (size_t n; count > 0; members += n, count -= n) {
        n = set_group_fill(&g, members, count);
        e = set_remove_group(e, &g, removed);
    }
    return e;
}

struct entry *set_to_intset(struct entry *e, const struct set_rules *rules) {
    size_t count = set_count(e);
    if (set_is_intset(e) || count > intset_max(rules)) return e;
    void *is = mem_alloc(INTSET_EMPTY_BYTES + count * sizeof(int64_t));
    intset_init(is);
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++) {
            int64_t value = 0;
            bool integer = is_int(g.member[i], &value);
            must(integer);
            intset_add(is, value);
        }
    if (set_is_large(e)) {
        size_t plenty = SIZE_MAX;
        items_release(set_large(e), &set_items, &plenty);
    }
    e = replace_payload(e, ENC_INTSET, is, intset_bytes(is));
    mem_free(is);
    return e;
}

/* --- looking up --- */

static bool small_has(const struct entry *e, struct slice member) {
    const void *payload = set_small(e);
    int64_t value;
    if (set_is_intset(e)) return is_int(member, &value) && intset_contains(payload, value);
    return listpack_find(payload, listpack_first(payload), member, 0) != 0;
}

static bool large_has(const struct table *t, uint64_t hash, struct slice member) {
    struct table_pos pos;
    return large_find(t, hash, member, &pos) != NULL;
}

bool set_has(const struct entry *e, struct slice member) {
    if (!set_is_large(e)) return small_has(e, member);
    const struct table *t = &set_large(e)->table;
    return large_has(t, hash_slice(t->owner, member), member);
}

size_t set_group_fill(struct set_group *g, const struct slice *members, size_t count) {
    g->count = count < SET_GROUP ? count : SET_GROUP;
    g->hashed = false;
    g->ahead = NULL;
    memcpy(g->member, members, g->count * sizeof(*members));
    return g->count;
}

uint32_t set_has_group(const struct entry *e, struct set_group *g) {
    uint32_t found = 0;
    if (!set_is_large(e)) {
        for (size_t i = 0; i < g->count; i++)
            found |= (uint32_t)small_has(e, g->member[i]) << i;
        return found;
    }
    look_ahead(&set_large(e)->table, g);
    for (uint32_t left = g->maybe; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctz(left);
        struct table_pos pos;
        bool has = table_find_from(g->home[i], g->hash[i], item_is_member, &g->member[i], &pos);
        found |= (uint32_t)has << i;
    }
    return found;
}

/* --- without knowing the type --- */

static const char *set_encoding_name(const struct entry *e) {
    return set_is_large(e) ? "hashtable" : set_is_intset(e) ? "intset" : "listpack";
}

static size_t set_effort(const struct entry *e) {
    return set_is_large(e) ? set_large(e)->table.count + 1 : 1;
}

static bool set_release(struct entry *e, size_t *budget) {
    return items_release(set_large(e), &set_items, budget);
}

static size_t set_memory(const struct entry *e, size_t samples) {
    return set_is_large(e) ? items_memory(set_large(e), &set_items, samples) : 0;
}

static struct entry *set_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    if (!set_is_large(e))
        return entry_create(VALUE_SET, entry_encoding(e), key, deadline_ms, set_small(e),
                            entry_payload_size(e));
    struct items *copy = items_copy(set_large(e), &set_items);
    return entry_create(VALUE_SET, ENC_TREE, key, deadline_ms, &copy, sizeof(copy));
}

static uint64_t set_prefetch_bucket(const struct entry *e, struct slice member) {
    const struct table *t = &set_large(e)->table;
    uint64_t hash = hash_slice(t->owner, member);
    table_prefetch_bucket(t, hash);
    return hash;
}

static void set_prefetch_item(const struct entry *e, uint64_t hash) {
    table_prefetch_item(&set_large(e)->table, hash);
}

const struct value_ops set_ops = {
    .name = "set",
    .encoding_name = set_encoding_name,
    .effort = set_effort,
    .release = set_release,
    .memory = set_memory,
    .copy = set_copy,
    .prefetch_bucket = set_prefetch_bucket,
    .prefetch_item = set_prefetch_item,
};
