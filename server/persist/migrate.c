/* See migrate.h.
 *
 * A job sends, in one go, who it is (AUTH), the database (SELECT), and a RESTORE for each key. Replies are
 * counted as they come; what follows from them happens in migrate_turn, between the commands of clients, by a
 * session of the job's own: it watches the keys and runs a DEL for each that was taken.
 *
 *      keys watched, dumped ─► sent ─► all replied ─┬─ nothing changed: DEL, reply
 *                                                   └─ a key changed: those that did are dumped and sent
 * again, in the place of what was sent before; gone: DEL there */
#include "server/persist/migrate.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/watch.h"
#include "server/persist/dump.h"
#include "server/persist/migrate_link.h"
#include <stdio.h>

#define LINKS_IDLE_MAX  64
#define LINK_IDLE_US    10000000
#define ROUNDS_MAX      16
#define TIMEOUT_MS      1000 /* where none is given */
#define ERROR_CHARS_MAX (LINK_REPLY_MAX + 64)

struct migrate {
    struct migrate_parts parts;
    struct link jobs, links;
};

struct moving_key {
    struct slice name;    /* owned */
    int64_t deadline_ms;  /* as sent */
    uint64_t crc;         /* of the payload that was sent */
    bool sent_now, taken; /* in this round; by the other side, in any round */
    bool deleting;        /* what was sent is a DEL */
};

struct job {
    struct link_user user; /* first: the link knows the job by it */
    struct link at;
    struct migrate *owner;
    struct session *client; /* borrowed; NULL once it is gone */
    struct session inner;   /* watches, deletes */
    struct migrate_link *link;
    struct io_timer patience;
    struct slice host; /* owned */
    uint16_t port;
    int64_t timeout_ms, db;
    bool copy, replace;
    struct slice user_name, password; /* owned; ptr NULL: none */
    struct moving_key *keys;          /* owned */
    size_t key_count;
    unsigned heads;   /* replies to AUTH and SELECT that are still to come */
    size_t next, due; /* the key whose reply is next; replies to come in all */
    unsigned rounds;
    bool kept_link; /* another one used the link before */
    bool replied;   /* to anything: then it is not tried once more */
    bool refused;   /* AUTH or SELECT was */
    bool ready;     /* migrate_turn has something to do */
    bool selects;   /* SELECT is among the heads */
    char error[ERROR_CHARS_MAX];
};

/* --- one that waits --- */

static void free_job(struct job *j) {
    struct migrate *m = j->owner;
    io_timer_cancel(m->parts.io, &j->patience);
    exec_session_gone(m->parts.exec, &j->inner);
    session_deinit(&j->inner);
    for (size_t i = 0; i < j->key_count; i++)
        mem_free((char *)j->keys[i].name.ptr);
    mem_free(j->keys);
    mem_free((char *)j->host.ptr);
    mem_free((char *)j->user_name.ptr);
    mem_free((char *)j->password.ptr);
    list_remove(&j->at);
    mem_free(j);
}

/* The reply leaves as late as those of the DELs would. */
static void finish(struct job *j) {
    struct session *s = j->client;
    if (j->link) link_release(j->link);
    if (s) {
        if (j->inner.gate_position > s->gate_position) s->gate_position = j->inner.gate_position;
        if (j->error[0])
            resp_error(&s->reply, j->error);
        else
            resp_ok(&s->reply);
        s->flags &= ~(uint32_t)SESSION_BLOCKED;
        session_output_pending(s);
        if (s->ops && s->ops->resume) s->ops->resume(s);
    }
    free_job(j);
}

void migrate_session_gone(struct migrate *m, struct session *s) {
    LIST_FOR(at, next, &m->jobs) {
        struct job *j = LIST_OWNER(at, struct job, at);
        if (j->client == s) j->client = NULL;
    }
}

static void wait_anew(struct job *j) {
    struct io *io = j->owner->parts.io;
    io_timer_set(io, &j->patience, io_now_us(io) + j->timeout_ms * 1000);
}

/* --- sending --- */

static void put_words(struct buf *out, const struct slice *words, int count) {
    buf_printf(out, "*%d\r\n", count);
    for (int i = 0; i < count; i++) {
        buf_printf(out, "$%zu\r\n", words[i].len);
        buf_append_slice(out, words[i]);
        buf_append(out, "\r\n", 2);
    }
}

