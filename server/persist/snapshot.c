/* See snapshot.h.
 *
 * The file is one stream of records. While a large value has its turn in it, records of small ones, taken
 * because they are about to change, go into a second stream, which follows when the large one is complete;
 * elements of other large values wait in a buffer beside each until its turn. (Lists, streams and strings
 * come in their order; only a stream's groups may be early, and follow its head.)
 *
 *      main:      │ key │ key │ large: head, early elements, element, element …  │ key …
 *      deferred:                          │ key │ key │ ─────────────────────────┘
 *
 * What waits is cut into chunks, too: one buffer would be copied each time it grows, at a hundred megabytes
 * in a very long turn.
 *
 * Each stream remembers the database that its last record was in. Full chunks of `main` go to the helper, one
 * job at a time; the file is the job's while one is out. */
#include "server/persist/snapshot.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/io/io_file.h"
#include "common/io/io_job.h"
#include "server/keyspace/access.h"
#include "server/keyspace/walk.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_stream.h"
#include "server/persist/rdb_write.h"
#include "server/persist/snapshot_file.h"
#include <stdio.h>

#define CHUNK_BYTES (256 << 10)
#define JOB_CHUNKS  32        /* freeing more at once would be a long turn */
#define QUEUE_BYTES (8 << 20) /* while so much waits for the helper, the walk rests */
#define COMPRESS_BYTES_MAX                                                                                   \
    (4 << 20) /* longer strings are written as they are, or they would be in memory twice */
#define NO_DATABASE (-1)

struct chunk {
    struct chunk *next;
    struct rdb_out out;
};

struct track {
    struct rdb_out out;
    int db; /* of the last record */
};

/* What has to wait for its place. */
struct pieces {
    struct chunk *first, **end; /* full ones, owned; end: of the last, if there is one */
    struct rdb_out last;
};

struct snapshot {
    struct io_job job; /* first: jobs come back by it */
    struct snapshot_conf conf;
    struct walk_sink sink;
    struct track main;
    struct pieces deferred;
    int deferred_db;
    const struct walk_value *turn;
    struct chunk *queue, **queue_end; /* owned; for the next job */
    struct chunk *out_chunks;         /* of the job that is out */
    size_t queued_bytes;              /* of both */
    bool job_out, returning;          /* a job is out; its end is being looked at */
    bool over, committed, cleaned;
    struct snapshot_file file;
    char error[256];
    size_t keys, keys_total;
    struct io_timer rest; /* for tests: until the next key */
    int64_t rest_until_us;
    void (*done)(void *owner, const char *error);
    void *owner;
};

/* --- chunks --- */

static void next_job(struct snapshot *s);

static void enqueue(struct snapshot *s, const struct rdb_out *out) {
    struct chunk *chunk = mem_alloc(sizeof(*chunk));
    *chunk = (struct chunk){.out = *out};
    *s->queue_end = chunk;
    s->queue_end = &chunk->next;
    s->queued_bytes += out->bytes.len;
}

static struct rdb_out empty_out(const struct snapshot *s) {
    return (struct rdb_out){.unmarked = !s->conf.compress};
}

/* What the main stream holds becomes a chunk. */
static void push(struct snapshot *s) {
    if (s->main.out.bytes.len == 0) return;
    enqueue(s, &s->main.out);
    s->main.out = empty_out(s);
    next_job(s);
}

static void push_if_full(struct snapshot *s) {
    if (s->main.out.bytes.len >= CHUNK_BYTES) push(s);
}

static void pieces_cut(struct snapshot *s, struct pieces *p) {
    if (p->last.bytes.len < CHUNK_BYTES) return;
    struct chunk *chunk = mem_alloc(sizeof(*chunk));
    *chunk = (struct chunk){.out = p->last};
    *(p->first ? p->end : &p->first) = chunk;
    p->end = &chunk->next;
    p->last = empty_out(s);
}

