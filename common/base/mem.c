/* Allocation with accounting.
 *
 *      caller ──► mem_alloc ──► malloc (jemalloc, linked statically)
 *                     │
 *                     └─► account of this thread:  used += size class
 *
 * The account is a plain counter behind a thread-local pointer, so a charge is one load and one add. That is
 * exact because an account belongs to one thread at a time: what a helper frees goes to the helper's own
 * account (which turns negative) and is merged by the loop when the job comes back.
 *
 * Charging size classes and not requests makes used_memory what the process pays, and makes freeing cheap:
 * the class follows from the size by arithmetic, so mem_free_sized asks the allocator nothing. mem_free has
 * to look it up.
 *
 * AddressSanitizer brings its own malloc, whose usable size is the request; the class computed from it is the
 * same, so accounting balances there as well. */
#include "common/base/mem.h"
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef TORC_SANITIZED
#include <jemalloc/jemalloc.h>
#endif

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
/* Up to here nothing is announced: a small server stays small. */
#define HEAP_FREE_BYTES ((int64_t)32 << 20)
#define HEAP_STEP       ((int64_t)512 << 10)
#define HEAP_AHEAD      ((size_t)1 << 20)
#define POPULATE_STEP   ((size_t)256 << 10)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* newer than the headers */
#endif

_Thread_local struct mem_account *mem_account_here;
static _Thread_local struct mem_account fallback_account;
static _Thread_local uint64_t tries_until_failure;

struct mem_account *mem_account_fallback(void) {
    mem_account_here = &fallback_account;
    return mem_account_here;
}

struct mem_account *mem_account_enter(struct mem_account *account) {
    must(account != NULL);
    struct mem_account *before = mem_account_current();
    mem_account_here = account;
    return before;
}

void mem_account_merge(struct mem_account *into, struct mem_account *from) {
    must(into != from);
    into->used += from->used;
    from->used = from->peak = 0;
}

void mem_out_of_memory(size_t size) {
    panic("out of memory: no room for %zu bytes", size);
}

size_t mem_usable(const void *ptr) {
    return malloc_usable_size((void *)ptr);
}

void *mem_zalloc(size_t size) {
    void *ptr = calloc(1, size);
    if (unlikely(ptr == NULL)) mem_out_of_memory(size);
    mem_charge((int64_t)mem_good_size(size));
    return ptr;
}

void mem_free(void *ptr) {
    if (ptr == NULL) return;
    size_t usable = malloc_usable_size(ptr);
    mem_charge(-(int64_t)mem_good_size(usable));
    mem_give_back(ptr, usable);
}

/* NULL leaves ptr and the account as they were. */
static void *reallocate(void *ptr, size_t size) {
    size_t before = ptr ? mem_good_size(malloc_usable_size(ptr)) : 0;
    if (size == 0) size = 1; /* realloc(ptr, 0) may free */
    void *moved = realloc(ptr, size);
    if (likely(moved != NULL)) mem_charge((int64_t)mem_good_size(size) - (int64_t)before);
    return moved;
}

void *mem_realloc(void *ptr, size_t size) {
    void *moved = reallocate(ptr, size);
    if (unlikely(moved == NULL)) mem_out_of_memory(size);
    return moved;
}

char *mem_strndup(const char *text, size_t len) {
    char *copy = mem_alloc(len + 1);
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *text) {
    return mem_strndup(text, strlen(text));
}

void *mem_open_gap(void *ptr, size_t size, size_t at, size_t count) {
    if (!mem_serves(size, size + count)) ptr = mem_realloc(ptr, size + count);
    memmove((char *)ptr + at + count, (char *)ptr + at, size - at);
    return ptr;
}

void *mem_close_gap(void *ptr, size_t size, size_t at, size_t count) {
    memmove((char *)ptr + at, (char *)ptr + at + count, size - at - count);
    return mem_serves(size, size - count) ? ptr : mem_realloc(ptr, size - count);
}

/* --- allocations that may fail --- */

static int try_fails(void) {
    return unlikely(tries_until_failure > 0) && --tries_until_failure == 0;
}

void mem_fail_after(uint64_t nth_try) {
    tries_until_failure = nth_try;
}

void *mem_try_alloc(size_t size) {
    if (try_fails() || size > PTRDIFF_MAX) return NULL;
    void *ptr = malloc(size);
    if (likely(ptr != NULL)) mem_charge((int64_t)mem_good_size(size));
    return ptr;
}

void *mem_try_realloc(void *ptr, size_t size) {
    if (try_fails() || size > PTRDIFF_MAX) return NULL;
    return reallocate(ptr, size);
}

/* --- memory outside the heap --- */

