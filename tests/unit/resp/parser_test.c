/* The command parser: each form of request, each limit, and any fragmentation against the whole. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/resp/resp_parser.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>

static struct resp_arena arena;
static struct resp_parser parser;

static int setup(void **state) {
    resp_arena_init(&arena);
    resp_parser_init(&parser);
    return 0;
}

static int teardown(void **state) {
    resp_parser_deinit(&parser);
    resp_arena_deinit(&arena);
    return 0;
}

/* Parses one command that takes all of `bytes` and returns its arguments joined by '|'. */
static const char *words(const char *bytes, size_t len) {
    static struct buf joined;
    struct resp_command command;
    size_t consumed;
    assert_int_equal(resp_parse(&parser, &arena, bytes, len, &consumed, &command), RESP_OK);
    assert_int_equal(consumed, len);
    assert_true(resp_parser_idle(&parser));
    buf_clear(&joined);
    for (uint32_t i = 0; i < command.argc; i++) {
        if (i) buf_append_char(&joined, '|');
        buf_append_slice(&joined, command.argv[i]);
    }
    return buf_cstr(&joined);
}
#define WORDS(literal) words(literal, sizeof(literal) - 1)

/* The error of a stream that begins with `bytes`, or "" while it only wants more. */
static const char *complaint(const char *bytes, size_t len) {
    struct resp_command command;
    size_t consumed;
    resp_parser_deinit(&parser);
    bool trusted = parser.trusted;
    resp_parser_init(&parser);
    parser.trusted = trusted;
    enum resp_result result = resp_parse(&parser, &arena, bytes, len, &consumed, &command);
    assert_int_not_equal(result, RESP_OK);
    return result == RESP_ERR ? parser.error : "";
}
#define COMPLAINT(literal) complaint(literal, sizeof(literal) - 1)

static void multibulk(void **state) {
    assert_string_equal(WORDS("*1\r\n$4\r\nPING\r\n"), "PING");
    assert_string_equal(WORDS("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"), "SET|k|");
    assert_string_equal(WORDS("*2\r\n$3\r\nGET\r\n$11\r\nhello world\r\n"), "GET|hello world");
    assert_string_equal(WORDS("*2\r\n$3\r\nGET\r\n$4\r\n\r\n\r\n\r\n"), "GET|\r\n\r\n");
    /* Line ends of arguments are skipped, not looked at. */
    assert_string_equal(WORDS("*1\r\n$4\r\nPINGxy"), "PING");
    /* Requests of nothing are nothing. */
    assert_string_equal(WORDS("*0\r\n*-1\r\n\r\n*1\r\n$1\r\na\r\n"), "a");
}

static void inline_requests(void **state) {
    assert_string_equal(WORDS("PING\r\n"), "PING");
    assert_string_equal(WORDS("PING\n"), "PING");
    assert_string_equal(WORDS("\r\n  set\tk  v  \r\n"), "set|k|v");
    assert_string_equal(WORDS("set k \"a b\"\r\n"), "set|k|a b");
    assert_string_equal(WORDS("set k \"\\x41\\n\\r\\t\\b\\a\\\"\\\\\\q\"\r\n"), "set|k|A\n\r\t\b\a\"\\q");
    assert_string_equal(WORDS("set k \"\\xg1\"\r\n"), "set|k|xg1");
    assert_string_equal(WORDS("set k 'a \\' \\n'\r\n"), "set|k|a ' \\n");
    assert_string_equal(WORDS("set k \"\" ''\r\n"), "set|k||");
    assert_string_equal(WORDS("set ab\"c d\" e\r\n"), "set|abc d|e");
}

static void errors_in_the_words_of_redis(void **state) {
    assert_string_equal(COMPLAINT("*abc\r\n"), "Protocol error: invalid multibulk length");
    assert_string_equal(COMPLAINT("*\r\n"), "Protocol error: invalid multibulk length");
    assert_string_equal(COMPLAINT("*+1\r\n"), "Protocol error: invalid multibulk length");
    assert_string_equal(COMPLAINT("*01\r\n"), "Protocol error: invalid multibulk length");
    assert_string_equal(COMPLAINT("*2147483648\r\n"), "Protocol error: invalid multibulk length");
    assert_string_equal(COMPLAINT("*2147483647\r\n"), "");
    assert_string_equal(COMPLAINT("*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n"),
                        "Protocol error: expected '$', got 'f'");
    assert_string_equal(COMPLAINT("*1\r\n\r\n"), "Protocol error: expected '$', got '\r'");
    assert_string_equal(COMPLAINT("*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$-10\r\n"),
                        "Protocol error: invalid bulk length");
    assert_string_equal(COMPLAINT("*1\r\n$blabla\r\n"), "Protocol error: invalid bulk length");
    assert_string_equal(COMPLAINT("*1\r\n$05\r\nabcde\r\n"), "Protocol error: invalid bulk length");
    assert_string_equal(COMPLAINT("*1\r\n$2000000000\r\n"), "Protocol error: invalid bulk length");
    assert_string_equal(COMPLAINT("set \"\"\"test-key\"\"\" v\r\n"),
                        "Protocol error: unbalanced quotes in request");
    assert_string_equal(COMPLAINT("set 'a\r\n"), "Protocol error: unbalanced quotes in request");
    assert_string_equal(COMPLAINT("set \"a\\\r\n"), "Protocol error: unbalanced quotes in request");
    char *long_line = malloc(70000);
    memset(long_line, 'a', 70000);
    assert_string_equal(complaint(long_line, 65536), "");
    assert_string_equal(complaint(long_line, 65537), "Protocol error: too big inline request");
    long_line[0] = '*';
    assert_string_equal(complaint(long_line, 65536), "");
    assert_string_equal(complaint(long_line, 65537), "Protocol error: too big mbulk count string");
    memcpy(long_line, "*1\r\n$", 5);
    assert_string_equal(complaint(long_line, 65540), "");
    assert_string_equal(complaint(long_line, 65541), "Protocol error: too big bulk count string");
    free(long_line);
}

