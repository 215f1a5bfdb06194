/* The append-only file: every change, in a file before its reply leaves.
 *
 *      unit ─► journal sink ─► journal (group commit) ─► appendonlydir/appendonly.aof.N.incr.aof
 *                                   └─ what is safe ─► commit gate ─► replies
 *
 * This is the module that owns manifest, journal, loading and rewriting, and says when clients may rely on
 * it. */
#ifndef TORC_PERSIST_AOF_H
#define TORC_PERSIST_AOF_H

#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/metrics/info.h"
#include "server/exec/exec.h"
#include "server/keyspace/task.h"
#include "server/persist/aof_files.h"
#include "server/persist/journal.h"
#include "server/persist/loading.h"

struct persist;
struct aof_load;
struct aof_rewrite;
struct aof_history;

struct aof_conf {
    bool appendonly;
    char *file_name, *folder_name;
    int fsync; /* enum journal_policy */
    bool no_fsync_on_rewrite;
    int rewrite_percentage;
    uint64_t rewrite_min_size;
    bool load_truncated, load_damaged;
    bool use_rdb_preamble, timestamps, incremental_fsync, disable_auto_gc;
};

/* All borrowed. */
struct aof_parts {
    struct io *io;
    struct logger *log;
    struct keyspace *keyspace;
    struct exec *exec;
    struct resp_pool *pool;
    struct loading *loading;
    struct persist *persist;
    const char *const *dir;
};

enum aof_state {
    AOF_OFF,
    AOF_LOADING,  /* at the start, or DEBUG LOADAOF */
    AOF_ON,       /* what is journaled is kept */
    AOF_FAILED,   /* it could not be loaded: the server ends */
    AOF_STOPPING, /* the last group is on its way */
};

struct aof_stats {
    uint64_t tail_dropped_bytes; /* at the last load: behind the last verifiable record */
    uint64_t damaged_bytes;      /* passed over by aof-load-damaged */
    int64_t base_size, rewrite_base_size;
    uint64_t rewrites, rewrite_failures; /* failures in a row */
    int64_t last_rewrite_s;              /* -1: none yet */
    bool last_rewrite_ok, last_write_ok;
};

/* Sessions that wait in WAITAOF, and what was true when they were looked at last. */
struct aof_waits {
    struct session **sessions; /* borrowed, one by one */
    int count, cap;
    uint64_t synced;
    bool was_on, was_published;
    struct exec_observer observer;
};

struct aof {
    struct aof_conf conf;
    struct aof_parts parts;
    struct aof_place place;
    struct aof_manifest manifest;
    struct aof_stats stats;
    struct aof_load *load;
    struct aof_rewrite *rewrite;
    struct aof_history *history; /* files of history are being deleted */
    struct journal journal;
    struct journal_events events;
    struct journal_sink sink;
    struct exec_gate gate;
    struct aof_waits waits;
    enum aof_state state;
    int fd;              /* of the increment, owned; -1: none */
    int64_t older_bytes; /* of base and increments before the one that is written */
    bool registered, journaling;
    bool published; /* the manifest on disk, with what the journal says is safe, is all there is in memory */
    bool walking;   /* the walk under way is the rewrite's */
    bool gc_wanted; /* history is to be deleted */
    bool rewrite_wanted;      /* as soon as nothing is in its way */
    int64_t rewrite_retry_us; /* not before that */
    int64_t rewrite_failed_us;
    bool rewrite_limit_told;
    char error[256];        /* what refused writes are told */
    bool reloading, was_on; /* DEBUG LOADAOF; the state before */
    struct task reload_task;
};

/* Declares the options, before loading. `a` is borrowed, zero-initialised, and outlives the conf. */
void aof_register_options(struct aof *a, struct conf *conf);
/* The modules are there; gates and INFO are registered. */
void aof_init(struct aof *a, const struct aof_parts *parts, struct info_registry *info);
void aof_deinit(struct aof *a);

/* Begins to load where appendonly says so. False: logged, the server cannot start. */
bool aof_start(struct aof *a);
/* Goes on loading for a small piece of work. True: it can go on at once; false: it waits for the disk, or is
 * done (then the state tells). */
bool aof_load_some(struct aof *a);
static inline bool aof_is_loading(const struct aof *a) {
    return a->state == AOF_LOADING;
}

/* At the end of each turn, before replies are sent. */
void aof_turn(struct aof *a);
/* Writes what is left and closes; to be called in each turn until it returns true. What the disk refuses is
 * lost. */
bool aof_stop(struct aof *a);

/* Before SHUTDOWN saves: ends a rewrite. NULL, or why the server cannot end (unless it is forced to). */
const char *aof_before_shutdown(struct aof *a, bool forced);

/* DEBUG LOADAOF: empties the keyspace and loads again; `session` waits for the reply. */
void aof_reload(struct aof *a, struct call *call);

/* BGREWRITEAOF WAITAOF; module: the aof. */
extern const struct command_binding aof_bindings[];

#endif
