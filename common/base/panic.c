/* The one way to give up: one line in the log, the crash report that boot registered, abort.
 *
 * It runs when memory may be short or corrupt, so it formats on the stack and allocates nothing. A panic
 * inside the hook (a crash report that crashes) must not come back to the hook. */
#include "common/base/panic.h"
#include "common/base/log.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static void (*crash_hook)(const char *message);
static atomic_flag hook_entered = ATOMIC_FLAG_INIT;

void panic_set_hook(void (*hook)(const char *message)) {
    crash_hook = hook;
}

void panic_at(const char *file, int line, const char *fmt, ...) {
    char message[1024];
    int used = snprintf(message, sizeof(message), "%s:%d: ", file, line);
    va_list args;
    va_start(args, fmt);
    vsnprintf(message + used, sizeof(message) - (size_t)used, fmt, args);
    va_end(args);

    log_warning(&log_default, "panic: %s", message);
    if (crash_hook && !atomic_flag_test_and_set(&hook_entered)) crash_hook(message);
    abort();
}
