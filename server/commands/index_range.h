/* Ranges as LRANGE and ZRANGE take them: two indexes, both inside, negative ones from the end. */
#ifndef TORC_COMMANDS_INDEX_RANGE_H
#define TORC_COMMANDS_INDEX_RANGE_H

#include <stddef.h>
#include <stdint.h>

/* How many of `count` elements are in the range, from `*start` on. */
static inline size_t index_range(size_t count, int64_t first, int64_t last, size_t *start) {
    int64_t n = (int64_t)count;
    if (first < 0) first += n;
    if (last < 0) last += n;
    if (first < 0) first = 0;
    if (last >= n) last = n - 1;
    *start = (size_t)first;
    return first > last || first >= n ? 0 : (size_t)(last - first + 1);
}

#endif
