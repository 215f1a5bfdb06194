/* XPENDING, XCLAIM and XAUTOCLAIM: what was given out and not acknowledged, and taking it over.
 *
 * Whoever claims an entry that is no more in the stream finds its id gone from what is pending. Both are
 * journaled id by id as XCLAIM: applied to an entry that is gone, that removes the id, too. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"

/* --- XPENDING --- */

struct pending_request {
    bool details;
    int64_t idle_min_ms; /* 0: any */
    struct stream_id start, end;
    int64_t count;
    bool of_consumer;
    struct slice consumer;
};

static bool parse_pending(struct call *call, struct pending_request *r) {
    *r = (struct pending_request){.details = call->argc > 3};
    int first = 3;
    if (!r->details) return true;
    bool fits = call->argc >= 6 && call->argc <= 9;
    if (fits && slice_is(call->argv[3], "idle")) {
        if (!call_int64(call, 4, &r->idle_min_ms)) return false;
        first = 5;
        fits = call->argc >= 8;
    }
    if (!fits) {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    r->of_consumer = call->argc > first + 3; /* what stands behind it is ignored, as by Redis */
    if (r->of_consumer) r->consumer = call->argv[first + 3];
    return call_int64(call, first + 2, &r->count) && stream_start_arg(call, first, &r->start) &&
           stream_end_arg(call, first + 1, &r->end);
}

static void answer_summary(struct resp_writer *w, const struct stream_group *g) {
    resp_array(w, 4);
    resp_int(w, (int64_t)g->pending.count);
    struct stream_id first, last;
    if (!id_tree_first(&g->pending, &first) || !id_tree_last(&g->pending, &last)) {
        resp_null(w);
        resp_null(w);
        resp_null_array(w);
        return;
    }
    stream_answer_id(w, first);
    stream_answer_id(w, last);
    struct resp_deferred header = resp_deferred(w);
    size_t busy = 0;
    struct name_cursor consumers;
    name_cursor_begin(&consumers, &g->consumers);
    const struct stream_consumer *c;
    while ((c = name_cursor_next(&consumers))) {
        if (c->pending.count == 0) continue;
        resp_array(w, 2);
        resp_bulk_slice(w, stream_consumer_name(c));
        resp_bulk_int(w, (int64_t)c->pending.count);
        busy++;
    }
    resp_deferred_fill(w, header, RESP_ARRAY, busy);
}

static int64_t idle_ms(const struct call *call, const struct stream_nack *nack) {
    int64_t idle = call->now_ms - nack->delivered_ms;
    return idle > 0 ? idle : 0;
}

static void answer_details(struct call *call, const struct stream_group *g, const struct pending_request *r) {
    const struct id_tree *ids = &g->pending;
    if (r->of_consumer) {
        const struct stream_consumer *c = stream_consumer_find(g, r->consumer);
        if (c == NULL) {
            resp_array(call->reply, 0);
            return;
        }
        ids = &c->pending;
    }
    struct resp_deferred header = resp_deferred(call->reply);
    int64_t answered = 0;
    struct id_cursor at;
    bool more = r->count > 0 && id_cursor_seek(&at, ids, r->start);
    for (; more && answered < r->count && !stream_id_less(r->end, at.id); more = id_cursor_next(&at)) {
        const struct stream_nack *nack = r->of_consumer ? stream_nack_find(g, at.id) : at.value;
        int64_t idle = idle_ms(call, nack);
        if (idle < r->idle_min_ms) continue;
        resp_array(call->reply, 4);
        stream_answer_id(call->reply, at.id);
        resp_bulk_slice(call->reply, stream_consumer_name(nack->consumer));
        resp_int(call->reply, idle);
        resp_int(call->reply, (int64_t)nack->deliveries);
        answered++;
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, (size_t)answered);
}

static void cmd_xpending(struct call *call) {
    struct pending_request r;
    if (!parse_pending(call, &r)) return;
    const struct stream *s;
    if (!stream_read_arg(call, 1, &s)) return;
    const struct stream_group *g = s ? stream_group_find(s, call->argv[2]) : NULL;
    if (g == NULL)
        stream_error_no_group(call);
    else if (r.details)
        answer_details(call, g, &r);
    else
        answer_summary(call->reply, g);
}

/* --- taking over --- */

struct claim_request {
    struct key_ref ref;
    const struct stream *stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
    bool consumer_made;
    int64_t idle_min_ms;
    int64_t delivered_ms; /* what the claimed get */
    int64_t deliveries;   /* that too; -1: one more than they had */
    bool force, just_id;
    struct stream_id last_id; /* XCLAIM: where the group moves to, if that is ahead */
    uint64_t journaled;
};

static bool parse_idle_min(struct call *call, struct claim_request *r, const char *error) {
    if (!call_int64_msg(call, 4, &r->idle_min_ms, error)) return false;
    if (r->idle_min_ms < 0) r->idle_min_ms = 0;
    return true;
}

/* Opens the stream, which was read before, and finds the group; false: an error was replied. */
static bool open_read_group(struct call *call, struct claim_request *r) {
    if (!key_open_typed(call, 1, VALUE_STREAM, &r->ref)) return false;
    r->stream = key_entry(&r->ref) ? stream_of(key_entry(&r->ref)) : NULL;
    r->group = r->stream ? stream_group_open(r->stream, call->argv[2]) : NULL;
    if (r->group) return true;
    stream_error_no_group(call);
    return false;
}

/* The same, and the reading. */
static bool open_group(struct call *call, struct claim_request *r) {
    const struct stream *s;
    return stream_read_arg(call, 1, &s) && open_read_group(call, r);
}

/* The entry is gone: so is its id, if it was pending. */
static void forget(struct call *call, struct claim_request *r, struct stream_id id,
                   struct stream_nack *nack) {
    stream_journal_claim(call, r->ref.name, r->group, id, nack);
    r->journaled++;
    stream_nack_remove(r->group, id);
    stream_group_changed(call, &r->ref, NULL);
}

/* Gives a pending id to the consumer. */
static void take_over(struct call *call, struct claim_request *r, struct stream_id id,
                      struct stream_nack *nack) {
    stream_nack_assign(nack, id, r->consumer);
    nack->delivered_ms = r->delivered_ms;
    if (r->deliveries >= 0)
        nack->deliveries = (uint64_t)r->deliveries;
    else if (!r->just_id)
        nack->deliveries++;
    r->consumer->active_ms = call->now_ms;
    stream_journal_claim(call, r->ref.name, r->group, id, nack);
    r->journaled++;
    stream_group_changed(call, &r->ref, NULL);
}

static void answer_claimed(struct call *call, const struct claim_request *r, struct stream_id id) {
    if (r->just_id)
        stream_answer_id(call->reply, id);
    else
        stream_answer_one(call->reply, r->stream, id);
}

static void claim_end(struct call *call, const struct claim_request *r) {
    if (r->consumer_made && r->journaled == 0)
        stream_journal_consumer(call, r->ref.name, r->group, r->consumer);
}

/* --- XCLAIM --- */

/* The options behind the ids, from `arg` on. */
static bool parse_claim_options(struct call *call, struct claim_request *r, int arg) {
    for (int i = arg; i < call->argc; i++) {
        struct slice word = call->argv[i];
        bool more = i + 1 < call->argc;
        if (slice_is(word, "force")) {
            r->force = true;
        } else if (slice_is(word, "justid")) {
            r->just_id = true;
        } else if (more && slice_is(word, "idle")) {
            if (!call_int64_msg(call, ++i, &r->delivered_ms, "ERR Invalid IDLE option argument for XCLAIM"))
                return false;
            if (__builtin_sub_overflow(call->now_ms, r->delivered_ms, &r->delivered_ms)) r->delivered_ms = 0;
        } else if (more && slice_is(word, "time")) {
            if (!call_int64_msg(call, ++i, &r->delivered_ms, "ERR Invalid TIME option argument for XCLAIM"))
                return false;
        } else if (more && slice_is(word, "retrycount")) {
            if (!call_int64_msg(call, ++i, &r->deliveries,
                                "ERR Invalid RETRYCOUNT option argument for XCLAIM"))
                return false;
        } else if (more && slice_is(word, "lastid")) {
            if (!stream_id_arg(call, ++i, &r->last_id)) return false;
        } else {
            resp_errorf(call->reply, "ERR Unrecognized XCLAIM option '%.*s'", (int)word.len, word.ptr);
            return false;
        }
    }
    /* nothing was delivered in the future */
    if (r->delivered_ms < 0 || r->delivered_ms > call->now_ms) r->delivered_ms = call->now_ms;
    return true;
}

static bool claim_one(struct call *call, struct claim_request *r, struct stream_id id) {
    struct stream_nack *nack = stream_nack_find(r->group, id);
    if (!stream_has(r->stream, id)) {
        if (nack) forget(call, r, id, nack);
        return false;
    }
    if (nack == NULL) {
        if (!r->force) return false;
        nack = stream_nack_deliver(r->group, id, r->consumer, call->now_ms);
    } else if (r->idle_min_ms && call->now_ms - nack->delivered_ms < r->idle_min_ms) {
        return false;
    }
    take_over(call, r, id, nack);
    answer_claimed(call, r, id);
    return true;
}

static void cmd_xclaim(struct call *call) {
    struct claim_request r = {.delivered_ms = -1, .deliveries = -1};
    if (!open_group(call, &r) || !parse_idle_min(call, &r, "ERR Invalid min-idle-time argument for XCLAIM"))
        return;
    int ids_end = 5;
    struct stream_id id;
    while (ids_end < call->argc && stream_id_parse(call->argv[ids_end], 0, &id))
        ids_end++;
    if (!parse_claim_options(call, &r, ids_end)) return;

    unit_journal_none(call);
    bool moved = stream_id_less(r.group->last_id, r.last_id);
    if (moved) r.group->last_id = r.last_id;
    r.consumer = stream_consumer_take(call, &r.ref, r.group, call->argv[3], &r.consumer_made);
    struct resp_deferred header = resp_deferred(call->reply);
    size_t claimed = 0;
    for (int i = 5; i < ids_end; i++) {
        stream_id_parse(call->argv[i], 0, &id);
        claimed += claim_one(call, &r, id);
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, claimed);

    if (moved && r.journaled == 0) { /* otherwise the records say it */
        stream_journal_position(call, r.ref.name, r.group);
        stream_group_changed(call, &r.ref, NULL);
    }
    claim_end(call, &r);
}

/* --- XAUTOCLAIM --- */

#define AUTOCLAIM_COUNT    100
#define AUTOCLAIM_ATTEMPTS 10 /* for each that is asked for */

struct id_list {
    struct stream_id *ids; /* owned */
    size_t count, cap;
};

static void id_list_add(struct id_list *list, struct stream_id id) {
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->ids = mem_realloc(list->ids, list->cap * sizeof(*list->ids));
    }
    list->ids[list->count++] = id;
}

