/* The state of both servers: what a difference in a reply would show sooner or later, looked for at once.
 *
 * Key names of all databases, DEBUG DIGEST over everything, DBSIZE, and for each key its type, encoding and
 * time of expiry. When digests differ, DEBUG DIGEST-VALUE finds the key. KEYS comes before DBSIZE, since
 * Redis counts a key whose time has passed until somebody looks at it.
 */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/resp/resp_reply.h"
#include "tests/differential/duel.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASES 16
#define NAME      "state"

struct key_list {
    struct buf bytes;    /* owned: a copy of the reference's replies */
    struct slice *names; /* owned: as bulks, ready to be sent */
    size_t count[DATABASES], total, cap;
};

static void key_list_deinit(struct key_list *keys) {
    buf_deinit(&keys->bytes);
    mem_free(keys->names);
}

static bool gone(struct duel *d, size_t step) {
    bool torc = d->torc_wires[CONTROL].closed;
    duel_fail(d, step, "connection", "%s gave no answer to the check of its state", torc ? "torc" : "redis");
    return false;
}

static bool compare_keys(struct duel *d, size_t step, struct key_list *keys) {
    struct buf request = {0};
    for (int db = 0; db < DATABASES; db++)
        buf_printf(&request, "SELECT %d\r\nKEYS *\r\n", db);
    bool ok = duel_control(d, buf_slice(&request), 2 * DATABASES) || gone(d, step);
    buf_deinit(&request);
    if (!ok) return false;
    for (int db = 0; db < DATABASES; db++) {
        struct replies now = duel_control_reply(d, (size_t)(2 * db + 1));
        char what[64];
        snprintf(what, sizeof what, "the keys of database %d differ", db);
        if (!replies_agree_unordered(now.torc, now.redis, false)) {
            duel_fail_replies(d, step, NAME, what, now);
            return false;
        }
    }
    const struct wire *wire = &d->redis_wires[CONTROL];
    buf_append(&keys->bytes, wire->in.ptr, wire->in.len);
    keys->cap = wire->in.len / 4 + 1;
    keys->names = mem_alloc(keys->cap * sizeof *keys->names);
    for (int db = 0; db < DATABASES; db++) {
        struct slice reply = wire_reply(wire, (size_t)(2 * db + 1));
        reply.ptr = keys->bytes.ptr + (reply.ptr - wire->in.ptr);
        if (!reply_elements(reply, keys->names + keys->total, keys->cap - keys->total, &keys->count[db])) {
            duel_fail(d, step, NAME, "KEYS gave no list");
            return false;
        }
        keys->total += keys->count[db];
    }
    return true;
}

static void ask(struct buf *request, const char *const *words, struct slice name) {
    int argc = 1;
    for (const char *const *word = words; *word; word++)
        argc++;
    buf_printf(request, "*%d\r\n", argc);
    for (const char *const *word = words; *word; word++)
        buf_printf(request, "$%zu\r\n%s\r\n", strlen(*word), *word);
    buf_append_slice(request, name);
}

static void fail_key(struct duel *d, size_t step, const char *what, int db, struct slice name,
                     struct replies now) {
    struct buf text = {0};
    buf_printf(&text, "%s of key ", what);
    reply_print(name, &text);
    buf_printf(&text, " of database %d differs", db);
    duel_fail_replies(d, step, NAME, buf_cstr(&text), now);
    buf_deinit(&text);
}

static void compare_details(struct duel *d, size_t step, const struct key_list *keys) {
    static const char *const questions[][3] = {{"TYPE"}, {"OBJECT", "ENCODING"}, {"PEXPIRETIME"}};
    static const char *const names[] = {"the type", "the encoding", "the time of expiry"};
    const size_t asked = sizeof questions / sizeof questions[0];
    struct buf request = {0};
    size_t at = 0, replies = 0;
    for (int db = 0; db < DATABASES; db++) {
        buf_printf(&request, "SELECT %d\r\nDBSIZE\r\n", db);
        replies += 2;
        for (size_t i = 0; i < keys->count[db]; i++, at++)
            for (size_t q = 0; q < asked; q++, replies++)
                ask(&request, questions[q], keys->names[at]);
    }
    bool ok = duel_control(d, buf_slice(&request), replies) || gone(d, step);
    buf_deinit(&request);
    size_t reply = 0;
    at = 0;
    const struct rule *time_rule = rule_of(command_lookup_full("pexpiretime", 11));
    for (int db = 0; ok && db < DATABASES; db++) {
        struct replies size = duel_control_reply(d, reply + 1);
        if (!slice_eq(size.torc, size.redis)) duel_fail_replies(d, step, NAME, "DBSIZE differs", size);
        reply += 2;
        for (size_t i = 0; i < keys->count[db]; i++, at++)
            for (size_t q = 0; q < asked; q++, reply++) {
                struct replies now = duel_control_reply(d, reply);
                static const struct step none;
                bool same =
                    q < 2 ? slice_eq(now.torc, now.redis) : replies_agree(time_rule, &none, now, NULL, NULL);
                const char *command = q == 1 ? "object|encoding" : "pexpiretime";
                if (!same && !declared_match(&d->declared, command, now))
                    fail_key(d, step, names[q], db, keys->names[at], now);
            }
    }
}

