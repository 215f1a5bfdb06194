/* An inbox is a stack of calls that others push to by compare-and-swap; its thread takes all of it at once
 * and turns it round, so that calls come in the order in which they were sent. */
#include "proxy/crew.h"
#include "common/base/panic.h"
#include "proxy/worker.h"

static void deliver(struct worker *to, struct crew_call *call) {
    struct crew_inbox *inbox = &to->inbox;
    call->next = __atomic_load_n(&inbox->newest, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&inbox->newest, &call->next, call, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
    }
    if (__atomic_load_n(&inbox->open, __ATOMIC_SEQ_CST)) io_waker_fire(&inbox->waker);
}

/* Runs it as far as it goes on this thread, then sends it on. */
static void run(struct worker *w, struct crew_call *call) {
    const struct crew *crew = w->crew;
    while (call->at < call->end && crew->workers[call->at] == w) {
        if (!call->visit(w, call)) return;
        call->at++;
    }
    struct worker *next = call->at < call->end ? crew->workers[call->at] : call->origin;
    if (next == w)
        call->done(call);
    else
        deliver(next, call);
}

static struct crew_call *take_all(struct crew_inbox *inbox) {
    struct crew_call *newest = __atomic_exchange_n(&inbox->newest, NULL, __ATOMIC_ACQ_REL), *oldest = NULL;
    while (newest) {
        struct crew_call *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void on_wake(struct io_waker *waker) {
    struct worker *w = LIST_OWNER(waker, struct worker, inbox.waker);
    for (struct crew_call *call = take_all(&w->inbox), *next; call; call = next) {
        next = call->next;
        run(w, call);
    }
}

/* A call that was pushed before the waker was there is found now; one that is pushed later fires it. */
void crew_open(struct worker *w) {
    io_waker_init(w->io, &w->inbox.waker, on_wake);
    __atomic_store_n(&w->inbox.open, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&w->inbox.newest, __ATOMIC_SEQ_CST)) io_waker_fire(&w->inbox.waker);
}

void crew_drop(struct worker *w) {
    for (struct crew_call *call = take_all(&w->inbox), *next; call; call = next) {
        next = call->next;
        call->done(call);
    }
}

void crew_start(struct worker *w, struct crew_call *call, unsigned first, unsigned count) {
    must(first + count <= w->crew->count);
    call->origin = w;
    call->at = first;
    call->end = first + count;
    run(w, call);
}

void crew_go_on(struct worker *w, struct crew_call *call) {
    call->at++;
    run(w, call);
}
