/* Input is parsed where it lies: in the receive buffer if nothing was kept back, else in the tail. A hundred
 * commands of a pipeline are dispatched in one go; their requests are appended to the queue in the order of
 * their replies, whatever servers they went to. */
#include "proxy/client.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "proxy/dispatch.h"
#include "proxy/monitor.h"
#include "proxy/private.h"
#include "proxy/reads.h"
#include "proxy/subscriptions.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"
#include <stdio.h>

#define QUEUED_MAX       1024          /* requests of one client under way */
#define QUEUED_BYTES_MAX (1024 * 1024) /* and their size */
#define UNSENT_MAX       (1024 * 1024) /* replies that it did not take yet */
#define TAIL_KEPT        (64 * 1024)   /* an empty tail larger than that is given back */
#define AHEAD_MAX        (64 * 1024)   /* what a client that blocks may send ahead */

static struct client *client_of(struct io_stream *s) {
    return LIST_OWNER(s, struct client, stream);
}

void client_touch_output(struct client *c) {
    if (!list_linked(&c->dirty)) list_append(&c->worker->dirty_clients, &c->dirty);
}

/* --- the queue --- */

void client_queue(struct client *c, struct request *r, size_t cost) {
    r->cost = cost;
    c->queued_bytes += cost;
    r->flags |= REQUEST_QUEUED;
    if (unlikely(c->flags & (CLIENT_MUTE | CLIENT_SKIPPING))) r->flags |= REQUEST_MUTE;
    r->sent_us = io_now_us(c->worker->io);
    r->next = NULL;
    if (c->last)
        c->last->next = r;
    else
        c->first = r;
    c->last = r;
    c->queued++;
    c->epoch = c->worker->map.epoch;
}

static bool over_limits(const struct client *c) {
    return c->queued >= QUEUED_MAX || c->queued_bytes >= QUEUED_BYTES_MAX ||
           outlet_waiting(&c->out) >= UNSENT_MAX;
}

/* What held it is over: parses on at the end of the turn. */
static void let_go_on(struct client *c) {
    if ((c->flags & CLIENT_HELD) && (c->queued || c->flags & CLIENT_PAUSED)) return;
    if ((c->flags & CLIENT_FULL) && over_limits(c)) return;
    if (!list_linked(&c->ready)) list_append(&c->worker->ready, &c->ready);
}

/* Counts a request that is answered. */
static void note(struct worker *w, const struct request *r) {
    if (unlikely(r->spec == NULL)) return;
    struct command_stat *stat = &w->commands[r->spec->id];
    uint64_t took_us = (uint64_t)(io_now_us(w->io) - r->sent_us);
    stat->calls++;
    stat->usec += took_us;
    stat->failed += r->reply.len && r->reply.ptr[0] == '-';
    histogram_record(&stat->took, took_us);
}

void client_advance(struct client *c) {
    struct request *r;
    while ((r = c->first) && (r->flags & REQUEST_ANSWERED)) {
        c->first = r->next;
        if (c->first == NULL) c->last = NULL;
        c->queued--;
        c->queued_bytes -= r->cost;
        note(c->worker, r);
        if (r->reply.len && likely(!(r->flags & REQUEST_MUTE)))
            resp_raw(&c->out.writer, r->reply.ptr, r->reply.len);
        r->flags &= (uint8_t)~REQUEST_QUEUED;
        r->client = NULL;
        request_release(c->worker, r);
    }
    client_touch_output(c);
    if (unlikely(c->own != NULL) && c->first == NULL) private_idle(c);
    if (unlikely(c->flags & (CLIENT_HELD | CLIENT_FULL))) let_go_on(c);
}

void client_push(struct client *c, const char *bytes, size_t len) {
    if (unlikely(c->flags & CLIENT_MID_REPLY)) {
        buf_append(&c->pushes, bytes, len);
        return;
    }
    resp_raw(&c->out.writer, bytes, len);
    client_touch_output(c);
}

void client_reply_passed(struct client *c) {
    c->flags &= ~(uint32_t)CLIENT_MID_REPLY;
    if (likely(c->pushes.len == 0)) return;
    resp_raw(&c->out.writer, c->pushes.ptr, c->pushes.len);
    buf_clear(&c->pushes);
}

void client_hold(struct client *c) {
    c->flags |= CLIENT_HELD;
}

/* --- replies of our own --- */

struct resp_writer *client_reply_begin(struct client *c) {
    struct worker *w = c->worker;
    if (likely(c->first == NULL) && likely(!(c->flags & (CLIENT_MUTE | CLIENT_SKIPPING))))
        return &c->out.writer;
    w->own_reply.proto = c->out.writer.proto;
    return &w->own_reply;
}

void client_reply_end(struct client *c) {
    struct worker *w = c->worker;
    client_touch_output(c);
    if (unlikely(c->flags & (CLIENT_MUTE | CLIENT_SKIPPING)))
        resp_chunks_return(&w->pool, resp_writer_take(&w->own_reply));
    if (c->first == NULL) return;
    struct request *r = request_new(w, c, NULL);
    request_reply_end(w, r);
    r->flags |= REQUEST_ANSWERED;
    client_queue(c, r, r->reply.len);
}

