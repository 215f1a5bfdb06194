/* Cuts commands out of a byte stream, in place.
 *
 *      bytes received   *3..$3..SET..$1..k..$2..ab..*3..$3..SE
 *                       └──────── a command ───────┘└ a tail: the caller keeps it and calls again with more
 * behind it
 *
 * Arguments are slices into the caller's bytes. The parser keeps its place inside an incomplete command (as
 * offsets, so the caller may move the bytes), and goes on from there: nothing is scanned twice. Both forms of
 * request are understood, multibulk and inline (with Redis's quoting). Limits and the words of errors are
 * Redis's. */
#ifndef TORC_RESP_PARSER_H
#define TORC_RESP_PARSER_H

#include "common/base/slice.h"
#include <stdint.h>

/* Slots for arguments and bytes for unquoted inline words, reused every turn: all commands of a turn take
 * theirs from here, and resp_arena_reset forgets them together. */
struct resp_arena_block;
struct resp_arena {
    struct slice *pos, *end; /* free slots of the current block */
    struct resp_arena_block *blocks;
};
void resp_arena_init(struct resp_arena *arena);
void resp_arena_deinit(struct resp_arena *arena);
void resp_arena_reset(struct resp_arena *arena); /* gives back all but one ordinary block */
/* `count` slots, uninitialised, valid until the reset. */
struct slice *resp_arena_take(struct resp_arena *arena, size_t count);

struct resp_command {
    struct slice
        *argv;     /* in the arena: valid until its reset. The bytes: as long as the caller keeps the input */
    uint32_t argc; /* at least 1 */
};

enum resp_result {
    RESP_OK,   /* a command (or a reply) is complete */
    RESP_MORE, /* the rest is missing */
    RESP_ERR,  /* the stream is broken: tell `error`, then close */
};

#define RESP_BULK_LEN_MAX_DEFAULT (512ll * 1024 * 1024)
#define RESP_INLINE_MAX           (64 * 1024) /* bytes of an inline request, and of a count line */
#define RESP_DETACH_MIN           (32 * 1024) /* arguments from this size on are worth resp_parser_detach */

struct resp_parser {
    /* limits, set by the caller at any time between calls */
    int64_t bulk_len_max; /* proto-max-bulk-len */
    bool trusted; /* false: the limits of a client that has not authenticated (10 arguments of 16 KiB) */

    /* the command under way; all zero between commands */
    uint8_t state;
    uint32_t argc, argv_cap;
    uint32_t args_left; /* arguments not yet complete */
    size_t scanned;     /* no line end before here */
    size_t pos;         /* input up to here is understood; counted from the command's first byte */
    int64_t bulk_len;   /* of the argument whose bytes are awaited */
    struct slice *argv; /* owned; complete arguments, ptr being an offset unless detached */
    char *detached;     /* the caller's storage for the argument under way */

    char error[64]; /* after RESP_ERR: "Protocol error: …", terminated */
};

/* `trusted` starts as true. */
void resp_parser_init(struct resp_parser *p);
void resp_parser_deinit(struct resp_parser *p);

/* `bytes` begins at the first byte that no earlier call consumed. `*consumed` is set to what need not be
 * shown again: with RESP_OK all bytes of the command, with RESP_MORE only what carries nothing (empty lines).
 * With RESP_OK `out` is the command; call again for the next one. After RESP_ERR the parser is of no more
 * use. */
enum resp_result resp_parse(struct resp_parser *p, struct resp_arena *arena, const char *bytes, size_t len,
                            size_t *consumed, struct resp_command *out);

/* --- large arguments ---
 *
 * After RESP_MORE the parser may stand inside an argument whose length it knows. Small ones are best awaited
 * in the caller's buffer; resp_parser_missing then says how much to reserve. Large ones can go straight to
 * where they will stay:
 *
 *      n = resp_parser_awaits(p, len, &have)        of n argument bytes, `have` lie at the end of the input
 *      storage = …n bytes; copy the `have`; resp_parser_detach(p, storage); drop these `have` bytes from the
 * input receive the other n - have bytes into storage resp_parse(… input kept so far, what follows the
 * argument …)
 *
 * The command's slice then points to `storage`, which stays the caller's. It can be done for any number of
 * arguments of one command. */

/* Full length of the argument under way, with `*have` bytes of it at the end of the `len` bytes of input that
 * the last call left unconsumed. 0 when the parser is not inside an argument, or already detached it. */
size_t resp_parser_awaits(const struct resp_parser *p, size_t len, size_t *have);

/* Takes nothing: `storage` (resp_parser_awaits bytes) is the caller's and must be full before the next
 * resp_parse. */
void resp_parser_detach(struct resp_parser *p, char *storage);

/* With `len` bytes of unconsumed input: at least this many more are needed for progress worth a call (1 or
 * more). */
size_t resp_parser_missing(const struct resp_parser *p, size_t len);

/* True between commands: nothing of a next one was seen. */
static inline bool resp_parser_idle(const struct resp_parser *p) {
    return p->state == 0 && p->argc == 0;
}

#endif
