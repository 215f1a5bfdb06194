/* The epoll engine, for kernels and containers that refuse io_uring.
 *
 *      epoll_wait ─► event of a stream: one recv into the shared buffer ─► on_recv
 *      io_stream_send ─► send at once; on_sent comes with the next turn
 *
 * Every descriptor is registered once, edge-triggered, for all events: epoll_ctl is called once per
 * connection, and a turn looks only at what changed. A receive that fills less than its room has emptied the
 * socket; one that fills it leaves the stream on the `ready` list, to go on in the next turn, which then does
 * not sleep. A FIN that came together with bytes gives no further event: E_HANGUP remembers it.
 *
 * Readiness is remembered (E_READABLE) also while a stream is paused, since its edge will not come again. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX          1024
#define RECV_ROOM_MIN       (4 * 1024) /* less room than this at a buffer's end is not worth a call */
#define INTO_RECV_BYTES_MAX (1 << 20)
#define ACCEPTS_PER_EVENT   64

enum kind { KIND_STREAM, KIND_LISTENER, KIND_SOURCE, KIND_MASK = 7 };

struct epoller {
    int fd;
    int current; /* the buffer that is being filled, -1: none */
    int event_count;
    bool milliseconds; /* the system call for finer timeouts is not there */
    struct link ready; /* streams to be read without an event */
    struct epoll_event events[EVENTS_MAX];
};

static struct epoller *epoller_of(struct io *io) {
    return io->engine;
}

static void add(struct io *io, int fd, uint32_t events, void *object, enum kind kind) {
    struct epoll_event event = {.events = events, .data.u64 = (uintptr_t)object | kind};
    if (epoll_ctl(epoller_of(io)->fd, EPOLL_CTL_ADD, fd, &event) < 0) panic("epoll_ctl: %s", strerror(errno));
}

/* --- receiving --- */

/* Room at the end of the current buffer, or of a new one. False: all buffers are held. */
static bool room(struct io *io, char **at, uint32_t *len) {
    struct epoller *e = epoller_of(io);
    struct io_bufs *bufs = &io->bufs;
    if (likely(e->current >= 0)) {
        struct io_buf_slot *slot = &bufs->slots[e->current];
        /* Nobody holds any of it: begin at its front again, where the cache is warm. */
        if (slot->refs == 1) slot->used = 0;
        if (likely(bufs->bytes - slot->used >= RECV_ROOM_MIN)) {
            *at = slot->base + slot->used;
            *len = bufs->bytes - slot->used;
            return true;
        }
        io_bufs_unlend(bufs, (uint32_t)e->current);
    }
    e->current = io_bufs_lend(bufs);
    if (e->current < 0) return false;
    *at = bufs->slots[e->current].base;
    *len = bufs->bytes;
    return true;
}

/* The stream has a receive "with the engine" as long as it waits for readiness. */
static void end_recv(struct io_stream *s, int error) {
    s->state &= ~(E_RECV | E_READABLE);
    io_stream_ended(s, error);
    io_stream_recv_idle(s);
}

static void read_stream(struct io_stream *s) {
    struct io *io = s->io;
    char *at = s->into;
    uint32_t len = s->into_left < INTO_RECV_BYTES_MAX ? (uint32_t)s->into_left : INTO_RECV_BYTES_MAX;
    if (likely(!at) && unlikely(!room(io, &at, &len))) {
        s->state &= ~E_RECV; /* E_READABLE stays: it is read once a buffer is back */
        io_stream_starve(s);
        return;
    }
    ssize_t n = recv(s->fd, at, len, MSG_DONTWAIT);
    if (likely(n > 0)) {
        bool again = (size_t)n == len || s->state & E_HANGUP;
        if (likely(!again)) s->state &= ~E_READABLE;
        if (unlikely(at == s->into))
            io_stream_got_into(s, (size_t)n);
        else
            io_stream_got(s, io_bufs_give(&io->bufs, (uint32_t)epoller_of(io)->current, (uint32_t)n));
        if (unlikely(again) && s->state & E_RECV && !list_linked(&s->work))
            list_append(&epoller_of(io)->ready, &s->work);
    } else if (n == 0) {
        end_recv(s, 0);
    } else if (errno == EAGAIN) {
        s->state &= ~E_READABLE;
    } else if (errno == EINTR) {
        if (!list_linked(&s->work)) list_append(&epoller_of(io)->ready, &s->work);
    } else {
        end_recv(s, errno);
    }
}

static void recv_start(struct io_stream *s) {
    s->state |= E_RECV;
    if (s->state & E_READABLE) list_append(&epoller_of(s->io)->ready, &s->work);
}

static void recv_stop(struct io_stream *s) {
    s->state &= ~E_RECV;
    /* A stream that yields is on a list already; one that was only redirected goes to be armed again. */
    if (!(s->state & S_YIELDED)) io_stream_recv_idle(s);
}

