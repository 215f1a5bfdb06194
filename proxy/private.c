/* While a client has a connection of its own its commands run one at a time (dispatch.c), so the connection's
 * state never has to be guessed. A client that goes away while it blocks takes the connection with it: that
 * is how the server learns that nobody waits any more. */
#include "proxy/private.h"
#include "proxy/subscriptions.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"

struct backend *private_take(struct client *c, struct upstream *u) {
    if (c->own == NULL) c->own = upstream_private(u, c->db, c->out.writer.proto, c);
    return c->own;
}

void private_return(struct client *c) {
    struct backend *b = c->own;
    c->own = NULL;
    if (b) backend_give_back(b);
}

void private_idle(struct client *c) {
    if (c->transaction == NULL) private_return(c);
}

void private_drop(struct client *c) {
    struct backend *b = c->own;
    c->own = NULL;
    if (b == NULL) return;
    b->holder = NULL;
    backend_close(b, "its client went away");
}

void private_broken(struct backend *b) {
    struct client *c = b->holder;
    if (c == NULL) {
        if (b->pushed)
            subscriptions_feed_lost(b);
        else if (b->state == BACKEND_UP && b->upstream->idle_count)
            b->upstream->idle_count--;
        return;
    }
    b->holder = NULL;
    c->own = NULL;
    transaction_lost(c);
}

/* The old connection has nothing else under way, since the client's commands run one at a time. */
struct backend *private_follow(struct backend *b, struct upstream *to) {
    struct client *c = b->holder;
    if (c == NULL || c->transaction) return NULL;
    private_return(c);
    return private_take(c, to);
}
