/* Deletes the files of history that a rewrite left because of aof-disable-auto-gc, once that is no more. The
 * manifest names them until they are gone; no rewrite begins meanwhile. */
#include "common/base/mem.h"
#include "server/persist/aof_int.h"

struct aof_history {
    struct io_job job;
    struct aof *aof;
    struct aof_manifest next;
    int error;
};

static void work(struct io_job *job) {
    struct aof_history *h = LIST_OWNER(job, struct aof_history, job);
    aof_history_delete(&h->aof->place, &h->next);
    aof_manifest_forget_history(&h->next);
    h->error = aof_manifest_store(&h->aof->place, &h->next);
}

static void done(struct io_job *job) {
    struct aof_history *h = LIST_OWNER(job, struct aof_history, job);
    struct aof *a = h->aof;
    a->history = NULL;
    if (h->error < 0) {
        log_warning(a->parts.log, "Error forgetting old append only files: %s", strerror(-h->error));
        aof_manifest_deinit(&h->next);
    } else {
        aof_manifest_take(a, &h->next);
    }
    mem_free_sized(h, sizeof(*h));
}

void aof_history_turn(struct aof *a) {
    bool stored = a->state == AOF_OFF || (a->state == AOF_ON && a->published);
    if (a->history || a->rewrite || !stored) return;
    a->gc_wanted = false;
    if (a->manifest.history_count == 0) return;
    struct aof_history *h = a->history = mem_zalloc(sizeof(*h));
    h->aof = a;
    aof_manifest_copy(&h->next, &a->manifest);
    io_job_submit(a->parts.io, &h->job, IO_LANE_DISK, work, done);
}
