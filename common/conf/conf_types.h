/* Values of a shape of their own that several modules or tests need, ready for CONF_OPT_CUSTOM. */
#ifndef TORC_CONF_TYPES_H
#define TORC_CONF_TYPES_H

#include "common/conf/conf.h"

/* save: "3600 1 300 100"; "" for none. Lines of a file add up, the first one replaces the default. */
struct conf_save_point {
    int64_t seconds;
    int64_t changes;
};
struct conf_save {
    struct conf_save_point *points; /* owned */
    int count;
};
extern const struct conf_custom conf_save_type; /* [struct conf_save], with CONF_MULTI_ARG */

/* client-output-buffer-limit: "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60". A setting names any of
 * the classes, those not named keep what they have. */
enum conf_client_class { CONF_CLIENT_NORMAL, CONF_CLIENT_REPLICA, CONF_CLIENT_PUBSUB, CONF_CLIENT_CLASSES };
struct conf_output_limit {
    uint64_t hard_bytes, soft_bytes; /* 0: no limit */
    int64_t soft_seconds;
};
struct conf_output_limits {
    struct conf_output_limit class[CONF_CLIENT_CLASSES];
};
extern const struct conf_custom
    conf_output_limits_type; /* [struct conf_output_limits], with CONF_MULTI_ARG */

/* oom-score-adj-values: three numbers from -2000 to 2000 (primary, replica, background child). */
struct conf_oom_values {
    int value[3];
};
extern const struct conf_custom conf_oom_values_type; /* [struct conf_oom_values], with CONF_MULTI_ARG */

/* latency-tracking-info-percentiles: numbers from 0 to 100; "" for none. */
struct conf_percentiles {
    double *value; /* owned */
    int count;
};
extern const struct conf_custom conf_percentiles_type; /* [struct conf_percentiles], with CONF_MULTI_ARG */

/* replicaof: "host port"; "" or "no one" for none. */
struct conf_primary {
    char *host; /* owned; NULL: none */
    int port;
};
extern const struct conf_custom conf_primary_type; /* [struct conf_primary], with CONF_MULTI_ARG */

#endif
