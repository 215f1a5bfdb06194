/* The io_uring engine.
 *
 *      sends, receives to arm, closes ──► SQ ──┐
 *                                              ├── one io_uring_enter per turn: submit, run task work, wait
 *      deliver ◄── CQ ◄────────────────────────┘
 *
 * Receives are multishot, into a ring of provided buffers; where the kernel can (6.12), buffers are consumed
 * piece by piece, so that a 40-byte request takes 40 bytes of a buffer and not all of it.
 *
 * Sends are tried within the call that submits them (MSG_DONTWAIT). Lazy ones report only failure
 * (CQE_SKIP_SUCCESS): what has no completion when the call returns is sent in full. That saves a completion
 * per send, and above all it keeps the wait honest: the call sleeps until something arrives, not until its
 * own sends are reported. A send that finds the socket full comes back with what it could do, and its rest
 * goes again without MSG_DONTWAIT, waiting in the kernel until the socket drains.
 *
 *      submitted ──┬── no CQE ───────────────► over, all sent
 *                  └── CQE: n bytes, or EAGAIN ► rest with E_SEND_WAIT ── CQE ──► over
 *
 * The user data of an operation is the address of its object with the kind in the low three bits; an object
 * stays in place until its last completion, which the state bits count.
 *
 * liburing 2.3 sets the rings up; the call itself is made here, because that version waits twice when a
 * timeout comes together with a submission, and newer flags are named here. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PBUF_RING_INC       2 /* 6.12: buffers are consumed incrementally */
#define SQ_ENTRIES          1024
#define CQ_ENTRIES          8192
#define BUF_GROUP           0
#define PLAIN_BUF_BYTES     (8 * 1024) /* without incremental buffers each receive takes a whole one */
#define PLAIN_BUFS_MIN      64
#define INTO_RECV_BYTES_MAX (1 << 20)
#define INLINE_WRITE_BYTES  (16 * 1024) /* what a file system that takes writes at once may copy in a turn */

/* Kinds fill the low bits of an address. */
#define KIND_MASK 7
enum kind { KIND_NONE, KIND_RECV, KIND_SEND, KIND_CONNECT, KIND_ACCEPT, KIND_SOURCE, KIND_PROBE, KIND_FILE };
_Static_assert(KIND_FILE <= KIND_MASK, "a kind fits into the low bits of an address");

/* Memory that operations point to until they are submitted. */
struct scratch {
    struct scratch *next;
    _Alignas(16) char bytes[];
};

struct uring {
    struct io_uring ring;
    struct io_uring_buf_ring *bufs_ring;
    size_t bufs_ring_bytes;
    unsigned bufs_mask;
    uint16_t bufs_tail;
    bool incremental;
    bool unsubmitted; /* the last call did not take all */
    struct scratch *scratch;
    struct link submitted; /* sends whose fate the completions at hand decide */
    int probe_res;
    uint32_t probe_flags;
    bool probe_seen;
    unsigned file_ops; /* steps of file operations under way */
};

static struct uring *uring_of(struct io *io) {
    return io->engine;
}

/* --- submitting --- */

static unsigned flush(struct uring *u) {
    struct io_uring_sq *sq = &u->ring.sq;
    /* Slots of the submission array name the entries of the same number, from the set-up on. */
    sq->sqe_head = sq->sqe_tail;
    __atomic_store_n(sq->ktail, sq->sqe_tail, __ATOMIC_RELEASE);
    return sq->sqe_tail - __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE);
}

static int enter(struct io *io, unsigned submit, unsigned wait_count, unsigned flags, int64_t timeout_us) {
    struct uring *u = uring_of(io);
    struct __kernel_timespec ts = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
    struct io_uring_getevents_arg arg = {.ts = wait_count && timeout_us > 0 ? (uintptr_t)&ts : 0};
    io->stats.waits++;
    if (u->ring.int_flags & 1) flags |= IORING_ENTER_REGISTERED_RING;
    return io_uring_enter2((unsigned)u->ring.enter_ring_fd, submit, wait_count, flags | IORING_ENTER_EXT_ARG,
                           (sigset_t *)&arg, sizeof arg);
}

