/* See aof_base_file.h.
 *
 *      open, collects commands ──► flying, one group at an explicit offset ──► file
 *
 * One thing at a time is with the disk: opening, a group, a sync, closing. While it has much to do the walk
 * rests; what is told early, because it is about to change, collects all the same. */
#include "server/persist/aof_base_file.h"
#include "common/base/panic.h"
#include "common/io/io_file.h"
#include "server/keyspace/walk.h"
#include "server/persist/aof_base.h"
#include "server/persist/aof_files.h"
#include <stdio.h>

#define PIECE_BYTES      (256 << 10)
#define OPEN_BYTES_MAX   (4 * PIECE_BYTES) /* the disk first, when so much waits for it */
#define SYNC_EARLY_BYTES (32 << 20)

struct aof_base_file {
    struct io_job job;
    struct aof_base_conf conf;
    char *name; /* owned */
    struct walk_sink sink;
    bool busy, walk_ended, synced_all, closed;
    char error[160];
    int fd, job_error; /* job_error: result of the job */
    int64_t size, synced;
    struct buf open, flying;
    struct aof_batch batch;
    int db, open_db;               /* selected at the end of `open`, at its beginning */
    char line[AOF_GROUP_MAX + 32]; /* with the time before the first */
    struct iovec parts[2];
    struct io_file_op op;
    struct io_timer rest; /* for tests: until the next key */
    int64_t rest_until_us;
    void (*done)(void *owner, const char *error);
    void *owner;
};

static void go_on(struct aof_base_file *b);

/* --- the disk --- */

static void fail(struct aof_base_file *b, int error) {
    if (b->error[0]) return;
    snprintf(b->error, sizeof(b->error), "%s", strerror(error));
    if (!b->walk_ended) walk_abort(b->conf.keyspace, b->error);
}

static void back(struct aof_base_file *b, int error) {
    b->busy = false;
    if (error) fail(b, error);
    go_on(b);
}

static void on_written(struct io_file_op *op) {
    struct aof_base_file *b = LIST_OWNER(op, struct aof_base_file, op);
    back(b, op->error);
}

static void on_synced(struct io_file_op *op) {
    struct aof_base_file *b = LIST_OWNER(op, struct aof_base_file, op);
    b->synced_all = b->walk_ended && b->open.len == 0;
    back(b, op->error);
}

static size_t put_time(struct aof_base_file *b) {
    struct buf time = {0};
    if (b->conf.time_s) aof_put_time(&time, b->conf.time_s);
    size_t len = time.len;
    if (len) memcpy(b->line, time.ptr, len);
    buf_deinit(&time);
    return len;
}

static void write_piece(struct aof_base_file *b) {
    struct buf empty = b->flying;
    buf_clear(&empty);
    b->flying = b->open;
    b->open = empty;
    struct aof_group g = {
        .length = (int64_t)b->flying.len, .db = b->open_db, .position = b->conf.position, .durable = b->size};
    size_t line = b->size ? 0 : put_time(b);
    aof_group_place(&g, b->size + (int64_t)line);
    line += aof_group_line(&g, buf_slice(&b->flying), b->line + line);
    b->open_db = b->db;
    b->parts[0] = (struct iovec){b->line, line};
    b->parts[1] = (struct iovec){b->flying.ptr, b->flying.len};
    io_file_write(b->conf.io, &b->op, b->fd, b->parts, 2, b->size, on_written);
    b->size += (int64_t)(line + b->flying.len);
}

static struct aof_base_file *owner_of(struct io_job *job) {
    return LIST_OWNER(job, struct aof_base_file, job);
}

static void open_work(struct io_job *job) {
    struct aof_base_file *b = owner_of(job);
    b->job_error = aof_folder_make(b->conf.place);
    if (b->job_error == 0) b->fd = aof_file_create(b->conf.place, b->name, (struct slice){NULL, 0});
    if (b->fd < 0 && b->job_error == 0) b->job_error = b->fd;
}

static void close_work(struct io_job *job) {
    struct aof_base_file *b = owner_of(job);
    b->job_error = b->fd >= 0 ? io_disk_close(job->io, b->fd) : 0;
    if (b->error[0] == 0) return;
    char *path = aof_path(b->conf.place->folder, b->name);
    io_disk_unlink(job->io, path);
    mem_free(path);
}

static void job_done(struct io_job *job) {
    struct aof_base_file *b = owner_of(job);
    back(b, -b->job_error);
}

static void submit(struct aof_base_file *b, void (*work)(struct io_job *job)) {
    b->busy = true;
    b->job_error = 0;
    io_job_submit(b->conf.io, &b->job, IO_LANE_DISK, work, job_done);
}

static void finish(struct aof_base_file *b) {
    void (*done)(void *, const char *) = b->done;
    void *done_owner = b->owner;
    char error[sizeof(b->error)];
    memcpy(error, b->error, sizeof(error));
    struct mem_account *outer = mem_account_enter(b->conf.account);
    io_timer_cancel(b->conf.io, &b->rest);
    buf_deinit(&b->open);
    buf_deinit(&b->flying);
    aof_batch_deinit(&b->batch);
    mem_free(b->name);
    mem_free_sized(b, sizeof(*b));
    mem_account_enter(outer);
    done(done_owner, error[0] ? error : NULL);
}

