/* The commands on streams: replies, errors, events, counts of changes, and what the journal gets. Ids are
 * given, or the test knows the time. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/stream_group.h"
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;

static int open_fixture(void **state) {
    static const struct command_binding *const families[] = {COMMAND_FAMILIES, NULL};
    fixture_open(&f, families);
    return 0;
}

/* The same tests once more with every entry in a node of its own. */
static int open_small_nodes(void **state) {
    open_fixture(state);
    f.keyspace.conf.stream_node_max_entries = 1;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

static void expect_told(const char *events, uint64_t dirty, const char *journal) {
    assert_string_equal(fixture_events(&f), events);
    assert_int_equal(fixture_dirty(&f), dirty);
    assert_string_equal(fixture_journal(&f), journal);
}

static void forget(void) {
    fixture_events(&f);
    fixture_dirty(&f);
    fixture_journal(&f);
}

#define ERR_ID  "-ERR Invalid stream ID specified as stream command argument\n"
#define ERR_TOP "-ERR The ID specified in XADD is equal or smaller than the target stream top item\n"
#define ERR_INT "-ERR value is not an integer or out of range\n"

/* A simple stream: entries 1-0 to n-0, each with a field f and its number. */
static void fill(int n) {
    for (int i = 1; i <= n; i++)
        fixture_run(&f, "XADD s %d-0 f %d", i, i);
    forget();
}

/* --- adding --- */

static void test_add(void **state) {
    expect_reply(&f, "$3\n1-0\n", "XADD s 1 a b");
    expect_told("xadd s", 1, "XADD s 1 a b");
    expect_reply(&f, "$3\n1-5\n", "XADD s 1-5 a b c d");
    expect_reply(&f, ERR_TOP, "XADD s 1-5 a b");
    expect_reply(&f, ERR_TOP, "XADD s 0-9 a b");
    expect_reply(&f, "-ERR The ID specified in XADD must be greater than 0-0\n", "XADD s 0-0 a b");
    expect_reply(&f, "-ERR The ID specified in XADD must be greater than 0-0\n", "XADD new 0 a b");
    expect_reply(&f, "-ERR wrong number of arguments for 'xadd' command\n", "XADD s 2 a b c");
    expect_reply(&f, "-ERR wrong number of arguments for 'xadd' command\n", "XADD s NOMKSTREAM MAXLEN 1");
    static const char *const bad[] = {
        "x", "-", "+", "1-", "1-x", "-1", "1--1", "1.5", "''", "1-2-3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        expect_reply(&f, ERR_ID, "XADD s %s a b", bad[i]);
    expect_reply(&f, "$-1\n", "XADD none NOMKSTREAM * a b");
    assert_int_equal(keyspace_count(&f.keyspace), 1);
    expect_reply(&f, "*2\n*2\n$3\n1-0\n*2\n$1\na\n$1\nb\n*2\n$3\n1-5\n*4\n$1\na\n$1\nb\n$1\nc\n$1\nd\n",
                 "XRANGE s - +");
    expect_reply(&f, ":2\n", "XLEN s");
    expect_reply(&f, ":0\n", "XLEN none");
    expect_reply(&f, "+stream\n", "TYPE s");
    expect_reply(&f, "$6\nstream\n", "OBJECT ENCODING s");
}

static void test_made_ids(void **state) {
    keyspace_set_now(&f.keyspace, 5000);
    expect_reply(&f, "$6\n5000-0\n", "XADD s * a b");
    expect_told("xadd s", 1, "XADD s 5000-0 a b");
    expect_reply(&f, "$6\n5000-1\n", "XADD s * a b");
    expect_reply(&f, "$6\n6000-0\n", "XADD s 6000-* a b");
    expect_reply(&f, "$6\n6000-1\n", "XADD s * a b"); /* the clock is behind */
    forget();
    expect_reply(&f, "$6\n6000-2\n", "XADD s NOMKSTREAM 6000-* a b");
    expect_told("xadd s", 1, "XADD s NOMKSTREAM 6000-2 a b");
    expect_reply(&f, ERR_TOP, "XADD s 5999-* a b");
    expect_reply(&f, "$3\n0-1\n", "XADD zero 0-* a b");
    expect_reply(&f, ERR_ID, "XADD s x-* a b");
    expect_reply(&f, ERR_ID, "XADD s -* a b");
    expect_reply(&f, "$41\n18446744073709551614-18446744073709551615\n",
                 "XADD s 18446744073709551614-18446744073709551615 a b");
    expect_reply(&f, ERR_TOP, "XADD s 18446744073709551614-* a b");
    expect_reply(&f, "$22\n18446744073709551615-0\n", "XADD s * a b");
    expect_reply(&f, "$41\n18446744073709551615-18446744073709551615\n",
                 "XADD s 18446744073709551615-18446744073709551615 a b");
    expect_reply(&f, "-ERR The stream has exhausted the last possible ID, unable to add more items\n",
                 "XADD s * a b");
}

static void test_trimming_options(void **state) {
    fill(10);
    expect_reply(&f, "$4\n11-0\n", "XADD s MAXLEN 5 11 f v");
    expect_told("xadd s, xtrim s", 1, "XADD s MAXLEN 5 11 f v");
    expect_reply(&f, ":5\n", "XLEN s");
    expect_reply(&f, "$4\n12-0\n", "XADD s minid = 10 12 f v");
    expect_reply(&f, ":3\n", "XLEN s");
    expect_reply(&f, "$4\n13-0\n", "XADD s MAXLEN 100 13 f v");
    forget();
    expect_reply(&f, ":2\n", "XTRIM s MAXLEN = 2");
    expect_told("xtrim s", 2, "XTRIM s MAXLEN = 2");
    expect_reply(&f, ":0\n", "XTRIM s MINID 5");
    expect_told("", 0, "");
    expect_reply(&f, ":0\n", "XTRIM none MINID 5");
    static const char *const exclusive =
        "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible\n";
    expect_reply(&f, exclusive, "XADD s MAXLEN 5 MINID 5 20 f v");
    expect_reply(&f, exclusive, "XTRIM s MINID 5 MINID 5");
    expect_reply(&f, "-ERR syntax error, LIMIT cannot be used without the special ~ option\n",
                 "XTRIM s MAXLEN = 5 LIMIT 5");
    expect_reply(&f, "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy\n",
                 "XADD s LIMIT 5 20 f v");
    expect_reply(&f, "-ERR syntax error, XTRIM must be called with a trimming strategy\n", "XTRIM s LIMIT 0");
    expect_reply(&f, "-ERR The MAXLEN argument must be >= 0.\n", "XTRIM s MAXLEN -1");
    expect_reply(&f, "-ERR The LIMIT argument must be >= 0.\n", "XTRIM s MAXLEN ~ 1 LIMIT -1");
    expect_reply(&f, ERR_INT, "XTRIM s MAXLEN x");
    expect_reply(&f, ERR_INT, "XTRIM s MAXLEN ~ 1 LIMIT x");
    expect_reply(&f, ERR_ID, "XTRIM s MINID x");
    expect_reply(&f, "-ERR syntax error\n", "XTRIM s FOO 1");
    expect_reply(&f, "-ERR syntax error\n", "XTRIM s MAXLEN 1 NOMKSTREAM");
}

/* What the nodes decide is journaled as it came out. */
static void test_approximate_trimming(void **state) {
    f.keyspace.conf.stream_node_max_entries = 10;
    fill(100);
    expect_reply(&f, ":30\n", "XTRIM s MAXLEN ~ 65");
    expect_told("xtrim s", 30, "XTRIM s MAXLEN = 70");
    expect_reply(&f, ":10\n", "XTRIM s MINID ~ 85 LIMIT 19");
    expect_told("xtrim s", 10, "XTRIM s MINID = 41-0");
    expect_reply(&f, ":0\n", "XTRIM s MAXLEN ~ 55");
    expect_told("", 0, "");
    expect_reply(&f, "$5\n101-0\n", "XADD s LIMIT 15 MAXLEN ~ 42 NOMKSTREAM 101-* f v");
    expect_told("xadd s, xtrim s", 1, "XADD s MAXLEN = 51 NOMKSTREAM 101-0 f v");
    expect_reply(&f, "$5\n102-0\n", "XADD s MINID ~ 1 102 f v");
    expect_told("xadd s", 1, "XADD s MINID = 51-0 102-0 f v");
    f.keyspace.conf.stream_node_max_entries = 1; /* and by default no more than a hundred nodes' worth go */
    for (int i = 200; i < 400; i++)
        fixture_run(&f, "XADD s %d f v", i);
    forget();
    expect_reply(&f, ":100\n", "XTRIM s MAXLEN ~ 0"); /* five nodes of ten, one of two, 48 of one */
    expect_reply(&f, ":152\n", "XTRIM s MAXLEN ~ 0 LIMIT 0");
    expect_reply(&f, ":0\n", "XLEN s");
    forget();
    expect_reply(&f, "$3\n0-1\n", "XADD new MINID ~ 29 LIMIT 15 0-* f v"); /* gone at once: its node is old */
    expect_told("xadd new, xtrim new", 1, "XADD new MINID = 29-0 0-1 f v");
    expect_reply(&f, ":0\n", "XLEN new");
}

static void test_delete(void **state) {
    fill(3);
    expect_reply(&f, ":1\n", "XDEL s 2-0 2-0 7-7");
    expect_told("xdel s", 1, "XDEL s 2-0 2-0 7-7");
    expect_reply(&f, ":0\n", "XDEL s 2");
    expect_reply(&f, ":0\n", "XDEL none 2");
    expect_told("", 0, "");
    expect_reply(&f, ERR_ID, "XDEL s 1 x");
    expect_reply(&f, ":2\n", "XLEN s");
    expect_reply(&f, ":2\n", "XDEL s 1 3-0");
    expect_told("xdel s", 2, "XDEL s 1 3-0");
    expect_reply(&f, ":0\n", "XLEN s");
    expect_reply(&f, ":1\n", "EXISTS s"); /* a stream stays */
    expect_reply(&f, ERR_TOP, "XADD s 3 a b");
}

static void test_set_id(void **state) {
    fill(3);
    expect_reply(&f, "+OK\n", "XSETID s 9-9");
    expect_told("xsetid s", 1, "XSETID s 9-9");
    expect_reply(&f, ERR_TOP, "XADD s 9-9 a b");
    expect_reply(&f, "+OK\n", "XSETID s 10 ENTRIESADDED 77 MAXDELETEDID 2-5");
    expect_reply(&f, "-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id\n",
                 "XSETID s 2-4");
    expect_reply(&f, "-ERR The ID specified in XSETID is smaller than the target stream top item\n",
                 "XSETID s 2-9");
    expect_reply(&f, "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id\n",
                 "XSETID s 10 MAXDELETEDID 11");
    expect_reply(&f, "-ERR The entries_added specified in XSETID is smaller than the target stream length\n",
                 "XSETID s 10 ENTRIESADDED 2");
    expect_reply(&f, "-ERR entries_added must be positive\n", "XSETID s 10 ENTRIESADDED -1");
    expect_reply(&f, "-ERR syntax error\n", "XSETID s 10 ENTRIESADDED");
    expect_reply(&f, "-ERR syntax error\n", "XSETID s 10 FOO 1");
    expect_reply(&f, "-ERR no such key\n", "XSETID none 1-1");
    expect_reply(&f, ERR_ID, "XSETID s x");
}

static void test_range(void **state) {
    fill(5);
    static const char *const two = "*2\n*2\n$3\n2-0\n*2\n$1\nf\n$1\n2\n*2\n$3\n3-0\n*2\n$1\nf\n$1\n3\n";
    expect_reply(&f, two, "XRANGE s 2 3");
    expect_reply(&f, two, "XRANGE s (1 (4-0");
    expect_reply(&f, two, "XRANGE s (1-0 + COUNT 2");
    expect_reply(&f, "*1\n*2\n$3\n3-0\n*2\n$1\nf\n$1\n3\n", "XREVRANGE s 3 2 COUNT 1");
    expect_reply(&f, "*0\n", "XRANGE s 3 2");
    expect_reply(&f, "*0\n", "XRANGE s 6 +");
    expect_reply(&f, "*0\n", "XREVRANGE s 0-5 -");
    expect_reply(&f, "*-1\n", "XRANGE s - + COUNT 0");
    expect_reply(&f, "*-1\n", "XREVRANGE s + - COUNT -5");
    expect_reply(&f, "*0\n", "XRANGE none - + COUNT 0");
    expect_reply(&f, ERR_ID, "XRANGE s x +");
    expect_reply(&f, ERR_ID, "XRANGE s - (");
    expect_reply(&f, ERR_ID, "XRANGE s (- +");
    expect_reply(&f, "-ERR invalid start ID for the interval\n",
                 "XRANGE s (18446744073709551615-18446744073709551615 +");
    expect_reply(&f, "-ERR invalid end ID for the interval\n", "XRANGE s - (0-0");
    expect_reply(&f, "-ERR syntax error\n", "XRANGE s - + COUNT");
    expect_reply(&f, "-ERR syntax error\n", "XRANGE s - + LIMIT 1");
    expect_reply(&f, ERR_INT, "XRANGE s - + COUNT x");
}

/* --- groups --- */

static void test_group(void **state) {
    static const char *const no_key = "-ERR The XGROUP subcommand requires the key to exist. Note that for "
                                      "CREATE you may want to use the MKSTREAM "
                                      "option to create an empty stream automatically.\n";
    static const char *const no_group = "-NOGROUP No such consumer group 'g' for key name 's'\n";
    expect_reply(&f, no_key, "XGROUP CREATE s g 0");
    expect_reply(&f, no_key, "XGROUP DESTROY s g");
    expect_reply(&f, ERR_ID, "XGROUP CREATE s g x MKSTREAM");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    expect_reply(&f, "+OK\n", "XGROUP CREATE s h $ MKSTREAM");
    expect_told("xgroup-create s", 1, "XGROUP CREATE s h $ MKSTREAM");
    expect_reply(&f, "-BUSYGROUP Consumer Group name already exists\n", "XGROUP CREATE s h 0 MKSTREAM");
    expect_reply(&f, no_group, "XGROUP SETID s g 0");
    expect_reply(&f, no_group, "XGROUP CREATECONSUMER s g c");
    expect_reply(&f, no_group, "XGROUP DELCONSUMER s g c");
    expect_reply(&f, ":0\n", "XGROUP DESTROY s g");
    expect_told("", 0, "");
    expect_reply(&f, "+OK\n", "XGROUP CREATE s g 5-5 ENTRIESREAD 3");
    expect_reply(&f, "-ERR value for ENTRIESREAD must be positive or -1\n",
                 "XGROUP CREATE s i 0 ENTRIESREAD -2");
    static const char *const unknown =
        "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.\n";
    expect_reply(&f, unknown, "XGROUP CREATE s i 0 FOO");
    expect_reply(&f, unknown, "XGROUP CREATE s i 0 ENTRIESREAD");
    expect_reply(&f, unknown, "XGROUP CREATE s i 0 MKSTREAM MKSTREAM ENTRIESREAD 1 MKSTREAM");
    forget();
    expect_reply(&f, ":1\n", "XGROUP CREATECONSUMER s g c");
    expect_told("xgroup-createconsumer s", 1, "XGROUP CREATECONSUMER s g c");
    expect_reply(&f, ":0\n", "XGROUP CREATECONSUMER s g c");
    expect_told("", 0, "");
    expect_reply(&f, "+OK\n", "XGROUP SETID s g - ENTRIESREAD 0");
    expect_told("xgroup-setid s", 1, "XGROUP SETID s g - ENTRIESREAD 0");
    expect_reply(&f, ":0\n", "XGROUP DELCONSUMER s g c");
    expect_told("xgroup-delconsumer s", 1, "XGROUP DELCONSUMER s g c");
    expect_reply(&f, ":0\n", "XGROUP DELCONSUMER s g c");
    expect_reply(&f, ":1\n", "XGROUP DESTROY s g");
    expect_told("xgroup-destroy s", 1, "XGROUP DESTROY s g");
    assert_int_equal(strncmp(fixture_run(&f, "XGROUP HELP"), "*", 1), 0);
}

/* Entries 1-0 to 4-0 pending with alice, delivered at 1,000. */
static void pend(void) {
    keyspace_set_now(&f.keyspace, 1000);
    fill(5);
    fixture_run(&f, "XGROUP CREATE s g 0");
    fixture_run(&f, "XCLAIM s g alice 0 1 2 3 4 FORCE RETRYCOUNT 1");
    forget();
}

static void test_pending(void **state) {
    pend();
    keyspace_set_now(&f.keyspace, 1500);
    fixture_run(&f, "XCLAIM s g bob 0 3 JUSTID");
    keyspace_set_now(&f.keyspace, 1600);
    expect_reply(&f, "*4\n:4\n$3\n1-0\n$3\n4-0\n*2\n*2\n$5\nalice\n$1\n3\n*2\n$3\nbob\n$1\n1\n",
                 "XPENDING s g");
    expect_reply(&f, "*2\n*4\n$3\n3-0\n$3\nbob\n:100\n:1\n*4\n$3\n4-0\n$5\nalice\n:600\n:1\n",
                 "XPENDING s g 3 + 9");
    expect_reply(&f, "*1\n*4\n$3\n3-0\n$3\nbob\n:100\n:1\n", "XPENDING s g - + 9 bob");
    expect_reply(&f, "*1\n*4\n$3\n4-0\n$5\nalice\n:600\n:1\n", "XPENDING s g IDLE 101 (2 + 1");
    expect_reply(&f, "*0\n", "XPENDING s g IDLE 101 - + 9 bob");
    expect_reply(&f, "*0\n", "XPENDING s g - + 9 nobody");
    expect_reply(&f, "*0\n", "XPENDING s g - + 9 nobody and more");
    expect_reply(&f, "*0\n", "XPENDING s g - + 0");
    expect_reply(&f, "*0\n", "XPENDING s g - + -1");
    expect_reply(&f, "-NOGROUP No such key 's' or consumer group 'x'\n", "XPENDING s x");
    expect_reply(&f, "-NOGROUP No such key 'none' or consumer group 'g'\n", "XPENDING none g - + 1");
    static const char *const bad[] = {"- +", "IDLE 5 - +", "- + 1 c d e f", "IDLE 5 - + 1 c d"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        expect_reply(&f, "-ERR syntax error\n", "XPENDING s g %s", bad[i]);
    expect_reply(&f, ERR_INT, "XPENDING s g - + x");
    expect_reply(&f, ERR_INT, "XPENDING s g IDLE x - + 1");
    expect_reply(&f, ERR_ID, "XPENDING s g x + 1");
    expect_told("xgroup-createconsumer s", 2,
                "XCLAIM s g bob 0 3-0 TIME 1500 RETRYCOUNT 1 FORCE JUSTID LASTID 0-0");
    expect_reply(&f, ":3\n", "XGROUP DELCONSUMER s g alice");
    expect_reply(&f, "*4\n:1\n$3\n3-0\n$3\n3-0\n*1\n*2\n$3\nbob\n$1\n1\n", "XPENDING s g");
    expect_reply(&f, ":1\n", "XACK s g 3");
    expect_reply(&f, "*4\n:0\n$-1\n$-1\n*-1\n", "XPENDING s g");
}

static void test_ack(void **state) {
    pend();
    expect_reply(&f, ":2\n", "XACK s g 1 2-0 2-0 9");
    expect_told("", 2, "XACK s g 1 2-0 2-0 9");
    expect_reply(&f, ":0\n", "XACK s g 1");
    expect_reply(&f, ":0\n", "XACK s none x");
    expect_reply(&f, ":0\n", "XACK none g x");
    expect_told("", 0, "");
    expect_reply(&f, ERR_ID, "XACK s g 3 x");
    expect_reply(&f, "*2\n*4\n$3\n3-0\n$5\nalice\n:0\n:1\n*4\n$3\n4-0\n$5\nalice\n:0\n:1\n",
                 "XPENDING s g - + 9");
}

static void test_claim(void **state) {
    pend();
    keyspace_set_now(&f.keyspace, 2000);
    expect_reply(&f, "*1\n*2\n$3\n1-0\n*2\n$1\nf\n$1\n1\n", "XCLAIM s g bob 1000 1 9 5");
    expect_told("xgroup-createconsumer s", 2,
                "XCLAIM s g bob 0 1-0 TIME 2000 RETRYCOUNT 2 FORCE JUSTID LASTID 0-0");
    expect_reply(&f, "*0\n", "XCLAIM s g bob 1001 2");
    expect_told("", 0, "");
    expect_reply(&f, "*1\n$3\n2-0\n", "XCLAIM s g bob 1000 2 JUSTID IDLE 300");
    expect_told("", 1, "XCLAIM s g bob 0 2-0 TIME 1700 RETRYCOUNT 1 FORCE JUSTID LASTID 0-0");
    expect_reply(&f, "*1\n$3\n5-0\n", "XCLAIM s g bob 0 5 JUSTID FORCE TIME 1234 RETRYCOUNT 9 LASTID 5-0");
    expect_told("", 1, "XCLAIM s g bob 0 5-0 TIME 1234 RETRYCOUNT 9 FORCE JUSTID LASTID 5-0");
    expect_reply(&f, "*0\n", "XCLAIM s g carol 0 9 LASTID 6-0");
    expect_told("xgroup-createconsumer s", 2,
                "XGROUP SETID s g 6-0 ENTRIESREAD -1, XGROUP CREATECONSUMER s g carol");
    fixture_run(&f, "XDEL s 3 4"); /* gone from the stream: gone from what is pending */
    forget();
    expect_reply(&f, "*0\n", "XCLAIM s g bob 5000 3 FORCE");
    expect_told("", 1, "XCLAIM s g alice 0 3-0 TIME 1000 RETRYCOUNT 1 FORCE JUSTID LASTID 6-0");
    expect_reply(&f, "-NOGROUP No such key 's' or consumer group 'x'\n", "XCLAIM s x c 0 1");
    expect_reply(&f, "-ERR Invalid min-idle-time argument for XCLAIM\n", "XCLAIM s g c x 1");
    expect_reply(&f, "-ERR Unrecognized XCLAIM option 'x'\n", "XCLAIM s g c 0 1 x");
    expect_reply(&f, "-ERR Unrecognized XCLAIM option 'IDLE'\n", "XCLAIM s g c 0 1 IDLE");
    expect_reply(&f, "-ERR Invalid IDLE option argument for XCLAIM\n", "XCLAIM s g c 0 1 IDLE x");
    expect_reply(&f, "-ERR Invalid TIME option argument for XCLAIM\n", "XCLAIM s g c 0 1 TIME x");
    expect_reply(&f, "-ERR Invalid RETRYCOUNT option argument for XCLAIM\n", "XCLAIM s g c 0 1 RETRYCOUNT x");
    expect_reply(&f, ERR_ID, "XCLAIM s g c 0 1 LASTID x");
    expect_told("", 0, "");
}

static void test_autoclaim(void **state) {
    pend();
    keyspace_set_now(&f.keyspace, 2000);
    fixture_run(&f, "XDEL s 2");
    forget();
    expect_reply(&f, "*3\n$3\n3-0\n*1\n$3\n1-0\n*1\n$3\n2-0\n", "XAUTOCLAIM s g bob 1000 - COUNT 2 JUSTID");
    expect_told("xgroup-createconsumer s", 3,
                "XCLAIM s g bob 0 1-0 TIME 2000 RETRYCOUNT 1 FORCE JUSTID LASTID 0-0, "
                "XCLAIM s g alice 0 2-0 TIME 1000 RETRYCOUNT 1 FORCE JUSTID LASTID 0-0");
    expect_reply(&f, "*3\n$3\n0-0\n*1\n*2\n$3\n4-0\n*2\n$1\nf\n$1\n4\n*0\n", "XAUTOCLAIM s g bob 1000 (3");
    expect_reply(&f, "*3\n$3\n0-0\n*0\n*0\n", "XAUTOCLAIM s g bob 1001 0");
    expect_reply(&f, "-ERR COUNT must be > 0\n", "XAUTOCLAIM s g bob 0 0 COUNT 0");
    expect_reply(&f, "-ERR COUNT must be > 0\n", "XAUTOCLAIM s g bob 0 0 COUNT x");
    expect_reply(&f, "-ERR syntax error\n", "XAUTOCLAIM s g bob 0 0 COUNT");
    expect_reply(&f, "-ERR syntax error\n", "XAUTOCLAIM s g bob 0 0 FOO");
    expect_reply(&f, "-ERR Invalid min-idle-time argument for XAUTOCLAIM\n", "XAUTOCLAIM s g bob x 0");
    expect_reply(&f, ERR_ID, "XAUTOCLAIM s g bob 0 x");
    expect_reply(&f, "-NOGROUP No such key 's' or consumer group 'x'\n", "XAUTOCLAIM s x bob 0 0");
}

/* An iteration gives up after ten attempts for each id that is asked for. */
static void test_autoclaim_attempts(void **state) {
    keyspace_set_now(&f.keyspace, 1000);
    fill(50);
    fixture_run(&f, "XGROUP CREATE s g 0");
    for (int i = 1; i <= 50; i++)
        fixture_run(&f, "XCLAIM s g alice 0 %d FORCE", i);
    expect_reply(&f, "*3\n$4\n21-0\n*0\n*0\n", "XAUTOCLAIM s g bob 5 0 COUNT 2");
}

/* --- reading --- */

/* What XINFO says behind the name of a field. */
static const char *info_value(const char *key, const char *field) {
    static char line[64];
    char wanted[80];
    sprintf(wanted, "\n%s\n", field);
    const char *at = strstr(fixture_run(&f, "XINFO %s", key), wanted);
    assert_non_null(at);
    at += strlen(wanted);
    if (*at == '$' && at[1] != '-') at = strchr(at, '\n') + 1;
    sprintf(line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static void test_read(void **state) {
    fill(3);
    fixture_run(&f, "XADD t 7-7 g x");
    forget();
    expect_reply(&f, "*1\n*2\n$1\ns\n*1\n*2\n$3\n3-0\n*2\n$1\nf\n$1\n3\n", "XREAD STREAMS s 2");
    expect_reply(&f,
                 "*2\n*2\n$1\ns\n*1\n*2\n$3\n1-0\n*2\n$1\nf\n$1\n1\n"
                 "*2\n$1\nt\n*1\n*2\n$3\n7-7\n*2\n$1\ng\n$1\nx\n",
                 "XREAD COUNT 1 STREAMS s none t 0 0 7-6");
    expect_reply(&f, "*-1\n", "XREAD COUNT 1 STREAMS s none t 3 0 $");
    expect_reply(&f, "*-1\n", "XREAD STREAMS s 18446744073709551615-18446744073709551615");
    fixture_run(&f, "XDEL s 3");
    expect_reply(&f, "*-1\n", "XREAD STREAMS s 2");
    f.session.reply.proto = 3;
    expect_reply(&f, "%1\n$1\nt\n*1\n*2\n$3\n7-7\n*2\n$1\ng\n$1\nx\n", "XREAD COUNT -1 STREAMS t 0");
    expect_reply(&f, "_\n", "XREAD STREAMS t $");
    expect_told("xdel s", 1, "XDEL s 3");
}

static void test_read_errors(void **state) {
    fill(1);
    expect_reply(
        &f, "-ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.\n",
        "XREAD STREAMS s t 0");
    expect_reply(
        &f,
        "-ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.\n",
        "XREADGROUP GROUP g c COUNT 1 STREAMS s");
    expect_reply(&f, "-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.\n",
                 "XREAD GROUP g c STREAMS s 0");
    expect_reply(&f, "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.\n",
                 "XREAD NOACK STREAMS s 0");
    expect_reply(
        &f,
        "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
        "option.\n",
        "XREAD STREAMS s >");
    expect_reply(&f, "-ERR Missing GROUP option for XREADGROUP\n", "XREADGROUP COUNT 1 NOACK STREAMS s >");
    expect_reply(&f, "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\n",
                 "XREADGROUP GROUP g c STREAMS s >");
    fixture_run(&f, "XGROUP CREATE s g 0");
    assert_int_equal(
        strncmp(fixture_run(&f, "XREADGROUP GROUP g c STREAMS s $"), "-ERR The $ ID is meaningless", 28), 0);
    expect_reply(&f, ERR_ID, "XREAD STREAMS s x");
    expect_reply(&f, ERR_INT, "XREAD COUNT x STREAMS s 0");
    expect_reply(&f, "-ERR timeout is not an integer or out of range\n", "XREAD BLOCK x STREAMS s 0");
    expect_reply(&f, "-ERR timeout is negative\n", "XREAD BLOCK -1 STREAMS s 0");
    expect_reply(&f, "-ERR syntax error\n", "XREAD FOO 1 STREAMS s 0");
    expect_reply(&f, "-ERR syntax error\n", "XREAD COUNT 1 BLOCK 1");
    assert_string_equal(fixture_run(&f, "XINFO CONSUMERS s g"), "*0\n");
}

static void test_read_group(void **state) {
    keyspace_set_now(&f.keyspace, 1000);
    fill(3);
    fixture_run(&f, "XGROUP CREATE s g 0");
    forget();
    expect_reply(&f, "*1\n*2\n$1\ns\n*1\n*2\n$3\n1-0\n*2\n$1\nf\n$1\n1\n",
                 "XREADGROUP GROUP g alice COUNT 1 STREAMS s >");
    expect_told("xgroup-createconsumer s", 2,
                "XCLAIM s g alice 0 1-0 TIME 1000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-0, "
                "XGROUP SETID s g 1-0 ENTRIESREAD 1");
    expect_reply(&f, "*1\n*2\n$1\ns\n*1\n*2\n$3\n2-0\n*2\n$1\nf\n$1\n2\n",
                 "XREADGROUP GROUP g bob COUNT 1 NOACK STREAMS s >");
    expect_told("xgroup-createconsumer s", 2,
                "XGROUP SETID s g 2-0 ENTRIESREAD 2, XGROUP CREATECONSUMER s g bob");
    fixture_run(&f, "XREADGROUP GROUP g alice STREAMS s >");
    forget();
    expect_reply(&f, "*-1\n", "XREADGROUP GROUP g carol STREAMS s >"); /* nothing, but known from now on */
    expect_told("xgroup-createconsumer s", 1, "XGROUP CREATECONSUMER s g carol");
    expect_reply(&f, "*-1\n", "XREADGROUP GROUP g carol STREAMS s >");
    expect_told("", 0, "");
    assert_string_equal(info_value("GROUPS s", "entries-read"), ":3");
    assert_string_equal(info_value("GROUPS s", "lag"), ":0");
}

/* What is pending is read again, more often delivered each time; what is gone from the stream comes without
 * fields. */
static void test_read_history(void **state) {
    pend();
    fixture_run(&f, "XDEL s 2");
    keyspace_set_now(&f.keyspace, 3000);
    forget();
    expect_reply(&f, "*1\n*2\n$1\ns\n*2\n*2\n$3\n1-0\n*2\n$1\nf\n$1\n1\n*2\n$3\n2-0\n*-1\n",
                 "XREADGROUP GROUP g alice COUNT 2 STREAMS s 0");
    expect_told("", 1, "XCLAIM s g alice 0 1-0 TIME 3000 RETRYCOUNT 2 FORCE JUSTID LASTID 0-0");
    expect_reply(&f, "*1\n*2\n$1\ns\n*0\n", "XREADGROUP GROUP g alice STREAMS s 4");
    expect_reply(&f, "*1\n*2\n$1\ns\n*0\n", "XREADGROUP GROUP g bob STREAMS s 0");
    expect_reply(&f, "*2\n*4\n$3\n1-0\n$5\nalice\n:0\n:2\n*4\n$3\n2-0\n$5\nalice\n:2000\n:1\n",
                 "XPENDING s g - 2 9");
}

/* The counter of a group that cannot know what was deleted ahead of it. */
static void test_lag(void **state) {
    fill(5);
    fixture_run(&f, "XDEL s 3");
    fixture_run(&f, "XGROUP CREATE s g 0");
    assert_string_equal(info_value("GROUPS s", "entries-read"), "$-1");
    assert_string_equal(info_value("GROUPS s", "lag"), "$-1");
    fixture_run(&f, "XREADGROUP GROUP g c COUNT 3 STREAMS s >");
    assert_string_equal(info_value("GROUPS s", "lag"), "$-1");
    fixture_run(&f, "XREADGROUP GROUP g c COUNT 1 STREAMS s >");
    assert_string_equal(info_value("GROUPS s", "entries-read"), ":5");
    assert_string_equal(info_value("GROUPS s", "lag"), ":0");
    fixture_run(&f, "XADD s 6 f v");
    assert_string_equal(info_value("GROUPS s", "lag"), ":1");
    fixture_run(&f, "XGROUP SETID s g 0");
    fixture_run(&f, "XTRIM s MAXLEN 2");
    assert_string_equal(info_value("GROUPS s", "lag"), ":2");
    fixture_run(&f, "XTRIM s MAXLEN 0");
    assert_string_equal(info_value("GROUPS s", "lag"), ":0");
}

/* --- what is known --- */

static void test_info(void **state) {
    pend();
    fixture_run(&f, "XDEL s 1");
    assert_string_equal(info_value("STREAM s", "length"), ":4");
    assert_string_equal(info_value("STREAM s", "last-generated-id"), "5-0");
    assert_string_equal(info_value("STREAM s", "max-deleted-entry-id"), "1-0");
    assert_string_equal(info_value("STREAM s", "entries-added"), ":5");
    assert_string_equal(info_value("STREAM s", "recorded-first-entry-id"), "2-0");
    assert_string_equal(info_value("STREAM s", "groups"), ":1");
    assert_string_equal(info_value("STREAM s FULL", "pel-count"), ":4");
    assert_string_equal(info_value("STREAM s FULL COUNT 2", "pending"), "*2");
    assert_string_equal(info_value("STREAM s FULL COUNT 0", "entries"), "*4");
    assert_string_equal(info_value("GROUPS s", "consumers"), ":1");
    keyspace_set_now(&f.keyspace, 1700);
    expect_reply(&f, "*1\n*8\n$4\nname\n$5\nalice\n$7\npending\n:4\n$4\nidle\n:700\n$8\ninactive\n:700\n",
                 "XINFO CONSUMERS s g");
    fixture_run(&f, "XGROUP CREATECONSUMER s g bob");
    fixture_run(&f, "XGROUP DELCONSUMER s g alice");
    expect_reply(&f, "*1\n*8\n$4\nname\n$3\nbob\n$7\npending\n:0\n$4\nidle\n:0\n$8\ninactive\n:-1\n",
                 "XINFO CONSUMERS s g");
    expect_reply(&f, "-ERR no such key\n", "XINFO STREAM none");
    expect_reply(&f, "-NOGROUP No such consumer group 'x' for key name 's'\n", "XINFO CONSUMERS s x");
    static const char *const bad[] = {"FOO", "FULL COUNT", "FULL FOO 1", "FULL COUNT 1 2"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        expect_reply(&f,
                     "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.\n",
                     "XINFO STREAM s %s", bad[i]);
    expect_reply(&f, ERR_INT, "XINFO STREAM s FULL COUNT x");
}

static void test_other_types(void **state) {
    fixture_run(&f, "SET x 1");
    static const char *const commands[] = {"XADD x * a b",       "XTRIM x MAXLEN 1",
                                           "XDEL x 1",           "XLEN x",
                                           "XSETID x 1",         "XRANGE x - +",
                                           "XREVRANGE x + -",    "XGROUP CREATE x g 0",
                                           "XGROUP DESTROY x g", "XACK x g 1",
                                           "XPENDING x g",       "XCLAIM x g c 0 1",
                                           "XINFO STREAM x",     "XAUTOCLAIM x g c 0 0",
                                           "XINFO GROUPS x",     "XINFO CONSUMERS x g",
                                           "XGROUP SETID x g 0", "XGROUP CREATECONSUMER x g c"};
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n", "%s",
                     commands[i]);
    fill(3);
    expect_reply(&f, "-WRONGTYPE Operation against a key holding the wrong kind of value\n", "GET s");
}

static void test_copies(void **state) {
    pend();
    expect_reply(&f, ":1\n", "COPY s t");
    expect_reply(&f, "+OK\n", "RENAME s u");
    expect_reply(&f, "*4\n:4\n$3\n1-0\n$3\n4-0\n*1\n*2\n$5\nalice\n$1\n4\n", "XPENDING t g");
    fixture_run(&f, "XACK t g 1 2 3 4");
    expect_reply(&f, "*4\n:4\n$3\n1-0\n$3\n4-0\n*1\n*2\n$5\nalice\n$1\n4\n", "XPENDING u g");
    expect_reply(&f, ":2\n", "DEL t u");
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture),                                      \
        cmocka_unit_test_setup_teardown(test, open_small_nodes, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_add),
        BOTH(test_made_ids),
        BOTH(test_trimming_options),
        cmocka_unit_test_setup_teardown(test_approximate_trimming, open_fixture, close_fixture),
        BOTH(test_delete),
        BOTH(test_set_id),
        BOTH(test_range),
        BOTH(test_group),
        BOTH(test_pending),
        BOTH(test_ack),
        BOTH(test_claim),
        BOTH(test_autoclaim),
        BOTH(test_autoclaim_attempts),
        BOTH(test_read),
        BOTH(test_read_errors),
        BOTH(test_read_group),
        BOTH(test_read_history),
        BOTH(test_lag),
        BOTH(test_info),
        BOTH(test_other_types),
        BOTH(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
