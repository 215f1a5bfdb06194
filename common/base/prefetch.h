/* Asking the processor for a cache line ahead of its use.
 *
 * The compiler's own __builtin_prefetch is not enough: gcc takes a function that does nothing else for one
 * without effects, and drops the calls to it, prefetch and all. */
#ifndef TORC_BASE_PREFETCH_H
#define TORC_BASE_PREFETCH_H

/* Advice only: `address` may be anything, and nothing is read. */
static inline __attribute__((always_inline)) void prefetch(const void *address) {
#if defined(__x86_64__)
    __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)address));
#elif defined(__aarch64__)
    __asm__ volatile("prfm pldl1keep, [%0]" : : "r"(address));
#else
    __builtin_prefetch(address);
#endif
}

#endif
