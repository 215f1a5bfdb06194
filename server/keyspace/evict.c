/* Approximate order by sampling, with a memory.
 *
 *      sample ──► samples keys drawn ──► candidates, the best of all that were drawn ──► the best of them
 * goes
 *
 * Each eviction draws `maxmemory-samples` keys from every database that has candidates. Those that are better
 * than the worst candidate take its place, so that a good one which loses against a better one is not
 * forgotten: what goes is the best of hundreds of keys and not of five. A policy's score says how good:
 * longest unused (LRU), latest used (MRU), least frequently used (LFU; of equals, longest unused), next to
 * die (TTL). Scores do not change while time passes, only when a key is used. A candidate is kept by the hash
 * of its name: when its turn comes it is looked up, and passed over if it was used meanwhile, or is gone.
 * Random policies need none of this.
 *
 * What the reaper, or a snapshot before it, has not freed yet counts as free, or one large value would drag
 * many small ones with it. */
#include "server/keyspace/evict.h"
#include "common/base/mem.h"
#include "common/base/prefetch.h"
#include "server/keyspace/access.h"
#include "server/keyspace/database.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/walk.h"

#define SLICE_KEYS     16
#define DRAWS_MAX      64 /* per sample, to find a key with a deadline among those without */
#define CANDIDATES_MAX 32
#define SAMPLE_GROUP   16
#define TRIES_MAX      8 /* rounds of drawing until one is as good as it looked */

uint64_t evict_excess(const struct keyspace *ks) {
    size_t going = reaper_pending_bytes(ks->reaper) + walk_kept_bytes(ks->walk) +
                   walk_copied_bytes(ks->walk) + ks->leaving_bytes;
    int64_t used = ks->account->used - (int64_t)going;
    if (ks->conf.maxmemory == 0 || used < 0 || (uint64_t)used <= ks->conf.maxmemory) return 0;
    return (uint64_t)used - ks->conf.maxmemory;
}

/* How readily an entry goes; the greatest score loses. */
static uint64_t score_of(const struct keyspace *ks, const struct entry *e) {
    int policy = ks->conf.maxmemory_policy;
    if (policy & EVICT_LFU)
        return (uint64_t)(255 - access_frequency(ks, e)) << 32 | (UINT32_MAX - access_lfu_minute(ks, e));
    uint64_t used_s = (uint64_t)((ks->now_ms - access_idle_ms(ks, e)) / 1000);
    if (policy & EVICT_LRU) return UINT64_MAX - used_s;
    if (policy & EVICT_MRU) return used_s;
    return UINT64_MAX - (uint64_t)entry_deadline(e); /* volatile-ttl */
}

static bool is_random(int policy) {
    return policy == EVICT_ALLKEYS_RANDOM || policy == EVICT_VOLATILE_RANDOM;
}

static bool is_candidate(const struct keyspace *ks, const struct entry *e) {
    return !(ks->conf.maxmemory_policy & EVICT_VOLATILE) || entry_expires(e);
}

/* --- drawing --- */

static struct entry *draw(struct keyspace *ks, struct keytable *kt) {
    for (int i = 0; i < DRAWS_MAX; i++) {
        struct entry *e = table_random(&kt->table, &ks->rng);
        if (e == NULL || is_candidate(ks, e)) return e;
    }
    return NULL;
}

/* Whether the policy finds keys in a database. */
static bool has_candidates(const struct keyspace *ks, const struct database *db) {
    if (db == NULL) return false;
    return (ks->conf.maxmemory_policy & EVICT_VOLATILE ? database_expiring(db) : database_count(db)) > 0;
}

/* --- candidates --- */

struct candidate {
    uint64_t score, hash;
    int database;
    uint32_t table;
};

struct candidates {
    int policy; /* that the scores are of */
    unsigned count;
    struct candidate list[CANDIDATES_MAX]; /* ascending: the best is the last */
};

/* The candidates, forgotten if the policy is another by now. */
static struct candidates *candidates_of(struct keyspace *ks) {
    if (ks->candidates == NULL) ks->candidates = mem_zalloc(sizeof(*ks->candidates));
    if (ks->candidates->policy != ks->conf.maxmemory_policy) ks->candidates->count = 0;
    ks->candidates->policy = ks->conf.maxmemory_policy;
    return ks->candidates;
}

void evict_deinit(struct keyspace *ks) {
    if (ks->candidates) mem_free_sized(ks->candidates, sizeof(*ks->candidates));
    ks->candidates = NULL;
}

/* Whether one of that score would be kept. */
static bool wants(const struct candidates *c, uint64_t score) {
    return c->count < CANDIDATES_MAX || score > c->list[0].score;
}

