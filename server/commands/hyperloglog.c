/* HyperLogLogs: strings whose bytes are those of server/ds/hyperloglog.h.
 *
 * Any string command can write such bytes, so each command checks what it finds: a string that does not look
 * like one is refused, one that is damaged inside is an error of its own. PFCOUNT keeps its result in the
 * string, which is a change: to WATCH and to the journal, too. */
#include "server/ds/hyperloglog.h"
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "server/commands/families.h"
#include "server/keyspace/keys.h"
#include "server/types/string.h"
#include <stdlib.h>

#define ERR_NOT_ONE "WRONGTYPE Key is not a valid HyperLogLog string value."
#define ERR_DAMAGED "INVALIDOBJ Corrupted HLL object detected"

/* --- finding --- */

/* The bytes of a string, if they can be a HyperLogLog; false: the error was replied. */
static bool view(struct call *call, const struct entry *e, struct slice *out) {
    char digits[STRING_VIEW_CHARS];
    *out = string_view(e, digits);
    if (entry_encoding(e) != ENC_INT && hll_valid(*out)) return true;
    resp_error(call->reply, ERR_NOT_ONE);
    return false;
}

/* Reads argv[arg]; an absent one has no bytes. */
static bool read_one(struct call *call, int arg, struct slice *out) {
    const struct entry *e;
    *out = (struct slice){NULL, 0};
    return key_read_typed(call, arg, VALUE_STRING, &e) && (!e || view(call, e, out));
}

static bool fail_damaged(struct call *call) {
    resp_error(call->reply, ERR_DAMAGED);
    return false;
}

/* --- changing --- */

/* One that is opened for change. */
struct opened {
    struct key_ref ref;
    char *bytes; /* borrowed from the entry */
    size_t len;
};

static void resize(struct opened *o, size_t len) {
    key_moved(&o->ref, string_resize(key_entry(&o->ref), len, &o->bytes));
    o->len = len;
}

/* Opens argv[arg]; with `create`, an absent one becomes an empty one and *created is set, otherwise it is an
 * opened one without bytes. */
static bool open_one(struct call *call, int arg, bool create, struct opened *o, bool *created) {
    *created = false;
    o->bytes = NULL;
    if (!key_open_typed(call, arg, VALUE_STRING, &o->ref)) return false;
    struct entry *e = key_entry(&o->ref);
    if (e) {
        struct slice bytes;
        if (!view(call, e, &bytes)) return false;
        o->len = bytes.len;
        string_before_write(e, 0, bytes.len);
        if (entry_encoding(e) == ENC_HEAP)
            o->bytes = string_heap(e)->bytes;
        else
            resize(o, bytes.len); /* what was set whole is raw from now on */
    } else if (create) {
        key_store(call, &o->ref,
                  string_create_raw(o->ref.name, HLL_SPARSE_EMPTY, ENTRY_NO_DEADLINE, &o->bytes));
        o->len = HLL_SPARSE_EMPTY;
        hll_init_sparse(o->bytes);
        *created = true;
    }
    return true;
}

/* False if it is damaged. */
static bool make_dense(struct opened *o) {
    char dense[HLL_DENSE_BYTES];
    if (!hll_sparse_to_dense((struct slice){o->bytes, o->len}, dense)) return false;
    resize(o, HLL_DENSE_BYTES);
    memcpy(o->bytes, dense, HLL_DENSE_BYTES);
    return true;
}

/* `place` is as hll_sparse_raise has it. */
static enum hll_result raise_register(struct opened *o, struct hll_element element, uint64_t bytes_max,
                                      struct hll_place *place) {
    if (!hll_is_dense(o->bytes)) {
        struct hll_patch patch;
        switch (hll_sparse_raise((struct slice){o->bytes, o->len}, element, bytes_max, place, &patch)) {
        case HLL_UNCHANGED: return HLL_UNCHANGED;
        case HLL_DAMAGED: return HLL_DAMAGED;
        case HLL_CHANGED: {
            size_t len = o->len, after = len + patch.count - patch.removed;
            if (after > len) resize(o, after);
            after = hll_sparse_apply(o->bytes, len, &patch);
            if (after < o->len) resize(o, after);
            return HLL_CHANGED;
        }
        case HLL_TOO_LARGE:
            if (!make_dense(o)) return HLL_DAMAGED;
        }
    }
    return hll_dense_raise(o->bytes, element) ? HLL_CHANGED : HLL_UNCHANGED;
}

