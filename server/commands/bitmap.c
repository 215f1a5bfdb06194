/* Strings as bitmaps: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP.
 *
 * Offsets and ranges are turned into bit positions here; the work is done by the kernels of server/ds/bits.h.
 */
#include "server/commands/bitmap.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"
#include "server/ds/bits.h"

bool bitmap_offset(struct call *call, struct slice text, uint64_t unit_bits, uint64_t *offset) {
    int64_t value;
    bool ok = num_parse_int64(text.ptr, text.len, &value) && value >= 0 &&
              !__builtin_mul_overflow(value, (int64_t)unit_bits, &value);
    /* A journal was within the limit when it was written. */
    ok =
        ok && ((uint64_t)value >> 3 < call->keyspace->conf.proto_max_bulk_len || call->flags & CALL_REPLAYED);
    if (!ok) {
        resp_error(call->reply, "ERR bit offset is not an integer or out of range");
        return false;
    }
    *offset = (uint64_t)value;
    return true;
}

/* --- single bits --- */

static void cmd_setbit(struct call *call) {
    uint64_t offset;
    int64_t bit;
    if (!bitmap_offset(call, call->argv[2], 1, &offset)) return;
    if (!call_int64_range(call, 3, 0, 1, &bit, "ERR bit is not an integer or out of range")) return;
    struct key_ref ref;
    int64_t before;
    size_t len = (offset >> 3) + 1;
    char *bytes = string_open_grown(call, &ref, len, &before);
    if (bytes == NULL) return;

    bool old = bits_get(bytes, offset);
    if (old != bit || before < (int64_t)len) {
        string_before_write(key_entry(&ref), offset >> 3, len);
        bits_set(bytes, offset, bit);
        key_changed(call, &ref, NOTIFY_STRING, "setbit");
    }

    resp_int(call->reply, old);
}

