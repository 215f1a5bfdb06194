/* What is saved and loaded when.
 *
 *      SAVE, BGSAVE, save points, SHUTDOWN, RELOAD ──► wanted ──► snapshot ──► task_done
 *                                                        ▲ waits until no walk is under way
 *      start, RELOAD ────────────────────────────────────────────► load ──► load_done
 */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/io/io_file.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/walk.h"
#include "server/persist/load.h"
#include "server/persist/migrate.h"
#include "server/persist/persist_int.h"
#include "server/persist/rdb_format.h"
#include "server/persist/snapshot.h"
#include <unistd.h>

#define RETRY_MS         5000       /* after a BGSAVE that failed */
#define BUFFER_MAX_LEAST (64 << 20) /* where snapshot-buffer-max is a share */

/* --- the client that waits --- */

/* NULL: OK. */
static void answer(struct persist *p, const char *error) {
    struct session *s = p->waiting;
    p->waiting = NULL;
    if (s == NULL) return;
    if (error)
        resp_error(&s->reply, error);
    else
        resp_ok(&s->reply);
    s->flags &= ~(uint32_t)SESSION_BLOCKED;
    session_output_pending(s);
    if (s->ops && s->ops->resume) s->ops->resume(s);
}

static void session_gone(void *owner, struct session *s) {
    struct persist *p = owner;
    if (p->waiting == s) p->waiting = NULL;
    migrate_session_gone(p->migrate, s);
}

static bool never(void *owner) {
    return false;
}

static void wait_for_it(struct persist *p, struct call *call) {
    p->waiting = call->session;
    call->session->flags |= SESSION_BLOCKED;
}

/* --- loading --- */

void persist_keep_function(struct persist *p, struct slice library) {
    p->functions = mem_realloc(p->functions, (p->function_count + 1) * sizeof(*p->functions));
    p->functions[p->function_count++] = (struct slice){mem_strndup(library.ptr, library.len), library.len};
}

static void keep_function(void *owner, struct slice library) {
    persist_keep_function(owner, library);
}

void persist_forget_functions(struct persist *p) {
    for (size_t i = 0; i < p->function_count; i++)
        mem_free((char *)p->functions[i].ptr);
    mem_free(p->functions);
    p->functions = NULL;
    p->function_count = 0;
}

void persist_note_loaded(struct persist *p, const struct load_result *r) {
    log_notice(p->log, "Done loading RDB, keys loaded: %llu, keys expired: %llu, empty keys skipped: %llu.",
               (unsigned long long)r->keys, (unsigned long long)r->expired, (unsigned long long)r->empty);
    if (r->functions)
        log_warning(p->log,
                    "%llu function libraries are kept for the next snapshot, but cannot be called: functions "
                    "are not built",
                    (unsigned long long)r->functions);
    p->stats.keys_loaded = r->keys;
    p->stats.keys_expired = r->expired;
}

static void log_loaded(struct persist *p, const struct load_result *r) {
    persist_note_loaded(p, r);
    log_notice(p->log, "DB loaded from disk: %.3f seconds", (double)r->took_us / 1e6);
}

/* Where the snapshot is; the caller frees it. */
static char *file_path(const struct persist *p) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", *p->folder, p->conf.dbfilename);
    char *copy = mem_strdup(buf_cstr(&path));
    buf_deinit(&path);
    return copy;
}

static bool file_exists(const struct persist *p) {
    char *path = file_path(p);
    bool exists = io_disk_exists(p->io, path);
    mem_free(path);
    return exists;
}

static void begin_load(struct persist *p, bool merge,
                       void (*done)(void *owner, const struct load_result *result)) {
    char *path = file_path(p);
    struct load_conf conf = {.io = p->io,
                             .keyspace = p->keyspace,
                             .log = p->log,
                             .path = path,
                             .checksum = p->conf.rdb_checksum,
                             .merge = merge,
                             .key_delay_us = &p->conf.key_load_delay_us,
                             .function = keep_function};
    persist_forget_functions(p);
    p->loading = true;
    p->load = load_begin(&conf, done, p);
    mem_free(path);
}

