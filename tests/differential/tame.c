/* What would make a right server's answer depend on the clock, the machine or the version is taken out of a
 * command: short times to live, random picks of a billion elements, and edges where 7.0 errs. Each as
 * narrowly as possible, with its reason. */
#include "tests/differential/tame.h"
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "tests/differential/values.h"
#include <ctype.h>
#include <string.h>

static void replace(struct args *a, int at, struct args *value) {
    a->argv[at] = value->argv[0];
}

/* A relative time that would come within hours, or twice: replaced by one that does not. */
static void tame_ttl(struct generator *g, struct args *a, int at) {
    int64_t n;
    struct args value = {.trace = a->trace};
    if (at >= a->argc || !num_parse_int64(a->argv[at].ptr, a->argv[at].len, &n)) return;
    if (n <= 0 || n == INT64_MAX) return;
    args_addf(&value, "%llu", 20000000ull + rng_below(&g->rng, 900000000ull));
    replace(a, at, &value);
}

/* A time to live that counts from now is a long one; one so long that it overflows is refused by Torc alone.
 */
static void tame_restore(struct generator *g, struct args *a) {
    for (int i = 4; i < a->argc; i++)
        if (slice_is(a->argv[i], "ABSTTL")) return;
    if (slice_eq(a->argv[2], SLICE("9223372036854775807"))) a->argv[2] = SLICE("0");
    tame_ttl(g, a, 2);
}

/* XADD makes no ids from the clock. */
static void tame_xadd(struct generator *g, struct args *a) {
    for (int i = 2; i < a->argc; i++)
        if (slice_is(a->argv[i], "*")) {
            struct args id = {.trace = a->trace};
            g->stream_ms += (unsigned)rng_below(&g->rng, 2);
            args_addf(&id, chance(&g->rng, 3) ? "%u-0" : "%u-*", g->stream_ms);
            replace(a, i, &id);
        }
}

/* Since 7.2 XSETID looks at what was deleted, too: an id that is ahead of all is right for both. */
static void tame_xsetid(struct generator *g, struct args *a) {
    struct args id = {.trace = a->trace};
    if (a->argc < 3 || a->argv[2].len == 0 || a->argv[2].len > 8 ||
        !isdigit((unsigned char)a->argv[2].ptr[0]))
        return;
    args_addf(&id, "%u", 100000 + (unsigned)rng_below(&g->rng, 3));
    replace(a, 2, &id);
}

/* XREAD and XREADGROUP want as many ids as keys. */
static void tame_xread(struct generator *g, struct args *a) {
    int first = 1;
    while (first < a->argc && !slice_is(a->argv[first], "streams"))
        first++;
    int count = (a->argc - first - 1) / 2;
    if (count < 1 || chance(&g->rng, 10)) return;
    bool grouped = slice_is(a->argv[0], "xreadgroup");
    a->argc = first + 1;
    for (int i = 0; i < count; i++)
        value_key(a, &g->rng, "stream");
    for (int i = 0; i < count; i++)
        if (chance(&g->rng, 2))
            args_add_str(a, grouped ? ">" : "$");
        else
            value_stream_id(a, &g->rng, false);
}

/* LREM and LPOS: 7.0 takes a number whose opposite does not fit, looks at the key and removes: declared as
 * lrem-range and lpos-range. */
static void tame_list_range(struct args *a) {
    for (int i = 2; i < a->argc; i++)
        if (slice_is(a->argv[i], "-9223372036854775808")) a->argv[i] = SLICE("-9223372036854775807");
}

/* Which ones ANY takes, and which of those that are equally far COUNT takes, is each server's own: they must
 * not be stored, and are told by their distance. */
static void tame_search(struct args *a) {
    bool stores = slice_is(a->argv[0], "geosearchstore"), counts = false;
    for (int i = 1; i < a->argc; i++)
        stores = stores || slice_is(a->argv[i], "STORE") || slice_is(a->argv[i], "STOREDIST");
    for (int i = 1; i < a->argc; i++) {
        int64_t n;
        if (stores && slice_is(a->argv[i], "ANY")) a->argv[i] = SLICE("ASC");
        if (!slice_is(a->argv[i], "COUNT")) continue;
        counts = true;
        if (stores && i + 1 < a->argc && num_parse_int64(a->argv[i + 1].ptr, a->argv[i + 1].len, &n) && n > 0)
            a->argv[i + 1] = SLICE("1000");
    }
    if (counts && !stores) args_add_str(a, "WITHDIST");
}

/* Since 7.2 a new sorted set gets at once the form that suits all the pairs of the command, be they different
 * or not: of many pairs, no member comes twice. */
static void tame_members(struct args *a, int stride) {
    for (int i = 2; i < a->argc && a->argc > 2 + 2 * stride; i++) /* small ones do not keep this sign */
        if (slice_eq(a->argv[i], SLICE("-0.0")) || slice_eq(a->argv[i], SLICE("-0"))) a->argv[i] = SLICE("0");
    if (a->argc < 2 + 6 * stride) return;
    for (int i = a->argc - 1; i > 2; i -= stride)
        for (int j = i - stride; j > 2; j -= stride)
            if (slice_eq(a->argv[i], a->argv[j])) {
                struct args other = {.trace = a->trace};
                args_addf(&other, "other%d", i);
                a->argv[i] = other.argv[0];
            }
}

static bool begins_with(struct slice text, const char *head) {
    size_t len = strlen(head);
    return text.len >= len && memcmp(text.ptr, head, len) == 0;
}

/* Scores that are no positions are decoded to some all the same, and what searches find of them is each
 * server's own: sorted sets and geo sets go apart, and the keys that all families share have no positions. */
