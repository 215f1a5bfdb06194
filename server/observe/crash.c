/* A report is written by whoever crashes, on its own stack, as far as it gets: first what cannot fail
 * (signal, address, stack, registers), then what reads the server's state (the command under way, its client,
 * INFO). A second crash on the way ends it. */
#include "server/observe/crash.h"
#include "common/base/panic.h"
#include "common/metrics/info.h"
#include "server/observe/redact.h"
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define FRAMES_MAX 100
#define WORDS_MAX  32
#define WORD_MAX   128 /* bytes */

static struct crash_context context; /* signals know no argument */
static volatile sig_atomic_t reporting;

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...) {
    char line[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (len > 0)
        log_raw(context.log, LOG_LEVEL_WARNING, line,
                (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

static void say_stack(void) {
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    char **names = backtrace_symbols(frames, count);
    say("\n------ STACK TRACE ------\n");
    for (int i = 0; i < count; i++)
        say("%s\n", names ? names[i] : "?");
}

static void say_registers(const ucontext_t *state) {
#if defined(__x86_64__)
    static const struct {
        const char *name;
        int index;
    } registers[] = {{"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RDI", REG_RDI},
                     {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP}, {"R8 ", REG_R8},  {"R9 ", REG_R9},
                     {"R10", REG_R10}, {"R11", REG_R11}, {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14},
                     {"R15", REG_R15}, {"RIP", REG_RIP}, {"EFL", REG_EFL}};
    say("\n------ REGISTERS ------\n");
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        say("%s:%016llx%s", registers[i].name,
            (unsigned long long)state->uc_mcontext.gregs[registers[i].index], i % 4 == 3 ? "\n" : " ");
    say("\n");
#endif
}

void crash_describe_words(struct conf *conf, const struct call *call, struct buf *out) {
    struct redaction redaction = call->spec ? redaction_of(conf, call) : (struct redaction){0};
    buf_printf(out, "argc: '%d'\n", call->argc);
    for (int i = 0; i < call->argc && i < WORDS_MAX; i++) {
        struct slice word = redaction_shown(&redaction, call, i);
        buf_printf(out, "argv[%d]: '", i);
        buf_append(out, word.ptr, word.len < WORD_MAX ? word.len : WORD_MAX);
        buf_append_str(out, "'\n");
    }
}

static void say_command(void) {
    const struct call *call = context.exec ? exec_current_call(context.exec) : NULL;
    if (call == NULL) return;
    say("\n------ CURRENT CLIENT INFO ------\n");
    if (context.describe_session) {
        struct buf line = {0};
        context.describe_session(call->session, &line);
        say("%.500s\n", buf_cstr(&line));
        buf_deinit(&line);
    }
    struct buf words = {0};
    crash_describe_words(context.conf, call, &words);
    log_raw(context.log, LOG_LEVEL_WARNING, words.ptr, words.len);
    buf_deinit(&words);
}

static void say_info(void) {
    if (context.info == NULL) return;
    struct buf text = {0};
    say("\n------ INFO OUTPUT ------\n");
    info_write(context.info, NULL, 0, &text);
    if (text.len) log_raw(context.log, LOG_LEVEL_WARNING, text.ptr, text.len);
    buf_deinit(&text);
}

static void say_state(void) {
    say_command();
    say_info();
    say("\n=== TORC BUG REPORT END. Make sure to include from START to END. ===\n\n"
        "       Please report the crash by opening an issue of the project.\n\n");
}

static void die_of(int signo) {
    signal(signo, SIG_DFL);
    raise(signo);
}

static void on_fatal(int signo, siginfo_t *why, void *state) {
    if (reporting || !*context.enabled) {
        die_of(signo);
        return;
    }
    reporting = 1;
    const ucontext_t *machine = state;
    say("\n\n=== TORC BUG REPORT START: Cut & paste starting from here ===\n");
    log_warning(context.log, "Torc crashed by signal: %d, si_code: %d", signo, why->si_code);
    if (signo == SIGSEGV || signo == SIGBUS) log_warning(context.log, "Accessing address: %p", why->si_addr);
    if (why->si_code == SI_USER && why->si_pid != getpid())
        log_warning(context.log, "Killed by PID: %ld, UID: %d", (long)why->si_pid, (int)why->si_uid);
    say_stack();
    say_registers(machine);
    say_state();
    die_of(signo);
}

static void on_panic(const char *message) {
    if (reporting || !*context.enabled) return;
    reporting = 1;
    say("\n\n=== TORC BUG REPORT START: Cut & paste starting from here ===\n");
    log_warning(context.log, "=== ASSERTION FAILED ===");
    log_warning(context.log, "==> %s", message);
    say_stack();
    say_state();
}

void crash_install(const struct crash_context *c) {
    context = *c;
    panic_set_hook(on_panic);
#ifndef TORC_SANITIZED /* whose own report tells more */
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
        sigaction(fatal_signals[i], &action, NULL);
#else
    (void)on_fatal;
    (void)fatal_signals;
#endif
}

void crash_uninstall(void) {
    panic_set_hook(NULL);
#ifndef TORC_SANITIZED
    for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
        signal(fatal_signals[i], SIG_DFL);
#endif
}
