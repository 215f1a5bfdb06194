/* Strings in three shapes, chosen by length and content alone:
 *
 *      ENC_INT     entry │ int64                      what is a canonical integer when it is set
 *      ENC_BYTES   entry │ bytes …                    up to ENTRY_BYTES_MAX, `size` of them
 *      ENC_HEAP    entry │ pointer ──► len │ cap │ bytes … │ room
 *
 * Setting a value of the same shape and size class writes over the old one: no allocation, the entry stays.
 *
 * Growing (APPEND, SETRANGE, SETBIT) goes through string_resize. On the heap it leaves room: as much again up
 * to 1 MiB, then 1 MiB, so that a string built by appending is copied a logarithmic number of times. A step
 * that is itself large (SETBIT far behind the end) takes fresh zeroed memory instead of clearing it, so that
 * pages that nobody writes are never touched.
 *
 * Freeing half a gigabyte means giving its pages back, which takes tens of milliseconds; `effort` tells, and
 * `release` gives back from the end in steps. */
#include "server/types/string.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/types/string_walk.h"

#define EMBSTR_MAX        44 /* Redis calls longer ones raw; OBJECT ENCODING shows it */
#define INT_CHARS_MAX     NUM_INT64_CHARS_MAX
#define GROW_STEP_MAX     ((size_t)1 << 20)
#define EFFORT_BYTES      ((size_t)16 << 10) /* giving back so many bytes counts as one allocation freed */
#define ROOM_ASKED_BYTES  ((size_t)64 << 20) /* shorter strings are taken without asking first */
#define HEAP_BYTES(cap)   (sizeof(struct heap_string) + (cap))
#define SHRINK_WHEN_BELOW 4 /* a heap string gives memory back when less than a quarter of it is used */

/* --- the heap's shape --- */

/* Uses the whole size class: the room is paid for anyway. */
static size_t heap_cap(size_t wanted) {
    return mem_good_size(HEAP_BYTES(wanted)) - sizeof(struct heap_string);
}

static struct heap_string *heap_create(size_t len, size_t wanted_cap, bool zeroed) {
    size_t cap = heap_cap(wanted_cap);
    struct heap_string *heap = zeroed ? mem_zalloc(HEAP_BYTES(cap)) : mem_alloc(HEAP_BYTES(cap));
    heap->len = len;
    heap->cap = cap;
    heap->walk = NULL;
    return heap;
}

/* The value goes on without it. */
static void heap_destroy(struct heap_string *heap) {
    if (unlikely(heap->walk != NULL)) {
        heap->walk->kept = true;
        heap->walk->copied_bytes += heap->cap;
    } else {
        mem_free_sized(heap, HEAP_BYTES(heap->cap));
    }
}

static size_t grown_cap(size_t len) {
    return len + (len < GROW_STEP_MAX ? len : GROW_STEP_MAX);
}

/* Takes `heap`; the bytes between the old and the new length become zero. */
static struct heap_string *heap_resize(struct heap_string *heap, size_t len) {
    size_t before = heap->len;
    if (len > heap->cap && len - before >= GROW_STEP_MAX) {
        struct heap_string *fresh = heap_create(len, len, true);
        memcpy(fresh->bytes, heap->bytes, before);
        heap_destroy(heap);
        return fresh;
    }
    size_t cap = heap->cap;
    if (len > cap)
        cap = heap_cap(grown_cap(len));
    else if (len < cap / SHRINK_WHEN_BELOW && !heap->walk)
        cap = heap_cap(len);
    if (cap != heap->cap) {
        heap = mem_realloc(heap, HEAP_BYTES(cap));
        heap->cap = cap;
        if (unlikely(heap->walk != NULL)) heap->walk->heap = heap;
    }
    if (len > before) {
        if (unlikely(heap->walk != NULL)) string_walk_before_write(heap->walk, before, len);
        memset(heap->bytes + before, 0, len - before);
    }
    heap->len = len;
    return heap;
}

/* --- reading --- */

struct slice string_view(const struct entry *e, char *scratch) {
    switch (entry_encoding(e)) {
    case ENC_BYTES: return (struct slice){entry_payload(e), e->size};
    case ENC_INT: return (struct slice){scratch, num_format_int64(scratch, string_stored_int(e))};
    default: return (struct slice){string_heap(e)->bytes, string_heap(e)->len};
    }
}

