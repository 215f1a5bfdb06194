/* A turn:
 *
 *      io_turn: replies and requests come in, and are passed on into outlets
 *      ready:   clients that were held back parse on, which may complete others
 *      flush:   each server and each client that has something to get gets one send */
#include "proxy/worker.h"
#include "commands/command_ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "proxy/client.h"
#include "proxy/exporter.h"
#include "proxy/monitor.h"
#include "proxy/reads.h"
#include "proxy/subscriptions.h"
#include <errno.h>

#define CRON_US      50000
#define CHUNKS_FREED 512

/* --- the map --- */

struct upstream *worker_upstream(struct worker *w, uint16_t shard) {
    if (unlikely(shard >= w->upstream_count)) {
        w->upstreams = mem_realloc(w->upstreams, w->map.shard_count * sizeof(*w->upstreams));
        while (w->upstream_count < w->map.shard_count)
            w->upstreams[w->upstream_count++] = NULL;
    }
    struct upstream *u = w->upstreams[shard];
    if (likely(u != NULL)) return u;
    const struct topology_shard *s = &w->map.shards[shard];
    u = w->upstreams[shard] = upstream_create(w, &s->primary, s->name);
    for (unsigned i = 0; i < s->replica_count; i++)
        upstream_add_replica(u, &s->replica[i]);
    return u;
}

struct upstream *worker_owner(struct worker *w, uint16_t slot) {
    uint16_t shard = w->map.owner[slot];
    return likely(shard != TOPOLOGY_NONE) ? worker_upstream(w, shard) : NULL;
}

uint32_t worker_chance(struct worker *w) {
    w->chance = w->chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->chance >> 33);
}

/* --- time --- */

static void expire_clients(struct worker *w, int64_t now_us) {
    int64_t timeout_us = (int64_t)w->conf->timeout_s * 1000000;
    if (timeout_us == 0) return;
    LIST_FOR(at, next, &w->clients) {
        struct client *c = LIST_OWNER(at, struct client, all);
        if (c->first == NULL && now_us - c->active_us > timeout_us) client_close(c, false);
    }
}

static void on_cron(struct io_timer *timer) {
    struct worker *w = LIST_OWNER(timer, struct worker, cron);
    int64_t now_us = io_now_us(w->io);
    for (unsigned i = 0; i < w->upstream_count; i++) {
        struct upstream *u = w->upstreams[i];
        if (u == NULL) continue;
        upstream_expire(u, now_us);
        for (unsigned k = 0; k < u->replica_count; k++)
            upstream_expire(u->replicas[k], now_us);
    }
    worker_tend_leaving(w, now_us);
    exporter_expire(w->exporter, now_us);
    reads_check(w, now_us);
    expire_clients(w, now_us);
    subscriptions_tend(w->subscriptions);
    io_timer_set(w->io, timer, now_us + CRON_US);
}

/* --- pause --- */

static void unpause(struct worker *w) {
    w->paused_until_us = 0;
    io_timer_cancel(w->io, &w->pause_end);
    LIST_FOR(at, next, &w->clients) client_unpause(LIST_OWNER(at, struct client, all));
}

static void on_pause_end(struct io_timer *timer) {
    unpause(LIST_OWNER(timer, struct worker, pause_end));
}

/* The stricter of two pauses, and the longer one, holds. */
void worker_pause(struct worker *w, int64_t until_us, bool all) {
    if (until_us == 0) {
        unpause(w);
        return;
    }
    w->pauses_all = all || (w->paused_until_us && w->pauses_all);
    if (until_us > w->paused_until_us) w->paused_until_us = until_us;
    io_timer_set(w->io, &w->pause_end, w->paused_until_us);
}

/* --- listening --- */

static void on_accept(struct io_listener *l, int socket) {
    client_open(LIST_OWNER(l, struct door, listener)->worker, socket);
}

static void on_door_closed(struct io_listener *l) {
    LIST_OWNER(l, struct door, listener)->worker->doors_closing--;
}

