/* What concerns the clients of other threads goes round the crew as a call: each thread lists or closes its
 * own. A client's id names its thread, so UNBLOCK goes there alone. */
#include "proxy/client_command.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "proxy/subscriptions.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"
#include <stdio.h>

#define ERR_SYNTAX  "ERR syntax error"
#define ERR_INTEGER "ERR value is not an integer or out of range"

/* --- a client in words --- */

enum kind { KIND_ANY, KIND_NORMAL, KIND_PUBSUB, KIND_OTHER, KIND_UNKNOWN };

static enum kind kind_of(const struct client *c) {
    return c->subscriber ? KIND_PUBSUB : KIND_NORMAL;
}

/* The proxy has neither replicas nor a primary among its clients. */
static enum kind kind_named(struct slice name) {
    if (slice_is(name, "normal")) return KIND_NORMAL;
    if (slice_is(name, "pubsub")) return KIND_PUBSUB;
    if (slice_is(name, "replica") || slice_is(name, "slave") || slice_is(name, "master")) return KIND_OTHER;
    return KIND_UNKNOWN;
}

static void add_flags(const struct client *c, struct buf *out) {
    const struct {
        bool is;
        char letter;
    } letters[] = {{c->flags & CLIENT_MONITORS, 'O'},
                   {kind_of(c) == KIND_PUBSUB, 'P'},
                   {transaction_queues(c), 'x'},
                   {client_blocks(c) || c->flags & CLIENT_PAUSED, 'b'},
                   {c->flags & CLIENT_CLOSE_WHEN_SENT, 'c'},
                   {c->flags & CLIENT_READONLY, 'r'},
                   {c->flags & CLIENT_NO_EVICT, 'e'},
                   {c->flags & CLIENT_NO_TOUCH, 'T'}};
    size_t before = out->len;
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (letters[i].is) buf_append_char(out, letters[i].letter);
    if (out->len == before) buf_append_char(out, 'N');
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static void describe(const struct client *c, struct buf *out) {
    char addr[IO_ADDR_TEXT_MAX], laddr[IO_ADDR_TEXT_MAX];
    int64_t now_us = io_now_us(c->worker->io);
    size_t waiting = outlet_waiting(&c->out);
    buf_printf(
        out, "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=", (unsigned long long)c->id,
        client_addr(c, true, addr), client_addr(c, false, laddr), io_stream_fd(&c->stream), or_empty(c->name),
        (long long)(now_us - c->created_us) / 1000000, (long long)(now_us - c->active_us) / 1000000);
    add_flags(c, out);
    buf_printf(out, " db=%d sub=%u psub=%u ssub=%u multi=%d qbuf=%zu qbuf-free=%zu", c->db,
               subscriptions_count(c, SUBSCRIPTION_CHANNELS), subscriptions_count(c, SUBSCRIPTION_PATTERNS),
               subscriptions_count(c, SUBSCRIPTION_SHARDED), transaction_length(c), c->tail_len - c->tail_pos,
               c->tail_cap - c->tail_len);
    buf_printf(out, " argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=%zu tot-mem=%zu events=%s cmd=%s",
               waiting, sizeof(*c) + c->tail_cap + waiting + c->queued_bytes,
               io_stream_sending(&c->stream) ? "rw" : "r", c->last_command ? c->last_command->name : "NULL");
    buf_printf(out, " user=default redir=-1 resp=%d lib-name=%s lib-ver=%s\n", c->out.writer.proto,
               or_empty(c->lib_name), or_empty(c->lib_ver));
}

void client_command_info(struct local_call *call) {
    struct buf text = {0};
    describe(call->client, &text);
    resp_verbatim(call->reply, text.ptr, text.len, "txt");
    buf_deinit(&text);
}

void client_command_switch(struct local_call *call) {
    uint32_t flag = call->spec->id == CMD_CLIENT_NO_EVICT ? CLIENT_NO_EVICT : CLIENT_NO_TOUCH;
    if (slice_is(call->argv[2], "on"))
        call->client->flags |= flag;
    else if (slice_is(call->argv[2], "off"))
        call->client->flags &= ~flag;
    else {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    resp_ok(call->reply);
}

void client_command_reply(struct local_call *call) {
    struct client *c = call->client;
    if (slice_is(call->argv[2], "on")) {
        c->flags &= ~(uint32_t)(CLIENT_MUTE | CLIENT_SKIPS | CLIENT_SKIPPING);
        resp_ok(client_reply_begin(c));
        client_reply_end(c);
    } else if (slice_is(call->argv[2], "off")) {
        c->flags |= CLIENT_MUTE;
    } else if (slice_is(call->argv[2], "skip")) {
        if (!(c->flags & CLIENT_MUTE)) c->flags |= CLIENT_SKIPS;
    } else {
        local_fail(call, ERR_SYNTAX);
    }
}

/* --- calls --- */

struct ask {
    struct crew_call call;
    struct request *whole;
    /* whom it means; 0, ANY and "" are everybody */
    uint64_t id, caller;
    uint64_t *ids; /* owned; NULL: any */
    unsigned id_count;
    enum kind kind;
    int64_t max_age_s, pause_us;
    bool skip_me, old_form, all, with_error;
    char addr[IO_ADDR_TEXT_MAX], laddr[IO_ADDR_TEXT_MAX];
    /* what was found */
    struct buf text;
    int64_t count;
};

static void ask_free(struct ask *ask) {
    mem_free(ask->ids);
    buf_deinit(&ask->text);
    mem_free_sized(ask, sizeof(*ask));
}

static struct ask *ask_new(struct local_call *call) {
    struct ask *ask = mem_zalloc(sizeof(*ask));
    ask->caller = call->client->id;
    return ask;
}

/* Sends it to `count` threads; `done` answers. */
static void ask_crew(struct local_call *call, struct ask *ask, unsigned first, unsigned count,
                     bool (*visit)(struct worker *w, struct crew_call *call),
                     void (*done)(struct crew_call *call)) {
    ask->whole = request_defer(call->client, call->spec);
    ask->call.visit = visit;
    ask->call.done = done;
    crew_start(call->client->worker, &ask->call, first, count);
}

static struct ask *ask_of(struct crew_call *call) {
    return LIST_OWNER(call, struct ask, call);
}

static void answer_int(struct crew_call *call) {
    struct ask *ask = ask_of(call);
    struct worker *w = call->origin;
    struct resp_writer *reply = request_reply_begin(w, ask->whole);
    if (!ask->old_form)
        resp_int(reply, ask->count);
    else if (ask->count)
        resp_ok(reply);
    else
        resp_error(reply, "ERR No such client");
    request_reply_end(w, ask->whole);
    request_finish(w, ask->whole);
    ask_free(ask);
}

static void answer_ok(struct crew_call *call) {
    struct ask *ask = ask_of(call);
    buf_append_str(&ask->whole->reply, "+OK\r\n");
    request_finish(call->origin, ask->whole);
    ask_free(ask);
}

/* --- LIST --- */

static bool has_id(const struct ask *ask, uint64_t id) {
    for (unsigned i = 0; i < ask->id_count; i++)
        if (ask->ids[i] == id) return true;
    return ask->ids == NULL;
}

static bool list_visit(struct worker *w, struct crew_call *call) {
    struct ask *ask = ask_of(call);
    LIST_FOR(at, next, &w->clients) {
        const struct client *c = LIST_OWNER(at, struct client, all);
        if (c->flags & CLIENT_CLOSED || !has_id(ask, c->id)) continue;
        if (ask->kind == KIND_ANY || ask->kind == kind_of(c)) describe(c, &ask->text);
    }
    return true;
}

static void list_done(struct crew_call *call) {
    struct ask *ask = ask_of(call);
    struct worker *w = call->origin;
    resp_verbatim(request_reply_begin(w, ask->whole), ask->text.ptr ? ask->text.ptr : "", ask->text.len,
                  "txt");
    request_reply_end(w, ask->whole);
    request_finish(w, ask->whole);
    ask_free(ask);
}

static bool take_ids(struct local_call *call, struct ask *ask) {
    ask->ids = mem_alloc((size_t)call->argc * sizeof(*ask->ids));
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!num_parse_int64(call->argv[i].ptr, call->argv[i].len, &id)) {
            local_fail(call, "ERR Invalid client ID");
            return false;
        }
        ask->ids[ask->id_count++] = (uint64_t)id;
    }
    return true;
}

