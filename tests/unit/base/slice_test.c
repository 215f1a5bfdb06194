/* Equality by halves against plain equality. */
#include "common/base/slice.h"
#include "tests/unit/support/test.h"

static void test_short_ones_equal_as_others_do(void **state) {
    char a[40], b[40];
    memset(a, 'x', sizeof(a));
    for (size_t len = 0; len <= sizeof(a); len++) {
        memcpy(b, a, sizeof(b));
        assert_true(slice_eq_short((struct slice){a, len}, (struct slice){b, len}));
        if (len) assert_false(slice_eq_short((struct slice){a, len}, (struct slice){b, len - 1}));
        for (size_t at = 0; at < sizeof(b); at++) { /* what lies behind the end does not matter */
            b[at] ^= 1;
            assert_int_equal(slice_eq_short((struct slice){a, len}, (struct slice){b, len}), at >= len);
            b[at] ^= 1;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_short_ones_equal_as_others_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
