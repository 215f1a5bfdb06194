/* Connections to servers.
 *
 *      upstream (one server, as this thread sees it)
 *        ├─ shared backends, one for each (database, protocol) in use: requests of all clients, pipelined
 *        └─ private backends: of one client while it blocks, is in a transaction, or is subscribed
 *
 * Replies come in the order of the requests, so a backend needs no ids: a queue is enough. A connection is
 * made when it is first needed. When it breaks, what was sent is answered with an error (a write may have
 * happened, so it is never sent again); until the next attempt, requests are refused at once. */
#ifndef TORC_PROXY_BACKEND_H
#define TORC_PROXY_BACKEND_H

#include "common/base/list.h"
#include "common/resp/resp_reply.h"
#include "proxy/outlet.h"
#include "proxy/request.h"
#include "proxy/topology.h"

enum backend_state { BACKEND_CONNECTING, BACKEND_UP, BACKEND_CLOSING };

struct backend {
    struct io_stream stream;
    struct upstream *upstream;
    struct outlet out;
    struct resp_scan scan;
    struct request *first, *last; /* sent, not answered */
    struct link dirty, all;       /* in worker.dirty_backends; in upstream.backends */
    int db;
    uint8_t proto, state;     /* 2 or 3; enum backend_state */
    bool is_private, unasked; /* unasked: what is coming in is a push */
    struct client *holder;    /* of a private one; NULL: it waits for the next */
    int64_t server_id;        /* CLIENT ID of a private one; 0: not known yet */
    struct buf message;       /* the push under way */
    void (*pushed)(struct backend *b, struct slice message); /* takes whole pushes; NULL: there are none */
};

struct upstream {
    struct worker *worker;
    struct topology_server at;
    char shard[TOPOLOGY_NAME_MAX + 1];
    struct link backends;
    struct backend *usual; /* the shared one of database 0, RESP2: nearly all requests */
    int64_t down_until_us; /* 0: not known to be down */
    unsigned failures;     /* attempts in a row */
    unsigned outstanding;  /* requests sent and not answered */
    unsigned idle_count;   /* private connections that nobody holds */
    struct backend *feed;  /* of subscriptions; NULL: none yet */
    char down_why[96];
    uint64_t requests, errors, connects, timeouts; /* for INFO */
    uint64_t requests_bytes, replies_bytes;
    int64_t left_us; /* when it left the map; 0: it is in it */

    struct upstream *primary;                         /* of a replica; NULL: it is none */
    struct upstream *replicas[TOPOLOGY_REPLICAS_MAX]; /* of a primary; owned */
    unsigned replica_count;
    unsigned turn, weight;
    uint64_t name_hash;

    /* checks (reads.c) */
    bool ejected, checking;
    unsigned checks_failed, checks_passed; /* in a row */
    int64_t check_us;                      /* when the last one began */
    uint64_t check_bytes;                  /* what had been received then */
    uint64_t latency_us;                   /* 0: not known */
    uint64_t ejections;
};

struct upstream *upstream_create(struct worker *w, const struct topology_server *at, const char *shard);
/* Makes one for a replica of `primary`, and gives it to it. */
void upstream_add_replica(struct upstream *primary, const struct topology_server *at);
/* No connection of it, or of its replicas, is left. */
bool upstream_drained(const struct upstream *u);
void upstream_destroy(struct upstream **u); /* drained before */
/* Closes its connections; what was sent is answered with an error. Freed once they have drained. */
void upstream_close(struct upstream *u);

/* The shared connection, opened if need be. NULL: the server is down, u->down_why says why. */
struct backend *upstream_backend(struct upstream *u, int db, uint8_t proto);
struct backend *upstream_backend_anyway(struct upstream *u, int db,
                                        uint8_t proto); /* even if it is ejected */
/* A connection for one client alone (borrowed holder); NULL as above. It ends with backend_give_back, when
 * nothing of the client is left on it, or with backend_close. */
struct backend *upstream_private(struct upstream *u, int db, uint8_t proto, struct client *holder);
void backend_give_back(struct backend *b);
/* A RESP3 connection whose pushes go to `pushed`. */
struct backend *upstream_feed(struct upstream *u, void (*pushed)(struct backend *b, struct slice message));

/* Sends `r` with these bytes: a whole request in multibulk form. */
void backend_send(struct backend *b, struct request *r, const char *text, size_t len);
void backend_send_words(struct backend *b, struct request *r, const struct slice *words, int count);
/* What is under way is answered with an error that names `why`. */
void backend_close(struct backend *b, const char *why);
void backend_flush(struct backend *b); /* at the end of a turn */
/* Answers what has waited too long with an error; closes a connection that has been silent for much longer.
 */
void backend_expire(struct backend *b, int64_t now_us, int64_t timeout_us);

void upstream_expire(struct upstream *u, int64_t now_us); /* the same for all its connections */

/* Writes `count` words as a request. */
void backend_write_words(struct resp_writer *w, const struct slice *words, int count);
void backend_append_words(struct buf *out, const struct slice *words, int count);

#endif