static bool take_kind(struct local_call *call, struct slice name, struct ask *ask) {
    char text[128];
    ask->kind = kind_named(name);
    if (ask->kind != KIND_UNKNOWN) return true;
    snprintf(text, sizeof(text), "ERR Unknown client type '%.*s'", (int)(name.len < 64 ? name.len : 64),
             name.ptr);
    local_fail(call, text);
    return false;
}

void client_command_list(struct local_call *call) {
    struct ask *ask = ask_new(call);
    bool ok = true;
    if (call->argc == 4 && slice_is(call->argv[2], "type"))
        ok = take_kind(call, call->argv[3], ask);
    else if (call->argc > 3 && slice_is(call->argv[2], "id"))
        ok = take_ids(call, ask);
    else if (call->argc != 2) {
        local_fail(call, ERR_SYNTAX);
        ok = false;
    }
    if (ok)
        ask_crew(call, ask, 0, call->client->worker->crew->count, list_visit, list_done);
    else
        ask_free(ask);
}

/* --- KILL --- */

static bool has_addr(const struct client *c, bool peer, const char *wanted) {
    char text[IO_ADDR_TEXT_MAX];
    return *wanted == '\0' || strcmp(client_addr(c, peer, text), wanted) == 0;
}

static bool is_meant(const struct client *c, const struct ask *ask) {
    if (c->flags & (CLIENT_CLOSED | CLIENT_CLOSE_WHEN_SENT)) return false;
    if (ask->id && c->id != ask->id) return false;
    if (ask->skip_me && c->id == ask->caller) return false;
    if (ask->kind != KIND_ANY && ask->kind != kind_of(c)) return false;
    if (ask->max_age_s && (io_now_us(c->worker->io) - c->created_us) / 1000000 < ask->max_age_s) return false;
    return has_addr(c, true, ask->addr) && has_addr(c, false, ask->laddr);
}

