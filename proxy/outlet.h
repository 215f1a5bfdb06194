/* What goes out on one connection: a chain of chunks between a writer and a stream.
 *
 *      done ─────────► sent ──────► given ─────────► written
 *      │ kept for repeats │ in flight │ waits for the send │ in the writer
 *
 * All four are positions in the connection's stream of bytes, counted from its start. Bytes are forgotten
 * once they are sent and, where the owner asks for that (`keeps`), done with: a request that was answered
 * with MOVED is read back by its position and sent to somebody else. */
#ifndef TORC_PROXY_OUTLET_H
#define TORC_PROXY_OUTLET_H

#include "common/base/buf.h"
#include "common/io/io_stream.h"
#include "common/resp/resp_writer.h"

struct outlet {
    struct resp_writer writer;
    struct resp_chunk *first, *last; /* from the byte `begin` on; owned */
    struct resp_chunk *unsent;       /* first chunk that was not given to the stream; NULL: none */
    uint64_t begin, end;             /* of the chain */
    uint64_t sent, done;
    bool keeps;
};

void outlet_init(struct outlet *o, struct resp_pool *pool, bool keeps);
void outlet_deinit(struct outlet *o);
/* Forgets everything that was written, to begin anew on a new connection. */
void outlet_reset(struct outlet *o);

/* Where the next byte that is written will stand. */
static inline uint64_t outlet_position(const struct outlet *o) {
    return o->end + resp_writer_bytes(&o->writer);
}
/* Bytes that are not sent yet. */
static inline uint64_t outlet_waiting(const struct outlet *o) {
    return outlet_position(o) - o->sent;
}

/* Gives the stream what it can take; nothing while a send is under way. `lazily`: nobody waits for its end.
 */
void outlet_flush(struct outlet *o, struct io_stream *s, bool lazily);
/* From on_sent, when all bytes of the send went out. True: there is more to flush. */
bool outlet_on_sent(struct outlet *o, size_t bytes);
/* Bytes before `position` will not be read back. */
void outlet_done(struct outlet *o, uint64_t position);
/* Moves what was written into the chain, where outlet_read finds it. */
void outlet_collect(struct outlet *o);
/* Appends a copy of bytes that are kept. */
void outlet_read(const struct outlet *o, uint64_t position, size_t len, struct buf *out);

#endif
