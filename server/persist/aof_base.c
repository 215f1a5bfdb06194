/* See aof_base.h. The words of a command lie in one buffer and are kept by their lengths, since the buffer
 * grows. What has no commands of its own that make it (streams with their groups) is a RESTORE. */
#include "server/persist/aof_base.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/persist/dump.h"
#include "server/persist/rdb_format.h"
#include "server/types/hash_deadlines.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/zset.h"

static struct slice command_of(uint8_t type) {
    switch (type) {
    case VALUE_HASH: return SLICE("HMSET");
    case VALUE_SET: return SLICE("SADD");
    case VALUE_ZSET: return SLICE("ZADD");
    case VALUE_LIST: return SLICE("RPUSH");
    default: panic("no command for elements of type %d", (int)type);
    }
}

static void flush(struct aof_batch *b) {
    if (b->items == 0) return;
    struct slice argv[2 + 2 * AOF_ITEMS_PER_COMMAND] = {command_of(b->type), b->key};
    const char *at = b->bytes.ptr;
    for (unsigned i = 0; i < b->words; i++) {
        argv[2 + i] = (struct slice){at, b->len[i]};
        at += b->len[i];
    }
    aof_put_command(b->out, argv, (int)(2 + b->words));
    b->items = b->words = 0;
    buf_clear(&b->bytes);
}

static void add_word(struct aof_batch *b, struct slice word) {
    buf_append_slice(&b->bytes, word);
    b->len[b->words++] = word.len;
}

/* Behind the command that makes the field. */
static void put_field_deadline(const struct aof_batch *b, const struct value_element *e) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice when = {digits, num_format_int64(digits, e->deadline_ms)};
    struct slice argv[6] = {SLICE("HPEXPIREAT"), b->key, when, SLICE("FIELDS"), SLICE("1"), e->name};
    aof_put_command(b->out, argv, 6);
}

void aof_batch_begin(struct aof_batch *b, struct buf *out, const void *of, uint8_t type, struct slice key) {
    must(b->items == 0);
    b->out = out;
    b->of = of;
    b->type = type;
    b->key = key;
}

void aof_batch_add(struct aof_batch *b, const struct value_element *e) {
    if (b->type == VALUE_ZSET) {
        char digits[NUM_DOUBLE_CHARS_MAX];
        add_word(b, (struct slice){digits, num_format_double(digits, e->score)});
    }
    add_word(b, e->name);
    if (b->type == VALUE_HASH) add_word(b, e->value);
    bool dated = b->type == VALUE_HASH && e->deadline_ms != ENTRY_NO_DEADLINE;
    if (++b->items == AOF_ITEMS_PER_COMMAND || dated) flush(b);
    if (dated) put_field_deadline(b, e);
}

void aof_batch_end(struct aof_batch *b) {
    flush(b);
    b->of = NULL;
}

void aof_batch_deinit(struct aof_batch *b) {
    buf_deinit(&b->bytes);
}

/* --- whole entries --- */

static void put_field(void *arg, struct slice field, struct slice value, int64_t deadline_ms) {
    aof_batch_add(arg, &(struct value_element){.name = field, .value = value, .deadline_ms = deadline_ms});
}

static void put_scored(void *arg, struct slice member, double score) {
    aof_batch_add(arg, &(struct value_element){.name = member, .score = score});
}

static bool put_element(void *arg, struct slice element) {
    aof_batch_add(arg, &(struct value_element){.name = element});
    return true;
}

static void put_members(struct aof_batch *b, const struct entry *e) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            put_element(b, g.member[i]);
}

static void put_string(struct buf *out, const struct entry *e) {
    char scratch[STRING_VIEW_CHARS];
    struct slice argv[3] = {SLICE("SET"), entry_key(e), string_view(e, scratch)};
    aof_put_command(out, argv, 3);
}

static void put_restore(struct buf *out, const struct entry *e) {
    struct buf payload = {0};
    dump_write(e, RDB_VERSION_MIN_WRITTEN, false, &payload);
    struct slice argv[4] = {SLICE("RESTORE"), entry_key(e), SLICE("0"), buf_slice(&payload)};
    aof_put_command(out, argv, 4);
    buf_deinit(&payload);
}

static void put_elements(struct buf *out, const struct entry *e) {
    struct aof_batch b = {0};
    aof_batch_begin(&b, out, e, (uint8_t)entry_type(e), entry_key(e));
    switch (entry_type(e)) {
    case VALUE_HASH: hash_each_deadline(e, put_field, &b); break;
    case VALUE_SET: put_members(&b, e); break;
    case VALUE_ZSET: zset_range(e, 0, SIZE_MAX, false, put_scored, &b); break;
    default: list_range(e, 0, SIZE_MAX, false, put_element, &b);
    }
    aof_batch_end(&b);
    aof_batch_deinit(&b);
}

void aof_put_entry(struct buf *out, const struct entry *e) {
    switch (entry_type(e)) {
    case VALUE_STRING: put_string(out, e); break;
    case VALUE_HASH:
    case VALUE_SET:
    case VALUE_ZSET:
    case VALUE_LIST: put_elements(out, e); break;
    default: put_restore(out, e);
    }
    if (entry_expires(e)) aof_put_deadline(out, entry_key(e), entry_deadline(e));
}

void aof_put_deadline(struct buf *out, struct slice key, int64_t deadline_ms) {
    char digits[NUM_INT64_CHARS_MAX];
    struct slice argv[3] = {SLICE("PEXPIREAT"), key, {digits, num_format_int64(digits, deadline_ms)}};
    aof_put_command(out, argv, 3);
}
