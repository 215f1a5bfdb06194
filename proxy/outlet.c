/* The chain is in order, so what is forgotten always goes from its front. A chunk goes as a whole, when its
 * last byte is both sent and done with. */
#include "proxy/outlet.h"
#include "common/base/panic.h"

#define SEND_BYTES_MAX (512 * 1024)

void outlet_init(struct outlet *o, struct resp_pool *pool, bool keeps) {
    *o = (struct outlet){.keeps = keeps};
    resp_writer_init(&o->writer, pool);
}

void outlet_reset(struct outlet *o) {
    resp_chunks_return(o->writer.pool, o->first);
    resp_chunks_return(o->writer.pool, resp_writer_take(&o->writer));
    o->first = o->last = o->unsent = NULL;
    o->begin = o->end = o->sent = o->done = 0;
}

void outlet_deinit(struct outlet *o) {
    outlet_reset(o);
    resp_writer_deinit(&o->writer);
}

void outlet_collect(struct outlet *o) {
    size_t bytes = resp_writer_bytes(&o->writer);
    if (o->writer.first == NULL) return;
    struct resp_chunk *last = o->writer.last, *chain = resp_writer_take(&o->writer);
    if (unlikely(bytes == 0)) {
        resp_chunks_return(o->writer.pool, chain);
        return;
    }
    if (o->last)
        o->last->next = chain;
    else
        o->first = chain;
    if (o->unsent == NULL) o->unsent = chain;
    o->last = last;
    o->end += bytes;
}

void outlet_flush(struct outlet *o, struct io_stream *s, bool lazily) {
    struct iovec parts[IO_SEND_PARTS_MAX];
    unsigned count = 0;
    size_t bytes = 0;
    if (io_stream_sending(s) || io_stream_closing(s)) return;
    outlet_collect(o);
    struct resp_chunk *chunk = o->unsent;
    for (; chunk && count < IO_SEND_PARTS_MAX && bytes < SEND_BYTES_MAX; chunk = chunk->next) {
        if (chunk->len == 0) continue;
        parts[count++] = (struct iovec){chunk->bytes, chunk->len};
        bytes += chunk->len;
    }
    if (count == 0) return;
    o->unsent = chunk;
    if (lazily && chunk == NULL)
        io_stream_send_lazily(s, parts, count);
    else
        io_stream_send(s, parts, count);
}

/* Gives back the chunks at the front that nobody needs. */
static void forget(struct outlet *o) {
    uint64_t free_to = o->keeps && o->done < o->sent ? o->done : o->sent;
    while (o->first && o->first != o->unsent && o->begin + o->first->len <= free_to) {
        struct resp_chunk *chunk = o->first;
        o->first = chunk->next;
        o->begin += chunk->len;
        chunk->next = NULL;
        resp_chunks_return(o->writer.pool, chunk);
    }
    if (o->first == NULL) o->last = NULL;
}

bool outlet_on_sent(struct outlet *o, size_t bytes) {
    o->sent += bytes;
    forget(o);
    return o->unsent || o->writer.first;
}

void outlet_done(struct outlet *o, uint64_t position) {
    must_slow(position >= o->done && position <= outlet_position(o));
    o->done = position;
    if (o->first && o->begin + o->first->len <= position) forget(o);
}

void outlet_read(const struct outlet *o, uint64_t position, size_t len, struct buf *out) {
    must(position >= o->begin && position + len <= o->end);
    uint64_t at = o->begin;
    for (const struct resp_chunk *chunk = o->first; len; at += chunk->len, chunk = chunk->next) {
        if (position >= at + chunk->len) continue;
        size_t from = (size_t)(position - at), take = chunk->len - from;
        if (take > len) take = len;
        buf_append(out, chunk->bytes + from, take);
        position += take;
        len -= take;
    }
}
