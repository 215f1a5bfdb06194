/* The gate that refuses what would use more memory once `maxmemory` is reached. */
#ifndef TORC_EXEC_MEMORY_GATE_H
#define TORC_EXEC_MEMORY_GATE_H

#include "server/exec/exec.h"

/* The gate's owner is the keyspace. Registers it for good. */
void memory_gate_register(struct exec *x, struct exec_gate *gate, struct keyspace *ks);

#endif
