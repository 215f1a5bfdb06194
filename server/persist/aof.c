/* See aof.h.
 *
 *      appendonly yes at the start:   LOADING ──► ON, published
 *      CONFIG SET appendonly yes:     OFF ──► ON, not published ──(rewrite, begun anew)──► published
 *      a sync failed:                 ON, published ──► ON, not published ──(the same)──► published
 *
 * Not published means that the files do not make up what is in memory. Once promises were made (the gate is
 * suspended then), writes are refused until they do; before, clients are served as without the file. */
#include "server/persist/aof.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/task.h"
#include "server/persist/aof_int.h"
#include "server/persist/aof_load.h"
#include "server/persist/aof_rdb.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define FAILURES_MAX      3 /* automatic rewrites in a row, then they are limited */
#define LIMIT_MINUTES_MAX 60
#define MINUTE_US         60000000LL
#define UNWRITTEN_MAX     (64 << 20) /* bytes that wait for the disk at which writes are refused */

/* --- options --- */

static const struct conf_choice policies[] = {{"everysec", JOURNAL_SYNC_EVERYSEC},
                                              {"always", JOURNAL_SYNC_ALWAYS},
                                              {"no", JOURNAL_SYNC_NEVER},
                                              {NULL, 0}};

static bool is_plain_name(const void *value, struct conf_error *err, const char *text) {
    const char *name = *(char *const *)value;
    return (name && !strchr(name, '/')) || conf_fail(err, "%s", text);
}
static bool file_name_ok(void *owner, const void *value, struct conf_error *err) {
    return is_plain_name(value, err, "appendfilename can't be a path, just a filename");
}
static bool folder_name_ok(void *owner, const void *value, struct conf_error *err) {
    return is_plain_name(value, err, "appenddirname can't be a path, just a dirname");
}

static bool apply_policy(void *owner, struct conf_error *err) {
    aof_apply_policy(owner);
    return true;
}

static bool apply_gc(void *owner, struct conf_error *err) {
    struct aof *a = owner;
    a->gc_wanted = a->parts.io && !a->conf.disable_auto_gc;
    return true;
}

#define FIELD struct aof_conf

static const struct conf_option options[] = {
    CONF_OPT_BOOL("appendonly", FIELD, appendonly, "no", .flags = CONF_DENY_LOADING,
                  .apply = aof_apply_appendonly),
    CONF_OPT_STRING("appendfilename", FIELD, file_name, "appendonly.aof", .flags = CONF_IMMUTABLE,
                    .validate = file_name_ok),
    CONF_OPT_STRING("appenddirname", FIELD, folder_name, "appendonlydir", .flags = CONF_IMMUTABLE,
                    .validate = folder_name_ok),
    CONF_OPT_ENUM("appendfsync", FIELD, fsync, policies, "everysec", .apply = apply_policy),
    CONF_OPT_BOOL("no-appendfsync-on-rewrite", FIELD, no_fsync_on_rewrite, "no", .apply = apply_policy),
    CONF_OPT_INT("auto-aof-rewrite-percentage", FIELD, rewrite_percentage, 0, INT_MAX, "100"),
    CONF_OPT_MEMORY("auto-aof-rewrite-min-size", FIELD, rewrite_min_size, 0, INT64_MAX, "64mb"),
    CONF_OPT_BOOL("aof-load-truncated", FIELD, load_truncated, "yes"),
    CONF_OPT_BOOL("aof-load-damaged", FIELD, load_damaged, "no"),
    CONF_OPT_BOOL("aof-use-rdb-preamble", FIELD, use_rdb_preamble, "yes"),
    CONF_OPT_BOOL("aof-timestamp-enabled", FIELD, timestamps, "no"),
    CONF_OPT_BOOL("aof-rewrite-incremental-fsync", FIELD, incremental_fsync, "yes"),
    CONF_OPT_BOOL("aof-disable-auto-gc", FIELD, disable_auto_gc, "no", .apply = apply_gc),
};

void aof_register_options(struct aof *a, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &a->conf, a);
}

void aof_apply_policy(struct aof *a) {
    enum journal_policy policy = (enum journal_policy)a->conf.fsync;
    if (a->conf.no_fsync_on_rewrite && a->rewrite) policy = JOURNAL_SYNC_NEVER;
    if (a->parts.io) journal_set_policy(&a->journal, policy);
}