/* As redis.conf has it: an address that begins with - need not be there. */
static bool open_door(struct worker *w, const char *host) {
    const struct proxy_options *conf = w->conf;
    struct io_listen_options options = {.backlog = conf->tcp_backlog,
                                        .reuse_port = conf->threads > 1,
                                        .keepalive_s = (unsigned)conf->tcp_keepalive_s};
    struct door *door = &w->doors[w->door_count];
    bool optional = host[0] == '-';
    door->worker = w;
    options.fd = w->inherits ? w->inherits->sockets[w->index][w->door_count] : -1;
    options.adopt = options.fd >= 0;
    int failed = io_addr_parse(&options.addr, host + optional, (uint16_t)conf->port)
                     ? io_listen(w->io, &door->listener, &options, on_accept)
                     : EINVAL;
    if (failed == 0) w->door_count++;
    if (failed == 0 || (optional && failed != EADDRINUSE)) return true;
    log_warning(w->log, "Could not listen on %s:%d: %s", host + optional, conf->port, strerror(failed));
    return false;
}

static bool listen_everywhere(struct worker *w) {
    const struct conf_words *bind = &w->conf->bind;
    for (int i = 0; i < bind->count && w->door_count < PROXY_BINDS_MAX; i++)
        if (!open_door(w, bind->item[i])) return false;
    if (w->door_count == 0) log_warning(w->log, "There is no address to listen on (option bind)");
    return w->door_count > 0;
}

void worker_inherit(struct worker *w, const struct inheritance *from) {
    w->inherits = from;
}

/* --- life --- */

bool worker_init(struct worker *w, unsigned index, struct crew *crew, struct proxy_settings *settings,
                 struct logger *log, struct sim_world *world) {
    char error[160];
    const struct proxy_options *conf = &settings->o;
    struct io_config config = {.engine = world ? IO_ENGINE_SIM : (enum io_engine)conf->io_engine,
                               .world = world};
    struct crew_call *early = w->inbox.newest; /* others may have called already */
    must(early == NULL || crew->count > 1);
    w->index = index;
    w->chance = index;
    w->crew = crew;
    w->log = log;
    w->settings = proxy_settings_hold(settings);
    w->conf = conf;
    list_init(&w->clients);
    list_init(&w->ready);
    list_init(&w->dirty_clients);
    list_init(&w->dirty_backends);
    topology_init(&w->map);
    topology_copy(&w->map, &conf->map);
    resp_pool_init(&w->pool);
    resp_arena_init(&w->arena);
    resp_writer_init(&w->own_reply, &w->pool);
    key_refs_init(&w->keys);
    w->io = io_create(&config, error);
    if (w->io == NULL) {
        log_warning(log, "The io engine cannot be started: %s", error);
        return false;
    }
    w->started_us = io_now_us(w->io);
    w->subscriptions = subscriptions_create(w);
    w->commands = mem_zalloc(CMD_COUNT * sizeof(*w->commands));
    w->monitor = monitor_create(w);
    io_timer_init(&w->pause_end, on_pause_end);
    io_timer_init(&w->cron, on_cron);
    io_timer_set(w->io, &w->cron, io_now_us(w->io) + CRON_US);
    crew_open(w);
    bool ok = true;
    if (index == 0) w->exporter = exporter_create(w, &ok);
    return ok && listen_everywhere(w);
}

void worker_set(struct worker *w, struct proxy_settings *fresh) {
    proxy_settings_return(&w->settings);
    w->settings = proxy_settings_hold(fresh);
    w->conf = &fresh->o;
    LIST_FOR(at, next, &w->clients)
    LIST_OWNER(at, struct client, all)->parser.bulk_len_max = (int64_t)w->conf->bulk_len_max;
}

void worker_close(struct worker *w) {
    w->closing = true;
    io_timer_cancel(w->io, &w->cron);
    io_timer_cancel(w->io, &w->pause_end);
    exporter_close(w->exporter);
    if (!w->retiring) w->doors_closing = w->door_count;
    for (unsigned i = 0; i < w->door_count && !w->retiring; i++)
        io_listener_close(&w->doors[i].listener, on_door_closed);
    LIST_FOR(at, next, &w->clients) client_close(LIST_OWNER(at, struct client, all), false);
    for (unsigned i = 0; i < w->upstream_count; i++)
        if (w->upstreams[i]) upstream_close(w->upstreams[i]);
    for (unsigned i = 0; i < w->leaving_count; i++)
        upstream_close(w->leaving[i]);
}

