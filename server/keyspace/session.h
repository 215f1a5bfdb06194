/* A session: who is talking, to which database, in which protocol, and where the replies go.
 *
 * A connection embeds one; a script, a replica's stream or a test has one without a connection. Everything
 * above the keyspace is handed a session, never a socket. The `flags` say what dispatch must look at before
 * it runs a command; when SESSION_ATTENTION bits are clear, it runs it at once. */
#ifndef TORC_KEYSPACE_SESSION_H
#define TORC_KEYSPACE_SESSION_H

#include "common/base/list.h"
#include "common/resp/resp_writer.h"
#include <stdint.h>

struct database;
struct session;

enum session_flags {
    SESSION_NEEDS_AUTH = 1u << 0, /* nothing but AUTH, HELLO, QUIT, RESET until it has authenticated */
    SESSION_MULTI = 1u << 1,      /* commands are queued */
    SESSION_DIRTY_EXEC = 1u << 2, /* a queued command was refused: EXEC aborts */
    SESSION_DIRTY_CAS = 1u << 3,  /* a watched key changed: EXEC answers null */
    SESSION_BLOCKED = 1u << 4,    /* a command of it has not answered yet: further ones wait */
    SESSION_SUBSCRIBED = 1u << 5, /* has subscriptions (RESP2: only the pub/sub commands) */
    SESSION_CLOSE_AFTER_REPLY = 1u << 6,
    SESSION_CLOSE_NOW = 1u << 7,       /* nothing more is run or sent */
    SESSION_REPLY_OFF = 1u << 8,       /* CLIENT REPLY OFF */
    SESSION_REPLY_SKIP_NEXT = 1u << 9, /* CLIENT REPLY SKIP: the command after this one is silent */
    SESSION_REPLY_SKIP = 1u << 10,     /* … which is this one */
    SESSION_MONITOR = 1u << 11,
    SESSION_REPLICA = 1u << 12,
    SESSION_PRIMARY = 1u << 13,  /* the stream of our primary: no replies, no gates */
    SESSION_INTERNAL = 1u << 14, /* script, loader, test: no connection behind it */
    SESSION_NO_EVICT = 1u << 15,
    SESSION_NO_TOUCH = 1u << 16,
    SESSION_UNIX = 1u << 17,
    SESSION_READONLY = 1u << 18, /* READONLY on a cluster's replica */
    SESSION_PAUSED = 1u << 19,   /* waits for CLIENT PAUSE to end */
    SESSION_GATED = 1u << 20,    /* replies are held back by the commit gate */
    SESSION_HELD =
        1u
        << 21, /* a request of it stayed undone: those behind it wait too, until its owner feeds it again */
    SESSION_LOCAL = 1u << 22, /* from this machine: may use what `local` allows */
    SESSION_PUSHES_WAIT =
        1u << 23, /* messages came for it while its own command ran: output_pending appends them */
};
#define SESSION_ATTENTION                                                                                    \
    (SESSION_NEEDS_AUTH | SESSION_MULTI | SESSION_BLOCKED | SESSION_SUBSCRIBED | SESSION_CLOSE_AFTER_REPLY | \
     SESSION_CLOSE_NOW | SESSION_REPLY_OFF | SESSION_REPLY_SKIP_NEXT | SESSION_REPLY_SKIP |                  \
     SESSION_MONITOR | SESSION_REPLICA | SESSION_PRIMARY | SESSION_INTERNAL | SESSION_PAUSED | SESSION_HELD)

/* What the owner of a session does for those who write to it or end it. All optional for internal sessions.
 */
struct session_ops {
    /* Output was written outside of a command of this session: send it at the end of the turn. Also called by
     * dispatch after a command that left SESSION_PUSHES_WAIT. */
    void (*output_pending)(struct session *s);
    /* The session shall be closed (CLIENT KILL, output limits): now, or once its replies are sent. */
    void (*close)(struct session *s, bool after_reply);
    /* The session is no longer blocked or paused: what it sent meanwhile can run. */
    void (*resume)(struct session *s);
};

struct multi_state;   /* server/exec/multi.c */
struct pubsub_member; /* server/pubsub */
struct blocked_state; /* server/keyspace/waiting.h */
struct acl_user;      /* server/acl */

struct session {
    uint32_t flags;
    int32_t db_index;
    struct database *db;      /* selected; borrowed from the keyspace */
    struct resp_writer reply; /* RESP version and all that is not sent yet */
    uint64_t id;
    const struct session_ops *ops;
    const struct command_spec *last_command; /* for CLIENT LIST and the crash report */
    uint64_t write_position;   /* of the journal, behind the last write of this session; 0: none */
    uint64_t gate_position;    /* replies wait until the journal is safe up to here; 0: nothing to wait for */
    struct multi_state *multi; /* owned by exec; NULL outside MULTI */
    struct link paused;        /* on exec's list while SESSION_PAUSED */
    struct link watches;       /* keys watched, owned by keyspace/watch */
    size_t watch_bytes;        /* memory that they take */
    struct pubsub_member *pubsub;  /* owned by pubsub; NULL without subscriptions */
    struct blocked_state *blocked; /* owned by keyspace/waiting; NULL: it waits for no key */
    const struct acl_user *user;   /* borrowed; NULL: the default user with all rights */
};

/* pool is borrowed. The session starts in `db`, RESP2, with `flags`. */
void session_init(struct session *s, uint64_t id, struct database *db, struct resp_pool *pool,
                  const struct session_ops *ops, uint32_t flags);
/* Whoever holds state for it (multi, watch, pubsub, blocked) must have let go before. */
void session_deinit(struct session *s);

static inline void session_output_pending(struct session *s) {
    if (s->ops && s->ops->output_pending) s->ops->output_pending(s);
}
static inline void session_close(struct session *s, bool after_reply) {
    if (s->ops && s->ops->close)
        s->ops->close(s, after_reply);
    else
        s->flags |= after_reply ? SESSION_CLOSE_AFTER_REPLY : SESSION_CLOSE_NOW;
}

#endif
