/* The files are read in order. What begins as an RDB file is loaded as one (load.h); commands, which may
 * follow it, come from one reader that a helper thread feeds a piece ahead.
 *
 *      helper: pread ─► room ─► reader (window) ─► commands ─► exec, as replayed ones
 *
 * A fault stops the reader. Then a helper looks whether a group behind it proves that what is faulty was
 * synced once:
 *
 *      no, in the last file      ──► torn tail: set aside beside the file, and the rest is loaded
 *      yes, or an older file     ──► damage: refused, or passed over where aof-load-damaged says so */
#include "server/persist/aof_load.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/commands/names.h"
#include "server/keyspace/database.h"
#include "server/persist/aof_reader.h"
#include "server/persist/load.h"
#include "server/persist/persist.h"
#include "server/persist/rdb_format.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define PIECE         (1 << 20)
#define STEP_COMMANDS 128
#define STEP_BYTES    (256 * 1024)

struct aof_load {
    struct aof *aof;
    struct aof_files_to_load {
        char *name; /* owned */
        bool base;
    } * files;
    int count, at;
    bool opened, reading, judging, judged, failed;
    int fd;
    int64_t size;
    struct aof_reader reader;
    struct load *rdb; /* under way, or NULL */
    struct session session;
    struct io_job job;
    char *room;
    ssize_t got;
    int64_t good; /* offset behind the last whole unit */
    bool in_multi;
    struct aof_behind behind; /* of the judge */
    int judge_error;
    int set_aside; /* result of that */
    char aside[300];
    uint64_t position, commands, loaded_before;
    char error[512];
};

static struct logger *log_of(const struct aof_load *l) {
    return l->aof->parts.log;
}
static const char *name_of(const struct aof_load *l) {
    return l->files[l->at].name;
}
static bool is_last(const struct aof_load *l) {
    return l->at == l->count - 1;
}

/* --- life --- */

static int64_t size_of_file(const struct aof_place *p, const char *name) {
    char *path = aof_path(p->folder, name);
    int fd = io_disk_open(p->io, path, O_RDONLY, 0);
    int64_t size = fd < 0 ? fd : io_disk_size(p->io, fd);
    if (fd >= 0) io_disk_close(p->io, fd);
    mem_free(path);
    return size;
}

static void add(struct aof_load *l, const char *name, bool base) {
    l->files[l->count++] = (struct aof_files_to_load){mem_strdup(name), base};
}

struct aof_load *aof_load_create(struct aof *a, const struct aof_manifest *m) {
    struct aof_load *l = mem_zalloc(sizeof(*l));
    l->aof = a;
    l->fd = -1;
    l->files = mem_zalloc((size_t)(m->incr_count + 1) * sizeof(*l->files));
    if (m->base.name) add(l, m->base.name, true);
    for (int i = 0; i < m->incr_count; i++)
        add(l, m->incrs[i].name, false);
    l->room = mem_alloc(PIECE);
    persist_forget_functions(a->parts.persist);
    session_init(&l->session, 0, keyspace_database(a->parts.keyspace, 0), a->parts.pool, NULL,
                 SESSION_INTERNAL);
    uint64_t total = 0;
    for (int i = 0; i < l->count; i++) {
        int64_t size = size_of_file(&a->place, l->files[i].name);
        if (size < 0) {
            log_warning(a->parts.log, "Fatal error: can't open the append only file %s for reading: %s",
                        l->files[i].name, strerror((int)-size));
            aof_load_destroy(&l);
            return NULL;
        }
        if (l->files[i].base) a->stats.base_size = size;
        total += (uint64_t)size;
    }
    loading_begin(a->parts.loading, a->parts.keyspace, total, io_now_us(a->parts.io));
    return l;
}

static void close_file(struct aof_load *l) {
    if (!l->opened) return;
    io_disk_close(l->aof->parts.io, l->fd);
    aof_reader_deinit(&l->reader);
    l->opened = false;
}

