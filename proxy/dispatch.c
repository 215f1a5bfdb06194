/* The way of a command:
 *
 *      name, arity, authentication ─► routing word ─┬─ one-slot    ─► the owner's shared connection
 *                                                   ├─ split       ─► gather_split, when slots differ
 *                                                   ├─ all-shards  ─► gather_all_shards
 *                                                   ├─ local       ─► local_run
 *                                                   └─ refused     ─► an error that says so
 *
 * A multibulk request is forwarded as the bytes that came; an inline one is written anew. The commonest case,
 * one key at a fixed place for a server that is up, allocates nothing. */
#include "proxy/dispatch.h"
#include "commands/command_ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/commands/describe.h"
#include "common/commands/keys.h"
#include "proxy/config.h"
#include "proxy/gather.h"
#include "proxy/local.h"
#include "proxy/monitor.h"
#include "proxy/private.h"
#include "proxy/reads.h"
#include "proxy/scan.h"
#include "proxy/subscriptions.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"
#include <stdio.h>

struct way {
    struct client *client;
    const struct command_spec *spec;
    const struct slice *argv;
    int argc;
    struct slice text; /* as received */
};

static void reply_error(struct client *c, const char *text) {
    resp_error(client_reply_begin(c), text);
    client_reply_end(c);
}

/* --- forwarding --- */

static void refuse_down(struct client *c, const struct upstream *u) {
    char text[256] = "CLUSTERDOWN Hash slot not served";
    if (u)
        snprintf(text, sizeof(text), "CLUSTERDOWN shard '%s' at %s is down: %s", u->shard, u->at.text,
                 u->down_why);
    c->worker->stats.refused_down++;
    reply_error(c, text);
}

static void forward(const struct way *way, struct backend *b, uint16_t slot) {
    struct client *c = way->client;
    struct request *r = request_new(c->worker, c, way->spec);
    r->slot = slot;
    client_queue(c, r, way->text.len);
    if (likely(way->text.ptr[0] == '*'))
        backend_send(b, r, way->text.ptr, way->text.len);
    else
        backend_send_words(b, r, way->argv, way->argc);
    c->worker->stats.forwarded++;
}

static void send_to(const struct way *way, struct upstream *u, uint16_t slot) {
    struct client *c = way->client;
    if (u && unlikely(u->replica_count) && way->spec->flags & COMMAND_READONLY) u = reads_choose(u, c);
    struct backend *b = u ? upstream_backend(u, c->db, c->out.writer.proto) : NULL;
    if (likely(b != NULL))
        forward(way, b, slot);
    else
        refuse_down(c, u);
}

/* --- keys and their slots --- */

static void cross_slot(struct client *c) {
    reply_error(c, "CROSSSLOT Keys in request don't hash to the same slot; keys with the same {tag} do");
}

enum { SLOT_NONE = -1, SLOT_CROSS = -2 };

/* The keys that a pattern of SORT stands for lie in the slot of its {tag}, or anywhere. */
static bool pattern_stays(struct slice pattern, int slot) {
    const char *star = pattern.len ? memchr(pattern.ptr, '*', pattern.len) : NULL;
    if (star == NULL) return true; /* no key: it is the same for all elements */
    const char *open = memchr(pattern.ptr, '{', pattern.len);
    const char *close = open ? memchr(open, '}', (size_t)(pattern.ptr + pattern.len - open)) : NULL;
    bool tagged = close && close > open + 1 && !(star > open && star < close);
    return tagged && slots_of_key(pattern) == slot;
}

/* SORT's BY and GET name keys that its declaration cannot find. */
static bool patterns_stay(const struct way *way, int slot) {
    for (int i = 2; i + 1 < way->argc; i++) {
        if (slice_is(way->argv[i], "limit")) {
            i += 2;
            continue;
        }
        if (!slice_is(way->argv[i], "by") && !slice_is(way->argv[i], "get")) continue;
        if (!pattern_stays(way->argv[++i], slot)) return false;
    }
    return true;
}

/* The slot of all keys of the command; SLOT_NONE: it has no keys, or only a server can tell what is wrong
 * with them; SLOT_CROSS: there are several. */
