/* The simulated network: sockets in pairs, segments on their way between them.
 *
 *      io_stream_send ─ later ─► EV_SEND: bytes read from the sender's memory, cut into segments
 *                                   └─ latency ─► EV_SEGMENT: at the peer's `in` ─► EV_READABLE ─► on_recv
 *                        window: what the peer has not received yet; full ─► the send waits
 *
 * Receives behave as on io_uring: one that is asked to stop may still bring bytes until EV_RECV_STOPPED. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/sim_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct sim_socket *socket_of(struct io_stream *s) {
    struct sim_socket *socket = sim_socket_at(sim_world_of(s->io), s->fd);
    must(socket && socket->stream == s);
    return socket;
}

static int socket_new(struct sim_world *w, struct io *io) {
    int number = 0;
    while (number < w->socket_count && w->sockets[number]->generation)
        number++;
    if (number == w->socket_count) {
        w->sockets = mem_realloc(w->sockets, ((size_t)w->socket_count + 1) * sizeof(struct sim_socket *));
        w->sockets[w->socket_count++] = mem_zalloc(sizeof(struct sim_socket));
    }
    struct sim_socket *socket = w->sockets[number];
    *socket = (struct sim_socket){.io = io, .generation = ++w->generation, .peer = -1};
    return number;
}

static void socket_free(struct sim_socket *socket) {
    buf_deinit(&socket->in);
    *socket = (struct sim_socket){.peer = -1};
}

static size_t unread(const struct sim_socket *socket) {
    return socket->in.len - socket->in_at;
}

static bool has_news(const struct sim_socket *socket) {
    return unread(socket) || socket->fin_in || socket->error_in;
}

static void post_readable(struct sim_world *w, int number) {
    struct sim_socket *socket = w->sockets[number];
    if (socket->readable_due || !socket->stream) return;
    socket->readable_due = true;
    sim_post(w, EV_READABLE, socket->io, sim_draw(w, w->config.operation_max_us), number);
}

static void post_send(struct sim_world *w, int number, int64_t delay_us) {
    struct sim_socket *socket = w->sockets[number];
    if (socket->send_due) return;
    socket->send_due = true;
    sim_post(w, EV_SEND, NULL, delay_us, number);
}

static void post_sent(struct sim_world *w, int number, int error) {
    struct sim_socket *socket = w->sockets[number];
    if (socket->sent_due) return;
    socket->sent_due = true;
    struct sim_event *e = sim_post(w, EV_SENT, socket->io, sim_draw(w, w->config.operation_max_us), number);
    e->object = (void *)(intptr_t)error;
}

/* Something travels to socket `to`, behind all that travels there already. */
static struct sim_event *post_to(struct sim_world *w, enum sim_kind kind, int to) {
    struct sim_socket *socket = w->sockets[to];
    int64_t arrival_us = w->now_us + sim_latency(w);
    if (arrival_us <= socket->last_arrival_us) arrival_us = socket->last_arrival_us + 1;
    socket->last_arrival_us = arrival_us;
    return sim_post(w, kind, NULL, arrival_us - w->now_us, to);
}

/* --- sending --- */

void sim_send_start(struct io_stream *s) {
    struct sim_world *w = sim_world_of(s->io);
    if (socket_of(s)->peer < 0)
        post_sent(w, s->fd, EPIPE);
    else
        post_send(w, s->fd, sim_draw(w, w->config.operation_max_us));
}

static void send_event(struct sim_world *w, int number) {
    struct sim_socket *socket = w->sockets[number];
    struct io_stream *s = socket->stream;
    socket->send_due = false;
    if (!s || !(s->state & S_SENDING) || socket->sent_due) return;
    int error = 0;
    if (s->state & S_CLOSING) error = ECANCELED;
    if (socket->error_in) error = socket->error_in;
    if (socket->peer < 0) error = EPIPE;
    if (!error) {
        struct sim_socket *peer = w->sockets[socket->peer];
        size_t room = w->config.window_bytes - peer->window_used;
        if (peer->window_used >= w->config.window_bytes) {
            s->state |= E_SEND_WAIT; /* the peer's next receive goes on with it */
            return;
        }
        size_t len = 1 + (size_t)sim_draw(w, w->config.segment_bytes_max - 1);
        if (len > room) len = room;
        if (len > s->iov->iov_len) len = s->iov->iov_len;
        struct sim_event *e = post_to(w, EV_SEGMENT, socket->peer);
        e->bytes = mem_alloc(len + 1);
        memcpy(e->bytes, s->iov->iov_base, len);
        e->len = len;
        peer->window_used += len;
        if (!io_stream_sent_some(s, len)) {
            post_send(w, number, sim_draw(w, 5));
            return;
        }
    }
    post_sent(w, number, error);
}

