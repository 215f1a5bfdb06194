/* The way of a request, from name to epilogue.
 *
 * A batch is taken in groups of 32. For a group, names are looked up, the keys that stand at fixed places are
 * hashed and their buckets prefetched; then the entries are; then what finding a member in a large value will
 * touch (members.c); then the commands run. So one core has some dozens of cache misses under way instead of
 * one. Only hashes survive from the first passes to the last: an earlier command may move anything.
 *
 * A session without attention flags, while no gate is active, goes straight to its handler.
 */
#include "commands/command_ids.h"
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/commands/describe.h"
#include "common/commands/keys.h"
#include "common/slots/slots.h"
#include "server/exec/exec_int.h"
#include "server/exec/options.h"
#include "server/keyspace/database.h"
#include "server/keyspace/task.h"
#include "server/keyspace/waiting.h"
#include "server/keyspace/watch.h"
#include <stdio.h>

#define GROUP_HASHES 128
#define GROUP_FULL   48 /* keys from which a group takes no further request */

/* --- life --- */

struct exec *exec_create(struct keyspace *ks, const struct exec_conf *conf) {
    struct exec *x = mem_zalloc(sizeof(*x));
    x->keyspace = ks;
    x->conf = conf;
    x->names = command_names_changed(&conf->names) ? &conf->names : NULL;
    x->us_per_cycle = 1 / clock_cycles_per_us();
    x->cycles_per_us = (uint64_t)clock_cycles_per_us();
    map_init(&x->errors, rng_next(&ks->rng));
    commit_gate_init(&x->gate);
    pause_init(&x->pause);
    members_init(x);
    return x;
}

void exec_destroy(struct exec **x) {
    stats_deinit(*x);
    commit_gate_deinit(&(*x)->gate);
    mem_free_sized(*x, sizeof(**x));
    *x = NULL;
}

void exec_bind(struct exec *x, const struct command_binding *bindings, void *module) {
    for (; bindings->handler; bindings++) {
        must(bindings->id < CMD_COUNT);
        if (x->handlers[bindings->id].run) panic("'%s' is bound twice", command_by_id(bindings->id)->name);
        x->handlers[bindings->id].run = bindings->handler;
        x->handlers[bindings->id].module = module;
    }
}

void exec_check_bound(const struct exec *x) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_spec *spec = command_by_id(id);
        bool built = spec->issue == 0 && !command_is_container(spec);
        if (built && !x->handlers[id].run) panic("'%s' is declared as built and has no handler", spec->name);
        if (!built && x->handlers[id].run)
            panic("'%s' has a handler and is not declared as built", spec->name);
    }
}

void exec_add_gate(struct exec *x, const struct exec_gate *gate) {
    must(x->gate_count < EXEC_GATES_MAX);
    x->gates[x->gate_count++] = gate;
}

void exec_add_observer(struct exec *x, const struct exec_observer *observer) {
    must(x->observer_count < EXEC_OBSERVERS_MAX);
    x->observers[x->observer_count++] = observer;
}

struct commit_gate *exec_commit_gate(struct exec *x) {
    return &x->gate;
}

/* From how many cycles on an observer wants to hear of a command. */
static uint64_t wanted_cycles(const struct exec *x, const struct exec_observer *o) {
    if (o->after == NULL) return UINT64_MAX;
    int64_t us = o->slower_than_us ? o->slower_than_us(o->owner) : 0;
    if (us <= 0) return 0;
    return (uint64_t)us < UINT64_MAX / x->cycles_per_us ? (uint64_t)us * x->cycles_per_us : UINT64_MAX;
}

void exec_look_at_switches(struct exec *x) {
    x->gates_closed = x->pause.active;
    x->observed_before = false;
    x->observed_cycles = UINT64_MAX;
    for (unsigned i = 0; i < x->gate_count; i++)
        x->gates_closed |= x->gates[i]->active(x->gates[i]->owner);
    for (unsigned i = 0; i < x->observer_count; i++) {
        const struct exec_observer *o = x->observers[i];
        if (!o->active(o->owner)) continue;
        x->observed_before |= o->before != NULL;
        uint64_t cycles = wanted_cycles(x, o);
        if (cycles < x->observed_cycles) x->observed_cycles = cycles;
    }
}

