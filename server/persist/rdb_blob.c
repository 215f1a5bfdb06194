/* See rdb_blob.h.
 *
 *      listpack, intset ──► valid? ──► in the configured limits? ──► one allocation with its key, copied
 *                                                         └─ no ──┐
 *      ziplist, zipmap ───► valid? ──► element by element ────────┴──► rdb_build
 *
 * Nothing is believed: bytes are well-formed before anything walks over them, and no member or field may be
 * there twice, nor scores be out of order, since the types rely on it. */
#include "server/persist/rdb_blob.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/ds/intset.h"
#include "server/ds/listpack.h"
#include "server/persist/legacy.h"
#include "server/persist/rdb_format.h"
#include "server/types/hash_deadlines.h"
#include <math.h>

/* Larger ones are taken apart, since the types do not make them. */
#define COPIED_BYTES_MAX ((size_t)1 << 30)
/* Up to so many elements, looking at all those behind each is cheaper than a table. */
#define COMPARED_MAX 12

static const struct blob_form {
    uint8_t type;  /* enum rdb_type */
    uint8_t value; /* enum value_type */
    enum { FORM_LISTPACK, FORM_INTSET, FORM_ZIPLIST, FORM_ZIPMAP } form;
} forms[] = {
    {RDB_HASH_ZIPMAP, VALUE_HASH, FORM_ZIPMAP},          {RDB_SET_INTSET, VALUE_SET, FORM_INTSET},
    {RDB_ZSET_ZIPLIST, VALUE_ZSET, FORM_ZIPLIST},        {RDB_HASH_ZIPLIST, VALUE_HASH, FORM_ZIPLIST},
    {RDB_HASH_LISTPACK, VALUE_HASH, FORM_LISTPACK},      {RDB_ZSET_LISTPACK, VALUE_ZSET, FORM_LISTPACK},
    {RDB_SET_LISTPACK, VALUE_SET, FORM_LISTPACK},        {RDB_LIST_ZIPLIST, VALUE_LIST, FORM_ZIPLIST},
    {RDB_HASH_LISTPACK_TTLS, VALUE_HASH, FORM_LISTPACK},
};

static const struct blob_form *form_of(uint8_t type) {
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (forms[i].type == type) return &forms[i];
    return NULL;
}

bool rdb_blob_is_type(uint8_t type) {
    return form_of(type) != NULL;
}

/* Elements of the string that make one of the value. */
static unsigned step_of(const struct blob_form *f) {
    if (f->type == RDB_HASH_LISTPACK_TTLS) return 3;
    return f->value == VALUE_SET || f->value == VALUE_LIST ? 1 : 2;
}

/* --- what a listpack must be to be copied --- */

static bool any_twice_compared(const void *lp, unsigned step) {
    char digits[LISTPACK_INT_CHARS];
    for (uint32_t at = listpack_first(lp); at;) {
        struct slice s = listpack_get(lp, at, digits);
        for (unsigned i = 0; i < step; i++)
            at = listpack_next(lp, at);
        if (at && listpack_find(lp, at, s, step - 1)) return true;
    }
    return false;
}

/* Each distinct element takes the first free slot from where its hash points; at most half of them are used.
 */
static bool any_twice_hashed(const void *lp, uint32_t count, unsigned step,
                             const struct hash_secret *secret) {
    size_t slots = 1;
    while (slots < 2 * (size_t)count)
        slots *= 2;
    uint32_t *table = mem_zalloc(slots * sizeof(*table));
    char digits[LISTPACK_INT_CHARS];
    bool twice = false;
    for (uint32_t at = listpack_first(lp); at && !twice;) {
        struct slice s = listpack_get(lp, at, digits);
        size_t slot = hash_slice(secret, s) & (slots - 1);
        for (; table[slot] && !twice; slot = (slot + 1) & (slots - 1))
            twice = listpack_equals(lp, table[slot], s);
        table[slot] = at;
        for (unsigned i = 0; i < step; i++)
            at = listpack_next(lp, at);
    }
    mem_free_sized(table, slots * sizeof(*table));
    return twice;
}

/* Whether two of every `step`-th elements are the same. */
static bool any_twice(const void *lp, unsigned step, const struct hash_secret *secret) {
    uint32_t count = listpack_count(lp) / step;
    return count <= COMPARED_MAX ? any_twice_compared(lp, step) : any_twice_hashed(lp, count, step, secret);
}

static bool score_of(struct slice text, double *score) {
    return num_parse_double(text.ptr, text.len, score) && !isnan(*score);
}