/* --- what arrives --- */

static void break_connection(struct sim_world *w, int number, int error) {
    struct sim_socket *socket = w->sockets[number];
    if (socket->error_in) return;
    socket->error_in = error;
    socket->peer = -1;
    /* A reset takes what was not received yet with it. */
    socket->in.len = socket->in_at = 0;
    post_readable(w, number);
    post_send(w, number, 0);
}

static void segment_event(struct sim_world *w, struct sim_event *e) {
    struct sim_socket *socket = w->sockets[e->number];
    if (socket->error_in) return;
    if (rng_below(&w->rng, 1000000) < w->config.resets_per_million) {
        int peer = socket->peer;
        break_connection(w, (int)e->number, ECONNRESET);
        if (peer >= 0) break_connection(w, peer, ECONNRESET);
        return;
    }
    buf_append(&socket->in, e->bytes, e->len);
    post_readable(w, (int)e->number);
}

static int find_listener(struct sim_world *w, const struct io_addr *addr) {
    for (int i = 0; i < w->listener_count; i++) {
        const struct io_addr *at = &w->listeners[i].addr;
        if (at->sa.ss_family != addr->sa.ss_family || io_addr_port(at) != io_addr_port(addr)) continue;
        if (at->len == addr->len && memcmp(&at->sa, &addr->sa, at->len) == 0) return i;
        char host[IO_ADDR_TEXT_MAX];
        io_addr_host(at, host);
        if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) return i;
    }
    return -1;
}

/* e->number: the connecting socket; its remote address says whom it wants. */
static void syn_event(struct sim_world *w, struct sim_event *e) {
    struct sim_socket *from = w->sockets[e->number];
    int64_t back_us = sim_latency(w);
    int at = find_listener(w, &from->remote);
    if (!from->stream || from->stream->state & S_CLOSING) at = -1;
    int error = at < 0 ? ECONNREFUSED : 0;
    if (!error) {
        struct io_listener *l = w->listeners[at].l;
        int number = socket_new(w, l->io);
        from = w->sockets[e->number];
        struct sim_socket *to = w->sockets[number];
        to->local = from->remote;
        to->remote = from->local;
        to->peer = (int)e->number;
        from->peer = number;
        sim_post(w, EV_ACCEPT, l->io, sim_draw(w, w->config.operation_max_us), number)->object = l;
    }
    sim_post(w, EV_CONNECTED, from->io, back_us, e->number)->object = (void *)(intptr_t)error;
}

void sim_net_event(struct sim_world *w, struct sim_event *e) {
    struct sim_socket *socket = sim_socket_at(w, e->number);
    if (!socket || socket->generation != e->generation) return; /* closed meanwhile */
    switch (e->kind) {
    case EV_SEGMENT: segment_event(w, e); break;
    case EV_FIN:
        socket->fin_in = true;
        post_readable(w, (int)e->number);
        break;
    case EV_RESET: break_connection(w, (int)e->number, ECONNRESET); break;
    case EV_SYN: syn_event(w, e); break;
    case EV_SEND: send_event(w, (int)e->number); break;
    default: panic("a simulated event of kind %d", e->kind);
    }
}

/* --- receiving --- */

static void took(struct sim_world *w, struct sim_socket *socket, size_t len) {
    socket->in_at += len;
    socket->window_used -= len;
    if (unread(socket) == 0) socket->in.len = socket->in_at = 0;
    if (socket->peer < 0) return;
    struct io_stream *sender = w->sockets[socket->peer]->stream;
    if (sender && sender->state & E_SEND_WAIT) {
        sender->state &= ~E_SEND_WAIT;
        post_send(w, socket->peer, sim_latency(w));
    }
}

static void receive(struct io_stream *s, struct sim_socket *socket) {
    struct sim_world *w = sim_world_of(s->io);
    size_t len = 1 + (size_t)sim_draw(w, w->config.recv_bytes_max - 1);
    if (len > unread(socket)) len = unread(socket);
    const char *from = socket->in.ptr + socket->in_at;
    if (s->state & E_RECV_INTO) {
        if (len > s->into_left) len = s->into_left;
        memcpy(s->into, from, len);
        took(w, socket, len);
        s->state &= ~(E_RECV | E_RECV_INTO);
        io_stream_got_into(s, len);
        io_stream_recv_idle(s);
        return;
    }
    int id = io_bufs_lend(&s->io->bufs);
    if (id < 0) {
        s->state &= ~E_RECV;
        io_stream_starve(s);
        return;
    }
    if (len > s->io->bufs.bytes) len = s->io->bufs.bytes;
    memcpy(s->io->bufs.slots[id].base, from, len);
    took(w, socket, len);
    struct io_buf buf = io_bufs_give(&s->io->bufs, (uint32_t)id, (uint32_t)len);
    io_bufs_unlend(&s->io->bufs, (uint32_t)id);
    io_stream_got(s, buf);
}

