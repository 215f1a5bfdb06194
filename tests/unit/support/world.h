/* A whole server and its clients in a simulated world, which splits and delays everything that is sent,
 * differently for each seed. */
#ifndef TORC_TEST_WORLD_H
#define TORC_TEST_WORLD_H

#include "common/base/buf.h"
#include "common/io/io_stream.h"
#include "common/io/sim.h"
#include "server/server.h"

#define WORLD_PEERS 5

struct world {
    struct sim_world *sim;
    struct server *server;
    struct io *io; /* of the clients */
    struct buf log;
    uint64_t position; /* of a journal that a test throws away */
    struct journal_sink sink;
    struct peer {
        struct io_stream stream;
        struct io *io;
        struct buf out, in;
        bool connected, eof, closed, open, deaf;
    } peers[WORLD_PEERS];
};

/* A server on port 7000 that was started with these arguments, and the clients' side. */
struct world *world_create(int argc, char *const argv[]);
/* The server ends as by SIGTERM. */
void world_destroy(struct world **w);

/* Lets the world run for a second of its time: everything that can happen has happened. */
void world_settle(struct world *w);
void world_connect_peer(struct world *w, int i);
/* The peer sends this. */
void world_say(struct world *w, int i, const char *text);
/* Everything that the peer got since the last call is this. What takes long on the way is waited for. */
void world_expect(struct world *w, int i, const char *text);

#endif
