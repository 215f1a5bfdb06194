/* Skipping replies: counts them without looking at their contents. */
#ifndef BENCH_LOAD_REPLY_H
#define BENCH_LOAD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all connections together have received. Zeroed by the caller. */
struct reply_counts {
    uint64_t replies;      /* complete top-level replies, errors included */
    uint64_t errors;       /* of these, errors; an error inside an array counts too */
    uint64_t nulls;        /* nulls, nested ones included: keys that were not there */
    uint64_t bytes;        /* received */
    uint64_t by_type[128]; /* top-level replies by their first byte */
    char first_error[160]; /* text of the first error line, cut */
};

/* One connection's place in its stream. All zeroes is the start. */
struct reply_state {
    uint64_t skip;      /* bytes of a bulk (and its CR LF) still to pass over */
    uint64_t pending;   /* elements still missing from the reply at hand; 0 between replies */
    uint32_t line_len;  /* bytes of an unfinished line kept in `line` */
    bool line_overflow; /* that line is longer than `line`; its rest is dropped */
    char line[160];
};

/* Passes `n` bytes of a stream through. Returns the number of replies that they completed, or -1 when
 * they are not RESP. `bytes` is borrowed for the call. */
int reply_feed(struct reply_state *s, struct reply_counts *c, const char *bytes, size_t n);

#endif
