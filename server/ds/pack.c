/* See pack.h.
 *
 *      open       ┌────────┬─────── slack ──────┬─ listpack ─┬─ slack ─┐
 *                 │ header │                    │            │         │      room: all behind the header
 *                 └────────┴────────────────────┴────────────┴─────────┘
 *                          0                    start
 *      plain      │ header │ bytes of one element                             │
 *      squeezed   │ header │ LZF │                                       start: bytes of the listpack
 *
 * Pushing in front writes the element where the listpack's header was and the header before that; popping
 * does the opposite. Where slack is missing on one side only, the listpack slides within its room, as long as
 * that buys enough; otherwise the room doubles. It may become a quarter larger than the largest listpack, so
 * that a queue (push here, pop there) near the limit does not slide all the time. */
#include "server/ds/pack.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <liblzf/lzf.h>

#define ROOM_MIN     64
#define ROOM_STEADY  512 /* what has less room does not shrink while it loses elements */
#define SQUEEZE_MIN  48  /* shorter listpacks are not worth it, */
#define SQUEEZE_GAIN 8   /* nor is what saves less */

static struct pack *allocate(size_t room, enum pack_kind kind) {
    size_t whole = mem_good_size(sizeof(struct pack) + room); /* room that is paid for anyway */
    struct pack *p = mem_alloc(kind == PACK_OPEN ? whole : sizeof(*p) + room);
    p->room = kind == PACK_OPEN ? whole - sizeof(*p) : room;
    p->start = 0;
    p->count = 0;
    p->mark = 0;
    p->kind = kind;
    return p;
}

static void release(struct pack *p) {
    mem_free_sized(p, pack_memory(p));
}

struct pack *pack_create(struct slice value, const struct pack_limits *limits) {
    struct pack *p;
    if (pack_is_large(value, limits)) {
        p = allocate(value.len, PACK_PLAIN);
        if (value.len) memcpy(p->bytes, value.ptr, value.len);
        p->count = 1;
        return p;
    }
    size_t need = LISTPACK_EMPTY_BYTES + listpack_element_bytes(value);
    p = allocate(need < ROOM_MIN ? ROOM_MIN : need, PACK_OPEN);
    listpack_init(p->bytes);
    listpack_append(p->bytes, value);
    p->count = 1;
    return p;
}

struct pack *pack_create_behind(const struct pack *full, struct slice value, bool front,
                                const struct pack_limits *limits) {
    if (full->kind != PACK_OPEN || pack_is_large(value, limits)) return pack_create(value, limits);
    size_t need = LISTPACK_EMPTY_BYTES + listpack_element_bytes(value);
    size_t room = full->room < limits->bytes_max ? full->room : limits->bytes_max;
    struct pack *p = allocate(room < need ? need : room, PACK_OPEN);
    if (front) p->start = (uint32_t)(p->room - need);
    listpack_init(pack_listpack(p));
    listpack_append(pack_listpack(p), value);
    p->count = 1;
    return p;
}

struct pack *pack_create_from(const void *listpack) {
    uint32_t bytes = listpack_bytes(listpack);
    struct pack *p = allocate(bytes, PACK_OPEN);
    memcpy(p->bytes, listpack, bytes);
    p->count = listpack_count(listpack) & PACK_COUNT_MAX;
    return p;
}

void pack_destroy(struct pack **p) {
    release(*p);
    *p = NULL;
}

struct pack *pack_copy(const struct pack *p) {
    struct pack *copy = mem_alloc(pack_memory(p));
    memcpy(copy, p, pack_memory(p));
    return copy;
}

/* --- room --- */

/* The same listpack in another room, at `start` of it. */
static struct pack *move_to(struct pack *p, size_t room, size_t start) {
    struct pack *to = allocate(room, PACK_OPEN);
    to->start = (uint32_t)start;
    to->count = p->count;
    memcpy(to->bytes + start, pack_listpack(p), pack_bytes(p));
    release(p);
    return to;
}

static size_t slack_of(const struct pack *p, bool front) {
    return front ? p->start : p->room - p->start - pack_bytes(p);
}

/* Room for `more` bytes at that end. Half of all slack, where it is worth sliding for, goes to each side; new
 * room goes to the side that asks. */
static struct pack *make_room(struct pack *p, size_t more, bool front) {
    if (likely(slack_of(p, front) >= more)) return p;
    size_t bytes = pack_bytes(p), slack = p->room - bytes;
    if (slack >= 2 * more && slack >= bytes / 8) {
        size_t start = slack / 2;
        memmove(p->bytes + start, pack_listpack(p), bytes);
        p->start = (uint32_t)start;
        return p;
    }
    size_t other = slack_of(p, !front), grown = bytes + bytes / 4;
    size_t room = bytes + more > ROOM_STEADY ? grown : 2 * bytes;
    if (room < bytes + other + more) room = bytes + other + more;
    room = mem_good_size(sizeof(*p) + room) - sizeof(*p);
    return move_to(p, room, front ? room - bytes - other : other);
}

