/* See deque.h.
 *
 *      front ──► pack    middle ──► tree: pack pack pack … pack    back ──► pack
 *
 * The two packs at the ends have room around them and are outside of the tree, so that a push or a pop
 * touches nothing but its pack. When the one at an end is full, it is cut to size and joins the tree; when it
 * is empty, the next one leaves the tree. With one pack, it is the front.
 *
 * All that happens further inside goes by spots: a spot is a pack and where it hangs. A pack that changed is
 * put back at its spot, which settles what follows: one without elements goes, the tree learns its weight,
 * one that lies deep enough is squeezed.
 *
 * While a walk is under way, a pack that it has still to see is left alone: own() gives a copy for change,
 * and abandon() leaves one that goes to the walk. */
#include "server/ds/deque.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

/* A list with so many packs inside is likely to fill another one: that gets all its room at once. */
#define LONG_PACKS 4

enum part { FRONT, MIDDLE, BACK };

struct spot {
    struct deque *deque;
    enum part part;
    struct pack_cursor cursor; /* in the middle */
    struct pack *pack;
    uint64_t first; /* index of its first element */
};

void deque_init(struct deque *d) {
    memset(d, 0, sizeof(*d));
}

bool deque_deinit_step(struct deque *d, size_t *budget) {
    if (d->front) pack_destroy(&d->front);
    if (d->back) pack_destroy(&d->back);
    return pack_tree_deinit_step(&d->middle, budget);
}

static inline uint64_t front_count(const struct deque *d) {
    return d->front ? d->front->count : 0;
}

uint64_t deque_count(const struct deque *d) {
    return front_count(d) + d->middle.count + (d->back ? d->back->count : 0);
}

/* --- packs that a walk has still to see --- */

static inline bool is_shared(const struct deque *d, const struct pack *p) {
    return unlikely(d->walk != NULL) && p->mark != d->parity;
}

/* Takes a pack of the deque that is about to change and returns the one that may. */
static struct pack *own(struct deque *d, struct pack *p) {
    if (likely(!is_shared(d, p))) return p;
    p->mark = d->parity & 1; /* the walk's from now on */
    struct pack *copy = pack_copy(p);
    d->walk->copied_bytes += pack_memory(copy);
    return copy;
}

/* A pack goes. */
static void abandon(struct deque *d, struct pack *p) {
    if (is_shared(d, p))
        p->mark = d->parity & 1;
    else
        pack_destroy(&p);
}

/* What is put into the deque is none of the walk's business. */
static struct pack *marked(const struct deque *d, struct pack *p) {
    p->mark = d->parity & 1;
    return p;
}

/* --- spots --- */

static inline bool seek(struct deque *d, uint64_t index, struct spot *s) {
    s->deque = d;
    uint64_t before = front_count(d);
    if (index < before) {
        s->part = FRONT;
        s->pack = d->front;
        s->first = 0;
        return true;
    }
    s->pack = pack_cursor_seek(&s->cursor, &d->middle, index - before, &s->first);
    if (s->pack) {
        s->part = MIDDLE;
        s->first += before;
        return true;
    }
    before += d->middle.count;
    s->part = BACK;
    s->pack = d->back;
    s->first = before;
    return d->back && index - before < d->back->count;
}

/* The neighbour; false: there is none. */
static bool next(struct spot *s) {
    struct deque *d = s->deque;
    uint64_t first = s->first + s->pack->count;
    if (s->part == BACK) return false;
    struct pack *p =
        s->part == FRONT ? pack_cursor_end(&s->cursor, &d->middle, true) : pack_cursor_next(&s->cursor);
    s->part = p ? MIDDLE : BACK;
    s->pack = p ? p : d->back;
    s->first = first;
    return s->pack != NULL;
}

static bool prev(struct spot *s) {
    struct deque *d = s->deque;
    if (s->part == FRONT) return false;
    struct pack *p =
        s->part == BACK ? pack_cursor_end(&s->cursor, &d->middle, false) : pack_cursor_prev(&s->cursor);
    s->part = p ? MIDDLE : FRONT;
    s->pack = p ? p : d->front;
    s->first -= s->pack->count;
    return true;
}

