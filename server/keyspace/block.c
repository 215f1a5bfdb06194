/* See block.h: the handlers' side of blocking. */
#include "server/keyspace/block.h"
#include "common/base/num.h"
#include "server/keyspace/waiting.h"
#include <math.h>

void block_reply_timeout(struct session *s, const struct block *block) {
    if (block->timed_out)
        block->timed_out(block->owner, s);
    else if (block->null_array)
        resp_null_array(&s->reply);
    else
        resp_null(&s->reply);
}

/* A session that is tried again still has its waits: it parks with its place in the queues, and with the
 * deadline that it had. */
void call_block(struct call *call, const struct block *block) {
    if (call->flags & (CALL_IN_EXEC | CALL_REPLAYED)) {
        block_reply_timeout(call->session, block);
        return;
    }
    if (call->session->blocked == NULL)
        waiting_begin(call, block);
    else
        call->session->flags |= SESSION_BLOCKED;
    call->flags |= CALL_BLOCKED;
}

/* --- timeouts --- */

/* `ms` from now on; 0: never. */
static bool deadline(struct call *call, int64_t ms, int64_t *until_ms) {
    if (ms < 0) {
        resp_error(call->reply, "ERR timeout is negative");
        return false;
    }
    if (ms > INT64_MAX - call->now_ms) {
        resp_error(call->reply, "ERR timeout is out of range");
        return false;
    }
    *until_ms = ms ? call->now_ms + ms : 0;
    return true;
}

bool call_block_seconds(struct call *call, int arg, int64_t *until_ms) {
    long double seconds;
    if (!num_parse_long_double(call->argv[arg].ptr, call->argv[arg].len, &seconds)) {
        resp_error(call->reply, "ERR timeout is not a float or out of range");
        return false;
    }
    long double ms = ceill(seconds * 1000);
    if (ms > (long double)INT64_MAX) {
        resp_error(call->reply, "ERR timeout is out of range");
        return false;
    }
    return deadline(call, ms < 0 ? -1 : (int64_t)ms, until_ms);
}

bool call_block_milliseconds(struct call *call, int arg, int64_t *until_ms) {
    int64_t ms;
    return call_int64_msg(call, arg, &ms, "ERR timeout is not an integer or out of range") &&
           deadline(call, ms, until_ms);
}
