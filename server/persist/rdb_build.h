/* A value in the making, from elements that come one by one out of a file.
 *
 * Elements are held until a group is full, so that adding them to a large value overlaps its cache misses;
 * the value takes the form that the configuration wants. An element that comes twice is damage. */
#ifndef TORC_PERSIST_RDB_BUILD_H
#define TORC_PERSIST_RDB_BUILD_H

#include "server/keyspace/rules.h"
#include "server/persist/rdb_in.h"

struct rdb_rules {
    struct hash_rules hash;
    struct list_rules list;
    struct set_rules set;
    struct zset_rules zset;
};
struct rdb_rules rdb_rules_of(const struct keyspace *ks);

#define RDB_GROUP 16

struct rdb_build {
    const struct rdb_rules *rules; /* borrowed, as is the key */
    enum value_type type;
    struct slice key;
    uint64_t expected, added; /* elements that are to come in all (of a list, unknown); that are in */
    struct entry *entry;      /* owned; NULL until the first group */
    unsigned held;
    struct rdb_text text[2 * RDB_GROUP]; /* members, or fields and values */
    double score[RDB_GROUP];
    int64_t deadline[RDB_GROUP]; /* of fields, if `dated`; ENTRY_NO_DEADLINE: none */
    bool dated;                  /* set after the beginning, as is: */
    const char *dup_of;          /* what it is made of, for the message when an element comes twice */
};

/* Zero-initialised before the first use. */
void rdb_build_begin(struct rdb_build *b, const struct rdb_rules *rules, enum value_type type,
                     struct slice key, uint64_t expected);
/* Where the next element is to be put: the text of a member or field, and the one after it for a value. */
static inline struct rdb_text *rdb_build_slot(struct rdb_build *b) {
    return b->text + (b->type == VALUE_HASH ? 2 * b->held : b->held);
}
/* The slot was filled. False, with the reason in `in`: the value is damaged. */
bool rdb_build_added(struct rdb_build *b, struct rdb_in *in);
/* Adds what is held: before the bytes of the texts go. */
bool rdb_build_flush(struct rdb_build *b, struct rdb_in *in);
/* Flushes; the caller takes the entry, which has all that was expected. NULL: damaged. */
struct entry *rdb_build_finish(struct rdb_build *b, struct rdb_in *in);
/* Frees what was made so far; it can begin again. */
void rdb_build_drop(struct rdb_build *b);
void rdb_build_deinit(struct rdb_build *b);

#endif
