/* INFO, TIME, LOLWUT, SHUTDOWN and the life of the process. The sections of INFO that no single module owns
 * are in info_sections.c. */
#include "server/observe/system.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/base/version.h"
#include "server/keyspace/reaper.h"
#include "server/observe/info_sections.h"
#include "server/observe/process_options.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void system_init(struct system *sys, const char *program, int64_t now_ms, struct rng *rng) {
    rng_hex(rng, sys->run_id, 40);
    sys->run_id[40] = 0;
    rng_hex(rng, sys->replication_id, 40);
    sys->replication_id[40] = 0;
    sys->started_ms = now_ms;
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len > 0) {
        path[len] = 0;
        sys->executable = mem_strdup(path);
    } else {
        sys->executable = mem_strdup(program ? program : "torc-server");
    }
    system_sample(sys);
}

void system_deinit(struct system *sys) {
    mem_free((char *)sys->executable);
}

void system_sample(struct system *sys) {
    if (sys->asked_by) system_shutdown_by_signal(sys, sys->asked_by, sys->asked_actions);
    rate_sample(&sys->ops_rate, io_now_us(sys->io), exec_stats(sys->exec)->commands);
    mem_account_note_peak(sys->keyspace->account);
    FILE *statm = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (statm) {
        if (fscanf(statm, "%*u %lu", &pages) != 1) pages = 0;
        fclose(statm);
    }
    sys->rss_bytes = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* --- statistics --- */

void system_reset_stats(void *system) {
    struct system *sys = system;
    rate_reset(&sys->ops_rate);
    sys->keyspace->stats = (struct keyspace_stats){0};
    sys->freed_at_reset = reaper_freed(sys->keyspace->reaper);
}

/* --- commands --- */

static void cmd_info(struct call *call) {
    struct system *sys = call->module;
    struct buf text = {0};
    info_write(sys->info, call->argv + 1, (size_t)call->argc - 1, &text);
    resp_verbatim(call->reply, text.ptr ? text.ptr : "", text.len, "txt");
    buf_deinit(&text);
}

static void cmd_time(struct call *call) {
    struct system *sys = call->module;
    int64_t now_us = io_wall_us(sys->io);
    resp_array(call->reply, 2);
    resp_bulk_int(call->reply, now_us / 1000000);
    resp_bulk_int(call->reply, now_us % 1000000);
}

/* A small picture: a torc, the open ring of twisted metal that gave the server its name. */
static void cmd_lolwut(struct call *call) {
    int64_t version = 0;
    if (call->argc >= 3 && slice_is(call->argv[1], "version") && !call_int64(call, 2, &version)) return;
    struct buf art = {0};
    static const char *const ring[] = {
        "          .-~*~-.    .-~*~-.",        "       .*'  .-~~~-.  .-~~~-.'*.",
        "     .*'  .*'             '*.  '*.",  "    /*   /*                 *\\   *\\",
        "    |*  |*                   *|  *|", "    \\*   \\*                 */   */",
        "     '*.  '*.             .*'  .*'",  "       '*.   '~-._____.-~'   .*'",
        "          '~*-._________.-*~'"};
    for (size_t i = 0; i < sizeof(ring) / sizeof(ring[0]); i++)
        buf_printf(&art, "%s\n", ring[i]);
    buf_printf(&art, "\nRedis ver. %s, Torc ver. %s\n", REDIS_VERSION, TORC_VERSION);
    resp_verbatim(call->reply, art.ptr, art.len, "txt");
    buf_deinit(&art);
}

/* --- the end --- */

const char *system_shutdown(struct system *sys, struct call *call, unsigned actions) {
    log_notice(sys->log, "User requested shutdown...");
    const char *error = aof_before_shutdown(sys->aof, actions & SHUTDOWN_FORCE);
    if (error) return error;
    bool save = (actions & SHUTDOWN_SAVE) && !sys->persist->loading;
    if (!(actions & (SHUTDOWN_SAVE | SHUTDOWN_NOSAVE))) save = persist_saves_at_shutdown(sys->persist);
    sys->forced = actions & SHUTDOWN_FORCE;
    sys->saving = save;
    sys->stopping = !save;
    if (save) persist_save_for_shutdown(sys->persist, call);
    return NULL;
}

/* DEBUG PAUSE-CRON holds it back, so that it can be aborted. */
void system_shutdown_by_signal(struct system *sys, const char *signal, unsigned actions) {
    sys->asked_by = sys->cron_paused ? signal : NULL;
    sys->asked_actions = actions;
    if (sys->cron_paused || system_shutdown(sys, NULL, actions) == NULL) return;
    log_warning(sys->log,
                "%s received but errors trying to shut down the server, check the logs for more information",
                signal);
}

static bool abort_shutdown(struct system *sys) {
    if (sys->asked_by == NULL) return false;
    sys->asked_by = NULL;
    log_notice(sys->log, "Shutdown manually aborted.");
    return true;
}

void system_shutdown_saved(struct system *sys, bool saved) {
    sys->saving = false;
    sys->stopping = saved || sys->forced;
    if (saved) return;
    log_warning(sys->log, "Error trying to save the DB, %s.",
                sys->forced ? "exiting all the same" : "can't exit");
    if (!sys->forced)
        log_warning(sys->log, "Errors trying to shut down the server. Check the logs for more information.");
}

static void cmd_shutdown(struct call *call) {
    unsigned actions = SHUTDOWN_DEFAULT;
    bool abort_it = false, bad = false;
    for (int i = 1; i < call->argc; i++) {
        if (slice_is(call->argv[i], "nosave"))
            actions |= SHUTDOWN_NOSAVE;
        else if (slice_is(call->argv[i], "save"))
            actions |= SHUTDOWN_SAVE;
        else if (slice_is(call->argv[i], "now"))
            actions |= SHUTDOWN_NOW;
        else if (slice_is(call->argv[i], "force"))
            actions |= SHUTDOWN_FORCE;
        else if (slice_is(call->argv[i], "abort"))
            abort_it = true;
        else
            bad = true;
    }
    bad |= abort_it && actions != SHUTDOWN_DEFAULT;
    bad |= (actions & SHUTDOWN_SAVE) && (actions & SHUTDOWN_NOSAVE);
    if (bad) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    struct system *sys = call->module;
    if (abort_it) {
        if (abort_shutdown(sys))
            resp_ok(call->reply);
        else
            resp_error(call->reply, "ERR No shutdown in progress.");
        return;
    }
    const char *error = system_shutdown(sys, call, actions);
    if (error)
        resp_error(call->reply, error);
    else if (sys->stopping)
        session_close(call->session, false); /* no reply: the connection just ends */
}

/* There are no scripts and functions yet, so flushing them is done as soon as it is asked. */
static void flush_nothing(struct call *call) {
    if (call->argc == 2 ||
        (call->argc == 3 && (slice_is(call->argv[2], "sync") || slice_is(call->argv[2], "async")))) {
        resp_ok(call->reply);
        return;
    }
    if (call->argc > 3 && call->spec->id == CMD_FUNCTION_FLUSH) {
        call_error_subcommand(call);
        return;
    }
    resp_error(call->reply, call->spec->id == CMD_SCRIPT_FLUSH
                                ? "ERR SCRIPT FLUSH only support SYNC|ASYNC option"
                                : "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
}

const struct command_binding system_bindings[] = {
    {CMD_INFO, cmd_info},
    {CMD_TIME, cmd_time},
    {CMD_LOLWUT, cmd_lolwut},
    {CMD_SHUTDOWN, cmd_shutdown},
    {CMD_SCRIPT_FLUSH, flush_nothing},
    {CMD_FUNCTION_FLUSH, flush_nothing},
    COMMAND_BINDINGS_END,
};
