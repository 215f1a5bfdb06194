/* See journal.h.
 *
 *                    ┌──────────────── written (and synced) ────────────────┐
 *                    ▼                                                       │
 *      CLOSED ──► IDLE ──(turn)──► FLYING ──(write failed)──► CUTTING ──► WAITING ──(again, same bytes, same
 * place) │ └──(sync failed)──► BROKEN, until another file is opened
 *
 * A group keeps its line and its offset over all tries, so a retry overwrites what an earlier one left. With
 * `always` one operation writes and syncs. With `everysec` a second operation syncs beside the writes; it
 * covers what was written when it began, no more. */
#include "server/persist/journal.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io.h"

#define SECOND_US 1000000
#define RETRY_US  500000
#define UNSYNCED_MAX_US                                                                                      \
    1900000 /* acknowledged under everysec and not synced: two seconds, and time to tell */
#define KEPT_BYTES (4 << 20)

static void on_timer(struct io_timer *timer);
static void on_second(struct io_timer *timer);

void journal_init(struct journal *j, struct io *io, const struct journal_events *events, uint64_t position) {
    *j = (struct journal){.io = io, .events = events, .fd = -1, .db = -1, .open_db = -1};
    j->appended = j->flight_end = j->written = j->synced = j->sync_end = j->safe = position;
    io_timer_init(&j->timer, on_timer);
    io_timer_init(&j->second, on_second);
}

void journal_deinit(struct journal *j) {
    must(!journal_busy(j));
    io_timer_cancel(j->io, &j->timer);
    io_timer_cancel(j->io, &j->second);
    buf_deinit(&j->open);
    buf_deinit(&j->flight);
}

/* --- appending --- */

uint64_t journal_append(struct journal *j, int db_index, const struct slice *argv, int argc, int64_t time_s) {
    size_t before = j->open.len, annotated = 0;
    if (unlikely(time_s) && time_s != j->time_s && !j->in_exec) {
        j->time_s = time_s;
        if (before == 0)
            j->open_time_s = time_s; /* in front of the group's line */
        else
            aof_put_time(&j->open, time_s);
        annotated = j->open.len - before;
    }
    if (unlikely(j->open_db < 0 && j->open.len == 0)) j->open_db = j->db < 0 ? 0 : j->db;
    if (unlikely(db_index >= 0 && db_index != j->db)) {
        aof_put_select(&j->open, db_index);
        j->db = db_index;
    }
    aof_put_command(&j->open, argv, argc);
    if (db_index < 0)
        j->in_exec = false;
    else if (unlikely(argc == 1) && slice_is(argv[0], "MULTI"))
        j->in_exec = true;
    return j->appended += j->open.len - before - annotated;
}

/* --- what is safe --- */

static void look_at_safe(struct journal *j) {
    uint64_t safe = j->written;
    if (j->policy == JOURNAL_SYNC_ALWAYS) {
        safe = j->synced;
    } else if (j->policy == JOURNAL_SYNC_EVERYSEC && j->unsynced_since_us &&
               io_now_us(j->io) - j->unsynced_since_us >= UNSYNCED_MAX_US) {
        j->delayed_syncs += j->safe < safe;
        return;
    }
    if (safe <= j->safe) return;
    j->safe = safe;
    j->events->moved(j->events->owner);
}

static void fail(struct journal *j, int error, bool broken) {
    j->error = error;
    j->failures++;
    j->events->failed(j->events->owner, error, broken);
}

/* Sizes decide, not positions: an empty group has none, and must not be left torn in a file that is not the
 * last. */
static void end_rotation(struct journal *j) {
    if (j->rotation != JOURNAL_ROTATING || j->syncing || j->synced != j->flight_end) return;
    if (j->durable_size != j->size) return;
    j->rotation = JOURNAL_HOLDS;
    j->events->rotated(j->events->owner);
}

/* --- syncing beside the writes --- */

static void sync_rest(struct journal *j);

static void on_synced(struct io_file_op *op) {
    struct journal *j = LIST_OWNER(op, struct journal, sync_op);
    j->syncing = false;
    if (j->state == JOURNAL_BROKEN || j->state == JOURNAL_CLOSED) return;
    if (op->error) {
        if (j->state == JOURNAL_FLYING || j->state == JOURNAL_CUTTING)
            j->syncs_with_write = true; /* told when that operation is over */
        else
            j->state = JOURNAL_BROKEN;
        fail(j, op->error, true);
        return;
    }
    if (j->sync_end > j->synced) j->synced = j->sync_end;
    if (j->sync_size > j->durable_size) j->durable_size = j->sync_size;
    j->unsynced_since_us = j->unsynced_next_us;
    j->unsynced_next_us = 0;
    look_at_safe(j);
    end_rotation(j);
    if (j->policy == JOURNAL_SYNC_ALWAYS) sync_rest(j); /* the policy was another when it was written */
}