/* Who kills itself still gets the reply. */
static bool kill_visit(struct worker *w, struct crew_call *call) {
    struct ask *ask = ask_of(call);
    LIST_FOR(at, next, &w->clients) {
        struct client *c = LIST_OWNER(at, struct client, all);
        if (!is_meant(c, ask)) continue;
        client_close(c, c->id == ask->caller);
        ask->count++;
    }
    return true;
}

static bool positive(struct local_call *call, struct slice text, int64_t *out, const char *error) {
    if (num_parse_int64(text.ptr, text.len, out) && *out > 0) return true;
    local_fail(call, error);
    return false;
}

static void take_text(char *to, struct slice text) {
    snprintf(to, IO_ADDR_TEXT_MAX, "%.*s", (int)(text.len < IO_ADDR_TEXT_MAX ? text.len : IO_ADDR_TEXT_MAX),
             text.ptr);
}

static bool take_filter(struct local_call *call, struct slice word, struct slice value, struct ask *ask) {
    int64_t number;
    if (slice_is(word, "id")) {
        if (!positive(call, value, &number, "ERR client-id should be greater than 0")) return false;
        ask->id = (uint64_t)number;
    } else if (slice_is(word, "maxage")) {
        return positive(call, value, &ask->max_age_s, "ERR maxage is not an integer or out of range");
    } else if (slice_is(word, "type")) {
        return take_kind(call, value, ask);
    } else if (slice_is(word, "addr")) {
        take_text(ask->addr, value);
    } else if (slice_is(word, "laddr")) {
        take_text(ask->laddr, value);
    } else if (slice_is(word, "user")) {
        if (slice_eq(value, SLICE("default"))) return true;
        char text[128];
        snprintf(text, sizeof(text), "ERR No such user '%.*s'", (int)(value.len < 64 ? value.len : 64),
                 value.ptr);
        local_fail(call, text);
        return false;
    } else if (slice_is(word, "skipme") && (slice_is(value, "yes") || slice_is(value, "no"))) {
        ask->skip_me = slice_is(value, "yes");
    } else {
        local_fail(call, ERR_SYNTAX);
        return false;
    }
    return true;
}

