/* The byte string against a plain array. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

static void an_empty_one_is_valid(void **state) {
    struct buf b = {0};
    assert_string_equal(buf_cstr(&b), "");
    buf_append(&b, NULL, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_clear(&b);
    buf_deinit(&b);
    buf_deinit(&b);
    assert_null(b.ptr);
}

static void random_appends(void **state) {
    struct rng rng = test_rng();
    static char model[1 << 16];
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    for (int round = 0; round < test_rounds(50); round++) {
        struct buf b = {0};
        size_t len = 0;
        while (len < 40000) {
            char piece[3000];
            size_t n = rng_below(&rng, rng_below(&rng, 4) ? 50 : sizeof(piece) - 1);
            test_letters(&rng, piece, n, 26);
            piece[n] = '\0';
            switch (rng_below(&rng, 6)) {
            case 0: buf_append(&b, piece, n); break;
            case 1: buf_append_str(&b, piece); break;
            case 2: buf_append_slice(&b, (struct slice){piece, n}); break;
            case 3: buf_printf(&b, "%s", piece); break;
            case 4:
                n = 1;
                piece[0] = 'z';
                buf_append_char(&b, 'z');
                break;
            default: buf_reserve(&b, n); n = 0;
            }
            memcpy(model + len, piece, n);
            len += n;
            assert_int_equal(b.len, len);
            if (rng_below(&rng, 50) == 0) {
                assert_int_equal(strlen(buf_cstr(&b)), len);
                assert_memory_equal(buf_slice(&b).ptr, model, len);
            }
            if (rng_below(&rng, 300) == 0) {
                buf_clear(&b);
                len = 0;
            }
        }
        assert_memory_equal(b.ptr, model, len);
        buf_deinit(&b);
    }
    assert_int_equal(account.used, 0);
    mem_account_enter(before);
}

static void printf_around_the_capacity(void **state) {
    for (int width = 1; width < 200; width++) {
        struct buf b = {0};
        char expected[256];
        snprintf(expected, sizeof(expected), "%*d|%*d", width, 7, 3, 5);
        buf_printf(&b, "%*d", width, 7);
        buf_printf(&b, "|%*d", 3, 5);
        assert_string_equal(buf_cstr(&b), expected);
        buf_deinit(&b);
    }
}

static void quoting(void **state) {
    struct buf b = {0};
    buf_append_quoted(&b, "a\"b\\c\n\r\t\a\b\0\x01\x7f\xff z", 16);
    assert_string_equal(buf_cstr(&b), "\"a\\\"b\\\\c\\n\\r\\t\\a\\b\\x00\\x01\\x7f\\xff z\"");
    buf_clear(&b);
    buf_append_quoted(&b, "", 0);
    assert_string_equal(buf_cstr(&b), "\"\"");
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_is_valid),
        cmocka_unit_test(printf_around_the_capacity),
        cmocka_unit_test(quoting),
        cmocka_unit_test(random_appends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
