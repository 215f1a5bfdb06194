/* Streams and listeners on each engine: both ends of every connection live in one loop. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/unit/io/io_fixture.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* An end of a connection that remembers everything. */
struct end {
    struct io_stream stream;
    struct buf got;
    struct io_buf kept; /* with `keep`, the latest buffer is not returned */
    bool keep, holds;
    int connected; /* 1, or minus the errno */
    int filled, sent, sent_error, closed;
    int eof; /* 1: FIN, minus the errno otherwise */
    size_t sent_bytes;
};

static struct end accepted[64];
static int accepted_count, refuse_from;
static const struct io_stream_ops ops;

static void on_connected(struct io_stream *s, int error) {
    LIST_OWNER(s, struct end, stream)->connected = error ? -error : 1;
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct end *e = LIST_OWNER(s, struct end, stream);
    assert_true(buf.len > 0 && e->eof == 0 && e->closed == 0);
    buf_append(&e->got, buf.bytes, buf.len);
    if (e->keep && !e->holds) {
        e->kept = buf;
        e->holds = true;
    } else {
        io_buf_return(s->io, buf);
    }
}

static void on_filled(struct io_stream *s) {
    LIST_OWNER(s, struct end, stream)->filled++;
}

static void on_eof(struct io_stream *s, int error) {
    struct end *e = LIST_OWNER(s, struct end, stream);
    assert_int_equal(e->eof, 0);
    e->eof = error ? -error : 1;
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct end *e = LIST_OWNER(s, struct end, stream);
    assert_false(io_stream_sending(s));
    e->sent++;
    e->sent_bytes += bytes;
    e->sent_error = error;
}

static void on_closed(struct io_stream *s) {
    struct end *e = LIST_OWNER(s, struct end, stream);
    assert_int_equal(e->closed, 0);
    e->closed = 1;
    memset(&e->stream, 0xdd, sizeof e->stream);
}

static const struct io_stream_ops ops = {on_connected, on_recv, on_filled, on_eof, on_sent, on_closed};

static void on_accept(struct io_listener *l, int socket) {
    if (accepted_count >= refuse_from) {
        io_socket_refuse(l->io, socket, "-ERR full\r\n", 11);
        return;
    }
    io_stream_open(l->io, &accepted[accepted_count++].stream, &ops, socket, false);
}

static struct io_listener listener;

static struct io *start(void **state, const struct io_config *config) {
    struct io *io = fixture_io(state, config);
    memset(accepted, 0, sizeof accepted);
    accepted_count = 0;
    refuse_from = 64;
    struct io_listen_options options = {.addr = fixture_addr("127.0.0.1", 0)};
    assert_int_equal(io_listen(io, &listener, &options, on_accept), 0);
    return io;
}

static void reach(struct io *io, struct end *e) {
    struct io_addr addr;
    memset(e, 0, sizeof *e);
    assert_true(io_listener_local(&listener, &addr));
    io_stream_connect(io, &e->stream, &ops, &addr, NULL);
}

/* Connects `e` and returns the other end. */
static struct end *meet(struct io *io, struct end *e) {
    int before = accepted_count;
    reach(io, e);
    TURN_UNTIL(io, e->connected && accepted_count > before);
    assert_int_equal(e->connected, 1);
    return &accepted[before];
}

static void say(struct end *e, const char *text) {
    io_stream_send(&e->stream, &(struct iovec){(char *)text, strlen(text)}, 1);
}

static void end_close(struct io *io, struct end *e) {
    if (e->holds) io_buf_return(io, e->kept);
    if (!e->closed) io_stream_close(&e->stream);
    TURN_UNTIL(io, e->closed);
    buf_deinit(&e->got);
}

static int listeners_closed;
static void on_listener_closed(struct io_listener *l) {
    listeners_closed++;
}

