/* BITFIELD and BITFIELD_RO: integers of any width, at any bit of a string.
 *
 *      BITFIELD key [GET t o | [OVERFLOW m] SET t o v | [OVERFLOW m] INCRBY t o d] …
 *           └─► parse all ──► read, or open and grow to the last bit written ──► run one by one, replying
 *
 * Nothing is done before everything is understood. Results are computed in 128 bits, where no sum of a field
 * and an increment overflows; what does not fit the field is then wrapped, clamped or refused. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/bitmap.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"
#include "server/ds/bits.h"

enum field_verb { FIELD_GET, FIELD_SET, FIELD_INCRBY };
enum field_overflow { OVERFLOW_WRAP, OVERFLOW_SAT, OVERFLOW_FAIL };

struct field_op {
    uint64_t offset;
    int64_t value; /* to set, or to add */
    uint8_t verb, overflow, width;
    bool is_signed;
};

#define OPS_ON_STACK 16

struct field_ops {
    struct field_op *ops; /* `room`, or allocated */
    size_t count;
    size_t write_bytes; /* length of string that the writes need; 0: there are none */
    struct field_op room[OPS_ON_STACK];
};

/* --- parsing --- */

static bool parse_type(struct call *call, struct slice text, struct field_op *op) {
    int64_t width;
    bool is_signed = text.len && text.ptr[0] == 'i';
    if (text.len > 1 && (is_signed || text.ptr[0] == 'u') &&
        num_parse_int64(text.ptr + 1, text.len - 1, &width) && width >= 1 && width <= (is_signed ? 64 : 63)) {
        op->is_signed = is_signed;
        op->width = (uint8_t)width;
        return true;
    }
    resp_error(
        call->reply,
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    return false;
}

/* "#n" counts fields, "n" counts bits. */
static bool parse_offset(struct call *call, struct slice text, struct field_op *op) {
    bool in_fields = text.len && text.ptr[0] == '#';
    struct slice digits = {text.ptr + in_fields, text.len - in_fields};
    return bitmap_offset(call, digits, in_fields ? op->width : 1, &op->offset);
}

static bool parse_overflow(struct call *call, struct slice word, uint8_t *overflow) {
    if (slice_is(word, "wrap")) {
        *overflow = OVERFLOW_WRAP;
    } else if (slice_is(word, "sat")) {
        *overflow = OVERFLOW_SAT;
    } else if (slice_is(word, "fail")) {
        *overflow = OVERFLOW_FAIL;
    } else {
        resp_error(call->reply, "ERR Invalid OVERFLOW type specified");
        return false;
    }
    return true;
}

/* The operation at argv[*at], which moves behind it; false: an error was replied. */
static bool parse_op(struct call *call, int *at, struct field_op *op) {
    struct slice verb = call->argv[*at];
    int rest = call->argc - *at - 1;
    if (slice_is(verb, "get") && rest >= 2) {
        op->verb = FIELD_GET;
    } else if (slice_is(verb, "set") && rest >= 3) {
        op->verb = FIELD_SET;
    } else if (slice_is(verb, "incrby") && rest >= 3) {
        op->verb = FIELD_INCRBY;
    } else {
        resp_error(call->reply, ERR_SYNTAX);
        return false;
    }
    if (!parse_type(call, call->argv[*at + 1], op)) return false;
    if (!parse_offset(call, call->argv[*at + 2], op)) return false;
    op->value = 0;
    if (op->verb != FIELD_GET && !call_int64(call, *at + 3, &op->value)) return false;
    *at += op->verb == FIELD_GET ? 3 : 4;
    return true;
}

static bool parse_ops(struct call *call, struct field_ops *list) {
    uint8_t overflow = OVERFLOW_WRAP;
    for (int at = 2; at < call->argc;) {
        if (slice_is(call->argv[at], "overflow") && at + 1 < call->argc) {
            if (!parse_overflow(call, call->argv[at + 1], &overflow)) return false;
            at += 2;
            continue;
        }
        struct field_op *op = &list->ops[list->count];
        op->overflow = overflow;
        if (!parse_op(call, &at, op)) return false;
        list->count++;
        size_t end = (op->offset + op->width + 7) >> 3;
        if (op->verb != FIELD_GET && end > list->write_bytes) list->write_bytes = end;
    }
    return true;
}

/* --- running --- */

/* Brings a result into the field's range in the way asked for; false: it does not fit and shall fail. */
static bool fit(const struct field_op *op, __int128 *result) {
    __int128 min = op->is_signed ? -((__int128)1 << (op->width - 1)) : 0;
    __int128 max = ((__int128)1 << (op->is_signed ? op->width - 1 : op->width)) - 1;
    if (*result >= min && *result <= max) return true;
    if (op->overflow == OVERFLOW_FAIL) return false;
    if (op->overflow == OVERFLOW_SAT) {
        *result = *result < min ? min : max;
        return true;
    }
    unsigned __int128 range = (unsigned __int128)1 << op->width;
    *result = (__int128)((unsigned __int128)*result & (range - 1));
    if (*result > max) *result -= (__int128)range;
    return true;
}

static int64_t field_load(struct slice value, const struct field_op *op) {
    uint64_t raw = bits_load(value.ptr, value.len, op->offset, op->width);
    unsigned unused = 64 - op->width;
    return op->is_signed ? (int64_t)(raw << unused) >> unused : (int64_t)raw;
}

/* Runs the operation on the bytes of `e` (NULL: it only reads), replies, and tells whether a write went
 * through (*changed: and made a difference). */
static bool field_run(struct call *call, const struct field_op *op, struct slice value, const struct entry *e,
                      char *bytes, bool *changed) {
    int64_t old = field_load(value, op);
    if (op->verb == FIELD_GET) {
        resp_int(call->reply, old);
        return false;
    }
    __int128 result = (__int128)old + op->value;
    if (op->verb == FIELD_SET) result = op->is_signed ? (__int128)op->value : (__int128)(uint64_t)op->value;
    if (!fit(op, &result)) {
        resp_null(call->reply);
        return false;
    }
    string_before_write(e, op->offset >> 3, (op->offset + op->width + 7) >> 3);
    bits_store(bytes, op->offset, op->width, (uint64_t)result);
    *changed = (int64_t)result != old;
    resp_int(call->reply, op->verb == FIELD_SET ? old : (int64_t)result);
    return true;
}

static void read_fields(struct call *call, const struct field_ops *list) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;

    char scratch[STRING_VIEW_CHARS];
    struct slice value = e ? string_view(e, scratch) : SLICE("");
    resp_array(call->reply, list->count);
    for (size_t i = 0; i < list->count; i++)
        field_run(call, &list->ops[i], value, NULL, NULL, NULL);
}

