/* A client's life: accepted, served, let go of, freed.
 *
 *      client_open ─► on net.clients ── close (anyone, any time) ─► on net.dying
 *                                                                    │ clients_bury, between batches
 *           freed ◄── on_closed ◄── io_stream_close ◄── lets go of input, subscriptions, transaction
 *
 * Burying waits for the end of a batch, because requests of the batch still name the session. The memory
 * waits for on_closed, because the stream, and a send under way with its chunks, still need it. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/net/net_int.h"
#include <stdio.h>
#include <string.h>

/* --- what the stream tells --- */

static struct client *of_stream(struct io_stream *stream) {
    struct client *c = LIST_OWNER(stream, struct client, stream);
    must(c->magic == CLIENT_MAGIC);
    return c;
}

static void on_recv(struct io_stream *stream, struct io_buf buf) {
    client_received(of_stream(stream), buf);
}

static void on_filled(struct io_stream *stream) {
    client_filled(of_stream(stream));
}

/* The peer may have closed only its sending side: what it asked is still answered. Nobody waits for messages
 * or for a blocked command any more. */
static void on_eof(struct io_stream *stream, int error) {
    struct client *c = of_stream(stream);
    if (error) {
        char why[128];
        snprintf(why, sizeof(why), "Reading from client: %s", strerror(error));
        client_close_soon(c, why);
        return;
    }
    c->state |= CLIENT_EOF;
    bool waits = c->session.flags & (SESSION_BLOCKED | SESSION_PAUSED | SESSION_SUBSCRIBED | SESSION_MONITOR);
    if (waits || (!list_linked(&c->input) && client_output_bytes(c) == 0))
        client_close_soon(c, "Client closed connection");
    else
        client_output_ready(c);
}

static void on_sent(struct io_stream *stream, size_t bytes, int error) {
    client_sent(of_stream(stream), bytes, error);
}

static void on_closed(struct io_stream *stream) {
    struct client *c = of_stream(stream);
    client_input_free(c);
    client_output_free(c);
    session_deinit(&c->session);
    client_memory_left(c);
    c->net->client_count--;
    c->magic = 0;
    mem_free_sized(c, sizeof(*c));
}

static const struct io_stream_ops stream_ops = {
    .on_recv = on_recv,
    .on_filled = on_filled,
    .on_eof = on_eof,
    .on_sent = on_sent,
    .on_closed = on_closed,
};

/* --- what others do with the session --- */

static void output_pending(struct session *s) {
    struct client *c = client_of(s);
    if (c->state & CLIENT_CLOSED) return;
    if (unlikely(s->flags & SESSION_PUSHES_WAIT)) pubsub_session_deliver(s);
    c->state |= CLIENT_PUSHED;
    if (!list_linked(&c->output)) client_push_ready(c);
    client_check_output_limit(c);
    client_memory_changed(c);
}

static void close_session(struct session *s, bool after_reply) {
    struct client *c = client_of(s);
    if (after_reply) {
        s->flags |= SESSION_CLOSE_AFTER_REPLY;
        client_output_ready(c);
    } else {
        client_close_soon(c, NULL);
    }
}

/* SESSION_HELD stays until the input is parsed again: requests of the running batch must not overtake those
 * that were refused. */
static void resume(struct session *s) {
    struct client *c = client_of(s);
    client_output_ready(c);
    client_input_ready(c);
}

const struct session_ops client_session_ops = {
    .output_pending = output_pending, .close = close_session, .resume = resume};

/* --- life --- */

void client_open(struct net *net, int socket, uint32_t session_flags) {
    struct client *c = mem_zalloc(sizeof(*c));
    c->magic = CLIENT_MAGIC;
    c->net = net;
    list_init(&c->input);
    list_init(&c->output);
    list_init(&c->dying);
    list_append(&net->clients, &c->all);
    if (net_password_needed(net)) session_flags |= SESSION_NEEDS_AUTH;
    session_init(&c->session, net->next_id++, keyspace_database(net->keyspace, 0), net->parts.resp_pool,
                 &client_session_ops, session_flags);
    list_init(&c->by_memory);
    c->created_ms = c->active_ms = net_now_ms(net);
    net->client_count++;
    net->live_count++;
    client_memory_note(c);
    io_stream_open(net->io, &c->stream, &stream_ops, socket, false);
    if (net->conf.tcp_keepalive_s != net->listen_keepalive_s && !(session_flags & SESSION_UNIX))
        io_stream_keepalive(&c->stream, (unsigned)net->conf.tcp_keepalive_s);
}

void client_close_soon(struct client *c, const char *why) {
    if ((c->state & CLIENT_CLOSED) || list_linked(&c->dying)) return;
    list_append(&c->net->dying, &c->dying);
    client_memory_leaves(c);
    if (why && c->net->log->level <= LOG_LEVEL_VERBOSE) {
        struct buf line = {0};
        client_describe(c, &line);
        log_verbose(c->net->log, "%s %s", why, buf_cstr(&line));
        buf_deinit(&line);
    }
    c->session.flags |= SESSION_CLOSE_NOW;
}

static void bury(struct client *c) {
    struct net *net = c->net;
    must(!net->in_batch);
    c->state |= CLIENT_CLOSED;
    net->live_count--;
    list_remove(&c->all);
    list_remove(&c->input);
    list_remove(&c->output);
    pubsub_session_gone(net->parts.pubsub, &c->session);
    exec_session_gone(net->exec, &c->session);
    client_free_names(c);
    io_stream_close(&c->stream);
    /* An argument that the stream was receiving into is no longer written to once it closes, except by an
     * operation already under way: on_closed frees it. */
    if (!(c->state & CLIENT_FILLING)) client_input_free(c);
}

void clients_bury(struct net *net) {
    while (!list_empty(&net->dying)) {
        struct client *c = LIST_OWNER(net->dying.next, struct client, dying);
        list_remove(&c->dying);
        bury(c);
    }
}

/* --- names --- */

struct client_names *client_names_of(struct client *c) {
    if (c->names == NULL) c->names = mem_zalloc(sizeof(*c->names));
    return c->names;
}

void client_set_name(char **field, struct slice value) {
    mem_free(*field);
    *field = value.len ? mem_strndup(value.ptr, value.len) : NULL;
}

void client_free_names(struct client *c) {
    if (c->names == NULL) return;
    mem_free(c->names->name);
    mem_free(c->names->lib_name);
    mem_free(c->names->lib_ver);
    mem_free_sized(c->names, sizeof(*c->names));
    c->names = NULL;
}
