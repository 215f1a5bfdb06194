/* Errors come in the order of the arguments: a wrong count is told before what follows it. */
#include "server/commands/mpop.h"

static bool syntax_error(struct call *call) {
    resp_error(call->reply, ERR_SYNTAX);
    return false;
}

bool mpop_parse(struct call *call, int arg, const char *first_end, const char *second_end, struct mpop *out) {
    int64_t keys;
    if (!call_int64_range(call, arg, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0"))
        return false;
    if (keys > call->argc - arg - 2) return syntax_error(call);
    out->first = arg + 1;
    out->keys = (int)keys;
    arg = out->first + out->keys;
    out->second_end = slice_is(call->argv[arg], second_end);
    if (!out->second_end && !slice_is(call->argv[arg], first_end)) return syntax_error(call);
    out->count = 0;
    for (arg++; arg < call->argc; arg++) {
        if (out->count != 0 || !slice_is(call->argv[arg], "count") || arg + 1 == call->argc)
            return syntax_error(call);
        if (!call_int64_range(call, ++arg, 1, INT64_MAX, &out->count, "ERR count should be greater than 0"))
            return false;
    }
    if (out->count == 0) out->count = 1;
    return true;
}
