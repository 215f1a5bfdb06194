/* The log, in Redis's look: "pid:role DD Mon YYYY HH:MM:SS.mmm <sign> text".
 *
 * One logger per server or tool, passed by pointer; `log_default` serves what runs before one exists. A line
 * is formatted on the stack and written with one write(2) to stdout or to the log file, opened per line as
 * Redis does, so that it can be rotated at any time; syslog beside it where configured. */
#ifndef TORC_BASE_LOG_H
#define TORC_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_NOTHING };

struct logger {
    enum log_level level;
    char role;        /* M primary, S replica, X sentinel, P proxy, C child or tool */
    bool syslog;      /* also to syslog, opened by log_open_syslog */
    const char *path; /* borrowed; NULL or "" is stdout */
    /* Simulation and tests: takes each finished line instead of file and stdout. */
    void (*sink)(void *owner, enum log_level level, const char *line, size_t len);
    void *sink_owner;
};

extern struct logger log_default;

/* Texts longer than 1,024 bytes are cut. */
void log_at(struct logger *log, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void log_vat(struct logger *log, enum log_level level, const char *fmt, va_list args);
/* Bytes as they are, without prefix (the logo, a crash report). */
void log_raw(struct logger *log, enum log_level level, const char *text, size_t len);
enum log_facility {
    LOG_FACILITY_USER,
    LOG_FACILITY_LOCAL0, /* and so on, in order */
    LOG_FACILITY_LOCAL1,
    LOG_FACILITY_LOCAL2,
    LOG_FACILITY_LOCAL3,
    LOG_FACILITY_LOCAL4,
    LOG_FACILITY_LOCAL5,
    LOG_FACILITY_LOCAL6,
    LOG_FACILITY_LOCAL7,
};
void log_open_syslog(struct logger *log, const char *ident, enum log_facility facility);

#define log_debug(log, ...)   log_at((log), LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_verbose(log, ...) log_at((log), LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_notice(log, ...)  log_at((log), LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_warning(log, ...) log_at((log), LOG_LEVEL_WARNING, __VA_ARGS__)

#endif
