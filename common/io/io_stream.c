/* Streams and listeners: what is the same on every engine.
 *
 * Receiving is a wish and a fact. The wish is in the S_ bits (open, not paused, not over, not yielded); the
 * fact is E_RECV: an operation is with the engine. Whoever changes the wish or ends the operation puts the
 * stream on `arm`, and io_streams_before_wait brings the two together, so there is one place where receives
 * begin:
 *
 *      open, resume, end of an operation ─► arm ─► recv_start ─► E_RECV ─► bytes ─► on_recv
 *      took too much this turn ─► yielded ─┘  ▲
 *      no buffer left ──────────► starved ────┘ once one is free
 *
 * Closing counts what is out (E_RECV, S_SENDING, E_CONNECT); the end of the last one moves the stream to
 * `quiet`, and the end of the turn gives it back by on_closed. Nothing refers to the stream then, whatever
 * the engine. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* From here on, bytes for io_stream_recv_into are worth stopping a receive into the shared buffers. */
#define INTO_DIRECT_MIN (32 * 1024)
#define ACCEPT_RETRY_US 20000

static inline void check(const struct io_stream *s) {
    must(s->magic == IO_STREAM_MAGIC);
}

static void move_to(struct io_stream *s, struct link *list) {
    list_remove(&s->work);
    list_append(list, &s->work);
}

static void init(struct io *io, struct io_stream *s, const struct io_stream_ops *ops, int fd,
                 uint32_t state) {
    *s = (struct io_stream){.magic = IO_STREAM_MAGIC, .fd = fd, .io = io, .ops = ops, .state = state};
    list_init(&s->work);
    list_init(&s->sends);
    io->stats.streams++;
}

/* --- opening --- */

void io_stream_open(struct io *io, struct io_stream *s, const struct io_stream_ops *ops, int socket,
                    bool paused) {
    init(io, s, ops, socket, paused ? S_PAUSED : 0);
    io->ops->stream_open(s);
    if (!paused) list_append(&io->arm, &s->work);
}

void io_stream_connect(struct io *io, struct io_stream *s, const struct io_stream_ops *ops,
                       const struct io_addr *addr, const struct io_addr *from) {
    init(io, s, ops, -1, S_CONNECTING);
    io->ops->connect_start(s, addr, from);
    /* Nothing is under way: it failed at once, the errno is in iov_count, and io_turn tells. */
    if (!(s->state & E_CONNECT)) list_append(&io->arm, &s->work);
}

void io_stream_connected(struct io_stream *s, int error) {
    check(s);
    s->state &= ~(E_CONNECT | S_CONNECTING);
    s->iov_count = 0;
    if (s->state & S_CLOSING) {
        io_stream_check_quiet(s);
        return;
    }
    if (error)
        s->state |= S_BROKEN;
    else
        move_to(s, &s->io->arm);
    s->io->callbacks++;
    s->ops->on_connected(s, error);
}

/* --- receiving --- */

void io_stream_recv_idle(struct io_stream *s) {
    check(s);
    if (s->state & S_CLOSING)
        io_stream_check_quiet(s);
    else if (io_stream_wants_recv(s))
        move_to(s, &s->io->arm);
}

void io_stream_starve(struct io_stream *s) {
    s->io->stats.bufs_empty++;
    io_bufs_tighten(&s->io->bufs, s->io->turn);
    if (io_stream_wants_recv(s)) move_to(s, &s->io->starved);
}

static void recv_stop(struct io_stream *s) {
    if ((s->state & (E_RECV | E_RECV_CANCEL)) == E_RECV) s->io->ops->recv_stop(s);
}

/* One stream must not fill all buffers, nor the whole turn. */
static void count_received(struct io_stream *s, size_t len) {
    struct io *io = s->io;
    io->stats.recv_ops++;
    io->stats.recv_bytes += len;
    if (s->recv_turn != io->turn) {
        s->recv_turn = io->turn;
        s->recv_turn_bytes = 0;
    }
    s->recv_turn_bytes += (uint32_t)len;
    if (unlikely(s->recv_turn_bytes > io->config.recv_turn_bytes_max) &&
        !(s->state & (S_YIELDED | S_PAUSED | S_EOF | S_CLOSING))) {
        io->stats.yields++;
        s->state |= S_YIELDED;
        move_to(s, &io->yielded);
        recv_stop(s);
    }
}

