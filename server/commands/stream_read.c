/* XREAD and XREADGROUP: what comes after an id, of several streams at once, with or without a group.
 *
 *      options ─► each key: type, group, id ─► each key: entries there? ─► answer them
 *                                                    none at all ─► wait, or null
 *
 * Arguments are all looked at before anything is answered or changed. A consumer is made as soon as it asks,
 * even if there is nothing for it. What a group gave out is journaled entry by entry as XCLAIM, with the
 * group's new position behind it. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"
#include "server/keyspace/block.h"

/* --- the options of XREAD and XREADGROUP --- */

/* Where reading one of the streams begins. */
struct read_from {
    struct stream_id after;     /* STREAM_ID_MAX with a group: what is new (>) */
    struct stream_group *group; /* of XREADGROUP; none goes while the command runs */
};

struct read_request {
    bool grouped; /* XREADGROUP */
    struct slice group, consumer;
    uint64_t count; /* 0: all */
    bool noack, blocks;
    int64_t until_ms;
    int first_key;          /* argument */
    int streams;            /* so many keys, then so many ids */
    struct read_from *from; /* of each stream */
    bool any_dollar;
};

static const char *unbalanced(const struct read_request *r) {
    return r->grouped
               ? "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be "
                 "specified."
               : "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
                 "specified.";
}

static bool parse_count(struct call *call, struct read_request *r, int arg) {
    int64_t count;
    if (!call_int64(call, arg, &count)) return false;
    r->count = count > 0 ? (uint64_t)count : 0;
    return true;
}

/* The error of an option's word that has nothing to say here, or NULL. */
static const char *parse_group_word(struct call *call, struct read_request *r, int *i) {
    struct slice word = call->argv[*i];
    if (slice_is(word, "noack")) {
        r->noack = true;
        return r->grouped ? NULL
                          : "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.";
    }
    if (!slice_is(word, "group") || *i + 2 >= call->argc) return ERR_SYNTAX;
    if (!r->grouped) return "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.";
    r->group = call->argv[*i + 1];
    r->consumer = call->argv[*i + 2];
    *i += 2;
    return NULL;
}

static bool parse_read_options(struct call *call, struct read_request *r) {
    const char *error = NULL;
    for (int i = 1; i < call->argc && !error && !r->first_key; i++) {
        struct slice word = call->argv[i];
        bool more = i + 1 < call->argc;
        if (more && slice_is(word, "block")) {
            r->blocks = true;
            if (!call_block_milliseconds(call, ++i, &r->until_ms)) return false;
        } else if (more && slice_is(word, "count")) {
            if (!parse_count(call, r, ++i)) return false;
        } else if (more && slice_is(word, "streams")) {
            r->first_key = i + 1;
            r->streams = (call->argc - r->first_key) / 2;
            if ((call->argc - r->first_key) % 2) error = unbalanced(r);
        } else {
            error = parse_group_word(call, r, &i);
        }
    }
    if (!error && !r->first_key) error = ERR_SYNTAX;
    if (!error && r->grouped && r->group.ptr == NULL) error = "ERR Missing GROUP option for XREADGROUP";
    if (error) resp_error(call->reply, error);
    return error == NULL;
}

/* --- keys and ids --- */

static bool parse_after(struct call *call, struct read_request *r, int arg, const struct stream *s,
                        struct stream_id *after) {
    struct slice text = call->argv[arg];
    const char *error = NULL;
    if (slice_is(text, "$")) {
        r->any_dollar = true;
        *after = s ? s->last_id : STREAM_ID_MIN;
        if (r->grouped)
            error = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history "
                    "of this "
                    "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would "
                    "just "
                    "return an empty result set.";
    } else if (slice_is(text, ">")) {
        *after = STREAM_ID_MAX;
        if (!r->grouped)
            error = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                    "<consumer> "
                    "option.";
    } else {
        return stream_id_arg(call, arg, after);
    }
    if (error) resp_error(call->reply, error);
    return error == NULL;
}

