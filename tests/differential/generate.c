/* From argument trees to commands.
 *
 *      spec ──► walk of its arguments ──► shuffle of neighbouring options ──► mutation ──► taming ──► step
 *               (values.c fills leaves)                                        (1 of 8)
 *
 * Taming (tame.c) takes out what would make a right server's answer depend on the clock or the machine.
 *
 * A round begins with every command of the pool, then draws by weight. Steps come in blocks of one session,
 * since only the commands of one connection have an order that both servers must share.
 */
#include "tests/differential/generate.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "tests/differential/tame.h"
#include "tests/differential/values.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SEGMENTS_MAX 32

/* --- the walk --- */

struct walk {
    struct generator *g;
    struct args *a;
    const char *group;
    int count_at; /* argument that counts what comes next ("numkeys"), -1: none */
};

static void emit_token(struct walk *w, const char *token) {
    char text[64];
    size_t len = strlen(token);
    unsigned style = (unsigned)rng_below(&w->g->rng, 10);
    if (len == 0) { /* COMMAND DOCS writes an empty token as "" */
        args_add(w->a, "", 0);
        return;
    }
    for (size_t i = 0; i < len && i < sizeof text; i++)
        text[i] = (char)(style < 6   ? token[i]
                         : style < 8 ? tolower((unsigned char)token[i])
                         : i % 2     ? toupper((unsigned char)token[i])
                                     : tolower((unsigned char)token[i]));
    args_add(w->a, text, len);
}

static void emit(struct walk *w, const struct command_argument *arg);

static void emit_value(struct walk *w, const struct command_argument *arg) {
    struct rng *rng = &w->g->rng;
    switch ((enum argument_type)arg->type) {
    case ARGUMENT_KEY: value_key(w->a, rng, w->group); break;
    case ARGUMENT_INTEGER:
        if (strncmp(arg->name, "num", 3) == 0) { /* filled in when the counted ones are there */
            w->count_at = w->a->argc;
            args_add_str(w->a, "1");
        } else {
            value_integer(w->a, rng, arg->name);
        }
        break;
    case ARGUMENT_UNIX_TIME: value_unix_time(w->a, rng, strstr(arg->name, "milli") != NULL); break;
    case ARGUMENT_DOUBLE:
        if (strcmp(w->group, "geo") == 0)
            value_geo(w->a, rng, arg->name);
        else
            value_double(w->a, rng);
        break;
    case ARGUMENT_PATTERN: value_pattern(w->a, rng); break;
    case ARGUMENT_STRING: value_string(w->a, rng, arg->name, w->group); break;
    case ARGUMENT_PURE_TOKEN: break;
    case ARGUMENT_ONEOF: emit(w, &arg->children[rng_below(rng, arg->child_count)]); break;
    case ARGUMENT_BLOCK:
        for (int i = 0; i < arg->child_count; i++)
            emit(w, &arg->children[i]);
        break;
    }
}

/* An argument with its token and its repetitions; an optional one may stay away. */
static void emit(struct walk *w, const struct command_argument *arg) {
    struct rng *rng = &w->g->rng;
    if ((arg->flags & ARGUMENT_OPTIONAL) && rng_below(rng, 9) < 5) return;
    unsigned times = 1;
    if (arg->flags & ARGUMENT_MULTIPLE) {
        times += (unsigned)rng_below(rng, 3);
        if (chance(rng, 30)) times += (unsigned)rng_below(rng, 40);
    }
    int count_at = w->count_at;
    for (unsigned i = 0; i < times; i++) {
        if (arg->token && (i == 0 || (arg->flags & ARGUMENT_MULTIPLE_TOKEN))) emit_token(w, arg->token);
        emit_value(w, arg);
    }
    if (count_at >= 0 && (arg->flags & ARGUMENT_MULTIPLE)) {
        struct args number = {.trace = w->a->trace};
        args_addf(&number, "%u", chance(rng, 12) ? (unsigned)rng_below(rng, 6) : times);
        w->a->argv[count_at] = number.argv[0];
        w->count_at = -1;
    }
}

/* The parts of a command; neighbouring options may stand in any order, which is to be understood the same
 * way. */
