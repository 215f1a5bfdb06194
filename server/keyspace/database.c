/* Tables of entries and the bookkeeping of deadlines.
 *
 * The index of deadlines, of entries and of fields of hashes alike, is attached to a table when its first
 * deadline appears, so a database without TTLs pays nothing for it. `expiring` and `deadline_sum` are kept
 * exactly: every change of an entry's deadline passes through database_deadline_changed, insertion or
 * removal. With slots, the same passes tell the index over all slots (slot_index.h), so that nothing that is
 * asked of a whole database looks at each of its tables. */
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
    if (ks->conf.slotted) db->slots = slot_index_create(ks->now_ms);
    return db;
}

static void free_entry(void *arg, void *item) {
    value_free(item);
}

void keytable_deinit_deadlines(struct keytable *kt) {
    if (kt->table.deadlines == NULL) return;
    deadlines_deinit(kt->table.deadlines);
    mem_free_sized(kt->table.deadlines, sizeof(*kt->table.deadlines));
    kt->table.deadlines = NULL;
}

void keytable_destroy(struct keytable *kt) {
    table_each(&kt->table, free_entry, NULL);
    table_deinit(&kt->table);
    keytable_deinit_deadlines(kt);
}

void database_destroy(struct database **db) {
    for (uint32_t i = 0; i < (*db)->table_count; i++)
        keytable_destroy(&(*db)->tables[i]);
    map_deinit(&(*db)->waited);
    slot_index_destroy(&(*db)->slots);
    mem_free((*db)->tables);
    mem_free(*db);
    *db = NULL;
}

struct keytable *database_table_slotted(const struct database *db, struct slice key) {
    return &db->tables[slots_of_key(key)];
}

size_t database_count(const struct database *db) {
    return db->slots ? db->slots->total : db->tables->table.count;
}

size_t database_shown_count(const struct database *db) {
    return db->slots ? db->slots->total - db->slots->hidden : db->tables->table.count;
}

size_t database_expiring(const struct database *db) {
    return db->slots ? db->slots->expiring : db->tables->expiring;
}

size_t database_fields_expiring(const struct database *db) {
    return db->slots ? db->slots->fields_expiring : db->tables->fields_expiring;
}

int64_t database_avg_ttl(const struct database *db, int64_t now_ms) {
    __int128 sum = db->slots ? db->slots->deadline_sum : db->tables->deadline_sum;
    size_t count = database_expiring(db);
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
    if (db->slots) slot_index_clear(db->slots, db->keyspace->now_ms);
    return count;
}

void database_swap(struct database *a, struct database *b) {
    struct keytable *tables = a->tables;
    struct slot_index *slots = a->slots;
    a->tables = b->tables;
    a->slots = b->slots;
    b->tables = tables;
    b->slots = slots;
}

/* --- single entries --- */

static bool entry_has_key(const void *item, const void *key) {
    return slice_eq_short(entry_key(item), *(const struct slice *)key);
}

struct entry_at database_find(const struct database *db, struct slice key, uint64_t hash) {
    struct entry_at at = {NULL, {NULL, 0}};
    at.entry = table_find(&database_table(db, key)->table, hash, entry_has_key, &key, &at.pos);
    return at;
}

/* The table's buckets get bounds from the first deadline on. */
static void deadlines_attach(struct keytable *kt, int64_t now_ms) {
    if (likely(kt->table.deadlines != NULL)) return;
    kt->table.deadlines = mem_alloc(sizeof(*kt->table.deadlines));
    deadlines_init(kt->table.deadlines, now_ms);
    deadlines_resize(kt->table.deadlines, kt->table.buckets.count);
}

static void bound_lower(struct database *db, struct keytable *kt, uint64_t hash, int64_t when) {
    deadlines_attach(kt, db->keyspace->now_ms);
    deadlines_lower(kt->table.deadlines, table_bucket_index(&kt->table, hash),
                    deadlines_unit(kt->table.deadlines, when));
    if (db->slots)
        deadlines_lower(&db->slots->due, (size_t)(kt - db->tables), deadlines_unit(&db->slots->due, when));
}

static void deadline_changed(struct database *db, struct keytable *kt, uint64_t hash, int64_t before,
                             int64_t after) {
    int more = (after != ENTRY_NO_DEADLINE) - (before != ENTRY_NO_DEADLINE);
    int64_t later = (after != ENTRY_NO_DEADLINE ? after : 0) - (before != ENTRY_NO_DEADLINE ? before : 0);
    kt->expiring += (size_t)(ptrdiff_t)more;
    kt->deadline_sum += later;
    if (db->slots) {
        db->slots->expiring += (size_t)(ptrdiff_t)more;
        db->slots->deadline_sum += later;
    }
    if (after != ENTRY_NO_DEADLINE) bound_lower(db, kt, hash, after);
}

