/* What is left of Redis's options when every module has declared its own: each is known here, with its range,
 * its default and the reason why it does nothing. Values are kept by the conf: CONFIG GET, SET and REWRITE
 * treat them like all others. A module that comes to implement one declares it in a table of its own and
 * removes it here; declared twice is a panic at the start.
 *
 * `dir` is the one with an effect: it names the folder that later modules put their files into. */
#include "server/compat_options.h"
#include "common/conf/conf_types.h"
#include <ctype.h>
#include <limits.h>

/* --- reasons --- */

#define TIMED       "loading gives the loop back after a time, not after so many bytes"
#define ALWAYS      "what comes from outside is always checked"
#define NO_FORK     "nothing forks, and huge pages serve large tables"
#define REPLICATION "replication is not built"
#define NO_GOSSIP   "servers do not gossip: the slot map comes from outside (cluster-map, CLUSTER SETMAP)"
#define MAP_FILE    "cluster-map has taken its place"
#define MAP_NAMES   "clients are told the addresses of the slot map"
#define FAILOVER    "failover is not built"
#define TLS         "TLS is not built"
#define ACL         "users and their rules are not built"
#define SCRIPTS     "scripts are not built"
#define TRACKING    "client tracking is not built"
#define MARKS       "sockets are not marked"
#define SUPERVISION "service managers are not told when the server is ready"
#define ONE_THREAD  "one thread serves all data"
#define CPU_LISTS   "threads are not pinned: use taskset"
#define NO_MODULES  "Redis modules cannot be loaded"
#define NO_MEMCHECK "the machine's own tools test its memory better"
#define NO_WARNINGS "there are none of these warnings"
#define NO_WATCHDOG "INFO tells the longest turns and their commands"
#define EXACT       "expiry is exact"
#define SLICED      "large values are always freed in slices or on the side"
#define PURGING     "memory always goes back to the system in the background"
#define GROWING     "tables grow with their use"
#define NO_TICKS    "the server sleeps until something is due"
#define NO_DEFRAG   "memory is not defragmented"
#define NODE_SIZES  "list-max-listpack-size has taken its place"
#define FOR_TESTS   "it serves tests of Redis's own internals"
#define NO_COLLATE  "strings are compared by their bytes"

/* --- declaring --- */

#define KEPT(n, k, f, d, why, ...)                                                                           \
    { .name = (n), .kind = (k), .flags = CONF_KEPT | (f), .initial = (d), .no_effect = (why), __VA_ARGS__ }
#define BOOL(n, f, d, why, ...)          KEPT(n, CONF_BOOL, f, d, why, __VA_ARGS__)
#define INT(n, f, lo, hi, d, why, ...)   KEPT(n, CONF_INT, f, d, why, .min = (lo), .max = (hi), __VA_ARGS__)
#define INT64(n, f, lo, hi, d, why, ...) KEPT(n, CONF_INT64, f, d, why, .min = (lo), .max = (hi), __VA_ARGS__)
#define MEMORY(n, f, lo, hi, d, why, ...)                                                                    \
    KEPT(n, CONF_MEMORY, f, d, why, .min = (lo), .max = (hi), __VA_ARGS__)
#define ENUM(n, f, list, d, why, ...) KEPT(n, CONF_ENUM, f, d, why, .choices = (list), __VA_ARGS__)
#define STRING(n, f, d, why, ...)     KEPT(n, CONF_STRING, f, d, why, __VA_ARGS__)
#define CUSTOM(n, f, how, d, why, ...)                                                                       \
    KEPT(n, CONF_CUSTOM, (f) | CONF_MULTI_ARG, d, why, .custom = (how), __VA_ARGS__)
#define LINE(n, lo, hi, why)                                                                                 \
    {                                                                                                        \
        .name = (n), .kind = CONF_LINE, .args_min = (lo), .args_max = (hi), .line = accept_line,             \
        .no_effect = (why)                                                                                   \
    }

static bool accept_line(void *owner, const struct slice *words, int count, struct conf_error *err) {
    return true;
}

/* --- words --- */

static const struct conf_choice supervisors[] = {
    {"upstart", 3}, {"systemd", 2}, {"auto", 1}, {"no", 0}, {NULL, 0}};
