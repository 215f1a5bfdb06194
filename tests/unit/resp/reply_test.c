/* Replies, cut from a stream in any pieces, and read as tokens. */
#include "common/base/buf.h"
#include "common/resp/resp_reply.h"
#include "tests/unit/support/test.h"

static void one_of_each(void **state) {
    static const char *const replies[] = {"+OK\r\n",
                                          "-ERR no\r\n",
                                          ":-5\r\n",
                                          "$3\r\nabc\r\n",
                                          "$0\r\n\r\n",
                                          "$-1\r\n",
                                          "*-1\r\n",
                                          "*0\r\n",
                                          "*2\r\n:1\r\n$1\r\n\n\r\n",
                                          "_\r\n",
                                          "#t\r\n",
                                          ",3.25\r\n",
                                          "(12345678901234567890123456789012345678901234567890123456789\r\n",
                                          "=8\r\ntxt:text\r\n",
                                          "!5\r\nERR x\r\n",
                                          "%1\r\n+a\r\n*1\r\n%0\r\n",
                                          "~2\r\n+a\r\n+b\r\n",
                                          ">2\r\n+message\r\n+x\r\n",
                                          "|1\r\n+ttl\r\n:3\r\n*1\r\n|0\r\n:7\r\n"};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct resp_scan scan = {0};
        size_t len = strlen(replies[i]), consumed;
        assert_int_equal(resp_scan(&scan, replies[i], len, &consumed), RESP_OK);
        assert_int_equal(consumed, len);
        assert_int_equal(scan.type, replies[i][0]);
        const char *at = replies[i];
        assert_true(resp_value_skip(&at, replies[i] + len));
        assert_ptr_equal(at, replies[i] + len);
        /* Byte by byte; and no prefix is a reply. */
        memset(&scan, 0, sizeof scan);
        for (size_t b = 0; b < len; b++) {
            assert_int_equal(resp_scan(&scan, replies[i] + b, 1, &consumed),
                             b + 1 < len ? RESP_MORE : RESP_OK);
            at = replies[i];
            assert_false(resp_value_skip(&at, replies[i] + b));
        }
    }
}

static void nonsense_is_refused(void **state) {
    static const char *const bad[] = {"?1\r\n",
                                      "$x\r\n",
                                      "$-2\r\n",
                                      "*-2\r\n",
                                      ":1.5\r\n",
                                      ":\r\n",
                                      "#x\r\n",
                                      "_x\r\n",
                                      "*1\n",
                                      "$5 \r\n",
                                      "hello\r\n",
                                      "\r\n",
                                      "*9999999999999999999\r\n",
                                      "%4611686018427387904\r\n",
                                      ":1111111111111111111111111111111111111111111111111\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct resp_scan scan = {0};
        size_t consumed;
        assert_int_equal(resp_scan(&scan, bad[i], strlen(bad[i]), &consumed), RESP_ERR);
        assert_memory_equal(scan.error, "Protocol error: ", 16);
    }
}

static void tokens(void **state) {
    static const char reply[] = "%2\r\n$1\r\na\r\n=7\r\nmkd:bcd\r\n+k\r\n#t\r\n";
    const char *at = reply, *end = reply + sizeof reply - 1;
    struct resp_token t;
    assert_true(resp_token_next(&at, end, &t) && t.type == '%' && t.count == 4);
    assert_true(resp_token_next(&at, end, &t) && slice_eq(t.text, SLICE("a")));
    assert_true(resp_token_next(&at, end, &t) && t.type == '=' && slice_eq(t.text, SLICE("bcd")));
    assert_true(resp_token_next(&at, end, &t) && slice_eq(t.text, SLICE("k")));
    assert_true(resp_token_next(&at, end, &t) && t.count == 1);
    assert_false(resp_token_next(&at, end, &t));
}

static void add_value(struct rng *rng, struct buf *out, int depth) {
    switch (rng_below(rng, depth > 5 ? 6 : 10)) {
    case 0: buf_append_str(out, "+simple\r\n"); break;
    case 1: buf_printf(out, ":%d\r\n", (int)rng_below(rng, 1000)); break;
    case 2: {
        size_t len = rng_below(rng, rng_below(rng, 10) ? 30 : 5000);
        buf_printf(out, "$%zu\r\n", len);
        for (size_t i = 0; i < len; i++)
            buf_append_char(out, "\r\n$*:a"[rng_below(rng, 6)]);
        buf_append_str(out, "\r\n");
        break;
    }
    case 3: buf_append_str(out, "$-1\r\n"); break;
    case 4: buf_append_str(out, "_\r\n"); break;
    case 5: buf_append_str(out, ",1.5e10\r\n"); break;
    case 6:
        buf_append_str(out, "|1\r\n");
        add_value(rng, out, depth + 1);
        add_value(rng, out, depth + 1);
        add_value(rng, out, depth + 1);
        break;
    default: {
        int n = (int)rng_below(rng, 5);
        bool map = rng_below(rng, 3) == 0;
        buf_printf(out, "%c%d\r\n", map ? '%' : "*~>"[rng_below(rng, 3)], n);
        for (int i = 0; i < (map ? 2 * n : n); i++)
            add_value(rng, out, depth + 1);
    }
    }
}

static void random_replies_in_random_pieces(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < test_rounds(300); round++) {
        struct buf all = {0};
        size_t ends[20], count = 1 + rng_below(&rng, 20), found = 0, at = 0;
        for (size_t i = 0; i < count; i++) {
            add_value(&rng, &all, 0);
            ends[i] = all.len;
        }
        struct resp_scan scan = {0};
        while (at < all.len) {
            size_t n = 1 + rng_below(&rng, rng_below(&rng, 2) ? 4 : 3000), consumed;
            if (n > all.len - at) n = all.len - at;
            enum resp_result result = resp_scan(&scan, all.ptr + at, n, &consumed);
            assert_int_not_equal(result, RESP_ERR);
            at += consumed;
            if (result == RESP_MORE) {
                assert_int_equal(consumed, n);
                continue;
            }
            assert_true(found < count);
            assert_int_equal(at, ends[found++]);
        }
        assert_int_equal(found, count);
        buf_deinit(&all);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_each),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(tokens),
        cmocka_unit_test(random_replies_in_random_pieces),
    };
    return cmocka_run_group_tests_name("resp_reply", tests, NULL, NULL);
}
