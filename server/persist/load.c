/* See load.h.
 *
 * The window is what is in memory of the file: what was left of the block before and the block behind it.
 * When reading comes to its end (RDB_SHORT) the two are put together anew, so a value of any size ends up in
 * one piece, and the next block is asked for, as large as what is missing.
 *
 * Keys are inserted in groups, so that their cache misses overlap.
 *
 * The checksum of a file is added up as its blocks are read. Where commands follow, nobody knows yet where
 * the sum has to end; then a helper reads that part once more. */
#include "server/persist/load.h"
#include "common/base/crc.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/io/io_file.h"
#include "server/keyspace/access.h"
#include "server/keyspace/database.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_records.h"
#include "server/types/value.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define BLOCK_BYTES (1 << 20)
#define GROUP       16
#define STEP_BUDGET 64 /* keys or elements */

struct load {
    struct io_job job; /* first: jobs come back by it */
    struct load_conf conf;
    char *path; /* owned */
    int fd;
    int64_t size, read_to; /* of the file; end of what was read */
    uint64_t crc;          /* of what was read, but for the checksum itself, which ends the file */
    /* the job's while it is out, then a block that waits */
    char *block;
    size_t block_len, block_wanted;
    int read_error;
    bool job_out, block_ready;

    char *window; /* owned */
    size_t window_len;
    struct rdb_in in;
    struct rdb_rules rules;
    struct rdb_sink sink;
    struct rdb_records records;
    struct rdb_key group[GROUP];
    uint64_t hash[GROUP];
    unsigned held;
    struct load_result result;
    char error[256];
    bool starved; /* there is nothing to do before the block comes */
    bool ended, sum_wanted;
    int64_t started_us, used_mem, rest_until_us;
    struct io_timer rest;
    void (*done)(void *owner, const struct load_result *result);
    void *owner;
};

/* --- reading ahead --- */

static void work_open(struct load *l) {
    l->fd = io_disk_open(l->conf.io, l->path, O_RDONLY | O_CLOEXEC, 0);
    if (l->fd < 0) {
        l->read_error = l->fd;
        return;
    }
    l->size = io_disk_size(l->conf.io, l->fd);
    if (l->size < 0) l->read_error = (int)l->size;
}

static void work_read(struct io_job *job) {
    struct load *l = (struct load *)job;
    if (l->fd < 0) work_open(l);
    if (l->read_error) return;
    int64_t left = l->size - l->read_to;
    size_t len = l->block_wanted > BLOCK_BYTES ? l->block_wanted : BLOCK_BYTES;
    if ((int64_t)len > left) len = (size_t)left;
    l->block_len = 0;
    if (len == 0) return;
    l->block = mem_try_alloc(len);
    if (l->block == NULL) {
        l->read_error = -ENOMEM;
        return;
    }
    ssize_t got = io_disk_read(l->conf.io, l->fd, l->block, len, l->read_to);
    if (got != (ssize_t)len) {
        l->read_error = got < 0 ? (int)got : -EIO; /* it became shorter */
        return;
    }
    l->block_len = len;
    int64_t checked = l->size - RDB_CHECKSUM_LEN - l->read_to;
    if (checked > (int64_t)len) checked = (int64_t)len;
    if (checked > 0 && l->conf.checksum) l->crc = crc64(l->crc, l->block, (size_t)checked);
}

static void read_done(struct io_job *job) {
    struct load *l = (struct load *)job;
    l->job_out = false;
    l->block_ready = true;
    l->starved = false;
}

static void read_ahead(struct load *l) {
    l->job_out = true;
    l->block_ready = false;
    io_job_submit(l->conf.io, &l->job, IO_LANE_DISK, work_read, read_done);
}

