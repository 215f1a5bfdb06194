/* Nothing is evicted yet, whatever the policy: at the limit, commands that need memory are refused. */
#include "server/exec/memory_gate.h"

static bool limited(void *owner) {
    return ((const struct keyspace *)owner)->conf.maxmemory != 0;
}

static const char *check(void *owner, const struct call *call) {
    const struct keyspace *ks = owner;
    if (!(call->command_flags & COMMAND_DENYOOM)) return NULL;
    if (ks->account->used < 0 || (uint64_t)ks->account->used <= ks->conf.maxmemory) return NULL;
    return "OOM command not allowed when used memory > 'maxmemory'.";
}

void memory_gate_register(struct exec *x, struct exec_gate *gate, struct keyspace *ks) {
    *gate = (struct exec_gate){.name = "maxmemory", .owner = ks, .active = limited, .check = check};
    exec_add_gate(x, gate);
}