/* Whether pairs of member and score are in the order of a sorted set. */
static bool in_order(const void *lp) {
    char digits[2][LISTPACK_INT_CHARS], score_digits[LISTPACK_INT_CHARS];
    struct slice last = {NULL, 0};
    double last_score = -INFINITY;
    unsigned turn = 0;
    for (uint32_t at = listpack_first(lp); at; turn ^= 1) {
        struct slice member = listpack_get(lp, at, digits[turn]);
        double score;
        at = listpack_next(lp, at);
        if (!score_of(listpack_get(lp, at, score_digits), &score)) return false;
        at = listpack_next(lp, at);
        if (score < last_score) return false;
        if (last.ptr && score == last_score && slice_cmp(last, member) >= 0) return false;
        last = member;
        last_score = score;
    }
    return true;
}

/* --- element by element --- */

/* Whatever form it has, one element after the other. */
struct source {
    const struct blob_form *form;
    const void *bytes;
    uint32_t at; /* listpack: offset, intset: index */
    struct legacy legacy;
};

static bool source_next(struct source *s, char *scratch, struct slice *out) {
    switch (s->form->form) {
    case FORM_LISTPACK:
        if (s->at == 0) return false;
        *out = listpack_get(s->bytes, s->at, scratch);
        s->at = listpack_next(s->bytes, s->at);
        return true;
    case FORM_INTSET:
        if (s->at == intset_count(s->bytes)) return false;
        *out = (struct slice){scratch, num_format_int64(scratch, intset_get(s->bytes, s->at++))};
        return true;
    default: return legacy_next(&s->legacy, scratch, out);
    }
}

/* The triples were checked. */
static bool take_deadline(struct source *s, int64_t *deadline_ms) {
    bool number = listpack_get_int(s->bytes, s->at, deadline_ms);
    if (*deadline_ms == 0) *deadline_ms = ENTRY_NO_DEADLINE;
    s->at = listpack_next(s->bytes, s->at);
    return number;
}

static enum rdb_status build(struct rdb_build *b, const struct rdb_rules *rules, struct slice key,
                             struct source *s, uint64_t count, struct rdb_in *in, struct entry **out) {
    rdb_build_begin(b, rules, s->form->value, key, count);
    b->dup_of = s->form->form == FORM_LISTPACK ? "a listpack" : NULL;
    b->dated = s->form->type == RDB_HASH_LISTPACK_TTLS;
    for (uint64_t i = 0; i < count; i++) {
        struct rdb_text *text = rdb_build_slot(b);
        bool there = source_next(s, text->digits, &text->s);
        if (b->type == VALUE_HASH) there = there && source_next(s, text[1].digits, &text[1].s);
        if (b->dated) there = there && take_deadline(s, &b->deadline[b->held]);
        if (b->type == VALUE_ZSET) {
            char digits[LEGACY_SCRATCH];
            struct slice score;
            must(source_next(s, digits, &score));
            if (!score_of(score, &b->score[b->held])) {
                rdb_fail(in, "a score is not a number");
                goto bad;
            }
        }
        must(there);
        if (!rdb_build_added(b, in)) goto bad;
    }
    *out = rdb_build_finish(b, in);
    if (*out) return RDB_DONE;
bad:
    rdb_build_drop(b);
    return RDB_BAD;
}

/* --- the forms --- */

static bool listpack_is_sound(const struct blob_form *f, const void *lp, const struct rdb_rules *rules,
                              struct rdb_in *in) {
    if (f->value == VALUE_ZSET && !in_order(lp)) return rdb_fail(in, "a sorted set is out of order");
    return !any_twice(lp, step_of(f), rules->hash.secret) || rdb_fail(in, "a listpack with dup elements");
}

/* Whether a value of so many elements stays what it is. */
static bool is_copied(const struct blob_form *f, uint64_t count, size_t bytes,
                      const struct rdb_rules *rules) {
    size_t most = f->form == FORM_INTSET   ? rules->set.intset_entries_max
                  : f->value == VALUE_HASH ? rules->hash.listpack_entries_max
                  : f->value == VALUE_SET  ? rules->set.listpack_entries_max
                                           : rules->zset.listpack_entries_max;
    return f->form <= FORM_INTSET && count <= most && bytes <= COPIED_BYTES_MAX;
}

