/* Strings: an integer in eight bytes, up to 1 KiB inline, or on the heap with room to grow. */
#ifndef TORC_TYPES_STRING_H
#define TORC_TYPES_STRING_H

#include "server/types/value.h"

extern const struct value_ops string_ops;

/* What ENC_HEAP points to. */
struct string_walk;
struct heap_string {
    size_t len, cap;
    struct string_walk *walk; /* the walk under way (string_walk.h), or NULL; borrowed */
    char bytes[];
};
#define STRING_VIEW_CHARS 24

static inline struct heap_string *string_heap(const struct entry *e) {
    return entry_pointer(e);
}
static inline int64_t string_stored_int(const struct entry *e) { /* of ENC_INT */
    int64_t value;
    memcpy(&value, entry_payload(e), sizeof(value));
    return value;
}

/* The bytes of a string value; `scratch` (STRING_VIEW_CHARS) holds the digits of an integer. Borrowed. */
struct slice string_view(const struct entry *e, char *scratch);
size_t string_len(const struct entry *e);
/* True if the value is an integer as INCR understands it. */
bool string_int64(const struct entry *e, int64_t *out);

/* A new string entry; the bytes of key and value are copied. What is a canonical integer is stored as one. */
struct entry *string_create(struct slice key, struct slice value, int64_t deadline_ms);
struct entry *string_create_int(struct slice key, int64_t value, int64_t deadline_ms);
/* As above, but bytes that look like an integer stay bytes. */
struct entry *string_create_bytes(struct slice key, struct slice value, int64_t deadline_ms);
/* A new raw string of `len` zero bytes; *bytes is their place for writing. */
struct entry *string_create_raw(struct slice key, size_t len, int64_t deadline_ms, char **bytes);

/* These take a string entry and return it, perhaps moved. They keep its deadline. The value's bytes are
 * copied and must not be the entry's own. */
struct entry *string_assign(struct entry *e, struct slice value); /* as if newly set */
struct entry *string_assign_int(struct entry *e, int64_t value);
struct entry *string_assign_bytes(struct entry *e, struct slice value); /* not stored as an integer */
/* Makes the value exactly `len` bytes long (raw, zero-filled beyond the old end) and *bytes its place for
 * writing, once string_before_write was told where. */
struct entry *string_resize(struct entry *e, size_t len, char **bytes);

/* Before bytes from `from` to below `to` of a string that lies on the heap are written in place. */
void string_walk_before_write(struct string_walk *w, size_t from, size_t to);
static inline void string_before_write(const struct entry *e, size_t from, size_t to) {
    if (entry_encoding(e) == ENC_HEAP && __builtin_expect(string_heap(e)->walk != NULL, 0))
        string_walk_before_write(string_heap(e)->walk, from, to);
}

/* Whether memory for a string of that length can be had; asked before a client's offset makes one. */
bool string_has_room(size_t len);

#endif