/* Their turn has come: they go to the main stream, without being copied. */
static void splice(struct snapshot *s, struct pieces *p) {
    push(s);
    for (const struct chunk *chunk = p->first; chunk; chunk = chunk->next)
        s->queued_bytes += chunk->out.bytes.len;
    if (p->first) {
        *s->queue_end = p->first;
        s->queue_end = p->end;
    }
    if (p->last.bytes.len)
        enqueue(s, &p->last);
    else
        rdb_out_deinit(&p->last);
    *p = (struct pieces){.last = empty_out(s)};
    next_job(s);
}

static void free_chunks(struct chunk *chunk) {
    while (chunk) {
        struct chunk *next = chunk->next;
        rdb_out_deinit(&chunk->out);
        mem_free(chunk);
        chunk = next;
    }
}

static void pieces_free(struct pieces *p) {
    free_chunks(p->first);
    rdb_out_deinit(&p->last);
}

/* Of the queue, or of a job that is back. */
static void free_queued(struct snapshot *s, struct chunk *chunks) {
    for (const struct chunk *chunk = chunks; chunk; chunk = chunk->next)
        s->queued_bytes -= chunk->out.bytes.len;
    free_chunks(chunks);
}

/* --- records --- */

/* `last_db` is that of the record before it in the same stream. */
static void put_head(struct snapshot *s, struct rdb_out *to, int *last_db, int db, int64_t deadline_ms,
                     const struct entry *use, uint8_t type, struct slice key) {
    const struct keyspace *ks = s->conf.keyspace;
    if (*last_db != db) {
        rdb_put_byte(to, RDB_SELECT_DB);
        rdb_put_length(to, (uint64_t)db);
        *last_db = db;
    }
    if (deadline_ms != ENTRY_NO_DEADLINE) {
        rdb_put_byte(to, RDB_EXPIRE_MS);
        rdb_put_u64(to, (uint64_t)deadline_ms);
    }
    if (ks->conf.maxmemory_policy & EVICT_LRU) {
        rdb_put_byte(to, RDB_IDLE);
        rdb_put_length(to, (uint64_t)(access_idle_ms(ks, use) / 1000));
    } else if (ks->conf.maxmemory_policy & EVICT_LFU) {
        rdb_put_byte(to, RDB_FREQ);
        rdb_put_byte(to, (uint8_t)access_frequency(ks, use));
    }
    rdb_put_byte(to, type);
    rdb_put_string(to, key);
}

static int key_delay_us(const struct snapshot *s) {
    return s->conf.key_delay_us ? *s->conf.key_delay_us : 0;
}

static void key_written(struct snapshot *s) {
    s->keys++;
    if (key_delay_us(s) <= 0) return;
    s->rest_until_us = io_now_us(s->conf.io) + key_delay_us(s);
    io_timer_set(s->conf.io, &s->rest, s->rest_until_us);
}

static void sink_entry(void *owner, int db_index, const struct entry *e) {
    struct snapshot *s = owner;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    struct rdb_out *to = s->turn ? &s->deferred.last : &s->main.out;
    int *last_db = s->turn ? &s->deferred_db : &s->main.db;
    put_head(s, to, last_db, db_index, entry_deadline(e), e, rdb_type_of(e, s->conf.version), entry_key(e));
    rdb_put_value(to, e, s->conf.version);
    key_written(s);
    if (s->turn)
        pieces_cut(s, &s->deferred);
    else
        push_if_full(s);
    mem_account_enter(outer);
}

static bool is_dated(const struct walk_value *v) {
    return v->type == VALUE_HASH && v->next_deadline_ms != ENTRY_NO_DEADLINE;
}

static uint8_t large_type(const struct snapshot *s, const struct walk_value *v) {
    switch (v->type) {
    case VALUE_STRING: return RDB_STRING;
    case VALUE_LIST: return RDB_LIST_QUICKLIST_2;
    case VALUE_SET: return RDB_SET;
    case VALUE_ZSET: return RDB_ZSET_2;
    case VALUE_STREAM: return rdb_stream_type(s->conf.version);
    default: return is_dated(v) ? RDB_HASH_FIELD_TTLS : RDB_HASH;
    }
}