/* --- the sink --- */

static uint64_t append(void *owner, int db_index, const struct slice *argv, int argc) {
    struct aof *a = owner;
    int64_t time_s = a->conf.timestamps ? a->parts.keyspace->now_ms / 1000 : 0;
    return journal_append(&a->journal, db_index, argv, argc, time_s);
}

static void listen(struct aof *a, bool on) {
    a->journaling = on;
    unit_set_journal(a->parts.keyspace, on ? &a->sink : NULL);
}

/* --- promises --- */

static struct commit_gate *gate_of(const struct aof *a) {
    return exec_commit_gate(a->parts.exec);
}

bool aof_is_sound(const struct aof *a) {
    return a->journal.state != JOURNAL_CLOSED && a->journal.state != JOURNAL_BROKEN;
}

static bool is_failing(const struct aof *a) {
    return a->journal.error != 0 || gate_of(a)->suspended;
}

void aof_suspend(struct aof *a, const char *what, int error) {
    snprintf(a->error, sizeof(a->error), "MISCONF Errors writing to the AOF file: %s", strerror(error));
    if (a->stats.last_write_ok)
        log_warning(a->parts.log, "Error %s the append only file: %s", what, strerror(error));
    a->stats.last_write_ok = false;
    if (!gate_of(a)->promised || gate_of(a)->suspended) return;
    struct buf text = {0};
    buf_printf(&text, "%s, applied in memory, not durable", a->error);
    commit_gate_suspend(gate_of(a), buf_cstr(&text));
    buf_deinit(&text);
}

static void resume(struct aof *a) {
    if (!a->stats.last_write_ok) log_warning(a->parts.log, "The append only file can be written again");
    a->stats.last_write_ok = true;
    commit_gate_resume(gate_of(a));
    commit_gate_advance(gate_of(a), journal_safe(&a->journal));
}

void aof_promise(struct aof *a) {
    if (!aof_is_sound(a) || a->state != AOF_ON) return;
    a->published = true;
    commit_gate_promise(gate_of(a), true);
    if (a->journal.error == 0) resume(a);
}

static void on_moved(void *owner) {
    struct aof *a = owner;
    if (a->published) commit_gate_advance(gate_of(a), journal_safe(&a->journal));
}

static void on_failed(void *owner, int error, bool broken) {
    struct aof *a = owner;
    aof_suspend(a, broken ? "syncing" : "writing to", error);
    if (!broken) return;
    log_warning(a->parts.log,
                "The increment of the append only file cannot be trusted any more: a new base and "
                "increment will be made from memory");
    a->published = false;
    aof_rewrite_abort(a, "the increment cannot be trusted any more");
}

static void on_recovered(void *owner) {
    struct aof *a = owner;
    if (a->published) resume(a);
}

static void on_sealed(void *owner) {
    aof_rewrite_sealed(owner);
}
static void on_rotated(void *owner) {
    aof_rewrite_rotated(owner);
}

/* --- the gate: no writes while they cannot be kept --- */

static bool gate_active(void *owner) {
    const struct aof *a = owner;
    return a->state == AOF_ON && (is_failing(a) || journal_unwritten(&a->journal) > UNWRITTEN_MAX);
}

static const char *gate_check(void *owner, const struct call *call) {
    struct aof *a = owner;
    if (!(call->command_flags & COMMAND_WRITE) && call->spec->id != CMD_PING) return NULL;
    if (is_failing(a)) return a->error;
    return "MISCONF The AOF file cannot be written as fast as changes come: too much waits for the disk";
}

/* --- life --- */

void aof_init(struct aof *a, const struct aof_parts *parts, struct info_registry *info) {
    a->parts = *parts;
    a->fd = -1;
    a->stats = (struct aof_stats){.last_rewrite_ok = true, .last_write_ok = true, .last_rewrite_s = -1};
    a->events = (struct journal_events){a, on_moved, on_failed, on_recovered, on_sealed, on_rotated};
    a->sink = (struct journal_sink){a, append};
    aof_place_init(&a->place, parts->io, *parts->dir ? *parts->dir : ".", a->conf.folder_name,
                   a->conf.file_name);
    journal_init(&a->journal, parts->io, &a->events, 0);
    aof_apply_policy(a);
    a->gate = (struct exec_gate){.name = "aof", .owner = a, .active = gate_active, .check = gate_check};
    exec_add_gate(parts->exec, &a->gate);
    aof_waits_init(a);
    if (info) aof_register_info(a, info);
}

