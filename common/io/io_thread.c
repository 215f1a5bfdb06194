/* The one place that starts threads for loops; io_job.c has its own for helpers, which run no loop. */
#include "common/io/io_thread.h"
#include "common/base/panic.h"
#include <signal.h>

static void *thread_main(void *arg) {
    struct io_thread *t = arg;
    t->run(t->owner);
    return NULL;
}

int io_thread_start(struct io_thread *t, void (*run)(void *owner), void *owner) {
    sigset_t all, before;
    t->run = run;
    t->owner = owner;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&t->handle, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void io_thread_join(struct io_thread *t) {
    must(pthread_join(t->handle, NULL) == 0);
}
