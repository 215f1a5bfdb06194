/* SAVE, BGSAVE, LASTSAVE, and the section of INFO. */
#include "commands/command_ids.h"
#include "common/io/io.h"
#include "server/keyspace/walk.h"
#include "server/persist/load.h"
#include "server/persist/migrate.h"
#include "server/persist/persist_int.h"
#include "server/persist/snapshot.h"

#define ERR_SAVING "ERR Background save already in progress"
#define ERR_REWRITING                                                                                        \
    "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to "   \
    "schedule a BGSAVE whenever possible."

static void cmd_save(struct call *call) {
    struct persist *p = call->module;
    if (persist_is_saving(p))
        resp_error(call->reply, ERR_SAVING);
    else
        persist_want(p, PERSIST_SAVE, call);
}

static void cmd_bgsave(struct call *call) {
    struct persist *p = call->module;
    bool schedule = call->argc == 2 && slice_is(call->argv[1], "schedule");
    if (call->argc > 1 && !schedule) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    if (persist_is_saving(p)) {
        resp_error(call->reply, ERR_SAVING);
        return;
    }
    if (p->held && !schedule) {
        resp_error(call->reply, ERR_REWRITING);
        return;
    }
    persist_want(p, PERSIST_BGSAVE, NULL);
    resp_simple(call->reply, p->held ? "Background saving scheduled" : "Background saving started");
}

static void cmd_lastsave(struct call *call) {
    const struct persist *p = call->module;
    resp_int(call->reply, p->stats.last_save_ms / 1000);
}

static void cmd_migrate(struct call *call) {
    const struct persist *p = call->module;
    migrate_begin(p->migrate, call);
}

const struct command_binding persist_bindings[] = {
    {CMD_MIGRATE, cmd_migrate},   {CMD_SAVE, cmd_save}, {CMD_BGSAVE, cmd_bgsave},
    {CMD_LASTSAVE, cmd_lastsave}, COMMAND_BINDINGS_END,
};

/* --- INFO --- */

static void put(struct buf *out, const char *name, int64_t value) {
    buf_printf(out, "%s:%lld\r\n", name, (long long)value);
}

static void write_loading(struct buf *out, const struct persist *p) {
    struct load_progress l;
    if (p->load == NULL) return;
    load_progress(p->load, &l);
    int64_t elapsed_s = (io_now_us(p->io) - l.started_us) / 1000000;
    double share = l.total_bytes > 0 ? (double)l.loaded_bytes / (double)l.total_bytes : 0;
    put(out, "loading_start_time", io_wall_us(p->io) / 1000000 - elapsed_s);
    put(out, "loading_total_bytes", l.total_bytes);
    put(out, "loading_rdb_used_mem", (int64_t)l.used_mem);
    put(out, "loading_loaded_bytes", l.loaded_bytes);
    put(out, "loading_loaded_keys", (int64_t)l.keys);
    buf_printf(out, "loading_loaded_perc:%.2f\r\n", share * 100);
    put(out, "loading_eta_seconds", share > 0 ? (int64_t)((double)elapsed_s / share) - elapsed_s : 1);
}

/* Where a snapshot, or a rewrite of the append-only file, is: among the keys, within a large value, at the
 * disk behind all of them; or its marks are taken away after it was aborted. */
static const char *phase(const struct persist *p) {
    const char *walk = walk_phase(p->keyspace->walk);
    return walk ? walk : p->snapshot ? "disk" : "none";
}

static void write_persistence(struct buf *out, void *module) {
    const struct persist *p = module;
    const struct keyspace *ks = p->keyspace;
    const struct persist_stats *st = &p->stats;
    bool background = p->snapshot && p->task == PERSIST_BGSAVE;
    size_t total = 0, done = p->snapshot ? snapshot_keys(p->snapshot, &total) : 0;
    put(out, "loading", p->loading);
    put(out, "async_loading", 0);
    put(out, "current_cow_peak", p->snapshot ? p->buffers_peak : 0);
    put(out, "current_cow_size", persist_buffer_bytes(p));
    put(out, "current_cow_size_age", 0);
    buf_printf(out, "current_fork_perc:%.2f\r\n", total ? (double)done * 100 / (double)total : 0.0);
    put(out, "current_save_keys_processed", (int64_t)done);
    put(out, "current_save_keys_total", (int64_t)total);
    buf_printf(out, "snapshot_phase:%s\r\n", phase(p));
    put(out, "snapshot_buffer_bytes", persist_buffer_bytes(p));
    put(out, "snapshot_buffer_bytes_peak", p->buffers_peak);
    put(out, "snapshot_buffer_bytes_max", persist_buffer_max(p));
    put(out, "snapshot_kept_bytes", (int64_t)walk_kept_bytes(ks->walk));
    put(out, "rdb_changes_since_last_save", (int64_t)ks->dirty);
    put(out, "rdb_bgsave_in_progress", background || (p->wanted == PERSIST_BGSAVE && !p->held));
    put(out, "rdb_last_save_time", st->last_save_ms / 1000);
    buf_printf(out, "rdb_last_bgsave_status:%s\r\n", st->last_ok ? "ok" : "err");
    put(out, "rdb_last_bgsave_time_sec", st->last_took_s);
    put(out, "rdb_current_bgsave_time_sec", background ? (ks->now_ms - st->began_ms) / 1000 : -1);
    put(out, "rdb_saves", (int64_t)st->saves);
    put(out, "rdb_last_cow_size", p->snapshot ? 0 : p->buffers_peak);
    put(out, "rdb_last_load_keys_expired", (int64_t)st->keys_expired);
    put(out, "rdb_last_load_keys_loaded", (int64_t)st->keys_loaded);
    write_loading(out, p);
}

void persist_register_info(struct persist *p, struct info_registry *registry) {
    static const struct info_section section = {"persistence", "Persistence", INFO_DEFAULT,
                                                INFO_RANK_PERSISTENCE, write_persistence};
    info_register(registry, &section, p);
    migrate_register_info(&p->migrate, registry);
}