void aof_deinit(struct aof *a) {
    if (a->parts.io == NULL) return;
    if (a->load) aof_load_destroy(&a->load);
    must(a->rewrite == NULL);
    listen(a, false);
    if (a->fd >= 0) io_disk_close(a->parts.io, a->fd);
    aof_waits_deinit(a);
    journal_deinit(&a->journal);
    aof_manifest_deinit(&a->manifest);
    aof_place_deinit(&a->place);
}

void aof_manifest_take(struct aof *a, struct aof_manifest *next) {
    aof_manifest_deinit(&a->manifest);
    a->manifest = *next;
    *next = (struct aof_manifest){0};
}

struct closing {
    struct io_job job;
    int fd;
};

static void close_work(struct io_job *job) {
    io_disk_close(job->io, LIST_OWNER(job, struct closing, job)->fd);
}
static void close_done(struct io_job *job) {
    mem_free_sized(LIST_OWNER(job, struct closing, job), sizeof(struct closing));
}

void aof_replace_file(struct aof *a, int fd) {
    if (a->fd >= 0) {
        struct closing *c = mem_zalloc(sizeof(*c));
        c->fd = a->fd;
        io_job_submit(a->parts.io, &c->job, IO_LANE_DISK, close_work, close_done);
    }
    a->fd = fd;
}

/* --- starting --- */

static bool read_manifest(struct aof *a, bool *found) {
    struct buf text = {0};
    int error = aof_read_whole(&a->place, a->place.manifest, &text);
    *found = error == 0;
    if (error < 0 && error != -ENOENT)
        log_warning(a->parts.log, "Fatal error: can't open the AOF manifest file %s for reading: %s",
                    a->place.manifest, strerror(-error));
    bool ok = error == -ENOENT;
    if (error == 0) {
        struct aof_manifest_error err;
        ok = aof_manifest_parse(&a->manifest, buf_slice(&text), &err);
        if (!ok && err.text.len) {
            log_warning(a->parts.log, "*** FATAL AOF MANIFEST FILE ERROR ***");
            log_warning(a->parts.log, "Reading the manifest file, at line %d: >>> '%s'", err.line,
                        buf_cstr(&err.text));
        }
        if (!ok) log_warning(a->parts.log, "%s", err.reason);
        buf_deinit(&err.text);
    }
    buf_deinit(&text);
    return ok;
}

static bool exists_in(struct aof *a, const char *folder, const char *name) {
    char *path = aof_path(folder, name);
    bool exists = io_disk_exists(a->parts.io, path);
    mem_free(path);
    return exists;
}

/* The single file of Redis before 7 becomes the base. The manifest comes first, so that an interrupted
 * upgrade is gone on with. */
static int upgrade(struct aof *a, bool found) {
    struct aof_place *p = &a->place;
    bool named =
        a->manifest.base.name && strcmp(a->manifest.base.name, p->prefix) == 0 && a->manifest.incr_count == 0;
    if ((found && !named) || !exists_in(a, p->root, p->prefix) || exists_in(a, p->folder, p->prefix))
        return 0;
    int error = aof_folder_make(p);
    if (error == 0 && !found) {
        aof_manifest_set_base(&a->manifest, p->prefix, 1);
        error = aof_manifest_store(p, &a->manifest);
    }
    if (error < 0) return error;
    char *from = aof_path(p->root, p->prefix), *to = aof_path(p->folder, p->prefix);
    error = io_disk_rename(p->io, from, to);
    mem_free(from);
    mem_free(to);
    if (error == 0) error = io_disk_sync_dir(p->io, p->folder);
    if (error == 0) error = io_disk_sync_dir(p->io, p->root);
    if (error == 0)
        log_notice(a->parts.log,
                   "Successfully migrated an old-style AOF configuration (%s) into the AOF directory (%s).",
                   p->prefix, p->folder);
    return error;
}

