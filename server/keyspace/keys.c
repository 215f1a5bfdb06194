/* Finding, opening and replacing keys.
 *
 * Every change of an entry passes key_open (directly or through key_open_name), so the snapshot's pre-image
 * has one hook, here. Every insertion and removal passes key_store, key_take and key_delete, so deadlines,
 * accounting and the reaper do too. */
#include "server/keyspace/keys.h"
#include "common/base/panic.h"
#include "server/keyspace/access.h"
#include "server/keyspace/big_keys.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/waiting.h"
#include "server/keyspace/walk.h"
#include "server/keyspace/watch.h"
#include "server/types/hash_deadlines.h"
#include "server/types/value.h"

#define FIELDS_EFFORT     64 /* buckets of a hash that are looked at when it is accessed */
#define RECORD_FIELDS_MAX 64 /* in one HDEL of the journal */

static void free_detached(struct keyspace *ks, struct entry *e) {
    enum value_encoding encoding = entry_encoding(e);
    if (likely(encoding != ENC_TREE && encoding != ENC_HEAP))
        entry_free_shell(e);
    else if (unlikely(ks->walk != NULL) && walk_keeps(ks->walk, e))
        return;
    else
        reaper_dispose(ks->reaper, e);
}

static void before_change(struct keyspace *ks, struct database *db, struct slice name, struct entry_at at) {
    if (unlikely(ks->walk != NULL)) walk_before_change(ks->walk, database_table(db, name), at);
}

/* --- expiry --- */

/* The server deletes an entry by itself: the journal gets a DEL of its own, before whatever the command under
 * way did. */
static void delete_unasked(struct keyspace *ks, struct database *db, struct entry_at at, uint64_t hash,
                           bool unlink, uint32_t class, const char *event) {
    struct slice name = entry_key(at.entry);
    struct slice del[2] = {unlink ? SLICE("UNLINK") : SLICE("DEL"), name};
    ks->dirty++;
    unit_journal_before(ks, db, del, 2);
    unit_event(ks, db, name, class, event);
    waiting_key_changed(ks, db, name);
    database_remove(db, hash, at);
}

void key_expire(struct keyspace *ks, struct database *db, struct entry_at at, uint64_t hash) {
    before_change(ks, db, entry_key(at.entry), at);
    ks->stats.expired_keys++;
    delete_unasked(ks, db, at, hash, ks->conf.lazyfree_lazy_expire, NOTIFY_EXPIRED, "expired");
    if (unlikely(ks->watched.count)) watch_key_expired(ks, db, entry_key(at.entry));
    free_detached(ks, at.entry);
}

void key_evict(struct keyspace *ks, struct key_ref *ref) {
    ks->stats.evicted_keys++;
    delete_unasked(ks, ref->db, ref->at, ref->hash, ks->conf.lazyfree_lazy_eviction, NOTIFY_EVICTED,
                   "evicted");
    if (unlikely(ks->watched.count)) watch_key_changed(ks, ref->db, entry_key(ref->at.entry));
    free_detached(ks, ref->at.entry);
    ref->at.entry = NULL;
}

/* --- expiry of fields --- */

struct gone_fields {
    struct keyspace *keyspace;
    struct database *db;
    struct slice key;
    struct buf bytes; /* of the fields noted */
    size_t ends[RECORD_FIELDS_MAX], count;
};

static void journal_gone(struct gone_fields *g) {
    struct slice record[2 + RECORD_FIELDS_MAX] = {SLICE("HDEL"), g->key};
    for (size_t i = 0, from = 0; i < g->count; from = g->ends[i++])
        record[2 + i] = (struct slice){g->bytes.ptr + from, g->ends[i] - from};
    if (g->count) unit_journal_before(g->keyspace, g->db, record, (int)(2 + g->count));
    g->count = 0;
    buf_clear(&g->bytes);
}

static void note_gone(void *arg, struct slice field) {
    struct gone_fields *g = arg;
    if (g->keyspace->unit.journal == NULL) return;
    buf_append_slice(&g->bytes, field);
    g->ends[g->count++] = g->bytes.len;
    if (g->count == RECORD_FIELDS_MAX) journal_gone(g);
}

