/* Samples come from two sides: commands through dispatch's observer (events "command" and "fast-command"),
 * everything else from whoever was lent the sink and measures its own work.
 *
 * Within one second an event keeps its worst sample only, so the ring reaches back through at least 160
 * seconds in which something happened. */
#include "server/observe/latency.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/commands/describe.h"
#include "common/metrics/histogram.h"

/* --- recording --- */

struct latency_series *latency_find(const struct latency *latency, struct slice event) {
    for (unsigned i = 0; i < latency->series_count; i++)
        if (slice_eq(slice_of(latency->series[i]->event), event)) return latency->series[i];
    return NULL;
}

static struct latency_series *series_of(struct latency *latency, const char *event) {
    struct latency_series *s = latency_find(latency, slice_of(event));
    if (s || latency->series_count == LATENCY_EVENTS_MAX) return s;
    s = mem_zalloc(sizeof(*s));
    s->event = event;
    latency->series[latency->series_count++] = s;
    return s;
}

static void add_sample(void *owner, const char *event, int64_t took_us) {
    struct latency *latency = owner;
    struct latency_series *s = series_of(latency, event);
    if (s == NULL) return;
    int64_t now_s = io_wall_us(latency->io) / 1000000, took_ms = took_us / 1000;
    uint32_t ms = took_ms < UINT32_MAX ? (uint32_t)took_ms : UINT32_MAX;
    if (ms > s->max_ms) s->max_ms = ms;
    struct latency_sample *last = &s->samples[(s->next + LATENCY_SAMPLES - 1) % LATENCY_SAMPLES];
    if (s->count && last->at_s == now_s) {
        if (ms > last->ms) last->ms = ms;
        return;
    }
    s->samples[s->next] = (struct latency_sample){now_s, ms};
    s->next = (s->next + 1) % LATENCY_SAMPLES;
    if (s->count < LATENCY_SAMPLES) s->count++;
}

unsigned latency_forget(struct latency *latency, struct latency_series *series) {
    unsigned kept = 0, before = latency->series_count;
    for (unsigned i = 0; i < before; i++) {
        struct latency_series *s = latency->series[i];
        if (series == NULL || s == series)
            mem_free_sized(s, sizeof(*s));
        else
            latency->series[kept++] = s;
    }
    latency->series_count = kept;
    return before - kept;
}

/* --- commands that take long --- */

static bool is_on(void *owner) {
    return ((const struct latency *)owner)->threshold_ms > 0;
}

static int64_t slower_than_us(void *owner) {
    return ((const struct latency *)owner)->sink.threshold_us;
}

static void after(void *owner, const struct call *call, int64_t took_us) {
    struct latency *latency = owner;
    add_sample(latency, call->spec->flags & COMMAND_FAST ? "fast-command" : "command", took_us);
}

/* --- life --- */

static bool apply_threshold(void *owner, struct conf_error *err) {
    struct latency *latency = owner;
    latency->sink.threshold_us =
        latency->threshold_ms < INT64_MAX / 1000 ? latency->threshold_ms * 1000 : INT64_MAX;
    return true;
}

static const struct conf_option options[] = {
    CONF_OPT_INT64("latency-monitor-threshold", struct latency, threshold_ms, 0, INT64_MAX, "0",
                   .apply = apply_threshold),
};

void latency_init(struct latency *latency, struct conf *conf) {
    *latency = (struct latency){.conf = conf};
    latency->sink = (struct latency_sink){.owner = latency, .sample = add_sample};
    conf_register(conf, options, CONF_COUNT(options), latency, latency);
}

void latency_start(struct latency *latency, struct io *io, struct exec *x) {
    latency->io = io;
    latency->exec = x;
    apply_threshold(latency, NULL);
    latency->observer = (struct exec_observer){
        .owner = latency, .active = is_on, .after = after, .slower_than_us = slower_than_us};
    exec_add_observer(x, &latency->observer);
}

void latency_deinit(struct latency *latency) {
    latency_forget(latency, NULL);
}

/* --- LATENCY --- */

static void cmd_latency_latest(struct call *call) {
    const struct latency *latency = call->module;
    resp_array(call->reply, latency->series_count);
    for (unsigned i = 0; i < latency->series_count; i++) {
        const struct latency_series *s = latency->series[i];
        const struct latency_sample *last = latency_sample_at(s, s->count - 1);
        resp_array(call->reply, 4);
        resp_bulk_cstr(call->reply, s->event);
        resp_int(call->reply, last->at_s);
        resp_int(call->reply, last->ms);
        resp_int(call->reply, s->max_ms);
    }
}

