/* What HRANDFIELD, SRANDMEMBER and ZRANDMEMBER have in common: how many are asked for, and how. */
#ifndef TORC_COMMANDS_DRAW_H
#define TORC_COMMANDS_DRAW_H

#include "server/keyspace/call.h"

struct draw {
    bool single;  /* one, that is not in an array */
    bool repeat;  /* so many, each from all; otherwise different ones */
    bool with;    /* values or scores besides */
    size_t count; /* asked for */
};

/* Reads the count behind the key and the word behind that (NULL: the command has none). False: the error was
 * replied. */
bool draw_parse(struct call *call, const char *word, struct draw *out);

/* How many are answered if so many are there. */
static inline size_t draw_count(const struct draw *d, size_t there) {
    return there && (d->repeat || d->count < there) ? d->count : there;
}

/* A client that was cut off for not reading must not be answered on and on. */
static inline bool draw_goes_on(const struct session *session) {
    return !(session->flags & SESSION_CLOSE_NOW);
}

#endif
