/* A pack: some elements of a long list in one allocation. It is the unit that a deque is made of.
 *
 * Either a listpack with room around it, so that pushing and popping at both of its ends moves nothing; or
 * one large element as it is. Packs that lie idle can be squeezed (LZF); reading one goes through
 * pack_borrow, changing it through pack_open. Functions that change a pack take it and return where it is
 * now. */
#ifndef TORC_DS_PACK_H
#define TORC_DS_PACK_H

#include "common/base/slice.h"
#include "server/ds/listpack.h"
#include <stdbool.h>

enum pack_kind {
    PACK_OPEN,     /* a listpack */
    PACK_PLAIN,    /* one element, its bytes as they are */
    PACK_SQUEEZED, /* a listpack, compressed */
};

struct pack {
    size_t room;         /* bytes behind this header */
    uint32_t start;      /* open: where in them the listpack begins; squeezed: bytes of the listpack */
    uint32_t count : 29; /* elements */
    uint32_t mark : 1;   /* the deque's: whether a walk has still to see it */
    uint32_t kind : 2;
    char bytes[];
};

#define PACK_COUNT_MAX ((1u << 29) - 1)

/* How much goes into one pack. */
struct pack_limits {
    uint32_t bytes_max; /* of the listpack */
    uint32_t count_max;
    size_t plain_min; /* a longer or equal element is alone, whatever bytes_max */
};

static inline bool pack_is_plain(const struct pack *p) {
    return p->kind == PACK_PLAIN;
}
static inline void *pack_listpack(const struct pack *p) { /* of an open one */
    return (char *)p->bytes + p->start;
}
static inline uint32_t pack_bytes(const struct pack *p) { /* of the listpack, if it has one */
    return p->kind == PACK_SQUEEZED ? p->start : listpack_bytes(pack_listpack(p));
}
static inline size_t pack_memory(const struct pack *p) {
    return sizeof(*p) + p->room;
}
/* Whether an element is too large for company. */
static inline bool pack_is_large(struct slice value, const struct pack_limits *limits) {
    return value.len >= limits->plain_min || value.len > limits->bytes_max;
}

/* A pack with one element. */
struct pack *pack_create(struct slice value, const struct pack_limits *limits);
/* The same, to go on at that end from one that is full: with as much room as that has. */
struct pack *pack_create_behind(const struct pack *full, struct slice value, bool front,
                                const struct pack_limits *limits);
struct pack *pack_create_from(const void *listpack); /* copied */
void pack_destroy(struct pack **p);
struct pack *pack_copy(const struct pack *p);

/* Whether the element may join. */
bool pack_takes(const struct pack *p, struct slice value, const struct pack_limits *limits);
/* Adds an element at an end or before the one at `index`; the pack must be open. */
struct pack *pack_push(struct pack *p, struct slice value, bool front);
/* Both at once: adds it if it may join, and says so in *joined. */
struct pack *pack_try_push(struct pack *p, struct slice value, bool front, const struct pack_limits *limits,
                           bool *joined);
struct pack *pack_insert(struct pack *p, uint32_t index, struct slice value);
/* Puts another element in the place of that at `index`. */
struct pack *pack_replace(struct pack *p, uint32_t index, struct slice value);
/* Drops `count` elements from `index` on; what is dropped whole stays as a pack of none. */
struct pack *pack_erase(struct pack *p, uint32_t index, uint32_t count);
/* Drops those equal to value, in order from that end, up to `limit` of them; returns how many in *erased. */
struct pack *pack_erase_equal(struct pack *p, struct slice value, uint64_t limit, bool reverse,
                              uint64_t *erased);
/* Moves the elements from `index` on (0 < index < count) into a pack of their own, which *rest becomes. */
struct pack *pack_split(struct pack *p, uint32_t index, struct pack **rest);
/* Takes `next` too and adds its elements; both are open. */
struct pack *pack_join(struct pack *p, struct pack *next);

/* Without room around the listpack. */
struct pack *pack_fit(struct pack *p);
/* Compressed where that saves something, otherwise as pack_fit. */
struct pack *pack_squeeze(struct pack *p);
/* Open, if it was squeezed. */
struct pack *pack_open(struct pack *p);

/* The listpack of a pack that is not plain, for reading; *temp is to be returned. */
const void *pack_borrow(const struct pack *p, void **temp);
void pack_return(const struct pack *p, void **temp);

/* Called for elements in order; `value` is valid during the call. False: no more. */
typedef bool pack_visit(void *arg, struct slice value);
/* Visits `count` elements from `index` on (in reverse: downward). False when a visit was. */
bool pack_range(const struct pack *p, uint32_t index, uint32_t count, bool reverse, pack_visit *visit,
                void *arg);
/* Called with the index of an element. False: no more. */
typedef bool pack_match(void *arg, uint64_t index);
/* Tells which of `count` elements from `index` on (in reverse: downward) equal value, as indexes that begin
 * with `first` for the pack's first. False when a call was. */
bool pack_find(const struct pack *p, uint32_t index, uint32_t count, struct slice value, bool reverse,
               uint64_t first, pack_match *match, void *arg);
/* Whether any element equals value. */
bool pack_has(const struct pack *p, struct slice value);

#endif
