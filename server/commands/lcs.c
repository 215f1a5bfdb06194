/* LCS: the longest common subsequence of two strings, as itself, its length, or where its pieces lie. */
#include "server/ds/lcs.h"
#include "commands/command_ids.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"

struct lcs_options {
    bool len, idx, with_match_len;
    int64_t min_match_len;
};

/* False: an error was replied. */
static bool lcs_parse(struct call *call, struct lcs_options *options) {
    for (int i = 3; i < call->argc; i++) {
        struct slice arg = call->argv[i];
        if (slice_is(arg, "idx")) {
            options->idx = true;
        } else if (slice_is(arg, "len")) {
            options->len = true;
        } else if (slice_is(arg, "withmatchlen")) {
            options->with_match_len = true;
        } else if (slice_is(arg, "minmatchlen") && i + 1 < call->argc) {
            if (!call_int64(call, ++i, &options->min_match_len)) return false;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    if (options->len && options->idx) {
        resp_error(call->reply, "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    return true;
}

/* The limit is that of a table with an integer per cell. What is computed here needs a small part of that,
 * but the time grows with the cells, and this is what bounds it. */
static bool lcs_size_allowed(struct call *call, size_t a_len, size_t b_len) {
    if (a_len >= UINT32_MAX - 1 || b_len >= UINT32_MAX - 1) {
        resp_error(call->reply, "ERR String too long for LCS");
        return false;
    }
    unsigned __int128 table_bytes = (unsigned __int128)(a_len + 1) * (b_len + 1) * sizeof(uint32_t);
    if (table_bytes > call->keyspace->conf.proto_max_bulk_len) {
        resp_error(call->reply,
                   "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        return false;
    }
    return true;
}

/* The runs come last to first, so the text is filled from its end. */
static void reply_text(struct call *call, struct lcs *lcs) {
    size_t at = lcs->len;
    char *text = resp_bulk_reserve(call->reply, lcs->len);
    struct lcs_run run;
    while (lcs_next(lcs, &run)) {
        at -= run.len;
        memcpy(text + at, lcs->a.ptr + run.a, run.len);
    }
}

static void reply_range(struct resp_writer *w, size_t first, size_t len) {
    resp_array(w, 2);
    resp_int(w, (int64_t)first);
    resp_int(w, (int64_t)(first + len - 1));
}

static void reply_matches(struct call *call, struct lcs *lcs, const struct lcs_options *options) {
    struct resp_writer *w = call->reply;
    resp_map(w, 2);
    resp_bulk_cstr(w, "matches");
    struct resp_deferred matches = resp_deferred(w);
    size_t count = 0;
    struct lcs_run run;
    while (lcs_next(lcs, &run)) {
        if ((int64_t)run.len < options->min_match_len) continue;
        count++;
        resp_array(w, options->with_match_len ? 3 : 2);
        reply_range(w, run.a, run.len);
        reply_range(w, run.b, run.len);
        if (options->with_match_len) resp_int(w, (int64_t)run.len);
    }
    resp_deferred_fill(w, matches, RESP_ARRAY, count);
    resp_bulk_cstr(w, "len");
    resp_int(w, (int64_t)lcs->len);
}

static void cmd_lcs(struct call *call) {
    /* Reading the second key may delete it, if it is due, but leaves the first entry where it is. */
    const struct entry *entry_a = key_read(call, 1, KEY_TOUCH), *entry_b = key_read(call, 2, KEY_TOUCH);
    if ((entry_a && entry_type(entry_a) != VALUE_STRING) ||
        (entry_b && entry_type(entry_b) != VALUE_STRING)) {
        resp_error(call->reply, "ERR The specified keys must contain string values");
        return;
    }
    struct lcs_options options = {0};
    if (!lcs_parse(call, &options)) return;
    char scratch_a[STRING_VIEW_CHARS], scratch_b[STRING_VIEW_CHARS];
    struct slice a = entry_a ? string_view(entry_a, scratch_a) : SLICE("");
    struct slice b = entry_b ? string_view(entry_b, scratch_b) : SLICE("");
    if (!lcs_size_allowed(call, a.len, b.len)) return;
    struct lcs lcs;
    if (!lcs_init(&lcs, a, b, !options.len)) {
        resp_error(call->reply, "ERR Insufficient memory, failed allocating transient memory for LCS");
        return;
    }

    if (options.len)
        resp_int(call->reply, (int64_t)lcs.len);
    else if (options.idx)
        reply_matches(call, &lcs, &options);
    else
        reply_text(call, &lcs);
    lcs_deinit(&lcs);
}

const struct command_binding lcs_bindings[] = {
    {CMD_LCS, cmd_lcs},
    COMMAND_BINDINGS_END,
};
