/* From replies to sends.
 *
 *      session.reply (writer) ── collect ─► out_first ─► chunk ─► chunk ─► … ─► out_last
 *                                           └ given to the stream ┘└ waits: for on_sent, or for the commit
 * gate
 *
 * A client is on net.output when it has something to say, was told to close once it has said it, or ended its
 * own sending. net_flush takes them all, once per turn: one send each. While a send is under way the rest
 * waits for on_sent, which puts the client back on the list.
 *
 * The commit gate holds parts of the chain: a mark names the first chunk that needs the journal to be safe up
 * to a position. What lies before the first mark may leave, what lies behind it waits, even when it needs
 * nothing itself: the order of a connection is kept. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/resp/resp_reply.h"
#include "server/net/net_int.h"
#include <stdio.h>
#include <string.h>

#define PUSH_DELAY_US 200

/* Of one send. What the kernel takes at once it copies within the turn, into pages that a virtual machine may
 * have to find first: 4 MiB, as much as a socket holds, can take 15 ms. */
#define SEND_BYTES_MAX (512 * 1024)

void client_output_ready(struct client *c) {
    if (c->state & CLIENT_CLOSED) return;
    if (unlikely(c->state & CLIENT_DELAYED)) {
        c->state &= ~(uint32_t)CLIENT_DELAYED;
        list_remove(&c->output);
    }
    if (!list_linked(&c->output)) list_append(&c->net->output, &c->output);
}

/* Messages to subscribers cost the kernel far more to send than the server to write, so those of several busy
 * turns go out together. */
void client_push_ready(struct client *c) {
    struct net *net = c->net;
    if (list_empty(&net->pushes)) net->pushes_since_us = io_now_us(net->io);
    c->state |= CLIENT_DELAYED;
    list_append(&net->pushes, &c->output);
}

size_t client_output_bytes(const struct client *c) {
    return c->out_bytes + resp_writer_bytes(&c->session.reply);
}

/* --- limits --- */

enum conf_client_class client_class(const struct client *c) {
    if ((c->session.flags & (SESSION_REPLICA | SESSION_MONITOR)) == SESSION_REPLICA)
        return CONF_CLIENT_REPLICA;
    return c->session.flags & SESSION_SUBSCRIBED ? CONF_CLIENT_PUBSUB : CONF_CLIENT_NORMAL;
}

void client_check_output_limit(struct client *c) {
    struct net *net = c->net;
    const struct conf_output_limit *limit = &net->conf.output_limits.class[client_class(c)];
    if (likely(limit->hard_bytes == 0 && limit->soft_bytes == 0)) return;
    size_t bytes = client_output_bytes(c);
    bool over = limit->hard_bytes && bytes >= limit->hard_bytes;
    if (limit->soft_bytes && bytes >= limit->soft_bytes) {
        int64_t now_ms = net_now_ms(net);
        if (c->soft_since_ms == 0) c->soft_since_ms = now_ms;
        over |= now_ms - c->soft_since_ms > limit->soft_seconds * 1000;
    } else {
        c->soft_since_ms = 0;
    }
    if (likely(!over) || (c->session.flags & SESSION_CLOSE_NOW)) return;
    struct buf line = {0};
    client_describe(c, &line);
    log_warning(net->log, "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
                buf_cstr(&line));
    buf_deinit(&line);
    net->stats.output_limit_closed++;
    client_close_soon(c, NULL);
}

/* --- the commit gate --- */

static void add_mark(struct client *c, struct resp_chunk *chunk, uint64_t position) {
    struct gate_marks *m = c->marks;
    if (m == NULL) {
        m = c->marks = mem_zalloc(sizeof(*m));
        m->client = c;
        m->marks = m->own;
        m->cap = sizeof(m->own) / sizeof(*m->own);
        list_append(&c->net->gated, &m->link);
        c->session.flags |= SESSION_GATED;
    }
    if (m->count == m->cap) {
        if (m->first) memmove(m->marks, m->marks + m->first, (m->count - m->first) * sizeof(*m->marks));
        m->count -= m->first;
        m->first = 0;
        if (m->count * 2 >= m->cap) {
            struct gate_mark *more = mem_alloc(2 * m->cap * sizeof(*more));
            memcpy(more, m->marks, m->count * sizeof(*more));
            if (m->marks != m->own) mem_free(m->marks);
            m->marks = more;
            m->cap *= 2;
        }
    }
    m->marks[m->count++] = (struct gate_mark){position, chunk};
}

static void free_marks(struct client *c) {
    if (c->marks == NULL) return;
    list_remove(&c->marks->link);
    if (c->marks->marks != c->marks->own) mem_free(c->marks->marks);
    mem_free_sized(c->marks, sizeof(*c->marks));
    c->marks = NULL;
    c->session.flags &= ~(uint32_t)SESSION_GATED;
}

