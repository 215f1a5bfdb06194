/* One numbered database: tables of entries, one per hash slot where slots are on, otherwise a single one.
 *
 * A slot may be hidden (keyspace_hide_slots): another server owns it. Its keys are kept, expire, are saved
 * and count as memory, but nobody who asks for all keys is shown them. */
#ifndef TORC_KEYSPACE_DATABASE_H
#define TORC_KEYSPACE_DATABASE_H

#include "server/ds/deadlines.h"
#include "server/ds/table.h"
#include "server/keyspace/keyspace.h"
#include "server/keyspace/slot_index.h"
#include "server/types/entry.h"

struct keytable {
    struct table table;     /* its index of deadlines is owned here, and there from the first deadline on */
    size_t expiring;        /* entries with a deadline */
    size_t fields_expiring; /* hashes of which a field has one */
    __int128 deadline_sum;  /* of those, for avg_ttl */
    uint32_t generation;    /* grows each time it is emptied whole: who walks it in slices notices */
    int walk_db;            /* the database's number when the walk under way began */
};

struct database {
    int index;
    uint32_t table_count;     /* 1, or SLOTS_COUNT */
    struct keytable *tables;  /* owned */
    struct slot_index *slots; /* owned; NULL without slots */
    struct keyspace *keyspace;
    struct map waited; /* waiting.c's: keys that sessions wait for */
};

struct database *database_create(struct keyspace *ks, int index);
void database_destroy(struct database **db); /* at once; see reaper.h for what clients empty */

struct keytable *database_table_slotted(const struct database *db, struct slice key);
static inline struct keytable *database_table(const struct database *db, struct slice key) {
    return __builtin_expect(db->table_count == 1, 1) ? db->tables : database_table_slotted(db, key);
}
/* Frees all that a table holds, at once; the struct itself is the caller's. Needs nothing of the database. */
void keytable_destroy(struct keytable *kt);
/* Its index of deadlines alone. */
void keytable_deinit_deadlines(struct keytable *kt);

size_t database_count(const struct database *db);
size_t database_shown_count(const struct database *db); /* without keys of hidden slots */
/* Whether the keys of this table are hidden. */
static inline bool database_hides(const struct database *db, uint32_t table) {
    return slot_is_hidden(db->keyspace->slots_hidden, table);
}
size_t database_expiring(const struct database *db);
size_t database_fields_expiring(const struct database *db);
int64_t database_avg_ttl(const struct database *db, int64_t now_ms);
/* Takes all tables out of the database and hands them to the reaper; returns how many keys there were. */
size_t database_empty(struct database *db);
/* Exchanges the contents of two databases. Watchers and snapshots are told by the caller. */
void database_swap(struct database *a, struct database *b);

/* Cursor over all tables that are shown, with the guarantees of table_scan. */
uint64_t database_scan(const struct database *db, uint64_t cursor, table_visit_fn visit, void *arg);
/* An entry drawn at random from what is shown that is not due, or NULL (also after many draws that all were
 * due). */
struct entry *database_random(struct database *db, int64_t now_ms);

/* A table drawn with the chances of its keys, hidden ones among them; there are keys. */
struct keytable *database_draw_table(struct database *db);

/* --- prefetch, for batches --- */
/* With slots, the table of a key comes first. */
static inline void database_prefetch_table(const struct database *db, unsigned slot) {
    prefetch(&db->tables[slot]);
    prefetch((const char *)&db->tables[slot] + 64); /* together the head of a table of few keys */
}
static inline void database_prefetch_bucket_in(const struct database *db, unsigned slot, uint64_t hash) {
    table_prefetch_bucket(&db->tables[slot].table, hash);
}
static inline void database_prefetch_entry_in(const struct database *db, unsigned slot, uint64_t hash) {
    table_prefetch_item(&db->tables[slot].table, hash);
}
static inline void database_prefetch_bucket(const struct database *db, uint64_t hash) {
    if (db->table_count == 1) table_prefetch_bucket(&db->tables->table, hash);
}
static inline void database_prefetch_entry(const struct database *db, uint64_t hash) {
    if (db->table_count == 1) table_prefetch_item(&db->tables->table, hash);
}

/* --- single entries; below the write unit: handlers use keys.h --- */
struct entry_at {
    struct entry *entry; /* NULL: absent */
    struct table_pos pos;
};
struct entry_at database_find(const struct database *db, struct slice key, uint64_t hash);
/* The key must be absent. Takes the entry. */
struct table_pos database_insert(struct database *db, uint64_t hash, struct entry *entry);
/* Takes the entry out; the caller owns it now. */
void database_remove(struct database *db, uint64_t hash, struct entry_at at);
/* Keeps the index of deadlines right after the entry of this key gained, lost or changed its deadline. */
void database_deadline_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                               int64_t after);
/* The same after fields of a hash gained, lost or changed deadlines: hash_next_deadline before and after. */
void database_fields_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                             int64_t after);

#endif
