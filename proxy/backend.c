/* Replies are cut out of the stream as it comes, and leave in pieces: a bulk of 100 MB for the client that is
 * next never lies here as a whole. Errors are the exception, since MOVED must be understood before it is
 * passed on; so are the replies of requests that are not their client's next.
 *
 *      on_recv ─► resp_scan: a piece of the first request's reply ─► deliver ─► client's output | r->reply
 *                     └ its end ─► complete ─► redirect, or answer */
#include "proxy/backend.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "proxy/client.h"
#include "proxy/private.h"
#include "proxy/reads.h"
#include "proxy/worker.h"
#include <stdio.h>

#define REDIRECTS_MAX  5
#define RETRY_FIRST_US 50000
#define RETRY_MAX_US   1000000
#define IDLE_MAX       16 /* private connections of a server that nobody holds */
#define SILENT_TIMES   10 /* timeouts without any reply after which a connection is given up */

/* --- sending --- */

static void touch(struct backend *b) {
    if (!list_linked(&b->dirty)) list_append(&b->upstream->worker->dirty_backends, &b->dirty);
}

void backend_flush(struct backend *b) {
    if (b->state == BACKEND_UP) outlet_flush(&b->out, &b->stream, true);
}

void backend_write_words(struct resp_writer *w, const struct slice *words, int count) {
    char header[NUM_INT64_CHARS_MAX + 3] = "*";
    size_t len = 1 + num_format_int64(header + 1, count);
    memcpy(header + len, "\r\n", 2);
    resp_raw(w, header, len + 2);
    for (int i = 0; i < count; i++)
        resp_bulk_slice(w, words[i]);
}

void backend_append_words(struct buf *out, const struct slice *words, int count) {
    buf_printf(out, "*%d\r\n", count);
    for (int i = 0; i < count; i++) {
        buf_printf(out, "$%zu\r\n", words[i].len);
        buf_append_slice(out, words[i]);
        buf_append_str(out, "\r\n");
    }
}

static void append(struct backend *b, struct request *r, uint64_t text_at) {
    r->text_at = text_at;
    r->text_len = (size_t)(outlet_position(&b->out) - text_at);
    r->sent_us = io_now_us(b->upstream->worker->io);
    r->flags |= REQUEST_SENT;
    r->behind = NULL;
    if (b->last)
        b->last->behind = r;
    else
        b->first = r;
    b->last = r;
    b->upstream->requests++;
    b->upstream->outstanding++;
    b->upstream->requests_bytes += r->text_len;
    touch(b);
}

void backend_send(struct backend *b, struct request *r, const char *text, size_t len) {
    uint64_t at = outlet_position(&b->out);
    resp_raw(&b->out.writer, text, len);
    append(b, r, at);
}

void backend_send_words(struct backend *b, struct request *r, const struct slice *words, int count) {
    uint64_t at = outlet_position(&b->out);
    backend_write_words(&b->out.writer, words, count);
    append(b, r, at);
}

/* --- replies --- */

static struct request *pop(struct backend *b) {
    struct request *r = b->first;
    b->first = r->behind;
    if (b->first == NULL) b->last = NULL;
    b->upstream->outstanding--;
    return r;
}

/* It is answered, and no backend's any more. */
static void let_go(struct worker *w, struct request *r) {
    r->flags &= (uint8_t)~REQUEST_SENT;
    request_release(w, r);
}

/* "-MOVED 3999 127.0.0.1:6381\r\n" → the two words. */
static bool parse_redirect(struct slice line, uint16_t *slot, struct slice *address) {
    const char *space = memchr(line.ptr, ' ', line.len);
    if (space == NULL || line.len < 4) return false;
    const char *end = line.ptr + line.len - 2, *second = memchr(space + 1, ' ', (size_t)(end - space - 1));
    int64_t number;
    if (second == NULL || !num_parse_int64(space + 1, (size_t)(second - space - 1), &number)) return false;
    if (number < 0 || number >= SLOTS_COUNT) return false;
    *slot = (uint16_t)number;
    *address = (struct slice){second + 1, (size_t)(end - second - 1)};
    return true;
}

static void ignore(struct request *r) {}

