/* Delta debugging: leave out ever smaller parts, keep what still fails in the same command.
 *
 *      ████████████████   all of the round up to the difference
 *      ████        ████   without a quarter: still fails, so go on from here
 *      ████          ██   …
 *
 * Units are left out whole: a step with those joined to it. Every try starts from empty servers. When no
 * single unit can go, arguments are tried: trailing ones one by one.
 */
#include "tests/differential/shrink.h"
#include "common/base/mem.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

struct units {
    size_t *begin; /* owned: where each unit begins, and the end of all */
    size_t count;
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct units cut_units(const struct trace *trace, size_t count) {
    struct units u = {mem_alloc((count + 1) * sizeof *u.begin), 0};
    for (size_t i = 0; i < count; i++)
        if (!trace->steps[i].joined || i == 0) u.begin[u.count++] = i;
    u.begin[u.count] = count;
    return u;
}

static void append_unit(struct trace *out, const struct trace *from, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        if (out->count == out->cap) {
            out->cap = out->cap ? out->cap * 2 : 256;
            out->steps = mem_realloc(out->steps, out->cap * sizeof *out->steps);
        }
        out->steps[out->count++] = from->steps[i];
    }
}

/* Plays it on empty servers; true if it fails as the first time did. */
static bool fails(struct duel *d, const struct trace *candidate, const char *name) {
    if (!duel_reset(d)) return false;
    duel_play(d, candidate, 0, candidate->count);
    return d->failed && strcmp(d->failed_name, name) == 0;
}

bool shrink(struct duel *d, const struct trace *trace, struct trace *out, unsigned seconds) {
    char name[sizeof d->failed_name];
    struct trace candidate = {0};
    double until = seconds_now() + seconds;
    memcpy(name, d->failed_name, sizeof name);
    size_t end = duel_block_end(trace, d->failed_step, d->failed_step + 1);
    bool connection = strcmp(name, "connection") == 0; /* then any step of the block may have done it */
    if (connection) end = duel_block_end(trace, d->failed_step, trace->count);

    trace_clear(out);
    append_unit(out, trace, 0, end);
    if (!fails(d, out, name)) return false;
    size_t chunk = out->count / 2 + 1;
    while (seconds_now() < until) {
        struct units units = cut_units(out, out->count);
        bool smaller = false;
        for (size_t at = 0; at < units.count && seconds_now() < until;) {
            size_t stop = at + chunk < units.count ? at + chunk : units.count;
            candidate.count = 0;
            append_unit(&candidate, out, 0, units.begin[at]);
            append_unit(&candidate, out, units.begin[stop], units.begin[units.count]);
            if (candidate.count && fails(d, &candidate, name)) {
                /* what came behind the failing step is gone, too */
                size_t keep = connection ? candidate.count : d->failed_step + 1;
                out->count = 0;
                append_unit(out, &candidate, 0, keep);
                mem_free(units.begin);
                units = cut_units(out, out->count);
                smaller = true;
            } else {
                at = stop;
            }
        }
        mem_free(units.begin);
        if (chunk == 1 && !smaller) break;
        if (chunk > 1 && !smaller) chunk = (chunk + 1) / 2;
        if (chunk > out->count) chunk = out->count;
    }
    mem_free(candidate.steps);
    return fails(d, out, name);
}
