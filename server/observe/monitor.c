/* What a command was is written once, as one line, and goes to every watcher:
 *
 *      1700000000.123456 [0 127.0.0.1:50000] "set" "key" "value\n"
 *
 * The line comes after the command's own reply, so a watcher that runs commands itself reads both in order.
 * Inside of its own EXEC a watcher is in the middle of writing an array: such lines wait until EXEC is over.
 *
 * A session whose SESSION_MONITOR is cleared (RESET) is no watcher any more; it leaves the list with the next
 * command. A watcher sees but does not touch: commands that read or write keys are refused, as for replicas.
 */
#include "server/observe/monitor.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/io/io_stream.h"
#include "server/net/net.h"
#include "server/observe/redact.h"

struct watcher {
    struct link link;
    struct session *session;
    struct buf waiting; /* lines that came while its own EXEC was writing */
};

/* --- who watches --- */

static struct watcher *watcher_of(const struct monitor *m, const struct session *s) {
    LIST_FOR(it, tmp, &m->watchers) {
        struct watcher *w = LIST_OWNER(it, struct watcher, link);
        if (w->session == s) return w;
    }
    return NULL;
}

static void drop(struct watcher *w) {
    list_remove(&w->link);
    buf_deinit(&w->waiting);
    mem_free_sized(w, sizeof(*w));
}

static void gone(void *owner, struct session *s) {
    struct watcher *w = watcher_of(owner, s);
    if (w) drop(w);
}

static bool is_watched(void *owner) {
    return !list_empty(&((const struct monitor *)owner)->watchers);
}

/* --- the line --- */

static void add_sender(struct buf *out, const struct session *s) {
    char addr[IO_ADDR_TEXT_MAX];
    if (!net_session_is_client(s)) {
        buf_append_str(out, "internal");
        return;
    }
    net_session_addr(s, addr);
    if (s->flags & SESSION_UNIX) { /* "path:0" everywhere else */
        size_t len = strlen(addr);
        buf_printf(out, "unix:%.*s", (int)(len > 2 ? len - 2 : len), addr);
        return;
    }
    buf_append_str(out, addr);
}

static void write_line(struct monitor *m, const struct call *call) {
    struct buf *out = &m->line;
    struct redaction secret = redaction_of(m->conf, call);
    int64_t now_us = io_wall_us(m->io);
    buf_clear(out);
    buf_printf(out, "+%lld.%06lld [%d ", (long long)(now_us / 1000000), (long long)(now_us % 1000000),
               call->session->db_index);
    add_sender(out, call->session);
    buf_append_char(out, ']');
    for (int i = 0; i < call->argc; i++) {
        struct slice shown = redaction_shown(&secret, call, i);
        buf_append_char(out, ' ');
        buf_append_quoted(out, shown.ptr, shown.len);
    }
    buf_append_str(out, "\r\n");
}

static void deliver(struct watcher *w, struct slice line, const struct call *call) {
    struct session *s = w->session;
    if (s->flags & (SESSION_REPLY_OFF | SESSION_CLOSE_NOW)) return;
    if (s == call->session && (call->flags & CALL_IN_EXEC)) {
        buf_append_slice(&w->waiting, line);
        return;
    }
    resp_raw(&s->reply, w->waiting.ptr, w->waiting.len);
    buf_clear(&w->waiting);
    resp_raw(&s->reply, line.ptr, line.len);
    if (s != call->session) session_output_pending(s);
}

static void show(void *owner, const struct call *call) {
    struct monitor *m = owner;
    if (call->spec->flags & (COMMAND_SKIP_MONITOR | COMMAND_ADMIN)) return;
    write_line(m, call);
    LIST_FOR(it, tmp, &m->watchers) {
        struct watcher *w = LIST_OWNER(it, struct watcher, link);
        if (w->session->flags & SESSION_MONITOR)
            deliver(w, buf_slice(&m->line), call);
        else
            drop(w);
    }
}

/* One that had to wait was shown when it began to. */
static void after(void *owner, const struct call *call, int64_t took_us) {
    (void)took_us;
    if (!(call->flags & CALL_AGAIN)) show(owner, call);
}

/* --- what a watcher may not --- */

static const char *check(void *owner, const struct call *call) {
    bool touches = call->command_flags & (COMMAND_WRITE | COMMAND_READONLY);
    return touches && (call->session->flags & SESSION_MONITOR)
               ? "ERR Replica can't interact with the keyspace"
               : NULL;
}

/* --- life --- */

void monitor_start(struct monitor *m, struct conf *conf, struct io *io, struct exec *x) {
    *m = (struct monitor){.conf = conf, .io = io};
    list_init(&m->watchers);
    m->observer =
        (struct exec_observer){.owner = m, .active = is_watched, .after = after, .waits = show, .gone = gone};
    m->gate = (struct exec_gate){.name = "monitor", .owner = m, .active = is_watched, .check = check};
    exec_add_observer(x, &m->observer);
    exec_add_gate(x, &m->gate);
}

void monitor_deinit(struct monitor *m) {
    LIST_FOR(it, tmp, &m->watchers) {
        drop(LIST_OWNER(it, struct watcher, link));
    }
    buf_deinit(&m->line);
}

static void cmd_monitor(struct call *call) {
    struct monitor *m = call->module;
    struct session *s = call->session;
    if (call->flags & CALL_IN_EXEC) {
        resp_error(call->reply, "ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    if (s->flags & (SESSION_MONITOR | SESSION_REPLICA)) return; /* no reply, as Redis */
    if (watcher_of(m, s) == NULL) {
        struct watcher *w = mem_zalloc(sizeof(*w));
        w->session = s;
        list_append(&m->watchers, &w->link);
    }
    s->flags |= SESSION_MONITOR;
    resp_ok(call->reply);
}

const struct command_binding monitor_bindings[] = {{CMD_MONITOR, cmd_monitor}, COMMAND_BINDINGS_END};
