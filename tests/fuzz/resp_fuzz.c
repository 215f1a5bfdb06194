/* The command parser under arbitrary bytes: fed at once and fed in pieces must agree, to the byte and to the
 * error.
 *
 * The first bytes of the input choose limits and the sizes of pieces; the rest is the stream. Each piece lies
 * in an allocation of its own size, so that a look behind its end is caught. Replies are scanned on the side.
 */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/resp/resp_parser.h"
#include "common/resp/resp_reply.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DETACH_MIN 64 /* much less than a server's, so that short inputs get there */

static void note(struct buf *log, const struct resp_command *command) {
    must(command->argc > 0);
    buf_printf(log, "%u", command->argc);
    for (uint32_t i = 0; i < command->argc; i++) {
        buf_printf(log, " %zu:", command->argv[i].len);
        buf_append_slice(log, command->argv[i]);
    }
    buf_append_char(log, '\n');
}

static void feed(const uint8_t *data, size_t size, const uint8_t control[4], bool whole, struct buf *log) {
    struct resp_parser parser;
    struct resp_arena arena;
    resp_parser_init(&parser);
    resp_arena_init(&arena);
    parser.trusted = control[0] & 1;
    parser.bulk_len_max = control[0] & 2 ? 1000 : RESP_BULK_LEN_MAX_DEFAULT;
    bool detach = !whole && control[0] & 4;
    char *tail = malloc(1), *large[64];
    size_t tail_len = 0, at = 0, large_count = 0;
    uint32_t random = (uint32_t)control[1] << 8 | control[2] | 1;
    enum resp_result result = RESP_MORE;
    while (at < size && result != RESP_ERR) {
        random = random * 1664525 + 1013904223;
        size_t n = whole ? size : 1 + (random >> 16) % ((size_t)control[3] + 1);
        if (n > size - at) n = size - at;
        char *moved = malloc(tail_len + n);
        memcpy(moved, tail, tail_len);
        memcpy(moved + tail_len, data + at, n);
        free(tail);
        tail = moved;
        tail_len += n;
        at += n;
        struct resp_command command;
        size_t used = 0, consumed = 0;
        while ((result = resp_parse(&parser, &arena, tail + used, tail_len - used, &consumed, &command)) ==
               RESP_OK) {
            used += consumed;
            must(used <= tail_len);
            note(log, &command);
            while (large_count)
                free(large[--large_count]);
        }
        if (result == RESP_ERR) break;
        used += consumed;
        must(used <= tail_len);
        tail_len -= used;
        memmove(tail, tail + used, tail_len);
        must(resp_parser_missing(&parser, tail_len) >= 1);
        size_t have, len = resp_parser_awaits(&parser, tail_len, &have);
        /* Only what the stream really holds: the others would wait for bytes that never come. */
        if (!detach || len < DETACH_MIN || have == len || len - have > size - at || large_count == 64)
            continue;
        char *storage = large[large_count++] = malloc(len);
        memcpy(storage, tail + tail_len - have, have);
        memcpy(storage + have, data + at, len - have);
        tail_len -= have;
        at += len - have;
        resp_parser_detach(&parser, storage);
    }
    if (result == RESP_ERR) buf_append_str(log, parser.error);
    while (large_count)
        free(large[--large_count]);
    free(tail);
    resp_parser_deinit(&parser);
    resp_arena_deinit(&arena);
}

static void scan(const uint8_t *data, size_t size, size_t piece, struct buf *log) {
    struct resp_scan scan = {0};
    enum resp_result result = RESP_MORE;
    for (size_t at = 0; at < size && result != RESP_ERR;) {
        size_t n = piece < size - at ? piece : size - at, consumed;
        char *copy = malloc(n);
        memcpy(copy, data + at, n);
        result = resp_scan(&scan, copy, n, &consumed);
        free(copy);
        must(consumed <= n && (result != RESP_MORE || consumed == n));
        at += consumed;
        if (result == RESP_OK) buf_printf(log, "%c %zu\n", scan.type, at);
    }
    if (result == RESP_ERR) buf_append_str(log, scan.error);
    const char *at = (const char *)data;
    while (at && resp_value_skip(&at, (const char *)data + size)) {
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf one = {0}, other = {0};
    if (size < 4) return 0;
    feed(data + 4, size - 4, data, true, &one);
    feed(data + 4, size - 4, data, false, &other);
    must(slice_eq(buf_slice(&one), buf_slice(&other)));
    buf_clear(&one);
    buf_clear(&other);
    scan(data + 4, size - 4, size, &one);
    scan(data + 4, size - 4, 1 + data[3], &other);
    must(slice_eq(buf_slice(&one), buf_slice(&other)));
    buf_deinit(&one);
    buf_deinit(&other);
    return 0;
}