/* After elements went: what is mostly slack is given back. */
static struct pack *spare_room(struct pack *p) {
    size_t bytes = pack_bytes(p);
    if (likely(p->room <= ROOM_STEADY || p->room / 4 <= bytes)) return p;
    return move_to(p, 2 * bytes, bytes / 2);
}

struct pack *pack_fit(struct pack *p) {
    if (p->kind != PACK_OPEN) return p;
    size_t bytes = pack_bytes(p);
    if (mem_good_size(sizeof(*p) + bytes) == mem_good_size(pack_memory(p))) return p;
    return move_to(p, bytes, 0);
}

/* --- squeezing --- */

struct pack *pack_squeeze(struct pack *p) {
    if (p->kind != PACK_OPEN) return p;
    uint32_t bytes = pack_bytes(p);
    if (bytes < SQUEEZE_MIN) return pack_fit(p);
    char *room = mem_alloc(bytes);
    unsigned len = lzf_compress(pack_listpack(p), bytes, room, bytes - SQUEEZE_GAIN);
    if (len) {
        struct pack *small = allocate(len, PACK_SQUEEZED);
        memcpy(small->bytes, room, len);
        small->start = bytes;
        small->count = p->count;
        release(p);
        p = small;
    } else {
        p = pack_fit(p);
    }
    mem_free_sized(room, bytes);
    return p;
}

static void unsqueeze(const struct pack *p, void *out) {
    unsigned len = lzf_decompress(p->bytes, (unsigned)p->room, out, p->start);
    must(len == p->start);
}

struct pack *pack_open(struct pack *p) {
    if (p->kind != PACK_SQUEEZED) return p;
    struct pack *open = allocate(p->start, PACK_OPEN);
    unsqueeze(p, open->bytes);
    open->count = p->count;
    release(p);
    return open;
}

const void *pack_borrow(const struct pack *p, void **temp) {
    *temp = NULL;
    if (likely(p->kind == PACK_OPEN)) return pack_listpack(p);
    must(p->kind == PACK_SQUEEZED);
    *temp = mem_alloc(p->start);
    unsqueeze(p, *temp);
    return *temp;
}

void pack_return(const struct pack *p, void **temp) {
    if (*temp) mem_free_sized(*temp, p->start);
    *temp = NULL;
}

/* --- changing --- */

/* Whether an element may join that takes so many bytes. */
static bool takes(const struct pack *p, uint32_t bytes, const struct pack_limits *limits) {
    return p->kind == PACK_OPEN && p->count < limits->count_max &&
           pack_bytes(p) + (uint64_t)bytes <= limits->bytes_max;
}

bool pack_takes(const struct pack *p, struct slice value, const struct pack_limits *limits) {
    return !pack_is_large(value, limits) && takes(p, listpack_element_bytes(value), limits);
}

static struct pack *push(struct pack *p, struct slice value, uint32_t bytes, bool front) {
    p = make_room(p, bytes, front);
    if (front)
        p->start = (uint32_t)((char *)listpack_prepend(pack_listpack(p), value) - p->bytes);
    else
        listpack_append(pack_listpack(p), value);
    p->count++;
    return p;
}

struct pack *pack_push(struct pack *p, struct slice value, bool front) {
    return push(p, value, listpack_element_bytes(value), front);
}

struct pack *pack_try_push(struct pack *p, struct slice value, bool front, const struct pack_limits *limits,
                           bool *joined) {
    *joined = false;
    if (unlikely(pack_is_large(value, limits))) return p; /* it may be too large to be an element at all */
    uint32_t bytes = listpack_element_bytes(value);
    *joined = takes(p, bytes, limits);
    return *joined ? push(p, value, bytes, front) : p;
}

struct pack *pack_insert(struct pack *p, uint32_t index, struct slice value) {
    if (index == 0 || index == p->count) return pack_push(p, value, index == 0);
    p = make_room(p, listpack_element_bytes(value), false);
    void *lp = pack_listpack(p);
    listpack_insert(lp, listpack_at(lp, index), value);
    p->count++;
    return p;
}

struct pack *pack_replace(struct pack *p, uint32_t index, struct slice value) {
    p = make_room(p, listpack_element_bytes(value), false);
    void *lp = pack_listpack(p);
    listpack_replace(lp, listpack_at(lp, index), value);
    return spare_room(p);
}

static uint32_t add_counts(uint32_t count, int64_t more) {
    return (uint32_t)(count + more) & PACK_COUNT_MAX;
}

