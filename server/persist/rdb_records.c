/* See rdb_records.h. A record is read whole or not at all, but for the value of a key, which goes on where it
 * was left: so between two steps only the key and its value under way have to be kept. */
#include "server/persist/rdb_records.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/persist/rdb_format.h"
#include "server/types/value.h"

static void forget_attributes(struct rdb_records *r) {
    r->deadline_ms = ENTRY_NO_DEADLINE;
    r->idle_s = r->frequency = -1;
}

void rdb_records_init(struct rdb_records *r, const struct rdb_rules *rules, const struct rdb_sink *sink) {
    *r = (struct rdb_records){.rules = rules, .sink = sink};
    forget_attributes(r);
}

void rdb_records_deinit(struct rdb_records *r) {
    rdb_value_deinit(&r->value);
    rdb_text_deinit(&r->text[0]);
    rdb_text_deinit(&r->text[1]);
    buf_deinit(&r->key);
}

void rdb_records_skip(struct rdb_records *r) {
    rdb_value_drop(&r->value);
    r->in_value = false;
    forget_attributes(r);
}

struct slice rdb_records_key(const struct rdb_records *r) {
    return r->in_value ? buf_slice(&r->key) : SLICE("");
}

/* --- header and end --- */

static bool read_header(struct rdb_records *r, struct rdb_in *in) {
    int64_t version;
    if (!rdb_need(in, RDB_MAGIC_LEN + RDB_VERSION_LEN)) return false;
    if (memcmp(in->at, RDB_MAGIC, RDB_MAGIC_LEN) != 0)
        return rdb_fail(in, "Wrong signature trying to load DB from file");
    const char *digits = (const char *)in->at + RDB_MAGIC_LEN;
    size_t zeros = 0;
    while (zeros < RDB_VERSION_LEN - 1 && digits[zeros] == '0')
        zeros++;
    if (!num_parse_int64(digits + zeros, RDB_VERSION_LEN - zeros, &version) || version < 1 ||
        version > RDB_VERSION_MAX)
        return rdb_fail(in, "Can't handle RDB format version %.4s", digits);
    r->version = (int)version;
    in->at += RDB_MAGIC_LEN + RDB_VERSION_LEN;
    return true;
}

static bool read_end(struct rdb_records *r, struct rdb_in *in) {
    return r->version < RDB_VERSION_CHECKSUM || rdb_get_u64(in, &r->checksum);
}

/* --- records without a value --- */

static bool refuse_module(struct rdb_in *in) {
    uint64_t id;
    char name[RDB_MODULE_NAME_CHARS + 1];
    if (!rdb_get_length(in, &id)) return false;
    rdb_module_name(id, name);
    return rdb_fail(in, "it holds data of module '%s', and modules are not supported", name);
}

static bool read_database(struct rdb_records *r, struct rdb_in *in) {
    uint64_t index;
    if (!rdb_get_length(in, &index)) return false;
    if (!r->sink->database(r->sink->owner, index, in)) return false;
    r->db_index = (int)index;
    return true;
}

static bool read_lengths(struct rdb_in *in, unsigned count) {
    uint64_t ignored;
    while (count-- > 0)
        if (!rdb_get_length(in, &ignored)) return false;
    return true;
}

static bool read_aux(struct rdb_records *r, struct rdb_in *in) {
    if (!rdb_get_text(in, &r->text[0]) || !rdb_get_text(in, &r->text[1])) return false;
    r->sink->aux(r->sink->owner, r->text[0].s, r->text[1].s);
    return true;
}

static bool read_deadline(struct rdb_records *r, struct rdb_in *in, bool seconds) {
    uint64_t ms;
    uint32_t s;
    if (seconds ? !rdb_get_u32(in, &s) : !rdb_get_u64(in, &ms)) return false;
    r->deadline_ms = seconds ? (int64_t)(int32_t)s * 1000 : (int64_t)ms;
    if (r->deadline_ms == ENTRY_NO_DEADLINE) r->deadline_ms++; /* that number means none */
    return true;
}

static bool read_idle(struct rdb_records *r, struct rdb_in *in) {
    uint64_t idle;
    if (!rdb_get_length(in, &idle)) return false;
    r->idle_s = idle > INT32_MAX ? INT32_MAX : (int64_t)idle;
    return true;
}

static bool read_frequency(struct rdb_records *r, struct rdb_in *in) {
    uint8_t frequency;
    if (!rdb_get_byte(in, &frequency)) return false;
    r->frequency = frequency;
    return true;
}

static bool begin_key(struct rdb_records *r, struct rdb_in *in, uint8_t type) {
    if (!rdb_get_text(in, &r->text[0])) return false;
    if (r->text[0].s.len > UINT32_MAX) return rdb_fail(in, "a key of impossible length");
    buf_clear(&r->key);
    buf_append_slice(&r->key, r->text[0].s);
    buf_reserve(&r->key, 1);
    rdb_value_begin(&r->value, r->rules, type, buf_slice(&r->key));
    r->in_value = true;
    return true;
}

/* One record, or the beginning of a key's. *ended: it was the last. */
static bool read_record(struct rdb_records *r, struct rdb_in *in, bool *ended) {
    uint8_t opcode;
    if (!rdb_get_byte(in, &opcode)) return false;
    switch (opcode) {
    case RDB_SLOT_INFO: return read_lengths(in, 3);
    case RDB_FUNCTION:
        return rdb_get_text(in, &r->text[0]) && r->sink->function(r->sink->owner, r->text[0].s, in);
    case RDB_FUNCTION_OLD: return rdb_fail(in, "it holds functions as a release candidate wrote them");
    case RDB_MODULE_AUX: return refuse_module(in);
    case RDB_IDLE: return read_idle(r, in);
    case RDB_FREQ: return read_frequency(r, in);
    case RDB_AUX: return read_aux(r, in);
    case RDB_RESIZE_DB: return read_lengths(in, 2);
    case RDB_EXPIRE_MS: return read_deadline(r, in, false);
    case RDB_EXPIRE_SECONDS: return read_deadline(r, in, true);
    case RDB_SELECT_DB: return read_database(r, in);
    case RDB_EOF: *ended = true; return read_end(r, in);
    default: return begin_key(r, in, opcode);
    }
}

/* --- keys --- */

static enum rdb_status end_key(struct rdb_records *r, struct rdb_in *in, enum rdb_status status) {
    r->in_value = false;
    if (status == RDB_EMPTY) {
        r->sink->empty_key(r->sink->owner, buf_slice(&r->key));
    } else {
        struct entry *e = rdb_value_take(&r->value);
        if (r->deadline_ms != ENTRY_NO_DEADLINE) e = entry_set_deadline(e, r->deadline_ms);
        struct rdb_key key = {r->db_index, e, r->idle_s, r->frequency};
        if (!r->sink->key(r->sink->owner, &key, in)) return RDB_BAD;
    }
    forget_attributes(r);
    return RDB_DONE;
}

enum rdb_status rdb_records_step(struct rdb_records *r, struct rdb_in *in, size_t budget) {
    bool ended = false;
    while (budget > 0) {
        if (r->in_value) {
            size_t elements = budget;
            enum rdb_status status = rdb_value_step(&r->value, in, elements);
            if (status == RDB_DONE || status == RDB_EMPTY) status = end_key(r, in, status);
            if (status != RDB_DONE) return status;
            budget--;
            continue;
        }
        const uint8_t *start = in->at;
        bool read = r->version ? read_record(r, in, &ended) : read_header(r, in);
        if (!read) return rdb_in_rewind(in, start);
        if (ended) return RDB_DONE;
        budget--;
    }
    return RDB_AGAIN;
}
