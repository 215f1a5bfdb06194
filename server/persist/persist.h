/* Persistence: values and whole keyspaces as bytes that outlive the process.
 *
 * One task at a time: a snapshot for SAVE, BGSAVE, SHUTDOWN or DEBUG RELOAD, or loading a file. */
#ifndef TORC_PERSIST_PERSIST_H
#define TORC_PERSIST_PERSIST_H

#include "common/base/log.h"
#include "common/conf/conf_types.h"
#include "common/metrics/info.h"
#include "server/exec/exec.h"

struct io;
struct load;
struct load_result;
struct migrate;
struct snapshot;
struct snapshot_conf;

struct persist_conf {
    bool rdb_compression, rdb_checksum, stop_writes_on_error, sync_early;
    int rdb_version; /* the lowest that is written */
    int key_save_delay_us, key_load_delay_us;
    char *dbfilename;
    struct conf_save save;
    int64_t snapshot_buffer_max; /* below 0: percent of the data */
};

enum persist_task { PERSIST_NOTHING, PERSIST_SAVE, PERSIST_BGSAVE, PERSIST_SHUTDOWN, PERSIST_RELOAD };

struct persist_stats {
    int64_t last_save_ms, last_try_ms, began_ms;
    int64_t last_took_s; /* of a BGSAVE; -1: none yet */
    bool last_ok;
    uint64_t saves, keys_loaded, keys_expired;
};

/* What DEBUG RELOAD does besides. */
struct persist_reload {
    bool flush, merge;
};

struct persist {
    struct persist_conf conf;
    bool checksum_skipped; /* DEBUG SET-SKIP-CHECKSUM-VALIDATION */
    /* borrowed, from persist_start on */
    struct io *io;
    struct keyspace *keyspace;
    struct logger *log;
    char *const *folder;

    struct mem_account buffers; /* of snapshots: not counted as used */
    int64_t buffers_peak;       /* of these and of what the walk has twice, of this snapshot or the last */
    struct snapshot *snapshot;  /* under way, or NULL */
    struct load *load;          /* the same */
    struct migrate *migrate;    /* from persist_start on */
    enum persist_task task;     /* what the snapshot is for */
    enum persist_task wanted;   /* what the next one is for: begins when the last walk left no marks */
    struct session *waiting; /* whose SAVE or RELOAD has not answered yet; borrowed, NULL once it is gone */
    bool flushed;            /* the snapshot under way ends because of FLUSHALL: no error */
    bool held;               /* snapshots wait: a rewrite of the append-only file is under way */
    struct persist_reload reload;
    uint64_t dirty_at_epoch;
    struct persist_stats stats;
    struct slice *functions; /* owned: libraries of a file, which are kept and written again */
    size_t function_count;
    struct exec_gate loading_gate, failing_gate;
    struct exec_observer observer;
    bool loading; /* while it is true most commands are refused */
    bool failed;  /* the file at the start could not be loaded: the server must not run */
    /* Told when the snapshot of a SHUTDOWN is done, and when the file at the start is loaded. */
    void (*shutdown_done)(void *owner, bool saved);
    void (*started)(void *owner);
    void *owner;
};

/* Declares the options, before loading. `p` is borrowed, zero-initialised, and outlives the conf. */
void persist_register_options(struct persist *p, struct conf *conf);
/* The members above are set; begins to load the file, if there is one and `load` says so. Without `load`
 * somebody else brings the data, and `started` is not told. */
void persist_start(struct persist *p, struct exec *exec, bool load);
/* Each turn: begins what is wanted, as soon as it can. */
void persist_turn(struct persist *p);
/* A slice of loading; whether there is one to do now. */
bool persist_load_due(const struct persist *p);
void persist_load_step(struct persist *p);
/* Each 100 ms: save points. */
void persist_cron(struct persist *p);
/* Whether snapshots hold more in memory than they should: requests are slowed down. */
bool persist_strained(const struct persist *p);
/* The same, twice as much: what is under way is ended. */
bool persist_overrun(const struct persist *p);
/* For the append-only file, which is rewritten by the same walk: how a snapshot is made here (folder and name
 * are the caller's to set), and whether those of this module wait. */
void persist_snapshot_conf(struct persist *p, struct snapshot_conf *conf);
void persist_hold(struct persist *p, bool held);
/* … and loaded like a file of this module: a function library is kept; what was loaded is logged and counted.
 */
void persist_keep_function(struct persist *p, struct slice library);
void persist_forget_functions(struct persist *p);
void persist_note_loaded(struct persist *p, const struct load_result *result);
/* Ends what is under way; true when nothing is left. Called until then. */
bool persist_close(struct persist *p);
void persist_deinit(struct persist *p);

/* Whether SHUTDOWN saves unless it is told otherwise. */
bool persist_saves_at_shutdown(const struct persist *p);
/* Saves for SHUTDOWN; shutdown_done tells how it went. `call` (NULL: a signal) is answered if that failed. */
void persist_save_for_shutdown(struct persist *p, struct call *call);
/* Takes the unfinished file of a snapshot away: the process ends now. */
void persist_unlink_temp(const struct persist *p);
/* For DEBUG RELOAD: saves unless `save` is false, empties as told, and loads. Replies when all is done. */
void persist_reload(struct persist *p, struct call *call, bool save, struct persist_reload reload);

void persist_register_info(struct persist *p, struct info_registry *registry);

/* DUMP RESTORE MIGRATE SAVE BGSAVE LASTSAVE; module: the persist. */
extern const struct command_binding dump_bindings[];
extern const struct command_binding persist_bindings[];

#endif