/* Puts what is left of the window and the block together. */
static void next_window(struct load *l) {
    size_t left = l->window ? rdb_in_left(&l->in) : 0;
    if (left == 0) {
        mem_free(l->window);
        l->window = l->block;
    } else if (l->block_len) {
        char *window = mem_alloc(left + l->block_len);
        memcpy(window, l->in.at, left);
        memcpy(window + left, l->block, l->block_len);
        mem_free(l->window);
        mem_free(l->block);
        l->window = window;
    }
    if (left == 0 || l->block_len) {
        l->window_len = left + l->block_len;
        l->read_to += (int64_t)l->block_len;
        rdb_in_init(&l->in, (struct slice){l->window, l->window_len}, (uint64_t)(l->size - l->read_to));
    }
    l->block = NULL;
    l->block_len = 0;
}

/* --- keys --- */

static bool insert(struct load *l, const struct rdb_key *key, uint64_t hash, struct rdb_in *in) {
    struct keyspace *ks = l->conf.keyspace;
    struct database *db = keyspace_database(ks, key->db_index);
    struct entry_at there = database_find(db, entry_key(key->entry), hash);
    if (there.entry && !l->conf.merge) {
        struct slice name = entry_key(key->entry);
        rdb_fail(in, "RDB has duplicated key '%.*s' in DB %d", name.len < 64 ? (int)name.len : 64, name.ptr,
                 key->db_index);
        return false;
    }
    if (there.entry) {
        database_remove(db, hash, there);
        value_free(there.entry);
    }
    access_init_entry(ks, key->entry);
    access_set(ks, key->entry, key->idle_s, key->frequency);
    database_insert(db, hash, key->entry);
    l->result.keys++;
    return true;
}

static bool insert_group(struct load *l, struct rdb_in *in) {
    struct keyspace *ks = l->conf.keyspace;
    unsigned n = l->held, i;
    for (i = 0; i < n; i++) {
        l->hash[i] = hash_slice(&ks->secret, entry_key(l->group[i].entry));
        database_prefetch_bucket(keyspace_database(ks, l->group[i].db_index), l->hash[i]);
    }
    for (i = 0; i < n && insert(l, &l->group[i], l->hash[i], in); i++) {
    }
    l->held = 0;
    bool all = i == n;
    for (; i < n; i++)
        value_free(l->group[i].entry);
    return all;
}

static bool sink_key(void *owner, const struct rdb_key *key, struct rdb_in *in) {
    struct load *l = owner;
    if (*l->conf.key_delay_us > 0) {
        l->rest_until_us = io_now_us(l->conf.io) + *l->conf.key_delay_us;
        io_timer_set(l->conf.io, &l->rest, l->rest_until_us);
    }
    if (!l->conf.aof_base && entry_due(key->entry, l->conf.keyspace->now_ms)) {
        l->result.expired++;
        value_free(key->entry);
        return true;
    }
    l->group[l->held++] = *key;
    return l->held < GROUP || insert_group(l, in);
}

static bool sink_database(void *owner, uint64_t index, struct rdb_in *in) {
    const struct load *l = owner;
    if (index < (uint64_t)l->conf.keyspace->conf.databases) return true;
    return rdb_fail(in,
                    "FATAL: Data file was created with a server configured to handle more than %d databases",
                    l->conf.keyspace->conf.databases);
}

static void sink_empty_key(void *owner, struct slice key) {
    struct load *l = owner;
    if (l->result.empty++ < 10)
        log_notice(l->conf.log, "Loading RDB: skipping empty key: %.*s", key.len < 256 ? (int)key.len : 256,
                   key.ptr);
}

static void sink_aux(void *owner, struct slice name, struct slice value) {
    struct load *l = owner;
    int64_t number = 0;
    bool is_number = num_parse_int64(value.ptr, value.len, &number);
    if (slice_is(name, "redis-ver"))
        log_notice(l->conf.log, "Loading RDB produced by version %.*s", value.len < 64 ? (int)value.len : 64,
                   value.ptr);
    else if (slice_is(name, "ctime") && is_number)
        log_notice(l->conf.log, "RDB age %lld seconds",
                   (long long)(l->conf.keyspace->now_ms / 1000 - number));
    else if (slice_is(name, "used-mem") && is_number) {
        l->used_mem = number;
        log_notice(l->conf.log, "RDB memory usage when created %.2f Mb", (double)number / (1024 * 1024));
    }
}

