/* Positions: adding them, and asking for single ones. A geo set is a sorted set whose scores are codes of
 * positions (server/ds/geo.h). */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/commands/geo_common.h"
#include "server/commands/zset_common.h"

/* --- arguments and replies --- */

bool geo_read_point(struct call *call, int arg, struct geo_point *out) {
    if (!call_double(call, arg, &out->lon) || !call_double(call, arg + 1, &out->lat)) return false;
    if (geo_point_valid(*out)) return true;
    resp_errorf(call->reply, "ERR invalid longitude,latitude pair %f,%f", out->lon, out->lat);
    return false;
}

bool geo_read_unit(struct call *call, int arg, double *metres) {
    static const struct {
        const char *name;
        double metres;
    } units[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (!slice_is(call->argv[arg], units[i].name)) continue;
        *metres = units[i].metres;
        return true;
    }
    resp_error(call->reply, "ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
}

void geo_reply_point(struct call *call, struct geo_point p) {
    resp_array(call->reply, 2);
    resp_human_long_double(call->reply, p.lon);
    resp_human_long_double(call->reply, p.lat);
}

void geo_reply_distance(struct call *call, double distance) {
    resp_bulkf(call->reply, "%.4f", distance);
}

/* --- GEOADD --- */

struct add_options {
    unsigned flags; /* enum zset_add_flags */
    bool count_changed;
    int first; /* argument: the first longitude */
};

static void parse_add_options(const struct call *call, struct add_options *o) {
    for (o->first = 2; o->first < call->argc; o->first++) {
        struct slice word = call->argv[o->first];
        if (slice_is(word, "nx"))
            o->flags |= ZSET_NX;
        else if (slice_is(word, "xx"))
            o->flags |= ZSET_XX;
        else if (slice_is(word, "ch"))
            o->count_changed = true;
        else
            return;
    }
}

#define PAIRS_STACK 16

static void cmd_geoadd(struct call *call) {
    struct add_options o = {0};
    parse_add_options(call, &o);
    int words = call->argc - o.first;
    if (words == 0 || words % 3 || ((o.flags & ZSET_NX) && (o.flags & ZSET_XX))) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }

    size_t count = (size_t)words / 3;
    struct zset_pair stack[PAIRS_STACK], *pairs = stack;
    if (count > PAIRS_STACK) pairs = mem_alloc(count * sizeof(*pairs));
    bool right = true;
    for (size_t i = 0; right && i < count; i++) {
        int arg = o.first + 3 * (int)i;
        struct geo_point p;
        right = geo_read_point(call, arg, &p);
        if (right) pairs[i] = (struct zset_pair){call->argv[arg + 2], (double)geo_encode(p)};
    }
    if (right) zset_add_and_reply(call, pairs, count, o.flags, o.count_changed);
    if (pairs != stack) mem_free_sized(pairs, count * sizeof(*pairs));
}

/* --- asking --- */

/* Answers for each member argument; `e` may be NULL. */
static void answer_members(struct call *call, void (*answer)(struct call *, struct geo_point),
                           void (*answer_absent)(struct resp_writer *)) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    const struct slice *members = call->argv + 2;
    size_t left = (size_t)call->argc - 2;
    resp_array(call->reply, left);
    while (left > 0) {
        struct zset_group group;
        size_t n = left < ZSET_GROUP ? left : ZSET_GROUP;
        if (e) zset_score_group(e, members, n, &group);
        for (size_t i = 0; i < n; i++) {
            if (e && group.found[i])
                answer(call, geo_decode(group.score[i]));
            else
                answer_absent(call->reply);
        }
        members += n;
        left -= n;
    }
}

static void cmd_geopos(struct call *call) {
    answer_members(call, geo_reply_point, resp_null_array);
}

static void reply_text(struct call *call, struct geo_point p) {
    geo_text(p, resp_bulk_reserve(call->reply, GEO_TEXT_CHARS));
}

static void cmd_geohash(struct call *call) {
    answer_members(call, reply_text, resp_null);
}

static void cmd_geodist(struct call *call) {
    double unit = 1;
    if (call->argc == 5) {
        if (!geo_read_unit(call, 4, &unit)) return;
    } else if (call->argc > 5) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_ZSET, &e)) return;

    struct zset_group group;
    if (e) zset_score_group(e, call->argv + 2, 2, &group);
    if (!e || !group.found[0] || !group.found[1])
        resp_null(call->reply);
    else
        geo_reply_distance(call, geo_distance(geo_decode(group.score[0]), geo_decode(group.score[1])) / unit);
}

const struct command_binding geo_bindings[] = {
    {CMD_GEOADD, cmd_geoadd},   {CMD_GEOPOS, cmd_geopos}, {CMD_GEOHASH, cmd_geohash},
    {CMD_GEODIST, cmd_geodist}, COMMAND_BINDINGS_END,
};
