/* A server: its modules, put together. Only boot and main see this; a module receives its own struct.
 *
 * There is no global server: several can live in one process, each driven by server_turn. */
#ifndef TORC_SERVER_H
#define TORC_SERVER_H

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "common/metrics/info.h"
#include "common/resp/resp_writer.h"
#include "server/ahead.h"
#include "server/cluster/cluster.h"
#include "server/compat_options.h"
#include "server/config_commands.h"
#include "server/exec/exec.h"
#include "server/keyspace/keyspace.h"
#include "server/loop.h"
#include "server/net/net.h"
#include "server/observe/observe.h"
#include "server/observe/oom.h"
#include "server/observe/process_options.h"
#include "server/observe/system.h"
#include "server/persist/aof.h"
#include "server/persist/loading.h"
#include "server/persist/persist.h"
#include "server/pubsub/pubsub.h"
#include "server/title.h"

struct server {
    struct mem_account account;          /* used_memory */
    struct mem_account *account_outside; /* the thread's before; borrowed */
    struct logger log;
    struct server_options options;
    struct title_options title;
    struct oom oom;
    struct conf_files files; /* of the configuration: plain calls while booting, then through io */
    struct conf *conf;
    struct compat_options compat;
    struct config_commands config;
    struct info_registry info;
    struct io *io;
    struct ahead ahead;
    struct resp_pool pool;
    struct keyspace keyspace;
    struct exec_conf exec_conf;
    struct exec *exec;
    struct exec_gate memory_gate;
    struct persist persist;
    struct loading loading;
    struct aof aof;
    struct pubsub *pubsub;
    struct cluster *cluster;
    struct net *net;
    struct observe observe;
    struct system system;
    struct loop loop;
    struct io_timer sampling; /* every 100 ms */
    bool started, closing;
    bool failed;       /* it ends because it could not start */
    bool ready;        /* what there was is loaded */
    bool load_more;    /* loading can go on at once */
    bool leave_memory; /* the process ends with the server: see struct server_setup */
};

/* What boot needs besides the configuration. Zero is the ordinary server. */
struct server_setup {
    const char *program;      /* argv[0] */
    struct sim_world *world;  /* borrowed; not NULL: the sim engine */
    const uint64_t *seed;     /* NULL: drawn from the system */
    const struct logger *log; /* copied; NULL: stdout, or as configured */
    /* The process ends right after the server: what the reaper still has to free, and the data, are the
     * system's to take back, at once. server_destroy is not called then. */
    bool leave_memory;
};

/* Reads the configuration (argv without the program's name) into a server that is not running yet. On failure
 * returns NULL, and *message (appended to) tells why. */
struct server *server_configure(const struct server_setup *setup, int argc, char *const argv[],
                                struct buf *message);
/* Opens the engine and the listeners. False: the reason was logged; only server_destroy is left. */
bool server_start(struct server *s, const struct server_setup *setup);
/* One turn of the loop: waits for events, but not beyond what is due. False once the server has stopped. */
bool server_turn(struct server *s);
/* As SIGTERM does. */
void server_stop(struct server *s);
void server_destroy(struct server **s);

#endif