/* --- squeezing --- */

/* Which pack the cursor is at, from the nearer end, as long as that is below `most`. */
static uint32_t distance(const struct pack_cursor *at, uint32_t most) {
    struct pack_cursor left = *at, right = *at;
    for (uint32_t n = 0; n < most; n++)
        if (!pack_cursor_prev(&left) || !pack_cursor_next(&right)) return n;
    return most;
}

/* How a pack (taken) rests at the cursor or beside it: squeezed if that lies deep enough, or else open. Packs
 * at the ends are never in the tree, so its first one lies at depth 1. */
static struct pack *at_rest(struct deque *d, const struct pack_cursor *c, struct pack *p,
                            const struct deque_rules *rules) {
    bool deep = rules->open_ends > 0 && distance(c, rules->open_ends) + 1 >= rules->open_ends;
    return marked(d, deep ? pack_squeeze(p) : pack_fit(pack_open(p)));
}

/* After a pack joined or left the tree at an end: the one that crossed the line of depth. */
static void shift_line(struct deque *d, bool front, const struct deque_rules *rules) {
    if (likely(rules->open_ends == 0)) return;
    struct pack_cursor c;
    struct pack *p = pack_cursor_end(&c, &d->middle, front);
    for (uint32_t depth = 1; p && depth <= rules->open_ends; depth++) {
        struct pack_cursor here = c;
        struct pack *neighbour = front ? pack_cursor_next(&c) : pack_cursor_prev(&c);
        bool deep = depth == rules->open_ends;
        if (deep != (p->kind == PACK_SQUEEZED)) pack_cursor_set(&here, at_rest(d, &here, own(d, p), rules));
        p = neighbour;
    }
}

/* --- packs come and go --- */

static void to_middle(struct deque *d, struct pack *p, bool front, const struct deque_rules *rules) {
    pack_tree_push(&d->middle, marked(d, pack_fit(own(d, p))), front);
    shift_line(d, front, rules);
}

/* The pack at an end is gone: the next one takes its place. */
static void refill(struct deque *d, bool front, const struct deque_rules *rules) {
    struct pack *p = pack_tree_pop(&d->middle, front);
    if (p) {
        if (p->kind == PACK_SQUEEZED) p = marked(d, pack_open(own(d, p)));
        shift_line(d, front, rules);
    }
    if (front && !p) {
        p = d->back;
        d->back = NULL;
    }
    if (front)
        d->front = p;
    else
        d->back = p;
}

/* Makes a new pack the first or last of all. */
static void put_at_end(struct deque *d, struct pack *p, bool front, const struct deque_rules *rules) {
    p = marked(d, p);
    if (d->front == NULL) {
        d->front = p;
    } else if (front) {
        if (d->back)
            to_middle(d, d->front, true, rules);
        else
            d->back = d->front;
        d->front = p;
    } else {
        if (d->back) to_middle(d, d->back, false, rules);
        d->back = p;
    }
}

void deque_append_pack(struct deque *d, struct pack *p, const struct deque_rules *rules) {
    put_at_end(d, p, false, rules);
}

/* Takes the pack at the spot, or what became of it, out. The spot is no longer valid. */
static void drop_pack(struct spot *s, struct pack *p, const struct deque_rules *rules) {
    abandon(s->deque, p);
    if (s->part == MIDDLE)
        pack_cursor_remove(&s->cursor);
    else
        refill(s->deque, s->part == FRONT, rules);
}

/* Takes the pack, which stood at the spot before it was changed, and puts it back there. The spot is no
 * longer valid. */
static void put_back(struct spot *s, struct pack *p, const struct deque_rules *rules) {
    struct deque *d = s->deque;
    if (unlikely(p->count == 0))
        drop_pack(s, marked(d, p), rules);
    else if (s->part == FRONT)
        d->front = marked(d, p);
    else if (s->part == BACK)
        d->back = marked(d, p);
    else
        pack_cursor_set(&s->cursor, at_rest(d, &s->cursor, p, rules));
}

