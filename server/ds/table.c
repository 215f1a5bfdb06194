/* Growth, removal, cursors.
 *
 * Linear hashing: with n buckets and level = floor(log2 n), an item lives in bucket (hash mod 2^(level+1)) if
 * that exists, else in (hash mod 2^level). Bucket n is made by splitting bucket n - 2^level on hash bit
 * `level`; merging is the reverse. Between TARGET_LOAD / 4 and TARGET_LOAD items per bucket nothing happens.
 *
 * The slots keep hash bits 12 to 27, so tables of up to 2^28 buckets split without a look at their items once
 * they have 2^12 buckets; below, hash_of is asked (the items are in the cache then).
 *
 * A chain is kept dense: removal fills the hole from the chain's last bucket and frees that when it is empty.
 */
#include "server/ds/table.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <string.h>

#define TARGET_LOAD  5
#define BUCKETS_MIN  4
#define RANDOM_BOUND 14 /* rejection sampling: items of a bucket that have an equal chance */
#define RANDOM_DRAWS 2000
#define DRAIN_AHEAD  4 /* buckets whose items are fetched while others are freed */

static uint64_t slot_word(uint64_t hash, const void *item) {
    return (hash >> SLOT_HASH_SHIFT << ITEM_BITS) | (uint64_t)(uintptr_t)item;
}

void table_init(struct table *t, table_hash_fn hash_of, const void *owner) {
    memset(t, 0, sizeof(*t));
    segvec_init(&t->buckets, 6);
    t->hash_of = hash_of;
    t->owner = owner;
}

static void chain_free(struct table *t, struct bucket *b) {
    while (b) {
        struct bucket *next = bucket_next(b);
        mem_free_sized(b, sizeof(*b));
        t->chained--;
        b = next;
    }
}

void table_deinit(struct table *t) {
    if (t->chained)
        for (size_t i = 0; i < t->buckets.count && t->chained; i++)
            chain_free(t, bucket_next(table_bucket(t, i)));
    segvec_deinit(&t->buckets);
    t->count = 0;
}

bool table_deinit_step(struct table *t, size_t bytes) {
    must(t->count == 0 && t->chained == 0);
    return segvec_deinit_step(&t->buckets, bytes);
}

/* --- one bucket --- */

static void bucket_put(struct bucket *b, unsigned slot, uint8_t tag, unsigned mark, uint64_t word) {
    b->tags[slot] = tag;
    b->slots[slot] = word;
    b->marks = (uint8_t)((b->marks & ~(1u << slot)) | mark << slot);
}

static unsigned bucket_mark(const struct bucket *b, unsigned slot) {
    return (b->marks >> slot) & 1;
}

/* Makes slot 6 of a full bucket the pointer to a new overflow bucket, into which the item of slot 6 moves. */
static struct bucket *chain_extend(struct table *t, struct bucket *b) {
    struct bucket *more = mem_alloc(sizeof(*more));
    memset(more, 0, sizeof(*more)); /* a write first, as in table_split */
    unsigned last = BUCKET_SLOTS - 1;
    bucket_put(more, 0, b->tags[last], bucket_mark(b, last), b->slots[last]);
    b->tags[last] = BUCKET_CHAINED;
    b->slots[last] = (uint64_t)(uintptr_t)more;
    t->chained++;
    return more;
}

static struct table_pos bucket_append(struct table *t, struct bucket *b, uint8_t tag, unsigned mark,
                                      uint64_t word) {
    for (uint32_t depth = 0;; depth++) {
        unsigned free = bucket_match(b, 0);
        if (free) {
            unsigned slot = (unsigned)__builtin_ctz(free);
            bucket_put(b, slot, tag, mark, word);
            if (depth > t->chain_max) t->chain_max = depth;
            return (struct table_pos){b, slot};
        }
        b = bucket_chained(b) ? bucket_next(b) : chain_extend(t, b);
    }
}

/* --- growth --- */

/* What a chain held, while it is dealt out anew. */
struct hand {
    uint8_t tag, mark;
    uint64_t word;
};
#define HAND_STACK 64

static size_t chain_count(const struct bucket *b) {
    size_t n = 0;
    for (; b; b = bucket_next(b))
        n += (size_t)__builtin_popcount(bucket_occupied(b));
    return n;
}

/* Takes all items of the chain into `hand` and leaves the bucket empty and unchained. */
static size_t chain_pick_up(struct table *t, struct bucket *b, struct hand *hand) {
    size_t n = 0;
    for (const struct bucket *c = b; c; c = bucket_next(c))
        for (unsigned used = bucket_occupied(c); used; used &= used - 1) {
            unsigned slot = (unsigned)__builtin_ctz(used);
            hand[n++] = (struct hand){c->tags[slot], (uint8_t)bucket_mark(c, slot), c->slots[slot]};
        }
    chain_free(t, bucket_next(b));
    memset(b, 0, sizeof(*b));
    return n;
}

static bool hash_bit(const struct table *t, const struct hand *h, unsigned bit) {
    if (bit >= SLOT_HASH_SHIFT && bit < SLOT_HASH_SHIFT + 16)
        return (h->word >> (ITEM_BITS + bit - SLOT_HASH_SHIFT)) & 1;
    return (t->hash_of(t->owner, (const void *)(uintptr_t)(h->word & ITEM_MASK)) >> bit) & 1;
}