/* The server that was asked does not own the slot (any more): asks the one that it names. True if so; then
 * the request is in that one's queue. */
static bool redirect(struct backend *b, struct request *r) {
    struct slice line = buf_slice(&r->reply), address;
    bool moved = line.len > 7 && memcmp(line.ptr, "-MOVED ", 7) == 0;
    uint16_t slot;
    if (!moved && !(line.len > 5 && memcmp(line.ptr, "-ASK ", 5) == 0)) return false;
    struct worker *w = b->upstream->worker;
    if (!parse_redirect(line, &slot, &address)) return false;
    uint16_t shard = topology_shard_at(&w->map, address);
    if (shard == TOPOLOGY_NONE) return false;
    if (moved) topology_move(&w->map, slot, shard);
    w->stats.moved++;
    if ((r->flags & REQUEST_STAYS) || r->redirects++ == REDIRECTS_MAX) return false;
    struct upstream *to = worker_upstream(w, shard);
    struct backend *next = b->is_private ? private_follow(b, to) : upstream_backend(to, b->db, b->proto);
    if (next == NULL) {
        buf_clear(&r->reply);
        buf_printf(&r->reply, "-CLUSTERDOWN slot %d moved to %s, which is down: %s\r\n", slot, to->at.text,
                   to->down_why);
        return false;
    }
    struct buf text = {0};
    outlet_read(&b->out, r->text_at, r->text_len, &text);
    if (!moved) {
        struct request *asking = request_new(w, NULL, NULL);
        asking->done = ignore;
        backend_send_words(next, asking, &SLICE("ASKING"), 1);
    }
    buf_clear(&r->reply);
    backend_send(next, r, text.ptr, text.len);
    buf_deinit(&text);
    return true;
}

static void complete(struct backend *b) {
    struct worker *w = b->upstream->worker;
    struct request *r = pop(b);
    uint64_t text_end = r->text_at + r->text_len;
    bool is_error = r->reply.len && r->reply.ptr[0] == '-';
    if (unlikely(is_error)) b->upstream->errors++;
    bool again = unlikely(is_error) && !(r->flags & REQUEST_ANSWERED) && redirect(b, r);
    outlet_done(&b->out, text_end);
    if (again) return;
    if (r->client && r->client->first == r) client_reply_passed(r->client);
    request_answer(w, r);
    let_go(w, r);
}

/* A piece of the reply of the request that is next. */
static void deliver(struct backend *b, struct request *r, const char *bytes, size_t len) {
    if (r->flags & REQUEST_ANSWERED) return;
    struct client *c = r->client;
    if (c == NULL && r->done == NULL) return;
    if (unlikely(r->flags & REQUEST_MUTE) && b->scan.type != '-') return;
    if (c && r->done == NULL && c->first == r && b->scan.type != '-') {
        if (r->reply.len) {
            resp_raw(&c->out.writer, r->reply.ptr, r->reply.len);
            buf_clear(&r->reply);
        }
        resp_raw(&c->out.writer, bytes, len);
        c->flags |= CLIENT_MID_REPLY;
        client_touch_output(c);
        return;
    }
    buf_append(&r->reply, bytes, len);
}

/* Takes one piece off the bytes: up to the end of a reply, or all. */
static size_t take_piece(struct backend *b, const char *bytes, size_t len) {
    size_t used = 0;
    bool begins =
        b->scan.values_left == 0 && b->scan.payload_left == 0 && b->scan.line_len == 0 && !b->scan.is_text;
    if (begins) b->unasked = bytes[0] == '>' && b->pushed;
    enum resp_result result = resp_scan(&b->scan, bytes, len, &used);
    if (result == RESP_ERR) {
        b->upstream->worker->stats.protocol_errors++;
        backend_close(b, "it broke the protocol");
        return len;
    }
    if (b->unasked) {
        buf_append(&b->message, bytes, used);
        if (result == RESP_OK) {
            b->pushed(b, buf_slice(&b->message));
            buf_clear(&b->message);
        }
        return used;
    }
    if (b->first == NULL) {
        backend_close(b, "it sent what nobody asked for");
        return used;
    }
    deliver(b, b->first, bytes, used);
    if (result == RESP_OK) complete(b);
    return used;
}