static size_t page_round(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) & ~(page - 1);
}

void mem_release(void *ptr, size_t size) {
    if (munmap(ptr, page_round(size)) != 0) panic("munmap of %zu bytes: %s", size, strerror(errno));
}

void mem_forget(void *ptr, size_t size) {
    must(madvise(ptr, size, MADV_DONTNEED) == 0);
}

/* In pieces, since each holds up who wants to map memory meanwhile. Errors say that the kernel is older than
 * 5.14, or that the range is gone: then the owner's touch does it. */
void mem_populate(void *ptr, size_t size) {
    for (size_t at = 0; at < size; at += POPULATE_STEP) {
        size_t piece = size - at < POPULATE_STEP ? size - at : POPULATE_STEP;
        if (madvise((char *)ptr + at, piece, MADV_POPULATE_WRITE) != 0) return;
    }
}

void mem_announce_heap(struct mem_account *account, const void *latest) {
    if (account->ahead == NULL) {
        account->announce_at = INT64_MAX;
    } else if (account->used < HEAP_FREE_BYTES) {
        account->announce_at = HEAP_FREE_BYTES;
    } else {
        account->announce_at = account->used + HEAP_STEP;
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
        account->ahead->populate(account->ahead, (void *)((uintptr_t)latest & -page), HEAP_AHEAD);
    }
}

/* Huge pages only form where 2 MiB are aligned, so that much more is mapped and the ends are given back. */
void *mem_reserve(size_t size) {
    size = page_round(size);
    size_t slack = size >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : 0;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *base = mmap(NULL, size + slack, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) mem_out_of_memory(size);
    if (slack == 0) return base;

    size_t head = -(uintptr_t)base & (HUGE_PAGE_BYTES - 1);
    if (head) mem_release(base, head);
    if (slack - head) mem_release(base + head + size, slack - head);
    /* Advice: where the kernel has no huge pages, small ones do. */
    (void)madvise(base + head, size, MADV_HUGEPAGE);
    return base + head;
}

void *mem_map(size_t size) {
    void *ptr = mem_reserve(size);
    mem_charge((int64_t)page_round(size));
    return ptr;
}

void mem_unmap(void *ptr, size_t size) {
    mem_charge(-(int64_t)page_round(size));
    mem_release(ptr, size);
}

/* --- the allocator's own figures --- */

#ifdef TORC_SANITIZED

void mem_allocator_stats(struct mem_allocator_stats *out) {
    memset(out, 0, sizeof(*out));
}

void mem_allocator_report(void (*write)(void *arg, const char *text), void *arg) {}

const char *mem_allocator_name(void) {
    return "libc";
}

void mem_purge(void) {}
void mem_purge_in_background(void) {}

int mem_ctl(const char *name, void *old, size_t *old_len, void *fresh, size_t fresh_len) {
    return ENOTSUP;
}

#else

#define ALL_ARENAS                      "4096" /* MALLCTL_ARENAS_ALL, as mallctl names it */
_Static_assert(MALLCTL_ARENAS_ALL == 4096, "the name of all arenas");
#define TEXT_OF(number)                 #number
#define VERSION_TEXT(major, minor, fix) "jemalloc-" TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(fix)

int mem_ctl(const char *name, void *old, size_t *old_len, void *fresh, size_t fresh_len) {
    return mallctl(name, old, old_len, fresh, fresh_len);
}

static size_t figure(const char *name) {
    size_t value = 0, len = sizeof(value);
    return mallctl(name, &value, &len, NULL, 0) == 0 ? value : 0;
}

void mem_allocator_stats(struct mem_allocator_stats *out) {
    uint64_t epoch = 1; /* writing it refreshes the figures */
    mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
    out->allocated = figure("stats.allocated");
    out->active = figure("stats.active");
    out->resident = figure("stats.resident");
    out->retained = figure("stats.retained");
    out->muzzy = figure("stats.arenas." ALL_ARENAS ".pmuzzy") * (size_t)sysconf(_SC_PAGESIZE);
}

void mem_allocator_report(void (*write)(void *arg, const char *text), void *arg) {
    malloc_stats_print(write, arg, NULL);
}

const char *mem_allocator_name(void) {
    return VERSION_TEXT(JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR, JEMALLOC_VERSION_BUGFIX);
}

void mem_purge(void) {
    mallctl("arena." ALL_ARENAS ".purge", NULL, NULL, NULL, 0);
}

void mem_purge_in_background(void) {
    size_t threads_max = 1;
    bool on = true;
    mallctl("max_background_threads", NULL, NULL, &threads_max, sizeof(threads_max));
    mallctl("background_thread", NULL, NULL, &on, sizeof(on));
}

#endif