static void loaded_at_start(void *owner, const struct load_result *r) {
    struct persist *p = owner;
    p->load = NULL;
    p->loading = false;
    if (r->error) {
        log_warning(p->log, "%s", r->error);
        log_warning(p->log, "Terminating server after rdb file reading failure.");
        log_warning(p->log, "Fatal error loading the DB, check server logs. Exiting.");
        p->failed = true;
        return;
    }
    log_loaded(p, r);
    p->started(p->owner);
}

static void reloaded(void *owner, const struct load_result *r) {
    struct persist *p = owner;
    p->load = NULL;
    p->loading = false;
    if (r->error) {
        log_warning(p->log, "%s", r->error);
        answer(p, "ERR Error trying to load the RDB dump, check server logs.");
        return;
    }
    log_loaded(p, r);
    log_warning(p->log, "DB reloaded by DEBUG RELOAD");
    answer(p, NULL);
}

bool persist_load_due(const struct persist *p) {
    return load_due(p->load);
}

void persist_load_step(struct persist *p) {
    if (load_due(p->load)) load_step(p->load);
}

static void begin_reload(struct persist *p) {
    if (p->reload.flush) key_flush_all(p->keyspace);
    begin_load(p, p->reload.merge, reloaded);
}

/* --- saving --- */

static void bgsave_done(struct persist *p, const char *error) {
    p->stats.last_took_s = (p->keyspace->now_ms - p->stats.began_ms) / 1000;
    if (error && p->flushed) {
        log_notice(p->log, "Background saving ended: %s", error);
        return;
    }
    p->stats.last_ok = error == NULL;
    if (error)
        log_warning(p->log, "Background saving error: %s", error);
    else
        log_notice(p->log, "Background saving terminated with success");
}

static void task_done(void *owner, const char *error) {
    struct persist *p = owner;
    enum persist_task task = p->task;
    p->snapshot = NULL;
    p->task = PERSIST_NOTHING;
    if (error == NULL) {
        p->keyspace->dirty -= p->dirty_at_epoch < p->keyspace->dirty ? p->dirty_at_epoch : p->keyspace->dirty;
        p->stats.last_save_ms = p->keyspace->now_ms;
        p->stats.saves++;
        p->stats.last_ok = true;
        log_notice(p->log, "DB saved on disk");
    } else if (task != PERSIST_BGSAVE) {
        log_warning(p->log, "Error saving DB on disk: %s", error);
    }
    switch (task) {
    case PERSIST_BGSAVE: bgsave_done(p, error); break;
    case PERSIST_SHUTDOWN:
        if (error) answer(p, "ERR Errors trying to SHUTDOWN. Check logs.");
        p->shutdown_done(p->owner, error == NULL);
        break;
    case PERSIST_RELOAD:
        if (error)
            answer(p, "ERR Error trying to save the DB, check server logs.");
        else
            begin_reload(p);
        break;
    case PERSIST_SAVE: answer(p, error ? "ERR" : NULL); break;
    case PERSIST_NOTHING: break; /* nobody waits for it any more */
    }
    p->flushed = false;
}

void persist_snapshot_conf(struct persist *p, struct snapshot_conf *conf) {
    *conf = (struct snapshot_conf){.io = p->io,
                                   .keyspace = p->keyspace,
                                   .account = &p->buffers,
                                   .functions = p->functions,
                                   .function_count = p->function_count,
                                   .redis_version = REDIS_VERSION,
                                   .compress = p->conf.rdb_compression,
                                   .checksum = p->conf.rdb_checksum,
                                   .sync_early = p->conf.sync_early,
                                   .version = p->conf.rdb_version,
                                   .key_delay_us = &p->conf.key_save_delay_us};
}

