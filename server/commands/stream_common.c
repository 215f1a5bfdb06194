/* See stream_common.h. Ids are read as Redis does: the canonical form first, then whatever strtoull takes
 * whole. */
#include "server/commands/stream_common.h"
#include "common/base/num.h"
#include <errno.h>
#include <stdlib.h>

#define ID_CHARS_MAX 127

/* --- arguments --- */

static bool parse_part(const char *text, size_t len, uint64_t *out) {
    if (num_parse_uint64(text, len, out)) return true;
    int64_t negative;
    char copy[ID_CHARS_MAX + 1], *end;
    memcpy(copy, text, len);
    copy[len] = 0;
    if (len == 0 || num_parse_int64(text, len, &negative)) return false;
    errno = 0;
    *out = strtoull(copy, &end, 10);
    return copy[0] && *end == 0 && errno == 0;
}

bool stream_id_parse(struct slice text, uint64_t missing_seq, struct stream_id *id) {
    if (text.len == 0 || text.len > ID_CHARS_MAX) return false;
    text.len = strnlen(text.ptr, text.len);
    const char *dash = memchr(text.ptr, '-', text.len);
    if (dash == NULL) {
        id->seq = missing_seq;
        return parse_part(text.ptr, text.len, &id->ms);
    }
    size_t ms_len = (size_t)(dash - text.ptr);
    return parse_part(text.ptr, ms_len, &id->ms) && parse_part(dash + 1, text.len - ms_len - 1, &id->seq);
}

bool stream_id_arg(struct call *call, int arg, struct stream_id *id) {
    if (stream_id_parse(call->argv[arg], 0, id)) return true;
    resp_error(call->reply, ERR_STREAM_ID);
    return false;
}

/* One end of an interval; `*open`: it is itself outside. */
static bool parse_end(struct slice text, uint64_t missing_seq, struct stream_id *id, bool *open) {
    *open = text.len > 1 && text.ptr[0] == '(';
    if (*open) return stream_id_parse((struct slice){text.ptr + 1, text.len - 1}, missing_seq, id);
    if (text.len == 1 && text.ptr[0] == '-')
        *id = STREAM_ID_MIN;
    else if (text.len == 1 && text.ptr[0] == '+')
        *id = STREAM_ID_MAX;
    else
        return stream_id_parse(text, missing_seq, id);
    return true;
}

bool stream_start_arg(struct call *call, int arg, struct stream_id *id) {
    bool open;
    if (!parse_end(call->argv[arg], 0, id, &open)) {
        resp_error(call->reply, ERR_STREAM_ID);
        return false;
    }
    if (!open || stream_id_step_up(id)) return true;
    resp_error(call->reply, "ERR invalid start ID for the interval");
    return false;
}

bool stream_end_arg(struct call *call, int arg, struct stream_id *id) {
    bool open;
    if (!parse_end(call->argv[arg], UINT64_MAX, id, &open)) {
        resp_error(call->reply, ERR_STREAM_ID);
        return false;
    }
    if (!open || stream_id_step_down(id)) return true;
    resp_error(call->reply, "ERR invalid end ID for the interval");
    return false;
}

bool stream_read_arg(struct call *call, int arg, const struct stream **s) {
    const struct entry *e;
    if (!key_read_typed(call, arg, VALUE_STREAM, &e)) return false;
    *s = e ? stream_of(e) : NULL;
    return true;
}

bool stream_open_read(struct call *call, struct key_ref *ref) {
    const struct stream *s;
    if (!stream_read_arg(call, 1, &s)) return false;
    key_open(call, 1, ref);
    return true;
}

void stream_error_no_group(struct call *call) {
    resp_errorf(call->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s'", (int)call->argv[1].len,
                call->argv[1].ptr, (int)call->argv[2].len, call->argv[2].ptr);
}

/* --- replies --- */

static size_t format_id(char *out, struct stream_id id) {
    size_t len = num_format_uint64(out, id.ms);
    out[len++] = '-';
    return len + num_format_uint64(out + len, id.seq);
}

void stream_id_format(struct stream_id_text *out, struct stream_id id) {
    out->slice = (struct slice){out->text, format_id(out->text, id)};
}

