/* The simulated world: events in virtual time, and the loops that they concern.
 *
 *      heap of events ─ earliest ─► the world's own (a segment arrives, a helper works): done at once
 *                                └► a loop's: into its inbox, and a turn of it is scheduled
 *                       EV_TURN ──► the loop's turn function ─► io_turn ─► inbox delivered ─► its work
 *
 * A loop is busy for a drawn time after each turn, so that events pile up for the next one as they do under
 * load. Two events of the same microsecond go in drawn order: nothing may depend on which was posted first.
 * Order within one connection is kept by its arrival times. */
#include "common/io/sim.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/sim_int.h"
#include <stdio.h>
#include <string.h>

#define WALL_START_US 1700000000000000ll

int64_t sim_draw(struct sim_world *w, uint32_t max) {
    return (int64_t)rng_below(&w->rng, (uint64_t)max + 1);
}

int64_t sim_latency(struct sim_world *w) {
    return w->config.latency_min_us + sim_draw(w, w->config.latency_max_us - w->config.latency_min_us);
}

/* --- the heap of events --- */

static bool before(const struct sim_event *a, const struct sim_event *b) {
    if (a->due_us != b->due_us) return a->due_us < b->due_us;
    if (a->tie != b->tie) return a->tie < b->tie;
    return a->serial < b->serial;
}

static void heap_push(struct sim_world *w, struct sim_event *e) {
    if (w->heap_count == w->heap_cap) {
        w->heap_cap = w->heap_cap ? w->heap_cap * 2 : 64;
        w->heap = mem_realloc(w->heap, w->heap_cap * sizeof *w->heap);
    }
    size_t at = w->heap_count++;
    for (; at > 0 && before(e, w->heap[(at - 1) / 2]); at = (at - 1) / 2)
        w->heap[at] = w->heap[(at - 1) / 2];
    w->heap[at] = e;
}

static struct sim_event *heap_pop(struct sim_world *w) {
    struct sim_event *top = w->heap[0], *last = w->heap[--w->heap_count];
    size_t at = 0;
    for (size_t child; (child = at * 2 + 1) < w->heap_count; at = child) {
        if (child + 1 < w->heap_count && before(w->heap[child + 1], w->heap[child])) child++;
        if (!before(w->heap[child], last)) break;
        w->heap[at] = w->heap[child];
    }
    if (w->heap_count) w->heap[at] = last;
    return top;
}

struct sim_event *sim_post(struct sim_world *w, enum sim_kind kind, struct io *io, int64_t delay_us,
                           int64_t number) {
    struct sim_event *e = mem_zalloc(sizeof *e);
    e->due_us = w->now_us + delay_us;
    e->tie = rng_next(&w->rng);
    e->serial = ++w->serial;
    e->kind = (uint8_t)kind;
    e->io = io;
    e->number = number;
    struct sim_socket *socket = sim_socket_at(w, number);
    e->generation = socket ? socket->generation : 0;
    heap_push(w, e);
    return e;
}

static void event_free(struct sim_event *e) {
    mem_free(e->bytes);
    mem_free_sized(e, sizeof *e);
}

static void trace(struct sim_world *w, uint64_t value) {
    w->trace = (w->trace ^ value) * 0x9e3779b97f4a7c15u;
    w->trace ^= w->trace >> 29;
}

static void trace_event(struct sim_world *w, const struct sim_event *e) {
    w->events++;
    trace(w, (uint64_t)w->now_us);
    trace(w, (uint64_t)e->kind << 32 | (e->io && e->io->engine ? sim_loop_of(e->io)->id : UINT32_MAX));
    trace(w, (uint64_t)e->number);
    for (size_t i = 0; i < e->len; i++)
        trace(w, (unsigned char)e->bytes[i]);
}

/* --- loops --- */

static void schedule_turn(struct sim_loop *loop, int64_t at_us) {
    struct sim_world *w = loop->world;
    if (at_us < loop->busy_until_us) at_us = loop->busy_until_us;
    if (at_us < w->now_us) at_us = w->now_us;
    if (loop->turn_at_us >= 0 && loop->turn_at_us <= at_us) return;
    /* An earlier turn makes the scheduled one stale; its serial tells. */
    struct sim_event *e = sim_post(w, EV_TURN, loop->io, at_us - w->now_us, -1);
    loop->turn_at_us = at_us;
    loop->turn_serial = e->serial;
}

