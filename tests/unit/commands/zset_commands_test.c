/* The commands on sorted sets: replies in both protocols, both forms, events, counts of changes, the journal.
 */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/zset.h"
#include "tests/unit/commands/command_fixture.h"
#include "tests/unit/commands/visit_checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {
        zset_bindings,       zset_range_bindings, zset_algebra_bindings, zset_pop_bindings,
        zset_visit_bindings, set_bindings,        string_bindings,       NULL};
    fixture_open(&f, families);
    return 0;
}

/* The same tests once more with sorted sets that are large from the first member. */
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

/* Members and scores of a key, as "a 1 b 2". */
static void expect_content(const char *key, const char *content) {
    char text[1024] = "", *at = text;
    int proto = f.session.reply.proto;
    f.session.reply.proto = 2;
    const char *reply = fixture_run(&f, "ZRANGE %s 0 -1 WITHSCORES", key);
    f.session.reply.proto = (uint8_t)proto;
    for (const char *line = strchr(reply, '\n') + 1; *line;) {
        line = strchr(line, '\n') + 1; /* over the length */
        size_t len = strcspn(line, "\n");
        at += sprintf(at, "%s%.*s", at > text ? " " : "", (int)len, line);
        line += len + 1;
    }
    assert_string_equal(text, content);
}

static void test_add(void **state) {
    expect_reply(&f, ":3\n", "ZADD z 3 c 1 a 2 b");
    expect_told("zadd z", 3, "ZADD z 3 c 1 a 2 b");
    expect_content("z", "a 1 b 2 c 3");
    expect_reply(&f, ":1\n", "ZADD z 0 c 1 a 5 d");
    expect_told("zadd z", 2, "ZADD z 0 c 1 a 5 d");
    expect_content("z", "c 0 a 1 b 2 d 5");
    expect_reply(&f, ":0\n", "ZADD z 1 a");
    expect_told("", 0, "");
    expect_reply(&f, ":2\n", "ZADD z CH 2 a 7 e 2 b");
    expect_told("zadd z", 2, "ZADD z CH 2 a 7 e 2 b");
    expect_reply(&f, ":1\n", "ZADD z inf ''");
    expect_reply(&f, ":1\n", "ZADD z -inf m");
    expect_content("z", "m -inf c 0 a 2 b 2 d 5 e 7  inf");
    expect_reply(&f, "$3\ninf\n", "ZSCORE z ''");
}

static void test_add_conditions(void **state) {
    expect_reply(&f, ":0\n", "ZADD z XX 1 a");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    fixture_run(&f, "ZADD z 10 a 20 b");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":1\n", "ZADD z nx 1 a 30 c");
    expect_told("zadd z", 1, "ZADD z nx 1 a 30 c");
    expect_reply(&f, ":0\n", "ZADD z XX 11 a 1 x");
    expect_reply(&f, ":2\n", "ZADD z GT CH 5 a 21 b 1 n");
    expect_reply(&f, ":1\n", "ZADD z LT CH 50 b 10 a");
    expect_reply(&f, ":0\n", "ZADD z XX GT 12 a 1 x");
    expect_content("z", "n 1 a 12 b 21 c 30");
    expect_reply(&f, "-ERR XX and NX options at the same time are not compatible\n", "ZADD z NX XX 1 a");
    static const char *const exclusive[] = {"GT LT", "NX GT", "NX LT"};
    for (size_t i = 0; i < 3; i++)
        expect_reply(&f, "-ERR GT, LT, and/or NX options at the same time are not compatible\n",
                     "ZADD z %s 1 a", exclusive[i]);
    expect_reply(&f, "-ERR INCR option supports a single increment-element pair\n", "ZADD z INCR 1 a 2 b");
    expect_reply(&f, "-ERR syntax error\n", "ZADD z 1 a 2");
    expect_reply(&f, "-ERR syntax error\n", "ZADD z NX CH");
    expect_reply(&f, "-ERR value is not a valid float\n", "ZADD z 1 q nan r");
    expect_reply(&f, "-ERR value is not a valid float\n", "ZADD z 1 q '' r");
    expect_reply(&f, "$-1\n", "ZSCORE z q");
}

