/* Listeners, and who may come in.
 *
 * The words of `bind` are tried in order; one with a '-' before it may fail where the machine does not have
 * that address or that family. All TCP listeners belong to one port. CONFIG SET port and bind close them and
 * open others; when that fails, those before come back.
 *
 * A connection is refused before it costs anything: when there are too many, and in protected mode (no
 * password) from outside this machine. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/net/net_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- accepting --- */

static const char too_many[] = "-ERR max number of clients reached\r\n";
static const char is_protected[] =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
    "the default user. In this mode connections are only accepted from the loopback interface. If you want "
    "to "
    "connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable "
    "protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by "
    "connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly "
    "accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) "
    "Alternatively you can just disable the protected mode by editing the Redis configuration file, and "
    "setting the protected mode option to 'no', and then restarting the server. 3) If you started the server "
    "manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an "
    "authentication "
    "password for the default user. NOTE: You only need to do one of the above things in order for the "
    "server "
    "to start accepting connections from the outside.\r\n";

static void refuse(struct net *net, int socket, const char *text, size_t len) {
    net->stats.rejected++;
    io_socket_refuse(net->io, socket, text, len);
}

static void log_accepted(struct net *net, bool is_unix, const struct io_addr *peer) {
    char text[IO_ADDR_TEXT_MAX];
    if (net->log->level > LOG_LEVEL_VERBOSE) return;
    if (is_unix)
        log_verbose(net->log, "Accepted connection to %s", net->conf.unixsocket);
    else
        log_verbose(net->log, "Accepted %s", io_addr_text(peer, text));
}

static void on_accept(struct io_listener *listener, int socket) {
    struct net_listener *l = LIST_OWNER(listener, struct net_listener, listener);
    struct net *net = l->net;
    if (net->live_count >= (size_t)net->conf.maxclients) {
        refuse(net, socket, too_many, sizeof(too_many) - 1);
        return;
    }
    struct io_addr peer;
    uint32_t flags = 0;
    bool known = !l->is_unix && io_socket_peer(net->io, socket, &peer);
    if (l->is_unix)
        flags = SESSION_UNIX | SESSION_LOCAL;
    else if (known && io_addr_is_loopback(&peer))
        flags = SESSION_LOCAL;
    if (net->conf.protected_mode && !net_password_needed(net) && !(flags & SESSION_LOCAL)) {
        refuse(net, socket, is_protected, sizeof(is_protected) - 1);
        return;
    }
    net->stats.connections++;
    log_accepted(net, l->is_unix, &peer);
    client_open(net, socket, flags);
}

/* --- opening and closing --- */

static void on_listener_closed(struct io_listener *listener) {
    struct net_listener *l = LIST_OWNER(listener, struct net_listener, listener);
    l->net->listeners_closing--;
    mem_free_sized(l, sizeof(*l));
}

static void close_listener(struct net *net, unsigned at) {
    struct net_listener *l = net->listeners[at];
    net->listeners[at] = NULL;
    net->listeners_closing++;
    io_listener_close(&l->listener, on_listener_closed);
}

static void close_tcp(struct net *net) {
    for (unsigned i = 0; i < NET_LISTENERS_MAX; i++)
        if (net->listeners[i] && !net->listeners[i]->is_unix) close_listener(net, i);
}

void net_stop_listening(struct net *net) {
    for (unsigned i = 0; i < NET_LISTENERS_MAX; i++) {
        if (net->listeners[i] == NULL) continue;
        if (net->listeners[i]->is_unix) unlink(net->conf.unixsocket);
        close_listener(net, i);
    }
}

static int open_listener(struct net *net, const struct io_listen_options *options, bool is_unix) {
    unsigned at = 0;
    while (at < NET_LISTENERS_MAX && net->listeners[at])
        at++;
    must(at < NET_LISTENERS_MAX);
    struct net_listener *l = mem_zalloc(sizeof(*l));
    l->net = net;
    l->is_unix = is_unix;
    int error = io_listen(net->io, &l->listener, options, on_accept);
    if (error)
        mem_free_sized(l, sizeof(*l));
    else
        net->listeners[at] = l;
    return error;
}

