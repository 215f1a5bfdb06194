/* See migrate_link.h. A name is looked up on a helper; bytes go in pieces, so that a slow but living server
 * is told from one that hangs. */
#include "server/persist/migrate_link.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

#define PIECE_BYTES ((size_t)1 << 20)

static struct migrate_link *link_of(struct io_stream *s) {
    return LIST_OWNER(s, struct migrate_link, stream);
}

static void free_link(struct migrate_link *l) {
    list_remove(&l->at);
    buf_deinit(&l->out);
    buf_deinit(&l->reply);
    mem_free(l->host);
    mem_free(l);
}

void link_close(struct migrate_link *l) {
    if (l->closing) return;
    l->closing = true;
    l->user = NULL;
    if (l->open)
        io_stream_close(&l->stream);
    else if (!l->resolving)
        free_link(l);
}

static void fail(struct migrate_link *l, const char *doing) {
    struct link_user *user = l->user;
    if (l->closing) return;
    link_close(l);
    if (user) user->failed(user, doing);
}

/* --- sending --- */

static void send_more(struct migrate_link *l) {
    if (!l->up || l->sending || l->sent == l->out.len) return;
    size_t left = l->out.len - l->sent;
    l->sending = left < PIECE_BYTES ? left : PIECE_BYTES;
    struct iovec part = {l->out.ptr + l->sent, l->sending};
    io_stream_send(&l->stream, &part, 1);
}

void link_send(struct migrate_link *l, struct buf *bytes) {
    must(l->sent == l->out.len && !l->sending);
    buf_deinit(&l->out);
    l->out = *bytes;
    *bytes = (struct buf){0};
    l->sent = 0;
    send_more(l);
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct migrate_link *l = link_of(s);
    l->sending = 0;
    if (error) {
        fail(l, "writing");
        return;
    }
    l->sent += bytes;
    if (l->sent == l->out.len) {
        buf_deinit(&l->out);
        l->sent = 0;
    }
    if (l->user) l->user->progress(l->user);
    send_more(l);
}

/* --- receiving --- */

static void take_reply(struct migrate_link *l) {
    struct slice text = buf_slice(&l->reply);
    const char *end = memchr(text.ptr, '\r', text.len);
    if (end) text.len = (size_t)(end - text.ptr);
    if (l->user) l->user->reply(l->user, text);
    buf_clear(&l->reply);
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct migrate_link *l = link_of(s);
    const char *at = buf.bytes, *end = at + buf.len;
    l->fresh = false;
    if (l->user) l->user->progress(l->user);
    while (at < end && !l->closing) {
        size_t used;
        enum resp_result result = resp_scan(&l->scan, at, (size_t)(end - at), &used);
        if (l->user == NULL || result == RESP_ERR) {
            fail(l, "reading"); /* nobody asked, or it is no protocol that we know */
            break;
        }
        size_t room = LINK_REPLY_MAX > l->reply.len ? LINK_REPLY_MAX - l->reply.len : 0;
        buf_append(&l->reply, at, used < room ? used : room);
        at += used;
        if (result == RESP_OK) take_reply(l);
    }
    io_buf_return(l->io, buf);
}

static void on_eof(struct io_stream *s, int error) {
    struct migrate_link *l = link_of(s);
    fail(l, l->sent < l->out.len ? "writing" : "reading");
}

static void on_connected(struct io_stream *s, int error) {
    struct migrate_link *l = link_of(s);
    if (error) {
        fail(l, "connecting");
        return;
    }
    l->up = true;
    if (l->user) l->user->progress(l->user);
    send_more(l);
}

static void on_closed(struct io_stream *s) {
    free_link(link_of(s));
}

/* --- beginning and end --- */

static void connect_to(struct migrate_link *l) {
    static const struct io_stream_ops ops = {.on_connected = on_connected,
                                             .on_recv = on_recv,
                                             .on_eof = on_eof,
                                             .on_sent = on_sent,
                                             .on_closed = on_closed};
    l->open = true;
    io_stream_connect(l->io, &l->stream, &ops, &l->addr, NULL);
}

static void resolve_work(struct io_job *job) {
    struct migrate_link *l = (struct migrate_link *)job;
    l->resolve_error = io_addr_resolve(&l->addr, l->host, l->port);
}

static void resolve_done(struct io_job *job) {
    struct migrate_link *l = (struct migrate_link *)job;
    l->resolving = false;
    if (l->closing)
        free_link(l);
    else if (l->resolve_error)
        fail(l, "connecting");
    else
        connect_to(l);
}

struct migrate_link *link_open(struct io *io, struct link *links, struct slice host, uint16_t port,
                               struct link_user *user) {
    struct migrate_link *l = mem_zalloc(sizeof(*l));
    l->io = io;
    l->host = mem_strndup(host.ptr, host.len);
    l->port = port;
    l->user = user;
    l->fresh = true;
    l->db = -1;
    list_append(links, &l->at);
    if (io_addr_parse(&l->addr, l->host, port)) {
        connect_to(l);
    } else {
        l->resolving = true;
        io_job_submit(io, &l->job, IO_LANE_CPU, resolve_work, resolve_done);
    }
    return l;
}

struct migrate_link *link_find(struct link *links, struct slice host, uint16_t port) {
    LIST_FOR(at, next, links) {
        struct migrate_link *l = LIST_OWNER(at, struct migrate_link, at);
        if (l->user == NULL && !l->closing && l->up && l->port == port && slice_eq(slice_of(l->host), host))
            return l;
    }
    return NULL;
}

void link_release(struct migrate_link *l) {
    l->user = NULL;
    l->used_us = io_now_us(l->io);
}
