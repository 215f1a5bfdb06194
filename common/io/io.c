/* The loop: one turn, the timers, the wake-ups, the signals; and which engine runs it.
 *
 * A turn:
 *
 *      arm receives ─► engine: submit and wait ─► clocks ─► engine: deliver ─► timers ─► jobs, wake-ups ─►
 * closed ones
 *
 * Wake-ups and finished jobs come over one eventfd, which the loop reads like any other source. */
#include "common/io/io.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RECV_BUF_BYTES      (128 * 1024)
#define RECV_BUFS_MIN       4
#define RECV_BUFS_MAX       256
#define RECV_TURN_BYTES_MAX (256 * 1024)
#define JOB_THREADS_MAX     2
#define TIMER_ARITY         4

/* --- making and ending a loop --- */

static const struct io_engine_ops *engine_ops(enum io_engine engine) {
    switch (engine) {
    case IO_ENGINE_URING: return &io_uring_engine;
    case IO_ENGINE_EPOLL: return &io_epoll_engine;
    case IO_ENGINE_SIM: return &io_sim_engine;
    case IO_ENGINE_AUTO: break;
    }
    return NULL;
}

bool io_engine_parse(const char *word, enum io_engine *out) {
    static const char *const words[] = {
        [IO_ENGINE_AUTO] = "auto", [IO_ENGINE_URING] = "io_uring", [IO_ENGINE_EPOLL] = "epoll"};
    for (enum io_engine e = IO_ENGINE_AUTO; e <= IO_ENGINE_EPOLL; e++) {
        if (strcasecmp(word, words[e]) == 0) {
            *out = e;
            return true;
        }
    }
    return false;
}

static bool choose_engine(struct io *io, char *error) {
    char why[160];
    if (io->config.engine != IO_ENGINE_AUTO) {
        io->ops = engine_ops(io->config.engine);
        return io->ops->init(io, error);
    }
    io->ops = &io_uring_engine;
    if (io->ops->init(io, why)) return true;
    io->ops = &io_epoll_engine;
    if (!io->ops->init(io, error)) return false;
    snprintf(io->reason, sizeof io->reason, "io_uring does not work here: %s", why);
    return true;
}

void io_wakers_deliver(struct io *io) {
    /* The order of firing is the reverse of the stack's. */
    struct io_waker *fired = __atomic_exchange_n(&io->fired, NULL, __ATOMIC_ACQUIRE), *in_order = NULL;
    while (fired) {
        struct io_waker *next = fired->next;
        fired->next = in_order;
        in_order = fired;
        fired = next;
    }
    while (in_order) {
        struct io_waker *waker = in_order;
        in_order = waker->next;
        must(waker->magic == IO_WAKER_MAGIC);
        __atomic_store_n(&waker->pending, 0, __ATOMIC_SEQ_CST);
        io->callbacks++;
        waker->on_wake(waker);
    }
}

static void on_wake_bytes(struct io *io, struct io_source *source, ssize_t len) {
    io_wakers_deliver(io);
}

static void on_jobs_done(struct io_waker *waker) {
    io_jobs_deliver(LIST_OWNER(waker, struct io, done_waker));
}

static void default_to(uint32_t *value, uint32_t fallback) {
    if (*value == 0) *value = fallback;
}

struct io *io_create(const struct io_config *config, char *error) {
    struct io *io = mem_zalloc(sizeof *io);
    if (config) io->config = *config;
    default_to(&io->config.recv_buf_bytes, RECV_BUF_BYTES);
    default_to(&io->config.recv_bufs_min, RECV_BUFS_MIN);
    default_to(&io->config.recv_bufs_max, RECV_BUFS_MAX);
    default_to(&io->config.recv_turn_bytes_max, RECV_TURN_BYTES_MAX);
    default_to(&io->config.job_threads_max, JOB_THREADS_MAX);
    must(!(io->config.recv_buf_bytes & (io->config.recv_buf_bytes - 1)));
    if (io->config.recv_bufs_min > io->config.recv_bufs_max)
        io->config.recv_bufs_min = io->config.recv_bufs_max;
    struct link *lists[] = {&io->arm,   &io->yielded, &io->starved,
                            &io->sends, &io->quiet,   &io->closed_listeners};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        list_init(lists[i]);
    io->wake_fd = io->signal_fd = -1;
    if (!choose_engine(io, error)) {
        mem_free_sized(io, sizeof *io);
        return NULL;
    }
    io_waker_init(io, &io->done_waker, on_jobs_done);
    if (io->ops->id != IO_ENGINE_SIM) {
        io->wake_fd = eventfd(0, EFD_CLOEXEC);
        if (io->wake_fd < 0) {
            snprintf(error, 160, "eventfd: %s", strerror(errno));
            io_destroy(&io);
            return NULL;
        }
        io->wake_source = (struct io_source){.magic = IO_SOURCE_MAGIC,
                                             .fd = io->wake_fd,
                                             .bytes = &io->wake_bytes,
                                             .room = 8,
                                             .on_read = on_wake_bytes};
        io->ops->source_start(io, &io->wake_source);
    }
    io->ops->clocks(io);
    return io;
}

