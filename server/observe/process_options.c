/* See process_options.h. */
#include "server/observe/process_options.h"
#include "common/io/io.h"
#include <stdlib.h>
#include <string.h>

static const struct conf_choice engines[] = {
    {"auto", IO_ENGINE_AUTO}, {"io_uring", IO_ENGINE_URING}, {"epoll", IO_ENGINE_EPOLL}, {NULL, 0}};
static const struct conf_choice levels[] = {{"debug", LOG_LEVEL_DEBUG},     {"verbose", LOG_LEVEL_VERBOSE},
                                            {"notice", LOG_LEVEL_NOTICE},   {"warning", LOG_LEVEL_WARNING},
                                            {"nothing", LOG_LEVEL_NOTHING}, {NULL, 0}};
static const struct conf_choice facilities[] = {
    {"user", LOG_FACILITY_USER},     {"local0", LOG_FACILITY_LOCAL0},
    {"local1", LOG_FACILITY_LOCAL1}, {"local2", LOG_FACILITY_LOCAL2},
    {"local3", LOG_FACILITY_LOCAL3}, {"local4", LOG_FACILITY_LOCAL4},
    {"local5", LOG_FACILITY_LOCAL5}, {"local6", LOG_FACILITY_LOCAL6},
    {"local7", LOG_FACILITY_LOCAL7}, {NULL, 0}};
static const struct conf_choice shutdown_actions[] = {{"default", SHUTDOWN_DEFAULT}, {"save", SHUTDOWN_SAVE},
                                                      {"nosave", SHUTDOWN_NOSAVE},   {"now", SHUTDOWN_NOW},
                                                      {"force", SHUTDOWN_FORCE},     {NULL, 0}};

static bool actions_agree(void *owner, const void *value, struct conf_error *err) {
    int both = SHUTDOWN_SAVE | SHUTDOWN_NOSAVE;
    if ((*(const int *)value & both) != both) return true;
    return conf_fail(err, "shutdown options SAVE and NOSAVE can't be used simultaneously");
}

static bool apply_log(void *owner, struct conf_error *err) {
    server_options_apply_log(owner);
    return true;
}

/* Not immutable, since clients set all options of CONFIG GET * to what they are and skip only those that are
 * immutable in Redis. */
static bool keep_engine(void *owner, struct conf_error *err) {
    return conf_fail(err, "the engine is chosen at the start");
}

#define FIELD     struct server_options
#define IMMUTABLE .flags = CONF_IMMUTABLE

static const struct conf_option table[] = {
    CONF_OPT_ENUM("io-engine", FIELD, io_engine, engines, "auto", .apply = keep_engine),
    CONF_OPT_BOOL("daemonize", FIELD, daemonize, "no", IMMUTABLE),
    CONF_OPT_STRING("pidfile", FIELD, pidfile, NULL, IMMUTABLE),
    CONF_OPT_ENUM("loglevel", FIELD, loglevel, levels, "notice", .apply = apply_log),
    CONF_OPT_STRING("logfile", FIELD, logfile, "", .flags = CONF_IMMUTABLE | CONF_KEEP_EMPTY),
    CONF_OPT_BOOL("syslog-enabled", FIELD, syslog_enabled, "no", IMMUTABLE),
    CONF_OPT_STRING("syslog-ident", FIELD, syslog_ident, "redis", IMMUTABLE),
    CONF_OPT_ENUM("syslog-facility", FIELD, syslog_facility, facilities, "local0", IMMUTABLE),
    CONF_OPT_BOOL("crash-log-enabled", FIELD, crash_log_enabled, "yes"),
    CONF_OPT_BOOL("always-show-logo", FIELD, always_show_logo, "no", IMMUTABLE),
    CONF_OPT_FLAGS("shutdown-on-sigint", FIELD, shutdown_on_sigint, shutdown_actions, "default",
                   .validate = actions_agree),
    CONF_OPT_FLAGS("shutdown-on-sigterm", FIELD, shutdown_on_sigterm, shutdown_actions, "default",
                   .validate = actions_agree),
};

void server_options_register(struct server_options *options, struct logger *log, struct conf *conf) {
    options->log = log;
    conf_register(conf, table, CONF_COUNT(table), options, options);
}

void server_options_apply_log(struct server_options *options) {
    options->log->level = (enum log_level)options->loglevel;
    options->log->path = options->logfile;
    if (options->syslog_enabled && !options->log->syslog)
        log_open_syslog(options->log, options->syslog_ident ? options->syslog_ident : "redis",
                        options->syslog_facility);
}
