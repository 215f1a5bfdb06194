/* Those who watch commands run, put together for boot: slow log, latency monitor, MONITOR, hot keys.
 */
#ifndef TORC_OBSERVE_OBSERVE_H
#define TORC_OBSERVE_OBSERVE_H

#include "server/observe/hot_keys.h"
#include "server/observe/latency.h"
#include "server/observe/monitor.h"
#include "server/observe/slowlog.h"

struct observe {
    struct slowlog slowlog;
    struct latency latency;
    struct monitor monitor;
    struct hot_keys hot_keys;
    bool started;
};

/* Before loading: declares the options. */
void observe_init(struct observe *observe, struct conf *conf);
/* After loading. All are borrowed. */
void observe_start(struct observe *observe, struct conf *conf, struct io *io, struct exec *x);
/* After the clients are gone; may be called without observe_start. */
void observe_deinit(struct observe *observe);
void observe_bind(struct observe *observe, struct exec *x);

/* Lent to those who measure their own work. */
static inline const struct latency_sink *observe_latency_sink(const struct observe *observe) {
    return &observe->latency.sink;
}

#endif