static void remember(struct candidates *c, const struct candidate *new) {
    for (unsigned i = 0; i < c->count; i++)
        if (c->list[i].hash == new->hash) return; /* if it was used, that shows when its turn comes */
    unsigned at = c->count;
    while (at > 0 && c->list[at - 1].score > new->score)
        at--;
    if (c->count < CANDIDATES_MAX) {
        memmove(c->list + at + 1, c->list + at, (c->count++ - at) * sizeof(*c->list));
    } else {
        at--;
        memmove(c->list, c->list + 1, at * sizeof(*c->list));
    }
    c->list[at] = *new;
}

/* Draws up to SAMPLE_GROUP keys of a database; the entries are on their way before the first is looked at. */
static void sample_group(struct keyspace *ks, struct candidates *c, struct database *db, int count) {
    struct entry *drawn[SAMPLE_GROUP];
    struct keytable *from[SAMPLE_GROUP];
    for (int i = 0; i < count; i++) {
        from[i] = database_draw_table(db);
        drawn[i] = draw(ks, from[i]);
        if (drawn[i]) prefetch(drawn[i]);
    }
    for (int i = 0; i < count; i++) {
        if (drawn[i] == NULL) continue;
        uint64_t score = score_of(ks, drawn[i]);
        if (!wants(c, score)) continue;
        remember(c, &(struct candidate){score, hash_slice(&ks->secret, entry_key(drawn[i])), db->index,
                                        (uint32_t)(from[i] - db->tables)});
    }
}

static void sample(struct keyspace *ks, struct candidates *c) {
    for (int d = 0; d < ks->conf.databases; d++) {
        struct database *db = ks->databases[d];
        if (!has_candidates(ks, db)) continue;
        for (int left = ks->conf.maxmemory_samples; left > 0; left -= SAMPLE_GROUP)
            sample_group(ks, c, db, left < SAMPLE_GROUP ? left : SAMPLE_GROUP);
    }
}

struct hash_wanted {
    const struct hash_secret *secret;
    uint64_t hash;
};

static bool has_hash(const void *item, const void *key) {
    const struct hash_wanted *wanted = key;
    return hash_slice(wanted->secret, entry_key(item)) == wanted->hash;
}

/* The entry of a candidate, if it is still there and as good as it was. */
static struct entry *look_up(struct keyspace *ks, const struct candidate *c) {
    struct database *db = ks->databases[c->database];
    struct hash_wanted wanted = {&ks->secret, c->hash};
    struct table_pos pos;
    struct entry *e = table_find(&db->tables[c->table].table, c->hash, has_hash, &wanted, &pos);
    return e && is_candidate(ks, e) && score_of(ks, e) >= c->score ? e : NULL;
}

/* --- evicting --- */

struct victim {
    struct database *db;
    struct entry *entry;
};

static bool choose_random(struct keyspace *ks, struct victim *victim) {
    uint64_t total = 0;
    victim->entry = NULL;
    for (int d = 0; d < ks->conf.databases; d++) {
        struct database *db = ks->databases[d];
        if (!has_candidates(ks, db)) continue;
        struct entry *e = draw(ks, database_draw_table(db));
        if (e == NULL) continue;
        uint64_t count = database_count(db);
        total += count;
        if (rng_below(&ks->rng, total) < count) *victim = (struct victim){db, e};
    }
    return victim->entry != NULL;
}

static bool choose(struct keyspace *ks, struct victim *victim) {
    if (is_random(ks->conf.maxmemory_policy)) return choose_random(ks, victim);
    struct candidates *c = candidates_of(ks);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        sample(ks, c);
        while (c->count > 0) {
            const struct candidate *best = &c->list[--c->count];
            struct entry *e = look_up(ks, best);
            if (e == NULL) continue;
            *victim = (struct victim){ks->databases[best->database], e};
            return true;
        }
    }
    return false;
}

static void evict(struct keyspace *ks, const struct victim *victim) {
    struct slice name = entry_key(victim->entry);
    struct key_ref ref;
    uint64_t hash = hash_slice(&ks->secret, name);
    key_open_at(ks, victim->db, name, hash, &ref);
    if (key_entry(&ref) == NULL) return; /* it was due, and went as such */
    key_evict(ks, &ref);
}

enum evict_result evict_make_room(struct keyspace *ks, size_t leaving_bytes, size_t keys_max) {
    if (evict_excess(ks) <= leaving_bytes) return EVICT_ROOM;
    if (ks->conf.maxmemory_policy == EVICT_NONE) return EVICT_FAILED;
    struct victim victim;
    while (keys_max--) {
        if (!choose(ks, &victim)) return EVICT_FAILED;
        evict(ks, &victim);
        if (evict_excess(ks) <= leaving_bytes) return EVICT_ROOM;
    }
    return EVICT_GOES_ON;
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
