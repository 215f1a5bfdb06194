/* The walk of one large value: hands out everything that it had when the walk began, exactly once and as it
 * was then, whatever is added, removed, changed meanwhile.
 *
 *      value_walk_step, node by node ─────────────────► element
 *      the type, before it changes an element or leaf ─┘  (the pre-image)
 *
 * Hashes and sets go by their table's buckets and marks, sorted sets by the leaves of their tree: in no
 * certain order, and what is about to change comes early. Lists, streams and long strings come in their order
 * and in their turn: what is about to change is copied, and the walk keeps what was. But a group of a stream
 * may come early.
 *
 * The walk holds the value's body, not its entry: the entry may be renamed or moved meanwhile. While it lasts
 * the body must not be freed. */
#ifndef TORC_TYPES_VALUE_WALK_H
#define TORC_TYPES_VALUE_WALK_H

#include "server/ds/deque.h"
#include "server/ds/rank_tree.h"
#include "server/types/entry.h"
#include "server/types/stream_walk.h"
#include "server/types/string_walk.h"

struct items;

/* One element, as it was at the beginning; or a piece of the value. Valid during the call. */
struct value_element {
    struct slice name;  /* a field or member; a piece of a string; the listpack of a stream's node */
    struct slice value; /* of a field */
    double score;
    int64_t deadline_ms;            /* of a field; ENTRY_NO_DEADLINE if it has none */
    const struct pack *pack;        /* of a list: the elements in one */
    struct stream_id id;            /* of a stream's node */
    const struct stream_head *head; /* of a stream, once, behind all nodes; NULL: not this */
    const struct stream_group *group;
};

struct value_walk {
    /* Told of each element; NULL: none is wanted any more, the walk goes on to leave no marks. */
    void (*element)(struct value_walk *walk, const struct value_element *element);
    uint8_t type;        /* enum value_type */
    struct items *items; /* borrowed: the body's table, of a hash, set or sorted set */
    struct rank_tree *ranks;
    struct deque *deque;
    struct stream *stream;
    union {
        struct {
            struct rank_walk leaves;
            size_t bucket; /* the next one */
        };
        struct deque_walk packs;
        struct stream_walk nodes;
        struct string_walk string;
    };
};

/* Whether a value is walked in pieces: otherwise it is one piece itself. */
bool value_walk_can(const struct entry *e);
/* The walk that a value is under; NULL: none. */
struct value_walk *value_walk_of(const struct entry *e);
/* Begins; `w` stays in place until the end. No other walk of that value may be under way. */
void value_walk_begin(struct value_walk *w, const struct entry *e,
                      void (*element)(struct value_walk *walk, const struct value_element *element));
/* How many elements (packs of a list, nodes of a stream, bytes of a string) the value has: right after the
 * beginning, so many will be told of. */
size_t value_walk_count(const struct value_walk *w);
/* Bytes of what had to be copied since it is both walked over and changed. */
size_t value_walk_copied(const struct value_walk *w);
/* Walks over up to `budget` buckets (decreased); false when it is through. */
bool value_walk_step(struct value_walk *w, size_t *budget);
/* From now on nobody is told. */
void value_walk_quiet(struct value_walk *w);
/* Ends a walk that is through. What it kept of the value and is large itself is returned as an entry, the
 * caller's; or NULL. */
struct entry *value_walk_end(struct value_walk *w);

#endif
