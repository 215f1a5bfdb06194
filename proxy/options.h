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
    int metrics_port;
    char *metrics_bind;
    int read_policy; /* enum read_policy */
    int health_interval_ms, health_timeout_ms, health_failures, health_successes;
    struct conf_words bind;
    int64_t maxclients;
    uint64_t query_limit;
    uint64_t bulk_len_max;
    char *requirepass;                   /* what clients say; NULL: nothing */
    char *server_user, *server_password; /* what the proxy says to servers */
    int io_engine;                       /* enum io_engine */
    int loglevel;
    char *logfile;
    struct topology map; /* as configured */
};

/* What the threads see of the options. It is never changed: when an option is, each thread takes the next one
 * in its place, and the last that lets go of it frees it. */
struct proxy_settings {
    unsigned holders; /* atomic */
    struct proxy_options o;
};
/* A copy of `o` as it is now, held once. */
struct proxy_settings *proxy_settings_take(const struct proxy_options *o);
struct proxy_settings *proxy_settings_hold(struct proxy_settings *s); /* returns `s` */
void proxy_settings_return(struct proxy_settings **s);

/* The proxy has an option of this name, which CONFIG GET and SET know. */
bool proxy_option_known(struct slice name);
const struct conf_option *proxy_option_at(size_t i); /* one after the other; NULL: there are no more */

void proxy_options_register(struct proxy_options *o, struct conf *conf);
void proxy_options_deinit(struct proxy_options *o); /* the map; strings are the conf's */

#endif
