/* Commands, cut out of received bytes.
 *
 * Two ways through one grammar:
 *
 *   parse_whole   the common case: the command under the cursor is complete. Straight-line code over the
 * bytes, arguments written once, into the arena. Gives up, having changed nothing, on anything unusual: a
 *                 missing byte, a length of more than six digits, an inline request, an error.
 *   parse_step    everything else: a machine that keeps its place between calls.
 *
 *        ┌── '*' count ──► COUNT ──► HEADER ──► PAYLOAD ──┐
 *  IDLE ─┤                             ▲────── args left ─┤──► command
 *        └── else ───────► INLINE ────────────────────────┘
 *
 * Positions of an incomplete command are offsets from its first byte, since the caller's buffer may grow and
 * move; a detached argument is marked in the top bit of its length, because its pointer is final already. A
 * promised count reserves nothing: slots grow with the arguments that really came. */
#include "common/resp/resp_parser.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include <limits.h>
#include <stdio.h>

enum state { IDLE, COUNT, HEADER, PAYLOAD, INLINE };

#define DETACHED               ((size_t)1 << 63)
#define UNTRUSTED_ARGS_MAX     10
#define UNTRUSTED_BULK_LEN_MAX 16384
#define WHOLE_ARGS_MAX         1024 /* longer commands go through parse_step, which trusts no count */
#define ARENA_BLOCK_SLOTS      2046

/* --- the arena --- */

struct resp_arena_block {
    struct resp_arena_block *next;
    size_t count;
    struct slice slots[];
};

void resp_arena_init(struct resp_arena *arena) {
    *arena = (struct resp_arena){0};
}

static struct slice *arena_grow(struct resp_arena *arena, size_t count) {
    size_t slots = count > ARENA_BLOCK_SLOTS ? count : ARENA_BLOCK_SLOTS;
    struct resp_arena_block *block = mem_alloc(sizeof *block + slots * sizeof(struct slice));
    block->count = slots;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->pos = block->slots;
    arena->end = block->slots + slots;
    return arena->pos;
}

static inline struct slice *arena_room(struct resp_arena *arena, size_t count) {
    return likely((size_t)(arena->end - arena->pos) >= count) ? arena->pos : arena_grow(arena, count);
}

struct slice *resp_arena_take(struct resp_arena *arena, size_t count) {
    struct slice *slots = arena_room(arena, count);
    arena->pos += count;
    return slots;
}

void resp_arena_reset(struct resp_arena *arena) {
    struct resp_arena_block *kept = NULL;
    if (likely(arena->blocks && !arena->blocks->next && arena->blocks->count == ARENA_BLOCK_SLOTS)) {
        arena->pos = arena->blocks->slots;
        return;
    }
    for (struct resp_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (!kept && block->count == ARENA_BLOCK_SLOTS)
            kept = block;
        else
            mem_free_sized(block, sizeof *block + block->count * sizeof(struct slice));
    }
    if (kept) kept->next = NULL;
    arena->blocks = kept;
    arena->pos = kept ? kept->slots : NULL;
    arena->end = kept ? kept->slots + kept->count : NULL;
}

void resp_arena_deinit(struct resp_arena *arena) {
    for (struct resp_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        mem_free_sized(block, sizeof *block + block->count * sizeof(struct slice));
    }
    *arena = (struct resp_arena){0};
}

/* --- lifecycle --- */

void resp_parser_init(struct resp_parser *p) {
    *p = (struct resp_parser){.bulk_len_max = RESP_BULK_LEN_MAX_DEFAULT, .trusted = true};
}

void resp_parser_deinit(struct resp_parser *p) {
    mem_free(p->argv);
    p->argv = NULL;
    p->argv_cap = p->argc = 0;
}

static void command_done(struct resp_parser *p) {
    mem_free(p->argv);
    p->argv = NULL;
    p->argv_cap = p->argc = p->args_left = 0;
    p->state = IDLE;
    p->pos = p->scanned = 0;
    p->bulk_len = 0;
    p->detached = NULL;
}

static enum resp_result fail(struct resp_parser *p, const char *what) {
    snprintf(p->error, sizeof p->error, "Protocol error: %s", what);
    return RESP_ERR;
}

