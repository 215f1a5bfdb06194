/* From one map to the next.
 *
 *      text ─► slot_map ─► epoch newer? ─► which member am I? ─► file, durable ─► adopted:
 *
 *      slots lost:   who waits for their keys is answered (MOVED), who watches them fails at EXEC,
 *                    subscriptions to their channels end, their keys are kept and not shown
 *      slots gained: what was kept of them is shown again
 *
 * The file is written before the map counts, so that a server never restarts with an older map than one that
 * it has acted upon. That blocks the thread for as long as the disk takes, as CONFIG REWRITE does. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/cluster/cluster_int.h"
#include "server/keyspace/watch.h"

struct cluster *cluster_create(struct conf *conf) {
    struct cluster *c = mem_zalloc(sizeof(*c));
    slot_map_init(&c->map);
    c->self = CLUSTER_NOBODY;
    c->shard = SLOT_MAP_NONE;
    cluster_register_options(c, conf);
    return c;
}

bool cluster_enabled(const struct cluster *c) {
    return c->conf.enabled;
}

static bool always(void *owner) {
    return true;
}

bool cluster_start(struct cluster *c, const struct cluster_parts *parts) {
    c->parts = *parts;
    if (!c->conf.enabled) return true;
    must(parts->keyspace->conf.slotted);
    c->started = true;
    c->gate = (struct exec_gate){
        .name = "cluster", .owner = c, .verbatim = true, .active = always, .check = cluster_check};
    exec_add_gate(parts->exec, &c->gate);
    return cluster_load(c);
}

void cluster_destroy(struct cluster **c) {
    slot_map_deinit(&(*c)->map);
    mem_free_sized(*c, sizeof(**c));
    *c = NULL;
}

/* --- adopting --- */

static bool is_lost(void *owner, struct slice name) {
    return !cluster_serves(owner, slots_of_key(name));
}

static void hide_others(struct cluster *c) {
    uint64_t hidden[SLOTS_COUNT / 64] = {0};
    for (unsigned slot = 0; slot < SLOTS_COUNT; slot++)
        hidden[slot / 64] |= (uint64_t)!cluster_serves(c, slot) << slot % 64;
    keyspace_hide_slots(c->parts.keyspace, hidden);
}

void cluster_adopt(struct cluster *c, struct slot_map *map, int self) {
    struct slot_map old = c->map;
    c->map = *map;
    slot_map_init(map);
    slot_map_deinit(&old);
    c->self = self;
    c->shard = self == CLUSTER_NOBODY ? SLOT_MAP_NONE : c->map.members[self].shard;
    c->replica = self != CLUSTER_NOBODY && c->map.members[self].replica;
    hide_others(c);
    exec_refuse_waiting(c->parts.exec, cluster_check, c);
    watch_keys_lost(c->parts.keyspace, is_lost, c);
    pubsub_drop_sharded(c->parts.pubsub, is_lost, c);
    if (self == CLUSTER_NOBODY)
        log_warning(c->parts.log,
                    "Slot map of epoch %llu: this server, port %d, is not in it and serves no slots",
                    (unsigned long long)c->map.epoch, cluster_own_port(c));
    else
        log_notice(c->parts.log,
                   "Slot map of epoch %llu: this server is %s:%d, %s of shard '%s' with %d slots",
                   (unsigned long long)c->map.epoch, c->map.members[self].host, c->map.members[self].port,
                   c->replica ? "a replica" : "the primary", c->map.shards[c->shard].name,
                   c->map.shards[c->shard].slots);
}

bool cluster_find_self_again(struct cluster *c, struct conf_error *err) {
    struct buf error = {0};
    int self;
    if (!c->started || c->map.epoch == 0) return true;
    bool ok = cluster_find_self(c, &c->map, &self, &error) || conf_fail(err, "%s", buf_cstr(&error));
    buf_deinit(&error);
    if (!ok || self == c->self) return ok;
    struct slot_map same = c->map;
    slot_map_init(&c->map);
    cluster_adopt(c, &same, self);
    return true;
}

/* --- the file --- */