/* --- the commit gate's bookkeeping --- */

static void note_keys(struct exec *x, struct call *call, bool wrote) {
    struct key_refs keys;
    key_refs_init(&keys);
    if (command_keys(call->spec, call->argv, call->argc, &keys) == KEYS_OK) {
        for (int i = 0; i < keys.count; i++) {
            uint64_t hash = call_hash(call, keys.refs[i].pos);
            if (wrote) commit_gate_wrote(&x->gate, hash, x->keyspace->unit.journal_position);
            commit_gate_saw(&x->gate, call->session, hash);
        }
    }
    key_refs_deinit(&keys);
}

/* Commands without keys that look at data. Those that tell of the server are answered also while the disk
 * stands still: then they are needed most. */
static bool sees_all(const struct command_spec *spec) {
    if (spec->first_key) return false;
    if (spec->acl & ACL_KEYSPACE || spec->id == CMD_DEBUG) return true;
    return spec->acl & ACL_DANGEROUS && !(spec->acl & ACL_ADMIN) && spec->id != CMD_INFO;
}

static void note_positions(struct exec *x, struct call *call, uint64_t position_before) {
    uint64_t position = x->keyspace->unit.journal_position;
    bool wrote = position != position_before;
    if (wrote) x->gate.last = position;
    note_keys(x, call, wrote);
    if (wrote || sees_all(call->spec)) commit_gate_saw_all(&x->gate, call->session);
}

/* --- running --- */

static void run_unbuilt(struct call *call) {
    resp_errorf(call->reply, "ERR '%s' is known to Torc but not built yet", call->spec->name);
}

static void after_error(struct exec *x, struct call *call, struct command_stats *stats) {
    stats->failed++;
    exec_count_error(x, call->reply->error_code);
}

void exec_set_sampler(struct exec *x, const struct exec_sampler *sampler) {
    x->sampler = sampler;
    x->sample_in = sampler->every;
}

/* Distances are uniform between 1 and twice the mean less one, so that no rhythm of a client meets them. */
static __attribute__((noinline)) void take_sample(struct exec *x, const struct call *call) {
    x->sample_in = UINT32_MAX;
    if (x->sampler == NULL) return;
    x->sample_in = (uint32_t)rng_below(&x->keyspace->rng, 2 * x->sampler->every - 1);
    x->sampler->sample(x->sampler->owner, call, x->sampler->every);
}

static void tell_before(struct exec *x, const struct call *call) {
    for (unsigned i = 0; i < x->observer_count; i++)
        if (x->observers[i]->active(x->observers[i]->owner) && x->observers[i]->before)
            x->observers[i]->before(x->observers[i]->owner, call);
}

static void tell_after(struct exec *x, const struct call *call, uint64_t cycles) {
    int64_t took_us = (int64_t)((double)cycles * x->us_per_cycle);
    for (unsigned i = 0; i < x->observer_count; i++) {
        const struct exec_observer *o = x->observers[i];
        if (!o->active(o->owner) || o->after == NULL) continue;
        if (o->slower_than_us == NULL || took_us >= o->slower_than_us(o->owner))
            o->after(o->owner, call, took_us);
    }
}

static void tell_waits(struct exec *x, const struct call *call) {
    for (unsigned i = 0; i < x->observer_count; i++) {
        const struct exec_observer *o = x->observers[i];
        if (o->waits && o->active(o->owner)) o->waits(o->owner, call);
    }
}

