/* Entries: layout, sizes, and that reshaping keeps what it should. */
#include "common/base/mem.h"
#include "server/ds/intset.h"
#include "server/ds/listpack.h"
#include "server/types/entry.h"
#include "tests/unit/support/test.h"

static struct mem_account account, *outer;

static int enter(void **state) {
    account = (struct mem_account){0};
    outer = mem_account_enter(&account);
    return 0;
}

static int leave(void **state) {
    mem_account_enter(outer);
    return account.used != 0;
}

static void test_sizes(void **state) {
    struct slice key = SLICE("0123456789abcdef");
    char value[32] = {0};
    struct entry *e = entry_create(VALUE_STRING, ENC_BYTES, key, ENTRY_NO_DEADLINE, value, 32);
    assert_int_equal(entry_size(e), 56);
    assert_int_equal(account.used, 64);
    e = entry_set_deadline(e, 1700000000000);
    assert_int_equal(entry_size(e), 64);
    assert_int_equal(account.used, 64);
    assert_true(slice_eq(entry_key(e), key));
    assert_int_equal(entry_deadline(e), 1700000000000);
    e = entry_set_deadline(e, ENTRY_NO_DEADLINE);
    assert_int_equal(entry_size(e), 56);
    entry_free_shell(e);
}

static void test_kinds_and_access(void **state) {
    int64_t number = -5;
    struct entry *e =
        entry_create(VALUE_STRING, ENC_INT, SLICE("k"), ENTRY_NO_DEADLINE, &number, sizeof(number));
    assert_int_equal(entry_type(e), VALUE_STRING);
    assert_int_equal(entry_encoding(e), ENC_INT);
    assert_memory_equal(entry_payload(e), &number, sizeof(number));
    entry_set_access(e, 0xabcdef);
    assert_int_equal(entry_access(e), 0xabcdef);
    assert_true(slice_eq(entry_key(e), SLICE("k")));
    e = entry_reshape(e, ENC_HEAP, sizeof(void *));
    entry_set_pointer(e, &number);
    assert_ptr_equal(entry_pointer(e), &number);
    assert_int_equal(entry_access(e), 0xabcdef);
    entry_free_shell(e);
}

static void test_due(void **state) {
    struct entry *e = entry_create(VALUE_STRING, ENC_BYTES, SLICE("k"), 1000, "", 0);
    assert_false(entry_due(e, 999));
    assert_false(entry_due(e, 1000));
    assert_true(entry_due(e, 1001));
    e = entry_set_deadline(e, 5000);
    assert_false(entry_due(e, 1001));
    e = entry_set_deadline(e, ENTRY_NO_DEADLINE);
    assert_false(entry_due(e, INT64_MAX));
    assert_int_equal(entry_deadline(e), ENTRY_NO_DEADLINE);
    entry_free_shell(e);
}

/* Deadlines come and go and payloads change size, for keys short and long: key, payload and access survive.
 */
static void test_random_reshaping(void **state) {
    struct rng rng = test_rng();
    static char key_room[2000], payload[1024], expected[1024];
    for (int round = test_rounds(300); round > 0; round--) {
        size_t key_len = rng_below(&rng, 2) ? rng_below(&rng, 40) : 240 + rng_below(&rng, 1000);
        rng_fill(&rng, key_room, key_len);
        struct slice key = {key_room, key_len};
        size_t size = rng_below(&rng, sizeof(payload));
        rng_fill(&rng, expected, size);
        int64_t deadline = rng_below(&rng, 2) ? (int64_t)rng_next(&rng) >> 1 : ENTRY_NO_DEADLINE;
        struct entry *e = entry_create(VALUE_STRING, ENC_BYTES, key, deadline, expected, size);
        uint32_t access = (uint32_t)rng_below(&rng, 1 << 24);
        entry_set_access(e, access);
        for (unsigned op = 0; op < 60; op++) {
            if (rng_below(&rng, 2)) {
                deadline = rng_below(&rng, 2) ? (int64_t)(rng_next(&rng) >> 1) : ENTRY_NO_DEADLINE;
                e = entry_set_deadline(e, deadline);
            } else {
                size_t after = rng_below(&rng, sizeof(payload));
                e = entry_reshape(e, ENC_BYTES, after);
                if (after > size) {
                    rng_fill(&rng, entry_payload(e) + size, after - size);
                    memcpy(expected + size, entry_payload(e) + size, after - size);
                }
                size = after;
            }
            assert_true(slice_eq(entry_key(e), key));
            assert_int_equal(entry_payload_size(e), size);
            assert_memory_equal(entry_payload(e), expected, size);
            assert_true(entry_deadline(e) == deadline);
            assert_true(entry_expires(e) == (deadline != ENTRY_NO_DEADLINE));
            assert_int_equal(entry_access(e), access);
            assert_int_equal(account.used, mem_good_size(entry_size(e)));
        }
        entry_free_shell(e);
    }
}