bool aof_start(struct aof *a) {
    bool found;
    if (!read_manifest(a, &found)) return false;
    if (!a->conf.appendonly) return true;
    int error = upgrade(a, found);
    if (error < 0) {
        log_warning(a->parts.log, "Error upgrading the AOF: %s", strerror(-error));
        return false;
    }
    a->load = aof_load_create(a, &a->manifest);
    if (a->load == NULL) return false;
    a->state = AOF_LOADING;
    return true;
}

/* A base and an increment where they are missing; the increment is opened. */
static int open_increment(struct aof *a, int64_t *size) {
    struct aof_place *p = &a->place;
    struct aof_manifest next;
    int error = aof_folder_make(p), fd = -1;
    if (error < 0) return error;
    aof_manifest_copy(&next, &a->manifest);
    bool fresh = next.base.name == NULL && next.incr_count == 0;
    if (fresh) {
        struct buf content = {0};
        if (a->conf.use_rdb_preamble) aof_rdb_put_empty(&content, io_wall_us(p->io) / 1000000);
        fd = aof_file_create(p, aof_manifest_new_base(&next, p->prefix, a->conf.use_rdb_preamble),
                             buf_slice(&content));
        error = fd < 0 ? fd : io_disk_close(p->io, fd);
        if (error == 0) a->stats.base_size = (int64_t)content.len;
        buf_deinit(&content);
    }
    bool changed = next.incr_count == 0;
    *size = 0;
    if (error == 0 && changed)
        fd = error = aof_file_create(p, aof_manifest_new_incr(&next, p->prefix), (struct slice){NULL, 0});
    else if (error == 0)
        fd = error = aof_file_open(p, aof_manifest_last(&next), size);
    if (error >= 0 && *size)
        error = io_disk_sync(p->io, fd, true); /* what a killed process left is promised, too */
    if (error >= 0 && !a->conf.disable_auto_gc && next.history_count) {
        aof_history_delete(p, &next);
        aof_manifest_forget_history(&next);
        changed = true;
    }
    if (error >= 0 && changed) error = aof_manifest_store(p, &next);
    if (error >= 0)
        aof_manifest_take(a, &next);
    else
        aof_manifest_deinit(&next);
    return error < 0 ? error : fd;
}

static int64_t older_bytes(const struct aof *a) {
    int64_t bytes = a->stats.base_size;
    for (int i = 0; i + 1 < a->manifest.incr_count; i++) {
        int64_t size;
        int fd = aof_file_open(&a->place, a->manifest.incrs[i].name, &size);
        if (fd < 0) continue;
        io_disk_close(a->parts.io, fd);
        bytes += size;
    }
    return bytes;
}

/* What was loaded is what there is: the journal goes on behind it. */
static bool go_on(struct aof *a, uint64_t position) {
    int64_t size;
    int fd = open_increment(a, &size);
    if (fd < 0) {
        log_warning(a->parts.log, "Can't open the append-only file: %s", strerror(-fd));
        return false;
    }
    aof_replace_file(a, fd);
    a->older_bytes = older_bytes(a);
    a->stats.rewrite_base_size = a->older_bytes + size;
    journal_deinit(&a->journal);
    journal_init(&a->journal, a->parts.io, &a->events, position);
    a->journal.policy = JOURNAL_SYNC_NEVER;
    aof_apply_policy(a);
    a->parts.keyspace->unit.journal_position = position;
    gate_of(a)->last = position;
    journal_open(&a->journal, fd, size);
    a->state = AOF_ON;
    listen(a, true);
    aof_promise(a);
    return true;
}

static bool go_on_again(struct aof *a) {
    a->state = a->was_on ? AOF_ON : AOF_OFF;
    if (!a->was_on) return true;
    if (a->published) {
        int64_t size = io_disk_size(a->parts.io, a->fd);
        if (size < 0) return false;
        journal_open(&a->journal, a->fd, size);
    } else {
        journal_anew(&a->journal);
    }
    listen(a, true);
    return true;
}

