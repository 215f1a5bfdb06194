/* The set commands: replies in both protocols, all forms, events, counts of changes, the journal. */
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/set.h"
#include "tests/unit/commands/command_fixture.h"
#include "tests/unit/commands/visit_checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct command_fixture f;

static int open_small(void **state) {
    static const struct command_binding *const families[] = {set_bindings,
                                                             set_visit_bindings,
                                                             set_algebra_bindings,
                                                             string_bindings,
                                                             expire_bindings,
                                                             object_bindings,
                                                             NULL};
    fixture_open(&f, families);
    return 0;
}

/* The same tests once more with sets that are large from the first member. */
static int open_large(void **state) {
    open_small(state);
    f.keyspace.conf.set_max_listpack_entries = f.keyspace.conf.set_max_intset_entries = 0;
    return 0;
}

static int close_fixture(void **state) {
    fixture_close(&f);
    return 0;
}

#define NOT_INT "-ERR value is not an integer or out of range\n"
#define SYNTAX  "-ERR syntax error\n"

#define expect_told(...) fixture_expect_told(&f, __VA_ARGS__)

#define forget_told() fixture_forget_told(&f)

static void expect_form(const char *key, const char *form) {
    char reply[40];
    snprintf(reply, sizeof(reply), "$%zu\n%s\n", strlen(form), form);
    assert_string_equal(fixture_run(&f, "OBJECT ENCODING %s", key), reply);
}

/* The bulks of a reply, sorted, with blanks between. */
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *sorted(const char *reply) {
    static char text[8192];
    char *copy = strdup(reply), *save = NULL, *words[1024];
    size_t count = 0;
    for (char *word = strtok_r(copy, "\n", &save); word; word = strtok_r(NULL, "\n", &save))
        if (!strchr("*~$:", word[0])) words[count++] = word;
    qsort(words, count, sizeof(*words), by_text);
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        strcat(strcat(text, i ? " " : ""), words[i]);
    free(copy);
    return text;
}

#define expect_members(members, ...) assert_string_equal(sorted(fixture_run(&f, __VA_ARGS__)), members)

static void add_numbers(const char *key, int from, int to) {
    for (int i = from; i < to; i++)
        fixture_run(&f, "SADD %s %d", key, i);
}

/* --- single members --- */

static void test_add_and_find(void **state) {
    expect_reply(&f, ":2\n", "SADD s a 1 a");
    expect_told("sadd s", 2, "SADD s a 1 a");
    expect_reply(&f, ":0\n", "SADD s a 1");
    expect_told("", 0, "");
    expect_reply(&f, ":2\n", "SADD s a b c");
    expect_told("sadd s", 2, "SADD s a b c");
    expect_reply(&f, ":4\n", "SCARD s");
    expect_reply(&f, ":0\n", "SCARD none");
    expect_reply(&f, ":1\n", "SISMEMBER s 1");
    expect_reply(&f, ":0\n", "SISMEMBER s 01");
    expect_reply(&f, ":0\n", "SISMEMBER none a");
    expect_reply(&f, "*3\n:1\n:0\n:1\n", "SMISMEMBER s a x c");
    expect_reply(&f, "*2\n:0\n:0\n", "SMISMEMBER none a b");
    expect_members("1 a b c", "SMEMBERS s");
    expect_reply(&f, "*0\n", "SMEMBERS none");
    expect_reply(&f, ":1\n", "SADD s ''");
    expect_reply(&f, ":1\n", "SISMEMBER s ''");
    expect_reply(&f, ":1\n", "SREM s ''");
    forget_told();
    f.session.reply.proto = 3;
    expect_reply(&f, "~0\n", "SMEMBERS none");
    assert_memory_equal(fixture_run(&f, "SMEMBERS s"), "~4\n", 3);
    expect_reply(&f, "*1\n:1\n", "SMISMEMBER s a");
    expect_told("", 0, "");
}

