/* What SCAN, HSCAN, SSCAN and ZSCAN have in common: the cursor and the options behind it. */
#ifndef TORC_COMMANDS_SCAN_OPTIONS_H
#define TORC_COMMANDS_SCAN_OPTIONS_H

#include "server/keyspace/call.h"
#include "server/types/entry.h"

struct scan_options {
    size_t count;         /* at least 1; 10 if not asked for */
    struct slice pattern; /* ptr NULL: everything matches */
    struct slice type;    /* SCAN only; ptr NULL: any */
};

/* The cursor in argv[arg]; false: ERR invalid cursor was replied. */
bool scan_parse_cursor(struct call *call, int arg, uint64_t *cursor);
/* The options from argv[arg] on; TYPE is one of them if `with_type`. False: the error was replied. */
bool scan_parse_options(struct call *call, int arg, bool with_type, struct scan_options *out);

/* All of that for a collection, whose key is argv[1]. False: it was answered, with an error or because the
 * key is absent. */
bool scan_begin(struct call *call, enum value_type type, const struct entry **e, uint64_t *cursor,
                struct scan_options *options);

/* The beginning of the reply, up to the array of what was found. */
void scan_answer_cursor(struct call *call, uint64_t cursor);

bool scan_matches(const struct scan_options *options, struct slice text);

#endif
