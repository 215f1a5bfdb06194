/* The CLIENT command: looking at connections and ending them. */
#include "common/base/num.h"
#include "common/commands/describe.h"
#include "server/keyspace/block.h"
#include "server/net/net_int.h"
#include <string.h>

void cmd_client_id(struct call *call) {
    resp_int(call->reply, (int64_t)call->session->id);
}

void cmd_client_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(call->spec->parent));
}

/* --- names --- */

bool client_name_ok(struct call *call, struct slice name, const char *error) {
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= '!' && name.ptr[i] <= '~') continue;
        resp_error(call->reply, error);
        return false;
    }
    return true;
}

void cmd_client_setname(struct call *call) {
    struct client *c = client_of(call->session);
    if (!client_name_ok(call, call->argv[2],
                        "ERR Client names cannot contain spaces, newlines or special characters."))
        return;
    if (call->argv[2].len || c->names) client_set_name(&client_names_of(c)->name, call->argv[2]);
    resp_ok(call->reply);
}

void cmd_client_getname(struct call *call) {
    const char *name = net_session_name(call->session);
    if (*name)
        resp_bulk_cstr(call->reply, name);
    else
        resp_null(call->reply);
}

void cmd_client_setinfo(struct call *call) {
    struct client *c = client_of(call->session);
    bool lib_name = slice_is(call->argv[2], "lib-name");
    if (!lib_name && !slice_is(call->argv[2], "lib-ver")) {
        resp_errorf(call->reply, "ERR Unrecognized option '%.*s'", (int)call->argv[2].len, call->argv[2].ptr);
        return;
    }
    if (!client_name_ok(call, call->argv[3],
                        lib_name ? "ERR lib-name cannot contain spaces, newlines or special characters."
                                 : "ERR lib-ver cannot contain spaces, newlines or special characters."))
        return;
    struct client_names *names = client_names_of(c);
    client_set_name(lib_name ? &names->lib_name : &names->lib_ver, call->argv[3]);
    resp_ok(call->reply);
}

/* --- switches --- */

void cmd_client_reply(struct call *call) {
    struct session *s = call->session;
    if (slice_is(call->argv[2], "on")) {
        s->flags &= ~(uint32_t)(SESSION_REPLY_OFF | SESSION_REPLY_SKIP_NEXT | SESSION_REPLY_SKIP);
        resp_ok(call->reply);
    } else if (slice_is(call->argv[2], "off")) {
        s->flags |= SESSION_REPLY_OFF;
    } else if (slice_is(call->argv[2], "skip")) {
        if (!(s->flags & SESSION_REPLY_OFF)) s->flags |= SESSION_REPLY_SKIP_NEXT;
    } else {
        resp_error(call->reply, ERR_SYNTAX);
    }
}

static void set_switch(struct call *call, uint32_t flag) {
    if (slice_is(call->argv[2], "on"))
        call->session->flags |= flag;
    else if (slice_is(call->argv[2], "off"))
        call->session->flags &= ~flag;
    else {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    resp_ok(call->reply);
}

void cmd_client_no_evict(struct call *call) {
    set_switch(call, SESSION_NO_EVICT);
}

void cmd_client_no_touch(struct call *call) {
    set_switch(call, SESSION_NO_TOUCH);
}

/* --- INFO, LIST --- */

/* Kinds as they are asked for. */
enum { KIND_ANY = -1, KIND_UNKNOWN = CLIENT_KINDS };

static int kind_by_name(struct slice name) {
    if (slice_is(name, "normal")) return KIND_NORMAL;
    if (slice_is(name, "slave") || slice_is(name, "replica")) return KIND_REPLICA;
    if (slice_is(name, "pubsub")) return KIND_PUBSUB;
    if (slice_is(name, "master")) return KIND_PRIMARY;
    return KIND_UNKNOWN;
}

static void note_argv(struct call *call, bool on) {
    size_t bytes = 0;
    for (int i = 0; i < call->argc && on; i++)
        bytes += call->argv[i].len;
    client_of(call->session)->argv_bytes = (uint32_t)bytes;
}

static void add_line(const struct client *c, struct buf *out) {
    client_describe(c, out);
    buf_append_char(out, '\n');
}

static void reply_text(struct call *call, struct buf *text) {
    resp_verbatim(call->reply, text->ptr ? text->ptr : "", text->len, "txt");
    buf_deinit(text);
}

void cmd_client_info(struct call *call) {
    struct buf text = {0};
    note_argv(call, true);
    add_line(client_of(call->session), &text);
    note_argv(call, false);
    reply_text(call, &text);
}

static struct client *client_by_id(const struct net *net, int64_t id) {
    LIST_FOR(it, tmp, &net->clients) {
        struct client *c = LIST_OWNER(it, struct client, all);
        if ((int64_t)c->session.id == id) return c;
    }
    return NULL;
}

static bool list_by_ids(struct call *call, struct buf *text) {
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!num_parse_int64(call->argv[i].ptr, call->argv[i].len, &id)) {
            resp_error(call->reply, "ERR Invalid client ID");
            return false;
        }
        const struct client *c = client_by_id(call->module, id);
        if (c) add_line(c, text);
    }
    return true;
}

void cmd_client_list(struct call *call) {
    const struct net *net = call->module;
    int kind = KIND_ANY;
    struct buf text = {0};
    if (call->argc == 4 && slice_is(call->argv[2], "type")) {
        kind = kind_by_name(call->argv[3]);
        if (kind == KIND_UNKNOWN) {
            resp_errorf(call->reply, "ERR Unknown client type '%.*s'", (int)call->argv[3].len,
                        call->argv[3].ptr);
            return;
        }
    } else if (call->argc > 3 && slice_is(call->argv[2], "id")) {
        note_argv(call, true);
        if (list_by_ids(call, &text)) {
            reply_text(call, &text);
        } else {
            buf_deinit(&text);
        }
        note_argv(call, false);
        return;
    } else if (call->argc != 2) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    note_argv(call, true);
    LIST_FOR(it, tmp, &net->clients) {
        const struct client *c = LIST_OWNER(it, struct client, all);
        if (c->session.flags & SESSION_CLOSE_NOW) continue;
        if (kind == KIND_ANY || kind == (int)client_kind(c)) add_line(c, &text);
    }
    note_argv(call, false);
    reply_text(call, &text);
}