static const struct conf_choice diskless_loads[] = {
    {"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}, {NULL, 0}};
static const struct conf_choice channel_defaults[] = {{"allchannels", 1}, {"resetchannels", 0}, {NULL, 0}};
static const struct conf_choice sanitize_modes[] = {{"no", 0}, {"yes", 1}, {"clients", 2}, {NULL, 0}};
static const struct conf_choice endpoint_types[] = {
    {"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}, {NULL, 0}};
static const struct conf_choice tls_auth_modes[] = {{"no", 0}, {"yes", 1}, {"optional", 2}, {NULL, 0}};
static const struct conf_choice propagation_modes[] = {
    {"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}, {NULL, 0}};
/* --- checks --- */

static bool is_nodename(void *owner, const void *value, struct conf_error *err) {
    const char *name = *(char *const *)value;
    if (name && strlen(name) >= 256) return conf_fail(err, "Node names must be less than 256 characters");
    for (; name && *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-._", *name))
            return conf_fail(err, "Announced human node name contained invalid character");
    return true;
}

static void clamp_hz(void *owner, void *value) {
    int *hz = value;
    if (*hz < 1) *hz = 1;
    if (*hz > 500) *hz = 500;
}

static void raise_backlog(void *owner, void *value) {
    uint64_t *bytes = value;
    if (*bytes < 16384) *bytes = 16384;
}

static void raise_watchdog(void *owner, void *value) {
    int *period_ms = value;
    if (*period_ms > 0 && *period_ms < 200) *period_ms = 200;
}

/* --- dir, activedefrag --- */

static bool dir_exists(void *owner, const void *value, struct conf_error *err) {
    const struct compat_options *options = owner;
    const char *path = *(char *const *)value;
    struct buf absolute = {0};
    bool ok = options->files->folder(options->files->owner, path ? path : "", &absolute, err);
    buf_deinit(&absolute);
    return ok;
}

static void dir_make_absolute(void *owner, void *value) {
    const struct compat_options *options = owner;
    char **path = value;
    struct buf absolute = {0};
    struct conf_error err;
    if (options->files->folder(options->files->owner, *path, &absolute, &err))
        conf_string_set(path, buf_cstr(&absolute));
    buf_deinit(&absolute);
}

/* A file may ask for it, since Redis's files do; a client is told the truth. */
static bool apply_activedefrag(void *owner, struct conf_error *err) {
    if (!((struct compat_options *)owner)->activedefrag) return true;
    return conf_fail(err,
                     "Active defragmentation cannot be enabled: it requires an allocator that can be asked "
                     "where memory is fragmented");
}

static const struct conf_option with_field[] = {
    CONF_OPT_STRING("dir", struct compat_options, dir, ".", .flags = CONF_PROTECTED | CONF_DENY_LOADING,
                    .validate = dir_exists, .adjust = dir_make_absolute),
    CONF_OPT_BOOL("activedefrag", struct compat_options, activedefrag, "no", .apply = apply_activedefrag,
                  .no_effect = NO_DEFRAG),
};

/* --- the table, in the order of the manual's groups --- */

#define IMM       CONF_IMMUTABLE
#define ALIAS(a)  .alias = (a)
#define ANYWAY(a) .so_anyway = (a)

static const struct conf_option kept[] = {
    /* network */
    STRING("bind-source-addr", 0, NULL, REPLICATION),
    INT64("socket-mark-id", IMM, 0, UINT_MAX, "0", MARKS),

    /* TLS */
    INT("tls-port", 0, 0, 65535, "0", TLS),
    STRING("tls-cert-file", 0, NULL, TLS),
    STRING("tls-key-file", 0, NULL, TLS),
    STRING("tls-key-file-pass", CONF_SENSITIVE, NULL, TLS),
    STRING("tls-client-cert-file", 0, NULL, TLS),
    STRING("tls-client-key-file", 0, NULL, TLS),
    STRING("tls-client-key-file-pass", CONF_SENSITIVE, NULL, TLS),
    STRING("tls-dh-params-file", 0, NULL, TLS),
    STRING("tls-ca-cert-file", 0, NULL, TLS),
    STRING("tls-ca-cert-dir", 0, NULL, TLS),
    ENUM("tls-auth-clients", 0, tls_auth_modes, "yes", TLS),
    BOOL("tls-replication", 0, "no", TLS),
    BOOL("tls-cluster", 0, "no", TLS),
    STRING("tls-protocols", 0, NULL, TLS),
    STRING("tls-ciphers", 0, NULL, TLS),
    STRING("tls-ciphersuites", 0, NULL, TLS),
    BOOL("tls-prefer-server-ciphers", 0, "no", TLS),
    BOOL("tls-session-caching", 0, "yes", TLS, ANYWAY("no")),
    INT("tls-session-cache-size", 0, 0, INT_MAX, "20480", TLS),
    INT("tls-session-cache-timeout", 0, 0, INT_MAX, "300", TLS),

    /* general */
    ENUM("supervised", IMM, supervisors, "no", SUPERVISION),
    BOOL("crash-memcheck-enabled", 0, "yes", NO_MEMCHECK, ANYWAY("no")),
    BOOL("use-exit-on-panic", CONF_HIDDEN, "no", FOR_TESTS),
    STRING("locale-collate", 0, NULL, NO_COLLATE),
    STRING("ignore-warnings", 0, NULL, NO_WARNINGS),
    INT("watchdog-period", CONF_HIDDEN, 0, INT_MAX, "0", NO_WATCHDOG, .adjust = raise_watchdog),
    BOOL("enable-debug-assert", IMM | CONF_HIDDEN, "no", FOR_TESTS),

    /* snapshots */
    ENUM("sanitize-dump-payload", 0, sanitize_modes, "no", ALWAYS, ANYWAY("yes")),
    BOOL("rdb-del-sync-files", 0, "no", REPLICATION),
    INT("loading-process-events-interval-bytes", CONF_HIDDEN, 1024, INT_MAX, "2097152", TIMED),

    /* replication */
    CUSTOM("replicaof", IMM, &conf_primary_type, NULL, REPLICATION, ALIAS("slaveof")),
    STRING("masterauth", CONF_SENSITIVE, NULL, REPLICATION),
    STRING("masteruser", 0, NULL, REPLICATION),
    BOOL("replica-serve-stale-data", 0, "yes", REPLICATION, ALIAS("slave-serve-stale-data")),
    BOOL("replica-read-only", 0, "yes", REPLICATION, ALIAS("slave-read-only")),
    BOOL("repl-diskless-sync", 0, "yes", REPLICATION),
    INT("repl-diskless-sync-delay", 0, 0, INT_MAX, "5", REPLICATION),
    INT("repl-diskless-sync-max-replicas", 0, 0, INT_MAX, "0", REPLICATION),
    ENUM("repl-diskless-load", CONF_DENY_LOADING, diskless_loads, "disabled", REPLICATION),
    INT("repl-ping-replica-period", 0, 1, INT_MAX, "10", REPLICATION, ALIAS("repl-ping-slave-period")),
    INT("repl-timeout", 0, 1, INT_MAX, "60", REPLICATION),
    BOOL("repl-disable-tcp-nodelay", 0, "no", REPLICATION),
    MEMORY("repl-backlog-size", 0, 1, INT64_MAX, "1mb", REPLICATION, .adjust = raise_backlog),
    INT64("repl-backlog-ttl", 0, 0, INT64_MAX, "3600", REPLICATION),
    INT("replica-priority", 0, 0, INT_MAX, "100", REPLICATION, ALIAS("slave-priority")),
    ENUM("propagation-error-behavior", 0, propagation_modes, "ignore", REPLICATION),
    BOOL("replica-ignore-disk-write-errors", 0, "no", REPLICATION),
    BOOL("replica-announced", 0, "yes", REPLICATION),
    INT("min-replicas-to-write", 0, 0, INT_MAX, "0", REPLICATION, ALIAS("min-slaves-to-write")),
    INT("min-replicas-max-lag", 0, 0, INT_MAX, "10", REPLICATION, ALIAS("min-slaves-max-lag")),
    STRING("replica-announce-ip", 0, NULL, REPLICATION, ALIAS("slave-announce-ip")),
    INT("replica-announce-port", 0, 0, 65535, "0", REPLICATION, ALIAS("slave-announce-port")),
    BOOL("replica-ignore-maxmemory", 0, "yes", REPLICATION, ALIAS("slave-ignore-maxmemory")),
    BOOL("replica-lazy-flush", 0, "no", SLICED, ALIAS("slave-lazy-flush"), ANYWAY("yes")),
    BOOL("close-on-replica-write", CONF_HIDDEN, "yes", REPLICATION),

    /* keys tracking and access */
    INT64("tracking-table-max-keys", 0, 0, INT64_MAX, "1000000", TRACKING),
    STRING("aclfile", IMM, NULL, ACL),
    INT64("acllog-max-len", 0, 0, INT64_MAX, "128", ACL, ANYWAY("0")),
    ENUM("acl-pubsub-default", 0, channel_defaults, "resetchannels", ACL),
    LINE("user", 1, 0, ACL),
    LINE("loadmodule", 1, 0, NO_MODULES),

    /* clients and memory */
    INT("active-expire-effort", 0, 1, 10, "1", EXACT),

    /* freeing, threads, the machine */
    BOOL("lazyfree-lazy-user-del", 0, "no", SLICED, ANYWAY("yes")),
    BOOL("lazyfree-lazy-user-flush", 0, "no", SLICED, ANYWAY("yes")),
    INT("io-threads", IMM, 1, 128, "1", ONE_THREAD),
    BOOL("io-threads-do-reads", IMM, "no", ONE_THREAD),
    BOOL("disable-thp", IMM, "yes", NO_FORK, ANYWAY("no")),
    BOOL("jemalloc-bg-thread", 0, "yes", PURGING),
    STRING("server_cpulist", IMM, NULL, CPU_LISTS),
    STRING("bio_cpulist", IMM, NULL, CPU_LISTS),
    STRING("aof_rewrite_cpulist", IMM, NULL, CPU_LISTS),
    STRING("bgsave_cpulist", IMM, NULL, CPU_LISTS),

    /* shutting down, scripts */
    INT("shutdown-timeout", 0, 0, INT_MAX, "10", REPLICATION, ANYWAY("0")),
    INT64("busy-reply-threshold", 0, 0, INT64_MAX, "5000", SCRIPTS, ALIAS("lua-time-limit"), ANYWAY("0")),
    BOOL("lua-enable-deprecated-api", IMM | CONF_HIDDEN, "no", SCRIPTS),

    /* cluster */
    STRING("cluster-config-file", IMM, "nodes.conf", MAP_FILE),
    INT64("cluster-node-timeout", 0, 0, INT64_MAX, "15000", NO_GOSSIP),
    INT("cluster-ping-interval", CONF_HIDDEN, 0, INT_MAX, "1000", NO_GOSSIP),
    INT("cluster-port", IMM, 0, 65535, "0", NO_GOSSIP),
    INT("cluster-replica-validity-factor", 0, 0, INT_MAX, "10", FAILOVER,
        ALIAS("cluster-slave-validity-factor")),
    INT("cluster-migration-barrier", 0, 0, INT_MAX, "1", FAILOVER),
    BOOL("cluster-allow-replica-migration", 0, "yes", FAILOVER),
    BOOL("cluster-replica-no-failover", 0, "no", FAILOVER, ALIAS("cluster-slave-no-failover")),
    MEMORY("cluster-link-sendbuf-limit", 0, 0, INT64_MAX, "0", NO_GOSSIP),
    STRING("cluster-announce-human-nodename", 0, NULL, NO_GOSSIP, .validate = is_nodename),
    ENUM("cluster-preferred-endpoint-type", 0, endpoint_types, "ip", MAP_NAMES),
    INT("cluster-announce-tls-port", 0, 0, 65535, "0", NO_GOSSIP),
    INT("cluster-announce-bus-port", 0, 0, 65535, "0", NO_GOSSIP),

    /* encodings */
    LINE("list-max-ziplist-entries", 1, 1, NODE_SIZES),
    LINE("list-max-ziplist-value", 1, 1, NODE_SIZES),

    /* the clock of the house, and defragmenting */
    BOOL("activerehashing", 0, "yes", GROWING),
    INT("hz", 0, INT_MIN, INT_MAX, "10", NO_TICKS, .adjust = clamp_hz),
    BOOL("dynamic-hz", 0, "yes", NO_TICKS),
    MEMORY("active-defrag-ignore-bytes", 0, 1, INT64_MAX, "100mb", NO_DEFRAG),
    INT("active-defrag-threshold-lower", 0, 0, 1000, "10", NO_DEFRAG),
    INT("active-defrag-threshold-upper", 0, 0, 1000, "100", NO_DEFRAG),
    INT("active-defrag-cycle-min", 0, 1, 99, "1", NO_DEFRAG),
    INT("active-defrag-cycle-max", 0, 1, 99, "25", NO_DEFRAG),
    INT64("active-defrag-max-scan-fields", 0, 1, INT64_MAX, "1000", NO_DEFRAG),
};

void compat_options_register(struct compat_options *options, struct conf *conf,
                             const struct conf_files *files) {
    *options = (struct compat_options){.files = files};
    conf_register(conf, with_field, CONF_COUNT(with_field), options, options);
    conf_register(conf, kept, CONF_COUNT(kept), NULL, options);
}
