/* INFO clients, the connection part of INFO stats, and what happens ten times a second: rates, idle clients,
 * soft limits. */
#include "common/base/num.h"
#include "server/net/net_int.h"
#include <string.h>

/* --- ten times a second --- */

/* Peaks are kept by second, for the last eight of them. */
void net_note_peaks(struct net *net, size_t in, size_t out) {
    unsigned at = net->recent_at;
    if (in > net->recent_max_in[at]) net->recent_max_in[at] = in;
    if (out > net->recent_max_out[at]) net->recent_max_out[at] = out;
}

static void next_second(struct net *net, int64_t now_ms) {
    if (now_ms / 1000 == net->recent_second) return;
    net->recent_second = now_ms / 1000;
    net->recent_at = (net->recent_at + 1) % 8;
    net->recent_max_in[net->recent_at] = net->recent_max_out[net->recent_at] = 0;
}

static bool is_idle(const struct net *net, const struct client *c, int64_t now_ms) {
    uint32_t exempt = SESSION_PAUSED | SESSION_BLOCKED | SESSION_SUBSCRIBED | SESSION_REPLICA |
                      SESSION_PRIMARY | SESSION_MONITOR;
    return net->conf.timeout_s && !(c->session.flags & exempt) &&
           now_ms - c->active_ms > (int64_t)net->conf.timeout_s * 1000;
}

/* Looks at a tenth of the clients, so that each is seen once a second and no turn is long. */
static void look_at_some(struct net *net, int64_t now_ms) {
    size_t count = net->live_count / 10 + 5;
    if (count > net->live_count) count = net->live_count;
    while (count-- > 0 && !list_empty(&net->clients)) {
        struct client *c = LIST_OWNER(net->clients.next, struct client, all);
        list_remove(&c->all);
        list_append(&net->clients, &c->all);
        net_note_peaks(net, client_query_bytes(c), client_output_bytes(c));
        client_memory_note(c);
        if (is_idle(net, c, now_ms)) client_close_soon(c, "Closing idle client");
        if (c->soft_since_ms) client_check_output_limit(c);
        /* Who waits and has sent too much ahead is read from now and then all the same: behind it may be the
         * end of the connection. */
        if (c->session.flags & (SESSION_BLOCKED | SESSION_PAUSED)) io_stream_recv_resume(&c->stream);
    }
}

void net_cron(struct io_timer *timer) {
    struct net *net = LIST_OWNER(timer, struct net, cron);
    struct io_stats io;
    int64_t now_us = io_now_us(net->io);
    /* On the grid of its period: timers of the same period share their turns. */
    io_timer_set(net->io, timer, now_us - now_us % NET_CRON_US + NET_CRON_US);
    if (net->parts.cron_paused && *net->parts.cron_paused) return;
    io_stats(net->io, &io);
    rate_sample(&net->net_in, now_us, io.recv_bytes - net->in_base);
    rate_sample(&net->net_out, now_us, io.send_bytes - net->out_base);
    next_second(net, net_now_ms(net));
    look_at_some(net, net_now_ms(net));
}

/* --- INFO --- */

static size_t greatest(const size_t *values) {
    size_t max = 0;
    for (int i = 0; i < 8; i++)
        if (values[i] > max) max = values[i];
    return max;
}

static void write_clients(struct buf *out, void *module) {
    struct net *net = module;
    const struct waiting *waiting = &net->keyspace->waiting;
    size_t blocked = 0;
    LIST_FOR(it, tmp, &net->clients) {
        const struct client *c = LIST_OWNER(it, struct client, all);
        blocked += (c->session.flags & (SESSION_BLOCKED | SESSION_PAUSED)) != 0;
        net_note_peaks(net, c->run_bytes ? c->run_bytes : client_query_bytes(c), client_output_bytes(c));
    }
    buf_printf(out, "connected_clients:%zu\r\n", net->live_count);
    buf_printf(out, "cluster_connections:0\r\n");
    buf_printf(out, "maxclients:%lld\r\n", (long long)net->conf.maxclients);
    buf_printf(out, "client_recent_max_input_buffer:%zu\r\n", greatest(net->recent_max_in));
    buf_printf(out, "client_recent_max_output_buffer:%zu\r\n", greatest(net->recent_max_out));
    buf_printf(out, "blocked_clients:%zu\r\n", blocked);
    buf_printf(out, "tracking_clients:0\r\n");
    buf_printf(out, "clients_in_timeout_table:%u\r\n", waiting->timeout_count);
    buf_printf(out, "total_blocking_keys:%zu\r\n", waiting->key_count);
    buf_printf(out, "total_blocking_keys_on_nokey:%zu\r\n", waiting->when_gone_count);
}

