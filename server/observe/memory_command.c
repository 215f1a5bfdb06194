/* MEMORY: what keys and the server take. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/commands/describe.h"
#include "server/keyspace/keys.h"
#include "server/observe/system.h"
#include "server/types/value.h"

#define SAMPLES_DEFAULT 5

/* A key's share of its table's buckets. */
static size_t table_share(const struct database *db, struct slice key) {
    const struct table *t = &database_table(db, key)->table;
    return t->count ? table_bytes(t) / t->count : 0;
}

static void cmd_memory_usage(struct call *call) {
    int64_t samples = SAMPLES_DEFAULT;
    for (int i = 3; i < call->argc; i++) {
        if (!slice_is(call->argv[i], "samples") || i + 1 >= call->argc) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
        if (!call_int64(call, ++i, &samples)) return;
        if (samples < 0) {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
    }
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) {
        resp_null(call->reply);
        return;
    }
    resp_int(call->reply, (int64_t)(value_memory(e, (size_t)samples) + table_share(call->db, call->argv[2])));
}

static void cmd_memory_purge(struct call *call) {
    mem_purge();
    resp_ok(call->reply);
}

static void cmd_memory_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_MEMORY));
}

const struct command_binding memory_bindings[] = {
    {CMD_MEMORY_USAGE, cmd_memory_usage},
    {CMD_MEMORY_PURGE, cmd_memory_purge},
    {CMD_MEMORY_HELP, cmd_memory_help},
    COMMAND_BINDINGS_END,
};