static bool sink_function(void *owner, struct slice library, struct rdb_in *in) {
    struct load *l = owner;
    l->result.functions++;
    l->conf.function(l->owner, library);
    return true;
}

/* --- the course of it --- */

static void nothing(struct io_timer *timer) {
    /* Nothing but a turn of the loop was wanted. */
}

struct load *load_begin(const struct load_conf *conf,
                        void (*done)(void *owner, const struct load_result *result), void *owner) {
    struct load *l = mem_zalloc(sizeof(*l));
    l->conf = *conf;
    l->path = mem_strdup(conf->path);
    l->fd = -1;
    l->done = done;
    l->owner = owner;
    l->starved = true;
    l->started_us = io_now_us(conf->io);
    l->rules = rdb_rules_of(conf->keyspace);
    l->sink = (struct rdb_sink){.owner = l,
                                .database = sink_database,
                                .key = sink_key,
                                .empty_key = sink_empty_key,
                                .aux = sink_aux,
                                .function = sink_function};
    io_timer_init(&l->rest, nothing);
    rdb_records_init(&l->records, &l->rules, &l->sink);
    read_ahead(l);
    return l;
}

static void destroy(struct load *l) {
    must(!l->job_out);
    io_timer_cancel(l->conf.io, &l->rest);
    for (unsigned i = 0; i < l->held; i++)
        value_free(l->group[i].entry);
    rdb_records_deinit(&l->records);
    if (l->fd >= 0) io_disk_close(l->conf.io, l->fd);
    mem_free(l->window);
    mem_free(l->block);
    mem_free(l->path);
    mem_free(l);
}

static void finish(struct load *l) {
    struct load_result result = l->result;
    char error[sizeof(l->error)];
    memcpy(error, l->error, sizeof(error));
    result.error = error[0] ? error : NULL;
    result.took_us = io_now_us(l->conf.io) - l->started_us;
    void (*done)(void *, const struct load_result *) = l->done;
    void *owner = l->owner;
    destroy(l);
    done(owner, &result);
}

/* Where in the file reading stands. */
static int64_t offset(const struct load *l) {
    return l->window ? l->read_to - (int64_t)rdb_in_left(&l->in) : 0;
}

static void check_sum(struct load *l) {
    uint64_t told = l->records.checksum;
    if (told == l->crc) return;
    snprintf(l->error, sizeof(l->error),
             "RDB CRC error: Wrong RDB checksum expected: (%llx) but got (%llx). Aborting now.",
             (unsigned long long)told, (unsigned long long)l->crc);
}

static void check_end(struct load *l) {
    const struct rdb_records *r = &l->records;
    l->result.end = offset(l);
    bool goes_on = l->result.end != l->size, summed = r->version >= RDB_VERSION_CHECKSUM && l->conf.checksum;
    if (!insert_group(l, &l->in))
        snprintf(l->error, sizeof(l->error), "%s", l->in.error);
    else if (goes_on && !l->conf.aof_base)
        snprintf(l->error, sizeof(l->error), "the file goes on behind its end, which is at offset %lld",
                 (long long)l->result.end);
    else if (summed && r->checksum == 0)
        log_notice(l->conf.log, "RDB file was saved with checksum disabled: no check performed.");
    else if (summed && goes_on)
        l->sum_wanted = true;
    else if (summed)
        check_sum(l);
}

