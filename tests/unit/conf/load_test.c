/* Loading: files, includes, the command line, and what a fatal message says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/conf/conf_fixture.h"

static struct fixture f;

static int setup(void **state) {
    fixture_init(&f);
    return 0;
}
static int teardown(void **state) {
    fixture_deinit(&f);
    return 0;
}

static void options_of_a_file(void **state) {
    assert_null(fixture_load(&f, "# comment\n\n  PORT 7000  \r\n\ttext \"a \\x41\"\nflag yes\nold-number 9\n"
                                 "words 127.0.0.1 ::1\nflags a\tb\nmode 700"));
    assert_int_equal(f.module.port, 7000);
    assert_string_equal(f.module.text, "a A");
    assert_true(f.module.flag);
    assert_int_equal(f.module.number, 9);
    assert_int_equal(f.module.words.count, 2);
    assert_string_equal(fixture_value(&f, "flags"), "a b");
    assert_int_equal(f.module.mode, 0700);
    assert_int_equal(f.module.applied_port, 0); /* apply is for CONFIG SET */
    assert_string_equal(conf_file(f.conf), "/torc.conf");
    assert_true(conf_was_set(f.conf, "old-number"));
}

static void one_word_may_hold_several(void **state) {
    assert_null(
        fixture_load(&f, "words \"a b\"\nflags 'a c'\nsave \"1 2 3 4\"\noom-score-adj-values '1 2 3'\n"));
    assert_int_equal(f.module.words.count, 2);
    assert_string_equal(fixture_value(&f, "flags"), "a c");
    assert_string_equal(fixture_value(&f, "save"), "1 2 3 4");
}

static void save_lines_add_up(void **state) {
    assert_null(fixture_load(&f, "save 900 1\nsave 60 10 5 5\n"));
    assert_string_equal(fixture_value(&f, "save"), "900 1 60 10 5 5");
    assert_null(fixture_load(&f, "save 900 1\nsave \"\"\nsave 7 7\n"));
    assert_string_equal(fixture_value(&f, "save"), "7 7");
    assert_null(fixture_load(&f, "save ''\n"));
    assert_string_equal(fixture_value(&f, "save"), "");
}

static void limits_of_classes_not_named_stay(void **state) {
    assert_null(fixture_load(
        &f, "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit replica 4kb 5 6\n"));
    assert_string_equal(fixture_value(&f, "client-output-buffer-limit"),
                        "normal 1 2 3 slave 4096 5 6 pubsub 33554432 8388608 60");
}

static void lines_go_to_their_module(void **state) {
    assert_null(fixture_load(&f, "line a b\nline \"c d\"\nmember x +@all -y ~z\n"));
    assert_string_equal(buf_cstr(&f.module.lines), "a b\nc d\nx +@all -y ~z\n");
}

/* The message must be exactly this: */
static void check_fatal(const char *text, int line, const char *shown, const char *reason,
                        const char *detail) {
    struct buf expected = {0};
    buf_printf(&expected,
               "\n*** FATAL CONFIG FILE ERROR (Torc 0.1.0) ***\nReading the configuration file, at line %d\n"
               ">>> '%s'\n%s\n/torc.conf:%d%s%s\n",
               line, shown, reason, line, *detail ? ": " : "", detail);
    const char *message = fixture_load(&f, text);
    assert_non_null(message);
    assert_string_equal(message, buf_cstr(&expected));
    buf_deinit(&expected);
}

#define BAD "Bad directive or wrong number of arguments"

