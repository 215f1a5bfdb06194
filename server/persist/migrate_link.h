/* A connection to another server, for one who asks at a time; kept for the next one who wants that server.
 *
 *      link_find or link_open ──► link_send ──► reply, reply, reply … ──► link_release ──► kept, closed in
 * time └─► failed: it is closed */
#ifndef TORC_PERSIST_MIGRATE_LINK_H
#define TORC_PERSIST_MIGRATE_LINK_H

#include "common/base/buf.h"
#include "common/io/io_job.h"
#include "common/io/io_stream.h"
#include "common/resp/resp_reply.h"

#define LINK_REPLY_MAX 1024 /* of a reply; what is longer is cut off */

struct link_user {
    /* A whole reply came: its first bytes, without the line end. */
    void (*reply)(struct link_user *user, struct slice text);
    /* Something went on, so that patience begins anew. */
    void (*progress)(struct link_user *user);
    /* The link is of no more use; the user has it no more. `doing`: "connecting", "writing", "reading". */
    void (*failed)(struct link_user *user, const char *doing);
};

struct migrate_link {
    struct io_job job; /* first: the lookup of a name comes back by it */
    struct link at;    /* among all links */
    struct io *io;
    struct io_stream stream;
    char *host; /* owned */
    uint16_t port;
    struct io_addr addr;
    int resolve_error;
    bool resolving, open, up, closing;
    bool fresh; /* nothing came over it yet */
    int64_t db; /* that is selected there; -1: unknown */
    int64_t used_us;
    struct link_user *user; /* borrowed; NULL: idle */
    struct buf out;
    size_t sent, sending;
    struct resp_scan scan;
    struct buf reply;
};

/* An idle link to that server in the list, or NULL. */
struct migrate_link *link_find(struct link *links, struct slice host, uint16_t port);
/* A new one, which begins to connect. */
struct migrate_link *link_open(struct io *io, struct link *links, struct slice host, uint16_t port,
                               struct link_user *user);
/* Sends the bytes (taken), as soon as it is up. */
void link_send(struct migrate_link *l, struct buf *bytes);
/* The user is done with it. */
void link_release(struct migrate_link *l);
/* Closes it; nobody is told. It frees itself. */
void link_close(struct migrate_link *l);

#endif
