/* The simulated outside: a world with its own clock, network, disks and helper threads, all driven by one
 * seed.
 *
 * Loops made with IO_ENGINE_SIM live in a world. Everything runs on one thread: sim_step takes the next event
 * in virtual time and runs the turn of the loop that it concerns. The same seed gives the same run, to the
 * byte; the trace proves it. What the kernel may do but rarely does, the world does all the time: it splits
 * what is sent and received, delays completions, reads the bytes of a send as late as it may, overwrites
 * receive buffers the moment they are returned, finishes helper jobs in any order, and resets connections
 * where the configuration says so. */
#ifndef TORC_SIM_H
#define TORC_SIM_H

#include "common/io/io.h"

struct sim_world;

/* Zeros are defaults; ranges are drawn from uniformly. */
struct sim_config {
    uint64_t seed;
    uint32_t latency_min_us, latency_max_us;    /* of a segment on the way (20, 400) */
    uint32_t operation_max_us;                  /* how late a completion may be (60) */
    uint32_t job_max_us;                        /* how long helper work takes (2,000) */
    uint32_t turn_max_us;                       /* how long a loop is busy with one turn (40) */
    uint32_t window_bytes;                      /* what a socket takes before its reader has read (64 KiB) */
    uint32_t recv_bytes_max, segment_bytes_max; /* pieces that are received and sent at once (8 KiB each) */
    uint32_t resets_per_million; /* segments that break their connection instead of arriving (0) */
};

struct sim_world *sim_create(const struct sim_config *config); /* copied */
void sim_destroy(struct sim_world **world);                    /* after its loops */

/* Makes `turn` the body of this loop's endless loop: it calls io_turn once and then does its work. A loop
 * without one only moves when it is turned by hand. */
void sim_set_turn(struct io *io, void (*turn)(void *owner), void *owner);

/* Runs the next turn that is due. False: nothing will ever happen again. */
bool sim_step(struct sim_world *world);
/* Runs until virtual time `until_us`; the clock stands there at the end. */
void sim_run_until(struct sim_world *world, int64_t until_us);

int64_t sim_now_us(const struct sim_world *world);
uint64_t sim_trace(const struct sim_world *world);  /* hash over everything that happened so far */
uint64_t sim_events(const struct sim_world *world); /* and how much that was */

/* A signal for a loop that watches it. */
void sim_signal(struct io *io, int signo);

/* What a power cut leaves: every file as it was at its last sync, and only names that were made durable. */
void sim_disk_crash(struct io *io);
/* The same of a disk that had worked on: of what was written since the last sync some sectors are there and
 * others are not, in no order, and the latest names are there or are not. */
void sim_disk_crash_torn(struct io *io);

/* What the end of the process leaves: everything that was written; open descriptors are gone. */
void sim_disk_kill(struct io *io);

/* Calls of one kind fail with `error` (an errno), `count` of them after the next `after`. A write that fails
 * has written some of its bytes; a sync that fails loses what was not synced before, for good, although reads
 * show it. */
enum sim_disk_call {
    SIM_DISK_OPEN, /* that makes a file */
    SIM_DISK_WRITE,
    SIM_DISK_SYNC,
    SIM_DISK_TRUNCATE,
    SIM_DISK_RENAME,
    SIM_DISK_SYNC_DIR,
    SIM_DISK_CALLS
};
void sim_disk_fail(struct io *io, enum sim_disk_call call, int error, unsigned after, unsigned count);
/* While it is off, every call fails with EIO: for what is left of a server whose machine lost its power. */
void sim_disk_switch(struct io *io, bool on);
/* While it stands still, jobs of the disk lane do not start. */
void sim_disk_stand_still(struct io *io, bool still);

#endif
