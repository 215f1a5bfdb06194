/* The commands of cluster; those that describe the map or look into slots are in describe.c and keys.c.
 *
 * What would edit a cluster by gossip (MEET, ADDSLOTS, FAILOVER …) is refused: the map has one source, and
 * that is whoever sends SETMAP. */
#include "commands/command_ids.h"
#include "common/commands/describe.h"
#include "server/cluster/cluster_int.h"

bool cluster_is_on(struct call *call) {
    const struct cluster *c = call->module;
    if (c->conf.enabled) return true;
    resp_error(call->reply, "ERR This instance has cluster support disabled");
    return false;
}

/* --- sessions --- */

static void cmd_asking(struct call *call) {
    if (cluster_is_on(call)) resp_ok(call->reply); /* no slot is ever half here: nothing changes */
}

static void cmd_readonly(struct call *call) {
    if (!cluster_is_on(call)) return;
    call->session->flags |= SESSION_READONLY;
    resp_ok(call->reply);
}

static void cmd_readwrite(struct call *call) {
    if (!cluster_is_on(call)) return;
    call->session->flags &= ~(uint32_t)SESSION_READONLY;
    resp_ok(call->reply);
}

/* --- the map --- */

static void reply_outcome(struct call *call, bool ok, struct buf *error) {
    if (ok)
        resp_ok(call->reply);
    else
        resp_error_slice(call->reply, buf_slice(error));
    buf_deinit(error);
}

static void cmd_cluster_setmap(struct call *call) {
    struct buf error = {0};
    if (!cluster_is_on(call)) return;
    bool ok = cluster_set_map(call->module, call->argv[2], &error);
    reply_outcome(call, ok, &error);
}

static void cmd_cluster_saveconfig(struct call *call) {
    struct buf error = {0};
    if (!cluster_is_on(call)) return;
    bool ok = cluster_save(call->module, &error);
    reply_outcome(call, ok, &error);
}

static void cmd_cluster_edit(struct call *call) {
    if (!cluster_is_on(call)) return;
    resp_errorf(call->reply,
                "ERR CLUSTER %.*s is for nodes that gossip: here the slot map comes from CLUSTER SETMAP",
                (int)(call->argv[1].len < 64 ? call->argv[1].len : 64), call->argv[1].ptr);
}

/* --- about itself and others --- */

static void cmd_cluster_myid(struct call *call) {
    char id[CLUSTER_ID_CHARS + 1];
    if (cluster_is_on(call)) resp_bulk_cstr(call->reply, cluster_own_id(call->module, id));
}

static void cmd_cluster_myshardid(struct call *call) {
    const struct cluster *c = call->module;
    char id[CLUSTER_ID_CHARS + 1];
    if (!cluster_is_on(call)) return;
    /* Who is in no shard yet is one by itself, named by its own id. */
    if (c->shard == SLOT_MAP_NONE)
        cluster_own_id(c, id);
    else
        cluster_shard_id(c->map.shards[c->shard].name, id);
    resp_bulk_cstr(call->reply, id);
}

static void cmd_cluster_links(struct call *call) {
    if (cluster_is_on(call)) resp_array(call->reply, 0); /* servers keep no connections among them */
}

static void cmd_cluster_count_failure_reports(struct call *call) {
    if (!cluster_is_on(call)) return;
    if (cluster_member_of_id(call->module, call->argv[2]) == CLUSTER_NOBODY)
        resp_errorf(call->reply, "ERR Unknown node %.*s", (int)call->argv[2].len, call->argv[2].ptr);
    else
        resp_int(call->reply, 0); /* nobody reports */
}

static void cmd_cluster_help(struct call *call) {
    if (cluster_is_on(call)) describe_help(call->reply, call->argv[0], command_by_id(call->spec->parent));
}

const struct command_binding cluster_bindings[] = {
    {CMD_ASKING, cmd_asking},
    {CMD_READONLY, cmd_readonly},
    {CMD_READWRITE, cmd_readwrite},
    {CMD_CLUSTER_SETMAP, cmd_cluster_setmap},
    {CMD_CLUSTER_SAVECONFIG, cmd_cluster_saveconfig},
    {CMD_CLUSTER_INFO, cmd_cluster_info},
    {CMD_CLUSTER_NODES, cmd_cluster_nodes},
    {CMD_CLUSTER_SLOTS, cmd_cluster_slots},
    {CMD_CLUSTER_SHARDS, cmd_cluster_shards},
    {CMD_CLUSTER_REPLICAS, cmd_cluster_replicas},
    {CMD_CLUSTER_SLAVES, cmd_cluster_replicas},
    {CMD_CLUSTER_MYID, cmd_cluster_myid},
    {CMD_CLUSTER_MYSHARDID, cmd_cluster_myshardid},
    {CMD_CLUSTER_LINKS, cmd_cluster_links},
    {CMD_CLUSTER_COUNT_FAILURE_REPORTS, cmd_cluster_count_failure_reports},
    {CMD_CLUSTER_KEYSLOT, cmd_cluster_keyslot},
    {CMD_CLUSTER_COUNTKEYSINSLOT, cmd_cluster_countkeysinslot},
    {CMD_CLUSTER_GETKEYSINSLOT, cmd_cluster_getkeysinslot},
    {CMD_CLUSTER_SLOT_STATS, cmd_cluster_slot_stats},
    {CMD_CLUSTER_HELP, cmd_cluster_help},
    {CMD_CLUSTER_ADDSLOTS, cmd_cluster_edit},
    {CMD_CLUSTER_ADDSLOTSRANGE, cmd_cluster_edit},
    {CMD_CLUSTER_BUMPEPOCH, cmd_cluster_edit},
    {CMD_CLUSTER_DELSLOTS, cmd_cluster_edit},
    {CMD_CLUSTER_DELSLOTSRANGE, cmd_cluster_edit},
    {CMD_CLUSTER_FAILOVER, cmd_cluster_edit},
    {CMD_CLUSTER_FLUSHSLOTS, cmd_cluster_edit},
    {CMD_CLUSTER_FORGET, cmd_cluster_edit},
    {CMD_CLUSTER_MEET, cmd_cluster_edit},
    {CMD_CLUSTER_REPLICATE, cmd_cluster_edit},
    {CMD_CLUSTER_RESET, cmd_cluster_edit},
    {CMD_CLUSTER_SET_CONFIG_EPOCH, cmd_cluster_edit},
    {CMD_CLUSTER_SETSLOT, cmd_cluster_edit},
    COMMAND_BINDINGS_END,
};