void io_destroy(struct io **io_pointer) {
    struct io *io = *io_pointer;
    if (!io) return;
    must(!io->in_turn);
    io_jobs_deinit(io);
    if (io->ops->file_drain) io->ops->file_drain(io);
    must(io->stats.streams == 0 && io->jobs_pending == 0);
    io_signals_restore(io);
    io->ops->deinit(io);
    if (io->wake_fd >= 0) close(io->wake_fd);
    if (io->signal_fd >= 0) close(io->signal_fd);
    mem_free(io->timers);
    mem_free_sized(io, sizeof *io);
    *io_pointer = NULL;
}

enum io_engine io_engine(const struct io *io) {
    return io->ops->id;
}
const char *io_engine_name(const struct io *io) {
    return io->ops->name;
}
const char *io_engine_reason(const struct io *io) {
    return io->reason;
}

/* --- the turn --- */

static void run_timers(struct io *io) {
    /* A timer that sets itself to now runs again in the next turn, not in this one. */
    for (uint32_t left = io->timer_count; left && io->timer_count && io->timers[0]->due_us <= io->now_us;
         left--) {
        struct io_timer *timer = io->timers[0];
        must(timer->magic == IO_TIMER_MAGIC);
        io_timer_cancel(io, timer);
        io->callbacks++;
        timer->on_timer(timer);
    }
}

int io_turn(struct io *io, int64_t timeout_us) {
    must(!io->in_turn);
    io->in_turn = true;
    io->callbacks = 0;
    io->turn++;
    io->stats.turns++;
    io_bufs_relax(&io->bufs, io->turn);
    io_streams_before_wait(io);
    int64_t due_us = io_timers_next(io);
    if (due_us != INT64_MAX) {
        int64_t until_us = due_us > io->now_us ? due_us - io->now_us : 0;
        if (timeout_us < 0 || until_us < timeout_us) timeout_us = until_us;
    }
    if (io_streams_busy(io) || io->callbacks) timeout_us = 0;
    io->ops->wait(io, timeout_us);
    io->ops->clocks(io);
    io->ops->deliver(io);
    run_timers(io);
    io_streams_after(io);
    io->in_turn = false;
    return io->callbacks;
}

int64_t io_now_us(const struct io *io) {
    return io->now_us;
}
int64_t io_wall_us(const struct io *io) {
    return io->wall_us;
}

int64_t io_now_refresh(struct io *io) {
    io->ops->clocks(io);
    return io->now_us;
}

void io_clocks_real(struct io *io) {
    io->now_us = clock_monotonic_us();
    io->wall_us = clock_wall_us();
}

/* --- timers: a heap of four children per node, so that its upper part lies in few cache lines --- */

void io_timer_init(struct io_timer *timer, void (*on_timer)(struct io_timer *timer)) {
    *timer = (struct io_timer){.magic = IO_TIMER_MAGIC, .heap_at = IO_TIMER_IDLE, .on_timer = on_timer};
}

bool io_timer_is_set(const struct io_timer *timer) {
    return timer->heap_at != IO_TIMER_IDLE;
}

static void timer_place(struct io *io, struct io_timer *timer, uint32_t at) {
    io->timers[at] = timer;
    timer->heap_at = at;
}

static void timer_rise(struct io *io, struct io_timer *timer, uint32_t at) {
    while (at > 0) {
        uint32_t parent = (at - 1) / TIMER_ARITY;
        if (io->timers[parent]->due_us <= timer->due_us) break;
        timer_place(io, io->timers[parent], at);
        at = parent;
    }
    timer_place(io, timer, at);
}

static void timer_sink(struct io *io, struct io_timer *timer, uint32_t at) {
    for (;;) {
        uint32_t first = at * TIMER_ARITY + 1, least = at;
        int64_t least_us = timer->due_us;
        for (uint32_t child = first; child < first + TIMER_ARITY && child < io->timer_count; child++) {
            if (io->timers[child]->due_us < least_us) {
                least = child;
                least_us = io->timers[child]->due_us;
            }
        }
        if (least == at) break;
        timer_place(io, io->timers[least], at);
        at = least;
    }
    timer_place(io, timer, at);
}

