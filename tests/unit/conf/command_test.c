/* Options of every kind: defaults, CONFIG GET and SET, errors in Redis's words, all or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/conf/conf_fixture.h"

#define FAILED(name, reason) "-ERR CONFIG SET failed (possibly related to argument '" name "') - " reason "|"

static struct fixture f;

static int setup(void **state) {
    fixture_init(&f);
    return 0;
}
static int teardown(void **state) {
    fixture_deinit(&f);
    return 0;
}

static void check_set(const char *name, const char *value, const char *printed) {
    assert_string_equal(fixture_set(&f, LIST(name, value)), "+OK|");
    assert_string_equal(fixture_value(&f, name), printed);
    struct buf again = {0};
    buf_append_str(&again, printed);
    assert_string_equal(fixture_set(&f, LIST(name, buf_cstr(&again))),
                        "+OK|"); /* what GET shows, SET takes */
    assert_string_equal(fixture_value(&f, name), printed);
    buf_deinit(&again);
}

static void defaults_are_in_the_struct(void **state) {
    assert_false(f.module.flag);
    assert_int_equal(f.module.number, 7);
    assert_int_equal(f.module.wide, -1);
    assert_int_equal(f.module.bytes, 1 << 20);
    assert_string_equal(f.module.text, "plain");
    assert_null(f.module.secret);
    assert_int_equal(f.module.words.count, 2);
    assert_string_equal(f.module.words.item[1], "-::*");
    assert_int_equal(f.module.save.count, 2);
    assert_int_equal(f.module.save.points[1].seconds, 300);
    assert_int_equal(f.module.limits.class[CONF_CLIENT_REPLICA].hard_bytes, 256 << 20);
    assert_int_equal(f.module.port, 6379);
    assert_string_equal(fixture_value(&f, "kept"), "1");
    assert_string_equal(fixture_value(&f, "port"), "6379");
    assert_null(fixture_value(&f, "line"));
    assert_false(conf_was_set(f.conf, "port"));
}

static void every_kind_takes_and_prints_values(void **state) {
    check_set("flag", "YES", "yes");
    check_set("number", "-5", "-5");
    check_set("old-number", "100", "100");
    check_set("wide", "9223372036854775807", "9223372036854775807");
    check_set("bytes", "2k", "2000");
    check_set("bytes", "2kb", "2048");
    check_set("bytes", "3M", "3000000");
    check_set("bytes", "3Mb", "3145728");
    check_set("bytes", "1g", "1000000000");
    check_set("bytes", "1GB", "1073741824");
    check_set("bytes", "4096b", "4096");
    check_set("percent", "5%", "5%");
    assert_int_equal(f.module.percent, -5);
    check_set("percent", "100%", "100%");
    check_set("percent", "0%", "0");
    check_set("percent", "1kb", "1024");
    check_set("percent", "", "0");
    check_set("mode", "0755", "755");
    assert_int_equal(f.module.mode, 0755);
    check_set("choice", "GREEN", "green");
    check_set("choice", "lime", "green");
    check_set("flags", "c a", "a c");
    check_set("flags", "none b", "b");
    check_set("flags", "none", "none");
    check_set("text", "with space", "with space");
    check_set("text", "", "");
    assert_null(f.module.text);
    check_set("words", "127.0.0.1 ::1", "127.0.0.1 ::1");
    check_set("words", "", "");
    check_set("words", "'a b' c", "\"a b\" c");
    assert_string_equal(f.module.words.item[0], "a b");
}

