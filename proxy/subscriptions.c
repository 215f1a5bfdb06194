/* A feed is one RESP3 connection to a server; what is subscribed on it, it pushes.
 *
 *      client, client ──► channel "news" ──► feed of the owner of the channel's slot
 *      client         ──► pattern "n*"   ──► feeds of all servers
 *      client         ──► "__keyevent@0__:del" ──► feeds of all: a key's events come from the key's owner
 *
 * PUBLISH goes to the owner of the channel's slot (its routing word says so), hence each message comes over
 * one feed only. A client is told that it is subscribed when the servers have confirmed it: behind SUBSCRIBE
 * the feed sends PING, whose reply comes after the confirmation. Feeds that broke, and channels whose slot
 * has a new owner, are put right by subscriptions_tend. */
#include "proxy/subscriptions.h"
#include "commands/command_ids.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/resp/resp_reply.h"
#include "proxy/worker.h"

enum kind { KIND_CHANNEL, KIND_PATTERN, KIND_SHARDED, KINDS };

static const struct {
    const char *subscribe, *unsubscribe; /* as the replies name them, and as commands */
    char mark;                           /* first byte of the key in the maps */
} kinds[KINDS] = {{"subscribe", "unsubscribe", 'c'},
                  {"psubscribe", "punsubscribe", 'p'},
                  {"ssubscribe", "sunsubscribe", 's'}};

struct channel {
    enum kind kind;
    struct link members;
    struct upstream *owner; /* NULL: everywhere, or nobody owns the slot */
    bool everywhere;
    struct buf key; /* mark and name */
};

struct membership {
    struct link link; /* in channel.members */
    struct channel *channel;
    struct subscriber *subscriber;
};

struct subscriber {
    struct client *client;
    struct map memberships; /* key as the channel's */
    unsigned count[KINDS];
};

struct subscriptions {
    struct worker *worker;
    struct map channels;
    uint64_t epoch; /* of the slot map that owners were found by */
    bool broken;    /* a feed was lost */
    struct buf key; /* room */
};

struct subscriptions *subscriptions_create(struct worker *w) {
    struct subscriptions *s = mem_zalloc(sizeof(*s));
    s->worker = w;
    map_init(&s->channels, (uint64_t)(uintptr_t)s ^ (uint64_t)io_wall_us(w->io));
    return s;
}

void subscriptions_destroy(struct subscriptions **subscriptions) {
    struct subscriptions *s = *subscriptions;
    must(s->channels.count == 0);
    map_deinit(&s->channels);
    buf_deinit(&s->key);
    mem_free_sized(s, sizeof(*s));
    *subscriptions = NULL;
}

static struct slice name_of(const struct channel *ch) {
    return (struct slice){ch->key.ptr + 1, ch->key.len - 1};
}

static struct slice key_of(struct subscriptions *s, enum kind kind, struct slice name) {
    buf_clear(&s->key);
    buf_append_char(&s->key, kinds[kind].mark);
    buf_append_slice(&s->key, name);
    return buf_slice(&s->key);
}

/* --- feeds --- */

static void feed_pushed(struct backend *b, struct slice message);

static void no_reply(struct request *r) {}

static void feed_say(struct backend *feed, const char *command, struct slice name) {
    backend_write_words(&feed->out.writer, (struct slice[]){slice_of(command), name}, 2);
    struct request *ping = request_new(feed->upstream->worker, NULL, NULL);
    ping->done = no_reply;
    backend_send_words(feed, ping, &SLICE("PING"), 1);
}

static bool belongs(const struct channel *ch, const struct upstream *u) {
    return ch->everywhere || ch->owner == u;
}

