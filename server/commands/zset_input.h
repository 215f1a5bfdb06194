/* What sorted sets are combined from: sorted sets, and sets, whose members count as having the score 1. */
#ifndef TORC_COMMANDS_ZSET_INPUT_H
#define TORC_COMMANDS_ZSET_INPUT_H

#include "server/keyspace/call.h"
#include "server/types/entry.h"

struct zset_input {
    const struct entry *e; /* borrowed; NULL: no such key, no members */
    double weight;
};

/* Reads `count` keys from argv[first] on, with weight 1 each; false: one is of another type, and the error
 * was replied. */
bool zset_inputs_read(struct call *call, int first, size_t count, struct zset_input *inputs);
size_t zset_input_count(const struct zset_input *in);
/* The weighted score of a member, if it is there. */
bool zset_input_score(const struct zset_input *in, struct slice member, double *score);

/* Gets a member with its weighted score; false: no more are wanted. */
typedef bool zset_input_visit(void *arg, struct slice member, double score);
void zset_input_each(const struct zset_input *in, zset_input_visit *visit, void *arg);

#endif