void aof_load_destroy(struct aof_load **load) {
    struct aof_load *l = *load;
    must(aof_load_is_idle(l));
    if (l->rdb) load_cancel(&l->rdb);
    close_file(l);
    for (int i = 0; i < l->count; i++)
        mem_free(l->files[i].name);
    mem_free(l->files);
    mem_free_sized(l->room, PIECE);
    exec_session_gone(l->aof->parts.exec, &l->session);
    session_deinit(&l->session);
    mem_free_sized(l, sizeof(*l));
    *load = NULL;
}

bool aof_load_is_idle(const struct aof_load *l) {
    return !l->reading && !l->judging && (l->rdb == NULL || load_is_idle(l->rdb));
}
uint64_t aof_load_position(const struct aof_load *l) {
    return l->position;
}
uint64_t aof_load_commands(const struct aof_load *l) {
    return l->commands;
}

/* The state follows when the helper is done. */
static enum aof_load_state fail(struct aof_load *l, const char *text) {
    log_warning(log_of(l), "%s", text);
    l->failed = true;
    return AOF_LOAD_MORE;
}

/* --- reading ahead --- */

static void read_work(struct io_job *job) {
    struct aof_load *l = LIST_OWNER(job, struct aof_load, job);
    int64_t left = l->size - l->reader.fed;
    l->got = io_disk_read(job->io, l->fd, l->room, left < PIECE ? (size_t)left : PIECE, l->reader.fed);
}

static void read_done(struct io_job *job) {
    LIST_OWNER(job, struct aof_load, job)->reading = false;
}

static void read_ahead(struct aof_load *l) {
    if (l->reader.fed == l->size) return;
    l->reading = true;
    io_job_submit(l->aof->parts.io, &l->job, IO_LANE_DISK, read_work, read_done);
}

static enum aof_load_state feed(struct aof_load *l) {
    if (l->reading) return AOF_LOAD_WAITS;
    if (l->got <= 0) {
        char text[400];
        snprintf(text, sizeof(text), "Unrecoverable error reading the append only file %s: %s", name_of(l),
                 l->got < 0 ? strerror((int)-l->got) : "it has become shorter");
        return fail(l, text);
    }
    aof_reader_feed(&l->reader, l->room, (size_t)l->got);
    l->got = 0;
    read_ahead(l);
    return AOF_LOAD_MORE;
}

static enum aof_load_state next_file(struct aof_load *l) {
    log_notice(log_of(l), "DB loaded from %s file %s", l->files[l->at].base ? "base" : "incr", name_of(l));
    l->loaded_before += (uint64_t)l->size;
    close_file(l);
    l->at++;
    return AOF_LOAD_MORE;
}

/* --- faults --- */

static ssize_t read_source(void *owner, void *out, size_t len, int64_t offset) {
    struct aof_load *l = owner;
    return io_disk_read(l->aof->parts.io, l->fd, out, len, offset);
}

static bool may_cut(const struct aof_load *l) {
    return is_last(l) && l->aof->conf.load_truncated && aof_reader_is_torn(&l->reader);
}

static void judge_work(struct io_job *job) {
    struct aof_load *l = LIST_OWNER(job, struct aof_load, job);
    struct aof_source source = {l, read_source};
    l->judge_error = aof_look_behind(&source, l->reader.at, l->size, &l->behind);
    if (l->judge_error == 0 && l->behind.proof < 0 && may_cut(l))
        l->set_aside = aof_set_aside(&l->aof->place, name_of(l), l->aside, l->good, l->size);
}

static void judge_done(struct io_job *job) {
    struct aof_load *l = LIST_OWNER(job, struct aof_load, job);
    l->judging = false;
    l->judged = true;
}

static enum aof_load_state judge(struct aof_load *l) {
    if (l->reading) return AOF_LOAD_WAITS;
    exec_session_discard(l->aof->parts.exec, &l->session);
    l->judging = true;
    snprintf(l->aside, sizeof(l->aside), "%.200s.torn-%lld", name_of(l),
             (long long)io_wall_us(l->aof->parts.io) / 1000000);
    io_job_submit(l->aof->parts.io, &l->job, IO_LANE_DISK, judge_work, judge_done);
    return AOF_LOAD_WAITS;
}

