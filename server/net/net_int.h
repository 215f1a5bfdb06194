/* What the files of net share.
 *
 * A client's way through a turn is told by the lists that it is on:
 *
 *      on_recv ─► input ─► (parse, run) ─► output ─► (send) ─► on_sent ─► output …
 *                   ▲          │                │
 *         resume ───┘          └ blocked        └► gated, until the commit gate opens
 *      close ─► dying ─► (let go of everything) ─► on_closed: freed
 */
#ifndef TORC_NET_NET_INT_H
#define TORC_NET_NET_INT_H

#include "common/conf/conf_types.h"
#include "common/io/io_stream.h"
#include "common/metrics/rate.h"
#include "common/resp/resp_parser.h"
#include "server/net/net.h"

#define NET_BATCH_MAX     1024        /* requests of one exec_batch */
#define NET_RUN_MAX       256         /* of them, of one client: a flood must leave room for others */
#define NET_LISTENERS_MAX 17          /* addresses of `bind`, and the Unix socket */
#define NET_BLOCKED_BYTES (64 * 1024) /* a blocked client may send ahead that much, then it is paused */
#define NET_UNREAD_MAX    (256 * 1024 * 1024) /* replies not taken: beyond it, no further commands are run */
#define NET_CRON_US       100000
#define NET_FDS_RESERVED  32 /* descriptors beside those of clients */

/* A password may hold any byte. */
struct net_secret {
    char *bytes; /* owned; NULL: none */
    size_t len;
};

struct net_conf {
    int port, tcp_backlog, timeout_s, tcp_keepalive_s, unixsocketperm;
    struct conf_words bind;
    char *unixsocket;
    struct net_secret requirepass;
    int64_t maxclients;
    bool protected_mode;
    int64_t maxmemory_clients; /* bytes; negative: percent of maxmemory; 0: no limit */
    struct conf_output_limits output_limits;
    uint64_t query_limit;
};

struct net_stats {
    uint64_t connections, rejected;
    uint64_t query_limit_closed, output_limit_closed;
    uint64_t auth_denied;
    uint64_t evicted;
};

/* --- clients --- */

/* An argument that is received straight into its final place. */
struct detached {
    struct detached *next;
    size_t len;
    char bytes[];
};

/* Input that could not be run at once. Exists only while there is some. */
struct query {
    struct resp_parser parser; /* its place in the incomplete command at `pos` */
    char *bytes;               /* owned; [pos, len) is not consumed */
    size_t pos, len, cap;
    struct detached *detached; /* arguments of the command under way */
    size_t detached_bytes, detached_memory;
    struct detached *ready; /* of the command that is first in the current run */
};

/* Part of the output that the commit gate holds: all from `chunk` on, until the next mark. */
struct gate_mark {
    uint64_t position;
    struct resp_chunk *chunk;
};
struct gate_marks {
    struct link link; /* in net.gated */
    struct client *client;
    uint32_t first, count, cap; /* marks[first .. count) are pending */
    struct gate_mark *marks;    /* `own`, or owned */
    struct gate_mark own[2];    /* who waits for each reply needs no more */
};

/* What only few clients have. */
struct client_names {
    char *name, *lib_name, *lib_ver; /* owned; NULL: not set */
};

enum client_state {
    CLIENT_EOF = 1 << 0,     /* the peer sends nothing more: served, then closed */
    CLIENT_PUSHED = 1 << 1,  /* got output from others in this turn, which may depend on the latest write */
    CLIENT_CLOSED = 1 << 2,  /* let go of; waits for on_closed */
    CLIENT_HAS_SEG = 1 << 3, /* `seg` is borrowed */
    CLIENT_FILLING = 1 << 4, /* the stream receives into an argument */
    CLIENT_BROKEN = 1 << 5,  /* protocol error: nothing more is parsed */
    CLIENT_DELAYED = 1 << 6, /* waits on net.pushes */
};

#define CLIENT_MAGIC 0x434c4e54u

