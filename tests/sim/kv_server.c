/* The tiny server. A turn in three steps, as a real server takes them:
 *
 *      io_turn: bytes ─► whole commands, waiting in `batch`; their slices point into the receive buffer
 *      the batch runs; SUM sends a copy to a helper and blocks its connection until the job is done
 *      buffers go back, replies go out
 *
 * The files in planted/ compile this one again with a PLANT_ macro, each of which breaks the order of two
 * steps. */
#include "tests/sim/kv_server.h"
#include "common/base/buf.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/io/io_job.h"
#include "common/resp/resp_parser.h"
#include "common/resp/resp_writer.h"

#ifndef KV_BUILD
#define KV_BUILD kv_right
#endif

struct waiting { /* a command of the batch */
    struct connection *connection;
    struct resp_command command;
};

struct kv_server {
    struct io *io;
    struct io_listener listener;
    struct map values; /* key to struct buf * */
    struct resp_pool pool;
    struct resp_arena arena;
    struct link connections, dirty;
    struct waiting *batch;
    size_t batch_len, batch_cap;
    struct io_buf *held; /* buffers that slices of the batch point into */
    size_t held_len, held_cap;
    char **garbage; /* detached arguments and tails that slices of the batch point into */
    size_t garbage_len, garbage_cap;
    unsigned open;
    bool stopping, listener_closed;
};

struct connection {
    struct io_stream stream;
    struct kv_server *server;
    struct link link, dirty;
    struct resp_parser parser;
    struct resp_writer writer;
    struct resp_chunk *sent;
    struct buf tail; /* input that is not cut yet */
    char *large;     /* the argument that is received into its place */
    unsigned jobs;   /* under way */
    bool barrier;    /* a SUM is in the batch or with a helper: nothing behind it is cut */
    bool eof, broken;
};

struct sum_job {
    struct io_job job;
    struct connection *connection;
    struct buf value;
    int64_t sum;
};

#define PUSH(array, len, cap, item)                                                                          \
    do {                                                                                                     \
        if ((len) == (cap)) {                                                                                \
            (cap) = (cap) ? (cap)*2 : 16;                                                                    \
            (array) = mem_realloc((array), (cap) * sizeof *(array));                                         \
        }                                                                                                    \
        (array)[(len)++] = (item);                                                                           \
    } while (0)

static void make_dirty(struct connection *c) {
    if (!list_linked(&c->dirty)) list_append(&c->server->dirty, &c->dirty);
}

/* --- input --- */

/* Cuts whole commands into the batch; returns how many bytes they take. */
static size_t cut(struct connection *c, const char *bytes, size_t len) {
    struct kv_server *server = c->server;
    struct resp_command command;
    size_t at = 0, consumed;
    enum resp_result result;
    while ((result = resp_parse(&c->parser, &server->arena, bytes + at, len - at, &consumed, &command)) ==
           RESP_OK) {
        at += consumed;
        PUSH(server->batch, server->batch_len, server->batch_cap, ((struct waiting){c, command}));
        for (uint32_t i = 0; i < command.argc; i++) {
            if (!c->large || command.argv[i].ptr != c->large) continue;
            PUSH(server->garbage, server->garbage_len, server->garbage_cap, c->large);
            c->large = NULL;
        }
#ifndef PLANT_OVERTAKING_JOBS
        if (slice_is(command.argv[0], "SUM")) {
            c->barrier = true;
            return at;
        }
#endif
    }
    must(result == RESP_MORE); /* the simulated clients send no nonsense */
    return at + consumed;
}

static void cut_tail(struct connection *c) {
    struct kv_server *server = c->server;
    /* The slices point into the tail, so it lives until the batch is over and its rest moves to a new one. */
    char *bytes = c->tail.ptr;
    size_t len = c->tail.len, used = cut(c, bytes, len);
    if (used) {
        c->tail = (struct buf){0};
        if (used < len) buf_append(&c->tail, bytes + used, len - used);
        PUSH(server->garbage, server->garbage_len, server->garbage_cap, bytes);
    }
    if (c->barrier) return;
    size_t have, size = resp_parser_awaits(&c->parser, c->tail.len, &have);
    if (size < RESP_DETACH_MIN || have == size) return;
    c->large = mem_alloc(size);
    memcpy(c->large, c->tail.ptr + c->tail.len - have, have);
    c->tail.len -= have;
    resp_parser_detach(&c->parser, c->large);
    io_stream_recv_into(&c->stream, c->large + have, size - have);
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    make_dirty(c);
    if (c->barrier || c->tail.len) {
        buf_append(&c->tail, buf.bytes, buf.len);
        io_buf_return(s->io, buf);
        if (!c->barrier) cut_tail(c);
        return;
    }
    size_t used = cut(c, buf.bytes, buf.len);
    if (used < buf.len) buf_append(&c->tail, buf.bytes + used, buf.len - used);
#ifdef PLANT_EARLY_RETURN
    io_buf_return(s->io, buf);
#else
    PUSH(c->server->held, c->server->held_len, c->server->held_cap, buf);
#endif
    if (c->tail.len && !c->barrier) cut_tail(c);
}

