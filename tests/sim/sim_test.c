/* A server and its clients in a simulated world, over many seeds.
 *
 * Each client owns its keys, so that it knows every answer beforehand: it sends random commands in pipelines
 * of random depth, checks the answers in their order, half-closes now and then, and comes back with a new
 * connection. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/rng.h"
#include "common/io/io_file.h"
#include "common/io/io_stream.h"
#include "common/io/sim.h"
#include "common/resp/resp_reply.h"
#include "tests/sim/kv_server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIENTS = 6, KEYS = 4, TIME_LIMIT_US = 60 * 1000 * 1000, VALUE_SMALL = 200, VALUE_LARGE = 70 * 1000 };

struct value {
    bool known, is_number;
    int64_t number;
    struct buf bytes;
};

struct client {
    struct io_stream stream;
    struct crowd *crowd;
    unsigned id, life; /* keys are named by both, so that what a reset left behind does not matter */
    unsigned commands_left, lives_left;
    struct value values[KEYS];
    struct buf request, expected, answer;
    bool connected, sending, half_closed, eof, broken, done;
};

struct crowd {
    struct io *io;
    struct io_addr server;
    struct rng rng;
    struct client clients[CLIENTS];
    unsigned done;
    bool resets; /* connections may break */
    const char *complaint;
    uint64_t answers;
};

static void complain(struct crowd *crowd, const char *what) {
    if (!crowd->complaint) crowd->complaint = what;
}

/* --- what is asked, and what must be answered --- */

static void expect_bulk(struct client *c, const struct value *v) {
    if (!v->known) {
        buf_append_str(&c->expected, "$-1\r\n");
        return;
    }
    char digits[NUM_INT64_CHARS_MAX];
    size_t len = v->is_number ? num_format_int64(digits, v->number) : v->bytes.len;
    buf_printf(&c->expected, "$%zu\r\n", len);
    buf_append(&c->expected, v->is_number ? digits : v->bytes.ptr, len);
    buf_append_str(&c->expected, "\r\n");
}

static int64_t sum_of(const struct value *v) {
    char digits[NUM_INT64_CHARS_MAX];
    if (!v->known) return 0;
    const char *bytes = v->is_number ? digits : v->bytes.ptr;
    size_t len = v->is_number ? num_format_int64(digits, v->number) : v->bytes.len;
    int64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = (sum * 31 + (unsigned char)bytes[i]) % 1000003;
    return sum;
}

