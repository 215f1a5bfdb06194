/* Helper threads.
 *
 *      io_job_submit ─► lane queue ─► helper: work ─► done stack ─► waker ─► io_turn: done
 *
 * Each lane has a queue and up to `job_threads_max` threads, started one by one when a job finds none idle.
 * Finished jobs go onto a lock-free stack and one waker brings them all. Helpers take no signals, and nobody
 * joins them when the process exits; only io_destroy lets them finish the job at hand. */
#include "common/io/io_job.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"

#define THREADS_PER_LANE_MAX 16

struct io_lane_state {
    struct io *io;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct io_job *first, *last; /* waiting, in order */
    unsigned idle, threads_count;
    bool stop;
    pthread_t threads[THREADS_PER_LANE_MAX];
};

void io_job_run(struct io_job *job) {
    struct mem_account *before = mem_account_enter(&job->account);
    job->work(job);
    mem_account_enter(before);
}

void io_job_finish(struct io *io, struct io_job *job) {
    must(job->magic == IO_JOB_MAGIC);
    job->magic = IO_DEAD_MAGIC;
    mem_account_merge(mem_account_current(), &job->account);
    io->jobs_pending--;
    io->callbacks++;
    job->done(job);
}

void io_job_submit(struct io *io, struct io_job *job, enum io_lane lane, void (*work)(struct io_job *job),
                   void (*done)(struct io_job *job)) {
    *job = (struct io_job){
        .magic = IO_JOB_MAGIC, .lane = (uint8_t)lane, .io = io, .account = {0}, .work = work, .done = done};
    io->jobs_pending++;
    io->stats.jobs++;
    io->ops->job_submit(io, job);
}

unsigned io_jobs_pending(const struct io *io) {
    return io->jobs_pending;
}

static void push_done(struct io *io, struct io_job *job) {
    struct io_job *top = __atomic_load_n(&io->done_jobs, __ATOMIC_RELAXED);
    do {
        job->next = top;
    } while (
        !__atomic_compare_exchange_n(&io->done_jobs, &top, job, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    if (!top) io_waker_fire(&io->done_waker);
}

static void *helper(void *lane_pointer) {
    struct io_lane_state *lane = lane_pointer;
    /* A thread that only ever frees gets no cache from jemalloc: each free would lock what the loop needs. */
    mem_free(mem_alloc(1));
    pthread_mutex_lock(&lane->lock);
    for (;;) {
        while (!lane->first && !lane->stop) {
            lane->idle++;
            pthread_cond_wait(&lane->more, &lane->lock);
            lane->idle--;
        }
        if (lane->stop) break;
        struct io_job *job = lane->first;
        lane->first = job->next;
        if (!lane->first) lane->last = NULL;
        pthread_mutex_unlock(&lane->lock);
        io_job_run(job);
        push_done(lane->io, job);
        pthread_mutex_lock(&lane->lock);
    }
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

/* With the lane locked. The first thread must come up, else the job would never run. */
static void start_thread(struct io_lane_state *lane, enum io_lane id) {
    static const char *const names[] = {[IO_LANE_DISK] = "io-disk", [IO_LANE_CPU] = "io-cpu"};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&lane->threads[lane->threads_count], NULL, helper, lane);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        if (lane->threads_count == 0) panic("cannot start a helper thread: error %d", error);
        return;
    }
    pthread_setname_np(lane->threads[lane->threads_count], names[id]);
    lane->threads_count++;
}

void io_threads_submit(struct io *io, struct io_job *job) {
    if (!io->lanes) {
        io->lanes = mem_zalloc(IO_LANE_COUNT * sizeof *io->lanes);
        for (int i = 0; i < IO_LANE_COUNT; i++) {
            io->lanes[i].io = io;
            pthread_mutex_init(&io->lanes[i].lock, NULL);
            pthread_cond_init(&io->lanes[i].more, NULL);
        }
    }
    struct io_lane_state *lane = &io->lanes[job->lane];
    unsigned max =
        io->config.job_threads_max < THREADS_PER_LANE_MAX ? io->config.job_threads_max : THREADS_PER_LANE_MAX;
    pthread_mutex_lock(&lane->lock);
    if (lane->last)
        lane->last->next = job;
    else
        lane->first = job;
    lane->last = job;
    unsigned waiting = 0;
    for (struct io_job *it = lane->first; it && waiting <= lane->idle; it = it->next)
        waiting++;
    if (waiting > lane->idle && lane->threads_count < max) start_thread(lane, (enum io_lane)job->lane);
    pthread_cond_signal(&lane->more);
    pthread_mutex_unlock(&lane->lock);
}

void io_jobs_deliver(struct io *io) {
    struct io_job *done = __atomic_exchange_n(&io->done_jobs, NULL, __ATOMIC_ACQUIRE), *in_order = NULL;
    while (done) {
        struct io_job *next = done->next;
        done->next = in_order;
        in_order = done;
        done = next;
    }
    while (in_order) {
        struct io_job *job = in_order;
        in_order = job->next;
        io_job_finish(io, job);
    }
}

void io_jobs_deinit(struct io *io) {
    if (!io->lanes) return;
    for (int i = 0; i < IO_LANE_COUNT; i++) {
        struct io_lane_state *lane = &io->lanes[i];
        pthread_mutex_lock(&lane->lock);
        lane->stop = true;
        pthread_cond_broadcast(&lane->more);
        pthread_mutex_unlock(&lane->lock);
        for (unsigned t = 0; t < lane->threads_count; t++)
            pthread_join(lane->threads[t], NULL);
        pthread_cond_destroy(&lane->more);
        pthread_mutex_destroy(&lane->lock);
    }
    mem_free_sized(io->lanes, IO_LANE_COUNT * sizeof *io->lanes);
    io->lanes = NULL;
    /* Jobs that finished while the threads were stopped. */
    io_jobs_deliver(io);
}
