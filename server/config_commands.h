/* The CONFIG commands, and the files of the configuration through the io door. */
#ifndef TORC_CONFIG_COMMANDS_H
#define TORC_CONFIG_COMMANDS_H

#include "common/conf/conf.h"
#include "server/exec/options.h"
#include "server/keyspace/call.h"

struct io;

#define CONFIG_RESETS_MAX 32

struct config_commands {
    struct conf *conf;               /* borrowed, like all pointers here */
    const struct conf_files *files;  /* what CONFIG REWRITE reads and replaces with */
    const struct exec_conf *options; /* enable-protected-configs */
    const bool *loading;             /* NULL: never loading */
    struct {
        void (*reset)(void *owner);
        void *owner;
    } resets[CONFIG_RESETS_MAX];
    int reset_count;
};

void config_commands_init(struct config_commands *config, struct conf *conf, const struct conf_files *files,
                          const struct exec_conf *options);
/* CONFIG RESETSTAT calls reset(owner), in the order of registration. */
void config_on_resetstat(struct config_commands *config, void (*reset)(void *owner), void *owner);

/* CONFIG GET SET REWRITE RESETSTAT HELP. Module: the struct config_commands. */
extern const struct command_binding config_bindings[];

/* The files of a running server: read and replaced through `io` (borrowed). */
struct conf_files config_files_of(struct io *io);

#endif
