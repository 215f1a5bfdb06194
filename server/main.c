/* torc-server [config-file] [--option value …] [-]
 *
 * Everything that belongs to the process and not to a server: arguments, becoming a daemon, the pid file,
 * signals. */
#include "common/base/panic.h"
#include "common/base/version.h"
#include "server/observe/crash.h"
#include "server/server.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] = "Usage: torc-server [/path/to/torc.conf] [options] [-]\n"
                            "       torc-server - (read config from stdin)\n"
                            "       torc-server -v or --version\n"
                            "       torc-server -h or --help\n"
                            "\n"
                            "Options are those of the configuration file, with two dashes before their "
                            "names; redis.conf, which comes\n"
                            "with Torc, describes each. Those of redis-server are understood.\n"
                            "\n"
                            "Examples:\n"
                            "       torc-server (run the server with default conf)\n"
                            "       echo 'maxmemory 128mb' | torc-server -\n"
                            "       torc-server /etc/torc/6379.conf\n"
                            "       torc-server --port 7777\n"
                            "       torc-server --port 7777 --requirepass \"not easy to guess\"\n"
                            "       torc-server /etc/torc.conf --loglevel verbose -\n"
                            "       torc-server --io-engine epoll\n";

static void print_version(void) {
    printf("Torc server v=%s redis=%s sha=00000000:0 malloc=%s bits=%zu\n", TORC_VERSION, REDIS_VERSION,
           mem_allocator_name(), sizeof(void *) * 8);
}

static bool is_any(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static void become_daemon(void) {
    if (fork() != 0) exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    if (null < 0) return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) close(null);
}

static const char *pidfile_of(const struct server *s) {
    if (s->options.pidfile) return s->options.pidfile;
    return s->options.daemonize ? "/var/run/redis.pid" : NULL;
}

static void write_pidfile(struct server *s) {
    const char *path = pidfile_of(s);
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
    } else if (path) {
        log_warning(&s->log, "Failed to write PID file: %s", strerror(errno));
    }
}

static void on_signal(void *owner, int signo) {
    struct server *s = owner;
    bool interrupt = signo == SIGINT;
    if (s->system.stopping || s->system.saving) { /* asked twice: at once */
        log_warning(&s->log, "You insist... exiting now.");
        persist_unlink_temp(&s->persist);
        exit(1);
    }
    log_warning(&s->log, "Received %s scheduling shutdown...", interrupt ? "SIGINT" : "SIGTERM");
    int actions = interrupt ? s->options.shutdown_on_sigint : s->options.shutdown_on_sigterm;
    system_shutdown_by_signal(&s->system, interrupt ? "SIGINT" : "SIGTERM", (unsigned)actions);
}

static void describe_session(const struct session *session, struct buf *out) {
    if (net_session_is_client(session)) net_session_describe(session, out);
}

static int run(struct server *s, const struct server_setup *setup, bool configured) {
    log_notice(&s->log, "oO0OoO0OoO0Oo Torc is starting oO0OoO0OoO0Oo");
    log_notice(&s->log, "Torc version=%s, behaves as Redis version=%s, bits=%zu, pid=%d, just started",
               TORC_VERSION, REDIS_VERSION, sizeof(void *) * 8, (int)getpid());
    if (configured)
        log_notice(&s->log, "Configuration loaded");
    else
        log_warning(
            &s->log,
            "Warning: no config file specified, using the default config. In order to specify a config file "
            "use torc-server /path/to/torc.conf");
    conf_log_no_effect(s->conf);
    if (!server_start(s, setup)) return 1;
    struct crash_context crash = {.log = &s->log,
                                  .info = &s->info,
                                  .exec = s->exec,
                                  .conf = s->conf,
                                  .describe_session = describe_session,
                                  .enabled = &s->options.crash_log_enabled};
    crash_install(&crash);
    write_pidfile(s);
    io_signal_watch(s->io, SIGTERM, on_signal, s);
    io_signal_watch(s->io, SIGINT, on_signal, s);
    while (server_turn(s)) {
    }
    crash_uninstall();
    if (s->failed) return 1;
    if (pidfile_of(s)) {
        log_notice(&s->log, "Removing the pid file.");
        unlink(pidfile_of(s));
    }
    if (s->persist.failed) return 1;
    log_warning(&s->log, "Torc is now ready to exit, bye bye...");
    return 0;
}

int main(int argc, char **argv) {
    argv = title_take_arguments(argc, argv);
    if (argc == 2 && is_any(argv[1], "-v", "--version")) {
        print_version();
        return 0;
    }
    if (argc == 2 && is_any(argv[1], "-h", "--help")) {
        fputs(usage, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    tzset();

#ifdef TORC_SANITIZED
    bool leave_memory = false; /* leaks shall show */
#else
    bool leave_memory = true;
#endif
    struct server_setup setup = {.program = argv[0], .leave_memory = leave_memory};
    struct buf message = {0};
    struct server *s = server_configure(&setup, argc - 1, argv + 1, &message);
    if (s == NULL) {
        fputs(buf_cstr(&message), stderr);
        buf_deinit(&message);
        return 1;
    }
    if (s->options.daemonize) become_daemon();
    int code = run(s, &setup, argc > 1);
    if (leave_memory) _exit(code); /* helpers may still be freeing: nothing waits for them */
    if (code == 0) server_destroy(&s);
    return code;
}
