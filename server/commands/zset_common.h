/* What the commands on sorted sets share: rules, ranges, replies of pairs, storing a result. */
#ifndef TORC_COMMANDS_ZSET_COMMON_H
#define TORC_COMMANDS_ZSET_COMMON_H

#include "server/keyspace/keys.h"
#include "server/keyspace/rules.h"
#include "server/types/zset.h"
#include "server/types/zset_build.h"

static inline struct zset_rules zset_rules_of(const struct call *call) {
    return keyspace_zset_rules(call->keyspace);
}

/* --- replies --- */

/* How members are answered: alone, with their scores after them, or (RESP3) each with its score in an array
 * of two. */
struct zset_answer {
    struct resp_writer *reply;
    bool with_scores, nested;
};
/* The answer of `call`, whose header for `count` members it writes. */
struct zset_answer zset_answer_begin(struct call *call, size_t count, bool with_scores);
void zset_answer_pair(void *arg, struct slice member, double score); /* arg: struct zset_answer */
/* Answers members in that order, alone or with their scores, after the header. */
void zset_answer_range(struct call *call, const struct entry *e, size_t start, size_t count, bool reverse,
                       bool with_scores);

/* --- ranges --- */

enum zset_by { ZSET_BY_RANK, ZSET_BY_SCORE, ZSET_BY_NAME };

/* One end of a range. */
struct zset_bound {
    union {
        int64_t rank;
        double score;
        struct slice name; /* borrowed */
    };
    int8_t infinite; /* of names: -1 before all, 1 behind all */
    bool open;       /* the bound itself is outside */
};
struct zset_limits {
    enum zset_by by;
    struct zset_bound min, max;
};
/* Reads the two ends of a range; false: the error was replied. */
bool zset_limits_parse(struct call *call, enum zset_by by, int min_arg, int max_arg, struct zset_limits *out);
/* The members within: `*count` from rank `*start` on; in reverse, ranks count from the highest. */
void zset_limits_ranks(const struct entry *e, const struct zset_limits *limits, bool reverse, size_t *start,
                       size_t *count);

/* --- adding --- */

/* Adds pairs to the key argv[1], tells, and replies how many are new (or, with `count_changed`, have another
 * score as well). */
void zset_add_and_reply(struct call *call, const struct zset_pair *pairs, size_t count, unsigned flags,
                        bool count_changed);

/* --- storing --- */

/* Puts what was built (sorted) at the key argv[1] (argv[arg]), or deletes that if it is empty, and replies
 * the count. */
void zset_store(struct call *call, struct zset_build *b, const char *event);
void zset_store_at(struct call *call, int arg, struct zset_build *b, const char *event);
/* After members were removed: counts them, deletes what is empty, tells. */
void zset_removed(struct call *call, struct key_ref *ref, size_t removed, const char *event);
/* Removes the members of ranks start to start + count - 1, which must be there, and does all that. */
void zset_take_ranks(struct call *call, struct key_ref *ref, size_t start, size_t count, const char *event);

#endif
