/* Named things in the order of their names: found, added and removed by name, walked in order.
 *
 * The index owns none of them; a name is borrowed from its thing, and stays where it is as long as that is in
 * the index. */
#ifndef TORC_DS_NAME_INDEX_H
#define TORC_DS_NAME_INDEX_H

#include "common/base/slice.h"
#include <stdint.h>

struct name_run;
struct name_index {
    struct name_run **runs; /* owned */
    uint32_t run_count, run_cap;
    size_t count;
};

void name_index_init(struct name_index *x);
void name_index_deinit(struct name_index *x);
size_t name_index_bytes(const struct name_index *x);

/* The thing of that name, or NULL. */
void *name_index_find(const struct name_index *x, struct slice name);
/* The name must not be there yet. */
void name_index_insert(struct name_index *x, struct slice name, void *thing);
/* Takes the thing of that name out and returns it; NULL if there is none. */
void *name_index_remove(struct name_index *x, struct slice name);
/* Takes the last thing out; NULL when it is empty. */
void *name_index_pop(struct name_index *x);

struct name_cursor {
    const struct name_index *index;
    uint32_t run, at;
};
void name_cursor_begin(struct name_cursor *c, const struct name_index *x);
void *name_cursor_next(struct name_cursor *c); /* NULL at the end; the index must not change meanwhile */

#endif