/* --- input --- */

static void tail_free(struct client *c) {
    mem_free(c->tail);
    c->tail = NULL;
    c->tail_pos = c->tail_len = c->tail_cap = 0;
}

static void tail_append(struct client *c, const char *bytes, size_t len) {
    if (c->tail_cap - c->tail_len < len && c->tail_pos) {
        c->tail_len -= c->tail_pos;
        memmove(c->tail, c->tail + c->tail_pos, c->tail_len);
        c->tail_pos = 0;
    }
    if (c->tail_cap - c->tail_len < len) {
        size_t want = c->tail_len + len, missing = resp_parser_missing(&c->parser, c->tail_len);
        if (missing > len && missing < (64u << 20)) want = c->tail_len + missing;
        c->tail_cap = mem_good_size(want + want / 4);
        c->tail = mem_realloc(c->tail, c->tail_cap);
    }
    memcpy(c->tail + c->tail_len, bytes, len);
    c->tail_len += len;
}

/* CLIENT REPLY SKIP means the command behind it, also when that has to wait. */
static bool run_command(struct client *c, const struct resp_command *command, struct slice text) {
    bool skips = c->flags & CLIENT_SKIPS;
    if (likely(!skips)) return dispatch(c, command, text);
    c->flags = (c->flags & ~(uint32_t)CLIENT_SKIPS) | CLIENT_SKIPPING;
    bool begun = dispatch(c, command, text);
    c->flags &= ~(uint32_t)CLIENT_SKIPPING;
    if (!begun) c->flags |= CLIENT_SKIPS;
    return begun;
}

/* Dispatches the complete commands in `bytes`; returns how many bytes are done with. */
static size_t run(struct client *c, const char *bytes, size_t len) {
    struct worker *w = c->worker;
    struct resp_command command;
    size_t at = 0, consumed = 0;
    enum resp_result result = RESP_MORE;
    while (!(c->flags & (CLIENT_CLOSE_WHEN_SENT | CLIENT_CLOSED))) {
        if (unlikely(over_limits(c))) {
            c->flags |= CLIENT_FULL;
            return at;
        }
        result = resp_parse(&c->parser, &w->arena, bytes + at, len - at, &consumed, &command);
        if (result != RESP_OK) break;
        if (!run_command(c, &command, (struct slice){bytes + at, consumed})) return at;
        at += consumed;
    }
    if (result != RESP_ERR) return at + (result == RESP_MORE ? consumed : 0);
    w->stats.protocol_errors++;
    resp_errorf(client_reply_begin(c), "ERR %s", c->parser.error);
    client_reply_end(c);
    client_close(c, true);
    return len;
}

static void run_tail(struct client *c) {
    c->tail_pos += run(c, c->tail + c->tail_pos, c->tail_len - c->tail_pos);
    if (c->tail_pos < c->tail_len) return;
    c->tail_pos = c->tail_len = 0;
    if (c->tail_cap > TAIL_KEPT || (c->tail && resp_parser_idle(&c->parser))) tail_free(c);
}

/* While it is held or full, nothing is received; what was on its way is kept. One that blocks may send ahead
 * a little, since its end is only noticed while receiving. */
static void settle(struct client *c) {
    if (c->flags & (CLIENT_HELD | CLIENT_FULL)) {
        bool listens = c->own || c->flags & CLIENT_PAUSED;
        if (!listens || c->tail_len - c->tail_pos > AHEAD_MAX) io_stream_recv_pause(&c->stream);
        let_go_on(c);
    } else {
        io_stream_recv_resume(&c->stream);
        if ((c->flags & CLIENT_EOF) && c->first == NULL) client_close(c, true);
    }
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct client *c = client_of(s);
    if (c->flags & CLIENT_CLOSE_WHEN_SENT) {
        io_buf_return(s->io, buf);
        return;
    }
    c->active_us = io_now_us(s->io);
    c->worker->stats.bytes_in += buf.len;
    if (c->flags & (CLIENT_HELD | CLIENT_FULL)) {
        tail_append(c, buf.bytes, buf.len);
        settle(c);
    } else if (c->tail_len) {
        tail_append(c, buf.bytes, buf.len);
        run_tail(c);
        settle(c);
    } else {
        size_t used = run(c, buf.bytes, buf.len);
        if (used < buf.len) tail_append(c, buf.bytes + used, buf.len - used);
        settle(c);
    }
    io_buf_return(s->io, buf);
    if (c->tail_len - c->tail_pos > c->worker->conf->query_limit) {
        log_warning(c->worker->log, "Closing client %llu that sent a request of more than %llu bytes",
                    (unsigned long long)c->id, (unsigned long long)c->worker->conf->query_limit);
        client_close(c, false);
    }
}

void client_go_on(struct client *c) {
    if (c->flags & (CLIENT_CLOSE_WHEN_SENT | CLIENT_CLOSED)) return;
    c->flags &= ~(uint32_t)(CLIENT_HELD | CLIENT_FULL);
    if (c->tail_len) run_tail(c);
    settle(c);
}

