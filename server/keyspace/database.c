/* Tables of entries and the bookkeeping of deadlines.
 *
 * The index of deadlines, of entries and of fields of hashes alike, is attached to a table when its first
 * deadline appears, so a database without TTLs pays nothing for it. `expiring` and `deadline_sum` are kept
 * exactly: every change of an entry's deadline passes through database_deadline_changed, insertion or
 * removal. */
#include "server/keyspace/database.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/slots/slots.h"
#include "server/keyspace/big_keys.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/walk.h"
#include "server/types/hash_deadlines.h"
#include "server/types/value.h"

static uint64_t entry_hash(const void *secret, const void *item) {
    return hash_slice(secret, entry_key(item));
}

static void keytable_init(struct keytable *kt, struct keyspace *ks) {
    memset(kt, 0, sizeof(*kt));
    table_init(&kt->table, entry_hash, &ks->secret);
    deadlines_init(&kt->deadlines, ks->now_ms);
}

struct database *database_create(struct keyspace *ks, int index) {
    struct database *db = mem_zalloc(sizeof(*db));
    db->index = index;
    db->keyspace = ks;
    map_init(&db->waited, rng_next(&ks->rng));
    db->table_count = ks->conf.slotted ? SLOTS_COUNT : 1;
    db->tables = mem_alloc(db->table_count * sizeof(*db->tables));
    for (uint32_t i = 0; i < db->table_count; i++)
        keytable_init(&db->tables[i], ks);
    return db;
}

static void free_entry(void *arg, void *item) {
    value_free(item);
}

void keytable_destroy(struct keytable *kt) {
    table_each(&kt->table, free_entry, NULL);
    table_deinit(&kt->table);
    deadlines_deinit(&kt->deadlines);
}

void database_destroy(struct database **db) {
    for (uint32_t i = 0; i < (*db)->table_count; i++)
        keytable_destroy(&(*db)->tables[i]);
    map_deinit(&(*db)->waited);
    mem_free((*db)->tables);
    mem_free(*db);
    *db = NULL;
}

struct keytable *database_table_slotted(const struct database *db, struct slice key) {
    return &db->tables[slots_of_key(key)];
}

size_t database_count(const struct database *db) {
    size_t count = 0;
    for (uint32_t i = 0; i < db->table_count; i++)
        count += db->tables[i].table.count;
    return count;
}

size_t database_expiring(const struct database *db) {
    size_t count = 0;
    for (uint32_t i = 0; i < db->table_count; i++)
        count += db->tables[i].expiring;
    return count;
}

size_t database_fields_expiring(const struct database *db) {
    size_t count = 0;
    for (uint32_t i = 0; i < db->table_count; i++)
        count += db->tables[i].fields_expiring;
    return count;
}

int64_t database_avg_ttl(const struct database *db, int64_t now_ms) {
    __int128 sum = 0;
    size_t count = database_expiring(db);
    for (uint32_t i = 0; i < db->table_count; i++)
        sum += db->tables[i].deadline_sum;
    int64_t ttl = count ? (int64_t)(sum / (__int128)count) - now_ms : 0;
    return ttl > 0 ? ttl : 0;
}

size_t database_empty(struct database *db) {
    size_t count = database_count(db);
    bool kept = db->keyspace->walk && walk_keeps_tables(db->keyspace->walk, db);
    big_keys_flushed(db->keyspace->big_keys, db->index);
    for (uint32_t i = 0; i < db->table_count; i++) {
        struct keytable *kt = &db->tables[i];
        uint32_t generation = kt->generation + 1;
        if (kt->table.count && !kept)
            reaper_take_table(db->keyspace->reaper, kt);
        else if (!kept)
            keytable_destroy(kt);
        keytable_init(kt, db->keyspace);
        kt->generation = generation;
    }
    return count;
}

void database_swap(struct database *a, struct database *b) {
    struct keytable *tables = a->tables;
    a->tables = b->tables;
    b->tables = tables;
}

/* --- single entries --- */

static bool entry_has_key(const void *item, const void *key) {
    return slice_eq(entry_key(item), *(const struct slice *)key);
}

struct entry_at database_find(const struct database *db, struct slice key, uint64_t hash) {
    struct entry_at at = {NULL, {NULL, 0}};
    at.entry = table_find(&database_table(db, key)->table, hash, entry_has_key, &key, &at.pos);
    return at;
}

