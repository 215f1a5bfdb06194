/* Which arguments of a command are keys, and what it does with them.
 *
 * The server asks before it checks slots and ACL key patterns, the proxy before it routes, COMMAND GETKEYS
 * for its user. Most commands have one key at a fixed place: command_key_single() answers those without a
 * call.
 */
#ifndef TORC_COMMANDS_KEYS_H
#define TORC_COMMANDS_KEYS_H

#include "common/base/slice.h"
#include "common/commands/command.h"

struct key_position {
    int pos;        /* index into argv */
    uint16_t flags; /* enum key_flag */
};

/* Room for a few keys inside, beyond them on the heap; init before the first use, deinit when done.
 * May be used again and again without deinit between: the room is kept. */
#define KEY_REFS_INLINE 16
struct key_refs {
    struct key_position *refs; /* refs[0 .. count-1] in the order of the specs */
    int count;
    int capacity;
    struct key_position inline_refs[KEY_REFS_INLINE];
};

void key_refs_init(struct key_refs *out);
void key_refs_deinit(struct key_refs *out);

enum key_result {
    KEYS_OK = 0,
    KEYS_NONE = -1,    /* "The command has no key arguments": it never has any */
    KEYS_ARITY = -2,   /* "Invalid number of arguments specified for command" */
    KEYS_INVALID = -3, /* "Invalid arguments specified for command" */
};

enum {
    KEYS_WITH_NOT_KEYS = 1 << 0, /* sharded channels too: what routing wants, and GETKEYS does not */
};

/* Finds the keys of a whole command, argv[0] being its name and, for a subcommand, argv[1] the subcommand's.
 * The slices are borrowed and only read. Returns KEYS_OK with out->count >= 0 (EVAL with no keys has none),
 * or a negative key_result with out->count 0. */
int command_keys(const struct command_spec *spec, const struct slice *argv, int argc, struct key_refs *out);
int command_keys_options(const struct command_spec *spec, const struct slice *argv, int argc,
                         unsigned options, struct key_refs *out);

/* The text of a negative key_result, with "ERR " before it. */
const char *key_result_error(int result);

/* The position of the only key of commands whose one key stands at a fixed place whatever the other arguments
 * are (GET, SET, HSET, …, about two thirds of all), else 0. */
static inline int command_key_single(const struct command_spec *spec) {
    return spec->key_single;
}

#endif
