/* Counters. A string that is an integer is stored as one, so INCR is a lookup and an addition in place.
 *
 * INCRBYFLOAT counts in long double and stores text; its journal record is the result, since another machine
 * may add differently. */
#include "commands/command_ids.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"
#include <math.h>

static void add(struct call *call, int64_t delta) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STRING, &ref)) return;
    struct entry *e = key_entry(&ref);
    int64_t value = 0;
    if (e && !string_int64(e, &value)) {
        resp_error(call->reply, ERR_NOT_INT);
        return;
    }
    if (__builtin_add_overflow(value, delta, &value)) {
        resp_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }

    if (likely(e != NULL))
        key_moved(&ref, string_assign_int(e, value));
    else
        key_store(call, &ref, string_create_int(ref.name, value, ENTRY_NO_DEADLINE));
    key_changed(call, &ref, NOTIFY_STRING, "incrby");

    resp_int(call->reply, value);
}

static void cmd_incr(struct call *call) {
    add(call, 1);
}

static void cmd_decr(struct call *call) {
    add(call, -1);
}

static void cmd_incrby(struct call *call) {
    int64_t delta;
    if (call_int64(call, 2, &delta)) add(call, delta);
}

static void cmd_decrby(struct call *call) {
    int64_t delta;
    if (!call_int64(call, 2, &delta)) return;
    if (delta == INT64_MIN)
        resp_error(call->reply, "ERR decrement would overflow");
    else
        add(call, -delta);
}

static void cmd_incrbyfloat(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STRING, &ref)) return;
    struct entry *e = key_entry(&ref);
    char scratch[STRING_VIEW_CHARS];
    struct slice old = e ? string_view(e, scratch) : SLICE("0");
    long double value, delta;
    if (!num_parse_long_double(old.ptr, old.len, &value)) {
        resp_error(call->reply, ERR_NOT_FLOAT);
        return;
    }
    if (!call_long_double(call, 2, &delta)) return;
    value += delta;
    if (isnan(value) || isinf(value)) {
        resp_error(call->reply, "ERR increment would produce NaN or Infinity");
        return;
    }

    char digits[NUM_LONG_DOUBLE_CHARS_MAX];
    struct slice text = {digits, num_format_long_double(digits, value)};
    if (e)
        key_moved(&ref, string_assign_bytes(e, text));
    else
        key_store(call, &ref, string_create_bytes(ref.name, text, ENTRY_NO_DEADLINE));
    key_changed(call, &ref, NOTIFY_STRING, "incrbyfloat");
    unit_journal(call, (struct slice[]){SLICE("SET"), ref.name, text, SLICE("KEEPTTL")}, 4);

    resp_bulk_slice(call->reply, text);
}

const struct command_binding string_number_bindings[] = {
    {CMD_INCR, cmd_incr},
    {CMD_DECR, cmd_decr},
    {CMD_INCRBY, cmd_incrby},
    {CMD_DECRBY, cmd_decrby},
    {CMD_INCRBYFLOAT, cmd_incrbyfloat},
    COMMAND_BINDINGS_END,
};
