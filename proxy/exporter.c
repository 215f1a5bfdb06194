/*      on_recv ─► http_parser: method, path ─► complete ─► metrics_collect round the crew ─► text ─► one send
 * ─► close
 *
 * A scraper may hang up while the numbers are collected: its connection is closed at once, and forgotten when
 * they come. Names are redis_exporter's where it has one for the same thing; what only a proxy has begins
 * with torc_proxy_. */
#include "proxy/exporter.h"
#include "commands/command_ids.h"
#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/commands/command.h"
#include "proxy/worker.h"
#include <errno.h>
#include <http_parser.h>
#include <stdio.h>
#include <sys/resource.h>

#define REQUEST_MAX    8192
#define CONNECTION_MAX 64
#define PATIENCE_US    10000000

struct exporter {
    struct worker *worker;
    struct io_listener door;
    struct link connections;
    unsigned count;
    bool open, closing;
};

struct connection {
    struct io_stream stream;
    struct exporter *exporter;
    struct link link;
    http_parser parser;
    struct buf path, out;
    size_t received;
    int64_t since_us;
    bool complete, collecting, closed; /* the request is; numbers are on their way; on_closed has come */
};

/* --- text --- */

static void head(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void plain(struct buf *out, const char *name, const char *type, const char *help, double value) {
    head(out, name, type, help);
    buf_printf(out, "%s %.17g\n", name, value);
}

static void write_process(const struct worker *w, const struct metrics_totals *t, struct buf *out) {
    struct mem_allocator_stats heap;
    struct rusage use;
    const struct worker_stats *s = &t->stats;
    mem_allocator_stats(&heap);
    getrusage(RUSAGE_SELF, &use);
    head(out, "redis_instance_info", "gauge", "What this is.");
    buf_printf(out, "redis_instance_info{role=\"proxy\",redis_version=\"%s\",torc_version=\"%s\"} 1\n",
               REDIS_VERSION, TORC_VERSION);
    plain(out, "redis_up", "gauge", "The proxy answers.", 1);
    plain(out, "redis_uptime_in_seconds", "gauge", "Since the start.",
          (double)(io_now_us(w->io) - w->started_us) / 1000000);
    plain(out, "redis_connected_clients", "gauge", "Clients.", (double)t->clients);
    plain(out, "redis_blocked_clients", "gauge", "Clients that wait for a blocking command.",
          (double)t->blocked);
    plain(out, "redis_config_maxclients", "gauge", "The option maxclients.", (double)w->conf->maxclients);
    plain(out, "redis_connections_received_total", "counter", "Clients that came.", (double)s->connections);
    plain(out, "redis_rejected_connections_total", "counter", "Clients over maxclients.",
          (double)s->rejected);
    plain(out, "redis_commands_processed_total", "counter", "Commands of clients.", (double)s->commands);
    plain(out, "redis_net_input_bytes_total", "counter", "Bytes from clients.", (double)s->bytes_in);
    plain(out, "redis_net_output_bytes_total", "counter", "Bytes to clients.", (double)s->bytes_out);
    plain(out, "redis_memory_used_bytes", "gauge", "Memory that is allocated.", (double)heap.allocated);
    plain(out, "redis_cpu_user_seconds_total", "counter", "CPU of the process in user mode.",
          (double)use.ru_utime.tv_sec + (double)use.ru_utime.tv_usec / 1e6);
    plain(out, "redis_cpu_sys_seconds_total", "counter", "CPU of the process in the kernel.",
          (double)use.ru_stime.tv_sec + (double)use.ru_stime.tv_usec / 1e6);
    plain(out, "torc_proxy_forwarded_total", "counter", "Commands passed on whole.", (double)s->forwarded);
    plain(out, "torc_proxy_split_total", "counter", "Commands cut by slot.", (double)s->split);
    plain(out, "torc_proxy_all_shards_total", "counter", "Commands asked of all shards.",
          (double)s->everywhere);
    plain(out, "torc_proxy_local_total", "counter", "Commands answered here.", (double)s->local);
    plain(out, "torc_proxy_redirected_total", "counter", "MOVED and ASK that were followed.",
          (double)s->moved);
    plain(out, "torc_proxy_timeouts_total", "counter", "Requests that had no answer in time.",
          (double)s->timeouts);
    plain(out, "torc_proxy_refused_down_total", "counter", "Commands for servers that were down.",
          (double)s->refused_down);
    plain(out, "torc_proxy_protocol_errors_total", "counter", "Breaches of the protocol, by either side.",
          (double)s->protocol_errors);
}

static void write_commands(const struct metrics_totals *t, struct buf *out) {
    static const uint64_t bounds_us[] = {100,   250,   500,   1000,   2500,   5000,
                                         10000, 25000, 50000, 100000, 250000, 500000};
    head(out, "redis_commands_total", "counter", "Calls of a command.");
    for (unsigned id = 0; id < CMD_COUNT; id++)
        if (t->commands[id].calls)
            buf_printf(out, "redis_commands_total{cmd=\"%s\"} %llu\n", command_by_id(id)->name,
                       (unsigned long long)t->commands[id].calls);
    head(out, "redis_commands_failed_calls_total", "counter",
         "Calls of a command that were answered with an error.");
    for (unsigned id = 0; id < CMD_COUNT; id++)
        if (t->commands[id].calls)
            buf_printf(out, "redis_commands_failed_calls_total{cmd=\"%s\"} %llu\n", command_by_id(id)->name,
                       (unsigned long long)t->commands[id].failed);
    head(out, "redis_commands_duration_seconds_total", "counter",
         "Time from a command's arrival to its reply.");
    for (unsigned id = 0; id < CMD_COUNT; id++)
        if (t->commands[id].calls)
            buf_printf(out, "redis_commands_duration_seconds_total{cmd=\"%s\"} %.6f\n",
                       command_by_id(id)->name, (double)t->commands[id].usec / 1e6);
    head(out, "torc_proxy_command_seconds", "histogram", "Time from a command's arrival to its reply.");
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct histogram *h = &t->commands[id].took;
        const char *name = command_by_id(id)->name;
        if (h->total == 0) continue;
        for (size_t i = 0; i < sizeof(bounds_us) / sizeof(bounds_us[0]); i++)
            buf_printf(out, "torc_proxy_command_seconds_bucket{cmd=\"%s\",le=\"%g\"} %llu\n", name,
                       (double)bounds_us[i] / 1e6, (unsigned long long)histogram_count_upto(h, bounds_us[i]));
        buf_printf(out, "torc_proxy_command_seconds_bucket{cmd=\"%s\",le=\"+Inf\"} %llu\n", name,
                   (unsigned long long)h->total);
        buf_printf(out, "torc_proxy_command_seconds_sum{cmd=\"%s\"} %.6f\n", name, (double)h->sum_us / 1e6);
        buf_printf(out, "torc_proxy_command_seconds_count{cmd=\"%s\"} %llu\n", name,
                   (unsigned long long)h->total);
    }
}

