/* From received bytes to requests, and what becomes of those that could not run.
 *
 *      on_recv ─► segment (borrowed, this turn only) ──┐
 *             └─► query (owned, while something is ────┤ fill ─► requests of all clients ─► exec_batch
 *                 incomplete or waits)                 │                                      │
 *                     ▲                                └───────────── settle ◄────────────────┘
 *                     └── what was refused, what is incomplete
 *
 * The common client sends whole commands: they are cut out of its segment in place, and nothing is copied or
 * allocated. A query comes into being for an incomplete tail, for what a blocked client sends ahead, and for
 * what a turn had no time for; it goes as soon as it is empty.
 *
 * Requests that dispatch did not run are "unconsumed": the input's position goes back to where the first of
 * them began, and they are parsed again later. So no second form of waiting command exists. An argument that
 * is received into its own storage (struct detached) therefore is begun only when nothing of the same client
 * is undecided. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/net/net_int.h"
#include <stdio.h>
#include <string.h>

#define QUERY_SLACK 1024 /* bytes that a query keeps beyond what it holds */

/* --- the query --- */

static struct query *query_of(struct client *c) {
    if (c->query) return c->query;
    c->query = mem_zalloc(sizeof(*c->query));
    resp_parser_init(&c->query->parser);
    return c->query;
}

static void free_detached(struct detached **list) {
    while (*list) {
        struct detached *d = *list;
        *list = d->next;
        mem_free(d);
    }
}

static void query_free(struct client *c) {
    struct query *q = c->query;
    if (q == NULL) return;
    resp_parser_deinit(&q->parser);
    free_detached(&q->detached);
    free_detached(&q->ready);
    mem_free(q->bytes);
    mem_free_sized(q, sizeof(*q));
    c->query = NULL;
}

static void query_free_if_empty(struct client *c) {
    struct query *q = c->query;
    if (q && q->pos == q->len && resp_parser_idle(&q->parser) && !q->detached && !q->ready) query_free(c);
}

static void query_append(struct query *q, const char *bytes, size_t len) {
    if (len == 0) return;
    if (q->cap - q->len < len && q->pos) {
        memmove(q->bytes, q->bytes + q->pos, q->len - q->pos);
        q->len -= q->pos;
        q->pos = 0;
    }
    if (q->cap - q->len < len) {
        size_t want = q->len + len;
        q->cap = mem_good_size(want + (want < (1u << 20) ? want : 1u << 20) / 2);
        q->bytes = mem_realloc(q->bytes, q->cap);
    }
    memcpy(q->bytes + q->len, bytes, len);
    q->len += len;
}

/* After large parts of it went elsewhere. */
static void query_shrink(struct query *q) {
    size_t cap = mem_good_size(q->len + QUERY_SLACK);
    if (q->cap - q->len <= q->len / 8 + 2 * QUERY_SLACK) return;
    q->bytes = mem_realloc(q->bytes, cap);
    q->cap = cap;
}

static void query_restart_parser(struct query *q) {
    resp_parser_deinit(&q->parser);
    resp_parser_init(&q->parser);
}

size_t client_query_bytes(const struct client *c) {
    size_t bytes = c->state & CLIENT_HAS_SEG ? c->seg.len - c->seg_pos : 0;
    if (c->query) bytes += c->query->len - c->query->pos + c->query->detached_bytes;
    return bytes;
}

size_t client_query_unparsed(const struct client *c) {
    size_t bytes = c->state & CLIENT_HAS_SEG ? c->seg.len - c->seg_pos : 0;
    const struct query *q = c->query;
    if (q == NULL) return bytes;
    size_t left = q->len - q->pos;
    bytes += left > q->parser.pos ? left - q->parser.pos : 0;
    if (q->parser.detached) bytes += q->detached->len - io_stream_recv_into_left(&c->stream);
    return bytes;
}

size_t client_query_announced(const struct client *c) {
    const struct query *q = c->query;
    if (c->state & (CLIENT_FILLING | CLIENT_BROKEN)) return 0;
    size_t have, len = resp_parser_awaits(&q->parser, q->len - q->pos, &have);
    return len < RESP_DETACH_MIN ? 0 : len - have;
}

