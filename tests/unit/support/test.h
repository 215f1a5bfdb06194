/* What unit tests share: cmocka, and randomness that can be replayed.
 *
 * A test of a structure makes random steps on it and on a simple model, and compares the two. Its generator
 * is seeded anew in each run and the seed is printed; TORC_TEST_SEED=n repeats a run. TORC_TEST_ROUNDS=n
 * makes it n times as long, for soaking. */
#ifndef TORC_TEST_H
#define TORC_TEST_H

#include "common/base/rng.h"
/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rng test_rng(void);

/* `rounds`, times TORC_TEST_ROUNDS. */
int test_rounds(int rounds);

/* `len` bytes out of the first `letters` ones of the alphabet: few letters make collisions and matches
 * likely. */
void test_letters(struct rng *rng, char *out, size_t len, int letters);

#endif
