/* Puts the modules together: options first, then the configuration, then the modules in the order of their
 * floors, then what each registers with the others. And the loop's turn, which drives them.
 *
 *      io_turn ─► clock ─► net_run (requests) ─► background (tasks, expiry, freeing) ─► net_flush
 */
#include "common/base/clock.h"
#include "common/base/panic.h"
#include "common/base/version.h"
#include "common/conf/conf_posix.h"
#include "common/io/io_job.h"
#include "server/commands/families.h"
#include "server/exec/memory_gate.h"
#include "server/exec/options.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/options.h"
#include "server/observe/info_sections.h"
#include "server/server.h"
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SAMPLE_US     100000
#define STRAINED_US   50 /* requests of a turn while a snapshot's buffers are full */
#define LOAD_SLICE_US 2000
#define LOAD_STEPS    4   /* per turn, where time stands still */
#define CHUNKS_FREED  512 /* of abandoned replies, per turn */

/* --- configuration --- */

struct server *server_configure(const struct server_setup *setup, int argc, char *const argv[],
                                struct buf *message) {
    struct server *s = mem_zalloc(sizeof(*s));
    s->account_outside = mem_account_enter(&s->account);
    s->log = setup->log ? *setup->log : log_default;
    s->files = conf_posix_files;
    s->conf = conf_create("Torc " TORC_VERSION, &s->log);
    server_options_register(&s->options, &s->log, s->conf);
    title_register_options(&s->title, s->conf);
    keyspace_register_options(&s->keyspace, s->conf);
    exec_register_options(&s->exec_conf, s->conf);
    persist_register_options(&s->persist, s->conf);
    aof_register_options(&s->aof, s->conf);
    s->pubsub = pubsub_create(s->conf);
    s->cluster = cluster_create(s->conf);
    s->net = net_create(s->conf, &s->log);
    observe_init(&s->observe, s->conf);
    oom_register_options(&s->oom, s->conf);
    compat_options_register(&s->compat, s->conf, &s->files);
    if (conf_load(s->conf, &s->files, argc, argv, message)) {
        server_options_apply_log(&s->options);
        return s;
    }
    server_destroy(&s);
    return NULL;
}

/* --- the life of a started server --- */

static void on_sample(struct io_timer *timer) {
    struct server *s = LIST_OWNER(timer, struct server, sampling);
    int64_t start_us = clock_monotonic_us(), now_us = io_now_us(s->io);
    if (!s->system.cron_paused) {
        system_sample(&s->system);
        persist_cron(&s->persist);
        loop_sample(&s->loop, now_us);
    }
    /* On the grid of its period, where net's timer is as well: one turn for both. */
    io_timer_set(s->io, timer, now_us - now_us % SAMPLE_US + SAMPLE_US);
    if (s->loop.measured) loop_cron_took(&s->loop, clock_monotonic_us() - start_us);
}

static void bind_commands(struct server *s) {
    static const struct command_binding *const families[] = {COMMAND_FAMILIES};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        exec_bind(s->exec, families[i], NULL);
    exec_bind(s->exec, multi_bindings, s->exec);
    exec_bind(s->exec, command_bindings, s->exec);
    exec_bind(s->exec, wait_bindings, NULL);
    exec_bind(s->exec, dump_bindings, &s->persist);
    exec_bind(s->exec, persist_bindings, &s->persist);
    exec_bind(s->exec, aof_bindings, &s->aof);
    exec_bind(s->exec, pubsub_bindings, s->pubsub);
    exec_bind(s->exec, cluster_bindings, s->cluster);
    exec_bind(s->exec, net_bindings, s->net);
    exec_bind(s->exec, config_bindings, &s->config);
    exec_bind(s->exec, system_bindings, &s->system);
    exec_bind(s->exec, debug_bindings, &s->system);
    exec_bind(s->exec, memory_bindings, &s->system);
    observe_bind(&s->observe, s->exec);
    exec_check_bound(s->exec);
}