static void scratch_free(struct uring *u) {
    while (u->scratch) {
        struct scratch *next = u->scratch->next;
        mem_free(u->scratch);
        u->scratch = next;
    }
}

static void *scratch_take(struct uring *u, size_t size) {
    struct scratch *s = mem_alloc(sizeof *s + size);
    s->next = u->scratch;
    u->scratch = s;
    return s->bytes;
}

static struct io_uring_sqe *sqe_take(struct io *io, uint8_t op, int fd, const void *object, enum kind kind) {
    struct uring *u = uring_of(io);
    struct io_uring_sq *sq = &u->ring.sq;
    while (unlikely(sq->sqe_tail - __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE) >= *sq->kring_entries)) {
        int n = enter(io, flush(u), 0, 0, 0);
        if (n < 0 && n != -EINTR && n != -EAGAIN && n != -EBUSY) panic("io_uring_enter: %s", strerror(-n));
        /* A full completion ring stops submission until its overflow is taken over. */
        if (n == -EBUSY || n == -EAGAIN) enter(io, 0, 0, IORING_ENTER_GETEVENTS, 0);
    }
    struct io_uring_sqe *sqe = &sq->sqes[sq->sqe_tail++ & *sq->kring_mask];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = op;
    sqe->fd = fd;
    sqe->user_data = (uintptr_t)object | kind;
    return sqe;
}

static void cancel(struct io *io, const void *object, enum kind kind) {
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_ASYNC_CANCEL, -1, NULL, KIND_NONE);
    sqe->addr = (uintptr_t)object | kind;
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
}

/* --- buffers --- */

/* Lends buffers until `min` are with the kernel. */
static void lend_buffers(struct io *io) {
    struct uring *u = uring_of(io);
    if (likely(io->bufs.lent >= io->bufs.min)) return;
    while (io->bufs.lent < io->bufs.min) {
        int id = io_bufs_lend(&io->bufs);
        if (id < 0) break;
        struct io_uring_buf *buf = &u->bufs_ring->bufs[u->bufs_tail & u->bufs_mask];
        buf->addr = (uintptr_t)io->bufs.slots[id].base;
        buf->len = io->bufs.bytes;
        buf->bid = (uint16_t)id;
        u->bufs_tail++;
    }
    __atomic_store_n(&u->bufs_ring->tail, u->bufs_tail, __ATOMIC_RELEASE);
}

/* The bytes a completion brought; takes the buffer back from the kernel when it is used up. */
static struct io_buf take_bytes(struct io *io, const struct io_uring_cqe *cqe) {
    uint32_t id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    must(cqe->flags & IORING_CQE_F_BUFFER && id < io->bufs.max && io->bufs.slots[id].lent);
    struct io_buf buf = io_bufs_give(&io->bufs, id, (uint32_t)cqe->res);
    must(io->bufs.slots[id].used <= io->bufs.bytes);
    if (!uring_of(io)->incremental || io->bufs.slots[id].used == io->bufs.bytes)
        io_bufs_unlend(&io->bufs, id);
    return buf;
}

/* A completion without bytes: with whole buffers the end of a stream uses one up all the same; with
 * incremental ones the kernel goes on with it, whatever the flags say. */
