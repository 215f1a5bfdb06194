/* Writes what only old versions of Redis wrote: ziplists, zipmaps, intsets, strings in chosen encodings. For
 * tests of reading them. */
#ifndef TORC_OLD_FORMS_H
#define TORC_OLD_FORMS_H

#include "common/base/buf.h"
#include <stddef.h>
#include <stdint.h>

void old_ziplist(struct buf *out, const struct slice *elements, size_t count);
void old_zipmap(struct buf *out, const struct slice *pairs, size_t count, unsigned unused_bytes);
void old_listpack(struct buf *out, const struct slice *elements, size_t count);
void old_intset(struct buf *out, unsigned width, const int64_t *values, size_t count);
/* A score in digits, as type 3 has it. */
void old_score(struct buf *out, double score);
/* A length, and a string whose length takes so many bytes: 1, 2, 5 or 9. */
void old_length(struct buf *out, uint64_t length, unsigned bytes);
void old_string(struct buf *out, struct slice s, unsigned bytes);
/* The footer of DUMP behind what is in `out`. */
void old_footer(struct buf *out, unsigned version);

#endif