/* What was told before the value's turn. */
static void put_early(struct snapshot *s, struct walk_value *v) {
    if (v->sink_data == NULL) return;
    splice(s, v->sink_data);
    mem_free(v->sink_data);
    v->sink_data = NULL;
}

/* A string that is to be compressed is one. */
static bool is_in_one_chunk(const struct walk_value *v) {
    return v->type == VALUE_STRING && v->count <= COMPRESS_BYTES_MAX;
}

static void sink_begin(void *owner, struct walk_value *v) {
    struct snapshot *s = owner;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    struct entry use = {0};
    must(s->turn == NULL);
    s->turn = v;
    entry_set_access(&use, v->access);
    put_head(s, &s->main.out, &s->main.db, v->db_index, v->deadline_ms, &use, large_type(s, v), v->key);
    if (is_dated(v)) rdb_put_u64(&s->main.out, (uint64_t)v->next_deadline_ms);
    if (v->type == VALUE_STRING)
        rdb_put_string_head(&s->main.out, v->count, is_in_one_chunk(v));
    else
        rdb_put_length(&s->main.out, v->count);
    if (v->type != VALUE_STREAM) put_early(s, v);
    mem_account_enter(outer);
}

static struct pieces *early_elements(struct snapshot *s, struct walk_value *v) {
    if (v->sink_data == NULL) {
        struct pieces *early = mem_zalloc(sizeof(*early));
        early->last = empty_out(s);
        v->sink_data = early;
    }
    return v->sink_data;
}

static void put_member(const struct walk_value *v, struct rdb_out *to, const struct value_element *element) {
    if (is_dated(v)) {
        bool dated = element->deadline_ms != ENTRY_NO_DEADLINE;
        rdb_put_length(to, dated ? (uint64_t)(element->deadline_ms - v->next_deadline_ms) + 1 : 0);
    }
    rdb_put_string(to, element->name);
    if (v->type == VALUE_HASH) rdb_put_string(to, element->value);
    if (v->type == VALUE_ZSET) rdb_put_double(to, element->score);
}

static void put_part(struct snapshot *s, struct walk_value *v, struct rdb_out *to,
                     const struct value_element *element) {
    if (element->group) {
        rdb_put_stream_group(to, element->group, rdb_stream_type(s->conf.version));
    } else if (element->head) {
        rdb_put_stream_head(to, element->head);
        put_early(s, v);
    } else {
        rdb_put_stream_node(to, element->id, element->name);
    }
}

static void sink_element(void *owner, struct walk_value *v, const struct value_element *element) {
    struct snapshot *s = owner;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    bool turn = v == s->turn;
    struct rdb_out *to = turn ? &s->main.out : &early_elements(s, v)->last;
    switch (v->type) {
    case VALUE_STRING: buf_append_slice(&to->bytes, element->name); break;
    case VALUE_LIST: rdb_put_pack(to, element->pack); break;
    case VALUE_STREAM: put_part(s, v, to, element); break;
    default: put_member(v, to, element);
    }
    if (!turn)
        pieces_cut(s, v->sink_data);
    else if (!is_in_one_chunk(v))
        push_if_full(s);
    mem_account_enter(outer);
}

static void sink_finish(void *owner, struct walk_value *v) {
    struct snapshot *s = owner;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    must(s->turn == v);
    s->turn = NULL;
    if (s->deferred_db != NO_DATABASE) {
        splice(s, &s->deferred);
        s->main.db = s->deferred_db;
        s->deferred_db = NO_DATABASE;
    }
    key_written(s);
    push_if_full(s);
    mem_account_enter(outer);
}

static void sink_forget(void *owner, struct walk_value *v) {
    struct snapshot *s = owner;
    if (v->sink_data == NULL) return;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    pieces_free(v->sink_data);
    mem_free(v->sink_data);
    v->sink_data = NULL;
    mem_account_enter(outer);
}