bool client_has_input(const struct client *c) {
    return client_query_bytes(c) > 0;
}

static void return_seg(struct client *c) {
    if (!(c->state & CLIENT_HAS_SEG)) return;
    c->state &= ~(uint32_t)CLIENT_HAS_SEG;
    io_buf_return(c->net->io, c->seg);
}

void client_input_free(struct client *c) {
    return_seg(c);
    query_free(c);
}

static void drop_input(struct client *c) {
    return_seg(c);
    if (c->state & CLIENT_FILLING) return; /* the stream still writes into it; freed on closing */
    query_free(c);
}

/* What the segment still holds goes to the query, the segment goes back. */
static void stash(struct client *c) {
    if (!(c->state & CLIENT_HAS_SEG)) return;
    if (c->seg_pos < c->seg.len)
        query_append(query_of(c), c->seg.bytes + c->seg_pos, c->seg.len - c->seg_pos);
    return_seg(c);
}

/* --- what may stop a client --- */

static bool over_query_limit(struct client *c, size_t more) {
    struct net *net = c->net;
    if (client_query_bytes(c) + session_multi_bytes(&c->session) + more <= net->conf.query_limit)
        return false;
    struct buf line = {0}, start = {0};
    client_describe(c, &line);
    if (c->query) {
        size_t len = c->query->len - c->query->pos;
        buf_append_quoted(&start, c->query->bytes + c->query->pos, len < 64 ? len : 64);
    }
    log_warning(net->log, "Closing client that reached max query buffer length: %s (qbuf initial bytes: %s)",
                buf_cstr(&line), buf_cstr(&start));
    buf_deinit(&line);
    buf_deinit(&start);
    net->stats.query_limit_closed++;
    client_close_soon(c, NULL);
    return true;
}

static void protocol_error(struct client *c) {
    struct query *q = c->query;
    if (c->net->log->level <= LOG_LEVEL_VERBOSE) {
        struct buf line = {0}, start = {0};
        client_describe(c, &line);
        size_t len = q->len - q->pos;
        buf_append_quoted(&start, q->bytes ? q->bytes + q->pos : "", len < 128 ? len : 128);
        log_verbose(c->net->log, "Protocol error (%s) from client: %s. Query buffer: %s",
                    q->parser.error + strlen("Protocol error: "), buf_cstr(&line), buf_cstr(&start));
        buf_deinit(&line);
        buf_deinit(&start);
    }
    resp_errorf(&c->session.reply, "ERR %s", q->parser.error);
    exec_count_error(c->net->exec, "ERR");
    c->session.flags |= SESSION_CLOSE_AFTER_REPLY;
    drop_input(c);
    client_output_ready(c);
}

/* A browser that was made to talk to us sends these before what its page smuggles in. */
static bool is_http(const struct slice *name) {
    char first = name->len ? (char)(name->ptr[0] | 0x20)
                           : 0; /* asked of every command: mostly the first letter tells */
    return (first == 'p' && slice_is(*name, "post")) || (first == 'h' && slice_is(*name, "host:"));
}

static void refuse_http(struct client *c) {
    char addr[IO_ADDR_TEXT_MAX];
    log_warning(
        c->net->log,
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to "
        "Torc. This is likely due to an attacker attempting to use Cross Protocol Scripting to "
        "compromise your instance. Connection from %s aborted.",
        client_addr(c, true, addr));
    client_close_soon(c, NULL);
}

/* --- receiving --- */

void client_input_ready(struct client *c) {
    struct net *net = c->net;
    if ((c->state & CLIENT_CLOSED) || (c->session.flags & SESSION_CLOSE_NOW)) return;
    if (unlikely(c->session.flags & (SESSION_BLOCKED | SESSION_PAUSED)) && !net->in_batch) {
        stash(c);
        if (over_query_limit(c, 0)) return;
        if (client_query_bytes(c) > NET_BLOCKED_BYTES) io_stream_recv_pause(&c->stream);
        return;
    }
    if (!list_linked(&c->input)) list_append(&net->input, &c->input);
}

