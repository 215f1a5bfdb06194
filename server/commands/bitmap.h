/* What the bitmap commands and BITFIELD share. */
#ifndef TORC_COMMANDS_BITMAP_H
#define TORC_COMMANDS_BITMAP_H

#include "server/keyspace/call.h"

/* A client's offset, counted in units of so many bits, as a bit position; false: it is none or too far, and
 * the error was replied. */
bool bitmap_offset(struct call *call, struct slice text, uint64_t unit_bits, uint64_t *offset);

#endif
