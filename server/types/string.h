/* Strings: an integer in eight bytes, up to 1 KiB inline, or on the heap with room to grow. */
#ifndef TORC_TYPES_STRING_H
#define TORC_TYPES_STRING_H

#include "server/types/value.h"

extern const struct value_ops string_ops;

/* What ENC_HEAP points to. */
struct heap_string {
    uint32_t len, cap;
    char bytes[];
};
#define STRING_VIEW_CHARS 24

/* The bytes of a string value; `scratch` (STRING_VIEW_CHARS) holds the digits of an integer. Borrowed. */
struct slice string_view(const struct entry *e, char *scratch);
size_t string_len(const struct entry *e);
/* True if the value is an integer as INCR understands it. */
bool string_int64(const struct entry *e, int64_t *out);

/* A new string entry; bytes that are a canonical integer are stored as one. */
struct entry *string_create(struct slice key, struct slice value, int64_t deadline_ms);
struct entry *string_create_int(struct slice key, int64_t value, int64_t deadline_ms);

/* These take a string entry and return it, perhaps moved. They keep its deadline. */
struct entry *string_assign(struct entry *e, struct slice value); /* as if newly set */
struct entry *string_assign_int(struct entry *e, int64_t value);
/* Makes the value exactly `len` bytes long (raw, zero-filled beyond the old end) and *bytes its place for
 * writing. */
struct entry *string_resize(struct entry *e, size_t len, char **bytes);

#endif