/* --- the common case --- */

/* Reads "<type><1 to 6 digits>\r\n" at `at`, of which 10 bytes are readable. NULL when it is not that. */
static inline const char *read_short_header(const char *at, char type, uint32_t *value) {
    if (unlikely(at[0] != type)) return NULL;
    uint32_t n = (uint32_t)(unsigned char)at[1] - '0';
    if (unlikely(n > 9)) return NULL;
    if (at[2] == '\r') {
        *value = n;
        return at + 4;
    }
    if (unlikely(n == 0)) return NULL; /* a leading zero: parse_step knows what to say */
    at += 2;
    for (int digits = 2; digits <= 6; digits++, at++) {
        uint32_t d = (uint32_t)(unsigned char)*at - '0';
        if (unlikely(d > 9)) return NULL;
        n = n * 10 + d;
        if (at[1] == '\r') {
            *value = n;
            return at + 3;
        }
    }
    return NULL;
}

/* Returns the bytes of the command at `bytes`, 0 if this is nothing for the short way. */
static inline size_t parse_whole(const struct resp_parser *p, struct resp_arena *arena, const char *bytes,
                                 size_t len, struct resp_command *out) {
    const char *at = bytes, *end = bytes + len;
    uint32_t argc;
    if (unlikely(len < 14)) return 0; /* "*1\r\n$4\r\nPING\r\n" is the shortest command that is real */
    at = read_short_header(at, '*', &argc);
    if (unlikely(!at || argc == 0 || argc > (p->trusted ? WHOLE_ARGS_MAX : UNTRUSTED_ARGS_MAX))) return 0;
    size_t bulk_len_max = p->trusted ? (size_t)p->bulk_len_max : UNTRUSTED_BULK_LEN_MAX;
    struct slice *slot = arena_room(arena, argc), *slot_end = slot + argc;
    out->argv = slot;
    out->argc = argc;
    for (; slot < slot_end; slot++) {
        uint32_t arg_len;
        /* A header that ends the input has at least its own argument's line end behind it, so 10 bytes are
         * not always there; the last few bytes of an input then take the long way, which is rare in a full
         * pipeline. Bytes of the last argument are checked to be there, so shorter looks are enough for short
         * headers. */
        if (unlikely(end - at < 10)) {
            if (end - at < 6 || at[2] != '\r') return 0;
            uint32_t n = (uint32_t)(unsigned char)at[1] - '0';
            if (at[0] != '$' || n > 9) return 0;
            arg_len = n;
            at += 4;
        } else {
            at = read_short_header(at, '$', &arg_len);
            if (unlikely(!at)) return 0;
        }
        if (unlikely((size_t)(end - at) < (size_t)arg_len + 2 || arg_len > bulk_len_max)) return 0;
        slot->ptr = at;
        slot->len = arg_len;
        at += arg_len + 2;
    }
    arena->pos = slot_end;
    return (size_t)(at - bytes);
}

/* --- inline requests --- */

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Unquotes the word at *at into `out`, which has room for all of the line's rest. False: quotes do not match.
 */
static bool unquote_word(const char **at, const char *end, char *out, size_t *out_len) {
    const char *c = *at;
    char *o = out, quote = 0;
    for (;; c++) {
        if (quote) {
            if (c == end) return false;
            if (quote == '"' && *c == '\\' && c + 1 < end) {
                if (end - c > 3 && c[1] == 'x' && hex_digit(c[2]) >= 0 && hex_digit(c[3]) >= 0) {
                    *o++ = (char)(hex_digit(c[2]) * 16 + hex_digit(c[3]));
                    c += 3;
                    continue;
                }
                c++;
                switch (*c) {
                case 'n': *o++ = '\n'; break;
                case 'r': *o++ = '\r'; break;
                case 't': *o++ = '\t'; break;
                case 'b': *o++ = '\b'; break;
                case 'a': *o++ = '\a'; break;
                default: *o++ = *c;
                }
            } else if (quote == '\'' && *c == '\\' && c + 1 < end && c[1] == '\'') {
                *o++ = '\'';
                c++;
            } else if (*c == quote) {
                if (c + 1 < end && !is_blank(c[1])) return false; /* a closing quote ends the word */
                c++;
                break;
            } else {
                *o++ = *c;
            }
        } else if (c == end || is_blank(*c)) {
            break;
        } else if (*c == '"' || *c == '\'') {
            quote = *c;
        } else {
            *o++ = *c;
        }
    }
    *at = c;
    *out_len = (size_t)(o - out);
    return true;
}

