/* The differential test: the same commands to Torc and to Debian's redis-server, the same replies from both.
 *
 *      for each round:  seed ──► generator ──► duel ──► (a difference: shrink, print, fail)
 *                                   │            │
 *                                   └─ makes the next block while both servers work on this one
 *
 * Ends in "N passed, N failed": a round, a probe of a declared difference, a raw exchange, and the question
 * whether every built command was called, each count as one test.
 */
#include "common/base/mem.h"
#include "tests/differential/duel.h"
#include "tests/differential/edges.h"
#include "tests/differential/shrink.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND_STEPS    20000
#define FAILURES_USUAL 5
#define SHRINK_SECONDS 25
#define COMMANDS_USUAL 1000000
#define SECONDS_USUAL  60

struct options {
    unsigned long commands;
    unsigned seconds, failures; /* stops at either */
    uint64_t seed;
    bool soak; /* seeds of the moment, until the time is over */
    const char *server, *redis, *differences;
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_failure(struct duel *d, const struct trace *trace, uint64_t seed) {
    struct buf text = {0};
    struct trace small = {0};
    fprintf(stderr, "\nFAILED  seed %llu, step %zu: %s\n", (unsigned long long)seed, d->failed_step,
            buf_cstr(&d->report));
    if (!peer_running(&d->torc)) peer_show_log(&d->torc);
    size_t failed_step = d->failed_step;
    if (shrink(d, trace, &small, SHRINK_SECONDS)) {
        buf_printf(&text, "%zu steps show it ([session]; odd ones speak RESP3):\n", small.count);
        for (size_t i = 0; i < small.count; i++) {
            step_print(&small.steps[i], &text);
            buf_append_char(&text, '\n');
        }
        buf_printf(&text, "%s\n", buf_cstr(&d->report));
        if (!peer_running(&d->torc)) peer_show_log(&d->torc);
    } else {
        buf_append_str(&text, "it does not show again; the last steps of the session were:\n");
        unsigned session = trace->steps[failed_step].session;
        size_t shown = 0, at = failed_step + 1;
        while (at > 0 && shown < 20)
            if (trace->steps[--at].session == session) shown++;
        for (; at <= failed_step; at++)
            if (trace->steps[at].session == session) {
                step_print(&trace->steps[at], &text);
                buf_append_char(&text, '\n');
            }
    }
    fputs(buf_cstr(&text), stderr);
    buf_deinit(&text);
    mem_free(small.steps); /* its bytes are the trace's */
}

/* One round; true if nothing differed. */
static bool play_round(struct duel *d, struct generator *g, uint64_t seed, unsigned long steps,
                       double until) {
    struct trace *trace = g->trace;
    if (!duel_reset(d)) {
        fprintf(stderr, "FAILED  the servers cannot be set up\n");
        return false;
    }
    generator_begin(g, seed);
    size_t done = 0, begin = 0, end = 0; /* [begin, end) is under way */
    bool ended = false;
    while (!d->failed) {
        if (done < trace->count) {
            begin = done;
            end = duel_block_end(trace, begin, trace->count);
            duel_send(d, trace, begin, end);
        } else if (ended) {
            break;
        }
        if (end == trace->count && !ended) {
            if (trace->count < steps && seconds_now() < until) {
                generator_block(g);
            } else {
                generator_end(g);
                ended = true;
            }
        }
        if (done < end) duel_receive(d, trace, begin, end);
        done = end;
    }
    if (d->failed) print_failure(d, trace, seed);
    return !d->failed || (d->failed = false);
}

/* Each declared difference shows. */
static bool probe(struct duel *d, const struct declared *declared) {
    struct buf request = {0};
    size_t replies = 0;
    char *copy = mem_strdup(declared->probe), *rest = copy;
    if (!duel_reset(d)) return false;
    for (char *command; (command = strsep(&rest, ";")); replies++) {
        command += strspn(command, " ");
        command[strcspn(command, "")] = '\0';
        buf_printf(&request, "%s\r\n", command);
    }
    bool shows = duel_control(d, buf_slice(&request), replies);
    if (shows) {
        struct replies now = duel_control_reply(d, replies - 1);
        struct declared_list only = {.items = (struct declared *)declared, .count = 1, .set_listpacks = true};
        shows = !slice_eq(now.torc, now.redis) && declared_match(&only, declared->command, now);
        if (!shows) {
            struct buf text = {0};
            reply_print(now.torc, &text);
            buf_append_str(&text, " and ");
            reply_print(now.redis, &text);
            fprintf(stderr, "FAILED  declared difference %s does not show: %s gave %s\n", declared->id,
                    declared->probe, buf_cstr(&text));
            buf_deinit(&text);
        }
    }
    buf_deinit(&request);
    mem_free(copy);
    return shows;
}

/* Every built command was called and answered; those that cannot be are named with their reason. */
static bool all_exercised(const struct duel *d, bool same_program) {
    bool all = true;
    unsigned built = 0, exempt = 0;
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        const struct rule *rule = rule_of(spec);
        if (spec->issue || !spec->docs->reply || command_is_container(spec)) continue;
        built++;
        if (rule->reason) {
            exempt++;
            printf("exempt  %s: %s\n", spec->name, rule->reason);
        } else if (!d->reference_arity[id] && (spec->flags & COMMAND_WRITE)) {
            exempt++;
            printf("exempt  %s: the reference does not know it, and it writes\n", spec->name);
        } else if (!d->exercised[id] && (d->reference_arity[id] || !same_program)) {
            fprintf(stderr, "FAILED  %s is built but was never called with success\n", spec->name);
            all = false;
        }
    }
    printf("%u built commands, %u of them exempt\n", built, exempt);
    return all;
}

