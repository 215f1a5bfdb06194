/* Finds a short sequence of steps that still shows a difference. */
#ifndef TORC_DIFFERENTIAL_SHRINK_H
#define TORC_DIFFERENTIAL_SHRINK_H

#include "tests/differential/duel.h"

/* d->failed was set by playing `trace` from its beginning. Leaves the shortest sequence found in `out`
 * (borrowing the bytes of `trace`) and the report of its difference in d->report. Gives up after `seconds`.
 * Returns whether the difference showed again at all. */
bool shrink(struct duel *d, const struct trace *trace, struct trace *out, unsigned seconds);

#endif