/* --- sending --- */

static void send_now(struct io_stream *s) {
    struct io *io = s->io;
    for (;;) {
        ssize_t n;
        if (likely(s->iov_count == 1)) {
            n = send(s->fd, s->iov->iov_base, s->iov->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
            struct msghdr msg = {.msg_iov = s->iov, .msg_iovlen = s->iov_count};
            n = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        if (n >= 0) {
            if (io_stream_sent_some(s, (size_t)n)) break;
        } else if (errno == EAGAIN) {
            if (!(s->state & E_SEND_WAIT)) io->stats.send_blocked++;
            s->state |= E_SEND_WAIT;
            return;
        } else if (errno != EINTR) {
            s->one.iov_len = (size_t)errno; /* told by deliver_sends; the parts are not needed any more */
            s->iov_count = UINT32_MAX;
            break;
        }
    }
    s->state &= ~E_SEND_WAIT;
    if (unlikely(!(s->state & S_LAZY))) io->prompt_sends++;
    list_append(&io->sends, &s->sends);
}

static void deliver_sends(struct io *io) {
    /* What callbacks send now is told in the next turn. */
    struct link over;
    list_init(&over);
    if (list_empty(&io->sends)) return;
    list_insert_after(&io->sends, &over);
    list_remove(&io->sends);
    io->prompt_sends = 0;
    while (!list_empty(&over)) {
        struct io_stream *s = LIST_OWNER(over.next, struct io_stream, sends);
        io_stream_send_over(s, s->iov_count == UINT32_MAX ? (int)s->one.iov_len : 0);
    }
}

/* --- connections --- */

static void stream_open(struct io_stream *s) {
    add(s->io, s->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, s, KIND_STREAM);
}

static void connect_start(struct io_stream *s, const struct io_addr *addr, const struct io_addr *from) {
    int error = 0;
    s->fd = io_socket_connecting(addr, from, &error);
    if (s->fd < 0) {
        s->iov_count = (uint32_t)error;
        return;
    }
    (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
    if (connect(s->fd, (const struct sockaddr *)&addr->sa, addr->len) < 0 && errno != EINPROGRESS) {
        s->iov_count = (uint32_t)errno;
        return;
    }
    s->state |= E_CONNECT;
    stream_open(s);
}

static void connect_event(struct io_stream *s) {
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) error = errno;
    io_stream_connected(s, error);
}

static void close_start(struct io_stream *s) {
    s->state &= ~(E_RECV | E_CONNECT);
    if (s->state & S_SENDING) io_stream_send_over(s, ECANCELED);
}

static void close_end(struct io_stream *s) {
    close(s->fd);
}
static void shut_down(struct io_stream *s) {
    (void)shutdown(s->fd, SHUT_WR);
}

static void stream_event(struct io_stream *s, uint32_t events) {
    must(s->magic == IO_STREAM_MAGIC);
    if (unlikely(s->state & S_CLOSING)) return;
    if (unlikely(s->state & E_CONNECT)) {
        if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
        connect_event(s);
        if (s->state & (S_CLOSING | S_BROKEN)) return;
    }
    if (unlikely(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) s->state |= E_HANGUP;
    if (unlikely(s->state & E_SEND_WAIT) && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) send_now(s);
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
    s->state |= E_READABLE;
    /* On a list: it is read from there. */
    if (s->state & E_RECV && !list_linked(&s->work)) read_stream(s);
}

/* --- listeners --- */

static int listen_start(struct io_listener *l, const struct io_listen_options *options) {
    int error = io_socket_listen(l, options);
    if (error) return error;
    (void)fcntl(l->fd, F_SETFL, O_NONBLOCK);
    add(l->io, l->fd, EPOLLIN, l,
        KIND_LISTENER); /* level-triggered: what is left in the backlog comes again */
    return 0;
}

static void accept_start(struct io_listener *l) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uintptr_t)l | KIND_LISTENER};
    if (epoll_ctl(epoller_of(l->io)->fd, EPOLL_CTL_MOD, l->fd, &event) < 0)
        panic("epoll_ctl: %s", strerror(errno));
    l->state |= L_ARMED;
}

static void listener_event(struct io_listener *l) {
    must(l->magic == IO_LISTENER_MAGIC);
    for (int i = 0; i < ACCEPTS_PER_EVENT && l->state & L_ARMED && !(l->state & L_CLOSING); i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            io_listener_got(l, fd);
            continue;
        }
        if (errno == EAGAIN || errno == EINTR) return;
        io_listener_failed(l, errno);
        if (l->state & L_BACKOFF) {
            struct epoll_event none = {.events = 0, .data.u64 = (uintptr_t)l | KIND_LISTENER};
            (void)epoll_ctl(epoller_of(l->io)->fd, EPOLL_CTL_MOD, l->fd, &none);
        }
        return;
    }
}