void persist_hold(struct persist *p, bool held) {
    p->held = held;
    if (held) p->buffers_peak = 0;
}

static void begin_task(struct persist *p) {
    p->task = p->wanted;
    p->wanted = PERSIST_NOTHING;
    p->dirty_at_epoch = p->keyspace->dirty;
    p->buffers_peak = 0;
    p->stats.began_ms = p->stats.last_try_ms = p->keyspace->now_ms;
    struct snapshot_conf conf;
    persist_snapshot_conf(p, &conf);
    conf.folder = *p->folder;
    conf.name = p->conf.dbfilename;
    if (p->task == PERSIST_BGSAVE) log_notice(p->log, "Background saving started by pid %d", (int)getpid());
    p->snapshot = snapshot_begin(&conf, task_done, p);
}

static bool can_begin(const struct persist *p) {
    return p->snapshot == NULL && p->load == NULL && p->keyspace->walk == NULL && !p->held;
}

static void note_buffers(struct persist *p) {
    int64_t bytes = persist_buffer_bytes(p);
    if (bytes > p->buffers_peak) p->buffers_peak = bytes;
}

void persist_turn(struct persist *p) {
    migrate_turn(p->migrate);
    if (p->wanted && can_begin(p)) begin_task(p);
    if (p->snapshot || p->held) note_buffers(p);
    if (p->snapshot && p->conf.key_save_delay_us == 0) snapshot_hurry(p->snapshot);
    if (p->snapshot && persist_overrun(p))
        snapshot_abort(p->snapshot, "its buffers took twice the memory that snapshot-buffer-max allows");
}

/* After FLUSHALL. What was being saved is no more (its walk ended with the data); the file must not bring it
 * back either. */
static void on_flushed(void *owner) {
    struct persist *p = owner;
    if (p->loading) return;
    p->flushed = p->snapshot;
    if (p->conf.save.count > 0 && p->wanted == PERSIST_NOTHING) p->wanted = PERSIST_SAVE;
}

/* --- save points --- */

static bool point_reached(struct persist *p) {
    const struct keyspace *ks = p->keyspace;
    for (int i = 0; i < p->conf.save.count; i++) {
        const struct conf_save_point *point = &p->conf.save.points[i];
        if ((int64_t)ks->dirty < point->changes) continue;
        if (ks->now_ms - p->stats.last_save_ms <= point->seconds * 1000) continue;
        if (!p->stats.last_ok && ks->now_ms - p->stats.last_try_ms <= RETRY_MS) continue;
        log_notice(p->log, "%lld changes in %lld seconds. Saving...", (long long)point->changes,
                   (long long)point->seconds);
        return true;
    }
    return false;
}

void persist_cron(struct persist *p) {
    if (p->migrate) migrate_cron(p->migrate);
    if (p->wanted == PERSIST_NOTHING && can_begin(p) && point_reached(p)) p->wanted = PERSIST_BGSAVE;
}

/* --- limits --- */

int64_t persist_buffer_max(const struct persist *p) {
    int64_t max = p->conf.snapshot_buffer_max;
    if (max >= 0) return max;
    int64_t share = (int64_t)((double)p->keyspace->account->used * (double)-max / 100);
    return share > BUFFER_MAX_LEAST ? share : BUFFER_MAX_LEAST;
}

int64_t persist_buffer_bytes(const struct persist *p) {
    if (p->snapshot == NULL && !p->held) return 0;
    return p->buffers.used + (int64_t)walk_copied_bytes(p->keyspace->walk);
}

bool persist_strained(const struct persist *p) {
    return persist_buffer_bytes(p) > persist_buffer_max(p);
}

bool persist_overrun(const struct persist *p) {
    return persist_buffer_bytes(p) / 2 > persist_buffer_max(p);
}

/* --- gates --- */

static bool is_loading(void *owner) {
    return ((const struct persist *)owner)->loading;
}

