/* torc-proxy [config-file] [--option value …]
 *
 * The first thread takes signals and runs a worker like every other one; when it is told to stop it wakes the
 * others, and waits for them. */
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/conf/conf_posix.h"
#include "common/io/io_thread.h"
#include "proxy/config.h"
#include "proxy/handover.h"
#include "proxy/worker.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS_SPARE 256 /* servers, listeners, logs */

static const char usage[] =
    "Usage: torc-proxy [/path/to/proxy.conf] [options] [-]\n"
    "       torc-proxy - (read config from stdin)\n"
    "       torc-proxy -v or --version\n"
    "       torc-proxy -h or --help\n"
    "\n"
    "Options are those of the configuration file, with two dashes before their names; "
    "proxy.conf, which\n"
    "comes with Torc, describes each.\n"
    "\n"
    "Examples:\n"
    "       torc-proxy --port 6379 --shard one 127.0.0.1:7001 0-8191 "
    "--shard two 127.0.0.1:7002 8192-16383\n"
    "       torc-proxy /etc/torc/proxy.conf --threads 4\n";

struct seat {
    struct io_thread thread;
    struct worker worker;
    struct io_waker stop;
    struct proxy *proxy;
    unsigned index;
    bool started; /* atomic: its loop can be woken */
    bool failed;
};

struct proxy {
    struct logger log;
    struct conf *conf;
    struct proxy_options options;
    struct seat *seats;
    struct worker **workers;
    struct crew crew;
    struct desk desk;
    struct proxy_settings *settings; /* as loaded */
    struct inheritance inherited;
    char **argv;
    int listening; /* atomic: threads that accept clients */
    bool retiring; /* atomic */
    bool stopping; /* atomic */
};

static void on_stop(struct io_waker *waker) {
    struct seat *seat = LIST_OWNER(waker, struct seat, stop);
    if (seat->worker.closing) return;
    if (__atomic_load_n(&seat->proxy->stopping, __ATOMIC_SEQ_CST))
        worker_close(&seat->worker);
    else
        worker_retire(&seat->worker);
}

static void wake_all(struct proxy *p) {
    for (int i = 0; i < p->options.threads; i++)
        if (__atomic_load_n(&p->seats[i].started, __ATOMIC_SEQ_CST)) io_waker_fire(&p->seats[i].stop);
}

/* A thread that is still starting sees `stopping` when it has started. */
static void stop_all(struct proxy *p) {
    __atomic_store_n(&p->stopping, true, __ATOMIC_SEQ_CST);
    wake_all(p);
}

static void on_hangup(void *owner, int signo) {
    struct proxy *p = owner;
    config_reload(&p->seats[0].worker);
}

static void on_restart(void *owner, int signo) {
    struct proxy *p = owner;
    if (__atomic_load_n(&p->listening, __ATOMIC_SEQ_CST) == p->options.threads)
        handover_start(&p->seats[0].worker, p->argv);
}

static void on_quit(void *owner, int signo) {
    struct proxy *p = owner;
    log_warning(&p->log, "Received SIGQUIT: no more clients are accepted, the last one ends the process");
    __atomic_store_n(&p->retiring, true, __ATOMIC_SEQ_CST);
    wake_all(p);
}

static void on_signal(void *owner, int signo) {
    struct proxy *p = owner;
    log_warning(&p->log, "Received %s, shutting down", signo == SIGINT ? "SIGINT" : "SIGTERM");
    stop_all(p);
}

static void work(struct seat *seat) {
    struct proxy *p = seat->proxy;
    struct worker *w = &seat->worker;
    seat->failed = !worker_init(w, seat->index, &p->crew, p->settings, &p->log, NULL);
    if (w->io == NULL) {
        stop_all(p);
        return;
    }
    io_waker_init(w->io, &seat->stop, on_stop);
    __atomic_store_n(&seat->started, true, __ATOMIC_SEQ_CST);
    if (seat->index == 0) {
        io_signal_watch(w->io, SIGTERM, on_signal, p);
        io_signal_watch(w->io, SIGINT, on_signal, p);
        io_signal_watch(w->io, SIGHUP, on_hangup, p);
        io_signal_watch(w->io, SIGUSR2, on_restart, p);
        io_signal_watch(w->io, SIGQUIT, on_quit, p);
        signal(SIGHUP, SIG_DFL); /* blocked by now, and an ignored one would not be seen */
        signal(SIGUSR2, SIG_DFL);
        log_notice(&p->log, "Using the %s engine: %s", io_engine_name(w->io), io_engine_reason(w->io));
        if (!seat->failed) log_notice(&p->log, "Ready to accept connections");
    }
    if (seat->failed) stop_all(p);
    if (!seat->failed && __atomic_add_fetch(&p->listening, 1, __ATOMIC_SEQ_CST) == p->options.threads)
        handover_done();
    if (__atomic_load_n(&p->retiring, __ATOMIC_SEQ_CST)) worker_retire(w);
    if (__atomic_load_n(&p->stopping, __ATOMIC_SEQ_CST)) worker_close(w);
    while (worker_turn(w)) {
    }
    if (!w->retiring) stop_all(p);
}

