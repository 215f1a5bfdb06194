/* While it is queued, a transaction is its client's; from EXEC on it belongs to the request that answers
 * EXEC, so that a client may pipeline several. What the server says to the queued commands is not passed on,
 * since the client was told QUEUED long ago; an error among them makes the server abort at EXEC, and that is.
 */
#include "proxy/transaction.h"
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "proxy/private.h"
#include "proxy/worker.h"
#include <stdio.h>

#define TRIES_MAX 3 /* of a transaction whose slot keeps moving */

struct transaction {
    struct worker *worker;
    bool queues, spoiled, watches, lost, writes;
    bool moved; /* a queued command was answered with MOVED */
    int slot;   /* of all its keys; -1: none yet */
    int db;
    uint8_t proto;
    unsigned count, tries;
    struct buf texts, lens; /* the commands' bytes, and the length of each (size_t) */
    struct request *whole;  /* EXEC's, while it is under way */
};

static struct transaction *transaction_of(struct client *c) {
    if (c->transaction == NULL) {
        c->transaction = mem_zalloc(sizeof(*c->transaction));
        c->transaction->worker = c->worker;
        c->transaction->slot = -1;
    }
    return c->transaction;
}

static void transaction_free(struct transaction *t) {
    buf_deinit(&t->texts);
    buf_deinit(&t->lens);
    mem_free_sized(t, sizeof(*t));
}

void transaction_drop(struct client *c) {
    struct transaction *t = c->transaction;
    c->transaction = NULL;
    if (t == NULL) return;
    if (t->watches) private_drop(c);
    transaction_free(t);
}

bool transaction_active(const struct client *c) {
    return c->transaction != NULL;
}

bool transaction_queues(const struct client *c) {
    return c->transaction && c->transaction->queues;
}

int transaction_length(const struct client *c) {
    return transaction_queues(c) ? (int)c->transaction->count : -1;
}

void transaction_spoil(struct client *c) {
    c->transaction->spoiled = true;
}

void transaction_lost(struct client *c) {
    if (c->transaction) c->transaction->lost = true;
}

static void reply_error(struct client *c, const char *text) {
    resp_error(client_reply_begin(c), text);
    client_reply_end(c);
}

static void reply_ok(struct client *c) {
    resp_ok(client_reply_begin(c));
    client_reply_end(c);
}

static bool same_slot(struct client *c, int slot) {
    struct transaction *t = transaction_of(c);
    if (slot < 0 || t->slot < 0 || t->slot == slot) return true;
    reply_error(c,
                "CROSSSLOT Keys of a transaction don't hash to the same slot; keys with the same {tag} do");
    return false;
}

bool transaction_writes(const struct client *c) {
    return c->transaction && c->transaction->writes;
}

void transaction_queue(struct client *c, const struct command_spec *spec, struct slice text, int slot) {
    struct transaction *t = transaction_of(c);
    if (!same_slot(c, slot)) {
        t->spoiled = true;
        return;
    }
    if (t->texts.len + text.len > c->worker->conf->query_limit) {
        t->spoiled = true;
        reply_error(c, "ERR the transaction is larger than client-query-buffer-limit");
        return;
    }
    if (slot >= 0) t->slot = slot;
    t->writes |= (spec->flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE)) != 0;
    buf_append_slice(&t->texts, text);
    buf_append(&t->lens, &text.len, sizeof(text.len));
    t->count++;
    resp_simple(client_reply_begin(c), "QUEUED");
    client_reply_end(c);
}

/* --- EXEC --- */

static void send_all(struct transaction *t, struct backend *b);

static void finish(struct transaction *t, const struct buf *reply) {
    struct request *whole = t->whole;
    buf_append_slice(&whole->reply, buf_slice(reply));
    whole->flags &= (uint8_t)~REQUEST_PARTS;
    if (whole->client)
        request_answer(t->worker, whole);
    else
        request_release(t->worker, whole);
    transaction_free(t);
}

static void queued_done(struct request *r) {
    struct transaction *t = r->owner;
    t->moved |= r->reply.len > 7 && memcmp(r->reply.ptr, "-MOVED ", 7) == 0;
}

