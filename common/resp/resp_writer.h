/* Writes RESP2 and RESP3 replies into a chain of chunks.
 *
 * A writer belongs to one consumer (a connection, a script, a test). Chunks come from a pool that the
 * consumer's thread shares and go back when their bytes were sent, so an idle connection holds none:
 *
 *      first                               last
 *     ┌───────┐   ┌───────┐   ┌────────────────────┐
 *     │ bytes │──►│ bytes │──►│ bytes │ pos … end  │
 *     └───────┘   └───────┘   └────────────────────┘
 *
 * The caller says what a value is (a map, a double, a null); the writer knows how either protocol shows it.
 */
#ifndef TORC_RESP_WRITER_H
#define TORC_RESP_WRITER_H

#include "common/base/slice.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct resp_chunk {
    struct resp_chunk *next;
    uint32_t len; /* bytes in use; valid for the last chunk only after resp_writer_seal */
    uint32_t cap;
    char bytes[];
};

/* Chunks kept for reuse by one thread; the pool outlives the writers that use it. Small ones begin every
 * chain, so that the short replies of a thousand connections stay in the cache; large ones go on. */
struct resp_pool {
    struct resp_chunk *small, *large;
    uint32_t small_count, large_count;
    struct resp_chunk *dying; /* long chains that were given back, freed step by step */
    size_t fresh_bytes;       /* memory of new chunks; the loop sets it to 0 each turn */
};
void resp_pool_init(struct resp_pool *pool);
void resp_pool_deinit(struct resp_pool *pool);
/* Frees up to `budget` chunks of long chains that were given back; true while there are more. The loop calls
 * it each turn: thirteen thousand chunks (a reply of 200 MB that nobody read) take 15 ms to free. */
bool resp_pool_step(struct resp_pool *pool, unsigned budget);

struct resp_writer {
    char *pos, *end; /* free room of `last`; both NULL while there is no chunk */
    struct resp_chunk *first, *last;
    size_t sealed_bytes; /* bytes in all chunks but `last` */
    size_t chunk_bytes;  /* memory of all chunks */
    struct resp_pool *pool;
    uint8_t proto;        /* 2 or 3 */
    uint32_t error_count; /* error replies written since init: dispatch compares it around a command */
    char error_code[16];  /* first word of the latest error ("WRONGTYPE"), terminated, for errorstats */
};

void resp_writer_init(struct resp_writer *w,
                      struct resp_pool *pool);  /* pool is borrowed; proto starts as 2 */
void resp_writer_deinit(struct resp_writer *w); /* gives all chunks back */

/* Memory that a chunk takes. */
static inline size_t resp_chunk_memory(const struct resp_chunk *chunk) {
    return sizeof(*chunk) + chunk->cap;
}

/* Bytes written and not yet taken. */
static inline size_t resp_writer_bytes(const struct resp_writer *w) {
    return w->sealed_bytes + (w->last ? (size_t)(w->pos - w->last->bytes) : 0);
}

/* A place in the output to come back to. Valid until bytes before it are taken. */
struct resp_mark {
    struct resp_chunk *chunk;
    size_t offset, sealed_bytes, chunk_bytes;
};
struct resp_mark resp_mark(const struct resp_writer *w);
void resp_truncate(struct resp_writer *w, struct resp_mark mark); /* forgets all that was written after it */

/* Hands the whole chain to the caller (who gives the chunks to resp_chunks_return) and leaves the writer
 * empty. */
struct resp_chunk *resp_writer_take(struct resp_writer *w);
/* Takes the chain back; what is long is left to resp_pool_step. */
void resp_chunks_return(struct resp_pool *pool, struct resp_chunk *chain);
/* Fills `parts` (at most `max`) with the chunks from `chain` on, for io_stream_send; returns how many.
 * `*bytes` is their total and `*rest` the first chunk that found no place, or NULL. */
unsigned resp_chunks_parts(struct resp_chunk *chain, struct iovec *parts, unsigned max, size_t *bytes,
                           struct resp_chunk **rest);
/* Moves all that `from` holds behind what `to` holds. */
void resp_writer_splice(struct resp_writer *to, struct resp_writer *from);

/* --- plain values --- */
void resp_simple(struct resp_writer *w, const char *text); /* +text */
/* "-text": text begins with its code ("ERR …", "WRONGTYPE …"); line breaks become spaces. */
void resp_error(struct resp_writer *w, const char *text);
void resp_errorf(struct resp_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void resp_error_slice(struct resp_writer *w, struct slice text);
void resp_int(struct resp_writer *w, int64_t value);
void resp_bulk(struct resp_writer *w, const void *bytes, size_t len);
void resp_bulk_slice(struct resp_writer *w, struct slice s);
void resp_bulk_cstr(struct resp_writer *w, const char *text);
void resp_bulk_int(struct resp_writer *w, int64_t value); /* decimal as a bulk string */
void resp_bulkf(struct resp_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void resp_raw(struct resp_writer *w, const void *bytes, size_t len); /* ready-made RESP */

/* More room: at least `len` contiguous bytes at w->pos. For the inline writers below. */
void resp_writer_grow(struct resp_writer *w, size_t len);

static inline void resp_ok(struct resp_writer *w) { /* +OK, the commonest reply of all */
    if (__builtin_expect(w->end - w->pos < 5, 0)) resp_writer_grow(w, 5);
    memcpy(w->pos, "+OK\r\n", 5);
    w->pos += 5;
}

/* Room for a bulk of `len` bytes that the caller fills in before the next call on the writer. */
char *resp_bulk_reserve(struct resp_writer *w, size_t len);

/* --- values that differ between the protocols --- */
void resp_null(struct resp_writer *w);                 /* $-1 | _ */
void resp_null_array(struct resp_writer *w);           /* *-1 | _ */
void resp_bool(struct resp_writer *w, bool value);     /* :1 | #t */
void resp_double(struct resp_writer *w, double value); /* bulk | ,  shortest text that reads back */
void resp_human_long_double(struct resp_writer *w, long double value);       /* bulk | , %.17Lf trimmed */
void resp_big_number(struct resp_writer *w, const char *digits, size_t len); /* bulk | ( */
void resp_verbatim(struct resp_writer *w, const char *bytes, size_t len, const char format[3]); /* bulk | = */

/* --- aggregates: a header, then the caller writes the elements --- */
void resp_array(struct resp_writer *w, size_t count);
void resp_map(struct resp_writer *w, size_t pairs);       /* array of twice as many | % */
void resp_set(struct resp_writer *w, size_t count);       /* array | ~ */
void resp_push(struct resp_writer *w, size_t count);      /* array | > */
void resp_attribute(struct resp_writer *w, size_t pairs); /* RESP3 only: the caller asks proto first */

/* An aggregate whose count is known only afterwards: room for the header is left, and closed up when it is
 * filled. Deferred headers may nest; fill them innermost first. Marks taken between the two calls die with
 * the second. */
enum resp_kind { RESP_ARRAY, RESP_MAP, RESP_SET, RESP_PUSH };
struct resp_deferred {
    struct resp_chunk *chunk;
    size_t offset; /* of the room in chunk->bytes */
};
struct resp_deferred resp_deferred(struct resp_writer *w);
void resp_deferred_fill(struct resp_writer *w, struct resp_deferred d, enum resp_kind kind, size_t count);

#endif
