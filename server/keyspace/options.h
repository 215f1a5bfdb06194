/* The options that the keyspace reads. */
#ifndef TORC_KEYSPACE_OPTIONS_H
#define TORC_KEYSPACE_OPTIONS_H

#include "common/conf/conf.h"
#include "server/keyspace/keyspace.h"

/* Declares them and writes their defaults into ks->conf. Before loading, and before keyspace_init. */
void keyspace_register_options(struct keyspace *ks, struct conf *conf);

#endif
