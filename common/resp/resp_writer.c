/* Replies, from values to bytes.
 *
 * Writing is a bump of `pos` within the last chunk; only when the room ends does anything else happen. Chunks
 * come in two sizes. The first of a chain is small: most turns answer a connection in a few hundred bytes,
 * and a thousand connections with 16 KiB each would sweep the caches. What does not fit goes on in large
 * chunks, and a single value larger than that gets a chunk of its own size, so that it lies in one piece for
 * the send.
 *
 *     chain of GET small, GET small, GET 100 KiB:
 *     [ 1 KiB: $3..abc..$5..hello..$102400.. | first part of the value ] ─► [ own size: the rest .. ]
 *
 * Lengths of all chunks but the last are final ("sealed"); the last one's is `pos`, written down by
 * seal_last. */
#include "common/resp/resp_writer.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include <stdarg.h>
#include <stdio.h>

#define CHUNK_SMALL_CAP ((uint32_t)(1024 - sizeof(struct resp_chunk)))
#define CHUNK_LARGE_CAP ((uint32_t)(16 * 1024 - sizeof(struct resp_chunk)))
#define POOL_SMALL_MAX  1024 /* kept for reuse: 1 MiB of each size */
#define POOL_LARGE_MAX  64
#define RETURN_MAX      64 /* chunks of a chain that are given back at once */
#define HEADER_MAX      24 /* type, 20 digits, line end */

/* --- chunks and their pool --- */

void resp_pool_init(struct resp_pool *pool) {
    *pool = (struct resp_pool){0};
}

static void free_list(struct resp_chunk *chunk) {
    while (chunk) {
        struct resp_chunk *next = chunk->next;
        mem_free_sized(chunk, sizeof *chunk + chunk->cap);
        chunk = next;
    }
}

void resp_pool_deinit(struct resp_pool *pool) {
    free_list(pool->small);
    free_list(pool->large);
    resp_pool_step(pool, UINT32_MAX);
    *pool = (struct resp_pool){0};
}

static struct resp_chunk *chunk_take(struct resp_pool *pool, size_t room, bool first) {
    struct resp_chunk *chunk;
    if (first && room <= CHUNK_SMALL_CAP && pool->small) {
        chunk = pool->small;
        pool->small = chunk->next;
        pool->small_count--;
    } else if (room <= CHUNK_LARGE_CAP && !(first && room <= CHUNK_SMALL_CAP) && pool->large) {
        chunk = pool->large;
        pool->large = chunk->next;
        pool->large_count--;
    } else {
        size_t cap = first && room <= CHUNK_SMALL_CAP ? CHUNK_SMALL_CAP : CHUNK_LARGE_CAP;
        if (room > cap) cap = mem_good_size(sizeof *chunk + room) - sizeof *chunk;
        todo_graceful(cap <= UINT32_MAX);
        chunk = mem_alloc(sizeof *chunk + cap);
        chunk->cap = (uint32_t)cap;
        pool->fresh_bytes += resp_chunk_memory(chunk);
    }
    chunk->next = NULL;
    chunk->len = 0;
    return chunk;
}

static inline void chunk_return(struct resp_pool *pool, struct resp_chunk *chunk) {
    if (chunk->cap == CHUNK_SMALL_CAP && pool->small_count < POOL_SMALL_MAX) {
        chunk->next = pool->small;
        pool->small = chunk;
        pool->small_count++;
    } else if (chunk->cap == CHUNK_LARGE_CAP && pool->large_count < POOL_LARGE_MAX) {
        chunk->next = pool->large;
        pool->large = chunk;
        pool->large_count++;
    } else {
        mem_free_sized(chunk, sizeof *chunk + chunk->cap);
    }
}

void resp_chunks_return(struct resp_pool *pool, struct resp_chunk *chain) {
    for (unsigned n = 0; chain && n < RETURN_MAX; n++) {
        struct resp_chunk *next = chain->next;
        chunk_return(pool, chain);
        chain = next;
    }
    if (unlikely(chain != NULL)) {
        memcpy(chain->bytes, &pool->dying, sizeof pool->dying);
        pool->dying = chain;
    }
}

