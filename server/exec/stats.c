/* What was executed: commandstats, errorstats and latencystats of INFO. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/exec/exec_int.h"

/* As Redis: beyond this many different codes something is wrong with the errors, not with the clients. */
#define ERROR_CODES_MAX 128

const struct exec_stats *exec_stats(const struct exec *x) {
    return &x->totals;
}

void exec_count_error(struct exec *x, const char *code) {
    x->totals.error_replies++;
    struct slice key = slice_of(code);
    uint64_t *count = map_get(&x->errors, key);
    if (count == NULL) {
        if (x->errors.count >= ERROR_CODES_MAX) return;
        count = mem_zalloc(sizeof(*count));
        map_put(&x->errors, key, count);
    }
    ++*count;
}

static void forget_errors(struct exec *x) {
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&x->errors, &cursor, &key, &value))
        mem_free(value);
    map_deinit(&x->errors);
    map_init(&x->errors, x->errors.seed);
}

void exec_reset_stats(struct exec *x) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        histogram_deinit(&x->stats[id].latency);
        x->stats[id] = (struct command_stats){0};
    }
    x->totals = (struct exec_stats){0};
    forget_errors(x);
}

uint64_t exec_commands_us(const struct exec *x) {
    uint64_t cycles = 0;
    for (unsigned id = 0; id < CMD_COUNT; id++)
        cycles += x->stats[id].cycles;
    return (uint64_t)((double)cycles * x->us_per_cycle);
}

void stats_deinit(struct exec *x) {
    for (unsigned id = 0; id < CMD_COUNT; id++)
        histogram_deinit(&x->stats[id].latency);
    forget_errors(x);
}

static void write_commandstats(struct buf *out, void *module) {
    const struct exec *x = module;
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_stats *s = &x->stats[id];
        if (s->calls == 0 && s->rejected == 0 && s->failed == 0) continue;
        uint64_t us = (uint64_t)((double)s->cycles * x->us_per_cycle);
        buf_printf(
            out,
            "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
            command_by_id(id)->name, (unsigned long long)s->calls, (unsigned long long)us,
            s->calls ? (double)s->cycles * x->us_per_cycle / (double)s->calls : 0.0,
            (unsigned long long)s->rejected, (unsigned long long)s->failed);
    }
}

static void write_errorstats(struct buf *out, void *module) {
    const struct exec *x = module;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&x->errors, &cursor, &key, &value))
        buf_printf(out, "errorstat_%.*s:count=%llu\r\n", (int)key.len, key.ptr,
                   (unsigned long long)*(uint64_t *)value);
}

const struct histogram *exec_latency(struct exec *x, unsigned id) {
    struct command_stats *s = &x->stats[id];
    histogram_record_zeros(&s->latency, s->below_us);
    s->below_us = 0;
    return &s->latency;
}

static void write_latencystats(struct buf *out, void *module) {
    struct exec *x = module;
    if (!x->conf->latency_tracking) return;
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct histogram *h = exec_latency(x, id);
        if (h->total == 0) continue;
        buf_printf(out, "latency_percentiles_usec_%s:", command_by_id(id)->name);
        for (int i = 0; i < x->conf->percentiles.count; i++) {
            double percent = x->conf->percentiles.value[i];
            char text[NUM_DOUBLE_CHARS_MAX];
            int len = (int)num_format_double(text, percent);
            buf_printf(out, "%sp%.*s=%.3f", i ? "," : "", len, text,
                       (double)histogram_percentile(h, percent));
        }
        buf_append_str(out, "\r\n");
    }
}

void exec_register_info(struct exec *x, struct info_registry *registry) {
    static const struct info_section sections[] = {
        {"commandstats", "Commandstats", INFO_ALL, INFO_RANK_COMMANDSTATS, write_commandstats},
        {"errorstats", "Errorstats", INFO_DEFAULT, INFO_RANK_ERRORSTATS, write_errorstats},
        {"latencystats", "Latencystats", INFO_ALL, INFO_RANK_LATENCYSTATS, write_latencystats},
    };
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        info_register(registry, &sections[i], x);
}
