/* One number of the kernel's, from -1000 (never kill it) to 1000 (kill it first):
 *
 *      no ──► relative: what it was + value of our role ──► no: what it was
 *         └─► absolute: the value of our role           ──┘
 *
 * While the option is "no" the file is not touched, so whatever a service manager wrote there stays. Lowering
 * the number takes a privilege: a refusal fails CONFIG SET, which then puts the old values back.
 *
 * The three values are those of a primary, a replica and a background process. A server without replication
 * is a primary, and nothing forks. */
#include "server/observe/oom.h"
#include "common/base/num.h"
#include "common/io/io_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SCORE_FILE "/proc/self/oom_score_adj"
#define SCORE_MAX  1000

enum oom_mode { OOM_OFF, OOM_RELATIVE, OOM_ABSOLUTE };
enum oom_role { OOM_PRIMARY, OOM_REPLICA, OOM_BACKGROUND };

/* --- the kernel's file; 0 or a negative errno --- */

static int read_score(struct io *io, int *score) {
    char text[16];
    int64_t number;
    int fd = io_disk_open(io, SCORE_FILE, O_RDONLY, 0);
    if (fd < 0) return fd;
    ssize_t len = io_disk_read(io, fd, text, sizeof(text), 0);
    io_disk_close(io, fd);
    if (len < 0) return (int)len;
    while (len > 0 && text[len - 1] == '\n')
        len--;
    if (!num_parse_int64(text, (size_t)len, &number)) return -EINVAL;
    *score = (int)number;
    return 0;
}

static int write_score(struct io *io, int score) {
    char text[16];
    int len = snprintf(text, sizeof(text), "%d", score);
    int fd = io_disk_open(io, SCORE_FILE, O_WRONLY, 0);
    if (fd < 0) return fd;
    ssize_t written = io_disk_write(io, fd, text, (size_t)len, 0);
    io_disk_close(io, fd);
    return written < 0 ? (int)written : 0;
}

/* --- what is asked for --- */

static int wanted_score(const struct oom *oom) {
    int score = oom->values.value[OOM_PRIMARY];
    if (oom->mode == OOM_RELATIVE) score += oom->before;
    if (score > SCORE_MAX) return SCORE_MAX;
    return score < -SCORE_MAX ? -SCORE_MAX : score;
}

static bool bring_into_force(struct oom *oom) {
    if (oom->mode == OOM_OFF && !oom->in_force) return true;
    int code = oom->in_force ? 0 : read_score(oom->io, &oom->before);
    if (code < 0) {
        log_warning(oom->log, "Unable to read oom_score_adj: %s", strerror(-code));
        return false;
    }
    code = write_score(oom->io, oom->mode == OOM_OFF ? oom->before : wanted_score(oom));
    if (code < 0) {
        log_warning(oom->log, "Unable to write oom_score_adj: %s", strerror(-code));
        return false;
    }
    oom->in_force = oom->mode != OOM_OFF;
    return true;
}

static bool apply(void *owner, struct conf_error *err) {
    struct oom *oom = owner;
    if (!oom->io || bring_into_force(oom)) return true;
    return conf_fail(err, "Failed to set current oom_score_adj. Check server logs.");
}

static const struct conf_choice modes[] = {{"no", OOM_OFF},
                                           {"yes", OOM_RELATIVE},
                                           {"relative", OOM_RELATIVE},
                                           {"absolute", OOM_ABSOLUTE},
                                           {NULL, 0}};

static const struct conf_option options[] = {
    CONF_OPT_ENUM("oom-score-adj", struct oom, mode, modes, "no", .apply = apply),
    CONF_OPT_CUSTOM("oom-score-adj-values", struct oom, values, &conf_oom_values_type, "0 200 800",
                    .flags = CONF_MULTI_ARG, .apply = apply),
};

void oom_register_options(struct oom *oom, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), oom, oom);
}

void oom_start(struct oom *oom, struct io *io, struct logger *log) {
    oom->io = io;
    oom->log = log;
    bring_into_force(oom);
}