size_t string_len(const struct entry *e) {
    char scratch[STRING_VIEW_CHARS];
    return string_view(e, scratch).len;
}

bool string_int64(const struct entry *e, int64_t *out) {
    if (likely(entry_encoding(e) == ENC_INT)) {
        *out = string_stored_int(e);
        return true;
    }
    return entry_encoding(e) == ENC_BYTES && num_parse_int64(entry_payload(e), e->size, out);
}

/* The common value is none: its length or its first byte says so. */
static inline bool reads_as_int(struct slice value, int64_t *out) {
    if (value.len - 1 >= INT_CHARS_MAX) return false;
    unsigned digit = (unsigned char)value.ptr[0] - (unsigned)'0';
    if (digit > 9 && value.ptr[0] != '-') return false;
    return num_parse_int64(value.ptr, value.len, out);
}

/* --- creating --- */

struct entry *string_create_int(struct slice key, int64_t value, int64_t deadline_ms) {
    return entry_create(VALUE_STRING, ENC_INT, key, deadline_ms, &value, sizeof(value));
}

struct entry *string_create_bytes(struct slice key, struct slice value, int64_t deadline_ms) {
    if (likely(value.len <= ENTRY_BYTES_MAX))
        return entry_create(VALUE_STRING, ENC_BYTES, key, deadline_ms, value.ptr, value.len);
    struct heap_string *heap = heap_create(value.len, value.len, false);
    memcpy(heap->bytes, value.ptr, value.len);
    return entry_create(VALUE_STRING, ENC_HEAP, key, deadline_ms, &heap, sizeof(heap));
}

struct entry *string_create(struct slice key, struct slice value, int64_t deadline_ms) {
    int64_t number;
    if (reads_as_int(value, &number)) return string_create_int(key, number, deadline_ms);
    return string_create_bytes(key, value, deadline_ms);
}

struct entry *string_create_raw(struct slice key, size_t len, int64_t deadline_ms, char **bytes) {
    struct entry *e;
    if (len <= ENTRY_BYTES_MAX) {
        e = entry_create(VALUE_STRING, ENC_BYTES, key, deadline_ms, NULL, len);
        *bytes = entry_payload(e);
        memset(*bytes, 0, len);
    } else {
        struct heap_string *heap = heap_create(len, len, true);
        e = entry_create(VALUE_STRING, ENC_HEAP, key, deadline_ms, &heap, sizeof(heap));
        *bytes = heap->bytes;
    }
    e->flags |= ENTRY_GREW;
    return e;
}

/* --- setting --- */

static inline void become_inline(struct entry *e) {
    if (unlikely(entry_encoding(e) == ENC_HEAP)) heap_destroy(string_heap(e));
}

struct entry *string_assign_int(struct entry *e, int64_t value) {
    if (entry_encoding(e) != ENC_INT) {
        become_inline(e);
        e = entry_reshape(e, ENC_INT, sizeof(value));
    }
    e->flags &= (uint8_t)~ENTRY_GREW;
    memcpy(entry_payload(e), &value, sizeof(value));
    return e;
}

static struct entry *assign_heap(struct entry *e, struct slice value) {
    struct heap_string *heap = entry_encoding(e) == ENC_HEAP ? string_heap(e) : NULL;
    if (heap == NULL || heap->cap != heap_cap(value.len) || heap->walk) {
        if (heap) heap_destroy(heap);
        heap = heap_create(value.len, value.len, false);
        e = entry_reshape(e, ENC_HEAP, sizeof(heap));
        entry_set_pointer(e, heap);
    }
    heap->len = value.len;
    memcpy(heap->bytes, value.ptr, value.len);
    return e;
}

struct entry *string_assign_bytes(struct entry *e, struct slice value) {
    if (unlikely(entry_encoding(e) != ENC_BYTES || e->size != value.len)) {
        if (unlikely(value.len > ENTRY_BYTES_MAX)) {
            e->flags &= (uint8_t)~ENTRY_GREW;
            return assign_heap(e, value);
        }
        become_inline(e);
        e = entry_reshape(e, ENC_BYTES, value.len);
    }
    e->flags &= (uint8_t)~ENTRY_GREW;
    if (likely(value.len)) memcpy(entry_payload(e), value.ptr, value.len);
    return e;
}

struct entry *string_assign(struct entry *e, struct slice value) {
    int64_t number;
    if (reads_as_int(value, &number)) return string_assign_int(e, number);
    return string_assign_bytes(e, value);
}

