/* One of the two servers: its process, in a folder of its own, and connections to it. */
#ifndef TORC_DIFFERENTIAL_PEER_H
#define TORC_DIFFERENTIAL_PEER_H

#include "common/base/buf.h"
#include "common/resp/resp_reply.h"
#include <stdbool.h>
#include <sys/types.h>

/* A connection, with the replies of the exchange under way. */
struct wire {
    int fd;         /* -1: closed */
    struct buf in;  /* owned: bytes of the replies */
    size_t scanned; /* of them cut into replies */
    struct resp_scan scan;
    size_t *ends; /* owned: where each reply ends */
    size_t count, cap;
    size_t sent; /* bytes of the request that are out */
    bool closed; /* the server closed it, or what it said was no RESP */
};

struct peer {
    const char *name;    /* "torc", "redis" */
    const char *program; /* borrowed: path of the binary */
    pid_t pid;           /* 0: none */
    char folder[64];     /* its working directory, log and socket */
};

/* Starts the program and waits until it accepts; false with a message on stderr when it does not. */
bool peer_start(struct peer *peer);
bool peer_running(struct peer *peer);        /* reaps it if it is not */
void peer_stop(struct peer *peer);           /* ends the process by its id and removes the folder */
void peer_show_log(const struct peer *peer); /* its last lines, to stderr */

bool wire_open(struct wire *wire, const struct peer *peer);
void wire_close(struct wire *wire);
struct slice wire_reply(const struct wire *wire, size_t index); /* valid until the next exchange */

/* Sends each its bytes and reads until each has its number of replies, both at once. False when one of them
 * closed or was silent for 20 seconds: the `closed` of a wire says which. */
struct exchange {
    struct wire *wire;
    struct slice request;
    size_t replies;
    struct slice until; /* instead of a number: the last reply ends with this; empty: not used */
};
void exchange_begin(struct exchange *two); /* sends what can be sent at once */
bool exchange_finish(struct exchange *two);

#endif
