/* Rewriting: a new base, made of what is in memory, takes the place of everything written before.
 *
 *      T0, between two units:  the walk begins, and the journal's last group for the old increment is sealed
 *
 *      old increment ──┤ synced      new increment created, in the manifest behind the old one ├── groups go
 * on walk ───────────┬─ entries ─► pieces ─► temporary file ─► synced ─► renamed ─┐ └─ pre-images ─┘ ▼
 *                                                manifest: new base, new increment; the rest is history,
 * deleted
 *
 * Begun anew (no file to go on with: appendonly was off, or a sync failed), there is no old increment, and
 * only the last manifest makes anything of it count: until then nothing is promised.
 *
 * At T0 both halves begin, then each goes its own way; the last step waits for both. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/walk.h"
#include "server/persist/aof_base.h"
#include "server/persist/aof_int.h"
#include "server/persist/aof_rdb.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PIECE_BYTES  (256 * 1024)
#define WAITING_MAX  (64 << 20) /* pieces in memory at which a stalled disk ends the rewrite */
#define STEP_BUCKETS 48
#define RETRY_US     1000000

struct aof_rewrite {
    struct aof *aof;
    struct walk_sink sink;
    bool anew, has_increment;
    int64_t began_us;
    const char *aborted; /* why it ends without a result */

    /* the increment */
    bool increment_ready, rotating;
    struct io_job rotate_job;
    struct aof_manifest next; /* of the job under way */
    int increment_fd, error;  /* results of that job */

    /* the base */
    bool walk_ended, base_ready, opening, installing;
    struct io_job open_job, install_job;
    char temp[64];
    int opened_fd; /* result of open_job */
    int fd;
    int64_t size;
    struct buf open, flying;
    struct aof_batch batch;
    int db, open_db;
    uint64_t position;
    char line[AOF_GROUP_MAX];
    struct iovec parts[2];
    struct io_file_op op;
    bool writing, removing;
};

static void end_if_possible(struct aof_rewrite *w);

/* --- the base: entries become groups of commands --- */

static void write_failed(struct aof_rewrite *w, int error) {
    if (w->aborted) return;
    log_warning(w->aof->parts.log, "Error writing the new base of the append only file: %s", strerror(error));
    w->aborted = "the disk refused it";
    if (!w->walk_ended && w->aof->walking) walk_abort(w->aof->parts.keyspace, w->aborted);
}

static void on_piece(struct io_file_op *op);

static void write_piece(struct aof_rewrite *w) {
    struct buf empty = w->flying;
    buf_clear(&empty);
    w->flying = w->open;
    w->open = empty;
    struct aof_group g = {
        .length = (int64_t)w->flying.len, .db = w->open_db, .position = w->position, .durable = w->size};
    aof_group_place(&g, w->size);
    size_t line = aof_group_line(&g, buf_slice(&w->flying), w->line);
    w->open_db = w->db;
    w->parts[0] = (struct iovec){w->line, line};
    w->parts[1] = (struct iovec){w->flying.ptr, w->flying.len};
    w->writing = true;
    io_file_write(w->aof->parts.io, &w->op, w->fd, w->parts, 2, w->size, on_piece);
    w->size += (int64_t)(line + w->flying.len);
}

static void on_base_synced(struct io_file_op *op) {
    struct aof_rewrite *w = LIST_OWNER(op, struct aof_rewrite, op);
    w->writing = false;
    if (op->error)
        write_failed(w, op->error);
    else
        w->base_ready = true;
    end_if_possible(w);
}

static void write_more(struct aof_rewrite *w) {
    if (w->writing || w->fd < 0 || w->aborted || w->base_ready || w->installing) return;
    if (w->open.len >= PIECE_BYTES || (w->walk_ended && w->open.len)) {
        write_piece(w);
    } else if (w->walk_ended) {
        w->writing = true;
        io_file_sync(w->aof->parts.io, &w->op, w->fd, on_base_synced);
    }
}

