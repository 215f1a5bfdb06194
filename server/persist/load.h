/* Loading a snapshot's file into the keyspace, in slices: requests are answered meanwhile, most of them with
 * LOADING.
 *
 *      helper:       read a block, add to the checksum ──┐ one block ahead
 *      data thread:                                      └──► window ──► records ──► keys */
#ifndef TORC_PERSIST_LOAD_H
#define TORC_PERSIST_LOAD_H

#include "common/base/log.h"
#include "server/keyspace/keyspace.h"

struct io;
struct load;

struct load_conf {
    struct io *io; /* borrowed, as are the next two */
    struct keyspace *keyspace;
    struct logger *log;
    const char *path; /* copied */
    bool checksum;    /* is looked at */
    bool merge;       /* a key that is there already is replaced; otherwise that is an error */
    bool aof_base; /* commands may follow: they go on behind result.end, and keys that are due are kept, since
                      the commands know no better */
    const int *key_delay_us; /* borrowed; for tests: a rest after each key */
    /* A function library of the file: borrowed during the call. */
    void (*function)(void *owner, struct slice library);
};

struct load_result {
    const char *error; /* NULL: all was loaded */
    uint64_t keys, expired, empty, functions;
    int64_t took_us;
    int64_t end; /* offset behind what was read */
};

struct load_progress {
    int64_t total_bytes, loaded_bytes, started_us;
    uint64_t keys, used_mem; /* what the file says of the memory it came from */
};

/* Begins. `done` is called from a later turn: the last use of it. */
struct load *load_begin(const struct load_conf *conf,
                        void (*done)(void *owner, const struct load_result *result), void *owner);
/* Whether load_step has something to do; then a slice of it. */
bool load_due(const struct load *l);
void load_step(struct load *l);
void load_progress(const struct load *l, struct load_progress *out);
/* Whether nothing of it is with a helper. */
bool load_is_idle(const struct load *l);
/* Gives up, without a word. False: a helper is still at it; call again in a later turn. */
bool load_cancel(struct load **l);

#endif