static void exec_done(struct request *r) {
    static const char aborted[] = "-EXECABORT";
    struct transaction *t = r->owner;
    struct worker *w = t->worker;
    bool is_aborted =
        r->reply.len > sizeof(aborted) && memcmp(r->reply.ptr, aborted, sizeof(aborted) - 1) == 0;
    struct upstream *u = is_aborted && t->moved && !t->watches && t->tries < TRIES_MAX
                             ? worker_owner(w, (uint16_t)t->slot)
                             : NULL;
    struct backend *b = u ? upstream_backend(u, t->db, t->proto) : NULL;
    if (b)
        send_all(t, b);
    else
        finish(t, &r->reply);
}

static void send_part(struct transaction *t, struct backend *b, const char *text, size_t len,
                      void (*done)(struct request *r)) {
    struct request *r = request_new(t->worker, NULL, NULL);
    r->flags |= REQUEST_STAYS;
    r->done = done;
    r->owner = t;
    backend_send(b, r, text, len);
}

static void send_all(struct transaction *t, struct backend *b) {
    static const char multi[] = "*1\r\n$5\r\nMULTI\r\n", exec[] = "*1\r\n$4\r\nEXEC\r\n";
    const size_t *lens = (const size_t *)(const void *)t->lens.ptr;
    const char *text = t->texts.ptr;
    t->tries++;
    t->moved = false;
    send_part(t, b, multi, sizeof(multi) - 1, queued_done);
    for (unsigned i = 0; i < t->count; text += lens[i++])
        send_part(t, b, text, lens[i], queued_done);
    send_part(t, b, exec, sizeof(exec) - 1, exec_done);
}

static void run_exec(struct client *c, const struct command_spec *spec) {
    struct transaction *t = c->transaction;
    struct worker *w = c->worker;
    if (t == NULL || !t->queues) {
        reply_error(c, "ERR EXEC without MULTI");
        return;
    }
    if (t->spoiled || t->lost || (t->count == 0 && !t->watches)) {
        struct resp_writer *reply = client_reply_begin(c);
        if (t->spoiled)
            resp_error(reply, "EXECABORT Transaction discarded because of previous errors.");
        else if (t->lost)
            resp_null_array(reply);
        else
            resp_array(reply, 0);
        client_reply_end(c);
        transaction_drop(c);
        return;
    }
    struct upstream *u = worker_owner(w, (uint16_t)(t->slot < 0 ? 0 : t->slot));
    struct backend *b = t->watches ? c->own : u ? upstream_backend(u, c->db, c->out.writer.proto) : NULL;
    if (b == NULL) {
        reply_error(c, "CLUSTERDOWN the shard of the transaction's keys is down");
        transaction_drop(c);
        return;
    }
    c->transaction = NULL;
    t->db = c->db;
    t->proto = c->out.writer.proto;
    t->whole = request_new(w, c, spec);
    t->whole->flags |= REQUEST_PARTS;
    client_queue(c, t->whole, t->texts.len);
    send_all(t, b);
}

/* --- the others --- */

static void run_watch(struct client *c, const struct command_spec *spec, struct slice text, int slot) {
    if (transaction_queues(c)) {
        reply_error(c, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    if (!same_slot(c, slot)) return;
    struct upstream *u = worker_owner(c->worker, (uint16_t)slot);
    struct backend *b = u ? private_take(c, u) : NULL;
    if (b == NULL) {
        reply_error(c, "CLUSTERDOWN the shard of the watched keys is down");
        if (!c->transaction->watches) transaction_drop(c);
        return;
    }
    struct transaction *t = transaction_of(c);
    t->watches = true;
    t->slot = slot;
    struct request *r = request_new(c->worker, c, spec);
    r->flags |= REQUEST_STAYS;
    client_queue(c, r, text.len);
    backend_send(b, r, text.ptr, text.len);
}

static void run_unwatch(struct client *c) {
    transaction_drop(c);
    reply_ok(c);
}

void transaction_run(struct client *c, const struct command_spec *spec, struct slice text, int slot) {
    switch (spec->id) {
    case CMD_MULTI:
        if (transaction_queues(c)) {
            reply_error(c, "ERR MULTI calls can not be nested");
            return;
        }
        transaction_of(c)->queues = true;
        reply_ok(c);
        break;
    case CMD_DISCARD:
        if (!transaction_queues(c)) {
            reply_error(c, "ERR DISCARD without MULTI");
            return;
        }
        transaction_drop(c);
        reply_ok(c);
        break;
    case CMD_EXEC: run_exec(c, spec); break;
    case CMD_WATCH: run_watch(c, spec, text, slot); break;
    default: run_unwatch(c); break;
    }
}
