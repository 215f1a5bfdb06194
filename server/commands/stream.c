/* Streams: adding entries, taking them out, trimming, and what a stream knows of itself.
 *
 * A stream stays when its last entry goes, since groups and the last id live with it. The journal gets the id
 * that an entry was given instead of `*`, and, where trimming with ~ or LIMIT left it to the nodes how much
 * goes, the exact outcome. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/stream_common.h"

/* --- the options of XADD and XTRIM --- */

#define LIMIT_NODES   100
#define LIMIT_DEFAULT 10000
#define LIMIT_MAX     1000000

enum id_kind { ID_GIVEN, ID_AUTO, ID_AUTO_SEQ };

struct add_request {
    struct stream_trim trim;
    bool limited; /* LIMIT was given */
    bool no_mkstream;
    int strategy_arg;  /* MAXLEN or MINID */
    int threshold_arg; /* its value */
    int id_arg;        /* of XADD; what comes behind it are fields and values */
    enum id_kind id_kind;
    struct stream_id id;
};

/* MAXLEN or MINID at `*i`, with its threshold; moves on to that. */
static bool parse_strategy(struct call *call, struct add_request *r, bool by_len, int *i) {
    if (r->trim.by != STREAM_TRIM_NONE) {
        resp_error(call->reply,
                   "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
        return false;
    }
    r->trim.by = by_len ? STREAM_TRIM_MAXLEN : STREAM_TRIM_MINID;
    r->strategy_arg = (*i)++;
    if (*i + 1 < call->argc) {
        struct slice sign = call->argv[*i];
        r->trim.whole_nodes = slice_is(sign, "~");
        if (r->trim.whole_nodes || slice_is(sign, "=")) ++*i;
    }
    r->threshold_arg = *i;
    if (!by_len) return stream_id_arg(call, *i, &r->trim.min_id);
    int64_t max_len;
    if (!call_int64(call, *i, &max_len)) return false;
    r->trim.max_len = (uint64_t)max_len;
    if (max_len < 0) resp_error(call->reply, "ERR The MAXLEN argument must be >= 0.");
    return max_len >= 0;
}

static bool parse_limit(struct call *call, struct add_request *r, int arg) {
    int64_t limit;
    if (!call_int64(call, arg, &limit)) return false;
    r->trim.limit = (uint64_t)limit;
    r->limited = true;
    if (limit < 0) resp_error(call->reply, "ERR The LIMIT argument must be >= 0.");
    return limit >= 0;
}

/* The id of XADD: "*", "ms-*", or one in full. */
static bool parse_new_id(struct call *call, struct add_request *r, int arg) {
    struct slice text = call->argv[arg];
    r->id_arg = arg;
    if (slice_is(text, "*")) {
        r->id_kind = ID_AUTO;
        return true;
    }
    if (text.len > 2 && memcmp(text.ptr + text.len - 2, "-*", 2) == 0) {
        r->id_kind = ID_AUTO_SEQ;
        text.len -= 2;
        if (memchr(text.ptr, '-', text.len) == NULL && stream_id_parse(text, 0, &r->id)) return true;
        resp_error(call->reply, ERR_STREAM_ID);
        return false;
    }
    return stream_id_arg(call, arg, &r->id);
}

/* How much an approximate trimming may do where the client does not say: some nodes' worth. */
static uint64_t default_limit(const struct call *call) {
    uint64_t per_node = (uint64_t)call->keyspace->conf.stream_node_max_entries;
    if (per_node == 0) return LIMIT_DEFAULT;
    return per_node < LIMIT_MAX / LIMIT_NODES ? per_node * LIMIT_NODES : LIMIT_MAX;
}

static bool check_options(struct call *call, struct add_request *r, bool adds) {
    const char *error = NULL;
    bool replayed = call->flags & CALL_REPLAYED;
    if (r->trim.limit && r->trim.by == STREAM_TRIM_NONE)
        error = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    else if (!adds && r->trim.by == STREAM_TRIM_NONE)
        error = "ERR syntax error, XTRIM must be called with a trimming strategy";
    else if (r->limited && !r->trim.whole_nodes && !replayed)
        error = "ERR syntax error, LIMIT cannot be used without the special ~ option";
    if (error) {
        resp_error(call->reply, error);
        return false;
    }
    if (replayed)
        r->trim.limit = 0;
    else if (!r->limited && r->trim.whole_nodes)
        r->trim.limit = default_limit(call);
    return true;
}

static bool parse_options(struct call *call, struct add_request *r, bool adds) {
    *r = (struct add_request){0};
    int i = 2;
    for (; i < call->argc; i++) {
        struct slice word = call->argv[i];
        bool more = i + 1 < call->argc;
        if (more && (slice_is(word, "maxlen") || slice_is(word, "minid"))) {
            if (!parse_strategy(call, r, slice_is(word, "maxlen"), &i)) return false;
        } else if (more && slice_is(word, "limit")) {
            if (!parse_limit(call, r, ++i)) return false;
        } else if (adds && slice_is(word, "nomkstream")) {
            r->no_mkstream = true;
        } else if (adds) {
            if (!parse_new_id(call, r, i)) return false;
            break;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    if (!check_options(call, r, adds)) return false;
    int words = adds ? call->argc - r->id_arg - 1 : 0;
    if (!adds || (r->id_arg && words >= 2 && words % 2 == 0)) return true;
    call_error_arity(call);
    return false;
}

/* --- journal --- */

/* The command with what the server chose put in: the id that the entry got, and how far the stream was
 * trimmed. */
static void journal_outcome(struct call *call, const struct add_request *r, const struct stream *s) {
    bool exact = !r->trim.whole_nodes, named = r->id_arg == 0 || r->id_kind == ID_GIVEN;
    if (!stream_is_journaled(call) || (exact && named)) return;
    struct stream_id_text id, threshold;
    stream_id_format(&id, r->id);
    if (r->trim.by ==
        STREAM_TRIM_MINID) /* an empty stream has no first entry; all were below what was asked */
        stream_id_format(&threshold, s->length ? s->first_id : r->trim.min_id);
    else
        threshold.slice = (struct slice){threshold.text, num_format_uint64(threshold.text, s->length)};
    struct slice *argv = mem_alloc((size_t)call->argc * sizeof(*argv));
    int argc = 0;
    int options_end = r->id_arg ? r->id_arg : call->argc;
    for (int i = 0; i < call->argc; i++) {
        if (!exact && i > 1 && i < options_end && slice_is(call->argv[i], "limit")) {
            i++; /* and its value: the threshold says it all now */
            continue;
        }
        struct slice word = call->argv[i];
        if (!exact && i == r->strategy_arg + 1) word = SLICE("=");
        if (!exact && i == r->threshold_arg) word = threshold.slice;
        if (r->id_arg && i == r->id_arg) word = id.slice;
        argv[argc++] = word;
    }
    unit_journal(call, argv, argc);
    mem_free(argv);
}

/* --- adding --- */

static bool choose_id(struct call *call, struct add_request *r, const struct stream *s) {
    if (r->id_kind == ID_AUTO) return stream_next_id(s, call->now_ms, &r->id);
    if (r->id_kind == ID_AUTO_SEQ && r->id.ms == s->last_id.ms) {
        r->id.seq = s->last_id.seq + 1;
        return r->id.seq != 0;
    }
    return true;
}

/* Opens the stream, or makes it; NULL: something was replied. */
static struct stream *open_for_adding(struct call *call, const struct add_request *r, struct key_ref *ref,
                                      bool *made) {
    if (!key_open_typed(call, 1, VALUE_STREAM, ref)) return NULL;
    *made = key_entry(ref) == NULL;
    if (*made) {
        if (r->no_mkstream) {
            resp_null(call->reply);
            return NULL;
        }
        key_store(call, ref, stream_create(ref->name));
    }
    struct stream *s = stream_of(key_entry(ref));
    if (!stream_id_eq(s->last_id, STREAM_ID_MAX)) return s;
    resp_error(call->reply, "ERR The stream has exhausted the last possible ID, unable to add more items");
    return NULL;
}

/* Entries that went: first id and length are other ones now. */
static void trim_and_tell(struct call *call, struct key_ref *ref, struct stream *s,
                          const struct stream_trim *trim) {
    if (trim->by != STREAM_TRIM_NONE && stream_trim(s, trim))
        unit_event(call->keyspace, ref->db, ref->name, NOTIFY_STREAM, "xtrim");
}

static void cmd_xadd(struct call *call) {
    struct add_request r;
    if (!parse_options(call, &r, true)) return;
    if (r.id_kind == ID_GIVEN && stream_id_is_zero(r.id)) {
        resp_error(call->reply, "ERR The ID specified in XADD must be greater than 0-0");
        return;
    }

    struct key_ref ref;
    bool made;
    struct stream *s = open_for_adding(call, &r, &ref, &made);
    if (s == NULL) return;

    enum stream_added added = STREAM_ID_TOO_SMALL;
    if (choose_id(call, &r, s)) {
        struct stream_rules rules = stream_rules_of(call);
        size_t count = (size_t)(call->argc - r.id_arg - 1) / 2;
        added = stream_append(s, r.id, call->argv + r.id_arg + 1, count, &rules);
    }
    if (added != STREAM_ADDED) {
        if (made) key_delete(call, &ref);
        resp_error(call->reply,
                   added == STREAM_TOO_LARGE
                       ? "ERR Elements are too large to be stored"
                       : "ERR The ID specified in XADD is equal or smaller than the target stream top item");
        return;
    }

    key_changed(call, &ref, NOTIFY_STREAM, "xadd");
    trim_and_tell(call, &ref, s, &r.trim);
    journal_outcome(call, &r, s);
    stream_answer_id(call->reply, r.id);
}

static void cmd_xtrim(struct call *call) {
    struct add_request r;
    if (!parse_options(call, &r, false)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STREAM, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_int(call->reply, 0);
        return;
    }
    struct stream *s = stream_of(key_entry(&ref));

    uint64_t trimmed = stream_trim(s, &r.trim);
    if (trimmed) {
        key_changed(call, &ref, NOTIFY_STREAM, "xtrim");
        key_changed_more(call, trimmed - 1);
        journal_outcome(call, &r, s);
    }

    resp_int(call->reply, (int64_t)trimmed);
}

/* --- single entries --- */

static void cmd_xdel(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STREAM, &ref)) return;
    if (key_entry(&ref) == NULL) {
        resp_int(call->reply, 0);
        return;
    }
    /* all ids must be right before any entry goes */
    struct stream_id id;
    for (int i = 2; i < call->argc; i++)
        if (!stream_id_arg(call, i, &id)) return;

    struct stream *s = stream_of(key_entry(&ref));
    uint64_t deleted = 0;
    for (int i = 2; i < call->argc; i++) {
        stream_id_parse(call->argv[i], 0, &id);
        deleted += stream_delete(s, id);
    }
    if (deleted) {
        key_changed(call, &ref, NOTIFY_STREAM, "xdel");
        key_changed_more(call, deleted - 1);
    }

    resp_int(call->reply, (int64_t)deleted);
}

static void cmd_xlen(struct call *call) {
    const struct stream *s;
    if (stream_read_arg(call, 1, &s)) resp_int(call->reply, s ? (int64_t)s->length : 0);
}

/* --- what a stream knows of itself --- */

struct setid_request {
    struct stream_id last_id, max_deleted_id;
    int64_t entries_added; /* -1: not given */
};

static bool parse_setid(struct call *call, struct setid_request *r) {
    *r = (struct setid_request){.entries_added = -1};
    if (!stream_id_arg(call, 2, &r->last_id)) return false;
    for (int i = 3; i < call->argc; i += 2) {
        bool more = i + 1 < call->argc;
        const char *error = NULL;
        if (more && slice_is(call->argv[i], "entriesadded")) {
            if (!call_int64(call, i + 1, &r->entries_added)) return false;
            if (r->entries_added < 0) error = "ERR entries_added must be positive";
        } else if (more && slice_is(call->argv[i], "maxdeletedid")) {
            if (!stream_id_arg(call, i + 1, &r->max_deleted_id)) return false;
            if (stream_id_less(r->last_id, r->max_deleted_id))
                error = "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id";
        } else {
            error = ERR_SYNTAX;
        }
        if (error) {
            resp_error(call->reply, error);
            return false;
        }
    }
    return true;
}

/* The error that the state of the stream makes of it, or NULL. */
static const char *check_setid(const struct stream *s, const struct setid_request *r) {
    if (stream_id_less(r->last_id, s->max_deleted_id))
        return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    if (s->length == 0) return NULL;
    struct stream_range last;
    stream_range_begin(&last, s, STREAM_ID_MIN, STREAM_ID_MAX, true);
    if (stream_range_next(&last) && stream_id_less(r->last_id, last.entry.id))
        return "ERR The ID specified in XSETID is smaller than the target stream top item";
    if (r->entries_added != -1 && (uint64_t)r->entries_added < s->length)
        return "ERR The entries_added specified in XSETID is smaller than the target stream length";
    return NULL;
}

static void cmd_xsetid(struct call *call) {
    struct setid_request r;
    if (!parse_setid(call, &r)) return;
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STREAM, &ref)) return;
    const char *error = key_entry(&ref) ? check_setid(stream_of(key_entry(&ref)), &r) : ERR_NO_KEY;
    if (error) {
        resp_error(call->reply, error);
        return;
    }

    struct stream *s = stream_of(key_entry(&ref));
    s->last_id = r.last_id;
    if (r.entries_added != -1) s->entries_added = (uint64_t)r.entries_added;
    if (!stream_id_is_zero(r.max_deleted_id)) s->max_deleted_id = r.max_deleted_id;
    key_changed(call, &ref, NOTIFY_STREAM, "xsetid");

    resp_ok(call->reply);
}

const struct command_binding stream_bindings[] = {
    {CMD_XADD, cmd_xadd}, {CMD_XTRIM, cmd_xtrim},   {CMD_XDEL, cmd_xdel},
    {CMD_XLEN, cmd_xlen}, {CMD_XSETID, cmd_xsetid}, COMMAND_BINDINGS_END,
};
