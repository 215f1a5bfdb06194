/* See engine.h. */
#include "tests/unit/support/engine.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/commands/families.h"
#include "server/keyspace/options.h"
#include <stdarg.h>
#include <stdio.h>

#define START_MS  1700000000000
#define WORDS_MAX 64

/* SELECT is a command of connections; tests want it without one. */
static void cmd_select(struct call *call) {
    int64_t index;
    if (!call_int64(call, 1, &index)) return;
    call->session->db = call->db = keyspace_database(call->keyspace, index);
    call->session->db_index = (int32_t)index;
    must(call->db != NULL);
    resp_ok(call->reply);
}

static const struct command_binding select_bindings[] = {{CMD_SELECT, cmd_select}, COMMAND_BINDINGS_END};

static void start_exec(struct engine *e) {
    static const struct command_binding *const families[] = {COMMAND_FAMILIES};
    e->exec = exec_create(&e->keyspace, &e->exec_conf);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        exec_bind(e->exec, families[i], NULL);
    exec_bind(e->exec, multi_bindings, e->exec);
    exec_bind(e->exec, select_bindings, NULL);
}

static void init(struct engine *e, bool slotted) {
    uint64_t seed = 1;
    memset(e, 0, sizeof(*e));
    e->account_before = mem_account_enter(&e->account);
    e->log = log_default;
    e->log.level = LOG_LEVEL_NOTHING;
    e->conf = conf_create("test", &e->log);
    keyspace_register_options(&e->keyspace, e->conf);
    exec_register_options(&e->exec_conf, e->conf);
    e->keyspace.conf.slotted = slotted;
    keyspace_init(&e->keyspace, &e->keyspace.conf, &e->account, NULL, START_MS, &seed);
    start_exec(e);
    resp_pool_init(&e->pool);
    session_init(&e->session, 1, keyspace_database(&e->keyspace, 0), &e->pool, NULL, SESSION_INTERNAL);
}

void engine_init(struct engine *e) {
    init(e, false);
}

void engine_init_slotted(struct engine *e) {
    init(e, true);
}

void engine_restart_exec(struct engine *e) {
    exec_destroy(&e->exec);
    start_exec(e);
}

void engine_deinit(struct engine *e) {
    exec_session_gone(e->exec, &e->session);
    session_deinit(&e->session);
    exec_destroy(&e->exec);
    keyspace_deinit(&e->keyspace);
    resp_pool_deinit(&e->pool);
    exec_conf_deinit(&e->exec_conf);
    conf_destroy(&e->conf);
    buf_deinit(&e->reply);
    mem_account_enter(e->account_before);
}

const char *engine_run_as(struct engine *e, struct session *s, const char *line) {
    struct slice argv[WORDS_MAX];
    int argc = 0;
    for (const char *at = line; *at;) {
        must(argc < WORDS_MAX);
        size_t len = strcspn(at, " ");
        argv[argc++] = (struct slice){at, len};
        at += len;
        if (*at) at++;
    }
    exec_one(e->exec, s, argv, argc, 0);
    buf_clear(&e->reply);
    struct resp_chunk *chain = resp_writer_take(&s->reply);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&e->reply, c->bytes, c->len);
    resp_chunks_return(&e->pool, chain);
    return buf_cstr(&e->reply);
}

const char *engine_run(struct engine *e, const char *line) {
    return engine_run_as(e, &e->session, line);
}

const char *engine_runf(struct engine *e, const char *fmt, ...) {
    char line[1024];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    must(len >= 0 && (size_t)len < sizeof(line));
    return engine_run(e, line);
}

void engine_advance(struct engine *e, int64_t ms) {
    keyspace_set_now(&e->keyspace, e->keyspace.now_ms + ms);
}

int64_t engine_used(struct engine *e) {
    resp_pool_deinit(&e->pool);
    resp_pool_init(&e->pool);
    buf_deinit(&e->reply);
    return e->account.used;
}
