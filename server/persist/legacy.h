/* Ziplists and zipmaps: what small collections were before listpacks, in files of Redis up to 6.2.
 *
 * They are only ever read, element by element, after the whole was checked. */
#ifndef TORC_PERSIST_LEGACY_H
#define TORC_PERSIST_LEGACY_H

#include "common/base/slice.h"
#include <stdint.h>

enum legacy_kind { LEGACY_ZIPLIST, LEGACY_ZIPMAP };

struct legacy {
    const uint8_t *at, *end; /* borrowed: the element to come, and the end mark */
    enum legacy_kind kind;
    bool in_value;  /* zipmap: the value of a field comes next */
    uint64_t count; /* elements: fields and values of a zipmap are two */
};

/* False: the bytes are not a well-formed one. They are borrowed while it is read. */
bool legacy_open(struct legacy *l, enum legacy_kind kind, struct slice bytes);
/* The next element, in the bytes or in `scratch` (LEGACY_SCRATCH); false at the end. */
#define LEGACY_SCRATCH 24
bool legacy_next(struct legacy *l, char *scratch, struct slice *out);

#endif
