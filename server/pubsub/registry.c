/* Who listens to what.
 *
 *      pubsub.kinds[k].names ─► channel ◄──────────── subscription ──────────► session
 *                               └ subscriptions: ─ s ─ s ─ s ─┘ └─ s ─ s ─ : order ┘
 *                                                          session.pubsub (member): names, order
 *
 * A subscription hangs on two lists, its channel's and its member's, so that either side lets go of it at
 * once. Channels exist while they have subscriptions, members while they have any.
 *
 * A message is encoded once. The two protocols differ in its first byte only ('*' or '>'), which is set per
 * receiver; the rest is a copy into the receiver's writer. */
#include "common/base/buf.h"
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/pubsub/pubsub_int.h"

/* --- life --- */

struct pubsub *pubsub_create(struct conf *conf) {
    struct pubsub *ps = mem_zalloc(sizeof(*ps));
    for (int k = 0; k < PUBSUB_KINDS; k++)
        list_init(&ps->kinds[k].all);
    if (conf) notify_register_options(ps, conf);
    return ps;
}

void pubsub_start(struct pubsub *ps, struct keyspace *ks, struct exec *exec) {
    ps->keyspace = ks;
    ps->exec = exec;
    for (int k = 0; k < PUBSUB_KINDS; k++)
        map_init(&ps->kinds[k].names, rng_next(&ks->rng));
    notify_start(ps);
}

void pubsub_destroy(struct pubsub **ps) {
    for (int k = 0; k < PUBSUB_KINDS; k++) {
        must((*ps)->kinds[k].names.count == 0);
        map_deinit(&(*ps)->kinds[k].names);
    }
    buf_deinit(&(*ps)->message);
    mem_free_sized(*ps, sizeof(**ps));
    *ps = NULL;
}

/* --- subscriptions --- */

static struct pubsub_member *member_of(struct pubsub *ps, struct session *s) {
    if (s->pubsub) return s->pubsub;
    struct pubsub_member *m = s->pubsub = mem_zalloc(sizeof(*m));
    for (int k = 0; k < PUBSUB_KINDS; k++) {
        map_init(&m->names[k], rng_next(&ps->keyspace->rng));
        list_init(&m->order[k]);
    }
    resp_writer_init(&m->waiting, s->reply.pool);
    return m;
}

static bool member_is_empty(const struct pubsub_member *m) {
    return m->names[PUBSUB_CHANNEL].count + m->names[PUBSUB_PATTERN].count + m->names[PUBSUB_SHARD].count ==
           0;
}

/* Frees the member when it has no subscriptions; messages that it was sent before are still delivered. */
static void member_release(struct session *s) {
    struct pubsub_member *m = s->pubsub;
    if (m == NULL || !member_is_empty(m)) return;
    s->flags &= ~(uint32_t)SESSION_SUBSCRIBED;
    if (resp_writer_bytes(&m->waiting)) return; /* pubsub_session_deliver comes back here */
    for (int k = 0; k < PUBSUB_KINDS; k++)
        map_deinit(&m->names[k]);
    resp_writer_deinit(&m->waiting);
    mem_free_sized(m, sizeof(*m));
    s->pubsub = NULL;
}

static struct channel *channel_of(struct pubsub *ps, enum pubsub_kind kind, struct slice name) {
    struct channel *ch = map_get(&ps->kinds[kind].names, name);
    if (ch) return ch;
    ch = mem_alloc(sizeof(*ch) + name.len);
    ch->count = 0;
    ch->name_len = name.len;
    memcpy(ch->name, name.ptr, name.len);
    list_init(&ch->subscriptions);
    list_append(&ps->kinds[kind].all, &ch->link);
    map_put(&ps->kinds[kind].names, name, ch);
    return ch;
}

/* The subscription, its place in the map of names, and the channel's name. */
static size_t subscription_bytes(const struct subscription *sub) {
    return sizeof(*sub) + sub->channel->name_len + 2 * sizeof(void *);
}

