/* Values. The pools are small on purpose: commands must meet on the same keys and fields.
 *
 * Two rules keep both servers comparable although their clocks are not: nothing expires while a round runs (a
 * time to live is none, past, or at least hours), and two relative times are never the same, so that GT and
 * LT do not depend on a millisecond.
 */
#include "tests/differential/values.h"
#include <stdio.h>
#include <string.h>

#define PICK(rng, pool) (pool)[rng_below(rng, sizeof(pool) / sizeof((pool)[0]))]

void value_key(struct args *a, struct rng *rng, const char *group) {
    static const char *const families[] = {"string",     "hash",   "list", "set",
                                           "sorted-set", "stream", "geo",  "hyperloglog"};
    const char *family = group;
    if (strcmp(group, "bitmap") == 0 && rng_below(rng, 2)) family = group = "string";
    bool known = strcmp(group, "bitmap") == 0;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        known |= strcmp(group, families[i]) == 0;
    /* Only families whose commands are built have values: string and hash more often than the rest. */
    if (!known || chance(rng, 8))
        family = rng_below(rng, 10) < 7 ? families[rng_below(rng, 2)] : PICK(rng, families);
    if (chance(rng, 50)) {
        char binary[] = "k\r\n\xff\x80";
        switch (rng_below(rng, 5)) {
        case 0: args_add(a, "", 0); return;
        case 1: args_add(a, binary, sizeof binary); return; /* its terminator too */
        case 2: args_add_str(a, "{tag}a"); return;
        case 3: args_add_str(a, "12345"); return;
        default: args_addf(a, "%0300d", 7); return;
        }
    }
    args_addf(a, "%s%u", family, (unsigned)rng_below(rng, 4));
}

static const char *const odd_integers[] = {
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "9223372036854775806",
    "-9223372036854775807",
    "4294967296",
    "-4294967296",
    "2147483648",
    "2147483647",
    "-2147483648",
    "4294967295",
    "007",
    "+5",
    " 5",
    "5 ",
    "1.5",
    "",
    "abc",
    "0x10",
    "-0",
    "1e3",
    "--5",
    "18446744073709551615",
    "92233720368547758070000000000000000000000",
    "1\r\n",
    "5a",
};

static void plain_integer(struct args *a, struct rng *rng) {
    switch (rng_below(rng, 12)) {
    case 0: args_add_str(a, PICK(rng, odd_integers)); break;
    case 1: args_addf(a, "%d", (int)rng_below(rng, 400) - 100); break;
    case 2: args_addf(a, "%lld", (long long)rng_next(rng)); break;
    case 3: args_add_str(a, "0"); break;
    default: args_addf(a, "%d", (int)rng_below(rng, 24) - 4);
    }
}

void value_integer(struct args *a, struct rng *rng, const char *name) {
    static const char *const large_offsets[] = {"4000",       "8388607",   "8388608",   "1048570",
                                                "1048576",    "536870911", "536870912", "4294967295",
                                                "4294967296", "#3",        "#100",      "#-1"};
    if (strcmp(name, "min-idle-time") == 0) { /* of XPENDING: all, or none */
        args_add_str(a, chance(rng, 2) ? "0" : "1000000000000000");
    } else if (strstr(name, "seconds")) {
        value_ttl(a, rng);
    } else if (strcmp(name, "offset") == 0) {
        if (chance(rng, 200))
            args_add_str(a, PICK(rng, large_offsets));
        else if (chance(rng, 12))
            args_addf(a, "#%u", (unsigned)rng_below(rng, 40));
        else if (chance(rng, 12))
            args_add_str(a, PICK(rng, odd_integers));
        else
            args_addf(a, "%u", (unsigned)rng_below(rng, chance(rng, 10) ? 3000 : 120));
    } else if (strcmp(name, "value") == 0 || strcmp(name, "bit") == 0) {
        if (chance(rng, 3))
            plain_integer(a, rng);
        else
            args_addf(a, "%u", (unsigned)rng_below(rng, 2));
    } else if (strstr(name, "index") || strstr(name, "db")) {
        value_database(a, rng);
    } else {
        plain_integer(a, rng);
    }
}

