/* The options that dispatch reads. */
#ifndef TORC_EXEC_OPTIONS_H
#define TORC_EXEC_OPTIONS_H

#include "common/conf/conf.h"
#include "server/exec/exec.h"

/* Declares them and writes their defaults. Before loading; exec_create borrows the struct. */
void exec_register_options(struct exec_conf *exec_conf, struct conf *conf);
/* Gives back the names of renamed commands; the rest is the conf's. */
void exec_conf_deinit(struct exec_conf *exec_conf);

/* Whether a session may use what an option of no, yes or local protects. */
bool exec_protected_allows(int protection, const struct session *s);

#endif