struct pack *pack_erase(struct pack *p, uint32_t index, uint32_t count) {
    must(count <= p->count && index <= p->count - count);
    if (p->count == count) {
        p->count = 0;
        return p;
    }
    must(p->kind == PACK_OPEN);
    void *lp = pack_listpack(p);
    if (index == 0) {
        uint32_t at = count == 1 ? listpack_next(lp, listpack_first(lp)) : listpack_at(lp, count);
        lp = listpack_behead(lp, at - listpack_first(lp), count);
        p->start = (uint32_t)((char *)lp - p->bytes);
    } else {
        listpack_erase_n(lp, listpack_at(lp, (int64_t)index - (int64_t)p->count), count);
    }
    p->count = add_counts(p->count, -(int64_t)count);
    return spare_room(p);
}

static bool plain_equals(const struct pack *p, struct slice value) {
    return slice_eq((struct slice){p->bytes, p->room}, value);
}

struct pack *pack_erase_equal(struct pack *p, struct slice value, uint64_t limit, bool reverse,
                              uint64_t *erased) {
    *erased = 0;
    if (p->kind == PACK_PLAIN) {
        if (limit == 0 || !plain_equals(p, value)) return p;
        *erased = 1;
        p->count = 0;
        return p;
    }
    void *lp = pack_listpack(p);
    uint32_t at = reverse ? listpack_last(lp) : listpack_find(lp, listpack_first(lp), value, 0);
    while (at && *erased < limit) {
        if (!reverse) {
            at = listpack_erase(lp, at);
            ++*erased;
            if (at) at = listpack_find(lp, at, value, 0);
        } else {
            uint32_t before = listpack_prev(lp, at);
            if (listpack_equals(lp, at, value)) {
                listpack_erase(lp, at);
                ++*erased;
            }
            at = before;
        }
    }
    p->count = add_counts(p->count, -(int64_t)*erased);
    return p->count && *erased ? spare_room(p) : p;
}

struct pack *pack_split(struct pack *p, uint32_t index, struct pack **rest) {
    must(p->kind == PACK_OPEN && index > 0 && index < p->count);
    *rest = pack_copy(p);
    uint32_t after = p->count - index;
    *rest = pack_fit(pack_erase(*rest, 0, index));
    return pack_fit(pack_erase(p, index, after));
}

struct pack *pack_join(struct pack *p, struct pack *next) {
    must(p->kind == PACK_OPEN && next->kind == PACK_OPEN);
    const char *from = pack_listpack(next);
    size_t more = listpack_bytes(from) - LISTPACK_EMPTY_BYTES;
    p = make_room(p, more, false);
    listpack_extend(pack_listpack(p), from);
    p->count = add_counts(p->count, next->count);
    release(next);
    return p;
}

/* --- reading --- */

/* From the nearer end, also where the listpack does not know its count. */
static uint32_t place_of(const struct pack *p, const void *lp, uint32_t index) {
    return listpack_at(lp, index <= p->count / 2 ? (int64_t)index : (int64_t)index - (int64_t)p->count);
}

bool pack_range(const struct pack *p, uint32_t index, uint32_t count, bool reverse, pack_visit *visit,
                void *arg) {
    if (p->kind == PACK_PLAIN) return count == 0 || visit(arg, (struct slice){p->bytes, p->room});
    void *temp;
    const void *lp = pack_borrow(p, &temp);
    uint32_t at = place_of(p, lp, index);
    bool go_on = true;
    while (count-- > 0 && go_on) {
        char digits[LISTPACK_INT_CHARS];
        go_on = visit(arg, listpack_get(lp, at, digits));
        if (count) at = reverse ? listpack_prev(lp, at) : listpack_next(lp, at);
    }
    pack_return(p, &temp);
    return go_on;
}

bool pack_find(const struct pack *p, uint32_t index, uint32_t count, struct slice value, bool reverse,
               uint64_t first, pack_match *match, void *arg) {
    if (p->kind == PACK_PLAIN) return !plain_equals(p, value) || match(arg, first);
    void *temp;
    const void *lp = pack_borrow(p, &temp);
    uint32_t at = place_of(p, lp, index);
    bool go_on = true;
    for (uint64_t i = first + index; count-- > 0 && go_on; reverse ? i-- : i++) {
        if (listpack_equals(lp, at, value)) go_on = match(arg, i);
        if (count) at = reverse ? listpack_prev(lp, at) : listpack_next(lp, at);
    }
    pack_return(p, &temp);
    return go_on;
}

bool pack_has(const struct pack *p, struct slice value) {
    if (p->kind == PACK_PLAIN) return plain_equals(p, value);
    void *temp;
    const void *lp = pack_borrow(p, &temp);
    bool has = listpack_find(lp, listpack_first(lp), value, 0) != 0;
    pack_return(p, &temp);
    return has;
}
