/* Readings of the machine's clocks. All go through the vDSO except the thread's CPU time, which is a system
 * call. */
#include "common/base/clock.h"
#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_us(void) {
    return read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_thread_cpu_us(void) {
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

/* Two milliseconds against the monotonic clock give four digits, which is plenty for measuring commands. Two
 * threads that come first together both measure, and either result serves. */
double clock_cycles_per_us(void) {
    static double measured;
    double rate;
    __atomic_load(&measured, &rate, __ATOMIC_RELAXED);
    if (rate > 0) return rate;

    int64_t start_us = clock_monotonic_us(), now_us;
    uint64_t start = clock_cycles();
    do
        now_us = clock_monotonic_us();
    while (now_us - start_us < 2000);
    rate = (double)(clock_cycles() - start) / (double)(now_us - start_us);
    __atomic_store(&measured, &rate, __ATOMIC_RELAXED);
    return rate;
}