static void shapes_of_their_own(void **state) {
    check_set("save", "10 1 20 2", "10 1 20 2");
    check_set("save", "", "");
    check_set("client-output-buffer-limit", "normal 1mb 2mb 60 replica 3mb 1kb 2",
              "normal 1048576 2097152 60 slave 3145728 1024 2 pubsub 33554432 8388608 60");
    check_set("client-output-buffer-limit", "normal 0 0 0 normal 1 1 1",
              "normal 1 1 1 slave 3145728 1024 2 pubsub 33554432 8388608 60");
    check_set("client-output-buffer-limit", "",
              "normal 1 1 1 slave 3145728 1024 2 pubsub 33554432 8388608 60");
    check_set("oom-score-adj-values", "-2000 0 2000", "-2000 0 2000");
    check_set("percentiles", "50.0 99.900 99.12345", "50 99.9 99.12345");
    check_set("percentiles", "", "");
}

static void check_refused(const char *name, const char *value, const char *reply) {
    struct buf before = {0};
    buf_append_str(&before, fixture_value(&f, name));
    assert_string_equal(fixture_set(&f, LIST(name, value)), reply);
    assert_string_equal(fixture_value(&f, name), buf_cstr(&before));
    buf_deinit(&before);
}

static void values_are_refused_in_redis_words(void **state) {
    check_refused("flag", "maybe", FAILED("flag", "argument must be 'yes' or 'no'"));
    check_refused("number", "abc", FAILED("number", "argument couldn't be parsed into an integer"));
    check_refused("number", "", FAILED("number", "argument couldn't be parsed into an integer"));
    check_refused("number", "01", FAILED("number", "argument couldn't be parsed into an integer"));
    check_refused("number", "101", FAILED("number", "argument must be between -5 and 100 inclusive"));
    check_refused("number", "-6", FAILED("number", "argument must be between -5 and 100 inclusive"));
    check_refused("number", "13", FAILED("number", "thirteen is refused"));
    check_refused("unsigned-wide", "-1",
                  FAILED("unsigned-wide", "argument must be between 0 and 9223372036854775807 inclusive"));
    check_refused("bytes", "1xb", FAILED("bytes", "argument must be a memory value"));
    check_refused("bytes", "-1", FAILED("bytes", "argument must be a memory value"));
    check_refused("bytes", "99999999999999999999", FAILED("bytes", "argument must be a memory value"));
    check_refused("bytes", "1023",
                  FAILED("bytes", "argument must be between 1024 and 9223372036854775807 inclusive"));
    check_refused("percent", "200%", FAILED("percent", "percentage argument must be less or equal to 100"));
    check_refused("percent", "-5%", FAILED("percent", "argument must be a memory or percent value"));
    check_refused("percent", "%", FAILED("percent", "argument must be a memory or percent value"));
    check_refused("mode", "888", FAILED("mode", "argument couldn't be parsed as an octal number"));
    check_refused("mode", "7777", FAILED("mode", "argument must be between 0 and 777 inclusive"));
    check_refused("mode", "-1", FAILED("mode", "argument must be between 0 and 777 inclusive"));
    check_refused("mode", "7777777777777777777777777777777777",
                  FAILED("mode", "argument must be between 0 and 777 inclusive"));
    check_refused("choice", "blue",
                  FAILED("choice", "argument(s) must be one of the following: red, green, lime"));
    check_refused("flags", "a x", FAILED("flags", "argument(s) must be one of the following: none, a, b, c"));
    check_refused("flags", "", FAILED("flags", "argument(s) must be one of the following: none, a, b, c"));
    check_refused("words", "\"open", FAILED("words", "unbalanced quotes in the argument"));
    check_refused("save", "abc", FAILED("save", "Invalid save parameters"));
    check_refused("save", "1", FAILED("save", "Invalid save parameters"));
    check_refused("save", "0 1", FAILED("save", "Invalid save parameters"));
    check_refused("save", "1 2 3 x", FAILED("save", "Invalid save parameters"));
    check_refused(
        "client-output-buffer-limit", "normal 1",
        FAILED("client-output-buffer-limit", "Wrong number of arguments in buffer limit configuration."));
    check_refused("client-output-buffer-limit", "master 1 1 1",
                  FAILED("client-output-buffer-limit",
                         "Invalid client class specified in buffer limit configuration."));
    check_refused("client-output-buffer-limit", "pubsub 5 5 5 normal 1 1 x",
                  FAILED("client-output-buffer-limit",
                         "Error in hard, soft or soft_seconds setting in buffer limit configuration."));
    check_refused("oom-score-adj-values", "1 2", FAILED("oom-score-adj-values", "wrong number of arguments"));
    check_refused("oom-score-adj-values", "1 2 3000",
                  FAILED("oom-score-adj-values",
                         "Invalid oom-score-adj-values, elements must be between -2000 and 2000."));
    check_refused("percentiles", "50 foo",
                  FAILED("percentiles", "Invalid latency-tracking-info-percentiles parameters"));
    check_refused(
        "percentiles", "101",
        FAILED("percentiles", "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"));
}