void net_gate_opened(void *owner) {
    struct net *net = owner;
    LIST_FOR(it, tmp, &net->gated) {
        struct gate_marks *m = LIST_OWNER(it, struct gate_marks, link);
        struct client *c = m->client;
        uint32_t before = m->first;
        while (m->first < m->count && m->marks[m->first].position <= net->gate->safe)
            m->first++;
        if (m->first != before) client_output_ready(c);
        if (m->first == m->count) free_marks(c);
    }
}

/* Writes what `chain` holds again: messages as they are, each reply as the error. */
static void write_failed(struct resp_writer *w, const struct resp_chunk *chain, const char *error) {
    struct resp_scan scan = {0};
    struct buf element = {0};
    for (; chain; chain = chain->next) {
        for (size_t at = 0, used; at < chain->len; at += used) {
            enum resp_result result = resp_scan(&scan, chain->bytes + at, chain->len - at, &used);
            must(result != RESP_ERR);
            if (scan.type == '>') buf_append(&element, chain->bytes + at, used);
            if (result == RESP_MORE) continue;
            if (scan.type == '>')
                resp_raw(w, element.ptr, element.len);
            else
                resp_error(w, error);
            buf_clear(&element);
        }
    }
    buf_deinit(&element);
}

/* Everything behind the first mark becomes errors. Subscribers of RESP2 get messages only, which may leave.
 */
static void fail_client(struct client *c, const char *error) {
    struct gate_marks *m = c->marks;
    struct resp_chunk *first = m->marks[m->first].chunk, *before = NULL;
    if (c->session.reply.proto == 2 && (c->session.flags & SESSION_SUBSCRIBED)) return;
    for (struct resp_chunk *at = c->out_first; at != first; at = at->next)
        before = at;
    struct resp_writer w;
    resp_writer_init(&w, c->net->parts.resp_pool);
    write_failed(&w, first, error);
    for (const struct resp_chunk *at = first; at; at = at->next)
        c->out_bytes -= at->len;
    resp_chunks_return(c->net->parts.resp_pool, first);
    c->out_bytes += resp_writer_bytes(&w);
    struct resp_chunk *last = w.last, *chain = resp_writer_take(&w);
    *(before ? &before->next : &c->out_first) = chain;
    c->out_last = chain ? last : before;
    if (c->out_unsent == first) c->out_unsent = chain;
    resp_writer_deinit(&w);
}

void net_gate_failed(void *owner, const char *error) {
    struct net *net = owner;
    LIST_FOR(it, tmp, &net->gated) {
        struct client *c = LIST_OWNER(it, struct gate_marks, link)->client;
        fail_client(c, error);
        free_marks(c);
        client_output_ready(c);
    }
}

/* How far the journal must be safe before what the session has written may leave; 0: it may. Messages and
 * events from others may tell of the last write of all. */
static uint64_t needed_position(const struct client *c) {
    const struct net *net = c->net;
    if (likely(!net->gate->promised) || net->gate->suspended) return 0;
    uint64_t position = c->session.gate_position;
    if ((c->state & CLIENT_PUSHED) && net->keyspace->unit.journal_position > position)
        position = net->keyspace->unit.journal_position;
    return position > net->gate->safe ? position : 0;
}

/* --- sending --- */

/* Small outputs of many turns to a client that does not read share chunks: otherwise each would hold one. */
static bool fits_into_last(const struct client *c, const struct resp_chunk *chain, uint64_t position) {
    const struct gate_marks *m = c->marks;
    if (c->out_last == NULL || chain->next || c->out_last->cap - c->out_last->len < chain->len) return false;
    if (io_stream_sending(&c->stream) && c->out_unsent == NULL) return false; /* it is on its way */
    return position == 0 || (m && m->marks[m->count - 1].position == position);
}

static void append_chain(struct client *c, struct resp_chunk *chain, struct resp_chunk *last) {
    if (c->out_last)
        c->out_last->next = chain;
    else
        c->out_first = chain;
    if (io_stream_sending(&c->stream) && c->out_unsent == NULL) c->out_unsent = chain;
    c->out_last = last; /* handed in: a KEYS of 200 MB has thirteen thousand chunks */
}

/* Moves what the session wrote behind what waits. */
static void collect(struct client *c) {
    struct resp_writer *w = &c->session.reply;
    struct resp_pool *pool = c->net->parts.resp_pool;
    size_t bytes = resp_writer_bytes(w);
    if (w->first == NULL) return;
    size_t memory = w->chunk_bytes;
    struct resp_chunk *last = w->last, *chain = resp_writer_take(w);
    if (unlikely(bytes == 0)) { /* a silenced command wrote and took it back */
        resp_chunks_return(pool, chain);
        return;
    }
    c->out_bytes += bytes;
    uint64_t position = needed_position(c);
    if (unlikely(c->out_last) && fits_into_last(c, chain, position)) {
        memcpy(c->out_last->bytes + c->out_last->len, chain->bytes, chain->len);
        c->out_last->len += chain->len;
        resp_chunks_return(pool, chain);
        return;
    }
    if (unlikely(position)) add_mark(c, chain, position);
    c->out_memory += memory;
    c->net->memory.fresh += memory;
    append_chain(c, chain, last);
}

