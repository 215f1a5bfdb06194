/* Hostile commands against everything between the parser and the values: parser, dispatch, gates,
 * transactions, handlers, types, expiry, the journal, the reaper; without sockets, clocks or threads.
 *
 *      input = a byte stream, as a client would send it
 *        resp_parse ─► exec_batch ─► one well-formed reply for each command
 *        "@s1"  another session (0 RESP2, 1 RESP3, 2 RESP2)       journal ─► a second keyspace, replayed
 *        "@t99" the clock moves by so many milliseconds
 *        "@u1"  the session is unblocked: 0 as if its time was over, 1 with an error
 *
 * Commands that wait are in: a session that waits reads nothing until another one's change serves it, its
 * time is over, or it is unblocked.
 *
 * What must hold, besides that nothing crashes:
 *   - each command has exactly one reply (subscriptions: at least one; of one that waits it comes later), cut
 * and read by resp_reply
 *   - a stream that is broken for the parser ends there, with its error
 *   - the journal, replayed on an empty keyspace, gives the same DEBUG DIGEST
 *   - after FLUSHALL and the reaper there are no keys, and memory is back but for buffers that are kept
 *   - when all is destroyed, which happens every so many inputs, not a byte is charged any more
 *
 * Two worlds stand ready, one of them with a table for each slot; the first byte of the input chooses, and
 * sets limits.
 *
 * The mutator speaks the grammar of the command spec (tests/differential/generate.h): half of the mutations
 * put whole commands into the stream, the others are libFuzzer's own.
 */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/conf/conf.h"
#include "common/resp/resp_parser.h"
#include "common/resp/resp_reply.h"
#include "server/commands/families.h"
#include "server/exec/exec.h"
#include "server/exec/exec_int.h"
#include "server/exec/options.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/options.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/task.h"
#include "server/observe/digest.h"
#include "server/persist/persist.h"
#include "server/persist/rdb_format.h"
#include "server/pubsub/pubsub.h"
#include "tests/differential/generate.h"
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#define START_MS     1700000000000
#define TALKERS      3
#define COMMANDS_MAX 2000
#define STRING_MAX   4096         /* LCS of two of them is the longest that a command may take */
#define KEPT_BYTES   (256 * 1024) /* buffers and empty tables that outlive a FLUSHALL */
#define INPUTS_MAX   2000         /* between two worlds */

/* Worlds outlive the inputs, and a segmented vector points before its segments, where LeakSanitizer does not
 * look. The account knows of each byte: `more` below. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0";
}

/* One keyspace with its dispatch. */
struct engine {
    struct keyspace keyspace;
    struct exec *exec;
};

struct world {
    struct mem_account account;
    struct conf *conf;
    struct pubsub *pubsub;
    struct persist persist; /* what DUMP and RESTORE look at */
    struct keyspace_conf keyspace_conf;
    struct exec_conf exec_conf;
    struct resp_pool pool;
    struct engine primary, replica;
    struct session talkers[TALKERS], follower; /* the follower replays the journal on the replica */
    bool waited[TALKERS];                      /* the reply to a command that waits is still to come */
    struct journal_sink journal;
    int64_t empty_bytes; /* charged when it was new */
    unsigned inputs;
};

static void engine_init(struct engine *e, struct world *w, bool primary) {
    static const struct command_binding *const families[] = {COMMAND_FAMILIES};
    uint64_t seed = primary ? 1 : 2;
    keyspace_init(&e->keyspace, &w->keyspace_conf, &w->account, NULL, START_MS, &seed);
    e->exec = exec_create(&e->keyspace, &w->exec_conf);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        exec_bind(e->exec, families[i], NULL);
    exec_bind(e->exec, dump_bindings, &w->persist);
    for (unsigned id = 0; id < CMD_COUNT; id++) { /* no family is forgotten here */
        const struct command_spec *spec = command_by_id(id);
        bool elsewhere = spec->parent == CMD_MEMORY || spec->id == CMD_MIGRATE; /* the process, the network */
        if (!spec->issue && !elsewhere && spec->key_spec_count && !(spec->flags & COMMAND_PUBSUB) &&
            !e->exec->handlers[id].run && spec->id != CMD_WATCH)
            panic("%s is built, but not bound here", spec->name);
    }
    exec_bind(e->exec, multi_bindings, e->exec);
    exec_bind(e->exec, command_bindings, e->exec);
    if (primary) exec_bind(e->exec, pubsub_bindings, w->pubsub);
}

static void drop_output(struct world *w, struct session *s) {
    resp_chunks_return(&w->pool, resp_writer_take(&s->reply));
}

/* A record of the journal, at once on the replica; what MULTI and EXEC enclose as well, since nobody looks
 * between. */
