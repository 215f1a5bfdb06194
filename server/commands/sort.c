/* SORT and SORT_RO.
 *
 *      options ──► the elements, copied ──► BY: a weight each ──► ordered ──► LIMIT ──► GET ──► reply or
 * STORE
 *
 * Elements and weights are copied first, because a look-up by pattern may delete a key that is due, and with
 * it move or end what was borrowed. Where nothing is to be ordered, only the elements within LIMIT are
 * copied.
 *
 * A set has no order of its own, so what is stored of one is ordered by its bytes even if BY says not to.
 * Elements of equal weight are ordered by their bytes where weights are numbers, and else stay in the order
 * that they had. */
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/slots/slots.h"
#include "server/commands/families.h"
#include "server/commands/list_common.h"
#include "server/keyspace/unit.h"
#include "server/types/hash.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/zset.h"
#include <stdlib.h>

struct request {
    bool may_store;
    bool descending, alphabetic;
    bool unordered; /* BY a pattern without a star */
    int by, store;  /* arguments; 0: none */
    int gets;       /* how many GETs there are; each is in the argument list */
    int64_t offset, count;
};

/* A piece of struct sorting's bytes: addresses change while those grow. */
struct piece {
    size_t at, len;
};

struct item {
    struct piece element, weight;
    double number;    /* the weight, unless it is compared as text */
    bool without;     /* there is no such key or field to take a weight from */
    uint32_t arrival; /* decides where all else is equal */
};

struct sorting {
    struct call *call;
    const struct request *r;
    struct buf bytes;
    struct item *items; /* owned */
    size_t count, cap;
};

/* --- arguments --- */

/* With slots, a pattern must name keys of the slot that the sorted key is in, whatever the element is: by a
 * tag before the star, since an element before the tag could bring one of its own. Otherwise it is refused,
 * and the error replied. */
static bool pattern_stays(struct call *call, struct slice pattern, const char *option) {
    const char *star = memchr(pattern.ptr, '*', pattern.len);
    if (!call->keyspace->conf.slotted || star == NULL) return true;
    struct slice tag = slots_tag(pattern);
    bool tagged = tag.ptr != pattern.ptr && star >= tag.ptr + tag.len;
    if (tagged && slots_of_key(pattern) == slots_of_key(call->argv[1])) return true;
    resp_errorf(call->reply,
                "ERR %s option of SORT denied in cluster mode when keys formed by the pattern may be in "
                "different slots.",
                option);
    return false;
}

/* One option at `arg`; returns the arguments it took, 0 with the error replied. */
static int parse_option(struct call *call, int arg, struct request *r) {
    struct slice word = call->argv[arg];
    int left = call->argc - arg - 1;
    if (slice_is(word, "asc") || slice_is(word, "desc")) {
        r->descending = slice_is(word, "desc");
        return 1;
    }
    if (slice_is(word, "alpha")) {
        r->alphabetic = true;
        return 1;
    }
    if (slice_is(word, "limit") && left >= 2)
        return call_int64(call, arg + 1, &r->offset) && call_int64(call, arg + 2, &r->count) ? 3 : 0;
    if (slice_is(word, "store") && r->may_store && left >= 1) {
        r->store = arg + 1;
        return 2;
    }
    if (slice_is(word, "by") && left >= 1) {
        r->by = arg + 1;
        struct slice pattern = call->argv[r->by];
        if (memchr(pattern.ptr, '*', pattern.len) == NULL) r->unordered = true;
        return pattern_stays(call, pattern, "BY") ? 2 : 0;
    }
    if (slice_is(word, "get") && left >= 1) {
        r->gets++;
        return pattern_stays(call, call->argv[arg + 1], "GET") ? 2 : 0;
    }
    resp_error(call->reply, ERR_SYNTAX);
    return 0;
}

static bool parse(struct call *call, struct request *r) {
    for (int arg = 2; arg < call->argc;) {
        int took = parse_option(call, arg, r);
        if (took == 0) return false;
        arg += took;
    }
    return true;
}

/* The pattern of the next GET at or behind *arg, which moves on behind it. */
static struct slice next_get(const struct call *call, int *arg) {
    for (;;) {
        int at = *arg;
        struct slice word = call->argv[at];
        *arg += slice_is(word, "limit") ? 3 : slice_is(word, "by") || slice_is(word, "store") ? 2 : 1;
        if (!slice_is(word, "get")) continue;
        *arg = at + 2;
        return call->argv[at + 1];
    }
}

/* --- looking up by pattern --- */

struct lookup {
    struct buf name;
    char scratch[STRING_VIEW_CHARS > LISTPACK_INT_CHARS ? STRING_VIEW_CHARS : LISTPACK_INT_CHARS];
};

