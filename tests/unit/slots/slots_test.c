/* Slots of keys: the values that cluster clients compute. */
#include "common/slots/slots.h"
#include "tests/unit/support/test.h"
#include <string.h>

static void known_slots(void **state) {
    assert_int_equal(slots_of_key(SLICE("foo")), 12182);
    assert_int_equal(slots_of_key(SLICE("bar")), 5061);
    assert_int_equal(slots_of_key(SLICE("hello")), 866);
    assert_int_equal(slots_of_key(SLICE("123456789")), 0x31c3 % SLOTS_COUNT);
    assert_int_equal(slots_of_key((struct slice){NULL, 0}), 0);
}

static void tags(void **state) {
    static const struct {
        const char *key, *tag;
    } cases[] = {
        {"{user1000}.following", "user1000"},
        {"foo{}{bar}", "foo{}{bar}"},
        {"foo{{bar}}zap", "{bar"},
        {"foo{bar}{zap}", "bar"},
        {"foo{bar", "foo{bar"},
        {"foo}bar{", "foo}bar{"},
        {"}{a}", "a"},
        {"{}", "{}"},
        {"{a}", "a"},
        {"", ""},
        {"{", "{"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice tag = slots_tag(slice_of(cases[i].key));
        assert_true(slice_eq(tag, slice_of(cases[i].tag)));
    }
    assert_int_equal(slots_of_key(SLICE("{user1000}.following")),
                     slots_of_key(SLICE("{user1000}.followers")));
}

static void all_slots_are_reached(void **state) {
    struct rng rng = test_rng();
    static bool reached[SLOTS_COUNT];
    int count = 0;
    for (int i = 0; i < 400000; i++) {
        char key[12];
        test_letters(&rng, key, sizeof(key), 26);
        uint16_t slot = slots_of_key((struct slice){key, sizeof(key)});
        assert_in_range(slot, 0, SLOTS_COUNT - 1);
        count += !reached[slot];
        reached[slot] = true;
    }
    assert_int_equal(count, SLOTS_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_slots),
        cmocka_unit_test(tags),
        cmocka_unit_test(all_slots_are_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
