/* See list.h.
 *
 *      inline   entry: header │ key │ listpack                  up to a kilobyte
 *      large    entry: header │ key │ pointer ──► deque
 *                                                 └─ named: whether it is called a listpack, as one pack
 *
 * Redis's rules, by the bytes of the listpack and the number of elements: what would exceed the limit becomes
 * a quicklist before it is added; a quicklist that came down to one node of half the limit becomes a listpack
 * when elements were removed or replaced. */
#include "server/types/list.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

#define INLINE_MAX     1024 /* bytes of a listpack beside its key; more would be moved with every growth */
#define INLINE_AGAIN   512  /* to which it must come down to be there again */
#define SAFE_BYTES_MAX 8192 /* of a node whose limit is in elements */
#define NODE_COUNT_MAX PACK_COUNT_MAX

struct list_large {
    struct deque deque;
    bool named_listpack;
};

static inline bool is_inline(const struct entry *e) {
    return entry_encoding(e) == ENC_LISTPACK;
}
static inline void *inline_of(const struct entry *e) {
    return entry_payload(e);
}
static inline struct list_large *large_of(const struct entry *e) {
    return entry_pointer(e);
}
static inline struct deque *deque_of(const struct entry *e) {
    return &large_of(e)->deque;
}

struct deque *list_deque(const struct entry *e) {
    return deque_of(e);
}

struct list_rules list_rules(int64_t max_listpack_size, int64_t compress_depth, uint64_t plain_min) {
    struct list_rules r = {
        .deque = {{.count_max = NODE_COUNT_MAX, .plain_min = SIZE_MAX},
                  .open_ends = compress_depth > UINT32_MAX ? UINT32_MAX : (uint32_t)compress_depth},
        .listpack_bytes_max = SAFE_BYTES_MAX};
    if (max_listpack_size < 0)
        r.listpack_bytes_max = 2048u << (max_listpack_size < -5 ? 5 : -max_listpack_size);
    if (max_listpack_size >= 0 && max_listpack_size < NODE_COUNT_MAX)
        r.deque.limits.count_max = max_listpack_size ? (uint32_t)max_listpack_size : 1;
    r.deque.limits.bytes_max =
        r.listpack_bytes_max - (uint32_t)sizeof(struct pack); /* fills its size class */
    if (plain_min) r.deque.limits.plain_min = plain_min;
    return r;
}

size_t list_count(const struct entry *e) {
    return is_inline(e) ? listpack_count(inline_of(e)) : deque_count(deque_of(e));
}

struct list_shape list_shape(const struct entry *e) {
    if (is_inline(e)) return (struct list_shape){1, listpack_bytes(inline_of(e))};
    return (struct list_shape){deque_packs(deque_of(e)), deque_bytes(deque_of(e))};
}

/* --- forms --- */

struct entry *list_create(struct slice key) {
    struct entry *e =
        entry_create(VALUE_LIST, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, LISTPACK_EMPTY_BYTES);
    listpack_init(inline_of(e));
    return e;
}

static inline bool named_listpack(const struct entry *e) {
    return is_inline(e) || large_of(e)->named_listpack;
}

/* Of a list that is called a listpack. */
static size_t listpack_size(const struct entry *e) {
    if (is_inline(e)) return listpack_bytes(inline_of(e));
    return deque_of(e)->front ? pack_bytes(deque_of(e)->front) : LISTPACK_EMPTY_BYTES;
}

/* All in one pack, whatever the limits: of a list that is called a listpack. */
static const struct deque_rules one_pack = {{UINT32_MAX, UINT32_MAX, SIZE_MAX}, 0};

static struct entry *make_large(struct entry *e, bool named) {
    struct list_large *large = mem_alloc(sizeof(*large));
    deque_init(&large->deque);
    large->named_listpack = named;
    const void *lp = inline_of(e);
    if (listpack_first(lp)) deque_append_pack(&large->deque, pack_create_from(lp), &one_pack);
    e = entry_reshape(e, ENC_TREE, sizeof(large));
    entry_set_pointer(e, large);
    return e;
}

