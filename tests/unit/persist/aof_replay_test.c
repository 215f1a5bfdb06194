/* What commands journal replays to the same state: random commands of every family run in one keyspace, and
 * their journal, through a file's bytes and the reader, in another. */
#include "common/base/mem.h"
#include "server/keyspace/database.h"
#include "server/observe/digest.h"
#include "server/persist/aof_base.h"
#include "server/persist/aof_reader.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

struct recorder {
    struct buf bytes;
    int db;
};

static uint64_t record(void *owner, int db_index, const struct slice *argv, int argc) {
    struct recorder *r = owner;
    if (db_index >= 0 && db_index != r->db) aof_put_select(&r->bytes, r->db = db_index);
    aof_put_command(&r->bytes, argv, argc);
    return r->bytes.len;
}

static void replay(struct engine *e, struct slice bytes) {
    struct aof_reader r;
    enum aof_item item;
    aof_reader_init(&r, 0, (int64_t)bytes.len);
    aof_reader_feed(&r, bytes.ptr, bytes.len);
    e->keyspace.expire_on_access = false;
    while ((item = aof_reader_next(&r)) == AOF_COMMAND) {
        struct resp_mark mark = resp_mark(&e->session.reply);
        uint32_t errors = e->session.reply.error_count;
        exec_one(e->exec, &e->session, r.argv, r.argc, CALL_REPLAYED);
        if (e->session.reply.error_count != errors)
            fail_msg("%.*s cannot be replayed: %s", (int)r.argv[0].len, r.argv[0].ptr,
                     e->session.reply.error_code);
        resp_truncate(&e->session.reply, mark);
    }
    assert_int_equal(item, AOF_END);
    e->keyspace.expire_on_access = true;
    aof_reader_deinit(&r);
}

/* Words of a template: %k a key, %n a number, %f a fraction, %m a member, %t a time to live in ms, %T one in
 * s, %p a time in ms since 1970, %c a small count. */
static const char *const templates[] = {
    "SET %k %n",
    "SET %k %m PX %t",
    "SET %k %m EX %T",
    "SET %k %m KEEPTTL",
    "SET %k %n NX",
    "SET %k %m XX GET",
    "SET %k %m PXAT %p",
    "SETEX %k %T %m",
    "PSETEX %k %t %m",
    "GETSET %k %m",
    "GETDEL %k",
    "GETEX %k PX %t",
    "GETEX %k EX %T",
    "GETEX %k PERSIST",
    "GETEX %k PXAT %p",
    "INCR %k",
    "DECRBY %k %n",
    "INCRBYFLOAT %k %f",
    "APPEND %k %m",
    "SETRANGE %k %c %m",
    "SETBIT %k %c 1",
    "BITFIELD %k INCRBY u8 %c %n",
    "BITOP OR %k %k %k",
    "MSET %k %m %k %n",
    "MSETNX %k %m %k %n",
    "DEL %k %k",
    "UNLINK %k",
    "EXPIRE %k %T",
    "PEXPIRE %k %t",
    "EXPIREAT %k 1700000100",
    "PEXPIREAT %k %p",
    "PEXPIRE %k %t NX",
    "PERSIST %k",
    "RENAME %k %k",
    "RENAMENX %k %k",
    "COPY %k %k REPLACE",
    "COPY %k %k DB 1",
    "MOVE %k 1",
    "HSET %k %m %n %m %m",
    "HSETNX %k %m %m",
    "HINCRBY %k %m %n",
    "HINCRBYFLOAT %k %m %f",
    "HDEL %k %m %m",
    "SADD %k %m %n %m",
    "SREM %k %m %n",
    "SPOP %k",
    "SPOP %k %c",
    "SMOVE %k %k %m",
    "SINTERSTORE %k %k %k",
    "SUNIONSTORE %k %k %k",
    "SDIFFSTORE %k %k %k",
    "ZADD %k %n %m %f %m",
    "ZADD %k INCR %f %m",
    "ZADD %k GT CH %n %m",
    "ZINCRBY %k %f %m",
    "ZREM %k %m %m",
    "ZPOPMIN %k %c",
    "ZPOPMAX %k",
    "ZMPOP 2 %k %k MIN COUNT %c",
    "ZREMRANGEBYRANK %k 0 %c",
    "ZREMRANGEBYSCORE %k -inf %n",
    "ZUNIONSTORE %k 2 %k %k WEIGHTS 2 %f",
    "ZINTERSTORE %k 2 %k %k",
    "ZDIFFSTORE %k 2 %k %k",
    "ZRANGESTORE %k %k 0 %c",
    "LPUSH %k %m %n",
    "RPUSH %k %m",
    "LPOP %k",
    "RPOP %k %c",
    "LMOVE %k %k LEFT RIGHT",
    "LSET %k 0 %m",
    "LREM %k %c %m",
    "LTRIM %k 0 %c",
    "LINSERT %k BEFORE %m %n",
    "RPOPLPUSH %k %k",
    "LMPOP 2 %k %k LEFT COUNT %c",
    "PFADD %k %m %m",
    "PFMERGE %k %k",
    "XADD %k * %m %n",
    "XADD %k MAXLEN ~ 5 * %m %m",
    "XTRIM %k MAXLEN %c",
    "XDEL %k 1-1",
    "XGROUP CREATE %k g $ MKSTREAM",
    "XREADGROUP GROUP g c COUNT 2 STREAMS %k >",
    "XAUTOCLAIM %k g c2 0 0",
    "GEOADD %k 13.3 38.1 %m",
    "SORT %k BY nosort STORE %k",
    "SWAPDB 0 1",
    "SELECT 1",
    "SELECT 0",
    "FLUSHDB",
    "HEXPIRE %k %T FIELDS 1 %m",
    "HGETEX %k EX %T FIELDS 1 %m",
    "GET %k",
    "TYPE %k",
    "EXPIRE %k -1",
    "SET %k %m PXAT 1",
    "ZADD %k NX LT %n %m",
    "HMSET %k %m %m",
    "LPUSHX %k %m",
    "SINTERCARD 1 %k",
};
#define TEMPLATES (sizeof(templates) / sizeof(templates[0]))

