/* Hostile bytes as a value of the RDB format: what is taken is a sound value, which can be written, read
 * again in pieces, and changed; what is refused leaves nothing behind.
 *
 *      byte 0: how the bytes are cut into pieces | byte 1: type | the value */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/observe/digest.h"
#include "server/persist/dump.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_read.h"
#include "server/persist/rdb_records.h"
#include "server/types/hash_deadlines.h"
#include "server/types/string.h"
#include "server/types/value.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hash_secret secret;

/* Low limits, so that short inputs meet all forms. */
static struct rdb_rules rules = {
    .hash = {&secret, 6, 20, 1700000000000}, .set = {&secret, 8, 6, 20}, .zset = {&secret, 6, 20}};

/* Reads it with a window that never holds more than was asked for, and `cut` bytes; NULL: refused. */
static struct entry *read_value(uint8_t type, const uint8_t *bytes, size_t len, unsigned cut) {
    struct rdb_value value = {0};
    enum rdb_status status = RDB_AGAIN;
    rdb_value_begin(&value, &rules, type, SLICE("key"));
    for (size_t window = 0; status == RDB_AGAIN || status == RDB_SHORT;) {
        char *copy = malloc(window);
        if (window) memcpy(copy, bytes, window);
        struct rdb_in in;
        rdb_in_init(&in, (struct slice){copy, window}, len - window);
        status = rdb_value_step(&value, &in, 1 + cut);
        size_t used = window - rdb_in_left(&in);
        bytes += used;
        len -= used;
        window -= used;
        if (status == RDB_SHORT) {
            must(in.wanted > window && in.wanted <= len);
            window = in.wanted + cut < len ? in.wanted + cut : len;
        }
        free(copy);
    }
    struct entry *e = status == RDB_DONE ? rdb_value_take(&value) : NULL;
    rdb_value_deinit(&value);
    return e;
}

static void look_for_minus_zero(void *arg, struct slice member, double score) {
    if (score == 0 && signbit(score)) *(bool *)arg = true;
}

/* A score of -0 is 0 in the small form of a sorted set, as in Redis. */
static void must_be_same(const struct entry *a, const struct entry *b) {
    unsigned char left[DIGEST_BYTES], right[DIGEST_BYTES];
    bool minus_zero = false;
    if (entry_type(a) == VALUE_ZSET) zset_range(a, 0, SIZE_MAX, false, look_for_minus_zero, &minus_zero);
    if (minus_zero) return;
    digest_value(a, left);
    digest_value(b, right);
    must(memcmp(left, right, DIGEST_BYTES) == 0);
}

static void ignore_field(void *arg, struct slice field) {}

/* A value that was taken can be changed as any other. */
static struct entry *change(struct entry *e) {
    struct slice words[2] = {SLICE("a member that is new, and long"), SLICE("1")};
    struct zset_pair pair = {words[0], 1.5};
    struct zset_added added;
    size_t count = 0;
    bool more;
    switch (entry_type(e)) {
    case VALUE_LIST: return list_push(e, words, 2, true, &rules.list);
    case VALUE_HASH:
        e = hash_set(e, words, 1, &rules.hash, &count);
        e = hash_set_deadline(e, words[0], 1 + (int64_t)count, &rules.hash);
        return hash_expire(e, INT64_MAX / 2, true, SIZE_MAX, ignore_field, NULL, &count, &more);
    case VALUE_SET: return set_add(e, words, 1, &rules.set, &count);
    case VALUE_ZSET: return zset_add(e, &pair, 1, 0, &rules.zset, &added);
    default: return e;
    }
}

static void fuzz(uint8_t type, const uint8_t *bytes, size_t len, unsigned cut) {
    struct entry *e = read_value(type, bytes, len, cut), *again;
    if (e == NULL) return;
    struct buf payload = {0};
    dump_write(e, RDB_VERSION_MIN_WRITTEN + (int)cut % 3, cut & 4, &payload);
    must(dump_read(buf_slice(&payload), SLICE("key"), &rules, false, &again, NULL) == DUMP_OK);
    must_be_same(e, again);
    buf_deinit(&payload);
    value_free(again);
    e = change(e);
    value_free(e);
}

/* --- files --- */

static bool on_database(void *owner, uint64_t index, struct rdb_in *in) {
    return index < 16 || rdb_fail(in, "no such database");
}
static bool on_key(void *owner, const struct rdb_key *key, struct rdb_in *in) {
    value_free(key->entry);
    return true;
}
static void on_empty_key(void *owner, struct slice key) {}
static void on_aux(void *owner, struct slice name, struct slice value) {}
static bool on_function(void *owner, struct slice library, struct rdb_in *in) {
    return true;
}

static void fuzz_file(const uint8_t *bytes, size_t len, unsigned cut) {
    static const struct rdb_sink sink = {NULL, on_database, on_key, on_empty_key, on_aux, on_function};
    static const char magic[] = "REDIS0011";
    struct rdb_records records;
    struct rdb_in in;
    rdb_records_init(&records, &rules, &sink);
    rdb_in_init(&in, (struct slice){magic, sizeof(magic) - 1}, len);
    must(rdb_records_step(&records, &in, 1) == RDB_AGAIN);
    enum rdb_status status = RDB_AGAIN;
    for (size_t window = 0; status == RDB_AGAIN || status == RDB_SHORT;) {
        rdb_in_init(&in, (struct slice){(const char *)bytes, window}, len - window);
        status = rdb_records_step(&records, &in, 1 + cut);
        size_t used = window - rdb_in_left(&in);
        bytes += used;
        len -= used;
        window -= used;
        if (status != RDB_SHORT) continue;
        must(in.wanted > window && in.wanted <= len);
        window = in.wanted + cut < len ? in.wanted + cut : len;
    }
    rdb_records_deinit(&records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    rules.list = list_rules(6, 1, 40);
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    if (data[1] == 'R')
        fuzz_file(data + 2, size - 2, data[0]);
    else
        fuzz(data[1], data + 2, size - 2, data[0]);
    must(account.used == 0);
    mem_account_enter(outer);
    return 0;
}
