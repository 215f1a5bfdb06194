/* A growable byte string. Zero-initialised is empty and valid; buf_deinit gives the memory back.
 * For texts that are built up (INFO, config lines, encoders), not for the reply path (resp_writer). */
#ifndef TORC_BASE_BUF_H
#define TORC_BASE_BUF_H

#include "common/base/slice.h"
#include <stdarg.h>
#include <stdint.h>

struct buf {
    char *ptr; /* owned; always room for a terminator once not NULL */
    size_t len, cap;
};

void buf_deinit(struct buf *b);
void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes beyond len */
void buf_append(struct buf *b, const void *bytes, size_t len);
void buf_append_slice(struct buf *b, struct slice s);
void buf_append_str(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list args);
/* Appends the bytes in double quotes, escaped as Redis prints them: \n \r \t \a \b \\ \" and \xHH. */
void buf_append_quoted(struct buf *b, const void *bytes, size_t len);
void buf_clear(struct buf *b);       /* keeps the memory */
const char *buf_cstr(struct buf *b); /* terminated; "" when empty; borrowed until the next change */
static inline struct slice buf_slice(const struct buf *b) {
    return (struct slice){b->ptr, b->len};
}

#endif