static void test_many_asked_at_once(void **state) {
    char line[1024] = "SMISMEMBER s", reply[1024] = "*50\n";
    for (int i = 0; i < 50; i++) {
        if (i % 3) fixture_run(&f, "SADD s m%d", i);
        sprintf(line + strlen(line), " m%d", i);
        strcat(reply, i % 3 ? ":1\n" : ":0\n");
    }
    assert_string_equal(fixture_run(&f, "%s", line), reply);
}

static void test_remove(void **state) {
    fixture_run(&f, "SADD s a b 1");
    forget_told();
    expect_reply(&f, ":0\n", "SREM s x y");
    expect_reply(&f, ":0\n", "SREM none x");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "SREM s a a x");
    expect_told("srem s", 1, "SREM s a a x");
    expect_reply(&f, ":2\n", "SREM s b 1 c");
    expect_told("srem s, del s", 2, "SREM s b 1 c");
    assert_int_equal(keyspace_count(&f.keyspace), 0);
}

static void test_move(void **state) {
    fixture_run(&f, "SADD a x y");
    fixture_run(&f, "SADD b y");
    fixture_run(&f, "SET str 1");
    forget_told();
    expect_reply(&f, ":0\n", "SMOVE none b x");
    expect_reply(&f, ":0\n", "SMOVE none str x"); /* before the destination's type is looked at */
    expect_reply(&f, WRONG_TYPE, "SMOVE a str x");
    expect_reply(&f, WRONG_TYPE, "SMOVE a str nothing");
    expect_reply(&f, WRONG_TYPE, "SMOVE str a x");
    expect_reply(&f, ":0\n", "SMOVE a b z");
    expect_reply(&f, ":1\n", "SMOVE a a x");
    expect_reply(&f, ":0\n", "SMOVE a a z");
    expect_told("", 0, "");
    expect_reply(&f, ":1\n", "SMOVE a b y");
    expect_told("srem a", 1, "SMOVE a b y");
    expect_reply(&f, ":1\n", "SMOVE a c x");
    expect_told("srem a, del a, sadd c", 2, "SMOVE a c x");
    expect_members("x", "SMEMBERS c");
    expect_reply(&f, ":0\n", "SCARD a");
}

/* A destination that is due goes first, and moves its neighbours in the table. */
static void test_move_onto_a_key_that_is_due(void **state) {
    for (int i = 0; i < 200; i++) {
        fixture_run(&f, "SADD from%d x y", i);
        fixture_run(&f, "SADD to%d z", i);
        fixture_run(&f, "PEXPIRE to%d 10", i);
    }
    keyspace_set_now(&f.keyspace, f.keyspace.now_ms + 11);
    for (int i = 0; i < 200; i++) {
        assert_string_equal(fixture_run(&f, "SMOVE from%d to%d x", i, i), ":1\n");
        assert_string_equal(sorted(fixture_run(&f, "SMEMBERS to%d", i)), "x");
        assert_string_equal(sorted(fixture_run(&f, "SMEMBERS from%d", i)), "y");
    }
    fixture_events(&f), fixture_journal(&f);
}

static void test_wrong_type(void **state) {
    static const char *const commands[] = {
        "SADD s a",
        "SREM s a",
        "SISMEMBER s a",
        "SMISMEMBER s a b",
        "SCARD s",
        "SMEMBERS s",
        "SPOP s",
        "SPOP s 0",
        "SPOP s 2",
        "SRANDMEMBER s",
        "SRANDMEMBER s 0",
        "SRANDMEMBER s -2",
        "SSCAN s 0 nonsense",
        "SINTER s",
        "SINTER none s",
        "SINTERCARD 2 none s",
        "SINTERSTORE d none s",
        "SUNION none s",
        "SUNIONSTORE d none s",
        "SDIFF none s",
        "SDIFFSTORE d none s",
    };
    fixture_run(&f, "SET s x");
    fixture_run(&f, "SADD d old");
    forget_told();
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_string_equal(fixture_run(&f, "%s", commands[i]), WRONG_TYPE);
    expect_told("", 0, "");
    expect_members("old", "SMEMBERS d");
}

