/* INFO's sections of the process as a whole. Fields of what is not built yet say what is true: zero, none,
 * off. */
#include "server/observe/info_sections.h"
#include "common/base/clock.h"
#include "common/base/num.h"
#include "common/base/version.h"
#include "server/keyspace/database.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/watch.h"
#include "server/observe/memory_report.h"
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LINE(out, ...) buf_printf(out, __VA_ARGS__)

static void put_u64(struct buf *out, const char *name, uint64_t value) {
    LINE(out, "%s:%llu\r\n", name, (unsigned long long)value);
}

static void put_human(struct buf *out, const char *name, uint64_t bytes) {
    char text[32];
    num_format_memory_human(text, bytes);
    LINE(out, "%s:%llu\r\n%s_human:%s\r\n", name, (unsigned long long)bytes, name, text);
}

static void put_option(struct buf *out, struct system *sys, const char *field, const char *option) {
    LINE(out, "%s:", field);
    conf_print(sys->conf, option, out);
    buf_append_str(out, "\r\n");
}

/* --- server --- */

static void write_server(struct buf *out, void *module) {
    struct system *sys = module;
    struct utsname os = {0};
    uname(&os);
    int64_t up_s = (io_wall_us(sys->io) / 1000 - sys->started_ms) / 1000;
    LINE(out, "redis_version:%s\r\ntorc_version:%s\r\n", REDIS_VERSION, TORC_VERSION);
    LINE(out, "redis_git_sha1:00000000\r\nredis_git_dirty:0\r\nredis_build_id:torc-%s\r\n", TORC_VERSION);
    LINE(out, "redis_mode:%s\r\nos:%s %s %s\r\narch_bits:%zu\r\n",
         sys->keyspace->conf.slotted ? "cluster" : "standalone", os.sysname, os.release, os.machine,
         sizeof(void *) * 8);
    LINE(out, "monotonic_clock:POSIX clock_gettime\r\nmultiplexing_api:%s\r\n", io_engine_name(sys->io));
    LINE(out, "io_engine:%s\r\nio_engine_reason:%s\r\n", io_engine_name(sys->io), io_engine_reason(sys->io));
    LINE(out, "atomicvar_api:c11-builtin\r\ngcc_version:%d.%d.%d\r\n", __GNUC__, __GNUC_MINOR__,
         __GNUC_PATCHLEVEL__);
    LINE(out, "process_id:%d\r\nprocess_supervised:no\r\nrun_id:%s\r\n", (int)getpid(), sys->run_id);
    put_option(out, sys, "tcp_port", "port");
    LINE(out, "server_time_usec:%lld\r\n", (long long)io_wall_us(sys->io));
    LINE(out, "uptime_in_seconds:%lld\r\nuptime_in_days:%lld\r\n", (long long)up_s, (long long)up_s / 86400);
    put_option(out, sys, "hz", "hz");
    put_option(out, sys, "configured_hz", "hz");
    LINE(out, "lru_clock:%u\r\nexecutable:%s\r\n", sys->keyspace->access_clock, sys->executable);
    LINE(out, "config_file:%s\r\nio_threads_active:0\r\n", conf_file(sys->conf) ? conf_file(sys->conf) : "");
}

/* --- memory --- */

