/* The process as a whole: who it is, since when it runs, how it ends. Commands INFO, TIME, LOLWUT and
 * SHUTDOWN. */
#ifndef TORC_OBSERVE_SYSTEM_H
#define TORC_OBSERVE_SYSTEM_H

#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "common/metrics/info.h"
#include "common/metrics/rate.h"
#include "server/exec/exec.h"
#include "server/keyspace/call.h"
#include "server/persist/aof.h"
#include "server/persist/persist.h"

struct hot_keys;
struct server_options;

struct system {
    /* borrowed */
    const struct server_options *options;
    struct logger *log;
    struct conf *conf;
    const struct conf_files *files;
    struct info_registry *info;
    struct io *io;
    struct exec *exec;
    struct keyspace *keyspace;
    struct persist *persist;
    struct hot_keys *hot_keys;
    struct aof *aof;

    char run_id[41];
    const char *executable; /* owned: absolute path */
    int64_t started_ms;
    bool cron_paused;     /* DEBUG PAUSE-CRON: the timers look at it and do nothing */
    bool stopping;        /* SHUTDOWN was accepted: the loop ends after this turn */
    bool saving;          /* it was, and the last snapshot is being made: no requests are run */
    bool forced;          /* even if that fails */
    const char *asked_by; /* the signal that asks for it while the timers are paused; NULL: none */
    unsigned asked_actions;
    struct rate ops_rate;
    uint64_t rss_bytes;     /* sampled by system_sample */
    uint64_t startup_bytes; /* used_memory of the empty server */
    uint64_t freed_at_reset;
    char replication_id[41];
    /* Memory of all clients, and their number; registered by boot. */
    void (*client_bytes)(void *owner, uint64_t *normal, uint64_t *replicas);
    size_t (*client_count)(void *owner);
    void *client_owner;
};

/* The borrowed members have been set by the caller. */
void system_init(struct system *sys, const char *program, int64_t now_ms, struct rng *rng);
void system_deinit(struct system *sys);
/* Every 100 ms. */
void system_sample(struct system *sys);

/* Ends the server as SHUTDOWN with these options (enum shutdown_action) does, perhaps after a snapshot. NULL,
 * or why it cannot. `call`: whose error it is if the snapshot fails; NULL: nobody's. */
const char *system_shutdown(struct system *sys, struct call *call, unsigned actions);
/* The same, asked for by a signal of this name. */
void system_shutdown_by_signal(struct system *sys, const char *signal, unsigned actions);
/* That snapshot is done. */
void system_shutdown_saved(struct system *sys, bool saved);

/* The system's share of CONFIG RESETSTAT. */
void system_reset_stats(void *system);

/* INFO TIME LOLWUT SHUTDOWN; module: the system. */
extern const struct command_binding system_bindings[];
/* DEBUG; module: the system. */
extern const struct command_binding debug_bindings[];
/* MEMORY; module: the system. */
extern const struct command_binding memory_bindings[];

#endif