static void push_arg(struct resp_parser *p, struct slice arg) {
    if (p->argc == p->argv_cap) {
        p->argv_cap = p->argv_cap ? p->argv_cap * 2 : 8;
        p->argv = mem_realloc(p->argv, p->argv_cap * sizeof *p->argv);
    }
    p->argv[p->argc++] = arg;
}

/* Splits a line (without its end) into arguments; words without quotes stay in place. */
static bool split_line(struct resp_parser *p, struct resp_arena *arena, const char *line, size_t len) {
    const char *nul = memchr(line, '\0', len); /* as Redis, which takes the line for a C string */
    const char *at = line, *end = nul ? nul : line + len;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end) return true;
        const char *word = at;
        while (at < end && !is_blank(*at) && *at != '"' && *at != '\'')
            at++;
        if (at == end || is_blank(*at)) {
            push_arg(p, (struct slice){word, (size_t)(at - word)});
            continue;
        }
        at = word;
        struct slice arg;
        char *room = (char *)resp_arena_take(arena, (size_t)(end - word) / sizeof(struct slice) + 1);
        if (!unquote_word(&at, end, room, &arg.len)) return false;
        arg.ptr = room;
        push_arg(p, arg);
    }
}

static void give(struct resp_parser *p, struct resp_arena *arena, struct resp_command *out) {
    out->argc = p->argc;
    out->argv = resp_arena_take(arena, p->argc);
    memcpy(out->argv, p->argv, p->argc * sizeof *p->argv);
}

/* --- the machine --- */

/* Finds the '\r' of the header line at p->pos, which needs one more byte behind it. RESP_MORE: not there yet.
 */
static enum resp_result find_line(struct resp_parser *p, const char *bytes, size_t len, size_t *line_len) {
    size_t from = p->scanned > p->pos ? p->scanned : p->pos;
    const char *found = from < len ? memchr(bytes + from, '\r', len - from) : NULL;
    if (!found) {
        p->scanned = len;
        return RESP_MORE;
    }
    p->scanned = (size_t)(found - bytes);
    *line_len = p->scanned - p->pos;
    return p->scanned + 1 < len ? RESP_OK : RESP_MORE;
}

static enum resp_result step_count(struct resp_parser *p, const char *bytes, size_t len) {
    size_t line_len;
    int64_t count;
    if (find_line(p, bytes, len, &line_len) != RESP_OK)
        return len - p->pos > RESP_INLINE_MAX ? fail(p, "too big mbulk count string") : RESP_MORE;
    if (!num_parse_int64(bytes + p->pos + 1, line_len - 1, &count) || count > INT_MAX)
        return fail(p, "invalid multibulk length");
    if (count > UNTRUSTED_ARGS_MAX && !p->trusted) return fail(p, "unauthenticated multibulk length");
    p->pos += line_len + 2;
    p->args_left = count > 0 ? (uint32_t)count : 0;
    p->state = HEADER;
    return RESP_OK;
}

static enum resp_result step_header(struct resp_parser *p, const char *bytes, size_t len) {
    size_t line_len;
    if (find_line(p, bytes, len, &line_len) != RESP_OK)
        return len - p->pos > RESP_INLINE_MAX ? fail(p, "too big bulk count string") : RESP_MORE;
    if (bytes[p->pos] != '$') {
        char what[] = "expected '$', got ' '";
        what[sizeof what - 3] = bytes[p->pos];
        return fail(p, what);
    }
    if (!num_parse_int64(bytes + p->pos + 1, line_len - 1, &p->bulk_len) || p->bulk_len < 0 ||
        p->bulk_len > p->bulk_len_max)
        return fail(p, "invalid bulk length");
    if (p->bulk_len > UNTRUSTED_BULK_LEN_MAX && !p->trusted) return fail(p, "unauthenticated bulk length");
    p->pos += line_len + 2;
    p->state = PAYLOAD;
    return RESP_OK;
}