static void map_path(const struct cluster *c, struct buf *out) {
    const char *file = c->conf.map_file, *dir = *c->parts.dir;
    if (file[0] != '/' && dir) buf_printf(out, "%s/", dir);
    buf_append_str(out, file);
}

static bool write_map(const struct cluster *c, const struct slot_map *map, struct buf *error) {
    struct buf path = {0}, text = {0};
    struct conf_error err;
    bool ok = c->conf.map_file != NULL;
    if (!ok) buf_append_str(error, "ERR The slot map cannot be kept: cluster-map names no file");
    if (ok) {
        map_path(c, &path);
        slot_map_print(map, &text);
        ok = c->parts.files->replace(c->parts.files->owner, buf_cstr(&path), buf_slice(&text), &err);
        if (!ok)
            buf_printf(error, "ERR The slot map could not be written to %s: %s", buf_cstr(&path), err.text);
    }
    buf_deinit(&path);
    buf_deinit(&text);
    return ok;
}

bool cluster_save(struct cluster *c, struct buf *error) {
    return c->map.epoch == 0 || write_map(c, &c->map, error);
}

static bool parse_and_adopt(struct cluster *c, struct slice text, struct buf *error) {
    struct slot_map map;
    int self;
    slot_map_init(&map);
    bool ok = slot_map_parse(&map, text, error) && cluster_find_self(c, &map, &self, error);
    if (ok) cluster_adopt(c, &map, self);
    slot_map_deinit(&map);
    return ok;
}

bool cluster_load(struct cluster *c) {
    struct buf path = {0}, text = {0}, error = {0};
    struct conf_error err;
    bool absent = false, ok = true;
    if (c->conf.map_file == NULL) return true;
    map_path(c, &path);
    if (!c->parts.files->read(c->parts.files->owner, buf_cstr(&path), &text, &absent, &err)) {
        ok = absent;
        if (absent) {
            log_notice(c->parts.log, "There is no slot map yet at %s: CLUSTER SETMAP hands one over",
                       buf_cstr(&path));
            hide_others(c);
        } else {
            log_warning(c->parts.log, "The slot map %s cannot be read: %s", buf_cstr(&path), err.text);
        }
    } else if (!parse_and_adopt(c, buf_slice(&text), &error)) {
        ok = false;
        log_warning(c->parts.log, "The slot map %s is wrong: %s", buf_cstr(&path), buf_cstr(&error));
    }
    buf_deinit(&path);
    buf_deinit(&text);
    buf_deinit(&error);
    return ok;
}

/* --- SETMAP --- */

static bool same_maps(const struct slot_map *a, const struct slot_map *b) {
    struct buf text_a = {0}, text_b = {0};
    slot_map_print(a, &text_a);
    slot_map_print(b, &text_b);
    bool same = slice_eq(buf_slice(&text_a), buf_slice(&text_b));
    buf_deinit(&text_a);
    buf_deinit(&text_b);
    return same;
}

static bool is_new(const struct cluster *c, const struct slot_map *map, bool *same, struct buf *error) {
    unsigned long long theirs = map->epoch, ours = c->map.epoch;
    *same = theirs == ours && same_maps(map, &c->map);
    if (theirs > ours || *same) return true;
    if (theirs == ours)
        buf_printf(error, "ERR This server has another slot map of the same epoch %llu", ours);
    else
        buf_printf(error, "ERR The epoch %llu of the slot map is older than %llu, which this server has",
                   theirs, ours);
    return false;
}

bool cluster_set_map(struct cluster *c, struct slice text, struct buf *error) {
    struct slot_map map;
    struct buf why = {0};
    bool same = false;
    int self;
    slot_map_init(&map);
    bool ok = slot_map_parse(&map, text, &why);
    if (ok && (ok = is_new(c, &map, &same, error)) && !same) {
        ok = cluster_find_self(c, &map, &self, &why) && write_map(c, &map, error);
        if (ok) cluster_adopt(c, &map, self);
    }
    if (why.len) buf_printf(error, "ERR Invalid slot map: %s", buf_cstr(&why));
    slot_map_deinit(&map);
    buf_deinit(&why);
    return ok;
}
