/* Globs against a matcher that simply tries everything. */
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

static bool match(const char *pattern, const char *text) {
    return glob_match(pattern, strlen(pattern), text, strlen(text), false);
}

static void what_users_of_keys_expect(void **state) {
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", false},
        {"*", "anything", true},
        {"**", "", false},
        {"?", "", false},
        {"?", "a", true},
        {"h?llo", "hello", true},
        {"h*llo", "heeeello", true},
        {"h*llo", "hell", false},
        {"*o", "foo", true},
        {"f*o*", "foobar", true},
        {"a*b*c", "aXbXbXc", true},
        {"a*b*c", "aXbXbX", false},
        {"h[ae]llo", "hallo", true},
        {"h[ae]llo", "hillo", false},
        {"h[^e]llo", "hallo", true},
        {"h[^e]llo", "hello", false},
        {"h[a-c]llo", "hbllo", true},
        {"h[c-a]llo", "hbllo", true},
        {"h[a-c]llo", "hdllo", false},
        {"[]", "a", false},
        {"[^]", "a", true},
        {"[]a]", "]a]", false},
        {"[a", "a", true},
        {"[a", "b", false},
        {"[a-", "-", true},
        {"[", "[", false},
        {"[a-]", "]", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\?", "?", true},
        {"a\\", "a\\", true},
        {"[\\]]", "]", true},
        {"[\\-a]", "-", true},
        {"[\\a-c]", "b", false},
        {"[a\\-c]", "b", false},
        {"[\\", "\\", true},
        {"?*", "a", true},
        {"*?", "", false},
        {"*[0-9]", "key9", true},
        {"*[0-9]", "key9x", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (match(cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].text);
}

static void case_is_ignored_on_demand(void **state) {
    assert_true(glob_match("MAX*", 4, "maxmemory", 9, true));
    assert_true(glob_match("[A-C]x", 6, "bX", 2, true));
    assert_true(glob_match("[a-c]", 5, "B", 1, true));
    assert_false(glob_match("MAX*", 4, "maxmemory", 9, false));
    assert_false(glob_match("[^A]", 4, "a", 1, true));
}

static void bytes_of_all_kinds(void **state) {
    assert_true(glob_match("a*\0b", 4, "a\xff\0b", 4, false));
    assert_true(glob_match("[\x80-\xff]", 5, "\xe4", 1, false));
}

/* Patterns of letters, stars, question marks and sets, by definition: a star takes each length in turn. */
static bool model_match(const char *p, const char *t) {
    if (*p == '\0') return *t == '\0';
    if (*p == '*') {
        for (;; t++) {
            if (model_match(p + 1, t)) return true;
            if (*t == '\0') return false;
        }
    }
    if (*t == '\0') return false;
    if (*p == '[') {
        const char *close = strchr(p, ']');
        bool negated = p[1] == '^';
        bool found = memchr(p + 1 + negated, *t, (size_t)(close - p - 1 - negated)) != NULL;
        return found != negated && model_match(close + 1, t + 1);
    }
    return (*p == '?' || *p == *t) && model_match(p + 1, t + 1);
}

static void random_patterns(void **state) {
    static const char *parts[] = {"a", "b", "a", "b", "c", "*", "*", "?", "[ab]", "[^a]", "[c]"};
    struct rng rng = test_rng();
    int matches = 0, rounds = test_rounds(100000);
    for (int i = 0; i < rounds; i++) {
        char pattern[64] = "", text[16];
        for (uint64_t n = rng_below(&rng, 9); n > 0; n--)
            strcat(pattern, parts[rng_below(&rng, sizeof(parts) / sizeof(parts[0]))]);
        size_t len = rng_below(&rng, 10);
        test_letters(&rng, text, len, 3);
        text[len] = '\0';
        bool expected = model_match(pattern, text);
        if (len == 0) expected = pattern[0] == '\0';
        if (match(pattern, text) != expected) fail_msg("'%s' against '%s'", pattern, text);
        matches += expected;
    }
    assert_in_range(matches, rounds / 50, rounds); /* the test is not about misses only */
}

/* By trying every star, this would take longer than the universe has. */
static void many_stars_stay_cheap(void **state) {
    char pattern[200], *text = mem_alloc(20000);
    memset(text, 'a', 20000);
    for (int i = 0; i < 100; i++)
        memcpy(pattern + 2 * i, "a*", 2);
    pattern[199] = 'b';
    assert_false(glob_match(pattern, 200, text, 20000, false));
    pattern[199] = 'a';
    assert_true(glob_match(pattern, 200, text, 20000, false));
    mem_free(text);
}

/* Nothing is read beyond either end: the sanitizer watches exact allocations. */
static void random_bytes_stay_inside(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(50000); i++) {
        size_t pattern_len = rng_below(&rng, 12), text_len = rng_below(&rng, 12);
        char *pattern = mem_alloc(pattern_len), *text = mem_alloc(text_len);
        for (size_t k = 0; k < pattern_len; k++)
            pattern[k] = "[]^-\\*?ab"[rng_below(&rng, 9)];
        test_letters(&rng, text, text_len, 2);
        (void)glob_match(pattern, pattern_len, text, text_len, rng_below(&rng, 2));
        mem_free(pattern);
        mem_free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_users_of_keys_expect), cmocka_unit_test(case_is_ignored_on_demand),
        cmocka_unit_test(bytes_of_all_kinds),        cmocka_unit_test(random_patterns),
        cmocka_unit_test(many_stars_stay_cheap),     cmocka_unit_test(random_bytes_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
