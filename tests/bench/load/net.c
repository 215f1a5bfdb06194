/* One turn = send what was queued, wait, hand over what came.
 *
 *      queue ──► flush (one clock reading, one submission) ──► wait ──► receive() per piece
 *        ▲                                                                  │
 *        └───────────────── net_send() by who counts replies ◄──────────────┘
 *
 * io_uring: a multishot receive per socket with a ring of shared buffers, sends without completions
 * (a reply is proof enough that its request left), registered files: a turn is one system call. epoll, for
 * machines that refuse io_uring: a system call per send and per receive.
 *
 * Time is read once per flush and once per wait, not per request: a latency runs from the turn's
 * submission to the wake-up that brought the reply.
 */
#include "net.h"

#include "stat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BUFFER_GROUP = 1,
    URING_ENTRIES = 4096,
    EPOLL_EVENTS = 1024,
    EPOLL_BUFFER = 256 * 1024,
};

/* What a completion belongs to: the connection's number above the kind. */
enum { TAG_RECEIVE = 0, TAG_SEND = 1 };

struct net_socket {
    int fd;
    bool closed;
    bool blocked; /* epoll: the socket's buffer is full, waiting for EPOLLOUT */
    const char *out;
    size_t out_len;
    uint64_t sent_ns;
};

struct net {
    struct net_options options;
    struct net_socket *sockets;
    unsigned *queue; /* connections with something to send in this turn */
    unsigned queued;
    uint64_t arrived_ns;
    bool uring_used;
    struct io_uring ring;
    struct io_uring_buf_ring *buffers;
    char *buffer_space;
    unsigned buffer_count;
    size_t buffer_bytes;
    int epoll_fd;
    char *epoll_buffer;
};

static _Noreturn void die(const char *what, int error) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(error));
    exit(2);
}

static int socket_open(const struct net_options *o, const struct addrinfo *to) {
    int one = 1, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket", errno);
    if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        fprintf(stderr, "load: connect to %s:%u: %s\n", o->host, o->port, strerror(errno));
        exit(2);
    }
    /* A reset instead of an orderly end: thousands of connections leave no TIME_WAIT behind. */
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void sockets_open(struct net *net) {
    const struct net_options *o = &net->options;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *to;
    char port[8];
    snprintf(port, sizeof port, "%u", o->port);
    int e = getaddrinfo(o->host, port, &hints, &to);
    if (e) {
        fprintf(stderr, "load: %s: %s\n", o->host, gai_strerror(e));
        exit(2);
    }
    for (unsigned i = 0; i < o->connections; i++)
        net->sockets[i].fd = socket_open(o, to);
    freeaddrinfo(to);
}

/* ---- io_uring ---- */

static struct io_uring_sqe *uring_sqe(struct net *net) {
    struct io_uring_sqe *sqe;
    while (!(sqe = io_uring_get_sqe(&net->ring))) {
        int e = io_uring_submit(&net->ring);
        if (e < 0) die("io_uring submit", -e);
    }
    return sqe;
}

static void uring_receive(struct net *net, unsigned conn) {
    struct io_uring_sqe *sqe = uring_sqe(net);
    io_uring_prep_recv_multishot(sqe, (int)conn, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT | IOSQE_FIXED_FILE;
    sqe->buf_group = BUFFER_GROUP;
    io_uring_sqe_set_data64(sqe, (uint64_t)conn << 1 | TAG_RECEIVE);
}

static void uring_buffer_return(struct net *net, unsigned id) {
    io_uring_buf_ring_add(net->buffers, net->buffer_space + id * net->buffer_bytes,
                          (unsigned)net->buffer_bytes, (unsigned short)id,
                          io_uring_buf_ring_mask(net->buffer_count), 0);
    io_uring_buf_ring_advance(net->buffers, 1);
}

/* Buffers: a turn's replies of all connections should fit, in as little memory as does (it is all
 * written and read again, so it competes for the cache). */
static int uring_buffers(struct net *net) {
    size_t want = net->options.reply_bytes;
    net->buffer_bytes = 1024;
    while (net->buffer_bytes < want && net->buffer_bytes < 16384)
        net->buffer_bytes *= 2;
    net->buffer_count = 64;
    size_t per_conn = (want + net->buffer_bytes - 1) / net->buffer_bytes;
    while (net->buffer_count < net->options.connections * per_conn && net->buffer_count < 4096)
        net->buffer_count *= 2;
    net->buffer_space = malloc(net->buffer_count * net->buffer_bytes);
    size_t ring_bytes = net->buffer_count * sizeof(struct io_uring_buf);
    void *ring = NULL;
    if (!net->buffer_space || posix_memalign(&ring, 4096, ring_bytes) != 0) die("buffers", ENOMEM);
    net->buffers = ring;
    io_uring_buf_ring_init(net->buffers);
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)ring, .ring_entries = net->buffer_count, .bgid = BUFFER_GROUP};
    int e = io_uring_register_buf_ring(&net->ring, &reg, 0);
    if (e < 0) return e;
    for (unsigned i = 0; i < net->buffer_count; i++)
        uring_buffer_return(net, i);
    return 0;
}