static void compare_digest(struct duel *d, size_t step, const struct key_list *keys) {
    if (!duel_control(d, SLICE("DEBUG DIGEST\r\n"), 1)) {
        gone(d, step);
        return;
    }
    struct replies whole = duel_control_reply(d, 0);
    if (slice_eq(whole.torc, whole.redis) && !reply_is_error(whole.torc)) return;
    struct buf request = {0}, digests = {0};
    buf_append(&digests, whole.torc.ptr, whole.torc.len);
    size_t at = 0;
    for (int db = 0; db < DATABASES && !d->failed; db++) {
        static const char *const words[][3] = {{"DEBUG", "DIGEST-VALUE"}};
        buf_clear(&request);
        buf_printf(&request, "SELECT %d\r\n", db);
        for (size_t i = 0; i < keys->count[db]; i++)
            ask(&request, words[0], keys->names[at + i]);
        if (!duel_control(d, buf_slice(&request), keys->count[db] + 1)) {
            gone(d, step);
            break;
        }
        for (size_t i = 0; i < keys->count[db]; i++, at++) {
            struct replies now = duel_control_reply(d, i + 1);
            if (!slice_eq(now.torc, now.redis)) fail_key(d, step, "the digest", db, keys->names[at], now);
        }
    }
    buf_deinit(&request);
    duel_fail(d, step, NAME, "DEBUG DIGEST differs, though no key's does; torc said %s", buf_cstr(&digests));
    buf_deinit(&digests);
}

void state_compare(struct duel *d, size_t step) {
    struct key_list keys = {0};
    d->checks++;
    if (compare_keys(d, step, &keys)) {
        compare_digest(d, step, &keys);
        if (!d->failed) compare_details(d, step, &keys);
    }
    key_list_deinit(&keys);
}

/* --- full iterations --- */

#define ITERATIONS_MAX 100000

struct iteration {
    char cursor[32];
    bool done;
    struct buf bytes; /* owned: the elements */
    size_t *ends;     /* owned: where each element (HSCAN: pair) ends */
    size_t count, cap;
    struct slice *sorted; /* owned */
};

static void iteration_deinit(struct iteration *it) {
    buf_deinit(&it->bytes);
    mem_free(it->ends);
    mem_free(it->sorted);
}

static void iteration_request(const struct iteration *it, const struct step *step, struct buf *request) {
    int before = slice_is(step->argv[1], "SCAN") ? 2 : 3; /* where the cursor goes */
    if (it->done) {
        buf_append_str(request, "PING\r\n");
        return;
    }
    buf_printf(request, "*%d\r\n", step->argc);
    for (int i = 1; i < step->argc + 1; i++) {
        struct slice arg = i == before ? slice_of(it->cursor) : step->argv[i < before ? i : i - 1];
        buf_printf(request, "$%zu\r\n", arg.len);
        buf_append_slice(request, arg);
        buf_append_str(request, "\r\n");
    }
}

