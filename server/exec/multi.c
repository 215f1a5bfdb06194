/* MULTI, EXEC, DISCARD, WATCH.
 *
 * Queued commands are copied, since the bytes they came in die with the turn: one allocation per command, the
 * slices followed by the bytes. EXEC runs them like any other, marked CALL_IN_EXEC, as one unit for the
 * journal. */
#include "common/base/mem.h"
#include "server/exec/exec_int.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/watch.h"

struct queued {
    const struct command_spec *spec;
    struct slice *argv; /* owned */
    int argc;
};

struct multi_state {
    struct queued *commands;
    size_t count, cap, bytes;
    uint64_t command_flags; /* of all of them */
};

void multi_queue(struct call *call) {
    struct multi_state *m = call->session->multi;
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 4;
        m->commands = mem_realloc(m->commands, m->cap * sizeof(*m->commands));
    }
    size_t bytes = (size_t)call->argc * sizeof(struct slice);
    for (int i = 0; i < call->argc; i++)
        bytes += call->argv[i].len;
    struct queued *q = &m->commands[m->count++];
    *q = (struct queued){call->spec, mem_alloc(bytes), call->argc};
    char *at = (char *)(q->argv + q->argc);
    for (int i = 0; i < call->argc; i++) {
        memcpy(at, call->argv[i].ptr, call->argv[i].len);
        q->argv[i] = (struct slice){at, call->argv[i].len};
        at += call->argv[i].len;
    }
    m->bytes += bytes;
    m->command_flags |= call->spec->flags;
}

uint64_t multi_command_flags(const struct session *s) {
    return s->multi ? s->multi->command_flags : 0;
}

size_t session_multi_count(const struct session *s) {
    return s->multi ? s->multi->count : 0;
}

size_t session_multi_bytes(const struct session *s) {
    return s->multi ? s->multi->bytes + s->multi->cap * sizeof(struct queued) + sizeof(struct multi_state)
                    : 0;
}

const struct command_spec *session_multi_at(const struct session *s, size_t at, const struct slice **argv,
                                            int *argc) {
    const struct queued *q = &s->multi->commands[at];
    *argv = q->argv;
    *argc = q->argc;
    return q->spec;
}

static void free_state(struct multi_state *m) {
    for (size_t i = 0; i < m->count; i++)
        mem_free(m->commands[i].argv);
    mem_free(m->commands);
    mem_free_sized(m, sizeof(*m));
}

void multi_discard(struct keyspace *ks, struct session *s) {
    if (s->multi) free_state(s->multi);
    s->multi = NULL;
    s->flags &= ~(uint32_t)(SESSION_MULTI | SESSION_DIRTY_CAS | SESSION_DIRTY_EXEC);
    watch_remove_all(ks, s);
}

static void cmd_multi(struct call *call) {
    struct session *s = call->session;
    if (s->flags & SESSION_MULTI) {
        resp_error(call->reply, "ERR MULTI calls can not be nested");
        return;
    }
    s->multi = mem_zalloc(sizeof(*s->multi));
    s->flags |= SESSION_MULTI;
    resp_ok(call->reply);
}

static void cmd_discard(struct call *call) {
    if (!(call->session->flags & SESSION_MULTI)) {
        resp_error(call->reply, "ERR DISCARD without MULTI");
        return;
    }
    multi_discard(call->keyspace, call->session);
    resp_ok(call->reply);
}

static void run_queued(struct exec *x, struct call *exec_call, const struct queued *q) {
    struct call call = *exec_call;
    call.spec = q->spec;
    call.argv = q->argv;
    call.argc = q->argc;
    call.flags |= CALL_IN_EXEC;
    call.command_flags = q->spec->flags;
    call.db = call.session->db;
    call.hashes = (struct key_hashes){NULL, 0, 1, 0, NULL};
    exec_run(x, &call);
}

static void cmd_exec(struct call *call) {
    struct session *s = call->session;
    struct exec *x = call->module;
    if (!(s->flags & SESSION_MULTI)) {
        resp_error(call->reply, "ERR EXEC without MULTI");
        return;
    }
    if (watch_any_due(call->keyspace, s)) s->flags |= SESSION_DIRTY_CAS;
    if (s->flags & (SESSION_DIRTY_EXEC | SESSION_DIRTY_CAS)) {
        if (s->flags & SESSION_DIRTY_EXEC)
            resp_error(call->reply, "EXECABORT Transaction discarded because of previous errors.");
        else
            resp_null_array(call->reply);
        multi_discard(call->keyspace, s);
        return;
    }
    struct multi_state *m = s->multi;
    s->multi = NULL;
    multi_discard(call->keyspace,
                  s); /* watches end before the commands run: they must not spoil themselves */
    resp_array(call->reply, m->count);
    unit_exec_begin(call->keyspace);
    for (size_t i = 0; i < m->count; i++)
        run_queued(x, call, &m->commands[i]);
    unit_exec_end(call->keyspace);
    unit_journal_none(call);
    free_state(m);
}

static void cmd_watch(struct call *call) {
    struct session *s = call->session;
    if (s->flags & SESSION_MULTI) {
        resp_error(call->reply, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    if (!(s->flags & SESSION_DIRTY_CAS)) /* it cannot get more spoilt than that */
        for (int i = 1; i < call->argc; i++) {
            key_read(call, i,
                     KEY_NO_TOUCH | KEY_NO_STATS); /* a due key goes now, not between WATCH and EXEC */
            watch_add(call->keyspace, s, call->db, call->argv[i]);
        }
    resp_ok(call->reply);
}

static void cmd_unwatch(struct call *call) {
    watch_remove_all(call->keyspace, call->session);
    call->session->flags &= ~(uint32_t)SESSION_DIRTY_CAS;
    resp_ok(call->reply);
}

const struct command_binding multi_bindings[] = {
    {CMD_MULTI, cmd_multi}, {CMD_EXEC, cmd_exec},       {CMD_DISCARD, cmd_discard},
    {CMD_WATCH, cmd_watch}, {CMD_UNWATCH, cmd_unwatch}, COMMAND_BINDINGS_END,
};
