/* The net below all modules: every option that Redis 7.2 knows is known here, with its range, its default and
 * the reason why it does nothing. A module that implements one declares it in a table of its own; since this
 * table is registered last and as a fallback, that is all it takes. Values are kept by the conf: CONFIG GET,
 * SET and REWRITE treat them like all others.
 *
 * `dir` is the one with an effect: it names the folder that later modules put their files into. */
#include "server/compat_options.h"
#include "common/base/mem.h"
#include "common/conf/conf_types.h"
#include <ctype.h>
#include <limits.h>

/* --- reasons --- */

#define NOT_BUILT   "this part of the server is not built"
#define PERSISTENCE "persistence is not built"
#define NO_FORK     "nothing forks, snapshots run in the server itself"
#define REPLICATION "replication is not built"
#define CLUSTER     "shards are managed by torc-sentinel and torc-proxy, which are not built"
#define TLS         "TLS is not built"
#define ACL         "users and their rules are not built"
#define SCRIPTS     "scripts are not built"
#define TRACKING    "client tracking is not built"
#define ONE_THREAD  "one thread serves all data"
#define CPU_LISTS   "threads are not pinned: use taskset"
#define NO_MODULES  "Redis modules cannot be loaded"
#define OWN_DESIGN  "Torc's own way of doing this needs no such setting"
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

static const struct conf_choice no_yes_local[] = {{"no", 0}, {"yes", 1}, {"local", 2}, {NULL, 0}};
static const struct conf_choice loglevels[] = {{"debug", 0},   {"verbose", 1}, {"notice", 2},
                                               {"warning", 3}, {"nothing", 4}, {NULL, 0}};
static const struct conf_choice supervisors[] = {
    {"upstart", 3}, {"systemd", 2}, {"auto", 1}, {"no", 0}, {NULL, 0}};
static const struct conf_choice facilities[] = {{"user", 0},   {"local0", 1}, {"local1", 2}, {"local2", 3},
                                                {"local3", 4}, {"local4", 5}, {"local5", 6}, {"local6", 7},
                                                {"local7", 8}, {NULL, 0}};
static const struct conf_choice eviction_policies[] = {
    {"volatile-lru", 0},   {"volatile-lfu", 1}, {"volatile-random", 2},
    {"volatile-ttl", 3},   {"allkeys-lru", 4},  {"allkeys-lfu", 5},
    {"allkeys-random", 6}, {"noeviction", 7},   {NULL, 0}};