static enum aof_load_state cut_tail(struct aof_load *l) {
    int64_t dropped = l->size - l->good;
    if (l->set_aside < 0) {
        char text[600];
        snprintf(text, sizeof(text), "Error setting the torn tail of the append only file %s aside: %s",
                 name_of(l), strerror(-l->set_aside));
        return fail(l, text);
    }
    l->aof->stats.tail_dropped_bytes = (uint64_t)dropped;
    log_warning(log_of(l), "!!! Warning: short read while loading the AOF file %s!!!", name_of(l));
    log_warning(
        log_of(l),
        "AOF %s loaded anyway because aof-load-truncated is enabled: %s at offset %lld; it was cut behind "
        "command %llu at offset %lld, and the %lld bytes behind that are in %s",
        name_of(l), l->reader.error, (long long)l->reader.at, (unsigned long long)l->commands,
        (long long)l->good, (long long)dropped, l->aside);
    l->size = l->good;
    return next_file(l);
}

/* Goes on behind damage, at a group that verifies or with the next file. */
static enum aof_load_state pass_over(struct aof_load *l) {
    int64_t resume = l->behind.first >= 0 ? l->behind.first : l->size;
    log_warning(
        log_of(l),
        "Damage in the append only file %s passed over because aof-load-damaged is enabled: %s at offset "
        "%lld; the %lld bytes from %lld to %lld are lost. Run BGREWRITEAOF to have sound files.",
        name_of(l), l->reader.error, (long long)l->reader.at, (long long)(resume - l->good),
        (long long)l->good, (long long)resume);
    l->aof->stats.damaged_bytes += (uint64_t)(resume - l->good);
    l->aof->rewrite_wanted = true;
    if (l->behind.first < 0) return next_file(l);
    aof_reader_deinit(&l->reader);
    aof_reader_init(&l->reader, resume, l->size);
    l->in_multi = false;
    l->good = resume;
    l->judged = false;
    l->got = 0;
    read_ahead(l);
    return AOF_LOAD_MORE;
}

static enum aof_load_state refuse(struct aof_load *l) {
    char text[900];
    const char *name = name_of(l), *folder = l->aof->place.folder, *manifest = l->aof->place.manifest;
    if (l->behind.proof >= 0)
        snprintf(
            text, sizeof(text),
            "Bad file format reading the append only file %s: %s at offset %lld, and sound records follow at "
            "offset %lld, so it is not a torn tail: make a backup, then look with torc-check %s/%s, or start "
            "with aof-load-damaged yes to lose what cannot be read",
            name, l->reader.error, (long long)l->reader.at, (long long)l->behind.proof, folder, manifest);
    else if (aof_reader_is_torn(&l->reader) && !is_last(l))
        snprintf(text, sizeof(text),
                 "Fatal error: the append only file %s is truncated (%s at offset %lld), but it is not the "
                 "last file. "
                 "Look with torc-check %s/%s, or start with aof-load-damaged yes to lose what cannot be read",
                 name, l->reader.error, (long long)l->reader.at, folder, manifest);
    else if (aof_reader_is_torn(&l->reader))
        snprintf(
            text, sizeof(text),
            "Unexpected end of file reading the append only file %s (%s at offset %lld). You can: 1) Make a "
            "backup of your AOF file, then use torc-check --fix %s/%s. 2) Alternatively set "
            "aof-load-truncated "
            "to yes and restart the server.",
            name, l->reader.error, (long long)l->reader.at, folder, manifest);
    else
        snprintf(
            text, sizeof(text),
            "Bad file format reading the append only file %s: %s at offset %lld: make a backup of your AOF "
            "file, then use torc-check --fix %s/%s",
            name, l->reader.error, (long long)l->reader.at, folder, manifest);
    return fail(l, text);
}

static enum aof_load_state judged(struct aof_load *l) {
    if (l->judge_error) {
        char text[400];
        snprintf(text, sizeof(text), "Unrecoverable error reading the append only file %s: %s", name_of(l),
                 strerror(-l->judge_error));
        return fail(l, text);
    }
    l->judged = false;
    if (l->behind.proof < 0 && may_cut(l)) return cut_tail(l);
    if (l->aof->conf.load_damaged) return pass_over(l);
    return refuse(l);
}

