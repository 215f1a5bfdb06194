/* What concerns the connection is the proxy's: who the client is, its database and protocol. So is what
 * describes commands, which is the same declaration that the servers read. */
#include "proxy/local.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/version.h"
#include "common/commands/describe.h"
#include "proxy/client_command.h"
#include "proxy/info.h"
#include "proxy/monitor.h"
#include "proxy/subscriptions.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"
#include <stdio.h>

typedef void local_handler(struct local_call *call);

void local_fail(struct local_call *call, const char *text) {
    resp_error(call->reply ? call->reply : client_reply_begin(call->client), text);
    if (call->reply == NULL) client_reply_end(call->client);
}

/* --- connection --- */

static void local_ping(struct local_call *call) {
    if (call->argc > 2)
        resp_error(call->reply, "ERR wrong number of arguments for 'ping' command");
    else if (subscriptions_bind(call->client)) {
        resp_array(call->reply, 2);
        resp_bulk_cstr(call->reply, "pong");
        resp_bulk_slice(call->reply, call->argc > 1 ? call->argv[1] : SLICE(""));
    } else if (call->argc == 1)
        resp_simple(call->reply, "PONG");
    else
        resp_bulk_slice(call->reply, call->argv[1]);
}

static void local_echo(struct local_call *call) {
    resp_bulk_slice(call->reply, call->argv[1]);
}

static void local_quit(struct local_call *call) {
    resp_ok(call->reply);
    client_close(call->client, true);
}

static void local_select(struct local_call *call) {
    int64_t db;
    if (!num_parse_int64(call->argv[1].ptr, call->argv[1].len, &db)) {
        resp_error(call->reply, "ERR value is not an integer or out of range");
    } else if (db < 0 || db >= call->client->worker->conf->databases) {
        resp_error(call->reply, "ERR DB index is out of range");
    } else {
        call->client->db = (int)db;
        resp_ok(call->reply);
    }
}

static void set_word(char **word, struct slice value) {
    mem_free(*word);
    *word = value.len ? mem_strndup(value.ptr, value.len) : NULL;
}

static bool name_ok(struct local_call *call, struct slice name, const char *error) {
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < '!' || name.ptr[i] > '~') {
            resp_error(call->reply, error);
            return false;
        }
    return true;
}

#define NAME_ERROR "ERR Client names cannot contain spaces, newlines or special characters."

/* The time that it takes does not tell how much of it was right. */
static bool same_secret(struct slice given, const char *secret) {
    size_t len = strlen(secret);
    unsigned differs = given.len != len;
    for (size_t i = 0; i < given.len; i++)
        differs |= (unsigned char)given.ptr[i] ^ (unsigned char)secret[len ? i % len : 0];
    return differs == 0;
}

