/* See command_fixture.h. */
#include "tests/unit/commands/command_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4096

static void note_event(void *owner, const struct change *change) {
    struct command_fixture *f = owner;
    if (change->event == NULL) return;
    if (f->events.len) buf_append_str(&f->events, ", ");
    buf_printf(&f->events, "%s %.*s", change->event, (int)change->key.len, change->key.ptr);
}

static uint64_t note_record(void *owner, int db_index, const struct slice *argv, int argc) {
    struct command_fixture *f = owner;
    if (f->journaled.len) buf_append_str(&f->journaled, ", ");
    for (int i = 0; i < argc; i++)
        buf_printf(&f->journaled, "%s%.*s", i ? " " : "", (int)argv[i].len, argv[i].ptr);
    return 1;
}

void fixture_open(struct command_fixture *f, const struct command_binding *const *families) {
    memset(f, 0, sizeof(*f));
    f->outer = mem_account_enter(&f->account);
    struct keyspace_conf conf = {
        .databases = 16,
        .hash_max_listpack_entries = 128,
        .hash_max_listpack_value = 64,
        .set_max_intset_entries = 512,
        .set_max_listpack_entries = 128,
        .set_max_listpack_value = 64,
        .list_max_listpack_size = -2,
        .zset_max_listpack_entries = 128,
        .zset_max_listpack_value = 64,
        .hll_sparse_max_bytes = 3000,
        .stream_node_max_bytes = 4096,
        .stream_node_max_entries = 100,
        .proto_max_bulk_len = 512 << 20,
    };
    uint64_t seed = 12345;
    keyspace_init(&f->keyspace, &conf, &f->account, NULL, 1700000000000, &seed);
    f->exec = exec_create(&f->keyspace, &f->exec_conf);
    for (; *families; families++)
        exec_bind(f->exec, *families, NULL);
    resp_pool_init(&f->pool);
    session_init(&f->session, 1, keyspace_database(&f->keyspace, 0), &f->pool, NULL, SESSION_INTERNAL);
    f->observer = (struct unit_observer){f, NOTIFY_ALL, note_event};
    unit_observe(&f->keyspace, &f->observer);
    f->journal = (struct journal_sink){f, note_record};
    unit_set_journal(&f->keyspace, &f->journal);
}

void fixture_close(struct command_fixture *f) {
    exec_session_gone(f->exec, &f->session);
    session_deinit(&f->session);
    exec_destroy(&f->exec);
    keyspace_deinit(&f->keyspace);
    resp_pool_deinit(&f->pool);
    buf_deinit(&f->reply);
    buf_deinit(&f->events);
    buf_deinit(&f->journaled);
    assert_int_equal(f->account.used, 0);
    mem_account_enter(f->outer);
}

const char *fixture_run_argv(struct command_fixture *f, const struct slice *argv, int argc) {
    exec_one(f->exec, &f->session, argv, argc, 0);
    buf_clear(&f->reply);
    struct resp_chunk *chain = resp_writer_take(&f->session.reply);
    for (const struct resp_chunk *c = chain; c; c = c->next)
        for (uint32_t i = 0; i < c->len; i++)
            if (c->bytes[i] != '\r') buf_append_char(&f->reply, c->bytes[i]);
    resp_chunks_return(&f->pool, chain);
    return buf_cstr(&f->reply);
}

const char *fixture_run(struct command_fixture *f, const char *fmt, ...) {
    struct buf line = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&line, fmt, args);
    va_end(args);
    static struct slice words[WORDS_MAX];
    int count = 0;
    const char *at = buf_cstr(&line);
    while (*at && count < WORDS_MAX) {
        size_t len = strcspn(at, " ");
        bool quotes = len == 2 && at[0] == '\'' && at[1] == '\'';
        words[count++] = (struct slice){at, quotes ? 0 : len};
        at += len + (at[len] == ' ');
    }
    const char *reply = fixture_run_argv(f, words, count);
    buf_deinit(&line);
    return reply;
}

static const char *told(struct buf *from) {
    static char text[8192];
    snprintf(text, sizeof(text), "%s", buf_cstr(from));
    buf_clear(from);
    return text;
}

const char *fixture_events(struct command_fixture *f) {
    return told(&f->events);
}

const char *fixture_journal(struct command_fixture *f) {
    return told(&f->journaled);
}

uint64_t fixture_dirty(struct command_fixture *f) {
    uint64_t dirty = f->keyspace.dirty;
    f->keyspace.dirty = 0;
    return dirty;
}

void fixture_expect_told(struct command_fixture *f, const char *events, uint64_t dirty, const char *journal) {
    assert_string_equal(fixture_events(f), events);
    assert_int_equal(fixture_dirty(f), dirty);
    assert_string_equal(fixture_journal(f), journal);
}

void fixture_forget_told(struct command_fixture *f) {
    buf_clear(&f->events);
    buf_clear(&f->journaled);
    f->keyspace.dirty = 0;
}