static bool sink_ready(void *owner) {
    const struct snapshot *s = owner;
    return s->queued_bytes < QUEUE_BYTES &&
           (key_delay_us(s) <= 0 || s->rest_until_us <= io_now_us(s->conf.io));
}

static void sink_flushed(void *owner) {
    snapshot_abort(owner, "the data was flushed");
}

static void sink_end(void *owner, const char *aborted) {
    struct snapshot *s = owner;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    s->over = true;
    if (aborted) {
        snprintf(s->error, sizeof(s->error), "%s", aborted);
        free_queued(s, s->queue);
        s->queue = NULL;
        s->queue_end = &s->queue;
        rdb_out_clear(&s->main.out);
    } else {
        rdb_put_byte(&s->main.out, RDB_EOF);
        push(s);
    }
    mem_account_enter(outer);
    next_job(s);
}

/* --- the helper's part --- */

static void work_append(struct io_job *job) {
    struct snapshot *s = (struct snapshot *)job;
    for (const struct chunk *chunk = s->out_chunks; chunk; chunk = chunk->next)
        snapshot_file_append(&s->file, &chunk->out);
}

static void work_commit(struct io_job *job) {
    snapshot_file_commit(&((struct snapshot *)job)->file);
}

static void work_discard(struct io_job *job) {
    snapshot_file_discard(&((struct snapshot *)job)->file);
}

static void destroy(struct snapshot *s) {
    struct mem_account *outer = mem_account_enter(s->conf.account);
    io_timer_cancel(s->conf.io, &s->rest);
    rdb_out_deinit(&s->main.out);
    pieces_free(&s->deferred);
    snapshot_file_deinit(&s->file);
    mem_free(s);
    mem_account_enter(outer);
}

static void job_done(struct io_job *job) {
    struct snapshot *s = (struct snapshot *)job;
    struct mem_account *outer = mem_account_enter(s->conf.account);
    free_queued(s, s->out_chunks);
    s->out_chunks = NULL;
    mem_account_enter(outer);
    s->job_out = false;
    if (s->file.error[0] && s->error[0] == 0) {
        snprintf(s->error, sizeof(s->error), "%s", s->file.error);
        s->returning = true;
        if (!s->over) walk_abort(s->conf.keyspace, s->error);
        s->returning = false;
    }
    next_job(s);
}

static void submit(struct snapshot *s, enum io_lane lane, void (*work)(struct io_job *job)) {
    s->job_out = true;
    io_job_submit(s->conf.io, &s->job, lane, work, job_done);
}

/* Whatever is to be done next, unless a job is out. */
static void next_job(struct snapshot *s) {
    if (s->job_out || s->returning) return;
    if (s->queue) {
        struct chunk *last = s->out_chunks = s->queue;
        for (int i = 1; i < JOB_CHUNKS && last->next; i++)
            last = last->next;
        s->queue = last->next;
        last->next = NULL;
        if (s->queue == NULL) s->queue_end = &s->queue;
        submit(s, IO_LANE_CPU, work_append);
    } else if (s->over && s->error[0] && !s->cleaned) {
        s->cleaned = true;
        submit(s, IO_LANE_DISK, work_discard);
    } else if (s->over && !s->error[0] && !s->committed) {
        s->committed = true;
        submit(s, IO_LANE_DISK, work_commit);
    } else if (s->over) {
        void (*done)(void *, const char *) = s->done;
        void *done_owner = s->owner;
        char error[sizeof(s->error)];
        memcpy(error, s->error, sizeof(error));
        destroy(s);
        done(done_owner, error[0] ? error : NULL);
    }
}

/* --- beginning and end --- */

static void put_aux(struct snapshot *s, const char *name, struct slice value) {
    rdb_put_byte(&s->main.out, RDB_AUX);
    rdb_put_string(&s->main.out, slice_of(name));
    rdb_put_string(&s->main.out, value);
}

static void put_aux_int(struct snapshot *s, const char *name, int64_t value) {
    char digits[NUM_INT64_CHARS_MAX];
    put_aux(s, name, (struct slice){digits, num_format_int64(digits, value)});
}