static void test_counts_hits_and_misses(void **state) {
    fixture_run(&f, "SADD s a");
    f.keyspace.stats = (struct keyspace_stats){0};
    fixture_run(&f, "SISMEMBER s a");
    fixture_run(&f, "SINTER s s none");
    fixture_run(&f, "SADD s b");
    assert_int_equal(f.keyspace.stats.hits, 3);
    assert_int_equal(f.keyspace.stats.misses, 1);
}

/* --- forms --- */

static void test_forms(void **state) {
    fixture_run(&f, "SADD i 1 2 3");
    expect_form("i", "intset");
    fixture_run(&f, "SADD i a");
    expect_form("i", "listpack");
    fixture_run(&f, "SREM i a");
    expect_form("i", "listpack");
    add_numbers("i", 0, 128);
    expect_form("i", "listpack");
    fixture_run(&f, "SADD i 128");
    expect_form("i", "hashtable");
    add_numbers("n", 0, 512);
    expect_form("n", "intset");
    fixture_run(&f, "SADD n 512");
    expect_form("n", "hashtable");
    fixture_run(&f, "SMOVE n j 7");
    expect_form("j", "intset");
    f.keyspace.conf.set_max_listpack_entries = 3;
    fixture_run(&f, "SADD w a a a a"); /* four are expected, one comes */
    expect_form("w", "hashtable");
    fixture_run(&f, "SADD v a");
    expect_form("v", "listpack");
    fixture_run(&f, "SADD v a a a a");
    expect_form("v", "hashtable");
    f.keyspace.conf.set_max_listpack_value = 2;
    fixture_run(&f, "SADD u ab");
    expect_form("u", "listpack");
    fixture_run(&f, "SADD u abc");
    expect_form("u", "hashtable");
    fixture_events(&f), fixture_journal(&f);
}

static void test_forms_of_results(void **state) {
    fixture_run(&f, "SADD l1 a b 1 2");
    fixture_run(&f, "SADD l2 c 1 2");
    fixture_run(&f, "SINTERSTORE d l1 l2");
    expect_form("d", "intset");
    fixture_run(&f, "SADD l2 a");
    fixture_run(&f, "SINTERSTORE d l1 l2");
    expect_form("d", "listpack");

    fixture_run(&f, "SADD h1 a");
    fixture_run(&f, "SADD h2 b");
    add_numbers("h1", 0, 600);
    add_numbers("h2", 0, 200);
    expect_form("h2", "hashtable");
    fixture_run(&f, "SINTERSTORE d h1 h2");
    expect_form("d", "intset");
    add_numbers("h2", 200, 600);
    fixture_run(&f, "SINTERSTORE d h1 h2");
    expect_form("d", "hashtable");
    fixture_run(&f, "SADD h2 a");
    fixture_run(&f, "SINTERSTORE d h1 h2");
    expect_form("d", "hashtable");

    fixture_run(&f, "SADD i 1 2 3");
    fixture_run(&f, "SUNIONSTORE d i i");
    expect_form("d", "intset");
    fixture_run(&f, "SUNIONSTORE d i l1");
    expect_form("d", "listpack");
    fixture_run(&f, "SUNIONSTORE d i h1");
    expect_form("d", "hashtable");
    fixture_run(&f, "SDIFFSTORE d i none");
    expect_form("d", "intset");
    fixture_run(&f, "SADD copied 1 2 3 a b c");
    fixture_run(&f, "SADD x 1 2");
    fixture_run(&f, "SADD y a");
    fixture_run(&f, "SDIFFSTORE d h1 i");
    expect_form("d", "hashtable");
    fixture_run(&f, "SDIFFSTORE d copied x y x"); /* asking pays */
    expect_form("d", "listpack");
    fixture_events(&f), fixture_journal(&f);
}

