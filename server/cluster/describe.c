/* The map in Redis's words: CLUSTER INFO, NODES, SLOTS, SHARDS, REPLICAS, and the section of INFO.
 *
 * What a gossiping cluster would have found out about others (pings, failures, offsets) nobody knows here,
 * and the answers say of every member what the map says: it is there. Its bus port is 0. */
#include "common/io/io_stream.h"
#include "server/cluster/cluster_int.h"
#include <string.h>

/* --- CLUSTER INFO --- */

static unsigned shards_with_slots(const struct slot_map *m) {
    unsigned count = 0;
    for (unsigned i = 0; i < m->shard_count; i++)
        count += m->shards[i].slots > 0;
    return count;
}

static unsigned members_known(const struct cluster *c) {
    return c->map.member_count + (c->self == CLUSTER_NOBODY);
}

void cmd_cluster_info(struct call *call) {
    const struct cluster *c = call->module;
    if (!cluster_is_on(call)) return;
    struct buf text = {0};
    unsigned long long epoch = c->map.epoch;
    buf_printf(&text, "cluster_state:%s\r\n", cluster_is_up(c) ? "ok" : "fail");
    buf_printf(&text, "cluster_slots_assigned:%u\r\ncluster_slots_ok:%u\r\n", c->map.assigned,
               c->map.assigned);
    buf_printf(&text, "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\n");
    buf_printf(&text, "cluster_known_nodes:%u\r\ncluster_size:%u\r\n", members_known(c),
               shards_with_slots(&c->map));
    buf_printf(&text, "cluster_current_epoch:%llu\r\ncluster_my_epoch:%llu\r\n", epoch, epoch);
    buf_printf(&text, "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n");
    buf_printf(&text, "total_cluster_links_buffer_limit_exceeded:0\r\n");
    buf_printf(&text, "cluster_my_slots:%d\r\ncluster_kept_keys:%zu\r\n",
               c->shard == SLOT_MAP_NONE ? 0 : c->map.shards[c->shard].slots,
               keyspace_hidden_count(call->keyspace));
    resp_verbatim(call->reply, text.ptr, text.len, "txt");
    buf_deinit(&text);
}

static void write_info(struct buf *out, void *module) {
    const struct cluster *c = module;
    buf_printf(out, "cluster_enabled:%d\r\n", c->conf.enabled);
}

static const struct info_section section = {"cluster", "Cluster", INFO_DEFAULT, INFO_RANK_CLUSTER,
                                            write_info};

void cluster_register_info(struct cluster *c, struct info_registry *registry) {
    info_register(registry, &section, c);
}

/* --- CLUSTER NODES, REPLICAS --- */

static void put_slots(const struct cluster *c, uint16_t shard, struct buf *out) {
    unsigned from = 0, first, last;
    while (slot_map_next_range(&c->map, shard, &from, &first, &last))
        buf_printf(out, first == last ? " %u" : " %u-%u", first, last);
}

/* Without the line's end. */
static void put_member(const struct cluster *c, unsigned index, struct buf *out) {
    const struct slot_map_member *m = &c->map.members[index];
    char id[CLUSTER_ID_CHARS + 1], primary[CLUSTER_ID_CHARS + 1] = "-";
    if (m->replica) cluster_member_id(c, c->map.shards[m->shard].primary, primary);
    buf_printf(out, "%s %s:%d@0 %s%s %s 0 0 %llu connected", cluster_member_id(c, index, id), m->host,
               m->port, (int)index == c->self ? "myself," : "", m->replica ? "slave" : "master", primary,
               (unsigned long long)c->map.epoch);
    if (!m->replica) put_slots(c, m->shard, out);
}

/* This server when no line of the map is it. */
static void put_self(const struct cluster *c, struct buf *out) {
    char id[CLUSTER_ID_CHARS + 1], host[SLOT_MAP_HOST_MAX + 1];
    uint16_t port;
    cluster_own_address(c, host, &port);
    buf_printf(out, "%s %s:%d@0 myself,master - 0 0 0 connected", cluster_own_id(c, id), host, port);
}

void cmd_cluster_nodes(struct call *call) {
    const struct cluster *c = call->module;
    if (!cluster_is_on(call)) return;
    struct buf text = {0};
    for (unsigned i = 0; i < c->map.member_count; i++) {
        put_member(c, i, &text);
        buf_append_char(&text, '\n');
    }
    if (c->self == CLUSTER_NOBODY) {
        put_self(c, &text);
        buf_append_char(&text, '\n');
    }
    resp_verbatim(call->reply, text.ptr, text.len, "txt");
    buf_deinit(&text);
}

int cluster_member_of_id(const struct cluster *c, struct slice id) {
    char its[CLUSTER_ID_CHARS + 1];
    for (unsigned i = 0; i < c->map.member_count; i++)
        if (slice_is(id, cluster_member_id(c, i, its))) return (int)i;
    return CLUSTER_NOBODY;
}

void cmd_cluster_replicas(struct call *call) {
    const struct cluster *c = call->module;
    if (!cluster_is_on(call)) return;
    int primary = cluster_member_of_id(c, call->argv[2]);
    if (primary == CLUSTER_NOBODY) {
        resp_errorf(call->reply, "ERR Unknown node %.*s", (int)call->argv[2].len, call->argv[2].ptr);
        return;
    }
    if (c->map.members[primary].replica) {
        resp_error(call->reply, "ERR The specified node is not a master");
        return;
    }
    struct resp_deferred header = resp_deferred(call->reply);
    struct buf line = {0};
    size_t count = 0;
    for (unsigned i = 0; i < c->map.member_count; i++) {
        const struct slot_map_member *m = &c->map.members[i];
        if (!m->replica || m->shard != c->map.members[primary].shard) continue;
        buf_clear(&line);
        put_member(c, i, &line);
        resp_bulk_slice(call->reply, buf_slice(&line));
        count++;
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, count);
    buf_deinit(&line);
}

