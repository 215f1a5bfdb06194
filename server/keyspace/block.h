/* Commands that wait for a key: BLPOP, BZMPOP, XREAD BLOCK and their like.
 *
 * The handler first tries to serve; where there is nothing to serve it parks its session here and returns
 * without a reply. When one of the keys changes so that it may be served now, the command runs again, whole,
 * and either replies or parks again with its place in the queue kept. There is no second way to serve a
 * command, so a woken one does all that a direct one does: wrong types, events, journal, statistics.
 *
 *      if (!list_pop_first(call, keys, count)) {                      // nothing there
 *          call_block(call, &(struct block){.type = VALUE_LIST, .keys = keys, .key_count = count,
 *                                           .until_ms = until_ms, .null_array = true});
 *          return;
 *      }
 *
 * Within EXEC and scripts nothing parks: the reply of a timeout is given at once. */
#ifndef TORC_KEYSPACE_BLOCK_H
#define TORC_KEYSPACE_BLOCK_H

#include "server/keyspace/call.h"
#include "server/types/entry.h"

struct block {
    enum value_type type;     /* a key is worth a try when it holds this */
    const struct slice *keys; /* borrowed during the call */
    int key_count;
    int64_t until_ms; /* when it times out, in ms since 1970; 0: never */
    bool null_array;  /* what a timeout replies: a null array, otherwise a null */
    bool when_gone;   /* also worth a try when a key goes or takes another type (XREADGROUP) */
    /* What is to run again instead of the call's own words (XREAD with `$` resolved); NULL: those. Borrowed.
     */
    const struct slice *argv;
    int argc;
    /* What a timeout replies, where that is no null (WAIT). */
    void (*timed_out)(void *owner, struct session *s);
    void *owner; /* of that; borrowed */
};

/* Parks the call's session until one of the keys is worth a try or until_ms has come. Copies what it needs.
 */
void call_block(struct call *call, const struct block *block);
/* Writes what a timeout replies. */
void block_reply_timeout(struct session *s, const struct block *block);

/* Reads argv[arg] as a timeout in seconds (a fraction is fine; 0: for ever), or in whole milliseconds, and
 * tells when that will be. False: the error was replied. */
bool call_block_seconds(struct call *call, int arg, int64_t *until_ms);
bool call_block_milliseconds(struct call *call, int arg, int64_t *until_ms);

#endif