/* --- sets of sets --- */

static void test_intersection(void **state) {
    fixture_run(&f, "SADD a 1 2 3 x y");
    fixture_run(&f, "SADD b 2 3 4 y z");
    fixture_run(&f, "SADD c 3 y");
    forget_told();
    expect_members("2 3 y", "SINTER a b");
    expect_members("3 y", "SINTER a b c");
    expect_members("3 y", "SINTER c c b c a");
    expect_members("1 2 3 x y", "SINTER a");
    expect_members("1 2 3 x y", "SINTER a a");
    expect_reply(&f, "*0\n", "SINTER a none");
    expect_reply(&f, "*0\n", "SINTER none");
    f.session.reply.proto = 3;
    expect_reply(&f, "~0\n", "SINTER a none");
    assert_memory_equal(fixture_run(&f, "SINTER a b"), "~3\n", 3);
    f.session.reply.proto = 2;
    expect_told("", 0, "");

    expect_reply(&f, ":3\n", "SINTERSTORE d a b");
    expect_told("sinterstore d", 1, "SINTERSTORE d a b");
    expect_members("2 3 y", "SMEMBERS d");
    expect_reply(&f, ":2\n", "SINTERSTORE a a c"); /* onto an operand */
    expect_members("3 y", "SMEMBERS a");
    fixture_run(&f, "SET d text");
    forget_told();
    expect_reply(&f, ":2\n", "SINTERSTORE d a c"); /* whatever was there */
    expect_told("sinterstore d", 1, "SINTERSTORE d a c");
    expect_reply(&f, ":0\n", "SINTERSTORE d a none");
    expect_told("del d", 1, "SINTERSTORE d a none");
    expect_reply(&f, ":0\n", "SINTERSTORE d a none");
    expect_told("", 0, "");
}

static void test_intersection_counted(void **state) {
    add_numbers("a", 0, 100);
    add_numbers("b", 50, 200);
    forget_told();
    expect_reply(&f, ":50\n", "SINTERCARD 2 a b");
    expect_reply(&f, ":100\n", "SINTERCARD 1 a");
    expect_reply(&f, ":7\n", "SINTERCARD 2 a b LIMIT 7");
    expect_reply(&f, ":16\n", "SINTERCARD 2 a b LIMIT 16");
    expect_reply(&f, ":50\n", "SINTERCARD 2 a b limit 0");
    expect_reply(&f, ":50\n", "SINTERCARD 2 a b limit 1000");
    expect_reply(&f, ":2\n", "SINTERCARD 2 a b LIMIT 1 LIMIT 2");
    expect_reply(&f, ":0\n", "SINTERCARD 2 a none LIMIT 3");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "SINTERCARD 0 a b");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "SINTERCARD x a b");
    expect_reply(&f, "-ERR numkeys should be greater than 0\n", "SINTERCARD -1 a b");
    expect_reply(&f, "-ERR Number of keys can't be greater than number of args\n", "SINTERCARD 3 a b");
    expect_reply(&f, SYNTAX, "SINTERCARD 1 a b");
    expect_reply(&f, SYNTAX, "SINTERCARD 1 a LIMIT");
    expect_reply(&f, SYNTAX, "SINTERCARD 1 a nonsense 1");
    expect_reply(&f, "-ERR LIMIT can't be negative\n", "SINTERCARD 1 a LIMIT -1");
    expect_reply(&f, "-ERR LIMIT can't be negative\n", "SINTERCARD 1 a LIMIT x");
    expect_told("", 0, "");
}

