/* A map that is loaded again: servers that both maps name keep their connections, whatever is under way on
 * them.
 *
 *      old map: a b c ─┐                     ┌─► upstreams: a (kept), d (opened when first needed)
 *      new map: a d   ─┴─ by their address ──┴─► leaving: b, c, until they have answered what they were asked
 */
#include "common/base/mem.h"
#include "proxy/client.h"
#include "proxy/subscriptions.h"
#include "proxy/worker.h"

static struct upstream *take_upstream(struct worker *w, const char *at) {
    for (unsigned i = 0; i < w->upstream_count; i++) {
        struct upstream *u = w->upstreams[i];
        if (u == NULL || strcmp(u->at.text, at) != 0) continue;
        w->upstreams[i] = NULL;
        return u;
    }
    return NULL;
}

static void leave(struct worker *w, struct upstream *u) {
    w->leaving = mem_realloc(w->leaving, (w->leaving_count + 1) * sizeof(*w->leaving));
    w->leaving[w->leaving_count++] = u;
    u->primary = NULL;
    if (u->feed) backend_close(u->feed, "its server left the map");
}

/* Replicas that are named again stay, with what is known of their health. */
static void remap_replicas(struct worker *w, struct upstream *u, const struct topology_shard *s) {
    struct upstream *old[TOPOLOGY_REPLICAS_MAX];
    unsigned old_count = u->replica_count;
    memcpy(old, u->replicas, sizeof(old));
    u->replica_count = 0;
    for (unsigned i = 0; i < s->replica_count; i++) {
        struct upstream *found = NULL;
        for (unsigned k = 0; k < old_count; k++) {
            if (old[k] == NULL || strcmp(old[k]->at.text, s->replica[i].text) != 0) continue;
            found = old[k];
            old[k] = NULL;
        }
        if (found)
            u->replicas[u->replica_count++] = found;
        else
            upstream_add_replica(u, &s->replica[i]);
        u->replicas[u->replica_count - 1]->weight = s->replica[i].weight;
    }
    for (unsigned k = 0; k < old_count; k++)
        if (old[k]) leave(w, old[k]);
}

void worker_remap(struct worker *w, const struct topology *map) {
    uint64_t epoch = w->map.epoch + 1;
    struct upstream **fresh = mem_zalloc((map->shard_count + 1) * sizeof(*fresh));
    for (unsigned i = 0; i < map->shard_count; i++) {
        struct upstream *u = fresh[i] = take_upstream(w, map->shards[i].primary.text);
        if (u == NULL) continue;
        memcpy(u->shard, map->shards[i].name, sizeof(u->shard));
        remap_replicas(w, u, &map->shards[i]);
    }
    for (unsigned i = 0; i < w->upstream_count; i++)
        if (w->upstreams[i]) leave(w, w->upstreams[i]);
    mem_free(w->upstreams);
    w->upstreams = fresh;
    w->upstream_count = map->shard_count;
    topology_copy(&w->map, map);
    w->map.epoch = epoch; /* what clients have under way is answered before they go on */
    subscriptions_remapped(w->subscriptions);
}

/* A client that blocks there waits for keys that are somewhere else now: its connection ends with the others.
 */
void worker_tend_leaving(struct worker *w, int64_t now_us) {
    for (unsigned i = 0; i < w->leaving_count;) {
        struct upstream *u = w->leaving[i];
        if (u->left_us == 0) u->left_us = now_us;
        upstream_expire(u, now_us);
        bool late = now_us - u->left_us > (int64_t)w->conf->request_timeout_ms * 1000;
        if (u->outstanding == 0 || late) upstream_close(u);
        if (!upstream_drained(u)) {
            i++;
            continue;
        }
        upstream_destroy(&u);
        w->leaving[i] = w->leaving[--w->leaving_count];
    }
}