static void drop_buffer(struct io *io, const struct io_uring_cqe *cqe) {
    if (!(cqe->flags & IORING_CQE_F_BUFFER) || uring_of(io)->incremental) return;
    io_bufs_unlend(&io->bufs, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
}

/* --- streams --- */

static void recv_start(struct io_stream *s) {
    struct io_uring_sqe *sqe = sqe_take(s->io, IORING_OP_RECV, s->fd, s, KIND_RECV);
    s->state |= E_RECV;
    if (unlikely(s->into)) {
        s->state |= E_RECV_INTO;
        sqe->addr = (uintptr_t)s->into;
        sqe->len = s->into_left < INTO_RECV_BYTES_MAX ? (uint32_t)s->into_left : INTO_RECV_BYTES_MAX;
        return;
    }
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUF_GROUP;
}

static void recv_stop(struct io_stream *s) {
    s->state |= E_RECV_CANCEL;
    cancel(s->io, s, KIND_RECV);
}

static void send_start(struct io_stream *s) {
    struct io *io = s->io;
    bool wait = s->state & E_SEND_WAIT;
    struct io_uring_sqe *sqe;
    if (likely(s->iov_count == 1)) {
        sqe = sqe_take(io, IORING_OP_SEND, s->fd, s, KIND_SEND);
        sqe->addr = (uintptr_t)s->iov->iov_base;
        size_t len = s->iov->iov_len;
        sqe->len = len < (1u << 30) ? (uint32_t)len : (1u << 30);
        /* More than the kernel takes in one go: it must tell how far it came. */
        if (unlikely(len > (1u << 30))) wait = true;
    } else {
        struct msghdr *msg = scratch_take(uring_of(io), sizeof *msg);
        *msg = (struct msghdr){.msg_iov = s->iov, .msg_iovlen = s->iov_count};
        size_t len = 0;
        for (uint32_t i = 0; i < s->iov_count; i++)
            len += s->iov[i].iov_len;
        if (unlikely(len > (1u << 30))) wait = true;
        sqe = sqe_take(io, IORING_OP_SENDMSG, s->fd, s, KIND_SEND);
        sqe->addr = (uintptr_t)msg;
        sqe->len = 1;
    }
    sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
    if (likely(!wait)) {
        sqe->msg_flags |= MSG_DONTWAIT;
        if (unlikely(!(s->state & S_LAZY))) return;
        sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
        list_append(&io->sends, &s->sends);
    } else {
        s->state |= E_SEND_WAIT;
    }
}

static void stream_open(struct io_stream *s) {}

static void connect_start(struct io_stream *s, const struct io_addr *addr, const struct io_addr *from) {
    int error = 0;
    s->fd = io_socket_connecting(addr, from, &error);
    if (s->fd < 0) {
        s->iov_count = (uint32_t)error;
        return;
    }
    struct io_addr *copy = scratch_take(uring_of(s->io), sizeof *copy);
    *copy = *addr;
    struct io_uring_sqe *sqe = sqe_take(s->io, IORING_OP_CONNECT, s->fd, s, KIND_CONNECT);
    sqe->addr = (uintptr_t)&copy->sa;
    sqe->off = copy->len;
    s->state |= E_CONNECT;
}

static void close_start(struct io_stream *s) {
    if ((s->state & (E_RECV | E_RECV_CANCEL)) == E_RECV) recv_stop(s);
    if (s->state & E_SEND_WAIT) cancel(s->io, s, KIND_SEND);
    if (s->state & E_CONNECT) cancel(s->io, s, KIND_CONNECT);
}

static void close_fd(struct io *io, int fd) {
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_CLOSE, fd, NULL, KIND_NONE);
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
}

static void close_end(struct io_stream *s) {
    close_fd(s->io, s->fd);
}
static void shut_down(struct io_stream *s) {
    (void)shutdown(s->fd, SHUT_WR);
}

/* --- listeners --- */

static void accept_start(struct io_listener *l) {
    struct io_uring_sqe *sqe = sqe_take(l->io, IORING_OP_ACCEPT, l->fd, l, KIND_ACCEPT);
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->accept_flags = SOCK_CLOEXEC;
    l->state |= L_ARMED;
}