/* False: the reply is no part of an iteration. */
static bool iteration_take(struct iteration *it, struct slice reply, bool pairs) {
    struct slice parts[2];
    size_t n, max = reply.len / 4 + 1;
    if (it->done) return true;
    if (!reply_elements(reply, parts, 2, &n) || n != 2) return false;
    const char *at = parts[0].ptr;
    struct resp_token cursor;
    if (!resp_token_next(&at, parts[0].ptr + parts[0].len, &cursor) || cursor.type != '$' ||
        cursor.text.len >= sizeof it->cursor)
        return false;
    struct slice *list = mem_alloc(max * sizeof *list);
    bool ok = reply_elements(parts[1], list, max, &n) && (!pairs || n % 2 == 0);
    for (size_t i = 0; ok && i < n; i++) {
        buf_append_slice(&it->bytes, list[i]);
        if (pairs && i % 2 == 0) continue;
        if (it->count == it->cap) {
            it->cap = it->cap ? it->cap * 2 : 64;
            it->ends = mem_realloc(it->ends, it->cap * sizeof *it->ends);
        }
        it->ends[it->count++] = it->bytes.len;
    }
    mem_free(list);
    memcpy(it->cursor, cursor.text.ptr, cursor.text.len);
    it->cursor[cursor.text.len] = '\0';
    it->done = strcmp(it->cursor, "0") == 0;
    return ok;
}

static int order(const void *a, const void *b) {
    return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Sorted, each once: an iteration may give an element twice. */
static size_t iteration_sort(struct iteration *it) {
    size_t kept = 0;
    it->sorted = mem_alloc((it->count + 1) * sizeof *it->sorted);
    for (size_t i = 0, begin = 0; i < it->count; begin = it->ends[i++])
        it->sorted[i] = (struct slice){it->bytes.ptr + begin, it->ends[i] - begin};
    qsort(it->sorted, it->count, sizeof *it->sorted, order);
    for (size_t i = 0; i < it->count; i++)
        if (kept == 0 || !slice_eq(it->sorted[kept - 1], it->sorted[i])) it->sorted[kept++] = it->sorted[i];
    return kept;
}

static void compare_iterations(struct duel *d, size_t step, struct iteration *two, bool scores) {
    size_t n[2] = {iteration_sort(&two[0]), iteration_sort(&two[1])};
    for (size_t i = 0; i < n[0] || i < n[1]; i++) {
        struct replies now = {i < n[0] ? two[0].sorted[i] : SLICE(""),
                              i < n[1] ? two[1].sorted[i] : SLICE("")};
        if (slice_eq(now.torc, now.redis)) continue;
        if (scores && replies_agree_but_doubles(now.torc, now.redis)) continue;
        char what[96];
        snprintf(what, sizeof what, "full iterations gave %zu and %zu elements; the first that differs", n[0],
                 n[1]);
        duel_fail_replies(d, step, "scan", what, now);
        return;
    }
}

void state_compare_scan(struct duel *d, size_t step_index) {
    const struct step *step = &d->trace->steps[step_index];
    struct iteration two[2] = {{.cursor = "0"}, {.cursor = "0"}};
    struct buf requests[2] = {{0}, {0}};
    bool pairs = slice_is(step->argv[1], "HSCAN") || slice_is(step->argv[1], "ZSCAN");
    unsigned rounds = 0;
    while (!(two[0].done && two[1].done) && !d->failed) {
        for (int i = 0; i < 2; i++) {
            buf_clear(&requests[i]);
            buf_printf(&requests[i], "SELECT %.*s\r\n", (int)step->argv[0].len, step->argv[0].ptr);
            iteration_request(&two[i], step, &requests[i]);
        }
        d->two[0] = (struct exchange){&d->torc_wires[CONTROL], buf_slice(&requests[0]), 2, {0}};
        d->two[1] = (struct exchange){&d->redis_wires[CONTROL], buf_slice(&requests[1]), 2, {0}};
        exchange_begin(d->two);
        if (!exchange_finish(d->two)) {
            gone(d, step_index);
            break;
        }
        struct replies now = duel_control_reply(d, 1);
        if (reply_is_error(now.torc) || reply_is_error(now.redis)) {
            if (!slice_eq(now.torc, now.redis))
                duel_fail_replies(d, step_index, "scan", "the replies differ", now);
            break;
        }
        if (!iteration_take(&two[0], now.torc, pairs) || !iteration_take(&two[1], now.redis, pairs))
            duel_fail_replies(d, step_index, "scan", "a reply is no cursor and elements", now);
        if (++rounds > ITERATIONS_MAX) duel_fail(d, step_index, "scan", "an iteration does not end");
    }
    if (!d->failed) compare_iterations(d, step_index, two, slice_is(step->argv[1], "ZSCAN"));
    for (int i = 0; i < 2; i++) {
        buf_deinit(&requests[i]);
        iteration_deinit(&two[i]);
    }
}
