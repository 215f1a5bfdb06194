/* SCAN and KEYS.
 *
 * KEYS over many keys would hold everybody up, so it runs as a task: some hundred buckets per slice, replies
 * gathered in a writer of its own, the answer when all is seen. The table is pinned meanwhile (it may grow,
 * not shrink), so no key is met twice. Inside EXEC, and for few keys, it runs to completion. */
#include "commands/command_ids.h"
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/commands/scan_options.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/task.h"
#include "server/types/value.h"

#define KEYS_AT_ONCE_MAX  5000 /* keys that KEYS looks at without giving the loop back */
#define KEYS_SLICE        64   /* steps of the cursor in a slice, each of one or two buckets */
#define SCAN_BUCKETS_EACH 10   /* SCAN gives up after so many empty steps per element asked for */

/* --- SCAN --- */

struct found {
    struct entry **entries; /* owned */
    size_t count, cap;
};

static void find(void *arg, void *item) {
    struct found *f = arg;
    if (f->count == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 32;
        f->entries = mem_realloc(f->entries, f->cap * sizeof(*f->entries));
    }
    f->entries[f->count++] = item;
}

static bool wanted(const struct scan_options *options, const struct entry *e, int64_t now_ms) {
    if (options->type.ptr && !slice_is(options->type, value_type_name(e))) return false;
    return !entry_due(e, now_ms) && scan_matches(options, entry_key(e));
}

static void expire_found(struct call *call, const struct found *f) {
    for (size_t i = 0; i < f->count; i++) {
        if (!entry_due(f->entries[i], call->now_ms) || !call->keyspace->expire_on_access ||
            call->keyspace->paused)
            continue;
        struct slice key = entry_key(f->entries[i]);
        uint64_t hash = hash_slice(&call->keyspace->secret, key);
        key_expire(call->keyspace, call->db, database_find(call->db, key, hash), hash);
    }
}

static void cmd_scan(struct call *call) {
    uint64_t cursor;
    struct scan_options options;
    if (!scan_parse_cursor(call, 1, &cursor) || !scan_parse_options(call, 2, true, &options)) return;

    struct found f = {0};
    size_t steps =
        options.count < SIZE_MAX / SCAN_BUCKETS_EACH ? options.count * SCAN_BUCKETS_EACH : SIZE_MAX;
    do {
        cursor = database_scan(call->db, cursor, find, &f);
    } while (cursor && f.count < options.count && --steps);

    size_t matches = 0;
    for (size_t i = 0; i < f.count; i++)
        matches += wanted(&options, f.entries[i], call->now_ms);
    resp_array(call->reply, 2);
    resp_bulkf(call->reply, "%llu", (unsigned long long)cursor);
    resp_array(call->reply, matches);
    for (size_t i = 0; i < f.count; i++)
        if (wanted(&options, f.entries[i], call->now_ms))
            resp_bulk_slice(call->reply, entry_key(f.entries[i]));
    expire_found(call, &f);
    mem_free(f.entries);
}

/* --- KEYS --- */

struct keys_task {
    struct task task;
    struct keytable *tables; /* of the database as it was when KEYS came; SWAPDB does not matter */
    uint32_t table_count, table;
    const uint64_t *hidden; /* slots that are not shown; the keyspace's */
    uint64_t cursor;
    uint32_t generation; /* of the table under way, once it is pinned */
    bool pinned, all;
    int64_t now_ms;
    size_t count;
    struct resp_writer found;
    struct slice pattern; /* owned */
};

static void keys_visit(void *arg, void *item) {
    struct keys_task *k = arg;
    const struct entry *e = item;
    struct slice key = entry_key(e);
    if (entry_due(e, k->now_ms)) return;
    if (!k->all && !glob_match(k->pattern.ptr, k->pattern.len, key.ptr, key.len, false)) return;
    resp_bulk_slice(&k->found, key);
    k->count++;
}

/* True when the table under way is through (or was emptied, which ends it as well). */
static bool keys_walk_table(struct keys_task *k, size_t steps) {
    struct keytable *kt = &k->tables[k->table];
    if (!k->pinned) {
        if (kt->table.count == 0 || slot_is_hidden(k->hidden, k->table)) return true;
        k->pinned = true;
        k->generation = kt->generation;
        k->cursor = 0;
        kt->table.pins++;
    }
    if (kt->generation != k->generation) {
        k->pinned = false;
        return true;
    }
    do {
        k->cursor = table_scan(&kt->table, k->cursor, keys_visit, k);
    } while (k->cursor && --steps);
    if (k->cursor) return false;
    kt->table.pins--;
    k->pinned = false;
    return true;
}

static void keys_free(struct keys_task *k) {
    if (k->pinned && k->tables[k->table].generation == k->generation) k->tables[k->table].table.pins--;
    resp_writer_deinit(&k->found);
    mem_free((char *)k->pattern.ptr);
    mem_free(k);
}

static bool keys_step(struct task *task, struct keyspace *ks) {
    struct keys_task *k = LIST_OWNER(task, struct keys_task, task);
    size_t steps = KEYS_SLICE;
    k->now_ms = ks->now_ms;
    while (k->table < k->table_count) {
        if (!keys_walk_table(k, steps)) return false;
        k->table++;
        if (k->table < k->table_count && --steps == 0) return false;
    }
    struct resp_writer *reply = &task->session->reply;
    resp_array(reply, k->count);
    resp_writer_splice(reply, &k->found);
    keys_free(k);
    return true;
}

static void keys_cancel(struct task *task, struct keyspace *ks) {
    keys_free(LIST_OWNER(task, struct keys_task, task));
}

static void cmd_keys(struct call *call) {
    struct slice pattern = call->argv[1];
    if (call->session->flags & (SESSION_REPLY_OFF | SESSION_REPLY_SKIP)) { /* CLIENT REPLY: nobody listens */
        resp_array(call->reply, 0);
        return;
    }
    struct keys_task *k = mem_zalloc(sizeof(*k));
    k->task = (struct task){.step = keys_step, .cancel = keys_cancel};
    k->tables = call->db->tables;
    k->table_count = call->db->table_count;
    k->hidden = call->keyspace->slots_hidden;
    k->all = slice_eq(pattern, SLICE("*"));
    k->pattern = (struct slice){mem_strndup(pattern.ptr, pattern.len), pattern.len};
    resp_writer_init(&k->found, call->reply->pool);
    k->found.proto = call->reply->proto;

    bool to_the_end = (call->flags & CALL_IN_EXEC) || (call->session->flags & SESSION_INTERNAL);
    if (database_count(call->db) > KEYS_AT_ONCE_MAX && !to_the_end) {
        task_start(call->keyspace, &k->task, call->session);
        return;
    }
    k->task.session = call->session;
    while (!keys_step(&k->task, call->keyspace)) {
    }
}

const struct command_binding scan_bindings[] = {
    {CMD_SCAN, cmd_scan}, {CMD_KEYS, cmd_keys}, COMMAND_BINDINGS_END};