static void reset_exec(void *exec) {
    exec_reset_stats(exec);
}
static void reset_loop(void *loop) {
    loop_reset_stats(loop);
}
static void reset_net(void *net) {
    net_reset_stats(net);
}
static void client_bytes(void *net, uint64_t *normal, uint64_t *replicas) {
    *normal = net_clients_bytes(net);
    *replicas = net_replicas_bytes(net);
}
static size_t client_count(void *net) {
    return net_client_count(net);
}

static void start_aof(struct server *s) {
    struct aof_parts parts = {.io = s->io,
                              .log = &s->log,
                              .keyspace = &s->keyspace,
                              .exec = s->exec,
                              .pool = &s->pool,
                              .loading = &s->loading,
                              .persist = &s->persist,
                              .dir = (const char *const *)&s->compat.dir};
    s->loading.flag = &s->persist.loading;
    aof_init(&s->aof, &parts, &s->info);
}

static void register_everywhere(struct server *s) {
    info_registry_init(&s->info);
    info_sections_register(&s->system);
    exec_register_info(s->exec, &s->info);
    loop_register_info(&s->loop, &s->info);
    net_register_info(s->net, &s->info);
    pubsub_register_info(s->pubsub, &s->info);
    cluster_register_info(s->cluster, &s->info);
    config_commands_init(&s->config, s->conf, &s->files, &s->exec_conf);
    s->config.loading = &s->persist.loading;
    persist_register_info(&s->persist, &s->info);
    config_on_resetstat(&s->config, reset_exec, s->exec);
    config_on_resetstat(&s->config, reset_loop, &s->loop);
    config_on_resetstat(&s->config, reset_net, s->net);
    config_on_resetstat(&s->config, system_reset_stats, &s->system);
    config_on_resetstat(&s->config, hot_keys_reset, &s->observe.hot_keys);
    start_aof(s);
    memory_gate_register(s->exec, &s->memory_gate, &s->keyspace);
    bind_commands(s);
}

static bool start_cluster(struct server *s) {
    struct cluster_parts parts = {.keyspace = &s->keyspace,
                                  .exec = s->exec,
                                  .pubsub = s->pubsub,
                                  .log = &s->log,
                                  .files = &s->files,
                                  .dir = (const char *const *)&s->compat.dir,
                                  .port = net_port(s->net)};
    return cluster_start(s->cluster, &parts);
}

static void start_system(struct server *s, const struct server_setup *setup, int64_t now_ms) {
    s->system.options = &s->options;
    s->system.log = &s->log;
    s->system.conf = s->conf;
    s->system.files = &s->files;
    s->system.info = &s->info;
    s->system.io = s->io;
    s->system.exec = s->exec;
    s->system.keyspace = &s->keyspace;
    s->system.persist = &s->persist;
    s->system.aof = &s->aof;
    s->system.client_bytes = client_bytes;
    s->system.client_count = client_count;
    s->system.client_owner = s->net;
    system_init(&s->system, setup->program, now_ms, &s->keyspace.rng);
}

static void log_greeting(struct server *s) {
    const char *mode = cluster_enabled(s->cluster) ? "cluster" : "standalone";
    log_notice(&s->log, "Running mode=%s, port=%d.", mode, net_port(s->net));
    if (s->options.always_show_logo || isatty(STDOUT_FILENO)) {
        char logo[512];
        int len = snprintf(logo, sizeof(logo),
                           "\n"
                           "     .-~-.  .-~-.       Torc %s (behaves as Redis %s) %zu bit\n"
                           "   .'  .-~''~-.  '.\n"
                           "  /   /        \\   \\    Running in %s mode\n"
                           "  |   |        |   |    Port: %d\n"
                           "  \\   \\        /   /    PID: %d\n"
                           "   '.  '-.__.-'  .'\n"
                           "     '-.______.-'       Engine: %s\n\n",
                           TORC_VERSION, REDIS_VERSION, sizeof(void *) * 8, mode, net_port(s->net),
                           (int)getpid(), io_engine_name(s->io));
        log_raw(&s->log, LOG_LEVEL_NOTICE, logo, (size_t)len);
    } else {
        log_notice(&s->log, "Server started, PID: %d", (int)getpid());
    }
    log_notice(&s->log, "Using the %s engine: %s", io_engine_name(s->io), io_engine_reason(s->io));
}