static const char *find_bytes(struct slice in, const char *two) {
    return in.len ? memmem(in.ptr, in.len, two, 2) : NULL;
}

/* What the pattern gives for an element: `#` the element itself, `key_*` the string at the key with the
 * element for the star, `key_*->field` that field of the hash there. False: there is no such thing. Borrowed
 * until the next look-up. */
static bool look_up(struct call *call, struct lookup *l, struct slice pattern, struct slice element,
                    struct slice *out) {
    if (pattern.len == 1 && pattern.ptr[0] == '#') {
        *out = element;
        return true;
    }
    const char *star = memchr(pattern.ptr, '*', pattern.len), *end = pattern.ptr + pattern.len;
    if (star == NULL) return false;
    struct slice behind = {star + 1, (size_t)(end - star - 1)}, field = {NULL, 0};
    const char *arrow = find_bytes(behind, "->");
    if (arrow && arrow + 2 < end) {
        field = (struct slice){arrow + 2, (size_t)(end - arrow - 2)};
        behind.len = (size_t)(arrow - behind.ptr);
    }
    buf_clear(&l->name);
    buf_append(&l->name, pattern.ptr, (size_t)(star - pattern.ptr));
    buf_append_slice(&l->name, element);
    buf_append_slice(&l->name, behind);

    const struct entry *e = key_read_name(call, call->db, buf_slice(&l->name), KEY_TOUCH);
    if (e == NULL || entry_type(e) != (field.ptr ? VALUE_HASH : VALUE_STRING)) return false;
    if (field.ptr) return hash_get(e, field, l->scratch, out);
    *out = string_view(e, l->scratch);
    return true;
}

/* --- loading --- */

static struct slice text_of(const struct sorting *s, struct piece piece) {
    return (struct slice){s->bytes.ptr + piece.at, piece.len};
}

static struct piece keep(struct sorting *s, struct slice text) {
    struct piece piece = {s->bytes.len, text.len};
    buf_append_slice(&s->bytes, text);
    return piece;
}

static void load_one(void *arg, struct slice element) {
    struct sorting *s = arg;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->items = mem_realloc(s->items, s->cap * sizeof(*s->items));
    }
    s->items[s->count] = (struct item){.element = keep(s, element), .arrival = (uint32_t)s->count};
    s->count++;
}

static bool load_element(void *arg, struct slice element) {
    load_one(arg, element);
    return true;
}

static void load_scored(void *arg, struct slice member, double score) {
    load_one(arg, member);
}

static void load_members(struct sorting *s, const struct entry *e) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            load_one(s, g.member[i]);
}

/* Where LIMIT begins and ends among `n` elements. */
static void limit(const struct request *r, size_t n, size_t *start, size_t *count) {
    *start = r->offset < 0 ? 0 : (uint64_t)r->offset < n ? (size_t)r->offset : n;
    *count = r->count < 0 || (uint64_t)r->count > n - *start ? n - *start : (size_t)r->count;
}

/* Loads what LIMIT leaves of a list or sorted set in its own order; a set is loaded whole and cut later. */
static void load_in_order(struct sorting *s, const struct entry *e) {
    size_t n = entry_type(e) == VALUE_LIST ? list_count(e) : zset_count(e), start, count;
    bool down = s->r->descending;
    limit(s->r, n, &start, &count);
    if (count == 0) return;
    if (entry_type(e) == VALUE_LIST)
        list_range(e, down ? n - 1 - start : start, count, down, load_element, s);
    else
        zset_range(e, start, count, down, load_scored, s);
}

static void load_all(struct sorting *s, const struct entry *e) {
    switch (entry_type(e)) {
    case VALUE_LIST: list_range(e, 0, SIZE_MAX, false, load_element, s); break;
    case VALUE_SET: load_members(s, e); break;
    default: zset_range(e, 0, SIZE_MAX, false, load_scored, s); break;
    }
}

/* --- ordering --- */

static bool read_number(struct slice text, double *out) {
    bool in_range;
    return num_parse_strtod(text.ptr, text.len, out, &in_range) && in_range;
}

/* False: a weight is no number. The keys behind it are looked at all the same: those that are missed are
 * events. */
static bool weigh(struct sorting *s, struct slice by) {
    struct lookup l = {0};
    bool right = true;
    for (size_t i = 0; i < s->count; i++) {
        struct item *item = &s->items[i];
        struct slice weight = text_of(s, item->element);
        if (by.ptr && !look_up(s->call, &l, by, weight, &weight)) {
            item->without = true;
            continue;
        }
        if (!s->r->alphabetic)
            right = read_number(weight, &item->number) && right;
        else if (by.ptr)
            item->weight = keep(s, weight);
        else
            item->weight = item->element;
    }
    buf_deinit(&l.name);
    return right;
}

