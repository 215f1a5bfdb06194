/* INFO of the proxy: its own process and what it knows of the shards. Threads share nothing, so the counters
 * of the others are read as they are; each is one word, and a sum may miss the last few requests. */
#include "proxy/info.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/slots/slots.h"
#include "proxy/worker.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct totals {
    struct worker_stats stats;
    size_t clients;
    uint64_t bytes_in, bytes_out;
};

static uint64_t peek(const uint64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static struct totals add_up(const struct worker *w) {
    struct totals sum = {0};
    uint64_t *to = (uint64_t *)&sum.stats;
    for (unsigned i = 0; i < w->crew->count; i++) {
        const struct worker *other = w->crew->workers[i];
        const uint64_t *from = (const uint64_t *)&other->stats;
        for (size_t k = 0; k < sizeof(sum.stats) / sizeof(*to); k++)
            to[k] += peek(&from[k]);
        sum.clients += __atomic_load_n(&other->client_count, __ATOMIC_RELAXED);
    }
    return sum;
}

static void write_server(const struct worker *w, struct buf *out) {
    int64_t up_s = (io_now_us(w->io) - w->started_us) / 1000000;
    buf_printf(out, "redis_version:%s\r\ntorc_version:%s\r\nredis_mode:standalone\r\ntorc_role:proxy\r\n",
               REDIS_VERSION, TORC_VERSION);
    buf_printf(out, "arch_bits:%zu\r\nprocess_id:%d\r\ntcp_port:%d\r\nio_engine:%s\r\nthreads:%d\r\n",
               sizeof(void *) * 8, (int)getpid(), w->conf->port, io_engine_name(w->io), w->conf->threads);
    buf_printf(out, "uptime_in_seconds:%lld\r\nuptime_in_days:%lld\r\n", (long long)up_s,
               (long long)(up_s / 86400));
}

static void write_clients(const struct worker *w, struct buf *out) {
    buf_printf(out, "connected_clients:%zu\r\nmaxclients:%lld\r\n", add_up(w).clients,
               (long long)w->conf->maxclients);
}

static void write_memory(const struct worker *w, struct buf *out) {
    struct mem_allocator_stats stats;
    mem_allocator_stats(&stats);
    buf_printf(out,
               "used_memory:%zu\r\nmem_allocator:%s\r\nallocator_active:%zu\r\nallocator_resident:%zu\r\n",
               stats.allocated, mem_allocator_name(), stats.active, stats.resident);
}

static void write_stats(const struct worker *w, struct buf *out) {
    struct worker_stats st = add_up(w).stats;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"total_connections_received", st.connections},
                {"total_commands_processed", st.commands},
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

static void write_cpu(const struct worker *w, struct buf *out) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    buf_printf(out, "used_cpu_sys:%ld.%06ld\r\nused_cpu_user:%ld.%06ld\r\n", (long)use.ru_stime.tv_sec,
               (long)use.ru_stime.tv_usec, (long)use.ru_utime.tv_sec, (long)use.ru_utime.tv_usec);
}

/* As this thread sees them. */
static void write_shards(const struct worker *w, struct buf *out) {
    buf_printf(out, "proxy_map_epoch:%llu\r\nproxy_slots_owned:%u\r\nproxy_shards:%u\r\n",
               (unsigned long long)w->map.epoch, topology_slots_owned(&w->map), w->map.shard_count);
    for (uint16_t i = 0; i < w->map.shard_count; i++) {
        const struct upstream *u = i < w->upstream_count ? w->upstreams[i] : NULL;
        const struct topology_shard *s = &w->map.shards[i];
        buf_printf(out,
                   "shard%u:name=%s,addr=%s,slots=%u,state=%s,requests=%llu,errors=%llu,connects=%llu,bytes_"
                   "out=%llu,"
                   "bytes_in=%llu\r\n",
                   i, s->name, s->primary.text, topology_slots_of(&w->map, i),
                   u == NULL     ? "idle"
                   : u->failures ? "down"
                   : u->connects ? "up"
                                 : "idle",
                   (unsigned long long)(u ? u->requests : 0), (unsigned long long)(u ? u->errors : 0),
                   (unsigned long long)(u ? u->connects : 0), (unsigned long long)(u ? u->requests_bytes : 0),
                   (unsigned long long)(u ? u->replies_bytes : 0));
    }
}

static const struct {
    const char *name, *title;
    void (*write)(const struct worker *w, struct buf *out);
} sections[] = {{"server", "Server", write_server}, {"clients", "Clients", write_clients},
                {"memory", "Memory", write_memory}, {"stats", "Stats", write_stats},
                {"cpu", "CPU", write_cpu},          {"shards", "Shards", write_shards}};

static bool wanted(const char *section, const struct slice *names, int count) {
    static const char *const all[] = {"default", "all", "everything"};
    if (count == 0) return true;
    for (int i = 0; i < count; i++) {
        if (slice_is(names[i], section)) return true;
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
            if (slice_is(names[i], all[k])) return true;
    }
    return false;
}

void proxy_info(const struct worker *w, const struct slice *names, int count, struct buf *out) {
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (!wanted(sections[i].name, names, count)) continue;
        if (out->len) buf_append_str(out, "\r\n");
        buf_printf(out, "# %s\r\n", sections[i].title);
        sections[i].write(w, out);
    }
}