static int slot_of(const struct way *way) {
    struct key_refs *keys = &way->client->worker->keys;
    int single = command_key_single(way->spec);
    if (likely(single && single < way->argc) && likely(way->spec->id != CMD_SORT_RO))
        return slots_of_key(way->argv[single]);
    if (command_keys_options(way->spec, way->argv, way->argc, KEYS_WITH_NOT_KEYS, keys) != KEYS_OK ||
        keys->count == 0) {
        /* PFMERGE of a destination alone has keys that no rule finds: the first one is a key all the same. */
        int first = way->spec->route_kind == ROUTE_KIND_CHANNEL ? 1 : way->spec->first_key;
        return first > 0 && first < way->argc ? slots_of_key(way->argv[first]) : SLOT_NONE;
    }
    uint16_t slot = slots_of_key(way->argv[keys->refs[0].pos]);
    for (int i = 1; i < keys->count; i++)
        if (slots_of_key(way->argv[keys->refs[i].pos]) != slot) return SLOT_CROSS;
    bool sorts = way->spec->id == CMD_SORT || way->spec->id == CMD_SORT_RO;
    return unlikely(sorts) && !patterns_stay(way, slot) ? SLOT_CROSS : slot;
}

static void route_by_keys(const struct way *way) {
    int slot = slot_of(way);
    if (unlikely(slot == SLOT_CROSS))
        cross_slot(way->client);
    else
        send_to(way, worker_owner(way->client->worker, (uint16_t)(slot < 0 ? 0 : slot)), (uint16_t)slot);
}

static void route_split(const struct way *way) {
    unsigned step = (unsigned)way->spec->key_step, words = (unsigned)(way->argc - way->spec->first_key);
    unsigned count = words / step;
    uint16_t few[64], *slots = count <= 64 ? few : mem_alloc(count * sizeof(*slots));
    bool same = true;
    for (unsigned i = 0; i < count; i++) {
        slots[i] = slots_of_key(way->argv[(unsigned)way->spec->first_key + i * step]);
        same &= slots[i] == slots[0];
    }
    if (same || words % step) /* an odd MSET: the server says what is wrong with it */
        send_to(way, worker_owner(way->client->worker, slots[0]), slots[0]);
    else
        gather_split(way->client, way->spec, way->argv, way->argc, slots, count, way->text.len);
    if (slots != few) mem_free(slots);
}

/* The request in multibulk form: as it came, or written into `room`. */
static struct slice multibulk(const struct way *way, struct buf *room) {
    if (likely(way->text.ptr[0] == '*')) return way->text;
    backend_append_words(room, way->argv, way->argc);
    return buf_slice(room);
}

/* What DEBUG asks of one key is the business of the key's owner. False: it goes to all. */
static bool route_debug(const struct way *way) {
    static const char *const of_keys[] = {"object",      "digest-value", "listpack",   "quicklist",
                                          "htstats-key", "sdslen",       "mallctl-key"};
    struct buf room = {0};
    if (slice_is(way->argv[1], "populate")) {
        reply_error(way->client,
                    "ERR DEBUG POPULATE makes keys that are not where the proxy looks for them: ask "
                    "the server itself");
        return true;
    }
    if (slice_is(way->argv[1], "digest")) {
        gather_all_shards(way->client, way->spec, multibulk(way, &room), gather_digest, NULL);
        buf_deinit(&room);
        return true;
    }
    for (size_t i = 0; i < sizeof(of_keys) / sizeof(of_keys[0]); i++) {
        if (way->argc < 3 || !slice_is(way->argv[1], of_keys[i])) continue;
        uint16_t slot = slots_of_key(way->argv[2]);
        for (int k = 3; k < way->argc; k++)
            if (slice_is(way->argv[1], "digest-value") && slots_of_key(way->argv[k]) != slot) {
                cross_slot(way->client);
                return true;
            }
        send_to(way, worker_owner(way->client->worker, slot), slot);
        return true;
    }
    return false;
}

static void route_all(const struct way *way) {
    struct buf room = {0};
    if (way->spec->parent == CMD_CONFIG) {
        config_run(way->client, way->spec, way->argv, way->argc);
        return;
    }
    if (way->spec->route_kind == ROUTE_KIND_CURSOR) {
        scan_run(way->client, way->spec, way->argv, way->argc);
        return;
    }
    if (way->spec->id == CMD_DEBUG && route_debug(way)) return;
    gather_all_shards(way->client, way->spec, multibulk(way, &room), NULL, NULL);
    buf_deinit(&room);
}

