/* The options of cluster, in Redis's words where Redis has them. */
#include "server/cluster/cluster_int.h"
#include <ctype.h>
#include <string.h>

#define FIELD struct cluster_conf

static bool is_hostname(void *owner, const void *value, struct conf_error *err) {
    const char *name = *(char *const *)value;
    if (name && strlen(name) > SLOT_MAP_HOST_MAX)
        return conf_fail(err, "Hostnames must be less than %d characters", SLOT_MAP_HOST_MAX + 1);
    for (; name && *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
            return conf_fail(err, "Hostnames may only contain alphanumeric characters, hyphens or dots");
    return true;
}

static bool apply_announced(void *owner, struct conf_error *err) {
    return cluster_find_self_again(owner, err);
}

static const struct conf_option options[] = {
    CONF_OPT_BOOL("cluster-enabled", FIELD, enabled, "no", .flags = CONF_IMMUTABLE),
    CONF_OPT_STRING("cluster-map", FIELD, map_file, "slots.map", .flags = CONF_IMMUTABLE | CONF_HIDDEN),
    CONF_OPT_STRING("cluster-announce-ip", FIELD, announce_ip, NULL, .apply = apply_announced),
    CONF_OPT_STRING("cluster-announce-hostname", FIELD, announce_hostname, NULL, .validate = is_hostname,
                    .apply = apply_announced),
    CONF_OPT_INT("cluster-announce-port", FIELD, announce_port, 0, 65535, "0", .apply = apply_announced),
    CONF_OPT_BOOL("cluster-require-full-coverage", FIELD, full_coverage, "yes"),
    CONF_OPT_BOOL("cluster-allow-reads-when-down", FIELD, reads_when_down, "no"),
    CONF_OPT_BOOL("cluster-allow-pubsubshard-when-down", FIELD, pubsub_when_down, "yes"),
};

void cluster_register_options(struct cluster *c, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &c->conf, c);
}
