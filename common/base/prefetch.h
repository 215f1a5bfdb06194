/* Asking for a cache line ahead of its use. Not __builtin_prefetch: gcc counts a function that does nothing
 * else as free of effects, and drops the calls of it. */
#ifndef TORC_BASE_PREFETCH_H
#define TORC_BASE_PREFETCH_H

static inline void prefetch_line(const void *at) {
#if defined(__x86_64__)
    __asm__ volatile("prefetcht0 %0" : : "m"(*(const char *)at));
#elif defined(__aarch64__)
    __asm__ volatile("prfm pldl1keep, %0" : : "Q"(*(const char *)at));
#else
    __builtin_prefetch(at);
#endif
}

#endif