static void put_heads(struct job *j, struct buf *out) {
    char digits[NUM_INT64_CHARS_MAX];
    j->heads = 0;
    if (j->password.ptr && j->rounds == 0) {
        struct slice words[3] = {SLICE("AUTH"), j->user_name, j->password};
        if (j->user_name.ptr == NULL) words[1] = j->password;
        put_words(out, words, j->user_name.ptr ? 3 : 2);
        j->heads++;
    }
    j->selects = j->link->db != j->db;
    if (j->selects) {
        struct slice words[2] = {SLICE("SELECT"), {digits, num_format_int64(digits, j->db)}};
        put_words(out, words, 2);
        j->heads++;
    }
}

static void dump_key(const struct job *j, const struct entry *e, struct moving_key *k, struct buf *payload) {
    buf_clear(payload);
    dump_write(e, *j->owner->parts.rdb_version, *j->owner->parts.compress, payload);
    memcpy(&k->crc, payload->ptr + payload->len - sizeof(k->crc), sizeof(k->crc));
    k->deadline_ms = entry_deadline(e);
}

static const struct entry *look_up(struct job *j, const struct moving_key *k) {
    struct keyspace *ks = j->owner->parts.keyspace;
    struct key_ref ref;
    key_open_at(ks, j->inner.db, k->name, hash_slice(&ks->secret, k->name), &ref);
    return key_entry(&ref);
}

/* The key as it is now, in the place of what was sent before if it was. */
static void put_key(struct job *j, struct moving_key *k, struct buf *out, struct buf *payload) {
    const struct entry *e = look_up(j, k);
    k->sent_now = e != NULL || k->taken;
    k->deleting = e == NULL;
    if (!k->sent_now) return;
    if (k->deleting) {
        struct slice del[2] = {SLICE("DEL"), k->name};
        put_words(out, del, 2);
        return;
    }
    char digits[NUM_INT64_CHARS_MAX];
    int64_t ttl = 0;
    dump_key(j, e, k, payload);
    if (k->deadline_ms != ENTRY_NO_DEADLINE) ttl = k->deadline_ms - j->owner->parts.keyspace->now_ms;
    if (k->deadline_ms != ENTRY_NO_DEADLINE && ttl < 1) ttl = 1;
    struct slice words[5] = {SLICE("RESTORE"),
                             k->name,
                             {digits, num_format_int64(digits, ttl)},
                             buf_slice(payload),
                             SLICE("REPLACE")};
    put_words(out, words, j->replace || k->taken ? 5 : 4);
    if (!j->copy) watch_add(j->owner->parts.keyspace, &j->inner, j->inner.db, k->name);
}

/* Sends those keys that are to be sent in this round. */
static void send_round(struct job *j) {
    struct buf out = {0}, payload = {0};
    put_heads(j, &out);
    j->due = j->heads;
    j->next = 0;
    for (size_t i = 0; i < j->key_count; i++) {
        if (!j->keys[i].sent_now) continue;
        put_key(j, &j->keys[i], &out, &payload);
        j->due += j->keys[i].sent_now;
    }
    buf_deinit(&payload);
    wait_anew(j);
    if (j->due == 0) {
        buf_deinit(&out);
        j->ready = true; /* all were gone already */
        return;
    }
    link_send(j->link, &out);
}

/* --- what comes back --- */

static struct job *job_of(struct link_user *user) {
    return (struct job *)user;
}

static void on_progress(struct link_user *user) {
    wait_anew(job_of(user));
}

static void on_reply(struct link_user *user, struct slice text) {
    struct job *j = job_of(user);
    bool is_error = text.len > 0 && text.ptr[0] == '-';
    j->replied = true;
    if (j->due == 0) return;
    j->due--;
    if (is_error && !j->error[0])
        snprintf(j->error, sizeof(j->error), "ERR Target instance replied with error: %.*s",
                 (int)text.len - 1, text.ptr + 1);
    if (j->heads) {
        j->heads--;
        j->refused |= is_error;
        if (j->heads == 0 && j->selects && !is_error) j->link->db = j->db;
    } else {
        while (!j->keys[j->next].sent_now)
            j->next++;
        struct moving_key *k = &j->keys[j->next++];
        if (!is_error && !j->refused) k->taken = true;
        if (is_error) k->sent_now = false;
    }
    if (j->due == 0) j->ready = true;
}

static void lost(struct job *j, const char *doing) {
    j->link = NULL;
    if (strcmp(doing, "connecting") == 0)
        snprintf(j->error, sizeof(j->error), "IOERR error or timeout connecting to the client");
    else
        snprintf(j->error, sizeof(j->error), "IOERR error or timeout %s to target instance", doing);
    j->ready = true;
}

static void start(struct job *j, bool anew);

static void on_failed(struct link_user *user, const char *doing) {
    struct job *j = job_of(user);
    if (j->kept_link && !j->replied)
        start(j, true); /* the other side may have closed it meanwhile */
    else
        lost(j, doing);
}