void client_received(struct client *c, struct io_buf buf) {
    struct net *net = c->net;
    must(!net->in_batch);
    if (unlikely(c->session.flags & (SESSION_CLOSE_NOW | SESSION_CLOSE_AFTER_REPLY))) {
        io_buf_return(net->io, buf);
        return;
    }
    c->active_ms = net_now_ms(net);
    if (likely(!c->query && !(c->state & CLIENT_HAS_SEG))) {
        c->seg = buf;
        c->seg_pos = 0;
        c->state |= CLIENT_HAS_SEG;
    } else {
        stash(c);
        query_append(query_of(c), buf.bytes, buf.len);
        io_buf_return(net->io, buf);
        if (over_query_limit(c, 0)) return;
        client_memory_changed(c);
    }
    client_input_ready(c);
}

void client_filled(struct client *c) {
    c->state &= ~(uint32_t)CLIENT_FILLING;
    c->active_ms = net_now_ms(c->net);
}

/* The parser may wait for a large argument: then let it arrive where it will stay. */
static void detach_large(struct client *c) {
    struct query *q = c->query;
    size_t have, len;
    if (q == NULL || (c->state & CLIENT_FILLING)) return;
    len = resp_parser_awaits(&q->parser, q->len - q->pos, &have);
    if (len < RESP_DETACH_MIN) return;
    if (have == len) { /* only its line end is missing */
        query_shrink(q);
        return;
    }
    if (over_query_limit(c, len - have)) return;
    struct detached *d = mem_try_alloc(sizeof(*d) + len);
    if (d == NULL) {
        log_warning(c->net->log, "No memory for an argument of %zu bytes: closing its client", len);
        client_close_soon(c, NULL);
        return;
    }
    d->len = len;
    d->next = q->detached;
    q->detached = d;
    q->detached_bytes += len;
    q->detached_memory += mem_good_size(sizeof(*d) + len);
    q->len -= have;
    memcpy(d->bytes, q->bytes + q->len, have);
    query_shrink(q);
    resp_parser_detach(&q->parser, d->bytes);
    c->state |= CLIENT_FILLING;
    io_stream_recv_into(&c->stream, d->bytes + have, len - have);
}

/* --- filling a batch --- */

/* Cuts one command; for a segment that ends inside one, the tail becomes a query with the parser's place. */
static enum resp_result cut(struct client *c, struct resp_command *out, size_t *end) {
    struct net *net = c->net;
    struct query *q = c->query;
    bool in_query = q != NULL;
    struct resp_parser *p = in_query ? &q->parser : &net->parser;
    size_t consumed = 0;
    p->trusted = !(c->session.flags & SESSION_NEEDS_AUTH);
    p->bulk_len_max = (int64_t)net->keyspace->conf.proto_max_bulk_len;
    if (in_query) {
        if (q->pos == q->len) return RESP_MORE;
        enum resp_result result =
            resp_parse(p, &net->arena, q->bytes + q->pos, q->len - q->pos, &consumed, out);
        q->pos += consumed;
        *end = q->pos;
        return result;
    }
    if (!(c->state & CLIENT_HAS_SEG) || c->seg_pos == c->seg.len) return RESP_MORE;
    enum resp_result result =
        resp_parse(p, &net->arena, c->seg.bytes + c->seg_pos, c->seg.len - c->seg_pos, &consumed, out);
    c->seg_pos += (uint32_t)consumed;
    *end = c->seg_pos;
    if (result == RESP_OK || (result == RESP_MORE && c->seg_pos == c->seg.len)) return result;
    q = query_of(c);
    resp_parser_deinit(&q->parser);
    q->parser = net->parser;
    resp_parser_init(&net->parser);
    query_append(q, c->seg.bytes + c->seg_pos, c->seg.len - c->seg_pos);
    return result;
}

