/* A vector of small elements that grows by segments and never moves one.
 *
 *   segment 0: elements [0, 4)      segment 1: [4, 8)      segment 2: [8, 16)      segment k: [2^(k+1),
 * 2^(k+2))
 *
 * Segments of 64 KiB and more are reserved as address space and paid for in steps as the vector grows into
 * them, so a vector of any length is nearly full; those of 2 MiB and more sit in huge pages. Elements are
 * zero when they join. Addresses are stored biased by the segment's first index, so an access is one shift,
 * one load, one add. */
#ifndef TORC_DS_SEGVEC_H
#define TORC_DS_SEGVEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGVEC_SEGMENTS 31

struct segvec {
    size_t count;                      /* elements in use */
    uint8_t shift;                     /* log2 of the element size */
    size_t charged;                    /* bytes paid for in the newest segment, when it is a reserved one */
    uintptr_t biased[SEGVEC_SEGMENTS]; /* last, so that a short vector is in one cache line */
};

void segvec_init(struct segvec *v, unsigned element_shift);
void segvec_deinit(struct segvec *v);
/* Gives about `bytes` of memory back, from the end, and calls the elements there gone; true when nothing is
 * left. For vectors so large that unmapping them at once would be felt; nothing but this may follow. */
bool segvec_deinit_step(struct segvec *v, size_t bytes);

/* Adds one zeroed element at the end. */
void segvec_push(struct segvec *v);
/* Drops the last element, and its segment's memory when that is worth it. */
void segvec_pop(struct segvec *v);

static inline void *segvec_at(const struct segvec *v, size_t index) {
    unsigned high = 63 - (unsigned)__builtin_clzl(index | 3);
    return (void *)(v->biased[high - 1] + (index << v->shift));
}

/* Bytes of memory that the vector pays for. */
size_t segvec_bytes(const struct segvec *v);

#endif