static bool check_streams(struct call *call, struct read_request *r) {
    for (int i = 0; i < r->streams; i++) {
        int key = r->first_key + i;
        const struct stream *s;
        if (!stream_read_arg(call, key, &s)) return false;
        struct stream_group *group = r->grouped && s ? stream_group_find(s, r->group) : NULL;
        if (r->grouped && group == NULL) {
            resp_errorf(call->reply,
                        "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP option",
                        (int)call->argv[key].len, call->argv[key].ptr, (int)r->group.len, r->group.ptr);
            return false;
        }
        r->from[i].group = group;
        if (!parse_after(call, r, key + r->streams, s, &r->from[i].after)) return false;
    }
    return true;
}

/* --- answering --- */

/* The answer as a whole, whose header waits until it is known how many streams it has. */
struct answer {
    struct resp_writer *reply;
    struct resp_deferred header;
    size_t streams;
};

static void answer_begin_stream(struct answer *a, struct slice key) {
    if (a->streams++ == 0) a->header = resp_deferred(a->reply);
    if (a->reply->proto == 2) resp_array(a->reply, 2);
    resp_bulk_slice(a->reply, key);
}

static bool answer_end(struct answer *a) {
    if (a->streams == 0) return false;
    resp_deferred_fill(a->reply, a->header, a->reply->proto == 2 ? RESP_ARRAY : RESP_MAP, a->streams);
    return true;
}

/* Comes to the first entry after `id`; false if there is none. */
static bool range_after(struct stream_range *r, const struct stream *s, struct stream_id id) {
    if (s->length == 0 || !stream_id_less(id, s->last_id)) return false;
    stream_id_step_up(&id);
    stream_range_begin(r, s, id, STREAM_ID_MAX, false);
    return stream_range_next(r);
}

static void read_stream(struct call *call, const struct read_request *r, int i, struct answer *a) {
    const struct entry *e = key_read(call, r->first_key + i, KEY_TOUCH); /* as Redis, once more */
    struct stream_range range;
    if (e == NULL || !range_after(&range, stream_of(e), r->from[i].after)) return;
    answer_begin_stream(a, call->argv[r->first_key + i]);
    stream_answer_range(call->reply, &range, r->count);
}

/* What one consumer reads of one stream. */
struct group_read {
    struct call *call;
    const struct key_ref *ref;
    const struct stream *stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
};

/* Gives out what is new, from the entry on that the range has come to; returns how many entries that were. */
static size_t give_new(const struct group_read *g, const struct read_request *r, struct stream_range *range) {
    struct call *call = g->call;
    struct resp_deferred header = resp_deferred(call->reply);
    size_t given = 0;
    do {
        struct stream_id id = range->entry.id;
        stream_answer_entry(call->reply, range);
        stream_group_advance(g->stream, g->group, id);
        given++;
        if (r->noack) continue;
        const struct stream_nack *nack = stream_nack_deliver(g->group, id, g->consumer, call->now_ms);
        g->consumer->active_ms = call->now_ms;
        stream_journal_claim(call, g->ref->name, g->group, id, nack);
    } while (given != r->count && stream_range_next(range));
    resp_deferred_fill(call->reply, header, RESP_ARRAY, given);
    stream_journal_position(call, g->ref->name, g->group);
    key_changed_more(call, given);
    return given;
}

/* Gives out once more what is pending with the consumer after `id`; entries that are gone come without their
 * fields. */