static void emit_arguments(struct generator *g, const struct command_spec *spec, struct args *a) {
    struct walk w = {g, a, spec->docs->group, -1};
    struct slice was[ARGS_MAX];
    int begin[SEGMENTS_MAX + 1], count = 0;
    for (int i = 0; i < spec->docs->argument_count; i++) {
        const struct command_argument *arg = &spec->docs->arguments[i];
        if (count < SEGMENTS_MAX && (arg->flags & ARGUMENT_OPTIONAL)) {
            begin[count++] = a->argc;
        } else {
            count = 0;
        }
        emit(&w, arg);
        begin[count] = a->argc;
        if (count < 2 || !chance(&g->rng, 3)) continue;
        /* exchange the last two options */
        int x = begin[count - 2], y = begin[count - 1], z = begin[count];
        memcpy(was, a->argv + x, (size_t)(z - x) * sizeof *was);
        memcpy(a->argv + x, was + (y - x), (size_t)(z - y) * sizeof *was);
        memcpy(a->argv + x + (z - y), was, (size_t)(y - x) * sizeof *was);
        begin[count - 1] = x + (z - y);
    }
}

static void emit_name(struct generator *g, const struct command_spec *spec, struct args *a) {
    struct walk w = {g, a, "", -1};
    char name[64];
    const char *bar = strchr(spec->name, '|');
    size_t len = bar ? (size_t)(bar - spec->name) : strlen(spec->name);
    memcpy(name, spec->name, len);
    name[len] = '\0';
    emit_token(&w, name);
    if (bar) emit_token(&w, bar + 1);
}

/* --- mutation --- */

static void mutate(struct generator *g, struct args *a, int keep) {
    struct rng *rng = &g->rng;
    int n = a->argc - keep;
    int at = keep + (n > 0 ? (int)rng_below(rng, (uint64_t)n) : 0);
    switch (rng_below(rng, 8)) {
    case 0: /* one is missing */
        if (n > 0) {
            memmove(a->argv + at, a->argv + at + 1, (size_t)(a->argc - at - 1) * sizeof *a->argv);
            a->argc--;
        }
        break;
    case 1: /* one twice */
        if (n > 0 && a->argc < ARGS_MAX) {
            memmove(a->argv + at + 1, a->argv + at, (size_t)(a->argc - at) * sizeof *a->argv);
            a->argc++;
        }
        break;
    case 2: /* two exchanged */
        if (n > 1) {
            int other = keep + (int)rng_below(rng, (uint64_t)n);
            struct slice was = a->argv[at];
            a->argv[at] = a->argv[other];
            a->argv[other] = was;
        }
        break;
    case 3: /* cut off */ a->argc = at; break;
    case 4: /* more behind */
        for (unsigned i = 1 + (unsigned)rng_below(rng, 3); i > 0; i--)
            value_odd(a, rng);
        break;
    case 5: /* another command's name, or none's */
        if (keep == 1 && chance(rng, 8)) {
            struct args name = {.trace = a->trace};
            args_addf(&name, "%.*sX", (int)a->argv[0].len, a->argv[0].ptr);
            a->argv[0] = name.argv[0];
            break;
        }
        /* fall through */
    default: /* another value */
        if (n > 0) {
            struct args value = {.trace = a->trace};
            value_odd(&value, rng);
            a->argv[at] = value.argv[0];
        }
    }
}

void generate_command(struct generator *g, const struct command_spec *spec, struct args *a) {
    const struct rule *rule = rule_of(spec);
    a->argc = 0;
    if (rule->generate == GENERATE_FORMS) {
        size_t forms = 0;
        while (rule->forms[forms])
            forms++;
        args_add_line(a, rule->forms[rng_below(&g->rng, forms)]);
        return;
    }
    emit_name(g, spec, a);
    int keep = a->argc;
    emit_arguments(g, spec, a);
    if (chance(&g->rng, 8)) {
        mutate(g, a, keep);
        if (chance(&g->rng, 4)) mutate(g, a, keep);
    }
    tame_command(g, a);
}

/* --- scripts: commands that need others around them --- */