static void on_piece(struct io_file_op *op) {
    struct aof_rewrite *w = LIST_OWNER(op, struct aof_rewrite, op);
    w->writing = false;
    if (op->error) write_failed(w, op->error);
    write_more(w);
    end_if_possible(w);
}

static void select_db(struct aof_rewrite *w, int db_index) {
    if (db_index == w->db) return;
    aof_put_select(&w->open, db_index);
    w->db = db_index;
}

/* Elements of another value that wait go first. */
static void belong_to(struct aof_rewrite *w, const struct walk_value *v) {
    if (w->batch.of == v) return;
    aof_batch_end(&w->batch);
    if (v == NULL) return;
    select_db(w, v->db_index);
    aof_batch_begin(&w->batch, &w->open, v, v->type, v->key);
}

static void take_entry(void *owner, int db_index, const struct entry *e) {
    struct aof_rewrite *w = owner;
    belong_to(w, NULL);
    select_db(w, db_index);
    aof_put_entry(&w->open, e);
    write_more(w);
}

static void take_element(void *owner, struct walk_value *v, const struct value_element *element) {
    struct aof_rewrite *w = owner;
    belong_to(w, v);
    aof_batch_add(&w->batch, element);
}

/* Commands need no head; elements may have come before it. */
static void begin_value(void *owner, struct walk_value *v) {}

static void finish_value(void *owner, struct walk_value *v) {
    struct aof_rewrite *w = owner;
    belong_to(w, NULL);
    select_db(w, v->db_index);
    if (v->deadline_ms != ENTRY_NO_DEADLINE) aof_put_deadline(&w->open, v->key, v->deadline_ms);
    write_more(w);
}

static void forget_value(void *owner, struct walk_value *v) {
    struct aof_rewrite *w = owner;
    if (w->batch.of == v) aof_batch_end(&w->batch);
}

/* The disk first, when much waits for it. */
static bool is_ready(void *owner) {
    return ((struct aof_rewrite *)owner)->open.len < 4 * PIECE_BYTES;
}

static void walk_over(void *owner, const char *aborted) {
    struct aof_rewrite *w = owner;
    w->walk_ended = true;
    w->aof->walking = false;
    belong_to(w, NULL);
    if (aborted && !w->aborted) w->aborted = aborted;
    write_more(w);
}

static void open_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, open_job);
    int error = aof_folder_make(&w->aof->place);
    w->opened_fd = error < 0 ? error : aof_file_create(&w->aof->place, w->temp, (struct slice){NULL, 0});
}

static void open_done(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, open_job);
    w->opening = false;
    if (w->opened_fd < 0)
        write_failed(w, -w->opened_fd);
    else
        w->fd = w->opened_fd;
    write_more(w);
    end_if_possible(w);
}

/* --- the increment --- */

static void rotate_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, rotate_job);
    const struct aof_place *p = &w->aof->place;
    w->error = aof_folder_make(p);
    if (w->error < 0) return;
    int fd = aof_file_create(p, w->next.incrs[w->next.incr_count - 1].name, (struct slice){NULL, 0});
    w->error = fd < 0 ? fd : 0;
    if (w->error == 0 && !w->anew) w->error = aof_manifest_store(p, &w->next);
    if (w->error < 0 && fd >= 0) io_disk_close(p->io, fd);
    w->increment_fd = w->error < 0 ? -1 : fd;
}

static void rotate_done(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, rotate_job);
    struct aof *a = w->aof;
    w->rotating = false;
    if (w->error < 0) {
        log_warning(a->parts.log, "Can't open a new increment of the append only file: %s",
                    strerror(-w->error));
        aof_manifest_deinit(&w->next);
        write_failed(w, -w->error);
        if (!w->anew) journal_open(&a->journal, a->fd, a->journal.size); /* the old one goes on */
    } else {
        aof_manifest_take(a, &w->next);
        aof_replace_file(a, w->increment_fd);
        journal_open(&a->journal, a->fd, 0);
        w->increment_ready = true;
    }
    end_if_possible(w);
}