/* A name of the configuration may hold any byte. */
static void write_label(struct buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') buf_append_char(out, '\\');
        buf_append_char(out, *text == '\n' ? ' ' : *text);
    }
}

#define ROW(n, k, h, expression)                                                                             \
    { n, k, h, offsetof(struct server_total, expression) }

static void write_servers(const struct metrics_totals *t, struct buf *out) {
    static const struct {
        const char *name, *type, *help;
        size_t at;
    } rows[] = {
        ROW("torc_proxy_server_requests_total", "counter", "Requests to a server.", requests),
        ROW("torc_proxy_server_errors_total", "counter", "Error replies of a server.", errors),
        ROW("torc_proxy_server_timeouts_total", "counter", "Requests a server did not answer in time.",
            timeouts),
        ROW("torc_proxy_server_connects_total", "counter", "Connections to a server.", connects),
        ROW("torc_proxy_server_ejections_total", "counter", "How often checks left a server out.", ejections),
        ROW("torc_proxy_server_sent_bytes_total", "counter", "Bytes to a server.", bytes_out),
        ROW("torc_proxy_server_received_bytes_total", "counter", "Bytes from a server.", bytes_in),
        ROW("torc_proxy_server_outstanding", "gauge", "Requests that wait for a server.", outstanding),
        ROW("torc_proxy_server_check_microseconds", "gauge", "How long a server takes to answer a check.",
            latency_us),
    };
    for (size_t i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
        bool up = i == sizeof(rows) / sizeof(rows[0]); /* the last one is no field */
        const char *name = up ? "torc_proxy_server_up" : rows[i].name;
        head(out, name, up ? "gauge" : rows[i].type,
             up ? "A server is neither down nor left out." : rows[i].help);
        for (unsigned k = 0; k < t->server_count; k++) {
            const struct server_total *s = &t->servers[k];
            uint64_t value = !s->down && !s->ejected;
            if (!up) memcpy(&value, (const char *)s + rows[i].at, sizeof(value));
            buf_printf(out, "%s{shard=\"", name);
            write_label(out, s->shard);
            buf_append_str(out, "\",addr=\"");
            write_label(out, s->at);
            buf_printf(out, "\",role=\"%s\"} %llu\n", s->is_replica ? "replica" : "primary",
                       (unsigned long long)value);
        }
    }
}