/* --- commands --- */

/* NULL, or why it cannot be replayed. Names are those of the declarations, whatever rename-command says. */
static const char *not_to_run(const struct slice *argv, int argc) {
    const struct command_spec *spec = command_lookup(argv[0].ptr, argv[0].len);
    if (spec && spec->sub_count && argc > 1) spec = command_lookup_sub(spec, argv[1].ptr, argv[1].len);
    if (spec == NULL) return "Unknown command";
    return spec->issue ? "Not yet built command" : NULL;
}

static void run(struct aof_load *l) {
    struct aof_reader *r = &l->reader;
    struct resp_mark mark = resp_mark(&l->session.reply);
    exec_one(l->aof->parts.exec, &l->session, r->argv, r->argc, CALL_REPLAYED);
    resp_truncate(&l->session.reply, mark);
    l->commands++;
}

static enum aof_load_state take_command(struct aof_load *l) {
    struct aof_reader *r = &l->reader;
    const char *why = not_to_run(r->argv, r->argc);
    if (why) {
        char text[400];
        int len = r->argv[0].len < 128 ? (int)r->argv[0].len : 128;
        snprintf(text, sizeof(text), "%s '%.*s' reading the append only file %s", why, len, r->argv[0].ptr,
                 name_of(l));
        return fail(l, text);
    }
    if (slice_is(r->argv[0], "MULTI"))
        l->in_multi = true;
    else if (slice_is(r->argv[0], "EXEC") || slice_is(r->argv[0], "DISCARD"))
        l->in_multi = false;
    run(l);
    if (r->at > r->group_end) l->position += (uint64_t)(r->at - r->item_at);
    if (!l->in_multi) l->good = r->at;
    return AOF_LOAD_MORE;
}

static enum aof_load_state begin_group(struct aof_load *l) {
    const struct aof_group *g = &l->reader.group;
    struct database *db = keyspace_database(l->aof->parts.keyspace, g->db);
    if (db == NULL) {
        char text[400];
        snprintf(text, sizeof(text), "The append only file %s holds database %d: `databases` is too low",
                 name_of(l), (int)g->db);
        return fail(l, text);
    }
    l->session.db = db;
    l->session.db_index = g->db;
    if (g->position > l->position) l->position = g->position;
    return AOF_LOAD_MORE;
}

/* The end of a file, or within a transaction that never ended: the latter is as if the file ended before it.
 */
static enum aof_load_state end_file(struct aof_load *l) {
    if (!l->in_multi) return next_file(l);
    l->reader.fault = AOF_CUT;
    l->reader.group_end = 0;
    l->reader.at = l->good;
    snprintf(l->reader.error, sizeof(l->reader.error), "the file ends within a transaction");
    return judge(l);
}

static enum aof_load_state read_commands(struct aof_load *l) {
    struct aof_reader *r = &l->reader;
    int64_t began = r->at;
    enum aof_load_state state = AOF_LOAD_MORE;
    for (int i = 0; i < STEP_COMMANDS && r->at - began < STEP_BYTES && !l->failed; i++) {
        switch (aof_reader_next(r)) {
        case AOF_MORE: return feed(l);
        case AOF_COMMAND: state = take_command(l); break;
        case AOF_GROUP: state = begin_group(l); break;
        case AOF_TIME: break;
        case AOF_END: return end_file(l);
        case AOF_FAULT: return judge(l);
        }
    }
    l->aof->parts.loading->loaded_bytes = l->loaded_before + (uint64_t)r->at;
    return state;
}

/* --- files --- */

static void keep_function(void *owner, struct slice library) {
    struct aof_load *l = owner;
    persist_keep_function(l->aof->parts.persist, library);
}

/* Damage in the RDB part: nothing in it can be found again. */
static void pass_over_rdb(struct aof_load *l, const struct load_result *r) {
    log_warning(log_of(l),
                "Damage in the RDB part of the append only file %s passed over because aof-load-damaged is "
                "enabled: %s. What stands from offset %lld on is lost. Run BGREWRITEAOF to have sound files.",
                name_of(l), r->error, (long long)r->end);
    l->aof->stats.damaged_bytes += (uint64_t)(l->size - r->end);
    l->aof->rewrite_wanted = true;
    next_file(l);
}

