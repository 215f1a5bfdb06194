/* How a change travels.
 *
 * unit_changed is called from the middle of a command, when other keys and replies are still to come;
 * observers must see a finished command. So changes are recorded (key bytes copied into one buffer) and
 * handed out by unit_end. WATCH alone is told at once: it only sets a flag.
 *
 * The journal gets the command's own text unless the handler replaced it. Records of the server's own (an
 * expired key's DEL) come first, as they happened before the command looked. In an EXEC the first record
 * brings MULTI before it.
 */
#include "server/keyspace/unit.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/call.h"
#include "server/keyspace/database.h"
#include "server/keyspace/waiting.h"
#include "server/keyspace/watch.h"
#include <stdarg.h>

struct unit_change {
    struct database *db;
    size_t key_at, key_len; /* in unit.keys */
    uint32_t class;
    const char *event;
};

/* --- who listens --- */

void unit_observers_changed(struct keyspace *ks) {
    ks->unit.wanted = 0;
    for (unsigned i = 0; i < ks->unit.observer_count; i++)
        ks->unit.wanted |= ks->unit.observers[i]->wanted;
}

void unit_observe(struct keyspace *ks, struct unit_observer *observer) {
    must(ks->unit.observer_count < UNIT_OBSERVERS_MAX);
    ks->unit.observers[ks->unit.observer_count++] = observer;
    unit_observers_changed(ks);
}

void unit_set_journal(struct keyspace *ks, const struct journal_sink *sink) {
    ks->unit.journal = sink;
}

/* --- recording --- */

static void record(struct unit *u, struct database *db, struct slice key, uint32_t class, const char *event) {
    if (u->change_count == u->change_cap) {
        u->change_cap = u->change_cap ? u->change_cap * 2 : 16;
        u->changes = mem_realloc(u->changes, u->change_cap * sizeof(*u->changes));
    }
    u->changes[u->change_count++] = (struct unit_change){db, u->keys.len, key.len, class, event};
    buf_append_slice(&u->keys, key);
}

void unit_changed(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                  const char *event) {
    ks->unit.dirty++;
    unit_changed_too(ks, db, key, class, event);
}

void unit_changed_too(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                      const char *event) {
    struct unit *u = &ks->unit;
    if (unlikely(ks->watched.count)) watch_key_changed(ks, db, key);
    waiting_key_changed(ks, db, key);
    if (unlikely(u->wanted & (class | NOTIFY_ANY_CHANGE))) record(u, db, key, class, event);
}

void unit_event(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                const char *event) {
    if (unlikely(ks->unit.wanted & class)) record(&ks->unit, db, key, class, event);
}

/* --- the journal --- */

/* Records lie in `records` as: count, then length and bytes of each argument. */
static void put_u64(struct buf *b, uint64_t v) {
    buf_append(b, &v, sizeof(v));
}

static void put_record(struct unit *u, const struct slice *argv, int argc) {
    put_u64(&u->records, (uint64_t)argc);
    for (int i = 0; i < argc; i++) {
        put_u64(&u->records, argv[i].len);
        buf_append_slice(&u->records, argv[i]);
    }
    u->record_count++;
}

void unit_journal(struct call *call, const struct slice *argv, int argc) {
    struct unit *u = &call->keyspace->unit;
    if (u->journal == NULL) return;
    u->replaced = true;
    put_record(u, argv, argc);
}