/* The shutdown frees the port at once: another listener may want it before the cancelled accept is back. */
static void listener_close(struct io_listener *l) {
    if (!l->left) (void)shutdown(l->fd, SHUT_RDWR);
    if (l->state & L_ARMED)
        cancel(l->io, l, KIND_ACCEPT);
    else
        io_listener_quiet(l);
}

static void source_start(struct io *io, struct io_source *source) {
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_READ, source->fd, source, KIND_SOURCE);
    sqe->addr = (uintptr_t)source->bytes;
    sqe->len = source->room;
    sqe->off = UINT64_MAX;
    source->armed = true;
}

/* --- files --- */

/* Some file systems (XFS, btrfs) take small writes within the submitting call and without waiting; ext4 and
 * all syncs go to the kernel's own threads. A big write goes there at once: copying it would be a long turn.
 */
static void file_write(struct io *io, struct io_file_op *op) {
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_WRITEV, op->fd, op, KIND_FILE);
    size_t len = 0;
    unsigned count = io_file_parts_now(op);
    for (unsigned i = 0; i < count && len <= INLINE_WRITE_BYTES; i++)
        len += op->parts[i].iov_len;
    sqe->addr = (uintptr_t)op->parts;
    sqe->len = count;
    sqe->off = (uint64_t)op->offset + op->written;
    if (len > INLINE_WRITE_BYTES) sqe->flags = IOSQE_ASYNC;
    uring_of(io)->file_ops++;
}

static void file_sync(struct io *io, struct io_file_op *op) {
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_FSYNC, op->fd, op, KIND_FILE);
    sqe->fsync_flags = IORING_FSYNC_DATASYNC;
    uring_of(io)->file_ops++;
}

static void on_file(struct io *io, struct io_file_op *op, int res) {
    uring_of(io)->file_ops--;
    io_file_stepped(op, res);
}

/* --- completions --- */

static void on_recv(struct io *io, struct io_stream *s, const struct io_uring_cqe *cqe) {
    must(s->magic == IO_STREAM_MAGIC);
    bool into = s->state & E_RECV_INTO;
    bool ended = !(cqe->flags & IORING_CQE_F_MORE);
    if (ended) s->state &= ~(E_RECV | E_RECV_INTO | E_RECV_CANCEL);
    if (likely(cqe->res > 0)) {
        if (unlikely(into))
            io_stream_got_into(s, (size_t)cqe->res);
        else
            io_stream_got(s, take_bytes(io, cqe));
    } else {
        drop_buffer(io, cqe);
        switch (-cqe->res) {
        case 0: io_stream_ended(s, 0); break;
        case ENOBUFS:
            if (ended && !(s->state & S_CLOSING)) {
                io_stream_starve(s);
                return;
            }
            break;
        case ECANCELED:
        case EINTR:
        case EAGAIN: break;
        default: io_stream_ended(s, -cqe->res);
        }
    }
    if (unlikely(ended)) io_stream_recv_idle(s);
}

static void on_send(struct io *io, struct io_stream *s, int res) {
    must(s->magic == IO_STREAM_MAGIC && s->state & S_SENDING);
    list_remove(&s->sends);
    bool waited = s->state & E_SEND_WAIT;
    if (res >= 0) {
        if (io_stream_sent_some(s, (size_t)res)) {
            io_stream_send_over(s, 0);
            return;
        }
    } else if (!(res == -EAGAIN || res == -EINTR || (res == -ECANCELED && !(s->state & S_CLOSING)))) {
        io_stream_send_over(s, -res);
        return;
    }
    if (s->state & S_CLOSING) {
        io_stream_send_over(s, ECANCELED);
        return;
    }
    if (!waited) io->stats.send_blocked++;
    s->state |= E_SEND_WAIT;
    send_start(s);
}

/* What was submitted and has reported nothing is sent in full. */
static void judge_sends(struct uring *u) {
    while (!list_empty(&u->submitted)) {
        struct io_stream *s = LIST_OWNER(u->submitted.next, struct io_stream, sends);
        size_t rest = 0;
        for (uint32_t i = 0; i < s->iov_count; i++)
            rest += s->iov[i].iov_len;
        s->sent_bytes += rest;
        io_stream_send_over(s, 0);
    }
}