/* One thread, from its first moment to its last. */
static void sit(void *owner) {
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    work(owner);
    mem_account_enter(before);
}

/* Two descriptors a client would be the worst case: each blocks on a connection of its own. */
static void raise_descriptors(struct proxy *p) {
    struct rlimit limit;
    rlim_t wanted = (rlim_t)p->options.maxclients * 2 + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)p->options.maxclients + DESCRIPTORS_SPARE)
        log_warning(&p->log, "maxclients is %lld and the process may open %llu files only",
                    (long long)p->options.maxclients, (unsigned long long)limit.rlim_cur);
}

static int run(struct proxy *p) {
    int threads = p->options.threads, failed = 0;
    log_notice(&p->log, "oO0OoO0OoO0Oo Torc is starting oO0OoO0OoO0Oo");
    log_notice(&p->log, "Torc proxy version=%s, pid=%d, just started", TORC_VERSION, (int)getpid());
    log_notice(&p->log, "%u shards own %u of %d slots, %d thread%s, port %d", p->options.map.shard_count,
               topology_slots_owned(&p->options.map), SLOTS_COUNT, threads, threads == 1 ? "" : "s",
               p->options.port);
    raise_descriptors(p);
    p->seats = mem_zalloc((size_t)threads * sizeof(*p->seats));
    p->workers = mem_zalloc((size_t)threads * sizeof(*p->workers));
    p->desk.conf = p->conf;
    p->desk.options = &p->options;
    p->desk.files = &conf_posix_files;
    p->desk.log = &p->log;
    bool inherits = handover_take(&p->inherited);
    p->crew = (struct crew){p->workers, (unsigned)threads, (unsigned)threads, 0, &p->desk};
    p->settings = proxy_settings_take(&p->options);
    for (int i = 0; i < threads; i++) {
        p->seats[i] = (struct seat){.proxy = p, .index = (unsigned)i};
        p->workers[i] = &p->seats[i].worker;
        if (inherits) worker_inherit(p->workers[i], &p->inherited);
    }
    int joinable = 1;
    for (; joinable < threads && !failed; joinable++)
        failed = io_thread_start(&p->seats[joinable].thread, sit, &p->seats[joinable]);
    if (failed) {
        joinable--;
        log_warning(&p->log, "A thread cannot be started: %s", strerror(failed));
        __atomic_store_n(&p->stopping, true, __ATOMIC_SEQ_CST);
    }
    sit(&p->seats[0]);
    for (int i = 1; i < joinable; i++)
        io_thread_join(&p->seats[i].thread);
    for (int i = 0; i < threads; i++)
        crew_drop(&p->seats[i].worker);
    for (int i = 0; i < threads; i++) {
        failed |= p->seats[i].failed;
        if (p->seats[i].worker.crew) worker_deinit(&p->seats[i].worker);
    }
    proxy_settings_return(&p->settings);
    mem_free(p->workers);
    mem_free(p->seats);
    log_warning(&p->log, "Torc is now ready to exit, bye bye...");
    return failed != 0;
}

static bool is_any(const char *word, const char *a, const char *b) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int main(int argc, char **argv) {
    if (argc == 2 && is_any(argv[1], "-v", "--version")) {
        printf("Torc proxy v=%s malloc=%s bits=%zu\n", TORC_VERSION, mem_allocator_name(),
               sizeof(void *) * 8);
        return 0;
    }
    if (argc == 2 && is_any(argv[1], "-h", "--help")) {
        fputs(usage, stdout);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* until it is watched */
    signal(SIGUSR2, SIG_IGN);
    tzset();
    struct proxy p = {.log = log_default};
    struct buf message = {0};
    int code = 1;
    p.log.role = 'P';
    p.argv = argv;
    p.desk.argc = argc - 1;
    p.desk.argv = argv + 1;
    p.conf = conf_create("Torc " TORC_VERSION, &p.log);
    proxy_options_register(&p.options, p.conf);
    if (!conf_load(p.conf, &conf_posix_files, argc - 1, argv + 1, &message)) {
        fputs(buf_cstr(&message), stderr);
    } else if (p.options.map.shard_count == 0) {
        fputs("There is no shard. Name one: torc-proxy --shard one 127.0.0.1:7001 0-16383\n", stderr);
    } else {
        p.log.level = (enum log_level)p.options.loglevel;
        p.log.path = p.options.logfile;
        code = run(&p);
    }
    buf_deinit(&message);
    proxy_options_deinit(&p.options);
    conf_destroy(&p.conf);
    return code;
}
