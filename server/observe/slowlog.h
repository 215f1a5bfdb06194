/* The slow log: commands that took long, with who sent them. */
#ifndef TORC_OBSERVE_SLOWLOG_H
#define TORC_OBSERVE_SLOWLOG_H

#include "common/base/list.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "server/exec/exec.h"

struct slowlog {
    int64_t slower_than_us; /* slowlog-log-slower-than; negative: off */
    int64_t max_len;        /* slowlog-max-len */
    struct link entries;    /* newest first; owned */
    int64_t count;
    int64_t next_id;
    struct conf *conf; /* borrowed, as is io */
    struct io *io;
    struct exec_observer observer;
};

/* Before loading: declares the options. */
void slowlog_init(struct slowlog *log, struct conf *conf);
/* After loading: begins to observe commands. io is borrowed. */
void slowlog_start(struct slowlog *log, struct io *io, struct exec *x);
void slowlog_deinit(struct slowlog *log);

/* SLOWLOG. Module: the slow log. */
extern const struct command_binding slowlog_bindings[];

#endif