void io_timer_set(struct io *io, struct io_timer *timer, int64_t due_us) {
    must(timer->magic == IO_TIMER_MAGIC);
    io_timer_cancel(io, timer);
    timer->due_us = due_us;
    if (io->timer_count == io->timer_cap) {
        io->timer_cap = io->timer_cap ? io->timer_cap * 2 : 16;
        io->timers = mem_realloc(io->timers, io->timer_cap * sizeof *io->timers);
    }
    timer_rise(io, timer, io->timer_count++);
}

void io_timer_cancel(struct io *io, struct io_timer *timer) {
    must(timer->magic == IO_TIMER_MAGIC);
    uint32_t at = timer->heap_at;
    if (at == IO_TIMER_IDLE) return;
    must(at < io->timer_count && io->timers[at] == timer);
    timer->heap_at = IO_TIMER_IDLE;
    struct io_timer *last = io->timers[--io->timer_count];
    if (last == timer) return;
    if (last->due_us < timer->due_us)
        timer_rise(io, last, at);
    else
        timer_sink(io, last, at);
}

int64_t io_timers_next(const struct io *io) {
    return io->timer_count ? io->timers[0]->due_us : INT64_MAX;
}

/* --- wake-ups --- */

void io_waker_init(struct io *io, struct io_waker *waker, void (*on_wake)(struct io_waker *waker)) {
    *waker = (struct io_waker){.magic = IO_WAKER_MAGIC, .io = io, .on_wake = on_wake};
}

void io_waker_fire(struct io_waker *waker) {
    must(waker->magic == IO_WAKER_MAGIC);
    struct io *io = waker->io;
    if (__atomic_exchange_n(&waker->pending, 1, __ATOMIC_SEQ_CST)) return;
    struct io_waker *top = __atomic_load_n(&io->fired, __ATOMIC_RELAXED);
    do {
        waker->next = top;
    } while (!__atomic_compare_exchange_n(&io->fired, &top, waker, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    /* Who found the stack empty wakes the loop; the others ride along. */
    if (!top) io->ops->wake(io);
}

void io_wake_eventfd(struct io *io) {
    uint64_t one = 1;
    ssize_t wrote;
    do {
        wrote = write(io->wake_fd, &one, sizeof one);
    } while (wrote < 0 && errno == EINTR);
    must(wrote == sizeof one);
}

/* --- signals --- */

static void on_signal_bytes(struct io *io, struct io_source *source, ssize_t len) {
    for (ssize_t at = 0; at + (ssize_t)sizeof(struct signalfd_siginfo) <= len;
         at += sizeof(struct signalfd_siginfo)) {
        struct signalfd_siginfo info;
        memcpy(&info, io->signal_bytes + at, sizeof info);
        struct io_signal *signal = info.ssi_signo < 65 ? &io->signals[info.ssi_signo] : NULL;
        if (!signal || !signal->on_signal) continue;
        io->callbacks++;
        signal->on_signal(signal->owner, (int)info.ssi_signo);
    }
}

void io_signal_watch(struct io *io, int signo, void (*on_signal)(void *owner, int signo), void *owner) {
    must(signo > 0 && signo < 65);
    io->signals[signo] = (struct io_signal){on_signal, owner};
    if (io->ops->id == IO_ENGINE_SIM) return;
    sigset_t set;
    sigemptyset(&set);
    for (int i = 1; i < 65; i++) {
        if (io->signals[i].on_signal) sigaddset(&set, i);
    }
    pthread_sigmask(SIG_BLOCK, &set, io->signals_watched ? NULL : &io->signals_before);
    io->signals_watched = true;
    int fd = signalfd(io->signal_fd, &set, SFD_CLOEXEC);
    must(fd >= 0);
    if (io->signal_fd >= 0) return;
    io->signal_fd = fd;
    _Static_assert(sizeof(struct signalfd_siginfo) == 128, "room for four signals per read");
    io->signal_source = (struct io_source){.magic = IO_SOURCE_MAGIC,
                                           .fd = fd,
                                           .bytes = io->signal_bytes,
                                           .room = sizeof io->signal_bytes,
                                           .on_read = on_signal_bytes};
    io->ops->source_start(io, &io->signal_source);
}

void io_signals_restore(struct io *io) {
    if (io->signals_watched) pthread_sigmask(SIG_SETMASK, &io->signals_before, NULL);
}

/* --- figures --- */

void io_stats(const struct io *io, struct io_stats *out) {
    *out = io->stats;
    out->recv_bufs = io->bufs.count;
    out->recv_bufs_held = io->bufs.count - io->bufs.free_count - io->bufs.lent;
}