static void give_history(const struct group_read *g, const struct read_request *r, struct stream_id id) {
    struct call *call = g->call;
    struct resp_deferred header = resp_deferred(call->reply);
    size_t given = 0;
    struct id_cursor c;
    bool more = stream_id_step_up(&id) && id_cursor_seek(&c, &g->consumer->pending, id);
    for (; more && (r->count == 0 || given < r->count); more = id_cursor_next(&c), given++) {
        if (!stream_answer_one(call->reply, g->stream, c.id)) {
            resp_array(call->reply, 2);
            stream_answer_id(call->reply, c.id);
            resp_null_array(call->reply);
            continue;
        }
        struct stream_nack *nack = stream_nack_find(g->group, c.id);
        nack->delivered_ms = call->now_ms;
        nack->deliveries++;
        stream_journal_claim(call, g->ref->name, g->group, c.id, nack);
        key_changed_more(call, 1);
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, given);
}

static void read_stream_grouped(struct call *call, const struct read_request *r, int i, struct answer *a) {
    struct key_ref ref;
    key_open(call, r->first_key + i, &ref);
    if (key_entry(&ref) == NULL) return;
    struct stream *s = stream_of(key_entry(&ref));
    struct group_read g = {call, &ref, s, r->from[i].group, NULL};
    bool created, history = !stream_id_eq(r->from[i].after, STREAM_ID_MAX);
    stream_group_opened(s, g.group);
    g.consumer = stream_consumer_take(call, &ref, g.group, r->consumer, &created);

    struct stream_range range;
    size_t given = 0;
    if (history) {
        answer_begin_stream(a, ref.name);
        give_history(&g, r, r->from[i].after);
    } else if (range_after(&range, s, g.group->last_id)) {
        answer_begin_stream(a, ref.name);
        given = give_new(&g, r, &range);
    }
    if (created && (given == 0 || r->noack)) stream_journal_consumer(call, ref.name, g.group, g.consumer);
}

/* Waits; `$` means the last id of now, whenever the command runs again. */
static void wait_for_entries(struct call *call, const struct read_request *r) {
    struct block block = {.type = VALUE_STREAM,
                          .keys = call->argv + r->first_key,
                          .key_count = r->streams,
                          .until_ms = r->until_ms,
                          .null_array = true,
                          .when_gone = r->grouped};
    if (!r->any_dollar) {
        call_block(call, &block);
        return;
    }
    struct slice *argv = mem_alloc((size_t)call->argc * sizeof(*argv));
    struct stream_id_text *ids = mem_alloc((size_t)r->streams * sizeof(*ids));
    memcpy(argv, call->argv, (size_t)call->argc * sizeof(*argv));
    for (int i = 0; i < r->streams; i++) {
        stream_id_format(&ids[i], r->from[i].after);
        argv[r->first_key + r->streams + i] = ids[i].slice;
    }
    block.argv = argv;
    block.argc = call->argc;
    call_block(call, &block);
    mem_free(ids);
    mem_free(argv);
}

#define STREAMS_STACK 8

static void read_streams(struct call *call, struct read_request *r) {
    if (!parse_read_options(call, r)) return;
    struct read_from stack[STREAMS_STACK];
    r->from = r->streams > STREAMS_STACK ? mem_alloc((size_t)r->streams * sizeof(*r->from)) : stack;
    if (check_streams(call, r)) {
        struct answer answer = {.reply = call->reply};
        if (r->grouped) unit_journal_none(call);
        for (int i = 0; i < r->streams; i++) {
            if (r->grouped)
                read_stream_grouped(call, r, i, &answer);
            else
                read_stream(call, r, i, &answer);
        }
        if (!answer_end(&answer)) {
            if (r->blocks)
                wait_for_entries(call, r);
            else
                resp_null_array(call->reply);
        }
    }
    if (r->from != stack) mem_free(r->from);
}

static void cmd_xread(struct call *call) {
    struct read_request r = {0};
    read_streams(call, &r);
}

static void cmd_xreadgroup(struct call *call) {
    struct read_request r = {.grouped = true};
    read_streams(call, &r);
}

const struct command_binding stream_read_bindings[] = {
    {CMD_XREAD, cmd_xread},
    {CMD_XREADGROUP, cmd_xreadgroup},
    COMMAND_BINDINGS_END,
};
