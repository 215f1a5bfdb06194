/* The names under which the commands of one server are called, where rename-command changed some.
 *
 * A renamed command is found by its new name alone, a disabled one not at all and COMMAND does not count it.
 * What is said about a command still uses the name of its declaration, as in Redis: COMMAND INFO, statistics,
 * ACL rules, errors about arguments. */
#ifndef TORC_COMMANDS_NAMES_H
#define TORC_COMMANDS_NAMES_H

#include "commands/command_ids.h"
#include "common/base/map.h"
#include "common/commands/command.h"

#define COMMAND_RENAMED_LEN_MAX 255

/* Zero: all as declared. Where a function below takes names, NULL is that, too. */
struct command_names {
    struct map renamed;         /* new name in lower case → spec */
    bool moved[CMD_COUNT];      /* the declared name does not count any more */
    bool disabled[CMD_COUNT];   /* nor does any other; set for the subcommands of such a command, too */
    unsigned disabled_count;    /* top-level commands */
    unsigned disabled_subcount; /* and their subcommands */
};

void command_names_deinit(struct command_names *names);
/* Whether any name was changed. */
static inline bool command_names_changed(const struct command_names *names) {
    return names->renamed.count > 0 || names->disabled_count > 0;
}

/* Gives the command that is now called `name` the name `to`, or none where `to` is empty. Returns NULL, or
 * what is wrong in Redis's words. Both are copied. */
const char *command_names_change(struct command_names *names, struct slice name, struct slice to);

/* As command_lookup and command_lookup_full, by the names that count. */
const struct command_spec *command_names_lookup(const struct command_names *names, struct slice name);
const struct command_spec *command_names_lookup_full(const struct command_names *names, struct slice name);

/* Whether a command or subcommand can be called by any name. */
static inline bool command_names_has(const struct command_names *names, const struct command_spec *spec) {
    return names == NULL || !names->disabled[spec->id];
}

#endif