static void write_memory(struct buf *out, void *module) {
    struct system *sys = module;
    struct keyspace *ks = sys->keyspace;
    struct memory_report r;
    memory_report(sys, &r);

    put_human(out, "used_memory", r.used);
    put_human(out, "used_memory_rss", r.rss);
    put_human(out, "used_memory_peak", r.peak);
    LINE(out, "used_memory_peak_perc:%.2f%%\r\n", r.peak_percent);
    put_u64(out, "used_memory_overhead", r.overhead);
    put_u64(out, "used_memory_startup", r.startup);
    put_u64(out, "used_memory_dataset", r.dataset);
    LINE(out, "used_memory_dataset_perc:%.2f%%\r\n", r.dataset_percent);
    put_u64(out, "allocator_allocated", r.heap.allocated);
    put_u64(out, "allocator_active", r.heap.active);
    put_u64(out, "allocator_resident", r.heap.resident);
    put_u64(out, "allocator_muzzy", r.heap.muzzy);
    put_human(out, "total_system_memory",
              (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    LINE(out, "used_memory_lua:0\r\nused_memory_vm_eval:0\r\nused_memory_lua_human:0B\r\n");
    LINE(out, "used_memory_scripts_eval:0\r\nnumber_of_cached_scripts:0\r\nnumber_of_functions:0\r\n");
    LINE(out, "number_of_libraries:0\r\nused_memory_vm_functions:0\r\nused_memory_vm_total:0\r\n");
    LINE(out, "used_memory_vm_total_human:0B\r\nused_memory_functions:0\r\nused_memory_scripts:0\r\n");
    LINE(out, "used_memory_scripts_human:0B\r\n");
    put_human(out, "maxmemory", ks->conf.maxmemory);
    put_option(out, sys, "maxmemory_policy", "maxmemory-policy");
    LINE(out, "allocator_frag_ratio:%.2f\r\nallocator_frag_bytes:%lld\r\n", r.frag_ratio,
         (long long)r.frag_bytes);
    LINE(out, "allocator_rss_ratio:%.2f\r\nallocator_rss_bytes:%lld\r\n", r.rss_ratio,
         (long long)r.rss_bytes);
    LINE(out, "rss_overhead_ratio:%.2f\r\nrss_overhead_bytes:%lld\r\n", r.rss_overhead_ratio,
         (long long)r.rss_overhead_bytes);
    LINE(out, "mem_fragmentation_ratio:%.2f\r\nmem_fragmentation_bytes:%lld\r\n", r.fragmentation,
         (long long)r.fragmentation_bytes);
    LINE(out,
         "mem_not_counted_for_evict:0\r\nmem_replication_backlog:0\r\nmem_total_replication_buffers:0\r\n");
    put_u64(out, "mem_clients_slaves", r.clients_replicas);
    put_u64(out, "mem_clients_normal", r.clients_normal);
    LINE(out, "mem_cluster_links:0\r\nmem_aof_buffer:0\r\nmem_allocator:%s\r\n", mem_allocator_name());
    LINE(out, "active_defrag_running:0\r\n");
    put_u64(out, "lazyfree_pending_objects", reaper_pending(ks->reaper));
    put_u64(out, "lazyfreed_objects", reaper_freed(ks->reaper) - sys->freed_at_reset);
}

/* --- persistence, replication: not there yet --- */

static void write_modules_forks(struct buf *out, void *module) {
    LINE(out, "module_fork_in_progress:0\r\nmodule_fork_last_cow_size:0\r\n");
}

static void write_replication(struct buf *out, void *module) {
    struct system *sys = module;
    LINE(out,
         "role:master\r\nconnected_slaves:0\r\nmaster_failover_state:no-failover\r\nmaster_replid:%s\r\n",
         sys->replication_id);
    LINE(out,
         "master_replid2:%040d\r\nmaster_repl_offset:0\r\nsecond_repl_offset:-1\r\nrepl_backlog_active:0\r\n",
         0);
    put_option(out, sys, "repl_backlog_size", "repl-backlog-size");
    LINE(out, "repl_backlog_first_byte_offset:0\r\nrepl_backlog_histlen:0\r\n");
}

/* --- stats --- */

static void write_stats(struct buf *out, void *module) {
    struct system *sys = module;
    const struct exec_stats *exec = exec_stats(sys->exec);
    put_u64(out, "total_commands_processed", exec->commands);
    put_u64(out, "instantaneous_ops_per_sec", rate_per_s(&sys->ops_rate));
}

static void write_stats_data(struct buf *out, void *module) {
    struct system *sys = module;
    const struct keyspace_stats *st = &sys->keyspace->stats;
    const struct exec_stats *exec = exec_stats(sys->exec);
    LINE(out, "total_net_repl_input_bytes:0\r\ntotal_net_repl_output_bytes:0\r\n");
    LINE(out, "instantaneous_input_repl_kbps:0.00\r\ninstantaneous_output_repl_kbps:0.00\r\n");
    LINE(out, "sync_full:0\r\nsync_partial_ok:0\r\nsync_partial_err:0\r\n");
    put_u64(out, "expired_subkeys", st->expired_subkeys);
    put_u64(out, "expired_keys", st->expired_keys);
    LINE(out, "expired_stale_perc:%.2f\r\n", expire_stale_percent(sys->keyspace));
    put_u64(out, "expired_time_cap_reached_count", st->expire_capped);
    put_u64(out, "expire_cycle_cpu_milliseconds", st->expire_cycle_us / 1000);
    put_u64(out, "evicted_keys", st->evicted_keys);
    LINE(out, "total_eviction_exceeded_time:0\r\ncurrent_eviction_exceeded_time:0\r\n");
    put_u64(out, "keyspace_hits", st->hits);
    put_u64(out, "keyspace_misses", st->misses);
    LINE(out, "latest_fork_usec:0\r\ntotal_forks:0\r\nslave_expires_tracked_keys:0\r\n");
    LINE(out, "active_defrag_hits:0\r\nactive_defrag_misses:0\r\nactive_defrag_key_hits:0\r\n");
    LINE(out, "active_defrag_key_misses:0\r\ntotal_active_defrag_time:0\r\ncurrent_active_defrag_time:0\r\n");
    LINE(out, "tracking_total_keys:0\r\ntracking_total_items:0\r\ntracking_total_prefixes:0\r\n");
    LINE(out, "unexpected_error_replies:0\r\n");
    put_u64(out, "total_error_replies", exec->error_replies);
    LINE(out, "dump_payload_sanitizations:0\r\nreply_buffer_shrinks:0\r\nreply_buffer_expands:0\r\nio_"
              "threaded_reads_processed:0\r\nio_threaded_writes_processed:"
              "0\r\n");
    put_u64(out, "watching_keys", watch_key_count(sys->keyspace));
}

/* --- cpu --- */

static void put_cpu(struct buf *out, const char *suffix, int who) {
    struct rusage use = {0};
    getrusage(who, &use);
    LINE(out, "used_cpu_sys%s:%ld.%06ld\r\nused_cpu_user%s:%ld.%06ld\r\n", suffix, (long)use.ru_stime.tv_sec,
         (long)use.ru_stime.tv_usec, suffix, (long)use.ru_utime.tv_sec, (long)use.ru_utime.tv_usec);
}

static void write_cpu(struct buf *out, void *module) {
    put_cpu(out, "", RUSAGE_SELF);
    put_cpu(out, "_children", RUSAGE_CHILDREN);
    put_cpu(out, "_main_thread", RUSAGE_THREAD);
}

static void write_modules(struct buf *out, void *module) {}

/* --- keyspace --- */

static void write_keyspace(struct buf *out, void *module) {
    struct system *sys = module;
    struct keyspace *ks = sys->keyspace;
    for (int i = 0; i < ks->conf.databases; i++) {
        struct database *db = ks->databases[i];
        if (db == NULL || database_count(db) == 0) continue;
        LINE(out, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld,subexpiry=%zu\r\n", i, database_count(db),
             database_expiring(db), (long long)database_avg_ttl(db, ks->now_ms),
             database_fields_expiring(db));
    }
}

/* The longest chain of buckets behind one bucket, seen in any table since it was made. */
static void write_chain(struct buf *out, void *module) {
    struct system *sys = module;
    uint32_t longest = 0;
    for (int i = 0; i < sys->keyspace->conf.databases; i++) {
        struct database *db = sys->keyspace->databases[i];
        for (uint32_t t = 0; db && t < db->table_count; t++)
            if (db->tables[t].table.chain_max > longest) longest = db->tables[t].table.chain_max;
    }
    put_u64(out, "keyspace_chain_max", longest);
}

void info_sections_register(struct system *sys) {
    static const struct info_section sections[] = {
        {"server", "Server", INFO_DEFAULT, INFO_RANK_SERVER, write_server},
        {"memory", "Memory", INFO_DEFAULT, INFO_RANK_MEMORY, write_memory},
        {"persistence", "Persistence", INFO_DEFAULT, INFO_RANK_PERSISTENCE + 1, write_modules_forks},
        {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 10, write_stats},
        {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 40, write_stats_data},
        {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 60, write_chain},
        {"replication", "Replication", INFO_DEFAULT, INFO_RANK_REPLICATION, write_replication},
        {"cpu", "CPU", INFO_DEFAULT, INFO_RANK_CPU, write_cpu},
        {"modules", "Modules", INFO_DEFAULT, INFO_RANK_MODULES, write_modules},
        {"keyspace", "Keyspace", INFO_DEFAULT, INFO_RANK_KEYSPACE, write_keyspace},
    };
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        info_register(sys->info, &sections[i], sys);
}