static void cmd_getbit(struct call *call) {
    uint64_t offset;
    if (!bitmap_offset(call, call->argv[2], 1, &offset)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;

    char scratch[STRING_VIEW_CHARS];
    struct slice value = e ? string_view(e, scratch) : SLICE("");
    resp_int(call->reply, offset >> 3 < value.len && bits_get(value.ptr, offset));
}

/* --- ranges --- */

/* Whether argv[arg] says BIT, not BYTE; an error otherwise. */
static bool parse_unit(struct call *call, int arg, bool *in_bits) {
    *in_bits = slice_is(call->argv[arg], "bit");
    if (*in_bits || slice_is(call->argv[arg], "byte")) return true;
    resp_error(call->reply, ERR_SYNTAX);
    return false;
}

/* From indexes of bytes or bits to the bits meant; false: none. */
static bool bit_range(int64_t *first, int64_t *last, size_t len, bool in_bits) {
    if (!range_clamp(first, last, (int64_t)(in_bits ? len * 8 : len))) return false;
    if (!in_bits) {
        *first *= 8;
        *last = *last * 8 + 7;
    }
    return true;
}

static void cmd_bitcount(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;
    if (e == NULL) { /* before the arguments are looked at, as Redis 7 does it */
        resp_int(call->reply, 0);
        return;
    }
    int64_t first = 0, last = -1;
    bool in_bits = false;
    if (call->argc == 3 || call->argc > 5) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    if (call->argc > 3 && (!call_int64(call, 2, &first) || !call_int64(call, 3, &last))) return;
    bool backwards = first < 0 && last < 0 && first > last; /* also where both lie before the beginning */
    if (!backwards && call->argc == 5 && !parse_unit(call, 4, &in_bits)) return;

    char scratch[STRING_VIEW_CHARS];
    struct slice value = string_view(e, scratch);
    if (backwards || !bit_range(&first, &last, value.len, in_bits))
        resp_int(call->reply, 0);
    else
        resp_int(call->reply, (int64_t)bits_count_range(value.ptr, (uint64_t)first, (uint64_t)last));
}

static void cmd_bitpos(struct call *call) {
    int64_t bit;
    if (!call_int64(call, 2, &bit)) return;
    if (bit != 0 && bit != 1) {
        resp_error(call->reply, "ERR The bit argument must be 1 or 0.");
        return;
    }
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;
    if (e == NULL) { /* as if zeros followed for ever */
        resp_int(call->reply, bit ? -1 : 0);
        return;
    }
    if (call->argc > 6) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    int64_t first = 0, last = -1;
    bool in_bits = false;
    if (call->argc > 3 && !call_int64(call, 3, &first)) return;
    if (call->argc > 5 && !parse_unit(call, 5, &in_bits)) return;
    if (call->argc > 4 && !call_int64(call, 4, &last)) return;

    char scratch[STRING_VIEW_CHARS];
    struct slice value = string_view(e, scratch);
    if (!bit_range(&first, &last, value.len, in_bits)) {
        resp_int(call->reply, -1);
        return;
    }
    int64_t at = bits_find_range(value.ptr, (uint64_t)first, (uint64_t)last, bit);
    /* Without a given end the zeros behind the string count. */
    if (at < 0 && !bit && call->argc < 5) at = (int64_t)value.len * 8;
    resp_int(call->reply, at);
}

/* --- BITOP --- */

static bool parse_op(struct slice word, enum bits_op *op) {
    static const char *const names[] = {
        [BITS_AND] = "and", [BITS_OR] = "or", [BITS_XOR] = "xor", [BITS_NOT] = "not"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_is(word, names[i])) {
            *op = (enum bits_op)i;
            return true;
        }
    return false;
}

/* Reads argv[3 …] into `slices`, which may point into `digits` (of STRING_VIEW_CHARS each). False: one is no
 * string, which was replied. Entries stay where they are while others are read, even if a due one goes. */
static bool read_sources(struct call *call, struct slice *slices, char *digits, size_t *longest) {
    *longest = 0;
    for (int i = 3; i < call->argc; i++) {
        const struct entry *e;
        if (!key_read_typed(call, i, VALUE_STRING, &e)) return false;
        struct slice value = e ? string_view(e, digits + (size_t)(i - 3) * STRING_VIEW_CHARS) : SLICE("");
        slices[i - 3] = value;
        if (value.len > *longest) *longest = value.len;
    }
    return true;
}

static void store_combined(struct call *call, enum bits_op op, const struct slice *sources, size_t count,
                           size_t len) {
    struct key_ref ref;
    if (len == 0) {
        key_open(call, 2, &ref);
        if (key_entry(&ref)) {
            key_delete(call, &ref);
            key_changed(call, &ref, NOTIFY_GENERIC, "del");
        }
        return;
    }
    /* The destination may be a source: it is replaced when all is read. */
    char *bytes;
    struct entry *result = string_create_raw(call->argv[2], len, ENTRY_NO_DEADLINE, &bytes);
    bits_combine(op, bytes, len, sources, count);
    key_open(call, 2, &ref);
    key_store(call, &ref, result);
    key_changed(call, &ref, NOTIFY_STRING, "set");
}

static void cmd_bitop(struct call *call) {
    enum bits_op op;
    if (!parse_op(call->argv[1], &op)) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    size_t count = (size_t)call->argc - 3, len;
    if (op == BITS_NOT && count != 1) {
        resp_error(call->reply, "ERR BITOP NOT must be called with a single source key.");
        return;
    }
    struct slice *sources = mem_alloc(count * (sizeof(*sources) + STRING_VIEW_CHARS));
    bool ok = read_sources(call, sources, (char *)(sources + count), &len);
    if (ok && !string_has_room(len)) {
        resp_error(call->reply, ERR_NO_ROOM);
        ok = false;
    }

    if (ok) store_combined(call, op, sources, count, len);
    mem_free_sized(sources, count * (sizeof(*sources) + STRING_VIEW_CHARS));

    if (ok) resp_int(call->reply, (int64_t)len);
}

const struct command_binding bitmap_bindings[] = {
    {CMD_SETBIT, cmd_setbit}, {CMD_GETBIT, cmd_getbit}, {CMD_BITCOUNT, cmd_bitcount},
    {CMD_BITPOS, cmd_bitpos}, {CMD_BITOP, cmd_bitop},   COMMAND_BINDINGS_END,
};
