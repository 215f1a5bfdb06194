/* Slots in the server: who owns which, and what this server answers for those of others.
 *
 *      map file, at boot ──┐
 *      CLUSTER SETMAP ─────┴─► struct slot_map, by epoch ─► the gate: run it, MOVED, CROSSSLOT, CLUSTERDOWN
 *                                                      └─► keyspace: slots of others are kept and not shown
 *
 * There is no gossip: the map comes from outside, and all servers of a cluster are handed the same one. With
 * `cluster-enabled no` nothing of this is registered but the commands, which say so. */
#ifndef TORC_CLUSTER_CLUSTER_H
#define TORC_CLUSTER_CLUSTER_H

#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/metrics/info.h"
#include "server/exec/exec.h"
#include "server/keyspace/keyspace.h"
#include "server/pubsub/pubsub.h"

struct cluster;

/* All borrowed, and outlive the cluster. */
struct cluster_parts {
    struct keyspace *keyspace;
    struct exec *exec;
    struct pubsub *pubsub;
    struct logger *log;
    const struct conf_files *files; /* where the map is read and replaced */
    const char *const *dir;         /* the folder that a relative `cluster-map` is in */
    int port;                       /* that clients reach it on, unless cluster-announce-port says another */
};

/* Declares the options (before loading). `conf` is borrowed. */
struct cluster *cluster_create(struct conf *conf);
bool cluster_enabled(const struct cluster *c);
/* After loading: registers the gate and reads the map, where slots are on. False: the map cannot be read; the
 * log says why. */
bool cluster_start(struct cluster *c, const struct cluster_parts *parts);
void cluster_destroy(struct cluster **c);

/* The section of INFO. */
void cluster_register_info(struct cluster *c, struct info_registry *registry);

/* CLUSTER ASKING READONLY READWRITE. Module: the cluster. */
extern const struct command_binding cluster_bindings[];

#endif