static void fill(struct rng *rng, const char *template, int64_t now_ms, struct buf *line) {
    for (; *template; template ++) {
        if (*template != '%') {
            buf_append_char(line, *template);
            continue;
        }
        switch (*++template) {
        case 'k': buf_printf(line, "k%d", (int)rng_below(rng, 12)); break;
        case 'm': buf_printf(line, "m%d", (int)rng_below(rng, 30)); break;
        case 'n': buf_printf(line, "%d", (int)rng_below(rng, 200) - 50); break;
        case 'f': buf_printf(line, "%d.%d", (int)rng_below(rng, 20) - 5, (int)rng_below(rng, 1000)); break;
        case 'c': buf_printf(line, "%d", (int)rng_below(rng, 8)); break;
        case 't': buf_printf(line, "%d", 1 + (int)rng_below(rng, 3000)); break;
        case 'T': buf_printf(line, "%d", 1 + (int)rng_below(rng, 3)); break;
        case 'p': buf_printf(line, "%lld", (long long)now_ms - 500 + (long long)rng_below(rng, 3000)); break;
        }
    }
}

static void expect_same(struct engine *a, struct engine *b, const struct buf *journal) {
    unsigned char one[DIGEST_BYTES], other[DIGEST_BYTES];
    keyspace_set_now(&b->keyspace, a->keyspace.now_ms);
    digest_keyspace(&a->keyspace, one);
    digest_keyspace(&b->keyspace, other);
    if (memcmp(one, other, sizeof(one)) == 0) return;
    size_t shown = journal->len < 3000 ? journal->len : 3000;
    fail_msg("the states differ; the journal ends in:\n%.*s", (int)shown,
             journal->ptr + journal->len - shown);
}

static void journals_replay_to_the_same_state(void **state) {
    struct rng rng = test_rng();
    for (int round = test_rounds(60); round > 0; round--) {
        struct engine a, b;
        struct recorder recorder = {.db = -1};
        struct journal_sink sink = {&recorder, record};
        engine_init(&a);
        unit_set_journal(&a.keyspace, &sink);
        bool in_multi = false;
        for (int i = 0; i < 400; i++) {
            struct buf line = {0};
            if (rng_below(&rng, 12) == 0) {
                engine_run(&a, in_multi ? "EXEC" : "MULTI");
                in_multi = !in_multi;
            }
            fill(&rng, templates[rng_below(&rng, TEMPLATES)], a.keyspace.now_ms, &line);
            engine_run(&a, buf_cstr(&line));
            if (rng_below(&rng, 5) == 0) engine_advance(&a, (int64_t)rng_below(&rng, 400));
            buf_deinit(&line);
        }
        if (in_multi) engine_run(&a, "EXEC");
        engine_init(&b);
        replay(&b, buf_slice(&recorder.bytes));
        expect_same(&a, &b, &recorder.bytes);
        engine_deinit(&b);
        engine_deinit(&a);
        buf_deinit(&recorder.bytes);
    }
}

/* --- a base of commands --- */

struct putting {
    struct buf *out;
};
static void put_item(void *arg, void *item) {
    aof_put_entry(((struct putting *)arg)->out, item);
}

static void put_database(struct engine *e, int index, struct buf *out) {
    struct database *db = keyspace_database(&e->keyspace, index);
    struct putting putting = {out};
    aof_put_select(out, index);
    uint64_t cursor = 0;
    do {
        cursor = database_scan(db, cursor, put_item, &putting);
    } while (cursor);
}

/* No key more than once: scanning a table that nobody changes shows each entry once. */
static void a_base_of_commands_makes_the_same_state(void **state) {
    struct rng rng = test_rng();
    for (int round = test_rounds(30); round > 0; round--) {
        struct engine a, b;
        struct buf base = {0};
        engine_init(&a);
        for (int i = 0; i < 300; i++) {
            struct buf line = {0};
            const char *template = templates[rng_below(&rng, TEMPLATES)];
            if (template[0] == 'X')
                continue; /* streams are compared by what DEBUG DIGEST sees of them elsewhere */
            fill(&rng, template, a.keyspace.now_ms, &line);
            engine_run(&a, buf_cstr(&line));
            buf_deinit(&line);
        }
        for (int i = 0; i < 300; i++)
            engine_runf(&a,
                        i % 3   ? "HSET large f%d v"
                        : i % 2 ? "SADD larger m%d"
                                : "ZADD largest 1.5 z%d",
                        i);
        put_database(&a, 0, &base);
        put_database(&a, 1, &base);
        engine_init(&b);
        replay(&b, buf_slice(&base));
        expect_same(&a, &b, &base);
        engine_deinit(&b);
        engine_deinit(&a);
        buf_deinit(&base);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journals_replay_to_the_same_state),
        cmocka_unit_test(a_base_of_commands_makes_the_same_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