/* The head of the section. */
static void write_traffic(struct buf *out, void *module) {
    struct net *net = module;
    struct io_stats io;
    io_stats(net->io, &io);
    buf_printf(out, "total_connections_received:%llu\r\n", (unsigned long long)net->stats.connections);
    buf_printf(out, "total_net_input_bytes:%llu\r\n", (unsigned long long)(io.recv_bytes - net->in_base));
    buf_printf(out, "total_net_output_bytes:%llu\r\n", (unsigned long long)(io.send_bytes - net->out_base));
    buf_printf(out, "instantaneous_input_kbps:%.2f\r\n", (double)rate_per_s(&net->net_in) / 1024);
    buf_printf(out, "instantaneous_output_kbps:%.2f\r\n", (double)rate_per_s(&net->net_out) / 1024);
    buf_printf(out, "rejected_connections:%llu\r\n", (unsigned long long)net->stats.rejected);
}

/* Further down in the section. */
static void write_limits(struct buf *out, void *module) {
    struct net *net = module;
    struct io_stats io;
    io_stats(net->io, &io);
    buf_printf(out, "total_reads_processed:%llu\r\n", (unsigned long long)(io.recv_ops - net->reads_base));
    buf_printf(out, "total_writes_processed:%llu\r\n", (unsigned long long)(io.send_ops - net->writes_base));
    buf_printf(out, "client_query_buffer_limit_disconnections:%llu\r\n",
               (unsigned long long)net->stats.query_limit_closed);
    buf_printf(out, "client_output_buffer_limit_disconnections:%llu\r\n",
               (unsigned long long)net->stats.output_limit_closed);
    buf_printf(out, "evicted_clients:%llu\r\n", (unsigned long long)net->stats.evicted);
    buf_printf(out, "acl_access_denied_auth:%llu\r\n", (unsigned long long)net->stats.auth_denied);
    buf_printf(out, "acl_access_denied_cmd:0\r\nacl_access_denied_key:0\r\nacl_access_denied_channel:0\r\n");
}

/* "listenerN:name=tcp,bind=A,bind=B,port=P", a line for each kind. */
static void write_listeners(struct buf *out, void *module) {
    const struct net *net = module;
    int line = 0;
    if (net->bound_port) {
        buf_printf(out, "listener%d:name=tcp", line++);
        for (int i = 0; i < net->bound.count; i++)
            buf_printf(out, ",bind=%s", net->bound.item[i]);
        buf_printf(out, ",port=%d\r\n", net->bound_port);
    }
    if (net->conf.unixsocket) buf_printf(out, "listener%d:name=unix,bind=%s\r\n", line, net->conf.unixsocket);
}

static const struct info_section sections[] = {
    {"server", "Server", INFO_DEFAULT, INFO_RANK_SERVER + 50, write_listeners},
    {"clients", "Clients", INFO_DEFAULT, INFO_RANK_CLIENTS, write_clients},
    {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS, write_traffic},
    {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 80, write_limits},
};

void net_register_info(struct net *net, struct info_registry *registry) {
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        info_register(registry, &sections[i], net);
}

void net_reset_stats(struct net *net) {
    struct io_stats io;
    io_stats(net->io, &io);
    net->in_base = io.recv_bytes;
    net->out_base = io.send_bytes;
    net->reads_base = io.recv_ops;
    net->writes_base = io.send_ops;
    net->stats = (struct net_stats){0};
    rate_reset(&net->net_in);
    rate_reset(&net->net_out);
}
