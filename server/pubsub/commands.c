/* The commands of publish and subscribe.
 *
 * Subscribing and unsubscribing answer once per name: kind, name, and how many subscriptions are left. The
 * count of channels and patterns is common, that of sharded channels stands alone. */
#include "commands/command_ids.h"
#include "common/base/glob.h"
#include "common/commands/describe.h"
#include "server/keyspace/call.h"
#include "server/pubsub/pubsub_int.h"

static size_t shown_count(const struct session *s, enum pubsub_kind kind) {
    if (kind == PUBSUB_SHARD) return pubsub_session_count(s, PUBSUB_SHARD);
    return pubsub_session_count(s, PUBSUB_CHANNEL) + pubsub_session_count(s, PUBSUB_PATTERN);
}

static const char *const subscribe_words[] = {"subscribe", "psubscribe", "ssubscribe"};
static const char *const unsubscribe_words[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};

static void subscribe(struct call *call, enum pubsub_kind kind) {
    for (int i = 1; i < call->argc; i++) {
        pubsub_subscribe(call->module, call->session, kind, call->argv[i]);
        struct resp_writer *w = pubsub_confirmations(call->module, call->session);
        resp_push(w, 3);
        resp_bulk_cstr(w, subscribe_words[kind]);
        resp_bulk_slice(w, call->argv[i]);
        resp_int(w, (int64_t)shown_count(call->session, kind));
    }
}

static void reply_unsubscribed(struct call *call, enum pubsub_kind kind, const struct slice *name,
                               size_t left) {
    struct resp_writer *w = pubsub_confirmations(call->module, call->session);
    resp_push(w, 3);
    resp_bulk_cstr(w, unsubscribe_words[kind]);
    if (name)
        resp_bulk_slice(w, *name);
    else
        resp_null(w);
    resp_int(w, (int64_t)left);
}

static void unsubscribe_all(struct call *call, enum pubsub_kind kind) {
    struct session *s = call->session;
    if (pubsub_session_count(s, kind) == 0) {
        reply_unsubscribed(call, kind, NULL, shown_count(s, kind));
        return;
    }
    while (pubsub_session_count(s, kind)) {
        struct subscription *sub = LIST_OWNER(s->pubsub->order[kind].next, struct subscription, in_member);
        struct slice name = channel_name(sub->channel);
        reply_unsubscribed(call, kind, &name, shown_count(s, kind) - 1);
        pubsub_unsubscribe(call->module, s, kind, name);
    }
}

static void unsubscribe(struct call *call, enum pubsub_kind kind) {
    if (call->argc == 1) {
        unsubscribe_all(call, kind);
        return;
    }
    for (int i = 1; i < call->argc; i++) {
        pubsub_unsubscribe(call->module, call->session, kind, call->argv[i]);
        reply_unsubscribed(call, kind, &call->argv[i], shown_count(call->session, kind));
    }
}

static void cmd_subscribe(struct call *call) {
    subscribe(call, PUBSUB_CHANNEL);
}
static void cmd_psubscribe(struct call *call) {
    subscribe(call, PUBSUB_PATTERN);
}
static void cmd_ssubscribe(struct call *call) {
    subscribe(call, PUBSUB_SHARD);
}
static void cmd_unsubscribe(struct call *call) {
    unsubscribe(call, PUBSUB_CHANNEL);
}
static void cmd_punsubscribe(struct call *call) {
    unsubscribe(call, PUBSUB_PATTERN);
}
static void cmd_sunsubscribe(struct call *call) {
    unsubscribe(call, PUBSUB_SHARD);
}

static void cmd_publish(struct call *call) {
    size_t receivers = pubsub_publish(call->module, call->argv[1], call->argv[2], false);
    resp_int(call->reply, (int64_t)receivers);
}

static void cmd_spublish(struct call *call) {
    size_t receivers = pubsub_publish(call->module, call->argv[1], call->argv[2], true);
    resp_int(call->reply, (int64_t)receivers);
}

/* --- PUBSUB --- */

static void reply_names(struct call *call, enum pubsub_kind kind) {
    const struct pubsub *ps = call->module;
    size_t count = 0;
    if (call->argc > 3) {
        call_error_subcommand(call);
        return;
    }
    struct resp_deferred header = resp_deferred(call->reply);
    LIST_FOR(it, tmp, &ps->kinds[kind].all) {
        struct slice name = channel_name(LIST_OWNER(it, struct channel, link));
        if (call->argc == 3 && !glob_match(call->argv[2].ptr, call->argv[2].len, name.ptr, name.len, false))
            continue;
        resp_bulk_slice(call->reply, name);
        count++;
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, count);
}

static void reply_numsub(struct call *call, enum pubsub_kind kind) {
    resp_array(call->reply, (size_t)(call->argc - 2) * 2);
    for (int i = 2; i < call->argc; i++) {
        resp_bulk_slice(call->reply, call->argv[i]);
        resp_int(call->reply, (int64_t)pubsub_subscribers(call->module, kind, call->argv[i]));
    }
}

static void cmd_pubsub_channels(struct call *call) {
    reply_names(call, PUBSUB_CHANNEL);
}
static void cmd_pubsub_shardchannels(struct call *call) {
    reply_names(call, PUBSUB_SHARD);
}
static void cmd_pubsub_numsub(struct call *call) {
    reply_numsub(call, PUBSUB_CHANNEL);
}
static void cmd_pubsub_shardnumsub(struct call *call) {
    reply_numsub(call, PUBSUB_SHARD);
}
static void cmd_pubsub_numpat(struct call *call) {
    resp_int(call->reply, (int64_t)pubsub_count(call->module, PUBSUB_PATTERN));
}
static void cmd_pubsub_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(call->spec->parent));
}

const struct command_binding pubsub_bindings[] = {
    {CMD_SUBSCRIBE, cmd_subscribe},
    {CMD_UNSUBSCRIBE, cmd_unsubscribe},
    {CMD_PSUBSCRIBE, cmd_psubscribe},
    {CMD_PUNSUBSCRIBE, cmd_punsubscribe},
    {CMD_SSUBSCRIBE, cmd_ssubscribe},
    {CMD_SUNSUBSCRIBE, cmd_sunsubscribe},
    {CMD_PUBLISH, cmd_publish},
    {CMD_SPUBLISH, cmd_spublish},
    {CMD_PUBSUB_CHANNELS, cmd_pubsub_channels},
    {CMD_PUBSUB_SHARDCHANNELS, cmd_pubsub_shardchannels},
    {CMD_PUBSUB_NUMSUB, cmd_pubsub_numsub},
    {CMD_PUBSUB_SHARDNUMSUB, cmd_pubsub_shardnumsub},
    {CMD_PUBSUB_NUMPAT, cmd_pubsub_numpat},
    {CMD_PUBSUB_HELP, cmd_pubsub_help},
    COMMAND_BINDINGS_END,
};
