/* COMMAND and its subcommands: their replies are written from the table (common/commands/describe.h). */
#include "common/commands/describe.h"
#include "server/exec/exec_int.h"

static const struct command_names *names_of(const struct call *call) {
    return ((const struct exec *)call->module)->names;
}

static void cmd_command(struct call *call) {
    describe_commands(call->reply, names_of(call));
}

static void cmd_command_count(struct call *call) {
    describe_count(call->reply, names_of(call));
}

static void cmd_command_info(struct call *call) {
    describe_info(call->reply, names_of(call), call->argv + 2, call->argc - 2);
}

static void cmd_command_docs(struct call *call) {
    describe_docs(call->reply, names_of(call), call->argv + 2, call->argc - 2);
}

static void cmd_command_list(struct call *call) {
    describe_list(call->reply, names_of(call), call->argv + 2, call->argc - 2);
}

static void cmd_command_getkeys(struct call *call) {
    describe_getkeys(call->reply, names_of(call), call->argv + 2, call->argc - 2);
}

static void cmd_command_getkeysandflags(struct call *call) {
    describe_getkeysandflags(call->reply, names_of(call), call->argv + 2, call->argc - 2);
}

static void cmd_command_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_COMMAND));
}

const struct command_binding command_bindings[] = {
    {CMD_COMMAND, cmd_command},
    {CMD_COMMAND_COUNT, cmd_command_count},
    {CMD_COMMAND_INFO, cmd_command_info},
    {CMD_COMMAND_DOCS, cmd_command_docs},
    {CMD_COMMAND_LIST, cmd_command_list},
    {CMD_COMMAND_GETKEYS, cmd_command_getkeys},
    {CMD_COMMAND_GETKEYSANDFLAGS, cmd_command_getkeysandflags},
    {CMD_COMMAND_HELP, cmd_command_help},
    COMMAND_BINDINGS_END,
};
