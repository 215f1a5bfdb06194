/* The index of deadlines (server/ds/deadlines.h) names the buckets in which something is due; each is emptied
 * of what is and gets its true bound. Deadlines are collected in units of 64 ms: a unit is worked off once it
 * is over, so memory comes back at most that much late, while reading a due key finds it gone to the
 * millisecond.
 *
 * A hash whose fields have deadlines is in the same index, by the next of them. It has an index of its own
 * inside and is worked off a slice at a time; what is left keeps its bucket due. */
#include "server/keyspace/expire.h"
#include "common/base/prefetch.h"
#include "server/keyspace/database.h"
#include "server/keyspace/keys.h"
#include "server/types/hash_deadlines.h"

#define SHRINK_STEPS  16
#define DUE_STACK     32
#define FETCH_AHEAD   4  /* buckets */
#define FIELDS_EFFORT 16 /* buckets of a hash, each time its own comes up */
#define SAMPLE_SIZE   64 /* buckets of a database that are looked at for expired_stale_perc */

struct sifting {
    struct deadlines *deadlines;
    int64_t now_ms;
    uint32_t bound; /* of what stays */
    struct entry *due[DUE_STACK];
    unsigned due_count;
    bool more_due;
};

static void fetch_ahead(void *arg, void *item) {
    prefetch(item);
}

static void sift_bound(struct sifting *s, int64_t deadline_ms) {
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    uint32_t unit = deadlines_unit(s->deadlines, deadline_ms);
    if (unit < s->bound) s->bound = unit;
}

/* The entry is due, or fields of it are from units that are over. */
static bool has_work(const struct sifting *s, const struct entry *e) {
    if (entry_due(e, s->now_ms)) return true;
    int64_t next = hash_next_deadline(e);
    return next != ENTRY_NO_DEADLINE &&
           deadlines_unit(s->deadlines, next) < deadlines_unit(s->deadlines, s->now_ms);
}

static void sift(void *arg, void *item) {
    struct sifting *s = arg;
    struct entry *e = item;
    if (!entry_time_matters(e)) return;
    if (!has_work(s, e)) {
        sift_bound(s, entry_deadline(e));
        sift_bound(s, hash_next_deadline(e));
    } else if (s->due_count < DUE_STACK) {
        s->due[s->due_count++] = e;
    } else {
        s->more_due = true;
    }
}

static bool is_entry(const void *item, const void *key) {
    return item == key;
}

static void work_off(struct keyspace *ks, struct database *db, struct keytable *kt, struct sifting *s,
                     struct entry *e) {
    uint64_t hash = hash_slice(&ks->secret, entry_key(e));
    struct entry_at at = {e, {NULL, 0}};
    table_find(&kt->table, hash, is_entry, e, &at.pos);
    if (entry_due(e, ks->now_ms)) {
        key_expire(ks, db, at, hash);
        return;
    }
    key_expire_fields(ks, db, &at, hash, false, FIELDS_EFFORT);
    if (at.entry == NULL) return;
    sift_bound(s, entry_deadline(at.entry));
    sift_bound(s, hash_next_deadline(at.entry));
}

static void expire_bucket(struct keyspace *ks, struct database *db, struct keytable *kt, size_t bucket) {
    struct sifting s = {.deadlines = kt->table.deadlines, .now_ms = ks->now_ms};
    kt->table.pins++; /* buckets keep their numbers until the bound is set */
    do {
        s.bound = UINT32_MAX;
        s.due_count = 0;
        s.more_due = false;
        table_each_in_bucket(&kt->table, bucket, fetch_ahead, NULL);
        table_each_in_bucket(&kt->table, bucket, sift, &s);
        for (unsigned i = 0; i < s.due_count; i++)
            work_off(ks, db, kt, &s, s.due[i]);
    } while (s.more_due);
    deadlines_set(kt->table.deadlines, bucket, s.bound);
    kt->table.pins--;
    table_trim(&kt->table, SHRINK_STEPS);
}

/* Due buckets mostly come in a row: the items of a later one are fetched while this one is worked off. */
static void fetch_due(const struct keytable *kt, size_t bucket, uint32_t unit) {
    if (bucket < kt->table.buckets.count && deadlines_bound(kt->table.deadlines, bucket) <= unit)
        table_each_in_bucket(&kt->table, bucket, fetch_ahead, NULL);
}

