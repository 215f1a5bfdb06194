/* Lines into words and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/rng.h"
#include "common/conf/conf_words.h"

/* The words of a line, joined by commas; "!" for a line that does not split. */
static const char *split(const char *text) {
    static char joined[512];
    struct conf_line line;
    joined[0] = '\0';
    if (!conf_line_split(slice_of(text), &line)) return "!";
    for (int i = 0; i < line.count; i++) {
        if (i) strcat(joined, ",");
        assert_int_equal(line.word[i].ptr[line.word[i].len], '\0');
        strncat(joined, line.word[i].ptr, line.word[i].len);
    }
    conf_line_deinit(&line);
    return joined;
}

static void words_are_cut_at_white_space(void **state) {
    assert_string_equal(split(""), "");
    assert_string_equal(split("   "), "");
    assert_string_equal(split("port"), "port");
    assert_string_equal(split("  save\t900   1 "), "save,900,1");
    assert_string_equal(split("a b\r"), "a,b");
}

static void double_quotes_know_escapes(void **state) {
    assert_string_equal(split("x \"\" y"), "x,,y");
    assert_string_equal(split("x \"a b\""), "x,a b");
    assert_string_equal(split("x \"\\x41\\x4a\""), "x,AJ");
    assert_string_equal(split("x \"\\n\\r\\t\\b\\a\""), "x,\n\r\t\b\a");
    assert_string_equal(split("x \"\\\"\\\\\\q\""), "x,\"\\q");
    assert_string_equal(split("x \"\\x4\""), "x,x4"); /* no two digits: an ordinary character */
    assert_string_equal(split("po\"rt\" 1"), "port,1");
}

static void single_quotes_know_only_themselves(void **state) {
    assert_string_equal(split("x ''"), "x,");
    assert_string_equal(split("x 'it\\'s'"), "x,it's");
    assert_string_equal(split("x 'a\\nb'"), "x,a\\nb");
    assert_string_equal(split("x '\"'"), "x,\"");
}

static void open_quotes_do_not_split(void **state) {
    assert_string_equal(split("port \"1"), "!");
    assert_string_equal(split("port '1"), "!");
    assert_string_equal(split("port \"1\"2"), "!");
    assert_string_equal(split("port '1'2"), "!");
    assert_string_equal(split("port \"1\\\""), "!");
    assert_string_equal(split("port \""), "!");
    assert_string_equal(split("port \"a\\"), "!");
    struct conf_line line;
    assert_false(conf_line_split((struct slice){"a\0b", 3}, &line));
}

static void what_is_appended_reads_back(void **state) {
    struct rng rng;
    rng_seed(&rng, 20);
    for (int round = 0; round < 5000; round++) {
        char words[4][12];
        size_t len[4];
        struct buf text = {0};
        int count = 1 + (int)rng_below(&rng, 4);
        for (int i = 0; i < count; i++) {
            static const char alphabet[] = "ab \t\"'\\#\n\r\a\b\xff\x01x4$";
            len[i] = rng_below(&rng, sizeof(words[i]) + 1);
            for (size_t j = 0; j < len[i]; j++)
                words[i][j] = alphabet[rng_below(&rng, sizeof(alphabet))]; /* its NUL, too */
            if (i) buf_append_char(&text, ' ');
            conf_word_append(&text, (struct slice){words[i], len[i]});
        }
        struct conf_line line;
        assert_true(conf_line_split(buf_slice(&text), &line));
        assert_int_equal(line.count, count);
        for (int i = 0; i < count; i++)
            assert_true(slice_eq(line.word[i], (struct slice){words[i], len[i]}));
        conf_line_deinit(&line);
        buf_deinit(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_at_white_space),       cmocka_unit_test(double_quotes_know_escapes),
        cmocka_unit_test(single_quotes_know_only_themselves), cmocka_unit_test(open_quotes_do_not_split),
        cmocka_unit_test(what_is_appended_reads_back),
    };
    return cmocka_run_group_tests_name("conf words", tests, NULL, NULL);
}