/* Of the part that ends at result.end. */
static void work_sum(struct io_job *job) {
    struct load *l = (struct load *)job;
    char *room = mem_alloc(BLOCK_BYTES);
    int64_t end = l->result.end - RDB_CHECKSUM_LEN;
    l->crc = 0;
    for (int64_t at = 0; at < end && !l->read_error; at += BLOCK_BYTES) {
        size_t len = end - at < BLOCK_BYTES ? (size_t)(end - at) : BLOCK_BYTES;
        ssize_t got = io_disk_read(l->conf.io, l->fd, room, len, at);
        if (got != (ssize_t)len) l->read_error = got < 0 ? (int)got : -EIO;
        l->crc = crc64(l->crc, room, len);
    }
    mem_free_sized(room, BLOCK_BYTES);
}

static void sum_done(struct io_job *job) {
    struct load *l = (struct load *)job;
    l->job_out = l->starved = false;
    if (l->read_error)
        snprintf(l->error, sizeof(l->error), "%s: %s", l->path, strerror(-l->read_error));
    else
        check_sum(l);
}

static void begin_sum(struct load *l) {
    l->sum_wanted = false;
    l->read_error = 0; /* of what lies behind that part: not ours */
    l->job_out = l->starved = true;
    io_job_submit(l->conf.io, &l->job, IO_LANE_DISK, work_sum, sum_done);
}

static void fail_at(struct load *l) {
    struct slice key = rdb_records_key(&l->records);
    if (key.len)
        snprintf(l->error, sizeof(l->error), "at offset %lld, key '%.*s': %s", (long long)offset(l),
                 key.len < 64 ? (int)key.len : 64, key.ptr, l->in.error);
    else
        snprintf(l->error, sizeof(l->error), "at offset %lld: %s", (long long)offset(l), l->in.error);
}

/* Takes the block that came; the one behind it is to bring `wanted` bytes into the window. False: it did not
 * come yet, or it cannot be read. */
static bool take_block(struct load *l, uint64_t wanted) {
    if (!l->block_ready) {
        l->starved = true;
        return false;
    }
    if (l->read_error) {
        snprintf(l->error, sizeof(l->error), "%s: %s", l->path, strerror(-l->read_error));
        return false;
    }
    if (l->block_len == 0) {
        snprintf(l->error, sizeof(l->error), "Short read: the file is empty");
        return false;
    }
    next_window(l);
    size_t left = rdb_in_left(&l->in);
    l->block_wanted = wanted > left ? wanted - left : 0;
    l->block_ready = false;
    if (l->read_to < l->size) read_ahead(l);
    return true;
}

bool load_due(const struct load *l) {
    return l && !l->starved && (*l->conf.key_delay_us <= 0 || l->rest_until_us <= io_now_us(l->conf.io));
}

/* Some records. */
static enum rdb_status step_records(struct load *l) {
    if (l->window == NULL && !take_block(l, 0)) return l->error[0] ? RDB_BAD : RDB_AGAIN;
    enum rdb_status status =
        rdb_records_step(&l->records, &l->in, *l->conf.key_delay_us > 0 ? 1 : STEP_BUDGET);
    if (status == RDB_SHORT) return take_block(l, l->in.wanted) || !l->error[0] ? RDB_AGAIN : RDB_BAD;
    if (status == RDB_BAD) fail_at(l);
    if (status == RDB_DONE) check_end(l);
    return status;
}

void load_step(struct load *l) {
    if (!l->ended && step_records(l) == RDB_AGAIN) return;
    if (!l->ended && l->error[0]) l->result.end = offset(l);
    l->ended = true;
    if (l->job_out)
        l->starved = true; /* the helper still has the block */
    else if (l->sum_wanted && l->error[0] == 0)
        begin_sum(l);
    else
        finish(l);
}

bool load_is_idle(const struct load *l) {
    return !l->job_out;
}

void load_progress(const struct load *l, struct load_progress *out) {
    *out = (struct load_progress){l->job_out && l->read_to == 0 ? 0 : l->size, offset(l), l->started_us,
                                  l->result.keys, (uint64_t)l->used_mem};
}

bool load_cancel(struct load **l) {
    if ((*l)->job_out) return false;
    destroy(*l);
    *l = NULL;
    return true;
}