/* The server's feed, opened with all that belongs there. NULL: the server is down; tend tries again. */
static struct backend *feed_of(struct subscriptions *s, struct upstream *u) {
    if (u->feed) return u->feed;
    u->feed = upstream_feed(u, feed_pushed);
    if (u->feed == NULL) {
        s->broken = true;
        return NULL;
    }
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&s->channels, &cursor, &key, &value)) {
        const struct channel *ch = value;
        if (belongs(ch, u)) feed_say(u->feed, kinds[ch->kind].subscribe, name_of(ch));
    }
    return u->feed;
}

void subscriptions_feed_lost(struct backend *b) {
    struct subscriptions *s = b->upstream->worker->subscriptions;
    if (b->upstream->feed != b) return;
    b->upstream->feed = NULL;
    s->broken = true;
}

static void each_upstream(struct subscriptions *s, const struct channel *ch, const char *command, bool open) {
    struct worker *w = s->worker;
    for (uint16_t i = 0; i < w->map.shard_count; i++) {
        struct upstream *u = worker_upstream(w, i);
        if (!belongs(ch, u)) continue;
        bool fresh = u->feed == NULL;
        struct backend *feed = open ? feed_of(s, u) : u->feed;
        if (feed && !(fresh && open)) feed_say(feed, command, name_of(ch)); /* a fresh one was told already */
    }
}

static struct upstream *owner_of(struct subscriptions *s, const struct channel *ch) {
    return ch->everywhere ? NULL : worker_owner(s->worker, slots_of_key(name_of(ch)));
}

static void move_channels(struct subscriptions *s) {
    size_t cursor = 0;
    struct slice key;
    void *value;
    s->epoch = s->worker->map.epoch;
    while (map_next(&s->channels, &cursor, &key, &value)) {
        struct channel *ch = value;
        struct upstream *owner = owner_of(s, ch);
        if (owner == ch->owner) continue;
        each_upstream(s, ch, kinds[ch->kind].unsubscribe, false);
        ch->owner = owner;
        each_upstream(s, ch, kinds[ch->kind].subscribe, true);
    }
}

/* Owners by another map. What is in both keeps its feed. */
void subscriptions_remapped(struct subscriptions *s) {
    s->broken = true; /* who listens everywhere needs feeds of what is new */
    if (s->channels.count) move_channels(s);
}

void subscriptions_tend(struct subscriptions *s) {
    if (s->channels.count == 0) return;
    if (s->epoch != s->worker->map.epoch) move_channels(s);
    if (!s->broken) return;
    s->broken = false;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&s->channels, &cursor, &key, &value))
        for (uint16_t i = 0; i < s->worker->map.shard_count; i++) {
            struct upstream *u = worker_upstream(s->worker, i);
            if (belongs(value, u)) feed_of(s, u);
        }
}

/* --- messages --- */

static void deliver(const struct channel *ch, struct slice message) {
    LIST_FOR(at, next, &ch->members) {
        struct client *c = LIST_OWNER(at, struct membership, link)->subscriber->client;
        if (c->out.writer.proto == 3) {
            client_push(c, message.ptr, message.len);
        } else {
            struct buf copy = {0};
            buf_append_slice(&copy, message);
            copy.ptr[0] = '*';
            client_push(c, copy.ptr, copy.len);
            buf_deinit(&copy);
        }
    }
}

static void feed_pushed(struct backend *b, struct slice message) {
    struct subscriptions *s = b->upstream->worker->subscriptions;
    const char *at = message.ptr, *end = message.ptr + message.len;
    struct resp_token head, what, name;
    if (!resp_token_next(&at, end, &head) || !resp_token_next(&at, end, &what)) return;
    enum kind kind;
    if (slice_eq(what.text, SLICE("message")))
        kind = KIND_CHANNEL;
    else if (slice_eq(what.text, SLICE("pmessage")))
        kind = KIND_PATTERN;
    else if (slice_eq(what.text, SLICE("smessage")))
        kind = KIND_SHARDED;
    else
        return; /* a confirmation; PING's reply tells the same */
    if (!resp_token_next(&at, end, &name)) return;
    struct channel *ch = map_get(&s->channels, key_of(s, kind, name.text));
    if (ch) deliver(ch, message);
}

