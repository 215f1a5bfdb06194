/* Allocation with accounting, on jemalloc.
 *
 * Every allocation is charged to the account that the thread has entered, so that each of several servers in
 * one process (simulation, tests) knows its own used_memory. Accounts are plain counters owned by one thread;
 * a helper thread enters an account of its own and the loop merges it when the job is back
 * (mem_account_merge).
 *
 * What is charged is the size class, not the request: it is what the process really pays. Classes are
 * computed (mem_good_size), so an owner that knows the size of an object frees it without asking the
 * allocator for it. */
#ifndef TORC_BASE_MEM_H
#define TORC_BASE_MEM_H

#include "common/base/panic.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Who makes memory present before it is needed (mem_expect). */
struct mem_ahead {
    void (*populate)(struct mem_ahead *ahead, void *ptr, size_t size);
};

struct mem_account {
    int64_t used;            /* bytes; negative in a helper that frees what another thread allocated */
    int64_t peak;            /* greatest `used` that mem_account_note_peak saw */
    struct mem_ahead *ahead; /* borrowed; NULL: nobody */
    int64_t announce_at;     /* `used` at which the heap is next seen to grow (mem_grew) */
};

/* Makes `account` (borrowed, never NULL) the one that this thread charges; returns the one before it. A
 * thread that never entered one charges an account of its own that nobody reads. */
struct mem_account *mem_account_enter(struct mem_account *account);

/* Adds what `from` gathered to `into` and empties `from`. Called by the owner of `into`. */
void mem_account_merge(struct mem_account *into, struct mem_account *from);

/* Where this thread charges; NULL until its first charge or enter. For the inline functions below only. */
extern _Thread_local struct mem_account *mem_account_here;
struct mem_account *mem_account_fallback(void) __attribute__((cold));

/* The account that this thread charges now. */
static inline struct mem_account *mem_account_current(void) {
    struct mem_account *here = mem_account_here;
    return likely(here != NULL) ? here : mem_account_fallback();
}

static inline void mem_account_note_peak(struct mem_account *account) {
    if (account->used > account->peak) account->peak = account->used;
}

/* Charges bytes that were not allocated here: for owners who commit what they reserved bit by bit
 * (mem_reserve). */
static inline void mem_charge(int64_t delta) {
    mem_account_current()->used += delta;
}

/* The bytes that an allocation of `size` really takes: jemalloc's size classes (8, then steps of 16 up to
 * 128, then four classes per doubling). Checked against the allocator by a unit test. It is what is charged;
 * a sanitized build still guards every byte beyond `size`, so who wants to use the slack asks mem_usable. */
static inline size_t mem_good_size(size_t size) {
    if (size <= 8) return 8;
    if (size <= 128) return (size + 15) & ~(size_t)15;
    size_t step = (size_t)1 << (61 - __builtin_clzl(size - 1));
    return (size + step - 1) & ~(step - 1);
}

/* True if an allocation of `before` bytes serves as one of `after` without asking the allocator. Sanitized
 * builds guard every byte beyond the request, so there only shrinking does. */
static inline int mem_serves(size_t before, size_t after) {
#ifdef TORC_SANITIZED
    if (after > before) return 0;
#endif
    return mem_good_size(before) == mem_good_size(after);
}

void mem_out_of_memory(size_t size) __attribute__((noreturn, cold));

/* These never return NULL: out of memory ends the process with a report. */
static inline void *mem_alloc(size_t size) {
    void *ptr = malloc(size);
    if (unlikely(ptr == NULL)) mem_out_of_memory(size);
    mem_charge((int64_t)mem_good_size(size));
    return ptr;
}
void *mem_zalloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *mem_realloc(void *ptr, size_t size) __attribute__((alloc_size(2))); /* takes ptr, which may be NULL */
void mem_free(void *ptr);                                                 /* takes ptr, which may be NULL */
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t len); /* adds a terminator */

/* As above, but NULL when memory is short: for sizes that a client or a file chose. */
void *mem_try_alloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *mem_try_realloc(void *ptr, size_t size) __attribute__((alloc_size(2))); /* takes ptr unless it fails */