bool key_expire_fields(struct keyspace *ks, struct database *db, struct entry_at *at, uint64_t hash,
                       bool exact, size_t effort) {
    before_change(ks, db, entry_key(at->entry), *at);
    struct gone_fields gone = {.keyspace = ks, .db = db, .key = entry_key(at->entry)};
    int64_t before = hash_next_deadline(at->entry);
    size_t count = 0;
    bool more;
    struct entry *e = hash_expire(at->entry, ks->now_ms, exact, effort, note_gone, &gone, &count, &more);
    if (e != at->entry) table_replace(at->pos, e);
    at->entry = e;
    gone.key = entry_key(e);
    journal_gone(&gone);
    buf_deinit(&gone.bytes);
    database_fields_changed(db, gone.key, hash, before, hash_next_deadline(e));
    if (count == 0) return more;

    ks->dirty += count;
    ks->stats.expired_subkeys += count;
    unit_event(ks, db, gone.key, NOTIFY_HASH, "hexpired");
    if (unlikely(ks->watched.count)) watch_key_changed(ks, db, gone.key);
    if (hash_count(e)) return more;
    unit_event(ks, db, gone.key, NOTIFY_GENERIC, "del");
    database_remove(db, hash, *at);
    free_detached(ks, e);
    *at = (struct entry_at){NULL, {NULL, 0}};
    return false;
}

/* Finds an entry that is alive; a due one is deleted on the way where this server is the one to do so. Who
 * only reads leaves it where it is while everything is paused. */
static struct entry_at find_alive(struct keyspace *ks, struct database *db, struct slice name, uint64_t hash,
                                  bool to_read) {
    struct entry_at at = database_find(db, name, hash);
    if (likely(at.entry == NULL || !entry_time_matters(at.entry)) || !ks->expire_on_access) return at;
    bool deletes = !to_read || !ks->paused;
    if (entry_due(at.entry, ks->now_ms)) {
        if (deletes) key_expire(ks, db, at, hash);
        return (struct entry_at){NULL, {NULL, 0}};
    }
    if (hash_maybe_due(at.entry, ks->now_ms))
        key_expire_fields(ks, db, &at, hash, true, deletes ? FIELDS_EFFORT : 0);
    return at;
}

/* --- reading --- */

static const struct entry *read_at(struct call *call, struct database *db, struct slice name, uint64_t hash,
                                   unsigned access) {
    struct keyspace *ks = call->keyspace;
    struct entry *e = find_alive(ks, db, name, hash, true).entry;
    if (e == NULL) {
        if (access & KEY_NO_STATS) return NULL;
        ks->stats.misses++;
        unit_event(ks, db, name, NOTIFY_KEY_MISS, "keymiss");
        return NULL;
    }
    if (!(access & KEY_NO_STATS)) ks->stats.hits++;
    if (!(access & KEY_NO_TOUCH) && likely(!(call->session->flags & SESSION_NO_TOUCH))) access_touch(ks, e);
    return e;
}

const struct entry *key_read(struct call *call, int arg, unsigned access) {
    return read_at(call, call->db, call->argv[arg], call_hash(call, arg), access);
}

const struct entry *key_read_name(struct call *call, struct database *db, struct slice name,
                                  unsigned access) {
    return read_at(call, db, name, hash_slice(&call->keyspace->secret, name), access);
}

static bool has_type(struct call *call, const struct entry *e, enum value_type type) {
    if (e == NULL || likely(entry_type(e) == type)) return true;
    resp_error(call->reply, ERR_WRONG_TYPE);
    return false;
}

bool key_read_typed(struct call *call, int arg, enum value_type type, const struct entry **out) {
    *out = key_read(call, arg, KEY_TOUCH);
    return has_type(call, *out, type);
}

/* --- opening --- */

void key_open_at(struct keyspace *ks, struct database *db, struct slice name, uint64_t hash,
                 struct key_ref *ref) {
    ref->name = name;
    ref->hash = hash;
    ref->db = db;
    ref->at = find_alive(ks, db, name, hash, false);
    if (ref->at.entry) before_change(ks, db, name, ref->at);
}

static void open_and_touch(struct call *call, struct database *db, struct slice name, uint64_t hash,
                           struct key_ref *ref) {
    key_open_at(call->keyspace, db, name, hash, ref);
    if (ref->at.entry && likely(!(call->session->flags & SESSION_NO_TOUCH)))
        access_touch(call->keyspace, ref->at.entry);
}

