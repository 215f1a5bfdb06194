/* A part is a request without a client whose `done` puts its reply into the gather; the last one merges. When
 * the client goes meanwhile, the whole stays until its parts are in. */
#include "proxy/gather.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "proxy/reads.h"
#include "proxy/worker.h"
#include <stdlib.h>

static struct gather *gather_for(struct worker *w, struct request *whole, unsigned part_count) {
    struct gather *g = mem_zalloc(sizeof(*g) + part_count * sizeof(*g->parts));
    g->worker = w;
    g->kind = whole->spec->route_kind;
    g->is_write = whole->spec->flags & COMMAND_WRITE;
    g->left = g->part_count = part_count;
    g->whole = whole;
    return g;
}

static struct gather *gather_new(struct client *c, const struct command_spec *spec, unsigned part_count,
                                 size_t cost) {
    struct request *whole = request_new(c->worker, c, spec);
    whole->flags |= REQUEST_PARTS;
    client_queue(c, whole, cost);
    return gather_for(c->worker, whole, part_count);
}

static void finish(struct gather *g) {
    struct request *whole = g->whole;
    bool over = true;
    if (g->finished)
        over = g->finished(g);
    else if (whole->client)
        gather_merge(g, &whole->reply);
    for (unsigned i = 0; i < g->part_count; i++)
        buf_deinit(&g->parts[i].reply);
    mem_free(g->positions);
    struct worker *w = g->worker;
    mem_free(g);
    if (over) request_finish(w, whole);
}

static void part_done(struct request *r) {
    struct gather *g = r->owner;
    g->parts[r->part].reply = r->reply;
    r->reply = (struct buf){0};
    if (--g->left == 0) finish(g);
}

static struct request *part_new(struct gather *g, unsigned index, uint16_t slot) {
    struct request *r = request_new(g->worker, NULL, g->whole->spec);
    r->done = part_done;
    r->owner = g;
    r->part = index;
    r->slot = slot;
    return r;
}

/* The server of the part; NULL: it is down, and the part was answered with that. */
static struct backend *part_backend(struct worker *w, struct request *part, struct upstream *u, int db,
                                    uint8_t proto) {
    struct backend *b = u ? upstream_backend(u, db, proto) : NULL;
    if (b) return b;
    if (u)
        request_fail(w, part, "CLUSTERDOWN shard '%s' at %s is down: %s", u->shard, u->at.text, u->down_why);
    else
        request_fail(w, part, "CLUSTERDOWN Hash slot not served");
    w->stats.refused_down++;
    request_release(w, part);
    return NULL;
}

/* --- by slot --- */

static int compare(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void gather_split(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc,
                  const uint16_t *slots, unsigned key_count, size_t cost) {
    struct worker *w = c->worker;
    int db = c->db;
    uint8_t proto = c->out.writer.proto;
    unsigned step = (unsigned)spec->key_step, part_count = 0;
    uint64_t *order =
        mem_alloc(key_count * sizeof(*order)); /* slot and index: parts side by side, keys in order */
    for (unsigned i = 0; i < key_count; i++)
        order[i] = (uint64_t)slots[i] << 32 | i;
    qsort(order, key_count, sizeof(*order), compare);
    for (unsigned i = 0; i < key_count; i++)
        part_count += i == 0 || order[i] >> 32 != order[i - 1] >> 32;

    struct gather *g = gather_new(c, spec, part_count, cost);
    g->positions = mem_alloc(key_count * sizeof(*g->positions));
    struct slice *words = mem_alloc((size_t)argc * sizeof(*words));
    words[0] = argv[0];
    for (unsigned at = 0, part = 0; at < key_count; part++) {
        uint16_t slot = (uint16_t)(order[at] >> 32);
        int count = 1;
        g->parts[part].first = at;
        for (; at < key_count && order[at] >> 32 == slot; at++) {
            unsigned key = (uint32_t)order[at];
            g->positions[at] = key;
            for (unsigned i = 0; i < step; i++)
                words[count++] = argv[(unsigned)spec->first_key + key * step + i];
        }
        g->parts[part].count = at - g->parts[part].first;
        struct request *r = part_new(g, part, slot);
        struct upstream *u = worker_owner(w, slot);
        if (u && u->replica_count && spec->flags & COMMAND_READONLY) u = reads_choose(u, c);
        struct backend *b = part_backend(w, r, u, db, proto);
        if (b) backend_send_words(b, r, words, count);
    }
    mem_free(words);
    mem_free(order);
    w->stats.split++;
}

/* --- to all --- */

void gather_all_shards(struct client *c, const struct command_spec *spec, struct slice text,
                       bool (*finished)(struct gather *g), void *owner) {
    struct worker *w = c->worker;
    int db = c->db;
    uint8_t proto = c->out.writer.proto;
    unsigned count = w->map.shard_count;
    struct gather *g = gather_new(c, spec, count, text.len * count);
    g->finished = finished;
    g->owner = owner;
    for (unsigned shard = 0; shard < count; shard++) {
        struct request *r = part_new(g, shard, 0);
        struct backend *b = part_backend(w, r, worker_upstream(w, (uint16_t)shard), db, proto);
        if (b) backend_send(b, r, text.ptr, text.len);
    }
    w->stats.everywhere++;
}

void gather_one_more(struct request *whole, uint16_t shard, const struct slice *words, int count,
                     bool (*finished)(struct gather *g), void *owner) {
    struct client *c = whole->client;
    struct worker *w = c->worker;
    struct gather *g = gather_for(w, whole, 1);
    g->parts[0].first = shard;
    g->finished = finished;
    g->owner = owner;
    struct request *r = part_new(g, 0, 0);
    struct backend *b = part_backend(w, r, worker_upstream(w, shard), c->db, c->out.writer.proto);
    if (b) backend_send_words(b, r, words, count);
}

void gather_one_shard(struct client *c, const struct command_spec *spec, uint16_t shard,
                      const struct slice *words, int count) {
    struct request *whole = request_defer(c, spec);
    gather_one_more(whole, shard, words, count, NULL, NULL);
}