static void on_filled(struct io_stream *s) {
    cut_tail(LIST_OWNER(s, struct connection, stream));
}

/* --- commands --- */

static struct buf *value_of(struct kv_server *server, struct slice key) {
    struct buf *value = map_get(&server->values, key);
    if (!value) {
        value = mem_zalloc(sizeof *value);
        map_put(&server->values, key, value);
    }
    return value;
}

static void sum_work(struct io_job *job) {
    struct sum_job *sum = LIST_OWNER(job, struct sum_job, job);
    for (size_t i = 0; i < sum->value.len; i++)
        sum->sum = (sum->sum * 31 + (unsigned char)sum->value.ptr[i]) % 1000003;
}

static void sum_done(struct io_job *job) {
    struct sum_job *sum = LIST_OWNER(job, struct sum_job, job);
    struct connection *c = sum->connection;
    resp_int(&c->writer, sum->sum);
    c->jobs--;
    c->barrier = false;
    make_dirty(c);
    buf_deinit(&sum->value);
    mem_free_sized(sum, sizeof *sum);
    if (c->tail.len && !io_stream_recv_into_left(&c->stream)) cut_tail(c);
}

static void run(struct kv_server *server, struct connection *c, const struct resp_command *command) {
    struct slice name = command->argv[0], key = command->argv[1];
    if (slice_is(name, "SET")) {
        struct buf *value = value_of(server, key);
        buf_clear(value);
        buf_append_slice(value, command->argv[2]);
        resp_ok(&c->writer);
    } else if (slice_is(name, "GET")) {
        struct buf *value = map_get(&server->values, key);
        if (value)
            resp_bulk(&c->writer, value->ptr, value->len);
        else
            resp_null(&c->writer);
    } else if (slice_is(name, "INCR")) {
        struct buf *value = value_of(server, key);
        int64_t n = 0;
        char digits[NUM_INT64_CHARS_MAX];
        if (value->len && !num_parse_int64(value->ptr, value->len, &n)) {
            resp_error(&c->writer, "ERR value is not an integer or out of range");
            return;
        }
        buf_clear(value);
        buf_append(value, digits, num_format_int64(digits, ++n));
        resp_int(&c->writer, n);
    } else if (slice_is(name, "SUM")) {
        struct sum_job *sum = mem_zalloc(sizeof *sum);
        struct buf *value = map_get(&server->values, key);
        sum->connection = c;
        if (value && value->len) buf_append(&sum->value, value->ptr, value->len);
        c->jobs++;
        io_job_submit(server->io, &sum->job, IO_LANE_CPU, sum_work, sum_done);
    } else {
        resp_error(&c->writer, "ERR unknown command");
    }
}

static void run_batch(struct kv_server *server) {
    for (size_t i = 0; i < server->batch_len; i++) {
        struct connection *c = server->batch[i].connection;
        run(server, c, &server->batch[i].command);
    }
    server->batch_len = 0;
    for (size_t i = 0; i < server->held_len; i++)
        io_buf_return(server->io, server->held[i]);
    server->held_len = 0;
    for (size_t i = 0; i < server->garbage_len; i++)
        mem_free(server->garbage[i]);
    server->garbage_len = 0;
    resp_arena_reset(&server->arena);
}

/* --- output and closing --- */

static void release(struct connection *c) {
    struct kv_server *server = c->server;
    list_remove(&c->link);
    list_remove(&c->dirty);
    resp_chunks_return(&server->pool, c->sent);
    resp_writer_deinit(&c->writer);
    resp_parser_deinit(&c->parser);
    buf_deinit(&c->tail);
    mem_free(c->large);
    server->open--;
    memset(c, 0x5a, sizeof *c);
    mem_free_sized(c, sizeof *c);
}

