/* Servers are added up by their addresses, since the threads' maps may differ for a moment. */
#include "proxy/metrics.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/commands/command.h"
#include "proxy/client.h"
#include "proxy/monitor.h"
#include "proxy/worker.h"
#include <stdio.h>

static struct server_total *server_of(struct metrics_totals *t, const char *at) {
    for (unsigned i = 0; i < t->server_count; i++)
        if (strcmp(t->servers[i].at, at) == 0) return &t->servers[i];
    t->servers = mem_realloc(t->servers, (t->server_count + 1) * sizeof(*t->servers));
    struct server_total *s = &t->servers[t->server_count++];
    *s = (struct server_total){0};
    snprintf(s->at, sizeof(s->at), "%s", at);
    return s;
}

static void add_server(const struct upstream *u, struct server_total *s) {
    s->used |= u->connects > 0;
    s->down |= u->failures > 0;
    s->ejected |= u->ejected;
    s->requests += u->requests;
    s->errors += u->errors;
    s->connects += u->connects;
    s->timeouts += u->timeouts;
    s->outstanding += u->outstanding;
    s->ejections += u->ejections;
    if (u->latency_us > s->latency_us) s->latency_us = u->latency_us;
    s->bytes_out += u->requests_bytes;
    s->bytes_in += u->replies_bytes;
}

static void add_servers(const struct worker *w, struct metrics_totals *t) {
    for (uint16_t i = 0; i < w->map.shard_count; i++) {
        const struct topology_shard *shard = &w->map.shards[i];
        const struct upstream *u = i < w->upstream_count ? w->upstreams[i] : NULL;
        struct server_total *s = server_of(t, shard->primary.text);
        snprintf(s->shard, sizeof(s->shard), "%s", shard->name);
        s->slots = topology_slots_of(&w->map, i);
        if (u) add_server(u, s);
        for (unsigned k = 0; k < shard->replica_count; k++) {
            s = server_of(t, shard->replica[k].text);
            snprintf(s->shard, sizeof(s->shard), "%s", shard->name);
            s->is_replica = true;
            if (u && k < u->replica_count) add_server(u->replicas[k], s);
        }
    }
}

static void add_clients(const struct worker *w, struct metrics_totals *t) {
    LIST_FOR(at, next, &w->clients) {
        const struct client *c = LIST_OWNER(at, struct client, all);
        t->clients++;
        t->blocked += client_blocks(c) || c->flags & CLIENT_PAUSED;
        t->subscribers += c->subscriber != NULL;
        t->monitors += (c->flags & CLIENT_MONITORS) != 0;
    }
}

static bool visit(struct worker *w, struct crew_call *call) {
    struct metrics_totals *t = LIST_OWNER(call, struct metrics_totals, call);
    const uint64_t *from = (const uint64_t *)&w->stats;
    uint64_t *to = (uint64_t *)&t->stats;
    for (size_t i = 0; i < sizeof(t->stats) / sizeof(*to); i++)
        to[i] += from[i];
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        if (w->commands[id].calls == 0) continue;
        t->commands[id].calls += w->commands[id].calls;
        t->commands[id].failed += w->commands[id].failed;
        t->commands[id].usec += w->commands[id].usec;
        histogram_merge(&t->commands[id].took, &w->commands[id].took);
    }
    add_clients(w, t);
    add_servers(w, t);
    return true;
}

static void done(struct crew_call *call) {
    struct metrics_totals *t = LIST_OWNER(call, struct metrics_totals, call);
    t->ready(t);
}

void metrics_collect(struct worker *w, void (*ready)(struct metrics_totals *t), void *owner) {
    struct metrics_totals *t = mem_zalloc(sizeof(*t));
    t->call.visit = visit;
    t->call.done = done;
    t->ready = ready;
    t->owner = owner;
    t->commands = mem_zalloc(CMD_COUNT * sizeof(*t->commands));
    crew_start(w, &t->call, 0, w->crew->count);
}

void metrics_free(struct command_stat *commands) {
    for (unsigned id = 0; commands && id < CMD_COUNT; id++)
        histogram_deinit(&commands[id].took);
    mem_free(commands);
}

void metrics_totals_free(struct metrics_totals **totals) {
    struct metrics_totals *t = *totals;
    *totals = NULL;
    metrics_free(t->commands);
    mem_free(t->servers);
    mem_free_sized(t, sizeof(*t));
}

static void reset_server(struct upstream *u) {
    u->requests = u->errors = u->timeouts = u->requests_bytes = u->replies_bytes = 0;
}

void metrics_reset(struct worker *w) {
    w->stats = (struct worker_stats){0};
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        histogram_deinit(&w->commands[id].took);
        w->commands[id] = (struct command_stat){0};
    }
    for (unsigned i = 0; i < w->upstream_count; i++) {
        struct upstream *u = w->upstreams[i];
        if (u == NULL) continue;
        reset_server(u);
        for (unsigned k = 0; k < u->replica_count; k++)
            reset_server(u->replicas[k]);
    }
}

/* --- LATENCY HISTOGRAM --- */

static void write_histogram(const struct command_stat *s, struct resp_writer *reply) {
    int cursor = 0;
    size_t pairs = 0;
    uint64_t bound_us, below;
    resp_map(reply, 2);
    resp_bulk_cstr(reply, "calls");
    resp_int(reply, (int64_t)s->calls);
    resp_bulk_cstr(reply, "histogram_usec");
    struct resp_deferred room = resp_deferred(reply);
    while (histogram_next_power(&s->took, &cursor, &bound_us, &below)) {
        resp_int(reply, (int64_t)bound_us);
        resp_int(reply, (int64_t)below);
        pairs++;
    }
    resp_deferred_fill(reply, room, RESP_MAP, pairs);
}

static bool wanted(const struct command_spec *spec, const struct slice *names, int count) {
    if (count == 0) return true;
    for (int i = 0; i < count; i++) {
        if (slice_is(names[i], spec->name)) return true;
        if (spec->parent != COMMAND_NO_PARENT && slice_is(names[i], command_by_id(spec->parent)->name))
            return true;
    }
    return false;
}

void metrics_histograms(const struct metrics_totals *t, const struct slice *names, int count,
                        struct resp_writer *reply) {
    size_t pairs = 0;
    struct resp_deferred room = resp_deferred(reply);
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_spec *spec = command_by_id(id);
        if (t->commands[id].took.total == 0 || !wanted(spec, names, count)) continue;
        resp_bulk_cstr(reply, spec->name);
        write_histogram(&t->commands[id], reply);
        pairs++;
    }
    resp_deferred_fill(reply, room, RESP_MAP, pairs);
}