static void bytes_that_are_no_text(void **state) {
    struct slice pair[2] = {SLICE("text"), {"a\0b", 3}};
    struct resp_writer w;
    resp_writer_init(&w, &f.pool);
    conf_set(f.conf, pair, 2, (struct conf_caller){0}, &w);
    assert_int_equal(w.error_count, 1);
    resp_writer_deinit(&w);
    assert_string_equal(f.module.text, "plain");
}

static void names_are_refused_in_redis_words(void **state) {
    assert_string_equal(fixture_set(&f, LIST("foo", "1")),
                        "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'|");
    assert_string_equal(fixture_set(&f, LIST("line", "1")),
                        "-ERR Unknown option or number of arguments for CONFIG SET - 'line'|");
    assert_string_equal(fixture_set(&f, LIST("fixed", "1")), FAILED("fixed", "can't set immutable config"));
    assert_string_equal(fixture_set(&f, LIST("guarded", "1")),
                        FAILED("guarded", "can't set protected config"));
    assert_string_equal(
        fixture_set_as(&f, LIST("guarded", "1"), (struct conf_caller){.protected_allowed = true}), "+OK|");
    assert_string_equal(fixture_set(&f, LIST("number", "1", "NUMBER", "2")),
                        FAILED("NUMBER", "duplicate parameter"));
    assert_string_equal(fixture_set(&f, LIST("number", "1", "old-number", "2")), "+OK|");
    assert_int_equal(f.module.number, 2);
    assert_string_equal(fixture_set(&f, LIST("number", "1", "flag")), "-ERR syntax error|");
    assert_string_equal(fixture_set_as(&f, LIST("quiet", "yes"), (struct conf_caller){.loading = true}),
                        "-LOADING Redis is loading the dataset in memory|");
    assert_string_equal(fixture_set_as(&f, LIST("number", "3"), (struct conf_caller){.loading = true}),
                        "+OK|");
    /* An unknown name is told before a bad value, a fault of a name before it where it stands first. */
    assert_string_equal(fixture_set(&f, LIST("number", "x", "foo", "1")),
                        "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'|");
    assert_string_equal(fixture_set(&f, LIST("fixed", "x", "foo", "1")),
                        FAILED("fixed", "can't set immutable config"));
}

static void all_or_nothing(void **state) {
    assert_string_equal(fixture_set(&f, LIST("text", "new", "number", "8", "bytes", "bad")),
                        FAILED("bytes", "argument must be a memory value"));
    assert_string_equal(f.module.text, "plain");
    assert_int_equal(f.module.number, 7);
    assert_int_equal(f.module.number_applies, 0);

    /* A failed apply puts back the values and what had been applied. */
    assert_string_equal(fixture_set(&f, LIST("text", "new", "number", "8", "port", "7777", "words", "a b")),
                        FAILED("port", "Unable to listen on this port."));
    assert_string_equal(f.module.text, "plain");
    assert_int_equal(f.module.number, 7);
    assert_int_equal(f.module.number_applies, 2);
    assert_int_equal(f.module.port, 6379);
    assert_string_equal(f.module.words.item[0], "*");
    assert_false(conf_was_set(f.conf, "number"));

    /* An alias and its name in one failing command go back to what was there before both. */
    assert_string_equal(fixture_set(&f, LIST("number", "8", "old-number", "9", "port", "7777")),
                        FAILED("port", "Unable to listen on this port."));
    assert_int_equal(f.module.number, 7);

    assert_string_equal(fixture_set(&f, LIST("text", "new", "number", "8", "port", "7000")), "+OK|");
    assert_int_equal(f.module.applied_port, 7000);
    assert_true(conf_was_set(f.conf, "number"));
    int applies = f.module.number_applies;
    assert_string_equal(fixture_set(&f, LIST("number", "8")), "+OK|"); /* the same value: nothing to apply */
    assert_int_equal(f.module.number_applies, applies);
}