static void loaded(struct aof *a, enum aof_load_state state) {
    uint64_t position = aof_load_position(a->load), commands = aof_load_commands(a->load);
    double took_s = (double)(io_now_us(a->parts.io) - a->parts.loading->began_us) / 1e6;
    aof_load_destroy(&a->load);
    loading_end(a->parts.loading, a->parts.keyspace);
    bool ok = state == AOF_LOAD_DONE;
    if (ok)
        log_notice(a->parts.log, "DB loaded from append only file: %.3f seconds, %llu commands", took_s,
                   (unsigned long long)commands);
    if (ok) ok = a->reloading ? go_on_again(a) : go_on(a, position);
    a->parts.keyspace->dirty = 0;
    if (!ok) a->state = AOF_FAILED;
    a->reloading = false;
}

/* What was journaled before DEBUG LOADAOF must be in the file; then everything in memory goes. */
static bool begin_reload(struct aof *a) {
    if (a->rewrite || a->walking || journal_busy(&a->journal)) return false;
    if (a->published && aof_is_sound(a) && journal_unwritten(&a->journal)) return false;
    listen(a, false);
    struct keyspace *ks = a->parts.keyspace;
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) key_flush_database(ks, ks->databases[i]);
    unit_end(ks, NULL);
    a->load = aof_load_create(a, &a->manifest);
    if (a->load == NULL) {
        loading_end(a->parts.loading, ks);
        a->reloading = false;
        a->state = AOF_FAILED;
    }
    return a->load;
}

bool aof_load_some(struct aof *a) {
    if (a->load == NULL && !begin_reload(a)) return false;
    enum aof_load_state state = aof_load_step(a->load);
    if (state == AOF_LOAD_MORE) return true;
    if (state != AOF_LOAD_WAITS) loaded(a, state);
    return false;
}

/* --- DEBUG LOADAOF --- */

static bool reload_step(struct task *task, struct keyspace *ks) {
    struct aof *a = LIST_OWNER(task, struct aof, reload_task);
    if (a->reloading) return false;
    if (a->state == AOF_FAILED)
        resp_error(&task->session->reply, "ERR Error trying to load the AOF files, check server logs.");
    else
        resp_ok(&task->session->reply);
    return true;
}

static void reload_cancel(struct task *task, struct keyspace *ks) {}

void aof_reload(struct aof *a, struct call *call) {
    if (a->reloading || (a->state != AOF_ON && a->state != AOF_OFF)) {
        resp_error(call->reply, "ERR loading is under way already");
        return;
    }
    a->reloading = true;
    a->was_on = a->state == AOF_ON;
    a->state = AOF_LOADING;
    loading_begin(a->parts.loading, call->keyspace, 0, io_now_us(a->parts.io));
    a->reload_task = (struct task){.step = reload_step, .cancel = reload_cancel};
    task_start(call->keyspace, &a->reload_task, call->session);
}

/* --- turning it on and off --- */

bool aof_apply_appendonly(void *owner, struct conf_error *err) {
    struct aof *a = owner;
    if (a->parts.io == NULL) return true;
    if (a->conf.appendonly == (a->state == AOF_ON)) return true;
    if (a->conf.appendonly) {
        if (a->state != AOF_OFF || a->rewrite) {
            return conf_fail(err, "Unable to turn on AOF: what was begun before has not ended yet");
        }
        a->state = AOF_ON;
        a->published = false;
        a->rewrite_retry_us = 0;
        journal_anew(&a->journal);
        listen(a, true);
        return true;
    }
    if (a->rewrite) log_notice(a->parts.log, "Killing running AOF rewrite child: appendonly is off");
    aof_rewrite_abort(a, "appendonly was turned off");
    a->state = AOF_STOPPING;
    a->rewrite_wanted = false;
    listen(a, false);
    return true;
}

/* Everything that was promised is written and synced; then nothing is promised any more. True: closed. */
static bool close_up(struct aof *a) {
    struct journal *j = &a->journal;
    if (a->rewrite || a->walking) return false;
    bool keeps = a->published && aof_is_sound(a) && j->error == 0;
    if (keeps && (j->open.len || j->flight.len || j->written != j->synced)) {
        journal_set_policy(j, JOURNAL_SYNC_ALWAYS);
        return false;
    }
    if (journal_busy(j)) return false;
    journal_close(j);
    aof_replace_file(a, -1);
    aof_apply_policy(a);
    commit_gate_promise(gate_of(a), false);
    a->published = false;
    a->stats.last_write_ok = true;
    a->state = AOF_OFF;
    return true;
}

