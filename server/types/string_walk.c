/* See string_walk.h. */
#include "server/types/string_walk.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

static size_t piece_count(const struct string_walk *w) {
    return (w->len + STRING_WALK_PIECE - 1) / STRING_WALK_PIECE;
}

static size_t piece_len(const struct string_walk *w, size_t piece) {
    size_t left = w->len - piece * STRING_WALK_PIECE;
    return left < STRING_WALK_PIECE ? left : STRING_WALK_PIECE;
}

void string_walk_begin(const struct entry *e, struct string_walk *w) {
    must(string_walk_can(e) && string_heap(e)->walk == NULL);
    *w = (struct string_walk){.heap = string_heap(e), .len = string_heap(e)->len};
    w->heap->walk = w;
}

static void copy_piece(struct string_walk *w, size_t piece) {
    if (w->early == NULL) w->early = mem_zalloc(piece_count(w) * sizeof(*w->early));
    if (w->early[piece]) return;
    size_t len = piece_len(w, piece);
    w->early[piece] = mem_alloc(len);
    memcpy(w->early[piece], w->heap->bytes + piece * STRING_WALK_PIECE, len);
    w->copied_bytes += len;
}

void string_walk_before_write(struct string_walk *w, size_t from, size_t to) {
    if (to > w->len) to = w->len;
    if (from < w->at) from = w->at;
    for (size_t at = from; at < to; at = (at / STRING_WALK_PIECE + 1) * STRING_WALK_PIECE)
        copy_piece(w, at / STRING_WALK_PIECE);
}

static void forget_early(struct string_walk *w, size_t piece) {
    if (w->early == NULL || w->early[piece] == NULL) return;
    mem_free_sized(w->early[piece], piece_len(w, piece));
    w->early[piece] = NULL;
}

bool string_walk_next(struct string_walk *w, struct slice *out) {
    size_t piece = w->at / STRING_WALK_PIECE;
    if (w->at > 0) forget_early(w, piece - 1 + (w->at == w->len && w->len % STRING_WALK_PIECE != 0));
    if (w->at == w->len) return false;
    const char *copied = w->early ? w->early[piece] : NULL;
    *out = (struct slice){copied ? copied : w->heap->bytes + w->at, piece_len(w, piece)};
    w->at += out->len;
    return true;
}

struct entry *string_walk_end(struct string_walk *w) {
    if (w->early) {
        for (size_t i = 0; i < piece_count(w); i++)
            forget_early(w, i);
        mem_free_sized(w->early, piece_count(w) * sizeof(*w->early));
    }
    w->heap->walk = NULL;
    if (!w->kept) return NULL;
    return entry_create(VALUE_STRING, ENC_HEAP, SLICE(""), ENTRY_NO_DEADLINE, &w->heap, sizeof(w->heap));
}