static struct backend *backend_of(struct io_stream *s) {
    return LIST_OWNER(s, struct backend, stream);
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    struct backend *b = backend_of(s);
    b->upstream->replies_bytes += buf.len;
    for (size_t at = 0; at < buf.len && b->state == BACKEND_UP;)
        at += take_piece(b, buf.bytes + at, buf.len - at);
    io_buf_return(s->io, buf);
}

/* --- the life of a connection --- */

/* Refuses further requests for a while: longer with each attempt that fails. */
static void note_down(struct upstream *u, const char *why) {
    int64_t wait_us = RETRY_FIRST_US << (u->failures < 5 ? u->failures : 5);
    if (wait_us > RETRY_MAX_US) wait_us = RETRY_MAX_US;
    if (u->failures++ == 0)
        log_warning(u->worker->log, "Shard '%s' at %s is down: %s", u->shard, u->at.text, why);
    u->down_until_us = io_now_us(u->worker->io) + wait_us;
    snprintf(u->down_why, sizeof(u->down_why), "%s", why);
}

/* Some of the first request's reply has come. */
static bool is_mid_reply(const struct backend *b) {
    return b->first && !b->unasked &&
           (b->scan.values_left || b->scan.payload_left || b->scan.line_len || b->scan.is_text);
}

/* And went on to its client, who can be told nothing else now: there is no error in the middle of a reply. */
static bool half_passed(const struct request *r) {
    return r->client && r->client->first == r && r->client->flags & CLIENT_MID_REPLY;
}

/* A read that a replica did not answer is asked of its primary. True: so it was done. */
static bool try_primary(struct backend *b, struct request *r) {
    struct upstream *primary = b->upstream->primary;
    bool can = primary && r->spec && r->spec->flags & COMMAND_READONLY && !(r->flags & REQUEST_ANSWERED) &&
               r->redirects < REDIRECTS_MAX && !b->upstream->worker->closing && (r->client || r->done);
    struct backend *to = can ? upstream_backend(primary, b->db, b->proto) : NULL;
    if (to == NULL) return false;
    struct buf text = {0};
    outlet_collect(&b->out);
    outlet_read(&b->out, r->text_at, r->text_len, &text);
    r->redirects++;
    buf_clear(&r->reply);
    backend_send(to, r, text.ptr, text.len);
    buf_deinit(&text);
    return true;
}

void backend_close(struct backend *b, const char *why) {
    struct upstream *u = b->upstream;
    if (b->state == BACKEND_CLOSING) return;
    bool was_up = b->state == BACKEND_UP;
    if (b->is_private) private_broken(b);
    b->state = BACKEND_CLOSING;
    list_remove(&b->dirty);
    if (u->usual == b) u->usual = NULL;
    if (is_mid_reply(b) && half_passed(b->first)) client_close(b->first->client, false);
    while (b->first) {
        struct request *r = pop(b);
        if (try_primary(b, r)) continue;
        if (was_up)
            request_fail(u->worker, r,
                         "ERR shard '%s' at %s did not reply: %s; if it was a write it may have happened",
                         u->shard, u->at.text, why);
        else
            request_fail(u->worker, r, "CLUSTERDOWN shard '%s' at %s is down: %s", u->shard, u->at.text, why);
        let_go(u->worker, r);
    }
    io_stream_close(&b->stream);
}

static void on_connected(struct io_stream *s, int error) {
    struct backend *b = backend_of(s);
    struct upstream *u = b->upstream;
    if (error) {
        note_down(u, strerror(error));
        backend_close(b, strerror(error));
        return;
    }
    if (u->failures) log_notice(u->worker->log, "Shard '%s' at %s is back", u->shard, u->at.text);
    u->failures = 0;
    u->down_until_us = 0;
    u->connects++;
    b->state = BACKEND_UP;
    touch(b);
}