#ifdef TORC_SANITIZED
static inline void mem_give_back(void *ptr, size_t size) {
    free(ptr);
}
#else
extern void sdallocx(void *ptr, size_t size, int flags); /* jemalloc: free that trusts the size */
static inline void mem_give_back(void *ptr, size_t size) {
    sdallocx(ptr, size ? size : 1, 0);
}
#endif

/* For owners that know the size: `size` must be what was asked for (any size of the same class will do).
 * Takes ptr, which must not be NULL; cheaper than mem_free. */
static inline void mem_free_sized(void *ptr, size_t size) {
    mem_charge(-(int64_t)mem_good_size(size));
    mem_give_back(ptr, size);
}

/* Takes `ptr` of `size` bytes and returns it, perhaps elsewhere, with `count` bytes more (for the caller to
 * fill) or less at offset `at`; what stands behind moves along. */
void *mem_open_gap(void *ptr, size_t size, size_t at, size_t count);
void *mem_close_gap(void *ptr, size_t size, size_t at, size_t count);

/* The bytes an allocation really has (at least what was asked for). */
size_t mem_usable(const void *ptr);

/* Page-aligned zeroed memory outside the heap, in huge pages where `size` allows them; charged like the rest.
 * Given back with mem_unmap in one piece or in several page-aligned ones. Never NULL. */
void *mem_map(size_t size);
void mem_unmap(void *ptr, size_t size);

/* Address space that becomes zeroed memory page by page as it is touched, aligned to 2 MiB and advised for
 * huge pages when it is at least that large. Not charged: the owner calls mem_charge for what it commits.
 * Given back like mem_map's memory, in one piece or several. Never NULL. */
void *mem_reserve(size_t size);
void mem_release(void *ptr, size_t size);
/* Makes reserved pages zero again and gives their memory back; the address space stays. */
void mem_forget(void *ptr, size_t size);

/* Says that these reserved bytes will be touched soon. On a virtual machine the first touch of a huge page
 * can take the thread 6 ms; whoever the account names has the page made present elsewhere (mem_populate on
 * another thread), so that this thread finds it there. Advice: nothing happens where nobody is named. */
void mem_announce_heap(struct mem_account *account, const void *latest) __attribute__((cold));
static inline void mem_expect(void *ptr, size_t size) {
    struct mem_ahead *ahead = mem_account_current()->ahead;
    if (ahead) ahead->populate(ahead, ptr, size);
}
/* The same for the heap. A structure that grows by allocations says so now and then, with its latest one:
 * jemalloc takes fresh memory in the order of addresses, so when `used` has grown by another step, what lies
 * behind that allocation is next. */
static inline void mem_grew(const void *latest) {
    struct mem_account *account = mem_account_current();
    if (unlikely(account->used >= account->announce_at)) mem_announce_heap(account, latest);
}
/* Makes the pages present, without changing them; any thread may, even if they were given back meanwhile. */
void mem_populate(void *ptr, size_t size);

/* Figures of the allocator for INFO and MEMORY; all zero in builds without jemalloc. */
struct mem_allocator_stats {
    size_t allocated, active, resident, retained, muzzy;
};
void mem_allocator_stats(struct mem_allocator_stats *out);
/* All that the allocator tells of itself, in pieces of text; nothing in builds without jemalloc. */
void mem_allocator_report(void (*write)(void *arg, const char *text), void *arg);
const char *mem_allocator_name(void); /* e.g. "jemalloc-5.3.0" */
/* Reads (`old`, of *old_len bytes) and sets (`fresh`, of fresh_len) a value of jemalloc by its name, as
 * mallctl does; either may be NULL. 0 or an errno; ENOTSUP in builds without jemalloc. */
int mem_ctl(const char *name, void *old, size_t *old_len, void *fresh, size_t fresh_len);
void mem_purge(void); /* gives dirty pages back to the system */
/* From now on a thread of the allocator gives back what lies idle for ten seconds; else whoever allocates
 * next does, some hundred megabytes at once if need be. After daemonizing: threads do not survive a fork. */
void mem_purge_in_background(void);

/* Fault injection for tests: the n-th mem_try_* call of this thread from now fails (0 turns it off). */
void mem_fail_after(uint64_t nth_try);

#endif
