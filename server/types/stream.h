/* Streams: entries of fields and values, in the order of their ids, and the groups of consumers that read
 * them.
 *
 * The value is a struct stream behind the entry's pointer. Its nodes (stream_node.h) are found by the id of
 * their first entry. Entries are only ever added at the end. */
#ifndef TORC_TYPES_STREAM_H
#define TORC_TYPES_STREAM_H

#include "server/ds/id_tree.h"
#include "server/ds/name_index.h"
#include "server/types/stream_node.h"
#include "server/types/value.h"

struct stream {
    uint64_t length;                 /* entries */
    uint64_t entries_added;          /* ever */
    struct stream_id last_id;        /* greatest that was ever there */
    struct stream_id first_id;       /* of the first entry; 0-0 when empty */
    struct stream_id max_deleted_id; /* greatest that XDEL took out */
    struct id_tree nodes;            /* by the id of their first entry; each value is the listpack, owned */
    size_t node_bytes;               /* that the nodes take */
    uint32_t tail_room;       /* bytes of the last node's allocation; of all others it fits the listpack */
    struct name_index groups; /* struct stream_group, owned */
    struct stream_walk *walk; /* the walk under way (stream_walk.h), or NULL; borrowed */
};

struct stream_rules {
    uint64_t node_bytes_max;   /* a node of so many bytes is not extended; 0: no limit */
    uint64_t node_entries_max; /* nor one of so many entries; 0: no limit */
};
/* Fields and values of one entry may not have more bytes, nor be more, than this. */
#define STREAM_ENTRY_BYTES_MAX  ((uint64_t)1 << 30)
#define STREAM_ENTRY_FIELDS_MAX ((size_t)1 << 25)

extern const struct value_ops stream_ops;

/* An empty stream under this key. */
struct entry *stream_create(struct slice key);
/* An entry whose value is `s` (taken). */
struct entry *stream_entry_create(struct slice key, int64_t deadline_ms, struct stream *s);
struct stream *stream_alloc(void);
static inline struct stream *stream_of(const struct entry *e) {
    return entry_pointer(e);
}

/* --- changing --- */

enum stream_added { STREAM_ADDED, STREAM_ID_TOO_SMALL, STREAM_TOO_LARGE };
/* Adds an entry (stream_node.h says what `pairs` is). */
enum stream_added stream_append(struct stream *s, struct stream_id id, const struct slice *pairs,
                                size_t count, const struct stream_rules *rules);
/* The id of an entry that is added now. False: all are used up. */
bool stream_next_id(const struct stream *s, int64_t now_ms, struct stream_id *id);
/* Takes the entry out; false if it is not there. */
bool stream_delete(struct stream *s, struct stream_id id);
bool stream_has(const struct stream *s, struct stream_id id);

struct stream_trim {
    enum { STREAM_TRIM_NONE, STREAM_TRIM_MAXLEN, STREAM_TRIM_MINID } by;
    bool whole_nodes; /* only nodes that go as a whole (~) */
    uint64_t max_len;
    struct stream_id min_id;
    uint64_t limit; /* no node with which more entries would go than this; 0: no limit */
};
/* Takes entries off the beginning; returns how many. */
uint64_t stream_trim(struct stream *s, const struct stream_trim *trim);

/* While a walk is under way, before a node changes: makes the value (of `nodes`) a copy, unless the walk has
 * been there. Before a node goes: true if the walk takes it. `room`: bytes of its allocation. */
void stream_walk_copy_node(struct stream_walk *w, struct stream_id id, void *value, uint32_t room);
bool stream_walk_keeps_node(struct stream_walk *w, struct stream_id id, uint32_t room);

/* --- reading --- */

/* A walk over the entries from one id to another, both included. Valid until the stream changes. */
struct stream_range {
    const struct stream *stream;
    struct stream_id start, end;
    bool reverse, begun;
    struct id_cursor nodes;
    struct stream_node node;
    struct stream_entry entry; /* the current one; never a deleted one */
};
void stream_range_begin(struct stream_range *r, const struct stream *s, struct stream_id start,
                        struct stream_id end, bool reverse);
bool stream_range_next(struct stream_range *r);

#endif
