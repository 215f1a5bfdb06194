/* See visit_checks.h. */
#include "tests/unit/commands/visit_checks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNTAX  "-ERR syntax error\n"
#define NOT_INT "-ERR value is not an integer or out of range\n"

void check_scan_words(struct command_fixture *f, const char *scan, const char *key, const char *reply) {
    static const char *const bad[] = {"x", "1a", "0x1", "18446744073709551616", "-", "+", "--1"};
    static const char *const good[] = {"18446744073709551615", "-1", "+1", "''", "007"};
    char all[256];
    snprintf(all, sizeof(all), "*2\n$1\n0\n%s", reply);
    expect_reply(f, "-ERR invalid cursor\n", "%s none x", scan);
    expect_reply(f, "*2\n$1\n0\n*0\n", "%s none 0 nonsense", scan);
    expect_reply(f, all, "%s %s 0", scan, key);
    expect_reply(f, all, "%s %s 0 MATCH * COUNT 100", scan, key);
    expect_reply(f, all, "%s %s 0 match [a-c] count 100", scan, key);
    expect_reply(f, "*2\n$1\n0\n*0\n", "%s %s 0 match b* count 100", scan, key);
    expect_reply(f, SYNTAX, "%s %s 0 COUNT", scan, key);
    expect_reply(f, SYNTAX, "%s %s 0 COUNT 0", scan, key);
    expect_reply(f, SYNTAX, "%s %s 0 TYPE hash", scan, key);
    expect_reply(f, NOT_INT, "%s %s 0 COUNT x", scan, key);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_reply(f, "-ERR invalid cursor\n", "%s %s %s", scan, key, bad[i]);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(fixture_run(f, "%s %s %s", scan, key, good[i])[0] == '*');
}

#define SCANNED 1000

void check_scan_goes_over_all(struct command_fixture *f, const char *scan, const char *key, const char *add) {
    bool seen[SCANNED] = {false}, valued = strcmp(scan, "SSCAN") != 0;
    for (int i = 0; i < SCANNED; i++) {
        char command[128];
        snprintf(command, sizeof(command), add, i, i);
        fixture_run(f, "%s", command);
    }
    unsigned long long cursor = 0;
    unsigned calls = 0;
    do {
        char *text = strdup(fixture_run(f, "%s %s %llu COUNT 50 MATCH member*", scan, key, cursor)), *at;
        assert_int_equal(sscanf(text, "*2\n$%*u\n%llu\n", &cursor), 1);
        for (at = text; (at = strstr(at, "\nmember")); at++) {
            int member, value;
            int found = sscanf(at, "\nmember%d\n$%*d\n%d", &member, &value);
            assert_true(member >= 0 && member < SCANNED);
            if (valued) assert_true(found == 2 && value == member);
            seen[member] = true;
        }
        free(text);
        calls++;
    } while (cursor);
    assert_true(calls >= 15 && calls <= 21);
    for (int i = 0; i < SCANNED; i++)
        assert_true(seen[i]);
}

static void check_draw_values(struct command_fixture *f, const char *draw, const char *key,
                              const char *with) {
    expect_reply(f, "*2\n$1\na\n$1\n1\n", "%s %s 7 %s", draw, key, with);
    expect_reply(f, "*4\n$1\na\n$1\n1\n$1\na\n$1\n1\n", "%s %s -2 %s", draw, key, with);
    expect_reply(f, SYNTAX, "%s %s 1 %s x", draw, key, with);
    expect_reply(f, "-ERR value is out of range\n", "%s %s -9223372036854770000 %s", draw, key, with);
    f->session.reply.proto = 3;
    const char *nested = strcmp(draw, "ZRANDMEMBER") ? "*1\n*2\n$1\na\n$1\n1\n" : "*1\n*2\n$1\na\n,1\n";
    expect_reply(f, nested, "%s %s 7 %s", draw, key, with);
    f->session.reply.proto = 2;
}

void check_draw_words(struct command_fixture *f, const char *draw, const char *key, const char *with) {
    expect_reply(f, "$-1\n", "%s none", draw);
    expect_reply(f, "*0\n", "%s none 5", draw);
    expect_reply(f, "*0\n", "%s none -5", draw);
    expect_reply(f, "$1\na\n", "%s %s", draw, key);
    expect_reply(f, "*0\n", "%s %s 0", draw, key);
    expect_reply(f, "*1\n$1\na\n", "%s %s 7", draw, key);
    expect_reply(f, "*2\n$1\na\n$1\na\n", "%s %s -2", draw, key);
    expect_reply(f, SYNTAX, "%s %s 2 x", draw, key);
    expect_reply(f, SYNTAX, "%s none 2 x", draw);
    expect_reply(f, NOT_INT, "%s %s x", draw, key);
    expect_reply(
        f, "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807\n",
        "%s %s -9223372036854775808", draw, key);
    f->session.reply.proto = 3;
    expect_reply(f, "_\n", "%s none", draw);
    expect_reply(f, "*1\n$1\na\n", "%s %s 7", draw, key);
    expect_reply(f, "*2\n$1\na\n$1\na\n", "%s %s -2", draw, key);
    f->session.reply.proto = 2;
    if (with) check_draw_values(f, draw, key, with);
}

void check_draw_counts(struct command_fixture *f, const char *draw, const char *key) {
    for (int n = 1; n <= 12; n++) {
        char head[16];
        snprintf(head, sizeof(head), "*%d\n", n > 10 ? 10 : n);
        assert_memory_equal(fixture_run(f, "%s %s %d", draw, key, n), head, strlen(head));
    }
}
