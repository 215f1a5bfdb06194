/* A base of commands: entries as the commands that make them.
 *
 * Elements of a large value may come in pieces and in between others: what they make does not depend on the
 * order. */
#ifndef TORC_PERSIST_AOF_BASE_H
#define TORC_PERSIST_AOF_BASE_H

#include "server/persist/aof_format.h"
#include "server/types/value_walk.h"

#define AOF_ITEMS_PER_COMMAND 64

/* Elements of one key that wait to be one command. Zero-initialised is empty. */
struct aof_batch {
    struct buf *out;  /* borrowed */
    uint8_t type;     /* enum value_type */
    const void *of;   /* whose they are; NULL: nobody's */
    struct slice key; /* borrowed while `of` is set */
    unsigned items, words;
    struct buf bytes;
    size_t len[2 * AOF_ITEMS_PER_COMMAND];
};
void aof_batch_begin(struct aof_batch *b, struct buf *out, const void *of, uint8_t type, struct slice key);
void aof_batch_add(struct aof_batch *b, const struct value_element *element);
/* Writes what waits; nobody's then. */
void aof_batch_end(struct aof_batch *b);
void aof_batch_deinit(struct aof_batch *b);

/* Appends what makes this entry, its deadline included. */
void aof_put_entry(struct buf *out, const struct entry *e);
void aof_put_deadline(struct buf *out, struct slice key, int64_t deadline_ms);

#endif