static void test_increments(void **state) {
    expect_reply(&f, "$3\n1.5\n", "ZINCRBY z 1.5 a");
    expect_told("zincr z", 1, "ZINCRBY z 1.5 a");
    expect_reply(&f, "$1\n3\n", "ZADD z INCR 1.5 a");
    expect_told("zincr z", 1, "ZADD z INCR 1.5 a");
    expect_reply(&f, "$1\n3\n", "ZINCRBY z 0 a");
    expect_told("", 0, "");
    expect_reply(&f, "$-1\n", "ZADD z INCR NX 1 a");
    expect_reply(&f, "$-1\n", "ZADD z INCR XX 1 b");
    expect_reply(&f, "$-1\n", "ZADD none INCR XX 1 b");
    expect_reply(&f, "$-1\n", "ZADD z INCR GT -1 a");
    expect_told("", 0, "");
    fixture_run(&f, "ZADD z inf i");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, "-ERR resulting score is not a number (NaN)\n", "ZINCRBY z -inf i");
    expect_told("", 0, "");
    expect_reply(&f, "-ERR value is not a valid float\n", "ZINCRBY z x i");
    f.session.reply.proto = 3;
    expect_reply(&f, ",4.25\n", "ZINCRBY z 1.25 a");
    expect_reply(&f, "_\n", "ZADD z INCR NX 1 a");
    expect_reply(&f, ",inf\n", "ZSCORE z i");
    expect_reply(&f, "*3\n,4.25\n_\n,inf\n", "ZMSCORE z a none i");
}

static void test_remove(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":0\n", "ZREM z x");
    expect_reply(&f, ":0\n", "ZREM none x");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "ZREM z b b x");
    expect_told("zrem z", 1, "ZREM z b b x");
    expect_reply(&f, ":2\n", "ZCARD z");
    expect_reply(&f, ":2\n", "ZREM z a c d");
    expect_told("zrem z, del z", 2, "ZREM z a c d");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    expect_reply(&f, ":0\n", "ZCARD z");
}

static void test_rank(void **state) {
    fixture_run(&f, "ZADD z 1 a 2.5 b 3 c");
    expect_reply(&f, ":0\n", "ZRANK z a");
    expect_reply(&f, ":2\n", "ZREVRANK z a");
    expect_reply(&f, "*2\n:1\n$3\n2.5\n", "ZRANK z b WITHSCORE");
    expect_reply(&f, "$-1\n", "ZRANK z x");
    expect_reply(&f, "*-1\n", "ZREVRANK z x withscore");
    expect_reply(&f, "$-1\n", "ZRANK none x");
    expect_reply(&f, "*-1\n", "ZRANK none x WITHSCORE");
    expect_reply(&f, "-ERR syntax error\n", "ZRANK z a WITHSCORES");
    expect_reply(&f, "-ERR wrong number of arguments for 'zrank' command\n", "ZRANK z a WITHSCORE x");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n:1\n,2.5\n", "ZREVRANK z b WITHSCORE");
    expect_reply(&f, "_\n", "ZRANK z x");
}