static void on_eof(struct io_stream *s, int error) {
    struct backend *b = backend_of(s);
    const char *why = error ? strerror(error) : "it closed the connection";
    if (b->state == BACKEND_UP && b->upstream->failures == 0 && !b->is_private)
        log_warning(b->upstream->worker->log, "Shard '%s' at %s: %s", b->upstream->shard,
                    b->upstream->at.text, why);
    backend_close(b, why);
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    struct backend *b = backend_of(s);
    if (error)
        backend_close(b, strerror(error));
    else if (outlet_on_sent(&b->out, bytes))
        touch(b);
}

static void on_closed(struct io_stream *s) {
    struct backend *b = backend_of(s);
    list_remove(&b->all);
    outlet_deinit(&b->out);
    buf_deinit(&b->message);
    mem_free_sized(b, sizeof(*b));
}

static const struct io_stream_ops backend_ops = {.on_connected = on_connected,
                                                 .on_recv = on_recv,
                                                 .on_eof = on_eof,
                                                 .on_sent = on_sent,
                                                 .on_closed = on_closed};

/* --- the handshake: sent ahead of the first request, without waiting for its replies --- */

static void handshake_done(struct request *r) {
    struct backend *b = r->owner;
    if (r->reply.len == 0 || r->reply.ptr[0] != '-' || b->state == BACKEND_CLOSING) return;
    char why[96];
    snprintf(why, sizeof(why), "%.*s", (int)(r->reply.len - 3), r->reply.ptr + 1);
    note_down(b->upstream, why);
    backend_close(b, why);
}

static void id_done(struct request *r) {
    struct backend *b = r->owner;
    if (r->reply.len > 3 && r->reply.ptr[0] == ':')
        num_parse_int64(r->reply.ptr + 1, r->reply.len - 3, &b->server_id);
}

static void greet_for(struct backend *b, const struct slice *words, int count,
                      void (*done)(struct request *r)) {
    struct request *r = request_new(b->upstream->worker, NULL, NULL);
    r->done = done;
    r->owner = b;
    backend_send_words(b, r, words, count);
}

static void greet(struct backend *b, const struct slice *words, int count) {
    greet_for(b, words, count, handshake_done);
}

static void handshake(struct backend *b) {
    const struct proxy_options *conf = b->upstream->worker->conf;
    if (conf->server_password) {
        struct slice user = slice_of(conf->server_user ? conf->server_user : "default");
        struct slice words[] = {SLICE("AUTH"), user, slice_of(conf->server_password)};
        greet(b, words, 3);
    }
    if (b->proto == 3) greet(b, (struct slice[]){SLICE("HELLO"), SLICE("3")}, 2);
    if (b->db) {
        char text[NUM_INT64_CHARS_MAX];
        struct slice db = {text, num_format_int64(text, b->db)};
        greet(b, (struct slice[]){SLICE("SELECT"), db}, 2);
    }
    if (b->upstream->primary) greet_for(b, &SLICE("READONLY"), 1, ignore); /* of use in cluster mode only */
    if (b->is_private) greet_for(b, (struct slice[]){SLICE("CLIENT"), SLICE("ID")}, 2, id_done);
}

static struct backend *backend_create(struct upstream *u, int db, uint8_t proto, bool is_private,
                                      struct client *holder) {
    struct worker *w = u->worker;
    struct backend *b = mem_zalloc(sizeof(*b));
    b->upstream = u;
    b->db = db;
    b->proto = proto;
    b->is_private = is_private;
    b->holder = holder;
    outlet_init(&b->out, &w->pool, true);
    list_init(&b->dirty);
    list_append(&u->backends, &b->all);
    io_stream_connect(w->io, &b->stream, &backend_ops, &u->at.addr, NULL);
    handshake(b);
    return b;
}

static bool is_down(const struct upstream *u) {
    return u->ejected || u->down_until_us > io_now_us(u->worker->io);
}

struct backend *upstream_backend(struct upstream *u, int db, uint8_t proto) {
    return likely(!u->ejected) ? upstream_backend_anyway(u, db, proto) : NULL;
}

