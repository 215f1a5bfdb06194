/* Searching for positions within a circle or a box: GEOSEARCH, GEOSEARCHSTORE, and the older GEORADIUS
 * family, which is the same with its shape in fixed places.
 *
 *      words ──► request ──► shape ──► ranges of codes ──► members in them ──► hits ──► reply, or sorted set
 *                                      (ds/geo_cover.c)    (zset_visit_spans)
 *
 * Members of ranges inside the shape are hits without a further look, unless their distance is asked for.
 * Where only the nearest or farthest N are wanted, the hits are a heap with the worst of them on top. Hits
 * borrow their members from a large sorted set; those of a small one are copied. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/geo_common.h"
#include "server/commands/zset_common.h"
#include "server/keyspace/unit.h"
#include <stdlib.h>

#define ERR_NO_MEMBER "ERR could not decode requested zset member"

/* --- requests --- */

/* What the name of a command fixes. */
enum form_flags {
    FORM_RADIUS = 1 << 0,    /* GEORADIUS: centre and radius stand behind the key */
    FORM_MEMBER = 1 << 1,    /* … the centre is a member */
    FORM_STORES = 1 << 2,    /* GEOSEARCHSTORE: argv[1] is the destination, the source follows */
    FORM_MAY_STORE = 1 << 3, /* with STORE or STOREDIST */
};

enum order { UNORDERED, ASCENDING, DESCENDING };

struct request {
    unsigned form;
    const struct entry *e; /* the geo set, or NULL; borrowed */
    bool from_member, from_point, by_circle, by_box;
    struct geo_point centre;
    double width, height, radius; /* in units */
    double unit;                  /* in metres */
    enum order order;
    bool with_distance, with_point, with_code;
    bool any, store_distance;
    int64_t count; /* 0: all */
    int store;     /* argument: the destination; 0: none */
};

static bool fail(struct call *call, const char *error) {
    resp_error(call->reply, error);
    return false;
}

/* The centre is a member, which must be there if the key is. */
static bool read_member(struct call *call, int arg, struct request *r) {
    double score;
    if (!r->e) return true;
    if (!zset_score(r->e, call->argv[arg], &score)) return fail(call, ERR_NO_MEMBER);
    r->centre = geo_decode(score);
    return true;
}

static bool read_length(struct call *call, int arg, const char *not_numeric, double *out) {
    if (num_parse_double(call->argv[arg].ptr, call->argv[arg].len, out)) return true;
    return fail(call, not_numeric);
}

static bool read_circle(struct call *call, int arg, struct request *r) {
    if (!read_length(call, arg, "ERR need numeric radius", &r->radius)) return false;
    if (r->radius < 0) return fail(call, "ERR radius cannot be negative");
    return geo_read_unit(call, arg + 1, &r->unit);
}

static bool read_box(struct call *call, int arg, struct request *r) {
    if (!read_length(call, arg, "ERR need numeric width", &r->width)) return false;
    if (!read_length(call, arg + 1, "ERR need numeric height", &r->height)) return false;
    if (r->width < 0 || r->height < 0) return fail(call, "ERR height or width cannot be negative");
    return geo_read_unit(call, arg + 2, &r->unit);
}

/* An option that all forms know; *taken is how many words it is, 0 if it is none. */
static bool read_common_option(struct call *call, int arg, struct request *r, int *taken) {
    struct slice word = call->argv[arg];
    *taken = 1;
    if (slice_is(word, "withdist")) {
        r->with_distance = true;
    } else if (slice_is(word, "withhash")) {
        r->with_code = true;
    } else if (slice_is(word, "withcoord")) {
        r->with_point = true;
    } else if (slice_is(word, "any")) {
        r->any = true;
    } else if (slice_is(word, "asc")) {
        r->order = ASCENDING;
    } else if (slice_is(word, "desc")) {
        r->order = DESCENDING;
    } else if (slice_is(word, "count") && arg + 1 < call->argc) {
        *taken = 2;
        if (!call_int64(call, arg + 1, &r->count)) return false;
        if (r->count <= 0) return fail(call, "ERR COUNT must be > 0");
    } else {
        *taken = 0;
    }
    return true;
}

static bool read_radius_option(struct call *call, int arg, struct request *r, int *taken) {
    bool distance = slice_is(call->argv[arg], "storedist");
    *taken = 0;
    if (!(r->form & FORM_MAY_STORE) || arg + 1 >= call->argc) return true;
    if (!distance && !slice_is(call->argv[arg], "store")) return true;
    r->store = arg + 1;
    r->store_distance = distance;
    *taken = 2;
    return true;
}

