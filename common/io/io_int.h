/* What the parts of this folder share: the loop, the engine's functions, the delivering side. For engines and
 * their tests only.
 *
 *      io.c       the turn, timers, wake-ups          io_stream.c   streams and listeners, the same for all
 * engines io_buf.c   receive buffers                     io_addr.c     addresses io_job.c   helper threads
 * io_file.c     files io_uring.c, io_epoll.c, sim.c                  the engines */
#ifndef TORC_IO_INT_H
#define TORC_IO_INT_H

#include "common/base/list.h"
#include "common/io/io.h"
#include "common/io/io_file.h"
#include "common/io/io_job.h"
#include "common/io/io_stream.h"
#include <pthread.h>
#include <signal.h>

#define IO_STREAM_MAGIC   0x57e4a001u
#define IO_LISTENER_MAGIC 0x57e4a002u
#define IO_TIMER_MAGIC    0x57e4a003u
#define IO_WAKER_MAGIC    0x57e4a004u
#define IO_JOB_MAGIC      0x57e4a005u
#define IO_FILE_OP_MAGIC  0x57e4a006u
#define IO_SOURCE_MAGIC   0x57e4a007u
#define IO_DEAD_MAGIC     0xdeadd00du

#define IO_TIMER_IDLE UINT32_MAX

/* io_stream.state. The first group belongs to io_stream.c, the second to the engine. */
enum {
    S_CONNECTING = 1 << 0, /* on_connected has not come yet */
    S_PAUSED = 1 << 1,
    S_EOF = 1 << 2,     /* nothing more is received: FIN or error */
    S_SENDING = 1 << 3, /* a send is under way: iov, until on_sent */
    S_CLOSING = 1 << 4,
    S_YIELDED = 1 << 5, /* took its share: no receive until the next turn */
    S_BROKEN = 1 << 6,  /* the connection did not come up */
    S_LIMBO = 1 << 7,   /* closing and quiet: on_closed is due */
    S_LAZY = 1 << 15,   /* nobody is in a hurry for the on_sent of the send under way */

    E_RECV = 1 << 8,         /* a receive is with the engine */
    E_RECV_INTO = 1 << 9,    /* and it is one into the user's bytes */
    E_RECV_CANCEL = 1 << 10, /* and it was asked to end */
    E_SEND_WAIT = 1 << 11,   /* the socket was full: the rest of the send waits in the engine */
    E_READABLE = 1 << 12,    /* epoll: bytes may be there without a further event */
    E_HANGUP = 1 << 13,      /* epoll: the peer's FIN is seen, though perhaps not read */
    E_CONNECT = 1 << 14,
};

/* io_listener.state */
enum { L_OPEN = 1 << 0, L_ARMED = 1 << 1, L_CLOSING = 1 << 2, L_BACKOFF = 1 << 3 };

/* A descriptor that the loop reads for itself: wake-ups, signals. */
struct io_source {
    uint32_t magic;
    int fd;
    bool armed;
    uint32_t room;
    void *bytes; /* room for one read; borrowed */
    void (*on_read)(struct io *io, struct io_source *source, ssize_t len);
};

struct io_engine_ops {
    enum io_engine id;
    const char *name;
    /* Sets io->engine_state up; false with a reason in `error` (160 bytes). */
    bool (*init)(struct io *io, char *error);
    void (*deinit)(struct io *io);
    /* Submits, waits up to timeout_us (negative: forever), returns; deliver then hands out what came. */
    void (*wait)(struct io *io, int64_t timeout_us);
    void (*deliver)(struct io *io);
    void (*clocks)(struct io *io);

    /* A receive for a stream that has none and wants one. */
    void (*recv_start)(struct io_stream *s);
    /* Asks the receive under way to end; later, or at once, E_RECV goes. */
    void (*recv_stop)(struct io_stream *s);
    void (*send_start)(struct io_stream *s); /* s->iov is set */
    void (*stream_open)(struct io_stream *s);
    void (*connect_start)(struct io_stream *s, const struct io_addr *addr, const struct io_addr *from);
    /* Begins to end all operations of a stream that closes. */
    void (*close_start)(struct io_stream *s);
    /* No operation is left: release the descriptor. */
    void (*close_end)(struct io_stream *s);
    void (*shutdown)(struct io_stream *s);