/* --- CLUSTER SLOTS --- */

static void reply_slots_member(struct call *call, unsigned index) {
    const struct cluster *c = call->module;
    const struct slot_map_member *m = &c->map.members[index];
    char id[CLUSTER_ID_CHARS + 1];
    resp_array(call->reply, 4);
    resp_bulk_cstr(call->reply, m->host);
    resp_int(call->reply, m->port);
    resp_bulk_cstr(call->reply, cluster_member_id(c, index, id));
    resp_map(call->reply, 0); /* other ways to name it: none */
}

/* The next run of slots of one owner. */
static bool next_run(const struct slot_map *m, unsigned *from, unsigned *first, unsigned *last) {
    unsigned slot = *from;
    while (slot < SLOTS_COUNT && m->owner[slot] == SLOT_MAP_NONE)
        slot++;
    if (slot == SLOTS_COUNT) return false;
    *from = slot;
    return slot_map_next_range(m, m->owner[slot], from, first, last);
}

void cmd_cluster_slots(struct call *call) {
    const struct cluster *c = call->module;
    if (!cluster_is_on(call)) return;
    unsigned from = 0, first, last;
    size_t count = 0;
    struct resp_deferred header = resp_deferred(call->reply);
    while (next_run(&c->map, &from, &first, &last)) {
        uint16_t shard = c->map.owner[first];
        struct resp_deferred run = resp_deferred(call->reply);
        size_t parts = 3;
        resp_int(call->reply, first);
        resp_int(call->reply, last);
        reply_slots_member(call, c->map.shards[shard].primary);
        for (unsigned i = 0; i < c->map.member_count; i++) {
            if (c->map.members[i].shard != shard || !c->map.members[i].replica) continue;
            reply_slots_member(call, i);
            parts++;
        }
        resp_deferred_fill(call->reply, run, RESP_ARRAY, parts);
        count++;
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, count);
}

/* --- CLUSTER SHARDS --- */

static void reply_field(struct resp_writer *w, const char *name, const char *value) {
    resp_bulk_cstr(w, name);
    resp_bulk_cstr(w, value);
}

static void reply_node(struct resp_writer *w, const char *id, const char *host, uint16_t port, bool replica) {
    struct io_addr addr;
    bool is_ip = host[0] == '\0' || io_addr_parse(&addr, host, port);
    resp_map(w, is_ip ? 7 : 8);
    reply_field(w, "id", id);
    resp_bulk_cstr(w, "port");
    resp_int(w, port);
    reply_field(w, "ip", is_ip ? host : "");
    reply_field(w, "endpoint", host);
    if (!is_ip) reply_field(w, "hostname", host);
    reply_field(w, "role", replica ? "replica" : "master");
    resp_bulk_cstr(w, "replication-offset");
    resp_int(w, 0);
    reply_field(w, "health", "online");
}

static void reply_shard_slots(struct resp_writer *w, const struct slot_map *m, uint16_t shard) {
    unsigned from = 0, first, last;
    size_t count = 0;
    struct resp_deferred header = resp_deferred(w);
    while (slot_map_next_range(m, shard, &from, &first, &last)) {
        resp_int(w, first);
        resp_int(w, last);
        count += 2;
    }
    resp_deferred_fill(w, header, RESP_ARRAY, count);
}

static void reply_shard(struct call *call, uint16_t shard) {
    const struct cluster *c = call->module;
    char id[CLUSTER_ID_CHARS + 1];
    size_t count = 0;
    resp_map(call->reply, 2);
    resp_bulk_cstr(call->reply, "slots");
    reply_shard_slots(call->reply, &c->map, shard);
    resp_bulk_cstr(call->reply, "nodes");
    struct resp_deferred header = resp_deferred(call->reply);
    for (unsigned i = 0; i < c->map.member_count; i++) {
        const struct slot_map_member *m = &c->map.members[i];
        if (m->shard != shard) continue;
        reply_node(call->reply, cluster_member_id(c, i, id), m->host, m->port, m->replica);
        count++;
    }
    resp_deferred_fill(call->reply, header, RESP_ARRAY, count);
}

/* This server as a shard without slots. */
static void reply_lone_shard(struct call *call) {
    const struct cluster *c = call->module;
    char id[CLUSTER_ID_CHARS + 1], host[SLOT_MAP_HOST_MAX + 1];
    uint16_t port;
    cluster_own_address(c, host, &port);
    resp_map(call->reply, 2);
    resp_bulk_cstr(call->reply, "slots");
    resp_array(call->reply, 0);
    resp_bulk_cstr(call->reply, "nodes");
    resp_array(call->reply, 1);
    reply_node(call->reply, cluster_own_id(c, id), host, port, false);
}

void cmd_cluster_shards(struct call *call) {
    const struct cluster *c = call->module;
    if (!cluster_is_on(call)) return;
    bool alone = c->self == CLUSTER_NOBODY;
    resp_array(call->reply, c->map.shard_count + alone);
    for (unsigned i = 0; i < c->map.shard_count; i++)
        reply_shard(call, (uint16_t)i);
    if (alone) reply_lone_shard(call);
}
