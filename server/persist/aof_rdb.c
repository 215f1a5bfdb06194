/* See aof_rdb.h. The whole RDB part is looked at when it is in the window. */
#include "server/persist/aof_rdb.h"
#include "common/base/crc.h"
#include "common/base/version.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_in.h"
#include "server/persist/rdb_out.h"
#include <stdio.h>

void aof_rdb_init(struct aof_rdb *rdb, struct keyspace *ks) {
    *rdb = (struct aof_rdb){.keyspace = ks};
}

void aof_rdb_deinit(struct aof_rdb *rdb) {
    rdb->keyspace = NULL;
}

static bool read_aux(struct rdb_in *in) {
    struct rdb_text text = {0};
    bool ok = rdb_get_text(in, &text) && rdb_get_text(in, &text);
    rdb_text_deinit(&text);
    return ok;
}

static bool read_checksum(struct rdb_in *in, const char *start) {
    uint64_t computed = crc64(0, start, (size_t)((const char *)in->at - start)), told;
    if (!rdb_get_u64(in, &told)) return false;
    return told == 0 || told == computed || rdb_fail(in, "Wrong RDB checksum");
}

static bool read_records(struct rdb_in *in, const char *start) {
    uint8_t opcode;
    for (;;) {
        if (!rdb_get_byte(in, &opcode)) return false;
        if (opcode == RDB_EOF) return read_checksum(in, start);
        if (opcode != RDB_AUX) return rdb_fail(in, "a base with keys cannot be read yet");
        if (!read_aux(in)) return false;
    }
}

enum aof_rdb_state aof_rdb_read(struct aof_rdb *rdb, struct slice window, bool last, size_t *used) {
    *used = 0;
    size_t magic = window.len < RDB_MAGIC_LEN ? window.len : RDB_MAGIC_LEN;
    if (magic && memcmp(window.ptr, RDB_MAGIC, magic) != 0) return AOF_RDB_DONE;
    if (window.len == 0 && last) return AOF_RDB_DONE;
    if (window.len < RDB_MAGIC_LEN + RDB_VERSION_LEN && !last) return AOF_RDB_FEED;
    if (window.len < RDB_MAGIC_LEN + RDB_VERSION_LEN) {
        snprintf(rdb->error, sizeof(rdb->error), "the file ends within the header");
        return AOF_RDB_BAD;
    }
    struct rdb_in in;
    rdb_in_init(&in, window, last ? 0 : UINT32_MAX);
    in.at += RDB_MAGIC_LEN + RDB_VERSION_LEN;
    if (read_records(&in, window.ptr)) {
        *used = (size_t)((const char *)in.at - window.ptr);
        return AOF_RDB_DONE;
    }
    if (in.status == RDB_SHORT) return AOF_RDB_FEED;
    snprintf(rdb->error, sizeof(rdb->error), "%s", in.error);
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