/* Checks that the string is well-formed and makes it ready to be read; *count: its elements. */
static bool source_open(struct source *s, struct slice blob, uint64_t *count, struct rdb_in *in) {
    switch (s->form->form) {
    case FORM_LISTPACK:
        if (!listpack_valid(blob.ptr, blob.len, true)) return rdb_fail(in, "it is not well-formed");
        s->at = listpack_first(blob.ptr);
        *count = listpack_count(blob.ptr);
        return true;
    case FORM_INTSET: {
        static const char empty[INTSET_EMPTY_BYTES - 4];
        *count = 0;
        if (blob.len == INTSET_EMPTY_BYTES && memcmp(blob.ptr + 4, empty, sizeof(empty)) == 0) return true;
        if (!intset_valid(blob.ptr, blob.len, true)) return rdb_fail(in, "it is not well-formed");
        *count = intset_count(blob.ptr);
        return true;
    }
    default:
        if (!legacy_open(&s->legacy, s->form->form == FORM_ZIPMAP ? LEGACY_ZIPMAP : LEGACY_ZIPLIST, blob))
            return rdb_fail(in, "it is not well-formed");
        *count = s->legacy.count;
        return true;
    }
}

/* Says of which kind of string a failure tells, in the words that Redis's logs have. Returns RDB_BAD. */
static enum rdb_status blame(const struct blob_form *f, struct rdb_in *in) {
    static const char *const kinds[VALUE_TYPES] = {
        [VALUE_LIST] = "List ", [VALUE_SET] = "Set ", [VALUE_ZSET] = "Zset ", [VALUE_HASH] = "Hash "};
    static const char *const names[] = {[FORM_LISTPACK] = "listpack",
                                        [FORM_INTSET] = "Intset",
                                        [FORM_ZIPLIST] = "ziplist",
                                        [FORM_ZIPMAP] = "Zipmap"};
    char reason[sizeof(in->error)];
    bool alone = f->form == FORM_INTSET || f->form == FORM_ZIPMAP;
    memcpy(reason, in->error, sizeof(reason));
    rdb_fail(in, "%s%s integrity check failed: %.100s", alone ? "" : kinds[f->value], names[f->form], reason);
    return RDB_BAD;
}

static enum rdb_status read_blob(struct rdb_build *b, const struct rdb_rules *rules, uint8_t type,
                                 struct slice key, struct slice blob, struct rdb_in *in, struct entry **out) {
    struct source s = {.form = form_of(type), .bytes = blob.ptr};
    uint64_t count;
    must(s.form);
    if (!source_open(&s, blob, &count, in)) return RDB_BAD;
    if (count == 0) return RDB_EMPTY;
    if (count % step_of(s.form)) {
        rdb_fail(in, "an element without its value");
        return RDB_BAD;
    }
    count /= step_of(s.form);
    bool dated = type == RDB_HASH_LISTPACK_TTLS, sorted = true;
    if (dated && !hash_triples_valid(blob.ptr, &sorted)) {
        rdb_fail(in, "the deadline of a field is not a time");
        return RDB_BAD;
    }
    if (!sorted || !is_copied(s.form, count, blob.len, rules))
        return build(b, rules, key, &s, count, in, out);
    if (s.form->form == FORM_LISTPACK && !listpack_is_sound(s.form, blob.ptr, rules, in)) return RDB_BAD;
    if (dated) {
        *out = hash_of_triples(key, blob);
        return RDB_DONE;
    }
    *out = entry_create(s.form->value, s.form->form == FORM_INTSET ? ENC_INTSET : ENC_LISTPACK, key,
                        ENTRY_NO_DEADLINE, blob.ptr, blob.len);
    return RDB_DONE;
}

enum rdb_status rdb_blob_read(struct rdb_build *b, const struct rdb_rules *rules, uint8_t type,
                              struct slice key, struct slice blob, struct rdb_in *in, struct entry **out) {
    enum rdb_status status = read_blob(b, rules, type, key, blob, in, out);
    return status == RDB_BAD ? blame(form_of(type), in) : status;
}

bool rdb_blob_append(struct rdb_build *b, uint8_t type, struct slice blob, struct rdb_in *in) {
    static const struct blob_form nodes[] = {{RDB_LIST_QUICKLIST, VALUE_LIST, FORM_ZIPLIST},
                                             {RDB_LIST_QUICKLIST_2, VALUE_LIST, FORM_LISTPACK}};
    struct source s = {.form = &nodes[type == RDB_LIST_QUICKLIST_2], .bytes = blob.ptr};
    uint64_t count;
    if (!source_open(&s, blob, &count, in)) {
        blame(s.form, in);
        return false;
    }
    while (count-- > 0) {
        struct rdb_text *text = rdb_build_slot(b);
        must(source_next(&s, text->digits, &text->s));
        if (!rdb_build_added(b, in)) return false;
    }
    return rdb_build_flush(b, in); /* the bytes are about to go */
}
