/* The walk of a large string: hands out its bytes in pieces, from the first to the last, as they were when
 * the walk began.
 *
 * Pieces that are about to change are copied before; a string that is replaced or shortened is the walk's
 * from then on, and goes on as another one. Internal to the types. */
#ifndef TORC_TYPES_STRING_WALK_H
#define TORC_TYPES_STRING_WALK_H

#include "server/types/string.h"

#define STRING_WALK_MIN   ((size_t)256 << 10) /* shorter strings are taken whole */
#define STRING_WALK_PIECE ((size_t)64 << 10)

struct string_walk {
    struct heap_string *heap; /* the entry's, or owned if `kept` */
    bool kept;
    size_t len, at;
    char **early;        /* owned: copies of pieces that changed, by number; NULL: none yet */
    size_t copied_bytes; /* of these, and of what was kept */
};

static inline bool string_walk_can(const struct entry *e) {
    return entry_encoding(e) == ENC_HEAP && string_heap(e)->len >= STRING_WALK_MIN;
}
/* Begins; `w` is borrowed until the end. */
void string_walk_begin(const struct entry *e, struct string_walk *w);
/* The next piece, valid until the next call; false at the end. */
bool string_walk_next(struct string_walk *w, struct slice *piece);
/* Ends it. What the walk kept is returned as an entry without a name, the caller's; or NULL. */
struct entry *string_walk_end(struct string_walk *w);

#endif