static void on_started(void *owner) {
    struct server *s = owner;
    s->ready = true;
    log_notice(&s->log, "Ready to accept connections");
}

static void on_saved_for_shutdown(void *owner, bool saved) {
    struct server *s = owner;
    system_shutdown_saved(&s->system, saved);
}

static void start_persistence(struct server *s) {
    struct persist *p = &s->persist;
    p->io = s->io;
    p->keyspace = &s->keyspace;
    p->log = &s->log;
    p->folder = &s->compat.dir;
    p->shutdown_done = on_saved_for_shutdown;
    p->started = on_started;
    p->owner = s;
    persist_start(p, s->exec, !s->aof.conf.appendonly);
}

bool server_start(struct server *s, const struct server_setup *setup) {
    char error[160];
    struct io_config io_config = {
        .engine = setup->world ? IO_ENGINE_SIM : (enum io_engine)s->options.io_engine, .world = setup->world};
    s->io = io_create(&io_config, error);
    if (s->io == NULL) {
        log_warning(&s->log, "The io engine cannot be started: %s", error);
        return false;
    }
    if (setup->world == NULL) {
        ahead_init(&s->ahead, &s->account, s->io);
        mem_purge_in_background();
    }
    int64_t now_ms = io_wall_us(s->io) / 1000;
    s->files = config_files_of(s->io);
    resp_pool_init(&s->pool);
    s->keyspace.conf.slotted = cluster_enabled(s->cluster);
    keyspace_init(&s->keyspace, &s->keyspace.conf, &s->account, s->io, now_ms, setup->seed);
    s->exec = exec_create(&s->keyspace, &s->exec_conf);
    struct net_parts parts = {.io = s->io,
                              .exec = s->exec,
                              .keyspace = &s->keyspace,
                              .pubsub = s->pubsub,
                              .resp_pool = &s->pool,
                              .redis_version = REDIS_VERSION,
                              .cron_paused = &s->system.cron_paused};
    s->started = true;
    s->leave_memory = setup->leave_memory;
    start_system(s, setup, now_ms);
    loop_init(&s->loop, &s->keyspace, s->exec, setup->world == NULL);
    pubsub_start(s->pubsub, &s->keyspace, s->exec);
    observe_start(&s->observe, s->conf, s->io, s->exec);
    s->keyspace.latency = observe_latency_sink(&s->observe);
    s->system.hot_keys = &s->observe.hot_keys;
    if (!net_start(s->net, &parts)) return false;
    if (!start_cluster(s)) return false; /* its gate is the first */
    register_everywhere(s);
    log_greeting(s);
    if (!net_listen(s->net)) return false;
    title_set(&s->title, s->conf, setup->program ? setup->program : "torc-server");
    oom_start(&s->oom, s->io, &s->log);
    io_timer_init(&s->sampling, on_sample);
    io_timer_set(s->io, &s->sampling, io_now_us(s->io) + SAMPLE_US);
    s->system.startup_bytes = (uint64_t)s->account.used;
    log_notice(&s->log, "Server initialized");
    start_persistence(s);
    if (!aof_start(&s->aof)) return false;
    s->load_more = aof_is_loading(&s->aof);
    return true;
}

/* --- the loop --- */

/* How long the loop may sleep: not at all while something is left to do, otherwise until the next deadline.
 */
static int64_t patience_us(const struct server *s) {
    if (s->load_more) return 0;
    if (s->closing) return -1;
    if (s->pool.dying || net_has_work(s->net) || loop_background_due(&s->loop)) return 0;
    if (persist_load_due(&s->persist)) return 0;
    int64_t next_ms = expire_next_ms(&s->keyspace), due_ms = exec_next_due_ms(s->exec);
    if (due_ms < next_ms) next_ms = due_ms;
    if (next_ms == INT64_MAX) return -1;
    int64_t wait_us = next_ms * 1000 - io_wall_us(s->io);
    return wait_us > 0 ? wait_us : 0;
}

