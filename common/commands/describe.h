/* The replies of the COMMAND family, written from the table: one call for each form of the command.
 *
 * All slices are borrowed for the call. What a caller got wrong is answered with Redis's error text. `called`
 * are the names that count here, borrowed; NULL: as declared. */
#ifndef TORC_COMMANDS_DESCRIBE_H
#define TORC_COMMANDS_DESCRIBE_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/commands/command.h"
#include "common/commands/names.h"
#include "common/resp/resp_writer.h"

/* COMMAND, and COMMAND INFO without names. */
void describe_commands(struct resp_writer *w, const struct command_names *called);

/* COMMAND COUNT */
void describe_count(struct resp_writer *w, const struct command_names *called);

/* COMMAND INFO name …: null for a name that there is not. count 0: all commands. */
void describe_info(struct resp_writer *w, const struct command_names *called, const struct slice *names,
                   int count);

/* COMMAND DOCS [name …]: names that there are not are left out. count 0: all commands. */
void describe_docs(struct resp_writer *w, const struct command_names *called, const struct slice *names,
                   int count);

/* COMMAND LIST [FILTERBY MODULE m | ACLCAT c | PATTERN p]; args is what follows LIST. */
void describe_list(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                   int count);

/* COMMAND GETKEYS and GETKEYSANDFLAGS; args is the command that is asked about. */
void describe_getkeys(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                      int count);
void describe_getkeysandflags(struct resp_writer *w, const struct command_names *called,
                              const struct slice *args, int count);

/* Appends the error for a command that there is not, or for a subcommand of argv[0]: "ERR unknown …". */
void describe_unknown(struct buf *text, const struct slice *argv, int argc);
void describe_unknown_sub(struct buf *text, const struct slice *argv);

/* The HELP subcommand of any container (COMMAND HELP, CONFIG HELP, …): its built subcommands with their
 * syntax. `called` is how the client called it. */
void describe_help(struct resp_writer *w, struct slice called, const struct command_spec *container);

#endif
