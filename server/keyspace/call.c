/* Argument parsing and the errors that every command shares. */
#include "server/keyspace/call.h"
#include "common/base/num.h"
#include "common/commands/names.h"
#include <ctype.h>
#include <stdio.h>

bool call_int64_msg(struct call *call, int arg, int64_t *out, const char *error) {
    if (num_parse_int64(call->argv[arg].ptr, call->argv[arg].len, out)) return true;
    resp_error(call->reply, error);
    return false;
}

bool call_int64(struct call *call, int arg, int64_t *out) {
    return call_int64_msg(call, arg, out, ERR_NOT_INT);
}

bool call_int64_range(struct call *call, int arg, int64_t min, int64_t max, int64_t *out, const char *error) {
    if (!call_int64_msg(call, arg, out, error ? error : ERR_NOT_INT)) return false;
    if (*out >= min && *out <= max) return true;
    if (error)
        resp_error(call->reply, error);
    else
        resp_errorf(call->reply, "ERR value is out of range, value must between %lld and %lld",
                    (long long)min, (long long)max);
    return false;
}

bool call_double(struct call *call, int arg, double *out) {
    if (num_parse_double(call->argv[arg].ptr, call->argv[arg].len, out)) return true;
    resp_error(call->reply, ERR_NOT_FLOAT);
    return false;
}

bool call_long_double(struct call *call, int arg, long double *out) {
    if (num_parse_long_double(call->argv[arg].ptr, call->argv[arg].len, out)) return true;
    resp_error(call->reply, ERR_NOT_FLOAT);
    return false;
}

void call_error_arity(struct call *call) {
    resp_errorf(call->reply, "ERR wrong number of arguments for '%s' command", call->spec->name);
}

static void upper(char *out, size_t size, struct slice text) {
    size_t i = 0;
    for (; i < text.len && text.ptr[i] && i + 1 < size; i++)
        out[i] = (char)toupper((unsigned char)text.ptr[i]);
    out[i] = 0;
}

void call_error_subcommand(struct call *call) {
    char name[COMMAND_RENAMED_LEN_MAX + 1]; /* as the client called it */
    upper(name, sizeof(name), call->argv[0]);
    struct slice word = call->argv[1];
    int shown = word.len > 128 ? 128 : (int)word.len;
    resp_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try %s HELP.",
                shown, word.ptr, name);
}
