/* A node of a stream: some hundred entries in one listpack, in the layout of Redis's streams, so that loading
 * and saving copy it. Internal to streams; memory is the caller's.
 *
 *      master entry   live | deleted | field count | field … | 0
 *      entry          flags | ms - master's | seq - master's | value … | elements before this one
 *      … of other     flags | ms - master's | seq - master's | field count | field | value | … | elements …
 *
 * A node's key is the id of its first entry, the master's; ids of entries are kept as distances from it. The
 * master names the fields of the first entry; entries with the same fields, which most have, keep their
 * values only. A deleted entry keeps its bytes and is marked. */
#ifndef TORC_TYPES_STREAM_NODE_H
#define TORC_TYPES_STREAM_NODE_H

#include "common/base/slice.h"
#include "server/ds/stream_id.h"
#include <stddef.h>

enum stream_entry_flags { STREAM_ENTRY_DELETED = 1, STREAM_ENTRY_SAME_FIELDS = 2 };

/* `pairs`: fields and values by turns, `count` of each. */

/* Bytes by which a node grows at most when an entry with these pairs is added, and how many a new node with
 * that entry takes at most. */
size_t stream_node_entry_room(const struct slice *pairs, size_t count);
size_t stream_node_first_room(const struct slice *pairs, size_t count);
/* Bytes by which marking an entry deleted may make a node grow. */
#define STREAM_NODE_MARK_ROOM 16

/* Writes a node without entries for entries with these fields. */
void stream_node_init(void *lp, const struct slice *pairs, size_t count);
/* Adds an entry at the end. */
void stream_node_append(void *lp, struct stream_id master, struct stream_id id, const struct slice *pairs,
                        size_t count);
/* Entries that are there, and entries that are deleted. */
uint64_t stream_node_live(const void *lp);
uint64_t stream_node_deleted(const void *lp);

/* Reading: a node that was opened, and an entry in it. */
struct stream_node {
    const void *lp;
    struct stream_id master;
    uint32_t fields_at;   /* the master's first field; 0: it has none */
    uint32_t field_count; /* of the master */
    uint32_t first_entry; /* 0: none */
};
struct stream_entry {
    struct stream_id id;
    uint32_t at;    /* its flags */
    uint32_t pairs; /* first value, or first field where the fields are its own */
    uint32_t end;   /* its last element */
    uint32_t field_count;
    uint8_t flags;
};
void stream_node_open(struct stream_node *n, const void *lp, struct stream_id master);
/* Each false if there is none. Deleted entries are entries too. */
bool stream_node_first(const struct stream_node *n, struct stream_entry *e);
bool stream_node_last(const struct stream_node *n, struct stream_entry *e);
bool stream_node_next(const struct stream_node *n, struct stream_entry *e);
bool stream_node_prev(const struct stream_node *n, struct stream_entry *e);

/* The pairs of an entry, one by one. */
struct stream_pairs {
    const void *lp;
    uint32_t field_at, value_at, left;
    bool own_fields;
    char scratch[2][24];
};
void stream_pairs_begin(struct stream_pairs *p, const struct stream_node *n, const struct stream_entry *e);
/* False when there are no more. The slices live until the next call or a change of the node. */
bool stream_pairs_next(struct stream_pairs *p, struct slice *field, struct slice *value);

/* Marks the entry whose flags are at `at` as deleted; there must be STREAM_NODE_MARK_ROOM. Returns by how
 * many bytes all entries have moved. */
int32_t stream_node_mark_deleted(void *lp, uint32_t at);
/* Makes what was read good again after that. */
void stream_node_moved(struct stream_node *n, struct stream_entry *e, const void *lp, int32_t by);

/* Whether a listpack of that length from outside is a node: as the functions above take it for granted. Ids
 * must ascend from the master's. */
bool stream_node_valid(const void *lp, size_t len, struct stream_id master);

#endif