/* The table's buckets get bounds from the first deadline on. */
static void deadlines_attach(struct keytable *kt) {
    if (kt->table.deadlines) return;
    kt->table.deadlines = &kt->deadlines;
    deadlines_resize(&kt->deadlines, kt->table.buckets.count);
}

static void bound_lower(struct keytable *kt, uint64_t hash, int64_t when) {
    deadlines_attach(kt);
    deadlines_lower(&kt->deadlines, table_bucket_index(&kt->table, hash),
                    deadlines_unit(&kt->deadlines, when));
}

static void deadline_changed(struct keytable *kt, uint64_t hash, int64_t before, int64_t after) {
    if (before != ENTRY_NO_DEADLINE) {
        kt->expiring--;
        kt->deadline_sum -= before;
    }
    if (after == ENTRY_NO_DEADLINE) return;
    kt->expiring++;
    kt->deadline_sum += after;
    bound_lower(kt, hash, after);
}

static void fields_changed(struct keytable *kt, uint64_t hash, int64_t before, int64_t after) {
    kt->fields_expiring += (after != ENTRY_NO_DEADLINE);
    kt->fields_expiring -= (before != ENTRY_NO_DEADLINE);
    if (after != ENTRY_NO_DEADLINE) bound_lower(kt, hash, after);
}

struct table_pos database_insert(struct database *db, uint64_t hash, struct entry *entry) {
    struct keytable *kt = database_table(db, entry_key(entry));
    struct table_pos pos = table_insert(&kt->table, hash, entry);
    if (unlikely(entry_time_matters(entry))) {
        deadline_changed(kt, hash, ENTRY_NO_DEADLINE, entry_deadline(entry));
        fields_changed(kt, hash, ENTRY_NO_DEADLINE, hash_next_deadline(entry));
    }
    big_keys_changed(db->keyspace, db->index, entry_key(entry), hash, entry);
    return pos;
}

void database_remove(struct database *db, uint64_t hash, struct entry_at at) {
    struct keytable *kt = database_table(db, entry_key(at.entry));
    if (unlikely(entry_time_matters(at.entry))) {
        deadline_changed(kt, hash, entry_deadline(at.entry), ENTRY_NO_DEADLINE);
        fields_changed(kt, hash, hash_next_deadline(at.entry), ENTRY_NO_DEADLINE);
    }
    if (unlikely(big_keys_may_know(db->keyspace->big_keys, hash)))
        big_keys_look(db->keyspace, db->index, entry_key(at.entry), hash, NULL);
    table_remove(&kt->table, hash, at.pos);
}

void database_deadline_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                               int64_t after) {
    if (before != after) deadline_changed(database_table(db, key), hash, before, after);
}

void database_fields_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                             int64_t after) {
    if (before != after) fields_changed(database_table(db, key), hash, before, after);
}

/* --- all of them --- */

/* With slots, the cursor counts tables in its low bits and the table's own cursor above them, so that it
 * stays small for small tables: cursor = table cursor << 14 | slot. */
uint64_t database_scan(const struct database *db, uint64_t cursor, table_visit_fn visit, void *arg) {
    if (db->table_count == 1) return table_scan(&db->tables->table, cursor, visit, arg);
    uint64_t slot = cursor % SLOTS_COUNT;
    uint64_t inner = table_scan(&db->tables[slot].table, cursor / SLOTS_COUNT, visit, arg);
    if (inner) return inner * SLOTS_COUNT + slot;
    do {
        slot++;
    } while (slot < SLOTS_COUNT && db->tables[slot].table.count == 0);
    return slot == SLOTS_COUNT ? 0 : slot;
}

struct entry *database_random(struct database *db, int64_t now_ms) {
    struct rng *rng = &db->keyspace->rng;
    size_t total = database_count(db);
    for (int draws = 0; total && draws < 100; draws++) {
        struct keytable *kt = db->tables;
        if (db->table_count > 1) {
            uint64_t nth = rng_below(rng, total);
            while (nth >= kt->table.count)
                nth -= (kt++)->table.count;
        }
        struct entry *e = table_random(&kt->table, rng);
        if (!entry_due(e, now_ms)) return e;
    }
    return NULL;
}