static void test_ranges(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c 4 d");
    expect_reply(&f, "*2\n$1\na\n$1\nb\n", "ZRANGE z 0 1");
    expect_reply(&f, "*2\n$1\nd\n$1\nc\n", "ZREVRANGE z 0 1");
    expect_reply(&f, "*2\n$1\nd\n$1\nc\n", "ZRANGE z 0 1 REV");
    expect_reply(&f, "*4\n$1\nc\n$1\n3\n$1\nd\n$1\n4\n", "ZRANGE z -2 100 WITHSCORES");
    expect_reply(&f, "*0\n", "ZRANGE z 2 1");
    expect_reply(&f, "*0\n", "ZRANGE z 4 9");
    expect_reply(&f, "*0\n", "ZRANGE none 0 -1");
    expect_reply(&f, "*2\n$1\nb\n$1\nc\n", "ZRANGEBYSCORE z (1 3");
    expect_reply(&f, "*2\n$1\nc\n$1\nb\n", "ZREVRANGEBYSCORE z 3 (1");
    expect_reply(&f, "*2\n$1\nc\n$1\nb\n", "ZRANGE z 3 (1 BYSCORE REV");
    expect_reply(&f, "*0\n", "ZRANGEBYSCORE z 3 1");
    expect_reply(&f, "*0\n", "ZRANGEBYSCORE z (2 (2");
    expect_reply(&f, "*1\n$1\nc\n", "ZRANGEBYSCORE z -inf +inf LIMIT 2 1");
    expect_reply(&f, "*2\n$1\nb\n$1\na\n", "ZREVRANGEBYSCORE z +inf -inf LIMIT 2 -1");
    expect_reply(&f, "*0\n", "ZRANGEBYSCORE z -inf +inf LIMIT -1 5");
    expect_reply(&f, "*0\n", "ZRANGEBYSCORE z -inf +inf LIMIT 4 5");
    expect_reply(&f, "*2\n$1\nb\n$1\n2\n", "ZRANGEBYSCORE z 2 2 LIMIT 0 1 WITHSCORES");
    expect_reply(&f, ":2\n", "ZCOUNT z (1 3");
    expect_reply(&f, ":4\n", "ZCOUNT z -inf inf");
    expect_reply(&f, ":0\n", "ZCOUNT none 0 1");
    expect_reply(&f, "-ERR min or max is not a float\n", "ZCOUNT z 0 x");
    expect_reply(&f, "-ERR min or max is not a float\n", "ZRANGEBYSCORE z (x 1");
    expect_reply(&f, "-ERR min or max is not a float\n", "ZRANGEBYSCORE z nan 1");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "ZRANGE z 0 x");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "ZRANGE z 0 1 BYSCORE LIMIT 0 x");
    expect_reply(&f, "-ERR syntax error\n", "ZRANGE z 0 1 BYSCORE LIMIT 0");
    expect_reply(&f, "-ERR syntax error\n", "ZREVRANGE z 0 1 REV");
    expect_reply(&f, "-ERR syntax error\n", "ZRANGEBYSCORE z 0 1 BYLEX");
    expect_reply(&f,
                 "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX\n",
                 "ZRANGE z 0 1 LIMIT 0 1");
    expect_reply(&f, "-ERR syntax error, WITHSCORES not supported in combination with BYLEX\n",
                 "ZRANGE z - + BYLEX WITHSCORES");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n*2\n$1\na\n,1\n*2\n$1\nb\n,2\n", "ZRANGE z 0 1 WITHSCORES");
    expect_reply(&f, "*1\n*2\n$1\nd\n,4\n", "ZREVRANGEBYSCORE z 9 4 WITHSCORES");
}

static void test_ranges_of_names(void **state) {
    fixture_run(&f, "ZADD z 0 a 0 b 0 ba 0 c");
    expect_reply(&f, "*4\n$1\na\n$1\nb\n$2\nba\n$1\nc\n", "ZRANGEBYLEX z - +");
    expect_reply(&f, "*2\n$1\nb\n$2\nba\n", "ZRANGEBYLEX z [b (c");
    expect_reply(&f, "*2\n$2\nba\n$1\nb\n", "ZREVRANGEBYLEX z (c [b");
    expect_reply(&f, "*1\n$2\nba\n", "ZRANGE z (c (b BYLEX REV LIMIT 0 1");
    expect_reply(&f, "*0\n", "ZRANGEBYLEX z + -");
    expect_reply(&f, "*0\n", "ZRANGEBYLEX z (b (b");
    expect_reply(&f, ":3\n", "ZLEXCOUNT z (a +");
    expect_reply(&f, ":0\n", "ZLEXCOUNT none - +");
    static const char *const bad[] = {"a +", "- b", "'' +", "-x +", "+y -"};
    for (size_t i = 0; i < 5; i++)
        expect_reply(&f, "-ERR min or max not valid string range item\n", "ZLEXCOUNT z %s", bad[i]);
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":2\n", "ZREMRANGEBYLEX z [b (c");
    expect_told("zremrangebylex z", 2, "ZREMRANGEBYLEX z [b (c");
    expect_content("z", "a 0 c 0");
}

static void test_removed_ranges(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":2\n", "ZREMRANGEBYRANK z 1 2");
    expect_told("zremrangebyrank z", 2, "ZREMRANGEBYRANK z 1 2");
    expect_content("z", "a 1 d 4 e 5 f 6");
    expect_reply(&f, ":1\n", "ZREMRANGEBYSCORE z (4 5");
    expect_told("zremrangebyscore z", 1, "ZREMRANGEBYSCORE z (4 5");
    expect_reply(&f, ":0\n", "ZREMRANGEBYSCORE z 100 200");
    expect_reply(&f, ":0\n", "ZREMRANGEBYRANK none 0 -1");
    expect_told("", 0, "");
    expect_reply(&f, ":3\n", "ZREMRANGEBYRANK z 0 -1");
    expect_told("zremrangebyrank z, del z", 3, "ZREMRANGEBYRANK z 0 -1");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
}