static void refuse(const struct way *way) {
    char text[128];
    snprintf(text, sizeof(text), "ERR the proxy does not pass on '%s': ask the server itself",
             way->spec->name);
    reply_error(way->client, text);
}

/* --- commands that own a connection --- */

static bool has_block_option(const struct way *way) {
    for (int i = 1; i < way->argc && !slice_is(way->argv[i], "STREAMS"); i++)
        if (slice_is(way->argv[i], "BLOCK")) return true;
    return false;
}

static void route_blocking(const struct way *way) {
    struct client *c = way->client;
    int slot = slot_of(way);
    if (slot == SLOT_CROSS) {
        cross_slot(c);
        return;
    }
    struct upstream *u = worker_owner(c->worker, (uint16_t)(slot < 0 ? 0 : slot));
    struct backend *b = u ? private_take(c, u) : NULL;
    if (b)
        forward(way, b, (uint16_t)slot);
    else
        refuse_down(c, u);
}

static void route_transaction(const struct way *way) {
    struct buf room = {0};
    int slot = slot_of(way);
    if (slot == SLOT_CROSS)
        cross_slot(way->client);
    else
        transaction_run(way->client, way->spec, multibulk(way, &room), slot);
    buf_deinit(&room);
}

static bool needs_own(const struct way *way) {
    return way->spec->route == ROUTE_PRIVATE &&
           (way->spec->route_kind == ROUTE_KIND_BLOCKING ||
            (way->spec->route_kind == ROUTE_KIND_BLOCK_OPTION && has_block_option(way)));
}

static void route_private(const struct way *way) {
    switch (way->spec->route_kind) {
    case ROUTE_KIND_TRANSACTION: route_transaction(way); break;
    case ROUTE_KIND_SUBSCRIPTION: subscriptions_run(way->client, way->spec, way->argv, way->argc); break;
    case ROUTE_KIND_MONITOR:
        monitor_join(way->client);
        resp_ok(client_reply_begin(way->client));
        client_reply_end(way->client);
        break;
    default:
        if (needs_own(way))
            route_blocking(way);
        else
            route_by_keys(way);
    }
}

/* Within MULTI. What the proxy answers itself, or asks of all, has no place in one server's transaction. */
static void enqueue(const struct way *way) {
    struct client *c = way->client;
    unsigned id = way->spec->id;
    bool anywhere = id == CMD_PING || id == CMD_ECHO || id == CMD_TIME;
    bool fits = way->spec->route == ROUTE_ONE_SLOT || way->spec->route == ROUTE_SPLIT ||
                (way->spec->route == ROUTE_PRIVATE && way->spec->route_kind != ROUTE_KIND_SUBSCRIPTION &&
                 way->spec->route_kind != ROUTE_KIND_MONITOR);
    int slot = fits ? slot_of(way) : SLOT_NONE;
    struct buf room = {0};
    if ((!fits && !anywhere) || slot == SLOT_CROSS) {
        transaction_spoil(c);
        if (slot == SLOT_CROSS)
            cross_slot(c);
        else
            resp_errorf(client_reply_begin(c), "ERR '%s' inside MULTI is not possible through the proxy",
                        way->spec->name);
        if (slot != SLOT_CROSS) client_reply_end(c);
        return;
    }
    transaction_queue(c, way->spec, multibulk(way, &room), slot);
    buf_deinit(&room);
}

/* --- the checks that every command passes --- */

/* The spec of the command; NULL: there is none, which was replied. */
static const struct command_spec *resolve(struct client *c, const struct slice *argv, int argc) {
    const struct command_spec *spec = command_lookup(argv[0].ptr, argv[0].len);
    struct buf text = {0};
    if (unlikely(spec == NULL)) {
        describe_unknown(&text, argv, argc);
    } else if (spec->sub_count && argc > 1) {
        const struct command_spec *sub = command_lookup_sub(spec, argv[1].ptr, argv[1].len);
        if (sub == NULL && command_is_container(spec)) describe_unknown_sub(&text, argv);
        spec = sub ? sub : spec;
    }
    if (likely(text.len == 0) &&
        (likely(command_arity_ok(spec, argc)) || config_is_for_shards(spec, argv, argc)))
        return spec;
    if (text.len == 0) buf_printf(&text, "ERR wrong number of arguments for '%s' command", spec->name);
    reply_error(c, buf_cstr(&text));
    buf_deinit(&text);
    return NULL;
}