static void on_accept(struct io *io, struct io_listener *l, const struct io_uring_cqe *cqe) {
    must(l->magic == IO_LISTENER_MAGIC);
    bool ended = !(cqe->flags & IORING_CQE_F_MORE);
    if (cqe->res >= 0) io_listener_got(l, cqe->res);
    if (ended) io_listener_failed(l, cqe->res < 0 ? -cqe->res : 0);
}

static void on_source(struct io *io, struct io_source *source, int res) {
    must(source->magic == IO_SOURCE_MAGIC);
    source->armed = false;
    if (res > 0) source->on_read(io, source, res);
    if (res != -ECANCELED) source_start(io, source);
}

static void complete(struct io *io, const struct io_uring_cqe *cqe) {
    void *object = (void *)(uintptr_t)(cqe->user_data & ~(uint64_t)KIND_MASK);
    switch ((enum kind)(cqe->user_data & KIND_MASK)) {
    case KIND_RECV: on_recv(io, object, cqe); break;
    case KIND_SEND: on_send(io, object, cqe->res); break;
    case KIND_CONNECT: io_stream_connected(object, cqe->res < 0 ? -cqe->res : 0); break;
    case KIND_ACCEPT: on_accept(io, object, cqe); break;
    case KIND_SOURCE: on_source(io, object, cqe->res); break;
    case KIND_PROBE:
        uring_of(io)->probe_res = cqe->res;
        uring_of(io)->probe_flags = cqe->flags;
        uring_of(io)->probe_seen = true;
        break;
    case KIND_FILE: on_file(io, object, cqe->res); break;
    case KIND_NONE: break; /* a cancel that came too late, a close of what was closed */
    }
}

static void deliver(struct io *io) {
    struct uring *u = uring_of(io);
    struct io_uring_cq *cq = &u->ring.cq;
    unsigned mask = *cq->kring_mask;
    for (;;) {
        unsigned head = *cq->khead, tail = __atomic_load_n(cq->ktail, __ATOMIC_ACQUIRE);
        while (head != tail) {
            /* A copy, and the slot given back at once: callbacks may submit, and so complete, more. */
            struct io_uring_cqe cqe = cq->cqes[head++ & mask];
            __atomic_store_n(cq->khead, head, __ATOMIC_RELEASE);
            complete(io, &cqe);
        }
        if (likely(!(__atomic_load_n(u->ring.sq.kflags, __ATOMIC_RELAXED) & IORING_SQ_CQ_OVERFLOW))) break;
        enter(io, 0, 0, IORING_ENTER_GETEVENTS, 0);
    }
    judge_sends(u);
}

static void wait(struct io *io, int64_t timeout_us) {
    struct uring *u = uring_of(io);
    if (unlikely(u->unsubmitted)) timeout_us = 0;
    lend_buffers(io);
    int n = enter(io, flush(u), timeout_us != 0, IORING_ENTER_GETEVENTS, timeout_us);
    if (n < 0 && n != -ETIME && n != -EINTR && n != -EAGAIN && n != -EBUSY)
        panic("io_uring_enter: %s", strerror(-n));
    struct io_uring_sq *sq = &u->ring.sq;
    u->unsubmitted = __atomic_load_n(sq->khead, __ATOMIC_ACQUIRE) != *sq->ktail;
    if (unlikely(u->unsubmitted)) return;
    scratch_free(u);
    if (!list_empty(&io->sends)) {
        must(list_empty(&u->submitted));
        list_insert_after(&io->sends, &u->submitted);
        list_remove(&io->sends);
    }
}

static void file_drain(struct io *io) {
    struct uring *u = uring_of(io);
    while (u->file_ops) {
        wait(io, -1);
        deliver(io);
    }
}

