/* The duel.
 *
 *      steps ──► block ──► one request, the same bytes to both ──► replies, pairwise ──► judge
 *                                                                     │
 *              session: protocol, commands that MULTI queued ◄────────┘
 *
 * EXEC's reply is judged element by element, with the rules of the commands that were queued. The first
 * difference stops the round: later ones would only follow from it.
 */
#include "tests/differential/duel.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_STEPS_MAX 256
#define SYNC_TOKEN      "all-that-came-before-is-here"

static const struct command_spec *spec_of(const struct step *step) {
    if (step->argc == 0) return NULL;
    const struct command_spec *spec = command_lookup(step->argv[0].ptr, step->argv[0].len);
    if (spec && spec->sub_count && step->argc > 1) {
        const struct command_spec *sub = command_lookup_sub(spec, step->argv[1].ptr, step->argv[1].len);
        if (sub) return sub;
    }
    return spec;
}

void duel_fail(struct duel *d, size_t step, const char *name, const char *fmt, ...) {
    if (d->failed) return;
    va_list args;
    d->failed = true;
    d->failed_step = step;
    snprintf(d->failed_name, sizeof d->failed_name, "%s", name);
    va_start(args, fmt);
    buf_vprintf(&d->report, fmt, args);
    va_end(args);
}

void duel_fail_replies(struct duel *d, size_t step, const char *name, const char *what,
                       struct replies replies) {
    struct buf text = {0};
    buf_printf(&text, "%s: %s\n  torc   ", name, what);
    reply_print(replies.torc, &text);
    buf_append_str(&text, "\n  redis  ");
    reply_print(replies.redis, &text);
    duel_fail(d, step, name, "%s", buf_cstr(&text));
    buf_deinit(&text);
}

/* --- judging --- */

static void judge(struct duel *d, size_t index, struct replies now, const struct step *before_step,
                  const struct replies *before);

static void queue(struct pending *p, size_t index) {
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->steps = mem_realloc(p->steps, p->cap * sizeof *p->steps);
    }
    p->steps[p->count++] = index;
}

static void judge_exec(struct duel *d, size_t index, struct replies now) {
    struct pending *p = &d->queued[d->trace->steps[index].session];
    size_t n = p->count, count_torc, count_redis;
    struct slice *torc = mem_alloc((2 * n + 1) * sizeof *torc), *redis = torc + n;
    bool cut = reply_elements(now.torc, torc, n, &count_torc) &&
               reply_elements(now.redis, redis, n, &count_redis) && count_torc == n && count_redis == n;
    p->count = 0;
    if (!cut) {
        if (!slice_eq(now.torc, now.redis)) duel_fail_replies(d, index, "exec", "the replies differ", now);
        mem_free(torc);
        return;
    }
    struct replies before = {0};
    for (size_t i = 0; i < n && !d->failed; i++) {
        struct replies one = {torc[i], redis[i]};
        bool adjacent = i > 0 && p->steps[i - 1] + 1 == p->steps[i];
        judge(d, p->steps[i], one, adjacent ? &d->trace->steps[p->steps[i - 1]] : NULL,
              adjacent ? &before : NULL);
        before = one;
    }
    if (d->failed) d->failed_step = index;
    mem_free(torc);
}

static void check_schema(struct duel *d, size_t index, const struct command_spec *spec, struct slice reply) {
    const struct step *step = &d->trace->steps[index];
    char why[256];
    if (!spec || !d->schemas[spec->id] || reply_is_error(reply)) return;
    d->exercised[spec->id]++;
    if (schema_fits(d->schemas[spec->id], reply, d->proto[step->session], why, sizeof why)) return;
    struct buf text = {0};
    buf_printf(&text, "the reply does not fit its schema (%s): %s", why, spec->docs->reply);
    duel_fail_replies(d, index, spec->name, buf_cstr(&text), (struct replies){reply, {0}});
    buf_deinit(&text);
}