static void test_union(void **state) {
    fixture_run(&f, "SADD a 1 2 x");
    fixture_run(&f, "SADD b 2 y");
    forget_told();
    expect_members("1 2 x y", "SUNION a b");
    expect_members("1 2 x y", "SUNION none a none b a");
    expect_members("1 2 x", "SUNION a");
    expect_reply(&f, "*0\n", "SUNION none other");
    f.session.reply.proto = 3;
    assert_memory_equal(fixture_run(&f, "SUNION a b"), "~4\n", 3);
    expect_reply(&f, "~0\n", "SUNION none");
    f.session.reply.proto = 2;
    expect_told("", 0, "");
    expect_reply(&f, ":4\n", "SUNIONSTORE b a b");
    expect_told("sunionstore b", 1, "SUNIONSTORE b a b");
    expect_members("1 2 x y", "SMEMBERS b");
    fixture_run(&f, "PEXPIRE b 1000");
    forget_told();
    expect_reply(&f, ":3\n", "SUNIONSTORE b a");
    expect_reply(&f, ":-1\n", "PTTL b");
    expect_reply(&f, ":0\n", "SUNIONSTORE b none");
    expect_told("sunionstore b, del b", 2, "SUNIONSTORE b a, SUNIONSTORE b none");
}

static void test_difference(void **state) {
    fixture_run(&f, "SADD a 1 2 3 x y z");
    fixture_run(&f, "SADD b 2 y");
    fixture_run(&f, "SADD c 3");
    forget_told();
    expect_members("1 3 x z", "SDIFF a b");
    expect_members("1 x z", "SDIFF a b none c");
    expect_members("1 x z", "SDIFF a c c b c b c b"); /* removing pays */
    expect_members("1 2 3 x y z", "SDIFF a none");
    expect_members("1 2 3 x y z", "SDIFF a");
    expect_reply(&f, "*0\n", "SDIFF a b a");
    expect_reply(&f, "*0\n", "SDIFF none a");
    expect_reply(&f, "*0\n", "SDIFF b a");
    f.session.reply.proto = 3;
    assert_memory_equal(fixture_run(&f, "SDIFF a b"), "~4\n", 3);
    f.session.reply.proto = 2;
    expect_told("", 0, "");
    expect_reply(&f, ":3\n", "SDIFFSTORE d a b c");
    expect_told("sdiffstore d", 1, "SDIFFSTORE d a b c");
    expect_members("1 x z", "SMEMBERS d");
    expect_reply(&f, ":3\n", "SDIFFSTORE a a c c b c b c b");
    expect_members("1 x z", "SMEMBERS a");
    expect_reply(&f, ":0\n", "SDIFFSTORE d none a");
    expect_told("sdiffstore a, del d", 2, "SDIFFSTORE a a c c b c b c b, SDIFFSTORE d none a");
}

/* Every operation on random operands against bit masks, in forms that differ. */
static void expect_mask(const char *command, uint64_t mask) {
    const char *reply = fixture_run(&f, "%s", command);
    uint64_t found = 0;
    for (const char *at = reply; (at = strstr(at, "\nm")); at++)
        found |= (uint64_t)1 << atoi(at + 2);
    assert_int_equal(found, mask);
    assert_int_equal(atoi(reply + 1), __builtin_popcountll(mask));
}

static void test_algebra_against_a_model(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < 300; round++) {
        uint64_t masks[4], inter = ~0ull, all = 0, minus = 0;
        char keys[64] = "";
        size_t n = 1 + rng_below(&rng, 4);
        for (size_t k = 0; k < n; k++) {
            masks[k] = rng_next(&rng) | (rng_below(&rng, 2) ? rng_next(&rng) : 0);
            if (rng_below(&rng, 4) == 0) masks[k] &= rng_next(&rng) & rng_next(&rng);
            if (rng_below(&rng, 2)) f.keyspace.conf.set_max_listpack_entries = (int64_t)rng_below(&rng, 80);
            fixture_run(&f, "SUNIONSTORE k%zu none", k);
            for (int m = 0; m < 64; m++)
                if (masks[k] >> m & 1) fixture_run(&f, "SADD k%zu m%d", k, m);
            sprintf(keys + strlen(keys), " k%zu", k);
            inter &= masks[k];
            all |= masks[k];
            if (k) minus |= masks[k];
        }
        char line[128];
        const char *const operations[] = {"INTER", "UNION", "DIFF"};
        const uint64_t results[] = {inter, all, masks[0] & ~minus};
        for (int o = 0; o < 3; o++) {
            sprintf(line, "S%s%s", operations[o], keys);
            expect_mask(line, results[o]);
            sprintf(line, "S%sSTORE d%s", operations[o], keys);
            assert_int_equal(atoi(fixture_run(&f, "%s", line) + 1), __builtin_popcountll(results[o]));
            expect_mask("SMEMBERS d", results[o]);
        }
        fixture_events(&f), fixture_journal(&f);
    }
}

