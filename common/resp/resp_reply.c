/* Replies, cut and read.
 *
 * resp_scan needs no stack: what matters for the end of a reply is only how many values are still to come. A
 * value takes one off, an aggregate of n puts n on (a map 2n), an attribute puts its pairs on and is no value
 * itself.
 *
 *     *2  :1  %1  +a  +b          values_left: 1 → 2 → 1 → 2 → 1 → 0
 */
#include "common/resp/resp_reply.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include <stdio.h>

#define VALUES_MAX (UINT64_C(1) << 40) /* more are promised by no honest reply */

static enum resp_result fail(struct resp_scan *s, const char *what) {
    snprintf(s->error, sizeof s->error, "Protocol error: %s", what);
    return RESP_ERR;
}

/* Elements behind one header: how many values of the reply are inside of it. */
static int values_per_element(char type) {
    return type == '%' || type == '|' ? 2 : 1;
}

/* Takes the header line in s->line (type and number, no line end). */
static enum resp_result take_line(struct resp_scan *s) {
    char type = s->line[0];
    int64_t n = 0;
    switch (type) {
    case '$':
    case '=':
    case '!':
        if (!num_parse_int64(s->line + 1, s->line_len - 1, &n) || n < -1)
            return fail(s, "invalid bulk length");
        if (n >= 0) s->payload_left = (uint64_t)n + 2;
        break;
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
        if (!num_parse_int64(s->line + 1, s->line_len - 1, &n) || n < -1)
            return fail(s, "invalid multibulk length");
        if (n > 0) {
            if ((uint64_t)n > VALUES_MAX || s->values_left > VALUES_MAX)
                return fail(s, "invalid multibulk length");
            s->values_left += (uint64_t)n * (uint64_t)values_per_element(type);
        }
        if (type == '|') s->values_left++; /* undone below: an attribute is no value */
        break;
    case ':':
        if (!num_parse_int64(s->line + 1, s->line_len - 1, &n)) return fail(s, "invalid integer");
        break;
    case '#':
        if (s->line_len != 2 || (s->line[1] != 't' && s->line[1] != 'f')) return fail(s, "invalid boolean");
        break;
    case '_':
        if (s->line_len != 1) return fail(s, "invalid null");
        break;
    default: return fail(s, "unknown reply type");
    }
    s->values_left--;
    return RESP_OK;
}

static bool is_text_type(char c) {
    return c == '+' || c == '-' || c == ',' || c == '(';
}

enum resp_result resp_scan(struct resp_scan *s, const char *bytes, size_t len, size_t *consumed) {
    const char *at = bytes, *end = bytes + len;
    bool begun = s->values_left || s->payload_left || s->line_len || s->is_text;
    while (at < end) {
        if (!begun) {
            begun = true;
            s->values_left = 1;
            s->type = *at;
        }
        if (s->payload_left) {
            uint64_t here = (uint64_t)(end - at) < s->payload_left ? (uint64_t)(end - at) : s->payload_left;
            s->payload_left -= here;
            at += here;
        } else {
            const char *found = memchr(at, '\n', (size_t)(end - at));
            const char *stop = found ? found : end;
            if (!s->is_text && s->line_len == 0 && is_text_type(*at)) s->is_text = true;
            if (!s->is_text) {
                size_t more = (size_t)(stop - at);
                if (s->line_len + more > sizeof s->line) {
                    *consumed = (size_t)(at - bytes);
                    return fail(s, "too big count string");
                }
                memcpy(s->line + s->line_len, at, more);
                s->line_len += (uint32_t)more;
            }
            at = found ? found + 1 : end;
            if (!found) continue;
            if (s->is_text) {
                s->is_text = false;
                s->values_left--;
            } else {
                enum resp_result result = RESP_ERR;
                if (s->line_len >= 2 && s->line[s->line_len - 1] == '\r') {
                    s->line_len--;
                    result = take_line(s);
                } else {
                    fail(s, "line without carriage return");
                }
                s->line_len = 0;
                if (result != RESP_OK) {
                    *consumed = (size_t)(at - bytes);
                    return result;
                }
            }
        }
        if (s->values_left == 0 && s->payload_left == 0) {
            *consumed = (size_t)(at - bytes);
            return RESP_OK;
        }
    }
    *consumed = len;
    return RESP_MORE;
}

bool resp_token_next(const char **at, const char *end, struct resp_token *out) {
    const char *line = *at;
    const char *stop = line < end ? memchr(line, '\r', (size_t)(end - line)) : NULL;
    if (!stop || end - stop < 2 || stop == line) return false;
    *out = (struct resp_token){.type = *line, .text = {line + 1, (size_t)(stop - line - 1)}};
    const char *behind = stop + 2;
    switch (out->type) {
    case '+':
    case '-':
    case ',':
    case '(': break;
    case ':':
        if (!num_parse_int64(out->text.ptr, out->text.len, &out->count)) return false;
        break;
    case '#': out->count = out->text.len == 1 && out->text.ptr[0] == 't'; break;
    case '_': out->null = true; break;
    case '$':
    case '=':
    case '!': {
        int64_t n;
        if (!num_parse_int64(out->text.ptr, out->text.len, &n) || n < -1) return false;
        out->null = n < 0;
        out->text = (struct slice){behind, out->null ? 0 : (size_t)n};
        if (out->null) break;
        if ((size_t)(end - behind) < (size_t)n + 2) return false;
        behind += n + 2;
        if (out->type == '=') {
            if (n < 4) return false;
            out->text.ptr += 4;
            out->text.len -= 4;
        }
        break;
    }
    case '*':
    case '~':
    case '>':
    case '%':
    case '|':
        if (!num_parse_int64(out->text.ptr, out->text.len, &out->count) || out->count < -1 ||
            out->count > (int64_t)VALUES_MAX)
            return false;
        out->null = out->count < 0;
        out->count = out->null ? 0 : out->count * values_per_element(out->type);
        out->text = (struct slice){behind, 0};
        break;
    default: return false;
    }
    *at = behind;
    return true;
}

bool resp_value_skip(const char **at, const char *end) {
    struct resp_token token;
    uint64_t left = 1;
    while (left) {
        if (!resp_token_next(at, end, &token)) return false;
        bool aggregate = token.type != ':' && token.type != '#' && token.count > 0;
        if (aggregate) left += (uint64_t)token.count;
        if (token.type != '|') left--;
        if (left > VALUES_MAX) return false;
    }
    return true;
}
