/* Sorted sets as commands see them: what the flags of an addition mean, when a small one becomes large, and
 * reading either form.
 *
 *      small   entry: header │ key │ listpack: member, score, member, score …      zset_small.c
 *      large   entry: header │ key │ pointer ──► table of members, tree of ranks   zset_large.c
 *
 * Ranges of scores and of names are ranges of ranks here: zset_count_below and zset_count_before turn a bound
 * into a rank in one descent, so that counting, limits and offsets cost nothing per member.
 *
 * Drawing: with order statistics a member is drawn by its rank. Different ones are drawn as a set of numbers,
 * sorted, and visited in order. */
#include "server/types/zset.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/types/zset_int.h"
#include <math.h>

#define SPAN_AHEAD PTRDIFF_MAX /* how many members a span has is not known beforehand */

bool zset_is_small(const struct entry *e) {
    return entry_encoding(e) == ENC_LISTPACK;
}

static void *small(const struct entry *e) {
    return entry_payload(e);
}

size_t zset_count(const struct entry *e) {
    return zset_is_small(e) ? listpack_count(small(e)) / 2 : zset_table_of(zset_large_of(e))->count;
}

/* --- changing --- */

struct entry *zset_create(struct slice key, size_t count, size_t member_len_max,
                          const struct zset_rules *rules) {
    if (zset_is_small_enough(count, member_len_max, rules)) {
        struct entry *e =
            entry_create(VALUE_ZSET, ENC_LISTPACK, key, ENTRY_NO_DEADLINE, NULL, LISTPACK_EMPTY_BYTES);
        listpack_init(small(e));
        return e;
    }
    struct zset_large *z = zset_large_create(rules->secret);
    return entry_create(VALUE_ZSET, ENC_TREE, key, ENTRY_NO_DEADLINE, &z, sizeof(z));
}

static void append_pair(void *arg, struct slice member, double score) {
    zset_large_append(arg, member, score);
}

static struct entry *make_large(struct entry *e, const struct zset_rules *rules) {
    struct zset_large *z = zset_large_create(rules->secret);
    zset_small_range(small(e), 0, SIZE_MAX, false, append_pair, z);
    e = entry_reshape(e, ENC_TREE, sizeof(z));
    entry_set_pointer(e, z);
    return e;
}

enum verdict { LEAVE, KEEP, CHANGE, INSERT };

/* What becomes of a pair whose member has the score *current (NULL: it is not there). Tells *out what was
 * decided but for the counts; out->score is the score that it is to have. */
static enum verdict judge(double score, const double *current, unsigned flags, struct zset_added *out) {
    out->refused = current ? flags & ZSET_NX : flags & ZSET_XX;
    if (out->refused) return LEAVE;
    if (!current) {
        out->score = score;
        return INSERT;
    }
    if (flags & ZSET_INCR) {
        score += *current;
        out->nan = isnan(score);
        if (out->nan) return LEAVE;
    }
    out->refused = ((flags & ZSET_GT) && score <= *current) || ((flags & ZSET_LT) && score >= *current);
    if (out->refused) return LEAVE;
    out->score = score;
    return score == *current ? KEEP : CHANGE;
}

static struct entry *small_add_one(struct entry *e, const struct zset_pair *pair, unsigned flags,
                                   const struct zset_rules *rules, struct zset_added *out) {
    uint32_t at = zset_small_find(small(e), pair->member);
    double current = at ? zset_small_score(small(e), at) : 0;
    switch (judge(pair->score, at ? &current : NULL, flags, out)) {
    case LEAVE:
    case KEEP: return e;
    case CHANGE: out->updated++; return zset_small_rescore(e, at, out->score);
    case INSERT: break;
    }
    out->added++;
    if (likely(zset_small_has_room(e, pair->member.len, rules)))
        return zset_small_insert(e, pair->member, out->score);
    e = make_large(e, rules);
    struct zset_large *z = zset_large_of(e);
    zset_large_insert(z, zset_member_hash(zset_table_of(z), pair->member), pair->member, out->score);
    return e;
}

static void large_add_one(struct zset_large *z, uint64_t hash, const struct zset_pair *pair, unsigned flags,
                          struct zset_added *out) {
    struct table_pos pos;
    struct rank_item *item = zset_large_find(zset_table_of(z), hash, pair->member, &pos);
    double current = item ? item->score : 0;
    switch (judge(pair->score, item ? &current : NULL, flags, out)) {
    case LEAVE:
    case KEEP: return;
    case CHANGE:
        out->updated++;
        rank_tree_rescore(&z->ranks, item, out->score);
        return;
    case INSERT: break;
    }
    out->added++;
    zset_large_insert(z, hash, pair->member, out->score);
}