static void table_split(struct table *t) {
    size_t from_index = t->buckets.count - ((size_t)1 << t->level), to_index = t->buckets.count;
    segvec_push(&t->buckets);
    struct bucket *from = table_bucket(t, from_index), *to = table_bucket(t, to_index);
    /* A fresh page wants a write first: a read would map the zero page, and the write behind it would have to
     * tell all cores that it is gone. */
    to->marks = 0;
    size_t n = chain_count(from);
    struct hand stack[HAND_STACK], *hand = n <= HAND_STACK ? stack : mem_alloc(n * sizeof(*hand));
    chain_pick_up(t, from, hand);
    for (size_t i = 0; i < n; i++)
        bucket_append(t, hash_bit(t, &hand[i], t->level) ? to : from, hand[i].tag, hand[i].mark,
                      hand[i].word);
    if (hand != stack) mem_free(hand);
    if (t->deadlines) {
        deadlines_resize(t->deadlines, t->buckets.count);
        uint32_t bound = deadlines_bound(t->deadlines, from_index);
        if (bound != UINT32_MAX) deadlines_lower(t->deadlines, to_index, bound);
    }
    if (t->buckets.count == (size_t)2 << t->level) t->level++;
}

static void table_merge(struct table *t) {
    if (t->buckets.count == (size_t)1 << t->level) t->level--;
    size_t from_index = t->buckets.count - 1, to_index = from_index - ((size_t)1 << t->level);
    struct bucket *from = table_bucket(t, from_index), *to = table_bucket(t, to_index);
    size_t n = chain_count(from);
    struct hand stack[HAND_STACK], *hand = n <= HAND_STACK ? stack : mem_alloc(n * sizeof(*hand));
    chain_pick_up(t, from, hand);
    for (size_t i = 0; i < n; i++)
        bucket_append(t, to, hand[i].tag, hand[i].mark, hand[i].word);
    if (hand != stack) mem_free(hand);
    segvec_pop(&t->buckets);
    if (t->deadlines) {
        uint32_t bound = deadlines_bound(t->deadlines, from_index);
        if (bound != UINT32_MAX) deadlines_lower(t->deadlines, to_index, bound);
        deadlines_set(t->deadlines, from_index, UINT32_MAX);
        deadlines_resize(t->deadlines, t->buckets.count);
    }
}

struct table_pos table_insert(struct table *t, uint64_t hash, void *item) {
    must(((uint64_t)(uintptr_t)item & ~ITEM_MASK) == 0);
    if (unlikely(t->buckets.count == 0)) {
        for (unsigned i = 0; i < BUCKETS_MIN; i++)
            segvec_push(&t->buckets);
        t->level = 2;
        if (t->deadlines) deadlines_resize(t->deadlines, t->buckets.count);
    } else if (t->count >= t->buckets.count * TARGET_LOAD) {
        table_split(t);
        mem_grew(item);
    }
    t->count++;
    struct bucket *b = table_bucket(t, table_bucket_index(t, hash));
    return bucket_append(t, b, table_tag(hash), t->parity, slot_word(hash, item));
}

/* --- removal --- */

/* Empties `pos`, fills the hole from the last bucket of the chain that begins at `first`, and frees that
 * bucket when nothing is left in it. */
static void chain_close_hole(struct table *t, struct bucket *first, struct table_pos pos) {
    struct bucket *before = NULL, *last = first;
    while (bucket_chained(last)) {
        before = last;
        last = bucket_next(last);
    }
    if (last != pos.bucket) {
        unsigned slot = (unsigned)__builtin_ctz(bucket_occupied(last));
        bucket_put(pos.bucket, pos.slot, last->tags[slot], bucket_mark(last, slot), last->slots[slot]);
        pos = (struct table_pos){last, slot};
    }
    pos.bucket->tags[pos.slot] = 0;
    if (before && bucket_occupied(last) == 0) {
        before->tags[BUCKET_SLOTS - 1] = 0;
        mem_free_sized(last, sizeof(*last));
        t->chained--;
    }
}

static bool table_sparse(const struct table *t) {
    return t->count * 4 < t->buckets.count * TARGET_LOAD && t->buckets.count > BUCKETS_MIN && !t->pins;
}

void table_remove(struct table *t, uint64_t hash, struct table_pos pos) {
    must_slow(bucket_occupied(pos.bucket) >> pos.slot & 1);
    struct bucket *first = table_bucket(t, table_bucket_index(t, hash));
    if (likely(first == pos.bucket && !bucket_chained(first)))
        pos.bucket->tags[pos.slot] = 0;
    else
        chain_close_hole(t, first, pos);
    t->count--;
    if (unlikely(table_sparse(t))) table_merge(t);
}

bool table_trim(struct table *t, size_t budget) {
    for (; table_sparse(t); budget--) {
        if (budget == 0) return true;
        table_merge(t);
    }
    return false;
}