static uint64_t replay(void *owner, int db_index, const struct slice *argv, int argc) {
    struct world *w = owner;
    must(argc > 0 && argv[0].len > 0);
    if (slice_is(argv[0], "MULTI") || slice_is(argv[0], "EXEC"))
        return ++w->primary.keyspace.unit.journal_position;
    must(db_index >= 0 && db_index < w->keyspace_conf.databases);
    keyspace_set_now(&w->replica.keyspace, w->primary.keyspace.now_ms);
    w->follower.db = keyspace_database(&w->replica.keyspace, db_index);
    w->follower.db_index = db_index;
    uint32_t errors = w->follower.reply.error_count;
    exec_one(w->replica.exec, &w->follower, argv, argc, CALL_REPLAYED);
    if (w->follower.reply.error_count != errors)
        panic("the journal's %.*s is refused: %s", (int)argv[0].len, argv[0].ptr,
              w->follower.reply.error_code);
    drop_output(w, &w->follower);
    return ++w->primary.keyspace.unit.journal_position;
}

static void world_init(struct world *w, bool slotted) {
    static struct logger quiet;
    quiet = log_default;
    quiet.level = LOG_LEVEL_NOTHING;
    memset(w, 0, sizeof *w);
    w->conf = conf_create("fuzz", &quiet);
    w->pubsub = pubsub_create(w->conf);
    w->persist = (struct persist){.conf = {.rdb_version = RDB_VERSION_MIN_WRITTEN}, .log = &quiet};
    keyspace_register_options(&w->primary.keyspace, w->conf);
    exec_register_options(&w->exec_conf, w->conf);
    w->exec_conf.latency_tracking =
        false; /* its histograms come with the first call of each command, and stay */
    w->keyspace_conf = w->primary.keyspace.conf;
    w->keyspace_conf.proto_max_bulk_len = STRING_MAX;
    w->keyspace_conf.slotted = slotted;
    if (slotted) w->keyspace_conf.databases = 1;
    resp_pool_init(&w->pool);
    engine_init(&w->primary, w, true);
    engine_init(&w->replica, w, false);
    w->replica.keyspace.active_expire = w->replica.keyspace.expire_on_access = false;
    pubsub_start(w->pubsub, &w->primary.keyspace, w->primary.exec);
    for (int db = 0; db < w->keyspace_conf.databases; db++)
        must(keyspace_database(&w->primary.keyspace, db) && keyspace_database(&w->replica.keyspace, db));
    w->journal = (struct journal_sink){w, replay};
    unit_set_journal(&w->primary.keyspace, &w->journal);
    w->empty_bytes = w->account.used;
}

/* New sessions, the time of the beginning, and the limits that `variant` names. */
static void world_begin(struct world *w, uint8_t variant) {
    struct keyspace *both[] = {&w->primary.keyspace, &w->replica.keyspace};
    for (unsigned i = 0; i < 2; i++) {
        struct keyspace_conf *conf = &both[i]->conf;
        *conf = w->keyspace_conf;
        if (variant & 1) conf->hash_max_listpack_entries = 4;
        if (variant & 2) conf->lazyfree_lazy_server_del = conf->lazyfree_lazy_expire = true;
        if (variant & 8) conf->maxmemory_policy = variant & 16 ? EVICT_ALLKEYS_LFU : EVICT_ALLKEYS_LRU;
        keyspace_set_now(both[i], START_MS);
        uint64_t seed = variant;
        rng_seed(&both[i]->rng, seed);
    }
    for (unsigned i = 0; i < TALKERS; i++) {
        w->waited[i] = false;
        session_init(&w->talkers[i], i + 1, keyspace_database(&w->primary.keyspace, 0), &w->pool, NULL, 0);
        w->talkers[i].reply.proto = i == 1 ? 3 : 2;
    }
    session_init(&w->follower, 100, keyspace_database(&w->replica.keyspace, 0), &w->pool, NULL,
                 SESSION_INTERNAL);
}

static void session_over(struct world *w, struct engine *e, struct session *s) {
    pubsub_session_gone(w->pubsub, s);
    exec_session_gone(e->exec, s);
    session_deinit(s);
}

static void engine_deinit(struct engine *e) {
    exec_destroy(&e->exec);
    keyspace_deinit(&e->keyspace);
}

static void world_deinit(struct world *w) {
    engine_deinit(&w->primary);
    engine_deinit(&w->replica);
    exec_conf_deinit(&w->exec_conf);
    conf_destroy(&w->conf);
    pubsub_destroy(&w->pubsub);
    resp_pool_deinit(&w->pool);
    if (w->account.used != 0) panic("%lld bytes are still charged", (long long)w->account.used);
}

/* --- replies --- */

/* Counts the replies in what the session was sent, and reads them token by token. Messages of subscriptions
 * are none. */
