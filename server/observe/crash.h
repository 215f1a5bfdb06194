/* The crash report: what is written to the log when the process dies of a signal or of a broken invariant. */
#ifndef TORC_OBSERVE_CRASH_H
#define TORC_OBSERVE_CRASH_H

#include "common/base/log.h"
#include "common/conf/conf.h"
#include "server/exec/exec.h"

struct info_registry;

/* What a report can tell beyond the machine's state. All borrowed for the life of the process; NULL: left
 * out. */
struct crash_context {
    struct logger *log;
    const struct info_registry *info;
    struct exec *exec;
    struct conf *conf; /* which options are secret; needed beside exec */
    /* The line of CLIENT LIST for the session of the command under way, if it is a client's. */
    void (*describe_session)(const struct session *s, struct buf *out);
    const bool *enabled; /* crash-log-enabled */
};

/* Takes the fatal signals and the panic hook. Signals of one process report on one server: the last that
 * called this. */
void crash_install(const struct crash_context *context);
void crash_uninstall(void);

/* The words of a command as a report shows them: the first of them, each cut, none that is secret. */
void crash_describe_words(struct conf *conf, const struct call *call, struct buf *out);

#endif