static void fatal_messages(void **state) {
    check_fatal("bogus 1\n", 1, "bogus 1", BAD, "unknown option 'bogus'");
    check_fatal("\n#x\nprot 1\n", 3, "prot 1", BAD, "unknown option 'prot', did you mean 'port'?");
    check_fatal("replicafo a 1\n", 1, "replicafo a 1", BAD,
                "unknown option 'replicafo', did you mean 'replicaof'?");
    check_fatal("port\n", 1, "port", "wrong number of arguments", "");
    check_fatal("port 1 2\n", 1, "port 1 2", "wrong number of arguments", "");
    check_fatal("port x\n", 1, "port x", "argument couldn't be parsed into an integer", "");
    check_fatal("port\t1x\t2\n", 1, "port\t1x\t2", "wrong number of arguments", "");
    check_fatal("port \"1\n", 1, "port \"1", "Unbalanced quotes in configuration line", "");
    check_fatal("save 1\n", 1, "save 1", "Invalid save parameters", "");
    check_fatal("oom-score-adj-values 1 2 3 4\n", 1, "oom-score-adj-values 1 2 3 4",
                "wrong number of arguments", "");
    check_fatal("slaveof a\n", 1, "slaveof a", "wrong number of arguments", "");
    check_fatal("replicaof a 99999\n", 1, "replicaof a 99999", "Invalid master port", "");
    check_fatal("line\n", 1, "line", BAD, "");
    check_fatal("line 1 2 3 4\n", 1, "line 1 2 3 4", BAD, "");
    check_fatal("line bad\n", 1, "line bad", "a bad line", "");
    check_fatal("include\n", 1, "include", BAD, "");
    check_fatal("sentinel monitor a b c\n", 1, "sentinel monitor a b c",
                "sentinel directive while not in sentinel mode", "");
    check_fatal("secret hunter2 x\n", 1, "secret (hidden)", "wrong number of arguments", "");
    check_fatal("port \x01\x1b[2J\n", 1, "port ??[2J", "argument couldn't be parsed into an integer", "");
}

static void a_nul_byte_is_told(void **state) {
    struct buf message = {0};
    assert_false(conf_load_text(f.conf, &f.door, "x", (struct slice){"port 1\0 2", 9}, &message));
    assert_non_null(strstr(buf_cstr(&message), "x:1: it holds a NUL byte"));
    buf_deinit(&message);
}

static void includes(void **state) {
    fixture_write(&f, "/a.conf", "number 1\nport 7001\n");
    fixture_write(&f, "/d/1.conf", "text one\n");
    fixture_write(&f, "/d/2.conf", "text two\ninclude /a.conf\n");
    assert_null(fixture_load(&f, "port 7000\ninclude /d/*.conf\nnumber 2\ninclude /none/*.conf\n"));
    assert_int_equal(f.module.port, 7001);
    assert_int_equal(f.module.number, 2);
    assert_string_equal(f.module.text, "two");

    const char *message = fixture_load(&f, "include /missing\n");
    assert_string_equal(message,
                        "Fatal error, can't open config file '/missing': No such file or directory\n");
    fixture_write(&f, "/a.conf", "flag yes\nflga no\n");
    assert_non_null(strstr(fixture_load(&f, "include /a.conf\n"),
                           "/a.conf:2: unknown option 'flga', did you mean 'flag'?"));
    fixture_write(&f, "/a.conf", "include /a.conf\n");
    assert_non_null(strstr(fixture_load(&f, "include /a.conf\n"), "Too many levels of include"));
}

static void check_args(char *const argv[], const char *part) {
    const char *message = fixture_load_args(&f, argv);
    assert_non_null(message);
    if (!strstr(message, part)) fail_msg("%s does not hold %s", message, part);
}

static void the_command_line(void **state) {
    fixture_write(&f, "/torc.conf", "port 7000\nnumber 3\nsave ''\nsave 900 1\n");
    assert_null(fixture_load_args(
        &f, ARGS("torc.conf", "--port", "7001", "--words", "127.0.0.1", "::1", "--flag", "yes")));
    assert_int_equal(f.module.port, 7001);
    assert_int_equal(f.module.number, 3);
    assert_string_equal(fixture_value(&f, "words"), "127.0.0.1 ::1");
    assert_true(f.module.flag);
    /* Lines of the file and of the command line add up. */
    assert_null(fixture_load_args(&f, ARGS("torc.conf", "--save", "100", "100")));
    assert_string_equal(fixture_value(&f, "save"), "900 1 100 100");
    assert_null(fixture_load_args(&f, ARGS("torc.conf", "--save", "")));
    assert_string_equal(fixture_value(&f, "save"), "");
}