static struct step *add(struct generator *g, unsigned session, bool joined) {
    return trace_add(g->trace, STEP_COMMAND, session, joined, &g->args);
}

static bool is_solo(const struct generator *g, const struct command_spec *spec) {
    return !g->reference_arity[spec->id];
}

static struct step *add_line(struct generator *g, unsigned session, bool joined, const char *line) {
    g->args.argc = 0;
    args_add_line(&g->args, line);
    return trace_add(g->trace, STEP_COMMAND, session, joined, &g->args);
}

static const struct command_spec *draw(struct generator *g) {
    uint64_t at = rng_below(&g->rng, g->weights[g->pool_count - 1]);
    size_t low = 0, high = g->pool_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->weights[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return g->pool[low];
}

/* A command without needs of its own: neither scripted nor blocking. */
static const struct command_spec *draw_plain(struct generator *g) {
    for (;;) {
        const struct command_spec *spec = draw(g);
        const struct rule *rule = rule_of(spec);
        if (rule->generate == GENERATE_GRAMMAR && !rule->blocks && spec->docs->argument_count) return spec;
    }
}

/* CLIENT REPLY, outside of transactions: what stays silent is known beforehand. */
static void script_reply(struct generator *g, unsigned session) {
    unsigned hidden = 1;
    add_line(g, session, false, "discard");
    if (chance(&g->rng, 2)) {
        add_line(g, session, true, "client reply skip")->silent = true;
    } else {
        add_line(g, session, true, "client reply off")->silent = true;
        hidden += (unsigned)rng_below(&g->rng, 3);
    }
    bool off = slice_is(g->args.argv[2], "off");
    for (; hidden > 0; hidden--) {
        const struct command_spec *spec = command_lookup("set", 3);
        generate_command(g, spec, &g->args);
        add(g, session, true)->silent = true;
    }
    if (off) add_line(g, session, true, "client reply on");
}

/* OVERFLOW FAIL, after the string is long enough: where it only makes the key longer, Redis does not tell
 * anyone (declared as bitfield-grows). */
static void script_bitfield_fail(struct generator *g, unsigned session) {
    struct args *a = &g->args, grow = {.trace = g->trace};
    for (int i = 2; i < a->argc; i++) { /* offsets beyond what is made sure of */
        int64_t n;
        bool numbered = a->argv[i].len && a->argv[i].ptr[0] == '#';
        if (num_parse_int64(a->argv[i].ptr + numbered, a->argv[i].len - numbered, &n) &&
            n > (numbered ? 50 : 3900))
            a->argv[i] = SLICE("100");
    }
    args_add_line(&grow, "setbit key 4095 0");
    grow.argv[1] = a->argv[1];
    trace_add(g->trace, STEP_COMMAND, session, false, &grow);
    add(g, session, true);
}

/* HRANDFIELD, SRANDMEMBER, ZRANDMEMBER: what there is to choose from comes first. */
static void script_random_picks(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args, all = {.trace = g->trace};
    generate_command(g, spec, a);
    if (a->argc >= 2) {
        args_add_line(&all, spec->name[0] == 'h'   ? "hgetall key"
                            : spec->name[0] == 's' ? "smembers key"
                                                   : "zrange key 0 -1 withscores");
        all.argv[1] = a->argv[1];
        trace_add(g->trace, STEP_COMMAND, session, false, &all);
    }
    add(g, session, a->argc >= 2);
}

/* SPOP must leave the same on both sides: all goes, or nothing, or the only member. */
static void script_spop(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args;
    int64_t n;
    generate_command(g, spec, a);
    if (a->argc == 2 && !chance(&g->rng, 4)) {
        struct args one = {.trace = g->trace};
        args_add_line(&one, "del key");
        one.argv[1] = a->argv[1];
        trace_add(g->trace, STEP_COMMAND, session, false, &one);
        one.argc = 0;
        args_add_line(&one, "sadd key only");
        one.argv[1] = a->argv[1];
        trace_add(g->trace, STEP_COMMAND, session, true, &one);
        add(g, session, true);
        return;
    }
    if (a->argc == 2) args_add_str(a, "1000");
    if (a->argc == 3 && num_parse_int64(a->argv[2].ptr, a->argv[2].len, &n) && n > 0 && n < 1000)
        a->argv[2] = SLICE("1000");
    add(g, session, false);
}

/* Since 7.2 a consumer is made by whoever asks, before only by who gets something: it is made beforehand. */
static void make_consumer(struct generator *g, unsigned session, struct slice key, struct slice group,
                          struct slice consumer) {
    struct args line = {.trace = g->trace};
    args_add_line(&line, "xgroup createconsumer key group consumer");
    line.argv[2] = key;
    line.argv[3] = group;
    line.argv[4] = consumer;
    trace_add(g->trace, STEP_COMMAND, session, false, &line);
}

static void make_consumers_of_read(struct generator *g, unsigned session) {
    const struct args *a = &g->args;
    int group = 1, first = 1;
    while (group < a->argc && !slice_is(a->argv[group], "group"))
        group++;
    while (first < a->argc && !slice_is(a->argv[first], "streams"))
        first++;
    for (int i = 0; group + 2 < a->argc && i < (a->argc - first - 1) / 2; i++)
        make_consumer(g, session, a->argv[first + 1 + i], a->argv[group + 1], a->argv[group + 2]);
}

/* 7.0 does not tell WATCH of a HyperLogLog made dense, nor of XSETID: the key is changed before. */
static void script_after_change(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args, change = {.trace = g->trace};
    int key = spec->id == CMD_PFDEBUG ? 2 : 1;
    generate_command(g, spec, a);
    if (a->argc > key) {
        args_add_line(&change, "pexpireat key 4102444800123");
        change.argv[1] = a->argv[key];
        trace_add(g->trace, STEP_COMMAND, session, false, &change);
    }
    add(g, session, a->argc > key);
}

/* Redis's SORT takes the range error of a number that was read earlier for one of its own; ZADD's reading of
 * a score ends that. */
static void script_sort(struct generator *g, unsigned session, const struct command_spec *spec) {
    add_line(g, session, false, "zadd nosuch-zset xx 1 member");
    generate_command(g, spec, &g->args);
    add(g, session, true);
}

/* XINFO STREAM tells what XINFO GROUPS is judged by. */
static void script_groups(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args, stream = {.trace = g->trace};
    generate_command(g, spec, a);
    if (a->argc > 2) {
        args_add_line(&stream, "xinfo stream key");
        stream.argv[2] = a->argv[2];
        trace_add(g->trace, STEP_COMMAND, session, false, &stream);
    }
    add(g, session, a->argc > 2);
}

/* HTTL and its like, of Torc alone: HMGET tells which fields are there. */
static void script_field_times(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args, values = {.trace = g->trace};
    if (g->follow_misses) return;
    add_line(g, session, false, "discard");
    g->multi_left[session] = 0;
    generate_command(g, spec, a);
    if (a->argc > 4) {
        args_add_line(&values, "hmget key");
        values.argv[1] = a->argv[1];
        for (int i = 4; i < a->argc; i++)
            values.argv[values.argc++] = a->argv[i];
        trace_add(g->trace, STEP_COMMAND, session, true, &values);
    }
    trace_add(g->trace, STEP_SOLO, session, true, a);
}

/* What COMMAND GETKEYS is asked about: of a number of keys, 7.0 looks at 32 bits; of one that is none, it
 * puts the destination behind the others. */
static void tame_key_counts(struct args *a) {
    const struct command_spec *spec = command_lookup(a->argv[0].ptr, a->argv[0].len);
    for (int i = 0; spec && i < spec->key_spec_count; i++) {
        const struct command_key_spec *key = &spec->key_specs[i];
        int at = key->at + key->count_at;
        int64_t n;
        if (key->find != KEY_FIND_KEYNUM || key->begin != KEY_BEGIN_INDEX || at >= a->argc) continue;
        if (!num_parse_int64(a->argv[at].ptr, a->argv[at].len, &n) || n != (int32_t)n)
            a->argv[at] = SLICE("1");
    }
}

/* Redis shares the objects of small numbers among keys: of strings, TYPE says that idle times are not
 * comparable. */
static void script_idletime(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args, type = {.trace = g->trace};
    generate_command(g, spec, a);
    if (a->argc > 2) {
        args_add_line(&type, "type key");
        type.argv[1] = a->argv[2];
        trace_add(g->trace, STEP_COMMAND, session, false, &type);
    }
    add(g, session, a->argc > 2);
}

static void script(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args *a = &g->args;
    const char *name = spec->name;
    if (strcmp(name, "multi") == 0) {
        generate_command(g, spec, a);
        add(g, session, false);
    } else if (strcmp(name, "client|reply") == 0) {
        script_reply(g, session);
    } else if (strncmp(name, "command|getkeys", 15) == 0) {
        const struct command_spec *other = draw(g);
        bool any = chance(&g->rng, 2); /* that both know, built or not */
        while (any || g->reference_arity[other->id] != other->arity) {
            other = command_by_id((unsigned)rng_below(&g->rng, command_count_all()));
            any = false;
        }
        struct slice saved[ARGS_MAX];
        generate_command(g, rule_of(other)->generate == GENERATE_FORMS ? spec : other, a);
        if (a->argc < 2) args_add_str(a, "x"); /* 7.0 asks for one argument at least */
        int argc = a->argc < ARGS_MAX - 2 ? a->argc : ARGS_MAX - 2;
        tame_key_counts(a);
        memcpy(saved, a->argv, (size_t)argc * sizeof *saved);
        a->argc = 0;
        emit_name(g, spec, a);
        memcpy(a->argv + 2, saved, (size_t)argc * sizeof *saved);
        a->argc += argc;
        add(g, session, false);
    } else if (strstr(name, "rand") && spec->key_spec_count) {
        script_random_picks(g, session, spec);
    } else if (strcmp(name, "xclaim") == 0 || strcmp(name, "xautoclaim") == 0) {
        generate_command(g, spec, a);
        if (a->argc > 3) make_consumer(g, session, a->argv[1], a->argv[2], a->argv[3]);
        add(g, session, a->argc > 3);
    } else if (strcmp(name, "spop") == 0) {
        script_spop(g, session, spec);
    } else if (strcmp(name, "pfdebug") == 0 || strcmp(name, "xsetid") == 0) {
        script_after_change(g, session, spec);
    } else if (strncmp(name, "sort", 4) == 0) {
        script_sort(g, session, spec);
    } else if (spec->id == CMD_OBJECT_IDLETIME) {
        script_idletime(g, session, spec);
    } else if (strcmp(name, "xinfo|groups") == 0) {
        script_groups(g, session, spec);
    } else if (rule_of(spec)->compare == COMPARE_FIELD_TIMES) {
        script_field_times(g, session, spec);
    } else if (strcmp(name, "bitfield") == 0) {
        generate_command(g, spec, a);
        bool fails = false;
        for (int i = 2; i < a->argc; i++)
            fails |= slice_is(a->argv[i], "FAIL");
        if (fails)
            script_bitfield_fail(g, session);
        else
            add(g, session, false);
    } else { /* RANDOMKEY, DBSIZE: KEYS tells what is there, and lets Redis drop what is past */
        add_line(g, session, false, "keys *");
        generate_command(g, spec, a);
        add(g, session, true);
    }
}

static bool is_subscription(const struct command_spec *spec) {
    return rule_of(spec)->generate == GENERATE_SCRIPT && (spec->flags & COMMAND_PUBSUB);
}

/* Ranges by name mean nothing unless all scores are the same: they get keys of their own, where they are. */
static bool is_by_name(const struct command_spec *spec, const struct args *a) {
    if (strcmp(spec->docs->group, "sorted-set") != 0) return false;
    if (strstr(spec->name, "lex")) return true;
    for (int i = 1; i < a->argc; i++)
        if (slice_is(a->argv[i], "BYLEX")) return true;
    return false;
}

static void script_by_name(struct generator *g, unsigned session, const struct command_spec *spec) {
    struct args members = {.trace = g->trace};
    int key = strcmp(spec->name, "zrangestore") == 0 ? 2 : 1;
    bool has_key = key < g->args.argc;
    if (has_key) {
        args_add_str(&members, "ZADD");
        args_addf(&members, "lex%u", (unsigned)rng_below(&g->rng, 3));
        g->args.argv[key] = members.argv[1];
        for (uint64_t n = 1 + rng_below(&g->rng, 4); n > 0; n--) {
            args_add_str(&members, "0");
            value_string(&members, &g->rng, "member", "sorted-set");
        }
        trace_add(g->trace, STEP_COMMAND, session, false, &members);
    }
    add(g, session, has_key);
}

/* Whether the reference, being older, refuses so many arguments. */
static bool takes_fewer(const struct generator *g, const struct command_spec *spec) {
    struct command_spec older = *spec;
    older.arity = g->reference_arity[spec->id];
    return command_arity_ok(spec, g->args.argc) && !command_arity_ok(&older, g->args.argc);
}

/* Whether a command does not fit this round: see struct generator. */
static bool stays_out(const struct generator *g, const struct command_spec *spec) {
    switch (spec->id) {
    case CMD_XDEL:
    case CMD_XSETID: return g->keep_entries;
    case CMD_WATCH:
    case CMD_PFDEBUG: return g->may_damage;
    case CMD_SORT:
    case CMD_SORT_RO: return g->follow_misses; /* what BY and GET look up, of a set, is each server's own */
    default: return false;
    }
}

static void one(struct generator *g, unsigned session, const struct command_spec *spec) {
    if (stays_out(g, spec)) return;
    if (is_subscription(spec)) { /* those have sessions of their own */
        generate_command(g, spec, &g->args);
        trace_add(g->trace, STEP_SYNC, SUBSCRIBERS + (unsigned)rng_below(&g->rng, SESSIONS - SUBSCRIBERS),
                  false, &g->args);
    } else if (rule_of(spec)->blocks) {
        add_line(g, session, false, "multi");
        generate_command(g, spec, &g->args);
        if (strcmp(spec->name, "xreadgroup") == 0) make_consumers_of_read(g, session);
        add(g, session, true);
        add_line(g, session, true, "exec");
        g->multi_left[session] = 0;
    } else if (rule_of(spec)->generate == GENERATE_SCRIPT) {
        script(g, session, spec);
    } else if (is_solo(g, spec) && g->follow_misses && spec->key_spec_count) {
        return;
    } else if (is_solo(g, spec) || rule_of(spec)->outside) {
        add_line(g, session, false,
                 "discard"); /* of solo commands, a mistake would end it on one side only */
        g->multi_left[session] = 0;
        generate_command(g, spec, &g->args);
        trace_add(g->trace, is_solo(g, spec) ? STEP_SOLO : STEP_COMMAND, session, true, &g->args);
    } else {
        generate_command(g, spec, &g->args);
        if (is_by_name(spec, &g->args)) {
            script_by_name(g, session, spec);
        } else if (takes_fewer(g, spec)) {
            if ((spec->flags & COMMAND_WRITE) || g->follow_misses) return;
            struct args line = {.trace = g->trace};
            args_add_str(&line, "discard");
            trace_add(g->trace, STEP_COMMAND, session, false, &line);
            g->multi_left[session] = 0;
            line.argc = 0;
            args_add_line(&line, "touch key"); /* on both sides, for OBJECT IDLETIME */
            line.argv[1] = g->args.argv[1];
            trace_add(g->trace, STEP_COMMAND, session, true, &line);
            trace_add(g->trace, STEP_SOLO, session, true, &g->args);
        } else {
            add(g, session, false);
        }
    }
}

/* --- rounds --- */

void generator_init(struct generator *g, struct trace *trace, const int8_t *reference_arity) {
    memset(g, 0, sizeof *g);
    g->trace = g->args.trace = trace;
    g->reference_arity = reference_arity;
    g->pool = mem_zalloc(command_count_all() * sizeof *g->pool);
    g->weights = mem_zalloc(command_count_all() * sizeof *g->weights);
    unsigned sum = 0;
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        bool solo_write = is_solo(g, spec) && (spec->flags & COMMAND_WRITE);
        if (spec->issue || !spec->docs->reply || rule_of(spec)->generate == GENERATE_NEVER || solo_write)
            continue;
        sum += rule_of(spec)->weight;
        g->weights[g->pool_count] = sum;
        g->pool[g->pool_count++] = spec;
    }
}

