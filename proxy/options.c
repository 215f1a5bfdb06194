/* redis.conf's syntax and, where an option means the same, its name. */
#include "proxy/options.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "proxy/reads.h"

static const struct conf_choice engines[] = {
    {"auto", IO_ENGINE_AUTO}, {"io_uring", IO_ENGINE_URING}, {"epoll", IO_ENGINE_EPOLL}, {NULL, 0}};
static const struct conf_choice levels[] = {{"debug", LOG_LEVEL_DEBUG},     {"verbose", LOG_LEVEL_VERBOSE},
                                            {"notice", LOG_LEVEL_NOTICE},   {"warning", LOG_LEVEL_WARNING},
                                            {"nothing", LOG_LEVEL_NOTHING}, {NULL, 0}};

/* shard <name> <host:port> [slots] */
static bool take_shard(void *owner, const struct slice *words, int count, struct conf_error *err) {
    struct proxy_options *o = owner;
    return topology_add_shard(&o->map, words[0], words[1], count > 2 ? words[2] : SLICE(""), err);
}

/* replica <shard> <host:port> [weight] */
static bool take_replica(void *owner, const struct slice *words, int count, struct conf_error *err) {
    struct proxy_options *o = owner;
    int64_t weight = 1;
    if (count > 2 && (!num_parse_int64(words[2].ptr, words[2].len, &weight) || weight < 0 || weight > 1000))
        return conf_fail(err, "'%.*s' is not a weight from 0 to 1000", (int)words[2].len, words[2].ptr);
    return topology_add_replica(&o->map, words[0], words[1], weight, err);
}

static const struct conf_choice read_policies[] = {{"primary", READ_PRIMARY},
                                                   {"replicas-first", READ_REPLICAS_FIRST},
                                                   {"round-robin", READ_ROUND_ROBIN},
                                                   {"weighted", READ_WEIGHTED},
                                                   {"least-outstanding", READ_LEAST_OUTSTANDING},
                                                   {"client-address", READ_CLIENT_ADDRESS},
                                                   {"nearest", READ_NEAREST},
                                                   {NULL, 0}};

#define FIELD     struct proxy_options
#define IMMUTABLE .flags = CONF_IMMUTABLE

static const struct conf_option table[] = {
    CONF_OPT_INT("port", FIELD, port, 0, 65535, "6379", IMMUTABLE),
    CONF_OPT_WORDS("bind", FIELD, bind, "* -::*", .flags = CONF_IMMUTABLE | CONF_MULTI_ARG),
    CONF_OPT_INT("threads", FIELD, threads, 1, PROXY_THREADS_MAX, "1", IMMUTABLE),
    CONF_OPT_INT("tcp-backlog", FIELD, tcp_backlog, 0, 65535, "511", IMMUTABLE),
    CONF_OPT_INT("tcp-keepalive", FIELD, tcp_keepalive_s, 0, 86400, "300", IMMUTABLE),
    CONF_OPT_INT("timeout", FIELD, timeout_s, 0, 86400 * 365, "0"),
    CONF_OPT_INT("databases", FIELD, databases, 1, 1 << 20, "16", IMMUTABLE),
    CONF_OPT_INT("request-timeout", FIELD, request_timeout_ms, 1, 86400000, "5000"),
    CONF_OPT_INT("metrics-port", FIELD, metrics_port, 0, 65535, "0", IMMUTABLE),
    CONF_OPT_STRING("metrics-bind", FIELD, metrics_bind, "127.0.0.1",
                    .flags = CONF_IMMUTABLE | CONF_KEEP_EMPTY),
    CONF_OPT_ENUM("read-policy", FIELD, read_policy, read_policies, "primary"),
    CONF_OPT_INT("health-check-interval", FIELD, health_interval_ms, 0, 3600000, "1000"),
    CONF_OPT_INT("health-check-timeout", FIELD, health_timeout_ms, 1, 3600000, "1000"),
    CONF_OPT_INT("health-check-failures", FIELD, health_failures, 1, 1000, "3"),
    CONF_OPT_INT("health-check-successes", FIELD, health_successes, 1, 1000, "2"),
    CONF_OPT_INT64("maxclients", FIELD, maxclients, 1, INT32_MAX, "10000"),
    CONF_OPT_MEMORY("client-query-buffer-limit", FIELD, query_limit, 1 << 20, INT64_MAX, "1gb"),
    CONF_OPT_MEMORY("proto-max-bulk-len", FIELD, bulk_len_max, 1 << 20, INT64_MAX, "512mb"),
    CONF_OPT_STRING("requirepass", FIELD, requirepass, NULL, .flags = CONF_SENSITIVE),
    CONF_OPT_STRING("server-user", FIELD, server_user, NULL, IMMUTABLE),
    CONF_OPT_STRING("server-password", FIELD, server_password, NULL,
                    .flags = CONF_IMMUTABLE | CONF_SENSITIVE),
    CONF_OPT_ENUM("io-engine", FIELD, io_engine, engines, "auto", IMMUTABLE),
    CONF_OPT_ENUM("loglevel", FIELD, loglevel, levels, "notice"),
    CONF_OPT_STRING("logfile", FIELD, logfile, "", .flags = CONF_IMMUTABLE | CONF_KEEP_EMPTY),
    CONF_OPT_LINE("shard", 2, 3, take_shard),
    CONF_OPT_LINE("replica", 2, 3, take_replica),
};

void proxy_options_register(struct proxy_options *o, struct conf *conf) {
    topology_init(&o->map);
    conf_register(conf, table, CONF_COUNT(table), o, o);
}

void proxy_options_deinit(struct proxy_options *o) {
    topology_deinit(&o->map);
}

bool proxy_option_known(struct slice name) {
    for (size_t i = 0; i < CONF_COUNT(table); i++)
        if (table[i].kind != CONF_LINE && slice_is(name, table[i].name)) return true;
    return false;
}

const struct conf_option *proxy_option_at(size_t i) {
    return i < CONF_COUNT(table) ? &table[i] : NULL;
}

/* --- settings --- */

/* Strings of options that cannot be set stay where they are; those that can are copied. */
struct proxy_settings *proxy_settings_take(const struct proxy_options *o) {
    struct proxy_settings *s = mem_zalloc(sizeof(*s));
    s->holders = 1;
    s->o = *o;
    s->o.requirepass = o->requirepass ? mem_strndup(o->requirepass, strlen(o->requirepass)) : NULL;
    s->o.map.shards = NULL;
    topology_copy(&s->o.map, &o->map);
    return s;
}

struct proxy_settings *proxy_settings_hold(struct proxy_settings *s) {
    __atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED);
    return s;
}

void proxy_settings_return(struct proxy_settings **settings) {
    struct proxy_settings *s = *settings;
    *settings = NULL;
    if (s == NULL || __atomic_sub_fetch(&s->holders, 1, __ATOMIC_ACQ_REL)) return;
    mem_free(s->o.requirepass);
    topology_deinit(&s->o.map);
    mem_free_sized(s, sizeof(*s));
}
