/* A sorted array of one width: 2 bytes until a value does not fit, then 4, then 8, never back.
 *
 * Searching narrows to one candidate without a branch on the comparison, since its outcome cannot be
 * predicted. */
#include "server/ds/intset.h"
#include "common/base/panic.h"

static void set_header(void *is, uint32_t width, uint32_t count) {
    memcpy(is, &width, sizeof(width));
    memcpy((char *)is + 4, &count, sizeof(count));
}

static uint32_t width_of(int64_t value) {
    return value == (int16_t)value ? 2 : value == (int32_t)value ? 4 : 8;
}

static inline int64_t get(const void *is, uint32_t width, uint32_t index) {
    const char *at = (const char *)is + INTSET_EMPTY_BYTES + (size_t)index * width;
    int16_t v16;
    int32_t v32;
    int64_t v64;
    switch (width) {
    case 2: memcpy(&v16, at, 2); return v16;
    case 4: memcpy(&v32, at, 4); return v32;
    default: memcpy(&v64, at, 8); return v64;
    }
}

static inline void put(void *is, uint32_t width, uint32_t index, int64_t value) {
    memcpy((char *)is + INTSET_EMPTY_BYTES + (size_t)index * width, &value, width); /* little-endian */
}

void intset_init(void *is) {
    set_header(is, 2, 0);
}

int64_t intset_get(const void *is, uint32_t index) {
    return get(is, intset_width(is), index);
}

/* The index of the first element that is not below `value`; count if all are. */
static inline uint32_t lower_bound(const void *is, uint32_t width, int64_t value) {
    uint32_t first = 0, n = intset_count(is);
    while (n > 0) {
        uint32_t half = n / 2;
        bool below = get(is, width, first + half) < value;
        first = below ? first + half + 1 : first;
        n = below ? n - half - 1 : half;
    }
    return first;
}

/* True if the value is there; *at is where it is, or where it would be inserted. */
static bool search(const void *is, int64_t value, uint32_t *at) {
    switch (intset_width(is)) {
    case 2: *at = lower_bound(is, 2, value); break;
    case 4: *at = lower_bound(is, 4, value); break;
    default: *at = lower_bound(is, 8, value); break;
    }
    return *at < intset_count(is) && intset_get(is, *at) == value;
}

bool intset_contains(const void *is, int64_t value) {
    uint32_t at;
    return width_of(value) <= intset_width(is) && search(is, value, &at);
}

size_t intset_bytes_with(const void *is, int64_t value) {
    uint32_t width = intset_width(is), needed = width_of(value);
    if (needed <= width) return intset_bytes(is) + (intset_contains(is, value) ? 0 : width);
    return INTSET_EMPTY_BYTES + (size_t)needed * (intset_count(is) + 1);
}

bool intset_add(void *is, int64_t value) {
    uint32_t width = intset_width(is), count = intset_count(is), needed = width_of(value);
    if (needed > width) {
        /* It fits no narrower element, so it goes before all of them or behind. From the end, since the new
         * places overlap the old ones. */
        uint32_t shift = value < 0;
        for (uint32_t i = count; i-- > 0;)
            put(is, needed, i + shift, get(is, width, i));
        put(is, needed, shift ? 0 : count, value);
        set_header(is, needed, count + 1);
        return true;
    }
    uint32_t at;
    if (search(is, value, &at)) return false;
    char *place = (char *)is + INTSET_EMPTY_BYTES + (size_t)at * width;
    memmove(place + width, place, (size_t)(count - at) * width);
    put(is, width, at, value);
    set_header(is, width, count + 1);
    return true;
}

bool intset_remove(void *is, int64_t value) {
    uint32_t width = intset_width(is), count = intset_count(is), at;
    if (width_of(value) > width || !search(is, value, &at)) return false;
    char *place = (char *)is + INTSET_EMPTY_BYTES + (size_t)at * width;
    memmove(place, place + width, (size_t)(count - at - 1) * width);
    set_header(is, width, count - 1);
    return true;
}

bool intset_valid(const void *bytes, size_t len, bool deep) {
    if (len < INTSET_EMPTY_BYTES) return false;
    uint32_t width = intset_width(bytes), count = intset_count(bytes);
    if (width != 2 && width != 4 && width != 8) return false;
    if (count == 0 || intset_bytes(bytes) != len) return false;
    if (!deep) return true;
    for (uint32_t i = 1; i < count; i++)
        if (get(bytes, width, i - 1) >= get(bytes, width, i)) return false;
    return true;
}