void generator_deinit(struct generator *g) {
    mem_free(g->pool);
    mem_free(g->weights);
}

static void set_stage(struct generator *g) {
    static const char *const limits[] = {
        "config set hash-max-listpack-entries 512 hash-max-listpack-value 64",
        "config set hash-max-listpack-entries 6 hash-max-listpack-value 64",
        "config set hash-max-listpack-entries 40 hash-max-listpack-value 20",
        "config set hash-max-listpack-entries 0 hash-max-listpack-value 64",
    };
    add_line(g, 0, false, limits[rng_below(&g->rng, sizeof limits / sizeof limits[0])]);
    add_line(g, 0, false,
             chance(&g->rng, 2) ? "config set set-max-intset-entries 512"
                                : "config set set-max-intset-entries 6");
    if (chance(&g->rng, 2)) { /* since 7.2; the hashes of such a round have no listpacks, to be told apart */
        add_line(g, 0, false,
                 chance(&g->rng, 2) ? "config set set-max-listpack-entries 128"
                                    : "config set set-max-listpack-entries 6")
            ->kind = STEP_SOLO;
        add_line(g, 0, true, "config set hash-max-listpack-entries 0");
    }
    add_line(g, 0, false,
             chance(&g->rng, 2) ? "config set zset-max-listpack-entries 128 zset-max-listpack-value 64"
                                : "config set zset-max-listpack-entries 6 zset-max-listpack-value 20");
    g->keep_entries = chance(&g->rng, 2);
    g->follow_events = chance(&g->rng, 3);
    g->may_damage = !g->follow_events && chance(&g->rng, 2);
    /* not all letters: 7.0 writes A for them, and loses n when a CONFIG SET fails */
    g->follow_misses = g->follow_events && chance(&g->rng, 2);
    if (g->follow_events) {
        add_line(g, 0, false,
                 g->follow_misses     ? "config set notify-keyspace-events KEg$lshzxtdnm"
                 : chance(&g->rng, 2) ? "config set notify-keyspace-events KEg$lshztdn"
                                      : "config set notify-keyspace-events KEg$hd");
        g->args.argc = 0;
        args_add_line(&g->args, "psubscribe __key*");
        trace_add(g->trace, STEP_SYNC, SESSIONS - 1, false, &g->args);
    }
}