/* --- connections --- */

static void connection_free(struct connection *c) {
    buf_deinit(&c->path);
    buf_deinit(&c->out);
    mem_free_sized(c, sizeof(*c));
}

static void send_reply(struct connection *c, const char *status, const struct buf *body) {
    buf_printf(
        &c->out,
        "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n",
        status, body->len);
    if (c->parser.method != HTTP_HEAD) buf_append_slice(&c->out, buf_slice(body));
    struct iovec part = {c->out.ptr, c->out.len};
    io_stream_send(&c->stream, &part, 1);
}

static void collected(struct metrics_totals *t) {
    struct connection *c = t->owner;
    c->collecting = false;
    if (c->closed) {
        connection_free(c);
    } else if (!io_stream_closing(&c->stream)) {
        struct buf body = {0};
        write_process(c->exporter->worker, t, &body);
        write_commands(t, &body);
        write_servers(t, &body);
        send_reply(c, "200 OK", &body);
        buf_deinit(&body);
    }
    metrics_totals_free(&t);
}

static int on_url(http_parser *parser, const char *at, size_t len) {
    buf_append(&((struct connection *)parser->data)->path, at, len);
    return 0;
}

static int on_complete(http_parser *parser) {
    ((struct connection *)parser->data)->complete = true;
    http_parser_pause(parser, 1); /* one is enough */
    return 0;
}

static void answer(struct connection *c) {
    struct slice path = buf_slice(&c->path);
    struct buf body = {0};
    const char *query = path.len ? memchr(path.ptr, '?', path.len) : NULL;
    if (query) path.len = (size_t)(query - path.ptr);
    io_stream_recv_pause(&c->stream);
    if (c->parser.method != HTTP_GET && c->parser.method != HTTP_HEAD) {
        buf_append_str(&body, "GET and HEAD alone are understood.\n");
        send_reply(c, "405 Method Not Allowed", &body);
    } else if (!slice_eq(path, SLICE("/metrics"))) {
        buf_append_str(&body, "The numbers are at /metrics.\n");
        send_reply(c, slice_eq(path, SLICE("/")) ? "200 OK" : "404 Not Found", &body);
    } else {
        c->collecting = true;
        metrics_collect(c->exporter->worker, collected, c);
    }
    buf_deinit(&body);
}

