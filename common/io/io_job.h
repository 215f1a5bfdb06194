/* Work for helper threads: what blocks (disk) or would make a turn too long (freeing, compressing,
 * checksums).
 *
 * `work` runs on a helper and touches only what the job owns; `done` runs on the loop's thread, from io_turn.
 * Jobs of one lane start in the order they were submitted, but several run at once and they finish in any
 * order. Under the sim engine both run on the loop's thread, in an order and with delays drawn from the seed.
 *
 * Memory that `work` allocates or frees is charged to the job's own account and merged into the loop thread's
 * current account just before `done`. */
#ifndef TORC_IO_JOB_H
#define TORC_IO_JOB_H

#include "common/base/mem.h"
#include "common/io/io.h"

/* Each lane has threads of its own, so that a long computation never delays a sync. */
enum io_lane { IO_LANE_DISK, IO_LANE_CPU, IO_LANE_COUNT };

struct io_job {
    uint32_t magic;
    uint8_t lane; /* enum io_lane */
    struct io *io;
    struct io_job *next;
    struct mem_account account;
    void (*work)(struct io_job *job);
    void (*done)(struct io_job *job); /* last use of the job: it may free or resubmit it */
};

/* Takes the job until `done`. The user embeds it and sets nothing but through this call. */
void io_job_submit(struct io *io, struct io_job *job, enum io_lane lane, void (*work)(struct io_job *job),
                   void (*done)(struct io_job *job));
/* Jobs submitted whose `done` has not been called. */
unsigned io_jobs_pending(const struct io *io);
/* Nothing waits for helpers when the process exits; io_destroy does wait for their current jobs. */

#endif