static void finish(struct io *io) {
    struct io_stats stats;
    for (int i = 0; i < accepted_count; i++)
        end_close(io, &accepted[i]);
    listeners_closed = 0;
    io_listener_close(&listener, on_listener_closed);
    TURN_UNTIL(io, listeners_closed == 1);
    io_stats(io, &stats);
    assert_int_equal(stats.streams, 0);
    assert_int_equal(stats.recv_bufs_held, 0);
    io_destroy(&io);
}

/* --- from basic to complex --- */

static void bytes_go_both_ways(void **state) {
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    say(&client, "hello");
    TURN_UNTIL(io, server->got.len == 5 && client.sent == 1);
    assert_memory_equal(server->got.ptr, "hello", 5);
    assert_int_equal(client.sent_bytes, 5);
    struct iovec parts[3] = {{"a", 1}, {"bc", 2}, {"def", 3}};
    io_stream_send(&server->stream, parts, 3);
    TURN_UNTIL(io, client.got.len == 6 && server->sent == 1);
    assert_memory_equal(client.got.ptr, "abcdef", 6);
    /* A lazy send goes out at once; only its report may wait for another event. */
    io_stream_send_lazily(&client.stream, parts, 1);
    TURN_UNTIL(io, server->got.len == 6);
    say(server, "x");
    TURN_UNTIL(io, client.sent == 2 && client.got.len == 7);
    end_close(io, &client);
    TURN_UNTIL(io, server->eof == 1);
    finish(io);
}

static void names_of_both_ends(void **state) {
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    struct io_addr a, b;
    char text[IO_ADDR_TEXT_MAX], other[IO_ADDR_TEXT_MAX];
    assert_true(io_stream_peer(&client.stream, &a) && io_stream_local(&server->stream, &b));
    assert_string_equal(io_addr_text(&a, text), io_addr_text(&b, other));
    assert_true(io_addr_is_loopback(&a) && io_addr_port(&a) > 0);
    assert_string_equal(io_addr_host(&a, text), "127.0.0.1");
    assert_true(io_stream_fd(&client.stream) >= 0);
    assert_int_equal(io_stream_keepalive(&client.stream, 300), 0);
    assert_int_equal(io_stream_keepalive(&client.stream, 0), 0);
    end_close(io, &client);
    finish(io);
    assert_string_equal(io_addr_text(&(struct io_addr){0}, text), "?:0");
    a = fixture_addr("::1", 7);
    assert_string_equal(io_addr_text(&a, text), "[::1]:7");
    a = fixture_addr("/tmp/x.sock", 0);
    assert_string_equal(io_addr_text(&a, text), "/tmp/x.sock:0");
    a = fixture_addr("*", 1);
    assert_string_equal(io_addr_host(&a, text), "0.0.0.0");
    assert_false(io_addr_is_loopback(&a));
    assert_false(io_addr_parse(&a, "no.such.name", 1));
    assert_int_equal(io_addr_resolve(&a, "127.0.0.1", 5), 0);
}

static void answers_follow_a_half_close(void **state) {
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    say(&client, "last words");
    TURN_UNTIL(io, client.sent == 1);
    io_stream_shutdown(&client.stream);
    TURN_UNTIL(io, server->eof == 1);
    assert_int_equal(server->got.len, 10);
    say(server, "an answer");
    TURN_UNTIL(io, client.got.len == 9);
    end_close(io, server);
    TURN_UNTIL(io, client.eof == 1);
    end_close(io, &client);
    finish(io);
}

static void nobody_listens(void **state) {
    struct io *io = start(state, NULL);
    struct io_addr addr;
    assert_true(io_listener_local(&listener, &addr));
    listeners_closed = 0;
    io_listener_close(&listener, on_listener_closed);
    TURN_UNTIL(io, listeners_closed == 1);
    struct end client = {0};
    io_stream_connect(io, &client.stream, &ops, &addr, NULL);
    assert_int_equal(client.connected, 0); /* never from within the call */
    TURN_UNTIL(io, client.connected);
    assert_int_equal(client.connected, -ECONNREFUSED);
    end_close(io, &client);
    /* No such socket: known at once, told by a turn all the same. */
    addr = fixture_addr("/no/such/socket", 0);
    client = (struct end){0};
    io_stream_connect(io, &client.stream, &ops, &addr, NULL);
    assert_int_equal(client.connected, 0);
    TURN_UNTIL(io, client.connected);
    assert_int_equal(client.connected, -ENOENT);
    end_close(io, &client);
    io_destroy(&io);
}

