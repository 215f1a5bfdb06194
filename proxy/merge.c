/* Several replies become one. Each part is complete RESP in the client's protocol; an error among them is the
 * answer, except where one good reply is enough. A write that was done in part says so, since it is no
 * transaction. */
#include "commands/command_ids.h"
#include "common/base/mem.h"
#include "common/resp/resp_reply.h"
#include "proxy/gather.h"
#include "proxy/scan.h"
#include "proxy/worker.h"

static bool is_error(const struct buf *reply) {
    return reply->len == 0 || reply->ptr[0] == '-';
}

static bool is_null(const struct buf *reply) {
    return (reply->len >= 3 && reply->ptr[0] == '_') ||
           (reply->len >= 4 && memcmp(reply->ptr + 1, "-1", 2) == 0);
}

static const struct buf *first_error(const struct gather *g, unsigned *errors) {
    const struct buf *found = NULL;
    *errors = 0;
    for (unsigned i = 0; i < g->part_count; i++) {
        if (!is_error(&g->parts[i].reply)) continue;
        if (found == NULL) found = &g->parts[i].reply;
        ++*errors;
    }
    return found;
}

static void write_error(const struct gather *g, const struct buf *error, unsigned errors, struct buf *out) {
    buf_append(out, error->ptr, error->len - 2);
    if (g->is_write && errors < g->part_count)
        buf_printf(out, " (%u of %u parts were done: this command is not atomic over slots)",
                   g->part_count - errors, g->part_count);
    buf_append_str(out, "\r\n");
}

static void write_header(struct buf *out, char type, uint64_t count) {
    buf_printf(out, "%c%llu\r\n", type, (unsigned long long)count);
}

/* Reads a part's first token; the rest follows at *at. */
static bool open_part(const struct gather_part *part, const char **at, const char **end,
                      struct resp_token *head) {
    *at = part->reply.ptr;
    *end = *at + part->reply.len;
    return resp_token_next(at, *end, head);
}

static void broken(struct buf *out) {
    buf_clear(out);
    buf_append_str(out, "-ERR the replies of the shards do not fit together\r\n");
}

/* --- integers --- */

static int64_t add(int64_t a, int64_t b) {
    return a + b;
}
static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Reads an integer, or an array of them, into `values`; -1: it is neither. */
static int64_t read_integers(const struct gather_part *part, bool *array, struct buf *values) {
    const char *at, *end;
    struct resp_token token;
    buf_clear(values);
    if (!open_part(part, &at, &end, &token)) return -1;
    *array = token.type == '*';
    int64_t count = *array ? token.count : 1;
    for (int64_t i = 0; i < count; i++) {
        if (*array && !resp_token_next(&at, end, &token)) return -1;
        if (token.type != ':') return -1;
        buf_append(values, &token.count, sizeof(token.count));
    }
    return count;
}

/* Element by element. */
static void merge_integers(const struct gather *g, int64_t (*combine)(int64_t, int64_t), struct buf *out) {
    struct buf all = {0}, more = {0};
    bool array = false;
    int64_t count = read_integers(&g->parts[0], &array, &all);
    int64_t *sum = (int64_t *)(void *)all.ptr;
    for (unsigned i = 1; i < g->part_count && count >= 0; i++) {
        if (read_integers(&g->parts[i], &array, &more) != count) count = -1;
        const int64_t *value = (const int64_t *)(const void *)more.ptr;
        for (int64_t k = 0; k < count; k++)
            sum[k] = combine(sum[k], value[k]);
    }
    if (count < 0) broken(out);
    if (count >= 0 && array) write_header(out, '*', (uint64_t)count);
    for (int64_t k = 0; k < count; k++)
        buf_printf(out, ":%lld\r\n", (long long)sum[k]);
    buf_deinit(&all);
    buf_deinit(&more);
}

/* --- arrays --- */

/* Puts the elements of all parts where their keys stood. */
static void merge_positions(const struct gather *g, struct buf *out) {
    const struct gather_part *last = &g->parts[g->part_count - 1];
    size_t total = last->first + last->count;
    struct slice *elements = mem_zalloc(total * sizeof(*elements));
    bool ok = true;
    for (unsigned i = 0; ok && i < g->part_count; i++) {
        const struct gather_part *part = &g->parts[i];
        const char *at, *end;
        struct resp_token head;
        ok = open_part(part, &at, &end, &head) && head.type == '*' && head.count == part->count;
        for (unsigned k = 0; ok && k < part->count; k++) {
            const char *start = at;
            ok = resp_value_skip(&at, end);
            elements[g->positions[part->first + k]] = (struct slice){start, (size_t)(at - start)};
        }
    }
    if (ok) {
        write_header(out, '*', total);
        for (size_t i = 0; i < total; i++)
            buf_append_slice(out, elements[i]);
    } else {
        broken(out);
    }
    mem_free(elements);
}