static void test_stored_range(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":2\n", "ZRANGESTORE d z 0 1 REV");
    expect_told("zrangestore d", 1, "ZRANGESTORE d z 0 1 REV");
    expect_content("d", "b 2 c 3");
    expect_reply(&f, ":1\n", "ZRANGESTORE d z (1 +inf BYSCORE LIMIT 1 1");
    expect_content("d", "c 3");
    expect_reply(&f, ":2\n", "ZRANGESTORE z z 0 1");
    expect_content("z", "a 1 b 2");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":0\n", "ZRANGESTORE d z 5 9");
    expect_told("del d", 1, "ZRANGESTORE d z 5 9");
    expect_reply(&f, ":0\n", "ZRANGESTORE d none 5 9");
    expect_told("", 0, "");
    expect_reply(&f, "-ERR syntax error\n", "ZRANGESTORE d z 0 1 WITHSCORES");
    fixture_run(&f, "SET s x");
    expect_reply(&f, ":1\n", "ZRANGESTORE s z 0 0");
    expect_content("s", "a 1");
}

static void test_pops(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c 4 d");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, "*2\n$1\na\n$1\n1\n", "ZPOPMIN z");
    expect_told("zpopmin z", 1, "ZPOPMIN z");
    expect_reply(&f, "*4\n$1\nd\n$1\n4\n$1\nc\n$1\n3\n", "ZPOPMAX z 2");
    expect_told("zpopmax z", 2, "ZPOPMAX z 2");
    expect_reply(&f, "*0\n", "ZPOPMIN z 0");
    expect_reply(&f, "*0\n", "ZPOPMIN none");
    expect_told("", 0, "");
    f.session.reply.proto = 3;
    expect_reply(&f, "*1\n*2\n$1\nb\n,2\n", "ZPOPMIN z 9");
    expect_told("zpopmin z, del z", 1, "ZPOPMIN z 9");
    fixture_run(&f, "ZADD z 1 a");
    expect_reply(&f, "*2\n$1\na\n,1\n", "ZPOPMAX z");
    f.session.reply.proto = 2;
    expect_reply(&f, "-ERR value is out of range, must be positive\n", "ZPOPMIN z -1");
    expect_reply(&f, "-ERR value is out of range, must be positive\n", "ZPOPMIN z x");
    expect_reply(&f, "-ERR syntax error\n", "ZPOPMIN z 1 2");
}

static void test_pop_of_several(void **state) {
    fixture_run(&f, "ZADD z 1 a 2 b 3 c");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, "*2\n$1\nz\n*1\n*2\n$1\na\n$1\n1\n", "ZMPOP 2 none z MIN");
    expect_told("zpopmin z", 1, "ZPOPMIN z 1");
    expect_reply(&f, "*2\n$1\nz\n*2\n*2\n$1\nc\n$1\n3\n*2\n$1\nb\n$1\n2\n", "ZMPOP 1 z max COUNT 9");
    expect_told("zpopmax z, del z", 2, "ZPOPMAX z 2");
    expect_reply(&f, "*-1\n", "ZMPOP 2 none z MIN");
    expect_told("", 0, "");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "ZMPOP 0 z MIN");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "ZMPOP x z MIN");
    expect_reply(&f, "-ERR count should be greater than 0\n", "ZMPOP 1 z MIN COUNT 0");
    static const char *const bad[] = {"2 z MIN",
                                      "1 z",
                                      "1 z middle",
                                      "1 z MIN COUNT",
                                      "1 z MIN COUNT 1 COUNT 1",
                                      "1 z MIN x 1",
                                      "9223372036854775807 z MIN"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_memory_equal(fixture_run(&f, "ZMPOP %s", bad[i]), i == 1 ? "-ERR wrong" : "-ERR synta", 10);
}

/* --- algebra --- */

static void test_union(void **state) {
    fixture_run(&f, "ZADD x 1 a 2 b");
    fixture_run(&f, "ZADD y 10 b 20 c");
    fixture_run(&f, "SADD s a d");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, "*3\n$1\na\n$1\nb\n$1\nc\n", "ZUNION 2 x y");
    expect_reply(&f, "*6\n$1\na\n$1\n1\n$1\nb\n$2\n12\n$1\nc\n$2\n20\n", "ZUNION 2 x y WITHSCORES");
    expect_reply(&f, ":3\n", "ZUNIONSTORE d 2 x y WEIGHTS 2 0.5 AGGREGATE MAX");
    expect_told("zunionstore d", 1, "ZUNIONSTORE d 2 x y WEIGHTS 2 0.5 AGGREGATE MAX");
    expect_content("d", "a 2 b 5 c 10");
    expect_reply(&f, ":4\n", "ZUNIONSTORE d 4 x y s none AGGREGATE MIN");
    expect_content("d", "a 1 d 1 b 2 c 20");
    expect_reply(&f, ":3\n", "ZUNIONSTORE d 2 x s WEIGHTS 1 3");
    expect_content("d", "b 2 d 3 a 4");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n*2\n$1\na\n,2\n*2\n$1\nb\n,4\n", "ZUNION 2 x x WITHSCORES");
}

