/* A slot map is 32 KiB of owners and a short array of shards. Finding a shard by name or address is a walk
 * over that array: it happens at boot, at a reload, and for a MOVED, never for a command. */
#include "proxy/topology.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include <stdio.h>

void topology_init(struct topology *t) {
    *t = (struct topology){.epoch = 1};
    memset(t->owner, 0xff, sizeof(t->owner));
}

void topology_deinit(struct topology *t) {
    mem_free(t->shards);
    t->shards = NULL;
    t->shard_count = 0;
}

void topology_copy(struct topology *to, const struct topology *from) {
    size_t bytes = from->shard_count * sizeof(*from->shards);
    topology_deinit(to);
    *to = *from;
    to->shards = mem_alloc(bytes ? bytes : 1);
    memcpy(to->shards, from->shards, bytes);
}

/* --- addresses and slots as text --- */

static bool parse_address(struct slice text, bool lookup, struct topology_server *out,
                          struct conf_error *err) {
    const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
    int64_t port;
    if (colon == NULL || colon == text.ptr || text.len > TOPOLOGY_NAME_MAX)
        return conf_fail(err, "'%.*s' is not host:port", (int)text.len, text.ptr);
    if (!num_parse_int64(colon + 1, (size_t)(text.ptr + text.len - colon - 1), &port) || port < 1 ||
        port > 65535)
        return conf_fail(err, "'%.*s' has no valid port", (int)text.len, text.ptr);
    memcpy(out->text, text.ptr, text.len);
    out->text[text.len] = '\0';
    out->weight = 1;
    char host[TOPOLOGY_NAME_MAX + 1];
    size_t host_len = (size_t)(colon - text.ptr);
    bool bracketed = text.ptr[0] == '[' && colon[-1] == ']';
    snprintf(host, sizeof(host), "%.*s", (int)(host_len - 2 * bracketed), text.ptr + bracketed);
    if (io_addr_parse(&out->addr, host, (uint16_t)port)) return true;
    if (!lookup) return conf_fail(err, "'%s' is not an IP address", host);
    int failed = io_addr_resolve(&out->addr, host, (uint16_t)port);
    return failed == 0 || conf_fail(err, "'%s' cannot be looked up: %s", host, io_addr_resolve_error(failed));
}

static bool parse_slot(struct slice text, int64_t *out) {
    return num_parse_int64(text.ptr, text.len, out) && *out >= 0 && *out < SLOTS_COUNT;
}

/* One piece of "0-5460,9000": takes it off `rest`. */
static bool next_range(struct slice *rest, int64_t *first, int64_t *last) {
    const char *comma = memchr(rest->ptr, ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->ptr) : rest->len;
    const char *dash = memchr(rest->ptr, '-', len);
    struct slice low = {rest->ptr, dash ? (size_t)(dash - rest->ptr) : len};
    struct slice high = dash ? (struct slice){dash + 1, len - low.len - 1} : low;
    rest->ptr += len + (comma != NULL);
    rest->len -= len + (comma != NULL);
    return parse_slot(low, first) && parse_slot(high, last) && *first <= *last;
}

static bool take_slots(struct topology *t, uint16_t shard, struct slice slots, struct conf_error *err) {
    int64_t first, last;
    for (struct slice rest = slots; rest.len;) {
        if (!next_range(&rest, &first, &last))
            return conf_fail(err, "'%.*s' are not slots such as 0-5460,9000", (int)slots.len, slots.ptr);
        for (int64_t slot = first; slot <= last; slot++) {
            if (t->owner[slot] != TOPOLOGY_NONE)
                return conf_fail(err, "slot %d belongs to shard '%s' already", (int)slot,
                                 t->shards[t->owner[slot]].name);
            t->owner[slot] = shard;
        }
    }
    return true;
}

/* --- shards --- */

static struct topology_shard *shard_named(const struct topology *t, struct slice name) {
    for (unsigned i = 0; i < t->shard_count; i++)
        if (slice_eq(name, slice_of(t->shards[i].name))) return &t->shards[i];
    return NULL;
}