struct backend *upstream_backend_anyway(struct upstream *u, int db, uint8_t proto) {
    struct backend *b = u->usual;
    if (likely(b != NULL && b->db == db && b->proto == proto)) return b;
    LIST_FOR(at, next, &u->backends) {
        b = LIST_OWNER(at, struct backend, all);
        if (b->db == db && b->proto == proto && !b->is_private && b->state != BACKEND_CLOSING) return b;
    }
    if (u->down_until_us > io_now_us(u->worker->io)) return NULL;
    b = backend_create(u, db, proto, false, NULL);
    if (db == 0 && proto == 2) u->usual = b;
    return b;
}

struct backend *upstream_private(struct upstream *u, int db, uint8_t proto, struct client *holder) {
    LIST_FOR(at, next, &u->backends) {
        struct backend *b = LIST_OWNER(at, struct backend, all);
        if (!b->is_private || b->holder || b->pushed || b->state != BACKEND_UP) continue;
        if (b->db != db || b->proto != proto) continue;
        b->holder = holder;
        u->idle_count--;
        return b;
    }
    return is_down(u) ? NULL : backend_create(u, db, proto, true, holder);
}

struct backend *upstream_feed(struct upstream *u, void (*pushed)(struct backend *b, struct slice part)) {
    struct backend *b = is_down(u) ? NULL : backend_create(u, 0, 3, true, NULL);
    if (b) b->pushed = pushed;
    return b;
}

void backend_give_back(struct backend *b) {
    b->holder = NULL;
    if (b->state != BACKEND_UP || b->first || b->upstream->idle_count == IDLE_MAX)
        backend_close(b, "it is not needed any more");
    else
        b->upstream->idle_count++;
}

struct upstream *upstream_create(struct worker *w, const struct topology_server *at, const char *shard) {
    struct upstream *u = mem_zalloc(sizeof(*u));
    u->worker = w;
    u->at = *at;
    snprintf(u->shard, sizeof(u->shard), "%s", shard);
    u->weight = at->weight;
    u->name_hash = reads_hash(slice_of(u->at.text));
    list_init(&u->backends);
    return u;
}

void upstream_add_replica(struct upstream *primary, const struct topology_server *at) {
    struct upstream *u = upstream_create(primary->worker, at, primary->shard);
    u->primary = primary;
    primary->replicas[primary->replica_count++] = u;
}

bool upstream_drained(const struct upstream *u) {
    for (unsigned i = 0; i < u->replica_count; i++)
        if (!upstream_drained(u->replicas[i])) return false;
    return list_empty(&u->backends);
}

void upstream_destroy(struct upstream **upstream) {
    struct upstream *u = *upstream;
    *upstream = NULL;
    if (u == NULL) return;
    for (unsigned i = 0; i < u->replica_count; i++)
        upstream_destroy(&u->replicas[i]);
    mem_free_sized(u, sizeof(*u));
}

void upstream_close(struct upstream *u) {
    for (unsigned i = 0; i < u->replica_count; i++)
        upstream_close(u->replicas[i]);
    LIST_FOR(at, next, &u->backends)
    backend_close(LIST_OWNER(at, struct backend, all), "the proxy lets go of it");
}

/* --- time --- */

void backend_expire(struct backend *b, int64_t now_us, int64_t timeout_us) {
    struct worker *w = b->upstream->worker;
    if (b->is_private || b->first == NULL) return;
    if (now_us - b->first->sent_us > timeout_us * SILENT_TIMES) {
        backend_close(b, "it has been silent for too long");
        return;
    }
    for (struct request *r = b->first, *next; r && now_us - r->sent_us > timeout_us; r = next) {
        next = r->behind;
        if (r->flags & REQUEST_ANSWERED) continue;
        if (r == b->first && is_mid_reply(b) && half_passed(r)) continue; /* it comes, slowly */
        w->stats.timeouts++;
        b->upstream->timeouts++;
        request_fail(
            w, r, "ERR shard '%s' at %s did not reply within %lld ms; if it was a write it may have happened",
            b->upstream->shard, b->upstream->at.text, (long long)(timeout_us / 1000));
    }
}

void upstream_expire(struct upstream *u, int64_t now_us) {
    LIST_FOR(at, next, &u->backends)
    backend_expire(LIST_OWNER(at, struct backend, all), now_us,
                   (int64_t)u->worker->conf->request_timeout_ms * 1000);
}