static void start_rotating(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    aof_manifest_copy(&w->next, &a->manifest);
    aof_manifest_new_incr(&w->next, a->place.prefix);
    w->rotating = true;
    io_job_submit(a->parts.io, &w->rotate_job, IO_LANE_DISK, rotate_work, rotate_done);
}

/* --- the last step --- */

static void install_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, install_job);
    const struct aof_place *p = &w->aof->place;
    io_disk_close(p->io, w->fd);
    char *from = aof_path(p->folder, w->temp), *to = aof_path(p->folder, w->next.base.name);
    w->error = io_disk_rename(p->io, from, to);
    mem_free(from);
    mem_free(to);
    if (w->error == 0) w->error = aof_manifest_store(p, &w->next);
    if (w->error < 0 || w->aof->conf.disable_auto_gc) return;
    aof_history_delete(p, &w->next);
    aof_manifest_forget_history(&w->next);
    int error = aof_manifest_store(p, &w->next);
    if (error < 0)
        log_warning(w->aof->parts.log, "Error forgetting old append only files: %s", strerror(-error));
}

static void done(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    int64_t now_us = io_now_us(a->parts.io);
    a->stats.last_rewrite_ok = w->aborted == NULL;
    a->stats.last_rewrite_s = (now_us - w->began_us) / 1000000;
    if (w->aborted) {
        a->stats.rewrite_failures++;
        a->rewrite_retry_us = now_us + RETRY_US;
        log_warning(a->parts.log, "Background AOF rewrite ended without a result: %s", w->aborted);
    } else {
        a->stats.rewrites++;
        a->stats.rewrite_failures = 0;
        log_notice(a->parts.log, "Background AOF rewrite finished successfully");
    }
    buf_deinit(&w->open);
    buf_deinit(&w->flying);
    aof_batch_deinit(&w->batch);
    a->rewrite = NULL;
    mem_free_sized(w, sizeof(*w));
    aof_apply_policy(a);
}

static void install_done(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, install_job);
    struct aof *a = w->aof;
    w->installing = false;
    w->fd = -1;
    if (w->error < 0) {
        log_warning(a->parts.log, "Error installing the new base of the append only file: %s",
                    strerror(-w->error));
        w->aborted = "the disk refused it";
        aof_manifest_deinit(&w->next);
        done(w);
        return;
    }
    a->stats.base_size = w->size;
    a->older_bytes = w->size;
    aof_manifest_take(a, &w->next);
    a->stats.rewrite_base_size = w->size + (w->has_increment ? a->journal.size : 0);
    if (w->has_increment) aof_promise(a);
    done(w);
}

static void install(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    aof_manifest_copy(&w->next, &a->manifest);
    aof_manifest_new_base(&w->next, a->place.prefix, false);
    aof_manifest_retire_incrs(&w->next, w->has_increment ? 1 : 0);
    w->installing = true;
    io_job_submit(a->parts.io, &w->install_job, IO_LANE_DISK, install_work, install_done);
}

static void remove_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, open_job);
    if (w->fd >= 0) io_disk_close(job->io, w->fd);
    char *path = aof_path(w->aof->place.folder, w->temp);
    io_disk_unlink(job->io, path);
    mem_free(path);
}

static void remove_done(struct io_job *job) {
    done(LIST_OWNER(job, struct aof_rewrite, open_job));
}

static void end_if_possible(struct aof_rewrite *w) {
    if (w->writing || w->opening || w->rotating || w->installing || w->removing) return;
    if (w->aborted) {
        const struct journal *j = &w->aof->journal;
        bool hopeless = j->state == JOURNAL_BROKEN || (w->aof->state == AOF_STOPPING && j->error);
        if (!w->anew && j->rotation != JOURNAL_STAYS && !hopeless)
            return; /* its increment is still on its way */
        w->removing = true;
        io_job_submit(w->aof->parts.io, &w->open_job, IO_LANE_DISK, remove_work, remove_done);
    } else if (w->base_ready && (w->increment_ready || !w->has_increment)) {
        install(w);
    }
}

