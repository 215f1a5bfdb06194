/* A client of the proxy: its input cut into commands, its queue of requests, its output.
 *
 *      on_recv ─► parse in place ─► dispatch ─► queue ─► (replies, in order) ─► outlet ─► stream
 *                    │ incomplete, or must wait
 *                    ▼
 *                  tail (owned copy; parsed again when the client may go on)
 *
 * A command waits (client_hold) when what is before it must be answered first: it changes the connection's
 * state, the slot map changed meanwhile, or the client has too much under way. Then its bytes stay in the
 * tail, receiving is paused, and the client goes on once its queue is empty. */
#ifndef TORC_PROXY_CLIENT_H
#define TORC_PROXY_CLIENT_H

#include "common/base/list.h"
#include "common/resp/resp_parser.h"
#include "proxy/outlet.h"
#include "proxy/request.h"

enum client_flags {
    CLIENT_NEEDS_AUTH = 1 << 0,
    CLIENT_CLOSE_WHEN_SENT = 1 << 1,
    CLIENT_EOF = 1 << 2,      /* sends nothing more; its requests are still answered */
    CLIENT_HELD = 1 << 3,     /* waits for its queue to empty */
    CLIENT_FULL = 1 << 4,     /* has too much under way */
    CLIENT_READONLY = 1 << 5, /* may be served by replicas */
    CLIENT_CLOSED = 1 << 6,
    CLIENT_MID_REPLY = 1 << 7, /* half a reply is in its output: nothing may come between */
    CLIENT_PAUSED = 1 << 8,    /* waits for the end of CLIENT PAUSE */
    CLIENT_MONITORS = 1 << 9,  /* sees all commands */
    CLIENT_MUTE = 1 << 10,     /* CLIENT REPLY OFF */
    CLIENT_SKIPS = 1 << 11,    /* CLIENT REPLY SKIP: the next command is not replied to */
    CLIENT_SKIPPING = 1 << 12, /* and this is the one */
    CLIENT_NO_EVICT = 1 << 13, /* shown by CLIENT LIST, and no more */
    CLIENT_NO_TOUCH = 1 << 14,
    CLIENT_READWRITE = 1 << 15, /* is served by primaries */
};

struct backend;
struct transaction;
struct subscriber;

struct client {
    struct io_stream stream;
    struct worker *worker;
    struct link all, ready, dirty;
    uint64_t id;
    uint32_t flags; /* enum client_flags */
    uint64_t address_hash;
    int db;
    uint64_t epoch; /* of the slot map that its requests under way were routed by */
    struct request *first, *last;
    unsigned queued;
    size_t queued_bytes; /* of these requests */
    struct outlet out;
    struct resp_parser parser;
    char *tail; /* owned */
    size_t tail_pos, tail_len, tail_cap;
    int64_t created_us, active_us;
    const struct command_spec *last_command;
    char *name, *lib_name, *lib_ver; /* owned; NULL: none */
    struct backend *own;             /* a connection of its own, while it blocks or watches; owned */
    struct transaction *transaction; /* owned; NULL: outside MULTI and without watched keys */
    struct subscriber *subscriber;   /* owned by subscriptions.c; NULL: none */
    struct buf pushes;               /* messages that wait for the end of a reply */
};

void client_open(struct worker *w, int socket);
/* Once its replies are sent, or at once. */
void client_close(struct client *c, bool after_replies);

/* Appends a request of this client; it is answered in the order in which it was appended. `cost` bytes count
 * towards what the client may have under way. */
void client_queue(struct client *c, struct request *r, size_t cost);
/* Moves what is answered from the queue's front into the output. */
void client_advance(struct client *c);
/* The command that is being dispatched must wait until the queue is empty. */
void client_hold(struct client *c);
/* Where a reply of the proxy's own goes: to the output if nothing is under way, else into a request that
 * waits its turn. client_reply_end ends what client_reply_begin began. */
struct resp_writer *client_reply_begin(struct client *c);
void client_reply_end(struct client *c);

/* Writes a message that answers no request, between two replies. */
void client_push(struct client *c, const char *bytes, size_t len);
/* All of the first request's reply has been passed on. */
void client_reply_passed(struct client *c);

/* What was held back by CLIENT PAUSE goes on. */
void client_unpause(struct client *c);

/* "127.0.0.1:50000", the peer's address or our own; `out` has IO_ADDR_TEXT_MAX bytes. Returns `out`. */
char *client_addr(const struct client *c, bool peer, char *out);
/* It waits for a server to answer a command that blocks. */
bool client_blocks(const struct client *c);

void client_touch_output(struct client *c); /* there is something to send at the end of the turn */
void client_flush(struct client *c);
/* Parses what it kept back. */
void client_go_on(struct client *c);

#endif