static void get_by_name_pattern_and_alias(void **state) {
    assert_string_equal(fixture_get(&f, LIST("port")), "*2|$4|port|$4|6379|");
    assert_string_equal(fixture_get(&f, LIST("PORT", "port", "p?rt")), "*2|$4|PORT|$4|6379|");
    assert_string_equal(fixture_get(&f, LIST("*number*")), "*4|$6|number|$1|7|$10|old-number|$1|7|");
    assert_string_equal(fixture_get(&f, LIST("old-number")), "*2|$10|old-number|$1|7|");
    assert_string_equal(fixture_get(&f, LIST("NUM[a-z]er")), "*2|$6|number|$1|7|");
    assert_string_equal(fixture_get(&f, LIST("secret")), "*2|$6|secret|$0||");
    assert_string_equal(fixture_get(&f, LIST("nothing", "line")), "*0|");
    assert_string_equal(fixture_get(&f, LIST("hidden-d*")), "*0|");
    assert_string_equal(fixture_get(&f, LIST("hidden-delay")), "*2|$12|hidden-delay|$1|0|");
    assert_null(strstr(fixture_get(&f, LIST("*")), "hidden"));
}

static void options_without_effect_are_announced_once(void **state) {
    assert_string_equal(fixture_set(&f, LIST("kept", "1")), "+OK|");
    assert_string_equal(fixture_set(&f, LIST("kept", "0")), "+OK|");
    assert_int_equal(f.log.len, 0); /* the default, and what is so anyway */
    assert_string_equal(conf_no_effect(f.conf, "kept"), "nobody reads it");
    assert_null(conf_no_effect(f.conf, "port"));
    assert_null(conf_no_effect(f.conf, "nothing"));
    assert_string_equal(fixture_set(&f, LIST("kept", "2")), "+OK|");
    assert_non_null(
        strstr(buf_cstr(&f.log), "option 'kept' is accepted but has no effect (yet): nobody reads it"));
    buf_clear(&f.log);
    assert_string_equal(fixture_set(&f, LIST("kept", "3")), "+OK|");
    assert_int_equal(f.log.len, 0);
}

static void a_module_changes_its_own(void **state) {
    struct conf_error err;
    assert_true(conf_assign(f.conf, "fixed", "boot", &err));
    assert_string_equal(f.module.fixed, "boot");
    assert_false(conf_assign(f.conf, "number", "101", &err));
    assert_string_equal(err.text, "argument must be between -5 and 100 inclusive");
    assert_false(conf_assign(f.conf, "nothing", "101", &err));
    conf_string_set(&f.module.fixed, "later");
    assert_string_equal(fixture_value(&f, "fixed"), "later");
    conf_string_set(&f.module.fixed, "");
    assert_null(f.module.fixed);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(defaults_are_in_the_struct),
        T(every_kind_takes_and_prints_values),
        T(shapes_of_their_own),
        T(values_are_refused_in_redis_words),
        T(bytes_that_are_no_text),
        T(names_are_refused_in_redis_words),
        T(all_or_nothing),
        T(get_by_name_pattern_and_alias),
        T(options_without_effect_are_announced_once),
        T(a_module_changes_its_own),
    };
    return cmocka_run_group_tests_name("conf values, GET and SET", tests, NULL, NULL);
}
