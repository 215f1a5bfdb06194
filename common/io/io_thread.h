/* Threads that run a loop of their own. A loop belongs to the thread that made it (io_create), so `run`
 * makes, drives and destroys its own; what threads have to say to each other goes through io_waker. */
#ifndef TORC_IO_THREAD_H
#define TORC_IO_THREAD_H

#include <pthread.h>

struct io_thread {
    pthread_t handle;
    void (*run)(void *owner);
    void *owner; /* borrowed */
};

/* 0 or an errno. All signals are blocked in the new thread: they are the first loop's. `t` stays where it is
 * until io_thread_join. */
int io_thread_start(struct io_thread *t, void (*run)(void *owner), void *owner);
/* Waits until `run` has returned. */
void io_thread_join(struct io_thread *t);

#endif
