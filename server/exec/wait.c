/* WAIT and WAITAOF, as long as no journal is kept and nobody replicates it: no write is ever acknowledged by
 * anybody else, so who asks for acknowledgements waits until the timeout. */
#include "server/exec/exec_int.h"
#include "server/keyspace/block.h"

static void reply_wait(struct resp_writer *reply) {
    resp_int(reply, 0);
}

static void cmd_wait(struct call *call) {
    int64_t replicas, until_ms;
    if (!call_int64(call, 1, &replicas) || !call_block_milliseconds(call, 2, &until_ms)) return;
    if (replicas <= 0)
        reply_wait(call->reply);
    else
        call_block(call, &(struct block){.until_ms = until_ms, .timed_out = reply_wait});
}

static void reply_waitaof(struct resp_writer *reply) {
    resp_array(reply, 2);
    resp_int(reply, 0);
    resp_int(reply, 0);
}

static void cmd_waitaof(struct call *call) {
    int64_t local, replicas, until_ms;
    if (!call_int64_range(call, 1, 0, 1, &local, NULL) ||
        !call_int64_range(call, 2, 0, INT64_MAX, &replicas, "ERR value is out of range, must be positive") ||
        !call_block_milliseconds(call, 3, &until_ms))
        return;
    if (local) {
        resp_error(call->reply,
                   "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        return;
    }
    if (replicas == 0)
        reply_waitaof(call->reply);
    else
        call_block(call, &(struct block){.until_ms = until_ms, .timed_out = reply_waitaof});
}

const struct command_binding wait_bindings[] = {
    {CMD_WAIT, cmd_wait},
    {CMD_WAITAOF, cmd_waitaof},
    COMMAND_BINDINGS_END,
};
