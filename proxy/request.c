/* Requests come and go by the hundred thousand a second, so a thread keeps those that it has had. */
#include "proxy/request.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "proxy/client.h"
#include "proxy/worker.h"

#define REPLY_KEPT_BYTES 4096 /* a larger buffer is not worth keeping for the next request */

struct request *request_new(struct worker *w, struct client *client, const struct command_spec *spec) {
    struct request *r = w->spare_requests;
    struct buf reply = {0};
    if (likely(r != NULL)) {
        w->spare_requests = r->next;
        reply = r->reply;
    } else {
        r = mem_alloc(sizeof(*r));
    }
    *r = (struct request){.client = client, .spec = spec, .reply = reply};
    buf_clear(&r->reply);
    return r;
}

void request_release(struct worker *w, struct request *r) {
    if (r->flags & (REQUEST_QUEUED | REQUEST_SENT | REQUEST_PARTS)) return;
    if (r->client && !(r->flags & REQUEST_ANSWERED)) return;
    if (r->reply.cap > REPLY_KEPT_BYTES) buf_deinit(&r->reply);
    r->next = w->spare_requests;
    w->spare_requests = r;
}

void request_answer(struct worker *w, struct request *r) {
    if (r->flags & REQUEST_ANSWERED) return;
    r->flags |= REQUEST_ANSWERED;
    if (r->done)
        r->done(r);
    else if (r->client)
        client_advance(r->client);
}

void request_fail(struct worker *w, struct request *r, const char *fmt, ...) {
    va_list args;
    if (r->flags & REQUEST_ANSWERED) return;
    buf_clear(&r->reply);
    buf_append_char(&r->reply, '-');
    va_start(args, fmt);
    buf_vprintf(&r->reply, fmt, args);
    va_end(args);
    buf_append_str(&r->reply, "\r\n");
    request_answer(w, r);
}

/* --- answered later, by the proxy itself --- */

struct request *request_defer(struct client *client, const struct command_spec *spec) {
    struct request *r = request_new(client->worker, client, spec);
    r->flags |= REQUEST_PARTS;
    client_queue(client, r, 0);
    return r;
}

void request_finish(struct worker *w, struct request *r) {
    r->flags &= (uint8_t)~REQUEST_PARTS;
    if (r->client)
        request_answer(w, r);
    else
        request_release(w, r);
}

struct resp_writer *request_reply_begin(struct worker *w, const struct request *r) {
    w->own_reply.proto = r->client ? r->client->out.writer.proto : 2;
    return &w->own_reply;
}

void request_reply_end(struct worker *w, struct request *r) {
    struct resp_chunk *chain = resp_writer_take(&w->own_reply);
    for (struct resp_chunk *chunk = chain; chunk; chunk = chunk->next)
        buf_append(&r->reply, chunk->bytes, chunk->len);
    resp_chunks_return(&w->pool, chain);
}

struct slice *slices_copy(const struct slice *words, int count) {
    size_t bytes = (size_t)count * sizeof(*words);
    for (int i = 0; i < count; i++)
        bytes += words[i].len;
    struct slice *copy = mem_alloc(bytes ? bytes : 1);
    char *at = (char *)(copy + count);
    for (int i = 0; i < count; i++) {
        if (words[i].len) memcpy(at, words[i].ptr, words[i].len);
        copy[i] = (struct slice){at, words[i].len};
        at += words[i].len;
    }
    return copy;
}
