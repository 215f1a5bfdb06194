/* Checks replies against the reply schemas of the command spec; the notation is told by
 * common/commands/README.md. */
#ifndef TORC_DIFFERENTIAL_SCHEMA_H
#define TORC_DIFFERENTIAL_SCHEMA_H

#include "common/base/slice.h"
#include <stdbool.h>
#include <stddef.h>

struct schema;

/* Reads a schema. NULL when it makes no sense; `error` then says why. */
struct schema *schema_create(const char *text, char *error, size_t error_size);
void schema_destroy(struct schema **schema);

/* Whether one whole reply, given in bytes, fits under RESP2 or 3. Errors and QUEUED always do. When it does
 * not, `why` says so. */
bool schema_fits(const struct schema *schema, struct slice reply, int proto, char *why, size_t why_size);

#endif
