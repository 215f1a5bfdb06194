/* Sockets of the kernel: what both real engines do alike, outside of the hot paths. */
#include "common/io/io_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG_DEFAULT 511
#define BIND_TRIES      60 /* times 5 ms */

static void set_option(int fd, int level, int option, int value) {
    /* Options that a kind of socket does not know are of no use to it either. */
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* The kernel probes after `idle_seconds` of silence, three times within as long again. */
static int keepalive(int fd, unsigned idle_seconds) {
    int on = idle_seconds > 0;
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0) return errno;
    if (on) {
        int interval = (int)idle_seconds / 3;
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)idle_seconds);
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval ? interval : 1);
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    }
    return 0;
}

int io_stream_keepalive(struct io_stream *s, unsigned idle_seconds) {
    struct io_addr local;
    if (s->io->ops->id == IO_ENGINE_SIM) return 0;
    if (!io_stream_local(s, &local)) return ENOTCONN;
    return local.sa.ss_family == AF_UNIX ? 0 : keepalive(s->fd, idle_seconds);
}

/* A process that was killed may leave its listening socket behind for some milliseconds: the kernel takes
 * io_uring's rings down in the background. Whoever restarts it at once must not stumble over that. */
static int bind_patiently(int fd, const struct io_addr *addr, int backlog) {
    for (int tries = 1;; tries++) {
        if (bind(fd, (const struct sockaddr *)&addr->sa, addr->len) == 0 && listen(fd, backlog) == 0)
            return 0;
        if (errno != EADDRINUSE || addr->sa.ss_family == AF_UNIX || tries == BIND_TRIES) return errno;
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    }
}

int io_socket_listen(struct io_listener *l, const struct io_listen_options *options) {
    struct io_addr addr = options->addr;
    int error, family = addr.sa.ss_family;
    int fd = options->adopt ? options->fd : socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    if (options->adopt) family = io_socket_name(l->io, fd, false, &addr) ? addr.sa.ss_family : AF_INET;
    if (family != AF_UNIX) {
        /* Accepted sockets inherit these, which saves the calls per connection. */
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        error = keepalive(fd, options->keepalive_s);
        if (error) goto fail;
    }
    if (!options->adopt) {
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (options->reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        error = bind_patiently(fd, &addr, options->backlog ? options->backlog : BACKLOG_DEFAULT);
        if (error) goto fail;
        if (family == AF_UNIX && options->unix_permissions)
            (void)chmod(((struct sockaddr_un *)&addr.sa)->sun_path, options->unix_permissions);
    }
    l->fd = fd;
    return 0;
fail:
    if (!options->adopt) close(fd);
    return error;
}

int io_socket_connecting(const struct io_addr *addr, const struct io_addr *from, int *error) {
    int fd = socket(addr->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *error = errno;
        return -1;
    }
    if (addr->sa.ss_family != AF_UNIX) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (from && bind(fd, (const struct sockaddr *)&from->sa, from->len) < 0) {
        *error = errno;
        close(fd);
        return -1;
    }
    return fd;
}

void io_socket_refuse_now(struct io *io, int socket, const char *text, size_t len) {
    /* The peer may not listen any more: then it misses nothing. */
    if (len && send(socket, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) errno = 0;
    close(socket);
}

bool io_socket_name(struct io *io, int socket, bool peer, struct io_addr *out) {
    out->len = sizeof out->sa;
    struct sockaddr *sa = (struct sockaddr *)&out->sa;
    return (peer ? getpeername(socket, sa, &out->len) : getsockname(socket, sa, &out->len)) == 0;
}
