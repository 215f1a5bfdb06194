/* Running blocked commands again, and answering those that are not served.
 *
 *      a command ran ─► keys are ready ─► waiting_serve ─► try_again ─┬─► replied: its session goes on
 *          ▲                                                          └─► blocked once more: keeps its place
 *          └── before the next request of the batch, as many rounds as it takes
 *
 * A blocked command is counted once, when it is answered, with all the time that its attempts took; observers
 * hear of its beginning at the first attempt and of its end with the answer. What it writes is a unit of its
 * own, behind the unit that woke it. */
#include "common/base/clock.h"
#include "server/exec/exec_int.h"
#include "server/keyspace/waiting.h"

/* The session has its answer. That may tell of whatever woke it, so it waits for the same journal position.
 */
static void answered(struct exec *x, struct session *s, bool silent, struct resp_mark mark) {
    if (silent) resp_truncate(&s->reply, mark);
    if (unlikely(x->gate.promised)) commit_gate_saw_all(&x->gate, s);
    waiting_end(x->keyspace, s);
    if (unlikely(s->flags & SESSION_PUSHES_WAIT)) session_output_pending(s);
    if (s->ops && s->ops->resume) s->ops->resume(s);
}

static bool is_silent(const struct blocked_state *state) {
    return state->silent || (state->session->flags & SESSION_REPLY_OFF);
}

static void begin_again(struct exec *x, struct call *call, const struct blocked_state *state) {
    exec_begin_call(x, call, state->session, state->argv, state->argc);
    call->flags = CALL_AGAIN;
    call->spec = state->spec;
    call->command_flags = state->spec->flags;
    call->hashes = (struct key_hashes){NULL, 0, 1, 0, NULL};
}

static void try_again(void *owner, struct blocked_state *state) {
    struct exec *x = owner;
    struct session *s = state->session;
    if (unlikely(s->flags & SESSION_CLOSE_NOW)) return;
    struct call call;
    begin_again(x, &call, state);
    if (unlikely(pause_holds(x, &call))) {
        x->pause.untried = true;
        return;
    }
    struct resp_mark mark = resp_mark(call.reply);
    bool silent = is_silent(state);
    s->flags &= ~(uint32_t)SESSION_BLOCKED;
    x->running = s;
    exec_pass_and_run(x, &call);
    x->running = NULL;
    if (!(call.flags & CALL_BLOCKED)) answered(x, s, silent, mark);
}

void blocking_serve(struct exec *x) {
    struct keyspace *ks = x->keyspace;
    if (unlikely(ks->slept_ms)) keyspace_set_now(ks, ks->now_ms + ks->slept_ms);
    waiting_serve(ks, try_again, x);
}

/* --- without being served --- */

static void answer_unserved(struct exec *x, struct blocked_state *state, const char *error) {
    struct session *s = state->session;
    struct call call;
    begin_again(x, &call, state);
    struct resp_mark mark = resp_mark(call.reply);
    uint32_t errors_before = call.reply->error_count;
    if (error)
        resp_error(call.reply, error);
    else
        block_reply_timeout(s, &(struct block){.null_array = state->null_array,
                                               .timed_out = state->timed_out,
                                               .owner = state->owner});
    exec_count(x, &call, state->cycles, call.reply->error_count != errors_before);
    answered(x, s, is_silent(state), mark);
}

void exec_try_again(struct exec *x, struct session *s) {
    if (s->blocked == NULL) return;
    exec_look_at_switches(x);
    x->cycles = clock_cycles();
    try_again(x, s->blocked);
}

bool exec_unblock(struct exec *x, struct session *s, bool with_error) {
    if (s->blocked == NULL) return false;
    answer_unserved(x, s->blocked, with_error ? "UNBLOCKED client unblocked via CLIENT UNBLOCK" : NULL);
    return true;
}

struct refusing {
    struct exec *exec;
    const char *(*why)(void *owner, const struct call *call);
    void *owner;
};

static void refuse_if_told(void *arg, struct blocked_state *state) {
    struct refusing *r = arg;
    struct call call;
    begin_again(r->exec, &call, state);
    const char *error = r->why(r->owner, &call);
    if (error) answer_unserved(r->exec, state, error);
}

void exec_refuse_waiting(struct exec *x, const char *(*why)(void *owner, const struct call *call),
                         void *owner) {
    struct refusing r = {x, why, owner};
    waiting_visit(x->keyspace, refuse_if_told, &r);
}

void exec_run_due(struct exec *x) {
    struct blocked_state *state;
    pause_end_if_over(x);
    if (waiting_ready(x->keyspace)) {
        exec_look_at_switches(x);
        x->cycles = clock_cycles();
        blocking_serve(x);
    }
    while ((state = waiting_timed_out(x->keyspace)) != NULL)
        answer_unserved(x, state, NULL);
}

int64_t exec_next_due_ms(const struct exec *x) {
    int64_t next_ms = waiting_next_ms(x->keyspace);
    return x->pause.active && x->pause.until_ms < next_ms ? x->pause.until_ms : next_ms;
}
