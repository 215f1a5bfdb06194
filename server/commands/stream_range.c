/* XRANGE and XREVRANGE: the entries from one id to another.
 *
 * A count of 0 is answered with null, as Redis does, and not with nothing. */
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"

static void range(struct call *call, bool reverse) {
    struct stream_id start, end;
    if (!stream_start_arg(call, reverse ? 3 : 2, &start) || !stream_end_arg(call, reverse ? 2 : 3, &end))
        return;
    int64_t count = -1;
    for (int i = 4; i < call->argc; i += 2) {
        if (i + 1 == call->argc || !slice_is(call->argv[i], "count")) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
        if (!call_int64(call, i + 1, &count)) return;
        if (count < 0) count = 0;
    }
    const struct stream *s;
    if (!stream_read_arg(call, 1, &s)) return;

    if (s == NULL) {
        resp_array(call->reply, 0);
    } else if (count == 0) {
        resp_null_array(call->reply);
    } else {
        struct stream_range r;
        stream_range_begin(&r, s, start, end, reverse);
        if (stream_range_next(&r))
            stream_answer_range(call->reply, &r, count < 0 ? 0 : (uint64_t)count);
        else
            resp_array(call->reply, 0);
    }
}

static void cmd_xrange(struct call *call) {
    range(call, false);
}

static void cmd_xrevrange(struct call *call) {
    range(call, true);
}

const struct command_binding stream_range_bindings[] = {
    {CMD_XRANGE, cmd_xrange},
    {CMD_XREVRANGE, cmd_xrevrange},
    COMMAND_BINDINGS_END,
};