static void values_that_look_like_options(void **state) {
    assert_null(fixture_load_args(&f, ARGS("--text", "--my--text", "--port", "7000")));
    assert_string_equal(f.module.text, "--my--text");
    assert_int_equal(f.module.port, 7000);
    assert_null(fixture_load_args(&f, ARGS("--text --other", "--port 7001", "--choice 'green'")));
    assert_string_equal(f.module.text, "--other");
    assert_int_equal(f.module.port, 7001);
    assert_int_equal(f.module.choice, 1);
    assert_null(fixture_load_args(&f, ARGS("--save", "--port", "7002")));
    assert_string_equal(fixture_value(&f, "save"), "");
    assert_int_equal(f.module.port, 7002);
    assert_null(fixture_load_args(&f, ARGS("--text", "--save", "--save", "5 5")));
    assert_string_equal(f.module.text, "--save");
    assert_string_equal(fixture_value(&f, "save"), "5 5");
    assert_null(fixture_load_args(&f, ARGS("--flags", "a", "c", "--save")));
    assert_string_equal(fixture_value(&f, "flags"), "a c");
    /* Without "--" after a file: not meant so, but Redis takes it. */
    fixture_write(&f, "/torc.conf", "");
    assert_null(fixture_load_args(&f, ARGS("torc.conf", "text", "plain-word", "--port 7003")));
    assert_string_equal(f.module.text, "plain-word");
    assert_int_equal(f.module.port, 7003);
}

static void command_line_errors(void **state) {
    check_args(ARGS("--invalid"), BAD);
    check_args(ARGS("--port"), "at line 2\n>>> 'port'\nwrong number of arguments\non the command line\n");
    check_args(ARGS("--port", "1", "--choice"), "at line 3\n>>> 'choice'\nwrong number of arguments");
    check_args(ARGS("--port", "1", "2"), ">>> 'port \"1\" \"2\"'\nwrong number of arguments");
    check_args(ARGS("--port", "--choice", "red"),
               ">>> 'port \"--choice\" \"red\"'\nwrong number of arguments");
    check_args(ARGS("--port", "--bla", "--choice", "red"),
               ">>> 'port \"--bla\"'\nargument couldn't be parsed into an integer");
    check_args(ARGS("--text", "--my", "--choice", "--bla"),
               ">>> 'choice \"--bla\"'\nargument(s) must be one of the following: red, green, lime");
    check_args(ARGS("--flags"), ">>> 'flags'\nargument(s) must be one of the following: none, a, b, c");
    check_args(ARGS("--replicaof", "127.0.0.1", "abc"),
               "'replicaof \"127.0.0.1\" \"abc\"'\nInvalid master port");
    check_args(ARGS("--replicaof", "--127.0.0.1", "--abc"),
               "'replicaof \"--127.0.0.1\"'\nwrong number of arguments");
    check_args(ARGS("--sentinel"), "torc-sentinel");
    check_args(ARGS("missing.conf"),
               "Fatal error, can't open config file '/missing.conf': No such file or directory");
    check_args(ARGS("--port", "1", "-", "--flag", "yes"), "'port \"1\" \"-\"'");
}

static void standard_input(void **state) {
    f.standard_input = "port 7000\nnumber 5\n";
    assert_null(fixture_load_args(&f, ARGS("-")));
    assert_int_equal(f.module.port, 7000);
    assert_null(fixture_load_args(&f, ARGS("--port", "7001", "-"))); /* options win over it */
    assert_int_equal(f.module.port, 7001);
    assert_null(fixture_load_args(&f, ARGS("-", "--number", "6")));
    assert_int_equal(f.module.number, 6);
    f.standard_input = "nubmer 5\n";
    check_args(ARGS("-"), "standard input:1: unknown option 'nubmer', did you mean 'number'?");
}

static void options_without_effect(void **state) {
    assert_null(fixture_load(&f, "kept 0\n"));
    conf_log_no_effect(f.conf);
    assert_null(fixture_load(&f, "kept 2\nport 1\n"));
    assert_int_equal(f.log.len, 0);
    conf_log_no_effect(f.conf);
    assert_non_null(
        strstr(buf_cstr(&f.log), "option 'kept' is accepted but has no effect (yet): nobody reads it"));
    buf_clear(&f.log);
    conf_log_no_effect(f.conf);
    assert_int_equal(f.log.len, 0);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(options_of_a_file),        T(one_word_may_hold_several),
        T(save_lines_add_up),        T(limits_of_classes_not_named_stay),
        T(lines_go_to_their_module), T(fatal_messages),
        T(a_nul_byte_is_told),       T(includes),
        T(the_command_line),         T(values_that_look_like_options),
        T(command_line_errors),      T(standard_input),
        T(options_without_effect),
    };
    return cmocka_run_group_tests_name("conf loading", tests, NULL, NULL);
}
