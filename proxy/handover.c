/* Between fork and exec only what is safe in a process of several threads happens: descriptors lose their
 * mark that exec closes them, signals are as they were at start. */
#include "proxy/handover.h"
#include "common/base/buf.h"
#include "common/base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SOCKETS_NAME "TORC_PROXY_SOCKETS" /* "thread:door:descriptor …" */
#define PARENT_NAME  "TORC_PROXY_PARENT"

bool handover_take(struct inheritance *in) {
    const char *text = getenv(SOCKETS_NAME);
    memset(in, 0xff, sizeof(*in));
    if (text == NULL) return false;
    char *end;
    for (const char *at = text; *at; at = *end ? end + 1 : end) {
        long thread = strtol(at, &end, 10);
        long door = *end == ':' ? strtol(end + 1, &end, 10) : -1;
        long fd = *end == ':' ? strtol(end + 1, &end, 10) : -1;
        if (fd < 0 || (*end && *end != ' ')) break;
        if (thread < 0 || thread >= PROXY_THREADS_MAX || door < 0 || door >= PROXY_BINDS_MAX ||
            fd > INT32_MAX)
            break;
        if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0) in->sockets[thread][door] = (int)fd;
    }
    unsetenv(SOCKETS_NAME);
    return true;
}

void handover_done(void) {
    const char *text = getenv(PARENT_NAME);
    long parent = text ? strtol(text, NULL, 10) : 0;
    if (parent > 1 && parent == getppid()) kill((pid_t)parent, SIGQUIT);
    unsetenv(PARENT_NAME);
}

static void run(const struct worker *w, char **argv) {
    for (unsigned t = 0; t < w->crew->count; t++)
        for (unsigned d = 0; d < w->crew->workers[t]->door_count; d++)
            fcntl(w->crew->workers[t]->doors[d].listener.fd, F_SETFD, 0);
    io_signals_restore(w->io);
    execv("/proc/self/exe", argv);
    _exit(127);
}

/* The environment is written before the fork, since that may allocate. */
void handover_start(struct worker *w, char **argv) {
    struct buf text = {0};
    char parent[24];
    for (unsigned t = 0; t < w->crew->count; t++)
        for (unsigned d = 0; d < w->crew->workers[t]->door_count; d++)
            buf_printf(&text, "%s%u:%u:%d", text.len ? " " : "", t, d,
                       w->crew->workers[t]->doors[d].listener.fd);
    snprintf(parent, sizeof(parent), "%d", (int)getpid());
    setenv(SOCKETS_NAME, buf_cstr(&text), 1);
    setenv(PARENT_NAME, parent, 1);
    pid_t child = fork();
    if (child == 0) run(w, argv);
    unsetenv(SOCKETS_NAME);
    unsetenv(PARENT_NAME);
    if (child < 0)
        log_warning(w->log, "The restart failed: %s", strerror(errno));
    else
        log_warning(w->log, "Restarting as process %d; this one goes on until that one listens", (int)child);
    buf_deinit(&text);
}
