/* Approximate order by sampling.
 *
 * A round draws some keys from every database that has candidates and evicts the one that the policy likes
 * least: longest unused (LRU), latest used (MRU), least frequently used (LFU), next to die (TTL), or any
 * (random). What the reaper, or a snapshot before it, has not freed yet counts as free, or one large value
 * would drag many small ones with it.
 */
#include "server/keyspace/evict.h"
#include "server/keyspace/access.h"
#include "server/keyspace/database.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/walk.h"

#define SLICE_KEYS 16
#define DRAWS_MAX  64 /* per sample, to find a key with a deadline among those without */

uint64_t evict_excess(const struct keyspace *ks) {
    int64_t used =
        ks->account->used - (int64_t)(reaper_pending_bytes(ks->reaper) + walk_kept_bytes(ks->walk));
    if (ks->conf.maxmemory == 0 || used < 0 || (uint64_t)used <= ks->conf.maxmemory) return 0;
    return (uint64_t)used - ks->conf.maxmemory;
}

/* How readily an entry goes; the greatest score loses. */
static uint64_t score_of(const struct keyspace *ks, const struct entry *e) {
    int policy = ks->conf.maxmemory_policy;
    if (policy & EVICT_LFU) return 255 - access_frequency(ks, e);
    if (policy & EVICT_LRU) return (uint64_t)access_idle_ms(ks, e);
    if (policy & EVICT_MRU) return UINT64_MAX - (uint64_t)access_idle_ms(ks, e);
    return UINT64_MAX - (uint64_t)entry_deadline(e); /* volatile-ttl */
}

static bool is_random(int policy) {
    return policy == EVICT_ALLKEYS_RANDOM || policy == EVICT_VOLATILE_RANDOM;
}

struct victim {
    struct database *db;
    struct entry *entry;
    uint64_t score;
};

static struct entry *draw(struct keyspace *ks, struct database *db, bool only_expiring) {
    struct keytable *kt = db->tables;
    if (db->table_count > 1) {
        uint64_t nth = rng_below(&ks->rng, database_count(db));
        while (nth >= kt->table.count)
            nth -= (kt++)->table.count;
    }
    for (int i = 0; i < DRAWS_MAX; i++) {
        struct entry *e = table_random(&kt->table, &ks->rng);
        if (e == NULL || !only_expiring || entry_expires(e)) return e;
    }
    return NULL;
}

static bool choose(struct keyspace *ks, struct victim *best) {
    int policy = ks->conf.maxmemory_policy;
    bool only_expiring = policy & EVICT_VOLATILE;
    best->entry = NULL;
    for (int d = 0; d < ks->conf.databases; d++) {
        struct database *db = ks->databases[d];
        if (db == NULL || (only_expiring ? database_expiring(db) : database_count(db)) == 0) continue;
        for (int i = 0; i < (is_random(policy) ? 1 : ks->conf.maxmemory_samples); i++) {
            struct entry *e = draw(ks, db, only_expiring);
            if (e == NULL) continue;
            uint64_t score = is_random(policy) ? rng_next(&ks->rng) : score_of(ks, e);
            if (best->entry && score <= best->score) continue;
            *best = (struct victim){db, e, score};
        }
    }
    return best->entry != NULL;
}

static void evict(struct keyspace *ks, const struct victim *victim) {
    struct slice name = entry_key(victim->entry);
    struct key_ref ref;
    uint64_t hash = hash_slice(&ks->secret, name);
    key_open_at(ks, victim->db, name, hash, &ref);
    if (key_entry(&ref) == NULL) return; /* it was due, and went as such */
    key_evict(ks, &ref);
}

bool evict_make_room(struct keyspace *ks, size_t keys_max) {
    if (evict_excess(ks) == 0) return true;
    if (ks->conf.maxmemory_policy == EVICT_NONE) return false;
    struct victim victim;
    while (keys_max-- && choose(ks, &victim)) {
        evict(ks, &victim);
        if (evict_excess(ks) == 0) return true;
    }
    return false;
}

void evict_ask(struct keyspace *ks) {
    ks->evicting = ks->conf.maxmemory_policy != EVICT_NONE && evict_excess(ks) > 0;
}

bool evict_step(struct keyspace *ks) {
    struct victim victim;
    if (ks->paused) return false;
    for (int i = 0; i < SLICE_KEYS && ks->evicting; i++) {
        ks->evicting = evict_excess(ks) > 0 && choose(ks, &victim);
        if (ks->evicting) evict(ks, &victim);
    }
    return ks->evicting;
}
