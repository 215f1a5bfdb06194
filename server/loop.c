/* A turn is measured in CPU time of the thread, since a virtual machine may lose milliseconds to its
 * neighbours: one reading of the thread's clock per turn, the end of one being the begin of the next. What
 * io_turn submits counts to the turn that follows.
 *
 * Background work shares the thread with requests: as long as they took, within bounds that keep the turn
 * below 5 ms, so that ten million keys that die together neither stall others nor wait for ever.
 *
 *      idle:    | io | background 1 ms |
 *      busy:    | io | requests 1.5 ms | background 2 ms |        (io is what the kernel does for both) */
#include "server/loop.h"
#include "common/base/clock.h"
#include "common/base/list.h"
#include "common/metrics/latency.h"
#include "server/exec/exec.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/keyspace.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/task.h"
#include "server/keyspace/walk.h"

#define LONG_TURN_US           5000
#define EXPIRE_BUCKETS         16 /* per slice: some 10 µs */
#define REAP_BUDGET            256
#define WALK_BUCKETS           32
#define REQUESTS_US            1200 /* a page fault of some milliseconds on top stays below five */
#define REQUESTS_BESIDE_US     1000 /* while background work is due */
#define BACKGROUND_US_MIN      1000
#define BACKGROUND_US_MAX      2000
#define BACKGROUND_PER_REQUEST 1.4 /* of their time: makes up for io's share, which is the requests' */
#define WALK_PER_REQUEST       0.5 /* nobody waits for a snapshot: requests keep two thirds */

void loop_init(struct loop *loop, struct keyspace *ks, struct exec *exec, bool measured) {
    *loop = (struct loop){.keyspace = ks, .exec = exec, .measured = measured};
    loop->stats.turn_max_command = "";
    if (measured) loop->cpu_us = clock_thread_cpu_us();
}

void loop_turn_begin(struct loop *loop) {
    loop->background = NULL;
    loop->background_us = 0;
    exec_turn_begin(loop->exec);
    loop->commands = exec_stats(loop->exec)->commands;
    if (loop->measured) loop->began_us = clock_monotonic_us();
}

void loop_turn_end(struct loop *loop) {
    if (!loop->measured) return;
    int64_t cpu_us = clock_thread_cpu_us(), wall = clock_monotonic_us() - loop->began_us;
    uint64_t cpu = (uint64_t)(cpu_us - loop->cpu_us), wall_us = wall > 0 ? (uint64_t)wall : 0;
    struct loop_stats *st = &loop->stats;
    loop->cpu_us = cpu_us;
    st->turns++;
    st->turn_usec_total += wall_us;
    if (wall_us > st->turn_max_usec) st->turn_max_usec = wall_us;
    uint64_t commands = exec_stats(loop->exec)->commands - loop->commands;
    if (commands > st->turn_commands_max && commands <= INT64_MAX) st->turn_commands_max = commands;
    st->turns_over_5ms += cpu > LONG_TURN_US;
    if (cpu <= st->turn_max_cpu_usec) return;
    st->turn_max_cpu_usec = cpu;
    int64_t command_us;
    const char *command = exec_turn_longest(loop->exec, &command_us);
    st->turn_max_command = loop->background && loop->background_us > command_us ? loop->background : command;
}

/* One slice of each kind; true if any has more to do. */
static bool background_slice(struct loop *loop, int64_t *now_us) {
    struct keyspace *ks = loop->keyspace;
    bool more = false;
    const char *kinds[] = {"keys", "expire", "evict", "free", "snapshot"};
    for (int kind = 0; kind < 5; kind++) {
        bool left = kind == 0   ? task_step(ks)
                    : kind == 1 ? expire_step(ks, EXPIRE_BUCKETS)
                    : kind == 2 ? evict_step(ks)
                    : kind == 3 ? !reaper_step(ks->reaper, REAP_BUDGET)
                                : walk_step(ks, WALK_BUCKETS) && walk_due(ks);
        more |= left;
        int64_t after_us = clock_monotonic_us(), took = after_us - *now_us;
        *now_us = after_us;
        if (kind == 1) ks->stats.expire_cycle_us += (uint64_t)took;
        loop->turn_expire_us += kind == 1 ? took : 0;
        loop->turn_evict_us += kind == 2 ? took : 0;
        loop->expire_left = kind == 1 ? left : loop->expire_left;
        if (took <= loop->background_us) continue;
        loop->background_us = took;
        loop->background = kinds[kind];
    }
    unit_end(ks, NULL);
    return more;
}

/* Work that somebody waits for, or memory does. */
static bool is_urgent(const struct keyspace *ks) {
    return !list_empty(&ks->tasks) || (ks->evicting && !ks->paused) || expire_next_ms(ks) <= ks->now_ms ||
           reaper_due(ks->reaper);
}

bool loop_background_due(const struct loop *loop) {
    return is_urgent(loop->keyspace) || walk_due(loop->keyspace);
}

int64_t loop_request_slice_us(const struct loop *loop) {
    return loop_background_due(loop) ? REQUESTS_BESIDE_US : REQUESTS_US;
}

