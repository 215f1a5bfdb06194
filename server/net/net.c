/* The life of the net, and its place in the loop.
 *
 *      turn n:  io_turn ─► on_recv (client.c) puts clients on `input`
 *               net_run ─► input.c fills a batch from all of them, exec runs it, until nothing is left or
 *                          the time is up ─► net_flush
 *               net_flush ─► output.c gives each client's replies to its stream, client.c buries the dead
 *      turn n+1: io_turn submits the sends with the same system call that waits
 */
#include "server/net/net.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/net/net_int.h"

struct net *net_create(struct conf *conf, struct logger *log) {
    struct net *net = mem_zalloc(sizeof(*net));
    net->log = log;
    net->next_id = 1;
    list_init(&net->clients);
    list_init(&net->input);
    list_init(&net->output);
    list_init(&net->pushes);
    list_init(&net->gated);
    list_init(&net->dying);
    net_memory_init(net);
    net_register_options(net, conf);
    return net;
}

bool net_start(struct net *net, const struct net_parts *parts) {
    net->parts = *parts;
    net->io = parts->io;
    net->exec = parts->exec;
    net->keyspace = parts->keyspace;
    net->gate = exec_commit_gate(parts->exec);
    net->gate->opened = net_gate_opened;
    net->gate->failed = net_gate_failed;
    net->gate->owner = net;
    resp_parser_init(&net->parser);
    resp_arena_init(&net->arena);
    net->requests = mem_alloc(NET_BATCH_MAX * sizeof(*net->requests));
    net->ends = mem_alloc(NET_BATCH_MAX * sizeof(*net->ends));
    net->runs = mem_alloc(NET_BATCH_MAX * sizeof(*net->runs));
    io_timer_init(&net->cron, net_cron);
    io_timer_set(net->io, &net->cron, io_now_us(net->io) + NET_CRON_US);
    net->memory.limited = net->conf.maxmemory_clients != 0;
    net->started = true;
    return net_raise_descriptor_limit(net);
}

bool net_close(struct net *net) {
    if (net->started) {
        net->gate->opened = NULL;
        net->gate->failed = NULL;
    }
    if (!net->started) return true;
    net->closing = true;
    io_timer_cancel(net->io, &net->cron);
    net_stop_listening(net);
    LIST_FOR(it, tmp, &net->clients) {
        client_close_soon(LIST_OWNER(it, struct client, all), NULL);
    }
    clients_bury(net);
    return net->client_count == 0 && net->listeners_closing == 0;
}

void net_destroy(struct net **netp) {
    struct net *net = *netp;
    if (net->started) {
        must(net->client_count == 0 && net->listeners_closing == 0);
        resp_parser_deinit(&net->parser);
        resp_arena_deinit(&net->arena);
        mem_free(net->requests);
        mem_free(net->ends);
        mem_free(net->runs);
    }
    mem_free(net->bound.item);
    mem_free_sized(net, sizeof(*net));
    *netp = NULL;
}

bool net_has_work(const struct net *net) {
    return !list_empty(&net->input) || !list_empty(&net->dying) || !list_empty(&net->pushes) ||
           net->memory.unfinished;
}

int net_port(const struct net *net) {
    return net->conf.port;
}

size_t net_client_count(const struct net *net) {
    return net->live_count;
}

/* --- clients behind sessions --- */

bool net_session_is_client(const struct session *s) {
    return s->ops == &client_session_ops;
}

char *net_session_addr(const struct session *s, char *out) {
    return client_addr(client_of(s), true, out);
}

const char *net_session_name(const struct session *s) {
    const struct client_names *names = client_of(s)->names;
    return names && names->name ? names->name : "";
}

void net_session_describe(const struct session *s, struct buf *out) {
    client_describe(client_of(s), out);
}

size_t net_clients_bytes(struct net *net) {
    net_memory_note_all(net);
    const size_t *sums = net->memory.sums;
    return sums[KIND_NORMAL] + sums[KIND_PUBSUB] + sums[KIND_PRIMARY];
}

size_t net_replicas_bytes(const struct net *net) {
    return net->memory.sums[KIND_REPLICA];
}
