/* What clients see of a disk that stands still, is full, or fails: no reply leaves that depends on it, errors
 * say what is true, everything else goes on, and all ends by itself. Whole servers with the append-only file,
 * in a simulated world. */
#include "common/base/panic.h"
#include "server/persist/aof.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/world.h"
#include <errno.h>
#include <string.h>

#define REFUSED_FULL "-MISCONF Errors writing to the AOF file: No space left on device"
#define REFUSED_IO   "-MISCONF Errors writing to the AOF file: Input/output error"
#define NOT_DURABLE  ", applied in memory, not durable\r\n"

static char policy[16];
static char *const words[] = {"--port",
                              "7000",
                              "--bind",
                              "127.0.0.1",
                              "--save",
                              "",
                              "--appendonly",
                              "yes",
                              "--loglevel",
                              "verbose",
                              "--dir",
                              "/",
                              "--appendfsync",
                              policy,
                              "--auto-aof-rewrite-percentage",
                              "0",
                              "--enable-debug-command",
                              "yes"};
#define WORDS ((int)(sizeof(words) / sizeof(words[0])))

static struct world *up(const char *with) {
    strcpy(policy, with);
    struct world *w = world_create(WORDS, words);
    world_settle(w);
    for (int i = 0; i < 4; i++)
        world_connect_peer(w, i);
    return w;
}

static struct io *disk(struct world *w) {
    return w->server->io;
}

static void expect_nothing(struct world *w, int i) {
    for (int s = 0; s < 3; s++)
        world_settle(w);
    assert_string_equal(buf_cstr(&w->peers[i].in), "");
}