void value_database(struct args *a, struct rng *rng) {
    if (chance(rng, 12))
        plain_integer(a, rng);
    else
        args_addf(a, "%u", (unsigned)(rng_below(rng, 3) ? rng_below(rng, 2) : rng_below(rng, 4)));
}

/* Ends of ranges: by rank, by score and by name, as they come. */
static bool is_range_end(const char *name) {
    return strcmp(name, "min") == 0 || strcmp(name, "max") == 0 || strcmp(name, "start") == 0 ||
           strcmp(name, "stop") == 0 || strcmp(name, "end") == 0;
}

static void range_end(struct args *a, struct rng *rng) {
    static const char *const pool[] = {"-inf", "+inf", "inf", "(0", "(5", "(-inf", "-",     "+",    "[f1",
                                       "(f1",  "[f5",  "(f9", "[",  "(",  "[f150", "(+inf", "(abc", "f1",
                                       "nan",  "(1.5", "[-",  "-1", "0",  "1",     "10",    "-3"};
    if (chance(rng, 2))
        args_add_str(a, PICK(rng, pool));
    else
        args_addf(a, "%d", (int)rng_below(rng, 30) - 10);
}

void value_double(struct args *a, struct rng *rng) {
    static const char *const odd[] = {
        "inf",
        "-inf",
        "+inf",
        "Infinity",
        "nan",
        "-nan",
        "1e308",
        "-1e308",
        "1e4931",
        "1e5000",
        "1e-320",
        "1e-5000",
        "0.1",
        "0.30000000000000004",
        "3.0e2",
        "-0.0",
        "0",
        "",
        "abc",
        "1.5abc",
        " 1.5",
        "1.5 ",
        "0x1p3",
        "1,5",
        "9007199254740993",
        "123456789012345678.125",
        "0.00000000000000001",
        "1e17",
        "-5e-324",
        ".5",
        "5.",
        "+1.25",
    };
    if (chance(rng, 4))
        args_add_str(a, PICK(rng, odd));
    else if (chance(rng, 3))
        args_addf(a, "%.*f", (int)rng_below(rng, 6), ((double)rng_below(rng, 200000) - 100000) / 1000);
    else
        args_addf(a, "%d", (int)rng_below(rng, 30) - 10);
}

/* Lengths are up to a hundred units or around the world: in between, near poles, Redis overlooks members. No
 * two positions are the same, so that no two distances are. */
void value_geo(struct args *a, struct rng *rng, const char *name) {
    static const char *const odd[] = {"180.0001", "-181", "85.0512", "-86", "nan",
                                      "inf",      "abc",  "",        "1e3", "0x1p3"};
    static const char *const huge[] = {"50000000", "1e300", "inf", "30000000"};
    bool longitude = strcmp(name, "longitude") == 0;
    if (chance(rng, 40)) {
        args_add_str(a, PICK(rng, odd));
    } else if (longitude || strcmp(name, "latitude") == 0) {
        double part = rng_unit(rng) * 4;
        if (chance(rng, 30)) part = (rng_unit(rng) - 0.5) * (longitude ? 360 : 170); /* anywhere */
        args_addf(a, "%.9f", part + (longitude ? 12 : 36));
    } else if (chance(rng, 10)) {
        args_add_str(a, PICK(rng, huge));
    } else if (chance(rng, 20)) {
        value_double(a, rng);
    } else {
        args_addf(a, "%.3f", rng_unit(rng) * 200);
    }
}

static void text(struct args *a, struct rng *rng) {
    static const unsigned lengths[] = {1, 7, 8, 20, 43, 44, 45, 63, 64, 65, 127, 128, 250, 256, 300};
    char bytes[6000];
    size_t len = PICK(rng, lengths);
    if (chance(rng, 150)) len = 1000 + rng_below(rng, 5000);
    if (chance(rng, 4)) {
        rng_fill(rng, bytes, len);
    } else {
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)('a' + rng_below(rng, len > 100 ? 3 : 26));
    }
    args_add(a, bytes, len);
}

