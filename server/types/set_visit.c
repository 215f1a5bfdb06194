/* Going over a set's members, all or some, and drawing from them.
 *
 * Drawing: members of a small set have numbers. Distinct ones are chosen by walking over all (items.h's
 * sieve); in a large set so only when an eighth or more is wanted: below, draws are repeated until they
 * differ. What SPOP takes out is drawn one by one, from what is left each time. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/ds/intset.h"
#include "server/types/set.h"
#include "server/types/set_int.h"
#include "server/types/set_member.h"

_Static_assert(LISTPACK_INT_CHARS >= MEMBER_SCRATCH, "a group's scratch serves every form");

/* --- all --- */

void set_walk_begin(struct set_walk *w, const struct entry *e) {
    *w = (struct set_walk){.set = e};
    if (entry_encoding(e) == ENC_LISTPACK) w->at = listpack_first(set_small(e));
}

static struct slice intset_member(const void *is, uint32_t index, char *scratch) {
    return (struct slice){scratch, num_format_int64(scratch, intset_get(is, index))};
}

static void next_of_intset(struct set_walk *w, struct set_group *g) {
    const void *is = set_small(w->set);
    for (uint32_t count = intset_count(is); g->count < SET_GROUP && w->at < count; g->count++)
        g->member[g->count] = intset_member(is, w->at++, g->scratch[g->count]);
}

static void next_of_listpack(struct set_walk *w, struct set_group *g) {
    const void *lp = set_small(w->set);
    for (; g->count < SET_GROUP && w->at; g->count++) {
        g->member[g->count] = listpack_get(lp, w->at, g->scratch[g->count]);
        w->at = listpack_next(lp, w->at);
    }
}

/* Steps to the next bucket, of the chain or of the table; false at the end. */
static bool next_bucket(struct set_walk *w, const struct items *items) {
    if (w->bucket) w->bucket = bucket_next(w->bucket);
    if (w->bucket == NULL) {
        if (w->next_bucket >= items->table.buckets.count) return false;
        items_prefetch(items, w->next_bucket + ITEMS_AHEAD);
        w->bucket = table_bucket(&items->table, w->next_bucket++);
    }
    w->used = bucket_occupied(w->bucket);
    return true;
}

static void next_of_large(struct set_walk *w, struct set_group *g) {
    const struct items *items = set_large(w->set);
    while (g->count < SET_GROUP) {
        if (w->used == 0) {
            if (!next_bucket(w, items)) return;
            continue;
        }
        const void *member = bucket_item(w->bucket, (unsigned)__builtin_ctz(w->used));
        w->used &= w->used - 1;
        g->member[g->count] = member_bytes(member, g->scratch[g->count]);
        g->count++;
    }
}

bool set_walk_next(struct set_walk *w, struct set_group *g) {
    g->count = 0;
    g->hashed = false;
    g->ahead = NULL;
    if (set_is_large(w->set))
        next_of_large(w, g);
    else if (set_is_intset(w->set))
        next_of_intset(w, g);
    else
        next_of_listpack(w, g);
    return g->count > 0;
}

/* --- some at a time --- */

struct visitor {
    set_visit *visit;
    void *arg;
};

static void visit_item(void *arg, void *member) {
    struct visitor *v = arg;
    char scratch[MEMBER_SCRATCH];
    v->visit(v->arg, member_bytes(member, scratch));
}

static void visit_all(const struct entry *e, set_visit *visit, void *arg) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            visit(arg, g.member[i]);
}

uint64_t set_scan(const struct entry *e, uint64_t cursor, size_t count, set_visit *visit, void *arg) {
    if (!set_is_large(e)) {
        visit_all(e, visit, arg);
        return 0;
    }
    struct visitor v = {visit, arg};
    return items_scan(set_large(e), cursor, count, visit_item, &v);
}

/* --- drawing --- */

static void random_of_intset(const void *is, struct rng *rng, size_t count, set_visit *visit,
                             bool (*go_on)(void *), void *arg) {
    char digits[LISTPACK_INT_CHARS];
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        visit(arg, intset_member(is, (uint32_t)rng_below(rng, intset_count(is)), digits));
}

