/* The append-only file's lines in INFO persistence. */
#include "server/persist/aof_int.h"
#include "server/persist/persist.h"

static void write_info(struct buf *out, void *module) {
    const struct aof *a = module;
    const struct journal *j = &a->journal;
    bool on = a->state == AOF_ON;
    bool wanted = a->rewrite_wanted || (on && !a->published);
    bool waits = wanted && a->rewrite == NULL && a->parts.keyspace->walk; /* for a snapshot to end */
    loading_write_info(a->parts.loading, io_wall_us(a->parts.io), io_now_us(a->parts.io), out);
    buf_printf(out, "aof_enabled:%d\r\naof_rewrite_in_progress:%d\r\naof_rewrite_scheduled:%d\r\n", on,
               a->rewrite || (wanted && !waits), waits);
    buf_printf(out, "aof_last_rewrite_time_sec:%lld\r\naof_current_rewrite_time_sec:%lld\r\n",
               (long long)a->stats.last_rewrite_s, (long long)aof_rewrite_seconds(a));
    buf_printf(
        out,
        "aof_last_bgrewrite_status:%s\r\naof_rewrites:%llu\r\naof_rewrites_consecutive_failures:%llu\r\n",
        a->stats.last_rewrite_ok ? "ok" : "err", (unsigned long long)a->stats.rewrites,
        (unsigned long long)a->stats.rewrite_failures);
    buf_printf(out, "aof_last_write_status:%s\r\naof_last_cow_size:0\r\n",
               a->stats.last_write_ok ? "ok" : "err");
    buf_printf(out, "aof_tail_dropped_bytes:%llu\r\naof_damaged_bytes:%llu\r\n",
               (unsigned long long)a->stats.tail_dropped_bytes, (unsigned long long)a->stats.damaged_bytes);
    if (!on) return;
    buf_printf(out, "aof_current_size:%lld\r\naof_base_size:%lld\r\naof_pending_rewrite:%d\r\n",
               (long long)(a->older_bytes + j->size), (long long)a->stats.rewrite_base_size, wanted);
    buf_printf(out, "aof_buffer_length:%zu\r\naof_rewrite_buffer_length:%zu\r\naof_pending_bio_fsync:%d\r\n",
               journal_unwritten(j), a->walking ? (size_t)a->parts.persist->buffers.used : 0, j->syncing);
    buf_printf(out, "aof_delayed_fsync:%llu\r\naof_groups:%llu\r\naof_syncs:%llu\r\naof_failures:%llu\r\n",
               (unsigned long long)j->delayed_syncs, (unsigned long long)j->groups,
               (unsigned long long)j->syncs, (unsigned long long)j->failures);
    buf_printf(out, "aof_position:%llu\r\naof_durable_position:%llu\r\n", (unsigned long long)j->appended,
               (unsigned long long)j->synced);
}

void aof_register_info(struct aof *a, struct info_registry *registry) {
    static const struct info_section section = {"persistence", "Persistence", INFO_DEFAULT,
                                                INFO_RANK_PERSISTENCE + 50, write_info};
    info_register(registry, &section, a);
}