static void fields_changed(struct database *db, struct keytable *kt, uint64_t hash, int64_t before,
                           int64_t after) {
    int more = (after != ENTRY_NO_DEADLINE) - (before != ENTRY_NO_DEADLINE);
    kt->fields_expiring += (size_t)(ptrdiff_t)more;
    if (db->slots) db->slots->fields_expiring += (size_t)(ptrdiff_t)more;
    if (after != ENTRY_NO_DEADLINE) bound_lower(db, kt, hash, after);
}

static inline void counted(struct database *db, const struct keytable *kt, int by) {
    if (unlikely(db->slots != NULL))
        slot_index_count(db->slots, (unsigned)(kt - db->tables), by, db->keyspace->slots_hidden);
}

struct table_pos database_insert(struct database *db, uint64_t hash, struct entry *entry) {
    struct keytable *kt = database_table(db, entry_key(entry));
    struct table_pos pos = table_insert(&kt->table, hash, entry);
    counted(db, kt, 1);
    if (unlikely(entry_time_matters(entry))) {
        deadline_changed(db, kt, hash, ENTRY_NO_DEADLINE, entry_deadline(entry));
        fields_changed(db, kt, hash, ENTRY_NO_DEADLINE, hash_next_deadline(entry));
    }
    big_keys_changed(db->keyspace, db->index, entry_key(entry), hash, entry);
    return pos;
}

void database_remove(struct database *db, uint64_t hash, struct entry_at at) {
    struct keytable *kt = database_table(db, entry_key(at.entry));
    if (unlikely(entry_time_matters(at.entry))) {
        deadline_changed(db, kt, hash, entry_deadline(at.entry), ENTRY_NO_DEADLINE);
        fields_changed(db, kt, hash, hash_next_deadline(at.entry), ENTRY_NO_DEADLINE);
    }
    if (unlikely(big_keys_may_know(db->keyspace->big_keys, hash)))
        big_keys_look(db->keyspace, db->index, entry_key(at.entry), hash, NULL);
    table_remove(&kt->table, hash, at.pos);
    counted(db, kt, -1);
}

void database_deadline_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                               int64_t after) {
    if (before != after) deadline_changed(db, database_table(db, key), hash, before, after);
}

void database_fields_changed(struct database *db, struct slice key, uint64_t hash, int64_t before,
                             int64_t after) {
    if (before != after) fields_changed(db, database_table(db, key), hash, before, after);
}

/* --- all of them --- */

/* With slots, the cursor counts tables in its low bits and the table's own cursor above them, so that it
 * stays small for small tables: cursor = table cursor << 14 | slot. */
uint64_t database_scan(const struct database *db, uint64_t cursor, table_visit_fn visit, void *arg) {
    if (db->table_count == 1) return table_scan(&db->tables->table, cursor, visit, arg);
    unsigned slot = cursor % SLOTS_COUNT;
    uint64_t inner =
        database_hides(db, slot) ? 0 : table_scan(&db->tables[slot].table, cursor / SLOTS_COUNT, visit, arg);
    if (inner) return inner * SLOTS_COUNT + slot;
    slot = slot_index_next(db->slots, slot + 1, db->keyspace->slots_hidden);
    return slot == SLOTS_COUNT ? 0 : slot;
}

struct keytable *database_draw_table(struct database *db) {
    if (db->table_count == 1) return db->tables;
    return &db->tables[slot_index_nth(db->slots, rng_below(&db->keyspace->rng, db->slots->total))];
}

/* The same of what is shown. Where that is little, a table of it is as good as any other. */
static struct keytable *draw_shown_table(struct database *db) {
    struct keytable *kt = database_draw_table(db);
    for (int draws = 0; draws < 16 && database_hides(db, (uint32_t)(kt - db->tables)); draws++)
        kt = database_draw_table(db);
    if (!database_hides(db, (uint32_t)(kt - db->tables))) return kt;
    const uint64_t *hidden = db->keyspace->slots_hidden;
    unsigned slot = slot_index_next(db->slots, (unsigned)rng_below(&db->keyspace->rng, SLOTS_COUNT), hidden);
    return &db->tables[slot < SLOTS_COUNT ? slot : slot_index_next(db->slots, 0, hidden)];
}

struct entry *database_random(struct database *db, int64_t now_ms) {
    struct rng *rng = &db->keyspace->rng;
    for (int draws = 0; database_shown_count(db) && draws < 100; draws++) {
        struct entry *e = table_random(&draw_shown_table(db)->table, rng);
        if (!entry_due(e, now_ms)) return e;
    }
    return NULL;
}
