/* Stream sockets: TCP over IPv4 and IPv6, and Unix sockets.
 *
 *      listener ─ on_accept(socket) ─► io_stream_open ─┐
 *      io_stream_connect ─ on_connected ───────────────┤
 *                                                      ▼
 *                 on_recv … on_recv, on_eof      receiving side, until the peer's FIN or an error
 *                 send → on_sent → send → …      sending side, goes on after the peer's FIN
 *                                                      │ io_stream_close
 *                                                      ▼
 *                                          closing: drains ─► on_closed: the memory is the user's again
 *
 * The user embeds struct io_stream and finds its own object by LIST_OWNER. Between open and on_closed the
 * memory must stay where it is. An idle stream holds no buffer. */
#ifndef TORC_IO_STREAM_H
#define TORC_IO_STREAM_H

#include "common/io/io.h"
#include <sys/socket.h>
#include <sys/uio.h>

/* --- addresses --- */

#define IO_ADDR_TEXT_MAX 160 /* longest text of an address with terminator */

struct io_addr {
    struct sockaddr_storage sa;
    socklen_t len;
};
/* `host` is an IP address, "*" (every IPv4), "::*" (every IPv6), or with port 0 and a slash in it a Unix
 * path. False when it is none of them: then it may be a name (io_addr_resolve). */
bool io_addr_parse(struct io_addr *addr, const char *host, uint16_t port);
/* Looks a name up. Blocks: for boot and for jobs only. 0 or an EAI_ code. */
int io_addr_resolve(struct io_addr *addr, const char *host, uint16_t port);
const char *io_addr_resolve_error(int code); /* what an EAI_ code means, in words */
/* "127.0.0.1:6379", "[::1]:6379", "/path/sock:0"; returns `out` (IO_ADDR_TEXT_MAX bytes). */
char *io_addr_text(const struct io_addr *addr, char *out);
/* Only the host part, "127.0.0.1", "::1" or the path; and the port, 0 for Unix. */
char *io_addr_host(const struct io_addr *addr, char *out);
uint16_t io_addr_port(const struct io_addr *addr);
bool io_addr_is_loopback(const struct io_addr *addr); /* 127/8, ::1, or a Unix socket */
/* Loopback, or the address of one of this machine's interfaces at this moment. */
bool io_addr_is_own(const struct io_addr *addr);

/* --- streams --- */

struct io_stream;

/* Any may be NULL if it cannot happen to these streams (no connect) or is of no interest, except on_closed.
 */
struct io_stream_ops {
    /* The outgoing connection is up (error 0; receiving is on) or failed (errno; then only close is left). */
    void (*on_connected)(struct io_stream *s, int error);
    /* Bytes came. `buf` is borrowed: give it back with io_buf_return, at the latest soon after this turn. */
    void (*on_recv)(struct io_stream *s, struct io_buf buf);
    /* All bytes that io_stream_recv_into asked for are in place. */
    void (*on_filled)(struct io_stream *s);
    /* The receiving side is over: error 0 is the peer's FIN, otherwise an errno. Sending may go on. */
    void (*on_eof)(struct io_stream *s, int error);
    /* The send is over and its bytes may be reused: error 0, all `bytes` went to the kernel; else an errno,
     * and `bytes` that went before it. */
    void (*on_sent)(struct io_stream *s, size_t bytes, int error);
    /* The last callback: nothing refers to `s` any more. */
    void (*on_closed)(struct io_stream *s);
};

struct io_stream {
    uint32_t magic;
    int fd;
    struct io *io;
    const struct io_stream_ops *ops;
    uint32_t state;           /* IO_STREAM_ bits, io's own */
    uint32_t recv_turn_bytes; /* received in the turn `recv_turn` */
    uint32_t recv_turn;
    uint32_t iov_count; /* parts of `iov` not yet sent */
    struct link work;   /* on one of the loop's lists: needs its receive armed, yields, or closes */
    struct link sends;  /* on the list of sends given to the engine in this turn */
    char *into;         /* where io_stream_recv_into wants bytes, NULL: nowhere */
    size_t into_left;
    struct iovec one;  /* the send's bytes when it has a single part */
    struct iovec *iov; /* what is left to send: &one, or the loop's copy of several parts */
    size_t sent_bytes; /* of the send under way */
};
_Static_assert(sizeof(struct io_stream) <= 144, "ten thousand idle connections must stay small");

/* Makes a stream of a connected socket: one that on_accept brought, or a descriptor handed over by another
 * process (both taken). Receiving starts with the next turn unless `paused`. `ops` is borrowed and must
 * outlive it. */
void io_stream_open(struct io *io, struct io_stream *s, const struct io_stream_ops *ops, int socket,
                    bool paused);

/* Starts a connection; on_connected tells the outcome. `from` may be NULL, or the local address to bind.
 * `addr` and `from` are copied. A failure at once (no descriptors, bad address) comes through on_connected
 * too. */
