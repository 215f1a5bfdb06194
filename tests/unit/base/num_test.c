/* Numbers against libc, and the texts that clients know. */
#include "common/base/num.h"
#include "tests/unit/support/test.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void integers_go_there_and_back(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(100000); i++) {
        uint64_t bits = rng_next(&rng) >> rng_below(&rng, 64);
        char text[32], expected[32];
        int64_t back;
        uint64_t unsigned_back;
        for (int negate = 0; negate < 2; negate++) {
            int64_t value = (int64_t)(negate ? 0 - bits : bits);
            size_t len = num_format_int64(text, value);
            assert_int_equal(len, snprintf(expected, sizeof(expected), "%lld", (long long)value));
            assert_memory_equal(text, expected, len);
            assert_true(num_parse_int64(text, len, &back));
            assert_true(back == value);
        }
        size_t len = num_format_uint64(text, bits);
        assert_int_equal(len, snprintf(expected, sizeof(expected), "%llu", (unsigned long long)bits));
        assert_memory_equal(text, expected, len);
        assert_int_equal(num_uint64_digits(bits), len);
        assert_true(num_parse_uint64(text, len, &unsigned_back));
        assert_true(unsigned_back == bits);
    }
}

static void limits_of_integers(void **state) {
    static const char *good[] = {"0", "9223372036854775807", "-9223372036854775808", "-1", "10"};
    static const char *bad[] = {"",
                                "-",
                                "-0",
                                "00",
                                "01",
                                "+1",
                                " 1",
                                "1 ",
                                "1a",
                                "a",
                                "--1",
                                "9223372036854775808",
                                "1.0",
                                "0x10",
                                "-01",
                                "1\n1",
                                "-9223372036854775809",
                                "99999999999999999999",
                                "18446744073709551616",
                                "100000000000000000000000"};
    int64_t value;
    uint64_t large;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(num_parse_int64(good[i], strlen(good[i]), &value));
        assert_true(value == strtoll(good[i], NULL, 10));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        value = 42;
        assert_false(num_parse_int64(bad[i], strlen(bad[i]), &value));
        assert_int_equal(value, 42);
    }
    assert_false(num_parse_int64("1\0"
                                 "2",
                                 3, &value));
    assert_true(num_parse_uint64("18446744073709551615", 20, &large));
    assert_true(large == UINT64_MAX);
    assert_false(num_parse_uint64("18446744073709551616", 20, &large));
    assert_false(num_parse_uint64("99999999999999999999", 20, &large));
    assert_false(num_parse_uint64("-1", 2, &large));
}

static void texts_of_doubles(void **state) {
    static const struct {
        double value;
        const char *text;
    } known[] = {
        {0, "0"},
        {-0.0, "-0"},
        {5, "5"},
        {-5, "-5"},
        {3.1, "3.1"},
        {0.1, "0.1"},
        {-1.5, "-1.5"},
        {1e21, "1e+21"},
        {1e17, "100000000000000000"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {123456.75, "123456.75"},
        {0.000001, "0.000001"},
        {1e-7, "1e-7"},
        {1.5e-9, "1.5e-9"},
        {4.7e18, "4.7e+18"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992"},
        {-1.25e-10, "-1.25e-10"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        char text[NUM_DOUBLE_CHARS_MAX + 1];
        text[num_format_double(text, known[i].value)] = '\0';
        assert_string_equal(text, known[i].text);
    }
}

/* Doubles of all kinds: any bits, few decimals, whole numbers and their neighbours. */
static double random_double(struct rng *rng) {
    double value;
    uint64_t bits = rng_next(rng);
    switch (rng_below(rng, 4)) {
    case 0: memcpy(&value, &bits, sizeof(value)); break;
    case 1:
        value = (double)(int64_t)(bits >> rng_below(rng, 60)) / pow(10, (double)rng_below(rng, 12));
        break;
    case 2: value = (double)(int64_t)bits; break;
    default: value = nextafter((double)(bits >> rng_below(rng, 64)), rng_below(rng, 2) ? INFINITY : 0);
    }
    return isfinite(value) ? value : 1.5;
}

static int significant_digits(const char *text) {
    char digits[64];
    int count = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count || *text != '0')) digits[count++] = *text;
    while (count && digits[count - 1] == '0')
        count--;
    return count;
}

static void doubles_go_there_and_back_shortest(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(50000); i++) {
        double value = random_double(&rng), back, parsed;
        char text[NUM_DOUBLE_CHARS_MAX + 1], shorter[64];
        size_t len = num_format_double(text, value);
        assert_in_range(len, 1, NUM_DOUBLE_CHARS_MAX);
        text[len] = '\0';
        back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof(value));
        assert_true(num_parse_double(text, len, &parsed));
        assert_memory_equal(&parsed, &value, sizeof(value));
        int digits = significant_digits(text);
        if (digits > 1 && fabs(value) > 0x1p62) { /* below, whole numbers show all their digits */
            snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, value);
            assert_true(strtod(shorter, NULL) != value);
        }
    }
}

