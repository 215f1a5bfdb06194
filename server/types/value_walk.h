/* The walk of one large value: hands out every element that it had when the walk began, exactly once and as
 * it was then, whatever is added, removed, changed meanwhile.
 *
 *      value_walk_step, node by node ─────────────────► element
 *      the type, before it changes an element or leaf ─┘  (the pre-image)
 *
 * Hashes and sets go by their table's buckets and marks, sorted sets by the leaves of their tree. The walk
 * holds the value's body, not its entry: the entry may be renamed or moved meanwhile. While it lasts the body
 * must not be freed. */
#ifndef TORC_TYPES_VALUE_WALK_H
#define TORC_TYPES_VALUE_WALK_H

#include "server/ds/rank_tree.h"
#include "server/types/entry.h"

struct items;

/* One element, as it was at the beginning. Valid during the call. */
struct value_element {
    struct slice name;  /* a field or member */
    struct slice value; /* of a field */
    double score;
    int64_t deadline_ms; /* of a field; ENTRY_NO_DEADLINE if it has none */
};

struct value_walk {
    /* Told of each element; NULL: none is wanted any more, the walk goes on to leave no marks. */
    void (*element)(struct value_walk *walk, const struct value_element *element);
    uint8_t type;        /* enum value_type */
    struct items *items; /* borrowed: the body's table */
    struct rank_tree *ranks;
    struct rank_walk leaves;
    size_t bucket; /* the next one */
};

/* Whether a value is walked in pieces: otherwise it is one piece itself. */
bool value_walk_can(const struct entry *e);
/* The walk that a value is under; NULL: none. */
struct value_walk *value_walk_of(const struct entry *e);
/* Begins; `w` stays in place until the end. No other walk of that value may be under way. */
void value_walk_begin(struct value_walk *w, const struct entry *e,
                      void (*element)(struct value_walk *walk, const struct value_element *element));
/* How many elements the value has: right after the beginning, so many will be told of. */
size_t value_walk_count(const struct value_walk *w);
/* Walks over up to `budget` buckets (decreased); false when it is through. */
bool value_walk_step(struct value_walk *w, size_t *budget);
/* From now on nobody is told. */
void value_walk_quiet(struct value_walk *w);
/* Ends a walk that is through. */
void value_walk_end(struct value_walk *w);

#endif
