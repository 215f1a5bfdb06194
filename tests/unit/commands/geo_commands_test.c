/* The geo commands: replies in both protocols, both forms, events, counts of changes, the journal. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/zset.h"
#include "tests/unit/commands/command_fixture.h"

#define PALERMO "13.361389 38.115556 Palermo"
#define CATANIA "15.087269 37.502669 Catania"

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {
        geo_bindings, geo_search_bindings, zset_bindings, zset_range_bindings, string_bindings, NULL};
    fixture_open(&f, families);
    return 0;
}

static int open_large(void **state) {
    open_small(state);
    f.keyspace.conf.zset_max_listpack_entries = 0;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

static void fill_sicily(void) {
    fixture_run(&f, "GEOADD s " PALERMO " " CATANIA);
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
}

static void test_add(void **state) {
    expect_reply(&f, ":2\n", "GEOADD s " PALERMO " " CATANIA);
    expect_told("zadd s", 2, "GEOADD s " PALERMO " " CATANIA);
    expect_reply(&f, "*4\n$7\nPalermo\n$16\n3479099956230698\n$7\nCatania\n$16\n3479447370796909\n",
                 "ZRANGE s 0 -1 WITHSCORES");
    expect_reply(&f, ":0\n", "GEOADD s " PALERMO);
    expect_told("", 0, "");
    expect_reply(&f, ":0\n", "GEOADD s NX CH 1 2 Palermo");
    expect_reply(&f, ":1\n", "GEOADD s ch xx 1 2 Palermo 3 4 other");
    expect_told("zadd s", 1, "GEOADD s ch xx 1 2 Palermo 3 4 other");
    expect_reply(&f, ":0\n", "GEOADD none XX 1 2 m");
    assert_int_equal(keyspace_count(&f.keyspace), 1);
}

static void test_add_errors(void **state) {
    expect_reply(&f, "-ERR syntax error\n", "GEOADD s NX XX 1 2 m");
    expect_reply(&f, "-ERR syntax error\n", "GEOADD s ch ch ch");
    expect_reply(&f, "-ERR syntax error\n", "GEOADD s 1 2 a 3");
    expect_reply(&f, "-ERR syntax error\n", "GEOADD s GT 1 2 m");
    expect_reply(&f, "-ERR value is not a valid float\n", "GEOADD s 1 x m");
    expect_reply(&f, "-ERR invalid longitude,latitude pair 200.000000,100.000000\n",
                 "GEOADD s 1 1 a 200 100 m");
    fixture_run(&f, "SET s x");
    expect_reply(&f, "-" ERR_WRONG_TYPE "\n", "GEOADD s 1 2 m");
}

static void test_single_members(void **state) {
    fill_sicily();
    expect_reply(&f, "*2\n*2\n$20\n13.36138933897018433\n$20\n38.11555639549629859\n*-1\n",
                 "GEOPOS s Palermo x");
    expect_reply(&f, "*0\n", "GEOPOS s");
    expect_reply(&f, "*1\n*-1\n", "GEOPOS none a");
    expect_reply(&f, "*2\n$11\nsqc8b49rny0\n$-1\n", "GEOHASH s Palermo x");
    expect_reply(&f, "$11\n166274.1516\n", "GEODIST s Palermo Catania");
    expect_reply(&f, "$8\n103.3182\n", "GEODIST s Palermo Catania MI");
    expect_reply(&f, "$6\n0.0000\n", "GEODIST s Palermo Palermo");
    expect_reply(&f, "$-1\n", "GEODIST s Palermo x");
    expect_reply(&f, "-ERR unsupported unit provided. please use M, KM, FT, MI\n", "GEODIST none a b x");
    expect_reply(&f, "-ERR syntax error\n", "GEODIST s a b m m");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n*2\n,13.36138933897018433\n,38.11555639549629859\n_\n", "GEOPOS s Palermo x");
    expect_reply(&f, "$11\n166274.1516\n", "GEODIST s Palermo Catania");
    expect_reply(&f, "_\n", "GEODIST s Palermo x");
}

static void test_search(void **state) {
    fill_sicily();
    expect_reply(&f, "*2\n$7\nPalermo\n$7\nCatania\n", "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km");
    expect_reply(&f, "*2\n$7\nCatania\n$7\nPalermo\n", "GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km ASC");
    expect_reply(&f, "*1\n$7\nCatania\n", "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1");
    expect_reply(&f, "*1\n$7\nPalermo\n", "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 DESC");
    expect_reply(&f, "*1\n$7\nPalermo\n", "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ANY COUNT 1");
    expect_reply(&f,
                 "*1\n*4\n$7\nCatania\n$7\n56.4413\n:3479447370796909\n*2\n$20\n15.08726745843887329\n"
                 "$20\n37.50266842333162032\n",
                 "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 100 km WITHHASH WITHCOORD WITHDIST");
    expect_reply(&f, "*2\n*2\n$7\nPalermo\n$6\n0.0000\n*2\n$7\nCatania\n$8\n103.3182\n",
                 "GEORADIUSBYMEMBER s Palermo 200 mi WITHDIST ASC");
    expect_reply(&f, "*0\n", "GEOSEARCH s FROMLONLAT 0 0 BYRADIUS 200 km");
    expect_reply(&f, "*2\n$7\nPalermo\n$7\nCatania\n", "GEORADIUS_RO s 15 37 inf km DESC");
    expect_told("", 0, "");
}

static void test_search_errors(void **state) {
    fill_sicily();
    static const char *const table[][2] = {
        {"BYRADIUS 1 km ASC ASC",
         "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\n"},
        {"FROMMEMBER Palermo ASC ASC ASC",
         "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\n"},
        {"FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km", "-ERR syntax error\n"},
        {"FROMMEMBER Palermo BYRADIUS 1 km BYBOX 1 1 km", "-ERR syntax error\n"},
        {"FROMMEMBER Palermo BYRADIUS 1 km STOREDIST", "-ERR syntax error\n"},
        {"FROMMEMBER Palermo BYRADIUS 1 km STORE d", "-ERR syntax error\n"},
        {"FROMMEMBER x BYRADIUS 1 km", "-ERR could not decode requested zset member\n"},
        {"FROMMEMBER Palermo BYRADIUS x km", "-ERR need numeric radius\n"},
        {"FROMMEMBER Palermo BYRADIUS -1 km", "-ERR radius cannot be negative\n"},
        {"FROMMEMBER Palermo BYBOX x 1 km", "-ERR need numeric width\n"},
        {"FROMMEMBER Palermo BYBOX 1 x km", "-ERR need numeric height\n"},
        {"FROMMEMBER Palermo BYBOX 1 -1 km", "-ERR height or width cannot be negative\n"},
        {"FROMMEMBER Palermo BYBOX 1 1 x", "-ERR unsupported unit provided. please use M, KM, FT, MI\n"},
        {"FROMMEMBER Palermo BYRADIUS 1 km COUNT 0", "-ERR COUNT must be > 0\n"},
        {"FROMMEMBER Palermo BYRADIUS 1 km ANY", "-ERR the ANY argument requires COUNT argument\n"},
        {"FROMLONLAT 200 0 BYRADIUS 1 km", "-ERR invalid longitude,latitude pair 200.000000,0.000000\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        expect_reply(&f, table[i][1], "GEOSEARCH s %s", table[i][0]);
    expect_reply(&f, "*0\n", "GEORADIUSBYMEMBER none x y z");
    expect_reply(&f, "-ERR syntax error\n", "GEORADIUSBYMEMBER none x y z foo");
    expect_reply(&f, "-ERR syntax error\n", "GEORADIUS_RO s 1 1 1 km STORE d");
    expect_reply(
        &f,
        "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\n",
        "GEORADIUS s 1 1 1 km STORE d WITHDIST");
    expect_reply(&f, "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options\n",
                 "GEOSEARCHSTORE d s FROMMEMBER Palermo BYRADIUS 1 km WITHCOORD");
}

static void test_store(void **state) {
    fill_sicily();
    expect_reply(&f, ":2\n", "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km");
    expect_told("geosearchstore d", 1, "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km");
    expect_reply(&f, "*2\n$7\nPalermo\n$7\nCatania\n", "ZRANGE d 0 -1");
    expect_reply(&f, ":1\n", "GEORADIUS s 15 37 200 km STORE x COUNT 1 STOREDIST d");
    expect_told("georadiusstore d", 1, "GEORADIUS s 15 37 200 km STORE x COUNT 1 STOREDIST d");
    expect_reply(&f, "*2\n$7\nCatania\n$16\n56.4412578701582\n", "ZRANGE d 0 -1 WITHSCORES");
    expect_reply(&f, ":2\n", "GEOSEARCHSTORE s s FROMMEMBER Palermo BYBOX 400 400 km");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":0\n", "GEORADIUSBYMEMBER none m 1 km STORE d");
    expect_told("del d", 1, "GEORADIUSBYMEMBER none m 1 km STORE d");
    expect_reply(&f, ":0\n", "GEOSEARCHSTORE d none FROMMEMBER m BYRADIUS 1 km");
    expect_told("", 0, "");
}

/* Nearest and farthest of many, against the whole answer. */
static void test_count_of_many(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < 300; i++)
        fixture_run(&f, "GEOADD many %.6f %.6f m%d", 10 + rng_unit(&rng), 40 + rng_unit(&rng), i);
    for (int round = 0; round < 40; round++) {
        static char all[65536];
        const char *order = round % 2 ? "ASC" : "DESC";
        unsigned count = 1 + (unsigned)rng_below(&rng, 60);
        const char *shape = "FROMLONLAT 10.5 40.5 BYRADIUS 45 km WITHDIST";
        strcpy(all, fixture_run(&f, "GEOSEARCH many %s %s", shape, order));
        const char *some = fixture_run(&f, "GEOSEARCH many %s %s COUNT %u", shape, order, count);
        const char *all_at = strchr(all, '\n'), *some_at = strchr(some, '\n');
        assert_memory_equal(all_at, some_at, strlen(some_at));
    }
}

int main(void) {
#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_small, close_fixture),                                        \
        cmocka_unit_test_setup_teardown(test, open_large, close_fixture)
    const struct CMUnitTest tests[] = {
        BOTH(test_add),           BOTH(test_add_errors), BOTH(test_single_members), BOTH(test_search),
        BOTH(test_search_errors), BOTH(test_store),      BOTH(test_count_of_many),
    };
    return cmocka_run_group_tests_name("commands/geo", tests, NULL, NULL);
}