static void tell_changed(struct call *call, struct opened *o) {
    hll_forget_count(o->bytes);
    key_changed(call, &o->ref, NOTIFY_STRING, "pfadd");
}

static void cmd_pfadd(struct call *call) {
    struct opened o;
    bool created;
    if (!open_one(call, 1, true, &o, &created)) return;

    size_t changes = created;
    bool damaged = false;
    for (int arg = 2; arg < call->argc && !damaged; arg++) {
        struct hll_place start = {0};
        switch (raise_register(&o, hll_element_of(call->argv[arg]), call->keyspace->conf.hll_sparse_max_bytes,
                               &start)) {
        case HLL_CHANGED: changes++; break;
        case HLL_DAMAGED: damaged = true; break;
        case HLL_UNCHANGED:
        case HLL_TOO_LARGE: break;
        }
    }
    if (changes) {
        tell_changed(call, &o);
        key_changed_more(call, changes - 1);
    }

    if (damaged)
        fail_damaged(call);
    else
        resp_int(call->reply, changes > 0);
}

/* Reads argv[first …] into `registers`; *dense tells whether one of them is. */
static bool merge(struct call *call, int first, uint8_t *registers, bool *dense) {
    memset(registers, 0, HLL_REGISTERS);
    *dense = false;
    for (int arg = first; arg < call->argc; arg++) {
        struct slice bytes;
        if (!read_one(call, arg, &bytes)) return false;
        if (bytes.ptr == NULL) continue;
        *dense = *dense || hll_is_dense(bytes.ptr);
        if (!hll_merge_into(bytes, registers)) return fail_damaged(call);
    }
    return true;
}

static void cmd_pfmerge(struct call *call) {
    uint8_t registers[HLL_REGISTERS];
    bool dense, created;
    struct opened o;
    if (!merge(call, 1, registers, &dense) || !open_one(call, 1, true, &o, &created)) return;

    if (dense && !hll_is_dense(o.bytes)) make_dense(&o); /* which was found sound */
    struct hll_place place = {0};
    for (unsigned i = 0; i < HLL_REGISTERS && !hll_is_dense(o.bytes); i++)
        if (registers[i])
            raise_register(&o, (struct hll_element){i, registers[i]},
                           call->keyspace->conf.hll_sparse_max_bytes, &place);
    if (hll_is_dense(o.bytes)) hll_dense_fill(o.bytes, registers);
    tell_changed(call, &o);

    resp_ok(call->reply);
}

/* --- counting --- */

static void count_one(struct call *call) {
    struct slice bytes;
    uint64_t count = 0;
    if (!read_one(call, 1, &bytes)) return;
    if (bytes.ptr && !hll_cached_count(bytes.ptr, &count)) {
        struct opened o;
        bool created;
        if (!hll_estimate(bytes, &count)) {
            fail_damaged(call);
            return;
        }
        if (!open_one(call, 1, false, &o, &created)) return;
        hll_cache_count(o.bytes, count);
        key_changed(call, &o.ref, 0, NULL);
    }
    resp_int(call->reply, (int64_t)count);
}

static void cmd_pfcount(struct call *call) {
    if (call->argc == 2) {
        count_one(call);
        return;
    }
    uint8_t registers[HLL_REGISTERS];
    bool dense;
    if (!merge(call, 1, registers, &dense)) return;

    resp_int(call->reply, (int64_t)hll_estimate_registers(registers));
}

/* --- looking inside --- */

static void debug_decode(struct call *call, struct slice bytes) {
    if (hll_is_dense(bytes.ptr)) {
        resp_error(call->reply, "ERR HLL encoding is not sparse");
        return;
    }
    struct buf text = {0};
    struct hll_run run;
    size_t at = 0;
    while (hll_sparse_run(bytes, &at, &run)) {
        if (text.len) buf_append(&text, " ", 1);
        if (run.value)
            buf_printf(&text, "v:%u,%u", run.value, run.length);
        else
            buf_printf(&text, "%c:%u", run.wide ? 'Z' : 'z', run.length);
    }
    resp_bulk(call->reply, text.ptr, text.len);
    buf_deinit(&text);
}

