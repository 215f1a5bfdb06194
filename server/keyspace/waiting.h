/* Who waits for which key, and until when: what stands behind call_block (block.h).
 *
 *      database.waited ─► waited_key ─► wait ─► wait ─► …      in the order in which they began to wait
 *                             │           │
 *      waiting.ready ◄────────┘           └─► blocked_state, one per session ─► session
 *      waiting.timeouts: a heap of those that do not wait for ever
 *
 * A change of a key that somebody waits for puts it on `ready`. Nothing is served in the middle of a command:
 * dispatch calls waiting_serve after each one, and runs those again whose key is worth a try. */
#ifndef TORC_KEYSPACE_WAITING_H
#define TORC_KEYSPACE_WAITING_H

#include "common/base/list.h"
#include "common/base/panic.h"
#include "common/base/slice.h"
#include "server/keyspace/block.h"

struct blocked_state;
struct waited_key;

struct wait {
    struct link of_key;
    struct waited_key *key;
    struct blocked_state *state;
};

/* A session's blocked command. One allocation: waits, argv and its bytes lie behind it. */
struct blocked_state {
    struct session *session;
    const struct command_spec *spec;
    const struct slice *argv; /* what is run again */
    int argc;
    enum value_type type;
    bool when_gone, null_array, silent; /* silent: CLIENT REPLY SKIP was meant for it */
    void (*timed_out)(void *owner, struct session *s);
    void *owner;      /* of that */
    int64_t until_ms; /* INT64_MAX: never */
    uint32_t heap_at; /* in waiting.timeouts */
    int wait_count;
    uint64_t cycles; /* dispatch's: what it has cost so far */
    size_t bytes;
    struct wait waits[];
};

/* Takes the call's session to wait; it must not wait already. */
void waiting_begin(struct call *call, const struct block *block);
/* The session waits no longer (served, timed out, going away); harmless when it did not. */
void waiting_end(struct keyspace *ks, struct session *s);
/* Memory held for a session that waits, otherwise 0. */
size_t waiting_bytes(const struct session *s);

/* --- what happens to keys --- */

void waiting_look_up(struct keyspace *ks, struct database *db, struct slice name);
/* A key came, changed or went. */
static inline void waiting_key_changed(struct keyspace *ks, struct database *db, struct slice name) {
    if (unlikely(ks->waiting.key_count)) waiting_look_up(ks, db, name);
}
/* All keys of a database may have come, changed or gone. */
void waiting_database_changed(struct keyspace *ks, struct database *db);
/* Any key may be worth a try. */
void waiting_all_changed(struct keyspace *ks);

/* --- serving, by dispatch --- */

static inline bool waiting_ready(const struct keyspace *ks) {
    return !list_empty(&ks->waiting.ready);
}
/* Calls `attempt` for each session that waits for a key that is ready and worth a try: keys in the order in
 * which they became ready, sessions of a key in the order in which they began to wait. An attempt may make
 * further keys ready, and may end the waiting of its own session only. */
void waiting_serve(struct keyspace *ks, void (*attempt)(void *owner, struct blocked_state *state),
                   void *owner);
/* Calls `visit` for each session that waits for a key; it may end the waiting of that session. */
void waiting_visit(struct keyspace *ks, void (*visit)(void *arg, struct blocked_state *state), void *arg);
/* One that has timed out by now, or NULL. */
struct blocked_state *waiting_timed_out(const struct keyspace *ks);
/* When the next one will time out, in ms since 1970; INT64_MAX: never. */
int64_t waiting_next_ms(const struct keyspace *ks);

#endif
