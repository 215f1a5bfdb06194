/* The load generator's connections: many sockets, one thread, io_uring or epoll. */
#ifndef BENCH_LOAD_NET_H
#define BENCH_LOAD_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;

/* Called for each piece that connection `conn` received, `n` 0 when it was closed (with an errno in
 * `error`, 0 for an orderly end). `bytes` is borrowed for the call. */
typedef void net_receive(void *context, unsigned conn, const char *bytes, size_t n, int error);

enum net_engine { NET_AUTO, NET_URING, NET_EPOLL };

struct net_options {
    const char *host;
    uint16_t port;
    unsigned connections;
    enum net_engine engine;
    size_t reply_bytes; /* expected per connection and turn: sizes the receive buffers */
    net_receive *receive;
    void *context; /* borrowed, for `receive` */
};

/* Connects all; ends the program with a message when that fails. */
void net_open(struct net **out, const struct net_options *options);
void net_close(struct net **net);

/* Queues `n` bytes for `conn`; they leave at the end of the turn. `bytes` is borrowed until the answer to
 * them is there: one send at a time for each connection. */
void net_send(struct net *net, unsigned conn, const char *bytes, size_t n);

/* Sends what is queued, waits until something arrived (or a millisecond, where `hasty`), hands it over. */
void net_turn(struct net *net, bool hasty);

/* When the turn's answers arrived, and when what `conn` sent last left. */
uint64_t net_arrived_ns(const struct net *net);
uint64_t net_sent_ns(const struct net *net, unsigned conn);

const char *net_engine_name(const struct net *net);

#endif