static void on_impatient(struct io_timer *timer) {
    struct job *j = LIST_OWNER(timer, struct job, patience);
    struct migrate_link *l = j->link;
    if (l == NULL || j->ready) return;
    const char *doing = !l->up ? "connecting" : l->sent < l->out.len ? "writing" : "reading";
    link_close(l);
    lost(j, doing);
}

/* Begins the first round, on a link that is kept unless `anew`. */
static void start(struct job *j, bool anew) {
    struct migrate *m = j->owner;
    j->link = anew ? NULL : link_find(&m->links, j->host, j->port);
    j->kept_link = j->link != NULL;
    if (j->link)
        j->link->user = &j->user;
    else
        j->link = link_open(m->parts.io, &m->links, j->host, j->port, &j->user);
    for (size_t i = 0; i < j->key_count; i++)
        j->keys[i].sent_now = true;
    send_round(j);
}

/* --- settling --- */

static bool has_changed(struct job *j, struct moving_key *k) {
    const struct entry *e = look_up(j, k);
    if (e == NULL) return true;
    struct moving_key now = *k;
    struct buf payload = {0};
    dump_key(j, e, &now, &payload);
    buf_deinit(&payload);
    return now.crc != k->crc || now.deadline_ms != k->deadline_ms;
}

/* As a client would. */
static void delete_key(struct job *j, const struct moving_key *k) {
    struct slice del[2] = {SLICE("DEL"), k->name};
    uint32_t errors = j->inner.reply.error_count;
    exec_one(j->owner->parts.exec, &j->inner, del, 2, 0);
    if (j->inner.reply.error_count != errors && !j->error[0])
        snprintf(j->error, sizeof(j->error), "%s The key was copied, but is not to be deleted here",
                 j->inner.reply.error_code);
}

/* Deletes what was taken as it is; true if there is something to be sent again. */
static bool delete_taken(struct job *j) {
    bool changed = j->inner.flags & SESSION_DIRTY_CAS, again = false;
    watch_remove_all(j->owner->parts.keyspace, &j->inner);
    j->inner.flags &= ~(uint32_t)SESSION_DIRTY_CAS;
    for (size_t i = 0; i < j->key_count; i++) {
        struct moving_key *k = &j->keys[i];
        if (!k->sent_now || !k->taken) continue;
        if (!k->deleting && changed && has_changed(j, k)) {
            again = true;
            continue;
        }
        if (!k->deleting) delete_key(j, k);
        k->sent_now = false;
    }
    return again;
}

static void settle(struct job *j) {
    j->ready = false;
    bool again = !j->copy && delete_taken(j);
    if (again && j->link && !j->error[0] && ++j->rounds < ROUNDS_MAX) {
        send_round(j);
        return;
    }
    if (again && !j->error[0])
        snprintf(j->error, sizeof(j->error),
                 "IOERR a key changed each time while it was on its way: it is on both sides now");
    finish(j);
}

void migrate_turn(struct migrate *m) {
    LIST_FOR(at, next, &m->jobs) {
        struct job *j = LIST_OWNER(at, struct job, at);
        if (j->ready) settle(j);
    }
}

/* --- the command --- */

struct request {
    struct slice user_name, password;
    bool copy, replace;
    int first_key, key_count;
    int64_t port, db, timeout_ms;
};

static bool parse_options(struct call *call, struct request *r) {
    *r = (struct request){.first_key = 3, .key_count = 1};
    for (int i = 6; i < call->argc; i++) {
        int more = call->argc - 1 - i;
        if (slice_is(call->argv[i], "copy")) {
            r->copy = true;
        } else if (slice_is(call->argv[i], "replace")) {
            r->replace = true;
        } else if (slice_is(call->argv[i], "auth") && more >= 1) {
            r->password = call->argv[++i];
            r->user_name = (struct slice){NULL, 0};
        } else if (slice_is(call->argv[i], "auth2") && more >= 2) {
            r->user_name = call->argv[++i];
            r->password = call->argv[++i];
        } else if (slice_is(call->argv[i], "keys")) {
            if (call->argv[3].len) {
                resp_error(call->reply, "ERR When using MIGRATE KEYS option, the key argument must be set to "
                                        "the empty string");
                return false;
            }
            r->first_key = i + 1;
            r->key_count = more;
            return true;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return false;
        }
    }
    return true;
}