void generator_begin(struct generator *g, uint64_t seed) {
    rng_seed(&g->rng, seed);
    trace_clear(g->trace);
    memset(g->multi_left, 0, sizeof g->multi_left);
    g->stream_ms = 1;
    set_stage(g);
    size_t *order = mem_alloc(2 * g->pool_count * sizeof *order);
    for (size_t i = 0; i < 2 * g->pool_count; i++) {
        size_t other = rng_below(&g->rng, i + 1);
        order[i] = order[other];
        order[other] = i % g->pool_count;
    }
    for (size_t i = 0; i < 2 * g->pool_count; i++)
        one(g, (unsigned)(i / 16 % SUBSCRIBERS), g->pool[order[i]]);
    mem_free(order);
    for (unsigned session = 0; session < SUBSCRIBERS; session++)
        add_line(g, session, false, "discard"); /* whatever transaction is left */
    g->check_at = g->trace->count + CHECK_INTERVAL;
}

static void drain_subscribers(struct generator *g) {
    for (unsigned session = SUBSCRIBERS; session < SESSIONS; session++) {
        g->args.argc = 0;
        args_add_line(&g->args, "ping drain");
        trace_add(g->trace, STEP_SYNC, session, false, &g->args);
    }
}

static void check(struct generator *g) {
    struct args *a = &g->args;
    drain_subscribers(g);
    a->argc = 0;
    trace_add(g->trace, STEP_CHECK, 0, false, a);
    for (unsigned db = 0; db < 4; db++) {
        a->argc = 0;
        args_addf(a, "%u", db);
        args_add_str(a, "SCAN");
        if (chance(&g->rng, 2)) {
            args_add_str(a, "COUNT");
            args_addf(a, "%u", 1 + (unsigned)rng_below(&g->rng, 20));
        }
        if (chance(&g->rng, 4)) {
            args_add_str(a, "MATCH");
            value_pattern(a, &g->rng);
        }
        if (chance(&g->rng, 4)) {
            args_add_str(a, "TYPE");
            args_add_str(a, chance(&g->rng, 2) ? "hash" : "string");
        }
        trace_add(g->trace, STEP_SCAN, 0, false, a);
        a->argc = 0;
        args_addf(a, "%u", db);
        static const char *const scans[][2] = {{"HSCAN", "hash"}, {"SSCAN", "set"}, {"ZSCAN", "sorted-set"}};
        const char *const *scan = scans[rng_below(&g->rng, 3)];
        const struct command_spec *spec = command_lookup(scan[0], strlen(scan[0]));
        if (spec->issue) scan = scans[0]; /* not built yet */
        args_add_str(a, scan[0]);
        value_key(a, &g->rng, scan[1]);
        if (chance(&g->rng, 2)) {
            args_add_str(a, "COUNT");
            args_addf(a, "%u", 1 + (unsigned)rng_below(&g->rng, 20));
        }
        trace_add(g->trace, STEP_SCAN, 0, false, a);
    }
    g->check_at = g->trace->count + CHECK_INTERVAL;
}