static void limits_before_authentication(void **state) {
    parser.trusted = false;
    assert_string_equal(COMPLAINT("*11\r\n"), "Protocol error: unauthenticated multibulk length");
    assert_string_equal(COMPLAINT("*10\r\n"), "");
    assert_string_equal(COMPLAINT("*1\r\n$16385\r\n"), "Protocol error: unauthenticated bulk length");
    assert_string_equal(COMPLAINT("*1\r\n$16384\r\n"), "");
    /* Complete commands obey them as well. */
    struct buf request = {0};
    buf_append_str(&request, "*11\r\n");
    for (int i = 0; i < 11; i++)
        buf_append_str(&request, "$1\r\na\r\n");
    assert_string_equal(complaint(request.ptr, request.len),
                        "Protocol error: unauthenticated multibulk length");
    buf_clear(&request);
    buf_printf(&request, "*1\r\n$16385\r\n%016385d\r\n", 0);
    assert_string_equal(complaint(request.ptr, request.len), "Protocol error: unauthenticated bulk length");
    buf_deinit(&request);
}

static void the_largest_bulk_is_the_callers_to_say(void **state) {
    parser.bulk_len_max = 4;
    assert_string_equal(WORDS("*1\r\n$4\r\nPING\r\n"), "PING");
    struct resp_command command;
    size_t consumed;
    assert_int_equal(resp_parse(&parser, &arena, "*1\r\n$5\r\nPINGS\r\n", 15, &consumed, &command), RESP_ERR);
    assert_string_equal(parser.error, "Protocol error: invalid bulk length");
}

static void a_million_arguments(void **state) {
    enum { COUNT = 1000000 };
    struct buf request = {0};
    struct resp_command command;
    size_t consumed;
    buf_printf(&request, "*%d\r\n", COUNT);
    for (int i = 0; i < COUNT; i++)
        buf_append_str(&request, "$1\r\na\r\n");
    assert_int_equal(resp_parse(&parser, &arena, request.ptr, request.len, &consumed, &command), RESP_OK);
    assert_int_equal(command.argc, COUNT);
    assert_int_equal(consumed, request.len);
    for (int i = 0; i < COUNT; i++)
        assert_true(command.argv[i].len == 1 && *command.argv[i].ptr == 'a');
    resp_arena_reset(&arena);
    buf_deinit(&request);
}

/* A promise of a million arguments takes no memory before they come. */
static void promises_cost_nothing(void **state) {
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    struct resp_command command;
    size_t consumed;
    assert_int_equal(resp_parse(&parser, &arena, "*1000000\r\n$1\r\na\r\n", 17, &consumed, &command),
                     RESP_MORE);
    assert_true(account.used < 4096);
    resp_parser_deinit(&parser);
    resp_parser_init(&parser);
    mem_account_enter(before);
}

/* --- random requests: whole, in pieces, and with large arguments detached --- */

static void add_request(struct rng *rng, struct buf *bytes, struct buf *expected) {
    uint32_t argc = 1 + (uint32_t)rng_below(rng, rng_below(rng, 30) ? 6 : 2000);
    bool in_line = argc < 20 && rng_below(rng, 5) == 0;
    if (!in_line) buf_printf(bytes, "*%u\r\n", argc);
    buf_printf(expected, "%u:", argc);
    for (uint32_t i = 0; i < argc; i++) {
        size_t len = rng_below(rng, rng_below(rng, 20) ? 20 : argc < 10 ? 100000 : 2000);
        if (in_line) len = 1 + len % 30;
        char *arg = malloc(len + 1);
        test_letters(rng, arg, len, 26);
        arg[len] = '\0';
        if (in_line)
            buf_printf(bytes, rng_below(rng, 3) ? "%s " : "\"%s\" ", arg);
        else
            buf_printf(bytes, "$%zu\r\n%s\r\n", len, arg);
        buf_printf(expected, "%zu,%s;", len, arg);
        free(arg);
    }
    if (in_line) buf_append_str(bytes, rng_below(rng, 2) ? "\r\n" : "\n");
    if (rng_below(rng, 10) == 0) buf_append_str(bytes, rng_below(rng, 2) ? "\r\n" : "*0\r\n");
}