/* May this client's commands run now? Otherwise it leaves the list. */
static bool may_run(struct client *c) {
    struct session *s = &c->session;
    if (likely(!(s->flags & (SESSION_CLOSE_NOW | SESSION_CLOSE_AFTER_REPLY | SESSION_BLOCKED |
                             SESSION_PAUSED | SESSION_HELD)) &&
               c->out_bytes <= NET_UNREAD_MAX))
        return true;
    if (s->flags & (SESSION_CLOSE_NOW | SESSION_CLOSE_AFTER_REPLY)) {
        list_remove(&c->input);
        drop_input(c);
        return false;
    }
    if ((s->flags & (SESSION_BLOCKED | SESSION_PAUSED)) || c->out_bytes > NET_UNREAD_MAX) {
        list_remove(&c->input);
        stash(c);
        if (c->out_bytes > NET_UNREAD_MAX) io_stream_recv_pause(&c->stream);
        return false;
    }
    s->flags &= ~(uint32_t)SESSION_HELD;
    return true;
}

/* Nothing more can be cut now. */
static void ran_dry(struct client *c) {
    list_remove(&c->input);
    if (unlikely(io_stream_recv_paused(&c->stream)) && !(c->state & CLIENT_BROKEN))
        io_stream_recv_resume(&c->stream);
    if (unlikely(c->state & CLIENT_EOF)) client_output_ready(c);
}

/* Adds the client's next commands to the batch. */
static void fill(struct net *net, struct client *c) {
    if (!may_run(c)) return;
    struct net_run *run = &net->runs[net->run_count];
    *run = (struct net_run){.client = c, .first = net->request_count, .from_query = c->query != NULL};
    run->base = run->from_query ? c->query->pos : c->seg_pos;
    c->run_bytes = (uint32_t)client_query_bytes(c);
    uint32_t limit = NET_BATCH_MAX - net->request_count;
    if (limit > NET_RUN_MAX) limit = NET_RUN_MAX;
    /* Each command may lift the limits for the next one. */
    if (unlikely(c->session.flags & SESSION_NEEDS_AUTH)) limit = 1;
    enum resp_result result = RESP_OK;
    while (run->count < limit) {
        struct resp_command command;
        size_t end;
        result = cut(c, &command, &end);
        if (result != RESP_OK) break;
        if (unlikely(is_http(&command.argv[0]))) {
            refuse_http(c);
            break;
        }
        if (unlikely(c->query && c->query->detached)) {
            c->query->ready = c->query->detached;
            c->query->detached = NULL;
            c->query->detached_bytes = c->query->detached_memory = 0;
        }
        net->ends[net->request_count] = end;
        net->requests[net->request_count++] = (struct exec_request){
            .session = &c->session, .argv = command.argv, .argc = (int)command.argc, .done = false};
        run->count++;
    }
    if (unlikely(result == RESP_ERR)) c->state |= CLIENT_BROKEN;
    if (unlikely(c->query != NULL)) client_memory_changed(c);
    if (result != RESP_OK)
        ran_dry(c);
    else if (list_linked(&c->input)) { /* more to come: behind the others */
        list_remove(&c->input);
        list_append(&net->input, &c->input);
    }
    if (run->count) {
        net->run_count++;
        return;
    }
    c->run_bytes = 0;
    if (unlikely(c->state & CLIENT_BROKEN)) {
        protocol_error(c);
        return;
    }
    if (result != RESP_OK) {
        return_seg(c);
        detach_large(c);
        query_free_if_empty(c);
    }
}

/* One run of each client at most, until the batch is full; who has more goes behind the others, for the next
 * batch. */
static void fill_batch(struct net *net) {
    struct link *last = net->input.prev, *it = net->input.next, *next;
    net->request_count = net->run_count = 0;
    for (bool more = true; more; it = next) {
        next = it->next;
        more = it != last;
        fill(net, LIST_OWNER(it, struct client, input));
        if (net->request_count == NET_BATCH_MAX) more = false;
    }
}

/* --- after the batch --- */