/* The buckets come in order, their items from all over memory. */
static void fetch_items(const struct table *t, size_t index) {
    if (index >= t->buckets.count) return;
    const struct bucket *b = table_bucket(t, index);
    for (unsigned used = bucket_occupied(b); used; used &= used - 1)
        prefetch(bucket_item(b, (unsigned)__builtin_ctz(used)));
}

bool table_drain(struct table *t, size_t *bucket_cursor, size_t budget, table_visit_fn take, void *arg) {
    for (; *bucket_cursor < t->buckets.count && budget; ++*bucket_cursor) {
        struct bucket *b = table_bucket(t, *bucket_cursor);
        size_t n = chain_count(b);
        fetch_items(t, *bucket_cursor + DRAIN_AHEAD);
        budget -= budget > n ? (n ? n : 1) : budget;
        if (n == 0) continue;
        for (struct bucket *c = b; c; c = bucket_next(c))
            for (unsigned used = bucket_occupied(c); used; used &= used - 1)
                take(arg, bucket_item(c, (unsigned)__builtin_ctz(used)));
        chain_free(t, bucket_next(b));
        memset(b, 0, sizeof(*b));
        t->count -= n;
    }
    return *bucket_cursor >= t->buckets.count;
}

/* --- cursors --- */

void table_each_in_bucket(const struct table *t, size_t index, table_visit_fn visit, void *arg) {
    for (const struct bucket *b = table_bucket(t, index); b; b = bucket_next(b))
        for (unsigned used = bucket_occupied(b); used; used &= used - 1)
            visit(arg, bucket_item(b, (unsigned)__builtin_ctz(used)));
}

void table_each(const struct table *t, table_visit_fn visit, void *arg) {
    for (size_t i = 0; i < t->buckets.count; i++)
        table_each_in_bucket(t, i, visit, arg);
}

static uint64_t reverse_bits(uint64_t v) {
    v = __builtin_bswap64(v);
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0fULL) | (v & 0x0f0f0f0f0f0f0f0fULL) << 4;
    v = (v >> 2 & 0x3333333333333333ULL) | (v & 0x3333333333333333ULL) << 2;
    return (v >> 1 & 0x5555555555555555ULL) | (v & 0x5555555555555555ULL) << 1;
}

/* The cursor counts with its highest bit first. A bucket's low bits stay the same when it is split or merged,
 * so counting them last means that both halves of a split lie together in the order: what was visited stays
 * visited. */
uint64_t table_scan(const struct table *t, uint64_t cursor, table_visit_fn visit, void *arg) {
    if (t->buckets.count == 0) return 0;
    uint64_t mask = ((uint64_t)1 << t->level) - 1;
    size_t index = cursor & mask;
    table_each_in_bucket(t, index, visit, arg);
    if (index + mask + 1 < t->buckets.count) table_each_in_bucket(t, index + mask + 1, visit, arg);
    return reverse_bits(reverse_bits(cursor | ~mask) + 1);
}

/* A bucket is drawn, then one of RANDOM_BOUND places in it; an empty place draws again. Even the emptiest
 * table that may shrink needs some dozens of draws; one that may not (pinned) is searched from a random
 * bucket on after many. */
void *table_random(const struct table *t, struct rng *rng) {
    if (t->count == 0) return NULL;
    for (unsigned draws = 0;; draws++) {
        size_t index = rng_below(rng, t->buckets.count), n, pick;
        const struct bucket *b = table_bucket(t, index);
        n = chain_count(b);
        if (unlikely(draws >= RANDOM_DRAWS)) {
            for (; n == 0; n = chain_count(b))
                b = table_bucket(t, index = index + 1 < t->buckets.count ? index + 1 : 0);
            pick = rng_below(rng, n);
        } else {
            pick = rng_below(rng, n > RANDOM_BOUND ? n : RANDOM_BOUND);
            if (pick >= n) continue;
        }
        for (; b; b = bucket_next(b)) {
            unsigned used = bucket_occupied(b);
            size_t here = (size_t)__builtin_popcount(used);
            if (pick >= here) {
                pick -= here;
                continue;
            }
            while (pick--)
                used &= used - 1;
            return bucket_item(b, (unsigned)__builtin_ctz(used));
        }
    }
}

size_t table_bytes(const struct table *t) {
    return segvec_bytes(&t->buckets) + (size_t)t->chained * sizeof(struct bucket);
}

/* --- walks --- */

void table_walk_begin(struct table *t) {
    t->parity ^= 1;
    t->pins++;
}

bool table_walk_step(struct table *t, size_t *cursor, table_visit_fn visit, void *arg) {
    if (*cursor >= t->buckets.count) return false;
    for (struct bucket *b = table_bucket(t, *cursor); b; b = bucket_next(b))
        for (unsigned used = bucket_occupied(b); used; used &= used - 1) {
            struct table_pos pos = {b, (unsigned)__builtin_ctz(used)};
            if (table_walked(t, pos)) continue;
            table_set_walked(t, pos);
            if (visit) visit(arg, table_item(pos));
        }
    return ++*cursor < t->buckets.count;
}

void table_walk_end(struct table *t) {
    must(t->pins > 0);
    t->pins--;
}