static void cmd_latency_history(struct call *call) {
    const struct latency_series *s = latency_find(call->module, call->argv[2]);
    resp_array(call->reply, s ? s->count : 0);
    for (unsigned i = 0; s && i < s->count; i++) {
        const struct latency_sample *sample = latency_sample_at(s, i);
        resp_array(call->reply, 2);
        resp_int(call->reply, sample->at_s);
        resp_int(call->reply, sample->ms);
    }
}

static void cmd_latency_reset(struct call *call) {
    struct latency *latency = call->module;
    int64_t gone = 0;
    if (call->argc == 2) gone = latency_forget(latency, NULL);
    for (int i = 2; i < call->argc; i++) {
        struct latency_series *s = latency_find(latency, call->argv[i]);
        if (s) gone += latency_forget(latency, s);
    }
    resp_int(call->reply, gone);
}

static void reply_text(struct call *call, struct buf *text) {
    resp_verbatim(call->reply, text->ptr ? text->ptr : "", text->len, "txt");
    buf_deinit(text);
}

static void cmd_latency_graph(struct call *call) {
    struct latency *latency = call->module;
    const struct latency_series *s = latency_find(latency, call->argv[2]);
    if (s == NULL) {
        resp_errorf(call->reply, "ERR No samples available for event '%.*s'", (int)call->argv[2].len,
                    call->argv[2].ptr);
        return;
    }
    struct buf text = {0};
    latency_graph(s, io_wall_us(latency->io) / 1000000, &text);
    reply_text(call, &text);
}

static void cmd_latency_doctor(struct call *call) {
    struct buf text = {0};
    latency_doctor(call->module, &text);
    reply_text(call, &text);
}

/* --- HISTOGRAM: dispatch has counted --- */

static void add_histogram(struct call *call, unsigned id, size_t *pairs) {
    const struct latency *latency = call->module;
    const struct histogram *h = exec_latency(latency->exec, id);
    if (h->total == 0) return;
    struct resp_writer *w = call->reply;
    resp_bulk_cstr(w, command_by_id(id)->name);
    resp_map(w, 2);
    resp_bulk_cstr(w, "calls");
    resp_int(w, (int64_t)h->total);
    resp_bulk_cstr(w, "histogram_usec");
    struct resp_deferred map = resp_deferred(w);
    size_t bounds = 0;
    int cursor = 0;
    for (uint64_t bound_us, upto; histogram_next_power(h, &cursor, &bound_us, &upto); bounds++) {
        resp_int(w, (int64_t)bound_us);
        resp_int(w, (int64_t)upto);
    }
    resp_deferred_fill(w, map, RESP_MAP, bounds);
    ++*pairs;
}

/* "get", "config|set", or a container: then all of its subcommands. */
static void add_named(struct call *call, struct slice name, size_t *pairs) {
    const struct command_spec *spec = command_lookup_full(name.ptr, name.len);
    if (spec == NULL) return;
    add_histogram(call, spec->id, pairs);
    for (unsigned i = 0; i < spec->sub_count; i++)
        add_histogram(call, spec->sub_first + i, pairs);
}

static void cmd_latency_histogram(struct call *call) {
    struct resp_deferred map = resp_deferred(call->reply);
    size_t pairs = 0;
    for (unsigned id = 0; call->argc == 2 && id < CMD_COUNT; id++)
        add_histogram(call, id, &pairs);
    for (int i = 2; i < call->argc; i++)
        add_named(call, call->argv[i], &pairs);
    resp_deferred_fill(call->reply, map, RESP_MAP, pairs);
}

static void cmd_latency_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_LATENCY));
}

const struct command_binding latency_bindings[] = {
    {CMD_LATENCY_LATEST, cmd_latency_latest}, {CMD_LATENCY_HISTORY, cmd_latency_history},
    {CMD_LATENCY_RESET, cmd_latency_reset},   {CMD_LATENCY_GRAPH, cmd_latency_graph},
    {CMD_LATENCY_DOCTOR, cmd_latency_doctor}, {CMD_LATENCY_HISTOGRAM, cmd_latency_histogram},
    {CMD_LATENCY_HELP, cmd_latency_help},     COMMAND_BINDINGS_END,
};