/* Replies tell which protocol the session speaks from now on. */
static void follow_protocol(struct duel *d, const struct step *step, const struct command_spec *spec,
                            struct slice reply) {
    if (!spec || reply_is_error(reply) || !reply.len) return;
    if (spec->id == CMD_HELLO) d->proto[step->session] = reply.ptr[0] == '%' ? 3 : 2;
    if (spec->id == CMD_RESET) d->proto[step->session] = 2;
}

static void judge(struct duel *d, size_t index, struct replies now, const struct step *before_step,
                  const struct replies *before) {
    const struct step *step = &d->trace->steps[index];
    const struct command_spec *spec = spec_of(step);
    const char *name = spec ? spec->name : "(unknown)";
    static const struct rule exactly = {.compare = COMPARE_EXACT};
    if (slice_eq(now.torc, SLICE("+QUEUED\r\n")) && slice_eq(now.redis, now.torc)) {
        queue(&d->queued[step->session], index);
        return;
    }
    if (spec && step->kind != STEP_SOLO) {
        bool over = spec->id == CMD_EXEC || spec->id == CMD_DISCARD || spec->id == CMD_RESET;
        if (spec->id == CMD_EXEC && !reply_is_error(now.torc) && !reply_is_error(now.redis))
            judge_exec(d, index, now);
        /* refused for its arity, DISCARD leaves the transaction as it is */
        if (over && !(spec->id != CMD_EXEC && reply_is_error(now.redis) &&
                      memmem(now.redis.ptr, now.redis.len, "wrong number", 12)))
            d->queued[step->session].count = 0;
        if (d->failed) return;
    }
    if (step->kind != STEP_SOLO && !(spec && spec->id == CMD_EXEC && !reply_is_error(now.torc)) &&
        !replies_agree(spec ? rule_of(spec) : &exactly, step, now, before_step, before)) {
        if (!declared_match(&d->declared, name, now))
            duel_fail_replies(d, index, name, "the replies differ", now);
        return;
    }
    bool times = spec && rule_of(spec)->compare == COMPARE_FIELD_TIMES && before;
    if (times && slice_is(before_step->argv[0], "hmget") &&
        !field_times_valid(step, now.torc, before_step, before->torc)) {
        duel_fail_replies(d, index, name, "the times do not fit what HMGET found",
                          (struct replies){now.torc, before->torc});
        return;
    }
    follow_protocol(d, step, spec, now.torc);
    if (step->kind == STEP_SOLO && step->argc == 4 && slice_is(step->argv[2], "set-max-listpack-entries"))
        d->declared.set_listpacks = true;
    check_schema(d, index, spec, now.torc);
}

/* --- blocks --- */

static bool is_pipelined(const struct step *step) {
    return step->kind == STEP_COMMAND || step->kind == STEP_SOLO;
}

size_t duel_block_end(const struct trace *trace, size_t begin, size_t end) {
    size_t at = begin + 1;
    if (!is_pipelined(&trace->steps[begin])) return at;
    while (at < end && is_pipelined(&trace->steps[at]) &&
           trace->steps[at].session == trace->steps[begin].session &&
           (at - begin < BLOCK_STEPS_MAX || trace->steps[at].joined))
        at++;
    return at;
}

