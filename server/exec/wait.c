/* WAIT, as long as nobody replicates: no write is ever acknowledged by anybody else, so who asks for
 * acknowledgements waits until the timeout. */
#include "server/exec/exec_int.h"
#include "server/keyspace/block.h"

static void reply_wait(void *owner, struct session *s) {
    resp_int(&s->reply, 0);
}

static void cmd_wait(struct call *call) {
    int64_t replicas, until_ms;
    if (!call_int64(call, 1, &replicas) || !call_block_milliseconds(call, 2, &until_ms)) return;
    if (replicas <= 0)
        reply_wait(NULL, call->session);
    else
        call_block(call, &(struct block){.until_ms = until_ms, .timed_out = reply_wait});
}

const struct command_binding wait_bindings[] = {
    {CMD_WAIT, cmd_wait},
    COMMAND_BINDINGS_END,
};
