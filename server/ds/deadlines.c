/* The minima are kept inverted (0 = no deadline, larger = sooner), so that fresh zero pages are a valid empty
 * tree and "lower the bound" is a maximum. Every level holds one element per 64 of the level below; the top
 * level is scanned whole, and has at most 64 elements unless the table passes 2^30 buckets. */
#include "server/ds/deadlines.h"
#include "common/base/panic.h"

#define FAN_SHIFT 6
#define FAN       ((size_t)1 << FAN_SHIFT)

static uint32_t *cell(const struct deadlines *d, unsigned level, size_t index) {
    return segvec_at(&d->levels[level], index);
}

void deadlines_init(struct deadlines *d, int64_t epoch_ms) {
    d->epoch_ms = epoch_ms - epoch_ms % DEADLINE_UNIT_MS;
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++)
        segvec_init(&d->levels[l], 2);
}

void deadlines_deinit(struct deadlines *d) {
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++)
        segvec_deinit(&d->levels[l]);
}

void deadlines_resize(struct deadlines *d, size_t count) {
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++) {
        while (d->levels[l].count < count)
            segvec_push(&d->levels[l]);
        while (d->levels[l].count > count)
            segvec_pop(&d->levels[l]);
        count = (count + FAN - 1) >> FAN_SHIFT;
    }
}

uint32_t deadlines_unit(const struct deadlines *d, int64_t when_ms) {
    if (when_ms < d->epoch_ms) return 0;
    int64_t unit = (when_ms - d->epoch_ms) / DEADLINE_UNIT_MS;
    return unit >= UINT32_MAX - 1 ? UINT32_MAX - 1 : (uint32_t)unit;
}

int64_t deadlines_unit_begin(const struct deadlines *d, uint32_t unit) {
    return unit ? d->epoch_ms + (int64_t)unit * DEADLINE_UNIT_MS : INT64_MIN + 1;
}

void deadlines_lower(struct deadlines *d, size_t bucket, uint32_t unit) {
    uint32_t inverted = ~unit;
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++) {
        uint32_t *at = cell(d, l, bucket);
        if (*at >= inverted) return;
        *at = inverted;
        bucket >>= FAN_SHIFT;
    }
}

void deadlines_set(struct deadlines *d, size_t bucket, uint32_t unit) {
    uint32_t before = *cell(d, 0, bucket), after = ~unit;
    if (after >= before) {
        deadlines_lower(d, bucket, unit);
        return;
    }
    *cell(d, 0, bucket) = after;
    for (unsigned l = 1; l < DEADLINE_LEVELS_MAX; l++) {
        size_t group = bucket >> FAN_SHIFT, first = group << FAN_SHIFT;
        size_t end = first + FAN < d->levels[l - 1].count ? first + FAN : d->levels[l - 1].count;
        uint32_t soonest = 0;
        for (size_t i = first; i < end; i++) {
            uint32_t value = *cell(d, l - 1, i);
            soonest = value > soonest ? value : soonest;
        }
        uint32_t *at = cell(d, l, group);
        if (*at == soonest) return;
        *at = soonest;
        bucket = group;
    }
}

uint32_t deadlines_bound(const struct deadlines *d, size_t bucket) {
    return ~*cell(d, 0, bucket);
}

uint32_t deadlines_min(const struct deadlines *d) {
    const struct segvec *top = &d->levels[DEADLINE_LEVELS_MAX - 1];
    uint32_t soonest = 0;
    for (size_t i = 0; i < top->count; i++) {
        uint32_t value = *cell(d, DEADLINE_LEVELS_MAX - 1, i);
        soonest = value > soonest ? value : soonest;
    }
    return ~soonest;
}

/* The first of the cells [at, end) of a level that reaches the threshold; `end` if none does. */
static size_t reaching(const struct deadlines *d, unsigned level, size_t at, size_t end, uint32_t threshold) {
    while (at < end && *cell(d, level, at) < threshold)
        at++;
    return at;
}

/* Where the group that `index` lies in ends; the top level is one group. */
static size_t group_end(const struct deadlines *d, unsigned level, size_t index) {
    size_t count = d->levels[level].count, end = (index & ~(FAN - 1)) + FAN;
    return level == DEADLINE_LEVELS_MAX - 1 || end > count ? count : end;
}

/* The first bucket below a cell that reaches the threshold: a minimum is always found again below it. */
static size_t descend(const struct deadlines *d, unsigned level, size_t index, uint32_t threshold) {
    while (level-- > 0) {
        size_t first = index << FAN_SHIFT, end = group_end(d, level, first);
        index = reaching(d, level, first, end, threshold);
        must(index < end);
    }
    return index;
}

size_t deadlines_first_due(const struct deadlines *d, uint32_t unit) {
    const unsigned top = DEADLINE_LEVELS_MAX - 1;
    size_t end = d->levels[top].count, at = reaching(d, top, 0, end, ~unit);
    return at < end ? descend(d, top, at, ~unit) : SIZE_MAX;
}

/* Upward through what is left of each group until one has something. */
size_t deadlines_due_from(const struct deadlines *d, uint32_t unit, size_t from) {
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++) {
        if (from >= d->levels[l].count) return SIZE_MAX;
        size_t end = group_end(d, l, from), at = reaching(d, l, from, end, ~unit);
        if (at < end) return descend(d, l, at, ~unit);
        from = (from >> FAN_SHIFT) + 1;
    }
    return SIZE_MAX;
}

size_t deadlines_bytes(const struct deadlines *d) {
    size_t bytes = 0;
    for (unsigned l = 0; l < DEADLINE_LEVELS_MAX; l++)
        bytes += segvec_bytes(&d->levels[l]);
    return bytes;
}