static bool is_queued(const struct way *way) {
    if (likely(way->client->transaction == NULL) || !transaction_queues(way->client)) return false;
    unsigned id = way->spec->id;
    return id != CMD_EXEC && id != CMD_DISCARD && id != CMD_MULTI && id != CMD_WATCH && id != CMD_QUIT &&
           id != CMD_RESET;
}

/* CLIENT PAUSE. A transaction waits as a whole, at its EXEC. */
static bool is_paused(const struct way *way) {
    if (way->client->worker->pauses_all) return true;
    if (way->spec->id == CMD_EXEC) return transaction_writes(way->client);
    return way->spec->flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE) && !is_queued(way);
}

/* What is under way was routed by an older map, or the command changes the connection itself, or the client
 * has a connection of its own, on which one thing happens at a time. */
static bool must_wait(const struct way *way) {
    const struct client *c = way->client;
    if (unlikely(c->worker->paused_until_us != 0) && is_paused(way)) {
        way->client->flags |= CLIENT_PAUSED;
        return true;
    }
    if (likely(c->first == NULL)) return false;
    if (c->epoch != c->worker->map.epoch || c->own) return true;
    if (way->spec->route == ROUTE_LOCAL) return local_waits(way->spec);
    return way->spec->id == CMD_WATCH || needs_own(way);
}

/* The error for a command that may not run now; NULL: it may. */
static const char *refusal(const struct way *way, char *room, size_t size) {
    const struct client *c = way->client;
    unsigned id = way->spec->id;
    if (unlikely(c->flags & CLIENT_NEEDS_AUTH) && !(way->spec->flags & COMMAND_NO_AUTH))
        return "NOAUTH Authentication required.";
    if (unlikely(c->flags & CLIENT_MONITORS) && way->spec->flags & (COMMAND_WRITE | COMMAND_READONLY))
        return "ERR Replica can't interact with the keyspace";
    if (likely(c->subscriber == NULL) || !subscriptions_bind(c)) return NULL;
    if (way->spec->route_kind == ROUTE_KIND_SUBSCRIPTION || id == CMD_PING || id == CMD_QUIT ||
        id == CMD_RESET)
        return NULL;
    snprintf(
        room, size,
        "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
        "this context",
        way->spec->name);
    return room;
}

/* Who watches sees a command behind its reply, if that is the proxy's own. */
static void run_routed(const struct way *way) {
    switch (way->spec->route) {
    case ROUTE_ONE_SLOT: route_by_keys(way); break;
    case ROUTE_SPLIT: route_split(way); break;
    case ROUTE_ALL_SHARDS: route_all(way); break;
    case ROUTE_LOCAL: local_run(way->client, way->spec, way->argv, way->argc); break;
    case ROUTE_PRIVATE: route_private(way); break;
    default: refuse(way); break;
    }
    struct client *c = way->client;
    if (unlikely(monitor_watched(c->worker->monitor))) monitor_show(c, way->spec, way->argv, way->argc);
}

/* A browser that was tricked into sending commands sends these first. */
static bool looks_like_http(struct slice name) {
    return (name.len == 4 && slice_is(name, "post")) || (name.len == 5 && slice_is(name, "host:"));
}

bool dispatch(struct client *c, const struct resp_command *command, struct slice text) {
    struct way way = {c, NULL, command->argv, (int)command->argc, text};
    if (unlikely(looks_like_http(way.argv[0]))) {
        log_warning(c->worker->log,
                    "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or "
                    "Host: commands to the proxy. Connection aborted.");
        client_close(c, false);
        return true;
    }
    way.spec = resolve(c, way.argv, way.argc);
    if (unlikely(way.spec == NULL)) {
        if (transaction_queues(c)) transaction_spoil(c);
        return true;
    }
    c->last_command = way.spec;
    if (unlikely(must_wait(&way))) {
        client_hold(c);
        return false;
    }
    c->worker->stats.commands++;
    char room[192];
    const char *error = refusal(&way, room, sizeof(room));
    if (unlikely(error != NULL)) {
        reply_error(c, error);
        return true;
    }
    if (unlikely(is_queued(&way))) {
        enqueue(&way);
        return true;
    }
    run_routed(&way);
    return true;
}