/* A subscriber's turn: subscriptions, or a command that may not be allowed to it. */
static void subscriber(struct generator *g) {
    static const char *const plain[] = {"get string0", "ping",  "echo x",       "publish news hi",
                                        "hello 3",     "reset", "set string0 v"};
    unsigned session = SUBSCRIBERS + (unsigned)rng_below(&g->rng, SESSIONS - SUBSCRIBERS);
    struct args *a = &g->args;
    if (chance(&g->rng, 5)) {
        const char *line = plain[rng_below(&g->rng, sizeof plain / sizeof plain[0])];
        if (g->follow_events && strcmp(line, "reset") == 0) line = "ping";
        a->argc = 0;
        args_add_line(a, line);
    } else {
        static const char *const names[] = {"subscribe",   "psubscribe",   "ssubscribe",
                                            "unsubscribe", "punsubscribe", "sunsubscribe"};
        const char *name = names[rng_below(&g->rng, sizeof names / sizeof names[0])];
        generate_command(g, command_lookup(name, strlen(name)), a);
        if (g->follow_events && strcmp(name, "punsubscribe") == 0 && a->argc == 1) args_add_str(a, "news.*");
    }
    trace_add(g->trace, STEP_SYNC, session, false, a);
}

size_t generator_block(struct generator *g) {
    size_t begin = g->trace->count;
    struct rng *rng = &g->rng;
    if (begin >= g->check_at) {
        check(g);
        return begin;
    }
    if (chance(rng, 40)) {
        subscriber(g);
        return begin;
    }
    unsigned session = (unsigned)rng_below(rng, SUBSCRIBERS);
    size_t length = chance(rng, 3) ? 1 + rng_below(rng, 6) : 40 + rng_below(rng, 160);
    while (g->trace->count - begin < length) {
        if (g->multi_left[session] == 0) {
            if (chance(rng, 60)) {
                add_line(g, session, false, "multi");
                g->multi_left[session] = 1 + (unsigned)rng_below(rng, 12);
                continue;
            }
        } else if (--g->multi_left[session] == 0) {
            add_line(g, session, false, chance(rng, 6) ? "discard" : "exec");
            continue;
        }
        const struct command_spec *spec = draw(g);
        while (is_subscription(spec) || (rule_of(spec)->blocks && g->multi_left[session]) ||
               (strcmp(spec->name, "client|reply") == 0 && g->multi_left[session]))
            spec = draw_plain(g);
        one(g, session, spec);
    }
    return begin;
}

void generator_end(struct generator *g) {
    for (unsigned session = 0; session < SUBSCRIBERS; session++)
        add_line(g, session, false, "exec");
    check(g);
}
