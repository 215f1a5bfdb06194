/* The cursor carries the whole state, so any proxy can go on with it:
 *
 *      │ cursor of the server (43 bits) │ shard (10 bits) │        below 2^53, which JavaScript can hold
 *
 * A server's cursor is below the number of its buckets. When a server is through, the next shard begins with
 * cursor 0; after the last one the answer is 0. A shard that had nothing at all is passed over in the same
 * call. What SCAN guarantees holds shard by shard, so it holds for all. */
#include "proxy/scan.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/resp/resp_reply.h"
#include "proxy/worker.h"

#define SHARD_BITS  10
#define CURSOR_BITS 43
_Static_assert(TOPOLOGY_SHARDS_MAX <= 1 << SHARD_BITS, "a cursor names any shard");

struct scan {
    struct slice *words; /* owned, with their bytes; the cursor's is replaced */
    int count;
};

static bool answered(struct gather *g);

static void ask(struct request *whole, struct scan *scan, uint16_t shard, uint64_t position) {
    char text[NUM_INT64_CHARS_MAX];
    scan->words[1] = (struct slice){text, num_format_uint64(text, position)};
    gather_one_more(whole, shard, scan->words, scan->count, answered, scan);
}

/* The shard is through and had nothing: the next one may have. */
static bool is_barren(const struct buf *reply) {
    return reply->len == 15 && memcmp(reply->ptr, "*2\r\n$1\r\n0\r\n*0\r\n", 15) == 0;
}

static bool answered(struct gather *g) {
    struct scan *scan = g->owner;
    struct request *whole = g->whole;
    uint16_t next = (uint16_t)(g->parts[0].first + 1);
    if (whole->client && is_barren(&g->parts[0].reply) && next < g->worker->map.shard_count) {
        ask(whole, scan, next, 0);
        return false;
    }
    if (whole->client) gather_merge(g, &whole->reply);
    mem_free(scan->words);
    mem_free_sized(scan, sizeof(*scan));
    return true;
}

void scan_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc) {
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
    struct scan *scan = mem_zalloc(sizeof(*scan));
    scan->count = argc;
    scan->words = slices_copy(argv, argc);
    ask(request_defer(c, spec), scan, (uint16_t)shard, cursor >> SHARD_BITS);
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