/* True when everything has drained. */
static bool wind_down(struct server *s) {
    if (!s->closing) {
        ahead_deinit(&s->ahead, &s->account);
        s->closing = true;
        io_timer_cancel(s->io, &s->sampling);
    }
    bool kept = aof_stop(&s->aof), persisted = persist_close(&s->persist);
    return net_close(s->net) && persisted && kept && (s->leave_memory || io_jobs_pending(s->io) == 0);
}

static void run_requests(struct server *s) {
    exec_run_due(s->exec);
    net_run(s->net, persist_strained(&s->persist) ? STRAINED_US : loop_request_slice_us(&s->loop));
}

static void load_slice(struct server *s) {
    if (!persist_load_due(&s->persist)) return;
    int64_t end_us = clock_monotonic_us() + LOAD_SLICE_US;
    do {
        persist_load_step(&s->persist);
    } while (persist_load_due(&s->persist) && clock_monotonic_us() < end_us);
}

/* The same of the append-only file. */
static void load_journal(struct server *s) {
    int64_t until_us = clock_monotonic_us() + LOAD_SLICE_US;
    int steps = 0;
    do {
        s->load_more = aof_load_some(&s->aof);
    } while (s->load_more && (s->loop.measured ? clock_monotonic_us() < until_us : ++steps < LOAD_STEPS));
    if (aof_is_loading(&s->aof)) return;
    s->load_more = false;
    if (s->aof.state == AOF_FAILED)
        s->failed = true;
    else if (!s->ready)
        on_started(s);
}

bool server_turn(struct server *s) {
    mem_account_enter(&s->account);
    if (s->persist.failed || s->failed) return false;
    if (s->system.stopping && wind_down(s)) return false;
    io_turn(s->io, patience_us(s));
    loop_turn_begin(&s->loop);
    keyspace_set_now(&s->keyspace, io_wall_us(s->io) / 1000);
    if (unlikely(aof_is_loading(&s->aof)) && !s->closing) load_journal(s);
    if (!s->closing) {
        persist_turn(&s->persist);
        if (!s->system.saving) run_requests(s); /* nothing may change while the last snapshot is made */
        load_slice(s);
        if (loop_background_due(&s->loop)) {
            loop_background(&s->loop);
            if (!s->system.saving) exec_run_due(s->exec);
        }
        aof_turn(&s->aof);
        net_flush(s->net);
        resp_pool_step(&s->pool, CHUNKS_FREED);
    }
    loop_turn_end(&s->loop);
    return true;
}

void server_stop(struct server *s) {
    system_shutdown(&s->system, NULL, (unsigned)s->options.shutdown_on_sigterm);
}

void server_destroy(struct server **server) {
    struct server *s = *server;
    mem_account_enter(&s->account);
    ahead_deinit(&s->ahead, &s->account);
    while (s->persist.io && !persist_close(&s->persist))
        io_turn(s->io, -1);
    persist_deinit(&s->persist);
    observe_deinit(&s->observe);
    if (s->started) {
        aof_deinit(&s->aof);
        exec_destroy(&s->exec);
        keyspace_deinit(&s->keyspace);
        system_deinit(&s->system);
        info_registry_deinit(&s->info);
    }
    exec_conf_deinit(&s->exec_conf);
    conf_destroy(&s->conf); /* before these two: it clears the values that lie in their structs */
    net_destroy(&s->net);
    pubsub_destroy(&s->pubsub);
    cluster_destroy(&s->cluster);
    if (s->started) resp_pool_deinit(&s->pool);
    if (s->io) io_destroy(&s->io);
    mem_account_enter(s->account_outside);
    mem_free_sized(s, sizeof(*s));
    *server = NULL;
}
