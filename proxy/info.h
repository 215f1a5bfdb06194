/* INFO of the proxy. */
#ifndef TORC_PROXY_INFO_H
#define TORC_PROXY_INFO_H

#include "common/base/buf.h"

struct worker;

/* Appends the sections with these names; none: all. */
void proxy_info(const struct worker *w, const struct slice *names, int count, struct buf *out);

#endif