static void closing_while_connecting(void **state) {
    struct io *io = start(state, NULL);
    struct end client;
    reach(io, &client);
    io_stream_close(&client.stream);
    TURN_UNTIL(io, client.closed);
    assert_int_equal(client.connected, 0);
    finish(io);
}

static void unix_and_v6_listeners(void **state) {
    struct io *io = start(state, NULL);
    struct io_listener others[2];
    char path[64];
    snprintf(path, sizeof path, "/tmp/torc-io-%d.sock", (int)getpid());
    unlink(path);
    struct io_listen_options options = {.addr = fixture_addr(path, 0), .unix_permissions = 0700};
    assert_int_equal(io_listen(io, &others[0], &options, on_accept), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    struct io_listener again;
    assert_int_equal(io_listen(io, &again, &options, on_accept), EADDRINUSE);
    struct end client = {0}, six = {0};
    io_stream_connect(io, &client.stream, &ops, &options.addr, NULL);
    TURN_UNTIL(io, client.connected == 1 && accepted_count == 1);
    say(&client, "local");
    TURN_UNTIL(io, accepted[0].got.len == 5);
    struct io_addr peer;
    assert_true(io_stream_peer(&client.stream, &peer) && io_addr_is_loopback(&peer));
    int listeners = 1;
    options = (struct io_listen_options){.addr = fixture_addr("::1", 0), .keepalive_s = 100};
    if (io_listen(io, &others[1], &options, on_accept) == 0) {
        listeners++;
        assert_true(io_listener_local(&others[1], &options.addr));
        io_stream_connect(io, &six.stream, &ops, &options.addr, NULL);
        TURN_UNTIL(io, six.connected == 1 && accepted_count == 2);
        end_close(io, &six);
    } else {
        print_message("no IPv6 here\n");
    }
    end_close(io, &client);
    listeners_closed = 0;
    for (int i = 0; i < listeners; i++)
        io_listener_close(&others[i], on_listener_closed);
    TURN_UNTIL(io, listeners_closed == listeners);
    unlink(path);
    finish(io);
}

static void two_listeners_on_one_port(void **state) {
    struct io *io = start(state, NULL);
    struct io_listener first, second;
    struct io_listen_options options = {.addr = fixture_addr("127.0.0.1", 0), .reuse_port = true};
    assert_int_equal(io_listen(io, &first, &options, on_accept), 0);
    assert_true(io_listener_local(&first, &options.addr));
    assert_int_equal(io_listen(io, &second, &options, on_accept), 0);
    listeners_closed = 0;
    io_listener_close(&first, on_listener_closed);
    io_listener_close(&second, on_listener_closed);
    TURN_UNTIL(io, listeners_closed == 2);
    finish(io);
}

static void the_refused_are_told(void **state) {
    struct io *io = start(state, NULL);
    refuse_from = 0;
    struct end client;
    reach(io, &client);
    TURN_UNTIL(io, client.eof);
    assert_int_equal(client.got.len, 11);
    assert_memory_equal(client.got.ptr, "-ERR full\r\n", 11);
    end_close(io, &client);
    finish(io);
}

static void descriptors_are_adopted(void **state) {
    struct io *io = start(state, NULL);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct end a = {0}, b = {0};
    io_stream_open(io, &a.stream, &ops, pair[0], false);
    io_stream_open(io, &b.stream, &ops, pair[1], false);
    say(&a, "x");
    TURN_UNTIL(io, b.got.len == 1);
    end_close(io, &a);
    end_close(io, &b);
    finish(io);
}

/* --- receiving: pauses, own storage, buffers --- */

static void a_paused_stream_waits(void **state) {
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    io_stream_recv_pause(&server->stream);
    io_stream_recv_pause(&server->stream);
    for (int i = 0; i < 5; i++)
        io_turn(io, 1000);
    say(&client, "later");
    TURN_UNTIL(io, client.sent == 1);
    for (int i = 0; i < 5; i++)
        io_turn(io, 1000);
    assert_int_equal(server->got.len, 0);
    assert_true(io_stream_recv_paused(&server->stream));
    io_stream_recv_resume(&server->stream);
    TURN_UNTIL(io, server->got.len == 5);
    /* Back and forth within one turn, with bytes on the way. */
    say(&client, "again");
    io_stream_recv_pause(&server->stream);
    io_stream_recv_resume(&server->stream);
    TURN_UNTIL(io, server->got.len == 10);
    end_close(io, &client);
    finish(io);
}

static void large_arguments_arrive_in_their_place(void **state) {
    enum { SMALL = 1000, LARGE = 3 * 1024 * 1024 };
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    char *bytes = malloc(SMALL + LARGE + SMALL), *place = calloc(1, LARGE), small_place[100];
    for (size_t i = 0; i < SMALL + LARGE + SMALL; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    struct iovec head = {bytes, SMALL};
    io_stream_send(&client.stream, &head, 1);
    TURN_UNTIL(io, server->got.len == SMALL && client.sent == 1);
    io_stream_recv_into(&server->stream, place, LARGE);
    assert_int_equal(io_stream_recv_into_left(&server->stream), LARGE);
    struct iovec rest = {bytes + SMALL, LARGE + SMALL};
    io_stream_send(&client.stream, &rest, 1);
    TURN_UNTIL(io, server->filled == 1 && server->got.len == 2 * SMALL);
    assert_memory_equal(place, bytes + SMALL, LARGE);
    assert_memory_equal(server->got.ptr + SMALL, bytes + SMALL + LARGE, SMALL);
    assert_int_equal(io_stream_recv_into_left(&server->stream), 0);
    TURN_UNTIL(io, client.sent == 2);
    assert_int_equal(client.sent_bytes, SMALL + LARGE + SMALL);
    /* A small place, filled through the shared buffers; the end of the stream comes first. */
    io_stream_recv_into(&server->stream, small_place, sizeof small_place);
    say(&client, "not a hundred");
    TURN_UNTIL(io, client.sent == 3);
    end_close(io, &client);
    TURN_UNTIL(io, server->eof == 1);
    assert_int_equal(server->filled, 1);
    assert_memory_equal(small_place, "not a hundred", 13);
    free(bytes);
    free(place);
    finish(io);
}

/* With all buffers held by the user, receiving waits; it goes on when they come back. Nobody is disconnected.
 */
static void held_buffers_delay_but_do_not_disconnect(void **state) {
    enum { CLIENTS = 20 };
    struct io_config config = {.recv_buf_bytes = 8192, .recv_bufs_min = 1, .recv_bufs_max = 2};
    struct io *io = start(state, &config);
    static struct end clients[CLIENTS];
    char block[8192];
    memset(block, 'b', sizeof block);
    for (int i = 0; i < CLIENTS; i++)
        meet(io, &clients[i])->keep = true;
    for (int i = 0; i < CLIENTS; i++)
        io_stream_send(&clients[i].stream, &(struct iovec){block, sizeof block}, 1);
    int holding = 0, done = 0;
    for (int turns = 0; done < CLIENTS && turns < 100000; turns++) {
        io_turn(io, 1000);
        done = 0;
        for (int i = 0; i < CLIENTS; i++) {
            assert_int_equal(accepted[i].eof, 0);
            done += accepted[i].got.len == sizeof block;
            /* Now and then one lets go. */
            if (accepted[i].holds && turns % 5 == 0) {
                holding++;
                io_buf_return(io, accepted[i].kept);
                accepted[i].holds = false;
            }
        }
    }
    assert_int_equal(done, CLIENTS);
    assert_true(holding > 2);
    struct io_stats stats;
    io_stats(io, &stats);
    assert_true(stats.bufs_empty > 0);
    for (int i = 0; i < CLIENTS; i++)
        end_close(io, &clients[i]);
    finish(io);
}

static void a_greedy_stream_yields(void **state) {
    enum { BYTES = 4 * 1024 * 1024 };
    struct io_config config = {.recv_turn_bytes_max = 64 * 1024};
    struct io *io = start(state, &config);
    struct end greedy, modest, *greedy_server = meet(io, &greedy), *modest_server = meet(io, &modest);
    char *bytes = calloc(1, BYTES);
    io_stream_send(&greedy.stream, &(struct iovec){bytes, BYTES}, 1);
    for (int i = 0; i < 3; i++)
        io_turn(io, 1000);
    say(&modest, "me too");
    TURN_UNTIL(io, modest_server->got.len == 6);
    TURN_UNTIL(io, greedy_server->got.len == BYTES && greedy.sent == 1);
    end_close(io, &greedy);
    end_close(io, &modest);
    free(bytes);
    finish(io);
}

/* --- sending to those who do not read --- */

static void a_full_socket_holds_nobody_up(void **state) {
    enum { BYTES = 16 * 1024 * 1024 };
    struct io *io = start(state, NULL);
    struct end deaf, client, *deaf_server = meet(io, &deaf), *server = meet(io, &client);
    io_stream_recv_pause(&deaf.stream);
    for (int i = 0; i < 3; i++)
        io_turn(io, 1000);
    char *bytes = malloc(BYTES);
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (char)(i / 4096);
    struct iovec parts[2] = {{bytes, BYTES / 3}, {bytes + BYTES / 3, BYTES - BYTES / 3}};
    io_stream_send(&deaf_server->stream, parts, 2);
    for (int i = 0; i < 20; i++)
        io_turn(io, 1000);
    assert_int_equal(deaf_server->sent, 0);
    say(server, "quick");
    TURN_UNTIL(io, client.got.len == 5);
    /* It hears again: everything is there, in order. */
    io_stream_recv_resume(&deaf.stream);
    TURN_UNTIL(io, deaf.got.len == BYTES && deaf_server->sent == 1);
    assert_memory_equal(deaf.got.ptr, bytes, BYTES);
    assert_int_equal(deaf_server->sent_bytes, BYTES);
    /* And one that is closed with its send stuck. */
    io_stream_recv_pause(&deaf.stream);
    for (int i = 0; i < 3; i++)
        io_turn(io, 1000);
    io_stream_send(&deaf_server->stream, parts, 2);
    for (int i = 0; i < 20; i++)
        io_turn(io, 1000);
    io_stream_close(&deaf_server->stream);
    TURN_UNTIL(io, deaf_server->closed);
    assert_int_equal(deaf_server->sent, 1);
    end_close(io, &deaf);
    end_close(io, &client);
    free(bytes);
    finish(io);
}

static void sending_to_one_who_left(void **state) {
    struct io *io = start(state, NULL);
    struct end client, *server = meet(io, &client);
    say(server, "unread");
    TURN_UNTIL(io, server->sent == 1);
    end_close(io, &client);
    TURN_UNTIL(io, server->eof);
    for (int i = 0; i < 100 && !server->sent_error; i++) {
        int before = server->sent;
        say(server, "into the void");
        TURN_UNTIL(io, server->sent > before);
    }
    assert_true(server->sent_error == EPIPE || server->sent_error == ECONNRESET);
    finish(io);
}

/* --- accepting without descriptors --- */

static void no_descriptors_no_spinning(void **state) {
    enum { LIMIT = 100 };
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    low = before;
    low.rlim_cur = LIMIT;
    setrlimit(RLIMIT_NOFILE, &low);
    struct io *io = start(state, NULL);
    struct end first;
    struct io_addr addr;
    int fds[3], fillers[LIMIT], filler_count = 0;
    meet(io, &first);
    assert_true(io_listener_local(&listener, &addr));
    for (int i = 0; i < 3; i++)
        assert_true((fds[i] = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    while ((fillers[filler_count] = dup(0)) >= 0)
        filler_count++;
    for (int i = 0; i < 3; i++)
        assert_int_equal(connect(fds[i], (struct sockaddr *)&addr.sa, addr.len), 0);
    struct io_stats stats;
    int turns = 0;
    int64_t until_us = io_now_us(io) + 100000;
    while (io_now_us(io) < until_us) {
        io_turn(io, 10000);
        turns++;
    }
    while (filler_count)
        close(fillers[--filler_count]);
    setrlimit(RLIMIT_NOFILE, &before);
    io_stats(io, &stats);
    assert_in_range(stats.accept_errors, 1, 20);
    assert_in_range(turns, 1, 60);
    assert_int_equal(accepted_count, 1);
    TURN_UNTIL(io, accepted_count == 4);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    end_close(io, &first);
    finish(io);
}

/* --- everything at once --- */

struct pipe_end {
    struct io_stream stream;
    struct rng *rng;
    struct pipe_end *peer;
    uint64_t sent_at, got_at; /* positions in an endless pattern */
    char out[3000], *place;
    size_t out_len, place_len;
    bool eof, closed;
};

static char pattern(uint64_t at) {
    return (char)(at * 31 + at / 251);
}

static void pipe_check(struct pipe_end *e, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        assert_int_equal(bytes[i], pattern(e->got_at + i));
    e->got_at += len;
}

static void pipe_send(struct pipe_end *e) {
    if (io_stream_sending(&e->stream) || io_stream_closing(&e->stream)) return;
    e->out_len = 1 + rng_below(e->rng, rng_below(e->rng, 3) ? 100 : sizeof e->out);
    for (size_t i = 0; i < e->out_len; i++)
        e->out[i] = pattern(e->sent_at + i);
    size_t half = e->out_len / 2;
    struct iovec parts[2] = {{e->out, half}, {e->out + half, e->out_len - half}};
    bool two = half && rng_below(e->rng, 3) == 0;
    struct iovec one = {e->out, e->out_len};
    if (rng_below(e->rng, 2))
        io_stream_send(&e->stream, two ? parts : &one, two ? 2 : 1);
    else
        io_stream_send_lazily(&e->stream, two ? parts : &one, two ? 2 : 1);
}

static void pipe_on_recv(struct io_stream *s, struct io_buf buf) {
    struct pipe_end *e = LIST_OWNER(s, struct pipe_end, stream);
    pipe_check(e, buf.bytes, buf.len);
    memset(buf.bytes, 0xdd, buf.len);
    io_buf_return(s->io, buf);
    switch (rng_below(e->rng, 12)) {
    case 0: io_stream_recv_pause(s); break;
    case 1:
        if (io_stream_recv_into_left(s)) break;
        e->place_len = 1 + rng_below(e->rng, rng_below(e->rng, 2) ? 500 : 60000);
        e->place = malloc(e->place_len);
        io_stream_recv_into(s, e->place, e->place_len);
        break;
    default: break;
    }
}

static void pipe_on_filled(struct io_stream *s) {
    struct pipe_end *e = LIST_OWNER(s, struct pipe_end, stream);
    pipe_check(e, e->place, e->place_len);
    free(e->place);
    e->place = NULL;
}

static void pipe_on_sent(struct io_stream *s, size_t bytes, int error) {
    struct pipe_end *e = LIST_OWNER(s, struct pipe_end, stream);
    if (error) return;
    assert_int_equal(bytes, e->out_len);
    e->sent_at += bytes;
    memset(e->out, 0xcc, sizeof e->out);
}

static void pipe_on_eof(struct io_stream *s, int error) {
    LIST_OWNER(s, struct pipe_end, stream)->eof = true;
}

static void pipe_on_closed(struct io_stream *s) {
    struct pipe_end *e = LIST_OWNER(s, struct pipe_end, stream);
    free(e->place);
    e->place = NULL;
    e->closed = true;
    memset(s, 0xdd, sizeof *s);
}

static const struct io_stream_ops pipe_ops = {NULL,        pipe_on_recv, pipe_on_filled,
                                              pipe_on_eof, pipe_on_sent, pipe_on_closed};

/* Random traffic over pairs of sockets: sends of all shapes, pauses, places of their own, sudden ends. */
static void random_traffic(void **state) {
    enum { PAIRS = 30, ENDS = PAIRS * 2 };
    struct io_config config = {
        .recv_buf_bytes = 4096, .recv_bufs_min = 2, .recv_bufs_max = 64, .recv_turn_bytes_max = 16 * 1024};
    struct rng rng = test_rng();
    for (int round = 0; round < test_rounds(3); round++) {
        struct io *io = fixture_io(state, &config);
        struct pipe_end *ends = calloc(ENDS, sizeof *ends);
        uint64_t moved = 0;
        for (int i = 0; i < ENDS; i += 2) {
            int pair[2];
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
            for (int side = 0; side < 2; side++) {
                struct pipe_end *e = &ends[i + side];
                e->rng = &rng;
                e->peer = &ends[i + 1 - side];
                io_stream_open(io, &e->stream, &pipe_ops, pair[side], rng_below(&rng, 4) == 0);
            }
        }
        for (int turn = 0; turn < 1500; turn++) {
            for (int i = 0; i < ENDS; i++) {
                struct pipe_end *e = &ends[i];
                if (e->closed || io_stream_closing(&e->stream)) continue;
                if (rng_below(&rng, 3) == 0) pipe_send(e);
                if (rng_below(&rng, 5) == 0) io_stream_recv_resume(&e->stream);
                if (turn > 700 && rng_below(&rng, 3000) == 0) io_stream_close(&e->stream);
            }
            io_turn(io, 0);
        }
        for (int i = 0; i < ENDS; i++) {
            assert_true(ends[i].got_at <= ends[i].peer->sent_at + sizeof ends[i].out);
            moved += ends[i].got_at;
            if (!ends[i].closed) io_stream_close(&ends[i].stream);
        }
        for (int i = 0; i < ENDS; i++)
            TURN_UNTIL(io, ends[i].closed);
        assert_true(moved > 1000000);
        free(ends);
        io_destroy(&io);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FOR_ENGINES(bytes_go_both_ways),
        FOR_ENGINES(names_of_both_ends),
        FOR_ENGINES(answers_follow_a_half_close),
        FOR_ENGINES(nobody_listens),
        FOR_ENGINES(closing_while_connecting),
        FOR_ENGINES(unix_and_v6_listeners),
        FOR_ENGINES(two_listeners_on_one_port),
        FOR_ENGINES(the_refused_are_told),
        FOR_ENGINES(descriptors_are_adopted),
        FOR_ENGINES(a_paused_stream_waits),
        FOR_ENGINES(large_arguments_arrive_in_their_place),
        FOR_ENGINES(held_buffers_delay_but_do_not_disconnect),
        FOR_ENGINES(a_greedy_stream_yields),
        FOR_ENGINES(a_full_socket_holds_nobody_up),
        FOR_ENGINES(sending_to_one_who_left),
        FOR_ENGINES(no_descriptors_no_spinning),
        FOR_ENGINES(random_traffic),
    };
    return cmocka_run_group_tests_name("io streams", tests, NULL, NULL);
}