/* --- some at a time --- */

static void test_scan(void **state) {
    fixture_run(&f, "SADD s a");
    check_scan_words(&f, "SSCAN", "s", "*1\n$1\na\n");
    f.session.reply.proto = 3;
    expect_reply(&f, "*2\n$1\n0\n*1\n$1\na\n", "SSCAN s 0");
}

static void test_scan_goes_over_all(void **state) {
    check_scan_goes_over_all(&f, "SSCAN", "s", "SADD s member%d");
    fixture_events(&f), fixture_journal(&f);
}

/* --- at random --- */

static void test_random_members(void **state) {
    fixture_run(&f, "SADD s a");
    forget_told();
    check_draw_words(&f, "SRANDMEMBER", "s", NULL);
    add_numbers("s", 1, 10);
    check_draw_counts(&f, "SRANDMEMBER", "s");
    expect_members("1 2 3 4 5 6 7 8 9 a", "SRANDMEMBER s 10");
}

static void test_pop_one(void **state) {
    expect_reply(&f, "$-1\n", "SPOP none");
    fixture_run(&f, "SADD s a b");
    forget_told();
    char first[8], journal[16];
    snprintf(first, sizeof(first), "%s", sorted(fixture_run(&f, "SPOP s")));
    snprintf(journal, sizeof(journal), "SREM s %s", first);
    expect_told("spop s", 1, journal);
    const char *left = first[0] == 'a' ? "b" : "a";
    expect_members(left, "SMEMBERS s");
    expect_members(left, "SPOP s");
    snprintf(journal, sizeof(journal), "SREM s %s", left);
    expect_told("spop s, del s", 1, journal);
    assert_int_equal(keyspace_count(&f.keyspace), 0);
    expect_reply(&f, SYNTAX, "SPOP s 1 2");
    f.session.reply.proto = 3;
    expect_reply(&f, "_\n", "SPOP none");
}

#define NOT_POSITIVE "-ERR value is out of range, must be positive\n"

static void test_pop_none_and_all(void **state) {
    expect_reply(&f, "*0\n", "SPOP none 3");
    expect_reply(&f, NOT_POSITIVE, "SPOP none -1");
    expect_reply(&f, NOT_POSITIVE, "SPOP none x");
    fixture_run(&f, "SADD s a b 1");
    forget_told();
    expect_reply(&f, "*0\n", "SPOP s 0");
    expect_told("", 0, "");
    expect_members("1 a b", "SPOP s 3");
    expect_told("spop s, del s", 3, "DEL s");
    fixture_run(&f, "SADD s a b");
    forget_told();
    f.keyspace.conf.lazyfree_lazy_server_del = true;
    f.session.reply.proto = 3;
    assert_memory_equal(fixture_run(&f, "SPOP s 100"), "~2\n", 3);
    expect_told("spop s, del s", 2, "UNLINK s");
    expect_reply(&f, "~0\n", "SPOP s 1");
}

