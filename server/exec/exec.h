/* Dispatch: from a request to its reply.
 *
 *   net ── exec_batch ──► resolve names, hash keys ─► prefetch buckets ─► prefetch entries ─► for each
 * request: gates (auth, context, registered ones) ─► queue in MULTI, or handler ─► epilogue of the write
 * (unit) ─► statistics ─► commit gate
 *
 * A batch is what all connections sent in one turn. Its requests run in order; those of a session that is
 * blocked, paused or closing stay undone and are the owner's to keep (their bytes die with the turn). */
#ifndef TORC_EXEC_EXEC_H
#define TORC_EXEC_EXEC_H

#include "common/commands/names.h"
#include "common/conf/conf_types.h"
#include "common/metrics/info.h"
#include "server/exec/commit_gate.h"
#include "server/keyspace/call.h"

struct exec;
struct histogram;

struct exec_request {
    struct session *session; /* NULL: skipped (the owner dropped it) */
    const struct slice *argv;
    int argc;
    bool done; /* set by exec_batch; false: the session cannot run it now */
};

/* Options of dispatch, filled by exec_register_options (options.h). */
enum exec_protected { EXEC_PROTECTED_NO, EXEC_PROTECTED_YES, EXEC_PROTECTED_LOCAL };
struct exec_conf {
    bool latency_tracking;
    struct conf_percentiles percentiles; /* latency-tracking-info-percentiles */
    int enable_debug_command, enable_module_command, enable_protected_configs; /* enum exec_protected */
    struct command_names names;                                                /* rename-command */
};

/* Both are borrowed. */
struct exec *exec_create(struct keyspace *ks, const struct exec_conf *conf);
void exec_destroy(struct exec **x);

/* Registers handlers; `module` is what their calls get as call->module. Binding a command twice is a panic.
 */
void exec_bind(struct exec *x, const struct command_binding *bindings, void *module);
/* Panics if a command that its spec calls built has no handler. At the end of boot. */
void exec_check_bound(const struct exec *x);

/* Runs `requests` in order until all are done or refused, or `budget_us` of time has passed (0: no limit; at
 * least one group of 32 runs). Returns how many it got through; those behind it are untouched. */
size_t exec_batch(struct exec *x, struct exec_request *requests, size_t count, int64_t budget_us);

/* Runs one command for a session without a connection (tests, loaders, scripts). No gates but the handler's
 * own when `flags` has CALL_REPLAYED. */
void exec_one(struct exec *x, struct session *s, const struct slice *argv, int argc, uint32_t flags);

/* The session of the request under way, NULL between requests. Messages for it wait until its command has
 * replied. */
const struct session *exec_running_session(const struct exec *x);

/* Lets go of what exec and the keyspace hold for a session that is about to be freed (MULTI queue, watches,
 * tasks). */
void exec_session_gone(struct exec *x, struct session *s);
/* What RESET and DISCARD do to a transaction. */
void exec_session_discard(struct exec *x, struct session *s);

/* --- sessions that wait --- */

/* Answers a session that waits for a key, as a timeout does or with the error UNBLOCKED. False: it waits for
 * none. */
bool exec_unblock(struct exec *x, struct session *s, bool with_error);
/* Runs a session's command again that waits for something else than a key. */
void exec_try_again(struct exec *x, struct session *s);
/* CLIENT PAUSE: commands that write, or all of them, wait until then or until exec_unpause; sessions that
 * wait have SESSION_PAUSED. */
void exec_pause(struct exec *x, bool all, int64_t until_ms);
void exec_unpause(struct exec *x);
/* Ends a pause that is over, serves sessions whose keys changed outside of requests (expiry), answers those
 * that have timed out. Once a turn, after keyspace_set_now, and after background work. */
void exec_run_due(struct exec *x);
/* When it will next have something to do by itself, in ms since 1970; INT64_MAX: never. */
int64_t exec_next_due_ms(const struct exec *x);