static void on_recv(struct io_stream *s, struct io_buf buf) {
    static const http_parser_settings settings = {.on_url = on_url, .on_message_complete = on_complete};
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    if (c->complete) {
        io_buf_return(s->io, buf);
        return;
    }
    c->received += buf.len;
    size_t used = http_parser_execute(&c->parser, &settings, buf.bytes, buf.len);
    io_buf_return(s->io, buf);
    if (c->complete)
        answer(c);
    else if (used != buf.len || c->parser.upgrade || c->received > REQUEST_MAX)
        io_stream_close(s);
}

static void on_eof(struct io_stream *s, int error) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    if (error || !c->complete) io_stream_close(s);
}

static void on_sent(struct io_stream *s, size_t bytes, int error) {
    io_stream_close(s);
}

static void on_closed(struct io_stream *s) {
    struct connection *c = LIST_OWNER(s, struct connection, stream);
    list_remove(&c->link);
    c->exporter->count--;
    c->closed = true;
    if (!c->collecting) connection_free(c);
}

static const struct io_stream_ops connection_ops = {
    .on_recv = on_recv, .on_eof = on_eof, .on_sent = on_sent, .on_closed = on_closed};

static void on_accept(struct io_listener *door, int socket) {
    struct exporter *e = LIST_OWNER(door, struct exporter, door);
    if (e->closing || e->count == CONNECTION_MAX) {
        io_socket_refuse(e->worker->io, socket, "", 0);
        return;
    }
    struct connection *c = mem_zalloc(sizeof(*c));
    c->exporter = e;
    c->since_us = io_now_us(e->worker->io);
    http_parser_init(&c->parser, HTTP_REQUEST);
    c->parser.data = c;
    list_append(&e->connections, &c->link);
    e->count++;
    io_stream_open(e->worker->io, &c->stream, &connection_ops, socket, false);
}

/* --- life --- */

struct exporter *exporter_create(struct worker *w, bool *ok) {
    const struct proxy_options *conf = w->conf;
    /* at a restart the next process listens before this one ends */
    struct io_listen_options options = {.backlog = conf->tcp_backlog, .reuse_port = true};
    *ok = true;
    if (conf->metrics_port == 0) return NULL;
    struct exporter *e = mem_zalloc(sizeof(*e));
    e->worker = w;
    list_init(&e->connections);
    int failed = io_addr_parse(&options.addr, conf->metrics_bind, (uint16_t)conf->metrics_port)
                     ? io_listen(w->io, &e->door, &options, on_accept)
                     : EINVAL;
    if (failed == 0) {
        e->open = true;
        return e;
    }
    log_warning(w->log, "Could not listen on %s:%d for metrics: %s", conf->metrics_bind, conf->metrics_port,
                strerror(failed));
    *ok = false;
    mem_free_sized(e, sizeof(*e));
    return NULL;
}

static void on_door_closed(struct io_listener *door) {
    LIST_OWNER(door, struct exporter, door)->open = false;
}

void exporter_close(struct exporter *e) {
    if (e == NULL || e->closing) return;
    e->closing = true;
    io_listener_close(&e->door, on_door_closed);
    LIST_FOR(at, next, &e->connections) io_stream_close(&LIST_OWNER(at, struct connection, link)->stream);
}

bool exporter_drained(const struct exporter *e) {
    return e == NULL || (!e->open && list_empty(&e->connections));
}

void exporter_destroy(struct exporter **exporter) {
    if (*exporter) mem_free_sized(*exporter, sizeof(**exporter));
    *exporter = NULL;
}

void exporter_expire(struct exporter *e, int64_t now_us) {
    if (e == NULL) return;
    LIST_FOR(at, next, &e->connections) {
        struct connection *c = LIST_OWNER(at, struct connection, link);
        if (now_us - c->since_us > PATIENCE_US) io_stream_close(&c->stream);
    }
}