/* The first chunk of each dying chain carries the address of the next dying chain as its bytes. */
bool resp_pool_step(struct resp_pool *pool, unsigned budget) {
    for (; pool->dying && budget > 0; budget--) {
        struct resp_chunk *chunk = pool->dying, *next = chunk->next, *others;
        memcpy(&others, chunk->bytes, sizeof others);
        if (next) memcpy(next->bytes, &others, sizeof others);
        pool->dying = next ? next : others;
        mem_free_sized(chunk, sizeof *chunk + chunk->cap);
    }
    return pool->dying != NULL;
}

unsigned resp_chunks_parts(struct resp_chunk *chain, struct iovec *parts, unsigned max, size_t *bytes,
                           struct resp_chunk **rest) {
    unsigned count = 0;
    size_t total = 0;
    for (; chain && count < max; chain = chain->next) {
        if (chain->len == 0) continue;
        parts[count++] = (struct iovec){chain->bytes, chain->len};
        total += chain->len;
    }
    *bytes = total;
    *rest = chain;
    return count;
}

/* --- the writer --- */

void resp_writer_init(struct resp_writer *w, struct resp_pool *pool) {
    *w = (struct resp_writer){.pool = pool, .proto = 2};
}

void resp_writer_deinit(struct resp_writer *w) {
    resp_chunks_return(w->pool, w->first);
    *w = (struct resp_writer){.pool = w->pool, .proto = w->proto};
}

static void seal_last(struct resp_writer *w) {
    if (w->last) w->last->len = (uint32_t)(w->pos - w->last->bytes);
}

static void make_empty(struct resp_writer *w) {
    w->pos = w->end = NULL;
    w->first = w->last = NULL;
    w->sealed_bytes = w->chunk_bytes = 0;
}

__attribute__((noinline)) void resp_writer_grow(struct resp_writer *w, size_t len) {
    struct resp_chunk *chunk = chunk_take(w->pool, len, w->last == NULL);
    if (w->last) {
        seal_last(w);
        w->sealed_bytes += w->last->len;
        w->last->next = chunk;
    } else {
        w->first = chunk;
    }
    w->last = chunk;
    w->chunk_bytes += resp_chunk_memory(chunk);
    w->pos = chunk->bytes;
    w->end = chunk->bytes + chunk->cap;
}

static inline char *ensure(struct resp_writer *w, size_t len) {
    if (unlikely((size_t)(w->end - w->pos) < len)) resp_writer_grow(w, len);
    return w->pos;
}

struct resp_mark resp_mark(const struct resp_writer *w) {
    return (struct resp_mark){w->last, w->last ? (size_t)(w->pos - w->last->bytes) : 0, w->sealed_bytes,
                              w->chunk_bytes};
}

void resp_truncate(struct resp_writer *w, struct resp_mark mark) {
    if (!mark.chunk) {
        resp_chunks_return(w->pool, w->first);
        make_empty(w);
        return;
    }
    resp_chunks_return(w->pool, mark.chunk->next);
    mark.chunk->next = NULL;
    w->last = mark.chunk;
    w->pos = mark.chunk->bytes + mark.offset;
    w->end = mark.chunk->bytes + mark.chunk->cap;
    w->sealed_bytes = mark.sealed_bytes;
    w->chunk_bytes = mark.chunk_bytes;
}

struct resp_chunk *resp_writer_take(struct resp_writer *w) {
    struct resp_chunk *chain = w->first;
    seal_last(w);
    make_empty(w);
    return chain;
}

void resp_writer_splice(struct resp_writer *to, struct resp_writer *from) {
    if (!from->first) return;
    if (to->last) {
        seal_last(to);
        to->last->next = from->first;
        to->sealed_bytes += to->last->len + from->sealed_bytes;
    } else {
        to->first = from->first;
        to->sealed_bytes = from->sealed_bytes;
    }
    to->chunk_bytes += from->chunk_bytes;
    to->last = from->last;
    to->pos = from->pos;
    to->end = from->end;
    make_empty(from);
}

/* --- bytes and numbers --- */

static inline char *put_line_end(char *at) {
    at[0] = '\r';
    at[1] = '\n';
    return at + 2;
}

/* `room` bytes are there. Counts and lengths are mostly of one to three digits. */
static inline char *put_header(char *at, char type, uint64_t n) {
    *at++ = type;
    if (n < 10) {
        *at++ = (char)('0' + n);
    } else if (n < 100) {
        *at++ = (char)('0' + n / 10);
        *at++ = (char)('0' + n % 10);
    } else {
        at += num_format_uint64(at, n);
    }
    return put_line_end(at);
}

