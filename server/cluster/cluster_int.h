/* What the files of cluster share. */
#ifndef TORC_CLUSTER_INT_H
#define TORC_CLUSTER_INT_H

#include "common/slots/slot_map.h"
#include "server/cluster/cluster.h"

#define CLUSTER_ID_CHARS 40
#define CLUSTER_NOBODY   (-1)

struct cluster_conf {
    bool enabled, full_coverage, reads_when_down, pubsub_when_down;
    char *map_file;
    char *announce_ip, *announce_hostname;
    int announce_port;
};

struct cluster {
    struct cluster_conf conf;
    struct cluster_parts parts;
    bool started;
    struct slot_map map; /* epoch 0: none yet */
    int self;            /* index of the member that this server is, or CLUSTER_NOBODY */
    uint16_t shard;      /* its shard, or SLOT_MAP_NONE */
    bool replica;        /* of that shard */
    struct exec_gate gate;
    char error[SLOT_MAP_HOST_MAX + 64]; /* the gate's last */
};

/* --- options.c --- */
void cluster_register_options(struct cluster *c, struct conf *conf);

/* --- identity.c --- */
/* The member of `map` that this server is, or CLUSTER_NOBODY. False: several may be it; *error says which. */
bool cluster_find_self(const struct cluster *c, const struct slot_map *map, int *self, struct buf *error);
/* Where clients reach this server as far as it knows, also when no map names it. `host` has SLOT_MAP_HOST_MAX
 * + 1 bytes. */
void cluster_own_address(const struct cluster *c, char *host, uint16_t *port);
int cluster_own_port(const struct cluster *c);
/* Names of 40 hexadecimal digits, the same on every server: of an address, of a shard's name. `out` has room
 * for the terminator. */
char *cluster_node_id(const char *host, uint16_t port, char *out);
char *cluster_shard_id(const char *name, char *out);
char *cluster_member_id(const struct cluster *c, unsigned member, char *out);
char *cluster_own_id(const struct cluster *c, char *out);

/* --- adopt.c --- */
/* Takes another map in place of its own (whose contents move), with all that follows from slots that come and
 * go.
 */
void cluster_adopt(struct cluster *c, struct slot_map *map, int self);
/* SETMAP: reads, compares epochs, writes the file, adopts. False: *error says why, as a reply does. */
bool cluster_set_map(struct cluster *c, struct slice text, struct buf *error);
/* Writes the map that it has. */
bool cluster_save(struct cluster *c, struct buf *error);
bool cluster_load(struct cluster *c);
/* Who it is may have changed with its options. */
bool cluster_find_self_again(struct cluster *c, struct conf_error *err);

/* --- gate.c --- */
const char *cluster_check(void *owner, const struct call *call);
/* Whether commands for slots can be served at all. */
bool cluster_is_up(const struct cluster *c);
/* Whether this server serves the slot, be it as a replica. */
static inline bool cluster_serves(const struct cluster *c, unsigned slot) {
    return c->shard != SLOT_MAP_NONE && c->map.owner[slot] == c->shard;
}

/* --- describe.c --- */
void cmd_cluster_info(struct call *call);
void cmd_cluster_nodes(struct call *call);
void cmd_cluster_slots(struct call *call);
void cmd_cluster_shards(struct call *call);
void cmd_cluster_replicas(struct call *call);
/* The member of that id, or CLUSTER_NOBODY. */
int cluster_member_of_id(const struct cluster *c, struct slice id);

/* --- keys.c --- */
void cmd_cluster_keyslot(struct call *call);
void cmd_cluster_countkeysinslot(struct call *call);
void cmd_cluster_getkeysinslot(struct call *call);
void cmd_cluster_slot_stats(struct call *call);

/* False when slots are off: the error was replied. */
bool cluster_is_on(struct call *call);

#endif