static void listener_close(struct io_listener *l) {
    l->state &= ~(uint32_t)L_ARMED;
    (void)epoll_ctl(epoller_of(l->io)->fd, EPOLL_CTL_DEL, l->fd, NULL);
    if (!l->left) (void)shutdown(l->fd, SHUT_RDWR); /* frees the port at once, not only when the turn ends */
    io_listener_quiet(l);
}

static void source_start(struct io *io, struct io_source *source) {
    add(io, source->fd, EPOLLIN, source, KIND_SOURCE);
    source->armed = true;
}

static void source_event(struct io *io, struct io_source *source) {
    must(source->magic == IO_SOURCE_MAGIC);
    ssize_t n = read(source->fd, source->bytes, source->room);
    if (n > 0) source->on_read(io, source, n);
}

/* --- the turn --- */

/* epoll_pwait2 (5.11) knows nanoseconds; the call before it whole milliseconds, which are rounded up. */
static int wait_events(struct epoller *e, int64_t timeout_us) {
    if (likely(!e->milliseconds)) {
        struct timespec ts = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
        int count = epoll_pwait2(e->fd, e->events, EVENTS_MAX, timeout_us < 0 ? NULL : &ts, NULL);
        if (likely(count >= 0) || (errno != ENOSYS && errno != EPERM)) return count;
        e->milliseconds = true; /* an old kernel, or a filter that does not know the call */
    }
    int64_t timeout_ms = timeout_us < 0 ? -1 : (timeout_us + 999) / 1000;
    return epoll_wait(e->fd, e->events, EVENTS_MAX, timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
}

static void wait(struct io *io, int64_t timeout_us) {
    struct epoller *e = epoller_of(io);
    if (!list_empty(&e->ready) || io->prompt_sends) timeout_us = 0;
    io->stats.waits++;
    e->event_count = wait_events(e, timeout_us);
    if (e->event_count < 0) {
        if (errno != EINTR) panic("epoll_wait: %s", strerror(errno));
        e->event_count = 0;
    }
}

static void deliver(struct io *io) {
    struct epoller *e = epoller_of(io);
    deliver_sends(io);
    /* First who was ready before; what becomes ready on the way waits for the next turn. */
    struct link ready;
    list_init(&ready);
    if (!list_empty(&e->ready)) {
        list_insert_after(&e->ready, &ready);
        list_remove(&e->ready);
    }
    while (!list_empty(&ready)) {
        struct io_stream *s = LIST_OWNER(ready.next, struct io_stream, work);
        list_remove(&s->work);
        if (s->state & E_RECV) read_stream(s);
    }
    for (int i = 0; i < e->event_count; i++) {
        void *object = (void *)(uintptr_t)(e->events[i].data.u64 & ~(uint64_t)KIND_MASK);
        switch ((enum kind)(e->events[i].data.u64 & KIND_MASK)) {
        case KIND_STREAM: stream_event(object, e->events[i].events); break;
        case KIND_LISTENER: listener_event(object); break;
        case KIND_SOURCE: source_event(io, object); break;
        case KIND_MASK: break;
        }
    }
    e->event_count = 0;
}

static void deinit(struct io *io) {
    struct epoller *e = epoller_of(io);
    if (e->fd >= 0) close(e->fd);
    io_bufs_deinit(&io->bufs);
    mem_free_sized(e, sizeof *e);
    io->engine = NULL;
}

static bool init(struct io *io, char *error) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        snprintf(error, 160, "epoll_create1: %s", strerror(errno));
        return false;
    }
    struct epoller *e = mem_zalloc(sizeof *e);
    e->fd = fd;
    e->current = -1;
    list_init(&e->ready);
    io->engine = e;
    io_bufs_init(&io->bufs, io->config.recv_buf_bytes, io->config.recv_bufs_min, io->config.recv_bufs_max);
    snprintf(io->reason, sizeof io->reason, "asked for");
    return true;
}

const struct io_engine_ops io_epoll_engine = {
    .id = IO_ENGINE_EPOLL,
    .name = "epoll",
    .init = init,
    .deinit = deinit,
    .wait = wait,
    .deliver = deliver,
    .clocks = io_clocks_real,
    .recv_start = recv_start,
    .recv_stop = recv_stop,
    .send_start = send_now,
    .stream_open = stream_open,
    .connect_start = connect_start,
    .close_start = close_start,
    .close_end = close_end,
    .shutdown = shut_down,
    .listen = listen_start,
    .accept_start = accept_start,
    .listener_close = listener_close,
    .socket_refuse = io_socket_refuse_now,
    .socket_name = io_socket_name,
    .source_start = source_start,
    .job_submit = io_threads_submit,
    .disk = &io_disk_real,
    .wake = io_wake_eventfd,
};
