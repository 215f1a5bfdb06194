/* RESP2 and RESP3, reduced to counting.
 *
 * A nested reply needs no stack: a counter of the elements still missing is enough. It starts at one, an
 * aggregate of k adds k, each finished element takes one away, and at zero the reply is complete:
 *
 *     *2\r\n :1\r\n *1\r\n $2\r\nab\r\n        pending 1 -> 1+2-1=2 -> 1 -> 1+1-1=1 -> 0
 *
 * Bulks are passed over by their length. Only a line that a buffer's end cuts is copied.
 */
#include "reply.h"

#include <string.h>

/* Reads the number of a header line; false when it is none. */
static bool line_number(const char *p, size_t n, int64_t *out) {
    int64_t v = 0;
    bool negative = n > 0 && p[0] == '-';
    size_t i = negative;
    if (i == n || n - i > 18) return false;
    for (; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return false;
        v = v * 10 + (p[i] - '0');
    }
    *out = negative ? -v : v;
    return true;
}

static void error_note(struct reply_counts *c, const char *line, size_t n) {
    if (c->errors++ == 0) {
        if (n > sizeof c->first_error - 1) n = sizeof c->first_error - 1;
        memcpy(c->first_error, line, n);
        c->first_error[n] = 0;
    }
}

/* Takes one whole line (without CR LF) at an element's start. False when it is not RESP. */
static bool line_take(struct reply_state *s, struct reply_counts *c, const char *line, size_t n) {
    int64_t v;
    if (n == 0) return false;
    char type = line[0];
    if (s->pending == 0) {
        s->pending = 1;
        c->by_type[type & 127]++;
    }
    switch (type) {
    case '+':
    case ':':
    case ',':
    case '#':
    case '(': s->pending--; return true;
    case '_':
        c->nulls++;
        s->pending--;
        return true;
    case '-':
        error_note(c, line, n);
        s->pending--;
        return true;
    case '$':
    case '=':
    case '!':
        if (!line_number(line + 1, n - 1, &v) || v < -1) return false;
        if (type == '!') error_note(c, "!blob error", 11);
        s->pending--;
        if (v < 0)
            c->nulls++;
        else
            s->skip = (uint64_t)v + 2;
        return true;
    case '*':
    case '~':
    case '>':
    case '%':
        if (!line_number(line + 1, n - 1, &v) || v < -1) return false;
        s->pending--;
        if (v < 0)
            c->nulls++;
        else
            s->pending += (uint64_t)v << (type == '%');
        return true;
    case '|': /* attributes stand before the element that they describe, and are none themselves */
        if (!line_number(line + 1, n - 1, &v) || v < 0) return false;
        s->pending += (uint64_t)v * 2;
        return true;
    default: return false;
    }
}

/* Appends a piece of a cut line to what is kept of it. */
static void line_keep(struct reply_state *s, const char *p, size_t n) {
    size_t room = sizeof s->line - s->line_len;
    if (n > room) {
        n = room;
        s->line_overflow = true;
    }
    memcpy(s->line + s->line_len, p, n);
    s->line_len += (uint32_t)n;
}

int reply_feed(struct reply_state *s, struct reply_counts *c, const char *bytes, size_t n) {
    const char *p = bytes, *end = bytes + n;
    int done = 0;
    c->bytes += n;
    while (p < end) {
        if (s->skip) {
            size_t step = (size_t)(end - p) < s->skip ? (size_t)(end - p) : (size_t)s->skip;
            p += step;
            s->skip -= step;
        } else {
            const char *lf = memchr(p, '\n', (size_t)(end - p));
            if (!lf) {
                line_keep(s, p, (size_t)(end - p));
                break;
            }
            const char *line = p;
            size_t len = (size_t)(lf - p) + 1;
            p = lf + 1;
            if (s->line_len || s->line_overflow) {
                line_keep(s, line, len);
                line = s->line;
                len = s->line_len;
            }
            /* A line too long to be kept lost its end; only statuses and errors may be that long. */
            if (s->line_overflow)
                len += 2;
            else if (len < 3 || line[len - 2] != '\r')
                return -1;
            s->line_len = 0;
            if (s->line_overflow && line[0] != '+' && line[0] != '-') return -1;
            s->line_overflow = false;
            if (!line_take(s, c, line, len - 2)) return -1;
        }
        if (s->pending == 0 && s->skip == 0) {
            done++;
            c->replies++;
        }
    }
    return done;
}
