/* Accounting: what goes in comes out, in the allocator's own size classes. */
#include "common/base/mem.h"
#include "tests/unit/support/test.h"
#include <pthread.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

static void size_classes_are_the_allocators(void **state) {
#ifdef TORC_SANITIZED
    skip(); /* another allocator */
#endif
    for (size_t size = 0; size < 9 * MIB; size += size < 20000 ? 1 : size / 97) {
        void *ptr = mem_alloc(size);
        assert_int_equal(mem_usable(ptr), mem_good_size(size));
        mem_free(ptr);
    }
}

static void charges_balance_under_random_steps(void **state) {
    struct rng rng = test_rng();
    struct mem_account account = {0};
    struct mem_account *before = mem_account_enter(&account);
    struct {
        char *ptr;
        size_t size;
    } held[64] = {{0}};
    int64_t expected = 0;
    for (int i = 0; i < test_rounds(20000); i++) {
        size_t which = rng_below(&rng, 64);
        size_t size = rng_below(&rng, 10) ? rng_below(&rng, 300) : rng_below(&rng, 100000);
        char **ptr = &held[which].ptr;
        if (*ptr) expected -= (int64_t)mem_good_size(held[which].size);
        switch (rng_below(&rng, 4)) {
        case 0:
            mem_free(*ptr);
            *ptr = NULL;
            break;
        case 1:
            if (*ptr) mem_free_sized(*ptr, held[which].size);
            *ptr = rng_below(&rng, 2) ? mem_alloc(size) : mem_zalloc(size);
            break;
        case 2: *ptr = mem_realloc(*ptr, size); break;
        default: mem_free(*ptr); *ptr = mem_try_alloc(size);
        }
        if (*ptr) {
            memset(*ptr, 'x', size);
            held[which].size = size;
            expected += (int64_t)mem_good_size(size);
        }
        assert_int_equal(account.used, expected);
    }
    for (int i = 0; i < 64; i++)
        mem_free(held[i].ptr);
    assert_int_equal(account.used, 0);
    assert_ptr_equal(mem_account_enter(before), &account);
}

static void zalloc_is_zero_and_strings_are_copied(void **state) {
    char *zeros = mem_zalloc(1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(zeros[i], 0);
    mem_free(zeros);
    char *whole = mem_strdup("all of it"), *part = mem_strndup("all of it", 3), *none = mem_strndup(NULL, 0);
    assert_string_equal(whole, "all of it");
    assert_string_equal(part, "all");
    assert_string_equal(none, "");
    mem_free(whole);
    mem_free(part);
    mem_free(none);
    mem_free(NULL);
}

static void gaps_open_and_close(void **state) {
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    char *text = mem_alloc(9);
    memcpy(text, "beginning", 9);
    text = mem_open_gap(text, 9, 5, 30);
    memset(text + 5, '-', 30);
    assert_memory_equal(text, "begin------------------------------ning", 39);
    assert_int_equal(account.used, mem_good_size(39));
    text = mem_close_gap(text, 39, 0, 38);
    assert_memory_equal(text, "g", 1);
    assert_int_equal(account.used, mem_good_size(1));
    mem_free_sized(text, 1);
    mem_account_enter(before);
}

static void tries_fail_when_told_and_when_absurd(void **state) {
    mem_fail_after(2);
    void *first = mem_try_alloc(10);
    assert_non_null(first);
    assert_null(mem_try_alloc(10));
    void *third = mem_try_realloc(first, 5000);
    assert_non_null(third);
    mem_fail_after(1);
    assert_null(mem_try_realloc(third, 10000)); /* and the old one is still ours */
    memset(third, 1, 5000);
    mem_fail_after(0);
    volatile size_t absurd = SIZE_MAX - 4096; /* hidden from the compiler, which would refuse it */
    assert_null(mem_try_alloc(absurd));
    assert_null(mem_try_realloc(third, absurd));
    mem_free(third);
}

static void *free_elsewhere(void *ptr) {
    static struct mem_account helper;
    mem_account_enter(&helper);
    mem_free(ptr);
    return &helper;
}

static void a_helper_is_merged(void **state) {
    struct mem_account account = {0};
    struct mem_account *before = mem_account_enter(&account);
    void *ptr = mem_alloc(1000), *helper;
    mem_account_note_peak(&account);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_elsewhere, ptr), 0);
    pthread_join(thread, &helper);
    assert_int_equal(account.used, 1024);
    assert_int_equal(((struct mem_account *)helper)->used, -1024);
    mem_account_merge(&account, helper);
    assert_int_equal(account.used, 0);
    assert_int_equal(account.peak, 1024);
    assert_int_equal(((struct mem_account *)helper)->used, 0);
    mem_account_enter(before);
}

static void mapped_memory_is_zero_aligned_and_charged(void **state) {
    struct mem_account account = {0};
    struct mem_account *before = mem_account_enter(&account);
    char *small = mem_map(5000);
    assert_int_equal(account.used, 8192);
    mem_unmap(small, 5000);
    char *large = mem_map(5 * MIB);
    assert_int_equal((uintptr_t)large % (2 * MIB), 0);
    assert_int_equal(account.used, 5 * MIB);
    for (size_t i = 0; i < 5 * MIB; i += 4096)
        assert_int_equal(large[i]++, 0);
    mem_unmap(large + 3 * MIB, 2 * MIB);
    large[3 * MIB - 1] = 1; /* what was not given back is still there */
    mem_unmap(large, 3 * MIB);
    assert_int_equal(account.used, 0);
    mem_account_enter(before);
}

static void reserved_memory_is_charged_by_its_owner(void **state) {
    struct mem_account account = {0};
    struct mem_account *before = mem_account_enter(&account);
    size_t size = (size_t)1 << 40; /* far more than there is */
    char *space = mem_reserve(size);
    assert_int_equal((uintptr_t)space % (2 * MIB), 0);
    space[size - 1] = 1;
    assert_int_equal(account.used, 0);
    mem_charge(4096);
    assert_int_equal(account.used, 4096);
    mem_forget(space + size - 4096, 4096);
    assert_int_equal(space[size - 1], 0);
    mem_charge(-4096);
    mem_release(space, size);
    mem_account_enter(before);
}

static void the_allocator_has_a_name_and_figures(void **state) {
    struct mem_allocator_stats stats;
    void *ptr = mem_alloc(MIB);
    mem_allocator_stats(&stats);
#ifdef TORC_SANITIZED
    assert_string_equal(mem_allocator_name(), "libc");
    assert_int_equal(stats.allocated, 0);
#else
    assert_memory_equal(mem_allocator_name(), "jemalloc-", 9);
    assert_in_range(stats.allocated, MIB, stats.active);
    assert_true(stats.resident >= stats.active);
#endif
    mem_free(ptr);
    mem_purge();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_classes_are_the_allocators),
        cmocka_unit_test(charges_balance_under_random_steps),
        cmocka_unit_test(zalloc_is_zero_and_strings_are_copied),
        cmocka_unit_test(gaps_open_and_close),
        cmocka_unit_test(tries_fail_when_told_and_when_absurd),
        cmocka_unit_test(a_helper_is_merged),
        cmocka_unit_test(mapped_memory_is_zero_aligned_and_charged),
        cmocka_unit_test(reserved_memory_is_charged_by_its_owner),
        cmocka_unit_test(the_allocator_has_a_name_and_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
