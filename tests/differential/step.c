/* Steps: the bytes of a round's commands lie in blocks that are given back together.
 *
 *      trace ── steps ──► { kind, session, argv ──► slices ─┐ } …
 *            └─ blocks ─► [ slices, bytes ◄─────────────────┘ ] ─► [ … ]
 */
#include "tests/differential/step.h"
#include "common/base/mem.h"
#include <stdio.h>

#define BLOCK_BYTES (256 * 1024)

struct trace_block {
    struct trace_block *next;
    size_t used, cap;
    _Alignas(16) char bytes[];
};

void trace_clear(struct trace *t) {
    while (t->blocks) {
        struct trace_block *next = t->blocks->next;
        mem_free(t->blocks);
        t->blocks = next;
    }
    t->count = 0;
}

void trace_deinit(struct trace *t) {
    trace_clear(t);
    mem_free(t->steps);
    *t = (struct trace){0};
}

static void *trace_room(struct trace *t, size_t len) {
    len = (len + 15) & ~(size_t)15;
    if (!t->blocks || t->blocks->cap - t->blocks->used < len) {
        size_t cap = len > BLOCK_BYTES ? len : BLOCK_BYTES;
        struct trace_block *block = mem_alloc(sizeof *block + cap);
        *block = (struct trace_block){.next = t->blocks, .cap = cap};
        t->blocks = block;
    }
    void *room = t->blocks->bytes + t->blocks->used;
    t->blocks->used += len;
    return room;
}

void args_add(struct args *a, const void *bytes, size_t len) {
    if (a->argc == ARGS_MAX) return;
    char *copy = trace_room(a->trace, len);
    if (len) memcpy(copy, bytes, len);
    a->argv[a->argc++] = (struct slice){copy, len};
}

void args_add_str(struct args *a, const char *text) {
    args_add(a, text, strlen(text));
}

void args_addf(struct args *a, const char *fmt, ...) {
    char text[512];
    va_list list;
    va_start(list, fmt);
    int len = vsnprintf(text, sizeof text, fmt, list);
    va_end(list);
    args_add(a, text, len < (int)sizeof text ? (size_t)len : sizeof text - 1);
}

void args_add_line(struct args *a, const char *line) {
    while (*line) {
        size_t len = strcspn(line, " ");
        if (len == 2 && line[0] == '"' && line[1] == '"')
            args_add(a, "", 0);
        else
            args_add(a, line, len);
        line += len + (line[len] == ' ');
    }
}

struct step *trace_add(struct trace *t, enum step_kind kind, unsigned session, bool joined,
                       const struct args *a) {
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 1024;
        t->steps = mem_realloc(t->steps, t->cap * sizeof *t->steps);
    }
    size_t bytes = (size_t)a->argc * sizeof *a->argv;
    struct slice *argv = trace_room(t, bytes);
    if (bytes) memcpy(argv, a->argv, bytes);
    struct step *step = &t->steps[t->count++];
    *step = (struct step){
        .kind = (uint8_t)kind, .session = (uint8_t)session, .joined = joined, .argc = a->argc, .argv = argv};
    return step;
}

void step_encode(const struct step *s, struct buf *out) {
    buf_printf(out, "*%d\r\n", s->argc);
    for (int i = 0; i < s->argc; i++) {
        buf_printf(out, "$%zu\r\n", s->argv[i].len);
        buf_append_slice(out, s->argv[i]);
        buf_append_str(out, "\r\n");
    }
}

void step_print(const struct step *s, struct buf *out) {
    static const char *const kinds[] = {[STEP_SOLO] = "(Torc alone) ",
                                        [STEP_SYNC] = "(subscriber) ",
                                        [STEP_CHECK] = "(state of both)",
                                        [STEP_SCAN] = "(full iteration, db first) "};
    buf_printf(out, "  [%u] %s", s->session, kinds[s->kind] ? kinds[s->kind] : "");
    for (int i = 0; i < s->argc; i++) {
        if (i) buf_append_char(out, ' ');
        size_t shown = s->argv[i].len < 200 ? s->argv[i].len : 200;
        buf_append_quoted(out, s->argv[i].ptr, shown);
        if (shown < s->argv[i].len) buf_printf(out, "…(%zu bytes)", s->argv[i].len);
    }
}