void resp_raw(struct resp_writer *w, const void *bytes, size_t len) {
    const char *from = bytes;
    size_t room = (size_t)(w->end - w->pos);
    if (unlikely(room < len)) {
        if (room) {
            memcpy(w->pos, from, room);
            w->pos += room;
            from += room;
            len -= room;
        }
        resp_writer_grow(w, len);
    }
    if (len == 0) return;
    memcpy(w->pos, from, len);
    w->pos += len;
}

static void put_count(struct resp_writer *w, char type, uint64_t n) {
    w->pos = put_header(ensure(w, HEADER_MAX), type, n);
}

/* A line of text that must not break the framing. */
static void put_text_line(struct resp_writer *w, char type, const char *text, size_t len) {
    char *at = ensure(w, len + 3);
    *at++ = type;
    for (size_t i = 0; i < len; i++)
        at[i] = text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
    w->pos = put_line_end(at + len);
}

void resp_simple(struct resp_writer *w, const char *text) {
    put_text_line(w, '+', text, strlen(text));
}

void resp_error_slice(struct resp_writer *w, struct slice text) {
    /* Redis drops line breaks at the end and blanks the others. */
    while (text.len && (text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n'))
        text.len--;
    size_t code = 0;
    while (code < text.len && code < sizeof w->error_code - 1 && text.ptr[code] != ' ')
        code++;
    memcpy(w->error_code, text.ptr, code);
    w->error_code[code] = '\0';
    w->error_count++;
    put_text_line(w, '-', text.ptr, text.len);
}

void resp_error(struct resp_writer *w, const char *text) {
    resp_error_slice(w, slice_of(text));
}

static size_t format(char *small, size_t cap, char **out, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, cap, fmt, args);
    must(len >= 0);
    *out = small;
    if ((size_t)len >= cap) {
        *out = mem_alloc((size_t)len + 1);
        vsnprintf(*out, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    return (size_t)len;
}

void resp_errorf(struct resp_writer *w, const char *fmt, ...) {
    char small[512], *text;
    va_list args;
    va_start(args, fmt);
    size_t len = format(small, sizeof small, &text, fmt, args);
    va_end(args);
    resp_error_slice(w, (struct slice){text, len});
    if (text != small) mem_free(text);
}

void resp_int(struct resp_writer *w, int64_t value) {
    char *at = ensure(w, HEADER_MAX);
    *at++ = ':';
    if ((uint64_t)value < 10)
        *at++ = (char)('0' + value);
    else
        at += num_format_int64(at, value);
    w->pos = put_line_end(at);
}

void resp_bulk(struct resp_writer *w, const void *bytes, size_t len) {
    if (likely(len <= 4096 || (size_t)(w->end - w->pos) >= len + HEADER_MAX + 2)) {
        char *at = put_header(ensure(w, len + HEADER_MAX + 2), '$', len);
        if (len) memcpy(at, bytes, len);
        w->pos = put_line_end(at + len);
        return;
    }
    put_count(w, '$', len);
    resp_raw(w, bytes, len);
    resp_raw(w, "\r\n", 2);
}

char *resp_bulk_reserve(struct resp_writer *w, size_t len) {
    char *at = put_header(ensure(w, len + HEADER_MAX + 2), '$', len);
    w->pos = put_line_end(at + len);
    return at;
}

void resp_bulk_slice(struct resp_writer *w, struct slice s) {
    resp_bulk(w, s.ptr, s.len);
}
void resp_bulk_cstr(struct resp_writer *w, const char *text) {
    resp_bulk(w, text, strlen(text));
}

void resp_bulk_int(struct resp_writer *w, int64_t value) {
    char digits[NUM_INT64_CHARS_MAX];
    resp_bulk(w, digits, num_format_int64(digits, value));
}

void resp_bulkf(struct resp_writer *w, const char *fmt, ...) {
    char small[512], *text;
    va_list args;
    va_start(args, fmt);
    size_t len = format(small, sizeof small, &text, fmt, args);
    va_end(args);
    resp_bulk(w, text, len);
    if (text != small) mem_free(text);
}

/* --- values that differ between the protocols --- */

static void put_literal(struct resp_writer *w, struct slice two, struct slice three) {
    struct slice s = w->proto == 3 ? three : two;
    memcpy(ensure(w, s.len), s.ptr, s.len);
    w->pos += s.len;
}

void resp_null(struct resp_writer *w) {
    put_literal(w, SLICE("$-1\r\n"), SLICE("_\r\n"));
}
void resp_null_array(struct resp_writer *w) {
    put_literal(w, SLICE("*-1\r\n"), SLICE("_\r\n"));
}

void resp_bool(struct resp_writer *w, bool value) {
    if (value)
        put_literal(w, SLICE(":1\r\n"), SLICE("#t\r\n"));
    else
        put_literal(w, SLICE(":0\r\n"), SLICE("#f\r\n"));
}

/* Digits that RESP3 shows as a line of their own type and RESP2 as a bulk. */
static void put_digits(struct resp_writer *w, char type, const char *digits, size_t len) {
    if (w->proto == 3)
        put_text_line(w, type, digits, len);
    else
        resp_bulk(w, digits, len);
}

void resp_double(struct resp_writer *w, double value) {
    char digits[NUM_DOUBLE_CHARS_MAX];
    put_digits(w, ',', digits, num_format_double(digits, value));
}

void resp_human_long_double(struct resp_writer *w, long double value) {
    char digits[NUM_LONG_DOUBLE_CHARS_MAX];
    put_digits(w, ',', digits, num_format_long_double(digits, value));
}

void resp_big_number(struct resp_writer *w, const char *digits, size_t len) {
    put_digits(w, '(', digits, len);
}

void resp_verbatim(struct resp_writer *w, const char *bytes, size_t len, const char format_name[3]) {
    if (w->proto != 3) {
        resp_bulk(w, bytes, len);
        return;
    }
    put_count(w, '=', len + 4);
    resp_raw(w, format_name, 3);
    resp_raw(w, ":", 1);
    resp_raw(w, bytes, len);
    resp_raw(w, "\r\n", 2);
}

/* --- aggregates --- */

static char kind_type(const struct resp_writer *w, enum resp_kind kind) {
    static const char resp3[] = {[RESP_ARRAY] = '*', [RESP_MAP] = '%', [RESP_SET] = '~', [RESP_PUSH] = '>'};
    return w->proto == 3 ? resp3[kind] : '*';
}

/* RESP2 shows a map as an array of twice as many elements. */
static uint64_t kind_count(const struct resp_writer *w, enum resp_kind kind, size_t count) {
    return kind == RESP_MAP && w->proto != 3 ? (uint64_t)count * 2 : count;
}

static void put_aggregate(struct resp_writer *w, enum resp_kind kind, size_t count) {
    put_count(w, kind_type(w, kind), kind_count(w, kind, count));
}

void resp_array(struct resp_writer *w, size_t count) {
    put_count(w, '*', count);
}
void resp_map(struct resp_writer *w, size_t pairs) {
    put_aggregate(w, RESP_MAP, pairs);
}
void resp_set(struct resp_writer *w, size_t count) {
    put_aggregate(w, RESP_SET, count);
}
void resp_push(struct resp_writer *w, size_t count) {
    put_aggregate(w, RESP_PUSH, count);
}

void resp_attribute(struct resp_writer *w, size_t pairs) {
    must(w->proto == 3);
    put_count(w, '|', pairs);
}

struct resp_deferred resp_deferred(struct resp_writer *w) {
    char *at = ensure(w, HEADER_MAX);
    w->pos += HEADER_MAX;
    return (struct resp_deferred){w->last, (size_t)(at - w->last->bytes)};
}

void resp_deferred_fill(struct resp_writer *w, struct resp_deferred d, enum resp_kind kind, size_t count) {
    struct resp_chunk *chunk = d.chunk;
    char *room = chunk->bytes + d.offset, *behind = room + HEADER_MAX;
    bool is_last = chunk == w->last;
    char *chunk_end = is_last ? w->pos : chunk->bytes + chunk->len;
    must(chunk_end >= behind);
    char *header_end = put_header(room, kind_type(w, kind), kind_count(w, kind, count));
    memmove(header_end, behind, (size_t)(chunk_end - behind));
    size_t gap = (size_t)(behind - header_end);
    if (is_last) {
        w->pos -= gap;
    } else {
        chunk->len -= (uint32_t)gap;
        w->sealed_bytes -= gap;
    }
}