static void debug_registers(struct call *call, const char *dense) {
    uint8_t registers[HLL_REGISTERS] = {0};
    hll_merge_into((struct slice){dense, HLL_DENSE_BYTES}, registers);
    resp_array(call->reply, HLL_REGISTERS);
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        resp_int(call->reply, registers[i]);
}

/* Makes it dense, which is a change that others are told of; false: the error was replied. */
static bool debug_make_dense(struct call *call, struct opened *o, bool *changed) {
    *changed = !hll_is_dense(o->bytes);
    if (!*changed) return true;
    if (!make_dense(o)) return fail_damaged(call);
    key_changed(call, &o->ref, 0, NULL);
    return true;
}

static void cmd_pfdebug(struct call *call) {
    struct slice word = call->argv[1];
    struct opened o;
    bool changed, created;
    if (!open_one(call, 2, false, &o, &created)) return;
    if (o.bytes == NULL) {
        resp_error(call->reply, "ERR The specified key does not exist");
        return;
    }

    if (slice_is(word, "getreg")) {
        if (debug_make_dense(call, &o, &changed)) debug_registers(call, o.bytes);
    } else if (slice_is(word, "todense")) {
        if (debug_make_dense(call, &o, &changed)) resp_int(call->reply, changed);
    } else if (slice_is(word, "encoding")) {
        resp_simple(call->reply, hll_is_dense(o.bytes) ? "dense" : "sparse");
    } else if (slice_is(word, "decode")) {
        debug_decode(call, (struct slice){o.bytes, o.len});
    } else {
        resp_errorf(call->reply, "ERR Unknown PFDEBUG subcommand '%.*s'", (int)word.len, word.ptr);
    }
}

/* --- PFSELFTEST --- */

#define TEST_VALUES 60000

/* Adds the same values to a dense and a sparse one (while it stays so) and to plain registers; all must
 * agree, and the estimate must be near: five standard errors. */
static const char *self_test(char *dense, char *sparse, uint8_t *registers) {
    size_t sparse_len = HLL_SPARSE_EMPTY, room = HLL_DENSE_BYTES;
    bool is_sparse = true;
    for (uint64_t i = 1; i <= TEST_VALUES; i++) {
        struct hll_element e = hll_element_of((struct slice){(const char *)&i, sizeof(i)});
        bool changed = e.value > registers[e.index];
        if (changed) registers[e.index] = (uint8_t)e.value;
        if (hll_dense_raise(dense, e) != changed) return "ERR TESTFAILED dense register";
        if (is_sparse) {
            struct hll_place start = {0};
            struct hll_patch patch;
            enum hll_result r =
                hll_sparse_raise((struct slice){sparse, sparse_len}, e, room / 8, &start, &patch);
            if (r == HLL_CHANGED) sparse_len = hll_sparse_apply(sparse, sparse_len, &patch);
            is_sparse = r != HLL_TOO_LARGE;
            if (is_sparse && (r == HLL_CHANGED) != changed) return "ERR TESTFAILED sparse register";
        }
        if ((i & (i - 1)) != 0 && i != TEST_VALUES) continue;
        uint64_t count = hll_estimate_registers(registers), other;
        if (llabs((long long)count - (long long)i) > 5 * 0.0082 * (double)i + 2)
            return "ERR TESTFAILED error";
        if (!hll_estimate((struct slice){dense, HLL_DENSE_BYTES}, &other) || other != count)
            return "ERR TESTFAILED dense estimate";
        if (is_sparse && (!hll_estimate((struct slice){sparse, sparse_len}, &other) || other != count))
            return "ERR TESTFAILED sparse estimate";
    }
    return NULL;
}

static void cmd_pfselftest(struct call *call) {
    char dense[HLL_DENSE_BYTES], sparse[HLL_DENSE_BYTES];
    uint8_t registers[HLL_REGISTERS] = {0};
    hll_init_dense(dense);
    hll_init_sparse(sparse);
    const char *failed = self_test(dense, sparse, registers);

    if (failed)
        resp_error(call->reply, failed);
    else
        resp_ok(call->reply);
}

const struct command_binding hyperloglog_bindings[] = {
    {CMD_PFADD, cmd_pfadd},     {CMD_PFCOUNT, cmd_pfcount},       {CMD_PFMERGE, cmd_pfmerge},
    {CMD_PFDEBUG, cmd_pfdebug}, {CMD_PFSELFTEST, cmd_pfselftest}, COMMAND_BINDINGS_END,
};
