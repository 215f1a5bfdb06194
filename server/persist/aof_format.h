/* What stands in an append-only file.
 *
 *      *3 $3 SET $1 k $1 v                    commands, as clients send them
 *      #TS:1700000000                         the time of what follows, where aof-timestamp-enabled asks for
 * it #TORC:<start> <length> <db> <position> <durable> <checksum>
 *
 * The last one stands before each group that Torc wrote at once. `length` bytes follow it, the first of them
 * at `start` in the file; `db` is selected where they begin, `position` is the journal's behind them; what
 * lies before offset `durable` was synced when the line was made, so if that cannot be read, it is damage and
 * no torn tail. The line of an empty group says only that. The checksum (XXH3, 16 hex digits) is over the
 * bytes, seeded with that of the numbers as they are written. Redis skips lines that begin with '#'. */
#ifndef TORC_PERSIST_AOF_FORMAT_H
#define TORC_PERSIST_AOF_FORMAT_H

#include "common/base/buf.h"
#include "common/base/hash.h"
#include <stdint.h>

#define AOF_LINE_MAX   1024 /* of a line that begins with '#': what Redis reads at once */
#define AOF_GROUP_MAX  160  /* of a group's line, its end included */
#define AOF_GROUP_MARK "#TORC:"
#define AOF_TIME_MARK  "#TS:"

struct aof_group {
    int64_t start, length;
    int32_t db;
    uint64_t position;
    int64_t durable;
    uint64_t checksum;
};

/* Appends a command. */
void aof_put_command(struct buf *out, const struct slice *argv, int argc);
void aof_put_select(struct buf *out, int db);
void aof_put_time(struct buf *out, int64_t seconds);

/* Sets g->start for a line that will begin at `line_at`; the other numbers are set. */
void aof_group_place(struct aof_group *g, int64_t line_at);
/* Writes the line of a placed group that consists of `body`, and sets its checksum. Returns the line's
 * length; `line` has AOF_GROUP_MAX bytes. */
size_t aof_group_line(struct aof_group *g, struct slice body, char *line);
/* Reads a line, its end excluded. False: it is not one of a group. */
bool aof_group_parse(struct slice line, struct aof_group *out);

/* The checksum of a group, at once or in pieces; it depends on the numbers of the line, too. */
uint64_t aof_group_checksum(const struct aof_group *g, struct slice body);
struct aof_sum {
    XXH3_state_t state;
};
void aof_sum_begin(struct aof_sum *sum, const struct aof_group *g);
void aof_sum_add(struct aof_sum *sum, const void *bytes, size_t len);
uint64_t aof_sum_end(struct aof_sum *sum);

#endif
