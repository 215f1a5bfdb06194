/* What the files of exec share. */
#ifndef TORC_EXEC_EXEC_INT_H
#define TORC_EXEC_EXEC_INT_H

#include "commands/command_ids.h"
#include "common/base/map.h"
#include "common/metrics/histogram.h"
#include "server/exec/exec.h"

#define EXEC_GATES_MAX     16
#define EXEC_OBSERVERS_MAX 8
#define GROUP              32 /* requests that are prepared together */

struct command_stats {
    uint64_t calls, rejected, failed;
    uint64_t cycles;
    uint64_t below_us; /* calls of less than a microsecond, to be added to `latency` when it is read */
    struct histogram latency;
};

/* pause.c's. */
struct pause {
    bool active, all; /* all: commands that write nothing are held, too */
    bool untried;     /* a key became ready for a session whose command would be held */
    int64_t until_ms;
    struct link sessions; /* held, in the order in which they came */
};

struct exec {
    struct keyspace *keyspace;
    const struct exec_conf *conf;      /* borrowed */
    const struct command_names *names; /* the conf's; NULL while all commands are called as declared */
    struct {
        command_handler *run;
        void *module;
    } handlers[CMD_COUNT];
    uint8_t member_at[CMD_COUNT]; /* where a command names a member or field of its first key; 0: nowhere */
    struct command_stats stats[CMD_COUNT];
    struct exec_stats totals;
    struct map errors; /* error code → counter (uint64_t, owned) */
    struct commit_gate gate;

    const struct exec_gate *gates[EXEC_GATES_MAX];
    const struct exec_observer *observers[EXEC_OBSERVERS_MAX];
    unsigned gate_count, observer_count;
    struct pause pause;
    bool gates_closed; /* some gate is active: looked up once per batch and after commands that configure */
    bool observed_before;               /* some observer wants to hear before commands run */
    const struct exec_sampler *sampler; /* borrowed; NULL: none */
    uint32_t sample_in;                 /* commands until the next one that is sampled */
    uint64_t observed_cycles; /* commands that took this long are told to observers; UINT64_MAX: none is */

    const struct session *running; /* whose request it is, NULL between requests */
    const struct call *current;    /* the outermost command under way */
    double us_per_cycle;
    uint64_t cycles_per_us;
    uint64_t cycles; /* when the command before this one ended */
    const struct command_spec *turn_longest;
    uint64_t turn_longest_cycles;
};

/* What every call begins with; spec, command_flags and hashes are the caller's to fill in. */
void exec_begin_call(struct exec *x, struct call *call, struct session *s, const struct slice *argv,
                     int argc);
/* Runs a command that has passed all gates, with epilogue and statistics. */
void exec_run(struct exec *x, struct call *call);
/* Asks the gates of a resolved command first. */
void exec_pass_and_run(struct exec *x, struct call *call);
/* Counts a command that was answered, and tells observers. `took` is in cycles. */
void exec_count(struct exec *x, struct call *call, uint64_t took, bool failed);
/* Looks up which gates and observers are active. */
void exec_look_at_switches(struct exec *x);

/* --- blocking.c --- */
/* Runs again what waits for keys that became ready. */
void blocking_serve(struct exec *x);

/* --- pause.c --- */
void pause_init(struct pause *p);
/* Must this resolved call wait? */
bool pause_holds(const struct exec *x, const struct call *call);
void pause_hold(struct exec *x, struct call *call);
void pause_end_if_over(struct exec *x);

/* --- rename.c --- */
/* Takes a line of rename-command; owner is the exec_conf. */
bool exec_rename_command(void *owner, const struct slice *words, int count, struct conf_error *err);
/* The command that a client calls by this name; NULL: none. flags are the call's. */
const struct command_spec *exec_lookup_renamed(const struct exec *x, struct slice name, uint32_t flags);
static inline const struct command_spec *exec_lookup(const struct exec *x, struct slice name,
                                                     uint32_t flags) {
    if (unlikely(x->names != NULL)) return exec_lookup_renamed(x, name, flags);
    return command_lookup(name.ptr, name.len);
}

/* --- members.c --- */
/* What is known of a request before it runs. */
struct prepared {
    const struct command_spec *spec; /* NULL: unknown, or nothing to run */
    struct key_hashes hashes;
};
void members_init(struct exec *x);
/* Prefetches what finding the members of `count` requests will touch, whose entries are on their way. */
void members_prefetch(const struct exec *x, const struct exec_request *requests,
                      const struct prepared *prepared, size_t count);

/* --- multi.c --- */
/* Copies the command behind those queued. */
void multi_queue(struct call *call);
/* The transaction is over; forgets queue and watches. */
void multi_discard(struct keyspace *ks, struct session *s);
uint64_t multi_command_flags(const struct session *s);

/* --- stats.c --- */
void stats_deinit(struct exec *x);

#endif
