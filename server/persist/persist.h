/* Persistence: values and whole keyspaces as bytes that outlive the process. */
#ifndef TORC_PERSIST_PERSIST_H
#define TORC_PERSIST_PERSIST_H

#include "common/conf/conf.h"
#include "server/keyspace/call.h"

struct persist_conf {
    bool rdb_compression;
    int rdb_version; /* the lowest that is written */
};

struct persist {
    struct persist_conf conf;
    bool checksum_skipped; /* DEBUG SET-SKIP-CHECKSUM-VALIDATION */
};

/* Declares the options, before loading. `p` is borrowed, zero-initialised, and outlives the conf. */
void persist_register_options(struct persist *p, struct conf *conf);

/* DUMP RESTORE; module: the persist. */
extern const struct command_binding dump_bindings[];

#endif