static enum resp_result step_payload(struct resp_parser *p, size_t len) {
    size_t here = p->detached ? 0 : (size_t)p->bulk_len;
    if (len < p->pos || len - p->pos < here + 2) return RESP_MORE;
    if (p->detached)
        push_arg(p, (struct slice){p->detached, (size_t)p->bulk_len | DETACHED});
    else
        push_arg(p, (struct slice){(const char *)p->pos, (size_t)p->bulk_len});
    p->pos += here + 2;
    p->detached = NULL;
    p->args_left--;
    p->state = HEADER;
    return RESP_OK;
}

static enum resp_result step_inline(struct resp_parser *p, struct resp_arena *arena, const char *bytes,
                                    size_t len) {
    const char *found = p->scanned < len ? memchr(bytes + p->scanned, '\n', len - p->scanned) : NULL;
    if (!found) {
        p->scanned = len;
        return len > RESP_INLINE_MAX ? fail(p, "too big inline request") : RESP_MORE;
    }
    size_t line_len = (size_t)(found - bytes);
    p->pos = line_len + 1;
    if (line_len && bytes[line_len - 1] == '\r') line_len--;
    return split_line(p, arena, bytes, line_len) ? RESP_OK : fail(p, "unbalanced quotes in request");
}

/* Runs the machine on the command at `bytes`. RESP_OK: it is complete, p->pos long, possibly without
 * arguments. */
static enum resp_result parse_step(struct resp_parser *p, struct resp_arena *arena, const char *bytes,
                                   size_t len) {
    enum resp_result result = RESP_OK;
    if (p->state == IDLE) p->state = bytes[0] == '*' ? COUNT : INLINE;
    if (p->state == INLINE) return step_inline(p, arena, bytes, len);
    if (p->state == COUNT) result = step_count(p, bytes, len);
    while (result == RESP_OK && p->args_left) {
        result = p->state == HEADER ? step_header(p, bytes, len) : step_payload(p, len);
    }
    if (result != RESP_OK) return result;
    for (uint32_t i = 0; i < p->argc; i++) {
        if (p->argv[i].len & DETACHED)
            p->argv[i].len &= ~DETACHED;
        else
            p->argv[i].ptr = bytes + (size_t)p->argv[i].ptr;
    }
    return RESP_OK;
}

enum resp_result resp_parse(struct resp_parser *p, struct resp_arena *arena, const char *bytes, size_t len,
                            size_t *consumed, struct resp_command *out) {
    size_t at = 0;
    if (likely(p->state == IDLE)) {
        at = parse_whole(p, arena, bytes, len, out);
        if (likely(at)) {
            *consumed = at;
            return RESP_OK;
        }
    }
    /* Requests without arguments (an empty line, *0) vanish: hence the loop. */
    while (at < len) {
        enum resp_result result = parse_step(p, arena, bytes + at, len - at);
        if (result != RESP_OK) {
            *consumed = at;
            return result;
        }
        at += p->pos;
        uint32_t argc = p->argc;
        if (argc) give(p, arena, out);
        command_done(p);
        if (argc) {
            *consumed = at;
            return RESP_OK;
        }
    }
    *consumed = at;
    return RESP_MORE;
}

/* --- large arguments --- */

size_t resp_parser_awaits(const struct resp_parser *p, size_t len, size_t *have) {
    if (p->state != PAYLOAD || p->detached || p->bulk_len == 0) return 0;
    size_t here = len - p->pos;
    *have = here < (size_t)p->bulk_len ? here : (size_t)p->bulk_len;
    return (size_t)p->bulk_len;
}

void resp_parser_detach(struct resp_parser *p, char *storage) {
    must(p->state == PAYLOAD && !p->detached && storage);
    p->detached = storage;
    p->scanned = p->pos;
}

size_t resp_parser_missing(const struct resp_parser *p, size_t len) {
    if (p->state != PAYLOAD) return 1;
    size_t until = p->pos + (p->detached ? 0 : (size_t)p->bulk_len) + 2;
    return until > len ? until - len : 1;
}
