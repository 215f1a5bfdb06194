/* XINFO: what is known of a stream, its groups and their consumers.
 *
 * radix-tree-keys and radix-tree-nodes keep the names that Redis gave them: the listpacks that hold the
 * entries, and the nodes of the tree that finds them. */
#include "commands/command_ids.h"
#include "common/commands/describe.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"

#define FULL_COUNT 10

/* --- pieces --- */

static void answer_field_int(struct resp_writer *w, const char *name, int64_t value) {
    resp_bulk_cstr(w, name);
    resp_int(w, value);
}

static void answer_field_id(struct resp_writer *w, const char *name, struct stream_id id) {
    resp_bulk_cstr(w, name);
    stream_answer_id(w, id);
}

static void answer_field_name(struct resp_writer *w, struct slice name) {
    resp_bulk_cstr(w, "name");
    resp_bulk_slice(w, name);
}

/* entries-read and lag, which may be unknown. */
static void answer_progress(struct resp_writer *w, const struct stream *s, const struct stream_group *g) {
    resp_bulk_cstr(w, "entries-read");
    if (g->entries_read == STREAM_READ_UNKNOWN)
        resp_null(w);
    else
        resp_int(w, g->entries_read);
    int64_t lag;
    resp_bulk_cstr(w, "lag");
    if (stream_group_lag(s, g, &lag))
        resp_int(w, lag);
    else
        resp_null(w);
}

static int64_t since(const struct call *call, int64_t when_ms) {
    return call->now_ms > when_ms ? call->now_ms - when_ms : 0;
}

/* --- GROUPS and CONSUMERS --- */

static const struct stream *read_stream(struct call *call) {
    const struct stream *s;
    if (!stream_read_arg(call, 2, &s)) return NULL;
    if (s == NULL) resp_error(call->reply, ERR_NO_KEY);
    return s;
}

static void cmd_xinfo_groups(struct call *call) {
    const struct stream *s = read_stream(call);
    if (s == NULL) return;
    struct resp_writer *w = call->reply;
    resp_array(w, s->groups.count);
    struct name_cursor groups;
    name_cursor_begin(&groups, &s->groups);
    const struct stream_group *g;
    while ((g = name_cursor_next(&groups))) {
        resp_map(w, 6);
        answer_field_name(w, stream_group_name(g));
        answer_field_int(w, "consumers", (int64_t)g->consumers.count);
        answer_field_int(w, "pending", (int64_t)g->pending.count);
        answer_field_id(w, "last-delivered-id", g->last_id);
        answer_progress(w, s, g);
    }
}

static void cmd_xinfo_consumers(struct call *call) {
    const struct stream *s = read_stream(call);
    if (s == NULL) return;
    struct resp_writer *w = call->reply;
    const struct stream_group *g = stream_group_find(s, call->argv[3]);
    if (g == NULL) {
        resp_errorf(w, "NOGROUP No such consumer group '%.*s' for key name '%.*s'", (int)call->argv[3].len,
                    call->argv[3].ptr, (int)call->argv[2].len, call->argv[2].ptr);
        return;
    }
    resp_array(w, g->consumers.count);
    struct name_cursor consumers;
    name_cursor_begin(&consumers, &g->consumers);
    const struct stream_consumer *c;
    while ((c = name_cursor_next(&consumers))) {
        resp_map(w, 4);
        answer_field_name(w, stream_consumer_name(c));
        answer_field_int(w, "pending", (int64_t)c->pending.count);
        answer_field_int(w, "idle", since(call, c->seen_ms));
        answer_field_int(w, "inactive", c->active_ms == -1 ? -1 : since(call, c->active_ms));
    }
}

/* --- STREAM --- */

static void answer_first_or_last(struct resp_writer *w, const char *name, const struct stream *s, bool last) {
    struct stream_range r;
    resp_bulk_cstr(w, name);
    stream_range_begin(&r, s, STREAM_ID_MIN, STREAM_ID_MAX, last);
    if (stream_range_next(&r))
        stream_answer_entry(w, &r);
    else
        resp_null(w);
}

