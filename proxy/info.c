/* INFO of the proxy: its own process and what it knows of the shards. Numbers are those of all threads,
 * gathered by a call that goes round the crew; the reply is written when it comes back. */
#include "proxy/info.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/slots/slots.h"
#include "proxy/gather.h"
#include "proxy/worker.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct page {
    const struct worker *w;
    const struct metrics_totals *t;
};

static void write_server(const struct page *p, struct buf *out) {
    const struct worker *w = p->w;
    int64_t up_s = (io_now_us(w->io) - w->started_us) / 1000000;
    buf_printf(out, "redis_version:%s\r\ntorc_version:%s\r\nredis_mode:standalone\r\ntorc_role:proxy\r\n",
               REDIS_VERSION, TORC_VERSION);
    buf_printf(out, "arch_bits:%zu\r\nprocess_id:%d\r\ntcp_port:%d\r\nio_engine:%s\r\nthreads:%d\r\n",
               sizeof(void *) * 8, (int)getpid(), w->conf->port, io_engine_name(w->io), w->conf->threads);
    buf_printf(out, "uptime_in_seconds:%lld\r\nuptime_in_days:%lld\r\n", (long long)up_s,
               (long long)(up_s / 86400));
}

static void write_clients(const struct page *p, struct buf *out) {
    buf_printf(out, "connected_clients:%zu\r\nmaxclients:%lld\r\n", p->t->clients,
               (long long)p->w->conf->maxclients);
    buf_printf(out, "blocked_clients:%zu\r\npubsub_clients:%zu\r\nmonitor_clients:%zu\r\n", p->t->blocked,
               p->t->subscribers, p->t->monitors);
}

static void write_memory(const struct page *p, struct buf *out) {
    struct mem_allocator_stats stats;
    mem_allocator_stats(&stats);
    buf_printf(out,
               "used_memory:%zu\r\nmem_allocator:%s\r\nallocator_active:%zu\r\nallocator_resident:%zu\r\n",
               stats.allocated, mem_allocator_name(), stats.active, stats.resident);
}

static void write_stats(const struct page *p, struct buf *out) {
    struct worker_stats st = p->t->stats;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"total_connections_received", st.connections},
                {"total_commands_processed", st.commands},
                {"total_net_input_bytes", st.bytes_in},
                {"total_net_output_bytes", st.bytes_out},
                {"rejected_connections", st.rejected},
                {"protocol_errors", st.protocol_errors},
                {"proxy_forwarded", st.forwarded},
                {"proxy_split", st.split},
                {"proxy_all_shards", st.everywhere},
                {"proxy_local", st.local},
                {"proxy_redirected", st.moved},
                {"proxy_timeouts", st.timeouts},
                {"proxy_refused_down", st.refused_down}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        buf_printf(out, "%s:%llu\r\n", rows[i].name, (unsigned long long)rows[i].value);
}

static void write_cpu(const struct page *p, struct buf *out) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    buf_printf(out, "used_cpu_sys:%ld.%06ld\r\nused_cpu_user:%ld.%06ld\r\n", (long)use.ru_stime.tv_sec,
               (long)use.ru_stime.tv_usec, (long)use.ru_utime.tv_sec, (long)use.ru_utime.tv_usec);
}

/* The map is the asking thread's. */
static void write_shards(const struct page *p, struct buf *out) {
    const struct topology *map = &p->w->map;
    buf_printf(out, "proxy_map_epoch:%llu\r\nproxy_slots_owned:%u\r\nproxy_shards:%u\r\n",
               (unsigned long long)map->epoch, topology_slots_owned(map), map->shard_count);
    for (unsigned i = 0; i < p->t->server_count; i++) {
        const struct server_total *s = &p->t->servers[i];
        buf_printf(out, "%s%u:name=%s,addr=%s,slots=%u,state=%s,", s->is_replica ? "replica" : "shard", i,
                   s->shard, s->at, s->slots,
                   s->ejected ? "ejected"
                   : s->down  ? "down"
                   : s->used  ? "up"
                              : "idle");
        const struct {
            const char *name;
            uint64_t value;
        } rows[] = {{"requests", s->requests},       {"errors", s->errors},       {"timeouts", s->timeouts},
                    {"outstanding", s->outstanding}, {"connects", s->connects},   {"ejections", s->ejections},
                    {"latency_us", s->latency_us},   {"bytes_out", s->bytes_out}, {"bytes_in", s->bytes_in}};
        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
            buf_printf(out, "%s%s=%llu", k ? "," : "", rows[k].name, (unsigned long long)rows[k].value);
        buf_append_str(out, "\r\n");
    }
}

