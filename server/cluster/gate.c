/* The gate: every command with keys, before it runs or is queued.
 *
 *      keys ─► slots: several ──────────────────────────► CROSSSLOT
 *                └ one: nobody's ───────────────────────► CLUSTERDOWN Hash slot not served
 *                       the map has holes ──────────────► CLUSTERDOWN The cluster is down (unless allowed)
 *                       another shard's ────────────────► MOVED
 *                       ours, and we are its replica ───► MOVED, but for reads after READONLY
 *                       ours ───────────────────────────► it runs
 *
 * EXEC is asked once more, with all that is queued: the map may be another by then, and a transaction lies in
 * one slot. The order of the checks is Redis's. */
#include "commands/command_ids.h"
#include "common/base/panic.h"
#include "common/commands/keys.h"
#include "server/cluster/cluster_int.h"
#include <stdio.h>

#define NO_SLOT (-1)

static const char crossslot[] = "CROSSSLOT Keys in request don't hash to the same slot";
static const char not_served[] = "CLUSTERDOWN Hash slot not served";

bool cluster_is_up(const struct cluster *c) {
    return c->map.epoch && (c->map.assigned == SLOTS_COUNT || !c->conf.full_coverage);
}

/* Adds a key's slot to those before it, all of them *slot. NULL, or why not. */
static const char *take_slot(const struct cluster *c, unsigned its, int *slot) {
    if (*slot != NO_SLOT) return *slot == (int)its ? NULL : crossslot;
    *slot = (int)its;
    return c->map.owner[its] == SLOT_MAP_NONE ? not_served : NULL;
}

static const char *take_key(const struct cluster *c, struct slice key, int *slot) {
    return take_slot(c, slots_of_key(key), slot);
}

static bool may_have_keys(const struct command_spec *spec) {
    return spec->key_spec_count || spec->extractor;
}

static const char *take_command(const struct cluster *c, const struct command_spec *spec,
                                const struct slice *argv, int argc, int *slot) {
    int at = command_key_single(spec);
    if (likely(at > 0)) return take_key(c, argv[at], slot);
    if (!may_have_keys(spec)) return NULL;
    const char *error = NULL;
    struct key_refs keys;
    key_refs_init(&keys);
    if (command_keys_options(spec, argv, argc, KEYS_WITH_NOT_KEYS, &keys) == KEYS_OK)
        for (int i = 0; i < keys.count && error == NULL; i++)
            error = take_key(c, argv[keys.refs[i].pos], slot);
    key_refs_deinit(&keys);
    return error;
}

static const char *take_transaction(const struct cluster *c, const struct session *s, int *slot) {
    const char *error = NULL;
    for (size_t i = 0; i < session_multi_count(s) && error == NULL; i++) {
        const struct slice *argv;
        int argc;
        const struct command_spec *spec = session_multi_at(s, i, &argv, &argc);
        error = take_command(c, spec, argv, argc, slot);
    }
    return error;
}

static bool is_about_channels(unsigned id) {
    return id == CMD_SSUBSCRIBE || id == CMD_SUNSUBSCRIBE || id == CMD_SPUBLISH;
}

static const char *check_state(const struct cluster *c, const struct call *call) {
    if (likely(cluster_is_up(c))) return NULL;
    if (is_about_channels(call->spec->id))
        return c->conf.pubsub_when_down ? NULL : "CLUSTERDOWN The cluster is down";
    if (!c->conf.reads_when_down) return "CLUSTERDOWN The cluster is down";
    return call->command_flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE)
               ? "CLUSTERDOWN The cluster is down and only accepts read commands"
               : NULL;
}

static bool reads_from_replica(const struct call *call) {
    return (call->session->flags & SESSION_READONLY) &&
           !(call->command_flags & (COMMAND_WRITE | COMMAND_MAY_REPLICATE));
}

const char *cluster_check(void *owner, const struct call *call) {
    struct cluster *c = owner;
    int slot = NO_SLOT;
    const char *error;
    if (unlikely(call->session->flags & (SESSION_PRIMARY | SESSION_REPLICA))) return NULL;
    int at = command_key_single(call->spec);
    if (likely(at > 0 && call->hashes.slot && call->hashes.count && call->hashes.first == at))
        error = take_slot(c, call->hashes.slot[0], &slot); /* it was found for the prefetch */
    else if (unlikely(call->spec->id == CMD_EXEC))
        error = take_transaction(c, call->session, &slot);
    else
        error = take_command(c, call->spec, call->argv, call->argc, &slot);
    if (unlikely(error != NULL)) return error;
    if (slot == NO_SLOT) return NULL;
    if ((error = check_state(c, call)) != NULL) return error;
    if (likely(cluster_serves(c, (unsigned)slot)) && likely(!c->replica || reads_from_replica(call)))
        return NULL;
    const struct slot_map_member *to = &c->map.members[c->map.shards[c->map.owner[slot]].primary];
    snprintf(c->error, sizeof(c->error), "MOVED %d %s:%d", slot, to->host, to->port);
    return c->error;
}