static void write_fields(struct call *call, const struct field_ops *list) {
    struct key_ref ref;
    int64_t before;
    char *bytes = string_open_grown(call, &ref, list->write_bytes, &before);
    if (bytes == NULL) return;
    struct slice value = {bytes, string_len(key_entry(&ref))};
    bool grew = before < (int64_t)list->write_bytes;

    uint64_t changes = 0;
    resp_array(call->reply, list->count);
    for (size_t i = 0; i < list->count; i++) {
        bool changed;
        if (field_run(call, &list->ops[i], value, key_entry(&ref), bytes, &changed))
            changes += grew || changed;
    }
    /* The string may have grown although all writes failed; replicas must follow. */
    if (changes == 0 && grew) changes = 1;
    if (changes == 0) return;
    key_changed(call, &ref, NOTIFY_STRING, "setbit");
    key_changed_more(call, changes - 1);
}

static void bitfield(struct call *call, bool read_only) {
    size_t most = (size_t)call->argc / 3 + 1;
    struct field_ops list = {.count = 0};
    list.ops = most <= OPS_ON_STACK ? list.room : mem_alloc(most * sizeof(*list.ops));
    if (parse_ops(call, &list)) {
        if (list.write_bytes == 0)
            read_fields(call, &list);
        else if (read_only)
            resp_error(call->reply, "ERR BITFIELD_RO only supports the GET subcommand");
        else
            write_fields(call, &list);
    }
    if (list.ops != list.room) mem_free_sized(list.ops, most * sizeof(*list.ops));
}

static void cmd_bitfield(struct call *call) {
    bitfield(call, false);
}

static void cmd_bitfield_ro(struct call *call) {
    bitfield(call, true);
}

const struct command_binding bitfield_bindings[] = {
    {CMD_BITFIELD, cmd_bitfield},
    {CMD_BITFIELD_RO, cmd_bitfield_ro},
    COMMAND_BINDINGS_END,
};
