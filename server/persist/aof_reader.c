/* See aof_reader.h.
 *
 *        base                              fed                 size
 *      ───┬──────────┬──────────────────────┬───────────────────┬
 *         │   used   │  at: the next item   │  still to be fed  │
 *         └─────────── window ──────────────┘
 */
#include "server/persist/aof_reader.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include <stdio.h>

#define ARGS_KEPT 1024 /* a longer array goes back when it is done with */

void aof_reader_init(struct aof_reader *r, int64_t from, int64_t size) {
    *r = (struct aof_reader){.size = size, .at = from, .item_at = from, .fed = from};
}

void aof_reader_deinit(struct aof_reader *r) {
    buf_deinit(&r->bytes);
    mem_free(r->argv);
    *r = (struct aof_reader){0};
}

void aof_reader_feed(struct aof_reader *r, const void *bytes, size_t len) {
    must(r->fed + (int64_t)len <= r->size);
    if (r->used) {
        r->bytes.len -= r->used;
        memmove(r->bytes.ptr, r->bytes.ptr + r->used, r->bytes.len);
        r->used = 0;
    }
    buf_append(&r->bytes, bytes, len);
    r->fed += (int64_t)len;
}

static const char *here(const struct aof_reader *r) {
    return r->bytes.ptr + r->used;
}
static size_t have(const struct aof_reader *r) {
    return r->bytes.len - r->used;
}
/* What is left of the file, or of the group. */
static int64_t limit(const struct aof_reader *r) {
    return r->at < r->group_end ? r->group_end : r->size;
}

static enum aof_item fail(struct aof_reader *r, enum aof_fault fault, const char *why) {
    r->fault = fault;
    snprintf(r->error, sizeof(r->error), "%s", why);
    return AOF_FAULT;
}

static void advance(struct aof_reader *r, size_t len) {
    r->item_at = r->at;
    r->at += (int64_t)len;
    r->used += len;
}

/* --- lines --- */

enum parsed { PARSED, PARSE_MORE, PARSE_CUT, PARSE_BAD };

/* A line of at most `most` bytes, end included; *len without the end. Redis takes any line that ends in \n.
 */
static enum parsed find_line(const struct aof_reader *r, size_t from, size_t most, size_t *len,
                             size_t *whole) {
    int64_t there = limit(r) - r->at - (int64_t)from;
    size_t seen = have(r) - from, look = seen < most ? seen : most;
    if ((int64_t)look > there) look = (size_t)there;
    const char *start = here(r) + from, *end = look ? memchr(start, '\n', look) : NULL;
    if (end == NULL) {
        if (look == most) return PARSE_BAD;
        return (int64_t)look == there ? PARSE_CUT : PARSE_MORE;
    }
    *whole = (size_t)(end - start) + 1;
    *len = *whole - 1;
    if (*len && start[*len - 1] == '\r') --*len;
    return PARSED;
}

/* --- commands --- */

#define HEAD_MAX 32

/* Reads "<mark><number>\r\n" at *pos and moves it behind. */
static enum parsed parse_head(const struct aof_reader *r, size_t *pos, char mark, int64_t *out) {
    if (r->at + (int64_t)*pos >= limit(r)) return PARSE_CUT;
    if (*pos >= have(r)) return PARSE_MORE;
    if (here(r)[*pos] != mark) return PARSE_BAD;
    size_t len, whole;
    enum parsed parsed = find_line(r, *pos, HEAD_MAX, &len, &whole);
    if (parsed != PARSED) return parsed;
    if (!num_parse_int64(here(r) + *pos + 1, len - 1, out)) return PARSE_BAD;
    *pos += whole;
    return PARSED;
}

static void reserve_args(struct aof_reader *r, int64_t count) {
    if (count <= r->argv_cap && r->argv_cap <= ARGS_KEPT) return;
    if (count <= r->argv_cap && count > ARGS_KEPT) return;
    r->argv_cap = count > 16 ? (int)count : 16;
    r->argv = mem_realloc(r->argv, (size_t)r->argv_cap * sizeof(*r->argv));
}