static inline void count(struct exec *x, struct call *call, uint64_t took, bool failed) {
    struct command_stats *stats = &x->stats[call->spec->id];
    stats->calls++;
    stats->cycles += took;
    if (took > x->turn_longest_cycles) {
        x->turn_longest_cycles = took;
        x->turn_longest = call->spec;
    }
    if (x->conf->latency_tracking) {
        if (likely(took < x->cycles_per_us))
            stats->below_us++;
        else
            histogram_record(&stats->latency, (uint64_t)((double)took * x->us_per_cycle));
    }
    if (unlikely(failed)) after_error(x, call, stats);
    x->totals.commands++;
    if (unlikely(call->spec->flags & (COMMAND_ADMIN | COMMAND_NOSCRIPT))) exec_look_at_switches(x);
    if (unlikely(took >= x->observed_cycles)) tell_after(x, call, took);
    if (unlikely(x->sample_in-- == 0)) take_sample(x, call);
}

void exec_count(struct exec *x, struct call *call, uint64_t took, bool failed) {
    count(x, call, took, failed);
}

static inline __attribute__((always_inline)) void run(struct exec *x, struct call *call) {
    unsigned id = call->spec->id;
    struct keyspace *ks = x->keyspace;
    uint32_t errors_before = call->reply->error_count;
    uint64_t counted_before = x->totals.error_replies;
    uint64_t position_before = ks->unit.journal_position;
    command_handler *handler = x->handlers[id].run;

    if (unlikely(x->observed_before) && !(call->flags & CALL_AGAIN)) tell_before(x, call);
    call->module = x->handlers[id].module;
    call->session->last_command = call->spec;
    x->current = call;
    if (likely(handler != NULL))
        handler(call);
    else
        run_unbuilt(call);
    x->current = NULL;
    unit_end(ks, call);
    if (unlikely(ks->unit.journal_position != position_before))
        call->session->write_position = ks->unit.journal_position;
    if (unlikely(x->gate.promised)) note_positions(x, call, position_before);

    uint64_t now = clock_cycles(), took = now - x->cycles;
    x->cycles = now;
    if (unlikely(call->flags & (CALL_BLOCKED | CALL_AGAIN))) { /* counted once, when it is answered */
        took = call->session->blocked->cycles += took;
        if (call->flags & CALL_BLOCKED) {
            if (!(call->flags & CALL_AGAIN)) tell_waits(x, call);
            return;
        }
    }
    /* Errors of commands inside EXEC were counted there. */
    bool failed = call->reply->error_count != errors_before && x->totals.error_replies == counted_before;
    count(x, call, took, failed);
}

void exec_run(struct exec *x, struct call *call) {
    run(x, call);
}

/* --- refusing --- */

/* The error is written, counted, and spoils a transaction under way. EXEC itself reports it as the reason of
 * its abort. */
static void refuse_as(struct exec *x, struct call *call, const char *error, bool verbatim) {
    struct session *s = call->session;
    if (call->spec) {
        x->stats[call->spec->id].rejected++;
        x->keyspace->unit.dirty = 0;
    }
    if (call->spec && call->spec->id == CMD_EXEC) {
        multi_discard(x->keyspace, s);
        bool plain = strncmp(error, "ERR ", 4) == 0; /* only other codes are worth telling */
        if (verbatim)
            resp_error(call->reply, error);
        else
            resp_errorf(call->reply, "EXECABORT Transaction discarded because of: %s",
                        error + (plain ? 4 : 0));
    } else {
        if (s->flags & SESSION_MULTI) s->flags |= SESSION_DIRTY_EXEC;
        resp_error(call->reply, error);
    }
    exec_count_error(x, call->reply->error_code);
}

static void refuse(struct exec *x, struct call *call, const char *error) {
    refuse_as(x, call, error, false);
}

static void refuse_unknown(struct exec *x, struct call *call) {
    struct buf text = {0};
    describe_unknown(&text, call->argv, call->argc);
    x->totals.rejected_unknown++;
    refuse(x, call, buf_cstr(&text));
    buf_deinit(&text);
}

