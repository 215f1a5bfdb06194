/* From a line such as `MSET key:__rand__ __data:64__` to bytes that need only digits changed.
 *
 * Every placeholder has a fixed width, so a request's length never changes and its RESP header stays
 * right. Each connection owns one batch, long enough for a pipeline, and sends it again and again: what
 * is left per request is drawing a number and storing twelve digits.
 */
#include "request.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void bad_template(const char *line, const char *why) {
    fprintf(stderr, "load: %s in command: %s\n", why, line);
    exit(2);
}

static void *need(void *p) {
    if (!p) {
        fprintf(stderr, "load: out of memory\n");
        exit(2);
    }
    return p;
}

/* A growing piece of rendered text with its numbers. */
struct text {
    char *bytes;
    size_t len, room;
    struct request_patch *patches;
    size_t patches_len, patches_room;
};

static void text_put(struct text *t, const char *p, size_t n) {
    if (t->len + n > t->room) {
        t->room = (t->len + n) * 2;
        t->bytes = need(realloc(t->bytes, t->room));
    }
    memcpy(t->bytes + t->len, p, n);
    t->len += n;
}

/* Notes a number at the text's end; the caller puts its digits. */
static void text_note(struct text *t, struct request_patch patch) {
    if (t->patches_len == t->patches_room) {
        t->patches_room = t->patches_room * 2 + 8;
        t->patches = need(realloc(t->patches, t->patches_room * sizeof *t->patches));
    }
    patch.offset += (uint32_t)t->len;
    t->patches[t->patches_len++] = patch;
}

static void text_patch(struct text *t, struct request_patch patch) {
    text_note(t, patch);
    text_put(t, "00000000000000000000", patch.digits);
}

/* Appends a copy of `from` with its numbers. */
static void text_append(struct text *t, const struct text *from) {
    for (size_t i = 0; i < from->patches_len; i++)
        text_note(t, from->patches[i]);
    text_put(t, from->bytes, from->len);
}

static void text_free(struct text *t) {
    free(t->bytes);
    free(t->patches);
}

static void text_data(struct text *t, size_t n) {
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        char c = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[x & 63];
        text_put(t, &c, 1);
    }
}

/* Renders the placeholder at `p`; returns its length in the line, 0 when there is none. */
static size_t placeholder_render(struct text *t, const char *p, const char *line) {
    uint64_t low, high;
    int used = 0;
    if (strncmp(p, "__rand__", 8) == 0) {
        text_patch(t, (struct request_patch){.digits = 12});
        return 8;
    }
    if (strncmp(p, "__seq__", 7) == 0) {
        text_patch(t, (struct request_patch){.digits = 12, .draw = REQUEST_SEQUENCE});
        return 7;
    }
    if (strncmp(p, "__again__", 9) == 0) {
        text_patch(t, (struct request_patch){.digits = 12, .draw = REQUEST_AGAIN});
        return 9;
    }
    if (sscanf(p, "__between:%" SCNu64 ":%" SCNu64 "__%n", &low, &high, &used) == 2 && used) {
        if (high < low || high - low == UINT64_MAX) bad_template(line, "an empty range");
        int digits = snprintf(NULL, 0, "%" PRIu64, high);
        text_patch(t, (struct request_patch){.digits = (uint8_t)digits, .low = low, .span = high - low + 1});
        return (size_t)used;
    }
    if (sscanf(p, "__data:%" SCNu64 "__%n", &low, &used) == 1 && used) {
        if (low > (1u << 26)) bad_template(line, "more than 64 MiB of data");
        text_data(t, low);
        return (size_t)used;
    }
    return 0;
}

/* Renders one word to `t` and returns what follows it. */
static const char *word_render(struct text *t, const char *p, const char *line) {
    bool quoted = false;
    for (; *p && (quoted || *p != ' '); p++) {
        size_t used;
        if (*p == '"') {
            quoted = !quoted;
        } else if (*p == '_' && (used = placeholder_render(t, p, line)) > 0) {
            p += used - 1;
        } else {
            text_put(t, p, 1);
        }
    }
    if (quoted) bad_template(line, "an open quote");
    return p;
}

/* Renders a whole command line to one request. */
static void line_render(struct text *out, const char *line) {
    struct text words = {0};
    unsigned n = 0;
    char head[32];
    for (const char *p = line; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        struct text word = {0};
        p = word_render(&word, p, line);
        text_put(&words, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", word.len));
        text_append(&words, &word);
        text_put(&words, "\r\n", 2);
        text_free(&word);
        n++;
    }
    if (n == 0) bad_template(line, "no word");
    text_put(out, head, (size_t)snprintf(head, sizeof head, "*%u\r\n", n));
    text_append(out, &words);
    text_free(&words);
}

void request_batch_init(struct request_batch *b, const char *const *lines, unsigned n, unsigned slots,
                        unsigned turn) {
    struct text *requests = need(calloc(n, sizeof *requests)), all = {0};
    for (unsigned i = 0; i < n; i++)
        line_render(&requests[i], lines[i]);
    b->slots = slots;
    b->ends = need(calloc(slots, sizeof *b->ends));
    b->patch_ends = need(calloc(slots, sizeof *b->patch_ends));
    for (unsigned i = 0; i < slots; i++) {
        text_append(&all, &requests[i / turn % n]);
        if (all.len > (1u << 30))
            bad_template(lines[i / turn % n], "more than 1 GiB for one connection's pipeline");
        b->ends[i] = (uint32_t)all.len;
        b->patch_ends[i] = (uint32_t)all.patches_len;
    }
    b->bytes = all.bytes;
    b->patches = all.patches;
    for (unsigned i = 0; i < n; i++)
        text_free(&requests[i]);
    free(requests);
}

void request_batch_deinit(struct request_batch *b) {
    free(b->bytes);
    free(b->ends);
    free(b->patch_ends);
    free(b->patches);
    *b = (struct request_batch){0};
}

static uint64_t random_next(struct request_source *s) {
    uint64_t x = s->random_state;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    s->random_state = x;
    return x;
}

static void digits_store(char *p, unsigned digits, uint64_t v) {
    while (digits > 0) {
        p[--digits] = (char)('0' + v % 10);
        v /= 10;
    }
}

void request_refresh(struct request_batch *b, struct request_source *s, unsigned first, unsigned n) {
    uint32_t i = first ? b->patch_ends[first - 1] : 0, end = n ? b->patch_ends[first + n - 1] : i;
    for (; i < end; i++) {
        const struct request_patch *patch = &b->patches[i];
        uint64_t span = patch->span ? patch->span : s->keyspace, v;
        switch (patch->draw) {
        case REQUEST_SEQUENCE:
            v = s->sequence++;
            if (v >= span) v %= span;
            break;
        case REQUEST_AGAIN: v = b->last; break;
        default:
            /* The upper half of a 128-bit product: uniform without a division. */
            v = (uint64_t)(((__uint128_t)random_next(s) * span) >> 64);
        }
        b->last = patch->low + v;
        digits_store(b->bytes + patch->offset, patch->digits, b->last);
    }
}