void duel_send(struct duel *d, const struct trace *trace, size_t begin, size_t end) {
    const struct step *first = &trace->steps[begin];
    unsigned session = first->session;
    size_t replies = 0;
    bool solo = false;
    d->trace = trace;
    if (first->kind == STEP_CHECK || first->kind == STEP_SCAN) return; /* done when it is time to receive */
    buf_clear(&d->request);
    for (size_t i = begin; i < end; i++) {
        step_encode(&trace->steps[i], &d->request);
        solo |= trace->steps[i].kind == STEP_SOLO;
        replies += !trace->steps[i].silent;
    }
    struct slice until = {0};
    if (first->kind == STEP_SYNC) {
        buf_append_str(&d->request, "*2\r\n$4\r\nPING\r\n$28\r\n" SYNC_TOKEN "\r\n");
        until = SLICE(SYNC_TOKEN "\r\n");
    }
    size_t torc_len = d->request.len;
    if (solo) { /* the reference gets PING instead of what it does not know */
        for (size_t i = begin; i < end; i++) {
            if (trace->steps[i].kind == STEP_SOLO)
                buf_append_str(&d->request, "PING\r\n");
            else
                step_encode(&trace->steps[i], &d->request);
        }
    }
    struct slice torc = {d->request.ptr, torc_len};
    struct slice redis = solo ? (struct slice){d->request.ptr + torc_len, d->request.len - torc_len} : torc;
    d->two[0] = (struct exchange){&d->torc_wires[session], torc, replies, until};
    d->two[1] = (struct exchange){&d->redis_wires[session], redis, replies, until};
    d->commands += end - begin;
    exchange_begin(d->two);
}

static void fail_silence(struct duel *d, size_t step) {
    for (int i = 0; i < 2; i++) {
        struct wire *wire = d->two[i].wire;
        if (wire->closed)
            duel_fail(d, step, "connection", "%s closed the connection after %zu of %zu replies",
                      i ? "redis" : "torc", wire->count, d->two[i].replies);
    }
    struct buf text = {0};
    for (int i = 0; i < 2; i++) {
        const struct wire *wire = d->two[i].wire;
        buf_printf(&text, "\n  %s %zu of %zu, the last ", i ? "redis  gave" : "torc   gave", wire->count,
                   d->two[i].replies);
        if (wire->count) reply_print(wire_reply(wire, wire->count - 1), &text);
    }
    duel_fail(d, step, "connection", "no reply within 20 s%s", buf_cstr(&text));
    buf_deinit(&text);
}