static void refuse_unknown_sub(struct exec *x, struct call *call) {
    struct buf text = {0};
    describe_unknown_sub(&text, call->argv);
    call->spec = NULL;
    refuse(x, call, buf_cstr(&text));
    buf_deinit(&text);
}

/* --- what dispatch itself checks --- */

static bool runs_while_subscribed(unsigned id) {
    switch (id) {
    case CMD_SUBSCRIBE:
    case CMD_UNSUBSCRIBE:
    case CMD_PSUBSCRIBE:
    case CMD_PUNSUBSCRIBE:
    case CMD_SSUBSCRIBE:
    case CMD_SUNSUBSCRIBE:
    case CMD_PING:
    case CMD_QUIT:
    case CMD_RESET: return true;
    default: return false;
    }
}

/* NULL, or why this command of one that only some may run is not for this session. */
static const char *protected_from(const struct exec *x, const struct call *call) {
    const struct command_spec *spec = call->spec;
    unsigned id = spec->parent != COMMAND_NO_PARENT ? spec->parent : spec->id;
    if (likely(id != CMD_DEBUG && id != CMD_MODULE) || (call->session->flags & SESSION_INTERNAL)) return NULL;
    bool debug = id == CMD_DEBUG;
    if (exec_protected_allows(debug ? x->conf->enable_debug_command : x->conf->enable_module_command,
                              call->session))
        return NULL;
    return debug ? "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
                   "you can run "
                   "it from a local connection, otherwise you need to set this option in the configuration "
                   "file, and "
                   "then restart the server."
                 : "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", "
                   "you can "
                   "run it from a local connection, otherwise you need to set this option in the "
                   "configuration file, "
                   "and then restart the server.";
}

/* The first gate that refuses the call, NULL: none does. */
static const struct exec_gate *closed_gate(const struct exec *x, const struct call *call,
                                           const char **error) {
    for (unsigned i = 0; i < x->gate_count; i++) {
        if (!x->gates[i]->active(x->gates[i]->owner)) continue;
        *error = x->gates[i]->check(x->gates[i]->owner, call);
        if (*error) return x->gates[i];
    }
    return NULL;
}

static bool queued_in_multi(const struct call *call) {
    if (!(call->session->flags & SESSION_MULTI) || (call->flags & CALL_IN_EXEC)) return false;
    switch (call->spec->id) {
    case CMD_EXEC:
    case CMD_DISCARD:
    case CMD_MULTI:
    case CMD_WATCH:
    case CMD_QUIT:
    case CMD_RESET: return false;
    default: return true;
    }
}

/* The checks of a session with attention flags, or while a gate is active. False: refused. */
static bool pass_checks(struct exec *x, struct call *call) {
    struct session *s = call->session;
    if ((s->flags & SESSION_NEEDS_AUTH) && !(call->spec->flags & COMMAND_NO_AUTH)) {
        x->totals.rejected_auth++;
        refuse(x, call, "NOAUTH Authentication required.");
        return false;
    }
    if ((s->flags & SESSION_MULTI) && (call->spec->flags & COMMAND_NO_MULTI)) {
        refuse(x, call, "ERR Command not allowed inside a transaction");
        return false;
    }
    if (x->gates_closed && !(call->flags & CALL_REPLAYED)) {
        if (call->spec->id == CMD_EXEC) call->command_flags |= multi_command_flags(s);
        const char *error;
        const struct exec_gate *gate = closed_gate(x, call, &error);
        if (gate) {
            refuse_as(x, call, error, gate->verbatim);
            return false;
        }
    }
    if ((s->flags & SESSION_SUBSCRIBED) && s->reply.proto == 2 && !runs_while_subscribed(call->spec->id)) {
        char text[256];
        snprintf(text, sizeof(text),
                 "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                 "allowed in "
                 "this context",
                 call->spec->name);
        refuse(x, call, text);
        return false;
    }
    if (unlikely(pause_holds(x, call))) {
        pause_hold(x, call);
        return false;
    }
    return true;
}