static bool read_search_option(struct call *call, int arg, struct request *r, int *taken) {
    struct slice word = call->argv[arg];
    int behind = call->argc - arg - 1;
    *taken = 0;
    if (slice_is(word, "frommember") && behind >= 1 && !r->from_point) {
        r->from_member = true;
        *taken = 2;
        return read_member(call, arg + 1, r);
    }
    if (slice_is(word, "fromlonlat") && behind >= 2 && !r->from_member) {
        r->from_point = true;
        *taken = 3;
        return geo_read_point(call, arg + 1, &r->centre);
    }
    if (slice_is(word, "byradius") && behind >= 2 && !r->by_box) {
        r->by_circle = true;
        *taken = 3;
        return read_circle(call, arg + 1, r);
    }
    if (slice_is(word, "bybox") && behind >= 3 && !r->by_circle) {
        r->by_box = true;
        *taken = 4;
        return read_box(call, arg + 1, r);
    }
    if (slice_is(word, "storedist") && (r->form & FORM_STORES)) {
        r->store_distance = true;
        *taken = 1;
    }
    return true;
}

static bool check_request(struct call *call, const struct request *r) {
    bool search = !(r->form & FORM_RADIUS);
    if (r->store && (r->with_distance || r->with_code || r->with_point)) {
        resp_errorf(call->reply, "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                    search ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
        return false;
    }
    const char *missing = !search                             ? NULL
                          : !r->from_member && !r->from_point ? "FROMMEMBER or FROMLONLAT"
                          : !r->by_circle && !r->by_box       ? "BYRADIUS and BYBOX"
                                                              : NULL;
    if (missing) {
        resp_errorf(call->reply, "ERR exactly one of %s can be specified for %.*s", missing,
                    (int)call->argv[0].len, call->argv[0].ptr);
        return false;
    }
    return !r->any || r->count || fail(call, "ERR the ANY argument requires COUNT argument");
}

/* Reads all words behind the key. */
static bool read_request(struct call *call, struct request *r) {
    int arg = r->form & FORM_STORES ? 3 : 2;
    if (r->form & FORM_RADIUS) {
        bool member = r->form & FORM_MEMBER;
        r->by_circle = true;
        bool skipped = member && !r->e; /* as in Redis: nothing is read about a member of nothing */
        if (!skipped && !(member ? read_member(call, arg, r) : geo_read_point(call, arg, &r->centre)))
            return false;
        arg += member ? 1 : 2;
        if (!skipped && !read_circle(call, arg, r)) return false;
        arg += 2;
    }
    while (arg < call->argc) {
        int taken;
        if (!read_common_option(call, arg, r, &taken)) return false;
        if (!taken &&
            !(r->form & FORM_RADIUS ? read_radius_option : read_search_option)(call, arg, r, &taken))
            return false;
        if (!taken) return fail(call, ERR_SYNTAX);
        arg += taken;
    }
    /* who wants a few wants the nearest, unless any will do */
    if (r->count && r->order == UNORDERED && !r->any) r->order = ASCENDING;
    return check_request(call, r);
}

/* --- hits --- */

struct hit {
    struct slice member;
    double score, distance;
    size_t found; /* how many were found before it: equal distances keep that order */
};

struct hits {
    const struct request *request; /* borrowed */
    struct geo_shape shape;
    struct geo_range ranges[GEO_RANGES_MAX];
    bool need_distance, copies;
    bool keeps_best; /* a heap of the request's count, the worst on top */
    size_t found;
    struct hit *hit; /* owned; the members too, if they are copies */
    size_t count, cap;
};

static void hit_free(const struct hits *h, struct hit *hit) {
    if (h->copies) mem_free((char *)hit->member.ptr);
}

static void hits_deinit(struct hits *h) {
    for (size_t i = 0; h->copies && i < h->count; i++)
        hit_free(h, &h->hit[i]);
    if (h->cap) mem_free_sized(h->hit, h->cap * sizeof(*h->hit));
}

/* Whether `a` is answered before `b`, where there is an order. */
static inline bool before(enum order order, const struct hit *a, const struct hit *b) {
    if (a->distance != b->distance) return (a->distance < b->distance) == (order == ASCENDING);
    return a->found < b->found;
}

/* Puts the hit at `at` of the heap to where it belongs below there. */
static void sink(struct hits *h, size_t at) {
    enum order order = h->request->order;
    struct hit moved = h->hit[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= h->count) break;
        if (child + 1 < h->count && before(order, &h->hit[child], &h->hit[child + 1])) child++;
        if (!before(order, &moved, &h->hit[child])) break;
        h->hit[at] = h->hit[child];
        at = child;
    }
    h->hit[at] = moved;
}

static void hit_add(struct hits *h, struct hit hit) {
    bool full = h->keeps_best && h->count == (size_t)h->request->count;
    if (full && !before(h->request->order, &hit, &h->hit[0])) return;
    if (h->copies) {
        char *copy = mem_alloc(hit.member.len);
        if (hit.member.len) memcpy(copy, hit.member.ptr, hit.member.len);
        hit.member.ptr = copy;
    }
    if (full) {
        hit_free(h, &h->hit[0]);
        h->hit[0] = hit;
        sink(h, 0);
        return;
    }
    if (h->count == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 64;
        h->hit = mem_realloc(h->hit, cap * sizeof(*h->hit));
        h->cap = cap;
    }
    h->hit[h->count++] = hit;
    if (h->keeps_best && h->count == (size_t)h->request->count)
        for (size_t at = h->count / 2; at-- > 0;)
            sink(h, at);
}

