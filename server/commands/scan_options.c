/* Cursors are numbers as strtoul reads them: clients only hand back what they got, but Redis takes a sign and
 * an empty text as well, and stops at a zero byte, and so do we. */
#include "server/commands/scan_options.h"
#include "common/base/glob.h"
#include "common/base/num.h"
#include "server/keyspace/keys.h"
#include <string.h>

#define COUNT_DEFAULT 10

static bool parse_unsigned(struct slice text, uint64_t *out) {
    text.len = strnlen(text.ptr, text.len);
    if (text.len == 0) {
        *out = 0;
        return true;
    }
    bool negative = text.ptr[0] == '-';
    uint64_t value = 0;
    size_t i = negative || text.ptr[0] == '+';
    if (i == text.len) return false;
    for (; i < text.len; i++) {
        unsigned digit = (unsigned char)text.ptr[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = negative ? -value : value;
    return true;
}

bool scan_parse_cursor(struct call *call, int arg, uint64_t *cursor) {
    if (parse_unsigned(call->argv[arg], cursor)) return true;
    resp_error(call->reply, "ERR invalid cursor");
    return false;
}

bool scan_parse_options(struct call *call, int arg, bool with_type, struct scan_options *out) {
    *out = (struct scan_options){.count = COUNT_DEFAULT};
    for (; arg < call->argc; arg += 2) {
        struct slice name = call->argv[arg];
        bool has_value = arg + 1 < call->argc;
        int64_t count;
        if (has_value && slice_is(name, "count")) {
            if (!call_int64(call, arg + 1, &count)) return false;
            if (count < 1) {
                resp_error(call->reply, ERR_SYNTAX);
                return false;
            }
            out->count = (size_t)count;
        } else if (has_value && slice_is(name, "match")) {
            out->pattern = call->argv[arg + 1];
            /* a lone star is no filter */
            if (slice_eq(out->pattern, SLICE("*"))) out->pattern = (struct slice){NULL, 0};
        } else if (has_value && with_type && slice_is(name, "type")) {
            out->type = call->argv[arg + 1];
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

bool scan_matches(const struct scan_options *options, struct slice text) {
    return options->pattern.ptr == NULL ||
           glob_match(options->pattern.ptr, options->pattern.len, text.ptr, text.len, false);
}

void scan_answer_cursor(struct call *call, uint64_t cursor) {
    char digits[NUM_INT64_CHARS_MAX];
    resp_array(call->reply, 2);
    resp_bulk(call->reply, digits, num_format_uint64(digits, cursor));
}

bool scan_begin(struct call *call, enum value_type type, const struct entry **e, uint64_t *cursor,
                struct scan_options *options) {
    if (!scan_parse_cursor(call, 2, cursor) || !key_read_typed(call, 1, type, e)) return false;
    if (*e) return scan_parse_options(call, 3, false, options);
    /* like Redis, an absent key is answered before the options are looked at */
    scan_answer_cursor(call, 0);
    resp_array(call->reply, 0);
    return false;
}
