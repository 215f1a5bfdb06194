/* A request on its way: from a client, or from the proxy itself, to a server and back.
 *
 *      client ── queue, in the order of its replies ──► request ◄── queue, in the order sent ── backend
 *
 * Both queues hold it; it is freed when it has left both. The reply of the request that is first in its
 * client's queue passes straight into the client's output, piece by piece; a reply that comes before its turn
 * waits in `reply`. A request with `done` belongs to no client's queue: its whole reply is gathered and
 * handed to that function (the parts of a split command, the handshake of a connection). */
#ifndef TORC_PROXY_REQUEST_H
#define TORC_PROXY_REQUEST_H

#include "common/base/buf.h"
#include "common/commands/command.h"
#include "common/resp/resp_writer.h"
#include <stdint.h>

struct backend;
struct client;
struct worker;

enum request_flags {
    REQUEST_QUEUED = 1 << 0,   /* in its client's queue */
    REQUEST_SENT = 1 << 1,     /* in its backend's queue */
    REQUEST_ANSWERED = 1 << 2, /* what else comes for it is dropped */
    REQUEST_PARTS = 1 << 3,    /* its parts are under way */
    REQUEST_STAYS = 1 << 4,    /* does not follow MOVED by itself: part of a transaction */
    REQUEST_MUTE = 1 << 5,     /* its client wants no reply (CLIENT REPLY) */
};

struct request {
    struct request *next;   /* behind it in its client's queue */
    struct request *behind; /* behind it in its backend's queue */
    struct client *client;  /* NULL: none, or gone */
    const struct command_spec *spec;
    uint64_t text_at; /* where its bytes stand in its backend's outlet */
    size_t text_len;
    size_t cost; /* what its client is charged for it while it is queued */
    int64_t sent_us;
    struct buf reply;
    void (*done)(struct request *r); /* NULL: the reply is its client's. Must not free r */
    void *owner;                     /* of `done` */
    uint32_t part;                   /* which part of the owner's it is */
    uint16_t slot;
    uint8_t flags, redirects;
};

/* A request for `client` (NULL: of the proxy's own); freed by request_release. */
struct request *request_new(struct worker *w, struct client *client, const struct command_spec *spec);
/* Frees it if neither queue holds it and it is answered or nobody's. */
void request_release(struct worker *w, struct request *r);

/* A request of `client` that the proxy answers by itself, but later: queued, and held by its owner until
 * request_finish. */
struct request *request_defer(struct client *client, const struct command_spec *spec);
/* `reply` is complete, and the owner lets go of the request. Its client may have gone meanwhile. */
void request_finish(struct worker *w, struct request *r);
/* A writer for such a reply, in the client's protocol; request_reply_end puts what it wrote into `reply`. */
struct resp_writer *request_reply_begin(struct worker *w, const struct request *r);
void request_reply_end(struct worker *w, struct request *r);

/* A copy of words in one allocation, with their bytes; the caller's to mem_free. */
struct slice *slices_copy(const struct slice *words, int count);

/* `reply` is complete: hands it to `done`, or to the client as soon as it is its turn. */
void request_answer(struct worker *w, struct request *r);
/* The same with an error of ours in the place of whatever came ("ERR …", "CLUSTERDOWN …"). */
void request_fail(struct worker *w, struct request *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