bool loop_background(struct loop *loop) {
    int64_t start_us = clock_monotonic_us(), now_us = start_us;
    bool urgent = is_urgent(loop->keyspace);
    int64_t requests_us = start_us - loop->began_us;
    int64_t budget_us = (int64_t)((double)requests_us * (urgent ? BACKGROUND_PER_REQUEST : WALK_PER_REQUEST));
    int64_t least_us = urgent || requests_us < REQUESTS_BESIDE_US / 2 ? BACKGROUND_US_MIN : budget_us;
    if (budget_us < least_us || !loop->measured) budget_us = BACKGROUND_US_MIN;
    if (budget_us > BACKGROUND_US_MAX) budget_us = BACKGROUND_US_MAX;
    bool more;
    loop->turn_expire_us = loop->turn_evict_us = 0;
    do {
        more = background_slice(loop, &now_us);
    } while (more && now_us - start_us < budget_us);
    if (more && loop->expire_left) loop->keyspace->stats.expire_capped++;
    latency_note(loop->keyspace->latency, "expire-cycle", loop->turn_expire_us);
    latency_note(loop->keyspace->latency, "eviction-cycle", loop->turn_evict_us);
    loop_cron_took(loop, now_us - start_us);
    return more;
}

/* --- INFO --- */

void loop_sample(struct loop *loop, int64_t now_us) {
    rate_sample(&loop->turns_rate, now_us, loop->stats.turns);
    rate_sample(&loop->usec_rate, now_us, loop->stats.turn_usec_total);
}

static const struct loop *loop_of(const void *stats) {
    return LIST_OWNER(stats, struct loop, stats);
}

static void write_string(struct buf *out, const void *base) {
    buf_append_str(out, ((const struct loop_stats *)base)->turn_max_command);
}

static void write_command_usec(struct buf *out, const void *base) {
    buf_printf(out, "%llu", (unsigned long long)exec_commands_us(loop_of(base)->exec));
}

static void write_turns_rate(struct buf *out, const void *base) {
    buf_printf(out, "%llu", (unsigned long long)rate_per_s(&loop_of(base)->turns_rate));
}

static void write_mean_turn(struct buf *out, const void *base) {
    const struct loop *loop = loop_of(base);
    uint64_t turns = rate_per_s(&loop->turns_rate), usec = rate_per_s(&loop->usec_rate);
    buf_printf(out, "%llu", (unsigned long long)(turns ? usec / turns : 0));
}

/* Nothing is appended to a file on this thread yet. */
static void write_none(struct buf *out, const void *base) {
    buf_append_str(out, "0");
}

static const struct info_field fields[] = {
    INFO_FIELD("eventloop_cycles", INFO_U64, struct loop_stats, turns, .resets = true),
    INFO_FIELD("eventloop_duration_sum", INFO_U64, struct loop_stats, turn_usec_total, .resets = true),
    {.name = "eventloop_duration_cmd_sum", .kind = INFO_CALL, .call = write_command_usec},
    {.name = "instantaneous_eventloop_cycles_per_sec", .kind = INFO_CALL, .call = write_turns_rate},
    {.name = "instantaneous_eventloop_duration_usec", .kind = INFO_CALL, .call = write_mean_turn},
    INFO_FIELD("turn_max_usec", INFO_U64, struct loop_stats, turn_max_usec, .resets = true),
    INFO_FIELD("turn_max_cpu_usec", INFO_U64, struct loop_stats, turn_max_cpu_usec, .resets = true),
    {.name = "turn_max_command", .kind = INFO_CALL, .call = write_string},
    INFO_FIELD("turns_over_5ms", INFO_U64, struct loop_stats, turns_over_5ms, .resets = true),
};

static const struct info_field debug_fields[] = {
    {.name = "eventloop_duration_aof_sum", .kind = INFO_CALL, .call = write_none},
    INFO_FIELD("eventloop_duration_cron_sum", INFO_U64, struct loop_stats, cron_usec_total, .resets = true),
    INFO_FIELD("eventloop_duration_max", INFO_U64, struct loop_stats, turn_max_usec),
    INFO_FIELD("eventloop_cmd_per_cycle_max", INFO_U64, struct loop_stats, turn_commands_max, .resets = true),
};

static void write_debug_fields(struct buf *out, void *module) {
    info_write_fields(out, debug_fields, INFO_COUNT(debug_fields), module);
}

static void write_fields(struct buf *out, void *module) {
    info_write_fields(out, fields, INFO_COUNT(fields), module);
}

void loop_register_info(struct loop *loop, struct info_registry *registry) {
    static const struct info_section section = {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 50,
                                                write_fields};
    static const struct info_section debug = {"debug", "Debug", INFO_BY_NAME, INFO_RANK_DEBUG,
                                              write_debug_fields};
    info_register(registry, &section, &loop->stats);
    info_register(registry, &debug, &loop->stats);
}

void loop_reset_stats(struct loop *loop) {
    info_reset_fields(fields, INFO_COUNT(fields), &loop->stats);
    info_reset_fields(debug_fields, INFO_COUNT(debug_fields), &loop->stats);
    rate_reset(&loop->turns_rate);
    rate_reset(&loop->usec_rate);
    loop->stats.turn_max_command = "";
}