/* Few of many, and nearly all: what is answered, journaled and left adds up. */
static void test_pop_some(void **state) {
    static const int counts[] = {1, 5, 30, 49, 51, 55, 59};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (int m = 10; m < 70; m++)
            fixture_run(&f, "SADD s %s%d", i % 2 ? "m" : "", m);
        fixture_run(&f, "PEXPIRE s 100000");
        forget_told();
        bool gone[70] = {false};
        char *reply = strdup(fixture_run(&f, "SPOP s %d", counts[i]));
        assert_int_equal(atoi(reply + 1), counts[i]);
        char *popped = strdup(sorted(reply));
        char *journal = strdup(fixture_journal(&f));
        for (char *save = NULL, *word = strtok_r(popped, " ", &save); word;
             word = strtok_r(NULL, " ", &save)) {
            gone[atoi(word + i % 2)] = true;
            char with_blanks[8];
            snprintf(with_blanks, sizeof(with_blanks), " %s", word);
            assert_non_null(strstr(journal, with_blanks));
        }
        assert_memory_equal(journal, "SREM s ", 7);
        assert_string_equal(fixture_events(&f), "spop s");
        assert_int_equal(fixture_dirty(&f), counts[i]);
        for (int m = 10; m < 70; m++)
            assert_int_equal(fixture_run(&f, "SISMEMBER s %s%d", i % 2 ? "m" : "", m)[1] == '0', gone[m]);
        char left[16];
        snprintf(left, sizeof(left), ":%d\n", 60 - counts[i]);
        assert_string_equal(fixture_run(&f, "SCARD s"), left);
        assert_string_equal(fixture_run(&f, "PTTL s"), ":100000\n");
        fixture_run(&f, "SUNIONSTORE s none");
        forget_told();
        free(reply), free(popped), free(journal);
    }
}

static void test_what_pop_leaves_is_a_new_set(void **state) {
    add_numbers("s", 0, 600);
    expect_form("s", "hashtable");
    fixture_run(&f, "SPOP s 400");
    expect_form("s", "hashtable");
    fixture_run(&f, "SPOP s 190");
    expect_form("s", "listpack");
    add_numbers("i", 0, 600);
    fixture_run(&f, "SPOP i 450"); /* 150 are left: too many for a listpack */
    expect_form("i", "hashtable");
    add_numbers("j", 0, 100);
    fixture_run(&f, "SPOP j 95");
    expect_form("j", "intset");
    fixture_events(&f), fixture_journal(&f);
}

static void test_pop_is_journaled_in_pieces(void **state) {
    for (int i = 0; i < 5000; i++)
        fixture_run(&f, "SADD s m%d", i);
    forget_told();
    fixture_run(&f, "SPOP s 2500");
    size_t records = 1, members = 0;
    for (const char *at = buf_cstr(&f.journaled); (at = strstr(at, ", SREM s ")); at++)
        records++;
    for (const char *at = buf_cstr(&f.journaled); (at = strstr(at, " m")); at++)
        members++;
    assert_int_equal(records, 3);
    assert_int_equal(members, 2500);
    fixture_events(&f), fixture_journal(&f);
    assert_int_equal(fixture_dirty(&f), 2500);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_small, close_fixture), {                                      \
#test " (large)", test, open_large, close_fixture, NULL                                              \
    }
#define ONCE(test) cmocka_unit_test_setup_teardown(test, open_small, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_add_and_find),
        BOTH(test_many_asked_at_once),
        BOTH(test_remove),
        BOTH(test_move),
        BOTH(test_move_onto_a_key_that_is_due),
        BOTH(test_wrong_type),
        BOTH(test_counts_hits_and_misses),
        ONCE(test_forms),
        ONCE(test_forms_of_results),
        BOTH(test_intersection),
        BOTH(test_intersection_counted),
        BOTH(test_union),
        BOTH(test_difference),
        ONCE(test_algebra_against_a_model),
        BOTH(test_scan),
        ONCE(test_scan_goes_over_all),
        BOTH(test_random_members),
        BOTH(test_pop_one),
        BOTH(test_pop_none_and_all),
        BOTH(test_pop_some),
        ONCE(test_what_pop_leaves_is_a_new_set),
        ONCE(test_pop_is_journaled_in_pieces),
    };
    return cmocka_run_group_tests_name("commands/set", tests, NULL, NULL);
}
