/* The proxy's numbers as Prometheus text over HTTP: GET /metrics at metrics-port.
 *
 * HTTP is parsed by libhttp-parser on the first thread's loop. One request a connection, small and soon: what
 * is larger or slower is closed. */
#ifndef TORC_PROXY_EXPORTER_H
#define TORC_PROXY_EXPORTER_H

#include <stdbool.h>
#include <stdint.h>

struct exporter;
struct worker;

/* Listens at the configured address; NULL: there is none (`*ok` true), or it cannot be taken, which is
 * logged. */
struct exporter *exporter_create(struct worker *w, bool *ok);
/* Closes listener and connections; exporter_drained tells when nothing is left of them. */
void exporter_close(struct exporter *e);
bool exporter_drained(const struct exporter *e); /* NULL is */
void exporter_destroy(struct exporter **e);
void exporter_expire(struct exporter *e, int64_t now_us); /* now and then: closes who takes too long */

#endif