static bool read_options(struct options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(name, "--soak") == 0) {
            o->soak = true;
            continue;
        }
        if (!value) return false;
        i++;
        if (strcmp(name, "--commands") == 0)
            o->commands = strtoul(value, NULL, 10);
        else if (strcmp(name, "--seconds") == 0)
            o->seconds = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(name, "--failures") == 0)
            o->failures = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(name, "--seed") == 0)
            o->seed = strtoull(value, NULL, 10);
        else if (strcmp(name, "--server") == 0)
            o->server = value;
        else if (strcmp(name, "--redis") == 0)
            o->redis = value;
        else if (strcmp(name, "--differences") == 0)
            o->differences = value;
        else
            return false;
    }
    return o->server && o->redis && o->differences;
}

int main(int argc, char **argv) {
    struct options o = {
        .commands = COMMANDS_USUAL, .seconds = SECONDS_USUAL, .seed = 1, .failures = FAILURES_USUAL};
    if (!read_options(&o, argc, argv)) {
        fprintf(stderr,
                "differential --server PATH --redis PATH --differences FILE [--commands N] [--seconds N] "
                "[--seed S] [--failures N] [--soak]\n");
        return 2;
    }
    static struct duel d;
    static struct generator g;
    struct trace trace = {0};
    unsigned passed = 0, failed = 0;
    rules_init();
    if (!duel_init(&d, o.server, o.redis, o.differences)) {
        duel_deinit(&d);
        printf("0 passed, 1 failed\n");
        return 1;
    }
    bool same_program = strcmp(o.server, o.redis) == 0; /* a test of this test: nothing declared can show */
    for (size_t i = 0; i < d.declared.count && !same_program; i++)
        *(probe(&d, &d.declared.items[i]) ? &passed : &failed) += 1;
    edges_compare(&d, &passed, &failed);

    generator_init(&g, &trace, d.reference_arity);
    double begin = seconds_now(), until = begin + o.seconds;
    uint64_t seed = o.soak ? (uint64_t)time(NULL) * 1000003 : o.seed;
    d.commands = 0;
    for (unsigned round = 0; failed < o.failures; round++, seed++) {
        if (round > 0 && (seconds_now() >= until || (!o.soak && d.commands >= o.commands))) break;
        unsigned long left =
            o.soak || o.commands > d.commands + ROUND_STEPS ? ROUND_STEPS : o.commands - d.commands;
        *(play_round(&d, &g, seed, left, until) ? &passed : &failed) += 1;
    }
    double took = seconds_now() - begin;
    *(all_exercised(&d, same_program) ? &passed : &failed) += 1;
    unsigned long tolerated = 0;
    for (size_t i = 0; i < d.declared.count; i++)
        tolerated += d.declared.items[i].seen;
    printf("%lu commands to each server, %lu comparisons of the whole state, %.0f commands a second; %zu "
           "declared "
           "differences, met %lu times; next seed %llu\n",
           d.commands, d.checks, (double)d.commands / took, d.declared.count, tolerated,
           (unsigned long long)seed);
    generator_deinit(&g);
    trace_deinit(&trace);
    duel_deinit(&d);
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? 1 : 0;
}