static void put_header(struct snapshot *s) {
    const struct keyspace *ks = s->conf.keyspace;
    char magic[16];
    int len = snprintf(magic, sizeof(magic), RDB_MAGIC "%04d", s->conf.version);
    buf_append(&s->main.out.bytes, magic, (size_t)len);
    put_aux(s, "redis-ver", slice_of(s->conf.redis_version));
    put_aux_int(s, "redis-bits", (int64_t)sizeof(void *) * 8);
    put_aux_int(s, "ctime", ks->now_ms / 1000);
    put_aux_int(s, "used-mem", ks->account->used);
    put_aux_int(s, "aof-base", s->conf.aof_base);
    for (size_t i = 0; i < s->conf.function_count; i++) {
        rdb_put_byte(&s->main.out, RDB_FUNCTION);
        rdb_put_string(&s->main.out, s->conf.functions[i]);
    }
    for (int i = 0; i < ks->conf.databases; i++) {
        const struct database *db = ks->databases[i];
        if (db == NULL || database_count(db) == 0) continue;
        rdb_put_byte(&s->main.out, RDB_SELECT_DB);
        rdb_put_length(&s->main.out, (uint64_t)i);
        rdb_put_byte(&s->main.out, RDB_RESIZE_DB);
        rdb_put_length(&s->main.out, database_count(db));
        rdb_put_length(&s->main.out, database_expiring(db));
        s->main.db = i;
    }
}

/* The lowest version that carries all that there is. */
static int version_needed(const struct keyspace *ks, int version) {
    for (int i = 0; i < ks->conf.databases && version < RDB_VERSION_FIELD_TTLS; i++)
        if (ks->databases[i] && database_fields_expiring(ks->databases[i])) version = RDB_VERSION_FIELD_TTLS;
    return version;
}

static void rested(struct io_timer *timer) {
    /* Nothing but a turn of the loop was wanted. */
}

struct snapshot *snapshot_begin(const struct snapshot_conf *conf,
                                void (*done)(void *owner, const char *error), void *owner) {
    struct mem_account *outer = mem_account_enter(conf->account);
    struct snapshot *s = mem_zalloc(sizeof(*s));
    s->conf = *conf;
    s->conf.version = version_needed(conf->keyspace, conf->version);
    s->done = done;
    s->owner = owner;
    s->queue_end = &s->queue;
    s->main = (struct track){.out = empty_out(s), .db = NO_DATABASE};
    s->deferred.last = empty_out(s);
    s->deferred_db = NO_DATABASE;
    s->keys_total = keyspace_count(conf->keyspace);
    io_timer_init(&s->rest, rested);
    snapshot_file_init(&s->file, conf->io, conf->folder, conf->name);
    s->file.checksum = conf->checksum;
    s->file.sync_early = conf->sync_early;
    s->file.makes_folder = conf->aof_base;
    put_header(s);
    mem_account_enter(outer);
    s->sink = (struct walk_sink){.owner = s,
                                 .pieces = WALK_ALL,
                                 .entry = sink_entry,
                                 .begin = sink_begin,
                                 .element = sink_element,
                                 .finish = sink_finish,
                                 .forget = sink_forget,
                                 .ready = sink_ready,
                                 .flushed = conf->aof_base ? NULL : sink_flushed,
                                 .end = sink_end};
    bool begun = walk_begin(conf->keyspace, &s->sink);
    must(begun);
    return s;
}

void snapshot_abort(struct snapshot *s, const char *reason) {
    if (!s->over) walk_abort(s->conf.keyspace, reason);
}

void snapshot_hurry(struct snapshot *s) {
    s->conf.key_delay_us = 0;
    s->rest_until_us = 0;
}

void snapshot_unlink(const struct snapshot *s) {
    io_disk_unlink(s->conf.io, s->file.temp);
}

size_t snapshot_keys(const struct snapshot *s, size_t *total) {
    *total = s->keys_total;
    return s->keys;
}