static void readable(struct io_stream *s, struct sim_socket *socket, int number) {
    struct sim_world *w = sim_world_of(s->io);
    uint64_t generation = socket->generation;
    socket->readable_due = false;
    if (!(s->state & E_RECV) || s->state & S_CLOSING) return;
    if (unread(socket)) {
        receive(s, socket);
        if (socket->generation == generation && s->state & E_RECV && has_news(socket))
            post_readable(w, number);
    } else if (has_news(socket)) {
        s->state &= ~(E_RECV | E_RECV_INTO);
        io_stream_ended(s, socket->error_in);
        io_stream_recv_idle(s);
    }
}

void sim_recv_start(struct io_stream *s) {
    struct sim_socket *socket = socket_of(s);
    s->state |= E_RECV;
    if (s->into) s->state |= E_RECV_INTO;
    if (has_news(socket)) post_readable(sim_world_of(s->io), s->fd);
}

void sim_recv_stop(struct io_stream *s) {
    struct sim_world *w = sim_world_of(s->io);
    s->state |= E_RECV_CANCEL;
    sim_post(w, EV_RECV_STOPPED, s->io, sim_draw(w, w->config.operation_max_us), s->fd);
}

static void recv_stopped(struct io_stream *s) {
    if (!(s->state & E_RECV_CANCEL)) return;
    s->state &= ~(E_RECV | E_RECV_INTO | E_RECV_CANCEL);
    io_stream_recv_idle(s);
}

void sim_net_deliver(struct io *io, struct sim_event *e) {
    struct sim_world *w = sim_world_of(io);
    int error = (int)(intptr_t)e->object;
    if (e->kind == EV_LISTENER_STOPPED) {
        io_listener_quiet(e->object);
        return;
    }
    struct sim_socket *socket = sim_socket_at(w, e->number);
    bool stale = !socket || socket->generation != e->generation;
    if (e->kind == EV_ACCEPT) {
        struct io_listener *l = e->object;
        bool listening = false;
        for (int i = 0; i < w->listener_count; i++)
            listening |= w->listeners[i].l == l;
        if (stale) return;
        if (listening)
            io_listener_got(l, (int)e->number);
        else
            sim_socket_refuse(io, (int)e->number, "", 0);
        return;
    }
    /* A stream that is gone while the engine still works for it is a bug of whoever released it. */
    if (stale) return;
    struct io_stream *s = socket->stream;
    if (!s) return;
    must(s->magic == IO_STREAM_MAGIC && s->fd == (int)e->number);
    switch (e->kind) {
    case EV_READABLE: readable(s, socket, (int)e->number); break;
    case EV_RECV_STOPPED: recv_stopped(s); break;
    case EV_SENT:
        socket->sent_due = false;
        io_stream_send_over(s, error);
        break;
    case EV_CONNECTED:
        if (error == 0 && socket->error_in) error = socket->error_in;
        io_stream_connected(s, s->state & S_CLOSING ? ECANCELED : error);
        break;
    default: panic("a simulated completion of kind %d", e->kind);
    }
}

/* --- opening and closing --- */

void sim_stream_open(struct io_stream *s) {
    struct sim_socket *socket = sim_socket_at(sim_world_of(s->io), s->fd);
    must(socket && socket->generation && !socket->stream && socket->io == s->io);
    socket->stream = s;
}

void sim_connect_start(struct io_stream *s, const struct io_addr *addr, const struct io_addr *from) {
    struct sim_world *w = sim_world_of(s->io);
    s->fd = socket_new(w, s->io);
    struct sim_socket *socket = w->sockets[s->fd];
    socket->stream = s;
    socket->remote = *addr;
    if (from)
        socket->local = *from;
    else if (addr->sa.ss_family == AF_UNIX)
        socket->local = (struct io_addr){.sa = {.ss_family = AF_UNIX}, .len = sizeof(sa_family_t)};
    else
        io_addr_parse(&socket->local, addr->sa.ss_family == AF_INET ? "127.0.0.1" : "::1", ++w->next_port);
    s->state |= E_CONNECT;
    sim_post(w, EV_SYN, NULL, sim_latency(w), s->fd);
}

void sim_close_start(struct io_stream *s) {
    struct sim_world *w = sim_world_of(s->io);
    struct sim_socket *socket = socket_of(s);
    if ((s->state & (E_RECV | E_RECV_CANCEL)) == E_RECV) sim_recv_stop(s);
    if (s->state & S_SENDING && s->state & E_SEND_WAIT) {
        s->state &= ~E_SEND_WAIT;
        post_send(w, s->fd, 0);
    }
    socket->readable_due = false;
}