void stream_answer_id(struct resp_writer *w, struct stream_id id) {
    char text[48];
    resp_bulk(w, text, format_id(text, id));
}

void stream_answer_entry(struct resp_writer *w, const struct stream_range *r) {
    resp_array(w, 2);
    stream_answer_id(w, r->entry.id);
    resp_array(w, 2 * (size_t)r->entry.field_count);
    struct stream_pairs pairs;
    struct slice field, value;
    stream_pairs_begin(&pairs, &r->node, &r->entry);
    while (stream_pairs_next(&pairs, &field, &value)) {
        resp_bulk_slice(w, field);
        resp_bulk_slice(w, value);
    }
}

size_t stream_answer_range(struct resp_writer *w, struct stream_range *r, uint64_t count) {
    struct resp_deferred header = resp_deferred(w);
    size_t answered = 0;
    do {
        stream_answer_entry(w, r);
        answered++;
    } while (answered != count && stream_range_next(r));
    resp_deferred_fill(w, header, RESP_ARRAY, answered);
    return answered;
}

bool stream_answer_one(struct resp_writer *w, const struct stream *s, struct stream_id id) {
    struct stream_range r;
    stream_range_begin(&r, s, id, id, false);
    if (!stream_range_next(&r)) return false;
    stream_answer_entry(w, &r);
    return true;
}

/* --- groups --- */

void stream_group_changed(struct call *call, const struct key_ref *ref, const char *event) {
    key_changed_more(call, 1);
    if (event) unit_event(call->keyspace, ref->db, ref->name, NOTIFY_STREAM, event);
}

struct stream_consumer *stream_consumer_take(struct call *call, const struct key_ref *ref,
                                             struct stream_group *g, struct slice name, bool *created) {
    struct stream_consumer *c = stream_consumer_find(g, name);
    if (created) *created = c == NULL;
    if (c == NULL) {
        c = stream_consumer_create(g, name, call->now_ms);
        stream_group_changed(call, ref, "xgroup-createconsumer");
    }
    c->seen_ms = call->now_ms;
    return c;
}

/* --- the journal --- */

void stream_journal_claim(struct call *call, struct slice key, const struct stream_group *g,
                          struct stream_id id, const struct stream_nack *nack) {
    if (!stream_is_journaled(call)) return;
    struct stream_id_text id_text, last_text;
    stream_id_format(&id_text, id);
    stream_id_format(&last_text, g->last_id);
    char when[NUM_INT64_CHARS_MAX], deliveries[NUM_INT64_CHARS_MAX];
    struct slice argv[] = {
        SLICE("XCLAIM"),      key,
        stream_group_name(g), stream_consumer_name(nack->consumer),
        SLICE("0"),           id_text.slice,
        SLICE("TIME"),        {when, num_format_int64(when, nack->delivered_ms)},
        SLICE("RETRYCOUNT"),  {deliveries, num_format_uint64(deliveries, nack->deliveries)},
        SLICE("FORCE"),       SLICE("JUSTID"),
        SLICE("LASTID"),      last_text.slice};
    unit_journal(call, argv, sizeof(argv) / sizeof(*argv));
}

void stream_journal_position(struct call *call, struct slice key, const struct stream_group *g) {
    if (!stream_is_journaled(call)) return;
    struct stream_id_text last_text;
    stream_id_format(&last_text, g->last_id);
    char read[NUM_INT64_CHARS_MAX];
    struct slice argv[] = {SLICE("XGROUP"),
                           SLICE("SETID"),
                           key,
                           stream_group_name(g),
                           last_text.slice,
                           SLICE("ENTRIESREAD"),
                           {read, num_format_int64(read, g->entries_read)}};
    unit_journal(call, argv, sizeof(argv) / sizeof(*argv));
}

void stream_journal_consumer(struct call *call, struct slice key, const struct stream_group *g,
                             const struct stream_consumer *c) {
    struct slice argv[] = {SLICE("XGROUP"), SLICE("CREATECONSUMER"), key, stream_group_name(g),
                           stream_consumer_name(c)};
    unit_journal(call, argv, sizeof(argv) / sizeof(*argv));
}
