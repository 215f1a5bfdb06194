/* INFO of the proxy. */
#ifndef TORC_PROXY_INFO_H
#define TORC_PROXY_INFO_H

#include "proxy/local.h"

/* INFO [section …], and INFO SHARD <name> [section …], which a server answers. Replies by itself. */
void proxy_info(struct local_call *call);
/* LATENCY HISTOGRAM [command …]: the proxy's own. Replies by itself. */
void proxy_latency_histogram(struct local_call *call);

#endif
