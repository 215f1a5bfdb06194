/* The index of deadlines (server/ds/deadlines.h) names the buckets in which something is due; each is emptied
 * of what is and gets its true bound. Deadlines are collected in units of 64 ms: a unit is worked off once it
 * is over, so memory comes back at most that much late, while reading a due key finds it gone to the
 * millisecond. */
#include "server/keyspace/expire.h"
#include "common/base/prefetch.h"
#include "server/keyspace/database.h"
#include "server/keyspace/keys.h"

#define UNIT_MS      64
#define SHRINK_STEPS 16
#define DUE_STACK    32

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

static void sift(void *arg, void *item) {
    struct sifting *s = arg;
    struct entry *e = item;
    if (!entry_expires(e)) return;
    if (entry_due(e, s->now_ms)) {
        if (s->due_count < DUE_STACK)
            s->due[s->due_count++] = e;
        else
            s->more_due = true;
        return;
    }
    uint32_t unit = deadlines_unit(s->deadlines, entry_deadline(e));
    if (unit < s->bound) s->bound = unit;
}

static bool is_entry(const void *item, const void *key) {
    return item == key;
}

static void expire_bucket(struct keyspace *ks, struct database *db, struct keytable *kt, size_t bucket) {
    struct sifting s = {.deadlines = &kt->deadlines, .now_ms = ks->now_ms};
    kt->table.pins++; /* buckets keep their numbers until the bound is set */
    do {
        s.bound = UINT32_MAX;
        s.due_count = 0;
        s.more_due = false;
        table_each_in_bucket(&kt->table, bucket, fetch_ahead, NULL);
        table_each_in_bucket(&kt->table, bucket, sift, &s);
        for (unsigned i = 0; i < s.due_count; i++) {
            uint64_t hash = hash_slice(&ks->secret, entry_key(s.due[i]));
            struct entry_at at = {s.due[i], {NULL, 0}};
            table_find(&kt->table, hash, is_entry, s.due[i], &at.pos);
            key_expire(ks, db, at, hash);
        }
    } while (s.more_due);
    deadlines_set(&kt->deadlines, bucket, s.bound);
    kt->table.pins--;
    table_trim(&kt->table, SHRINK_STEPS);
}

bool expire_step(struct keyspace *ks, size_t buckets) {
    if (!ks->active_expire) return false;
    for (int i = 0; i < ks->conf.databases; i++) {
        struct database *db = ks->databases[i];
        for (uint32_t t = 0; db && t < db->table_count; t++) {
            struct keytable *kt = &db->tables[t];
            if (kt->expiring == 0) continue;
            uint32_t present = deadlines_unit(&kt->deadlines, ks->now_ms);
            while (present > 0) {
                size_t bucket = deadlines_first_due(&kt->deadlines, present - 1);
                if (bucket == SIZE_MAX) break;
                if (buckets-- == 0) return true;
                expire_bucket(ks, db, kt, bucket);
            }
        }
    }
    return false;
}

int64_t expire_next_ms(const struct keyspace *ks) {
    if (!ks->active_expire) return INT64_MAX;
    int64_t next = INT64_MAX;
    for (int i = 0; i < ks->conf.databases; i++) {
        const struct database *db = ks->databases[i];
        for (uint32_t t = 0; db && t < db->table_count; t++) {
            const struct keytable *kt = &db->tables[t];
            if (kt->expiring == 0) continue;
            uint32_t unit = deadlines_min(&kt->deadlines);
            if (unit == UINT32_MAX) continue;
            int64_t when = kt->deadlines.epoch_ms + ((int64_t)unit + 1) * UNIT_MS;
            if (when < next) next = when;
        }
    }
    return next;
}
