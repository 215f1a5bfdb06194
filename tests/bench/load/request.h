/* Request templates: commands written as text, rendered to RESP once, with numbers patched in place. */
#ifndef BENCH_LOAD_REQUEST_H
#define BENCH_LOAD_REQUEST_H

#include <stddef.h>
#include <stdint.h>

/* Where the numbers of all requests come from. */
struct request_source {
    uint64_t random_state; /* must not be 0 */
    uint64_t sequence;     /* next value of __seq__ */
    uint64_t keyspace;     /* __rand__ is uniform below this, __seq__ wraps there */
};

enum request_draw { REQUEST_RANDOM, REQUEST_SEQUENCE, REQUEST_AGAIN };

/* A number inside a request: `digits` decimal digits at `offset`. */
struct request_patch {
    uint32_t offset;
    uint8_t digits;
    uint8_t draw; /* enum request_draw */
    uint64_t low;
    uint64_t span; /* 0: the source's keyspace */
};

/* Several requests behind one another, `slots` of them. `ends[i]` and `patch_ends[i]` are where slot i
 * ends in `bytes` and in `patches`. */
struct request_batch {
    char *bytes;
    uint32_t *ends;
    uint32_t *patch_ends;
    struct request_patch *patches;
    unsigned slots;
    uint64_t last; /* what __again__ repeats */
};

/* Renders `slots` requests, taking turns among the `n` command lines (borrowed), each for `turn` requests.
 * Words are split at spaces, double quotes keep spaces together. Placeholders:
 *   __rand__           12 digits, uniform below the keyspace
 *   __seq__            12 digits, counting up
 *   __again__          12 digits, the number drawn just before for the same connection
 *   __between:A:B__    as many digits as B has, uniform from A to B
 *   __data:N__         N printable bytes, always the same ones
 * Ends the program with a message when a line is no template. */
void request_batch_init(struct request_batch *b, const char *const *lines, unsigned n, unsigned slots,
                        unsigned turn);
void request_batch_deinit(struct request_batch *b);

/* Draws new numbers for slots [first, first + n). */
void request_refresh(struct request_batch *b, struct request_source *s, unsigned first, unsigned n);

/* Where slot `i` begins in `bytes`. */
static inline uint32_t request_begin(const struct request_batch *b, unsigned i) {
    return i ? b->ends[i - 1] : 0;
}

#endif
