/* What the commands on sets share. */
#ifndef TORC_COMMANDS_SET_COMMON_H
#define TORC_COMMANDS_SET_COMMON_H

#include "server/keyspace/keys.h"
#include "server/types/set.h"

static inline struct set_rules set_rules_of(const struct call *call) {
    const struct keyspace *ks = call->keyspace;
    return (struct set_rules){
        .secret = &ks->secret,
        .intset_entries_max = (size_t)ks->conf.set_max_intset_entries,
        .listpack_entries_max = (size_t)ks->conf.set_max_listpack_entries,
        .listpack_value_max = (size_t)ks->conf.set_max_listpack_value,
    };
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