static struct entry *make_inline(struct entry *e) {
    struct list_large *large = large_of(e);
    const struct pack *p = large->deque.front;
    uint32_t bytes = pack_bytes(p);
    e = entry_reshape(e, ENC_LISTPACK, bytes);
    memcpy(inline_of(e), pack_listpack(p), bytes);
    size_t plenty = SIZE_MAX;
    must(deque_deinit_step(&large->deque, &plenty));
    mem_free_sized(large, sizeof(*large));
    return e;
}

/* Whether that is more than the limit, or than a fraction of it. The bound that is not the configured one
 * only keeps nodes safe, and no fraction of it counts. */
static bool exceeds(size_t bytes, size_t count, const struct list_rules *rules, unsigned divisor) {
    const struct pack_limits *l = &rules->deque.limits;
    bool by_count = l->count_max < NODE_COUNT_MAX;
    return bytes > rules->listpack_bytes_max / (by_count ? 1 : divisor) ||
           count > l->count_max / (by_count ? divisor : 1);
}

struct entry *list_expect(struct entry *e, const struct slice *values, size_t count,
                          const struct list_rules *rules) {
    if (!named_listpack(e)) return e;
    size_t more = 0;
    for (size_t i = 0; i < count; i++)
        more += values[i].len;
    if (likely(!exceeds(listpack_size(e) + more, list_count(e) + count, rules, 1))) return e;
    if (is_inline(e)) return make_large(e, false);
    large_of(e)->named_listpack = false;
    return e;
}

/* After elements went. */
static struct entry *settle(struct entry *e, const struct list_rules *rules) {
    if (is_inline(e)) return e;
    struct list_large *large = large_of(e);
    const struct pack *only = large->deque.front;
    if (only == NULL || large->deque.back || large->deque.walk) return e; /* a walk holds the deque */
    if (!large->named_listpack) {
        if (pack_is_plain(only) || exceeds(pack_bytes(only), only->count, rules, 2)) return e;
        large->named_listpack = true;
    }
    return pack_bytes(only) <= INLINE_AGAIN ? make_inline(e) : e;
}

/* --- changing --- */

static inline const struct deque_rules *rules_of(const struct list_large *large,
                                                 const struct list_rules *rules) {
    return unlikely(large->named_listpack) ? &one_pack : &rules->deque;
}
static const struct deque_rules *deque_rules_of(const struct entry *e, const struct list_rules *rules) {
    return rules_of(large_of(e), rules);
}

/* Room for one more element beside the key, or the form that has it. */
static struct entry *inline_room(struct entry *e, struct slice value) {
    size_t bytes = listpack_bytes(inline_of(e)) + listpack_element_bytes(value);
    return likely(bytes <= INLINE_MAX) ? entry_reshape(e, ENC_LISTPACK, bytes) : make_large(e, true);
}

struct entry *list_push(struct entry *e, const struct slice *values, size_t count, bool front,
                        const struct list_rules *rules) {
    if (named_listpack(e)) e = list_expect(e, values, count, rules);
    size_t i = 0;
    for (; is_inline(e) && i < count; i++) {
        e = inline_room(e, values[i]);
        if (!is_inline(e)) break;
        listpack_insert(inline_of(e), front ? listpack_first(inline_of(e)) : 0, values[i]);
    }
    if (i == count) return e;
    struct list_large *large = large_of(e);
    const struct deque_rules *deque_rules = rules_of(large, rules);
    for (; i < count; i++)
        deque_push(&large->deque, values[i], front, deque_rules);
    return e;
}

struct entry *list_insert(struct entry *e, size_t index, struct slice value, const struct list_rules *rules) {
    e = list_expect(e, &value, 1, rules);
    if (is_inline(e)) e = inline_room(e, value);
    if (is_inline(e))
        listpack_insert(inline_of(e), listpack_at(inline_of(e), (int64_t)index), value);
    else
        deque_insert(deque_of(e), index, value, deque_rules_of(e, rules));
    return e;
}

struct entry *list_replace(struct entry *e, size_t index, struct slice value,
                           const struct list_rules *rules) {
    e = list_expect(e, &value, 1, rules);
    if (is_inline(e)) e = inline_room(e, value);
    if (!is_inline(e)) {
        deque_replace(deque_of(e), index, value, deque_rules_of(e, rules));
        return settle(e, rules);
    }
    void *lp = inline_of(e);
    size_t before = listpack_bytes(lp) + listpack_element_bytes(value);
    listpack_replace(lp, listpack_at(lp, (int64_t)index), value);
    return entry_shrunk(e, before);
}