static void rdb_loaded(void *owner, const struct load_result *r) {
    struct aof_load *l = owner;
    l->rdb = NULL;
    if (r->error && l->aof->conf.load_damaged) {
        pass_over_rdb(l, r);
        return;
    }
    if (r->error) {
        char text[900];
        snprintf(text, sizeof(text),
                 "Error reading the RDB preamble of the AOF file %s, AOF loading aborted: %s. Look with "
                 "torc-check %s/%s, or start with aof-load-damaged yes to lose what cannot be read",
                 name_of(l), r->error, l->aof->place.folder, l->aof->place.manifest);
        fail(l, text);
        return;
    }
    persist_note_loaded(l->aof->parts.persist, r);
    l->good = r->end;
    aof_reader_init(&l->reader, r->end, l->size);
    if (r->end < l->size) log_notice(log_of(l), "Reading the remaining AOF tail...");
    read_ahead(l);
}

static void begin_rdb(struct aof_load *l) {
    const struct aof_parts *parts = &l->aof->parts;
    char *path = aof_path(l->aof->place.folder, name_of(l));
    struct load_conf conf = {.io = parts->io,
                             .keyspace = parts->keyspace,
                             .log = parts->log,
                             .path = path,
                             .checksum = parts->persist->conf.rdb_checksum,
                             .aof_base = true,
                             .key_delay_us = &parts->persist->conf.key_load_delay_us,
                             .function = keep_function};
    log_notice(log_of(l), l->files[l->at].base ? "Reading RDB base file on AOF loading..."
                                               : "Reading RDB preamble from AOF file...");
    l->rdb = load_begin(&conf, rdb_loaded, l);
    mem_free(path);
}

static enum aof_load_state read_rdb(struct aof_load *l) {
    struct loading *loading = l->aof->parts.loading;
    struct load_progress progress;
    if (!load_due(l->rdb)) return AOF_LOAD_WAITS;
    load_progress(l->rdb, &progress);
    loading->loaded_bytes = l->loaded_before + (uint64_t)progress.loaded_bytes;
    loading->used_mem = progress.used_mem;
    loading->keys = progress.keys;
    load_step(l->rdb);
    return AOF_LOAD_MORE;
}

static bool begins_as_rdb(struct aof_load *l) {
    char magic[RDB_MAGIC_LEN];
    return io_disk_read(l->aof->parts.io, l->fd, magic, RDB_MAGIC_LEN, 0) == RDB_MAGIC_LEN &&
           memcmp(magic, RDB_MAGIC, RDB_MAGIC_LEN) == 0;
}

static enum aof_load_state open_file(struct aof_load *l) {
    l->fd = aof_file_open(&l->aof->place, name_of(l), &l->size);
    if (l->fd < 0) {
        char text[400];
        snprintf(text, sizeof(text), "Fatal error: can't open the append only file %s for reading: %s",
                 name_of(l), strerror(-l->fd));
        return fail(l, text);
    }
    l->opened = true;
    l->good = 0;
    l->in_multi = false;
    l->session.db = keyspace_database(l->aof->parts.keyspace, 0);
    l->session.db_index = 0;
    if (begins_as_rdb(l)) {
        begin_rdb(l);
        return AOF_LOAD_MORE;
    }
    aof_reader_init(&l->reader, 0, l->size);
    read_ahead(l);
    return AOF_LOAD_MORE;
}

enum aof_load_state aof_load_step(struct aof_load *l) {
    if (l->judging) return AOF_LOAD_WAITS;
    if (l->failed) return l->reading ? AOF_LOAD_WAITS : AOF_LOAD_FAILED;
    if (l->judged) return judged(l);
    if (l->at == l->count) return AOF_LOAD_DONE;
    if (!l->opened) return open_file(l);
    if (l->rdb) return read_rdb(l);
    if (l->reader.fault) return judge(l); /* it had to wait for the read ahead */
    return read_commands(l);
}
