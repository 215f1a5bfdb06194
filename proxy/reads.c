/* Choosing costs a walk over the few replicas of one shard, and only where there are any.
 *
 * A check is passed by PONG, and also by any bytes that came since it was sent: behind a long queue of
 * replies a PING waits without anybody being ill. LOADING and MASTERDOWN are answers, too, but not from
 * somebody to read from. */
#include "proxy/reads.h"
#include "common/base/log.h"
#include "proxy/client.h"
#include "proxy/worker.h"
#include <stdio.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* --- choosing --- */

uint64_t reads_hash(struct slice name) {
    return XXH3_64bits(name.ptr, name.len);
}

static bool is_fit(const struct upstream *u) {
    return !u->ejected && u->down_until_us <= io_now_us(u->worker->io);
}

struct choice {
    struct upstream *of[TOPOLOGY_REPLICAS_MAX + 1];
    unsigned count;
};

static void add(struct choice *choice, struct upstream *u) {
    if (is_fit(u)) choice->of[choice->count++] = u;
}

static struct upstream *by_weight(const struct choice *choice) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < choice->count; i++)
        sum += choice->of[i]->weight;
    if (sum == 0) return choice->of[0];
    uint32_t at = worker_chance(choice->of[0]->worker) % sum;
    unsigned i = 0;
    while (at >= choice->of[i]->weight)
        at -= choice->of[i++]->weight;
    return choice->of[i];
}

/* Who is equally good is taken in turn. */
static struct upstream *least(const struct choice *choice, unsigned turn,
                              uint64_t (*cost)(const struct upstream *u)) {
    struct upstream *best = NULL;
    for (unsigned i = 0; i < choice->count; i++) {
        struct upstream *u = choice->of[(turn + i) % choice->count];
        if (best == NULL || cost(u) < cost(best)) best = u;
    }
    return best;
}

static uint64_t outstanding(const struct upstream *u) {
    return u->outstanding;
}
static uint64_t distance(const struct upstream *u) {
    return u->latency_us ? u->latency_us : UINT64_MAX;
}

/* Each server draws a number from the address, the greatest wins: so only the clients of one that goes move.
 */
static struct upstream *by_address(const struct choice *choice, const struct client *c) {
    struct upstream *best = NULL;
    uint64_t most = 0;
    for (unsigned i = 0; i < choice->count; i++) {
        uint64_t drawn = (c->address_hash ^ choice->of[i]->name_hash) * 0x9e3779b97f4a7c15u;
        drawn ^= drawn >> 32;
        if (best && drawn <= most) continue;
        best = choice->of[i];
        most = drawn;
    }
    return best;
}

struct upstream *reads_choose(struct upstream *owner, const struct client *c) {
    enum read_policy policy = (enum read_policy)owner->worker->conf->read_policy;
    struct choice choice = {.count = 0};
    if (c->flags & CLIENT_READWRITE) return owner;
    if (policy == READ_PRIMARY) {
        if (!(c->flags & CLIENT_READONLY)) return owner;
        policy = READ_REPLICAS_FIRST;
    }
    for (unsigned i = 0; i < owner->replica_count; i++)
        add(&choice, owner->replicas[i]);
    if (policy != READ_REPLICAS_FIRST) add(&choice, owner);
    if (choice.count == 0) return owner;
    unsigned turn = owner->turn++;
    switch (policy) {
    case READ_WEIGHTED: return by_weight(&choice);
    case READ_LEAST_OUTSTANDING: return least(&choice, turn, outstanding);
    case READ_CLIENT_ADDRESS: return by_address(&choice, c);
    case READ_NEAREST: return least(&choice, turn, distance);
    default: return choice.of[turn % choice.count];
    }
}

/* --- checks --- */

static void failed(struct upstream *u, const char *why) {
    const struct proxy_options *conf = u->worker->conf;
    u->checks_passed = 0;
    u->latency_us = 0;
    if (u->ejected || ++u->checks_failed < (unsigned)conf->health_failures) return;
    u->ejected = true;
    u->ejections++;
    snprintf(u->down_why, sizeof(u->down_why), "%.60s", why);
    log_warning(u->worker->log, "%s '%s' at %s is left out: %s", u->primary ? "A replica of shard" : "Shard",
                u->shard, u->at.text, why);
}

static void passed(struct upstream *u) {
    u->checks_failed = 0;
    if (!u->ejected || ++u->checks_passed < (unsigned)u->worker->conf->health_successes) return;
    u->ejected = false;
    u->checks_passed = 0;
    log_notice(u->worker->log, "%s '%s' at %s is taken in again", u->primary ? "A replica of shard" : "Shard",
               u->shard, u->at.text);
}

static void checked(struct request *r) {
    struct upstream *u = r->owner;
    int64_t took_us = io_now_us(u->worker->io) - r->sent_us;
    char why[64];
    u->checking = false;
    if (r->reply.len && r->reply.ptr[0] != '-') {
        /* the mean of about the last eight; 0 is "not known" */
        u->latency_us = u->latency_us ? (u->latency_us * 7 + (uint64_t)took_us) / 8 : (uint64_t)took_us;
        if (u->latency_us == 0) u->latency_us = 1;
        passed(u);
        return;
    }
    snprintf(why, sizeof(why), "%.*s",
             r->reply.len > 3 ? (int)(r->reply.len - 3 < 60 ? r->reply.len - 3 : 60) : 0,
             r->reply.ptr ? r->reply.ptr + 1 : "");
    failed(u, why);
}

static void check(struct upstream *u, int64_t now_us) {
    const struct proxy_options *conf = u->worker->conf;
    if (u->checking) { /* the one before has no answer yet */
        if (now_us - u->check_us < (int64_t)conf->health_timeout_ms * 1000) return;
        if (u->replies_bytes != u->check_bytes)
            passed(u);
        else
            failed(u, "it does not answer");
        u->check_us = now_us;
        u->check_bytes = u->replies_bytes;
        return;
    }
    if (now_us - u->check_us < (int64_t)conf->health_interval_ms * 1000) return;
    u->check_us = now_us;
    u->check_bytes = u->replies_bytes;
    struct backend *b = upstream_backend_anyway(u, 0, 2);
    if (b == NULL) {
        failed(u, u->down_why);
        return;
    }
    struct request *r = request_new(u->worker, NULL, NULL);
    u->checking = true;
    r->done = checked;
    r->owner = u;
    backend_send_words(b, r, &SLICE("PING"), 1);
}

void reads_check(struct worker *w, int64_t now_us) {
    if (w->conf->health_interval_ms == 0) return;
    for (unsigned i = 0; i < w->upstream_count; i++) {
        struct upstream *u = w->upstreams[i];
        if (u == NULL) continue;
        check(u, now_us);
        for (unsigned k = 0; k < u->replica_count; k++)
            check(u->replicas[k], now_us);
    }
}
