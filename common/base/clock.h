/* The clocks of the machine. Only the io layer (once per turn) and boot read them; everything else is handed
 * a time. cycle counters are for measuring commands only. */
#ifndef TORC_BASE_CLOCK_H
#define TORC_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void);       /* since 1970 */
int64_t clock_monotonic_us(void);  /* since some start */
int64_t clock_thread_cpu_us(void); /* CPU time of the calling thread */

/* The time-stamp counter, and how many of its ticks make a microsecond (measured once, at the first call of
 * clock_cycles_per_us, which takes up to 2 ms). */
static inline uint64_t clock_cycles(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return (uint64_t)clock_monotonic_us() * 1000;
#endif
}
double clock_cycles_per_us(void);

#endif