void io_stream_connect(struct io *io, struct io_stream *s, const struct io_stream_ops *ops,
                       const struct io_addr *addr, const struct io_addr *from);

/* Sends the parts in order; one send at a time (io_stream_sending tells). The array is copied, the bytes are
 * borrowed until on_sent, which comes from a later turn, once, when all are sent or the connection failed. At
 * most IO_SEND_PARTS_MAX parts; callers with more to say go on from on_sent, which also is how they see
 * progress. */
#define IO_SEND_PARTS_MAX 256
void io_stream_send(struct io_stream *s, const struct iovec *parts, unsigned count);
/* The same for the common case that nothing hangs on on_sent but the bytes' reuse: it may come with whatever
 * happens next, and a loop that sleeps is not woken for it. Not when more is to follow, or a close. */
void io_stream_send_lazily(struct io_stream *s, const struct iovec *parts, unsigned count);
bool io_stream_sending(const struct io_stream *s);

/* Stops and starts on_recv. Bytes that were on their way when pausing may still come, so the receiver must be
 * able to keep some; on_eof may come as well. Both are idempotent and harmless after the end. */
void io_stream_recv_pause(struct io_stream *s);
void io_stream_recv_resume(struct io_stream *s);
bool io_stream_recv_paused(const struct io_stream *s);

/* The next `len` (> 0) bytes of the stream go to `into`, which is borrowed until on_filled, on_eof or
 * on_closed; what follows them comes through on_recv again. For arguments of 32 KiB and more: they arrive in
 * their final allocation. A paused stream stays paused. */
void io_stream_recv_into(struct io_stream *s, char *into, size_t len);
size_t io_stream_recv_into_left(const struct io_stream *s); /* bytes still to come; 0: none asked for */

/* Says to the peer that nothing more will be sent (FIN). Not while sending. */
void io_stream_shutdown(struct io_stream *s);

/* No callback but on_closed from here on; a send under way is cut off, unread bytes are dropped. */
void io_stream_close(struct io_stream *s);
bool io_stream_closing(const struct io_stream *s);

/* -1 for a simulated stream. */
int io_stream_fd(const struct io_stream *s);
bool io_stream_peer(const struct io_stream *s, struct io_addr *out); /* false: not connected any more */
bool io_stream_local(const struct io_stream *s, struct io_addr *out);
/* Seconds of silence until the kernel probes the peer, 0 to turn it off; returns 0 or an errno. Accepted
 * sockets have their listener's setting. */
int io_stream_keepalive(struct io_stream *s, unsigned idle_seconds);

/* --- listeners --- */

struct io_listen_options {
    struct io_addr addr;
    int backlog;               /* 0: 511 */
    bool reuse_port;           /* several threads listen on one port, each with its own socket */
    unsigned keepalive_s;      /* for accepted sockets; 0: off */
    unsigned unix_permissions; /* mode of a Unix socket's file; 0: as umask makes it */
    bool adopt;                /* take `fd`, already listening (handed over by another process) */
    int fd;
};

struct io_listener {
    uint32_t magic;
    int fd;
    struct io *io;
    uint32_t state;
    struct link work;
    bool left;             /* io_listener_leave: another process has the socket, too */
    struct io_timer retry; /* accept ran out of descriptors: try again later, do not spin */
    /* A connection came: `socket` is the receiver's, who hands it to io_stream_open or io_socket_refuse. */
    void (*on_accept)(struct io_listener *l, int socket);
    void (*on_closed)(struct io_listener *l);
};

/* Binds, listens and starts accepting. TCP_NODELAY is on for all accepted sockets. 0 or an errno; a TCP port
 * that is in use is tried for 0.3 s, since the socket of a process just killed may outlive it that long. */
int io_listen(struct io *io, struct io_listener *l, const struct io_listen_options *options,
              void (*on_accept)(struct io_listener *l, int socket));
/* on_closed (may be NULL: then wait one turn of timeout 0) is the last callback. Connections in the backlog
 * are dropped. Does not unlink a Unix socket's file. */
void io_listener_close(struct io_listener *l, void (*on_closed)(struct io_listener *l));
/* The same for a socket that another process listens on as well: it goes on there, nothing in the backlog is
 * lost, and what was accepted here already still comes through on_accept, before on_closed. */
void io_listener_leave(struct io_listener *l, void (*on_closed)(struct io_listener *l));
bool io_listener_local(const struct io_listener *l, struct io_addr *out); /* shows the port that 0 became */

/* Closes an accepted socket that nobody wants, after one attempt to tell it `text` (may be empty). */
void io_socket_refuse(struct io *io, int socket, const char *text, size_t len);
bool io_socket_peer(struct io *io, int socket, struct io_addr *out);

#endif