/* The rest of a socket, with or without a stream. Unread bytes make the peer see a reset, as with the kernel.
 */
static void socket_close(struct sim_world *w, int number) {
    struct sim_socket *socket = w->sockets[number];
    int peer = socket->peer;
    if (peer >= 0) {
        if (unread(socket))
            post_to(w, EV_RESET, peer);
        else if (!socket->fin_sent)
            post_to(w, EV_FIN, peer);
        w->sockets[peer]->peer = -1;
        /* Its sender waits for a window that will never open. */
        struct io_stream *sender = w->sockets[peer]->stream;
        if (sender && sender->state & E_SEND_WAIT) {
            sender->state &= ~E_SEND_WAIT;
            post_send(w, peer, 0);
        }
    }
    socket_free(socket);
}

void sim_close_end(struct io_stream *s) {
    struct sim_world *w = sim_world_of(s->io);
    socket_of(s)->stream = NULL;
    socket_close(w, s->fd);
}

void sim_shutdown(struct io_stream *s) {
    struct sim_socket *socket = socket_of(s);
    if (socket->peer < 0 || socket->fin_sent) return;
    socket->fin_sent = true;
    post_to(sim_world_of(s->io), EV_FIN, socket->peer);
}

void sim_socket_refuse(struct io *io, int number, const char *text, size_t len) {
    struct sim_world *w = sim_world_of(io);
    struct sim_socket *socket = sim_socket_at(w, number);
    must(socket && socket->generation && !socket->stream);
    if (len && socket->peer >= 0) {
        struct sim_event *e = post_to(w, EV_SEGMENT, socket->peer);
        e->bytes = mem_alloc(len);
        memcpy(e->bytes, text, len);
        e->len = len;
        w->sockets[socket->peer]->window_used += len;
    }
    socket_close(w, number);
}

bool sim_socket_name(struct io *io, int number, bool peer, struct io_addr *out) {
    struct sim_world *w = sim_world_of(io);
    for (int i = 0; i < w->listener_count && !peer; i++) {
        if (w->listeners[i].l->fd == number) {
            *out = w->listeners[i].addr;
            return true;
        }
    }
    struct sim_socket *socket = sim_socket_at(w, number);
    if (!socket || !socket->generation) return false;
    *out = peer ? socket->remote : socket->local;
    return true;
}

/* --- listeners: their descriptors are negative, apart from those of sockets --- */

int sim_listen(struct io_listener *l, const struct io_listen_options *options) {
    struct sim_world *w = sim_world_of(l->io);
    struct io_addr addr = options->addr;
    if (options->adopt) return ENOTSUP;
    if (addr.sa.ss_family == AF_INET && io_addr_port(&addr) == 0)
        ((struct sockaddr_in *)&addr.sa)->sin_port = htons(++w->next_port);
    if (find_listener(w, &addr) >= 0 && !options->reuse_port) return EADDRINUSE;
    w->listeners = mem_realloc(w->listeners, ((size_t)w->listener_count + 1) * sizeof *w->listeners);
    w->listeners[w->listener_count++] = (struct sim_listener){l, addr};
    l->fd = -1 - (int)++w->generation;
    return 0;
}

void sim_accept_start(struct io_listener *l) {
    l->state |= L_ARMED;
}

void sim_listener_close(struct io_listener *l) {
    struct sim_world *w = sim_world_of(l->io);
    int kept = 0;
    for (int i = 0; i < w->listener_count; i++) {
        if (w->listeners[i].l != l) w->listeners[kept++] = w->listeners[i];
    }
    w->listener_count = kept;
    l->state &= ~(uint32_t)L_ARMED;
    sim_post(w, EV_LISTENER_STOPPED, l->io, sim_draw(w, w->config.operation_max_us), -1)->object = l;
}

void sim_net_forget_loop(struct sim_world *w, struct io *io) {
    for (int i = 0; i < w->socket_count; i++) {
        if (w->sockets[i]->generation && w->sockets[i]->io == io) socket_close(w, i);
    }
    int kept = 0;
    for (int i = 0; i < w->listener_count; i++) {
        if (w->listeners[i].l->io != io) w->listeners[kept++] = w->listeners[i];
    }
    w->listener_count = kept;
}

void sim_net_free(struct sim_world *w) {
    for (int i = 0; i < w->socket_count; i++) {
        buf_deinit(&w->sockets[i]->in);
        mem_free_sized(w->sockets[i], sizeof *w->sockets[i]);
    }
    mem_free(w->sockets);
    mem_free(w->listeners);
}
