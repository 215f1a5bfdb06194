/* Random numbers and the hash that a random secret keys. */
#include "common/base/hash.h"
#include "common/base/rng.h"
#include "tests/unit/support/test.h"
#include <string.h>

static void a_seed_gives_one_stream(void **state) {
    struct rng a, b, c;
    rng_seed(&a, 1);
    rng_seed(&b, 1);
    rng_seed(&c, 2);
    /* splitmix64's published first value for seed 0 */
    struct rng zero;
    rng_seed(&zero, 0);
    assert_true(zero.state[0] == 0xe220a8397b1dcdaf);
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_next(&a);
        assert_true(x == rng_next(&b));
        same += x == rng_next(&c);
    }
    assert_int_equal(same, 0);
}

static void below_is_uniform(void **state) {
    struct rng rng = test_rng();
    static const uint64_t bounds[] = {1, 2, 3, 7, 10, 100, 1000};
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        uint64_t counts[1000] = {0}, draws = bounds[i] * 2000;
        for (uint64_t k = 0; k < draws; k++) {
            uint64_t drawn = rng_below(&rng, bounds[i]);
            assert_in_range(drawn, 0, bounds[i] - 1);
            counts[drawn]++;
        }
        for (uint64_t k = 0; k < bounds[i]; k++) /* seven standard deviations */
            assert_in_range(counts[k], 2000 - 320, 2000 + 320);
    }
    for (int k = 0; k < 1000; k++)
        assert_true(rng_below(&rng, UINT64_MAX) < UINT64_MAX);
}

static void units_bytes_and_hex(void **state) {
    struct rng rng = test_rng();
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = rng_unit(&rng);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 4750 && sum < 5250);
    char hex[41] = {0}, again[41] = {0};
    rng_hex(&rng, hex, 40);
    rng_hex(&rng, again, 40);
    assert_int_equal(strspn(hex, "0123456789abcdef"), 40);
    assert_string_not_equal(hex, again);
    unsigned char bytes[13 + 1];
    int ones = 0;
    bytes[13] = 0xaa;
    for (int i = 0; i < 1000; i++) {
        rng_fill(&rng, bytes, 13);
        for (int k = 0; k < 13; k++)
            ones += __builtin_popcount(bytes[k]);
    }
    assert_in_range(ones, 50700, 53300); /* half of 104,000 bits */
    assert_int_equal(bytes[13], 0xaa);
}

static void the_system_seeds_differently(void **state) {
    struct rng a, b;
    rng_seed_from_system(&a);
    rng_seed_from_system(&b);
    assert_true(rng_next(&a) != rng_next(&b));
}

static void hashes_depend_on_the_secret(void **state) {
    struct rng rng = test_rng();
    struct hash_secret first, second;
    hash_secret_draw(&first, &rng);
    hash_secret_draw(&second, &rng);
    for (size_t len = 0; len < 600; len++) {
        char bytes[600];
        test_letters(&rng, bytes, len, 26);
        struct slice s = {bytes, len};
        assert_true(hash_slice(&first, s) == hash_bytes(&first, bytes, len));
        assert_true(hash_slice(&first, s) != hash_slice(&second, s));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_one_stream),     cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(units_bytes_and_hex),         cmocka_unit_test(the_system_seeds_differently),
        cmocka_unit_test(hashes_depend_on_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
