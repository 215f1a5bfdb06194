/* Rewriting: a new base, made of what is in memory, takes the place of everything written before.
 *
 *      T0, between two units:  the walk begins, and the journal's last group for the old increment is sealed
 *
 *      old increment ──┤ synced      new increment created, in the manifest behind the old one ├── groups go
 * on walk ───────────┬─ entries ─► snapshot, or commands ─► temporary file, synced ─────┐ └─ pre-images ─┘ ▼
 *                                       manifest: new base, new increment; the rest is history, deleted
 *
 * Begun anew (no file to go on with: appendonly was off, or a sync failed), there is no old increment, and
 * only the last manifest makes anything of it count: until then nothing is promised.
 *
 * At T0 both halves begin, then each goes its own way; the last step waits for both. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/walk.h"
#include "server/persist/aof_base_file.h"
#include "server/persist/aof_int.h"
#include "server/persist/persist.h"
#include "server/persist/snapshot.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define RETRY_US 1000000

struct aof_rewrite {
    struct aof *aof;
    bool anew, has_increment;
    int64_t began_us;
    const char *aborted; /* why it ends without a result */

    /* the increment */
    bool increment_ready, rotating;
    struct io_job rotate_job;
    struct aof_manifest next; /* of the job under way */
    int increment_fd, error;  /* results of that job */

    /* the base, in one of two forms */
    bool rdb, base_ready, installing, removing;
    struct snapshot *snapshot;
    struct aof_base_file *commands;
    struct io_job install_job;
    char temp[64];
    int64_t size; /* of the base, once it is in its place */
};

static void end_if_possible(struct aof_rewrite *w);

static void abort_base(struct aof_rewrite *w, const char *reason) {
    if (w->snapshot) snapshot_abort(w->snapshot, reason);
    if (w->commands) aof_base_abort(w->commands, reason);
}

static void base_done(void *owner, const char *error) {
    struct aof_rewrite *w = owner;
    struct aof *a = w->aof;
    w->snapshot = NULL;
    w->commands = NULL;
    a->walking = false;
    persist_hold(a->parts.persist, false);
    if (error && !w->aborted) {
        log_warning(a->parts.log, "Error writing the new base of the append only file: %s", error);
        w->aborted = "the new base could not be written";
    }
    w->base_ready = error == NULL;
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
        if (!w->aborted) w->aborted = "there is no new increment";
        abort_base(w, w->aborted);
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

static int64_t size_of(const struct aof_place *p, const char *name) {
    int64_t size = 0;
    int fd = aof_file_open(p, name, &size);
    if (fd < 0) return fd;
    io_disk_close(p->io, fd);
    return size;
}

static void install_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, install_job);
    const struct aof_place *p = &w->aof->place;
    w->size = size_of(p, w->temp);
    char *from = aof_path(p->folder, w->temp), *to = aof_path(p->folder, w->next.base.name);
    w->error = w->size < 0 ? (int)w->size : io_disk_rename(p->io, from, to);
    mem_free(from);
    mem_free(to);
    if (w->error == 0) w->error = io_disk_sync_dir(p->io, p->root); /* the folder may be new */
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
        a->rewrite_failed_us = now_us;
        a->rewrite_limit_told = false;
        log_warning(a->parts.log, "Background AOF rewrite ended without a result: %s", w->aborted);
    } else {
        a->stats.rewrites++;
        a->stats.rewrite_failures = 0;
        log_notice(a->parts.log, "Background AOF rewrite finished successfully");
    }
    persist_hold(a->parts.persist, false);
    a->rewrite = NULL;
    mem_free_sized(w, sizeof(*w));
    aof_apply_policy(a);
}

static void install_done(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, install_job);
    struct aof *a = w->aof;
    w->installing = false;
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
    aof_manifest_new_base(&w->next, a->place.prefix, w->rdb);
    aof_manifest_retire_incrs(&w->next, w->has_increment ? 1 : 0);
    w->installing = true;
    io_job_submit(a->parts.io, &w->install_job, IO_LANE_DISK, install_work, install_done);
}