void value_stream_id(struct args *a, struct rng *rng, bool interval) {
    static const char *const odd[] = {"x",
                                      "-",
                                      "+",
                                      "(",
                                      "(-",
                                      "*",
                                      "5-",
                                      "-5",
                                      "5-x",
                                      "007-01",
                                      "+5",
                                      "",
                                      "$",
                                      ">",
                                      "99999999999999999999",
                                      "5--1",
                                      "1.5",
                                      "0-0",
                                      "(0-0",
                                      "18446744073709551615-18446744073709551615",
                                      "(18446744073709551615-18446744073709551615"};
    unsigned ms = (unsigned)rng_below(rng, chance(rng, 2) ? 30 : 400);
    if (chance(rng, 30)) {
        args_add_str(a, PICK(rng, odd));
    } else if (interval && chance(rng, 2)) {
        args_add_str(a, chance(rng, 2) ? "-" : "+");
    } else if (interval && chance(rng, 5)) {
        args_addf(a, "(%u-%u", ms, (unsigned)rng_below(rng, 3));
    } else if (chance(rng, 3)) {
        args_addf(a, "%u", ms);
    } else {
        args_addf(a, "%u-%u", ms, (unsigned)rng_below(rng, 3));
    }
}

/* False: it is nothing that only streams have. */
static bool stream_string(struct args *a, struct rng *rng, const char *name) {
    static const char *const idle[] = {"0", "0", "-5", "1000000000000000", "9223372036854775807", "x"};
    if (strcmp(name, "group") == 0)
        args_addf(a, "g%u", (unsigned)rng_below(rng, 2));
    else if (strcmp(name, "consumer") == 0)
        args_addf(a, "c%u", (unsigned)rng_below(rng, 3));
    else if (strcmp(name, "min-idle-time") == 0)
        args_add_str(a, PICK(rng, idle));
    else if (strcmp(name, "threshold") == 0 && chance(rng, 2))
        args_addf(a, "%u", (unsigned)rng_below(rng, 60));
    else if (strstr(name, "id") || strcmp(name, "start") == 0 || strcmp(name, "end") == 0 ||
             strcmp(name, "threshold") == 0)
        value_stream_id(a, rng, strcmp(name, "start") == 0 || strcmp(name, "end") == 0);
    else
        return false;
    return true;
}

void value_string(struct args *a, struct rng *rng, const char *name, const char *group) {
    static const char *const encodings[] = {"u8",  "i8",  "u1", "i1", "u63", "i64", "i16", "u32", "u5", "i33",
                                            "u64", "i65", "u0", "x8", "u",   "",    "i-1", "U8",  "u08"};
    static const char *const types[] = {"string", "hash",   "list", "set",   "zset",
                                        "stream", "nosuch", "",     "STRING"};
    static const char *const channels[] = {"news", "news.a", "news.b", "", "hello", "__keyspace@0__:string1"};
    static const char *const pfdebug[] = {"getreg",   "GETREG",  "decode", "decode",
                                          "Encoding", "todense", "nosuch"};
    if (strcmp(group, "stream") == 0 && stream_string(a, rng, name)) return;
    if (strcmp(name, "encoding") == 0) {
        args_add_str(a, PICK(rng, encodings));
        return;
    }
    if (strcmp(name, "subcommand") == 0 && strcmp(group, "hyperloglog") == 0) {
        args_add_str(a, PICK(rng, pfdebug));
        return;
    }
    if (strcmp(name, "element") == 0 && strcmp(group, "hyperloglog") == 0 && !chance(rng, 10)) {
        args_addf(a, "e%u", (unsigned)rng_below(rng, chance(rng, 3) ? 100000 : 60));
        return;
    }
    if (is_range_end(name)) {
        range_end(a, rng);
        return;
    }
    if (strcmp(name, "type") == 0) {
        args_add_str(a, PICK(rng, types));
        return;
    }
    if (strcmp(name, "serialized-value") == 0) {
        value_payload(a, rng);
        return;
    }
    if (strstr(name, "channel")) {
        args_add_str(a, PICK(rng, channels));
        return;
    }
    if (strcmp(name, "connection-name") == 0 && !chance(rng, 3)) {
        args_addf(a, "name%u", (unsigned)rng_below(rng, 9));
        return;
    }
    if (strstr(name, "field") || strncmp(name, "member", 6) == 0) {
        if (chance(rng, 40))
            text(a, rng);
        else if (chance(rng, 60))
            args_add(a, "", 0);
        else if (chance(rng, 3))
            args_addf(a, "f%u", (unsigned)rng_below(rng, 150));
        else
            args_addf(a, "f%u", (unsigned)rng_below(rng, 10));
        return;
    }
    switch (rng_below(rng, 8)) {
    case 0:
    case 1: text(a, rng); break;
    case 2: value_double(a, rng); break;
    case 3: args_add(a, "", 0); break;
    case 4: args_addf(a, "%lld", (long long)rng_next(rng)); break;
    default: plain_integer(a, rng);
    }
}