    int (*listen)(struct io_listener *l, const struct io_listen_options *options);
    void (*accept_start)(struct io_listener *l);
    void (*listener_close)(struct io_listener *l); /* L_ARMED goes, then io_listener_quiet */
    void (*socket_refuse)(struct io *io, int socket, const char *text, size_t len);
    bool (*socket_name)(struct io *io, int socket, bool peer, struct io_addr *out);

    void (*source_start)(struct io *io, struct io_source *source);
    void (*job_submit)(struct io *io, struct io_job *job);
    /* One step of a file operation, which ends in io_file_stepped; both NULL: helpers do them. */
    void (*file_write)(struct io *io, struct io_file_op *op); /* io_file_parts_now of its parts */
    void (*file_sync)(struct io *io, struct io_file_op *op);
    /* Waits for the last of them, which io_destroy may not leave behind. */
    void (*file_drain)(struct io *io);
    const struct io_disk_ops *disk;
    void (*wake)(struct io *io); /* any thread */
};

struct io_disk_ops {
    int (*open)(struct io *io, const char *path, int flags, mode_t mode);
    int (*close)(struct io *io, int fd);
    ssize_t (*read)(struct io *io, int fd, void *out, size_t len, int64_t offset);
    ssize_t (*write)(struct io *io, int fd, const void *bytes, size_t len, int64_t offset);
    /* May be short. */
    ssize_t (*write_parts)(struct io *io, int fd, const struct iovec *parts, unsigned count, int64_t offset);
    int (*sync)(struct io *io, int fd, bool data_only);
    int (*truncate)(struct io *io, int fd, int64_t size);
    int64_t (*size)(struct io *io, int fd);
    int (*rename)(struct io *io, const char *from, const char *to);
    int (*unlink)(struct io *io, const char *path);
    int (*mkdir)(struct io *io, const char *path, mode_t mode);
    int (*sync_dir)(struct io *io, const char *path);
    bool (*exists)(struct io *io, const char *path);
    int (*list)(struct io *io, const char *path, void (*each)(void *owner, const char *name), void *owner);
};

/* --- receive buffers --- */

struct io_buf_slot {
    char *base;    /* NULL: no memory behind this id now */
    uint32_t used; /* bytes given out since it was last empty */
    uint32_t refs; /* one per io_buf out, one while `lent` */
    bool lent;     /* the engine may still put bytes into it */
};

struct io_bufs {
    uint32_t bytes;    /* of each */
    uint32_t min, max; /* `min` grows when it was too few, and relaxes again */
    uint32_t min_at_rest, grown_turn;
    uint32_t count; /* slots with memory */
    uint32_t lent;
    uint32_t free_count, spare_count;
    bool poison;     /* sim: overwrite what is given back */
    uint16_t *free;  /* ids with memory and nobody's: a stack, the warmest on top */
    uint16_t *spare; /* ids without memory */
    struct io_buf_slot *slots;
};
void io_bufs_init(struct io_bufs *bufs, uint32_t bytes, uint32_t min, uint32_t max);
void io_bufs_deinit(struct io_bufs *bufs);
/* An empty buffer for the engine (its id), or -1: all are held. */
int io_bufs_lend(struct io_bufs *bufs);
/* The engine will put nothing more into it. */
void io_bufs_unlend(struct io_bufs *bufs, uint32_t id);
void io_bufs_release(struct io_bufs *bufs, uint32_t id);
/* A receive found no buffer in this turn: more of them from now on. */
void io_bufs_tighten(struct io_bufs *bufs, uint32_t turn);
/* Once per turn: after long without that, fewer again. */
static inline void io_bufs_relax(struct io_bufs *bufs, uint32_t turn) {
    if (__builtin_expect(bufs->min > bufs->min_at_rest, 0) && turn - bufs->grown_turn > 4096) {
        bufs->min--;
        bufs->grown_turn = turn;
    }
}

/* `len` bytes arrived at the end of what buffer `id` has: they are out now. */
static inline struct io_buf io_bufs_give(struct io_bufs *bufs, uint32_t id, uint32_t len) {
    struct io_buf_slot *slot = &bufs->slots[id];
    struct io_buf buf = {slot->base + slot->used, len, id};
    slot->used += len;
    slot->refs++;
    return buf;
}

/* --- the loop --- */

struct io_lane_state;

struct io_signal {
    void (*on_signal)(void *owner, int signo);
    void *owner;
};

struct io {
    const struct io_engine_ops *ops;
    void *engine; /* the engine's own */
    int64_t now_us, wall_us;
    uint32_t turn; /* number of this turn, wraps */
    int callbacks; /* in this turn */
    bool in_turn;
    struct io_bufs bufs;
    struct io_config config;
    struct io_stats stats;
    char reason[240];