/* --- joining and leaving --- */

static struct channel *channel_new(struct subscriptions *s, enum kind kind, struct slice name) {
    struct channel *ch = mem_zalloc(sizeof(*ch));
    bool event =
        name.len > 8 && (memcmp(name.ptr, "__keyspa", 8) == 0 || memcmp(name.ptr, "__keyeve", 8) == 0);
    ch->kind = kind;
    ch->everywhere = kind == KIND_PATTERN || (kind == KIND_CHANNEL && event);
    list_init(&ch->members);
    buf_append_slice(&ch->key, key_of(s, kind, name));
    ch->owner = owner_of(s, ch);
    map_put(&s->channels, buf_slice(&ch->key), ch);
    each_upstream(s, ch, kinds[kind].subscribe, true);
    return ch;
}

static void channel_leave_if_empty(struct subscriptions *s, struct channel *ch) {
    if (!list_empty(&ch->members)) return;
    each_upstream(s, ch, kinds[ch->kind].unsubscribe, false);
    map_remove(&s->channels, buf_slice(&ch->key));
    buf_deinit(&ch->key);
    mem_free_sized(ch, sizeof(*ch));
}

static struct subscriber *subscriber_of(struct client *c) {
    if (c->subscriber == NULL) {
        c->subscriber = mem_zalloc(sizeof(*c->subscriber));
        c->subscriber->client = c;
        map_init(&c->subscriber->memberships, c->id);
    }
    return c->subscriber;
}

static void join(struct subscriptions *s, struct subscriber *who, enum kind kind, struct slice name) {
    if (map_get(&who->memberships, key_of(s, kind, name))) return;
    struct channel *ch = map_get(&s->channels, buf_slice(&s->key));
    if (ch == NULL) ch = channel_new(s, kind, name);
    struct membership *m = mem_zalloc(sizeof(*m));
    m->channel = ch;
    m->subscriber = who;
    list_append(&ch->members, &m->link);
    map_put(&who->memberships, buf_slice(&ch->key), m);
    who->count[kind]++;
}

static void leave(struct subscriptions *s, struct subscriber *who, struct membership *m) {
    struct channel *ch = m->channel;
    map_remove(&who->memberships, buf_slice(&ch->key));
    who->count[ch->kind]--;
    list_remove(&m->link);
    mem_free_sized(m, sizeof(*m));
    channel_leave_if_empty(s, ch);
}

void subscriptions_drop(struct client *c) {
    struct subscriber *who = c->subscriber;
    if (who == NULL) return;
    c->subscriber = NULL;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&who->memberships, &cursor, &key, &value))
        leave(c->worker->subscriptions, who, value);
    map_deinit(&who->memberships);
    mem_free_sized(who, sizeof(*who));
}

bool subscriptions_bind(const struct client *c) {
    const struct subscriber *who = c->subscriber;
    return who && c->out.writer.proto == 2 &&
           who->count[KIND_CHANNEL] + who->count[KIND_PATTERN] + who->count[KIND_SHARDED];
}

unsigned subscriptions_count(const struct client *c, enum subscription_kind kind) {
    _Static_assert(SUBSCRIPTION_CHANNELS == (int)KIND_CHANNEL && SUBSCRIPTION_SHARDED == (int)KIND_SHARDED,
                   "one order");
    return c->subscriber ? c->subscriber->count[kind] : 0;
}

/* --- commands --- */

static void write_reply(struct resp_writer *w, const struct subscriber *who, enum kind kind, bool joined,
                        const struct slice *name) {
    resp_push(w, 3);
    resp_bulk_cstr(w, joined ? kinds[kind].subscribe : kinds[kind].unsubscribe);
    if (name)
        resp_bulk_slice(w, *name);
    else
        resp_null(w);
    resp_int(w,
             kind == KIND_SHARDED ? who->count[kind] : who->count[KIND_CHANNEL] + who->count[KIND_PATTERN]);
}