static void doubles_are_read_as_strtod_does(void **state) {
    static const char *good[] = {"1",
                                 "-1",
                                 "1.",
                                 ".5",
                                 "-.5",
                                 "1e3",
                                 "1E-3",
                                 "0x10",
                                 "0x1p3",
                                 "inf",
                                 "-inf",
                                 "Infinity",
                                 "+5",
                                 "1e-320",
                                 "0.1",
                                 "123456789012345",
                                 "1234567890123456789",
                                 "0.000000000000001",
                                 "-0",
                                 "00012",
                                 "99999999999999.9",
                                 "3.14159265358979323846264338327950288"};
    static const char *bad[] = {"",    " 1",  "1 ", "nan", "NAN", "-nan", "abc", "1e400", "-1e400", "1e-400",
                                "1..", "--1", "1e", "e1",  ".",   "-",    "-.",  "1_0",   "\t1",    "0x"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        double value = 42, expected = strtod(good[i], NULL);
        long double wide = 42;
        assert_true(num_parse_double(good[i], strlen(good[i]), &value));
        assert_memory_equal(&value, &expected, sizeof(value));
        assert_true(num_parse_long_double(good[i], strlen(good[i]), &wide));
        assert_true(wide == strtold(good[i], NULL));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        double value = 42;
        assert_false(num_parse_double(bad[i], strlen(bad[i]), &value));
        assert_true(value == 42);
    }
    double value;
    assert_false(num_parse_double("1\0", 2, &value));
    char zeros[3000];
    memset(zeros, '0', sizeof(zeros));
    zeros[1] = '.';
    zeros[sizeof(zeros) - 1] = '1';
    assert_false(num_parse_double(zeros, sizeof(zeros), &value)); /* nothing is left of it */
    assert_true(num_parse_double(zeros, 200, &value) && value == 0);
}

static void random_texts_are_read_as_strtod_does(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(100000); i++) {
        char text[24];
        size_t len = 1 + rng_below(&rng, 20);
        for (size_t k = 0; k < len; k++)
            text[k] = "0123456789012345678901234567890123456789....-+eE x"[rng_below(&rng, 50)];
        text[len] = '\0';
        char *end;
        errno = 0;
        double expected = strtod(text, &end), value;
        bool accepted = *end == '\0' && text[0] != ' ' && !(errno && (isinf(expected) || expected == 0));
        assert_int_equal(num_parse_double(text, len, &value), accepted);
        if (accepted) assert_memory_equal(&value, &expected, sizeof(value));
    }
}

static void texts_of_long_doubles(void **state) {
    static const struct {
        long double value;
        const char *text;
    } known[] = {{0, "0"},
                 {-0.0L, "0"},
                 {3, "3"},
                 {10.5L, "10.5"},
                 {0.1L, "0.1"},
                 {100, "100"},
                 {-2.25L, "-2.25"},
                 {5.0e3L, "5000"},
                 {1e20L, "100000000000000000000"},
                 {1e-17L, "0.00000000000000001"},
                 {1e-18L, "0"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"}};
    char text[NUM_LONG_DOUBLE_CHARS_MAX];
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        text[num_format_long_double(text, known[i].value)] = '\0';
        assert_string_equal(text, known[i].text);
    }
    size_t len = num_format_long_double(text, 1.1e4932L); /* the longest there is */
    assert_int_equal(len, 4933);
}

static void sizes_of_memory(void **state) {
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"0", 0},
                {"100", 100},
                {"5b", 5},
                {"1k", 1000},
                {"1kb", 1024},
                {"2M", 2000000},
                {"2mB", 2 << 20},
                {"3g", 3000000000},
                {"1GB", 1 << 30},
                {"007", 7},
                {"9223372036854775807", INT64_MAX}};
    static const char *bad[] = {
        "", "k", "1x", "-1", "1kbb", "1 kb", "1.5k", "+1", "9223372036854775808", "9007199254740993kb"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t bytes = -1;
        assert_true(num_parse_memory(good[i].text, strlen(good[i].text), &bytes));
        assert_true(bytes == good[i].bytes);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t bytes = 42;
        assert_false(num_parse_memory(bad[i], strlen(bad[i]), &bytes));
        assert_int_equal(bytes, 42);
    }
    char text[32];
    num_format_memory_human(text, 1023);
    assert_string_equal(text, "1023B");
    num_format_memory_human(text, 1536);
    assert_string_equal(text, "1.50K");
    num_format_memory_human(text, (uint64_t)3 << 40);
    assert_string_equal(text, "3.00T");
    num_format_memory_human(text, UINT64_MAX);
    assert_string_equal(text, "16384.00P");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_go_there_and_back),
        cmocka_unit_test(limits_of_integers),
        cmocka_unit_test(texts_of_doubles),
        cmocka_unit_test(doubles_go_there_and_back_shortest),
        cmocka_unit_test(doubles_are_read_as_strtod_does),
        cmocka_unit_test(random_texts_are_read_as_strtod_does),
        cmocka_unit_test(texts_of_long_doubles),
        cmocka_unit_test(sizes_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
