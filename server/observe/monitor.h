/* MONITOR: sessions that see every command as it runs. */
#ifndef TORC_OBSERVE_MONITOR_H
#define TORC_OBSERVE_MONITOR_H

#include "common/base/list.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "server/exec/exec.h"

struct monitor {
    struct link watchers; /* struct watcher of monitor.c; owned */
    struct buf line;      /* the one being written; its memory is used again */
    struct conf *conf;    /* borrowed, as is io */
    struct io *io;
    struct exec_observer observer;
    struct exec_gate gate;
};

/* Begins to observe commands. conf and io are borrowed. */
void monitor_start(struct monitor *monitor, struct conf *conf, struct io *io, struct exec *x);
/* Its sessions are gone by then. */
void monitor_deinit(struct monitor *monitor);

/* MONITOR. Module: the monitor. */
extern const struct command_binding monitor_bindings[];

#endif