void client_unpause(struct client *c) {
    if (!(c->flags & CLIENT_PAUSED)) return;
    c->flags &= ~(uint32_t)CLIENT_PAUSED;
    let_go_on(c);
}

/* --- output --- */

void client_flush(struct client *c) {
    if (c->flags & CLIENT_CLOSED) return;
    bool closing = c->flags & CLIENT_CLOSE_WHEN_SENT;
    if (unlikely(closing && c->first == NULL && outlet_waiting(&c->out) == 0 &&
                 !io_stream_sending(&c->stream)))
        client_close(c, false);
    else
        outlet_flush(&c->out, &c->stream, !closing && !(c->flags & CLIENT_FULL));
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct client *c = client_of(s);
    if (error) {
        client_close(c, false);
        return;
    }
    c->worker->stats.bytes_out += bytes;
    if (outlet_on_sent(&c->out, bytes) || (c->flags & (CLIENT_CLOSE_WHEN_SENT | CLIENT_EOF)))
        client_touch_output(c);
    if (unlikely(c->flags & CLIENT_FULL)) let_go_on(c);
}

/* --- who it is --- */

char *client_addr(const struct client *c, bool peer, char *out) {
    struct io_addr addr;
    if (peer ? io_stream_peer(&c->stream, &addr) : io_stream_local(&c->stream, &addr))
        io_addr_text(&addr, out);
    else
        snprintf(out, IO_ADDR_TEXT_MAX, "?:0");
    return out;
}

bool client_blocks(const struct client *c) {
    return c->own && c->first && c->first->spec && c->first->spec->route_kind != ROUTE_KIND_TRANSACTION &&
           c->first->spec->route == ROUTE_PRIVATE;
}

/* --- opening and closing --- */

static void on_eof(struct io_stream *s, int error) {
    struct client *c = client_of(s);
    c->flags |= CLIENT_EOF;
    if (error || c->own || c->flags & CLIENT_PAUSED) /* nobody waits for what it blocks on */
        client_close(c, false);
    else if (c->first == NULL && !(c->flags & (CLIENT_HELD | CLIENT_FULL)))
        client_close(c, true);
}

void client_close(struct client *c, bool after_replies) {
    struct worker *w = c->worker;
    if (c->flags & CLIENT_CLOSED) return;
    c->flags |= CLIENT_CLOSE_WHEN_SENT;
    if (after_replies) {
        client_touch_output(c);
        return;
    }
    c->flags |= CLIENT_CLOSED;
    private_drop(c);
    transaction_drop(c);
    subscriptions_drop(c);
    monitor_leave(c);
    while (c->first) {
        struct request *r = c->first;
        c->first = r->next;
        r->flags &= (uint8_t)~REQUEST_QUEUED;
        r->client = NULL;
        request_release(w, r);
    }
    c->last = NULL;
    list_remove(&c->ready);
    list_remove(&c->dirty);
    io_stream_close(&c->stream);
}

static void on_closed(struct io_stream *s) {
    struct client *c = client_of(s);
    list_remove(&c->all);
    c->worker->client_count--;
    __atomic_sub_fetch(&c->worker->crew->clients, 1, __ATOMIC_RELAXED);
    outlet_deinit(&c->out);
    resp_parser_deinit(&c->parser);
    tail_free(c);
    mem_free(c->name);
    mem_free(c->lib_name);
    mem_free(c->lib_ver);
    buf_deinit(&c->pushes);
    mem_free_sized(c, sizeof(*c));
}

static const struct io_stream_ops client_ops = {
    .on_recv = on_recv, .on_eof = on_eof, .on_sent = on_sent, .on_closed = on_closed};

void client_open(struct worker *w, int socket) {
    static const char full[] = "-ERR max number of clients reached\r\n";
    if (__atomic_load_n(&w->crew->clients, __ATOMIC_RELAXED) >= (uint64_t)w->conf->maxclients) {
        w->stats.rejected++;
        io_socket_refuse(w->io, socket, full, sizeof(full) - 1);
        return;
    }
    struct client *c = mem_zalloc(sizeof(*c));
    c->worker = w;
    c->id = ++w->next_client_id * w->conf->threads + w->index;
    c->created_us = c->active_us = io_now_us(w->io);
    if (w->conf->requirepass) c->flags |= CLIENT_NEEDS_AUTH;
    list_init(&c->ready);
    list_init(&c->dirty);
    list_append(&w->clients, &c->all);
    w->client_count++;
    __atomic_add_fetch(&w->crew->clients, 1, __ATOMIC_RELAXED);
    w->stats.connections++;
    outlet_init(&c->out, &w->pool, false);
    resp_parser_init(&c->parser);
    c->parser.trusted = !(c->flags & CLIENT_NEEDS_AUTH);
    c->parser.bulk_len_max = (int64_t)w->conf->bulk_len_max;
    io_stream_open(w->io, &c->stream, &client_ops, socket, false);
    struct io_addr addr;
    char host[IO_ADDR_TEXT_MAX];
    if (w->conf->read_policy == READ_CLIENT_ADDRESS && io_stream_peer(&c->stream, &addr))
        c->address_hash = reads_hash(slice_of(io_addr_host(&addr, host)));
}