static void add_command(struct client *c) {
    struct rng *rng = &c->crowd->rng;
    unsigned k = (unsigned)rng_below(rng, KEYS);
    struct value *v = &c->values[k];
    char key[32];
    int key_len = snprintf(key, sizeof key, "c%u.%u.%u", c->id, c->life, k);
    switch (rng_below(rng, 4)) {
    case 0: {
        size_t len = (size_t)rng_below(rng, rng_below(rng, 20) == 0 ? VALUE_LARGE : VALUE_SMALL);
        v->known = true;
        v->is_number = false;
        buf_clear(&v->bytes);
        buf_append_char(&v->bytes, 'v'); /* never a number */
        for (size_t i = 0; i < len; i++)
            buf_append_char(&v->bytes, (char)('a' + (i + len) % 26));
        buf_printf(&c->request, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%zu\r\n", key_len, key, v->bytes.len);
        buf_append(&c->request, v->bytes.ptr, v->bytes.len);
        buf_append_str(&c->request, "\r\n");
        buf_append_str(&c->expected, "+OK\r\n");
        break;
    }
    case 1:
        buf_printf(&c->request, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", key_len, key);
        expect_bulk(c, v);
        break;
    case 2:
        buf_printf(&c->request, "INCR %s\r\n", key);
        if (v->known && !v->is_number) {
            buf_append_str(&c->expected, "-ERR value is not an integer or out of range\r\n");
            break;
        }
        v->number = v->known ? v->number + 1 : 1;
        v->known = v->is_number = true;
        buf_printf(&c->expected, ":%lld\r\n", (long long)v->number);
        break;
    default:
        buf_printf(&c->request, "*2\r\n$3\r\nSUM\r\n$%d\r\n%s\r\n", key_len, key);
        buf_printf(&c->expected, ":%lld\r\n", (long long)sum_of(v));
    }
}

/* --- the client's connection --- */

static const struct io_stream_ops client_ops;

static void say_more(struct client *c) {
    struct rng *rng = &c->crowd->rng;
    if (c->sending || c->half_closed || c->answer.len < c->expected.len) return;
    buf_clear(&c->request);
    buf_clear(&c->expected);
    buf_clear(&c->answer);
    if (c->commands_left == 0) {
        c->half_closed = true;
        io_stream_shutdown(&c->stream);
        return;
    }
    unsigned depth = 1 + (unsigned)rng_below(rng, 20);
    if (depth > c->commands_left) depth = c->commands_left;
    c->commands_left -= depth;
    for (unsigned i = 0; i < depth; i++)
        add_command(c);
    c->sending = true;
    struct iovec parts[2] = {{c->request.ptr, c->request.len / 2}, {NULL, 0}};
    parts[1] = (struct iovec){c->request.ptr + parts[0].iov_len, c->request.len - parts[0].iov_len};
    io_stream_send(&c->stream, parts, 2);
    /* Sometimes the FIN comes on the heels of the last request: its answers are owed all the same. */
}

static void leave(struct client *c) {
    io_stream_close(&c->stream);
}

static void on_connected(struct io_stream *s, int error) {
    struct client *c = LIST_OWNER(s, struct client, stream);
    c->connected = !error;
    if (error && !c->crowd->resets) complain(c->crowd, "no connection");
    if (error) {
        c->broken = true;
        leave(c);
    } else {
        say_more(c);
    }
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct client *c = LIST_OWNER(s, struct client, stream);
    buf_append(&c->answer, buf.bytes, buf.len);
    io_buf_return(s->io, buf);
    if (c->answer.len > c->expected.len || memcmp(c->answer.ptr, c->expected.ptr, c->answer.len) != 0) {
        complain(c->crowd, "a wrong answer");
        leave(c);
        return;
    }
    if (c->answer.len == c->expected.len) c->crowd->answers++;
    /* A slow reader: it stops for a while, and a timer of the crowd wakes it. */
    if (rng_below(&c->crowd->rng, 50) == 0) io_stream_recv_pause(s);
    say_more(c);
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct client *c = LIST_OWNER(s, struct client, stream);
    c->sending = false;
    if (error) {
        if (!c->crowd->resets) complain(c->crowd, "a send failed");
        c->broken = true;
        leave(c);
        return;
    }
    say_more(c);
    if (!c->sending && !c->half_closed && c->commands_left == 0 && rng_below(&c->crowd->rng, 2)) {
        c->half_closed = true;
        io_stream_shutdown(s);
    }
}

static void on_eof(struct io_stream *s, int error) {
    struct client *c = LIST_OWNER(s, struct client, stream);
    bool early = !c->half_closed || c->answer.len < c->expected.len;
    if ((error || early) && !c->crowd->resets) complain(c->crowd, "the connection ended before its answers");
    c->broken = error || early;
    leave(c);
}

static void begin_life(struct client *c);

static void on_closed(struct io_stream *s) {
    struct client *c = LIST_OWNER(s, struct client, stream);
    memset(&c->stream, 0xee, sizeof c->stream);
    if (c->crowd->complaint || --c->lives_left == 0) {
        c->done = true;
        c->crowd->done++;
        return;
    }
    begin_life(c);
}

static const struct io_stream_ops client_ops = {.on_connected = on_connected,
                                                .on_recv = on_recv,
                                                .on_sent = on_sent,
                                                .on_eof = on_eof,
                                                .on_closed = on_closed};

static void begin_life(struct client *c) {
    c->life++;
    c->connected = c->sending = c->half_closed = c->broken = false;
    c->commands_left = 1 + (unsigned)rng_below(&c->crowd->rng, 60);
    for (unsigned k = 0; k < KEYS; k++)
        c->values[k].known = false;
    buf_clear(&c->expected);
    buf_clear(&c->answer);
    io_stream_connect(c->crowd->io, &c->stream, &client_ops, &c->crowd->server, NULL);
}

static void crowd_turn(void *crowd_pointer) {
    struct crowd *crowd = crowd_pointer;
    io_turn(crowd->io, 500);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *c = &crowd->clients[i];
        if (c->connected && !c->done && !io_stream_closing(&c->stream) && rng_below(&crowd->rng, 4) == 0)
            io_stream_recv_resume(&c->stream);
    }
}

/* --- one world --- */

struct outcome {
    const char *complaint;
    uint64_t trace, events, answers;
};

static struct outcome run_world(const struct kv_build *build, uint64_t seed, uint32_t resets_per_million) {
    struct rng rng;
    rng_seed(&rng, seed);
    struct sim_config config = {.seed = seed,
                                .resets_per_million = resets_per_million,
                                .window_bytes = 1000 + (uint32_t)rng_below(&rng, 60000),
                                .recv_bytes_max = 1 + (uint32_t)rng_below(&rng, 3000),
                                .segment_bytes_max = 1 + (uint32_t)rng_below(&rng, 6000)};
    struct sim_world *world = sim_create(&config);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = world, .recv_buf_bytes = 4096};
    char error[160];
    struct io *server_io = io_create(&io_config, error), *client_io = io_create(&io_config, error);
    struct io_addr addr;
    assert_true(server_io && client_io && io_addr_parse(&addr, "10.0.0.1", 6379));
    struct kv_server *server = build->create(server_io, &addr);
    sim_set_turn(server_io, build->turn, server);
    struct crowd *crowd = mem_zalloc(sizeof *crowd);
    *crowd = (struct crowd){.io = client_io, .server = addr, .rng = rng, .resets = resets_per_million > 0};
    for (unsigned i = 0; i < CLIENTS; i++) {
        crowd->clients[i].crowd = crowd;
        crowd->clients[i].id = i;
        crowd->clients[i].lives_left = 1 + (unsigned)rng_below(&crowd->rng, 4);
        begin_life(&crowd->clients[i]);
    }
    sim_set_turn(client_io, crowd_turn, crowd);
    while (crowd->done < CLIENTS && !crowd->complaint && sim_now_us(world) < TIME_LIMIT_US &&
           sim_step(world)) {
    }
    if (crowd->done < CLIENTS) complain(crowd, "an answer never came");
    struct outcome outcome = {crowd->complaint, sim_trace(world), sim_events(world), crowd->answers};
    if (outcome.complaint && build != &kv_right)
        return outcome; /* the planted ones cannot be trusted to clean up */
    if (!outcome.complaint) {
        build->stop(server);
        while (!build->stopped(server) && sim_step(world)) {
        }
        build->destroy(&server);
        for (unsigned i = 0; i < CLIENTS; i++) {
            buf_deinit(&crowd->clients[i].request);
            buf_deinit(&crowd->clients[i].expected);
            buf_deinit(&crowd->clients[i].answer);
            for (unsigned k = 0; k < KEYS; k++)
                buf_deinit(&crowd->clients[i].values[k].bytes);
        }
        mem_free(crowd);
        io_destroy(&server_io);
        io_destroy(&client_io);
        sim_destroy(&world);
    }
    return outcome;
}

