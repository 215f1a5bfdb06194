/* The linked list and slices against arrays. */
#include "common/base/list.h"
#include "common/base/slice.h"
#include "tests/unit/support/test.h"
#include <string.h>

struct item {
    int number;
    struct link link;
};

static void assert_list_is(struct link *head, const int *numbers, int count) {
    int i = 0;
    LIST_FOR(it, tmp, head) {
        assert_in_range(i, 0, count - 1);
        assert_int_equal(LIST_OWNER(it, struct item, link)->number, numbers[i++]);
    }
    assert_int_equal(i, count);
    assert_int_equal(list_empty(head), count == 0);
}

static void random_steps_against_an_array(void **state) {
    struct rng rng = test_rng();
    struct item items[20];
    struct link head;
    int model[20], count = 0;
    list_init(&head);
    for (int i = 0; i < 20; i++) {
        items[i].number = i;
        list_init(&items[i].link);
    }
    for (int step = 0; step < test_rounds(5000); step++) {
        int i = (int)rng_below(&rng, 20), at = 0;
        while (at < count && model[at] != i)
            at++;
        assert_int_equal(list_linked(&items[i].link), at < count);
        if (at < count) {
            list_remove(&items[i].link);
            list_remove(&items[i].link);
            memmove(model + at, model + at + 1, (size_t)(--count - at) * sizeof(int));
        } else if (rng_below(&rng, 2)) {
            list_append(&head, &items[i].link);
            model[count++] = i;
        } else {
            list_prepend(&head, &items[i].link);
            memmove(model + 1, model, (size_t)count++ * sizeof(int));
            model[0] = i;
        }
        assert_list_is(&head, model, count);
    }
    LIST_FOR(it, tmp, &head) list_remove(it);
    assert_true(list_empty(&head));
}

static void slices_compare_as_bytes(void **state) {
    struct slice nothing = {NULL, 0};
    assert_true(slice_eq(nothing, SLICE("")));
    assert_true(slice_eq(SLICE("a\0b"), (struct slice){"a\0b", 3}));
    assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_eq(SLICE("a"), SLICE("ab")));
    assert_true(slice_is(SLICE("WithScores"), "WITHSCORES"));
    assert_false(slice_is(SLICE("with"), "WITHSCORES"));
    assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
    assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
    assert_int_equal(slice_cmp(nothing, SLICE("")), 0);
    assert_int_equal(slice_of("four").len, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_steps_against_an_array),
        cmocka_unit_test(slices_compare_as_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
