/* From a command to its way: the routing word of its declaration decides. */
#ifndef TORC_PROXY_DISPATCH_H
#define TORC_PROXY_DISPATCH_H

#include "common/resp/resp_parser.h"
#include "proxy/client.h"

/* `text` are the command's bytes as received. False: it must wait, and was not begun. */
bool dispatch(struct client *c, const struct resp_command *command, struct slice text);

#endif
