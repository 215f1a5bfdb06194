/* CONFIG: the proxy's own options, and those of the servers.
 *
 *      CONFIG GET|SET|REWRITE|RESETSTAT … ─┬─ options that the proxy owns ─► the desk (the first thread)
 *                                          └─ all others ─► all shards
 *      CONFIG … SHARD [name]              ─► all shards, or this one, whoever owns the option
 *
 * The desk holds the conf; when a value changed it hands every thread new settings (options.h). */
#ifndef TORC_PROXY_CONFIG_H
#define TORC_PROXY_CONFIG_H

#include "common/conf/conf.h"
#include "proxy/client.h"
#include "proxy/options.h"

/* Used by the first thread alone, once threads run. All borrowed. */
struct desk {
    struct conf *conf;
    struct proxy_options *options;
    const struct conf_files *files;
    struct logger *log;
    int argc; /* of the command line, without the program's name */
    char **argv;
};

/* Loads the configuration again, by the first thread: options that can be set are, and all threads get the
 * map. An error leaves everything as it was; the log says why. */
void config_reload(struct worker *w);

void config_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc);
/* The command ends in SHARD or SHARD <name>, and is meant for servers. */
bool config_is_for_shards(const struct command_spec *spec, const struct slice *argv, int argc);

#endif