/* The elements of all, in any order; sets and maps stay what they are. */
static void merge_concat(const struct gather *g, struct buf *out) {
    uint64_t total = 0;
    char type = '*';
    struct buf body = {0};
    for (unsigned i = 0; i < g->part_count; i++) {
        const char *at, *end;
        struct resp_token head;
        if (!open_part(&g->parts[i], &at, &end, &head) || !strchr("*~%", head.type)) {
            buf_deinit(&body);
            broken(out);
            return;
        }
        type = head.type;
        total += (uint64_t)(head.type == '%' ? head.count / 2 : head.count);
        buf_append(&body, at, (size_t)(end - at));
    }
    write_header(out, type, total);
    buf_append_slice(out, buf_slice(&body));
    buf_deinit(&body);
}

/* Name and count, name and count: the names are the same everywhere, in the order that was asked for. */
static void merge_pairs(const struct gather *g, struct buf *out) {
    struct buf counts = {0};
    const char *at, *end;
    struct resp_token head, token;
    bool ok = true;
    for (unsigned i = 0; ok && i < g->part_count; i++) {
        ok = open_part(&g->parts[i], &at, &end, &head);
        for (int64_t k = 0; ok && k < head.count; k++) {
            ok = resp_token_next(&at, end, &token);
            if (!ok || k % 2 == 0) continue;
            size_t pair = (size_t)k / 2;
            if (i == 0) buf_append(&counts, &token.count, sizeof(token.count));
            if (i && (pair + 1) * sizeof(token.count) <= counts.len)
                ((int64_t *)(void *)counts.ptr)[pair] += token.count;
        }
    }
    ok = ok && open_part(&g->parts[0], &at, &end, &head) &&
         counts.len == (size_t)head.count / 2 * sizeof(int64_t);
    if (ok) {
        write_header(out, head.type, (uint64_t)(head.type == '%' ? head.count / 2 : head.count));
        for (int64_t k = 0; k < head.count / 2; k++) {
            const char *name = at;
            resp_value_skip(&at, end);
            buf_append(out, name, (size_t)(at - name));
            resp_value_skip(&at, end);
            buf_printf(out, ":%lld\r\n", (long long)((int64_t *)(void *)counts.ptr)[k]);
        }
    } else {
        broken(out);
    }
    buf_deinit(&counts);
}

/* --- one of them --- */

/* The first good one, from `begin` on. */
static void take_one(const struct gather *g, unsigned begin, bool (*good)(const struct buf *reply),
                     struct buf *out) {
    for (unsigned i = 0; i < g->part_count; i++) {
        const struct buf *reply = &g->parts[(begin + i) % g->part_count].reply;
        if (!good(reply)) continue;
        buf_append_slice(out, buf_slice(reply));
        return;
    }
    buf_append_slice(out, buf_slice(&g->parts[0].reply));
}

static bool is_value(const struct buf *reply) {
    return !is_error(reply) && !is_null(reply);
}
static bool is_no_error(const struct buf *reply) {
    return !is_error(reply);
}

void gather_merge(const struct gather *g, struct buf *out) {
    unsigned errors;
    const struct buf *error = first_error(g, &errors);
    if (g->kind == ROUTE_KIND_ONE_OK || g->kind == ROUTE_KIND_ANY) {
        bool random = g->whole->spec->id == CMD_RANDOMKEY; /* not always of the same shard */
        take_one(g, random ? worker_chance(g->worker) % g->part_count : 0,
                 g->kind == ROUTE_KIND_ANY ? is_value : is_no_error, out);
        return;
    }
    if (error) {
        write_error(g, error, errors, out);
        return;
    }
    switch (g->kind) {
    case ROUTE_KIND_SUM: merge_integers(g, add, out); break;
    case ROUTE_KIND_MIN:
    case ROUTE_KIND_ALL: merge_integers(g, least, out); break;
    case ROUTE_KIND_GATHER: merge_positions(g, out); break;
    case ROUTE_KIND_CONCAT: merge_concat(g, out); break;
    case ROUTE_KIND_PAIRS_SUM: merge_pairs(g, out); break;
    case ROUTE_KIND_CURSOR:
        if (!scan_merge(g, out)) broken(out);
        break;
    default: take_one(g, 0, is_no_error, out); break;
    }
}

/* --- DEBUG DIGEST --- */

/* The digests of the shards, one laid over the other: the same data in the same places gives the same. It is
 * not what one server with all the data would say. */
bool gather_digest(struct gather *g) {
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[40] = {0};
    unsigned errors;
    const struct buf *error = first_error(g, &errors);
    struct buf *out = &g->whole->reply;
    for (unsigned i = 0; i < g->part_count && error == NULL; i++) {
        const char *at = g->parts[i].reply.ptr, *end = at + g->parts[i].reply.len;
        struct resp_token text;
        if (!resp_token_next(&at, end, &text) || text.text.len != sizeof(sum)) {
            broken(out);
            return true;
        }
        for (size_t k = 0; k < sizeof(sum); k++) {
            const char *digit = memchr(digits, text.text.ptr[k], 16);
            sum[k] ^= (unsigned char)(digit ? digit - digits : 0);
        }
    }
    if (error) {
        buf_append_slice(out, buf_slice(error));
        return true;
    }
    buf_append_char(out, '+');
    for (size_t k = 0; k < sizeof(sum); k++)
        buf_append_char(out, digits[sum[k]]);
    buf_append_str(out, "\r\n");
    return true;
}
