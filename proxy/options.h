/* What proxy.conf says. One struct for the process; threads read it and never write. */
#ifndef TORC_PROXY_OPTIONS_H
#define TORC_PROXY_OPTIONS_H

#include "common/conf/conf.h"
#include "common/io/io.h"
#include "proxy/topology.h"

#define PROXY_BINDS_MAX   16
#define PROXY_THREADS_MAX 64

struct proxy_options {
    int port, threads, tcp_backlog, tcp_keepalive_s, databases, timeout_s;
    int request_timeout_ms;
    struct conf_words bind;
    int64_t maxclients;
    uint64_t query_limit;
    int64_t bulk_len_max;
    char *requirepass;                   /* what clients say; NULL: nothing */
    char *server_user, *server_password; /* what the proxy says to servers */
    int io_engine;                       /* enum io_engine */
    int loglevel;
    char *logfile;
    struct topology map; /* as configured */
};

void proxy_options_register(struct proxy_options *o, struct conf *conf);
void proxy_options_deinit(struct proxy_options *o); /* the map; strings are the conf's */

#endif
