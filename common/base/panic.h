/* Assertions of three kinds, and the one way to give up.
 *
 *   must(cond)       cheap and always on: an invariant whose breach would corrupt data
 *   must_slow(cond)  expensive; only in debug and sanitizer builds
 *   todo_graceful(cond)  holds today because nothing tries it; should become an error reply one day (grep for
 * it)
 *
 * panic() writes one line, then runs the hook that boot registered (the crash report), then aborts. */
#ifndef TORC_BASE_PANIC_H
#define TORC_BASE_PANIC_H

void panic_at(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, cold, format(printf, 3, 4)));

/* Runs before the abort; registered once at boot. Must not allocate. */
void panic_set_hook(void (*hook)(const char *message));

#define panic(...)          panic_at(__FILE__, __LINE__, __VA_ARGS__)
#define must(cond)          (__builtin_expect(!!(cond), 1) ? (void)0 : panic("assertion failed: %s", #cond))
#define todo_graceful(cond) must(cond)
#ifdef TORC_DEBUG
#define must_slow(cond) must(cond)
#else
#define must_slow(cond) ((void)sizeof(cond))
#endif

#define likely(cond)   __builtin_expect(!!(cond), 1)
#define unlikely(cond) __builtin_expect(!!(cond), 0)

#endif
