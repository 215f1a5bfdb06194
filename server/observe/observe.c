/* See observe.h. */
#include "server/observe/observe.h"

void observe_init(struct observe *observe, struct conf *conf) {
    slowlog_init(&observe->slowlog, conf);
    latency_init(&observe->latency, conf);
}

void observe_start(struct observe *observe, struct conf *conf, struct io *io, struct exec *x) {
    slowlog_start(&observe->slowlog, io, x);
    latency_start(&observe->latency, io, x);
    monitor_start(&observe->monitor, conf, io, x);
    hot_keys_start(&observe->hot_keys, x);
    observe->started = true;
}

void observe_deinit(struct observe *observe) {
    slowlog_deinit(&observe->slowlog);
    latency_deinit(&observe->latency);
    if (!observe->started) return;
    monitor_deinit(&observe->monitor);
    hot_keys_deinit(&observe->hot_keys);
}

void observe_bind(struct observe *observe, struct exec *x) {
    exec_bind(x, slowlog_bindings, &observe->slowlog);
    exec_bind(x, latency_bindings, &observe->latency);
    exec_bind(x, monitor_bindings, &observe->monitor);
}