void unit_journal_words(struct call *call, int argc, ...) {
    struct slice argv[16];
    must(argc <= 16);
    va_list args;
    va_start(args, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = slice_of(va_arg(args, const char *));
    va_end(args);
    unit_journal(call, argv, argc);
}

void unit_journal_none(struct call *call) {
    call->keyspace->unit.replaced = true;
}

static void emit(struct keyspace *ks, int db_index, const struct slice *argv, int argc) {
    struct unit *u = &ks->unit;
    if (u->in_exec && !u->exec_journaled) {
        u->exec_journaled = true;
        struct slice multi = SLICE("MULTI");
        u->journal->append(u->journal->owner, db_index, &multi, 1);
    }
    u->journal_position = u->journal->append(u->journal->owner, db_index, argv, argc);
}

/* The command as the client sent it, but by the name of its declaration: other servers, and this one after a
 * restart, need not know how rename-command calls it here. */
static void emit_command(struct keyspace *ks, const struct call *call) {
    const struct command_spec *spec = call->spec;
    const char *name = (spec->parent == COMMAND_NO_PARENT ? spec : command_by_id(spec->parent))->name;
    if (likely(slice_is(call->argv[0], name))) {
        emit(ks, call->db->index, call->argv, call->argc);
        return;
    }
    struct slice *argv = mem_alloc((size_t)call->argc * sizeof(*argv));
    memcpy(argv, call->argv, (size_t)call->argc * sizeof(*argv));
    argv[0] = slice_of(name);
    emit(ks, call->db->index, argv, call->argc);
    mem_free(argv);
}

void unit_journal_before(struct keyspace *ks, struct database *db, const struct slice *argv, int argc) {
    if (ks->unit.journal) emit(ks, db->index, argv, argc);
}

static uint64_t take_u64(const char **at) {
    uint64_t v;
    memcpy(&v, *at, sizeof(v));
    *at += sizeof(v);
    return v;
}

static void emit_replaced(struct keyspace *ks, int db_index) {
    struct unit *u = &ks->unit;
    const char *at = u->records.ptr;
    for (uint32_t r = 0; r < u->record_count; r++) {
        int argc = (int)take_u64(&at);
        struct slice *argv = mem_alloc((size_t)argc * sizeof(*argv));
        for (int i = 0; i < argc; i++) {
            size_t len = take_u64(&at);
            argv[i] = (struct slice){at, len};
            at += len;
        }
        emit(ks, db_index, argv, argc);
        mem_free(argv);
    }
}

/* --- the end of a command --- */

static void hand_out_changes(struct unit *u) {
    for (uint32_t i = 0; i < u->change_count; i++) {
        const struct unit_change *c = &u->changes[i];
        struct change change = {c->db, {u->keys.ptr + c->key_at, c->key_len}, c->class, c->event};
        for (unsigned o = 0; o < u->observer_count; o++)
            if (u->observers[o]->wanted & (c->class | NOTIFY_ANY_CHANGE))
                u->observers[o]->changed(u->observers[o]->owner, &change);
    }
    u->change_count = 0;
    buf_clear(&u->keys);
}

void unit_end(struct keyspace *ks, struct call *call) {
    struct unit *u = &ks->unit;
    ks->dirty += u->dirty;
    if (unlikely(u->journal != NULL) && call) {
        if (u->replaced)
            emit_replaced(ks, call->db->index);
        else if (u->dirty)
            emit_command(ks, call);
        buf_clear(&u->records);
        u->record_count = 0;
    }
    u->replaced = false;
    u->dirty = 0;
    if (unlikely(u->change_count)) hand_out_changes(u);
}

void unit_exec_begin(struct keyspace *ks) {
    must(!ks->unit.in_exec);
    ks->unit.in_exec = true;
    ks->unit.exec_journaled = false;
}

void unit_exec_end(struct keyspace *ks) {
    struct unit *u = &ks->unit;
    u->in_exec = false;
    if (!u->exec_journaled) return;
    u->exec_journaled = false;
    struct slice exec = SLICE("EXEC");
    u->journal_position = u->journal->append(u->journal->owner, -1, &exec, 1);
}

void unit_deinit(struct keyspace *ks) {
    buf_deinit(&ks->unit.keys);
    buf_deinit(&ks->unit.records);
    mem_free(ks->unit.changes);
    memset(&ks->unit, 0, sizeof(ks->unit));
}