/* Slices are kept as offsets until the command is complete: the window may move. */
static enum parsed parse_command(struct aof_reader *r, size_t *pos) {
    int64_t count, len;
    enum parsed parsed = parse_head(r, pos, '*', &count);
    if (parsed != PARSED) return parsed;
    if (count < 1 || count > INT32_MAX) return PARSE_BAD;
    if (count > (limit(r) - r->at - (int64_t)*pos) / 6 + 1) return PARSE_CUT; /* "$0\r\n\r\n" is the least */
    reserve_args(r, count);
    for (int64_t i = 0; i < count; i++) {
        parsed = parse_head(r, pos, '$', &len);
        if (parsed != PARSED) return parsed;
        if (len < 0) return PARSE_BAD;
        if (len > limit(r) - r->at - (int64_t)*pos - 2) return PARSE_CUT;
        if ((size_t)len + 2 > have(r) - *pos) return PARSE_MORE;
        r->argv[i] = (struct slice){here(r) + *pos, (size_t)len};
        *pos += (size_t)len;
        if (memcmp(here(r) + *pos, "\r\n", 2) != 0) return PARSE_BAD;
        *pos += 2;
    }
    r->argc = (int)count;
    return PARSED;
}

/* --- annotations --- */

static enum aof_item read_group(struct aof_reader *r, size_t line) {
    struct aof_group g = r->group;
    if (g.start != r->at + (int64_t)line || r->at < r->group_end) {
        r->damaged_line = true;
        return fail(r, AOF_MALFORMED, "the line of a group stands where it was not written");
    }
    if (g.length > r->size - g.start) return fail(r, AOF_CUT, "the file ends within a group");
    if ((uint64_t)g.length > have(r) - line) return AOF_MORE;
    if (aof_group_checksum(&g, (struct slice){here(r) + line, (size_t)g.length}) != g.checksum)
        return fail(r, AOF_CHECKSUM, "the checksum of a group is wrong");
    advance(r, line);
    r->group_end = r->ours_end = g.start + g.length;
    r->groups++;
    return AOF_GROUP;
}

/* AOF_COMMAND stands for "nothing of interest, go on". */
static enum aof_item read_annotation(struct aof_reader *r) {
    size_t len, whole;
    switch (find_line(r, 0, AOF_LINE_MAX, &len, &whole)) {
    case PARSE_MORE: return AOF_MORE;
    case PARSE_CUT: return fail(r, AOF_CUT, "the file ends within an annotation");
    case PARSE_BAD:
        r->damaged_line = true;
        return fail(r, AOF_MALFORMED, "a line that begins with # does not end");
    case PARSED: break;
    }
    struct slice line = {here(r), len};
    size_t group = sizeof(AOF_GROUP_MARK) - 1, time = sizeof(AOF_TIME_MARK) - 1;
    if (len >= group && memcmp(line.ptr, AOF_GROUP_MARK, group) == 0) {
        struct aof_group g;
        if (!aof_group_parse(line, &g)) {
            r->damaged_line = true;
            return fail(r, AOF_MALFORMED, "the line of a group is broken");
        }
        r->group = g;
        return read_group(r, whole);
    }
    bool is_time = len > time && memcmp(line.ptr, AOF_TIME_MARK, time) == 0 &&
                   num_parse_int64(line.ptr + time, len - time, &r->time_s);
    /* Others may write annotations of their own. But where Torc wrote before, its line comes next, and nobody
     * writes zeros: if this is what has become of a group's line, the commands behind it are not verified. */
    bool behind_group = r->group_end && r->at == r->ours_end;
    if (!is_time && (behind_group || memchr(line.ptr, 0, len))) {
        r->damaged_line = true;
        return fail(r, AOF_MALFORMED, "an unknown annotation stands where that of a group is due");
    }
    advance(r, whole);
    if (behind_group) r->ours_end = r->at;
    return is_time ? AOF_TIME : AOF_COMMAND;
}

