/* One execution of one command: what a handler is given.
 *
 * A handler is `void cmd_name(struct call *call)` in four paragraphs: look up, check, change, reply. Keys are
 * named by their position in argv, so that the hash computed for the prefetch is used again. Slices of argv
 * live until the end of the turn. */
#ifndef TORC_KEYSPACE_CALL_H
#define TORC_KEYSPACE_CALL_H

#include "common/base/hash.h"
#include "common/base/slice.h"
#include "common/commands/command.h"
#include "common/resp/resp_writer.h"
#include "server/keyspace/keyspace.h"
#include "server/keyspace/session.h"

/* Hashes of a command's first keys, computed ahead for prefetching: argv[first + i * step] for i < count. */
struct key_hashes {
    const uint64_t *hash; /* borrowed */
    uint16_t first, step, count;
    const uint16_t *slot; /* of the same keys; borrowed; NULL: not known, or there are no slots */
};

enum call_flags {
    CALL_IN_EXEC = 1 << 0,    /* part of EXEC or of a script: must not block */
    CALL_REPLAYED = 1 << 1,   /* from a file or a primary: no gates, keys do not expire by themselves */
    CALL_BLOCKED = 1 << 2,    /* set by call_block: it did not answer, and will be run again */
    CALL_NO_JOURNAL = 1 << 3, /* set by the handler: nothing of it is to be propagated */
    CALL_AGAIN = 1 << 4,      /* it blocked before and is tried once more */
};

struct call {
    const struct command_spec *spec;
    const struct slice *argv;
    int argc;
    uint32_t flags;
    uint64_t command_flags; /* the spec's; of EXEC: of all that it is going to run, too */
    struct session *session;
    struct resp_writer *reply; /* the session's, or a script's */
    struct keyspace *keyspace;
    struct database *db; /* the session's selected database */
    int64_t now_ms;      /* the command's time: one for a whole EXEC or script */
    void *module;        /* what the handler's module registered with it */
    struct key_hashes hashes;
};

typedef void command_handler(struct call *call);

/* A family's or module's commands: handlers are static in their file, which exports one array of these, ended
 * by COMMAND_BINDINGS_END. Boot hands the arrays to dispatch, with the module that the handlers get. */
struct command_binding {
    uint16_t id; /* enum command_id */
    command_handler *handler;
};
#define COMMAND_BINDINGS_END                                                                                 \
    { 0, NULL }

static inline uint64_t call_hash(const struct call *call, int arg) {
    unsigned at = (unsigned)arg - call->hashes.first;
    if (call->hashes.step == 1 ? at < call->hashes.count
                               : call->hashes.count && at % call->hashes.step == 0 &&
                                     at / call->hashes.step < call->hashes.count)
        return call->hashes.hash[call->hashes.step == 1 ? at : at / call->hashes.step];
    return hash_slice(&call->keyspace->secret, call->argv[arg]);
}

/* --- arguments; on failure each has replied the error and returns false --- */
bool call_int64(struct call *call, int arg, int64_t *out); /* ERR value is not an integer or out of range */
bool call_int64_msg(struct call *call, int arg, int64_t *out, const char *error);
bool call_int64_range(struct call *call, int arg, int64_t min, int64_t max, int64_t *out, const char *error);
bool call_double(struct call *call, int arg, double *out); /* ERR value is not a valid float */
bool call_long_double(struct call *call, int arg, long double *out);

/* The common errors. */
#define ERR_SYNTAX     "ERR syntax error"
#define ERR_NOT_INT    "ERR value is not an integer or out of range"
#define ERR_NOT_FLOAT  "ERR value is not a valid float"
#define ERR_WRONG_TYPE "WRONGTYPE Operation against a key holding the wrong kind of value"
#define ERR_NO_KEY     "ERR no such key"
#define ERR_OUT_RANGE  "ERR index out of range"
#define ERR_TOO_LONG   "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
void call_error_arity(struct call *call); /* ERR wrong number of arguments for 'x' command */
/* ERR unknown subcommand or wrong number of arguments for 'x'. Try NAME HELP. */
void call_error_subcommand(struct call *call);

#endif
