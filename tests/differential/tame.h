/* Keeps generated commands within what both servers must answer alike. */
#ifndef TORC_DIFFERENTIAL_TAME_H
#define TORC_DIFFERENTIAL_TAME_H

#include "tests/differential/generate.h"

/* Changes arguments of `a` in place, or leaves it alone. */
void tame_command(struct generator *g, struct args *a);

#endif