static void random_of_listpack(const void *lp, struct rng *rng, size_t count, set_visit *visit,
                               bool (*go_on)(void *), void *arg) {
    char digits[LISTPACK_INT_CHARS];
    size_t n = listpack_count(lp);
    if (count == 1) {
        visit(arg, listpack_get(lp, listpack_at(lp, (int64_t)rng_below(rng, n)), digits));
        return;
    }
    uint32_t *offsets = mem_alloc(n * sizeof(*offsets)), at = listpack_first(lp);
    for (size_t i = 0; i < n; i++, at = listpack_next(lp, at))
        offsets[i] = at;
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        visit(arg, listpack_get(lp, offsets[rng_below(rng, n)], digits));
    mem_free_sized(offsets, n * sizeof(*offsets));
}

void set_random(const struct entry *e, struct rng *rng, size_t count, set_visit *visit, bool (*go_on)(void *),
                void *arg) {
    if (count == 0 || set_count(e) == 0) return;
    if (set_is_intset(e)) {
        random_of_intset(set_small(e), rng, count, visit, go_on, arg);
    } else if (!set_is_large(e)) {
        random_of_listpack(set_small(e), rng, count, visit, go_on, arg);
    } else {
        struct visitor v = {visit, arg};
        for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
            visit_item(&v, table_random(&set_large(e)->table, rng));
    }
}

struct chosen {
    struct sieve sieve;
    struct visitor to;
};

static void visit_chosen(void *arg, struct slice member) {
    struct chosen *c = arg;
    if (sieve_takes(&c->sieve)) c->to.visit(c->to.arg, member);
}

void set_random_unique(const struct entry *e, struct rng *rng, size_t count, set_visit *visit, void *arg) {
    size_t n = set_count(e);
    if (count >= n) {
        visit_all(e, visit, arg);
    } else if (set_is_large(e) && count < n / 8) {
        struct visitor v = {visit, arg};
        items_draw(set_large(e), rng, count, visit_item, &v);
    } else if (count > 0) {
        struct chosen c = {{rng, count, n}, {visit, arg}};
        visit_all(e, visit_chosen, &c);
    }
}

/* --- taking out --- */

static void pop_of_intset(void *is, struct rng *rng, const struct visitor *v) {
    int64_t value = intset_get(is, (uint32_t)rng_below(rng, intset_count(is)));
    char digits[LISTPACK_INT_CHARS];
    v->visit(v->arg, (struct slice){digits, num_format_int64(digits, value)});
    intset_remove(is, value);
}

static void pop_of_listpack(void *lp, struct rng *rng, const struct visitor *v) {
    uint32_t at = listpack_at(lp, (int64_t)rng_below(rng, listpack_count(lp)));
    char digits[LISTPACK_INT_CHARS];
    v->visit(v->arg, listpack_get(lp, at, digits));
    listpack_erase(lp, at);
}

static bool is_item(const void *item, const void *wanted) {
    return item == wanted;
}

static void pop_of_large(struct table *t, struct rng *rng, const struct visitor *v) {
    void *member = table_random(t, rng);
    char scratch[MEMBER_SCRATCH];
    struct slice bytes = member_bytes(member, scratch);
    v->visit(v->arg, bytes);
    uint64_t hash = hash_slice(t->owner, bytes);
    struct table_pos pos;
    void *found = table_find(t, hash, is_item, member, &pos);
    must(found != NULL);
    items_before_change(t, pos);
    table_remove(t, hash, pos);
    member_free(member);
}

struct entry *set_pop(struct entry *e, struct rng *rng, size_t count, set_visit *visit, void *arg) {
    struct visitor v = {visit, arg};
    must(count <= set_count(e));
    if (set_is_large(e)) {
        while (count--)
            pop_of_large(&set_large(e)->table, rng, &v);
        return e;
    }
    size_t before = entry_payload_size(e);
    bool integers = set_is_intset(e);
    while (count--) {
        if (integers)
            pop_of_intset(set_small(e), rng, &v);
        else
            pop_of_listpack(set_small(e), rng, &v);
    }
    return entry_payload_size(e) < before ? entry_shrunk(e, before) : e;
}