static void large_add(struct zset_large *z, const struct zset_pair *pairs, size_t count, unsigned flags,
                      struct zset_added *out) {
    uint64_t hashes[ZSET_GROUP];
    while (count > 0 && !out->nan) {
        size_t n = count < ZSET_GROUP ? count : ZSET_GROUP;
        zset_large_look_ahead(zset_table_of(z), &pairs[0].member, sizeof(*pairs), n, hashes);
        if (!(flags & ZSET_INCR)) rank_tree_prefetch(&z->ranks, pairs[0].score);
        for (size_t i = 0; i < n && !out->nan; i++)
            large_add_one(z, hashes[i], &pairs[i], flags, out);
        pairs += n;
        count -= n;
    }
}

struct entry *zset_add(struct entry *e, const struct zset_pair *pairs, size_t count, unsigned flags,
                       const struct zset_rules *rules, struct zset_added *out) {
    *out = (struct zset_added){0};
    size_t at = 0;
    for (; at < count && zset_is_small(e) && !out->nan; at++)
        e = small_add_one(e, &pairs[at], flags, rules, out);
    if (!zset_is_small(e)) large_add(zset_large_of(e), pairs + at, count - at, flags, out);
    return e;
}

struct entry *zset_remove(struct entry *e, const struct slice *members, size_t count, size_t *removed) {
    if (zset_is_small(e)) {
        void *lp = small(e);
        size_t before = listpack_bytes(lp);
        for (size_t i = 0; i < count; i++) {
            uint32_t at = zset_small_find(lp, members[i]);
            if (at == 0) continue;
            listpack_erase_n(lp, at, 2);
            ++*removed;
        }
        return listpack_bytes(lp) < before ? entry_shrunk(e, before) : e;
    }
    struct zset_large *z = zset_large_of(e);
    uint64_t hashes[ZSET_GROUP];
    while (count > 0) {
        size_t n = count < ZSET_GROUP ? count : ZSET_GROUP;
        zset_large_look_ahead(zset_table_of(z), members, sizeof(*members), n, hashes);
        for (size_t i = 0; i < n; i++)
            *removed += zset_large_remove(z, hashes[i], members[i]);
        members += n;
        count -= n;
    }
    return e;
}

struct entry *zset_remove_ranks(struct entry *e, size_t start, size_t count) {
    must(start <= zset_count(e) && count <= zset_count(e) - start);
    if (count == 0) return e;
    if (!zset_is_small(e)) {
        zset_large_remove_ranks(zset_large_of(e), start, count);
        return e;
    }
    void *lp = small(e);
    size_t before = listpack_bytes(lp);
    listpack_erase_n(lp, listpack_at(lp, 2 * (int64_t)start), (uint32_t)(2 * count));
    return entry_shrunk(e, before);
}

/* --- reading --- */

bool zset_score(const struct entry *e, struct slice member, double *score) {
    struct zset_group one;
    zset_score_group(e, &member, 1, &one);
    *score = one.score[0];
    return one.found[0];
}

void zset_score_group(const struct entry *e, const struct slice *members, size_t count,
                      struct zset_group *out) {
    must(count <= ZSET_GROUP);
    if (zset_is_small(e)) {
        for (size_t i = 0; i < count; i++) {
            uint32_t at = zset_small_find(small(e), members[i]);
            out->found[i] = at != 0;
            out->score[i] = at ? zset_small_score(small(e), at) : 0;
        }
        return;
    }
    const struct zset_large *z = zset_large_of(e);
    uint64_t hashes[ZSET_GROUP];
    zset_large_look_ahead(zset_table_of(z), members, sizeof(*members), count, hashes);
    for (size_t i = 0; i < count; i++) {
        struct table_pos pos;
        const struct rank_item *item = zset_large_find(zset_table_of(z), hashes[i], members[i], &pos);
        out->found[i] = item != NULL;
        out->score[i] = item ? item->score : 0;
    }
}

bool zset_rank(const struct entry *e, struct slice member, size_t *rank, double *score) {
    if (zset_is_small(e)) {
        uint32_t at = zset_small_find(small(e), member);
        if (at == 0) return false;
        *rank = zset_small_rank(small(e), at);
        *score = zset_small_score(small(e), at);
        return true;
    }
    const struct zset_large *z = zset_large_of(e);
    struct table_pos pos;
    const struct rank_item *item =
        zset_large_find(zset_table_of(z), zset_member_hash(zset_table_of(z), member), member, &pos);
    if (!item) return false;
    *rank = rank_tree_rank(&z->ranks, item);
    *score = item->score;
    return true;
}

size_t zset_count_below(const struct entry *e, double score, bool including) {
    return zset_is_small(e) ? zset_small_count_below(small(e), score, including)
                            : rank_tree_count_below(&zset_large_of(e)->ranks, score, including);
}

size_t zset_count_before(const struct entry *e, struct slice member, bool including) {
    return zset_is_small(e) ? zset_small_count_before(small(e), member, including)
                            : rank_tree_count_before(&zset_large_of(e)->ranks, member, including);
}

/* --- visiting --- */

