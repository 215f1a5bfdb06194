/* Growing tables announce the next huge page; a helper touches it.
 *
 *      table_insert ─► segvec_push ─► mem_expect ─► ahead: job ─► helper: mem_populate
 *
 * A table of millions of keys takes a huge page each 160,000 insertions. Where the hypervisor has to find the
 * memory first, the touch takes 6 ms: on the data thread that would be a turn by itself. The pages of the
 * heap cost 14 µs each there, and one in some hundred thousand several ms. */
#include "server/ahead.h"
#include "common/base/list.h"
#include "common/io/io_job.h"

struct touch {
    struct io_job job;
    void *ptr;
    size_t size;
};

static void touch_work(struct io_job *job) {
    struct touch *t = LIST_OWNER(job, struct touch, job);
    mem_populate(t->ptr, t->size);
}

static void touch_done(struct io_job *job) {
    struct touch *t = LIST_OWNER(job, struct touch, job);
    mem_free_sized(t, sizeof(*t));
}

static void populate(struct mem_ahead *hook, void *ptr, size_t size) {
    struct ahead *ahead = LIST_OWNER(hook, struct ahead, hook);
    struct touch *t = mem_alloc(sizeof(*t));
    t->ptr = ptr;
    t->size = size;
    io_job_submit(ahead->io, &t->job, IO_LANE_CPU, touch_work, touch_done);
}

void ahead_init(struct ahead *ahead, struct mem_account *account, struct io *io) {
    *ahead = (struct ahead){{populate}, io};
    account->ahead = &ahead->hook;
    account->announce_at = 0;
}

void ahead_deinit(struct ahead *ahead, struct mem_account *account) {
    if (account->ahead == &ahead->hook) account->ahead = NULL;
}
