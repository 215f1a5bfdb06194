/* The keyspace: all databases, what observes their changes, and the write unit that records them.
 *
 *   handler ── key_open, key_store, key_changed ──► unit (dirty count, records)
 *                                                     │  keyspace_unit_end, by dispatch after each command
 *                       WATCH ◄── observers ◄─────────┤
 *            keyspace events ◄── (registered at boot) │
 *        AOF and replication ◄── journal sink ◄───────┘
 *
 * Nothing above is known here: whoever wants to hear of changes registers at boot. One keyspace belongs to
 * one thread. */
#ifndef TORC_KEYSPACE_KEYSPACE_H
#define TORC_KEYSPACE_KEYSPACE_H

#include "common/base/buf.h"
#include "common/base/hash.h"
#include "common/base/list.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/base/slice.h"
#include "server/keyspace/unit.h"
#include <stdint.h>

struct candidates;
struct database;
struct big_keys;
struct io;
struct latency_sink;
struct reaper;
struct walk;

/* What goes when memory is short. The bits let a test ask one question instead of naming policies. */
enum eviction_policy {
    EVICT_VOLATILE = 1 << 8, /* only keys with a deadline */
    EVICT_LRU = 1 << 9,
    EVICT_LFU = 1 << 10,
    EVICT_MRU = 1 << 11,
    EVICT_NONE = 0,
    EVICT_VOLATILE_LRU = 1 | EVICT_VOLATILE | EVICT_LRU,
    EVICT_VOLATILE_LFU = 2 | EVICT_VOLATILE | EVICT_LFU,
    EVICT_VOLATILE_TTL = 3 | EVICT_VOLATILE,
    EVICT_VOLATILE_RANDOM = 4 | EVICT_VOLATILE,
    EVICT_ALLKEYS_LRU = 5 | EVICT_LRU,
    EVICT_ALLKEYS_LFU = 6 | EVICT_LFU,
    EVICT_ALLKEYS_RANDOM = 7,
    EVICT_ALLKEYS_MRU = 8 | EVICT_MRU,
    EVICT_VOLATILE_MRU = 9 | EVICT_VOLATILE | EVICT_MRU,
};

struct keyspace_conf {
    int databases;
    bool slotted; /* one table per hash slot (cluster-enabled) */
    int64_t hash_max_listpack_entries;
    uint64_t hash_max_listpack_value;
    int64_t set_max_intset_entries, set_max_listpack_entries;
    uint64_t set_max_listpack_value;
    int64_t list_max_listpack_size, list_compress_depth;
    int64_t zset_max_listpack_entries;
    uint64_t zset_max_listpack_value;
    uint64_t hll_sparse_max_bytes;
    uint64_t stream_node_max_bytes;
    int64_t stream_node_max_entries;
    uint64_t proto_max_bulk_len;
    uint64_t maxmemory;
    int maxmemory_policy; /* enum eviction_policy */
    int maxmemory_samples, maxmemory_eviction_tenacity;
    int lfu_log_factor, lfu_decay_time;
    bool lazyfree_lazy_eviction, lazyfree_lazy_expire,
        lazyfree_lazy_server_del; /* DEL or UNLINK in the journal */
    int active_expire_effort;
};

struct keyspace_stats {
    uint64_t hits, misses;
    uint64_t expired_keys, expired_subkeys, evicted_keys;
    uint64_t expire_cycle_us; /* time spent on active expiry */
    uint64_t expire_capped;   /* turns that left due keys to the next one */
};

/* Sessions that wait for keys: waiting.h. */
struct waiting {
    size_t session_count;
    size_t key_count, when_gone_count; /* keys waited for; of them, by those who want to know them gone */
    struct link ready;                 /* keys that changed and were not looked at since */
    struct waited_key *serving;        /* the one that is being looked at, NULL: none */
    struct blocked_state **timeouts;   /* owned; a heap */
    uint32_t timeout_count, timeout_cap;
};
void waiting_init(struct waiting *w);
void waiting_deinit(struct waiting *w); /* nobody waits any more */

struct keyspace {
    struct hash_secret secret;
    struct rng rng;
    struct keyspace_conf conf;
    struct keyspace_stats stats;
    struct mem_account *account; /* borrowed: the server's used_memory */
    struct database **databases; /* owned; conf.databases of them, made on first use */
    uint64_t *slots_hidden; /* owned; a bit for each slot whose keys are kept and not shown; NULL: none */
    struct unit unit;
    struct link tasks;                  /* commands that answer in slices: task.h */
    struct walk *walk;                  /* the snapshot under way, or NULL */
    const struct latency_sink *latency; /* borrowed; NULL: nobody listens */
    struct candidates *candidates;      /* owned: evict.c's, keys that may go next; NULL before the first */
    struct big_keys *big_keys;          /* owned: the largest keys */
    struct reaper *reaper;              /* frees what is large, away from the commands */
    int64_t now_ms;                     /* of the turn, or of the command under way */
    uint32_t access_clock;              /* what a touched entry gets */
    /* Told by FLUSHALL when all is empty; set at boot, NULL: nobody. */
    void (*flushed)(void *owner);
    void *flushed_owner;
    uint64_t list_plain_min; /* DEBUG: list elements so long are alone in a node; or 0 */
    bool active_expire;      /* off by DEBUG SET-ACTIVE-EXPIRE 0, and on replicas */
    size_t leaving_bytes;    /* of clients that are being closed: as good as free */
    bool evicting;           /* memory is being made: evict_step has work */
    bool expire_on_access;   /* false while replaying a journal */
    uint64_t dirty;          /* changes since the start; persistence keeps its own mark */
    struct map watched;      /* watch.c's: keys that sessions watch */
    struct waiting waiting;
    int64_t slept_ms; /* by DEBUG SLEEP in this turn: has passed for those that are woken behind it */
    bool paused; /* CLIENT PAUSE: nothing is expired or evicted meanwhile; what is due is absent all the same
                  */
};

/* conf is copied; account and io (for the jobs of the reaper; NULL: it works on this thread) are borrowed.
 * `now_ms` is the present, `seed` NULL draws from the system. */
void keyspace_init(struct keyspace *ks, const struct keyspace_conf *conf, struct mem_account *account,
                   struct io *io, int64_t now_ms, const uint64_t *seed);
void keyspace_deinit(struct keyspace *ks);

/* The database of that number, made if it was not used yet; NULL if out of range. Borrowed. */
struct database *keyspace_database(struct keyspace *ks, int64_t index);

/* Sets the turn's time (ms since 1970) and what follows from it. */
void keyspace_set_now(struct keyspace *ks, int64_t now_ms);

/* Keys in all databases, hidden ones among them; and only those. */
size_t keyspace_count(const struct keyspace *ks);
size_t keyspace_hidden_count(const struct keyspace *ks);

/* With slots: from now on the keys of these slots (a bit each, SLOTS_COUNT of them; copied) are hidden, and
 * no others. */
void keyspace_hide_slots(struct keyspace *ks, const uint64_t *slots);

#endif
