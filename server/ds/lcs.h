/* The longest common subsequence of two byte strings, and where it lies in both. */
#ifndef TORC_DS_LCS_H
#define TORC_DS_LCS_H

#include "common/base/slice.h"
#include <stdint.h>

struct lcs {
    struct slice a, b; /* borrowed until lcs_deinit */
    size_t len;        /* of the subsequence */
    uint64_t *rows;    /* owned; NULL unless asked for */
    size_t words;      /* in a row */
    size_t a_at, b_at; /* how far lcs_next has come, from the end */
};

/* Bytes that stand side by side in both strings and belong to the subsequence. */
struct lcs_run {
    size_t a, b, len;
};

/* Computes the length; `runs`: also what lcs_next needs. False: no memory for it (nothing to deinit). */
bool lcs_init(struct lcs *lcs, struct slice a, struct slice b, bool runs);
void lcs_deinit(struct lcs *lcs);

/* The next run, from the end of the strings to their beginning; false: there are no more. */
bool lcs_next(struct lcs *lcs, struct lcs_run *run);

#endif
