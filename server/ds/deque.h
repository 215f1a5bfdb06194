/* A deque: a long sequence of byte strings, kept in packs. Pushing and popping at both ends is O(1), any
 * index is found in O(log n), and inserting or removing there costs as much as one pack.
 *
 * Indexes count from 0. What is visited is borrowed during the call; the deque must not change meanwhile.
 *
 * A walk (snapshot) hands out the packs that were there when it began, in their order and as they were then,
 * whatever is changed meanwhile: a pack that it has not come to is not changed but replaced by a copy. */
#ifndef TORC_DS_DEQUE_H
#define TORC_DS_DEQUE_H

#include "server/ds/pack_tree.h"

struct deque {
    struct pack *front, *back; /* owned; back is NULL while there is only one pack, both when it is empty */
    struct pack_tree middle;   /* the packs between them */
    struct deque_walk *walk;   /* the walk under way, or NULL; borrowed */
    uint8_t parity;            /* mark that packs get; those with the other are still to be walked */
};

/* How packs are filled; may differ from call to call. */
struct deque_rules {
    struct pack_limits limits;
    uint32_t open_ends; /* packs at either end that are not squeezed; 0: none is anywhere */
};

void deque_init(struct deque *d);
/* Frees up to `budget` allocations (decreased); true when nothing is left. */
bool deque_deinit_step(struct deque *d, size_t *budget);
/* Makes `copy`, which is not initialised, a copy of d. */
void deque_init_copy(struct deque *copy, const struct deque *d);

uint64_t deque_count(const struct deque *d);
static inline size_t deque_packs(const struct deque *d) {
    return d->middle.packs + (d->front != NULL) + (d->back != NULL);
}
size_t deque_bytes(const struct deque *d); /* of all packs' contents, as if none were squeezed */
/* Bytes of all packs and branches; with samples > 0 estimated from that many packs. */
size_t deque_memory(const struct deque *d, size_t samples);

/* --- changing --- */
void deque_push(struct deque *d, struct slice value, bool front, const struct deque_rules *rules);
/* Adds a pack (taken) at the back, for what is built pack by pack. */
void deque_append_pack(struct deque *d, struct pack *p, const struct deque_rules *rules);
/* Before the element at index, or at the end if there is none of that index. */
void deque_insert(struct deque *d, uint64_t index, struct slice value, const struct deque_rules *rules);
void deque_replace(struct deque *d, uint64_t index, struct slice value, const struct deque_rules *rules);
/* `count` elements from index on, which must be there. */
void deque_remove(struct deque *d, uint64_t index, uint64_t count, const struct deque_rules *rules);
/* Those equal to value, in order from the front (in reverse: from the back), up to `limit`; returns how
 * many. */
uint64_t deque_remove_equal(struct deque *d, struct slice value, uint64_t limit, bool reverse,
                            const struct deque_rules *rules);

/* --- reading --- */
/* Visits `count` elements from index on (in reverse: downward), or as many as there are. */
void deque_range(const struct deque *d, uint64_t index, uint64_t count, bool reverse, pack_visit *visit,
                 void *arg);
/* Tells which of `count` elements from index on (in reverse: downward), or as many as there are, equal value.
 */
void deque_find(const struct deque *d, struct slice value, uint64_t index, uint64_t count, bool reverse,
                pack_match *match, void *arg);

/* All packs in their order. */
void deque_each_pack(const struct deque *d, void (*visit)(void *arg, const struct pack *p), void *arg);

/* --- walks --- */
struct deque_walk {
    struct pack **packs; /* owned array: those of the beginning; the walk's own are those it was given */
    size_t count, at;
    size_t copied_bytes; /* that packs take which are there twice */
};
/* Begins a walk; the one before must have ended. `w` is borrowed until deque_walk_end. Time and memory for
 * the list of packs, not for what is in them. */
void deque_walk_begin(struct deque *d, struct deque_walk *w);
/* Visits the next pack; false when the walk is through. `visit` NULL: that is how an aborted walk ends. */
bool deque_walk_step(struct deque *d, void (*visit)(void *arg, const struct pack *p), void *arg);
/* Ends a walk that is through. */
void deque_walk_end(struct deque *d);

void deque_verify(const struct deque *d); /* panics unless all is well; for tests */

#endif