/* Gives the stream what may leave. False: there is nothing. */
static bool send_some(struct client *c) {
    struct iovec parts[IO_SEND_PARTS_MAX];
    unsigned count = 0;
    const struct resp_chunk *stop = c->marks ? c->marks->marks[c->marks->first].chunk : NULL;
    struct resp_chunk *chunk = c->out_first;
    size_t bytes = 0;
    for (; chunk != stop && count < IO_SEND_PARTS_MAX && bytes < SEND_BYTES_MAX; chunk = chunk->next) {
        if (chunk->len == 0) continue;
        parts[count++] = (struct iovec){chunk->bytes, chunk->len};
        bytes += chunk->len;
    }
    if (count == 0) return false;
    c->out_unsent = chunk;
    bool last = chunk == NULL && !(c->session.flags & SESSION_CLOSE_AFTER_REPLY) && !(c->state & CLIENT_EOF);
    if (likely(last)) /* nothing hangs on its end, so the loop need not be woken for it */
        io_stream_send_lazily(&c->stream, parts, count);
    else
        io_stream_send(&c->stream, parts, count);
    return true;
}

/* All is said: is it time to part? */
static void silent(struct client *c) {
    struct session *s = &c->session;
    bool waits = s->flags & (SESSION_BLOCKED | SESSION_SUBSCRIBED | SESSION_MONITOR);
    if (s->flags & SESSION_CLOSE_AFTER_REPLY)
        client_close_soon(c, "Client closed connection");
    else if ((c->state & CLIENT_EOF) && (waits || !list_linked(&c->input)))
        client_close_soon(c, "Client closed connection");
}

static void flush(struct client *c) {
    if (unlikely(c->session.flags & SESSION_CLOSE_NOW)) return;
    collect(c);
    c->state &= ~(uint32_t)CLIENT_PUSHED;
    client_check_output_limit(c);
    client_memory_changed(c);
    if (io_stream_sending(&c->stream) || (c->session.flags & SESSION_CLOSE_NOW)) return;
    if (c->out_first && send_some(c)) return;
    if (c->out_first == NULL &&
        unlikely((c->state & CLIENT_EOF) || (c->session.flags & SESSION_CLOSE_AFTER_REPLY)))
        silent(c);
}

/* Messages wait while requests keep coming, at most PUSH_DELAY_US; a turn without any lets them go. */
static void release_pushes(struct net *net) {
    if (list_empty(&net->pushes)) return;
    if (net->ran && io_now_us(net->io) - net->pushes_since_us < PUSH_DELAY_US) return;
    LIST_FOR(at, next, &net->pushes) {
        struct client *c = LIST_OWNER(at, struct client, output);
        list_remove(at);
        c->state &= ~(uint32_t)CLIENT_DELAYED;
        client_output_ready(c);
    }
}

void net_flush(struct net *net) {
    clients_bury(net);
    release_pushes(net);
    while (!list_empty(&net->output)) {
        struct client *c = LIST_OWNER(net->output.next, struct client, output);
        list_remove(&c->output);
        flush(c);
    }
    if (unlikely(net->memory.limited)) net_memory_evict(net);
    clients_bury(net);
}

/* Gives back the chunks up to `end`, which were sent. */
static void release_sent(struct client *c, const struct resp_chunk *end) {
    while (c->out_first != end) {
        struct resp_chunk *chunk = c->out_first;
        c->out_first = chunk->next;
        c->out_bytes -= chunk->len;
        c->out_memory -= resp_chunk_memory(chunk);
        chunk->next = NULL;
        resp_chunks_return(c->net->parts.resp_pool, chunk);
    }
    if (c->out_first == NULL) c->out_last = NULL;
}

void client_sent(struct client *c, size_t bytes, int error) {
    if (unlikely(error)) {
        char why[128];
        snprintf(why, sizeof(why), "Error writing to client: %s", strerror(error));
        client_close_soon(c, why);
        return;
    }
    bool was_full = c->out_bytes > NET_UNREAD_MAX;
    release_sent(c, c->out_unsent);
    client_memory_changed(c);
    c->active_ms = net_now_ms(c->net);
    if (unlikely(was_full && c->out_bytes <= NET_UNREAD_MAX)) {
        io_stream_recv_resume(&c->stream);
        if (client_has_input(c)) client_input_ready(c);
    }
    if (unlikely(c->out_first || c->session.reply.first || (c->state & CLIENT_EOF) ||
                 (c->session.flags & SESSION_CLOSE_AFTER_REPLY)))
        client_output_ready(c);
    else
        c->soft_since_ms = 0;
}

void client_output_free(struct client *c) {
    free_marks(c);
    resp_chunks_return(c->net->parts.resp_pool, c->out_first);
    c->out_first = c->out_last = NULL;
    c->out_bytes = c->out_memory = 0;
}