static const char *check_loading(void *owner, const struct call *call) {
    if (call->command_flags & COMMAND_LOADING) return NULL;
    return "LOADING Redis is loading the dataset in memory";
}

static bool is_failing(void *owner) {
    const struct persist *p = owner;
    return !p->stats.last_ok && p->conf.stop_writes_on_error && p->conf.save.count > 0;
}

static const char *check_failing(void *owner, const struct call *call) {
    if (!(call->command_flags & COMMAND_WRITE) || !is_failing(owner)) return NULL;
    return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
           "Commands that may modify the data set are disabled, because this instance is configured to "
           "report "
           "errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please "
           "check "
           "the logs for details about the RDB error.";
}

/* --- beginning and end --- */

void persist_start(struct persist *p, struct exec *exec, bool load) {
    p->stats =
        (struct persist_stats){.last_ok = true, .last_took_s = -1, .last_save_ms = p->keyspace->now_ms};
    p->loading_gate =
        (struct exec_gate){.name = "loading", .owner = p, .active = is_loading, .check = check_loading};
    p->failing_gate =
        (struct exec_gate){.name = "bgsave", .owner = p, .active = is_failing, .check = check_failing};
    p->observer = (struct exec_observer){.owner = p, .active = never, .gone = session_gone};
    exec_add_gate(exec, &p->loading_gate);
    exec_add_gate(exec, &p->failing_gate);
    exec_add_observer(exec, &p->observer);
    const struct migrate_parts parts = {p->io, p->keyspace, exec, &p->conf.rdb_version,
                                        &p->conf.rdb_compression};
    p->migrate = migrate_create(&parts);
    p->keyspace->flushed = on_flushed;
    p->keyspace->flushed_owner = p;
    if (!load) return;
    if (file_exists(p))
        begin_load(p, false, loaded_at_start);
    else
        p->started(p->owner);
}

bool persist_close(struct persist *p) {
    p->wanted = PERSIST_NOTHING;
    if (p->snapshot) snapshot_abort(p->snapshot, "the server ends");
    if (p->load && !load_cancel(&p->load)) return false;
    if (p->keyspace->walk) walk_destroy(p->keyspace);
    if (p->migrate && !migrate_close(p->migrate)) return false;
    return p->snapshot == NULL;
}

void persist_deinit(struct persist *p) {
    if (p->migrate) migrate_destroy(&p->migrate);
    persist_forget_functions(p);
}

bool persist_saves_at_shutdown(const struct persist *p) {
    return p->conf.save.count > 0 && !p->loading;
}

void persist_save_for_shutdown(struct persist *p, struct call *call) {
    if (p->waiting) answer(p, "ERR The server is shutting down");
    if (p->snapshot) {
        log_warning(p->log, "There is a snapshot under way. Ending it!");
        p->task = PERSIST_NOTHING;
        snapshot_abort(p->snapshot, "the server is asked to shut down");
    }
    log_notice(p->log, "Saving the final RDB snapshot before exiting.");
    p->wanted = PERSIST_SHUTDOWN;
    if (call) wait_for_it(p, call);
}

void persist_unlink_temp(const struct persist *p) {
    if (p->snapshot) snapshot_unlink(p->snapshot);
}

void persist_reload(struct persist *p, struct call *call, bool save, struct persist_reload reload) {
    if (!can_begin(p) || p->wanted || (call->flags & CALL_IN_EXEC)) {
        resp_error(call->reply, "ERR A snapshot is under way, or this is a transaction: cannot reload now");
        return;
    }
    p->reload = reload;
    wait_for_it(p, call);
    if (save)
        p->wanted = PERSIST_RELOAD;
    else
        begin_reload(p);
}

/* --- for commands.c --- */

bool persist_is_saving(const struct persist *p) {
    return p->snapshot || p->wanted;
}

void persist_want(struct persist *p, enum persist_task task, struct call *waits) {
    p->wanted = task;
    if (waits) wait_for_it(p, waits);
}
