/* See draw.h. */
#include "server/commands/draw.h"

bool draw_parse(struct call *call, const char *word, struct draw *out) {
    *out = (struct draw){.single = call->argc == 2, .count = 1};
    if (out->single) return true;
    int64_t count;
    if (word == NULL && call->argc > 3) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    if (!call_int64_range(call, 2, -INT64_MAX, INT64_MAX, &count, NULL)) return false;
    out->with = word && call->argc == 4 && slice_is(call->argv[3], word);
    if (call->argc > 4 || (call->argc == 4 && !out->with)) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    if (out->with && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
        resp_error(call->reply, "ERR value is out of range");
        return false;
    }
    out->repeat = count < 0;
    out->count = out->repeat ? (size_t)-count : (size_t)count;
    return true;
}
