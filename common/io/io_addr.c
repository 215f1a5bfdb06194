/* Addresses: texts to socket addresses and back. */
#include "common/base/panic.h"
#include "common/io/io_stream.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static void set_v4(struct io_addr *addr, struct in_addr ip, uint16_t port) {
    struct sockaddr_in *in = (struct sockaddr_in *)&addr->sa;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
    addr->len = sizeof *in;
}

static void set_v6(struct io_addr *addr, struct in6_addr ip, uint16_t port) {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr->sa;
    *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = ip};
    addr->len = sizeof *in6;
}

bool io_addr_parse(struct io_addr *addr, const char *host, uint16_t port) {
    struct in_addr v4;
    struct in6_addr v6;
    memset(addr, 0, sizeof *addr);
    if (strcmp(host, "*") == 0) {
        set_v4(addr, (struct in_addr){htonl(INADDR_ANY)}, port);
    } else if (strcmp(host, "::*") == 0) {
        set_v6(addr, in6addr_any, port);
    } else if (inet_pton(AF_INET, host, &v4) == 1) {
        set_v4(addr, v4, port);
    } else if (inet_pton(AF_INET6, host, &v6) == 1) {
        set_v6(addr, v6, port);
    } else if (port == 0 && strchr(host, '/')) {
        struct sockaddr_un *un = (struct sockaddr_un *)&addr->sa;
        if (strlen(host) >= sizeof un->sun_path) return false;
        un->sun_family = AF_UNIX;
        strcpy(un->sun_path, host);
        addr->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(host) + 1);
    } else {
        return false;
    }
    return true;
}

int io_addr_resolve(struct io_addr *addr, const char *host, uint16_t port) {
    if (io_addr_parse(addr, host, port)) return 0;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int error = getaddrinfo(host, service, &hints, &found);
    if (error) return error;
    memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

const char *io_addr_resolve_error(int code) {
    return gai_strerror(code);
}

uint16_t io_addr_port(const struct io_addr *addr) {
    switch (addr->sa.ss_family) {
    case AF_INET: return ntohs(((const struct sockaddr_in *)&addr->sa)->sin_port);
    case AF_INET6: return ntohs(((const struct sockaddr_in6 *)&addr->sa)->sin6_port);
    default: return 0;
    }
}

char *io_addr_host(const struct io_addr *addr, char *out) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->sa;
    const struct sockaddr_un *un = (const struct sockaddr_un *)&addr->sa;
    switch (addr->sa.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &((const struct sockaddr_in *)&addr->sa)->sin_addr, out, IO_ADDR_TEXT_MAX);
        break;
    case AF_INET6: inet_ntop(AF_INET6, &in6->sin6_addr, out, IO_ADDR_TEXT_MAX); break;
    case AF_UNIX: {
        /* The peer of a Unix socket has no name of its own. */
        size_t head = offsetof(struct sockaddr_un, sun_path);
        size_t len = addr->len > head ? strnlen(un->sun_path, addr->len - head) : 0;
        memcpy(out, un->sun_path, len);
        out[len] = '\0';
        break;
    }
    default: strcpy(out, "?");
    }
    return out;
}

char *io_addr_text(const struct io_addr *addr, char *out) {
    char host[IO_ADDR_TEXT_MAX];
    io_addr_host(addr, host);
    const char *form = addr->sa.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u";
    /* A path fills at most 108 of the 160 bytes. */
    int len = snprintf(out, IO_ADDR_TEXT_MAX, form, host, io_addr_port(addr));
    must(len > 0 && len < IO_ADDR_TEXT_MAX);
    return out;
}

bool io_addr_is_loopback(const struct io_addr *addr) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->sa;
    switch (addr->sa.ss_family) {
    case AF_UNIX: return true;
    case AF_INET: return (ntohl(((const struct sockaddr_in *)&addr->sa)->sin_addr.s_addr) >> 24) == 127;
    case AF_INET6:
        if (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr)) return true;
        return IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && in6->sin6_addr.s6_addr[12] == 127;
    default: return false;
    }
}

static bool same_ip(const struct sockaddr *a, const struct sockaddr_storage *b) {
    if (a == NULL || a->sa_family != b->ss_family) return false;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return a->sa_family == AF_INET6 && IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
                                                          &((const struct sockaddr_in6 *)b)->sin6_addr);
}

bool io_addr_is_own(const struct io_addr *addr) {
    struct ifaddrs *all;
    bool own = io_addr_is_loopback(addr);
    if (own || getifaddrs(&all) < 0) return own;
    for (const struct ifaddrs *at = all; at && !own; at = at->ifa_next)
        own = same_ip(at->ifa_addr, &addr->sa);
    freeifaddrs(all);
    return own;
}