/* Sets the ring up; a negative errno when this machine refuses it. */
static int uring_open(struct net *net) {
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = URING_ENTRIES * 4,
    };
    int e = io_uring_queue_init_params(URING_ENTRIES, &net->ring, &p);
    if (e < 0) return e;
    unsigned n = net->options.connections;
    int *fds = calloc(n, sizeof *fds);
    if (!fds) die("files", ENOMEM);
    for (unsigned i = 0; i < n; i++)
        fds[i] = net->sockets[i].fd;
    e = io_uring_register_files(&net->ring, fds, n);
    free(fds);
    if (e == 0) e = uring_buffers(net);
    if (e < 0) {
        io_uring_queue_exit(&net->ring);
        return e;
    }
    for (unsigned i = 0; i < n; i++)
        uring_receive(net, i);
    return 0;
}

static void uring_flush(struct net *net) {
    for (unsigned i = 0; i < net->queued; i++) {
        unsigned conn = net->queue[i];
        struct net_socket *s = &net->sockets[conn];
        struct io_uring_sqe *sqe = uring_sqe(net);
        /* MSG_WAITALL makes the kernel finish a short send; only a failure completes visibly. */
        io_uring_prep_send(sqe, (int)conn, s->out, s->out_len, MSG_NOSIGNAL | MSG_WAITALL);
        sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
        io_uring_sqe_set_data64(sqe, (uint64_t)conn << 1 | TAG_SEND);
    }
}

static void receive_end(struct net *net, unsigned conn, int error) {
    if (net->sockets[conn].closed) return;
    net->sockets[conn].closed = true;
    net->options.receive(net->options.context, conn, NULL, 0, error);
}

static void uring_complete(struct net *net, const struct io_uring_cqe *cqe) {
    unsigned conn = (unsigned)(cqe->user_data >> 1);
    if ((cqe->user_data & 1) == TAG_SEND) {
        receive_end(net, conn, cqe->res < 0 ? -cqe->res : EIO);
        return;
    }
    if (cqe->res > 0) {
        unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        const char *bytes = net->buffer_space + id * net->buffer_bytes;
        net->options.receive(net->options.context, conn, bytes, (size_t)cqe->res, 0);
        uring_buffer_return(net, id);
    } else if (cqe->res != -ENOBUFS) {
        receive_end(net, conn, -cqe->res);
        return;
    }
    if (!(cqe->flags & IORING_CQE_F_MORE)) uring_receive(net, conn);
}

static void uring_turn(struct net *net, bool hasty) {
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;
    uring_flush(net);
    net->queued = 0;
    struct __kernel_timespec ms = {.tv_nsec = 1000000};
    int e = hasty ? io_uring_submit(&net->ring) : io_uring_submit_and_wait(&net->ring, 1);
    if (hasty && e >= 0) e = io_uring_wait_cqe_timeout(&net->ring, &cqe, &ms);
    if (e < 0 && e != -EINTR && e != -ETIME) die("io_uring wait", -e);
    net->arrived_ns = stat_now_ns();
    io_uring_for_each_cqe(&net->ring, head, cqe) {
        uring_complete(net, cqe);
        n++;
    }
    io_uring_cq_advance(&net->ring, n);
}

/* ---- epoll ---- */

static void epoll_watch(struct net *net, unsigned conn, uint32_t events, int op) {
    struct epoll_event ev = {.events = events, .data.u32 = conn};
    if (epoll_ctl(net->epoll_fd, op, net->sockets[conn].fd, &ev) != 0) die("epoll_ctl", errno);
}