static void start_sync(struct journal *j) {
    j->syncing = true;
    j->syncs++;
    j->sync_end = j->written;
    j->sync_size = j->size;
    j->unsynced_next_us = 0;
    io_file_sync(j->io, &j->sync_op, j->fd, on_synced);
}

static void sync_rest(struct journal *j) {
    if (j->written != j->synced && !j->syncing && j->state == JOURNAL_IDLE) start_sync(j);
}

static void on_second(struct io_timer *timer) {
    struct journal *j = LIST_OWNER(timer, struct journal, second);
    if (j->fd < 0 || j->state == JOURNAL_BROKEN || j->policy != JOURNAL_SYNC_EVERYSEC ||
        j->written == j->synced)
        return;
    if (!j->syncing) start_sync(j);
    io_timer_set(j->io, timer, io_now_us(j->io) + SECOND_US);
}

/* Something was written that only the second's sync will make durable. */
static void note_unsynced(struct journal *j) {
    int64_t now_us = io_now_us(j->io);
    if (j->unsynced_since_us == 0)
        j->unsynced_since_us = now_us;
    else if (j->syncing && j->unsynced_next_us == 0)
        j->unsynced_next_us = now_us;
    if (j->policy == JOURNAL_SYNC_EVERYSEC && !io_timer_is_set(&j->second))
        io_timer_set(j->io, &j->second, now_us + SECOND_US);
}

/* --- the flight --- */

static void on_written(struct io_file_op *op);

static void take_off(struct journal *j) {
    bool sync = j->policy == JOURNAL_SYNC_ALWAYS || j->rotation == JOURNAL_ROTATING;
    j->state = JOURNAL_FLYING;
    j->parts[0] = (struct iovec){j->line, j->flight_bytes - j->flight.len};
    j->parts[1] = (struct iovec){j->flight.ptr, j->flight.len};
    if (sync) {
        j->syncs++;
        io_file_write_sync(j->io, &j->write_op, j->fd, j->parts, 2, j->size, on_written);
    } else {
        io_file_write(j->io, &j->write_op, j->fd, j->parts, 2, j->size, on_written);
    }
}

static void seal(struct journal *j) {
    struct buf empty = j->flight;
    buf_clear(&empty);
    j->flight = j->open;
    j->open = empty;
    j->flight_end = j->appended;
    struct buf time = {0};
    if (j->open_time_s) aof_put_time(&time, j->open_time_s);
    size_t time_len = time.len;
    if (time_len) memcpy(j->line, time.ptr, time_len);
    buf_deinit(&time);
    struct aof_group group = {.length = (int64_t)j->flight.len,
                              .db = j->open_db < 0 ? 0 : j->open_db,
                              .position = j->flight_end,
                              .durable = j->durable_size};
    j->told_size = j->durable_size;
    aof_group_place(&group, j->size + (int64_t)time_len);
    j->flight_bytes =
        time_len + aof_group_line(&group, buf_slice(&j->flight), j->line + time_len) + j->flight.len;
    j->open_time_s = 0;
    j->open_db = -1;
    j->groups++;
}

static void landed(struct journal *j) {
    bool synced = j->write_op.kind == IO_FILE_WRITE_SYNC;
    j->size += (int64_t)j->flight_bytes;
    if (j->flight.len) j->groups_size = j->size;
    j->written = j->flight_end;
    if (synced) {
        j->synced = j->written;
        j->durable_size = j->size;
        j->unsynced_since_us = j->unsynced_next_us = 0;
    } else if (j->written != j->synced) {
        note_unsynced(j);
    }
    if (j->flight.cap > KEPT_BYTES)
        buf_deinit(&j->flight);
    else
        buf_clear(&j->flight);
    j->state = JOURNAL_IDLE;
    if (j->error) {
        j->error = 0;
        j->events->recovered(j->events->owner);
    }
    look_at_safe(j);
    end_rotation(j);
    if (j->policy == JOURNAL_SYNC_ALWAYS) sync_rest(j);
}

static void cut_work(struct io_job *job) {
    struct journal *j = LIST_OWNER(job, struct journal, cut_job);
    io_disk_truncate(job->io, j->fd, j->size); /* if that fails, too, the next try overwrites what is there */
}

static void break_up(struct journal *j) {
    j->syncs_with_write = false;
    j->state = JOURNAL_BROKEN;
}

