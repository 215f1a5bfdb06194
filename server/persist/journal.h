/* Group commit: what was journaled becomes safe in a file, a group at a time, without anybody waiting for the
 * disk.
 *
 *      units ──► open ──(end of a turn, nothing in flight)──► flight ──► written ──► synced
 *               collects                                      at an explicit offset
 *
 *      position:  ─── synced ─── written ─── end of flight ─── appended ──►
 *
 * The invariants stand in README.md. Who owns the journal is told when what is safe has moved, when the disk
 * fails and when it is back. */
#ifndef TORC_PERSIST_JOURNAL_H
#define TORC_PERSIST_JOURNAL_H

#include "common/io/io_file.h"
#include "server/persist/aof_format.h"

enum journal_policy { JOURNAL_SYNC_NEVER, JOURNAL_SYNC_EVERYSEC, JOURNAL_SYNC_ALWAYS };

enum journal_state {
    JOURNAL_CLOSED,  /* no file: what is appended waits */
    JOURNAL_IDLE,    /* nothing in flight */
    JOURNAL_DELAYED, /* DEBUG AOF-FLUSH-SLEEP holds the flight */
    JOURNAL_FLYING,
    JOURNAL_CUTTING, /* what a failed write left is taken off the file */
    JOURNAL_WAITING, /* for the next try */
    JOURNAL_BROKEN,  /* a sync failed: the file is not used again */
};

struct journal_events {
    void *owner;
    void (*moved)(void *owner); /* journal_safe may have grown */
    void (*failed)(void *owner, int error, bool broken);
    void (*recovered)(void *owner); /* a group was written again after a failure */
    /* The last group of this file has been taken (journal_rotate): what is appended from now on belongs to
     * the next one. Called between units. */
    void (*sealed)(void *owner);
    /* … and is written and synced: journal_open the next. */
    void (*rotated)(void *owner);
};

struct journal {
    struct io *io;
    const struct journal_events *events; /* borrowed */
    enum journal_policy policy;
    enum journal_state state;
    int fd;                                     /* borrowed; -1: none */
    int64_t size;                               /* of the file up to the end of its last good group */
    int64_t groups_size;                        /* up to the end of the last that is not empty */
    int64_t durable_size, sync_size, told_size; /* synced; by the sync under way; what the latest line says */
    int64_t delay_us;

    struct buf open, flight;
    int db, open_db; /* selected at the end of `open`, at its beginning; -1: none yet */
    bool in_exec;
    int64_t time_s, open_time_s; /* of the latest annotation; of the one before `open`, 0: none */
    char line[AOF_GROUP_MAX + 32];
    struct iovec parts[2];
    size_t flight_bytes; /* with its line */
    struct io_file_op write_op, sync_op;
    struct io_job cut_job;
    struct io_timer timer, second; /* of the state; of everysec */
    bool syncing, syncs_with_write;
    enum { JOURNAL_STAYS, JOURNAL_ROTATE_ASKED, JOURNAL_ROTATING, JOURNAL_HOLDS } rotation;

    uint64_t appended, flight_end, written, synced, sync_end, safe; /* positions */
    int64_t unsynced_since_us,
        unsynced_next_us; /* oldest write that is not synced; not part of the sync under way */
    int error;            /* 0: the disk works */
    uint64_t groups, syncs, delayed_syncs, failures;
};

void journal_init(struct journal *j, struct io *io, const struct journal_events *events, uint64_t position);
/* With nothing under way. */
void journal_deinit(struct journal *j);

/* What was appended so far is somebody else's business (a new base holds it): the next file begins here.
 * Nothing is under way. */
void journal_anew(struct journal *j);
/* The file that groups go to from now on, `size` bytes long. It begins where the last one was sealed, or
 * begun anew. */
void journal_open(struct journal *j, int fd, int64_t size);
void journal_set_policy(struct journal *j, enum journal_policy policy);

/* Appends one record; the position behind it. `time_s`: annotate it with this time; 0: not. */
uint64_t journal_append(struct journal *j, int db_index, const struct slice *argv, int argc, int64_t time_s);
/* At the end of each turn, between units: sends the open group on its way if nothing is in flight. */
void journal_turn(struct journal *j);
/* Asks for the last group of this file: `sealed`, then `rotated`. */
void journal_rotate(struct journal *j);
/* Does not wait for the next try any longer. */
void journal_retry_now(struct journal *j);
/* DEBUG AOF-FLUSH-SLEEP: each group is held for so long before it is written; 0: the one that is held goes.
 */
void journal_set_delay(struct journal *j, int64_t delay_us);
/* Nothing is under way: lets go of the file. What was not written is dropped. */
void journal_close(struct journal *j);

/* All up to here is as safe as the policy promises. */
static inline uint64_t journal_safe(const struct journal *j) {
    return j->safe;
}
static inline bool journal_busy(const struct journal *j) {
    return j->syncing || j->state == JOURNAL_FLYING || j->state == JOURNAL_CUTTING;
}
static inline size_t journal_unwritten(const struct journal *j) {
    return j->open.len + j->flight.len;
}

#endif
