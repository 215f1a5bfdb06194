/* See aof_rdb.h. Keys are read as loading reads them, looked at and dropped. The checksum ends the part,
 * whose end is not known before: so the last eight bytes of what was read are kept out of the sum. */
#include "server/persist/aof_rdb.h"
#include "common/base/crc.h"
#include "common/base/rng.h"
#include "common/base/version.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_out.h"
#include "server/types/value.h"
#include <stdio.h>

#define LIST_NODE_8_KIB (-2)
#define STEP_BUDGET     256 /* keys or elements */

static bool take_database(void *owner, uint64_t index, struct rdb_in *in) {
    return true;
}

static bool take_key(void *owner, const struct rdb_key *key, struct rdb_in *in) {
    struct aof_rdb *rdb = owner;
    rdb->keys++;
    rdb->keys_with_deadline += entry_expires(key->entry);
    value_free(key->entry);
    return true;
}

static void take_empty_key(void *owner, struct slice key) {}

static void take_aux(void *owner, struct slice name, struct slice value) {}

static bool take_function(void *owner, struct slice library, struct rdb_in *in) {
    return true;
}

void aof_rdb_init(struct aof_rdb *rdb, uint64_t seed) {
    struct rng rng;
    *rdb = (struct aof_rdb){0};
    rng_seed(&rng, seed);
    hash_secret_draw(&rdb->secret, &rng);
    rdb->rules.hash.secret = rdb->rules.set.secret = rdb->rules.zset.secret = &rdb->secret;
    rdb->rules.list = list_rules(LIST_NODE_8_KIB, 0, 0);
    rdb->sink = (struct rdb_sink){.owner = rdb,
                                  .database = take_database,
                                  .key = take_key,
                                  .empty_key = take_empty_key,
                                  .aux = take_aux,
                                  .function = take_function};
    rdb_records_init(&rdb->records, &rdb->rules, &rdb->sink);
}

void aof_rdb_deinit(struct aof_rdb *rdb) {
    rdb_records_deinit(&rdb->records);
}

static void add_to_sum(struct aof_rdb *rdb, const char *bytes, size_t len) {
    size_t keep = len < sizeof(rdb->last) ? len : sizeof(rdb->last);
    size_t push = rdb->last_len + keep > sizeof(rdb->last) ? rdb->last_len + keep - sizeof(rdb->last) : 0;
    rdb->crc = crc64(rdb->crc, rdb->last, push);
    memmove(rdb->last, rdb->last + push, rdb->last_len - push);
    rdb->last_len -= push;
    rdb->crc = crc64(rdb->crc, bytes, len - keep);
    memcpy(rdb->last + rdb->last_len, bytes + len - keep, keep);
    rdb->last_len += keep;
}

static enum aof_rdb_state at_the_end(struct aof_rdb *rdb) {
    uint64_t told = rdb->records.checksum;
    if (rdb->records.version < RDB_VERSION_CHECKSUM || told == 0 || told == rdb->crc) return AOF_RDB_DONE;
    snprintf(rdb->error, sizeof(rdb->error), "RDB CRC error: it says %llx, and is %llx",
             (unsigned long long)told, (unsigned long long)rdb->crc);
    return AOF_RDB_BAD;
}

enum aof_rdb_state aof_rdb_read(struct aof_rdb *rdb, struct slice window, uint64_t beyond, size_t *used) {
    *used = 0;
    if (rdb->records.version == 0) { /* at the beginning */
        if (window.len < RDB_MAGIC_LEN && beyond) return AOF_RDB_FEED;
        if (window.len < RDB_MAGIC_LEN || memcmp(window.ptr, RDB_MAGIC, RDB_MAGIC_LEN) != 0)
            return AOF_RDB_DONE;
    }
    struct rdb_in in;
    rdb_in_init(&in, window, beyond);
    enum rdb_status status = rdb_records_step(&rdb->records, &in, STEP_BUDGET);
    *used = (size_t)((const char *)in.at - window.ptr);
    add_to_sum(rdb, window.ptr, *used);
    switch (status) {
    case RDB_DONE: return at_the_end(rdb);
    case RDB_AGAIN:
    case RDB_EMPTY: return AOF_RDB_MORE;
    case RDB_SHORT: return AOF_RDB_FEED;
    case RDB_BAD: break;
    }
    struct slice key = rdb_records_key(&rdb->records);
    snprintf(rdb->error, sizeof(rdb->error), "%s%.*s%s%s", key.len ? "key '" : "",
             (int)(key.len < 64 ? key.len : 64), key.ptr ? key.ptr : "", key.len ? "': " : "", in.error);
    return AOF_RDB_BAD;
}

static void put_aux(struct rdb_out *out, const char *name, struct slice value) {
    rdb_put_byte(out, RDB_AUX);
    rdb_put_string(out, slice_of(name));
    rdb_put_string(out, value);
}

void aof_rdb_put_empty(struct buf *to, int64_t now_s) {
    struct rdb_out out = {.unmarked = true};
    char digits[24];
    buf_printf(&out.bytes, RDB_MAGIC "%04d", RDB_VERSION_MIN_WRITTEN);
    put_aux(&out, "redis-ver", slice_of(REDIS_VERSION));
    put_aux(&out, "redis-bits", SLICE("64"));
    snprintf(digits, sizeof(digits), "%lld", (long long)now_s);
    put_aux(&out, "ctime", slice_of(digits));
    put_aux(&out, "aof-base", SLICE("1"));
    rdb_put_byte(&out, RDB_EOF);
    rdb_put_u64(&out, crc64(0, out.bytes.ptr, out.bytes.len));
    buf_append(to, out.bytes.ptr, out.bytes.len);
    rdb_out_deinit(&out);
}