enum aof_item aof_reader_next(struct aof_reader *r) {
    if (r->fault) return AOF_FAULT;
    for (;;) {
        if (r->at == r->size) return AOF_END;
        if (have(r) == 0) return AOF_MORE;
        char first = *here(r);
        if (first == '#') {
            enum aof_item item = read_annotation(r);
            if (item != AOF_COMMAND) return item;
            continue;
        }
        size_t pos = 0;
        switch (parse_command(r, &pos)) {
        case PARSE_MORE: return AOF_MORE;
        case PARSE_CUT:
            return r->at < r->group_end ? fail(r, AOF_MALFORMED, "a command does not end with its group")
                                        : fail(r, AOF_CUT, "the file ends within a command");
        case PARSE_BAD: r->damaged_line = first == 0; return fail(r, AOF_MALFORMED, "not a command");
        case PARSED: break;
        }
        r->commands++;
        advance(r, pos);
        return AOF_COMMAND;
    }
}

bool aof_reader_is_torn(const struct aof_reader *r) {
    if (r->at < r->group_end) return false; /* within what was verified: it was written like that */
    return r->fault != AOF_MALFORMED || r->damaged_line || (r->group_end && r->at == r->ours_end);
}

/* --- looking for verifiable records behind damage --- */

#define PIECE (1 << 20)

static int64_t verify(const struct aof_source *source, const struct aof_group *g, char *room) {
    struct aof_sum sum;
    aof_sum_begin(&sum, g);
    for (int64_t done = 0; done < g->length;) {
        size_t len = g->length - done < PIECE ? (size_t)(g->length - done) : PIECE;
        ssize_t n = source->read(source->owner, room, len, g->start + done);
        if (n < 0) return n;
        if ((size_t)n < len) return 0;
        aof_sum_add(&sum, room, len);
        done += n;
    }
    return aof_sum_end(&sum) == g->checksum;
}

/* Whether a group's line begins at `at`, whose bytes are in `text`: 1, 0, or a negative errno. */
static int64_t is_group(const struct aof_source *source, struct slice text, int64_t at, int64_t size,
                        struct aof_group *g, char *room) {
    size_t look = text.len < AOF_GROUP_MAX ? text.len : AOF_GROUP_MAX;
    const char *end = memchr(text.ptr, '\n', look);
    if (end == NULL || end == text.ptr || end[-1] != '\r') return 0;
    if (!aof_group_parse((struct slice){text.ptr, (size_t)(end - 1 - text.ptr)}, g)) return 0;
    if (g->start != at + (end + 1 - text.ptr) || g->length > size - g->start) return 0;
    return verify(source, g, room);
}

/* Looks through [0, until) of a window of `len` bytes that lies at `base`. True: the proof was found. */
static bool look_through(const struct aof_source *source, struct slice window, size_t until, int64_t base,
                         int64_t fault_at, int64_t size, char *room, struct aof_behind *out, int *error) {
    const char *end = window.ptr + until;
    struct aof_group g;
    for (const char *at = window.ptr; (at = memchr(at, '#', (size_t)(end - at))) != NULL; at++) {
        size_t skipped = (size_t)(at - window.ptr);
        int64_t offset = base + (int64_t)skipped;
        int64_t is = is_group(source, (struct slice){at, window.len - skipped}, offset, size, &g, room);
        if (is < 0) *error = (int)is;
        if (is < 0) return true;
        if (is && out->first < 0) out->first = offset;
        if (is && g.durable > fault_at) {
            out->proof = offset;
            return true;
        }
    }
    return false;
}

int aof_look_behind(const struct aof_source *source, int64_t fault_at, int64_t size, struct aof_behind *out) {
    char *window = mem_alloc(PIECE), *room = mem_alloc(PIECE);
    int error = 0;
    *out = (struct aof_behind){-1, -1};
    for (int64_t from = fault_at + 1; from < size;) {
        ssize_t n =
            source->read(source->owner, window, size - from < PIECE ? (size_t)(size - from) : PIECE, from);
        if (n < 0) error = (int)n;
        if (n <= 0) break;
        bool last = from + n >= size || n < PIECE;
        size_t until =
            (size_t)n - (last ? 0 : AOF_GROUP_MAX); /* a line that the window cuts is seen by the next */
        struct slice bytes = {window, (size_t)n};
        if (look_through(source, bytes, until, from, fault_at, size, room, out, &error) || last) break;
        from += (int64_t)until;
    }
    mem_free_sized(window, PIECE);
    mem_free_sized(room, PIECE);
    return error;
}