static void filled(struct io_stream *s) {
    s->into = NULL;
    s->io->callbacks++;
    s->ops->on_filled(s);
}

void io_stream_got_into(struct io_stream *s, size_t len) {
    check(s);
    must(s->into && len <= s->into_left);
    count_received(s, len);
    s->into += len;
    s->into_left -= len;
    if (s->into_left == 0 && !(s->state & S_CLOSING)) filled(s);
}

void io_stream_got(struct io_stream *s, struct io_buf buf) {
    check(s);
    count_received(s, buf.len);
    /* on_filled may close the stream, or ask for more. */
    while (unlikely(s->into) && buf.len && !(s->state & S_CLOSING)) {
        uint32_t n = buf.len < s->into_left ? buf.len : (uint32_t)s->into_left;
        memcpy(s->into, buf.bytes, n);
        s->into += n;
        s->into_left -= n;
        buf.bytes += n;
        buf.len -= n;
        if (s->into_left == 0) filled(s);
    }
    if (unlikely(s->state & S_CLOSING || buf.len == 0)) {
        io_buf_return(s->io, buf);
        return;
    }
    s->io->callbacks++;
    s->ops->on_recv(s, buf);
}

void io_stream_ended(struct io_stream *s, int error) {
    check(s);
    if (s->state & (S_CLOSING | S_EOF)) return;
    s->state |= S_EOF;
    s->state &= ~S_YIELDED;
    s->into = NULL;
    s->into_left = 0;
    list_remove(&s->work);
    s->io->callbacks++;
    if (s->ops->on_eof) s->ops->on_eof(s, error);
}

void io_stream_recv_pause(struct io_stream *s) {
    check(s);
    if (s->state & (S_PAUSED | S_CLOSING)) return;
    s->state |= S_PAUSED;
    s->state &= ~S_YIELDED;
    /* A connection that failed at once is on `arm` for another reason. */
    if (!(s->state & S_CONNECTING)) list_remove(&s->work);
    recv_stop(s);
}

void io_stream_recv_resume(struct io_stream *s) {
    check(s);
    if (!(s->state & S_PAUSED) || s->state & S_CLOSING) return;
    s->state &= ~S_PAUSED;
    if (io_stream_wants_recv(s)) move_to(s, &s->io->arm);
}

bool io_stream_recv_paused(const struct io_stream *s) {
    return s->state & S_PAUSED;
}

void io_stream_recv_into(struct io_stream *s, char *into, size_t len) {
    check(s);
    must(!s->into && len > 0);
    if (s->state & (S_CLOSING | S_EOF)) return; /* nothing will come, and on_eof has been */
    s->into = into;
    s->into_left = len;
    if (len >= INTO_DIRECT_MIN) recv_stop(s);
}

size_t io_stream_recv_into_left(const struct io_stream *s) {
    return s->into ? s->into_left : 0;
}

/* --- sending --- */

static inline void send_with(struct io_stream *s, const struct iovec *parts, unsigned count, uint32_t bits) {
    check(s);
    must(!(s->state & (S_SENDING | S_CONNECTING | S_CLOSING | S_BROKEN)));
    must(count > 0 && count <= IO_SEND_PARTS_MAX);
    if (likely(count == 1)) {
        s->one = parts[0];
        s->iov = &s->one;
    } else {
        s->iov = mem_alloc(count * sizeof *s->iov);
        memcpy(s->iov, parts, count * sizeof *s->iov);
        s->one.iov_base = s->iov; /* where the allocation begins: iov moves on as parts are sent */
    }
    s->iov_count = count;
    s->sent_bytes = 0;
    s->state |= S_SENDING | bits;
    s->io->ops->send_start(s);
}

