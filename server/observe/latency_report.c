/* Latencies for people: a picture and a report.
 *
 * The picture has a column for each sample, the oldest first, four rows of three marks each, so twelve
 * heights between the least and the greatest latency. Below each column stands, read downwards, how long ago
 * it was:
 *
 *         #
 *         |          _ o #   the three heights of a row
 *      _  |          |       what lies below the top of a column
 *      |_o|_#
 *
 *      764321
 *      ssssss */
#include "server/observe/latency.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS      4
#define MARKS     3 /* of a row */
#define LABEL_MAX 24
#define RULE      "--------------------------------------------------------------------------------\n"

/* --- GRAPH --- */

static void range_of(const struct latency_series *s, uint32_t *low, uint32_t *high) {
    *low = UINT32_MAX;
    *high = 0;
    for (unsigned i = 0; i < s->count; i++) {
        uint32_t ms = latency_sample_at(s, i)->ms;
        if (ms < *low) *low = ms;
        if (ms > *high) *high = ms;
    }
}

static void format_age(int64_t age_s, char label[LABEL_MAX]) {
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    unsigned u = 0;
    while (u < 3 && age_s < units[u].seconds)
        u++;
    snprintf(label, LABEL_MAX, "%" PRId64 "%c", age_s > 0 ? age_s / units[u].seconds : 0, units[u].unit);
}

static void add_columns(const struct latency_series *s, uint32_t low, uint32_t high, struct buf *out) {
    uint32_t span = high > low ? high - low : 1;
    for (unsigned row = ROWS; row-- > 0;) {
        for (unsigned i = 0; i < s->count; i++) {
            uint64_t height = (uint64_t)(latency_sample_at(s, i)->ms - low) * ROWS * MARKS / span;
            if (height >= ROWS * MARKS) height = ROWS * MARKS - 1;
            unsigned top = (unsigned)height / MARKS;
            buf_append_char(out, row > top ? ' ' : row < top ? '|' : "_o#"[height % MARKS]);
        }
        buf_append_char(out, '\n');
    }
}

static void add_ages(const struct latency_series *s, int64_t now_s, struct buf *out) {
    char labels[LATENCY_SAMPLES][LABEL_MAX];
    size_t longest = 0;
    for (unsigned i = 0; i < s->count; i++) {
        format_age(now_s - latency_sample_at(s, i)->at_s, labels[i]);
        if (strlen(labels[i]) > longest) longest = strlen(labels[i]);
    }
    for (size_t row = 0; row < longest; row++) {
        for (unsigned i = 0; i < s->count; i++)
            buf_append_char(out, row < strlen(labels[i]) ? labels[i][row] : ' ');
        buf_append_char(out, '\n');
    }
}

void latency_graph(const struct latency_series *s, int64_t now_s, struct buf *out) {
    uint32_t low, high;
    range_of(s, &low, &high);
    buf_printf(out, "%s - high %" PRIu32 " ms, low %" PRIu32 " ms (all time high %" PRIu32 " ms)\n%s",
               s->event, high, low, s->max_ms, RULE);
    add_columns(s, low, high, out);
    buf_append_char(out, '\n');
    add_ages(s, now_s, out);
}

/* --- DOCTOR --- */

struct figures {
    double mean_ms, deviation_ms, period_s;
};

static struct figures figures_of(const struct latency_series *s) {
    struct figures f = {0};
    for (unsigned i = 0; i < s->count; i++)
        f.mean_ms += latency_sample_at(s, i)->ms;
    f.mean_ms /= s->count;
    for (unsigned i = 0; i < s->count; i++) {
        double off = latency_sample_at(s, i)->ms - f.mean_ms;
        f.deviation_ms += off < 0 ? -off : off;
    }
    f.deviation_ms /= s->count;
    if (s->count > 1)
        f.period_s = (double)(latency_sample_at(s, s->count - 1)->at_s - latency_sample_at(s, 0)->at_s) /
                     (s->count - 1);
    return f;
}

/* What can be done about an event, found by the beginning of its name. */
static const char *advice_for(const char *event) {
    static const struct {
        const char *event, *advice;
    } table[] = {
        {"command",
         "SLOWLOG GET names the commands and who sent them. What takes time proportional to a whole "
         "value (SMEMBERS, LRANGE 0 -1, SORT, ZUNION) is best asked for in parts, with *SCAN, LIMIT or "
         "ranges. MEMORY BIGKEYS names the values to look at."},
        {"fast-command",
         "Commands of constant time were slow: then the machine was, not the command. Look for "
         "swapping (used_memory_rss of INFO below used_memory), a busy neighbour of this virtual "
         "machine, or more threads than cores."},
        {"expire-cycle",
         "Many keys fall due together. Spreading their times to live over some seconds spreads "
         "the work; lazyfree-lazy-expire changes nothing here, large values go to helpers anyway."},
        {"eviction-cycle", "maxmemory is reached faster than keys can be evicted. A lower "
                           "maxmemory-eviction-tenacity shortens each step, more memory makes it rare."},
        {"aof-", "The disk is slow to take the append-only file. Look for other writers on the same disk; "
                 "appendfsync everysec waits less than always."},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strncmp(event, table[i].event, strlen(table[i].event)) == 0) return table[i].advice;
    return NULL;
}

/* The slow log shows only what it was told to keep. */
static void check_slowlog(struct latency *latency, struct buf *out) {
    struct buf value = {0};
    conf_print(latency->conf, "slowlog-log-slower-than", &value);
    long long us = strtoll(buf_cstr(&value), NULL, 10);
    if (us < 0 || us > latency->sink.threshold_us)
        buf_printf(out,
                   "- The slow log misses commands that are counted here: CONFIG SET slowlog-log-slower-than "
                   "%" PRId64 " keeps them.\n",
                   latency->sink.threshold_us);
    buf_deinit(&value);
}

static void report_series(const struct latency *latency, struct buf *out) {
    buf_printf(out, "Events that took %" PRId64 " ms or more:\n\n", latency->threshold_ms);
    for (unsigned i = 0; i < latency->series_count; i++) {
        const struct latency_series *s = latency->series[i];
        struct figures f = figures_of(s);
        buf_printf(
            out,
            "%u. %s: %u seconds with such an event, on average %.0f ms (mean deviation %.0f ms), worst "
            "%" PRIu32 " ms",
            i + 1, s->event, s->count, f.mean_ms, f.deviation_ms, s->max_ms);
        if (s->count > 1) buf_printf(out, ", about every %.1f s", f.period_s);
        buf_append_str(out, ".\n");
    }
}

void latency_doctor(struct latency *latency, struct buf *out) {
    if (latency->threshold_ms == 0 && latency->series_count == 0) {
        buf_append_str(out, "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> "
                            "turns it on: choose what would be too long for your application.\n");
        return;
    }
    if (latency->series_count == 0) {
        buf_printf(out, "Nothing took %" PRId64 " ms or more since the start, or since LATENCY RESET.\n",
                   latency->threshold_ms);
        return;
    }
    report_series(latency, out);
    buf_append_str(out, "\nWhat can be done:\n\n");
    for (unsigned i = 0; i < latency->series_count; i++) {
        const char *advice = advice_for(latency->series[i]->event);
        if (advice) buf_printf(out, "- %s: %s\n", latency->series[i]->event, advice);
    }
    if (latency->threshold_ms && latency_find(latency, SLICE("command"))) check_slowlog(latency, out);
    buf_append_str(
        out, "- INFO stats names the longest turn of the loop (turn_max_cpu_usec) and what took most of "
             "it (turn_max_command).\n");
}