static void remove_work(struct io_job *job) {
    struct aof_rewrite *w = LIST_OWNER(job, struct aof_rewrite, install_job);
    char *path = aof_path(w->aof->place.folder, w->temp);
    io_disk_unlink(job->io, path);
    mem_free(path);
}

static void remove_done(struct io_job *job) {
    done(LIST_OWNER(job, struct aof_rewrite, install_job));
}

static void end_if_possible(struct aof_rewrite *w) {
    if (w->snapshot || w->commands || w->rotating || w->installing || w->removing) return;
    if (w->aborted) {
        const struct journal *j = &w->aof->journal;
        bool hopeless = j->state == JOURNAL_BROKEN || (w->aof->state == AOF_STOPPING && j->error);
        if (!w->anew && j->rotation != JOURNAL_STAYS && !hopeless)
            return; /* its increment is still on its way */
        w->removing = true;
        io_job_submit(w->aof->parts.io, &w->install_job, IO_LANE_DISK, remove_work, remove_done);
    } else if (w->base_ready && (w->increment_ready || !w->has_increment)) {
        install(w);
    }
}

/* --- the beginning --- */

static void begin_snapshot(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    struct snapshot_conf conf;
    persist_snapshot_conf(a->parts.persist, &conf);
    conf.aof_base = true;
    conf.folder = a->place.folder;
    conf.name = w->temp;
    conf.sync_early = a->conf.incremental_fsync;
    w->snapshot = snapshot_begin(&conf, base_done, w);
}

static void begin_commands(struct aof_rewrite *w) {
    struct aof *a = w->aof;
    struct aof_base_conf conf = {.io = a->parts.io,
                                 .keyspace = a->parts.keyspace,
                                 .account = &a->parts.persist->buffers,
                                 .place = &a->place,
                                 .name = w->temp,
                                 .position = a->journal.appended,
                                 .time_s = a->conf.timestamps ? a->parts.keyspace->now_ms / 1000 : 0,
                                 .sync_early = a->conf.incremental_fsync,
                                 .key_delay_us = &a->parts.persist->conf.key_save_delay_us};
    w->commands = aof_base_begin(&conf, base_done, w);
}

/* T0. */
static void begin_walk(struct aof_rewrite *w) {
    must(w->aof->parts.keyspace->walk == NULL); /* snapshots are held off */
    w->rdb = w->aof->conf.use_rdb_preamble;
    w->aof->walking = true;
    if (w->rdb)
        begin_snapshot(w);
    else
        begin_commands(w);
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
    w->began_us = io_now_us(a->parts.io);
    w->has_increment = a->state == AOF_ON;
    w->anew = !a->published;
    snprintf(w->temp, sizeof(w->temp), "temp-rewriteaof-bg-%d.aof", (int)getpid());
    a->rewrite_wanted = false;
    persist_hold(a->parts.persist, true);
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
    if (a->parts.keyspace->walk || a->history || io_now_us(a->parts.io) < a->rewrite_retry_us) return false;
    if (a->state == AOF_OFF) return true;
    if (a->state != AOF_ON) return false;
    return a->published ? a->journal.error == 0 : !journal_busy(&a->journal);
}

void aof_rewrite_turn(struct aof *a) {
    struct aof_rewrite *w = a->rewrite;
    if (unlikely(w != NULL)) {
        if (a->walking && persist_overrun(a->parts.persist))
            aof_rewrite_abort(
                a, "its buffers took twice the memory that snapshot-buffer-max allows: the disk is "
                   "too slow");
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
    abort_base(w, reason);
    end_if_possible(w);
}

bool aof_rewrite_is_aborted(const struct aof *a) {
    return a->rewrite->aborted != NULL;
}

int64_t aof_rewrite_seconds(const struct aof *a) {
    return a->rewrite ? (io_now_us(a->parts.io) - a->rewrite->began_us) / 1000000 : -1;
}
