/* One thread of the proxy: a loop, its clients, its connections to the servers, its copy of the slot map.
 * Threads share nothing but the listening port and, at a reload, a new map that is handed over. */
#ifndef TORC_PROXY_WORKER_H
#define TORC_PROXY_WORKER_H

#include "common/commands/keys.h"
#include "common/io/io_stream.h"
#include "common/resp/resp_parser.h"
#include "common/resp/resp_writer.h"
#include "proxy/backend.h"
#include "proxy/crew.h"
#include "proxy/metrics.h"
#include "proxy/options.h"
#include "proxy/topology.h"

struct logger;
struct monitor;
struct subscriptions;

struct door {
    struct io_listener listener;
    struct worker *worker;
};

struct worker {
    unsigned index;
    const struct crew *crew; /* borrowed */
    struct io *io;
    int64_t started_us;               /* on the clock of io_now_us */
    struct logger *log;               /* borrowed */
    struct proxy_settings *settings;  /* held */
    const struct proxy_options *conf; /* what is in it */
    struct crew_inbox inbox;
    struct topology map;
    struct upstream **upstreams; /* by shard; NULL: not needed yet */
    unsigned upstream_count;

    struct door doors[PROXY_BINDS_MAX];
    unsigned door_count, doors_closing;
    struct link clients; /* all */
    size_t client_count;
    uint64_t next_client_id;
    struct link ready;          /* clients with input that may go on */
    struct link dirty_clients;  /* with something to send */
    struct link dirty_backends; /* the same */

    struct resp_pool pool;
    struct resp_arena arena;
    struct resp_writer own_reply; /* a reply of ours that has to wait its turn, while it is written */
    struct key_refs keys;         /* room for the keys of one command */
    struct request *spare_requests;
    struct subscriptions *subscriptions;
    struct io_timer cron;
    struct worker_stats stats;
    struct command_stat *commands; /* owned; by command id */
    struct monitor *monitor;
    struct io_timer pause_end;
    int64_t paused_until_us; /* CLIENT PAUSE; 0: clients are served */
    bool pauses_all;         /* and not writes alone */
    uint64_t chance;         /* state of worker_chance */
    bool closing;
};

/* By the thread that will run it. crew and log are borrowed, settings are held, their map is copied. `world`:
 * of a simulation, else NULL. False: the log says why, and worker_deinit is the only call left. */
bool worker_init(struct worker *w, unsigned index, const struct crew *crew, struct proxy_settings *settings,
                 struct logger *log, struct sim_world *world);
/* The options changed. `fresh` is held. */
void worker_set(struct worker *w, struct proxy_settings *fresh);
/* CLIENT PAUSE and UNPAUSE of this thread's clients. until_us 0: they go on. */
void worker_pause(struct worker *w, int64_t until_us, bool all);
void worker_deinit(struct worker *w);

/* Runs one turn. False once it was closed and has drained. */
bool worker_turn(struct worker *w);
/* Stops listening and lets go of all connections. Turns go on until they have drained. */
void worker_close(struct worker *w);

/* A number that nobody counts on to be secret. */
uint32_t worker_chance(struct worker *w);

/* The upstream of a slot's owner; NULL: nobody owns it. */
struct upstream *worker_owner(struct worker *w, uint16_t slot);
struct upstream *worker_upstream(struct worker *w, uint16_t shard);

#endif