static void close_connection(struct connection *c) {
    io_stream_close(&c->stream);
#ifdef PLANT_EARLY_FREE
    release(c);
#endif
}

static void send_replies(struct connection *c) {
    struct iovec parts[IO_SEND_PARTS_MAX];
    struct resp_chunk *rest;
    size_t bytes;
    if (c->sent || io_stream_closing(&c->stream)) return;
    /* Jobs refer to the connection: it waits for them, also when nobody will read their answers. */
    if (c->broken || resp_writer_bytes(&c->writer) == 0) {
        if ((c->eof || c->broken) && !c->jobs && !c->barrier) close_connection(c);
        return;
    }
    c->sent = resp_writer_take(&c->writer);
    unsigned count = resp_chunks_parts(c->sent, parts, IO_SEND_PARTS_MAX, &bytes, &rest);
    must(!rest);
    io_stream_send(&c->stream, parts, count);
#ifdef PLANT_EARLY_REUSE
    resp_chunks_return(&c->server->pool, c->sent);
    c->sent = NULL;
#endif
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    resp_chunks_return(&c->server->pool, c->sent);
    c->sent = NULL;
    if (error) c->broken = true;
    make_dirty(c);
}

static void on_eof(struct io_stream *s, int error) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    c->eof = true;
    if (error) c->broken = true;
    make_dirty(c);
}

static void on_closed(struct io_stream *s) {
#ifndef PLANT_EARLY_FREE
    release(LIST_OWNER(s, struct connection, stream));
#endif
}

static const struct io_stream_ops connection_ops = {
    .on_recv = on_recv, .on_filled = on_filled, .on_sent = on_sent, .on_eof = on_eof, .on_closed = on_closed};

static void on_accept(struct io_listener *l, int socket) {
    struct kv_server *server = LIST_OWNER(l, struct kv_server, listener);
    if (server->stopping) {
        io_socket_refuse(server->io, socket, "", 0);
        return;
    }
    struct connection *c = mem_zalloc(sizeof *c);
    c->server = server;
    list_init(&c->dirty);
    list_append(&server->connections, &c->link);
    resp_parser_init(&c->parser);
    resp_writer_init(&c->writer, &server->pool);
    server->open++;
    io_stream_open(server->io, &c->stream, &connection_ops, socket, false);
}

static void turn(void *server_pointer) {
    struct kv_server *server = server_pointer;
    io_turn(server->io, -1);
    run_batch(server);
    LIST_FOR(it, tmp, &server->dirty) {
        struct connection *c = LIST_OWNER(it, struct connection, dirty);
        list_remove(it);
        if (server->stopping && !c->jobs)
            close_connection(c);
        else
            send_replies(c);
    }
}

static struct kv_server *create(struct io *io, const struct io_addr *addr) {
    struct kv_server *server = mem_zalloc(sizeof *server);
    server->io = io;
    map_init(&server->values, 1);
    resp_pool_init(&server->pool);
    resp_arena_init(&server->arena);
    list_init(&server->connections);
    list_init(&server->dirty);
    int error = io_listen(io, &server->listener, &(struct io_listen_options){.addr = *addr}, on_accept);
    must(error == 0);
    return server;
}

static void listener_closed(struct io_listener *l) {
    LIST_OWNER(l, struct kv_server, listener)->listener_closed = true;
}

static void stop(struct kv_server *server) {
    server->stopping = true;
    io_listener_close(&server->listener, listener_closed);
    LIST_FOR(it, tmp, &server->connections) make_dirty(LIST_OWNER(it, struct connection, link));
}

static bool stopped(const struct kv_server *server) {
    return server->listener_closed && server->open == 0;
}

static void destroy(struct kv_server **server_pointer) {
    struct kv_server *server = *server_pointer;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&server->values, &cursor, &key, &value)) {
        buf_deinit(value);
        mem_free(value);
    }
    map_deinit(&server->values);
    resp_pool_deinit(&server->pool);
    resp_arena_deinit(&server->arena);
    mem_free(server->batch);
    mem_free(server->held);
    mem_free(server->garbage);
    mem_free_sized(server, sizeof *server);
    *server_pointer = NULL;
}

#define KV_STRING_OF(name) #name
#define KV_STRING(name)    KV_STRING_OF(name)
const struct kv_build KV_BUILD = {.name = KV_STRING(KV_BUILD),
                                  .create = create,
                                  .turn = turn,
                                  .stop = stop,
                                  .stopped = stopped,
                                  .destroy = destroy};