/* --- the beginning --- */

/* T0. */
static void begin_walk(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    w->position = a->journal.appended;
    w->sink = (struct walk_sink){.owner = w,
                                 .entry = take_entry,
                                 .begin = begin_value,
                                 .element = take_element,
                                 .finish = finish_value,
                                 .forget = forget_value,
                                 .ready = is_ready,
                                 .end = walk_over};
    a->walking = walk_begin(a->parts.keyspace, &w->sink);
    if (!a->walking) {
        w->walk_ended = true;
        w->aborted = "another walk is under way";
    }
    w->opening = true;
    io_job_submit(a->parts.io, &w->open_job, IO_LANE_DISK, open_work, open_done);
}

void aof_rewrite_sealed(struct aof *a) {
    if (a->rewrite && a->rewrite->aborted == NULL) begin_walk(a->rewrite);
}

void aof_rewrite_rotated(struct aof *a) {
    if (a->rewrite) start_rotating(a->rewrite); /* NULL: the server ends */
}

static void begin(struct aof *a) {
    struct aof_rewrite *w = a->rewrite = mem_zalloc(sizeof(*w));
    w->aof = a;
    w->fd = -1;
    w->open_db = 0;
    w->began_us = io_now_us(a->parts.io);
    w->has_increment = a->state == AOF_ON;
    w->anew = !a->published;
    snprintf(w->temp, sizeof(w->temp), "temp-rewriteaof-bg-%d.aof", (int)getpid());
    a->rewrite_wanted = false;
    log_notice(a->parts.log, "Background append only file rewriting started");
    aof_apply_policy(a);
    if (w->has_increment && !w->anew) {
        journal_rotate(&a->journal); /* both halves begin when it is sealed */
        return;
    }
    if (w->has_increment) {
        journal_anew(&a->journal);
        start_rotating(w);
    }
    begin_walk(w);
}

static bool may_begin(struct aof *a) {
    if (a->parts.keyspace->walk || io_now_us(a->parts.io) < a->rewrite_retry_us) return false;
    if (a->state == AOF_OFF) return true;
    if (a->state != AOF_ON) return false;
    return a->published ? a->journal.error == 0 : !journal_busy(&a->journal);
}

void aof_rewrite_turn(struct aof *a) {
    struct aof_rewrite *w = a->rewrite;
    struct keyspace *ks = a->parts.keyspace;
    if (unlikely(w != NULL)) {
        if (a->walking && w->open.len + walk_kept_bytes(ks->walk) >= WAITING_MAX)
            aof_rewrite_abort(a, "the disk does not take it");
        else if (a->state == AOF_STOPPING)
            end_if_possible(w);
        return;
    }
    if (likely(!a->rewrite_wanted && (a->state != AOF_ON || a->published)) || !may_begin(a)) return;
    begin(a);
}

void aof_rewrite_abort(struct aof *a, const char *reason) {
    struct aof_rewrite *w = a->rewrite;
    if (w == NULL || w->aborted || w->installing) return;
    w->aborted = reason;
    if (w->sink.owner && !w->walk_ended) walk_abort(a->parts.keyspace, reason);
    end_if_possible(w);
}

bool aof_rewrite_is_aborted(const struct aof *a) {
    return a->rewrite->aborted != NULL;
}

int64_t aof_rewrite_seconds(const struct aof *a) {
    return a->rewrite ? (io_now_us(a->parts.io) - a->rewrite->began_us) / 1000000 : -1;
}

size_t aof_rewrite_bytes(const struct aof *a) {
    return a->rewrite ? a->rewrite->open.len + a->rewrite->flying.len : 0;
}
