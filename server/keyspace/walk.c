/* The walk keeps a list of table arrays, one per database in use, and goes through their buckets in order.
 * Growth adds buckets behind the cursor's end only, and what splits move there carries its mark.
 *
 * A large value that is visited, or opened for change, gets a walk of its own (value_walk.h) and a place in
 * the queue; the queue comes before the next bucket:
 *
 *      bucket ──► small entry ─────────────────────────────► entry
 *           └───► large entry ──► queue: v1 v2 v3 …          begin v1 │ element … │ finish v1 │ begin v2 …
 *      key_open ► large entry ──────────────┘                            ▲
 *      the types, before a change in v3 ─────────────────────────────────┘ element of v3, early
 *
 * What is deleted meanwhile is kept: a large value as an entry, a flushed database as a copy of its tables.
 * An aborted walk drops its sink and goes on marking, because the next one flips the meaning of the marks and
 * needs them all equal; so everything that is kept goes the same way whether somebody listens or not. */
#include "server/keyspace/walk.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/keyspace/reaper.h"
#include "server/types/hash_deadlines.h"
#include "server/types/value.h"

#define KEPT_SAMPLES 8

struct walk_stop {
    struct keytable *tables; /* borrowed, or one of the kept */
    uint32_t table_count;
};

/* What was in a database when it was emptied. */
struct kept_tables {
    struct kept_tables *next;
    uint32_t count;
    struct keytable tables[];
};

struct walk {
    struct keyspace *keyspace;
    const struct walk_sink *sink; /* NULL once it was aborted */
    struct walk_stop *stops;
    int stop_count, stop;
    uint32_t table;
    size_t bucket;
    int visiting_db;
    struct link queue;        /* struct walk_value */
    struct kept_tables *kept; /* owned */
    size_t kept_bytes, copied_bytes;
};

bool walk_begin(struct keyspace *ks, const struct walk_sink *sink) {
    if (ks->walk) return false;
    struct walk *w = mem_zalloc(sizeof(*w));
    w->keyspace = ks;
    w->sink = sink;
    list_init(&w->queue);
    w->stops = mem_zalloc((size_t)ks->conf.databases * sizeof(*w->stops));
    for (int i = 0; i < ks->conf.databases; i++) {
        struct database *db = ks->databases[i];
        if (db == NULL) continue;
        w->stops[w->stop_count++] = (struct walk_stop){.tables = db->tables, .table_count = db->table_count};
        for (uint32_t t = 0; t < db->table_count; t++) {
            db->tables[t].walk_db = i;
            table_walk_begin(&db->tables[t].table);
        }
    }
    ks->walk = w;
    return true;
}

/* --- large values --- */

static struct walk_value *value_of(struct value_walk *walk) {
    return LIST_OWNER(walk, struct walk_value, walk);
}

static void tell_element(struct value_walk *walk, const struct value_element *element) {
    struct walk_value *v = value_of(walk);
    const struct walk_sink *sink = v->owner->sink;
    sink->element(sink->owner, v, element);
}

static void begin_value(struct walk *w, int db_index, const struct entry *e) {
    struct walk_value *v = mem_zalloc(sizeof(*v));
    struct slice key = entry_key(e);
    v->owner = w;
    v->db_index = db_index;
    v->type = entry_type(e);
    v->access = entry_access(e);
    v->deadline_ms = entry_deadline(e);
    v->next_deadline_ms = v->type == VALUE_HASH ? hash_next_deadline(e) : ENTRY_NO_DEADLINE;
    v->key = (struct slice){mem_strndup(key.ptr, key.len), key.len};
    value_walk_begin(&v->walk, e, tell_element);
    v->count = value_walk_count(&v->walk);
    list_append(&w->queue, &v->link);
}

/* Once per command or step, which is when it may have grown. */
static void count_copied(struct walk *w, struct walk_value *v) {
    size_t copied = value_walk_copied(&v->walk);
    w->copied_bytes += copied - v->copied_bytes;
    v->copied_bytes = copied;
}

static void free_value(struct walk *w, struct walk_value *v) {
    list_remove(&v->link);
    w->copied_bytes -= v->copied_bytes;
    struct entry *kept = value_walk_end(&v->walk);
    if (kept) reaper_take_entry(w->keyspace->reaper, kept);
    if (v->kept) {
        w->kept_bytes -= v->kept_bytes;
        reaper_take_entry(w->keyspace->reaper, v->kept);
    }
    mem_free((char *)v->key.ptr);
    mem_free(v);
}

/* Some of the value whose turn it is. */
static void step_value(struct walk *w, size_t *budget) {
    struct walk_value *v = LIST_OWNER(w->queue.next, struct walk_value, link);
    if (!v->begun && w->sink) w->sink->begin(w->sink->owner, v);
    v->begun = true;
    count_copied(w, v);
    if (value_walk_step(&v->walk, budget)) return;
    if (w->sink) w->sink->finish(w->sink->owner, v);
    free_value(w, v);
}

