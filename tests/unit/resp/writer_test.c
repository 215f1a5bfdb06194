/* Replies: every kind of value in both protocols, chains of chunks, marks and deferred headers. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/resp/resp_reply.h"
#include "common/resp/resp_writer.h"
#include "tests/unit/support/test.h"
#include <math.h>
#include <stdlib.h>

static struct resp_pool pool;
static struct resp_writer writer;

static int setup(void **state) {
    resp_pool_init(&pool);
    resp_writer_init(&writer, &pool);
    return 0;
}

static int teardown(void **state) {
    resp_writer_deinit(&writer);
    resp_pool_deinit(&pool);
    return 0;
}

/* What was written, taken out of the writer; checks that its length was known. */
static struct buf *taken(void) {
    static struct buf all;
    buf_clear(&all);
    size_t bytes = resp_writer_bytes(&writer);
    struct resp_chunk *chain = resp_writer_take(&writer);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&all, c->bytes, c->len);
    resp_chunks_return(&pool, chain);
    assert_int_equal(all.len, bytes);
    assert_int_equal(resp_writer_bytes(&writer), 0);
    return &all;
}
static const char *text(void) {
    return buf_cstr(taken());
}

#define BOTH(call, two, three)                                                                               \
    do {                                                                                                     \
        writer.proto = 2;                                                                                    \
        call;                                                                                                \
        assert_string_equal(text(), two);                                                                    \
        writer.proto = 3;                                                                                    \
        call;                                                                                                \
        assert_string_equal(text(), three);                                                                  \
    } while (0)
#define SAME(call, both) BOTH(call, both, both)

static void every_value_in_both_protocols(void **state) {
    SAME(resp_ok(&writer), "+OK\r\n");
    SAME(resp_simple(&writer, "PONG"), "+PONG\r\n");
    SAME(resp_int(&writer, 0), ":0\r\n");
    SAME(resp_int(&writer, 1234), ":1234\r\n");
    SAME(resp_int(&writer, INT64_MIN), ":-9223372036854775808\r\n");
    SAME(resp_bulk(&writer, "hello", 5), "$5\r\nhello\r\n");
    SAME(resp_bulk(&writer, NULL, 0), "$0\r\n\r\n");
    SAME(resp_bulk_slice(&writer, SLICE("0123456789ab")), "$12\r\n0123456789ab\r\n");
    SAME(resp_bulk_cstr(&writer, "x"), "$1\r\nx\r\n");
    SAME(resp_bulk_int(&writer, -42), "$3\r\n-42\r\n");
    SAME(resp_bulkf(&writer, "%d-%s", 7, "a"), "$3\r\n7-a\r\n");
    SAME(resp_raw(&writer, ":1\r\n", 4), ":1\r\n");
    BOTH(resp_null(&writer), "$-1\r\n", "_\r\n");
    BOTH(resp_null_array(&writer), "*-1\r\n", "_\r\n");
    BOTH(resp_bool(&writer, true), ":1\r\n", "#t\r\n");
    BOTH(resp_bool(&writer, false), ":0\r\n", "#f\r\n");
    BOTH(resp_double(&writer, 3.5), "$3\r\n3.5\r\n", ",3.5\r\n");
    BOTH(resp_double(&writer, INFINITY), "$3\r\ninf\r\n", ",inf\r\n");
    BOTH(resp_human_long_double(&writer, 10.5L), "$4\r\n10.5\r\n", ",10.5\r\n");
    BOTH(resp_big_number(&writer, "123456789012345678901", 21), "$21\r\n123456789012345678901\r\n",
         "(123456789012345678901\r\n");
    BOTH(resp_verbatim(&writer, "text", 4, "txt"), "$4\r\ntext\r\n", "=8\r\ntxt:text\r\n");
    SAME(resp_array(&writer, 3), "*3\r\n");
    BOTH(resp_map(&writer, 2), "*4\r\n", "%2\r\n");
    BOTH(resp_set(&writer, 2), "*2\r\n", "~2\r\n");
    BOTH(resp_push(&writer, 3), "*3\r\n", ">3\r\n");
    resp_attribute(&writer, 1);
    assert_string_equal(text(), "|1\r\n");
}