/* What both forms begin with: seven fields. */
static void answer_common(struct resp_writer *w, const struct stream *s) {
    answer_field_int(w, "length", (int64_t)s->length);
    answer_field_int(w, "radix-tree-keys", (int64_t)s->nodes.count);
    answer_field_int(w, "radix-tree-nodes", (int64_t)s->nodes.nodes);
    answer_field_id(w, "last-generated-id", s->last_id);
    answer_field_id(w, "max-deleted-entry-id", s->max_deleted_id);
    answer_field_int(w, "entries-added", (int64_t)s->entries_added);
    answer_field_id(w, "recorded-first-entry-id", s->first_id);
}

/* The first ids of what is pending with the group, or with the one consumer `of`. */
static void answer_pending(struct resp_writer *w, const struct stream_group *g,
                           const struct stream_consumer *of, uint64_t count) {
    const struct id_tree *ids = of ? &of->pending : &g->pending;
    if (count == 0 || count > ids->count) count = ids->count;
    answer_field_int(w, "pel-count", (int64_t)ids->count);
    resp_bulk_cstr(w, "pending");
    resp_array(w, count);
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, ids, STREAM_ID_MIN); more && count;
         more = id_cursor_next(&at), count--) {
        const struct stream_nack *nack = of ? stream_nack_find(g, at.id) : at.value;
        resp_array(w, of ? 3 : 4);
        stream_answer_id(w, at.id);
        if (!of) resp_bulk_slice(w, stream_consumer_name(nack->consumer));
        resp_int(w, nack->delivered_ms);
        resp_int(w, (int64_t)nack->deliveries);
    }
}

static void answer_group(struct resp_writer *w, const struct stream *s, const struct stream_group *g,
                         uint64_t count) {
    resp_map(w, 7);
    answer_field_name(w, stream_group_name(g));
    answer_field_id(w, "last-delivered-id", g->last_id);
    answer_progress(w, s, g);
    answer_pending(w, g, NULL, count);
    resp_bulk_cstr(w, "consumers");
    resp_array(w, g->consumers.count);
    struct name_cursor consumers;
    name_cursor_begin(&consumers, &g->consumers);
    const struct stream_consumer *c;
    while ((c = name_cursor_next(&consumers))) {
        resp_map(w, 5);
        answer_field_name(w, stream_consumer_name(c));
        answer_field_int(w, "seen-time", c->seen_ms);
        answer_field_int(w, "active-time", c->active_ms);
        answer_pending(w, g, c, count);
    }
}

static void answer_full(struct resp_writer *w, const struct stream *s, uint64_t count) {
    resp_map(w, 9);
    answer_common(w, s);
    resp_bulk_cstr(w, "entries");
    struct stream_range r;
    stream_range_begin(&r, s, STREAM_ID_MIN, STREAM_ID_MAX, false);
    if (stream_range_next(&r))
        stream_answer_range(w, &r, count);
    else
        resp_array(w, 0);
    resp_bulk_cstr(w, "groups");
    resp_array(w, s->groups.count);
    struct name_cursor groups;
    name_cursor_begin(&groups, &s->groups);
    const struct stream_group *g;
    while ((g = name_cursor_next(&groups)))
        answer_group(w, s, g, count);
}

static void cmd_xinfo_stream(struct call *call) {
    const struct stream *s = read_stream(call);
    if (s == NULL) return;
    bool full = call->argc > 3;
    int64_t count = FULL_COUNT;
    if (full) {
        bool known = slice_is(call->argv[3], "full") &&
                     (call->argc == 4 || (call->argc == 6 && slice_is(call->argv[4], "count")));
        if (!known) {
            call_error_subcommand(call);
            return;
        }
        if (call->argc == 6 && !call_int64(call, 5, &count)) return;
        if (count < 0) count = FULL_COUNT;
    }

    struct resp_writer *w = call->reply;
    if (full) {
        answer_full(w, s, (uint64_t)count);
        return;
    }
    resp_map(w, 10);
    answer_common(w, s);
    answer_field_int(w, "groups", (int64_t)s->groups.count);
    answer_first_or_last(w, "first-entry", s, false);
    answer_first_or_last(w, "last-entry", s, true);
}

static void cmd_xinfo_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_XINFO));
}

const struct command_binding stream_info_bindings[] = {
    {CMD_XINFO_STREAM, cmd_xinfo_stream},
    {CMD_XINFO_GROUPS, cmd_xinfo_groups},
    {CMD_XINFO_CONSUMERS, cmd_xinfo_consumers},
    {CMD_XINFO_HELP, cmd_xinfo_help},
    COMMAND_BINDINGS_END,
};
