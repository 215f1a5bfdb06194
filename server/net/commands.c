/* Small commands of a connection, and the table of all that net binds. */
#include "commands/command_ids.h"
#include "server/keyspace/call.h"
#include "server/net/net_int.h"

/* RESP2 subscribers get an array, which they cannot take for a message. */
static void cmd_ping(struct call *call) {
    if (call->argc > 2) {
        call_error_arity(call);
        return;
    }
    if ((call->session->flags & SESSION_SUBSCRIBED) && call->session->reply.proto == 2) {
        resp_array(call->reply, 2);
        resp_bulk_cstr(call->reply, "pong");
        resp_bulk_slice(call->reply, call->argc == 2 ? call->argv[1] : SLICE(""));
    } else if (call->argc == 2) {
        resp_bulk_slice(call->reply, call->argv[1]);
    } else {
        resp_simple(call->reply, "PONG");
    }
}

static void cmd_echo(struct call *call) {
    resp_bulk_slice(call->reply, call->argv[1]);
}

static void cmd_select(struct call *call) {
    int64_t index;
    if (!call_int64_range(call, 1, INT32_MIN, INT32_MAX, &index, NULL)) return;
    struct database *db = keyspace_database(call->keyspace, index);
    if (db == NULL) {
        resp_error(call->reply, "ERR DB index is out of range");
        return;
    }
    call->session->db = call->db = db;
    call->session->db_index = (int32_t)index;
    resp_ok(call->reply);
}

static void cmd_quit(struct call *call) {
    resp_ok(call->reply);
    call->session->flags |= SESSION_CLOSE_AFTER_REPLY;
}

const struct command_binding net_bindings[] = {
    {CMD_PING, cmd_ping},
    {CMD_ECHO, cmd_echo},
    {CMD_SELECT, cmd_select},
    {CMD_QUIT, cmd_quit},
    {CMD_AUTH, cmd_auth},
    {CMD_HELLO, cmd_hello},
    {CMD_RESET, cmd_reset},
    {CMD_CLIENT_ID, cmd_client_id},
    {CMD_CLIENT_INFO, cmd_client_info},
    {CMD_CLIENT_LIST, cmd_client_list},
    {CMD_CLIENT_KILL, cmd_client_kill},
    {CMD_CLIENT_UNBLOCK, cmd_client_unblock},
    {CMD_CLIENT_PAUSE, cmd_client_pause},
    {CMD_CLIENT_UNPAUSE, cmd_client_unpause},
    {CMD_CLIENT_SETNAME, cmd_client_setname},
    {CMD_CLIENT_GETNAME, cmd_client_getname},
    {CMD_CLIENT_SETINFO, cmd_client_setinfo},
    {CMD_CLIENT_REPLY, cmd_client_reply},
    {CMD_CLIENT_NO_EVICT, cmd_client_no_evict},
    {CMD_CLIENT_NO_TOUCH, cmd_client_no_touch},
    {CMD_CLIENT_HELP, cmd_client_help},
    COMMAND_BINDINGS_END,
};
