/* SCAN over all shards: one after the other. */
#ifndef TORC_PROXY_SCAN_H
#define TORC_PROXY_SCAN_H

#include "proxy/gather.h"

/* Sends the client's SCAN to the shard that its cursor names. */
void scan_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc);
/* The shard's reply with our cursor in it. False: it is no reply to SCAN. */
bool scan_merge(const struct gather *g, struct buf *out);

#endif
