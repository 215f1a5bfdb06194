/* The floor of the event path: our io and our RESP, and +OK to every command.
 *
 *     on_recv ─► commands cut in place ─► +OK each into the connection's writer ─► after the turn one send
 * each
 *
 * What torc-server needs beyond this is its own work; what this needs is the kernel's and ours. It is also
 * the smallest example of how the two modules are used together: tails of incomplete commands are kept by the
 * connection, buffers go back at the end of the turn. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/io/io_stream.h"
#include "common/resp/resp_parser.h"
#include "common/resp/resp_writer.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct server {
    struct io *io;
    struct resp_pool pool;
    struct resp_arena arena;
    struct link dirty; /* connections with something to send */
    bool stop;
};

struct door {
    struct io_listener listener;
    struct server *server;
};

struct connection {
    struct io_stream stream;
    struct server *server;
    struct link dirty;
    struct resp_parser parser;
    struct resp_writer writer;
    struct resp_chunk *sent; /* with the kernel */
    char *tail;              /* the beginning of an incomplete command */
    size_t tail_len, tail_cap;
    bool close_when_sent;
};

static void make_dirty(struct connection *c) {
    if (!list_linked(&c->dirty)) list_append(&c->server->dirty, &c->dirty);
}

/* Answers all complete commands in `bytes`; returns how many bytes are not needed any more. */
static size_t answer(struct connection *c, const char *bytes, size_t len) {
    size_t at = 0, consumed;
    struct resp_command command;
    enum resp_result result;
    while ((result = resp_parse(&c->parser, &c->server->arena, bytes + at, len - at, &consumed, &command)) ==
           RESP_OK) {
        at += consumed;
        resp_ok(&c->writer);
    }
    if (result == RESP_ERR) {
        resp_errorf(&c->writer, "ERR %s", c->parser.error);
        c->close_when_sent = true;
        return len;
    }
    return at + consumed;
}

static void keep_tail(struct connection *c, const char *bytes, size_t len) {
    if (c->tail_len + len > c->tail_cap) {
        c->tail_cap = mem_good_size((c->tail_len + len) * 2);
        c->tail = mem_realloc(c->tail, c->tail_cap);
    }
    memcpy(c->tail + c->tail_len, bytes, len);
    c->tail_len += len;
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    if (c->close_when_sent) {
        io_buf_return(s->io, buf);
        return;
    }
    if (c->tail_len == 0) {
        size_t used = answer(c, buf.bytes, buf.len);
        if (used < buf.len) keep_tail(c, buf.bytes + used, buf.len - used);
    } else {
        keep_tail(c, buf.bytes, buf.len);
        size_t used = answer(c, c->tail, c->tail_len);
        c->tail_len -= used;
        memmove(c->tail, c->tail + used, c->tail_len);
    }
    if (c->tail_len == 0 && c->tail) {
        mem_free(c->tail);
        c->tail = NULL;
        c->tail_cap = 0;
    }
    io_buf_return(s->io, buf);
    make_dirty(c);
}

static void send_replies(struct connection *c) {
    struct iovec parts[IO_SEND_PARTS_MAX];
    struct resp_chunk *rest;
    size_t bytes;
    if (c->sent || io_stream_closing(&c->stream)) return;
    if (resp_writer_bytes(&c->writer) == 0) {
        if (c->close_when_sent) io_stream_close(&c->stream);
        return;
    }
    c->sent = resp_writer_take(&c->writer);
    unsigned count = resp_chunks_parts(c->sent, parts, IO_SEND_PARTS_MAX, &bytes, &rest);
    if (rest) { /* a flood of replies: more than one send can carry, so the client is cut off */
        io_stream_close(&c->stream);
        return;
    }
    if (c->close_when_sent)
        io_stream_send(&c->stream, parts, count);
    else
        io_stream_send_lazily(&c->stream, parts, count);
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    resp_chunks_return(&c->server->pool, c->sent);
    c->sent = NULL;
    if (error)
        io_stream_close(s);
    else if (resp_writer_bytes(&c->writer) || c->close_when_sent)
        make_dirty(c);
}

