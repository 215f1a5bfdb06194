/* Which of the 16,384 slots a key lives in. Keys that share a hash tag, the part between the first { and the
 * next }, share a slot, so that one command can use them together. */
#ifndef TORC_SLOTS_H
#define TORC_SLOTS_H

#include "common/base/slice.h"
#include <stdint.h>

#define SLOTS_COUNT 16384

/* The part of `key` that is hashed: the tag where there is one that is not empty, otherwise all of it. */
struct slice slots_tag(struct slice key);

uint16_t slots_of_key(struct slice key); /* below SLOTS_COUNT */

#endif
