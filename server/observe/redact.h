/* Arguments that must not be shown: passwords, in whatever command they came. The slow log, MONITOR and the
 * crash report print REDACTED in their place. */
#ifndef TORC_OBSERVE_REDACT_H
#define TORC_OBSERVE_REDACT_H

#include "common/conf/conf.h"
#include "server/keyspace/call.h"

#define REDACTED "(redacted)"

struct redaction {
    int first, end;    /* arguments [first, end) are secret */
    struct conf *conf; /* not NULL: of CONFIG SET, values of sensitive options are */
};

/* What to hide of this call. conf is borrowed. */
struct redaction redaction_of(struct conf *conf, const struct call *call);
bool redaction_hides(const struct redaction *r, const struct call *call, int arg);

/* The argument as it may be shown. */
static inline struct slice redaction_shown(const struct redaction *r, const struct call *call, int arg) {
    return redaction_hides(r, call, arg) ? SLICE(REDACTED) : call->argv[arg];
}

#endif