/* A command with detached arguments that did not run becomes plain input again. */
static void write_back(struct query *q, const struct exec_request *r) {
    struct buf text = {0};
    buf_printf(&text, "*%d\r\n", r->argc);
    for (int i = 0; i < r->argc; i++) {
        buf_printf(&text, "$%zu\r\n", r->argv[i].len);
        buf_append_slice(&text, r->argv[i]);
        buf_append_str(&text, "\r\n");
    }
    buf_append(&text, q->bytes + q->pos, q->len - q->pos);
    mem_free(q->bytes);
    q->bytes = text.ptr;
    q->pos = 0;
    q->len = text.len;
    q->cap = text.cap;
}

/* The requests of the run from number k on were not run: their bytes count as not yet parsed. */
static void unconsume(struct client *c, const struct net_run *run, uint32_t k) {
    struct net *net = c->net;
    size_t start = k ? net->ends[run->first + k - 1] : run->base;
    c->state &= ~(uint32_t)CLIENT_BROKEN;
    if (!run->from_query) {
        query_free(c); /* the tail is part of what is stashed */
        c->seg_pos = (uint32_t)start;
        stash(c);
        return;
    }
    struct query *q = c->query;
    query_restart_parser(q);
    if (k == 0 && q->ready) {
        q->pos = net->ends[run->first];
        write_back(q, &net->requests[run->first]);
    } else {
        q->pos = start;
    }
}

static void settle(struct net *net, const struct net_run *run) {
    struct client *c = run->client;
    struct session *s = &c->session;
    uint32_t k = run->count;
    c->run_bytes = 0;
    while (k > 0 && !net->requests[run->first + k - 1].done)
        k--;
    if (unlikely(k < run->count)) {
        unconsume(c, run, k);
        if (!(s->flags & (SESSION_BLOCKED | SESSION_PAUSED)))
            client_input_ready(c);
        else
            list_remove(&c->input);
    }
    if (unlikely(c->query != NULL)) {
        return_seg(c);
        free_detached(&c->query->ready);
        if ((c->state & CLIENT_BROKEN) && !(s->flags & (SESSION_CLOSE_NOW | SESSION_CLOSE_AFTER_REPLY))) {
            protocol_error(c);
            return;
        }
        if (!list_linked(&c->input)) detach_large(c);
        query_free_if_empty(c);
    } else if (!list_linked(&c->input)) {
        return_seg(c);
    }
    client_memory_changed(c);
    client_output_ready(c);
}

/* What the turn had no time for is kept, and its senders have to wait. */
static void keep_the_rest(struct net *net) {
    LIST_FOR(it, tmp, &net->input) {
        struct client *c = LIST_OWNER(it, struct client, input);
        stash(c);
        if (client_query_bytes(c) > NET_BLOCKED_BYTES) io_stream_recv_pause(&c->stream);
    }
}

static void run_batch(struct net *net, int64_t budget_us) {
    net->in_batch = true;
    size_t done = exec_batch(net->exec, net->requests, net->request_count, budget_us);
    (void)done; /* `done` of each request says the same */
    net->in_batch = false;
    for (uint32_t i = 0; i < net->run_count; i++)
        settle(net, &net->runs[i]);
    clients_bury(net);
}

void net_run(struct net *net, int64_t budget_us) {
    int64_t used_us = 0;
    net->ran = !list_empty(&net->input);
    net->memory.fresh = 0;
    net->parts.resp_pool->fresh_bytes = 0;
    while (!list_empty(&net->input)) {
        fill_batch(net);
        if (unlikely(net->memory.limited)) net_memory_evict(net); /* before anybody asks who is there */
        uint64_t start = clock_cycles();
        if (net->request_count) run_batch(net, budget_us ? budget_us - used_us : 0);
        used_us += (int64_t)((double)(clock_cycles() - start) / clock_cycles_per_us());
        resp_arena_reset(&net->arena);
        if (budget_us && used_us >= budget_us) break;
    }
    keep_the_rest(net);
    net_flush(net);
}
