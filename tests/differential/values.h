/* Values that find mistakes: keys that meet, numbers at the edges, texts around the limits of encodings. */
#ifndef TORC_DIFFERENTIAL_VALUES_H
#define TORC_DIFFERENTIAL_VALUES_H

#include "common/base/rng.h"
#include "tests/differential/step.h"

/* Each appends one argument. `group` is the command family's name: it has keys of its own, so that types
 * meet. */
void value_key(struct args *a, struct rng *rng, const char *group);
void value_integer(struct args *a, struct rng *rng, const char *name);
void value_double(struct args *a, struct rng *rng);
/* Of the geo commands: mostly within a few hundred kilometres, so that searches find something. */
void value_geo(struct args *a, struct rng *rng, const char *name);
void value_string(struct args *a, struct rng *rng, const char *name, const char *group);
void value_pattern(struct args *a, struct rng *rng);
/* For absolute times: the past or the far future, never near now. */
void value_unix_time(struct args *a, struct rng *rng, bool milliseconds);
/* A time to live: none, or so long and so unlikely to come twice that the moment of the call does not matter.
 */
void value_ttl(struct args *a, struct rng *rng);
/* A value as RESTORE takes it, now and then a damaged one. */
void value_payload(struct args *a, struct rng *rng);
/* Anything that does not belong here. */
void value_odd(struct args *a, struct rng *rng);
/* The id of a stream's entry, or an end of a range of them. */
void value_stream_id(struct args *a, struct rng *rng, bool interval);
void value_database(struct args *a, struct rng *rng);

/* One in n. */
static inline bool chance(struct rng *rng, unsigned n) {
    return rng_below(rng, n) == 0;
}

#endif
