/* Lists: small in one listpack beside the key, large in a deque of packs.
 *
 * What Redis calls the two forms (listpack, quicklist) is decided by its rules, and these by how many
 * elements there are and how large; where a list lies is decided here, by what is fast. A listpack of more
 * than a kilobyte is in a deque, of one pack, and still called one.
 *
 * Functions that change a list take its entry and return where it is now. Indexes count from 0. What is
 * visited is borrowed during the call. */
#ifndef TORC_TYPES_LIST_H
#define TORC_TYPES_LIST_H

#include "server/ds/deque.h"
#include "server/types/value.h"

extern const struct value_ops list_ops;

struct list_rules {
    struct deque_rules deque;    /* of quicklists */
    uint32_t listpack_bytes_max; /* what is larger is a quicklist */
};
/* The rules of list-max-listpack-size (-1 to -5: 4 to 64 kb, positive: elements) and list-compress-depth.
 * plain_min: elements of that size have a node of their own in a quicklist, whatever their size; 0: none. */
struct list_rules list_rules(int64_t max_listpack_size, int64_t compress_depth, uint64_t plain_min);

/* --- changing --- */
struct entry *list_create(struct slice key); /* empty */
/* Adds elements one after the other, so that in front the last one becomes the first. */
struct entry *list_push(struct entry *e, const struct slice *values, size_t count, bool front,
                        const struct list_rules *rules);
/* Before the element at index, or at the end if that is the count. */
struct entry *list_insert(struct entry *e, size_t index, struct slice value, const struct list_rules *rules);
struct entry *list_replace(struct entry *e, size_t index, struct slice value, const struct list_rules *rules);
/* Drops `count` elements from index on, which must be there. */
struct entry *list_drop(struct entry *e, size_t index, size_t count, const struct list_rules *rules);
/* Drops those equal to value, in order from the front (in reverse: from the back), up to `limit`. */
struct entry *list_remove_equal(struct entry *e, struct slice value, size_t limit, bool reverse,
                                const struct list_rules *rules, size_t *removed);
/* Becomes what it is called after such an addition, even if nothing is added after all: LINSERT does that
 * before it looks for its pivot. */
struct entry *list_expect(struct entry *e, const struct slice *values, size_t count,
                          const struct list_rules *rules);

/* --- reading --- */
size_t list_count(const struct entry *e);
/* Visits `count` elements from index on (in reverse: downward), or as many as there are. */
void list_range(const struct entry *e, size_t index, size_t count, bool reverse, pack_visit *visit,
                void *arg);
/* Tells which of `count` elements from index on (in reverse: downward), or as many as there are, equal value.
 */
void list_find(const struct entry *e, struct slice value, size_t index, size_t count, bool reverse,
               pack_match *match, void *arg);

/* The deque of a large list (ENC_TREE), for walks. */
struct deque *list_deque(const struct entry *e);

/* For DEBUG: how many packs it is in (one when it is inline), and what they hold. */
struct list_shape {
    size_t packs, bytes;
};
struct list_shape list_shape(const struct entry *e);

#endif
