/* Dispatch hands over about one command in HOT_KEYS_EVERY, at random distances. One of its keys, drawn at
 * random, is counted for all that the sample stands for. The sketch is Space-Saving:
 *
 *      known key: uses += weight
 *      new key, no place left: takes the place of the least used one, and inherits its uses
 *
 * A key that is used more than its share of all uses cannot be pushed out; what it may have inherited is kept
 * beside, so `uses - inherited` is never more than what was really sampled of it. That difference is told,
 * and under a uniform load it stays at nothing, which is the truth: no key is hot. */
#include "server/observe/hot_keys.h"
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/commands/keys.h"
#include "server/keyspace/database.h"
#include <stdlib.h>

#define HALF_LIFE_MS 60000
#define SAMPLES_MIN  2 /* of a key, before it is told: one may be chance */

/* --- the sketch --- */

static void forget(struct hot_keys *hot, struct hot_key *k) {
    mem_free_sized(k->name, k->name_len + 1);
    *k = hot->keys[--hot->count];
}

static void halve(struct hot_keys *hot, int64_t now_ms) {
    if (hot->halved_ms == 0 || hot->count == 0) hot->halved_ms = now_ms;
    while (now_ms - hot->halved_ms >= HALF_LIFE_MS && hot->count) {
        hot->halved_ms += HALF_LIFE_MS;
        for (unsigned i = hot->count; i-- > 0;) {
            struct hot_key *k = &hot->keys[i];
            k->uses /= 2;
            k->inherited /= 2;
            if (k->uses == 0) forget(hot, k);
        }
    }
}

static struct hot_key *find(struct hot_keys *hot, int db_index, struct slice name, uint64_t hash) {
    for (unsigned i = 0; i < hot->count; i++) {
        struct hot_key *k = &hot->keys[i];
        if (k->hash == hash && k->db_index == db_index &&
            slice_eq((struct slice){k->name, k->name_len}, name))
            return k;
    }
    return NULL;
}

static struct hot_key *least_used(struct hot_keys *hot) {
    struct hot_key *least = &hot->keys[0];
    for (unsigned i = 1; i < hot->count; i++)
        if (hot->keys[i].uses < least->uses) least = &hot->keys[i];
    return least;
}

void hot_keys_use(struct hot_keys *hot, int db_index, struct slice name, uint64_t hash, uint64_t weight,
                  int64_t now_ms) {
    if (name.len > HOT_KEY_NAME_MAX) return;
    halve(hot, now_ms);
    struct hot_key *k = find(hot, db_index, name, hash);
    if (k) {
        k->uses += weight;
        return;
    }
    uint64_t inherited = 0;
    if (hot->count == HOT_KEYS_MAX) {
        k = least_used(hot);
        inherited = k->uses;
        forget(hot, k);
    }
    char *copy = mem_alloc(name.len + 1);
    memcpy(copy, name.ptr, name.len);
    hot->keys[hot->count++] = (struct hot_key){.hash = hash,
                                               .uses = inherited + weight,
                                               .inherited = inherited,
                                               .db_index = db_index,
                                               .name_len = (uint32_t)name.len,
                                               .name = copy};
}

/* --- sampling --- */

static void sample(void *owner, const struct call *call, unsigned weight) {
    struct keyspace *ks = call->keyspace;
    struct key_refs keys;
    key_refs_init(&keys);
    if (command_keys(call->spec, call->argv, call->argc, &keys) == KEYS_OK && keys.count) {
        uint64_t which = rng_below(&ks->rng, (uint64_t)keys.count);
        struct slice name = call->argv[keys.refs[which].pos];
        hot_keys_use(owner, call->db->index, name, hash_slice(&ks->secret, name),
                     (uint64_t)weight * (uint64_t)keys.count, call->now_ms);
    }
    key_refs_deinit(&keys);
}

void hot_keys_start(struct hot_keys *hot, struct exec *x) {
    *hot = (struct hot_keys){.sampler = {.owner = hot, .every = HOT_KEYS_EVERY, .sample = sample}};
    exec_set_sampler(x, &hot->sampler);
}

void hot_keys_reset(void *owner) {
    struct hot_keys *hot = owner;
    while (hot->count)
        forget(hot, &hot->keys[hot->count - 1]);
}

void hot_keys_deinit(struct hot_keys *hot) {
    hot_keys_reset(hot);
}

/* --- asking --- */

static int most_used_first(const void *a, const void *b) {
    const struct hot_key_found *x = a, *y = b;
    return x->uses < y->uses ? 1 : x->uses > y->uses ? -1 : 0;
}

size_t hot_keys_list(struct hot_keys *hot, int64_t now_ms, struct hot_key_found *out, size_t max) {
    struct hot_key_found all[HOT_KEYS_MAX];
    size_t count = 0;
    halve(hot, now_ms);
    for (unsigned i = 0; i < hot->count; i++) {
        const struct hot_key *k = &hot->keys[i];
        uint64_t uses = k->uses - k->inherited;
        if (uses >= SAMPLES_MIN * HOT_KEYS_EVERY)
            all[count++] = (struct hot_key_found){{k->name, k->name_len}, k->db_index, uses};
    }
    qsort(all, count, sizeof(*all), most_used_first);
    if (count > max) count = max;
    memcpy(out, all, count * sizeof(*all));
    return count;
}
