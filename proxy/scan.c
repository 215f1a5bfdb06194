/* The cursor carries the whole state, so any proxy can go on with it:
 *
 *      │ cursor of the server (43 bits) │ shard (10 bits) │        below 2^53, which JavaScript can hold
 *
 * A server's cursor is below the number of its buckets. When a server is through, the next shard begins with
 * cursor 0; after the last one the answer is 0. What SCAN guarantees holds shard by shard, so it holds for
 * all. */
#include "proxy/scan.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/resp/resp_reply.h"
#include "proxy/worker.h"

#define SHARD_BITS  10
#define CURSOR_BITS 43
_Static_assert(TOPOLOGY_SHARDS_MAX <= 1 << SHARD_BITS, "a cursor names any shard");

void scan_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc,
              size_t cost) {
    uint64_t cursor, shard;
    if (!num_parse_uint64(argv[1].ptr, argv[1].len, &cursor)) {
        resp_error(client_reply_begin(c), "ERR invalid cursor");
        client_reply_end(c);
        return;
    }
    shard = cursor & ((1 << SHARD_BITS) - 1);
    if (shard >= c->worker->map.shard_count) { /* of a map that is gone: it ends here */
        struct resp_writer *reply = client_reply_begin(c);
        resp_array(reply, 2);
        resp_bulk_cstr(reply, "0");
        resp_array(reply, 0);
        client_reply_end(c);
        return;
    }
    char text[NUM_INT64_CHARS_MAX];
    struct slice *words = mem_alloc((size_t)argc * sizeof(*words));
    memcpy(words, argv, (size_t)argc * sizeof(*words));
    words[1] = (struct slice){text, num_format_uint64(text, cursor >> SHARD_BITS)};
    gather_one_shard(c, spec, (uint16_t)shard, words, argc, cost);
    mem_free(words);
}

bool scan_merge(const struct gather *g, struct buf *out) {
    const struct gather_part *part = &g->parts[0];
    const char *at = part->reply.ptr, *end = at + part->reply.len;
    struct resp_token head, cursor;
    uint64_t position, shard = part->first;
    if (!resp_token_next(&at, end, &head) || head.type != '*' || head.count != 2) return false;
    if (!resp_token_next(&at, end, &cursor) || !num_parse_uint64(cursor.text.ptr, cursor.text.len, &position))
        return false;
    if (position >> CURSOR_BITS) return false;
    uint64_t next = shard + 1 < g->worker->map.shard_count ? shard + 1 : 0;
    char text[NUM_INT64_CHARS_MAX];
    size_t len = num_format_uint64(text, position ? position << SHARD_BITS | shard : next);
    buf_printf(out, "*2\r\n$%zu\r\n%.*s\r\n", len, (int)len, text);
    buf_append(out, at, (size_t)(end - at));
    return true;
}
