/* A growable byte string that doubles. One byte beyond cap is always there for the terminator that buf_cstr
 * writes, so the terminator never costs a growth of its own. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CAP_MIN 63 /* with the terminator's byte, one 64-byte class */

void buf_deinit(struct buf *b) {
    mem_free(b->ptr);
    *b = (struct buf){0};
}

void buf_reserve(struct buf *b, size_t more) {
    if (b->ptr != NULL && more <= b->cap - b->len) return;
    must(more < SIZE_MAX / 4 - b->len);
    size_t cap = b->cap * 2 > b->len + more ? b->cap * 2 : b->len + more;
    if (cap < CAP_MIN) cap = CAP_MIN;
    b->ptr = mem_realloc(b->ptr, cap + 1);
    b->cap = cap;
}

void buf_append(struct buf *b, const void *bytes, size_t len) {
    buf_reserve(b, len);
    if (len) memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
}

void buf_append_slice(struct buf *b, struct slice s) {
    buf_append(b, s.ptr, s.len);
}

void buf_append_str(struct buf *b, const char *text) {
    buf_append(b, text, strlen(text));
}

void buf_append_char(struct buf *b, char c) {
    buf_reserve(b, 1);
    b->ptr[b->len++] = c;
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args) {
    buf_reserve(b, 1);
    va_list again;
    va_copy(again, args);
    size_t room = b->cap - b->len + 1; /* the terminator's byte counts for vsnprintf */
    int len = vsnprintf(b->ptr + b->len, room, fmt, args);
    must(len >= 0);
    if ((size_t)len >= room) {
        buf_reserve(b, (size_t)len);
        vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    b->len += (size_t)len;
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_vprintf(b, fmt, args);
    va_end(args);
}

void buf_append_quoted(struct buf *b, const void *bytes, size_t len) {
    static const char plain[] = "\n\r\t\a\b\\\"", letter[] = "nrtab\\\"";
    const unsigned char *at = bytes;
    buf_reserve(b, len + 2);
    buf_append_char(b, '"');
    for (size_t i = 0; i < len; i++) {
        const char *special = at[i] ? strchr(plain, at[i]) : NULL;
        if (special) {
            char escape[2] = {'\\', letter[special - plain]};
            buf_append(b, escape, 2);
        } else if (at[i] >= 0x20 && at[i] < 0x7f) {
            buf_append_char(b, (char)at[i]);
        } else {
            buf_printf(b, "\\x%02x", at[i]);
        }
    }
    buf_append_char(b, '"');
}

void buf_clear(struct buf *b) {
    b->len = 0;
}

const char *buf_cstr(struct buf *b) {
    if (b->ptr == NULL) return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}
