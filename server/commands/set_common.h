/* What the commands on sets share. */
#ifndef TORC_COMMANDS_SET_COMMON_H
#define TORC_COMMANDS_SET_COMMON_H

#include "server/keyspace/keys.h"
#include "server/keyspace/rules.h"
#include "server/types/set.h"

static inline struct set_rules set_rules_of(const struct call *call) {
    return keyspace_set_rules(call->keyspace);
}

/* All members as a set, one after the other. */
static inline void set_answer_all(struct call *call, const struct entry *e) {
    struct set_walk walk;
    struct set_group g;
    resp_set(call->reply, set_count(e));
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            resp_bulk_slice(call->reply, g.member[i]);
}

#endif
