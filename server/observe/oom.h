/* oom-score-adj: how ready the kernel shall be to kill this process when the machine's memory runs out. */
#ifndef TORC_OBSERVE_OOM_H
#define TORC_OBSERVE_OOM_H

#include "common/base/log.h"
#include "common/conf/conf_types.h"
#include "common/io/io.h"

struct oom {
    int mode;                      /* oom-score-adj, enum oom_mode of oom.c */
    struct conf_oom_values values; /* oom-score-adj-values */
    struct io *io;                 /* borrowed; NULL before oom_start */
    struct logger *log;            /* borrowed */
    bool in_force;                 /* the kernel's number is ours */
    int before;                    /* what it was before, put back when switched off */
};

/* Declares the options (before loading). oom is borrowed and outlives the conf. */
void oom_register_options(struct oom *oom, struct conf *conf);
/* Does what the configuration asks for; a kernel that refuses is logged. io and log are borrowed. */
void oom_start(struct oom *oom, struct io *io, struct logger *log);

#endif