/* A container's name becomes its subcommand. False: refused. */
static bool resolve_sub(struct exec *x, struct call *call) {
    if (call->argc < 2) return true; /* fails on its arity */
    const struct command_spec *sub = command_lookup_sub(call->spec, call->argv[1].ptr, call->argv[1].len);
    if (sub) {
        call->spec = sub;
        return true;
    }
    refuse_unknown_sub(x, call);
    return false;
}

void exec_pass_and_run(struct exec *x, struct call *call) {
    bool asks = (call->session->flags & SESSION_ATTENTION) || x->gates_closed;
    if (!asks || pass_checks(x, call)) exec_run(x, call);
}

static void dispatch(struct exec *x, struct call *call) {
    if (unlikely(call->spec == NULL)) {
        refuse_unknown(x, call);
        return;
    }
    if (unlikely(call->spec->sub_count) && !resolve_sub(x, call)) return;
    call->command_flags = call->spec->flags;
    if (unlikely(!command_arity_ok(call->spec, call->argc))) {
        char text[128];
        snprintf(text, sizeof(text), "ERR wrong number of arguments for '%s' command", call->spec->name);
        refuse(x, call, text);
        return;
    }
    const char *error = protected_from(x, call);
    if (unlikely(error != NULL)) {
        refuse(x, call, error);
        return;
    }
    if (unlikely((call->session->flags & SESSION_ATTENTION) || x->gates_closed)) {
        if (!pass_checks(x, call)) return;
        if (queued_in_multi(call)) {
            multi_queue(call);
            resp_simple(call->reply, "QUEUED");
            return;
        }
    }
    run(x, call);
}

/* CLIENT REPLY OFF and SKIP: the command runs, and what it replied is forgotten. */
static void dispatch_silenced(struct exec *x, struct call *call) {
    struct session *s = call->session;
    uint32_t skip_next = s->flags & SESSION_REPLY_SKIP_NEXT;
    if (skip_next) s->flags |= SESSION_REPLY_SKIP;
    s->flags &= ~(uint32_t)SESSION_REPLY_SKIP_NEXT;
    struct resp_mark mark = resp_mark(call->reply);
    dispatch(x, call);
    if (s->flags & SESSION_PAUSED) s->flags |= skip_next; /* it will come again */
    /* Asked afterwards: CLIENT REPLY ON ends the silence for itself, too. */
    if (s->flags & (SESSION_REPLY_OFF | SESSION_REPLY_SKIP)) resp_truncate(call->reply, mark);
    s->flags &= ~(uint32_t)SESSION_REPLY_SKIP;
}

void exec_begin_call(struct exec *x, struct call *call, struct session *s, const struct slice *argv,
                     int argc) {
    call->argv = argv;
    call->argc = argc;
    call->flags = 0;
    call->session = s;
    call->reply = &s->reply;
    call->keyspace = x->keyspace;
    call->db = s->db;
    call->now_ms = x->keyspace->now_ms;
    call->module = NULL;
}

static void run_request(struct exec *x, struct exec_request *r, const struct prepared *p) {
    struct session *s = r->session;
    if (unlikely(s->flags & (SESSION_BLOCKED | SESSION_PAUSED | SESSION_HELD))) {
        s->flags |= SESSION_HELD;
        return;
    }
    r->done = true;
    if (unlikely(s->flags & (SESSION_CLOSE_NOW | SESSION_CLOSE_AFTER_REPLY))) return;
    struct call call;
    exec_begin_call(x, &call, s, r->argv, r->argc);
    call.spec = p->spec;
    call.hashes = p->hashes;
    x->running = s;
    if (likely(!(s->flags & (SESSION_REPLY_OFF | SESSION_REPLY_SKIP_NEXT))))
        dispatch(x, &call);
    else
        dispatch_silenced(x, &call);
    x->running = NULL;
    if (unlikely(s->flags & SESSION_PAUSED)) { /* held just now */
        s->flags |= SESSION_HELD;
        r->done = false;
    }
    if (unlikely(s->flags & SESSION_PUSHES_WAIT)) session_output_pending(s);
    if (unlikely(waiting_ready(x->keyspace))) blocking_serve(x);
}