/* The pack at the spot, for change: to be put back. */
static struct pack *open_spot(struct spot *s) {
    return pack_open(own(s->deque, s->pack));
}

/* Puts a new pack before or behind the one at the spot, which is no longer valid then. */
static void put_beside(struct spot *s, struct pack *p, bool before, const struct deque_rules *rules) {
    struct deque *d = s->deque;
    p = marked(d, p);
    if (s->part == FRONT && (before || d->back == NULL))
        put_at_end(d, p, before, rules);
    else if (s->part == FRONT)
        to_middle(d, p, true, rules);
    else if (s->part == BACK && before)
        to_middle(d, p, false, rules);
    else if (s->part == BACK)
        put_at_end(d, p, false, rules);
    else
        pack_cursor_insert(&s->cursor, at_rest(d, &s->cursor, p, rules), before);
}

/* --- changing --- */

void deque_push(struct deque *d, struct slice value, bool front, const struct deque_rules *rules) {
    struct pack **end = front || d->back == NULL ? &d->front : &d->back;
    bool joined = false;
    if (likely(*end != NULL)) {
        if (unlikely(d->walk != NULL) && pack_takes(*end, value, &rules->limits)) *end = own(d, *end);
        *end = pack_try_push(*end, value, front, &rules->limits, &joined);
        if (joined) marked(d, *end);
    }
    if (likely(joined)) return;
    bool is_long = d->middle.packs >= LONG_PACKS;
    struct pack *p =
        is_long ? pack_create_behind(*end, value, front, &rules->limits) : pack_create(value, &rules->limits);
    put_at_end(d, p, front, rules);
    mem_grew(p);
}

/* Between the elements of a full pack: it is cut there. */
static void insert_between(struct spot *s, struct pack *p, uint32_t offset, struct slice value,
                           const struct deque_rules *rules) {
    struct deque *d = s->deque;
    uint64_t first = s->first;
    struct pack *right, *own = NULL;
    p = pack_split(p, offset, &right);
    if (pack_takes(p, value, &rules->limits))
        p = pack_push(p, value, false);
    else if (pack_takes(right, value, &rules->limits))
        right = pack_push(right, value, true);
    else
        own = pack_create(value, &rules->limits);
    put_back(s, p, rules);
    must(seek(d, first, s));
    put_beside(s, right, false, rules);
    if (own == NULL) return;
    must(seek(d, first, s));
    put_beside(s, own, false, rules);
}

void deque_insert(struct deque *d, uint64_t index, struct slice value, const struct deque_rules *rules) {
    struct spot s;
    if (index == 0 || !seek(d, index, &s)) {
        deque_push(d, value, index == 0, rules);
        return;
    }
    uint32_t offset = (uint32_t)(index - s.first);
    struct pack *p = open_spot(&s);
    if (pack_takes(p, value, &rules->limits)) {
        put_back(&s, pack_insert(p, offset, value), rules);
        return;
    }
    if (offset > 0) {
        insert_between(&s, p, offset, value, rules);
        return;
    }
    put_back(&s, p, rules); /* it is full: behind its neighbour's last, or between the two */
    must(seek(d, index - 1, &s));
    p = open_spot(&s);
    bool takes = pack_takes(p, value, &rules->limits);
    put_back(&s, takes ? pack_push(p, value, false) : p, rules);
    if (takes) return;
    must(seek(d, index - 1, &s));
    put_beside(&s, pack_create(value, &rules->limits), false, rules);
}

static void replace_in(struct spot *s, uint32_t offset, struct slice value, const struct deque_rules *rules) {
    struct pack *p = open_spot(s);
    put_back(s, pack_replace(p, offset, value), rules);
}

/* Whether the pack has room for value in the place of one of its elements. */
static bool takes_instead(struct pack *p, uint32_t offset, struct slice value,
                          const struct deque_rules *rules) {
    if (pack_is_plain(p) || pack_is_large(value, &rules->limits)) return false;
    if (p->count == 1) return true;
    void *temp;
    const void *lp = pack_borrow(p, &temp);
    uint64_t bytes = listpack_bytes(lp) - listpack_size_at(lp, listpack_at(lp, offset));
    pack_return(p, &temp);
    return bytes + listpack_element_bytes(value) <= rules->limits.bytes_max;
}