struct entry *list_drop(struct entry *e, size_t index, size_t count, const struct list_rules *rules) {
    if (count == 0) return e;
    if (!is_inline(e)) {
        deque_remove(deque_of(e), index, count, deque_rules_of(e, rules));
        return settle(e, rules);
    }
    void *lp = inline_of(e);
    size_t before = listpack_bytes(lp);
    listpack_erase_n(lp, listpack_at(lp, (int64_t)index), (uint32_t)count);
    return entry_shrunk(e, before);
}

struct entry *list_remove_equal(struct entry *e, struct slice value, size_t limit, bool reverse,
                                const struct list_rules *rules, size_t *removed) {
    *removed = 0;
    if (!is_inline(e)) {
        *removed = deque_remove_equal(deque_of(e), value, limit, reverse, deque_rules_of(e, rules));
        return *removed ? settle(e, rules) : e;
    }
    void *lp = inline_of(e);
    size_t before = listpack_bytes(lp);
    uint32_t at = reverse ? listpack_last(lp) : listpack_first(lp);
    while (at && *removed < limit) {
        uint32_t earlier = reverse ? listpack_prev(lp, at) : 0;
        bool goes = listpack_equals(lp, at, value);
        if (goes) ++*removed;
        uint32_t later = goes ? listpack_erase(lp, at) : listpack_next(lp, at);
        at = reverse ? earlier : later;
    }
    return *removed ? entry_shrunk(e, before) : e;
}

/* --- reading --- */

static void inline_range(const void *lp, size_t index, size_t count, bool reverse, pack_visit *visit,
                         void *arg) {
    uint32_t at = listpack_at(lp, (int64_t)index);
    while (at && count-- > 0) {
        char digits[LISTPACK_INT_CHARS];
        if (!visit(arg, listpack_get(lp, at, digits))) return;
        at = reverse ? listpack_prev(lp, at) : listpack_next(lp, at);
    }
}

void list_range(const struct entry *e, size_t index, size_t count, bool reverse, pack_visit *visit,
                void *arg) {
    if (is_inline(e))
        inline_range(inline_of(e), index, count, reverse, visit, arg);
    else
        deque_range(deque_of(e), index, count, reverse, visit, arg);
}

void list_find(const struct entry *e, struct slice value, size_t index, size_t count, bool reverse,
               pack_match *match, void *arg) {
    if (!is_inline(e)) {
        deque_find(deque_of(e), value, index, count, reverse, match, arg);
        return;
    }
    const void *lp = inline_of(e);
    uint32_t at = listpack_at(lp, (int64_t)index);
    for (uint64_t i = index; at && count-- > 0; reverse ? i-- : i++) {
        if (listpack_equals(lp, at, value) && !match(arg, i)) return;
        at = reverse ? listpack_prev(lp, at) : listpack_next(lp, at);
    }
}

/* --- without knowing the form --- */

static const char *list_encoding_name(const struct entry *e) {
    return named_listpack(e) ? "listpack" : "quicklist";
}

static size_t list_effort(const struct entry *e) {
    const struct deque *d = deque_of(e);
    return deque_packs(d) + d->middle.branches + 2;
}

static bool list_release(struct entry *e, size_t *budget) {
    struct list_large *large = large_of(e);
    if (!deque_deinit_step(&large->deque, budget)) return false;
    mem_free_sized(large, sizeof(*large));
    return true;
}

static size_t list_memory(const struct entry *e, size_t samples) {
    return mem_good_size(sizeof(struct list_large)) + deque_memory(deque_of(e), samples);
}

static struct entry *list_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    if (is_inline(e))
        return entry_create(VALUE_LIST, ENC_LISTPACK, key, deadline_ms, inline_of(e), entry_payload_size(e));
    struct list_large *copy = mem_alloc(sizeof(*copy));
    deque_init_copy(&copy->deque, deque_of(e));
    copy->named_listpack = named_listpack(e);
    return entry_create(VALUE_LIST, ENC_TREE, key, deadline_ms, &copy, sizeof(copy));
}

const struct value_ops list_ops = {
    .name = "list",
    .encoding_name = list_encoding_name,
    .effort = list_effort,
    .release = list_release,
    .memory = list_memory,
    .copy = list_copy,
};