bool pubsub_subscribe(struct pubsub *ps, struct session *s, enum pubsub_kind kind, struct slice name) {
    struct pubsub_member *m = member_of(ps, s);
    if (map_get(&m->names[kind], name)) return false;
    struct subscription *sub = mem_alloc(sizeof(*sub));
    sub->channel = channel_of(ps, kind, name);
    sub->session = s;
    sub->channel->count++;
    list_append(&sub->channel->subscriptions, &sub->in_channel);
    list_append(&m->order[kind], &sub->in_member);
    map_put(&m->names[kind], name, sub);
    m->bytes += subscription_bytes(sub);
    s->flags |= SESSION_SUBSCRIBED;
    return true;
}

static void drop(struct pubsub *ps, enum pubsub_kind kind, struct subscription *sub) {
    struct channel *ch = sub->channel;
    sub->session->pubsub->bytes -= subscription_bytes(sub);
    map_remove(&sub->session->pubsub->names[kind], channel_name(ch));
    list_remove(&sub->in_channel);
    list_remove(&sub->in_member);
    mem_free_sized(sub, sizeof(*sub));
    if (--ch->count) return;
    map_remove(&ps->kinds[kind].names, channel_name(ch));
    list_remove(&ch->link);
    mem_free_sized(ch, sizeof(*ch) + ch->name_len);
}

bool pubsub_unsubscribe(struct pubsub *ps, struct session *s, enum pubsub_kind kind, struct slice name) {
    struct subscription *sub = s->pubsub ? map_get(&s->pubsub->names[kind], name) : NULL;
    if (sub == NULL) return false;
    drop(ps, kind, sub);
    member_release(s);
    return true;
}

void pubsub_session_gone(struct pubsub *ps, struct session *s) {
    struct pubsub_member *m = s->pubsub;
    if (m == NULL) return;
    for (int k = 0; k < PUBSUB_KINDS; k++)
        while (!list_empty(&m->order[k]))
            drop(ps, k, LIST_OWNER(m->order[k].next, struct subscription, in_member));
    resp_writer_deinit(&m->waiting);
    s->flags &= ~(uint32_t)SESSION_PUSHES_WAIT;
    member_release(s);
}

/* --- counts --- */

size_t pubsub_session_count(const struct session *s, enum pubsub_kind kind) {
    return s->pubsub ? s->pubsub->names[kind].count : 0;
}

size_t pubsub_session_bytes(const struct session *s) {
    return s->pubsub ? sizeof(*s->pubsub) + s->pubsub->bytes + s->pubsub->waiting.chunk_bytes : 0;
}

size_t pubsub_count(const struct pubsub *ps, enum pubsub_kind kind) {
    return ps->kinds[kind].names.count;
}

size_t pubsub_subscribers(const struct pubsub *ps, enum pubsub_kind kind, struct slice name) {
    const struct channel *ch = map_get(&ps->kinds[kind].names, name);
    return ch ? ch->count : 0;
}

/* --- messages --- */

static void add_bulk(struct buf *b, struct slice s) {
    char header[NUM_INT64_CHARS_MAX + 3];
    size_t n = num_format_uint64(header + 1, s.len) + 1;
    header[0] = '$';
    header[n++] = '\r';
    header[n++] = '\n';
    buf_reserve(b, n + s.len + 2);
    buf_append(b, header, n);
    buf_append_slice(b, s);
    buf_append(b, "\r\n", 2);
}

/* Into ps->message; `pattern` of null pointer: none. */
static void encode(struct pubsub *ps, const char *header, struct slice pattern, struct slice channel,
                   struct slice message) {
    buf_clear(&ps->message);
    buf_append_str(&ps->message, header);
    if (pattern.ptr) add_bulk(&ps->message, pattern);
    add_bulk(&ps->message, channel);
    add_bulk(&ps->message, message);
}

/* A message to the very session whose command is running must not land inside that command's reply: it waits
 * for the command's end. */
static void push(struct session *s, const struct session *running, const struct buf *message) {
    struct resp_writer *w = &s->reply;
    if (unlikely(s == running)) {
        w = &s->pubsub->waiting;
        s->flags |= SESSION_PUSHES_WAIT;
    }
    message->ptr[0] = s->reply.proto == 2 ? '*' : '>';
    resp_raw(w, message->ptr, message->len);
    if (likely(s != running)) session_output_pending(s);
}