static void errors_are_counted_and_named(void **state) {
    resp_error(&writer, "WRONGTYPE Operation against a key");
    assert_string_equal(text(), "-WRONGTYPE Operation against a key\r\n");
    assert_string_equal(writer.error_code, "WRONGTYPE");
    assert_int_equal(writer.error_count, 1);
    resp_errorf(&writer, "ERR unknown command '%s'\r\n", "a\r\nb");
    assert_string_equal(text(), "-ERR unknown command 'a  b'\r\n");
    assert_string_equal(writer.error_code, "ERR");
    assert_int_equal(writer.error_count, 2);
    resp_error(&writer, "AVERYLONGCODEWITHOUTANYSPACE");
    assert_string_equal(writer.error_code, "AVERYLONGCODEWI");
}

static void deferred_headers_nest(void **state) {
    for (writer.proto = 2; writer.proto <= 3; writer.proto++) {
        struct resp_deferred outer = resp_deferred(&writer);
        resp_int(&writer, 1);
        struct resp_deferred inner = resp_deferred(&writer);
        resp_int(&writer, 2);
        resp_int(&writer, 3);
        resp_deferred_fill(&writer, inner, RESP_MAP, 1);
        resp_deferred_fill(&writer, outer, RESP_ARRAY, 2);
        assert_string_equal(text(), writer.proto == 2 ? "*2\r\n:1\r\n*2\r\n:2\r\n:3\r\n"
                                                      : "*2\r\n:1\r\n%1\r\n:2\r\n:3\r\n");
    }
}

