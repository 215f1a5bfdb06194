/* Groups of consumers of a stream: how far a group has read, who was given which entries and has not
 * acknowledged them.
 *
 *      group ── pending (by id) ──► nack: when, how often, whose ──┐
 *        └── consumers (by name) ──► consumer ◄────────────────────┘
 *                                      └── pending: its ids
 *
 * A nack lies in the group's tree, by value; a consumer's tree has the ids alone. An id is in both or in
 * neither. */
#ifndef TORC_TYPES_STREAM_GROUP_H
#define TORC_TYPES_STREAM_GROUP_H

#include "server/types/stream.h"

struct stream_consumer {
    int64_t seen_ms;        /* when it last asked for something */
    int64_t active_ms;      /* when it last got something; -1: never */
    struct id_tree pending; /* ids without values */
    uint32_t name_len;
    char name[];
};

struct stream_nack {
    int64_t delivered_ms;
    uint64_t deliveries;
    struct stream_consumer *consumer; /* borrowed from the group */
};

#define STREAM_READ_UNKNOWN (-1)

struct stream_group {
    struct stream_id last_id;    /* of the entry it was last given */
    int64_t entries_read;        /* how many entries of the stream came before what it reads next */
    struct id_tree pending;      /* struct stream_nack */
    struct name_index consumers; /* owned */
    uint32_t name_len;
    char name[];
};

static inline struct slice stream_group_name(const struct stream_group *g) {
    return (struct slice){g->name, g->name_len};
}
static inline struct slice stream_consumer_name(const struct stream_consumer *c) {
    return (struct slice){c->name, c->name_len};
}

/* --- groups --- */
static inline struct stream_group *stream_group_find(const struct stream *s, struct slice name) {
    return name_index_find(&s->groups, name);
}
/* For change: a walk under way takes it as it is. */
struct stream_group *stream_group_open(const struct stream *s, struct slice name);
void stream_group_opened(const struct stream *s,
                         struct stream_group *g); /* the same for one that was found */
void stream_walk_tell_group(struct stream_walk *w, const struct stream_group *g);
/* NULL if there is one of that name. */
struct stream_group *stream_group_create(struct stream *s, struct slice name, struct stream_id last_id,
                                         int64_t entries_read);
/* Takes the group out of the stream, into an empty one that is returned; NULL if there is none. */
struct stream *stream_group_detach(struct stream *s, struct slice name);
/* Frees up to `budget` allocations of it (decreased); true when it is gone. */
bool stream_group_free_step(struct stream_group *g, size_t *budget);
size_t stream_group_effort(const struct stream_group *g);
size_t stream_group_memory(const struct stream_group *g, size_t samples);
void stream_group_copy(const struct stream_group *g, struct stream *to);

/* How many entries, of all that were ever added, came up to `id`; STREAM_READ_UNKNOWN where deletions make it
 * unknowable. */
int64_t stream_count_up_to(const struct stream *s, struct stream_id id);
/* The group was given the entry of that id, which comes after last_id. */
void stream_group_advance(const struct stream *s, struct stream_group *g, struct stream_id id);
/* How many entries the group has still to be given; false if that is not known. */
bool stream_group_lag(const struct stream *s, const struct stream_group *g, int64_t *lag);

/* --- consumers --- */
static inline struct stream_consumer *stream_consumer_find(const struct stream_group *g, struct slice name) {
    return name_index_find(&g->consumers, name);
}
/* NULL if there is one of that name. */
struct stream_consumer *stream_consumer_create(struct stream_group *g, struct slice name, int64_t now_ms);
/* Removes the consumer, which is taken, and all that is pending with it; returns how much that was. */
size_t stream_consumer_remove(struct stream_group *g, struct stream_consumer *c);

/* --- what is pending --- */
static inline struct stream_nack *stream_nack_find(const struct stream_group *g, struct stream_id id) {
    return id_tree_find(&g->pending, id);
}
/* Makes the id pending with `c`, whoever it was pending with, delivered now for the first time. */
struct stream_nack *stream_nack_deliver(struct stream_group *g, struct stream_id id,
                                        struct stream_consumer *c, int64_t now_ms);
/* An id that is pending now belongs to `c`. */
void stream_nack_assign(struct stream_nack *nack, struct stream_id id, struct stream_consumer *c);
/* The id is pending no more; false if it was not. */
bool stream_nack_remove(struct stream_group *g, struct stream_id id);

#endif