void key_open(struct call *call, int arg, struct key_ref *ref) {
    open_and_touch(call, call->db, call->argv[arg], call_hash(call, arg), ref);
}

bool key_open_typed(struct call *call, int arg, enum value_type type, struct key_ref *ref) {
    key_open(call, arg, ref);
    return has_type(call, ref->at.entry, type);
}

void key_open_name(struct call *call, struct database *db, struct slice name, struct key_ref *ref) {
    open_and_touch(call, db, name, hash_slice(&call->keyspace->secret, name), ref);
}

/* --- changing --- */

void key_store(struct call *call, struct key_ref *ref, struct entry *entry) {
    struct keyspace *ks = call->keyspace;
    struct entry *old = ref->at.entry;
    if (old == NULL) {
        access_init_entry(ks, entry);
        ref->at.pos = database_insert(ref->db, ref->hash, entry);
        ref->at.entry = entry;
        unit_event(ks, ref->db, ref->name, NOTIFY_NEW, "new");
        return;
    }
    if (ks->conf.maxmemory_policy & EVICT_LFU)
        entry_set_access(entry, entry_access(old));
    else
        access_init_entry(ks, entry);
    key_moved(ref, entry);
    big_keys_changed(ks, ref->db->index, ref->name, ref->hash, entry);
    database_deadline_changed(ref->db, ref->name, ref->hash, entry_deadline(old), entry_deadline(entry));
    database_fields_changed(ref->db, ref->name, ref->hash, hash_next_deadline(old),
                            hash_next_deadline(entry));
    free_detached(ks, old);
}

void key_moved(struct key_ref *ref, struct entry *entry) {
    if (entry == ref->at.entry) return;
    table_replace(ref->at.pos, entry);
    ref->at.entry = entry;
}

struct entry *key_take(struct call *call, struct key_ref *ref) {
    struct entry *e = ref->at.entry;
    database_remove(ref->db, ref->hash, ref->at);
    ref->at.entry = NULL;
    return e;
}

void key_delete(struct call *call, struct key_ref *ref) {
    free_detached(call->keyspace, key_take(call, ref));
}

void key_set_deadline(struct call *call, struct key_ref *ref, int64_t deadline_ms) {
    int64_t before = entry_deadline(ref->at.entry);
    key_moved(ref, entry_set_deadline(ref->at.entry, deadline_ms));
    database_deadline_changed(ref->db, ref->name, ref->hash, before, deadline_ms);
}

void key_fields_changed(struct key_ref *ref, int64_t before) {
    database_fields_changed(ref->db, ref->name, ref->hash, before, hash_next_deadline(ref->at.entry));
}

void key_changed(struct call *call, struct key_ref *ref, uint32_t class, const char *event) {
    big_keys_changed(call->keyspace, ref->db->index, ref->name, ref->hash, ref->at.entry);
    unit_changed(call->keyspace, ref->db, ref->name, class, event);
}

void key_changed_name(struct call *call, struct database *db, struct slice name, uint32_t class,
                      const char *event) {
    unit_changed(call->keyspace, db, name, class, event);
}

void key_changed_more(struct call *call, uint64_t more) {
    call->keyspace->unit.dirty += more;
}

/* --- whole databases --- */

size_t key_flush_database(struct keyspace *ks, struct database *db) {
    if (ks->watched.count) watch_database_replaced(ks, db, NULL);
    if (ks->waiting.key_count) waiting_database_changed(ks, db);
    return database_empty(db);
}

size_t key_flush_all(struct keyspace *ks) {
    size_t count = 0;
    if (ks->walk) walk_before_flush_all(ks->walk);
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) count += key_flush_database(ks, ks->databases[i]);
    return count;
}

void key_swap_databases(struct keyspace *ks, struct database *a, struct database *b) {
    if (a == b) return;
    if (ks->watched.count) {
        watch_database_replaced(ks, a, b);
        watch_database_replaced(ks, b, a);
    }
    if (ks->waiting.key_count) {
        waiting_database_changed(ks, a);
        waiting_database_changed(ks, b);
    }
    big_keys_swapped(ks->big_keys, a->index, b->index);
    database_swap(a, b);
}