struct client {
    uint32_t magic;
    uint32_t state; /* enum client_state */
    struct net *net;
    struct io_stream stream;
    struct session session;
    struct link all, input, output, dying;
    /* input: a segment of this turn, not copied, or a query */
    struct io_buf seg;
    uint32_t seg_pos;
    uint32_t run_bytes;  /* input looked at in this batch, for CLIENT LIST */
    uint32_t argv_bytes; /* arguments of its command under way, while that one describes clients */
    struct query *query;
    /* output: chunks given to the stream or waiting for it */
    struct resp_chunk *out_first, *out_last;
    struct resp_chunk *out_unsent; /* first chunk behind those that the send under way covers, NULL: none */
    size_t out_bytes;
    size_t out_memory; /* of the chunks */
    struct gate_marks *marks;
    struct client_names *names;
    int64_t created_ms, active_ms, soft_since_ms; /* soft_since_ms 0: below the soft limit */
    /* its memory as the net's sums know it */
    struct link by_memory; /* in net.memory.buckets, while it may be evicted for it */
    size_t memory;
    uint8_t kind; /* enum client_kind, as `memory` was counted */
};
_Static_assert(sizeof(struct client) <= 640, "an idle client costs less than 1 KiB, its names included");

/* What CLIENT LIST and KILL call a type. */
enum client_kind { KIND_NORMAL, KIND_REPLICA, KIND_PUBSUB, KIND_PRIMARY, CLIENT_KINDS };

/* The memory of all clients, and those that may be evicted, by the power of two of theirs (memory.c). */
#define NET_MEMORY_BUCKETS 20
struct net_memory {
    bool limited;    /* maxmemory-clients is set: sums are exact after every batch; otherwise once a second */
    bool unfinished; /* more is to be evicted in the next turn */
    size_t sums[CLIENT_KINDS];
    size_t fresh; /* of that, output written in this turn */
    struct link buckets[NET_MEMORY_BUCKETS];
};

struct net_run {
    struct client *client;
    uint32_t first, count;
    size_t base; /* where its first request began: in the segment, or in the query */
    bool from_query;
};

struct net_listener {
    struct io_listener listener;
    struct net *net;
    bool open, is_unix;
};

struct net {
    struct net_parts parts;
    struct io *io;
    struct exec *exec;
    struct keyspace *keyspace;
    struct commit_gate *gate;
    struct logger *log;
    struct net_conf conf;
    struct net_stats stats;
    bool started, closing;

    struct net_listener *listeners[NET_LISTENERS_MAX]; /* owned; NULL: free place */
    unsigned listeners_closing;
    struct conf_words bound; /* what is listened on now: copies, to come back to when new ones fail */
    int bound_port;
    int listen_keepalive_s; /* what the listeners give their sockets */

    uint64_t next_id;
    size_t client_count; /* accepted and not yet freed */
    size_t live_count;   /* of them, not being closed */
    struct link clients, input, output, gated, dying;
    struct link pushes;      /* clients with nothing but messages from others: they may wait a little */
    int64_t pushes_since_us; /* since when the first of them waits */
    bool ran;                /* requests were run in this turn */
    bool in_batch;           /* requests point into segments and queries: they must not move */

    struct resp_parser parser; /* for clients that are between commands */
    struct resp_arena arena;
    struct exec_request *requests; /* NET_BATCH_MAX */
    size_t *ends;                  /* input consumed behind each request */
    struct net_run *runs;
    uint32_t request_count, run_count;

    struct net_memory memory;

    struct io_timer cron;
    struct rate net_in, net_out;
    uint64_t in_base, out_base, reads_base, writes_base; /* io's counters at the last RESETSTAT */
    size_t recent_max_in[8], recent_max_out[8];          /* per second, the last ones */
    unsigned recent_at;
    int64_t recent_second;
};

static inline struct client *client_of(const struct session *s) {
    return LIST_OWNER(s, struct client, session);
}

static inline int64_t net_now_ms(const struct net *net) {
    return io_wall_us(net->io) / 1000;
}

/* --- listen.c --- */
void net_stop_listening(struct net *net);
/* Closes and opens listeners after port or bind changed; on failure the old ones are back. */
bool net_relisten(struct net *net, struct conf_error *err);