/* --- in each turn --- */

/* Automatic rewrites that fail again and again are tried less and less often. */
static bool is_limited(struct aof *a) {
    if (a->stats.rewrite_failures < FAILURES_MAX) return false;
    unsigned more = (unsigned)(a->stats.rewrite_failures - FAILURES_MAX);
    int minutes = more < 6 ? 1 << more : LIMIT_MINUTES_MAX;
    if (minutes > LIMIT_MINUTES_MAX) minutes = LIMIT_MINUTES_MAX;
    int64_t until_us = a->rewrite_failed_us + minutes * MINUTE_US;
    if (io_now_us(a->parts.io) >= until_us) return false;
    if (!a->rewrite_limit_told)
        log_warning(a->parts.log,
                    "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %d "
                    "minutes",
                    minutes);
    a->rewrite_limit_told = true;
    return true;
}

static bool has_grown(const struct aof *a) {
    int percentage = a->conf.rewrite_percentage;
    int64_t size = a->older_bytes + a->journal.size,
            base = a->stats.rewrite_base_size ? a->stats.rewrite_base_size : 1;
    if (percentage == 0 || a->rewrite || size < (int64_t)a->conf.rewrite_min_size || !a->published)
        return false;
    return (size - base) / (base / 100 + 1) >= percentage && size > base;
}

void aof_turn(struct aof *a) {
    if (unlikely(a->waits.count)) aof_waits_turn(a);
    if (unlikely(a->gc_wanted)) aof_history_turn(a);
    if (likely(a->state == AOF_OFF && !a->rewrite_wanted && !a->rewrite)) return;
    journal_turn(&a->journal);
    if (a->state == AOF_STOPPING) close_up(a);
    if (a->state == AOF_ON && unlikely(has_grown(a)) && !a->rewrite_wanted && !is_limited(a)) {
        log_notice(a->parts.log, "Starting automatic rewriting of AOF on %d%% growth",
                   a->conf.rewrite_percentage);
        a->rewrite_wanted = true;
    }
    aof_rewrite_turn(a);
}

bool aof_stop(struct aof *a) {
    if (a->parts.io == NULL) return true;
    if (a->load && a->state == AOF_LOADING) return aof_load_is_idle(a->load);
    if (a->state == AOF_ON) {
        aof_rewrite_abort(a, "the server ends");
        a->rewrite_wanted = false;
        a->state = AOF_STOPPING;
        listen(a, false);
        log_notice(a->parts.log, "Calling fsync() on the AOF file.");
    }
    aof_turn(a);
    return a->state != AOF_STOPPING && !a->rewrite && !a->history;
}

/* What is only in memory would be lost: the first base is not there yet, or a sync failed. */
const char *aof_before_shutdown(struct aof *a, bool forced) {
    bool whole = a->state != AOF_ON || a->published;
    if (!whole && !forced) {
        log_warning(a->parts.log, "Writing initial AOF, can't exit");
        return "ERR Errors trying to SHUTDOWN. Check logs.";
    }
    if (!whole) log_warning(a->parts.log, "Writing initial AOF. Exit anyway.");
    if (a->rewrite) log_warning(a->parts.log, "There is a rewrite of the AOF under way. Ending it!");
    a->rewrite_wanted = false;
    aof_rewrite_abort(a, "the server is asked to shut down");
    return NULL;
}

/* --- BGREWRITEAOF --- */

static void cmd_bgrewriteaof(struct call *call) {
    struct aof *a = call->module;
    if (a->rewrite && !aof_rewrite_is_aborted(a)) {
        resp_error(call->reply, "ERR Background append only file rewriting already in progress");
        return;
    }
    bool now = call->keyspace->walk == NULL;
    a->rewrite_wanted = true;
    a->rewrite_retry_us = 0;
    resp_simple(call->reply, now ? "Background append only file rewriting started"
                                 : "Background append only file rewriting scheduled");
}

const struct command_binding aof_bindings[] = {
    {CMD_BGREWRITEAOF, cmd_bgrewriteaof}, {CMD_WAITAOF, aof_cmd_waitaof}, COMMAND_BINDINGS_END};