void io_stream_send(struct io_stream *s, const struct iovec *parts, unsigned count) {
    send_with(s, parts, count, 0);
}

void io_stream_send_lazily(struct io_stream *s, const struct iovec *parts, unsigned count) {
    send_with(s, parts, count, S_LAZY);
}

bool io_stream_sending(const struct io_stream *s) {
    return s->state & S_SENDING;
}

bool io_stream_sent_some(struct io_stream *s, size_t len) {
    s->sent_bytes += len;
    while (s->iov_count && len >= s->iov->iov_len) {
        len -= s->iov->iov_len;
        s->iov_count--;
        if (s->iov_count) s->iov++;
    }
    if (s->iov_count == 0) {
        must(len == 0);
        return true;
    }
    s->iov->iov_base = (char *)s->iov->iov_base + len;
    s->iov->iov_len -= len;
    return false;
}

void io_stream_send_over(struct io_stream *s, int error) {
    check(s);
    if (unlikely(s->iov != &s->one)) mem_free(s->one.iov_base);
    s->iov = NULL;
    s->iov_count = 0;
    s->state &= ~(S_SENDING | S_LAZY | E_SEND_WAIT);
    list_remove(&s->sends);
    s->io->stats.send_ops++;
    s->io->stats.send_bytes += s->sent_bytes;
    if (unlikely(s->state & S_CLOSING)) {
        io_stream_check_quiet(s);
        return;
    }
    s->io->callbacks++;
    if (s->ops->on_sent) s->ops->on_sent(s, s->sent_bytes, error);
}

void io_stream_shutdown(struct io_stream *s) {
    check(s);
    must(!(s->state & S_SENDING));
    if (!(s->state & (S_CLOSING | S_CONNECTING | S_BROKEN))) s->io->ops->shutdown(s);
}

/* --- closing --- */

void io_stream_check_quiet(struct io_stream *s) {
    if (!(s->state & S_CLOSING) || s->state & (E_RECV | S_SENDING | E_CONNECT | S_LIMBO)) return;
    s->state |= S_LIMBO;
    move_to(s, &s->io->quiet);
}

void io_stream_close(struct io_stream *s) {
    check(s);
    if (s->state & S_CLOSING) return;
    s->state |= S_CLOSING;
    list_remove(&s->work);
    s->io->ops->close_start(s);
    io_stream_check_quiet(s);
}

bool io_stream_closing(const struct io_stream *s) {
    return s->state & S_CLOSING;
}

/* --- names --- */

int io_stream_fd(const struct io_stream *s) {
    return s->io->ops->id == IO_ENGINE_SIM ? -1 : s->fd;
}

bool io_stream_peer(const struct io_stream *s, struct io_addr *out) {
    return s->fd >= 0 && s->io->ops->socket_name(s->io, s->fd, true, out);
}

bool io_stream_local(const struct io_stream *s, struct io_addr *out) {
    return s->fd >= 0 && s->io->ops->socket_name(s->io, s->fd, false, out);
}

bool io_socket_peer(struct io *io, int socket, struct io_addr *out) {
    return io->ops->socket_name(io, socket, true, out);
}

/* --- listeners --- */

static void accept_again(struct io_timer *timer) {
    struct io_listener *l = LIST_OWNER(timer, struct io_listener, retry);
    l->state &= ~(uint32_t)L_BACKOFF;
    l->io->ops->accept_start(l);
}

int io_listen(struct io *io, struct io_listener *l, const struct io_listen_options *options,
              void (*on_accept)(struct io_listener *l, int socket)) {
    *l = (struct io_listener){.magic = IO_LISTENER_MAGIC, .fd = -1, .io = io, .on_accept = on_accept};
    list_init(&l->work);
    io_timer_init(&l->retry, accept_again);
    int error = io->ops->listen(l, options);
    if (error) {
        l->magic = IO_DEAD_MAGIC;
        return error;
    }
    l->state = L_OPEN;
    io->ops->accept_start(l);
    return 0;
}