const struct session *exec_running_session(const struct exec *x) {
    return x->running;
}

/* --- batches --- */

/* What was prepared last: clients mostly send the same command again, and often to the same key. */
struct latest {
    struct slice name, key;
    const struct command_spec *spec;
    const struct database *db;
    uint64_t hash; /* of the key */
    uint16_t slot; /* of it, where there are slots */
};

static inline const struct command_spec *look_up(const struct exec *x, struct slice name,
                                                 struct latest *latest) {
    if (slice_eq_short(name, latest->name)) return latest->spec;
    latest->name = name;
    return latest->spec = exec_lookup(x, name, 0);
}

static inline uint64_t prepare_key(const struct exec *x, const struct exec_request *r, int arg,
                                   struct latest *latest, uint16_t *slot) {
    struct slice key = r->argv[arg];
    if (!slice_eq_short(key, latest->key) || latest->db != r->session->db) {
        latest->key = key;
        latest->db = r->session->db;
        latest->hash = hash_slice(&x->keyspace->secret, key);
        if (likely(slot == NULL))
            database_prefetch_bucket(latest->db, latest->hash);
        else
            database_prefetch_table(latest->db, latest->slot = slots_of_key(key));
    }
    if (unlikely(slot != NULL)) *slot = latest->slot;
    return latest->hash;
}

/* Hashes the keys at fixed places of one request, as far as there is room (at least for one), and prefetches
 * their buckets; with slots (`slots` is not NULL), their tables. */
static unsigned prepare(struct exec *x, const struct exec_request *r, struct prepared *p, uint64_t *hashes,
                        uint16_t *slots, unsigned room, struct latest *latest) {
    p->hashes = (struct key_hashes){hashes, 0, 1, 0, slots};
    p->spec = NULL;
    if (unlikely(r->session == NULL)) return 0;
    const struct command_spec *spec = p->spec = look_up(x, r->argv[0], latest);
    if (spec == NULL || spec->first_key <= 0) return 0;
    int first = spec->first_key, last = spec->last_key < 0 ? r->argc + spec->last_key : spec->last_key;
    if (last >= r->argc) last = r->argc - 1;
    if (unlikely(first > last)) return 0;
    unsigned count = 1;
    hashes[0] = prepare_key(x, r, first, latest, slots);
    for (int at = first + spec->key_step; unlikely(at <= last) && count < room; at += spec->key_step) {
        hashes[count] = prepare_key(x, r, at, latest, slots ? slots + count : NULL);
        count++;
    }
    p->hashes.first = (uint16_t)spec->first_key;
    p->hashes.step = (uint16_t)spec->key_step;
    p->hashes.count = (uint16_t)count;
    return count;
}

/* Requests that are prepared together. */
struct group {
    size_t count;
    struct prepared prepared[GROUP];
    uint64_t hashes[GROUP_HASHES];
    uint16_t slots[GROUP_HASHES]; /* where there are slots */
};

/* Their tables are there by now: sends for the buckets. */
static void group_prefetch_in_slots(const struct group *g, const struct exec_request *requests) {
    for (size_t i = 0; i < g->count; i++) {
        const struct key_hashes *hashes = &g->prepared[i].hashes;
        for (unsigned k = 0; k < hashes->count; k++)
            database_prefetch_bucket_in(requests[i].session->db, hashes->slot[k], hashes->hash[k]);
    }
}

/* Takes the next requests, at most `count`, and sends for their buckets: a group ends early when its keys are
 * many. */