static int compare_weights(const struct sorting *s, const struct item *a, const struct item *b) {
    if (!s->r->alphabetic) return a->number < b->number ? -1 : a->number > b->number;
    if (a->without || b->without) return b->without - a->without;
    return slice_cmp(text_of(s, a->weight), text_of(s, b->weight));
}

static int compare(const void *left, const void *right, void *arg) {
    const struct sorting *s = arg;
    const struct item *a = left, *b = right;
    int order = compare_weights(s, a, b);
    if (order == 0 && !s->r->alphabetic) order = slice_cmp(text_of(s, a->element), text_of(s, b->element));
    if (order == 0) return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
    return s->r->descending ? -order : order;
}

/* --- answering --- */

static void answer(struct sorting *s, const struct item *items, size_t count) {
    struct call *call = s->call;
    struct lookup l = {0};
    resp_array(call->reply, s->r->gets ? count * (size_t)s->r->gets : count);
    for (size_t i = 0; i < count; i++) {
        struct slice element = text_of(s, items[i].element), value;
        if (s->r->gets == 0) resp_bulk_slice(call->reply, element);
        for (int g = 0, arg = 2; g < s->r->gets; g++) {
            if (look_up(call, &l, next_get(call, &arg), element, &value))
                resp_bulk_slice(call->reply, value);
            else
                resp_null(call->reply);
        }
    }
    buf_deinit(&l.name);
}

/* What is not there becomes an empty element. */
static void store(struct sorting *s, const struct item *items, size_t count) {
    struct call *call = s->call;
    struct lookup l = {0};
    struct list_rules rules = list_rules_of(call);
    struct slice name = call->argv[s->r->store];
    struct entry *list = list_create(name);
    size_t stored = s->r->gets ? count * (size_t)s->r->gets : count;
    for (size_t i = 0; i < count; i++) {
        struct slice element = text_of(s, items[i].element), value;
        if (s->r->gets == 0) list = list_push(list, &element, 1, false, &rules);
        for (int g = 0, arg = 2; g < s->r->gets; g++) {
            if (!look_up(call, &l, next_get(call, &arg), element, &value)) value = SLICE("");
            list = list_push(list, &value, 1, false, &rules);
        }
    }
    buf_deinit(&l.name);

    struct key_ref ref;
    key_open(call, s->r->store, &ref);
    if (stored) {
        key_store(call, &ref, list);
        key_changed(call, &ref, NOTIFY_LIST, "sortstore");
        key_changed_more(call, stored - 1);
    } else {
        value_free(list);
        if (key_entry(&ref)) {
            key_delete(call, &ref);
            key_changed(call, &ref, NOTIFY_GENERIC, "del");
        }
    }
    resp_int(call->reply, (int64_t)stored);
}

static void run(struct sorting *s, const struct entry *e) {
    const struct request *r = s->r;
    struct call *call = s->call;
    bool set = e && entry_type(e) == VALUE_SET;
    size_t start = 0, count;
    if (e && r->unordered && !set)
        load_in_order(s, e);
    else if (e)
        load_all(s, e);
    count = s->count;
    if (set || !r->unordered) limit(r, s->count, &start, &count);
    if (!r->unordered && s->count) {
        if (!weigh(s, r->by ? call->argv[r->by] : (struct slice){NULL, 0})) {
            resp_error(call->reply, "ERR One or more scores can't be converted into double");
            return;
        }
        qsort_r(s->items, s->count, sizeof(*s->items), compare, s);
    }
    const struct item *items = count ? s->items + start : NULL;
    if (r->store)
        store(s, items, count);
    else
        answer(s, items, count);
}

static void sort(struct call *call, bool may_store) {
    struct request r = {.may_store = may_store, .count = -1};
    if (!parse(call, &r)) return;
    const struct entry *e = key_read(call, 1, KEY_TOUCH);
    if (e && entry_type(e) != VALUE_LIST && entry_type(e) != VALUE_SET && entry_type(e) != VALUE_ZSET) {
        resp_error(call->reply, ERR_WRONG_TYPE);
        return;
    }
    if (e && entry_type(e) == VALUE_SET && r.unordered && r.store) {
        r.unordered = false;
        r.alphabetic = true;
        r.by = 0;
    }
    struct sorting s = {.call = call, .r = &r};
    run(&s, e);
    buf_deinit(&s.bytes);
    mem_free(s.items);
}

static void cmd_sort(struct call *call) {
    sort(call, true);
}

static void cmd_sort_ro(struct call *call) {
    sort(call, false);
}

const struct command_binding sort_bindings[] = {
    {CMD_SORT, cmd_sort}, {CMD_SORT_RO, cmd_sort_ro}, COMMAND_BINDINGS_END};