static void nothing_leaves_while_the_disk_stands_still(void **state) {
    static const char *const policies[] = {"always", "everysec", "no"};
    for (int p = 0; p < 3; p++) {
        struct world *w = up(policies[p]);
        world_say(w, 0, "SET a 1\r\nSET other 1\r\n");
        world_expect(w, 0, "+OK\r\n+OK\r\n");
        sim_disk_stand_still(disk(w), true);
        world_say(w, 0, "SET a 2\r\n");
        expect_nothing(w, 0);
        /* Whoever sees that write waits for it, whatever way he looks; who does not, does not. */
        world_say(w, 1, "PING\r\nGET other\r\n");
        world_expect(w, 1, "+PONG\r\n$1\r\n1\r\n");
        world_say(w, 1, "GET a\r\n");
        expect_nothing(w, 1);
        world_say(w, 2, "MULTI\r\nGET a\r\n");
        world_expect(w, 2, "+OK\r\n+QUEUED\r\n");
        world_say(w, 2, "EXEC\r\n");
        expect_nothing(w, 2);
        world_say(w, 3, "DBSIZE\r\n");
        expect_nothing(w, 3);
        world_say(w, 3, "CONFIG GET appendonly\r\n"); /* behind DBSIZE */
        expect_nothing(w, 3);
        world_connect_peer(w, 4);
        world_say(w, 4, "CONFIG SET maxmemory 0\r\nCONFIG GET maxmemory\r\n");
        world_expect(w, 4, "+OK\r\n*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
        /* What follows on a connection keeps its place. */
        world_say(w, 1, "GET other\r\n");
        expect_nothing(w, 1);
        sim_disk_stand_still(disk(w), false);
        world_expect(w, 0, "+OK\r\n");
        world_expect(w, 1, "$1\r\n2\r\n$1\r\n1\r\n");
        world_expect(w, 2, "*1\r\n$1\r\n2\r\n");
        world_expect(w, 3, ":2\r\n*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n");
        world_destroy(&w);
    }
}

static void messages_and_wakened_clients_wait_as_well(void **state) {
    struct world *w = up("always");
    world_say(w, 1, "BLPOP list 0\r\n");
    world_say(w, 2, "CONFIG SET notify-keyspace-events KEA\r\nSUBSCRIBE __keyevent@0__:set\r\n");
    world_expect(w, 2, "+OK\r\n*3\r\n$9\r\nsubscribe\r\n$18\r\n__keyevent@0__:set\r\n:1\r\n");
    sim_disk_stand_still(disk(w), true);
    world_say(w, 0, "RPUSH list x\r\nSET k v\r\n");
    expect_nothing(w, 0);
    expect_nothing(w, 1);
    expect_nothing(w, 2);
    sim_disk_stand_still(disk(w), false);
    world_expect(w, 0, ":1\r\n+OK\r\n");
    world_expect(w, 1, "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
    world_expect(w, 2, "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n");
    world_destroy(&w);
}

/* The write that cannot be kept, refused ones, reads, and the end of all that: by itself. */
static void expect_failure(struct world *w, const char *refused) {
    struct buf text = {0};
    buf_printf(&text, "%s%s", refused, NOT_DURABLE);
    world_say(w, 0, "SET a 2\r\n");
    world_expect(w, 0, buf_cstr(&text));
    buf_clear(&text);
    buf_printf(&text, "%s\r\n", refused);
    world_say(w, 0, "SET a 3\r\n");
    if (w->server->aof.stats.last_write_ok) { /* it has recovered meanwhile */
        world_expect(w, 0, "+OK\r\n");
    } else {
        world_expect(w, 0, buf_cstr(&text));
        world_say(w, 1, "GET a\r\nGET other\r\n");
        world_expect(w, 1, "$1\r\n2\r\n$1\r\n1\r\n");
        assert_true(exec_commit_gate(w->server->exec)->suspended);
    }
    buf_deinit(&text);
}

static void wait_for_recovery(struct world *w) {
    for (int i = 0; i < 60 && !w->server->aof.stats.last_write_ok; i++)
        world_settle(w);
    assert_true(w->server->aof.stats.last_write_ok && w->server->aof.published);
    assert_false(exec_commit_gate(w->server->exec)->suspended);
}

static void a_full_disk_refuses_writes_until_there_is_room(void **state) {
    static const char *const policies[] = {"always", "everysec", "no"};
    for (int p = 0; p < 3; p++) {
        struct world *w = up(policies[p]);
        world_say(w, 0, "SET a 1\r\nSET other 1\r\n");
        world_expect(w, 0, "+OK\r\n+OK\r\n");
        uint64_t rewrites = w->server->aof.stats.rewrites;
        sim_disk_fail(disk(w), SIM_DISK_WRITE, ENOSPC, 0, 10);
        expect_failure(w, REFUSED_FULL);
        wait_for_recovery(w);
        assert_int_equal(w->server->aof.stats.rewrites, rewrites); /* the same file goes on */
        world_say(w, 0, "SET b 4\r\n");
        world_expect(w, 0, "+OK\r\n");
        /* What was in memory only is in the file as well, and nothing of what the tries left. */
        world_say(w, 0, "DEL other\r\nDEBUG LOADAOF\r\nMGET a b other\r\n");
        world_expect(w, 0, ":1\r\n+OK\r\n*3\r\n$1\r\n2\r\n$1\r\n4\r\n$-1\r\n");
        assert_int_equal(w->server->aof.stats.tail_dropped_bytes, 0);
        world_destroy(&w);
    }
}

/* The file whose sync failed is never used again; a base and an increment are made from memory. */
static void a_sync_that_fails_means_new_files(void **state) {
    struct world *w = up("always");
    world_say(w, 0, "SET a 1\r\nSET other 1\r\n");
    world_expect(w, 0, "+OK\r\n+OK\r\n");
    int64_t base = w->server->aof.manifest.base.seq, incr = w->server->aof.manifest.incr_seq;
    sim_disk_fail(disk(w), SIM_DISK_SYNC, EIO, 0, 6);
    expect_failure(w, REFUSED_IO);
    wait_for_recovery(w);
    assert_true(w->server->aof.manifest.base.seq > base && w->server->aof.manifest.incr_seq > incr);
    assert_int_equal(w->server->aof.manifest.incr_count, 1);
    world_say(w, 0, "SET b 4\r\n");
    world_expect(w, 0, "+OK\r\n");
    world_say(w, 0, "DEBUG LOADAOF\r\nMGET a b other\r\n");
    world_expect(w, 0, "+OK\r\n*3\r\n$1\r\n2\r\n$1\r\n4\r\n$1\r\n1\r\n");
    world_destroy(&w);
}

/* WAITAOF outlasts both. */
static void waitaof_waits_for_a_disk_that_stands_still(void **state) {
    struct world *w = up("everysec");
    world_say(w, 0, "SET a 1\r\n");
    world_expect(w, 0, "+OK\r\n");
    sim_disk_stand_still(disk(w), true);
    world_say(w, 0, "WAITAOF 1 0 0\r\n");
    expect_nothing(w, 0);
    world_say(w, 1, "WAITAOF 1 0 0\r\n"); /* wrote nothing */
    world_expect(w, 1, "*2\r\n:1\r\n:0\r\n");
    sim_disk_stand_still(disk(w), false);
    world_expect(w, 0, "*2\r\n:1\r\n:0\r\n");
    world_destroy(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leaves_while_the_disk_stands_still),
        cmocka_unit_test(messages_and_wakened_clients_wait_as_well),
        cmocka_unit_test(a_full_disk_refuses_writes_until_there_is_room),
        cmocka_unit_test(a_sync_that_fails_means_new_files),
        cmocka_unit_test(waitaof_waits_for_a_disk_that_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
