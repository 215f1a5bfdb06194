/* Which buckets of a table hold something that is due? A tree of minima over bucket numbers.
 *
 * Every bucket has a lower bound of the deadlines inside it, in units of 64 ms; every group of 64 buckets the
 * minimum of its bounds, and so on upward:
 *
 *      top        [ min ]
 *      groups     [ min of 64 ] [ min of 64 ] …
 *      buckets    [b][b][b]…
 *
 * A bound may be too low, never too high: giving a key a later deadline, or deleting it, touches nothing
 * here; the bucket is looked at once when its bound falls due and gets its true minimum then. So refreshing
 * the TTL of a session is free, and an expiring key costs the index less than one byte of memory (a queue of
 * deadlines would pay 8 to 24). Splitting a bucket copies its bound. */
#ifndef TORC_DS_DEADLINES_H
#define TORC_DS_DEADLINES_H

#include "server/ds/segvec.h"
#include <stdbool.h>

#define DEADLINE_LEVELS_MAX 5
#define DEADLINE_UNIT_MS    64

struct deadlines {
    int64_t epoch_ms; /* where units begin: 32 bits of 64 ms reach 8.7 years from here; later is capped */
    struct segvec
        levels[DEADLINE_LEVELS_MAX]; /* of uint32_t, stored inverted: zero, as elements join, is "never" */
};

/* `epoch_ms`: the present, at init. Units begin at multiples of DEADLINE_UNIT_MS, in every index alike. */
void deadlines_init(struct deadlines *d, int64_t epoch_ms);
void deadlines_deinit(struct deadlines *d);

/* Makes room for `count` buckets; new ones have no deadline. */
void deadlines_resize(struct deadlines *d, size_t count);

/* The unit that a time in ms since 1970 falls into, capped. A deadline is surely due once its unit is below
 * that of the present, and may be due when they are equal. */
uint32_t deadlines_unit(const struct deadlines *d, int64_t when_ms);

/* When that unit begins: no deadline in it is earlier. INT64_MIN + 1 for the first one, which holds all that
 * was before the epoch. */
int64_t deadlines_unit_begin(const struct deadlines *d, uint32_t unit);

/* Lowers the bound of `bucket` to `unit`, if that is lower. */
void deadlines_lower(struct deadlines *d, size_t bucket, uint32_t unit);
/* Sets the bound of `bucket` to `unit` (UINT32_MAX: nothing there), and mends the minima above. */
void deadlines_set(struct deadlines *d, size_t bucket, uint32_t unit);
uint32_t deadlines_bound(const struct deadlines *d, size_t bucket);

/* The first bucket whose bound is at most `unit`, or SIZE_MAX. */
size_t deadlines_first_due(const struct deadlines *d, uint32_t unit);
/* The same from bucket `from` on. */
size_t deadlines_due_from(const struct deadlines *d, uint32_t unit, size_t from);
/* The lowest bound of all; UINT32_MAX: none. */
uint32_t deadlines_min(const struct deadlines *d);

/* Memory beyond the struct itself. */
size_t deadlines_bytes(const struct deadlines *d);

#endif