static void on_eof(struct io_stream *s, int error) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    c->close_when_sent = true;
    make_dirty(c);
}

static void on_closed(struct io_stream *s) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    list_remove(&c->dirty);
    resp_chunks_return(&c->server->pool, c->sent);
    resp_writer_deinit(&c->writer);
    resp_parser_deinit(&c->parser);
    mem_free(c->tail);
    mem_free_sized(c, sizeof *c);
}

static const struct io_stream_ops connection_ops = {
    .on_recv = on_recv, .on_sent = on_sent, .on_eof = on_eof, .on_closed = on_closed};

static void on_accept(struct io_listener *l, int socket) {
    struct server *server = LIST_OWNER(l, struct door, listener)->server;
    struct connection *c = mem_zalloc(sizeof *c);
    c->server = server;
    list_init(&c->dirty);
    resp_parser_init(&c->parser);
    resp_writer_init(&c->writer, &server->pool);
    io_stream_open(server->io, &c->stream, &connection_ops, socket, false);
}

static void on_signal(void *owner, int signo) {
    ((struct server *)owner)->stop = true;
}

static int usage(void) {
    fprintf(stderr,
            "usage: ok_server [--port N] [--unix PATH] [--io-engine auto|io_uring|epoll] [--bind ADDRESS]\n");
    return 2;
}

static bool open_door(struct door *door, struct server *server, const char *host, uint16_t port) {
    struct io_listen_options options = {0};
    char text[IO_ADDR_TEXT_MAX];
    door->server = server;
    if (!io_addr_parse(&options.addr, host, port)) {
        fprintf(stderr, "ok_server: no address: %s\n", host);
        return false;
    }
    int failed = io_listen(server->io, &door->listener, &options, on_accept);
    if (failed || !io_listener_local(&door->listener, &options.addr)) {
        fprintf(stderr, "ok_server: %s: %s\n", host, strerror(failed));
        return false;
    }
    printf("Ready to accept connections on %s\n", io_addr_text(&options.addr, text));
    fflush(stdout);
    return true;
}

static void serve(struct server *server) {
    while (!server->stop) {
        io_turn(server->io, -1);
        LIST_FOR(it, tmp, &server->dirty) {
            list_remove(it);
            send_replies(LIST_OWNER(it, struct connection, dirty));
        }
        resp_arena_reset(&server->arena);
    }
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"unix", required_argument, NULL, 'u'},
                                            {"io-engine", required_argument, NULL, 'e'},
                                            {"bind", required_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    struct io_config config = {0};
    const char *host = "127.0.0.1", *path = NULL;
    int64_t port = 6399;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p':
            if (!num_parse_int64(optarg, strlen(optarg), &port) || port < 0 || port > 65535) return usage();
            break;
        case 'u': path = optarg; break;
        case 'b': host = optarg; break;
        case 'e':
            if (!io_engine_parse(optarg, &config.engine)) return usage();
            break;
        default: return usage();
        }
    }
    char error[160];
    struct server server = {.io = io_create(&config, error)};
    if (!server.io) {
        fprintf(stderr, "ok_server: %s\n", error);
        return 1;
    }
    printf("%s: %s\n", io_engine_name(server.io), io_engine_reason(server.io));
    list_init(&server.dirty);
    resp_pool_init(&server.pool);
    resp_arena_init(&server.arena);
    io_signal_watch(server.io, SIGTERM, on_signal, &server);
    io_signal_watch(server.io, SIGINT, on_signal, &server);
    struct door tcp, local;
    if (!open_door(&tcp, &server, host, (uint16_t)port)) return 1;
    if (path) {
        unlink(path);
        if (!open_door(&local, &server, path, 0)) return 1;
    }
    serve(&server);
    if (path) unlink(path);
    return 0;
}
