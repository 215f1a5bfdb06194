/* The walk of a large stream: hands out its nodes in their order, then its head, then its groups, all as they
 * were when the walk began.
 *
 * A node that the walk has not come to is not changed: the stream goes on with a copy, and the walk keeps the
 * node. A group is told whole, just before its first change if that comes first. Internal to the types. */
#ifndef TORC_TYPES_STREAM_WALK_H
#define TORC_TYPES_STREAM_WALK_H

#include "server/types/stream_group.h"

/* What a stream says of itself. */
struct stream_head {
    uint64_t length, entries_added;
    struct stream_id last_id, first_id, max_deleted_id;
    size_t groups;
};

struct stream_walk_node {
    struct stream_id id;
    void *listpack; /* the stream's, or owned if `kept` */
    uint32_t room;  /* bytes of its allocation */
    bool kept;
};

struct stream_walk {
    struct stream_head head;
    struct stream_walk_node *nodes; /* owned, ascending */
    size_t count, at;
    struct stream_group **groups; /* owned array of borrowed groups; NULL: told */
    size_t group_at;
    bool head_told;
    size_t copied_bytes; /* that nodes take which are there twice */
    /* Who is told; all NULL: nobody any more. */
    void (*node)(void *arg, struct stream_id id, struct slice listpack);
    void (*told)(void *arg, const struct stream_head *head);
    void (*group)(void *arg, const struct stream_group *g);
    void *arg;
};

/* Begins; `w`, with the last members set, is borrowed until the end. */
void stream_walk_begin(struct stream *s, struct stream_walk *w);
/* Tells one node, the head, or one group; *effort: how many elements that may have been. False when it is
 * through. */
bool stream_walk_step(struct stream *s, size_t *effort);
void stream_walk_end(struct stream *s);

#endif