void deque_replace(struct deque *d, uint64_t index, struct slice value, const struct deque_rules *rules) {
    struct spot s;
    must(seek(d, index, &s));
    uint32_t offset = (uint32_t)(index - s.first);
    if (takes_instead(s.pack, offset, value, rules)) {
        replace_in(&s, offset, value, rules);
        return;
    }
    deque_insert(d, index, value, rules);
    deque_remove(d, index + 1, 1, rules);
}

/* Joins the pack with the element at index and the one before it in the tree if both are at most half of what
 * a pack may be: so what is taken out of the middle leaves no crumbs. */
static void mend(struct deque *d, uint64_t index, const struct deque_rules *rules) {
    struct spot s;
    if (!seek(d, index, &s) || s.part != MIDDLE || pack_is_plain(s.pack)) return;
    struct spot left = s;
    if (!prev(&left) || left.part != MIDDLE || pack_is_plain(left.pack)) return;
    uint64_t bytes = (uint64_t)pack_bytes(s.pack) + pack_bytes(left.pack);
    if (bytes > rules->limits.bytes_max / 2 ||
        (uint32_t)(s.pack->count + left.pack->count) > rules->limits.count_max / 2)
        return;
    struct pack *right = own(d, pack_cursor_remove(&s.cursor));
    must(seek(d, left.first, &left));
    put_back(&left, pack_join(open_spot(&left), pack_open(right)), rules);
}

void deque_remove(struct deque *d, uint64_t index, uint64_t count, const struct deque_rules *rules) {
    struct spot s;
    bool inside = false;
    while (count > 0) {
        must(seek(d, index, &s));
        uint32_t offset = (uint32_t)(index - s.first), there = s.pack->count - offset;
        uint32_t n = count < there ? (uint32_t)count : there;
        count -= n;
        inside = s.part == MIDDLE;
        if (n == s.pack->count)
            drop_pack(&s, s.pack, rules);
        else
            put_back(&s, pack_erase(open_spot(&s), offset, n), rules);
    }
    if (inside) mend(d, index, rules);
}

uint64_t deque_remove_equal(struct deque *d, struct slice value, uint64_t limit, bool reverse,
                            const struct deque_rules *rules) {
    uint64_t removed = 0, left = deque_count(d); /* elements not looked at yet */
    uint64_t kept = 0;                           /* those that were and stay */
    while (left > 0 && removed < limit) {
        struct spot s;
        must(seek(d, reverse ? left - 1 : kept, &s));
        uint32_t count = s.pack->count;
        uint64_t erased = 0, first = s.first;
        bool inside = s.part == MIDDLE;
        if (pack_has(s.pack, value)) {
            struct pack *p = pack_erase_equal(open_spot(&s), value, limit - removed, reverse, &erased);
            put_back(&s, p, rules);
            /* with a neighbour that was looked at already */
            if (inside && erased < count) mend(d, reverse ? first + count - erased : first, rules);
        }
        removed += erased;
        left -= count;
        kept += count - erased;
    }
    return removed;
}

/* --- reading --- */

/* Readers go by spots too and change nothing. */
static struct deque *readable(const struct deque *d) {
    return (struct deque *)(uintptr_t)d;
}

void deque_range(const struct deque *d, uint64_t index, uint64_t count, bool reverse, pack_visit *visit,
                 void *arg) {
    struct spot s;
    bool there = seek(readable(d), index, &s);
    while (there && count > 0) {
        uint32_t offset = (uint32_t)(index - s.first);
        uint32_t n = reverse ? offset + 1 : s.pack->count - offset;
        if (n > count) n = (uint32_t)count;
        if (!pack_range(s.pack, offset, n, reverse, visit, arg)) return;
        count -= n;
        there = reverse ? prev(&s) : next(&s);
        index = reverse ? s.first + s.pack->count - 1 : s.first;
    }
}

