/* Who am I? The map names addresses; a server finds its own among them.
 *
 *      cluster-announce-ip or -hostname given:  the member of that very text
 *      neither:                                 a member whose IP is an address of this machine, or
 * "localhost" and in either case                       of cluster-announce-port, or else of `port`
 *
 * Names of other machines are never looked up: that could block. Where two members fit, the map is refused,
 * since a guess would make two servers one.
 *
 * Ids must be the same on all servers without any word between them, so they are digests of what the map
 * says: a node's of its address, a shard's of its name. */
#include "common/base/num.h"
#include "common/base/sha1.h"
#include "common/io/io_stream.h"
#include "server/cluster/cluster_int.h"
#include <stdio.h>
#include <string.h>

int cluster_own_port(const struct cluster *c) {
    return c->conf.announce_port ? c->conf.announce_port : c->parts.port;
}

static bool is_announced(const struct cluster *c, const char *host) {
    const char *ip = c->conf.announce_ip, *name = c->conf.announce_hostname;
    return (ip && strcasecmp(host, ip) == 0) || (name && strcasecmp(host, name) == 0);
}

static bool is_of_this_machine(const char *host) {
    struct io_addr addr;
    if (strcasecmp(host, "localhost") == 0) return true;
    return io_addr_parse(&addr, host, 0) && io_addr_is_own(&addr);
}

static bool is_self(const struct cluster *c, const struct slot_map_member *m) {
    if (m->port != cluster_own_port(c)) return false;
    if (c->conf.announce_ip || c->conf.announce_hostname) return is_announced(c, m->host);
    return is_of_this_machine(m->host);
}

bool cluster_find_self(const struct cluster *c, const struct slot_map *map, int *self, struct buf *error) {
    *self = CLUSTER_NOBODY;
    for (unsigned i = 0; i < map->member_count; i++) {
        if (!is_self(c, &map->members[i])) continue;
        if (*self != CLUSTER_NOBODY) {
            buf_printf(error,
                       "%s:%d and %s:%d may both be this server: cluster-announce-ip must say which one is",
                       map->members[*self].host, map->members[*self].port, map->members[i].host,
                       map->members[i].port);
            return false;
        }
        *self = (int)i;
    }
    return true;
}

void cluster_own_address(const struct cluster *c, char *host, uint16_t *port) {
    const char *said = c->conf.announce_ip         ? c->conf.announce_ip
                       : c->conf.announce_hostname ? c->conf.announce_hostname
                                                   : "";
    snprintf(host, SLOT_MAP_HOST_MAX + 1, "%s", c->self >= 0 ? c->map.members[c->self].host : said);
    *port = (uint16_t)cluster_own_port(c);
}

/* --- ids --- */

static char *digest_of(const char *kind, const char *text, char *out) {
    struct sha1 sha;
    unsigned char digest[20];
    sha1_init(&sha);
    sha1_update(&sha, kind, strlen(kind));
    sha1_update(&sha, text, strlen(text));
    sha1_final(&sha, digest);
    for (int i = 0; i < 20; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return out;
}

char *cluster_node_id(const char *host, uint16_t port, char *out) {
    char text[SLOT_MAP_HOST_MAX + 8];
    snprintf(text, sizeof(text), "%s:%d", host, port);
    return digest_of("node ", text, out);
}

char *cluster_shard_id(const char *name, char *out) {
    return digest_of("shard ", name, out);
}

char *cluster_member_id(const struct cluster *c, unsigned member, char *out) {
    return cluster_node_id(c->map.members[member].host, c->map.members[member].port, out);
}

char *cluster_own_id(const struct cluster *c, char *out) {
    char host[SLOT_MAP_HOST_MAX + 1];
    uint16_t port;
    cluster_own_address(c, host, &port);
    return cluster_node_id(host, port, out);
}