static void epoll_open(struct net *net) {
    net->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    net->epoll_buffer = malloc(EPOLL_BUFFER);
    if (net->epoll_fd < 0 || !net->epoll_buffer) die("epoll", errno);
    for (unsigned i = 0; i < net->options.connections; i++)
        epoll_watch(net, i, EPOLLIN, EPOLL_CTL_ADD);
}

static void epoll_push(struct net *net, unsigned conn) {
    struct net_socket *s = &net->sockets[conn];
    ssize_t n = send(s->fd, s->out, s->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            receive_end(net, conn, errno);
            return;
        }
        n = 0;
    }
    s->out += n;
    s->out_len -= (size_t)n;
    if ((s->out_len > 0) != s->blocked) {
        s->blocked = s->out_len > 0;
        epoll_watch(net, conn, s->blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void epoll_pull(struct net *net, unsigned conn) {
    ssize_t n = recv(net->sockets[conn].fd, net->epoll_buffer, EPOLL_BUFFER, MSG_DONTWAIT);
    if (n > 0) {
        net->options.receive(net->options.context, conn, net->epoll_buffer, (size_t)n, 0);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        int error = n == 0 ? 0 : errno;
        epoll_ctl(net->epoll_fd, EPOLL_CTL_DEL, net->sockets[conn].fd, NULL);
        receive_end(net, conn, error);
    }
}

static void epoll_turn(struct net *net, bool hasty) {
    struct epoll_event events[EPOLL_EVENTS];
    for (unsigned i = 0; i < net->queued; i++)
        epoll_push(net, net->queue[i]);
    net->queued = 0;
    int n = epoll_wait(net->epoll_fd, events, EPOLL_EVENTS, hasty ? 1 : -1);
    if (n < 0 && errno != EINTR) die("epoll_wait", errno);
    net->arrived_ns = stat_now_ns();
    for (int i = 0; i < n; i++) {
        unsigned conn = events[i].data.u32;
        if (events[i].events & EPOLLOUT) epoll_push(net, conn);
        if (events[i].events & ~(uint32_t)EPOLLOUT && !net->sockets[conn].closed) epoll_pull(net, conn);
    }
}

/* ---- both ---- */

void net_open(struct net **out, const struct net_options *options) {
    struct net *net = calloc(1, sizeof *net);
    if (!net) die("connections", ENOMEM);
    net->options = *options;
    net->epoll_fd = -1;
    net->sockets = calloc(options->connections, sizeof *net->sockets);
    net->queue = calloc(options->connections, sizeof *net->queue);
    if (!net->sockets || !net->queue) die("connections", ENOMEM);
    sockets_open(net);
    if (options->engine != NET_EPOLL) {
        int e = uring_open(net);
        if (e == 0)
            net->uring_used = true;
        else if (options->engine == NET_URING)
            die("io_uring", -e);
    }
    if (!net->uring_used) epoll_open(net);
    *out = net;
}

void net_close(struct net **netp) {
    struct net *net = *netp;
    *netp = NULL;
    if (net->uring_used) {
        io_uring_queue_exit(&net->ring);
        free(net->buffers);
        free(net->buffer_space);
    } else {
        close(net->epoll_fd);
        free(net->epoll_buffer);
    }
    for (unsigned i = 0; i < net->options.connections; i++)
        close(net->sockets[i].fd);
    free(net->sockets);
    free(net->queue);
    free(net);
}

void net_send(struct net *net, unsigned conn, const char *bytes, size_t n) {
    struct net_socket *s = &net->sockets[conn];
    if (s->closed) return;
    s->out = bytes;
    s->out_len = n;
    net->queue[net->queued++] = conn;
}

void net_turn(struct net *net, bool hasty) {
    uint64_t now = stat_now_ns();
    for (unsigned i = 0; i < net->queued; i++)
        net->sockets[net->queue[i]].sent_ns = now;
    if (net->uring_used)
        uring_turn(net, hasty);
    else
        epoll_turn(net, hasty);
}

uint64_t net_arrived_ns(const struct net *net) {
    return net->arrived_ns;
}
uint64_t net_sent_ns(const struct net *net, unsigned conn) {
    return net->sockets[conn].sent_ns;
}
const char *net_engine_name(const struct net *net) {
    return net->uring_used ? "io_uring" : "epoll";
}