void io_listener_got(struct io_listener *l, int socket) {
    must(l->magic == IO_LISTENER_MAGIC);
    if ((l->state & L_CLOSING) && !l->left) {
        io_socket_refuse(l->io, socket, "", 0);
        return;
    }
    l->io->stats.accepts++;
    l->io->callbacks++;
    l->on_accept(l, socket);
}

void io_listener_failed(struct io_listener *l, int error) {
    must(l->magic == IO_LISTENER_MAGIC);
    l->state &= ~(uint32_t)L_ARMED;
    if (l->state & L_CLOSING) {
        io_listener_quiet(l);
        return;
    }
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        l->io->stats.accept_errors++;
        l->state |= L_BACKOFF;
        io_timer_set(l->io, &l->retry, l->io->now_us + ACCEPT_RETRY_US);
        break;
    case 0: l->io->ops->accept_start(l); break;
    default: /* a connection that was gone before it was taken */
        l->io->stats.accept_errors++;
        l->io->ops->accept_start(l);
    }
}

void io_listener_quiet(struct io_listener *l) {
    if (!list_linked(&l->work)) list_append(&l->io->closed_listeners, &l->work);
}

void io_listener_close(struct io_listener *l, void (*on_closed)(struct io_listener *l)) {
    must(l->magic == IO_LISTENER_MAGIC);
    if (l->state & L_CLOSING) return;
    l->state |= L_CLOSING;
    l->on_closed = on_closed;
    io_timer_cancel(l->io, &l->retry);
    l->io->ops->listener_close(l);
}

void io_listener_leave(struct io_listener *l, void (*on_closed)(struct io_listener *l)) {
    l->left = true;
    io_listener_close(l, on_closed);
}

bool io_listener_local(const struct io_listener *l, struct io_addr *out) {
    return l->io->ops->socket_name(l->io, l->fd, false, out);
}

void io_socket_refuse(struct io *io, int socket, const char *text, size_t len) {
    io->ops->socket_refuse(io, socket, text, len);
}

/* --- the turn's part --- */

bool io_streams_busy(const struct io *io) {
    return !list_empty(&io->quiet) || !list_empty(&io->closed_listeners);
}

void io_streams_before_wait(struct io *io) {
    LIST_FOR(it, tmp, &io->yielded) {
        struct io_stream *s = LIST_OWNER(it, struct io_stream, work);
        list_remove(it);
        s->state &= ~S_YIELDED;
        if (io_stream_wants_recv(s)) list_append(&io->arm, it);
    }
    if (unlikely(!list_empty(&io->starved)) &&
        (io->bufs.lent || io->bufs.free_count || io->bufs.spare_count)) {
        LIST_FOR(it, tmp, &io->starved) {
            list_remove(it);
            list_append(&io->arm, it);
        }
    }
    while (!list_empty(&io->arm)) {
        struct io_stream *s = LIST_OWNER(io->arm.next, struct io_stream, work);
        check(s);
        list_remove(&s->work);
        if (unlikely(s->state & S_CONNECTING))
            io_stream_connected(s, (int)s->iov_count);
        else if (io_stream_wants_recv(s))
            io->ops->recv_start(s);
    }
}

void io_streams_after(struct io *io) {
    while (!list_empty(&io->quiet)) {
        struct io_stream *s = LIST_OWNER(io->quiet.next, struct io_stream, work);
        check(s);
        must(!list_linked(&s->sends));
        list_remove(&s->work);
        if (s->fd >= 0) io->ops->close_end(s);
        s->fd = -1;
        s->magic = IO_DEAD_MAGIC;
        io->stats.streams--;
        io->callbacks++;
        s->ops->on_closed(s);
    }
    while (!list_empty(&io->closed_listeners)) {
        struct io_listener *l = LIST_OWNER(io->closed_listeners.next, struct io_listener, work);
        must(l->magic == IO_LISTENER_MAGIC);
        list_remove(&l->work);
        l->magic = IO_DEAD_MAGIC;
        io->callbacks++;
        if (l->fd >= 0) close(l->fd);
        l->fd = -1;
        if (l->on_closed) l->on_closed(l);
    }
}