static void visit_item(const struct rank_item *item, zset_visit *visit, void *arg) {
    visit(arg, rank_item_member(item), item->score);
}

static void large_range(const struct rank_tree *ranks, size_t start, size_t count, bool reverse,
                        zset_visit *visit, void *arg) {
    if (start >= ranks->count || count == 0) return;
    if (count > ranks->count - start) count = ranks->count - start;
    struct rank_cursor c;
    ptrdiff_t ahead = (ptrdiff_t)count - 1;
    const struct rank_item *item = reverse ? rank_cursor_seek(&c, ranks, ranks->count - 1 - start, -ahead)
                                           : rank_cursor_seek(&c, ranks, start, ahead);
    for (;;) {
        visit_item(item, visit, arg);
        if (--count == 0) return;
        item = reverse ? rank_cursor_prev(&c) : rank_cursor_next(&c);
    }
}

void zset_range(const struct entry *e, size_t start, size_t count, bool reverse, zset_visit *visit,
                void *arg) {
    if (zset_is_small(e))
        zset_small_range(small(e), start, count, reverse, visit, arg);
    else
        large_range(&zset_large_of(e)->ranks, start, count, reverse, visit, arg);
}

/* The cursor goes forward from span to span as long as they ascend; a gap without members costs nothing. */
static void large_spans(const struct rank_tree *ranks, const struct zset_span *spans, size_t count,
                        zset_span_visit *visit, void *arg) {
    struct rank_cursor c;
    const struct rank_item *item = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || spans[i].min < spans[i - 1].max)
            item = rank_cursor_seek_score(&c, ranks, spans[i].min, SPAN_AHEAD);
        else if (item && item->score < spans[i].min)
            item = rank_cursor_forward(&c, spans[i].min);
        for (; item && item->score < spans[i].max; item = rank_cursor_next(&c))
            if (!visit(arg, rank_item_member(item), item->score, i)) return;
    }
}

void zset_visit_spans(const struct entry *e, const struct zset_span *spans, size_t count,
                      zset_span_visit *visit, void *arg) {
    if (zset_is_small(e))
        zset_small_spans(small(e), spans, count, visit, arg);
    else
        large_spans(&zset_large_of(e)->ranks, spans, count, visit, arg);
}

struct visitor {
    zset_visit *visit;
    void *arg;
};

static void visit_found(void *arg, void *item) {
    const struct visitor *v = arg;
    visit_item(item, v->visit, v->arg);
}

uint64_t zset_scan(const struct entry *e, uint64_t cursor, size_t count, zset_visit *visit, void *arg) {
    if (zset_is_small(e)) {
        zset_small_range(small(e), 0, SIZE_MAX, false, visit, arg);
        return 0;
    }
    struct visitor v = {visit, arg};
    return items_scan(zset_large_of(e)->members, cursor, count, visit_found, &v);
}

/* --- drawing --- */

void zset_random(const struct entry *e, struct rng *rng, size_t count, zset_visit *visit,
                 bool (*go_on)(void *), void *arg) {
    size_t n = zset_count(e);
    if (n == 0) return;
    for (size_t i = 0; i < count && (!go_on || go_on(arg)); i++)
        zset_range(e, rng_below(rng, n), 1, false, visit, arg);
}

static int cmp_ranks(const void *a, const void *b) {
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return left < right ? -1 : left > right;
}

/* Fills `ranks` with `count` different numbers below `n`, ascending: draws what is missing, sorts, drops what
 * is there twice, until nothing is missing. */
static void draw_ranks(struct rng *rng, size_t n, size_t *ranks, size_t count) {
    size_t have = 0;
    while (have < count) {
        for (size_t i = have; i < count; i++)
            ranks[i] = rng_below(rng, n);
        qsort(ranks, count, sizeof(*ranks), cmp_ranks);
        have = 0;
        for (size_t i = 0; i < count; i++)
            if (have == 0 || ranks[i] != ranks[have - 1]) ranks[have++] = ranks[i];
    }
}

struct choice {
    struct sieve sieve;
    struct visitor visitor;
};

static void visit_chosen(void *arg, struct slice member, double score) {
    struct choice *c = arg;
    if (sieve_takes(&c->sieve)) c->visitor.visit(c->visitor.arg, member, score);
}

void zset_random_unique(const struct entry *e, struct rng *rng, size_t count, zset_visit *visit, void *arg) {
    size_t n = zset_count(e);
    if (count >= n) {
        zset_range(e, 0, n, false, visit, arg);
    } else if (count >= n / 8) {
        struct choice c = {{rng, count, n}, {visit, arg}};
        zset_range(e, 0, n, false, visit_chosen, &c);
    } else {
        size_t *ranks = mem_alloc(count * sizeof(*ranks));
        draw_ranks(rng, n, ranks, count);
        for (size_t i = 0; i < count; i++)
            zset_range(e, ranks[i], 1, false, visit, arg);
        mem_free_sized(ranks, count * sizeof(*ranks));
    }
}
