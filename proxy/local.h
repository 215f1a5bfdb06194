/* Commands that the proxy answers by itself. */
#ifndef TORC_PROXY_LOCAL_H
#define TORC_PROXY_LOCAL_H

#include "common/commands/command.h"
#include "proxy/client.h"

struct local_call {
    struct client *client;
    const struct command_spec *spec;
    const struct slice *argv; /* borrowed */
    int argc;
    struct resp_writer *reply;
};

/* Replies with an error, also from a handler that has no `reply`. */
void local_fail(struct local_call *call, const char *text);

/* True: the command changes how the client's later commands are treated, so what is before it is answered
 * first. */
bool local_waits(const struct command_spec *spec);
void local_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc);

#endif