static bool may_be_absent(int error, bool optional) {
    switch (error) {
    case EADDRNOTAVAIL: return optional;
    case ENOPROTOOPT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case EPFNOSUPPORT:
    case EAFNOSUPPORT: return true;
    default: return false;
    }
}

static bool open_address(struct net *net, const char *word, int port) {
    bool optional = word[0] == '-';
    const char *host = word + optional;
    struct io_listen_options options = {.backlog = net->conf.tcp_backlog,
                                        .keepalive_s = (unsigned)net->conf.tcp_keepalive_s};
    int error = EADDRNOTAVAIL;
    if (io_addr_parse(&options.addr, host, (uint16_t)port) ||
        io_addr_resolve(&options.addr, host, (uint16_t)port) == 0)
        error = open_listener(net, &options, false);
    if (error == 0) return true;
    log_warning(net->log, "Warning: Could not create server TCP listening socket %s:%d: %s", host, port,
                error == EADDRNOTAVAIL ? "bind: Cannot assign requested address" : strerror(error));
    return may_be_absent(error, optional);
}

/* All addresses or none. */
static bool open_tcp(struct net *net, const struct conf_words *bind, int port) {
    for (int i = 0; i < bind->count; i++) {
        if (open_address(net, bind->item[i], port)) continue;
        close_tcp(net);
        return false;
    }
    return true;
}

static bool open_unix(struct net *net) {
    struct io_listen_options options = {.backlog = net->conf.tcp_backlog,
                                        .unix_permissions = (unsigned)net->conf.unixsocketperm};
    char path[IO_ADDR_TEXT_MAX];
    const char *name = net->conf.unixsocket;
    unlink(name);
    if (!strchr(name, '/')) { /* io takes it for a host name otherwise */
        snprintf(path, sizeof(path), "./%s", name);
        name = path;
    }
    int error = io_addr_parse(&options.addr, name, 0) ? open_listener(net, &options, true) : ENAMETOOLONG;
    if (error) log_warning(net->log, "Failed opening Unix socket: bind: %s", strerror(error));
    return error == 0;
}

/* Copies the words that are in force. */
static void remember_bound(struct net *net) {
    const struct conf_words *from = &net->conf.bind;
    size_t bytes = (size_t)from->count * sizeof(char *);
    for (int i = 0; i < from->count; i++)
        bytes += strlen(from->item[i]) + 1;
    mem_free(net->bound.item);
    net->bound = (struct conf_words){bytes ? mem_alloc(bytes) : NULL, from->count};
    char *at = (char *)(net->bound.item + from->count);
    for (int i = 0; i < from->count; i++) {
        net->bound.item[i] = at;
        at = stpcpy(at, from->item[i]) + 1;
    }
    net->bound_port = net->conf.port;
}

bool net_listen(struct net *net) {
    net->listen_keepalive_s = net->conf.tcp_keepalive_s;
    if (net->conf.port && !open_tcp(net, &net->conf.bind, net->conf.port)) {
        log_warning(net->log, "Failed listening on port %d (tcp), aborting.", net->conf.port);
        return false;
    }
    if (net->conf.unixsocket && !open_unix(net)) {
        log_warning(net->log, "Failed listening on port 0 (unix), aborting.");
        return false;
    }
    remember_bound(net);
    for (unsigned i = 0; i < NET_LISTENERS_MAX; i++)
        if (net->listeners[i]) return true;
    log_warning(net->log, "Configured to not listen anywhere, exiting.");
    return false;
}

bool net_relisten(struct net *net, struct conf_error *err) {
    if (!net->started || net->closing) return true;
    close_tcp(net);
    if (net->conf.port == 0 || open_tcp(net, &net->conf.bind, net->conf.port)) {
        net->listen_keepalive_s = net->conf.tcp_keepalive_s;
        remember_bound(net);
        return true;
    }
    if (net->bound_port) open_tcp(net, &net->bound, net->bound_port);
    if (net->bound_port != net->conf.port)
        return conf_fail(err, "Unable to listen on this port. Check server logs.");
    return conf_fail(err, "Failed to bind to specified addresses.");
}
