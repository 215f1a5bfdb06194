/* The reaper frees what commands detached: large values and whole tables.
 *
 * A command takes the thing out of the keyspace at once and hands it over; nobody else can reach it any more.
 * Helper threads free it in pieces, with an account of their own that the loop merges, so used_memory falls
 * as they go. Without helpers (simulation with io NULL, unit tests) reaper_step does it in slices on the data
 * thread. */
#ifndef TORC_KEYSPACE_REAPER_H
#define TORC_KEYSPACE_REAPER_H

#include <stdbool.h>
#include <stddef.h>

struct entry;
struct io;
struct keytable;
struct reaper;

/* Values of fewer allocations than this are freed on the spot. */
#define REAPER_EFFORT_MIN 64

/* io (borrowed) runs the jobs; NULL: none, reaper_step does the work. */
struct reaper *reaper_create(struct io *io);
/* Finishes what is left on this thread. No job may be out: the loop has ended. */
void reaper_destroy(struct reaper **reaper);

/* Takes an entry that is in no table any more. */
void reaper_take_entry(struct reaper *reaper, struct entry *entry);
/* Frees `entry` (taken): at once if that is little work, else here. */
void reaper_dispose(struct reaper *reaper, struct entry *entry);
/* Takes the contents of `kt`, which the caller initialises anew. */
void reaper_take_table(struct reaper *reaper, const struct keytable *kt);

/* Without io: frees up to `budget` allocations; true when nothing is left. */
bool reaper_step(struct reaper *reaper, size_t budget);

/* Whether reaper_step has something to do. */
bool reaper_due(const struct reaper *reaper);

/* Objects handed over and not freed yet; and freed in all. */
size_t reaper_pending(const struct reaper *reaper);
size_t reaper_freed(const struct reaper *reaper);
/* Bytes of the entries handed over and not freed yet, estimated. */
size_t reaper_pending_bytes(const struct reaper *reaper);

#endif