static bool authenticate(struct local_call *call, struct slice user, struct slice password) {
    struct client *c = call->client;
    const char *secret = c->worker->conf->requirepass;
    if (slice_eq(user, SLICE("default")) && (secret == NULL || same_secret(password, secret))) {
        c->flags &= ~(uint32_t)CLIENT_NEEDS_AUTH;
        c->parser.trusted = true;
        return true;
    }
    resp_error(call->reply, "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

static void local_auth(struct local_call *call) {
    if (call->argc > 3) {
        resp_error(call->reply, "ERR syntax error");
        return;
    }
    if (call->argc == 2 && call->client->worker->conf->requirepass == NULL) {
        resp_error(
            call->reply,
            "ERR AUTH <password> called without any password configured for the default user. Are you sure "
            "your configuration is correct?");
        return;
    }
    struct slice user = call->argc == 3 ? call->argv[1] : SLICE("default");
    if (authenticate(call, user, call->argv[call->argc - 1])) resp_ok(call->reply);
}

static void reply_hello(struct local_call *call) {
    struct resp_writer *w = call->reply;
    resp_map(w, 7);
    resp_bulk_cstr(w, "server");
    resp_bulk_cstr(w, "redis");
    resp_bulk_cstr(w, "version");
    resp_bulk_cstr(w, REDIS_VERSION);
    resp_bulk_cstr(w, "proto");
    resp_int(w, w->proto);
    resp_bulk_cstr(w, "id");
    resp_int(w, (int64_t)call->client->id);
    resp_bulk_cstr(w, "mode");
    resp_bulk_cstr(w, "standalone");
    resp_bulk_cstr(w, "role");
    resp_bulk_cstr(w, "master");
    resp_bulk_cstr(w, "modules");
    resp_array(w, 0);
}

/* HELLO [protover [AUTH user password] [SETNAME name]] */
static void local_hello(struct local_call *call) {
    struct client *c = call->client;
    int64_t proto = c->out.writer.proto;
    const struct slice *argv = call->argv;
    struct slice name = {NULL, 0};
    bool named = false;
    if (call->argc > 1 && !num_parse_int64(argv[1].ptr, argv[1].len, &proto)) {
        resp_error(call->reply, "ERR Protocol version is not an integer or out of range");
        return;
    }
    if (proto < 2 || proto > 3) {
        resp_error(call->reply, "NOPROTO unsupported protocol version");
        return;
    }
    for (int i = 2; i < call->argc; i++) {
        if (slice_is(argv[i], "AUTH") && i + 2 < call->argc) {
            if (!authenticate(call, argv[i + 1], argv[i + 2])) return;
            i += 2;
        } else if (slice_is(argv[i], "SETNAME") && i + 1 < call->argc) {
            name = argv[++i];
            named = true;
            if (!name_ok(call, name, NAME_ERROR)) return;
        } else {
            resp_errorf(call->reply, "ERR Syntax error in HELLO option '%.*s'", (int)argv[i].len,
                        argv[i].ptr);
            return;
        }
    }
    if (c->flags & CLIENT_NEEDS_AUTH) {
        resp_error(call->reply,
                   "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                   "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
                   "select the RESP protocol version at the same time");
        return;
    }
    if (named) set_word(&c->name, name);
    c->out.writer.proto = call->reply->proto = (uint8_t)proto;
    reply_hello(call);
}

static void local_reset(struct local_call *call) {
    struct client *c = call->client;
    transaction_drop(c);
    subscriptions_drop(c);
    c->db = 0;
    c->out.writer.proto = call->reply->proto = 2;
    c->flags &= ~(uint32_t)(CLIENT_READONLY | CLIENT_READWRITE);
    if (c->worker->conf->requirepass) {
        c->flags |= CLIENT_NEEDS_AUTH;
        c->parser.trusted = false;
    }
    c->flags &= ~(uint32_t)(CLIENT_MUTE | CLIENT_SKIPS | CLIENT_NO_EVICT | CLIENT_NO_TOUCH);
    monitor_leave(c);
    set_word(&c->name, SLICE(""));
    resp_simple(call->reply, "RESET");
}

static void local_readonly(struct local_call *call) {
    call->client->flags = (call->client->flags & ~(uint32_t)CLIENT_READWRITE) | CLIENT_READONLY;
    resp_ok(call->reply);
}
static void local_readwrite(struct local_call *call) {
    call->client->flags = (call->client->flags & ~(uint32_t)CLIENT_READONLY) | CLIENT_READWRITE;
    resp_ok(call->reply);
}

/* --- CLIENT --- */

static void local_client_id(struct local_call *call) {
    resp_int(call->reply, (int64_t)call->client->id);
}

static void local_client_getname(struct local_call *call) {
    if (call->client->name)
        resp_bulk_cstr(call->reply, call->client->name);
    else
        resp_null(call->reply);
}

static void local_client_setname(struct local_call *call) {
    if (!name_ok(call, call->argv[2], NAME_ERROR)) return;
    set_word(&call->client->name, call->argv[2]);
    resp_ok(call->reply);
}

static void local_client_setinfo(struct local_call *call) {
    static const char *const words[] = {"lib-name", "lib-ver"};
    for (unsigned i = 0; i < 2; i++) {
        if (!slice_is(call->argv[2], words[i])) continue;
        char error[96];
        snprintf(error, sizeof(error), "ERR %s cannot contain spaces, newlines or special characters.",
                 words[i]);
        if (!name_ok(call, call->argv[3], error)) return;
        set_word(i ? &call->client->lib_ver : &call->client->lib_name, call->argv[3]);
        resp_ok(call->reply);
        return;
    }
    resp_errorf(call->reply, "ERR Unrecognized option '%.*s'", (int)call->argv[2].len, call->argv[2].ptr);
}

/* --- what is the same everywhere --- */

static void local_time(struct local_call *call) {
    int64_t now_us = io_wall_us(call->client->worker->io);
    resp_array(call->reply, 2);
    resp_bulk_int(call->reply, now_us / 1000000);
    resp_bulk_int(call->reply, now_us % 1000000);
}

static void local_command(struct local_call *call) {
    describe_commands(call->reply, NULL);
}
static void local_command_count(struct local_call *call) {
    describe_count(call->reply, NULL);
}
static void local_command_info(struct local_call *call) {
    describe_info(call->reply, NULL, call->argv + 2, call->argc - 2);
}
static void local_command_docs(struct local_call *call) {
    describe_docs(call->reply, NULL, call->argv + 2, call->argc - 2);
}
static void local_command_list(struct local_call *call) {
    describe_list(call->reply, NULL, call->argv + 2, call->argc - 2);
}
static void local_command_getkeys(struct local_call *call) {
    describe_getkeys(call->reply, NULL, call->argv + 2, call->argc - 2);
}
static void local_command_getkeysandflags(struct local_call *call) {
    describe_getkeysandflags(call->reply, NULL, call->argv + 2, call->argc - 2);
}

static void local_help(struct local_call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(call->spec->parent));
}

/* To clients the proxy is one server. */
static void local_cluster_info(struct local_call *call) {
    resp_error(call->reply, "ERR This instance has cluster support disabled");
}

static void local_cluster_keyslot(struct local_call *call) {
    resp_int(call->reply, slots_of_key(call->argv[2]));
}

static void local_lolwut(struct local_call *call) {
    static const char text[] = "Torc proxy ver. " TORC_VERSION "\n";
    resp_verbatim(call->reply, text, sizeof(text) - 1, "txt");
}

static void append_text(void *out, const char *text) {
    buf_append_str(out, text);
}

static void local_memory_malloc_stats(struct local_call *call) {
    struct buf text = {0};
    mem_allocator_report(append_text, &text);
    resp_verbatim(call->reply, buf_cstr(&text), text.len, "txt");
    buf_deinit(&text);
}

/* Of the proxy's process; a server tells its own. */
static void local_memory_stats(struct local_call *call) {
    struct mem_allocator_stats stats;
    mem_allocator_stats(&stats);
    const struct {
        const char *name;
        size_t value;
    } rows[] = {{"total.allocated", stats.allocated},
                {"allocator.allocated", stats.allocated},
                {"allocator.active", stats.active},
                {"allocator.resident", stats.resident}};
    resp_map(call->reply, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        resp_bulk_cstr(call->reply, rows[i].name);
        resp_int(call->reply, (int64_t)rows[i].value);
    }
}

static void local_role(struct local_call *call) {
    resp_array(call->reply, 3);
    resp_bulk_cstr(call->reply, "master");
    resp_int(call->reply, 0);
    resp_array(call->reply, 0);
}

/* --- the table --- */

enum {
    WAITS = 1,  /* see local_waits */
    DEFERS = 2, /* replies by a request of its own, or not at all: `reply` is NULL */
};

static const struct local_entry {
    uint16_t id;
    uint8_t flags;
    local_handler *run;
} entries[] = {
    {CMD_PING, 0, local_ping},
    {CMD_ECHO, 0, local_echo},
    {CMD_QUIT, 0, local_quit},
    {CMD_SELECT, WAITS, local_select},
    {CMD_AUTH, WAITS, local_auth},
    {CMD_HELLO, WAITS, local_hello},
    {CMD_RESET, WAITS, local_reset},
    {CMD_READONLY, WAITS, local_readonly},
    {CMD_READWRITE, WAITS, local_readwrite},
    {CMD_CLIENT_ID, 0, local_client_id},
    {CMD_CLIENT_GETNAME, 0, local_client_getname},
    {CMD_CLIENT_SETNAME, 0, local_client_setname},
    {CMD_CLIENT_SETINFO, 0, local_client_setinfo},
    {CMD_TIME, 0, local_time},
    {CMD_COMMAND, 0, local_command},
    {CMD_COMMAND_COUNT, 0, local_command_count},
    {CMD_COMMAND_INFO, 0, local_command_info},
    {CMD_COMMAND_DOCS, 0, local_command_docs},
    {CMD_COMMAND_LIST, 0, local_command_list},
    {CMD_COMMAND_GETKEYS, 0, local_command_getkeys},
    {CMD_COMMAND_GETKEYSANDFLAGS, 0, local_command_getkeysandflags},
    {CMD_CLUSTER_KEYSLOT, 0, local_cluster_keyslot},
    {CMD_CLUSTER_INFO, 0, local_cluster_info},
    {CMD_INFO, DEFERS, proxy_info},
    {CMD_LATENCY_HISTOGRAM, DEFERS, proxy_latency_histogram},
    {CMD_LOLWUT, 0, local_lolwut},
    {CMD_MEMORY_MALLOC_STATS, 0, local_memory_malloc_stats},
    {CMD_MEMORY_STATS, 0, local_memory_stats},
    {CMD_CLIENT_INFO, 0, client_command_info},
    {CMD_CLIENT_LIST, DEFERS, client_command_list},
    {CMD_CLIENT_KILL, DEFERS, client_command_kill},
    {CMD_CLIENT_PAUSE, DEFERS, client_command_pause},
    {CMD_CLIENT_UNPAUSE, DEFERS, client_command_pause},
    {CMD_CLIENT_UNBLOCK, DEFERS, client_command_unblock},
    {CMD_CLIENT_REPLY, DEFERS, client_command_reply},
    {CMD_CLIENT_NO_EVICT, 0, client_command_switch},
    {CMD_CLIENT_NO_TOUCH, 0, client_command_switch},
    {CMD_ROLE, 0, local_role},
};

static const struct local_entry *find(const struct command_spec *spec) {
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        if (entries[i].id == spec->id) return &entries[i];
    return NULL;
}

bool local_waits(const struct command_spec *spec) {
    const struct local_entry *entry = find(spec);
    return entry && entry->flags & WAITS;
}

static bool is_help(const struct command_spec *spec) {
    size_t len = strlen(spec->name);
    return spec->parent != COMMAND_NO_PARENT && len > 5 && strcmp(spec->name + len - 5, "|help") == 0;
}

void local_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc) {
    const struct local_entry *entry = find(spec);
    struct local_call call = {c, spec, argv, argc, NULL};
    c->worker->stats.local++;
    if (entry && entry->flags & DEFERS) {
        entry->run(&call);
        return;
    }
    c->worker->commands[spec->id].calls++;
    call.reply = client_reply_begin(c);
    if (entry)
        entry->run(&call);
    else if (is_help(spec))
        local_help(&call);
    else
        resp_errorf(call.reply, "ERR '%s' is known to Torc but not built yet", spec->name);
    client_reply_end(c);
}