static void note(struct buf *got, const struct resp_command *command) {
    buf_printf(got, "%u:", command->argc);
    for (uint32_t i = 0; i < command->argc; i++) {
        buf_printf(got, "%zu,", command->argv[i].len);
        buf_append_slice(got, command->argv[i]);
        buf_append_char(got, ';');
    }
}

/* Feeds `bytes` in random pieces, the tail moving to a new place each time, as a caller's buffer does. */
static void feed_in_pieces(struct rng *rng, const struct buf *bytes, struct buf *got, bool detach) {
    char *tail = malloc(1), *large[16];
    size_t tail_len = 0, at = 0, large_count = 0;
    size_t piece_max = rng_below(rng, 3) == 0 ? 3 : rng_below(rng, 2) ? 100 : 20000;
    while (at < bytes->len) {
        size_t n = 1 + rng_below(rng, piece_max);
        if (n > bytes->len - at) n = bytes->len - at;
        char *moved = malloc(tail_len + n);
        memcpy(moved, tail, tail_len);
        memcpy(moved + tail_len, bytes->ptr + at, n);
        free(tail);
        tail = moved;
        tail_len += n;
        at += n;
        struct resp_command command;
        size_t used = 0, consumed;
        enum resp_result result;
        while ((result = resp_parse(&parser, &arena, tail + used, tail_len - used, &consumed, &command)) ==
               RESP_OK) {
            used += consumed;
            note(got, &command);
            while (large_count)
                free(large[--large_count]);
        }
        assert_int_equal(result, RESP_MORE);
        used += consumed;
        tail_len -= used;
        memmove(tail, tail + used, tail_len);
        size_t have, size = resp_parser_awaits(&parser, tail_len, &have);
        if (size) assert_true(have <= size && have <= tail_len);
        if (!detach || size < 1000 || have == size || large_count == 16) continue;
        assert_true(resp_parser_missing(&parser, tail_len) >= size - have);
        char *storage = large[large_count++] = malloc(size);
        memcpy(storage, tail + tail_len - have, have);
        tail_len -= have;
        resp_parser_detach(&parser, storage);
        assert_true(size - have <= bytes->len - at);
        memcpy(storage + have, bytes->ptr + at, size - have);
        at += size - have;
    }
    while (large_count)
        free(large[--large_count]);
    free(tail);
}

static void pieces_make_the_whole(void **state) {
    struct rng rng = test_rng();
    for (int round = 0; round < test_rounds(60); round++) {
        struct buf bytes = {0}, expected = {0}, got = {0};
        for (uint64_t i = 1 + rng_below(&rng, 12); i > 0; i--)
            add_request(&rng, &bytes, &expected);
        feed_in_pieces(&rng, &bytes, &got, round % 2);
        assert_true(resp_parser_idle(&parser));
        assert_int_equal(got.len, expected.len);
        assert_memory_equal(got.ptr, expected.ptr, expected.len);
        resp_arena_reset(&arena);
        buf_deinit(&bytes);
        buf_deinit(&expected);
        buf_deinit(&got);
    }
}

/* No call looks at a byte behind `len`: under AddressSanitizer each prefix in its own allocation proves it.
 */
static void nothing_behind_the_end_is_read(void **state) {
    static const char request[] =
        "*3\r\n$3\r\nSET\r\n$12\r\nabcdefghijkl\r\n$1\r\nx\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n";
    for (size_t len = 0; len < sizeof request; len++) {
        char *copy = malloc(len ? len : 1);
        memcpy(copy, request, len);
        struct resp_command command;
        size_t used = 0, consumed;
        while (resp_parse(&parser, &arena, copy + used, len - used, &consumed, &command) == RESP_OK)
            used += consumed;
        resp_parser_deinit(&parser);
        resp_parser_init(&parser);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(multibulk, setup, teardown),
        cmocka_unit_test_setup_teardown(inline_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_in_the_words_of_redis, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_before_authentication, setup, teardown),
        cmocka_unit_test_setup_teardown(the_largest_bulk_is_the_callers_to_say, setup, teardown),
        cmocka_unit_test_setup_teardown(a_million_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(promises_cost_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_behind_the_end_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(pieces_make_the_whole, setup, teardown),
    };
    return cmocka_run_group_tests_name("resp_parser", tests, NULL, NULL);
}