static size_t count_replies(struct world *w, struct session *s, const struct command_spec *spec) {
    struct buf all = {0};
    struct resp_chunk *chain = resp_writer_take(&s->reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&all, c->bytes, c->len);
    resp_chunks_return(&w->pool, chain);
    size_t count = 0;
    for (size_t at = 0; at < all.len;) {
        struct resp_scan scan = {0};
        size_t consumed;
        enum resp_result result = resp_scan(&scan, all.ptr + at, all.len - at, &consumed);
        if (result != RESP_OK)
            panic("a reply of %s is broken: %.200s", spec ? spec->name : "an unknown command", all.ptr + at);
        const char *begin = all.ptr + at, *end = begin + consumed, *behind = begin;
        must(resp_value_skip(&behind, end) && behind == end);
        count++;
        at += consumed;
    }
    buf_deinit(&all);
    return count;
}

static bool subscribes(const struct command_spec *spec) {
    return spec && (spec->flags & COMMAND_PUBSUB);
}

/* What would take too long for a fuzzer: a billion random picks. */
static bool too_much(const struct command_spec *spec, const struct resp_command *command) {
    int64_t n;
    if (!spec || command->argc < 3 || !strstr(spec->name, "rand")) return false;
    const struct slice *arg = &command->argv[2];
    return num_parse_int64(arg->ptr, arg->len, &n) && n < -1000;
}

/* --- running --- */

static void work_in_background(struct world *w) {
    struct keyspace *ks = &w->primary.keyspace;
    for (unsigned i = 0; !list_empty(&ks->tasks); i++) {
        must(i < 1000000);
        task_step(ks);
    }
}

static bool waits(const struct session *s) {
    return s->flags & SESSION_BLOCKED;
}

/* Takes what all sessions were sent: of those that waited one reply if they do not any more, else none.
 * Messages may come besides. */
static void take_output(struct world *w, const struct command_spec *spec) {
    for (unsigned i = 0; i < TALKERS; i++) {
        struct session *s = &w->talkers[i];
        size_t replies = count_replies(w, s, spec), wanted = w->waited[i] && !waits(s);
        if (replies < wanted || (replies > wanted && !(s->flags & SESSION_SUBSCRIBED)))
            panic("%zu replies to session %u, which %s", replies, i,
                  wanted ? "was served" : "waits for none");
        w->waited[i] = waits(s);
    }
}

static void pass_time(struct world *w, int64_t ms) {
    struct keyspace *ks = &w->primary.keyspace;
    keyspace_set_now(ks, ks->now_ms + ms);
    while (expire_step(ks, 16)) {
    }
    unit_end(ks, NULL);
    exec_run_due(w->primary.exec);
    work_in_background(w);
    take_output(w, NULL);
    reaper_step(ks->reaper, 100);
}

/* The harness's own words; true if it was one. */
static bool control(struct world *w, struct slice word, unsigned *talker) {
    int64_t n;
    if (word.len < 3 || word.ptr[0] != '@' || !num_parse_int64(word.ptr + 2, word.len - 2, &n) || n < 0)
        return false;
    if (word.ptr[1] == 's') *talker = (unsigned)(n % TALKERS);
    if (word.ptr[1] == 't') pass_time(w, n % 100000000);
    if (word.ptr[1] == 'u') {
        exec_unblock(w->primary.exec, &w->talkers[*talker], n % 2);
        take_output(w, NULL);
    }
    return true;
}

static void run(struct world *w, struct session *s, const struct resp_command *command) {
    struct exec_request request = {.session = s, .argv = command->argv, .argc = (int)command->argc};
    const struct command_spec *spec = command_lookup(command->argv[0].ptr, command->argv[0].len);
    if (too_much(spec, command)) return;
    if (waits(s)) return;
    exec_batch(w->primary.exec, &request, 1, 0);
    must(request.done);
    exec_run_due(w->primary.exec); /* whom it woke, they wake in turn */
    work_in_background(w);
    if (s->flags & SESSION_PUSHES_WAIT) pubsub_session_deliver(s);
    bool many = subscribes(spec) || (s->flags & SESSION_SUBSCRIBED);
    if (spec && spec->id == CMD_EXEC) many = true; /* of a transaction with subscriptions in it */
    size_t replies = count_replies(w, s, spec), wanted = !waits(s);
    if (replies < wanted || (replies > wanted && !many))
        panic("%zu replies to %s", replies, spec ? spec->name : "an unknown command");
    for (unsigned i = 0; i < TALKERS; i++)
        if (&w->talkers[i] == s) w->waited[i] = waits(s);
    take_output(w, spec);
}