static int order(const void *a, const void *b) {
    return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* The replies of a wire, sorted; `uncounted` without the number at their end, as an UNSUBSCRIBE from all
 * needs. */
static struct slice *sorted_replies(const struct wire *wire, bool uncounted) {
    struct slice *list = mem_alloc((wire->count + 1) * sizeof *list);
    for (size_t i = 0; i < wire->count; i++) {
        list[i] = wire_reply(wire, i);
        const char *number = uncounted ? memrchr(list[i].ptr, ':', list[i].len) : NULL;
        if (number) list[i].len = (size_t)(number - list[i].ptr);
    }
    qsort(list, wire->count, sizeof *list, order);
    return list;
}

static bool same_messages(const struct wire *a, const struct wire *b, bool uncounted) {
    if (a->count != b->count) return false;
    struct slice *list_a = sorted_replies(a, uncounted), *list_b = sorted_replies(b, uncounted);
    bool same = true;
    for (size_t i = 0; i < a->count && same; i++)
        same = slice_eq(list_a[i], list_b[i]);
    mem_free(list_a);
    mem_free(list_b);
    return same;
}

/* All that came until the token: the same messages, in any order between subscriptions. */
static void judge_sync(struct duel *d, size_t index) {
    const struct step *step = &d->trace->steps[index];
    const struct command_spec *spec = spec_of(step);
    const char *name = spec ? spec->name : "(unknown)";
    const struct wire *torc = d->two[0].wire, *redis = d->two[1].wire;
    bool hello = spec && spec->id == CMD_HELLO && torc->count == redis->count; /* versions and ids differ */
    bool from_all = strstr(name, "unsubscribe") && step->argc == 1;
    if (!hello && !slice_eq(buf_slice(&torc->in), buf_slice(&redis->in)) &&
        !same_messages(torc, redis, from_all)) {
        size_t at = 0; /* what came before is the same */
        while (at < torc->count && at < redis->count && slice_eq(wire_reply(torc, at), wire_reply(redis, at)))
            at++;
        char what[96];
        snprintf(what, sizeof what,
                 "a subscriber got %zu messages from torc and %zu from redis; the first that differs",
                 torc->count, redis->count);
        duel_fail_replies(d, index, name, what,
                          (struct replies){at < torc->count ? wire_reply(torc, at) : SLICE(""),
                                           at < redis->count ? wire_reply(redis, at) : SLICE("")});
    }
    if (d->failed || torc->count < 2) return;
    size_t at = torc->count - 2;
    if (d->proto[step->session] == 3 && spec && rule_of(spec)->generate != GENERATE_SCRIPT)
        while (at > 0 && wire_reply(torc, at).ptr[0] == '>') /* messages that came behind the reply */
            at--;
    struct slice reply = wire_reply(torc, at);
    bool answers =
        spec && (rule_of(spec)->generate != GENERATE_SCRIPT ||
                 memmem(reply.ptr, reply.len < 40 ? reply.len : 40, spec->name, strlen(spec->name)));
    /* in RESP2 a subscriber's PING and refusals have forms of their own, which their schemas know */
    if (answers) {
        follow_protocol(d, step, spec, reply);
        check_schema(d, index, spec, reply);
    }
}

void duel_receive(struct duel *d, const struct trace *trace, size_t begin, size_t end) {
    const struct step *first = &trace->steps[begin];
    d->trace = trace;
    if (first->kind == STEP_CHECK) {
        state_compare(d, begin);
    } else if (first->kind == STEP_SCAN) {
        state_compare_scan(d, begin);
    } else if (!exchange_finish(d->two)) {
        fail_silence(d, begin);
    } else if (first->kind == STEP_SYNC) {
        judge_sync(d, begin);
    } else {
        struct replies before = {0};
        const struct step *before_step = NULL;
        size_t reply = 0;
        for (size_t i = begin; i < end && !d->failed; i++) {
            if (trace->steps[i].silent) continue;
            struct replies now = {wire_reply(d->two[0].wire, reply), wire_reply(d->two[1].wire, reply)};
            judge(d, i, now, before_step, before_step ? &before : NULL);
            before = now;
            before_step = &trace->steps[i];
            reply++;
        }
        if (!d->failed && (d->two[0].wire->count != reply || d->two[1].wire->count != reply))
            duel_fail(d, begin, "connection", "%zu replies expected: torc gave %zu, redis %zu", reply,
                      d->two[0].wire->count, d->two[1].wire->count);
    }
}

void duel_play(struct duel *d, const struct trace *trace, size_t begin, size_t end) {
    while (begin < end && !d->failed) {
        size_t stop = duel_block_end(trace, begin, end);
        duel_send(d, trace, begin, stop);
        duel_receive(d, trace, begin, stop);
        begin = stop;
    }
}

/* --- the control connection --- */

bool duel_control(struct duel *d, struct slice request, size_t replies) {
    d->two[0] = (struct exchange){&d->torc_wires[CONTROL], request, replies, {0}};
    d->two[1] = (struct exchange){&d->redis_wires[CONTROL], request, replies, {0}};
    exchange_begin(d->two);
    return exchange_finish(d->two);
}

struct replies duel_control_reply(const struct duel *d, size_t index) {
    return (struct replies){wire_reply(&d->torc_wires[CONTROL], index),
                            wire_reply(&d->redis_wires[CONTROL], index)};
}

/* --- beginning and end --- */

static bool load_schemas(struct duel *d) {
    char error[160];
    d->schemas = mem_zalloc(CMD_COUNT * sizeof *d->schemas);
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_spec *spec = command_by_id(id);
        if (!spec->docs->reply) continue;
        d->schemas[id] = schema_create(spec->docs->reply, error, sizeof error);
        if (!d->schemas[id]) {
            fprintf(stderr, "differential: reply schema of %s: %s\n", spec->name, error);
            return false;
        }
    }
    return true;
}