static void test_intersection(void **state) {
    fixture_run(&f, "ZADD x 1 a 2 b 3 c");
    fixture_run(&f, "ZADD y 10 b 20 c 30 d");
    fixture_run(&f, "SADD s b z");
    expect_reply(&f, "*4\n$1\nb\n$2\n12\n$1\nc\n$2\n23\n", "ZINTER 2 x y WITHSCORES");
    expect_reply(&f, ":1\n", "ZINTERSTORE d 3 x y s WEIGHTS 1 1 100");
    expect_content("d", "b 112");
    expect_reply(&f, ":3\n", "ZINTERSTORE d 2 x x");
    expect_content("d", "a 2 b 4 c 6");
    fixture_events(&f), fixture_dirty(&f), fixture_journal(&f);
    expect_reply(&f, ":0\n", "ZINTERSTORE d 2 x none");
    expect_told("del d", 1, "ZINTERSTORE d 2 x none");
    expect_reply(&f, ":2\n", "ZINTERCARD 2 x y");
    expect_reply(&f, ":1\n", "ZINTERCARD 2 x y LIMIT 1");
    expect_reply(&f, ":2\n", "ZINTERCARD 2 x y LIMIT 0");
    expect_reply(&f, ":0\n", "ZINTERCARD 2 x none");
    expect_reply(&f, "-ERR LIMIT can't be negative\n", "ZINTERCARD 2 x y LIMIT -1");
    expect_reply(&f, "-ERR syntax error\n", "ZINTERCARD 2 x y WITHSCORES");
    expect_reply(&f, "-ERR syntax error\n", "ZINTERCARD 2 x y WEIGHTS 1 1");
}

static void test_difference(void **state) {
    fixture_run(&f, "ZADD x 1 a 2 b 3 c");
    fixture_run(&f, "ZADD y 10 b");
    fixture_run(&f, "SADD s c");
    expect_reply(&f, "*4\n$1\na\n$1\n1\n$1\nc\n$1\n3\n", "ZDIFF 2 x y WITHSCORES");
    expect_reply(&f, "*1\n$1\na\n", "ZDIFF 4 x none y s");
    expect_reply(&f, "*0\n", "ZDIFF 2 x x");
    expect_reply(&f, "*0\n", "ZDIFF 2 none x");
    expect_reply(&f, ":2\n", "ZDIFFSTORE d 2 x y");
    expect_content("d", "a 1 c 3");
    expect_reply(&f, "-ERR syntax error\n", "ZDIFF 2 x y AGGREGATE SUM");
    expect_reply(&f, "-ERR syntax error\n", "ZDIFFSTORE d 2 x y WITHSCORES");
}

static void test_algebra_of_infinities(void **state) {
    fixture_run(&f, "ZADD x inf a");
    fixture_run(&f, "ZADD y -inf a");
    expect_reply(&f, "*2\n$1\na\n$1\n0\n", "ZUNION 2 x y WITHSCORES");
    expect_reply(&f, "*2\n$1\na\n$1\n0\n", "ZINTER 2 x y WITHSCORES");
    expect_reply(&f, "*2\n$1\na\n$1\n0\n", "ZUNION 1 x WEIGHTS 0 WITHSCORES");
    expect_reply(&f, "*2\n$1\na\n$4\n-inf\n", "ZINTER 2 x y AGGREGATE MIN WITHSCORES");
}

static void test_algebra_errors(void **state) {
    fixture_run(&f, "ZADD x 1 a");
    expect_reply(&f, "-ERR at least 1 input key is needed for 'zunion' command\n", "ZUNION 0 x");
    expect_reply(&f, "-ERR at least 1 input key is needed for 'zinterstore' command\n", "ZINTERSTORE d -1 x");
    expect_reply(&f, "-ERR value is not an integer or out of range\n", "ZDIFF a x");
    expect_reply(&f, "-ERR syntax error\n", "ZUNION 2 x");
    expect_reply(&f, "-ERR weight value is not a float\n", "ZUNION 1 x WEIGHTS q");
    expect_reply(&f, "-ERR syntax error\n", "ZUNION 1 x WEIGHTS");
    expect_reply(&f, "-ERR syntax error\n", "ZUNION 1 x AGGREGATE AVG");
    expect_reply(&f, "-ERR syntax error\n", "ZUNIONSTORE d 1 x WITHSCORES");
    expect_reply(&f, "-ERR syntax error\n", "ZUNION 1 x LIMIT 1");
}