static void run_turn(struct sim_loop *loop) {
    struct sim_world *w = loop->world;
    struct io *io = loop->io;
    loop->turn_at_us = -1;
    if (!loop->turn) return;
    loop->busy_until_us = w->now_us + 1 + sim_draw(w, w->config.turn_max_us);
    loop->sleep_us = -1;
    unsigned id = loop->id;
    loop->turn(loop->owner);
    /* The turn may have ended its loop. */
    if (id >= w->loop_count || w->loops[id] != loop) return;
    bool more = loop->inbox || io->callbacks || !list_empty(&io->arm) || !list_empty(&io->yielded) ||
                !list_empty(&io->starved) || io_streams_busy(io);
    int64_t due_us = io_timers_next(io);
    if (more)
        schedule_turn(loop, loop->busy_until_us);
    else if (due_us != INT64_MAX || loop->sleep_us >= 0) {
        int64_t slept_us = loop->sleep_us >= 0 ? w->now_us + loop->sleep_us : INT64_MAX;
        schedule_turn(loop, due_us < slept_us ? due_us : slept_us);
    }
}

static void to_inbox(struct sim_event *e) {
    struct sim_loop *loop = sim_loop_of(e->io);
    e->next = NULL;
    *loop->inbox_end = e;
    loop->inbox_end = &e->next;
    schedule_turn(loop, loop->world->now_us);
}

static void world_event(struct sim_world *w, struct sim_event *e) {
    switch (e->kind) {
    case EV_TURN: {
        struct sim_loop *loop = sim_loop_of(e->io);
        if (e->serial == loop->turn_serial) run_turn(loop);
        break;
    }
    case EV_WORK: {
        struct io_job *job = e->object;
        must(job->magic == IO_JOB_MAGIC);
        io_job_run(job);
        sim_post(w, EV_DONE, e->io, sim_draw(w, w->config.operation_max_us), -1)->object = job;
        break;
    }
    default: sim_net_event(w, e);
    }
    event_free(e);
}

bool sim_step(struct sim_world *w) {
    while (w->heap_count) {
        struct sim_event *e = heap_pop(w);
        must(e->due_us >= w->now_us);
        w->now_us = e->due_us;
        trace_event(w, e);
        bool turn = e->kind == EV_TURN;
        if (e->kind >= EV_INBOX)
            to_inbox(e);
        else
            world_event(w, e);
        if (turn) return true;
    }
    return false;
}

void sim_run_until(struct sim_world *w, int64_t until_us) {
    while (w->heap_count && w->heap[0]->due_us <= until_us)
        sim_step(w);
    if (w->now_us < until_us) w->now_us = until_us;
}

/* --- the engine's functions --- */

static void wait(struct io *io, int64_t timeout_us) {
    sim_loop_of(io)->sleep_us = timeout_us;
}

static void clocks(struct io *io) {
    io->now_us = sim_world_of(io)->now_us;
    io->wall_us = WALL_START_US + io->now_us;
}

static void deliver(struct io *io) {
    struct sim_loop *loop = sim_loop_of(io);
    struct sim_event *e = loop->inbox;
    loop->inbox = NULL;
    loop->inbox_end = &loop->inbox;
    while (e) {
        struct sim_event *next = e->next;
        switch (e->kind) {
        case EV_DONE: io_job_finish(io, e->object); break;
        case EV_WAKE: io_wakers_deliver(io); break;
        case EV_SIGNAL: {
            struct io_signal *signal = &io->signals[e->number];
            io->callbacks++;
            if (signal->on_signal) signal->on_signal(signal->owner, (int)e->number);
            break;
        }
        default: sim_net_deliver(io, e);
        }
        event_free(e);
        e = next;
    }
}

static void job_submit(struct io *io, struct io_job *job) {
    struct sim_world *w = sim_world_of(io);
    struct sim_loop *loop = sim_loop_of(io);
    if (loop->disk_still && job->lane == IO_LANE_DISK) {
        job->next = loop->still;
        loop->still = job;
        return;
    }
    sim_post(w, EV_WORK, io, sim_draw(w, w->config.job_max_us), -1)->object = job;
}

void sim_disk_stand_still(struct io *io, bool still) {
    struct sim_loop *loop = sim_loop_of(io);
    struct io_job *job = loop->still;
    loop->disk_still = still;
    loop->still = NULL;
    while (job) {
        struct io_job *next = job->next;
        job_submit(io, job);
        job = next;
    }
}

static void wake(struct io *io) {
    struct sim_world *w = sim_world_of(io);
    sim_post(w, EV_WAKE, io, sim_draw(w, w->config.operation_max_us), -1);
}

