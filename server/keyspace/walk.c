/* The walk keeps a list of table arrays, one per database in use, and goes through their buckets in order.
 * Growth adds buckets behind the cursor's end only, and what splits move there carries its mark.
 *
 * An aborted walk drops its sink and goes on marking (without visiting), because the next one flips the
 * meaning of the marks and needs them all equal. */
#include "server/keyspace/walk.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

struct walk_stop {
    struct keytable *tables; /* NULL: gone */
    uint32_t table_count;
};

struct walk {
    struct keyspace *keyspace;
    const struct walk_sink *sink; /* NULL once it was aborted */
    struct walk_stop *stops;
    int stop_count, stop;
    uint32_t table;
    size_t bucket;
    int visiting_db;
};

bool walk_begin(struct keyspace *ks, const struct walk_sink *sink) {
    if (ks->walk) return false;
    struct walk *w = mem_zalloc(sizeof(*w));
    w->keyspace = ks;
    w->sink = sink;
    w->stops = mem_zalloc((size_t)ks->conf.databases * sizeof(*w->stops));
    for (int i = 0; i < ks->conf.databases; i++) {
        struct database *db = ks->databases[i];
        if (db == NULL) continue;
        w->stops[w->stop_count++] = (struct walk_stop){db->tables, db->table_count};
        for (uint32_t t = 0; t < db->table_count; t++) {
            db->tables[t].walk_db = i;
            table_walk_begin(&db->tables[t].table);
        }
    }
    ks->walk = w;
    return true;
}

static void visit(void *arg, void *item) {
    struct walk *w = arg;
    w->sink->entry(w->sink->owner, w->visiting_db, item);
}

static void finish(struct walk *w) {
    const struct walk_sink *sink = w->sink;
    w->keyspace->walk = NULL;
    mem_free(w->stops);
    mem_free(w);
    if (sink) sink->end(sink->owner, NULL);
}

bool walk_step(struct keyspace *ks, size_t budget) {
    struct walk *w = ks->walk;
    if (w == NULL) return false;
    while (w->stop < w->stop_count) {
        struct walk_stop *stop = &w->stops[w->stop];
        while (stop->tables && w->table < stop->table_count) {
            struct keytable *kt = &stop->tables[w->table];
            w->visiting_db = kt->walk_db;
            while (table_walk_step(&kt->table, &w->bucket, w->sink ? visit : NULL, w))
                if (--budget == 0) return true;
            table_walk_end(&kt->table);
            w->bucket = 0;
            w->table++;
        }
        w->table = 0;
        w->stop++;
    }
    finish(w);
    return false;
}

void walk_abort(struct keyspace *ks, const char *reason) {
    struct walk *w = ks->walk;
    if (w == NULL || w->sink == NULL) return;
    const struct walk_sink *sink = w->sink;
    w->sink = NULL;
    sink->end(sink->owner, reason);
}

void walk_before_change(struct walk *w, struct keytable *kt, struct entry_at at) {
    if (w->sink == NULL || table_walked(&kt->table, at.pos)) return;
    table_set_walked(&kt->table, at.pos);
    w->sink->entry(w->sink->owner, kt->walk_db, at.entry);
}

/* The tables of this database are about to be initialised anew: the walk must not come back to them. */
void walk_before_flush(struct walk *w, const struct database *db) {
    walk_abort(w->keyspace, "the data was flushed");
    for (int i = w->stop; i < w->stop_count; i++) {
        if (w->stops[i].tables != db->tables) continue;
        w->stops[i].tables = NULL;
        if (i == w->stop) w->bucket = 0;
    }
}
