/* The keyspace's own life; what it does is in database.c, keys.c, unit.c, expire.c, watch.c, walk.c. */
#include "server/keyspace/keyspace.h"
#include "common/base/panic.h"
#include "server/keyspace/big_keys.h"
#include "server/keyspace/database.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/reaper.h"

void keyspace_init(struct keyspace *ks, const struct keyspace_conf *conf, struct mem_account *account,
                   struct io *io, int64_t now_ms, const uint64_t *seed) {
    struct keyspace_conf kept = *conf; /* which may lie in the keyspace itself */
    memset(ks, 0, sizeof(*ks));
    ks->conf = kept;
    ks->account = account;
    if (seed)
        rng_seed(&ks->rng, *seed);
    else
        rng_seed_from_system(&ks->rng);
    hash_secret_draw(&ks->secret, &ks->rng);
    ks->databases = mem_zalloc((size_t)conf->databases * sizeof(*ks->databases));
    ks->reaper = reaper_create(io);
    ks->big_keys = big_keys_create();
    ks->active_expire = ks->expire_on_access = true;
    list_init(&ks->tasks);
    map_init(&ks->watched, rng_next(&ks->rng));
    waiting_init(&ks->waiting);
    keyspace_set_now(ks, now_ms);
}

void keyspace_deinit(struct keyspace *ks) {
    must(ks->walk == NULL);
    waiting_deinit(&ks->waiting);
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) database_destroy(&ks->databases[i]);
    mem_free(ks->databases);
    mem_free(ks->slots_hidden);
    evict_deinit(ks);
    big_keys_destroy(&ks->big_keys);
    reaper_destroy(&ks->reaper);
    map_deinit(&ks->watched);
    unit_deinit(ks);
}

struct database *keyspace_database(struct keyspace *ks, int64_t index) {
    if (index < 0 || index >= ks->conf.databases) return NULL;
    if (unlikely(ks->databases[index] == NULL)) ks->databases[index] = database_create(ks, (int)index);
    return ks->databases[index];
}

void keyspace_set_now(struct keyspace *ks, int64_t now_ms) {
    ks->now_ms = now_ms;
    ks->slept_ms = 0;
    ks->access_clock = (uint32_t)(now_ms / 1000) & 0xffffff;
}

size_t keyspace_count(const struct keyspace *ks) {
    size_t count = 0;
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) count += database_count(ks->databases[i]);
    return count;
}

size_t keyspace_hidden_count(const struct keyspace *ks) {
    size_t count = 0;
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i] && ks->databases[i]->slots) count += ks->databases[i]->slots->hidden;
    return count;
}

void keyspace_hide_slots(struct keyspace *ks, const uint64_t *slots) {
    size_t bytes = SLOTS_COUNT / 8;
    must(ks->conf.slotted);
    if (ks->slots_hidden == NULL) ks->slots_hidden = mem_alloc(bytes);
    memcpy(ks->slots_hidden, slots, bytes);
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) slot_index_hide(ks->databases[i]->slots, slots);
}