/* Empties the buckets of a table of what is due, as long as *buckets lasts. False: it did not last. */
static bool expire_table(struct keyspace *ks, struct database *db, struct keytable *kt, size_t *buckets) {
    if (kt->expiring + kt->fields_expiring == 0) return true;
    uint32_t present = deadlines_unit(kt->table.deadlines, ks->now_ms);
    while (present > 0) {
        size_t bucket = deadlines_first_due(kt->table.deadlines, present - 1);
        if (bucket == SIZE_MAX) break;
        if (*buckets == 0) return false;
        --*buckets;
        fetch_due(kt, bucket + FETCH_AHEAD, present - 1);
        expire_bucket(ks, db, kt, bucket);
    }
    return true;
}

/* The index over slots learns when the next of a slot's keys is due. */
static void settle_slot(struct database *db, size_t slot) {
    const struct keytable *kt = &db->tables[slot];
    uint32_t bound = UINT32_MAX;
    if (kt->expiring + kt->fields_expiring) bound = deadlines_min(kt->table.deadlines);
    if (bound != UINT32_MAX)
        bound = deadlines_unit(&db->slots->due, deadlines_unit_begin(kt->table.deadlines, bound));
    deadlines_set(&db->slots->due, slot, bound);
}

static bool expire_slots(struct keyspace *ks, struct database *db, size_t *buckets) {
    uint32_t present = deadlines_unit(&db->slots->due, ks->now_ms);
    while (present > 0) {
        size_t slot = deadlines_first_due(&db->slots->due, present - 1);
        if (slot == SIZE_MAX) break;
        if (*buckets == 0) return false;
        --*buckets;
        if (!expire_table(ks, db, &db->tables[slot], buckets)) return false;
        settle_slot(db, slot);
    }
    return true;
}

bool expire_step(struct keyspace *ks, size_t buckets) {
    if (!ks->active_expire || ks->paused) return false;
    for (int i = 0; i < ks->conf.databases; i++) {
        struct database *db = ks->databases[i];
        if (db == NULL) continue;
        bool through =
            db->slots ? expire_slots(ks, db, &buckets) : expire_table(ks, db, db->tables, &buckets);
        if (!through) return true;
    }
    return false;
}

struct sample {
    int64_t now_ms;
    size_t expiring, due;
};

static void sample_entry(void *arg, void *item) {
    struct sample *s = arg;
    s->expiring += entry_expires(item);
    s->due += entry_due(item, s->now_ms);
}

/* Looks at SAMPLE_SIZE buckets from a random one on, in as many tables as that takes. */
static void sample_database(struct database *db, struct sample *s) {
    struct rng *rng = &db->keyspace->rng;
    uint32_t first = (uint32_t)rng_below(rng, db->table_count);
    size_t left = SAMPLE_SIZE;
    for (uint32_t t = 0; t < db->table_count && left; t++) {
        const struct keytable *kt = &db->tables[(first + t) % db->table_count];
        size_t count = kt->table.buckets.count;
        if (kt->expiring == 0) continue;
        size_t at = rng_below(rng, count);
        for (size_t seen = 0; seen < count && left; seen++, left--)
            table_each_in_bucket(&kt->table, (at + seen) % count, sample_entry, s);
    }
}

double expire_stale_percent(struct keyspace *ks) {
    double due = 0, expiring = 0;
    for (int i = 0; i < ks->conf.databases; i++) {
        size_t count = ks->databases[i] ? database_expiring(ks->databases[i]) : 0;
        if (count == 0) continue;
        struct sample s = {.now_ms = ks->now_ms};
        sample_database(ks->databases[i], &s);
        expiring += (double)count;
        if (s.expiring) due += (double)count * (double)s.due / (double)s.expiring;
    }
    return expiring > 0 ? due * 100 / expiring : 0;
}

/* The index that knows the next deadline of a database; NULL: it has no deadlines. */
static const struct deadlines *deadlines_of(const struct database *db) {
    if (db == NULL || database_expiring(db) + database_fields_expiring(db) == 0) return NULL;
    return db->slots ? &db->slots->due : db->tables->table.deadlines;
}

int64_t expire_next_ms(const struct keyspace *ks) {
    if (!ks->active_expire || ks->paused) return INT64_MAX;
    int64_t next = INT64_MAX;
    for (int i = 0; i < ks->conf.databases; i++) {
        const struct deadlines *d = deadlines_of(ks->databases[i]);
        uint32_t unit = d ? deadlines_min(d) : UINT32_MAX;
        if (unit == UINT32_MAX) continue;
        int64_t when = d->epoch_ms + ((int64_t)unit + 1) * DEADLINE_UNIT_MS;
        if (when < next) next = when;
    }
    return next;
}