bool walk_keeps(struct walk *w, struct entry *e) {
    struct value_walk *walk = value_walk_of(e);
    if (walk == NULL) return false;
    struct walk_value *v = value_of(walk);
    must(v->kept == NULL);
    v->kept = e;
    v->kept_bytes = value_memory(e, KEPT_SAMPLES);
    w->kept_bytes += v->kept_bytes;
    return true;
}

size_t walk_copied_bytes(const struct walk *w) {
    return w ? w->copied_bytes : 0;
}

const char *walk_phase(const struct walk *w) {
    if (w == NULL) return NULL;
    if (w->sink == NULL) return "clearing";
    return list_empty(&w->queue) ? "tables" : "value";
}

size_t walk_kept_bytes(const struct walk *w) {
    return w ? w->kept_bytes : 0;
}

/* --- tables --- */

static void hand_over(struct walk *w, int db_index, const struct entry *e) {
    if (value_walk_can(e) && (w->sink->pieces >> entry_type(e) & 1))
        begin_value(w, db_index, e);
    else
        w->sink->entry(w->sink->owner, db_index, e);
}

static void visit(void *arg, void *item) {
    struct walk *w = arg;
    hand_over(w, w->visiting_db, item);
}

void walk_before_change(struct walk *w, struct keytable *kt, struct entry_at at) {
    if (table_walked(&kt->table, at.pos)) {
        struct value_walk *walk = value_walk_of(at.entry);
        if (walk) count_copied(w, value_of(walk));
        return;
    }
    if (w->sink == NULL) return;
    table_set_walked(&kt->table, at.pos);
    hand_over(w, kt->walk_db, at.entry);
}

/* One bucket; false when all were visited, the last ones perhaps by this call. */
static bool step_tables(struct walk *w) {
    for (; w->stop < w->stop_count; w->stop++, w->table = 0)
        for (; w->table < w->stops[w->stop].table_count; w->table++, w->bucket = 0) {
            struct keytable *kt = &w->stops[w->stop].tables[w->table];
            w->visiting_db = kt->walk_db;
            if (table_walk_step(&kt->table, &w->bucket, w->sink ? visit : NULL, w)) return true;
            table_walk_end(&kt->table);
        }
    return false;
}

/* Tables that were visited are kept as well while the queue may hold values that are in them. */
bool walk_keeps_tables(struct walk *w, const struct database *db) {
    struct walk_stop *stop = NULL;
    for (int i = w->stop; i < w->stop_count; i++)
        if (w->stops[i].tables == db->tables) stop = &w->stops[i];
    if (stop == NULL && list_empty(&w->queue)) return false;
    size_t bytes = db->table_count * sizeof(*db->tables);
    struct kept_tables *kept = mem_alloc(sizeof(*kept) + bytes);
    memcpy(kept->tables, db->tables, bytes);
    kept->count = db->table_count;
    kept->next = w->kept;
    w->kept = kept;
    if (stop) stop->tables = kept->tables;
    return true;
}

static void free_kept(struct walk *w) {
    for (struct kept_tables *kept = w->kept, *next; kept; kept = next) {
        next = kept->next;
        for (uint32_t t = 0; t < kept->count; t++)
            reaper_take_table(w->keyspace->reaper, &kept->tables[t]);
        mem_free(kept);
    }
}

/* --- the walk --- */

static void finish(struct walk *w) {
    const struct walk_sink *sink = w->sink;
    must(list_empty(&w->queue) && w->kept_bytes == 0);
    w->keyspace->walk = NULL;
    free_kept(w);
    mem_free(w->stops);
    mem_free(w);
    if (sink) sink->end(sink->owner, NULL);
}

static bool is_ready(const struct walk *w) {
    return w->sink == NULL || w->sink->ready == NULL || w->sink->ready(w->sink->owner);
}

bool walk_due(const struct keyspace *ks) {
    return ks->walk && is_ready(ks->walk);
}

bool walk_step(struct keyspace *ks, size_t budget) {
    struct walk *w = ks->walk;
    if (w == NULL) return false;
    while (budget > 0 && is_ready(w)) {
        if (!list_empty(&w->queue)) {
            step_value(w, &budget);
        } else if (step_tables(w)) {
            budget--;
        } else if (list_empty(&w->queue) && is_ready(w)) { /* not where it rests after its last key */
            finish(w);
            return false;
        }
    }
    return true;
}

void walk_abort(struct keyspace *ks, const char *reason) {
    struct walk *w = ks->walk;
    if (w == NULL || w->sink == NULL) return;
    const struct walk_sink *sink = w->sink;
    LIST_FOR(at, next, &w->queue) {
        struct walk_value *v = LIST_OWNER(at, struct walk_value, link);
        value_walk_quiet(&v->walk);
        sink->forget(sink->owner, v);
    }
    w->sink = NULL;
    sink->end(sink->owner, reason);
}

void walk_before_flush_all(struct walk *w) {
    if (w->sink && w->sink->flushed) w->sink->flushed(w->sink->owner);
}

void walk_destroy(struct keyspace *ks) {
    walk_abort(ks, "the server ends");
    while (walk_step(ks, SIZE_MAX)) {
    }
}