static size_t push_all(struct pubsub *ps, struct channel *ch) {
    const struct session *running = ps->exec ? exec_running_session(ps->exec) : NULL;
    LIST_FOR(it, tmp, &ch->subscriptions) {
        push(LIST_OWNER(it, struct subscription, in_channel)->session, running, &ps->message);
    }
    return ch->count;
}

size_t pubsub_publish(struct pubsub *ps, struct slice channel, struct slice message, bool sharded) {
    enum pubsub_kind kind = sharded ? PUBSUB_SHARD : PUBSUB_CHANNEL;
    size_t receivers = 0;
    struct channel *ch = ps->kinds[kind].names.count ? map_get(&ps->kinds[kind].names, channel) : NULL;
    if (ch) {
        encode(ps, sharded ? "*3\r\n$8\r\nsmessage\r\n" : "*3\r\n$7\r\nmessage\r\n", (struct slice){0},
               channel, message);
        receivers += push_all(ps, ch);
    }
    if (sharded) return receivers;
    LIST_FOR(it, tmp, &ps->kinds[PUBSUB_PATTERN].all) {
        struct channel *pattern = LIST_OWNER(it, struct channel, link);
        if (!glob_match(pattern->name, pattern->name_len, channel.ptr, channel.len, false)) continue;
        encode(ps, "*4\r\n$8\r\npmessage\r\n", channel_name(pattern), channel, message);
        receivers += push_all(ps, pattern);
    }
    return receivers;
}

/* `left` is what the receiver has left of sharded channels, so each is encoded for itself. */
static void push_unsubscribed(struct pubsub *ps, struct session *s, struct slice channel, size_t left) {
    buf_clear(&ps->message);
    buf_append_str(&ps->message, "*3\r\n$12\r\nsunsubscribe\r\n");
    add_bulk(&ps->message, channel);
    buf_printf(&ps->message, ":%zu\r\n", left);
    push(s, ps->exec ? exec_running_session(ps->exec) : NULL, &ps->message);
}

size_t pubsub_drop_sharded(struct pubsub *ps, bool (*lost)(void *owner, struct slice channel), void *owner) {
    size_t dropped = 0;
    LIST_FOR(at, next, &ps->kinds[PUBSUB_SHARD].all) {
        struct channel *ch = LIST_OWNER(at, struct channel, link);
        if (!lost(owner, channel_name(ch))) continue;
        dropped++;
        for (bool last = false; !last;) { /* the channel goes with its last subscription */
            struct subscription *sub = LIST_OWNER(ch->subscriptions.next, struct subscription, in_channel);
            struct session *s = sub->session;
            last = ch->count == 1;
            push_unsubscribed(ps, s, channel_name(ch), s->pubsub->names[PUBSUB_SHARD].count - 1);
            drop(ps, PUBSUB_SHARD, sub);
            member_release(s);
        }
    }
    return dropped;
}

struct resp_writer *pubsub_confirmations(struct pubsub *ps, struct session *s) {
    if (likely(!(s->flags & (SESSION_REPLY_OFF | SESSION_REPLY_SKIP)))) return &s->reply;
    struct resp_writer *w = &member_of(ps, s)->waiting;
    w->proto = s->reply.proto;
    s->flags |= SESSION_PUSHES_WAIT;
    return w;
}

void pubsub_session_deliver(struct session *s) {
    s->flags &= ~(uint32_t)SESSION_PUSHES_WAIT;
    if (s->pubsub == NULL) return;
    resp_writer_splice(&s->reply, &s->pubsub->waiting);
    member_release(s);
}

/* --- INFO --- */

static void write_stats(struct buf *out, void *module) {
    const struct pubsub *ps = module;
    buf_printf(out, "pubsub_channels:%zu\r\n", pubsub_count(ps, PUBSUB_CHANNEL));
    buf_printf(out, "pubsub_patterns:%zu\r\n", pubsub_count(ps, PUBSUB_PATTERN));
    buf_printf(out, "pubsubshard_channels:%zu\r\n", pubsub_count(ps, PUBSUB_SHARD));
}

static const struct info_section stats_section = {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 50,
                                                  write_stats};

void pubsub_register_info(struct pubsub *ps, struct info_registry *registry) {
    info_register(registry, &stats_section, ps);
}
