/* A client in words: the line of CLIENT LIST, CLIENT INFO and the log. */
#include "server/net/net_int.h"
#include <stdio.h>

char *client_addr(const struct client *c, bool peer, char *out) {
    struct io_addr addr;
    if (c->session.flags & SESSION_UNIX)
        snprintf(out, IO_ADDR_TEXT_MAX, "%.*s:0", IO_ADDR_TEXT_MAX - 3, c->net->conf.unixsocket);
    else if (peer ? io_stream_peer(&c->stream, &addr) : io_stream_local(&c->stream, &addr))
        io_addr_text(&addr, out);
    else
        snprintf(out, IO_ADDR_TEXT_MAX, "?:0");
    return out;
}

/* One letter for each thing that is special about it. */
static void add_flags(const struct client *c, struct buf *out) {
    static const struct {
        uint32_t flag;
        char letter;
    } letters[] = {
        {SESSION_PRIMARY, 'M'},   {SESSION_SUBSCRIBED, 'P'},
        {SESSION_MULTI, 'x'},     {SESSION_BLOCKED | SESSION_PAUSED, 'b'},
        {SESSION_DIRTY_CAS, 'd'}, {SESSION_CLOSE_AFTER_REPLY, 'c'},
        {SESSION_CLOSE_NOW, 'A'}, {SESSION_UNIX, 'U'},
        {SESSION_READONLY, 'r'},  {SESSION_NO_EVICT, 'e'},
        {SESSION_NO_TOUCH, 'T'},
    };
    uint32_t flags = c->session.flags;
    size_t before = out->len;
    if (flags & SESSION_REPLICA) buf_append_char(out, flags & SESSION_MONITOR ? 'O' : 'S');
    if ((flags & (SESSION_MONITOR | SESSION_REPLICA)) == SESSION_MONITOR) buf_append_char(out, 'O');
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (flags & letters[i].flag) buf_append_char(out, letters[i].letter);
    if (out->len == before) buf_append_char(out, 'N');
}

static size_t chain_chunks(const struct client *c) {
    size_t chunks = 0;
    for (const struct resp_chunk *chunk = c->out_first; chunk; chunk = chunk->next)
        chunks++;
    return chunks;
}

static const char *last_command(const struct session *s) {
    return s->last_command ? s->last_command->name : "NULL";
}

void client_describe(const struct client *c, struct buf *out) {
    const struct session *s = &c->session;
    const struct client_names none = {0}, *names = c->names ? c->names : &none;
    char addr[IO_ADDR_TEXT_MAX], laddr[IO_ADDR_TEXT_MAX];
    int64_t now_ms = net_now_ms(c->net);
    size_t query = c->run_bytes ? c->run_bytes : client_query_unparsed(c);
    /* Of an argument on its way to its own place, what has not come yet is room. */
    size_t to_come = c->run_bytes ? 0 : io_stream_recv_into_left(&c->stream);
    size_t query_free = (c->query ? c->query->cap - c->query->len : 0) + to_come;
    buf_printf(out,
               "id=%llu addr=%s laddr=%s fd=%d name=%s age=%lld idle=%lld flags=", (unsigned long long)s->id,
               client_addr(c, true, addr), client_addr(c, false, laddr), io_stream_fd(&c->stream),
               names->name ? names->name : "", (long long)(now_ms - c->created_ms) / 1000,
               (long long)(now_ms - c->active_ms) / 1000);
    add_flags(c, out);
    buf_printf(
        out, " db=%d sub=%zu psub=%zu ssub=%zu multi=%d qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu",
        s->db_index, pubsub_session_count(s, PUBSUB_CHANNEL), pubsub_session_count(s, PUBSUB_PATTERN),
        pubsub_session_count(s, PUBSUB_SHARD), s->flags & SESSION_MULTI ? (int)session_multi_count(s) : -1,
        query, query_free, (size_t)c->argv_bytes, session_multi_bytes(s));
    buf_printf(out, " rbs=%zu rbp=%zu obl=%zu oll=%zu omem=%zu tot-mem=%zu events=%s cmd=%s user=%s",
               s->reply.chunk_bytes, client_output_bytes(c), resp_writer_bytes(&s->reply), chain_chunks(c),
               c->out_memory, client_bytes(c), io_stream_sending(&c->stream) ? "rw" : "r", last_command(s),
               "default");
    buf_printf(out, " redir=-1 resp=%d lib-name=%s lib-ver=%s", s->reply.proto,
               names->lib_name ? names->lib_name : "", names->lib_ver ? names->lib_ver : "");
}
