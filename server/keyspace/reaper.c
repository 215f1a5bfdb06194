/* A queue of detached things, and one job at a time that eats from its head.
 *
 *      take ──► [dead] [dead] [dead] ──► job: up to JOB_BUDGET frees on a helper ──► done: merge, submit
 * again
 *
 * While a job is out, the head of the queue is the helper's; the loop only appends behind it. Small budgets
 * keep used_memory honest while ten million keys go, since a job's frees are charged when it comes back. */
#include "server/keyspace/reaper.h"
#include "common/base/list.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_job.h"
#include "server/keyspace/database.h"
#include "server/types/value.h"

#define BYTES_SAMPLES 16
#define JOB_BUDGET    100000 /* a few milliseconds of freeing */
#define BUCKETS_STEP  ((size_t)8 << 20)

struct dead {
    struct link link;
    struct entry *entry; /* what is left of an entry, or NULL: */
    struct keytable table;
    size_t table_cursor;
    size_t objects; /* how many it counted as when it was taken */
    size_t bytes;   /* of an entry, estimated then */
};

struct reaper {
    struct io *io;
    struct link queue;
    struct io_job job;
    struct dead *eaten; /* the helper's while the job is out */
    bool job_out, finished;
    size_t pending, pending_bytes, freed;
};

static void submit(struct reaper *reaper);

struct reaper *reaper_create(struct io *io) {
    struct reaper *reaper = mem_zalloc(sizeof(*reaper));
    reaper->io = io;
    list_init(&reaper->queue);
    return reaper;
}

static void eat_item(void *arg, void *item) {
    struct entry *entry = item;
    size_t plenty = SIZE_MAX;
    bool gone = value_free_step(entry, &plenty);
    must(gone);
}

/* Frees up to *budget allocations of it; true when it is gone, but for the struct itself. */
static bool eat(struct dead *dead, size_t *budget) {
    if (dead->entry) return value_free_step(dead->entry, budget);
    struct table *t = &dead->table.table;
    size_t before = t->count;
    bool empty = table_drain(t, &dead->table_cursor, *budget, eat_item, NULL);
    size_t took = before - t->count;
    *budget = took < *budget ? *budget - took : 0;
    /* In pieces, given back page by page: unmapping all at once would hold up the page faults of the loop. */
    if (!empty || !table_deinit_step(t, BUCKETS_STEP)) return false;
    keytable_deinit_deadlines(&dead->table);
    return true;
}

static void bury(struct reaper *reaper, struct dead *dead) {
    list_remove(&dead->link);
    reaper->pending -= dead->objects;
    reaper->pending_bytes -= dead->bytes;
    reaper->freed += dead->objects;
    mem_free_sized(dead, sizeof(*dead));
}

static void job_work(struct io_job *job) {
    struct reaper *reaper = LIST_OWNER(job, struct reaper, job);
    size_t budget = JOB_BUDGET;
    reaper->finished = eat(reaper->eaten, &budget);
}

static void job_done(struct io_job *job) {
    struct reaper *reaper = LIST_OWNER(job, struct reaper, job);
    reaper->job_out = false;
    if (reaper->finished) bury(reaper, reaper->eaten);
    reaper->eaten = NULL;
    submit(reaper);
}

static void submit(struct reaper *reaper) {
    if (reaper->io == NULL || reaper->job_out || list_empty(&reaper->queue)) return;
    reaper->eaten = LIST_OWNER(reaper->queue.next, struct dead, link);
    reaper->job_out = true;
    io_job_submit(reaper->io, &reaper->job, IO_LANE_CPU, job_work, job_done);
}

static void queue(struct reaper *reaper, struct dead *dead) {
    reaper->pending += dead->objects;
    list_append(&reaper->queue, &dead->link);
    submit(reaper);
}

void reaper_take_entry(struct reaper *reaper, struct entry *entry) {
    struct dead *dead = mem_zalloc(sizeof(*dead));
    dead->entry = entry;
    dead->bytes = value_memory(entry, BYTES_SAMPLES);
    reaper->pending_bytes += dead->bytes;
    dead->objects = 1;
    queue(reaper, dead);
}

void reaper_dispose(struct reaper *reaper, struct entry *entry) {
    if (value_effort(entry) >= REAPER_EFFORT_MIN)
        reaper_take_entry(reaper, entry);
    else
        value_free(entry);
}

void reaper_take_table(struct reaper *reaper, const struct keytable *kt) {
    struct dead *dead = mem_zalloc(sizeof(*dead));
    dead->table = *kt;
    dead->objects = kt->table.count;
    queue(reaper, dead);
}

static void eat_here(struct reaper *reaper, size_t budget) {
    while (budget && !list_empty(&reaper->queue)) {
        struct dead *dead = LIST_OWNER(reaper->queue.next, struct dead, link);
        if (eat(dead, &budget)) bury(reaper, dead);
    }
}

bool reaper_step(struct reaper *reaper, size_t budget) {
    if (reaper->io) return true; /* the helpers' work */
    eat_here(reaper, budget);
    return list_empty(&reaper->queue);
}

void reaper_destroy(struct reaper **reaper) {
    must(!(*reaper)->job_out);
    eat_here(*reaper, SIZE_MAX);
    mem_free_sized(*reaper, sizeof(**reaper));
    *reaper = NULL;
}

bool reaper_due(const struct reaper *reaper) {
    return reaper->io == NULL && !list_empty(&reaper->queue);
}

size_t reaper_pending(const struct reaper *reaper) {
    return reaper->pending;
}

size_t reaper_pending_bytes(const struct reaper *reaper) {
    return reaper->pending_bytes;
}

size_t reaper_freed(const struct reaper *reaper) {
    return reaper->freed;
}
