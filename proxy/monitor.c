/* Who watches is told to all threads by a call; a thread keeps, for each other one, how many watchers it has.
 * So lines go only where somebody reads them. */
#include "proxy/monitor.h"
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "proxy/client.h"
#include "proxy/worker.h"

#define LINES_MAX  (8 * 1024 * 1024)  /* of one turn; what is more is not shown elsewhere */
#define UNREAD_MAX (32 * 1024 * 1024) /* a watcher that reads no more is closed */

struct monitor {
    struct worker *worker;
    unsigned own;        /* watchers of this thread */
    unsigned all;        /* of all threads */
    unsigned *by_thread; /* owned */
    struct buf lines;    /* for the other threads */
    struct buf line;     /* room */
};

/* That a thread has `count` watchers now, or lines for it. */
struct notice {
    struct crew_call call;
    unsigned thread, count;
    struct buf lines;
};

struct monitor *monitor_create(struct worker *w) {
    struct monitor *m = mem_zalloc(sizeof(*m));
    m->worker = w;
    m->by_thread = mem_zalloc(w->crew->count * sizeof(*m->by_thread));
    return m;
}

void monitor_destroy(struct monitor **monitor) {
    struct monitor *m = *monitor;
    *monitor = NULL;
    buf_deinit(&m->lines);
    buf_deinit(&m->line);
    mem_free(m->by_thread);
    mem_free_sized(m, sizeof(*m));
}

bool monitor_watched(const struct monitor *m) {
    return m->all;
}

static void notice_done(struct crew_call *call) {
    struct notice *n = LIST_OWNER(call, struct notice, call);
    buf_deinit(&n->lines);
    mem_free_sized(n, sizeof(*n));
}

static bool note_count(struct worker *w, struct crew_call *call) {
    const struct notice *n = LIST_OWNER(call, struct notice, call);
    struct monitor *m = w->monitor;
    m->all = m->all - m->by_thread[n->thread] + n->count;
    m->by_thread[n->thread] = n->count;
    return true;
}

/* Tells all threads, this one among them. */
static void tell(struct monitor *m) {
    struct notice *n = mem_zalloc(sizeof(*n));
    n->call.visit = note_count;
    n->call.done = notice_done;
    n->thread = m->worker->index;
    n->count = m->own;
    crew_start(m->worker, &n->call, 0, m->worker->crew->count);
}

void monitor_join(struct client *c) {
    struct monitor *m = c->worker->monitor;
    if (c->flags & CLIENT_MONITORS) return;
    c->flags |= CLIENT_MONITORS;
    m->own++;
    tell(m);
}

void monitor_leave(struct client *c) {
    struct monitor *m = c->worker->monitor;
    if (!(c->flags & CLIENT_MONITORS)) return;
    c->flags &= ~(uint32_t)CLIENT_MONITORS;
    m->own--;
    tell(m);
}

/* --- lines --- */

/* Which arguments are secret follows from the command and its words, whether it succeeds or not. */
static bool is_secret(const struct command_spec *spec, const struct slice *argv, int at) {
    switch (spec->id) {
    case CMD_AUTH: return at >= 1;
    case CMD_HELLO:
        return (at >= 4 && slice_is(argv[at - 2], "auth")) || (at >= 3 && slice_is(argv[at - 1], "auth"));
    case CMD_CONFIG_SET: return at >= 3 && at % 2 == 1 && slice_is(argv[at - 1], "requirepass");
    default: return false;
    }
}

static void write_line(struct monitor *m, const struct client *c, const struct command_spec *spec,
                       const struct slice *argv, int argc) {
    char addr[IO_ADDR_TEXT_MAX];
    int64_t now_us = io_wall_us(m->worker->io);
    buf_clear(&m->line);
    buf_printf(&m->line, "+%lld.%06lld [%d %s]", (long long)(now_us / 1000000), (long long)(now_us % 1000000),
               c->db, client_addr(c, true, addr));
    for (int i = 0; i < argc; i++) {
        struct slice shown = is_secret(spec, argv, i) ? SLICE("(redacted)") : argv[i];
        buf_append_char(&m->line, ' ');
        buf_append_quoted(&m->line, shown.ptr, shown.len);
    }
    buf_append_str(&m->line, "\r\n");
}

/* `sender` stays, since it is in the middle of a command. */
static void show_here(struct worker *w, struct slice lines, const struct client *sender) {
    LIST_FOR(at, next, &w->clients) {
        struct client *c = LIST_OWNER(at, struct client, all);
        if (!(c->flags & CLIENT_MONITORS)) continue;
        if (c != sender && outlet_waiting(&c->out) > UNREAD_MAX)
            client_close(c, false); /* it does not read */
        else
            client_push(c, lines.ptr, lines.len);
    }
}

void monitor_show(const struct client *c, const struct command_spec *spec, const struct slice *argv,
                  int argc) {
    struct monitor *m = c->worker->monitor;
    if (spec->flags & (COMMAND_SKIP_MONITOR | COMMAND_ADMIN)) return;
    write_line(m, c, spec, argv, argc);
    if (m->own) show_here(m->worker, buf_slice(&m->line), c);
    if (m->all > m->own && m->lines.len < LINES_MAX) buf_append_slice(&m->lines, buf_slice(&m->line));
}

static bool show_there(struct worker *w, struct crew_call *call) {
    const struct notice *n = LIST_OWNER(call, struct notice, call);
    if (!w->closing) show_here(w, buf_slice(&n->lines), NULL);
    return true;
}

void monitor_flush(struct monitor *m) {
    if (m->lines.len == 0) return;
    for (unsigned i = 0; i < m->worker->crew->count; i++) {
        if (i == m->worker->index || m->by_thread[i] == 0) continue;
        struct notice *n = mem_zalloc(sizeof(*n));
        n->call.visit = show_there;
        n->call.done = notice_done;
        buf_append_slice(&n->lines, buf_slice(&m->lines));
        crew_start(m->worker, &n->call, i, 1);
    }
    buf_clear(&m->lines);
}