static bool init(struct io *io, char *error) {
    struct sim_world *w = io->config.world;
    if (!w) {
        snprintf(error, 160, "the sim engine needs a world");
        return false;
    }
    struct sim_loop *loop = mem_zalloc(sizeof *loop);
    *loop = (struct sim_loop){.world = w, .io = io, .id = w->loop_count, .turn_at_us = -1};
    loop->inbox_end = &loop->inbox;
    loop->disk = sim_disk_create();
    w->loops = mem_realloc(w->loops, (w->loop_count + 1) * sizeof(struct sim_loop *));
    w->loops[w->loop_count++] = loop;
    io->engine = loop;
    io_bufs_init(&io->bufs, io->config.recv_buf_bytes, io->config.recv_bufs_min, io->config.recv_bufs_max);
    io->bufs.poison = true;
    snprintf(io->reason, sizeof io->reason, "a simulated world, seed %llu",
             (unsigned long long)w->config.seed);
    return true;
}

/* Events of a loop that is gone must not find it. */
static void forget_loop(struct sim_world *w, struct io *io) {
    size_t kept = 0, count = w->heap_count;
    struct sim_event **all = w->heap;
    w->heap = NULL;
    w->heap_count = w->heap_cap = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i]->io == io) {
            event_free(all[i]);
        } else {
            heap_push(w, all[i]);
            kept++;
        }
    }
    must(kept == w->heap_count);
    mem_free(all);
}

static void deinit(struct io *io) {
    struct sim_loop *loop = sim_loop_of(io);
    struct sim_world *w = loop->world;
    sim_net_forget_loop(w, io);
    forget_loop(w, io);
    while (loop->inbox) {
        struct sim_event *next = loop->inbox->next;
        event_free(loop->inbox);
        loop->inbox = next;
    }
    w->loops[loop->id] = NULL;
    sim_disk_destroy(&loop->disk);
    io_bufs_deinit(&io->bufs);
    io->engine = NULL;
    mem_free_sized(loop, sizeof *loop);
}

const struct io_engine_ops io_sim_engine = {
    .id = IO_ENGINE_SIM,
    .name = "sim",
    .init = init,
    .deinit = deinit,
    .wait = wait,
    .deliver = deliver,
    .clocks = clocks,
    .recv_start = sim_recv_start,
    .recv_stop = sim_recv_stop,
    .send_start = sim_send_start,
    .stream_open = sim_stream_open,
    .connect_start = sim_connect_start,
    .close_start = sim_close_start,
    .close_end = sim_close_end,
    .shutdown = sim_shutdown,
    .listen = sim_listen,
    .accept_start = sim_accept_start,
    .listener_close = sim_listener_close,
    .socket_refuse = sim_socket_refuse,
    .socket_name = sim_socket_name,
    .job_submit = job_submit,
    .disk = &io_disk_sim,
    .wake = wake,
};

/* --- the world --- */

static void default_to(uint32_t *value, uint32_t fallback) {
    if (*value == 0) *value = fallback;
}

struct sim_world *sim_create(const struct sim_config *config) {
    struct sim_world *w = mem_zalloc(sizeof *w);
    w->config = *config;
    default_to(&w->config.latency_min_us, 20);
    default_to(&w->config.latency_max_us, w->config.latency_min_us + 380);
    default_to(&w->config.operation_max_us, 60);
    default_to(&w->config.job_max_us, 2000);
    default_to(&w->config.turn_max_us, 40);
    default_to(&w->config.window_bytes, 64 * 1024);
    default_to(&w->config.recv_bytes_max, 8 * 1024);
    default_to(&w->config.segment_bytes_max, 8 * 1024);
    must(w->config.latency_min_us <= w->config.latency_max_us);
    rng_seed(&w->rng, config->seed);
    w->trace = config->seed;
    w->next_port = 20000;
    w->now_us = 1000000;
    return w;
}

void sim_destroy(struct sim_world **world) {
    struct sim_world *w = *world;
    if (!w) return;
    for (unsigned i = 0; i < w->loop_count; i++)
        must(!w->loops[i]);
    while (w->heap_count)
        event_free(heap_pop(w));
    sim_net_free(w);
    mem_free(w->heap);
    mem_free(w->loops);
    mem_free_sized(w, sizeof *w);
    *world = NULL;
}

void sim_set_turn(struct io *io, void (*turn)(void *owner), void *owner) {
    struct sim_loop *loop = sim_loop_of(io);
    loop->turn = turn;
    loop->owner = owner;
    schedule_turn(loop, loop->world->now_us);
}

int64_t sim_now_us(const struct sim_world *w) {
    return w->now_us;
}
uint64_t sim_trace(const struct sim_world *w) {
    return w->trace;
}
uint64_t sim_events(const struct sim_world *w) {
    return w->events;
}

void sim_signal(struct io *io, int signo) {
    must(signo > 0 && signo < 65);
    sim_post(sim_world_of(io), EV_SIGNAL, io, 0, -1)->number = signo;
}