static bool parse(struct call *call, struct request *r) {
    if (!parse_options(call, r) || !call_int64(call, 5, &r->timeout_ms) || !call_int64(call, 4, &r->db))
        return false;
    if (r->timeout_ms <= 0) r->timeout_ms = TIMEOUT_MS;
    if (r->timeout_ms > INT64_MAX / 2000) r->timeout_ms = INT64_MAX / 2000;
    if (!num_parse_int64(call->argv[2].ptr, call->argv[2].len, &r->port) || r->port < 0 ||
        r->port > UINT16_MAX) {
        resp_error(call->reply, "IOERR error or timeout connecting to the client"); /* nobody is there */
        return false;
    }
    return true;
}

static struct slice copy_of(struct slice s) {
    return s.ptr ? (struct slice){mem_strndup(s.ptr, s.len), s.len} : s;
}

static struct job *create_job(struct migrate *m, struct call *call, const struct request *r) {
    struct job *j = mem_zalloc(sizeof(*j));
    j->user = (struct link_user){on_reply, on_progress, on_failed};
    j->owner = m;
    j->host = copy_of(call->argv[1]);
    j->port = (uint16_t)r->port;
    j->db = r->db;
    j->timeout_ms = r->timeout_ms;
    j->copy = r->copy;
    j->replace = r->replace;
    j->user_name = copy_of(r->user_name);
    j->password = copy_of(r->password);
    session_init(&j->inner, 0, call->db, call->session->reply.pool, NULL, SESSION_INTERNAL);
    io_timer_init(&j->patience, on_impatient);
    j->keys = mem_zalloc((size_t)r->key_count * sizeof(*j->keys));
    list_append(&m->jobs, &j->at);
    return j;
}

/* Keys that are not there are left out, and of one that is named twice, the second. */
static void add_keys(struct job *j, struct call *call, const struct request *r) {
    for (int i = 0; i < r->key_count; i++) {
        struct slice name = call->argv[r->first_key + i];
        bool twice = false;
        for (size_t k = 0; k < j->key_count && !twice; k++)
            twice = slice_eq(j->keys[k].name, name);
        if (twice || key_read(call, r->first_key + i, KEY_TOUCH) == NULL) continue;
        j->keys[j->key_count++].name = copy_of(name);
    }
}

void migrate_begin(struct migrate *m, struct call *call) {
    struct request r;
    if (!parse(call, &r)) return;
    if (call->flags & (CALL_IN_EXEC | CALL_REPLAYED)) {
        resp_error(call->reply, "ERR MIGRATE waits for another server, which a transaction cannot");
        return;
    }
    struct job *j = create_job(m, call, &r);
    add_keys(j, call, &r);
    if (j->key_count == 0) {
        free_job(j);
        resp_simple(call->reply, "NOKEY");
        return;
    }
    j->client = call->session;
    call->session->flags |= SESSION_BLOCKED;
    call->flags |= CALL_NO_JOURNAL;
    start(j, false);
}

/* --- the whole --- */

struct migrate *migrate_create(const struct migrate_parts *parts) {
    struct migrate *m = mem_zalloc(sizeof(*m));
    m->parts = *parts;
    list_init(&m->jobs);
    list_init(&m->links);
    return m;
}

void migrate_cron(struct migrate *m) {
    int64_t now_us = io_now_us(m->parts.io);
    size_t idle = 0;
    LIST_FOR(at, next, &m->links) {
        struct migrate_link *l = LIST_OWNER(at, struct migrate_link, at);
        if (l->user || l->closing) continue;
        if (now_us - l->used_us > LINK_IDLE_US || ++idle > LINKS_IDLE_MAX) link_close(l);
    }
}

bool migrate_close(struct migrate *m) {
    LIST_FOR(at, next, &m->jobs) {
        struct job *j = LIST_OWNER(at, struct job, at);
        j->client = NULL;
        if (j->link) link_close(j->link);
        free_job(j);
    }
    LIST_FOR(at, next, &m->links) link_close(LIST_OWNER(at, struct migrate_link, at));
    return list_empty(&m->links);
}

void migrate_destroy(struct migrate **m) {
    must(list_empty(&(*m)->jobs) && list_empty(&(*m)->links));
    mem_free(*m);
    *m = NULL;
}

/* --- INFO --- */

static void write_stats(struct buf *out, void *module) {
    struct migrate *const *m = module;
    unsigned count = 0;
    if (*m) LIST_FOR(at, next, &(*m)->links) count += !LIST_OWNER(at, struct migrate_link, at)->closing;
    buf_printf(out, "migrate_cached_sockets:%u\r\n", count);
}

void migrate_register_info(struct migrate *const *m, struct info_registry *registry) {
    static const struct info_section section = {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 60,
                                                write_stats};
    info_register(registry, &section, (void *)(uintptr_t)m);
}
