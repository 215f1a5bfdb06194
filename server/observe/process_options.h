/* The options of the process itself: engine, log, daemon, what signals do. */
#ifndef TORC_OBSERVE_PROCESS_OPTIONS_H
#define TORC_OBSERVE_PROCESS_OPTIONS_H

#include "common/base/log.h"
#include "common/conf/conf.h"

enum shutdown_action {
    SHUTDOWN_DEFAULT = 0,
    SHUTDOWN_SAVE = 1 << 0,
    SHUTDOWN_NOSAVE = 1 << 1,
    SHUTDOWN_NOW = 1 << 2,
    SHUTDOWN_FORCE = 1 << 3,
};

struct server_options {
    int io_engine; /* enum io_engine */
    bool daemonize;
    char *pidfile;
    int loglevel;
    char *logfile;
    bool syslog_enabled;
    char *syslog_ident;
    int syslog_facility;
    bool always_show_logo;
    bool crash_log_enabled;
    int shutdown_on_sigint, shutdown_on_sigterm; /* enum shutdown_action, or-ed */
    struct logger *log;                          /* told of loglevel and logfile */
};

/* Before loading. */
void server_options_register(struct server_options *options, struct logger *log, struct conf *conf);
/* After loading: makes the logger follow them. */
void server_options_apply_log(struct server_options *options);

#endif