struct autoclaim {
    struct stream_id start;
    int64_t count;
    struct id_list claimed;
    struct id_list gone; /* their entries are no more */
};

static bool parse_autoclaim(struct call *call, struct claim_request *r, struct autoclaim *a) {
    if (!parse_idle_min(call, r, "ERR Invalid min-idle-time argument for XAUTOCLAIM") ||
        !stream_start_arg(call, 5, &a->start))
        return false;
    for (int i = 6; i < call->argc; i++) {
        if (slice_is(call->argv[i], "justid")) {
            r->just_id = true;
        } else if (slice_is(call->argv[i], "count") && i + 1 < call->argc) {
            int64_t max = INT64_MAX / (int64_t)sizeof(struct stream_id);
            if (!call_int64_range(call, ++i, 1, max, &a->count, "ERR COUNT must be > 0")) return false;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

/* Goes through what is pending from a->start on; returns where to go on, 0-0 at the end. */
static struct stream_id autoclaim(struct call *call, struct claim_request *r, struct autoclaim *a) {
    int64_t left = a->count, attempts;
    if (__builtin_mul_overflow(a->count, AUTOCLAIM_ATTEMPTS, &attempts)) attempts = INT64_MAX;
    struct id_cursor at;
    bool more = id_cursor_seek(&at, &r->group->pending, a->start);
    while (more && left > 0 && attempts-- > 0) {
        struct stream_id id = at.id;
        struct stream_nack *nack = at.value;
        if (!stream_has(r->stream, id)) {
            forget(call, r, id, nack);
            id_list_add(&a->gone, id);
            left--;
            more = id_cursor_seek(&at, &r->group->pending, id); /* the tree has changed */
            continue;
        }
        if (!r->idle_min_ms || call->now_ms - nack->delivered_ms >= r->idle_min_ms) {
            take_over(call, r, id, nack);
            id_list_add(&a->claimed, id);
            left--;
        }
        more = id_cursor_next(&at);
    }
    return more ? at.id : STREAM_ID_MIN;
}

static void cmd_xautoclaim(struct call *call) {
    struct claim_request r = {.delivered_ms = call->now_ms, .deliveries = -1};
    struct autoclaim a = {.count = AUTOCLAIM_COUNT};
    key_read(call, 1, 0); /* counts, with its events, before the arguments are looked at */
    if (!parse_autoclaim(call, &r, &a) || !open_read_group(call, &r)) return;

    unit_journal_none(call);
    r.consumer = stream_consumer_take(call, &r.ref, r.group, call->argv[3], &r.consumer_made);
    struct stream_id next = autoclaim(call, &r, &a);
    claim_end(call, &r);

    resp_array(call->reply, 3);
    stream_answer_id(call->reply, next);
    resp_array(call->reply, a.claimed.count);
    for (size_t i = 0; i < a.claimed.count; i++)
        answer_claimed(call, &r, a.claimed.ids[i]);
    resp_array(call->reply, a.gone.count);
    for (size_t i = 0; i < a.gone.count; i++)
        stream_answer_id(call->reply, a.gone.ids[i]);
    mem_free(a.claimed.ids);
    mem_free(a.gone.ids);
}

const struct command_binding stream_pending_bindings[] = {
    {CMD_XPENDING, cmd_xpending},
    {CMD_XCLAIM, cmd_xclaim},
    {CMD_XAUTOCLAIM, cmd_xautoclaim},
    COMMAND_BINDINGS_END,
};
