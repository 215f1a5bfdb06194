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

struct exporter;
struct logger;
struct monitor;
struct subscriptions;

struct door {
    struct io_listener listener;
    struct worker *worker;
};

/* Listening sockets of a process before this one, which the threads take. Threads take turns (door k of
 * thread t is sockets[t][k]). */
struct inheritance {
    int sockets[PROXY_THREADS_MAX][PROXY_BINDS_MAX]; /* -1: none */
};

struct worker {
    unsigned index;
    struct crew *crew; /* borrowed */
    struct io *io;
    int64_t started_us;               /* on the clock of io_now_us */
    struct logger *log;               /* borrowed */
    struct proxy_settings *settings;  /* held */
    const struct proxy_options *conf; /* what is in it */
    struct crew_inbox inbox;
    struct topology map;
    struct upstream **upstreams; /* by shard; NULL: not needed yet */
    unsigned upstream_count;
    struct upstream **leaving; /* that the map does not name any more, until they have drained */
    unsigned leaving_count;

    struct door doors[PROXY_BINDS_MAX];
    unsigned door_count, doors_closing;
    const struct inheritance *inherits; /* borrowed; NULL: nothing */
    struct link clients;                /* all */
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
    struct exporter *exporter; /* of the first thread; NULL: there is none */
    struct io_timer pause_end;
    int64_t paused_until_us; /* CLIENT PAUSE; 0: clients are served */
    bool pauses_all;         /* and not writes alone */
    uint64_t chance;         /* state of worker_chance */
    bool closing, retiring, vacated;
};

/* By the thread that will run it. crew and log are borrowed, settings are held, their map is copied. `world`:
 * of a simulation, else NULL. False: the log says why, and worker_deinit is the only call left. */
bool worker_init(struct worker *w, unsigned index, struct crew *crew, struct proxy_settings *settings,
                 struct logger *log, struct sim_world *world);
/* Before worker_init. Borrowed. */
void worker_inherit(struct worker *w, const struct inheritance *from);
/* The options changed. `fresh` is held. */
void worker_set(struct worker *w, struct proxy_settings *fresh);
/* CLIENT PAUSE and UNPAUSE of this thread's clients. until_us 0: they go on. */
void worker_pause(struct worker *w, int64_t until_us, bool all);
void worker_deinit(struct worker *w);

/* Another map, of a configuration that was loaded again. Connections to servers that are still in it stay;
 * the others end when what is under way on them is answered. */
void worker_remap(struct worker *w, const struct topology *map);
void worker_tend_leaving(struct worker *w, int64_t now_us); /* now and then: servers that left the map */
/* Another process listens in our place: no more clients are accepted, and the worker closes when the last has
 * gone. */
void worker_retire(struct worker *w);

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
