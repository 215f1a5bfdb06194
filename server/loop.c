/* A turn is measured in CPU time of the thread, since a virtual machine may lose milliseconds to its
 * neighbours: one reading of the thread's clock per turn, the end of one being the begin of the next. What
 * io_turn submits counts to the turn that follows.
 *
 * Background work shares the thread with requests: a millisecond of it per turn, whatever the requests took,
 * so that ten million keys that die together neither stall others nor wait for ever. */
#include "server/loop.h"
#include "common/base/clock.h"
#include "server/exec/exec.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/keyspace.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/task.h"

#define LONG_TURN_US   5000
#define EXPIRE_BUCKETS 16 /* per slice: some 10 µs */
#define REAP_BUDGET    256

void loop_init(struct loop *loop, struct keyspace *ks, struct exec *exec, bool measured) {
    *loop = (struct loop){.keyspace = ks, .exec = exec, .measured = measured};
    loop->stats.turn_max_command = "";
    if (measured) loop->cpu_us = clock_thread_cpu_us();
}

void loop_turn_begin(struct loop *loop) {
    loop->background = NULL;
    loop->background_us = 0;
    exec_turn_begin(loop->exec);
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
    const char *kinds[] = {"keys", "expire", "evict", "free"};
    for (int kind = 0; kind < 4; kind++) {
        bool left = kind == 0   ? task_step(ks)
                    : kind == 1 ? expire_step(ks, EXPIRE_BUCKETS)
                    : kind == 2 ? evict_step(ks)
                                : !reaper_step(ks->reaper, REAP_BUDGET);
        more |= left;
        int64_t after_us = clock_monotonic_us(), took = after_us - *now_us;
        *now_us = after_us;
        if (took <= loop->background_us) continue;
        loop->background_us = took;
        loop->background = kinds[kind];
    }
    unit_end(ks, NULL);
    return more;
}

bool loop_background_due(const struct loop *loop) {
    const struct keyspace *ks = loop->keyspace;
    return !list_empty(&ks->tasks) || ks->evicting || expire_next_ms(ks) <= ks->now_ms ||
           reaper_due(ks->reaper);
}

bool loop_background(struct loop *loop, int64_t budget_us) {
    int64_t now_us = clock_monotonic_us(), end_us = now_us + budget_us;
    bool more;
    do {
        more = background_slice(loop, &now_us);
    } while (more && now_us < end_us);
    return more;
}

static void write_string(struct buf *out, const void *base) {
    buf_append_str(out, ((const struct loop_stats *)base)->turn_max_command);
}

static const struct info_field fields[] = {
    INFO_FIELD("eventloop_cycles", INFO_U64, struct loop_stats, turns, .resets = true),
    INFO_FIELD("eventloop_duration_sum", INFO_U64, struct loop_stats, turn_usec_total, .resets = true),
    INFO_FIELD("turn_max_usec", INFO_U64, struct loop_stats, turn_max_usec, .resets = true),
    INFO_FIELD("turn_max_cpu_usec", INFO_U64, struct loop_stats, turn_max_cpu_usec, .resets = true),
    {.name = "turn_max_command", .kind = INFO_CALL, .call = write_string},
    INFO_FIELD("turns_over_5ms", INFO_U64, struct loop_stats, turns_over_5ms, .resets = true),
};

static void write_fields(struct buf *out, void *module) {
    info_write_fields(out, fields, INFO_COUNT(fields), module);
}

void loop_register_info(struct loop *loop, struct info_registry *registry) {
    static const struct info_section section = {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 50,
                                                write_fields};
    info_register(registry, &section, &loop->stats);
}

void loop_reset_stats(struct loop *loop) {
    info_reset_fields(fields, INFO_COUNT(fields), &loop->stats);
    loop->stats.turn_max_command = "";
}