void deque_find(const struct deque *d, struct slice value, uint64_t index, uint64_t count, bool reverse,
                pack_match *match, void *arg) {
    struct spot s;
    bool there = seek(readable(d), index, &s);
    while (there && count > 0) {
        uint32_t offset = (uint32_t)(index - s.first);
        uint32_t n = reverse ? offset + 1 : s.pack->count - offset;
        if (n > count) n = (uint32_t)count;
        if (!pack_find(s.pack, offset, n, value, reverse, s.first, match, arg)) return;
        count -= n;
        there = reverse ? prev(&s) : next(&s);
        index = reverse ? s.first + s.pack->count - 1 : s.first;
    }
}

void deque_init_copy(struct deque *copy, const struct deque *d) {
    deque_init(copy);
    struct spot s;
    if (d->front) copy->front = marked(copy, pack_copy(d->front));
    if (d->back) copy->back = marked(copy, pack_copy(d->back));
    for (bool there = seek(readable(d), front_count(d), &s); there && s.part == MIDDLE; there = next(&s))
        pack_tree_push(&copy->middle, marked(copy, pack_copy(s.pack)), false);
}

void deque_each_pack(const struct deque *d, void (*visit)(void *, const struct pack *), void *arg) {
    struct spot s;
    for (bool there = seek(readable(d), 0, &s); there; there = next(&s))
        visit(arg, s.pack);
}

/* --- walks --- */

void deque_walk_begin(struct deque *d, struct deque_walk *w) {
    struct spot s;
    must(d->walk == NULL);
    *w = (struct deque_walk){.count = deque_packs(d)};
    w->packs = mem_alloc((w->count + 1) * sizeof(struct pack *));
    size_t n = 0;
    for (bool there = seek(d, 0, &s); there; there = next(&s))
        w->packs[n++] = s.pack;
    must(n == w->count);
    d->parity ^= 1;
    d->walk = w;
}

bool deque_walk_step(struct deque *d, void (*visit)(void *, const struct pack *), void *arg) {
    struct deque_walk *w = d->walk;
    if (w->at == w->count) return false;
    struct pack *p = w->packs[w->at++];
    if (visit) visit(arg, p);
    if (p->mark == d->parity)
        pack_destroy(&p);
    else
        marked(d, p);
    return true;
}

void deque_walk_end(struct deque *d) {
    struct deque_walk *w = d->walk;
    must(w->at == w->count);
    mem_free_sized(w->packs, (w->count + 1) * sizeof(struct pack *));
    d->walk = NULL;
}

size_t deque_bytes(const struct deque *d) {
    size_t bytes = 0;
    struct spot s;
    for (bool there = seek(readable(d), 0, &s); there; there = next(&s))
        bytes += pack_is_plain(s.pack) ? s.pack->room : pack_bytes(s.pack);
    return bytes;
}

size_t deque_memory(const struct deque *d, size_t samples) {
    size_t packs = deque_packs(d), seen = 0, bytes = 0;
    struct spot s;
    for (bool there = seek(readable(d), 0, &s); there && (samples == 0 || seen < samples); there = next(&s)) {
        bytes += mem_good_size(pack_memory(s.pack));
        seen++;
    }
    if (seen < packs && seen) bytes = (size_t)((double)bytes / (double)seen * (double)packs);
    return pack_tree_memory(&d->middle) + bytes;
}

void deque_verify(const struct deque *d) {
    must(d->front || (!d->back && d->middle.packs == 0));
    must(d->back || d->middle.packs == 0);
    must(!d->front || (d->front->count > 0 && d->front->kind != PACK_SQUEEZED));
    must(!d->back || (d->back->count > 0 && d->back->kind != PACK_SQUEEZED));
    pack_tree_verify(&d->middle);
    struct spot s;
    for (bool there = seek(readable(d), 0, &s); there; there = next(&s)) {
        must(d->walk || s.pack->mark == d->parity);
        if (pack_is_plain(s.pack)) {
            must(s.pack->count == 1);
            continue;
        }
        void *temp;
        const void *lp = pack_borrow(s.pack, &temp);
        must(listpack_valid(lp, listpack_bytes(lp), true) && listpack_count(lp) == s.pack->count);
        pack_return(s.pack, &temp);
    }
}