/* --- UNBLOCK --- */

void cmd_client_unblock(struct call *call) {
    struct net *net = call->module;
    if (call->argc > 4) {
        call_error_subcommand(call);
        return;
    }
    bool with_error = call->argc == 4 && slice_is(call->argv[3], "error");
    if (call->argc == 4 && !with_error && !slice_is(call->argv[3], "timeout")) {
        resp_error(call->reply, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    int64_t id;
    if (!call_int64(call, 2, &id)) return;
    struct client *c = client_by_id(net, id);
    resp_int(call->reply, c && exec_unblock(net->exec, &c->session, with_error));
}

/* --- PAUSE, UNPAUSE --- */

void cmd_client_pause(struct call *call) {
    const struct net *net = call->module;
    if (call->argc > 4) {
        call_error_subcommand(call);
        return;
    }
    bool writes_only = call->argc == 4 && slice_is(call->argv[3], "write");
    if (call->argc == 4 && !writes_only && !slice_is(call->argv[3], "all")) {
        resp_error(call->reply, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    int64_t until_ms;
    if (!call_block_milliseconds(call, 2, &until_ms)) return;
    exec_pause(net->exec, !writes_only, until_ms ? until_ms : call->now_ms);
    resp_ok(call->reply);
}

void cmd_client_unpause(struct call *call) {
    const struct net *net = call->module;
    exec_unpause(net->exec);
    resp_ok(call->reply);
}

/* --- KILL --- */

struct kill_filter {
    const struct slice *addr, *laddr, *user;
    int64_t id, max_age_s; /* 0: any */
    int kind;
    bool skip_me;
};

static bool parse_kill_pair(struct call *call, int at, struct kill_filter *f) {
    struct slice word = call->argv[at], value = call->argv[at + 1];
    if (slice_is(word, "id")) {
        return call_int64_range(call, at + 1, 1, INT64_MAX, &f->id, "ERR client-id should be greater than 0");
    } else if (slice_is(word, "maxage")) {
        return call_int64_range(call, at + 1, 1, INT64_MAX, &f->max_age_s,
                                "ERR maxage is not an integer or out of range");
    } else if (slice_is(word, "type")) {
        f->kind = kind_by_name(value);
        if (f->kind != KIND_UNKNOWN) return true;
        resp_errorf(call->reply, "ERR Unknown client type '%.*s'", (int)value.len, value.ptr);
    } else if (slice_is(word, "addr")) {
        f->addr = &call->argv[at + 1];
        return true;
    } else if (slice_is(word, "laddr")) {
        f->laddr = &call->argv[at + 1];
        return true;
    } else if (slice_is(word, "user")) {
        f->user = &call->argv[at + 1];
        if (slice_eq(value, SLICE("default"))) return true;
        resp_errorf(call->reply, "ERR No such user '%.*s'", (int)value.len, value.ptr);
    } else if (slice_is(word, "skipme") && (slice_is(value, "yes") || slice_is(value, "no"))) {
        f->skip_me = slice_is(value, "yes");
        return true;
    } else {
        resp_error(call->reply, ERR_SYNTAX);
    }
    return false;
}

static bool has_addr(const struct client *c, bool peer, const struct slice *wanted) {
    char text[IO_ADDR_TEXT_MAX];
    return wanted == NULL || slice_eq(slice_of(client_addr(c, peer, text)), *wanted);
}

static bool is_meant(const struct client *c, const struct kill_filter *f) {
    const struct session *s = &c->session;
    if (s->flags & SESSION_CLOSE_NOW) return false;
    if (f->id && (int64_t)s->id != f->id) return false;
    if (f->kind != KIND_ANY && (int)client_kind(c) != f->kind) return false;
    if (f->user && (s->flags & SESSION_NEEDS_AUTH)) return false;
    if (f->max_age_s && (net_now_ms(c->net) - c->created_ms) / 1000 < f->max_age_s) return false;
    return has_addr(c, true, f->addr) && has_addr(c, false, f->laddr);
}

/* Who kills itself still gets the reply. */
static size_t kill_clients(struct call *call, const struct kill_filter *f) {
    const struct net *net = call->module;
    size_t killed = 0;
    LIST_FOR(it, tmp, &net->clients) {
        struct client *c = LIST_OWNER(it, struct client, all);
        if (!is_meant(c, f) || (f->skip_me && &c->session == call->session)) continue;
        if (&c->session == call->session)
            c->session.flags |= SESSION_CLOSE_AFTER_REPLY;
        else
            client_close_soon(c, NULL);
        killed++;
    }
    return killed;
}

void cmd_client_kill(struct call *call) {
    struct kill_filter f = {.kind = KIND_ANY, .skip_me = true};
    if (call->argc == 3) { /* the old form: an address, oneself included */
        f.skip_me = false;
        f.addr = &call->argv[2];
        if (kill_clients(call, &f))
            resp_ok(call->reply);
        else
            resp_error(call->reply, "ERR No such client");
        return;
    }
    if (call->argc % 2) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    for (int i = 2; i < call->argc; i += 2)
        if (!parse_kill_pair(call, i, &f)) return;
    resp_int(call->reply, (int64_t)kill_clients(call, &f));
}