static void test_wrong_type(void **state) {
    static const char *const commands[] = {
        "ZADD s 1 a",
        "ZADD s XX 1 a",
        "ZINCRBY s 1 a",
        "ZREM s a",
        "ZCARD s",
        "ZSCORE s a",
        "ZMSCORE s a",
        "ZRANK s a",
        "ZREVRANK s a",
        "ZRANGE s 0 1",
        "ZREVRANGE s 0 1",
        "ZRANGEBYSCORE s 0 1",
        "ZREVRANGEBYSCORE s 0 1",
        "ZRANGEBYLEX s - +",
        "ZREVRANGEBYLEX s + -",
        "ZRANGESTORE d s 0 1",
        "ZCOUNT s 0 1",
        "ZLEXCOUNT s - +",
        "ZREMRANGEBYRANK s 0 1",
        "ZREMRANGEBYSCORE s 0 1",
        "ZREMRANGEBYLEX s - +",
        "ZPOPMIN s",
        "ZPOPMAX s 0",
        "ZMPOP 2 none s MIN",
        "ZSCAN s 0 nonsense",
        "ZRANDMEMBER s",
        "ZRANDMEMBER s 2",
        "ZUNION 2 none s nonsense",
        "ZINTERSTORE d 2 none s",
        "ZDIFF 1 s",
        "ZINTERCARD 1 s",
    };
    fixture_run(&f, "SET s x");
    fixture_dirty(&f);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_string_equal(fixture_run(&f, "%s", commands[i]),
                            "-WRONGTYPE Operation against a key holding the wrong kind of value\n");
    assert_int_equal(fixture_dirty(&f), 0);
}

/* --- some at a time, and drawn --- */

static void test_scan(void **state) {
    fixture_run(&f, "ZADD z 1.5 a");
    check_scan_words(&f, "ZSCAN", "z", "*2\n$1\na\n$3\n1.5\n");
    fixture_run(&f, "ZADD i -inf a");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n$1\n0\n*2\n$1\na\n$4\n-inf\n", "ZSCAN i 0");
}

/* As in Redis: the scores of large ones come with all their digits. */
static void test_scan_of_long_scores(void **state) {
    fixture_run(&f, "ZADD z 3.1 a");
    if (f.keyspace.conf.zset_max_listpack_entries)
        expect_reply(&f, "*2\n$1\n0\n*2\n$1\na\n$3\n3.1\n", "ZSCAN z 0");
    else
        expect_reply(&f, "*2\n$1\n0\n*2\n$1\na\n$18\n3.1000000000000001\n", "ZSCAN z 0");
}

static void test_scan_goes_over_all(void **state) {
    check_scan_goes_over_all(&f, "ZSCAN", "z", "ZADD z %2$d member%1$d");
}

static void test_random_members(void **state) {
    fixture_run(&f, "ZADD z 1 a");
    check_draw_words(&f, "ZRANDMEMBER", "z", "WITHSCORES");
    fixture_run(&f, "ZADD z 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j");
    check_draw_counts(&f, "ZRANDMEMBER", "z");
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_small, close_fixture), {                                      \
#test " (large)", test, open_large, close_fixture, NULL                                              \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_add),
        BOTH(test_add_conditions),
        BOTH(test_increments),
        BOTH(test_remove),
        BOTH(test_rank),
        BOTH(test_ranges),
        BOTH(test_ranges_of_names),
        BOTH(test_removed_ranges),
        BOTH(test_stored_range),
        BOTH(test_pops),
        BOTH(test_pop_of_several),
        BOTH(test_union),
        BOTH(test_intersection),
        BOTH(test_difference),
        BOTH(test_algebra_of_infinities),
        BOTH(test_algebra_errors),
        BOTH(test_wrong_type),
        BOTH(test_scan),
        BOTH(test_scan_of_long_scores),
        cmocka_unit_test_setup_teardown(test_scan_goes_over_all, open_small, close_fixture),
        BOTH(test_random_members),
    };
    return cmocka_run_group_tests_name("commands/zset", tests, NULL, NULL);
}
