/* One line per call:  26:M 22 Nov 2026 11:00:00.123 * Ready to accept connections
 *                     pid role  local time          sign text
 *
 * A line is built on the stack and written by one write(2), so that lines of several threads and processes do
 * not mix.
 *
 * localtime takes a process-wide lock and may read the zone file. Zones change their offset only at full
 * quarters of an hour, so each thread asks once per quarter and computes the rest. */
#include "common/base/clock.h"
#include "common/base/log_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define TEXT_BYTES_MAX 1024
#define QUARTER_S      900
#define DAY_S          86400

struct logger log_default = {.level = LOG_LEVEL_NOTICE, .role = 'M'};

static const char level_sign[] = {
    [LOG_LEVEL_DEBUG] = '.', [LOG_LEVEL_VERBOSE] = '-', [LOG_LEVEL_NOTICE] = '*', [LOG_LEVEL_WARNING] = '#'};
static const int level_priority[] = {[LOG_LEVEL_DEBUG] = LOG_DEBUG,
                                     [LOG_LEVEL_VERBOSE] = LOG_INFO,
                                     [LOG_LEVEL_NOTICE] = LOG_NOTICE,
                                     [LOG_LEVEL_WARNING] = LOG_WARNING};

static int64_t zone_offset_s(int64_t now_s) {
    static _Thread_local int64_t quarter = INT64_MIN, offset_s;
    if (now_s / QUARTER_S != quarter) {
        time_t t = (time_t)now_s;
        struct tm local;
        if (localtime_r(&t, &local) == NULL) return 0;
        offset_s = local.tm_gmtoff;
        quarter = now_s / QUARTER_S;
    }
    return offset_s;
}

/* Day, month (from 1) and year of a day number since 1970. Years are counted from March, which puts the leap
 * day at the end, so that the days before a month are (153 × month + 2) / 5. */
static void civil_date(int64_t days, int *day, int *month, int *year) {
    int64_t z = days + 719468; /* since 1 March of year 0 */
    int64_t era = z / 146097;  /* 400 years each */
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

size_t log_format_prefix(char *out, int64_t now_us, char role, enum log_level level) {
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t local_s = now_us / 1000000 + zone_offset_s(now_us / 1000000);
    int64_t days = local_s / DAY_S - (local_s % DAY_S < 0); /* it may still be 1969 in the west */
    int day, month, year, second = (int)(local_s - days * DAY_S);
    civil_date(days, &day, &month, &year);
    return (size_t)snprintf(out, LOG_PREFIX_BYTES_MAX, "%d:%c %02d %s %d %02d:%02d:%02d.%03d %c ",
                            (int)getpid(), role ? role : 'M', day, months[month - 1], year, second / 3600,
                            second / 60 % 60, second % 60, (int)(now_us / 1000 % 1000), level_sign[level]);
}

/* Logging has nobody to report its own failure to, so a file that cannot be opened or written loses the line.
 */
static void write_line(const struct logger *log, enum log_level level, const char *line, size_t len) {
    if (log->sink) {
        log->sink(log->sink_owner, level, line, len);
        return;
    }
    bool to_file = log->path && log->path[0];
    int fd = to_file ? open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : STDOUT_FILENO;
    if (fd < 0) return;
    while (len > 0) {
        ssize_t wrote = write(fd, line, len);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        line += wrote;
        len -= (size_t)wrote;
    }
    if (to_file) close(fd);
}

static bool wanted(const struct logger *log, enum log_level level) {
    return level >= log->level && level < LOG_LEVEL_NOTHING;
}

void log_vat(struct logger *log, enum log_level level, const char *fmt, va_list args) {
    if (!wanted(log, level)) return;
    int saved_errno = errno; /* callers log in the middle of handling an error */
    char line[LOG_PREFIX_BYTES_MAX + TEXT_BYTES_MAX + 1];
    size_t prefix = log_format_prefix(line, clock_wall_us(), log->role, level);
    int text = vsnprintf(line + prefix, TEXT_BYTES_MAX, fmt, args);
    if (text < 0) text = 0;
    if (text >= TEXT_BYTES_MAX) text = TEXT_BYTES_MAX - 1;
    if (log->syslog) syslog(level_priority[level], "%s", line + prefix);
    line[prefix + (size_t)text] = '\n';
    write_line(log, level, line, prefix + (size_t)text + 1);
    errno = saved_errno;
}

void log_at(struct logger *log, enum log_level level, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    log_vat(log, level, fmt, args);
    va_end(args);
}

void log_raw(struct logger *log, enum log_level level, const char *text, size_t len) {
    if (!wanted(log, level)) return;
    int saved_errno = errno;
    if (log->syslog) syslog(level_priority[level], "%.*s", (int)len, text);
    write_line(log, level, text, len);
    errno = saved_errno;
}

void log_open_syslog(struct logger *log, const char *ident, enum log_facility facility) {
    static const int values[] = {LOG_USER,   LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                 LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
    openlog(ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, values[facility]);
    log->syslog = true;
}
