/* The RDB side of torc-check: looks through a snapshot, tells what is in it, saves what can be saved. */
#ifndef TORC_UTILS_CHECK_RDB_H
#define TORC_UTILS_CHECK_RDB_H

#include <stdbool.h>

struct check_rdb {
    bool describe, fix;
    bool (*confirmed)(void); /* asks whoever runs it */
};

/* Whether the file begins as RDB does. */
bool check_rdb_is_one(const char *path);
/* True: the file is sound, or was made so. */
bool check_rdb_file(const struct check_rdb *c, const char *path);

#endif
