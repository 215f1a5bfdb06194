/* The snapshot walk: hands everything that existed at its beginning to a sink, exactly once, as it was then.
 *
 *      walk_step, in slices ───────────────────► sink
 *      key_open, before the first change ───────┤  (the pre-image of a small value: whole)
 *      types, before a node's first change ─────┘  (of a large one: element by element)
 *
 * The rules are in README.md, "Snapshots". One walk at a time. */
#ifndef TORC_KEYSPACE_WALK_H
#define TORC_KEYSPACE_WALK_H

#include "server/keyspace/database.h"
#include "server/types/value_walk.h"

/* A large value on its way to the sink, with what was true of it at the beginning. */
struct walk_value {
    struct link link; /* among those whose turn is to come; the first is having it */
    struct value_walk walk;
    struct walk *owner;
    int db_index;
    uint8_t type; /* enum value_type */
    bool begun;   /* its turn has come */
    uint32_t access;
    int64_t deadline_ms;
    int64_t next_deadline_ms; /* of a hash: hash_next_deadline of then */
    size_t count;       /* elements that it had; packs of a list, nodes of a stream, bytes of a string */
    struct slice key;   /* owned */
    struct entry *kept; /* owned: the entry, once it was deleted */
    size_t kept_bytes, copied_bytes;
    void *sink_data; /* the sink's; NULL at first */
};

/* What is handed over is valid during the call, and not to be changed. */
struct walk_sink {
    void *owner;
    /* Types (1 << enum value_type) of which large values are handed over in pieces; of others, as one. Lists,
     * streams and strings come in their order and in their turn, but for a stream's groups. */
    unsigned pieces;
    /* A value in one piece. Also between `begin` and `finish` of another one. */
    void (*entry)(void *owner, int db_index, const struct entry *entry);
    /* A large one: `element` once for each of its elements, `begin` when its turn comes, `finish` when all
     * were told. One has its turn at a time; elements of others are told before theirs, since they were about
     * to change. */
    void (*begin)(void *owner, struct walk_value *v);
    void (*element)(void *owner, struct walk_value *v, const struct value_element *element);
    void (*finish)(void *owner, struct walk_value *v);
    /* The walk was aborted: nothing more is told of `v`. */
    void (*forget)(void *owner, struct walk_value *v);
    /* Whether steps are welcome now; NULL: always. */
    bool (*ready)(void *owner);
    /* All databases are about to be emptied; NULL: that is no concern, all is kept until it was visited. */
    void (*flushed)(void *owner);
    /* The walk is over; `aborted` NULL: everything was handed over, otherwise why not. */
    void (*end)(void *owner, const char *aborted);
};

/* False if a walk is under way already. The sink is borrowed until its `end`. */
bool walk_begin(struct keyspace *ks, const struct walk_sink *sink);
/* Visits up to about `budget` buckets; true while there is more to do. An aborted walk still needs steps, to
 * leave no marks. */
bool walk_step(struct keyspace *ks, size_t budget);
/* Whether walk_step has anything to do now. */
bool walk_due(const struct keyspace *ks);
void walk_abort(struct keyspace *ks, const char *reason);
/* Aborts it and does all the steps that are left: before the keyspace goes. */
void walk_destroy(struct keyspace *ks);
#define WALK_TABLES (1u << VALUE_HASH | 1u << VALUE_SET | 1u << VALUE_ZSET)
#define WALK_ALL    (WALK_TABLES | 1u << VALUE_LIST | 1u << VALUE_STREAM | 1u << VALUE_STRING)
/* Bytes of what was deleted and is kept until the walk has been there, estimated; and of what there is twice
 * since it was changed before the walk came there. */
size_t walk_kept_bytes(const struct walk *walk);
size_t walk_copied_bytes(const struct walk *walk);
/* What is being done, for INFO: "tables", "value", "clearing" after an abort; NULL: no walk. */
const char *walk_phase(const struct walk *walk);

/* By keys.c, right before the entry at `at` changes or goes. */
void walk_before_change(struct walk *walk, struct keytable *kt, struct entry_at at);
/* By keys.c, of an entry that is in no table any more: true: the walk takes it. */
bool walk_keeps(struct walk *walk, struct entry *entry);
/* By FLUSHALL, before the first database is emptied. */
void walk_before_flush_all(struct walk *walk);
/* By database.c, of tables that are about to be emptied: true: the walk takes what is in them, and the caller
 * makes them anew. */
bool walk_keeps_tables(struct walk *walk, const struct database *db);

#endif