static const struct conf_choice fsync_policies[] = {{"everysec", 1}, {"always", 2}, {"no", 0}, {NULL, 0}};
static const struct conf_choice diskless_loads[] = {
    {"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}, {NULL, 0}};
static const struct conf_choice channel_defaults[] = {{"allchannels", 1}, {"resetchannels", 0}, {NULL, 0}};
static const struct conf_choice sanitize_modes[] = {{"no", 0}, {"yes", 1}, {"clients", 2}, {NULL, 0}};
static const struct conf_choice endpoint_types[] = {
    {"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}, {NULL, 0}};
static const struct conf_choice tls_auth_modes[] = {{"no", 0}, {"yes", 1}, {"optional", 2}, {NULL, 0}};
static const struct conf_choice propagation_modes[] = {
    {"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}, {NULL, 0}};
static const struct conf_choice oom_modes[] = {
    {"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}, {NULL, 0}};
static const struct conf_choice io_engines[] = {{"auto", 0}, {"io_uring", 1}, {"epoll", 2}, {NULL, 0}};

enum { SIGNAL_SAVE = 1, SIGNAL_NOSAVE = 2, SIGNAL_NOW = 4, SIGNAL_FORCE = 8 };
static const struct conf_choice signal_actions[] = {
    {"default", 0},      {"save", SIGNAL_SAVE},   {"nosave", SIGNAL_NOSAVE},
    {"now", SIGNAL_NOW}, {"force", SIGNAL_FORCE}, {NULL, 0}};

/* --- checks --- */

static bool signal_actions_agree(void *owner, const void *value, struct conf_error *err) {
    int both = SIGNAL_SAVE | SIGNAL_NOSAVE;
    if ((*(const int *)value & both) != both) return true;
    return conf_fail(err, "shutdown options SAVE and NOSAVE can't be used simultaneously");
}

static bool is_plain_name(const void *value, struct conf_error *err, const char *text) {
    const char *name = *(char *const *)value;
    return (name && !strchr(name, '/')) || conf_fail(err, "%s", text);
}
static bool dbfilename_is_name(void *owner, const void *value, struct conf_error *err) {
    return is_plain_name(value, err, "dbfilename can't be a path, just a filename");
}
static bool appendfilename_is_name(void *owner, const void *value, struct conf_error *err) {
    return is_plain_name(value, err, "appendfilename can't be a path, just a filename");
}
static bool appenddirname_is_name(void *owner, const void *value, struct conf_error *err) {
    return is_plain_name(value, err, "appenddirname can't be a path, just a dirname");
}

static bool is_hostname(void *owner, const void *value, struct conf_error *err) {
    const char *name = *(char *const *)value;
    if (name && strlen(name) >= 256) return conf_fail(err, "Hostnames must be less than 256 characters");
    for (; name && *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
            return conf_fail(err, "Hostnames may only contain alphanumeric characters, hyphens or dots");
    return true;
}

static bool is_nodename(void *owner, const void *value, struct conf_error *err) {
    const char *name = *(char *const *)value;
    if (name && strlen(name) >= 256) return conf_fail(err, "Node names must be less than 256 characters");
    for (; name && *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-._", *name))
            return conf_fail(err, "Announced human node name contained invalid character");
    return true;
}

static bool title_template_is_known(void *owner, const void *value, struct conf_error *err) {
    static const char *const variables[] = {"{title}",    "{listen-addr}", "{server-mode}", "{port}",
                                            "{tls-port}", "{unixsocket}",  "{config-file}"};
    const char *at = *(char *const *)value;
    bool ok = at != NULL;
    while (ok && *at) {
        size_t step = *at != '{' && *at != '}';
        for (size_t i = 0; i < CONF_COUNT(variables) && !step; i++)
            if (strncmp(at, variables[i], strlen(variables[i])) == 0) step = strlen(variables[i]);
        ok = step > 0;
        at += step;
    }
    return ok || conf_fail(err, "template format is invalid or contains unknown variables");
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
                  .no_effect = OWN_DESIGN),
};

/* --- notify-keyspace-events: letters in Redis's order, kept as a set of bits --- */

static const char event_letters[] = "g$lshzxetdmnKE";
#define EVENTS_OF_A  ((1 << 10) - 1) /* g to d: what A stands for */
#define MISS_AND_NEW (1 << 10 | 1 << 11)

static bool parse_events(void *value, const struct slice *words, int count, bool in_file, bool first,
                         struct conf_error *err) {
    int events = 0;
    for (size_t i = 0; count && i < words[0].len; i++) {
        char c = words[0].ptr[i];
        const char *letter = c ? strchr(event_letters, c) : NULL;
        if (!letter && c != 'A')
            return conf_fail(err, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        events |= c == 'A' ? EVENTS_OF_A : 1 << (letter - event_letters);
    }
    *(int *)value = events;
    return true;
}

static void print_events(const void *value, struct buf *out) {
    static const char shown_order[] = "g$lshzxetdKEmn";
    int events = *(const int *)value;
    bool all = (events & EVENTS_OF_A) == EVENTS_OF_A;
    if (all) buf_append_char(out, 'A');
    for (const char *c = shown_order; *c; c++) {
        int bit = 1 << (strchr(event_letters, *c) - event_letters);
        if ((events & bit) && !(all && (bit & EVENTS_OF_A))) buf_append_char(out, *c);
    }
}

_Static_assert(sizeof(event_letters) - 1 == 14 && (EVENTS_OF_A & MISS_AND_NEW) == 0, "A leaves out m and n");

static const struct conf_custom events_type = {
    .size = sizeof(int), .parse = parse_events, .print = print_events};

/* --- the table, in the order of the manual's groups --- */

#define IMM      CONF_IMMUTABLE
#define ALIAS(a) .alias = (a)

static const struct conf_option kept[] = {
    /* network */
    KEPT("bind", CONF_WORDS, 0, "* -::*", NOT_BUILT),
    STRING("bind-source-addr", 0, NULL, REPLICATION),
    BOOL("protected-mode", 0, "yes", NOT_BUILT),
    ENUM("enable-protected-configs", IMM, no_yes_local, "no", NOT_BUILT),
    ENUM("enable-debug-command", IMM, no_yes_local, "no", NOT_BUILT),
    ENUM("enable-module-command", IMM, no_yes_local, "no", NO_MODULES),
    INT("port", 0, 0, 65535, "6379", NOT_BUILT),
    INT("tcp-backlog", IMM, 0, INT_MAX, "511", NOT_BUILT),
    STRING("unixsocket", IMM, NULL, NOT_BUILT),
    KEPT("unixsocketperm", CONF_OCTAL, IMM, "0", NOT_BUILT, .max = 0777),
    INT("timeout", 0, 0, INT_MAX, "0", NOT_BUILT),
    INT("tcp-keepalive", 0, 0, INT_MAX, "300", NOT_BUILT),
    INT64("socket-mark-id", IMM, 0, UINT_MAX, "0", NOT_BUILT),
    ENUM("io-engine", IMM, io_engines, "auto", NOT_BUILT),

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
    BOOL("tls-session-caching", 0, "yes", TLS),
    INT("tls-session-cache-size", 0, 0, INT_MAX, "20480", TLS),
    INT("tls-session-cache-timeout", 0, 0, INT_MAX, "300", TLS),

    /* general */
    BOOL("daemonize", IMM, "no", NOT_BUILT),
    ENUM("supervised", IMM, supervisors, "no", NOT_BUILT),
    STRING("pidfile", IMM, NULL, NOT_BUILT),
    ENUM("loglevel", 0, loglevels, "notice", NOT_BUILT),
    STRING("logfile", IMM | CONF_KEEP_EMPTY, "", NOT_BUILT),
    BOOL("syslog-enabled", IMM, "no", NOT_BUILT),
    STRING("syslog-ident", IMM, "redis", NOT_BUILT),
    ENUM("syslog-facility", IMM, facilities, "local0", NOT_BUILT),
    BOOL("crash-log-enabled", 0, "yes", NOT_BUILT),
    BOOL("crash-memcheck-enabled", 0, "yes", OWN_DESIGN),
    BOOL("use-exit-on-panic", CONF_HIDDEN, "no", FOR_TESTS),
    INT("databases", IMM, 1, INT_MAX, "16", NOT_BUILT),
    BOOL("always-show-logo", IMM, "no", NOT_BUILT),
    BOOL("set-proc-title", IMM, "yes", NOT_BUILT),
    STRING("proc-title-template", 0, "{title} {listen-addr} {server-mode}", NOT_BUILT,
           .validate = title_template_is_known),
    STRING("locale-collate", 0, NULL, NO_COLLATE),
    STRING("ignore-warnings", 0, NULL, OWN_DESIGN),
    INT("watchdog-period", CONF_HIDDEN, 0, INT_MAX, "0", OWN_DESIGN, .adjust = raise_watchdog),
    BOOL("enable-debug-assert", IMM | CONF_HIDDEN, "no", FOR_TESTS),

    /* snapshots */
    CUSTOM("save", 0, &conf_save_type, "3600 1 300 100 60 10000", PERSISTENCE),
    BOOL("stop-writes-on-bgsave-error", 0, "yes", PERSISTENCE),
    BOOL("rdbcompression", 0, "yes", PERSISTENCE),
    BOOL("rdbchecksum", IMM, "yes", PERSISTENCE),
    ENUM("sanitize-dump-payload", 0, sanitize_modes, "no", PERSISTENCE),
    STRING("dbfilename", CONF_PROTECTED, "dump.rdb", PERSISTENCE, .validate = dbfilename_is_name),
    BOOL("rdb-del-sync-files", 0, "no", REPLICATION),
    BOOL("rdb-save-incremental-fsync", 0, "yes", PERSISTENCE),
    INT("rdb-version", 0, 10, 12, "10", PERSISTENCE),
    KEPT("snapshot-buffer-max", CONF_PERCENT, 0, "10%", PERSISTENCE, .max = INT64_MAX),
    INT("rdb-key-save-delay", CONF_HIDDEN, INT_MIN, INT_MAX, "0", PERSISTENCE),
    INT("key-load-delay", CONF_HIDDEN, INT_MIN, INT_MAX, "0", PERSISTENCE),
    INT("loading-process-events-interval-bytes", CONF_HIDDEN, 1024, INT_MAX, "2097152", PERSISTENCE),

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
    BOOL("replica-lazy-flush", 0, "no", REPLICATION, ALIAS("slave-lazy-flush")),
    BOOL("close-on-replica-write", CONF_HIDDEN, "yes", REPLICATION),

    /* keys tracking and access */
    INT64("tracking-table-max-keys", 0, 0, INT64_MAX, "1000000", TRACKING),
    STRING("requirepass", CONF_SENSITIVE, NULL, NOT_BUILT),
    STRING("aclfile", IMM, NULL, ACL),
    INT64("acllog-max-len", 0, 0, INT64_MAX, "128", ACL),
    ENUM("acl-pubsub-default", 0, channel_defaults, "resetchannels", ACL),
    LINE("user", 1, 0, ACL),
    LINE("rename-command", 2, 2, NOT_BUILT),
    LINE("loadmodule", 1, 0, NO_MODULES),

    /* clients and memory */
    INT64("maxclients", 0, 1, UINT_MAX, "10000", NOT_BUILT),
    MEMORY("maxmemory", 0, 0, UINT64_MAX, "0", NOT_BUILT),
    ENUM("maxmemory-policy", 0, eviction_policies, "noeviction", NOT_BUILT),
    INT("maxmemory-samples", 0, 1, INT_MAX, "5", OWN_DESIGN),
    INT("maxmemory-eviction-tenacity", 0, 0, 100, "10", NOT_BUILT),
    KEPT("maxmemory-clients", CONF_PERCENT, 0, "0", NOT_BUILT, .max = INT64_MAX),
    INT("active-expire-effort", 0, 1, 10, "1", OWN_DESIGN),
    CUSTOM("client-output-buffer-limit", 0, &conf_output_limits_type,
           "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", NOT_BUILT),
    MEMORY("client-query-buffer-limit", 0, 1 << 20, INT64_MAX, "1gb", NOT_BUILT),
    MEMORY("proto-max-bulk-len", 0, 1 << 20, INT64_MAX, "512mb", NOT_BUILT),
    INT("lfu-log-factor", 0, 0, INT_MAX, "10", NOT_BUILT),
    INT("lfu-decay-time", 0, 0, INT_MAX, "1", NOT_BUILT),

    /* freeing, threads, the machine */
    BOOL("lazyfree-lazy-eviction", 0, "no", OWN_DESIGN),
    BOOL("lazyfree-lazy-expire", 0, "no", OWN_DESIGN),
    BOOL("lazyfree-lazy-server-del", 0, "no", OWN_DESIGN),
    BOOL("lazyfree-lazy-user-del", 0, "no", OWN_DESIGN),
    BOOL("lazyfree-lazy-user-flush", 0, "no", OWN_DESIGN),
    INT("io-threads", IMM, 1, 128, "1", ONE_THREAD),
    BOOL("io-threads-do-reads", IMM, "no", ONE_THREAD),
    ENUM("oom-score-adj", 0, oom_modes, "no", NOT_BUILT),
    CUSTOM("oom-score-adj-values", 0, &conf_oom_values_type, "0 200 800", NOT_BUILT),
    BOOL("disable-thp", IMM, "yes", NO_FORK),
    BOOL("jemalloc-bg-thread", 0, "yes", OWN_DESIGN),
    STRING("server_cpulist", IMM, NULL, CPU_LISTS),
    STRING("bio_cpulist", IMM, NULL, CPU_LISTS),
    STRING("aof_rewrite_cpulist", IMM, NULL, CPU_LISTS),
    STRING("bgsave_cpulist", IMM, NULL, CPU_LISTS),

    /* append-only file */
    BOOL("appendonly", CONF_DENY_LOADING, "no", PERSISTENCE),
    STRING("appendfilename", IMM, "appendonly.aof", PERSISTENCE, .validate = appendfilename_is_name),
    STRING("appenddirname", IMM, "appendonlydir", PERSISTENCE, .validate = appenddirname_is_name),
    ENUM("appendfsync", 0, fsync_policies, "everysec", PERSISTENCE),
    BOOL("no-appendfsync-on-rewrite", 0, "no", PERSISTENCE),
    INT("auto-aof-rewrite-percentage", 0, 0, INT_MAX, "100", PERSISTENCE),
    MEMORY("auto-aof-rewrite-min-size", 0, 0, INT64_MAX, "64mb", PERSISTENCE),
    BOOL("aof-load-truncated", 0, "yes", PERSISTENCE),
    BOOL("aof-load-damaged", 0, "no", PERSISTENCE),
    BOOL("aof-use-rdb-preamble", 0, "yes", PERSISTENCE),
    BOOL("aof-timestamp-enabled", 0, "no", PERSISTENCE),
    BOOL("aof-rewrite-incremental-fsync", 0, "yes", PERSISTENCE),
    BOOL("aof-disable-auto-gc", 0, "no", PERSISTENCE),

    /* shutting down, scripts */
    INT("shutdown-timeout", 0, 0, INT_MAX, "10", REPLICATION),
    KEPT("shutdown-on-sigint", CONF_FLAGS, 0, "default", NOT_BUILT, .choices = signal_actions,
         .validate = signal_actions_agree),
    KEPT("shutdown-on-sigterm", CONF_FLAGS, 0, "default", NOT_BUILT, .choices = signal_actions,
         .validate = signal_actions_agree),
    INT64("busy-reply-threshold", 0, 0, INT64_MAX, "5000", SCRIPTS, ALIAS("lua-time-limit")),
    BOOL("lua-enable-deprecated-api", IMM | CONF_HIDDEN, "no", SCRIPTS),

    /* cluster */
    BOOL("cluster-enabled", IMM, "no", CLUSTER),
    STRING("cluster-config-file", IMM, "nodes.conf", CLUSTER),
    INT64("cluster-node-timeout", 0, 0, INT64_MAX, "15000", CLUSTER),
    INT("cluster-ping-interval", CONF_HIDDEN, 0, INT_MAX, "1000", CLUSTER),
    INT("cluster-port", IMM, 0, 65535, "0", CLUSTER),
    INT("cluster-replica-validity-factor", 0, 0, INT_MAX, "10", CLUSTER,
        ALIAS("cluster-slave-validity-factor")),
    INT("cluster-migration-barrier", 0, 0, INT_MAX, "1", CLUSTER),
    BOOL("cluster-allow-replica-migration", 0, "yes", CLUSTER),
    BOOL("cluster-require-full-coverage", 0, "yes", CLUSTER),
    BOOL("cluster-replica-no-failover", 0, "no", CLUSTER, ALIAS("cluster-slave-no-failover")),
    BOOL("cluster-allow-reads-when-down", 0, "no", CLUSTER),
    BOOL("cluster-allow-pubsubshard-when-down", 0, "yes", CLUSTER),
    MEMORY("cluster-link-sendbuf-limit", 0, 0, INT64_MAX, "0", CLUSTER),
    STRING("cluster-announce-hostname", 0, NULL, CLUSTER, .validate = is_hostname),
    STRING("cluster-announce-human-nodename", 0, NULL, CLUSTER, .validate = is_nodename),
    ENUM("cluster-preferred-endpoint-type", 0, endpoint_types, "ip", CLUSTER),
    STRING("cluster-announce-ip", 0, NULL, CLUSTER),
    INT("cluster-announce-port", 0, 0, 65535, "0", CLUSTER),
    INT("cluster-announce-tls-port", 0, 0, 65535, "0", CLUSTER),
    INT("cluster-announce-bus-port", 0, 0, 65535, "0", CLUSTER),

    /* watching the server */
    INT64("slowlog-log-slower-than", 0, -1, INT64_MAX, "10000", NOT_BUILT),
    INT64("slowlog-max-len", 0, 0, INT64_MAX, "128", NOT_BUILT),
    INT64("latency-monitor-threshold", 0, 0, INT64_MAX, "0", NOT_BUILT),
    BOOL("latency-tracking", 0, "yes", NOT_BUILT),
    CUSTOM("latency-tracking-info-percentiles", 0, &conf_percentiles_type, "50 99 99.9", NOT_BUILT),
    KEPT("notify-keyspace-events", CONF_CUSTOM, 0, NULL, NOT_BUILT, .custom = &events_type),

    /* encodings */
    INT64("hash-max-listpack-entries", 0, 0, INT64_MAX, "512", NOT_BUILT, ALIAS("hash-max-ziplist-entries")),
    MEMORY("hash-max-listpack-value", 0, 0, INT64_MAX, "64", NOT_BUILT, ALIAS("hash-max-ziplist-value")),
    INT("list-max-listpack-size", 0, INT_MIN, INT_MAX, "-2", NOT_BUILT, ALIAS("list-max-ziplist-size")),
    INT("list-compress-depth", 0, 0, INT_MAX, "0", NOT_BUILT),
    INT64("set-max-intset-entries", 0, 0, INT64_MAX, "512", NOT_BUILT),
    INT64("set-max-listpack-entries", 0, 0, INT64_MAX, "128", NOT_BUILT),
    MEMORY("set-max-listpack-value", 0, 0, INT64_MAX, "64", NOT_BUILT),
    INT64("zset-max-listpack-entries", 0, 0, INT64_MAX, "128", NOT_BUILT, ALIAS("zset-max-ziplist-entries")),
    MEMORY("zset-max-listpack-value", 0, 0, INT64_MAX, "64", NOT_BUILT, ALIAS("zset-max-ziplist-value")),
    MEMORY("hll-sparse-max-bytes", 0, 0, INT64_MAX, "3000", NOT_BUILT),
    MEMORY("stream-node-max-bytes", 0, 0, INT64_MAX, "4096", NOT_BUILT),
    INT64("stream-node-max-entries", 0, 0, INT64_MAX, "100", NOT_BUILT),
    LINE("list-max-ziplist-entries", 1, 1, OWN_DESIGN),
    LINE("list-max-ziplist-value", 1, 1, OWN_DESIGN),

    /* the clock of the house, and defragmenting */
    BOOL("activerehashing", 0, "yes", OWN_DESIGN),
    INT("hz", 0, INT_MIN, INT_MAX, "10", OWN_DESIGN, .adjust = clamp_hz),
    BOOL("dynamic-hz", 0, "yes", OWN_DESIGN),
    MEMORY("active-defrag-ignore-bytes", 0, 1, INT64_MAX, "100mb", OWN_DESIGN),
    INT("active-defrag-threshold-lower", 0, 0, 1000, "10", OWN_DESIGN),
    INT("active-defrag-threshold-upper", 0, 0, 1000, "100", OWN_DESIGN),
    INT("active-defrag-cycle-min", 0, 1, 99, "1", OWN_DESIGN),
    INT("active-defrag-cycle-max", 0, 1, 99, "25", OWN_DESIGN),
    INT64("active-defrag-max-scan-fields", 0, 1, INT64_MAX, "1000", OWN_DESIGN),
};

void compat_options_register(struct compat_options *options, struct conf *conf,
                             const struct conf_files *files) {
    *options = (struct compat_options){.files = files};
    conf_register_fallback(conf, with_field, CONF_COUNT(with_field), options, options);
    conf_register_fallback(conf, kept, CONF_COUNT(kept), NULL, options);
}