/* --- changing in place --- */

static struct entry *resize_inline(struct entry *e, size_t len, char **bytes) {
    size_t before = e->size;
    if (before != len) e = entry_reshape(e, ENC_BYTES, len);
    *bytes = entry_payload(e);
    if (len > before) memset(*bytes + before, 0, len - before);
    return e;
}

struct entry *string_resize(struct entry *e, size_t len, char **bytes) {
    e->flags |= ENTRY_GREW;
    if (entry_encoding(e) == ENC_INT) {
        char digits[STRING_VIEW_CHARS];
        struct slice text = string_view(e, digits);
        e = entry_reshape(e, ENC_BYTES, text.len);
        memcpy(entry_payload(e), text.ptr, text.len);
    }
    if (entry_encoding(e) == ENC_BYTES) {
        if (len <= ENTRY_BYTES_MAX) return resize_inline(e, len, bytes);
        bool far = len - e->size >= GROW_STEP_MAX;
        struct heap_string *heap = heap_create(len, far ? len : grown_cap(len), far);
        memcpy(heap->bytes, entry_payload(e), e->size);
        if (!far) memset(heap->bytes + e->size, 0, len - e->size);
        e = entry_reshape(e, ENC_HEAP, sizeof(heap));
        entry_set_pointer(e, heap);
    } else if (len <= ENTRY_BYTES_MAX && len < string_heap(e)->len) {
        struct heap_string *heap = string_heap(e);
        e = entry_reshape(e, ENC_BYTES, len);
        if (len) memcpy(entry_payload(e), heap->bytes, len);
        heap_destroy(heap);
        *bytes = entry_payload(e);
        return e;
    } else {
        entry_set_pointer(e, heap_resize(string_heap(e), len));
    }
    *bytes = string_heap(e)->bytes;
    return e;
}

bool string_has_room(size_t len) {
    if (likely(len < ROOM_ASKED_BYTES)) return true;
    if (len > SIZE_MAX / 2) return false;
    void *probe = mem_try_alloc(HEAP_BYTES(len));
    if (probe == NULL) return false;
    mem_free(probe);
    return true;
}

/* --- what value.h asks of a type --- */

static const char *encoding_name(const struct entry *e) {
    if (entry_encoding(e) == ENC_INT) return "int";
    bool whole = entry_encoding(e) == ENC_BYTES && e->size <= EMBSTR_MAX && !(e->flags & ENTRY_GREW);
    return whole ? "embstr" : "raw";
}

static size_t heap_effort(const struct heap_string *heap) {
    return 1 + heap->cap / EFFORT_BYTES;
}

static size_t effort(const struct entry *e) {
    return entry_encoding(e) == ENC_HEAP ? heap_effort(string_heap(e)) : 1;
}

static bool release(struct entry *e, size_t *budget) {
    struct heap_string *heap = string_heap(e);
    size_t cost = heap_effort(heap);
#ifndef TORC_SANITIZED /* whose realloc copies, which would make the steps quadratic */
    if (cost > *budget) {
        size_t cap = heap_cap(heap->cap - *budget * EFFORT_BYTES);
        if (cap >= heap->cap) cap = heap_cap(heap->cap / 4 * 3); /* at least one size class down */
        *budget = 0;
        heap = mem_realloc(heap, HEAP_BYTES(cap));
        heap->cap = cap;
        entry_set_pointer(e, heap);
        return false;
    }
#endif
    *budget -= cost < *budget ? cost : *budget;
    heap_destroy(heap);
    return true;
}

static size_t memory(const struct entry *e, size_t samples) {
    return entry_encoding(e) == ENC_HEAP ? mem_good_size(HEAP_BYTES(string_heap(e)->cap)) : 0;
}

static struct entry *copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    struct entry *twin;
    if (entry_encoding(e) == ENC_HEAP)
        twin =
            string_create_bytes(key, (struct slice){string_heap(e)->bytes, string_heap(e)->len}, deadline_ms);
    else
        twin = entry_create(VALUE_STRING, entry_encoding(e), key, deadline_ms, entry_payload(e),
                            entry_payload_size(e));
    twin->flags |= e->flags & ENTRY_GREW;
    return twin;
}

const struct value_ops string_ops = {
    .name = "string",
    .encoding_name = encoding_name,
    .effort = effort,
    .release = release,
    .memory = memory,
    .copy = copy,
};
