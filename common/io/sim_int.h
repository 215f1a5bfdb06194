/* Inside of the simulation: sim.c (events, loops), sim_net.c (sockets), sim_disk.c (files). */
#ifndef TORC_SIM_INT_H
#define TORC_SIM_INT_H

#include "common/base/buf.h"
#include "common/base/rng.h"
#include "common/io/io_int.h"
#include "common/io/sim.h"

enum sim_kind {
    /* handled by the world when their time has come */
    EV_TURN = 1, /* a loop is due */
    EV_SEGMENT,  /* bytes arrive at a socket */
    EV_FIN,
    EV_RESET,
    EV_SYN,  /* a connection arrives at its listener */
    EV_SEND, /* the sender's bytes are read */
    EV_WORK, /* a helper runs a job */
    /* put into the loop's inbox for its next turn */
    EV_INBOX,
    EV_READABLE = EV_INBOX,
    EV_RECV_STOPPED,
    EV_SENT,
    EV_CONNECTED,
    EV_ACCEPT,
    EV_LISTENER_STOPPED,
    EV_DONE,
    EV_WAKE,
    EV_SIGNAL,
};

struct sim_event {
    int64_t due_us;
    uint64_t tie; /* drawn: orders what happens at the same time */
    uint64_t serial;
    uint8_t kind;
    struct io *io;       /* NULL: of the world alone */
    int64_t number;      /* socket, signal, errno: what the kind says */
    uint64_t generation; /* of the socket, so that late events of a closed one are recognised */
    void *object;
    char *bytes; /* owned: of a segment */
    size_t len;
    struct sim_event *next; /* in an inbox */
};

struct sim_socket {
    struct io *io;
    struct io_stream *stream; /* NULL while accepted but not opened, or closed */
    uint64_t generation;      /* 0: free */
    int peer;                 /* -1: gone */
    struct buf in;            /* arrived, not yet received */
    size_t in_at;
    size_t window_used;      /* sent by the peer, not yet received here */
    int64_t last_arrival_us; /* of what is on its way to here: order is kept */
    bool fin_in, fin_sent, readable_due, send_due, sent_due;
    int error_in;
    struct io_addr local, remote;
};

struct sim_loop {
    struct sim_world *world;
    struct io *io;
    unsigned id;
    void (*turn)(void *owner);
    void *owner;
    struct sim_event *inbox, **inbox_end;
    int64_t busy_until_us, turn_at_us; /* turn_at_us: of the turn that is scheduled, -1: none */
    uint64_t turn_serial;
    int64_t sleep_us; /* as the last wait asked; negative: forever */
    struct sim_disk *disk;
    struct io_job *still; /* jobs of a disk that stands still, the latest first */
    bool disk_still;
};

struct sim_listener {
    struct io_listener *l;
    struct io_addr addr;
};

struct sim_world {
    struct sim_config config;
    struct rng rng;
    int64_t now_us;
    uint64_t serial, generation, trace, events;
    struct sim_event **heap;
    size_t heap_count, heap_cap;
    struct sim_loop **loops;
    unsigned loop_count;
    struct sim_socket **sockets; /* one allocation each: their addresses stay */
    int socket_count;
    struct sim_listener *listeners;
    int listener_count;
    uint16_t next_port;
};

static inline struct sim_loop *sim_loop_of(struct io *io) {
    return io->engine;
}
static inline struct sim_world *sim_world_of(struct io *io) {
    return sim_loop_of(io)->world;
}
static inline struct sim_socket *sim_socket_at(struct sim_world *w, int64_t number) {
    return number >= 0 && number < w->socket_count ? w->sockets[number] : NULL;
}

/* A new event after `delay_us`; fill in what its kind needs. */
struct sim_event *sim_post(struct sim_world *w, enum sim_kind kind, struct io *io, int64_t delay_us,
                           int64_t number);
/* 0 to max, drawn. */
int64_t sim_draw(struct sim_world *w, uint32_t max);
int64_t sim_latency(struct sim_world *w);

/* sim_net.c */
void sim_net_event(struct sim_world *w, struct sim_event *e); /* kinds of the world */
void sim_net_deliver(struct io *io, struct sim_event *e);     /* kinds of the inbox */
void sim_net_forget_loop(struct sim_world *w, struct io *io); /* sockets nobody opened */
void sim_net_free(struct sim_world *w);
void sim_recv_start(struct io_stream *s);
void sim_recv_stop(struct io_stream *s);
void sim_send_start(struct io_stream *s);
void sim_stream_open(struct io_stream *s);
void sim_connect_start(struct io_stream *s, const struct io_addr *addr, const struct io_addr *from);
void sim_close_start(struct io_stream *s);
void sim_close_end(struct io_stream *s);
void sim_shutdown(struct io_stream *s);
int sim_listen(struct io_listener *l, const struct io_listen_options *options);
void sim_accept_start(struct io_listener *l);
void sim_listener_close(struct io_listener *l);
void sim_socket_refuse(struct io *io, int socket, const char *text, size_t len);
bool sim_socket_name(struct io *io, int socket, bool peer, struct io_addr *out);

/* sim_disk.c */
extern const struct io_disk_ops io_disk_sim;
struct sim_disk *sim_disk_create(void);
void sim_disk_destroy(struct sim_disk **disk);

#endif