/* A header whose elements run over many chunks. */
static void deferred_headers_over_chunks(void **state) {
    enum { COUNT = 20000 };
    resp_simple(&writer, "before");
    struct resp_deferred header = resp_deferred(&writer);
    for (int i = 0; i < COUNT; i++)
        resp_int(&writer, i);
    resp_deferred_fill(&writer, header, RESP_SET, COUNT);
    struct buf *all = taken();
    const char *at = all->ptr, *end = all->ptr + all->len;
    struct resp_token token;
    assert_true(resp_token_next(&at, end, &token) && token.type == '+');
    assert_true(resp_token_next(&at, end, &token) && token.type == '*' && token.count == COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_true(resp_token_next(&at, end, &token) && token.count == i);
    assert_ptr_equal(at, end);
}

static void marks_take_back(void **state) {
    struct resp_mark nothing = resp_mark(&writer);
    resp_simple(&writer, "kept");
    struct resp_mark mark = resp_mark(&writer);
    for (int i = 0; i < 10000; i++)
        resp_bulk(&writer, "abc", 3);
    resp_truncate(&writer, mark);
    resp_int(&writer, 1);
    assert_int_equal(resp_writer_bytes(&writer), 11);
    assert_string_equal(text(), "+kept\r\n:1\r\n");
    resp_simple(&writer, "gone");
    resp_truncate(&writer, nothing);
    assert_int_equal(resp_writer_bytes(&writer), 0);
    assert_null(resp_writer_take(&writer));
}

static void writers_are_spliced(void **state) {
    struct resp_writer other;
    resp_writer_init(&other, &pool);
    resp_writer_splice(&writer, &other);
    assert_int_equal(resp_writer_bytes(&writer), 0);
    resp_simple(&other, "b");
    resp_writer_splice(&writer, &other);
    resp_simple(&writer, "c");
    resp_simple(&other, "d");
    resp_writer_splice(&writer, &other);
    assert_int_equal(resp_writer_bytes(&other), 0);
    assert_string_equal(text(), "+b\r\n+c\r\n+d\r\n");
    resp_writer_deinit(&other);
}

/* Random values against the same bytes in one growing string; chunks and the pool lose nothing. */
static void random_values(void **state) {
    struct rng rng = test_rng();
    buf_deinit(taken());
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    struct buf model = {0};
    resp_pool_deinit(&pool);
    for (int round = 0; round < test_rounds(100); round++) {
        buf_clear(&model);
        for (uint64_t i = rng_below(&rng, 400); i > 0; i--) {
            size_t len = rng_below(&rng, rng_below(&rng, 30) ? 100 : 60000);
            char *bytes = malloc(len + 1);
            test_letters(&rng, bytes, len, 26);
            switch (rng_below(&rng, 3)) {
            case 0: resp_bulk(&writer, bytes, len); break;
            case 1: memcpy(resp_bulk_reserve(&writer, len), bytes, len); break;
            default:
                resp_array(&writer, len);
                buf_printf(&model, "*%zu\r\n", len);
                free(bytes);
                continue;
            }
            buf_printf(&model, "$%zu\r\n", len);
            buf_append(&model, bytes, len);
            buf_append_str(&model, "\r\n");
            free(bytes);
        }
        struct buf *all = taken();
        assert_int_equal(all->len, model.len);
        if (model.len) assert_memory_equal(all->ptr, model.ptr, model.len);
    }
    buf_deinit(&model);
    resp_writer_deinit(&writer);
    resp_pool_deinit(&pool);
    buf_deinit(taken());
    assert_int_equal(account.used, 0);
    mem_account_enter(before);
}

static void parts_for_a_send(void **state) {
    struct iovec parts[4];
    struct resp_chunk *rest;
    size_t bytes, total = 0;
    for (int i = 0; i < 100000; i++)
        resp_simple(&writer, "0123456789");
    size_t all = resp_writer_bytes(&writer);
    struct resp_chunk *chain = resp_writer_take(&writer);
    for (struct resp_chunk *at = chain; at; at = rest) {
        unsigned count = resp_chunks_parts(at, parts, 4, &bytes, &rest);
        size_t sum = 0;
        for (unsigned i = 0; i < count; i++)
            sum += parts[i].iov_len;
        assert_true(count >= 1 && sum == bytes);
        total += bytes;
    }
    assert_int_equal(total, all);
    resp_chunks_return(&pool, chain);
}

/* Of a long chain only a part is freed at once, the rest step by step; several may wait. */
static void long_chains_die_slowly(void **state) {
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    resp_pool_init(&pool);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100000; i++)
            resp_bulk_cstr(&writer, "one of many elements, so that there are a few hundred chunks");
        int64_t full = account.used;
        if (round == 0)
            resp_chunks_return(&pool, resp_writer_take(&writer));
        else if (round == 1)
            resp_truncate(&writer, (struct resp_mark){0});
        else
            resp_writer_deinit(&writer);
        assert_true(account.used > full / 4);
        assert_non_null(pool.dying);
    }
    int64_t before = account.used;
    int steps = 0;
    while (resp_pool_step(&pool, 10)) {
        assert_true(account.used < before && account.used >= before - 10 * 16 * 1024);
        before = account.used;
        steps++;
    }
    assert_true(steps > 10);
    assert_false(resp_pool_step(&pool, 10));
    resp_pool_deinit(&pool);
    assert_int_equal(account.used, 0);
    mem_account_enter(outer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_value_in_both_protocols, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_counted_and_named, setup, teardown),
        cmocka_unit_test_setup_teardown(deferred_headers_nest, setup, teardown),
        cmocka_unit_test_setup_teardown(deferred_headers_over_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(marks_take_back, setup, teardown),
        cmocka_unit_test_setup_teardown(writers_are_spliced, setup, teardown),
        cmocka_unit_test_setup_teardown(parts_for_a_send, setup, teardown),
        cmocka_unit_test_setup_teardown(long_chains_die_slowly, setup, teardown),
        cmocka_unit_test_setup_teardown(random_values, setup, teardown),
    };
    return cmocka_run_group_tests_name("resp_writer", tests, NULL, NULL);
}
