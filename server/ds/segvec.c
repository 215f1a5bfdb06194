/* Segments, small and large.
 *
 * A small segment is one zeroed allocation. A large one is address space whose pages the system fills with
 * zeros at first touch; the vector charges its account in steps of 64 KiB (of 2 MiB where huge pages back the
 * segment), which is when the system really hands memory out. Popping gives whole steps back and zeroes the
 * single elements, so that an element is zero whenever it joins again.
 *
 * The first touch of a huge page is dear (mem_expect), so it is announced a step ahead: with each huge step
 * that is paid for, the one behind it; with the last of its segment, the first of the next segment, which is
 * reserved early for that ("next" below). What was announced may be resident and is not yet charged: one step
 * at most.
 *
 *      ── paid for ──┬── being filled ──┬── announced ──┬── address space ──
 */
#include "server/ds/segvec.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <string.h>

#define RESERVED_MIN ((size_t)64 << 10)
#define HUGE_STEP    ((size_t)2 << 20)

static unsigned segment_of(size_t index) {
    return 62 - (unsigned)__builtin_clzl(index | 3);
}
static size_t segment_first(unsigned segment) {
    return segment == 0 ? 0 : (size_t)2 << segment;
}
static size_t segment_size(const struct segvec *v, unsigned segment) {
    return (segment == 0 ? (size_t)4 : (size_t)2 << segment) << v->shift;
}
static size_t step_of(size_t segment_bytes) {
    return segment_bytes >= HUGE_STEP ? HUGE_STEP : RESERVED_MIN;
}
static char *segment_start(const struct segvec *v, unsigned segment) {
    return (char *)(v->biased[segment] + (segment_first(segment) << v->shift));
}

void segvec_init(struct segvec *v, unsigned element_shift) {
    memset(v, 0, sizeof(*v));
    v->shift = (uint8_t)element_shift;
}

static void segment_open(struct segvec *v, unsigned segment) {
    must(segment < SEGVEC_SEGMENTS);
    size_t bytes = segment_size(v, segment);
    char *start = bytes < RESERVED_MIN ? mem_zalloc(bytes) : mem_reserve(bytes);
    v->biased[segment] = (uintptr_t)start - (segment_first(segment) << v->shift);
}

/* `charged` is what a reserved segment has been paid for. */
static void segment_close(struct segvec *v, unsigned segment, size_t charged) {
    size_t bytes = segment_size(v, segment);
    char *start = segment_start(v, segment);
    if (bytes < RESERVED_MIN) {
        mem_free_sized(start, bytes);
    } else {
        mem_release(start, bytes);
        mem_charge(-(int64_t)charged);
    }
    v->biased[segment] = 0;
}

/* Announces what comes behind the step that was just paid for. A segment of 1 MiB, whose steps are small,
 * announces the first huge page when it is half full. */
static void announce_next(struct segvec *v, unsigned segment) {
    size_t bytes = segment_size(v, segment), step = step_of(bytes);
    if (step == HUGE_STEP && v->charged < bytes) {
        mem_expect(segment_start(v, segment) + v->charged, step);
    } else if (2 * bytes >= HUGE_STEP && v->charged >= bytes / 2 && segment + 1 < SEGVEC_SEGMENTS &&
               v->biased[segment + 1] == 0) {
        segment_open(v, segment + 1);
        mem_expect(segment_start(v, segment + 1), HUGE_STEP);
    }
}

static void close_next(struct segvec *v, unsigned newest) {
    if (newest + 1 < SEGVEC_SEGMENTS && v->biased[newest + 1]) segment_close(v, newest + 1, 0);
}

void segvec_deinit(struct segvec *v) {
    if (v->count == 0) return;
    unsigned newest = segment_of(v->count - 1);
    close_next(v, newest);
    for (unsigned s = 0; s <= newest; s++)
        segment_close(v, s, s == newest ? v->charged : segment_size(v, s));
    v->count = 0;
}

bool segvec_deinit_step(struct segvec *v, size_t bytes) {
    while (v->count > 0 && bytes > 0) {
        unsigned newest = segment_of(v->count - 1);
        close_next(v, newest);
        size_t paid = segment_size(v, newest);
        if (paid >= RESERVED_MIN) {
            size_t step = step_of(paid);
            size_t drop = bytes < v->charged ? (bytes + step - 1) & ~(step - 1) : v->charged;
            v->charged -= drop;
            mem_charge(-(int64_t)drop);
            if (v->charged > 0) {
                mem_forget(segment_start(v, newest) + v->charged, drop);
                return false;
            }
            paid = drop;
        }
        segment_close(v, newest, 0);
        v->count = segment_first(newest);
        v->charged = newest == 0 ? 0 : segment_size(v, newest - 1);
        bytes = bytes > paid ? bytes - paid : 0;
    }
    return v->count == 0;
}

void segvec_push(struct segvec *v) {
    unsigned segment = segment_of(v->count);
    size_t inside = v->count - segment_first(segment);
    if (inside == 0) {
        v->charged = 0;
        if (v->biased[segment] == 0) segment_open(v, segment);
    }
    size_t bytes = segment_size(v, segment);
    if (bytes >= RESERVED_MIN && (inside << v->shift) >= v->charged) {
        mem_charge((int64_t)step_of(bytes));
        v->charged += step_of(bytes);
        announce_next(v, segment);
    }
    v->count++;
}

void segvec_pop(struct segvec *v) {
    must(v->count > 0);
    v->count--;
    unsigned segment = segment_of(v->count);
    size_t inside = v->count - segment_first(segment);
    if (inside == 0) {
        close_next(v, segment);
        segment_close(v, segment, v->charged);
        v->charged = segment == 0 ? 0 : segment_size(v, segment - 1);
        return;
    }
    memset(segvec_at(v, v->count), 0, (size_t)1 << v->shift);
    size_t bytes = segment_size(v, segment), step = step_of(bytes);
    if (bytes >= RESERVED_MIN && (inside << v->shift) + step + step / 2 <= v->charged) {
        close_next(v, segment);
        v->charged -= step;
        mem_charge(-(int64_t)step);
        mem_forget(segment_start(v, segment) + v->charged, step);
    }
}

size_t segvec_bytes(const struct segvec *v) {
    if (v->count == 0) return 0;
    unsigned newest = segment_of(v->count - 1);
    size_t total = 0;
    for (unsigned s = 0; s < newest; s++)
        total += segment_size(v, s);
    size_t bytes = segment_size(v, newest);
    return total + (bytes < RESERVED_MIN ? bytes : v->charged);
}
