/* Memory made present by helper threads before the loop needs it: see mem_expect in common/base/mem.h. */
#ifndef TORC_AHEAD_H
#define TORC_AHEAD_H

#include "common/base/mem.h"

struct io;

struct ahead {
    struct mem_ahead hook;
    struct io *io; /* borrowed */
};

/* From now on what `account` (borrowed) is told to expect is populated by jobs on `io` (borrowed). */
void ahead_init(struct ahead *ahead, struct mem_account *account, struct io *io);
void ahead_deinit(struct ahead *ahead, struct mem_account *account);

#endif
