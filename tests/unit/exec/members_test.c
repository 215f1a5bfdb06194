/* Members that are prefetched: where commands name them, and that advice changes no answer. */
#include "common/base/mem.h"
#include "server/exec/exec_int.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int up(void **state) {
    struct engine *e = mem_zalloc(sizeof(*e));
    engine_init(e);
    *state = e;
    return 0;
}

static int down(void **state) {
    struct engine *e = *state;
    engine_deinit(e);
    mem_free(e);
    return 0;
}

static void members_are_found_in_the_declaration(void **state) {
    static const struct {
        const char *name;
        unsigned at;
    } cases[] = {
        {"sadd", 2},       {"srem", 2},    {"sismember", 2},
        {"smismember", 2}, {"smove", 3},   {"hset", 2},
        {"hget", 2},       {"hdel", 2},    {"hincrby", 2},
        {"zscore", 2},     {"zincrby", 3}, {"zadd", 3},
        {"sinter", 0},     {"hscan", 0},   {"spop", 0},
        {"get", 0},        {"ping", 0},    {"object|encoding", 0},
    };
    struct engine *e = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct command_spec *spec = command_lookup_full(cases[i].name, strlen(cases[i].name));
        assert_non_null(spec);
        if (e->exec->member_at[spec->id] != cases[i].at)
            fail_msg("%s: %u instead of %u", cases[i].name, e->exec->member_at[spec->id], cases[i].at);
    }
}

#define REQUESTS 400

/* Words separated by blanks, kept in `words`. */
static int split(char *line, struct slice *words) {
    int count = 0;
    for (char *save = NULL, *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
        words[count++] = slice_of(w);
    return count;
}

/* A line about large and small values of both types, keys that come and go, words that are missing. */
static void draw_line(struct rng *rng, char *line) {
    static const char *const commands[] = {"SADD", "SREM", "SISMEMBER", "SMOVE", "HSET",
                                           "HGET", "HDEL", "HEXISTS",   "DEL",   "SISMEMBER"};
    const char *command = commands[rng_below(rng, 10)];
    int key = (int)rng_below(rng, 6), member = (int)rng_below(rng, 300);
    char type = command[0] == 'H' ? 'h' : 's';
    if (rng_below(rng, 50) == 0)
        sprintf(line, "%s", command);
    else if (rng_below(rng, 50) == 0)
        sprintf(line, "%s %c%d", command, type, key);
    else if (strcmp(command, "DEL") == 0)
        sprintf(line, rng_below(rng, 8) ? "EXISTS s%d" : "DEL s%d", key);
    else if (strcmp(command, "SMOVE") == 0)
        sprintf(line, "SMOVE s%d s%d m%d", key, (int)rng_below(rng, 6), member);
    else
        sprintf(line, strcmp(command, "HSET") ? "%s %c%d m%d" : "%s %c%d m%d v", command, type, key, member);
}

static void run_batch(struct engine *e, struct exec_request *requests, size_t count, struct buf *replies) {
    for (size_t at = 0; at < count;)
        at += exec_batch(e->exec, requests + at, count - at, 0);
    struct resp_chunk *chain = resp_writer_take(&e->session.reply);
    for (const struct resp_chunk *c = chain; c; c = c->next)
        buf_append(replies, c->bytes, c->len);
    resp_chunks_return(&e->pool, chain);
}

static void batches_answer_as_single_commands_do(void **state) {
    static char lines[REQUESTS][64];
    static struct slice words[REQUESTS][8];
    struct engine *e = *state, single;
    struct rng rng = test_rng();
    engine_init(&single);
    e->keyspace.conf.set_max_listpack_entries = single.keyspace.conf.set_max_listpack_entries = 20;
    e->keyspace.conf.hash_max_listpack_entries = single.keyspace.conf.hash_max_listpack_entries = 20;
    struct buf one_by_one = {0}, in_batches = {0};
    for (int round = 0; round < 20; round++) {
        struct exec_request requests[REQUESTS];
        buf_clear(&one_by_one);
        buf_clear(&in_batches);
        for (size_t i = 0; i < REQUESTS; i++) {
            draw_line(&rng, lines[i]);
            buf_append_str(&one_by_one, engine_run(&single, lines[i]));
            requests[i] = (struct exec_request){&e->session, words[i], split(lines[i], words[i]), false};
        }
        mem_account_enter(&e->account);
        run_batch(e, requests, REQUESTS, &in_batches);
        assert_string_equal(buf_cstr(&in_batches), buf_cstr(&one_by_one));
        mem_account_enter(&single.account);
    }
    buf_deinit(&one_by_one);
    buf_deinit(&in_batches);
    engine_deinit(&single);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_are_found_in_the_declaration, up, down),
        cmocka_unit_test_setup_teardown(batches_answer_as_single_commands_do, up, down),
    };
    return cmocka_run_group_tests_name("exec/members", tests, NULL, NULL);
}