/* COMMAND INFO of each built command: null where the reference has none. */
static bool ask_what_reference_knows(struct duel *d) {
    struct buf request = {0};
    d->reference_arity = mem_zalloc(CMD_COUNT * sizeof *d->reference_arity);
    d->exercised = mem_zalloc(CMD_COUNT * sizeof *d->exercised);
    for (unsigned id = 0; id < CMD_COUNT; id++)
        buf_printf(&request, "COMMAND INFO %s\r\n", command_by_id(id)->name);
    bool ok = duel_control(d, buf_slice(&request), CMD_COUNT);
    for (unsigned id = 0; ok && id < CMD_COUNT; id++) {
        struct slice info = duel_control_reply(d, id).redis;
        const char *at = info.ptr, *end = info.ptr + info.len;
        struct resp_token t = {0};
        for (int token = 0; token < 4; token++) /* *1, the command's array, name, arity */
            if (!resp_token_next(&at, end, &t) || t.null) break;
        if (t.type == ':') d->reference_arity[id] = (int8_t)t.count;
    }
    buf_deinit(&request);
    return ok;
}

bool duel_init(struct duel *d, const char *torc_path, const char *redis_path, const char *differences_path) {
    memset(d, 0, sizeof *d);
    d->torc = (struct peer){.name = "torc", .program = torc_path};
    d->redis = (struct peer){.name = "redis", .program = redis_path};
    return load_schemas(d) && declared_load(&d->declared, differences_path) && duel_reset(d) &&
           ask_what_reference_knows(d);
}

void duel_deinit(struct duel *d) {
    for (unsigned i = 0; i <= SESSIONS; i++) {
        wire_close(&d->torc_wires[i]);
        wire_close(&d->redis_wires[i]);
        if (i < SESSIONS) mem_free(d->queued[i].steps);
    }
    peer_stop(&d->torc);
    peer_stop(&d->redis);
    for (unsigned id = 0; d->schemas && id < CMD_COUNT; id++)
        schema_destroy(&d->schemas[id]);
    mem_free(d->schemas);
    mem_free(d->reference_arity);
    mem_free(d->exercised);
    declared_deinit(&d->declared);
    buf_deinit(&d->request);
    buf_deinit(&d->report);
}

bool duel_reset(struct duel *d) {
    static const char setup[] =
        "FLUSHALL\r\n"
        "CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64 "
        "set-max-intset-entries 512 zset-max-listpack-entries 128 "
        "zset-max-listpack-value 64 "
        "notify-keyspace-events \"\" slowlog-max-len 128 hz 10 maxmemory 0\r\n"
        "DEBUG SET-ACTIVE-EXPIRE 1\r\n"
        /* 7.0 knows no listpacks of sets; what refuses this, has none to be forbidden */
        "CONFIG SET set-max-listpack-entries 0\r\n";
    struct peer *peers[] = {&d->torc, &d->redis};
    buf_clear(&d->report);
    d->failed = d->declared.set_listpacks = false;
    for (int i = 0; i < 2; i++)
        if (!peer_running(peers[i]) && !peer_start(peers[i])) return false;
    for (unsigned i = 0; i <= SESSIONS; i++) {
        if (!wire_open(&d->torc_wires[i], &d->torc) || !wire_open(&d->redis_wires[i], &d->redis))
            return false;
        d->proto[i] = i < SESSIONS && i % 2 ? 3 : 2;
        if (i < SESSIONS) d->queued[i].count = 0;
        if (d->proto[i] == 2) continue;
        d->two[0] = (struct exchange){&d->torc_wires[i], SLICE("HELLO 3\r\n"), 1, {0}};
        d->two[1] = (struct exchange){&d->redis_wires[i], SLICE("HELLO 3\r\n"), 1, {0}};
        exchange_begin(d->two);
        if (!exchange_finish(d->two)) return false;
    }
    if (!duel_control(d, SLICE(setup), 4)) return false;
    for (size_t i = 0; i < 3; i++) {
        struct replies now = duel_control_reply(d, i);
        if (!reply_is_error(now.torc) && !reply_is_error(now.redis)) continue;
        duel_fail_replies(d, 0, "setup", "refused", now);
        fprintf(stderr, "differential: %s\n", buf_cstr(&d->report));
        return false;
    }
    return true;
}
