/* CLIENT PAUSE: requests wait until it ends, as if they had come later.
 *
 *      dispatch ─► passes all other checks ─► pause_holds? ─► pause_hold: SESSION_PAUSED, the request stays
 *                                                            undone, its owner keeps the bytes
 *      end of the pause ─► sessions resume in the order in which they were held, and are parsed again
 *
 * So a request that is refused anyway is refused at once, and nothing of a held one is kept here. Commands
 * that wait for keys are not tried again meanwhile if they would be held; all keys count as changed when the
 * pause ends. Pauses that overlap become one: the stricter of both, until the later of their ends. */
#include "server/exec/exec_int.h"
#include "server/keyspace/waiting.h"

void pause_init(struct pause *p) {
    *p = (struct pause){0};
    list_init(&p->sessions);
}

bool pause_holds(const struct exec *x, const struct call *call) {
    if (!x->pause.active || (call->session->flags & (SESSION_REPLICA | SESSION_PRIMARY))) return false;
    if (call->flags & (CALL_IN_EXEC | CALL_REPLAYED)) return false;
    return x->pause.all || (call->command_flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE));
}

void pause_hold(struct exec *x, struct call *call) {
    struct session *s = call->session;
    s->flags |= SESSION_PAUSED;
    s->last_command = call->spec;
    list_append(&x->pause.sessions, &s->paused);
}

void exec_pause(struct exec *x, bool all, int64_t until_ms) {
    struct pause *p = &x->pause;
    pause_end_if_over(x);
    p->all = all || (p->active && p->all);
    if (!p->active || until_ms > p->until_ms) p->until_ms = until_ms;
    p->active = x->keyspace->paused = true;
    exec_look_at_switches(x);
}

void exec_unpause(struct exec *x) {
    struct pause *p = &x->pause;
    if (!p->active) return;
    p->active = x->keyspace->paused = false;
    exec_look_at_switches(x);
    LIST_FOR(at, next, &p->sessions) {
        struct session *s = LIST_OWNER(at, struct session, paused);
        list_remove(at);
        s->flags &= ~(uint32_t)SESSION_PAUSED;
        if (s->ops && s->ops->resume) s->ops->resume(s);
    }
    if (p->untried) waiting_all_changed(x->keyspace);
    p->untried = false;
}

void pause_end_if_over(struct exec *x) {
    if (x->pause.active && x->keyspace->now_ms >= x->pause.until_ms) exec_unpause(x);
}
