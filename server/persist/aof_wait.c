/* WAITAOF: waits until what this session wrote last is synced, whatever appendfsync promises.
 *
 *      WAITAOF ─► parked, and on `waiting` ─► the journal synced more, or appendonly is off ─► run once more
 *
 * A session on the list may have been answered meanwhile (its timeout, CLIENT UNBLOCK): that shows when its
 * turn comes. Nobody replicates yet, so who asks for replicas waits until the timeout. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/keyspace/block.h"
#include "server/persist/aof_int.h"

static bool is_synced(const struct aof *a, const struct session *s) {
    return a->state == AOF_ON && a->published && a->journal.synced >= s->write_position;
}

static void answer(void *owner, struct session *s) {
    resp_array(&s->reply, 2);
    resp_int(&s->reply, is_synced(owner, s));
    resp_int(&s->reply, 0);
}

static int find(const struct aof_waits *w, const struct session *s) {
    for (int i = 0; i < w->count; i++)
        if (w->sessions[i] == s) return i;
    return -1;
}

static void forget(struct aof_waits *w, int at) {
    w->sessions[at] = w->sessions[--w->count];
}

static void remember(struct aof_waits *w, struct session *s) {
    if (find(w, s) >= 0) return;
    if (w->count == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 16;
        w->sessions = mem_realloc(w->sessions, (size_t)w->cap * sizeof(struct session *));
    }
    w->sessions[w->count++] = s;
}

void aof_cmd_waitaof(struct call *call) {
    struct aof *a = call->module;
    int64_t local, replicas, until_ms;
    if (!call_int64_range(call, 1, 0, 1, &local, NULL) ||
        !call_int64_range(call, 2, 0, INT64_MAX, &replicas, "ERR value is out of range, must be positive") ||
        !call_block_milliseconds(call, 3, &until_ms))
        return;
    if (local && a->state != AOF_ON) {
        resp_error(call->reply,
                   "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        return;
    }
    if (replicas == 0 && (!local || is_synced(a, call->session))) {
        answer(a, call->session);
        return;
    }
    call_block(call, &(struct block){.until_ms = until_ms, .timed_out = answer, .owner = a});
    if (local && (call->session->flags & SESSION_BLOCKED)) remember(&a->waits, call->session);
}

void aof_waits_turn(struct aof *a) {
    struct aof_waits *w = &a->waits;
    if (w->synced == a->journal.synced && w->was_on == (a->state == AOF_ON) &&
        w->was_published == a->published)
        return;
    w->synced = a->journal.synced;
    w->was_on = a->state == AOF_ON;
    w->was_published = a->published;
    for (int i = 0; i < w->count;) {
        struct session *s = w->sessions[i];
        exec_try_again(a->parts.exec, s);
        /* It may have gone by what ran. */
        if (i < w->count && w->sessions[i] == s && !(s->flags & SESSION_BLOCKED)) forget(w, i);
        if (i < w->count && w->sessions[i] == s) i++;
    }
}

static bool never(void *owner) {
    return false;
}

static void session_gone(void *owner, struct session *s) {
    struct aof_waits *w = &((struct aof *)owner)->waits;
    int at = find(w, s);
    if (at >= 0) forget(w, at);
}

void aof_waits_init(struct aof *a) {
    a->waits.observer = (struct exec_observer){.owner = a, .active = never, .gone = session_gone};
    exec_add_observer(a->parts.exec, &a->waits.observer);
}

void aof_waits_deinit(struct aof *a) {
    mem_free(a->waits.sessions);
}