/* --- setting up --- */

static bool setup_ring(struct uring *u, bool old_kernel, char *error) {
    unsigned base = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL;
    const unsigned flags[] = {base | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                              base | IORING_SETUP_COOP_TASKRUN, base};
    int outcome = 0;
    for (size_t i = old_kernel; i < sizeof flags / sizeof *flags; i++) {
        struct io_uring_params params = {.flags = flags[i], .cq_entries = CQ_ENTRIES};
        outcome = io_uring_queue_init_params(SQ_ENTRIES, &u->ring, &params);
        if (outcome == 0) return true;
        if (outcome != -EINVAL) break;
    }
    snprintf(error, 160, "io_uring_setup: %s", strerror(-outcome));
    return false;
}

static bool setup_buffers(struct io *io, bool incremental, char *error) {
    struct uring *u = uring_of(io);
    uint32_t bytes = io->config.recv_buf_bytes, min = io->config.recv_bufs_min,
             max = io->config.recv_bufs_max;
    if (!incremental) {
        /* The same memory in smaller pieces. */
        uint32_t pieces = bytes > PLAIN_BUF_BYTES ? bytes / PLAIN_BUF_BYTES : 1;
        bytes /= pieces;
        max *= pieces;
        min = min * pieces > PLAIN_BUFS_MIN ? min * pieces : PLAIN_BUFS_MIN;
    }
    unsigned entries = 1;
    while (entries < max && entries < 32768)
        entries *= 2;
    if (max > entries) max = entries;
    if (min > max) min = max;
    u->bufs_ring_bytes = (entries * sizeof(struct io_uring_buf) + 4095) & ~(size_t)4095;
    u->bufs_ring = mem_map(u->bufs_ring_bytes);
    u->bufs_mask = entries - 1;
    u->bufs_tail = 0;
    struct io_uring_buf_reg reg = {.ring_addr = (uintptr_t)u->bufs_ring,
                                   .ring_entries = entries,
                                   .bgid = BUF_GROUP,
                                   .pad = incremental ? PBUF_RING_INC : 0};
    int outcome = io_uring_register_buf_ring(&u->ring, &reg, 0);
    if (outcome < 0) {
        mem_unmap(u->bufs_ring, u->bufs_ring_bytes);
        u->bufs_ring = NULL;
        snprintf(error, 160, "registering receive buffers: %s", strerror(-outcome));
        return false;
    }
    u->incremental = incremental;
    io_bufs_init(&io->bufs, bytes, min, max);
    lend_buffers(io);
    return true;
}

/* Waits for the completion of a probing operation. */
static bool probe_wait(struct io *io) {
    struct uring *u = uring_of(io);
    u->probe_seen = false;
    for (int tries = 0; tries < 3 && !u->probe_seen; tries++) {
        enter(io, flush(u), 1, IORING_ENTER_GETEVENTS, 1000000);
        deliver(io);
    }
    return u->probe_seen;
}

/* Receives twice by one multishot operation, and sends by one that reports only failure. */
static bool probe(struct io *io, char *error) {
    struct uring *u = uring_of(io);
    int pair[2];
    bool works = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        snprintf(error, 160, "socketpair: %s", strerror(errno));
        return false;
    }
    struct io_uring_sqe *sqe = sqe_take(io, IORING_OP_RECV, pair[0], NULL, KIND_PROBE);
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->flags = IOSQE_BUFFER_SELECT;
    sqe->buf_group = BUF_GROUP;
    const char *const pieces[] = {"torc", "ring"};
    const char *step = "no completion";
    for (int i = 0; i < 2; i++) {
        sqe = sqe_take(io, IORING_OP_SEND, pair[1], NULL, KIND_NONE);
        sqe->addr = (uintptr_t)pieces[i];
        sqe->len = 4;
        sqe->msg_flags = MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT;
        sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
        if (!probe_wait(io)) goto out;
        step = u->probe_res < 0 ? strerror(-u->probe_res) : "not what was sent";
        if (u->probe_res != 4 || !(u->probe_flags & IORING_CQE_F_MORE)) goto out;
        struct io_uring_cqe cqe = {.res = u->probe_res, .flags = u->probe_flags};
        struct io_buf buf = take_bytes(io, &cqe);
        bool same = memcmp(buf.bytes, pieces[i], 4) == 0;
        io_buf_return(io, buf);
        if (!same) goto out;
    }
    works = true;
