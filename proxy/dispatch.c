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
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/commands/describe.h"
#include "common/commands/keys.h"
#include "proxy/gather.h"
#include "proxy/local.h"
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

static void send_to(const struct way *way, struct upstream *u, uint16_t slot) {
    struct client *c = way->client;
    struct worker *w = c->worker;
    struct backend *b = u ? upstream_backend(u, c->db, c->out.writer.proto) : NULL;
    if (unlikely(b == NULL)) {
        char text[256] = "CLUSTERDOWN Hash slot not served";
        if (u)
            snprintf(text, sizeof(text), "CLUSTERDOWN shard '%s' at %s is down: %s", u->shard, u->at.text,
                     u->down_why);
        w->stats.refused_down++;
        reply_error(c, text);
        return;
    }
    struct request *r = request_new(w, c, way->spec);
    r->slot = slot;
    client_queue(c, r);
    if (likely(way->text.ptr[0] == '*'))
        backend_send(b, r, way->text.ptr, way->text.len);
    else
        backend_send_words(b, r, way->argv, way->argc);
    c->queued_bytes += r->text_len;
    w->stats.forwarded++;
}

/* --- keys and their slots --- */

static void cross_slot(struct client *c) {
    reply_error(c, "CROSSSLOT Keys in request don't hash to the same slot; keys with the same {tag} do");
}

static void route_by_keys(const struct way *way) {
    struct client *c = way->client;
    struct worker *w = c->worker;
    int single = command_key_single(way->spec);
    if (likely(single && single < way->argc)) {
        uint16_t slot = slots_of_key(way->argv[single]);
        send_to(way, worker_owner(w, slot), slot);
        return;
    }
    int found = command_keys_options(way->spec, way->argv, way->argc, KEYS_WITH_NOT_KEYS, &w->keys);
    if (found != KEYS_OK || w->keys.count == 0) { /* any server knows what to say to it */
        uint16_t slot =
            way->spec->route_kind == ROUTE_KIND_CHANNEL && way->argc > 1 ? slots_of_key(way->argv[1]) : 0;
        send_to(way, worker_owner(w, slot), slot);
        return;
    }
    uint16_t slot = slots_of_key(way->argv[w->keys.refs[0].pos]);
    for (int i = 1; i < w->keys.count; i++)
        if (slots_of_key(way->argv[w->keys.refs[i].pos]) != slot) {
            cross_slot(c);
            return;
        }
    send_to(way, worker_owner(w, slot), slot);
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
        gather_split(way->client, way->spec, way->argv, way->argc, slots, count);
    if (slots != few) mem_free(slots);
}

static void route_all(const struct way *way) {
    struct client *c = way->client;
    if (likely(way->text.ptr[0] == '*')) {
        gather_all_shards(c, way->spec, way->text);
        return;
    }
    struct buf text = {0};
    buf_printf(&text, "*%d\r\n", way->argc);
    for (int i = 0; i < way->argc; i++) {
        buf_printf(&text, "$%zu\r\n", way->argv[i].len);
        buf_append_slice(&text, way->argv[i]);
        buf_append_str(&text, "\r\n");
    }
    gather_all_shards(c, way->spec, buf_slice(&text));
    buf_deinit(&text);
}

static void refuse(const struct way *way) {
    char text[128];
    snprintf(text, sizeof(text), "ERR the proxy does not pass on '%s': ask the server itself",
             way->spec->name);
    reply_error(way->client, text);
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
    if (likely(text.len == 0) && likely(command_arity_ok(spec, argc))) return spec;
    if (text.len == 0) buf_printf(&text, "ERR wrong number of arguments for '%s' command", spec->name);
    reply_error(c, buf_cstr(&text));
    buf_deinit(&text);
    return NULL;
}

/* What is under way was routed by an older map, or the command changes the connection itself. */
static bool must_wait(const struct client *c, const struct command_spec *spec) {
    if (likely(c->first == NULL)) return false;
    return c->epoch != c->worker->map.epoch || (spec->route == ROUTE_LOCAL && local_waits(spec));
}

bool dispatch(struct client *c, const struct resp_command *command, struct slice text) {
    struct way way = {c, NULL, command->argv, (int)command->argc, text};
    way.spec = resolve(c, way.argv, way.argc);
    if (unlikely(way.spec == NULL)) return true;
    if (unlikely(must_wait(c, way.spec))) {
        client_hold(c);
        return false;
    }
    c->worker->stats.commands++;
    c->last_command = way.spec;
    if (unlikely(c->flags & CLIENT_NEEDS_AUTH) && !(way.spec->flags & COMMAND_NO_AUTH)) {
        reply_error(c, "NOAUTH Authentication required.");
        return true;
    }
    switch (way.spec->route) {
    case ROUTE_ONE_SLOT: route_by_keys(&way); break;
    case ROUTE_SPLIT: route_split(&way); break;
    case ROUTE_ALL_SHARDS: route_all(&way); break;
    case ROUTE_LOCAL: local_run(c, way.spec, way.argv, way.argc); break;
    default: refuse(&way); break;
    }
    return true;
}
