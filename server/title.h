/* The process title, as ps shows it. */
#ifndef TORC_TITLE_H
#define TORC_TITLE_H

#include "common/conf/conf.h"

struct title_options {
    bool enabled;   /* set-proc-title */
    char *template; /* proc-title-template */
    /* What title_set was called with, for a template that changes later; NULL before. Borrowed. */
    struct conf *conf;
    const char *program;
};

/* Remembers where the arguments lie: the title is written over them. Before anything keeps pointers into
 * argv; returns a copy of it for everybody else (owned by the process for its whole life). */
char **title_take_arguments(int argc, char **argv);

struct conf;
void title_register_options(struct title_options *options, struct conf *conf);
/* Fills the template, now and whenever it changes: {title} is `program`, the rest comes from the
 * configuration. Both are borrowed for good. */
void title_set(struct title_options *options, struct conf *conf, const char *program);

#endif
