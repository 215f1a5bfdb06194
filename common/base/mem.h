/* Allocation with accounting, on jemalloc.
 *
 * Every allocation is charged to the account that the thread has entered, so that each of several servers in one
 * process (simulation, tests) knows its own used_memory. Accounts are plain counters owned by one thread; a helper
 * thread enters an account of its own and the loop merges it when the job is back (mem_account_merge).
 *
 * What is charged is the size class, not the request: it is what the process really pays. Classes are computed
 * (mem_good_size), so an owner that knows the size of an object frees it without asking the allocator for it. */
#ifndef TORC_BASE_MEM_H
#define TORC_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

struct mem_account {
    int64_t used; /* bytes; negative in a helper that frees what another thread allocated */
    int64_t peak; /* greatest `used` that mem_account_note_peak saw */
};

/* Makes `account` (borrowed, never NULL) the one that this thread charges; returns the one before it. */
struct mem_account *mem_account_enter(struct mem_account *account);

/* Adds what `from` gathered to `into` and empties `from`. Called by the owner of `into`. */
void mem_account_merge(struct mem_account *into, struct mem_account *from);

/* The account that this thread charges now. */
struct mem_account *mem_account_current(void);

static inline void mem_account_note_peak(struct mem_account *account) {
    if (account->used > account->peak) account->peak = account->used;
}

/* The bytes that an allocation of `size` really takes: jemalloc's size classes (8, then steps of 16 up to 128, then
 * four classes per doubling). Checked against the allocator by a unit test. */
static inline size_t mem_good_size(size_t size) {
    if (size <= 8) return 8;
    if (size <= 128) return (size + 15) & ~(size_t)15;
    size_t step = (size_t)1 << (61 - __builtin_clzl(size - 1));
    return (size + step - 1) & ~(step - 1);
}

/* These never return NULL: out of memory ends the process with a report. */
void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *mem_zalloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *mem_realloc(void *ptr, size_t size) __attribute__((alloc_size(2))); /* takes ptr, which may be NULL */
void mem_free(void *ptr);                                                /* takes ptr, which may be NULL */
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t len); /* adds a terminator */

/* As above, but NULL when memory is short: for sizes that a client or a file chose. */
void *mem_try_alloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *mem_try_realloc(void *ptr, size_t size) __attribute__((alloc_size(2)));

/* For owners that know the size: `size` must be what was asked for (any size of the same class will do). */
void mem_free_sized(void *ptr, size_t size);

/* The bytes an allocation really has (at least what was asked for). */
size_t mem_usable(const void *ptr);

/* Page-aligned zeroed memory outside the heap, in huge pages where `size` allows them; charged like the rest.
 * Given back with mem_unmap in one piece or in several page-aligned ones. Never NULL. */
void *mem_map(size_t size);
void mem_unmap(void *ptr, size_t size);

/* Figures of the allocator for INFO and MEMORY; all zero in builds without jemalloc. */
struct mem_allocator_stats {
    size_t allocated, active, resident, retained, muzzy;
};
void mem_allocator_stats(struct mem_allocator_stats *out);
const char *mem_allocator_name(void); /* e.g. "jemalloc-5.3.0" */
void mem_purge(void);                 /* gives dirty pages back to the system */

/* Fault injection for tests: the n-th mem_try_* call from now fails (0 turns it off). */
void mem_fail_after(uint64_t nth_try);

#endif