static void test_rename_keeps_the_rest(void **state) {
    struct entry *e = entry_create(VALUE_STRING, ENC_BYTES, SLICE("old"), 77, "value", 5);
    entry_set_access(e, 4711);
    e->flags |= ENTRY_GREW;
    static char long_key[300];
    e = entry_rename(e, (struct slice){long_key, sizeof(long_key)});
    assert_int_equal(entry_key_len(e), sizeof(long_key));
    assert_memory_equal(entry_payload(e), "value", 5);
    assert_int_equal(entry_deadline(e), 77);
    assert_int_equal(entry_access(e), 4711);
    assert_true(e->flags & ENTRY_GREW);
    entry_free_shell(e);
}

static void test_shrunk_gives_room_back(void **state) {
    size_t bytes = LISTPACK_EMPTY_BYTES;
    static char text[60];
    struct slice value = {text, sizeof(text)};
    bytes += 20 * listpack_element_bytes(value);
    struct entry *e = entry_create(VALUE_LIST, ENC_LISTPACK, SLICE("k"), ENTRY_NO_DEADLINE, NULL, bytes);
    listpack_init(entry_payload(e));
    for (unsigned i = 0; i < 20; i++)
        listpack_append(entry_payload(e), value);
    assert_int_equal(account.used, mem_good_size(entry_size(e)));
    while (listpack_count(entry_payload(e))) {
        size_t before = entry_payload_size(e);
        listpack_erase(entry_payload(e), listpack_first(entry_payload(e)));
        e = entry_shrunk(e, before);
        assert_int_equal(account.used, mem_good_size(entry_size(e)));
    }
    entry_free_shell(e);
}

static void test_intset_inline(void **state) {
    struct entry *e =
        entry_create(VALUE_SET, ENC_INTSET, SLICE("k"), ENTRY_NO_DEADLINE, NULL, INTSET_EMPTY_BYTES);
    intset_init(entry_payload(e));
    for (int64_t i = 0; i < 100; i++) {
        e = entry_reshape(e, ENC_INTSET, intset_bytes_with(entry_payload(e), i << i % 40));
        intset_add(entry_payload(e), i << i % 40);
        assert_int_equal(entry_payload_size(e), intset_bytes(entry_payload(e)));
        assert_int_equal(account.used, mem_good_size(entry_size(e)));
    }
    entry_free_shell(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes, enter, leave),
        cmocka_unit_test_setup_teardown(test_kinds_and_access, enter, leave),
        cmocka_unit_test_setup_teardown(test_due, enter, leave),
        cmocka_unit_test_setup_teardown(test_random_reshaping, enter, leave),
        cmocka_unit_test_setup_teardown(test_rename_keeps_the_rest, enter, leave),
        cmocka_unit_test_setup_teardown(test_shrunk_gives_room_back, enter, leave),
        cmocka_unit_test_setup_teardown(test_intset_inline, enter, leave),
    };
    return cmocka_run_group_tests_name("types/entry", tests, NULL, NULL);
}
