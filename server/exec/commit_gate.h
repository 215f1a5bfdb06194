/* The commit gate: a reply leaves when the write it answers, and every write that it could have seen, is as
 * safe as the configuration promises.
 *
 *      journal position:   ── safe ──────────┤ written, not yet safe ├──── appended ──►
 *      reply of a session: leaves at once if its gate_position ≤ safe, else waits for commit_gate_advance
 *
 * "Could have seen" is a table of the last positions at which a key of that hash was written, and of those
 * only that are not safe yet: a read waits for writes to its own key and for no other. A table of this size
 * may run full, with tens of thousands of keys that wait at once; then further keys of a cell share one
 * position, which only delays. Commands that look at the whole keyspace take the last position of all.
 * Nothing is promised, nothing is kept: with the gate closed down (the default), a command pays one test.
 *
 * When the journal fails, replies that wait become errors and the gate is suspended: reads go on and show
 * what is in memory, durable or not, since their owner knows that the disk is broken and further writes are
 * refused. */
#ifndef TORC_EXEC_COMMIT_GATE_H
#define TORC_EXEC_COMMIT_GATE_H

#include "common/base/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

/* A cache line: keys whose hashes end alike, each by the upper half of its hash. Entries at safe positions
 * are free. */
struct commit_gate_cell {
    uint64_t positions[4], shared; /* shared: of keys that found no place */
    uint32_t tags[4];
    uint64_t unused;
};
_Static_assert(sizeof(struct commit_gate_cell) == 64, "one cache line");

struct commit_gate {
    bool promised;                  /* positions are tracked and replies may wait */
    uint64_t safe;                  /* the journal is safe up to here */
    uint64_t last;                  /* position of the last write of all */
    struct commit_gate_cell *cells; /* COMMIT_GATE_CELLS; owned, NULL while nothing is promised */
    bool suspended;                 /* the journal fails: writes are refused, and nobody waits */
    /* Told when `safe` moved: the owner of the connections sends what may leave now. */
    void (*opened)(void *owner);
    /* Told when the journal fails: each reply that waits becomes this error. */
    void (*failed)(void *owner, const char *error);
    void *owner;
};
#define COMMIT_GATE_CELLS 4096

void commit_gate_init(struct commit_gate *gate);
void commit_gate_deinit(struct commit_gate *gate);
/* Starts or ends promising. Ending lets everything leave. */
void commit_gate_promise(struct commit_gate *gate, bool promised);
/* A write to a key of this hash reached the journal at `position`. */
void commit_gate_wrote(struct commit_gate *gate, uint64_t hash, uint64_t position);
/* The session's next replies depend on the last write to a key of this hash (or, _all, of any key). */
void commit_gate_saw(struct commit_gate *gate, struct session *s, uint64_t hash);
void commit_gate_saw_all(struct commit_gate *gate, struct session *s);
/* The journal is safe up to `position`. */
void commit_gate_advance(struct commit_gate *gate, uint64_t position);
/* The journal fails: what waits is answered with `error`, and nothing waits until it is resumed. */
void commit_gate_suspend(struct commit_gate *gate, const char *error);
void commit_gate_resume(struct commit_gate *gate);
/* May this session's replies leave? */
bool commit_gate_open(const struct commit_gate *gate, const struct session *s);

#endif