static struct topology_shard *add_shard(struct topology *t, struct slice name,
                                        const struct topology_server *at) {
    t->shards = mem_realloc(t->shards, (t->shard_count + 1) * sizeof(*t->shards));
    struct topology_shard *shard = &t->shards[t->shard_count++];
    *shard = (struct topology_shard){.primary = *at};
    memcpy(shard->name, name.ptr, name.len);
    t->epoch++;
    return shard;
}

bool topology_add_shard(struct topology *t, struct slice name, struct slice address, struct slice slots,
                        struct conf_error *err) {
    struct topology_server at;
    if (name.len == 0 || name.len > TOPOLOGY_NAME_MAX)
        return conf_fail(err, "a shard's name has 1 to %d characters", TOPOLOGY_NAME_MAX);
    if (shard_named(t, name))
        return conf_fail(err, "there is a shard '%.*s' already", (int)name.len, name.ptr);
    if (t->shard_count == TOPOLOGY_SHARDS_MAX)
        return conf_fail(err, "more than %d shards", TOPOLOGY_SHARDS_MAX);
    if (!parse_address(address, true, &at, err)) return false;
    for (unsigned i = 0; i < t->shard_count; i++)
        if (strcmp(t->shards[i].primary.text, at.text) == 0)
            return conf_fail(err, "%s is shard '%s' already", at.text, t->shards[i].name);
    add_shard(t, name, &at);
    return take_slots(t, (uint16_t)(t->shard_count - 1), slots, err);
}

bool topology_add_replica(struct topology *t, struct slice name, struct slice address, int64_t weight,
                          struct conf_error *err) {
    struct topology_shard *shard = shard_named(t, name);
    if (shard == NULL)
        return conf_fail(err, "there is no shard '%.*s'; its line comes first", (int)name.len, name.ptr);
    if (shard->replica_count == TOPOLOGY_REPLICAS_MAX)
        return conf_fail(err, "more than %d replicas of shard '%s'", TOPOLOGY_REPLICAS_MAX, shard->name);
    if (!parse_address(address, true, &shard->replica[shard->replica_count], err)) return false;
    shard->replica[shard->replica_count++].weight = (unsigned)weight;
    t->epoch++;
    return true;
}

uint16_t topology_shard_at(struct topology *t, struct slice address) {
    struct topology_server at;
    struct conf_error ignored;
    char wanted[IO_ADDR_TEXT_MAX], seen[IO_ADDR_TEXT_MAX];
    if (!parse_address(address, false, &at, &ignored)) return TOPOLOGY_NONE;
    io_addr_text(&at.addr, wanted);
    for (unsigned i = 0; i < t->shard_count; i++)
        if (strcmp(io_addr_text(&t->shards[i].primary.addr, seen), wanted) == 0) return (uint16_t)i;
    if (t->shard_count == TOPOLOGY_SHARDS_MAX) return TOPOLOGY_NONE;
    add_shard(t, slice_of(at.text), &at);
    return (uint16_t)(t->shard_count - 1);
}

uint16_t topology_shard_named(const struct topology *t, struct slice name) {
    const struct topology_shard *shard = shard_named(t, name);
    return shard ? (uint16_t)(shard - t->shards) : TOPOLOGY_NONE;
}

void topology_move(struct topology *t, uint16_t slot, uint16_t shard) {
    if (t->owner[slot] == shard) return;
    t->owner[slot] = shard;
    t->epoch++;
}

unsigned topology_slots_of(const struct topology *t, uint16_t shard) {
    unsigned count = 0;
    for (unsigned slot = 0; slot < SLOTS_COUNT; slot++)
        count += t->owner[slot] == shard;
    return count;
}

unsigned topology_slots_owned(const struct topology *t) {
    return SLOTS_COUNT - topology_slots_of(t, TOPOLOGY_NONE);
}
