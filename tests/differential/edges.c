/* Raw exchanges. Each is sent on a connection of its own; then QUIT, so that a server that still listens says
 * OK and closes. What counts is every byte until the end of the stream, and that it ends.
 */
#include "tests/differential/edges.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct edge {
    const char *name;
    struct slice bytes;
};
#define EDGE(name, literal)                                                                                  \
    {                                                                                                        \
        name, {                                                                                              \
            literal, sizeof(literal) - 1                                                                     \
        }                                                                                                    \
    }

static const struct edge edges[] = {
    EDGE("inline ping", "PING\r\n"),
    EDGE("inline without carriage return", "PING\n"),
    EDGE("inline with spaces around", "   PING    \"hello world\"  \r\n"),
    EDGE("inline with escapes", "ECHO \"a\\x41\\n\\t\\\"\\\\\"\r\n"),
    EDGE("inline in single quotes", "ECHO 'it\\'s \\n'\r\n"),
    EDGE("inline with an open quote", "ECHO \"abc\r\n"),
    EDGE("inline with text after the quote", "ECHO \"abc\"def\r\n"),
    EDGE("inline empty argument", "ECHO \"\"\r\n"),
    EDGE("inline unknown", "NOSUCH a b c\r\n"),
    EDGE("empty lines", "\r\n\r\n\n\r\nPING\r\n"),
    EDGE("spaces alone", "   \r\nPING\r\n"),
    EDGE("no arguments", "*0\r\nPING\r\n"),
    EDGE("negative count", "*-1\r\nPING\r\n"),
    EDGE("very negative count", "*-10\r\n*1\r\n$4\r\nPING\r\n"),
    EDGE("count that is no number", "*x\r\n"),
    EDGE("count too large", "*1048577\r\n"),
    EDGE("count beyond 64 bits", "*99999999999999999999\r\n"),
    EDGE("count with a plus", "*+1\r\n$4\r\nPING\r\n"),
    EDGE("count with a leading zero", "*01\r\n$4\r\nPING\r\n"),
    EDGE("count empty", "*\r\n"),
    EDGE("no dollar", "*1\r\nPING\r\n"),
    EDGE("another type for an argument", "*1\r\n:5\r\n"),
    EDGE("negative length", "*1\r\n$-1\r\n"),
    EDGE("length that is no number", "*1\r\n$a\r\n"),
    EDGE("length empty", "*1\r\n$\r\n"),
    EDGE("length too large", "*1\r\n$1048577\r\n"),
    EDGE("length beyond 64 bits", "*1\r\n$99999999999999999999\r\n"),
    EDGE("empty command name", "*1\r\n$0\r\n\r\n"),
    EDGE("wrong bytes behind an argument", "*2\r\n$4\r\nECHO\r\n$3\r\nabcxy*1\r\n$4\r\nPING\r\n"),
    EDGE("several commands at once", "*1\r\n$4\r\nPING\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n"),
    EDGE("quit with what follows", "*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n"),
    EDGE("quit with arguments", "QUIT now please\r\n"),
    EDGE("quit in a transaction", "MULTI\r\nSET edge 1\r\nQUIT\r\n"),
    EDGE("hello then quit", "HELLO 3 SETNAME\r\nQUIT\r\n"),
    EDGE("subscriber in RESP2", "SUBSCRIBE a\r\nGET k\r\nPING\r\nPING x\r\nUNSUBSCRIBE\r\nGET k\r\n"),
    EDGE("subscriber resets", "SUBSCRIBE a b\r\nPSUBSCRIBE c\r\nRESET\r\nGET k\r\n"),
    EDGE("unsubscribe from nothing", "UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE a b\r\n"),
    EDGE("subscribe in a transaction", "MULTI\r\nSUBSCRIBE a\r\nPING\r\nEXEC\r\nUNSUBSCRIBE a\r\n"),
    EDGE("reset in a transaction", "MULTI\r\nSET edge 1\r\nRESET\r\nGET edge\r\n"),
    EDGE("a transaction aborted", "MULTI\r\nNOSUCH\r\nSET edge 1\r\nEXEC\r\nGET edge\r\n"),
    EDGE("a transaction with a failure inside",
         "SET edge x\r\nMULTI\r\nINCR edge\r\nSET edge 2\r\nEXEC\r\nGET edge\r\n"),
    EDGE("nested multi", "MULTI\r\nMULTI\r\nPING\r\nEXEC\r\n"),
    EDGE("watch in multi", "MULTI\r\nWATCH a\r\nPING\r\nEXEC\r\n"),
    EDGE("exec and discard alone", "EXEC\r\nDISCARD\r\nUNWATCH\r\n"),
    EDGE("silence", "CLIENT REPLY OFF\r\nSET edge quiet\r\nCLIENT REPLY ON\r\nGET edge\r\n"),
    EDGE("one skipped", "CLIENT REPLY SKIP\r\nSET edge quieter\r\nGET edge\r\n"),
    EDGE("names differ in case", "sEt edge 1\r\nGeT edge\r\nCLIENT gEtNaMe\r\n"),
    EDGE("unknown with long arguments",
         "nosuchcommandnosuchcommandnosuchcommandnosuchcommandnosuchcommandnosuchcommandnosuchcommandnosuchco"
         "mmandnosuchcomma"
         "ndnosuchcommandnosuchcommand "
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b c\r\n"),
    EDGE("unknown subcommands",
         "CONFIG\r\nCONFIG NOSUCH\r\nCLIENT NOSUCH x\r\nOBJECT\r\nOBJECT ENCODING\r\nDEBUG\r\n"),
    EDGE("line breaks in an unknown name", "*1\r\n$5\r\na\r\nbc\r\n"),
};

#define END "\r\n*1\r\n$4\r\nQUIT\r\n" /* the line end ends an unfinished inline request */

/* All that the server says until it closes; false if it does not within ten seconds. */
static bool converse(const struct peer *peer, struct slice bytes, struct buf *said) {
    struct wire wire = {0};
    bool closed = false;
    buf_clear(said);
    if (!wire_open(&wire, peer)) return false;
    struct buf request = {0};
    buf_append_slice(&request, bytes);
    buf_append_str(&request, END);
    ssize_t sent = send(wire.fd, request.ptr, request.len, MSG_NOSIGNAL);
    while (sent == (ssize_t)request.len) {
        struct pollfd fd = {.fd = wire.fd, .events = POLLIN};
        if (poll(&fd, 1, 10000) <= 0) break;
        buf_reserve(said, 65536);
        ssize_t n = recv(wire.fd, said->ptr + said->len, 65536, 0);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        closed = n == 0 || (n < 0 && errno == ECONNRESET);
        if (n <= 0) break;
        said->len += (size_t)n;
    }
    buf_deinit(&request);
    wire_close(&wire);
    return closed;
}

void edges_compare(struct duel *d, unsigned *passed, unsigned *failed) {
    struct buf torc = {0}, redis = {0}, text = {0};
    if (!duel_reset(d)) {
        ++*failed;
        return;
    }
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        bool torc_closed = converse(&d->torc, edges[i].bytes, &torc);
        bool redis_closed = converse(&d->redis, edges[i].bytes, &redis);
        if (torc_closed && redis_closed && slice_eq(buf_slice(&torc), buf_slice(&redis))) {
            ++*passed;
            continue;
        }
        ++*failed;
        buf_clear(&text);
        buf_append_quoted(&text, edges[i].bytes.ptr, edges[i].bytes.len);
        buf_printf(&text, "\n  torc   %s ", torc_closed ? "" : "(stays open)");
        reply_print(buf_slice(&torc), &text);
        buf_printf(&text, "\n  redis  %s ", redis_closed ? "" : "(stays open)");
        reply_print(buf_slice(&redis), &text);
        fprintf(stderr, "FAILED  %s: %s\n", edges[i].name, buf_cstr(&text));
    }
    buf_deinit(&torc);
    buf_deinit(&redis);
    buf_deinit(&text);
}
