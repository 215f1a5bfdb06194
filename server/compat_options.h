/* Options of Redis 7.2 that no module of Torc reads (yet): known, checked and kept, without effect. */
#ifndef TORC_COMPAT_OPTIONS_H
#define TORC_COMPAT_OPTIONS_H

#include "common/conf/conf.h"

struct compat_options {
    const struct conf_files *files; /* borrowed; checks `dir` */
    char *dir;                      /* absolute; the conf's */
    bool activedefrag;
};

/* files is borrowed, `options` too, and both outlive the conf. */
void compat_options_register(struct compat_options *options, struct conf *conf,
                             const struct conf_files *files);

#endif
