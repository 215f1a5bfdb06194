/* Who a client is: AUTH, HELLO, RESET, by `requirepass`.
 *
 * There is one user, "default". Without a password it may do everything and needs not say who it is; with
 * one, a session has SESSION_NEEDS_AUTH until it has named it. */
#include "server/keyspace/call.h"
#include "server/net/net_int.h"
#include <string.h>

#define WRONGPASS "WRONGPASS invalid username-password pair or user is disabled."
#define NO_PASSWORD                                                                                          \
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your "    \
    "configuration is correct?"

bool net_password_needed(const struct net *net) {
    return net->conf.requirepass.len > 0;
}

/* Takes as long for any guess of the same length: the time must not tell how much of it was right. */
static bool same_secret(struct slice guess, const struct net_secret *secret) {
    unsigned char differs = guess.len != secret->len;
    for (size_t i = 0; i < guess.len; i++)
        differs |= (unsigned char)(guess.ptr[i] ^ secret->bytes[i % secret->len]);
    return !differs;
}

/* False: refused, and replied. */
static bool authenticate(struct call *call, struct slice user, struct slice password) {
    struct net *net = call->module;
    bool known = slice_eq(user, SLICE("default"));
    if (known && (!net_password_needed(net) || same_secret(password, &net->conf.requirepass))) {
        call->session->flags &= ~(uint32_t)SESSION_NEEDS_AUTH;
        return true;
    }
    net->stats.auth_denied++;
    resp_error(call->reply, WRONGPASS);
    return false;
}

void cmd_auth(struct call *call) {
    struct net *net = call->module;
    if (call->argc > 3) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    if (call->argc == 2 && !net_password_needed(net)) {
        resp_error(call->reply, NO_PASSWORD);
        return;
    }
    struct slice user = call->argc == 3 ? call->argv[1] : SLICE("default");
    if (authenticate(call, user, call->argv[call->argc - 1])) resp_ok(call->reply);
}

/* --- HELLO --- */

static void reply_hello(struct call *call) {
    struct net *net = call->module;
    struct resp_writer *w = call->reply;
    resp_map(w, 7);
    resp_bulk_cstr(w, "server");
    resp_bulk_cstr(w, "redis");
    resp_bulk_cstr(w, "version");
    resp_bulk_cstr(w, net->parts.redis_version);
    resp_bulk_cstr(w, "proto");
    resp_int(w, w->proto);
    resp_bulk_cstr(w, "id");
    resp_int(w, (int64_t)call->session->id);
    resp_bulk_cstr(w, "mode");
    resp_bulk_cstr(w, net->keyspace->conf.slotted ? "cluster" : "standalone");
    resp_bulk_cstr(w, "role");
    resp_bulk_cstr(w, net->parts.role ? net->parts.role(net->parts.role_owner) : "master");
    resp_bulk_cstr(w, "modules");
    resp_array(w, 0);
}

struct hello {
    const struct slice *user, *password, *name;
};

static bool parse_hello(struct call *call, struct hello *hello) {
    for (int i = 2; i < call->argc; i++) {
        int left = call->argc - 1 - i;
        if (slice_is(call->argv[i], "auth") && left >= 2) {
            hello->user = &call->argv[i + 1];
            hello->password = &call->argv[i + 2];
            i += 2;
        } else if (slice_is(call->argv[i], "setname") && left >= 1) {
            hello->name = &call->argv[++i];
            if (!client_name_ok(call, *hello->name,
                                "ERR Client names cannot contain spaces, newlines or special characters."))
                return false;
        } else {
            resp_errorf(call->reply, "ERR Syntax error in HELLO option '%.*s'", (int)call->argv[i].len,
                        call->argv[i].ptr);
            return false;
        }
    }
    return true;
}

void cmd_hello(struct call *call) {
    struct session *s = call->session;
    int64_t proto = 0;
    struct hello hello = {0};
    if (call->argc > 1) {
        if (!call_int64_msg(call, 1, &proto, "ERR Protocol version is not an integer or out of range"))
            return;
        if (proto < 2 || proto > 3) {
            resp_error(call->reply, "NOPROTO unsupported protocol version");
            return;
        }
        if (!parse_hello(call, &hello)) return;
    }
    if (hello.user && !authenticate(call, *hello.user, *hello.password)) return;
    if (s->flags & SESSION_NEEDS_AUTH) {
        resp_error(call->reply,
                   "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                   "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
                   "RESP protocol version at the same time");
        return;
    }
    if (hello.name) {
        struct client *c = client_of(s);
        client_set_name(&client_names_of(c)->name, *hello.name);
    }
    if (proto) s->reply.proto = call->reply->proto = (uint8_t)proto;
    reply_hello(call);
}

/* --- RESET --- */

/* The connection becomes as it was when it was new. */
void cmd_reset(struct call *call) {
    struct net *net = call->module;
    struct session *s = call->session;
    struct client *c = client_of(s);
    if (s->flags & SESSION_REPLICA) {
        resp_error(call->reply, "ERR can only reset normal client connections");
        return;
    }
    exec_session_discard(net->exec, s);
    pubsub_session_gone(net->parts.pubsub, s);
    s->flags &= ~(uint32_t)(SESSION_MONITOR | SESSION_REPLY_OFF | SESSION_REPLY_SKIP_NEXT |
                            SESSION_REPLY_SKIP | SESSION_NO_EVICT | SESSION_NO_TOUCH | SESSION_READONLY);
    if (net_password_needed(net)) s->flags |= SESSION_NEEDS_AUTH;
    s->db = keyspace_database(net->keyspace, 0);
    s->db_index = 0;
    s->reply.proto = 2;
    if (c->names) client_set_name(&c->names->name, (struct slice){0});
    resp_simple(call->reply, "RESET");
}