/* --- tests, from basic to complex --- */

static void on_timer(struct io_timer *timer) {
    timer->due_us = 0;
}

static void time_is_virtual(void **state) {
    struct sim_config config = {.seed = 1};
    struct sim_world *world = sim_create(&config);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = world};
    char error[160];
    struct io *io = io_create(&io_config, error);
    struct io_timer timer;
    io_timer_init(&timer, on_timer);
    io_timer_set(io, &timer, io_now_us(io) + 3600ll * 1000 * 1000);
    sim_run_until(world, io_now_us(io) + 3599ll * 1000 * 1000);
    io_turn(io, -1);
    assert_true(io_timer_is_set(&timer));
    sim_run_until(world, timer.due_us);
    assert_int_equal(io_turn(io, -1), 1);
    assert_false(io_timer_is_set(&timer));
    io_destroy(&io);
    sim_destroy(&world);
}

static void disk_forgets_what_was_not_synced(void **state) {
    struct sim_config config = {.seed = 1};
    struct sim_world *world = sim_create(&config);
    struct io_config io_config = {.engine = IO_ENGINE_SIM, .world = world};
    char error[160], bytes[16];
    struct io *io = io_create(&io_config, error);
    assert_int_equal(io_disk_open(io, "d/a", O_RDONLY, 0), -2);
    assert_int_equal(io_disk_mkdir(io, "d", 0755), 0);
    int fd = io_disk_open(io, "d/a", O_RDWR | O_CREAT, 0644);
    assert_true(fd >= 0);
    assert_int_equal(io_disk_write(io, fd, "first", 5, 0), 5);
    assert_int_equal(io_disk_sync(io, fd, true), 0);
    assert_int_equal(io_disk_sync_dir(io, "d"), 0);
    assert_int_equal(io_disk_write(io, fd, "second", 6, 5), 6);
    assert_int_equal(io_disk_size(io, fd), 11);
    assert_int_equal(io_disk_rename(io, "d/a", "d/b"), 0);
    sim_disk_crash(io);
    assert_false(io_disk_exists(io, "d/b"));
    fd = io_disk_open(io, "d/a", O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_int_equal(io_disk_read(io, fd, bytes, sizeof bytes, 0), 5);
    assert_memory_equal(bytes, "first", 5);
    assert_int_equal(io_disk_write(io, fd, "x", 1, 0), -9);
    assert_int_equal(io_disk_close(io, fd), 0);
    io_destroy(&io);
    sim_destroy(&world);
}

static void same_seed_same_run(void **state) {
    struct outcome first = run_world(&kv_right, 42, 0), again = run_world(&kv_right, 42, 0);
    struct outcome other = run_world(&kv_right, 43, 0);
    assert_null(first.complaint);
    assert_true(first.trace == again.trace && first.events == again.events);
    assert_true(first.trace != other.trace);
    assert_true(first.answers > 10);
}

static void run_seeds(uint64_t from, uint64_t count, uint32_t resets_per_million) {
    const char *more = getenv("SIM_SEEDS");
    int64_t wanted;
    if (more && num_parse_int64(more, strlen(more), &wanted) && wanted > 0) count = (uint64_t)wanted;
    uint64_t events = 0, answers = 0;
    for (uint64_t seed = from; seed < from + count; seed++) {
        struct outcome outcome = run_world(&kv_right, seed, resets_per_million);
        if (outcome.complaint) fail_msg("seed %llu: %s", (unsigned long long)seed, outcome.complaint);
        events += outcome.events;
        answers += outcome.answers;
    }
    print_message("%llu seeds, %llu events, %llu pipelines answered\n", (unsigned long long)count,
                  (unsigned long long)events, (unsigned long long)answers);
}

static void many_seeds(void **state) {
    run_seeds(1000, 60, 0);
}
static void many_seeds_with_resets(void **state) {
    run_seeds(5000, 60, 3000);
}

/* A planted bug may show as a wrong answer or as a crash: each seed runs in a process of its own. */
static bool found_by(const struct kv_build *build, uint64_t seed) {
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (int signo = 1; signo < 32; signo++)
            signal(signo, SIG_DFL); /* cmocka's would report it as its own */
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        alarm(20);
        _exit(run_world(build, seed, 0).complaint ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void planted_is_found(const struct kv_build *build) {
    enum { SEEDS = 20 };
    assert_false(found_by(&kv_right, 7)); /* what finds the bug must not find one in the right server */
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        if (!found_by(build, seed)) continue;
        print_message("%s: found with seed %llu\n", build->name, (unsigned long long)seed);
        return;
    }
    fail_msg("%s: not found within %d seeds", build->name, SEEDS);
}

static void early_return_is_found(void **state) {
    planted_is_found(&kv_early_return);
}
static void early_free_is_found(void **state) {
    planted_is_found(&kv_early_free);
}
static void early_reuse_is_found(void **state) {
    planted_is_found(&kv_early_reuse);
}
static void overtaking_jobs_are_found(void **state) {
    planted_is_found(&kv_overtaking_jobs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_virtual),           cmocka_unit_test(disk_forgets_what_was_not_synced),
        cmocka_unit_test(same_seed_same_run),        cmocka_unit_test(many_seeds),
        cmocka_unit_test(many_seeds_with_resets),    cmocka_unit_test(early_return_is_found),
        cmocka_unit_test(early_free_is_found),       cmocka_unit_test(early_reuse_is_found),
        cmocka_unit_test(overtaking_jobs_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