static void start_sync(struct aof_base_file *b) {
    b->busy = true;
    b->synced = b->size;
    io_file_sync(b->conf.io, &b->op, b->fd, on_synced);
}

/* Whatever the disk has to do next. */
static void go_on(struct aof_base_file *b) {
    if (b->busy || (b->error[0] && !b->walk_ended)) return;
    if (b->closed) {
        finish(b);
    } else if (b->error[0] || b->synced_all) {
        b->closed = true;
        submit(b, close_work);
    } else if (b->conf.sync_early && b->size - b->synced >= SYNC_EARLY_BYTES) {
        start_sync(b);
    } else if (b->open.len >= PIECE_BYTES || (b->walk_ended && b->open.len)) {
        b->busy = true;
        write_piece(b);
    } else if (b->walk_ended) {
        start_sync(b);
    }
}

/* --- the walk --- */

static void select_db(struct aof_base_file *b, int db_index) {
    if (db_index == b->db) return;
    aof_put_select(&b->open, db_index);
    b->db = db_index;
}

/* Elements of another value that wait go first. */
static void belong_to(struct aof_base_file *b, const struct walk_value *v) {
    if (b->batch.of == v) return;
    aof_batch_end(&b->batch);
    if (v == NULL) return;
    select_db(b, v->db_index);
    aof_batch_begin(&b->batch, &b->open, v, v->type, v->key);
}

static void key_put(struct aof_base_file *b) {
    if (*b->conf.key_delay_us <= 0) return;
    b->rest_until_us = io_now_us(b->conf.io) + *b->conf.key_delay_us;
    io_timer_set(b->conf.io, &b->rest, b->rest_until_us);
}

static void take_entry(void *owner, int db_index, const struct entry *e) {
    struct aof_base_file *b = owner;
    struct mem_account *outer = mem_account_enter(b->conf.account);
    belong_to(b, NULL);
    select_db(b, db_index);
    aof_put_entry(&b->open, e);
    key_put(b);
    go_on(b);
    mem_account_enter(outer);
}

static void take_element(void *owner, struct walk_value *v, const struct value_element *element) {
    struct aof_base_file *b = owner;
    struct mem_account *outer = mem_account_enter(b->conf.account);
    belong_to(b, v);
    aof_batch_add(&b->batch, element);
    mem_account_enter(outer);
}

/* Commands need no head; elements may have come before it. */
static void begin_value(void *owner, struct walk_value *v) {}

static void finish_value(void *owner, struct walk_value *v) {
    struct aof_base_file *b = owner;
    struct mem_account *outer = mem_account_enter(b->conf.account);
    belong_to(b, NULL);
    select_db(b, v->db_index);
    if (v->deadline_ms != ENTRY_NO_DEADLINE) aof_put_deadline(&b->open, v->key, v->deadline_ms);
    key_put(b);
    go_on(b);
    mem_account_enter(outer);
}

static void forget_value(void *owner, struct walk_value *v) {
    struct aof_base_file *b = owner;
    struct mem_account *outer = mem_account_enter(b->conf.account);
    if (b->batch.of == v) aof_batch_end(&b->batch);
    mem_account_enter(outer);
}

static bool is_ready(void *owner) {
    const struct aof_base_file *b = owner;
    return b->open.len < OPEN_BYTES_MAX &&
           (*b->conf.key_delay_us <= 0 || b->rest_until_us <= io_now_us(b->conf.io));
}

static void walk_over(void *owner, const char *aborted) {
    struct aof_base_file *b = owner;
    struct mem_account *outer = mem_account_enter(b->conf.account);
    b->walk_ended = true;
    belong_to(b, NULL);
    if (aborted && b->error[0] == 0) snprintf(b->error, sizeof(b->error), "%s", aborted);
    mem_account_enter(outer);
    go_on(b);
}

/* --- beginning and end --- */

static void rested(struct io_timer *timer) {
    /* Nothing but a turn of the loop was wanted. */
}

struct aof_base_file *aof_base_begin(const struct aof_base_conf *conf,
                                     void (*done)(void *owner, const char *error), void *owner) {
    struct mem_account *outer = mem_account_enter(conf->account);
    struct aof_base_file *b = mem_zalloc(sizeof(*b));
    b->conf = *conf;
    b->name = mem_strdup(conf->name);
    b->fd = -1;
    b->done = done;
    b->owner = owner;
    io_timer_init(&b->rest, rested);
    mem_account_enter(outer);
    b->sink = (struct walk_sink){.owner = b,
                                 .pieces = WALK_TABLES,
                                 .entry = take_entry,
                                 .begin = begin_value,
                                 .element = take_element,
                                 .finish = finish_value,
                                 .forget = forget_value,
                                 .ready = is_ready,
                                 .end = walk_over};
    bool begun = walk_begin(conf->keyspace, &b->sink);
    must(begun);
    submit(b, open_work);
    return b;
}

void aof_base_abort(struct aof_base_file *b, const char *reason) {
    if (b->error[0] || b->closed) return;
    snprintf(b->error, sizeof(b->error), "%s", reason);
    if (b->walk_ended)
        go_on(b);
    else
        walk_abort(b->conf.keyspace, reason);
}