void value_pattern(struct args *a, struct rng *rng) {
    static const char *const pool[] = {
        "*",   "s*", "h*", "*1",       "string?", "[sh]*[0-2]", "f1*", "f[^1]", "",   "nosuch", "**",
        "\\*", "[",  "[a", "s[t-a]r*", "*\\",     "f?",         "?",   "[^s]*", "n*", "news.*", "new[s]"};
    args_add_str(a, PICK(rng, pool));
}

void value_unix_time(struct args *a, struct rng *rng, bool milliseconds) {
    static const char *const odd[] = {"0",
                                      "-1",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775",
                                      "9223372036854776",
                                      "abc",
                                      "",
                                      "1.5",
                                      "9223372036854775808"};
    unsigned far = (unsigned)rng_below(rng, 5) * 1000 + (unsigned)rng_below(rng, 2);
    if (chance(rng, 8))
        args_add_str(a, PICK(rng, odd));
    else if (chance(rng, 12))
        args_addf(a, "%u", 1 + (unsigned)rng_below(rng, 100000)); /* 1970 */
    else if (milliseconds)
        args_addf(a, "%llu", 4102444800000ull + far + rng_below(rng, 2) * 499);
    else
        args_addf(a, "%llu", 4102444800ull + far);
}

void value_ttl(struct args *a, struct rng *rng) {
    static const char *const odd[] = {"0",
                                      "-1",
                                      "-100",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "abc",
                                      "",
                                      "1.5",
                                      "9223372036854775808",
                                      "9223372036854775",
                                      "-9223372036854775"};
    if (chance(rng, 6))
        args_add_str(a, PICK(rng, odd));
    else
        args_addf(a, "%llu", 20000000ull + rng_below(rng, 900000000ull));
}

void value_odd(struct args *a, struct rng *rng) {
    static const char *const words[] = {
        "EX",      "PX",         "EXAT",  "PXAT", "NX",       "XX",          "GET",    "KEEPTTL",
        "PERSIST", "GT",         "LT",    "BYTE", "BIT",      "SET",         "INCRBY", "WRAP",
        "SAT",     "FAIL",       "LEN",   "IDX",  "DB",       "REPLACE",     "MATCH",  "COUNT",
        "TYPE",    "WITHVALUES", "ASYNC", "SYNC", "OVERFLOW", "MINMATCHLEN", "FIELDS", "NOVALUES",
    };
    switch (rng_below(rng, 6)) {
    case 0: args_add_str(a, PICK(rng, words)); break;
    case 1: args_add_str(a, PICK(rng, odd_integers)); break;
    case 2: value_double(a, rng); break;
    case 3: args_add(a, "", 0); break;
    case 4: text(a, rng); break;
    default: value_key(a, rng, "generic");
    }
}