/* A subcommand is written "config|get", as Redis does. */
static void write_commandstats(const struct page *p, struct buf *out) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_stat *s = &p->t->commands[id];
        if (s->calls == 0) continue;
        buf_printf(
            out, "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=0,failed_calls=%llu\r\n",
            command_by_id(id)->name, (unsigned long long)s->calls, (unsigned long long)s->usec,
            (double)s->usec / (double)s->calls, (unsigned long long)s->failed);
    }
}

static void write_latencystats(const struct page *p, struct buf *out) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct histogram *h = &p->t->commands[id].took;
        if (h->total == 0) continue;
        buf_printf(out, "latency_percentiles_usec_%s:p50=%llu,p99=%llu,p99.9=%llu\r\n",
                   command_by_id(id)->name, (unsigned long long)histogram_percentile(h, 50),
                   (unsigned long long)histogram_percentile(h, 99),
                   (unsigned long long)histogram_percentile(h, 99.9));
    }
}

static const struct section {
    const char *name, *title;
    bool usual; /* part of INFO without names */
    void (*write)(const struct page *p, struct buf *out);
} sections[] = {{"server", "Server", true, write_server},
                {"clients", "Clients", true, write_clients},
                {"memory", "Memory", true, write_memory},
                {"stats", "Stats", true, write_stats},
                {"cpu", "CPU", true, write_cpu},
                {"commandstats", "Commandstats", false, write_commandstats},
                {"latencystats", "Latencystats", false, write_latencystats},
                {"shards", "Shards", true, write_shards}};

static bool wanted(const struct section *s, const struct slice *names, int count) {
    if (count == 0) return s->usual;
    for (int i = 0; i < count; i++)
        if (slice_is(names[i], s->name) || (s->usual && slice_is(names[i], "default")) ||
            slice_is(names[i], "all") || slice_is(names[i], "everything"))
            return true;
    return false;
}

/* --- the reply, when the totals are there --- */

struct waiting {
    struct request *whole;
    int count;
    struct slice *names; /* owned, with their bytes */
};

static struct waiting *waiting_new(struct local_call *call, int skip) {
    struct waiting *wait = mem_zalloc(sizeof(*wait));
    wait->count = call->argc - skip;
    wait->names = slices_copy(call->argv + skip, wait->count);
    wait->whole = request_defer(call->client, call->spec);
    return wait;
}

static void waiting_end(struct metrics_totals *t, struct waiting *wait) {
    request_reply_end(t->call.origin, wait->whole);
    request_finish(t->call.origin, wait->whole);
    mem_free(wait->names);
    mem_free_sized(wait, sizeof(*wait));
    metrics_totals_free(&t);
}

static void info_ready(struct metrics_totals *t) {
    struct waiting *wait = t->owner;
    struct page page = {t->call.origin, t};
    struct buf text = {0};
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (!wanted(&sections[i], wait->names, wait->count)) continue;
        if (text.len) buf_append_str(&text, "\r\n");
        buf_printf(&text, "# %s\r\n", sections[i].title);
        sections[i].write(&page, &text);
    }
    resp_verbatim(request_reply_begin(t->call.origin, wait->whole), buf_cstr(&text), text.len, "txt");
    buf_deinit(&text);
    waiting_end(t, wait);
}

/* INFO SHARD name … → INFO … at that shard. */
static void info_of_shard(struct local_call *call) {
    struct worker *w = call->client->worker;
    uint16_t shard = call->argc > 2 ? topology_shard_named(&w->map, call->argv[2]) : TOPOLOGY_NONE;
    if (shard == TOPOLOGY_NONE) {
        local_fail(call, "ERR INFO SHARD wants the name of a shard; INFO shards lists them");
        return;
    }
    struct slice *words = mem_alloc((size_t)call->argc * sizeof(*words));
    words[0] = call->argv[0];
    for (int i = 3; i < call->argc; i++)
        words[i - 2] = call->argv[i];
    gather_one_shard(call->client, call->spec, shard, words, call->argc - 2);
    mem_free(words);
}

void proxy_info(struct local_call *call) {
    if (call->argc > 1 && slice_is(call->argv[1], "shard"))
        info_of_shard(call);
    else
        metrics_collect(call->client->worker, info_ready, waiting_new(call, 1));
}

static void histogram_ready(struct metrics_totals *t) {
    struct waiting *wait = t->owner;
    metrics_histograms(t, wait->names, wait->count, request_reply_begin(t->call.origin, wait->whole));
    waiting_end(t, wait);
}

void proxy_latency_histogram(struct local_call *call) {
    metrics_collect(call->client->worker, histogram_ready, waiting_new(call, 2));
}