static void cut_done(struct io_job *job) {
    struct journal *j = LIST_OWNER(job, struct journal, cut_job);
    if (j->syncs_with_write) {
        break_up(j);
        return;
    }
    j->state = JOURNAL_WAITING;
    io_timer_set(j->io, &j->timer, io_now_us(j->io) + RETRY_US);
}

static void on_written(struct io_file_op *op) {
    struct journal *j = LIST_OWNER(op, struct journal, write_op);
    if (j->syncs_with_write) { /* a sync beside it failed meanwhile: the file is lost */
        break_up(j);
        return;
    }
    if (op->error == 0) {
        landed(j);
    } else if (op->written == j->flight_bytes) {
        j->state = JOURNAL_BROKEN;
        fail(j, op->error, true);
    } else {
        j->state = JOURNAL_CUTTING;
        fail(j, op->error, false);
        io_job_submit(j->io, &j->cut_job, IO_LANE_DISK, cut_work, cut_done);
    }
}

static void on_timer(struct io_timer *timer) {
    struct journal *j = LIST_OWNER(timer, struct journal, timer);
    if (j->state == JOURNAL_WAITING || j->state == JOURNAL_DELAYED) take_off(j);
}

void journal_retry_now(struct journal *j) {
    if (j->state != JOURNAL_WAITING) return;
    io_timer_cancel(j->io, &j->timer);
    take_off(j);
}

void journal_set_delay(struct journal *j, int64_t delay_us) {
    j->delay_us = delay_us;
    if (delay_us || j->state != JOURNAL_DELAYED) return;
    io_timer_cancel(j->io, &j->timer);
    take_off(j);
}

/* Under everysec, the groups of a second do not tell that they are durable. When no other follows that does,
 * an empty one is written. */
static bool wants_mark(const struct journal *j) {
    return j->told_size < j->groups_size && j->durable_size >= j->groups_size &&
           j->policy == JOURNAL_SYNC_EVERYSEC && !j->syncing;
}

static bool wants_flight(struct journal *j) {
    if (j->state != JOURNAL_IDLE || j->rotation >= JOURNAL_ROTATING) return false;
    return j->open.len || j->rotation == JOURNAL_ROTATE_ASKED || wants_mark(j);
}

void journal_turn(struct journal *j) {
    if (likely(!wants_flight(j))) return;
    must(!j->in_exec);
    bool last = j->rotation == JOURNAL_ROTATE_ASKED;
    if (last && j->syncing) return; /* one sync at a time; the next turn after it */
    if (last) j->rotation = JOURNAL_ROTATING;
    if (j->open.len || (!last && wants_mark(j))) {
        seal(j);
        if (j->delay_us) {
            j->state = JOURNAL_DELAYED;
            io_timer_set(j->io, &j->timer, io_now_us(j->io) + j->delay_us);
        } else {
            take_off(j);
        }
    } else if (j->durable_size != j->size) {
        start_sync(j);
    }
    if (!last) return;
    j->db = -1; /* the next file begins with a SELECT */
    j->time_s = 0;
    j->events->sealed(j->events->owner);
    if (j->state == JOURNAL_IDLE) end_rotation(j);
}

/* --- files --- */

void journal_rotate(struct journal *j) {
    must(j->rotation == JOURNAL_STAYS && j->fd >= 0);
    j->rotation = JOURNAL_ROTATE_ASKED;
}

void journal_anew(struct journal *j) {
    must(!journal_busy(j));
    io_timer_cancel(j->io, &j->timer);
    buf_clear(&j->open);
    buf_clear(&j->flight);
    j->db = j->open_db = -1;
    j->time_s = j->open_time_s = 0;
    j->in_exec = false;
    j->flight_end = j->appended;
    j->rotation = JOURNAL_STAYS;
    j->state = JOURNAL_CLOSED;
}

void journal_open(struct journal *j, int fd, int64_t size) {
    must(!journal_busy(j));
    j->written = j->synced = j->flight_end;
    j->rotation = JOURNAL_STAYS;
    j->fd = fd;
    j->size = j->durable_size = j->told_size = j->groups_size = size;
    j->error = 0;
    j->unsynced_since_us = j->unsynced_next_us = 0;
    j->state = JOURNAL_IDLE;
    look_at_safe(j);
}

void journal_close(struct journal *j) {
    journal_anew(j);
    io_timer_cancel(j->io, &j->second);
    j->fd = -1;
    j->rotation = JOURNAL_STAYS;
    j->error = 0;
    j->written = j->synced = j->safe = j->appended;
}

void journal_set_policy(struct journal *j, enum journal_policy policy) {
    j->policy = policy;
    if (j->fd < 0 || j->state == JOURNAL_BROKEN) return;
    if (policy != JOURNAL_SYNC_NEVER) sync_rest(j);
    look_at_safe(j);
}