    struct link arm;     /* streams that want a receive and have none */
    struct link yielded; /* streams that took their share of this turn */
    struct link starved; /* streams that found no buffer */
    struct link sends; /* epoll, sim: sends that are over; io_uring: sends submitted, judged after the call */
    uint32_t prompt_sends; /* epoll, sim: of `sends`, those that must not wait for another event */
    struct link quiet;     /* closing streams without operations: on_closed is due */
    struct link closed_listeners;

    struct io_timer **timers; /* 4-ary heap by due_us */
    uint32_t timer_count, timer_cap;

    struct io_waker *fired; /* atomic stack, pushed by any thread */
    int wake_fd, signal_fd;
    struct io_source wake_source, signal_source;
    uint64_t wake_bytes;
    char signal_bytes[128 * 4];
    struct io_signal signals[65];
    sigset_t signals_before;
    bool signals_watched;

    unsigned jobs_pending;
    struct io_lane_state *lanes; /* NULL until the first job */
    struct io_job *done_jobs;    /* atomic stack, pushed by helpers */
    struct io_waker done_waker;
};

extern const struct io_engine_ops io_uring_engine, io_epoll_engine, io_sim_engine;
extern const struct io_disk_ops io_disk_real;

/* --- delivering: called by engines from `deliver` (and from `wait` for what must come before it) --- */

/* Bytes came in a receive buffer, already counted as out (io_bufs_give). */
void io_stream_got(struct io_stream *s, struct io_buf buf);
/* Bytes came into s->into. */
void io_stream_got_into(struct io_stream *s, size_t len);
/* No more will come; error 0 is the FIN. */
void io_stream_ended(struct io_stream *s, int error);
/* `len` bytes of the send went; true when nothing is left. */
bool io_stream_sent_some(struct io_stream *s, size_t len);
/* The send is over: on_sent. */
void io_stream_send_over(struct io_stream *s, int error);
void io_stream_connected(struct io_stream *s, int error);
/* The receive is no longer with the engine: arms the next one where it is wanted, or ends the closing. */
void io_stream_recv_idle(struct io_stream *s);
/* A stream found no buffer. */
void io_stream_starve(struct io_stream *s);
/* To be asked whenever an operation ends: a closing stream without operations goes to its end. */
void io_stream_check_quiet(struct io_stream *s);
static inline bool io_stream_wants_recv(const struct io_stream *s) {
    return !(s->state & (S_CONNECTING | S_PAUSED | S_EOF | S_CLOSING | S_YIELDED | S_BROKEN | E_RECV));
}
void io_streams_before_wait(struct io *io); /* arms what wants a receive, wakes yielded and starved streams */
void io_streams_after(struct io *io);       /* last callbacks of closed streams and listeners */
bool io_streams_busy(const struct io *io);  /* something is due without waiting */

/* accept brought a socket, or failed with an errno (then the listener is not armed any more). */
void io_listener_got(struct io_listener *l, int socket);
void io_listener_failed(struct io_listener *l, int error);
void io_listener_quiet(struct io_listener *l);

void io_wakers_deliver(struct io *io);
void io_jobs_deliver(struct io *io);
void io_jobs_deinit(struct io *io);
void io_job_run(struct io_job *job);                   /* work, with its account entered */
void io_job_finish(struct io *io, struct io_job *job); /* merges the account, calls done */
void io_threads_submit(struct io *io, struct io_job *job);

/* The step under way ended with `res`: bytes or 0, or a negative errno. The next one begins, or on_done is
 * called. */
void io_file_stepped(struct io_file_op *op, int res);
/* `len` bytes of its parts are in the file. */
void io_file_wrote(struct io_file_op *op, size_t len);
/* How many of its parts the next call may take. */
unsigned io_file_parts_now(const struct io_file_op *op);

int64_t io_timers_next(const struct io *io); /* due_us, INT64_MAX: none */

/* Sockets of the kernel, for the two real engines. */
int io_socket_listen(struct io_listener *l, const struct io_listen_options *options);
int io_socket_connecting(const struct io_addr *addr, const struct io_addr *from, int *error);
void io_socket_refuse_now(struct io *io, int socket, const char *text, size_t len);
bool io_socket_name(struct io *io, int socket, bool peer, struct io_addr *out);
void io_clocks_real(struct io *io);
void io_wake_eventfd(struct io *io);

#endif
