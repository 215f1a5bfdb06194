/* A server: its modules, put together. Only boot, the loop and main see this; a module receives its own
 * struct.
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
#include "server/compat_options.h"
#include "server/exec/exec.h"
#include "server/keyspace/keyspace.h"
#include "server/loop.h"
#include "server/observe/system.h"
#include "server/options.h"

struct net;
struct pubsub;

struct server {
    struct mem_account account; /* used_memory */
    struct logger log;
    struct server_options options;
    const struct conf_files *files; /* borrowed */
    struct conf *conf;
    struct compat_options compat;
    struct info_registry info;
    struct io *io;
    struct resp_pool pool;
    struct keyspace keyspace;
    struct exec_conf exec_conf;
    struct exec *exec;
    struct pubsub *pubsub;
    struct net *net;
    struct system system; /* who and since when we are; SHUTDOWN */
    struct loop loop;
};

/* What boot needs besides the configuration; for tests and simulation. Zero is the ordinary server. */
struct server_setup {
    const char *program;      /* argv[0] */
    struct sim_world *world;  /* borrowed; not NULL: the sim engine */
    const uint64_t *seed;     /* NULL: drawn from the system */
    const struct logger *log; /* copied; NULL: stdout or logfile as configured */
};

/* Reads the configuration (argv without the program's name) into a server that is not running yet. On failure
 * returns NULL, and *message (appended to) tells why. */
struct server *server_configure(const struct server_setup *setup, int argc, char *const argv[],
                                struct buf *message);
/* Opens the engine and the listeners. False: the reason was logged. Either way server_destroy is due. */
bool server_start(struct server *s);
/* One turn of the loop; waits at most as long as nothing is due. False once the server has stopped. */
bool server_turn(struct server *s);
void server_destroy(struct server **s);

/* Signals, as main hands them over: SIGTERM and SIGINT shut down as configured. */
void server_on_signal(void *server, int signo);

#endif