void worker_retire(struct worker *w) {
    if (w->retiring || w->closing) return;
    w->retiring = true;
    exporter_close(w->exporter);
    w->doors_closing = w->door_count;
    for (unsigned i = 0; i < w->door_count; i++)
        io_listener_leave(&w->doors[i].listener, on_door_closed);
}

/* No client is left, and none can come. Threads end together: until then each answers what others ask. */
static bool is_deserted(struct worker *w) {
    unsigned *occupied = &w->crew->occupied;
    if (w->doors_closing || !list_empty(&w->clients)) return false;
    if (w->vacated) return __atomic_load_n(occupied, __ATOMIC_SEQ_CST) == 0;
    w->vacated = true;
    if (__atomic_sub_fetch(occupied, 1, __ATOMIC_SEQ_CST)) return false;
    for (unsigned i = 0; i < w->crew->count; i++)
        io_waker_fire(&w->crew->workers[i]->inbox.waker);
    return true;
}

static bool drained(const struct worker *w) {
    if (!exporter_drained(w->exporter)) return false;
    if (w->doors_closing || !list_empty(&w->clients)) return false;
    for (unsigned i = 0; i < w->upstream_count; i++)
        if (w->upstreams[i] && !upstream_drained(w->upstreams[i])) return false;
    for (unsigned i = 0; i < w->leaving_count; i++)
        if (!upstream_drained(w->leaving[i])) return false;
    return true;
}

static void run_ready(struct worker *w) {
    while (!list_empty(&w->ready)) {
        struct client *c = LIST_OWNER(w->ready.next, struct client, ready);
        list_remove(&c->ready);
        client_go_on(c);
    }
}

static void flush(struct worker *w) {
    while (!list_empty(&w->dirty_backends)) {
        struct backend *b = LIST_OWNER(w->dirty_backends.next, struct backend, dirty);
        list_remove(&b->dirty);
        backend_flush(b);
    }
    while (!list_empty(&w->dirty_clients)) {
        struct client *c = LIST_OWNER(w->dirty_clients.next, struct client, dirty);
        list_remove(&c->dirty);
        client_flush(c);
    }
}

bool worker_turn(struct worker *w) {
    if (unlikely(w->retiring) && !w->closing && is_deserted(w)) worker_close(w);
    if (w->closing && drained(w)) return false;
    io_turn(w->io, w->pool.dying ? 0 : -1);
    if (!w->closing) {
        run_ready(w);
        monitor_flush(w->monitor);
        flush(w);
    }
    resp_arena_reset(&w->arena);
    resp_pool_step(&w->pool, CHUNKS_FREED);
    return true;
}

void worker_deinit(struct worker *w) {
    for (unsigned i = 0; i < w->upstream_count; i++)
        upstream_destroy(&w->upstreams[i]);
    for (unsigned i = 0; i < w->leaving_count; i++)
        upstream_destroy(&w->leaving[i]);
    mem_free(w->leaving);
    mem_free(w->upstreams);
    while (w->spare_requests) {
        struct request *r = w->spare_requests;
        w->spare_requests = r->next;
        buf_deinit(&r->reply);
        mem_free_sized(r, sizeof(*r));
    }
    key_refs_deinit(&w->keys);
    resp_writer_deinit(&w->own_reply);
    resp_arena_deinit(&w->arena);
    resp_pool_deinit(&w->pool);
    topology_deinit(&w->map);
    if (w->subscriptions) subscriptions_destroy(&w->subscriptions);
    metrics_free(w->commands);
    if (w->monitor) monitor_destroy(&w->monitor);
    exporter_destroy(&w->exporter);
    proxy_settings_return(&w->settings);
    if (w->io) io_destroy(&w->io);
}
