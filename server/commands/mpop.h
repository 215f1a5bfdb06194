/* What the commands that take from the first of several keys that has something (LMPOP, ZMPOP and their
 * waiting forms) have in common: numkeys key … END [COUNT n]. */
#ifndef TORC_COMMANDS_MPOP_H
#define TORC_COMMANDS_MPOP_H

#include "server/keyspace/call.h"

struct mpop {
    int first, keys; /* arguments: the first key, and how many there are */
    bool second_end; /* the second of the two words was given */
    int64_t count;
};

/* Reads it from argv[arg] on, where the number of keys is; the two words say which end is taken from. False:
 * the error was replied. */
bool mpop_parse(struct call *call, int arg, const char *first_end, const char *second_end, struct mpop *out);

#endif