static void group_look_up(struct exec *x, struct group *g, const struct exec_request *requests,
                          size_t count) {
    bool slotted = x->keyspace->conf.slotted;
    struct latest latest = {0};
    unsigned used = 0;
    g->count = 0;
    while (g->count < count && g->count < GROUP && used < GROUP_FULL) {
        used += prepare(x, &requests[g->count], &g->prepared[g->count], g->hashes + used,
                        slotted ? g->slots + used : NULL, GROUP_HASHES - used, &latest);
        g->count++;
    }
    if (unlikely(slotted)) group_prefetch_in_slots(g, requests);
}

/* Its buckets are there by now: sends for the entries, and for what lies behind them. */
static void group_prefetch(struct exec *x, const struct group *g, const struct exec_request *requests) {
    uint64_t latest = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct key_hashes *hashes = &g->prepared[i].hashes;
        for (unsigned k = 0; k < hashes->count; k++) {
            if (hashes->hash[k] == latest) continue;
            latest = hashes->hash[k];
            if (likely(hashes->slot == NULL))
                database_prefetch_entry(requests[i].session->db, latest);
            else
                database_prefetch_entry_in(requests[i].session->db, hashes->slot[k], latest);
        }
    }
    members_prefetch(x, requests, g->prepared, g->count);
}

/* Runs them until that moment, and one in any case; returns how many. */
static size_t group_run(struct exec *x, const struct group *g, struct exec_request *requests,
                        uint64_t until) {
    x->cycles = clock_cycles();
    for (size_t i = 0; i < g->count; i++) {
        requests[i].done = requests[i].session == NULL;
        if (likely(!requests[i].done)) run_request(x, &requests[i], &g->prepared[i]);
        if (unlikely(x->cycles > until)) return i + 1; /* which knows what the last one took */
    }
    return g->count;
}

/* While a group runs, the buckets of the next one are on their way. */
size_t exec_batch(struct exec *x, struct exec_request *requests, size_t count, int64_t budget_us) {
    struct group groups[2], *now = &groups[0], *next = &groups[1];
    exec_look_at_switches(x);
    uint64_t until =
        budget_us ? clock_cycles() + (uint64_t)((double)budget_us / x->us_per_cycle) : UINT64_MAX;
    size_t at = 0;
    group_look_up(x, now, requests, count);
    while (now->count) {
        size_t behind = at + now->count;
        group_look_up(x, next, requests + behind, count - behind);
        group_prefetch(x, now, requests + at);
        at += group_run(x, now, requests + at, until);
        if (x->cycles > until) break;
        struct group *done = now;
        now = next;
        next = done;
    }
    return at;
}

void exec_one(struct exec *x, struct session *s, const struct slice *argv, int argc, uint32_t flags) {
    exec_look_at_switches(x);
    x->cycles = clock_cycles();
    struct call call;
    exec_begin_call(x, &call, s, argv, argc);
    call.flags = flags;
    call.spec = exec_lookup(x, argv[0], flags);
    call.hashes = (struct key_hashes){NULL, 0, 1, 0, NULL};
    dispatch(x, &call);
    if (waiting_ready(x->keyspace)) blocking_serve(x);
}

/* --- sessions --- */

void exec_session_discard(struct exec *x, struct session *s) {
    multi_discard(x->keyspace, s);
}

void exec_session_gone(struct exec *x, struct session *s) {
    for (unsigned i = 0; i < x->observer_count; i++)
        if (x->observers[i]->gone) x->observers[i]->gone(x->observers[i]->owner, s);
    multi_discard(x->keyspace, s);
    waiting_end(x->keyspace, s);
    list_remove(&s->paused);
    task_cancel_session(x->keyspace, s);
}

const struct call *exec_current_call(const struct exec *x) {
    return x->current;
}

/* --- turns --- */

void exec_turn_begin(struct exec *x) {
    x->turn_longest = NULL;
    x->turn_longest_cycles = 0;
}

const char *exec_turn_longest(const struct exec *x, int64_t *took_us) {
    *took_us = (int64_t)((double)x->turn_longest_cycles * x->us_per_cycle);
    return x->turn_longest ? x->turn_longest->name : "";
}
