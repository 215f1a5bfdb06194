/* A list of copies, newest first, cut at slowlog-max-len.
 *
 *      exec ── after, only for what took slowlog-log-slower-than ──► entry: id, when, how long,
 *                                                                    words (trimmed, secrets hidden), client
 *
 * Dispatch compares the time that it measured anyway, so a fast command pays nothing for the log. An entry is
 * one allocation: its words lie behind it, each with its length. A command that waits for a key is logged
 * when it has been served; a transaction by its commands, since EXEC itself is exempt (skip_slowlog). */
#include "server/observe/slowlog.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/commands/describe.h"
#include "common/io/io_stream.h"
#include "server/net/net.h"
#include "server/observe/redact.h"
#include <stdio.h>

#define WORDS_MAX     32  /* of a command; the last of them then says how many more there are */
#define WORD_LEN_MAX  128 /* bytes shown of one word */
#define COUNT_DEFAULT 10

struct slowlog_entry {
    struct link link;
    int64_t id, at_s, took_us;
    size_t size; /* of the allocation */
    int words;
    uint32_t addr_len, name_len;
    char bytes[]; /* address, name, and each word behind its length (uint32_t) */
};

/* --- logging --- */

static void put_word(struct buf *out, struct slice text, const char *more) {
    uint32_t len = (uint32_t)(text.len + strlen(more));
    buf_append(out, &len, sizeof(len));
    buf_append_slice(out, text);
    buf_append_str(out, more);
}

static int put_words(struct buf *out, const struct slowlog *log, const struct call *call) {
    struct redaction secret = redaction_of(log->conf, call);
    int words = call->argc > WORDS_MAX ? WORDS_MAX : call->argc;
    char more[64] = "";
    for (int i = 0; i < words; i++) {
        if (i == WORDS_MAX - 1 && call->argc > WORDS_MAX) {
            snprintf(more, sizeof(more), "... (%d more arguments)", call->argc - WORDS_MAX + 1);
            put_word(out, SLICE(""), more);
            continue;
        }
        struct slice shown = redaction_shown(&secret, call, i);
        more[0] = 0;
        if (shown.len > WORD_LEN_MAX) {
            snprintf(more, sizeof(more), "... (%zu more bytes)", shown.len - WORD_LEN_MAX);
            shown.len = WORD_LEN_MAX;
        }
        put_word(out, shown, more);
    }
    return words;
}

static void free_entry(struct slowlog *log, struct slowlog_entry *e) {
    list_remove(&e->link);
    log->count--;
    mem_free_sized(e, e->size);
}

static void cut(struct slowlog *log, int64_t len) {
    while (log->count > len)
        free_entry(log, LIST_OWNER(log->entries.prev, struct slowlog_entry, link));
}

static void after(void *owner, const struct call *call, int64_t took_us) {
    struct slowlog *log = owner;
    if (call->spec->flags & COMMAND_SKIP_SLOWLOG) return;
    char addr[IO_ADDR_TEXT_MAX] = "";
    const char *name = "";
    if (net_session_is_client(call->session)) {
        net_session_addr(call->session, addr);
        name = net_session_name(call->session);
    }
    struct buf bytes = {0};
    buf_append_str(&bytes, addr);
    buf_append_str(&bytes, name);
    int words = put_words(&bytes, log, call);
    struct slowlog_entry *e = mem_alloc(sizeof(*e) + bytes.len);
    *e = (struct slowlog_entry){.id = log->next_id++,
                                .at_s = io_wall_us(log->io) / 1000000,
                                .took_us = took_us,
                                .size = sizeof(*e) + bytes.len,
                                .words = words,
                                .addr_len = (uint32_t)strlen(addr),
                                .name_len = (uint32_t)strlen(name)};
    memcpy(e->bytes, bytes.ptr, bytes.len);
    buf_deinit(&bytes);
    list_prepend(&log->entries, &e->link);
    log->count++;
    cut(log, log->max_len);
}

static bool is_on(void *owner) {
    return ((const struct slowlog *)owner)->slower_than_us >= 0;
}

static int64_t slower_than_us(void *owner) {
    return ((const struct slowlog *)owner)->slower_than_us;
}

/* --- life --- */

static const struct conf_option options[] = {
    CONF_OPT_INT64("slowlog-log-slower-than", struct slowlog, slower_than_us, -1, INT64_MAX, "10000"),
    CONF_OPT_INT64("slowlog-max-len", struct slowlog, max_len, 0, INT64_MAX, "128"),
};

void slowlog_init(struct slowlog *log, struct conf *conf) {
    *log = (struct slowlog){.conf = conf};
    list_init(&log->entries);
    conf_register(conf, options, CONF_COUNT(options), log, log);
}

void slowlog_start(struct slowlog *log, struct io *io, struct exec *x) {
    log->io = io;
    log->observer = (struct exec_observer){
        .owner = log, .active = is_on, .after = after, .slower_than_us = slower_than_us};
    exec_add_observer(x, &log->observer);
}

void slowlog_deinit(struct slowlog *log) {
    cut(log, 0);
}

/* --- commands --- */

static void reply_entry(struct resp_writer *w, const struct slowlog_entry *e) {
    resp_array(w, 6);
    resp_int(w, e->id);
    resp_int(w, e->at_s);
    resp_int(w, e->took_us);
    resp_array(w, (size_t)e->words);
    const char *at = e->bytes + e->addr_len + e->name_len;
    for (int i = 0; i < e->words; i++) {
        uint32_t len;
        memcpy(&len, at, sizeof(len));
        resp_bulk(w, at + sizeof(len), len);
        at += sizeof(len) + len;
    }
    resp_bulk(w, e->bytes, e->addr_len);
    resp_bulk(w, e->bytes + e->addr_len, e->name_len);
}

static void cmd_slowlog_get(struct call *call) {
    const struct slowlog *log = call->module;
    int64_t count = COUNT_DEFAULT;
    if (call->argc > 3) {
        call_error_subcommand(call);
        return;
    }
    if (call->argc == 3 &&
        !call_int64_range(call, 2, -1, INT64_MAX, &count, "ERR count should be greater than or equal to -1"))
        return;
    if (count == -1 || count > log->count) count = log->count;
    resp_array(call->reply, (size_t)count);
    LIST_FOR(it, tmp, &log->entries) {
        if (count-- <= 0) break;
        reply_entry(call->reply, LIST_OWNER(it, struct slowlog_entry, link));
    }
}

static void cmd_slowlog_len(struct call *call) {
    resp_int(call->reply, ((const struct slowlog *)call->module)->count);
}

static void cmd_slowlog_reset(struct call *call) {
    cut(call->module, 0);
    resp_ok(call->reply);
}

static void cmd_slowlog_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_SLOWLOG));
}

const struct command_binding slowlog_bindings[] = {
    {CMD_SLOWLOG_GET, cmd_slowlog_get},
    {CMD_SLOWLOG_LEN, cmd_slowlog_len},
    {CMD_SLOWLOG_RESET, cmd_slowlog_reset},
    {CMD_SLOWLOG_HELP, cmd_slowlog_help},
    COMMAND_BINDINGS_END,
};