struct confirmation {
    struct worker *worker;
    struct request *whole;
    unsigned left;
};

static void confirm(struct confirmation *f) {
    if (--f->left) return;
    f->whole->flags &= (uint8_t)~REQUEST_PARTS;
    if (f->whole->client)
        request_answer(f->worker, f->whole);
    else
        request_release(f->worker, f->whole);
    mem_free_sized(f, sizeof(*f));
}

static void confirmed(struct request *ping) {
    confirm(ping->owner);
}

/* The reply leaves when all feeds have said what they were told to. */
static void answer_when_confirmed(struct client *c, const struct command_spec *spec,
                                  struct resp_writer *reply) {
    struct worker *w = c->worker;
    struct request *whole = request_new(w, c, spec);
    struct resp_chunk *chain = resp_writer_take(reply);
    for (struct resp_chunk *chunk = chain; chunk; chunk = chunk->next)
        buf_append(&whole->reply, chunk->bytes, chunk->len);
    resp_chunks_return(&w->pool, chain);
    struct confirmation *f = mem_zalloc(sizeof(*f));
    *f = (struct confirmation){w, whole, 1};
    whole->flags |= REQUEST_PARTS;
    client_queue(c, whole, whole->reply.len);
    whole->flags &= (uint8_t)~REQUEST_MUTE; /* messages and what belongs to them always come */
    for (unsigned i = 0; i < w->upstream_count; i++) {
        struct backend *feed = w->upstreams[i] ? w->upstreams[i]->feed : NULL;
        if (feed == NULL || feed->first == NULL) continue;
        struct request *ping = request_new(w, NULL, NULL);
        ping->done = confirmed;
        ping->owner = f;
        f->left++;
        backend_send_words(feed, ping, &SLICE("PING"), 1);
    }
    confirm(f);
}

/* UNSUBSCRIBE without names: from all of the kind. */
static void leave_all(struct subscriptions *s, struct subscriber *who, enum kind kind,
                      struct resp_writer *reply) {
    bool any = false;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&who->memberships, &cursor, &key, &value)) {
        struct membership *m = value;
        if (m->channel->kind != kind) continue;
        struct buf name = {0};
        buf_append_slice(&name, name_of(m->channel));
        leave(s, who, m);
        write_reply(reply, who, kind, false, &(struct slice){name.ptr, name.len});
        buf_deinit(&name);
        any = true;
    }
    if (!any) write_reply(reply, who, kind, false, NULL);
}

void subscriptions_run(struct client *c, const struct command_spec *spec, const struct slice *argv,
                       int argc) {
    struct subscriptions *s = c->worker->subscriptions;
    struct subscriber *who = subscriber_of(c);
    struct resp_writer reply;
    enum kind kind = spec->id == CMD_PSUBSCRIBE || spec->id == CMD_PUNSUBSCRIBE   ? KIND_PATTERN
                     : spec->id == CMD_SSUBSCRIBE || spec->id == CMD_SUNSUBSCRIBE ? KIND_SHARDED
                                                                                  : KIND_CHANNEL;
    bool joins = spec->id == CMD_SUBSCRIBE || spec->id == CMD_PSUBSCRIBE || spec->id == CMD_SSUBSCRIBE;
    resp_writer_init(&reply, &c->worker->pool);
    reply.proto = c->out.writer.proto;
    if (argc == 1) leave_all(s, who, kind, &reply);
    for (int i = 1; i < argc; i++) {
        struct membership *m = joins ? NULL : map_get(&who->memberships, key_of(s, kind, argv[i]));
        if (joins) join(s, who, kind, argv[i]);
        if (m) leave(s, who, m);
        write_reply(&reply, who, kind, joins, &argv[i]);
    }
    answer_when_confirmed(c, spec, &reply);
    resp_writer_deinit(&reply);
}