static void run_stream(struct world *w, const uint8_t *data, size_t size) {
    struct resp_parser parser;
    struct resp_arena arena;
    resp_parser_init(&parser);
    resp_arena_init(&arena);
    parser.bulk_len_max = STRING_MAX * 4;
    unsigned talker = 0;
    size_t at = 0, consumed;
    for (unsigned n = 0; n < COMMANDS_MAX; n++) {
        struct resp_command command;
        enum resp_result result =
            resp_parse(&parser, &arena, (const char *)data + at, size - at, &consumed, &command);
        at += consumed;
        if (result == RESP_ERR) must(parser.error[0]);
        if (result != RESP_OK) break;
        if (!control(w, command.argv[0], &talker)) run(w, &w->talkers[talker], &command);
        resp_arena_reset(&arena);
    }
    resp_arena_deinit(&arena);
    resp_parser_deinit(&parser);
}

static void compare_with_replica(struct world *w) {
    unsigned char here[DIGEST_BYTES], there[DIGEST_BYTES];
    pass_time(w, 0);
    digest_keyspace(&w->primary.keyspace, here);
    digest_keyspace(&w->replica.keyspace, there);
    if (memcmp(here, there, DIGEST_BYTES) != 0)
        panic("the journal gives other data: %zu keys here, %zu there", keyspace_count(&w->primary.keyspace),
              keyspace_count(&w->replica.keyspace));
}

static void flush_all(struct world *w, struct engine *e) {
    struct session flusher;
    static const struct slice argv[] = {{"FLUSHALL", 8}};
    session_init(&flusher, 99, keyspace_database(&e->keyspace, 0), &w->pool, NULL, SESSION_INTERNAL);
    exec_one(e->exec, &flusher, argv, 1, 0);
    must(flusher.reply.error_count == 0);
    session_deinit(&flusher);
    while (!reaper_step(e->keyspace.reaper, 1000)) {
    }
    must(keyspace_count(&e->keyspace) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world worlds[2];
    if (size < 1) return 0;
    bool slotted = data[0] == 0xff; /* seldom, since thousands of tables take their time */
    struct world *w = &worlds[slotted];
    struct mem_account *outside = mem_account_enter(&w->account);
    if (w->inputs == 0) world_init(w, slotted);
    world_begin(w, data[0]);
    run_stream(w, data + 1, size - 1);
    compare_with_replica(w);
    for (unsigned i = 0; i < TALKERS; i++)
        session_over(w, &w->primary, &w->talkers[i]);
    session_over(w, &w->replica, &w->follower);
    flush_all(w, &w->primary);
    flush_all(w, &w->replica);
    int64_t more = w->account.used - w->empty_bytes;
    if (more > KEPT_BYTES) panic("%lld bytes more than at the start, though all is flushed", (long long)more);
    if (++w->inputs == INPUTS_MAX) {
        world_deinit(w);
        w->inputs = 0;
    }
    mem_account_enter(outside);
    return 0;
}

/* --- the mutator --- */

static struct generator grammar;
static struct trace grammar_trace;
static int8_t all_known[CMD_COUNT];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    for (unsigned id = 0; id < CMD_COUNT; id++)
        all_known[id] = command_by_id(id)->arity;
    rules_init();
    generator_init(&grammar, &grammar_trace, all_known);
    return 0;
}

static void put_command(struct buf *out) {
    struct step step = {.argv = grammar.args.argv};
    if (rng_below(&grammar.rng, 8) == 0) {
        buf_printf(out, "@%c%u\r\n", "sstu"[rng_below(&grammar.rng, 4)],
                   (unsigned)rng_below(&grammar.rng, 30000));
        return;
    }
    generate_command(&grammar, grammar.pool[rng_below(&grammar.rng, grammar.pool_count)], &grammar.args);
    step.argc = grammar.args.argc;
    step_encode(&step, out);
}

/* A place where a command begins, more or less. */
static size_t boundary(const uint8_t *data, size_t size) {
    size_t at = 1 + rng_below(&grammar.rng, size);
    while (at < size && !(data[at] == '*' && at >= 2 && data[at - 1] == '\n'))
        at++;
    return at < size ? at : size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    rng_seed(&grammar.rng, seed);
    if (size && rng_below(&grammar.rng, 2)) return LLVMFuzzerMutate(data, size, max_size);
    struct buf out = {0};
    trace_clear(&grammar_trace);
    if (size == 0) data[size++] = (uint8_t)seed;
    size_t at = boundary(data, size);
    buf_append(&out, data, at);
    for (uint64_t n = 1 + rng_below(&grammar.rng, 6); n > 0; n--)
        put_command(&out);
    buf_append(&out, data + at, size - at);
    size_t len = out.len < max_size ? out.len : max_size;
    memcpy(data, out.ptr, len);
    buf_deinit(&out);
    return len;
}
