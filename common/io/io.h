/* The only door to the outside: one loop that submits operations and delivers their completions.
 *
 *      caller                          io                              outside
 *      io_stream_send, io_timer_set ─► queued operations ─┐
 *                                                         ├─ io_turn: one system call submits and waits ─►
 * kernel on_recv, on_sent, on_timer  ◄── completions ───────┘                                             (or
 * sim)
 *
 * A loop is `struct io`, used by one thread; a process may have several. The user embeds the objects
 * (streams, listeners, timers, jobs), io hangs them on its lists and calls their functions from io_turn and
 * from nowhere else: no function of this folder calls back before it returns. Callbacks must not block and
 * must not call io_turn.
 *
 * Three engines stand behind the same functions: io_uring, epoll, and sim (virtual clock, network and disk;
 * sim.h). More of the door: io_stream.h (sockets), io_file.h (disk), io_job.h (helper threads). */
#ifndef TORC_IO_H
#define TORC_IO_H

#include "common/base/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct io;
struct sim_world;

enum io_engine { IO_ENGINE_AUTO, IO_ENGINE_URING, IO_ENGINE_EPOLL, IO_ENGINE_SIM };

/* Zero is a valid configuration: every 0 stands for the default that its comment names. */
struct io_config {
    enum io_engine engine;
    struct sim_world *world;      /* sim only, borrowed: the world this loop lives in */
    uint32_t recv_buf_bytes;      /* size of one receive buffer, a power of two (128 KiB) */
    uint32_t recv_bufs_min;       /* buffers from the start (4) */
    uint32_t recv_bufs_max;       /* and when many are held at once (256) */
    uint32_t recv_turn_bytes_max; /* what one stream may receive per turn before it yields (256 KiB) */
    bool old_kernel;              /* io_uring: do without what is newer than Linux 5.19; for tests */
    uint32_t job_threads_max;     /* helper threads per lane, started when first needed (2) */
};

/* Makes a loop for the calling thread: io_uring accepts no other one, and none in a forked child, so a
 * program that goes to the background does so before. `config` is copied, NULL is all defaults. On failure
 * returns NULL and puts the reason into `error` (at least 160 bytes, terminated). IO_ENGINE_AUTO takes
 * io_uring if a real receive through it works here, else epoll; a named engine that does not work is an
 * error. */
struct io *io_create(const struct io_config *config, char *error);

/* Everything that was opened must have seen its last callback before, jobs included. */
void io_destroy(struct io **io);

enum io_engine io_engine(const struct io *io);     /* the one in use, never AUTO */
const char *io_engine_name(const struct io *io);   /* "io_uring", "epoll", "sim" */
const char *io_engine_reason(const struct io *io); /* why this one, and what of io_uring it uses; one line */
bool io_engine_parse(const char *word, enum io_engine *out); /* the words of the option `io-engine` */

/* One turn: submits what is queued, waits for a first completion or timer at most `timeout_us` (negative: as
 * long as it takes; 0: not at all), reads the clocks, delivers everything that is there. Returns the number
 * of callbacks. What callbacks queue is submitted by the next turn. */
int io_turn(struct io *io, int64_t timeout_us);

/* The turn's time: read once per turn, after the wait. */
int64_t io_now_us(const struct io *io);  /* monotonic */
int64_t io_wall_us(const struct io *io); /* since 1970 */
int64_t io_now_refresh(struct io *io);   /* reads both clocks again, for leases; returns the monotonic one */

/* --- timers: one shot, any number of them, setting and cancelling cost log n --- */

struct io_timer {
    uint32_t magic;
    uint32_t heap_at; /* index in the loop's heap, IO_TIMER_IDLE when not set */
    int64_t due_us;   /* on the clock of io_now_us */
    void (*on_timer)(struct io_timer *timer);
};
void io_timer_init(struct io_timer *timer, void (*on_timer)(struct io_timer *timer));
void io_timer_set(struct io *io, struct io_timer *timer, int64_t due_us); /* moves it if it was set */
void io_timer_cancel(struct io *io, struct io_timer *timer);              /* harmless when not set */
bool io_timer_is_set(const struct io_timer *timer);

/* --- wake-ups: the one call that any thread may make --- */

struct io_waker {
    uint32_t magic;
    uint32_t pending; /* atomic: fired and not yet delivered */
    struct io *io;
    struct io_waker *next;
    void (*on_wake)(struct io_waker *waker);
};
void io_waker_init(struct io *io, struct io_waker *waker, void (*on_wake)(struct io_waker *waker));
/* Makes the loop call on_wake soon, once for any number of firings before it. Thread-safe, not for signal
 * handlers. */
void io_waker_fire(struct io_waker *waker);

/* --- signals, as callbacks of the loop; in a process only one loop takes them --- */

/* Blocks `signo` in this thread (helper threads started later inherit it) and delivers it to `on_signal`. A
 * program that the process starts must unblock them first (io_signals_restore). */
void io_signal_watch(struct io *io, int signo, void (*on_signal)(void *owner, int signo), void *owner);
void io_signals_restore(struct io *io);

/* --- receive buffers, shared by all streams of the loop --- */

/* A run of received bytes, borrowed from the loop until io_buf_return. The bytes may be written to. Holding
 * one keeps its whole receive buffer busy, so what has to live longer than the turn is copied. */
struct io_buf {
    char *bytes;
    uint32_t len;
    uint32_t id; /* the buffer it lies in; io's own */
};
void io_buf_return(struct io *io, struct io_buf buf);
/* Borrows it once more: needs one more return. */
void io_buf_share(struct io *io, struct io_buf buf);

/* --- what happened so far, for INFO --- */

struct io_stats {
    uint64_t turns, waits;         /* turns taken; system calls that waited or submitted */
    uint64_t recv_ops, recv_bytes; /* completions that brought bytes */
    uint64_t send_ops, send_bytes;
    uint64_t send_blocked; /* sends that found the socket full */
    uint64_t accepts, accept_errors;
    uint64_t bufs_empty; /* receives that found no buffer and were armed again */
    uint64_t yields;     /* streams stopped for a turn because they took too much */
    uint64_t jobs;
    uint32_t recv_bufs,
        recv_bufs_held; /* buffers there are; of them held by users or lent to the kernel half used */
    uint32_t streams, operations; /* open streams; operations in flight */
};
void io_stats(const struct io *io, struct io_stats *out);

#endif