static void tame_positions(const struct command_spec *spec, struct args *a) {
    static const char *const searched[] = {"geo", "string", "hash", "list", "set", "stream"};
    bool geo = strcmp(spec->docs->group, "geo") == 0, zset = strcmp(spec->docs->group, "sorted-set") == 0;
    int source = spec->id == CMD_GEOSEARCHSTORE ? 2 : 1;
    if (geo && source < a->argc) {
        bool known = false;
        for (size_t i = 0; i < sizeof searched / sizeof searched[0]; i++)
            known = known || begins_with(a->argv[source], searched[i]);
        if (!known) a->argv[source] = SLICE("geo1");
    }
    if (zset && (spec->flags & COMMAND_WRITE) && begins_with(a->argv[1], "geo"))
        a->argv[1] = SLICE("sorted-set1");
}

/* In a HyperLogLog damaged by commands of strings, PFADD changes something before it finds the damage; 7.0
 * tells neither WATCH nor subscribers. */
static void tame_damage(struct generator *g, const struct command_spec *spec, struct args *a) {
    bool bytes = strcmp(spec->docs->group, "string") == 0 || strcmp(spec->docs->group, "bitmap") == 0;
    if (!bytes || g->may_damage || !(spec->flags & COMMAND_WRITE)) return;
    for (int i = 1; i < a->argc; i++)
        if (a->argv[i].len > 11 && memcmp(a->argv[i].ptr, "hyperloglog", 11) == 0)
            a->argv[i] = SLICE("string0");
}

void tame_command(struct generator *g, struct args *a) {
    if (a->argc < 2) return;
    const struct command_spec *spec = command_lookup(a->argv[0].ptr, a->argv[0].len);
    if (!spec) return;
    const char *name = spec->name;
    tame_damage(g, spec, a);
    tame_positions(spec, a);
    if (strcmp(name, "xadd") == 0) tame_xadd(g, a);
    if (strcmp(name, "xsetid") == 0) tame_xsetid(g, a);
    if (strcmp(name, "lrem") == 0 || strcmp(name, "lpos") == 0) tame_list_range(a);
    if (strcmp(name, "zadd") == 0) tame_members(a, 2);
    if (strcmp(name, "geoadd") == 0) tame_members(a, 3);
    if (strncmp(name, "xread", 5) == 0) tame_xread(g, a);
    static const char *const with_ttl[] = {"expire", "pexpire", "setex", "psetex", "expireat", "pexpireat"};
    for (size_t i = 0; i < sizeof with_ttl / sizeof with_ttl[0]; i++) {
        int64_t n;
        if (strcmp(name, with_ttl[i]) != 0) continue;
        bool absolute = i >= 4;
        /* an absolute time is only tamed when it could be near */
        if (absolute && a->argc > 2 && num_parse_int64(a->argv[2].ptr, a->argv[2].len, &n) &&
            (n < 1000000000 || n > 4000000000))
            continue;
        tame_ttl(g, a, 2);
    }
    if (spec->flags & COMMAND_BLOCKING) /* 7.0 calls what is too long negative: declared as long-timeout */
        for (int i = 1; i < a->argc; i++) {
            long double seconds;
            if (num_parse_long_double(a->argv[i].ptr, a->argv[i].len, &seconds) && seconds > 9e12)
                a->argv[i] = SLICE("1");
        }
    if (strcmp(name, "bitfield") ==
        0) /* Redis saturates those to the wrong side: declared as bitfield-underflow */
        for (int i = 2; i < a->argc; i++) {
            int64_t n;
            if (num_parse_int64(a->argv[i].ptr, a->argv[i].len, &n) && n < -(INT64_C(1) << 62))
                a->argv[i] = SLICE("-4611686018427387904");
        }
    if (strcmp(name, "set") ==
        0) /* a key that is past when it is set: Redis counts it until it looks at it */
        for (int i = 3; i + 1 < a->argc; i++) {
            int64_t n;
            bool ms = slice_is(a->argv[i], "PXAT");
            if ((ms || slice_is(a->argv[i], "EXAT")) &&
                num_parse_int64(a->argv[i + 1].ptr, a->argv[i + 1].len, &n) && n > 0 &&
                n < (ms ? 4000000000000 : 4000000000)) {
                struct args value = {.trace = a->trace};
                args_add_str(&value, ms ? "4102444800123" : "4102444800");
                replace(a, i + 1, &value);
            }
        }
    if (strcmp(name, "set") == 0 || strcmp(name, "getex") == 0)
        for (int i = 1; i + 1 < a->argc; i++)
            if (slice_is(a->argv[i], "EX") || slice_is(a->argv[i], "PX")) tame_ttl(g, a, i + 1);
    if (strncmp(name, "geo", 3) == 0) tame_search(a);
    if (strcmp(name, "sort") == 0) { /* an order that BY leaves open must not be stored */
        bool stores = false, by = false;
        for (int i = 2; i < a->argc; i++) {
            stores = stores || slice_is(a->argv[i], "STORE");
            by = by || slice_is(a->argv[i], "BY");
        }
        for (int i = 2; stores && by && i < a->argc; i++)
            if (slice_is(a->argv[i], "ALPHA")) a->argv[i] = SLICE("ASC");
    }
    if (strcmp(name, "restore") == 0 && a->argc > 3) tame_restore(g, a);
    if (strstr(name, "rand") && a->argc > 2) {
        int64_t n;
        struct args value = {.trace = a->trace};
        args_addf(&value, "-%u", (unsigned)rng_below(&g->rng, 60));
        if (num_parse_int64(a->argv[2].ptr, a->argv[2].len, &n) && n < -500 && n != INT64_MIN)
            replace(a, 2, &value);
    }
}