static bool visit_member(void *arg, struct slice member, double score, size_t span) {
    struct hits *h = arg;
    struct hit hit = {.member = member, .score = score};
    if (h->need_distance || !h->ranges[span].inside)
        if (!geo_shape_has(&h->shape, geo_decode(score), h->need_distance ? &hit.distance : NULL))
            return true;
    hit.found = h->found++;
    hit_add(h, hit);
    return !h->request->any || h->found < (size_t)h->request->count;
}

static int cmp_ascending(const void *a, const void *b) {
    return before(ASCENDING, a, b) ? -1 : 1;
}

static int cmp_descending(const void *a, const void *b) {
    return before(DESCENDING, a, b) ? -1 : 1;
}

/* `h` becomes what is within the shape, in the order of the request. */
static void search(const struct request *r, struct hits *h) {
    h->request = r;
    h->need_distance = r->order != UNORDERED || r->with_distance || r->store_distance;
    h->keeps_best = r->count && !r->any;
    h->found = h->count = h->cap = 0;
    h->hit = NULL;
    h->copies = r->e && zset_is_small(r->e);
    if (!r->e) return;
    h->shape = r->by_box ? geo_box(r->centre, r->width * r->unit, r->height * r->unit)
                         : geo_circle(r->centre, r->radius * r->unit);
    struct zset_span spans[GEO_RANGES_MAX];
    size_t count = geo_cover(&h->shape, h->ranges);
    for (size_t i = 0; i < count; i++)
        spans[i] = (struct zset_span){(double)h->ranges[i].min, (double)h->ranges[i].max};
    zset_visit_spans(r->e, spans, count, visit_member, h);
    if (r->order != UNORDERED && h->count > 1)
        qsort(h->hit, h->count, sizeof(*h->hit), r->order == ASCENDING ? cmp_ascending : cmp_descending);
}

/* --- answers --- */

static void reply_hits(struct call *call, const struct request *r, const struct hits *h) {
    size_t parts = 1u + r->with_distance + r->with_code + r->with_point;
    resp_array(call->reply, h->count);
    for (size_t i = 0; i < h->count; i++) {
        const struct hit *hit = &h->hit[i];
        if (parts > 1) resp_array(call->reply, parts);
        resp_bulk_slice(call->reply, hit->member);
        if (r->with_distance) geo_reply_distance(call, hit->distance / r->unit);
        if (r->with_code) resp_int(call->reply, (int64_t)hit->score);
        if (r->with_point) geo_reply_point(call, geo_decode(hit->score));
    }
}

static void store_hits(struct call *call, const struct request *r, const struct hits *h) {
    struct zset_rules rules = zset_rules_of(call);
    struct zset_build build;
    zset_build_init(&build, &rules, false);
    for (size_t i = 0; i < h->count; i++)
        zset_build_add(&build, h->hit[i].member,
                       r->store_distance ? h->hit[i].distance / r->unit : h->hit[i].score);
    zset_build_sort(&build);
    zset_store_at(call, r->store, &build, r->form & FORM_RADIUS ? "georadiusstore" : "geosearchstore");
    zset_build_deinit(&build);
}

static void answer(struct call *call, unsigned form) {
    struct request r = {.form = form, .unit = 1, .store = form & FORM_STORES ? 1 : 0};
    if (!key_read_typed(call, form & FORM_STORES ? 2 : 1, VALUE_ZSET, &r.e)) return;
    if (!read_request(call, &r)) return;

    struct hits h;
    search(&r, &h);
    if (r.store)
        store_hits(call, &r, &h);
    else
        reply_hits(call, &r, &h);
    hits_deinit(&h);
}

static void cmd_geosearch(struct call *call) {
    answer(call, 0);
}
static void cmd_geosearchstore(struct call *call) {
    answer(call, FORM_STORES);
}
static void cmd_georadius(struct call *call) {
    answer(call, FORM_RADIUS | FORM_MAY_STORE);
}
static void cmd_georadius_ro(struct call *call) {
    answer(call, FORM_RADIUS);
}
static void cmd_georadiusbymember(struct call *call) {
    answer(call, FORM_RADIUS | FORM_MEMBER | FORM_MAY_STORE);
}
static void cmd_georadiusbymember_ro(struct call *call) {
    answer(call, FORM_RADIUS | FORM_MEMBER);
}

const struct command_binding geo_search_bindings[] = {
    {CMD_GEOSEARCH, cmd_geosearch},
    {CMD_GEOSEARCHSTORE, cmd_geosearchstore},
    {CMD_GEORADIUS, cmd_georadius},
    {CMD_GEORADIUS_RO, cmd_georadius_ro},
    {CMD_GEORADIUSBYMEMBER, cmd_georadiusbymember},
    {CMD_GEORADIUSBYMEMBER_RO, cmd_georadiusbymember_ro},
    COMMAND_BINDINGS_END,
};