/* --- client.c --- */
void client_open(struct net *net, int socket, uint32_t session_flags);
/* At the next safe moment. `why` goes to the log (verbose), NULL: already said. */
void client_close_soon(struct client *c, const char *why);
/* Lets go of all clients that are to be closed. Not inside a batch. */
void clients_bury(struct net *net);
extern const struct session_ops client_session_ops;
struct client_names *client_names_of(struct client *c); /* made on first use */
void client_set_name(char **field, struct slice value);
void client_free_names(struct client *c);

/* --- input.c --- */
void client_received(struct client *c, struct io_buf buf);
void client_filled(struct client *c);
void client_input_free(struct client *c);
/* What is to come of a large argument whose length the client has announced, and for which it gets memory
 * when its batch is over. */
size_t client_query_announced(const struct client *c);
bool client_has_input(const struct client *c); /* bytes that were not consumed */
/* Puts it on the input list, if it may run something. */
void client_input_ready(struct client *c);
size_t client_query_bytes(const struct client *c);
/* Of them, what is not yet understood as part of a command: qbuf of CLIENT LIST. */
size_t client_query_unparsed(const struct client *c);

/* --- output.c --- */
void client_output_ready(struct client *c);
void client_push_ready(
    struct client *c); /* there are messages from others: no hurry while the loop is busy */
void client_sent(struct client *c, size_t bytes, int error);
void client_output_free(struct client *c);
size_t client_output_bytes(const struct client *c); /* not yet sent */
enum conf_client_class client_class(const struct client *c);
/* Closes it soon if it is over a limit for its class. */
void client_check_output_limit(struct client *c);
void net_gate_opened(void *owner);
void net_gate_failed(void *owner, const char *error);

/* --- memory.c --- */
void net_memory_init(struct net *net);
enum client_kind client_kind(const struct client *c);
size_t client_bytes(const struct client *c); /* what it takes now */
/* Counts what the client takes now. */
void client_memory_note(struct client *c);
/* It is being closed: what it takes counts for no limit any more … */
void client_memory_leaves(struct client *c);
/* … and is free now. */
void client_memory_left(struct client *c);
/* Counts all of them. */
void net_memory_note_all(struct net *net);
/* After maxmemory-clients changed. */
bool net_memory_limit_changed(void *owner, struct conf_error *err);
/* Closes the largest clients while all together are over the limit; clients_bury lets go of them. */
void net_memory_evict(struct net *net);
static inline void client_memory_changed(struct client *c) {
    if (unlikely(c->net->memory.limited)) client_memory_note(c);
}

/* --- options.c --- */
void net_register_options(struct net *net, struct conf *conf);
bool net_raise_descriptor_limit(struct net *net);

/* --- info.c --- */
void net_cron(struct io_timer *timer);
void net_note_peaks(struct net *net, size_t in, size_t out);

/* --- describe.c --- */
char *client_addr(const struct client *c, bool peer, char *out);
void client_describe(const struct client *c, struct buf *out);

/* --- auth.c --- */
bool net_password_needed(const struct net *net);
void cmd_auth(struct call *call);
void cmd_hello(struct call *call);
void cmd_reset(struct call *call);

/* --- client_command.c --- */
void cmd_client_id(struct call *call);
void cmd_client_info(struct call *call);
void cmd_client_list(struct call *call);
void cmd_client_kill(struct call *call);
void cmd_client_unblock(struct call *call);
void cmd_client_pause(struct call *call);
void cmd_client_unpause(struct call *call);
void cmd_client_setname(struct call *call);
void cmd_client_getname(struct call *call);
void cmd_client_setinfo(struct call *call);
void cmd_client_reply(struct call *call);
void cmd_client_no_evict(struct call *call);
void cmd_client_no_touch(struct call *call);
void cmd_client_help(struct call *call);
/* The text is fit for a name; otherwise the error was replied. */
bool client_name_ok(struct call *call, struct slice name, const char *error);

#endif
