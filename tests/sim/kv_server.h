/* A tiny server for simulations: SET, GET, INCR and SUM (a checksum that a helper job computes), over
 * common/io and common/resp, in the shape that a real server has. */
#ifndef TORC_TESTS_SIM_KV_SERVER_H
#define TORC_TESTS_SIM_KV_SERVER_H

#include "common/io/io_stream.h"

struct kv_server;

/* One build of it: the right one, or one of those in planted/, each with a bug of ordering. */
struct kv_build {
    const char *name;
    struct kv_server *(*create)(struct io *io, const struct io_addr *addr); /* listens at once */
    void (*turn)(void *server);
    void (*stop)(struct kv_server *server); /* closes everything; takes some turns */
    bool (*stopped)(const struct kv_server *server);
    void (*destroy)(struct kv_server **server);
};

extern const struct kv_build kv_right, kv_early_return, kv_early_free, kv_early_reuse, kv_overtaking_jobs;

#endif