void client_command_kill(struct local_call *call) {
    struct ask *ask = ask_new(call);
    bool ok = true;
    ask->skip_me = true;
    if (call->argc == 3) { /* the old form: an address, oneself included */
        ask->skip_me = false;
        ask->old_form = true;
        take_text(ask->addr, call->argv[2].len ? call->argv[2] : SLICE("-"));
    } else if (call->argc % 2) {
        local_fail(call, ERR_SYNTAX);
        ok = false;
    }
    for (int i = 2; ok && call->argc > 3 && i < call->argc; i += 2)
        ok = take_filter(call, call->argv[i], call->argv[i + 1], ask);
    if (ok)
        ask_crew(call, ask, 0, call->client->worker->crew->count, kill_visit, answer_int);
    else
        ask_free(ask);
}

/* --- PAUSE, UNPAUSE --- */

/* The reply comes when all threads pause; each counts from its own now. */
static bool pause_visit(struct worker *w, struct crew_call *call) {
    const struct ask *ask = ask_of(call);
    if (!w->closing) worker_pause(w, ask->pause_us ? io_now_us(w->io) + ask->pause_us : 0, ask->all);
    return true;
}

void client_command_pause(struct local_call *call) {
    int64_t timeout_ms = 0;
    bool writes_only = call->argc == 4 && slice_is(call->argv[3], "write");
    if (call->spec->id == CMD_CLIENT_PAUSE) {
        if (call->argc > 4) {
            local_fail(call,
                       "ERR unknown subcommand or wrong number of arguments for 'pause'. Try CLIENT HELP.");
            return;
        }
        if (call->argc == 4 && !writes_only && !slice_is(call->argv[3], "all")) {
            local_fail(call, "ERR CLIENT PAUSE mode must be WRITE or ALL");
            return;
        }
        if (!num_parse_int64(call->argv[2].ptr, call->argv[2].len, &timeout_ms) ||
            timeout_ms > INT64_MAX / 2000) {
            local_fail(call, "ERR timeout is not an integer or out of range");
            return;
        }
        if (timeout_ms < 0) {
            local_fail(call, "ERR timeout is negative");
            return;
        }
    }
    struct ask *ask = ask_new(call);
    ask->pause_us = timeout_ms * 1000;
    ask->all = !writes_only;
    ask_crew(call, ask, 0, call->client->worker->crew->count, pause_visit, answer_ok);
}

/* --- UNBLOCK --- */

static void unblocked(struct request *r) {
    struct ask *ask = r->owner;
    struct worker *w = ask->call.origin->crew->workers[ask->call.at];
    if (r->reply.len > 3 && r->reply.ptr[0] == ':')
        num_parse_int64(r->reply.ptr + 1, r->reply.len - 3, &ask->count);
    crew_go_on(w, &ask->call);
}

/* The server is asked to do it: only it knows whether the client was served in the same moment. */
static bool unblock_visit(struct worker *w, struct crew_call *call) {
    struct ask *ask = ask_of(call);
    LIST_FOR(at, next, &w->clients) {
        const struct client *c = LIST_OWNER(at, struct client, all);
        if (c->id != ask->id || !client_blocks(c) || c->own->server_id == 0) continue;
        struct backend *b = upstream_backend(c->own->upstream, 0, 2);
        if (b == NULL) return true;
        char id[NUM_INT64_CHARS_MAX];
        struct slice words[] = {SLICE("CLIENT"),
                                SLICE("UNBLOCK"),
                                {id, num_format_int64(id, c->own->server_id)},
                                ask->with_error ? SLICE("ERROR") : SLICE("TIMEOUT")};
        struct request *r = request_new(w, NULL, NULL);
        r->done = unblocked;
        r->owner = ask;
        backend_send_words(b, r, words, 4);
        return false;
    }
    return true;
}

void client_command_unblock(struct local_call *call) {
    int64_t id;
    bool with_error = call->argc == 4 && slice_is(call->argv[3], "error");
    if (call->argc > 4) {
        local_fail(call,
                   "ERR unknown subcommand or wrong number of arguments for 'unblock'. Try CLIENT HELP.");
        return;
    }
    if (call->argc == 4 && !with_error && !slice_is(call->argv[3], "timeout")) {
        local_fail(call, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    if (!num_parse_int64(call->argv[2].ptr, call->argv[2].len, &id)) {
        local_fail(call, ERR_INTEGER);
        return;
    }
    struct ask *ask = ask_new(call);
    ask->id = (uint64_t)id;
    ask->with_error = with_error;
    ask_crew(call, ask, (unsigned)(ask->id % call->client->worker->crew->count), 1, unblock_visit,
             answer_int);
}
