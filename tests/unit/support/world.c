/* See world.h. */
#include "tests/unit/support/world.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "tests/unit/support/test.h"
#include <string.h>

/* --- a client --- */

static struct peer *peer_of(struct io_stream *s) {
    return LIST_OWNER(s, struct peer, stream);
}
static void on_connected(struct io_stream *s, int error) {
    assert_int_equal(error, 0);
    peer_of(s)->connected = true;
}
static void on_recv(struct io_stream *s, struct io_buf buf) {
    buf_append(&peer_of(s)->in, buf.bytes, buf.len);
    io_buf_return(s->io, buf);
}
static void on_eof(struct io_stream *s, int error) {
    peer_of(s)->eof = true;
}
static void on_sent(struct io_stream *s, size_t bytes, int error) {
    buf_clear(&peer_of(s)->out);
}
static void on_closed(struct io_stream *s) {
    peer_of(s)->open = false;
}
static const struct io_stream_ops peer_ops = {.on_connected = on_connected,
                                              .on_recv = on_recv,
                                              .on_eof = on_eof,
                                              .on_sent = on_sent,
                                              .on_closed = on_closed};

/* --- the world --- */

static void server_body(void *server) {
    server_turn(server);
}
static void peers_body(void *io) {
    io_turn(io, 500);
}
static void take_log(void *owner, enum log_level level, const char *line, size_t len) {
    buf_append(owner, line, len);
}

void world_settle(struct world *w) {
    int64_t until_us = sim_now_us(w->sim) + 1000000;
    while (sim_now_us(w->sim) < until_us && sim_step(w->sim)) {
    }
}

void world_connect_peer(struct world *w, int i) {
    struct peer *p = &w->peers[i];
    struct io_addr addr;
    must(io_addr_parse(&addr, "127.0.0.1", 7000));
    *p = (struct peer){.io = w->io, .open = true};
    io_stream_connect(w->io, &p->stream, &peer_ops, &addr, NULL);
    world_settle(w);
    assert_true(p->connected);
}

void world_say(struct world *w, int i, const char *text) {
    struct peer *p = &w->peers[i];
    buf_append_str(&p->out, text);
    struct iovec part = {p->out.ptr, p->out.len};
    io_stream_send(&p->stream, &part, 1);
    world_settle(w);
}

void world_expect(struct world *w, int i, const char *text) {
    for (int tries = 0; tries < 30 && w->peers[i].in.len < strlen(text); tries++)
        world_settle(w);
    assert_string_equal(buf_cstr(&w->peers[i].in), text);
    buf_clear(&w->peers[i].in);
}

/* The same for all, so that no test depends on keys whose hashes meet by chance. */
static const uint64_t server_seed = 1;

static void start_server(struct world *w, int argc, char *const argv[]) {
    struct logger log = {.level = LOG_LEVEL_VERBOSE, .role = 'M', .sink = take_log, .sink_owner = &w->log};
    struct server_setup setup = {.world = w->sim, .seed = &server_seed, .log = &log};
    struct buf message = {0};
    w->server = server_configure(&setup, argc, argv, &message);
    assert_non_null(w->server);
    buf_deinit(&message);
    assert_true(server_start(w->server, &setup));
    w->server->log.level = LOG_LEVEL_VERBOSE;
    sim_set_turn(w->server->io, server_body, w->server);
}

struct world *world_create(int argc, char *const argv[]) {
    struct world *w = mem_zalloc(sizeof(*w));
    struct rng rng = test_rng();
    struct sim_config config = {.seed = rng_next(&rng),
                                .recv_bytes_max = 1 + (uint32_t)rng_below(&rng, 3000),
                                .segment_bytes_max = 1 + (uint32_t)rng_below(&rng, 3000)};
    w->sim = sim_create(&config);
    start_server(w, argc, argv);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = w->sim};
    char error[160];
    w->io = io_create(&io_config, error);
    sim_set_turn(w->io, peers_body, w->io);
    return w;
}

static void stop_server(struct world *w) {
    for (int i = 0; i < WORLD_PEERS; i++) {
        if (w->peers[i].open) io_stream_close(&w->peers[i].stream);
        world_settle(w);
        assert_false(w->peers[i].open);
        buf_deinit(&w->peers[i].in);
        buf_deinit(&w->peers[i].out);
    }
    assert_int_equal(net_client_count(w->server->net), 0);
    sim_set_turn(w->server->io, NULL, NULL);
    server_stop(w->server);
    while (server_turn(w->server))
        sim_step(w->sim);
    server_destroy(&w->server);
}

void world_destroy(struct world **world) {
    struct world *w = *world;
    stop_server(w);
    io_destroy(&w->io);
    sim_destroy(&w->sim);
    buf_deinit(&w->log);
    mem_free(w);
    *world = NULL;
}