/* Answers with an error the sessions that wait for keys and for which `why` gives one; it is asked with their
 * commands as a gate is. */
void exec_refuse_waiting(struct exec *x, const char *(*why)(void *owner, const struct call *call),
                         void *owner);

/* Commands queued by MULTI, and the memory they take. */
size_t session_multi_count(const struct session *s);
size_t session_multi_bytes(const struct session *s);
/* The queued command number `at`; its words are borrowed until the transaction is over. */
const struct command_spec *session_multi_at(const struct session *s, size_t at, const struct slice **argv,
                                            int *argc);

/* --- gates: reasons not to run a command --- */

/* Asked before a command runs or is queued, in the order of registration. `active` is asked once per batch
 * and after commands that configure; while no gate is, none is asked. `check` returns NULL to let it pass, or
 * the error ("OOM command not allowed …"), borrowed until the next call. */
struct exec_gate {
    const char *name;
    void *owner;
    bool (*active)(void *owner);
    const char *(*check)(void *owner, const struct call *call);
    bool verbatim; /* an EXEC that it refuses answers the error as it is, not as the reason of an EXECABORT */
};
void exec_add_gate(struct exec *x, const struct exec_gate *gate); /* borrowed for good */

/* --- observers of executed commands: slowlog, monitor, latency --- */
struct exec_observer {
    void *owner;
    bool (*active)(void *owner);                          /* asked as that of gates */
    void (*before)(void *owner, const struct call *call); /* NULL: not wanted */
    /* Once it is answered; NULL: not wanted. CALL_AGAIN: it had waited for a key. */
    void (*after)(void *owner, const struct call *call, int64_t took_us);
    void (*waits)(void *owner, const struct call *call); /* it begins to wait; NULL: not wanted */
    /* `after` wants only commands that took this long; NULL: all of them. Asked as `active` is. */
    int64_t (*slower_than_us)(void *owner);
    /* The session is about to be freed. Told whether active or not; NULL: not wanted. */
    void (*gone)(void *owner, struct session *s);
};
void exec_add_observer(struct exec *x, const struct exec_observer *observer); /* borrowed for good */

/* --- a sample of the executed commands: hot keys --- */

/* Gets about one in `every` commands, at random distances, after it ran; `weight` is how many it stands for.
 */
struct exec_sampler {
    void *owner;
    unsigned every;
    void (*sample)(void *owner, const struct call *call, unsigned weight);
};
void exec_set_sampler(struct exec *x, const struct exec_sampler *sampler); /* borrowed for good */

/* --- statistics --- */
struct exec_stats {
    uint64_t commands;      /* total_commands_processed */
    uint64_t error_replies; /* total_error_replies */
    uint64_t rejected_unknown, rejected_auth;
};
const struct exec_stats *exec_stats(const struct exec *x);
void exec_count_error(struct exec *x,
                      const char *code); /* errors that no command replied (protocol, rejected) */
void exec_reset_stats(struct exec *x);
/* Time spent in commands since the last reset. */
uint64_t exec_commands_us(const struct exec *x);
/* The command that used most of the current turn, for turn_max_command. Reset by exec_turn_begin. */
void exec_turn_begin(struct exec *x);
const char *exec_turn_longest(const struct exec *x, int64_t *took_us);

/* The command under way, for a crash report; NULL between commands. */
const struct call *exec_current_call(const struct exec *x);

/* The gate for replies that wait for the journal. */
struct commit_gate *exec_commit_gate(struct exec *x);

/* How long a command took since the last reset, in microseconds; borrowed until the next command. */
const struct histogram *exec_latency(struct exec *x, unsigned id);

/* INFO sections commandstats, errorstats, latencystats. */
void exec_register_info(struct exec *x, struct info_registry *registry);

/* MULTI EXEC DISCARD WATCH UNWATCH, and the COMMAND family. Module: the exec. */
extern const struct command_binding multi_bindings[], command_bindings[];
/* WAIT. No module. */
extern const struct command_binding wait_bindings[];

#endif
