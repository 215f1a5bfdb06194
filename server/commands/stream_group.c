/* XGROUP and XACK: making and ending groups and consumers, moving a group, acknowledging.
 *
 * Groups are no concern of WATCH, as in Redis, but for a new one, which may have made its stream. */
#include "commands/command_ids.h"
#include "common/commands/describe.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/waiting.h"

/* --- what the subcommands share --- */

#define ERR_GROUP_NEEDS_KEY                                                                                  \
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "     \
    "MKSTREAM "                                                                                              \
    "option to create an empty stream automatically."

/* Opens argv[2]; false: an error was replied. */
static bool open_stream(struct call *call, struct key_ref *ref, bool absent_is_fine) {
    if (!key_open_typed(call, 2, VALUE_STREAM, ref)) return false;
    if (key_entry(ref) || absent_is_fine) return true;
    resp_error(call->reply, ERR_GROUP_NEEDS_KEY);
    return false;
}

/* And finds the group argv[3]. */
static struct stream_group *open_group(struct call *call, struct key_ref *ref) {
    if (!open_stream(call, ref, false)) return NULL;
    struct stream_group *g = stream_group_open(stream_of(key_entry(ref)), call->argv[3]);
    if (g == NULL)
        resp_errorf(call->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'",
                    (int)call->argv[3].len, call->argv[3].ptr, (int)call->argv[2].len, call->argv[2].ptr);
    return g;
}

struct position_request {
    bool make_stream;
    int64_t entries_read;
};

/* What may follow the id of CREATE and SETID. */
static bool parse_position(struct call *call, struct position_request *r, bool creates) {
    *r = (struct position_request){.entries_read = STREAM_READ_UNKNOWN};
    for (int i = 5; i < call->argc; i++) {
        if (creates && slice_is(call->argv[i], "mkstream")) {
            r->make_stream = true;
        } else if (slice_is(call->argv[i], "entriesread") && i + 1 < call->argc) {
            if (!call_int64(call, ++i, &r->entries_read)) return false;
            if (r->entries_read < 0 && r->entries_read != STREAM_READ_UNKNOWN) {
                resp_error(call->reply, "ERR value for ENTRIESREAD must be positive or -1");
                return false;
            }
        } else {
            call_error_subcommand(call);
            return false;
        }
    }
    return true;
}

/* No option may come twice. */
static bool check_argc(struct call *call, int argc_max) {
    if (call->argc > argc_max) call_error_subcommand(call);
    return call->argc <= argc_max;
}

/* The id argv[4], where `$` is the last one of the stream (NULL: there is none yet). */
static bool position_arg(struct call *call, const struct stream *s, struct stream_id *id) {
    if (!slice_is(call->argv[4], "$")) return stream_id_arg(call, 4, id);
    *id = s ? s->last_id : STREAM_ID_MIN;
    return true;
}

/* --- groups --- */

static void cmd_xgroup_create(struct call *call) {
    struct position_request r;
    struct key_ref ref;
    struct stream_id id;
    if (!parse_position(call, &r, true) || !open_stream(call, &ref, r.make_stream)) return;
    struct stream *s = key_entry(&ref) ? stream_of(key_entry(&ref)) : NULL;
    if (!check_argc(call, 8) || !position_arg(call, s, &id)) return;

    bool made = key_entry(&ref) == NULL;
    if (made) key_store(call, &ref, stream_create(ref.name));
    if (!stream_group_create(stream_of(key_entry(&ref)), call->argv[3], id, r.entries_read)) {
        resp_error(call->reply, "BUSYGROUP Consumer Group name already exists");
        return;
    }
    if (made)
        key_changed(call, &ref, NOTIFY_STREAM, "xgroup-create");
    else
        stream_group_changed(call, &ref, "xgroup-create");

    resp_ok(call->reply);
}

static void cmd_xgroup_setid(struct call *call) {
    struct position_request r;
    struct key_ref ref;
    struct stream_id id;
    if (!parse_position(call, &r, false)) return;
    struct stream_group *g = open_group(call, &ref);
    if (g == NULL || !check_argc(call, 7)) return;
    if (slice_is(call->argv[4], "-"))
        id = STREAM_ID_MIN;
    else if (slice_is(call->argv[4], "+"))
        id = STREAM_ID_MAX;
    else if (!position_arg(call, stream_of(key_entry(&ref)), &id))
        return;

    g->last_id = id;
    g->entries_read = r.entries_read;
    stream_group_changed(call, &ref, "xgroup-setid");

    resp_ok(call->reply);
}

/* A group may hold millions of pending entries, so it is freed as a stream of its own would be. Who waits for
 * it is run again, and finds that it has gone. */
static void cmd_xgroup_destroy(struct call *call) {
    struct key_ref ref;
    if (!open_stream(call, &ref, false)) return;

    struct stream *gone = stream_group_detach(stream_of(key_entry(&ref)), call->argv[3]);
    if (gone) {
        reaper_dispose(call->keyspace->reaper, stream_entry_create(ref.name, ENTRY_NO_DEADLINE, gone));
        stream_group_changed(call, &ref, "xgroup-destroy");
        waiting_key_changed(call->keyspace, ref.db, ref.name);
    }

    resp_int(call->reply, gone != NULL);
}

/* --- consumers --- */

static void cmd_xgroup_createconsumer(struct call *call) {
    struct key_ref ref;
    struct stream_group *g = open_group(call, &ref);
    if (g == NULL) return;

    bool created = stream_consumer_create(g, call->argv[4], call->now_ms) != NULL;
    if (created) stream_group_changed(call, &ref, "xgroup-createconsumer");

    resp_int(call->reply, created);
}

static void cmd_xgroup_delconsumer(struct call *call) {
    struct key_ref ref;
    struct stream_group *g = open_group(call, &ref);
    if (g == NULL) return;

    size_t pending = 0;
    struct stream_consumer *c = stream_consumer_find(g, call->argv[4]);
    if (c) {
        pending = stream_consumer_remove(g, c);
        stream_group_changed(call, &ref, "xgroup-delconsumer");
    }

    resp_int(call->reply, (int64_t)pending);
}

static void cmd_xgroup_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_XGROUP));
}

/* --- acknowledging --- */

static void cmd_xack(struct call *call) {
    struct key_ref ref;
    if (!stream_open_read(call, &ref)) return;
    struct stream_group *g =
        key_entry(&ref) ? stream_group_open(stream_of(key_entry(&ref)), call->argv[2]) : NULL;
    if (g == NULL) {
        resp_int(call->reply, 0);
        return;
    }
    /* all ids must be right before any is acknowledged */
    struct stream_id id;
    for (int i = 3; i < call->argc; i++)
        if (!stream_id_arg(call, i, &id)) return;

    uint64_t acked = 0;
    for (int i = 3; i < call->argc; i++) {
        stream_id_parse(call->argv[i], 0, &id);
        acked += stream_nack_remove(g, id);
    }
    key_changed_more(call, acked);

    resp_int(call->reply, (int64_t)acked);
}

const struct command_binding stream_group_bindings[] = {
    {CMD_XGROUP_CREATE, cmd_xgroup_create},
    {CMD_XGROUP_SETID, cmd_xgroup_setid},
    {CMD_XGROUP_DESTROY, cmd_xgroup_destroy},
    {CMD_XGROUP_CREATECONSUMER, cmd_xgroup_createconsumer},
    {CMD_XGROUP_DELCONSUMER, cmd_xgroup_delconsumer},
    {CMD_XGROUP_HELP, cmd_xgroup_help},
    {CMD_XACK, cmd_xack},
    COMMAND_BINDINGS_END,
};