out:
    close(pair[1]);
    /* Its end takes the receive with it. */
    for (int tries = 0; tries < 3 && (!u->probe_seen || u->probe_flags & IORING_CQE_F_MORE); tries++) {
        if (!probe_wait(io)) break;
    }
    if (works && u->probe_seen) {
        struct io_uring_cqe cqe = {.res = u->probe_res, .flags = u->probe_flags};
        drop_buffer(io, &cqe);
    }
    close(pair[0]);
    if (!works) snprintf(error, 160, "multishot receive: %s", step);
    return works;
}

static void deinit(struct io *io) {
    struct uring *u = uring_of(io);
    if (u->ring.ring_fd >= 0) {
        enter(io, flush(u), 0, IORING_ENTER_GETEVENTS, 0); /* the last closes */
        io_uring_queue_exit(&u->ring);
    }
    scratch_free(u);
    if (u->bufs_ring) mem_unmap(u->bufs_ring, u->bufs_ring_bytes);
    if (io->bufs.slots) io_bufs_deinit(&io->bufs);
    mem_free_sized(u, sizeof *u);
    io->engine = NULL;
}

static bool init_with(struct io *io, bool incremental, char *error) {
    struct uring *u = mem_zalloc(sizeof *u);
    io->engine = u;
    u->ring.ring_fd = -1;
    list_init(&u->submitted);
    if (!setup_ring(u, io->config.old_kernel, error)) {
        u->ring.ring_fd = -1;
        goto fail;
    }
    /* Saves looking the descriptor up with every call; where it does not work, nothing is lost. */
    (void)io_uring_register_ring_fd(&u->ring);
    if (!(u->ring.features & IORING_FEAT_EXT_ARG) || !(u->ring.features & IORING_FEAT_CQE_SKIP)) {
        snprintf(error, 160, "the kernel's io_uring is too old");
        goto fail;
    }
    if (!setup_buffers(io, incremental, error) || !probe(io, error)) goto fail;
    snprintf(io->reason, sizeof io->reason, "io_uring works here:%s%s%s",
             u->ring.flags & IORING_SETUP_DEFER_TASKRUN ? " deferred task work," : "",
             incremental ? " incremental buffers," : " whole buffers,", " multishot");
    return true;
fail:
    deinit(io);
    return false;
}

static bool init(struct io *io, char *error) {
    return (!io->config.old_kernel && init_with(io, true, error)) || init_with(io, false, error);
}

const struct io_engine_ops io_uring_engine = {
    .id = IO_ENGINE_URING,
    .name = "io_uring",
    .init = init,
    .deinit = deinit,
    .wait = wait,
    .deliver = deliver,
    .clocks = io_clocks_real,
    .recv_start = recv_start,
    .recv_stop = recv_stop,
    .send_start = send_start,
    .stream_open = stream_open,
    .connect_start = connect_start,
    .close_start = close_start,
    .close_end = close_end,
    .shutdown = shut_down,
    .listen = io_socket_listen,
    .accept_start = accept_start,
    .listener_close = listener_close,
    .socket_refuse = io_socket_refuse_now,
    .socket_name = io_socket_name,
    .source_start = source_start,
    .job_submit = io_threads_submit,
    .file_write = file_write,
    .file_sync = file_sync,
    .file_drain = file_drain,
    .disk = &io_disk_real,
    .wake = io_wake_eventfd,
};
