/* What clients take, and who goes when it is too much (maxmemory-clients).
 *
 *      input, output, MULTI, watches, subscriptions, names ─► client_bytes
 *                                                              │ noted after a batch, a send, a receive
 *                   sums by kind (INFO, MEMORY STATS) ◄────────┤
 *      buckets:  [<32K] [32K] [64K] … [≥8G]  ◄─────────────────┘ (normal ones and subscribers)
 *                                       └─► evicted from here downwards, until the sum is below the limit
 *
 * Noting is a dozen additions, so it is done wherever a client's memory may have changed, but only while
 * there is a limit; without one the timer notes a tenth of the clients each 100 ms. Within a bucket the one
 * that entered it first goes first. Replies of this very turn do not count yet: they are on their way, and
 * asking for a long one must not cost another client its connection. Output limits come before: a client that
 * is being closed for one is not counted any more. */
#include "common/base/mem.h"
#include "server/keyspace/keyspace.h"
#include "server/keyspace/waiting.h"
#include "server/net/net_int.h"
#include <string.h>

#define BUCKET_MIN_LOG 15 /* all that is below 32 KiB is in the first one */
#define EVICTED_MAX    64 /* per turn */

static size_t text_bytes(const char *text) {
    return text ? mem_good_size(strlen(text) + 1) : 0;
}

size_t client_bytes(const struct client *c) {
    const struct session *s = &c->session;
    size_t bytes = mem_good_size(sizeof(*c)) + c->out_memory + s->reply.chunk_bytes + session_multi_bytes(s) +
                   waiting_bytes(s) + s->watch_bytes + pubsub_session_bytes(s);
    if (c->query)
        bytes += sizeof(*c->query) + c->query->cap + c->query->detached_memory + client_query_announced(c);
    if (c->names)
        bytes += sizeof(*c->names) + text_bytes(c->names->name) + text_bytes(c->names->lib_name) +
                 text_bytes(c->names->lib_ver);
    return bytes;
}

enum client_kind client_kind(const struct client *c) {
    if (c->session.flags & SESSION_PRIMARY) return KIND_PRIMARY;
    switch (client_class(c)) {
    case CONF_CLIENT_REPLICA: return KIND_REPLICA;
    case CONF_CLIENT_PUBSUB: return KIND_PUBSUB;
    default: return KIND_NORMAL;
    }
}

/* --- counting --- */

static unsigned bucket_of(size_t bytes) {
    unsigned log = 63u - (unsigned)__builtin_clzl(bytes | 1);
    if (log < BUCKET_MIN_LOG) return 0;
    return log - BUCKET_MIN_LOG + 1 < NET_MEMORY_BUCKETS ? log - BUCKET_MIN_LOG + 1 : NET_MEMORY_BUCKETS - 1;
}

static bool may_go(const struct client *c) {
    return c->net->memory.limited && !(c->session.flags & SESSION_NO_EVICT) &&
           (c->kind == KIND_NORMAL || c->kind == KIND_PUBSUB);
}

void client_memory_note(struct client *c) {
    struct net_memory *m = &c->net->memory;
    if (c->session.flags & SESSION_CLOSE_NOW) return;
    unsigned before = bucket_of(c->memory);
    m->sums[c->kind] -= c->memory;
    c->kind = (uint8_t)client_kind(c);
    c->memory = client_bytes(c);
    m->sums[c->kind] += c->memory;
    bool linked = list_linked(&c->by_memory);
    unsigned bucket = bucket_of(c->memory);
    if (may_go(c)) {
        if (linked && bucket == before) return;
        list_remove(&c->by_memory);
        list_append(&m->buckets[bucket], &c->by_memory);
    } else if (linked) {
        list_remove(&c->by_memory);
    }
}

void client_memory_leaves(struct client *c) {
    c->net->memory.sums[c->kind] -= c->memory;
    c->net->keyspace->leaving_bytes += c->memory;
    list_remove(&c->by_memory);
}

void client_memory_left(struct client *c) {
    c->net->keyspace->leaving_bytes -= c->memory;
    c->memory = 0;
}

void net_memory_note_all(struct net *net) {
    LIST_FOR(it, tmp, &net->clients) {
        client_memory_note(LIST_OWNER(it, struct client, all));
    }
}

/* --- the limit --- */

void net_memory_init(struct net *net) {
    for (unsigned i = 0; i < NET_MEMORY_BUCKETS; i++)
        list_init(&net->memory.buckets[i]);
}

bool net_memory_limit_changed(void *owner, struct conf_error *err) {
    struct net *net = owner;
    net->memory.limited = net->conf.maxmemory_clients != 0;
    net->memory.unfinished = false;
    net_memory_note_all(net);
    return true;
}

/* 0: none. A percentage is one of maxmemory, and none without it. */
static size_t limit_of(const struct net *net) {
    int64_t limit = net->conf.maxmemory_clients;
    if (limit >= 0) return (size_t)limit;
    return (size_t)((double)net->keyspace->conf.maxmemory * (double)-limit / 100);
}

static struct client *largest(const struct net_memory *m) {
    for (unsigned i = NET_MEMORY_BUCKETS; i-- > 0;)
        if (!list_empty(&m->buckets[i])) return LIST_OWNER(m->buckets[i].next, struct client, by_memory);
    return NULL;
}

static void evict(struct client *c) {
    struct buf line = {0};
    client_describe(c, &line);
    log_notice(c->net->log, "Evicting client: %s", buf_cstr(&line));
    buf_deinit(&line);
    c->net->stats.evicted++;
    client_close_soon(c, NULL);
}

static bool is_over(const struct net_memory *m, size_t limit) {
    return m->sums[KIND_NORMAL] + m->sums[KIND_PUBSUB] > limit + m->fresh;
}

void net_memory_evict(struct net *net) {
    struct net_memory *m = &net->memory;
    size_t limit = limit_of(net);
    m->unfinished = false;
    for (unsigned done = 0; limit && is_over(m, limit); done++) {
        struct client *c = largest(m);
        m->unfinished = c && done == EVICTED_MAX;
        if (c == NULL || m->unfinished) break;
        evict(c);
    }
}
